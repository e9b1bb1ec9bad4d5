// Where a vendor is told: what the event says, what he chose, and what is possible. His front end always has it, unless he wants none.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

let p: TestPlatform;
let v: Vendeur;
let chez: SupabaseClient;
beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway'] });
  v = await creerVendeur(p.sql, { articles: [] });
  chez = await clientDe(p.apiUrl, v);
});
afterAll(() => p?.close());

const choisir = (canaux: object) =>
  chez.from('utilisateurs_fluxasync').update({ canaux_notifications: canaux }).eq('id_utilisateur', v.id);

const REPONSES = ['choisir_livreur', 'recherche_relancee', 'aucun_livreur_actif', 'deja_regle'];

test('every event × number verified or not × our number there or not × his choice', async () => {
  await p.sql`select service.connecter_compte_plateforme('400000000000098', '+2250500000098', 'dev-token')`;
  const evenements = await p.sql<{ nom: string; canal: string; valeurs: object; type: string }[]>`
    select e.nom, e.canal, e.type_notification as type,
      (select coalesce(jsonb_object_agg(x, 'x'), '{}') from unnest(prive.variables_de(e.titre || e.contenu)) as x) as valeurs
    from prive.evenements as e order by e.nom`;
  expect(evenements.length).toBeGreaterThan(30);
  let rang = 0;
  for (const { nom, canal, valeurs, type } of evenements) {
    for (const verifie of [true, false]) {
      for (const plateforme of [true, false]) {
        for (const choix of [null, 'whatsapp', 'application', 'aucun']) {
          rang += 1;
          const [n] = await p.sql.begin(async (tx) => {
            await tx`update prive.comptes_plateforme set compte_actif = ${plateforme}`;
            await tx`update public.utilisateurs_fluxasync set numero_telephone = '+2250101010101', numero_verifie_le = ${verifie ? new Date() : null},
              canaux_notifications = ${tx.json(choix === null ? {} : { [nom]: choix })} where id_utilisateur = ${v.id}`;
            return tx`with dite as materialized (select prive.notifier_evenement(${v.id}, ${nom}, ${`essai:${rang}`}, ${tx.json(valeurs as never)}) as id)
              select id from dite`;
          });
          const [ligne] =
            await p.sql`select n.canal_envoi, n.statut_envoi, n.destinataire, n.evenement, n.type_notification, n.date_envoi is not null as partie,
            n.titre_notification || n.contenu_notification like '%{{%' as trou,
            exists (select from pgmq.q_envoyer_notifications where (message ->> 'id_notification')::bigint = n.id_notification) as travail
            from public.notifications as n where n.id_notification = ${n?.id}`;
          // What answers a tap goes where he tapped.
          const voulu = REPONSES.includes(nom) ? 'whatsapp' : (choix ?? canal);
          expect(n?.id === 0).toBe(voulu === 'aucun');
          const ou = voulu === 'whatsapp' && verifie && plateforme ? 'whatsapp' : 'application';
          expect([nom, verifie, plateforme, choix, ligne]).toEqual([
            nom,
            verifie,
            plateforme,
            choix,
            voulu === 'aucun'
              ? undefined
              : {
                  canal_envoi: ou,
                  statut_envoi: ou === 'whatsapp' ? 'en_attente' : 'envoye',
                  destinataire: ou === 'whatsapp' ? '+2250101010101' : null,
                  evenement: nom,
                  type_notification: type,
                  partie: ou === 'application',
                  trou: false,
                  travail: ou === 'whatsapp',
                },
          ]);
        }
      }
    }
  }
});

test('only an event there is, and a way there is, may be chosen; the events that he must act on go to WhatsApp by default', async () => {
  expect(
    (await choisir({ stock_bas: 'aucun', commande: 'application', livraison_recuperee: 'whatsapp' })).error,
  ).toBeNull();
  for (const mauvais of [
    { stock: 'aucun' },
    { stock_bas: 'sms' },
    { stock_bas: null },
    { stock_bas: { a: 1 } },
    { '': 'aucun' },
  ])
    expect((await choisir(mauvais)).error).toMatchObject({ code: 'P0001', hint: 'canal_inconnu' });
  const parDefaut = await p.sql`select nom from prive.evenements where canal = 'whatsapp'`;
  expect(parDefaut.map((e) => e.nom)).toEqual(
    expect.arrayContaining([
      'commande',
      'main_demandee',
      'livreur_trouve',
      'livraison_livree',
      'livraison_echec',
      'personne_disponible',
      'stock_bas',
      'compte_inactif',
    ]),
  );
});

test('the buttons of an event fit on WhatsApp', async () => {
  const trop =
    await p.sql`select e.nom, a ->> 'titre' as titre from prive.evenements as e, jsonb_array_elements(e.actions) as a
    where length(a ->> 'titre') not between 1 and 20 or a ->> 'action' !~ '^[a-z_0-9]{1,40}$' or a ->> 'action' = 'lire'`;
  expect([...trop]).toEqual([]);
});

test('an event that does not exist is a mistake of ours, and loud; sms, email and push wait for who will send them', async () => {
  await expect(p.sql`select prive.notifier_evenement(${v.id}, 'rien', 'x', '{}')`).rejects.toMatchObject({
    code: 'P0002',
  });
  await expect(p.sql`select prive.notifier_evenement(${v.id}, 'commande', 'x', '{}')`).rejects.toThrow(
    'text without a value for client',
  );
  for (const canal of ['sms', 'email', 'push']) {
    const [n] =
      await p.sql`select service.notifier(${v.id}, ${canal}, 'alerte_systeme', 'x', 'y', ${canal}, null, null, null) as id`;
    expect([
      ...(await p.sql`select statut_envoi from public.notifications where id_notification = ${n?.id}`),
    ]).toEqual([{ statut_envoi: 'en_attente' }]);
  }
});
