// The whole way on real processes, by WhatsApp alone: six couriers, twelve customers and a vendor, while the functions' process is
// killed again and again. Nothing is lost, nothing is done twice. GRAINE=… draws the same again.
import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { ouvrirTelephones, type Telephones } from '../helpers/telephones.ts';
import { clientDe, creerVendeur, loinDeMinuit, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';
import { type Course, FLUXASYNC, hasard, ouvrirActeurs } from './acteurs.ts';

const LIVREURS = 6;
const CLIENTS = 12;
/** Some customers order twice. */
const COURSES = 16;
const MORTS = 8;
const TOURS = 90;
/** Of which nothing comes by itself: delivered, called off, or the vendor's to decide. */
const FINIES = ['livree', 'annulee', 'echec', 'sans_livreur'];
const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
const tirer = hasard(graine);

let p: TestPlatform;
let v: Vendeur;
let front: SupabaseClient;
let telephones: Telephones;
const livreurs = Array.from({ length: LIVREURS }, (_, i) => `+22505300000${String(i).padStart(2, '0')}`);
const clients = Array.from({ length: CLIENTS }, (_, i) => `+22507300000${String(i).padStart(2, '0')}`);
const telephoneVendeur = '+2250101020304';
const erreurs = new Set<string>();

beforeAll(async () => {
  console.info(`graine ${graine}`);
  p = await openPlatform({ env: { MESSAGES_PAR_SECONDE: '1000' } });
  await p.regler('attente_rafale_ms', 0);
  v = await creerVendeur(p.sql, { articles: [{ nom: 'Sac', prix: 10_000, stock: 1_000 }] });
  await loinDeMinuit(p.sql, v.id);
  await p.sql`update public.utilisateurs_fluxasync set livreurs_de = '00:00', livreurs_a = '00:00', latitude = 5.3364, longitude = -3.9967,
    adresse_recuperation = 'Cocody Saint-Jean', numero_telephone = ${telephoneVendeur} where id_utilisateur = ${v.id}`;
  await p.sql`update public.utilisateurs_fluxasync set numero_verifie_le = now() where id_utilisateur = ${v.id}`;
  await p.sql`select service.connecter_compte_plateforme(${FLUXASYNC}, '+225 27 20 00 00 00', 'dev-token', 'fluxasync_alerte', 'fr')`;
  await p.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, frais_livraison) values (${v.id}, 'Cocody', 1500)`;
  front = await clientDe(p.apiUrl, v);
  telephones = ouvrirTelephones(p.graphUrl, 'morts');
  const { error } = await front.from('livreurs').insert(
    livreurs.map((numero, i) => ({
      id_utilisateur: v.id,
      nom_complet_livreur: `${['Mamadou', 'Ibrahim', 'Issa', 'Koffi', 'Yao', 'Seydou'][i]} Essai`,
      numero_telephone_livreur: numero,
      zones_couverture: i === 5 ? 'Yopougon' : 'Cocody',
    })),
  );
  expect(error).toBeNull();
  await Promise.all([
    ...livreurs.map((de) => telephones.ecrire(de, v.numero, 'Bonjour, je suis disponible')),
    ...clients.map((de) => telephones.ecrire(de, v.numero, 'Bonjour')),
    telephones.ecrire(telephoneVendeur, FLUXASYNC, 'Bonjour'),
  ]);
});
afterAll(() => p?.close());

async function commander(rang: number): Promise<void> {
  const [prospect] = await p.sql`select id_prospect from public.prospects
    where id_utilisateur = ${v.id} and numero_whatsapp = ${clients[rang % CLIENTS] ?? ''}`;
  const [sac] = await p.sql`select id_produit from public.produits where id_utilisateur = ${v.id}`;
  const { error } = await front.rpc('creer_commande', {
    id_prospect: prospect?.id_prospect,
    lignes: [{ id_produit: sac?.id_produit, quantite: 1 }],
    cle_idempotence: randomUUID(),
    adresse_livraison: 'Cocody Angré, derrière la pharmacie',
    confirmer: true,
  });
  expect(error).toBeNull();
}

const courses = () => p.sql<(Course & { commande: number })[]>`
  select l.id_livraison as id, c.numero_commande as numero, l.statut_livraison as statut, r.numero_telephone_livreur as livreur, c.id_commande as commande
  from public.livraisons as l join public.commandes as c using (id_commande) left join public.livreurs as r on r.id_livreur = l.id_livreur
  where l.id_utilisateur = ${v.id} order by l.id_livraison`;

/** Somebody is at work right now: a job of deliveries is taken and not done, or a message is on its way to Meta. */
async function enTravail(): Promise<boolean> {
  const [q] =
    await p.sql`select (select count(*) from pgmq.q_assigner_livraisons where read_ct > 0 and vt > clock_timestamp())
    + (select count(*) from public.messages where statut_livraison = 'envoi_en_cours') as n`;
  return Number(q?.n) > 0;
}

async function calme(): Promise<boolean> {
  const [q] = await p.sql`select
    (select count(*) from pgmq.q_assigner_livraisons where vt <= clock_timestamp() or read_ct > 0)
    + (select count(*) from pgmq.q_envoyer_messages where vt <= clock_timestamp() or read_ct > 0)
    + (select count(*) from pgmq.q_envoyer_notifications where vt <= clock_timestamp() or read_ct > 0)
    + (select count(*) from pgmq.q_repondre_prospects where vt <= clock_timestamp() or read_ct > 0)
    + (select count(*) from prive.evenements_webhook where etat = 'recu') as n`;
  return Number(q?.n) === 0;
}

const releverErreurs = () => {
  for (const ligne of p.journal)
    if (/55P03|40P01|deadlock|lock timeout|"erreur"/.test(ligne)) erreurs.add(ligne);
};

test('couriers, customers and a vendor go on while the functions die: each delivery ends, everything once', {
  timeout: 400_000,
}, async () => {
  await waitFor(
    'everybody is known',
    async () => {
      const [n] =
        await p.sql`select count(*)::integer as n from public.conversations where id_utilisateur = ${v.id}`;
      return n?.n === LIVREURS + CLIENTS && (await calme());
    },
    30_000,
  );
  await telephones.relever();
  await Promise.all(Array.from({ length: COURSES }, (_, i) => commander(i)));
  const acteurs = ouvrirActeurs({
    telephones,
    tirer,
    boutique: v.numero,
    livreurs,
    clients,
    vendeur: telephoneVendeur,
    front,
    courses,
  });
  const [avant] = await p.sql`select deadlocks from pg_stat_database where datname = current_database()`;
  let surTravail = 0;
  let tours = 0;
  let tranquilles = 0;
  for (; tours < TOURS && tranquilles < 3; tours += 1) {
    const gestes = await acteurs.tour();
    if (tours < MORTS) {
      // At the first job, or some work later.
      for (let pas = Math.floor(tirer() * 4); pas >= 0; pas -= 1)
        await waitFor('work', enTravail, 500).catch(() => {});
      if (await enTravail()) surTravail += 1;
      p.parts.functions.kill('SIGKILL');
      await p.parts.functions.ready();
    }
    if (tours === 3) {
      for (const c of (await courses()).slice(0, 2)) {
        const { error } = await front.rpc('changer_statut_commande', {
          id_commande: c.commande,
          statut: 'annulee',
        });
        if (error?.hint !== 'transition_interdite') expect(error).toBeNull();
      }
    }
    await Promise.all(gestes);
    releverErreurs();
    // What the dead held comes back when their leases run out.
    if (tours >= MORTS) await waitFor('calm', calme, 10_000).catch(() => {});
    // Leases run out, offers end after five of these.
    await p.avancer(61);
    await waitFor('calm', calme, 10_000).catch(() => {});
    releverErreurs();
    const enCours = (await courses()).filter((c) => !FINIES.includes(c.statut));
    tranquilles = enCours.length === 0 ? tranquilles + 1 : 0;
  }
  console.info(`${tours} tours, ${surTravail} fois en plein travail`);
  const bilan = await courses();
  expect(bilan.filter((c) => !FINIES.includes(c.statut))).toEqual([]);
  expect(bilan).toHaveLength(COURSES);
  expect(bilan.filter((c) => c.statut === 'livree').length).toBeGreaterThan(COURSES / 2);
  expect(surTravail).toBeGreaterThan(MORTS / 3);

  // Nothing failed, nothing is left, nobody waited in a circle.
  expect([...erreurs]).toEqual([]);
  const lire = async (requete: string) => (await p.sql.unsafe(requete, [v.id])).map((l) => ({ ...l }));
  expect(
    await lire(`select file, message, erreur from prive.lettres_mortes where $1::uuid is not null`),
  ).toEqual([]);
  expect(
    await lire(
      `select message from pgmq.a_assigner_livraisons where message ? 'tentatives' and $1::uuid is not null`,
    ),
  ).toEqual([]);
  expect(
    await lire(
      `select message from pgmq.q_assigner_livraisons where vt < clock_timestamp() + interval '1 day' and $1::uuid is not null`,
    ),
  ).toEqual([]);
  const [apres] = await p.sql`select deadlocks from pg_stat_database where datname = current_database()`;
  expect(apres?.deadlocks).toBe(avant?.deadlocks);

  // What is the vendor's to decide says why, and he was told of this try.
  expect(
    await lire(`select id_livraison from public.livraisons as l where id_utilisateur = $1 and statut_livraison in ('echec', 'sans_livreur')
      and (raison_statut is null or motif_statut is null or not exists (select from public.notifications as n
        where n.id_utilisateur = l.id_utilisateur and n.reference_element_id = l.id_livraison
          and n.cle_unicite similar to format('livraison:%s:(echec|personne|renonce):%s%%', l.id_livraison, l.version_code)))`),
  ).toEqual([]);

  // Two never had the same try of a delivery; nobody was asked twice in a round, nor after he had refused.
  expect(
    await lire(`select id_livraison, version_code from public.propositions_livraison where id_utilisateur = $1 and statut = 'acceptee'
      group by id_livraison, version_code having count(distinct id_livreur) > 1`),
  ).toEqual([]);
  expect(
    await lire(`with demandes as (
        select p.* from public.propositions_livraison as p join public.messages as m
          on m.id_utilisateur = p.id_utilisateur and (m.charge_utile ->> 'proposition')::bigint = p.id_proposition
            and m.cle_idempotence like 'livraison:%:proposition:%' where p.id_utilisateur = $1)
      select d.id_proposition from demandes as d where exists (select from public.propositions_livraison as r
        where r.id_livraison = d.id_livraison and r.id_livreur = d.id_livreur and r.rang < d.rang
          and (r.statut = 'refusee' or (r.tour, r.version_code) = (d.tour, d.version_code)))`),
  ).toEqual([]);

  // What the shop wrote stands once, and reached a phone at most once.
  expect(
    await lire(
      `select cle_idempotence from public.messages where id_utilisateur = $1 and cle_idempotence is not null group by 1 having count(*) > 1`,
    ),
  ).toEqual([]);
  const journal = (await (await fetch(`${p.graphUrl}/_journal`)).json()) as {
    statut: number;
    corps: { biz_opaque_callback_data?: string } | null;
  }[];
  // Without the attempt: what was accepted once is not sent again.
  const marques = journal.flatMap(({ statut, corps }) =>
    statut === 200 && corps?.biz_opaque_callback_data
      ? [corps.biz_opaque_callback_data.replace(/\.\d+$/, '')]
      : [],
  );
  expect(marques.filter((m, i) => marques.indexOf(m) !== i)).toEqual([]);
  expect(marques.length).toBeGreaterThan(COURSES * 4);

  // Each arrival: thanked, told and counted once, proven by the code of that try or concluded by the vendor.
  expect(
    await lire(`select l.id_livraison, l.preuve_livraison,
        (select count(*)::integer from public.messages as m where m.id_utilisateur = l.id_utilisateur and m.cle_idempotence like format('livraison:%s:livree:%%', l.id_livraison)) as merci,
        (select count(*)::integer from public.notifications as n where n.id_utilisateur = l.id_utilisateur and n.cle_unicite like format('livraison:%s:livree:%%', l.id_livraison)) as avis
      from public.livraisons as l where l.id_utilisateur = $1 and l.statut_livraison = 'livree'
      order by 1`),
  ).toEqual(
    bilan
      .filter((c) => c.statut === 'livree')
      .map((c) => ({ id_livraison: c.id, preuve_livraison: 'code', merci: 1, avis: 1 })),
  );
  expect(
    await lire(`select id_livreur from public.livreurs as r where id_utilisateur = $1 and nombre_livraisons_total is distinct from
      (select count(*)::integer from public.livraisons as l where l.id_livreur = r.id_livreur and l.statut_livraison = 'livree')`),
  ).toEqual([]);

  // What people said was kept once each, and of couriers each word was worked on once and answered at most once.
  const gardes = await lire(`select identifiant_message_whatsapp as wamid from public.messages
    where id_utilisateur = $1 and direction_message = 'entrant' order by id_message`);
  expect(gardes.map((m) => m.wamid).sort()).toEqual(
    telephones.dits
      .filter(({ de }) => de !== telephoneVendeur)
      .map(({ wamid }) => wamid)
      .sort(),
  );
  expect(
    await lire(`select message from pgmq.a_assigner_livraisons where message ->> 'genre' in ('livreur', 'client') and $1::uuid is not null
      group by message having count(*) > 1`),
  ).toEqual([]);
  const [repondus] = await p.sql`select
    (select count(*)::integer from public.messages where id_utilisateur = ${v.id} and avec_livreur and direction_message = 'entrant') as dits,
    (select count(*)::integer from public.messages where id_utilisateur = ${v.id}
      and cle_idempotence similar to 'livreur:%|livraison:%:(reponse|terminee):%') as reponses`;
  expect(repondus?.reponses).toBe(repondus?.dits);
  const [offres] = await p.sql`select
    (select count(*)::integer from public.messages where id_utilisateur = ${v.id} and cle_idempotence like 'livraison:%:reponse:%') as dites,
    (select count(*)::integer from public.messages as e where e.id_utilisateur = ${v.id} and e.identifiant_message_whatsapp = any (${acteurs.reponses})
      and exists (select from public.messages as m where m.id_utilisateur = e.id_utilisateur and m.cle_idempotence = 'livreur:' || e.id_message)) as autrement`;
  expect(offres?.dites + offres?.autrement).toBe(acteurs.reponses.length);
});
