// The words a shop's answer may not use of its own accord: goods, brands, colours, qualities. What the tools gave may always be said.
import { radical } from './texte.ts';

const mots = (texte: string): string[] => texte.trim().split(/\s+/);

/** Generic names that may stand for what is more precise; the key is allowed when one of the words is known. */
const GENERIQUES: Record<string, string[]> = {
  chaussure: mots(
    'basket sneaker tennis sandale escarpin mocassin bottine botte ballerine mule tong nike adidas puma reebok jordan converse vans fila asics skechers timberland crocs balance shoe pointure talon babouche espadrille',
  ),
  shoe: mots(
    'basket sneaker chaussure tennis nike adidas puma reebok jordan converse sandale escarpin mocassin pointure',
  ),
  basket: mots('nike adidas puma reebok jordan converse vans fila asics skechers sneaker'),
  sneaker: mots('nike adidas puma reebok jordan converse vans fila asics skechers basket'),
  paire: mots('chaussure'),
  telephone: mots(
    'iphone samsung galaxy tecno infinix itel xiaomi redmi oppo huawei pixel smartphone portable phone spark',
  ),
  phone: mots('iphone samsung galaxy tecno infinix itel xiaomi redmi oppo huawei pixel smartphone telephone'),
  smartphone: mots('iphone samsung galaxy tecno infinix itel xiaomi redmi oppo huawei pixel telephone phone'),
  portable: mots('telephone smartphone iphone samsung ordinateur laptop'),
  vetement: mots(
    'robe chemise pantalon jean jupe polo tshirt shirt veste pull boubou pagne ensemble chemisier costume short',
  ),
  clothes: mots('dress robe chemise pantalon jean jupe polo shirt veste vetement'),
  habit: mots('robe chemise pantalon jean jupe polo tshirt shirt veste pull boubou pagne vetement'),
  sac: mots('pochette cartable besace cabas bag'),
  bag: mots('sac pochette cabas'),
  dress: mots('robe'),
  watch: mots('montre'),
  parfum: mots('eau toilette fragrance'),
  bijou: mots('collier bracelet bague boucle chaine'),
  creme: mots('lait lotion gel beurre soin'),
  cosmetique: mots('creme lait lotion gel savon beurre soin parfum'),
  tee: mots('shirt'),
};

const ARTICLES = mots(`
  chaussure basket sneaker sandale escarpin mocassin bottine botte ballerine mule tong talon espadrille babouche claquette pantoufle
  shoe shoes boot sandal slipper
  robe jupe chemise chemisier pantalon jean legging bermuda polo veste blouson manteau costume cravate sweat hoodie gilet debardeur
  maillot pyjama lingerie soutien culotte calecon chaussette ceinture chapeau casquette echarpe foulard gant boubou pagne bazin kaftan abaya
  survetement jogging vetement habit uniforme dress skirt trousers pants jacket coat shirt belt scarf clothes
  sac pochette valise cartable portefeuille besace bag handbag wallet backpack suitcase
  montre bijou collier bracelet bague lunette watch necklace glasses jewelry
  telephone smartphone portable tablette ordinateur laptop ecouteur casque enceinte chargeur cable powerbank batterie coque televiseur television
  console manette imprimante clavier souris camera drone routeur phone tablet computer headphone earphone earbud speaker charger headset
  frigo refrigerateur congelateur climatiseur ventilateur mixeur blender bouilloire micro-onde cuisiniere gaziniere marmite
  casserole poele assiette couteau cafetiere aspirateur fridge oven
  parfum creme lotion savon shampoing maquillage fard mascara vernis gel huile beurre serum deodorant perruque meche tissage perfume cream soap wig lipstick
  canape fauteuil matelas armoire chaise rideau drap couverture oreiller lampe tapis meuble sofa bed mattress chair
  riz attieke poulet poisson viande gateau jus biere vin farine sucre miel fruit legume epice cake rice chicken fish
  voiture velo pneu casque jouet poupee cahier stylo poussette couche biberon bike toy book
  
  moto scooter croissant pizza burger biscuit glace
  bouquet fleur bougie bonbon chocolat cafe tisane vitamine medicament ordonnance pill medicine
`);

