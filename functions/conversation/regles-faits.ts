// What a burst of messages says, before the catalogue is known: its words in order and the intentions they show.
// All unanswered messages are read together, so it does not matter how a sentence was cut up.
import type { MessageDialogue } from './modele-ia.ts';
import { decouper, type Mot } from './regles-mots.ts';

export type Intention =
  | 'salutation'
  | 'merci'
  | 'aurevoir'
  | 'prix'
  | 'remise'
  | 'moinsCher'
  /** "les deux": all that was listed. */
  | 'tous'
  | 'stock'
  /** How many are left, not only whether. */
  | 'reste'
  | 'catalogue'
  | 'robot'
  | 'humain'
  | 'suivi'
  | 'autreService'
  | 'qualite'
  | 'oui'
  | 'non'
  | 'achat'
  | 'photo';

export type Faits = {
  mots: Mot[];
  intentions: ReadonlySet<Intention>;
  /** Rank (0 = first) when one of a list was pointed at: "le deuxième"; -1 = the last one. */
  rangChoisi: number | null;
  /** Types of the messages that have no words to read. */
  illisibles: string[];
  lisible: boolean;
  bonsoir: boolean;
};

const INTENTIONS: [Intention, RegExp][] = [
  [
    'salutation',
    /\b(?:bonjours?|bonsoir|salut|slt|bjr|bsr|bjour|hello|coucou|cc|hey|salam|akwaba|allo+|ca va|(?:ca|on) dit quoi|(?:comment|cmt) (?:allez|vas|va|tu)|ya? a? ?quelqu un)\b/,
  ],
  ['merci', /\b(?:merci+|mrc|mer6|thanks|reflechi\w*|je (?:vous )?reviens)\b/],
  [
    'aurevoir',
    /\b(?:au revoir|a bientot|a plus tard|a demain|bye|ciao|bonne (?:journee|soiree|nuit|fin de)|je (?:passe|passerai|viens|viendrai|repasse) (?:demain|ce soir|plus tard))\b/,
  ],
  [
    'prix',
    /\b(?:combien|combein|conbien|kombien|cb|cmb|cmbien|prix|prx|tarifs?|coute|coutent|couter|vaut|valent)\b/,
  ],
  [
    'remise',
    /\b(?:remise|reduction|rabais|negocia\w*|negocier|dernier prix|bon prix|prix final|(?<!l[ae] )(?<!les )moins cher|arrange[rz]?|ristourne|(?:avoir|prendre|prends|laisse[rz]?|faire|fais|faites) (?:\w+ ){0,3}(?:a|pour) fcfa|baisse[rz]?|baisser|promo\w*|solde[s]?|diminue[rz]?|gratuit\w*|trop cher)\b|^(?:a )?fcfa$/,
  ],
  ['reste', /\b(?:reste|restent|combien (?:vous )?(?:en )?avez)\b/],
  ['tous', /\bles (?:deux|trois|2|3)$|\btous les (?:deux|trois|2|3)\b/],
  ['moinsCher', /\bl(?:a|e|es) moins cher(?:e?s?)\b/],
  [
    'stock',
    /\b(?:dispos?|disponibles?|disponibilite|stock|reste|restent|avez vous|vous avez|vs avez|vous en avez|as tu|tu as|t as|ya(?! quelqu)|y a(?! quelqu)|y en a|auriez vous|quelles? (?:pointures?|tailles?|couleurs?))\b/,
  ],
  [
    'catalogue',
    /\b(?:catalogue|(?:vendez|vend|vends|proposez|faites) (?:vous )?(?:quoi|koi)|(?:quoi|koi) (?:vous )?(?:vendez|proposez)|qu(?:e|oi)? est ?ce que vous (?:vendez|avez|proposez|faites)|(?:que|k) (?:vendez|proposez) vous|qu avez vous|vous avez (?:quoi|koi)|(?:quoi|koi) (?:comme|de beau|d autre)|(?:vos|tous les|quels|les|des) (?:articles|produits|modeles)|quels? (?:articles?|produits?|modeles?)|autres? (?:articles?|produits?|modeles?|choses?))\b/,
  ],
  ['robot', /\b(?:un robot|une machine|un bot|une ia|l ia|intelligence artificielle)\b/],
  [
    'humain',
    /\b(?:(?:parler|parle|discuter|echanger|joindre|contacter|appeler|voir|passez?|transferez|mettez|besoin) (?:\w+ ){0,5}?(?:quelqu un|qqn|qq un|kelkun|humain|humaine|personne|responsable|patron|patronne|gerant|gerante|vendeur|vendeuse|conseiller|conseillere|agent|operateur|proprietaire|chef)|(?:un|une|le|la|votre|l) (?:vrai |vraie )?(?:humain|etre humain|responsable|gerante?|patron|patronne|operateur|conseillere?)|vraie personne|service client|(?:appelez|rappelez|appelle|rappelle|telephonez) moi|me rappeler|m appeler|(?:appelez|rappelez) (?:le|au|mon)|(?:quelqu un|qqn|vous|te) (?:avoir )?au (?:telephone|tel)|s appeler|(?:vous|t|te) appeler|(?:avoir|veux|voudrais) un agent)\b/,
  ],
  [
    'suivi',
    /\b(?:(?<!(?:passer|faire|valider|confirmer|prenez|voici|voila) )(?:ma|mes) commandes?|mon colis|ma livraison|mon livreur|rembours\w+|arnaqu\w+|escroc\w*|vol(?:eurs?|euse)|plainte|reclamation|litige|retourner|(?:pas|jamais) (?:encore )?(?:recue?|livree?|ete livree?)|deja (?:commande|paye)|j ai (?:commande|paye|recu)|abime\w*|defectueu\w+|casse[es]*|dechire\w*|annuler ma|numero de suivi|pas content\w*)\b/,
  ],
  [
    'autreService',
    /\b(?:livrez|livraisons?|livrer|expedi\w+|ou etes vous|ou se trouve|vous etes ou|etes situes?|votre (?:boutique|magasin|adresse)|horaires?|ouverte?s?|orange money|mtn|wave|moov|mobile money|paiements?|payer|paie|garantie|fermez|ouvrez|(?:ton|votre) (?:numero|contact)|(?:te|vous) (?:contacter|joindre)|venir)\b/,
  ],
  ['qualite', /\b(?:original\w*|origine|authentique|copie|qualite)\b/],
  [
    'oui',
    /\b(?:oui+|ouais?|wi|ok|oki|okay|okey|d accord|dacc?|daccord|volontiers|bien sur|yes|yep|ca marche|avec plaisir|parfait|absolument|exactement|allez y|vas y|c est bon|je valide|je confirme|je veux bien|bien entendu|(?<!pas (?:\w+ )?)interessee?s?(?! pas))\b/,
  ],
  [
    'non',
    /^(?:non+|nn|nan|no)\b|\b(?:non merci|laisse[rz]? tomber|laissez?$|interesse pas|(?:veux|aime) pas|pas (?:maintenant|(?:\w+ )?interessee?s?|la peine)|annule[rz]?|ca ira|rien)\b/,
  ],
  [
    'achat',
    /\b(?:je|j|j en|on|nous) (?:les |le |la |l |en |vais |veux |voudrais |souhaite |aimerais )*(?:prends?|prendre|prendrai|prendrais|commande|commander|achete|acheter|reserve|reserver|veux|voudrais|souhaite)\b|\breserve[rz]?\b|\b(?:envoyez|envoie) (?:les|le|la) moi\b|\bje passe (?:la )?commande\b/,
  ],
  ['photo', /\b(?:photos?|images?|videos?|montre[rz]?|voir)\b/],
];

