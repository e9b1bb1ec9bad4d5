// Copies what Meta knows of the vendors' accounts: the state of each number, then templates page by page. What Meta has no longer
// is told only after the last page; a token that Meta refuses turns its number off; that our app is subscribed is seen to.
import { z } from 'zod';
import type { Releve } from '../shared/appels.ts';
import type { BaseService } from '../shared/base-service.ts';
import { type Bilan, viderFile } from '../shared/consommateur.ts';
import type { Journal } from '../shared/journal.ts';
import {
  type Application,
  CHAMPS_NUMERO,
  CHAMPS_NUMERO_SURS,
  connexionMeta,
  EchecConnexion,
  formeNumero,
  lireNumero,
} from './connexion-meta.ts';
import type { ClientMeta, IssueMeta } from './meta.ts';
import { lireModele } from './modeles.ts';

export type PortsSynchronisation = {
  base: BaseService;
  meta: ClientMeta;
  application: Application;
  releve: Releve;
  journal: Journal;
  maintenant(): number;
};

const compte = z.object({
  id_compte_whatsapp: z.number(),
  identifiant_numero_telephone: z.string(),
  jeton: z.string(),
});
const travail = z.object({
  id_utilisateur: z.string(),
  identifiant_compte_business: z.string(),
  bail: z.string(),
  comptes: z.array(compte),
});
type Compte = z.output<typeof compte>;
type Travail = z.output<typeof travail>;

const page = z.object({
  data: z.array(z.unknown()),
  paging: z
    .object({ cursors: z.object({ after: z.string() }).partial(), next: z.string() })
    .partial()
    .optional(),
});

const PAR_PAGE = '100';
/** Meta allows 6,000 templates in an account. */
const PAGES_MAX = 100;
const DUREE_MAX_MS = 90_000;

export async function synchroniserComptes(ports: PortsSynchronisation): Promise<Bilan> {
  const copies = viderFile<Travail>({
    prendre: (limite) => ports.base.appeler('prendre_synchronisations', { limite }, z.array(travail)),
    traiter: (t) => traiter(t, ports),
    lot: 4,
    concurrence: 4,
    dureeMaxMs: DUREE_MAX_MS,
    maintenant: ports.maintenant,
    journal: ports.journal,
  });
  try {
    return await copies;
  } finally {
    await ports.releve.ecrire();
  }
}

/** Why a copy did not come to its end; 'bail_perdu' is nobody's fault. */
type Echec = string | null;

async function traiter(t: Travail, ports: PortsSynchronisation): Promise<void> {
  const vivants = [...t.comptes];
  let echec: Echec = null;
  for (const c of t.comptes) {
    const erreur = await copierNumero(t, c, ports);
    if (erreur === '190') vivants.splice(vivants.indexOf(c), 1);
    else echec ??= erreur;
  }
  const [premier] = vivants;
  const modeles = premier === undefined ? '190' : await copierModeles(t, premier, ports);
  if (modeles === 'bail_perdu') return;
  if (premier !== undefined) echec ??= await abonner(t, premier, ports);
  await ports.base.appeler(
    'terminer_synchronisation',
    {
      id_utilisateur: t.id_utilisateur,
      identifiant_compte_business: t.identifiant_compte_business,
      bail: t.bail,
      erreur: echec ?? modeles,
    },
    z.boolean(),
  );
}

/**
 * Without it nothing comes in, and nothing would tell: a disconnection that was killed halfway, or that met the connection of
 * another number of the account, has taken it away.
 */
async function abonner(t: Travail, c: Compte, ports: PortsSynchronisation): Promise<Echec> {
  if (ports.application.id === '') return null;
  try {
    const meta = connexionMeta(ports.meta, ports.application, t.id_utilisateur);
    if (!(await meta.estAbonne(t.identifiant_compte_business, c.jeton)))
      await meta.abonner(t.identifiant_compte_business, c.jeton);
    return null;
  } catch (erreur) {
    if (erreur instanceof EchecConnexion) return erreur.message;
    throw erreur;
  }
}

async function copierNumero(t: Travail, c: Compte, ports: PortsSynchronisation): Promise<Echec> {
  const demander = (fields: string) =>
    ports.meta.appeler(
      {
        methode: 'GET',
        chemin: `/${c.identifiant_numero_telephone}`,
        endpoint: '/{numero}',
        parametres: { fields },
        jeton: c.jeton,
        vendeur: t.id_utilisateur,
      },
      formeNumero,
    );
  let issue = await demander(CHAMPS_NUMERO);
  if (!issue.bon && issue.code === '100') issue = await demander(CHAMPS_NUMERO_SURS);
  if (!issue.bon) return refus(t, c, issue, ports);
  const { numero, nom_verifie, qualite, palier_messages, debit_par_seconde } = lireNumero(
    t.identifiant_compte_business,
    issue.valeur,
  );
  await ports.base.appeler(
    'enregistrer_numero',
    {
      id_utilisateur: t.id_utilisateur,
      id_compte_whatsapp: c.id_compte_whatsapp,
      faits: {
        numero: /^\+[1-9][0-9]{7,14}$/.test(numero) ? numero : null,
        nom_verifie,
        qualite,
        palier_messages,
        debit_par_seconde,
      },
    },
    z.unknown(),
  );
  return null;
}

async function copierModeles(t: Travail, c: Compte, ports: PortsSynchronisation): Promise<Echec> {
  let apres: string | undefined;
  for (let numero = 0; numero < PAGES_MAX; numero += 1) {
    const issue = await ports.meta.appeler(
      {
        methode: 'GET',
        chemin: `/${t.identifiant_compte_business}/message_templates`,
        endpoint: '/{compte}/message_templates',
        parametres: {
          fields: 'id,name,language,status,category,rejected_reason,quality_score,components',
          limit: PAR_PAGE,
          ...(apres === undefined ? {} : { after: apres }),
        },
        jeton: c.jeton,
        vendeur: t.id_utilisateur,
      },
      page,
    );
    if (!issue.bon) return refus(t, c, issue, ports);
    const modeles = issue.valeur.data.flatMap((brut) => lireModele(brut) ?? []);
    // A template that cannot be read must not be taken for one that is gone.
    const illisibles = issue.valeur.data.length - modeles.length;
    const encoreNotre = await ports.base.appeler(
      'enregistrer_modeles',
      {
        id_utilisateur: t.id_utilisateur,
        identifiant_compte_business: t.identifiant_compte_business,
        bail: t.bail,
        modeles,
      },
      z.boolean(),
    );
    if (!encoreNotre) return 'bail_perdu';
    if (illisibles > 0) return `modele_illisible: ${illisibles}`;
    if (issue.valeur.paging?.next === undefined) return null;
    const suivant = issue.valeur.paging.cursors?.after;
    // There is more, and no way to ask for it: not the end.
    if (suivant === undefined || suivant === apres) return 'pagination_sans_fin';
    apres = suivant;
  }
  return 'trop_de_pages';
}

async function refus(
  t: Travail,
  c: Compte,
  issue: Extract<IssueMeta<unknown>, { bon: false }>,
  ports: PortsSynchronisation,
): Promise<string> {
  if (issue.code === '190') {
    await ports.base.appeler(
      'jeton_refuse',
      { id_utilisateur: t.id_utilisateur, id_compte_whatsapp: c.id_compte_whatsapp, jeton: c.jeton },
      z.boolean(),
    );
    return '190';
  }
  return `${issue.code} ${issue.detail}`;
}
