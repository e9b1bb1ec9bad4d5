// When the AI calls a person, and when it gets a conversation back: nobody is told twice, nothing goes in circles.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMPLET, mettre, ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
beforeAll(async () => {
  s = await ouvrirVente();
});
afterAll(() => s?.fermer());

const RETOUR_MIN = 30;

async function chez(delai: number | null = RETOUR_MIN) {
  const v = await s.vendeur();
  await s.sql`update public.utilisateurs_fluxasync set delai_retour_ia_minutes = ${delai} where id_utilisateur = ${v.id}`;
  const { id_conversation: c } = await s.prospect(v);
  return { v, c };
}
/** The job runs; whether the AI has the conversation then. */
const rendre = async (c: number) => {
  await s.sql`select prive.rendre_delaissees()`;
  return (await s.panier(c)).ia_activee;
};
const sortants = async (c: number) =>
  (
    await s.sql`select contenu_message, statut_livraison from public.messages
      where id_conversation = ${c} and direction_message = 'sortant' order by id_message`
  ).map((m) => m.contenu_message);
const passer = (minutes: number) => s.avancer(minutes * 60 + 1);

/** A person of the team writes, as envoyer_message has it. */
async function quelquUnEcrit(c: number): Promise<void> {
  await s.sql`update public.conversations set ia_activee = false where id_conversation = ${c} and ia_activee`;
  await s.sql`insert into public.messages (id_conversation, direction_message, contenu_message) values (${c}, 'sortant', 'Bonjour, c’est Kouadio.')`;
}

test('the vendor is given the summary and the basket in one line; the goodbye goes out, what comes after it does not', async () => {
  const { v, c } = await chez();
  const a = await s.article(v.id, { prix: 45_000, stocks: [5], nom: 'Nike' });
  await s.dire(c, { changer: [mettre(a, 2), COMPLET] });
  await s.dire(c, { main: 'Il demande un rabais.' });
  const [avis] = await s.avis(v.id);
  expect(avis?.contenu).toBe(
    'Il demande un rabais. Panier : 2 x Nike, total 90 000 FCFA, livraison 1 500 FCFA, Cocody Angré, derrière la pharmacie.',
  );
  await s.ecrire(c, 'Allô ?');
  expect(await s.repondre()).toEqual([]);
  const messages = await s.sql`select contenu_message, statut_livraison, code_erreur from public.messages
    where id_conversation = ${c} and direction_message = 'sortant' order by id_message`;
  // The words before it had not left when the AI fell silent.
  expect(messages.map((m) => [m.contenu_message, m.statut_livraison, m.code_erreur])).toEqual([
    ['fait, fait', 'echec', 'main_prise'],
    ['Bien noté.', 'a_envoyer', null],
  ]);
});

test('nobody came: after the delay the AI has it back and answers what was left; a word of a person begins it anew', async () => {
  const { c } = await chez();
  await s.dire(c, { main: 'Il veut parler à quelqu’un.' });
  await passer(RETOUR_MIN - 5);
  await quelquUnEcrit(c);
  await s.ecrire(c, 'Et la livraison ?');
  await passer(RETOUR_MIN - 5);
  expect(await rendre(c)).toBe(false);
  await passer(5);
  expect([await rendre(c), (await s.panier(c)).main_depuis]).toEqual([true, null]);
  expect(await s.repondre()).toEqual([]);
  expect((await sortants(c)).at(-1)).toBe('Bonjour !');
  const [m] = await s.sql`select memoire from prive.reponses where id_conversation = ${c}`;
  expect(m?.memoire).toEqual({});
});

test('no delay, paused or over: nothing is given back', async () => {
  const [sans, pause, finie] = [await chez(null), await chez(), await chez()];
  for (const { c } of [sans, pause, finie]) await s.dire(c, { main: 'Au secours.' });
  await s.sql`update public.conversations set statut_conversation = 'en_pause' where id_conversation = ${pause.c}`;
  await s.sql`update public.conversations set statut_conversation = 'terminee' where id_conversation = ${finie.c}`;
  await passer(10_080);
  for (const { c } of [sans, pause, finie]) expect(await rendre(c)).toBe(false);
});

