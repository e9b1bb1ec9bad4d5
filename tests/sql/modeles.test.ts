// The README's table of templates is what vendors make theirs by: it says what the database sends, all of it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/platform/config.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

type Texte = { nom: string; variables: string[]; boutons: string[] };

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

const liste = (cellule: string) => (cellule.trim() === '' ? [] : cellule.trim().split(', '));

test('each template has its name, its variables in their order and its buttons; none is missing', async () => {
  const lignes = (await readFile(join(ROOT, 'README.md'), 'utf8')).matchAll(
    /^\| `fluxasync_([a-z_]+)` \|([^|]*)\|([^|]*)\|$/gm,
  );
  const dits = [...lignes].map(([, nom = '', variables = '', boutons = '']) => ({
    nom,
    variables: liste(variables),
    boutons: liste(boutons),
  }));
  // What is said without having been asked for, and so perhaps after the 24 hours; all else answers what was written just now.
  const textes = await d.sql<Texte[]>`
    select t.nom, prive.variables_de(t.contenu) as variables,
      array(select b.value ->> 'titre' from jsonb_array_elements(t.boutons) with ordinality as b order by b.ordinality) as boutons
    from prive.textes as t
    where exists (select from pg_proc as p where p.pronamespace = 'prive'::regnamespace
      and p.proname ~ '^(annoncer|proposer|retirer|renvoyer)_' and strpos(p.prosrc, '''' || t.nom || '''') > 0)`;
  expect(textes.length).toBeGreaterThan(10);
  // A title that depends on the case is another one in the template.
  for (const t of textes) {
    const titres = dits.find(({ nom }) => nom === t.nom)?.boutons ?? [];
    t.boutons = t.boutons.map((titre, i) => (titre.includes('{{') ? (titres[i] ?? titre) : titre));
  }
  const parNom = (x: Texte, y: Texte) => (x.nom < y.nom ? -1 : 1);
  expect(dits.sort(parNom)).toEqual([...textes].sort(parNom));
});
