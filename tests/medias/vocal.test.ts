// A voice note gets an answer to its words, or a kind sentence: whatever Gemini does, in time, and together with what follows it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dire, messagesRecus } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';
import { commander, envoyer, mediaDe, nouvelIdentifiant, nouvellePersonne, quandStatut } from './aide.ts';

let p: TestPlatform;
let vendeur: Vendeur;

const CLE = 'dev-gemini-key';
const REGRETS = /pas pu l'écouter/;

function ouvrir(env: Record<string, string>) {
  beforeAll(async () => {
    p = await openPlatform({ env });
    vendeur = await creerVendeur(p.sql);
    // Gemini hears here; the built-in engine answers.
    await p.sql`insert into prive.quotas_vendeurs values (${vendeur.id}, 0)`;
    await p.regler('attente_rafale_ms', 0);
  });
  afterAll(() => p?.close());
}

const scripter = (reponses: unknown) => commander(p.geminiUrl, '_reponses', reponses);
const vocal = (o: Parameters<typeof envoyer>[4] = {}) =>
  envoyer(p, vendeur, 'audio', 'audio/ogg; codecs=opus', { plus: { voice: true }, ...o });

async function reponsesA(de: string, nombre = 1): Promise<string[]> {
  return waitFor(
    `${nombre} reply(ies) to ${de}`,
    async () => {
      const textes = await messagesRecus(p.graphUrl, de);
      return textes.length >= nombre && textes;
    },
    20_000,
  ).catch((e) => {
    throw new Error(`${e.message}\n${p.journal.slice(-15).join('\n')}`);
  });
}

/** Nothing is queued or on its way: what has not been said by now never will be. */
const silence = () =>
  waitFor('all is said', async () => {
    const [reste] = await p.sql`
      select (select count(*) from pgmq.q_repondre_prospects) + (select count(*) from pgmq.q_envoyer_messages)
        + (select count(*) from pgmq.q_recuperer_medias) + (select count(*) from prive.recuperations) as n`;
    return Number(reste?.n) === 0;
  });

