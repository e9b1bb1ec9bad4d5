// Which engine answers in an evaluation.
import type { ModeleIA } from '../../functions/conversation/modele-ia.ts';
import { creerMoteurRegles } from '../../functions/conversation/regles/moteur-regles.ts';

export const MOTEURS = ['regles', 'gemini', 'simulateur'] as const;
export type NomMoteur = (typeof MOTEURS)[number];
export type MoteurOuvert = { modele: ModeleIA; fermer(): Promise<void> };

export async function ouvrirMoteur(nom: NomMoteur): Promise<MoteurOuvert> {
  if (nom === 'regles') return { modele: creerMoteurRegles(), fermer: async () => {} };
  const { ouvrirGemini, ouvrirSimulateur } = await import('./moteur-generatif.ts');
  return nom === 'gemini' ? ouvrirGemini() : ouvrirSimulateur();
}
