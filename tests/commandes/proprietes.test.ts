// Three vendors and their employees do anything in any order, also at once, also with what is another's or is not there:
// sums, counters, stocks and statuses hold, and every refusal is one that is documented. GRAINE=… repeats a run.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  compter,
  creerArticle,
  creerProspects,
  type Guichet,
  type Issue,
  ouvrirGuichet,
} from '../helpers/commandes.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { surveiller, verifierInvariants } from '../helpers/invariants.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';

const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
/** What a direct write may be told; 42501 is row-level security, 23505 the same variant twice. */
const PERMIS = [
  '42501',
  '23505',
  'article_vendu',
  'livreur_engage',
  'stock_des_variantes',
  'transition_interdite',
];
/** The comment of each function: its callers are told nothing else. */
let documentes: Map<string, string>;
type Sorte = 'produit' | 'variante' | 'prospect' | 'commande' | 'livraison' | 'livreur';
type Monde = {
  id: string;
  choses: Record<Sorte, number[]>;
  /** Of which product a variant is. */
  parent: Map<number, number>;
};
type Contexte = { mondes: Monde[]; moi: Monde; g: Guichet };
type Geste = { faire(c: Contexte): Promise<Issue>; toString(): string };

let d: TestDatabase;
let g: Guichet;
beforeAll(async () => {
  console.log(`GRAINE=${graine}`);
  d = await openDatabase();
  await surveiller(d);
  g = await ouvrirGuichet(d, 9);
  const comments = await d.sql<{ nom: string; dit: string }[]>`
    select proname as nom, obj_description(oid) as dit from pg_proc where pronamespace = 'public'::regnamespace`;
  documentes = new Map(comments.map(({ nom, dit }) => [nom, dit]));
});
afterAll(async () => {
  await g?.fermer();
  await d?.close();
});

const STATUTS = ['en_attente', 'confirmee', 'en_preparation', 'expediee', 'livree', 'annulee', 'echec'];
const LIVRAISONS = [
  'a_assigner',
  'sans_livreur',
  'assignee',
  'recuperee',
  'en_transit',
  'livree',
  'echec',
  'annulee',
];

/** Something of that kind: mostly one's own, now and then another vendor's, or nothing that exists. */
const designer = fc.record({
  chez: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, 2),
  rang: fc.nat({ max: 1000 }),
  nulle_part: fc.integer({ min: 0, max: 24 }).map((n) => n === 0),
});
type Designation = typeof designer extends fc.Arbitrary<infer T> ? T : never;

function trouver({ mondes, moi }: Contexte, sorte: Sorte, { chez, rang, nulle_part }: Designation): number {
  const monde = mondes[(mondes.indexOf(moi) + chez) % mondes.length] ?? moi;
  const pool = monde.choses[sorte];
  // Of what comes and goes the last ones are the interesting ones.
  const recents = sorte === 'prospect' || sorte === 'produit' ? pool : pool.slice(-6);
  return nulle_part ? 9_999_999 : (recents[rang % Math.max(1, recents.length)] ?? 9_999_999);
}

const retenir = (c: Contexte, sorte: Sorte, issue: Issue, champ?: string): Issue => {
  if ('valeur' in issue && issue.valeur) {
    const v = Array.isArray(issue.valeur) ? issue.valeur[0] : issue.valeur;
    const id = champ ? (v as Record<string, number>)?.[champ] : (v as number);
    if (id !== undefined && !c.moi.choses[sorte].includes(Number(id))) c.moi.choses[sorte].push(Number(id));
  }
  return issue;
};

const ligne = fc.record({
  quoi: designer,
  sans: fc.nat({ max: 5 }),
  quantite: fc.integer({ min: 1, max: 4 }),
});
const lignes = fc.array(ligne, { minLength: 1, maxLength: 4 });
function lire(c: Contexte, voulues: typeof lignes extends fc.Arbitrary<infer T> ? T : never): object[] {
  return voulues.map(({ quoi, sans, quantite }) => {
    if (sans === 0) return { id_produit: trouver(c, 'produit', quoi), quantite };
    const id_variante = trouver(c, 'variante', quoi);
    const id_produit =
      c.mondes.map((m) => m.parent.get(id_variante)).find((p) => p !== undefined) ?? 9_999_999;
    return { id_produit, id_variante, quantite };
  });
}

