// The one place where the functions meet their runtime: environment, clock, log, background work. Everything else gets ports.
import { createClient } from '@supabase/supabase-js';
import { creerBaseService } from '../../../functions/shared/base-service.ts';
import { refuserSansCle } from '../../../functions/shared/cles.ts';
import { lireConfiguration } from '../../../functions/shared/configuration.ts';
import { motsErreur, reponseErreur } from '../../../functions/shared/erreurs.ts';
import { creerJournal } from '../../../functions/shared/journal.ts';

/** Keeps the worker alive until the work is done, after the answer has gone out. */
declare const EdgeRuntime: { waitUntil(travail: Promise<unknown>): void };

export const configuration = lireConfiguration(Deno.env.toObject());

export const base = creerBaseService(configuration.urlSupabase, configuration.clesSecretes[0]);

export const maintenant = () => Date.now();

export const attendre = (ms: number) => new Promise<void>((fini) => setTimeout(fini, ms));

export function toutesLes(ms: number, f: () => void): () => void {
  const minuterie = setInterval(f, ms);
  return () => clearInterval(minuterie);
}

export function journalDe(fonction: string) {
  return creerJournal(fonction, (ligne) => console.log(ligne));
}

/**
 * Calls another function of the project and does not wait for its work. Quicker than a call through pg_net, which sends in
 * batches and pauses between them; a call that is lost is made up for by the database's sweep.
 */
export function reveiller(fonction: string): void {
  EdgeRuntime.waitUntil(
    fetch(`${configuration.urlSupabase}/functions/v1/${fonction}`, {
      method: 'POST',
      headers: { apikey: configuration.clesSecretes[0] },
      signal: AbortSignal.timeout(5_000),
    }).then(
      (reponse) => reponse.body?.cancel(),
      () => {},
    ),
  );
}

export function enArrierePlan(travail: Promise<unknown>): void {
  EdgeRuntime.waitUntil(travail);
}

// One for all requests: it keeps the project's public keys.
const { auth } = createClient(configuration.urlSupabase, configuration.clesSecretes[0], {
  auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
});

/**
 * The user behind a session's token, or null: verified with the project's public keys, or asked of the auth server where it signs
 * with a shared secret. Throws when that cannot be known now.
 */
export async function identifier(jeton: string): Promise<string | null> {
  const { data, error } = await auth.getClaims(jeton);
  if (error?.name === 'AuthRetryableFetchError') throw error;
  const revendique = data?.claims;
  return revendique?.role === 'authenticated' && typeof revendique.sub === 'string' ? revendique.sub : null;
}

/** A function that is only woken: opened by a secret key, answers 202 at once, works afterwards. */
export function surReveil(fonction: string, travail: () => Promise<unknown>) {
  const journal = journalDe(fonction);
  return (requete: Request): Response => {
    const refus = refuserSansCle(requete, configuration.clesSecretes);
    if (refus) return reponseErreur(refus);
    EdgeRuntime.waitUntil(
      travail().catch((erreur) => journal('erreur', 'travail_interrompu', { motif: motsErreur(erreur) })),
    );
    return new Response(null, { status: 202 });
  };
}
