// A day of ten thousand vendors and a million messages is counted in one pass over each source table: read from the plans of the
// very statements the job runs, whatever the machine's speed.
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

const VENDEURS = 10_000;
const MESSAGES = 1_000_000;
const ANCIENS = 200_000;
const FUSEAUX = ['Africa/Abidjan', 'Europe/Paris', 'America/Havana', 'Asia/Kathmandu', 'Pacific/Kiritimati'];

type Noeud = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Noeud[];
};

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
  // Some minutes past the hour, as when the job comes: nobody's day ends meanwhile.
  await d.sql`update prive.horloge set decalage = date_trunc('hour', now()) + interval '7 minutes' - now()`;
  await remplir();
});
afterAll(() => d?.close());

/** Rows as if they had long been there: without triggers and foreign keys, by the thousand. */
async function remplir(): Promise<void> {
  await d.sql.begin(async (sql) => {
    await sql`set local session_replication_role = replica`;
    // Indexes are made afterwards, in one go: half the time.
    await sql`update pg_index set indisready = false, indisvalid = false where indrelid = 'public.messages'::regclass`;
    await sql`
      insert into public.utilisateurs_fluxasync (id_utilisateur, adresse_email, fuseau_horaire, date_creation)
      select md5(v::text)::uuid, v || '@example.ci', (${FUSEAUX}::text[])[1 + v % ${FUSEAUX.length}], prive.maintenant() - interval '90 days'
      from generate_series(1, ${VENDEURS}::int) as v`;
    await sql`insert into prive.journees_cumulees (id_utilisateur, jusqu_a)
      select id_utilisateur, prive.dernier_jour_complet(fuseau_horaire) - 1 from public.utilisateurs_fluxasync`;
    await sql`
      insert into public.campagnes_marketing (id_utilisateur, nom_campagne, type_campagne)
      select id_utilisateur, 'Rentrée', 'pub_facebook' from public.utilisateurs_fluxasync`;
    // At each vendor's six in the morning of the day that is to be counted.
    await sql`create temp table vendeur on commit drop as
      select row_number() over (order by c.id_campagne)::int as rang, c.id_utilisateur, c.id_campagne,
        ((j.jusqu_a + 1)::timestamp + interval '6 hours') at time zone u.fuseau_horaire as matin
      from public.campagnes_marketing as c join public.utilisateurs_fluxasync as u using (id_utilisateur)
      join prive.journees_cumulees as j using (id_utilisateur)`;
    await sql`create index on vendeur (rang)`;
    // Sixty days of everything else; the last of them is the day that is counted.
    await sql.unsafe(`
      insert into public.prospects (id_utilisateur, identifiant_whatsapp, id_campagne, date_premier_contact)
      select v.id_utilisateur, 'p' || n, case when n % 3 = 0 then v.id_campagne end, v.matin - (n % 60) * interval '1 day' + n % 40000 * interval '1 second'
      from generate_series(1, ${VENDEURS * 12}) as n join vendeur as v on v.rang = 1 + n % ${VENDEURS}`);
    await sql.unsafe(`
      insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, id_campagne, date_debut)
      select p.id_utilisateur, p.id_prospect, 1, p.id_campagne, p.date_premier_contact from public.prospects as p order by p.id_prospect`);
    await sql.unsafe(`
      insert into public.commandes (id_utilisateur, id_prospect, id_conversation, numero_commande, montant_total, statut_commande,
        date_creation, date_confirmation)
      select c.id_utilisateur, c.id_prospect, c.id_conversation, 'C' || c.id_conversation, 1000, 'confirmee', c.date_debut, c.date_debut + interval '10 minutes'
      from public.conversations as c order by c.id_conversation`);
    await sql.unsafe(`
      insert into public.livraisons (id_utilisateur, id_commande, id_livreur, adresse_destination, statut_livraison, date_livraison_effective)
      select c.id_utilisateur, c.id_commande, 1, 'Cocody', 'livree', c.date_confirmation from public.commandes as c order by c.id_commande`);
    await sql.unsafe(`
      insert into public.emails_recus (id_utilisateur, id_compte_email, identifiant_message_email, email_expediteur, niveau_priorite, date_reception)
      select v.id_utilisateur, 1, 'm' || n, 'a@example.ci', 'critique', v.matin - (n % 60) * interval '1 day'
      from generate_series(1, ${VENDEURS * 6}) as n join vendeur as v on v.rang = 1 + n % ${VENDEURS}`);
    // In the order of time, as they come: some that are long past, then the million, over twelve hours.
    await sql.unsafe(`
      insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message,
        date_creation, date_statut)
      select v.id_utilisateur, 1 + n % ${VENDEURS * 12}, 1, 'm' || n, case when n % 2 = 0 then 'entrant' else 'sortant' end, q.le, q.le
      from generate_series(0, ${ANCIENS + MESSAGES - 1}) as n
      join vendeur as v on v.rang = 1 + n % ${VENDEURS}
      cross join lateral (select v.matin + case when n < ${ANCIENS} then interval '-40 days' else n * interval '0.035 seconds' end as le) as q
      order by n`);
  });
  await d.sql`reindex table public.messages`;
  await d.sql`vacuum analyze`;
}