const geste = <T>(nom: string, arbitraire: fc.Arbitrary<T>, faire: (c: Contexte, t: T) => Promise<Issue>) =>
  arbitraire.map(
    (t): Geste => ({ faire: (c) => faire(c, t), toString: () => `${nom} ${JSON.stringify(t)}` }),
  );
async function appeler(c: Contexte, fonction: string, parametres: Record<string, unknown>): Promise<Issue> {
  const issue = await c.g.appeler(c.moi.id, fonction, parametres);
  const hints: string[] = documentes.get(fonction)?.match(/[a-z]+(_[a-z]+)+/g) ?? [];
  if ('refus' in issue && !(issue.refus.code === 'P0001' && hints.includes(issue.refus.hint ?? ''))) {
    throw new Error(`${fonction} does not say that it gives ${JSON.stringify(issue)}`);
  }
  return issue;
}
async function ecrire(c: Contexte, requete: string, ...parametres: unknown[]): Promise<Issue> {
  const issue = await c.g.executer(c.moi.id, requete, parametres);
  if ('refus' in issue && !PERMIS.includes(issue.refus.hint ?? issue.refus.code)) {
    throw new Error(`${requete} gave ${JSON.stringify(issue)}`);
  }
  return issue;
}

const creer = geste(
  'creer',
  fc.record({
    a: designer,
    lignes,
    cle: fc.nat({ max: 60 }),
    confirmer: fc.boolean(),
    adresse: fc.boolean(),
  }),
  async (c, t) =>
    retenir(
      c,
      'commande',
      await appeler(c, 'creer_commande', {
        id_prospect: trouver(c, 'prospect', t.a),
        lignes: lire(c, t.lignes),
        cle_idempotence: `cle-${t.cle}`,
        confirmer: t.confirmer,
        frais_livraison: t.cle,
        ...(t.adresse ? { adresse_livraison: 'Cocody' } : {}),
      }),
      'id_commande',
    ),
);
const remplacer = geste('remplacer', fc.record({ a: designer, lignes }), (c, t) =>
  appeler(c, 'remplacer_lignes_commande', {
    id_commande: trouver(c, 'commande', t.a),
    lignes: lire(c, t.lignes),
  }),
);
const statut = geste('statut', fc.record({ a: designer, vers: fc.constantFrom(...STATUTS) }), (c, t) =>
  appeler(c, 'changer_statut_commande', { id_commande: trouver(c, 'commande', t.a), statut: t.vers }),
);
const payer = geste(
  'payer',
  fc.record({ a: designer, vers: fc.constantFrom('en_attente', 'paye', 'echec', 'rembourse') }),
  (c, t) =>
    appeler(c, 'changer_statut_paiement', { id_commande: trouver(c, 'commande', t.a), statut: t.vers }),
);
const planifier = geste('planifier', fc.record({ a: designer, par: fc.option(designer) }), async (c, t) =>
  retenir(
    c,
    'livraison',
    await appeler(c, 'planifier_livraison', {
      id_commande: trouver(c, 'commande', t.a),
      ...(t.par ? { id_livreur: trouver(c, 'livreur', t.par) } : {}),
    }),
  ),
);
const assigner = geste('assigner', fc.record({ a: designer, par: designer }), (c, t) =>
  appeler(c, 'assigner_livreur', {
    id_livraison: trouver(c, 'livraison', t.a),
    id_livreur: trouver(c, 'livreur', t.par),
  }),
);
const livrer = geste('livrer', fc.record({ a: designer, vers: fc.constantFrom(...LIVRAISONS) }), (c, t) =>
  appeler(c, 'changer_statut_livraison', { id_livraison: trouver(c, 'livraison', t.a), statut: t.vers }),
);
const facturer = geste('facturer', fc.record({ a: designer, taux: fc.constantFrom(0, 0.18) }), (c, t) =>
  appeler(c, 'emettre_facture', { id_commande: trouver(c, 'commande', t.a), taux_tva: t.taux }),
);
const suivreFacture = geste(
  'suivre facture',
  fc.record({ a: designer, vers: fc.constantFrom('payee', 'en_retard', 'annulee') }),
  (c, t) =>
    ecrire(
      c,
      'update public.factures set statut_facture = $1 where id_commande = $2',
      t.vers,
      trouver(c, 'commande', t.a),
    ),
);
const compterStock = geste(
  'stock',
  fc.record({
    a: fc.array(designer, { minLength: 1, maxLength: 4 }),
    n: fc.nat({ max: 6 }),
    absolu: fc.boolean(),
  }),
  (c, t) =>
    ecrire(
      c,
      `update public.variantes_produit set quantite_stock = ${t.absolu ? '' : 'quantite_stock +'} $1::integer where id_variante = any($2)`,
      t.n,
      t.a.map((a) => trouver(c, 'variante', a)),
    ),
);
const compterProduit = geste('stock de produit', fc.record({ a: designer, n: fc.nat({ max: 9 }) }), (c, t) =>
  ecrire(
    c,
    'update public.produits set quantite_stock = $1 where id_produit = $2',
    t.n,
    trouver(c, 'produit', t.a),
  ),
);
const changerPrix = geste(
  'prix',
  fc.record({ a: fc.array(designer, { minLength: 1, maxLength: 3 }), n: fc.nat({ max: 5000 }) }),
  (c, t) =>
    ecrire(
      c,
      'update public.produits set prix_unitaire = $1, nom_produit = nom_produit where id_produit = any($2)',
      t.n,
      t.a.map((a) => trouver(c, 'produit', a)),
    ),
);
const ajouterVariante = geste(
  'ajouter variante',
  fc.record({ a: designer, taille: fc.nat({ max: 30 }), n: fc.nat({ max: 8 }) }),
  async (c, t) => {
    const id_produit = trouver(c, 'produit', t.a);
    const issue = await ecrire(
      c,
      `insert into public.variantes_produit (id_produit, attributs, quantite_stock)
       values ($1, jsonb_build_object('taille', $2::integer), $3) returning id_variante`,
      id_produit,
      t.taille,
      t.n,
    );
    retenir(c, 'variante', issue, 'id_variante');
    if ('valeur' in issue) {
      c.moi.parent.set((issue.valeur as { id_variante: number }[])[0]?.id_variante ?? 0, id_produit);
    }
    return issue;
  },
);
const activer = geste(
  'activer',
  fc.record({ a: designer, vrai: fc.boolean(), produit: fc.boolean() }),
  (c, t) =>
    t.produit
      ? ecrire(
          c,
          'update public.produits set produit_actif = $1 where id_produit = $2',
          t.vrai,
          trouver(c, 'produit', t.a),
        )
      : ecrire(
          c,
          'update public.variantes_produit set variante_active = $1 where id_variante = $2',
          t.vrai,
          trouver(c, 'variante', t.a),
        ),
);
const supprimer = geste(
  'supprimer',
  fc.record({ a: designer, quoi: fc.constantFrom<Sorte>('variante', 'produit', 'livreur') }),
  (c, t) => {
    const table = { variante: 'variantes_produit', produit: 'produits', livreur: 'livreurs' }[
      t.quoi as 'variante'
    ];
    return ecrire(c, `delete from public.${table} where id_${t.quoi} = $1`, trouver(c, t.quoi, t.a));
  },
);

