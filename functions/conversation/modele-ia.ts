// The port between a conversation and whoever answers it: Gemini or the built-in French rules engine.
// Engines get facts and tools, and return words and intentions; figures only ever come from the tools (SQL).

/** One message of the exchange, as the engine may see it. */
export type MessageDialogue = {
  id_message: number;
  direction: 'entrant' | 'sortant';
  /** true when an engine wrote it, false for the prospect and for the vendor's own words. */
  genere_par_ia: boolean;
  /** Type as stored (`texte`, `image`, `audio`, …); `texte` and `interactif` have words to read, `audio` those that were heard, if any. */
  type_message: string;
  texte: string;
  le: string;
};

/** What the dialogue remembers between two replies; kept in `conversations.panier`, opaque to SQL. */
export type MemoireDialogue = Record<string, unknown>;

export type Etape = 'accueil' | 'qualification' | 'recapitulatif' | 'confirmee' | 'abandon';

export type Contexte = {
  vendeur: { nom_entreprise: string | null; devise: string; consignes_ia: string | null };
  prospect: { nom_complet: string | null };
  /** Already answered or sent messages, oldest first, at most 20. */
  historique: MessageDialogue[];
  /** Unanswered messages of the prospect, oldest first, at least one. */
  nouveaux: MessageDialogue[];
  memoire: MemoireDialogue;
  etape: Etape;
};

export type VarianteTrouvee = {
  id_variante: number;
  /** Such as `{ "pointure": "38", "couleur": "noir" }`. */
  attributs: Record<string, string>;
  /** Already resolved: the variant's own price or the product's. In the vendor's currency. */
  prix_unitaire: number;
  quantite_stock: number;
};

export type ProduitTrouve = {
  id_produit: number;
  nom_produit: string;
  categorie_produit: string | null;
  prix_unitaire: number;
  quantite_stock: number;
  /** 0..1, how well the words of the text name this product. */
  score: number;
  /** The words of the text that named it (normalised: lower case, no accents). */
  mots: string[];
  /** Active variants in a stable, human order (sizes by number); empty when the product has none. */
  variantes: VarianteTrouvee[];
};

export type LigneChiffree = {
  id_produit: number;
  id_variante: number | null;
  /** What is sold, such as `Nike Air Max 90 (38)`. */
  libelle: string;
  quantite: number;
  prix_unitaire: number;
  montant: number;
  quantite_stock: number;
  disponible: boolean;
};

/** The engine's tools; each one is an rpc of the schema `service`, bound to one conversation and so to one vendor. */
export type Outils = {
  /** Products of this vendor named by the words of a text, best first, at most 8; an empty text lists the catalogue. */
  chercherProduits(texte: string): Promise<ProduitTrouve[]>;
  /** Price and availability of a quantity of one product or variant; null when it is no (active) product of this vendor. */
  chiffrerLigne(
    idProduit: number,
    idVariante: number | null,
    quantite: number,
  ): Promise<LigneChiffree | null>;
};

export type Reponse = {
  texte: string;
  memoire: MemoireDialogue;
  etape: Etape;
  /** 0..1, kept in `messages.score_confiance_ia`. */
  confiance: number;
  /** Kept in `messages.modele_ia`, such as `regles-fr-1`. */
  modele: string;
  /** Why a person must take over (one French sentence for the vendor), or null. The text is then the last one the AI says. */
  passerLaMain: string | null;
};

export type ModeleIA = { repondre(contexte: Contexte, outils: Outils): Promise<Reponse> };
