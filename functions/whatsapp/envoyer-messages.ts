// Empties the outbox: takes messages that are now marked "being sent", calls the Graph API for each at once, records what
// came of it. Killed anywhere, it never sends one twice: a message once marked is settled by its status event or by time.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';
import type { BaseService } from '../shared/base-service.ts';
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import { ErreurStockage, type Stockage } from '../shared/stockage.ts';
import { cheminDuMedia, corpsMessage } from './corps-message.ts';
import type { ClientGraph, Issue } from './graph.ts';

const aEnvoyer = z.object({
  id_message: z.number(),
  tentative: z.number(),
  id_utilisateur: z.string(),
  numero_emetteur: z.string(),
  destinataire: z.string(),
  type_message: z.string(),
  contenu: z.string(),
  charge_utile: z.unknown(),
  forme: z.unknown(),
  reponse_a: z.string().nullable(),
  connecte_le: z.string(),
  jeton: z.string(),
  secrets: z.array(z.string()).default([]),
});
type AEnvoyer = z.infer<typeof aEnvoyer>;

export type PortsEnvoi = {
  base: BaseService;
  graph: ClientGraph;
  /** Where the files lie that messages send. */
  medias: Pick<Stockage, 'lienSigne'>;
  /** What the calls leave in utilisation_apis. */
  releve: Pick<Releve, 'ecrire'>;
  journal: Journal;
  maintenant(): number;
};

/** Small, because each message of a batch is marked before its call: a kill between the two leaves so many to be settled. */
const LOT = 10;
/** No new batch after this; the last one takes at most the Graph API's timeout more. */
const DUREE_MAX_MS = 100_000;
/** Meta fetches a file when it delivers the message; its link lives so long. */
const DUREE_LIEN_S = 3_600;

export async function envoyerMessages(ports: PortsEnvoi): Promise<Bilan> {
  const fin = ports.maintenant() + DUREE_MAX_MS;
  const bilan: Bilan = { envoyes: 0, refuses: 0, inconnus: 0 };
  let enregistre = Promise.resolve();
  try {
    let lot = await prendre(ports);
    while (lot.length > 0 || (ports.maintenant() < fin && (await encore(ports, enregistre)))) {
      const issues = await Promise.all(lot.map((m) => envoyer(ports, m)));
      for (const issue of issues) bilan[COMPTE[issue.sorte]] += 1;
      await enregistre;
      // What is taken is marked: it must be called whatever becomes of the recording of the batch before.
      enregistre = enregistrer(
        ports,
        lot.flatMap((m, i) => resultat(m, issues[i])),
      );
      lot = ports.maintenant() < fin ? await prendre(ports) : [];
    }
  } finally {
    await enregistre;
    await ports.releve.ecrire();
  }
  if (bilan.refuses + bilan.inconnus > 0) ports.journal('erreur', 'envois_sans_succes', bilan);
  return bilan;
}

export type Bilan = { envoyes: number; refuses: number; inconnus: number };
const COMPTE = { accepte: 'envoyes', refuse: 'refuses', inconnue: 'inconnus' } as const;

/**
 * An empty batch is no end: it may have had to wait for a number's rate, which is no reason to keep other numbers waiting, or
 * for the outcomes that are just being recorded, after which the next message of a conversation is due.
 */
async function encore(ports: PortsEnvoi, enregistre: Promise<void>): Promise<boolean> {
  await enregistre;
  return ports.base.appeler('envois_dus', {}, z.boolean());
}

async function prendre(ports: PortsEnvoi): Promise<AEnvoyer[]> {
  const pris = await ports.base.appeler('prendre_envois', { limite: LOT }, z.array(z.unknown()));
  // One by one: a message that is not as it should be must not stop those that are marked with it.
  return pris.flatMap((brut) => {
    const lu = aEnvoyer.safeParse(brut);
    if (!lu.success)
      ports.journal('erreur', 'envoi_illisible', {
        champs: lu.error.issues.map((i) => i.path.join('.')).join(' '),
      });
    return lu.success ? [lu.data] : [];
  });
}

async function envoyer(ports: PortsEnvoi, m: AEnvoyer): Promise<Issue> {
  const refus = (code: string, detail: string): Issue => ({
    sorte: 'refuse',
    code,
    detail,
    statut_http: null,
  });
  const chemin = cheminDuMedia(m);
  let lien: string | null = null;
  if (chemin !== null) {
    try {
      lien = await ports.medias.lienSigne(chemin, DUREE_LIEN_S);
    } catch (erreur) {
      const perdu = erreur instanceof ErreurStockage && erreur.statut === 404;
      return refus(perdu ? 'fichier_introuvable' : 'lien_indisponible', motsErreur(erreur));
    }
  }
  const { id_utilisateur, numero_emetteur, jeton, secrets } = m;
  const fait = corpsMessage(m, lien);
  if (!fait.bon) return refus('contenu_invalide', fait.motif);
  return ports.graph.envoyer({ id_utilisateur, numero_emetteur, jeton, corps: fait.corps, secrets });
}

const nonEnregistres = z.array(z.record(z.string(), z.unknown()));

/** Never throws: outcomes that cannot be recorded are settled by status events or by time. */
async function enregistrer(ports: PortsEnvoi, issues: Record<string, unknown>[]): Promise<void> {
  let resultats = issues;
  for (let essai = 1; essai <= 3 && resultats.length > 0; essai += 1) {
    try {
      resultats = await ports.base.appeler('enregistrer_envois', { resultats }, nonEnregistres);
      if (resultats.length > 0)
        ports.journal('erreur', 'issues_non_enregistrees', { essai, nombre: resultats.length });
    } catch (erreur) {
      ports.journal('erreur', 'issues_non_enregistrees', { essai, motif: motsErreur(erreur) });
    }
  }
}

function resultat(m: AEnvoyer, issue: Issue | undefined): Record<string, unknown>[] {
  const envoi = { id_message: m.id_message, tentative: m.tentative };
  if (issue?.sorte === 'accepte') return [{ ...envoi, wamid: issue.wamid }];
  if (issue?.sorte === 'refuse') {
    const { code, detail, statut_http } = issue;
    return [{ ...envoi, code, detail, statut_http, connecte_le: m.connecte_le }];
  }
  return [];
}
