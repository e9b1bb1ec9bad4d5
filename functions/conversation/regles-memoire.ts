// What the rules engine remembers between two replies, read back without trusting what was stored.
// Prices and stock are never remembered: they are asked again each time.
import type { MemoireDialogue } from './modele-ia.ts';

/** The last question asked, so that "oui", "non", "38" or "le premier" can be understood. */
export type Question =
  | { sur: 'voir' }
  | { sur: 'reste' }
  | { sur: 'attribut'; cle: string }
  | { sur: 'produit'; choix: number[] };

export type Memoire = {
  salue: boolean;
  produit: { id: number; nom: string } | null;
  /** Words that name several products, as long as none is chosen. */
  recherche: string | null;
  attributs: Record<string, string>;
  quantite: number | null;
  question: Question | null;
  /** How many replies in a row did not understand. */
  echecs: number;
};

export function memoireVide(): Memoire {
  return {
    salue: false,
    produit: null,
    recherche: null,
    attributs: {},
    quantite: null,
    question: null,
    echecs: 0,
  };
}

export function lireMemoire(brute: MemoireDialogue): Memoire {
  const produit = objet(brute.produit);
  const quantite = brute.quantite;
  const echecs = brute.echecs;
  return {
    salue: brute.salue === true,
    produit:
      typeof produit.id === 'number' && typeof produit.nom === 'string'
        ? { id: produit.id, nom: produit.nom.slice(0, 200) }
        : null,
    recherche: typeof brute.recherche === 'string' ? brute.recherche.slice(0, 200) : null,
    attributs: Object.fromEntries(
      Object.entries(objet(brute.attributs)).filter((e): e is [string, string] => typeof e[1] === 'string'),
    ),
    quantite:
      typeof quantite === 'number' && Number.isInteger(quantite) && quantite >= 1 && quantite <= 10000
        ? quantite
        : null,
    question: lireQuestion(objet(brute.question)),
    echecs: typeof echecs === 'number' && echecs > 0 ? Math.min(Math.trunc(echecs), 9) : 0,
  };
}

function lireQuestion(question: Record<string, unknown>): Question | null {
  const { sur, cle, choix } = question;
  if (sur === 'voir' || sur === 'reste') return { sur };
  if (sur === 'attribut' && typeof cle === 'string') return { sur, cle };
  if (sur === 'produit' && Array.isArray(choix)) {
    return { sur, choix: choix.filter((id): id is number => typeof id === 'number').slice(0, 8) };
  }
  return null;
}

function objet(valeur: unknown): Record<string, unknown> {
  return typeof valeur === 'object' && valeur !== null ? Object.fromEntries(Object.entries(valeur)) : {};
}
