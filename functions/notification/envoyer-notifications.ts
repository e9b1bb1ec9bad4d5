// Sends vendors what they are told: takes notifications that are now marked, hands each to its channel, records what came of it.
// Killed anywhere, it never sends one twice: a notification once marked is settled by its status event or by time.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';
import type { BaseService } from '../shared/base-service.ts';
import { type Bilan, viderFile } from '../shared/consommateur.ts';
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import type { ClientGraph, Issue } from '../whatsapp/graph.ts';
import { type ANotifier, aNotifier, corpsNotification } from './message-whatsapp.ts';

/** A way to a vendor. Another one (sms, email, push) is one more of these, and a row of `notifications` that names it taken. */
export type Canal = {
  /** Makes one call, at most once; never throws. */
  envoyer(n: ANotifier): Promise<Issue>;
};

export type PortsNotification = {
  base: BaseService;
  canaux: Readonly<Record<string, Canal>>;
  /** What the calls leave in utilisation_apis. */
  releve: Pick<Releve, 'ecrire'>;
  journal: Journal;
  maintenant(): number;
};

/** Small, because all of a batch are marked before their calls: a kill between the two leaves so many to be settled. */
const LOT = 10;
const DUREE_MAX_MS = 100_000;

export function creerCanalWhatsapp(graph: ClientGraph): Canal {
  return {
    async envoyer(n) {
      const fait = corpsNotification(n);
      if (!fait.bon)
        return { sorte: 'refuse', code: 'contenu_invalide', detail: fait.motif, statut_http: null };
      const { numero_emetteur, jeton } = n;
      // The platform's own call: no vendor's.
      return graph.envoyer({ id_utilisateur: null, numero_emetteur, jeton, corps: fait.corps });
    },
  };
}

export async function envoyerNotifications(ports: PortsNotification): Promise<Bilan> {
  try {
    return await viderFile<ANotifier>({
      prendre: (limite) => prendre(ports, limite),
      traiter: (n) => traiter(ports, n),
      lot: LOT,
      concurrence: LOT,
      dureeMaxMs: DUREE_MAX_MS,
      maintenant: ports.maintenant,
      journal: ports.journal,
    });
  } finally {
    await ports.releve.ecrire();
  }
}

async function prendre({ base, journal }: PortsNotification, limite: number): Promise<ANotifier[]> {
  const pris = await base.appeler('prendre_notifications', { limite }, z.array(z.unknown()));
  // One by one: what is not as it should be must not stop those that are marked with it.
  return pris.flatMap((brut) => {
    const lu = aNotifier.safeParse(brut);
    if (!lu.success)
      journal('erreur', 'notification_illisible', {
        champs: lu.error.issues.map((i) => i.path.join('.')).join(' '),
      });
    return lu.success ? [lu.data] : [];
  });
}

async function traiter(ports: PortsNotification, n: ANotifier): Promise<void> {
  const canal = ports.canaux[n.canal];
  const issue: Issue =
    canal === undefined
      ? { sorte: 'refuse', code: 'canal_inconnu', detail: n.canal, statut_http: null }
      : await canal.envoyer(n);
  if (issue.sorte !== 'accepte')
    ports.journal('erreur', 'notification_non_envoyee', {
      id_notification: n.id_notification,
      motif: issue.sorte === 'refuse' ? issue.code : issue.motif,
    });
  // Nobody knows whether Meta has it: its status event or two minutes of silence settle that.
  if (issue.sorte === 'inconnue') return;
  const { id_notification, tentative, numero_emetteur, connecte_le } = n;
  const { sorte: _, ...fait } = issue;
  await enregistrer(ports, [{ id_notification, tentative, numero_emetteur, connecte_le, ...fait }]);
}

/** Never throws: outcomes that cannot be recorded are settled by status events or by time. */
async function enregistrer(
  { base, journal }: PortsNotification,
  issues: Record<string, unknown>[],
): Promise<void> {
  let resultats = issues;
  for (let essai = 1; essai <= 3 && resultats.length > 0; essai += 1) {
    try {
      resultats = await base.appeler(
        'enregistrer_notifications',
        { resultats },
        z.array(z.record(z.string(), z.unknown())),
      );
    } catch (erreur) {
      journal('erreur', 'notification_non_enregistree', { essai, motif: motsErreur(erreur) });
    }
  }
}
