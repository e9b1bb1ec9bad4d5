// "Kouadio vend des chaussures": the product's founding story, step by step as its document numbers them. Each step is done
// by whom it concerns: the vendor with his own token, the platform's service with its secret key, the prospect on WhatsApp.
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { KEYS } from './platform/config.ts';

/** She comes from Kouadio's advertisement on Facebook: Meta says so with her first message. */
export const AMINATA = { de: '+2250598765432', nom: 'Aminata Traoré' };
export const DIALOGUE = ['Bonjour, je suis intéressée par vos chaussures Nike', 'Je fais du 38'] as const;
export const PUBLICITE = {
  source_type: 'ad',
  source_id: '120210000000000001',
  source_url: 'https://fb.me/kouadio-chaussures',
  headline: 'Nike, Adidas, Puma à Abidjan',
  ctwa_clid: 'demo-ctwa-clid',
};
export const ADRESSE = 'Cocody, Angré 7ème tranche, Villa 123';

/**
 * What she says in the demo, where the AI takes the order: in this order, until she is shown the summary; then only the last. What has been
 * answered by then is left out, so that it does not matter in which order an engine asks.
 */
export const VENTE = [
  ...DIALOGUE,
  'Oui, je la prends',
  `Livrez-moi à ${ADRESSE}`,
  'Je paie à la livraison',
] as const;
export const ACCORD = 'Oui, je confirme';

const session = { auth: { persistSession: false, autoRefreshToken: false } };

/** supabase-js as a front end has it. */
export function creerClient(apiUrl: string): SupabaseClient {
  return createClient(apiUrl, KEYS.publishable, session);
}

/** supabase-js as the platform's own service has it: the schema `service`, the secret key. */
export function creerService(apiUrl: string) {
  return createClient(apiUrl, KEYS.secret, { ...session, db: { schema: 'service' } });
}
type Service = ReturnType<typeof creerService>;

type Reponse<T> = { data: T; error: { message: string; hint?: string | null } | null };

/** What an answer of supabase-js holds; its error as an exception. */
export function bon<T>({ data, error }: Reponse<T>): NonNullable<T> {
  if (error) throw new Error(`${error.message}${error.hint ? ` (${error.hint})` : ''}`);
  return data as NonNullable<T>;
}

/** 2, 3: his WhatsApp number and his mailbox are connected. */
export async function connecterComptes(
  service: Service,
  id_utilisateur: string,
  whatsapp: { identifiant: string; numero: string; jeton: string },
): Promise<{ idCompteEmail: number }> {
  bon(
    await service.rpc('connecter_compte_whatsapp', {
      id_utilisateur,
      identifiant_compte_business: 'WABA_123456',
      identifiant_numero_telephone: whatsapp.identifiant,
      numero_telephone_whatsapp: whatsapp.numero,
      jeton_acces: whatsapp.jeton,
    }),
  );
  return { idCompteEmail: await connecterBoite(service, id_utilisateur) };
}

export async function connecterBoite(service: Service, id_utilisateur: string): Promise<number> {
  return bon(
    await service.rpc('connecter_compte_email', {
      id_utilisateur,
      fournisseur_email: 'gmail',
      adresse_email: 'kouadio@gmail.com',
      jeton_acces: 'ya29.demo',
      jeton_rafraichissement: '1//demo',
      expiration_jeton: null,
    }),
  );
}

/** 4: he fills his catalogue, and says which advertisement leads to him. */
export async function remplirCatalogue(kouadio: SupabaseClient, id_utilisateur: string): Promise<void> {
  const articles = [
    { nom_produit: 'Nike Air Max 90', prix_unitaire: 45_000, pointures: { 38: 4, 40: 3, 42: 3 } },
    { nom_produit: 'Adidas Stan Smith', prix_unitaire: 35_000, pointures: { 39: 8, 41: 7 } },
    { nom_produit: 'Puma Suede Classic', prix_unitaire: 30_000, pointures: { 40: 5, 44: 3 } },
  ];
  for (const { pointures, ...article } of articles) {
    const { id_produit } = bon(
      await kouadio
        .from('produits')
        .insert({ ...article, id_utilisateur, categorie_produit: 'Chaussures' })
        .select('id_produit')
        .single(),
    );
    const variantes = Object.entries(pointures).map(([pointure, quantite_stock]) => ({
      ...{ id_utilisateur, id_produit, quantite_stock },
      attributs: { pointure },
    }));
    bon(await kouadio.from('variantes_produit').insert(variantes).select('id_variante'));
  }
  await annoncer(kouadio, id_utilisateur);
}

