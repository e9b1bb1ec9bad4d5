// What the vendor's front end calls to connect, reconnect or disconnect a WhatsApp number. Each step is kept in the database before
// the next one, so that the same call made again after a failure goes on; ids that the browser names are only a choice among what
// the token really grants.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';
import { type BaseService, ErreurBase } from '../shared/base-service.ts';
import { type ErreurFlux, erreurFlux, motsErreur, reponseErreur } from '../shared/erreurs.ts';
import type { Journal } from '../shared/journal.ts';
import { type Application, connexionMeta, EchecConnexion, type NumeroMeta } from './connexion-meta.ts';
import type { ClientMeta } from './meta.ts';

export type PortsConnexion = {
  base: BaseService;
  meta: ClientMeta;
  releve: Releve;
  journal: Journal;
  application: Application;
  /** Our own webhook, where Meta sends the events. */
  urlWebhook: string;
  /** Whether it answers Meta's handshake. */
  webhookRepond(): Promise<boolean>;
  /** The user behind a session's token; null when it is none, or over. */
  identifier(jeton: string): Promise<string | null>;
  enArrierePlan(travail: Promise<unknown>): void;
};

const identifiant = z.string().regex(/^[0-9]{5,20}$/);
const compte = z.number().int().positive();
const demande = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('terminer'),
    code: z.string().min(1).max(2000),
    etat: z.string().min(1).max(200),
    identifiant_compte_business: identifiant.optional(),
    identifiant_numero_telephone: z.union([identifiant, z.array(identifiant).min(1).max(50)]).optional(),
    code_pin: z
      .string()
      .regex(/^[0-9]{6}$/)
      .optional(),
  }),
  z.object({
    action: z.literal('reconnecter'),
    code: z.string().min(1).max(2000),
    etat: z.string().min(1).max(200),
    id_compte_whatsapp: compte,
    code_pin: z
      .string()
      .regex(/^[0-9]{6}$/)
      .optional(),
  }),
  z.object({ action: z.literal('deconnecter'), id_compte_whatsapp: compte }),
]);
type Connexion = {
  code: string;
  etat: string;
  compteNomme?: string | undefined;
  /** Empty: all that are free. */
  numerosNommes: string[];
  codePin?: string | undefined;
};

const resultat = z.object({
  comptes: z.array(
    z.object({
      id_compte_whatsapp: z.number(),
      numero: z.string(),
      nom_verifie: z.string().nullable(),
      etat: z.string(),
    }),
  ),
});
const ouverte = z.object({
  id_connexion: z.number(),
  jeton: z.string().nullable(),
  resultat: resultat.nullable(),
});
const aDeconnecter = z.object({
  identifiant_compte_business: z.string(),
  jeton: z.string().nullable(),
  desabonner: z.boolean(),
});

/** HTTP statuses of what the database refuses; a code that is not here is 400. */
const STATUTS: Record<string, number> = {
  pas_proprietaire: 403,
  numero_introuvable: 404,
  numero_deja_connecte: 409,
  etat_invalide: 410,
  trop_d_essais: 429,
};

export async function traiterConnexion(requete: Request, ports: PortsConnexion): Promise<Response> {
  try {
    return Response.json(await repondre(requete, ports));
  } catch (erreur) {
    return reponseErreur(lireEchec(erreur, ports.journal));
  } finally {
    ports.enArrierePlan(ports.releve.ecrire());
  }
}

