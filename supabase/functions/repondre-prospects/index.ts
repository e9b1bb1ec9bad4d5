// Woken when a prospect's message waits for an answer, by the webhook or by the database's sweep.
import { creerMoteurRegles } from '../../../functions/conversation/moteur-regles.ts';
import { repondreProspects } from '../../../functions/conversation/repondre-prospects.ts';
import { creerReleve } from '../../../functions/shared/appels.ts';
import { creerClientMeta } from '../../../functions/whatsapp/meta.ts';
import {
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
const ports = {
  base,
  modele: creerMoteurRegles(),
  meta: creerClientMeta({ url: configuration.urlGraph, delaiMs: DELAI_ACCUSE_MS, releve, maintenant }),
  releve,
  journal,
  maintenant,
  toutesLes,
  reveiller,
};

export default { fetch: surReveil('repondre-prospects', () => repondreProspects(ports)) };
