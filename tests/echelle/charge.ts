// Rows by the hundred thousand, put in without triggers and keys: what a busy year leaves behind, in seconds.
import type postgres from 'postgres';

/** The i-th vendor of the load. */
export const vendeurDe = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;

type Colonnes = Record<string, string>;

/**
 * Rows per vendor of each table (200 and more: of a few dozen, sorting them all is as cheap as any index, and nobody minds), as expressions over `v` (the vendor's number), `u` (his id) and `n` (the row's number with him).
 * A row's own key is `cle`: unique over the table, rising with time, vendors mixed as they are in life.
 */
const TABLES: Record<string, { parVendeur: number; cle?: string; colonnes: Colonnes }> = {
  comptes_whatsapp: {
    parVendeur: 1,
    cle: 'id_compte_whatsapp',
    colonnes: {
      identifiant_compte_business: `'1'`,
      identifiant_numero_telephone: `'9' || v`,
      numero_telephone_whatsapp: `'+22507' || lpad(v::text, 8, '0')`,
    },
  },
  modeles_whatsapp: {
    parVendeur: 200,
    cle: 'id_modele',
    colonnes: {
      identifiant_compte_business: `'1'`,
      nom_modele: `'modele_' || n`,
      langue: `'fr'`,
      categorie: `'utility'`,
      statut: `'approuve'`,
    },
  },
  campagnes_marketing: {
    parVendeur: 200,
    cle: 'id_campagne',
    colonnes: { nom_campagne: `'Campagne ' || n`, type_campagne: `'pub_facebook'` },
  },
  prospects: {
    parVendeur: 200,
    cle: 'id_prospect',
    colonnes: {
      numero_telephone: `'+22501' || lpad(n::text, 8, '0')`,
      identifiant_whatsapp: `'22501' || lpad(n::text, 8, '0')`,
      nom_complet: `'Client ' || n`,
    },
  },
  conversations: {
    parVendeur: 200,
    cle: 'id_conversation',
    colonnes: {
      id_prospect: 'cle',
      id_compte_whatsapp: 'v',
      activite_le: 'le',
      statut_conversation: `'active'`,
    },
  },
  messages: {
    parVendeur: 1_000,
    cle: 'id_message',
    colonnes: {
      id_conversation: '((n - 1) % 5) * vendeurs + v',
      id_compte_whatsapp: 'v',
      identifiant_message_whatsapp: `'wamid.' || cle`,
      direction_message: `case n % 2 when 0 then 'entrant' else 'sortant' end`,
      contenu_message: `'Bonjour, avez-vous la pointure 38 ? ' || n`,
      genere_par_ia: 'n % 2 = 1',
      date_statut: 'le',
    },
  },
  medias: {
    parVendeur: 200,
    cle: 'id_media',
    colonnes: {
      id_conversation: '((n - 1) % 5) * vendeurs + v',
      id_message: 'cle',
      identifiant_media_whatsapp: `'9' || cle`,
      genre: `'image'`,
      type_mime: `'image/jpeg'`,
      chemin: `v || '/' || cle || '/fichier'`,
      statut: `'recupere'`,
    },
  },
  notifications: {
    parVendeur: 200,
    cle: 'id_notification',
    colonnes: {
      type_notification: `'alerte_systeme'`,
      titre_notification: `'Titre'`,
      contenu_notification: `'Contenu'`,
      cle_unicite: 'n::text',
    },
  },
  produits: {
    parVendeur: 200,
    cle: 'id_produit',
    colonnes: { nom_produit: `'Sandales ' || n`, prix_unitaire: '15000', quantite_stock: '5' },
  },
  variantes_produit: {
    parVendeur: 200,
    cle: 'id_variante',
    colonnes: { id_produit: 'cle', attributs: `jsonb_build_object('pointure', n)` },
  },
  commandes: {
    parVendeur: 200,
    cle: 'id_commande',
    colonnes: {
      id_prospect: 'cle',
      numero_commande: `'CMD-20260101-' || lpad(n::text, 6, '0')`,
      cle_idempotence: 'gen_random_uuid()::text',
      articles: `'[{"id_detail": 1, "id_produit": 1, "id_variante": null, "libelle": "Sandales", "quantite": 1, "prix_unitaire": 15000, "prix_total_ligne": 15000}]'::jsonb`,
      montant_total: '15000',
      statut_commande: `'livree'`,
      date_confirmation: 'le',
      date_livraison: 'le',
    },
  },
  details_commande: {
    parVendeur: 200,
    cle: 'id_detail',
    colonnes: {
      id_commande: 'cle',
      id_produit: '((n - 1) % 200) * vendeurs + v',
      libelle: `'Sandales'`,
      quantite_commandee: '1',
      prix_unitaire: '15000',
    },
  },
  zones_livraison: {
    parVendeur: 200,
    cle: 'id_zone',
    colonnes: { nom_zone: `'Zone ' || n`, communes: `'Quartier ' || n`, frais_livraison: '1500' },
  },
  attentes_stock: {
    parVendeur: 200,
    cle: 'id_attente',
    colonnes: { id_prospect: 'cle', id_produit: 'cle' },
  },
  factures: {
    parVendeur: 200,
    cle: 'id_facture',
    colonnes: {
      id_commande: 'cle',
      numero_facture: `'FACT-2026-' || lpad(n::text, 4, '0')`,
      montant_ht: '15000',
    },
  },
  livreurs: {
    parVendeur: 200,
    cle: 'id_livreur',
    colonnes: {
      nom_complet_livreur: `'Mamadou'`,
      numero_telephone_livreur: `'+22505' || lpad(n::text, 8, '0')`,
    },
  },
  livraisons: {
    parVendeur: 200,
    cle: 'id_livraison',
    colonnes: {
      id_commande: 'cle',
      id_livreur: '((n - 1) % 200) * vendeurs + v',
      adresse_destination: `'Cocody'`,
      statut_livraison: `'livree'`,
      date_livraison_effective: 'le',
    },
  },
  propositions_livraison: {
    parVendeur: 200,
    cle: 'id_proposition',
    colonnes: {
      id_livraison: 'cle',
      id_livreur: '((n - 1) % 200) * vendeurs + v',
      rang: '1',
      statut: `'acceptee'`,
      expire_le: 'le',
    },
  },
  avis_livraison: {
    parVendeur: 200,
    cle: 'id_avis',
    colonnes: {
      id_livraison: 'cle',
      id_livreur: '((n - 1) % 200) * vendeurs + v',
      id_prospect: 'cle',
      note: '5',
    },
  },
  comptes_email: {
    parVendeur: 1,
    cle: 'id_compte_email',
    colonnes: { fournisseur_email: `'gmail'`, adresse_email: `v || '@example.ci'` },
  },
  emails_recus: {
    parVendeur: 200,
    cle: 'id_email',
    colonnes: {
      id_compte_email: 'v',
      identifiant_message_email: 'n::text',
      email_expediteur: `'fournisseur@example.ci'`,
      date_reception: 'le',
    },
  },
  analyses_emails: {
    parVendeur: 200,
    cle: 'id_analyse',
    colonnes: {
      id_email: 'cle',
      classification_email: `'autre'`,
      resume_contenu: `'Résumé'`,
      score_confiance: '0.5',
    },
  },
  journaux_systeme: {
    parVendeur: 200,
    colonnes: {
      type_action: `'commande_creee'`,
      date_creation: `date_trunc('month', now()) + (n - 100) * interval '1 hour'`,
    },
  },
  utilisation_apis: {
    parVendeur: 200,
    colonnes: {
      service_api: `'whatsapp'`,
      endpoint_appele: `'/messages'`,
      date_heure: `date_trunc('month', now()) + (n - 100) * interval '1 hour'`,
    },
  },
  sessions_analytiques: { parVendeur: 200, colonnes: { date_session: `date '2026-01-01' + n` } },
  metriques_campagnes: {
    parVendeur: 200,
    colonnes: { id_campagne: 'cle', date_metrique: `date '2026-01-01' + n` },
  },
};

