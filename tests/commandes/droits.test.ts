// Whose an order is: its key, its team, its vendor; and numbers that outgrow their zeros.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Boutique, ouvrirBoutique } from '../helpers/boutique.ts';
import { creerArticle, creerProspects } from '../helpers/commandes.ts';
import { clientDe, creerVendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let b: Boutique;
beforeAll(async () => {
  b = await ouvrirBoutique();
});
afterAll(() => b?.p.close());

test('the same key is the same order, and never another one', async () => {
  const cle_idempotence = randomUUID();
  const [petite, grande] = b.article.variantes;
  const ligne = (id_variante: unknown, quantite: number) => ({
    id_produit: b.article.id_produit,
    id_variante,
    quantite,
  });
  const demander = (lignes: object[], autre: object = {}) =>
    ({ id_prospect: b.prospect, lignes, cle_idempotence, ...autre }) as const;
  const { data: premiere } = await b.chez.rpc(
    'creer_commande',
    demander([ligne(petite, 2), ligne(grande, 1)]),
  );
  // Another order of the lines, or one b.article in two lines, is the same wish.
  for (const lignes of [
    [ligne(grande, 1), ligne(petite, 2)],
    [ligne(petite, 1), ligne(grande, 1), ligne(petite, 1)],
  ]) {
    const { data } = await b.chez.rpc('creer_commande', demander(lignes));
    expect(data).toEqual({ ...premiere, deja_creee: true });
  }
  for (const lignes of [[ligne(petite, 2)], [ligne(petite, 2), ligne(grande, 2)], [ligne(grande, 1)]]) {
    expect(await b.refus('creer_commande', demander(lignes))).toBe('cle_deja_utilisee');
  }
  const plus = await creerArticle(b.p, b.kouadio.id, { prix: 1, stocks: [1] });
  const troisieme = { id_produit: plus.id_produit, id_variante: plus.variantes[0], quantite: 1 };
  expect(await b.refus('creer_commande', demander([ligne(petite, 2), ligne(grande, 1), troisieme]))).toBe(
    'cle_deja_utilisee',
  );
  const [voisin = 0] = (
    await b.p
      .sql`insert into public.prospects (id_utilisateur, numero_telephone) values (${b.kouadio.id}, '0799999999') returning id_prospect`
  ).map((r) => r.id_prospect);
  expect(
    await b.refus('creer_commande', demander([ligne(petite, 2), ligne(grande, 1)], { id_prospect: voisin })),
  ).toBe('cle_deja_utilisee');
  // The vendor corrects the order; who repeats his request late gets the order as it is now, and no error.
  await b.chez.rpc('remplacer_lignes_commande', {
    id_commande: premiere.id_commande,
    lignes: [ligne(grande, 3)],
  });
  const { data: tardive } = await b.chez.rpc(
    'creer_commande',
    demander([ligne(petite, 2), ligne(grande, 1)]),
  );
  expect(tardive).toMatchObject({ id_commande: premiere.id_commande, deja_creee: true, montant_total: 3000 });
  // A key is the vendor's own.
  const chezAwa = await clientDe(b.p.apiUrl, b.awa);
  const articleAwa = await creerArticle(b.p, b.awa.id, { prix: 7, stocks: [1] });
  const { data: ailleurs } = await chezAwa.rpc('creer_commande', {
    id_prospect: b.prospectAwa,
    lignes: [{ id_produit: articleAwa.id_produit, id_variante: articleAwa.variantes[0], quantite: 1 }],
    cle_idempotence,
  });
  expect(ailleurs).toMatchObject({ deja_creee: false, montant_total: 7 });
});

test('a reader, another vendor and a stranger to the team find nothing and touch nothing', async () => {
  const lecteur = await creerVendeur(b.p.sql, { articles: [] });
  const agent = await creerVendeur(b.p.sql, { articles: [] });
  await b.p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role)
    values (${b.kouadio.id}, ${lecteur.id}, 'lecteur'), (${b.kouadio.id}, ${agent.id}, 'agent')`;
  const id_commande = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
  const { data: id_livraison } = await b.chez.rpc('planifier_livraison', { id_commande });
  const appels: [string, object, string][] = [
    [
      'creer_commande',
      { id_prospect: b.prospect, lignes: b.uneLigne(), cle_idempotence: randomUUID() },
      'prospect_introuvable',
    ],
    ['remplacer_lignes_commande', { id_commande, lignes: b.uneLigne() }, 'commande_introuvable'],
    ['changer_statut_commande', { id_commande, statut: 'annulee' }, 'commande_introuvable'],
    ['changer_statut_paiement', { id_commande, statut: 'paye' }, 'commande_introuvable'],
    ['planifier_livraison', { id_commande }, 'commande_introuvable'],
    ['assigner_livreur', { id_livraison, id_livreur: b.livreur }, 'livraison_introuvable'],
    ['changer_statut_livraison', { id_livraison, statut: 'annulee' }, 'livraison_introuvable'],
    ['emettre_facture', { id_commande }, 'commande_introuvable'],
  ];
  const photo = () => b.p.sql`
    select (select jsonb_agg(c order by id_commande) from public.commandes as c) as c,
      (select jsonb_agg(d order by id_detail) from public.details_commande as d) as d,
      (select jsonb_agg(l order by id_livraison) from public.livraisons as l) as l,
      (select jsonb_agg(f order by id_facture) from public.factures as f) as f`;
  const avant = await photo();
  for (const qui of [lecteur, b.awa]) {
    const client = await clientDe(b.p.apiUrl, qui);
    for (const [fonction, parametres, hint] of appels) {
      expect([fonction, (await client.rpc(fonction, parametres)).error?.hint]).toEqual([fonction, hint]);
    }
    await client.from('commandes').update({ notes_commande: 'x' }).eq('id_commande', id_commande);
    await client.from('livraisons').update({ notes_livraison: 'x' }).eq('id_livraison', id_livraison);
    expect(
      (await client.from('commandes').select('id_commande').eq('id_commande', id_commande)).data?.length,
    ).toBe(qui === lecteur ? 1 : 0);
  }
  const parAgent = await clientDe(b.p.apiUrl, agent);
  expect((await parAgent.rpc('emettre_facture', { id_commande })).error?.hint).toBe('commande_introuvable');
  expect(await photo()).toEqual(avant);
  expect(
    (await parAgent.rpc('changer_statut_commande', { id_commande, statut: 'annulee' })).error,
  ).toBeNull();
});

test('a vendor goes with his orders, unless there is an invoice', async () => {
  const partant = await creerVendeur(b.p.sql);
  const client = await clientDe(b.p.apiUrl, partant);
  const [id_prospect] = await creerProspects(b.p, partant.id, 1);
  const a = await creerArticle(b.p, partant.id, { prix: 1000, stocks: [5] });
  const [c] = await b.p.sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
    values (${partant.id}, ${id_prospect ?? 0}, ${partant.idCompte}) returning id_conversation`;
  const [l] = await b.p
    .sql`insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
    values (${partant.id}, 'Moussa', '0700000001') returning id_livreur`;
  const { data } = await client.rpc('creer_commande', {
    id_prospect,
    lignes: [{ id_produit: a.id_produit, id_variante: a.variantes[0], quantite: 1 }],
    cle_idempotence: 'x',
    id_conversation: c?.id_conversation,
    adresse_livraison: 'Cocody',
    confirmer: true,
  });
  const { data: livraison } = await client.rpc('planifier_livraison', {
    id_commande: data.id_commande,
    id_livreur: l?.id_livreur,
  });
  await b.p.sql`insert into public.propositions_livraison (id_livraison, id_livreur, rang, expire_le)
    values (${livraison}, ${l?.id_livreur}, 1, now())`;
  const partir = () =>
    b.p.sql.begin(async (tx) => {
      await tx`set local role supabase_auth_admin`;
      await tx`delete from auth.users where id = ${partant.id}`;
    });
  await client.rpc('emettre_facture', { id_commande: data.id_commande });
  await expect(partir()).rejects.toMatchObject({ code: '23503', table_name: 'factures' });
  await b.p.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`delete from public.factures where id_utilisateur = ${partant.id}`;
  });
  await partir();
  for (const table of [
    'utilisateurs_fluxasync',
    'commandes',
    'details_commande',
    'livraisons',
    'propositions_livraison',
    'livreurs',
    'produits',
    'prospects',
  ]) {
    const restes = await b.p
      .sql`select 1 from ${b.p.sql(`public.${table}`)} where id_utilisateur = ${partant.id}`;
    expect([table, restes.length]).toEqual([table, 0]);
  }
});

