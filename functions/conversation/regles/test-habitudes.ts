// How people write in Abidjan: abbreviations, words run together, messages in pieces; played by moteur-regles.test.ts.
import type { NomCatalogue, Tour } from './test-dialogues.ts';

const deuxNikes = /Nike Air Max 90 en 38 à 45 000 FCFA : 2 paires, soit 90 000 FCFA/;
const incompris = /pas bien compris/;

export const habitudes: [catalogue: NomCatalogue, ...tours: Tour[]][] = [
  ['chaussures', ['nike en 38 x 2', deuxNikes]],
  ['chaussures', ['nike/38/2', deuxNikes]],
  ['chaussures', [['je veu', 'nik', '2 pair', 'du 38 svp', 'c cmb'], deuxNikes]],
  ['chaussures', ['deux nike38', deuxNikes]],
  ['chaussures', ['deux nike trente-huit', deuxNikes]],
  ['chaussures', ['nike quarante deux', /en 42 à 45 000 FCFA\. /]],
  ['chaussures', ['nike 38 et demi', /pas de Nike Air Max 90 en 38,5 en stock/]],
  [
    'chaussures',
    [
      '2 nike 42 et 1 nike 38',
      /• 2 × Nike Air Max 90 \(42\) à 45 000 FCFA : 90 000 FCFA\n• Nike Air Max 90 \(38\) : 45 000 FCFA\nOù/,
    ],
  ],
  ['chaussures', ['nike 37, 38 et 42', /commençons-nous : 37, 38 ou 42 \?$/], ['38', /en 38 à 45 000/]],
  ['chaussures', ['nike 38 non plutôt 42', /en 42 à 45 000 FCFA\. /]],
  ['chaussures', ['pas nike mais puma 40', /Puma Suede Classic en 40 à/]],
  [
    'chaussures',
    ['je ne veux pas de nike, je veux puma 40', /noté : Puma Suede Classic \(40\), 30 000 FCFA\. Où/],
  ],
  ['chaussures', ['air max 95', /Je n'ai pas exactement ce modèle\. Nous avons :\n• Nike Air Max 90 : /]],
  ['chaussures', ['nike', /pointure/], ['quelle pointure ?', /en stock : 37, 38, 39 et 42\. /]],
  ['chaussures', ['nike', /pointure/], ['ok', /^Très bien, Nike Air Max 90\. Quelle pointure/]],
  [
    'chaussures',
    ['nike 38', /voir/],
    ['vous pouvez laisser à 10 mille ?', /^Nos prix sont fixes.* en 38 à 45 000 FCFA/],
  ],
  ['chaussures', ['nike 38', /voir/], ['réservez pour moi', /^C'est noté : Nike Air Max 90 \(38\)/]],
  ['chaussures', ['nike 38', /voir/], ['oui', /^C'est noté : Nike Air Max 90 \(38\)/]],
  [
    'chaussures',
    ['nike 38', /voir/],
    ['je peux venir voir ?', /en ligne et nous livrons.* Voulez-vous commander/],
  ],
  ['chaussures', ['nike 38', /voir/], [[{ type: 'image' }], /images/], ['oui', /^C'est noté : Nike/]],
  ['chaussures', [[{ type: 'image' }, 'c’est combien ?'], /pas encore regarder les images/]],
  ['chaussures', ['ça va ?', /Que cherchez-vous \?$/], ['grmbl', incompris]],
  ['chaussures', ['y a quelqu’un ?', /ravi de vous aider\. Que cherchez-vous/]],
  [
    'chaussures',
    ['grmbl', incompris],
    ['nike', /pointure/],
    ['grmbl', incompris],
    ['allo', /^Pour Nike Air Max 90 : Quelle pointure/],
  ],
  ['nikes', ['nike 42', /Air Force/], ['la moins chère', /Nike Air Force 1 en 42 à 40 000 FCFA/]],
  ['nikes', ['vous avez quoi ?', /Nike/], ['je prends les deux', /Par quel article commençons-nous/]],
  ['nikes', ['nike 38 ou 39', /Par quelle pointure commençons-nous : 38 ou 39 \?$/]],
  ['mobiles', ['iphone 13 pro', /Quel article/], ['256', /256 Go est disponible à 1 250 000 FCFA\. /]],
  ['mobiles', ['iphone', /Quel article/], ['le 12', /iPhone 12 64 Go est disponible à 250 000/]],
  ['mobiles', ['iphone 13 pro', /Quel article/], ['2', /256 Go est disponible à 1 250 000 FCFA\. /]],
  ['mobiles', ['iphone 14', /pas exactement ce modèle/], ['le premier', /est disponible à 250 000 FCFA\. /]],
  ['seule', ['toujours dispo ?', /12 500 FCFA\nCet article vous intéresse-t-il \?$/], ['oui', /en 38 à/]],
  ['seule', ['vous avez des sacs ?', /ne trouve pas/], ['non', /proposer d'autre \?$/]],
  ['seule', ['vous avez quoi ?', /Cet article/], ['grmbl', incompris]],
  [
    'seule',
    ['nike 40', /Pointure en stock : 38\. Cela vous convient-il \?$/],
    ['oui', /en 38 à 12 500 FCFA/],
  ],
  ['boutique', ['robe m noire', /Robe Wax en M et en noir est disponible/]],
  ['boutique', ['robe s', /Robe Wax en S et en rouge est disponible/]],
  ['chaussures', ['il reste combien de nike 38 ?', /en 38 : il reste 5 paires, à 45 000 FCFA\. /]],
  ['boutique', ['robe rose', /pas de Robe Wax en rose en stock\. Couleurs en stock : rouge et noir\./]],
  ['boutique', ['robe bleue', /pas de Robe Wax en bleu en stock/]],
  ['boutique', ['iphone 13 pro c original ?', /iPhone 13 Pro est disponible/], ['c original ?', /collègue/]],
];
