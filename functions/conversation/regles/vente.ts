// The part of a reply that is about goods: what is asked of them, what is taken, what is changed.
import type { ProduitTrouve } from '../modele-ia.ts';
import { accepte, accepter, accepterValeur, prendrePropose, veutAcheter, veutAussi } from './accord.ts';
import {
  cerner,
  demanderChoix,
  estChiffrage,
  faireChoisir,
  lister,
  montrerCatalogue,
  proposer,
} from './article.ts';
import { VIDES } from './candidats.ts';
import { avancer, rappeler } from './commande.ts';
import { conseiller, montrerPhoto, prevenir, sansChoix } from './conseil.ts';
import { direDetail } from './detail.ts';
import { type LigneDite, lireLignes } from './lignes.ts';
import { corriger, modifier, neGarderQue } from './modifier.ts';
import { mettrePlusieurs, prendre } from './panier.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import {
  ajusterProposition,
  mettreProposees,
  prendreDeChaque,
  prendreTousVus,
  proposerPlusieurs,
} from './proposition.ts';
import { CONFIANCE, type Decision, precede, repondre } from './reponse.ts';
import { changerTous, compterAutrement, prendreNumero } from './retouches.ts';
import { aChoisi, chercheAutreChose, demandeSur, dit, produitChange, type Situation } from './situation.ts';
import { produitParId } from './sujet.ts';

const RETIRE = /\b(?:enleve|retire|supprime|ote)[rz]?\b/;

/** null: these words are not about goods. `ailleurs`: a question about the shop was answered already. */
export async function parlerArticles(s: Situation, ailleurs: boolean): Promise<Decision | null> {
  const { avant, sujet, demande, lu } = s;
  const interroge = lu.phrase.includes('?');
  const produitNouveau =
    sujet.origine === 'nomme' || (sujet.origine === 'categorie' && !ailleurs) || aChoisi(s);
  const attributNouveau =
    Object.keys(demande.attributs).length + Object.keys(demande.inconnus).length > 0 ||
    demande.choix !== null;
  // The 2 of "payer en 2 fois" counts no article.
  if (ailleurs && !produitNouveau && !attributNouveau && !s.faits.intentions.has('achat')) {
    demande.quantite = null;
    s.memoire.quantite = avant.quantite;
  }
  const nouveau = produitNouveau || attributNouveau || demande.quantite !== null;
  const chiffres = dit(s, 'prix') || dit(s, 'remise');
  const achete = veutAcheter(s, interroge);
  const propose = ['voir', 'prendre', 'reste'].includes(avant.question?.sur ?? '');
  const plusieursProposes = avant.question?.sur === 'lignes';
  if (achete) s.memoire.veut = true;

  const retour = await prevenir(s);
  if (retour) return retour;
  if (propose && veutAussi(s, interroge)) {
    const pris = await prendrePropose(s);
    if (pris) return pris;
  }
  if (
    avant.question?.sur === 'lignes' &&
    !produitNouveau &&
    (accepte(s, achete) || dit(s, 'tous')) &&
    !RETIRE.test(lu.phrase)
  )
    return mettreProposees(s, avant.question.lignes);
  const tous =
    (propose && avant.question?.sur !== 'reste' && (await prendreTousVus(s, achete))) ||
    (await prendreDeChaque(s));
  if (tous) return tous;
  const gardes = await neGarderQue(s);
  if (gardes) return gardes;
  const retouche = (await compterAutrement(s)) ?? (await prendreNumero(s));
  if (retouche) return retouche;
  const lignes = await lignesDites(s, achete);
  const ajuste =
    avant.question?.sur === 'lignes' && lignes
      ? await ajusterProposition(s, avant.question.lignes, lignes, achete)
      : null;
  if (ajuste) return ajuste;
  const change = lignes && (await plusieurs(s, lignes, achete));
  if (change) return change;
  if (demandeSur(s, 'photo') || lu.choisi?.quoi === 'photo') return montrerPhoto(s);
  if ((propose || plusieursProposes) && (lu.choisi?.quoi === 'non' || (dit(s, 'non') && !nouveau)))
    return refuser(s);
  if (propose && accepte(s, achete) && !produitChange(s)) return accepter(s);
  const detail = achete ? null : await direDetail(s);
  if (detail) return detail;
  const conseil = await conseiller(s);
  if (conseil) return conseil;
  if (dit(s, 'catalogue') && sujet.origine !== 'nomme' && !ailleurs)
    return montrerCatalogue(s, PHRASES.catalogue);
  if (dit(s, 'tous') && avant.question?.sur === 'produit' && sujet.produits.length > 1)
    return lister(s, sujet.produits, PHRASES.plusieurs, PHRASES.lequelDAbord);
  const [seul, autre] = sujet.produits;
  const corrige = seul && !autre && produitNouveau && !chiffres ? await corriger(s, seul) : null;
  if (corrige) return corrige;
  if (seul && (nouveau || (achete && !ailleurs) || ((chiffres || dit(s, 'stock')) && !ailleurs)))
    return parlerDe(s, seul, achete, propose, interroge);
  if (dit(s, 'oui') && avant.question?.sur === 'attribut' && seul)
    return accepterValeur(s, seul, avant.question.cle);
  if (ailleurs) return null;
  const demandeProduit = chiffres || dit(s, 'stock') || achete || dit(s, 'envie');
  if (sujet.produits.length === 0 && demandeProduit && s.faits.illisibles.length > 0)
    return repondre(s, dire.mediaSeul(s.faits.illisibles), CONFIANCE.choix);
  if (sujet.produits.length === 0 && (demandeProduit || demande.quantite !== null)) {
    if (s.outils.panier().lignes.length > 0 && !nommeAutreChose(s)) return null;
    if (dit(s, 'remise')) return montrerCatalogue(s, `${PHRASES.prixFixes} ${PHRASES.plusieurs}`);
    return montrerCatalogue(s, nommeAutreChose(s) ? PHRASES.introuvable : PHRASES.plusieurs);
  }
  return null;
}

