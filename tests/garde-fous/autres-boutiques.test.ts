// Lies and honest replies by the hundred, one a line (shop, reply, what the prospect had said), over shops of other trades than those
// with which the guardrails were written.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { verifierReponse } from '../../functions/conversation/garde-fous/verifier-reponse.ts';
import { cas } from './boutiques.ts';

type Ligne = { boutique: string; reponse: string; dit?: string };
const lire = (fichier: string): Ligne[] =>
  readFileSync(new URL(fichier, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l));
const defauts = ({ boutique, reponse, dit = '' }: Ligne) => {
  const faits = cas[boutique];
  if (!faits) throw new Error(`no shop ${boutique}`);
  return verifierReponse(reponse, faits(), dit);
};

test('no lie is let through', () => {
  const mensonges = lire('mensonges.jsonl');
  expect(mensonges.length).toBeGreaterThan(300);
  expect(mensonges.filter((l) => defauts(l).length === 0)).toEqual([]);
});

test('what is true may be said', () => {
  const honnetes = lire('honnetes.jsonl');
  expect(honnetes.length).toBeGreaterThan(180);
  expect(honnetes.flatMap((l) => (defauts(l).length > 0 ? [{ ...l, defauts: defauts(l) }] : []))).toEqual([]);
});

test('no text, however odd, keeps it busy: it ends', () => {
  for (const morceau of [
    '@',
    'x@',
    'a.',
    '1 ',
    '1,',
    'deux-',
    '07 ',
    'commande est ',
    ', ',
    '?',
    'A_',
    '4️⃣',
    '*',
    'o ',
  ])
    verifierReponse(morceau.repeat(1500).slice(0, 2000), cas.panier?.() ?? fail(), 'nike 40');
});

const fail = (): never => {
  throw new Error('no shop');
};
