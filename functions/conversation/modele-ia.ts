// The port between a conversation and whoever answers it: Gemini or the built-in French rules engine.
// Engines get facts and tools, and return words and intentions; figures only ever come from the tools (SQL), and what a
// reply changes (basket, order, …) is kept by its tools and happens with the reply, in one transaction, or not at all.

/** One message of the exchange, as the engine may see it. */
export type MessageDialogue = {
  id_message: number;
  direction: 'entrant' | 'sortant';
  /** true when an engine wrote it, false for the prospect and for the vendor's own words. */
  genere_par_ia: boolean;
  /** Type as stored (`texte`, `image`, `audio`, …); `texte` and `interactif` have words to read, `audio` those that were heard, if any. */
  type_message: string;
  texte: string;
  /** The id of the button or of the line of a list that was tapped, null for words. */
  choix: string | null;
  /** A shared position, null for everything else. */
  position: Position | null;
  le: string;
};

export type Position = { latitude: number; longitude: number; nom: string | null; adresse: string | null };

/** What the rules engine remembers between two replies (`prive.reponses.memoire`), opaque to SQL and to other engines. */
export type MemoireDialogue = Record<string, unknown>;

export type Etape = 'accueil' | 'qualification' | 'recapitulatif' | 'confirmee' | 'abandon';

export type MethodePaiement =
  | 'paiement_livraison'
  | 'orange_money'
  | 'mtn_money'
  | 'wave'
  | 'virement_bancaire';

