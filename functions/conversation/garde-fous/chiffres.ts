// The figures of one sentence and what it speaks of, with their places: read once, for whoever judges amounts or stock.

import { placesDesDates } from './dates.ts';
import type { FaitsConnus } from './faits.ts';
import { lireNombres, type Nombre } from './nombres.ts';
import {
  type Mention,
  type MentionLieu,
  mentionsDe,
  mentionsDeLieux,
  type Valeur,
  valeursDe,
} from './sujets.ts';

/** What the sentence before was about: "elle coûte …" speaks of that. */
export type Suite = { produits: ReadonlySet<number>; frais: boolean; total: boolean };

export type Chiffres = {
  phrase: string;
  nombres: Nombre[];
  mentions: Mention[];
  lieux: MentionLieu[];
  valeurs: Valeur[];
  /** Words that say what an amount is; `panier`: a total, or the price of something. */
  mots: { genre: 'frais' | 'total' | 'panier'; debut: number }[];
  suite: Suite;
  avant: Suite;
  dit: string;
  /** Inside the name of a product or a place, or a date. */
  occupees(debut: number): boolean;
};

const FRAIS =
  /\b(?:livr\w*|frais|deliver\w*|expedition|transport|shipping)\b(?! (?:comprise?s?|incluse?s?|included|offerte?s?))/g;
const TOTAL =
  /\b(?:total\w*|a payer|payer|payez|paierez|en tout|au final|tout compris|to pay|pay|altogether|sum)\b/g;
const PANIER = /\b(?:montant|ensemble|soit|commandes?|order|panier|basket|cart|facture)\b|=/g;

export function chiffresDe(
  phrase: string,
  casse: string,
  faits: FaitsConnus,
  avant: Suite,
  dit: string,
): Chiffres {
  const mentions = mentionsDe(phrase, faits.produits);
  const lieux = mentionsDeLieux(phrase, faits);
  const dates = placesDesDates(phrase);
  const dans = (places: { debut: number; fin: number }[]) => (i: number) =>
    places.some((p) => i >= p.debut && i < p.fin);
  const nomme = dans([...mentions, ...lieux]);
  const date = dans(dates);
  // The digits of a name or of a day belong to no other number.
  const nombres = lireNombres(effacer(phrase, [...mentions, ...lieux, ...dates]));
  const produits = mentions.length > 0 ? new Set(mentions.flatMap((m) => [...m.ids])) : avant.produits;
  // "6 mois" may be a size, of clothes for babies.
  const pris = dans(nombres.filter((n) => n.genre !== 'nu' && n.genre !== 'duree'));
  const sujets = [...(produits.size > 0 ? produits : faits.produits.keys())].flatMap(
    (id) => faits.produits.get(id) ?? [],
  );
  const valeurs = valeursDe(phrase, casse, sujets, (i) => nomme(i) || date(i) || pris(i));
  const mots = [
    ...[...phrase.matchAll(FRAIS)].map((t) => ({ genre: 'frais' as const, debut: t.index })),
    ...[...phrase.matchAll(TOTAL)].map((t) => ({ genre: 'total' as const, debut: t.index })),
    ...[...phrase.matchAll(PANIER)].map((t) => ({ genre: 'panier' as const, debut: t.index })),
  ];
  const propre = mentions.length + lieux.length + mots.length > 0;
  const suite = propre
    ? {
        // A total or a fee in between does not change what is talked about.
        produits: mentions.length > 0 ? produits : avant.produits,
        frais: lieux.length > 0 || mots.some((m) => m.genre === 'frais'),
        total: mots.some((m) => m.genre !== 'frais'),
      }
    : avant;
  return {
    phrase,
    nombres,
    mentions,
    lieux,
    valeurs,
    mots,
    suite,
    avant,
    dit,
    occupees: (i) => nomme(i) || date(i),
  };
}

function effacer(phrase: string, places: readonly { debut: number; fin: number }[]): string {
  let reste = phrase;
  for (const { debut, fin } of places)
    reste = reste.slice(0, debut) + '¤'.repeat(fin - debut) + reste.slice(fin);
  return reste;
}
