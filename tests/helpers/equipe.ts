// What the tests of the team share: the gateway, Kouadio's shop, and people who sign up, invite and accept as from a front end.
// A test file opens it before its tests and closes it after them; the bindings are its own.
import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { expect } from 'vitest';
import { openPlatform, type TestPlatform } from './platform.ts';
import { clientAnonyme, clientDe, creerVendeur, type Vendeur } from './vendeurs.ts';

type Compte = { id: string; email: string; client: SupabaseClient };
type Invitation = { id_invitation: number; jeton: string; expire_le: string };

export let p: TestPlatform;
export let kouadio: Vendeur;
export let chezKouadio: SupabaseClient;

export async function ouvrirEquipe(): Promise<void> {
  p = await openPlatform({ parts: ['gateway'] });
  kouadio = await creerVendeur(p.sql);
  chezKouadio = await clientDe(p.apiUrl, kouadio);
}

export async function fermerEquipe(): Promise<void> {
  await p?.close();
}

export const nouvelleAdresse = () => `${randomUUID().slice(0, 13)}@example.ci`;

export async function inscrire(
  data: Record<string, unknown> = {},
  email = nouvelleAdresse(),
): Promise<Compte> {
  const client = clientAnonyme(p.apiUrl);
  const reponse = await client.auth.signUp({ email, password: 'motdepasse-essai', options: { data } });
  if (!reponse.data.session) return expect.fail(`no session: ${reponse.error?.message}`);
  return { id: reponse.data.session.user.id, email, client };
}

export async function inviter(adresse_email: string, role = 'agent', par = chezKouadio): Promise<Invitation> {
  const { data, error } = await par.rpc('inviter_membre', { adresse_email, role });
  expect(error).toBeNull();
  return data as Invitation;
}

export const accepter = (client: SupabaseClient, jeton: string) =>
  client.rpc('accepter_invitation', { jeton });

export const refus = (hint: string) => ({ data: null, error: { code: 'P0001', hint } });

/** An employee of Kouadio who has no shop of his own. */
export async function employe(role: string): Promise<Compte> {
  const email = nouvelleAdresse();
  const { jeton } = await inviter(email, role);
  return inscrire({ jeton_invitation: jeton }, email);
}

export const roleDe = async (id: string, vendeur = kouadio.id) =>
  (
    await p.sql`select role from public.membres_equipe where id_membre = ${id} and id_utilisateur = ${vendeur}`
  )[0]?.role ?? null;

export const articlesVus = async (client: SupabaseClient, vendeur = kouadio.id) =>
  (await client.from('produits').select('id_produit').eq('id_utilisateur', vendeur)).data?.length ?? 0;
