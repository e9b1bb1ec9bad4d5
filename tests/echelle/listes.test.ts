// Every listing of a vendor costs the same with 10,000 messages in the database as with 1,000,000: an index gives the page in
// its order, whatever the other vendors have. Run as `authenticated`, under the policies, as a front end does.
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { charger, TABLES_CHARGEES, vendeurDe } from './charge.ts';

const PAGE = 50;
const BUFFERS = 200;
/** Reports that read so many other tables by key for each row: as many times an index is gone down. */
const JOINTURES: Record<string, number> = {
  'rapport des livraisons': 4,
  'rapport des livraisons d’un statut': 4,
  'rapport des livreurs': 2,
};

/** What a front end lists, besides every table by its usual order. `%u`: the vendor; `%c`, `%p`: a conversation, a prospect of his. */
const LISTES: Record<string, string> = {
  'boîte de réception': `select * from public.conversations where id_utilisateur = %u order by activite_le desc, id_conversation limit ${PAGE}`,
  'messages d’une conversation': `select * from public.messages where id_utilisateur = %u and id_conversation = %c order by id_message desc limit ${PAGE}`,
  'conversations d’un prospect': `select * from public.conversations where id_utilisateur = %u and id_prospect = %p order by id_conversation desc limit ${PAGE}`,
  'emails par réception': `select * from public.emails_recus where id_utilisateur = %u order by date_reception desc, id_email limit ${PAGE}`,
  'commandes d’un prospect': `select * from public.commandes where id_utilisateur = %u and id_prospect = %p order by id_commande limit ${PAGE}`,
  'commandes à préparer': `select * from public.commandes where id_utilisateur = %u and statut_commande in ('confirmee', 'en_preparation')
      order by date_confirmation, id_commande limit ${PAGE}`,
  journées: `select * from public.sessions_analytiques where id_utilisateur = %u order by date_session desc limit ${PAGE}`,
  métriques: `select * from public.metriques_campagnes where id_utilisateur = %u order by date_metrique desc, id_metrique limit ${PAGE}`,
  appels: `select * from public.utilisation_apis where id_utilisateur = %u and date_heure <= '${new Date().toISOString()}' order by date_heure desc, id_utilisation limit ${PAGE}`,
  'rapport des commandes': `select * from public.rapport_commandes where id_utilisateur = %u order by date_creation desc, id_commande limit ${PAGE}`,
  'rapport des livraisons': `select * from public.rapport_livraisons where id_utilisateur = %u order by date_creation desc, id_livraison limit ${PAGE}`,
  'rapport des livraisons d’un statut': `select * from public.rapport_livraisons where id_utilisateur = %u and statut_livraison = 'livree'
      order by date_creation desc, id_livraison limit ${PAGE}`,
  'rapport des livreurs': `select * from public.rapport_livreurs where id_utilisateur = %u order by date_creation desc, id_livreur limit ${PAGE}`,
  'rapport d’une conversation': `select * from public.rapport_conversation where id_utilisateur = %u and id_conversation = %c order by id_message limit ${PAGE}`,
};

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  'Actual Rows': number;
  Plans?: Plan[];
};

let d: TestDatabase;
let cles: Record<string, string>;

beforeAll(async () => {
  d = await openDatabase();
  const lignes = await d.sql<{ table: string; cle: string }[]>`
    select c.relname as table, (select a.attname from pg_attribute as a where a.attrelid = c.oid and a.attidentity <> '') as cle
    from pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and exists (
      select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'date_creation')`;
  cles = Object.fromEntries(lignes.map((l) => [l.table, l.cle]));
});
afterAll(() => d?.close());

/** Tables that have a few rows per vendor, whatever he does. */
const PETITES = [
  'abonnements',
  'comptes_email',
  'comptes_whatsapp',
  'invitations_equipe',
  'membres_equipe',
  'utilisateurs_fluxasync',
];

