// What the tests of the figures share: shops in their time zones, the rules' clock, and the comparison of what the database keeps
// and shows with what TypeScript counts from the raw rows.
import type postgres from 'postgres';
import { expect } from 'vitest';
import type { TestDatabase } from './database.ts';
import {
  compterCampagnes,
  compterJours,
  type Figures,
  type Hasard,
  hasard,
  JOUR_VIDE,
  jourDe,
  jourPlus,
  mediane,
  NOMS,
  relire,
} from './histoire.ts';
import { creerVendeur } from './vendeurs.ts';

export const FUSEAUX = [
  'Africa/Abidjan',
  'Europe/Paris',
  'America/Havana',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];

export type Boutique = { id: string; fuseau: string; idCompte: number };

const figuresDe = (ligne: Record<string, unknown>): Figures =>
  Object.fromEntries(NOMS.map((nom) => [nom, ligne[nom] === null ? null : Number(ligne[nom])])) as Figures;

/** Days on which something happened, by day. */
export const pleines = (jours: Iterable<[string, Figures]>) =>
  Object.fromEntries(
    [...jours]
      .filter(([, f]) => JSON.stringify(f) !== JSON.stringify(JOUR_VIDE))
      .sort(([x], [y]) => (x < y ? -1 : 1)),
  );

/** Prints its seed; GRAINE=… repeats it. */
export function graine(): Hasard {
  const valeur = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
  console.info(`graine ${valeur}`);
  return hasard(valeur);
}

