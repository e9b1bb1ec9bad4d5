// Random histories of a vendor, as raw rows, and the figures of his days counted from raw rows in TypeScript: what the database
// counts is held against it, so nothing here asks SQL to count, nor what day it is.
import type postgres from 'postgres';

export type Hasard = () => number;
export type Ligne = Record<string, unknown>;
export type Histoire = Record<(typeof SOURCES)[number], Ligne[]>;
export type Figures = typeof RIEN & { delai_reponse_median_s: number | null };
export type Metrique = {
  conversations_initiees: number;
  commandes_generees: number;
  chiffre_affaires_genere: number;
};

/** In an order in which rows may be written. */
export const SOURCES = [
  'campagnes_marketing',
  'prospects',
  'conversations',
  'messages',
  'commandes',
  'livraisons',
  'emails_recus',
] as const;

const RIEN = {
  messages_recus: 0,
  messages_envoyes: 0,
  reponses_ia: 0,
  interventions_manuelles: 0,
  prospects_nouveaux: 0,
  commandes_creees: 0,
  commandes_completees: 0,
  chiffre_affaires_genere: 0,
  livraisons_reussies: 0,
  emails_traites: 0,
  emails_critiques: 0,
  duree_session_minutes: 0,
};
export const JOUR_VIDE: Figures = { ...RIEN, delai_reponse_median_s: null };
export const NOMS = Object.keys(JOUR_VIDE) as (keyof Figures)[];

export const JOUR_MS = 86_400_000;

/** Numbers between 0 and 1 that a seed repeats. */
export function hasard(graine: number): Hasard {
  let etat = (graine % 2_147_483_646) + 1;
  return () => {
    etat = (etat * 48_271) % 2_147_483_647;
    return etat / 2_147_483_647;
  };
}

export function un<T>(tirer: Hasard, parmi: readonly T[]): T {
  const choisi = parmi[Math.floor(tirer() * parmi.length)];
  if (choisi === undefined) throw new Error('nothing to choose from');
  return choisi;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day of an instant in a time zone, YYYY-MM-DD, as ICU knows it. */
export function jourDe(fuseau: string, instant: unknown): string {
  let format = formats.get(fuseau);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: fuseau,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(fuseau, format);
  }
  return format.format(new Date(instant as Date | string | number));
}

export function jourPlus(jour: string, n: number): string {
  return new Date(Date.parse(jour) + n * JOUR_MS).toISOString().slice(0, 10);
}

/** The instants at which a new day begins in a zone between two others, to the second. */
function minuits(fuseau: string, de: number, a: number): number[] {
  const trouves: number[] = [];
  for (let t = de; t < a; t += 3_600_000) {
    let [avant, apres] = [t, t + 3_600_000];
    if (jourDe(fuseau, avant) === jourDe(fuseau, apres)) continue;
    while (apres - avant > 1000) {
      const milieu = Math.floor((avant + apres) / 2000) * 1000;
      if (milieu <= avant) break;
      if (jourDe(fuseau, milieu) === jourDe(fuseau, avant)) avant = milieu;
      else apres = milieu;
    }
    trouves.push(apres);
  }
  return trouves;
}

let prochain = 1_000_000;