describe('with a key', () => {
  ouvrir({ GEMINI_API_KEY: CLE, GEMINI_DELAI_MS: '400' });

  test('its words are kept and answered; the call is noted with its tokens and without its key', async () => {
    await scripter({ texte: ' Bonjour, vous avez des Nike en 38 ?\n' });
    const { de, id } = await vocal();
    expect(await reponsesA(de)).toEqual([expect.stringContaining('Nike Air Max 90 en 38 à 45 000 FCFA')]);
    expect(await mediaDe(p, id)).toMatchObject({
      statut: 'recupere',
      transcription: 'Bonjour, vous avez des Nike en 38 ?',
    });
    const appel = await waitFor('call noted', async () => {
      const [ligne] = await p.sql`select * from public.utilisation_apis where service_api = 'gemini'`;
      return ligne;
    });
    expect(appel).toMatchObject({
      id_utilisateur: vendeur.id,
      endpoint_appele: 'generateContent transcription',
      code_statut: 200,
      message_erreur: null,
    });
    expect([appel.jetons_entree > 0, appel.jetons_sortie > 0]).toEqual([true, true]);
    const journal = await (await fetch(`${p.geminiUrl}/_journal`)).json();
    expect(journal).toMatchObject([
      {
        chemin: '/v1beta/models/gemini-3.8-flash:generateContent',
        statut: 200,
        corps: { contents: [{ parts: [{ inlineData: { mimeType: 'audio/ogg', data: '<2048 octets>' } }] }] },
      },
    ]);
    expect(JSON.stringify([journal, p.journal])).not.toContain(CLE);
    await silence();
    expect(await reponsesA(de)).toHaveLength(1);
  });

  test.each<[string, { pannes?: object; reponses?: unknown }]>([
    ['is over its quota', { pannes: { statut: 429, fois: 3 } }],
    ['is down', { pannes: { statut: 503, fois: 3 } }],
    ['cuts the line', { pannes: { statut: 0, fois: 3 } }],
    ['takes its time', { pannes: { statut: 200, fois: 3, delai_ms: 60_000 } }],
    ['refuses the request', { pannes: { statut: 400 } }],
    ['finds it unsafe', { reponses: { finishReason: 'SAFETY' } }],
    ['blocks the prompt', { reponses: { blockReason: 'PROHIBITED_CONTENT' } }],
    ['has no candidate', { reponses: [1, 2, 3].map(() => ({ sans_candidat: true })) }],
    ['stops in the middle', { reponses: { texte: 'Bonjour, je', finishReason: 'MAX_TOKENS' } }],
    ['speaks HTML', { reponses: [1, 2, 3].map(() => ({ illisible: true })) }],
    ['hears nothing', { reponses: { texte: '' } }],
  ])('Gemini %s: the file is there, and a kind sentence', async (_, { pannes, reponses }) => {
    await commander(p.geminiUrl, '_reinitialiser', {});
    if (pannes) await commander(p.geminiUrl, '_pannes', pannes);
    if (reponses) await scripter(reponses);
    const { de, id } = await vocal();
    expect(await reponsesA(de)).toEqual([expect.stringMatching(REGRETS)]);
    expect(await mediaDe(p, id)).toMatchObject({ statut: 'recupere', transcription: null });
    const [alertes] = await p.sql`select count(*)::int as n from prive.lettres_mortes`;
    expect(alertes?.n).toBe(0);
  });

  test('a moment’s trouble is tried again, and words that no database takes are mended', async () => {
    await commander(p.geminiUrl, '_reinitialiser', {});
    await commander(p.geminiUrl, '_pannes', { statut: 429, fois: 2 });
    await scripter({ texte: 'Vous avez\u0000 des Puma ? \ud83d' });
    const { de, id } = await vocal();
    expect(await reponsesA(de)).toEqual([expect.stringMatching(/Puma|pointure/)]);
    expect((await mediaDe(p, id))?.transcription).toBe('Vous avez des Puma ? \ufffd');
  });

  test('a text right after it is answered together with it', async () => {
    const [id, de] = [nouvelIdentifiant(), nouvellePersonne()];
    // It comes at the second attempt only, when the text has long been there.
    await commander(p.graphUrl, '_media', {
      id,
      mime_type: 'audio/ogg',
      refus: [{ statut: 500, code: 131000 }],
    });
    await scripter({ texte: 'Bonjour, vous avez des Nike ?' });
    await vocal({ id, de });
    await dire(p.graphUrl, { de, nom: 'Aya', texte: 'Je fais du 38', vers: vendeur.numero });
    expect(await reponsesA(de)).toEqual([expect.stringContaining('Nike Air Max 90 en 38')]);
    await silence();
    expect(await reponsesA(de)).toHaveLength(1);
  });

  test('nobody waits longer than the deadline; words that come too late are kept and answered no more', async () => {
    const [id, de] = [nouvelIdentifiant(), nouvellePersonne()];
    const refus = Array.from({ length: 4 }, () => ({ statut: 500, code: 131000 }));
    await commander(p.graphUrl, '_media', { id, mime_type: 'audio/ogg', refus });
    await vocal({ id, de });
    await dire(p.graphUrl, { de, nom: 'Aya', texte: 'Bonjour', vers: vendeur.numero });
    // The text's reply was looked at, more than once, and put back.
    await waitFor('a reply that waits', async () => {
      const [job] = await p.sql`select max(read_ct) as lectures from pgmq.q_repondre_prospects`;
      return job?.lectures >= 2;
    });
    const [dits] = await p.sql`select count(*)::int as n from public.messages as m
      join public.medias as d using (id_conversation)
      where d.identifiant_media_whatsapp = ${id} and m.direction_message = 'sortant'`;
    expect(dits?.n).toBe(0);
    await p.avancer(31);
    expect(await reponsesA(de)).toEqual([expect.stringMatching(/^Bonjour Aya/)]);
    await scripter({ texte: 'Vous avez des Nike ?' });
    await waitFor('the words', async () => {
      await p.avancer(60);
      return (await mediaDe(p, id))?.transcription;
    });
    await silence();
    expect(await reponsesA(de)).toHaveLength(1);
  });

  test('in a person’s hands it is heard and not answered; given back, it is', async () => {
    const de = nouvellePersonne();
    await dire(p.graphUrl, { de, nom: 'Aya', texte: 'Bonjour', vers: vendeur.numero });
    await reponsesA(de);
    await silence();
    const [c] = await p.sql`
      update public.conversations as c set ia_activee = false from public.prospects as p
      where p.id_prospect = c.id_prospect and p.numero_telephone = ${de} returning c.id_conversation`;
    await scripter({ texte: 'Vous avez des Nike en 38 ?' });
    const { id } = await vocal({ de });
    await quandStatut(p, id, 'recupere');
    await silence();
    expect(await reponsesA(de)).toHaveLength(1);
    await p.sql`update public.conversations set ia_activee = true where id_conversation = ${c?.id_conversation}`;
    expect((await reponsesA(de, 2))[1]).toContain('Nike Air Max 90 en 38');
  });
});

describe('without a key', () => {
  ouvrir({});

  test('it is kept, and the kind sentence goes out at once, be its file to be had or not', async () => {
    const la = await vocal();
    expect(await reponsesA(la.de)).toEqual([expect.stringMatching(REGRETS)]);
    await quandStatut(p, la.id, 'recupere');
    const id = nouvelIdentifiant();
    const refus = Array.from({ length: 30 }, () => ({ statut: 500, code: 131000 }));
    await commander(p.graphUrl, '_media', { id, mime_type: 'audio/ogg', refus });
    const { de } = await vocal({ id });
    expect(await reponsesA(de)).toEqual([expect.stringMatching(REGRETS)]);
    expect(await mediaDe(p, id)).toMatchObject({ statut: 'a_recuperer' });
    expect(await (await fetch(`${p.geminiUrl}/_journal`)).json()).toEqual([]);
  });
});
