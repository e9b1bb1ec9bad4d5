// Every kind of message reaches Meta in Meta's shape; what WhatsApp would refuse is refused to its author, with a stable code.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpsMessage } from '../../functions/whatsapp/corps-message.ts';
import { creerModele, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import { clientDe, type Vendeur } from '../helpers/vendeurs.ts';

let s: Sortant;
let v: Vendeur;
let autre: Vendeur;
let lui: SupabaseClient;
beforeAll(async () => {
  s = await ouvrirSortant();
  [v, autre] = [await s.vendeur(), await s.vendeur()];
  lui = await clientDe(s.p.apiUrl, v);
  await creerModele(s.p, v, { nom: 'relance' });
  await creerModele(s.p, v, { nom: 'promo', categorie: 'marketing', texte: 'Soldes !', variables: 0 });
  await creerModele(s.p, v, { nom: 'en_attente', statut: 'en_attente' });
  await creerModele(s.p, v, {
    nom: 'facture',
    variables: 2,
    composants: [
      { type: 'HEADER', format: 'DOCUMENT' },
      { type: 'BODY', text: 'Bonjour {{prenom}}, voici {{objet}}. À bientôt {{prenom}} !' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'PHONE_NUMBER', text: 'Appeler', phone_number: '+2250700000000' },
          { type: 'URL', text: 'Suivre', url: 'https://example.ci/{{1}}' },
          { type: 'QUICK_REPLY', text: 'Merci' },
        ],
      },
    ],
  });
});
afterAll(() => s?.fermer());

const boutons = [
  { id: 'oui', titre: 'Oui' },
  { id: 'non', titre: 'Non merci' },
];
const liste = {
  bouton: 'Choisir',
  sections: [
    { titre: 'Nike', lignes: [{ id: '1', titre: 'Air Max 90', description: '45 000 F' }] },
    { titre: 'Puma', lignes: [{ id: '2', titre: 'Suede' }] },
  ],
};