test('given back, and it wants a person again: no second goodbye, one reminder, no third time until somebody acts', async () => {
  const { v, c } = await chez();
  await s.dire(c, { main: 'Il veut parler à quelqu’un.' });
  expect(await sortants(c)).toEqual(['Bien noté.']);
  await s.ecrire(c, { main: 'Il le demande encore.' });
  await passer(RETOUR_MIN);
  expect(await rendre(c)).toBe(true);
  expect(await s.repondre()).toEqual([]);
  expect(await sortants(c)).toEqual(['Bien noté.']);
  expect((await s.avis(v.id)).map((n) => [n.cle.split(':')[0], n.contenu])).toEqual([
    ['passage_de_main', 'Il veut parler à quelqu’un.'],
    ['rappel_main', 'Il le demande encore.'],
  ]);
  await s.ecrire(c, { main: 'Et encore.' });
  for (let i = 0; i < 5; i += 1) {
    await passer(RETOUR_MIN);
    expect(await rendre(c)).toBe(false);
  }
  expect([(await s.avis(v.id)).length, (await s.panier(c)).ia_activee]).toEqual([2, false]);
  // Somebody came: from then on it is as it was at first.
  await quelquUnEcrit(c);
  await s.ecrire(c, { main: 'Une autre question.' });
  await passer(RETOUR_MIN);
  expect(await rendre(c)).toBe(true);
  expect(await s.repondre()).toEqual([]);
  expect((await s.avis(v.id)).map((n) => n.cle.split(':')[0])).toEqual([
    'passage_de_main',
    'rappel_main',
    'rappel_main',
  ]);
});

test('given back by a person it says goodbye again', async () => {
  const { v, c } = await chez();
  await s.dire(c, { main: 'Un.' });
  await passer(RETOUR_MIN);
  await rendre(c);
  await s.sql`update public.conversations set ia_activee = false, prise_en_main_par = ${v.id} where id_conversation = ${c}`;
  await s.sql`update public.conversations set ia_activee = true, prise_en_main_par = null where id_conversation = ${c}`;
  await s.dire(c, { main: 'Deux.' });
  expect(await sortants(c)).toEqual(['Bien noté.', 'Bien noté.']);
});

test('twice in a row below the least confidence: a person, also when the engine did not ask for one', async () => {
  const { v, c } = await chez();
  await s.dire(c, { confiance: 0.2 });
  await s.dire(c, { confiance: 0.9 });
  await s.dire(c, { confiance: 0.2 });
  expect((await s.panier(c)).ia_activee).toBe(true);
  expect(await s.dire(c, { confiance: 0.29 })).toBe(
    'Je préfère vous passer un collègue, qui vous répondra ici même.',
  );
  expect((await s.panier(c)).ia_activee).toBe(false);
  expect((await s.avis(v.id)).map((n) => n.contenu)).toEqual([
    "L'assistant n'est pas sûr de comprendre ce prospect, deux fois de suite : répondez-lui vous-même.",
  ]);
});

test('an engine that hands over by itself on the second misunderstanding says its own words', async () => {
  const { c } = await chez();
  await s.dire(c, { confiance: 0.2 });
  expect(await s.dire(c, { confiance: 0.2, main: 'Je ne comprends pas.' })).toBe('Bien noté.');
});

test('a yes is ordered however unsure the engine is', async () => {
  const { v, c } = await chez();
  const a = await s.article(v.id, { prix: 1_000, stocks: [5] });
  await s.dire(c, { changer: [mettre(a), COMPLET], recap: true, confiance: 0.1 });
  expect(await s.dire(c, { oui: true, confiance: 0.1 })).toMatch(/^Commande CMD-/);
});

test('"no more messages" within a conversation is what STOP is', async () => {
  const { c } = await chez();
  await s.dire(c, { stop: true });
  const [p] = await s.sql`select p.desabonne_le is not null as parti, p.preference_le is not null as dit
    from public.prospects as p join public.conversations as v using (id_prospect) where v.id_conversation = ${c}`;
  expect(p).toEqual({ parti: true, dit: true });
});
