// What happens late to a day that is counted already: the dashboard knows it at once, the next run keeps it, and neither the one
// who is late nor the job ever waits for the other.
import type postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { deposer, type Hasard, hasard, inventer, JOUR_MS, jourPlus, un } from '../helpers/histoire.ts';
import { type Boutique, FUSEAUX, graine, observer } from '../helpers/statistiques.ts';

let d: TestDatabase;
let o: ReturnType<typeof observer>;

beforeAll(async () => {
  d = await openDatabase();
  o = observer(d);
});
afterAll(() => d?.close());

/** What can happen late to a past day, done as the platform does it, with every trigger at work. */
const RETARDS: Record<string, (b: Boutique, tirer: Hasard) => Promise<unknown>> = {
  'a message arrives late': (b, tirer) => d.sql`
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message, date_creation)
    select c.id_utilisateur, c.id_conversation, ${b.idCompte}, gen_random_uuid()::text, 'entrant', ${new Date(o.maintenant() - Math.floor(tirer() * 6 * JOUR_MS))}
    from public.conversations as c where c.id_utilisateur = ${b.id} order by c.id_conversation limit 1`,
  'an old exchange is imported': async (b) => {
    const alors = new Date(o.maintenant() - 3 * JOUR_MS);
    const [prospect] =
      await d.sql`insert into public.prospects (id_utilisateur, numero_telephone, date_premier_contact)
      values (${b.id}, '+2250598765432', ${alors}) returning id_prospect`;
    const [conversation] =
      await d.sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, id_campagne, date_debut)
      select ${b.id}, ${prospect?.id_prospect}, ${b.idCompte}, max(id_campagne), ${new Date(Number(alors) + JOUR_MS)} from public.campagnes_marketing where id_utilisateur = ${b.id}
      returning id_conversation`;
    await d.sql`insert into public.messages (id_conversation, direction_message, date_creation, date_statut)
      values (${conversation?.id_conversation}, 'sortant', ${new Date(Number(alors) + 2 * JOUR_MS)}, ${new Date(Number(alors) + 2 * JOUR_MS)})`;
  },
  'messages go out late': (b) => d.sql`
    update public.messages set statut_livraison = case statut_livraison when 'a_envoyer' then 'envoi_en_cours' else 'envoye' end
    where id_utilisateur = ${b.id} and statut_livraison in ('a_envoyer', 'envoi_en_cours') and id_message % 2 = 0`,
  'a message fails after it was sent': (b) => d.sql`
    update public.messages set statut_livraison = 'echec' where id_utilisateur = ${b.id} and statut_livraison = 'envoye'
      and direction_message = 'sortant' and id_message % 3 = 0`,
  'words turn out to be a courier’s': (b) => d.sql`
    update public.messages set avec_livreur = true where id_utilisateur = ${b.id} and not avec_livreur and id_message % 2 = 0`,
  'a courier turns out to be a customer too': (b) => d.sql`
    update public.prospects set est_livreur = not est_livreur where id_utilisateur = ${b.id} and id_prospect % 2 = 0`,
  'orders are given up': (b) => d.sql`
    update public.commandes set statut_commande = 'annulee' where id_utilisateur = ${b.id} and statut_commande = 'confirmee' and id_commande % 2 = 0`,
  'an order is corrected by hand': (b, tirer) => d.sql`
    update public.commandes set montant_total = montant_total + 0.5, date_confirmation = date_confirmation - make_interval(hours => ${Math.floor(tirer() * 40)}),
      date_creation = date_creation - interval '1 day'
    where id_utilisateur = ${b.id} and statut_commande = 'expediee'`,
  'a delivery was the day before': (b) => d.sql`
    update public.livraisons set date_livraison_effective = date_livraison_effective - interval '1 day'
    where id_utilisateur = ${b.id} and statut_livraison = 'livree'`,
  'a first contact was earlier': (b) => d.sql`
    update public.prospects set date_premier_contact = date_premier_contact - interval '30 hours' where id_utilisateur = ${b.id} and id_prospect % 2 = 0`,
  'a conversation turns out to be a campaign’s': (b) => d.sql`
    update public.conversations set id_campagne = (select max(id_campagne) from public.campagnes_marketing where id_utilisateur = ${b.id})
    where id_utilisateur = ${b.id}`,
  'a prospect turns out to be a campaign’s': (b) => d.sql`
    update public.prospects set id_campagne = (select min(id_campagne) from public.campagnes_marketing where id_utilisateur = ${b.id})
    where id_utilisateur = ${b.id}`,
  'a campaign is deleted': (b) => d.sql`
    delete from public.campagnes_marketing where id_campagne = (select max(id_campagne) from public.campagnes_marketing where id_utilisateur = ${b.id})`,
  'an urgent mail is fetched late': async (b, tirer) => {
    const [compte] =
      await d.sql`insert into public.comptes_email (id_utilisateur, fournisseur_email, adresse_email)
      values (${b.id}, 'gmail', ${`${Math.floor(tirer() * 1e9)}@example.ci`}) returning id_compte_email`;
    await d.sql`insert into public.emails_recus (id_compte_email, identifiant_message_email, email_expediteur, niveau_priorite, date_reception)
      values (${compte?.id_compte_email}, 'tard', 'a@example.ci', 'critique', ${new Date(o.maintenant() - Math.floor(tirer() * 6 * JOUR_MS))})`;
  },
  'mails turn out to be urgent, or not': (b) => d.sql`
    update public.emails_recus set niveau_priorite = case niveau_priorite when 'critique' then 'spam' else 'critique' end
    where id_utilisateur = ${b.id} and id_email % 2 = 0`,
  'mails are treated': (b) =>
    d.sql`update public.emails_recus set email_traite = true where id_utilisateur = ${b.id} and not email_traite`,
  'the vendor moves to another time zone': async (b, tirer) => {
    b.fuseau = un(
      tirer,
      FUSEAUX.filter((f) => f !== b.fuseau),
    );
    await d.sql`update public.utilisateurs_fluxasync set fuseau_horaire = ${b.fuseau} where id_utilisateur = ${b.id}`;
  },
};

test.each(Object.keys(RETARDS))('%s: the dashboard knows at once, the next run keeps it', async (quoi) => {
  const tirer = graine();
  await o.regler(Date.parse('2026-04-02') + Math.floor(tirer() * 24) * 3_600_000);
  const debut = o.maintenant() - 6 * JOUR_MS;
  const boutiques = await Promise.all(FUSEAUX.map((fuseau) => o.ouvrir(fuseau, debut)));
  for (const b of boutiques) await deposer(d.sql, inventer(tirer, b.id, b.fuseau, debut, o.maintenant()));
  await o.cumuler();
  const avant = await o.tout();
  for (const b of boutiques) await RETARDS[quoi]?.(b, tirer);
  for (const b of boutiques) await o.verifierTableau(b, jourPlus(o.aujourdhui(b), -10), o.aujourdhui(b));
  await o.cumuler();
  for (const b of boutiques) await o.verifier(b);
  // "Mails are treated" happens today: that alone leaves the past as it is.
  if (quoi !== 'mails are treated') expect(await o.tout()).not.toEqual(avant);
  expect(await d.sql`select from prive.jours_a_recompter`).toHaveLength(0);
});

test('nothing is lost between a late change and a run at the same time, and neither waits for the other', async () => {
  const tirer = hasard(1);
  await o.regler(Date.parse('2026-05-05'));
  const debut = o.maintenant() - 4 * JOUR_MS;
  const b = await o.ouvrir('Europe/Paris', debut);
  await deposer(d.sql, inventer(tirer, b.id, b.fuseau, debut, o.maintenant()));
  await o.cumuler();
  const enRetard = (sql: postgres.Sql | postgres.TransactionSql, heures: number) => sql`
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message, date_creation)
    select c.id_utilisateur, c.id_conversation, ${b.idCompte}, gen_random_uuid()::text, 'entrant',
      ${new Date(o.maintenant() - heures * 3_600_000)}
    from public.conversations as c where c.id_utilisateur = ${b.id} order by c.id_conversation limit 1`;
  const autre = d.as('supabase_admin');
  await autre`set lock_timeout = '500ms'`;

  // The change is not committed yet when the job runs.
  await autre.begin(async (sql) => {
    await enRetard(sql, 48);
    await enRetard(d.sql, 50);
    expect(await o.cumuler()).toBeGreaterThan(0);
  });
  await o.cumuler();
  await o.verifier(b);

  // The job has counted and is not committed yet when the change comes, and another run.
  await enRetard(d.sql, 60);
  await d.sql.begin(async (sql) => {
    expect(await sql`select prive.cumuler_journees() as jours`).toEqual([{ jours: 1 }]);
    await autre.begin(async (pendant) => {
      await enRetard(pendant, 60);
      expect(await pendant`select prive.cumuler_journees() as jours`).toEqual([{ jours: 0 }]);
    });
  });
  expect(await o.cumuler()).toBe(1);
  await o.verifier(b);
});

test('a message of today writes no note; only what comes or goes out late does', async () => {
  await o.regler(Date.parse('2026-05-07T11:00:00Z'));
  const b = await o.ouvrir('Africa/Abidjan', o.maintenant());
  const [prospect] =
    await d.sql`insert into public.prospects (id_utilisateur, numero_telephone) values (${b.id}, '0598765432') returning id_prospect`;
  const [c] = await d.sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
    values (${b.id}, ${prospect?.id_prospect}, ${b.idCompte}) returning id_conversation`;
  const [m] = await d.sql`insert into public.messages (id_conversation, direction_message, statut_livraison)
    values (${c?.id_conversation}, 'sortant', 'a_envoyer') returning id_message`;
  for (const statut of ['envoi_en_cours', 'envoye', 'livre']) {
    await d.sql`update public.messages set statut_livraison = ${statut} where id_message = ${m?.id_message}`;
  }
  expect(await d.sql`select from prive.jours_a_recompter`).toHaveLength(0);
});
