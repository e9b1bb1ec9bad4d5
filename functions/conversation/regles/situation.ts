// What is known before deciding: which product is spoken of, what is asked of it, and what that changes.
// Everything is looked up in the catalogue here; the rules of decision.ts only read it.
import type { Boutique, Contexte, Outils, ProduitTrouve } from '../modele-ia.ts';
import { correspond, type Demande, lireDemande } from './attributs.ts';
import type { Faits, Intention } from './faits.ts';
import type { Lecture } from './lecture.ts';
import type { Memoire } from './memoire.ts';
import { type Mot, normaliser } from './mots.ts';
import type { Question } from './questions.ts';
import { type Sujet, trouverSujet } from './sujet.ts';

export type Situation = {
  contexte: Contexte;
  lu: Lecture;
  faits: Faits;
  avant: Memoire;
  /** What will be remembered; filled while deciding. */
  memoire: Memoire;
  sujet: Sujet;
  demande: Demande;
  outils: Outils;
  premiere: boolean;
  /** Asked once, and only when it is needed. */
  boutique(): Promise<Boutique>;
};

/** Looks up what is spoken of and merges what is asked now into what was asked before. */
export async function situer(
  contexte: Contexte,
  lu: Lecture,
  avant: Memoire,
  premiere: boolean,
  outils: Outils,
): Promise<Situation> {
  const { faits, choisi } = lu;
  let sujet = await trouverSujet(lu, avant, outils);
  let demande = lireDemande(faits.mots, sujet.produits, sujet.mots);
  if (sujet.produits.length === 0 && faits.mots.some((mot) => mot.nombre !== null || mot.texte.length < 4)) {
    // "Vous avez du 38 ?" before any product: read against the whole catalogue.
    const catalogue = await outils.chercherProduits('');
    const numerotes = parTaille(faits.mots, catalogue);
    const noms = new Set(numerotes.flatMap((p) => normaliser(p.nom_produit).split(' ')));
    const lue = lireDemande(faits.mots, numerotes.length > 0 ? numerotes : catalogue, noms);
    const dits = Object.keys(lue.attributs).length + Object.keys(lue.inconnus).length;
    if (numerotes.length > 0 && !chercheAutreChose(faits, lue.utilises)) {
      demande = lue;
      sujet = { produits: numerotes, origine: 'nomme', distincts: false, mots: noms, score: 1 };
    } else if (dits > 0 && !chercheAutreChose(faits, lue.utilises)) {
      demande = lue;
      sujet = { produits: catalogue, origine: 'categorie', distincts: false, mots: new Set(), score: 0 };
    }
  }
  const [seul] = sujet.produits;
  if (choisi?.quoi === 'variante') {
    const variante = seul?.variantes.find((v) => v.id_variante === choisi.id);
    if (variante) demande.attributs = { ...variante.attributs };
  }
  if (choisi?.quoi === 'valeur') demande.attributs = { [choisi.cle]: choisi.valeur };
  const change =
    avant.produit !== null && !(sujet.produits.length === 1 && seul?.id_produit === avant.produit.id);
  // The person's size stays when the product changes; colour, quantity and the rest do not.
  const garde = change
    ? Object.entries(avant.attributs).filter(([cle]) => estTaille(cle))
    : Object.entries(avant.attributs);
  const attributs = { ...Object.fromEntries(garde), ...demande.attributs };
  for (const cle of Object.keys(demande.inconnus)) delete attributs[cle];
  if (demande.choix) delete attributs[demande.choix.cle];
  const filtres =
    sujet.distincts || Object.keys(attributs).length === 0
      ? []
      : sujet.produits.filter((p) => enStockPour(p, attributs));
  if (sujet.produits.length > 1 && filtres.length > 0) sujet = { ...sujet, produits: filtres };
  // The "2" that points at the second of a list counts nothing.
  const rangDit =
    avant.question?.sur === 'produit' && sujet.origine === 'memoire' && faits.rangChoisi !== null;
  if (rangDit && demande.quantite === (faits.rangChoisi ?? 0) + 1) demande.quantite = null;
  // The "13" of an iPhone 13 counts nothing either.
  const nue = faits.mots.filter((mot) => mot.nombre !== null).every((mot) => mot.marque === null);
  if (
    seul &&
    sujet.produits.length === 1 &&
    nue &&
    demande.quantite !== null &&
    sujet.origine === 'memoire'
  ) {
    if (normaliser(seul.nom_produit).split(' ').includes(String(demande.quantite))) demande.quantite = null;
  }
  // "ok 420 c'est bon" repeats a price of 420 000.
  const prixDits = sujet.produits.flatMap((p) => [
    p.prix_unitaire,
    ...p.variantes.map((v) => v.prix_unitaire),
  ]);
  const compte = demande.quantite;
  if (
    nue &&
    compte !== null &&
    compte >= 50 &&
    sujet.origine === 'memoire' &&
    prixDits.some((p) => p === compte * 1000 || p === compte)
  )
    demande.quantite = null;
  const quantite = demande.quantite ?? (change ? null : avant.quantite);
  const memoire: Memoire = { ...avant, attributs, quantite, question: null, echecs: 0 };
  if (sujet.produits.length > 0) {
    const [unique] = sujet.produits;
    const un = sujet.produits.length === 1 && unique !== undefined;
    memoire.produit = un ? { id: unique.id_produit, nom: unique.nom_produit } : null;
    memoire.recherche = un ? null : sujet.origine === 'memoire' ? avant.recherche : [...sujet.mots].join(' ');
  }
  const montre = /^(?:voir|prendre)$/.test(avant.question?.sur ?? '');
  if (change && montre && avant.produit && sujet.origine === 'nomme' && sujet.produits.length === 1)
    memoire.vus = [
      ...avant.vus,
      { produit: avant.produit.id, attributs: avant.attributs, quantite: avant.quantite },
    ].slice(-4);
  // Who looks at something else takes back no word about what he took; a narrower choice keeps the wish.
  if (change && sujet.produits.length === 1 && sujet.origine !== 'memoire') memoire.veut = false;
  let boutique: Promise<Boutique> | null = null;
  return {
    contexte,
    lu,
    faits,
    avant,
    memoire,
    sujet,
    demande,
    outils,
    premiere,
    boutique() {
      boutique ??= outils.lireBoutique();
      return boutique;
    },
  };
}

