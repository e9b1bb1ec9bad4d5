// Who waits: the message behind one that Meta refuses again and again, and the sender that finds nothing it may take.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ouvrirSortant, type Sortant } from '../helpers/sortant.ts';

let s: Sortant;
beforeAll(async () => {
  s = await ouvrirSortant();
});
afterAll(() => s?.fermer());

test('the next message of the conversation waits with its one job, and goes as soon as the first is gone', async () => {
  const v = await s.vendeur();
  const { conversation } = await s.prospect(v);
  await s.ecrire(conversation, 'un');
  const deux = await s.ecrire(conversation, 'deux');
  await s.panne({ code: 131000, statut: 500, fois: 5 });
  for (let tentative = 1; tentative <= 5; tentative += 1) {
    await s.p.sql`delete from prive.debits`;
    await s.envoyer({}, true);
  }
  const [travaux] = await s.p.sql`select count(*)::int as nombre from pgmq.q_envoyer_messages
    where message ->> 'id_message' = ${String(deux)}`;
  expect(travaux?.nombre).toBe(1);
  await s.p.sql`delete from prive.debits`;
  await s.envoyer({}, true);
  expect((await s.message(deux)).identifiant_message_whatsapp).not.toBeNull();
});

test('what another sender is just taking is not asked for again and again', async () => {
  const { conversation } = await s.prospect(await s.vendeur());
  await s.ecrire(conversation);
  const appels: string[] = [];
  await s.p.sql.begin(async (tx) => {
    await tx`select from pgmq.q_envoyer_messages for update`;
    await s.envoyer({
      base: {
        appeler(nom, parametres, forme) {
          appels.push(nom);
          return s.base.appeler(nom, parametres, forme);
        },
      },
      maintenant: () => appels.length * 1_000,
    });
  });
  expect(appels).toEqual(['prendre_envois', 'envois_dus']);
});
