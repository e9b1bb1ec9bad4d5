// Woken when a message waits to be sent, by the function that queued it or by the database.
import { envoyerMessages } from '../../../functions/whatsapp/envoyer-messages.ts';
import { creerClientGraph } from '../../../functions/whatsapp/graph.ts';
import { base, configuration, journalDe, maintenant, surReveil } from '../_shared/environnement.ts';

const DELAI_GRAPH_MS = 15_000;
const ports = {
  base,
  graph: creerClientGraph(configuration.urlGraph, DELAI_GRAPH_MS),
  journal: journalDe('envoyer-messages'),
  maintenant,
};

export default { fetch: surReveil('envoyer-messages', () => envoyerMessages(ports)) };
