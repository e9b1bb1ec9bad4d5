// The engine as it is deployed with a Gemini key: Gemini with its guardrails, and the rules engine whenever it has no reply.
import { setTimeout as attendre } from 'node:timers/promises';
import { creerMoteurGemini } from '../../functions/conversation/gemini/moteur-gemini.ts';
import { creerMoteur } from '../../functions/conversation/moteur-complet.ts';
import { creerMoteurRegles } from '../../functions/conversation/regles/moteur-regles.ts';
import { creerClientGemini } from '../../functions/ia/gemini.ts';
import { lireConfiguration } from '../../functions/shared/configuration.ts';
import { createGeminiSimulator } from '../../scripts/platform/simulators/gemini-server.ts';
import { ErreurFormat } from './format.ts';
import type { MoteurOuvert } from './moteurs.ts';

const CLE_DU_SIMULATEUR = 'dev-gemini-key';

export async function ouvrirGemini(): Promise<MoteurOuvert> {
  return { modele: generatif({}), fermer: async () => {} };
}

/** Gemini's stand-in says nothing that can be used: every reply is the fallback's. */
export async function ouvrirSimulateur(): Promise<MoteurOuvert> {
  const simulateur = createGeminiSimulator({ keys: [CLE_DU_SIMULATEUR] });
  const port = await simulateur.listen(0);
  return {
    modele: generatif({
      GEMINI_API_KEY: CLE_DU_SIMULATEUR,
      GEMINI_API_URL: `http://127.0.0.1:${port}`,
      GEMINI_BUDGET_MS: '2000',
    }),
    fermer: () => simulateur.close(),
  };
}

function generatif(variables: Record<string, string>): MoteurOuvert['modele'] {
  const { gemini } = lireConfiguration({
    ...process.env,
    // Not asked for here, and the configuration is one.
    ...{ SUPABASE_URL: 'http://127.0.0.1', SUPABASE_SECRET_KEYS: '{"default": "x"}' },
    ...variables,
  });
  if (gemini === null) throw new ErreurFormat('Il faut une clé : GEMINI_API_KEY.');
  const releve = { noter: () => {}, ecrire: async () => {} };
  return creerMoteur({
    gemini: creerMoteurGemini(gemini, {
      gemini: creerClientGemini(gemini, { releve, maintenant: Date.now }),
      maintenant: Date.now,
      attendre: (ms) => attendre(ms),
      hasard: Math.random,
    }),
    regles: creerMoteurRegles(),
    // An evaluation is nobody's share of the day.
    reserver: async () => true,
    journal: () => {},
    maintenant: Date.now,
  });
}
