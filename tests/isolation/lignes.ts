// What the isolation tests look for: one row per vendor in every table, made in this order. A new table gets one entry.
import type postgres from 'postgres';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

export type Ligne = Record<string, unknown>;
/** A vendor, somebody who works for him, and his row in each table that stands above in LIGNES. */
export type Boutique = Vendeur & { employe: string; de: Record<string, Ligne> };

/**
 * The values of a vendor's row besides `id_utilisateur`; nothing that the table has by itself. Called with 1 for the row that
 * stands there and with 2 for the one the tests try to insert: what is unique must differ. Where anybody may insert, only
 * columns he may write. A row that is there already (made at sign-up, by a trigger) is taken as it is.
 */
export const LIGNES: Record<string, (v: Boutique, n: number) => Ligne> = {
  utilisateurs_fluxasync: () => ({}),
  comptes_whatsapp: () => ({}),
  abonnements: () => ({}),
  membres_equipe: (v) => ({ id_membre: v.employe, role: 'lecteur' }),
  invitations_equipe: (v, n) => ({
    adresse_email: `agent-${n}@example.ci`,
    role: 'agent',
    empreinte_jeton: `${v.id}${n}`,
  }),
  produits: (_, n) => ({ nom_produit: `Sandales ${n}`, prix_unitaire: 15_000 }),
  variantes_produit: (v, n) => ({
    id_produit: v.de.produits?.id_produit,
    attributs: { pointure: String(40 + n) },
  }),
  campagnes_marketing: () => ({ nom_campagne: 'Rentrée', type_campagne: 'pub_facebook' }),
  prospects: (v, n) => ({
    numero_telephone: `+22505987654${n}0`,
    id_campagne: v.de.campagnes_marketing?.id_campagne,
  }),
  conversations: (v) => ({ id_prospect: v.de.prospects?.id_prospect, id_compte_whatsapp: v.idCompte }),
  messages: (v) => ({
    id_conversation: v.de.conversations?.id_conversation,
    id_compte_whatsapp: v.idCompte,
    direction_message: 'sortant',
    contenu_message: 'Bonjour',
  }),
  medias: (v) => ({
    id_conversation: v.de.conversations?.id_conversation,
    id_message: v.de.messages?.id_message,
    identifiant_media_whatsapp: '900000000000001',
    genre: 'image',
    type_mime: 'image/jpeg',
  }),
  modeles_whatsapp: (_, n) => ({
    identifiant_compte_business: '1',
    nom_modele: `modele_${n}`,
    langue: 'fr',
    categorie: 'utility',
    statut: 'approuve',
  }),
  notifications: (_, n) => ({
    type_notification: 'alerte_systeme',
    titre_notification: 'Bonjour',
    contenu_notification: 'Tout va bien.',
    cle_unicite: `essai:${n}`,
  }),
  commandes: (v, n) => ({
    id_prospect: v.de.prospects?.id_prospect,
    id_conversation: v.de.conversations?.id_conversation,
    cle_idempotence: `essai:${n}`,
  }),
  details_commande: (v, n) => ({
    id_commande: v.de.commandes?.id_commande,
    id_produit: v.de.produits?.id_produit,
    id_variante: v.de.variantes_produit?.id_variante,
    quantite_commandee: n,
  }),
  zones_livraison: (_, n) => ({ nom_zone: `Zone ${n}`, frais_livraison: 1_500 }),
  attentes_stock: (v, n) => ({
    id_prospect: v.de.prospects?.id_prospect,
    id_produit: v.de.produits?.id_produit,
    id_variante: n === 1 ? v.de.variantes_produit?.id_variante : null,
  }),
  factures: (v) => ({ id_commande: v.de.commandes?.id_commande, montant_ht: 1_000 }),
  livreurs: (_, n) => ({
    nom_complet_livreur: 'Mamadou Diabaté',
    numero_telephone_livreur: `+22507112233${n}0`,
  }),
  livraisons: (v) => ({
    id_commande: v.de.commandes?.id_commande,
    adresse_destination: 'Cocody, Angré 7ème tranche',
  }),
  propositions_livraison: (v, n) => ({
    id_livraison: v.de.livraisons?.id_livraison,
    id_livreur: v.de.livreurs?.id_livreur,
    rang: n,
    expire_le: '2099-01-01',
  }),
  avis_livraison: (v) => ({
    id_livraison: v.de.livraisons?.id_livraison,
    id_livreur: v.de.livreurs?.id_livreur,
    id_prospect: v.de.prospects?.id_prospect,
    note: 5,
  }),
  comptes_email: (_, n) => ({ fournisseur_email: 'gmail', adresse_email: `boite-${n}@example.ci` }),
  emails_recus: (v, n) => ({
    id_compte_email: v.de.comptes_email?.id_compte_email,
    identifiant_message_email: `mail-${n}`,
    email_expediteur: 'fournisseur@example.ci',
  }),
  analyses_emails: (v) => ({
    id_email: v.de.emails_recus?.id_email,
    classification_email: 'urgent',
    resume_contenu: 'Nouveau stock.',
    score_confiance: 0.9,
  }),
  journaux_systeme: () => ({ type_action: 'connexion' }),
  utilisation_apis: () => ({ service_api: 'whatsapp', endpoint_appele: '/messages' }),
  sessions_analytiques: (_, n) => ({ date_session: `2026-11-1${n}` }),
  metriques_campagnes: (v, n) => ({
    id_campagne: v.de.campagnes_marketing?.id_campagne,
    date_metrique: `2026-11-1${n}`,
  }),
  'storage.objects medias': (v, n) => ({ bucket_id: 'medias', name: `${v.id}/sortants/facture-${n}.pdf` }),
  'storage.objects produits': (v, n) => ({ bucket_id: 'produits', name: `${v.id}/photo-${n}.png` }),
};

