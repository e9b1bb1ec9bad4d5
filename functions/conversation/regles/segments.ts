// Cuts what was said into pieces that speak of one article each, and reads what each piece wants done: add, take out,
// put in the place of another. Products and sizes are not known here.
import { aplatir } from './extraits.ts';

export type ActionDite = 'ajouter' | 'retirer' | 'remplacer';

export type Segment = {
  texte: string;
  /** Rank of its message. */
  message: number;
  action: ActionDite;
  /** What is to be replaced, in words; null when it was not said. */
  auLieu: string | null;
  /** "non", "plutôt", "finalement": corrects what was said just before. */
  corrige: boolean;
  /** Asks (price, stock) and orders nothing. */
  interroge: boolean;
  /** Joined to the piece before by "et". */
  et: boolean;
  /** "encore 2", "ajoute": on top of what there is. */
  enPlus: boolean;
};

const COULEURS =
  'noire?s?|blanc(?:he)?s?|bleue?s?|vert(?:e)?s?|rouges?|jaunes?|roses?|grise?s?|beiges?|marrons?|oranges?|violett?e?s?|doree?s?|argentee?s?|bordeaux|kakis?';
const COUPE = new RegExp(
  [
    '\\n|[;!?]+|\\.(?!\\d)|(?<!\\d),|,(?!\\d)|,(?=\\d{2})| \\+ (?!\\d{6})| ?& ?',
    '\\b(?:et puis|et aussi|et en plus|ainsi que|et|puis|ensuite)\\b(?! demi)',
    '\\b(?:avec|plus)\\b (?=(?:aussi |encore )?(?:un|une|des|deux|trois|\\d+)\\b)',
    '\\bavec (?=(?:le|la|les) )',
    '(?=\\b(?:euh non|non|nn|plutot|finalement|pardon|en fait|mais plutot)\\b *[a-z0-9])',
    '(?=\\b(?:une?|\\d|deux|trois|quatre|cinq) (?:paires? |pieces? )?(?:de |par |pour )?(?:chaque|chacune?)\\b)',
    // "1 bleue 1 rouge", "taille 3 1 couche": another count begins.
    `(?<=[a-z0-9] )(?=(?:une?|[1-9]|deux|trois|quatre|cinq) (?:en )?(?:${COULEURS}) *(?:$|[^a-z ]|(?:une?|[1-9]|deux|trois|quatre|cinq)\\b|et\\b))`,
    '(?<=[a-z]{3,} (?:\\d|1\\d|\\d{3}) )(?=[1-9] [a-z]{3,})',
    '(?=\\b(?:r?ajoute[rz]?|enleve[rz]?|retire[rz]?|supprime[rz]?|remplace[rz]?|change[rz]?)\\b)',
  ].join('|'),
  'g',
);

const CORRIGE = /\b(?:euh non|non|nn|plutot|finalement|pardon|en fait|je (?:voulais|veux) dire|enfin)\b/;
const QUESTION =
  /\b(?:combien|cb|cmb|cmbien|conbien|prix|tarifs?|coute|dispo\w*|avez vous|vous avez|as tu|tu as|ya|y a|il y a|reste|restent|c est quoi|quelles? (?:tailles?|pointures?|couleurs?)|photos?|voir)\b/;
const RETIRE =
  /\b(?:enleve[rz]?|retire[rz]?|supprime[rz]?|ote[rz]?|annule[rz]?(?= (?:la|le|les|l|un|une|\d))|(?:je |j )?(?:ne |n )?(?:en )?(?:veux|prends?|prend) (?:plus|pas)(?: (?:de|d|des|du))?|laisse[rz]?(?: tomber)?(?= (?:la|le|les|l) )|sans(?= (?:la|le|les) )|plus besoin d[eu]|pas(?= (?:la|le|les) ))\b/;
const REMPLACE = /\b(?:remplace[rz]?|change[rz]?|echange[rz]?|modifie[rz]?)\b/;
const PAR = /\b(?:par|contre|pour|en|a)\b/g;
const AU_LIEU = /\b(?:au lieu|a la place|plutot que)(?: d[eu]s?| d)? ?/;
const EN_PLUS = /\b(?:encore|de plus|en plus|r?ajoute[rz]?|aussi|supplementaires?)\b/;
/** "mets 3" counts, "je mets du 38" is a size. */
const METS =
  /\b(?:mets|met|mettez|mettre)(?: (?:en|m'en|moi|m'))? *(?=(?:[1-9]|1[0-2]|un|une|deux|trois|quatre|cinq|six)(?![\d\p{L}]))/giu;
/** "npk 4 sacs urée 2 sacs": each count stands behind its article, as the last one shows. */
const NOM_PUIS_NOMBRE =
  /(?<=(?:^|\n)(?!(?:je|j|il|on|mets|donne|envoie|prends|prend|veux|ajoute|commande)\b)(?:\p{L}[\p{L}'-]* (?:[\p{L}'-]+ )?\d{1,3} \p{L}{3,} )*)(\p{L}[\p{L}'-]* (?:[\p{L}'-]+ )?\d{1,3} (?:sacs?|cartons?|paquets?|bo[iî]tes?|bouteilles?|bidons?|paires?|pi[eè]ces?|kilos?|litres?)) (?=\p{L}[\p{L}'-]* (?:[\p{L}'-]+ )?\d{1,3} (?:sacs?|cartons?|paquets?|bo[iî]tes?|bouteilles?|bidons?|paires?|pi[eè]ces?|kilos?|litres?)(?:\s|$))/giu;
