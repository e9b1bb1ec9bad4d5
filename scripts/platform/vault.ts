// Tells a local database where its Edge Functions are and with which key they open, as an operator does on hosted Supabase.
// Written at every start, since the ports may have moved.
import postgres from 'postgres';
import { KEYS } from './config.ts';

export async function writeVaultSecrets(adminUrl: string, functionsUrl: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    for (const [name, value] of [
      ['url_fonctions', functionsUrl],
      ['cle_secrete', KEYS.secret],
    ] as const) {
      const [existing] = await sql`select id from vault.secrets where name = ${name}`;
      if (existing) await sql`select vault.update_secret(${existing.id}, ${value})`;
      else await sql`select vault.create_secret(${value}, ${name})`;
    }
  } finally {
    await sql.end();
  }
}
