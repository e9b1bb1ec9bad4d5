// All that a burst of messages says, read once before anything is decided: what was tapped, the details of an order,
// questions about the shop, yes or no, and the words that are left to name goods.
import type { MessageDialogue, Outils, PanierChiffre, Position } from '../modele-ia.ts';
import { lireDemande } from './attributs.ts';
import { VIDES } from './candidats.ts';
import { type Attendu, type Coordonnees, lieuDemande, lireCoordonnees } from './coordonnees.ts';
import { type Faits, lireFaits } from './faits.ts';
import type { Memoire } from './memoire.ts';
import { decouper, nettoyer, normaliser } from './mots.ts';
import { type Avis, lireAvis, lireQuestions, ouiMais, type Question } from './questions.ts';

/** What a tapped id stands for; its title is then no sentence. */
export type Choisi =
  | { quoi: 'produit' | 'variante'; id: number }
  | { quoi: 'valeur'; cle: string; valeur: string }
  | { quoi: 'confirmer'; empreinte: string }
  | { quoi: 'payer'; methode: string }
  | { quoi: 'annuler'; commande: number }
  | {
      quoi:
        | 'modifier'
        | 'garder'
        | 'annuler_panier'
        | 'humain'
        | 'retrait'
        | 'prendre'
        | 'photo'
        | 'prevenir'
        | 'non';
    };

export type Lecture = {
  /** The words of the new messages, one message each. */
  messages: string[];
  /** Lower case, no accents, question marks kept. */
  phrase: string;
  choisi: Choisi | null;
  position: Position | null;
  faits: Faits;
  questions: ReadonlySet<Question>;
  avis: Avis;
  mais: boolean;
  attendu: Attendu;
  details: Coordonnees;
  /** The place that a question about delivery names. */
  lieu: string | null;
};

export async function lire(
  nouveaux: MessageDialogue[],
  memoire: Memoire,
  panier: PanierChiffre,
  outils: Outils,
): Promise<Lecture> {
  const choisi = lireChoix(nouveaux.findLast((m) => m.choix !== null)?.choix ?? null);
  const lus = nouveaux.filter((m) => m.choix === null || lireChoix(m.choix) === null);
  const lisibles = lus.filter(aDesMots).slice(-20);
  const messages = lisibles.map((m) => m.texte);
  const attendu = attenduDe(memoire, panier);
  const details = await lireDetails(messages, attendu, panier, outils);
  const illisibles = lus.filter((m) => !aDesMots(m) && m.position === null).map((m) => m.type_message);
  const questions = lireQuestions(messages);
  // "livraison combien ?" chooses no payment.
  const surLivraison = ['livraison_frais', 'livraison_delai', 'livraison_zone'] as const;
  if (
    attendu === 'paiement' &&
    details.methode === 'paiement_livraison' &&
    surLivraison.some((q) => questions.has(q))
  )
    details.methode = null;
  return {
    messages,
    phrase: messages.map(phraseDe).join(' | ').slice(-4000),
    choisi,
    position: nouveaux.findLast((m) => m.position !== null)?.position ?? null,
    faits: lireFaits(details.reste, messages, illisibles),
    questions,
    avis: questions.has('injection') ? null : lireAvis(messages, attendu),
    mais: ouiMais(messages),
    attendu,
    details: { ...details, adresse: details.adresse && adressePropre(details.adresse) },
    lieu: lieuDemande(messages),
  };
}

