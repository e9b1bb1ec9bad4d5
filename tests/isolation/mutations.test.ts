// Does the matrix watch every policy? Each clause of each is replaced by true, by false and by the neighbouring ranks, and
// the probes of its table must notice; so must they when a view forgets to ask as its caller.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROLES, VUES_DE_FONCTIONS } from './attendu.ts';
import { cle, ecarts, type Monde, ouvrirMonde, type Relation, sansSuite } from './sondes.ts';

let m: Monde;

beforeAll(async () => {
  m = await ouvrirMonde();
});
afterAll(() => m?.db.close());

test('the matrix holds before anything is changed: else every change would seem to be noticed', async () => {
  for (const r of m.relations.filter((x) => !x.partition)) {
    expect((await sansSuite(m.db, (tx) => ecarts(tx, m, r, r.vue ? 'droits' : 'policies'))).ecarts).toEqual(
      [],
    );
  }
});

type Policy = { table: string; nom: string; qual: string | null; with_check: string | null };

test('a policy that is replaced by true, by false or by another rank never goes unseen', async () => {
  const policies = await m.db.sql<Policy[]>`
    select schemaname || '.' || tablename as table, policyname as nom, qual, with_check from pg_policies
    where schemaname in ('public', 'prive', 'storage') order by 1, 2`;
  const parTable = Map.groupBy(m.relations, cle);
  const survivantes: string[] = [];
  let essayees = 0;
  for (const policy of policies) {
    const relations = parTable.get(policy.table);
    if (!relations) {
      survivantes.push(`${policy.table} « ${policy.nom} »: no probe looks at this table`);
      continue;
    }
    for (const { clause, par } of mutationsDe(policy)) {
      essayees += 1;
      const change = `alter policy "${policy.nom.replaceAll('"', '""')}" on ${policy.table} ${clause} (${par})`;
      if (!(await remarquee(relations, change)))
        survivantes.push(`${policy.table} « ${policy.nom} » ${clause} ${par}`);
    }
  }
  expect(survivantes).toEqual([]);
  expect(essayees).toBeGreaterThanOrEqual(policies.length);
  expect(policies.length).toBeGreaterThan(20);
});

test('a view that asks as its owner never goes unseen', async () => {
  const survivantes: string[] = [];
  for (const r of m.relations.filter((x) => x.vue)) {
    const change = `alter view ${cle(r)} set (security_invoker = false)`;
    if (!(await remarquee([r], change))) survivantes.push(cle(r));
  }
  expect(survivantes).toEqual(VUES_DE_FONCTIONS.map((v) => `public.${v}`));
});

async function remarquee(relations: Relation[], change: string): Promise<boolean> {
  for (const r of relations) {
    const vus = await sansSuite(m.db, async (tx) => {
      await tx.unsafe(change);
      return (await ecarts(tx, m, r, r.vue ? 'droits' : 'policies')).ecarts;
    });
    if (vus.length > 0) return true;
  }
  return false;
}

function mutationsDe({ qual, with_check }: Policy): { clause: string; par: string }[] {
  const clauses = [
    { clause: 'using', texte: qual },
    { clause: 'with check', texte: with_check },
  ];
  return clauses.flatMap(({ clause, texte }) =>
    texte === null
      ? []
      : ['true', 'false', ...autresRangs(texte)]
          .filter((par) => par !== texte)
          .map((par) => ({ clause, par })),
  );
}

/** The same clause asking for the rank below, and for the rank above. */
function autresRangs(texte: string): string[] {
  const rang = ROLES.findIndex((role) => texte.includes(`'${role}'`));
  return [ROLES[rang - 1], ROLES[rang + 1]].flatMap((autre) =>
    autre && rang >= 0 ? [texte.replaceAll(`'${ROLES[rang]}'`, `'${autre}'`)] : [],
  );
}
