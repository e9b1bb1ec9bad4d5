// The same isolation as a front end meets it, through the real gateway and unmodified supabase-js: a smaller matrix than
// matrice.test.ts, and what that cannot say, because it takes several steps or a sentence for people.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientAnonyme, clientDe, creerVendeur } from '../helpers/vendeurs.ts';
import { ACCES } from './attendu.ts';
import { type Boutique, creerBoutique } from './lignes.ts';

let p: TestPlatform;
let kouadio: Boutique;
let awa: Boutique;
let chezKouadio: SupabaseClient;
let chezAwa: SupabaseClient;
const tables = Object.entries(ACCES).flatMap(([table, acces]) =>
  acces.select && !table.includes('.') ? [table] : [],
);

beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway'] });
  [kouadio, awa] = await Promise.all([creerBoutique(p.sql), creerBoutique(p.sql)]);
  [chezKouadio, chezAwa] = await Promise.all([clientDe(p.apiUrl, kouadio), clientDe(p.apiUrl, awa)]);
});
afterAll(() => p?.close());

describe('every table', () => {
  test('shows its vendor his own rows and no other', async () => {
    for (const table of tables) {
      const { data, error } = await chezKouadio.from(table).select('*');
      expect([table, error]).toEqual([table, null]);
      expect([table, data?.length ?? 0]).not.toEqual([table, 0]);
      expect([table, [...new Set(data?.map((ligne) => ligne.id_utilisateur))]]).toEqual([
        table,
        [kouadio.id],
      ]);
      const autre = await chezAwa.from(table).select('*').eq('id_utilisateur', kouadio.id);
      expect([table, autre.data]).toEqual([table, []]);
    }
  });

  test('shows nothing to who has not signed in', async () => {
    const inconnu = clientAnonyme(p.apiUrl);
    for (const table of tables) {
      const { data, error } = await inconnu.from(table).select('*');
      expect([table, data, error?.code]).toEqual([table, null, '42501']);
    }
  });

  test('lets nobody change or delete another vendor’s rows, nor write rows in his name', async () => {
    for (const table of tables) {
      const avant =
        await p.sql`select * from ${p.sql(`public.${table}`)} where id_utilisateur = ${kouadio.id}`;
      await chezAwa.from(table).delete().eq('id_utilisateur', kouadio.id);
      await chezAwa.from(table).update({ id_utilisateur: awa.id }).eq('id_utilisateur', kouadio.id);
      const ecriture = await chezAwa.from(table).insert({ id_utilisateur: kouadio.id });
      expect([table, ecriture.error === null]).toEqual([table, false]);
      const apres =
        await p.sql`select * from ${p.sql(`public.${table}`)} where id_utilisateur = ${kouadio.id}`;
      expect([table, apres]).toEqual([table, avant]);
    }
    for (const [table, ligne] of [
      ['produits', { nom_produit: 'Faux', prix_unitaire: 1 }],
      ['prospects', { numero_telephone: '+2250700000001' }],
      ['campagnes_marketing', { nom_campagne: 'Fausse', type_campagne: 'pub_facebook' }],
    ] as const) {
      const { error } = await chezAwa.from(table).insert({ ...ligne, id_utilisateur: kouadio.id });
      expect([table, error?.code]).toEqual([table, '42501']);
    }
  });
});

test('a row cannot point at another vendor’s, whoever writes it', async () => {
  const [produit] =
    await p.sql`select id_produit from public.produits where id_utilisateur = ${kouadio.id} limit 1`;
  const [prospect] =
    await p.sql`select id_prospect from public.prospects where id_utilisateur = ${kouadio.id} limit 1`;
  const [conversation] =
    await p.sql`select id_conversation from public.conversations where id_utilisateur = ${kouadio.id} limit 1`;
  const essais = [
    p.sql`insert into public.variantes_produit (id_utilisateur, id_produit, attributs) values (${awa.id}, ${produit?.id_produit}, '{"a": "b"}')`,
    p.sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp) values (${awa.id}, ${prospect?.id_prospect}, ${awa.idCompte})`,
    p.sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message) values (${awa.id}, ${conversation?.id_conversation}, ${awa.idCompte}, 'sortant')`,
  ];
  for (const essai of essais) await expect(essai).rejects.toMatchObject({ code: '23503' });
  await expect(
    p.sql`insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification, cle_unicite, type_reference, reference_element_id)
      values (${awa.id}, 'alerte_systeme', 'x', 'y', 'autre', 'conversation', ${conversation?.id_conversation})`,
  ).rejects.toMatchObject({ code: 'P0001', hint: 'reference_inconnue' });
  const variante = await chezAwa
    .from('variantes_produit')
    .insert({ id_produit: produit?.id_produit, attributs: { pointure: '46' } });
  expect(variante.error?.code).toBe('42501');
});

