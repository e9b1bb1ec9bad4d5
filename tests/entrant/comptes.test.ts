// What Meta says of an account, its numbers and its templates: what the rows become, and what the vendor is told.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { base64, corps, evenementCompte, type Objet } from '../helpers/evenements-meta.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

let d: TestDatabase;
let v: Vendeur;
let voisin: Vendeur;
const t = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  d = await openDatabase();
});
beforeEach(async () => {
  v = await creerVendeur(d.sql, { articles: [] });
  voisin = await creerVendeur(d.sql, { articles: [] });
  await d.sql`update public.comptes_whatsapp set date_connexion = date_connexion - interval '1 hour' where id_utilisateur in (${v.id}, ${voisin.id})`;
});
afterAll(() => d?.close());

let rang = 0;
async function dire(
  field: string,
  value: Objet,
  o: { time?: number; waba?: string } = {},
): Promise<{ etat: string; erreur: string | null }> {
  rang += 1;
  const c = evenementCompte(v, field, value);
  const octets = corps([{ ...c, waba: o.waba ?? c.waba }], { time: o.time ?? t, trace: String(rang) });
  await d.sql`select service.recevoir_evenement_whatsapp(${base64(octets)})`;
  const [e] = await d.sql<
    { etat: string; erreur: string | null }[]
  >`select etat, erreur from prive.evenements_webhook order by id desc limit 1`;
  return e ?? { etat: '', erreur: null };
}

const BIEN = { etat: 'traite', erreur: null };
const compte = async (de = v) => {
  const [c] =
    await d.sql`select compte_actif, motif_inactif, qualite, palier_messages, debit_par_seconde, nom_verifie, numero_telephone_whatsapp as numero
    from public.comptes_whatsapp where id_compte_whatsapp = ${de.idCompte}`;
  return c;
};
const avis = async (de = v) =>
  await d.sql`select titre_notification as titre, contenu_notification as contenu from public.notifications
    where id_utilisateur = ${de.id} order by id_notification`;

