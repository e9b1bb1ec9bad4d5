// A database as a new hosted project has it, with none of our migrations, for the tests of the platform itself;
// and the worker on it, when a test wants one.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { inject } from 'vitest';
import { bootstrapDatabase } from '../../scripts/platform/bootstrap/bootstrap.ts';
import { ROOT } from '../../scripts/platform/config.ts';
import { createDatabase, dropDatabase } from '../../scripts/platform/databases.ts';
import { freePorts } from '../../scripts/platform/ports.ts';
import { nodeProgram } from '../../scripts/platform/runtimes.ts';

export type RunningWorker = { pid: number; kill(): Promise<void>; stop(): Promise<void> };

export type OwnDatabase = {
  name: string;
  url(user: string): string;
  /** As supabase_admin: for arranging and for looking. */
  admin: postgres.Sql;
  /** As postgres, whom migrations run as. */
  sql: postgres.Sql;
  as(user: string): postgres.Sql;
  startWorker(): Promise<RunningWorker>;
  close(): Promise<void>;
};

export async function openOwnDatabase(): Promise<OwnDatabase> {
  const server = inject('adminUrl');
  const name = `essai_${randomBytes(6).toString('hex')}`;
  const url = (user: string) => {
    const to = new URL(server);
    to.pathname = `/${name}`;
    to.username = user;
    return to.href;
  };
  await createDatabase(server, name);
  await bootstrapDatabase(url('supabase_admin'));
  const opened: postgres.Sql[] = [];
  const as = (user: string) => {
    const sql = postgres(url(user), { max: 3, onnotice: () => {} });
    opened.push(sql);
    return sql;
  };
  const workers: RunningWorker[] = [];
  return {
    name,
    url,
    admin: as('supabase_admin'),
    sql: as('postgres'),
    as,
    async startWorker() {
      const worker = await startWorker(url('supabase_admin'));
      workers.push(worker);
      return worker;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all(opened.map((sql) => sql.end({ timeout: 1 })));
      await dropDatabase(server, name);
    },
  };
}

async function startWorker(databaseUrl: string): Promise<RunningWorker> {
  const { worker: port } = await freePorts();
  const child = spawn(nodeProgram(), [join(ROOT, 'scripts/platform/worker.ts')], {
    env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: databaseUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([saysReady(child), ended.then(() => Promise.reject(new Error('the worker ended')))]);
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}

function saysReady(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve) => lines.on('line', (line) => line === 'ready' && resolve()));
}
