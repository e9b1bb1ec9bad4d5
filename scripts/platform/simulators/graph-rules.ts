// When Meta accepts a well-formed message: the 24-hour customer service window, the rate towards one person,
// the rate of a number. All time comes from the injected clock, so that tests move hours without waiting.
import type { Refusal } from './graph-errors.ts';

const WINDOW_MS = 24 * 60 * 60 * 1000;
const PAIR_INTERVAL_MS = 6_000;
const PAIR_BURST = 45;

export type Pair = { phoneNumberId: string; person: string };

export type GraphRules = {
  openWindow(pair: Pair): void;
  /** Says why the message is refused, or counts it and returns undefined. */
  refuse(pair: Pair, freeForm: boolean): Refusal | undefined;
  reset(): void;
};

const CLOSED_WINDOW: Refusal = {
  status: 400,
  code: 131047,
  details:
    'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
};
const NUMBER_RATE: Refusal = {
  status: 400,
  code: 130429,
  details: 'Message failed to send because there were too many messages sent from this phone number.',
};
const PAIR_RATE: Refusal = {
  status: 400,
  code: 131056,
  details:
    'Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.',
};

/**
 * One rate limit with a burst that is paid back later: each message books one interval on the key's account, which
 * may run at most `burst` intervals ahead of the clock.
 */
function createRate(intervalMs: number, burst: number) {
  const paidUntil = new Map<string, number>();
  // A tenth of a millisecond absorbs the rounding of intervals such as 12.5 ms added up many times.
  const allowedAhead = (burst - 1) * intervalMs + 0.1;
  return {
    exceeded: (key: string, now: number): boolean => (paidUntil.get(key) ?? 0) - now > allowedAhead,
    count(key: string, now: number): void {
      paidUntil.set(key, Math.max(paidUntil.get(key) ?? 0, now) + intervalMs);
    },
    clear: (): void => paidUntil.clear(),
  };
}

export function createGraphRules(o: { now: () => number; messagesPerSecond: number }): GraphRules {
  const lastInbound = new Map<string, number>();
  const pairRate = createRate(PAIR_INTERVAL_MS, PAIR_BURST);
  const numberRate = createRate(1000 / o.messagesPerSecond, o.messagesPerSecond);
  const keyOf = (pair: Pair): string => `${pair.phoneNumberId} ${pair.person}`;

  return {
    openWindow(pair) {
      lastInbound.set(keyOf(pair), o.now());
    },
    refuse(pair, freeForm) {
      const key = keyOf(pair);
      const now = o.now();
      const inbound = lastInbound.get(key);
      if (freeForm && (inbound === undefined || now - inbound > WINDOW_MS)) return CLOSED_WINDOW;
      if (numberRate.exceeded(pair.phoneNumberId, now)) return NUMBER_RATE;
      if (pairRate.exceeded(key, now)) return PAIR_RATE;
      numberRate.count(pair.phoneNumberId, now);
      pairRate.count(key, now);
      return undefined;
    },
    reset() {
      lastInbound.clear();
      pairRate.clear();
      numberRate.clear();
    },
  };
}
