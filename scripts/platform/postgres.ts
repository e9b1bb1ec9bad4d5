// A private PostgreSQL server for the platform: initialised once, TCP on the loopback only, ended with its parent.
// It is set up as hosted Supabase initialises its own (superuser supabase_admin); roles and schemas are bootstrap's.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { prepareEngine, runtimeFolder, type ServerUser, serverUser } from './engine.ts';

export type PostgresServer = {
  port: number;
  dataDir: string;
  /** Default: the database `postgres` as the user `postgres`. */
  url(database?: string, user?: string): string;
  stop(): Promise<void>;
  /** Called once when the server ends, asked to or not. */
  onExit(listener: (exit: { code: number | null; expected: boolean }) => void): void;
};

export type PostgresOptions = { dir: string; port: number; durable: boolean; log?: (line: string) => void };

/** All login users have it: the server listens on the loopback of a development machine. */
const PASSWORD = 'postgres';

/** Read by the stand-in of supabase_vault; lies beside the data and in no table. */
const VAULT_KEY = 'vault.key';

const STOP_DEADLINE_MS = 15_000;

// Ends the server when the parent's end of stdin closes, however the parent died. `read` is a builtin, so no
// process is left over; background jobs of sh get /dev/null as stdin, hence the copy on descriptor 3.
const GUARD = `
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( while read -r _ <&3; do :; done; kill -INT "$server" ) >/dev/null 2>&1 &
guard=$!
wait "$server"
code=$?
kill "$guard" 2>/dev/null
exit "$code"
`;

export async function startPostgres(o: PostgresOptions): Promise<PostgresServer> {
  const user = serverUser();
  const folder = runtimeFolder(o.dir, user);
  const dataDir = join(folder, 'data');
  await stopLeftOver(dataDir);
  const engine = prepareEngine(folder);
  if (!existsSync(dataDir)) initialise(engine, folder, dataDir, user);
  writeVaultKey(dataDir, user);

  const command = [join(engine, 'bin/postgres'), '-D', dataDir, ...settings(o)];
  const deadline = Date.now() + STOP_DEADLINE_MS;
  for (;;) {
    const started = await launch(command, user, o.log);
    if ('child' in started) return handle(o.port, dataDir, started.child);
    // The backends of a server that was killed need a moment to notice and let go of its shared memory.
    if (!/pre-existing shared memory|lock file/.test(started.words) || Date.now() > deadline) {
      throw new Error(explain(started.words, o.port));
    }
    await delay(200);
  }
}

function settings(o: PostgresOptions): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port: o.port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    wal_level: 'logical',
    timezone: 'UTC',
    log_timezone: 'UTC',
    shared_preload_libraries: 'pg_stat_statements',
    ...(o.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

type Launch = { child: ChildProcess } | { words: string };

function launch(command: string[], user: ServerUser, log?: (line: string) => void): Promise<Launch> {
  const child = spawn('/bin/sh', ['-c', GUARD, 'postgres', ...command], {
    ...user,
    cwd: '/',
    // Its own process group: Ctrl-C in the terminal reaches the supervisor, which stops the parts in order.
    detached: true,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin?.on('error', () => {});
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    const words: string[] = [];
    let ready = false;
    child.once('error', reject);
    child.once('close', () => resolve({ words: words.join('\n') }));
    lines.on('line', (line) => {
      log?.(line);
      if (ready) return;
      words.push(line);
      ready = line.includes('database system is ready to accept connections');
      if (ready) resolve({ child });
    });
  });
}

function handle(port: number, dataDir: string, child: ChildProcess): PostgresServer {
  let expected = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  return {
    port,
    dataDir,
    url: (database = 'postgres', user = 'postgres') =>
      `postgresql://${user}:${PASSWORD}@127.0.0.1:${port}/${database}`,
    async stop() {
      expected = true;
      child.stdin?.end();
      const patience = setTimeout(() => signalServer(dataDir, 'SIGQUIT'), STOP_DEADLINE_MS);
      await ended;
      clearTimeout(patience);
    },
    onExit(listener) {
      void ended.then((code) => listener({ code, expected }));
    },
  };
}

function initialise(engine: string, folder: string, dataDir: string, user: ServerUser): void {
  const draft = `${dataDir}.draft`;
  const passwordFile = join(folder, 'password');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = ['-U', 'supabase_admin', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const locale = ['--encoding=UTF8', '--locale=C.UTF-8'];
  try {
    execFileSync(join(engine, 'bin/initdb'), ['-D', draft, ...options, ...locale, '--no-sync'], {
      ...user,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } finally {
    rmSync(passwordFile);
  }
  renameSync(draft, dataDir);
}

function writeVaultKey(dataDir: string, user: ServerUser): void {
  const path = join(dataDir, VAULT_KEY);
  if (existsSync(path)) return;
  writeFileSync(path, randomBytes(32), { mode: 0o600 });
  if (user) chownSync(path, user.uid, user.gid);
}

/** The server of a supervisor that was killed may still be there (or its lock file, with a number since reused). */
async function stopLeftOver(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(lockFile)) return;
  signalServer(dataDir, 'SIGINT');
  const deadline = Date.now() + STOP_DEADLINE_MS;
  while (runningServer(dataDir) !== undefined) {
    if (Date.now() > deadline) signalServer(dataDir, 'SIGQUIT');
    await delay(20);
  }
  rmSync(lockFile, { force: true });
}

function signalServer(dataDir: string, signal: NodeJS.Signals): void {
  const pid = runningServer(dataDir);
  if (pid !== undefined) process.kill(pid, signal);
}

/** The number of the server that runs on this data, if the process of that number is indeed one. */
function runningServer(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    const command = existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(`-D ${dataDir} `) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function explain(words: string, port: number): string {
  if (words.includes('Address already in use')) {
    return `Le port ${port} (base de données) est déjà pris par un autre programme.`;
  }
  return `PostgreSQL n'a pas démarré :\n${words}`;
}
