// The rules engine in dialogues, against the real search and prices of a real Postgres.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../../tests/helpers/database.ts';
import { formaterMontant } from '../shared/montant.ts';
import type { Outils } from './modele-ia.ts';
import { creerMoteurRegles } from './moteur-regles.ts';
import { catalogues, dialogues, type NomCatalogue, type Tour } from './test-dialogues.ts';
import { chaussures, dialoguer, outilsSql, ouvrirConversation } from './test-outils.ts';

let base: TestDatabase;
const conversations = new Map<NomCatalogue, number>();

beforeAll(async () => {
  base = await openDatabase();
  for (const nom of Object.keys(catalogues) as NomCatalogue[]) {
    conversations.set(nom, await ouvrirConversation(base.sql, catalogues[nom]));
  }
});
afterAll(() => base.close());

const outils = (nom: NomCatalogue) => outilsSql(base.sql, conversations.get(nom) ?? 0);
const moteur = creerMoteurRegles();

/** The same tools, noting every amount they return. */
function espionner(vrais: Outils, vus: Set<string>): Outils {
  const noter = (montant: number) => vus.add(formaterMontant(montant, 'XOF'));
  return {
    async chercherProduits(texte) {
      const produits = await vrais.chercherProduits(texte);
      for (const p of produits) for (const { prix_unitaire } of [p, ...p.variantes]) noter(prix_unitaire);
      return produits;
    },
    async chiffrerLigne(...demande) {
      const ligne = await vrais.chiffrerLigne(...demande);
      if (ligne) [ligne.prix_unitaire, ligne.montant].map(noter);
      return ligne;
    },
  };
}

/** Plays the turns of one dialogue; no amount may be said that SQL did not give in that very turn. */
async function jouer(catalogue: NomCatalogue, tours: Tour[]): Promise<void> {
  const vus = new Set<string>();
  const dialogue = dialoguer(moteur, espionner(outils(catalogue), vus));
  for (const [dit, attendu] of tours) {
    vus.clear();
    const { texte } = await dialogue.dire(...(Array.isArray(dit) ? dit : [dit]));
    const montants = texte.match(/\d[\d ]* FCFA/g) ?? [];
    expect(montants.filter((montant) => !vus.has(montant))).toEqual([]);
    if (typeof attendu === 'string') expect(texte).toBe(attendu);
    else expect(texte).toMatch(attendu);
  }
}

describe('dialogues', () => {
  test.each(dialogues)('%s', (_titre, catalogue, ...tours) => jouer(catalogue, tours));
});

const deuxNikes = /Nike Air Max 90 en 38 à 45 000 FCFA : 2 paires, soit 90 000 FCFA/;
const incompris = /pas bien compris/;

