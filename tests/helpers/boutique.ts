// A shop open for orders, as its vendor sees it through the API: one prospect, one product in two sizes, one courier; and a
// second vendor next door.
import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { expect } from 'vitest';
import { creerArticle, creerProspects, type Ligne } from './commandes.ts';
import { openPlatform, type TestPlatform } from './platform.ts';
import { clientDe, creerVendeur, type Vendeur } from './vendeurs.ts';

export type Boutique = {
  p: TestPlatform;
  kouadio: Vendeur;
  awa: Vendeur;
  chez: SupabaseClient;
  prospect: number;
  prospectAwa: number;
  /** 1,000 a piece, 5,000 pieces of each. */
  article: { id_produit: number; variantes: number[] };
  livreur: number;
  nouveauLivreur(): Promise<number>;
  uneLigne(quantite?: number): Ligne[];
  /** A new order of one piece, its id. */
  commande(autre?: object): Promise<number>;
  /** An order that is confirmed and has its delivery, with the courier. */
  livraison(): Promise<{ id_commande: number; id_livraison: number }>;
  /** The hint with which a call is refused; a refusal that has none, or no sentence for people, fails the test. */
  refus(fonction: string, parametres: object): Promise<string>;
};

export async function ouvrirBoutique(): Promise<Boutique> {
  const p = await openPlatform({ parts: ['gateway'] });
  const [kouadio, awa] = await Promise.all([creerVendeur(p.sql), creerVendeur(p.sql)]);
  const chez = await clientDe(p.apiUrl, kouadio);
  const [prospect = 0] = await creerProspects(p, kouadio.id, 1);
  const [prospectAwa = 0] = await creerProspects(p, awa.id, 1);
  const article = await creerArticle(p, kouadio.id, { prix: 1000, stocks: [5000, 5000] });
  let livreurs = 0;

  async function nouveauLivreur(): Promise<number> {
    livreurs += 1;
    const { data, error } = await chez
      .from('livreurs')
      .insert({
        id_utilisateur: kouadio.id,
        nom_complet_livreur: 'Moussa',
        numero_telephone_livreur: `07 00 00 ${String(1000 + livreurs)}`,
        zones_couverture: 'Cocody, Port-Bouët',
      })
      .select()
      .single();
    expect(error).toBeNull();
    expect(data.zones).toEqual(['cocody', 'port bouet']);
    return data.id_livreur;
  }

  const livreur = await nouveauLivreur();

  const uneLigne = (quantite = 1) => [
    { id_produit: article.id_produit, id_variante: article.variantes[0] ?? 0, quantite },
  ];

  async function commande(autre: object = {}): Promise<number> {
    const { data, error } = await chez.rpc('creer_commande', {
      id_prospect: prospect,
      lignes: uneLigne(),
      cle_idempotence: randomUUID(),
      ...autre,
    });
    expect(error).toBeNull();
    return data.id_commande;
  }

  return {
    ...{ p, kouadio, awa, chez, prospect, prospectAwa, article, livreur, nouveauLivreur, uneLigne, commande },
    async livraison() {
      const id_commande = await commande({ confirmer: true, adresse_livraison: 'Cocody' });
      const { data, error } = await chez.rpc('planifier_livraison', { id_commande, id_livreur: livreur });
      expect(error).toBeNull();
      return { id_commande, id_livraison: data };
    },
    async refus(fonction, parametres) {
      const { error } = await chez.rpc(fonction, parametres);
      expect([fonction, parametres, error?.code]).toEqual([fonction, parametres, 'P0001']);
      expect(error?.message).toMatch(/^[«A-ZÀ-Ý].*([.!]|: .+)$/);
      return error?.hint ?? 'no hint';
    },
  };
}
