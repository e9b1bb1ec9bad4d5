// Every refusal has a code for programs and a sentence for people, and a direct write breaks no rule.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Boutique, ouvrirBoutique } from '../helpers/boutique.ts';
import { creerArticle } from '../helpers/commandes.ts';

let b: Boutique;
beforeAll(async () => {
  b = await ouvrirBoutique();
});
afterAll(() => b?.p.close());

describe('refusals', () => {
  const creer = (autre: object) =>
    b.refus('creer_commande', {
      id_prospect: b.prospect,
      lignes: b.uneLigne(),
      cle_idempotence: randomUUID(),
      ...autre,
    });

  test('lines that are none', async () => {
    const l = b.uneLigne()[0];
    const invalides: unknown[] = [
      null,
      'x',
      '[]',
      5,
      true,
      {},
      [],
      [null],
      [5],
      ['x'],
      [[]],
      [[l]],
      [{}],
      { 0: l },
      [{ ...l, quantite: '1' }],
      [{ ...l, quantite: 0 }],
      [{ ...l, quantite: -1 }],
      [{ ...l, quantite: 1.5 }],
      [{ ...l, quantite: 10_001 }],
      [{ ...l, quantite: 1e30 }],
      [{ ...l, quantite: 99_999_999_999 }],
      [{ ...l, quantite: null }],
      [{ ...l, quantite: { a: 1 } }],
      [{ ...l, quantite: [1] }],
      [{ ...l, quantite: true }],
      [{ ...l, id_produit: String(l?.id_produit) }],
      [{ ...l, id_produit: null }],
      [{ ...l, id_produit: 1e25 }],
      [{ ...l, id_produit: 0.5 }],
      [{ ...l, id_variante: 'x' }],
      [{ ...l, id_variante: '' }],
      [{ ...l, id_variante: {} }],
      [{ ...l, id_variante: -3 }],
      [l, { ...l, quantite: 10_000 }],
      Array(51).fill(l),
    ];
    const autre = await b.commande();
    for (const lignes of invalides) {
      expect([lignes, await creer({ lignes })]).toEqual([lignes, 'lignes_invalides']);
      expect([lignes, await b.refus('remplacer_lignes_commande', { id_commande: autre, lignes })]).toEqual([
        lignes,
        'lignes_invalides',
      ]);
    }
    // What is no JSON for Postgres never reaches the function.
    for (const lignes of [[{ ...l, id_variante: '\u0000' }], [{ ...l, '\u0000': 1 }]]) {
      const { error } = await b.chez.rpc('creer_commande', {
        id_prospect: b.prospect,
        lignes,
        cle_idempotence: randomUUID(),
      });
      expect(['22P05', '22021']).toContain(error?.code);
    }
  });

  test('each with its hint', async () => {
    const seul = (
      await b.p.sql`insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock)
        values (${b.kouadio.id}, 'Sac', 9999999999, 5) returning id_produit`
    )[0]?.id_produit;
    const cher = (quantite: number) => [{ id_produit: seul, quantite }];
    const deAwa = await creerArticle(b.p, b.awa.id, { prix: 1, stocks: [1] });
    const ligne = b.uneLigne()[0];
    const attendu: [object, string][] = [
      [{ id_prospect: b.prospectAwa }, 'prospect_introuvable'],
      [{ id_prospect: null }, 'prospect_introuvable'],
      [{ id_conversation: 999_999 }, 'conversation_introuvable'],
      [{ lignes: [{ id_produit: 999_999, quantite: 1 }] }, 'article_introuvable'],
      [
        { lignes: [{ id_produit: deAwa.id_produit, id_variante: deAwa.variantes[0], quantite: 1 }] },
        'article_introuvable',
      ],
      [{ lignes: [{ ...ligne, id_variante: deAwa.variantes[0] }] }, 'article_introuvable'],
      [
        { lignes: [{ id_produit: seul, id_variante: ligne?.id_variante, quantite: 1 }] },
        'article_introuvable',
      ],
      [{ lignes: [{ id_produit: b.article.id_produit, quantite: 1 }] }, 'variante_requise'],
      [{ lignes: b.uneLigne(5001), confirmer: true }, 'stock_insuffisant'],
      [{ lignes: cher(1) }, 'montant_trop_grand'],
      [{ lignes: cher(10_000) }, 'montant_trop_grand'],
      [{ cle_idempotence: '' }, 'cle_invalide'],
      [{ cle_idempotence: null }, 'cle_invalide'],
      [{ cle_idempotence: 'x'.repeat(101) }, 'cle_invalide'],
      [{ methode_paiement: 'troc' }, 'methode_inconnue'],
      [{ methode_paiement: null }, 'methode_inconnue'],
      [{ frais_livraison: -1 }, 'frais_invalides'],
      [{ frais_livraison: null }, 'frais_invalides'],
      [{ frais_livraison: 1e11 }, 'frais_invalides'],
      [{ frais_livraison: 'NaN' }, 'frais_invalides'],
      [{ telephone_livraison: '12' }, 'telephone_invalide'],
      [{ adresse_livraison: 'x'.repeat(501) }, 'texte_trop_long'],
      [{ notes_commande: 'x'.repeat(2001) }, 'texte_trop_long'],
    ];
    for (const [autre, hint] of attendu) expect([autre, await creer(autre)]).toEqual([autre, hint]);

    const brouillon = await b.commande();
    const confirmee = await b.commande({ confirmer: true });
    const annulee = await b.commande();
    await b.chez.rpc('changer_statut_commande', { id_commande: annulee, statut: 'annulee' });
    const aLivrer = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
    const inactif = await b.nouveauLivreur();
    await b.chez.from('livreurs').update({ livreur_actif: false }).eq('id_livreur', inactif);
    const { data: id_livraison } = await b.chez.rpc('planifier_livraison', { id_commande: aLivrer });
    const autres: [string, object, string][] = [
      ['changer_statut_commande', { id_commande: 999_999, statut: 'annulee' }, 'commande_introuvable'],
      ['changer_statut_commande', { id_commande: null, statut: 'annulee' }, 'commande_introuvable'],
      ['changer_statut_commande', { id_commande: brouillon, statut: 'perdue' }, 'statut_inconnu'],
      ['changer_statut_commande', { id_commande: brouillon, statut: null }, 'statut_inconnu'],
      ['changer_statut_paiement', { id_commande: brouillon, statut: 'x' }, 'statut_inconnu'],
      ['remplacer_lignes_commande', { id_commande: confirmee, lignes: b.uneLigne(2) }, 'commande_figee'],
      ['remplacer_lignes_commande', { id_commande: brouillon, lignes: cher(1) }, 'montant_trop_grand'],
      ['planifier_livraison', { id_commande: brouillon, adresse_destination: 'x' }, 'commande_non_confirmee'],
      ['planifier_livraison', { id_commande: confirmee }, 'adresse_manquante'],
      [
        'planifier_livraison',
        { id_commande: confirmee, adresse_destination: 'x', frais_livraison: -1 },
        'frais_invalides',
      ],
      [
        'planifier_livraison',
        { id_commande: confirmee, adresse_destination: 'x'.repeat(501) },
        'texte_trop_long',
      ],
      [
        'planifier_livraison',
        { id_commande: confirmee, adresse_destination: 'x', id_livreur: inactif },
        'livreur_introuvable',
      ],
      ['assigner_livreur', { id_livraison, id_livreur: inactif }, 'livreur_introuvable'],
      ['assigner_livreur', { id_livraison, id_livreur: null }, 'livreur_introuvable'],
      ['assigner_livreur', { id_livraison: 999_999, id_livreur: b.livreur }, 'livraison_introuvable'],
      ['changer_statut_livraison', { id_livraison, statut: 'assignee' }, 'livreur_requis'],
      ['changer_statut_livraison', { id_livraison, statut: 'volee' }, 'statut_inconnu'],
      ['emettre_facture', { id_commande: brouillon }, 'commande_non_confirmee'],
      ['emettre_facture', { id_commande: annulee }, 'commande_non_confirmee'],
      ['emettre_facture', { id_commande: confirmee, taux_tva: 18 }, 'taux_invalide'],
      ['emettre_facture', { id_commande: confirmee, taux_tva: null }, 'taux_invalide'],
      ['emettre_facture', { id_commande: confirmee, date_echeance: '2020-01-01' }, 'echeance_passee'],
    ];
    for (const [fonction, parametres, hint] of autres) {
      expect([fonction, parametres, await b.refus(fonction, parametres)]).toEqual([
        fonction,
        parametres,
        hint,
      ]);
    }
    // The product got variants while the order waited.
    const sac = (
      await b.p.sql`insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock)
        values (${b.kouadio.id}, 'Sac', 5, 5) returning id_produit`
    )[0]?.id_produit;
    const attend = await b.commande({ lignes: [{ id_produit: sac, quantite: 1 }] });
    await b.chez
      .from('variantes_produit')
      .insert({ id_produit: sac, attributs: { couleur: 'noir' }, quantite_stock: 3 });
    expect(await b.refus('changer_statut_commande', { id_commande: attend, statut: 'confirmee' })).toBe(
      'variante_requise',
    );
    // A customer's total has an end as well.
    await b.p
      .sql`update public.prospects set montant_depense_total = 9999999999 where id_prospect = ${b.prospect}`;
    expect(await b.refus('changer_statut_commande', { id_commande: brouillon, statut: 'confirmee' })).toBe(
      'montant_trop_grand',
    );
    await b.p.sql`update public.prospects set montant_depense_total = 0 where id_prospect = ${b.prospect}`;
  });

  test('a direct write changes words, never figures, and breaks no rule', async () => {
    const id = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
    const { data: id_livraison } = await b.chez.rpc('planifier_livraison', {
      id_commande: id,
      id_livreur: b.livreur,
    });
    const { data: id_facture } = await b.chez.rpc('emettre_facture', { id_commande: id });
    const ecrire = async (table: string, cle: string, valeur: number, champs: object) => {
      const { error, data } = await b.chez.from(table).update(champs).eq(cle, valeur).select();
      if (!error) expect(data?.length).toBe(1);
      return error ? (error.hint ?? error.code) : 'ok';
    };
    const essais: [object, string][] = [
      [
        { adresse_livraison: 'Marcory', telephone_livraison: '05 98 76 54 32', methode_paiement: 'wave' },
        'ok',
      ],
      [{ notes_commande: null }, 'ok'],
      [{ methode_paiement: 'troc' }, 'methode_inconnue'],
      [{ methode_paiement: null }, 'methode_inconnue'],
      [{ telephone_livraison: '7' }, 'telephone_invalide'],
      [{ adresse_livraison: 'x'.repeat(501) }, 'texte_trop_long'],
      ...[
        'statut_commande',
        'statut_paiement',
        'montant_total',
        'frais_livraison',
        'numero_commande',
        'id_prospect',
        'id_utilisateur',
        'date_confirmation',
        'cle_idempotence',
        'empreinte_demande',
      ].map((c): [object, string] => [{ [c]: null }, '42501']),
    ];
    for (const [champs, issue] of essais) {
      expect([champs, await ecrire('commandes', 'id_commande', id, champs)]).toEqual([champs, issue]);
    }
    const livraison: [object, string][] = [
      [
        {
          notes_livraison: 'Sonner',
          frais_livraison: 1500,
          latitude_destination: 5.3,
          longitude_destination: -4,
        },
        'ok',
      ],
      [{ adresse_destination: '' }, 'adresse_manquante'],
      [{ adresse_destination: null }, 'adresse_manquante'],
      [{ frais_livraison: -1 }, 'frais_invalides'],
      [{ frais_livraison: null }, 'frais_invalides'],
      [{ latitude_destination: null }, 'position_invalide'],
      [{ latitude_destination: 91 }, 'position_invalide'],
      [{ duree_estimee_minutes: -1 }, 'duree_invalide'],
      [{ statut_livraison: 'livree' }, '42501'],
      [{ id_livreur: null }, '42501'],
      [{ essais_code: 0 }, '42501'],
    ];
    for (const [champs, issue] of livraison) {
      expect([champs, await ecrire('livraisons', 'id_livraison', id_livraison, champs)]).toEqual([
        champs,
        issue,
      ]);
    }
    expect(await ecrire('factures', 'id_facture', id_facture, { montant_ht: 0 })).toBe('42501');
    expect(await ecrire('factures', 'id_facture', id_facture, { statut_facture: 'offerte' })).toBe(
      'transition_interdite',
    );
    expect(await ecrire('factures', 'id_facture', id_facture, { statut_facture: 'payee' })).toBe('ok');
    expect(await ecrire('factures', 'id_facture', id_facture, { statut_facture: 'annulee' })).toBe(
      'transition_interdite',
    );
    for (const table of [
      'commandes',
      'details_commande',
      'livraisons',
      'factures',
      'propositions_livraison',
    ]) {
      expect([
        table,
        (await b.chez.from(table).insert({ id_utilisateur: b.kouadio.id })).error?.code,
      ]).toEqual([table, '42501']);
      expect([
        table,
        (await b.chez.from(table).delete().eq('id_utilisateur', b.kouadio.id)).error?.code,
      ]).toEqual([table, '42501']);
    }
    const [ligne] = b.uneLigne();
    for (const [table, cle, valeur, hint] of [
      ['variantes_produit', 'id_variante', ligne?.id_variante, 'article_vendu'],
      ['produits', 'id_produit', ligne?.id_produit, 'article_vendu'],
      ['livreurs', 'id_livreur', b.livreur, 'livreur_engage'],
    ] as const) {
      expect([table, (await b.chez.from(table).delete().eq(cle, valeur)).error?.hint]).toEqual([table, hint]);
    }
  });
});

