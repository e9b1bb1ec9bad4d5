// A person of the team takes a conversation and gives it back, and neither he nor the AI talks over the other.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  agent,
  bon,
  collegue,
  conversation,
  ecrire,
  enMain,
  envoyer,
  fermerMainHumaine,
  nouveauProspect,
  ouvrirMainHumaine,
  p,
  patron,
  recus,
  remettreAZero,
  silence,
  sortants,
  vendeur,
} from '../helpers/main-humaine.ts';
import { repondreSansEnvoyer } from '../helpers/reponse-en-attente.ts';
import { waitFor } from '../helpers/wait.ts';

type Prise = { id_conversation: number; jeton: string; msg_id: number; jusqu_a: number };
type Envoi = { id_message: number; tentative: number };

beforeAll(ouvrirMainHumaine);
afterAll(fermerMainHumaine);
beforeEach(remettreAZero);

/** Everything that happens meanwhile is done by the test alone: no worker, and no webhook that calls the next function. */
async function aLArret(f: () => Promise<void>): Promise<void> {
  await silence();
  await p.parts.worker.stop();
  try {
    await f();
  } finally {
    await p.regler('attente_rafale_ms', 0);
    await p.sql`update pgmq.q_repondre_prospects set vt = clock_timestamp()`;
    await p.parts.worker.start();
  }
}

/** A worker has the conversation and thinks; `enregistrer` is the moment in which it has thought. */
async function baillee(de: string): Promise<Prise> {
  await p.regler('attente_rafale_ms', 3_600_000);
  await ecrire(de);
  return prendre();
}

async function prendre(): Promise<Prise> {
  await p.regler('attente_rafale_ms', 0);
  await p.sql`update pgmq.q_repondre_prospects set vt = clock_timestamp()`;
  const [ligne] = await p.sql<{ prises: Prise[] }[]>`select service.prendre_reponses(10) as prises`;
  // What the test itself lets the prospect write from here on is answered by nobody but the test.
  await p.regler('attente_rafale_ms', 3_600_000);
  const [prise] = ligne?.prises ?? [];
  if (!prise || ligne?.prises.length !== 1) throw new Error(`${ligne?.prises.length} taken`);
  return prise;
}

async function enregistrer(
  { id_conversation, jeton, msg_id, jusqu_a }: Prise,
  passer_la_main: string | null = null,
): Promise<string> {
  const reponse = {
    texte: "L'IA répond",
    memoire: {},
    etape: 'accueil',
    confiance: 1,
    modele: 'essai',
    passer_la_main,
  };
  const lot = [{ id_conversation, jeton, msg_id, jusqu_a, reponse }];
  const [ligne] = await p.sql`select service.enregistrer_reponses(${p.sql.json(lot)}) as issues`;
  return ligne?.issues[0].issue;
}

async function prendreEnvois(seulement: number): Promise<Envoi[]> {
  await p.sql`update pgmq.q_envoyer_messages set vt = clock_timestamp()
    where (message ->> 'id_message')::bigint = ${seulement}`;
  const [ligne] = await p.sql<{ pris: Envoi[] }[]>`select service.prendre_envois(50) as pris`;
  return ligne?.pris ?? [];
}

