// The errors a front end may get, read from the migrated database: every refusal with its sentences and where it comes from, and
// every constraint that a row written through the API can violate. sql/README.md lists both.
import type postgres from 'postgres';

export type Refus = { code: string; phrases: string[]; sources: string[] };
export type Contrainte = { table: string; nom: string; regle: string };

type Fonction = { schema: string; nom: string; source: string; commentaire: string; tables: string[] };

export async function refusDuSchema(sql: postgres.Sql): Promise<Refus[]> {
  const fonctions = await sql<Fonction[]>`
    select p.pronamespace::regnamespace::text as schema, p.proname as nom, p.prosrc as source,
      coalesce(obj_description(p.oid, 'pg_proc'), '') as commentaire,
      coalesce((select array_agg(distinct c.relname::text) from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
                where t.tgfoid = p.oid and not t.tgisinternal and c.relnamespace = 'public'::regnamespace), '{}') as tables
    from pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'prive'::regnamespace, 'service'::regnamespace)
    order by 1, 2, p.oid`;
  const parNom = Map.groupBy(fonctions, (f) => `${f.schema}.${f.nom}`);
  const refus = new Map<string, { phrases: Set<string>; sources: Set<string> }>();
  const noter = (code: string) => {
    const connu = refus.get(code) ?? { phrases: new Set<string>(), sources: new Set<string>() };
    refus.set(code, connu);
    return connu;
  };

  for (const f of fonctions)
    for (const { code, phrases } of refusDe(f)) for (const phrase of phrases) noter(code).phrases.add(phrase);

  /** What this function refuses, itself and through those it calls. */
  const codes = (f: Fonction, vues = new Set<Fonction>()): string[] => {
    if (vues.has(f)) return [];
    vues.add(f);
    const appelees = [...f.source.matchAll(/\b(?:prive|service|public)\.[a-z_]+(?=\s*\()/g)];
    return [
      ...refusDe(f).map(({ code }) => code),
      ...appelees.flatMap(([nom]) => (parNom.get(nom) ?? []).flatMap((g) => codes(g, vues))),
    ];
  };
  for (const f of fonctions) {
    // A service function may answer for what it calls (the inbox keeps an error instead): only what it says itself counts.
    const dits = codesDits(f.commentaire);
    const tous =
      f.schema === 'service' ? [...dits, ...refusDe(f).map(({ code }) => code)] : [...dits, ...codes(f)];
    for (const code of tous) {
      if (f.schema === 'public') noter(code).sources.add(f.nom);
      if (f.schema === 'service') noter(code).sources.add(`service.${f.nom}`);
      for (const table of f.tables) noter(code).sources.add(table);
    }
    for (const code of dits) noter(code);
  }
  return [...refus]
    .map(([code, { phrases, sources }]) => ({
      code,
      phrases: [...phrases].sort(),
      sources: [...sources].sort(),
    }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** The codes a comment announces: "hint a_b, c_d (why), e_f." */
export function codesDits(commentaire: string): string[] {
  return [...commentaire.matchAll(/\bhints?\s+/gi)].flatMap(({ index, 0: mot }) =>
    commentaire
      .slice(index + mot.length)
      .replaceAll(/\([^()]*\)/g, '')
      .split(/[).;:]/, 1)
      .join('')
      .split(/,|\band\b|\bor\b/)
      .flatMap((partie) => /^\s*([a-z]+(?:_[a-z0-9]+)+)\b/.exec(partie)?.[1] ?? []),
  );
}

/** Every `prive.refuser('code', sentence)` of a function's source; `%s` and what is appended become "…". */
function refusDe({ schema, nom, source }: Fonction): { code: string; phrases: string[] }[] {
  return [...source.matchAll(/prive\.refuser\s*\(/g)].map(({ index, 0: appel }) => {
    const [premier, message] = argumentsDe(source.slice(index + appel.length));
    const code = /^'([a-z0-9_]+)'$/.exec(premier ?? '')?.[1];
    if (!code || !message)
      throw new Error(
        `${schema}.${nom}: prive.refuser(${premier}, …): the code must be a literal, so that it can be listed`,
      );
    // A case chooses between whole sentences: only what stands after `then` and `else` is one.
    const choix = /^case\b/.test(message) ? message.split(/\b(?:then|else)\b/).slice(1) : [message];
    return { code, phrases: choix.map(phraseDe) };
  });
}

function phraseDe(expression: string): string {
  const litteraux = [...expression.matchAll(/'((?:[^']|'')*)'/g)].map(([, texte = '']) =>
    texte.replaceAll("''", "'"),
  );
  const morceaux = litteraux.filter((texte) => texte.trim() !== '');
  const ouverte = /\|\|/.test(expression) && !/'\s*$/.test(expression);
  return `${morceaux.join('…')}${ouverte ? '…' : ''}`.replaceAll('%s', '…').replaceAll(/\s+/g, ' ').trim();
}

/** The arguments of a call whose opening bracket is behind us, outside of strings and inner brackets. */
function argumentsDe(texte: string): string[] {
  const trouves: string[] = [];
  let debut = 0;
  let profondeur = 0;
  let dansTexte = false;
  for (let i = 0; i < texte.length; i += 1) {
    const c = texte[i];
    if (c === "'") dansTexte = !dansTexte;
    if (dansTexte) continue;
    if (c === '(') profondeur += 1;
    if ((c === ',' || c === ')') && profondeur === 0) {
      trouves.push(texte.slice(debut, i).trim());
      debut = i + 1;
      if (c === ')') return trouves;
    }
    if (c === ')') profondeur -= 1;
  }
  throw new Error(`unbalanced: ${texte.slice(0, 80)}`);
}

/**
 * Checks, uniques and foreign keys on columns that `authenticated` may write, and foreign keys that hold back what he may delete.
 * A unique with an identity column in it cannot be violated.
 */
export async function contraintesDuSchema(sql: postgres.Sql): Promise<Contrainte[]> {
  return sql<Contrainte[]>`
    with ecrites as (
      select a.attrelid, a.attnum from pg_attribute as a join pg_class as c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
        and (has_column_privilege('authenticated', c.oid, a.attnum, 'insert') or has_column_privilege('authenticated', c.oid, a.attnum, 'update'))),
    trouvees as (
      select c.conrelid as relation, c.conname as nom, pg_get_constraintdef(c.oid) as regle, c.contype as genre, c.conkey::int2[] as colonnes
      from pg_constraint as c where c.contype in ('c', 'f', 'u', 'x') and not exists (select from pg_class as r where r.oid = c.conrelid and r.relispartition)
      union all
      select i.indrelid, k.relname, regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', 'UNIQUE '), 'u',
        -- Also the columns of its predicate and its expressions.
        array(select d.refobjsubid::int2 from pg_depend as d
              where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid > 0)
      from pg_index as i join pg_class as k on k.oid = i.indexrelid
      where i.indisunique and not i.indisprimary and not exists (select from pg_constraint as c where c.conindid = i.indexrelid))
    select r.relname as table, t.nom, t.regle
    from trouvees as t join pg_class as r on r.oid = t.relation
    where r.relnamespace = 'public'::regnamespace and exists (
        select from ecrites as e where e.attrelid = t.relation and e.attnum = any (t.colonnes))
      and not (t.genre = 'u' and exists (
        select from pg_attribute as a where a.attrelid = t.relation and a.attnum = any (t.colonnes) and a.attidentity = 'a'))
    union
    select r.relname, c.conname, pg_get_constraintdef(c.oid)
    from pg_constraint as c join pg_class as r on r.oid = c.conrelid
    where c.contype = 'f' and c.confdeltype in ('a', 'r') and r.relnamespace = 'public'::regnamespace
      and has_table_privilege('authenticated', c.confrelid, 'delete')
    order by 1, 2`;
}
