// What Meta quotes of a call in its answer is not told on.
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { Appel } from '../shared/appels.ts';
import { creerClientMeta } from './meta.ts';

afterEach(() => vi.unstubAllGlobals());

test('neither token, code, secret nor PIN comes back in a refusal or its line', async () => {
  const secrets = ['EAAjetonsecret', 'codesecret', 'dev-app-secret', '482913'];
  vi.stubGlobal('fetch', async () =>
    Response.json(
      { error: { code: 100, message: `Invalid parameter: ${secrets.join(' ')}` } },
      { status: 400 },
    ),
  );
  const lignes: Appel[] = [];
  const releve = { noter: (a: Appel) => lignes.push(a), async ecrire() {} };
  const meta = creerClientMeta({ url: 'http://meta', delaiMs: 1000, releve, maintenant: () => 0 });
  const issue = await meta.appeler(
    {
      methode: 'POST',
      chemin: '/1/register',
      endpoint: '/{numero}/register',
      parametres: { code: 'codesecret', client_secret: 'dev-app-secret' },
      corps: { messaging_product: 'whatsapp', pin: '482913' },
      jeton: 'EAAjetonsecret',
      vendeur: 'v',
    },
    z.unknown(),
  );
  expect(issue).toMatchObject({ code: '100', detail: 'Invalid parameter: … … … …' });
  for (const secret of secrets) expect(JSON.stringify([issue, lignes])).not.toContain(secret);
});
