// What Meta calls: the handshake (GET) and the events (POST). An event is acknowledged only after the database has it;
// what the event says is the database's business, so that nothing stands between the signature and the commit.
import { Buffer } from 'node:buffer';
import { z } from 'zod';
import type { BaseService } from '../shared/base-service.ts';
import { memeTexte } from '../shared/cles.ts';
import { erreurFlux, motsErreur, reponseErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import { signatureValide } from './signature.ts';

/** Meta's own limit of a webhook body. */
const TAILLE_MAX = 3 * 1024 * 1024;

export type PortsWebhook = {
  base: BaseService;
  secrets: readonly string[];
  jetonVerification: string;
  journal: Journal;
  /** Calls another function without waiting for it. */
  reveiller(fonction: string): void;
};

const recu = z.object({
  etat: z.enum(['recu', 'traite', 'partiel', 'echec', 'doublon']),
  reveiller: z.boolean().default(false),
});

export async function traiterWebhook(requete: Request, ports: PortsWebhook): Promise<Response> {
  if (requete.method === 'GET')
    return poigneeDeMain(new URL(requete.url).searchParams, ports.jetonVerification);
  if (requete.method !== 'POST') {
    return reponseErreur(erreurFlux(405, 'methode_refusee', 'Seuls GET et POST sont acceptés.'));
  }
  const corps = await lireCorps(requete);
  if (corps === null) return reponseErreur(erreurFlux(413, 'corps_trop_grand', 'Le corps dépasse 3 Mo.'));
  if (!signatureValide(corps, requete.headers.get('x-hub-signature-256'), ports.secrets)) {
    ports.journal('erreur', 'signature_refusee', { octets: corps.length });
    return reponseErreur(erreurFlux(401, 'signature_invalide', 'Signature absente ou fausse.'));
  }
  if (!estJson(corps)) return reponseErreur(erreurFlux(400, 'json_invalide', 'Le corps n’est pas du JSON.'));
  try {
    const { etat, reveiller } = await ports.base.appeler(
      'recevoir_evenement_whatsapp',
      { corps: Buffer.from(corps).toString('base64') },
      recu,
    );
    if (etat === 'partiel' || etat === 'echec') ports.journal('erreur', 'evenement_a_rejouer', { etat });
    if (reveiller) ports.reveiller('repondre-prospects');
    return new Response('ok');
  } catch (erreur) {
    // Not stored, so not acknowledged: Meta delivers it again.
    ports.journal('erreur', 'evenement_non_enregistre', { motif: motsErreur(erreur) });
    return reponseErreur(erreurFlux(500, 'non_enregistre', 'L’événement n’a pas pu être enregistré.'));
  }
}

function poigneeDeMain(parametres: URLSearchParams, jeton: string): Response {
  const defi = parametres.get('hub.challenge');
  const accepte =
    jeton !== '' &&
    parametres.get('hub.mode') === 'subscribe' &&
    memeTexte(parametres.get('hub.verify_token') ?? '', jeton);
  if (!accepte || defi === null)
    return reponseErreur(erreurFlux(403, 'verification_refusee', 'Jeton de vérification inconnu.'));
  return new Response(defi, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** The raw bytes, or null when there are too many: the length is not believed but counted. */
async function lireCorps(requete: Request): Promise<Uint8Array | null> {
  if (Number(requete.headers.get('content-length') ?? 0) > TAILLE_MAX) return null;
  const morceaux: Uint8Array[] = [];
  let taille = 0;
  for await (const morceau of requete.body ?? []) {
    taille += morceau.length;
    if (taille > TAILLE_MAX) return null;
    morceaux.push(morceau);
  }
  return Buffer.concat(morceaux);
}

function estJson(corps: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(corps));
    return true;
  } catch {
    return false;
  }
}

/** Whether our own webhook answers the handshake as Meta would make it. */
export async function webhookRepond(url: string, jeton: string, delaiMs: number): Promise<boolean> {
  const defi = crypto.randomUUID();
  const question = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.challenge': defi,
    'hub.verify_token': jeton,
  });
  try {
    const reponse = await fetch(`${url}?${question}`, { signal: AbortSignal.timeout(delaiMs) });
    return reponse.ok && (await reponse.text()) === defi;
  } catch {
    return false;
  }
}
