// Decides what to answer: one list, the first rule that fits wins. What must not be mistaken comes first (a person is
// asked for, a summary is answered), then goods and the shop, then small talk.
import type { Contexte, Outils } from '../modele-ia.ts';
import { politiqueNommee, repondreSurLaBoutique } from './boutique.ts';
import {
  avancer,
  demanderAdresse,
  demanderPaiement,
  noterDetails,
  repondreAuRecapitulatif,
  toutAnnuler,
} from './commande.ts';
import { boutons } from './interactif.ts';
import type { Lecture } from './lecture.ts';
import type { Memoire } from './memoire.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { VENTE } from './phrases-vente.ts';
import { CONFIANCE, type Decision, nePasComprendre, passer, precede, repondre } from './reponse.ts';
import { demandeSur, devise, dit, type Situation, situer, veutChanger } from './situation.ts';
import { repondreSurLesCommandes } from './suivi.ts';
import { parlerArticles, reprendre } from './vente.ts';

export async function decider(
  contexte: Contexte,
  lu: Lecture,
  avant: Memoire,
  premiere: boolean,
  outils: Outils,
): Promise<Decision> {
  const s = await situer(contexte, lu, avant, premiere, outils);
  if (!lu.faits.lisible && lu.choisi === null && lu.position === null) return direMedia(s);
  const { recapitule } = outils.panier();
  const decision =
    passerSiBesoin(s) ??
    sArreter(s) ??
    (await repondreAuRecapitulatif(s)) ??
    (await repondreSurLesCommandes(s)) ??
    (await vendre(s));
  // Whatever was answered, the summary still stands as it was.
  if (recapitule && outils.panier().recapitule && s.memoire.question?.sur !== 'confirmer' && veutChanger(s))
    s.memoire.doute = true;
  return decision;
}

// ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

function passerSiBesoin(s: Situation): Decision | null {
  const { avant, lu } = s;
  // "un robot ou une vraie personne ?" asks who is there.
  const quiEstLa =
    dit(s, 'robot') && /\bou (?:bien )?(?:un |une |a |avec )*(?:vrai|humain|personne|robot)/.test(lu.phrase);
  const leLivreur = /\blivreur\b/.test(lu.phrase) && /\bappel/.test(lu.phrase);
  if (leLivreur && demandeSur(s, 'humain'))
    return repondre(s, 'Oui, le livreur vous appelle avant de passer, au numéro de la commande.');
  if ((demandeSur(s, 'humain') && !quiEstLa) || lu.choisi?.quoi === 'humain')
    return passer(s, 'demande à parler à une personne');
  // Who fears to be cheated complains of nothing.
  const craint = /\b(?:peur|mefi\w*|crain\w*|j espere)\b/.test(lu.phrase) && !DEJA_ACHETE.test(lu.phrase);
  if (!craint && (demandeSur(s, 'plainte') || DEJA_ACHETE.test(lu.phrase)) && !demandeSur(s, 'insulte'))
    return passer(s, `écrit au sujet d’un problème : ${citer(s)}`);
  if (/\b(?:ma|une|la|votre) factures?\b/.test(lu.phrase)) return passer(s, 'demande une facture');
  if (demandeSur(s, 'gros')) return passer(s, `demande des conditions de gros : ${citer(s)}`);
  if (avant.question?.sur === 'collegue' && lu.avis === 'oui')
    return passer(s, `demande si une livraison est possible à ${avant.question.lieu}`);
  return null;
}

/** "la batterie que j'ai achetée chez vous est déjà morte" */
const DEJA_ACHETE =
  /\b(?:j ai|on a|nous avons|que j avais) (?:achete|pris|recu|commande|paye)\w*\b.*\b(?:mort\w*|panne|cass\w*|abim\w*|gat\w*|brul\w*|dechir\w*|defaut\w*|probleme|souci|(?:marche|fonctionne|charge|allume|tient) (?:pas|plus))\b/;

function citer(s: Situation): string {
  return `« ${s.lu.messages.join(' ').replace(/\s+/g, ' ').trim().slice(0, 200)} »`;
}

function sArreter(s: Situation): Decision | null {
  if (!demandeSur(s, 'stop') || s.sujet.origine === 'nomme') return null;
  s.outils.desabonner();
  return repondre(
    s,
    "C'est noté : vous ne recevrez plus nos annonces. Vous pouvez toujours nous écrire ici.",
  );
}

/** What cannot be opened changes nothing of what was being said. */
function direMedia(s: Situation): Decision {
  Object.assign(s.memoire, { question: s.avant.question, echecs: s.avant.echecs });
  return repondre(s, dire.mediaSeul(s.faits.illisibles), CONFIANCE.choix);
}

