// The local platform's fixed contract: ports, development keys and where things lie.
// Tools and people rely on these values, so they are constants and not options.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

export type Ports = {
  api: number;
  db: number;
  functions: number;
  worker: number;
  graph: number;
  gemini: number;
};

export const DEFAULT_BASE = 54321;

/** All ports of one platform follow from one base, so that two platforms can run side by side. */
export function portsFrom(base: number): Ports {
  return {
    api: base,
    db: base + 1,
    functions: base + 2,
    worker: base + 3,
    graph: base + 9,
    gemini: base + 10,
  };
}

/** Development keys; a hosted project has its own. */
export const KEYS = { publishable: 'sb_publishable_local', secret: 'sb_secret_local' } as const;

export const JWT_SECRET = 'development-only-jwt-secret-of-more-than-32-characters';

export const SECRETS = {
  META_APP_ID: 'dev-app-id',
  META_APP_SECRET: 'dev-app-secret',
  META_VERIFY_TOKEN: 'dev-verify-token',
} as const;

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** FLUXASYNC_PORT_BASE of the environment or of the file .env; throws in French words when it is no port. */
export function portBase(): number {
  const file = join(ROOT, '.env');
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const given = process.env.FLUXASYNC_PORT_BASE || written.FLUXASYNC_PORT_BASE;
  if (!given) return DEFAULT_BASE;
  const base = Number(given);
  if (Number.isInteger(base) && base > 1023 && base < 65_500) return base;
  throw new Error(`FLUXASYNC_PORT_BASE doit être un nombre entre 1024 et 65499, et non « ${given} ».`);
}
