// Who may answer a prospect, and when: the leases, the waiting for the end of a burst and the counting of failures, step by step
// in SQL, with the rules' clock moved by hand.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from './helpers/database.ts';
import { creerVendeur, type Vendeur } from './helpers/vendeurs.ts';

let d: TestDatabase;
let vendeur: Vendeur;

type Prise = {
  id_conversation: number;
  jeton: string;
  msg_id: number;
  jusqu_a: number;
  contexte: { nouveaux: { texte: string }[]; historique: { texte: string }[] };
};

beforeAll(async () => {
  d = await openDatabase();
  vendeur = await creerVendeur(d.sql);
});
afterAll(() => d?.close());
beforeEach(async () => {
  await d.sql`update prive.reglages set valeur = 3000 where nom = 'attente_rafale_ms'`;
  await d.sql`select pgmq.purge_queue('repondre_prospects')`;
  await d.sql`delete from prive.lettres_mortes`;
  await d.sql`update prive.reponses set jeton = null, bail_expire_le = null`;
});

let rang = 0;
function nouveauNumero(): string {
  rang += 1;
  return `22507${String(rang).padStart(8, '0')}`;
}

async function ecrire(de: string, body: string, autre: object = {}): Promise<void> {
  rang += 1;
  const message = {
    from: de,
    id: `wamid.bail.${rang}`,
    timestamp: '1790000000',
    type: 'text',
    text: { body },
    ...autre,
  };
  const value = { metadata: { phone_number_id: vendeur.numero }, messages: [message] };
  const corps = JSON.stringify({ entry: [{ changes: [{ field: 'messages', value }] }] });
  await d.sql`select service.recevoir_evenement_whatsapp(${Buffer.from(corps).toString('base64')})`;
}

/** Moves the rules' clock, and the queue's with it. */
async function avancer(secondes: number): Promise<void> {
  await d.sql`update prive.horloge set decalage = decalage + make_interval(secs => ${secondes})`;
  await d.sql`update pgmq.q_repondre_prospects set vt = vt - make_interval(secs => ${secondes})`;
}

async function prendre(): Promise<Prise[]> {
  const [ligne] = await d.sql`select service.prendre_reponses(50) as prises`;
  return ligne?.prises;
}

async function une(): Promise<Prise> {
  const prises = await prendre();
  const [premiere] = prises;
  if (prises.length !== 1 || !premiere) throw new Error(`${prises.length} taken`);
  return premiere;
}

async function enregistrer(p: Prise, reponse: Record<string, unknown> = {}): Promise<string> {
  const complete = {
    texte: 'Bonjour !',
    memoire: {},
    etape: 'accueil',
    confiance: 1,
    modele: 'essai',
    passer_la_main: null,
    ...reponse,
  };
  const lot = [
    {
      id_conversation: p.id_conversation,
      jeton: p.jeton,
      msg_id: p.msg_id,
      jusqu_a: p.jusqu_a,
      reponse: complete,
    },
  ];
  const [ligne] = await d.sql`select service.enregistrer_reponses(${d.sql.json(lot)}) as issues`;
  expect(ligne?.issues).toMatchObject([{ msg_id: p.msg_id }]);
  return ligne?.issues[0].issue;
}

const enFile = async () => Number((await d.sql`select count(*) as n from pgmq.q_repondre_prospects`)[0]?.n);

test('a burst is answered when it is over, all of it at once', async () => {
  const de = nouveauNumero();
  await ecrire(de, 'un');
  expect(await prendre()).toEqual([]);
  await avancer(2);
  await ecrire(de, 'deux');
  await avancer(2);
  expect(await prendre()).toEqual([]);
  await avancer(2);
  const p = await une();
  expect(p.contexte.nouveaux.map((m) => m.texte)).toEqual(['un', 'deux']);
  expect(await enregistrer(p)).toBe('enregistree');
  await avancer(30);
  expect(await prendre()).toEqual([]);
  expect(await enFile()).toBe(0);
});

test('a burst without an end is answered after 20 s, and the next words after that', async () => {
  const de = nouveauNumero();
  let prises: Prise[] = [];
  let secondes = 0;
  await ecrire(de, 'encore 0');
  while (prises.length === 0 && secondes < 40) {
    await avancer(2);
    secondes += 2;
    await ecrire(de, `encore ${secondes}`);
    prises = await prendre();
  }
  expect(secondes).toBe(20);
  const [p] = prises;
  if (!p) throw new Error('nothing taken');
  // A message while the engine thinks does not send the reply back any more: twenty seconds are over.
  await ecrire(de, 'pendant');
  expect(await enregistrer(p)).toBe('enregistree');
  await avancer(4);
  const suite = await une();
  expect(suite.contexte.nouveaux.map((m) => m.texte)).toEqual(['pendant']);
});

