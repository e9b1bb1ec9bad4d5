// From a filled basket to an order: what is still missing is asked one thing at a time, then everything is shown, and
// only a plain yes to exactly that makes the order.

import { formaterMontant } from '../../shared/montant.ts';
import type { PanierChiffre } from '../modele-ia.ts';
import { boutons, type Interactif, liste } from './interactif.ts';
import { nommeUnLieu } from './lecture.ts';
import { normaliser } from './mots.ts';
import { PHRASES } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { VENTE } from './phrases-vente.ts';
import { CONFIANCE, type Decision, passer, precede, repondre } from './reponse.ts';
import { devise, type Situation, veutChanger } from './situation.ts';

/** The next question of the order, or its summary; `intro` says what was just done. */
export async function avancer(s: Situation, intro = ''): Promise<Decision> {
  const ajuste = await ajusterAuStock(s);
  const debut = [intro, ajuste].filter((x) => x !== '').join(' ');
  const panier = s.outils.panier();
  if (panier.lignes.length === 0) {
    s.memoire.derniere = null;
    return repondre(s, debut === '' ? VENTE.panierVide : `${debut} ${PHRASES.autre}`);
  }
  return precede(debut, await demanderSuite(s, panier));
}

async function demanderSuite(s: Situation, panier: PanierChiffre): Promise<Decision> {
  switch (panier.manque[0]) {
    case 'article':
      return passer(s, 'a un article au panier qui ne peut pas être commandé');
    case 'adresse':
      return demanderAdresse(s);
    case 'frais':
      return demanderCommune(s, panier);
    case 'nom':
      s.memoire.question = { sur: 'nom' };
      return repondre(s, VENTE.nom);
    case 'telephone':
      s.memoire.question = { sur: 'telephone' };
      return repondre(s, VENTE.telephone);
    case 'paiement':
      return demanderPaiement(s);
    default:
      return recapituler(s, panier);
  }
}

export async function demanderAdresse(s: Situation): Promise<Decision> {
  s.memoire.question = { sur: 'adresse' };
  const { lieu } = s.memoire;
  const { retrait_possible } = await s.boutique();
  const retrait = retrait_possible ? boutons({ id: 'retrait', titre: 'Retrait boutique' }) : {};
  if (s.outils.panier().position)
    return repondre(
      s,
      'Merci pour la position ! Quelle est la commune, avec un repère ?',
      CONFIANCE.sure,
      retrait,
    );
  if (lieu !== null)
    return repondre(
      s,
      `Pour la livraison à ${lieu}, quelle est l'adresse exacte (quartier et repère) ?`,
      CONFIANCE.sure,
      retrait,
    );
  return repondre(s, retrait_possible ? VENTE.adresseOuRetrait : VENTE.adresse, CONFIANCE.sure, retrait);
}

/** Asked once; a place that still has no fee is for a person, with all that was settled. */
async function demanderCommune(s: Situation, panier: PanierChiffre): Promise<Decision> {
  const dejaDemandee = s.avant.question?.sur === 'commune';
  const { adresse, methode, nom, telephone } = s.lu.details;
  // He answered something else: the question stays.
  const autreChose = adresse === null && (methode !== null || nom !== null || telephone !== null);
  // Words that name no place do not make it an unknown one.
  const nomme = s.lu.position !== null || s.lu.messages.some((m) => nommeUnLieu(normaliser(m)));
  if ((dejaDemandee && !autreChose && nomme) || panier.commune !== null)
    return passer(s, `veut être livré à un endroit sans tarif : « ${panier.adresse} »`, VENTE.fraisInconnus);
  s.memoire.question = { sur: 'commune' };
  return repondre(s, VENTE.commune);
}

export async function demanderPaiement(s: Situation): Promise<Decision> {
  s.memoire.question = { sur: 'paiement' };
  const { moyens_paiement } = await s.boutique();
  const choix = vente.choixPaiement(moyens_paiement);
  const interactif: Interactif = choix.length <= 3 ? boutons(...choix) : liste('Choisir', choix);
  return repondre(
    s,
    `Comment souhaitez-vous payer : ${vente.moyens(moyens_paiement, 'ou')} ?`,
    CONFIANCE.sure,
    interactif,
  );
}

/** What cannot be had any more leaves the basket, what is left of something stays; the next summary shows it. */
async function ajusterAuStock(s: Situation): Promise<string> {
  const phrases: string[] = [];
  for (const ligne of s.outils.panier().lignes) {
    const article = { id_produit: ligne.id_produit, id_variante: ligne.id_variante };
    if (ligne.probleme === null) continue;
    if (ligne.probleme === 'insuffisant') {
      await s.outils.modifierPanier({ action: 'mettre', ...article, quantite: ligne.quantite_stock });
      phrases.push(`Il ne reste que ${ligne.quantite_stock} ${ligne.libelle} : j'ai ajusté la quantité.`);
    } else {
      await s.outils.modifierPanier({ action: 'retirer', ...article });
      if (ligne.probleme === 'epuise')
        s.memoire.rupture = { produit: ligne.id_produit, variante: ligne.id_variante };
      phrases.push(`Désolé, ${ligne.libelle} n'est plus disponible : je l'ai retiré du panier.`);
    }
  }
  return phrases.join(' ');
}

