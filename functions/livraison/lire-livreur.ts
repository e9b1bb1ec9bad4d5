// What a courier means by a message. Pure: the facts come with the job (prive.contexte_livreur), what follows is done in SQL
// (prive.suivre_livreur), which believes nothing of it. What is doubtful is asked, never guessed: nobody has accepted by "ok, combien ?".
import { z } from 'zod';
import { codeDit } from './code-dit.ts';
import { lireCourse, lirePhoto } from './lire-course.ts';
import { CLIENT, type Lu, lire, pasCompris } from './message-lu.ts';
import { nonFranc, ouiFranc, parle } from './mots-livreur.ts';

const sujet = z.object({
  /** livreur: to him, about deliveries; lui: his own, about deliveries; the others are said to or by him as a customer. */
  de: z.enum(['livreur', 'lui', 'client', 'ia', 'personne']),
  proposition: z.number().nullable(),
  livraison: z.number().nullable(),
  boutons: z.array(z.string()),
  /** It ends by asking something. */
  question: z.boolean(),
  il_y_a_min: z.number(),
});

export const contexteLivreur = z.object({
  message: z.object({
    id: z.number(),
    type: z.string(),
    texte: z.string(),
    choix: z.string().nullable(),
    mots_choisis: z.string().nullable(),
    position: z.boolean(),
    photo: z.boolean(),
    reponse_a: sujet.nullable(),
  }),
  /** What was last said to him before. */
  avant: sujet.nullable(),
  propositions: z.array(
    z.object({ id: z.number(), livraison: z.number(), ouverte: z.boolean(), destination: z.string() }),
  ),
  livraisons: z.array(
    z.object({
      id: z.number(),
      numero: z.string(),
      statut: z.enum(['assignee', 'recuperee', 'en_transit']),
      destination: z.string(),
      client: z.string(),
    }),
  ),
  /** Deliveries of his that ended in the last hours. */
  finies: z.number(),
  /** He is buying something just now. */
  dialogue: z.boolean(),
  ia: z.boolean(),
});
export type ContexteLivreur = z.infer<typeof contexteLivreur>;

const RAISONS = [
  'client_absent',
  'client_injoignable',
  'adresse_introuvable',
  'refus_client',
  'colis_abime',
  'autre',
] as const;
export type Raison = (typeof RAISONS)[number];

export type Lecture =
  /** vu: heard, there is nothing to say; deja: about a delivery that is over. */
  | { intention: 'client' | 'vu' | 'position' | 'disponible' | 'indisponible' | 'mes_courses' | 'deja' }
  | { intention: 'accepter' | 'refuser'; proposition: number }
  | { intention: 'recuperee' | 'en_route' | 'pas_encore' | 'probleme' | 'renoncer'; livraison: number }
  | { intention: 'livree'; livraison: number; code: string | null }
  /** photo: the id_message of the picture; remis: he says with it that it was handed over. */
  | { intention: 'photo'; livraison: number; photo: number; remis: boolean }
  /** definitif: he says that he goes back; else an absent customer is first written to (prive.patienter). mots null: a tap. */
  | { intention: 'echec'; livraison: number; raison: Raison; mots: string | null; definitif: boolean }
  /** Several fit; with the one he taps, the button "livraison:<id>:<action>[:<suite>]" comes back. */
  | { intention: 'preciser'; action: Action; suite?: string; choix: number[] }
  | { intention: 'incompris'; proposition?: number };
export type Action =
  | 'accepter'
  | 'refuser'
  | 'recuperee'
  | 'en_route'
  | 'pas_encore'
  | 'livree'
  | 'code'
  | 'photo'
  | 'montre'
  | 'echec'
  | 'probleme'
  | 'renoncer';

