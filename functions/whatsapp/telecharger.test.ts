// The access token goes to Meta alone, whatever address an answer names.
import { afterEach, expect, test, vi } from 'vitest';
import { telecharger } from './telecharger.ts';

afterEach(() => vi.unstubAllGlobals());

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

async function telechargerDe(url: string) {
  const appels: [string, RequestInit | undefined][] = [];
  vi.stubGlobal('fetch', async (adresse: string, init?: RequestInit) => {
    appels.push([adresse, init]);
    return new Response(JPEG);
  });
  const issue = await telecharger(
    {
      identifiant_media: '1',
      id_utilisateur: 'v',
      genre: 'image',
      type_mime: 'image/jpeg',
      taille_max: 100,
      empreinte: null,
      jeton: 'EAAsecret',
    },
    {
      meta: { appeler: async (_, forme) => ({ bon: true, valeur: forme.parse({ url }) }) },
      urlGraph: 'http://127.0.0.1:54330/v26.0',
      releve: { noter() {}, async ecrire() {} },
      delaiMs: 1000,
      maintenant: () => 0,
      reserver: async () => () => {},
    },
  );
  return { sorte: issue.sorte, appels };
}

test.each([
  'https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1',
  'https://mmg.whatsapp.net/v/1',
  'https://scontent.fabj1-1.fna.fbcdn.net/v/1',
  'https://graph.facebook.com/v26.0/1',
  'http://127.0.0.1:54330/_media/1',
])('%s is Meta’s', async (url) => {
  const { sorte, appels } = await telechargerDe(url);
  expect([sorte, appels.length]).toEqual(['octets', 1]);
  expect(appels[0]?.[1]).toMatchObject({ headers: { authorization: 'Bearer EAAsecret' } });
});

test.each([
  'https://example.com/1',
  'https://lookaside.fbsbx.com.example.com/1',
  'https://notfbsbx.com/1',
  'https://lookaside.fbsbx.com@example.com/1',
  'https://169.254.169.254/latest/meta-data',
  'https://127.0.0.1:54330/1',
  'http://lookaside.fbsbx.com/1',
  'http://127.0.0.1:54322/1',
  'httpsx://lookaside.fbsbx.com/1',
])('%s gets nothing', async (url) => {
  const { sorte, appels } = await telechargerDe(url);
  expect([sorte, appels]).toEqual(['reprendre', []]);
});
