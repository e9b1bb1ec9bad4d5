// The lists of errors in sql/README.md are those of the schema.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { codesDits, contraintesDuSchema, refusDuSchema } from '../helpers/erreurs-du-schema.ts';
import { lire } from '../helpers/exploitation.ts';

let d: TestDatabase;

beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

describe('sql/README.md', () => {
  const lignesDe = (titre: string) =>
    (lire('README.md').split(`### ${titre}`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '')
      .split('\n')
      .filter((ligne) => /^\| `/.test(ligne));

  test('lists every hint code with its sentences and where it comes from', async () => {
    const refus = await refusDuSchema(d.sql);
    expect(
      refus
        .filter((r) => r.phrases.length === 0)
        .map((r) => `announced in a comment, never raised: ${r.code}`),
    ).toEqual([]);
    const attendues = refus.map(
      ({ code, phrases, sources }) =>
        `| \`${code}\` | ${phrases.join(' / ')} | ${sources.map((s) => `\`${s}\``).join(', ') || '—'} |`,
    );
    expect(attendues.length).toBeGreaterThan(40);
    comparer(attendues, lignesDe('P0001'));
  });

  test('lists every constraint a front end can violate, with a sentence', async () => {
    const contraintes = await contraintesDuSchema(d.sql);
    expect(contraintes.length).toBeGreaterThan(60);
    const ecrites = lignesDe('23505').map((ligne) => ({
      ligne,
      cle: ligne.split('|').slice(0, 3).join('|'),
    }));
    const phrases = new Map(ecrites.map(({ ligne, cle }) => [cle, ligne]));
    expect(phrases.size).toBe(ecrites.length);
    comparer(
      contraintes.map(({ table, nom, regle }) => {
        const cle = `| \`${table}\` | \`${nom}\` `;
        const ligne = phrases.get(cle);
        return ligne && /\| [A-ZÀ-Ý][^|]+\. \|$/.test(ligne)
          ? ligne
          : `${cle}| ${regle.replaceAll('|', '\\|')} |`;
      }),
      ecrites.map(({ ligne }) => ligne),
    );
  });

  test('a comment’s codes are read whole', () => {
    expect(codesDits('Errors (P0001): hint a_b (also x, y_z), c_d_e; 23503 for f_g.')).toEqual([
      'a_b',
      'c_d_e',
    ]);
    expect(codesDits('Frozen (hint h_i); else refused (hints j_k and l_m). Not n_o.')).toEqual([
      'h_i',
      'j_k',
      'l_m',
    ]);
  });

  function comparer(attendues: string[], ecrites: string[]): void {
    const manquent = attendues.filter((ligne) => !ecrites.includes(ligne));
    const superflues = ecrites.filter((ligne) => !attendues.includes(ligne));
    if (manquent.length + superflues.length === 0) return;
    expect.fail(
      `sql/README.md is not what the schema says.\nRows to add (a sentence in place of a rule):\n${manquent.join('\n') || 'none'}\nRows to take out:\n${superflues.join('\n') || 'none'}`,
    );
  }
});
