// Is it a yes, a no, or "let me think"? A plain yes is nothing but a yes: what is agreed to must be exactly what was
// shown, so a yes with anything of substance beside it ("oui mais en 42") is none.
import type { Attendu } from './coordonnees.ts';
import { nettoyer } from './mots.ts';

export type Avis = 'oui' | 'non' | 'attendre' | null;

const ATTENDRE =
  /\b(?:attend[sz]?|attendez|attendre|patiente[rz]?|un (?:petit )?(?:instant|moment)|une (?:minute|seconde)|(?:2|deux|5|cinq) (?:minutes?|min|mn)|minute|je (?:vais )?(?:y |encore |bien )?reflechi\w*|reflechir|je (?:vous |te |t )?(?:reviens|reviendrai|redis|dirai|recontacte\w*|rappelle\w*|ferai signe|fais signe|tiens au courant)|(?:un peu )?plus tard|apres(?: (?:ca|peut etre))?$|tout a l heure|(?:pas|pas pour) (?:maintenant|encore|aujourd hui|tout de suite|le moment|l instant|sure?)|je (?:vais )?(?:d abord )?(?:voir|verifier?|demander?|regarder?|calculer|comparer|consulter)(?= (?:avec|si|a|mon|ma|d abord|combien|ca|et|mes|demain)\b| ?$)|on (?:verra|va voir)|je verrai|fin (?:du|de) mois|quand j aurai|(?:je )?(?:n )?ai pas (?:encore )?(?:l argent|d argent|les moyens|de sous)|je (?:ne )?(?:sais|sai) pas(?: encore)?|chais pas|j hesite|peut etre|laisse[rz] moi (?:reflechir|le temps|voir)|je (?:passe|passerai|repasse) (?:demain|plus tard|ce soir)|demain (?:inch|si dieu|je vous|je te)\w*)\b/;
/** Yes although a "pas" stands in it. */
const SANS_PROBLEME =
  /\b(?:(?:y a |ya |il y a |il n y a )?pas (?:de )?(?:probleme|problemes|souci|soucis|pb|drap)|sans (?:probleme|souci)|pourquoi pas|aucun (?:probleme|souci)|mais oui|mais bien sur)\b/g;
const NON =
  /\b(?:non+|nn+|nan|nop|nope|no|laisse[rz]?(?: (?:tomber|ca))?|pas (?:interessee?s?|la peine|besoin|ca|d accord|du tout|question)|(?:je )?(?:ne )?(?:veux|prends|confirme|valide|souhaite|suis|commande|desire) (?:plus|pas)|annule[rz]?|j annule|jamais|change d avis|refuse|je passe mon tour)\b/;
const FINI =
  /\b(?:rien(?: d autre| de plus)?|c est tout|cest tout|c tout|ce sera tout|ca sera tout|ca ira|ca suffit|ca me suffit|seulement ca|juste ca|c est fini|j ai fini)\b/g;
const OUI_FERME =
  /\b(?:oui+|ui|wi+|wui|ouais?|ouai|yes+|yep|yeah|bien (?:sur|entendu)|volontiers|avec plaisir|exactement|exact|absolument|tout a fait|certainement|affirmatif|effectivement|je (?:le |la |les |vous )?(?:confirme|valide|confirmer?|veux bien)|j accepte|(?:je suis |on est )?(?:d accord|partante?)(?= pour)|(?:c est|cest|c|tout est|ok) (?:valide|confirme)e?|confirme[rzs]?|confirmation|valide[rzs]?|validons|validation|allez y|vas y|va y|allons y|on y va|let s go|(?<!\d )go|lance[rz]?|on fait (?:ca|comme ca|ainsi)|faites comme ca|j suis partante?)\b/g;
const OUI_MOU =
  /\b(?:ok+|okay|okey|oki+|okk+|d ?accords?|dac+|d ?acc?or+d?|cool|doki|c est (?:bon|ok|ca|cela|bien ca|correct|exact|parfait|cale|carre|juste|bien|d accord)|cest (?:bon|ok|ca|bien)|c (?:bon|ok|ca)|ca (?:me |nous )?(?:va|marche|convient|roule|joue)(?! pas| plus)|parfait|nickel|impec\w*|super|correct|entendu|tout (?:est )?(?:bon|ok|correct|juste|bien)|je suis (?:d accord|ok)|on est d accord)\b/g;
const OUI_A_CONFIRMER =
  /\b(?:je (?:le |la |les |l )?(?:prends?|commande|achete)|envoye[rz]?|envoie|livre[rz]?|commande[rz]|passe[rz]? (?:la |ma )?commande|fais|faites|enregistre[rz]?|vous pouvez (?:livrer|lancer|envoyer|valider|passer|confirmer|y aller)|je veux (?:ca|tout ca|commander))\b/g;
