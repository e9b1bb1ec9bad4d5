// A shop with a few articles, and prospects who talk to the automaton in it: from the stored message to the recorded reply, straight on
// Postgres as service_role with its lock_timeout. Nothing is sent.
import postgres from 'postgres';
import type { ModeleIA, PanierChiffre } from '../../functions/conversation/modele-ia.ts';
import { repondreProspects } from '../../functions/conversation/repondre-prospects.ts';
import type { BaseService } from '../../functions/shared/base-service.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { creerVendeur, loinDeMinuit } from '../helpers/vendeurs.ts';
import { automate, dit, type Ordre } from './automate.ts';

export type Article = { id_produit: number; variantes: number[] };
export type Vente = Awaited<ReturnType<typeof ouvrirVente>>;

export const ADRESSE = 'Cocody Angré, derrière la pharmacie';
export const COMPLET = {
  action: 'completer',
  adresse: ADRESSE,
  methode_paiement: 'wave',
} as const;

export async function ouvrirVente(connexions = 4) {
  const d: TestDatabase = await openDatabase();
  const { sql } = d;
  const monde = postgres(d.adminUrl, {
    max: connexions,
    onnotice: () => {},
    connection: { lock_timeout: 500 },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  });
  await sql`update prive.reglages set valeur = 0 where nom = 'attente_rafale_ms'`;
  let personnes = 0;
  let wamids = 0;

  async function repondre(
    modele: ModeleIA = automate(),
    base: BaseService = baseSql(monde),
  ): Promise<string[]> {
    const erreurs: string[] = [];
    await repondreProspects({
      base,
      modele,
      meta: { appeler: async () => ({ bon: true, corps: { success: true } }) as never },
      releve: { ecrire: async () => {} },
      journal: (niveau, evenement, details) => {
        if (niveau === 'erreur' || evenement === 'reponse_ecartee')
          erreurs.push(`${evenement} ${JSON.stringify(details)}`);
      },
      maintenant: () => Date.now(),
      toutesLes: () => () => {},
      reveiller: () => {},
    });
    return erreurs;
  }

  async function ecrire(conversation: number, ordre: Ordre | string): Promise<number> {
    wamids += 1;
    const [m] = await sql<{ id_message: number }[]>`
      insert into public.messages (id_conversation, direction_message, contenu_message, identifiant_message_whatsapp)
      values (${conversation}, 'entrant', ${typeof ordre === 'string' ? ordre : dit(ordre)}, ${`wamid.vente-${wamids}`})
      returning id_message`;
    await sql`select prive.demander_reponse(${conversation}, ${m?.id_message ?? 0})`;
    return m?.id_message ?? 0;
  }

  return {
    ...{ d, sql, monde, repondre, ecrire },
    base: baseSql(monde),

    /** With two zones: Cocody 1 500, everywhere else 3 000. It is about noon where he lives, unless the test sets the hour itself. */
    async vendeur({ aMidi = true }: { aMidi?: boolean } = {}) {
      const v = await creerVendeur(sql, { articles: [] });
      if (aMidi) await loinDeMinuit(sql, v.id);
      await sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours)
        values (${v.id}, 'Cocody', 'Cocody', 1500, 1), (${v.id}, 'Ailleurs', '*', 3000, 2)`;
      return v;
    },

    async article(vendeur: string, o: { prix: number; stocks: number[]; nom?: string }): Promise<Article> {
      const [p] = await sql<{ id_produit: number }[]>`
        insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, quantite_stock)
        values (${vendeur}, ${o.nom ?? 'Sandale'}, ${o.prix}, ${o.stocks.length === 1 ? (o.stocks[0] ?? 0) : 0}) returning id_produit`;
      const id_produit = p?.id_produit ?? 0;
      if (o.stocks.length === 1) return { id_produit, variantes: [] };
      const variantes = await sql<{ id_variante: number }[]>`
        insert into public.variantes_produit (id_produit, attributs, quantite_stock)
        select ${id_produit}, jsonb_build_object('taille', n), s from unnest(${o.stocks}::integer[]) with ordinality as t (s, n) order by n
        returning id_variante`;
      return { id_produit, variantes: variantes.map((v) => v.id_variante) };
    },

    /** Somebody who has just written for the first time: his conversation. */
    async prospect(v: { id: string; idCompte: number }, nom: string | null = 'Awa Koné') {
      personnes += 1;
      const [c] = await sql<{ id_conversation: number; id_prospect: number }[]>`
        with p as (
          insert into public.prospects (id_utilisateur, identifiant_whatsapp, numero_whatsapp, nom_complet)
          values (${v.id}, ${`p${personnes}`}, ${`+22507${String(personnes).padStart(8, '0')}`}, ${nom}) returning id_prospect)
        insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, fenetre_expire_le)
        select ${v.id}, id_prospect, ${v.idCompte}, prive.maintenant() + interval '1 day' from p returning id_conversation, id_prospect`;
      if (!c) throw new Error('no conversation');
      return c;
    },

    /** He says it and is answered: the words of the answer, all of them. */
    async dire(conversation: number, ordre: Ordre | string, modele: ModeleIA = automate()): Promise<string> {
      const message = await ecrire(conversation, ordre);
      const erreurs = await repondre(modele);
      const lignes = await sql`select contenu_message from public.messages
        where id_conversation = ${conversation} and direction_message = 'sortant' and repond_jusqu_a >= ${message} order by id_message`;
      return [...lignes.map((l) => l.contenu_message), ...erreurs].join(' | ');
    },

    /** What there is of an order, all of it or nothing of it. */
    async bilan(vendeur: string) {
      const [b] = await sql`select
        (select count(*)::integer from public.commandes where id_utilisateur = ${vendeur}) as commandes,
        (select count(*)::integer from public.livraisons where id_utilisateur = ${vendeur}) as livraisons,
        (select count(*)::integer from public.notifications where id_utilisateur = ${vendeur} and cle_unicite like 'commande:%') as avis,
        (select count(*)::integer from public.messages where id_utilisateur = ${vendeur} and contenu_message like 'Commande CMD-%'
          and direction_message = 'sortant') as confirmations,
        (select coalesce(sum(nombre_commandes_total), 0)::integer from public.prospects where id_utilisateur = ${vendeur}) as comptees`;
      return b as unknown as Record<
        'commandes' | 'livraisons' | 'avis' | 'confirmations' | 'comptees',
        number
      >;
    },

    async stock(a: Article): Promise<number> {
      const [p] = await sql`select quantite_stock from public.produits where id_produit = ${a.id_produit}`;
      return p?.quantite_stock;
    },

    async panier(conversation: number) {
      const [c] =
        await sql`select prive.chiffrer_panier(id_utilisateur, id_prospect, panier) as chiffre, panier as brut, etape, ia_activee, main_depuis
        from public.conversations where id_conversation = ${conversation}`;
      return c as unknown as {
        chiffre: PanierChiffre;
        brut: Record<string, unknown>;
        etape: string;
        ia_activee: boolean;
        main_depuis: Date | null;
      };
    },

    avis: (vendeur: string) =>
      sql<{ cle: string; contenu: string }[]>`select cle_unicite as cle, contenu_notification as contenu
        from public.notifications where id_utilisateur = ${vendeur} order by id_notification`,

    async avancer(secondes: number): Promise<void> {
      await sql`update prive.horloge set decalage = decalage + make_interval(secs => ${secondes})`;
      await sql`update pgmq.q_repondre_prospects set vt = vt - make_interval(secs => ${secondes})`;
    },

    async fermer(): Promise<void> {
      await monde.end({ timeout: 1 });
      await d.close();
    },
  };
}

export const mettre = (a: Article, quantite = 1, variante = 0) =>
  ({
    action: 'mettre',
    id_produit: a.id_produit,
    id_variante: a.variantes[variante] ?? null,
    quantite,
  }) as const;

export const UNE = { commandes: 1, livraisons: 1, avis: 1, confirmations: 1, comptees: 1 };
export const AUCUNE = { commandes: 0, livraisons: 0, avis: 0, confirmations: 0, comptees: 0 };
