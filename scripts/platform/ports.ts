// Which ports a platform can have on this machine.
// Two platforms run side by side (a started one and the tests, say), so ports are looked for, not assumed.
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ports, portsFrom } from './config.ts';

const HOST = '127.0.0.1';
const CLOSING_WITHIN_MS = 65_000;

const PORT_USES: Record<keyof Ports, string> = {
  api: "l'API",
  db: 'PostgreSQL',
  functions: 'les fonctions',
  worker: 'les tâches planifiées',
  graph: 'le simulateur de Meta',
  gemini: 'le simulateur de Gemini',
};
/** Below the range that the kernel gives to outgoing connections. */
const LOWEST = 20_000;
const HIGHEST = 31_000;
const BLOCK = 16;

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}

export async function allFree(ports: Ports): Promise<boolean> {
  return (await Promise.all(Object.values(ports).map(isFree))).every(Boolean);
}

/** The ports of `preferred` when they are free, else those of some other base. */
export async function freePorts(preferred?: number): Promise<Ports> {
  if (preferred !== undefined && (await allFree(portsFrom(preferred)))) return portsFrom(preferred);
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const base = LOWEST + BLOCK * Math.floor((Math.random() * (HIGHEST - LOWEST)) / BLOCK);
    const ports = portsFrom(base);
    if (await allFree(ports)) return ports;
  }
  throw new Error(`Aucun bloc de ports libre entre ${LOWEST} et ${HIGHEST}.`);
}

/** Ends when all of them are free; throws in French words when something answers on one. */
export async function refuseTakenPorts(ports: Partial<Ports>, log: (line: string) => void): Promise<void> {
  const uses = Object.entries(ports) as [keyof Ports, number][];
  const deadline = Date.now() + CLOSING_WITHIN_MS;
  for (let told = false; ; told = true) {
    const free = await Promise.all(uses.map(([, port]) => isFree(port)));
    const taken = uses.filter((_, index) => !free[index]);
    if (taken.length === 0) return;
    const answering = await Promise.all(taken.map(([, port]) => answers(port)));
    // These ports are also given to outgoing connections, which keep them for a minute after their end.
    if (!answering.some(Boolean) && Date.now() < deadline) {
      if (!told) log(`Le port ${taken[0]?.[1]} se libère, un instant…`);
      await delay(500);
      continue;
    }
    throw new Error(
      [
        ...taken.map(
          ([use, port]) => `Le port ${port}, prévu pour ${PORT_USES[use]}, est déjà pris sur cette machine.`,
        ),
        'Une autre plateforme tourne peut-être déjà ; arrêtez-la, ou déplacez celle-ci :',
        '  FLUXASYNC_PORT_BASE=55321 npm start',
      ].join('\n'),
    );
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ host: HOST, port });
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}
