// Woken when a vendor is to be told something on WhatsApp.
import {
  creerCanalWhatsapp,
  envoyerNotifications,
} from '../../../functions/notification/envoyer-notifications.ts';
import { creerReleve } from '../../../functions/shared/appels.ts';
import { creerClientGraph } from '../../../functions/whatsapp/graph.ts';
import { base, configuration, journalDe, maintenant, surReveil } from '../_shared/environnement.ts';

const DELAI_GRAPH_MS = 15_000;
const journal = journalDe('envoyer-notifications');
const releve = creerReleve(base, journal);
const graph = creerClientGraph({ url: configuration.urlGraph, delaiMs: DELAI_GRAPH_MS, releve, maintenant });
const ports = { base, canaux: { whatsapp: creerCanalWhatsapp(graph) }, releve, journal, maintenant };

export default { fetch: surReveil('envoyer-notifications', () => envoyerNotifications(ports)) };
