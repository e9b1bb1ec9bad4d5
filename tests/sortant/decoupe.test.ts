// Long texts in pieces: nothing but white space is lost, no piece is longer than Meta takes, and no sign is torn.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

const couper = async (texte: string, max: number): Promise<string[]> => {
  const [r] = await d.sql`select prive.couper_texte(${texte}, ${max}) as morceaux`;
  return r?.morceaux;
};

const SIGNES = ['👍', '👩‍👩‍👧‍👦', '👋🏽', '🇨🇮', '❤️', 'é', 'e\u0301', 'ß', '1️⃣'];
const sansBlanc = (t: string) => t.replaceAll(/\s+/gu, '');

test('any text', async () => {
  const seed = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
  console.info(`graine ${seed}`);
  const mot = fc.oneof(
    fc.stringMatching(/^[a-z]{1,12}$/),
    fc.constantFrom(...SIGNES),
    fc.array(fc.constantFrom(...SIGNES), { maxLength: 40 }).map((l) => l.join('')),
  );
  const texte = fc
    .array(fc.tuple(mot, fc.constantFrom(' ', '. ', ' ! ', '\n', '\n\n', '… ', '', '  ')), { maxLength: 60 })
    .map((l) => l.flat().join(''));
  await fc.assert(
    fc.asyncProperty(texte, fc.integer({ min: 40, max: 200 }), async (t, max) => {
      const morceaux = await couper(t, max);
      expect(sansBlanc(morceaux.join(''))).toBe(sansBlanc(t));
      for (const m of morceaux) {
        expect(m.length).toBeLessThanOrEqual(max);
        expect(m.isWellFormed()).toBe(true);
        expect(morceaux.length === 1 || m.trim()).toBe(morceaux.length === 1 || m);
        expect(morceaux.length === 1 || m !== '').toBe(true);
      }
      // The signs of the pieces are the signs of the text.
      const signes = (x: string) =>
        Array.from(new Intl.Segmenter('fr').segment(x), (g) => g.segment).filter((g) => g.trim() !== '');
      expect(morceaux.flatMap(signes)).toEqual(signes(t));
    }),
    { seed, numRuns: 300 },
  );
});

test('at a paragraph before a sentence, at a sentence before a word, at a word before nothing', async () => {
  const phrase = 'Une phrase assez longue pour voir.';
  expect(await couper(`${phrase} ${phrase}\n\n${phrase}`, 100)).toEqual([`${phrase} ${phrase}`, phrase]);
  expect(await couper(`${phrase} ${phrase} ${phrase}`, 100)).toEqual([`${phrase} ${phrase}`, phrase]);
  expect(await couper('un deux trois quatre', 12)).toEqual(['un deux', 'trois quatre']);
  expect(await couper('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
  expect(await couper(`${'x'.repeat(9)}👍👍`, 10)).toEqual(['x'.repeat(9), '👍👍']);
  expect(await couper('', 10)).toEqual(['']);
});

test('a reply of the AI that is too long becomes several messages in order, all of one answer', async () => {
  const v = await creerVendeur(d.sql, { articles: [] });
  const corps = {
    from: '22509',
    id: 'wamid.long',
    timestamp: '1',
    type: 'text',
    text: { body: 'Tout sur tout ?' },
  };
  const evenement = {
    entry: [
      {
        changes: [
          {
            field: 'messages',
            value: {
              metadata: { phone_number_id: v.numero },
              messages: [{ ...corps, from: '2250912345678' }],
            },
          },
        ],
      },
    ],
  };
  await d.sql`update prive.reglages set valeur = 0 where nom like 'attente_rafale%'`;
  await d.sql`select service.recevoir_evenement_whatsapp(${Buffer.from(JSON.stringify(evenement)).toString('base64')})`;
  const [prise] = await d.sql<
    { p: { id_conversation: number; jeton: string; msg_id: number; jusqu_a: number }[] }[]
  >`select service.prendre_reponses(1) as p`;
  const texte = Array.from({ length: 300 }, (_, i) => `Article ${i} : 45 000 F, il en reste.`).join(' ');
  const reponses = (prise?.p ?? []).map(({ id_conversation, jeton, msg_id, jusqu_a }) => ({
    ...{ id_conversation, jeton, msg_id, jusqu_a },
    reponse: {
      texte,
      memoire: {},
      etape: 'accueil',
      confiance: 1,
      modele: 'essai',
      passer_la_main: 'Il veut tout.',
    },
  }));
  const [r] = await d.sql`select service.enregistrer_reponses(${d.sql.json(reponses)}) as r`;
  expect(r?.r).toMatchObject([{ issue: 'enregistree' }]);
  const lignes =
    await d.sql`select contenu_message, repond_jusqu_a, charge_utile, statut_livraison from public.messages
    where id_utilisateur = ${v.id} and direction_message = 'sortant' order by id_message`;
  expect(lignes.length).toBe(3);
  expect(lignes.map((l) => l.contenu_message).join(' ')).toBe(texte);
  for (const l of lignes)
    expect(l).toMatchObject({
      repond_jusqu_a: reponses[0]?.jusqu_a,
      charge_utile: { passage_de_main: 'Il veut tout.' },
      statut_livraison: 'a_envoyer',
    });
  const [jobs] = await d.sql`select count(*)::int as n from pgmq.q_envoyer_messages`;
  expect(jobs?.n).toBe(3);
});
