// Each amount of a sentence is that of the product, place or total it stands beside.
import type { Chiffres } from './chiffres.ts';
import type { FaitProduit, FaitsConnus } from './faits.ts';
import { lireNombres, type Nombre } from './nombres.ts';
import { type MentionLieu, type Valeur, variantesNommees } from './sujets.ts';
import { plier } from './texte.ts';

type Refuser = (code: 'montant' | 'remise', extrait: string) => void;

/** The items between the amount before and this one; when the sentence puts its amounts first, those that follow. */
function portee<T extends { debut: number }>(
  items: readonly T[],
  montants: readonly Nombre[],
  i: number,
): T[] {
  const ici = montants[i];
  const premier = montants[0];
  if (!ici || !premier) return [];
  if (items.some((x) => x.debut < premier.debut)) {
    const depuis = montants[i - 1]?.fin ?? 0;
    const entre = items.filter((x) => x.debut >= depuis && x.debut < ici.debut);
    return entre;
  }
  const jusque = montants[i + 1]?.debut ?? Number.POSITIVE_INFINITY;
  const apres = items.filter((x) => x.debut >= ici.fin);
  const proches = apres.filter((x) => x.debut < jusque);
  return proches.length > 0 ? proches : apres.slice(0, 1);
}

function prixDe(p: FaitProduit, valeurs: readonly Valeur[]): number[] {
  const variantes = variantesNommees(p, valeurs);
  const unitaires =
    p.variantes.size > 0 ? [...variantes].map((id) => p.variantes.get(id)?.prix ?? Number.NaN) : p.prix;
  const lignes = p.lignes.filter(
    (l) => l.id_variante === null || valeurs.length === 0 || variantes.has(l.id_variante),
  );
  return [
    ...unitaires,
    ...lignes.map((l) => l.montant),
    ...(p.variantes.size > 0 && valeurs.length === 0 ? p.prix : []),
  ];
}

function totauxDe(faits: FaitsConnus): number[] {
  const { montant_total, montant_a_payer } = faits.panier;
  return [
    ...(faits.panier.lignes.length > 0
      ? [montant_total, ...(montant_a_payer === null ? [] : [montant_a_payer])]
      : // Nothing in the basket yet: what was worked out is what one would pay.
        [...faits.produits.values()].flatMap((p) => p.lignes.map((l) => l.montant))),
    ...faits.commandes.flatMap((c) => [
      c.montant_total,
      c.montant_a_payer,
      c.frais_livraison,
      ...c.lignes.flatMap((l) => [l.prix_unitaire, l.prix_total_ligne]),
    ]),
  ];
}

function fraisDe(faits: FaitsConnus): number[] {
  const { frais_livraison } = faits.panier;
  return [...faits.lieux.map((l) => l.frais), ...(frais_livraison === null ? [] : [frais_livraison])];
}

const montantsDesTextes = (faits: FaitsConnus): number[] =>
  lireNombres(plier(faits.textes.join(' \n ')))
    .filter((n) => n.genre === 'montant')
    .map((n) => n.valeur);

export function verifierMontants(lu: Chiffres, faits: FaitsConnus, refuser: Refuser): void {
  const montants = lu.nombres.filter((n) => n.genre === 'montant');
  const textes = montantsDesTextes(faits);
  for (const [i, n] of montants.entries()) {
    if (
      !admis(lu, faits, montants, i).includes(n.valeur) &&
      !(textes.includes(n.valeur) && lu.mentions.length === 0)
    )
      refuser('montant', n.brut);
  }
  for (const n of lu.nombres) {
    if (n.genre !== 'pourcent') continue;
    const connus = plier(
      [...faits.textes, ...[...faits.produits.values()].flatMap((p) => p.textes)].join(' '),
    ).replace(/ ?%/g, '%');
    const ecrit = `${n.valeur}%`;
    const sens = /\b(?:remise|reduction|rabais|moins|promo\w*|solde\w*|discount|off)\b/.test(lu.phrase);
    if (
      !connus.includes(ecrit) ||
      (sens && !plier(faits.textes.join(' ')).replace(/ ?%/g, '%').includes(ecrit))
    )
      refuser('remise', n.brut);
  }
}

/** The places before an amount; or right after it, "1 500 FCFA pour Cocody", where fees are spoken of. */
function lieuxDe(lu: Chiffres, montants: readonly Nombre[], i: number): MentionLieu[] {
  const n = montants[i];
  if (!n) return [];
  const avant = lu.lieux.filter((l) => l.debut >= (montants[i - 1]?.fin ?? 0) && l.debut < n.debut);
  const apres = lu.lieux.filter(
    (l) => l.debut >= n.fin && /^\s*(?:pour|a|vers|in|to|for)\s+$/.test(lu.phrase.slice(n.fin, l.debut)),
  );
  const parle =
    lu.mots.some((m) => m.genre === 'frais' && m.debut < n.debut) ||
    lu.mentions.length + lu.avant.produits.size === 0;
  return apres.length > 0 && parle ? apres : avant;
}