// ── summary and yes ─────────────────────────────────────────────────────────────────────────────────────────────

function boutonsDuRecapitulatif(panier: PanierChiffre): Interactif {
  return boutons(
    { id: `confirmer:${panier.empreinte.slice(0, 8)}`, titre: 'Je confirme' },
    { id: 'modifier', titre: 'Modifier' },
    { id: 'annuler_panier', titre: 'Annuler' },
  );
}

export function recapituler(s: Situation, panier: PanierChiffre): Decision {
  s.outils.recapituler();
  s.memoire.question = { sur: 'confirmer' };
  s.memoire.doute = false;
  return repondre(s, vente.recapitulatif(panier, devise(s)), CONFIANCE.sure, boutonsDuRecapitulatif(panier));
}

/** The summary still stands: one line reminds of it, unless something else may be wanted. */
export function rappeler(s: Situation, panier: PanierChiffre): Decision {
  if (veutChanger(s)) return demanderPrecision(s);
  if (s.memoire.doute) return recapituler(s, panier);
  s.memoire.question = { sur: 'confirmer' };
  const combien =
    panier.montant_a_payer === null ? '' : ` (${formaterMontant(panier.montant_a_payer, devise(s))} à payer)`;
  return repondre(
    s,
    `Confirmez-vous votre commande${combien} ?`,
    CONFIANCE.sure,
    boutonsDuRecapitulatif(panier),
  );
}

function demanderPrecision(s: Situation): Decision {
  s.memoire.question = { sur: 'changer' };
  s.memoire.doute = true;
  return repondre(
    s,
    VENTE.preciser,
    CONFIANCE.choix,
    boutons({ id: 'modifier', titre: 'Modifier' }, { id: 'garder', titre: 'Garder tel quel' }),
  );
}

/** To "what shall be changed?": nothing. */
const GARDE =
  /\b(?:gard(?:e|er|ez|ons)|tel(?:le)? quel(?:le)?|rien (?:a |de )?chang\w*|change[rz]? rien|comme (?:ca|c est)|rien)\b/;

/** While a change is in doubt, a yes shows the summary again and orders nothing; null: it is something else. */
async function leverLeDoute(s: Situation): Promise<Decision | null> {
  const { lu, avant } = s;
  if (!avant.doute || !s.outils.panier().recapitule) return null;
  if (lu.choisi?.quoi === 'garder') return avancer(s);
  if (!/^(?:confirmer|changer)$/.test(avant.question?.sur ?? 'confirmer') || lu.choisi !== null) return null;
  const garde = avant.question?.sur === 'changer' && (lu.avis === 'non' || GARDE.test(lu.phrase));
  return lu.avis === 'oui' || (garde && !veutChanger(s)) ? avancer(s) : null;
}

/** An answer to the summary; null when it is something else, such as a change. */
export async function repondreAuRecapitulatif(s: Situation): Promise<Decision | null> {
  const { lu, avant, outils } = s;
  const panier = outils.panier();
  const tape = lu.choisi?.quoi === 'confirmer' ? lu.choisi : null;
  if (tape) {
    if (panier.lignes.length === 0) return null;
    const celuiCi =
      panier.recapitule && panier.empreinte.startsWith(tape.empreinte) && tape.empreinte.length === 8;
    return celuiCi ? confirmer(s) : avancer(s, 'Votre panier a changé depuis : voici où il en est.');
  }
  const leve = await leverLeDoute(s);
  if (leve) return leve;
  const attendue =
    panier.lignes.length > 0 &&
    (avant.question?.sur === 'confirmer' || (avant.question === null && panier.recapitule));
  if (!attendue || lu.questions.has('injection')) return null;
  if (lu.avis === 'oui') return confirmer(s);
  if (lu.avis === 'attendre') {
    s.memoire.question = { sur: 'confirmer' };
    return repondre(s, VENTE.attendre);
  }
  return null;
}

async function confirmer(s: Situation): Promise<Decision> {
  const { refus, panier } = await s.outils.confirmerCommande();
  if (refus === 'pas_recapitule')
    return avancer(s, 'Le montant ou le jour a changé entre-temps : voici le récapitulatif à jour.');
  if (refus !== null)
    return avancer(s, refus === 'stock_insuffisant' ? 'Le stock a changé entre-temps.' : '');
  const methode = panier.methode_paiement;
  const { politiques } =
    methode === null || methode === 'paiement_livraison'
      ? { politiques: {} as Record<string, string> }
      : await s.boutique();
  Object.assign(s.memoire, {
    produit: null,
    recherche: null,
    attributs: {},
    quantite: null,
    veut: false,
    attente: [],
    doute: false,
    derniere: null,
    lieu: null,
    question: null,
  });
  const qui = s.contexte.prospect.nom_complet ?? panier.nom;
  return repondre(s, vente.confirmee(panier, devise(s), qui, politiques.paiement));
}

