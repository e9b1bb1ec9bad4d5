// Woken when a message waits to be sent, by the function that queued it or by the database.
import { creerReleve } from '../../../functions/shared/appels.ts';
import { creerStockage } from '../../../functions/shared/stockage.ts';
import { envoyerMessages } from '../../../functions/whatsapp/envoyer-messages.ts';
import { creerClientGraph } from '../../../functions/whatsapp/graph.ts';
import { base, configuration, journalDe, maintenant, surReveil } from '../_shared/environnement.ts';

const DELAI_GRAPH_MS = 15_000;
const journal = journalDe('envoyer-messages');
const releve = creerReleve(base, journal);
const ports = {
  base,
  graph: creerClientGraph({ url: configuration.urlGraph, delaiMs: DELAI_GRAPH_MS, releve, maintenant }),
  medias: creerStockage(configuration.urlSupabase, configuration.clesSecretes[0], 'medias'),
  releve,
  journal,
  maintenant,
};

export default { fetch: surReveil('envoyer-messages', () => envoyerMessages(ports)) };
