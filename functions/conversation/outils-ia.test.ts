// The engines' tools in SQL: what a text finds, whose products it can find, and who may call.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseSql } from '../../tests/helpers/base-sql.ts';
import { openDatabase, type TestDatabase } from '../../tests/helpers/database.ts';
import type { Outils } from './modele-ia.ts';
import { ouvrirSession } from './outils-service.ts';
import { outilsSql, ouvrirConversation, pointures } from './test-outils.ts';

let base: TestDatabase;
let conversation: number;
let outils: Outils;
let autre: Outils;

beforeAll(async () => {
  base = await openDatabase();
  conversation = await ouvrirConversation(base.sql, [
    {
      nom: 'Nike Air Max 90',
      prix: 45_000,
      categorie: 'Chaussures',
      variantes: pointures({ 42: 1, 38: 2, 100: 1, '38,5': 1 }),
    },
    { nom: 'Adidas Stan Smith', prix: 35_000, categorie: 'Chaussures' },
    { nom: 'Puma Suede Classic', prix: 30_000, categorie: 'Chaussures', stock: 0 },
    {
      nom: 'T-shirt',
      prix: 5_000.5,
      variantes: [
        [{ taille: 'XL' }, 1],
        [{ taille: 'S' }, 1],
        [{ taille: 'M' }, 1, 6_000],
      ],
    },
    { nom: 'iPhone 13', prix: 350_000, categorie: 'Téléphones' },
    { nom: 'Caché', prix: 1, actif: false },
  ]);
  outils = await outilsSql(base.sql, conversation);
  autre = await outilsSql(base.sql, await ouvrirConversation(base.sql, [{ nom: 'Sac Nike', prix: 9_000 }]));
});
afterAll(() => base.close());

const noms = async (texte: string) => (await outils.chercherProduits(texte)).map((p) => p.nom_produit);

describe('chercher_produits', () => {
  test.each([
    ['Bonjour, je suis intéressée par vos chaussures Nike', 'Nike Air Max 90'],
    ['baskets nikes', 'Nike Air Max 90'],
    ['NIKÉ', 'Nike Air Max 90'],
    ['niek', 'Nike Air Max 90'],
    ['air maxe', 'Nike Air Max 90'],
    ['airmax90', 'Nike Air Max 90'],
    ['adiddas', 'Adidas Stan Smith'],
    ['stan smit', 'Adidas Stan Smith'],
    ['suède', 'Puma Suede Classic'],
    ['tshirt', 'T-shirt'],
    ['tee shirts', 'T-shirt'],
    ['i phone', 'iPhone 13'],
  ])('%s → %s', async (texte, attendu) => {
    expect((await noms(texte))[0]).toBe(attendu);
  });
  test.each(['38', '90', '13', 'je veux 2 paires svp', 'bonjour', 'bike', '😀', 'caché', "%' or _"])(
    '%s ne nomme rien',
    async (texte) => {
      expect(await noms(texte)).toEqual([]);
    },
  );
  test('une catégorie trouve, avec un score plus faible qu’un nom', async () => {
    const trouves = await outils.chercherProduits('chaussures nike');
    expect(trouves).toHaveLength(3);
    expect(trouves[0]).toMatchObject({ nom_produit: 'Nike Air Max 90', mots: ['chaussures', 'nike'] });
    expect(trouves[0]?.score).toBeGreaterThan(0.4);
    expect(trouves.slice(1).every((p) => p.score <= 0.3)).toBe(true);
  });
  test('un texte vide donne le catalogue actif, en stock d’abord', async () => {
    expect(await noms(' ')).toEqual([
      'Adidas Stan Smith',
      'iPhone 13',
      'Nike Air Max 90',
      'T-shirt',
      'Puma Suede Classic',
    ]);
  });
  test('les variantes sont dans un ordre humain, prix résolu', async () => {
    const [nike] = await outils.chercherProduits('nike');
    expect(nike?.variantes.map((v) => v.attributs.pointure)).toEqual(['38', '38,5', '42', '100']);
    const [tshirt] = await outils.chercherProduits('t-shirt');
    expect(tshirt?.variantes.map((v) => [v.attributs.taille, v.prix_unitaire])).toEqual([
      ['S', 5_000.5],
      ['M', 6_000],
      ['XL', 5_000.5],
    ]);
  });
  test('un vendeur ne voit que les siens', async () => {
    expect((await autre.chercherProduits('nike')).map((p) => p.nom_produit)).toEqual(['Sac Nike']);
    expect((await autre.chercherProduits('')).map((p) => p.nom_produit)).toEqual(['Sac Nike']);
    const { outils: inconnus } = ouvrirSession(baseSql(base.sql), 999_999, outils.panier());
    expect(await inconnus.chercherProduits('nike')).toEqual([]);
  });
});

