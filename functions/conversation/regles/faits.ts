// What a burst of messages says, before the catalogue is known: its words in order and the intentions they show.
// All unanswered messages are read together, so it does not matter how a sentence was cut up.
import { decouper, type Mot, normaliser } from './mots.ts';

export type Intention =
  | 'salutation'
  | 'merci'
  | 'aurevoir'
  | 'prix'
  | 'remise'
  | 'moinsCher'
  | 'plusCher'
  | 'difference'
  /** "les deux": all that was listed. */
  | 'tous'
  | 'stock'
  /** How many are left, not only whether. */
  | 'reste'
  | 'catalogue'
  | 'robot'
  | 'oui'
  | 'non'
  /** He takes it. */
  | 'achat'
  /** He would like it: a purchase unless he asks something of it. */
  | 'envie'
  /** One more of something, beside what he has. */
  | 'encore';

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
    /\b(?:combien|combein|conbien|konbien|kombien|cb|cmb|cmbien|(?<!au )(?<!ce )prix(?! (?:normal|affiche|me va|ok))|prx|tarifs?|coute|coutent|couter|vaut|valent|how much|price|cost|costs|joli)\b/,
  ],
  [
    'remise',
    /\b(?:remise|reduction|rabais|negocia\w*|negocier|dernier prix|bon prix|prix final|(?<!l[ae] )(?<!les )moins cher|arrange[rz]?|ristourne|(?:avoir|prendre|prends|laisse[rz]?|faire|fais|faites) (?:\w+ ){0,3}(?:a|pour) fcfa|baisse[rz]?|baisser|promo\w*|solde[s]?|diminue[rz]?|gratuit\w*|trop cher)\b|^(?:a )?fcfa$/,
  ],
  ['reste', /\b(?:reste|restent|combien (?:vous )?(?:en )?avez)\b/],
  ['plusCher', /\bl(?:a|e|es) plus (?:cher|chere|chers|cheres)\b|\b(?:haut de gamme)\b/],
  [
    'difference',
    /\bdifferences?\b|\blequel (?:est )?(?:mieux|le meilleur)|\blaquelle (?:est )?(?:mieux|la meilleure)|\bvous me conseillez (?:lequel|laquelle|quoi)/,
  ],
  ['tous', /\bles (?:deux|trois|2|3)$|\btous les (?:deux|trois|2|3)\b/],
  ['moinsCher', /\bl(?:a|e|es) moins cher(?:e?s?)\b|\b(?:petits? prix|premier prix)\b/],
  [
    'stock',
    /\b(?:dispos?|disponibles?|disponibilite|stock|reste|restent|avez vous|vous avez|vs avez|vous en avez|as tu|tu as|t as|ya(?! quelqu)|y a(?! quelqu)|y en a|auriez vous|quelles? (?:pointures?|tailles?|couleurs?|capacites?)|do you have|available|vous avez|reste t il)\b/,
  ],
  [
    'catalogue',
    /\b(?:catalogue|(?:des|plus d|d) (?:infos?|informations?|renseignements?)|(?:vendez|vend|vends|proposez|faites) (?:vous )?(?:quoi|koi)|(?:quoi|koi) (?:vous )?(?:vendez|proposez)|qu(?:e|oi)? est ?ce que vous (?:vendez|avez|proposez|faites)|(?:que|k) (?:vendez|proposez) vous|qu avez vous|vous avez (?:quoi|koi)|(?:quoi|koi) (?:comme|de beau|d autre)|(?:vos|tous les|quels|les|des) (?:articles|produits|modeles)|quels? (?:articles?|produits?|modeles?)|autres? (?:articles?|produits?|modeles?|choses?))\b/,
  ],
  ['robot', /\b(?:un robot|une machine|un bot|une ia|l ia|intelligence artificielle)\b/],
  [
    'oui',
    /\b(?:oui+|ouais?|wi|ok|oki|okay|okey|d accord|dacc?|daccord|volontiers|bien sur|yes|yep|ca marche|avec plaisir|parfait|absolument|exactement|allez y|vas y|va pour (?:ca|celui|celle|cela|la|le|les)|preneuse?|preneur|c est bon|je valide|je confirme|je veux bien|bien entendu|(?<!pas (?:\w+ )?)interessee?s?(?! pas))\b/,
  ],
  [
    'non',
    /^(?:non+|nn|nan|no)\b|\b(?:non merci|laisse[rz]? tomber|laissez?$|interesse pas|(?:veux|aime) pas|pas (?:maintenant|(?:\w+ )?interessee?s?|la peine)|annule[rz]?|ca ira|rien)\b/,
  ],
  [
    'achat',
    /\b(?:je|j|j en|jen|on|nous) (?:les |le |la |l |en |vais |vous |veux |voudrais |souhaite |aimerais )*(?:prends?(?! pas| plus| en compte| note)|prendre|prendrai|prendrais|commande(?! pas| plus)|commander|achete(?! pas| plus)|acheter|reserve(?! pas)|reserver|valide)\b|\breserve[rz]?\b|\b(?:envoyez|envoie|donnez|donne|mettez|mets|ajoute[rz]?|rajoute[rz]?|livrez|prepare[rz]?|garde[rz]?)(?: (?:les|le|la|moi|nous|en))+\b(?! (?:la |une |des |les |le )?(?:photos?|prix|images?|videos?|catalogue|numero|liste))|\b(?:ajoute|rajoute|mets|mettez|prends|donnez|donne)[rz]? (?:aussi |encore )?(?:un|une|deux|trois|\d)\b|\bje passe (?:la |ma )?commande\b|\b(?:i|i ll|i will|we) (?:will )?(?:take|buy|order)\b|\b(?:want|like) to (?:buy|order|get)\b|\bje confirme\b/,
  ],
  [
    'envie',
    /\b(?:je|j|on|nous|jen|j en) ?(?:en |les |le |la )*(?:veux?|ve|voudrais?|souhaite(?:rais)?|aimerais|desire)(?! (?:pas|plus|savoir|voir|connaitre|demander|parler|etre|une? (?:infos?|photos?|renseignements?)|des (?:infos?|photos?|renseignements?)|que|dire|faire|vous|avoir (?:le|les|des infos?|plus|une idee)|le prix|les prix|la photo|les photos|discuter|comprendre|un rabais|une reduction|venir|passer|annuler|changer|modifier))\b|\b(?:il|i) (?:me|nous) (?:faut|faudrait)\b|\bbesoin (?:de |d )(?!aide|info|rens|savoir)|\b(?:i want|i need|i would like|i d like)\b(?! to know)/,
  ],
  [
    'encore',
    /\b(?:encore (?:un|une|\d+|deux|trois)|(?:un|une|deux|trois|quatre|cinq|\d+) (?:\w+ ){0,3}(?:de|en) plus|(?:un|une) autre|(?:deux|trois|\d+) autres|aussi|egalement|meme chose pour|pareil pour|r?ajoute[rz]?|en plus|avec (?:ca|cela)|et (?:une?|deux|trois|\d+)\b)/,
  ],
];

