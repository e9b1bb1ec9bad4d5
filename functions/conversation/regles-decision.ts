// Decides what to answer, from facts, memory and the catalogue: one list, the first rule that fits wins.
// It writes down in the memory what it settled and what it asked.
import type { Contexte, LigneChiffree, Outils, ProduitTrouve, VarianteTrouvee } from './modele-ia.ts';
import { clesDe, correspond, valeursDe } from './regles-attributs.ts';
import type { Faits, Intention } from './regles-faits.ts';
import type { Memoire } from './regles-memoire.ts';
import * as dire from './regles-phrases.ts';
import { PHRASES } from './regles-phrases.ts';
import { aChoisi, chercheAutreChose, produitChange, type Situation, situer } from './regles-situation.ts';

export type Decision = {
  texte: string;
  /** See `confiance` in moteur-regles.ts. */
  confiance: number;
  passerLaMain: string | null;
  memoire: Memoire;
};

const CONFIANCE = { sure: 0.95, choix: 0.6, incompris: 0.2 } as const;
const MAX_LISTE = 5;

export async function decider(
  contexte: Contexte,
  faits: Faits,
  avant: Memoire,
  premiere: boolean,
  outils: Outils,
): Promise<Decision> {
  const s = await situer(contexte, faits, avant, premiere, outils);
  const a = (intention: Intention) => faits.intentions.has(intention);
  const produitNouveau = s.sujet.origine === 'nomme' || s.sujet.origine === 'categorie' || aChoisi(s);
  const attributNouveau =
    Object.keys(s.demande.attributs).length + Object.keys(s.demande.inconnus).length > 0 ||
    s.demande.choix !== null;
  const nouveau = produitNouveau || attributNouveau || s.demande.quantite !== null;
  const propose = avant.question?.sur === 'voir' || avant.question?.sur === 'reste';
  const demandeProduit = a('prix') || a('stock') || a('remise') || a('achat');

  if (!faits.lisible) return direMedia(s);
  if (a('humain')) return passer(s, 'demande à parler à une personne', PHRASES.collegue);
  if (a('suivi')) return passer(s, 'écrit au sujet d’une commande ou d’un problème', PHRASES.collegue);
  if (a('autreService'))
    return passer(s, 'pose une question sur la livraison, le paiement ou la boutique', PHRASES.collegue);
  if (propose && a('non') && !nouveau) return refuser(s);
  const accepte = a('oui') || a('photo') || (a('achat') && s.demande.quantite === null);
  if (propose && accepte && !produitChange(s)) return confirmer(s);
  if (a('catalogue') && s.sujet.origine !== 'nomme') return montrerCatalogue(s, PHRASES.catalogue);
  if (a('tous') && avant.question?.sur === 'produit' && s.sujet.produits.length > 1)
    return lister(s, s.sujet.produits, PHRASES.plusieurs, PHRASES.lequelDAbord);
  const [seul] = s.sujet.produits;
  if (seul && (nouveau || demandeProduit)) {
    if (s.demande.modeleInconnu) return lister(s, s.sujet.produits, PHRASES.pasCeModele);
    if (s.demande.choix && !s.sujet.distincts) return demanderChoix(s, s.demande.choix);
    return s.sujet.produits.length === 1 ? parlerDe(s, seul) : faireChoisir(s);
  }
  if (a('oui') && avant.question?.sur === 'attribut' && seul)
    return accepterValeur(s, seul, avant.question.cle);
  if (s.sujet.produits.length === 0 && demandeProduit && faits.illisibles.length > 0) return direMedia(s);
  if (s.sujet.produits.length === 0 && (demandeProduit || s.demande.quantite !== null)) {
    return montrerCatalogue(s, chercheAutreChose(faits) ? PHRASES.introuvable : PHRASES.plusieurs);
  }
  if (a('qualite')) return passer(s, 'pose une question sur la qualité', PHRASES.collegue);
  if (a('aurevoir')) return repondre(s, PHRASES.auRevoir, CONFIANCE.sure);
  if (a('merci')) return repondre(s, PHRASES.merci, CONFIANCE.sure);
  if (a('robot')) return repondre(s, PHRASES.robot, CONFIANCE.sure);
  if (a('non')) return refuser(s);
  if (a('oui') && avant.question === null) return repondre(s, PHRASES.ecoute, CONFIANCE.sure);
  if (a('salutation')) return repondre(s, premiere ? PHRASES.accueil : PHRASES.ecoute, CONFIANCE.sure);
  return nePasComprendre(s);
}

// ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

function repondre(s: Situation, texte: string, confiance: number): Decision {
  return { texte, confiance, passerLaMain: null, memoire: s.memoire };
}

/** Full confidence for a name said in full, half for a product that was hardly named. */
function confianceDuSujet(s: Situation): number {
  return s.sujet.origine === 'categorie'
    ? CONFIANCE.choix
    : Math.min(CONFIANCE.sure, 0.5 + s.sujet.score / 2);
}

function passer(s: Situation, quoi: string, texte: string, confiance: number = CONFIANCE.sure): Decision {
  const { produit, attributs, quantite } = s.memoire;
  const details = produit
    ? `${dire.article({ nom_produit: produit.nom }, attributs)}${quantite ? `, quantité ${quantite}` : ''}`
    : '';
  const passerLaMain = dire.pourLeVendeur(qui(s), quoi, details);
  return { texte, confiance, passerLaMain, memoire: s.memoire };
}

function qui(s: Situation): string {
  return s.contexte.prospect.nom_complet?.replace(/\s+/g, ' ').trim().slice(0, 80) || 'Le prospect';
}

function refuser(s: Situation): Decision {
  Object.assign(s.memoire, { produit: null, recherche: null, quantite: null });
  return repondre(s, PHRASES.autreChose, CONFIANCE.sure);
}

function nePasComprendre(s: Situation): Decision {
  s.memoire.echecs = s.avant.echecs + 1;
  s.memoire.question = s.avant.question;
  if (s.memoire.echecs >= 2) {
    return passer(
      s,
      "a écrit deux fois sans que l'assistant comprenne",
      PHRASES.collegueIncompris,
      CONFIANCE.incompris,
    );
  }
  return repondre(s, PHRASES.reformuler, CONFIANCE.incompris);
}

async function montrerCatalogue(s: Situation, intro: string): Promise<Decision> {
  const parCategorie = s.sujet.origine === 'categorie';
  const produits = parCategorie ? s.sujet.produits : await s.outils.chercherProduits('');
  if (produits.length === 0)
    return passer(s, 'demande un article alors que le catalogue est vide', PHRASES.catalogueVide);
  s.memoire.produit = null;
  s.memoire.recherche = parCategorie ? [...s.sujet.mots].join(' ') : '';
  // Words that name nothing we sell, twice in a row, are for a person.
  if (intro === PHRASES.introuvable) {
    s.memoire.echecs = s.avant.echecs + 1;
    if (s.memoire.echecs >= 2) return nePasComprendre(s);
  }
  return lister(s, produits, intro);
}

function lister(s: Situation, produits: ProduitTrouve[], intro: string, question?: string): Decision {
  const montres = [...produits]
    .sort((x, y) => Number(y.quantite_stock > 0) - Number(x.quantite_stock > 0))
    .slice(0, MAX_LISTE);
  s.memoire.question = { sur: 'produit', choix: montres.map((p) => p.id_produit) };
  return repondre(s, dire.choixProduits(montres, devise(s), intro, question), CONFIANCE.choix);
}

function devise(s: Situation): string {
  return s.contexte.vendeur.devise;
}

