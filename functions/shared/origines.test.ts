// Which web pages may read a function's answers.
import { expect, test } from 'vitest';
import { avecOrigines } from './origines.ts';

const demander = (methode: string, origine: string | null, origines: string[]) =>
  avecOrigines(
    new Request('https://x.example', {
      method: methode,
      headers: origine === null ? {} : { origin: origine },
    }),
    origines,
    async () => new Response('ok'),
  );
const permise = (r: Response) => [r.status, r.headers.get('access-control-allow-origin')];

test.each<[string, string, string | null, string[], (number | string | null)[]]>([
  ['an origin of the list', 'POST', 'https://a.ci', ['https://b.ci', 'https://a.ci'], [200, 'https://a.ci']],
  ['another one', 'POST', 'https://c.ci', ['https://a.ci'], [200, null]],
  ['one that only looks like it', 'POST', 'https://a.ci.evil.example', ['https://a.ci'], [200, null]],
  ['any, where all are', 'POST', 'http://localhost:5173', ['*'], [200, 'http://localhost:5173']],
  ['none: no browser', 'POST', null, ['https://a.ci'], [200, null]],
  ['the question before', 'OPTIONS', 'https://a.ci', ['https://a.ci'], [204, 'https://a.ci']],
  ['the question of another', 'OPTIONS', 'https://c.ci', ['https://a.ci'], [403, null]],
  ['the question where nobody may', 'OPTIONS', 'https://a.ci', [], [403, null]],
])('%s', async (_, methode, origine, origines, attendu) => {
  const reponse = await demander(methode, origine, origines);
  expect(permise(reponse)).toEqual(attendu);
});
