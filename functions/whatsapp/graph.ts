// The Graph API as far as sending goes: one call, and what its outcome means for a retry.
// Codes: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
import { z } from 'zod';

export type Envoi = {
  id_message: number;
  numero_emetteur: string;
  destinataire: string;
  texte: string;
  /** wamid of the message this one answers to, or null. */
  reponse_a: string | null;
  jeton: string;
};

export type Issue =
  | { sorte: 'accepte'; wamid: string }
  | { sorte: 'refuse'; code: string; detail: string; reprendre: boolean }
  /** Meta may or may not have the message: only its status event, or two minutes of silence, settles that. */
  | { sorte: 'inconnue'; motif: string };

export type ClientGraph = { envoyerTexte(envoi: Envoi): Promise<Issue> };

/** Refused for now: rate limits and Meta's own trouble. All other codes are final. */
const A_REPRENDRE = new Set([130429, 131056, 131016, 131000, 1, 2, 4, 80007]);

const accepte = z.object({ messages: z.array(z.object({ id: z.string().min(1) })).min(1) });
const refuse = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().default(''),
    error_data: z.object({ details: z.string() }).partial().optional(),
  }),
});

export function creerClientGraph(url: string, delaiMs: number): ClientGraph {
  return {
    async envoyerTexte(envoi) {
      let reponse: Response;
      let corps: unknown;
      try {
        reponse = await fetch(`${url}/${envoi.numero_emetteur}/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${envoi.jeton}`, 'content-type': 'application/json' },
          body: corpsUnique(corpsTexte(envoi)),
          duplex: 'half',
          signal: AbortSignal.timeout(delaiMs),
        } as RequestInit);
        corps = await reponse.json().catch(() => null);
      } catch (erreur) {
        return jamaisParti(erreur)
          ? { sorte: 'refuse', code: 'reseau', detail: 'Graph API unreachable', reprendre: true }
          : { sorte: 'inconnue', motif: erreur instanceof Error ? erreur.name : 'unknown' };
      }
      return lireIssue(reponse.status, corps);
    },
  };
}

/**
 * A body that can be read once only. Deno's fetch silently repeats a request when a kept-alive connection is cut before the
 * answer (denoland/deno#35610, #36415), Meta would then deliver the message twice; a stream cannot be repeated.
 */
function corpsUnique(corps: Record<string, unknown>): ReadableStream<Uint8Array> {
  return new Blob([JSON.stringify(corps)]).stream();
}

function corpsTexte(envoi: Envoi): Record<string, unknown> {
  // A phone number is `to`; a business-scoped user id has letters and is `recipient`.
  const personne = /^\+\d+$/.test(envoi.destinataire)
    ? { to: envoi.destinataire }
    : { recipient: envoi.destinataire };
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...personne,
    type: 'text',
    text: { body: envoi.texte, preview_url: false },
    biz_opaque_callback_data: String(envoi.id_message),
    ...(envoi.reponse_a === null ? {} : { context: { message_id: envoi.reponse_a } }),
  };
}

export function lireIssue(statut: number, corps: unknown): Issue {
  const bon = accepte.safeParse(corps);
  const premier = bon.success ? bon.data.messages[0] : undefined;
  if (statut >= 200 && statut < 300) {
    // Accepted, but by an answer nobody can read: the status event brings the wamid.
    return premier
      ? { sorte: 'accepte', wamid: premier.id }
      : { sorte: 'inconnue', motif: 'answer not understood' };
  }
  const mauvais = refuse.safeParse(corps);
  if (!mauvais.success) {
    // Not Meta's own words: a gateway in between, and nobody knows whether the request got through it.
    if (statut >= 500) return { sorte: 'inconnue', motif: `HTTP ${statut}` };
    return { sorte: 'refuse', code: `http_${statut}`, detail: `HTTP ${statut}`, reprendre: statut === 429 };
  }
  const { code, message, error_data } = mauvais.data.error;
  return {
    sorte: 'refuse',
    code: String(code),
    detail: error_data?.details ?? message,
    reprendre: A_REPRENDRE.has(code) || statut >= 500,
  };
}

/** True only when no connection was ever made, so that the request cannot have been read. */
function jamaisParti(erreur: unknown): boolean {
  const cause = erreur instanceof Error ? erreur.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const mots =
    erreur instanceof Error ? `${erreur.message} ${cause instanceof Error ? cause.message : ''}` : '';
  return (
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/.test(code) ||
    /connection refused|dns error|failed to lookup/i.test(mots)
  );
}