const RANGS: [RegExp, number][] = [
  [/\b(?:premiere?|1er|1ere)\b/, 0],
  [/\b(?:deuxieme|seconde?|2eme|2e)\b/, 1],
  [/\b(?:troisieme|3eme|3e)\b/, 2],
  [/\b(?:quatrieme|4eme|4e)\b/, 3],
  [/\b(?:cinquieme|5eme|5e)\b/, 4],
  [/\b(?:le|la|les) derniere?s?\b(?! prix)/, -1],
];

/** `texte` and `interactif` carry words, and a voice note that was heard. */
function aDesMots(m: MessageDialogue): boolean {
  return (
    m.type_message === 'texte' ||
    m.type_message === 'interactif' ||
    (m.type_message === 'audio' && m.texte.trim() !== '')
  );
}

/** What has no words is named, so that the reply can say what it could not open. */
export function lireFaits(nouveaux: MessageDialogue[]): Faits {
  const lus = nouveaux.filter(aDesMots).slice(-20);
  const parMessage = lus.map((m, rang) => sansRefus(decouper(m.texte, rang)));
  const phrases = parMessage.map((mots) => mots.map((mot) => mot.texte).join(' '));
  const intentions = new Set<Intention>();
  let rangChoisi: number | null = null;
  // A sentence may also be cut between two messages.
  for (const phrase of [...phrases, phrases.join(' ').slice(-4000)]) {
    for (const [intention, motif] of INTENTIONS) if (motif.test(phrase)) intentions.add(intention);
    for (const [motif, rang] of RANGS) if (motif.test(phrase)) rangChoisi = rang;
  }
  // "ok merci" ends a talk, it orders nothing.
  if (phrases.some((p) => /\b(?:ok|oki|okay|d accord|dacc?|daccord) (?:\w+ )?merci/.test(p)))
    intentions.delete('oui');
  if (rangChoisi === null) rangChoisi = rangSeul(parMessage.flat());
  return {
    mots: parMessage.flat().slice(-400),
    intentions,
    rangChoisi,
    illisibles: nouveaux.filter((m) => !aDesMots(m)).map((m) => m.type_message),
    lisible: lus.length > 0,
    bonsoir:
      phrases.some((p) => /\b(?:bonsoir|bsr)\b/.test(p)) &&
      !phrases.some((p) => /\b(?:bonjour|bjr)\b/.test(p)),
  };
}

/** "je ne veux pas de nike" is no word about Nike. */
function sansRefus(mots: Mot[]): Mot[] {
  return mots.filter((_, rang) => {
    const avant = mots.slice(Math.max(0, rang - 3), rang).map((mot) => mot.texte);
    return !/\b(?:veux|aime|voudrais) (?:pas|plus)(?: (?:de|d|des|du|les|la|le))?$/.test(avant.join(' '));
  });
}

/** "2" or "le 2" and nothing else may answer a list. */
function rangSeul(mots: Mot[]): number | null {
  const utiles = mots.filter((m) => !/^(?:le|la|numero|svp|stp)$/.test(m.texte));
  const seul = utiles.length === 1 ? utiles[0]?.nombre : null;
  return seul != null && Number.isInteger(seul) && seul >= 1 && seul <= 5 ? seul - 1 : null;
}
