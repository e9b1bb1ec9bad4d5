// Chance that can be had again: everything drawn comes from a printed seed.

export type Hasard = {
  /** 0 ≤ n < 1. */
  part(): number;
  entre(minimum: number, maximum: number, pas?: number): number;
  un<T>(parmi: readonly T[]): T;
  melange<T>(parmi: readonly T[]): T[];
};

export function aleatoire(graine: string): Hasard {
  let etat = 0x811c9dc5;
  for (const c of graine) etat = Math.imul(etat ^ (c.codePointAt(0) ?? 0), 0x01000193);
  // mulberry32
  const part = () => {
    etat = (etat + 0x6d2b79f5) | 0;
    let t = Math.imul(etat ^ (etat >>> 15), 1 | etat);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const entre = (minimum: number, maximum: number, pas = 1) =>
    minimum + pas * Math.floor(part() * (Math.floor((maximum - minimum) / pas) + 1));
  return {
    part,
    entre,
    un<T>(parmi: readonly T[]): T {
      const tire = parmi[entre(0, parmi.length - 1)];
      if (tire === undefined) throw new Error('nothing to draw from');
      return tire;
    },
    melange<T>(parmi: readonly T[]): T[] {
      const reste = [...parmi];
      return parmi.map(() => reste.splice(entre(0, reste.length - 1), 1)[0] as T);
    },
  };
}

/** The seed of this run: the one asked for, or a new one. */
export const graineDuJour = (demandee?: string): number =>
  demandee !== undefined && /^\d+$/.test(demandee) ? Number(demandee) : Math.floor(Math.random() * 1e9);