/** Words that should name something and are nothing that is sold here. */
function nommeAutreChose(s: Situation): boolean {
  if (chercheAutreChose(s.faits)) return true;
  return s.faits.mots.some(
    (mot) =>
      mot.texte.length > 3 &&
      mot.nombre === null &&
      !VIDES.has(mot.texte) &&
      !/^(?:acheter?|passer|cher|dernier|remise|reduction|promo\w*|fcfa|livr\w*|bonjour|bonsoir|merci|salut)$/.test(
        mot.texte,
      ),
  );
}

async function parlerDe(
  s: Situation,
  seul: ProduitTrouve,
  achete: boolean,
  propose: boolean,
  interroge: boolean,
): Promise<Decision> {
  const { sujet, demande } = s;
  if (demande.modeleInconnu) return lister(s, sujet.produits, PHRASES.pasCeModele);
  if (demande.choix && !sujet.distincts) return demanderChoix(s, demande.choix);
  if (sujet.produits.length > 1) return faireChoisir(s);
  const unSeul = dit(s, 'stock') || interroge ? sansChoix(s, seul) : null;
  const cerne = await cerner(s, seul);
  if (!estChiffrage(cerne)) return unSeul ? precede(unSeul, cerne) : cerne;
  const chiffres = dit(s, 'prix') || dit(s, 'remise') || dit(s, 'stock');
  const ouiAussi = propose && dit(s, 'oui');
  const corrige = (aMettre(s, cerne.produit) || ajoute(s)) && !interroge;
  // What a kind of thing led to is shown first.
  const devine = s.sujet.origine === 'categorie' && !dit(s, 'achat');
  if (!chiffres && !devine && (achete || ouiAussi || corrige || (s.memoire.veut && !interroge)))
    return prendre(s, cerne);
  const proposition = await proposer(s, cerne);
  return unSeul ? precede(unSeul, proposition) : proposition;
}