const REMPLISSAGE =
  /\b(?:merci+|mrc|beaucoup|infiniment|svp|stp|s il (?:vous|te) plai[ts]?|please|bonjour|bonsoir|bjr|bsr|slt|salut|monsieur|madame|mr|mme|chef|boss|patron|patronne|frere|frero|soeur|tantie|tonton|cherie?|vieux|dja|oh|ah|eh|hein|la|le|les|l|ma|mon|votre|vos|ca|cela|c|est|sont|commandes?|achat|livraison|moi|je|j|vous|tu|tout|bien|alors|donc|et|voila|deja|de|d|vraiment|maintenant|vite|rapidement|tres|inch ?allah|si dieu le veut|dieu (?:merci|vous benisse)|a|au|pour|bon|en|y|lol|mdr|haha|prends?|veux|on|qui|fait|faire|va|vais|comme|nous|toujours|aussi|pouvez|peux|peut)\b/g;

const COMMENCE =
  /^(?:(?:bonjour|bonsoir|bon|ah|eh|bjr|bsr) )*(?:oui+|ouais?|wi|ok+|okay|oki|d ?accord|dac+|yes|parfait|c est bon|c bon|je (?:confirme|valide))\b/;

type Lu = { oui: boolean; non: boolean; attendre: boolean; poli: boolean; reste: string; question: boolean };

function lirePhrase(message: string, attendu: Attendu): Lu {
  const propre = nettoyer(message)
    .replace(/,? (?:non|hein|n'est[- ]ce pas|oui) ?\?/gi, '?')
    .replace(/[💯🤝👊🫡]/gu, ' oui ')
    .toLowerCase();
  let phrase = propre.replace(/[^a-z0-9]+/g, ' ').trim();
  const entier = phrase;
  const question = propre.includes('?');
  let ferme = false;
  let mou = false;
  const oter = (motif: RegExp): boolean => {
    const avant = phrase;
    phrase = phrase.replace(motif, ' ').replace(/ +/g, ' ').trim();
    return phrase !== avant;
  };
  ferme = oter(SANS_PROBLEME);
  const attendre = ATTENDRE.test(phrase);
  if (attendre) oter(new RegExp(ATTENDRE.source, 'g'));
  let non = NON.test(phrase);
  if (non) oter(new RegExp(NON.source, 'g'));
  const fini = oter(FINI);
  ferme = oter(OUI_FERME) || ferme;
  mou = oter(OUI_MOU);
  if (attendu === 'confirmation') ferme = oter(OUI_A_CONFIRMER) || ferme;
  const poli = /\bmerci/.test(phrase);
  if (attendu === 'livraison') oter(/\b(?:retrait|boutique|domicile)\b/g);
  oter(REMPLISSAGE);
  // "C'est tout" ends a list of articles; to a summary it says nothing clear.
  if (fini && !ferme && !mou && phrase === '' && attendu !== 'confirmation') non = true;
  // "À 50k c'est bon ?" asks; "ok et la livraison ?" agrees and asks.
  if (question && !COMMENCE.test(entier)) {
    ferme = false;
    mou = false;
  }
  // "ok merci" ends a talk, it orders nothing.
  const oui = ferme || (mou && !poli);
  return { oui, non, attendre, poli, reste: phrase, question };
}

function avisDe(lu: Lu, attendu: Attendu): Avis {
  if (lu.attendre) return 'attendre';
  if (lu.non && lu.oui) return attendu === 'confirmation' || lu.reste !== '' ? null : 'non';
  if (lu.non) return 'non';
  return lu.oui && !lu.question ? 'oui' : null;
}

/** The answer to what was asked; of several messages the last that answers. null: no answer, or no plain one (`ouiMais`). */
export function lireAvis(messages: string[], attendu: Attendu): Avis {
  const lus = messages.slice(-20).map((m) => lirePhrase(m, attendu));
  let avis: Avis = null;
  for (const lu of lus) avis = avisDe(lu, attendu) ?? avis;
  return avis === 'oui' && lus.some((lu) => lu.reste !== '' || lu.question) ? null : avis;
}

/** A yes with something beside it: a change, a detail, a question. What it is must be read before anything is agreed. */
export function ouiMais(messages: string[]): boolean {
  if (lireAvis(messages, 'confirmation') === 'oui') return false;
  const lus = messages.slice(-20).map((m) => lirePhrase(m, null));
  const entoure = lus.some((lu) => lu.reste !== '');
  const dernier = lus
    .map((lu) => avisDe({ ...lu, question: lu.question && !entoure }, null))
    .findLast((avis) => avis !== null);
  return dernier === 'oui' && entoure;
}
