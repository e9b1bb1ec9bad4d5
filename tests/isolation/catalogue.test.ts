// What the catalogue alone can tell: the shapes that every table, view, policy, key and function must have.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await openDatabase();
});
afterAll(() => db?.close());

/** The names that a query finds; there must be none. */
async function aucun(requete: string): Promise<void> {
  const trouves = await db.sql.unsafe<{ nom: string }[]>(requete);
  expect(trouves.map((t) => t.nom)).toEqual([]);
}

const NOS_SCHEMAS = `('public'::regnamespace, 'prive'::regnamespace, 'service'::regnamespace)`;

// Of a partition no role of the API has any right (the matrix sees to that): it is reached through its table.
test('every table has row-level security on', () =>
  aucun(`select c.oid::regclass::text as nom from pg_class as c
    where c.relnamespace in ${NOS_SCHEMAS} and c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity`));

test('what row-level security cannot guard is not in a schema of ours', () =>
  aucun(`select c.oid::regclass::text as nom from pg_class as c
    where c.relnamespace in ${NOS_SCHEMAS} and c.relkind in ('m', 'f')`));

test('every view asks as its caller', () =>
  aucun(`select c.oid::regclass::text as nom from pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
      and not coalesce(c.reloptions @> '{security_invoker=true}', false)`));

test('every table and view of `public` names its vendor', () =>
  aucun(`select c.oid::regclass::text as nom from pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
      and not exists (select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'id_utilisateur')`));

test('no function of `public` has more rights than its caller', () =>
  aucun(`select p.oid::regprocedure::text as nom from pg_proc as p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef`));

test('every function names its schemas', () =>
  aucun(`select p.oid::regprocedure::text as nom from pg_proc as p
    where p.pronamespace in ${NOS_SCHEMAS} and not coalesce(p.proconfig @> array['search_path=""'], false)`));

test('every table, view and function says what it is for', async () => {
  await aucun(`select c.oid::regclass::text as nom from pg_class as c
    where c.relnamespace in ${NOS_SCHEMAS} and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and obj_description(c.oid, 'pg_class') is null`);
  await aucun(`select p.oid::regprocedure::text as nom from pg_proc as p
    where p.pronamespace in ${NOS_SCHEMAS} and obj_description(p.oid, 'pg_proc') is null`);
});

test('every policy of `public` asks for whom the caller acts, for reading and for writing', async () => {
  const policies = await db.sql<
    { nom: string; cmd: string; roles: string[]; qual: string | null; with_check: string | null }[]
  >`
    select tablename || ': ' || policyname as nom, cmd, roles::text[] as roles, qual, with_check
    from pg_policies where schemaname = 'public'`;
  expect(policies.length).toBeGreaterThan(20);
  // First and always that; a policy may ask for more.
  const forme =
    /^\(+id_utilisateur IN \( SELECT prive\.mes_vendeurs\('(lecteur|agent|gestionnaire|proprietaire)'::text\) AS mes_vendeurs\)\)( AND \(.+\)\))?$/;
  for (const { nom, cmd, roles, qual, with_check } of policies) {
    expect([nom, roles]).toEqual([nom, ['authenticated']]);
    if (cmd !== 'INSERT') expect([nom, qual]).toEqual([nom, expect.stringMatching(forme)]);
    if (cmd === 'INSERT' || cmd === 'UPDATE')
      expect([nom, with_check]).toEqual([nom, expect.stringMatching(forme)]);
  }
});

test('one permissive policy per table and action', () =>
  aucun(`select tablename || ' ' || cmd as nom from pg_policies where schemaname = 'public'
    group by tablename, cmd having count(*) > 1 or bool_or(cmd = 'ALL') or bool_or(permissive <> 'PERMISSIVE')`));

test('every foreign key has an index that begins with its columns', () =>
  // A partial index counts where it leaves out null alone, which no key looks for.
  aucun(`select k.conrelid::regclass || '.' || k.conname as nom from pg_constraint as k
    where k.contype = 'f' and k.connamespace in ${NOS_SCHEMAS} and k.conparentid = 0
      and not exists (
        select from pg_index as i
        where i.indrelid = k.conrelid and i.indisvalid
          and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) in (
            select '(' || quote_ident(a.attname) || ' IS NOT NULL)' from pg_attribute as a
            where a.attrelid = k.conrelid and a.attnum = any (k.conkey)))
          and (select array_agg(x.colonne order by x.colonne)
               from unnest(i.indkey::int2[]) with ordinality as x (colonne, rang)
               where x.rang <= cardinality(k.conkey) and x.rang <= i.indnkeyatts)
            = (select array_agg(c order by c) from unnest(k.conkey) as c))`));

test('a foreign key between two tables of vendors carries the vendor', () =>
  aucun(`select k.conrelid::regclass || '.' || k.conname as nom from pg_constraint as k
    where k.contype = 'f' and k.connamespace = 'public'::regnamespace and k.conparentid = 0
      and k.confrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
      and not exists (
        select from unnest(k.conkey, k.confkey) as x (d_ici, de_la)
        join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = x.d_ici and a.attname = 'id_utilisateur'
        join pg_attribute as b on b.attrelid = k.confrelid and b.attnum = x.de_la and b.attname = 'id_utilisateur')`));

test('what must be unique is so within a vendor: who may insert does not learn what others have', async () => {
  const ouvertes = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and has_any_column_privilege('authenticated', c.oid, 'INSERT')`;
  const [n] = await db.sql.unsafe(`select count(*)::int as tables from pg_class as c where ${ouvertes}`);
  expect(n?.tables).toBeGreaterThan(3);
  await aucun(`select i.indexrelid::regclass::text as nom from pg_index as i join pg_class as c on c.oid = i.indrelid
    where ${ouvertes} and i.indisunique
      and not exists (
        select from unnest(i.indkey::int2[]) with ordinality as x (colonne, rang)
        join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = x.colonne
        where x.rang <= i.indnkeyatts and (a.attname = 'id_utilisateur' or (i.indnkeyatts = 1 and a.attidentity = 'a')))`);
});

test('Realtime tells of these tables and of no other', async () => {
  const tables = await db.sql`select schemaname || '.' || tablename as nom from pg_publication_tables
    where pubname = 'supabase_realtime' order by nom`;
  expect(tables.map((t) => t.nom)).toEqual(
    [
      'commandes',
      'conversations',
      'livraisons',
      'medias',
      'messages',
      'notifications',
      'propositions_livraison',
    ].map((nom) => `public.${nom}`),
  );
});
