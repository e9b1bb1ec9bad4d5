// The one shape of an expected failure: a stable code for programs, a French sentence for people, a cause for logs.
// Answers carry code and message only; the cause never leaves the process.

export type ErreurFlux = {
  code: string;
  /** HTTP status of the answer. */
  statut: number;
  message: string;
  cause?: unknown;
};

export function erreurFlux(statut: number, code: string, message: string, cause?: unknown): ErreurFlux {
  return cause === undefined ? { code, statut, message } : { code, statut, message, cause };
}

export function reponseErreur(erreur: ErreurFlux): Response {
  return Response.json({ code: erreur.code, message: erreur.message }, { status: erreur.statut });
}

/** What a log line may say of anything thrown: its message, never a whole object that could hold a secret. */
export function motsErreur(erreur: unknown): string {
  return erreur instanceof Error ? `${erreur.name}: ${erreur.message}` : String(erreur);
}
