// However Gemini fails, who waits for an answer waits twenty seconds at most; and only what may get better is tried again.
import { expect, test } from 'vitest';
import type { DemandeGemini, IssueGemini } from './gemini.ts';
import { creerTranscripteur } from './transcrire.ts';

const OCTETS = Buffer.from('OggS et la suite');

function essai(issues: ((demande: DemandeGemini) => { dure: number; issue: IssueGemini })[]) {
  let horloge = 1_000_000;
  const debut = horloge;
  const demandes: DemandeGemini[] = [];
  const transcrire = creerTranscripteur(
    {
      async generer(demande) {
        demandes.push(demande);
        const suite = issues.shift()?.(demande);
        if (!suite) throw new Error('one call too many');
        horloge += suite.dure;
        return suite.issue;
      },
    },
    {
      maintenant: () => horloge,
      async attendre(ms) {
        horloge += ms;
      },
    },
  );
  return { transcrire, demandes, duree: () => horloge - debut };
}

const dit = (texte: string): IssueGemini => ({
  bon: true,
  contenu: { role: 'model', parts: [{ text: texte }] },
  texte,
});
const lent = ({ delaiMs = 15_000 }: DemandeGemini) => ({
  dure: Math.min(15_000, delaiMs),
  issue: { bon: false, code: 'delai', detail: '', reprendre: true } as const,
});
const bref = (code: 'quota' | 'refus' | 'bloque', reprendre: boolean) => () => ({
  dure: 100,
  issue: { bon: false, code, detail: 'x', reprendre } as const,
});

test('a Gemini that never answers in time is left after twenty seconds', async () => {
  const e = essai([lent, lent, lent]);
  expect(await e.transcrire(OCTETS, 'audio/ogg', 'v')).toEqual({ texte: null, motif: 'delai ' });
  expect(e.duree()).toBeLessThanOrEqual(20_000);
  expect(e.demandes).toHaveLength(2);
});

test('three attempts at what may get better, one at what will not', async () => {
  const passager = essai([bref('quota', true), bref('quota', true), bref('quota', true)]);
  expect((await passager.transcrire(OCTETS, 'audio/ogg', 'v')).motif).toBe('quota x');
  expect(passager.demandes).toHaveLength(3);
  const definitif = essai([bref('bloque', false)]);
  expect((await definitif.transcrire(OCTETS, 'audio/ogg', 'v')).texte).toBeNull();
});

test('the sound goes out under the name Gemini knows; what it does not take is not sent', async () => {
  const e = essai([() => ({ dure: 1, issue: dit('  \u0000 ') })]);
  expect(await e.transcrire(OCTETS, 'audio/mpeg', 'v')).toEqual({ texte: null, motif: null });
  expect(e.demandes[0]?.requete.contents[0]?.parts[0]?.inlineData).toEqual({
    mimeType: 'audio/mp3',
    data: OCTETS.toString('base64'),
  });
  expect(await e.transcrire(OCTETS, 'audio/amr', 'v')).toEqual({ texte: null, motif: 'type audio/amr' });
  expect((await e.transcrire(Buffer.alloc(14_000_001), 'audio/ogg', 'v')).motif).toBe('too long');
});