/** One row in each table of `prive` that is empty at first, so that a policy that lets look shows. */
export const LIGNES_PRIVEES: Record<string, (v: Boutique) => Ligne> = {
  journal_differe: () => ({ ligne: {} }),
  journees_en_echec: (v) => ({
    id_utilisateur: v.id,
    debut: '2026-11-01',
    fin: '2026-11-01',
    erreur: 'essai',
  }),
  journees_cumulees: (v) => ({ id_utilisateur: v.id, jusqu_a: '2026-11-01' }),
  jours_a_recompter: (v) => ({ id_utilisateur: v.id, instant: '2026-11-01' }),
  comptes_plateforme: (v) => ({
    identifiant_numero_telephone: '1',
    numero_telephone_whatsapp: '+2250700000001',
    jeton_acces: v.id,
  }),
  connexions_whatsapp: (v) => ({ id_utilisateur: v.id, empreinte_etat: v.id, expire_le: '2099-01-01' }),
  synchronisations: (v) => ({ id_utilisateur: v.id, identifiant_compte_business: '1' }),
  debits: () => ({ cle: 'n1', paye_jusqu_a: '2026-11-01' }),
  messages_plateforme: () => ({ identifiant_numero_telephone: '1', wamid: 'essai', direction: 'entrant' }),
  codes_numero: (v) => ({ id_utilisateur: v.id, empreinte: v.id, expire_le: '2099-01-01' }),
  evenements_webhook: () => ({ corps: '{}', empreinte: 'essai' }),
  lettres_mortes: () => ({ file: 'envoyer_messages', message: {}, erreur: 'essai', tentatives: 1 }),
  recuperations: (v) => ({
    id_media: v.de.medias?.id_media,
    msg_id: 1,
    chemin: `${v.id}/essai/fichier`,
    attend_mots: false,
  }),
  reponses: (v) => ({ id_conversation: v.de.conversations?.id_conversation }),
  quotas_vendeurs: (v) => ({ id_utilisateur: v.id, reponses_par_jour: 1 }),
  consommation_ia: (v) => ({ id_utilisateur: v.id, jour: '2026-11-01', reponses: 1 }),
  consommation_conversations: (v) => ({
    id_conversation: v.de.conversations?.id_conversation,
    jour: '2026-11-01',
    reponses: 1,
  }),
};

/** Arguments with which a function of `public` is called on vendor A's row. */
export const ARGUMENTS: Record<string, (a: Boutique) => unknown[]> = {
  'public.assigner_livreur(bigint, bigint)': (a) => [
    a.de.livraisons?.id_livraison,
    a.de.livreurs?.id_livreur,
  ],
  'public.changer_disponibilite(bigint, boolean)': (a) => [a.de.livreurs?.id_livreur, false],
  'public.changer_statut_commande(bigint, text)': (a) => [a.de.commandes?.id_commande, 'annulee'],
  'public.changer_statut_livraison(bigint, text)': (a) => [a.de.livraisons?.id_livraison, 'annulee'],
  'public.changer_statut_paiement(bigint, text)': (a) => [a.de.commandes?.id_commande, 'paye'],
  'public.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean)': (a) => [
    a.de.prospects?.id_prospect,
    [
      {
        id_produit: a.de.produits?.id_produit,
        id_variante: a.de.variantes_produit?.id_variante,
        quantite: 1,
      },
    ],
    'essai:rpc',
    null,
    null,
    null,
    'wave',
    0,
    null,
    false,
  ],
  'public.emettre_facture(bigint, numeric, timestamp with time zone)': (a) => [
    a.de.commandes?.id_commande,
    0,
    null,
  ],
  'public.envoyer_message(bigint, text, text, text)': (a) => [
    a.de.conversations?.id_conversation,
    'Bonjour',
    null,
    null,
  ],
  'public.envoyer_contenu(bigint, text, text, jsonb, text, text)': (a) => [
    a.de.conversations?.id_conversation,
    'interactif',
    'Où êtes-vous ?',
    { demande_localisation: true },
    null,
    null,
  ],
  'public.envoyer_modele(bigint, text, text, jsonb, text)': (a) => [
    a.de.conversations?.id_conversation,
    'relance',
    'fr',
    {},
    null,
  ],
  'public.peut_ecrire(bigint)': (a) => [a.de.conversations?.id_conversation],
  'public.planifier_livraison(bigint, bigint, timestamp with time zone, text, text, numeric)': (a) => [
    a.de.commandes?.id_commande,
    null,
    null,
    null,
    null,
    0,
  ],
  'public.prendre_en_main(bigint)': (a) => [a.de.conversations?.id_conversation],
  'public.relancer_livraison(bigint, boolean)': (a) => [a.de.livraisons?.id_livraison, false],
  'public.remplacer_lignes_commande(bigint, jsonb)': (a) => [a.de.commandes?.id_commande, []],
  'public.rendre_a_ia(bigint)': (a) => [a.de.conversations?.id_conversation],
  'public.renvoyer_code(bigint)': (a) => [a.de.livraisons?.id_livraison],
  'public.renvoyer_message(bigint)': (a) => [a.de.messages?.id_message],
  'public.synchroniser_modeles(uuid)': (a) => [a.id],
  'public.tableau_de_bord(uuid, date, date)': (a) => [a.id, '2026-11-01', '2026-11-20'],
};

