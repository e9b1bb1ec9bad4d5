// A reply as the guardrails read it: one spelling of letters and digits, sentences, clauses, and which clauses deny something.
// Works on any language; what it knows of words is French and English.

const ZERO_ECRIT = /(?<=\d[\d .,]*)[oO]+(?![a-zA-Z])/g;

/** Without accents, hidden characters and strange digits; case is kept. */
export function aplatir(texte: string): string {
  return (
    texte
      .normalize('NFKC')
      .replace(/\p{Nd}/gu, chiffre)
      .normalize('NFD')
      .replace(/[\p{M}\p{Cf}]/gu, '')
      .replace(/[’‘`´ʼ]/g, "'")
      .replace(/[œŒ]/g, 'oe')
      .replace(/[æÆ]/g, 'ae')
      .replace(/[^\S\n]/g, ' ')
      // WhatsApp's bold: "**40** **000**"
      .replace(/(?<![\w)])[*~]+|[*~]+(?![\w(])/g, '')
      // "45 OOO" and "4 5 0 0 0" are figures too
      .replace(ZERO_ECRIT, (o) => '0'.repeat(o.length))
      .replace(/(?<!\d)\d(?: \d){3,}(?!\d)/g, (suite) => suite.replaceAll(' ', ''))
  );
}

function chiffre(c: string): string {
  const code = c.codePointAt(0) ?? 48;
  if (code < 128) return c;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}

/** Lower case too: for comparing words. */
export function plier(texte: string): string {
  return aplatir(texte).toLowerCase();
}

/** A word without its plural and its feminine, roughly: noire → noir, baskets → basket, blanche → blanc. */
export function radical(mot: string): string {
  if (mot.length < 4) return mot;
  return mot
    .replace(/(?:e?s|x)$/, '')
    .replace(/(?<=blan|fran|se)che$/, 'c')
    .replace(/(?<=...)e$/, '');
}

export function radicaux(texte: string): Set<string> {
  const mots = new Set<string>();
  for (const [mot] of plier(texte).matchAll(/[a-z0-9]+/g)) {
    mots.add(mot);
    mots.add(radical(mot));
  }
  return mots;
}

/** Sentences and lines. A full stop inside a number ends nothing. */
export function phrases(texte: string): string[] {
  return texte
    .split(/(?<=[!?…\n])|(?<=\.)(?=\s|$)|;/)
    .map((p) => p.trim())
    .filter((p) => p !== '');
}

/** Where one clause may deny what another affirms. */
const COUPE =
  /(?:,|:|\(|\)|\s[-–—]\s)(?!\d)|\b(?:mais|par contre|en revanche|cependant|toutefois|sinon|but|however|though|sauf|except|hormis)\b/;

export type Proposition = { debut: number; fin: number; texte: string; niee: boolean };

/** The clauses of a sentence (lower case), with their places in it. */
export function propositions(phrase: string): Proposition[] {
  const trouvees: Proposition[] = [];
  let debut = 0;
  const prendre = (fin: number) => {
    const texte = phrase.slice(debut, fin);
    if (/\S/.test(texte)) trouvees.push({ debut, fin, texte, niee: nie(texte) });
    debut = fin;
  };
  for (const coupe of phrase.matchAll(new RegExp(COUPE, 'g'))) prendre(coupe.index);
  prendre(phrase.length);
  return trouvees;
}

/** What looks like a denial and is none. */
const IDIOMES = new RegExp(
  [
    "n'hesit\\w+ (?:donc |surtout )?pas",
    'ne (?:manqu|tard|ratez|rat)\\w* pas',
    'ne vous (?:inquiet|en fait)\\w* pas',
    'pas seulement',
    'pourquoi pas',
    "(?:pas|sans|aucun) (?:de |d'|le moindre )?(?:souci|probleme|stress|doute)s?",
    'no (?:problem|worries|doubt)',
    'not only',
    'why not',
    "don't (?:hesitate|worry|miss)",
    "n'est[- ]ce pas",
    'pas cher\\w*',
    'pas mal',
    'sans (?:tarder|attendre|hesit\\w+)',
    "j'espere que non",
  ].join('|'),
  'g',
);
/** "il ne reste que 2" affirms. */
const RESTRICTION = /\bn(?:e |')((?:nous |vous |m'|lui |leur )?(?:en )?\w+) (?:plus )?(?:que|qu')/g;
const NEGATION =
  /\b(?:pas|aucune?s?|jamais|ni|sans|sauf|hormis|non|not|no|none|never|neither|nor|without|except|cannot|malheureusement|desole[es]?|sorry|unfortunately)\b|n't\b|\bn(?:e |')\w+(?: \w+)? plus\b|\bplus (?:de|du|d'|en stock|dispo\w*)|\b(?:epuise\w*|rupture|indisponibles?|sold out|out of stock|unavailable)\b/;

export function sansIdiomes(proposition: string): string {
  return proposition.replace(IDIOMES, ' ').replace(RESTRICTION, ' $1 ');
}

export function nie(proposition: string): boolean {
  return NEGATION.test(sansIdiomes(proposition));
}

/** Says of something that it is there, to be had, or in the basket. */
const AFFIRME =
  /\b(?:avons|avions|j'ai|on a|ont|proposons|propose|vend(?:ons|s)|dispos(?:ons|e)|disponibles?|dispo|en stock|voici|voila|existe(?:nt)?|reste(?:nt)?|cout(?:e|ent|ons)|ajoute\w*|mis|panier|commande|recommande|conseille|livrons|on livre|livre partout|trouverez|trouve|adorer\w*|parfait\w*|en promotion|we have|i have|we sell|we offer|available|in stock|added|here (?:is|are)|costs?|basket|cart|order|deliver|recommend)\b|\boui\b|\byes\b|\d ?(?:f|fcfa|cfa|francs?|xof|€)\b/;

export function affirme(phrase: string): boolean {
  return AFFIRME.test(phrase);
}

/** Whole words of `partie`, one after the other, in `tout` (both folded). */
export function contient(tout: string, partie: string): boolean {
  if (partie === '') return false;
  return new RegExp(`(?<![a-z0-9])${echapper(partie)}(?![a-z0-9])`).test(tout);
}

export function echapper(texte: string): string {
  return texte.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
