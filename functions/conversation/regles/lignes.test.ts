// Several articles in one breath, over a small made-up shop whose search works as the real one does, word by word.
import { expect, test } from 'vitest';
import type { ProduitTrouve } from '../modele-ia.ts';
import { VIDES } from './candidats.ts';
import { lireLignes } from './lignes.ts';
import { normaliser, uneFaute } from './mots.ts';
import { elargir } from './synonymes.ts';

let suivant = 0;
const produit = (nom: string, categorie: string, ...attributs: Record<string, string>[]): ProduitTrouve => {
  suivant += 1;
  return {
    id_produit: suivant,
    nom_produit: nom,
    categorie_produit: categorie,
    prix_unitaire: 10_000,
    quantite_stock: 5,
    score: 1,
    mots: [],
    variantes: attributs.map((a, rang) => ({
      id_variante: suivant * 100 + rang,
      attributs: a,
      prix_unitaire: 10_000,
      quantite_stock: 5,
    })),
  };
};
const tailles = (cle: string, ...valeurs: string[]) => valeurs.map((v) => ({ [cle]: v }));

const nike = produit('Nike Air Max 90', 'Chaussures', ...tailles('pointure', '37', '38', '39', '40', '42'));
const puma = produit('Puma Suede', 'Chaussures', ...tailles('pointure', '38', '39', '40', '41'));
const robe = produit(
  'Robe Wax',
  'Vêtements',
  { taille: 'M', couleur: 'rouge' },
  { taille: 'M', couleur: 'noir' },
  { taille: 'L', couleur: 'rouge' },
);
const savon = produit('Savon noir', 'Beauté');
const sac = produit('Sac en cuir', 'Accessoires');
const foulard = produit('Foulard', 'Mode', ...tailles('couleur', 'noir et blanc', 'bleu', 'vert'));
const ensemble = produit('Ensemble haut et jupe', 'Vêtements', ...tailles('taille', 'S', 'M'));
const telephone = produit('Samsung A15', 'Téléphones', ...tailles('capacite', '64 Go', '128 Go'));
const catalogue = [nike, puma, robe, savon, sac, foulard, ensemble, telephone];

const court = (mot: string) => mot.replace(/[sx]$/, '');
const pareil = (a: string, b: string) => court(a) === court(b) || uneFaute(a, b);

async function chercherProduits(texte: string): Promise<ProduitTrouve[]> {
  const dits = normaliser(texte)
    .split(' ')
    .filter((mot) => mot.length > 1 && !VIDES.has(mot));
  const paroles = dits.filter((mot) => !/^\d+$/.test(mot));
  return catalogue
    .map((p) => {
      const noms = normaliser(p.nom_produit).split(' ');
      const nommants = paroles.filter((mot) => noms.some((nom) => nom.length > 2 && pareil(mot, nom)));
      const numeros =
        nommants.length > 0 ? dits.filter((mot) => /^\d+$/.test(mot) && noms.includes(mot)) : [];
      const parCategorie = paroles.filter((mot) => pareil(mot, normaliser(p.categorie_produit ?? '')));
      const mots = [...nommants, ...numeros, ...parCategorie];
      const score = nommants.length > 0 ? 0.4 + 0.1 * nommants.length : parCategorie.length > 0 ? 0.3 : 0;
      return { ...p, score, mots };
    })
    .filter((p) => p.score > 0)
    .sort((a, b) => b.score - a.score);
}

/** "+2 Nike Air Max 90 (38)", "-Puma Suede", "~3 <2", "?" for what is only asked, "∅ sac gucci" for what is not found. */
async function lire(dit: string | string[], connus: ProduitTrouve[]): Promise<string[]> {
  const lignes = await lireLignes([dit].flat(), { chercherProduits }, connus);
  const article = (a: {
    produits: ProduitTrouve[];
    attributs: Record<string, string>;
    quantite: number | null;
    inconnus?: Record<string, string>;
  }) =>
    [
      a.quantite ?? '',
      a.produits.map((p) => p.nom_produit.split(' ')[0]).join('|'),
      Object.values(a.attributs).join(' '),
      Object.values(a.inconnus ?? {})
        .map((v) => `!${v}`)
        .join(' '),
    ]
      .filter((x) => x !== '')
      .join(' ');
  return lignes.map((l) => {
    const signe = { ajouter: '+', retirer: '-', remplacer: '~' }[l.action];
    const rien = l.introuvable === null ? '' : `∅${l.introuvable}`;
    const auLieu = l.auLieuDe === null ? '' : ` < ${article(l.auLieuDe)}`;
    return `${signe}${article(l)}${rien}${auLieu}${l.enPlus ? ' en plus' : ''}${l.interroge ? '?' : ''}`;
  });
}

