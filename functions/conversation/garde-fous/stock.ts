// What a sentence says is there, how many of it, and in which sizes and colours.
import type { Chiffres } from './chiffres.ts';
import type { FaitProduit, FaitsConnus } from './faits.ts';
import type { Nombre } from './nombres.ts';
import { type Valeur, variantesNommees } from './sujets.ts';
import { contient, plier, propositions, sansIdiomes } from './texte.ts';

type Refuser = (code: 'stock' | 'nombre', extrait: string) => void;

const EN_STOCK =
  /\b(?:disponibles?|dispo|en stock|restent|reste|avons|j'ai|on a|proposons|existe(?:nt)?|available|in stock|we have|i have|left|commander|prendre|reserver|(?:est|sont) (?:bien |toujours |encore )?la|prete?s? a partir)\b|[✅✔]/u;
const TOUTES =
  /\b(?:tou(?:te)?s (?:les|nos) (?:pointures|tailles|couleurs|variantes)|all (?:sizes|colou?rs))\b/;
const EPUISE =
  /\b(?:epuise\w*|rupture|indisponibles?|sold out|out of stock|unavailable|plus (?:en stock|dispo\w*))\b/;
const DIT_EPUISE =
  /\b(?:epuise\w*|en rupture\b[^,]*|indisponibles?|sold out|out of stock|plus (?:en stock|dispo\w*|de|du)|n'(?:est|sont) pas (?:en stock|disponibles?|dispo))\b/;
/** Who says both in one breath is not understood. */
const AUTRE_CHOSE =
  /\b(?:reste|restent|avons|seule?s?|quantite|nombre|assez|photos?|remises?|promo\w*|couleurs?|garantie)\b/;
const DERNIERE =
  /\b(?:la |notre |une )?derniere? (?:paire|piece|exemplaire|article|modele|one)\b|\blast (?:one|pair|piece)\b/;
/** Not now: "dès qu'elle sera de nouveau disponible". */
const A_VENIR = /\b(?:des qu(?:e|'\w+)|quand|lorsqu\w*|when|once|as soon as)\b/;
const COMPTE = /\b(?:reste|restent|stock|plus que|dispo\w*|available|left)\b/;
const PIECES = /^ ?(?:pieces?|exemplaires?|unites?)\b/;

export function verifierStock(lu: Chiffres, faits: FaitsConnus, refuser: Refuser): void {
  const ids = lu.mentions.length > 0 ? lu.mentions.map((m) => m.ids) : [lu.avant.produits];
  // "La 40 est disponible", of nothing in particular: of whatever has such a size.
  const sansNom = ids.every((g) => g.size === 0) && (TOUTES.test(lu.phrase) || lu.valeurs.length > 0);
  const tous = sansNom ? [new Set(faits.produits.keys())] : ids;
  verifierDisponibilite(lu, tous, faits, refuser);
  verifierEpuise(lu, faits, refuser);
  const sujets = ids.flatMap((s) => [...s]).flatMap((id) => faits.produits.get(id) ?? []);
  verifierNombres(lu, sujets.length > 0 ? sujets : [...faits.produits.values()], faits, refuser);
}

function verifierDisponibilite(
  lu: Chiffres,
  groupes: ReadonlySet<number>[],
  faits: FaitsConnus,
  refuser: Refuser,
): void {
  const clauses = propositions(lu.phrase).map((c) => {
    const texte = sansIdiomes(c.texte);
    const dit =
      c.niee || EPUISE.test(texte) || A_VENIR.test(texte) ? 'non' : EN_STOCK.test(texte) ? 'oui' : null;
    return { ...c, dit: dit as 'oui' | 'non' | null };
  });
  // What says nothing itself goes with what came before, or else with what follows.
  const suivantes = [...clauses];
  for (const [i, c] of clauses.entries())
    c.dit ??= clauses[i - 1]?.dit ?? suivantes.slice(i).find((s) => s.dit !== null)?.dit ?? null;
  const dites = (quoi: 'oui' | 'non', v: Valeur) =>
    clauses.some((c) => c.dit === quoi && v.debut >= c.debut && v.debut < c.fin);
  for (const groupe of groupes) {
    const produits = [...groupe].flatMap((id) => faits.produits.get(id) ?? []);
    if (produits.length === 0 || !clauses.some((c) => c.dit === 'oui')) continue;
    const mention = lu.mentions.find((m) => m.ids === groupe);
    const clause = mention && clauses.find((c) => mention.debut >= c.debut && mention.debut < c.fin);
    if (clause?.dit !== 'non' && produits.every((p) => p.stock <= 0))
      refuser('stock', produits[0]?.nom ?? '');
    if (
      TOUTES.test(lu.phrase) &&
      produits.some((p) => p.variantes.size === 0 || [...p.variantes.values()].some((v) => v.stock <= 0))
    )
      refuser('stock', TOUTES.exec(lu.phrase)?.[0] ?? '');
    const oui = lu.valeurs.filter((v) => dites('oui', v));
    for (const v of oui) {
      const autres = oui.filter((o) => o.cle !== v.cle);
      const concernes = produits.flatMap((p) =>
        [...variantesNommees(p, [v, ...autres])].map((id) => p.variantes.get(id)),
      );
      const memes = concernes.filter(
        (x) => x !== undefined && plier(x.attributs[v.cle] ?? '').trim() === v.valeur,
      );
      if (memes.length > 0 && memes.every((x) => (x?.stock ?? 0) <= 0))
        refuser('stock', `${produits[0]?.nom ?? ''} ${v.valeur}`);
    }
  }
}

/** "La Nike est épuisée", and it is there: a sale lost. Only of what is named, in the sizes that are named. */
function verifierEpuise(lu: Chiffres, faits: FaitsConnus, refuser: Refuser): void {
  for (const c of propositions(lu.phrase)) {
    const ici = (x: { debut: number }) => x.debut >= c.debut && x.debut < c.fin;
    const t = DIT_EPUISE.exec(c.texte);
    if (
      !t ||
      AUTRE_CHOSE.test(c.texte.replace(t[0], ' ')) ||
      A_VENIR.test(c.texte) ||
      /\?\s*$/.test(lu.phrase)
    )
      continue;
    const mentions = lu.mentions.filter(ici);
    const id = mentions.length === 1 && mentions[0]?.ids.size === 1 ? [...mentions[0].ids][0] : undefined;
    const p = id === undefined ? undefined : faits.produits.get(id);
    const valeurs = lu.valeurs.filter(ici);
    // The size may stand in what was said before.
    if (!p || (p.variantes.size > 0 && valeurs.length === 0)) {
      const dites = [...(p?.variantes.values() ?? [])].flatMap((v) => Object.values(v.attributs));
      if (!p || p.lignes.length > 0 || lu.valeurs.length > 0 || dites.some((v) => contient(lu.dit, plier(v))))
        continue;
    }
    const stocks =
      p.variantes.size > 0
        ? [...variantesNommees(p, valeurs)].map((v) => p.variantes.get(v)?.stock ?? 0)
        : [p.stock];
    if (stocks.every((s) => s > 0)) refuser('stock', t[0]);
    else if (valeurs.length === 0 && stocks.some((s) => s > 0)) refuser('stock', t[0]);
  }
}

const VAGUE =
  /(?<!(?:je suis|je reste|sommes|restons|i am|i'm|equipe est) (?:toujours |a votre )?)\b(?:en stock|disponibles?|dispo|in stock|available)\b|\bil y en a\b|\b(?:nous (?:en )?avons|on (?:en )?a|j'en ai|we have|i have)\b(?: bien)? ?(?:ca|cela|cet article|ce produit|ce modele|it|that|this|some)?\s*(?:$|[.!,])/;

/** "Oui, en stock !" without a name: of what was not found, nothing is in stock. */
export function verifierAccordVague(
  lu: Chiffres,
  faits: FaitsConnus,
  inconnuDit: boolean,
  refuser: Refuser,
): void {
  if (lu.mentions.length > 0 || lu.avant.produits.size > 0 || (faits.produits.size > 0 && !inconnuDit))
    return;
  for (const c of propositions(lu.phrase)) {
    const t = VAGUE.exec(c.texte);
    if (t && !c.niee && !/\?\s*$/.test(lu.phrase)) refuser('stock', t[0]);
  }
}

function verifierNombres(
  lu: Chiffres,
  sujets: readonly FaitProduit[],
  faits: FaitsConnus,
  refuser: Refuser,
): void {
  const clauses = propositions(lu.phrase);
  const valeur = (n: Nombre) => lu.valeurs.some((v) => n.debut < v.fin && n.fin > v.debut);
  const stocks = new Set(
    sujets.flatMap((p) => [...variantesNommees(p, lu.valeurs)].map((id) => p.variantes.get(id)?.stock)),
  );
  for (const p of sujets) stocks.add(lu.valeurs.length > 0 && p.variantes.size > 0 ? undefined : p.stock);
  const quantites = new Set(
    sujets.flatMap((p) => p.lignes.filter((l) => l.disponible).map((l) => l.quantite)),
  );
  const connus = nombresConnus(faits);
  const derniere = DERNIERE.exec(lu.phrase);
  if (derniere && sujets.length > 0 && !stocks.has(1)) refuser('stock', derniere[0]);
  for (const n of lu.nombres) {
    if (n.genre !== 'nu' || valeur(n)) continue;
    const clause = clauses.find((c) => n.debut >= c.debut && n.debut < c.fin);
    const enTete = /^\s*(?:[-•*]\s*)?$/.test(lu.phrase.slice(0, n.debut));
    if (enTete && /^\s*[.)]/.test(lu.phrase.slice(n.fin))) continue;
    if (clause?.niee) continue;
    if (
      (COMPTE.test(clause?.texte ?? '') || (PIECES.test(lu.phrase.slice(n.fin)) && !connus.has(n.valeur))) &&
      !/^ ?(?:modele|article|produit|couleur|taille|pointure|choix|option|variante)/.test(
        lu.phrase.slice(n.fin),
      )
    ) {
      if (!stocks.has(n.valeur) && !quantites.has(n.valeur)) refuser('stock', n.brut);
      continue;
    }
    if (stocks.has(n.valeur) || connus.has(n.valeur)) continue;
    if (
      new RegExp(`(?<!\\d)${n.brut.replace(/\W/g, '\\$&')}(?!\\d)`).test(lu.dit) &&
      !EN_STOCK.test(clause?.texte ?? '')
    )
      continue;
    refuser('nombre', n.brut);
  }
}

/** Quantities, sizes, how many of something there are, and the numbers of names and addresses. */
function nombresConnus(faits: FaitsConnus): Set<number> {
  const { lignes, nombre_articles } = faits.panier;
  const produits = [...faits.produits.values()];
  const ecrits = [
    ...faits.noms,
    ...faits.textes,
    ...produits.flatMap((p) => [
      p.nom,
      ...p.textes,
      ...[...p.variantes.values()].flatMap((v) => Object.values(v.attributs)),
    ]),
    ...faits.commandes.flatMap((c) => c.lignes.flatMap((l) => [l.libelle, String(l.quantite)])),
  ];
  const dans = [...plier(ecrits.join(' | ')).matchAll(/\d+(?:[.,]\d+)?/g)].map(([m]) =>
    Number(m.replace(',', '.')),
  );
  return new Set([
    1,
    ...dans,
    ...lignes.map((l) => l.quantite),
    ...produits.flatMap((p) => [
      ...p.lignes.map((l) => l.quantite),
      [...p.variantes.values()].filter((v) => v.stock > 0).length,
    ]),
    nombre_articles,
    lignes.length,
    produits.length,
    produits.filter((p) => p.stock > 0).length,
    faits.commandes.length,
  ]);
}
