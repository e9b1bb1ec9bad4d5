// Many workers, one number, one person: Meta, which is strict, never says that it was too fast; and what waits is no attempt.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ouvrirSortant, type Sortant } from '../helpers/sortant.ts';

let s: Sortant;
beforeAll(async () => {
  s = await ouvrirSortant();
});
afterAll(() => s?.fermer());

test('eight workers at one number: 240 messages to 240 people, at most 80 a second, none refused', {
  timeout: 60_000,
}, async () => {
  const v = await s.vendeur();
  await s.regler('_statuts', { actif: false });
  const ids: number[] = [];
  for (let i = 0; i < 240; i += 1) {
    const { conversation } = await s.prospect(v);
    ids.push(await s.ecrire(conversation, `Message ${i}`));
  }
  const debut = Date.now();
  const reste = async () => {
    const [r] = await s.p
      .sql`select count(*)::int as n from public.messages where id_message = any (${ids}) and statut_livraison <> 'envoye'`;
    return Number(r?.n);
  };
  while ((await reste()) > 0) {
    if (Date.now() - debut > 40_000) throw new Error(`${await reste()} not sent`);
    await Promise.all(Array.from({ length: 8 }, () => s.envoyer()));
  }
  const lignes = (await s.journal()).filter(
    (l) => String(l.corps?.biz_opaque_callback_data).length > 0 && l.corps?.type === 'text',
  );
  expect(lignes.map((l) => l.statut)).toEqual(Array(240).fill(200));
  const [m] = await s.p
    .sql`select max(tentatives_envoi)::int as max, count(distinct identifiant_message_whatsapp)::int as n from public.messages
    where id_message = any (${ids})`;
  expect(m).toEqual({ max: 1, n: 240 });
});

test('one person: 44 at once, the others wait for their 6 seconds, in order and without an attempt', async () => {
  const v = await s.vendeur();
  const { de, conversation } = await s.prospect(v);
  const ids: number[] = [];
  for (let i = 0; i < 50; i += 1) ids.push(await s.ecrire(conversation, `${i}`));
  // Each waits for the one before it, which here nobody waits for.
  for (let i = 0; i < 60; i += 1) await Promise.all([s.envoyer({}, true), s.envoyer()]);
  const envoyes = (await s.recus(de)).map((c) => Number((c.text as { body: string }).body));
  expect(envoyes).toEqual(Array.from({ length: envoyes.length }, (_, i) => i));
  expect(envoyes.length).toBeGreaterThanOrEqual(44);
  expect(envoyes.length).toBeLessThanOrEqual(46);
  expect((await s.journal()).filter((l) => l.statut !== 200)).toEqual([]);
  for (const id of ids.slice(envoyes.length))
    expect(await s.message(id)).toMatchObject({
      statut_livraison: 'a_envoyer',
      tentatives_envoi: 0,
      code_erreur: null,
    });
  // Six seconds later one more may go, and only one.
  await s.p.sql`update prive.debits set paye_jusqu_a = paye_jusqu_a - interval '6 seconds'`;
  await s.regler('_horloge', { decalage_ms: 6_000 });
  await s.envoyer({}, true);
  expect(await s.recus(de)).toHaveLength(envoyes.length + 1);
  await s.regler('_horloge', { decalage_ms: 0 });
});

test('workers that take batches of several numbers and the same people never wait in a circle', {
  timeout: 60_000,
}, async () => {
  // What the test before has left would meet a refusal that is meant for these.
  await s.p.sql`delete from pgmq.q_envoyer_messages`;
  const vendeurs = await Promise.all(Array.from({ length: 4 }, () => s.vendeur()));
  await s.regler('_reinitialiser', {});
  await s.regler('_statuts', { actif: false });
  const ids: number[] = [];
  for (let i = 0; i < 25; i += 1)
    for (const v of i % 2 === 0 ? vendeurs : vendeurs.toReversed())
      ids.push(await s.ecrire((await s.prospect(v)).conversation, `${i}`));
  await s.panne({ code: 130429, fois: 10 });
  const reste = async () => {
    const [r] = await s.p
      .sql`select count(*)::int as n from public.messages where id_message = any (${ids}) and statut_livraison <> 'envoye'`;
    return Number(r?.n);
  };
  const avant = await s.p
    .sql`select deadlocks::int as n from pg_stat_database where datname = current_database()`;
  const fin = Date.now() + 40_000;
  while ((await reste()) > 0) {
    if (Date.now() > fin) throw new Error(`${await reste()} not sent`);
    await s.p.sql`update pgmq.q_envoyer_messages set vt = clock_timestamp()`;
    await Promise.all(Array.from({ length: 8 }, () => s.envoyer()));
  }
  expect(
    await s.p.sql`select deadlocks::int as n from pg_stat_database where datname = current_database()`,
  ).toEqual(avant);
  const refus = await s.p.sql`select message_erreur from public.utilisation_apis
    where id_utilisateur = any (${vendeurs.map((v) => v.id)}) and code_statut is distinct from 200`;
  expect(refus.map((r) => r.message_erreur)).toEqual(Array(10).fill('130429 Panne demandée par /_pannes'));
});

test('Meta says “too fast” all the same: the number is silent for a second or two, and no other is', async () => {
  const [v, autre] = [await s.vendeur(), await s.vendeur()];
  const [a, b, c] = [await s.prospect(v), await s.prospect(v), await s.prospect(autre)];
  await s.ecrire(a.conversation);
  await s.panne({ code: 130429 });
  await s.envoyer();
  const [second, tiers] = [await s.ecrire(b.conversation), await s.ecrire(c.conversation)];
  await s.envoyer();
  expect(await s.message(second)).toMatchObject({ statut_livraison: 'a_envoyer', tentatives_envoi: 0 });
  expect((await s.message(tiers)).tentatives_envoi).toBe(1);
});

test('a number with a long queue keeps no other number waiting: one worker reaches it in one go', async () => {
  const [v, autre] = [await s.vendeur(), await s.vendeur()];
  await s.p.sql`delete from pgmq.q_envoyer_messages`;
  await s.p
    .sql`update public.comptes_whatsapp set debit_par_seconde = 1 where id_compte_whatsapp = ${v.idCompte}`;
  for (let i = 0; i < 60; i += 1) await s.ecrire((await s.prospect(v)).conversation, `${i}`);
  const presse = await s.ecrire((await s.prospect(autre)).conversation, 'Bonjour');
  await s.envoyer();
  expect((await s.message(presse)).tentatives_envoi).toBe(1);
});
