// The Graph API simulator against a webhook that checks signatures itself: what Meta refuses is refused,
// what Meta delivers late, twice or again comes late, twice or again.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRandom, planStatuses } from '../../scripts/platform/simulators/graph-events.ts';
import { createGraphSimulator, type GraphSimulator } from '../../scripts/platform/simulators/graph-server.ts';
import { waitFor } from '../helpers/wait.ts';

const SECRET = 'the-app-secret';
const SEED = 7;
const NUMBER = '100000000000001';
const AWA = '2250598765432';
const HOUR = 3_600_000;

type Status = {
  id: string;
  status: string;
  recipient_id: string;
  recipient_user_id: string;
  biz_opaque_callback_data?: string;
};
type Value = {
  metadata: { phone_number_id: string; display_phone_number: string };
  contacts: { profile?: { name: string }; wa_id?: string; user_id: string }[];
  messages?: Record<string, unknown>[];
  statuses?: Status[];
};
type Received = { raw: string; signed: boolean; values: Value[] };

const received: Received[] = [];
const statuses = () => received.flatMap((one) => one.values.flatMap((value) => value.statuses ?? []));
const nameOf = (one: Status) => `${one.biz_opaque_callback_data} ${one.status}`;

let answers: number[] = [];
const webhook = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const expected = `sha256=${createHmac('sha256', SECRET).update(raw).digest('hex')}`;
  const payload = JSON.parse(raw.toString()) as { entry: { changes: { field: string; value: Value }[] }[] };
  received.push({
    raw: raw.toString(),
    signed: request.headers['x-hub-signature-256'] === expected,
    values: payload.entry.flatMap((entry) => entry.changes.map((change) => change.value)),
  });
  response.writeHead(answers.shift() ?? 200).end();
});

let simulator: GraphSimulator;
let base: string;
let webhookUrl: string;
// Stands still, so that rates and windows depend on what a test does and not on how fast it runs.
const frozen = Date.parse('2026-11-20T08:00:00Z');

beforeAll(async () => {
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  webhookUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/functions/v1/whatsapp-webhook`;
  simulator = createGraphSimulator({
    webhookUrl,
    appSecret: SECRET,
    tokens: ['good-token', 'other-token'],
    seed: SEED,
    statuses: false,
    messagesPerSecond: 80,
    now: () => frozen,
  });
  base = `http://127.0.0.1:${await simulator.listen(0)}`;
});

afterAll(async () => {
  await simulator.close();
  webhook.closeAllConnections();
  await new Promise((resolve) => webhook.close(resolve));
});

beforeEach(async () => {
  await control('POST', '/_reinitialiser');
  received.length = 0;
  answers = [];
});

