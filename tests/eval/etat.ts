// How things stand in the conversations of a run, in one look: what was said since, basket, orders.
import type postgres from 'postgres';
import type { CommandeVue, EtatVu, LigneVue, MessageVu } from './juge.ts';

export type Vu = { id_utilisateur: string; id_conversation: number; nouveaux: MessageVu[]; etat: EtatVu };

type Ligne = {
  article: string;
  attributs: Record<string, string> | null;
  quantite: number;
  prix_unitaire: number;
};
type Brut = {
  id_utilisateur: string;
  id_conversation: number;
  ia: boolean;
  desabonne: boolean;
  recapitulatif: number | null;
  panier: {
    lignes: Ligne[];
    manque: string[];
    recapitule: boolean;
    adresse: string | null;
    nom: string | null;
  } | null;
  commandes: (Omit<CommandeVue, 'lignes'> & { lignes: Ligne[] })[];
  messages: { id_message: number; type: string; texte: string; charge: Charge | null }[];
};
type Choix = { id: string; titre: string; description?: string };
type Charge = { boutons?: Choix[]; liste?: { bouton: string; sections: { lignes: Choix[] }[] } };

/** `depuis`: the last message that was looked at. */
export async function regarder(sql: postgres.Sql, vendeurs: string[], depuis: number): Promise<Vu[]> {
  const bruts = await sql<Brut[]>`
    select c.id_utilisateur, c.id_conversation, c.ia_activee as ia, p.desabonne_le is not null as desabonne,
      (c.panier #>> '{recapitulatif,id_message}')::bigint as recapitulatif,
      (select jsonb_build_object('manque', x.p -> 'manque', 'recapitule', x.p -> 'recapitule', 'adresse', x.p -> 'adresse', 'nom', x.p -> 'nom',
          'lignes', (select coalesce(jsonb_agg(jsonb_build_object('article', l ->> 'nom_produit', 'attributs', l -> 'attributs',
            'quantite', l -> 'quantite', 'prix_unitaire', l -> 'prix_unitaire')), '[]') from jsonb_array_elements(x.p -> 'lignes') as l))
       from (select prive.chiffrer_panier(c.id_utilisateur, c.id_prospect, c.panier) as p) as x) as panier,
      (select coalesce(jsonb_agg(jsonb_build_object('numero', o.numero_commande, 'statut', o.statut_commande, 'total', o.montant_total,
          'frais', o.frais_livraison, 'a_payer', o.montant_a_payer, 'adresse', o.adresse_livraison, 'methode', o.methode_paiement,
          'lignes', (select coalesce(jsonb_agg(jsonb_build_object('article', a.nom_produit, 'attributs', v.attributs,
              'quantite', d.quantite_commandee, 'prix_unitaire', d.prix_unitaire)), '[]')
            from public.details_commande as d join public.produits as a on a.id_produit = d.id_produit
            left join public.variantes_produit as v on v.id_variante = d.id_variante where d.id_commande = o.id_commande))
          order by o.id_commande), '[]')
       from public.commandes as o where o.id_prospect = c.id_prospect and o.id_utilisateur = c.id_utilisateur) as commandes,
      (select coalesce(jsonb_agg(jsonb_build_object('id_message', m.id_message, 'type', m.type_message, 'texte', m.contenu_message,
          'charge', m.charge_utile) order by m.id_message), '[]')
       from public.messages as m where m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur
         and m.id_message > ${depuis} and m.direction_message = 'sortant') as messages
    from public.conversations as c join public.prospects as p on p.id_prospect = c.id_prospect
    where c.id_utilisateur = any (${vendeurs}::uuid[])`;
  return bruts.map(({ messages, commandes, panier, ...b }) => ({
    id_utilisateur: b.id_utilisateur,
    id_conversation: b.id_conversation,
    nouveaux: messages.map(messageVu),
    etat: {
      ia: b.ia,
      desabonne: b.desabonne,
      recapitulatif: b.recapitulatif,
      panier: panier && { ...panier, lignes: panier.lignes.map(ligneVue) },
      commandes: commandes.map((c) => ({ ...c, lignes: c.lignes.map(ligneVue) })),
    },
  }));
}

function messageVu(m: Brut['messages'][number]): MessageVu {
  const lignes = [
    ...(m.charge?.boutons ?? []),
    ...(m.charge?.liste?.sections.flatMap((s) => s.lignes) ?? []),
  ];
  return {
    ...{ id_message: m.id_message, type: m.type, texte: m.texte },
    choix: lignes.map(({ id, titre }) => ({ id, titre })),
    entier: [m.texte, ...lignes.map((l) => `${l.titre}${l.description ? ` – ${l.description}` : ''}`)].join(
      '\n',
    ),
  };
}

const ligneVue = (l: Ligne): LigneVue => ({
  ...l,
  attributs: l.attributs ?? {},
  prix_unitaire: Number(l.prix_unitaire),
});
