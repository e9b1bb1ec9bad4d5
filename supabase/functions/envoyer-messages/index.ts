// Called by the database when a message waits to be sent; only the project's secret key opens it.
import { refuserSansCle } from '../../../functions/shared/cles.ts';
import { reponseErreur } from '../../../functions/shared/erreurs.ts';
import { envoyerMessages } from '../../../functions/whatsapp/envoyer-messages.ts';
import { creerClientGraph } from '../../../functions/whatsapp/graph.ts';
import { base, configuration, journalDe, maintenant } from '../_shared/environnement.ts';

const DELAI_GRAPH_MS = 15_000;
const ports = {
  base,
  graph: creerClientGraph(configuration.urlGraph, DELAI_GRAPH_MS),
  journal: journalDe('envoyer-messages'),
  maintenant,
};

export default {
  async fetch(requete: Request): Promise<Response> {
    const refus = refuserSansCle(requete, configuration.clesSecretes);
    if (refus) return reponseErreur(refus);
    return Response.json(await envoyerMessages(ports));
  },
};