/** "et un sac", "2 savons" beside what is in the basket already. */
function ajoute(s: Situation): boolean {
  if (s.outils.panier().lignes.length === 0) return false;
  return (
    s.demande.quantite !== null ||
    dit(s, 'encore') ||
    /^(?:et|avec|plus) (?:une?|deux|trois|\d)/.test(s.lu.phrase)
  );
}

/** Another size or number of what was just put into the basket. */
function aMettre(s: Situation, produit: ProduitTrouve): boolean {
  const { derniere } = s.avant;
  if (s.sujet.origine !== 'memoire' || derniere?.produit !== produit.id_produit) return false;
  return s.outils.panier().lignes.some((l) => l.id_produit === produit.id_produit);
}

async function refuser(s: Situation): Promise<Decision> {
  Object.assign(s.memoire, { produit: null, recherche: null, quantite: null, veut: false });
  if (s.outils.panier().lignes.length > 0) return avancer(s, "D'accord.");
  return repondre(s, PHRASES.autreChose);
}

// ── several, and changes ────────────────────────────────────────────────────────────────────────────────────────

/** Read only when more than one article may be meant, or something of the basket. */
async function lignesDites(s: Situation, achete: boolean): Promise<LigneDite[] | null> {
  const { sujet, demande, avant, outils, lu } = s;
  if (lu.choisi !== null || lu.messages.length === 0 || lu.questions.has('injection')) return null;
  const panier = outils.panier();
  const desListe =
    avant.question?.sur === 'produit' &&
    /\b(?:deux|trois|2|3|4|chaque|chacune?|tous|toutes?|et)\b/.test(lu.phrase);
  const plusieurs =
    achete ||
    sujet.distincts ||
    demande.choix !== null ||
    desListe ||
    panier.lignes.length > 0 ||
    avant.question?.sur === 'lignes' ||
    RETIRE.test(lu.phrase) ||
    demande.quantite !== null ||
    ((dit(s, 'prix') || dit(s, 'stock')) && /\bet\b|[+,&]/.test(lu.messages.join(' ')));
  if (!plusieurs) return null;
  const connus: ProduitTrouve[] = [];
  const ids =
    avant.question?.sur === 'produit'
      ? avant.question.choix
      : [avant.produit?.id, avant.derniere?.produit, ...panier.lignes.map((l) => l.id_produit)];
  for (const id of new Set(ids)) {
    const produit = id === undefined ? null : await produitParId(id, outils);
    if (produit) connus.push(produit);
  }
  const lignes = await lireLignes(lu.details.reste, outils, connus);
  // "je préfère les skechers": instead of what was taken last.
  const prefere = panier.lignes.length > 0 && /\bprefer|\bnon laisse/.test(lu.phrase) && !dit(s, 'encore');
  return prefere
    ? lignes.map((l) => (l.action === 'ajouter' && !l.interroge ? { ...l, action: 'remplacer' } : l))
    : lignes;
}

