// Who may call a function that no user's JWT opens: whoever holds one of the project's secret keys, as the database's
// wake-up calls do (header `apikey`). Comparisons take the same time whatever is wrong.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type ErreurFlux, erreurFlux } from './erreurs.ts';

function empreinte(texte: string): Uint8Array {
  return createHash('sha256').update(texte).digest();
}

export function memeTexte(a: string, b: string): boolean {
  return timingSafeEqual(empreinte(a), empreinte(b));
}

/** Null when the request may pass. */
export function refuserSansCle(requete: Request, cles: readonly string[]): ErreurFlux | null {
  const donnee = requete.headers.get('apikey') ?? '';
  let connue = false;
  for (const cle of cles) connue = memeTexte(donnee, cle) || connue;
  return connue ? null : erreurFlux(401, 'cle_invalide', 'Clé absente ou inconnue.');
}
