// The simulated Meta's files: an id for seven days, a URL for five minutes, a token for both.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraphSimulator, type GraphSimulator } from '../../scripts/platform/simulators/graph-server.ts';

let simulator: GraphSimulator;
let base: string;

beforeAll(async () => {
  simulator = createGraphSimulator({
    ...{ webhookUrl: 'http://127.0.0.1:9/nobody', appSecret: 's', tokens: ['bon'], seed: 1 },
    ...{ statuses: false, messagesPerSecond: 80 },
  });
  base = `http://127.0.0.1:${await simulator.listen(0)}`;
});
afterAll(() => simulator.close());

const lire = async (reponse: Response) => ({ statut: reponse.status, corps: await reponse.json() });
const lever = async (chemin: string, corps: unknown) =>
  lire(await fetch(`${base}/${chemin}`, { method: 'POST', body: JSON.stringify(corps) }));
const avec = (jeton: string) => ({ headers: { authorization: `Bearer ${jeton}` } });
const fiche = async (id: string, jeton = 'bon') => lire(await fetch(`${base}/v26.0/${id}`, avec(jeton)));

test('an id gives a URL that gives the bytes, to who has the token', async () => {
  const { corps: fait } = await lever('_media', { mime_type: 'audio/ogg; codecs=opus', octets: 3_000 });
  expect(await fiche(fait.id, 'mauvais')).toMatchObject({ statut: 401, corps: { error: { code: 190 } } });
  const { corps } = await fiche(fait.id);
  expect(corps).toMatchObject({
    messaging_product: 'whatsapp',
    id: fait.id,
    mime_type: 'audio/ogg; codecs=opus',
    file_size: 3_000,
    sha256: fait.sha256,
  });
  expect((await fetch(corps.url)).status).toBe(401);
  expect((await fetch(corps.url, avec('mauvais'))).status).toBe(401);
  const octets = Buffer.from(await (await fetch(corps.url, avec('bon'))).arrayBuffer());
  expect(createHash('sha256').update(octets).digest('hex')).toBe(corps.sha256);
  expect((await fetch(corps.url.replace('hash=', 'hash=x'), avec('bon'))).status).toBe(404);
});

test('a URL ends after five minutes, an id after seven days', async () => {
  const { corps: fait } = await lever('_media', { mime_type: 'image/png' });
  const { corps } = await fiche(fait.id);
  await lever('_horloge', { decalage_ms: 4 * 60_000 });
  expect((await fetch(corps.url, avec('bon'))).status).toBe(200);
  await lever('_horloge', { decalage_ms: 5 * 60_000 + 1_000 });
  expect((await fetch(corps.url, avec('bon'))).status).toBe(404);
  expect((await fiche(fait.id)).statut).toBe(200);
  await lever('_horloge', { decalage_ms: 7 * 86_400_000 + 1_000 });
  expect(await fiche(fait.id)).toMatchObject({ statut: 400, corps: { error: { code: 100 } } });
  await lever('_horloge', { decalage_ms: 0 });
});

test('a file that is uploaded gets an id; what is no such file does not', async () => {
  const deposer = async (type: string, produit = 'whatsapp') => {
    const corps = new FormData();
    corps.set('messaging_product', produit);
    corps.set('file', new File(['%PDF-1.7'], 'facture.pdf', { type }));
    return lire(
      await fetch(`${base}/v26.0/100000000000001/media`, { method: 'POST', ...avec('bon'), body: corps }),
    );
  };
  const { corps } = await deposer('application/pdf');
  expect((await fiche(corps.id)).corps).toMatchObject({ mime_type: 'application/pdf', file_size: 8 });
  expect((await deposer('text/html')).statut).toBe(400);
  expect((await deposer('application/pdf', 'messenger')).statut).toBe(400);
});
