// A shop with couriers and deliveries for tests, and the jobs that look for couriers, done as the function does them.
import type postgres from 'postgres';
import { z } from 'zod';
import { baseSql } from '../helpers/base-sql.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

export type Livreur = { id: number; numero: string; conversation: number | null };
export type Proposition = {
  id: number;
  livraison: number;
  livreur: number;
  rang: number;
  tour: number;
  statut: string;
  score: number | null;
  motif: string | null;
};

/** Cocody, Saint-Jean: where the shops of these tests are. */
export const BOUTIQUE = { latitude: 5.3364, longitude: -3.9967 };

let suivant = 0;

/** A vendor whose couriers are asked at any hour; articles: none. */
export async function creerBoutique(
  d: TestDatabase,
  colonnes: Record<string, unknown> = {},
): Promise<Vendeur> {
  const v = await creerVendeur(d.sql, { articles: [{ nom: 'Sac', prix: 10_000, stock: 100_000 }] });
  await d.sql`update public.utilisateurs_fluxasync set ${d.sql({
    livreurs_de: '00:00',
    livreurs_a: '00:00',
    adresse_recuperation: 'Cocody Saint-Jean, face à l’église',
    ...BOUTIQUE,
    ...colonnes,
  })} where id_utilisateur = ${v.id}`;
  return v;
}

/** A courier; ouvert: he has written to the shop within 24 hours (true), a day ago (false), never (null). */
export async function creerLivreur(
  d: TestDatabase,
  v: Vendeur,
  colonnes: Record<string, unknown> = {},
  ouvert: boolean | null = true,
): Promise<Livreur> {
  suivant += 1;
  const numero = `+22505${String(10_000_000 + suivant)}`;
  const [l] = await d.sql<{ id: number }[]>`insert into public.livreurs ${d.sql({
    id_utilisateur: v.id,
    nom_complet_livreur: `Livreur${suivant} Essai`,
    numero_telephone_livreur: numero,
    ...colonnes,
  })} returning id_livreur as id`;
  const id = l?.id ?? 0;
  if (ouvert === null) return { id, numero, conversation: null };
  const [c] = await d.sql<{ id: number }[]>`
    with p as (
      insert into public.prospects (id_utilisateur, numero_whatsapp, identifiant_whatsapp, est_livreur)
      values (${v.id}, ${numero}, ${numero.slice(1)}, true) returning id_prospect)
    insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, id_livreur, dernier_message_recu, fenetre_expire_le)
    select ${v.id}, p.id_prospect, ${v.idCompte}, ${id}, prive.maintenant() - ${ouvert ? '1 minute' : '2 days'}::interval,
      prive.maintenant() + ${ouvert ? '30 days' : '-1 day'}::interval from p
    returning id_conversation as id`;
  return { id, numero, conversation: c?.id ?? 0 };
}

/** An order that is confirmed, and its delivery for which couriers are asked from now on. */
export async function creerCourse(
  d: TestDatabase,
  v: Vendeur,
  colonnes: Record<string, unknown> = {},
  commande: Record<string, unknown> = {},
): Promise<number> {
  suivant += 1;
  return d.sql.begin(async (tx) => {
    const [c] = await tx<{ id: number }[]>`
      with p as (
        insert into public.prospects (id_utilisateur, numero_telephone, nom_complet)
        values (${v.id}, ${`+22507${String(10_000_000 + suivant)}`}, 'Awa Koné') returning id_prospect)
      insert into public.commandes ${
        // Without an address: this delivery is the only one it gets.
        tx.unsafe('(id_utilisateur, id_prospect, telephone_livraison, methode_paiement)')
      } select ${v.id}, id_prospect, ${(commande.telephone_livraison as string) ?? null}, ${(commande.methode_paiement as string) ?? 'paiement_livraison'} from p
      returning id_commande as id`;
    const id_commande = c?.id ?? 0;
    await tx`
      insert into public.details_commande (id_commande, id_produit, quantite_commandee)
      select ${id_commande}, id_produit, 1 from public.produits where id_utilisateur = ${v.id} limit 1`;
    await tx`update public.commandes set statut_commande = 'confirmee' where id_commande = ${id_commande}`;
    const [l] = await tx<{ id: number }[]>`insert into public.livraisons ${tx({
      id_commande,
      id_utilisateur: v.id,
      adresse_destination: 'Cocody Angré 8e tranche',
      frais_livraison: 1_500,
      demander_le: (await tx`select prive.maintenant() as t`)[0]?.t,
      ...colonnes,
    })} returning id_livraison as id`;
    return l?.id ?? 0;
  }) as Promise<number>;
}