const gestes = fc.oneof(
  ...(
    [
      [creer, 8],
      [statut, 7],
      [remplacer, 3],
      [payer, 1],
      [planifier, 3],
      [assigner, 3],
      [livrer, 5],
      [facturer, 2],
      [suivreFacture, 1],
      [compterStock, 4],
      [compterProduit, 1],
      [changerPrix, 1],
      [ajouterVariante, 1],
      [activer, 2],
      [supprimer, 1],
    ] as const
  ).map(([arbitrary, weight]) => ({ arbitrary, weight })),
);

/** A new vendor, with two products in sizes, one without, prospects and couriers. */
async function nouveauMonde(): Promise<Monde> {
  const { id } = await creerVendeur(d.sql, { articles: [{ nom: 'Sac', prix: 700, stock: 6 }] });
  const [sac] = await d.sql<
    { id_produit: number }[]
  >`select id_produit from public.produits where id_utilisateur = ${id}`;
  const articles = [
    await creerArticle(d, id, { prix: 1000, stocks: [4, 8] }),
    await creerArticle(d, id, { prix: 2500, stocks: [3, 5, 0] }),
  ];
  const livreurs = await d.sql<{ id_livreur: number }[]>`
    insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
    select ${id}, 'Moussa', '070000000' || n from generate_series(1, 2) as n returning id_livreur`;
  const monde: Monde = {
    id,
    choses: {
      produit: [...articles.map((a) => a.id_produit), sac?.id_produit ?? 0],
      variante: articles.flatMap((a) => a.variantes),
      prospect: await creerProspects(d, id, 3),
      commande: [],
      livraison: [],
      livreur: livreurs.map((l) => l.id_livreur),
    },
    parent: new Map(articles.flatMap((a) => a.variantes.map((v) => [v, a.id_produit] as const))),
  };
  // Something is under way already: two drafts, and two orders on their way to a courier.
  for (const confirmer of [false, true, false, true]) {
    const issue = await g.appeler(id, 'creer_commande', {
      id_prospect: monde.choses.prospect[0],
      lignes: [{ id_produit: articles[0]?.id_produit, id_variante: articles[0]?.variantes[1], quantite: 1 }],
      cle_idempotence: `debut-${monde.choses.commande.length}`,
      adresse_livraison: 'Plateau',
      confirmer,
    });
    const c = { mondes: [monde], moi: monde, g };
    retenir(c, 'commande', issue, 'id_commande');
    if (!confirmer) continue;
    const id_commande = monde.choses.commande.at(-1);
    retenir(c, 'livraison', await g.appeler(id, 'planifier_livraison', { id_commande }));
  }
  return monde;
}

