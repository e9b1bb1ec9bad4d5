// Puts the local platform together: Postgres, roles and extensions as hosted, migrations, then the parts that
// serve. Used by `npm start`, by the demo and by the tests, each with its own ports and folder.
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import postgres from 'postgres';
import { bootstrapDatabase } from './bootstrap/bootstrap.ts';
import { KEYS, type Ports, ROOT, SECRETS } from './config.ts';
import { runtimeFolder, serverUser } from './engine.ts';
import { claimFolder } from './folder.ts';
import { editedMigrations, pushMigrations } from './migrations.ts';
import { refuseTakenPorts } from './ports.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { denoProgram, nodeProgram } from './runtimes.ts';
import { type PartHandle, type PartSpec, supervise } from './supervisor.ts';
import { writeVaultSecrets } from './vault.ts';

export const PART_NAMES = ['gateway', 'functions', 'worker', 'graph', 'gemini'] as const;
export type PartName = (typeof PART_NAMES)[number];
export type PlatformLog = (part: PartName | 'postgres' | 'platform', line: string) => void;

export type Platform = {
  ports: Ports;
  apiUrl: string;
  /** As the role `postgres`, which is no superuser. */
  dbUrl: string;
  adminUrl: string;
  graphUrl: string;
  geminiUrl: string;
  parts: Record<PartName, PartHandle>;
  /** How long each step of the start took. */
  phases: { name: string; ms: number }[];
  stop(): Promise<void>;
};

export type PartsOptions = {
  ports: Ports;
  adminUrl: string;
  storageDir: string;
  /** What the functions are given besides the platform's own settings; wins over them. */
  env?: Record<string, string>;
  parts?: readonly PartName[];
  log?: PlatformLog;
};

export type PlatformOptions = {
  dir: string;
  ports: Ports;
  durable: boolean;
  fresh?: boolean;
  /** What stands in new data: the demo's vendors and their story so far (`sql/demo`), or the vendors alone. */
  seed?: 'story' | 'vendors';
  env?: Record<string, string>;
  log?: PlatformLog;
};

const HOST = '127.0.0.1';

export async function startPlatform(o: PlatformOptions): Promise<Platform> {
  const claim = claimFolder(o.dir);
  if ('owner' in claim) {
    throw new Error(
      `Une autre plateforme (processus ${claim.owner}) se sert déjà des données de ${relative(ROOT, o.dir)} ; arrêtez-la d'abord.`,
    );
  }
  try {
    const platform = await startOwned(o);
    const { stop } = platform;
    return {
      ...platform,
      async stop() {
        await stop();
        claim.release();
      },
    };
  } catch (error) {
    claim.release();
    throw error;
  }
}

