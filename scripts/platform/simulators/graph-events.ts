// The webhook events of the simulated Meta: a person's message, and the statuses of a message that was accepted.
// Statuses come late, in any order and sometimes twice, because that is what a receiver must survive.

import type { WebhookChange } from './graph-delivery.ts';
import { graphErrorBody } from './graph-errors.ts';
import { bsuidOf, businessNumber, wabaOf } from './graph-identity.ts';
import type { MessageType } from './graph-messages.ts';

/** A person as one business number knows them; without `waId`, they hide their phone number. */
export type Person = { waId?: string; bsuid: string; name?: string };

export type AcceptedMessage = {
  wamid: string;
  phoneNumberId: string;
  person: Person;
  type: MessageType;
  callbackData: string | undefined;
  acceptedAt: number;
};

const TWICE = 0.2;
const MIN_DELAY_MS = 5;
const MAX_DELAY_MS = 60;

/** A small seeded generator (mulberry32): the same seed plays the same delays and repetitions. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function metadata(phoneNumberId: string) {
  return {
    display_phone_number: businessNumber(phoneNumberId).display_phone_number.replace(/\D/g, ''),
    phone_number_id: phoneNumberId,
  };
}

function contact(person: Person) {
  return {
    ...(person.name === undefined ? {} : { profile: { name: person.name } }),
    ...(person.waId === undefined ? {} : { wa_id: person.waId }),
    user_id: person.bsuid,
  };
}

/** `de` is a phone number or a BSUID; a raw message may bring its own `from_user_id`. */
export function personOf(o: {
  de: string;
  phoneNumberId: string;
  name?: string | undefined;
  bsuid?: unknown;
}): Person {
  const named = o.name === undefined ? {} : { name: o.name };
  if (o.de.includes('.')) return { bsuid: o.de, ...named };
  const waId = o.de.replace('+', '');
  const bsuid = typeof o.bsuid === 'string' ? o.bsuid : bsuidOf(o.phoneNumberId, waId);
  return { waId, bsuid, ...named };
}

export function inboundChange(o: {
  phoneNumberId: string;
  person: Person;
  wamid: string;
  message: Record<string, unknown>;
  at: number;
}): WebhookChange {
  return {
    waba: wabaOf(o.phoneNumberId),
    field: 'messages',
    value: {
      messaging_product: 'whatsapp',
      metadata: metadata(o.phoneNumberId),
      contacts: [contact(o.person)],
      messages: [
        {
          ...(o.person.waId === undefined ? {} : { from: o.person.waId }),
          from_user_id: o.person.bsuid,
          id: o.wamid,
          timestamp: String(Math.floor(o.at / 1000)),
          ...o.message,
        },
      ],
    },
  };
}

function statusChange(
  message: AcceptedMessage,
  status: string,
  failure?: Record<string, unknown>,
): WebhookChange {
  const { person, phoneNumberId, callbackData } = message;
  const category = message.type === 'template' ? 'utility' : 'service';
  return {
    waba: wabaOf(phoneNumberId),
    field: 'messages',
    value: {
      messaging_product: 'whatsapp',
      metadata: metadata(phoneNumberId),
      contacts: [contact(person)],
      statuses: [
        {
          id: message.wamid,
          status,
          timestamp: String(Math.floor(message.acceptedAt / 1000)),
          ...(person.waId === undefined ? {} : { recipient_id: person.waId }),
          recipient_user_id: person.bsuid,
          ...(callbackData === undefined ? {} : { biz_opaque_callback_data: callbackData }),
          ...(failure === undefined
            ? {}
            : { errors: [{ code: failure.code, title: failure.message, error_data: failure.error_data }] }),
          ...(status === 'read' || status === 'failed'
            ? {}
            : { pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category } }),
        },
      ],
    },
  };
}

/** Accepted and then not delivered: what is told later, once or twice. */
export function planFailure(
  message: AcceptedMessage,
  code: number,
  random: () => number,
): { change: WebhookChange; afterMs: number }[] {
  const change = statusChange(message, 'failed', graphErrorBody(code, 'Panne demandée par /_pannes').error);
  const once = { change, afterMs: MIN_DELAY_MS };
  return random() < TWICE ? [once, { change, afterMs: MAX_DELAY_MS }] : [once];
}

/** What happens to an accepted message, each event with the milliseconds after which it is sent. */
export function planStatuses(
  message: AcceptedMessage,
  random: () => number,
): { change: WebhookChange; afterMs: number }[] {
  // People cannot "receive" or "read" a reaction: Meta only says that it was sent.
  const statuses = message.type === 'reaction' ? ['sent'] : ['sent', 'delivered', 'read'];
  const delay = (): number => MIN_DELAY_MS + Math.floor(random() * (MAX_DELAY_MS - MIN_DELAY_MS + 1));
  return statuses.flatMap((status) => {
    const change = statusChange(message, status);
    const once = { change, afterMs: delay() };
    return random() < TWICE ? [once, { change, afterMs: delay() }] : [once];
  });
}
