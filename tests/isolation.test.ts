// What the database forbids, it forbids to everybody who has the API: other vendors, members of lower rank, nobody at all.
// Tables are read from the catalogue, so that a new one cannot be forgotten.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from './helpers/platform.ts';
import { clientAnonyme, clientDe, creerVendeur, type Vendeur } from './helpers/vendeurs.ts';

let p: TestPlatform;
let kouadio: Vendeur;
let awa: Vendeur;
let chezKouadio: SupabaseClient;
let chezAwa: SupabaseClient;
let tables: string[];

beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway'] });
  [kouadio, awa] = await Promise.all([creerVendeur(p.sql), creerVendeur(p.sql)]);
  for (const v of [kouadio, awa]) await remplir(v);
  [chezKouadio, chezAwa] = await Promise.all([clientDe(p.apiUrl, kouadio), clientDe(p.apiUrl, awa)]);
  tables = (
    await p.sql<{ relname: string }[]>`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') order by relname`
  ).map((t) => t.relname);
});
afterAll(() => p?.close());

/** One row in every table that has none yet. */
async function remplir({ id, idCompte }: Vendeur): Promise<void> {
  const [campagne] =
    await p.sql`insert into public.campagnes_marketing (id_utilisateur, nom_campagne, type_campagne)
    values (${id}, 'Rentrée', 'pub_facebook') returning id_campagne`;
  const [prospect] = await p.sql`insert into public.prospects (id_utilisateur, numero_telephone, id_campagne)
    values (${id}, '0598765432', ${campagne?.id_campagne}) returning id_prospect`;
  const [conversation] =
    await p.sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
    values (${id}, ${prospect?.id_prospect}, ${idCompte}) returning id_conversation`;
  await p.sql`insert into public.messages (id_conversation, direction_message, contenu_message)
    values (${conversation?.id_conversation}, 'sortant', 'Bonjour')`;
  await p.sql`insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification, cle_unicite)
    values (${id}, 'alerte_systeme', 'x', 'y', 'z')`;
  await p.sql`insert into public.invitations_equipe (id_utilisateur, adresse_email, role, empreinte_jeton)
    values (${id}, 'agent@example.ci', 'agent', sha256(${id}::text::bytea))`;
  const membre = await creerVendeur(p.sql, { articles: [] });
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${id}, ${membre.id}, 'lecteur')`;
}

describe('every table', () => {
  test('of ours has row-level security on', async () => {
    const sans = await p.sql`select relnamespace::regnamespace || '.' || relname as nom from pg_class
      where relnamespace in ('public'::regnamespace, 'prive'::regnamespace, 'service'::regnamespace)
        and relkind in ('r', 'p') and not relrowsecurity`;
    expect(sans).toEqual([]);
  });

  test('shows its vendor his own rows and no other', async () => {
    expect(tables.length).toBeGreaterThanOrEqual(11);
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
    ['membres_equipe', { role: 'gestionnaire' }],
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

test('the functions of `service` and `prive` open to nobody who is not the service', async () => {
  const fonctions = await p.sql<{ nom: string; schema: string; qui: string[] }[]>`
    select p.proname as nom, p.pronamespace::regnamespace::text as schema,
      array(select r.rolname from pg_roles as r where r.rolname in ('anon', 'authenticated', 'service_role')
        and has_function_privilege(r.oid, p.oid, 'execute') order by 1)::text[] as qui
    from pg_proc as p where p.pronamespace in ('service'::regnamespace, 'prive'::regnamespace, 'public'::regnamespace)`;
  expect(fonctions.length).toBeGreaterThan(20);
  const permises: Record<string, string[]> = {
    'prive.mes_vendeurs': ['authenticated'],
    'prive.renvoyer_message': ['authenticated'],
    'public.renvoyer_message': ['authenticated'],
  };
  for (const { nom, schema, qui } of fonctions) {
    const attendu = permises[`${schema}.${nom}`];
    if (attendu) expect([nom, qui]).toEqual([nom, attendu]);
    else if (schema === 'service') expect([nom, qui]).toEqual([nom, ['service_role']]);
    else expect([nom, qui.includes('anon')]).toEqual([nom, false]);
  }
  const { error } = await chezKouadio.schema('service').rpc('prendre_envois', { limite: 1 });
  expect(error?.code).toBe('42501');
});

test('every policy asks for whom the caller acts, for reading and for writing', async () => {
  const policies = await p.sql<
    { tablename: string; policyname: string; cmd: string; qual: string | null; with_check: string | null }[]
  >`
    select tablename, policyname, cmd, qual, with_check from pg_policies where schemaname = 'public'`;
  expect(policies.length).toBeGreaterThan(20);
  for (const { tablename, policyname, cmd, qual, with_check } of policies) {
    const who =
      /id_utilisateur = ANY \(ARRAY\( SELECT prive\.mes_vendeurs\('(lecteur|agent|gestionnaire|proprietaire)'/;
    const name = `${tablename}: ${policyname}`;
    if (cmd !== 'INSERT') expect([name, qual]).toEqual([name, expect.stringMatching(who)]);
    if (cmd === 'INSERT' || cmd === 'UPDATE')
      expect([name, with_check]).toEqual([name, expect.stringMatching(who)]);
  }
});

test('the columns a vendor may write are these and no others', async () => {
  const droits = await p.sql<{ droit: string; colonnes: string }[]>`
    select table_name || ' ' || lower(privilege_type) as droit, string_agg(column_name, ' ' order by column_name) as colonnes
    from information_schema.column_privileges
    where table_schema = 'public' and grantee = 'authenticated' and privilege_type in ('INSERT', 'UPDATE')
    group by 1 order by 1`;
  expect(Object.fromEntries(droits.map((d) => [d.droit, d.colonnes]))).toEqual({
    'campagnes_marketing insert':
      'audience_cible budget_campagne date_debut date_fin id_utilisateur identifiant_pub modele_message nom_campagne statut_campagne type_campagne',
    'campagnes_marketing update':
      'audience_cible budget_campagne date_debut date_fin identifiant_pub modele_message nom_campagne statut_campagne type_campagne',
    'conversations update': 'non_lus statut_conversation',
    'notifications update': 'lue_le',
    'produits insert':
      'attributs categorie_produit description_produit id_utilisateur nom_produit prix_unitaire produit_actif quantite_stock reference_produit urls_images',
    'produits update':
      'attributs categorie_produit description_produit nom_produit prix_unitaire produit_actif quantite_stock reference_produit urls_images',
    'prospects insert':
      'id_campagne id_utilisateur localisation nom_complet notes_personnelles numero_telephone source_acquisition statut_prospect',
    'prospects update':
      'id_campagne localisation nom_complet notes_personnelles numero_telephone source_acquisition statut_prospect',
    'utilisateurs_fluxasync update':
      'adresse_recuperation consignes_ia devise fuseau_horaire heures_ouverture langue latitude longitude nom nom_entreprise numero_telephone pays prenom secteur_activite',
    'variantes_produit insert':
      'attributs id_produit id_utilisateur prix_unitaire quantite_stock variante_active',
    'variantes_produit update': 'attributs prix_unitaire quantite_stock variante_active',
  });
});
