// The server itself: it outlives no supervisor, keeps its data, and says in words why it does not start; and the
// migrations that are pushed to it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/platform/config.ts';
import { editedMigrations, pushMigrations } from '../../scripts/platform/migrations.ts';
import { freePorts } from '../../scripts/platform/ports.ts';
import { startPostgres } from '../../scripts/platform/postgres.ts';
import { nodeProgram } from '../../scripts/platform/runtimes.ts';
import { waitFor } from '../helpers/wait.ts';
import { type OwnDatabase, openOwnDatabase } from './own-postgres.ts';

describe('the server', () => {
  mkdirSync(join(ROOT, '.local'), { recursive: true });
  const dir = mkdtempSync(join(ROOT, '.local/essai-serveur-'));
  // The server's own user is to get there, or the data would lie elsewhere and outlive this test.
  chmodSync(dir, 0o755);

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const listens = (port: number) =>
    new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(true));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
    });

  async function ask(url: string, question: string): Promise<postgres.Row | undefined> {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    try {
      return (await sql.unsafe(question))[0];
    } finally {
      await sql.end();
    }
  }

  /** A supervisor that can be killed: a program that starts the server and waits. */
  async function supervisor(port: number): Promise<ReturnType<typeof spawn>> {
    const module = JSON.stringify(join(ROOT, 'scripts/platform/postgres.ts'));
    const program = `
      const { startPostgres } = await import(${module});
      await startPostgres({ dir: ${JSON.stringify(dir)}, port: ${port}, durable: true });
      console.log('ready');`;
    const child = spawn(nodeProgram(), ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    return child;
  }

  it('keeps its data, listens on the loopback alone and asks for the password', async () => {
    const { db: port } = await freePorts();
    const first = await startPostgres({ dir, port, durable: true });
    await ask(first.url('postgres', 'supabase_admin'), 'create table kept as select 7 as n');
    const [listening] = [await ask(first.url('postgres', 'supabase_admin'), 'show listen_addresses')];
    expect(listening).toEqual({ listen_addresses: '127.0.0.1' });
    await expect(
      ask(first.url('postgres', 'supabase_admin').replace(':postgres@', ':wrong@'), 'select 1'),
    ).rejects.toMatchObject({ code: '28P01' });
    const exits: unknown[] = [];
    first.onExit((exit) => exits.push(exit));
    await first.stop();
    await waitFor('the end to be told', async () => exits.length > 0);
    expect(exits).toEqual([{ code: 0, expected: true }]);
    expect(await listens(port)).toBe(false);

    const second = await startPostgres({ dir, port, durable: true });
    try {
      expect(await ask(second.url('postgres', 'supabase_admin'), 'select n from kept')).toEqual({ n: 7 });
    } finally {
      await second.stop();
    }
  });

  it('ends when its supervisor is killed', async () => {
    const { db: port } = await freePorts();
    const killed = await supervisor(port);
    expect(await listens(port)).toBe(true);
    killed.kill('SIGKILL');
    await waitFor('the server to end', async () => !(await listens(port)));
  });

  it('takes the place of a server that was left on its data', async () => {
    const { db: port } = await freePorts();
    const left = await supervisor(port);
    const next = await freePorts();
    const server = await startPostgres({ dir, port: next.db, durable: false });
    try {
      expect(await listens(port)).toBe(false);
      expect(await ask(server.url('postgres', 'supabase_admin'), 'select 1 as n')).toEqual({ n: 1 });
    } finally {
      await server.stop();
      left.kill('SIGKILL');
    }
  });

  it('says so when its port is taken', async () => {
    const { db: port } = await freePorts();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      await expect(startPostgres({ dir, port, durable: false })).rejects.toThrow(`Le port ${port}`);
    } finally {
      other.close();
    }
  });
});

describe('migrations', () => {
  let database: OwnDatabase | undefined;
  const workdir = mkdtempSync(join(tmpdir(), 'essai-migrations-'));
  const file = (name: string) => join(workdir, 'supabase/migrations', name);

  afterEach(() => database?.close());
  afterAll(() => rmSync(workdir, { recursive: true, force: true }));

  it('are pushed as postgres, seeded when asked, and known when they were edited since', async () => {
    database = await openOwnDatabase();
    const url = database.url('postgres');
    mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true });
    const seeds = '[db.seed]\nenabled = true\nsql_paths = ["./seed.sql"]\n';
    writeFileSync(join(workdir, 'supabase/config.toml'), `project_id = "essai"\n${seeds}`);
    writeFileSync(join(workdir, 'supabase/seed.sql'), `insert into public.t values ('semé');`);
    const first = `-- d'abord; un commentaire\ncreate table public.t (a text);\n\ncreate function public.f() returns int
      language plpgsql as $$ begin return 1; /* ; */ end $$;\n`;
    writeFileSync(file('20260101000000_un.sql'), first);

    expect(await editedMigrations(url, workdir)).toEqual([]);
    await pushMigrations(database.url('supabase_admin'), { workdir });
    expect(await database.sql`select tableowner from pg_tables where tablename = 't'`).toMatchObject([
      { tableowner: 'postgres' },
    ]);
    expect(await database.sql`select * from public.t`).toHaveLength(0);
    await pushMigrations(url, { workdir, seed: true });
    expect(await database.sql`select * from public.t`).toMatchObject([{ a: 'semé' }]);

    expect(await editedMigrations(url, workdir)).toEqual([]);
    writeFileSync(file('20260101000000_un.sql'), first.replace('return 1', 'return 2'));
    expect(await editedMigrations(url, workdir)).toEqual(['20260101000000_un.sql']);
    rmSync(file('20260101000000_un.sql'));
    expect(await editedMigrations(url, workdir)).toEqual(['20260101000000_un.sql']);
    writeFileSync(file('20260101000000_un.sql'), first);

    writeFileSync(file('20260102000000_deux.sql'), 'create table public.u (a text); select 1 / 0;');
    await expect(pushMigrations(url, { workdir })).rejects.toThrow('division by zero');
    expect(await database.sql`select to_regclass('public.u') as table`).toMatchObject([{ table: null }]);
  });
});
