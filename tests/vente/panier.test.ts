// The basket computes and refuses; what an engine was talked into cannot make it do anything else.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { ADRESSE, type Article, AUCUNE, COMPLET, mettre, ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
let v: Vendeur;
let voisine: Vendeur;
let a: Article;
let sac: Article;
let sien: Article;
let retire: Article;
let or: Article;
let conversation: number;

beforeAll(async () => {
  s = await ouvrirVente();
  v = await s.vendeur();
  voisine = await s.vendeur();
  a = await s.article(v.id, { prix: 45_000, stocks: [5, 0, 20_000], nom: 'Nike' });
  sac = await s.article(v.id, { prix: 12_500, stocks: [40], nom: 'Sac' });
  sien = await s.article(voisine.id, { prix: 1, stocks: [50], nom: 'Secret de la voisine' });
  retire = await s.article(v.id, { prix: 1, stocks: [50], nom: 'Ancien' });
  or = await s.article(v.id, { prix: 900_001, stocks: [20_000], nom: 'Collier en or' });
  await s.sql`update public.produits set produit_actif = false where id_produit = ${retire.id_produit}`;
  ({ id_conversation: conversation } = await s.prospect(v));
});
afterAll(() => s?.fermer());

const issue = z.object({
  brut: z.record(z.string(), z.unknown()),
  panier: z.looseObject({
    lignes: z.array(
      z.looseObject({
        id_produit: z.number(),
        id_variante: z.number().nullable(),
        quantite: z.number(),
        prix_unitaire: z.number(),
        montant: z.number(),
      }),
    ),
    nombre_articles: z.number(),
    montant_total: z.number(),
    frais_livraison: z.number().nullable(),
    montant_a_payer: z.number().nullable(),
    manque: z.array(z.string()),
    empreinte: z.string(),
  }),
  refus: z.object({ code: z.string(), phrase: z.string() }).nullable(),
});
const modifier = (panier: unknown, changement: unknown, c = conversation) =>
  s.base.appeler('modifier_panier', { id_conversation: c, panier, changement }, issue);

test('what cannot be is refused with its code, and changes nothing', async () => {
  const avant = await modifier(null, mettre(sac, 2));
  const refus: [unknown, string][] = [
    [mettre(sien), 'article_introuvable'],
    [{ ...mettre(a), id_produit: sien.id_produit }, 'article_introuvable'],
    [{ ...mettre(a), id_variante: 999_999 }, 'article_introuvable'],
    [{ ...mettre(sac), id_variante: a.variantes[0] }, 'article_introuvable'],
    [mettre(retire), 'article_introuvable'],
    [{ ...mettre(a), id_variante: null }, 'variante_requise'],
    [mettre(a, 6), 'stock_insuffisant'],
    [mettre(a, 1, 1), 'stock_insuffisant'],
    ...[0, -1, 1.5, 10_001, 1e9, '1', null, [1]].map(
      (q) => [{ ...mettre(a), quantite: q }, 'quantite_invalide'] as [unknown, string],
    ),
    ...[-1, 0, 1.5, '1', null, { $gt: 0 }, 1e30].map(
      (id) => [{ ...mettre(a), id_produit: id }, 'changement_invalide'] as [unknown, string],
    ),
    [{ ...mettre(a), id_variante: '1; drop table public.commandes' }, 'changement_invalide'],
    [{ action: 'offrir', montant: 1 }, 'changement_invalide'],
    [[], 'changement_invalide'],
    ['vider', 'changement_invalide'],
    [{ action: 'completer', adresse: ' ' }, 'adresse_trop_longue'],
    [{ action: 'completer', adresse: 'x'.repeat(501) }, 'adresse_trop_longue'],
    [{ action: 'completer', adresse: '🏠'.repeat(300) }, 'adresse_trop_longue'],
    [{ action: 'completer', telephone: null }, 'telephone_invalide'],
    [mettre(or, 10_000), 'montant_trop_grand'],
    [{ action: 'completer', telephone: 'appelle-moi' }, 'telephone_invalide'],
    [{ action: 'completer', methode_paiement: 'virement_bancaire' }, 'methode_refusee'],
    [{ action: 'completer', methode_paiement: 'gratuit' }, 'methode_refusee'],
    [{ action: 'completer', mode: 'retrait' }, 'retrait_impossible'],
  ];
  for (const [changement, code] of refus) {
    const apres = await modifier(avant.brut, changement);
    expect([changement, apres.refus?.code, apres.brut]).toEqual([changement, code, avant.brut]);
    expect(apres.refus?.phrase).toMatch(/^[«A-ZÀ-Ý]/);
  }
  let plein: unknown = null;
  for (let i = 0; i < 20; i += 1)
    plein = (await modifier(plein, mettre(await s.article(v.id, { prix: 1, stocks: [1], nom: `Lot ${i}` }))))
      .brut;
  expect((await modifier(plein, mettre(sac))).refus?.code).toBe('panier_plein');
});

