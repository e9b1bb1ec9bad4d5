// A worker at a slow engine: it renews its lease as long as the engine thinks, and no longer; it wakes the sender when done.

import { expect, test } from 'vitest';
import type { ModeleIA } from './modele-ia.ts';
import { repondreProspects } from './repondre-prospects.ts';
import { panierVide } from './test-panier.ts';

const prise = {
  id_conversation: 7,
  id_utilisateur: 'v',
  jeton: 'jeton',
  msg_id: 1,
  jusqu_a: 2,
  accuse: null,
  contexte: {
    vendeur: { nom_entreprise: null, devise: 'XOF', consignes_ia: null },
    prospect: { nom_complet: null, telephone: null },
    historique: [],
    nouveaux: [],
    memoire: {},
    panier: panierVide,
    etape: 'accueil',
  },
};

function essai(modele: ModeleIA['repondre'], issue: string) {
  const appels: string[] = [];
  const reveils: string[] = [];
  let battement: { ms: number; f: () => void } | undefined;
  let donne = false;
  const reponses: Record<string, unknown> = {
    prolonger_bail: true,
    enregistrer_reponses: [{ msg_id: 1, issue }],
    echouer_reponse: 'a_reprendre',
  };
  const fini = repondreProspects({
    base: {
      async appeler(rpc, _parametres, forme) {
        appels.push(rpc);
        if (rpc !== 'prendre_reponses') return forme.parse(reponses[rpc]);
        const prises = donne ? [] : [prise];
        donne = true;
        return forme.parse(prises);
      },
    },
    modele: { repondre: modele },
    meta: { appeler: async () => ({ bon: false, code: 'reseau', detail: '', reprendre: true }) },
    releve: { ecrire: async () => {} },
    journal: () => {},
    maintenant: () => 0,
    toutesLes(ms, f) {
      battement = { ms, f };
      return () => {
        battement = undefined;
      };
    },
    reveiller: (fonction) => reveils.push(fonction),
  });
  return { fini, appels, reveils, battement: () => battement };
}

const reponse = {
  texte: 'x',
  memoire: {},
  etape: 'accueil' as const,
  confiance: 1,
  modele: 'm',
  passerLaMain: null,
};

test('renews in time, records, wakes the sender, stops renewing', async () => {
  let penser = () => {};
  const pensee = new Promise<void>((suite) => (penser = suite));
  const e = essai(async () => {
    await pensee;
    return reponse;
  }, 'enregistree');
  await new Promise((suite) => setImmediate(suite));
  // The lease is 30 s (prive.reglages, bail_reponse_s).
  expect(e.battement()?.ms).toBeLessThanOrEqual(15_000);
  e.battement()?.f();
  e.battement()?.f();
  penser();
  expect(await e.fini).toMatchObject({ traites: 1, echecs: 0 });
  expect(e.appels).toEqual([
    'prendre_reponses',
    'prolonger_bail',
    'prolonger_bail',
    'enregistrer_reponses',
    'prendre_reponses',
  ]);
  expect(e.reveils).toEqual(['envoyer-messages']);
  expect(e.battement()).toBeUndefined();
});

test('an engine that fails, and a reply the database refuses, are reported and wake nobody', async () => {
  const panne = essai(async () => {
    throw new Error('panne');
  }, 'enregistree');
  await panne.fini;
  expect(panne.appels).toEqual(['prendre_reponses', 'echouer_reponse', 'prendre_reponses']);
  const refus = essai(async () => reponse, 'refusee: 23514');
  await refus.fini;
  expect(refus.appels).toEqual([
    'prendre_reponses',
    'enregistrer_reponses',
    'echouer_reponse',
    'prendre_reponses',
  ]);
  expect([panne.reveils, refus.reveils]).toEqual([[], []]);
});
