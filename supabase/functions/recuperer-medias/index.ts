// Woken when the file of a message is to be fetched from Meta, or a forgotten one to be deleted.
import { creerClientGemini } from '../../../functions/ia/gemini.ts';
import { creerTranscripteur } from '../../../functions/ia/transcrire.ts';
import { creerReleve } from '../../../functions/shared/appels.ts';
import { creerReserve } from '../../../functions/shared/reserve.ts';
import { creerStockage } from '../../../functions/shared/stockage.ts';
import { creerClientMeta } from '../../../functions/whatsapp/meta.ts';
import { recupererMedias } from '../../../functions/whatsapp/recuperer-medias.ts';
import {
  attendre,
  base,
  configuration,
  journalDe,
  maintenant,
  reveiller,
  surReveil,
} from '../_shared/environnement.ts';

const journal = journalDe('recuperer-medias');
const releve = creerReleve(base, journal);
const { gemini, urlGraph } = configuration;
const ports = {
  base,
  meta: creerClientMeta({ url: urlGraph, delaiMs: 10_000, releve, maintenant }),
  urlGraph,
  stockage: creerStockage(configuration.urlSupabase, configuration.clesSecretes[0], 'medias'),
  transcrire:
    gemini && creerTranscripteur(creerClientGemini(gemini, { releve, maintenant }), { maintenant, attendre }),
  releve,
  delaiMs: 40_000,
  reserver: creerReserve(120_000_000, 20_000),
  journal,
  maintenant,
  reveiller,
};

export default { fetch: surReveil('recuperer-medias', () => recupererMedias(ports)) };
