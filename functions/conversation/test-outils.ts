// What tests of an engine need: its tools on a real database, and a conversation to talk in.
// All runs as service_role, as in the product, so that missing rights show.
import type postgres from 'postgres';
import { baseSql } from '../../tests/helpers/base-sql.ts';
import { creerVendeur, loinDeMinuit } from '../../tests/helpers/vendeurs.ts';
import type { Etape, MethodePaiement, ModeleIA, Outils, PanierChiffre } from './modele-ia.ts';
import { ouvrirSession } from './outils-service.ts';
import { repondreProspects } from './repondre-prospects.ts';

/** Each variant is its attributs, stock and, when it differs from the product's, price. */
export type ArticleEssai = {
  nom: string;
  prix: number;
  categorie?: string;
  stock?: number;
  actif?: boolean;
  description?: string;
  photo?: boolean;
  variantes?: [attributs: Record<string, string>, stock: number, prix?: number][];
};

export function pointures(stocks: Record<string, number>): [Record<string, string>, number][] {
  return Object.entries(stocks).map(([pointure, stock]) => [{ pointure }, stock]);
}

/** The seeds' catalogue, with sizes, one of them sold out, and a product no longer sold. */
export const chaussures: ArticleEssai[] = [
  {
    nom: 'Nike Air Max 90',
    prix: 45_000,
    categorie: 'Chaussures',
    variantes: pointures({ 37: 2, 38: 5, 39: 3, 40: 0, 42: 4 }),
  },
  {
    nom: 'Adidas Stan Smith',
    prix: 35_000,
    categorie: 'Chaussures',
    variantes: pointures({ 38: 1, 39: 5, 41: 2 }),
  },
  {
    nom: 'Puma Suede Classic',
    prix: 30_000,
    categorie: 'Chaussures',
    variantes: pointures({ 39: 4, 40: 4 }),
  },
  { nom: 'Reebok Club C', prix: 20_000, categorie: 'Chaussures', actif: false },
];

export async function outilsSql(sql: postgres.Sql, idConversation: number): Promise<Outils> {
  const [ligne] = await sql<{ panier: PanierChiffre }[]>`
    select prive.chiffrer_panier(id_utilisateur, id_prospect, panier) as panier
    from public.conversations where id_conversation = ${idConversation}`;
  if (!ligne) throw new Error(`no conversation ${idConversation}`);
  return ouvrirSession(baseSql(sql), idConversation, ligne.panier).outils;
}

/** What else a vendor has said of his shop, and who writes to him. */
export type Cadre = {
  prospect?: string | null;
  sansNumero?: boolean;
  adresse?: string;
  retrait?: boolean;
  paiements?: MethodePaiement[];
  heures?: Record<string, string[]>;
  politiques?: Record<string, string>;
};

