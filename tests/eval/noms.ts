// From what names, prices and places are drawn: what is sold and said in Abidjan.
// Of each article its full name and the short one that people write; no two of a kind are easily taken for each other.

export type Genre = {
  categorie: string;
  /** Lowest and highest price, drawn in steps of 500. */
  prix: [number, number];
  tailles?: { nom: string; valeurs: readonly string[]; ailleurs: readonly string[] };
  couleurs?: readonly string[];
  articles: readonly (readonly [nom: string, court: string])[];
};

const COULEURS = ['noir', 'blanc', 'rouge', 'bleu', 'vert', 'beige', 'jaune', 'marron'] as const;

export const GENRES: Record<string, Genre> = {
  chaussures: {
    categorie: 'Chaussures',
    prix: [12_000, 60_000],
    tailles: {
      nom: 'pointure',
      valeurs: ['37', '38', '39', '40', '41', '42', '43', '44'],
      ailleurs: ['35', '36', '46', '47'],
    },
    articles: [
      ['Nike Air Max 90', 'nike'],
      ['Adidas Stan Smith', 'stan smith'],
      ['Puma Suede Classic', 'puma'],
      ['Converse All Star', 'converse'],
      ['Vans Old Skool', 'vans'],
      ['New Balance 574', 'new balance'],
      ['Reebok Club C', 'reebok'],
      ['Timberland Premium', 'timberland'],
      ['Fila Disruptor', 'fila'],
      ['Skechers Go Walk', 'skechers'],
      ['Clarks Desert', 'clarks'],
      ['Birkenstock Arizona', 'birkenstock'],
      ['Asics Gel Kayano', 'asics'],
      ['Lacoste Carnaby', 'lacoste'],
    ],
  },
  vetements: {
    categorie: 'Vêtements',
    prix: [5_000, 30_000],
    tailles: { nom: 'taille', valeurs: ['S', 'M', 'L', 'XL'], ailleurs: ['XXL', 'XXXL'] },
    couleurs: COULEURS,
    articles: [
      ['Robe Wax Amina', 'robe wax'],
      ['Polo Ralph Lauren', 'polo'],
      ['Boubou Bazin', 'boubou'],
      ['Chemise Pagne Baoulé', 'chemise'],
      ['Pantalon Chino', 'pantalon'],
      ['Jupe Plissée', 'jupe'],
      ['Survêtement Kappa', 'survêtement'],
      ['Combinaison Bogolan', 'combinaison'],
      ['Veste Blazer Slim', 'veste'],
      ['Maillot des Éléphants', 'maillot'],
      ['Débardeur Coton', 'débardeur'],
    ],
  },
  telephones: {
    categorie: 'Téléphones',
    prix: [45_000, 350_000],
    articles: [
      ['Tecno Spark 20', 'tecno'],
      ['Itel A70', 'itel'],
      ['Infinix Hot 40', 'infinix'],
      ['Samsung Galaxy A15', 'samsung'],
      ['iPhone 11', 'iphone'],
      ['Xiaomi Redmi 13', 'redmi'],
      ['Huawei Nova Y61', 'huawei'],
      ['Nokia 105', 'nokia'],
      ['Oppo Reno 8', 'oppo'],
      ['Google Pixel 7', 'pixel'],
    ],
  },
  cosmetiques: {
    categorie: 'Beauté',
    prix: [1_500, 25_000],
    articles: [
      ['Beurre de Karité Pur', 'karité'],
      ['Lait Nivea Soft', 'nivea'],
      ['Savon Kojic Éclat', 'savon'],
      ['Parfum Lattafa Yara', 'lattafa'],
      ['Huile de Coco Vierge', 'huile de coco'],
      ['Gel Aloe Vera', 'aloe vera'],
      ['Sérum Vitamine C', 'sérum'],
      ['Mascara Maybelline', 'mascara'],
      ['Perruque Brésilienne', 'perruque'],
      ['Déodorant Rexona', 'rexona'],
      ['Fond de Teint Black Opal', 'fond de teint'],
    ],
  },
  alimentation: {
    categorie: 'Épicerie',
    prix: [1_000, 30_000],
    articles: [
      ['Riz Parfumé Sac 25 kg', 'riz'],
      ['Attiéké de Dabou', 'attiéké'],
      ['Miel de Korhogo', 'miel'],
      ['Café Grillé Man', 'café'],
      ['Chocolat Cémoi', 'chocolat'],
      ['Placali Séché', 'placali'],
      ['Poisson Fumé Carton', 'poisson fumé'],
      ['Anacarde Grillé', 'anacarde'],
      ['Bissap Bouteille', 'bissap'],
      ['Gingembre Moulu', 'gingembre'],
      ['Spaghetti Panzani', 'spaghetti'],
    ],
  },
  maison: {
    categorie: 'Maison',
    prix: [8_000, 90_000],
    articles: [
      ['Ventilateur Nasco', 'ventilateur'],
      ['Mixeur Moulinex', 'mixeur'],
      ['Bouilloire Binatone', 'bouilloire'],
      ['Marmite Inox', 'marmite'],
      ['Matelas Orthopédique', 'matelas'],
      ['Moustiquaire Imprégnée', 'moustiquaire'],
      ['Réchaud Faitout', 'réchaud'],
      ['Rideau Occultant', 'rideau'],
      ['Aspirateur Philips', 'aspirateur'],
      ['Cafetière Krups', 'cafetière'],
      ['Micro-onde Samsung', 'micro-onde'],
    ],
  },
  accessoires: {
    categorie: 'Accessoires',
    prix: [4_000, 45_000],
    couleurs: COULEURS,
    articles: [
      ['Montre Casio', 'montre'],
      ['Sac à Main Zara', 'sac'],
      ['Foulard Satin', 'foulard'],
      ['Ceinture Cuir', 'ceinture'],
      ['Portefeuille Fossil', 'portefeuille'],
      ['Casquette Yankees', 'casquette'],
      ['Lunettes Ray-Ban', 'lunettes'],
      ['Bracelet Perles', 'bracelet'],
    ],
  },
};

