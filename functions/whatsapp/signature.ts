// Meta signs every webhook: `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 of the raw body with the app secret.
// Source: developers.facebook.com/docs/graph-api/webhooks/getting-started (Validating Payloads).
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether one of the secrets signed these bytes; every secret is tried, in constant time, and none configured means no. */
export function signatureValide(
  corps: Uint8Array,
  entete: string | null,
  secrets: readonly string[],
): boolean {
  const donnee = /^sha256=([0-9a-f]{64})$/i.exec(entete ?? '')?.[1];
  if (donnee === undefined) return false;
  const recue = Buffer.from(donnee, 'hex');
  let valide = false;
  for (const secret of secrets) {
    valide = timingSafeEqual(createHmac('sha256', secret).update(corps).digest(), recue) || valide;
  }
  return valide;
}
