// The copy of templates and numbers: page by page from the simulated Meta, hourly and when it is asked for.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { levier } from '../helpers/connexion.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
let awa: Vendeur;
let waba: string;
let chezAwa: SupabaseClient;

beforeAll(async () => {
  p = await openPlatform();
});
afterAll(() => p?.close());
beforeEach(async () => {
  awa = await creerVendeur(p.sql, { articles: [] });
  waba = `2${awa.numero.slice(1)}`;
  chezAwa = await clientDe(p.apiUrl, awa);
});

type Modele = {
  name: string;
  language?: string;
  status?: string;
  components?: unknown[];
  [cle: string]: unknown;
};
const chezMeta = (modeles: Modele[]) => levier(p.graphUrl, '/_modeles', { waba, modeles });

async function copier(): Promise<void> {
  const [avant] = await p.sql`select prive.maintenant() as le`;
  await p.sql`select prive.demander_synchronisation(${awa.id}, ${waba})`;
  await waitFor('the copy is done', async () => {
    const [s] = await p.sql`select from prive.synchronisations
      where id_utilisateur = ${awa.id} and terminee_le >= ${avant?.le} and msg_id is null`;
    return s;
  });
}
const modeles = () => p.sql`
  select nom_modele, langue, statut, categorie, nombre_variables_corps as variables from public.modeles_whatsapp
  where id_utilisateur = ${awa.id} order by nom_modele, langue`;
const notifications = async (vendeur = awa) =>
  (
    await p.sql`select titre_notification as titre from public.notifications where id_utilisateur = ${vendeur.id} order by id_notification`
  ).map((n) => n.titre);
const compte = async () => {
  const [c] =
    await p.sql`select compte_actif, motif_inactif, qualite, debit_par_seconde, palier_messages, nom_verifie,
    derniere_synchronisation is not null as synchronise from public.comptes_whatsapp where id_compte_whatsapp = ${awa.idCompte}`;
  return c;
};

/** Nobody but the test takes the jobs. */
async function sansFonctions(travail: () => Promise<void>): Promise<void> {
  await p.parts.functions.stop();
  try {
    await travail();
  } finally {
    await p.parts.functions.start();
  }
}

