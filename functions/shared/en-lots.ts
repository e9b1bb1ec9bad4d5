// Turns calls for one item into calls for many: what comes while a call is under way goes out together with the next one.
// A lone item waits for nobody; under load the number of round trips follows their duration, not the number of items.

const LOT_MAX = 50;

type Attente<T, R> = { item: T; resoudre(resultat: R): void; rejeter(raison: unknown): void };

/** `traiter` gets at most 50 items and answers in their order; when it throws, every item of the batch is rejected with that. */
export function enLots<T, R>(traiter: (items: T[]) => Promise<R[]>): (item: T) => Promise<R> {
  const attentes: Attente<T, R>[] = [];
  let enCours = false;

  async function partir(): Promise<void> {
    enCours = true;
    // Those that are ready in the same moment go together.
    await Promise.resolve();
    while (attentes.length > 0) {
      const lot = attentes.splice(0, LOT_MAX);
      try {
        const resultats = await traiter(lot.map((a) => a.item));
        if (resultats.length !== lot.length)
          throw new Error(`${lot.length} items, ${resultats.length} results`);
        for (const [i, resultat] of resultats.entries()) lot[i]?.resoudre(resultat);
      } catch (erreur) {
        for (const attente of lot) attente.rejeter(erreur);
      }
    }
    enCours = false;
  }

  return (item) =>
    new Promise((resoudre, rejeter) => {
      attentes.push({ item, resoudre, rejeter });
      if (!enCours) void partir();
    });
}
