// Where the project's own Node and Deno are: the programs themselves and not their wrappers, so that a part's pid
// is the pid of its runtime and a signal reaches it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './config.ts';

const OLDEST_NODE = 22;

export function nodeProgram(): string {
  if (Number(process.versions.node.split('.', 1)[0]) >= OLDEST_NODE) return process.execPath;
  return present(join(ROOT, 'node_modules/node/bin/node'), 'node');
}

export function denoProgram(): string {
  const copied = join(ROOT, 'node_modules/deno/deno');
  if (existsSync(copied)) return copied;
  // Its install script puts it there; without it, the package of this machine's platform holds it all the same.
  const target =
    process.platform === 'linux' ? `linux-${process.arch}-glibc` : `${process.platform}-${process.arch}`;
  const installed = createRequire(join(ROOT, 'node_modules/deno/package.json'));
  return present(join(dirname(installed.resolve(`@deno/${target}/package.json`)), 'deno'), 'deno');
}

function present(path: string, name: string): string {
  if (existsSync(path)) return path;
  throw new Error(`Le programme ${name} du projet est introuvable (${path}) : lancez « npm ci ».`);
}
