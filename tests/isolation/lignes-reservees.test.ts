// Rows that not everybody sees who sees their table: the matrix tells of the usual row of each table alone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROLES } from './attendu.ts';
import { type Monde, ouvrirMonde, sansSuite } from './sondes.ts';

let m: Monde;

beforeAll(async () => {
  m = await ouvrirMonde();
});
afterAll(() => m?.db.close());

/** How many rows each role of A reaches. */
async function atteintes(instruction: string): Promise<Record<string, number>> {
  const resultat: Record<string, number> = {};
  for (const role of [...ROLES, 'autre', 'etranger'] as const) {
    resultat[role] = await sansSuite(m.db, async (tx) => {
      await tx`select set_config('request.jwt.claims', ${JSON.stringify({ sub: m.qui[role], role: 'authenticated' })}, true)`;
      await tx`set local role authenticated`;
      return (await tx.unsafe(instruction)).count;
    });
  }
  return resultat;
}

const rien = { lecteur: 0, agent: 0, gestionnaire: 0, proprietaire: 0, autre: 0, etranger: 0 };

test('FluxAsync’s invoice to the vendor is the owner’s to see, and nobody’s to change', async () => {
  await m.db.sql`insert into public.factures (id_utilisateur, id_abonnement, montant_ht)
    values (${m.a.id}, ${m.a.de.abonnements?.id_abonnement as number}, 5000)`;
  expect(await atteintes('select from public.factures where id_abonnement is not null')).toEqual({
    ...rien,
    proprietaire: 1,
  });
  expect(
    await atteintes(`update public.factures set statut_facture = 'payee' where id_abonnement is not null`),
  ).toEqual(rien);
});

test('who may not read the mailbox is not told of it', async () => {
  await m.db
    .sql`insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification, cle_unicite)
    values (${m.a.id}, 'alerte_email', 'Fournisseur', 'Nouveau stock', 'essai:email')`;
  const permis = { ...rien, gestionnaire: 1, proprietaire: 1 };
  expect(
    await atteintes(`select from public.notifications where type_notification = 'alerte_email'`),
  ).toEqual(permis);
  const avant = await atteintes('select from public.notifications');
  const touchees = await atteintes('update public.notifications set lue_le = null');
  expect(touchees).toEqual({ ...avant, lecteur: 0 });
});

test('an invitation that was accepted cannot be taken back', async () => {
  await m.db
    .sql`insert into public.invitations_equipe (id_utilisateur, adresse_email, role, empreinte_jeton, acceptee_le)
    values (${m.a.id}, 'ancien@example.ci', 'agent', 'essai', now())`;
  expect(await atteintes('select from public.invitations_equipe where acceptee_le is not null')).toEqual({
    ...rien,
    proprietaire: 1,
  });
  expect(await atteintes('delete from public.invitations_equipe')).toEqual({
    ...rien,
    proprietaire: 1,
    autre: 1,
  });
});