export type Commune = { nom: string; court: string; quartier: string };
/** As people write them: the commune, its short name, a quarter of it. */
export const COMMUNES: readonly Commune[] = [
  { nom: 'Yopougon', court: 'Yop', quartier: 'Yop Siporex' },
  { nom: 'Yopougon', court: 'Yopougon', quartier: 'Yopougon Niangon' },
  { nom: 'Cocody', court: 'Cocody', quartier: 'Cocody Angré' },
  { nom: 'Cocody', court: 'Angré', quartier: 'Angré 8ème tranche' },
  { nom: 'Cocody', court: '2 plateaux', quartier: '2 Plateaux Vallon' },
  { nom: 'Cocody', court: 'Riviera', quartier: 'Riviera Palmeraie' },
  { nom: 'Marcory', court: 'Marcory', quartier: 'Marcory zone 4' },
  { nom: 'Treichville', court: 'Treichville', quartier: 'Treichville Arras' },
  { nom: 'Koumassi', court: 'Koumassi', quartier: 'Koumassi Remblais' },
  { nom: 'Abobo', court: 'Abobo', quartier: 'Abobo Samaké' },
  { nom: 'Adjamé', court: 'Adjamé', quartier: 'Adjamé 220 logements' },
  { nom: 'Port-Bouët', court: 'Port Bouet', quartier: 'Port-Bouët Vridi' },
  { nom: 'Plateau', court: 'le Plateau', quartier: 'Plateau' },
  { nom: 'Attécoubé', court: 'Attécoubé', quartier: 'Attécoubé Locodjro' },
  { nom: 'Bingerville', court: 'Bingerville', quartier: 'Bingerville Feh Kessé' },
];
export const REPERES = [
  'derrière la pharmacie',
  'en face de la mosquée',
  "à côté de l'école primaire",
  'près du grand marché',
  'non loin du château d’eau',
  'carrefour de la boulangerie',
  "après la station d'essence",
] as const;

export const PRENOMS = [
  'Awa',
  'Kouassi',
  'Mariam',
  'Yao',
  'Fatou',
  'Serge',
  'Adjoua',
  'Ibrahim',
  'Affoué',
  'Moussa',
  'Estelle',
] as const;
export const NOMS = [
  'Koné',
  'Kouamé',
  'Traoré',
  'Bamba',
  "N'Guessan",
  'Diabaté',
  'Yapi',
  'Touré',
  'Konan',
  'Ouattara',
] as const;
