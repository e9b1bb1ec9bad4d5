// The one place where the functions meet their runtime: environment, clock, log. Everything else gets ports.
import { creerBaseService } from '../../../functions/shared/base-service.ts';
import { lireConfiguration } from '../../../functions/shared/configuration.ts';
import { creerJournal } from '../../../functions/shared/journal.ts';

export const configuration = lireConfiguration(Deno.env.toObject());

export const base = creerBaseService(configuration.urlSupabase, configuration.clesSecretes[0]);

export const maintenant = () => Date.now();

export function toutesLes(ms: number, f: () => void): () => void {
  const minuterie = setInterval(f, ms);
  return () => clearInterval(minuterie);
}

export function journalDe(fonction: string) {
  return creerJournal(fonction, (ligne) => console.log(ligne));
}