function listes(): Record<string, string> {
  const parDate = Object.entries(cles)
    .filter(([table]) => !PETITES.includes(table))
    .flatMap(([table, cle]) => {
      const requete = (suite: string) =>
        `select * from public.${table} where id_utilisateur = %u ${suite} order by date_creation desc, ${cle} limit ${PAGE}`;
      return [
        // A log is asked for up to now: partitions of the months to come are not looked at.
        [
          table,
          requete(table === 'journaux_systeme' ? `and date_creation <= '${new Date().toISOString()}'` : ''),
        ],
        [`${table}, page suivante`, requete(`and date_creation < (%d)`)],
      ];
    });
  return { ...Object.fromEntries(parDate), ...LISTES };
}

function* noeuds(plan: Plan): Generator<Plan> {
  yield plan;
  for (const enfant of plan.Plans ?? []) yield* noeuds(enfant);
}

/** As the front end of vendor `v` asks, with the settings that PostgREST takes from the role. */
async function expliquer(sql: postgres.Sql, v: number, requete: string): Promise<Plan> {
  const claims = JSON.stringify({ sub: vendeurDe(v), role: 'authenticated' });
  const reglages = await sql<{ reglage: string }[]>`
    select unnest(setconfig) as reglage from pg_db_role_setting where setrole = 'authenticated'::regrole and setdatabase = 0`;
  const [table] = /public\.\w+/.exec(requete) ?? [];
  const [debut] = requete.includes('%d')
    ? await sql.unsafe(`select date_creation::text as le from ${table} where id_utilisateur = '${vendeurDe(v)}'
        order by date_creation desc offset ${PAGE / 2} limit 1`)
    : [];
  const texte = requete
    .replace('(%d)', `'${debut?.le}'`)
    .replaceAll('%u', `'${vendeurDe(v)}'`)
    .replaceAll(/%[cp]/g, String(v));
  return sql.begin(async (tx) => {
    for (const { reglage } of reglages) {
      const [nom = '', valeur = ''] = reglage.split('=');
      await tx`select set_config(${nom}, ${valeur}, true)`;
    }
    await tx`select set_config('request.jwt.claims', ${claims}, true)`;
    await tx`set local role authenticated`;
    const [ligne] = await tx.unsafe(`explain (analyze, buffers, format json) ${texte}`);
    return ligne?.['QUERY PLAN'][0].Plan as Plan;
  }) as Promise<Plan>;
}

test('every table that grows is in the load and in the listings', async () => {
  const grandes = (
    await d.sql<
      { nom: string }[]
    >`select relname as nom from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`
  )
    .map((t) => t.nom)
    .filter((t) => !PETITES.includes(t));
  const listees = Object.values(listes()).join(' ');
  expect(grandes.filter((t) => !TABLES_CHARGEES.includes(t) || !listees.includes(`public.${t} `))).toEqual(
    [],
  );
});

describe.each([
  { messages: 10_000, vendeurs: 10 },
  { messages: 1_000_000, vendeurs: 1_000 },
])('with $messages messages of $vendeurs vendors', ({ messages, vendeurs }) => {
  beforeAll(async () => {
    await charger(d.sql, vendeurs);
  }, 180_000);

  test('a page is read by an index, in order, in a few buffers', async () => {
    const [compte] = await d.sql`select count(*)::int as messages from public.messages`;
    expect(compte).toEqual({ messages });
    const ecarts: string[] = [];
    const lus: Record<string, number> = {};
    for (const v of [1, Math.ceil(vendeurs / 2)]) {
      for (const [nom, requete] of Object.entries(listes())) {
        const plan = await expliquer(d.sql, v, requete);
        const buffers = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
        lus[nom] = buffers;
        if (buffers > BUFFERS * (1 + (JOINTURES[nom] ?? 0))) ecarts.push(`${nom}: ${buffers} buffers`);
        for (const noeud of noeuds(plan)) {
          if (noeud['Node Type'].includes('Sort')) ecarts.push(`${nom}: ${noeud['Node Type']}`);
          if (noeud['Node Type'] === 'Seq Scan' && !PETITES.includes(noeud['Relation Name'] ?? ''))
            ecarts.push(`${nom}: Seq Scan on ${noeud['Relation Name']}`);
        }
        if (!/préparer/.test(nom) && plan['Actual Rows'] === 0) ecarts.push(`${nom}: no row`);
      }
    }
    console.log(`buffers per page with ${messages} messages: ${JSON.stringify(lus)}`);
    expect([...new Set(ecarts)]).toEqual([]);
  }, 60_000);
});
