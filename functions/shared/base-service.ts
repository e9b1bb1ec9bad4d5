// The way from an Edge Function to the schema `service`: one rpc per step, each one transaction.
// What comes back is checked by zod, so that a changed function fails here and not three files later.
import { createClient } from '@supabase/supabase-js';
import type { z } from 'zod';

export type BaseService = {
  /** Calls one rpc of the schema `service`. Throws when the database refuses or the answer has another shape. */
  appeler<T>(rpc: string, parametres: Record<string, unknown>, forme: z.ZodType<T>): Promise<T>;
};

export class ErreurBase extends Error {
  override readonly name = 'ErreurBase';
  readonly code: string;
  /** The stable code of a rule that refused (P0001), else ''. */
  readonly indice: string;
  /** The database's own sentence; that of a refusal is French and for people. */
  readonly phrase: string;
  constructor(rpc: string, code: string, message: string, indice = '') {
    super(`${rpc}: ${code} ${message}`);
    this.code = code;
    this.indice = indice;
    this.phrase = message;
  }
}

export function creerBaseService(url: string, cle: string): BaseService {
  const client = createClient(url, cle, {
    db: { schema: 'service' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  return {
    async appeler(rpc, parametres, forme) {
      const { data, error } = await client.rpc(rpc, parametres);
      if (error) throw new ErreurBase(rpc, error.code ?? '', error.message, error.hint ?? '');
      return forme.parse(data);
    },
  };
}
