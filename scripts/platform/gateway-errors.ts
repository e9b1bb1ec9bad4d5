// Errors that SQL raises reach the client as PostgREST passes them on: SQLSTATE, message, detail, hint and its HTTP status.
// The library knows some SQLSTATEs only and calls the others `SUP`, without the hint our stable codes are in.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Connection } from './gateway-database.ts';

type DatabaseError = { code: string; message: string; detail?: string; hint?: string };

const requests = new AsyncLocalStorage<{ error?: DatabaseError }>();

function isDatabaseError(error: unknown): error is DatabaseError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^[0-9A-Z]{5}$/.test(error.code)
  );
}

/** Notes the error of each request that meets one; see `asPostgrest`. */
export function noteErrors(connection: Connection): void {
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (error: unknown) => {
    const normalized = normalize(error);
    const request = requests.getStore();
    if (request && isDatabaseError(normalized)) request.error = normalized;
    return normalized;
  };
}

/** Answers a request, with the database's own error where the library had no words for it. */
export function asPostgrest(answer: () => Promise<Response>): Promise<Response> {
  return requests.run({}, async () => {
    const response = await answer();
    const error = requests.getStore()?.error;
    if (response.status !== 500 || !error) return response;
    const { code } = (await response.clone().json()) as { code?: unknown };
    if (code !== 'SUP') return response;
    return Response.json(
      { code: error.code, message: error.message, details: error.detail ?? null, hint: error.hint ?? null },
      { status: statusOf(error.code) },
    );
  });
}

/** https://docs.postgrest.org/en/stable/references/errors.html, the rows that the library lacks. */
function statusOf(sqlState: string): number {
  if (sqlState === 'P0001') return 400;
  if (/^(08|53)/.test(sqlState)) return 503;
  if (/^(0L|0P|28)/.test(sqlState)) return 403;
  return /^(09|25|2D|38|39|3B|40|54|55|57|58|F0|HV|P0|XX)/.test(sqlState) ? 500 : 400;
}
