// Fetches the files of messages while Meta has them, lets voice notes be heard, and deletes what is forgotten.
// Killed anywhere, it begins anew at the same path: the row says the file is there only once it is.
import { z } from 'zod';
import type { Transcripteur } from '../ia/transcrire.ts';
import type { BaseService } from '../shared/base-service.ts';
import { type Bilan, viderFile } from '../shared/consommateur.ts';
import { motsErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import { ErreurStockage, type Stockage } from '../shared/stockage.ts';
import {
  type DemandeMedia,
  type PortsTelechargement,
  type Telechargement,
  telecharger,
} from './telecharger.ts';

const aRecuperer = z.object({
  id_media: z.number(),
  bail: z.string(),
  id_utilisateur: z.string(),
  identifiant_media: z.string(),
  genre: z.string(),
  type_mime: z.string(),
  empreinte: z.string().nullable(),
  taille_max: z.number(),
  chemin: z.string(),
  jeton: z.string(),
});
type ARecuperer = z.infer<typeof aRecuperer> & DemandeMedia;

const effacement = z.object({ msg_id: z.number(), chemin: z.string() });
const issues = z.array(z.object({ id_media: z.number(), issue: z.string() }));

export type PortsMedias = PortsTelechargement & {
  base: BaseService;
  stockage: Stockage;
  /** Null without a key: voice notes are kept and nobody listens. */
  transcrire: Transcripteur | null;
  journal: Journal;
  reveiller(fonction: string): void;
};

/** Few: what waits in a batch holds its lease. */
const CONCURRENCE = 4;
/** The last batch then still ends within the life of an Edge Function. */
const DUREE_MAX_MS = 60_000;
/** What has fetched so much ends, for another to go on: digest and upload cost processor time, of which an Edge Function has 2 s. */
const OCTETS_MAX = 100_000_000;

export async function recupererMedias(ports: PortsMedias): Promise<Bilan> {
  let octets = 0;
  const recuperations = viderFile<ARecuperer>({
    prendre: async (limite) =>
      octets >= OCTETS_MAX
        ? []
        : ports.base.appeler(
            'prendre_medias',
            { limite, transcription: ports.transcrire !== null },
            z.array(aRecuperer),
          ),
    traiter: async (m) => {
      octets += await recuperer(m, ports);
    },
    lot: CONCURRENCE,
    concurrence: CONCURRENCE,
    dureeMaxMs: DUREE_MAX_MS,
    maintenant: ports.maintenant,
    journal: ports.journal,
  });
  try {
    const bilan = await recuperations;
    await effacer(ports);
    if (octets >= OCTETS_MAX) ports.reveiller('recuperer-medias');
    return bilan;
  } finally {
    await ports.releve.ecrire();
  }
}

/** Returns how many bytes it was. */
async function recuperer(m: ARecuperer, ports: PortsMedias): Promise<number> {
  const lu = await telecharger(m, ports);
  try {
    await enregistrer(m, await garder(m, lu, ports), ports);
    return lu.sorte === 'octets' ? lu.taille : 0;
  } finally {
    lu.rendre();
  }
}

/** What the database is told. */
async function garder(
  m: ARecuperer,
  lu: Telechargement,
  ports: PortsMedias,
): Promise<Record<string, unknown>> {
  if (lu.sorte !== 'octets') {
    return { issue: lu.sorte, ...('motif' in lu ? { motif: lu.motif } : {}) };
  }
  const depot = ports.stockage.deposer(m.chemin, lu.parties, m.type_mime);
  const ecoute =
    m.genre === 'audio' && ports.transcrire
      ? ports.transcrire(Buffer.concat(lu.parties), m.type_mime, m.id_utilisateur)
      : null;
  const [depose, entendu] = await Promise.allSettled([depot, ecoute]);
  if (depose.status === 'rejected') {
    if (depose.reason instanceof ErreurStockage && depose.reason.statut === 413)
      return { issue: 'refuse', motif: 'Ce fichier est trop lourd pour être gardé.' };
    return { issue: 'reprendre', motif: motsErreur(depose.reason) };
  }
  const mots = entendu.status === 'fulfilled' ? entendu.value : { texte: null, motif: 'thrown' };
  if (mots?.motif)
    ports.journal('erreur', 'vocal_non_transcrit', { id_media: m.id_media, motif: mots.motif });
  return { issue: 'recupere', taille_octets: lu.taille, transcription: mots?.texte ?? null };
}

async function enregistrer(
  m: ARecuperer,
  resultat: Record<string, unknown>,
  ports: PortsMedias,
): Promise<void> {
  const resultats = [{ id_media: m.id_media, bail: m.bail, ...resultat }];
  const [recue] = await ports.base.appeler('enregistrer_medias', { resultats }, issues);
  const issue = recue?.issue ?? 'absente';
  if (issue !== 'recupere') {
    const motif = String(resultat.motif ?? resultat.issue);
    ports.journal('erreur', 'media_non_recupere', { id_media: m.id_media, issue, motif });
  }
  // The reply to a voice note is due now; the sweep would find it two seconds later.
  if (m.genre === 'audio' && ['recupere', 'refuse', 'perdu'].includes(issue))
    ports.reveiller('repondre-prospects');
}

const LOT_EFFACEMENTS = 100;

async function effacer({ base, stockage, journal }: PortsMedias): Promise<void> {
  for (let tour = 1; tour <= 10; tour += 1) {
    const lot = await base.appeler('prendre_effacements', { limite: LOT_EFFACEMENTS }, z.array(effacement));
    if (lot.length === 0) return;
    try {
      await stockage.supprimer(lot.map((e) => e.chemin));
    } catch (erreur) {
      journal('erreur', 'fichiers_non_effaces', { nombre: lot.length, motif: motsErreur(erreur) });
      return;
    }
    await base.appeler('enregistrer_effacements', { travaux: lot.map((e) => e.msg_id) }, z.unknown());
  }
}
