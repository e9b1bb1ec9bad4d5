// The paid engine's replies are counted per vendor and day, exactly, however many ask at once.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
beforeAll(async () => {
  s = await ouvrirVente(12);
});
afterAll(() => s?.fermer());

const reserver = (id_conversation: number) =>
  s.base.appeler('reserver_generation', { id_conversation }, z.boolean());
const combien = async (conversations: number[], fois: number) => {
  const issues = await Promise.all(
    conversations.flatMap((c) => Array.from({ length: fois }, () => reserver(c))),
  );
  return issues.filter(Boolean).length;
};
async function chez(o: { quota?: number; conversations?: number } = {}) {
  const v = await s.vendeur();
  if (o.quota !== undefined)
    await s.sql`insert into prive.quotas_vendeurs (id_utilisateur, reponses_par_jour) values (${v.id}, ${o.quota})`;
  const conversations: number[] = [];
  for (let i = 0; i < (o.conversations ?? 4); i += 1)
    conversations.push((await s.prospect(v)).id_conversation);
  return { v, conversations };
}

test('exactly the quota, told once a day, and again the next day', async () => {
  const { v, conversations } = await chez({ quota: 30 });
  expect(await combien(conversations, 15)).toBe(30);
  expect(await combien(conversations, 2)).toBe(0);
  expect((await s.avis(v.id)).map((n) => n.contenu)).toEqual([
    "Les 30 réponses de l'IA avancée de votre plan gratuit sont utilisées pour aujourd'hui. Vos prospects continuent de recevoir une réponse de l'assistant intégré, jusqu'à demain. Le plan pro en donne 1000 par jour.",
  ]);
  await s.avancer(86_400);
  expect(await combien(conversations, 15)).toBe(30);
  expect((await s.avis(v.id)).length).toBe(2);
  await s.sql`update prive.horloge set decalage = interval '0'`;
});

test('the plan decides, a subscription that is over has the free one, a suspended one none', async () => {
  const { v, conversations } = await chez({ conversations: 2 });
  await s.sql`update prive.quotas_ia set reponses_par_jour = 3 where plan = 'gratuit'`;
  await s.sql`update prive.quotas_ia set reponses_par_jour = 10 where plan = 'pro'`;
  const abonnement = async (plan: string, statut: string) => {
    await s.sql`delete from prive.consommation_ia where id_utilisateur = ${v.id}`;
    await s.sql`update public.abonnements set nom_plan = ${plan}, statut_abonnement = ${statut} where id_utilisateur = ${v.id}`;
    return combien(conversations, 8);
  };
  expect(await abonnement('gratuit', 'actif')).toBe(3);
  expect((await s.avis(v.id)).at(-1)?.contenu).toContain('Le plan pro en donne 10 par jour.');
  expect(await abonnement('pro', 'actif')).toBe(10);
  expect(await abonnement('pro', 'expire')).toBe(3);
  expect(await abonnement('entreprise', 'suspendu')).toBe(0);
  expect(await reserver(0)).toBe(false);
});

test('one prospect cannot eat the day, and nobody is told of it', async () => {
  const { v, conversations } = await chez({ quota: 100, conversations: 2 });
  await s.sql`update prive.reglages set valeur = 5 where nom = 'generations_par_conversation'`;
  expect(await combien(conversations.slice(0, 1), 20)).toBe(5);
  expect(await combien(conversations.slice(1), 20)).toBe(5);
  expect(await s.avis(v.id)).toEqual([]);
  const [n] = await s.sql`select reponses from prive.consommation_ia where id_utilisateur = ${v.id}`;
  expect(n?.reponses).toBe(10);
});

test('past days are dropped', async () => {
  const { v, conversations } = await chez();
  expect(await reserver(conversations[0] ?? 0)).toBe(true);
  await s.avancer(41 * 86_400);
  await s.sql`select prive.purger_consommation()`;
  await s.sql`update prive.horloge set decalage = interval '0'`;
  const [n] =
    await s.sql`select count(*)::integer as n from prive.consommation_ia where id_utilisateur = ${v.id}`;
  const [m] =
    await s.sql`select count(*)::integer as n from prive.consommation_conversations where id_conversation = ${conversations[0] ?? 0}`;
  expect([n?.n, m?.n]).toEqual([0, 0]);
});
