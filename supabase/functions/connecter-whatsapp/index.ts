// Called by the vendor's front end with his own session, to connect or disconnect a WhatsApp number.
import { creerReleve } from '../../../functions/shared/appels.ts';
import { avecOrigines } from '../../../functions/shared/origines.ts';
import { traiterConnexion } from '../../../functions/whatsapp/connecter-whatsapp.ts';
import { creerClientMeta } from '../../../functions/whatsapp/meta.ts';
import { webhookRepond } from '../../../functions/whatsapp/webhook.ts';
import {
  base,
  configuration,
  enArrierePlan,
  identifier,
  journalDe,
  maintenant,
} from '../_shared/environnement.ts';

const DELAI_META_MS = 10_000;
const journal = journalDe('connecter-whatsapp');
const urlWebhook = `${configuration.urlSupabase}/functions/v1/whatsapp-webhook`;
const application = { id: configuration.applicationMeta, secret: configuration.secretsMeta[0] ?? '' };

function ports() {
  // One for each request: its lines are written when it is answered.
  const releve = creerReleve(base, journal);
  const meta = creerClientMeta({ url: configuration.urlGraph, delaiMs: DELAI_META_MS, releve, maintenant });
  const repond = () => webhookRepond(urlWebhook, configuration.jetonVerificationMeta, DELAI_META_MS);
  return {
    base,
    meta,
    releve,
    journal,
    application,
    urlWebhook,
    webhookRepond: repond,
    identifier,
    enArrierePlan,
  };
}

export default {
  fetch: (requete: Request) =>
    avecOrigines(requete, configuration.originesAutorisees, () => traiterConnexion(requete, ports())),
};
