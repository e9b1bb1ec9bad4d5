// Gemini, one call at a time: what is asked goes in as the library has it, what comes out is an answer or a reason in our words.
// Every call is noted in utilisation_apis. The model's content is handed on as it came: its parts go back verbatim next time.
import {
  type Content,
  type EnhancedGenerateContentResponse,
  type GenerateContentRequest,
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
} from '@google/generative-ai';
import type { Releve } from '../shared/appels.ts';

export type DemandeGemini = {
  requete: GenerateContentRequest;
  /** What it is for, as utilisation_apis names it: `generateContent transcription`. */
  usage: string;
  /** The vendor for whom it is made. */
  vendeur: string;
  /** Less than the usual time, when somebody waits. */
  delaiMs?: number;
};

export type RefusGemini = {
  bon: false;
  /** quota (429), panne (5xx), delai, reseau, refus (4xx), bloque (safety and the like), vide, tronque (MAX_TOKENS), illisible. */
  code: 'quota' | 'panne' | 'delai' | 'reseau' | 'refus' | 'bloque' | 'vide' | 'tronque' | 'illisible';
  /** For logs: no secret and nothing of what was said. */
  detail: string;
  /** Whether the same call may succeed a moment later. */
  reprendre: boolean;
};

export type IssueGemini = { bon: true; contenu: Content; texte: string } | RefusGemini;

export type ClientGemini = {
  /** Never throws. */
  generer(demande: DemandeGemini): Promise<IssueGemini>;
};

export type ReglagesGemini = { cle: string; modele: string; url: string; delaiMs: number };

/** `maintenant` in ms. */
export function creerClientGemini(
  { cle, modele, url, delaiMs }: ReglagesGemini,
  { releve, maintenant }: { releve: Releve; maintenant(): number },
): ClientGemini {
  const client = new GoogleGenerativeAI(cle).getGenerativeModel({ model: modele }, { baseUrl: url });
  return {
    async generer({ requete, usage, vendeur, delaiMs: presse }) {
      const debut = maintenant();
      const noter = (
        statut: number | null,
        erreur: string | null,
        reponse?: EnhancedGenerateContentResponse,
      ) =>
        releve.noter({
          id_utilisateur: vendeur,
          service_api: 'gemini',
          endpoint_appele: usage,
          temps_reponse_ms: Math.round(maintenant() - debut),
          code_statut: statut,
          message_erreur: erreur,
          ...jetons(reponse),
        });
      const fin = AbortSignal.timeout(Math.max(1, Math.min(delaiMs, presse ?? delaiMs)));
      try {
        const { response } = await client.generateContent(requete, { signal: fin });
        const issue = lire(response);
        noter(200, issue.bon ? null : `${issue.code} ${issue.detail}`, response);
        return issue;
      } catch (erreur) {
        const refus = fin.aborted
          ? { code: 'delai' as const, detail: 'no answer in time', reprendre: true }
          : lireErreur(erreur);
        noter(
          erreur instanceof GoogleGenerativeAIFetchError ? (erreur.status ?? null) : null,
          `${refus.code} ${refus.detail}`,
        );
        return { bon: false, ...refus };
      }
    },
  };
}

function jetons(reponse: EnhancedGenerateContentResponse | undefined) {
  const lus = reponse?.usageMetadata;
  if (!lus) return {};
  // Thoughts are billed as output; the library's types do not know them.
  const pensees = 'thoughtsTokenCount' in lus ? Number(lus.thoughtsTokenCount) || 0 : 0;
  return {
    jetons_entree: lus.promptTokenCount ?? 0,
    jetons_sortie: (lus.candidatesTokenCount ?? 0) + pensees,
  };
}

function lire(reponse: EnhancedGenerateContentResponse): IssueGemini {
  const blocage = reponse.promptFeedback?.blockReason;
  if (blocage) return { bon: false, code: 'bloque', detail: String(blocage), reprendre: false };
  const candidat = reponse.candidates?.[0];
  if (!candidat) return { bon: false, code: 'vide', detail: 'no candidate', reprendre: true };
  const raison = String(candidat.finishReason ?? 'STOP');
  if (raison === 'MAX_TOKENS') return { bon: false, code: 'tronque', detail: raison, reprendre: false };
  if (raison === 'MALFORMED_FUNCTION_CALL')
    return { bon: false, code: 'illisible', detail: raison, reprendre: true };
  if (raison !== 'STOP') return { bon: false, code: 'bloque', detail: raison, reprendre: false };
  const contenu = candidat.content ?? { role: 'model', parts: [] };
  const parties = contenu.parts ?? [];
  // A thought is no answer; the library's types do not know it.
  const texte = parties.map((p) => ('thought' in p && p.thought ? '' : (p.text ?? ''))).join('');
  return { bon: true, contenu: { ...contenu, parts: parties }, texte };
}

function lireErreur(erreur: unknown): Omit<RefusGemini, 'bon'> {
  if (erreur instanceof GoogleGenerativeAIFetchError && erreur.status !== undefined) {
    const detail = `HTTP ${erreur.status}`;
    if (erreur.status === 429) return { code: 'quota', detail, reprendre: true };
    if (erreur.status >= 500) return { code: 'panne', detail, reprendre: true };
    return { code: 'refus', detail, reprendre: false };
  }
  const nom = erreur instanceof Error ? erreur.name : 'unknown';
  if (nom === 'SyntaxError') return { code: 'illisible', detail: nom, reprendre: true };
  return { code: 'reseau', detail: nom, reprendre: true };
}