const COMMUN =
  /\b(?:tout|tous|toutes|(?:les|toutes?|tous) (?:les )?(?:deux|trois|quatre)|both|all|chacune?|chaque|each)\b[^,.;:()]{0,40}$/;
const D_ACCORD =
  /(?:^|[,!.] ?)\s*(?:ok|okay|d'accord|ca marche|entendu|va|deal|oui)\W{0,3}(?:va )?(?:pour|a|for|at|on fait|on dit) $/;

/** What one amount may be, by what stands between the amount before and it. */
function admis(lu: Chiffres, faits: FaitsConnus, montants: readonly Nombre[], i: number): number[] {
  const n = montants[i];
  if (!n) return [];
  const fenetre = montants[i - 1]?.fin ?? 0;
  const entre = <T extends { debut: number }>(x: T) => x.debut >= fenetre && x.debut < n.debut;
  const apres = lu.phrase.slice(n.fin);
  const mots = lu.mots.filter(entre).map((m) => m.genre);
  const frais = mots.includes('frais') || suitFrais(apres);
  const total = mots.includes('total') || /^[^.,;:]{0,4}(?:au total|en tout|to pay|a payer)/.test(apres);
  const panier = mots.includes('panier');
  const lieux = lieuxDe(lu, montants, i);
  const valeurs = portee(lu.valeurs, montants, i);
  const mentions = portee(lu.mentions, montants, i);
  const mention = mentions.at(lu.mentions.some((m) => m.debut < (montants[0]?.debut ?? 0)) ? -1 : 0);
  const precedente = lu.mentions.filter((m) => m.debut < n.debut).at(-1);
  const prix = (ids: Iterable<number>) =>
    [...ids].flatMap((id) => {
      const p = faits.produits.get(id);
      return p ? prixDe(p, valeurs) : [];
    });
  const possibles: number[] = [];
  const communs = COMMUN.test(lu.phrase.slice(fenetre, n.debut)) && !frais && !total && !panier;
  if (communs) {
    const nommes = lu.mentions.filter((m) => m.debut < n.debut).flatMap((m) => [...m.ids]);
    const ids =
      nommes.length > 0 ? nommes : lu.avant.produits.size > 0 ? lu.avant.produits : faits.produits.keys();
    // Of each of them: what one costs is not what all cost.
    const listes = [...new Set(ids)].map((id) => prix([id]));
    if (listes.length > 1) return (listes[0] ?? []).filter((v) => listes.every((l) => l.includes(v)));
  }
  // "OK pour 30 000": his own figure, agreed to.
  if (
    D_ACCORD.test(lu.phrase.slice(fenetre, n.debut)) &&
    lireNombres(lu.dit).some((d) => d.valeur === n.valeur)
  )
    return totauxDe(faits);
  if (frais || lieux.length > 0) {
    const nommes = lieux.length > 0 ? lieux : lu.lieux;
    possibles.push(...(nommes.length > 0 ? nommes.flatMap((l) => [...l.frais]) : fraisDe(faits)));
  }
  if (total || panier) possibles.push(...totauxDe(faits));
  const dernierTotal = lu.mots.filter((m) => m.genre === 'total' && entre(m)).at(-1)?.debut ?? -1;
  if (mention && dernierTotal < mention.debut) return [...possibles, ...prix(mention.ids)];
  if (mention) {
    const lignes = [...mention.ids].flatMap((id) => faits.produits.get(id)?.lignes ?? []);
    return [...possibles, ...lignes.filter((l) => l.quantite > 1).map((l) => l.montant)];
  }
  // A fee or a total is said: no price will do for it.
  if (frais || total || lieux.length > 0) return possibles;
  if (precedente) return [...possibles, ...prix(precedente.ids)];
  if (lu.avant.produits.size > 0) {
    if (lu.avant.frais) possibles.push(...fraisDe(faits));
    if (lu.avant.total) possibles.push(...totauxDe(faits));
    return [...possibles, ...prix(lu.avant.produits)];
  }
  return [...possibles, ...prix(faits.produits.keys()), ...fraisDe(faits), ...totauxDe(faits)];
}

/** "1 500 FCFA de livraison", not "1 500 FCFA livraison comprise". */
function suitFrais(apres: string): boolean {
  return /^\s*(?:de|pour|d'|of|for|en)?\s*(?:la |les |l')?(?:frais|livraison|delivery|expedition|transport)(?! (?:comprise|incluse|offerte|included))/.test(
    apres,
  );
}
