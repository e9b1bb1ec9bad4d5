// Who gets to the files of messages: the vendor's people by signed URLs, an agent what he sends, nobody else anything.
import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creerStockage, ErreurStockage } from '../../functions/shared/stockage.ts';
import { KEYS } from '../../scripts/platform/config.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientAnonyme, clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';
import { envoyer, quandStatut } from './aide.ts';

const PDF = Buffer.from('%PDF-1.7\nfacture');
let p: TestPlatform;
let kouadio: Vendeur;
let chez: Record<'kouadio' | 'awa' | 'lecteur' | 'agent' | 'anonyme', SupabaseClient>;
let chemin: string;

beforeAll(async () => {
  p = await openPlatform();
  const [k, awa, lecteur, agent] = await Promise.all(
    Array.from({ length: 4 }, () => creerVendeur(p.sql, { articles: [] })),
  );
  if (!k || !awa || !lecteur || !agent) throw new Error('no vendors');
  kouadio = k;
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role)
    values (${k.id}, ${lecteur.id}, 'lecteur'), (${k.id}, ${agent.id}, 'agent')`;
  const clients = await Promise.all([k, awa, lecteur, agent].map((v) => clientDe(p.apiUrl, v)));
  const [kouadioClient, awaClient, lecteurClient, agentClient] = clients as [
    SupabaseClient,
    SupabaseClient,
    SupabaseClient,
    SupabaseClient,
  ];
  chez = {
    kouadio: kouadioClient,
    awa: awaClient,
    lecteur: lecteurClient,
    agent: agentClient,
    anonyme: clientAnonyme(p.apiUrl),
  };
  const { id } = await envoyer(p, k, 'image', 'image/jpeg');
  chemin = (await quandStatut(p, id, 'recupere')).chemin ?? '';
});
afterAll(() => p?.close());

const fichiers = (qui: keyof typeof chez) => chez[qui].storage.from('medias');
const deposer = async (qui: keyof typeof chez, ou: string, contentType = 'application/pdf') =>
  (await fichiers(qui).upload(ou, PDF, { contentType })).error?.message ?? null;

test('a member sees the row and opens the file by a signed URL, which ends', async () => {
  for (const qui of ['kouadio', 'lecteur', 'agent'] as const) {
    const { data: lignes } = await chez[qui].from('medias').select('chemin').eq('id_utilisateur', kouadio.id);
    expect([qui, lignes]).toEqual([qui, [{ chemin }]]);
    const { data } = await fichiers(qui).createSignedUrl(chemin, 60);
    const vu = await fetch(data?.signedUrl ?? '');
    expect([qui, vu.status, vu.headers.get('content-type')]).toEqual([qui, 200, 'image/jpeg']);
    expect((await vu.arrayBuffer()).byteLength).toBe(2_048);
  }
  const { data } = await fichiers('lecteur').createSignedUrl(chemin, 1);
  await waitFor('the URL has ended', async () => !(await fetch(data?.signedUrl ?? '')).ok);
  const autre = new URL((await fichiers('lecteur').createSignedUrl(chemin, 60)).data?.signedUrl ?? '');
  autre.pathname = autre.pathname.replace('/fichier', '/autre');
  expect((await fetch(autre)).ok).toBe(false);
  // With the message as a front end shows it.
  const { data: messages } = await chez.lecteur
    .from('messages')
    .select('type_message, medias(statut)')
    .eq('id_utilisateur', kouadio.id)
    .eq('direction_message', 'entrant');
  expect(messages).toEqual([{ type_message: 'image', medias: [{ statut: 'recupere' }] }]);
});

test('another vendor and who is not signed in get nothing, not even with the path', async () => {
  for (const qui of ['awa', 'anonyme'] as const) {
    expect([qui, (await chez[qui].from('medias').select()).data ?? []]).toEqual([qui, []]);
    expect([qui, (await fichiers(qui).createSignedUrl(chemin, 60)).data]).toEqual([qui, null]);
    expect([qui, (await fichiers(qui).download(chemin)).data]).toEqual([qui, null]);
    expect([qui, (await fichiers(qui).list(kouadio.id)).data ?? []]).toEqual([qui, []]);
    expect(await deposer(qui, `${kouadio.id}/sortants/${randomUUID()}.pdf`)).not.toBeNull();
  }
  expect((await fetch(fichiers('anonyme').getPublicUrl(chemin).data.publicUrl)).ok).toBe(false);
  const devine = chemin.replace(/[0-9a-f](?=\/fichier)/, (c) => (c === '0' ? '1' : '0'));
  expect((await fichiers('kouadio').createSignedUrl(devine, 60)).data).toBeNull();
});

test('an agent adds what he sends, and nobody touches what came', async () => {
  const sien = `${kouadio.id}/sortants/${randomUUID()}.pdf`;
  expect(await deposer('lecteur', sien)).not.toBeNull();
  expect(await deposer('agent', sien)).toBeNull();
  expect(await deposer('agent', `${kouadio.id}/${randomUUID()}/fichier`)).not.toBeNull();
  expect(await deposer('agent', `${kouadio.id}/sortants/page.html`, 'text/html')).not.toBeNull();
  for (const qui of ['agent', 'kouadio', 'awa'] as const) {
    await fichiers(qui).remove([chemin, sien]);
    await fichiers(qui).update(chemin, PDF, { contentType: 'application/pdf' });
    await fichiers(qui).move(chemin, `${kouadio.id}/sortants/vole.jpg`);
  }
  const restent = await p.sql`select name from storage.objects where bucket_id = 'medias' order by name`;
  expect(restent.map((o) => o.name).sort()).toEqual([chemin, sien].sort());
  expect((await (await fichiers('kouadio').download(chemin)).data?.arrayBuffer())?.byteLength).toBe(2_048);
});

test('the bucket is private and takes what Meta takes', async () => {
  const [seau] = await p.sql`
    select public, file_size_limit::int as taille, allowed_mime_types as types,
      (select bool_and(prive.taille_max_media('document', t) is not null) from unnest(allowed_mime_types) as t) as connus
    from storage.buckets where id = 'medias'`;
  expect(seau).toMatchObject({ public: false, taille: 104_857_600, connus: true });
  expect(seau?.types).toHaveLength(19);
  expect(seau?.types.filter((t: string) => /html|svg|xml$/.test(t))).toEqual([]);
});

test('the port of the functions: written over, opened by a link for a while, gone; errors with their status', async () => {
  const stockage = creerStockage(p.apiUrl, KEYS.secret, 'medias');
  const ou = `${kouadio.id}/${randomUUID()}/fichier`;
  await stockage.deposer(ou, PDF, 'application/pdf');
  await stockage.deposer(ou, [PDF, Buffer.from(' deux')], 'application/pdf');
  const lien = await stockage.lienSigne(ou, 60);
  expect(await (await fetch(lien)).text()).toBe('%PDF-1.7\nfacture deux');
  await stockage.supprimer([ou, `${kouadio.id}/jamais/vu`]);
  expect((await fetch(lien)).ok).toBe(false);
  await expect(stockage.lienSigne(ou, 60)).rejects.toThrow(ErreurStockage);
  await p.sql`update storage.buckets set file_size_limit = 10 where id = 'medias'`;
  await expect(stockage.deposer(ou, PDF, 'application/pdf')).rejects.toMatchObject({ statut: 413 });
  await p.sql`update storage.buckets set file_size_limit = 104857600 where id = 'medias'`;
});