describe('templates', () => {
  test('come page by page, change, and go only when Meta has been asked to the end', async () => {
    const tous = Array.from({ length: 230 }, (_, i) => ({
      name: `modele_${String(i).padStart(3, '0')}`,
      components: [{ type: 'BODY', text: i % 2 ? 'Bonjour {{1}}' : 'Bonjour' }],
    }));
    await chezMeta([...tous, { name: 'modele_000', language: 'en_US', status: 'PENDING' }]);
    await copier();
    const lus = await modeles();
    expect(lus).toHaveLength(231);
    expect(lus.slice(0, 3)).toEqual([
      { nom_modele: 'modele_000', langue: 'en_US', statut: 'en_attente', categorie: 'utility', variables: 0 },
      { nom_modele: 'modele_000', langue: 'fr', statut: 'approuve', categorie: 'utility', variables: 0 },
      { nom_modele: 'modele_001', langue: 'fr', statut: 'approuve', categorie: 'utility', variables: 1 },
    ]);
    const { data } = await chezAwa.from('modeles_whatsapp').select('nom_modele').eq('id_utilisateur', awa.id);
    expect(data).toHaveLength(231);

    await chezMeta([{ name: 'modele_001', status: 'PAUSED' }, { name: 'modele_002' }]);
    await copier();
    const apres = await modeles();
    expect(apres.filter((m) => m.statut === 'supprime')).toHaveLength(229);
    expect(apres.find((m) => m.nom_modele === 'modele_001')?.statut).toBe('en_pause');
    expect(await notifications()).toEqual([
      'Votre modèle WhatsApp « modele_001 » (fr) ne peut plus être envoyé',
    ]);
    // It is there again: as it was, and nobody is told the same twice.
    await chezMeta([{ name: 'modele_001', status: 'PAUSED' }, { name: 'modele_003' }]);
    await copier();
    expect((await modeles()).filter((m) => m.statut === 'approuve').map((m) => m.nom_modele)).toEqual([
      'modele_003',
    ]);
    expect(await notifications()).toHaveLength(1);
  });

  test('of a copy that stops halfway none is taken for deleted', () =>
    sansFonctions(async () => {
      await p.sql`insert into public.modeles_whatsapp (id_utilisateur, identifiant_compte_business, nom_modele, langue, categorie, statut)
      values (${awa.id}, ${waba}, 'ancien', 'fr', 'utility', 'approuve')`;
      await p.sql`select prive.demander_synchronisation(${awa.id}, ${waba}, 600)`;
      await p.sql`update pgmq.q_synchroniser_comptes set vt = now() where message ->> 'id_utilisateur' = ${awa.id}`;
      const [travail] =
        await p.sql`select t from jsonb_array_elements(service.prendre_synchronisations(20)) as t
      where t ->> 'id_utilisateur' = ${awa.id}`;
      const bail = travail?.t.bail;
      expect(travail?.t.comptes).toEqual([
        { id_compte_whatsapp: awa.idCompte, identifiant_numero_telephone: awa.numero, jeton: 'dev-token' },
      ]);
      const finir = (erreur: string | null, avec = bail) =>
        p.sql`select service.terminer_synchronisation(${awa.id}, ${waba}, ${avec}, ${erreur}) as bon`;
      expect(await finir('131000 busy')).toEqual([{ bon: true }]);
      expect(await modeles()).toMatchObject([{ nom_modele: 'ancien', statut: 'approuve' }]);
      // The lease is back: who was slow changes nothing any more.
      expect(await finir(null)).toEqual([{ bon: false }]);
      expect(
        await p.sql`select service.enregistrer_modeles(${awa.id}, ${waba}, ${bail}, '[]') as bon`,
      ).toEqual([{ bon: false }]);
      expect(await modeles()).toMatchObject([{ statut: 'approuve' }]);
    }));

  test('are told by events: for an account nobody has nothing happens, a rejected one is told of once', async () => {
    await chezMeta([{ name: 'promo', category: 'MARKETING' }]);
    await copier();
    const noter = (nom: string, changement: object, ou = waba) =>
      p.sql`select prive.noter_modele(${ou}, ${nom}, 'fr', ${p.sql.json(changement as never)})`;
    await noter('promo', { statut: 'rejete', motif_rejet: 'TAG_CONTENT_MISMATCH', qualite: 'rouge' });
    await noter('promo', { statut: 'rejete', motif_rejet: 'TAG_CONTENT_MISMATCH' });
    await noter('promo', { statut: 'rejete' }, '299999999999999');
    const [promo] =
      await p.sql`select statut, motif_rejet, qualite from public.modeles_whatsapp where id_utilisateur = ${awa.id}`;
    expect(promo).toEqual({ statut: 'rejete', motif_rejet: 'TAG_CONTENT_MISMATCH', qualite: 'rouge' });
    expect(await notifications()).toEqual(['Votre modèle WhatsApp « promo » (fr) ne peut plus être envoyé']);
    // One that is not known yet is asked for.
    await chezMeta([{ name: 'promo', category: 'MARKETING' }, { name: 'nouveau' }]);
    await noter('nouveau', { statut: 'approuve' });
    await waitFor('the new template is there', async () => (await modeles()).length === 2);
    expect((await modeles()).map((m) => [m.nom_modele, m.statut])).toEqual([
      ['nouveau', 'approuve'],
      ['promo', 'approuve'],
    ]);
  });

  test('may be asked for by a manager, once a minute', async () => {
    await chezMeta([{ name: 'bienvenue' }]);
    const demander = (client: SupabaseClient, args = {}) => client.rpc('synchroniser_modeles', args);
    expect(await demander(chezAwa)).toMatchObject({ data: 1, error: null });
    await waitFor('the copy is there', async () => (await modeles()).length === 1);
    expect((await demander(chezAwa)).error?.hint).toBe('synchronisation_recente');
    const employe = await creerVendeur(p.sql, { articles: [] });
    const chezEmploye = await clientDe(p.apiUrl, employe);
    const rang = (role: string) => p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role)
      values (${awa.id}, ${employe.id}, ${role}) on conflict (id_utilisateur, id_membre) do update set role = excluded.role`;
    await rang('agent');
    expect((await demander(chezEmploye, { id_utilisateur: awa.id })).error?.hint).toBe('vendeur_introuvable');
    await rang('gestionnaire');
    await p.sql`update prive.synchronisations set demandee_le = demandee_le - interval '61 seconds' where id_utilisateur = ${awa.id}`;
    expect(await demander(chezEmploye, { id_utilisateur: awa.id })).toMatchObject({ data: 1, error: null });
  });
});

describe('a number', () => {
  test('has its name, quality, tier and rate from Meta; hourly, each account once', async () => {
    await levier(p.graphUrl, '/_codes', {
      waba,
      numeros: [
        {
          id: awa.numero,
          nom: 'Awa Pagnes',
          qualite: 'YELLOW',
          palier: 'TIER_10K',
          debit: 'HIGH',
          enregistre: true,
        },
      ],
    });
    await p.sql`select prive.demander_synchronisations()`;
    await p.sql`select prive.demander_synchronisations()`;
    expect(
      await p.sql`select from pgmq.q_synchroniser_comptes where message ->> 'id_utilisateur' = ${awa.id}`,
    ).toHaveLength(1);
    await p.avancer(3600);
    await waitFor('the number is copied', async () => (await compte())?.synchronise);
    expect(await compte()).toEqual({
      compte_actif: true,
      motif_inactif: null,
      qualite: 'jaune',
      debit_par_seconde: 1000,
      palier_messages: 'TIER_10K',
      nom_verifie: 'Awa Pagnes',
      synchronise: true,
    });
  });

  test('whose token is dead goes off, its vendor is told once, and nothing is left in the queue', async () => {
    await p.sql`select vault.update_secret(jeton_acces, 'jeton-mort') from public.comptes_whatsapp where id_compte_whatsapp = ${awa.idCompte}`;
    await p.sql`select prive.demander_synchronisation(${awa.id}, ${waba})`;
    await waitFor('the number is off', async () => (await compte())?.compte_actif === false);
    expect(await compte()).toMatchObject({ motif_inactif: 'jeton_mort' });
    await waitFor('the queue is empty', async () => {
      await p.sql`update pgmq.q_synchroniser_comptes set vt = now() where message ->> 'id_utilisateur' = ${awa.id}`;
      await p.sql`select prive.reveiller('synchroniser-comptes')`;
      return (
        (await p.sql`select from pgmq.q_synchroniser_comptes where message ->> 'id_utilisateur' = ${awa.id}`)
          .length === 0
      );
    });
    expect(await notifications()).toHaveLength(1);
    expect(
      await p.sql`select from prive.lettres_mortes where message ->> 'id_utilisateur' = ${awa.id}`,
    ).toHaveLength(0);
    const erreurs =
      await p.sql`select message_erreur from public.utilisation_apis where id_utilisateur = ${awa.id}`;
    expect(JSON.stringify(erreurs)).not.toContain('jeton-mort');
  });

  test('that was connected again meanwhile stays on when its old token is refused late', async () => {
    const [r] =
      await p.sql`select service.jeton_refuse(${awa.id}, ${awa.idCompte}, 'un ancien jeton') as eteint`;
    expect(r?.eteint).toBe(false);
    expect(await compte()).toMatchObject({ compte_actif: true });
  });
});

test('an account whose subscription was lost at Meta hears again', async () => {
  const abonnes = async () =>
    ((await (await fetch(`${p.graphUrl}/_abonnements`)).json()) as Record<string, string[]>)[waba] ?? [];
  await copier();
  await fetch(`${p.graphUrl}/v26.0/${waba}/subscribed_apps`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer dev-token' },
  });
  expect(await abonnes()).toEqual([]);
  await copier();
  expect(await abonnes()).toEqual(['dev-app-id']);
});

test('a copy that fails eight times is a dead letter, and workers that die are counted too', () =>
  sansFonctions(async () => {
    await p.sql`select prive.demander_synchronisation(${awa.id}, ${waba}, 600)`;
    const prendre = async () => {
      await p.sql`update pgmq.q_synchroniser_comptes set vt = case when message ->> 'id_utilisateur' = ${awa.id} then now() else now() + interval '1 hour' end`;
      const [t] =
        await p.sql`select prive.prendre_synchronisation(q.msg_id, q.message) as t from pgmq.q_synchroniser_comptes as q
      where q.message ->> 'id_utilisateur' = ${awa.id}`;
      return t?.t;
    };
    for (let i = 0; i < 8; i += 1) {
      const t = await prendre();
      expect(t.bail).toEqual(expect.any(String));
      // Three say so, the others die.
      if (i < 3)
        await p.sql`select service.terminer_synchronisation(${awa.id}, ${waba}, ${t.bail}, '131000 busy')`;
      else
        await p.sql`update prive.synchronisations set bail_expire_le = prive.maintenant() where id_utilisateur = ${awa.id}`;
    }
    expect(await prendre()).toBeNull();
    const [lettre] =
      await p.sql`select file, tentatives from prive.lettres_mortes where message ->> 'id_utilisateur' = ${awa.id}`;
    expect(lettre).toEqual({ file: 'synchroniser_comptes', tentatives: 8 });
    expect(
      await p.sql`select from pgmq.q_synchroniser_comptes where message ->> 'id_utilisateur' = ${awa.id}`,
    ).toHaveLength(0);
  }));
