// The French of couriers on their motos, as it is typed with one thumb: no accents, no apostrophes, half words, emojis.

const OUI = /[👍👌✅🆗💪🫡]/gu;
const NON = /[👎❌🚫🙅]/gu;

/** In small letters without accents and signs, one blank between words; thumbs are words, a question is kept in `question`. */
export function normaliser(texte: string): { mots: string; question: boolean } {
  const mots = texte
    .replace(OUI, ' ok ')
    .replace(NON, ' non ')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/œ/g, 'oe')
    .replace(/[^a-z0-9]+/g, ' ')
    // "ouiii", "okkk"
    .replace(/([a-z])\1{2,}/g, '$1')
    .trim()
    // "jai", "cest", "jsuis": as they are spelt in full.
    .replace(
      /(?:^| )(?:jai|cest|jy|nai|nest|jsuis|chuis|chui|jpeux|jpe|ya|jaccept(?:e|er)|jarr?iv(?:e|er))(?= |$)/g,
      (mot) => mot.replace(/[a-z]+/, (m) => ECRITS[m] ?? m.replace(/^j/, 'j ')),
    );
  return { mots, question: texte.includes('?') || DEMANDE.test(mots) };
}

const ECRITS: Record<string, string> = {
  cest: 'c est',
  nai: 'n ai',
  nest: 'n est',
  jsuis: 'je suis',
  chuis: 'je suis',
  chui: 'je suis',
  jpeux: 'je peux',
  jpe: 'je peux',
  ya: 'y a',
};
/** A question that nobody marked as one. */
const DEMANDE =
  /(?:^| )(?:quoi|ou|combien|quand|comment|pourquoi|qui|lequel|laquelle)(?: (?:ca|deja|exactement|chef|patron|svp|stp|boss))*$/;

const un = (...motifs: string[]) => new RegExp(`(?:^| )(?:${motifs.join('|')})(?= |$)`);

