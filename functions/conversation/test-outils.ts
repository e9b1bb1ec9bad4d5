// What tests of an engine need: its tools on a real database, and a conversation to talk in.
// The tools run as service_role, as in the product, so that missing rights show.
import type postgres from 'postgres';
import { creerVendeur } from '../../tests/helpers/vendeurs.ts';
import type {
  Contexte,
  Etape,
  LigneChiffree,
  MessageDialogue,
  ModeleIA,
  Outils,
  ProduitTrouve,
  Reponse,
} from './modele-ia.ts';

/** Each variant is its attributs, stock and, when it differs from the product's, price. */
export type ArticleEssai = {
  nom: string;
  prix: number;
  categorie?: string;
  stock?: number;
  actif?: boolean;
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

export function outilsSql(sql: postgres.Sql, idConversation: number): Outils {
  return {
    chercherProduits: (texte) =>
      sql.begin(async (tx) => {
        await tx`set local role service_role`;
        const [ligne] = await tx<{ r: ProduitTrouve[] }[]>`
          select service.chercher_produits(${idConversation}, ${texte}) as r`;
        return ligne?.r ?? [];
      }) as Promise<ProduitTrouve[]>,
    chiffrerLigne: (idProduit, idVariante, quantite) =>
      sql.begin(async (tx) => {
        await tx`set local role service_role`;
        const [ligne] = await tx<{ r: LigneChiffree | null }[]>`
          select service.chiffrer_ligne(${idConversation}, ${idProduit}, ${idVariante}, ${quantite}) as r`;
        return ligne?.r ?? null;
      }) as Promise<LigneChiffree | null>,
  };
}

/** A vendor with this catalogue and a prospect who has just opened a conversation with him. */
export async function ouvrirConversation(sql: postgres.Sql, articles: ArticleEssai[]): Promise<number> {
  const vendeur = await creerVendeur(sql, { articles: [] });
  for (const a of articles) {
    const [produit] = await sql<{ id_produit: number }[]>`
      insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, categorie_produit, quantite_stock, produit_actif)
      values (${vendeur.id}, ${a.nom}, ${a.prix}, ${a.categorie ?? null}, ${a.variantes ? 0 : (a.stock ?? 10)}, ${a.actif ?? true})
      returning id_produit`;
    for (const [attributs, stock, prix] of a.variantes ?? []) {
      await sql`insert into public.variantes_produit (id_produit, attributs, quantite_stock, prix_unitaire)
        values (${produit?.id_produit ?? 0}, ${sql.json(attributs)}, ${stock}, ${prix ?? null})`;
    }
  }
  const [conversation] = await sql<{ id_conversation: number }[]>`
    with prospect as (
      insert into public.prospects (id_utilisateur, identifiant_whatsapp, nom_complet)
      values (${vendeur.id}, 'essai', 'Aminata Traoré') returning id_prospect)
    insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
    select ${vendeur.id}, id_prospect, ${vendeur.idCompte} from prospect returning id_conversation`;
  return conversation?.id_conversation ?? 0;
}

export type Dialogue = { dire(...messages: (string | { type: string; texte?: string })[]): Promise<Reponse> };

/** Plays a conversation: what was said and what the engine remembers is carried from turn to turn. */
export function dialoguer(moteur: ModeleIA, outils: Outils, nom: string | null = 'Aminata Traoré'): Dialogue {
  let historique: MessageDialogue[] = [];
  let memoire: Contexte['memoire'] = {};
  let etape: Etape = 'accueil';
  let suivant = 0;
  const message = (
    direction: MessageDialogue['direction'],
    type_message: string,
    texte: string,
  ): MessageDialogue => {
    suivant += 1;
    const le = new Date(Date.UTC(2026, 0, 1) + suivant * 1000).toISOString();
    return {
      id_message: suivant,
      direction,
      genere_par_ia: direction === 'sortant',
      type_message,
      texte,
      le,
    };
  };
  return {
    async dire(...messages) {
      const nouveaux = messages.map((m) =>
        typeof m === 'string' ? message('entrant', 'texte', m) : message('entrant', m.type, m.texte ?? ''),
      );
      const vendeur = { nom_entreprise: 'Boutique', devise: 'XOF', consignes_ia: null };
      const contexte = { vendeur, prospect: { nom_complet: nom }, historique, nouveaux, memoire, etape };
      const reponse = await moteur.repondre(contexte, outils);
      historique = [...historique, ...nouveaux, message('sortant', 'texte', reponse.texte)].slice(-20);
      // As it comes back from the database.
      memoire = JSON.parse(JSON.stringify(reponse.memoire));
      etape = reponse.etape;
      return reponse;
    },
  };
}
