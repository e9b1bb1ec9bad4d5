// What is known before deciding: which product is spoken of, what is asked of it, and what that changes.
// Everything is looked up in the catalogue here; the rules of regles-decision.ts only read it.
import type { Contexte, Outils, ProduitTrouve } from './modele-ia.ts';
import { correspond, type Demande, lireDemande } from './regles-attributs.ts';
import type { Faits } from './regles-faits.ts';
import type { Memoire } from './regles-memoire.ts';
import { normaliser } from './regles-mots.ts';
import { type Sujet, trouverSujet } from './regles-sujet.ts';

export type Situation = {
  contexte: Contexte;
  faits: Faits;
  avant: Memoire;
  /** What will be remembered; filled while deciding. */
  memoire: Memoire;
  sujet: Sujet;
  demande: Demande;
  outils: Outils;
  premiere: boolean;
};

/** Looks up what is spoken of and merges what is asked now into what was asked before. */
export async function situer(
  contexte: Contexte,
  faits: Faits,
  avant: Memoire,
  premiere: boolean,
  outils: Outils,
): Promise<Situation> {
  let sujet = await trouverSujet(faits, avant, outils);
  let demande = lireDemande(faits.mots, sujet.produits, sujet.mots);
  if (sujet.produits.length === 0 && faits.mots.some((mot) => mot.nombre !== null || mot.texte.length < 4)) {
    // "Vous avez du 38 ?" before any product: read against the whole catalogue.
    const catalogue = await outils.chercherProduits('');
    demande = lireDemande(faits.mots, catalogue, new Set());
    if (Object.keys(demande.attributs).length + Object.keys(demande.inconnus).length > 0) {
      sujet = { produits: catalogue, origine: 'categorie', distincts: false, mots: new Set(), score: 0 };
    }
  }
  const [seul] = sujet.produits;
  const change =
    avant.produit !== null && !(sujet.produits.length === 1 && seul?.id_produit === avant.produit.id);
  // The person's size stays when the product changes; colour, quantity and the rest do not.
  const garde = change
    ? Object.entries(avant.attributs).filter(([cle]) => estTaille(cle))
    : Object.entries(avant.attributs);
  const attributs = { ...Object.fromEntries(garde), ...demande.attributs };
  for (const cle of Object.keys(demande.inconnus)) delete attributs[cle];
  if (demande.choix) delete attributs[demande.choix.cle];
  const filtres = sujet.distincts ? [] : sujet.produits.filter((p) => enStockPour(p, attributs));
  if (sujet.produits.length > 1 && filtres.length > 0) sujet = { ...sujet, produits: filtres };
  // The "2" that points at the second of a list counts nothing.
  const rangDit =
    avant.question?.sur === 'produit' && sujet.origine === 'memoire' && faits.rangChoisi !== null;
  if (rangDit && demande.quantite === (faits.rangChoisi ?? 0) + 1) demande.quantite = null;
  const quantite = demande.quantite ?? (change ? null : avant.quantite);
  const memoire: Memoire = { ...avant, attributs, quantite, question: null, echecs: 0 };
  if (sujet.produits.length > 0) {
    const [unique] = sujet.produits;
    const un = sujet.produits.length === 1 && unique !== undefined;
    memoire.produit = un ? { id: unique.id_produit, nom: unique.nom_produit } : null;
    memoire.recherche = un ? null : sujet.origine === 'memoire' ? avant.recherche : [...sujet.mots].join(' ');
  }
  return { contexte, faits, avant, memoire, sujet, demande, outils, premiere };
}

function estTaille(cle: string): boolean {
  return /^(?:pointure|taille)$/.test(normaliser(cle));
}

function enStockPour(produit: ProduitTrouve, attributs: Record<string, string>): boolean {
  return produit.variantes.some(
    (v) =>
      v.quantite_stock > 0 &&
      Object.keys(attributs).every((cle) => v.attributs[cle] !== undefined) &&
      correspond(v, attributs),
  );
}

export function aChoisi(s: Situation): boolean {
  const { intentions, rangChoisi } = s.faits;
  const designe = rangChoisi !== null || intentions.has('moinsCher') || intentions.has('oui');
  return (
    designe &&
    s.avant.question?.sur === 'produit' &&
    s.sujet.origine === 'memoire' &&
    s.sujet.produits.length === 1
  );
}

/** "vous avez des sacs ?" asks for something; "combien ?" only asks of what. */
export function chercheAutreChose(faits: Faits): boolean {
  const determinant = /^(?:un|une|des|du|les?|la|de|vos|votre|ces?|cette|avez)$/;
  return faits.mots.some(
    (mot, rang) =>
      mot.texte.length > 2 &&
      !/^prix$/.test(mot.texte) &&
      determinant.test(faits.mots[rang - 1]?.texte ?? ''),
  );
}

export function produitChange(s: Situation): boolean {
  const { avant, memoire } = s;
  return (
    memoire.produit?.id !== avant.produit?.id ||
    Object.keys(s.demande.inconnus).length > 0 ||
    Object.entries(memoire.attributs).some(([cle, valeur]) => avant.attributs[cle] !== valeur)
  );
}