test('one worker at a time; a dead one is replaced when its lease is over, and comes too late', async () => {
  await ecrire(nouveauNumero(), 'bonjour');
  await avancer(4);
  const premier = await une();
  await avancer(20);
  expect(await prendre()).toEqual([]);
  await avancer(11);
  const second = await une();
  expect(second.id_conversation).toBe(premier.id_conversation);
  expect(await enregistrer(premier)).toBe('bail_perdu');
  expect(await enregistrer(second)).toBe('enregistree');
  expect(await enregistrer(second)).toBe('bail_perdu');
  const [m] = await d.sql`select count(*) as n from public.messages
    where id_conversation = ${second.id_conversation} and direction_message = 'sortant'`;
  expect(Number(m?.n)).toBe(1);
});

test('a slow worker keeps what it renews', async () => {
  await ecrire(nouveauNumero(), 'bonjour');
  await avancer(4);
  const p = await une();
  for (let i = 0; i < 4; i += 1) {
    await avancer(20);
    const [r] = await d.sql`select service.prolonger_bail(${p.id_conversation}, ${p.jeton}) as ok`;
    expect(r?.ok).toBe(true);
    expect(await prendre()).toEqual([]);
  }
  expect(await enregistrer(p)).toBe('enregistree');
  const [apres] = await d.sql`select service.prolonger_bail(${p.id_conversation}, ${p.jeton}) as ok`;
  expect(apres?.ok).toBe(false);
});

test('what is said while the engine thinks is answered with the rest', async () => {
  const de = nouveauNumero();
  await ecrire(de, 'je veux des Nike');
  await avancer(4);
  const p = await une();
  await ecrire(de, 'non, des Puma');
  expect(await enregistrer(p)).toBe('nouveaux_messages');
  await avancer(4);
  const q = await une();
  expect(q.contexte.nouveaux.map((m) => m.texte)).toEqual(['je veux des Nike', 'non, des Puma']);
  expect(await enregistrer(q)).toBe('enregistree');
});

test('a person takes over while the engine thinks: its reply is dropped', async () => {
  await ecrire(nouveauNumero(), 'bonjour');
  await avancer(4);
  const p = await une();
  await d.sql`update public.conversations set ia_activee = false where id_conversation = ${p.id_conversation}`;
  expect(await enregistrer(p)).toBe('main_prise');
  expect(await enFile()).toBe(0);
});

test('a reply that is not one is refused alone, and touches no other', async () => {
  await ecrire(nouveauNumero(), 'bonjour');
  await ecrire(nouveauNumero(), 'bonjour');
  await avancer(4);
  const [a, b] = await prendre();
  if (!a || !b) throw new Error('two wanted');
  const lot = [a, b].map((p, i) => ({
    ...p,
    reponse: {
      texte: 'Bonjour',
      memoire: {},
      etape: i === 0 ? 'nulle_part' : 'accueil',
      confiance: 1,
      modele: 'essai',
      passer_la_main: null,
    },
  }));
  const [ligne] = await d.sql`select service.enregistrer_reponses(${d.sql.json(lot)}) as issues`;
  const issues = new Map(ligne?.issues.map((i: { msg_id: number; issue: string }) => [i.msg_id, i.issue]));
  expect(issues.get(a.msg_id)).toMatch(/^refusee: 23514 .*etape_connue/);
  expect(issues.get(b.msg_id)).toBe('enregistree');
});

test('a reaction is no message to wait for or to answer', async () => {
  const de = nouveauNumero();
  await ecrire(de, 'bonjour');
  await avancer(4);
  expect(await enregistrer(await une())).toBe('enregistree');
  await ecrire(de, '👍', { type: 'reaction', reaction: { emoji: '👍' } });
  await avancer(3600);
  await ecrire(de, 'et en 42 ?');
  expect(await prendre()).toEqual([]);
  await avancer(4);
  const p = await une();
  expect(p.contexte.nouveaux.map((m) => m.texte)).toEqual(['et en 42 ?']);
});