const MARQUES = mots(`
  nike adidas puma reebok jordan converse vans fila asics skechers timberland crocs lacoste gucci prada chanel dior vuitton versace balenciaga
  zara hermes rolex casio cartier tommy hilfiger levis diesel hugo boss armani fendi burberry supreme yeezy
  iphone ipad macbook airpods apple samsung galaxy tecno infinix itel xiaomi redmi oppo huawei honor pixel nokia vivo realme oneplus sony
  playstation xbox nintendo jbl bose beats lg hisense nasco sharp philips dell asus acer lenovo hp toshiba canon epson
  dunk samba gazelle superstar cortez ultraboost vapormax huarache pegasus foamposite ultra
  loreal nivea maybelline garnier dove toyota honda peugeot yamaha
`);

const COULEURS = mots(`
  rouge bleu noir blanc vert jaune rose gris beige marron violet dore argente kaki bordeaux turquoise mauve fuchsia ecru camel
  vanille citron caramel
  red blue black white green yellow pink grey gray brown purple gold silver
`);

const MATIERES = mots('cuir coton soie satin velours daim dentelle leather cotton silk suede');

/** What is said of goods and must come from the vendor. */
const QUALITES =
  /^(?:garanti\w*|authenti\w*|origina(?:l|le|ux|les)|certifi\w*|impermeables?|waterproof|etanches?|bio|guarante\w*|warranty|genuine|neufs?|neuves?|vraies|vrais|reconditionne\w*|soigne(?:nt|r)?|gueri\w*|eclairci\w*|blanchi(?:t|r|ssant\w*))$/;
/** What the shop promises after the sale. */
const SERVICES =
  /^(?:rembours\w*|echang(?:er|eable|eables|ez)|retourner|refund\w*|exchange\w*|satisfait\w*)$/;

export const CONCURRENTS =
  /\b(?:jumia|amazon|alibaba|aliexpress|shein|glovo|yango deli|ebay|temu|concurren\w+|competitor\w*|(?:une? )?autres? (?:boutiques?|magasins?|vendeurs?|sites?)|another (?:shop|store|seller))\b/;