/** So many vendors, each with his rows in all tables; replaces an earlier load. */
export async function charger(sql: postgres.Sql, vendeurs: number): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`set local statement_timeout = 0`;
    await tx.unsafe(
      `truncate public.utilisateurs_fluxasync, ${Object.keys(TABLES)
        .map((t) => `public.${t}`)
        .join(', ')} cascade`,
    );
    await tx.unsafe(`insert into public.utilisateurs_fluxasync (id_utilisateur, adresse_email)
      select ('00000000-0000-4000-8000-' || lpad(v::text, 12, '0'))::uuid, v || '@example.ci' from generate_series(1, ${vendeurs}) as v`);
    for (const [table, { parVendeur, cle, colonnes }] of Object.entries(TABLES)) {
      const toutes: Colonnes = {
        id_utilisateur: 'u',
        ...(cle ? { [cle]: 'cle', date_creation: 'le' } : {}),
        ...colonnes,
      };
      await tx.unsafe(`
        insert into public.${table} (${Object.keys(toutes).join(', ')}) overriding system value
        select ${Object.values(toutes).join(', ')}
        from (
          select v, n, ${vendeurs} as vendeurs, ('00000000-0000-4000-8000-' || lpad(v::text, 12, '0'))::uuid as u,
            (n - 1)::bigint * ${vendeurs} + v as cle,
            now() - interval '300 days' + ((n - 1)::bigint * ${vendeurs} + v) * interval '1 second' as le
          from generate_series(1, ${parVendeur}) as n cross join generate_series(1, ${vendeurs}) as v) as x`);
    }
  });
  await sql`vacuum analyze`;
}

export const TABLES_CHARGEES = Object.keys(TABLES);
