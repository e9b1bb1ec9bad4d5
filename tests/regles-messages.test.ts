// What the rows of messages and of the inbox may become, step by step in SQL: order, statuses, outcomes, retention.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from './helpers/database.ts';
import { creerVendeur, type Vendeur } from './helpers/vendeurs.ts';
import { waitFor } from './helpers/wait.ts';

let d: TestDatabase;
let vendeur: Vendeur;
let autre: Vendeur;

beforeAll(async () => {
  d = await openDatabase();
  vendeur = await creerVendeur(d.sql);
  autre = await creerVendeur(d.sql);
});
afterAll(() => d?.close());

let rang = 0;

function corps(vers: Vendeur, partie: object): string {
  const value = { metadata: { phone_number_id: vers.numero }, ...partie };
  return Buffer.from(JSON.stringify({ entry: [{ changes: [{ field: 'messages', value }] }] })).toString(
    'base64',
  );
}

function texte(de: string) {
  rang += 1;
  const timestamp = String(Math.floor(Date.now() / 1000));
  return { from: de, id: `wamid.regles.${rang}`, timestamp, type: 'text', text: { body: 'x' } };
}

/** A conversation whose window is open. */
async function conversation(): Promise<number> {
  rang += 1;
  const de = `22508${String(rang).padStart(8, '0')}`;
  await d.sql`select service.recevoir_evenement_whatsapp(${corps(vendeur, { messages: [texte(de)] })})`;
  const [c] =
    await d.sql`select c.id_conversation from public.conversations as c join public.prospects as p using (id_prospect)
    where p.numero_whatsapp = ${`+${de}`}`;
  return c?.id_conversation;
}

async function aEnvoyer(idConversation: number): Promise<number> {
  const [m] =
    await d.sql`insert into public.messages (id_conversation, direction_message, contenu_message, statut_livraison)
    values (${idConversation}, 'sortant', 'y', 'a_envoyer') returning id_message`;
  await d.sql`select prive.demander_envoi(${m?.id_message}, reveiller => false)`;
  return m?.id_message;
}

type Envoi = { id_message: number; tentative: number };
async function prendre(): Promise<Envoi[]> {
  await d.sql`update pgmq.q_envoyer_messages set vt = now()`;
  const [ligne] = await d.sql<{ pris: Envoi[] }[]>`select service.prendre_envois(50) as pris`;
  return ligne?.pris ?? [];
}

const enregistrer = (...resultats: object[]) =>
  d.sql`select service.enregistrer_envois(${d.sql.json(resultats as never)})`;

const message = async (id: number) => {
  const [m] =
    await d.sql`select statut_livraison, code_erreur, identifiant_message_whatsapp from public.messages where id_message = ${id}`;
  return m;
};

const statut = (compte: Vendeur, s: object) =>
  d.sql`select prive.appliquer_statut(${compte.id}, ${compte.idCompte}, ${d.sql.json(s as never)})`;

test('messages of one conversation go out in their order, also when the first has to wait', async () => {
  const c = await conversation();
  const [un, deux] = [await aEnvoyer(c), await aEnvoyer(c)];
  expect((await prendre()).map((e) => e.id_message)).toEqual([un]);
  expect(await prendre()).toEqual([]);
  await enregistrer({ id_message: un, tentative: 1, code: '131016', detail: 'trop vite' });
  expect((await prendre()).map((e) => e.id_message)).toEqual([un]);
  await enregistrer({ id_message: un, tentative: 2, wamid: 'wamid.un' });
  expect((await prendre()).map((e) => e.id_message)).toEqual([deux]);
  await enregistrer({ id_message: deux, tentative: 1, wamid: 'wamid.deux' });
});

test('a status never moves a message back, whoever tries', async () => {
  const id = await aEnvoyer(await conversation());
  await prendre();
  await enregistrer({ id_message: id, tentative: 1, wamid: 'wamid.avance' });
  for (const status of ['read', 'delivered', 'sent', 'failed', 'read']) {
    await statut(vendeur, { id: 'wamid.avance', status });
    expect([status, (await message(id))?.statut_livraison]).toEqual([status, 'lu']);
  }
  await expect(
    d.sql`update public.messages set statut_livraison = 'livre' where id_message = ${id}`,
  ).rejects.toMatchObject({
    hint: 'transition_interdite',
  });
});