describe('through envoyer_contenu and envoyer_modele', () => {
  const chemin = () => `${v.id}/sortants/facture.pdf`;
  const cas: [string, () => [string, object], object][] = [
    [
      'an image by its link, with a caption',
      () => [
        'envoyer_contenu',
        {
          type_message: 'image',
          contenu: 'La voici',
          charge_utile: { media: { lien: 'https://example.ci/a.jpg' } },
        },
      ],
      { type: 'image', image: { link: 'https://example.ci/a.jpg', caption: 'La voici' } },
    ],
    [
      'a stored document by a signed link, with its name',
      () => [
        'envoyer_contenu',
        {
          type_message: 'document',
          contenu: '',
          charge_utile: { media: { chemin: chemin() }, nom_fichier: 'facture.pdf' },
        },
      ],
      {
        type: 'document',
        document: {
          link: expect.stringMatching(/\/sign\/medias\/.*\/sortants\/facture\.pdf\?token=/),
          filename: 'facture.pdf',
        },
      },
    ],
    [
      'audio',
      () => [
        'envoyer_contenu',
        { type_message: 'audio', contenu: '', charge_utile: { media: { lien: 'https://example.ci/a.ogg' } } },
      ],
      { type: 'audio', audio: { link: 'https://example.ci/a.ogg' } },
    ],
    [
      'video',
      () => [
        'envoyer_contenu',
        {
          type_message: 'video',
          contenu: 'Regardez',
          charge_utile: { media: { lien: 'https://example.ci/a.mp4' } },
        },
      ],
      { type: 'video', video: { link: 'https://example.ci/a.mp4', caption: 'Regardez' } },
    ],
    [
      'buttons, with header and footer',
      () => [
        'envoyer_contenu',
        {
          type_message: 'interactif',
          contenu: 'Je confirme ?',
          charge_utile: { boutons, entete: 'Commande', pied: 'Boutique' },
        },
      ],
      {
        type: 'interactive',
        interactive: {
          type: 'button',
          header: { type: 'text', text: 'Commande' },
          body: { text: 'Je confirme ?' },
          footer: { text: 'Boutique' },
          action: {
            buttons: [
              { type: 'reply', reply: { id: 'oui', title: 'Oui' } },
              { type: 'reply', reply: { id: 'non', title: 'Non merci' } },
            ],
          },
        },
      },
    ],
    [
      'a list',
      () => [
        'envoyer_contenu',
        { type_message: 'interactif', contenu: 'Lesquelles ?', charge_utile: { liste } },
      ],
      {
        type: 'interactive',
        interactive: {
          type: 'list',
          body: { text: 'Lesquelles ?' },
          action: {
            button: 'Choisir',
            sections: [
              { title: 'Nike', rows: [{ id: '1', title: 'Air Max 90', description: '45 000 F' }] },
              { title: 'Puma', rows: [{ id: '2', title: 'Suede' }] },
            ],
          },
        },
      },
    ],
    [
      'a location request',
      () => [
        'envoyer_contenu',
        {
          type_message: 'interactif',
          contenu: 'Où êtes-vous ?',
          charge_utile: { demande_localisation: true },
        },
      ],
      {
        type: 'interactive',
        interactive: {
          type: 'location_request_message',
          body: { text: 'Où êtes-vous ?' },
          action: { name: 'send_location' },
        },
      },
    ],
    [
      'a template with a variable',
      () => ['envoyer_modele', { nom_modele: 'relance', langue: 'fr', variables: { corps: ['Aya {{1}}'] } }],
      {
        type: 'template',
        template: {
          name: 'relance',
          language: { code: 'fr' },
          components: [{ type: 'body', parameters: [{ type: 'text', text: 'Aya {{1}}' }] }],
        },
      },
    ],
    [
      'a template with a document, named variables and the buttons that take one',
      () => [
        'envoyer_modele',
        {
          nom_modele: 'facture',
          langue: 'fr',
          variables: {
            entete: ['https://example.ci/f.pdf'],
            corps: ['Aya', 'la facture'],
            boutons: ['c12', 'merci'],
          },
        },
      ],
      {
        type: 'template',
        template: {
          name: 'facture',
          language: { code: 'fr' },
          components: [
            {
              type: 'header',
              parameters: [{ type: 'document', document: { link: 'https://example.ci/f.pdf' } }],
            },
            {
              type: 'body',
              parameters: [
                { type: 'text', parameter_name: 'prenom', text: 'Aya' },
                { type: 'text', parameter_name: 'objet', text: 'la facture' },
              ],
            },
            { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'c12' }] },
            {
              type: 'button',
              sub_type: 'quick_reply',
              index: '2',
              parameters: [{ type: 'payload', payload: 'merci' }],
            },
          ],
        },
      },
    ],
  ];

  test.each(cas)('%s', async (_, demande, attendu) => {
    const { de, conversation } = await s.prospect(v);
    const [rpc, parametres] = demande();
    const appel = { id_conversation: conversation, cle_idempotence: 'k', ...parametres };
    const { data: id, error } = await lui.rpc(rpc, appel);
    expect(error).toBeNull();
    expect((await lui.rpc(rpc, appel)).data).toBe(id);
    await s.envoyer();
    expect(await s.recus(de)).toEqual([
      {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: de,
        biz_opaque_callback_data: `${id}.1`,
        ...attendu,
      },
    ]);
    expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye' });
    // The same key for something else is refused, and who wrote has the conversation in hand.
    expect(
      (
        await lui.rpc('envoyer_message', {
          id_conversation: conversation,
          cle_idempotence: 'k',
          contenu: 'x',
        })
      ).error?.hint,
    ).toBe('cle_deja_utilisee');
    const [c] = await s.p
      .sql`select ia_activee, prise_en_main_par from public.conversations where id_conversation = ${conversation}`;
    expect(c).toEqual({ ia_activee: false, prise_en_main_par: v.id });
  });

  test('a template’s row says what the person reads; each call of Meta is noted with its time', async () => {
    const { conversation } = await s.prospect(v);
    const { data: id } = await lui.rpc('envoyer_modele', {
      id_conversation: conversation,
      nom_modele: 'facture',
      langue: 'fr',
      variables: { entete: ['https://example.ci/f.pdf'], corps: ['{{objet}}', 'la facture'] },
    });
    expect((await s.message(id)).contenu_message).toBe(
      'Bonjour {{objet}}, voici la facture. À bientôt {{objet}} !',
    );
    await s.panne({ code: 131026 });
    await s.envoyer();
    const appels = await s.p
      .sql`select endpoint_appele, code_statut, message_erreur, temps_reponse_ms >= 0 as mesure from public.utilisation_apis
      where id_utilisateur = ${v.id} order by id_utilisation desc limit 1`;
    expect(appels).toEqual([
      {
        endpoint_appele: 'POST /{numero}/messages',
        code_statut: 400,
        message_erreur: expect.stringMatching(/^131026 /),
        mesure: true,
      },
    ]);
  });
});

