// One call of the Graph API that may be repeated without harm (reading, subscribing, read receipts, …), and what its outcome
// means. Sending a message is not such a call: it has its own client, graph.ts.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';

export type DemandeMeta = {
  methode: 'GET' | 'POST' | 'DELETE';
  /** Below the version, such as `/123/phone_numbers`. */
  chemin: string;
  /** How the call is named in utilisation_apis: the path with its ids replaced, such as `/{compte}/phone_numbers`. */
  endpoint: string;
  parametres?: Record<string, string>;
  /** Sent as JSON, or as a form when it is one. */
  corps?: Record<string, unknown> | FormData;
  /** null: a call that is authorised by its parameters (the exchange of a code). */
  jeton: string | null;
  /** The vendor for whom it is made; null for the platform itself. */
  vendeur: string | null;
};

export type RefusMeta = {
  bon: false;
  /** Meta's error code, `http_<status>`, `reseau` (no answer) or `reponse_illisible`. */
  code: string;
  /** Meta's own words; they may quote what was sent, so they are for the database and not for logs. */
  detail: string;
  /** Whether the same call may succeed later. */
  reprendre: boolean;
};
export type IssueMeta<T> = { bon: true; valeur: T } | RefusMeta;

export type ClientMeta = {
  /** Never throws. `forme` parses the answer's JSON. */
  appeler<T>(demande: DemandeMeta, forme: z.ZodType<T>): Promise<IssueMeta<T>>;
};

/** Meta's own trouble and its rate limits; https://developers.facebook.com/docs/graph-api/guides/error-handling */
const A_REPRENDRE = new Set([1, 2, 4, 17, 341, 613, 80007, 80008, 130429, 131000, 131016, 131056]);

const refus = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().default(''),
    error_data: z.object({ details: z.string() }).partial().optional(),
  }),
});

/** `maintenant` in ms. */
export function creerClientMeta(o: {
  url: string;
  delaiMs: number;
  releve: Releve;
  maintenant(): number;
}): ClientMeta {
  return {
    async appeler(demande, forme) {
      const debut = o.maintenant();
      const noter = (statut: number | null, erreur: string | null): void =>
        o.releve.noter({
          id_utilisateur: demande.vendeur,
          service_api: 'whatsapp',
          endpoint_appele: `${demande.methode} ${demande.endpoint}`,
          temps_reponse_ms: Math.round(o.maintenant() - debut),
          code_statut: statut,
          message_erreur: erreur,
        });
      let reponse: Response;
      let corps: unknown;
      try {
        reponse = await fetch(adresse(o.url, demande), {
          ...requete(demande),
          signal: AbortSignal.timeout(o.delaiMs),
        });
        corps = await reponse.json().catch(() => null);
      } catch (erreur) {
        const detail = erreur instanceof Error ? erreur.name : 'unknown';
        noter(null, detail);
        return { bon: false, code: 'reseau', detail, reprendre: true };
      }
      const issue = reponse.ok ? lire(corps, forme) : taire(lireRefus(reponse.status, corps), demande);
      noter(reponse.status, issue.bon ? null : `${issue.code} ${issue.detail}`);
      return issue;
    },
  };
}

function adresse(url: string, { chemin, parametres }: DemandeMeta): string {
  const question = new URLSearchParams(parametres).toString();
  return `${url}${chemin}${question === '' ? '' : `?${question}`}`;
}

function requete({ methode, corps, jeton }: DemandeMeta): RequestInit {
  const headers: Record<string, string> = jeton === null ? {} : { authorization: `Bearer ${jeton}` };
  if (corps === undefined) return { method: methode, headers };
  if (corps instanceof FormData) return { method: methode, headers, body: corps };
  headers['content-type'] = 'application/json';
  return { method: methode, headers, body: JSON.stringify(corps) };
}

/** Meta quotes a malformed token in full ("Malformed access token EAAG…"): what was secret in the call is none of the answer's. */
function taire(issue: RefusMeta, { jeton, parametres, corps }: DemandeMeta): RefusMeta {
  const secrets = [jeton, ...Object.values(parametres ?? {})].filter((s) => s !== null && s.length >= 8);
  if (corps !== undefined && 'pin' in corps) secrets.push(String(corps.pin));
  return { ...issue, detail: secrets.reduce<string>((dit, s) => dit.replaceAll(s ?? '', '…'), issue.detail) };
}

function lire<T>(corps: unknown, forme: z.ZodType<T>): IssueMeta<T> {
  const lu = forme.safeParse(corps);
  if (lu.success) return { bon: true, valeur: lu.data };
  const champs = lu.error.issues.map((i) => i.path.join('.')).join(' ');
  return { bon: false, code: 'reponse_illisible', detail: champs, reprendre: true };
}

function lireRefus(statut: number, corps: unknown): RefusMeta {
  const lu = refus.safeParse(corps);
  if (!lu.success) {
    const reprendre = statut >= 500 || statut === 429;
    return { bon: false, code: `http_${statut}`, detail: `HTTP ${statut}`, reprendre };
  }
  const { code, message, error_data } = lu.data.error;
  return {
    bon: false,
    code: String(code),
    detail: error_data?.details ?? message,
    reprendre: A_REPRENDRE.has(code) || statut >= 500,
  };
}
