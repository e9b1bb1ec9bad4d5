// Talk about one article or the choice among several: which one, which size, is it there, what does it cost.
// Nothing is put into the basket here.
import type { LigneChiffree, ProduitTrouve, VarianteTrouvee } from '../modele-ia.ts';
import { clesDe, correspond, valeursDe } from './attributs.ts';
import { boutons, listeProduits, listeValeurs } from './interactif.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import { CONFIANCE, confianceDuSujet, type Decision, nePasComprendre, passer, repondre } from './reponse.ts';
import { devise, dit, type Situation } from './situation.ts';

const MAX_LISTE = 8;

/** Product and variant are settled, and priced. */
export type Chiffrage = { produit: ProduitTrouve; variante: VarianteTrouvee | null; ligne: LigneChiffree };

export const estChiffrage = (x: Decision | Chiffrage): x is Chiffrage => 'ligne' in x;

// ── which article ───────────────────────────────────────────────────────────────────────────────────────────────

export async function montrerCatalogue(s: Situation, intro: string): Promise<Decision> {
  const parCategorie = s.sujet.origine === 'categorie';
  const produits = parCategorie ? s.sujet.produits : await s.outils.chercherProduits('');
  if (produits.length === 0)
    return passer(s, 'demande un article alors que le catalogue est vide', PHRASES.catalogueVide);
  s.memoire.produit = null;
  s.memoire.recherche = parCategorie ? [...s.sujet.mots].join(' ') : '';
  // Words that name nothing we sell, twice in a row, are for a person.
  if (intro === PHRASES.introuvable) {
    s.memoire.echecs = s.avant.echecs + 1;
    if (s.memoire.echecs >= 3) return nePasComprendre(s);
  }
  return lister(s, produits, intro);
}

export function lister(s: Situation, produits: ProduitTrouve[], intro: string, question?: string): Decision {
  const montres = [...produits]
    .sort((x, y) => Number(y.quantite_stock > 0) - Number(x.quantite_stock > 0))
    .slice(0, MAX_LISTE);
  s.memoire.question = { sur: 'produit', choix: montres.map((p) => p.id_produit) };
  return repondre(
    s,
    dire.choixProduits(montres, devise(s), intro, question),
    CONFIANCE.choix,
    montres.length > 1 ? listeProduits(montres, devise(s)) : {},
  );
}

export function faireChoisir(s: Situation): Decision {
  const { produits, origine, distincts } = s.sujet;
  if (distincts) return lister(s, produits, PHRASES.plusieurs, PHRASES.lequelDAbord);
  const [cleInconnue] = Object.keys(s.demande.inconnus);
  if (cleInconnue !== undefined) {
    const rien = `Désolé, je n'ai rien ${dire.enAttributs(s.demande.inconnus)} pour le moment. ${PHRASES.plusieurs}`;
    return lister(s, produits, rien);
  }
  // A brand was named: its size narrows the choice better than a list does.
  const cle = clesDe(produits).find((c) => produits.every((p) => clesDe([p]).includes(c)));
  const chiffres = dit(s, 'prix') || dit(s, 'stock') || dit(s, 'remise');
  if (
    origine === 'nomme' &&
    cle !== undefined &&
    /pointure|taille/i.test(cle) &&
    s.memoire.attributs[cle] === undefined &&
    !chiffres
  ) {
    s.memoire.question = { sur: 'attribut', cle };
    const valeurs = valeursDe(
      produits.flatMap((p) => p.variantes),
      cle,
    );
    return repondre(
      s,
      `${s.premiere ? PHRASES.ravi : 'Très bien.'} ${dire.questionAttribut(cle, valeurs)}`,
      CONFIANCE.choix,
    );
  }
  const demandes = Object.fromEntries(
    Object.entries(s.memoire.attributs).filter(([c]) => clesDe(produits).includes(c)),
  );
  const intro = dire.enAttributs(demandes);
  return lister(s, produits, intro === '' ? PHRASES.plusieurs : `Disponible ${intro} :`);
}

// ── which size ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What is missing is asked, what is not there is said; else the priced line. */
export async function cerner(s: Situation, produit: ProduitTrouve): Promise<Decision | Chiffrage> {
  const { attributs } = s.memoire;
  const inconnue = Object.entries(s.demande.inconnus).find(() => produit.variantes.length > 0);
  if (inconnue) return direAbsent(s, produit, inconnue[0], inconnue[1]);
  const restantes = produit.variantes.filter((v) => correspond(v, attributs));
  if (produit.variantes.length > 0 && restantes.length === 0) {
    const cles = [...Object.keys(s.demande.attributs), ...Object.keys(attributs)];
    const cle = cles.find((c) => clesDe([produit]).includes(c)) ?? '';
    return direAbsent(s, produit, cle, attributs[cle] ?? '');
  }
  const manquante = clesDe([produit]).find((cle) => valeursDe(restantes, cle).length > 1);
  if (manquante === undefined) return chiffrer(s, produit, restantes[0] ?? null);
  const enStock = restantes.filter((v) => v.quantite_stock > 0);
  if (enStock.length === 0) return direRupture(s, produit, null);
  return demanderAttribut(s, produit, manquante, enStock);
}

