// Gemini and the built-in engine take turns in one dialogue, whichever begins: the basket is one, and one right order comes of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { appelle, type BoutiqueGemini, ouvrirBoutiqueGemini, repond } from './aide-gemini.ts';

let b: BoutiqueGemini;
let vendeur: Vendeur;
beforeAll(async () => {
  b = await ouvrirBoutiqueGemini();
  vendeur = await b.vendeur();
}, 120_000);
afterAll(() => b?.p.close());

/** A refusal that is not tried again: the built-in engine speaks at once. */
const muet = () => b.panne({ statut: 400, fois: 1 });

test.each([
  { debut: 'gemini', pair: 0 },
  { debut: 'regles', pair: 1 },
])('$debut begins', async ({ pair }) => {
  await b.remettre();
  const aya = b.prospect(vendeur);
  const nike = await b.article(vendeur, 'Nike Air Max 90', '42');
  const tours: [dit: string, gemini: Parameters<BoutiqueGemini['scripter']>][] = [
    [
      'bonjour, la nike air max 90 c combien',
      [
        appelle({ name: 'chercher_produits', args: { texte: 'nike' } }),
        repond('La Nike Air Max 90 est à 45 000 FCFA.'),
      ],
    ],
    [
      'je prends une nike air max 90 en 42',
      [
        appelle({ name: 'mettre_au_panier', args: { ...nike, quantite: 1 } }),
        repond('C’est noté. Quelle adresse ?'),
      ],
    ],
    [
      'livraison à Cocody Angré derrière la pharmacie',
      [
        appelle({ name: 'completer_commande', args: { adresse: 'Cocody Angré derrière la pharmacie' } }),
        repond('Comment payez-vous ?'),
      ],
    ],
    [
      'je paie à la livraison',
      [
        appelle(
          { name: 'completer_commande', args: { methode_paiement: 'paiement_livraison' } },
          { name: 'recapituler' },
        ),
        repond('Voici.'),
      ],
    ],
    [
      'oui je confirme',
      [appelle({ name: 'confirmer_commande' }), repond('Commande {{numero_commande}}, 46 500 FCFA.')],
    ],
  ];
  const recus: string[] = [];
  for (const [i, [dit, gemini]] of tours.entries()) {
    if (i % 2 === pair) await b.scripter(...gemini);
    else await muet();
    recus.push(...(await aya.dit(dit)));
  }
  const commandes = await aya.commandes();
  expect(commandes.map((c) => [Number(c.montant_total), Number(c.frais_livraison)])).toEqual([
    [45_000, 1_500],
  ]);
  expect(recus.at(-1)).toMatch(/CMD-/);
  expect((await aya.modeles()).map((m) => m.startsWith('regles'))).toEqual(
    tours.map((_, i) => i % 2 !== pair),
  );
});
