// Every table and view × select, insert, update, delete × everybody, against attendu.ts; as the rights stand, and with the
// policies alone. Tables are read from the catalogue, so that a new one cannot be forgotten.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCES, ACTIONS, APPELS, COLONNES, FONCTIONS, VUES_DE_FONCTIONS } from './attendu.ts';
import { ARGUMENTS, insertion, ligneDe, litteral } from './lignes.ts';
import {
  ecarts,
  ecartsAppel,
  type Monde,
  nomCourt,
  ouvrirMonde,
  sansSuite,
  TABLES_ATTENDUES,
  TABLES_REMPLIES,
} from './sondes.ts';

/** Rights on the tables of the storage are the platform's. */
const NOTRES = Object.entries(ACCES).filter(([table]) => !table.startsWith('storage.'));

let m: Monde;

beforeAll(async () => {
  m = await ouvrirMonde();
});
afterAll(() => m?.db.close());

test('every table and view has its entry in attendu.ts and, if it is a table, its row in lignes.ts', () => {
  const publiques = m.relations.filter((r) => r.schema !== 'prive');
  expect(publiques.map(nomCourt).sort()).toEqual([...TABLES_ATTENDUES].sort());
  expect(
    publiques
      .filter((r) => !r.vue)
      .map(nomCourt)
      .sort(),
  ).toEqual([...TABLES_REMPLIES].sort());
});

test('there is something to see in every table, of both vendors', async () => {
  const vides: string[] = [];
  for (const r of m.relations.filter((x) => !x.partition)) {
    const lignes = await m.db.sql.unsafe(`select to_jsonb(t) ->> 'id_utilisateur' as v, t::text as texte
      from ${r.schema}.${r.nom} as t
      ${r.seau === undefined ? '' : `where t.bucket_id = '${r.seau}'`}`);
    const voit = (id: string) =>
      r.schema === 'prive' ? lignes.length > 0 : lignes.some((l) => l.v === id || l.texte.includes(id));
    if (!voit(m.a.id) || !voit(m.b.id)) vides.push(nomCourt(r));
  }
  expect(vides).toEqual(VUES_DE_FONCTIONS);
});

describe('the matrix', () => {
  test.each(['droits', 'policies'] as const)('holds, %s', async (couche) => {
    const trouves: string[] = [];
    let sondes = 0;
    for (const r of m.relations) {
      if (couche === 'droits' && r.schema === 'storage') continue;
      // Behind a partition there are no policies, only that nobody has a right on it.
      if (couche === 'policies' && r.partition) continue;
      const resultat = await sansSuite(m.db, (tx) => ecarts(tx, m, r, couche));
      trouves.push(...resultat.ecarts);
      sondes += resultat.sondes;
    }
    expect(trouves).toEqual([]);
    // Eleven tables alone make more than 400; fewer would mean that the probes were not made.
    expect(sondes).toBeGreaterThan(400);
  });
});

test('the columns that may be written are these and no others, by nobody but who has signed in', async () => {
  const droits = await m.db.sql<{ droit: string; colonnes: string }[]>`
    select grantee || ' ' || table_name || ' ' || lower(privilege_type) as droit,
      string_agg(column_name, ' ' order by column_name) as colonnes
    from information_schema.column_privileges
    where table_schema = 'public' and grantee in ('authenticated', 'anon', 'PUBLIC') and privilege_type in ('INSERT', 'UPDATE')
    group by 1 order by 1`;
  const attendus = Object.entries(COLONNES).flatMap(([table, colonnes]) =>
    Object.entries(colonnes).map(([action, noms]) => [
      `authenticated ${table} ${action}`,
      noms.split(' ').sort().join(' '),
    ]),
  );
  expect(Object.fromEntries(droits.map((d) => [d.droit, d.colonnes.split(' ').sort().join(' ')]))).toEqual(
    Object.fromEntries(attendus),
  );
  for (const [table, acces] of NOTRES) {
    for (const action of ['insert', 'update'] as const) {
      expect([table, action, COLONNES[table]?.[action] !== undefined]).toEqual([
        table,
        action,
        acces[action] !== null,
      ]);
    }
    expect([table, COLONNES[table]?.update?.split(' ').includes('id_utilisateur') ?? false]).toEqual([
      table,
      false,
    ]);
  }
});