async function startOwned(o: PlatformOptions): Promise<Platform> {
  const phases: Platform['phases'] = [];
  async function phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    phases.push({ name, ms: Math.round(performance.now() - begun) });
    return result;
  }
  const storageDir = join(o.dir, 'storage');
  // The database's own port may still be held by a server that a killed platform left behind: it is stopped below.
  const { db: _, ...checked } = o.ports;
  const log = o.log ?? (() => {});
  await refuseTakenPorts(existsSync(dataOf(o).lockFile) ? checked : o.ports, (line) => log('platform', line));
  const database = await phase('PostgreSQL', () => keepPostgres(o, log));
  try {
    const adminUrl = database.url('postgres', 'supabase_admin');
    const dbUrl = database.url('postgres', 'postgres');
    await phase('rôles et extensions', () => bootstrapDatabase(adminUrl));
    await phase('migrations', async () => {
      await migrate(dbUrl, o.seed ?? 'story');
      await writeVaultSecrets(adminUrl, `http://${HOST}:${o.ports.api}/functions/v1`);
    });
    const running = await phase('services', () =>
      startParts({ ports: o.ports, adminUrl, storageDir, log, ...(o.env ? { env: o.env } : {}) }),
    );
    return {
      ...running,
      phases,
      async stop() {
        await running.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

export async function startParts(o: PartsOptions): Promise<Omit<Platform, 'phases'>> {
  const wanted = o.parts ?? PART_NAMES;
  const specs = partSpecs(o);
  const handleOf = (name: PartName) => supervise(specs[name], (line) => o.log?.(name, line));
  const parts: Record<PartName, PartHandle> = {
    gateway: handleOf('gateway'),
    functions: handleOf('functions'),
    worker: handleOf('worker'),
    graph: handleOf('graph'),
    gemini: handleOf('gemini'),
  };
  // The worker first: nothing new is called while the others end.
  const stop = async () => {
    for (const name of ['worker', 'graph', 'gemini', 'gateway', 'functions'] as const)
      await parts[name].stop();
  };
  const started = await Promise.allSettled(wanted.map((name) => parts[name].start()));
  const failures = started
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason as Error);
  if (failures.length > 0) {
    await stop();
    throw new Error(failures.map((failure) => failure.message).join('\n'), { cause: failures[0] });
  }
  const dbUrl = new URL(o.adminUrl);
  dbUrl.username = 'postgres';
  dbUrl.password = 'postgres';
  return {
    ports: o.ports,
    apiUrl: `http://${HOST}:${o.ports.api}`,
    dbUrl: dbUrl.href,
    adminUrl: o.adminUrl,
    graphUrl: `http://${HOST}:${o.ports.graph}`,
    geminiUrl: `http://${HOST}:${o.ports.gemini}`,
    parts,
    stop,
  };
}

function partSpecs({ ports, adminUrl, storageDir, env = {} }: PartsOptions): Record<PartName, PartSpec> {
  const local = (port: number) => `http://${HOST}:${port}`;
  const meta = {
    META_APP_ID: env.META_APP_ID ?? SECRETS.META_APP_ID,
    META_APP_SECRET: env.META_APP_SECRET ?? SECRETS.META_APP_SECRET,
    META_VERIFY_TOKEN: env.META_VERIFY_TOKEN ?? SECRETS.META_VERIFY_TOKEN,
  };
  const nodePart = (name: PartName, module: string, settings: Record<string, string>): PartSpec => ({
    name,
    command: nodeProgram(),
    args: [join(ROOT, 'scripts/platform', module)],
    env: { ...inherited(), ...settings },
  });
  return {
    gateway: nodePart('gateway', 'gateway.ts', {
      PORT: String(ports.api),
      DATABASE_URL: adminUrl,
      FUNCTIONS_URL: local(ports.functions),
      STORAGE_DIR: storageDir,
      // Read by @supabase/lite when it is loaded; without it there is no storage API.
      EXPERIMENTAL_STORAGE: '1',
    }),
    worker: nodePart('worker', 'worker.ts', { PORT: String(ports.worker), DATABASE_URL: adminUrl }),
    graph: nodePart('graph', 'simulators/graph.ts', {
      PORT: String(ports.graph),
      WEBHOOK_URL: `${local(ports.api)}/functions/v1/whatsapp-webhook`,
      ...meta,
      ...pick(['TOKENS', 'SEED', 'MESSAGES_PAR_SECONDE'], env),
    }),
    gemini: nodePart('gemini', 'simulators/gemini.ts', {
      PORT: String(ports.gemini),
      ...pick(['GEMINI_API_KEY'], env),
    }),
    functions: {
      name: 'functions',
      command: denoProgram(),
      args: denoArguments(env.FUNCTIONS_DIR),
      env: {
        ...inherited(),
        // Compiled modules are kept beside the project, and nothing is fetched or asked for.
        DENO_DIR: join(ROOT, '.local/deno'),
        DENO_NO_UPDATE_CHECK: '1',
        PORT: String(ports.functions),
        SUPABASE_URL: local(ports.api),
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: KEYS.secret }),
        SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: KEYS.publishable }),
        GRAPH_API_URL: local(ports.graph),
        GEMINI_API_URL: local(ports.gemini),
        // Whatever front end is being developed on this machine.
        ORIGINES_AUTORISEES: '*',
        ...meta,
        ...env,
      },
    },
  };
}

function denoArguments(functionsDir = join(ROOT, 'supabase/functions')): string[] {
  const readable = [
    functionsDir,
    join(ROOT, 'functions'),
    join(ROOT, 'node_modules'),
    join(ROOT, 'package.json'),
  ];
  return [
    'run',
    `--config=${join(ROOT, 'supabase/functions/deno.json')}`,
    // `npm:` imports are those of package-lock.json: nothing is downloaded when a function is loaded.
    '--node-modules-dir=manual',
    '--cached-only',
    '--no-remote',
    '--no-lock',
    '--no-prompt',
    '--quiet',
    '--allow-net',
    '--allow-env',
    `--allow-read=${readable.join(',')}`,
    join(ROOT, 'scripts/platform/functions-host.ts'),
  ];
}