/** "je préfère les skechers" is no address, though one was asked for; and a "micro-onde" is not Micao, misspelt. */
async function lireDetails(
  messages: string[],
  attendu: Attendu,
  panier: PanierChiffre,
  outils: Outils,
): Promise<Coordonnees> {
  const nomme = async (texte: string) =>
    (await outils.chercherProduits(texte)).some((p) => p.score >= SCORE_ARTICLE);
  const parleDeLieu = attendu === 'adresse' || messages.some((m) => PARLE_DE_LIEU.test(normaliser(m)));
  const estLieu = async (texte: string) => {
    const { commune } = await outils.estimerLivraison(texte);
    if (commune === null) return false;
    const dit = normaliser(texte);
    if (parleDeLieu && ` ${dit} `.includes(` ${normaliser(commune)} `)) return true;
    const [premier] = await outils.chercherProduits(texte);
    const nom = new Set(
      normaliser(premier?.nom_produit ?? '')
        .split(' ')
        .map(singulier),
    );
    // "2 plateaux d'oeufs" are no quarter of Cocody where plateaux of eggs are sold.
    return !dit.split(' ').some((mot) => mot.length > 3 && nom.has(singulier(mot)));
  };
  const dits = messages.map((m) => {
    const direct = m.replace(CORRIGE_LIEU, '').replace(LIVREZ_PLUTOT, '$1 $2');
    return m.includes('?') ? direct : direct.replace(LIVREZ_A, 'livrez-moi ');
  });
  const lus = await lireCoordonnees(dits, attendu, estLieu);
  lus.reste = lus.reste.map((m) => m.replace(COMPLIMENT, ' '));
  // Asked where to deliver, he comes himself.
  if (attendu === 'adresse' && !(lus.adresse && (await estLieu(lus.adresse)))) {
    const vient =
      /\b(?:retrait|retirer|(?:a|en|au) (?:la )?(?:boutique|magasin)|recuperer|recupere|je (?:passe|viens)(?:rai)?)\b/;
    if (
      lus.retrait === null &&
      !dits.some((m) => m.includes('?')) &&
      dits.some((m) => vient.test(normaliser(m)))
    )
      return { ...lus, retrait: true, adresse: null };
  }
  if (lus.adresse !== null && !nommeUnLieu(normaliser(lus.adresse)))
    return lireCoordonnees(dits, null, estLieu);
  if (lus.adresse === null || attendu !== 'adresse' || (await estLieu(lus.adresse))) return lus;
  const duPanier = panier.lignes.length > 0 && (await neDitQueTailles(lus.adresse, panier, outils));
  return duPanier || (await nomme(lus.adresse)) ? lireCoordonnees(dits, null, estLieu) : lus;
}

/** "la noire en XL", "2 rouges finalement": of what lies in the basket, and no other word. */
async function neDitQueTailles(texte: string, panier: PanierChiffre, outils: Outils): Promise<boolean> {
  const ids = panier.lignes.map((l) => l.id_produit);
  const produits = (await outils.chercherProduits('')).filter((p) => ids.includes(p.id_produit));
  const mots = decouper(texte, 0);
  const { attributs, inconnus, utilises } = lireDemande(mots, produits, new Set());
  if (Object.keys({ ...attributs, ...inconnus }).length === 0) return false;
  return mots.every(
    (mot) => utilises.has(mot) || mot.nombre !== null || VIDES.has(mot.texte) || CORRECTION.test(mot.texte),
  );
}

const CORRECTION = /^(?:trompee?|suis|me|plutot|finalement|non|pardon|fait|est|aussi|celle|celui|la)$/;
const singulier = (mot: string) => mot.replace(/[sx]$/, '');

