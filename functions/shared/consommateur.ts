// The one way to empty a queue: take a batch, handle its items with bounded concurrency, until nothing is due or time is up.
// Leases, retries and dead letters are the database's; a worker that dies here loses nothing.
import { motsErreur } from './erreurs.ts';
import type { Journal } from './journal.ts';

export type Bilan = { lots: number; traites: number; echecs: number };

export type Consommateur<T> = {
  /** Takes at most `limite` items that are now ours. */
  prendre(limite: number): Promise<T[]>;
  /** Handles one item and records its outcome itself; throws only when even that failed (its lease then runs out). */
  traiter(item: T): Promise<void>;
  lot: number;
  concurrence: number;
  /** No new batch after this many ms: an Edge Function lives 150 s at most. */
  dureeMaxMs: number;
  maintenant(): number;
  journal: Journal;
};

export async function viderFile<T>(c: Consommateur<T>): Promise<Bilan> {
  const fin = c.maintenant() + c.dureeMaxMs;
  const bilan: Bilan = { lots: 0, traites: 0, echecs: 0 };
  while (c.maintenant() < fin) {
    const items = await c.prendre(c.lot);
    if (items.length === 0) break;
    bilan.lots += 1;
    const suivants = items.values();
    const ouvrier = async () => {
      for (const item of suivants) {
        try {
          await c.traiter(item);
          bilan.traites += 1;
        } catch (erreur) {
          bilan.echecs += 1;
          c.journal('erreur', 'travail_echoue', { motif: motsErreur(erreur) });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(c.concurrence, items.length) }, ouvrier));
  }
  return bilan;
}