/** A vendor with this catalogue and a prospect who has just opened a conversation with him. */
export async function ouvrirConversation(
  sql: postgres.Sql,
  articles: ArticleEssai[],
  cadre: Cadre = {},
): Promise<number> {
  await sql`update prive.reglages set valeur = 0 where nom = 'attente_rafale_ms'`;
  const vendeur = await creerVendeur(sql, { articles: [] });
  await loinDeMinuit(sql, vendeur.id);
  await sql`update public.utilisateurs_fluxasync set adresse_recuperation = ${cadre.adresse ?? null},
      retrait_possible = ${cadre.retrait ?? false}, politiques = ${sql.json(cadre.politiques ?? {})},
      heures_ouverture = ${sql.json(cadre.heures ?? {})},
      moyens_paiement = ${cadre.paiements ?? ['paiement_livraison', 'orange_money', 'mtn_money', 'wave']}
    where id_utilisateur = ${vendeur.id}`;
  await sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours)
    values (${vendeur.id}, 'Abidjan nord', 'Cocody, Yopougon, Abobo, Adjamé', 1500, 1),
      (${vendeur.id}, 'Abidjan sud', 'Marcory, Koumassi, Treichville, Port-Bouët', 2000, 1)`;
  for (const a of articles) {
    const [produit] = await sql<{ id_produit: number }[]>`
      insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, categorie_produit, quantite_stock, produit_actif, description_produit, urls_images)
      values (${vendeur.id}, ${a.nom}, ${a.prix}, ${a.categorie ?? null}, ${a.variantes ? 0 : (a.stock ?? 10)}, ${a.actif ?? true}, ${a.description ?? null}, ${a.photo ? [`https://exemple.test/${encodeURIComponent(a.nom)}.jpg`] : []})
      returning id_produit`;
    for (const [attributs, stock, prix] of a.variantes ?? []) {
      await sql`insert into public.variantes_produit (id_produit, attributs, quantite_stock, prix_unitaire)
        values (${produit?.id_produit ?? 0}, ${sql.json(attributs)}, ${stock}, ${prix ?? null})`;
    }
  }
  const [conversation] = await sql<{ id_conversation: number }[]>`
    with prospect as (
      insert into public.prospects (id_utilisateur, identifiant_whatsapp, numero_whatsapp, nom_complet)
      values (${vendeur.id}, 'essai', ${cadre.sansNumero ? null : '+2250598765432'}, ${cadre.prospect === undefined ? 'Aminata Traoré' : cadre.prospect}) returning id_prospect)
    insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, fenetre_expire_le)
    select ${vendeur.id}, id_prospect, ${vendeur.idCompte}, now() + interval '1 day' from prospect returning id_conversation`;
  return conversation?.id_conversation ?? 0;
}

export type Dit = string | { type: string; texte?: string; charge?: object };
export type Recue = {
  /** The words of the reply. */
  texte: string;
  messages: { type_message: string; contenu_message: string; charge_utile: Record<string, unknown> | null }[];
  confiance: number;
  modele: string;
  main: string | null;
  etape: Etape;
};
export type Dialogue = { dire(...messages: Dit[]): Promise<Recue> };

let suivant = 0;

/** Plays a conversation as the product does, from the stored message to the recorded reply; nothing is sent. */
export function dialoguer(sql: postgres.Sql, idConversation: number, modele: ModeleIA): Dialogue {
  return {
    async dire(...messages) {
      let dernier = 0;
      for (const dit of messages) {
        suivant += 1;
        const m = typeof dit === 'string' ? { type: 'texte', texte: dit } : dit;
        const charge = 'charge' in m && m.charge ? JSON.stringify(m.charge) : null;
        const [ligne] = await sql<{ id_message: number }[]>`
          insert into public.messages (id_conversation, direction_message, type_message, contenu_message, charge_utile, identifiant_message_whatsapp)
          values (${idConversation}, 'entrant', ${m.type}, ${m.texte ?? ''}, ${charge}::text::jsonb, ${`wamid.essai-${process.pid}-${suivant}`})
          returning id_message`;
        dernier = Number(ligne?.id_message);
      }
      await sql`select prive.demander_reponse(${idConversation}, ${dernier})`;
      await repondreProspects({
        base: baseSql(sql),
        modele,
        meta: { appeler: async () => ({ bon: true, corps: { success: true } }) as never },
        releve: { ecrire: async () => {} },
        journal: (niveau, evenement, details) => {
          if (niveau === 'erreur') throw new Error(`${evenement} ${JSON.stringify(details)}`);
        },
        maintenant: () => Date.now(),
        toutesLes: () => () => {},
        reveiller: () => {},
      });
      const recus = await sql<
        (Recue['messages'][number] & { confiance: number; modele: string; etape: Etape })[]
      >`
        select m.type_message, m.contenu_message, m.charge_utile, m.score_confiance_ia::float8 as confiance, m.modele_ia as modele, c.etape
        from public.messages as m join public.conversations as c using (id_conversation)
        where m.id_conversation = ${idConversation} and m.direction_message = 'sortant' and m.repond_jusqu_a = ${dernier}
        order by m.id_message`;
      const fin = recus.at(-1);
      if (!fin) throw new Error('no reply was recorded');
      const { confiance, modele: quel, etape } = fin;
      const main = fin.charge_utile?.passage_de_main;
      return {
        texte: recus
          .map((m) => m.contenu_message)
          .filter((t) => t !== '')
          .join('\n'),
        messages: recus.map(({ type_message, contenu_message, charge_utile }) => ({
          type_message,
          contenu_message,
          charge_utile,
        })),
        confiance,
        modele: quel,
        main: typeof main === 'string' ? main : null,
        etape,
      };
    },
  };
}