function faireChoisir(s: Situation): Decision {
  const { produits, origine, distincts } = s.sujet;
  if (distincts) return lister(s, produits, PHRASES.plusieurs, PHRASES.lequelDAbord);
  const [cleInconnue] = Object.keys(s.demande.inconnus);
  if (cleInconnue !== undefined) {
    const rien = `Désolé, je n'ai rien ${dire.enAttributs(s.demande.inconnus)} pour le moment. ${PHRASES.plusieurs}`;
    return lister(s, produits, rien);
  }
  // A brand was named: its size narrows the choice better than a list does.
  const cle = clesDe(produits).find((c) => produits.every((p) => clesDe([p]).includes(c)));
  const chiffres =
    s.faits.intentions.has('prix') || s.faits.intentions.has('stock') || s.faits.intentions.has('remise');
  if (origine === 'nomme' && cle !== undefined && s.memoire.attributs[cle] === undefined && !chiffres) {
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

async function parlerDe(s: Situation, produit: ProduitTrouve): Promise<Decision> {
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
  if (restantes.every((v) => v.quantite_stock === 0)) return direRupture(s, produit);
  return demanderAttribut(s, produit, manquante, dire.valeursEnStock(restantes, manquante));
}

function demanderAttribut(s: Situation, produit: ProduitTrouve, cle: string, valeurs: string[]): Decision {
  s.memoire.question = { sur: 'attribut', cle };
  const question = dire.questionAttribut(cle, valeurs);
  const { intentions } = s.faits;
  let debut = s.premiere ? PHRASES.ravi : `Très bien, ${dire.nom(produit)}.`;
  if (intentions.has('prix') || intentions.has('remise')) debut = dire.tarif(produit, devise(s));
  if (intentions.has('remise')) debut = `${PHRASES.prixFixes} ${debut}`;
  if (intentions.has('stock')) debut = `${dire.tarif(produit, devise(s))} ${dire.enStock(cle, valeurs)}`;
  return repondre(s, `${debut} ${question}`, confianceDuSujet(s));
}

function demanderChoix(s: Situation, { cle, valeurs }: { cle: string; valeurs: string[] }): Decision {
  s.memoire.question = { sur: 'attribut', cle };
  s.memoire.quantite = null;
  const debut = s.premiere ? PHRASES.ravi : 'Très bien.';
  return repondre(s, `${debut} ${dire.questionChoix(cle, valeurs)}`, CONFIANCE.choix);
}

/** "oui" to the only value left takes it; to a choice it chooses nothing, and the question comes again. */
function accepterValeur(s: Situation, produit: ProduitTrouve, cle: string): Promise<Decision> | Decision {
  const restantes = produit.variantes.filter((v) => correspond(v, s.memoire.attributs));
  const [valeur, ...autres] = dire.valeursEnStock(restantes, cle);
  if (valeur !== undefined && autres.length === 0) s.memoire.attributs[cle] = valeur;
  return s.sujet.produits.length === 1 ? parlerDe(s, produit) : faireChoisir(s);
}

/** What cannot be opened changes nothing of what was being said. */
function direMedia(s: Situation): Decision {
  Object.assign(s.memoire, { question: s.avant.question, echecs: s.avant.echecs });
  return repondre(s, dire.mediaSeul(s.faits.illisibles), CONFIANCE.choix);
}

function direAbsent(
  s: Situation,
  produit: ProduitTrouve,
  cle: string,
  valeur: string,
): Promise<Decision> | Decision {
  const { [cle]: _retiree, ...avec } = s.memoire.attributs;
  const valeurs = dire.valeursEnStock(
    produit.variantes.filter((v) => correspond(v, avec)),
    cle,
  );
  if (valeurs.length === 0) return direRupture(s, produit);
  s.memoire.attributs = avec;
  s.memoire.question = { sur: 'attribut', cle };
  return repondre(s, dire.absent(produit, cle, valeur, avec, valeurs), confianceDuSujet(s));
}

async function direRupture(s: Situation, produit: ProduitTrouve): Promise<Decision> {
  const proches = await s.outils.chercherProduits(produit.categorie_produit ?? '');
  const autres = proches
    .filter((p) => p.id_produit !== produit.id_produit && p.quantite_stock > 0)
    .slice(0, 3);
  if (autres.length > 0) s.memoire.question = { sur: 'produit', choix: autres.map((p) => p.id_produit) };
  Object.assign(s.memoire, { produit: null, recherche: produit.categorie_produit ?? '', quantite: null });
  return repondre(s, dire.rupture(produit, autres, devise(s)), confianceDuSujet(s));
}

type Chiffrage = { produit: ProduitTrouve; variante: VarianteTrouvee | null; ligne: LigneChiffree };

async function obtenirLigne(
  s: Situation,
  produit: ProduitTrouve,
  variante: VarianteTrouvee | null,
): Promise<Chiffrage | null> {
  const id = variante?.id_variante ?? null;
  const ligne = await s.outils.chiffrerLigne(produit.id_produit, id, s.memoire.quantite ?? 1);
  return ligne && { produit, variante, ligne };
}

/** Product and variant are known: price, stock, and the question that leads on. */
async function chiffrer(
  s: Situation,
  produit: ProduitTrouve,
  variante: VarianteTrouvee | null,
): Promise<Decision> {
  const chiffrage = await obtenirLigne(s, produit, variante);
  if (!chiffrage) return nePasComprendre(s);
  const manque = manquer(s, chiffrage);
  if (manque) return manque;
  const { ligne } = chiffrage;
  s.memoire.question = { sur: 'voir' };
  const { intentions } = s.faits;
  const combien = intentions.has('reste') || (intentions.has('stock') && s.sujet.origine === 'memoire');
  if (combien && ligne.quantite === 1) {
    return repondre(s, dire.stockRestant(produit, variante, ligne, devise(s)), confianceDuSujet(s));
  }
  const debut = intentions.has('remise') ? PHRASES.prixFixes : s.premiere ? '' : PHRASES.parfait;
  const texte = dire.proposition(produit, variante, ligne, devise(s));
  return repondre(s, `${debut} ${texte}`.trim(), confianceDuSujet(s));
}

function manquer(s: Situation, { produit, variante, ligne }: Chiffrage): Promise<Decision> | Decision | null {
  if (ligne.disponible) return null;
  if (ligne.quantite_stock > 0) {
    s.memoire.question = { sur: 'reste' };
    return repondre(s, dire.stockInsuffisant(produit, variante, ligne, devise(s)), confianceDuSujet(s));
  }
  const cle = clesDe([produit]).find((c) => valeursDe(produit.variantes, c).length > 1);
  if (!variante || cle === undefined) return direRupture(s, produit);
  return direAbsent(s, produit, cle, variante.attributs[cle] ?? '');
}

/** "oui": orders are not taken here, so a person gets the whole of it. */
async function confirmer(s: Situation): Promise<Decision> {
  const [produit] = s.sujet.produits;
  if (!produit) return nePasComprendre(s);
  const restantes = produit.variantes.filter((v) => correspond(v, s.memoire.attributs));
  const [variante = null] = restantes;
  if (produit.variantes.length > 0 && restantes.length !== 1) return parlerDe(s, produit);
  if (s.avant.question?.sur === 'reste' && s.demande.quantite === null) {
    s.memoire.quantite = Math.max(1, variante?.quantite_stock ?? produit.quantite_stock);
  }
  const chiffrage = await obtenirLigne(s, produit, variante);
  if (!chiffrage) return nePasComprendre(s);
  const { ligne } = chiffrage;
  const manque = manquer(s, chiffrage);
  if (manque) return manque;
  const commande =
    (s.faits.intentions.has('achat') && !s.faits.intentions.has('photo')) ||
    s.avant.question?.sur === 'reste' ||
    s.memoire.quantite !== null;
  const resume = dire.commandeNotee(produit, variante, ligne, devise(s), commande);
  const pourVendeur = dire.pourLeVendeur(
    qui(s),
    commande ? 'veut commander' : 'veut voir',
    dire.resumeLigne(produit, variante, ligne, devise(s)),
  );
  return { texte: resume, confiance: CONFIANCE.sure, passerLaMain: pourVendeur, memoire: s.memoire };
}
