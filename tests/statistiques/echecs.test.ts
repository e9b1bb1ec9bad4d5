// A vendor whose days cannot be kept: the others are counted all the same, an operator is told, and no day of his is lost.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { deposer, inventer, JOUR_MS, jourDe } from '../helpers/histoire.ts';
import { type Boutique, graine, observer } from '../helpers/statistiques.ts';

let d: TestDatabase;
let o: ReturnType<typeof observer>;
let boutiques: Boutique[];
let malade: Boutique;

beforeAll(async () => {
  d = await openDatabase();
  o = observer(d);
});
afterAll(() => d?.close());

/** Three shops with six days behind them, none counted yet; the second one is to have the trouble. */
beforeEach(async () => {
  const tirer = graine();
  await o.regler(Date.parse('2026-03-10T09:00:00Z'));
  const debut = o.maintenant() - 6 * JOUR_MS;
  boutiques = [];
  for (let i = 0; i < 3; i += 1) {
    const b = await o.ouvrir('Africa/Abidjan', debut);
    await deposer(d.sql, inventer(tirer, b.id, b.fuseau, debut, o.maintenant()));
    boutiques.push(b);
  }
  malade = boutiques[1] as Boutique;
});
afterEach(async () => {
  await guerir();
  await d.sql`delete from public.utilisateurs_fluxasync`;
  await d.sql`delete from prive.jours_a_recompter`;
});

const empecher = (ou = '') =>
  d.sql.unsafe(`alter table public.sessions_analytiques add constraint essai_impossible
    check (not (id_utilisateur = '${malade.id}' ${ou})) not valid`);
const guerir = () =>
  d.sql`alter table public.sessions_analytiques drop constraint if exists essai_impossible`;
/** One run of the job. */
const passer = () => d.sql`select prive.cumuler_journees()`;
const echecs = async () => [
  ...(await d.sql`select id_utilisateur, debut::text, fin::text, erreur from prive.journees_en_echec`),
];
const notes = async () =>
  (await d.sql`select id_utilisateur from prive.jours_a_recompter`).map((n) => n.id_utilisateur);
const sains = () => boutiques.filter((b) => b !== malade);
const echec = (debut: unknown, fin = debut) => [
  { id_utilisateur: malade.id, debut, fin, erreur: expect.stringMatching(/^23514 .*essai_impossible/) },
];

async function toutEstCompte(): Promise<void> {
  await guerir();
  await passer();
  expect(await echecs()).toEqual([]);
  await o.cumuler();
  expect(await notes()).toEqual([]);
  for (const b of boutiques) await o.verifier(b);
}

test('days that are over', async () => {
  await empecher();
  for (let i = 0; i < 8; i += 1) await passer();
  for (const b of sains()) await o.verifier(b);
  expect(await o.gardees(malade)).toEqual([]);
  // All six of them, run after run.
  expect(await echecs()).toEqual(echec(expect.any(String), expect.any(String)));
  expect((await notes()).filter((n) => n === malade.id)).toHaveLength(6);
  await toutEstCompte();
});

const enRetard = (b: Boutique, jour: string) => d.sql`
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message, date_creation)
  select c.id_utilisateur, c.id_conversation, ${b.idCompte}, gen_random_uuid()::text, 'entrant', ${`${jour}T10:00:00Z`}
  from public.conversations as c where c.id_utilisateur = ${b.id} order by c.id_conversation limit 1`;

// Both in one run, once the one and once the other in vain: what could be counted hides nothing of what could not.
test.each(['2026-03-06', '2026-03-10'])(
  'a late day and a new one, of which %s cannot be kept',
  async (jour) => {
    await o.cumuler();
    for (const b of boutiques) {
      await enRetard(b, '2026-03-06');
      await enRetard(b, '2026-03-10');
    }
    await o.regler(o.maintenant() + JOUR_MS);
    await empecher(`and date_session = '${jour}'`);
    for (let i = 0; i < 2; i += 1) {
      await passer();
      for (const b of sains()) await o.verifier(b);
      expect(await echecs()).toEqual(echec(jour));
      expect(await notes()).toEqual([malade.id]);
    }
    await toutEstCompte();
  },
);

test.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago'])('all days, after he moved to %s', async (fuseau) => {
  await o.cumuler();
  await empecher();
  for (const b of boutiques) {
    b.fuseau = fuseau;
    await d.sql`update public.utilisateurs_fluxasync set fuseau_horaire = ${fuseau} where id_utilisateur = ${b.id}`;
  }
  for (let i = 0; i < 2; i += 1) {
    await passer();
    for (const b of sains()) await o.verifier(b);
    expect(await echecs()).toEqual(echec(expect.any(String), expect.any(String)));
    expect([...new Set(await notes())]).toEqual([malade.id]);
  }
  await toutEstCompte();
});

test('a vendor who is just being deleted holds up nobody', async () => {
  await o.cumuler();
  for (const b of boutiques) await enRetard(b, '2026-03-06');
  await o.regler(o.maintenant() + JOUR_MS);
  await d.sql.begin(async (tx) => {
    await tx`delete from public.utilisateurs_fluxasync where id_utilisateur = ${malade.id}`;
    // Not committed yet: his rows are locked. The job runs as cron runs it, and waits half a second at the most.
    await d.as('postgres')`select prive.cumuler_journees()`;
    for (const b of sains()) await o.verifier(b);
  });
  await passer();
  expect([await echecs(), await notes()]).toEqual([[], []]);
});

test('a late day is not lost when its vendor moves before it is counted', async () => {
  await o.cumuler();
  for (const b of boutiques) {
    // Long before his first day that was kept.
    await d.sql`insert into public.prospects (id_utilisateur, identifiant_whatsapp, date_premier_contact)
      values (${b.id}, 'ancien', '2026-01-20T12:00:00Z')`;
    b.fuseau = 'Europe/Paris';
    await d.sql`update public.utilisateurs_fluxasync set fuseau_horaire = ${b.fuseau} where id_utilisateur = ${b.id}`;
  }
  await empecher();
  await passer();
  await toutEstCompte();
  for (const b of boutiques) expect((await o.gardees(b)).map(([jour]) => jour)).toContain('2026-01-20');
});

test('a day that cannot be kept keeps none of the later ones waiting', async () => {
  const deuxieme = jourDe(malade.fuseau, o.maintenant() - 5 * JOUR_MS);
  await empecher(`and date_session = '${deuxieme}'`);
  for (let i = 0; i < 8; i += 1) await passer();
  expect(await echecs()).toEqual(echec(deuxieme));
  const jours = (await o.gardees(malade)).map(([jour]) => jour);
  expect(jours).not.toContain(deuxieme);
  expect(jours).toContain(jourDe(malade.fuseau, o.maintenant() - JOUR_MS));
  await toutEstCompte();
});
