// Ports for a platform of a test's own, so that test files run beside each other and beside `npm start`.
import { createServer } from 'node:net';
import { type Ports, portsFrom } from '../../scripts/platform/config.ts';

const LOWEST = 20_000;
const HIGHEST = 32_000;
const STEP = 20;

export async function freePorts(): Promise<Ports> {
  for (;;) {
    const base = LOWEST + STEP * Math.floor((Math.random() * (HIGHEST - LOWEST)) / STEP);
    const ports = portsFrom(base);
    const free = await Promise.all(Object.values(ports).map(isFree));
    if (free.every(Boolean)) return ports;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