async function plusieurs(s: Situation, lignes: LigneDite[], achete: boolean): Promise<Decision | null> {
  const panier = s.outils.panier();
  const changent = lignes.filter((l) => l.action !== 'ajouter');
  if (changent.length > 0 && panier.lignes.length > 0) {
    const decision = await modifier(s, lignes);
    if (decision) return decision;
  }
  const tous = achete ? null : await changerTous(s, lignes);
  if (tous) return tous;
  const retirees = changent.filter((l) => l.action === 'retirer').flatMap((l) => l.produits);
  if (RETIRE.test(s.lu.phrase) && retirees.length > 0) return pasAuPanier(s, retirees);
  const informe = dit(s, 'prix') || dit(s, 'stock') || s.lu.phrase.includes('?');
  const ajouts = lignes.filter((l) => l.action === 'ajouter' && (achete || !l.interroge || informe));
  if (ajouts.length < 2 || ajouts.length < lignes.length - changent.length) return null;
  const avecQuantite = ajouts.filter((l) => l.quantite !== null).length;
  const demandees = lignes.filter((l) => l.action === 'ajouter');
  const articles = new Set(demandees.flatMap((l) => l.produits.map((p) => p.id_produit)));
  // "39,5 et 40,5" names two; three sizes in a row may be a question which there is.
  const deuxTailles =
    s.demande.choix?.valeurs.length === 2 && avecQuantite < 2 && !/\bou\b/.test(s.lu.phrase);
  if (!achete && changent.length === 0 && (informe || articles.size > 1 || deuxTailles)) {
    const proposees = await proposerPlusieurs(s, demandees);
    if (proposees || informe) return proposees;
  }
  if (!achete && avecQuantite < 2) return null;
  if (ajouts.every((l) => l.produits.length === 0 && l.introuvable !== null)) return null;
  return mettrePlusieurs(s, ajouts);
}

/** What is not in the basket cannot be taken out, and is not put in for that. */
async function pasAuPanier(s: Situation, produits: ProduitTrouve[]): Promise<Decision> {
  const ids = produits.map((p) => p.id_produit);
  const { produit, attributs, quantite, recherche } = s.avant;
  Object.assign(s.memoire, { produit, attributs, quantite, recherche, veut: s.avant.veut, vus: s.avant.vus });
  s.memoire.attente = s.avant.attente.filter((a) => !ids.includes(a.produit));
  if (produit && ids.includes(produit.id)) return refuser(s);
  const [premier] = produits;
  return reprendre(s, premier ? `${dire.nom(premier)} n'est pas dans votre panier.` : "D'accord.");
}

// ── back to where we were ───────────────────────────────────────────────────────────────────────────────────────

/** After an answer beside the matter: the question that was open, in one sentence. */
export async function reprendre(s: Situation, intro: string): Promise<Decision> {
  const { avant, outils, memoire } = s;
  const panier = outils.panier();
  // What he wants and which was not placed yet is asked for again: an order without it is not his.
  const aPreciser = avant.veut && /^(?:attribut|produit)$/.test(avant.question?.sur ?? '');
  if (panier.lignes.length > 0 && !aPreciser) {
    const rappel = panier.recapitule ? rappeler(s, panier) : await avancer(s);
    return precede(intro, rappel);
  }
  memoire.question = avant.question;
  if (aPreciser && avant.question?.sur === 'produit') {
    const produits: ProduitTrouve[] = [];
    for (const id of avant.question.choix) {
      const produit = await produitParId(id, outils);
      if (produit) produits.push(produit);
    }
    if (produits.length > 0) return precede(intro, lister(s, produits, 'Il me faut encore votre choix :'));
  }
  if (avant.question?.sur === 'attribut' && avant.produit) {
    const produit = await produitParId(avant.produit.id, outils);
    const cerne = produit && (await cerner({ ...s, faits: { ...s.faits, intentions: new Set() } }, produit));
    if (produit && cerne && !estChiffrage(cerne)) {
      const texte = cerne.texte.replace(/^Très bien, .{1,130}?\. (?=Quel)/, `Pour ${dire.nom(produit)} : `);
      return precede(intro, { ...cerne, texte });
    }
  }
  return precede(intro, repondre(s, redemander(s)));
}

function redemander(s: Situation): string {
  const { question, produit } = s.avant;
  switch (question?.sur) {
    case 'voir':
    case 'prendre':
    case 'reste':
      s.memoire.question = { sur: question.sur === 'voir' ? 'prendre' : question.sur };
      return produit
        ? `Voulez-vous commander ${dire.article({ nom_produit: produit.nom }, s.avant.attributs)} ?`
        : '';
    case 'attribut':
      return dire.questionAttribut(question.cle, []);
    case 'produit':
      return PHRASES.lequel;
    default:
      s.memoire.question = null;
      return '';
  }
}