export async function annoncer(kouadio: SupabaseClient, id_utilisateur: string): Promise<void> {
  bon(
    await kouadio
      .from('campagnes_marketing')
      .insert({
        id_utilisateur,
        nom_campagne: 'Chaussures de marque',
        type_campagne: 'pub_facebook',
        statut_campagne: 'active',
        identifiant_pub: PUBLICITE.source_id,
      })
      .select('id_campagne'),
  );
}

export type Commande = { id_commande: number; numero_commande: string; montant_total: number };

/** 8, 9: the order of one pair in size 38, confirmed. */
export async function commander(kouadio: SupabaseClient, id_utilisateur: string): Promise<Commande> {
  const conversation = bon(
    await kouadio
      .from('conversations')
      .select('id_conversation, id_prospect')
      .eq('id_utilisateur', id_utilisateur)
      .is('id_livreur', null)
      .single(),
  );
  const variante = bon(
    await kouadio
      .from('variantes_produit')
      .select('id_produit, id_variante, produits!inner(nom_produit)')
      .eq('id_utilisateur', id_utilisateur)
      .eq('produits.nom_produit', 'Nike Air Max 90')
      .contains('attributs', { pointure: '38' })
      .single(),
  );
  return bon(
    await kouadio.rpc('creer_commande', {
      ...conversation,
      lignes: [{ id_produit: variante.id_produit, id_variante: variante.id_variante, quantite: 1 }],
      cle_idempotence: `aminata-${conversation.id_conversation}`,
      adresse_livraison: ADRESSE,
      telephone_livraison: '+225 05 98 76 54 32',
      confirmer: true,
    }),
  );
}

export const MAMADOU = { de: '+2250711223344', nom: 'Mamadou Diabaté' };

/** 10: he adds a courier. */
export async function ajouterLivreur(kouadio: SupabaseClient, id_utilisateur: string): Promise<number> {
  const { id_livreur } = bon(
    await kouadio
      .from('livreurs')
      .insert({
        id_utilisateur,
        nom_complet_livreur: MAMADOU.nom,
        numero_telephone_livreur: '+225 07 11 22 33 44',
        zones_couverture: 'Cocody, Marcory, Plateau',
      })
      .select('id_livreur')
      .single(),
  );
  return id_livreur;
}

/** 11: the platform gives the delivery to a courier, for tomorrow at two. */
export async function planifierLivraison(
  service: Service,
  id_utilisateur: string,
  id_commande: number,
  id_livreur: number,
): Promise<void> {
  const demain = new Date(Date.now() + 86_400_000);
  demain.setUTCHours(14, 0, 0, 0);
  bon(
    await service.rpc('planifier_livraison', {
      ...{ id_utilisateur, id_commande, id_livreur },
      date_livraison_prevue: demain.toISOString(),
      frais_livraison: 2_000,
    }),
  );
}

/** 12: a supplier's mail comes in; 13: it is analysed. */
export async function recevoirEmail(service: Service, id_utilisateur: string, id_compte_email: number) {
  const id_email: number = bon(
    await service.rpc('enregistrer_email', {
      ...{ id_utilisateur, id_compte_email },
      email: JSON.stringify({
        identifiant_message_email: 'gmail_msg_789',
        email_expediteur: 'fournisseur@nike-ci.com',
        sujet_email: 'Nouveau stock Nike disponible - Livraison urgent',
        niveau_priorite: 'important',
      }),
    }),
  );
  bon(
    await service.rpc('enregistrer_analyse_email', {
      ...{ id_utilisateur, id_email },
      lecture: JSON.stringify({
        classification_email: 'urgent',
        resume_contenu: 'Nouveau stock Nike disponible. Commande à passer avant 17h.',
        action_suggeree: 'repondre_urgent',
        score_confiance: 0.95,
      }),
    }),
  );
}

/** 14: he is told of the order. */
export async function notifier(service: Service, id_utilisateur: string, commande: Commande): Promise<void> {
  bon(
    await service.rpc('notifier', {
      id_utilisateur,
      cle_unicite: `commande:${commande.id_commande}`,
      type_notification: 'mise_jour_commande',
      titre: 'Nouvelle commande reçue',
      contenu: 'Aminata Traoré a commandé 1x Nike Air Max 90 - Total: 45.000 FCFA',
      canal_envoi: 'whatsapp',
      destinataire: '+2250712345678',
      type_reference: 'commande',
      reference_element_id: commande.id_commande,
    }),
  );
}
