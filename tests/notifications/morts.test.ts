// The sender dies at every step, alone and as a process: a notification is sent once or not at all, what is not known is said, the
// next one goes, and the front end has it in any case.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Notifications, ouvrirNotifications, type Verifie } from '../helpers/notifications.ts';
import { baseQuiMeurt } from '../helpers/sortant.ts';
import { waitFor } from '../helpers/wait.ts';

let s: Notifications;
let v: Verifie;
beforeAll(async () => {
  s = await ouvrirNotifications();
  await s.connecter();
});
beforeEach(async () => {
  v = await s.vendeur();
  await s.ecrire(v);
});
afterAll(() => s?.fermer());

/** More than two minutes, with all cron jobs: what nobody has heard of is settled. */
const leTempsPasse = async () => {
  await s.p.avancer(130);
  await s.envoyer({ aussiPlusTard: true });
};

const MORTS = [
  { ou: 'before it takes', rpc: 'prendre_notifications', quand: 'avant', parti: true },
  { ou: 'after it has taken, before the call', rpc: 'prendre_notifications', quand: 'apres', parti: false },
  {
    ou: 'after the call, before it is recorded',
    rpc: 'enregistrer_notifications',
    quand: 'avant',
    parti: true,
  },
  { ou: 'after it was recorded', rpc: 'enregistrer_notifications', quand: 'apres', parti: true },
] as const;

test.each(MORTS.flatMap((mort) => [true, false].map((statuts) => ({ ...mort, statuts }))))(
  'dies $ou (statuses come: $statuts)',
  async ({ rpc, quand, parti, statuts }) => {
    await s.regler('_statuts', { actif: statuts });
    const [id, suivante] = [await s.notifier(v), await s.notifier(v)];
    await s.envoyer({ base: baseQuiMeurt(s.base, rpc, quand) }).catch(() => {});
    await leTempsPasse();
    if (statuts && parti) await s.statuts(id);
    const n = await s.avis(id);
    const fois = (await s.recus(v)).filter((m) =>
      String(m.biz_opaque_callback_data).startsWith(`n:${id}.`),
    ).length;
    expect(fois).toBe(parti ? 1 : 0);
    if (!parti || (!statuts && rpc === 'enregistrer_notifications' && quand === 'avant'))
      expect(n).toMatchObject({
        statut_envoi: 'echec',
        derniere_erreur: expect.stringMatching(/^resultat_inconnu /),
      });
    else expect([['envoye', 'livre'].includes(n.statut_envoi), n.derniere_erreur]).toEqual([true, null]);
    expect((await s.avis(suivante)).tentatives).toBe(1);
    // Not by itself, and not by hand: Meta may have it.
    if (n.statut_envoi === 'echec')
      await expect(s.p.sql`select prive.rejouer_notification(${id})`).rejects.toMatchObject({
        hint: 'rejeu_incertain',
      });
    await leTempsPasse();
    expect(
      (await s.recus(v)).filter((m) => String(m.biz_opaque_callback_data).startsWith(`n:${id}.`)),
    ).toHaveLength(fois);
    await s.regler('_statuts', { actif: true });
  },
);

test('the functions’ process is killed while Meta thinks: settled by the status, sent once, its message known', async () => {
  const id = await s.notifier(v);
  await s.panne({ statut: 200, delai_ms: 5_000 });
  const reponse = await fetch(`${s.p.apiUrl}/functions/v1/envoyer-notifications`, {
    method: 'POST',
    headers: { apikey: 'sb_secret_local' },
  });
  expect(reponse.status).toBe(202);
  await waitFor('Meta is called', async () => (await s.recus(v)).length === 1);
  s.p.parts.functions.kill('SIGKILL');
  await s.p.parts.functions.ready();
  await s.statuts(id);
  await leTempsPasse();
  expect(await s.avis(id)).toMatchObject({ tentatives: 1, derniere_erreur: null });
  expect(await s.recus(v)).toHaveLength(1);
  const [m] = await s.p
    .sql`select wamid from prive.messages_plateforme where id_notification = ${id} and direction = 'sortant'`;
  expect(m?.wamid).toMatch(/^wamid\./);
});

test('no answer: unknown for two minutes, then said to be; what Meta says later puts it right', async () => {
  const [id, tard] = [await s.notifier(v), await s.vendeur()];
  await s.regler('_statuts', { actif: false });
  await s.panne({ statut: 0 });
  await s.envoyer();
  expect(await s.avis(id)).toMatchObject({ statut_envoi: 'en_attente', pris: true });
  await s.ecrire(tard);
  const perdue = await s.notifier(tard);
  await s.envoyer({ base: baseQuiMeurt(s.base, 'enregistrer_notifications', 'avant') }).catch(() => {});
  await leTempsPasse();
  for (const une of [id, perdue]) expect((await s.avis(une)).derniere_erreur).toMatch(/^resultat_inconnu /);
  const corps = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '400',
        changes: [
          {
            field: 'messages',
            value: {
              metadata: { phone_number_id: '400000000000099' },
              statuses: [
                {
                  id: 'wamid.tard',
                  status: 'delivered',
                  timestamp: '1790000000',
                  biz_opaque_callback_data: `n:${perdue}.1`,
                },
              ],
            },
          },
        ],
      },
    ],
  });
  await s.p.sql`select service.recevoir_evenement_whatsapp(${Buffer.from(corps).toString('base64')})`;
  await s.p.sql`select prive.appliquer_en_attente()`;
  expect(await s.avis(perdue)).toMatchObject({ statut_envoi: 'livre', arrivee: true, derniere_erreur: null });
  await s.regler('_statuts', { actif: true });
});

test('a late status of an attempt that was refused changes nothing', async () => {
  const id = await s.notifier(v);
  await s.panne({ code: 131000 });
  await s.envoyer();
  await s.p
    .sql`select prive.appliquer_statut_plateforme('400000000000099', ${s.p.sql.json({ id: 'wamid.x', status: 'delivered', biz_opaque_callback_data: `n:${id}.1` })}, prive.maintenant())`;
  expect(await s.avis(id)).toMatchObject({ statut_envoi: 'en_attente', tentatives: 1 });
  await s.envoyer({ aussiPlusTard: true });
  await s.p
    .sql`select prive.appliquer_statut_plateforme('400000000000099', ${s.p.sql.json({ id: 'wamid.x', status: 'failed', errors: [{ code: 131026 }], biz_opaque_callback_data: `n:${id}.1` })}, prive.maintenant())`;
  expect((await s.avis(id)).statut_envoi).not.toBe('echec');
  expect(await s.recus(v)).toHaveLength(1);
});
