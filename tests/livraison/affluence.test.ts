// Many at once: offers answered by two in the same moment, and two hundred orders confirmed while couriers are looked for.
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { autres, creerProspects, type Guichet, ouvrirGuichet } from '../helpers/commandes.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { waitFor } from '../helpers/wait.ts';
import {
  avancer,
  balayer,
  chercher,
  creerBoutique,
  creerCourse,
  creerLivreur,
  ecrits,
  etat,
  prendre,
  propositions,
} from './aide-courses.ts';

let d: TestDatabase;
let g: Guichet;
/** As the functions' connections are: half a second for a lock. */
let ouvriers: postgres.Sql;
const CLIENTS = 40;
const OUVRIERS = 4;
beforeAll(async () => {
  d = await openDatabase();
  g = await ouvrirGuichet(d, CLIENTS);
  ouvriers = postgres(d.adminUrl, {
    max: OUVRIERS,
    onnotice: () => {},
    connection: { lock_timeout: 500 },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  });
});
afterAll(async () => {
  await ouvriers?.end({ timeout: 1 });
  await g?.fermer();
  await d?.close();
});

test('two answers in the same moment, fifty times: one wins, both are answered', async () => {
  const gagnants: Record<string, number> = {};
  for (let i = 0; i < 50; i += 1) {
    const v = await creerBoutique(d);
    const [a, b] = [
      await creerLivreur(d, v, { note_moyenne: 5 }),
      await creerLivreur(d, v, { note_moyenne: 4 }),
    ];
    const course = await creerCourse(d, v);
    await chercher(d);
    await avancer(d, 301);
    await balayer(d);
    const [pa, pb] = await propositions(d, course);
    if (!pa || !pb) throw new Error('two were to be asked');
    const accepter = (p: typeof pa) =>
      ouvriers`select prive.repondre_proposition(${v.id}, ${p.livreur}, ${p.id}, true) as fait`.then(
        (r) => r[0]?.fait as string,
      );
    const scenes = [
      // Both late, nobody else asked.
      async () => {
        await avancer(d, 301);
        await balayer(d);
        return Promise.all([accepter(pa), accepter(pb)]);
      },
      // The same tap, delivered twice.
      () => Promise.all([accepter(pb), accepter(pb)]),
      // His time runs out while he taps.
      async () => {
        await avancer(d, 301);
        return Promise.all([
          accepter(pb),
          ouvriers`select prive.expirer_propositions()`.then(() => balayer(d)).then(() => 'balaye'),
        ]);
      },
      // The vendor gives it to the other one.
      () =>
        Promise.all([
          accepter(pb),
          g
            .appeler(v.id, 'assigner_livreur', { id_livraison: course, id_livreur: a.id })
            .then((r) => ('refus' in r ? 'refus' : 'donnee')),
        ]),
      // The customer calls off.
      () =>
        Promise.all([
          accepter(pb),
          g
            .appeler(v.id, 'changer_statut_livraison', { id_livraison: course, statut: 'annulee' })
            .then(() => 'annulee'),
        ]),
    ];
    const scene = i % scenes.length;
    const avant = [(await ecrits(d, a)).length, (await ecrits(d, b)).length];
    const faits = (await scenes[scene]?.()) ?? [];
    const cle = `${scene} ${[...faits].sort().join(' ')}`;
    gagnants[cle] = (gagnants[cle] ?? 0) + 1;
    const { statut, livreur } = await etat(d, course);
    const acceptees = (await propositions(d, course)).filter((p) => p.statut === 'acceptee');
    expect(acceptees.length).toBeLessThanOrEqual(1);
    if (statut === 'assignee' && scene !== 3) expect(acceptees.map((p) => p.livreur)).toEqual([livreur]);
    if (scene === 4) expect([statut, livreur === null || livreur === b.id]).toEqual(['annulee', true]);
    if (scene === 3) expect([statut, livreur]).toEqual(['assignee', a.id]);
    const apres = [(await ecrits(d, a)).length, (await ecrits(d, b)).length];
    expect(apres.map((n, k) => n - (avant[k] ?? 0))).toEqual([scene === 0 ? 1 : 0, scene === 1 ? 2 : 1]);
    expect(faits.filter((f) => f === 'acceptee').length).toBe(
      scene < 3 ? 1 : faits.filter((f) => f === 'acceptee').length,
    );
  }
  expect(Object.keys(gagnants).map((k) => k[0])).toEqual(expect.arrayContaining(['0', '1', '2', '3', '4']));
});

