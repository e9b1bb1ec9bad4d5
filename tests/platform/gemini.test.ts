// The Gemini simulator, spoken to by the library that the functions use, and by whoever gets the shape wrong.
import { GoogleGenerativeAI, type Part, SchemaType } from '@google/generative-ai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  createGeminiSimulator,
  type GeminiSimulator,
} from '../../scripts/platform/simulators/gemini-server.ts';

let simulator: GeminiSimulator;
let base: string;

beforeAll(async () => {
  simulator = createGeminiSimulator({ keys: ['cle'] });
  base = `http://127.0.0.1:${await simulator.listen(0)}`;
});
afterAll(() => simulator.close());
beforeEach(() => lever('_reinitialiser', {}));

const lever = (chemin: string, corps: unknown) =>
  fetch(`${base}/${chemin}`, { method: 'POST', body: JSON.stringify(corps) });
const modele = (cle = 'cle', model = 'gemini-3.8-flash') =>
  new GoogleGenerativeAI(cle).getGenerativeModel({ model }, { baseUrl: base });
const dire = (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] });

test('words, calls of functions and reasons come as they were scripted, then as usual', async () => {
  await lever('_reponses', [
    { texte: 'Bonjour Aya' },
    { functionCall: { name: 'chercher', args: { texte: 'nike' } } },
    { texte: 'Bon', finishReason: 'MAX_TOKENS' },
    { blockReason: 'SAFETY' },
  ]);
  const generer = async () => (await modele().generateContent(dire('Bonjour'))).response;
  expect((await generer()).text()).toBe('Bonjour Aya');
  const appel = await generer();
  expect(appel.functionCalls()).toEqual([{ name: 'chercher', args: { texte: 'nike' } }]);
  expect(appel.usageMetadata?.promptTokenCount).toBeGreaterThan(0);
  // A turn goes back as it came, signature and all, with what the function said.
  const suite = await modele().generateContent({
    contents: [
      ...dire('Bonjour').contents,
      appel.candidates?.[0]?.content ?? { role: 'model', parts: [] },
      { role: 'function', parts: [{ functionResponse: { name: 'chercher', response: { trouves: [] } } }] },
    ],
    tools: [
      {
        functionDeclarations: [
          {
            name: 'chercher',
            description: 'x',
            parameters: { type: SchemaType.OBJECT, properties: { texte: { type: SchemaType.STRING } } },
          },
        ],
      },
    ],
  });
  expect(suite.response.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
  expect((await generer()).promptFeedback?.blockReason).toBe('SAFETY');
  expect((await generer()).text()).not.toBe('');
  const son = {
    contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'audio/ogg', data: 'T2dnUw==' } }] }],
  };
  expect((await modele().generateContent(son)).response.text()).toBe('');
});

test.each<[string, () => Promise<unknown>, number]>([
  ['a wrong key', () => modele('autre').generateContent('x'), 400],
  ['a model that is none', () => modele('cle', 'gpt').generateContent('x'), 404],
  ['nothing to answer', () => modele().generateContent({ contents: [] }), 400],
  [
    'an unknown setting',
    () => modele().generateContent({ ...dire('x'), generationConfig: { volume: 3 } as object }),
    400,
  ],
  [
    'a sound that is none',
    () => modele().generateContent([{ inlineData: { mimeType: 'audio/amr', data: 'AAAA' } }]),
    400,
  ],
])('%s is refused as Google does', async (_, demander, statut) => {
  await expect(demander()).rejects.toMatchObject({ status: statut });
});

test('several calls in one turn; each must be answered, with the signature they came with', async () => {
  await lever('_reponses', {
    functionCalls: [
      { id: 'a', name: 'lire' },
      { name: 'lire', args: { n: 2 } },
    ],
  });
  const { response } = await modele().generateContent(dire('Bonjour'));
  const contenu = response.candidates?.[0]?.content ?? { role: 'model', parts: [] };
  expect(response.functionCalls()).toHaveLength(2);
  const rendre = (parts: Part[], nombre: number) =>
    modele().generateContent({
      contents: [
        ...dire('Bonjour').contents,
        { role: 'model', parts },
        {
          role: 'user',
          parts: Array.from({ length: nombre }, () => ({ functionResponse: { name: 'lire', response: {} } })),
        },
      ],
    });
  await rendre(contenu.parts, 2);
  await expect(rendre(contenu.parts, 1)).rejects.toMatchObject({ status: 400 });
  const nus = contenu.parts.flatMap((p) => (p.functionCall ? [{ functionCall: p.functionCall }] : []));
  await expect(rendre(nus, 2)).rejects.toMatchObject({ status: 400 });
});

test('an answer for who says certain words waits for him', async () => {
  await lever('_reponses', [{ si: 'Awa', texte: 'Pour Awa' }, { texte: 'Pour tous' }]);
  const dit = async (mots: string) => (await modele().generateContent(dire(mots))).response.text();
  expect([await dit('Koffi'), await dit('Awa')]).toEqual(['Pour tous', 'Pour Awa']);
});

test('faults come as often as asked, and the journal tells of all but keys and bytes', async () => {
  await lever('_pannes', { statut: 503, fois: 2 });
  for (const _ of [1, 2]) await expect(modele().generateContent('x')).rejects.toMatchObject({ status: 503 });
  await modele().generateContent('x');
  const journal = await (await fetch(`${base}/_journal`)).json();
  expect(journal.map((l: { statut: number }) => l.statut)).toEqual([503, 503, 200]);
  expect(JSON.stringify(journal)).not.toContain('"cle"');
  expect((await lever('_pannes', { statut: 12 })).status).toBe(400);
});
