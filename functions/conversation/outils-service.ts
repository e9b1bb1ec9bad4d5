// The engine's tools as rpcs of the schema `service`, bound to one conversation: an engine can ask about no other vendor.
import { z } from 'zod';
import type { BaseService } from '../shared/base-service.ts';
import type { Outils } from './modele-ia.ts';

const variante = z.object({
  id_variante: z.number(),
  attributs: z.record(z.string(), z.string()),
  prix_unitaire: z.number(),
  quantite_stock: z.number(),
});

const produit = z.object({
  id_produit: z.number(),
  nom_produit: z.string(),
  categorie_produit: z.string().nullable(),
  prix_unitaire: z.number(),
  quantite_stock: z.number(),
  score: z.number(),
  mots: z.array(z.string()),
  variantes: z.array(variante),
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

export function outilsDeConversation(base: BaseService, idConversation: number): Outils {
  return {
    chercherProduits: (texte) =>
      base.appeler('chercher_produits', { id_conversation: idConversation, texte }, z.array(produit)),
    chiffrerLigne: (id_produit, id_variante, quantite) =>
      base.appeler(
        'chiffrer_ligne',
        { id_conversation: idConversation, id_produit, id_variante, quantite },
        ligne.nullable(),
      ),
  };
}
