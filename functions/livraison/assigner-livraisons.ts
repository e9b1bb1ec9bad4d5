// Empties the queue of deliveries: couriers are looked for and asked, what they write is understood, whoever must know is written to.
// Each job is one transaction of the database; killed anywhere, it comes back.
import { z } from 'zod';
import type { BaseService } from '../shared/base-service.ts';
import { type Bilan, viderFile } from '../shared/consommateur.ts';
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import { contexteLivreur, lireLivreur } from './lire-livreur.ts';

const pris = z.array(
  z.object({
    msg_id: z.number(),
    travail: z.looseObject({ genre: z.string() }),
    // Read with its job: one that is not as it should be must not keep the others waiting.
    contexte: z.unknown(),
  }),
);
type Pris = z.infer<typeof pris>[number];

export type PortsLivraison = {
  base: BaseService;
  journal: Journal;
  maintenant(): number;
  /** Wakes another function: what is written here, others send. */
  reveiller(fonction: string): void;
};

const LOT = 20;
/** Jobs of one shop wait for each other in the database: more at once would only hold connections. */
const CONCURRENCE = 4;
const DUREE_MAX_MS = 100_000;

export async function assignerLivraisons(ports: PortsLivraison): Promise<Bilan> {
  const bilan = await viderFile<Pris>({
    prendre: (limite) => ports.base.appeler('prendre_livraisons', { limite }, pris),
    traiter: (item) => traiter(ports, item),
    lot: LOT,
    concurrence: CONCURRENCE,
    dureeMaxMs: DUREE_MAX_MS,
    maintenant: ports.maintenant,
    journal: ports.journal,
  });
  if (bilan.traites > 0) ports.reveiller('envoyer-messages');
  return bilan;
}

async function traiter(
  { base, journal }: PortsLivraison,
  { msg_id, travail, contexte }: Pris,
): Promise<void> {
  try {
    const lecture = contexte === null ? null : lireLivreur(contexteLivreur.parse(contexte));
    await base.appeler('traiter_livraison', { msg_id, lecture }, z.string());
  } catch (erreur) {
    journal('erreur', 'livraison_remise', { genre: travail.genre, motif: motsErreur(erreur) });
    await base.appeler('remettre_livraison', { msg_id, erreur: motsErreur(erreur) }, z.boolean());
  }
}
