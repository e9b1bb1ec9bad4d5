// Who waits for an article is told once when it is back, at the price of then.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Article, ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
beforeAll(async () => {
  s = await ouvrirVente();
});
afterAll(() => s?.fermer());

async function attendre(o: { stocks?: number[]; variante?: number } = {}) {
  const v = await s.vendeur();
  const a = await s.article(v.id, { prix: 45_000, stocks: o.stocks ?? [0, 3], nom: 'Nike' });
  const { id_conversation: c } = await s.prospect(v);
  const variante = a.variantes[o.variante ?? 0] ?? null;
  expect(await s.dire(c, { attendre: [a.id_produit, variante] })).toBe('true');
  return { v, a, c, variante };
}
const prevenir = () => s.sql`select prive.prevenir_retours()`;
const stock = (a: Article, n: number) =>
  a.variantes.length === 0
    ? s.sql`update public.produits set quantite_stock = ${n} where id_produit = ${a.id_produit}`
    : s.sql`update public.variantes_produit set quantite_stock = ${n} where id_variante = ${a.variantes[0] ?? 0}`;
const recus = async (c: number) =>
  (
    await s.sql`select contenu_message from public.messages where id_conversation = ${c} and modele_ia = 'service' order by id_message`
  ).map((m) => m.contenu_message);
const issue = async (v: { id: string }) =>
  (await s.sql`select issue from public.attentes_stock where id_utilisateur = ${v.id}`).map((r) => r.issue);

test.each([{ stocks: [0, 3] }, { stocks: [0] }])(
  'once, when its stock comes back: $stocks',
  async ({ stocks }) => {
    const { v, a, c, variante } = await attendre({ stocks });
    // Asked twice, waiting once.
    await s.dire(c, { attendre: [a.id_produit, variante] });
    await prevenir();
    expect(await recus(c)).toEqual([]);
    await s.sql`update public.produits set prix_unitaire = 40000 where id_produit = ${a.id_produit}`;
    await stock(a, 2);
    await prevenir();
    await stock(a, 0);
    await stock(a, 2);
    await Promise.all([prevenir(), prevenir()]);
    expect(await recus(c)).toEqual([
      `Bonne nouvelle : « Nike${stocks.length > 1 ? ' (1)' : ''} » est de nouveau disponible, à 40 000 FCFA. Répondez ici pour le commander.`,
    ]);
    expect(await issue(v)).toEqual(['prevenu']);
  },
);

test('an order that is called off gives it back too', async () => {
  const { v, a, c } = await attendre({ stocks: [0] });
  await stock(a, 1);
  const { id_prospect } = await s.prospect(v);
  const [k] = await s.sql`select prive.inserer_commande(${v.id}, ${id_prospect}, null,
    ${s.sql.json([{ id_produit: a.id_produit, quantite: 1 }])}, 'essai', null, null, 'wave', 0, null, true) as k`;
  // Back and gone again before anybody could be told: he waits on.
  await prevenir();
  expect([await recus(c), await issue(v)]).toEqual([[], [null]]);
  await s.sql`update public.commandes set statut_commande = 'annulee' where id_commande = ${k?.k.id_commande}`;
  await prevenir();
  expect((await recus(c)).length).toBe(1);
});

test('any size of a product, and the wrong size', async () => {
  const tout = await attendre({ stocks: [0, 0] });
  await s.sql`update public.attentes_stock set id_variante = null where id_utilisateur = ${tout.v.id}`;
  const autre = await attendre({ stocks: [0, 0], variante: 1 });
  await stock(tout.a, 1);
  await stock(autre.a, 1);
  await prevenir();
  expect([(await recus(tout.c)).length, (await recus(autre.c)).length]).toEqual([1, 0]);
});

test('not who wants no messages; and after the 24 hours the vendor', async () => {
  const parti = await attendre();
  await s.sql`update public.prospects set desabonne_le = prive.maintenant() where id_utilisateur = ${parti.v.id}`;
  const tard = await attendre();
  await s.sql`update public.conversations set fenetre_expire_le = prive.maintenant() where id_conversation = ${tard.c}`;
  await stock(parti.a, 1);
  await stock(tard.a, 1);
  await prevenir();
  await prevenir();
  expect([await recus(parti.c), await recus(tard.c)]).toEqual([[], []]);
  expect([await issue(parti.v), await issue(tard.v)]).toEqual([['desabonne'], ['vendeur_prevenu']]);
  expect((await s.avis(tard.v.id)).map((n) => n.contenu)).toEqual([
    "« Nike (1) » est de nouveau disponible et Awa Koné l'attendait. WhatsApp n'accepte plus de message libre : appelez-le, ou envoyez-lui un modèle.",
  ]);
});

test('what is there is not waited for, and one that cannot be told holds up nobody', async () => {
  const v = await s.vendeur();
  const a = await s.article(v.id, { prix: 1, stocks: [1] });
  const { id_conversation: c } = await s.prospect(v);
  expect(await s.dire(c, { attendre: [a.id_produit, null] })).toBe('false');
  const [malade, sain] = [await attendre(), await attendre()];
  await s.sql.unsafe(`create function prive.essai_panne() returns trigger language plpgsql as $$ begin raise 'panne'; end $$;
    create trigger essai_panne before insert on public.messages for each row when (new.id_conversation = ${malade.c}) execute function prive.essai_panne()`);
  await stock(malade.a, 1);
  await stock(sain.a, 1);
  await prevenir();
  await s.sql.unsafe('drop trigger essai_panne on public.messages; drop function prive.essai_panne()');
  expect([await issue(malade.v), await issue(sain.v)]).toEqual([['echec'], ['prevenu']]);
});
