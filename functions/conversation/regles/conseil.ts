// Helps to choose: by price, by budget, by comparing, by a photo; and tells when something is back.
import type { ProduitTrouve } from '../modele-ia.ts';
import { cerner, estChiffrage, lister, proposer } from './article.ts';
import { clesDe, correspond, estCouleur } from './attributs.ts';
import { boutons } from './interactif.ts';
import { lireBudget } from './lecture.ts';
import { normaliser } from './mots.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import { CONFIANCE, confianceDuSujet, type Decision, precede, repondre } from './reponse.ts';
import { demandeSur, devise, dit, type Situation } from './situation.ts';
import { parPrix, produitParId } from './sujet.ts';

export async function conseiller(s: Situation): Promise<Decision | null> {
  const budget = lireBudget(s.lu.messages);
  if (budget !== null && !dit(s, 'remise')) return dansLeBudget(s, budget);
  const extreme = dit(s, 'moinsCher') || dit(s, 'plusCher');
  const nomme = s.sujet.origine === 'nomme' && s.sujet.produits.length === 1;
  if (extreme && !nomme && !(s.sujet.produits.length === 1 && s.avant.question?.sur === 'produit')) {
    const choisi = parPrix(await aComparer(s)).at(dit(s, 'moinsCher') ? 0 : -1);
    if (choisi) return presenter(s, choisi);
  }
  if (dit(s, 'difference')) return comparer(s);
  return null;
}

/** What is spoken of, else all that is sold. */
async function aComparer(s: Situation): Promise<ProduitTrouve[]> {
  const [seul] = s.sujet.produits;
  const genre = s.sujet.produits.length === 1 ? (seul?.categorie_produit ?? '') : '';
  const produits = s.sujet.produits.length > 1 ? s.sujet.produits : await s.outils.chercherProduits(genre);
  const enStock = produits.filter((p) => p.quantite_stock > 0);
  return enStock.length > 0 ? enStock : produits;
}

async function presenter(s: Situation, produit: ProduitTrouve): Promise<Decision> {
  s.memoire.produit = { id: produit.id_produit, nom: produit.nom_produit };
  s.memoire.recherche = null;
  const cerne = await cerner(s, produit);
  if (estChiffrage(cerne)) return proposer(s, cerne);
  return dit(s, 'prix') ? cerne : precede(dire.tarif(produit, devise(s)), cerne);
}

async function dansLeBudget(s: Situation, budget: number): Promise<Decision> {
  const produits = await aComparer(s);
  const possibles = produits.filter((p) => lePlusBas(p) <= budget);
  s.memoire.produit = null;
  s.memoire.recherche = s.sujet.produits.length > 1 ? [...s.sujet.mots].join(' ') : '';
  if (possibles.length > 0) return lister(s, parPrix(possibles), 'Dans votre budget :');
  return lister(s, parPrix(produits).slice(0, 3), "Je n'ai rien dans ce budget. Les moins chers sont :");
}

function lePlusBas(p: ProduitTrouve): number {
  return p.variantes.length > 0 ? Math.min(...p.variantes.map((v) => v.prix_unitaire)) : p.prix_unitaire;
}

async function comparer(s: Situation): Promise<Decision> {
  const produits = (await aComparer(s)).slice(0, 3);
  const lignes: string[] = [];
  for (const p of produits) {
    const lu = await s.outils.lireProduit(p.id_produit);
    const decrit = extrait(lu?.description_produit ?? null);
    lignes.push(`${dire.ligneDeListe(p, devise(s))}${decrit ? `. ${decrit}` : ''}`);
  }
  s.memoire.question = { sur: 'produit', choix: produits.map((p) => p.id_produit) };
  return repondre(s, [PHRASES.plusieurs, ...lignes, PHRASES.lequel].join('\n'), CONFIANCE.choix);
}

/** The first sentences of a description, without any that names an amount or gives orders. */
export function extrait(description: string | null): string {
  if (description === null) return '';
  const phrases = description
    .replace(/\s+/g, ' ')
    .split(/(?<=[.!?])\s/)
    .filter(
      (p) =>
        !/\d{3,}(?!\d| ?(?:mah|w|watts?|ml|g|kg|go|pouces|cm|mm|l|litres?|pages|h)\b)|\bf ?cfa\b|% d[e']|https?:|assistant|important|annonce|instruction|ignore|system|livraison|gratuit|prix/i.test(
          p,
        ),
    );
  return phrases.join(' ').slice(0, 200).trim();
}

// ── what there is no choice of ──────────────────────────────────────────────────────────────────────────────────

const CHOIX: [RegExp, RegExp, string][] = [
  [/\b(?:couleurs?|coloris|color)\b/, /couleur|coloris/, 'de couleur'],
  [/\b(?:tailles?|pointures?|size)\b/, /taille|pointure/, 'de taille'],
];