/** Empties the basket: "annule tout", "laisse tomber". */
export async function toutAnnuler(s: Situation): Promise<Decision> {
  await s.outils.modifierPanier({ action: 'vider' });
  Object.assign(s.memoire, {
    produit: null,
    recherche: null,
    attributs: {},
    quantite: null,
    veut: false,
    attente: [],
    doute: false,
    derniere: null,
    question: null,
  });
  return { ...repondre(s, VENTE.vide), abandon: true };
}

// ── details of the order ────────────────────────────────────────────────────────────────────────────────────────

type Details = {
  nom?: string;
  telephone?: string;
  mode?: 'livraison' | 'retrait';
  adresse?: string;
  position?: { latitude: number; longitude: number };
  methode_paiement?: NonNullable<PanierChiffre['methode_paiement']>;
  notes?: string;
};

/** Writes down what was said of place, person and payment; phrases say what could not be taken. */
export async function noterDetails(s: Situation): Promise<{ change: boolean; phrases: string[] }> {
  const { lu, outils } = s;
  const { details: dits, choisi, position } = lu;
  const avant = outils.panier();
  const phrases: string[] = [];
  const d: Details = {};
  if (dits.nom !== null) d.nom = dits.nom;
  if (dits.telephone !== null) d.telephone = dits.telephone;
  const commande = avant.lignes.length > 0 || s.memoire.veut || s.sujet.origine === 'nomme';
  if (dits.notes !== null && commande) d.notes = dits.notes;
  if (dits.retrait === true || choisi?.quoi === 'retrait') d.mode = 'retrait';
  else if (dits.retrait === false && avant.mode === 'retrait') d.mode = 'livraison';
  if (position) {
    const dite = [position.nom, position.adresse].filter((x) => x !== null && x.trim() !== '').join(', ');
    d.position = { latitude: position.latitude, longitude: position.longitude };
    if (dite !== '') d.adresse = dite;
  }
  if (dits.adresse !== null && d.mode !== 'retrait') d.adresse = await situerAdresse(s, dits.adresse);
  const methodes = ['paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire'] as const;
  const tapee = choisi?.quoi === 'payer' ? methodes.find((m) => m === choisi.methode) : undefined;
  // "le premier" of the methods that were listed.
  const rang = s.avant.question?.sur === 'paiement' && dits.methode === null ? s.faits.rangChoisi : null;
  const pointee = rang === null ? undefined : (await s.boutique()).moyens_paiement.at(rang);
  const methode = tapee ?? pointee ?? dits.methode;
  if (methode === 'inconnue') phrases.push(await moyensAcceptes(s));
  else if (methode !== null) d.methode_paiement = methode;
  if (Object.keys(d).length === 0) return { change: false, phrases };
  const { refus } = await outils.modifierPanier({ action: 'completer', ...d });
  if (refus !== null) {
    // One of them was refused, so none was written: each by itself, and why not.
    for (const [cle, valeur] of Object.entries(d)) {
      const issue = await outils.modifierPanier({ action: 'completer', [cle]: valeur });
      if (issue.refus === null) continue;
      if (cle === 'telephone') phrases.push(VENTE.telephoneInvalide);
      else if (cle === 'methode_paiement') phrases.push(await moyensAcceptes(s));
      else phrases.push(issue.refus.phrase);
    }
  }
  return { change: true, phrases };
}

async function moyensAcceptes(s: Situation): Promise<string> {
  const { moyens_paiement } = await s.boutique();
  return `Nous n'acceptons pas ce moyen de paiement. Vous pouvez payer par : ${vente.moyens(moyens_paiement, 'ou')}.`;
}

/** "derrière la pharmacie" completes the place that was named before; a commune completes the landmark. */
async function situerAdresse(s: Situation, dite: string): Promise<string> {
  const avant = s.outils.panier().adresse;
  const autre = s.avant.question?.sur === 'commune' ? avant : s.avant.lieu;
  if (s.avant.question?.sur === 'commune' && avant !== null && !avant.includes(dite))
    return `${avant}, ${dite}`;
  const { commune } = await s.outils.estimerLivraison(dite);
  // "non, plutôt …" takes the place of what was said before.
  const corrige = /\b(?:non|plutot|change[rz]?|finalement|en fait)\b/.test(s.lu.phrase);
  const base = corrige ? null : (autre ?? avant);
  if (commune !== null || base === null || dite.toLowerCase().includes(base.toLowerCase())) return dite;
  const connue = await s.outils.estimerLivraison(base);
  return connue.commune === null ? dite : `${base}, ${dite}`;
}
