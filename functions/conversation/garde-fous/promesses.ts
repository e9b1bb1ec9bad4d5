// What a reply may only say when it is being done: an order is made or called off, photos go out, somebody is called.
import type { FaitsConnus } from './faits.ts';
import { plier, sansIdiomes } from './texte.ts';

/** It is not claimed but hoped, asked or put off. */
const CONDITION_AVANT =
  /\b(?:une fois|des que|quand|lorsque|si|afin|pour que|pas encore|jamais|once|when|if|until|voulez-vous|souhaitez-vous|puis-je|dois-je|est-ce que|do you want|shall i|would you)\b/;
const CONDITION_DEDANS = /\b(?:pas|jamais|sera|seront|serait|soit|not|never|will be)\b/;

const COMMANDE = '(?:commande|order|achat|reservation|panier)';

type Promesse = {
  forme: RegExp;
  /** Whether it is being done, or is read from what the tools gave. */
  tenue(f: FaitsConnus, phrase: string): boolean;
  /** No condition softens it. */
  absolue?: boolean;
  /** Asked, it is no claim. */
  demandable?: boolean;
};

/** With this reply, or an order of his that is named by its number. */
const commandee = (f: FaitsConnus, phrase: string): boolean =>
  f.faits.confirme || (/\bnumcmd\b/.test(phrase) && f.commandes.some((c) => c.statut_commande !== 'annulee'));