/** "quelles couleurs ?" of an article that comes as it is. */
export function sansChoix(s: Situation, produit: ProduitTrouve): string | null {
  const phrase = normaliser(s.lu.phrase);
  const cles = clesDe([produit]).map(normaliser);
  const nom = normaliser(produit.nom_produit).split(' ');
  const couleur = s.faits.mots.some((mot) => estCouleur(mot.texte) && !nom.includes(mot.texte));
  if (couleur && !cles.some((c) => /couleur|coloris/.test(c)))
    return `${dire.nom(produit)} existe en un seul coloris, sans choix de couleur.`;
  for (const [demande, cle, quoi] of CHOIX) {
    if (demande.test(phrase) && !cles.some((c) => cle.test(c)))
      return `${dire.nom(produit)} existe en un seul modèle, sans choix ${quoi}.`;
  }
  return null;
}

// ── photo ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Photos of what is spoken of, and on with it; an article without any is described. */
export async function montrerPhoto(s: Situation): Promise<Decision> {
  const { produits } = s.sujet;
  const [seul] = produits;
  if (!seul) {
    const tous = await s.outils.chercherProduits('');
    s.memoire.recherche = '';
    return lister(s, tous, 'De quel article voulez-vous la photo ?');
  }
  if (produits.length > 1) {
    let envoyees = 0;
    for (const p of produits.slice(0, 3)) envoyees += await s.outils.envoyerPhoto(p.id_produit);
    return lister(s, produits, envoyees > 0 ? 'Voici :' : "Je n'ai pas de photo ici. Nous avons :");
  }
  const intro = await photoDe(s, seul);
  if (s.outils.panier().lignes.some((l) => l.id_produit === seul.id_produit)) return repondre(s, intro);
  const cerne = await cerner(s, seul);
  if (!estChiffrage(cerne)) return precede(intro, cerne);
  s.memoire.question = { sur: 'prendre' };
  const suite = await proposer(s, cerne);
  s.memoire.question = { sur: 'prendre' };
  return precede(intro, {
    ...suite,
    texte: suite.texte
      .replace(/^Parfait ! /, '')
      .replace(/Voulez-vous les voir \?$/, 'Voulez-vous les commander ?')
      .replace(/Voulez-vous voir cet article \?$/, 'Voulez-vous commander cet article ?'),
    interactif: boutons({ id: 'prendre', titre: 'Je prends' }),
  });
}

export async function photoDe(s: Situation, produit: ProduitTrouve): Promise<string> {
  if ((await s.outils.envoyerPhoto(produit.id_produit)) > 0) return `Voici ${dire.nom(produit)}.`;
  const lu = await s.outils.lireProduit(produit.id_produit);
  const decrit = extrait(lu?.description_produit ?? null);
  return `Je n'ai pas de photo de cet article ici.${decrit === '' ? '' : ` ${dire.nom(produit)} : ${decrit}`}`;
}

// ── back in stock ───────────────────────────────────────────────────────────────────────────────────────────────

/** "prévenez-moi"; null when nothing sold out was spoken of. */
export async function prevenir(s: Situation): Promise<Decision | null> {
  const { avant, lu, sujet } = s;
  const accepte = avant.question?.sur === 'prevenir' && lu.avis === 'oui';
  if (!accepte && !demandeSur(s, 'retour_stock') && lu.choisi?.quoi !== 'prevenir') return null;
  const [nomme] = sujet.origine === 'nomme' && sujet.produits.length === 1 ? sujet.produits : [];
  const voulu = nomme
    ? nomme
    : avant.rupture
      ? await produitParId(avant.rupture.produit, s.outils)
      : (sujet.produits[0] ?? null);
  if (!voulu) {
    return repondre(
      s,
      "Dites-moi quel article vous attendez et je vous préviendrai dès qu'il est disponible.",
      CONFIANCE.choix,
    );
  }
  const memeRupture = avant.rupture?.produit === voulu.id_produit;
  const dites = voulu.variantes.filter((v) => correspond(v, { ...s.demande.attributs }));
  const variante = memeRupture
    ? avant.rupture?.variante
    : dites.length === 1
      ? dites[0]?.id_variante
      : undefined;
  const note = await s.outils.prevenirRetour(voulu.id_produit, variante ?? null);
  if (note) {
    const quoi = voulu.variantes.find((v) => v.id_variante === variante);
    s.memoire.rupture = null;
    return repondre(
      s,
      `C'est noté : je vous préviens ici dès que ${dire.article(voulu, quoi?.attributs)} est de nouveau disponible.`,
      confianceDuSujet(s),
    );
  }
  s.memoire.produit = { id: voulu.id_produit, nom: voulu.nom_produit };
  s.memoire.recherche = null;
  return precede('Bonne nouvelle, il est disponible maintenant.', await presenter(s, voulu));
}