// ── selling ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function vendre(s: Situation): Promise<Decision> {
  const { outils, lu } = s;
  const calme = rester(s);
  if (calme?.passerLaMain) return calme;
  const boutique = await repondreSurLaBoutique(s);
  const details = await noterDetails(s);
  const intro = [calme?.texte ?? '', ...boutique.phrases, ...details.phrases]
    .filter((x) => x !== '')
    .join(' ');
  const repondu =
    boutique.phrases.length > 0 || details.change || details.phrases.length > 0 || boutique.main !== null;
  const compte = dit(s, 'achat') || s.demande.quantite !== null ? null : await direPanier(s);
  if (compte) return precede(intro, compte);
  const article = await parlerArticles(s, repondu || calme !== null);
  if (article) return precede(intro, article);
  if (lu.details.retrait === true && lu.phrase.includes('?') && intro === '') {
    const { adresse, retrait_possible } = await s.boutique();
    if (retrait_possible)
      return reprendre(s, `Oui, vous pouvez retirer à la boutique${adresse ? ` : ${adresse}` : ''}.`);
  }
  if (boutique.main) return passer(s, boutique.main, PHRASES.demandeCollegue);
  if (boutique.question) {
    s.memoire.question = boutique.question;
    return repondre(
      s,
      intro,
      CONFIANCE.sure,
      boutons({ id: 'humain', titre: 'Demander' }, { id: 'non', titre: 'Non merci' }),
    );
  }
  const panier = outils.panier();
  const aPreciser = s.avant.veut && /^(?:attribut|produit)$/.test(s.avant.question?.sur ?? '');
  if (details.change && panier.lignes.length > 0 && !aPreciser) return avancer(s, intro);
  if (repondu || calme) return reprendre(s, intro || PHRASES.note);
  if (lu.mais && panier.lignes.length > 0) {
    // A yes with something beside it that was not understood agrees to nothing.
    return panier.recapitule && !veutChanger(s) ? avancer(s, VENTE.dejaConfirmer) : reprendre(s, '');
  }
  return (await demanderQuoiChanger(s)) ?? (await bavarder(s));
}

/** Insults, talk about other things, orders to the machine: calm, and back to the shop. */
function rester(s: Situation): Decision | null {
  const calme = resterCalme(s);
  // What was said in anger or in fun asks for no size and no number.
  if (calme) Object.assign(s.memoire, { attributs: s.avant.attributs, quantite: s.avant.quantite });
  return calme;
}

function resterCalme(s: Situation): Decision | null {
  if (demandeSur(s, 'insulte')) {
    s.memoire.insultes = s.avant.insultes + 1;
    if (s.memoire.insultes >= 3) return passer(s, `est mécontent : ${citer(s)}`, PHRASES.collegue);
    return s.memoire.insultes === 1
      ? repondre(s, 'Je reste à votre écoute, dans le calme.')
      : repondre(
          s,
          'Je comprends que vous soyez agacé. Si vous préférez parler à une personne, dites-le-moi.',
        );
  }
  if (demandeSur(s, 'injection') && s.sujet.origine !== 'nomme')
    return repondre(s, "Je m'occupe seulement des articles et des commandes de la boutique.");
  if (demandeSur(s, 'hors_sujet') && s.sujet.origine !== 'nomme')
    return repondre(s, "Je préfère vous parler de nos articles ! C'est ce que je connais le mieux.");
  return null;
}

/** What is in the basket and what it comes to. */
async function direPanier(s: Situation): Promise<Decision | null> {
  const panier = s.outils.panier();
  const combien =
    panier.lignes.length > 0 &&
    /\bcombien (?:ca|cela) (?:me |nous )?(?:fait|fera)\b|\bca (?:me |nous )?fait combien\b/.test(s.lu.phrase);
  const demande =
    combien || demandeSur(s, 'recapitulatif') || (demandeSur(s, 'total') && s.sujet.origine !== 'nomme');
  if (!demande) return null;
  if (panier.lignes.length === 0)
    return demandeSur(s, 'recapitulatif') ? repondre(s, VENTE.panierVide) : null;
  return panier.manque.length === 0 ? avancer(s) : avancer(s, `${vente.contenu(panier, devise(s))}\n`);
}