async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(base + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function graph(body: unknown, token = 'good-token', number = NUMBER) {
  const response = await fetch(`${base}/v26.0/${number}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const message = (content: Record<string, unknown>, to: string = AWA) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to,
  ...content,
});
const text = (body: string, to?: string) => message({ type: 'text', text: { body } }, to);
const template = (to?: string) =>
  message({ type: 'template', template: { name: 'relance_panier', language: { code: 'fr' } } }, to);
const buttons = (list: { id: string; title: string }[]) =>
  message({
    type: 'interactive',
    interactive: {
      type: 'button',
      body: { text: 'Quelle taille ?' },
      action: { buttons: list.map((reply) => ({ type: 'reply', reply })) },
    },
  });
const list = (rows: { id: string; title: string }[], button = 'Choisir') =>
  message({
    type: 'interactive',
    interactive: { type: 'list', body: { text: 'Nos robes' }, action: { button, sections: [{ rows }] } },
  });
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `r${i}`, title: `Robe ${i}` }));
const codeOf = (answer: { status: number; body: { error?: { code: number } } }) => [
  answer.status,
  answer.body.error?.code,
];

describe('what Meta refuses', () => {
  test('an unknown or absent token: 401, code 190, before anything else', async () => {
    const answer = await graph({ nonsense: true }, 'bad-token');
    expect(answer.status).toBe(401);
    expect(answer.body.error).toMatchObject({ type: 'OAuthException', code: 190 });
    expect(answer.body.error.fbtrace_id).toEqual(expect.any(String));

    const absent = await fetch(`${base}/v26.0/${NUMBER}/messages`, { method: 'POST', body: '{}' });
    expect(absent.status).toBe(401);
    expect(codeOf(await graph(template(), 'other-token'))).toEqual([200, undefined]);
  });

  test.each<[string, unknown]>([
    ['text that is no JSON', '{"messaging_product":'],
    ['no messaging_product', { to: AWA, type: 'text', text: { body: 'Bonjour' } }],
    ['no recipient', { messaging_product: 'whatsapp', type: 'text', text: { body: 'Bonjour' } }],
    ['a recipient that is no number', text('Bonjour', 'Awa')],
    ['an unknown type', message({ type: 'hologram', hologram: {} })],
    ['a type without its content', message({ type: 'image' })],
    ['an empty text', text('')],
    ['a text of 4097', text('a'.repeat(4097))],
    ['an image from two sources', message({ type: 'image', image: { id: '1', link: 'https://a.ci/b.jpg' } })],
    ['a location off the map', message({ type: 'location', location: { latitude: 91, longitude: 0 } })],
    ['four buttons', buttons(rows(4))],
    [
      'two buttons of one id',
      buttons([
        { id: 'a', title: 'S' },
        { id: 'a', title: 'M' },
      ]),
    ],
    ['a button title of 21', buttons([{ id: 'a', title: 'x'.repeat(21) }])],
    ['a button id of 257', buttons([{ id: 'x'.repeat(257), title: 'S' }])],
    ['eleven rows', list(rows(11))],
    ['a row title of 25', list([{ id: 'a', title: 'x'.repeat(25) }])],
    ['a list button of 21', list(rows(1), 'x'.repeat(21))],
    ['a template without language', message({ type: 'template', template: { name: 'relance' } })],
    ['callback data of 513', { ...text('Bonjour'), biz_opaque_callback_data: 'x'.repeat(513) }],
    ['a read receipt of nothing', { messaging_product: 'whatsapp', status: 'read' }],
  ])('%s: 400, code 100, with details', async (_, body) => {
    await control('POST', '/_ouvrir', { de: `+${AWA}` });
    const answer = await graph(body);
    expect(codeOf(answer)).toEqual([400, 100]);
    expect(answer.body.error.message).toContain('Invalid parameter');
    expect(answer.body.error.error_data.details).toEqual(expect.any(String));
  });

  test('well-formed messages of every type pass, once the window is open', async () => {
    await control('POST', '/_ouvrir', { de: `+${AWA}` });
    const bodies = [
      text('a'.repeat(4096)),
      template(),
      message({ type: 'image', image: { link: 'https://a.ci/robe.jpg', caption: 'Robe' } }),
      message({ type: 'document', document: { id: '12', filename: 'facture.pdf' } }),
      message({ type: 'audio', audio: { id: '12' } }),
      message({ type: 'video', video: { id: '12' } }),
      message({ type: 'sticker', sticker: { id: '12' } }),
      message({ type: 'location', location: { latitude: 5.35, longitude: -4.02, name: 'Cocody' } }),
      buttons([
        { id: 'x'.repeat(256), title: 'x'.repeat(20) },
        { id: 'm', title: 'M' },
      ]),
      list(rows(10)),
      message({
        type: 'interactive',
        interactive: {
          type: 'location_request_message',
          body: { text: 'Où livrer ?' },
          action: { name: 'send_location' },
        },
      }),
      message({ type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '👍' } }),
      message({ type: 'contacts', contacts: [{ name: { formatted_name: 'Kouadio' } }] }),
    ];
    for (const body of bodies)
      expect({ type: body, ...(await graph(body)) }).toMatchObject({
        status: 200,
        body: {
          messaging_product: 'whatsapp',
          contacts: [{ input: AWA, wa_id: AWA }],
          messages: [{ id: expect.stringMatching(/^wamid\../) }],
        },
      });
  });

  test('a free-form message without a person who wrote within 24 hours: 131047; a template passes', async () => {
    expect(codeOf(await graph(text('Bonjour')))).toEqual([400, 131047]);
    expect(codeOf(await graph(template()))).toEqual([200, undefined]);

    await control('POST', '/_entrant', { de: `+${AWA}`, nom: 'Awa', texte: 'Bonsoir' });
    await control('POST', '/_horloge', { decalage_ms: 24 * HOUR });
    expect(codeOf(await graph(text('Bonjour', `+${AWA}`)))).toEqual([200, undefined]);
    expect(codeOf(await graph(text('Bonjour'), 'good-token', '100000000000002'))).toEqual([400, 131047]);

    await control('POST', '/_horloge', { decalage_ms: 24 * HOUR + 1 });
    expect(codeOf(await graph(text('Bonjour')))).toEqual([400, 131047]);
    expect(codeOf(await graph(template()))).toEqual([200, undefined]);

    await control('POST', '/_ouvrir', { de: `+${AWA}` });
    expect(codeOf(await graph(text('Bonjour')))).toEqual([200, undefined]);
  });

  test('46 messages at once to one person: 131056, and one more every 6 seconds after that', async () => {
    const other = '2250700000001';
    for (const de of [AWA, other]) await control('POST', '/_ouvrir', { de });
    for (let i = 0; i < 45; i++) expect((await graph(text(`${i}`))).status).toBe(200);
    expect(codeOf(await graph(text('46')))).toEqual([400, 131056]);
    expect(codeOf(await graph(template()))).toEqual([400, 131056]);
    expect(codeOf(await graph(text('Bonjour', other)))).toEqual([200, undefined]);

    await control('POST', '/_horloge', { decalage_ms: 5_900 });
    expect(codeOf(await graph(text('46')))).toEqual([400, 131056]);
    await control('POST', '/_horloge', { decalage_ms: 6_000 });
    expect(codeOf(await graph(text('46')))).toEqual([200, undefined]);
    expect(codeOf(await graph(text('47')))).toEqual([400, 131056]);
  });

  test('81 messages of one number in one instant: 130429; another number is free', async () => {
    const to = (i: number) => `22507000${String(i).padStart(5, '0')}`;
    const sent = await Promise.all(Array.from({ length: 80 }, (_, i) => graph(template(to(i)))));
    expect(new Set(sent.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(codeOf(await graph(template(to(80))))).toEqual([400, 130429]);
    expect(codeOf(await graph(template(to(80)), 'good-token', '100000000000002'))).toEqual([200, undefined]);
    await control('POST', '/_horloge', { decalage_ms: 1_000 });
    expect(codeOf(await graph(template(to(80))))).toEqual([200, undefined]);
  });
});

describe('events', () => {
  test('a person’s message is delivered signed, as Meta encodes it, as often as asked', async () => {
    const inbound = { de: `+${AWA}`, nom: 'Aïcha', texte: 'Une robe à 5/6 ? 👗', id: 'wamid.FIXED' };
    const told = await Promise.all([1, 2, 3].map(() => control('POST', '/_entrant', inbound)));
    expect(told.map((answer) => answer.body)).toEqual(Array(3).fill({ wamid: 'wamid.FIXED', statut: 200 }));

    expect(received.map((one) => one.signed)).toEqual([true, true, true]);
    expect(received[0]?.raw).toContain('Une robe \\u00e0 5\\/6 ? \\ud83d\\udc57');
    const value = received[0]?.values[0];
    expect(value?.metadata).toEqual({ display_phone_number: '2250712345678', phone_number_id: NUMBER });
    expect(value?.contacts).toEqual([
      { profile: { name: 'Aïcha' }, wa_id: AWA, user_id: expect.stringMatching(/^CI\.\d+$/) },
    ]);
    expect(value?.messages).toEqual([
      {
        from: AWA,
        from_user_id: value?.contacts[0]?.user_id,
        id: 'wamid.FIXED',
        timestamp: String(frozen / 1000),
        type: 'text',
        text: { body: 'Une robe à 5/6 ? 👗' },
      },
    ]);
  });

  test('a raw message keeps its fields; a person may hide the phone number and is answered by BSUID', async () => {
    const bsuid = 'CI.1349120865530274';
    const message = {
      type: 'location',
      location: { latitude: 5.3, longitude: -4 },
      context: { id: 'wamid.A' },
    };
    const { body } = await control('POST', '/_entrant', { de: bsuid, message, vers: '100000000000002' });
    const value = received[0]?.values[0];
    expect(value?.contacts).toEqual([{ user_id: bsuid }]);
    expect(value?.messages).toEqual([
      { from_user_id: bsuid, id: body.wamid, timestamp: expect.any(String), ...message },
    ]);

    const reply = { messaging_product: 'whatsapp', recipient: bsuid, type: 'text', text: { body: 'Reçu' } };
    const sent = await graph(reply, 'good-token', '100000000000002');
    expect(sent.body.contacts).toEqual([{ input: bsuid, user_id: bsuid }]);
  });

  test('statuses carry the callback data, in any order, some twice; the seed says which', async () => {
    await control('POST', '/_statuts', { actif: true });
    const random = createRandom(SEED);
    const planned: string[] = [];
    const ids = new Map<string, string>();
    for (let i = 0; i < 25; i++) {
      const to = `2250700000${100 + i}`;
      const callbackData = `m-${i}`;
      const sent = await graph({ ...template(to), biz_opaque_callback_data: callbackData });
      const wamid: string = sent.body.messages[0].id;
      ids.set(wamid, callbackData);
      const person = { waId: to, bsuid: 'CI.1' };
      const accepted = { wamid, phoneNumberId: NUMBER, person, callbackData, acceptedAt: frozen };
      for (const { change } of planStatuses({ ...accepted, type: 'template' }, random))
        planned.push(...(change.value as Value & { statuses: Status[] }).statuses.map(nameOf));
    }
    expect(planned.length).toBeGreaterThan(75);

    await waitFor('all statuses', async () => statuses().length >= planned.length);
    const came = statuses();
    expect(came.map(nameOf).toSorted()).toEqual(planned.toSorted());
    expect(received.every((one) => one.signed)).toBe(true);
    expect(came.every((one) => one.biz_opaque_callback_data === ids.get(one.id))).toBe(true);
    expect(came.every((one) => one.recipient_id.startsWith('2250700000'))).toBe(true);

    const readBeforeSent = [...ids.values()].filter((id) => {
      const order = came.map(nameOf);
      return order.indexOf(`${id} read`) < order.indexOf(`${id} sent`);
    });
    expect(readBeforeSent.length).toBeGreaterThan(0);
  });

  test('messages sent while statuses are off never get any', async () => {
    for (const actif of [false, true]) {
      await control('POST', '/_statuts', { actif });
      for (let i = 0; i < 10; i++)
        await graph({ ...template(), biz_opaque_callback_data: actif ? `heard-${i}` : 'silent' });
    }
    await waitFor('the later statuses', async () => new Set(statuses().map(nameOf)).size >= 30);
    expect(statuses().filter((one) => one.biz_opaque_callback_data === 'silent')).toEqual([]);
  });

  test('what the webhook did not take comes again with the same bytes', async () => {
    answers = [503, 500];
    const { body } = await control('POST', '/_entrant', { de: `+${AWA}`, nom: 'Awa', texte: 'Bonjour' });
    expect(body.statut).toBe(200);
    expect(received).toHaveLength(3);
    expect(new Set(received.map((one) => one.raw)).size).toBe(1);
  });

  test('a refusal by the webhook is told at once, and delivered again all the same', async () => {
    answers = [401];
    const { body } = await control('POST', '/_entrant', { de: `+${AWA}`, nom: 'Awa', texte: 'Bonjour' });
    expect(body.statut).toBe(401);
    await waitFor('the second delivery', async () => received.length === 2);
  });
});

describe('levers', () => {
  test('the journal tells what was asked, oldest first, and can be emptied', async () => {
    await graph(template());
    await graph(text('Bonjour'));
    await graph(template(), 'bad-token');
    await graph({
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'wamid.A',
      typing_indicator: { type: 'text' },
    });
    await fetch(`${base}/v26.0/${NUMBER}`, { headers: { authorization: 'Bearer good-token' } });
    await fetch(`${base}/v26.0/me/nothing`, { headers: { authorization: 'Bearer good-token' } });

    const path = `/v26.0/${NUMBER}/messages`;
    const { body } = await control('GET', '/_journal');
    const at = new Date(frozen).toISOString();
    expect(body).toEqual([
      { recu_le: at, methode: 'POST', chemin: path, corps: template(), statut: 200 },
      { recu_le: at, methode: 'POST', chemin: path, corps: text('Bonjour'), statut: 400 },
      { recu_le: at, methode: 'POST', chemin: path, corps: template(), statut: 401 },
      {
        recu_le: at,
        methode: 'POST',
        chemin: path,
        corps: expect.objectContaining({ status: 'read' }),
        statut: 200,
      },
      { recu_le: at, methode: 'GET', chemin: `/v26.0/${NUMBER}`, corps: null, statut: 200 },
      { recu_le: at, methode: 'GET', chemin: '/v26.0/me/nothing', corps: null, statut: 404 },
    ]);
    await control('DELETE', '/_journal');
    expect((await control('GET', '/_journal')).body).toEqual([]);
  });

  test('faults: errors, then slowness, then a message taken and the connection cut', async () => {
    await control('POST', '/_statuts', { actif: true });
    await control('POST', '/_pannes', { statut: 500, code: 131016, fois: 2, delai_ms: 0 });
    await control('POST', '/_pannes', { statut: 200, fois: 1, delai_ms: 60 });
    await control('POST', '/_pannes', { statut: 0, fois: 1 });

    expect(codeOf(await graph(template()))).toEqual([500, 131016]);
    expect(
      (await graph({ messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.A' })).body,
    ).toEqual({
      success: true,
    });
    expect(codeOf(await graph(template()))).toEqual([500, 131016]);

    expect((await graph(template())).status).toBe(200);

    await expect(graph({ ...template(), biz_opaque_callback_data: 'cut' })).rejects.toThrow();
    await waitFor('a status of the message whose answer was cut', async () =>
      statuses().some((one) => one.biz_opaque_callback_data === 'cut'),
    );
    expect((await graph(template())).status).toBe(200);
    const journal = (await control('GET', '/_journal')).body as { statut: number }[];
    expect(journal.map((entry) => entry.statut)).toEqual([500, 200, 500, 200, 0, 200]);
  });

  test('a wrong lever is refused in French', async () => {
    const wrong = await control('POST', '/_entrant', { de: 'Awa', texte: 'Bonjour', message: {} });
    expect(wrong.status).toBe(400);
    expect(wrong.body.erreur).toBe('corps invalide');
    expect(wrong.body.details.join(' ')).toContain('numéro');
    expect((await control('POST', '/_pannes', { statut: 302 })).status).toBe(400);
    expect((await control('POST', '/_inconnu', {})).status).toBe(404);
    expect(await control('GET', '/')).toEqual({ status: 200, body: { ok: true } });
  });
});

test('the process says ready, serves, and ends when its stdin ends', async () => {
  const child = spawn(process.execPath, ['scripts/platform/simulators/graph.ts'], {
    env: { ...process.env, PORT: '0', WEBHOOK_URL: webhookUrl, META_APP_SECRET: SECRET, SEED: '42' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  let lines = '';
  child.stdout.on('data', (chunk) => {
    lines += chunk;
  });
  await waitFor('ready', async () => lines.split('\n').includes('ready'));
  expect(lines).toContain('graine 42');
  child.stdin.end();
  expect(await exited).toBe(0);
});
