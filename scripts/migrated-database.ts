// A throw-away server with the migrated schema, for tools that read the database: generated types, advisors.
// The data are not kept; nothing of a started platform is touched.
import { join } from 'node:path';
import { bootstrapDatabase } from './platform/bootstrap/bootstrap.ts';
import { ROOT } from './platform/config.ts';
import { createDatabase, dropDatabase } from './platform/databases.ts';
import { pushMigrations } from './platform/migrations.ts';
import { freePorts } from './platform/ports.ts';
import { startPostgres } from './platform/postgres.ts';

const NAME = 'schema';

/** `url`: the migrated database as the role `postgres`. */
export async function withMigratedDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { db: port } = await freePorts();
  const server = await startPostgres({ dir: join(ROOT, '.local/check'), port, durable: false });
  try {
    const adminUrl = server.url('postgres', 'supabase_admin');
    await bootstrapDatabase(adminUrl);
    await dropDatabase(adminUrl, NAME);
    await createDatabase(adminUrl, NAME);
    await bootstrapDatabase(server.url(NAME, 'supabase_admin'));
    await pushMigrations(server.url(NAME, 'postgres'));
    return await work(server.url(NAME, 'postgres'));
  } finally {
    await server.stop();
  }
}