test('the vendor writes his catalogue, and no column that is not his', async () => {
  const cree = await chezKouadio
    .from('produits')
    .insert({
      id_utilisateur: kouadio.id,
      nom_produit: 'Sandales cuir',
      prix_unitaire: 15_000,
      quantite_stock: 3,
    })
    .select()
    .single();
  expect(cree.data).toMatchObject({
    nom_produit: 'Sandales cuir',
    prix_unitaire: 15_000,
    nom_normalise: 'sandales cuir',
  });
  const variante = await chezKouadio
    .from('variantes_produit')
    .insert({ id_produit: cree.data.id_produit, attributs: { pointure: '41' }, quantite_stock: 7 })
    .select()
    .single();
  expect(variante.data).toMatchObject({ id_utilisateur: kouadio.id });
  const somme = await chezKouadio
    .from('produits')
    .select('quantite_stock')
    .eq('id_produit', cree.data.id_produit)
    .single();
  expect(somme.data).toEqual({ quantite_stock: 7 });
  const fige = await chezKouadio
    .from('produits')
    .update({ quantite_stock: 99 })
    .eq('id_produit', cree.data.id_produit);
  expect(fige.error).toMatchObject({ code: 'P0001', hint: 'stock_des_variantes' });

  const interdits: [string, Record<string, unknown>][] = [
    ['utilisateurs_fluxasync', { plan_abonnement: 'entreprise' }],
    ['utilisateurs_fluxasync', { id_utilisateur: awa.id }],
    ['utilisateurs_fluxasync', { compte_verifie: true }],
    ['prospects', { montant_depense_total: 1 }],
    ['conversations', { ia_activee: false }],
    ['messages', { score_confiance_ia: 1 }],
    ['notifications', { contenu_notification: 'x' }],
    ['comptes_whatsapp', { jeton_acces: null }],
    ['produits', { id_utilisateur: awa.id }],
    ['membres_equipe', { id_membre: awa.id }],
    ['abonnements', { nom_plan: 'entreprise' }],
  ];
  for (const [table, valeurs] of interdits) {
    const { error } = await chezKouadio.from(table).update(valeurs).eq('id_utilisateur', kouadio.id);
    expect([table, valeurs, error?.code]).toEqual([table, valeurs, '42501']);
  }
});

test('a member acts within his rank, at once and until he is removed', async () => {
  const membre = await creerVendeur(p.sql, { articles: [] });
  const client = await clientDe(p.apiUrl, membre);
  const voir = async () =>
    (await client.from('produits').select('id_produit').eq('id_utilisateur', kouadio.id)).data?.length ?? 0;
  const ecrire = async () =>
    (await client.from('produits').insert({ id_utilisateur: kouadio.id, nom_produit: 'x', prix_unitaire: 1 }))
      .error === null;
  const suivre = async () =>
    (
      (
        await client
          .from('conversations')
          .update({ non_lus: 0 })
          .eq('id_utilisateur', kouadio.id)
          .select('id_conversation')
      ).data ?? []
    ).length > 0;
  const droits = async () => ({ voit: (await voir()) > 0, suit: await suivre(), ecrit: await ecrire() });

  expect(await droits()).toEqual({ voit: false, suit: false, ecrit: false });
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${kouadio.id}, ${membre.id}, 'lecteur')`;
  expect(await droits()).toEqual({ voit: true, suit: false, ecrit: false });
  await p.sql`update public.membres_equipe set role = 'agent' where id_membre = ${membre.id}`;
  expect(await droits()).toEqual({ voit: true, suit: true, ecrit: false });
  await p.sql`update public.membres_equipe set role = 'gestionnaire' where id_membre = ${membre.id}`;
  expect(await droits()).toEqual({ voit: true, suit: true, ecrit: true });
  await p.sql`delete from public.membres_equipe where id_membre = ${membre.id}`;
  expect(await droits()).toEqual({ voit: false, suit: false, ecrit: false });
});

test('the functions of `service` are out of reach of who has signed in', async () => {
  const { error } = await chezKouadio.schema('service').rpc('prendre_envois', { limite: 1 });
  expect(error?.code).toBe('42501');
});
