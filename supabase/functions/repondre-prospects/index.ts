// Woken when a prospect's message waits for an answer, by the webhook or by the database's sweep.
import { z } from 'zod';
import { creerMoteurGemini } from '../../../functions/conversation/gemini/moteur-gemini.ts';
import { creerMoteur } from '../../../functions/conversation/moteur-complet.ts';
import { creerMoteurRegles } from '../../../functions/conversation/regles/moteur-regles.ts';
import { repondreProspects } from '../../../functions/conversation/repondre-prospects.ts';
import { creerClientGemini } from '../../../functions/ia/gemini.ts';
import { creerReleve } from '../../../functions/shared/appels.ts';
import { creerClientMeta } from '../../../functions/whatsapp/meta.ts';
import {
  attendre,
  base,
  configuration,
  journalDe,
  maintenant,
  reveiller,
  surReveil,
  toutesLes,
} from '../_shared/environnement.ts';

/** A read receipt helps nobody who has been answered meanwhile. */
const DELAI_ACCUSE_MS = 5_000;
const journal = journalDe('repondre-prospects');
const releve = creerReleve(base, journal);
const { gemini } = configuration;
const modele = creerMoteur({
  gemini:
    gemini &&
    creerMoteurGemini(gemini, {
      gemini: creerClientGemini(gemini, { releve, maintenant }),
      maintenant,
      attendre,
      hasard: Math.random,
    }),
  regles: creerMoteurRegles(),
  reserver: (id_conversation) => base.appeler('reserver_generation', { id_conversation }, z.boolean()),
  journal,
  maintenant,
});
const ports = {
  base,
  modele,
  meta: creerClientMeta({ url: configuration.urlGraph, delaiMs: DELAI_ACCUSE_MS, releve, maintenant }),
  releve,
  journal,
  maintenant,
  toutesLes,
  reveiller,
};

export default { fetch: surReveil('repondre-prospects', () => repondreProspects(ports)) };