/** "3 paquets taille 4": products whose names have that size. */
function parTaille(mots: Mot[], catalogue: ProduitTrouve[]): ProduitTrouve[] {
  const dites = mots.flatMap((mot, rang) =>
    mot.nombre !== null && mot.marque?.genre === 'attribut' ? [`${mots[rang - 1]?.texte} ${mot.texte}`] : [],
  );
  return catalogue.filter((p) => dites.some((d) => ` ${normaliser(p.nom_produit)} `.includes(` ${d} `)));
}

export const dit = (s: Situation, intention: Intention): boolean => s.faits.intentions.has(intention);
export const demandeSur = (s: Situation, question: Question): boolean => s.lu.questions.has(question);
export const devise = (s: Situation): string => s.contexte.vendeur.devise;

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
  const designe =
    rangChoisi !== null ||
    s.lu.choisi?.quoi === 'produit' ||
    intentions.has('moinsCher') ||
    intentions.has('plusCher') ||
    intentions.has('oui');
  return (
    designe &&
    s.avant.question?.sur === 'produit' &&
    s.sujet.origine === 'memoire' &&
    s.sujet.produits.length === 1
  );
}

/** "vous avez des sacs ?" asks for something; "combien ?" only asks of what. */
export function chercheAutreChose(faits: Faits, connus: ReadonlySet<Mot> = new Set()): boolean {
  const determinant = /^(?:un|une|des|du|les?|la|de|vos|votre|ces?|cette|avez)$/;
  const creux =
    /^(?:prix|tailles?|pointures?|couleurs?|paires?|modeles?|articles?|produits?|choses?|trucs?|stock|autres?|meme)$/;
  return faits.mots.some(
    (mot, rang) =>
      mot.texte.length > 2 &&
      mot.nombre === null &&
      !connus.has(mot) &&
      !creux.test(mot.texte) &&
      determinant.test(faits.mots[rang - 1]?.texte ?? ''),
  );
}

const CHANGEMENT =
  /\b(?:plutot|finalement|en fait|enlev\w*|retir\w*|supprim\w*|r?ajout\w*|chang\w*|remplac\w*|modifi\w*|echang\w*|doubl\w*|au lieu|a la place|tromp\w*|sauf|de (?:plus|moins)|en plus|l autre|les autres|(?:je )?(?:ne )?(?:veux|prends) (?:plus|pas))\b/;
const PEUT_ETRE =
  /\b(?:mais|non|nn|nan|pas|sans|avec|moins|aussi|encore|seulement|juste|celle?s?|celui|ceux|meme|chaque|taille|pointure|couleur|x{0,3}[sl]|m|\d+|une?|deux|trois|quatre|cinq|six)\b/;

/** May these words ask for something else than what was summed up? A guess on the safe side: what it costs is one question. */
export function veutChanger(s: Situation): boolean {
  const { lu, demande, sujet } = s;
  if (lu.choisi !== null || lu.avis === 'oui' || lu.avis === 'attendre' || lu.messages.length === 0)
    return false;
  if (lu.questions.has('injection') || lu.questions.has('insulte')) return false;
  const phrase = lu.phrase.replace(/\bpas (?:de |d )?(?:probleme|souci|pb)s?\b|\bnon merci\b/g, ' ');
  if (CHANGEMENT.test(phrase)) return true;
  if (phrase.includes('?')) return false;
  return sujet.origine === 'nomme' || Object.keys(demande.attributs).length > 0 || PEUT_ETRE.test(phrase);
}

/** Another article, size or colour than the one that was proposed. */
export function produitChange(s: Situation): boolean {
  const { avant, memoire } = s;
  return (
    memoire.produit?.id !== avant.produit?.id ||
    Object.keys(s.demande.inconnus).length > 0 ||
    Object.entries(memoire.attributs).some(([cle, valeur]) => avant.attributs[cle] !== valeur)
  );
}
