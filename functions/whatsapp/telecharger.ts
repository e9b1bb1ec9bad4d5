// The bytes of one media of Meta's: bounded while they come, their digest checked, their kind looked at.
// The URL lives for five minutes and wants the token; one that has died is asked anew.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';
import type { ClientMeta } from './meta.ts';
import { contenuPlausible, DEBUT_UTILE } from './types-medias.ts';

export type DemandeMedia = {
  identifiant_media: string;
  id_utilisateur: string;
  genre: string;
  type_mime: string;
  taille_max: number;
  /** The sha256 the webhook told, should the Graph API tell none. */
  empreinte: string | null;
  /** The access token. */
  jeton: string;
};

export type Telechargement =
  | { sorte: 'octets'; parties: Uint8Array[]; taille: number }
  | { sorte: 'refuse'; motif: string }
  | { sorte: 'perdu'; motif: string }
  | { sorte: 'jeton_mort' }
  /** For now; the words are for the operator. */
  | { sorte: 'reprendre'; motif: string };

export type PortsTelechargement = {
  meta: ClientMeta;
  /** Its own host may give files too, also without TLS: the simulator's. */
  urlGraph: string;
  releve: Releve;
  delaiMs: number;
  maintenant(): number;
  /** Waits until so many bytes may be held; returns how to give them back, or null when that takes too long. */
  reserver(octets: number): Promise<(() => void) | null>;
};

const fiche = z.object({
  url: z.url(),
  sha256: z.string().optional(),
  file_size: z.coerce.number().int().nonnegative().optional(),
});

/** Meta's lookaside refuses whoever does not say who he is. */
const AGENT = 'FluxAsync/1.0';
/** lookaside.fbsbx.com as documented; its neighbours, should Meta move the files. */
const HOTES_META = /(?:^|\.)(?:fbsbx\.com|facebook\.com|fbcdn\.net|whatsapp\.net)$/;
const URL_MORTE = new Set([401, 403, 404, 410]);

/** The bytes are held until `rendre` is called, whatever came. */
export async function telecharger(
  m: DemandeMedia,
  ports: PortsTelechargement,
): Promise<Telechargement & { rendre(): void }> {
  let rendre = () => {};
  const fini = (issue: Telechargement) => ({ ...issue, rendre: () => rendre() });
  for (let essai = 1; ; essai += 1) {
    const dit = await ports.meta.appeler(
      {
        methode: 'GET',
        chemin: `/${encodeURIComponent(m.identifiant_media)}`,
        endpoint: '/{media}',
        jeton: m.jeton,
        vendeur: m.id_utilisateur,
      },
      fiche,
    );
    if (!dit.bon) {
      if (dit.code === '190') return fini({ sorte: 'jeton_mort' });
      if (dit.code === '100' || dit.code === 'http_404')
        return fini({ sorte: 'perdu', motif: 'Ce fichier n’est plus disponible chez WhatsApp.' });
      return fini({ sorte: 'reprendre', motif: `GET /{media} ${dit.code}` });
    }
    const { url, sha256, file_size } = dit.valeur;
    if (file_size !== undefined && file_size > m.taille_max) return fini(tropLourd(m));
    if (!deMeta(new URL(url), ports.urlGraph))
      return fini({ sorte: 'reprendre', motif: `the media is not at Meta's: ${new URL(url).hostname}` });
    rendre();
    const place = await ports.reserver(file_size ?? m.taille_max);
    // Who waited on would be killed with all that wait beside him, and each death counts.
    if (place === null) return { sorte: 'reprendre', motif: 'too many bytes at a time', rendre: () => {} };
    rendre = place;
    const lu = await lire(url, m, ports);
    if (lu.sorte === 'url_morte') {
      if (essai < 2) continue;
      return fini({ sorte: 'reprendre', motif: `GET media ${lu.statut}` });
    }
    if (lu.sorte !== 'octets') return fini(lu);
    return fini(verifier(lu, m, sha256 ?? m.empreinte, file_size));
  }
}

