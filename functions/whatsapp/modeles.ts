// A message template as Meta lists it, read into our values: status, category, quality, and how many variables it wants.
// Source: developers.facebook.com/docs/graph-api/reference/whats-app-business-hsm.
import { z } from 'zod';
import { QUALITES } from './connexion-meta.ts';

export type Modele = {
  identifiant_modele: string | null;
  nom_modele: string;
  langue: string;
  categorie: 'utility' | 'marketing' | 'authentication';
  statut: 'approuve' | 'en_attente' | 'rejete' | 'en_pause' | 'desactive' | 'supprime';
  motif_rejet: string | null;
  qualite: 'verte' | 'jaune' | 'rouge' | null;
  composants: unknown[];
  nombre_variables_corps: number;
  nombre_variables_entete: number;
};

const STATUTS: Record<string, Modele['statut']> = {
  APPROVED: 'approuve',
  REJECTED: 'rejete',
  PAUSED: 'en_pause',
  DISABLED: 'desactive',
  LIMIT_EXCEEDED: 'desactive',
  ARCHIVED: 'desactive',
  DELETED: 'supprime',
  PENDING_DELETION: 'supprime',
};
const CATEGORIES: Record<string, Modele['categorie']> = {
  UTILITY: 'utility',
  TRANSACTIONAL: 'utility',
  AUTHENTICATION: 'authentication',
  OTP: 'authentication',
};

const composant = z.looseObject({
  type: z.string(),
  format: z.string().optional(),
  text: z.string().optional(),
});
const modele = z.object({
  id: z.string().optional(),
  name: z.string().min(1),
  language: z.string().min(1),
  status: z.string(),
  category: z.string().default(''),
  rejected_reason: z.string().nullish(),
  quality_score: z.object({ score: z.string() }).partial().nullish(),
  components: z.array(z.unknown()).default([]),
});

/** Null when it is no template at all. A status that is not known counts as waiting, a category as marketing: nothing is sent by mistake. */
export function lireModele(brut: unknown): Modele | null {
  const lu = modele.safeParse(brut);
  if (!lu.success) return null;
  const m = lu.data;
  const composants = m.components.flatMap((c) => composant.safeParse(c).data ?? []);
  const texteDe = (type: string) => composants.find((c) => c.type.toUpperCase() === type);
  const entete = texteDe('HEADER');
  return {
    identifiant_modele: m.id ?? null,
    nom_modele: m.name,
    langue: m.language,
    categorie: CATEGORIES[m.category.toUpperCase()] ?? 'marketing',
    statut: STATUTS[m.status.toUpperCase()] ?? 'en_attente',
    motif_rejet: m.rejected_reason && m.rejected_reason !== 'NONE' ? m.rejected_reason : null,
    qualite: QUALITES[m.quality_score?.score?.toUpperCase() ?? ''] ?? null,
    composants: m.components,
    nombre_variables_corps: nombreVariables(texteDe('BODY')?.text),
    nombre_variables_entete: entete?.format?.toUpperCase() === 'TEXT' ? nombreVariables(entete.text) : 0,
  };
}

/** How many different variables a text has: {{1}}, {{2}} … or {{prenom}} …; the same one twice is one. */
export function nombreVariables(texte: string | undefined): number {
  return new Set([...(texte ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, nom]) => nom)).size;
}