export type Contexte = {
  vendeur: { nom_entreprise: string | null; devise: string; consignes_ia: string | null };
  prospect: { nom_complet: string | null; telephone: string | null };
  /** Already answered or sent messages, oldest first, at most 20. */
  historique: MessageDialogue[];
  /** Unanswered messages of the prospect, oldest first, at least one. */
  nouveaux: MessageDialogue[];
  memoire: MemoireDialogue;
  /** Priced now. */
  panier: PanierChiffre;
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

export type ProduitLu = Omit<ProduitTrouve, 'score' | 'mots'> & {
  description_produit: string | null;
  /** Of the product itself, such as `{ "matiere": "cuir" }`. */
  attributs: Record<string, string>;
  /** How many photos `envoyerPhoto` can send. */
  photos: number;
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

// ── basket ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type LignePanier = LigneChiffree & {
  nom_produit: string;
  attributs: Record<string, string>;
  /** Why this line cannot be ordered as it stands; `epuise` and `insuffisant` by today's stock. */
  probleme: 'epuise' | 'insuffisant' | 'retire' | 'variante_requise' | null;
};

/**
 * What an order still needs, in the order in which one asks. `article`: nothing is chosen, or a line has a problem; `frais`: the vendor has
 * no fee for that place.
 */
export type Manque = 'article' | 'adresse' | 'frais' | 'nom' | 'telephone' | 'paiement';

export type PanierChiffre = {
  lignes: LignePanier[];
  nombre_articles: number;
  /** Sum of the lines. */
  montant_total: number;
  /** `livraison` to an address or `retrait` at the shop; null: not said yet. */
  mode: 'livraison' | 'retrait' | null;
  /** Where it goes, as the prospect said it, landmark included: "Yopougon Maroc, derrière la pharmacie". */
  adresse: string | null;
  /** A position he shared. */
  position: { latitude: number; longitude: number } | null;
  /** As the vendor's delivery zone or the known commune is called; null: not recognised. */
  commune: string | null;
  /** null: not known (no address, or a place the vendor has no fee for); 0 for `retrait`. */
  frais_livraison: number | null;
  /** "demain samedi 21 novembre"; null when not known. */
  date_livraison: string | null;
  /** montant_total + frais_livraison; null as long as the fee is not known. */
  montant_a_payer: number | null;
  nom: string | null;
  telephone: string | null;
  methode_paiement: MethodePaiement | null;
  notes: string | null;
  manque: Manque[];
  /** Of everything that is agreed by a "oui"; changes with any amount, line or place. */
  empreinte: string;
  /** The prospect was shown exactly this (`recapituler`) in an earlier reply and may confirm it. */
  recapitule: boolean;
};

/** One change of the basket; quantities are absolute, so that doing it twice is doing it once. */
export type ChangementPanier =
  /** Sets the quantity of one article (1..10000), adding the line if it is new. */
  | { action: 'mettre'; id_produit: number; id_variante: number | null; quantite: number }
  | { action: 'retirer'; id_produit: number; id_variante: number | null }
  | { action: 'vider' }
  /** Only what is given changes; `adresse` implies `mode: "livraison"`. */
  | {
      action: 'completer';
      nom?: string;
      telephone?: string;
      mode?: 'livraison' | 'retrait';
      adresse?: string;
      position?: { latitude: number; longitude: number };
      methode_paiement?: MethodePaiement;
      notes?: string;
    };

/**
 * `refus`: nothing changed, and why. article_introuvable, variante_requise, quantite_invalide, stock_insuffisant (with what is left),
 * panier_plein (20 lines), montant_trop_grand, telephone_invalide, adresse_trop_longue, retrait_impossible, methode_refusee, changement_invalide.
 */
export type IssuePanier = { panier: PanierChiffre; refus: { code: string; phrase: string } | null };

export type Livraison = {
  /** false: the vendor has no fee for this place (or none at all): a person must say it. */
  connue: boolean;
  /** As the vendor's zone is called, or the commune that was recognised without a zone; null: no place was recognised. */
  commune: string | null;
  frais: number | null;
  /** "demain samedi 21 novembre", in the vendor's days and hours; null when not known. */
  date: string | null;
};

// ── orders, shop ────────────────────────────────────────────────────────────────────────────────────────────────

export type CommandeLue = {
  id_commande: number;
  numero_commande: string;
  statut_commande: string;
  statut_livraison: string | null;
  statut_paiement: string;
  montant_total: number;
  frais_livraison: number;
  montant_a_payer: number;
  lignes: { libelle: string; quantite: number; prix_unitaire: number; prix_total_ligne: number }[];
  adresse_livraison: string | null;
  /** "samedi 21 novembre"; null when none is planned. */
  date_livraison: string | null;
  livreur: string | null;
  /** en_attente or confirmee, and no courier has it: the prospect may call it off himself. */
  annulable: boolean;
  le: string;
};

export type Boutique = {
  nom_entreprise: string | null;
  adresse: string | null;
  retrait_possible: boolean;
  moyens_paiement: MethodePaiement[];
  /** "lundi : 08:00-18:00", in the order of the week; empty when the vendor gave none. */
  horaires: string[];
  /** By those hours, now; null when there are none. */
  ouverte: boolean | null;
  /** What the vendor says on a theme: `retour`, `garantie`, `authenticite`, `paiement`, `livraison`, or any he added. */
  politiques: Record<string, string>;
  /** Where he delivers, with the fee, cheapest first, at most 30. */
  zones: { nom: string; frais: number; delai: string }[];
};

/**
 * The engine's tools. Each is an rpc of the schema `service`, bound to one conversation and so to one vendor and one prospect.
 * One set belongs to one attempt at one reply: those that change something change a working copy, and what they did is done
 * when the reply is recorded (`Effets`). None throws because of what was asked; a database that fails does.
 */
export type Outils = {
  /** Products of this vendor named by the words of a text, best first, at most 8; an empty text lists the catalogue. */
  chercherProduits(texte: string): Promise<ProduitTrouve[]>;
  /** One product in full; null when it is no active product of this vendor. */
  lireProduit(idProduit: number): Promise<ProduitLu | null>;
  /** Price and availability of a quantity of one product or variant; null when it is no (active) product of this vendor. */
  chiffrerLigne(
    idProduit: number,
    idVariante: number | null,
    quantite: number,
  ): Promise<LigneChiffree | null>;
  /** The basket as it is after the changes of this attempt. */
  panier(): PanierChiffre;
  modifierPanier(changement: ChangementPanier): Promise<IssuePanier>;
  /** Fee and day for a place in the prospect's words; "" asks about nowhere in particular (connue only when all places cost the same). */
  estimerLivraison(lieu: string): Promise<Livraison>;
  /** This reply shows the whole basket and asks for a yes: from then on it can be confirmed. false: something is missing (`panier().manque`) or cannot be had. */
  recapituler(): boolean;
  /**
   * The prospect said yes to the summary he was shown: the order is made with this reply. Its number stands in the text as
   * NUMERO_COMMANDE. Refused (and nothing will be ordered): pas_recapitule (never shown, or changed since), incomplet, stock_insuffisant.
   */
  confirmerCommande(): Promise<{ refus: string | null; panier: PanierChiffre }>;
  /** This prospect's orders at this vendor, newest first, at most 5. */
  lireCommandes(): Promise<CommandeLue[]>;
  /** Calls an order off with this reply; refused: commande_introuvable, non_annulable. */
  annulerCommande(idCommande: number): Promise<{ refus: string | null }>;
  lireBoutique(): Promise<Boutique>;
  /** Photos of a product go out before the text of this reply, at most 3; how many there are. */
  envoyerPhoto(idProduit: number): Promise<number>;
  /** The prospect is told by himself when this is back in stock. false: it is no product or variant of this vendor, or in stock now. */
  prevenirRetour(idProduit: number, idVariante: number | null): Promise<boolean>;
  /** He wants no more messages that he did not ask for. */
  desabonner(): void;
  /** Forgets all that this attempt has changed: another engine begins anew. */
  recommencer(): void;
};

/** Stands for the number of the order that is made with the reply; SQL writes the number. */
export const NUMERO_COMMANDE = '{{numero_commande}}';

/** What the tools of one attempt did, for the transaction that records the reply. */
export type Effets = {
  /** The basket to keep (SQL's own raw form); null: unchanged. */
  panier: Record<string, unknown> | null;
  recapituler: boolean;
  /** With `recapituler`: of the basket whose summary is shown; one that has moved since is not stored as shown. */
  empreinte?: string;
  confirmer: boolean;
  annuler: number | null;
  photos: number[];
  prevenir_retour: { id_produit: number; id_variante: number | null }[];
  desabonner: boolean;
};

export type Choix = { id: string; titre: string; description?: string };

export type Reponse = {
  texte: string;
  /** At most 3, titles of at most 20 characters: shown as buttons under the text. */
  boutons?: Choix[];
  /** At most 10 lines, titles of at most 24 and descriptions of at most 72 characters: shown as a list under the text. */
  liste?: { bouton: string; lignes: Choix[] };
  memoire: MemoireDialogue;
  etape: Etape;
  /** 0..1, kept in `messages.score_confiance_ia`. */
  confiance: number;
  /** Kept in `messages.modele_ia`, such as `regles-fr-2`. */
  modele: string;
  /** Why a person must take over (a short French paragraph for the vendor: who, what, how far), or null. The text is then the last one the AI says. */
  passerLaMain: string | null;
};

/** Whose reply it is and until when it may take: for engines that cost time and money. */
export type Echange = {
  id_conversation: number;
  id_utilisateur: string;
  /** ms since 1970; whoever cannot speak by then leaves it to the built-in engine. */
  echeance: number;
};

export type ModeleIA = { repondre(contexte: Contexte, outils: Outils, echange?: Echange): Promise<Reponse> };