test('200 deliveries confirmed at once, 20 couriers: each is offered once, nobody waits too long, the load is fair', async () => {
  const v = await creerBoutique(d);
  const livreurs: number[] = [];
  for (let i = 0; i < 20; i += 1)
    livreurs.push((await creerLivreur(d, v, { note_moyenne: i % 2 ? 3 + (i % 4) / 2 : null })).id);
  const [sac] = await d.sql`select id_produit from public.produits where id_utilisateur = ${v.id}`;
  const prospects = await creerProspects(d, v.id, 200);
  const refus: string[] = [];
  let confirmees = 0;
  const commander = (id_prospect: number, cle: string) =>
    g.appeler(v.id, 'creer_commande', {
      id_prospect,
      lignes: [{ id_produit: sac?.id_produit, quantite: 1 }],
      cle_idempotence: cle,
      confirmer: true,
      frais_livraison: 1_000,
      adresse_livraison: 'Cocody Angré',
    });
  // A connection's first order takes many times as long as the next one: here each has had it. The key is the same: one order, which
  // is called off.
  const premieres = await Promise.all(
    Array.from({ length: CLIENTS }, () => commander(prospects[0] ?? 0, 'premiere')),
  );
  await Promise.all(
    premieres.map((issue) =>
      g.appeler(v.id, 'planifier_livraison', {
        id_commande: 'valeur' in issue && (issue.valeur as { id_commande: number }).id_commande,
      }),
    ),
  );
  await d.sql`update public.commandes set statut_commande = 'annulee' where id_utilisateur = ${v.id}`;
  const confirmer = async (id_prospect: number, rang: number) => {
    const issue = await commander(id_prospect, `affluence-${rang}`);
    expect(autres([issue])).toEqual([]);
    const { id_commande } = ('valeur' in issue ? issue.valeur : {}) as { id_commande: number };
    expect(autres([await g.appeler(v.id, 'planifier_livraison', { id_commande })])).toEqual([]);
    await ouvriers`update public.livraisons set demander_le = prive.maintenant() where id_commande = ${id_commande}`;
    confirmees += 1;
  };
  const attendus = async () =>
    (
      await d.sql`select count(*)::integer as n from pgmq.q_assigner_livraisons where vt <= clock_timestamp() and message ->> 'genre' = 'chercher'`
    )[0]?.n;
  const ouvrier = async () => {
    for (;;) {
      const fini = confirmees === prospects.length;
      const lot = await prendre(ouvriers);
      if (lot.length === 0 && fini) return;
      for (const msg_id of lot) {
        try {
          await ouvriers.begin(async (tx) => {
            await tx`set local role service_role`;
            await tx`select service.traiter_livraison(${msg_id}, null)`;
          });
        } catch (erreur) {
          refus.push(String((erreur as { code?: string }).code ?? erreur));
        }
      }
      // The next job comes with the next order.
      if (lot.length === 0)
        await waitFor(
          'a job, or the end',
          async () => confirmees === prospects.length || (await attendus()) > 0,
        );
    }
  };
  const clients = Array.from({ length: CLIENTS }, async (_, i) => {
    for (let k = i; k < prospects.length; k += CLIENTS) await confirmer(prospects[k] ?? 0, k);
  });
  await Promise.all([...clients, ...Array.from({ length: OUVRIERS }, ouvrier)]);
  expect(refus).toEqual([]);
  await chercher(d);
  const offres = await d.sql<{ livraison: number; livreur: number; statut: string }[]>`
    select id_livraison as livraison, id_livreur as livreur, statut from public.propositions_livraison where id_utilisateur = ${v.id}`;
  expect([offres.length, new Set(offres.map((o) => o.livraison)).size]).toEqual([200, 200]);
  expect(offres.every((o) => o.statut === 'proposee')).toBe(true);
  const [ecrites] = await d.sql`
    select count(distinct (charge_utile ->> 'proposition'))::integer as n from public.messages where id_utilisateur = ${v.id} and charge_utile ? 'proposition'`;
  expect(ecrites?.n).toBe(200);

  // Who was asked was then the best: what he has more than another is at most one more than what the rest of the score allows,
  // five points a delivery.
  const course = await creerCourse(d, v, { demander_le: null });
  const [r] = await d.sql`select service.classer_livreurs(${course}) as r`;
  const bases = new Map<number, { base: number; charge: number }>();
  for (const c of (r?.r ?? []) as {
    id_livreur: number;
    score: number;
    details: { critere: string; valeur: number; points: number }[];
  }[]) {
    const charge = c.details.find((x) => x.critere === 'charge');
    bases.set(c.id_livreur, { base: c.score - (charge?.points ?? 0), charge: charge?.valeur ?? 0 });
  }
  const siennes = (l: number) => offres.filter((o) => o.livreur === l).length;
  for (const x of livreurs) {
    expect(bases.get(x)?.charge).toBe(siennes(x));
    for (const y of livreurs) {
      const permis = 1 + ((bases.get(x)?.base ?? 0) - (bases.get(y)?.base ?? 0)) / 5;
      expect([siennes(x), siennes(y), siennes(x) - siennes(y) <= permis + 1e-9]).toEqual([
        siennes(x),
        siennes(y),
        true,
      ]);
    }
  }
});
