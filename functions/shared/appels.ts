// Every call of an outside service leaves a line in utilisation_apis: what was called, how long it took, what came of it.
// Lines are gathered and written together; failing to write them never fails the work they tell of.
import { z } from 'zod';
import type { BaseService } from './base-service.ts';
import { motsErreur } from './erreurs.ts';
import type { Journal } from './journal.ts';

export type Appel = {
  /** The vendor for whom it was made; null for the platform itself. */
  id_utilisateur: string | null;
  service_api: 'whatsapp' | 'gemini' | 'email' | 'sms';
  /** Method and path with the ids replaced, such as `POST /{numero}/messages`; never a query. */
  endpoint_appele: string;
  temps_reponse_ms: number;
  /** HTTP status; null when no answer came. */
  code_statut: number | null;
  /** The service's error code and words, or why no answer came; null when all went well. Never a token. */
  message_erreur: string | null;
  jetons_entree?: number;
  jetons_sortie?: number;
};

export type Releve = {
  noter(appel: Appel): void;
  /** Writes what was gathered; never throws. To be awaited before a function's work ends. */
  ecrire(): Promise<void>;
};

/** So many lines are written at once without being asked to. */
const LOT = 200;

export function creerReleve(base: BaseService, journal: Journal): Releve {
  let lignes: Appel[] = [];
  let ecritures: Promise<unknown> = Promise.resolve();
  const ecrire = async (): Promise<void> => {
    const appels = lignes;
    lignes = [];
    if (appels.length > 0) {
      const ecriture = base
        .appeler('noter_appels', { appels }, z.number())
        .catch((erreur) =>
          journal('erreur', 'appels_non_notes', { nombre: appels.length, motif: motsErreur(erreur) }),
        );
      ecritures = Promise.all([ecritures, ecriture]);
    }
    // Also those that were begun without being asked for.
    await ecritures;
  };
  return {
    noter(appel) {
      lignes.push(appel);
      if (lignes.length >= LOT) void ecrire();
    },
    ecrire,
  };
}
