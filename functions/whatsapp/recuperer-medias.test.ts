// One run fetches so many bytes and ends: an Edge Function that computes for too long is killed with all it has in hand.
import { afterEach, expect, test, vi } from 'vitest';
import { recupererMedias } from './recuperer-medias.ts';

afterEach(() => vi.unstubAllGlobals());

test('after 100 MB another run goes on', async () => {
  const taille = 60_000_000;
  const pdf = new Uint8Array(taille).fill(0x20);
  pdf.set(new TextEncoder().encode('%PDF-1.7'));
  vi.stubGlobal('fetch', async () => new Response(pdf));
  let prises = 0;
  const reveils: string[] = [];
  const bilan = await recupererMedias({
    base: {
      async appeler(rpc, parametres, forme) {
        if (rpc === 'prendre_effacements' || (rpc === 'prendre_medias' && prises > 5)) return forme.parse([]);
        if (rpc !== 'prendre_medias') {
          const [r] = parametres.resultats as { id_media: number; issue: string }[];
          return forme.parse([{ id_media: r?.id_media, issue: r?.issue }]);
        }
        prises += 1;
        const media = {
          id_media: prises,
          bail: 'b',
          id_utilisateur: 'v',
          identifiant_media: '1',
          genre: 'document',
          type_mime: 'application/pdf',
          empreinte: null,
          taille_max: 104_857_600,
          chemin: 'v/x/fichier',
          jeton: 'j',
        };
        return forme.parse([media]);
      },
    },
    meta: {
      appeler: async (_, forme) => ({
        bon: true,
        valeur: forme.parse({ url: 'https://lookaside.fbsbx.com/1' }),
      }),
    },
    urlGraph: 'https://graph.facebook.com/v26.0',
    releve: { noter() {}, async ecrire() {} },
    delaiMs: 10_000,
    maintenant: () => 0,
    reserver: async () => () => {},
    stockage: { async deposer() {}, lienSigne: async () => '', async supprimer() {} },
    transcrire: null,
    journal() {},
    reveiller: (fonction) => reveils.push(fonction),
  });
  expect([bilan, reveils]).toEqual([{ lots: 2, traites: 2, echecs: 0 }, ['recuperer-medias']]);
});
