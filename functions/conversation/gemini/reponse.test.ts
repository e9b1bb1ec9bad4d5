// What Gemini says becomes a reply: who says yes to a summary has seen in it exactly what will be ordered.
import { expect, test } from 'vitest';
import { creerFaits, noterPanier, noterProduit } from '../garde-fous/faits.ts';
import type { LignePanier, PanierChiffre, ProduitTrouve } from '../modele-ia.ts';
import { NUMERO_COMMANDE } from '../modele-ia.ts';
import type { Atelier } from './outils.ts';
import { composer } from './reponse.ts';

const nike: ProduitTrouve = {
  id_produit: 1,
  nom_produit: 'Nike Air Max 90',
  categorie_produit: null,
  prix_unitaire: 45_000,
  quantite_stock: 0,
  score: 1,
  mots: [],
  variantes: ['38', '42'].map((pointure, i) => ({
    id_variante: i + 1,
    attributs: { pointure },
    prix_unitaire: 45_000,
    quantite_stock: 3,
  })),
};
const stan: ProduitTrouve = { ...nike, id_produit: 2, nom_produit: 'Adidas Stan Smith', variantes: [] };
const ligne: LignePanier = {
  id_produit: 1,
  id_variante: 1,
  nom_produit: 'Nike Air Max 90',
  attributs: { pointure: '38' },
  libelle: 'Nike Air Max 90 (38)',
  quantite: 1,
  prix_unitaire: 45_000,
  montant: 45_000,
  quantite_stock: 3,
  disponible: true,
  probleme: null,
};
const panier: PanierChiffre = {
  lignes: [ligne],
  nombre_articles: 1,
  montant_total: 45_000,
  mode: 'livraison',
  adresse: 'Cocody Angré, derrière la pharmacie',
  position: null,
  commune: 'Cocody',
  frais_livraison: 5_000,
  date_livraison: null,
  montant_a_payer: 50_000,
  nom: 'Aya',
  telephone: '+2250102030405',
  methode_paiement: 'wave',
  notes: null,
  manque: [],
  empreinte: 'abcdef12',
  recapitule: false,
};

function dire(texte: string, autres: { main?: string; choix?: string[]; nom?: string } = {}) {
  const contexte = {
    vendeur: { nom_entreprise: 'Shop', devise: 'XOF', consignes_ia: null },
    prospect: { nom_complet: 'Aya', telephone: null },
    historique: [],
    nouveaux: [],
    memoire: {},
    panier,
    etape: 'qualification' as const,
  };
  const faits = creerFaits(contexte);
  noterProduit(faits, nike);
  noterProduit(faits, { ...stan, nom_produit: autres.nom ?? stan.nom_produit });
  noterPanier(faits, panier);
  faits.faits.recapitule = !autres.choix;
  const outils = { panier: () => panier } as Atelier['outils'];
  const atelier: Atelier = {
    ...{ contexte, faits, outils, commande: null, interroge: true, appels: 1 },
    main: autres.main ?? null,
  };
  return composer(
    atelier,
    { texte, certitude: 1, choix: autres.choix },
    { regenere: false, malformes: 0 },
    'gemini-x',
  );
}

const BON =
  'Récap : 1 x Nike Air Max 90 (38), 45 000 FCFA. Livraison à Cocody : 5 000 FCFA, paiement Wave. Total : 50 000 FCFA. Ça va ?';

test('a summary of its own words goes out when all of it is there', () => {
  expect(dire(BON).texte).toBe(BON);
});

test.each([
  ['another size', BON.replace('(38)', '(42)')],
  ['two sizes', BON.replace('(38)', '(38 ou 42)')],
  ['no size', BON.replace(' (38)', '')],
  ['another number', BON.replace('1 x', '2 x')],
  ['one article more', BON.replace('FCFA. Livraison', 'FCFA et Adidas Stan Smith. Livraison')],
  ['no place', BON.replace(' à Cocody', '')],
  ['another payment', BON.replace('Wave', 'Orange Money')],
  ['no payment', BON.replace(', paiement Wave', '')],
  ['a fee that only the digits of the total name', BON.replace(' : 5 000 FCFA', '')],
])('else the product’s own words do: %s', (_, texte) => {
  const dit = dire(texte).texte;
  expect(dit).toContain('• 1 x Nike Air Max 90 (38) : 45 000 FCFA');
  expect(dit).toContain('Livraison : Cocody Angré, derrière la pharmacie (5 000 FCFA)');
  expect(dit).toContain('Paiement : Wave');
  expect(dit).not.toContain(texte);
  expect(dit).not.toContain(NUMERO_COMMANDE);
});

test('nothing is cut through the middle of a character: the database would not take it', () => {
  const main = dire('Un collègue va vous répondre.', { main: `${'a'.repeat(799)}😀 fâché` });
  expect(main.passerLaMain?.isWellFormed()).toBe(true);
  const choix = dire('Lequel ?', { choix: ['produit:2'], nom: `${'a'.repeat(18)}🌸 fleurie` });
  expect(choix.boutons?.map((c) => [c.titre.isWellFormed(), c.titre.length <= 20])).toEqual([[true, true]]);
});
