// Empties the outbox: takes messages that are now marked "being sent", calls the Graph API for each at once, records what
// came of it. Killed anywhere, it never sends one twice: a message once marked is settled by its status event or by time.
import { z } from 'zod';
import type { BaseService } from '../shared/base-service.ts';
import type { Journal } from '../shared/journal.ts';
import type { ClientGraph, Issue } from './graph.ts';

const aEnvoyer = z.object({
  id_message: z.number(),
  tentative: z.number(),
  numero_emetteur: z.string(),
  destinataire: z.string(),
  texte: z.string(),
  reponse_a: z.string().nullable(),
  jeton: z.string(),
});
type AEnvoyer = z.infer<typeof aEnvoyer>;

export type PortsEnvoi = { base: BaseService; graph: ClientGraph; journal: Journal; maintenant(): number };

/** Small, because each message of a batch is marked before its call: a kill between the two leaves so many to be settled. */
const LOT = 10;
/** No new batch after this; the last one takes at most the Graph API's timeout more. */
const DUREE_MAX_MS = 100_000;

export async function envoyerMessages(
  ports: PortsEnvoi,
): Promise<{ envoyes: number; refuses: number; inconnus: number }> {
  const fin = ports.maintenant() + DUREE_MAX_MS;
  const bilan = { envoyes: 0, refuses: 0, inconnus: 0 };
  const prendre = () => ports.base.appeler('prendre_envois', { limite: LOT }, z.array(aEnvoyer));
  let lot = await prendre();
  while (lot.length > 0) {
    const issues = await Promise.all(lot.map((m) => ports.graph.envoyerTexte(m)));
    const resultats = lot.flatMap((m, i) => resultat(m, issues[i]));
    for (const issue of issues) {
      if (issue.sorte === 'accepte') bilan.envoyes += 1;
      else if (issue.sorte === 'refuse') bilan.refuses += 1;
      else bilan.inconnus += 1;
    }
    const enregistrer = ports.base.appeler('enregistrer_envois', { resultats }, z.unknown());
    const suivant = ports.maintenant() < fin ? prendre() : Promise.resolve([]);
    [, lot] = await Promise.all([enregistrer, suivant]);
  }
  if (bilan.refuses + bilan.inconnus > 0) ports.journal('erreur', 'envois_sans_succes', bilan);
  return bilan;
}

function resultat(m: AEnvoyer, issue: Issue | undefined): Record<string, unknown>[] {
  const envoi = { id_message: m.id_message, tentative: m.tentative };
  if (issue?.sorte === 'accepte') return [{ ...envoi, wamid: issue.wamid }];
  if (issue?.sorte === 'refuse') {
    return [{ ...envoi, code: issue.code, detail: issue.detail, reprendre: issue.reprendre }];
  }
  return [];
}