test('no right on a whole table but these', async () => {
  const droits = await m.db.sql<{ droit: string }[]>`
    select distinct r.rolname || ' ' || c.relname || ' ' || lower(x.privilege_type) as droit
    from pg_class as c cross join lateral aclexplode(c.relacl) as x
    join (select oid, rolname from pg_roles union all select 0, 'public') as r on r.oid = x.grantee
    where c.relnamespace in ('public'::regnamespace, 'prive'::regnamespace, 'service'::regnamespace, 'pgmq'::regnamespace)
      and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and r.rolname in ('anon', 'authenticated', 'public')
    order by 1`;
  const attendus = NOTRES.flatMap(([table, acces]) =>
    ACTIONS.filter((a) => (a === 'select' || a === 'delete') && acces[a]).map(
      (a) => `authenticated ${table} ${a}`,
    ),
  );
  expect(droits.map((d) => d.droit)).toEqual(attendus.sort());
});

describe('functions', () => {
  test('open to these and to nobody else', async () => {
    const fonctions = await m.db.sql<{ signature: string; schema: string; qui: string }[]>`
      select p.pronamespace::regnamespace || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as signature,
        p.pronamespace::regnamespace::text as schema,
        array_to_string(array(select r.rolname from pg_roles as r where r.rolname in ('anon', 'authenticated', 'service_role')
          and has_function_privilege(r.oid, p.oid, 'execute') order by 1), ' ') as qui
      from pg_proc as p where p.pronamespace in ('service'::regnamespace, 'prive'::regnamespace, 'public'::regnamespace)`;
    const ouvertes = fonctions.filter((f) => f.schema !== 'prive' || f.qui !== '');
    expect(Object.fromEntries(ouvertes.map((f) => [f.signature, f.qui]))).toEqual(FONCTIONS);
    expect(fonctions.length).toBeGreaterThan(ouvertes.length);
  });

  test('of `public` act on a vendor’s row for those of his team who have the rank', async () => {
    const publiques = Object.keys(FONCTIONS).filter((f) => f.startsWith('public.'));
    expect(Object.keys(APPELS).sort()).toEqual(publiques.sort());
    const appels = Object.entries(APPELS).flatMap(([f, appel]) => (appel ? [[f, appel] as const] : []));
    expect(Object.keys(ARGUMENTS).sort()).toEqual(appels.map(([f]) => f).sort());
    for (const [signature, appel] of appels) {
      expect(await sansSuite(m.db, (tx) => ecartsAppel(tx, m, signature, appel))).toEqual([]);
    }
  });
});

test('a child that names no vendor is its parent’s', async () => {
  const enfants =
    'variantes_produit messages details_commande livraisons propositions_livraison emails_recus analyses_emails metriques_campagnes';
  for (const table of enfants.split(' ')) {
    const vendeurs = await sansSuite(m.db, async (tx) => {
      // Some parents have one child (of a kind) at the most.
      const place: string | undefined = {
        details_commande: 'id_commande',
        livraisons: 'id_commande',
        propositions_livraison: 'id_livraison',
        analyses_emails: 'id_email',
      }[table];
      if (place)
        await tx.unsafe(`delete from public.${table} where ${place} = ${litteral(m.a.de[table]?.[place])}`);
      const { id_utilisateur: _, ...ligne } = ligneDe(table, m.a, 2);
      return tx.unsafe(`${insertion(table, ligne)} returning id_utilisateur`);
    });
    expect([table, vendeurs]).toEqual([table, [{ id_utilisateur: m.a.id }]]);
  }
});