export function observer(d: TestDatabase) {
  let maintenant = 0;

  /** The rules' clock runs on from here; always some minutes past the hour, as when the job comes: no midnight falls into a test. */
  async function regler(instant: number): Promise<void> {
    maintenant = Math.floor(instant / 3_600_000) * 3_600_000 + 7 * 60_000;
    await d.sql`update prive.horloge set decalage = ${new Date(maintenant)}::timestamptz - clock_timestamp()`;
  }

  async function ouvrir(fuseau: string, depuis: number): Promise<Boutique> {
    const { id, idCompte } = await creerVendeur(d.sql, { articles: [] });
    await d.sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`;
      await sql`update public.utilisateurs_fluxasync set fuseau_horaire = ${fuseau}, date_creation = ${new Date(depuis)}
      where id_utilisateur = ${id}`;
    });
    return { id, fuseau, idCompte };
  }

  async function cumuler(): Promise<number> {
    let jours = 0;
    for (;;) {
      const [passe] = await d.sql`select prive.cumuler_journees() as jours`;
      if (passe?.jours === 0) return jours;
      jours += passe?.jours;
    }
  }

  /** Over for five minutes at least. */
  const dernierJour = ({ fuseau }: Boutique) => jourPlus(jourDe(fuseau, maintenant - 300_000), -1);
  const aujourdhui = ({ fuseau }: Boutique) => jourDe(fuseau, maintenant);

  async function gardees(b: Boutique): Promise<[string, Figures][]> {
    const lignes = await d.sql`select *, date_session::text as jour from public.sessions_analytiques
    where id_utilisateur = ${b.id} order by date_session`;
    return lignes.map((ligne) => [ligne.jour, figuresDe(ligne)]);
  }

  /** The kept days and campaigns of a vendor are those of his raw rows, up to the last day that is over and no further. */
  async function verifier(b: Boutique): Promise<void> {
    const brut = await relire(d.sql, b.id);
    const dernier = dernierJour(b);
    const attendus = [...compterJours(brut, b.fuseau)].filter(([jour]) => jour <= dernier);
    const lues = await gardees(b);
    expect([b.fuseau, pleines(lues)]).toEqual([b.fuseau, pleines(attendus)]);
    expect(lues.filter(([jour]) => jour > dernier)).toEqual([]);

    const metriques =
      await d.sql`select *, date_metrique::text as jour from public.metriques_campagnes where id_utilisateur = ${b.id}`;
    const comptees = metriques
      .filter((m) => m.conversations_initiees > 0 || m.commandes_generees > 0)
      .map(({ id_campagne, jour, conversations_initiees, commandes_generees, chiffre_affaires_genere }) => [
        `${id_campagne} ${jour}`,
        {
          conversations_initiees,
          commandes_generees,
          chiffre_affaires_genere: Number(chiffre_affaires_genere),
        },
      ]);
    const voulues = [...compterCampagnes(brut, b.fuseau)].filter(
      ([cle]) => (cle.split(' ')[1] ?? '') <= dernier,
    );
    expect([b.fuseau, Object.fromEntries(comptees)]).toEqual([b.fuseau, Object.fromEntries(voulues)]);
  }

  /** As a front end signed in as this user. */
  function enTantQue<T>(id: string, faire: (sql: postgres.TransactionSql) => Promise<T>): Promise<T> {
    return d.sql.begin(async (sql) => {
      await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: id, role: 'authenticated' })}, true)`;
      await sql`set local role authenticated`;
      return faire(sql);
    }) as Promise<T>;
  }

  async function duJour(b: Boutique, qui = b.id): Promise<Record<string, Figures>> {
    const lignes = await enTantQue(
      qui,
      (sql) =>
        sql`select *, date_session::text as jour from public.sessions_du_jour where id_utilisateur = ${b.id}`,
    );
    return Object.fromEntries(lignes.map((ligne) => [ligne.jour, figuresDe(ligne)]));
  }

  async function tableau(b: Boutique, debut: string, fin: string, qui = b.id) {
    const [ligne] = await enTantQue(
      qui,
      (sql) => sql`select public.tableau_de_bord(${b.id}, ${debut}, ${fin}) as tableau`,
    );
    return ligne?.tableau;
  }

  /** The dashboard of a period is the sum of its days, whether the job has come to them or not. */
  async function verifierTableau(b: Boutique, debut: string, fin: string): Promise<void> {
    const brut = await relire(d.sql, b.id);
    const comptes = compterJours(brut, b.fuseau);
    const jours: Record<string, unknown>[] = [];
    for (let jour = debut; jour <= fin; jour = jourPlus(jour, 1)) {
      // Tomorrow's rows are not there to be seen: the clock of a front end may be ahead.
      jours.push({
        date_session: jour,
        ...((jour <= aujourdhui(b) ? comptes.get(jour) : null) ?? JOUR_VIDE),
      });
    }
    const somme = (nom: string) => Math.round(jours.reduce((s, j) => s + Number(j[nom]), 0) * 100) / 100;
    const { delai_reponse_median_s: _, ...sommes } = Object.fromEntries(NOMS.map((nom) => [nom, somme(nom)]));
    expect(await tableau(b, debut, fin)).toEqual({
      id_utilisateur: b.id,
      debut,
      fin,
      devise: 'XOF',
      aujourd_hui: aujourdhui(b),
      totaux: {
        ...sommes,
        mediane_des_delais_quotidiens_s: mediane(
          jours.map((j) => j.delai_reponse_median_s).filter((s) => s !== null) as number[],
        ),
      },
      jours,
      etat: {
        commandes_en_attente: brut.commandes.filter((c) => c.statut_commande === 'en_attente').length,
        conversations_en_attente: brut.conversations.filter(
          (c) => !c.ia_activee && c.statut_conversation === 'active' && Number(c.non_lus) > 0,
        ).length,
        produits_epuises: 0,
        livraisons_en_cours: brut.livraisons.filter((l) =>
          ['a_assigner', 'sans_livreur', 'en_transit'].includes(l.statut_livraison as string),
        ).length,
      },
    });
  }

  /** Every row as it lies on disk: one that was written anew with the same figures is another. */
  const tout = async () => [
    ...(await d.sql`select ctid::text, xmin::text, xmax::text, s::text from public.sessions_analytiques as s order by id_session`),
    ...(await d.sql`select ctid::text, xmin::text, xmax::text, m::text from public.metriques_campagnes as m order by id_metrique`),
    ...(await d.sql`select ctid::text, xmin::text, xmax::text, j::text from prive.journees_cumulees as j order by id_utilisateur`),
  ];

  return {
    /** Now, as the clock was set. */
    maintenant: () => maintenant,
    regler,
    ouvrir,
    cumuler,
    aujourdhui,
    gardees,
    verifier,
    duJour,
    tableau,
    verifierTableau,
    tout,
  };
}