/** How each table is read by the statements that a call runs, nested ones too. */
async function lectures(appel: string, vendeur?: string): Promise<{ requete: string; tables: Noeud[] }[]> {
  const plans: { 'Query Text': string; Plan: Noeud }[] = [];
  const sql = postgres(d.adminUrl, {
    max: 1,
    onnotice: ({ message }) => {
      const json = /plan:\s*(\{[\s\S]*\})\s*$/.exec(message ?? '')?.[1];
      if (json) plans.push(JSON.parse(json));
    },
  });
  // Without helpers the passes can be counted; what is slow to measure is left out.
  await sql.unsafe(`set max_parallel_workers_per_gather = 0; load 'auto_explain'; set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; set auto_explain.log_timing = off;
    set auto_explain.log_format = json`);
  await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: vendeur ?? null })}, false)`;
  await sql`set client_min_messages = log`;
  await sql.unsafe(appel);
  await sql.end();
  const noeuds = (n: Noeud): Noeud[] => [n, ...(n.Plans ?? []).flatMap(noeuds)];
  return plans.map(({ 'Query Text': requete, Plan }) => ({
    requete,
    tables: noeuds(Plan).filter((n) => n['Relation Name'] !== undefined),
  }));
}

const lues = (toutes: { requete: string; tables: Noeud[] }[], debut: string) => {
  const trouvees = toutes.filter(({ requete }) => requete.startsWith(debut));
  expect(trouvees).toHaveLength(1);
  return trouvees.flatMap(({ tables }) => tables);
};

const SESSIONS = 'with message as materialized';
const CAMPAGNES = 'with vente as materialized';

test('a day of 10,000 vendors with 1,000,000 messages takes one pass per source table', async () => {
  const debut = performance.now();
  const toutes = await lectures('select prive.cumuler_journees()');
  console.info(`${VENDEURS} vendors, ${MESSAGES} messages: ${Math.round(performance.now() - debut)} ms`);
  const passes = (tables: Noeud[]) => tables.map((n) => [n['Relation Name'], n['Actual Loops']]).sort();
  expect(passes(lues(toutes, SESSIONS))).toEqual([
    ['commandes', 1],
    ['emails_recus', 1],
    ['livraisons', 1],
    ['messages', 1],
    ['prospects', 1],
  ]);
  expect(passes(lues(toutes, CAMPAGNES))).toEqual([
    ['commandes', 1],
    ['conversations', 1],
    ['prospects', 1],
  ]);
  const [somme] = await d.sql`
    select count(*) as jours, sum(messages_recus + messages_envoyes) as messages, sum(prospects_nouveaux) as prospects,
      sum(chiffre_affaires_genere) as chiffre, sum(livraisons_reussies) as livraisons, sum(emails_critiques) as emails
    from public.sessions_analytiques`;
  // 60 days: a sixtieth of everything but the messages.
  expect(Object.fromEntries(Object.entries(somme ?? {}).map(([nom, n]) => [nom, Number(n)]))).toEqual({
    jours: VENDEURS,
    messages: MESSAGES,
    prospects: VENDEURS / 5,
    chiffre: VENDEURS * 200,
    livraisons: VENDEURS / 5,
    emails: VENDEURS / 10,
  });
});

test('one vendor’s day reads his rows and nobody else’s', async () => {
  const [vendeur] = await d.sql<{ id: string }[]>`select md5('7')::uuid as id`;
  const tables = lues(await lectures('select * from public.sessions_du_jour', vendeur?.id), SESSIONS);
  expect(tables.map((n) => n['Relation Name']).sort()).toEqual([
    ...['commandes', 'emails_recus', 'livraisons', 'messages', 'prospects'],
  ]);
  for (const n of tables) expect(n['Node Type']).toMatch(/^(Index|Bitmap Heap|Index Only) Scan$/);
  for (const n of tables) {
    const ecartees = (n['Rows Removed by Filter'] ?? 0) + (n['Rows Removed by Index Recheck'] ?? 0);
    expect([n['Relation Name'], ecartees < 200]).toEqual([n['Relation Name'], true]);
  }
});