describe('taking over', () => {
  test('while the engine thinks: its reply is dropped, only the person is heard', async () => {
    const de = nouveauProspect();
    await aLArret(async () => {
      const prise = await baillee(de);
      await bon(agent.rpc('prendre_en_main', { id_conversation: prise.id_conversation }));
      expect(await conversation(de)).toMatchObject({ ia_activee: false, prise_en_main_par: collegue.id });
      expect(await enregistrer(prise)).toBe('main_prise');
      await bon(envoyer(agent, prise.id_conversation, 'Awa à votre service'));
    });
    await silence();
    expect(await recus(de)).toEqual(['Awa à votre service']);
  });

  test('after the reply is recorded and before it is sent: it is not sent, by writing alone', async () => {
    const de = nouveauProspect();
    let id = 0;
    await aLArret(async () => {
      await repondreSansEnvoyer(p, () => ecrire(de));
      id = (await conversation(de)).id_conversation;
      await bon(envoyer(agent, id, 'Je suis là'));
      expect(await sortants(id)).toMatchObject([
        { genere_par_ia: true, statut_livraison: 'echec', code_erreur: 'main_prise' },
        { genere_par_ia: false, statut_livraison: 'a_envoyer' },
      ]);
    });
    await silence();
    expect(await recus(de)).toEqual(['Je suis là']);
    const avis = await p.sql`select 1 from public.notifications where reference_element_id = ${id}`;
    expect(avis).toHaveLength(0);
  });

  test('while Meta refuses the reply for now: the person does not wait for its next attempt, and it is not made', async () => {
    const de = nouveauProspect();
    await aLArret(async () => {
      await repondreSansEnvoyer(p, () => ecrire(de));
      const { id_conversation: id } = await conversation(de);
      const [ia] = await sortants(id);
      const [enCours] = await prendreEnvois(ia?.id_message);
      const message = await bon(envoyer(agent, id, 'Bonjour, Awa'));
      // It was on its way when the person wrote: his message waits for what becomes of it …
      expect(await prendreEnvois(message)).toEqual([]);
      await p.sql`select service.enregistrer_envois(${p.sql.json([
        {
          id_message: ia?.id_message,
          tentative: enCours?.tentative ?? 0,
          code: '131016',
          detail: 'x',
        },
      ])})`;
      // … and no longer.
      await prendreEnvois(message);
      expect((await sortants(id))[0]).toMatchObject({ statut_livraison: 'echec', code_erreur: 'main_prise' });
      const pris = await prendreEnvois(message);
      expect(pris.map((e) => e.id_message)).toEqual([message]);
      await p.sql`select service.enregistrer_envois(${p.sql.json([{ id_message: message, tentative: 1, wamid: `wamid.${message}` }])})`;
    });
    await silence();
    expect(await recus(de)).toEqual([]);
  });

  test('at the very moment the reply is recorded: whoever comes first, the AI says nothing after the person', async () => {
    const tours = 12;
    const qui: string[] = [];
    await aLArret(async () => {
      for (let tour = 0; tour < tours; tour += 1) {
        const prise = await baillee(nouveauProspect());
        const id = prise.id_conversation;
        const [issue] = await Promise.all([enregistrer(prise), bon(envoyer(agent, id, 'Moi'))]);
        qui.push(issue);
        expect(['enregistree', 'main_prise']).toContain(issue);
        const suite = (await sortants(id)).filter((m) => m.statut_livraison !== 'echec');
        expect([issue, suite.map((m) => m.genere_par_ia)]).toEqual([issue, [false]]);
      }
    });
    await silence();
    expect(qui).toHaveLength(tours);
  });

  test('with all parts running: what the prospect reads last is the person', async () => {
    const tous = Array.from({ length: 15 }, nouveauProspect);
    await Promise.all(
      tous.map(async (de) => {
        await ecrire(de);
        const { id_conversation: id } = await conversation(de);
        await bon(envoyer(agent, id, 'Awa ici'));
      }),
    );
    await silence();
    for (const de of tous) {
      const lus = await recus(de);
      expect(lus.indexOf('Awa ici'), lus.join(' | ')).toBe(lus.length - 1);
      await ecrire(de, 'et en 42 ?');
    }
    await silence();
    for (const de of tous) expect((await recus(de)).at(-1)).toBe('Awa ici');
  });

  test('a colleague may take it from a colleague; taking what is his own changes nothing', async () => {
    const { de, id } = await enMain();
    await bon(patron.rpc('prendre_en_main', { id_conversation: id }));
    expect((await conversation(de)).prise_en_main_par).toBe(vendeur.id);
    await bon(agent.rpc('prendre_en_main', { id_conversation: id }));
    expect((await conversation(de)).prise_en_main_par).toBe(collegue.id);
    const ligne = () => p.sql`select xmin::text from public.conversations where id_conversation = ${id}`;
    const avant = await ligne();
    await bon(agent.rpc('prendre_en_main', { id_conversation: id }));
    expect(await ligne()).toEqual(avant);
  });
});