/** Takes jobs as pgmq.read does. Those of other kinds (announcements, …) are no matter of these tests. */
export async function prendre(sql: postgres.Sql): Promise<number[]> {
  const lot = await sql<{ msg_id: number }[]>`
    update pgmq.q_assigner_livraisons set vt = clock_timestamp() + interval '60 seconds', read_ct = read_ct + 1
    where msg_id = any (array(
      select msg_id from pgmq.q_assigner_livraisons where vt <= clock_timestamp() and message ->> 'genre' = 'chercher'
      order by msg_id limit 20 for update skip locked))
    returning msg_id`;
  return lot.map((t) => t.msg_id).sort((x, y) => x - y);
}

/** Does all jobs that look for couriers and are due, one transaction each; what they did. A failed one is thrown. */
export async function chercher(d: TestDatabase, limite = 5_000): Promise<string[]> {
  const base = baseSql(d.sql);
  const faits: string[] = [];
  for (;;) {
    const lot = await prendre(d.sql);
    if (lot.length === 0) return faits;
    for (const msg_id of lot) {
      faits.push(await base.appeler('traiter_livraison', { msg_id, lecture: null }, z.string()));
    }
    if (faits.length > limite) throw new Error('jobs without end');
  }
}

export async function avancer(d: TestDatabase, secondes: number): Promise<void> {
  await d.sql`update prive.horloge set decalage = decalage + make_interval(secs => ${secondes})`;
}

/** What cron does for offers; then the jobs it left. */
export async function balayer(d: TestDatabase): Promise<string[]> {
  await d.sql`select prive.expirer_propositions(), prive.reprendre_recherches()`;
  return chercher(d);
}

export async function propositions(d: TestDatabase, livraison: number): Promise<Proposition[]> {
  return d.sql<Proposition[]>`
    select id_proposition as id, id_livraison as livraison, id_livreur as livreur, rang, tour, statut, score::float8 as score, motif
    from public.propositions_livraison where id_livraison = ${livraison} order by rang`;
}

export async function repondre(
  d: TestDatabase,
  v: Vendeur,
  p: { id: number; livreur: number },
  accepte: boolean,
): Promise<string> {
  const [r] =
    await d.sql`select prive.repondre_proposition(${v.id}, ${p.livreur}, ${p.id}, ${accepte}) as fait`;
  return r?.fait;
}

export async function etat(d: TestDatabase, livraison: number) {
  const [l] = await d.sql<
    { statut: string; livreur: number | null; raison: string | null; motif: string | null }[]
  >`
    select statut_livraison as statut, id_livreur as livreur, raison_statut as raison, motif_statut as motif
    from public.livraisons where id_livraison = ${livraison}`;
  if (!l) throw new Error(`no delivery ${livraison}`);
  return l;
}

/** What a courier was written, oldest first. */
export async function ecrits(d: TestDatabase, l: { id: number }) {
  return d.sql<
    { contenu: string; charge: { boutons?: { id: string; titre: string }[]; proposition?: number } }[]
  >`
    select m.contenu_message as contenu, m.charge_utile as charge
    from public.messages as m join public.conversations as c using (id_conversation)
    where c.id_livreur = ${l.id} and m.avec_livreur and m.direction_message = 'sortant' order by m.id_message`;
}

export async function notifications(d: TestDatabase, livraison: number) {
  return d.sql<{ cle: string; titre: string; contenu: string }[]>`
    select cle_unicite as cle, titre_notification as titre, contenu_notification as contenu from public.notifications
    where type_reference = 'livraison' and reference_element_id = ${livraison} and cle_unicite like '%:personne:%' order by id_notification`;
}
