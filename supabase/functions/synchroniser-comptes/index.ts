// Woken when an account's templates and numbers are to be copied from Meta: hourly, and when one is connected.
import { creerReleve } from '../../../functions/shared/appels.ts';
import { creerClientMeta } from '../../../functions/whatsapp/meta.ts';
import { synchroniserComptes } from '../../../functions/whatsapp/synchroniser-comptes.ts';
import { base, configuration, journalDe, maintenant, surReveil } from '../_shared/environnement.ts';

const DELAI_META_MS = 20_000;
const journal = journalDe('synchroniser-comptes');
const releve = creerReleve(base, journal);
const meta = creerClientMeta({ url: configuration.urlGraph, delaiMs: DELAI_META_MS, releve, maintenant });
const application = { id: configuration.applicationMeta, secret: configuration.secretsMeta[0] ?? '' };

export default {
  fetch: surReveil('synchroniser-comptes', () =>
    synchroniserComptes({ base, meta, application, releve, journal, maintenant }),
  ),
};
