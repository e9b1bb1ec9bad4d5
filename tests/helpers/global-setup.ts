// Before the first test file: one Postgres server for the run, and in it one database with roles, extensions and all
// migrations, of which every file gets its own copy.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { bootstrapDatabase } from '../../scripts/platform/bootstrap/bootstrap.ts';
import { ROOT } from '../../scripts/platform/config.ts';
import { createDatabase, dropDatabase } from '../../scripts/platform/databases.ts';
import { claimFolder } from '../../scripts/platform/folder.ts';
import { pushMigrations } from '../../scripts/platform/migrations.ts';
import { freePorts } from '../../scripts/platform/ports.ts';
import { startPostgres } from '../../scripts/platform/postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run's server as supabase_admin, database `postgres`. */
    adminUrl: string;
  }
}

export const TEMPLATE = 'modele';

// biome-ignore lint/style/noDefaultExport: vitest calls a global setup by its default export.
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { db: port } = await freePorts();
  const { dir, release } = takeFolder();
  const server = await startPostgres({ dir, port, durable: false });
  const adminUrl = server.url('postgres', 'supabase_admin');
  try {
    await bootstrapDatabase(adminUrl);
    await dropLeftOvers(adminUrl);
    await createDatabase(adminUrl, TEMPLATE);
    await bootstrapDatabase(server.url(TEMPLATE, 'supabase_admin'));
    await pushMigrations(server.url(TEMPLATE, 'postgres'));
  } catch (error) {
    await server.stop();
    release();
    throw error;
  }
  provide('adminUrl', adminUrl);
  return async () => {
    await server.stop();
    release();
  };
}

/** The usual folder keeps its engine between runs; a second run at the same time gets a folder of its own. */
function takeFolder(): { dir: string; release(): void } {
  const usual = join(ROOT, '.local/tests');
  const claim = claimFolder(usual);
  if ('release' in claim) return { dir: usual, release: claim.release };
  const own = `${usual}-${process.pid}`;
  mkdirSync(own, { recursive: true });
  return { dir: own, release: () => rmSync(own, { recursive: true, force: true }) };
}

async function dropLeftOvers(adminUrl: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  const old = await sql<{ datname: string }[]>`
    select datname from pg_database where datname = ${TEMPLATE} or datname like 'essai\\_%'`;
  await sql.end();
  for (const { datname } of old) await dropDatabase(adminUrl, datname);
}
