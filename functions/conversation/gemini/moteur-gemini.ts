// The generative engine: Gemini asks the tools by function calls and ends with `repondre`; what it says goes through the guardrails.
// It either has a reply that may be sent, in its time, or says why it has none: then another engine speaks.
import {
  type Content,
  type FunctionCall,
  FunctionCallingMode,
  type GenerateContentRequest,
  type GenerationConfig,
  type Part,
} from '@google/generative-ai';
import type { ClientGemini, IssueGemini } from '../../ia/gemini.ts';
import { creerFaits } from '../garde-fous/faits.ts';
import { type Defaut, verifierReponse } from '../garde-fous/verifier-reponse.ts';
import type { Contexte, Echange, Outils, Reponse } from '../modele-ia.ts';
import { consigne, echange as enTours, regles } from './consigne.ts';
import { type Atelier, DECLARATIONS, executer, motsDuRefus, passerLaMain } from './outils.ts';
import { composer, formeRepondre, NOM_REPONDRE, REPONDRE, type Repondre } from './reponse.ts';

/** Why there is no reply: Gemini's own reasons, or `delai`, `tours`, `arguments`, `sans_reponse`, `garde_fous`. */
export type IssueMoteur = { bon: true; reponse: Reponse } | { bon: false; motif: string; detail: string };

export type MoteurGemini = {
  repondre(contexte: Contexte, outils: Outils, echange: Echange): Promise<IssueMoteur>;
};

export type ReglagesMoteur = {
  /** As `messages.modele_ia` names it. */
  modele: string;
  /** Of one reply, all calls together. */
  budgetMs: number;
  temperature: number;
};

export type PortsMoteur = {
  gemini: ClientGemini;
  maintenant(): number;
  attendre(ms: number): Promise<void>;
  /** 0..1 */
  hasard(): number;
};

/** Thinking long keeps everybody waiting; the library's types do not know the setting. */
const GENERATION: GenerationConfig & { thinkingConfig: { thinkingLevel: string } } = {
  maxOutputTokens: 4096,
  thinkingConfig: { thinkingLevel: 'low' },
};
const TOURS_MAX = 8;
const APPELS_MAX = 20;
const REPRISES_MAX = 3;
/** Not worth beginning a call for. */
const MINIMUM_MS = 200;

type Refus = { bon: false; motif: string; detail: string };
const refus = (motif: string, detail = ''): Refus => ({ bon: false, motif, detail });

export function creerMoteurGemini(reglages: ReglagesMoteur, ports: PortsMoteur): MoteurGemini {
  return {
    async repondre(contexte, outils, echange) {
      const fin = Math.min(ports.maintenant() + reglages.budgetMs, echange.echeance);
      const atelier: Atelier = {
        contexte,
        outils,
        faits: creerFaits(contexte, regles()),
        main: null,
        commande: null,
        interroge: false,
        appels: 0,
      };
      const requete: GenerateContentRequest = {
        systemInstruction: { role: 'user', parts: [{ text: consigne(contexte) }] },
        contents: enTours(contexte),
        tools: [{ functionDeclarations: [...DECLARATIONS, REPONDRE] }],
        generationConfig: { ...GENERATION, temperature: reglages.temperature },
      };
      return dialoguer(
        atelier,
        requete,
        { fin, vendeur: echange.id_utilisateur, modele: reglages.modele },
        ports,
      );
    },
  };
}

type Cadre = { fin: number; vendeur: string; modele: string };

async function dialoguer(
  atelier: Atelier,
  requete: GenerateContentRequest,
  cadre: Cadre,
  ports: PortsMoteur,
): Promise<IssueMoteur> {
  let malformes = 0;
  let tourMalforme = false;
  let regenere = false;
  for (let tour = 1; tour <= TOURS_MAX; tour += 1) {
    // The last turns are for the answer alone: whoever only asks on would never give one.
    const conclure = tour >= TOURS_MAX - 1 || atelier.appels >= APPELS_MAX;
    const issue = await demander(requete, conclure, cadre, ports);
    if (!issue.bon) return refus(issue.code, issue.detail);
    const appels = issue.contenu.parts.flatMap((p) => (p.functionCall ? [p.functionCall] : []));
    if (appels.length === 0) {
      // Words instead of a call: told once.
      malformes += 1;
      if (tourMalforme) return refus('sans_reponse', issue.texte === '' ? 'nothing' : 'plain text');
      tourMalforme = true;
      if (issue.contenu.parts.length > 0) requete.contents.push({ ...issue.contenu, role: 'model' });
      requete.contents.push({
        role: 'user',
        parts: [{ text: '[système] Répondez en appelant la fonction repondre.' }],
      });
      continue;
    }
    const fait = await traiter(atelier, appels, conclure);
    malformes += fait.malformes;
    let defauts: Defaut[] = [];
    if (fait.dit) {
      if (fait.dit.passer_la_main) passerLaMain(atelier, fait.dit.passer_la_main.motif);
      defauts = verifierReponse(fait.dit.texte, atelier.faits, motsDuProspect(atelier.contexte));
      if (defauts.length === 0)
        return { bon: true, reponse: composer(atelier, fait.dit, { regenere, malformes }, cadre.modele) };
      if (regenere) return refus('garde_fous', codes(defauts));
      regenere = true;
    }
    if (fait.malformes > 0) {
      if (tourMalforme) return refus('arguments', `${malformes} malformed calls`);
      tourMalforme = true;
    }
    // As it came: its signatures belong to its parts.
    requete.contents.push({ ...issue.contenu, role: 'model' }, rendre(fait.rendus, defauts));
  }
  return refus('tours', `${TOURS_MAX} turns, ${atelier.appels} calls`);
}

