// The figures of days: what the job keeps, what the live view shows and what the dashboard adds up are all what TypeScript counts
// from the raw rows, in every time zone, at every midnight, whenever and however often the job runs.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import {
  compterJours,
  deposer,
  hasard,
  inventer,
  JOUR_MS,
  JOUR_VIDE,
  jourPlus,
  relire,
} from '../helpers/histoire.ts';
import { FUSEAUX, graine, observer, pleines } from '../helpers/statistiques.ts';

/** Days about which clocks change: Havana at midnight, Paris at night; and a common one. */
const CENTRES = ['2026-03-08', '2026-03-29', '2026-10-25', '2026-11-01', '2026-06-15'];

let d: TestDatabase;
let o: ReturnType<typeof observer>;

beforeAll(async () => {
  d = await openDatabase();
  o = observer(d);
});
afterAll(() => d?.close());

test.each(CENTRES)(
  'around %s what is kept, what is shown live and what TypeScript counts are one',
  async (centre) => {
    const tirer = graine();
    await o.regler(Date.parse(centre) + (2 + tirer() * 3) * JOUR_MS);
    const debut = o.maintenant() - 9 * JOUR_MS;
    const boutiques = await Promise.all(FUSEAUX.map((fuseau) => o.ouvrir(fuseau, debut)));
    for (const b of boutiques) await deposer(d.sql, inventer(tirer, b.id, b.fuseau, debut, o.maintenant()));
    // Before the job has ever come, all days are counted live.
    for (const b of boutiques)
      await o.verifierTableau(b, jourPlus(o.aujourdhui(b), -10), jourPlus(o.aujourdhui(b), 1));

    await o.cumuler();
    for (const b of boutiques) {
      await o.verifier(b);
      const brut = await relire(d.sql, b.id);
      const ceJour = compterJours(brut, b.fuseau).get(o.aujourdhui(b)) ?? JOUR_VIDE;
      expect([b.fuseau, await o.duJour(b)]).toEqual([b.fuseau, { [o.aujourdhui(b)]: ceJour }]);
      await o.verifierTableau(b, jourPlus(o.aujourdhui(b), -10), jourPlus(o.aujourdhui(b), 1));
    }

    // Again, over any range, for some or for all: nothing is written.
    const avant = await o.tout();
    expect(await o.cumuler()).toBe(0);
    const [encore] = await d.sql`select prive.recalculer_sessions('2025-12-01', '2027-01-31') as n`;
    const [une] =
      await d.sql`select prive.recalculer_sessions(${jourPlus(centre, -1)}, ${centre}, ${[boutiques[1]?.id as string]}::uuid[]) as n`;
    expect([encore, une]).toEqual([{ n: 0 }, { n: 0 }]);
    expect(await o.tout()).toEqual(avant);

    // What the live view says at the end of a day is what is kept of it.
    const vus = await Promise.all(boutiques.map(async (b) => [b, await o.duJour(b)] as const));
    await o.regler(o.maintenant() + 27 * 3_600_000);
    await o.cumuler();
    for (const [b, vu] of vus) expect(pleines(await o.gardees(b))).toMatchObject(pleines(Object.entries(vu)));
  },
);

test('a day on which nothing counts has no row; one that had something and has nothing any more is zeros', async () => {
  const tirer = hasard(3);
  await o.regler(Date.parse('2026-05-05T12:00:00Z'));
  const avant = (jours: number) => new Date(o.maintenant() - jours * JOUR_MS);
  const b = await o.ouvrir('Africa/Abidjan', Number(avant(5)));
  const { prospects, commandes } = inventer(tirer, b.id, b.fuseau, Number(avant(5)), Number(avant(5)));
  const rien = {
    campagnes_marketing: [],
    prospects: [],
    conversations: [],
    messages: [],
    livraisons: [],
    emails_recus: [],
  };
  const gratuite = {
    statut_commande: 'confirmee',
    montant_total: 0,
    date_creation: avant(4),
    date_confirmation: avant(2),
    date_livraison: null,
  };
  await deposer(d.sql, {
    ...rien,
    prospects: prospects.slice(0, 1).map((p) => ({ ...p, id_campagne: null, est_livreur: false })),
    commandes: [
      { ...commandes[0], ...gratuite, id_conversation: null, id_prospect: prospects[0]?.id_prospect },
    ],
  });
  await o.cumuler();
  expect((await o.gardees(b)).map(([jour]) => jour)).toEqual(['2026-04-30', '2026-05-01']);
  await d.sql`update public.commandes set date_creation = ${avant(3)} where id_utilisateur = ${b.id}`;
  await o.cumuler();
  expect((await o.gardees(b)).slice(1)).toEqual([
    ['2026-05-01', JOUR_VIDE],
    ['2026-05-02', { ...JOUR_VIDE, commandes_creees: 1 }],
  ]);
});