export function lireLivreur(c: ContexteLivreur): Lecture {
  if (c.message.choix !== null) return lireChoix(c, c.message.choix);
  const lu = lire(c);
  // A reply to what was said to him as a customer is a customer's, whatever it says.
  const { reponse_a } = c.message;
  if (reponse_a !== null && reponse_a.de !== 'livreur' && reponse_a.de !== 'lui') return CLIENT;
  if (c.message.position) return !lu.auLivreur && c.dialogue ? CLIENT : { intention: 'position' };
  if (c.message.photo) return lirePhoto(lu);
  if (lu.mots === '' || !['texte', 'audio', 'interactif'].includes(c.message.type)) return pasCompris(lu);
  return lireReponse(lu) ?? lireDisponibilite(lu) ?? lireCourse(lu) ?? lireReste(lu);
}

// ── buttons ──────────────────────────────────────────────────────────────────────────────────────────────────────

function lireChoix(c: ContexteLivreur, choix: string): Lecture {
  const offre = /^proposition:(\d{1,15}):(accepter|refuser)$/.exec(choix);
  if (offre) return { intention: offre[2] as 'accepter' | 'refuser', proposition: Number(offre[1]) };
  const course = /^livraison:(\d{1,15}):([a-z_]+)(?::([a-z0-9_]+))?$/.exec(choix);
  // The AI's own buttons.
  if (!course) return choix.startsWith('proposition:') ? { intention: 'incompris' } : CLIENT;
  const livraison = Number(course[1]);
  const suite = course[3] ?? '';
  switch (course[2]) {
    case 'recuperee':
    case 'en_route':
    case 'pas_encore':
    case 'probleme':
    case 'renoncer':
      return { intention: course[2], livraison };
    case 'livree':
      return { intention: 'livree', livraison, code: null };
    case 'code':
      return {
        intention: 'livree',
        livraison,
        code: codeDit(
          c.message.mots_choisis ?? '',
          c.livraisons.map((l) => l.numero),
        ),
      };
    case 'photo':
    case 'montre':
      if (!/^\d{1,15}$/.test(suite)) return { intention: 'incompris' };
      return { intention: 'photo', livraison, photo: Number(suite), remis: course[2] === 'photo' };
    case 'echec':
      return {
        intention: 'echec',
        livraison,
        raison: RAISONS.find((r) => r === suite) ?? 'autre',
        mots: null,
        definitif: false,
      };
    default:
      return { intention: 'incompris' };
  }
}

// ── yes and no ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What answers an offer, or the question about a picture. */
function lireReponse(lu: Lu): Lecture | null {
  const { c, sujet, dit } = lu;
  const oui = ouiFranc(lu);
  const non = nonFranc(lu);
  if (lu.proposition !== null) {
    // "Dispo" is no yes, and "pas dispo" a no to the next ones too.
    if (oui) return { intention: 'accepter', proposition: lu.proposition };
    if (non && !dit('indisponible')) return { intention: 'refuser', proposition: lu.proposition };
    return null;
  }
  const photo = sujet?.boutons.find((id) => /^livraison:\d+:photo:\d+$/.test(id));
  if (photo !== undefined && lu.code === null) {
    if ((oui || (dit('livre') && !lu.question)) && !dit('negation') && !dit('doute'))
      return lireChoix(c, photo);
    if ((dit('pasEncore') || non) && sujet?.livraison != null)
      return { intention: 'pas_encore', livraison: sujet.livraison };
  }
  // "Avez-vous récupéré le colis ?": the first button says yes.
  const demande = sujet?.question
    ? sujet.boutons.find((id) => /^livraison:\d+:(recuperee|livree)$/.test(id))
    : undefined;
  if (demande !== undefined && lu.code === null && sujet?.livraison != null) {
    if (oui) return lireChoix(c, demande);
    if (lu.mots === 'non' || dit('pasEncore'))
      return {
        intention: demande.endsWith('recuperee') ? 'en_route' : 'pas_encore',
        livraison: sujet.livraison,
      };
  }
  // Without being asked just now: only in so many words.
  const explicite = dit('course') || (lu.auLivreur && c.livraisons.length === 0);
  if (explicite && (lu.auLivreur || dit('course'))) {
    const derniere = c.propositions.at(-1)?.id;
    if (oui && dit('accepte') && (lu.auLivreur || !dit('achat'))) return offre(lu, 'accepter', derniere);
    if (non && dit('refuse') && lu.ouvertes.length > 0 && !(c.livraisons.length > 0 && dit('renonce')))
      return offre(lu, 'refuser', undefined);
  }
  return null;
}