describe('refused to its author', () => {
  const contenu = (type_message: string, charge_utile: unknown, texte = 'Bonjour') => [
    'envoyer_contenu',
    { type_message, contenu: texte, charge_utile },
  ];
  const modele = (nom_modele: string, variables: unknown = { corps: ['Aya'] }, langue = 'fr') => [
    'envoyer_modele',
    { nom_modele, langue, variables },
  ];
  const long = (n: number) => 'x'.repeat(n);
  const lien = 'https://example.ci/a.jpg';
  const cas: [string, () => unknown[]][] = [
    ['type_inconnu', () => contenu('texte', {})],
    ['type_inconnu', () => contenu('reaction', {})],
    ['charge_utile_invalide', () => contenu('image', { media: { lien }, passage_de_main: 'x' })],
    ['charge_utile_invalide', () => contenu('interactif', { boutons, secours: {} })],
    ['charge_utile_invalide', () => contenu('image', [])],
    ['media_invalide', () => contenu('image', {})],
    ['media_invalide', () => contenu('image', { media: { lien: 'http://example.ci/a.jpg' } })],
    ['media_invalide', () => contenu('image', { media: { lien: 'https://u:p@example.ci/a.jpg' } })],
    ['media_invalide', () => contenu('image', { media: { lien, chemin: `${v.id}/a.jpg` } })],
    ['media_invalide', () => contenu('image', { media: { chemin: `${autre.id}/a.jpg` } })],
    ['media_invalide', () => contenu('image', { media: { chemin: `${v.id}/../${autre.id}/a.jpg` } })],
    ['media_invalide', () => contenu('image', { media: { chemin: `${v.id}//a.jpg` } })],
    ['media_invalide', () => contenu('image', { media: { lien }, nom_fichier: 'a.jpg' })],
    ['media_invalide', () => contenu('audio', { media: { lien } })],
    ['message_trop_long', () => contenu('image', { media: { lien } }, long(1025))],
    ['message_trop_long', () => contenu('interactif', { boutons }, '👍'.repeat(513))],
    ['message_trop_long', () => contenu('interactif', { liste }, long(4097))],
    ['message_vide', () => contenu('interactif', { boutons }, ' ')],
    ['interactif_invalide', () => contenu('interactif', {})],
    ['interactif_invalide', () => contenu('interactif', { boutons, liste })],
    ['interactif_invalide', () => contenu('interactif', { boutons: [] })],
    ['interactif_invalide', () => contenu('interactif', { boutons: [...boutons, ...boutons] })],
    ['interactif_invalide', () => contenu('interactif', { boutons: [{ id: 'a', titre: long(21) }] })],
    ['interactif_invalide', () => contenu('interactif', { boutons: 'oui' })],
    ['interactif_invalide', () => contenu('interactif', { demande_localisation: true, pied: 'x' })],
    [
      'interactif_invalide',
      () => contenu('interactif', { liste: { bouton: 'x', sections: [{ lignes: [] }] } }),
    ],
    [
      'interactif_invalide',
      () =>
        contenu('interactif', {
          liste: { ...liste, sections: liste.sections.map(({ lignes }) => ({ lignes })) },
        }),
    ],
    [
      'interactif_invalide',
      () =>
        contenu('interactif', {
          liste: {
            bouton: 'x',
            sections: [{ lignes: Array.from({ length: 11 }, (_, i) => ({ id: `${i}`, titre: 'x' })) }],
          },
        }),
    ],
    ['modele_introuvable', () => modele('inconnu')],
    ['modele_introuvable', () => modele('relance', { corps: ['Aya'] }, 'en')],
    ['modele_non_approuve', () => modele('en_attente')],
    ['variables_invalides', () => modele('relance', {})],
    ['variables_invalides', () => modele('relance', { corps: ['a', 'b'] })],
    ['variables_invalides', () => modele('relance', { corps: ['a\nb'] })],
    ['variables_invalides', () => modele('relance', { corps: [1] })],
    ['variables_invalides', () => modele('relance', { corps: ['a'], autre: [] })],
    [
      'variables_invalides',
      () => modele('facture', { entete: ['http://example.ci/f.pdf'], corps: ['a', 'b'] }),
    ],
    ['cle_invalide', () => ['envoyer_modele', { nom_modele: 'relance', langue: 'fr', cle_idempotence: '' }]],
  ];
  test('each with its code, and nothing is written', async () => {
    const { conversation } = await s.prospect(v);
    for (const [hint, demande] of cas) {
      const [rpc, parametres] = demande();
      const { error } = await lui.rpc(rpc as string, {
        id_conversation: conversation,
        ...(parametres as object),
      });
      expect([JSON.stringify(parametres), error?.code, error?.hint]).toEqual([
        JSON.stringify(parametres),
        'P0001',
        hint,
      ]);
    }
    const [n] = await s.p
      .sql`select count(*)::int as n from public.messages where id_conversation = ${conversation} and direction_message = 'sortant'`;
    expect(n).toEqual({ n: 0 });
  });

  test('marketing to somebody who wants none; service messages go on', async () => {
    const { de, conversation } = await s.prospect(v);
    const { data: avant } = await lui.rpc('envoyer_modele', {
      id_conversation: conversation,
      nom_modele: 'promo',
      langue: 'fr',
    });
    await s.p
      .sql`update public.prospects set desabonne_le = prive.maintenant() where numero_telephone = ${de}`;
    const refus = await lui.rpc('envoyer_modele', {
      id_conversation: conversation,
      nom_modele: 'promo',
      langue: 'fr',
    });
    expect(refus.error?.hint).toBe('desabonne');
    expect((await lui.rpc('peut_ecrire', { id_conversation: conversation })).data).toMatchObject({
      mode: 'libre',
      marketing: false,
    });
    const service = await lui.rpc('envoyer_modele', {
      id_conversation: conversation,
      nom_modele: 'relance',
      langue: 'fr',
      variables: { corps: ['Aya'] },
    });
    await s.envoyer();
    await s.envoyer({}, true);
    // Also what was written before he said so.
    expect(await s.message(avant)).toMatchObject({ statut_livraison: 'echec', code_erreur: 'desabonne' });
    expect(await s.message(service.data)).toMatchObject({ statut_livraison: 'envoye' });
  });
});

