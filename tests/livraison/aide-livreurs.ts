// A shop whose couriers write to it: from Meta's event to what has become of the delivery.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { assignerLivraisons } from '../../functions/livraison/assigner-livraisons.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { creerArticle } from '../helpers/commandes.ts';
import { d, fermerEntrant, ligne, livrer, ouvrirEntrant, v } from '../helpers/entrant.ts';
import { idDe, message, type Objet, type Personne, personne } from '../helpers/evenements-meta.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';

export type Livreur = { qui: Personne; id: number; conversation(): Promise<number> };
let article: { id_produit: number; variantes: number[] };

/** To be called once at the top of a test file: its own shop, and each test begins with nothing to do. */
export function ouvrirLivreurs(): void {
  beforeAll(async () => {
    await ouvrirEntrant();
    article = await creerArticle(d, v.id, { prix: 10_000, stocks: [100_000] });
  });
  afterAll(fermerEntrant);
  beforeEach(async () => {
    await d.sql`delete from pgmq.q_assigner_livraisons`;
    await d.sql`delete from pgmq.q_repondre_prospects`;
  });
}

export async function creerLivreur(
  o: { vendeur?: Vendeur; qui?: Personne; nom?: string } = {},
): Promise<Livreur> {
  const vendeur = o.vendeur ?? v;
  const qui = o.qui ?? personne({ nom: o.nom ?? 'Mamadou' });
  const [l] = await d.sql`
    insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
    values (${vendeur.id}, ${o.nom ?? 'Mamadou'}, ${`+${qui.numero}`}) returning id_livreur`;
  const id = l?.id_livreur;
  return {
    qui,
    id,
    async conversation() {
      const [c] = await d.sql`select prive.conversation_livreur(${vendeur.id}, ${id}) as id`;
      return c?.id;
    },
  };
}

/** An order of somebody else with its delivery, given to this courier unless `livreur` is null. */
export async function creerLivraison(
  livreur: Livreur | null,
  o: { adresse?: string; client?: string } = {},
): Promise<number> {
  const [p] =
    await d.sql`insert into public.prospects (id_utilisateur, numero_whatsapp, identifiant_whatsapp, nom_complet)
    values (${v.id}, ${`+${personne().numero}`}, ${randomUUID()}, ${o.client ?? 'Awa Koné'}) returning id_prospect`;
  const lignes = [{ id_produit: article.id_produit, id_variante: article.variantes[0], quantite: 1 }];
  const [c] =
    await d.sql`select (prive.inserer_commande(${v.id}, ${p?.id_prospect}, null, ${d.sql.json(lignes)}, ${randomUUID()},
    ${o.adresse ?? 'Cocody Angré'}, null, 'paiement_livraison', 1500, null, true) ->> 'id_commande')::bigint as id`;
  const [l] =
    await d.sql`select service.planifier_livraison(${v.id}, ${c?.id}, ${livreur?.id ?? null}, null, 1000) as id`;
  await d.sql`update public.livraisons set demander_le = null where id_livraison = ${l?.id}`;
  return l?.id;
}

export async function livraison(id: number) {
  const [l] =
    await d.sql`select l.*, c.numero_commande as numero from public.livraisons as l join public.commandes as c using (id_commande) where id_livraison = ${id}`;
  return l;
}
export const statut = async (id: number) => (await livraison(id))?.statut_livraison;
export async function code(id: number): Promise<string> {
  const [r] =
    await d.sql`select prive.code_remise(id_livraison, version_code) as code from public.livraisons where id_livraison = ${id}`;
  return r?.code;
}
export const faux = (bon: string, n = 1) => String((Number(bon) + n) % 10_000).padStart(4, '0');

