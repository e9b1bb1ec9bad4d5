// Which ports a platform can have on this machine.
// Two platforms run side by side (a started one and the tests, say), so ports are looked for, not assumed.
import { createServer } from 'node:net';
import { type Ports, portsFrom } from './config.ts';

const HOST = '127.0.0.1';
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