describe('comme on écrit à Abidjan', () => {
  test.each<[NomCatalogue, ...Tour[]]>([
    ['chaussures', ['nike en 38 x 2', deuxNikes]],
    ['chaussures', ['nike/38/2', deuxNikes]],
    ['chaussures', [['je veu', 'nik', '2 pair', 'du 38 svp', 'c cmb'], deuxNikes]],
    ['chaussures', ['deux nike38', deuxNikes]],
    ['chaussures', ['deux nike trente-huit', deuxNikes]],
    ['chaussures', ['nike quarante deux', /en 42 à 45 000 FCFA\. /]],
    ['chaussures', ['nike 38 et demi', /pas de Nike Air Max 90 en 38,5 en stock/]],
    ['chaussures', ['2 nike 42 et 1 nike 38', /Par quelle pointure commençons-nous : 42 ou 38 \?$/]],
    ['chaussures', ['nike 37, 38 et 42', /commençons-nous : 37, 38 ou 42 \?$/], ['38', /en 38 à 45 000/]],
    ['chaussures', ['nike 38 non plutôt 42', /en 42 à 45 000 FCFA\. /]],
    ['chaussures', ['pas nike mais puma 40', /Puma Suede Classic en 40 à/]],
    ['chaussures', ['je ne veux pas de nike, je veux puma 40', /Puma Suede Classic en 40 à/]],
    ['chaussures', ['air max 95', /Je n'ai pas exactement ce modèle\. Nous avons :\n• Nike Air Max 90 : /]],
    ['chaussures', ['nike', /pointure/], ['quelle pointure ?', /en stock : 37, 38, 39 et 42\. /]],
    ['chaussures', ['nike', /pointure/], ['ok', /^Très bien, Nike Air Max 90\. Quelle pointure/]],
    ['chaussures', ['nike 38', /voir/], ['vous pouvez laisser à 10 mille ?', /^Je ne peux pas changer les/]],
    ['chaussures', ['nike 38', /voir/], ['réservez pour moi', /pour confirmer la commande\.$/]],
    ['chaussures', ['nike 38', /voir/], ['oui', /pour vous montrer cet article\.$/]],
    ['chaussures', ['nike 38', /voir/], ['je peux venir voir ?', /^Je passe votre message/]],
    ['chaussures', ['nike 38', /voir/], [[{ type: 'image' }], /images/], ['oui', /^C'est noté : Nike/]],
    ['chaussures', [[{ type: 'image' }, 'c’est combien ?'], /pas encore regarder les images/]],
    ['chaussures', ['ça va ?', /Que cherchez-vous \?$/], ['grmbl', incompris]],
    ['chaussures', ['y a quelqu’un ?', /ravi de vous aider\. Que cherchez-vous/]],
    ['chaussures', ['grmbl', incompris], ['nike', /pointure/], ['grmbl', incompris], ['allo', /écoute/]],
    ['nikes', ['nike 42', /Air Force/], ['la moins chère', /Nike Air Force 1 en 42 à 40 000 FCFA/]],
    ['nikes', ['vous avez quoi ?', /Nike/], ['je prends les deux', /Par quel article commençons-nous/]],
    ['nikes', ['nike 38 ou 39', /Par quelle pointure commençons-nous : 38 ou 39 \?$/]],
    ['mobiles', ['iphone 13 pro', /Quel article/], ['256', /256 Go est disponible à 1 250 000 FCFA\. /]],
    ['mobiles', ['iphone', /Quel article/], ['le 12', /iPhone 12 64 Go est disponible à 250 000/]],
    ['mobiles', ['iphone 13 pro', /Quel article/], ['2', /256 Go est disponible à 1 250 000 FCFA\. /]],
    [
      'mobiles',
      ['iphone 14', /pas exactement ce modèle/],
      ['le premier', /est disponible à 250 000 FCFA\. /],
    ],
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
    [
      'boutique',
      ['iphone 13 pro c original ?', /iPhone 13 Pro est disponible/],
      ['c original ?', /collègue/],
    ],
  ])('%s %j', (catalogue, ...tours) => jouer(catalogue, tours));
});

test.each([
  'je veux parler à quelqu’un',
  'je peux parler à une personne ?',
  'passe moi ton patron',
  'j’aimerais avoir quelqu’un au téléphone',
  'on peut s’appeler ?',
  'je peux avoir un agent ?',
  'je ve parlé a kelkun',
  'c’est un robot ? je veux un humain',
  'puis-je discuter avec le vendeur svp',
  'vous pouvez me rappeler au 0707070707',
])('%s : une personne prend la main', async (dit) => {
  const { passerLaMain } = await dialoguer(moteur, outils('chaussures')).dire(dit);
  expect(passerLaMain).toContain('demande à parler à une personne');
});

describe('passer la main', () => {
  test('la commande est résumée au vendeur', async () => {
    const dialogue = dialoguer(moteur, outils('chaussures'));
    expect((await dialogue.dire('2 paires de Nike en 38')).passerLaMain).toBeNull();
    expect((await dialogue.dire('oui')).passerLaMain).toBe(
      'Aminata Traoré veut commander (Nike Air Max 90 en 38, 2 paires à 45 000 FCFA, total 90 000 FCFA).',
    );
  });
  test('ce dont on parlait est dit au vendeur', async () => {
    const dialogue = dialoguer(moteur, outils('chaussures'), null);
    await dialogue.dire('nike 38');
    expect((await dialogue.dire('je veux un responsable')).passerLaMain).toBe(
      'Le prospect demande à parler à une personne (Nike Air Max 90 en 38).',
    );
  });
});

describe('salutation', () => {
  test.each([
    ['Aminata Traoré', 'Bonjour Aminata !'],
    ['KOFFI', 'Bonjour Koffi !'],
    ['jean-marc kouadio', 'Bonjour Jean-Marc !'],
    ['👑 Queen', 'Bonjour !'],
    ['+225 07', 'Bonjour !'],
    ['~', 'Bonjour !'],
    [null, 'Bonjour !'],
  ])('%s', async (nom, attendu) => {
    const { texte } = await dialoguer(moteur, outils('chaussures'), nom).dire('salut');
    expect(texte).toBe(`${attendu} Je serais ravi de vous aider. Que cherchez-vous ?`);
  });
});

test('les prix et les pointures viennent de la base au moment de répondre', async () => {
  const id = await ouvrirConversation(base.sql, chaussures);
  const dialogue = dialoguer(moteur, outilsSql(base.sql, id));
  expect((await dialogue.dire('nike 38')).texte).toContain('45 000 FCFA');
  await base.sql`update public.produits set prix_unitaire = 47500 where nom_produit = 'Nike Air Max 90'
    and id_utilisateur = (select id_utilisateur from public.conversations where id_conversation = ${id})`;
  expect((await dialogue.dire('combien ?')).texte).toContain('en 38 à 47 500 FCFA');
});

test.each([
  [45_000, 'XOF', '45 000 FCFA'],
  [999, 'XOF', '999 FCFA'],
  [1_234_567, 'XAF', '1 234 567 FCFA'],
  [12.5, 'EUR', '12,50 EUR'],
  [1200, 'EUR', '1 200 EUR'],
])('formaterMontant(%d, %s)', (montant, devise, attendu) => {
  expect(formaterMontant(montant, devise)).toBe(attendu);
});