/** "non" or "modifier" to a summary: what shall be changed? */
async function demanderQuoiChanger(s: Situation): Promise<Decision | null> {
  const { lu, avant, outils } = s;
  if (outils.panier().lignes.length === 0) return null;
  if (lu.avis === 'attendre') {
    s.memoire.question = avant.question;
    return repondre(s, VENTE.attendre);
  }
  const fini = /\b(?:c est tout|cest tout|rien d autre|ce sera tout|ca sera tout|ca ira|c est bon)\b/.test(
    lu.phrase,
  );
  if (fini) return avancer(s);
  if (avant.question?.sur === 'changer' || demandeSur(s, 'commande_modifier')) {
    if (/\b(?:adresse|lieu|livraison)\b/.test(lu.phrase)) {
      s.memoire.lieu = null;
      return demanderAdresse(s);
    }
    if (/\b(?:paiement|payer|moyen)\b/.test(lu.phrase)) return demanderPaiement(s);
    if (/\b(?:quantite|nombre)\b/.test(lu.phrase)) return repondre(s, 'Combien en voulez-vous ?');
    if (/\b(?:articles?|produits?)\b/.test(lu.phrase))
      return repondre(s, 'Quel article voulez-vous à la place, ou en plus ?');
  }
  if (avant.question?.sur === 'changer' && (lu.avis === 'non' || lu.choisi?.quoi === 'non'))
    return toutAnnuler(s);
  const changer = lu.choisi?.quoi === 'modifier' || demandeSur(s, 'commande_modifier');
  if (!changer && lu.avis !== 'non' && lu.choisi?.quoi !== 'non') return null;
  s.memoire.question = { sur: 'changer' };
  return repondre(
    s,
    changer ? VENTE.changer : `D'accord. ${VENTE.changer}`,
    CONFIANCE.sure,
    boutons({ id: 'annuler_panier', titre: 'Annuler tout' }),
  );
}

// ── small talk ──────────────────────────────────────────────────────────────────────────────────────────────────

async function bavarder(s: Situation): Promise<Decision> {
  const { avant, outils, lu, premiere } = s;
  const panier = outils.panier();
  const enCours = panier.lignes.length > 0 || avant.question !== null;
  const politique = await politiqueNommee(s);
  if (politique) return enCours ? reprendre(s, politique) : repondre(s, politique);
  if (dit(s, 'aurevoir')) return garder(s, PHRASES.auRevoir);
  if (lu.avis === 'attendre' && !/\bmerci\b/.test(lu.phrase)) return garder(s, VENTE.attendreSansPanier);
  if (dit(s, 'merci')) return garder(s, PHRASES.merci);
  if (lu.details.retrait === false)
    return reprendreOu(s, 'Oui, nous livrons.', `Oui, nous livrons. ${dire.AIDE}`);
  if (dit(s, 'robot')) return reprendreOu(s, PHRASES.robotCourt, PHRASES.robot);
  if (panier.lignes.length > 0 && (lu.avis === 'oui' || dit(s, 'achat') || dit(s, 'salutation')))
    return reprendre(s, '');
  if (dit(s, 'non')) {
    Object.assign(s.memoire, { produit: null, recherche: null, quantite: null, veut: false });
    return repondre(s, PHRASES.autreChose);
  }
  if (dit(s, 'oui') && avant.question === null) return repondre(s, PHRASES.ecoute);
  if (dit(s, 'salutation')) return reprendreOu(s, '', premiere ? PHRASES.accueil : PHRASES.ecoute);
  if (/\bcomment (?:\w+ ){0,3}(?:command|achet)/.test(lu.phrase))
    return reprendreOu(s, PHRASES.commentCommander, PHRASES.commentCommander);
  if (demandeSur(s, 'autre_langue')) return repondre(s, PHRASES.anglais, CONFIANCE.choix);
  if (!/[a-z0-9]/.test(lu.phrase)) return reprendreOu(s, '', PHRASES.ecoute);
  if (enCours && avant.echecs === 0) {
    const suite = await reprendre(s, PHRASES.pasCompris);
    if (suite.texte.length > PHRASES.pasCompris.length) {
      s.memoire.echecs = 1;
      return { ...suite, confiance: CONFIANCE.incompris };
    }
  }
  return nePasComprendre(s);
}

/** A word of thanks leaves the open question open. */
function garder(s: Situation, texte: string): Decision {
  s.memoire.question = s.avant.question;
  return repondre(s, texte);
}

async function reprendreOu(s: Situation, intro: string, seul: string): Promise<Decision> {
  const enCours = s.outils.panier().lignes.length > 0 || s.avant.question !== null;
  if (!enCours) return repondre(s, seul);
  const suite = await reprendre(s, intro);
  return suite.texte === '' ? repondre(s, seul) : suite;
}
