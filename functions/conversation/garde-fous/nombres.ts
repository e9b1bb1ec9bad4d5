// The numbers of a reply, however they are written ("45.000", "45k", "45 mille", "quarante-cinq mille"), and what their unit says they are.

import { plier } from './texte.ts';

export type Nombre = {
  debut: number;
  /** After its unit. */
  fin: number;
  valeur: number;
  genre: 'montant' | 'pourcent' | 'duree' | 'heure' | 'nu';
  /** As written, unit included. */
  brut: string;
};

const MOTS_FR: Record<string, number> = {
  zero: 0,
  un: 1,
  une: 1,
  deux: 2,
  trois: 3,
  quatre: 4,
  cinq: 5,
  six: 6,
  sept: 7,
  huit: 8,
  neuf: 9,
  dix: 10,
  onze: 11,
  douze: 12,
  treize: 13,
  quatorze: 14,
  quinze: 15,
  seize: 16,
  vingt: 20,
  vingts: 20,
  trente: 30,
  quarante: 40,
  cinquante: 50,
  soixante: 60,
  septante: 70,
  nonante: 90,
  dizaine: 10,
  dizaines: 10,
  douzaine: 12,
  douzaines: 12,
  quinzaine: 15,
  vingtaine: 20,
  trentaine: 30,
  cinquantaine: 50,
  centaine: 100,
  centaines: 100,
};
const MOTS_EN: Record<string, number> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};
const PETITS: Record<string, number> = { ...MOTS_EN, ...MOTS_FR };
/** "deux dizaines" */
const COLLECTIF = /(?:aine|aines)$/;
const CENT = new Set(['cent', 'cents', 'hundred']);
const GRANDS: Record<string, number> = {
  mille: 1e3,
  milles: 1e3,
  mil: 1e3,
  thousand: 1e3,
  million: 1e6,
  millions: 1e6,
  milliard: 1e9,
};

const MOT_NOMBRE = [...Object.keys(PETITS), ...CENT, ...Object.keys(GRANDS)]
  .sort((a, b) => b.length - a.length)
  .join('|');
