// The error bodies of the Graph API, as Meta words them: callers tell what to do by `code` alone.
// Used for refusals by the rules and for the faults that a test asks for.
import { randomBytes } from 'node:crypto';

export type Refusal = { status: number; code: number; details: string };

const TITLES: Record<number, string> = {
  1: 'An unknown error has occurred.',
  2: 'Service temporarily unavailable',
  4: '(#4) Application request limit reached',
  100: '(#100) Invalid parameter',
  101: 'Error validating application.',
  190: 'Invalid OAuth access token - Cannot parse access token',
  368: '(#368) Temporarily blocked for policies violations',
  2200: '(#2200) Callback verification failed',
  2500: 'Unknown path components',
  80007: '(#80007) Rate limit issues',
  130429: '(#130429) Rate limit hit',
  131000: '(#131000) Something went wrong',
  131016: '(#131016) Service unavailable',
  131026: '(#131026) Message undeliverable',
  131047: '(#131047) Re-engagement message',
  131048: '(#131048) Spam rate limit hit',
  131049: '(#131049) Message not delivered to maintain healthy ecosystem engagement',
  131050: '(#131050) User has stopped marketing messages',
  131056: '(#131056) (Business Account, Consumer Account) pair rate limit hit',
  131062: '(#131062) Business-scoped user ID recipients are not supported for this message',
  132000: '(#132000) Number of parameters does not match the expected number of params',
  132001: '(#132001) Template name does not exist in the translation',
  132015: '(#132015) Template is Paused',
  132016: '(#132016) Template is Disabled',
  133005: '(#133005) Two-step verification PIN mismatch',
  133010: '(#133010) Account not registered',
};

export function invalidParameter(details: string): Refusal {
  return { status: 400, code: 100, details };
}

export function graphErrorBody(code: number, details?: string): { error: Record<string, unknown> } {
  const error: Record<string, unknown> = {
    message: TITLES[code] ?? `(#${code}) Error`,
    type: 'OAuthException',
    code,
    fbtrace_id: `A${randomBytes(16).toString('base64url')}`,
  };
  if (details !== undefined) error.error_data = { messaging_product: 'whatsapp', details };
  return { error };
}