test('given back, the AI answers what nobody has answered, as a burst that begins now', async () => {
  const de = nouveauNumero();
  await ecrire(de, 'bonjour');
  await avancer(4);
  const p = await une();
  await d.sql`update public.conversations set statut_conversation = 'en_pause' where id_conversation = ${p.id_conversation}`;
  expect(await enregistrer(p)).toBe('main_prise');
  await ecrire(de, 'vous êtes là ?');
  await d.sql`insert into public.messages (id_conversation, direction_message, contenu_message)
    values (${p.id_conversation}, 'sortant', 'Oui, un instant')`;
  await ecrire(de, 'et les Puma ?');
  await avancer(3600);
  expect(await prendre()).toEqual([]);
  await d.sql`update public.conversations set statut_conversation = 'active' where id_conversation = ${p.id_conversation}`;
  await ecrire(de, 'en 40');
  expect(await prendre()).toEqual([]);
  await avancer(4);
  const q = await une();
  expect(q.contexte.nouveaux.map((m) => m.texte)).toEqual(['et les Puma ?', 'en 40']);
});

test('a job that cannot be read stops no other', async () => {
  await d.sql`select pgmq.send('repondre_prospects', '{"id_conversation": "sept"}')`;
  await ecrire(nouveauNumero(), 'bonjour');
  await avancer(4);
  expect(await enregistrer(await une())).toBe('enregistree');
  for (let i = 0; i < 50; i += 1) {
    await avancer(31);
    expect(await prendre()).toEqual([]);
  }
  expect(await enFile()).toBe(0);
  const [lettre] = await d.sql`select erreur from prive.lettres_mortes order by id desc limit 1`;
  expect(lettre?.erreur).toMatch(/^22P02/);
});

test('a conversation that kills every worker ends at the vendor', async () => {
  await ecrire(nouveauNumero(), 'poison');
  let prises = 0;
  for (let i = 0; i < 40; i += 1) {
    await avancer(31);
    prises += (await prendre()).length;
  }
  expect(prises).toBe(25);
  expect(await enFile()).toBe(0);
  const [lettre] = await d.sql`select erreur from prive.lettres_mortes order by id desc limit 1`;
  expect(lettre?.erreur).toMatch(/travailleur/);
});

test('two workers that take the same conversations in opposite order never end in a deadlock', async () => {
  for (let tour = 0; tour < 5; tour += 1) {
    const numeros = Array.from({ length: 20 }, nouveauNumero);
    for (const de of numeros) await ecrire(de, 'un');
    for (const de of [...numeros].reverse()) await ecrire(de, 'deux');
    await avancer(4);
    const moities = await Promise.all(
      [20, 20].map(async (limite) => {
        const [ligne] = await d.sql<
          { prises: Prise[] }[]
        >`select service.prendre_reponses(${limite}) as prises`;
        return ligne?.prises ?? [];
      }),
    );
    const toutes = moities.flat().map((p) => p.id_conversation);
    expect(new Set(toutes).size).toBe(toutes.length);
    await d.sql`select pgmq.purge_queue('repondre_prospects')`;
  }
});

test('eight failures are the end: a dead letter, the AI off, the vendor told; waiting was never counted', async () => {
  const de = nouveauNumero();
  await ecrire(de, 'un');
  expect(await prendre()).toEqual([]);
  await avancer(2);
  await ecrire(de, 'deux');
  await avancer(2);
  expect(await prendre()).toEqual([]);
  const issues: string[] = [];
  let conversation = 0;
  for (let i = 0; i < 8; i += 1) {
    expect(i > 0 && (await prendre()).length > 0).toBe(false);
    await avancer(400);
    const p = (await prendre())[0];
    if (!p) throw new Error(`attempt ${i}: nothing taken`);
    conversation = p.id_conversation;
    const [r] =
      await d.sql`select service.echouer_reponse(${p.id_conversation}, ${p.jeton}, ${p.msg_id}, 'moteur en panne') as etat`;
    issues.push(r?.etat);
  }
  expect(issues).toEqual([...Array(7).fill('a_reprendre'), 'abandonnee']);
  await avancer(400);
  expect(await prendre()).toEqual([]);
  expect(await enFile()).toBe(0);
  const [c] =
    await d.sql`select ia_activee from public.conversations where id_conversation = ${conversation}`;
  const lettres =
    await d.sql`select erreur, tentatives from prive.lettres_mortes where (message ->> 'id_conversation')::bigint = ${conversation}`;
  const avis = await d.sql`select 1 from public.notifications where reference_element_id = ${conversation}`;
  expect({ ia: c?.ia_activee, lettres: lettres.map((l) => l.erreur), avis: avis.length }).toEqual({
    ia: false,
    lettres: ['moteur en panne'],
    avis: 1,
  });
});
