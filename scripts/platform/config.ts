// The local platform's fixed contract: ports, development keys and where things lie.
// Tools and people rely on these values, so they are constants and not options.
import { fileURLToPath } from 'node:url';

export type Ports = { api: number; db: number; functions: number; worker: number; graph: number };

export const DEFAULT_BASE = 54321;

/** All ports of one platform follow from one base, so that two platforms can run side by side. */
export function portsFrom(base: number): Ports {
  return { api: base, db: base + 1, functions: base + 2, worker: base + 3, graph: base + 9 };
}

/** Development keys; a hosted project has its own. */
export const KEYS = { publishable: 'sb_publishable_local', secret: 'sb_secret_local' } as const;

export const JWT_SECRET = 'development-only-jwt-secret-of-more-than-32-characters';

export const SECRETS = { META_APP_SECRET: 'dev-app-secret', META_VERIFY_TOKEN: 'dev-verify-token' } as const;

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
