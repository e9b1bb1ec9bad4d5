// What the tests of a person in a conversation share: a platform with a team, its prospects, and conversations in somebody's hands.
// A test file opens it before its tests and closes it after them; the bindings are its own.
import type { SupabaseClient } from '@supabase/supabase-js';
import { expect } from 'vitest';
import { dire, reglerSimulateur, reponsesRecues } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from './platform.ts';
import { clientDe, creerVendeur, type Vendeur } from './vendeurs.ts';
import { waitFor } from './wait.ts';

export let p: TestPlatform;
export let vendeur: Vendeur;
export let collegue: Vendeur;
export let patron: SupabaseClient;
export let agent: SupabaseClient;
export let lecteur: SupabaseClient;
export let autre: SupabaseClient;

export async function ouvrirMainHumaine(): Promise<void> {
  p = await openPlatform({ env: { MESSAGES_PAR_SECONDE: '1000' } });
  vendeur = await creerVendeur(p.sql);
  collegue = await creerVendeur(p.sql, { articles: [] });
  const lit = await creerVendeur(p.sql, { articles: [] });
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role)
    values (${vendeur.id}, ${collegue.id}, 'agent'), (${vendeur.id}, ${lit.id}, 'lecteur')`;
  await p.sql`update public.utilisateurs_fluxasync set prenom = 'Awa', nom = 'Koné' where id_utilisateur = ${collegue.id}`;
  [patron, agent, lecteur, autre] = await Promise.all([
    clientDe(p.apiUrl, vendeur),
    clientDe(p.apiUrl, collegue),
    clientDe(p.apiUrl, lit),
    clientDe(p.apiUrl, await creerVendeur(p.sql, { articles: [] })),
  ]);
}

export async function fermerMainHumaine(): Promise<void> {
  await p?.close();
}

export async function remettreAZero(): Promise<void> {
  await reglerSimulateur(p.graphUrl, '_reinitialiser', {});
  await p.regler('attente_rafale_ms', 0);
}

let prospects = 0;
export function nouveauProspect(): string {
  prospects += 1;
  return `+22507${String(prospects).padStart(8, '0')}`;
}

export const ecrire = (de: string, texte = 'Bonjour, vos Nike ?') =>
  dire(p.graphUrl, { de, nom: 'Aya', texte, vers: vendeur.numero });

export const recus = async (de: string) => (await reponsesRecues(p.graphUrl, de)).map((r) => r.texte);

export const conversation = async (de: string) => {
  const [c] =
    await p.sql`select c.id_conversation, c.ia_activee, c.prise_en_main_par, c.statut_conversation, c.non_lus
    from public.conversations as c join public.prospects as r using (id_prospect)
    where r.numero_telephone = ${de} order by c.id_conversation desc limit 1`;
  if (!c) throw new Error(`no conversation of ${de}`);
  return c as unknown as {
    id_conversation: number;
    ia_activee: boolean;
    prise_en_main_par: string | null;
    statut_conversation: string;
    non_lus: number;
  };
};

export const sortants = (id: number) =>
  p.sql`select id_message, genere_par_ia, statut_livraison, code_erreur from public.messages
    where id_conversation = ${id} and direction_message = 'sortant' order by id_message`;

/** A conversation in the person's hands from its first message on, so that the AI has said nothing. */
export async function enMain(de = nouveauProspect()): Promise<{ de: string; id: number }> {
  await p.regler('attente_rafale_ms', 3_600_000);
  await ecrire(de);
  await p.regler('attente_rafale_ms', 0);
  const { id_conversation: id } = await conversation(de);
  await bon(patron.rpc('prendre_en_main', { id_conversation: id }));
  await p.sql`update pgmq.q_repondre_prospects set vt = clock_timestamp() where (message ->> 'id_conversation')::bigint = ${id}`;
  return { de, id };
}

export async function bon<T>(demande: PromiseLike<{ data: T; error: unknown }>): Promise<T> {
  const { data, error } = await demande;
  expect(error).toBeNull();
  return data;
}

export const envoyer = (qui: SupabaseClient, id: number, contenu: string, autres: object = {}) =>
  qui.rpc('envoyer_message', { id_conversation: id, contenu, ...autres });

/** Nothing is queued, owned or on its way any more: what has not been sent by now never will be. */
export async function silence(): Promise<void> {
  await waitFor(
    'all queues empty',
    async () => {
      const [reste] = await p.sql`
      select (select count(*) from pgmq.q_repondre_prospects) + (select count(*) from pgmq.q_envoyer_messages)
        + (select count(*) from public.messages where statut_livraison in ('a_envoyer', 'envoi_en_cours')) as n`;
      return Number(reste?.n) === 0;
    },
    20_000,
  ).catch((e) => {
    throw new Error(`${e.message}\n${p.journal.slice(-15).join('\n')}`);
  });
}
