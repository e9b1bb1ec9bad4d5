// Whose phone it is may change between the event and its sending, and after: nothing reaches who is not concerned.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Notifications, ouvrirNotifications, type Verifie } from '../helpers/notifications.ts';

let s: Notifications;
beforeAll(async () => {
  s = await ouvrirNotifications();
  await s.connecter();
});
afterAll(() => s?.fermer());

const numero = (v: Verifie, telephone: string, verifie: boolean) =>
  s.p.sql`update public.utilisateurs_fluxasync set numero_telephone = ${telephone},
    numero_verifie_le = case when ${verifie} then prive.maintenant() + random() * interval '1 second' end where id_utilisateur = ${v.id}`;

test('his phone is another vendor’s by the time it goes: it does not go there, not even when it comes again', async () => {
  const [ancien, nouveau] = [await s.vendeur(), await s.vendeur()];
  await s.ecrire(ancien);
  const refusee = await s.notifier(ancien);
  await s.panne({ code: 131000 });
  await s.envoyer();
  const attend = await s.notifier(ancien);
  const avant = (await s.recus(ancien)).length;
  // He changes it, and who has that number now shows so with a code.
  await numero(ancien, '+2250177770001', false);
  await numero(nouveau, ancien.telephone, true);
  await s.envoyer({ aussiPlusTard: true });
  for (const id of [refusee, attend])
    expect(await s.avis(id)).toMatchObject({
      statut_envoi: 'echec',
      derniere_erreur: expect.stringMatching(/^numero_non_verifie /),
    });
  expect(await s.recus(ancien)).toHaveLength(avant);
  // The 24 hours that the first one opened are not the second one's.
  const sienne = await s.notifier(nouveau);
  await s.envoyer();
  expect((await s.recus(ancien)).slice(avant).map((m) => [m.type, m.biz_opaque_callback_data])).toEqual([
    ['template', `n:${sienne}.1`],
  ]);
});

test('buttons that stand on a phone are nobody’s once it is another vendor’s', async () => {
  const [ancien, nouveau] = [await s.vendeur(), await s.vendeur()];
  const id = await s.aucunLivreur(ancien);
  await numero(ancien, '+2250177770002', true);
  await numero(nouveau, ancien.telephone, true);
  for (const action of ['lire', 'elargir']) await s.appuyer(ancien.telephone, `notification:${id}:${action}`);
  expect([await s.travaux(id), (await s.avis(id)).lue, await s.deVendeur(nouveau)]).toEqual([[], false, []]);
  // It goes to the phone he has now.
  await s.envoyer();
  expect((await s.avis(id)).destinataire).toBe('+2250177770002');
});

test('who must be called or answered stands in it with his number, which nothing cuts off and no row keeps', async () => {
  const v = await s.vendeur();
  const [c] = await s.p.sql`
    with p as (insert into public.prospects (id_utilisateur, numero_whatsapp, identifiant_whatsapp, nom_complet)
      values (${v.id}, '+2250709080706', '2250709080706', 'Aya Kouassi') returning id_prospect)
    insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp) select ${v.id}, id_prospect, ${v.idCompte} from p
    returning id_conversation as id`;
  const demander = (mots: string) =>
    s.p.sql`select prive.notifier_evenement(${v.id}, 'main_demandee', ${crypto.randomUUID()},
      ${s.p.sql.json({ resume: mots, panier: '' })}, 'conversation', ${c?.id})`;
  await demander('é'.repeat(3000));
  await s.envoyer();
  await s.ecrire(v);
  await demander('Aya veut un rabais.');
  await s.notifier(v);
  await s.envoyer();
  const [modele, mots, autre] = await s.recus(v);
  expect(JSON.stringify(modele)).toContain('é… Client : Aya Kouassi, +2250709080706"');
  expect(mots?.text).toMatchObject({
    body: '*Un prospect vous attend*\nAya veut un rabais.\nClient : Aya Kouassi, +2250709080706',
  });
  expect(JSON.stringify(autre)).not.toContain('0709080706');
  const gardees = await s.p
    .sql`select from public.notifications where id_utilisateur = ${v.id} and contenu_notification like '%0709080706%'`;
  expect(gardees).toHaveLength(0);
});

test('“lire” ten times at once brings the buttons once; a tap twice at once is one job', async () => {
  const v = await s.vendeur();
  const id = await s.aucunLivreur(v);
  const message = (wamid: string, action: string) =>
    s.p.sql`select prive.recevoir_message_plateforme('400000000000099', ${s.p.sql.json({
      id: wamid,
      from: v.telephone.slice(1),
      type: 'interactive',
      interactive: { button_reply: { id: `notification:${id}:${action}` } },
    })}, null, prive.maintenant())`;
  await Promise.all(Array.from({ length: 10 }, (_, i) => message(`lire.${i}`, 'lire')));
  expect((await s.deVendeur(v)).map((n) => n.cle).slice(1)).toEqual([`actions:${id}`]);
  await Promise.all(Array.from({ length: 10 }, () => message('tap.1', 'reessayer')));
  expect(await s.travaux(id)).toEqual(['reessayer']);
});

test('statuses of a hundred notifications in one event while they are being taken: nobody waits in a circle', async () => {
  const v = await s.vendeur();
  const ids: number[] = [];
  for (let i = 0; i < 100; i += 1) ids.push(await s.notifier(v));
  await s.p
    .sql`update public.notifications set statut_envoi = 'envoye', tentatives = 1, pris_le = prive.maintenant() where id_utilisateur = ${v.id}`;
  const valeur = {
    statuses: ids.map((id) => ({
      id: `wamid.${id}`,
      status: 'delivered',
      biz_opaque_callback_data: `n:${id}.1`,
    })),
  };
  await Promise.all([
    ...Array.from(
      { length: 4 },
      () =>
        s.p
          .sql`select prive.appliquer_plateforme('400000000000099', 'messages', ${s.p.sql.json(valeur)}, prive.maintenant())`,
    ),
    ...Array.from({ length: 4 }, () => s.p.sql`select service.prendre_notifications(50)`),
  ]);
  const [n] = await s.p
    .sql`select count(*) filter (where statut_envoi = 'livre')::int as livrees from public.notifications where id_utilisateur = ${v.id}`;
  expect(n?.livrees).toBe(100);
});
