// The rules engine against what nobody wrote a case for: hostile texts, and purchases told in random pieces.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../../tests/helpers/database.ts';
import { formaterMontant } from '../shared/montant.ts';
import type { Outils } from './modele-ia.ts';
import { creerMoteurRegles } from './moteur-regles.ts';
import { chaussures, dialoguer, outilsSql, ouvrirConversation } from './test-outils.ts';

const moteur = creerMoteurRegles();
let base: TestDatabase;
let outils: Outils;

beforeAll(async () => {
  base = await openDatabase();
  outils = outilsSql(base.sql, await ouvrirConversation(base.sql, chaussures));
});
afterAll(() => base.close());

describe('entrées hostiles', () => {
  const cas: [string, string][] = [
    ['4096 lettres', 'a'.repeat(4096)],
    ['4096 chiffres', '1'.repeat(4096)],
    ['4096 « 0- »', '0-'.repeat(2048)],
    ['mots répétés', 'nike 38 '.repeat(512)],
    ['emojis', '😂'.repeat(2048)],
    ['arabe', 'مرحبا بك '.repeat(400)],
    ['largeur nulle', 'n\u200bi\u200bk\u200be\u200b '.repeat(300)],
    ['nul', 'a\u0000b \ud800 \udfff'],
    ['vide', ''],
    ['espaces', ' '.repeat(4096)],
    ['sql', "'; drop table produits; -- %_\\"],
  ];
  // A pattern that runs away on one of these ends at the test's own limit.
  test.each(cas)('%s', { timeout: 5_000 }, async (_titre, texte) => {
    expect((await dialoguer(moteur, outils).dire(texte)).texte).not.toBe('');
  });
  test('une mémoire abîmée est oubliée', async () => {
    const nouveau = {
      id_message: 1,
      direction: 'entrant' as const,
      genere_par_ia: false,
      type_message: 'texte',
      texte: 'nike 38',
      le: '',
    };
    const contexte = {
      vendeur: { nom_entreprise: null, devise: 'XOF', consignes_ia: null },
      prospect: { nom_complet: null },
      historique: [],
      nouveaux: [nouveau],
      etape: 'accueil' as const,
      memoire: {
        produit: 'x',
        attributs: [1],
        quantite: -4,
        question: { sur: 'produit', choix: 'non' },
        echecs: 'a',
        recherche: 3,
      },
    };
    expect((await moteur.repondre(contexte, outils)).texte).toContain('Nike Air Max 90 en 38');
  });
});

test('produit, pointure et quantité, répartis au hasard, sont tous compris', async () => {
  const produits = [
    {
      nom: 'Nike Air Max 90',
      dit: ['nike', 'air', 'max', '90'],
      prix: 45_000,
      tailles: ['37', '38', '39', '42'],
    },
    { nom: 'Adidas Stan Smith', dit: ['adidas', 'stan', 'smith'], prix: 35_000, tailles: ['39'] },
    { nom: 'Puma Suede Classic', dit: ['puma', 'suede', 'classic'], prix: 30_000, tailles: ['39', '40'] },
  ];
  const faute = fc.record({
    genre: fc.constantFrom('aucune', 'double', 'oubli', 'accent', 'majuscule'),
    rang: fc.nat(30),
  });
  const abimer = (mot: string, { genre, rang }: { genre: string; rang: number }) => {
    const i = 1 + (rang % Math.max(1, mot.length - 2));
    if (/\d/.test(mot)) return mot;
    if (genre === 'double' && mot.length > 4) return mot.slice(0, i) + mot[i] + mot.slice(i);
    if (genre === 'oubli' && mot.length > 4) return mot.slice(0, i) + mot.slice(i + 1);
    if (genre === 'accent') return mot.replace('e', 'é').replace('a', 'à');
    return genre === 'majuscule' ? mot.toUpperCase() : mot;
  };
  const scenario = fc
    .record({
      produit: fc.constantFrom(...produits),
      tirage: fc.nat(100),
      quantite: fc.constantFrom(1, 2),
      tailleDite: fc.constantFrom(
        'N',
        'du N',
        'en N',
        'pointure N',
        'taille N',
        'je fais du N',
        'Je chausse du N svp',
      ),
      quantiteDite: fc.constantFrom('N paires', 'xN', 'quantité N', "j'en veux N", "j'en prends N svp"),
      fautes: fc.array(faute, { minLength: 4, maxLength: 4 }),
      politesse: fc.constantFrom('bonjour', 'slt', 'bjr svp', 'merci'),
      ordre: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
      coupes: fc.subarray([1, 2, 3]),
    })
    .map((s) => {
      const taille = s.produit.tailles[s.tirage % s.produit.tailles.length] ?? '';
      const morceaux = [
        s.produit.dit.map((mot, i) => abimer(mot, s.fautes[i] ?? { genre: 'aucune', rang: 0 })).join(' '),
        s.tailleDite.replace('N', taille),
        s.quantiteDite.replace('N', String(s.quantite)),
        s.politesse,
      ];
      const messages: string[] = [];
      for (const [rang, i] of s.ordre.entries()) {
        const morceau = morceaux[i] ?? '';
        if (rang === 0 || s.coupes.includes(rang)) messages.push(morceau);
        else messages.push(`${messages.pop()}, ${morceau}`);
      }
      return { messages, taille, quantite: s.quantite, produit: s.produit };
    });
  const graine = 20_260_101;
  process.stdout.write(`fast-check seed ${graine}\n`);
  await fc.assert(
    fc.asyncProperty(scenario, async ({ messages, taille, quantite, produit }) => {
      const { texte } = await dialoguer(moteur, outils).dire(...messages);
      const total =
        quantite > 1 ? ` : ${quantite} paires, soit ${formaterMontant(quantite * produit.prix, 'XOF')}` : '';
      expect(texte).toBe(
        `Bonjour Aminata ! J'ai des ${produit.nom} en ${taille} à ${formaterMontant(produit.prix, 'XOF')}${total}. Voulez-vous les voir ?`,
      );
    }),
    { numRuns: 200, seed: graine },
  );
});
