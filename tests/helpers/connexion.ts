// Connecting a number in tests: the simulated Meta gives codes, the front end's calls are supabase-js's own.
import { FunctionsHttpError, type SupabaseClient } from '@supabase/supabase-js';
import type postgres from 'postgres';

export type Reponse = { statut: number; corps: Record<string, unknown> & { code?: string } };

let suivant = 0;
/** An account (WABA) and a number at Meta that nobody has used yet. */
export function nouveauNumero(): { waba: string; numero: string } {
  suivant += 1;
  return { waba: String(600_000_000_000_000 + suivant), numero: String(400_000_000_000_000 + suivant) };
}

/** A lever of the simulator. */
export async function levier<T = unknown>(graphUrl: string, chemin: string, corps: unknown): Promise<T> {
  const reponse = await fetch(`${graphUrl}${chemin}`, { method: 'POST', body: JSON.stringify(corps) });
  if (!reponse.ok) throw new Error(`${chemin}: ${reponse.status} ${await reponse.text()}`);
  return (await reponse.json()) as T;
}

/** The code that Embedded Signup gives the browser. */
export async function codeDe(graphUrl: string, corps: Record<string, unknown>): Promise<string> {
  return (await levier<{ code: string }>(graphUrl, '/_codes', corps)).code;
}

export async function commencer(client: SupabaseClient): Promise<string> {
  const { data, error } = await client.rpc('commencer_connexion_whatsapp');
  if (error) throw new Error(`${error.hint} ${error.message}`);
  return (data as { etat: string }).etat;
}

export async function invoquer(client: SupabaseClient, corps: Record<string, unknown>): Promise<Reponse> {
  const { data, error } = await client.functions.invoke('connecter-whatsapp', { body: corps });
  if (!error) return { statut: 200, corps: data };
  if (!(error instanceof FunctionsHttpError)) throw error;
  const reponse = error.context as Response;
  return { statut: reponse.status, corps: (await reponse.json()) as Reponse['corps'] };
}

/** Where a secret stands in the database in clear, besides the Vault's own view: `schema.table.column`. */
export async function traces(sql: postgres.Sql, secret: string): Promise<string[]> {
  const colonnes = await sql<{ nom: string; texte: string; de: string }[]>`
    select format('%I.%I.%I', n.nspname, c.relname, a.attname) as nom, format('%I.%I', n.nspname, c.relname) as de,
      format(case when t.typname = 'bytea' then $f$encode(%I, 'escape')$f$ else '%I::text' end, a.attname) as texte
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace join pg_attribute as a on a.attrelid = c.oid
    join pg_type as t on t.oid = a.atttypid
    where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and n.nspname not in ('pg_catalog', 'information_schema')
      and not c.relispartition and (t.typcategory in ('S', 'A') or t.typname in ('json', 'jsonb', 'bytea'))`;
  const trouvees: string[] = [];
  for (const { nom, texte, de } of colonnes) {
    const [r] = await sql.unsafe(
      `select exists (select from ${de} where position($1 in ${texte}) > 0) as la`,
      [secret],
    );
    if (r?.la) trouvees.push(nom);
  }
  return trouvees;
}
