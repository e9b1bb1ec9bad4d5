// Vendors for tests: signed up as the auth server signs up, with a WhatsApp number and a catalogue of their own.
import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type postgres from 'postgres';
import { KEYS } from '../../scripts/platform/config.ts';

export type Article = {
  nom: string;
  prix: number;
  categorie?: string;
  stock?: number;
  pointures?: Record<string, number>;
};

export type Vendeur = { id: string; email: string; numero: string; idCompte: number };

const MOT_DE_PASSE = 'motdepasse-essai';

export const CHAUSSURES: Article[] = [
  { nom: 'Nike Air Max 90', prix: 45_000, categorie: 'Chaussures', pointures: { 38: 4, 40: 3, 42: 3 } },
  { nom: 'Adidas Stan Smith', prix: 35_000, categorie: 'Chaussures', pointures: { 37: 5, 39: 5, 41: 5 } },
  { nom: 'Puma Suede Classic', prix: 30_000, categorie: 'Chaussures', pointures: { 39: 4, 40: 4 } },
];

let suivant = 0;

export async function creerVendeur(
  sql: postgres.Sql,
  { articles = CHAUSSURES, jeton = 'dev-token' }: { articles?: Article[]; jeton?: string } = {},
): Promise<Vendeur> {
  suivant += 1;
  const id = randomUUID();
  const email = `vendeur-${id.slice(0, 8)}@example.ci`;
  const numero = String(300_000_000_000_000 + suivant);
  await sql`
    insert into auth.users (id, instance_id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
      raw_user_meta_data, created_at, updated_at)
    values (${id}, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', ${email},
      extensions.crypt(${MOT_DE_PASSE}, extensions.gen_salt('bf', 4)), now(), '{"provider": "email", "providers": ["email"]}',
      ${sql.json({ nom: 'Essai', nom_entreprise: 'Boutique Essai' })}, now(), now())`;
  const [compte] = await sql`
    insert into public.comptes_whatsapp (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone,
      numero_telephone_whatsapp, jeton_acces)
    values (${id}, ${`2${numero.slice(1)}`}, ${numero}, ${`+2250700${String(suivant).padStart(6, '0')}`},
      vault.create_secret(${jeton}, ${`whatsapp:${numero}`}))
    returning id_compte_whatsapp`;
  for (const article of articles) {
    const [produit] = await sql`
      insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, categorie_produit, quantite_stock)
      values (${id}, ${article.nom}, ${article.prix}, ${article.categorie ?? null}, ${article.pointures ? 0 : (article.stock ?? 10)})
      returning id_produit`;
    for (const [pointure, stock] of Object.entries(article.pointures ?? {})) {
      await sql`insert into public.variantes_produit (id_produit, attributs, quantite_stock)
        values (${produit?.id_produit}, ${sql.json({ pointure })}, ${stock})`;
    }
  }
  return { id, email, numero, idCompte: compte?.id_compte_whatsapp };
}

/** Moves a vendor to where it is about noon now: what his calendar day decides does not change while a test runs. */
export async function loinDeMinuit(sql: postgres.Sql, idVendeur: string): Promise<void> {
  const decalage = 12 - new Date().getUTCHours();
  // POSIX counts the other way round: Etc/GMT-5 is five hours ahead.
  const fuseau = `Etc/GMT${decalage > 0 ? '-' : '+'}${Math.abs(decalage)}`;
  await sql`update public.utilisateurs_fluxasync set fuseau_horaire = ${fuseau} where id_utilisateur = ${idVendeur}`;
}

/** supabase-js as a front end has it: the publishable key and this user's own token. */
export async function clientDe(apiUrl: string, vendeur: Pick<Vendeur, 'email'>): Promise<SupabaseClient> {
  const client = clientAnonyme(apiUrl);
  const { error } = await client.auth.signInWithPassword({ email: vendeur.email, password: MOT_DE_PASSE });
  if (error) throw new Error(`${vendeur.email}: ${error.message}`);
  return client;
}

export function clientAnonyme(apiUrl: string): SupabaseClient {
  return createClient(apiUrl, KEYS.publishable, { auth: { persistSession: false, autoRefreshToken: false } });
}
