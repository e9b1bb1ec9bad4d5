// The files people run: each is one read-only select that says what it shows, and every report of sql/rapports tells a vendor's
// data, as `postgres`.
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  commander,
  d,
  ecrire,
  fermerExploitation,
  fichiers,
  lire,
  montrer,
  ouvrirExploitation,
  postgresRole,
} from '../helpers/exploitation.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';

beforeAll(ouvrirExploitation);
afterAll(fermerExploitation);

test('every file is one read-only select, run by postgres, and says first what it shows', async () => {
  const tous = [...fichiers('surveillance'), ...fichiers('rapports')];
  expect(tous.length).toBeGreaterThan(15);
  for (const fichier of tous) {
    expect([fichier, lire(fichier)]).toEqual([fichier, expect.stringMatching(/^-- .+\n-- /)]);
    const resultat = await postgresRole.begin('read only', (tx) => tx.unsafe(lire(fichier)).simple());
    expect([fichier, Array.isArray(resultat[0])]).toEqual([fichier, false]);
  }
});

test('the reports tell a vendor’s data, his alone', async () => {
  const autre = await creerVendeur(d.sql);
  const vendeur = await creerVendeur(d.sql);
  // The same day at the vendor's next door, to be in nobody else's figures.
  await ecrire('bonjour');
  await commander();
  await ecrire('Bonjour, les Nike en 40 ?', vendeur.numero);
  const { numero_commande, id_commande } = await commander(vendeur);
  const rapport = (fichier: string, email = vendeur.email) =>
    montrer(`rapports/${fichier}.sql`, lire(`rapports/${fichier}.sql`).replace('kouadio@example.ci', email));
  expect(await rapport('1_commandes_d_un_vendeur')).toMatchObject([
    {
      commande: numero_commande,
      article: 'Nike Air Max 90 (40)',
      quantité: 1,
      statut: 'confirmee',
      livraison: 'a_assigner',
    },
  ]);
  expect(await rapport('2_historique_d_un_prospect')).toMatchObject([
    { message: 'Bonjour, les Nike en 40 ?', qui: 'prospect' },
  ]);
  expect(await rapport('3_vendeur_en_un_coup_d_oeil')).toMatchObject([
    { prospects: 1, commandes: 1, "chiffre d'affaires": '45000.00' },
  ]);
  expect(await rapport('4_articles_a_preparer')).toMatchObject([{ quantité: 1, numéros: [numero_commande] }]);
  const jour = { 'nouveaux prospects': 1, 'messages reçus': 1, 'messages envoyés': 0, 'commandes créées': 1 };
  expect(await rapport('5_chiffres_du_jour')).toMatchObject([
    { ...jour, 'commandes confirmées': 1, "chiffre d'affaires": '45000.00' },
  ]);
  // Four sizes began with 4, 3, 3; one of 40 is sold.
  expect((await rapport('6_stock_bas')).map((l) => [l.article, l.reste])).toEqual([
    ['Nike Air Max 90 (40)', 2],
    ['Nike Air Max 90 (42)', 3],
  ]);
  await d.sql`update public.commandes set statut_commande = 'annulee' where id_commande = ${id_commande}`;
  expect(await rapport('5_chiffres_du_jour')).toMatchObject([
    { 'commandes confirmées': 0, "chiffre d'affaires": '0' },
  ]);
  for (const fichier of ['1_commandes_d_un_vendeur', '2_historique_d_un_prospect', '4_articles_a_preparer'])
    expect([fichier, await rapport(fichier, autre.email)]).toEqual([fichier, []]);
});
