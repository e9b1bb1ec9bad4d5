// The tables of words: each is used by some function, in words that WhatsApp takes, and no function asks for one that is not there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

test.each(['textes', 'evenements', 'phrases'])('%s: none that nobody says', async (table) => {
  const muets = await d.sql`
    select t.nom from ${d.sql(`prive.${table}`)} as t
    where not exists (select from pg_catalog.pg_proc as p where p.pronamespace in ('prive'::regnamespace, 'service'::regnamespace)
      and (strpos(p.prosrc, quote_literal(t.nom)) > 0
        -- 'avis_' || code, sens || '_note'.
        or t.nom like 'avis_%' and strpos(p.prosrc, quote_literal(substr(t.nom, 6))) > 0
        or t.nom like '%_note' and strpos(p.prosrc, quote_literal(left(t.nom, -5))) > 0))`;
  expect(muets.map((m) => m.nom)).toEqual([]);
});

test('no event is told that the table does not know', async () => {
  const dits = await d.sql<{ nom: string }[]>`
    select distinct m[1] as nom from pg_catalog.pg_proc as p,
      regexp_matches(p.prosrc, 'notifier_evenement\\([^,]+,\\s*(?:case when [^'']*)?''([a-z_]+)''', 'g') as m
    where p.pronamespace in ('prive'::regnamespace, 'service'::regnamespace)`;
  expect(dits.length).toBeGreaterThan(35);
  const connus = (await d.sql`select nom from prive.evenements`).map((e) => e.nom);
  expect(dits.map((e) => e.nom).filter((nom) => !connus.includes(nom))).toEqual([]);
});

test('events: buttons and titles as WhatsApp takes them, variables closed, no “de” or “que” before a name that may begin with a vowel', async () => {
  const evenements = await d.sql<
    { nom: string; titre: string; contenu: string; actions: { action: string; titre: string }[] }[]
  >`select nom, titre, contenu, actions from prive.evenements`;
  for (const { nom, titre, contenu, actions } of evenements) {
    expect([nom, titre.length <= 80, contenu.length <= 500]).toEqual([nom, true, true]);
    expect([nom, `${titre} ${contenu}`.replaceAll(/\{\{[a-z_]+\}\}/g, 'x')]).toEqual([
      nom,
      expect.not.stringMatching(/[{}]|\s{2}(?=\S)|\n/),
    ]);
    expect([nom, `${titre} ${contenu}`]).toEqual([
      nom,
      expect.not.stringMatching(/\b(de|que|le) \{\{(client|livreur|membre)\}\}/),
    ]);
    for (const a of actions) {
      expect(a.titre.length).toBeLessThanOrEqual(20);
      expect(a.action).toMatch(/^[a-z_0-9]{1,40}$/);
    }
  }
});
