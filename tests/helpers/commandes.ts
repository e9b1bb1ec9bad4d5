// Orders for tests: what a front end does, over connections of its own as the API has them, so that many can do it at once.
import postgres from 'postgres';
import type { TestDatabase } from './database.ts';

export type Ligne = { id_produit: number; id_variante?: number | null; quantite: number };
/** `ou`: what the database was doing, for messages of failed tests. */
export type Refus = { code: string; hint: string | null; message: string; ou?: string };
/** What a call gave: a value, or the refusal. Anything that is no answer of the database is thrown. */
export type Issue = { valeur: unknown } | { refus: Refus };

export type Guichet = {
  /** One call of a function of `public` in a transaction of its own, as the API makes it for this user. */
  appeler(utilisateur: string, fonction: string, parametres?: Record<string, unknown>): Promise<Issue>;
  /** One statement, likewise. */
  executer(utilisateur: string, requete: string, parametres?: unknown[]): Promise<Issue>;
  fermer(): Promise<void>;
};

/** `nombre` connections as PostgREST logs in (authenticator), that take the caller's role and claims for each transaction. */
export async function ouvrirGuichet(d: TestDatabase, nombre: number): Promise<Guichet> {
  const url = new URL(d.adminUrl);
  url.username = 'authenticator';
  const sql = postgres(url.href, { max: nombre, onnotice: () => {}, prepare: true, idle_timeout: 0 });
  // Connecting takes longer than an order: all are there before the first is placed.
  const places = await Promise.all(Array.from({ length: nombre }, () => sql.reserve()));
  for (const place of places) place.release();

  async function executer(utilisateur: string, requete: string, parametres: unknown[] = []): Promise<Issue> {
    try {
      const lignes = await sql.begin(async (tx) => {
        const droits = JSON.stringify({ sub: utilisateur, role: 'authenticated' });
        await tx`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', ${droits}, true)`;
        return tx.unsafe(requete, parametres as never[], { prepare: true });
      });
      return { valeur: lignes };
    } catch (erreur) {
      if (!(erreur instanceof postgres.PostgresError)) throw erreur;
      const { code, hint, message, where: ou } = erreur;
      return { refus: { code, hint: hint ?? null, message, ...(ou ? { ou } : {}) } };
    }
  }

  return {
    executer,
    async appeler(utilisateur, fonction, parametres = {}) {
      const noms = Object.keys(parametres);
      const arguments_ = noms.map((nom, i) => `${nom} => $${i + 1}`).join(', ');
      const issue = await executer(
        utilisateur,
        `select public.${fonction}(${arguments_}) as r`,
        Object.values(parametres),
      );
      return 'refus' in issue ? issue : { valeur: (issue.valeur as { r: unknown }[])[0]?.r };
    },
    fermer: () => sql.end({ timeout: 1 }),
  };
}

/** The refusals that are none of these: a test expects them to be []. */
export function autres(issues: Issue[], ...attendus: string[]): Refus[] {
  return issues
    .flatMap((i) => ('refus' in i ? [i.refus] : []))
    .filter((r) => !attendus.includes(r.hint ?? r.code));
}

/** How often each issue came: "ok", the hint of a refusal, or its SQLSTATE where it has no hint. */
export function compter(issues: Issue[]): Record<string, number> {
  const n: Record<string, number> = {};
  for (const i of issues) {
    const nom = 'refus' in i ? (i.refus.hint ?? i.refus.code) : 'ok';
    n[nom] = (n[nom] ?? 0) + 1;
  }
  return n;
}

/** Prospects of a vendor, to order for. */
export async function creerProspects(d: TestDatabase, vendeur: string, nombre: number): Promise<number[]> {
  const rangees = await d.sql<{ id_prospect: number }[]>`
    insert into public.prospects (id_utilisateur, numero_telephone)
    select ${vendeur}, '+22507' || lpad((1000000 + n)::text, 8, '0') from generate_series(1, ${nombre}::integer) as n
    returning id_prospect`;
  return rangees.map((r) => r.id_prospect);
}

/** A product with as many variants as stocks are given; the ids of the variants in that order. */
export async function creerArticle(
  d: TestDatabase,
  vendeur: string,
  o: { prix: number; stocks: number[]; nom?: string },
): Promise<{ id_produit: number; variantes: number[] }> {
  const [p] = await d.sql<{ id_produit: number }[]>`
    insert into public.produits (id_utilisateur, nom_produit, prix_unitaire)
    values (${vendeur}, ${o.nom ?? 'Sandale'}, ${o.prix}) returning id_produit`;
  const id_produit = p?.id_produit ?? 0;
  const variantes = await d.sql<{ id_variante: number }[]>`
    insert into public.variantes_produit (id_produit, attributs, quantite_stock)
    select ${id_produit}, jsonb_build_object('taille', n), s from unnest(${o.stocks}::integer[]) with ordinality as t (s, n) order by n
    returning id_variante`;
  return { id_produit, variantes: variantes.map((v) => v.id_variante) };
}
