// What the rules engine remembers between two replies, read back without trusting what was stored.
// Prices and stock are never remembered: they are asked again each time. What is chosen lies in the basket, not here.
import type { MemoireDialogue } from '../modele-ia.ts';

export const VERSION = 2;

/** The last question asked, so that "oui", "non", "38" or "le premier" can be understood. */
export type Question =
  /** Does he want to see the article that was proposed, or to order it? */
  | { sur: 'voir' | 'prendre' }
  /** Does he take what is left of it? */
  | { sur: 'reste' }
  | { sur: 'attribut'; cle: string }
  | { sur: 'produit'; choix: number[] }
  /** Shall he be told when it is back? */
  | { sur: 'prevenir' }
  | { sur: 'adresse' | 'commune' | 'nom' | 'telephone' | 'paiement' }
  /** The summary was shown: yes makes the order. */
  | { sur: 'confirmer' }
  /** Does he take all of these, as they were priced? */
  | { sur: 'lignes'; lignes: EnAttente[] }
  /** What shall be changed? */
  | { sur: 'changer' }
  /** Shall a colleague be asked about delivery to `lieu`? */
  | { sur: 'collegue'; lieu: string }
  /** Shall this order really be called off? */
  | { sur: 'annuler'; commande: number };

export type EnAttente = { produit: number; attributs: Record<string, string>; quantite: number | null };

export type Article = { produit: number; variante: number | null };

export type Memoire = {
  version: number;
  salue: boolean;
  produit: { id: number; nom: string } | null;
  /** Words that name several products, as long as none is chosen. */
  recherche: string | null;
  attributs: Record<string, string>;
  quantite: number | null;
  /** He said that he takes the article in discussion; it goes into the basket once its size is known. */
  veut: boolean;
  /** Articles said in the same breath, whose turn comes after this one. */
  attente: EnAttente[];
  /** What was proposed before the article in discussion, and neither taken nor refused: "les deux". */
  vus: EnAttente[];
  /** What was last put into the basket: "finalement 2" is said of it. */
  derniere: Article | null;
  /** What he asked for and is sold out. */
  rupture: Article | null;
  /** A place he asked about before he ordered. */
  lieu: string | null;
  question: Question | null;
  /** How many replies in a row did not understand. */
  echecs: number;
  insultes: number;
  /** He seems to have asked for a change of what was summed up, and nothing was changed: a yes needs a new summary. */
  doute: boolean;
};

export function memoireVide(): Memoire {
  return {
    version: VERSION,
    salue: false,
    produit: null,
    recherche: null,
    attributs: {},
    quantite: null,
    veut: false,
    attente: [],
    vus: [],
    derniere: null,
    rupture: null,
    lieu: null,
    question: null,
    echecs: 0,
    insultes: 0,
    doute: false,
  };
}

/** The memory of another version is forgotten, but for the greeting. */
export function lireMemoire(brute: MemoireDialogue): Memoire {
  if (brute.version !== VERSION) return { ...memoireVide(), salue: brute.salue === true };
  const produit = objet(brute.produit);
  return {
    version: VERSION,
    salue: brute.salue === true,
    produit:
      estId(produit.id) && typeof produit.nom === 'string'
        ? { id: produit.id, nom: produit.nom.slice(0, 200) }
        : null,
    recherche: texte(brute.recherche),
    attributs: lireAttributs(brute.attributs),
    quantite: lireQuantite(brute.quantite),
    veut: brute.veut === true,
    attente: (Array.isArray(brute.attente) ? brute.attente : []).slice(0, 10).flatMap(lireAttente),
    vus: (Array.isArray(brute.vus) ? brute.vus : []).slice(0, 4).flatMap(lireAttente),
    derniere: lireArticle(brute.derniere),
    rupture: lireArticle(brute.rupture),
    lieu: texte(brute.lieu),
    question: lireQuestion(objet(brute.question)),
    echecs: compteur(brute.echecs),
    insultes: compteur(brute.insultes),
    doute: brute.doute === true,
  };
}

const SIMPLES = [
  'voir',
  'prendre',
  'reste',
  'prevenir',
  'adresse',
  'commune',
  'nom',
  'telephone',
  'paiement',
  'confirmer',
  'changer',
] as const;

function lireQuestion(question: Record<string, unknown>): Question | null {
  const { sur, cle, choix, commande, lieu } = question;
  const simple = SIMPLES.find((s) => s === sur);
  if (simple) return { sur: simple };
  if (sur === 'attribut' && typeof cle === 'string') return { sur, cle: cle.slice(0, 100) };
  if (sur === 'annuler' && estId(commande)) return { sur, commande };
  if (sur === 'collegue' && typeof lieu === 'string') return { sur, lieu: lieu.slice(0, 200) };
  if (sur === 'lignes' && Array.isArray(question.lignes))
    return { sur, lignes: question.lignes.slice(0, 10).flatMap(lireAttente) };
  if (sur === 'produit' && Array.isArray(choix)) return { sur, choix: choix.filter(estId).slice(0, 10) };
  return null;
}

function lireAttente(brut: unknown): EnAttente[] {
  const { produit, attributs, quantite } = objet(brut);
  return estId(produit)
    ? [{ produit, attributs: lireAttributs(attributs), quantite: lireQuantite(quantite) }]
    : [];
}

function lireArticle(brut: unknown): Article | null {
  const { produit, variante } = objet(brut);
  return estId(produit) ? { produit, variante: estId(variante) ? variante : null } : null;
}

function lireAttributs(brut: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objet(brut))
      .filter((e): e is [string, string] => typeof e[1] === 'string')
      .slice(0, 20),
  );
}

function lireQuantite(brut: unknown): number | null {
  return typeof brut === 'number' && Number.isInteger(brut) && brut >= 1 && brut <= 10_000 ? brut : null;
}

function compteur(brut: unknown): number {
  return typeof brut === 'number' && brut > 0 ? Math.min(Math.trunc(brut), 9) : 0;
}

function estId(brut: unknown): brut is number {
  return typeof brut === 'number' && Number.isSafeInteger(brut) && brut > 0;
}

function texte(brut: unknown): string | null {
  return typeof brut === 'string' ? brut.slice(0, 200) : null;
}

function objet(valeur: unknown): Record<string, unknown> {
  return typeof valeur === 'object' && valeur !== null && !Array.isArray(valeur)
    ? Object.fromEntries(Object.entries(valeur))
    : {};
}
