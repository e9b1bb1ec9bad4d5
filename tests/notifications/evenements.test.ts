// What makes a notification makes it once: told again, and by four at the same moment, in the words of the table.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

type Scene = {
  v: Vendeur;
  prospect: number;
  conversation: number;
  message: number;
  commande: number;
  numero: string;
};
type Cas = {
  evenement: string;
  /** One statement that leads to it. */
  faire(s: Scene): Promise<unknown>;
  titre: string;
  contenu: string | RegExp;
};

let d: TestDatabase;
let rang = 0;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

async function scene(): Promise<Scene> {
  rang += 1;
  const v = await creerVendeur(d.sql, { articles: [{ nom: 'Sac', prix: 5000, stock: 100 }] });
  const [p] =
    await d.sql`insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, identifiant_whatsapp, nom_complet)
    values (${v.id}, ${`+22507${String(rang).padStart(8, '0')}`}, ${`+22507${String(rang).padStart(8, '0')}`}, ${`CI.${rang}`}, 'Aya') returning id_prospect`;
  await d.sql`insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, nom_complet) values (${v.id}, '+2250599999999', '+2250599999999', 'Awa')`;
  const [c] =
    await d.sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp) values (${v.id}, ${p?.id_prospect}, ${v.idCompte}) returning id_conversation`;
  const [m] =
    await d.sql`insert into public.messages (id_conversation, direction_message, contenu_message, statut_livraison, code_erreur)
    values (${c?.id_conversation}, 'sortant', 'Bonjour', 'echec', '131026') returning id_message`;
  const [article] = await d.sql`select id_produit from public.produits where id_utilisateur = ${v.id}`;
  const [k] =
    await d.sql`select prive.inserer_commande(${v.id}, ${p?.id_prospect}, null, ${d.sql.json([{ id_produit: article?.id_produit, quantite: 1 }])}, 'cle', null, null, 'wave', 0, null, true) as k`;
  return {
    v,
    prospect: p?.id_prospect,
    conversation: c?.id_conversation,
    message: m?.id_message,
    commande: k?.k.id_commande,
    numero: k?.k.numero_commande,
  };
}

const compteDe = (s: Scene) =>
  d.sql`(select c from public.comptes_whatsapp as c where c.id_compte_whatsapp = ${s.v.idCompte})`;
const duCompte = (valeur: object) => (s: Scene) =>
  d.sql`select prive.evenement_du_compte(${compteDe(s)}, ${d.sql.json(valeur as never)}, '2099-11-20T10:00:00Z')`;
const duNumero = (champ: string, valeur: object) => (s: Scene) =>
  d.sql`select prive.evenement_du_numero(${compteDe(s)}, ${champ}, ${d.sql.json(valeur as never)}, '2099-11-20T10:00:00Z')`;
const aLire = (champ: string, valeur: object) => (s: Scene) =>
  d.sql`select prive.evenement_a_lire(${compteDe(s)}, ${champ}, ${d.sql.json(valeur as never)}, '2099-11-20T10:00:00Z')`;

const CAS: Cas[] = [
  {
    evenement: 'commande_annulee',
    faire: (s) =>
      d.sql`select prive.annuler_pour_prospect(${s.v.id}, ${s.prospect}, ${s.conversation}, ${s.commande})`,
    titre: 'Commande annulée par le client',
    contenu: /^Aya a annulé la commande CMD-.*\.$|^Le client a annulé la commande CMD-.*\.$/,
  },
  {
    evenement: 'main_demandee',
    faire: (s) =>
      d.sql`select prive.passer_la_main(${s.v.id}, ${s.prospect}, ${s.conversation}, '{}', 'Aya veut un rabais.', ${s.message}, null)`,
    titre: 'Un prospect vous attend',
    contenu: 'Aya veut un rabais.',
  },
  {
    evenement: 'main_rappel',
    faire: (s) =>
      d.sql`select prive.passer_la_main(${s.v.id}, ${s.prospect}, ${s.conversation}, '{}', 'Aya veut un rabais.', null, '2026-11-20')`,
    titre: 'Un prospect vous attend toujours',
    contenu: 'Aya veut un rabais.',
  },
  {
    evenement: 'reponse_impossible',
    faire: (s) => d.sql`select prive.abandonner_reponse(${s.conversation}, 77, 'panne', 5)`,
    titre: 'Un prospect attend une réponse',
    contenu: "L'assistant n'a pas pu répondre à ce prospect. Répondez-lui vous-même.",
  },
  {
    evenement: 'envoi_echoue',
    faire: (s) => d.sql`select prive.prevenir_envoi_echoue(${s.message})`,
    titre: "Un message n'est pas parti",
    contenu:
      "Ce prospect n'est pas joignable sur WhatsApp : numéro sans WhatsApp, ou application trop ancienne. « Bonjour »",
  },
  {
    evenement: 'identite_double',
    faire: (s) => d.sql`select prive.changer_identite(${s.v.id}, ${s.prospect}, null, '2250599999999')`,
    titre: 'Un client a changé de numéro',
    contenu:
      'Aya écrit maintenant depuis +2250599999999, que vous avez déjà comme un autre client (Awa). Les deux fiches restent séparées.',
  },
  {
    evenement: 'quota_ia',
    faire: (s) => d.sql`select prive.prevenir_quota(${s.v.id}, 'gratuit', 0, '2026-11-20')`,
    titre: "Quota de réponses de l'IA atteint",
    contenu:
      /^Les 0 réponses de l'IA avancée de votre plan gratuit .* jusqu'à demain\. Le plan .* en donne \d+ par jour\.$/,
  },
  {
    evenement: 'compte_inactif',
    faire: async (s) => {
      await d.sql`select prive.desactiver_compte(${s.v.idCompte}, 'jeton_mort', prive.phrase('compte_jeton_refuse'))`;
      await d.sql`select prive.prevenir_compte_inactif(${s.v.idCompte})`;
    },
    titre: "Votre numéro {numero} n'est plus connecté",
    contenu: /./,
  },
  {
    evenement: 'compte_menace',
    faire: duCompte({
      event: 'DISABLED_UPDATE',
      ban_info: { waba_ban_state: 'SCHEDULE_FOR_DISABLE', waba_ban_date: 'January 3, 2027' },
    }),
    titre: 'Meta va désactiver votre compte WhatsApp ({numero})',
    contenu: /^Date annoncée : January 3, 2027\./,
  },
  {
    evenement: 'compte_infraction',
    faire: duCompte({ event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SCAM' } }),
    titre: 'Meta signale une infraction de votre compte WhatsApp',
    contenu: /^Motif de Meta : SCAM\./,
  },
  {
    evenement: 'compte_restreint',
    faire: duCompte({
      event: 'ACCOUNT_RESTRICTION',
      restriction_info: [{ restriction_type: 'RESTRICTED_BIZ', expiration: 'demain' }],
    }),
    titre: 'Meta restreint votre compte WhatsApp',
    contenu: /^Restrictions : RESTRICTED_BIZ jusqu'au demain\./,
  },
  {
    evenement: 'compte_refuse',
    faire: aLire('account_review_update', { decision: 'REJECTED' }),
    titre: 'Meta a refusé votre compte WhatsApp Business',
    contenu: /^L'examen de votre compte a échoué\./,
  },
  {
    evenement: 'alerte_meta',
    faire: aLire('account_alerts', {
      alert_info: { alert_type: 'PROFILE_PHOTO_LOST', alert_severity: 'WARNING', alert_description: 'Photo' },
    }),
    titre: 'La photo de votre profil WhatsApp a disparu',
    contenu: 'Meta écrit : « Photo »',
  },
  {
    evenement: 'nom_refuse',
    faire: duNumero('phone_number_name_update', {
      decision: 'REJECTED',
      requested_verified_name: 'Boutique',
    }),
    titre: 'Meta a refusé le nom affiché de votre numéro',
    contenu:
      "« Boutique » n'est pas accepté (sans motif). Proposez un autre nom dans le Gestionnaire WhatsApp de Meta.",
  },
  {
    evenement: 'qualite_baisse',
    faire: duNumero('phone_number_quality_update', { event: 'FLAGGED' }),
    titre: 'La qualité de votre numéro {numero} baisse',
    contenu: /^Des clients ont bloqué/,
  },
  {
    evenement: 'palier_baisse',
    faire: duNumero('phone_number_quality_update', { event: 'DOWNGRADE', current_limit: 'TIER_250' }),
    titre: 'Votre numéro {numero} peut joindre moins de clients',
    contenu: /^Nouvelle limite de Meta : TIER_250 \(avant : inconnue\)/,
  },
  {
    evenement: 'limite_spam',
    faire: (s) => d.sql`select prive.suivre_code(${s.message}, '131048', 'campagnes')`,
    titre: 'Meta limite votre numéro',
    contenu: /^Trop de personnes ont bloqué ou signalé vos messages\./,
  },
  {
    evenement: 'modele_inutilisable',
    faire: (s) =>
      d.sql`select prive.prevenir_modele(${s.v.id}, 'essai', 'promo', 'fr', 'rejete', 'INVALID_FORMAT')`,
    titre: 'Votre modèle WhatsApp « promo » (fr) ne peut plus être envoyé',
    contenu: 'WhatsApp a refusé ce modèle : INVALID_FORMAT. Corrigez-le dans le Gestionnaire WhatsApp.',
  },
  {
    evenement: 'stock_bas',
    faire: (s) =>
      d.sql`update public.produits set quantite_stock = case when quantite_stock > 2 then 2 else 90 end where id_utilisateur = ${s.v.id}`,
    titre: 'Stock bas : Sac',
    contenu: 'Il ne reste que 2 « Sac ».',
  },
  {
    evenement: 'stock_epuise',
    faire: (s) =>
      d.sql`update public.produits set quantite_stock = case when quantite_stock > 2 then 0 else 90 end where id_utilisateur = ${s.v.id}`,
    titre: 'Épuisé : Sac',
    contenu: 'Il ne reste plus de « Sac » : vos prospects ne peuvent plus en commander.',
  },
];

test.each(CAS)('$evenement', async ({ evenement, faire, titre, contenu }) => {
  const s = await scene();
  for (let i = 0; i < 3; i += 1) await faire(s);
  const repetee = async (qui: Scene) =>
    await d.sql`select n.titre_notification as titre, n.contenu_notification as contenu, c.numero_telephone_whatsapp as numero
      from public.notifications as n join public.comptes_whatsapp as c using (id_utilisateur) where n.id_utilisateur = ${qui.v.id} and n.evenement = ${evenement}`;
  const [dite, ...encore] = await repetee(s);
  expect(encore).toEqual([]);
  expect(dite?.titre).toBe(titre.replace('{numero}', dite?.numero));
  expect(dite?.contenu).toEqual(typeof contenu === 'string' ? contenu : expect.stringMatching(contenu));
  // Nothing else was told by it.
  const autres =
    await d.sql`select evenement from public.notifications where id_utilisateur = ${s.v.id} and evenement <> ${evenement}`;
  expect(autres.map((a) => a.evenement)).toEqual({ limite_spam: ['envoi_echoue'] }[evenement] ?? []);
  const ensemble = await scene();
  await Promise.all(Array.from({ length: 4 }, () => faire(ensemble)));
  expect(await repetee(ensemble)).toHaveLength(1);
});

test('a stock of variants is told by variant, at each crossing once a day, not above, not when off, not of what is not sold', async () => {
  const v = await creerVendeur(d.sql, {
    articles: [
      { nom: 'Nike', prix: 45_000, pointures: { '40': 10, '41': 10 } },
      { nom: 'Puma', prix: 100, stock: 10 },
    ],
  });
  const dites = async () =>
    (
      await d.sql`select titre_notification as t, contenu_notification as c from public.notifications where id_utilisateur = ${v.id} order by id_notification`
    ).map((n) => `${n.t} ${n.c}`);
  const regler = (pointure: string, n: number) =>
    d.sql`update public.variantes_produit set quantite_stock = ${n} where id_utilisateur = ${v.id} and attributs ->> 'pointure' = ${pointure}`;
  await regler('40', 3);
  expect(await dites()).toEqual([]);
  await regler('40', 1);
  await regler('40', 9);
  await regler('40', 2);
  await regler('40', 0);
  expect(await dites()).toEqual([
    'Stock bas : Nike (40) Il ne reste que 1 « Nike (40) ».',
    'Épuisé : Nike (40) Il ne reste plus de « Nike (40) » : vos prospects ne peuvent plus en commander.',
  ]);
  await d.sql`update prive.horloge set decalage = interval '1 day'`;
  await regler('40', 9);
  await regler('40', 2);
  expect(await dites()).toHaveLength(3);
  await d.sql`update public.utilisateurs_fluxasync set seuil_stock_bas = null where id_utilisateur = ${v.id}`;
  await regler('41', 0);
  await d.sql`update public.utilisateurs_fluxasync set seuil_stock_bas = 5 where id_utilisateur = ${v.id}`;
  await d.sql`update public.produits set produit_actif = false where id_utilisateur = ${v.id} and nom_produit = 'Puma'`;
  await d.sql`update public.produits set quantite_stock = 4 where id_utilisateur = ${v.id} and nom_produit = 'Puma'`;
  expect(await dites()).toHaveLength(3);
  await d.sql`update prive.horloge set decalage = interval '0'`;
});
