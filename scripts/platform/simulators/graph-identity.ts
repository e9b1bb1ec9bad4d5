// Who is who at the simulated Meta: business numbers, their accounts (WABA), people and their business-scoped ids.
// Nothing is registered: every id follows from the number by a rule, so tests may use any number they like.
import { createHash, randomBytes } from 'node:crypto';

export const BSUID = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/;
export const PHONE = /^\+?[0-9]{7,15}$/;
export const DEMO_PHONE_NUMBER_ID = '100000000000001';

const COUNTRIES: [prefix: string, country: string][] = [
  ['225', 'CI'],
  ['221', 'SN'],
  ['223', 'ML'],
  ['226', 'BF'],
  ['229', 'BJ'],
  ['228', 'TG'],
  ['224', 'GN'],
  ['237', 'CM'],
  ['33', 'FR'],
];

/** One account per number: 100000000000001 belongs to 200000000000001. */
export function wabaOf(phoneNumberId: string): string {
  return `2${phoneNumberId.slice(1)}`;
}

export function phoneNumberOf(waba: string): string {
  return `1${waba.slice(1)}`;
}

export function businessNumber(phoneNumberId: string): {
  id: string;
  display_phone_number: string;
  verified_name: string;
  quality_rating: string;
} {
  const demo = phoneNumberId === DEMO_PHONE_NUMBER_ID;
  const local = demo ? '0712345678' : phoneNumberId.slice(-10).padStart(10, '0');
  return {
    id: phoneNumberId,
    display_phone_number: `+225 ${local.replace(/(..)(?=.)/g, '$1 ')}`,
    verified_name: demo ? 'Boutique Kouadio' : `Boutique ${phoneNumberId.slice(-4)}`,
    quality_rating: 'GREEN',
  };
}

/** A person's id as one business sees it: the same person has another one at another business. */
export function bsuidOf(phoneNumberId: string, waId: string): string {
  const country = COUNTRIES.find(([prefix]) => waId.startsWith(prefix))?.[1] ?? 'US';
  const digest = createHash('sha256')
    .update(`${wabaOf(phoneNumberId)} ${waId}`)
    .digest();
  return `${country}.${digest.readBigUInt64BE() % 10n ** 17n}`;
}

/** Random and not seeded: a simulator started again on kept data must never give an id twice. */
export function newWamid(person: string): string {
  const name = Buffer.from(person);
  const bytes = Buffer.concat([
    Buffer.from([0x1c, 0x18, name.length]),
    name,
    Buffer.from([0x15, 0x02, 0x00, 0x11, 0x18, 0x12]),
    Buffer.from(randomBytes(9).toString('hex').toUpperCase()),
    Buffer.from([0x00]),
  ]);
  return `wamid.${bytes.toString('base64')}`;
}
