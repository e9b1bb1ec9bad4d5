// One bucket of the storage, as far as the functions use it. Policies do not apply here: the key is the project's own.
import { createClient } from '@supabase/supabase-js';

export type Stockage = {
  /** Writes over what lies there. Parts are sent one after the other, so that a large file is in memory once. */
  deposer(chemin: string, octets: Uint8Array | Uint8Array[], typeMime: string): Promise<void>;
  /** A URL that opens for so long without any key. */
  lienSigne(chemin: string, secondes: number): Promise<string>;
  /** What is not there counts as deleted. */
  supprimer(chemins: string[]): Promise<void>;
};

export class ErreurStockage extends Error {
  override readonly name = 'ErreurStockage';
  /** 413: larger than the project allows, and it will not shrink. */
  readonly statut: number | null;
  constructor(geste: string, { message, statut }: { message: string; statut: number | null }) {
    super(`${geste}: ${statut ?? ''} ${message}`);
    this.statut = statut;
  }
}

/** A storage that does not answer must not outlast what waits for it: messages are marked by then, leases run. */
const DELAI_MS = 45_000;

export function creerStockage(url: string, cle: string, seau: string, delaiMs = DELAI_MS): Stockage {
  const fichiers = createClient(url, cle, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: (ou, demande) => fetch(ou, { ...demande, signal: AbortSignal.timeout(delaiMs) }) },
  }).storage.from(seau);
  return {
    async deposer(chemin, octets, contentType) {
      const corps = Array.isArray(octets) ? enCorps(octets) : octets;
      const { error } = await fichiers.upload(chemin, corps, { contentType, upsert: true });
      if (error) throw erreur('deposer', error);
    },
    async lienSigne(chemin, secondes) {
      const { data, error } = await fichiers.createSignedUrl(chemin, secondes);
      if (error) throw erreur('lienSigne', error);
      return data.signedUrl;
    },
    async supprimer(chemins) {
      const { error } = await fichiers.remove(chemins);
      if (error) throw erreur('supprimer', error);
    },
  };
}

function erreur(geste: string, cause: { message: string }): ErreurStockage {
  // Hosted storage answers 400 and puts what it means into the body.
  const dit = 'statusCode' in cause ? Number(cause.statusCode) : Number.NaN;
  const statut = Number.isInteger(dit) ? dit : 'status' in cause ? Number(cause.status) || null : null;
  return new ErreurStockage(geste, { message: cause.message, statut });
}

/** Up to here a second copy costs less than a body without a length. */
const COPIE_MAX = 8_000_000;

function enCorps(parties: Uint8Array[]): Uint8Array | ReadableStream<Uint8Array> {
  const taille = parties.reduce((somme, partie) => somme + partie.length, 0);
  return taille <= COPIE_MAX ? Buffer.concat(parties) : enFlux(parties);
}

function enFlux(parties: Uint8Array[]): ReadableStream<Uint8Array> {
  const suivantes = parties.values();
  return new ReadableStream({
    pull(sortie) {
      const { done, value } = suivantes.next();
      if (done) sortie.close();
      else sortie.enqueue(value);
    },
  });
}