async function repondre(requete: Request, ports: PortsConnexion): Promise<unknown> {
  if (requete.method !== 'POST') throw new EchecConnexion(405, 'methode_refusee', 'Seul POST est accepté.');
  const jeton = /^Bearer (\S+)$/i.exec(requete.headers.get('authorization') ?? '')?.[1];
  const vendeur = jeton === undefined ? null : await ports.identifier(jeton);
  if (vendeur === null)
    throw new EchecConnexion(
      401,
      'session_invalide',
      'Votre session est terminée : connectez-vous à nouveau.',
    );
  const lue = demande.safeParse(await requete.json().catch(() => null));
  if (!lue.success) throw new EchecConnexion(400, 'demande_invalide', 'Cette demande n’est pas complète.');
  const d = lue.data;
  if (d.action === 'deconnecter') return deconnecter(vendeur, d.id_compte_whatsapp, ports);
  if (ports.application.id === '' || ports.application.secret === '')
    throw new EchecConnexion(
      503,
      'connexion_non_configuree',
      'La connexion à WhatsApp n’est pas encore ouverte.',
    );
  if (d.action === 'reconnecter') {
    const numero = await ports.base.appeler(
      'numero_du_compte',
      { id_utilisateur: vendeur, id_compte_whatsapp: d.id_compte_whatsapp },
      z.string(),
    );
    return connecter(
      vendeur,
      { code: d.code, etat: d.etat, numerosNommes: [numero], codePin: d.code_pin },
      ports,
    );
  }
  return connecter(
    vendeur,
    {
      code: d.code,
      etat: d.etat,
      compteNomme: d.identifiant_compte_business,
      numerosNommes: [d.identifiant_numero_telephone ?? []].flat(),
      codePin: d.code_pin,
    },
    ports,
  );
}

async function connecter(vendeur: string, c: Connexion, ports: PortsConnexion): Promise<unknown> {
  const { base } = ports;
  const meta = connexionMeta(ports.meta, ports.application, vendeur);
  let connexion = await base.appeler(
    'ouvrir_connexion_whatsapp',
    { id_utilisateur: vendeur, etat: c.etat, code: c.code },
    ouverte,
  );
  const ici = { id_utilisateur: vendeur, id_connexion: connexion.id_connexion };
  if (connexion.jeton === null && connexion.resultat === null) {
    // No token: a call beside this one may have had the code, then what it kept is in force.
    const recu = await meta.echanger(c.code);
    connexion = await base.appeler('garder_jeton_connexion', { ...ici, code: c.code, jeton: recu }, ouverte);
  }
  if (connexion.resultat !== null) return connexion.resultat;
  const { jeton } = connexion;
  if (jeton === null)
    throw new EchecConnexion(
      400,
      'connexion_refusee',
      'WhatsApp n’a pas accepté cette connexion. Recommencez la connexion du numéro.',
    );

  try {
    return await conduire(vendeur, connexion.id_connexion, jeton, c, ports);
  } catch (erreur) {
    // The same call made twice at once: the other one has finished.
    if (!(erreur instanceof ErreurBase) || erreur.indice !== 'etat_invalide') throw erreur;
    const finie = await base.appeler(
      'garder_jeton_connexion',
      { ...ici, code: c.code, jeton: null },
      ouverte,
    );
    if (finie.resultat === null) throw erreur;
    return finie.resultat;
  }
}

/** From the token to the accounts. */
async function conduire(
  vendeur: string,
  connexion: number,
  jeton: string,
  c: Connexion,
  ports: PortsConnexion,
): Promise<unknown> {
  const { base } = ports;
  const meta = connexionMeta(ports.meta, ports.application, vendeur);
  const ici = { id_utilisateur: vendeur, id_connexion: connexion };
  const choisis = await choisir(vendeur, c, await numerosAccordes(c, jeton, meta), base);
  for (const waba of new Set(choisis.map((n) => n.identifiant_compte_business)))
    await meta.abonner(waba, jeton);
  for (const n of choisis.filter((n) => !n.enregistre)) {
    const numeroMeta = n.identifiant_numero_telephone;
    const pin = await base.appeler(
      'code_pin_connexion',
      { ...ici, identifiant_numero_telephone: numeroMeta, code_pin: c.codePin ?? null },
      z.string(),
    );
    await meta.enregistrer(numeroMeta, pin, jeton);
  }
  if (!(await ports.webhookRepond()))
    throw new EchecConnexion(
      502,
      'webhook_injoignable',
      'Les messages de WhatsApp ne nous parviendraient pas encore. Réessayez dans quelques minutes.',
    );
  const comptes = choisis.map(({ enregistre: _, ...n }) => ({ ...n, url_webhook: ports.urlWebhook }));
  return base.appeler('terminer_connexion_whatsapp', { ...ici, comptes }, resultat);
}

