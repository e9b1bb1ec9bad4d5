// The engine's tools as rpcs of the schema `service`, bound to one conversation: an engine can ask about no other vendor and no other
// customer. A session belongs to one attempt at one reply; what its tools change is a copy, done when the reply is recorded.
import { z } from 'zod';
import type { BaseService } from '../shared/base-service.ts';
import type { Boutique, CommandeLue, Effets, Livraison, Outils, PanierChiffre } from './modele-ia.ts';

const attributs = z.record(z.string(), z.string());
const methode = z.enum(['paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire']);

const variante = z.object({
  id_variante: z.number(),
  attributs,
  prix_unitaire: z.number(),
  quantite_stock: z.number(),
});

const produit = z.object({
  id_produit: z.number(),
  nom_produit: z.string(),
  categorie_produit: z.string().nullable(),
  prix_unitaire: z.number(),
  quantite_stock: z.number(),
  variantes: z.array(variante),
});

const produitTrouve = produit.extend({ score: z.number(), mots: z.array(z.string()) });

const produitLu = produit.extend({
  description_produit: z.string().nullable(),
  attributs,
  photos: z.number(),
});

const ligne = z.object({
  id_produit: z.number(),
  id_variante: z.number().nullable(),
  libelle: z.string(),
  quantite: z.number(),
  prix_unitaire: z.number(),
  montant: z.number(),
  quantite_stock: z.number(),
  disponible: z.boolean(),
});

export const formePanier: z.ZodType<PanierChiffre> = z.object({
  lignes: z.array(
    ligne.extend({
      nom_produit: z.string(),
      attributs,
      probleme: z.enum(['epuise', 'insuffisant', 'retire', 'variante_requise']).nullable(),
    }),
  ),
  nombre_articles: z.number(),
  montant_total: z.number(),
  mode: z.enum(['livraison', 'retrait']).nullable(),
  adresse: z.string().nullable(),
  position: z.object({ latitude: z.number(), longitude: z.number() }).nullable(),
  commune: z.string().nullable(),
  frais_livraison: z.number().nullable(),
  date_livraison: z.string().nullable(),
  montant_a_payer: z.number().nullable(),
  nom: z.string().nullable(),
  telephone: z.string().nullable(),
  methode_paiement: methode.nullable(),
  notes: z.string().nullable(),
  manque: z.array(z.enum(['article', 'adresse', 'frais', 'nom', 'telephone', 'paiement'])),
  empreinte: z.string(),
  recapitule: z.boolean(),
});

const issuePanier = z.object({
  brut: z.record(z.string(), z.unknown()),
  panier: formePanier,
  refus: z.object({ code: z.string(), phrase: z.string() }).nullable(),
});

const livraison: z.ZodType<Livraison> = z.object({
  connue: z.boolean(),
  commune: z.string().nullable(),
  frais: z.number().nullable(),
  date: z.string().nullable(),
});

const commande: z.ZodType<CommandeLue> = z.object({
  id_commande: z.number(),
  numero_commande: z.string(),
  statut_commande: z.string(),
  statut_livraison: z.string().nullable(),
  statut_paiement: z.string(),
  montant_total: z.number(),
  frais_livraison: z.number(),
  montant_a_payer: z.number(),
  lignes: z.array(
    z.object({
      libelle: z.string(),
      quantite: z.number(),
      prix_unitaire: z.number(),
      prix_total_ligne: z.number(),
    }),
  ),
  adresse_livraison: z.string().nullable(),
  date_livraison: z.string().nullable(),
  livreur: z.string().nullable(),
  annulable: z.boolean(),
  le: z.string(),
});

const boutique: z.ZodType<Boutique> = z.object({
  nom_entreprise: z.string().nullable(),
  adresse: z.string().nullable(),
  retrait_possible: z.boolean(),
  moyens_paiement: z.array(methode),
  horaires: z.array(z.string()),
  ouverte: z.boolean().nullable(),
  politiques: z.record(z.string(), z.string()),
  zones: z.array(z.object({ nom: z.string(), frais: z.number(), delai: z.string() })),
});

const sansEffet = (): Effets => ({
  panier: null,
  recapituler: false,
  confirmer: false,
  annuler: null,
  photos: [],
  prevenir_retour: [],
  desabonner: false,
});

export type Session = { outils: Outils; effets(): Effets };

export function ouvrirSession(base: BaseService, idConversation: number, depart: PanierChiffre): Session {
  const id_conversation = idConversation;
  let panier = depart;
  let effets = sansEffet();
  const outils: Outils = {
    chercherProduits: (texte) =>
      base.appeler('chercher_produits', { id_conversation, texte }, z.array(produitTrouve)),
    lireProduit: (id_produit) =>
      base.appeler('lire_produit', { id_conversation, id_produit }, produitLu.nullable()),
    chiffrerLigne: (id_produit, id_variante, quantite) =>
      base.appeler(
        'chiffrer_ligne',
        { id_conversation, id_produit, id_variante, quantite },
        ligne.nullable(),
      ),
    panier: () => panier,
    async modifierPanier(changement) {
      const issue = await base.appeler(
        'modifier_panier',
        { id_conversation, panier: effets.panier, changement },
        issuePanier,
      );
      panier = issue.panier;
      if (issue.refus === null) {
        effets.panier = issue.brut;
        // What was agreed before the change is not what is there now.
        effets.recapituler = false;
        effets.confirmer = false;
      }
      return { panier, refus: issue.refus };
    },
    estimerLivraison: (lieu) => base.appeler('estimer_livraison', { id_conversation, lieu }, livraison),
    recapituler() {
      const complet = panier.manque.length === 0;
      if (complet) {
        effets.recapituler = true;
        effets.empreinte = panier.empreinte;
      }
      return complet;
    },
    async confirmerCommande() {
      const issue = await base.appeler(
        'verifier_commande',
        { id_conversation, panier: effets.panier },
        z.object({ refus: z.string().nullable(), panier: formePanier }),
      );
      panier = issue.panier;
      effets.confirmer = issue.refus === null;
      if (effets.confirmer) effets.recapituler = false;
      return issue;
    },
    lireCommandes: () => base.appeler('lire_commandes', { id_conversation }, z.array(commande)),
    async annulerCommande(id_commande) {
      const refus = await base.appeler(
        'verifier_annulation',
        { id_conversation, id_commande },
        z.string().nullable(),
      );
      if (refus === null) effets.annuler = id_commande;
      return { refus };
    },
    lireBoutique: () => base.appeler('lire_boutique', { id_conversation }, boutique),
    async envoyerPhoto(idProduit) {
      const lu = await outils.lireProduit(idProduit);
      if (!lu || lu.photos === 0) return 0;
      if (!effets.photos.includes(idProduit)) effets.photos.push(idProduit);
      return lu.photos;
    },
    async prevenirRetour(id_produit, id_variante) {
      const possible = await base.appeler(
        'verifier_attente_stock',
        { id_conversation, id_produit, id_variante },
        z.boolean(),
      );
      const deja = effets.prevenir_retour.some(
        (a) => a.id_produit === id_produit && a.id_variante === id_variante,
      );
      if (possible && !deja) effets.prevenir_retour.push({ id_produit, id_variante });
      return possible;
    },
    desabonner() {
      effets.desabonner = true;
    },
    recommencer() {
      panier = depart;
      effets = sansEffet();
    },
  };
  return { outils, effets: () => effets };
}
