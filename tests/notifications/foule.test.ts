// Many at once: a vendor's long queue stands in nobody's way, and two hundred articles sold out are not two hundred messages.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Notifications, ouvrirNotifications } from '../helpers/notifications.ts';

let s: Notifications;
beforeAll(async () => {
  s = await ouvrirNotifications();
  await s.connecter();
});
afterAll(() => s?.fermer());

/** Two seconds go by for the queue. */
const plusTard = () => s.p.sql`update pgmq.q_envoyer_notifications set vt = vt - interval '2.1 seconds'`;
const lectures = async () =>
  (await s.p.sql`select sum(read_ct)::int as n from pgmq.q_envoyer_notifications`)[0]?.n as number;

test('450 wait behind one that Meta refuses for now: another vendor is told, and they do not look in all the time', async () => {
  const [v, autre] = [await s.vendeur(), await s.vendeur()];
  const premiere = await s.notifier(v);
  await s.panne({ code: 131000 });
  await s.envoyer();
  await s.p
    .sql`update pgmq.q_envoyer_notifications set vt = clock_timestamp() + interval '1 hour' where (message ->> 'id_notification')::bigint = ${premiere}`;
  for (let i = 0; i < 450; i += 1) await s.notifier(v);
  const sienne = await s.notifier(autre);
  for (let i = 0; i < 5; i += 1) {
    await s.envoyer();
    await plusTard();
  }
  expect((await s.avis(sienne)).tentatives).toBe(1);
  const avant = await lectures();
  for (let i = 0; i < 10; i += 1) {
    await s.envoyer();
    await plusTard();
  }
  // Each of them once a minute, but for the first few: not each every two seconds.
  expect((await lectures()) - avant).toBeLessThan(200);
  await s.p.sql`update pgmq.q_envoyer_notifications set vt = clock_timestamp()`;
  await s.envoyer();
  expect((await s.avis(premiere)).tentatives).toBe(2);
  await s.p.sql`delete from public.notifications where id_utilisateur = ${v.id}`;
});

test('two hundred articles run out in one stroke: five on his phone and one more, all of them in his front end; tomorrow again', async () => {
  const v = await s.vendeur();
  await s.p
    .sql`insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock, produit_actif)
    select ${v.id}, 'Article ' || i, 1000, 10, true from generate_series(1, 200) as i`;
  const regler = (n: number) =>
    s.p.sql`update public.produits set quantite_stock = ${n} where id_utilisateur = ${v.id}`;
  const dites = () => s.p.sql`select evenement, canal_envoi as canal, count(*)::int as n
    from public.notifications where id_utilisateur = ${v.id} group by 1, 2 order by 1, 2`;
  await regler(0);
  expect(await dites()).toEqual([
    { evenement: 'stock_epuise', canal: 'application', n: 195 },
    { evenement: 'stock_epuise', canal: 'whatsapp', n: 5 },
    { evenement: 'stocks_bas', canal: 'whatsapp', n: 1 },
  ]);
  await s.p.avancer(86_400);
  await regler(10);
  await regler(1);
  expect((await dites()).filter((d) => d.canal === 'whatsapp')).toEqual([
    { evenement: 'stock_bas', canal: 'whatsapp', n: 5 },
    { evenement: 'stock_epuise', canal: 'whatsapp', n: 5 },
    { evenement: 'stocks_bas', canal: 'whatsapp', n: 2 },
  ]);
});

test('who sells while another one writes of many articles does not wait for him', async () => {
  const v = await s.vendeur();
  await s.p
    .sql`insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock, produit_actif)
    select ${v.id}, 'Article ' || i, 1000, 10, true from generate_series(1, 20) as i`;
  const moitie = (sql: typeof s.p.sql, reste: number) =>
    sql`update public.produits set quantite_stock = 0 where id_utilisateur = ${v.id} and id_produit % 2 = ${reste}`;
  await s.p.sql.begin(async (tx) => {
    await moitie(tx as unknown as typeof s.p.sql, 0);
    await moitie(s.p.sql, 1);
  });
  const [n] = await s.p
    .sql`select count(*) filter (where evenement = 'stocks_bas')::int as encore, count(*)::int as n
    from public.notifications where id_utilisateur = ${v.id}`;
  expect(n).toEqual({ encore: 1, n: 21 });
});
