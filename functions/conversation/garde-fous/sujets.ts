// Which product or which place a sentence speaks of, and where: every figure is held against the one it stands beside.
import type { FaitProduit, FaitsConnus } from './faits.ts';
import { contient, plier, radical } from './texte.ts';

export type Mention = { ids: Set<number>; debut: number; fin: number };
export type MentionLieu = { frais: Set<number>; debut: number; fin: number };
export type Valeur = { cle: string; valeur: string; debut: number; fin: number };

/** Words of a product's name that alone do not name it. */
const FAIBLES =
  /^(?:\d.*|..?|mah|pouces|litres?|kilos?|watts?|hommes?|femmes?|enfants?|filles?|garcons?|mixte|petite?|grande?|taille|avec|pour|sans|lot|pack|noire?s?|blanc\w*|rouges?|bleue?s?|verte?s?|jaunes?|roses?|grise?s?|beiges?|marron|dore\w*|the|and|for|men|women|kids|new|nouveau|nouvelle|original\w*|classic|classique|premium|pro|max|mini|plus|super)$/;
/** Also the comma of "1,5 L". */
const LIAISON = /^(?:[.,]|[\s\-'"«»()*_]*(?:(?:de|du|d'|en|la|le|a)[\s']+)?)$/;

function motsDe(texte: string): string[] {
  return [...plier(texte).matchAll(/[a-z0-9]+/g)].map(([m]) => m);
}

export function mentionsDe(phrase: string, produits: ReadonlyMap<number, FaitProduit>): Mention[] {
  const index = new Map<string, Set<number>>();
  for (const [id, p] of produits) {
    for (const mot of motsDe(p.nom)) {
      const cle = radical(mot);
      index.set(cle, (index.get(cle) ?? new Set()).add(id));
    }
  }
  const mentions: (Mention & { forte: boolean })[] = [];
  for (const trouve of phrase.matchAll(/[a-z0-9]+/g)) {
    const ids = index.get(radical(trouve[0]));
    if (!ids) continue;
    const [debut, fin] = [trouve.index, trouve.index + trouve[0].length];
    const forte = !FAIBLES.test(trouve[0]);
    const derniere = mentions.at(-1);
    const communs = new Set([...(derniere?.ids ?? [])].filter((id) => ids.has(id)));
    if (derniere && communs.size > 0 && LIAISON.test(phrase.slice(derniere.fin, debut))) {
      derniere.ids = communs;
      derniere.fin = fin;
      derniere.forte ||= forte;
    } else mentions.push({ ids, debut, fin, forte });
  }
  return mentions
    .filter(
      (m) => m.forte || [...m.ids].some((id) => entier(phrase.slice(m.debut, m.fin), produits.get(id)?.nom)),
    )
    .map(({ ids, debut, fin }) => ({ ids, debut, fin }));
}

const entier = (ecrit: string, nom = ''): boolean => motsDe(ecrit).join(' ') === motsDe(nom).join(' ');

export function mentionsDeLieux(phrase: string, faits: FaitsConnus): MentionLieu[] {
  const parNom = new Map<string, Set<number>>();
  for (const { mots, frais } of faits.lieux) {
    const nom = plier(mots).trim();
    // A place, not a whole sentence about one.
    if (nom === '' || nom.split(/\s+/).length > 4) continue;
    parNom.set(nom, (parNom.get(nom) ?? new Set()).add(frais));
  }
  return [...parNom].flatMap(([nom, frais]) => {
    const debut = contient(phrase, nom) ? phrase.indexOf(nom) : -1;
    return debut < 0 ? [] : [{ frais, debut, fin: debut + nom.length }];
  });
}

/** The values of attributes (sizes, colours) that a sentence names, of these products. `casse`: the sentence with its capitals. */
export function valeursDe(
  phrase: string,
  casse: string,
  produits: readonly FaitProduit[],
  ailleurs: (debut: number) => boolean,
): Valeur[] {
  const vues = new Map<string, Valeur>();
  for (const p of produits) {
    for (const { attributs } of p.variantes.values()) {
      for (const [cle, brute] of Object.entries(attributs)) {
        const valeur = plier(brute).trim();
        if (valeur === '') continue;
        // "14 et 18 pouces": the unit is said once
        const [, seul, unite] = /^(\d+) ([a-z]+)$/.exec(valeur) ?? [];
        const elidee = unite ? `${seul}(?=(?: ?(?:,|et|ou|and|or|/) ?\\d+)+ ?${unite})|` : '';
        const forme = new RegExp(
          `(?<![a-z0-9])(?<!\\d[.,])(?:${elidee}${valeur
            .split(/\s+/)
            .map((m) =>
              /^[a-z]{4,}$/.test(m)
                ? `${radical(m).replace(/c$/, '(?:c|ch)')}(?:e?s?)?`
                : m.replace(/[^a-z0-9]/g, '\\$&'),
            )
            .join('[ -]?')})(?![a-z0-9])(?![.,]\\d)`,
          'g',
        );
        for (const t of phrase.matchAll(forme)) {
          // "s" and "m" are letters of French before they are sizes.
          if (/^[a-z]$/.test(valeur) && casse[t.index] !== casse[t.index]?.toUpperCase()) continue;
          if (ailleurs(t.index)) continue;
          const debut = t.index;
          vues.set(`${cle}|${valeur}|${debut}`, { cle, valeur, debut, fin: debut + t[0].length });
        }
      }
    }
  }
  return [...vues.values()].sort((a, b) => a.debut - b.debut);
}

/** The variants that have one of the named values of each attribute that is named; all of them when none has. */
export function variantesNommees(p: FaitProduit, valeurs: readonly Valeur[]): Set<number> {
  const parCle = new Map<string, Set<string>>();
  for (const v of valeurs) parCle.set(v.cle, (parCle.get(v.cle) ?? new Set()).add(v.valeur));
  const nommees = [...p.variantes].filter(([, v]) =>
    [...parCle].every(
      ([cle, dites]) => v.attributs[cle] === undefined || dites.has(plier(v.attributs[cle]).trim()),
    ),
  );
  return new Set((nommees.length > 0 ? nommees : [...p.variantes]).map(([id]) => id));
}