test('a number that outgrows its zeros is not cut', async () => {
  const id_commande = await b.commande({ confirmer: true });
  const annee = new Date().getUTCFullYear();
  await b.p.sql`insert into prive.compteurs values (${b.kouadio.id}, ${`FACT-${annee}`}, 99999)
    on conflict on constraint compteurs_pkey do update set valeur = 99999`;
  const { data } = await b.chez.rpc('emettre_facture', { id_commande, taux_tva: 0.18 });
  const { data: f } = await b.chez.from('factures').select('*').eq('id_facture', data).single();
  expect(f).toMatchObject({
    numero_facture: `FACT-${annee}-100000`,
    montant_ttc: 1000,
    montant_ht: 847.46,
    montant_tva: 152.54,
  });
  expect((await b.chez.rpc('emettre_facture', { id_commande })).data).toBe(data);
});

test('a courier who is deleted meanwhile is no courier', async () => {
  const { id_livraison } = await b.livraison();
  const partant = await b.nouveauLivreur();
  let appel: Promise<{ error: { hint?: string } | null }> | undefined;
  await b.p.sql.begin(async (tx) => {
    await tx`delete from public.livreurs where id_livreur = ${partant}`;
    appel = (async () => await b.chez.rpc('assigner_livreur', { id_livraison, id_livreur: partant }))();
    await waitFor('the call waits for him', async () => {
      const attentes = await b.p.sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return attentes.length > 0;
    });
  });
  expect((await appel)?.error?.hint).toBe('livreur_introuvable');
});
