// What may be said to a prospect and what may not, over several shops: figures, goods, days, promises, in French and English.
import { describe, expect, test } from 'vitest';
import { cas } from './test-faits.ts';
import { BONNES, MAUVAISES } from './test-reponses.ts';
import { verifierReponse } from './verifier-reponse.ts';

describe('replies that may be sent', () => {
  test.each(BONNES)('%s: %s', (quel, texte, dit = '') => {
    expect(verifierReponse(texte, cas[quel](), dit)).toEqual([]);
  });
});

describe('replies that may not', () => {
  test.each(MAUVAISES)('%s, %s: %s', (quel, code, texte, dit = '') => {
    expect(verifierReponse(texte, cas[quel](), dit).map((d) => d.code)).toContain(code);
  });
});

test('the tables are worth their name', () => {
  expect([BONNES.length >= 60, MAUVAISES.length >= 80]).toEqual([true, true]);
});