/** What a sentence speaks of; several may be true at once, and what they come to depends on the rest. */
export const MOTIFS = {
  oui: un(
    'ok+',
    'oki',
    'okay',
    'okey',
    'ouai?s?',
    'oui+',
    'wi',
    'yes',
    'yep',
    'd ?accord',
    'dac+ord',
    'dac+',
    'c (?:est )?bon',
    'valide[es]?',
    'ca marche',
    'ca roule',
    'entendu',
    'vas y',
    'vazy',
    'go',
    'sans probleme',
    'pas de (?:probleme|souci)s?',
    'avec plaisir',
    'partant',
  ),
  accepte: un(
    'j ?accept[a-z]*',
    'accepte?[rz]?',
    'je ?(?:la |le )?pren[a-z]*',
    'j ?prend?s?',
    'je (?:la |le )?fais',
    'je (?:la |le )?gere',
    'je m en (?:occupe|charge)',
  ),
  refuse: un(
    'non+',
    'nan',
    'no',
    'nn',
    'refuse[rz]?',
    'impossible',
    'pas possible',
    '(?:je )?passe(?: mon tour| pour cette (?:fois|course))?(?= *$)',
    'trop loin',
    'trop peu',
    'pas assez',
    'pas interesse',
    'laisse[rz]? tomber',
    'ca (?:ne )?m ?arrange pas',
  ),
  nePeutPas: un(
    '(?:n[e ]? ?)?peu[xt]? (?:pas|plus|pa)',
    'pourrai[st]? (?:pas|plus)',
    'peu[xt]? vraiment pas',
    'pe pas',
  ),
  renonce: un(
    'annul[a-z]*',
    'renonce[rz]?',
    'abandonne[rz]?',
    'desiste[rz]?',
    'trouve[rz]? (?:quelqu un|qq un|un autre|une autre personne)(?: d autre)?',
    'donne[rz]? (?:ca )?a (?:quelqu un|un autre)(?: d autre)?',
    'je (?:la |le )?(?:laisse|lache)(?: la course| tomber)?(?= *$)',
  ),
  panne: un(
    'pannes?',
    'j ai (?:eu |fait )?(?:un )?accident',
    'accidente',
    'pneu (?:creve|gate|a plat)',
    'crevaison',
    'creve',
    'moto (?:est )?(?:gate[e]?|foutu[e]?|morte|casse[e]?|en panne)',
    'engin (?:est )?(?:gate|casse|foutu)',
    'plus (?:de |d )(?:carburant|essence)',
    'suis malade',
  ),
  /** What else breaks down. */
  panneAilleurs: un(
    'ascenseur',
    'telephone',
    'tel',
    'portable',
    'reseau',
    'wave',
    'orange',
    'electricite',
    'courant',
  ),
  recupere: un(
    'recup(?:ere)?[ers]?e?s?',
    'recuperation faite',
    // "J'ai reçu l'argent", "j'ai pris du retard" are something else.
    '(?:g|j ai|jai|je l ai) (?:deja |bien )*(?:recu|pris)(?= (?:le |la |les |l |mon |ton |son |deja |bien )*(?:colis|paquet|commandes?|marchandises?|articles?|produits?|ca|cela|tout|chef|patron|merci|ok)(?: |$)|$)',
    '(?:j ai|jai|g|avec) (?:le |la )(?:colis|marchandise|paquet)',
    '(?:c est |cest |c )?(?<!(?:bien|a) )recu(?= (?:chef|patron|merci|ok)(?: |$)|$)',
    '(?:colis|paquet|commande|marchandise) (?:est )?(?:deja |bien )?(?:pris|prise|recup[a-z]*|recu|recue|en main|charge|ramasse|ok|bon)',
    'ramasse[er]?',
    'en ma possession',
    'retrait (?:fait|ok|effectue)',
  ),
  enRoute: un(
    'en (?:route|chemin|course|deplacement)',
    'j ?arrive',
    'jarive',
    'j arive',
    'je (?:suis )?(?:parti|pars|roule|decolle|bouge|demarre|viens)',
    'suis (?:deja )?parti',
    'c est parti',
    '(?:vais|va|pars|part|dois|viens(?! d[e ])|peux) (?:le |la |l |les |aller )*(?:recuperer|recup|prendre|chercher|livrer|remettre|deposer|passer)[a-z ]*',
    'j y vais',
    'jy vais',
    'suis sur la route',
    'bientot (?:la|chez)',
  ),
  livre: un(
    'livre[er]?e?s?',
    'livraison (?:est )?(?:faite|ok|effectue[e]?|terminee?|finie?|bonne)',
    '(?:bien )?remis',
    'remise faite',
    'depose[e]?',
    'donne (?:au|a la|a l) client[e]?',
    '(?:client[e]?|il|elle|dame|monsieur) (?:l )?(?:a|la) (?:bien |deja )*(?:recu|pris)',
    '(?:c est |c |j ai |g )(?:deja |bien )?(?:fait|fini|termine)(?= *$| (?:la (?:course|livraison)|chef|patron|boss|merci|ok|code|[0-9]))',
    'laisse (?:le colis |le paquet |ca )?(?:au|a la|a l|a son|a sa|chez) ?(?:gardien|vigile|securite|concierge|voisine?|accueil|reception|secretaire|bonne|frere|soeur|mari|femme|mere|maman|papa|fils|fille)[a-z]*',
    'mission (?:accomplie|terminee)',
    'course terminee',
    'termine[e]?',
  ),
  pasEncore: un('pas encore', 'toujours pas', 'bientot', 'pas fini', 'presque'),
  negation: un('pas', 'non', 'jamais', 'pa', 'aucun[e]?', 'sans'),
  clientAbsent: un(
    'absent[e]?s?',
    '(?:est|etait|y a|il|elle|client[e]?|dame|monsieur|madame|toujours|encore) (?:pas|plus) la',
    // "Je comprends pas la route", "elle a pas la monnaie".
    '(?:[a-z]+ )?(?:pas|plus) la(?= *$| (?:pour|chef|patron|depuis|maintenant|aujourd|ce|cette|du tout|et|donc)(?: |$))',
    '(?:n ?est |nest |est |ya |y a |il est |elle est )?(?:pas|plus) (?:sur place|a la maison|chez (?:lui|elle)|present[e]?|disponible chez (?:lui|elle))',
    'personne (?:a|chez|ici|sur place|la|n est la|ne repond a la porte)(?: [a-z]+)?',
    '(?:ya|y a|il n y a|il y a) personne(?: ici)?',
    'sorti[e]? de la maison',
    'toujours (?:personne|absent[e]?)',
    'voyage',
  ),
  injoignable: un(
    'injoi?gnables?',
    'pas joignable',
    '(?:ne |n )?(?:decroche|repond|reponds)(?:ent)? (?:toujours |encore |meme |vraiment |jamais )?(?:pas|plus|pa|jamais)(?: (?:son|le|mes|aux|au|a mes) ?[a-z]*)?',
    'prends? (?:pas|plus|pa) (?:son|le|mes|l|les) ?(?:tel|telephone|portable|phone|appels?)',
    '(?:numero|telephone|tel|portable)(?: [a-z]+){0,2} (?:passe pas|eteint|ferme|sonne (?:pas|plus|dans le vide)|off|coupe)',
    'appels? (?:ne )?passe(?:nt)? (?:pas|plus)',
    'messagerie',
    'boite vocale',
    'eteint',
    'faux numero',
    '(?:peux|arrive|reussi[st]?) (?:pas|plus) (?:a )?(?:le |la |l )?(?:joindre|avoir)(?: [a-z]+){0,2}',
    'mauvais numero',
    'sonne dans le vide',
  ),
  adresse: un(
    'adresse (?:est )?(?:introuvable|fausse|inconnue|incomplete|pas bonne|n existe pas|erronee)',
    'introuvable',
    'mauvaise adresse',
    'fausse adresse',
    '(?:trouve|vois|connais|retrouve) pas(?: (?:l|la|le|les|son|sa|cet|cette))*(?: (?:adresse|maison|endroit|lieu|quartier|rue|immeuble|domicile|residence))',
    '(?:je |j )?(?:ne |n )?(?:trouve|retrouve) (?:pas|rien)',
    'je suis perdu',
  ),
  refusClient: un(
    '(?:client[e]?|il|elle|monsieur|madame|dame|monsieur la|la dame|le monsieur) (?:ne |n )?(?:a |l a |me )?(?:tout )?refuse[a-z]*(?: [a-z]+){0,3}',
    '(?<!je )refuse (?:de|le|son|la|sa|colis)(?: [a-z]+){0,2}',
    '(?:client[e]?|il|elle) (?:ne |n )?(?:en )?veut (?:plus|pas)(?: [a-z]+){0,2}',
    '(?:client[e]?|il|elle) (?:a )?annule',
    '(?:pas|sans) (?:l |d |de l |son |assez d )?argent',
    '(?:veut|peut) pas payer',
    'retourne[r]? le colis',
  ),
  /** Not the parcel is refused, but something on the way to it. */
  refusAutre: un(
    '(?:veut (?:pas|plus)|refuse)(?: [a-z]{1,3})* (?:donner|dire|envoyer|montrer|sortir|descendre|venir|repondre|decrocher|ouvrir|attendre|deplacer)',
    'prends? (?:pas|plus|pa)(?! (?:son|le|mes|l|les) ?(?:tel|telephone|portable|phone|appels?)(?: |$))',
  ),
  /** It goes back to the shop. */
  retour: un(
    'echec',
    'echoue',
    'je (?:le |la |l |les )?(?:rentre|retourne|ramene|rapporte|renvoie)(?! (?:dans|chez|le (?:chercher|voir)|la (?:chercher|voir)|l (?:attendre|appeler)|apres|plus tard|demain|ce soir|tout a l heure|vers))',
    '(?:je|j) (?:fais|fait) retour',
    'retour (?:a la |au |a )?(?:boutique|magasin|expediteur|colis)',
    '(?:vais|peux|dois) (?:le |la |l |les )?(?:ramener|rapporter|retourner|rentrer)',
  ),
  abime: un(
    '(?:colis|paquet|article|produit|marchandise|carton|commande|c est|cest)(?: [a-z]+){0,2} (?:abime|casse|dechire|mouille|gate|endommage|ecrase)[e]?',
    '(?:colis|paquet|carton)(?: est)? (?:ouvert|perdu|vole)',
    'abime[e]?',
    'endommage[e]?',
  ),
  probleme: un(
    'problemes?',
    'pbl?m?',
    'soucis?',
    'bloque[e]?',
    'que faire',
    'je fais (?:quoi|comment)',
    'aide',
  ),
  disponible: un(
    'dispo',
    'disponibles?',
    'libre',
    'en service',
    'de retour',
    'je (?:reprends|commence|travaille)',
    'operationnel',
  ),
  indisponible: un(
    '(?:pas|plus|pa) (?:encore |trop |du tout )?(?:dispo|disponible|libre|en service|de service)',
    'indispo',
    'indisponible',
    'suis (?:tres |trop )?occupe[e]?',
    'occupe[e]?(?= *$)(?<=^occupe[e]?)',
    'fin de (?:service|journee)',
    'j ai fini (?:la|ma) journee',
    'je (?:rentre|m arrete|descends|suis en pause|me repose)',
    'en pause',
    '(?:ne )?travaille (?:pas|plus)',
    'repos',
  ),
  mesCourses: un(
    'mes (?:courses?|livraisons?|colis|commandes a livrer)',
    'liste(?: des (?:courses|livraisons|colis))?',
    '(?:reste|me reste) (?:quoi|combien)[a-z ]*',
    'combien de (?:courses|livraisons|colis)[a-z ]*',
    'mon programme',
    'quoi a livrer',
  ),
  /** Words of trade that a courier says as a customer only. */
  achat: un(
    'prix',
    'commander',
    'acheter',
    'achete',
    'taille',
    'pointure',
    'catalogue',
    'promo[a-z]*',
    '(?:vous|tu) (?:avez|vendez|livrez|faites|as|vends)',
    'avez vous',
    'je (?:veux|voudrais|cherche)(?! (?:annuler|renoncer|pas|plus))',
    'j aimerais',
    'combien (?:coute|coutent|la|le|les)[a-z ]*',
    'ma (?:commande|livraison)',
    'mon (?:panier|colis)',
    'chaussures?',
    'sac',
    'robe',
    'montre',
    'quand (?:serai|sera|vais|est)[a-z ]*',
  ),
  doute: un(
    'mais',
    'combien',
    'attends?',
    'attendez',
    'peut etre',
    'on verra',
    'je vais voir',
    'voir',
    'depend',
    'si',
    'quand',
    'comment',
    'pourquoi',
    'plus tard',
    'apres',
    'demain',
    'tout a l heure',
    'c est ou',
    'ou ca',
    'pas sur',
  ),
  merci: un(
    'merci[a-z ]*',
    'recu 5 sur 5',
    'bien recu',
    'bonne journee',
    'bonne soiree',
    'a bientot',
    'bon courage',
  ),
  bonjour: un('bonjour', 'bonsoir', 'salut', 'bjr', 'bsr', 'slt', 'cc', 'coucou', 'hello', 'yo'),
  course: un('courses?', 'livraisons?', 'colis', 'client[e]?', 'paquet'),
} as const;

