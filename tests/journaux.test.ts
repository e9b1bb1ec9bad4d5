// The two logs: months that are there before they are needed and go in time, and a journal that says who did what from where.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from './helpers/database.ts';
import { openPlatform, type TestPlatform } from './helpers/platform.ts';
import { clientDe, creerVendeur, type Vendeur } from './helpers/vendeurs.ts';

let p: TestPlatform;
let kouadio: Vendeur;
let chezKouadio: SupabaseClient;

beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway'] });
  kouadio = await creerVendeur(p.sql);
  chezKouadio = await clientDe(p.apiUrl, kouadio);
});
afterAll(() => p?.close());

const mois = (de: number) => {
  const maintenant = new Date();
  const date = new Date(Date.UTC(maintenant.getUTCFullYear(), maintenant.getUTCMonth() + de, 1));
  return date.toISOString().slice(0, 7).replace('-', '_');
};

async function journal(): Promise<Record<string, unknown>[]> {
  const { data, error } = await chezKouadio
    .from('journaux_systeme')
    .select('*')
    .eq('id_utilisateur', kouadio.id)
    .order('id_journal');
  expect(error).toBeNull();
  return data ?? [];
}

test('the journal says who did what, and from where', async () => {
  const agent = await creerVendeur(p.sql, { articles: [] });
  const client = await clientDe(p.apiUrl, agent);
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${kouadio.id}, ${agent.id}, 'agent')`;
  const [prospect] = await p.sql`insert into public.prospects (id_utilisateur, numero_telephone)
    values (${kouadio.id}, '0598765432') returning id_prospect`;
  const [variante] =
    await p.sql`select id_produit, id_variante from public.variantes_produit where id_utilisateur = ${kouadio.id} limit 1`;
  const { data: commande } = await client.rpc('creer_commande', {
    id_prospect: prospect?.id_prospect,
    lignes: [{ id_produit: variante?.id_produit, id_variante: variante?.id_variante, quantite: 1 }],
    cle_idempotence: 'essai',
    confirmer: true,
  });
  expect((await journal()).map((l) => [l.type_action, l.id_auteur])).toEqual([
    ['connexion', kouadio.id],
    ['membre_ajoute', null],
    ['commande_creee', agent.id],
    ['commande_statut', agent.id],
  ]);
  expect((await journal()).at(-1)).toMatchObject({
    description_action: `Commande ${commande.numero_commande} : confirmee`,
    donnees_supplementaires: { id_commande: commande.id_commande, de: 'en_attente', a: 'confirmee' },
    user_agent: expect.stringMatching(/./),
  });
  // The agent is no gestionnaire: the journal is not his to read.
  expect((await client.from('journaux_systeme').select('*').eq('id_utilisateur', kouadio.id)).data).toEqual(
    [],
  );
});

test('a line of the journal stays as it is, for the service too, and goes with its vendor', async () => {
  const autre = await creerVendeur(p.sql, { articles: [] });
  await clientDe(p.apiUrl, autre);
  const lignes = async () =>
    (
      await p.sql`select count(*)::int as n from public.journaux_systeme where id_utilisateur = ${autre.id}`
    )[0]?.n;
  expect(await lignes()).toBe(1);
  const definitif = { code: 'P0001', hint: 'journal_definitif' };
  await expect(
    p.sql`update public.journaux_systeme set description_action = 'autre' where id_utilisateur = ${autre.id}`,
  ).rejects.toMatchObject(definitif);
  await expect(
    p.sql`delete from public.journaux_systeme where id_utilisateur = ${autre.id}`,
  ).rejects.toMatchObject(definitif);
  await p.sql`delete from auth.users where id = ${autre.id}`;
  expect(await lignes()).toBe(0);
});

test('what cannot be written down stops nobody, and is written when it can be', async () => {
  await p.sql`update prive.horloge set decalage = interval '10 years'`;
  const cree = await chezKouadio
    .from('produits')
    .insert({ id_utilisateur: kouadio.id, nom_produit: 'Sandales', prix_unitaire: 1 })
    .select('id_produit')
    .single();
  const [prospect] =
    await p.sql`select id_prospect from public.prospects where id_utilisateur = ${kouadio.id} limit 1`;
  const commande = await chezKouadio.rpc('creer_commande', {
    id_prospect: prospect?.id_prospect,
    lignes: [{ id_produit: cree.data?.id_produit, quantite: 1 }],
    cle_idempotence: 'sans journal',
  });
  expect([cree.error, commande.error]).toEqual([null, null]);
  const rattraper = async () => (await p.sql`select prive.rattraper_journal() as n`)[0]?.n;
  expect(await rattraper()).toBe(0);
  await p.sql`select prive.preparer_partitions('journaux_systeme')`;
  expect(await rattraper()).toBe(1);
  expect(await rattraper()).toBe(0);
  expect((await journal()).at(-1)).toMatchObject({
    type_action: 'commande_creee',
    id_auteur: kouadio.id,
    donnees_supplementaires: { id_commande: commande.data.id_commande },
  });
});

test('lines that find no place keep no other waiting', async () => {
  const d = await openDatabase();
  try {
    await d.sql`insert into prive.journal_differe (ligne)
      select jsonb_build_object('type_action', 'connexion', 'description_action', '', 'donnees_supplementaires', '{}'::jsonb,
        'date_creation', '2001-01-01') from generate_series(1, 1000)`;
    await d.sql`insert into prive.journal_differe (ligne)
      values (jsonb_build_object('type_action', 'connexion', 'description_action', 'la bonne', 'donnees_supplementaires', '{}'::jsonb,
        'date_creation', now()))`;
    await d.sql`select prive.rattraper_journal()`;
    await d.sql`select prive.rattraper_journal()`;
    expect([...(await d.sql`select description_action from public.journaux_systeme`)]).toEqual([
      { description_action: 'la bonne' },
    ]);
  } finally {
    await d.close();
  }
});

test('months are made three ahead and dropped after their time, again and again', async () => {
  const d = await openDatabase();
  const partitions = async (table: string) =>
    (
      await d.sql<
        { nom: string }[]
      >`select c.relname as nom from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = ${`public.${table}`}::regclass order by 1`
    ).map((l) => l.nom.slice(table.length + 1));
  // As hosted: not by a superuser.
  const postgres = d.as('postgres');
  try {
    for (const table of ['journaux_systeme', 'utilisation_apis']) {
      expect(await partitions(table)).toEqual([-1, 0, 1, 2, 3].map(mois));
    }
    await d.sql`update prive.reglages set valeur = 2 where nom = 'retention_journaux_mois'`;
    for (const avance of [1, 2, 3, 4]) {
      await d.sql`update prive.horloge set decalage = make_interval(months => ${avance})`;
      for (const _ of [1, 2]) {
        await postgres`select prive.preparer_partitions('journaux_systeme')`;
        await postgres`select prive.retirer_partitions('journaux_systeme', 'retention_journaux_mois')`;
      }
      await d.sql`insert into public.journaux_systeme (type_action) values ('connexion')`;
      const premier = Math.max(-1, avance - 2);
      expect(await partitions('journaux_systeme')).toEqual(
        Array.from({ length: avance + 4 - premier }, (_, i) => mois(premier + i)),
      );
    }
    expect(await partitions('utilisation_apis')).toHaveLength(5);
  } finally {
    await d.close();
  }
});