export function demanderAttribut(
  s: Situation,
  produit: ProduitTrouve,
  cle: string,
  enStock: VarianteTrouvee[],
): Decision {
  s.memoire.question = { sur: 'attribut', cle };
  const valeurs = valeursDe(enStock, cle);
  const question = dire.questionAttribut(cle, valeurs);
  const prixDits = dit(s, 'prix') || dit(s, 'remise');
  let debut = s.premiere && !s.memoire.veut ? PHRASES.ravi : `Très bien, ${dire.nom(produit)}.`;
  if (prixDits) debut = dire.tarif(produit, devise(s));
  if (dit(s, 'remise')) debut = `${PHRASES.prixFixes} ${debut}`;
  if (dit(s, 'stock')) debut = `${dire.tarif(produit, devise(s))} ${dire.enStock(cle, valeurs)}`;
  return repondre(
    s,
    `${debut} ${question}`,
    confianceDuSujet(s),
    listeValeurs(cle, dire.libelle(cle), enStock, devise(s)),
  );
}

export function demanderChoix(s: Situation, { cle, valeurs }: { cle: string; valeurs: string[] }): Decision {
  s.memoire.question = { sur: 'attribut', cle };
  s.memoire.quantite = null;
  const debut = s.premiere ? PHRASES.ravi : 'Très bien.';
  return repondre(s, `${debut} ${dire.questionChoix(cle, valeurs)}`, CONFIANCE.choix);
}

// ── what is not there ───────────────────────────────────────────────────────────────────────────────────────────

export function direAbsent(
  s: Situation,
  produit: ProduitTrouve,
  cle: string,
  valeur: string,
): Promise<Decision> | Decision {
  const { [cle]: _retiree, ...avec } = s.memoire.attributs;
  const possibles = produit.variantes.filter((v) => correspond(v, avec));
  const valeurs = dire.valeursEnStock(possibles, cle);
  const voulue = produit.variantes.find((v) => correspond(v, { ...avec, [cle]: valeur }));
  if (valeurs.length === 0) return direRupture(s, produit, voulue ?? null);
  if (voulue) s.memoire.rupture = { produit: produit.id_produit, variante: voulue.id_variante };
  s.memoire.attributs = avec;
  s.memoire.question = { sur: 'attribut', cle };
  return repondre(
    s,
    dire.absent(produit, cle, valeur, avec, valeurs),
    confianceDuSujet(s),
    listeValeurs(cle, dire.libelle(cle), possibles, devise(s)),
  );
}

/** Others of its kind are offered, and to be told when it is back. */
export async function direRupture(
  s: Situation,
  produit: ProduitTrouve,
  variante: VarianteTrouvee | null,
): Promise<Decision> {
  const proches = produit.categorie_produit ? await s.outils.chercherProduits(produit.categorie_produit) : [];
  const autres = proches
    .filter(
      (p) =>
        p.id_produit !== produit.id_produit &&
        p.quantite_stock > 0 &&
        p.categorie_produit === produit.categorie_produit,
    )
    .slice(0, 3);
  s.memoire.rupture = { produit: produit.id_produit, variante: variante?.id_variante ?? null };
  s.memoire.question =
    autres.length > 0 ? { sur: 'produit', choix: autres.map((p) => p.id_produit) } : { sur: 'prevenir' };
  Object.assign(s.memoire, { produit: null, recherche: null, quantite: null, veut: false });
  return repondre(
    s,
    dire.rupture(produit, autres, devise(s)),
    confianceDuSujet(s),
    boutons({ id: 'prevenir', titre: 'Me prévenir' }),
  );
}

// ── what it costs ───────────────────────────────────────────────────────────────────────────────────────────────

/** The line at today's price; when there are not so many, what is left or what else there is. */
export async function chiffrer(
  s: Situation,
  produit: ProduitTrouve,
  variante: VarianteTrouvee | null,
  quantite: number = s.memoire.quantite ?? 1,
): Promise<Decision | Chiffrage> {
  const ligne = await s.outils.chiffrerLigne(produit.id_produit, variante?.id_variante ?? null, quantite);
  if (!ligne) return nePasComprendre(s);
  if (ligne.disponible) return { produit, variante, ligne };
  if (ligne.quantite_stock > 0) {
    s.memoire.question = { sur: 'reste' };
    return repondre(
      s,
      dire.stockInsuffisant(produit, variante, ligne, devise(s)),
      confianceDuSujet(s),
      boutons({ id: 'prendre', titre: 'Oui' }, { id: 'non', titre: 'Non' }),
    );
  }
  const cle = clesDe([produit]).find((c) => valeursDe(produit.variantes, c).length > 1);
  if (!variante || cle === undefined) return direRupture(s, produit, variante);
  return direAbsent(s, produit, cle, variante.attributs[cle] ?? '');
}

/** Price, stock, and the question that leads on. */
export async function proposer(s: Situation, { produit, variante, ligne }: Chiffrage): Promise<Decision> {
  const achat =
    dit(s, 'prix') || dit(s, 'remise') || dit(s, 'stock') || s.demande.quantite !== null || s.avant.veut;
  s.memoire.question = { sur: achat ? 'prendre' : 'voir' };
  const lu = await s.outils.lireProduit(produit.id_produit);
  const photo = lu && lu.photos > 0 ? [{ id: 'photo', titre: 'Voir la photo' }] : [];
  const prendre = boutons({ id: 'prendre', titre: 'Je prends' }, ...photo);
  const combien = dit(s, 'reste') || (dit(s, 'stock') && s.sujet.origine === 'memoire');
  if (combien && ligne.quantite === 1) {
    s.memoire.question = { sur: 'prendre' };
    return repondre(s, dire.stockRestant(produit, variante, ligne, devise(s)), confianceDuSujet(s), prendre);
  }
  const debut = dit(s, 'remise') ? PHRASES.prixFixes : s.premiere ? '' : PHRASES.parfait;
  const texte = dire.proposition(produit, variante, ligne, devise(s), achat);
  return repondre(s, `${debut} ${texte}`.trim(), confianceDuSujet(s), prendre);
}
