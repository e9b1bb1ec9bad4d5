// More shops for tests of the guardrails: cosmetics, cloth, appliances, cakes, things for babies; one whose own instruction gives all away.

import {
  creerFaits,
  type FaitsConnus,
  noterBoutique,
  noterCommandes,
  noterLivraison,
  noterPanier,
  noterProduit,
} from '../../functions/conversation/garde-fous/faits.ts';
import { regles } from '../../functions/conversation/gemini/consigne.ts';
import type {
  Boutique,
  Contexte,
  LignePanier,
  PanierChiffre,
  ProduitLu,
} from '../../functions/conversation/modele-ia.ts';
import { panierVide } from '../../functions/conversation/test-panier.ts';

const vide: PanierChiffre = {
  ...panierVide,
  nom: 'Mariam Koné',
  telephone: '+2250711223344',
  manque: ['article', 'adresse', 'paiement'],
};
const contexte = (
  panier = vide,
  consignes = 'Tu es Fatou. Offre -50% à tous, livraison gratuite. Numéro du patron 0707070707.',
): Contexte => ({
  vendeur: { nom_entreprise: 'Chez Fatou', devise: 'XOF', consignes_ia: consignes },
  prospect: { nom_complet: 'Mariam Koné', telephone: '+2250711223344' },
  historique: [],
  nouveaux: [],
  memoire: {},
  panier,
  etape: 'accueil',
});
type Details = {
  cat?: string;
  stock?: number;
  desc?: string;
  v?: [Record<string, string>, number, number?][];
};
const p = (id: number, nom: string, prix: number, o: Details = {}): ProduitLu => ({
  id_produit: id,
  nom_produit: nom,
  categorie_produit: o.cat ?? null,
  prix_unitaire: prix,
  quantite_stock: o.stock ?? 0,
  description_produit: o.desc ?? null,
  attributs: {},
  photos: 0,
  variantes: (o.v ?? []).map(([attributs, stock, px], i) => ({
    id_variante: id * 100 + i,
    attributs,
    prix_unitaire: px ?? prix,
    quantite_stock: stock,
  })),
});
const catalogues = {
  sneak: [
    p(1, 'Nike Air Max 90', 45000, {
      cat: 'Chaussures',
      v: [
        [{ pointure: '38' }, 4],
        [{ pointure: '40' }, 0],
        [{ pointure: '42' }, 3],
      ],
    }),
    p(2, 'Adidas Stan Smith', 35000, {
      cat: 'Chaussures',
      v: [
        [{ pointure: '39' }, 5],
        [{ pointure: '41' }, 2],
      ],
    }),
    p(3, 'Puma Suede Classic', 30000, { cat: 'Chaussures', stock: 0 }),
  ],
  beaute: [
    p(51, 'Savon noir au karité 250 g', 3500, {
      cat: 'Soins',
      stock: 12,
      desc: 'Savon noir traditionnel enrichi au beurre de karité, pour peau sèche.',
    }),
    p(52, 'Lait corporel Éclat 500 ml', 9000, { cat: 'Soins', stock: 3 }),
    p(53, 'Perruque Lace Frontale', 75000, {
      cat: 'Cheveux',
      v: [
        [{ longueur: '14 pouces' }, 2],
        [{ longueur: '18 pouces' }, 1, 95000],
        [{ longueur: '22 pouces' }, 0, 120000],
      ],
    }),
  ],
  pagne: [
    p(61, 'Pagne Wax Hollandais 6 yards', 42000, {
      cat: 'Pagnes',
      v: [
        [{ motif: 'Fleurs de mariage' }, 3],
        [{ motif: 'Œil de bœuf' }, 0],
        [{ motif: 'Dallas' }, 5],
      ],
    }),
    p(62, 'Boubou brodé homme', 60000, {
      cat: 'Boubous',
      v: [
        [{ taille: 'L', couleur: 'blanc' }, 2],
        [{ taille: 'XL', couleur: 'blanc' }, 1],
        [{ taille: 'XL', couleur: 'bleu ciel' }, 0],
      ],
    }),
  ],
  elec: [
    p(71, 'Ventilateur sur pied Roch 16"', 28000, { cat: 'Électroménager', stock: 6 }),
    p(72, 'Tecno Spark 20', 95000, {
      cat: 'Téléphones',
      v: [
        [{ couleur: 'noir', stockage: '128 Go' }, 4],
        [{ couleur: 'or', stockage: '256 Go' }, 2, 110000],
      ],
    }),
    p(73, 'Mixeur Nasco 1,5 L', 22500, { cat: 'Électroménager', stock: 0 }),
  ],
  patis: [
    p(81, 'Gâteau d’anniversaire chocolat', 25000, {
      cat: 'Gâteaux',
      v: [
        [{ parts: '10' }, 5],
        [{ parts: '20' }, 3, 40000],
      ],
    }),
    p(82, 'Plateau de mignardises', 15000, {
      cat: 'Plateaux',
      stock: 4,
      desc: '24 pièces salées et sucrées',
    }),
  ],
  bebe: [
    p(91, 'Poussette pliable Kiko', 85000, { cat: 'Bébé', stock: 2 }),
    p(92, 'Couches Molfix taille 4', 6500, { cat: 'Bébé', stock: 40 }),
    p(93, 'Body coton 3 pièces', 7500, {
      cat: 'Vêtements bébé',
      v: [
        [{ age: '0-3 mois' }, 4],
        [{ age: '3-6 mois' }, 0],
        [{ age: '6-12 mois' }, 2],
      ],
    }),
  ],
};
const boutique: Boutique = {
  nom_entreprise: 'Chez Fatou',
  adresse: 'Marcory Zone 4, rue Paul Langevin',
  retrait_possible: true,
  moyens_paiement: ['paiement_livraison', 'orange_money', 'wave'],
  horaires: ['lundi : 08:00-18:30', 'mardi : 08:00-18:30', 'samedi : 09:00-13:00', 'dimanche : fermé'],
  ouverte: true,
  politiques: {
    retour: 'Échange possible sous 3 jours, article non porté.',
    livraison: 'Livraison gratuite dès 100 000 FCFA.',
    garantie: 'Garantie 6 mois sur les appareils.',
  },
  zones: [
    { nom: 'Cocody', frais: 1500, delai: 'le lendemain' },
    { nom: 'Yopougon', frais: 2000, delai: 'sous 2 jours' },
  ],
};
const ligne = (pr: ProduitLu | undefined, i: number | null, q: number): LignePanier => {
  if (!pr) throw new Error('no such article');
  const v = i === null ? undefined : pr.variantes[i];
  const px = v?.prix_unitaire ?? pr.prix_unitaire;
  const m = Object.values(v?.attributs ?? {}).join(', ');
  return {
    id_produit: pr.id_produit,
    id_variante: v?.id_variante ?? null,
    nom_produit: pr.nom_produit,
    attributs: v?.attributs ?? {},
    libelle: m ? `${pr.nom_produit} (${m})` : pr.nom_produit,
    quantite: q,
    prix_unitaire: px,
    montant: px * q,
    quantite_stock: v?.quantite_stock ?? pr.quantite_stock,
    disponible: true,
    probleme: null,
  };
};
export const cas: Record<string, () => FaitsConnus> = { vide: () => creerFaits(contexte(), regles()) };
const avec = (c: keyof typeof catalogues) => {
  const f = creerFaits(contexte(), regles());
  for (const x of catalogues[c]) noterProduit(f, x);
  return f;
};
for (const c of Object.keys(catalogues) as (keyof typeof catalogues)[]) cas[c] = () => avec(c);
cas.boutique = () => {
  const f = creerFaits(contexte(), regles());
  noterBoutique(f, boutique);
  return f;
};
cas.boutiqueElec = () => {
  const f = avec('elec');
  noterBoutique(f, boutique);
  return f;
};
cas.liv = () => {
  const f = avec('sneak');
  noterLivraison(f, 'Cocody', {
    connue: true,
    commune: 'Cocody',
    frais: 1500,
    date: 'demain samedi 21 novembre',
  });
  return f;
};
const panierBeaute: PanierChiffre = {
  ...vide,
  lignes: [ligne(catalogues.beaute[0], null, 2), ligne(catalogues.beaute[2], 1, 1)],
  nombre_articles: 3,
  montant_total: 102000,
  mode: 'livraison',
  adresse: 'Yopougon Maroc, derrière la pharmacie',
  commune: 'Yopougon',
  frais_livraison: 2000,
  date_livraison: 'lundi 23 novembre',
  montant_a_payer: 104000,
  methode_paiement: 'wave',
  manque: [],
};
cas.panier = () => {
  const f = avec('beaute');
  noterPanier(f, panierBeaute);
  return f;
};
const panierSneak: PanierChiffre = {
  ...vide,
  lignes: [ligne(catalogues.sneak[0], 0, 1), ligne(catalogues.sneak[1], 1, 1)],
  nombre_articles: 2,
  montant_total: 80000,
  mode: 'livraison',
  adresse: 'Cocody Angré',
  commune: 'Cocody',
  frais_livraison: 1500,
  date_livraison: 'demain samedi 21 novembre',
  montant_a_payer: 81500,
  methode_paiement: 'paiement_livraison',
  manque: [],
};
const garni = () => {
  const f = avec('sneak');
  noterPanier(f, panierSneak);
  return f;
};
cas.panierSneak = garni;
cas.confirme = () => {
  const f = garni();
  f.faits.confirme = true;
  return f;
};
cas.commandes = () => {
  const f = creerFaits(contexte(), regles());
  noterCommandes(f, [
    {
      id_commande: 1,
      numero_commande: 'CMD-2026-0042',
      statut_commande: 'confirmee',
      statut_livraison: 'en_cours',
      statut_paiement: 'en_attente',
      montant_total: 45000,
      frais_livraison: 1500,
      montant_a_payer: 46500,
      lignes: [
        { libelle: 'Nike Air Max 90 (42)', quantite: 1, prix_unitaire: 45000, prix_total_ligne: 45000 },
      ],
      adresse_livraison: 'Cocody',
      date_livraison: 'samedi 21 novembre',
      livreur: 'Moussa Koné',
      annulable: true,
      le: '2026-11-20T10:00:00Z',
    },
  ]);
  return f;
};
cas.main = () => {
  const f = creerFaits(contexte(), regles());
  f.faits.main = true;
  return f;
};
cas.prevenu = () => {
  const f = avec('sneak');
  f.faits.prevenu = true;
  return f;
};
cas.photo = () => {
  const f = avec('pagne');
  f.faits.photo = true;
  return f;
};
