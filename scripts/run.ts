// Runs one of the project's own tools to its end and keeps what it says, for scripts that judge the outcome.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ROOT } from './platform/config.ts';

export type Outcome = { code: number; stdout: string; stderr: string };

export function run(
  program: string,
  args: string[],
  o: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: o.cwd ?? ROOT,
    env: {
      ...process.env,
      ...o.env,
      PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(o.input ?? '');
  const heard = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, ...heard }));
  });
}