async function numerosAccordes(
  c: Connexion,
  jeton: string,
  meta: ReturnType<typeof connexionMeta>,
): Promise<NumeroMeta[]> {
  const accordes = await meta.comptesAccordes(jeton);
  if (c.compteNomme !== undefined && !accordes.includes(c.compteNomme)) throw nonAutorise();
  const comptes = c.compteNomme === undefined ? accordes : [c.compteNomme];
  const trouves: NumeroMeta[] = [];
  for (const waba of comptes.slice(0, 20)) trouves.push(...(await meta.numerosDe(waba, jeton)));
  return trouves;
}

/** Those that were named; else all that nobody else has. */
async function choisir(
  vendeur: string,
  c: Connexion,
  accordes: NumeroMeta[],
  base: BaseService,
): Promise<NumeroMeta[]> {
  const connus = new Map(accordes.map((n) => [n.identifiant_numero_telephone, n]));
  if (c.numerosNommes.some((id) => !connus.has(id))) throw nonAutorise();
  const voulus = c.numerosNommes.length > 0 ? [...new Set(c.numerosNommes)] : [...connus.keys()];
  if (voulus.length === 0)
    throw new EchecConnexion(
      422,
      'compte_sans_numero',
      'Ce compte WhatsApp Business n’a pas encore de numéro. Ajoutez-en un, puis recommencez.',
    );
  const pris = await base.appeler(
    'numeros_pris',
    { id_utilisateur: vendeur, numeros: voulus },
    z.array(z.string()),
  );
  const libres = voulus.filter((id) => !pris.includes(id));
  if (libres.length === 0 || (c.numerosNommes.length > 0 && pris.length > 0))
    throw new EchecConnexion(
      409,
      'numero_deja_connecte',
      'Ce numéro WhatsApp est déjà connecté chez un autre vendeur.',
    );
  return libres.flatMap((id) => connus.get(id) ?? []);
}

async function deconnecter(vendeur: string, compteId: number, ports: PortsConnexion): Promise<unknown> {
  const { base } = ports;
  const qui = { id_utilisateur: vendeur, id_compte_whatsapp: compteId };
  const a = await base.appeler('preparer_deconnexion_whatsapp', qui, aDeconnecter);
  let metaPrevenu = true;
  if (a.desabonner) {
    const meta = connexionMeta(ports.meta, ports.application, vendeur);
    metaPrevenu = a.jeton !== null && (await meta.desabonner(a.identifiant_compte_business, a.jeton));
  }
  const le = await base.appeler('deconnecter_compte_whatsapp', qui, z.string());
  return { id_compte_whatsapp: compteId, date_deconnexion: le, meta_prevenu: metaPrevenu };
}

function nonAutorise(): EchecConnexion {
  return new EchecConnexion(
    403,
    'numero_non_autorise',
    'Vous n’avez pas donné accès à ce numéro WhatsApp. Recommencez et choisissez-le.',
  );
}

function lireEchec(erreur: unknown, journal: Journal): ErreurFlux {
  if (erreur instanceof EchecConnexion) {
    // Its words are a code of ours and one of Meta's: no token, no number.
    if (erreur.erreur.statut >= 500) journal('erreur', 'connexion_echouee', { motif: erreur.message });
    return erreur.erreur;
  }
  if (erreur instanceof ErreurBase && erreur.code === 'P0001')
    return erreurFlux(STATUTS[erreur.indice] ?? 400, erreur.indice, erreur.phrase);
  journal('erreur', 'connexion_interrompue', { motif: motsErreur(erreur) });
  return erreurFlux(
    503,
    'indisponible',
    'FluxAsync ne répond pas pour le moment. Réessayez dans un instant.',
  );
}
