// What an engine may speak of in one reply: the results of its tools and the priced basket, each figure with what it belongs to.
// The guardrails know nothing else; what the prospect wrote is never a fact.
import type {
  Boutique,
  CommandeLue,
  Contexte,
  LigneChiffree,
  Livraison,
  PanierChiffre,
  ProduitLu,
  ProduitTrouve,
} from '../modele-ia.ts';

export type FaitVariante = { attributs: Record<string, string>; prix: number; stock: number };

export type FaitProduit = {
  nom: string;
  prix: number[];
  stock: number;
  variantes: Map<number, FaitVariante>;
  /** Amounts of several pieces at once, for one variant or (null) for the product. */
  lignes: { id_variante: number | null; quantite: number; montant: number; disponible: boolean }[];
  /** Category, description, attributes: words that may be said of it. */
  textes: string[];
};

/** A place the tools spoke of: `mots` are its zone's name or its commune. */
export type FaitLieu = { mots: string; frais: number };

export type GenreDate = 'livraison' | 'horaires' | 'texte';

export type FaitsConnus = {
  produits: Map<number, FaitProduit>;
  panier: PanierChiffre;
  lieux: FaitLieu[];
  /** As the tools wrote them: "demain samedi 21 novembre", "lundi : 08:00-18:00", "sous 2 jours". */
  dates: { texte: string; genre: GenreDate }[];
  commandes: CommandeLue[];
  /** Words of the vendor's own that may be repeated, figures included: policies, address, descriptions. */
  textes: string[];
  nomBoutique: string;
  /** Names of people and places, some of them as the prospect or the model wrote them: they make no goods known. */
  noms: string[];
  telephones: string[];
  /** What the reply does besides speaking. */
  faits: {
    confirme: boolean;
    recapitule: boolean;
    annule: boolean;
    photo: boolean;
    prevenu: boolean;
    main: boolean;
    desabonne: boolean;
  };
  /** The instruction: not to be recited. */
  consigne: string;
  /** The vendor's own instruction: its proper names may be said ("je suis Awa"), its goods and figures may not. */
  consignesVendeur: string;
};

export function creerFaits(contexte: Contexte, consigne = ''): FaitsConnus {
  const { vendeur, prospect } = contexte;
  const faits: FaitsConnus = {
    produits: new Map(),
    panier: contexte.panier,
    lieux: [],
    dates: [],
    commandes: [],
    textes: [],
    nomBoutique: vendeur.nom_entreprise ?? '',
    noms: prospect.nom_complet === null ? [] : [prospect.nom_complet],
    telephones: prospect.telephone === null ? [] : [prospect.telephone],
    faits: {
      confirme: false,
      recapitule: false,
      annule: false,
      photo: false,
      prevenu: false,
      main: false,
      desabonne: false,
    },
    consigne,
    consignesVendeur: vendeur.consignes_ia ?? '',
  };
  noterPanier(faits, contexte.panier);
  return faits;
}

function produit(faits: FaitsConnus, id: number, nom: string): FaitProduit {
  const connu = faits.produits.get(id);
  if (connu) return connu;
  const nouveau: FaitProduit = { nom, prix: [], stock: 0, variantes: new Map(), lignes: [], textes: [] };
  faits.produits.set(id, nouveau);
  return nouveau;
}

export function noterProduit(faits: FaitsConnus, lu: ProduitTrouve | ProduitLu): void {
  const p = produit(faits, lu.id_produit, lu.nom_produit);
  p.variantes = new Map(
    lu.variantes.map((v) => [
      v.id_variante,
      { attributs: v.attributs, prix: v.prix_unitaire, stock: v.quantite_stock },
    ]),
  );
  // With variants, theirs is the price one pays and theirs the stock.
  p.prix = lu.variantes.length > 0 ? lu.variantes.map((v) => v.prix_unitaire) : [lu.prix_unitaire];
  p.stock =
    lu.variantes.length > 0
      ? lu.variantes.reduce((somme, v) => somme + v.quantite_stock, 0)
      : lu.quantite_stock;
  if (lu.categorie_produit) p.textes.push(lu.categorie_produit);
  if ('attributs' in lu) {
    p.textes.push(...Object.entries(lu.attributs).flat());
    if (lu.description_produit) p.textes.push(lu.description_produit);
  }
}

