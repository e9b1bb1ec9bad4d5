// Meta's webhook. Reached without a user's JWT: the signature of the raw body is the authentication.
import { traiterWebhook } from '../../../functions/whatsapp/webhook.ts';
import { base, configuration, journalDe, reveiller } from '../_shared/environnement.ts';

const ports = {
  base,
  secrets: configuration.secretsMeta,
  jetonVerification: configuration.jetonVerificationMeta,
  journal: journalDe('whatsapp-webhook'),
  reveiller,
};

export default { fetch: (requete: Request) => traiterWebhook(requete, ports) };