test('a status of another account settles nothing here, whatever id it carries', async () => {
  const id = await aEnvoyer(await conversation());
  await prendre();
  await statut(autre, { id: 'wamid.vole', status: 'read', biz_opaque_callback_data: String(id) });
  expect(await message(id)).toMatchObject({
    statut_livraison: 'envoi_en_cours',
    identifiant_message_whatsapp: null,
  });
  await enregistrer({ id_message: id, tentative: 1, wamid: 'wamid.mien' });
});

test('only the attempt in hand counts: a late outcome of an earlier one changes nothing', async () => {
  const id = await aEnvoyer(await conversation());
  await prendre();
  await enregistrer({ id_message: id, tentative: 1, code: '131000', detail: 'x' });
  await prendre();
  await enregistrer({ id_message: id, tentative: 1, code: '131026', detail: 'y' });
  expect((await message(id))?.statut_livraison).toBe('envoi_en_cours');
  await enregistrer({ id_message: id, tentative: 2, wamid: 'wamid.second' });
  expect((await message(id))?.statut_livraison).toBe('envoye');
});

test('what Meta has said and nobody has read yet decides before two minutes of silence do', async () => {
  const id = await aEnvoyer(await conversation());
  await prendre();
  const s = { id: 'wamid.tardif', status: 'delivered', biz_opaque_callback_data: String(id) };
  await d.sql`select service.recevoir_evenement_whatsapp(${corps(vendeur, { statuses: [s] })})`;
  expect((await message(id))?.statut_livraison).toBe('envoi_en_cours');
  await d.sql`update prive.horloge set decalage = decalage + interval '5 minutes'`;
  await d.sql`select prive.regler_envois_inconnus()`;
  expect(await message(id)).toEqual({
    statut_livraison: 'livre',
    code_erreur: null,
    identifiant_message_whatsapp: 'wamid.tardif',
  });
});

test('messages of one conversation are committed in the order of their ids', async () => {
  rang += 1;
  const de = `22508${String(rang).padStart(8, '0')}`;
  await d.sql`select service.recevoir_evenement_whatsapp(${corps(vendeur, { messages: [texte(de)] })})`;
  const [un, deux] = [d.as('supabase_admin'), d.as('supabase_admin')];
  let second: Promise<unknown> = Promise.resolve();
  await un.begin(async (tx) => {
    await tx`select service.recevoir_evenement_whatsapp(${corps(vendeur, { messages: [texte(de)] })})`;
    second =
      deux`select service.recevoir_evenement_whatsapp(${corps(vendeur, { messages: [texte(de)] })})`.execute();
    await waitFor('the second message waits for the first', async () => {
      const [attente] =
        await d.sql`select count(*) as n from pg_locks as l join pg_stat_activity as a using (pid)
        where not l.granted and a.query like '%recevoir_evenement%' and a.datname = current_database()`;
      return Number(attente?.n) > 0;
    });
  });
  await second;
});

test('the inbox keeps what is younger than its retention', async () => {
  await d.sql`insert into prive.evenements_webhook (recu_le, corps, empreinte)
    select prive.maintenant() - make_interval(days => jours), 'x', sha256(jours::text::bytea) from unnest(array[29, 31]) as jours`;
  await d.sql`select prive.purger_evenements()`;
  const restes = await d.sql`select corps from prive.evenements_webhook where corps = 'x'`;
  expect(restes).toHaveLength(1);
  const [jeunes] = await d.sql`select count(*) as n from prive.evenements_webhook where corps <> 'x'`;
  expect(Number(jeunes?.n)).toBeGreaterThan(5);
});

test('unread messages are counted up to a limit, and a conversation at the limit still receives', async () => {
  const id = await conversation();
  const ecrire = (non_lus: number) =>
    d.sql`update public.conversations set non_lus = ${non_lus} where id_conversation = ${id}`;
  await expect(ecrire(2_147_483_647)).rejects.toMatchObject({
    code: '23514',
    constraint_name: 'non_lus_positif',
  });
  await ecrire(99_999);
  const de = `22508${String(rang - 1).padStart(8, '0')}`;
  await d.sql`select service.recevoir_evenement_whatsapp(${corps(vendeur, { messages: [texte(de), texte(de)] })})`;
  const [c] =
    await d.sql`select c.non_lus, (select count(*)::int from public.messages as m where m.id_conversation = ${id}) as messages
    from public.conversations as c where c.id_conversation = ${id}`;
  expect(c).toEqual({ non_lus: 99_999, messages: 3 });
  expect(await d.sql`select erreur from prive.evenements_webhook order by id desc limit 1`).toEqual([
    { erreur: null },
  ]);
});
