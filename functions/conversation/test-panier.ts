// An empty basket, for tests that need one and no database.
import type { PanierChiffre } from './modele-ia.ts';

export const panierVide: PanierChiffre = {
  lignes: [],
  nombre_articles: 0,
  montant_total: 0,
  mode: null,
  adresse: null,
  position: null,
  commune: null,
  frais_livraison: null,
  date_livraison: null,
  montant_a_payer: null,
  nom: null,
  telephone: null,
  methode_paiement: null,
  notes: null,
  manque: ['article', 'adresse', 'nom', 'telephone', 'paiement'],
  empreinte: 'vide',
  recapitule: false,
};