/** The token goes with the request: nowhere else, whatever an answer says. */
function deMeta(url: URL, urlGraph: string): boolean {
  if (url.origin === new URL(urlGraph).origin) return true;
  return url.protocol === 'https:' && url.port === '' && HOTES_META.test(url.hostname);
}

type Lu = { sorte: 'octets'; parties: Uint8Array[]; taille: number; empreinte: Buffer };

async function lire(
  url: string,
  m: DemandeMedia,
  ports: PortsTelechargement,
): Promise<Lu | { sorte: 'url_morte'; statut: number } | Exclude<Telechargement, { sorte: 'octets' }>> {
  const debut = ports.maintenant();
  const noter = (statut: number | null, erreur: string | null) =>
    ports.releve.noter({
      id_utilisateur: m.id_utilisateur,
      service_api: 'whatsapp',
      endpoint_appele: 'GET media',
      temps_reponse_ms: Math.round(ports.maintenant() - debut),
      code_statut: statut,
      message_erreur: erreur,
    });
  let statut: number | null = null;
  try {
    const reponse = await fetch(url, {
      headers: { authorization: `Bearer ${m.jeton}`, 'user-agent': AGENT },
      signal: AbortSignal.timeout(ports.delaiMs),
    });
    statut = reponse.status;
    if (!reponse.ok || reponse.body === null) {
      await reponse.body?.cancel();
      noter(statut, `HTTP ${statut}`);
      if (URL_MORTE.has(statut)) return { sorte: 'url_morte', statut };
      return { sorte: 'reprendre', motif: `GET media HTTP ${statut}` };
    }
    const parties: Uint8Array[] = [];
    const empreinte = createHash('sha256');
    let taille = 0;
    for await (const partie of reponse.body) {
      taille += partie.length;
      if (taille > m.taille_max) {
        noter(statut, 'trop lourd');
        return tropLourd(m);
      }
      empreinte.update(partie);
      parties.push(partie);
    }
    noter(statut, null);
    return { sorte: 'octets', parties, taille, empreinte: empreinte.digest() };
  } catch (erreur) {
    const motif = erreur instanceof Error ? erreur.name : 'unknown';
    noter(statut, motif);
    return { sorte: 'reprendre', motif: `GET media ${motif}` };
  }
}

function verifier(
  { parties, taille, empreinte }: Lu,
  m: DemandeMedia,
  attendue: string | null,
  annoncee: number | undefined,
): Telechargement {
  // A connection that ends early ends without an error when no length was told.
  if (annoncee !== undefined && taille !== annoncee)
    return { sorte: 'reprendre', motif: `${taille} bytes instead of ${annoncee}` };
  // Meta writes it as hex in one place and as base64 in another.
  if (
    attendue !== null &&
    attendue !== empreinte.toString('hex') &&
    attendue !== empreinte.toString('base64')
  )
    return { sorte: 'reprendre', motif: 'sha256 of the bytes is another' };
  if (!contenuPlausible(m.type_mime, tete(parties)))
    return { sorte: 'refuse', motif: 'Le contenu de ce fichier n’est pas celui de son type.' };
  return { sorte: 'octets', parties, taille };
}

function tete(parties: Uint8Array[]): Uint8Array {
  const debut: Uint8Array[] = [];
  for (let lus = 0, rang = 0; lus < DEBUT_UTILE && rang < parties.length; rang += 1) {
    const partie = (parties[rang] ?? new Uint8Array()).subarray(0, DEBUT_UTILE);
    debut.push(partie);
    lus += partie.length;
  }
  return Buffer.concat(debut);
}

function tropLourd(m: DemandeMedia): { sorte: 'refuse'; motif: string } {
  const mo = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 }).format(m.taille_max / 1_048_576);
  return { sorte: 'refuse', motif: `Ce fichier est trop lourd : ${mo} Mo au plus pour ce type.` };
}
