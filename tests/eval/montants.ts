// Which amounts of money a text names, and which a shop can truly name. Computed here from the line's own catalogue, and
// never by the code that is judged.
import type { ArticleVendu, Dialogue } from './format.ts';
import { sansAccents } from './tirage.ts';

export const normal = (t: string) =>
  sansAccents(t)
    .toLowerCase()
    .replace(/[\u00a0\u202f]/g, ' ')
    .replace(/[’]/g, "'");

const MONNAIE = String.raw`(?:f\s?cfa|cfa|xof|francs?|f|€|eur|euros?|\$|dollars?)(?![a-z])`;
const MONTANT = new RegExp(
  String.raw`(?<![\d.,:/-])(\d{1,3}(?:[ .]\d{3})+|\d+)(?:,\d+)?(?:\s?(k|mille|millions?)(?![a-z]))?(?:\s?(${MONNAIE}))?(?![\d:/%])`,
  'g',
);
const PAS_DES_MONTANTS = [
  /cmd-[\d-]+/g,
  /(?:\+|00)?225[\d .]{8,}\d/g,
  /(?<!\d)0\d(?:[ .-]?\d\d){4}(?!\d)/g,
  /\b\d{1,2}(?:er)? (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)(?: \d{4})?/g,
  /\b\d{1,2}(?::\d{2}(?! ?\d{3})| ?h(?: ?\d{2})?)(?![a-z0-9])/g,
];

/** The amounts a text names: with their currency, as thousands, or simply too big for a size or a quantity. */
export function montantsDits(texte: string, sansValeur: readonly string[] = []): number[] {
  let t = normal(texte);
  for (const mots of [...sansValeur].map(normal).sort((a, b) => b.length - a.length)) {
    if (/\d/.test(mots)) t = t.replaceAll(mots, ' … ');
  }
  for (const forme of PAS_DES_MONTANTS) t = t.replace(forme, ' … ');
  return [...t.matchAll(MONTANT)].flatMap(([, chiffres = '', facteur, monnaie]) => {
    const n =
      Number(chiffres.replace(/[ .]/g, '')) * (facteur ? (facteur.startsWith('million') ? 1e6 : 1000) : 1);
    const annee = !monnaie && /^20[2-3]\d$/.test(chiffres);
    return (monnaie || facteur || n >= 1000) && !annee ? [n] : [];
  });
}

const EN_LETTRES: Record<string, number> = {
  ...{ un: 1, une: 1, deux: 2, trois: 3, quatre: 4, cinq: 5, six: 6, sept: 7, huit: 8, neuf: 9, dix: 10 },
  ...{ onze: 11, douze: 12, douzaine: 12, quinze: 15, vingt: 20, trente: 30, cinquante: 50, cent: 100 },
};

/** How many pieces the prospect may have meant: the numbers he wrote that are no size of the catalogue. */
export function quantitesDites(textes: readonly string[], catalogue: readonly ArticleVendu[]): Set<number> {
  const tailles = new Set(catalogue.flatMap((a) => a.variantes.flatMap((v) => Object.values(v.attributs))));
  const dites = new Set([1, 2]);
  for (const texte of textes) {
    for (const [mot] of normal(texte).matchAll(/[a-z]+|\d+/g)) {
      const n = EN_LETTRES[mot] ?? Number(mot);
      if (n >= 1 && n <= 1000 && !tailles.has(mot)) dites.add(n);
    }
  }
  return dites;
}

export type LigneSue = { prix: number; quantite: number };

/** Every amount that is true in this shop for what was talked about. */
export function montantsVrais(o: {
  dialogue: Dialogue;
  catalogue: readonly ArticleVendu[];
  textes: readonly string[];
  paniers: readonly LigneSue[][];
}): Set<number> {
  const { zones, retrait, politiques } = o.dialogue.boutique;
  const frais = [0, ...zones.map((z) => z.frais)];
  const quantites = quantitesDites(o.textes, o.catalogue);
  const vrais = new Set<number>(zones.map((z) => z.frais));
  if (retrait) vrais.add(0);
  for (const texte of Object.values(politiques)) for (const n of montantsDits(texte)) vrais.add(n);
  const avecFrais = (n: number) => {
    for (const f of frais) vrais.add(n + f);
  };
  const parArticle = o.catalogue.map((a) => {
    const prix = new Set([a.prix, ...a.variantes.flatMap((v) => v.prix ?? [])]);
    const stocks = a.variantes.length > 0 ? a.variantes.map((v) => v.stock) : [a.stock ?? 10];
    // "il m'en reste 3": worth saying to who asks for more.
    const restes = stocks.filter((s) => s > 0 && [...quantites].some((q) => q > s));
    return [...prix].flatMap((p) => [...quantites, ...restes].map((q) => p * q));
  });
  for (const montants of parArticle) for (const n of montants) avecFrais(n);
  for (const [i, uns] of parArticle.entries()) {
    for (const autres of parArticle.slice(i + 1))
      for (const a of uns) for (const b of autres) avecFrais(a + b);
  }
  for (const panier of o.paniers) {
    for (const l of panier) avecFrais(l.prix * l.quantite);
    avecFrais(panier.reduce((somme, l) => somme + l.prix * l.quantite, 0));
  }
  return vrais;
}
