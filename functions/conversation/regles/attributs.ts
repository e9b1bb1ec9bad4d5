// Which size, colour or quantity the words ask for, read against the variants that really exist.
// A number is a size when some variant has it or when it could be one; else it counts pieces.
import type { ProduitTrouve, VarianteTrouvee } from '../modele-ia.ts';
import { type Mot, normaliser, uneFaute } from './mots.ts';

export type Demande = {
  /** Asked values, spelled as in the catalogue. */
  attributs: Record<string, string>;
  /** Asked values that no variant has. */
  inconnus: Record<string, string>;
  quantite: number | null;
  /** Two values of one key said in one breath: "une en 40 et une en 42". */
  choix: { cle: string; valeurs: string[] } | null;
  /** A model number was said that no product has: the 14 of "iPhone 14". */
  modeleInconnu: boolean;
  /** The words that are values of the catalogue. */
  utilises: Set<Mot>;
};

type Valeur = { cle: string; valeur: string; forme: string; nombre: number | null };

const COULEURS = new Map(
  'noir blanc bleu vert rouge jaune rose gris beige marron orange violet doré argenté bordeaux kaki'
    .split(' ')
    .map((couleur) => [racine(normaliser(couleur)), couleur]),
);
const CORRECTION = /^(?:non|nn|plutot|finalement|pas|enfin|sinon|pardon|mais)$/;

/** Masculine, feminine and plural of a colour have one root. */
function racine(texte: string): string {
  const court = texte
    .replace(/[sx]$/, '')
    .replace(/e+$/, '')
    .replace(/s$/, '')
    .replace(/([a-z])\1$/, '$1');
  return court === 'blanch' ? 'blanc' : court;
}

function forme(texte: string): string {
  const colle = normaliser(texte.replace(/(\d)[.,](\d)/g, '$1v$2')).replace(/ /g, '');
  return /^[a-z]{4,}$/.test(colle) ? racine(colle) : colle;
}

/** A colour that people name, whether the shop has it or not. */
export function estCouleur(mot: string): boolean {
  return COULEURS.has(racine(mot));
}

/** Sizes first, then by alphabet: the order in which one asks. */
export function clesDe(
  produits: readonly { variantes: readonly { attributs: Record<string, string> }[] }[],
): string[] {
  const cles = new Set(produits.flatMap((p) => p.variantes.flatMap((v) => Object.keys(v.attributs))));
  const poids = (cle: string) => (/^(?:pointure|taille)$/.test(normaliser(cle)) ? 0 : 1);
  return [...cles].sort((a, b) => poids(a) - poids(b) || (a < b ? -1 : 1));
}

export function valeursDe(variantes: VarianteTrouvee[], cle: string): string[] {
  return [...new Set(variantes.map((v) => v.attributs[cle]).filter((v) => v !== undefined))];
}

/** Every asked value is one of this variant's; a key the variant does not have asks nothing of it. */
export function correspond(variante: VarianteTrouvee, attributs: Record<string, string>): boolean {
  return Object.entries(attributs).every(([cle, valeur]) => {
    const sienne = variante.attributs[cle];
    return sienne === undefined || forme(sienne) === forme(valeur);
  });
}

function valeursConnues(produits: ProduitTrouve[]): Valeur[] {
  const connues = new Map<string, Valeur>();
  for (const cle of clesDe(produits)) {
    for (const produit of produits) {
      for (const valeur of valeursDe(produit.variantes, cle)) {
        const nombre = /^\d+(?:[.,]\d+)?/.exec(valeur)?.[0].replace(',', '.');
        const v = { cle, valeur, forme: forme(valeur), nombre: nombre === undefined ? null : Number(nombre) };
        if (!connues.has(`${cle} ${v.forme}`)) connues.set(`${cle} ${v.forme}`, v);
      }
    }
  }
  return [...connues.values()];
}

/** Far from every size there is, a number can only count pieces. */
function ressembleATaille(nombre: number, valeurs: Valeur[]): string | null {
  for (const cle of new Set(valeurs.filter((v) => v.nombre !== null).map((v) => v.cle))) {
    const nombres = valeurs.filter((v) => v.cle === cle).flatMap((v) => v.nombre ?? []);
    if (nombre >= Math.min(...nombres) * 0.8 && nombre <= Math.max(...nombres) * 1.2) return cle;
  }
  return null;
}

/**
 * Reads the words in order, so that later words overrule earlier ones.
 * @param nom words that name the product: "90" in "air max 90" is no size.
 */
