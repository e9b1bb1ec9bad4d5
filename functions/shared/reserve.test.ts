// So much at a time and no more, in the order of asking; who asks for too much gets all there is.
import { expect, test } from 'vitest';
import { creerReserve } from './reserve.ts';

test('who asks waits until there is room, behind those who asked before', async () => {
  const reserver = creerReserve(100);
  const entres: string[] = [];
  const demander = async (nom: string, octets: number) => {
    const rendre = await reserver(octets);
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