describe('chiffrer_ligne', () => {
  test('une variante à son prix', async () => {
    const [tshirt] = await outils.chercherProduits('t-shirt');
    const m = tshirt?.variantes[1];
    expect(await outils.chiffrerLigne(tshirt?.id_produit ?? 0, m?.id_variante ?? 0, 2)).toEqual({
      id_produit: tshirt?.id_produit,
      id_variante: m?.id_variante,
      libelle: 'T-shirt (M)',
      quantite: 2,
      prix_unitaire: 6_000,
      montant: 12_000,
      quantite_stock: 1,
      disponible: false,
    });
  });
  test('refuse ce qui n’est pas au vendeur, ou pas une quantité', async () => {
    const [nike] = await outils.chercherProduits('nike');
    const [tshirt] = await outils.chercherProduits('t-shirt');
    const id = nike?.id_produit ?? 0;
    const variante = nike?.variantes[0]?.id_variante ?? 0;
    expect(await outils.chiffrerLigne(id, variante, 1)).toMatchObject({
      libelle: 'Nike Air Max 90 (38)',
      disponible: true,
    });
    expect(await outils.chiffrerLigne(id, tshirt?.variantes[0]?.id_variante ?? 0, 1)).toBeNull();
    expect(await autre.chiffrerLigne(id, variante, 1)).toBeNull();
    for (const quantite of [0, -1, 10_001])
      expect(await outils.chiffrerLigne(id, variante, quantite)).toBeNull();
  });
});

test('seul service_role peut appeler', async () => {
  for (const role of ['anon', 'authenticated']) {
    const appel = base.sql.begin(async (tx) => {
      await tx.unsafe(`set local role ${role}`);
      await tx`select service.chercher_produits(${conversation}, '')`;
    });
    await expect(appel).rejects.toThrow(/permission denied/);
  }
});

test('10 000 produits : chaque mot passe par l’index', async () => {
  const grand = await ouvrirConversation(base.sql, [{ nom: 'Nike Air Max 90', prix: 45_000 }]);
  await base.sql`
    insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock)
    select c.id_utilisateur, 'Article ' || md5(i::text), 1000, 1
    from public.conversations as c, generate_series(1, 10000) as i where c.id_conversation = ${grand}`;
  await base.sql`analyze public.produits`;
  const grands = await outilsSql(base.sql, grand);
  expect((await grands.chercherProduits('nkie air maxe 90')).map((p) => p.nom_produit)).toEqual([
    'Nike Air Max 90',
  ]);
  const lus = await base.sql.begin(async (tx) => {
    // All in one transaction: the counters of this backend are read where they were made.
    const compter = async () => {
      const [n] = await tx`select pg_stat_get_xact_tuples_returned('public.produits'::regclass)::int as n`;
      return Number(n?.n);
    };
    const avant = await compter();
    await tx`select service.chercher_produits(${grand}, 'nkie air maxe 90')`;
    return (await compter()) - avant;
  });
  expect(lus).toBeLessThan(1000);
});
