import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { portsFrom } from '../../scripts/platform/config.ts';
import { startPlatform } from '../../scripts/platform/platform.ts';
import { nodeProgram } from '../../scripts/platform/runtimes.ts';
import { type PartHandle, type PartSpec, supervise } from '../../scripts/platform/supervisor.ts';
import { waitFor } from '../helpers/wait.ts';

const ENDS_WITH_STDIN = "process.stdin.on('end', () => process.exit(0)).resume();";
const SERVES = `${ENDS_WITH_STDIN} console.log('ready');`;

function part(script: string, more: Partial<PartSpec> = {}): PartSpec {
  return { name: 'essai', command: nodeProgram(), args: ['-e', script], env: {}, ...more };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const started: PartHandle[] = [];

function tracked(spec: PartSpec, log?: (line: string) => void): PartHandle {
  const handle = supervise(spec, log);
  started.push(handle);
  return handle;
}

function pidOf(handle: PartHandle): number {
  return handle.pid() ?? expect.fail('the part has no process');
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((handle) => handle.stop()));
});

describe('a part', () => {
  it('is ready again, as another process, after kill -9', async () => {
    const lines: string[] = [];
    const handle = tracked(part(SERVES), (line) => lines.push(line));
    await handle.start();
    const first = pidOf(handle);

    handle.kill('SIGKILL');
    await handle.ready();

    expect(handle.restarts()).toBe(1);
    expect(pidOf(handle)).not.toBe(first);
    expect(isAlive(pidOf(handle))).toBe(true);
    expect(lines.join()).toContain("« essai » s'est arrêtée (signal SIGKILL)");
  });

  it('comes back every time', async () => {
    const handle = tracked(part(SERVES));
    await handle.start();
    const pids = new Set([pidOf(handle)]);
    for (let round = 0; round < 5; round += 1) {
      handle.kill('SIGKILL');
      await handle.ready();
      pids.add(pidOf(handle));
    }
    expect(handle.restarts()).toBe(5);
    expect(pids.size).toBe(6);
  });

  it('that fails at its first start is an error with its last words', async () => {
    const handle = tracked(part("console.error('il manque la clé'); process.exit(3)"));
    await expect(handle.start()).rejects.toThrow(/« essai » n'a pas démarré : code 3.*il manque la clé/s);
    expect(handle.restarts()).toBe(0);
    expect(handle.pid()).toBeUndefined();
  });

  it('that never says ready is an error, and its process does not stay', async () => {
    const handle = tracked(part(`console.log('je cherche…'); ${ENDS_WITH_STDIN}`, { readyWithinMs: 300 }));
    const failed = expect(handle.start()).rejects.toThrow(/pas prête après 0.3 s/);
    const pid = pidOf(handle);
    await failed;
    await waitFor('the process is gone', async () => !isAlive(pid));
  });

  it('that has no program is an error in words', async () => {
    const handle = tracked(part('', { command: '/nowhere/programme' }));
    await expect(handle.start()).rejects.toThrow(/« essai » n'a pas démarré : .*ENOENT/);
  });

  it('that is stopped stays stopped, and can be started again', async () => {
    const handle = tracked(part(SERVES));
    await handle.start();
    const pid = pidOf(handle);

    await handle.stop();
    expect(isAlive(pid)).toBe(false);
    expect(handle.pid()).toBeUndefined();

    await handle.start();
    await handle.ready();
    expect(handle.restarts()).toBe(0);
  });

  it('that ignores SIGTERM is killed', async () => {
    const handle = tracked(part(`process.on('SIGTERM', () => {}); ${SERVES}`));
    await handle.start();
    const pid = pidOf(handle);
    await handle.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('ends when its supervisor is killed', async () => {
    const supervisor = superviseInAnotherProcess();
    const pid = Number(await firstLine(supervisor));
    expect(isAlive(pid)).toBe(true);

    supervisor.kill('SIGKILL');

    await waitFor('the part is gone', async () => !isAlive(pid));
  });
});

function superviseInAnotherProcess(): ChildProcess {
  const module = new URL('../../scripts/platform/supervisor.ts', import.meta.url).href;
  const script = `
    import { supervise } from ${JSON.stringify(module)};
    const handle = supervise(${JSON.stringify(part(SERVES))});
    await handle.start();
    console.log(handle.pid());
    setInterval(() => {}, 1000);
  `;
  return spawn(nodeProgram(), ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) return expect.fail('no output to read');
  for await (const line of createInterface({ input: child.stdout })) return line;
  return expect.fail('it ended without a word');
}

describe('a taken port', () => {
  it('is named in words, with what it is for and how to move', async () => {
    const squatter = createServer();
    const base = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    try {
      // The squatted one is the port of the functions.
      const platform = startPlatform({ dir: '/nowhere', ports: portsFrom(base - 2), durable: false });
      await expect(platform).rejects.toThrow(
        new RegExp(`Le port ${base}, prévu pour les fonctions, est déjà pris.*FLUXASYNC_PORT_BASE=`, 's'),
      );
    } finally {
      squatter.close();
    }
  });
});