test.each<[string, unknown]>([
  ['of another vendor', { lignes: [{ id_produit: -1 }, { id_produit: 'sien' }] }],
  ['lines that are none', { lignes: 'tout' }],
  [
    'lines without an end',
    { lignes: Array.from({ length: 21 }, (_, i) => ({ id_produit: i + 1, id_variante: null, quantite: 1 })) },
  ],
  ['an article twice', 'double'],
  ['negative', 'negatif'],
  ['not an object', [1, 2]],
  [
    'deep',
    {
      lignes: [[{ id_produit: 1 }]],
      adresse: { a: 1 },
      nom: ['x'],
      position: 'ici',
      telephone: {},
      notes: 3,
      mode: 'vol',
      recapitulatif: 'oui',
    },
  ],
  ['its own fingerprint', 'empreinte'],
])('a forged basket (%s) handed in with a yes makes no order', async (quoi, forme) => {
  const { id_conversation: c } = await s.prospect(v);
  expect(await s.dire(c, { changer: [mettre(a), COMPLET], recap: true })).toContain('récapitulatif');
  const [recap] = await s.sql`select panier from public.conversations where id_conversation = ${c}`;
  const brut = recap?.panier as { lignes: object[]; recapitulatif: object };
  const panier =
    forme === 'double'
      ? { ...brut, lignes: [...brut.lignes, ...brut.lignes] }
      : forme === 'negatif'
        ? { ...brut, lignes: [{ ...brut.lignes[0], quantite: -3 }] }
        : forme === 'empreinte'
          ? {
              ...brut,
              lignes: [{ ...brut.lignes[0], quantite: 3 }],
              recapitulatif: {
                ...brut.recapitulatif,
                empreinte: (await chiffrer(c, { ...brut, lignes: [{ ...brut.lignes[0], quantite: 3 }] }))
                  .empreinte,
              },
            }
          : quoi === 'of another vendor'
            ? { ...brut, lignes: [{ id_produit: sien.id_produit, id_variante: null, quantite: 1 }] }
            : forme;
  const { commandes } = await s.bilan(v.id);
  // What is no basket at all changes none: the one he was shown is ordered.
  const tienne = Array.isArray(panier);
  expect(await enregistrer(c, { panier, confirmer: true })).toBe(tienne ? 'enregistree' : 'commande_refusee');
  expect((await s.bilan(v.id)).commandes).toBe(commandes + (tienne ? 1 : 0));
});

test.each<[string, object]>([
  ['a price', { panier: { lignes: [], prix: 1 }, confirmer: true }],
  ['an order that is no number', { annuler: 'toutes' }],
  ["somebody else's order", { annuler: 1 }],
  ['effects that are none', { confirmer: 'peut-être' }],
])('effects with %s are refused, nothing is said and nothing happens', async (_, effets) => {
  const { id_conversation: c } = await s.prospect(voisine);
  expect(await enregistrer(c, effets)).toMatch(/^(commande_refusee|refusee: 22P02.*)$/);
  const [m] =
    await s.sql`select count(*)::integer as n from public.messages where id_conversation = ${c} and direction_message = 'sortant'`;
  expect(m?.n).toBe(0);
  expect(await s.bilan(voisine.id)).toEqual(AUCUNE);
});

test("another vendor's product is shown, photographed and waited for by nobody", async () => {
  const { id_conversation: c } = await s.prospect(v);
  expect(await s.dire(c, { photo: sien.id_produit, attendre: [sien.id_produit, null] })).toBe(
    'false, 0 photos',
  );
  expect(
    await enregistrer(c, {
      photos: [sien.id_produit],
      prevenir_retour: [{ id_produit: sien.id_produit, id_variante: null }],
    }),
  ).toBe('enregistree');
  const [n] =
    await s.sql`select (select count(*)::integer from public.attentes_stock where id_utilisateur = ${v.id}) as attentes,
    (select count(*)::integer from public.messages where id_conversation = ${c} and type_message = 'image') as photos`;
  expect(n).toEqual({ attentes: 0, photos: 0 });
});

