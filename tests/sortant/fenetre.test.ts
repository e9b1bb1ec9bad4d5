// The 24 hours: what may be written, what goes out as its template, what waits and is sent when the person writes again.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dire } from '../../scripts/platform/prospect.ts';
import { creerModele, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import { clientDe, type Vendeur } from '../helpers/vendeurs.ts';

let s: Sortant;
let v: Vendeur;
let lui: SupabaseClient;
beforeAll(async () => {
  s = await ouvrirSortant();
  v = await s.vendeur();
  lui = await clientDe(s.p.apiUrl, v);
  await creerModele(s.p, v, { nom: 'relance' });
  await creerModele(s.p, v, { nom: 'en_pause', statut: 'en_pause' });
  await creerModele(s.p, v, { nom: 'promo', categorie: 'marketing' });
});
afterAll(() => s?.fermer());
beforeEach(() => s.p.sql`delete from prive.debits`);

const secours = { nom: 'relance', langue: 'fr', corps: ['Aya'] };
const fermer = (conversation: number) =>
  s.p
    .sql`update public.conversations set fenetre_expire_le = prive.maintenant() - interval '1 hour', dernier_message_recu = prive.maintenant() - interval '25 hours'
    where id_conversation = ${conversation}`;
const peut = async (conversation: number) =>
  (await lui.rpc('peut_ecrire', { id_conversation: conversation })).data;
const reecrire = (de: string) => dire(s.p.graphUrl, { de, texte: 'Me revoilà', vers: v.numero });

test('peut_ecrire: freely until, a template alone, or not at all, each with its reason', async () => {
  const { conversation } = await s.prospect(v);
  const libre = await peut(conversation);
  expect(libre).toEqual({ mode: 'libre', raison: null, jusqu_a: expect.any(String), marketing: true });
  expect(Date.parse(libre.jusqu_a) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  await fermer(conversation);
  expect(await peut(conversation)).toEqual({
    mode: 'modele',
    raison: 'fenetre_fermee',
    jusqu_a: null,
    marketing: true,
  });
  const [memeReponse] = await s.p.sql`select service.peut_ecrire(${conversation}) as r`;
  expect(memeReponse?.r).toEqual(await peut(conversation));

  // Meta could not reach him a moment ago: no more of it until tomorrow, or until he writes.
  const { data: perdu } = await lui.rpc('envoyer_modele', {
    id_conversation: conversation,
    nom_modele: 'relance',
    langue: 'fr',
    variables: { corps: ['a'] },
  });
  await s.panne({ code: 131026 });
  await s.envoyer();
  expect(await s.message(perdu)).toMatchObject({ code_erreur: '131026' });
  expect(await peut(conversation)).toMatchObject({ mode: 'interdit', raison: 'injoignable' });
  const encore = await lui.rpc('envoyer_modele', {
    id_conversation: conversation,
    nom_modele: 'relance',
    langue: 'fr',
    variables: { corps: ['a'] },
  });
  expect(encore.error?.hint).toBe('injoignable');
  const service = await s.ecrire(conversation, 'x', { charge: { secours } });
  await s.envoyer();
  expect(await s.message(service)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'injoignable',
    tentatives_envoi: 0,
  });
  await s.p
    .sql`update public.messages set date_statut = date_statut - interval '25 hours' where id_conversation = ${conversation}`;
  expect(await peut(conversation)).toMatchObject({ mode: 'modele' });

  await s.p
    .sql`update public.conversations set statut_conversation = 'terminee' where id_conversation = ${conversation}`;
  expect(await peut(conversation)).toMatchObject({ mode: 'interdit', raison: 'conversation_close' });
  const autre = await s.vendeur();
  const chezAutre = await s.prospect(autre);
  expect((await lui.rpc('peut_ecrire', { id_conversation: chezAutre.conversation })).error?.hint).toBe(
    'conversation_introuvable',
  );
  await s.p.sql`delete from vault.secrets where name = ${`whatsapp:${autre.numero}`}`;
  const [sans] = await s.p.sql`select service.peut_ecrire(${chezAutre.conversation}) as r`;
  expect(sans?.r).toMatchObject({ mode: 'interdit', raison: 'compte_inactif' });
});

test('closed: the template goes out instead, and the row says so; open: the words themselves', async () => {
  const ouverte = await s.prospect(v);
  const fermee = await s.prospect(v);
  await fermer(fermee.conversation);
  const ids = [
    await s.ecrire(ouverte.conversation, 'Votre commande 12 est prête.', { charge: { secours } }),
    await s.ecrire(fermee.conversation, 'Votre commande 12 est prête.', {
      charge: { secours, attendre: true },
    }),
  ] as const;
  await s.envoyer();
  expect((await s.recus(ouverte.de)).map((c) => c.type)).toEqual(['text']);
  expect(await s.recus(fermee.de)).toMatchObject([
    {
      type: 'template',
      template: {
        name: 'relance',
        components: [{ type: 'body', parameters: [{ type: 'text', text: 'Aya' }] }],
      },
    },
  ]);
  expect(await s.message(ids[1])).toMatchObject({
    statut_livraison: 'envoye',
    type_message: 'modele',
    contenu_message: 'Bonjour Aya, votre commande est prête.',
    charge_utile: {
      modele: secours,
      origine: { type_message: 'texte', contenu_message: 'Votre commande 12 est prête.' },
    },
  });
});

test('closed, and no template that can go: it waits with its reason, in nobody’s way, and goes when the person writes', async () => {
  const { de, conversation } = await s.prospect(v);
  await fermer(conversation);
  const attend = await s.ecrire(conversation, 'Bonne nouvelle', {
    charge: { attendre: true, secours: { ...secours, nom: 'en_pause' } },
  });
  const modele = await s.ecrire(conversation, '', { type: 'modele', charge: { modele: secours } });
  const perdu = await s.ecrire(conversation, 'Sans rien');
  await s.envoyer();
  await s.envoyer({}, true);
  await s.envoyer({}, true);
  expect(await s.message(attend)).toMatchObject({
    statut_livraison: 'a_envoyer',
    code_erreur: 'fenetre_fermee',
    detail_erreur: 'Attend le prochain message du prospect',
    tentatives_envoi: 0,
  });
  expect(await s.message(modele)).toMatchObject({ statut_livraison: 'envoye' });
  expect(await s.message(perdu)).toMatchObject({ statut_livraison: 'echec', code_erreur: 'fenetre_fermee' });
  const [travail] = await s.p
    .sql`select count(*)::int as n from pgmq.q_envoyer_messages where (message ->> 'id_message')::bigint = ${attend}`;
  expect(travail?.n).toBe(0);

  await reecrire(de);
  await s.envoyer();
  expect(await s.message(attend)).toMatchObject({
    statut_livraison: 'envoye',
    code_erreur: null,
    type_message: 'texte',
  });
  expect((await s.recus(de)).map((c) => c.type)).toEqual(['template', 'text']);
});

test('he writes again in a new conversation: what waits in the old one goes all the same', async () => {
  const { de, conversation } = await s.prospect(v);
  await fermer(conversation);
  const attend = await s.ecrire(conversation, 'Bonne nouvelle', { charge: { attendre: true } });
  await s.envoyer();
  await s.p
    .sql`update public.conversations set statut_conversation = 'terminee' where id_conversation = ${conversation}`;
  await reecrire(de);
  await s.envoyer();
  expect(await s.message(attend)).toMatchObject({ statut_livraison: 'envoye' });
});

test('it begins to wait in the very moment in which he writes: found a minute later; seven days: given up, the vendor told', async () => {
  const { de, conversation } = await s.prospect(v);
  const attend = await s.ecrire(conversation, 'Bonne nouvelle', { charge: { attendre: true } });
  // As two transactions leave it that do not see each other.
  await s.p.sql`update public.messages set code_erreur = 'fenetre_fermee' where id_message = ${attend}`;
  await s.p.sql`delete from pgmq.q_envoyer_messages`;
  await s.p.sql`select prive.regler_attentes()`;
  await s.envoyer();
  expect(await s.recus(de)).toHaveLength(1);

  const vieux = await s.prospect(v);
  await fermer(vieux.conversation);
  const [jeune, trop] = [
    await s.ecrire(vieux.conversation, 'a', { charge: { attendre: true } }),
    await s.ecrire(vieux.conversation, 'b', { charge: { attendre: true } }),
  ];
  await s.envoyer();
  await s.p
    .sql`update public.messages set date_creation = date_creation - interval '7 days 1 minute' where id_message = ${trop}`;
  await s.p.sql`select prive.regler_attentes()`;
  expect(await s.message(trop)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'attente_trop_longue',
  });
  expect(await s.message(jeune)).toMatchObject({ statut_livraison: 'a_envoyer' });
  expect((await s.avis(v)).filter((a) => a.cle === `envoi_echoue:${trop}:attente_trop_longue`)).toHaveLength(
    1,
  );
});

