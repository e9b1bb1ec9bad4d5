// Meta's side of connecting a number: the code becomes a token, the token says which accounts (WABA) it grants, their numbers are
// listed, the app is subscribed, a number is registered. Every call may be repeated; what fails says one code for front ends.
// Source: developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup.
import { z } from 'zod';
import { type ErreurFlux, erreurFlux } from '../shared/erreurs.ts';
import type { ClientMeta, DemandeMeta, IssueMeta, RefusMeta } from './meta.ts';

export type NumeroMeta = {
  identifiant_compte_business: string;
  identifiant_numero_telephone: string;
  /** E.164. */
  numero: string;
  nom_verifie: string | null;
  qualite: 'verte' | 'jaune' | 'rouge' | null;
  palier_messages: string | null;
  debit_par_seconde: number;
  /** Used with the WhatsApp Business app as well (coexistence), or registered already: there is nothing to register. */
  enregistre: boolean;
};

export type Application = { id: string; secret: string };

/** An expected failure on its way to the answer. */
export class EchecConnexion extends Error {
  override readonly name = 'EchecConnexion';
  readonly erreur: ErreurFlux;
  constructor(statut: number, code: string, message: string, detail = '') {
    super(`${code} ${detail}`);
    this.erreur = erreurFlux(statut, code, message);
  }
}

const DROITS = ['whatsapp_business_management', 'whatsapp_business_messaging'];
const PAGES_MAX = 20;

export const CHAMPS_NUMERO_SURS =
  'id,display_phone_number,verified_name,quality_rating,platform_type,status,throughput,is_on_biz_app';
/** Meta renames this one from time to time, and refuses a whole call for a field it does not know. */
export const CHAMPS_NUMERO = `${CHAMPS_NUMERO_SURS},whatsapp_business_manager_messaging_limit`;

export const formeNumero = z.object({
  id: z.string().min(1),
  display_phone_number: z.string().default(''),
  verified_name: z.string().optional(),
  quality_rating: z.string().optional(),
  platform_type: z.string().optional(),
  status: z.string().optional(),
  throughput: z.object({ level: z.string() }).partial().optional(),
  is_on_biz_app: z.boolean().optional(),
  whatsapp_business_manager_messaging_limit: z.string().optional(),
});
export type NumeroLu = z.output<typeof formeNumero>;
const numeros = z.object({
  data: z.array(formeNumero),
  paging: z
    .object({ cursors: z.object({ after: z.string() }).partial(), next: z.string() })
    .partial()
    .optional(),
});
const jetonRecu = z.object({ access_token: z.string().min(1) });
const jetonDecrit = z.object({
  data: z.object({
    is_valid: z.boolean().default(false),
    app_id: z.string().default(''),
    scopes: z.array(z.string()).default([]),
    granular_scopes: z
      .array(z.object({ scope: z.string(), target_ids: z.array(z.string()).default([]) }))
      .default([]),
  }),
});
const abonnements = z.object({
  data: z.array(z.object({ whatsapp_business_api_data: z.object({ id: z.string() }) })),
});
const succes = z.object({ success: z.literal(true) });

