// Called by the database when a prospect's message waits for an answer; only the project's secret key opens it.
import { creerMoteurRegles } from '../../../functions/conversation/moteur-regles.ts';
import { repondreProspects } from '../../../functions/conversation/repondre-prospects.ts';
import { refuserSansCle } from '../../../functions/shared/cles.ts';
import { reponseErreur } from '../../../functions/shared/erreurs.ts';
import { base, configuration, journalDe, maintenant, toutesLes } from '../_shared/environnement.ts';

const ports = {
  base,
  modele: creerMoteurRegles(),
  journal: journalDe('repondre-prospects'),
  maintenant,
  toutesLes,
};

export default {
  async fetch(requete: Request): Promise<Response> {
    const refus = refuserSansCle(requete, configuration.clesSecretes);
    if (refus) return reponseErreur(refus);
    return Response.json(await repondreProspects(ports));
  },
};
