// Answers the prospects whose messages wait: takes leased conversations, lets the engine speak, and records its reply.
// Whatever fails is counted and tried again; at the last failure the database calls a person.
import { z } from 'zod';
import type { BaseService } from '../shared/base-service.ts';
import { type Bilan, viderFile } from '../shared/consommateur.ts';
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import type { ModeleIA } from './modele-ia.ts';
import { outilsDeConversation } from './outils-service.ts';

const message = z.object({
  id_message: z.number(),
  direction: z.enum(['entrant', 'sortant']),
  genere_par_ia: z.boolean(),
  type_message: z.string(),
  texte: z.string(),
  le: z.string(),
});

const prise = z.object({
  id_conversation: z.number(),
  jeton: z.string(),
  msg_id: z.number(),
  jusqu_a: z.number(),
  contexte: z.object({
    vendeur: z.object({
      nom_entreprise: z.string().nullable(),
      devise: z.string(),
      consignes_ia: z.string().nullable(),
    }),
    prospect: z.object({ nom_complet: z.string().nullable() }),
    historique: z.array(message),
    nouveaux: z.array(message),
    memoire: z.record(z.string(), z.unknown()),
    etape: z.enum(['accueil', 'qualification', 'recapitulatif', 'confirmee', 'abandon']),
  }),
});
type Prise = z.infer<typeof prise>;

const issue = z.enum(['enregistree', 'bail_perdu', 'main_prise', 'deja_repondu', 'nouveaux_messages']);

export type PortsReponse = {
  base: BaseService;
  modele: ModeleIA;
  journal: Journal;
  maintenant(): number;
  /** Runs `f` every `ms` until the returned function is called. */
  toutesLes(ms: number, f: () => void): () => void;
};

/** A third of the lease, so that one lost renewal does not lose it. */
const RENOUVELLEMENT_MS = 10_000;

export function repondreProspects(ports: PortsReponse): Promise<Bilan> {
  return viderFile<Prise>({
    prendre: (limite) => ports.base.appeler('prendre_reponses', { limite }, z.array(prise)),
    traiter: (p) => repondre(p, ports),
    lot: 20,
    concurrence: 8,
    dureeMaxMs: 100_000,
    maintenant: ports.maintenant,
    journal: ports.journal,
  });
}

async function repondre(p: Prise, ports: PortsReponse): Promise<void> {
  const bail = { id_conversation: p.id_conversation, jeton: p.jeton };
  const arreter = ports.toutesLes(RENOUVELLEMENT_MS, () => {
    ports.base
      .appeler('prolonger_bail', bail, z.boolean())
      .catch((e) => ports.journal('erreur', 'bail_non_prolonge', { motif: motsErreur(e) }));
  });
  try {
    const reponse = await ports.modele.repondre(
      p.contexte,
      outilsDeConversation(ports.base, p.id_conversation),
    );
    const etat = await ports.base.appeler(
      'enregistrer_reponse',
      {
        ...bail,
        msg_id: p.msg_id,
        jusqu_a: p.jusqu_a,
        reponse: {
          texte: reponse.texte,
          memoire: reponse.memoire,
          etape: reponse.etape,
          confiance: reponse.confiance,
          modele: reponse.modele,
          passer_la_main: reponse.passerLaMain,
        },
      },
      issue,
    );
    if (etat !== 'enregistree') {
      ports.journal('info', 'reponse_ecartee', { id_conversation: p.id_conversation, etat });
    }
  } catch (erreur) {
    ports.journal('erreur', 'reponse_echouee', {
      id_conversation: p.id_conversation,
      motif: motsErreur(erreur),
    });
    await ports.base.appeler(
      'echouer_reponse',
      { ...bail, msg_id: p.msg_id, erreur: motsErreur(erreur) },
      z.string(),
    );
  } finally {
    arreter();
  }
}