export type Motif = keyof typeof MOTIFS;

export function parle(mots: string, motif: Motif): boolean {
  return MOTIFS[motif].test(mots);
}

/** Words that say neither yes nor no, around a yes. */
const AUTOUR = new Set(
  `merci beaucoup bien chef patron patronne boss grand frere vieux mon ma tonton tantie monsieur madame mr mme m svp stp la le les l de du
  course courses livraison livraisons colis je suis j moi cest c est ca y a tout suite maintenant direct directement aussitot bonjour bonsoir
  salut bjr bsr slt cc dispo disponible libre present pret arrive jarive arrive arrivons vais viens pars recuperer recup prendre chercher
  fais peux peut en route chemin min mn minutes minute dans vite rapidement alors donc hein deh oh eh ah bon d i ok sans fautes faute
  desole desolee dsl pardon excuse excusez dormais conduisais roulais etais note
  jsuis chuis suis toujours deja et`.split(/\s+/),
);

/** A yes and nothing else: no unknown word, no doubt, no question. */
export function ouiFranc({ mots, question }: { mots: string; question: boolean }): boolean {
  if (question || !(parle(mots, 'oui') || parle(mots, 'accepte'))) return false;
  let reste = ` ${mots} `;
  for (const motif of ['oui', 'accepte', 'enRoute'] as const) {
    const global = new RegExp(MOTIFS[motif].source, 'g');
    reste = reste.replace(global, ' ');
  }
  return reste
    .split(' ')
    .filter((mot) => mot !== '')
    .every((mot) => AUTOUR.has(mot) || /^[1-9][0-9]?$/.test(mot));
}

/** A no and nothing that takes it back. */
export function nonFranc({ mots, question }: { mots: string; question: boolean }): boolean {
  if (question || parle(mots, 'accepte')) return false;
  const sansProbleme = mots
    .replace(/(?:pas de|sans) (?:probleme|souci)s?/g, ' ')
    .replace(/(?:^| )oui(?= |$)/g, ' oui ');
  if (/(?:^| )(?:oui|ok|d accord|dac|pas encore)(?= |$)/.test(sansProbleme)) return false;
  if (parle(mots, 'refusClient') || parle(mots, 'injoignable') || parle(mots, 'panneAilleurs')) return false;
  // "Non, mais demain", "je ne peux pas avant 15 h" leave something open.
  if (/(?:^| )(?:mais|si|avant|sauf|apres|demain|combien|appeler|avancer)(?= |$)/.test(mots)) return false;
  return (
    parle(sansProbleme, 'refuse') ||
    parle(sansProbleme, 'nePeutPas') ||
    parle(sansProbleme, 'renonce') ||
    parle(sansProbleme, 'panne')
  );
}