/** Of the surrounding environment, the parts see what a program needs to run and nothing that could be a secret. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'NODE_EXTRA_CA_CERTS', 'DENO_CERT'];
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return pick([...names, ...proxies], process.env);
}

/** What the environment and the file .env say to the functions: `env` of a platform that people start. */
export function functionSettings(): Record<string, string> {
  const file = join(ROOT, '.env');
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const passedOn = Object.keys(process.env).filter((name) => /^(META|GEMINI|GRAPH|FLUX)_/.test(name));
  // A name left empty in .env keeps its default; what the shell says wins over the file.
  return {
    ...pick(Object.keys(written), written),
    ...pick([...Object.keys(written), ...passedOn], process.env),
  };
}

function pick(names: string[], source: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (source[name] ? [[name, source[name]]] : [])));
}

async function migrate(dbUrl: string, seed: NonNullable<PlatformOptions['seed']>): Promise<void> {
  const edited = await editedMigrations(dbUrl);
  if (edited.length > 0) {
    throw new Error(
      [
        edited.length === 1
          ? 'Cette migration a changé depuis que les données gardées ont été créées :'
          : 'Ces migrations ont changé depuis que les données gardées ont été créées :',
        ...edited.map((file) => `  ${file}`),
        'Pour repartir de données neuves : npm start -- --neuf',
      ].join('\n'),
    );
  }
  await pushMigrations(dbUrl, { seed: seed === 'story' && !(await isSeeded(dbUrl)) });
  if (seed === 'vendors') await runFile(dbUrl, join(ROOT, 'sql/demo/10_vendeurs.sql'));
}

async function runFile(dbUrl: string, path: string): Promise<void> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.file(path).simple();
  } finally {
    await sql.end();
  }
}

/** The CLI notes each seed file that it ran: a first start that failed halfway is seeded by the next one. */
async function isSeeded(dbUrl: string): Promise<boolean> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    const [table] = await sql`select to_regclass('supabase_migrations.seed_files') as name`;
    if (!table?.name) return false;
    const [row] = await sql`select exists (select from supabase_migrations.seed_files) as seeded`;
    return row?.seeded === true;
  } finally {
    await sql.end();
  }
}

/** Like a part, the database is started again when it ends by itself. */
async function keepPostgres(
  o: PlatformOptions,
  log: PlatformLog,
): Promise<Pick<PostgresServer, 'url' | 'stop'>> {
  let server = await openPostgres(o, log);
  let restarted: Promise<void> = Promise.resolve();
  let wanted = true;
  const restart = async (code: number | null) => {
    log('platform', `PostgreSQL s'est arrêté (code ${code}) ; il redémarre.`);
    for (let wait = 100; wanted; wait = Math.min(wait * 2, 2_000)) {
      try {
        server = await openPostgres({ ...o, fresh: false }, log);
        return watch();
      } catch (error) {
        log('platform', (error as Error).message);
        await delay(wait);
      }
    }
  };
  const watch = () =>
    server.onExit(({ code, expected }) => {
      if (wanted && !expected) restarted = restart(code);
    });
  watch();
  return {
    url: (database, user) => server.url(database, user),
    async stop() {
      wanted = false;
      await restarted;
      await server.stop();
    },
  };
}

async function openPostgres(o: PlatformOptions, log: PlatformLog): Promise<PostgresServer> {
  const start = () =>
    startPostgres({ dir: o.dir, port: o.ports.db, durable: o.durable, log: (line) => log('postgres', line) });
  if (!o.fresh) return start();
  const { data, lockFile } = dataOf(o);
  // Starting ends whatever server a killed platform left on these data; if they are beyond starting, they go anyway.
  if (existsSync(lockFile))
    await start().then(
      (server) => server.stop(),
      () => {},
    );
  await Promise.all([data, join(o.dir, 'storage')].map((kept) => rm(kept, { recursive: true, force: true })));
  return start();
}

function dataOf(o: PlatformOptions): { data: string; lockFile: string } {
  const data = join(runtimeFolder(o.dir, serverUser()), 'data');
  return { data, lockFile: join(data, 'postmaster.pid') };
}