const total: Record<string, number> = {};
async function jouer(suites: Geste[][]): Promise<void> {
  const mondes = [await nouveauMonde(), await nouveauMonde(), await nouveauMonde()];
  await Promise.all(
    suites.map(async (suite, i) => {
      const moi = mondes[i % mondes.length];
      if (!moi) throw new Error('no vendor');
      for (const un of suite) {
        const issue = await un.faire({ mondes, moi, g });
        for (const [nom, n] of Object.entries(compter([issue]))) {
          total[nom] = (total[nom] ?? 0) + n;
        }
      }
    }),
  );
  await verifierInvariants(d);
}

test('one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(gestes, { minLength: 20, maxLength: 60 }), (suite) => jouer([suite])),
    { seed: graine, numRuns: 15, interruptAfterTimeLimit: 60_000 },
  );
});

test('nine people at once', async () => {
  const suite = fc.array(gestes, { minLength: 25, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(suite, { minLength: 9, maxLength: 9 }), jouer),
    // Nothing to shrink: it does not happen again the same way.
    {
      seed: graine,
      numRuns: 10,
      endOnFailure: true,
      asyncReporter: async ({ failed, errorInstance }) => {
        if (failed) throw new Error(`GRAINE=${graine}: ${errorInstance}`, { cause: errorInstance });
      },
    },
  );
  // Else the test would prove little: every kind of answer came.
  for (const nom of [
    'ok',
    'stock_insuffisant',
    'transition_interdite',
    'commande_introuvable',
    'article_introuvable',
    'cle_deja_utilisee',
    'commande_figee',
  ]) {
    expect([nom, (total[nom] ?? 0) > 0]).toEqual([nom, true]);
  }
});
