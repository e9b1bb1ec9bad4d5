// Woken when a prospect's message waits for an answer, by the webhook or by the database's sweep.
import { creerMoteurRegles } from '../../../functions/conversation/moteur-regles.ts';
import { repondreProspects } from '../../../functions/conversation/repondre-prospects.ts';
import { base, journalDe, maintenant, reveiller, surReveil, toutesLes } from '../_shared/environnement.ts';

const ports = {
  base,
  modele: creerMoteurRegles(),
  journal: journalDe('repondre-prospects'),
  maintenant,
  toutesLes,
  reveiller,
};

export default { fetch: surReveil('repondre-prospects', () => repondreProspects(ports)) };