const PROMESSES: Promesse[] = [
  {
    forme:
      /\bje (?:viens de )?(?:confirmer?|valider?|enregistrer?|passer?|lancer?) (?:donc |bien )?(?:votre|la|ta) (?:commande|livraison)\b|\bi(?:'m| am) (?:placing|confirming) your order\b/,
    tenue: commandee,
    demandable: true,
  },
  {
    forme: new RegExp(
      [
        `\\b${COMMANDE}\\b[^.!?\\n]{0,60}\\b(?:est|a ete|a bien ete|est bien|reste)\\b[^.!?\\n]{0,15}\\b(?:confirme|enregistre|valide|passe|prise? en compte|cree|note|finalise|reserve|fait|transmis|envoye|lance|parti)e?s?\\b`,
        `\\b${COMMANDE} (?:bien )?(?:confirmee?|enregistree?|validee?|passee?|finalisee?)\\b`,
        "\\bj'ai (?:bien )?(?:confirme|enregistre|valide|passe|finalise|cree) (?:votre|la|ta) commande\\b",
        '\\b(?:nous avons|on a) (?:bien )?(?:confirme|enregistre|valide|passe|finalise|cree) (?:votre|la|ta) commande\\b',
        "\\bc'est (?:bon|fait|valide|confirme|commande|enregistre)[^.!?\\n]{0,30}\\bcommande\\b",
        "\\bc'est (?:confirme|valide|commande|enregistre)\\b",
        `\\b${COMMANDE}\\b[^.!?\\n]{0,40}\\b(?:is|has been|was)\\b[^.!?\\n]{0,12}\\b(?:confirmed|placed|recorded|registered|validated|booked|complete)\\b`,
        '\\border (?:confirmed|placed)\\b',
        '\\border went through\\b',
        '\\btout est (?:bon|ok|en ordre),? on vous livre\\b',
        "\\bi(?:'ve| have)? (?:placed|confirmed|recorded) your order\\b",
        '\\bmerci pour votre (?:commande|achat)\\b',
        '\\bthank(?:s| you) for your (?:order|purchase)\\b',
      ].join('|'),
    ),
    tenue: commandee,
  },
  {
    forme:
      /\bcommande\b[^.!?\n]{0,60}\b(?:est|a ete|a bien ete|est bien)\b[^.!?\n]{0,10}\bannulee?\b|^\W*c'est (?:bien )?annule\b|\bj'ai (?:bien )?annule\b|\bcommande (?:bien )?annulee\b|\border\b[^.!?\n]{0,40}\b(?:is|has been|was)\b[^.!?\n]{0,8}\bcancell?ed\b|\bi(?:'ve| have)? cancell?ed\b/,
    tenue: (f) => f.faits.annule || f.commandes.some((c) => c.statut_commande === 'annulee'),
  },
  {
    forme:
      /\b(?:paiement|versement|transfert|argent|payment)\b[^.!?\n]{0,30}\b(?:recu|bien recu|valide|confirme|encaisse|received|confirmed)\b|\b(?:recu|received) votre (?:paiement|versement|transfert|argent)|\b(?:rembourse|remboursement (?:est |a ete )?(?:fait|effectue|valide|envoye))\b/,
    tenue: (f) => f.commandes.some((c) => c.statut_paiement === 'paye'),
  },
  {
    forme:
      /\b(?:livreur|coursier|colis|paquet|commande|courier|parcel|package|order)\b[^.!?\n]{0,30}\b(?:est (?:deja )?(?:en route|parti|en chemin|arrive|expedie|livre|en cours de livraison|en preparation)e?|a ete (?:expedie|livre|remis|prepare)e?|est prete?|arrive\b|is on (?:its|the|his) way|has been (?:shipped|delivered)|was (?:shipped|delivered))/,
    tenue: (f) => f.commandes.length > 0,
  },
  {
    forme:
      /\b(?:commande|colis|paquet|order|parcel|package)\b[^.!?\n]{0,30}\b(?:est livree?|a (?:bien )?ete (?:livre|remis)e?|(?:has been|was) delivered)\b/,
    tenue: (f) => f.commandes.some((c) => c.statut_commande === 'livree' || c.statut_livraison === 'livree'),
  },
  {
    forme:
      /\b(?:mis|mise|mises|mets|met|mettons|garde|gardons)\b[^.!?\n]{0,40}\bde cote\b|\b(?:est|sont) (?:bien )?reservee?s?\b/,
    tenue: (f) => f.faits.confirme,
    demandable: true,
  },
  {
    forme:
      /\b(?:on|nous|je) (?:vous |te |l'|le |la |les )*(?:rembours|echang)(?:e|ons|er(?:a|ai|ons))\b|\bwe(?:'ll| will)? (?:refund|exchange)\b/,
    tenue: (f, phrase) =>
      ['echang', 'rembours'].some((m) => phrase.includes(m) && plier(f.textes.join(' ')).includes(m)),
    demandable: true,
  },
  {
    // Nobody is asked for money ahead: an order is paid as its summary says.
    forme:
      /\b(?:payez|reglez|envoyez|versez|deposez|faites (?:le|un) (?:depot|transfert|paiement|virement)|veuillez (?:payer|regler|envoyer|verser)|pay|send)\b[^.!?\n]{0,40}\b(?:maintenant|tout de suite|immediatement|d'avance|a l'avance|avant la livraison|pour valider|now|in advance|upfront)\b/,
    tenue: () => false,
    absolue: true,
  },
  {
    forme:
      /\bvoici (?:la|les|une|des|sa|ses|leurs?|quelques) (?:photos?|images?)\b|\bje vous (?:ai envoye|envoie) (?:la|les|une|des|sa|ses) (?:photos?|images?)\b|\bhere (?:is|are) (?:the|a|some) (?:photos?|pictures?)\b/,
    tenue: (f) => f.faits.photo,
  },
  {
    forme:
      /\b(?:previendr(?:ai|ons)|avertir(?:ai|ons)|alerter(?:ai|ons)|informer(?:ai|ons)|previens|let you know|notify you)\b[^.!?\n]{0,60}\b(?:stock|retour|disponible|dispo|arrive|back|available|revient|reviennent)\b/,
    tenue: (f) => f.faits.prevenu || f.faits.main,
    absolue: true,
  },
  {
    forme:
      /\b(?:un(?:e)? (?:collegue|conseillere?|responsable|humain|personne|agent|vendeuse?|membre)|l'equipe|mon collegue|le vendeur|la vendeuse|le patron|la patronne|notre equipe|quelqu'un)\b[^.!?\n]{0,30}\b(?:va|vont|vous (?:repond|contact|rappel|appel|recontact|revien)\w*|prend(?:ra)?|repondra|prendra)\b|\bje (?:vous )?(?:transmets|transfere|passe la main|mets en (?:relation|contact))\b|\b(?:a colleague|someone|an agent|our team) will\b/,
    tenue: (f) => f.faits.main,
    absolue: true,
  },
  {
    forme:
      /\bvous ne recevrez plus\b|\bvous (?:etes|avez ete) (?:bien )?desabonnee?\b|\byou (?:will|won't) (?:no longer |not )?receive (?:any )?more\b|\bunsubscribed\b/,
    tenue: (f) => f.faits.desabonne,
    absolue: true,
  },
  {
    forme:
      /\b(?:j'ai|nous avons|on a) (?:bien )?(?:ajoute|mis|reserve)\b|\b(?:est|sont|a ete|ont ete) (?:bien )?(?:ajoute|mis)e?s? (?:a|dans) votre panier\b|\bi(?:'ve| have) added\b/,
    tenue: (f) => f.panier.lignes.length > 0 || f.faits.confirme,
  },
];

/** What `phrase` (folded) claims and nothing does. */
export function promessesVides(phrase: string, faits: FaitsConnus): string[] {
  const dite = sansIdiomes(phrase);
  return PROMESSES.flatMap(({ forme, tenue, absolue, demandable }) => {
    const t = forme.exec(dite);
    if (!t || tenue(faits, phrase) || (demandable && /\?\s*$/.test(phrase))) return [];
    // A condition counts where the claim stands: "once your order is confirmed".
    const retenue =
      CONDITION_AVANT.test(dite.slice(Math.max(0, t.index - 30), t.index)) || CONDITION_DEDANS.test(t[0]);
    return retenue && !absolue ? [] : [t[0]];
  });
}