type Rendu = { appel: FunctionCall; reponse: object };
type Fait = { rendus: Rendu[]; dit: Repondre | null; malformes: number };

/** All calls of one turn in their order, the reply last. A reply beside a tool that refused was written without knowing that. */
async function traiter(atelier: Atelier, appels: FunctionCall[], conclure: boolean): Promise<Fait> {
  const fait: Fait = { rendus: [], dit: null, malformes: 0 };
  let refuse = false;
  for (const appel of appels) {
    if (appel.name === NOM_REPONDRE) continue;
    if (conclure || atelier.appels >= APPELS_MAX) {
      refuse = true;
      fait.rendus.push({ appel, reponse: { erreur: 'plus d’appels : appelez repondre' } });
      continue;
    }
    atelier.appels += 1;
    const { reponse, malforme } = await executer(atelier, appel.name, appel.args);
    if (malforme) fait.malformes += 1;
    if (malforme || 'refus' in reponse) refuse = true;
    fait.rendus.push({ appel, reponse });
  }
  for (const appel of appels.filter((a) => a.name === NOM_REPONDRE)) {
    if (refuse) {
      fait.rendus.push({
        appel,
        reponse: { erreur: 'une fonction a refusé : lisez son résultat, puis répondez' },
      });
      continue;
    }
    const lu = formeRepondre.safeParse(appel.args);
    if (lu.success) {
      fait.dit ??= lu.data;
      fait.rendus.push({ appel, reponse: {} });
    } else {
      fait.malformes += 1;
      fait.rendus.push({ appel, reponse: { erreur: `arguments invalides : ${motsDuRefus(lu.error)}` } });
    }
  }
  return fait;
}

function rendre(rendus: Rendu[], defauts: Defaut[]): Content {
  return {
    role: 'user',
    parts: rendus.map(({ appel, reponse }): Part => {
      const refuse = appel.name === NOM_REPONDRE && defauts.length > 0;
      const dit = refuse
        ? { erreur: 'réponse refusée, non envoyée', defauts: defauts.map(expliquer) }
        : reponse;
      const id = 'id' in appel && typeof appel.id === 'string' ? { id: appel.id } : {};
      return { functionResponse: { ...id, name: appel.name, response: dit } };
    }),
  };
}

const EXPLICATIONS: Record<Defaut['code'], string> = {
  montant: 'montant que les fonctions n’ont pas donné pour cet article',
  remise: 'remise, cadeau ou gratuité qui n’existe pas',
  produit: 'article, marque, couleur, qualité ou nom que les fonctions n’ont pas donné',
  stock: 'disponibilité ou quantité fausse',
  date: 'jour, heure ou délai que les fonctions n’ont pas donné',
  nombre: 'nombre que les fonctions n’ont pas donné',
  numero: 'numéro de commande que les fonctions n’ont pas donné',
  promesse: 'annoncé comme fait sans la fonction qui le fait',
  lien: 'lien, numéro ou autre boutique',
  consigne: 'fonctionnement interne',
};

const expliquer = (d: Defaut) => ({ probleme: EXPLICATIONS[d.code], mots: d.extrait });

const codes = (defauts: Defaut[]) => [...new Set(defauts.map((d) => d.code))].join(' ');

const motsDuProspect = ({ nouveaux }: Contexte) => nouveaux.map((m) => m.texte).join('\n');

/** One answer of Gemini; what may be better a moment later is asked again while there is time. */
async function demander(
  requete: GenerateContentRequest,
  conclure: boolean,
  { fin, vendeur }: Cadre,
  ports: PortsMoteur,
): Promise<IssueGemini> {
  for (let essai = 1; ; essai += 1) {
    const reste = fin - ports.maintenant();
    if (reste < MINIMUM_MS) return { bon: false, code: 'delai', detail: 'budget', reprendre: false };
    const issue = await ports.gemini.generer({
      requete: {
        ...requete,
        toolConfig: {
          functionCallingConfig: {
            mode: FunctionCallingMode.ANY,
            ...(conclure ? { allowedFunctionNames: [NOM_REPONDRE] } : {}),
          },
        },
      },
      usage: 'generateContent reponse',
      vendeur,
      delaiMs: reste,
    });
    if (issue.bon || !issue.reprendre || essai === REPRISES_MAX) return issue;
    const pause = 300 * 2 ** essai * (0.5 + ports.hasard());
    if (ports.maintenant() + pause + MINIMUM_MS >= fin) return issue;
    await ports.attendre(pause);
  }
}