const SUITE_DE_MOTS = new RegExp(
  `(?<![a-z0-9'])(?:${MOT_NOMBRE})(?:(?:[ -]+(?:et[ -]+|and[ -]+)?)(?:${MOT_NOMBRE}))*(?![a-z0-9])`,
  'g',
);
const CHIFFRES =
  /(?<![\d])\d{1,3}(?:[ .,'_·|]\d{3})+(?![\d])(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?/g;
const MULTIPLE = /^ ?(k|mille?s?|mil|thousand|millions?|m)(?![a-z0-9])/;
const MONNAIE =
  /^ ?(?:f ?\.? ?cfa|fcfa|f\.?c\.?f\.?a\.?|frs?|francs?(?: ?cfa)?|cfa|f|xof|xaf|eur|euros?|€|\$|dollars?|usd|£|balles?|barres?|nairas?|cedis?)(?![a-z0-9])/;
const DUREE =
  /^ ?-?(?:jours?|journees?|heures?|semaines?|mois|minutes?|mins?|mn|ans?|annees?|days?|hours?|hrs?|weeks?|months?|years?)(?![a-z0-9])/;
const HEURE = /^(?: ?h(?: ?[0-5]\d)?|:[0-5]\d)(?![a-z0-9])/;

/** "5000 mAh" is no amount. */
const MESURE =
  /^ ?(?:mah|wh|go|gb|mo|mb|to|tb|ml|cl|l|litres?|kg|g|gr|grammes?|w|watts?|v|volts?|pouces?|inch(?:es)?|cm|mm|km|m|metres?|mp|mpx|hz|px|btu|tours|pages|feuilles)(?![a-z0-9])/;

const PRIX_AVANT =
  /\b(?:est|sont|c'est|revient|donne|passe|propose|vaut|coute(?:nt)?|fait|font) a $|\b(?:coute(?:nt)?|vaut|valent) $|\bprix\b[^.!?\n]{0,60}[:=] ?$/;
const FIN_DE_PRIX = /^ ?(?:$|[.!?,;\n]|seulement|juste|pour vous|only|\p{Extended_Pictographic})/u;

function enMots(mots: string[]): number {
  let total = 0;
  let courant = 0;
  for (const mot of mots) {
    const grand = GRANDS[mot];
    if (grand !== undefined) {
      total += Math.max(courant, 1) * grand;
      courant = 0;
    } else if (CENT.has(mot)) courant = Math.max(courant, 1) * 100;
    else if (COLLECTIF.test(mot)) courant = Math.max(courant, 1) * (PETITS[mot] ?? 1);
    // quatre-vingts
    else if (/^vingts?$/.test(mot) && courant % 100 === 4) courant += 76;
    else courant += PETITS[mot] ?? 0;
  }
  return total + courant;
}

function enChiffres(brut: string): number {
  const groupes = /^(\d{1,3}(?:[ .,'_·|]\d{3})+)(?:[.,](\d{1,2}))?$/.exec(brut);
  if (groupes) return Number(`${(groupes[1] ?? '').replace(/\D/g, '')}.${groupes[2] ?? '0'}`);
  return Number(brut.replace(',', '.'));
}

/** `texte` folded, lower case. Alone, "un" and "une" are articles and "neuf" is new. */
export function lireNombres(texte: string): Nombre[] {
  const bruts: { debut: number; fin: number; valeur: number; ecrit: boolean }[] = [];
  for (const t of texte.matchAll(CHIFFRES)) {
    bruts.push({ debut: t.index, fin: t.index + t[0].length, valeur: enChiffres(t[0]), ecrit: false });
  }
  for (const t of texte.matchAll(SUITE_DE_MOTS)) {
    const mots = t[0].split(/[ -]+/).filter((m) => m !== 'et' && m !== 'and');
    // "45 mille" belongs to its figure
    if (mots.length === 1 && GRANDS[mots[0] ?? ''] && /\d ?$/.test(texte.slice(0, t.index))) continue;
    bruts.push({ debut: t.index, fin: t.index + t[0].length, valeur: enMots(mots), ecrit: true });
  }
  bruts.sort((a, b) => a.debut - b.debut);
  const lus: Nombre[] = [];
  for (const b of bruts) {
    // "18 h 30" is one hour, its 30 no number of its own.
    if (b.debut < (lus.at(-1)?.fin ?? 0)) continue;
    lus.push(...classer(texte, b));
  }
  return etendre(texte, lus);
}

function classer(texte: string, b: { debut: number; fin: number; valeur: number; ecrit: boolean }): Nombre[] {
  let { fin, valeur } = b;
  let multiplie = b.ecrit && valeur >= 100;
  const apres = () => texte.slice(fin);
  const multiple = MULTIPLE.exec(apres());
  if (multiple && !(multiple[1] === 'm' && !MONNAIE.test(apres().slice(multiple[0].length)))) {
    valeur *= /^m(?:illions?)?$/.test(multiple[1] ?? '') ? 1e6 : 1e3;
    fin += multiple[0].length;
    multiplie = true;
  }
  const nombre = (genre: Nombre['genre'], unite = ''): Nombre[] => [
    {
      debut: b.debut,
      fin: fin + unite.length,
      valeur,
      genre,
      brut: texte.slice(b.debut, fin + unite.length),
    },
  ];
  const unite = (forme: RegExp) => forme.exec(apres())?.[0];
  const monnaie = unite(MONNAIE);
  if (monnaie !== undefined) return nombre('montant', monnaie);
  const avant = texte.slice(0, b.debut);
  if (/(?:€|\$|£|fcfa|cfa|xof) ?$/.test(avant)) return nombre('montant');
  // "je vous la fais à quarante": thousands are left unsaid
  if (/\b(?:fais|faire|laisse|laisser|cede|vends?) a $/.test(avant)) return nombre('montant');
  const pourcent = unite(/^ ?(?:%|pour ?cents?\b|percent\b)/);
  if (pourcent !== undefined) return nombre('pourcent', pourcent);
  const duree = unite(DUREE);
  if (duree !== undefined) return nombre('duree', duree);
  if (b.ecrit && /^(?:un|une|one|neuf|six)$/.test(texte.slice(b.debut, b.fin))) return [];
  const heure = b.ecrit ? undefined : unite(HEURE);
  if (heure !== undefined && valeur <= 72) return nombre('heure', heure);
  if (multiplie && /^ ?mercis?\b/.test(apres())) return [];
  if (MESURE.test(apres())) return nombre('nu');
  // "elle est à 40": what stands there is a price, its thousands unsaid
  if (valeur > 0 && PRIX_AVANT.test(avant) && FIN_DE_PRIX.test(apres())) return nombre('montant');
  return nombre(multiplie || valeur >= 1000 ? 'montant' : 'nu');
}

/** "de 30 à 45 mille": the first one is an amount as well. */
function etendre(texte: string, nombres: Nombre[]): Nombre[] {
  return nombres.map((n, i) => {
    const suivant = nombres[i + 1];
    if (n.genre !== 'nu' || suivant?.genre !== 'montant') return n;
    if (!/^ ?(?:a|ou|et|-|to|or|and) ?$/.test(texte.slice(n.fin, suivant.debut))) return n;
    if (!/(?:k|mille?s?|thousand)\b/.test(suivant.brut)) return n;
    return { ...n, genre: 'montant', valeur: n.valeur * 1000 };
  });
}

/** Whether an amount stands in a text, however its thousands are set apart. */
export function nomme(texte: string, montant: number): boolean {
  return new RegExp(`(?<!\\d)${montant}(?!\\d)`).test(plier(texte).replace(/(?<=\d)[ .,'](?=\d{3})/g, ''));
}
