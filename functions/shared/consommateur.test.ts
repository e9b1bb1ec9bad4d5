// The queue's helpers by themselves: when they stop, how much they do at once, what goes together.
import { expect, test } from 'vitest';
import { viderFile } from './consommateur.ts';
import { enLots } from './en-lots.ts';

const tour = () => new Promise((suite) => setImmediate(suite));

test('a consumer stops when nothing is left, when its time is up, and goes on after a failure', async () => {
  let heure = 0;
  let prises = 0;
  const erreurs: string[] = [];
  const consommer = (dureeMaxMs: number, lots: number) =>
    viderFile<number>({
      prendre: async (limite) => {
        prises += 1;
        heure += 10;
        return prises <= lots ? Array.from({ length: limite }, (_, i) => i) : [];
      },
      traiter: async (i) => {
        if (i === 1) throw new Error('raté');
      },
      lot: 3,
      concurrence: 2,
      dureeMaxMs,
      maintenant: () => heure,
      journal: (niveau, evenement) => erreurs.push(`${niveau} ${evenement}`),
    });
  expect(await consommer(1_000, 2)).toEqual({ lots: 2, traites: 4, echecs: 2 });
  expect(erreurs).toEqual(['erreur travail_echoue', 'erreur travail_echoue']);
  prises = 0;
  expect(await consommer(35, 1_000)).toMatchObject({ lots: 4 });
});

test('never more at once than allowed', async () => {
  let enCours = 0;
  let plus = 0;
  let donne = false;
  await viderFile<number>({
    prendre: async () => {
      if (donne) return [];
      donne = true;
      return Array.from({ length: 20 }, (_, i) => i);
    },
    traiter: async () => {
      enCours += 1;
      plus = Math.max(plus, enCours);
      await tour();
      enCours -= 1;
    },
    lot: 20,
    concurrence: 4,
    dureeMaxMs: 1_000,
    maintenant: () => 0,
    journal: () => {},
  });
  expect(plus).toBe(4);
});

test('what comes while a call is under way goes together with the next one; a failure is everybody’s of that lot', async () => {
  const lots: number[][] = [];
  const laisser: (() => void)[] = [];
  const ajouter = enLots<number, number>(async (items) => {
    lots.push(items);
    await new Promise<void>((suite) => laisser.push(suite));
    if (items.includes(13)) throw new Error('malheur');
    return items.map((i) => i * 2);
  });
  const premier = ajouter(1);
  await tour();
  const suivants = [ajouter(2), ajouter(3)];
  await tour();
  expect(lots).toEqual([[1]]);
  laisser.shift()?.();
  expect(await premier).toBe(2);
  await tour();
  expect(lots).toEqual([[1], [2, 3]]);
  laisser.shift()?.();
  expect(await Promise.all(suivants)).toEqual([4, 6]);
  const perdus = Promise.allSettled([ajouter(13), ajouter(14)]);
  await tour();
  laisser.shift()?.();
  expect((await perdus).map((r) => r.status)).toEqual(['rejected', 'rejected']);
});