export function lireDemande(mots: Mot[], produits: ProduitTrouve[], nom: ReadonlySet<string>): Demande {
  const valeurs = valeursConnues(produits);
  const nomsExacts = new Set(produits.flatMap((p) => normaliser(p.nom_produit).split(' ')));
  // The "rose" of "robe rose" is nearly a "robe", but a colour.
  const designe = (mot: Mot) =>
    nom.has(mot.texte) && !(COULEURS.has(racine(mot.texte)) && !nomsExacts.has(mot.texte));
  const numerotes = produits.some((p) => /\d/.test(p.nom_produit));
  // The 140 of "Matelas 140x190".
  const abrege = (mot: Mot) =>
    [...nomsExacts].some((n) => n.startsWith(mot.texte) && /^[a-z]/.test(n.slice(mot.texte.length)));
  const demande: Demande = {
    attributs: {},
    inconnus: {},
    quantite: null,
    choix: null,
    modeleInconnu: false,
    utilises: new Set(),
  };
  const vus = new Map<string, number>();
  const retenir: Retenir = (cle, valeur, connue, utilises) => {
    const ancienne = demande.attributs[cle];
    const rang = utilises[0] ? mots.indexOf(utilises[0]) : 0;
    const enCours = demande.choix?.cle === cle ? demande.choix.valeurs : null;
    if (connue && ancienne !== undefined && enumere(mots.slice(vus.get(cle) ?? rang, rang), mots[rang])) {
      const toutes = [...new Set([...(enCours ?? [ancienne]), valeur])];
      if (toutes.length > 1) demande.choix = { cle, valeurs: toutes };
    } else if (enCours) {
      demande.choix = null;
    }
    vus.set(cle, rang);
    delete demande.attributs[cle];
    delete demande.inconnus[cle];
    demande[connue ? 'attributs' : 'inconnus'][cle] = valeur;
    if (connue) for (const mot of utilises) demande.utilises.add(mot);
  };
  for (let rang = 0; rang < mots.length; rang += 1) {
    const mot = mots[rang];
    if (mot?.nombre != null && mot.marque?.genre !== 'quantite' && duNom(mots, rang, produits, nom)) continue;
    if (mot?.nombre != null && nom.has(mot.texte) && mot.marque === null) {
      // "2 airpods pro 2": what stands elsewhere than in the name is no part of it.
      lireNombre(mot, mot.nombre, valeurs, demande, retenir, mots[rang + 1]);
      continue;
    }
    if (!mot || (designe(mot) && mot.marque?.genre !== 'quantite' && mot.marque?.genre !== 'attribut'))
      continue;
    const avant = mots[rang - 1];
    const suitLeNom = avant !== undefined && nom.has(avant.texte) && avant.message === mot.message;
    const modele = numerotes && suitLeNom && mot.marque === null && (mot.nombre ?? 10) >= 10;
    if (mot.nombre === null && modele && /^[a-z]\d+$/.test(mot.texte)) demande.modeleInconnu = true;
    if (mot.nombre !== null) {
      if (modele && abrege(mot)) continue;
      if (modele && ressembleATaille(mot.nombre, valeurs) === null) demande.modeleInconnu = true;
      else lireNombre(mot, mot.nombre, valeurs, demande, retenir, mots[rang + 1]);
      continue;
    }
    const suite = mots.slice(rang, rang + 3).filter((m) => m.message === mot.message && !designe(m));
    const precedent = suitLeNom ? 'taille' : (avant?.texte ?? '');
    const trouve = lireValeur(suite, precedent, valeurs);
    if (trouve) {
      retenir(trouve.valeur.cle, trouve.valeur.valeur, true, suite.slice(0, trouve.longueur));
      rang += trouve.longueur - 1;
    } else if (COULEURS.has(racine(mot.texte)) && valeurs.some((v) => normaliser(v.cle) === 'couleur')) {
      retenir('couleur', COULEURS.get(racine(mot.texte)) ?? mot.texte, false, [mot]);
    } else if (/^(?:xs|xl|xxl|xxxl|[smlSML])$/.test(mot.texte) && estTailleLettre(mot, precedent)) {
      const cle = valeurs.find((v) => /^(?:xxs|xs|s|m|l|xl|xxl|xxxl)$/.test(v.forme))?.cle;
      if (cle) retenir(cle, mot.texte.toUpperCase(), false, [mot]);
    }
  }
  if (demande.choix) delete demande.attributs[demande.choix.cle];
  return demande;
}