/** A history between two instants: half of it at any time, half within seconds of midnights. */
export function inventer(
  tirer: Hasard,
  id_utilisateur: string,
  fuseau: string,
  de: number,
  a: number,
): Histoire {
  const bords = minuits(fuseau, de, a);
  const quand = (): Date => {
    const t =
      bords.length > 0 && tirer() < 0.5
        ? un(tirer, bords) + un(tirer, [-61_000, -1000, -1, 0, 1, 999, 60_000, 3_600_000])
        : de + tirer() * (a - de);
    return new Date(Math.min(a, Math.max(de, Math.floor(t))));
  };
  const apres = (debut: Date): Date =>
    new Date(Math.min(a, debut.getTime() + Math.floor(tirer() ** 3 * 2 * JOUR_MS)));
  const id = () => ++prochain;
  const fois = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));

  const campagnes_marketing = fois(2, (i) => ({
    id_campagne: id(),
    id_utilisateur,
    nom_campagne: `Campagne ${i}`,
    type_campagne: 'pub_facebook',
  }));
  const campagne = () => (tirer() < 0.5 ? un(tirer, campagnes_marketing).id_campagne : null);
  const prospects = fois(8, () => ({
    id_prospect: id(),
    id_utilisateur,
    identifiant_whatsapp: `p${prochain}`,
    est_livreur: tirer() < 0.2,
    id_campagne: campagne(),
    date_premier_contact: quand(),
    date_creation: quand(),
  }));
  const conversations = prospects.flatMap(({ id_prospect }) =>
    fois(1 + Math.floor(tirer() * 2), () => {
      const date_debut = quand();
      const finie = tirer() < 0.5;
      return {
        id_conversation: id(),
        id_utilisateur,
        id_prospect,
        id_compte_whatsapp: id(),
        id_campagne: campagne(),
        statut_conversation: finie ? 'terminee' : 'active',
        date_fin: finie ? date_debut : null,
        ia_activee: tirer() < 0.5,
        non_lus: Math.floor(tirer() * 3),
        date_debut,
      };
    }),
  );
  const messages = fois(160, () => {
    const conversation = un(tirer, conversations);
    const date_creation = quand();
    const entrant = tirer() < 0.5;
    return {
      id_message: 0,
      id_utilisateur,
      id_conversation: conversation.id_conversation,
      id_compte_whatsapp: conversation.id_compte_whatsapp,
      identifiant_message_whatsapp: `wamid.${id()}`,
      direction_message: entrant ? 'entrant' : 'sortant',
      type_message: un(tirer, ['texte', 'texte', 'image', 'reaction']),
      genere_par_ia: !entrant && tirer() < 0.6,
      modele_ia:
        entrant || tirer() < 0.5 ? null : un(tirer, ['regles-fr-2', 'regle-desabonnement', 'service']),
      avec_livreur: tirer() < 0.15,
      statut_livraison: entrant
        ? 'envoye'
        : un(tirer, ['a_envoyer', 'envoi_en_cours', 'envoye', 'livre', 'lu', 'echec']),
      date_creation,
      date_statut: date_creation,
    };
  }).sort((x, y) => x.date_creation.getTime() - y.date_creation.getTime() + (tirer() < 0.05 ? 1e9 : 0));
  for (const message of messages) message.id_message = id();
  const commandes = fois(30, () => {
    const statut_commande = un(tirer, ['en_attente', 'confirmee', 'expediee', 'livree', 'annulee', 'echec']);
    const conversation = un(tirer, conversations);
    const date_creation = quand();
    const confirmee =
      statut_commande !== 'en_attente' && (!['annulee', 'echec'].includes(statut_commande) || tirer() < 0.5);
    const date_confirmation = confirmee ? apres(date_creation) : null;
    return {
      id_commande: id(),
      id_utilisateur,
      id_prospect: conversation.id_prospect,
      id_conversation: tirer() < 0.7 ? conversation.id_conversation : null,
      numero_commande: `C${prochain}`,
      montant_total: tirer() < 0.1 ? 0 : Math.floor(tirer() * 1e7) / 100,
      statut_commande,
      date_creation,
      date_confirmation,
      date_livraison: statut_commande === 'livree' && date_confirmation ? apres(date_confirmation) : null,
    };
  });
  const livraisons = commandes.slice(0, 15).map(({ id_commande, date_creation }) => {
    const statut_livraison = un(tirer, [
      'a_assigner',
      'sans_livreur',
      'en_transit',
      'livree',
      'livree',
      'echec',
    ]);
    return {
      id_livraison: id(),
      id_utilisateur,
      id_commande,
      id_livreur: ['en_transit', 'livree'].includes(statut_livraison) ? 1 : null,
      adresse_destination: 'Cocody',
      statut_livraison,
      date_livraison_effective: statut_livraison === 'livree' ? apres(date_creation) : null,
    };
  });
  const emails_recus = fois(25, () => {
    const date_reception = quand();
    const email_traite = tirer() < 0.6;
    return {
      id_email: id(),
      id_utilisateur,
      id_compte_email: 1,
      identifiant_message_email: `m${prochain}`,
      email_expediteur: 'banque@example.ci',
      niveau_priorite: un(tirer, ['critique', 'normal', 'spam']),
      date_reception,
      email_traite,
      date_traitement: email_traite ? apres(date_reception) : null,
    };
  });
  // A sender's clock may be ahead: no day is counted before it has come.
  Object.assign(emails_recus[0] ?? {}, {
    niveau_priorite: 'critique',
    date_reception: new Date(a + JOUR_MS),
    email_traite: false,
    date_traitement: null,
  });
  return { campagnes_marketing, prospects, conversations, messages, commandes, livraisons, emails_recus };
}

/** Rows as if they had long been there: no trigger changes or notes anything. */
export async function deposer(sql: postgres.Sql, histoire: Histoire): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const source of SOURCES) {
      const lignes = histoire[source];
      const [premiere] = lignes;
      if (!premiere) continue;
      const colonnes = tx(Object.keys(premiere));
      await tx`insert into ${tx(`public.${source}`)} (${colonnes}) overriding system value
        select ${colonnes} from jsonb_populate_recordset(null::${tx(`public.${source}`)}, ${tx.json(lignes as postgres.JSONValue)})`;
    }
  });
}

/** The vendor's rows as they are now, all of them and nothing but rows. */
export async function relire(sql: postgres.Sql, id: string): Promise<Histoire> {
  const lues = await Promise.all(
    SOURCES.map(async (source) => [
      source,
      [...(await sql`select * from ${sql(`public.${source}`)} where id_utilisateur = ${id}`)],
    ]),
  );
  return Object.fromEntries(lues);
}

