// Woken when a delivery waits for a courier, or somebody must be told of one.
import { assignerLivraisons } from '../../../functions/livraison/assigner-livraisons.ts';
import { base, journalDe, maintenant, reveiller, surReveil } from '../_shared/environnement.ts';

const ports = { base, journal: journalDe('assigner-livraisons'), maintenant, reveiller };

export default { fetch: surReveil('assigner-livraisons', () => assignerLivraisons(ports)) };
