// What Gemini sees of products and baskets: ids, words and figures, compact; no digits of a phone, nothing it has no use for.
import type { PanierChiffre, ProduitLu, ProduitTrouve } from '../modele-ia.ts';

/** Words of the model as Postgres takes them: no NUL, no half of a character, nothing that is not to be seen. */
export function propre(texte: string): string {
  return texte
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/[\u202a-\u202e\u2066-\u2069\ufffd]/g, '')
    .trim();
}

/** Never through the middle of a character: neither Postgres nor Gemini takes half of one. */
export function couper<T extends string | null>(t: T, max: number): T {
  return (
    t === null
      ? null
      : propre(t)
          .slice(0, max)
          .replace(/[\ud800-\udbff]$/, '')
  ) as T;
}

export const attributsCompacts = (attributs: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributs).map(([cle, v]) => [couper(cle, 60), couper(v, 200)]));

export function produitCompact(p: ProduitTrouve | ProduitLu): object {
  return {
    id_produit: p.id_produit,
    nom: couper(p.nom_produit, 200),
    categorie: couper(p.categorie_produit, 100),
    // With variants, their own prices and stocks are what counts.
    ...(p.variantes.length > 0 ? {} : { prix: p.prix_unitaire, stock: p.quantite_stock }),
    ...(p.variantes.length > 0
      ? {
          variantes: p.variantes.slice(0, 60).map((v) => ({
            id_variante: v.id_variante,
            attributs: attributsCompacts(v.attributs),
            prix: v.prix_unitaire,
            stock: v.quantite_stock,
          })),
        }
      : {}),
  };
}

export function panierCompact(p: PanierChiffre): object {
  return {
    lignes: p.lignes.map(
      ({
        id_produit: produit,
        id_variante: variante,
        libelle,
        quantite,
        prix_unitaire,
        montant,
        quantite_stock,
        probleme,
      }) => ({
        id_produit: produit,
        id_variante: variante,
        libelle,
        quantite,
        prix_unitaire,
        montant,
        ...(probleme === null ? {} : { probleme, quantite_stock }),
      }),
    ),
    montant_total: p.montant_total,
    mode: p.mode,
    adresse: p.adresse,
    frais_livraison: p.frais_livraison,
    date_livraison: p.date_livraison,
    montant_a_payer: p.montant_a_payer,
    nom: p.nom,
    // Its digits are of no use to who writes the reply.
    telephone: p.telephone === null ? null : 'connu',
    methode_paiement: p.methode_paiement,
    notes: p.notes,
    manque: p.manque,
    deja_recapitule: p.recapitule,
  };
}
