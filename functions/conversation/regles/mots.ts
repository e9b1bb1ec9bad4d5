// Turns what a prospect typed into words, once: lower case, no accents, numbers told from amounts and phone numbers.
// Everything after this works on these words and never on the raw text.

/** What the words around a number say it is. */
export type Marque =
  | { genre: 'quantite' }
  /** "pointure 38": certainly a size; `cle` is the attribute that was named. */
  | { genre: 'attribut'; cle: string }
  /** "du 38", "le 42": a size or a model, never a quantity. */
  | { genre: 'faible' }
  /** "2 jours", "à 20": a number about something else, unless the catalogue has "6 mois". */
  | { genre: 'hors' };

export type Mot = {
  texte: string;
  nombre: number | null;
  marque: Marque | null;
  /** The "j" of "j'ai": never a size. */
  elide: boolean;
  majuscule: boolean;
  /** Rank of its message; -1 for words kept from before. */
  message: number;
};

const NOMBRES: Record<string, number> = {
  deux: 2,
  trois: 3,
  quatre: 4,
  cinq: 5,
  six: 6,
  sept: 7,
  huit: 8,
  dix: 10,
  dizaine: 10,
  quinzaine: 15,
  vingtaine: 20,
  onze: 11,
  douze: 12,
  douzaine: 12,
  quinze: 15,
  vingt: 20,
};
const UNITES =
  /^(?:paires?|pieces?|pcs?|exemplaires?|unites?|articles?|fois|boites?|cartons?|lots?|paquets?)$/;