test('a row that cannot be built ends with its reason and holds nobody up', async () => {
  const { de, conversation } = await s.prospect(v);
  const [m] = await s.p
    .sql`insert into public.messages (id_conversation, direction_message, type_message, contenu_message, charge_utile, statut_livraison)
    values (${conversation}, 'sortant', 'interactif', 'x', '{"boutons": [{"id": 1}]}', 'a_envoyer') returning id_message`;
  await s.p.sql`select prive.demander_envoi(${m?.id_message}, reveiller => false)`;
  const suivant = await s.ecrire(conversation);
  await s.envoyer();
  await s.envoyer({}, true);
  expect(await s.message(m?.id_message)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'contenu_invalide',
    detail_erreur: expect.stringContaining('invalid'),
  });
  expect(await s.message(suivant)).toMatchObject({ statut_livraison: 'envoye' });
  expect(await s.recus(de)).toHaveLength(1);
});

test('a file whose link cannot be made now is tried again', async () => {
  const { conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation, '', {
    type: 'image',
    charge: { media: { chemin: `${v.id}/a.jpg` } },
  });
  await s.envoyer({ medias: { lienSigne: () => Promise.reject(new Error('storage away')) } });
  expect(await s.message(id)).toMatchObject({
    statut_livraison: 'a_envoyer',
    code_erreur: 'lien_indisponible',
  });
  await s.envoyer({}, true);
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye' });
});

test('a person without a number is the recipient by his id; a quoted message is named', () => {
  const m = {
    id_message: 1,
    tentative: 2,
    destinataire: 'CI.123',
    type_message: 'texte',
    contenu: 'Bonjour',
    charge_utile: null,
    forme: null,
    reponse_a: 'wamid.1',
  };
  expect(corpsMessage(m, null)).toEqual({
    bon: true,
    corps: {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      recipient: 'CI.123',
      type: 'text',
      text: { body: 'Bonjour', preview_url: false },
      biz_opaque_callback_data: '1.2',
      context: { message_id: 'wamid.1' },
    },
  });
  expect(corpsMessage({ ...m, type_message: 'reaction' }, null).bon).toBe(false);
  expect(corpsMessage({ ...m, contenu: '' }, null).bon).toBe(false);
});
