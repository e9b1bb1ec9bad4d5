// Photos of products through supabase-js: the vendor's people write in his folder, everybody sees by URL, nobody lists another's.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from './helpers/platform.ts';
import { clientAnonyme, clientDe, creerVendeur, type Vendeur } from './helpers/vendeurs.ts';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let p: TestPlatform;
let kouadio: Vendeur;
let awa: Vendeur;
let chezKouadio: SupabaseClient;
let chezAwa: SupabaseClient;

beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway'] });
  [kouadio, awa] = await Promise.all([creerVendeur(p.sql), creerVendeur(p.sql)]);
  [chezKouadio, chezAwa] = await Promise.all([clientDe(p.apiUrl, kouadio), clientDe(p.apiUrl, awa)]);
});
afterAll(() => p?.close());

const photos = (client: SupabaseClient) => client.storage.from('produits');
const deposer = (client: SupabaseClient, chemin: string, contentType = 'image/png') =>
  photos(client).upload(chemin, PIXEL, { contentType });

test('a vendor’s photo is written by his people, seen by all, and changed by nobody else', async () => {
  const chemin = `${kouadio.id}/nike.png`;
  expect((await deposer(chezAwa, chemin)).error).not.toBeNull();
  expect((await deposer(clientAnonyme(p.apiUrl), chemin)).error).not.toBeNull();
  expect((await deposer(chezKouadio, chemin)).error).toBeNull();

  const url = photos(chezKouadio).getPublicUrl(chemin).data.publicUrl;
  const vue = await fetch(url);
  expect([vue.status, Buffer.from(await vue.arrayBuffer()).equals(PIXEL)]).toEqual([200, true]);

  // Names come with their folder here, without it hosted.
  const liste = async (client: SupabaseClient) =>
    (await photos(client).list(kouadio.id)).data?.map((o) => o.name.split('/').at(-1));
  expect(await liste(chezKouadio)).toEqual(['nike.png']);
  expect(await liste(chezAwa)).toEqual([]);

  await photos(chezAwa).remove([chemin]);
  await photos(chezAwa).update(chemin, Buffer.from('autre'), { contentType: 'image/png' });
  expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(PIXEL)).toBe(true);

  expect((await photos(chezKouadio).remove([chemin])).error).toBeNull();
  expect(await liste(chezKouadio)).toEqual([]);
});

test('a lecteur looks, a gestionnaire writes', async () => {
  const membre = await creerVendeur(p.sql, { articles: [] });
  const client = await clientDe(p.apiUrl, membre);
  const chemin = `${kouadio.id}/puma.png`;
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${kouadio.id}, ${membre.id}, 'lecteur')`;
  expect((await deposer(client, chemin)).error).not.toBeNull();
  await p.sql`update public.membres_equipe set role = 'gestionnaire' where id_membre = ${membre.id}`;
  expect((await deposer(client, chemin)).error).toBeNull();
});

test('the bucket takes photos alone, of five megabytes at most', async () => {
  const [bucket] =
    await p.sql`select public, file_size_limit::int as taille, allowed_mime_types from storage.buckets where id = 'produits'`;
  expect(bucket).toEqual({
    public: true,
    taille: 5 * 1024 * 1024,
    allowed_mime_types: ['image/jpeg', 'image/png', 'image/webp'],
  });
  // No folder of its own: nobody's.
  expect((await deposer(chezKouadio, 'perdue.png')).error).not.toBeNull();
});