const HORS = /^(?:jours?|semaines?|mois|ans?|annees?|heures?|minutes?|min|km|personnes?|enfants?|eme|e|er)$/;
const CLES = /^(?:pointures?|tailles?|couleurs?|capacites?|formats?|longueurs?|largeurs?|numero|size)$/;
const UNITES_ECRITES = ['', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf'];
const LONGUEUR_LUE = 4096;

/** One spelling for what people write in many: no accents, no hidden characters, simple apostrophes. */
export function nettoyer(texte: string): string {
  return texte
    .slice(0, LONGUEUR_LUE)
    .replace(/[👍👌✅🆗]/gu, ' oui ')
    .replace(/[👎❌]/gu, ' non ')
    .replace(/🙏/gu, ' merci ')
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .replace(/[’‘`´]/g, "'")
    .replace(/[œŒ]/g, 'oe')
    .replace(/[æÆ]/g, 'ae');
}

/** Lower case, no accents, one space between words: as prive.normaliser writes it. */
export function normaliser(texte: string): string {
  return nettoyer(texte)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

/** Numbers that are no size and no quantity leave the text: links, phones, dates, times, percentages. */
function sansNombresEtrangers(texte: string): string {
  return texte
    .replace(/https?:\/\/\S{1,500}/gi, ' ')
    .replace(/(?:\+|\b0)\d[\d .-]{6,20}\d/g, ' ')
    .replace(/\d{8,}/g, ' ')
    .replace(/\b(?:0?[1-9]|[12]\d|3[01])\/(?:0?[1-9]|1[0-2])(?:\/\d{2,4})?\b/g, ' ')
    .replace(/\b\d{1,2} ?h(?:\d{2})?\b/gi, ' ')
    .replace(/\d{1,3} ?%/g, ' ');
}

/** An amount a prospect writes is his opinion: it becomes the word "fcfa" and its figures are forgotten. */
function sansMontants(texte: string): string {
  return texte
    .replace(
      /\b\d{1,3}(?:[ .]\d{3})*[ .][05]00(?!\w)(?! ?(?:paires?|pieces?|exemplaires?|unites?))/gi,
      ' fcfa ',
    )
    .replace(/\b\d{1,9} ?(?:f|frs?|francs?|f ?cfa|cfa|xof|eur|euros?|mille|k|€|\$)(?![a-z0-9])/gi, ' fcfa ')
    .replace(/\b\d{2,5}00\b(?! ?(?:paires?|pieces?|exemplaires?|unites?))/gi, ' fcfa ');
}

/** Sizes written in words, half sizes, and words stuck to their number: "trente-huit", "38 et demi", "nike40". */
function enChiffres(texte: string): string {
  return texte
    .replace(
      /\b(trente|quarante)(?:[ -](?:et[ -])?(un|deux|trois|quatre|cinq|six|sept|huit|neuf))?\b/gi,
      (_, dizaine: string, unite = '') =>
        `${dizaine.toLowerCase() === 'trente' ? 3 : 4}${UNITES_ECRITES.indexOf(unite.toLowerCase())}`,
    )
    .replace(/\b(\d{2}) et demie?\b/gi, '$1,5')
    .replace(/\bdemi[ -]douzaine\b/gi, 'six')
    .replace(/\b([a-z]{4,})(\d{1,3})\b/gi, '$1 $2');
}

function lireNombre(brut: string): { nombre: number; quantite: boolean; cle: string | null } | null {
  if (/^\d{1,4}(?:[.,]\d)?$/.test(brut)) {
    return { nombre: Number(brut.replace(',', '.')), quantite: false, cle: null };
  }
  const collee = /^x(\d{1,4})$|^(\d{1,4})(?:x|paires?|pieces?|pcs?)$/.exec(brut);
  if (collee) return { nombre: Number(collee[1] ?? collee[2]), quantite: true, cle: null };
  const taille = /^[tp](\d{2})$/.exec(brut);
  if (taille) return { nombre: Number(taille[1]), quantite: false, cle: 'taille' };
  const ecrit = NOMBRES[brut];
  return ecrit === undefined ? null : { nombre: ecrit, quantite: true, cle: null };
}

/** The words of one message, at most 300, with its numbers marked by their neighbours. */
export function decouper(texte: string, message: number): Mot[] {
  const propre = sansMontants(sansNombresEtrangers(enChiffres(nettoyer(texte))));
  const mots: Mot[] = [];
  for (const trouve of propre.matchAll(/[A-Za-z0-9]+(?:(?<=\d)[.,]\d(?!\d))?/g)) {
    const brut = trouve[0];
    const bas = brut.toLowerCase();
    const lu = lireNombre(bas);
    mots.push({
      texte: bas,
      nombre: lu?.nombre ?? null,
      marque: lu?.quantite ? { genre: 'quantite' } : lu?.cle ? { genre: 'attribut', cle: lu.cle } : null,
      elide: brut.length <= 2 && propre[trouve.index + brut.length] === "'",
      majuscule: brut !== bas,
      message,
    });
    if (mots.length >= 300) break;
  }
  for (const [rang, mot] of mots.entries()) {
    const marque = marquer(mots, rang);
    if (marque) mot.marque = marque;
  }
  return mots;
}

/** The nearest sign wins: what stands after a number, then what stands before it. */
function marquer(mots: Mot[], rang: number): Marque | null {
  const mot = mots[rang];
  if (!mot) return null;
  const avant = mots[rang - 1]?.texte ?? '';
  const avantAvant = mots[rang - 2]?.texte ?? '';
  const apres = mots[rang + 1]?.texte ?? '';
  const apresApres = mots[rang + 2]?.texte ?? '';
  if (mot.texte === 'un' || mot.texte === 'une') {
    const compte =
      /^(?:seule?|paires?|pieces?|exemplaire|unite)$/.test(apres) ||
      (apres === '' && /^(?:veux|prends?|faut|voudrais)$/.test(avant));
    if (!compte) return null;
    mot.nombre = 1;
    return { genre: 'quantite' };
  }
  if (mot.nombre === null) return null;
  // "2 x nike", but "40 x 2".
  if (UNITES.test(apres) || (apres === 'x' && !/^\d/.test(apresApres))) return { genre: 'quantite' };
  if (HORS.test(apres) && mot.marque === null) return { genre: 'hors' };
  // "les deux" is both of them.
  if (avant === 'les' && apres === '' && mot.nombre <= 3) return { genre: 'faible' };
  if (apres === 'de' && CLES.test(apresApres)) return { genre: 'attribut', cle: singulier(apresApres) };
  const cle = CLES.test(avant)
    ? avant
    : /^(?:du|en|est|le|de|c|la|d)$/.test(avant) && CLES.test(avantAvant)
      ? avantAvant
      : '';
  if (cle && Number(/\d/.test(mot.texte))) return { genre: 'attribut', cle: singulier(cle) };
  if (mot.marque) return mot.marque;
  if (/^(?:x|quantites?|qte|seulement)$/.test(avant)) return { genre: 'quantite' };
  if (
    /^(?:en|n)$/.test(avantAvant) &&
    /^(?:veux|prends?|faut|voudrais|voudrai|prendrai|achete|aimerais|reste)$/.test(avant)
  ) {
    return { genre: 'quantite' };
  }
  // "mettez-en 2"
  if (
    avant === 'en' &&
    mot.nombre <= 12 &&
    /^(?:mettez|mets|met|donnez|donne|prenez|prends?|ajoute[rz]?|m|faut|veux|voudrais)$/.test(avantAvant)
  ) {
    return { genre: 'quantite' };
  }
  // "mets 4 casiers" counts, "je mets 38" is a size.
  if (/^(?:mets|mettez)$/.test(avant) && mot.nombre <= 12) return { genre: 'quantite' };
  if (/^(?:du|en|le|la|au|fais|chausse|mets|porte)$/.test(avant)) return { genre: 'faible' };
  if (/^(?:a|lieu)$/.test(avant) || (avant === 'de' && avantAvant === 'lieu')) return { genre: 'hors' };
  return null;
}

function singulier(mot: string): string {
  const seul = mot.replace(/s$/, '');
  return seul === 'numero' || seul === 'size' ? 'taille' : seul;
}

/** One letter wrong, missing, added or swapped, in a word long enough for it. */
export function uneFaute(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  if (i === 0) return false;
  const [ra, rb] = [a.slice(i), b.slice(i)];
  return (
    ra.slice(1) === rb.slice(1) ||
    ra.slice(1) === rb ||
    ra === rb.slice(1) ||
    (ra[0] === rb[1] && ra[1] === rb[0] && ra.slice(2) === rb.slice(2))
  );
}