describe('giving back', () => {
  test('the AI answers once what nobody has answered, however often it is asked', async () => {
    const { de, id } = await enMain();
    await ecrire(de, 'vous êtes là ?');
    await silence();
    expect(await recus(de)).toEqual([]);
    const demandes = await Promise.all(
      [patron, agent, patron, agent].map((qui) => qui.rpc('rendre_a_ia', { id_conversation: id })),
    );
    expect(demandes.map((d) => d.error)).toEqual([null, null, null, null]);
    await waitFor('the reply', async () => (await recus(de)).length > 0);
    await silence();
    expect(await recus(de)).toHaveLength(1);
    expect(await conversation(de)).toMatchObject({ ia_activee: true, prise_en_main_par: null });
  });

  test('what a person has answered stays answered; a pause ends too', async () => {
    const { de, id } = await enMain();
    await bon(envoyer(agent, id, 'Oui, en 40'));
    await bon(
      agent.from('conversations').update({ statut_conversation: 'en_pause' }).eq('id_conversation', id),
    );
    await bon(agent.rpc('rendre_a_ia', { id_conversation: id }));
    expect(await conversation(de)).toMatchObject({ ia_activee: true, statut_conversation: 'active' });
    await silence();
    expect(await recus(de)).toEqual(['Oui, en 40']);
    await ecrire(de, 'vos Puma ?');
    await waitFor('the AI answers again', async () => (await recus(de)).length === 2);
  });

  test('a reply that was cut short has answered nothing: it is made anew', async () => {
    const de = nouveauProspect();
    await aLArret(async () => {
      await repondreSansEnvoyer(p, () => ecrire(de));
      const { id_conversation: id } = await conversation(de);
      await bon(agent.rpc('prendre_en_main', { id_conversation: id }));
      await bon(agent.rpc('rendre_a_ia', { id_conversation: id }));
    });
    await waitFor('the reply', async () => (await recus(de)).length > 0);
    await silence();
    expect(await recus(de)).toHaveLength(1);
  });

  test('a reply that has left has answered; only what came after it is answered', async () => {
    const de = nouveauProspect();
    await ecrire(de);
    await waitFor('the first reply', async () => (await recus(de)).length === 1);
    await silence();
    const { id_conversation: id } = await conversation(de);
    for (let i = 0; i < 2; i += 1) {
      await bon(agent.rpc('prendre_en_main', { id_conversation: id }));
      await bon(agent.rpc('rendre_a_ia', { id_conversation: id }));
    }
    await silence();
    expect(await recus(de)).toHaveLength(1);
  });

  test.each([
    { parle: false, issue: 'enregistree', ia: 1 },
    { parle: true, issue: 'deja_repondu', ia: 0 },
  ])(
    'while the engine still thinks of before (the person has written: $parle): nothing is said twice or lost',
    async ({ parle, issue, ia }) => {
      const de = nouveauProspect();
      let id = 0;
      await aLArret(async () => {
        const prise = await baillee(de);
        id = prise.id_conversation;
        await bon(agent.rpc('prendre_en_main', { id_conversation: id }));
        if (parle) await bon(envoyer(agent, id, 'Un instant'));
        await bon(agent.rpc('rendre_a_ia', { id_conversation: id }));
        expect(await enregistrer(prise)).toBe(issue);
      });
      await silence();
      expect(await recus(de)).toEqual(parle ? ['Un instant'] : ["L'IA répond"]);
      await ecrire(de, 'vos Puma ?');
      await waitFor('the next reply', async () => (await recus(de)).length === 2);
      expect((await sortants(id)).filter((m) => m.genere_par_ia)).toHaveLength(ia + 1);
    },
  );

  test('what the prospect writes at the very moment is answered, whoever comes first', async () => {
    const tous: { de: string; id: number }[] = [];
    for (let i = 0; i < 8; i += 1) tous.push(await enMain());
    for (const { id } of tous) await bon(envoyer(agent, id, 'Dites-moi'));
    await silence();
    await Promise.all(
      tous.flatMap(({ de, id }) => [
        ecrire(de, 'vos Puma en 40 ?'),
        bon(agent.rpc('rendre_a_ia', { id_conversation: id })),
      ]),
    );
    await silence();
    for (const { de } of tous) expect(await recus(de)).toHaveLength(2);
  });

  test('and a worker that records its reply never end in a deadlock', async () => {
    await aLArret(async () => {
      const prise = await baillee(nouveauProspect());
      const id = prise.id_conversation;
      await bon(agent.rpc('prendre_en_main', { id_conversation: id }));
      let issue: Promise<string> = Promise.resolve('');
      await p.as('supabase_admin').begin(async (tx) => {
        await tx`select set_config('request.jwt.claims', ${JSON.stringify({ sub: collegue.id })}, true)`;
        await tx`select from public.conversations where id_conversation = ${id} for no key update`;
        issue = enregistrer(prise);
        await waitFor('the worker waits', async () => {
          const [attente] = await p.sql`select count(*) as n from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%enregistrer_reponses%'`;
          return Number(attente?.n) > 0;
        });
        await tx`select public.rendre_a_ia(${id})`;
      });
      expect(await issue).toBe('enregistree');
    });
    await silence();
  });
});