export function noterLigne(faits: FaitsConnus, ligne: LigneChiffree, nom: string | null): void {
  const connu = faits.produits.has(ligne.id_produit);
  const p = produit(faits, ligne.id_produit, nom ?? ligne.libelle);
  if (!connu) {
    p.stock = ligne.quantite_stock;
    p.prix = [ligne.prix_unitaire];
  }
  const { id_variante, quantite, montant, disponible } = ligne;
  p.lignes.push({ id_variante, quantite, montant, disponible });
}

export function noterPanier(faits: FaitsConnus, panier: PanierChiffre): void {
  faits.panier = panier;
  // What several pieces cost before the change is not what they cost now.
  for (const p of faits.produits.values()) p.lignes = [];
  for (const l of panier.lignes) {
    const connu = faits.produits.has(l.id_produit);
    const p = produit(faits, l.id_produit, l.nom_produit);
    if (l.id_variante !== null && !p.variantes.has(l.id_variante)) {
      p.variantes.set(l.id_variante, {
        attributs: l.attributs,
        prix: l.prix_unitaire,
        stock: l.quantite_stock,
      });
      p.stock += l.quantite_stock;
      p.prix.push(l.prix_unitaire);
    } else if (!connu) {
      p.stock = l.quantite_stock;
      p.prix.push(l.prix_unitaire);
    }
    noterLigne(faits, l, l.nom_produit);
  }
  if (panier.date_livraison !== null) faits.dates.push({ texte: panier.date_livraison, genre: 'livraison' });
  if (panier.commune !== null && panier.frais_livraison !== null)
    faits.lieux.push({ mots: panier.commune, frais: panier.frais_livraison });
  for (const mots of [panier.adresse, panier.nom, panier.commune]) if (mots) faits.noms.push(mots);
  if (panier.notes) faits.noms.push(panier.notes);
  if (panier.telephone) faits.telephones.push(panier.telephone);
}

export function noterLivraison(faits: FaitsConnus, lieu: string, l: Livraison): void {
  if (l.commune !== null) faits.noms.push(l.commune);
  if (!l.connue || l.frais === null) return;
  // The place in his own words is known as soon as it has a fee.
  faits.noms.push(lieu);
  faits.lieux.push({ mots: l.commune ?? lieu, frais: l.frais });
  if (l.date !== null) faits.dates.push({ texte: l.date, genre: 'livraison' });
}

export function noterBoutique(faits: FaitsConnus, b: Boutique): void {
  if (b.adresse) faits.textes.push(b.adresse);
  for (const h of b.horaires) faits.dates.push({ texte: h, genre: 'horaires' });
  for (const [theme, texte] of Object.entries(b.politiques)) {
    faits.textes.push(`${theme} : ${texte}`);
    faits.dates.push({ texte, genre: theme === 'livraison' ? 'livraison' : 'texte' });
  }
  for (const z of b.zones) {
    faits.noms.push(z.nom);
    faits.lieux.push({ mots: z.nom, frais: z.frais });
    faits.dates.push({ texte: z.delai, genre: 'livraison' });
  }
}

export function noterCommandes(faits: FaitsConnus, commandes: CommandeLue[]): void {
  faits.commandes = commandes;
  for (const c of commandes) {
    if (c.livreur) faits.noms.push(c.livreur);
    if (c.adresse_livraison) faits.noms.push(c.adresse_livraison);
    if (c.date_livraison) faits.dates.push({ texte: c.date_livraison, genre: 'livraison' });
    faits.textes.push(...c.lignes.map((l) => l.libelle));
  }
}
