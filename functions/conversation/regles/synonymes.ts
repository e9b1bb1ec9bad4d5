// What one thing is called by many: the words people in Abidjan use for what shops call otherwise.
// Used for a second search when the first found nothing, and to know that a word names goods and no person or place.
import { normaliser } from './mots.ts';

/** Each group: words that stand for one another. A group only widens; the shop's own words decide what is found. */
const GROUPES: readonly (readonly string[])[] = [
  'chaussure basket tennis sneaker godasse soulier',
  'sandale claquette tapette nupied tong mule babouche',
  'escarpin talon ballerine mocassin',
  'telephone tel portable phone smartphone mobile cellulaire',
  'chargeur cable adaptateur',
  'ecouteur airpod casque kit earpod',
  'ordinateur ordi pc laptop macbook',
  'tele televiseur tv television',
  'montre bracelet smartwatch',
  'pagne wax bazin tissu',
  'haut top tshirt tricot polo maillot debardeur body',
  'chemise chemisier blouse',
  'pantalon jean jeans jogging pantacourt',
  'robe abaya boubou djellaba caftan',
  'jupe pagne',
  'ensemble costume tailleur',
  'pull pullover sweat hoodie chandail',
  'veste blouson manteau blazer',
  'culotte short bermuda',
  'slip calecon boxer lingerie soutien string',
  'casquette chapeau bonnet bob',
  'foulard voile hijab echarpe',
  'sac sacoche pochette cartable valise',
  'porte monnaie portefeuille',
  'lunette monture',
  'bijou collier chaine boucle bague gourmette',
  'meche perruque tissage cheveux closure frontale lace rajout',
  'pommade creme lait lotion beurre gel huile serum',
  'savon gel douche gommage',
  'parfum deodorant brume encens',
  'maquillage fard gloss mascara blush',
  'couche pampers layette',
  'marmite casserole cocotte poele',
  'assiette vaisselle',
  'mixeur blender robot moulinex',
  'ventilateur ventilo clim climatiseur split',
  'frigo refrigerateur congelateur congelo',
  'matelas sommier',
  'drap couette couverture housse',
  'rideau voilage',
].map((groupe) => groupe.split(' '));

/** Goods and makes that stand in no group, or whose synonym would be another thing. */
const AUTRES =
  'riz attieke placali garba jus bissap gnamakou boisson nike adidas puma reebok jordan converse vans gucci lacoste zara samsung iphone infinix tecno itel redmi xiaomi huawei apple hp dell lenovo sony lg article produit commande taille pointure couleur paire modele';

/** "t-shirt" and "tee shirt" are one word here, and so are plurals. */
function motsDe(texte: string): string[] {
  return normaliser(texte)
    .replace(/\bt(?:ee)? ?shirts?\b/g, 'tshirt')
    .replace(/\bnu ?pieds?\b/g, 'nupied')
    .split(' ')
    .filter((mot) => mot !== '');
}

function singulier(mot: string): string {
  return mot.length > 3 ? mot.replace(/[sx]$/, '') : mot;
}

const PAR_MOT = new Map<string, Set<string>>();
for (const groupe of GROUPES) {
  for (const mot of groupe) {
    const voisins = PAR_MOT.get(singulier(mot)) ?? new Set<string>();
    for (const autre of groupe) if (autre !== mot) voisins.add(autre);
    PAR_MOT.set(singulier(mot), voisins);
  }
}
const MARCHANDISES = new Set([...PAR_MOT.keys(), ...AUTRES.split(' ')]);

/** The text with the synonyms of its words behind it; the same text when none has any. */
export function elargir(texte: string): string {
  const dits = motsDe(texte);
  const ajouts = new Set<string>();
  for (const mot of dits) for (const voisin of PAR_MOT.get(singulier(mot)) ?? []) ajouts.add(voisin);
  for (const mot of dits) ajouts.delete(mot);
  return ajouts.size === 0 ? texte : `${texte} ${[...ajouts].join(' ')}`;
}

/** The word names goods: it is nobody's name and nowhere. */
export function estMarchandise(mot: string): boolean {
  return MARCHANDISES.has(singulier(mot));
}
