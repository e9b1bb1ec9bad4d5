// The one call that must not be repeated: sending a message. What its outcome means is the database's business (prive.codes_meta).
// Codes: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';

export type Envoi = {
  numero_emetteur: string;
  /** The vendor for whom it is sent; null: FluxAsync itself. */
  id_utilisateur: string | null;
  corps: Record<string, unknown>;
  jeton: string;
  /** What stands in `corps` and must show nowhere else, such as a handover code. */
  secrets?: string[];
};

export type Issue =
  | { sorte: 'accepte'; wamid: string }
  /** `statut_http` null: Meta was never reached. */
  | { sorte: 'refuse'; code: string; detail: string; statut_http: number | null }
  /** Meta may or may not have the message: only its status event, or two minutes of silence, settles that. */
  | { sorte: 'inconnue'; motif: string };

export type ClientGraph = {
  /** Never throws. */
  envoyer(envoi: Envoi): Promise<Issue>;
};

const accepte = z.object({ messages: z.array(z.object({ id: z.string().min(1) })).min(1) });
const refuse = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().default(''),
    error_data: z.object({ details: z.string() }).partial().optional(),
  }),
});

/** `maintenant` in ms. */
export function creerClientGraph(o: {
  url: string;
  delaiMs: number;
  releve: Releve;
  maintenant(): number;
}): ClientGraph {
  return {
    async envoyer(envoi) {
      const debut = o.maintenant();
      let statut: number | null = null;
      let issue: Issue;
      try {
        const reponse = await fetch(`${o.url}/${envoi.numero_emetteur}/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${envoi.jeton}`, 'content-type': 'application/json' },
          body: corpsUnique(envoi.corps),
          duplex: 'half',
          signal: AbortSignal.timeout(o.delaiMs),
        } as RequestInit);
        statut = reponse.status;
        issue = taire(lireIssue(statut, await reponse.json().catch(() => null)), envoi);
      } catch (erreur) {
        issue = jamaisParti(erreur)
          ? { sorte: 'refuse', code: 'reseau', detail: 'Graph API unreachable', statut_http: null }
          : { sorte: 'inconnue', motif: erreur instanceof Error ? erreur.name : 'unknown' };
      }
      o.releve.noter({
        id_utilisateur: envoi.id_utilisateur,
        service_api: 'whatsapp',
        endpoint_appele: 'POST /{numero}/messages',
        temps_reponse_ms: Math.round(o.maintenant() - debut),
        code_statut: statut,
        message_erreur: mots(issue),
      });
      return issue;
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
    return { sorte: 'refuse', code: `http_${statut}`, detail: `HTTP ${statut}`, statut_http: statut };
  }
  const { code, message, error_data } = mauvais.data.error;
  return {
    sorte: 'refuse',
    code: String(code),
    detail: error_data?.details ?? message,
    statut_http: statut,
  };
}

/**
 * Meta quotes what it refuses: a malformed token in full ("Malformed access token EAAG…"), the number, the words, the link of a
 * file, which opens it for an hour.
 */
function taire(issue: Issue, { jeton, corps, secrets = [] }: Envoi): Issue {
  if (issue.sorte !== 'refuse') return issue;
  const numero = typeof corps.to === 'string' ? [corps.to, corps.to.replace('+', '')] : [];
  const detail = [jeton, ...numero, ...secrets].reduce(
    (dit, secret) => dit.replaceAll(secret, '…'),
    issue.detail,
  );
  return { ...issue, detail: detail.replaceAll(/([?&]token=)[^\s&"']+/g, '$1…') };
}

function mots(issue: Issue): string | null {
  if (issue.sorte === 'accepte') return null;
  return issue.sorte === 'refuse' ? `${issue.code} ${issue.detail}` : issue.motif;
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
