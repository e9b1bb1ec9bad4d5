// Every kind of message reaches Meta in Meta's shape; one that cannot be built ends with its reason and holds nobody up.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creerStockage } from '../../functions/shared/stockage.ts';
import { corpsMessage } from '../../functions/whatsapp/corps-message.ts';
import { KEYS } from '../../scripts/platform/config.ts';
import { boutons, creerModeles, liste, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import { clientDe, type Vendeur } from '../helpers/vendeurs.ts';

let s: Sortant;
let v: Vendeur;
let lui: SupabaseClient;
beforeAll(async () => {
  s = await ouvrirSortant();
  v = await s.vendeur();
  lui = await clientDe(s.p.apiUrl, v);
  await creerModeles(s.p, v);
});
afterAll(() => s?.fermer());

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
      variables: {
        entete: ['https://example.ci/f.pdf'],
        corps: ['{{objet}}', 'la facture'],
        boutons: ['c12'],
      },
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

test('a file that is not there ends its message at once, and the next one goes', async () => {
  const { conversation } = await s.prospect(v);
  const lienSigne = creerStockage(s.p.apiUrl, KEYS.secret, 'medias').lienSigne;
  const id = await s.ecrire(conversation, '', {
    type: 'image',
    charge: { media: { chemin: `${v.id}/sortants/absent.jpg` } },
  });
  const suivant = await s.ecrire(conversation, 'Et voici');
  await s.envoyer({ medias: { lienSigne } });
  expect(await s.message(id)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'fichier_introuvable',
  });
  const dit = await lui
    .from('rapport_conversation')
    .select('statut_livraison, raison')
    .eq('id_conversation', conversation)
    .order('id_message');
  expect(dit.data).toEqual([
    { statut_livraison: 'envoye', raison: null },
    { statut_livraison: 'echec', raison: expect.stringMatching(/^Le fichier de ce message n'existe pas/) },
    // At once, and not at the next sweep: what it waited for is over.
    { statut_livraison: 'envoye', raison: null },
  ]);
  expect(await s.message(suivant)).toMatchObject({ statut_livraison: 'envoye' });
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