describe('account_update', () => {
  test.each([
    [
      'DISABLED_UPDATE',
      { ban_info: { waba_ban_state: 'DISABLE', waba_ban_date: 'October 9, 2026' } },
      'compte_desactive',
    ],
    ['ACCOUNT_DELETED', {}, 'compte_desactive'],
    ['PARTNER_REMOVED', {}, 'partenaire_retire'],
    ['PARTNER_APP_UNINSTALLED', { waba_info: { partner_app_id: '5' } }, 'partenaire_retire'],
    ['ACCOUNT_OFFBOARDED', {}, 'deconnecte'],
  ])('%s turns the number off and says once what to do', async (event, autre, motif) => {
    for (let i = 0; i < 2; i += 1) expect(await dire('account_update', { event, ...autre })).toEqual(BIEN);
    expect(await compte()).toMatchObject({ compte_actif: false, motif_inactif: motif });
    const dits = await avis();
    expect(dits).toHaveLength(1);
    expect(dits[0]?.contenu).toMatch(/Ouvrez|[Cc]onnecte/);
    expect(await compte(voisin)).toMatchObject({ compte_actif: true });
    expect(await avis(voisin)).toHaveLength(0);
  });

  test('all numbers of the account, also when the entry is the partner', async () => {
    await d.sql`insert into public.comptes_whatsapp (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone, numero_telephone_whatsapp, date_connexion)
      select id_utilisateur, identifiant_compte_business, identifiant_numero_telephone || '9', '+2250799999999', now() - interval '1 hour'
      from public.comptes_whatsapp where id_compte_whatsapp = ${v.idCompte}`;
    const waba_id = evenementCompte(v, '', {}).waba;
    expect(
      await dire('account_update', { event: 'PARTNER_REMOVED', waba_info: { waba_id } }, { waba: '900' }),
    ).toEqual(BIEN);
    const actifs =
      await d.sql`select from public.comptes_whatsapp where id_utilisateur = ${v.id} and compte_actif`;
    expect(actifs).toHaveLength(0);
    expect(await avis()).toHaveLength(2);
  });

  test('reinstated or reconnected: on again with its token; not when the token is dead', async () => {
    for (const [arret, reprise] of [
      [
        { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } },
        { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'REINSTATE' } },
      ],
      [{ event: 'ACCOUNT_OFFBOARDED' }, { event: 'ACCOUNT_RECONNECTED' }],
    ]) {
      await dire('account_update', arret ?? {});
      await dire('account_update', reprise ?? {}, { time: t });
      expect(await compte()).toMatchObject({ compte_actif: true, motif_inactif: null });
    }
    await d.sql`select prive.desactiver_compte(${v.idCompte}, 'jeton_mort', 'x')`;
    await dire('account_update', { event: 'ACCOUNT_RECONNECTED' });
    expect(await compte()).toMatchObject({ compte_actif: false, motif_inactif: 'jeton_mort' });
  });

  test('what is older than the last word, or than the connection, turns nothing off', async () => {
    await dire('account_update', { event: 'ACCOUNT_RECONNECTED' }, { time: t - 5 });
    await dire('account_update', { event: 'ACCOUNT_OFFBOARDED' }, { time: t - 50 });
    expect(await compte()).toMatchObject({ compte_actif: true });
    await d.sql`update public.comptes_whatsapp set date_connexion = now(), evenements_meta = '{}' where id_compte_whatsapp = ${v.idCompte}`;
    await dire('account_update', { event: 'PARTNER_REMOVED' }, { time: t - 3_600 });
    expect(await compte()).toMatchObject({ compte_actif: true });
  });

  test('what is only told neither holds up a state of before nor is held up by one of later', async () => {
    await d.sql`update public.comptes_whatsapp set date_connexion = now() - interval '1 day' where id_compte_whatsapp = ${v.idCompte}`;
    const infraction = { event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SCAM' } };
    await dire('account_update', infraction, { time: t - 10 });
    await dire('account_update', { event: 'PARTNER_REMOVED' }, { time: t - 20 });
    await dire('account_update', infraction, { time: t - 30 });
    expect(await compte()).toMatchObject({ compte_actif: false, motif_inactif: 'partenaire_retire' });
    expect((await avis()).filter((a) => a.contenu.includes('SCAM'))).toHaveLength(2);
  });

  test.each([
    [{ event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SCAM' } }, /SCAM/],
    [
      {
        event: 'ACCOUNT_RESTRICTION',
        restriction_info: [
          { restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING', expiration: '2026-12-01' },
        ],
      },
      /RESTRICTED_BIZ_INITIATED_MESSAGING jusqu'au 2026-12-01/,
    ],
    [
      {
        event: 'DISABLED_UPDATE',
        ban_info: { waba_ban_state: 'SCHEDULE_FOR_DISABLE', waba_ban_date: '1 December' },
      },
      /1 December/,
    ],
  ])('%j is told, the number stays on', async (value, dit) => {
    expect(await dire('account_update', value)).toEqual(BIEN);
    expect((await avis()).map((a) => a.contenu)).toEqual([expect.stringMatching(dit)]);
    expect(await compte()).toMatchObject({ compte_actif: true });
  });

  test('of no concern, of an account nobody has, of a kind nobody knows', async () => {
    expect(
      await dire('account_update', { event: 'VOLUME_BASED_PRICING_TIER_UPDATE' }, { waba: '900' }),
    ).toEqual(BIEN);
    expect(await dire('account_update', { event: 'ACCOUNT_VIOLATION' }, { waba: '900' })).toEqual({
      etat: 'echec',
      erreur: 'compte_inconnu: 900',
    });
    expect(await dire('account_update', { event: 'ACCOUNT_TELEPORTED' })).toEqual({
      etat: 'echec',
      erreur: 'evenement_inconnu: account_update ACCOUNT_TELEPORTED',
    });
    const rejoues =
      await d.sql`select erreur from prive.evenements_webhook where prochaine_tentative is not null order by id desc limit 2`;
    expect(rejoues.map((e) => e.erreur)).toEqual(['compte_inconnu: 900']);
    expect(await avis()).toHaveLength(0);
  });
});

describe('a number', () => {
  const numero = async () => (await compte())?.numero.slice(1);

  test('quality: the row follows, the vendor is told when it falls', async () => {
    await d.sql`update public.comptes_whatsapp set qualite = 'verte' where id_compte_whatsapp = ${v.idCompte}`;
    const display_phone_number = await numero();
    expect(
      await dire('phone_number_quality_update', {
        display_phone_number,
        event: 'FLAGGED',
        current_limit: 'TIER_1K',
      }),
    ).toEqual(BIEN);
    expect(await compte()).toMatchObject({ qualite: 'rouge', palier_messages: 'TIER_1K' });
    expect((await avis()).map((a) => a.titre)).toEqual([expect.stringMatching(/qualité .* baisse/)]);
    await dire('phone_number_quality_update', {
      display_phone_number,
      event: 'UNFLAGGED',
      current_limit: 'TIER_1K',
    });
    expect(await compte()).toMatchObject({ qualite: 'jaune' });
    expect(await avis()).toHaveLength(1);
    expect(await compte(voisin)).toMatchObject({ qualite: null });
  });

  test('limit and throughput, in the words of each event; told when the limit falls', async () => {
    const display_phone_number = await numero();
    await dire('phone_number_quality_update', {
      display_phone_number,
      event: 'UPGRADE',
      max_daily_conversations_per_business: 'TIER_10K',
    });
    await dire('phone_number_quality_update', {
      display_phone_number,
      event: 'THROUGHPUT_UPGRADE',
      current_limit: 'TIER_UNLIMITED',
    });
    expect(await compte()).toMatchObject({ palier_messages: 'TIER_10K', debit_par_seconde: 1000 });
    expect(await avis()).toHaveLength(0);
    await dire('business_capability_update', {
      max_daily_conversations_per_business: 2000,
      max_phone_numbers_per_waba: 25,
    });
    expect(await compte()).toMatchObject({ palier_messages: 'TIER_2K' });
    expect((await avis()).map((a) => a.contenu)).toEqual([
      expect.stringContaining('TIER_2K (avant : TIER_10K)'),
    ]);
    expect(
      await dire('phone_number_quality_update', { display_phone_number: '15550783881', event: 'FLAGGED' }),
    ).toMatchObject({ etat: 'echec' });
  });

  test('its name: taken over when approved, told when refused', async () => {
    const display_phone_number = await numero();
    const nom = (decision: string, requested_verified_name: string) =>
      dire('phone_number_name_update', {
        display_phone_number,
        decision,
        requested_verified_name,
        rejection_reason: 'NAME_FORMAT_UNACCEPTABLE',
      });
    expect(await nom('APPROVED', 'Chez Kouadio')).toEqual(BIEN);
    expect(await nom('REJECTED', '@@@')).toEqual(BIEN);
    expect(await compte()).toMatchObject({ nom_verifie: 'Chez Kouadio' });
    expect((await avis()).map((a) => a.contenu)).toEqual([
      expect.stringMatching(/@@@.*NAME_FORMAT_UNACCEPTABLE/),
    ]);
  });

  test('alerts and reviews', async () => {
    const alerte = (alert_severity: string, alert_type: string) =>
      dire('account_alerts', {
        entity_type: 'BUSINESS',
        entity_id: '1',
        alert_info: {
          alert_severity,
          alert_status: 'ACTIVE',
          alert_type,
          alert_description: 'Limits cannot be increased.',
        },
      });
    expect(await alerte('WARNING', 'INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED')).toEqual(BIEN);
    expect(await alerte('INFORMATIONAL', 'SOMETHING')).toEqual(BIEN);
    expect(await dire('account_review_update', { decision: 'APPROVED' })).toEqual(BIEN);
    expect(await dire('account_review_update', { decision: 'REJECTED' })).toEqual(BIEN);
    expect((await avis()).map((a) => a.titre)).toEqual([
      "Meta n'augmente pas votre limite de messages",
      'Meta a refusé votre compte WhatsApp Business',
    ]);
  });
});

describe('templates', () => {
  // What is handed over, in our words; what becomes of it is told elsewhere.
  beforeAll(async () => {
    await d.sql`create table prive.essai_modeles (waba text, nom text, langue text, changement jsonb)`;
    await d.sql`drop function prive.noter_modele(text, text, text, jsonb)`;
    await d.sql`create function prive.noter_modele(text, text, text, jsonb) returns void language sql security definer as
      'insert into prive.essai_modeles values ($1, $2, $3, $4)'`;
  });
  const base = {
    message_template_id: 1689556908129832,
    message_template_name: 'suivi',
    message_template_language: 'fr-FR',
  };
  const noter = async (field: string, value: Objet) => {
    await d.sql`delete from prive.essai_modeles`;
    expect(await dire(field, { ...base, ...value })).toEqual(BIEN);
    const lignes = await d.sql`select * from prive.essai_modeles`;
    expect(lignes).toMatchObject([{ waba: evenementCompte(v, '', {}).waba, nom: 'suivi', langue: 'fr_FR' }]);
    const { identifiant_modele, ...reste } = lignes[0]?.changement ?? {};
    expect(identifiant_modele).toBe('1689556908129832');
    return reste;
  };

  test.each([
    [
      'message_template_status_update',
      { event: 'APPROVED', reason: 'NONE', message_template_category: 'UTILITY' },
      { statut: 'approuve', categorie: 'utility' },
    ],
    [
      'message_template_status_update',
      {
        event: 'REJECTED',
        reason: 'INVALID_FORMAT',
        rejection_info: { reason: 'Deux variables.', recommendation: 'Séparez-les.' },
      },
      { statut: 'rejete', motif_rejet: 'INVALID_FORMAT : Deux variables. Séparez-les.' },
    ],
    [
      'message_template_status_update',
      { event: 'PAUSED', reason: 'NONE', other_info: { title: 'FIRST_PAUSE' } },
      { statut: 'en_pause' },
    ],
    [
      'message_template_status_update',
      { event: 'LOCKED', other_info: { title: 'UNPAUSE' } },
      { statut: 'approuve' },
    ],
    [
      'message_template_status_update',
      { event: 'DISABLED', disable_info: { disable_date: 1751234563 } },
      { statut: 'desactive' },
    ],
    ['message_template_status_update', { event: 'IN_APPEAL' }, { statut: 'en_attente' }],
    ['message_template_status_update', { event: 'PENDING_DELETION', reason: null }, { statut: 'supprime' }],
    ['message_template_status_update', { event: 'FLAGGED' }, {}],
    [
      'message_template_quality_update',
      { previous_quality_score: 'GREEN', new_quality_score: 'YELLOW' },
      { qualite: 'jaune' },
    ],
    [
      'template_category_update',
      { previous_category: 'UTILITY', new_category: 'MARKETING' },
      { categorie: 'marketing' },
    ],
    ['template_category_update', { correct_category: 'MARKETING' }, {}],
    ['message_template_components_update', { message_template_element: 'Bonjour' }, {}],
  ])('%s %j', async (field, value, attendu) => {
    expect(await noter(field, value)).toEqual(attendu);
  });

  test('of an account nobody has: kept and tried again', async () => {
    expect(
      await dire('message_template_status_update', { ...base, event: 'APPROVED' }, { waba: '900' }),
    ).toEqual({ etat: 'echec', erreur: 'compte_inconnu: 900' });
  });
});

test.each([
  ...[
    'history',
    'smb_app_state_sync',
    'calls',
    'flows',
    'security',
    'tracking_events',
    'messaging_handovers',
    'partner_solutions',
  ],
  ...['group_lifecycle_update', 'group_participants_update', 'payment_configuration_update'],
])('%s is known and of no concern', async (field) => {
  expect(await dire(field, { x: 1 }, { waba: '900' })).toEqual(BIEN);
});
