// Answers the prospects whose messages wait: takes leased conversations, lets the engine speak, and records its reply.
// Whatever fails is counted and tried again; at the last failure the database calls a person.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';
import type { BaseService } from '../shared/base-service.ts';
import { type Bilan, viderFile } from '../shared/consommateur.ts';
import { enLots } from '../shared/en-lots.ts';
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import type { ClientMeta } from '../whatsapp/meta.ts';
import type { ModeleIA } from './modele-ia.ts';
import { formePanier, ouvrirSession } from './outils-service.ts';

const message = z.object({
  id_message: z.number(),
  direction: z.enum(['entrant', 'sortant']),
  genere_par_ia: z.boolean(),
  type_message: z.string(),
  texte: z.string(),
  choix: z.string().nullable(),
  position: z
    .object({
      latitude: z.number(),
      longitude: z.number(),
      nom: z.string().nullable(),
      adresse: z.string().nullable(),
    })
    .nullable(),
  le: z.string(),
});

const contexte = z.object({
  vendeur: z.object({
    nom_entreprise: z.string().nullable(),
    devise: z.string(),
    consignes_ia: z.string().nullable(),
  }),
  prospect: z.object({ nom_complet: z.string().nullable(), telephone: z.string().nullable() }),
  historique: z.array(message),
  nouveaux: z.array(message),
  memoire: z.record(z.string(), z.unknown()),
  panier: formePanier,
  etape: z.enum(['accueil', 'qualification', 'recapitulatif', 'confirmee', 'abandon']),
});

const prise = z.object({
  id_conversation: z.number(),
  id_utilisateur: z.string(),
  jeton: z.string(),
  msg_id: z.number(),
  jusqu_a: z.number(),
  accuse: z
    .object({
      id_utilisateur: z.string(),
      numero_emetteur: z.string(),
      wamid: z.string(),
      connecte_le: z.string(),
      jeton: z.string(),
    })
    .nullable(),
  contexte,
});
type Prise = z.infer<typeof prise>;

/** An order that the shop refuses at the last moment is looked at again; more often only a shop that moves all the time does so. */
const ESSAIS_COMMANDE = 3;

const issues = z.array(z.object({ msg_id: z.number(), issue: z.string() }));

const CONCURRENCE = 10;

export type PortsReponse = {
  base: BaseService;
  modele: ModeleIA;
  meta: ClientMeta;
  /** What the calls leave in utilisation_apis. */
  releve: Pick<Releve, 'ecrire'>;
  journal: Journal;
  maintenant(): number;
  /** Runs `f` every `ms` until the returned function is called. */
  toutesLes(ms: number, f: () => void): () => void;
  /** Calls another function without waiting for it. */
  reveiller(fonction: string): void;
};

/** The database has decided; whatever else it says is a reply it could not keep. */
const ISSUES_FINALES = new Set([
  'enregistree',
  'bail_perdu',
  'main_prise',
  'deja_repondu',
  'nouveaux_messages',
]);

/** However often it is looked at anew; with the time in which jobs are taken it stays below the 150 s that a function lives. */
const DUREE_REPONSE_MS = 40_000;

/** A third of the lease, so that one lost renewal does not lose it. */
const RENOUVELLEMENT_MS = 10_000;

export async function repondreProspects(ports: PortsReponse): Promise<Bilan> {
  const accuses: Promise<void>[] = [];
  const enregistrer = enLots<AEnregistrer, string>(async (reponses) => {
    const recues = await ports.base.appeler('enregistrer_reponses', { reponses }, issues);
    if (recues.some((r) => r.issue === 'enregistree')) ports.reveiller('envoyer-messages');
    const parTravail = new Map(recues.map((r) => [r.msg_id, r.issue]));
    return reponses.map((r) => parTravail.get(r.msg_id) ?? 'absente');
  });
  const travail = viderFile<Prise>({
    prendre: (limite) => ports.base.appeler('prendre_reponses', { limite }, z.array(prise)),
    traiter: (p) => {
      if (p.accuse !== null) accuses.push(accuserLecture(p.accuse, ports));
      return repondre(p, ports, enregistrer);
    },
    // As many as are worked on at once: what waits in a batch would hold a lease that nobody renews.
    lot: CONCURRENCE,
    concurrence: CONCURRENCE,
    dureeMaxMs: 100_000,
    maintenant: ports.maintenant,
    journal: ports.journal,
  });
  try {
    return await travail;
  } finally {
    await Promise.all(accuses);
    await ports.releve.ecrire();
  }
}

