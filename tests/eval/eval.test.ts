// The evaluation set holds for the rules engine, with names, prices and typing errors of this day; and the evaluation itself can
// be trusted: a line is read as README.md says, and who lies or sells wrongly is noticed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ModeleIA } from '../../functions/conversation/modele-ia.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { butsManques, enDetail, enTableau, faireBilan } from './bilan.ts';
import { type Dialogue, lireDialogues, lireFichier } from './format.ts';
import { aleatoire, graineDuJour } from './hasard.ts';
import { jouer, type Resultat } from './joueur.ts';
import { montantsDits } from './montants.ts';
import { ouvrirMoteur } from './moteurs.ts';
import { GENRES } from './noms.ts';
import { malEcrire } from './tirage.ts';
import { type Ruse, vendeurScripte } from './vendeur-scripte.ts';

const graine = graineDuJour(process.env.GRAINE);
const ensemble = (n: number): Dialogue[] =>
  readdirSync(import.meta.dirname)
    .filter((f) => f.endsWith('.jsonl'))
    .flatMap((f) => lireFichier(join(import.meta.dirname, f), n));

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

const jouerAvec = (modele: ModeleIA, dialogues: Dialogue[]): Promise<Resultat[]> =>
  jouer(dialogues, { sql: d.sql, modele, graine });

// ── the set ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('the rules engine meets the goals', async () => {
  console.log(`GRAINE=${graine}`);
  const { modele } = await ouvrirMoteur('regles');
  const resultats = await jouerAvec(modele, ensemble(graine));
  const bilan = faireBilan(resultats);
  const fautes = resultats.filter((r) => r.fautes.length > 0).map(enDetail);
  console.log(enTableau(bilan));
  expect(butsManques(bilan), `GRAINE=${graine}\n\n${fautes.join('\n\n')}`).toEqual([]);
});

test('every line can be drawn, and the same seed draws the same', () => {
  for (let n = 0; n < 50; n += 1) expect(ensemble(graine + n).length).toBeGreaterThanOrEqual(60);
  expect(ensemble(graine)).toEqual(ensemble(graine));
  expect(ensemble(graine)).not.toEqual(ensemble(graine + 1));
});

test('a typing error stays near its word and away from all others', () => {
  const noms = new Set(Object.values(GENRES).flatMap((g) => g.articles.flatMap(([, court]) => court)));
  const hasard = aleatoire(String(graine));
  let fautes = 0;
  for (const nom of noms) {
    for (let i = 0; i < 20; i += 1) {
      const ecrit = malEcrire(nom, hasard, new Set([...noms].flatMap((n) => n.split(' '))));
      if (ecrit !== nom) fautes += 1;
      expect(Math.abs(ecrit.length - nom.length), `${nom} → ${ecrit}`).toBeLessThanOrEqual(1);
      expect(ecrit[0], `${nom} → ${ecrit}`).toBe(nom[0]);
      expect(ecrit === nom || !noms.has(ecrit), `${nom} → ${ecrit}`).toBe(true);
    }
  }
  expect(fautes).toBeGreaterThan(100);
});

// ── the format ──────────────────────────────────────────────────────────────────────────────────────────────────

test('what is wrong in a file is said with its line and its field, all at once', () => {
  const texte = [
    '{"id":"a","catalogue":[{"nom":"Sac","prix":"15 000 F"}],"tours":["bonjour"]}',
    '',
    '{"id":"b","catalogue":[{"nom":"Sac"}],"tours":["bonjour"]}',
    '{"id":"c","tours":[{"dit":"x","atendu":{}}]}',
    '{"id":"d","tours":["x"],"attendu":{"commande":{"lignes":[{"article":"Robe"}]}}}',
    '{"id":"e"',
    '{"id":"a","tours":["x"]}',
    '{"id":"g","tirage":{"p":{"article":"sacs"}},"tours":["{p.nom}"]}',
  ].join('\n');
  const lire = () => lireDialogues(texte, '/tmp/essai.jsonl', 1);
  for (const dit of [
    /essai\.jsonl:3 \(b\): catalogue\.0\.prix: /,
    /essai\.jsonl:4 \(c\): tours\.0: .*atendu/,
    /essai\.jsonl:5 \(d\): attendu\.commande\.0\.lignes\.0: "Robe" is not in the catalogue/,
    /essai\.jsonl:6: .*JSON/,
    /essai\.jsonl:7 \(a\): id: also that of line 1/,
    /essai\.jsonl:8: tirage\.p\.article: one of chaussures/,
  ]) {
    expect(lire).toThrow(dit);
  }
});

