// What a decision is, and the ways to end one: an answer, a person who takes over, "I did not understand".
import type { Contexte, PanierChiffre } from '../modele-ia.ts';
import type { Interactif } from './interactif.ts';
import { listeProduits } from './interactif.ts';
import type { Memoire } from './memoire.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { devise, type Situation } from './situation.ts';

export type Decision = {
  texte: string;
  /** See `confiance` in moteur-regles.ts. */
  confiance: number;
  passerLaMain: string | null;
  interactif: Interactif;
  memoire: Memoire;
  /** He gave up what he had chosen. */
  abandon?: boolean;
};

export const CONFIANCE = { sure: 0.95, choix: 0.6, incompris: 0.2 } as const;

export function repondre(
  s: Situation,
  texte: string,
  confiance: number = CONFIANCE.sure,
  interactif: Interactif = {},
): Decision {
  return { texte, confiance, passerLaMain: null, interactif, memoire: s.memoire };
}

export function precede(intro: string, decision: Decision): Decision {
  if (intro.trim() === '') return decision;
  // What has lines of its own stands on lines of its own.
  const lien = intro.includes('\n') || decision.texte.includes('\n') ? '\n' : ' ';
  // Two notes in one reply are one.
  const suite = /^C'est noté :/.test(intro.trim())
    ? decision.texte.replace(/^C'est noté :/, 'Et aussi :')
    : decision.texte;
  return { ...decision, texte: `${intro.trim()}${lien}${suite}`.trim() };
}

/** Full confidence for a name said in full, half for a product that was hardly named. */
export function confianceDuSujet(s: Situation): number {
  return s.sujet.origine === 'categorie'
    ? CONFIANCE.choix
    : Math.min(CONFIANCE.sure, 0.5 + s.sujet.score / 2);
}

/** `quoi`: why, as a sentence that begins with who: "demande à parler à une personne". */
export function passer(
  s: Situation,
  quoi: string,
  texte: string = PHRASES.collegue,
  confiance: number = CONFIANCE.sure,
): Decision {
  return { texte, confiance, passerLaMain: resumer(s, quoi), interactif: {}, memoire: s.memoire };
}

/** One paragraph for the vendor: who, what he wants, what he had chosen, where it goes, what was settled. */
function resumer(s: Situation, quoi: string): string {
  const panier = s.outils.panier();
  const { produit, attributs, quantite } = s.memoire;
  const parle =
    produit && !panier.lignes.some((l) => l.id_produit === produit.id)
      ? `${dire.article({ nom_produit: produit.nom }, attributs)}${quantite ? `, quantité ${quantite}` : ''}`
      : '';
  const phrases = [`${qui(s.contexte, panier)} ${quoi}${parle ? ` (${parle})` : ''}.`];
  if (panier.lignes.length > 0) phrases.push(vente.panierPourLeVendeur(panier, devise(s)));
  return phrases.join(' ');
}

function qui(contexte: Contexte, panier: PanierChiffre): string {
  const connu = panier.nom ?? contexte.prospect.nom_complet;
  return connu?.replace(/\s+/g, ' ').trim().slice(0, 80) || 'Le prospect';
}

/** The first time it says what it can do, the second a person takes over. */
export async function nePasComprendre(s: Situation): Promise<Decision> {
  s.memoire.echecs = s.avant.echecs + 1;
  s.memoire.question = s.avant.question;
  if (s.memoire.echecs >= 2) {
    return passer(
      s,
      "a écrit deux fois sans que l'assistant comprenne",
      PHRASES.collegueIncompris,
      CONFIANCE.incompris,
    );
  }
  if (s.avant.question !== null || s.outils.panier().lignes.length > 0)
    return repondre(s, PHRASES.reformuler, CONFIANCE.incompris);
  const produits = await s.outils.chercherProduits('');
  return repondre(s, PHRASES.reformuler, CONFIANCE.incompris, listeProduits(produits, devise(s)));
}
