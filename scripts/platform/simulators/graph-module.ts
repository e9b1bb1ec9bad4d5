// What a part of the simulated Graph API beyond `/messages` is: it answers the calls it knows and leaves the others.
import type { ControlAnswer } from './graph-control.ts';
import type { WebhookChange } from './graph-delivery.ts';

export type GraphCall = {
  method: string;
  /** Below the version: `/200000000000001/phone_numbers`. */
  path: string;
  query: URLSearchParams;
  contentType: string;
  /** Parsed JSON; null when there is no body; the text when it is no JSON. */
  body: unknown;
  raw: Buffer;
  /** The bearer token; undefined when there is none. Modules decide themselves what a call without a known one gets. */
  token: string | undefined;
  tokenKnown: boolean;
  userAgent: string | undefined;
};

export type GraphAnswer = {
  status: number;
  /** JSON, or bytes with their type. */
  body: unknown;
  bytes?: { type: string; content: Uint8Array };
};

export type GraphContext = {
  now(): number;
  /** Tokens that are accepted; a module that issues or revokes one changes this set. */
  tokens: Set<string>;
  appId: string;
  appSecret: string;
  /** Where events go, and the word with which the app answers for that address. */
  webhookUrl: string;
  verifyToken: string;
  /** Delivers a signed event to the webhook; settles with its HTTP status. */
  deliver(change: WebhookChange): Promise<number>;
  /** The same for a whole body, of whatever shape. */
  deliverBody(body: unknown): Promise<number>;
  log(line: string): void;
  /** The simulator's own base URL, such as http://127.0.0.1:54330. */
  baseUrl(): string;
};

export type GraphModule = {
  /** Undefined: not a call of this module. */
  handle(call: GraphCall): GraphAnswer | Promise<GraphAnswer> | undefined;
  /** The module's own levers: `POST /_something`. Bodies are parsed JSON. */
  controls?: Record<string, (body: unknown) => Promise<ControlAnswer>>;
  /** A person's message is about to be delivered. */
  inbound?(message: Record<string, unknown>): void;
  reset(): void;
};
