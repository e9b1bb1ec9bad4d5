// What WhatsApp would not take is refused to its author while he writes, with a stable code, and nothing is written.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boutons, creerModeles, liste, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import { clientDe, type Vendeur } from '../helpers/vendeurs.ts';

let s: Sortant;
let v: Vendeur;
let autre: Vendeur;
let lui: SupabaseClient;
beforeAll(async () => {
  s = await ouvrirSortant();
  [v, autre] = [await s.vendeur(), await s.vendeur()];
  lui = await clientDe(s.p.apiUrl, v);
  await creerModeles(s.p, v);
});
afterAll(() => s?.fermer());

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
