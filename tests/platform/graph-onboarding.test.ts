// The simulated Meta where businesses come to the app: strict about codes, tokens, PINs and templates, so that who is lax fails here.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createGraphSimulator, type GraphSimulator } from '../../scripts/platform/simulators/graph-server.ts';
import { codeDe, levier } from '../helpers/connexion.ts';

const WABA = '600000000000001';
const NUMBER = '400000000000001';
const APP = 'the-app|the-secret';

let answersHandshake = true;
const webhook = createServer((request, response) => {
  const asked = new URL(request.url ?? '/', 'http://x').searchParams;
  const good = answersHandshake && asked.get('hub.verify_token') === 'the-word';
  response.writeHead(good ? 200 : 403).end(good ? asked.get('hub.challenge') : '');
});
let simulator: GraphSimulator;
let base: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  simulator = createGraphSimulator({
    webhookUrl: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook`,
    appId: 'the-app',
    appSecret: 'the-secret',
    verifyToken: 'the-word',
    tokens: ['dev-token'],
    seed: 1,
    statuses: false,
    messagesPerSecond: 80,
  });
  base = `http://127.0.0.1:${await simulator.listen(0)}`;
});
afterAll(async () => {
  await simulator.close();
  webhook.closeAllConnections();
  await new Promise((resolve) => webhook.close(resolve));
});
beforeEach(() => {
  answersHandshake = true;
  return levier(base, '/_reinitialiser', {});
});

type Answer = { status: number; body: Record<string, unknown> & { error?: { code: number } } };

async function graph(method: string, path: string, token?: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${base}/v26.0${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
const exchange = (code: string, secret = 'the-secret') =>
  graph('GET', `/oauth/access_token?client_id=the-app&client_secret=${secret}&code=${code}`);
const tokenOf = async (given: Record<string, unknown> = {}) => {
  const code = await codeDe(base, { waba: WABA, numeros: [NUMBER], ...given });
  return (await exchange(code)).body.access_token as string;
};
const codeOf = async (answer: Promise<Answer>) => {
  const { status, body } = await answer;
  return [status, body.error?.code];
};

test('a code works once and only for the app; its token reaches its own account and nothing else', async () => {
  const code = await codeDe(base, { waba: WABA, numeros: [NUMBER] });
  expect(await codeOf(exchange(code, 'another-secret'))).toEqual([400, 1]);
  const token = (await exchange(code)).body.access_token as string;
  expect(await codeOf(exchange(code))).toEqual([400, 100]);
  expect(await codeOf(graph('GET', `/${WABA}/phone_numbers`, token))).toEqual([200, undefined]);
  expect(await codeOf(graph('GET', '/100000000000001', token))).toEqual([400, 100]);
  expect(await codeOf(graph('POST', '/100000000000001/messages', token, {}))).toEqual([400, 100]);
  expect((await graph('GET', `/debug_token?input_token=${token}`, APP)).body.data).toMatchObject({
    is_valid: true,
    app_id: 'the-app',
    granular_scopes: [
      { scope: 'whatsapp_business_management', target_ids: [WABA] },
      { scope: 'whatsapp_business_messaging', target_ids: [WABA] },
    ],
  });
  expect(await codeOf(graph('GET', `/debug_token?input_token=${token}`, token))).toEqual([400, 190]);
  await levier(base, '/_revoquer', { waba: WABA });
  expect(await codeOf(graph('GET', `/${WABA}/phone_numbers`, token))).toEqual([401, 190]);
  expect((await graph('GET', `/debug_token?input_token=${token}`, APP)).body.data).toMatchObject({
    is_valid: false,
  });
});

test('a number sends when it is registered, with its own PIN; one on the phone cannot be', async () => {
  const token = await tokenOf({ pin_requis: '111111' });
  const send = () => graph('POST', `/${NUMBER}/messages`, token, {});
  const register = (pin: string) =>
    graph('POST', `/${NUMBER}/register`, token, { messaging_product: 'whatsapp', pin });
  expect(await codeOf(send())).toEqual([400, 133010]);
  expect(await codeOf(register('12'))).toEqual([400, 100]);
  expect(await codeOf(register('222222'))).toEqual([400, 133005]);
  expect(await codeOf(register('111111'))).toEqual([200, undefined]);
  // Now it is the message that is wrong.
  expect(await codeOf(send())).toEqual([400, 100]);
  const journal = await (await fetch(`${base}/_journal`)).text();
  expect(journal).not.toContain('111111');
  const other = await tokenOf({ numeros: [{ id: NUMBER, coexistence: true }] });
  expect(
    await codeOf(
      graph('POST', `/${NUMBER}/register`, other, { messaging_product: 'whatsapp', pin: '111111' }),
    ),
  ).toEqual([400, 100]);
});

test('a subscription is taken when the webhook answers the handshake', async () => {
  const token = await tokenOf();
  const subscribed = async () => (await graph('GET', `/${WABA}/subscribed_apps`, token)).body.data;
  answersHandshake = false;
  expect(await codeOf(graph('POST', `/${WABA}/subscribed_apps`, token))).toEqual([400, 2200]);
  expect(await subscribed()).toEqual([]);
  answersHandshake = true;
  expect(await codeOf(graph('POST', `/${WABA}/subscribed_apps`, token))).toEqual([200, undefined]);
  expect(await subscribed()).toMatchObject([{ whatsapp_business_api_data: { id: 'the-app' } }]);
  await graph('DELETE', `/${WABA}/subscribed_apps`, token);
  expect(await subscribed()).toEqual([]);
});

test('a template is sent as it was approved, with as many variables as it has', async () => {
  const token = await tokenOf({ numeros: [{ id: NUMBER, enregistre: true }] });
  const body = { type: 'BODY', text: 'Bonjour {{1}}, votre commande {{2}}' };
  await levier(base, '/_modeles', {
    waba: WABA,
    modeles: [
      { name: 'prete', components: [{ type: 'HEADER', format: 'TEXT', text: 'Commande' }, body] },
      { name: 'pause', status: 'PAUSED', components: [body] },
    ],
  });
  const send = (name: string, texts: string[], language = 'fr') =>
    codeOf(
      graph('POST', `/${NUMBER}/messages`, token, {
        messaging_product: 'whatsapp',
        to: '2250598765432',
        type: 'template',
        template: {
          name,
          language: { code: language },
          components: [{ type: 'body', parameters: texts.map((text) => ({ type: 'text', text })) }],
        },
      }),
    );
  expect(await send('prete', ['Awa', '12'])).toEqual([200, undefined]);
  expect(await send('prete', ['Awa'])).toEqual([400, 132000]);
  expect(await send('prete', ['Awa', '12'], 'en_US')).toEqual([404, 132001]);
  expect(await send('inconnu', ['Awa'])).toEqual([404, 132001]);
  expect(await send('pause', ['Awa', '12'])).toEqual([400, 132015]);
  const page = await graph('GET', `/${WABA}/message_templates?limit=1`, token);
  const { cursors } = page.body.paging as { cursors: { after: string }; next?: string };
  expect(page.body.data).toMatchObject([{ name: 'prete' }]);
  const last = await graph('GET', `/${WABA}/message_templates?limit=1&after=${cursors.after}`, token);
  expect(last.body.data).toMatchObject([{ name: 'pause' }]);
  expect(last.body.paging).not.toHaveProperty('next');
});