test('whatever is done to a basket, its figures are those of the catalogue', {
  timeout: 120_000,
}, async () => {
  const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
  console.info(`graine ${graine}`);
  // Of its own: what other tests order is not there any more.
  const nike = await s.article(v.id, { prix: 45_000, stocks: [5, 0, 20_000] });
  const pochette = await s.article(v.id, { prix: 12_500, stocks: [40] });
  const articles = [nike, pochette, sien, retire];
  const [ligneA, ligneSac] = [
    { prix: 45_000, stocks: [5, 0, 20_000] },
    { prix: 12_500, stocks: [40] },
  ];
  const lieux: [string, number][] = [
    [ADRESSE, 1_500],
    ['2 plateaux', 1_500],
    ['Yop Maroc', 3_000],
    ['au bout du monde', 3_000],
  ];
  const pas = fc.oneof(
    fc.record({
      genre: fc.constant('mettre' as const),
      article: fc.nat(3),
      variante: fc.nat(2),
      quantite: fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constant(10_001)),
    }),
    fc.record({ genre: fc.constant('retirer' as const), article: fc.nat(3), variante: fc.nat(2) }),
    fc.record({ genre: fc.constant('lieu' as const), lieu: fc.nat(3) }),
    fc.constant({ genre: 'vider' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pas, { minLength: 1, maxLength: 12 }), async (suite) => {
      // A second account of it, without SQL.
      const voulu = new Map<string, number>();
      let frais: number | null = null;
      let brut: unknown = {};
      for (const p of suite) {
        const article = 'article' in p ? articles[p.article] : undefined;
        const variante = 'variante' in p ? (article?.variantes[p.variante] ?? null) : null;
        const changement =
          p.genre === 'mettre'
            ? {
                action: 'mettre',
                id_produit: article?.id_produit,
                id_variante: variante,
                quantite: p.quantite,
              }
            : p.genre === 'retirer'
              ? { action: 'retirer', id_produit: article?.id_produit, id_variante: variante }
              : p.genre === 'lieu'
                ? { action: 'completer', adresse: lieux[p.lieu]?.[0] }
                : { action: 'vider' };
        const une = await modifier(brut, changement);
        const deux = await modifier(une.brut, changement);
        // Done twice is done once.
        expect(deux.brut).toEqual(une.brut);
        expect(deux.panier.empreinte).toBe(une.panier.empreinte);
        const cle = `${'article' in p ? p.article : ''}:${variante}`;
        if (p.genre === 'mettre') {
          const reste =
            p.article === 0
              ? (ligneA?.stocks[p.variante] ?? 0)
              : p.article === 1
                ? (ligneSac?.stocks[0] ?? 0)
                : 0;
          const permis =
            p.quantite >= 1 &&
            p.quantite <= Math.min(reste, 10_000) &&
            (p.article !== 0 || variante !== null);
          expect([p, une.refus === null]).toEqual([p, permis]);
          if (permis) voulu.set(cle, p.quantite);
        } else if (p.genre === 'retirer') voulu.delete(cle);
        else if (p.genre === 'vider') voulu.clear();
        else frais = lieux[p.lieu]?.[1] ?? null;
        brut = une.brut;
        const { panier } = une;
        const total = [...voulu].reduce((n, [k, q]) => n + q * (k.startsWith('0:') ? 45_000 : 12_500), 0);
        expect([
          panier.montant_total,
          panier.nombre_articles,
          panier.frais_livraison,
          panier.montant_a_payer,
        ]).toEqual([
          total,
          [...voulu.values()].reduce((n, q) => n + q, 0),
          frais,
          frais === null ? null : total + frais,
        ]);
        for (const l of panier.lignes) expect([nike.id_produit, pochette.id_produit]).toContain(l.id_produit);
        for (const l of panier.lignes) expect(l.montant).toBe(l.quantite * l.prix_unitaire);
      }
    }),
    { seed: graine, numRuns: 60, endOnFailure: true },
  );
});

async function chiffrer(c: number, panier: unknown) {
  const [r] =
    await s.sql`select prive.chiffrer_panier(id_utilisateur, id_prospect, ${s.sql.json(panier as never)}) as chiffre
    from public.conversations where id_conversation = ${c}`;
  return r?.chiffre as { empreinte: string };
}

/** What a worker could hand in at worst: a reply with these effects, under a lease of its own. */
async function enregistrer(c: number, effets: object): Promise<string> {
  await s.ecrire(c, 'oui');
  const [prise] = await s.base.appeler(
    'prendre_reponses',
    { limite: 1 },
    z.array(
      z.looseObject({
        id_conversation: z.number(),
        jeton: z.string(),
        msg_id: z.number(),
        jusqu_a: z.number(),
      }),
    ),
  );
  if (!prise) throw new Error('nothing to answer');
  const { id_conversation, jeton, msg_id, jusqu_a } = prise;
  const reponse = {
    texte: 'Commande {{numero_commande}}',
    etape: 'qualification',
    confiance: 0.9,
    modele: 'essai',
    passer_la_main: null,
    effets,
  };
  const issues = await s.base.appeler(
    'enregistrer_reponses',
    { reponses: [{ id_conversation, jeton, msg_id, jusqu_a, reponse }] },
    z.array(z.object({ issue: z.string() })),
  );
  await s.sql`select pgmq.purge_queue('repondre_prospects')`;
  return issues[0]?.issue ?? 'absente';
}
