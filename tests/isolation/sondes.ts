// Probes: one statement as one person, rolled back, and what came of it. No insert, update or delete has a `where` or a
// `returning` or reads a column: each of these makes Postgres apply the SELECT policy too, which would hide a broken one.
import type postgres from 'postgres';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { ACCES, type Acces, type Action, COLONNES, FONCTIONS, ROLES, type Role } from './attendu.ts';
import {
  ARGUMENTS,
  type Boutique,
  creerBoutique,
  creerPersonne,
  insertion,
  LIGNES,
  ligneDe,
  litteral,
  remplirPrive,
} from './lignes.ts';

/** The people: who works for vendor A (by role), who owns vendor B, who has an account and no shop, who has not signed in. */
const ACTEURS = [...ROLES, 'autre', 'etranger', 'anon'] as const;
type Acteur = (typeof ACTEURS)[number];

/** `droits`: as it stands. `policies`: every right on the table is given first, so that the policies stand alone. */
type Couche = 'droits' | 'policies';

type Sonde = {
  nom: string;
  attendu: string;
  role: 'authenticated' | 'anon';
  uid: string | null;
  /** Run first, as superuser. */
  avant?: string;
  instruction: string;
};

/**
 * What a probe came to: whose rows it saw or touched (`A`, `B`, `A B`, `?`: nobody's), or that it went through, or what refused it.
 * Any other error stands for itself.
 */
const RIEN = 'rien';
const FAIT = 'fait';
const SANS_DROIT = 'sans droit';
const REFUS = 'refus';

/** `ecrivable`: not a view that Postgres itself could not write, whoever asks. */
export type Relation = {
  schema: string;
  nom: string;
  vue: boolean;
  partition: boolean;
  ecrivable: boolean;
  /** Stored objects are of as many kinds as there are buckets. */
  seau?: string;
};

export type Monde = {
  db: TestDatabase;
  a: Boutique;
  b: Boutique;
  qui: Record<Acteur, string | null>;
  relations: Relation[];
  /** Per relation: what an update writes, namely what stands in A's row already. */
  ecritures: Record<string, string>;
};

