// `npm run check`: everything that can be said of the sources without running the product. Each check stands alone; all are
// run, and the failed ones print what their tool said.
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { withMigratedDatabase } from './migrated-database.ts';
import { ROOT } from './platform/config.ts';
import { type Outcome, run } from './run.ts';
import { generateTypes, TYPES_FILE } from './types.ts';

type Check = { name: string; work(): Promise<string | null> };

const words = ({ code, stdout, stderr }: Outcome) => (code === 0 ? null : `${stdout}\n${stderr}`.trim());

/** Functions of pgmq 1.5.1, the version hosted Supabase ships; the local one is newer and has more. */
const PGMQ_1_5_1 = new Set(
  `archive convert_archive_partitioned create create_non_partitioned create_partitioned create_unlogged delete
   detach_archive drop_queue format_table_name list_queues metrics metrics_all pop purge_queue read read_with_poll send
   send_batch set_vt validate_queue_name`.split(/\s+/),
);

const checks: Check[] = [
  { name: 'format et lint (biome)', work: async () => words(await run('biome', ['check', '.'])) },
  { name: 'types (tsc)', work: async () => words(await run('tsc', ['-p', 'tsconfig.json'])) },
  { name: 'fonctions (deno check)', work: denoCheck },
  { name: 'pgmq : rien de plus récent que 1.5.1', work: pgmqCheck },
  { name: 'base de données : types à jour, advisors', work: databaseCheck },
];

/** In a copy without package.json and node_modules: with them near, an import that is not in deno.json goes unseen. */
async function denoCheck(): Promise<string | null> {
  const copy = await mkdtemp(join(tmpdir(), 'fluxasync-deno-'));
  try {
    const withoutTests = {
      recursive: true,
      filter: (path: string) => !/\.test\.ts$|\/test-[^/]*\.ts$/.test(path),
    };
    await cp(join(ROOT, 'functions'), join(copy, 'functions'), withoutTests);
    await cp(join(ROOT, 'supabase/functions'), join(copy, 'supabase/functions'), withoutTests);
    await cp(join(ROOT, 'scripts/platform/functions-host.ts'), join(copy, 'functions-host.ts'));
    const names = (await readdir(join(copy, 'supabase/functions'), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
      .map((entry) => `supabase/functions/${entry.name}/index.ts`);
    return words(
      await run(
        'deno',
        ['check', '--quiet', '--config', 'supabase/functions/deno.json', 'functions-host.ts', ...names],
        {
          cwd: copy,
          env: {
            DENO_DIR: join(ROOT, '.local/deno-check'),
            NO_COLOR: '1',
            DENO_TLS_CA_STORE: 'system,mozilla',
          },
        },
      ),
    );
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function pgmqCheck(): Promise<string | null> {
  const folder = join(ROOT, 'supabase/migrations');
  const unknown = new Set<string>();
  for (const file of await readdir(folder)) {
    const sql = await readFile(join(folder, file), 'utf8');
    for (const [, name] of sql.matchAll(/\bpgmq\.([a-z_]+)\s*\(/g)) {
      // q_… and a_… are a queue's own tables.
      if (name !== undefined && !/^[qa]_/.test(name) && !PGMQ_1_5_1.has(name))
        unknown.add(`${file}: pgmq.${name}`);
    }
  }
  return unknown.size === 0 ? null : [...unknown].join('\n');
}

function databaseCheck(): Promise<string | null> {
  return withMigratedDatabase(async (url) => {
    const generated = await generateTypes(url);
    const kept = await readFile(TYPES_FILE, 'utf8').catch(() => '');
    if (generated !== kept) return 'Les types générés ne sont plus ceux du schéma : npm run types';
    return advisorsCheck(url);
  });
}

const advice = z.array(z.object({ name: z.string(), level: z.string(), detail: z.string() }));

/** Supabase's own lints, down to INFO: on an empty database only indexes that nobody has used yet may be named. */
async function advisorsCheck(url: string): Promise<string | null> {
  const said = await run('supabase', ['db', 'advisors', `--remote=${url}`, '--level', 'info', '-o', 'json']);
  if (said.code !== 0) return words(said);
  const list = said.stdout.slice(said.stdout.indexOf('['), said.stdout.lastIndexOf(']') + 1);
  const unwanted = advice
    .parse(JSON.parse(list))
    .filter((a) => a.level !== 'INFO' || a.name !== 'unused_index');
  return unwanted.length === 0 ? null : unwanted.map((a) => `${a.level} ${a.name}: ${a.detail}`).join('\n');
}

let failed = 0;
for (const check of checks) {
  const begun = performance.now();
  const trouble = await check.work().catch((error: Error) => error.message);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${trouble === null ? '✓' : '✗'} ${check.name} (${seconds} s)`);
  if (trouble !== null) {
    failed += 1;
    console.log(`${trouble.replaceAll(/^/gm, '    ')}\n`);
  }
}
if (failed > 0) {
  console.log(`${failed} contrôle(s) en échec.`);
  process.exitCode = 1;
}
