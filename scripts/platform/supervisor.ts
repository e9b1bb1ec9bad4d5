// Keeps one part of the platform running: starts its process, waits until it says `ready`, starts it again when it
// dies by itself, ends it when asked to. The part's stdin stays open as long as this process lives, so that a part
// never outlives its supervisor, however that one ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type PartSpec = {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
  readyWithinMs?: number;
};

export type PartHandle = {
  pid(): number | undefined;
  kill(signal: NodeJS.Signals): void;
  restarts(): number;
  /** Resolves when the part serves; after a kill, when it serves again. */
  ready(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
};

export type PartLog = (line: string) => void;

const READY_WITHIN_MS = 15_000;
const FIRST_RESTART_AFTER_MS = 100;
const LAST_RESTART_AFTER_MS = 2_000;
const KILLED_AFTER_MS = 3_000;
const REMEMBERED_LINES = 15;
const ENDING_SIGNALS: NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGABRT', 'SIGQUIT', 'SIGHUP'];

/** One life of the part's process. */
type Life = {
  process: ChildProcess;
  /** Said `ready`, or why it never will. */
  ready: Promise<void>;
  ended: Promise<string>;
  /** Told to end: no longer counted as serving, even while its process is still there. */
  doomed: boolean;
};

export function supervise(spec: PartSpec, log: PartLog = () => {}): PartHandle {
  let life: Life | undefined;
  let wanted = false;
  let restarts = 0;
  let restarting: NodeJS.Timeout | undefined;
  let restartAfterMs = FIRST_RESTART_AFTER_MS;
  let waiting: { resolve(): void; reject(error: Error): void }[] = [];
  let serving = false;

  function tellWaiting(error?: Error): void {
    const told = waiting;
    waiting = [];
    for (const { resolve, reject } of told) {
      if (error) reject(error);
      else resolve();
    }
  }

  async function live(): Promise<void> {
    const current = beginLife(spec, log);
    life = current;
    void current.ended.then((how) => {
      if (life !== current) return;
      serving = false;
      life = undefined;
      if (wanted) restartLater(how);
    });
    await current.ready;
    if (life !== current || current.doomed) return;
    serving = true;
    restartAfterMs = FIRST_RESTART_AFTER_MS;
    tellWaiting();
  }

  function restartLater(how: string): void {
    log(`La partie « ${spec.name} » s'est arrêtée (${how}) ; elle redémarre dans ${restartAfterMs} ms.`);
    restarting = setTimeout(() => {
      restarts += 1;
      // A failed attempt has ended its process: `ended` above plans the next one.
      live().catch((error: Error) => log(error.message.split('\n', 1).join('')));
    }, restartAfterMs);
    restartAfterMs = Math.min(restartAfterMs * 2, LAST_RESTART_AFTER_MS);
  }

  return {
    pid: () => life?.process.pid,
    restarts: () => restarts,
    kill(signal) {
      if (!life) return;
      if (ENDING_SIGNALS.includes(signal)) {
        life.doomed = true;
        serving = false;
      }
      life.process.kill(signal);
    },
    ready: () =>
      serving ? Promise.resolve() : new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    async start() {
      if (wanted || life) return;
      // The first start is not repeated: what is wrong then (a port, a setting, a bug) is said at once.
      try {
        await live();
      } catch (error) {
        tellWaiting(error as Error);
        throw error;
      }
      wanted = true;
      // It may have ended between `ready` and now.
      if (!life) restartLater('aussitôt après son démarrage');
    },
    async stop() {
      wanted = false;
      serving = false;
      clearTimeout(restarting);
      tellWaiting(new Error(`La partie « ${spec.name} » a été arrêtée.`));
      const last = life;
      if (!last) return;
      last.doomed = true;
      last.process.kill('SIGTERM');
      const killing = setTimeout(() => last.process.kill('SIGKILL'), KILLED_AFTER_MS);
      await last.ended;
      clearTimeout(killing);
    },
  };
}

function beginLife(spec: PartSpec, log: PartLog): Life {
  // A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends the parts in order.
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  });
  child.stdin.on('error', () => {});
  const lastLines: string[] = [];
  let sayReady = () => {};
  const saidReady = new Promise<void>((resolve) => (sayReady = resolve));
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      if (output === child.stdout && line === 'ready') return sayReady();
      lastLines.push(line);
      if (lastLines.length > REMEMBERED_LINES) lastLines.shift();
      log(line);
    });
  }

  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
  // The last words come after `exit`: `close` waits for both outputs, unless a grandchild holds them open.
  const silent = new Promise<void>((resolve) => child.once('close', () => resolve()));

  const fail = (why: string) =>
    new Error(
      [
        `La partie « ${spec.name} » n'a pas démarré : ${why}.`,
        ...(lastLines.length > 0 ? ['Ses dernières lignes :', ...lastLines.map((line) => `  ${line}`)] : []),
      ].join('\n'),
    );
  const ready = new Promise<void>((resolve, reject) => {
    const limit = spec.readyWithinMs ?? READY_WITHIN_MS;
    const deadline = setTimeout(() => {
      reject(fail(`elle n'est pas prête après ${limit / 1000} s`));
      child.kill('SIGKILL');
    }, limit);
    void saidReady.then(() => {
      clearTimeout(deadline);
      resolve();
    });
    void ended.then(async (how) => {
      clearTimeout(deadline);
      await Promise.race([silent, new Promise((after) => setTimeout(after, 200))]);
      reject(fail(how));
    });
  });
  return { process: child, ready, ended, doomed: false };
}