/** `public.` stays unsaid; after a stored object's table comes its bucket. */
export function nomComplet(table: string): string {
  return table.includes('.') ? (table.split(' ')[0] ?? table) : `public.${table}`;
}

export function litteral(valeur: unknown): string {
  if (valeur === null || valeur === undefined) return 'null';
  if (typeof valeur === 'number' || typeof valeur === 'boolean') return String(valeur);
  const texte = typeof valeur === 'string' ? valeur : JSON.stringify(valeur);
  return `'${texte.replaceAll("'", "''")}'`;
}

export function insertion(table: string, ligne: Ligne): string {
  const colonnes = Object.keys(ligne);
  if (colonnes.length === 0) return `insert into ${nomComplet(table)} default values`;
  return `insert into ${nomComplet(table)} (${colonnes.join(', ')}) values (${Object.values(ligne).map(litteral).join(', ')})`;
}

/** A vendor's row as LIGNES has it. An object of the storage names its vendor in its path. */
export function ligneDe(table: string, v: Boutique, n: number): Ligne {
  const ligne = LIGNES[table];
  if (!ligne) throw new Error(`tests/isolation/lignes.ts has no row for ${table}`);
  return { ...(table.startsWith('storage.') ? {} : { id_utilisateur: v.id }), ...ligne(v, n) };
}

/** Somebody who has an account and no shop. */
export async function creerPersonne(sql: postgres.Sql): Promise<Vendeur> {
  const personne = await creerVendeur(sql, { articles: [] });
  await sql`delete from public.utilisateurs_fluxasync where id_utilisateur = ${personne.id}`;
  return personne;
}

export async function creerBoutique(sql: postgres.Sql): Promise<Boutique> {
  const vendeur = await creerVendeur(sql, { articles: [] });
  const employe = (await creerPersonne(sql)).id;
  const v: Boutique = { ...vendeur, employe, de: {} };
  for (const table of Object.keys(LIGNES)) {
    const [la] = table.startsWith('storage.')
      ? []
      : await sql.unsafe(`select * from ${nomComplet(table)} where id_utilisateur = '${v.id}' limit 1`);
    const [ligne] = la ? [la] : await sql.unsafe(`${insertion(table, ligneDe(table, v, 1))} returning *`);
    v.de[table] = ligne as Ligne;
  }
  await confirmerUneCommande(sql, v);
  return v;
}

/** What is to be prepared shows with a confirmed order only, and to such a one no line can be added. */
async function confirmerUneCommande(sql: postgres.Sql, v: Boutique): Promise<void> {
  const [c] = await sql`insert into public.commandes (id_utilisateur, id_prospect)
    values (${v.id}, ${v.de.prospects?.id_prospect as number}) returning id_commande`;
  await sql`update public.variantes_produit set quantite_stock = 5 where id_utilisateur = ${v.id}`;
  await sql`insert into public.details_commande (id_commande, id_produit, id_variante, quantite_commandee)
    values (${c?.id_commande}, ${v.de.produits?.id_produit as number}, ${v.de.variantes_produit?.id_variante as number}, 1)`;
  await sql`update public.commandes set statut_commande = 'confirmee' where id_commande = ${c?.id_commande}`;
}

export async function remplirPrive(sql: postgres.Sql, v: Boutique): Promise<void> {
  for (const [nom, ligne] of Object.entries(LIGNES_PRIVEES)) {
    const [la] = await sql.unsafe(`select from prive.${nom} limit 1`);
    if (!la) await sql.unsafe(insertion(`prive.${nom}`, ligne(v)));
  }
}