export function connexionMeta(meta: ClientMeta, application: Application, vendeur: string) {
  const appeler = <T>(demande: Omit<DemandeMeta, 'vendeur'>, forme: z.ZodType<T>): Promise<IssueMeta<T>> =>
    meta.appeler({ ...demande, vendeur }, forme);

  /** Null: Meta does not take the code, which may have been exchanged by a call that is not known of. */
  async function echanger(code: string): Promise<string | null> {
    const parametres = { client_id: application.id, client_secret: application.secret, code };
    const issue = await appeler(
      {
        methode: 'GET',
        chemin: '/oauth/access_token',
        endpoint: '/oauth/access_token',
        parametres,
        jeton: null,
      },
      jetonRecu,
    );
    if (issue.bon) return issue.valeur.access_token;
    if (passager(issue)) throw indisponible(issue);
    return null;
  }

  /** The accounts that the token grants our app, for all we need. */
  async function comptesAccordes(jeton: string): Promise<string[]> {
    const issue = await appeler(
      {
        methode: 'GET',
        chemin: '/debug_token',
        endpoint: '/debug_token',
        parametres: { input_token: jeton },
        jeton: `${application.id}|${application.secret}`,
      },
      jetonDecrit,
    );
    if (!issue.bon) throw passager(issue) ? indisponible(issue) : jetonRefuse(issue.code);
    const { is_valid, app_id, granular_scopes } = issue.valeur.data;
    if (!is_valid || app_id !== application.id) throw jetonRefuse('not ours');
    const [premier = [], ...autres] = DROITS.map((droit) =>
      granular_scopes.filter((s) => s.scope === droit).flatMap((s) => s.target_ids),
    );
    const accordes = [...new Set(premier)].filter((waba) => autres.every((ids) => ids.includes(waba)));
    if (accordes.length === 0) throw jetonRefuse('no account');
    return accordes;
  }

  async function numerosDe(waba: string, jeton: string): Promise<NumeroMeta[]> {
    const lus: NumeroMeta[] = [];
    let apres: string | undefined;
    let champs: string = CHAMPS_NUMERO;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const issue = await appeler(
        {
          methode: 'GET',
          chemin: `/${waba}/phone_numbers`,
          endpoint: '/{compte}/phone_numbers',
          parametres: { fields: champs, limit: '100', ...(apres === undefined ? {} : { after: apres }) },
          jeton,
        },
        numeros,
      );
      if (!issue.bon && issue.code === '100' && champs === CHAMPS_NUMERO) {
        champs = CHAMPS_NUMERO_SURS;
        continue;
      }
      if (!issue.bon) throw passager(issue) ? indisponible(issue) : jetonRefuse(issue.code);
      lus.push(...issue.valeur.data.map((n) => lireNumero(waba, n)));
      apres = issue.valeur.paging?.next === undefined ? undefined : issue.valeur.paging.cursors?.after;
      if (apres === undefined) break;
    }
    return lus;
  }

  async function estAbonne(waba: string, jeton: string): Promise<boolean> {
    const vu = await appeler(
      {
        methode: 'GET',
        chemin: `/${waba}/subscribed_apps`,
        endpoint: '/{compte}/subscribed_apps',
        jeton,
      },
      abonnements,
    );
    if (!vu.bon) throw passager(vu) ? indisponible(vu) : abonnementRefuse(vu.code);
    return vu.valeur.data.some((a) => a.whatsapp_business_api_data.id === application.id);
  }

  async function abonner(waba: string, jeton: string): Promise<void> {
    const fait = await appeler(
      {
        methode: 'POST',
        chemin: `/${waba}/subscribed_apps`,
        endpoint: '/{compte}/subscribed_apps',
        jeton,
      },
      succes,
    );
    if (!fait.bon) throw passager(fait) ? indisponible(fait) : abonnementRefuse(fait.code);
    if (!(await estAbonne(waba, jeton))) throw abonnementRefuse('not listed');
  }

  /** False: Meta could not be told. */
  async function desabonner(waba: string, jeton: string): Promise<boolean> {
    const issue = await appeler(
      {
        methode: 'DELETE',
        chemin: `/${waba}/subscribed_apps`,
        endpoint: '/{compte}/subscribed_apps',
        jeton,
      },
      succes,
    );
    return issue.bon;
  }

  async function enregistrer(numeroMeta: string, pin: string, jeton: string): Promise<void> {
    const issue = await appeler(
      {
        methode: 'POST',
        chemin: `/${numeroMeta}/register`,
        endpoint: '/{numero}/register',
        corps: { messaging_product: 'whatsapp', pin },
        jeton,
      },
      succes,
    );
    if (issue.bon) return;
    if (passager(issue)) throw indisponible(issue);
    if (issue.code === '190') throw jetonRefuse(issue.code);
    throw new EchecConnexion(
      409,
      'enregistrement_refuse',
      issue.code === '133005'
        ? 'Ce numéro est protégé par un code PIN à six chiffres (vérification en deux étapes) : donnez ce code, ou changez-le dans le Gestionnaire WhatsApp.'
        : 'WhatsApp refuse d’enregistrer ce numéro pour le moment. Vérifiez-le dans le Gestionnaire WhatsApp, puis recommencez.',
      issue.code,
    );
  }

  return { echanger, comptesAccordes, numerosDe, estAbonne, abonner, desabonner, enregistrer };
}

export function lireNumero(waba: string, n: NumeroLu): NumeroMeta {
  const coexistence = n.is_on_biz_app === true;
  return {
    identifiant_compte_business: waba,
    identifiant_numero_telephone: n.id,
    numero: `+${n.display_phone_number.replaceAll(/\D/g, '')}`,
    nom_verifie: n.verified_name ?? null,
    qualite: QUALITES[n.quality_rating ?? ''] ?? null,
    palier_messages: n.whatsapp_business_manager_messaging_limit ?? null,
    // Meta's throughput: 80 a second, 1,000 where it was upgraded, 20 for a number that is on the phone as well.
    debit_par_seconde: coexistence ? 20 : n.throughput?.level === 'HIGH' ? 1000 : 80,
    enregistre: coexistence || (n.platform_type === 'CLOUD_API' && n.status === 'CONNECTED'),
  };
}

export const QUALITES: Record<string, 'verte' | 'jaune' | 'rouge'> = {
  GREEN: 'verte',
  YELLOW: 'jaune',
  RED: 'rouge',
};

/** 133004: Meta's registration server is away for a moment. */
function passager(issue: RefusMeta): boolean {
  return issue.reprendre || issue.code === '133004';
}

function indisponible(issue: RefusMeta): EchecConnexion {
  return new EchecConnexion(
    503,
    'meta_indisponible',
    'WhatsApp ne répond pas pour le moment. Réessayez dans quelques minutes.',
    issue.code,
  );
}

function jetonRefuse(detail: string): EchecConnexion {
  return new EchecConnexion(
    403,
    'jeton_refuse',
    'WhatsApp ne nous a pas donné accès à votre compte. Recommencez et acceptez toutes les autorisations.',
    detail,
  );
}

function abonnementRefuse(detail: string): EchecConnexion {
  return new EchecConnexion(
    502,
    'abonnement_refuse',
    'WhatsApp n’accepte pas de nous envoyer les messages de ce compte. Réessayez dans quelques minutes.',
    detail,
  );
}
