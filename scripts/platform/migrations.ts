// Brings a database to the state of supabase/migrations with the official CLI, as role postgres, as a deploy does.
// Also says which applied migrations were edited since: the CLI remembers what it ran, statement by statement.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { ROOT } from './config.ts';

const CLI = join(ROOT, 'node_modules/.bin/supabase');

/** `workdir`: the folder that holds supabase/. */
export function pushMigrations(url: string, o: { seed?: boolean; workdir?: string } = {}): Promise<void> {
  const workdir = o.workdir ?? ROOT;
  const target = new URL(url);
  target.username = 'postgres';
  target.searchParams.set('sslmode', 'disable');
  const options = ['db', 'push', `--remote=${target.href}`, '--yes', '--workdir', workdir];
  if (o.seed) options.push('--include-seed');
  return new Promise((resolve, reject) => {
    const cli = execFile(CLI, options, { cwd: workdir, env: environment() }, (error, said, complained) => {
      if (!error) return resolve();
      const words = `${said}\n${complained}`.trim() || error.message;
      reject(new Error(`Les migrations n'ont pas pu être appliquées :\n${words}`));
    });
    cli.stdin?.end();
  });
}

/** The CLI is to see this project alone: no linked account, no other project's settings, no telemetry. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(SUPABASE_|PG)/.test(name));
  return { ...Object.fromEntries(kept), SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', CI: '1' };
}

/** File names of the applied migrations that no longer say what was applied, or are gone. */
export async function editedMigrations(url: string, workdir = ROOT): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [history] =
      await sql`select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
    if (!history?.exists) return [];
    const applied = await sql<{ version: string; name: string; statements: string[] | null }[]>`
      select version, name, statements from supabase_migrations.schema_migrations order by version`;
    return applied
      .map(({ version, name, statements }) => ({
        file: `${version}_${name}.sql`,
        statements: statements ?? [],
      }))
      .filter(({ file, statements }) => {
        const path = join(workdir, 'supabase/migrations', file);
        return !existsSync(path) || essence(readFileSync(path, 'utf8')) !== essence(statements.join(';'));
      })
      .map(({ file }) => file);
  } finally {
    await sql.end();
  }
}

/** What is left when the marks are gone that splitting a file into statements takes away. */
function essence(text: string): string {
  return text.replace(/[\s;]+/g, '');
}