test.each<[dit: string | string[], connus: ProduitTrouve[], lignes: string[]]>([
  // several articles
  ['je prends 2 nike 38 et une puma en 40', [], ['+2 Nike 38', '+1 Puma 40']],
  ['donnez moi 1 robe wax rouge M, 3 savons et le sac', [], ['+1 Robe rouge M', '+3 Savon', '+Sac']],
  ['nike en 38 et en 40 une de chaque', [], ['+1 Nike 38', '+1 Nike 40']],
  ['2 paires, une en 38 et une en 42', [nike], ['+1 38', '+1 42']],
  ['2 paires de nike, une en 38 et une en 42', [], ['+1 Nike 38', '+1 Nike 42']],
  ['2 paires de nike 38 et 42', [], ['+1 Nike 38', '+1 Nike 42']],
  ['1 nike 38 1 puma 40', [], ['+1 Nike 38', '+1 Puma 40']],
  ['deux sacs et trois savons', [], ['+2 Sac', '+3 Savon']],
  [['je veux le sac', 'et 2 savons', 'et la robe wax noire M'], [], ['+Sac', '+2 Savon', '+Robe noir M']],
  ['1 sac,2 savons', [], ['+1 Sac', '+2 Savon']],
  ['le sac + 1 savon', [], ['+Sac', '+1 Savon']],
  ['un sac avec deux savons', [], ['+1 Sac', '+2 Savon']],
  ['nike 38\npuma 40\nrobe wax L rouge', [], ['+Nike 38', '+Puma 40', '+Robe L rouge']],
  ['je prends la nike, en 38, 2 paires', [], ['+2 Nike 38']],
  ['la robe rouge taille M', [], ['+Robe rouge M']],
  [['2 paires', 'du 38', 'les nikes'], [], ['+2 Nike 38']],
  ['la nike et la puma, les deux en 40', [], ['+Nike 40', '+Puma 40']],
  ['nike et puma en 39', [], ['+Nike', '+Puma 39']],
  ['une robe en M rouge et une en L', [], ['+1 Robe M rouge', '+1 Robe L']],
  ['3 savons noirs', [], ['+3 Savon']],
  ['niek 38 et savvon', [], ['+Nike 38', '+Savon']],
  ['air max 90 en 42', [], ['+Nike 42']],
  ['je veux un foulard noir et blanc', [], ['+1 Foulard noir et blanc']],
  ['foulard bleu et vert', [], ['+Foulard bleu', '+Foulard vert']],
  ['un ensemble haut et jupe M et un sac', [], ['+1 Ensemble M', '+1 Sac']],
  ['samsung a15 128 go', [], ['+Samsung 128 Go']],
  // what was shown before
  ['les deux', [nike, puma], ['+Nike', '+Puma']],
  ['je prends les deux en 40', [nike, puma], ['+Nike 40', '+Puma 40']],
  ['un de chaque', [savon, sac], ['+1 Savon', '+1 Sac']],
  ['2 de chaque', [savon, sac], ['+2 Savon', '+2 Sac']],
  ['les trois', [savon, sac, robe], ['+Savon', '+Sac', '+Robe']],
  ['les trois', [savon, sac], []],
  ['le premier et le troisième', [savon, sac, robe], ['+Savon', '+Robe']],
  ['je prends le dernier', [savon, sac, robe], ['+Robe']],
  ['2', [savon], ['+2']],
  ['en 38', [nike], ['+38']],
  ['38 et 40', [nike], ['+38', '+40']],
  ['en 45', [nike], ['+!45']],
  // changes
  ['ajoute aussi un sac', [nike], ['+1 Sac en plus']],
  ['enlève la puma', [nike, puma], ['-Puma']],
  ['enleve une nike', [nike], ['-1 Nike']],
  ['enlevez le 38', [nike], ['-38']],
  ['je ne veux plus le sac', [sac, nike], ['-Sac']],
  ['enlève ça', [sac], ['-']],
  ['enlève la puma et ajoute un sac', [nike, puma], ['-Puma', '+1 Sac en plus']],
  ['finalement 3 au lieu de 2', [savon], ['~3 < 2']],
  ['remplace la 38 par la 40', [nike], ['~40 < 38']],
  ['remplacez la nike par la puma 39', [nike], ['~Puma 39 < Nike']],
  ['je prends la puma 40 à la place de la nike', [nike], ['~Puma 40 < Nike']],
  ['au lieu de la 38 mettez la 40', [nike], ['~40 < 38']],
  ['finalement en 42', [nike], ['~42']],
  ['non plutôt la puma', [nike], ['~Puma']],
  ['pas la nike mais la puma', [nike], ['~Puma < Nike']],
  ['change en 40', [nike], ['~40']],
  ['la nike en 38, non 39', [], ['+Nike 39']],
  [['je prends 2 nike 38', 'non 3'], [], ['+3 Nike 38']],
  [['je prends la nike', 'euh non la puma en 40'], [], ['+Puma 40']],
  ['pas en 38, en 40', [nike], ['~40 < 38']],
  ["c'est pas 38 c'est 40", [nike], ['~40 < 38']],
  ['change la pointure, mets 40', [nike], ['~40']],
  ['changez nike en puma', [nike], ['~Puma < Nike']],
  ['prenez 2 au lieu de 3 pour les savons', [nike, savon], ['~2 Savon < 3 Savon']],
  ['retire le savon et mets 2 sacs', [savon], ['-Savon', '+2 Sac']],
  ['mets 3', [savon], ['+3']],
  ['encore 2', [savon], ['+2 en plus']],
  ['ajoute une autre en 40', [nike], ['+1 40 en plus']],
  ['enlève tout', [nike, puma], ['-Nike', '-Puma']],
  ['plutôt 2', [savon], ['~2']],
  ['finalement la noire', [nike], []],
  // lists, sizes in a row, one or the other
  ['1) nike 38\n2) puma 40', [], ['+Nike 38', '+Puma 40']],
  ['- nike 38\n- puma 40\n- 2 savons', [], ['+Nike 38', '+Puma 40', '+2 Savon']],
  ['nike 38 (2 paires) et puma 40 (1 paire)', [], ['+2 Nike 38', '+1 Puma 40']],
  ['nike 38 39 40', [], ['+Nike 38', '+Nike 39', '+Nike 40']],
  ['trois nike : deux en 38 et une en 40', [], ['+2 Nike 38', '+1 Nike 40']],
  ['nike 38 ou 40', [], ['+Nike']],
  ['je veux la nike ou la puma', [], ['+Nike|Puma']],
  ['nike ou puma en 42', [], ['+Nike 42']],
  ['le premier en 38 et le deuxième en 40', [nike, puma], ['+Nike 38', '+Puma 40']],
  ['les 2 premiers', [savon, sac, robe], ['+Savon', '+Sac']],
  ['je veux tout', [savon, sac], ['+Savon', '+Sac']],
  ['c’est tout', [savon, sac], []],
  ['une robe wax noire M pour ma soeur et une rouge L pour moi', [], ['+1 Robe noir M', '+1 Robe rouge L']],
  ['combien 2 savons et 1 sac', [], ['+2 Savon?', '+1 Sac?']],
  // questions, and what names nothing
  ['c combien la puma ?', [], ['+Puma?']],
  ['je prends le sac. la robe wax c combien ?', [], ['+Sac', '+Robe?']],
  ['bonjour', [], []],
  ['vous livrez à yop ?', [], []],
  ['oui', [nike], []],
  ['annule la commande', [nike], []],
  ['je prends', [nike], []],
  ['merci beaucoup', [nike], []],
  ['c’est pour ma soeur', [nike], []],
  ['un sac et une montre casio', [], ['+1 Sac', '+1∅montre casio']],
  ['un sac nike', [], ['+1 Sac|Nike']],
  ['0708091011', [nike], []],
  // one thing called by many
  ['une savonnette et 2 baskets', [], ['+1∅savonnette', '+2 Nike|Puma']],
  ['un portable', [], ['+1 Samsung']],
])('%j', async (dit, connus, lignes) => {
  expect(await lire(dit, connus)).toEqual(lignes);
});

test('une marchandise s’élargit, une phrase sans marchandise ne change pas', () => {
  expect(elargir('baskets rouges').split(' ')).toEqual(
    expect.arrayContaining(['baskets', 'chaussure', 'sneaker']),
  );
  expect(elargir('tel')).toContain('telephone');
  expect(elargir('une mèche').split(' ')).toEqual(expect.arrayContaining(['perruque', 'tissage']));
  expect(elargir('tee-shirt').split(' ')).toEqual(expect.arrayContaining(['haut', 'tricot']));
  expect(elargir('bonjour monsieur')).toBe('bonjour monsieur');
  expect(elargir('')).toBe('');
});

test('une très longue liste reste bornée en recherches', async () => {
  let recherches = 0;
  const compter = async (texte: string) => {
    recherches += 1;
    return chercherProduits(texte);
  };
  await lireLignes(
    Array.from({ length: 60 }, () => 'un sac, 2 savons et une robe'),
    { chercherProduits: compter },
    [],
  );
  expect(recherches).toBeLessThanOrEqual(48);
});
