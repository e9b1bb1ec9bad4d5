// Who speaks: Gemini when there is a key and the vendor's quota allows it, else, and whenever Gemini has no reply that may be sent,
// the built-in engine. A prospect is never left without an answer, and the row says who gave it.
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import type { IssueMoteur, MoteurGemini } from './gemini/moteur-gemini.ts';
import type { Contexte, Echange, ModeleIA, Outils, Reponse } from './modele-ia.ts';

export type PortsMoteurComplet = {
  /** null: no key. */
  gemini: MoteurGemini | null;
  regles: ModeleIA;
  /** Counts one generated reply; false: the vendor or the conversation has had its share of the day. */
  reserver(idConversation: number): Promise<boolean>;
  journal: Journal;
  maintenant(): number;
};

/** What tells that Gemini itself is in trouble, not this reply. */
const PANNES: ReadonlySet<string> = new Set(['quota', 'panne', 'delai', 'reseau', 'refus']);
/** Gemini was not, or not to the end, what it hung on. */
const SANS_GEMINI: ReadonlySet<string> = new Set(['quota_vendeur', 'erreur']);
/** So many replies in a row without Gemini, and it is left alone for a while: nobody waits for what does not come. */
const PANNES_MAX = 5;
const REPOS_MS = 30_000;

export function creerMoteur(ports: PortsMoteurComplet): ModeleIA {
  const { gemini, regles, journal, maintenant } = ports;
  if (gemini === null) return regles;
  let pannes = 0;
  let reposJusque = 0;
  /** One reply, however often it is looked at anew before it can be recorded, is counted once. */
  const reserves = new WeakMap<Echange, Promise<boolean>>();
  const reserver = (echange: Echange): Promise<boolean> => {
    const deja = reserves.get(echange) ?? ports.reserver(echange.id_conversation);
    reserves.set(echange, deja);
    return deja;
  };
  return {
    async repondre(contexte, outils, echange) {
      if (echange === undefined) return regles.repondre(contexte, outils);
      const issue =
        maintenant() < reposJusque ? repos : await generer(gemini, reserver, contexte, outils, echange);
      // A vendor without quota tells nothing about Gemini.
      if (issue !== repos && (issue.bon || !SANS_GEMINI.has(issue.motif))) {
        pannes = !issue.bon && PANNES.has(issue.motif) ? pannes + 1 : 0;
        if (pannes >= PANNES_MAX) {
          pannes = 0;
          reposJusque = maintenant() + REPOS_MS;
        }
      }
      if (issue.bon) return issue.reponse;
      journal('info', 'gemini_remplace', {
        id_conversation: echange.id_conversation,
        motif: issue.motif,
        detail: issue.detail,
      });
      outils.recommencer();
      const reponse = await regles.repondre(contexte, outils, echange);
      return { ...reponse, modele: `${reponse.modele} (gemini: ${issue.motif})` } satisfies Reponse;
    },
  };
}

const repos: IssueMoteur = { bon: false, motif: 'repos', detail: '' };

async function generer(
  gemini: MoteurGemini,
  reserver: (echange: Echange) => Promise<boolean>,
  contexte: Contexte,
  outils: Outils,
  echange: Echange,
): Promise<IssueMoteur> {
  try {
    if (!(await reserver(echange))) return { bon: false, motif: 'quota_vendeur', detail: '' };
    return await gemini.repondre(contexte, outils, echange);
  } catch (erreur) {
    // A tool or the quota that fails: the built-in engine asks the database itself, and fails aloud if that is down.
    return { bon: false, motif: 'erreur', detail: motsErreur(erreur).slice(0, 200) };
  }
}