/** "Read", and "is typing" until the reply comes or 25 seconds have passed. Nobody waits for it, and it never throws. */
async function accuserLecture(accuse: NonNullable<Prise['accuse']>, ports: PortsReponse): Promise<void> {
  const { id_utilisateur, numero_emetteur, wamid, connecte_le, jeton } = accuse;
  const issue = await ports.meta.appeler(
    {
      methode: 'POST',
      chemin: `/${numero_emetteur}/messages`,
      endpoint: '/{numero}/messages (lu)',
      corps: {
        messaging_product: 'whatsapp',
        status: 'read',
        message_id: wamid,
        typing_indicator: { type: 'text' },
      },
      jeton,
      vendeur: id_utilisateur,
    },
    z.object({ success: z.boolean() }),
  );
  if (issue.bon) return;
  ports.journal('erreur', 'accuse_refuse', { code: issue.code });
  await ports.base
    .appeler(
      'noter_refus_compte',
      { identifiant_numero_telephone: numero_emetteur, code: issue.code, connecte_le },
      z.boolean(),
    )
    .catch((e) => ports.journal('erreur', 'refus_non_note', { motif: motsErreur(e) }));
}

type AEnregistrer = Pick<Prise, 'id_conversation' | 'jeton' | 'msg_id' | 'jusqu_a'> & { reponse: object };

async function repondre(
  p: Prise,
  ports: PortsReponse,
  enregistrer: (reponse: AEnregistrer) => Promise<string>,
): Promise<void> {
  const { id_conversation, jeton, msg_id } = p;
  const arreter = ports.toutesLes(RENOUVELLEMENT_MS, () => {
    ports.base
      .appeler('prolonger_bail', { id_conversation, jeton }, z.boolean())
      .catch((e) => ports.journal('erreur', 'bail_non_prolonge', { motif: motsErreur(e) }));
  });
  try {
    const issue = await repondreEtEnregistrer(p, ports, enregistrer);
    if (!ISSUES_FINALES.has(issue)) throw new Error(issue);
    if (issue !== 'enregistree') ports.journal('info', 'reponse_ecartee', { id_conversation, issue });
  } catch (erreur) {
    const motif = motsErreur(erreur);
    ports.journal('erreur', 'reponse_echouee', { id_conversation, motif });
    await ports.base.appeler(
      'echouer_reponse',
      { id_conversation, jeton, msg_id, erreur: motif },
      z.string(),
    );
  } finally {
    arreter();
  }
}

type Enregistrer = (reponse: AEnregistrer) => Promise<string>;

/** What the engine says and what it did are recorded together; when the shop has moved in between, it looks again. */
async function repondreEtEnregistrer(p: Prise, ports: PortsReponse, enLot: Enregistrer): Promise<string> {
  const { id_conversation, id_utilisateur, jeton, msg_id } = p;
  const echange = { id_conversation, id_utilisateur, echeance: ports.maintenant() + DUREE_REPONSE_MS };
  let vu = { contexte: p.contexte, jusqu_a: p.jusqu_a };
  for (let essai = 1; ; essai += 1) {
    const session = ouvrirSession(ports.base, id_conversation, vu.contexte.panier);
    const { passerLaMain, ...reste } = await ports.modele.repondre(vu.contexte, session.outils, echange);
    const effets = session.effets();
    const reponse = { ...reste, passer_la_main: passerLaMain, effets };
    const aEnregistrer = { id_conversation, jeton, msg_id, jusqu_a: vu.jusqu_a, reponse };
    // Who orders holds the shop before any row: not behind the rows of others.
    const issue =
      effets.confirmer || effets.annuler !== null
        ? await enregistrerSeule(aEnregistrer, ports)
        : await enLot(aEnregistrer);
    if (issue !== 'commande_refusee' || essai >= ESSAIS_COMMANDE) return issue;
    const relu = await ports.base.appeler(
      'relire_contexte',
      { id_conversation, jeton },
      z.object({ contexte, jusqu_a: z.number() }).nullable(),
    );
    if (relu === null) return 'bail_perdu';
    vu = relu;
  }
}

async function enregistrerSeule(reponse: AEnregistrer, ports: PortsReponse): Promise<string> {
  const [recue] = await ports.base.appeler('enregistrer_reponses', { reponses: [reponse] }, issues);
  if (recue?.issue === 'enregistree') ports.reveiller('envoyer-messages');
  return recue?.issue ?? 'absente';
}