export const REMISE =
  /\b(?:gratuit\w*|gratos|offert\w*|offrons|offre|cadeaux?|bonus|remises?|reductions?|reduit|rabais|ristourne\w*|promos?|promotions?|promotionnel\w*|soldes?|solde|moitie prix|demi[- ]tarif|bon plan|discount\w*|free|gift\w*|sales?|coupons?|vouchers?|code promo|prix d'ami|dernier prix|gestes?|petit prix|bon prix|baiss\w*|diminu\w*|arrange\w*|cashback|en (?:\d+|deux|trois|quatre|plusieurs) fois|a credit|acomptes?|echelonn\w*|facilites? de paiement|installments?|special price|prix special|tarif special|moins chere? que|special offer|on the house|on us|half price|sans frais|sans supplement|(?:a|que|de) (?:la )?moitie|la moitie (?:du prix|maintenant)|pour le prix d'?(?:une?|1|e)|prix casses?|vente flash|black friday|efforts?|negoci\w*|moins chere?s? (?:si|pour vous)|(?:sans rien|rien a) payer|(?:ne )?(?:vous )?coutera rien|a notre charge|prenons en charge|c'est pour nous|partage(?:ons)? le prix|payer(?:ez)? (?:plus tard|le mois prochain|apres)|(?:a|pour) (?:votre|ce) prix)\b/g;

/** The same without the word: nothing is to be paid for the delivery. */
export const SANS_FRAIS =
  /\b(?:pas de|aucuns?|zero|0|sans) frais\b|\blivraison (?:est |deja )*(?:incluse|comprise)\b|\bsans (?:rien )?payer(?! (?:d'avance|a l'avance|maintenant|en ligne|tout de suite))\b|\bno (?:delivery|shipping) (?:fee|cost|charge)s?\b|\bdelivery (?:is )?included\b/;

/** "Jus de gingembre" is not what the shop means by "Jus de bissap": the words after the head of a name that has such a form. */
const TETE = /([a-z]{3,}) (?:de |d'|du |aux? |a la |a l'|en )([a-z]{3,})/g;
const NEUTRES =
  /^(?:votre|notre|vos|nos|leur|cette|chez|qualite|choix|retour|stock|taille|pointure|couleur|quelle?|combien|plus|tout)$/;

export function autresDeLaMemeTete(
  phrase: string,
  noms: readonly string[],
  connu: (mot: string) => boolean,
): { debut: number; mots: string }[] {
  const tetes = new Set(noms.flatMap((nom) => [...nom.matchAll(TETE)].map(([, tete = '']) => radical(tete))));
  return [...phrase.matchAll(TETE)].flatMap((t) => {
    const [mots, tete = '', suite = ''] = t;
    return tetes.has(radical(tete)) && !connu(suite) && !NEUTRES.test(suite)
      ? [{ debut: t.index, mots }]
      : [];
  });
}

const SURVEILLES = new Set(
  [...ARTICLES, ...MARQUES, ...COULEURS, ...MATIERES].flatMap((m) => [m, radical(m)]),
);
const MARQUES_CONNUES = new Set(MARQUES);

export function surveille(mot: string): boolean {
  return SURVEILLES.has(mot) || SURVEILLES.has(radical(mot)) || QUALITES.test(mot) || SERVICES.test(mot);
}

/** "Je vous montre", "votre numéro de téléphone": the same letters, no goods. */
export function autreSens(mot: string, avant: string, phrase: string): boolean {
  if (mot === 'montre') return /\b(?:vous|te|me|nous) $/.test(avant);
  if (/^(?:tele)?phones?$|^portable$/.test(mot)) {
    return (
      /^\W*(?:tele)?phone ?:/.test(phrase) ||
      /\b(?:votre|your|son|mon|my|un) $/.test(avant) ||
      /\b(?:numeros?|number|contact\w*|joindre|joignable|livreur|courier|par|by)\b/.test(phrase)
    );
  }
  return false;
}

export function estMarque(mot: string): boolean {
  return MARQUES_CONNUES.has(mot);
}

/** Whether a watched word says no more than what is known. */
export function estGenerique(mot: string, connus: ReadonlySet<string>): boolean {
  const precis = GENERIQUES[mot] ?? GENERIQUES[radical(mot)];
  return precis?.some((p) => connus.has(p)) ?? false;
}

/** Proper names that belong to no shop. */
export const NOMS_LIBRES = new Set(
  mots(`
  whatsapp fcfa cfa f xof xaf eur usd sms gps abidjan cote ivoire ivoirienne orange mtn wave money moov mobile mm mme mlle monsieur madame mademoiselle mr mrs ms
  i ok ia ai numcmd sav ttc ht
`),
);

/** What may begin a sentence with a capital and then be what is spoken of; everything else there is a name. */
export const SUJETS_LIBRES = new Set(
  mots(`
  il elle ils elles ce cela ca celle celui ceux celles tout tous toutes livraison paiement prix total commande stock taille pointure couleur cout tarif montant
  on nous vous je tu c l le la les un une votre vos notre nos mon ma mes son sa ses article articles produit produits modele modeles quel quelle quels quelles qui que quoi
  combien comment ou oui non this that it they he she we you price delivery total order your our the a an what which both all everything payment shipping size
  here there now where when how who voila voici rien autre autres
  prices sizes colors colours available disponible disponibles nouveau nouvelle dispo tarifs prix
  adresse numero nom quantite panier retrait boutique magasin horaires service frais sous-total recapitulatif resume
`),
);