export async function ouvrirMonde(): Promise<Monde> {
  const db = await openDatabase();
  try {
    const { sql } = db;
    const a = await creerBoutique(sql);
    const b = await creerBoutique(sql);
    const qui: Monde['qui'] = {
      proprietaire: a.id,
      autre: b.id,
      etranger: (await creerPersonne(sql)).id,
      anon: null,
      lecteur: a.employe,
      agent: await embaucher(sql, a, 'agent'),
      gestionnaire: await embaucher(sql, a, 'gestionnaire'),
    };
    await remplirPrive(sql, a);
    const tables = await sql<Relation[]>`
      select c.relnamespace::regnamespace::text as schema, c.relname as nom, c.relkind = 'v' as vue, c.relispartition as partition,
        pg_relation_is_updatable(c.oid, false) <> 0 as ecrivable
      from pg_class as c
      where (c.relnamespace in ('public'::regnamespace, 'prive'::regnamespace) or c.oid = 'storage.objects'::regclass)
        and c.relkind in ('r', 'p', 'v') order by 1, 2`;
    const seaux = await sql<{ seau: string }[]>`select id as seau from storage.buckets order by id`;
    const relations = tables.flatMap((r) =>
      r.schema === 'storage' ? seaux.map((s) => ({ ...r, ...s })) : [r],
    );
    await sansVendeur(sql, a);
    await sql.unsafe(SONDER).simple();
    for (const r of tables.filter((x) => !x.vue && !x.partition)) {
      // The name makes it the first of its table's triggers.
      await sql.unsafe(`create trigger "00_essai" before update or delete on ${cle(r)}
        for each row execute function essai.noter()`);
    }
    const ecritures: Record<string, string> = {};
    for (const r of tables.filter((x) => !x.vue)) ecritures[cle(r)] = await ecriture(sql, r, a);
    return { db, a, b, qui, relations, ecritures };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** `public.produits`, also `storage.objects`. */
export function cle(r: Pick<Relation, 'schema' | 'nom'>): string {
  return `${r.schema}.${r.nom}`;
}

/** As attendu.ts and lignes.ts name it: `produits`, `storage.objects medias`. */
export function nomCourt(r: Pick<Relation, 'schema' | 'nom' | 'seau'>): string {
  if (r.seau !== undefined) return `${cle(r)} ${r.seau}`;
  return r.schema === 'public' ? r.nom : cle(r);
}

async function embaucher(sql: postgres.Sql, v: Boutique, role: Role): Promise<string> {
  const { id } = await creerPersonne(sql);
  const ligne = { ...ligneDe('membres_equipe', v, 1), id_membre: id, role };
  await sql.unsafe(insertion('membres_equipe', ligne));
  return id;
}

/** Where a row may belong to no vendor, there is one, for nobody to see. */
async function sansVendeur(sql: postgres.Sql, a: Boutique): Promise<void> {
  const tables = await sql<{ relname: string }[]>`
    select c.relname from pg_class as c join pg_attribute as t on t.attrelid = c.oid and t.attname = 'id_utilisateur'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not t.attnotnull`;
  for (const { relname } of tables) {
    await sql.unsafe(insertion(relname, { ...ligneDe(relname, a, 2), id_utilisateur: null }));
  }
}

/** An assignment that changes nothing in A's row: of a column in no key, and that may be written, where any may. */
async function ecriture(sql: postgres.Sql, r: Relation, a: Boutique): Promise<string> {
  const permises = COLONNES[nomCourt(r)]?.update?.split(' ') ?? [];
  const [choix] = await sql<{ attname: string }[]>`
    select attname from pg_attribute
    where attrelid = ${cle(r)}::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''
      and attname <> 'id_utilisateur' and ${permises.length === 0 || sql`attname::text = any (${permises})`}
    order by exists (select from pg_constraint where conrelid = attrelid and contype in ('p', 'f', 'u') and attnum = any (conkey)), attnum
    limit 1`;
  if (!choix) throw new Error(`${cle(r)} has no column that an update could write`);
  const colonne = choix.attname;
  const [la] = await sql.unsafe(
    `select t.${colonne}::text as valeur from ${cle(r)} as t where ${VENDEUR_DE('t')} = '${a.id}' limit 1`,
  );
  return `${colonne} = ${litteral(la?.valeur ?? null)}`;
}

/** The vendor of any row, for looking: its column, or the first folder of a stored object's path. */
const VENDEUR_DE = (ligne: string) =>
  `coalesce(to_jsonb(${ligne}) ->> 'id_utilisateur', split_part(to_jsonb(${ligne}) ->> 'name', '/', 1), '?')`;

const SONDER = `
create schema essai;

-- Notes whose rows a statement reaches. A delete goes no further: what stands in its way, or goes with the row, is not asked.
create function essai.noter() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() = 1 and current_setting('essai.touches', true) like 'sonde%' then
    perform set_config('essai.touches', current_setting('essai.touches') || ' ' || ${VENDEUR_DE('old')}, true);
    if tg_op = 'DELETE' then
      return null;
    end if;
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$$;

-- Runs probes one after the other, each rolled back, and says what came of each.
create function essai.sonder(sondes jsonb) returns text[] language plpgsql as $$
declare
  sonde record;
  vu text;
  nombre bigint;
  indice text;
  obtenus text[] := '{}';
begin
  for sonde in
    select e.s ->> 'role' as role, e.s ->> 'uid' as uid, e.s ->> 'avant' as avant, e.s ->> 'instruction' as instruction
    from jsonb_array_elements(sondes) with ordinality as e (s, rang) order by e.rang
  loop
    begin
      if sonde.avant is not null then
        execute sonde.avant;
      end if;
      perform set_config('essai.touches', 'sonde', true);
      perform set_config('request.jwt.claims', jsonb_strip_nulls(jsonb_build_object('sub', sonde.uid, 'role', sonde.role))::text, true);
      perform set_config('role', sonde.role, true);
      if sonde.instruction like 'select%' then
        execute sonde.instruction into vu;
      elsif sonde.instruction like 'insert%' then
        execute sonde.instruction;
        get diagnostics nombre = row_count;
        vu := case nombre when 1 then '${FAIT}' end;
      else
        execute sonde.instruction;
        vu := substr(current_setting('essai.touches'), 6);
      end if;
      raise exception using errcode = 'ESSAI', message = 'vu:' || coalesce(vu, '');
    exception
      when sqlstate 'ESSAI' then
        obtenus := obtenus || substr(sqlerrm, 4);
      when insufficient_privilege then
        obtenus := obtenus || case when sqlerrm like '%row-level security%' then '${REFUS}' else '${SANS_DROIT}' end;
      when others then
        get stacked diagnostics indice = pg_exception_hint;
        obtenus := obtenus || concat_ws(' ', sqlstate, case sqlstate when 'P0001' then indice else sqlerrm end);
    end;
  end loop;
  return obtenus;
end
$$;`;

const rang = (acteur: Acteur) => ROLES.indexOf(acteur as Role);
const peut = (acteur: Acteur, minimum: Role | null) =>
  minimum !== null && rang(acteur) >= ROLES.indexOf(minimum);

const NULLE_PART: Acces = { select: null, insert: null, update: null, delete: null };

/** All probes of one relation, with what must come of each. */
export function sondesDe(m: Monde, r: Relation, couche: Couche): Sonde[] {
  const nom = nomCourt(r);
  const acces = r.schema === 'prive' ? NULLE_PART : ACCES[nom];
  if (!acces) throw new Error(`tests/isolation/attendu.ts says of nobody what he may do with ${nom}`);
  // A view has no policies of its own; those of its tables are asked as things stand.
  if (r.vue && couche === 'policies') return [];
  const table = cle(r);
  const sondes: Sonde[] = [];

  for (const acteur of ACTEURS) {
    const uid = m.qui[acteur];
    const role = acteur === 'anon' ? ('anon' as const) : ('authenticated' as const);
    const sonder = (quoi: string, attendu: string, instruction: string, avant?: string) =>
      sondes.push({
        nom: `${nom} (${couche}): ${acteur} ${quoi}`,
        attendu,
        role,
        uid,
        instruction,
        ...(avant ? { avant } : {}),
      });
    /** The vendor whose rows this person may act on, if the action is for his rank. */
    const chezQui = (action: Action) =>
      acteur === 'autre' ? (acces[action] ? 'B' : null) : peut(acteur, acces[action]) ? 'A' : null;
    const fermee = (action: Action) => couche === 'droits' && (acteur === 'anon' || acces[action] === null);
    const touche = (action: Action) => (fermee(action) ? SANS_DROIT : (chezQui(action) ?? RIEN));

    sonder(
      'select',
      touche('select'),
      `select string_agg(distinct ${VENDEUR_DE('t')}, ' ') from (select * from ${table}) as t`,
    );
    if (r.vue && !r.ecrivable) continue;

    if (r.schema === 'prive') {
      sonder('insert', fermee('insert') ? SANS_DROIT : REFUS, `insert into ${table} default values`);
    } else if (r.vue) {
      sonder('insert', SANS_DROIT, `insert into ${table} default values`);
      sonder('update', SANS_DROIT, `update ${table} set id_utilisateur = null`);
      sonder('delete', SANS_DROIT, `delete from ${table}`);
      continue;
    } else {
      for (const [lettre, v] of [
        ['A', m.a],
        ['B', m.b],
      ] as const) {
        const attendu = fermee('insert') ? SANS_DROIT : chezQui('insert') === lettre ? FAIT : REFUS;
        sonder(`insert chez ${lettre}`, attendu, insertion(nom, ligneDe(nom, v, 2)));
      }
    }

    sonder('update', touche('update'), `update ${table} set ${m.ecritures[table]}`);
    sonder('delete', touche('delete'), `delete from ${table}`);

    if (r.schema !== 'prive') {
      const cible = acteur === 'autre' ? m.a : m.b;
      const donner =
        r.schema === 'storage'
          ? `update ${table} set name = '${cible.id}/donne.png'`
          : `update ${table} set id_utilisateur = '${cible.id}'`;
      // The right to write id_utilisateur is given to nobody; the policy must refuse without its help.
      const attendu = couche === 'droits' ? SANS_DROIT : chezQui('update') ? REFUS : RIEN;
      sonder('donne ses lignes', attendu, donner);
      const dessous = acces.update && ROLES[ROLES.indexOf(acces.update) - 1];
      if (acteur === 'proprietaire' && dessous) {
        sonder(
          `donne ses lignes, ${dessous} chez B`,
          attendu,
          donner,
          `update public.membres_equipe set id_membre = '${uid}', role = '${dessous}' where id_utilisateur = '${m.b.id}'`,
        );
      }
    }
  }
  return sondes;
}

/** Every right on the table, and for anon also the functions that its defaults and triggers call: policies alone are left. */
function toutPermettre(r: Relation): string {
  const fonctions = Object.keys(FONCTIONS).filter((f) => f.startsWith('prive.'));
  return `grant usage on schema ${r.schema}, prive to anon, authenticated;
    grant execute on function ${fonctions.join(', ')} to anon;
    grant select, insert, update, delete on ${cle(r)} to anon, authenticated`;
}

/** Runs a relation's probes within a transaction that the caller rolls back; returns what is not as it must be. */
export async function ecarts(
  tx: postgres.Sql,
  m: Monde,
  r: Relation,
  couche: Couche,
): Promise<{ ecarts: string[]; sondes: number }> {
  const sondes = sondesDe(m, r, couche);
  // Probes have no `where`: what is of another bucket must not be there.
  if (r.seau !== undefined) await tx`delete from storage.objects where bucket_id <> ${r.seau}`;
  if (couche === 'policies') await tx.unsafe(toutPermettre(r)).simple();
  const obtenus = await essayer(tx, m, sondes);
  return {
    sondes: sondes.length,
    ecarts: sondes.flatMap(({ nom, attendu }, i) =>
      obtenus[i] === attendu ? [] : [`${nom}: expected ${attendu}, got ${obtenus[i]}`],
    ),
  };
}

/** What came of each probe, vendors by their letters. */
async function essayer(tx: postgres.Sql, m: Monde, sondes: Sonde[]): Promise<string[]> {
  const envoi = sondes.map(({ role, uid, avant, instruction }) => ({
    role,
    uid,
    avant: avant ?? null,
    instruction,
  }));
  const [ligne] = await tx<{ obtenus: string[] }[]>`
    select essai.sonder(${tx.json(envoi)}) as obtenus`;
  const lettres = new Map([
    [m.a.id, 'A'],
    [m.b.id, 'B'],
  ]);
  return (ligne?.obtenus ?? []).map((obtenu) => {
    if (obtenu.trim() === '') return RIEN;
    const mots = obtenu.trim().split(' ');
    return mots.every((mot) => mot === '?' || lettres.has(mot))
      ? [...new Set(mots.map((mot) => lettres.get(mot) ?? mot))].sort().join(' ')
      : obtenu;
  });
}

/** Calls a function of `public` on A's row as everybody; returns what is not as it must be. */
export async function ecartsAppel(
  tx: postgres.Sql,
  m: Monde,
  signature: string,
  { role: minimum, refus }: { role: Role; refus: string },
): Promise<string[]> {
  const args = ARGUMENTS[signature];
  if (!args) throw new Error(`tests/isolation/lignes.ts has no arguments for ${signature}`);
  const appel = `select ${signature.slice(0, signature.indexOf('('))}(${args(m.a).map(litteral).join(', ')})::text`;
  const sondes = ACTEURS.map((acteur): Sonde => {
    const attendu = acteur === 'anon' ? SANS_DROIT : peut(acteur, minimum) ? FAIT : `P0001 ${refus}`;
    const role = acteur === 'anon' ? 'anon' : 'authenticated';
    return { nom: `${signature}: ${acteur}`, attendu, role, uid: m.qui[acteur], instruction: appel };
  });
  const obtenus = await essayer(tx, m, sondes);
  return sondes.flatMap(({ nom, attendu }, i) => {
    const obtenu = obtenus[i] ?? '';
    const ok =
      attendu === FAIT
        ? obtenu !== SANS_DROIT && obtenu !== REFUS && obtenu !== `P0001 ${refus}`
        : obtenu === attendu;
    return ok ? [] : [`${nom}: expected ${attendu}, got ${obtenu}`];
  });
}

/** A transaction that never stays. */
export async function sansSuite<T>(db: TestDatabase, faire: (tx: postgres.Sql) => Promise<T>): Promise<T> {
  let resultat: { valeur: T } | undefined;
  const retour = new Error('rolled back');
  await db.sql
    .begin(async (tx) => {
      resultat = { valeur: await faire(tx as unknown as postgres.Sql) };
      throw retour;
    })
    .catch((error) => {
      if (error !== retour) throw error;
    });
  if (!resultat) throw retour;
  return resultat.valeur;
}

export const TABLES_ATTENDUES = Object.keys(ACCES);
export const TABLES_REMPLIES = Object.keys(LIGNES);
