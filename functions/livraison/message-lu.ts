// A courier's message with all that is derived from it once, and which of his deliveries he can mean by it.
import { codeDit } from './code-dit.ts';
import type { Action, ContexteLivreur, Lecture } from './lire-livreur.ts';
import { type Motif, normaliser, parle } from './mots-livreur.ts';

type Course = ContexteLivreur['livraisons'][number];

/** A message, and all that is derived from it once. */
export type Lu = {
  c: ContexteLivreur;
  mots: string;
  question: boolean;
  dit(motif: Motif): boolean;
  code: string | null;
  /** What he speaks of when he does not say it: what he answers to, else what was last said to him. */
  sujet: ContexteLivreur['avant'];
  /** That was about deliveries. */
  auLivreur: boolean;
  /** An offer that a yes answers. */
  proposition: number | null;
  ouvertes: number[];
  nombreMots: number;
};

export const CLIENT: Lecture = { intention: 'client' };

export function lire(c: ContexteLivreur): Lu {
  const { mots, question } = normaliser(c.message.texte);
  const sujetDit = c.message.reponse_a ?? c.avant;
  const ouvertes = c.propositions.filter((p) => p.ouverte).map((p) => p.id);
  const demande = sujetDit?.boutons.some((id) => id.startsWith('proposition:')) ?? false;
  return {
    c,
    mots,
    question,
    dit: (motif) => parle(mots, motif),
    code: codeDit(
      c.message.texte,
      c.livraisons.map((l) => l.numero),
    ),
    sujet: sujetDit,
    auLivreur:
      sujetDit === null
        ? c.livraisons.length + ouvertes.length > 0
        : ['livreur', 'lui'].includes(sujetDit.de),
    proposition: demande ? (sujetDit?.proposition ?? null) : null,
    ouvertes,
    nombreMots: mots.split(' ').length,
  };
}

export const EN_MAIN: Course['statut'][] = ['recuperee', 'en_transit'];
export const TOUTES: Course['statut'][] = ['assignee', 'recuperee', 'en_transit'];

/** The deliveries in one of these statuses that he can mean: one when it is clear, none when there is none. */
export function viser(lu: Lu, statuts: readonly Course['statut'][]): number[] {
  const { c, mots, sujet } = lu;
  const possibles = c.livraisons.filter((l) => statuts.includes(l.statut));
  // He names one that this cannot be said of: he is asked.
  const ailleurs = c.livraisons.filter((l) => !possibles.includes(l) && nomme(mots, l, c.livraisons));
  if (ailleurs.length > 0 && possibles.length > 0 && !possibles.some((l) => nomme(mots, l, c.livraisons)))
    return [...possibles, ...ailleurs].map((l) => l.id);
  if (possibles.length <= 1) return possibles.map((l) => l.id);
  const nommees = possibles.filter((l) => nomme(mots, l, possibles));
  if (nommees.length === 1) return nommees.map((l) => l.id);
  const dite = possibles.find((l) => l.id === sujet?.livraison);
  // What was last said to him may be about another one, unless it was a question about how this one ends.
  const enFin = !sujet?.boutons.some((id) => /:(recuperee|en_route|accepter)$/.test(id));
  if (dite && sujet?.de === 'livreur' && (c.message.reponse_a !== null || enFin)) return [dite.id];
  return (nommees.length > 0 ? nommees : possibles).map((l) => l.id);
}

const COURANTS = new Set(
  'chez pour dans avec code livre livree colis route client cliente commande rue lot les des est pas qui sur'.split(
    ' ',
  ),
);

/** By its number, or by a word of its customer's name or of its place that no other one has. */
function nomme(mots: string, course: Course, toutes: readonly Course[]): boolean {
  const dits = new Set(mots.split(' '));
  const rang = /(\d+)$/.exec(course.numero)?.[1];
  if (normaliserNumero(mots).includes(normaliserNumero(course.numero))) return true;
  if (
    rang !== undefined &&
    new RegExp(`(?:numero|no|n|cmd|commande|course) 0*${Number(rang)}(?: |$)`).test(mots)
  )
    return true;
  const motsDe = (l: Course) => normaliser(`${l.client} ${l.destination}`).mots.split(' ');
  return motsDe(course).some(
    (mot) =>
      mot.length >= 3 &&
      !COURANTS.has(mot) &&
      dits.has(mot) &&
      toutes.every((autre) => autre.id === course.id || !motsDe(autre).includes(mot)),
  );
}

const normaliserNumero = (texte: string) => texte.toLowerCase().replace(/[^a-z0-9]/g, '');

export function pour(
  lu: Lu,
  cibles: readonly number[],
  faire: (livraison: number) => Lecture,
  action: Action,
  suite?: string,
): Lecture {
  const [seule] = cibles;
  if (seule === undefined) return pasCompris(lu);
  if (cibles.length === 1) return faire(seule);
  return { intention: 'preciser', action, choix: [...cibles], ...(suite === undefined ? {} : { suite }) };
}

/** Likely about deliveries, but what? With nothing under way he is a customer. */
export function pasCompris(lu: Lu): Lecture {
  const { c } = lu;
  if (!lu.auLivreur || c.livraisons.length + lu.ouvertes.length === 0) return CLIENT;
  const ouverte =
    lu.proposition !== null && lu.ouvertes.includes(lu.proposition)
      ? lu.proposition
      : lu.ouvertes.length === 1
        ? lu.ouvertes[0]
        : undefined;
  return ouverte === undefined
    ? { intention: 'incompris' }
    : { intention: 'incompris', proposition: ouverte };
}