const parti = (m: Ligne) =>
  m.direction_message === 'sortant' && ['envoye', 'livre', 'lu'].includes(m.statut_livraison as string);
const vendu = (c: Ligne) =>
  c.date_confirmation !== null && !['annulee', 'echec'].includes(c.statut_commande as string);

/** Every day on which something counts, with its figures. */
export function compterJours(h: Histoire, fuseau: string): Map<string, Figures> {
  const jours = new Map<string, Figures>();
  const noter = (instant: unknown, nom: keyof typeof RIEN, combien = 1) => {
    if (combien === 0) return;
    const jour = jourDe(fuseau, instant);
    const figures = jours.get(jour) ?? { ...JOUR_VIDE };
    figures[nom] = Math.round((figures[nom] + combien) * 100) / 100;
    jours.set(jour, figures);
  };
  const comptes = h.messages.filter(
    (m) => !m.avec_livreur && m.modele_ia !== 'service' && (m.direction_message === 'entrant' || parti(m)),
  );
  for (const m of comptes) {
    if (m.direction_message === 'entrant') noter(m.date_creation, 'messages_recus');
    else {
      noter(m.date_creation, 'messages_envoyes');
      noter(m.date_creation, m.genere_par_ia ? 'reponses_ia' : 'interventions_manuelles');
    }
  }
  for (const [jour, messages] of Map.groupBy(comptes, (m) => jourDe(fuseau, m.date_creation))) {
    const instants = messages.map((m) => Number(m.date_creation));
    const figures = jours.get(jour) as Figures;
    figures.duree_session_minutes = Math.floor((Math.max(...instants) - Math.min(...instants)) / 60_000);
    figures.delai_reponse_median_s = delaiMedian(messages);
  }
  for (const p of h.prospects.filter((x) => !x.est_livreur))
    noter(p.date_premier_contact, 'prospects_nouveaux');
  for (const c of h.commandes) {
    noter(c.date_creation, 'commandes_creees');
    if (c.statut_commande === 'livree') noter(c.date_livraison, 'commandes_completees');
    if (vendu(c)) noter(c.date_confirmation, 'chiffre_affaires_genere', Number(c.montant_total));
  }
  for (const l of h.livraisons) {
    if (l.statut_livraison === 'livree') noter(l.date_livraison_effective, 'livraisons_reussies');
  }
  for (const e of h.emails_recus) {
    if (e.date_traitement !== null) noter(e.date_traitement, 'emails_traites');
    if (e.niveau_priorite === 'critique') noter(e.date_reception, 'emails_critiques');
  }
  return jours;
}

function delaiMedian(messages: Ligne[]): number | null {
  const delais: number[] = [];
  for (const echange of Map.groupBy(messages, (m) => m.id_conversation).values()) {
    let attend: number | undefined;
    for (const m of echange.sort((x, y) => Number(x.id_message) - Number(y.id_message))) {
      if (m.direction_message === 'entrant') {
        if (m.type_message !== 'reaction') attend ??= Number(m.date_creation);
      } else if (attend !== undefined) {
        delais.push(Math.max(0, Math.floor((Number(m.date_creation) - attend) / 1000)));
        attend = undefined;
      }
    }
  }
  return mediane(delais);
}

/** The lower of two middle ones. */
export function mediane(nombres: number[]): number | null {
  return nombres.sort((x, y) => x - y)[Math.ceil(nombres.length / 2) - 1] ?? null;
}

/** What each campaign brought, by `id_campagne jour`. */
export function compterCampagnes(h: Histoire, fuseau: string): Map<string, Metrique> {
  const metriques = new Map<string, Metrique>();
  const de = (campagne: unknown, instant: unknown): Metrique => {
    const cle = `${campagne} ${jourDe(fuseau, instant)}`;
    const metrique = metriques.get(cle) ?? {
      conversations_initiees: 0,
      commandes_generees: 0,
      chiffre_affaires_genere: 0,
    };
    metriques.set(cle, metrique);
    return metrique;
  };
  for (const c of h.conversations) {
    if (c.id_campagne !== null) de(c.id_campagne, c.date_debut).conversations_initiees += 1;
  }
  for (const c of h.commandes.filter(vendu)) {
    const conversation = h.conversations.find((v) => v.id_conversation === c.id_conversation);
    const prospect = h.prospects.find((p) => p.id_prospect === c.id_prospect);
    const campagne = conversation?.id_campagne ?? prospect?.id_campagne ?? null;
    if (campagne === null) continue;
    const metrique = de(campagne, c.date_confirmation);
    metrique.commandes_generees += 1;
    metrique.chiffre_affaires_genere =
      Math.round((metrique.chiffre_affaires_genere + Number(c.montant_total)) * 100) / 100;
  }
  return metriques;
}
