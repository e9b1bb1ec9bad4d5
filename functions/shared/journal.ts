// One JSON line per event on standard output, where the Edge runtime collects it.
// Callers log ids, codes and counts; never bodies, phone numbers or tokens.

export type Journal = (
  niveau: 'info' | 'erreur',
  evenement: string,
  champs?: Record<string, string | number | boolean | null>,
) => void;

export function creerJournal(fonction: string, ecrire: (ligne: string) => void): Journal {
  return (niveau, evenement, champs = {}) =>
    ecrire(JSON.stringify({ niveau, fonction, evenement, ...champs }));
}