test('a vendor who chooses his time zone before the job has ever come misses none of his days', async () => {
  const tirer = graine();
  await o.regler(Date.parse('2026-06-20'));
  const debut = o.maintenant() - 5 * JOUR_MS;
  for (const fuseau of FUSEAUX) {
    const b = await o.ouvrir('Africa/Abidjan', debut);
    await deposer(d.sql, inventer(tirer, b.id, fuseau, debut, o.maintenant()));
    await d.sql`update public.utilisateurs_fluxasync set fuseau_horaire = ${fuseau} where id_utilisateur = ${b.id}`;
    await o.cumuler();
    await o.verifier({ ...b, fuseau });
  }
});

test('after an outage of the job every day of every vendor is counted', async () => {
  const tirer = graine();
  await o.regler(Date.parse('2026-02-20'));
  const boutiques = await Promise.all(
    FUSEAUX.map((fuseau) => o.ouvrir(fuseau, o.maintenant() - 2 * JOUR_MS)),
  );
  await o.cumuler();
  const debut = o.maintenant();
  await o.regler(o.maintenant() + 20 * JOUR_MS);
  for (const b of boutiques) await deposer(d.sql, inventer(tirer, b.id, b.fuseau, debut, o.maintenant()));
  for (const b of boutiques) await o.verifierTableau(b, jourPlus(o.aujourdhui(b), -25), o.aujourdhui(b));
  await o.cumuler();
  for (const b of boutiques) await o.verifier(b);
});

test('who belongs to a shop sees its figures, mails too, and nobody else does', async () => {
  await o.regler(Date.parse('2026-05-08T11:00:00Z'));
  const [a, b, lecteur] = await Promise.all(
    FUSEAUX.slice(0, 3).map((f) => o.ouvrir(f, o.maintenant() - JOUR_MS)),
  );
  if (!a || !b || !lecteur) throw new Error('three shops');
  await deposer(d.sql, inventer(hasard(2), a.id, a.fuseau, o.maintenant() - JOUR_MS, o.maintenant()));
  await d.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${a.id}, ${lecteur.id}, 'lecteur')`;
  expect(await o.duJour(a, lecteur.id)).toEqual(await o.duJour(a));
  expect(Object.values(await o.duJour(a))[0]?.emails_critiques).toBeGreaterThan(0);
  expect(await o.duJour(a, b.id)).toEqual({});
  const jour = o.aujourdhui(a);
  expect(await o.tableau(a, jour, jour, lecteur.id)).toEqual(await o.tableau(a, jour, jour));
  await d.sql`insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock, produit_actif)
    values (${a.id}, 'Épuisé', 1, 0, true), (${a.id}, 'Retiré', 1, 0, false), (${a.id}, 'Là', 1, 1, true)`;
  expect((await o.tableau(a, jour, jour)).etat.produits_epuises).toBe(1);
  const refus = (hint: string) => ({ code: 'P0001', hint });
  await expect(o.tableau(a, jour, jour, b.id)).rejects.toMatchObject(refus('vendeur_introuvable'));
  await expect(o.tableau(a, jour, jourPlus(jour, -1))).rejects.toMatchObject(refus('periode_invalide'));
  await expect(o.tableau(a, jour, jourPlus(jour, 366))).rejects.toMatchObject(refus('periode_invalide'));
  expect((await o.tableau(a, jour, jourPlus(jour, 365))).jours).toHaveLength(366);
  await expect(d.sql`select prive.recalculer_sessions(${jour}, ${jourPlus(jour, -1)})`).rejects.toMatchObject(
    refus('periode_invalide'),
  );
});