const TOUTE_LA_COMMANDE =
  /\b(?:annule\w*|modifie\w*|change[rz]?) (?:ma|la|cette|toute la) (?:commande|livraison)|\bcommande\b.*\bannul/;

export function segmenter(messages: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  for (const [message, dit] of messages.slice(-20).entries()) {
    const brut = dit
      .normalize('NFC')
      .slice(0, 2000)
      .replace(/(^|\s)\d{1,2}\) ?(?=\p{L})/gu, '\n')
      .replace(/(\bpas \d+(?:[.,]5)?),? +(?=c'?est |en |mais |\d)/giu, '$1 mais ')
      .replace(
        /(\bpas (?:en|la|le|les|du) [\p{L}\d]+(?: \d+)?), *(?=(?:en|la|le|les|du|mais|plut[oô]t) )/giu,
        '$1 mais ',
      )
      .replace(/ mais (?:c'?est|mais) /giu, ' mais ')
      .replace(METS, 'quantité ')
      .replace(NOM_PUIS_NOMBRE, '$1\n');
    const plat = aplatir(brut);
    let depuis = 0;
    let et = false;
    const couper = (fin: number, signe: string) => {
      // "combien 2 savons et 1 sac"
      const demande = et && segments.at(-1)?.message === message && segments.at(-1)?.interroge === true;
      const segment = lire(brut.slice(depuis, fin), message, signe.includes('?') || demande, et);
      if (segment) segments.push(segment);
      et = /\bet\b/.test(signe) || signe.includes('&');
    };
    for (const lu of plat.matchAll(COUPE)) {
      // "change la taille", "au lieu de" and "non" keep their words together.
      if (lu.index < depuis || (lu[0] === '' && lu.index === depuis)) continue;
      couper(lu.index, lu[0]);
      depuis = lu.index + lu[0].length;
    }
    couper(brut.length, '');
    if (segments.length > 24) break;
  }
  return segments.slice(0, 24);
}

function lire(brut: string, message: number, interroge: boolean, et: boolean): Segment | null {
  const plat = aplatir(brut);
  if (!/[a-z0-9]/.test(plat) || TOUTE_LA_COMMANDE.test(plat)) return null;
  const corrige = CORRIGE.test(plat);
  const enPlus = EN_PLUS.test(plat);
  const commun = { message, corrige, et, enPlus, interroge: interroge || QUESTION.test(plat) };
  const lieu = AU_LIEU.exec(plat);
  if (lieu) {
    const avant = brut.slice(0, lieu.index).replace(/\b(?:mettez|mets|met|prends)\b/gi, ' ');
    const apres = brut.slice(lieu.index + lieu[0].length);
    // "au lieu de la 38 mets la 40"
    const inverse = /\b(?:mettez|mets|met|donne[rz]?|je (?:prends|veux)|prends) /.exec(aplatir(apres));
    if (!/[a-z0-9]/.test(aplatir(avant)) && inverse) {
      const coupe = inverse.index + inverse[0].length;
      return {
        ...commun,
        texte: apres.slice(coupe),
        auLieu: apres.slice(0, inverse.index),
        action: 'remplacer',
      };
    }
    return { ...commun, texte: sans(REMPLACE, avant), auLieu: apres, action: 'remplacer' };
  }
  const remplace = REMPLACE.exec(plat);
  if (remplace) {
    const suite = brut.slice(remplace.index + remplace[0].length);
    const par =
      [...aplatir(suite).matchAll(PAR)].find((lu) => /\bpar|contre\b/.test(lu[0])) ??
      [...aplatir(suite).matchAll(PAR)].at(-1);
    if (!par) return { ...commun, texte: suite, auLieu: null, action: 'remplacer' };
    const auLieu = suite.slice(0, par.index).trim();
    return {
      ...commun,
      texte: suite.slice(par.index + par[0].length),
      auLieu: auLieu === '' ? null : auLieu,
      action: 'remplacer',
    };
  }
  const mais = /\bpas ((?:(?:la|le|les|de|du|en|l) |\d).*?)(?: mais| plutot) (.+)$/.exec(plat);
  if (mais) {
    const ou = plat.length - (mais[2]?.length ?? 0);
    const debut = mais.index + 4;
    return {
      ...commun,
      texte: brut.slice(ou),
      auLieu: brut.slice(debut, debut + (mais[1]?.length ?? 0)),
      action: 'remplacer',
    };
  }
  if (RETIRE.test(plat)) {
    return {
      ...commun,
      corrige: false,
      interroge: false,
      texte: sans(RETIRE, brut),
      auLieu: null,
      action: 'retirer',
    };
  }
  return { ...commun, texte: brut, auLieu: null, action: 'ajouter' };
}

function sans(motif: RegExp, brut: string): string {
  const lu = motif.exec(aplatir(brut));
  return lu ? `${brut.slice(0, lu.index)} ${brut.slice(lu.index + lu[0].length)}` : brut;
}
