// So much at a time and no more, in the order of asking; who asks for too much gets all there is.
import { expect, test } from 'vitest';
import { creerReserve } from './reserve.ts';

test('who asks waits until there is room, behind those who asked before', async () => {
  const reserver = creerReserve(100, 60_000);
  const entres: string[] = [];
  const demander = async (nom: string, octets: number) => {
    const rendre = await reserver(octets);
    if (rendre === null) throw new Error(nom);
    entres.push(nom);
    return rendre;
  };
  const a = await demander('a', 60);
  const b = demander('b', 500);
  const c = demander('c', 10);
  const d = demander('d', 10);
  await new Promise(setImmediate);
  expect(entres).toEqual(['a']);
  a();
  a();
  const rendreB = await b;
  await new Promise(setImmediate);
  expect(entres).toEqual(['a', 'b']);
  rendreB();
  await Promise.all([c, d]);
  expect(entres).toEqual(['a', 'b', 'c', 'd']);
});

test('who waits too long goes without, and those behind him are served', async () => {
  const reserver = creerReserve(100, 20);
  const rendre = await reserver(50);
  const [gros, petit] = await Promise.all([reserver(100), reserver(50)]);
  expect([gros, typeof petit]).toEqual([null, 'function']);
  rendre?.();
  petit?.();
  expect(await reserver(100)).toBeTypeOf('function');
});