/** "elle est belle" names no Bella. */
const COMPLIMENT =
  /\b(?:(?:est|sont|c'est|trop|tr[eè]s|vraiment|super) )+(?:belles?|beaux?|jolie?s?|bien|magnifiques?|propres?|bonn?e?s?)\b/giu;

/** Small talk and numbers alone are nowhere: "stop", "x4 finalement". */
export function nommeUnLieu(dit: string): boolean {
  return (
    !PAS_ADRESSE.test(dit) &&
    !CHANGE_ARTICLE.test(dit) &&
    !dit
      .split(' ')
      .every(
        (mot) =>
          VIDES.has(mot) ||
          /^x?\d+x?$|^(?:seule?s?|seulement|uniquement|valider|confirmer|ok+|oki|dac|yes|ouais?|wi|hein|la|dabord|toujours|encore|confirmation)$/.test(
            mot,
          ),
      )
  );
}

/** "la rouge aussi", "un de moins": of the basket, though an address was asked for. */
const CHANGE_ARTICLE =
  /^(?:la |le |les |une? )?(?:rouge|noire?|blanc(?:he)?|bleue?|verte?|jaune|rose|grise?|beige|marron)s? (?:aussi|plutot|finalement)$|^(?:meme chose|pareil) pour\b|^(?:\w+ ){0,2}(?:\d+|une?|deux|trois) (?:\w+ )?(?:de|en) (?:moins|plus)\b|^double[rz]? (?:la|les|tout|ca)\b/;
const PARLE_DE_LIEU = /\b(?:livr\w+|habite|quartier|commune|adresse|je suis (?:a|au))\b/;
/** An order without "moi", no question: "non livrez à Vridi". */
const LIVREZ_A = /(?<!vous |vs |si )\blivrez\s+(?=(?:à|a|au|aux|sur|vers)\s)/iu;
const CORRIGE_LIEU =
  /^\s*(?:non|nn|pardon|en fait|finalement|plut[oô]t)[\s,]+(?=(?:livr|envoy|l'adresse|mon adresse|c'est à|c'est a |à |au ))/iu;
const PAS_ADRESSE =
  /^(?:stop|attend[sz]?|attendez|ok|oui|non|merci|pardon|svp|stp|allo+|hein|quoi|pourquoi|comment|bonjour|bonsoir|salut|slt|bjr|euh|bon|voila|rien|je sais pas|pas encore|combien|quand|hum+|lol|mdr|ah|oh|eh|d accord|dac|super|cool)$/;
const SCORE_ARTICLE = 0.5;
const LIVREZ_PLUTOT =
  /\b(livre[rz]?|livrer|envoye[rz]?|livraison)\s+(?:plut[oô]t|finalement|maintenant|svp|stp|donc|aussi)\s+(à|a|au|aux|sur|vers)(?=\s)/giu;

/** `texte` and `interactif` carry words, and a voice note that was heard, and a picture with a caption. */
function aDesMots(m: MessageDialogue): boolean {
  return (
    m.type_message === 'texte' ||
    m.type_message === 'interactif' ||
    (/^(?:audio|image|video|document)$/.test(m.type_message) && m.texte.trim() !== '')
  );
}

export function phraseDe(message: string): string {
  return nettoyer(message)
    .toLowerCase()
    .replace(/[^a-z0-9?]+/g, ' ')
    .trim();
}

/** What the last question, or the first thing that is missing, waits for. */
function attenduDe(memoire: Memoire, panier: PanierChiffre): Attendu {
  switch (memoire.question?.sur) {
    case 'adresse':
    case 'commune':
      return 'adresse';
    case 'nom':
    case 'telephone':
    case 'paiement':
      return memoire.question.sur;
    case 'confirmer':
    case 'annuler':
    case 'voir':
    case 'prendre':
    case 'reste':
    case 'prevenir':
    case 'collegue':
    case 'lignes':
      return 'confirmation';
    case undefined:
      return panier.recapitule ? 'confirmation' : null;
    default:
      return null;
  }
}

/** A place is words and small numbers: orders to a machine and amounts are none of it. */
function adressePropre(adresse: string): string {
  const propre = adresse
    .replace(
      /[.,;:]?\s*(?:\bsyst[eè]me?\b|\bassistant\b|\bfrais\b|\btotal\b|\bprix\b|<|\[|\{|#{2,}).*$/isu,
      '',
    )
    .replace(
      /^(?:(?:elle|il|on) est|je (?:serai|suis|vais [eê]tre|me trouve)|j'habite|on est|moi c'est|c'est) (?=(?:à|a|au|aux|sur|vers) )/iu,
      '',
    )
    .replace(/^(?:pour|à|a|au|aux|sur|vers)\s+(?=\p{L})/iu, '')
    .trim();
  return propre.length >= 2 ? propre : adresse;
}

function lireChoix(id: string | null): Choisi | null {
  if (id === null) return null;
  const [quoi = '', ...suite] = id.split(':');
  const valeur = suite.join(':');
  const nombre = /^[1-9]\d{0,15}$/.test(valeur) ? Number(valeur) : null;
  switch (quoi) {
    case 'produit':
    case 'variante':
      return nombre === null ? null : { quoi, id: nombre };
    case 'annuler':
      return nombre === null ? null : { quoi, commande: nombre };
    case 'valeur': {
      const [cle = '', ...v] = suite;
      return cle === '' || v.length === 0 ? null : { quoi, cle, valeur: v.join(':') };
    }
    case 'confirmer':
      return { quoi, empreinte: valeur };
    case 'payer':
      return { quoi, methode: valeur };
    case 'modifier':
    case 'garder':
    case 'annuler_panier':
    case 'humain':
    case 'retrait':
    case 'prendre':
    case 'photo':
    case 'prevenir':
    case 'non':
      return { quoi };
    default:
      return null;
  }
}

const MONTANT = /(?:(\d{1,4}) ?(?:k|mille)\b|(\d{1,3}(?:[ .]\d{3})+|\d{3,9})(?! ?(?:go|gb|ml|kg|g|l)\b))/;

/** The most he wants to pay: "moins de 20 000", "budget 15 mille". His amount is compared, never repeated. */
export function lireBudget(messages: string[]): number | null {
  const dit = nettoyer(messages.join(' ')).toLowerCase();
  const lu = new RegExp(
    `(?:moins de|en dessous de|en bas de|inferieure?s? a|maximum|maxi?|budget(?: est)?(?: de| :)?|pas plus de|jusqu'?a|(?:j'?ai|\\bg)(?: seulement| que| juste)?|ne depasse pas)\\s*(?:${MONTANT.source})`,
  ).exec(dit);
  if (!lu) return null;
  return lu[1] ? Number(lu[1]) * 1000 : Number((lu[2] ?? '').replace(/[ .]/g, ''));
}

/** Whether one of these words was said. */
export function ditMot(lecture: Lecture, motif: RegExp): boolean {
  return motif.test(normaliser(lecture.phrase));
}