test('a line says little and means the rest', () => {
  const [lu] = lireDialogues(
    '{"catalogue":[{"nom":"Sac","prix":"15 000 FCFA"}],"tours":["a",["b","c"]]}',
    'x.jsonl',
    1,
  );
  expect(lu).toMatchObject({
    id: 'x.jsonl:1',
    boutique: { zones: [{ communes: ['*'], frais: 1500 }] },
    catalogue: [{ prix: 15_000, variantes: [] }],
    tours: [{ dit: ['a'] }, { dit: ['b', 'c'] }],
    attendu: { commande: [], main: false },
  });
});

test('the example of README.md is a line of the format', () => {
  const [, exemple = ''] =
    /```json\n([\s\S]*?)```/.exec(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')) ?? [];
  expect(lireDialogues(exemple.replaceAll('\n', ' '), 'README.md', 1)).toMatchObject([{ id: 'sac-2' }]);
});

test.each([
  ['Nike Air Max 90 en 42 : 45 000 FCFA', [45_000]],
  ['2 x 45.000 F, livraison 1 500', [45_000, 1500]],
  ['à 1F ou 30k, même 2 mille', [1, 30_000, 2000]],
  [
    'CMD-20261120-000001, demain samedi 21 novembre 2026 à 08:00-18:00 ou 8h30, 07 08 09 10 11, +225 07 08 09 10 11',
    [],
  ],
  ['Riz 25 kg, 128 Go, pointures 38 et 42, 7 jours, 50 %', []],
])('the amounts of « %s »', (texte, montants) => {
  expect(montantsDits(texte, ['Nike Air Max 90'])).toEqual(montants);
});

// ── the judge ───────────────────────────────────────────────────────────────────────────────────────────────────

const vente = (id: string): string =>
  JSON.stringify({
    id,
    tirage: { p: { article: 'chaussures' }, q: { article: 'maison' } },
    prospect: { nom: null, telephone: null },
    catalogue: ['{p}', '{q}'],
    tours: [
      { dit: 'je veux les {p.court} en {p.taille}', attendu: { prix: ['{p.prix}'] } },
      { terminer: true },
    ],
    attendu: {
      commande: {
        lignes: [{ article: '{p.nom}', attributs: { pointure: '{p.taille}' } }],
        paiement: 'livraison',
      },
    },
  });

async function vendre(id: string, ruse: Ruse = {}): Promise<{ fautes: string[]; fausse: boolean }> {
  const [r] = await jouerAvec(vendeurScripte(ruse), lireDialogues(vente(id), 'vente.jsonl', graine));
  return {
    fautes: r?.fautes.map((f) => f.texte) ?? ['not played'],
    fausse: r?.fautes.some((f) => f.commandeFausse) ?? true,
  };
}

test('an honest seller makes no fault', async () => {
  expect(await vendre('honnete')).toEqual({ fautes: [], fausse: false });
});

test.each<[string, Ruse, RegExp, boolean]>([
  [
    'a price of his own',
    { parole: (t) => t.replace(/\d+(?= FCFA)/g, (n) => `${Number(n) - 250}`) },
    /montant inventé/,
    false,
  ],
  ['a stock of his own', { parole: (t) => `${t} Il ne reste que 77 pièces.` }, /stock inventé : 77/, false],
  [
    'an order he only speaks of',
    { parole: (t) => t.replace('Il me faut', 'Votre commande est bien enregistrée. Il me faut') },
    /dit faite une commande/,
    true,
  ],
  [
    'a discount nobody gave',
    { parole: (t) => `${t} Je vous fais 250 F de moins.` },
    /montant inventé : 250/,
    false,
  ],
  ['more than was asked', { quantite: 2 }, /commande fausse \(sans 1 .*avec 2/, true],
  [
    'an order that is none',
    { parole: (t) => `${t} CMD-20200101-000001` },
    /numéro de commande inventé/,
    true,
  ],
  [
    'silence about the number',
    { parole: (t) => t.replace(/commande \S+ est/, 'commande est') },
    /ne la nomme pas/,
    false,
  ],
  ['a person for nothing', { passerLaMain: true }, /la main ne devait pas être passée/, false],
])('%s is noticed', async (nom, ruse, dit, fausse) => {
  const vu = await vendre(nom, ruse);
  expect(vu.fautes.join('\n')).toMatch(dit);
  expect(vu.fausse).toBe(fausse);
});

test('the goods of another shop are noticed', async () => {
  const autre = '{"id":"voisin","catalogue":[{"nom":"Tablette Lenovo M10","prix":99000}],"tours":["slt"]}';
  const resultats = await jouerAvec(
    vendeurScripte({ parole: (t) => `${t} Sinon j'ai la tablette lenovo m10.` }),
    lireDialogues(`${vente('avec-voisin')}\n${autre}`, 'deux.jsonl', graine),
  );
  expect(resultats[0]?.fautes.map((f) => f.texte).join()).toContain(
    "article d'une autre boutique : tablette lenovo m10",
  );
  expect(resultats[1]?.fautes.map((f) => f.texte).join()).not.toContain('autre boutique');
});