/** The 3 of "couches taille 3", the 32 of "télé 32", and not the first 2 of "2 airpods pro 2". */
function duNom(mots: Mot[], rang: number, produits: ProduitTrouve[], nom: ReadonlySet<string>): boolean {
  const mot = mots[rang];
  if (!mot) return false;
  const seul = (texte: string | undefined) => texte?.replace(/(?<=[a-z]{3})[sx]$/, '') ?? null;
  const [avant, apres] = [mots[rang - 1], mots[rang + 1]].map((m) =>
    m?.message === mot.message ? m.texte : undefined,
  );
  const dansUnNom = produits.some((p) => {
    const mots = normaliser(p.nom_produit).split(' ');
    return mots.some(
      (m, i) =>
        m === mot.texte &&
        ((avant !== undefined && seul(mots[i - 1]) === seul(avant)) ||
          (apres !== undefined && seul(mots[i + 1]) === seul(apres))),
    );
  });
  if (dansUnNom) return true;
  if (!nom.has(mot.texte) || mot.marque?.genre === 'attribut') return false;
  return (mot.nombre ?? 0) > 12 || (avant !== undefined && nom.has(avant) && !/^\d+$/.test(avant));
}

type Retenir = (cle: string, valeur: string, connue: boolean, utilises: Mot[]) => void;

/** "40 et 42", "40 ou 42", "40, 42" in one message, and no correction. */
function enumere(entre: Mot[], mot: Mot | undefined): boolean {
  return (
    (entre.length === 1 || entre.some((m) => /^(?:et|ou)$/.test(m.texte))) &&
    entre.every((m) => m.message === mot?.message && !CORRECTION.test(m.texte))
  );
}

function lireNombre(
  mot: Mot,
  nombre: number,
  valeurs: Valeur[],
  demande: Demande,
  retenir: Retenir,
  suivant: Mot | undefined,
): void {
  const marque = mot.marque?.genre;
  if (marque !== 'quantite') {
    const nommee = mot.marque?.genre === 'attribut' ? mot.marque.cle : null;
    const possibles = valeurs.filter((v) => v.nombre === nombre);
    const avecUnite = suivant
      ? possibles.find((v) => v.forme === `${forme(String(nombre))}${suivant.texte}`)
      : undefined;
    const connue =
      avecUnite ??
      (marque === 'hors' ? undefined : (possibles.find((v) => normaliser(v.cle) === nommee) ?? possibles[0]));
    if (connue) {
      retenir(connue.cle, connue.valeur, true, avecUnite && suivant ? [mot, suivant] : [mot]);
      return;
    }
    if (marque === 'hors') return;
    const cleNommee =
      nommee &&
      (valeurs.find((v) => normaliser(v.cle) === nommee)?.cle ??
        valeurs.find((v) => v.nombre !== null)?.cle ??
        nommee);
    const cle = cleNommee || ressembleATaille(nombre, valeurs);
    if (cle) {
      retenir(cle, String(nombre).replace('.', ','), false, [mot]);
      return;
    }
    if (marque === 'faible') return;
  }
  if (Number.isInteger(nombre) && nombre >= 1) {
    demande.quantite = nombre;
  }
}

function lireValeur(
  suite: Mot[],
  avant: string,
  valeurs: Valeur[],
): { valeur: Valeur; longueur: number } | null {
  const premier = suite[0];
  if (!premier) return null;
  for (let longueur = suite.length; longueur >= 1; longueur -= 1) {
    const dite = forme(
      suite
        .slice(0, longueur)
        .map((m) => m.texte)
        .join(' '),
    );
    // The S of "rouge S" is no plural.
    const sans =
      longueur > 1
        ? forme(
            suite
              .slice(0, longueur - 1)
              .map((m) => m.texte)
              .join(' '),
          )
        : '';
    const valeur = sans === dite ? undefined : valeurs.find((v) => v.forme === dite);
    if (valeur && (dite.length > 1 || estTailleLettre(premier, avant))) return { valeur, longueur };
  }
  if (premier.texte.length < 4) return null;
  // "bleue" for the only blue there is, "bleu ciel".
  const debuts = valeurs.filter(
    (v) => v.nombre === null && forme(v.valeur.split(/[\s-]/)[0] ?? '') === forme(premier.texte),
  );
  if (debuts.length === 1 && debuts[0]) return { valeur: debuts[0], longueur: 1 };
  const proche = valeurs.find((v) => /^[a-z]{4,}$/.test(v.forme) && uneFaute(v.forme, forme(premier.texte)));
  return proche ? { valeur: proche, longueur: 1 } : null;
}

/** "m" is a size in "M", "en m", "taille m", and no size in "je m'appelle". */
function estTailleLettre(mot: Mot, avant: string): boolean {
  if (mot.elide) return false;
  return mot.texte.length > 1 || mot.majuscule || avant === '' || /^(?:en|du|taille|size|le|la)$/.test(avant);
}