/** Reads what couriers have written, as the function does; what they lead to is others'. */
export async function lire(): Promise<void> {
  await d.sql`delete from pgmq.q_assigner_livraisons where message ->> 'genre' <> 'livreur'`;
  const erreurs: unknown[] = [];
  // Of one conversation one at a time: the next one a second later.
  for (let restent = 1; restent > 0; ) {
    await assignerLivraisons({
      base: baseSql(d.sql),
      journal: (niveau, evenement, details) => {
        if (niveau === 'erreur') erreurs.push([evenement, details]);
      },
      maintenant: () => Date.now(),
      reveiller: () => {},
    });
    restent = (
      await d.sql`update pgmq.q_assigner_livraisons set vt = clock_timestamp()
        where vt < clock_timestamp() + interval '2 seconds' and message ->> 'genre' = 'livreur' returning msg_id`
    ).length;
    await d.sql`delete from pgmq.q_assigner_livraisons where message ->> 'genre' <> 'livreur'`;
  }
  expect(erreurs).toEqual([]);
}

/** One message of his, read: what he was answered to it, null for nothing. */
export async function recu(qui: Personne, m: Objet): Promise<string | null> {
  const evenement = message(v, qui, m);
  expect(await livrer(evenement)).toBe('traite');
  await lire();
  return reponse(idDe(evenement));
}
export async function reponse(wamid: string): Promise<string | null> {
  const m = await ligne(wamid);
  const r = await d.sql`select contenu_message, avec_livreur from public.messages
    where id_conversation = ${m?.id_conversation} and cle_idempotence = ${`livreur:${m?.id_message}`}`;
  expect(r.every((x) => x.avec_livreur)).toBe(true);
  expect(r.length).toBeLessThanOrEqual(1);
  return r[0]?.contenu_message ?? null;
}
export const dit = (qui: Personne, mots: string, autre: Objet = {}) =>
  recu(qui, { type: 'text', text: { body: mots }, ...autre });
export const tape = (qui: Personne, id: string) =>
  recu(qui, {
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id, title: 'Bouton' } },
  });
export const montre = (qui: Personne, caption?: string) =>
  recu(qui, {
    type: 'image',
    image: {
      id: randomUUID(),
      mime_type: 'image/jpeg',
      sha256: 'a',
      ...(caption === undefined ? {} : { caption }),
    },
  });
export const travaux = async () =>
  (await d.sql`select message - 'tentatives' as t from pgmq.q_assigner_livraisons order by msg_id`).map(
    (x) => x.t,
  );

/** He is asked for a delivery that has nobody. */
export async function proposer(
  livreur: Livreur,
  id: number,
): Promise<{ proposition: number; wamid: string }> {
  await d.sql`update public.livraisons set statut_livraison = 'a_assigner' where id_livraison = ${id} and statut_livraison = 'sans_livreur'`;
  const [p] =
    await d.sql`insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, expire_le)
    select ${v.id}, ${id}, ${livreur.id}, 1 + coalesce(max(rang), 0), prive.maintenant() + interval '5 minutes'
    from public.propositions_livraison where id_livraison = ${id} returning id_proposition`;
  const proposition = p?.id_proposition;
  const boutons = ['accepter', 'refuser'].map((a) => ({ id: `proposition:${proposition}:${a}`, titre: a }));
  const [m] =
    await d.sql`select prive.ecrire_message(${await livreur.conversation()}, 'interactif', 'Une course ?',
    ${d.sql.json({ boutons, livraison: id, proposition })}, ${`essai:${proposition}`}, true) as id`;
  const wamid = `wamid.proposition.${proposition}`;
  await d.sql`update public.messages set identifiant_message_whatsapp = ${wamid} where id_message = ${m?.id}`;
  return { proposition, wamid };
}

/** What the AI says to him as a customer. */
export async function ia(livreur: Livreur, mots: string, etape = 'qualification'): Promise<void> {
  const id = await livreur.conversation();
  await d.sql`insert into public.messages (id_conversation, direction_message, contenu_message, genere_par_ia, modele_ia)
    values (${id}, 'sortant', ${mots}, true, 'essai')`;
  await d.sql`update public.conversations set etape = ${etape} where id_conversation = ${id}`;
}