const RANGS: [RegExp, number][] = [
  [/\b(?:premiere?|1er|1ere)\b/, 0],
  [/\b(?:deuxieme|seconde?|2eme|2e)\b/, 1],
  [/\b(?:troisieme|3eme|3e)\b/, 2],
  [/\b(?:quatrieme|4eme|4e)\b/, 3],
  [/\b(?:cinquieme|5eme|5e)\b/, 4],
  [/\b(?:le|la|les) derniere?s?\b(?! prix)/, -1],
];

/**
 * @param reste the messages without the details of an order (address, name, …), which name no goods.
 * @param messages as they were written; only those that have words.
 * @param illisibles types of the messages that have none, so that the reply can say what it could not open.
 */
export function lireFaits(reste: string[], messages: string[], illisibles: string[]): Faits {
  const parMessage = reste.slice(-20).map((m, rang) => sansRefus(decouper(m, rang)));
  const phrases = parMessage.map((mots) => mots.map((mot) => mot.texte).join(' '));
  const dites = messages.map(normaliser);
  const intentions = new Set<Intention>();
  let rangChoisi: number | null = null;
  // A sentence may also be cut between two messages.
  for (const phrase of [...phrases, phrases.join(' ').slice(-4000)]) {
    for (const [intention, motif] of INTENTIONS) if (motif.test(phrase)) intentions.add(intention);
    for (const [motif, rang] of RANGS) if (motif.test(phrase)) rangChoisi = rang;
  }
  // An amount of his own beside an article asks what it really costs.
  if (!intentions.has('remise') && /\bfcfa\b/.test(phrases.join(' '))) intentions.add('prix');
  // "ok merci" ends a talk, it orders nothing.
  if (dites.some((p) => /\b(?:ok|oki|okay|d accord|dacc?|daccord) (?:\w+ )?merci/.test(p)))
    intentions.delete('oui');
  if (rangChoisi === null) rangChoisi = rangSeul(parMessage.flat());
  return {
    mots: parMessage.flat().slice(-400),
    intentions,
    rangChoisi,
    illisibles,
    lisible: messages.length > 0,
    bonsoir:
      dites.some((p) => /\b(?:bonsoir|bsr)\b/.test(p)) && !dites.some((p) => /\b(?:bonjour|bjr)\b/.test(p)),
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
  const seul = utiles.length === 1 && utiles[0]?.marque?.genre !== 'hors' ? utiles[0]?.nombre : null;
  return seul != null && Number.isInteger(seul) && seul >= 1 && seul <= 5 ? seul - 1 : null;
}