test('the total is the sum of the lines, whoever writes them, and a confirmed order keeps its lines', async () => {
  const [petite, grande] = b.article.variantes;
  const lignes = [petite, grande].map((id_variante) => ({
    id_produit: b.article.id_produit,
    id_variante,
    quantite: 2,
  }));
  const id = await b.commande({ lignes });
  const total = async () =>
    Number(
      (await b.p.sql`select montant_total from public.commandes where id_commande = ${id}`)[0]?.montant_total,
    );
  await b.p
    .sql`delete from public.details_commande where id_commande = ${id} and id_variante = ${grande ?? 0}`;
  expect(await total()).toBe(2000);
  await b.p.sql`update public.details_commande set quantite_commandee = 5 where id_commande = ${id}`;
  expect(await total()).toBe(5000);
  await b.chez.rpc('changer_statut_commande', { id_commande: id, statut: 'confirmee' });
  const figee = { code: 'P0001', hint: 'commande_figee' };
  await expect(
    b.p.sql`update public.details_commande set prix_unitaire = 1 where id_commande = ${id}`,
  ).rejects.toMatchObject(figee);
  await expect(b.p.sql`delete from public.details_commande where id_commande = ${id}`).rejects.toMatchObject(
    figee,
  );
  await expect(
    b.p.sql`insert into public.details_commande (id_commande, id_produit, id_variante, quantite_commandee)
      values (${id}, ${b.article.id_produit}, ${grande ?? 0}, 1)`,
  ).rejects.toMatchObject(figee);
});