function offre(lu: Lu, intention: 'accepter' | 'refuser', sinon: number | undefined): Lecture | null {
  if (lu.ouvertes.length > 1) return { intention: 'preciser', action: intention, choix: [...lu.ouvertes] };
  const proposition = lu.ouvertes[0] ?? sinon;
  return proposition === undefined ? null : { intention, proposition };
}

// ── is he there ──────────────────────────────────────────────────────────────────────────────────────────────────

const DE_LUI = /(?:^| )(?:je|j|jsuis|chuis|chui|suis|moi)(?= |$)/;
const D_AUTRE_CHOSE =
  /(?:^| )(?:client[e]?|colis|paquet|magasin|numero|ligne|il|elle|taille|pointure|article|modele|en stock|c est|cest|est ce|vous|[0-9]+)(?= |$)/;

function lireDisponibilite(lu: Lu): Lecture | null {
  const { c, mots, dit } = lu;
  if (
    dit('mesCourses') &&
    !dit('achat') &&
    (lu.auLivreur || !c.dialogue || /(?:^| )courses?(?= |$)/.test(mots))
  ) {
    return { intention: 'mes_courses' };
  }
  if (lu.question || D_AUTRE_CHOSE.test(mots)) return null;
  // To the AI that sells, "dispo" is about an article.
  const deLui = DE_LUI.test(mots) || (lu.nombreMots <= 4 && (lu.auLivreur || !c.dialogue));
  // With a parcel in his hands, "je rentre" says what becomes of it.
  const enMain = c.livraisons.some((l) => l.statut !== 'assignee');
  if (
    dit('indisponible') &&
    deLui &&
    !dit('doute') &&
    !(enMain && lu.auLivreur && /(?:^| )je rentre(?= |$)/.test(mots))
  )
    return { intention: 'indisponible' };
  if (dit('disponible') && deLui && !dit('negation') && !dit('doute') && lu.nombreMots <= 10) {
    return lu.proposition !== null
      ? { intention: 'incompris', proposition: lu.proposition }
      : { intention: 'disponible' };
  }
  return null;
}

// ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────

function lireReste(lu: Lu): Lecture {
  const { sujet, dit } = lu;
  // What an offer costs is no price of an article.
  const offerte = lu.proposition !== null && lu.ouvertes.includes(lu.proposition) && !lu.c.dialogue;
  if (
    !lu.auLivreur ||
    (dit('achat') && !(offerte && !parle(lu.mots.replace(/(?:^| )prix(?= |$)/g, ' '), 'achat')))
  )
    return CLIENT;
  // To what asks nothing nobody says "oui": it answers what he was asked as a customer.
  if (
    lu.c.dialogue &&
    !sujet?.question &&
    lu.ouvertes.length === 0 &&
    /(?:^| )(?:oui|ouais|wi|yes)(?= |$)/.test(lu.mots)
  )
    return CLIENT;
  const acquiesce = ouiFranc(lu) || (dit('merci') && lu.nombreMots <= 8 && !lu.question && !dit('doute'));
  if (acquiesce && (sujet?.il_y_a_min ?? 0) <= 720) {
    // After other words a yes may be to an offer of before: he is asked.
    return lu.ouvertes.length > 0 && !dit('merci') ? pasCompris(lu) : { intention: 'vu' };
  }
  return pasCompris(lu);
}
