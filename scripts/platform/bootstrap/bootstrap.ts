// Makes a fresh database into what hosted Supabase hands out: roles, schemas, auth and storage tables, rights.
// One transaction, harmless to repeat; all of it but the roles lies in the database, so that a clone is complete.
import { readFileSync } from 'node:fs';
import { getAuthSchemaSql, getStorageSchemaSql } from '@supabase/lite';
import postgres from 'postgres';

/** `adminUrl`: the database to set up, as supabase_admin. */
export async function bootstrapDatabase(adminUrl: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.begin(async (tx) => {
      const run = (text: string) => tx.unsafe(text).simple();
      await run(file('1-roles.sql'));
      await run(file('2-schemas.sql'));
      await run(`set local role supabase_auth_admin; ${getAuthSchemaSql()}; reset role`);
      await run(file('3-auth.sql'));
      await run(`set local role supabase_storage_admin; ${getStorageSchemaSql()}; reset role`);
      await run(file('4-storage.sql'));
      await run(file('5-api.sql'));
      await run(file('6-extensions.sql'));
    });
  } finally {
    await sql.end();
  }
}

function file(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