test('what is no number, or no end of one, is no price, no budget and no fee', async () => {
  const { id_produit } = b.article;
  const id_utilisateur = b.kouadio.id;
  const { id_livraison, id_commande } = await b.livraison();
  for (const [valeur, code] of [
    ['NaN', '23514'],
    ['Infinity', '22003'],
    ['-Infinity', '22003'],
  ]) {
    const faits = await Promise.all([
      b.chez.from('produits').insert({ id_utilisateur, nom_produit: 'X', prix_unitaire: valeur }),
      b.chez.from('produits').update({ prix_unitaire: valeur }).eq('id_produit', id_produit),
      b.chez
        .from('variantes_produit')
        .insert({ id_utilisateur, id_produit, attributs: { taille: valeur }, prix_unitaire: valeur }),
      b.chez.from('campagnes_marketing').insert({
        ...{ id_utilisateur, nom_campagne: 'X', type_campagne: 'pub_facebook', budget_campagne: valeur },
      }),
    ]);
    expect([valeur, faits.map(({ error }) => error?.code)]).toEqual([valeur, faits.map(() => code)]);
    const frais = { frais_livraison: valeur };
    const commande = { id_prospect: b.prospect, lignes: b.uneLigne(), cle_idempotence: randomUUID() };
    expect(await b.refus('creer_commande', { ...commande, ...frais })).toBe('frais_invalides');
    const autre = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
    expect((await b.chez.rpc('planifier_livraison', { id_commande: autre, ...frais })).error).not.toBeNull();
    const ecrit = await b.chez.from('livraisons').update(frais).eq('id_livraison', id_livraison);
    expect(ecrit.error).not.toBeNull();
  }
  const [lu] = await b.p
    .sql`select frais_livraison from public.livraisons where id_commande = ${id_commande}`;
  expect(Number(lu?.frais_livraison)).toBe(0);
});