test.each(['refused at once', 'failed later'])(
  'Meta says 131047, %s: the window is closed here too, and the template goes, or it waits',
  async (quand) => {
    const panne = { code: 131047, ...(quand === 'failed later' ? { statut: 200, apres: true } : {}) };
    const suivre = async (charge: object) => {
      const { de, conversation } = await s.prospect(v);
      const id = await s.ecrire(conversation, 'Votre commande est prête.', { charge });
      await s.panne(panne);
      await s.envoyer();
      if (quand === 'failed later') await s.statuts(id);
      await s.envoyer({}, true);
      expect(await peut(conversation)).toMatchObject({ mode: 'modele' });
      return { de, message: await s.message(id) };
    };
    const avecSecours = await suivre({ secours });
    expect(avecSecours.message).toMatchObject({
      type_message: 'modele',
      statut_livraison: 'envoye',
      tentatives_envoi: 2,
    });
    const patient = await suivre({ attendre: true });
    expect(patient.message).toMatchObject({ statut_livraison: 'a_envoyer', code_erreur: 'fenetre_fermee' });
    const { data } = await lui
      .from('rapport_conversation')
      .select('raison')
      .eq('id_message', patient.message.id_message);
    expect(data).toEqual([{ raison: 'Ce message attend que le prospect réécrive.' }]);
    await reecrire(patient.de);
    await s.envoyer();
    expect(await s.message(patient.message.id_message)).toMatchObject({ statut_livraison: 'envoye' });
  },
);

test('what the service owes goes out though a person has the conversation; a reply of the AI does not', async () => {
  const { de, conversation } = await s.prospect(v);
  const service = await s.ecrire(conversation, 'Votre livreur arrive.');
  const [ia] = await s.p
    .sql`insert into public.messages (id_conversation, direction_message, contenu_message, genere_par_ia, modele_ia, statut_livraison)
    values (${conversation}, 'sortant', 'Bonjour', true, 'regles-fr-1', 'a_envoyer') returning id_message`;
  await lui.rpc('prendre_en_main', { id_conversation: conversation });
  await s.envoyer();
  expect(await s.message(service)).toMatchObject({ statut_livraison: 'envoye' });
  expect(await s.message(ia?.id_message)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'main_prise',
  });
  expect(await s.recus(de)).toHaveLength(1);
});

test('the same key writes once, also when two ask at once', async () => {
  const { conversation } = await s.prospect(v);
  const ids = await Promise.all(
    Array.from({ length: 8 }, () => s.ecrire(conversation, 'Confirmée', { cle: 'commande:12' })),
  );
  expect(new Set(ids).size).toBe(1);
});
