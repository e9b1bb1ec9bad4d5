// Takes pieces out of what was written, in the prospect's own spelling: patterns read a plain copy of the same length
// (no accents, lower case), so that what they find can be cut out of the original; what was taken is read no more.
import { normaliser } from './mots.ts';

export type Texte = {
  /** As written; messages stand one below the other. */
  readonly brut: string;
  /** Same length: lower case, no accents, apostrophes and hyphens as spaces. */
  readonly plat: string;
  /** The plain copy with a bar in the place of what was taken, `¦` of what was only set aside. */
  libre: string;
  /** Normalised words that were taken. */
  readonly pris: Set<string>;
};

export type Extrait = { debut: number; fin: number; groupes: (string | undefined)[]; texte: string };

const LONGUEUR_LUE = 4096;

export function ouvrir(messages: readonly string[]): Texte {
  const brut = messages
    .slice(-20)
    .map((m) =>
      m
        .normalize('NFC')
        .replace(/\p{Cf}|\uFE0F/gu, '')
        .replace(/[^\S\n]+/g, ' ')
        .trim(),
    )
    .join('\n')
    .slice(0, LONGUEUR_LUE);
  const plat = aplatir(brut);
  return { brut, plat, libre: plat, pris: new Set() };
}

/** The same length, so that what is found here can be cut out there. */
export function aplatir(brut: string): string {
  let plat = '';
  for (let i = 0; i < brut.length; i += 1) {
    const lettre = brut.charAt(i);
    const simple = lettre.normalize('NFKD').charAt(0).toLowerCase();
    plat += /['’‘`´\-–—|]/.test(lettre) ? ' ' : simple.length === 1 ? simple : lettre;
  }
  return plat;
}

/** The first place where the pattern stands in what is left. Needs no flags. */
export function trouver(t: Texte, motif: RegExp, depuis = 0): Extrait | null {
  const global = new RegExp(motif.source, 'g');
  global.lastIndex = depuis;
  const lu = global.exec(t.libre);
  if (!lu) return null;
  const fin = lu.index + lu[0].length;
  return { debut: lu.index, fin, groupes: [...lu], texte: nettoyerBords(t.brut.slice(lu.index, fin)) };
}

/** Takes a piece out; gives it back as it was written. */
export function prendre(t: Texte, debut: number, fin: number): string {
  t.libre = t.libre.slice(0, debut) + t.libre.slice(debut, fin).replace(/[^\n]/g, '|') + t.libre.slice(fin);
  for (const mot of normaliser(t.plat.slice(debut, fin)).split(' ')) if (mot !== '') t.pris.add(mot);
  return nettoyerBords(t.brut.slice(debut, fin));
}

/** Sets every place where the pattern stands aside: it ends a piece, and is still there for whoever reads `reste`. */
export function ecarter(t: Texte, motif: RegExp): void {
  for (let lu = trouver(t, motif); lu && lu.fin > lu.debut; lu = trouver(t, motif, lu.fin)) {
    ecarterDe(t, lu.debut, lu.fin);
  }
}

export function ecarterDe(t: Texte, debut: number, fin: number): void {
  const cache = t.libre.slice(debut, fin).replace(/[^\n|]/g, '¦');
  t.libre = t.libre.slice(0, debut) + cache + t.libre.slice(fin);
}

/** What is left between two places that end a thought: a comma, a full stop, a new line, or something taken. */
export function morceaux(t: Texte): { debut: number; fin: number }[] {
  const trouves: { debut: number; fin: number }[] = [];
  for (const lu of t.libre.matchAll(/(?:[^\n|¦,;!?.()]|(?<=\d)[.,](?=\d)|(?<=\b[a-z]{1,2})\.)+/g)) {
    if (/[a-z0-9]/.test(lu[0])) trouves.push({ debut: lu.index, fin: lu.index + lu[0].length });
  }
  return trouves;
}

/** What was written and not taken, message by message. */
export function reste(t: Texte): string[] {
  let brut = '';
  for (let i = 0; i < t.brut.length; i += 1) brut += t.libre.charAt(i) === '|' ? ' ' : t.brut.charAt(i);
  return brut
    .split('\n')
    .map((m) => m.replace(/ +/g, ' ').trim())
    .filter((m) => /[\p{L}\p{N}]/u.test(m));
}

/** A "livre de maths" is a thing to read and no delivery. */
export function sansLivres(plat: string): string {
  return plat.replace(
    /(?<!\b(?:me|nous|te|se|peux|peut|faut) )\b(un|le|les|des|du|ces?|mes|vos|mon|quels?|de|\d+|deux|trois|quatre|cinq|dix) livres?\b(?! (?:moi|nous|chez|a domicile))|^ *()livres? (?!(?:moi|nous|a|au|aux|sur|vers|chez|le|la|les|ca|cela|svp|plutot|demain|tout)\b)(?=[a-z])/g,
    (_, avant = '') => `${avant} ouvrage `,
  );
}

export function nettoyerBords(texte: string): string {
  return texte
    .replace(/\s+/g, ' ')
    .replace(/^[\s,;:.!?()-]+|[\s,;:!?(-]+$|\.+$/g, '')
    .trim();
}
