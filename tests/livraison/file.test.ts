// The queue of deliveries: what one person says is worked on in order and one after the other, without a pause between.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { baseSql } from '../helpers/base-sql.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

test('of one conversation one job at a time, the next one as soon as it is done', async () => {
  const base = baseSql(d.sql);
  const pris = z.array(z.object({ msg_id: z.number(), travail: z.object({ id_message: z.number() }) }));
  const prendre = async () => await base.appeler('prendre_livraisons', { limite: 20 }, pris);
  // Of messages that are gone: there is nothing to do, and that is done.
  for (const [conversation, message] of [
    [1, 11],
    [1, 12],
    [2, 21],
    [1, 13],
  ])
    await d.sql`select prive.demander_livraison(${d.sql.json({ genre: 'livreur', id_conversation: conversation ?? 0, id_message: message ?? 0 })})`;
  const [un, deux] = await prendre();
  expect([un?.travail.id_message, deux?.travail.id_message]).toEqual([11, 21]);
  expect(await prendre()).toEqual([]);
  let en_cours = un;
  for (const suivant of [12, 13]) {
    await base.appeler('traiter_livraison', { msg_id: en_cours?.msg_id ?? 0, lecture: null }, z.string());
    const apres = await prendre();
    expect(apres.map((t) => t.travail.id_message)).toEqual([suivant]);
    en_cours = apres[0];
  }
  // Somebody else's lease is left alone.
  await base.appeler('traiter_livraison', { msg_id: deux?.msg_id ?? 0, lecture: null }, z.string());
  expect(await prendre()).toEqual([]);
});
