// Deliveries for tests of what is told about them: a shop that asks no courier by itself, a customer and couriers who have just written,
// orders with their delivery moved by hand, and the jobs this leaves, done one after the other.
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { creerArticle } from './commandes.ts';
import type { TestDatabase } from './database.ts';
import { creerVendeur, loinDeMinuit, type Vendeur } from './vendeurs.ts';

export type Personne = { prospect: number; conversation: number; numero: string };
export type Livreur = Personne & { id: number };
export type Livraison = { id: number; commande: number; numero: string; client: Personne };
export type Dit = { cle: string; contenu: string; charge: Record<string, unknown>; statut: string };
type Base = Pick<TestDatabase, 'sql'>;

let personnes = 0;

/** Somebody who wrote an hour ago: Meta's 24 hours are open. */
export async function creerPersonne(
  { sql }: Base,
  v: Vendeur,
  nom = 'Aya Koné',
  numero?: string,
): Promise<Personne> {
  personnes += 1;
  const sien = numero ?? `+22506${String(personnes).padStart(8, '0')}`;
  const [p] =
    await sql`insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, identifiant_whatsapp, nom_complet)
    values (${v.id}, ${sien}, ${sien}, ${sien.slice(1)}, ${nom}) returning id_prospect`;
  const [c] =
    await sql`insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, dernier_message_recu, fenetre_expire_le)
    values (${v.id}, ${p?.id_prospect}, ${v.idCompte}, prive.maintenant() - interval '1 hour', prive.maintenant() + interval '23 hours')
    returning id_conversation`;
  return { prospect: p?.id_prospect, conversation: c?.id_conversation, numero: sien };
}

export async function ouvrirScene(d: Base) {
  const { sql } = d;
  const v = await creerVendeur(sql, { articles: [] });
  await sql`update public.utilisateurs_fluxasync set livraison_auto = false where id_utilisateur = ${v.id}`;
  await loinDeMinuit(sql, v.id);
  const article = await creerArticle({ sql } as TestDatabase, v.id, { prix: 45_000, stocks: [5_000] });
  const client = await creerPersonne(d, v);

  async function livreur(nom = 'Mamadou Diabaté'): Promise<Livreur> {
    personnes += 1;
    const numero = `+22507${String(personnes).padStart(8, '0')}`;
    const [l] =
      await sql`insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur, disponible_maintenant)
      values (${v.id}, ${nom}, ${numero}, false) returning id_livreur`;
    const personne = await creerPersonne(d, v, nom, numero);
    await sql`update public.conversations set id_livreur = ${l?.id_livreur} where id_conversation = ${personne.conversation}`;
    return { ...personne, id: l?.id_livreur };
  }

  /** A confirmed order of 46,500 with its delivery, which nobody carries yet. */
  async function livraison(
    o: { client?: Personne; methode?: string; adresse?: string } = {},
  ): Promise<Livraison> {
    const qui = o.client ?? client;
    const [c] =
      await sql`insert into public.commandes (id_utilisateur, id_prospect, id_conversation, cle_idempotence, frais_livraison,
        adresse_livraison, methode_paiement)
      values (${v.id}, ${qui.prospect}, ${qui.conversation}, ${randomUUID()}, 1500, ${o.adresse ?? 'Cocody, Angré'},
        ${o.methode ?? 'paiement_livraison'}) returning id_commande, numero_commande`;
    await sql`insert into public.details_commande (id_commande, id_produit, id_variante, quantite_commandee)
      values (${c?.id_commande}, ${article.id_produit}, ${article.variantes[0] ?? 0}, 1)`;
    await sql`update public.commandes set statut_commande = 'confirmee' where id_commande = ${c?.id_commande}`;
    const [l] =
      await sql`select service.planifier_livraison(${v.id}, ${c?.id_commande}, null, null, null) as id`;
    return { id: l?.id, commande: c?.id_commande, numero: c?.numero_commande, client: qui };
  }

  const etat = async (l: Livraison) =>
    (await sql`select * from public.livraisons where id_livraison = ${l.id}`)[0] as postgres.Row;

  /** As whoever may: the rules are triggers. */
  async function bouger(l: Livraison, statut: string, autres: Record<string, unknown> = {}): Promise<void> {
    await sql`update public.livraisons set ${sql({ statut_livraison: statut, ...autres })} where id_livraison = ${l.id}`;
  }

  return {
    v,
    client,
    livreur,
    livraison,
    etat,
    bouger,
    travaux: () =>
      sql<{ msg_id: number; message: Record<string, unknown> }[]>`
        select msg_id, message from pgmq.q_assigner_livraisons where message ->> 'genre' in ('annonce', 'client') order by msg_id`,

    /** Does all jobs of announcements and taps, in order; what they did. */
    async vider(): Promise<string[]> {
      const faits: string[] = [];
      for (const { msg_id } of await this.travaux()) {
        const [r] = await sql`select service.traiter_livraison(${msg_id}) as fait`;
        faits.push(r?.fait);
      }
      await sql`delete from pgmq.q_assigner_livraisons`;
      return faits;
    },

    /** What the shop wrote to a person, oldest first. */
    dits: (p: Personne) =>
      sql<
        Dit[]
      >`select m.cle_idempotence as cle, m.contenu_message as contenu, m.charge_utile as charge, m.statut_livraison as statut
        from public.messages as m join public.conversations as c using (id_conversation)
        where c.id_prospect = ${p.prospect} and m.direction_message = 'sortant' order by m.id_message`,

    /** Keys of what the vendor was told, oldest first. */
    avis: async (): Promise<string[]> =>
      (
        await sql`select cle_unicite from public.notifications
          where id_utilisateur = ${v.id} and cle_unicite like 'livraison:%' order by id_notification`
      ).map((n) => n.cle_unicite),

    fermer: (p: Personne) => sql`update public.conversations
      set fenetre_expire_le = prive.maintenant() - interval '1 hour', dernier_message_recu = prive.maintenant() - interval '25 hours'
      where id_conversation = ${p.conversation}`,

    /** A tap on a button, as the webhook keeps it. */
    async toucher(p: Personne, bouton: string): Promise<number> {
      const charge = { interactive: { type: 'button_reply', button_reply: { id: bouton, title: 'Oui' } } };
      const [m] =
        await sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp,
          direction_message, type_message, contenu_message, charge_utile, sans_reponse)
        select c.id_utilisateur, c.id_conversation, c.id_compte_whatsapp, ${`wamid.${randomUUID()}`}, 'entrant', 'interactif', 'Oui',
          ${sql.json(charge)}, true from public.conversations as c where c.id_conversation = ${p.conversation}
        returning id_message`;
      await sql`select prive.demander_livraison(${sql.json({ genre: 'client', id_conversation: p.conversation, id_message: m?.id_message })})`;
      return m?.id_message;
    },
  };
}

export type Scene = Awaited<ReturnType<typeof ouvrirScene>>;
