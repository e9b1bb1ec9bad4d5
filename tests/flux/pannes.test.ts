// The functions host is killed again and again while 200 prospects wait for their answer; each gets exactly one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dire, reponsesRecues } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

const MORTS = 20;
const PROSPECTS = 200;
let p: TestPlatform;
let vendeur: Vendeur;

beforeAll(async () => {
  p = await openPlatform({ env: { MESSAGES_PAR_SECONDE: '1000' } });
  vendeur = await creerVendeur(p.sql);
  await p.regler('attente_rafale_ms', 0);
});
afterAll(() => p?.close());

/** Park–Miller, so that a printed seed gives the same kills again. */
function hasard(graine: number): () => number {
  let etat = graine % 2_147_483_647 || 1;
  return () => {
    etat = (etat * 48_271) % 2_147_483_647;
    return etat / 2_147_483_647;
  };
}

test(`${MORTS} kills of the functions host, at least half of them on an unfinished lease`, {
  timeout: 240_000,
}, async () => {
  const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
  console.info(`graine ${graine}`);
  const tirer = hasard(graine);
  const tous = Array.from({ length: PROSPECTS }, (_, i) => `+22507${String(i).padStart(8, '0')}`);
  let ecrits = 0;
  const reste = [...tous];
  // Ten prospects before each kill: the burst lasts as long as the killing.
  const ecrire = (nombre: number) =>
    Promise.all(
      reste.splice(0, nombre).map(async (de) => {
        const { statut } = await dire(p.graphUrl, {
          de,
          nom: 'Aya',
          texte: 'Bonjour, combien les Stan Smith en 39 ?',
          vers: vendeur.numero,
        });
        if (statut === 200) ecrits += 1;
      }),
    );

  const bailOuvert = async () => {
    const [b] =
      await p.sql`select count(*) as n from prive.reponses where jeton is not null and bail_expire_le > prive.maintenant()`;
    return Number(b?.n);
  };
  let surBail = 0;
  const ecritures: Promise<unknown>[] = [];
  for (let mort = 0; mort < MORTS; mort += 1) {
    await p.parts.functions.ready();
    // Leases of workers that died before are given back, so that an open one is of the worker that dies now.
    await p.avancer(31);
    ecritures.push(ecrire(PROSPECTS / MORTS));
    // Most kills wait for a lease that is open, the others come at any moment.
    const ilEnFautEncore = MORTS / 2 - surBail >= MORTS - mort;
    if (tirer() < 0.75 || ilEnFautEncore) {
      await waitFor('an open lease', async () => (await bailOuvert()) > 0, 3_000).catch(() => {});
    } else {
      await waitFor('a random moment', async () => tirer() < 0.1);
    }
    p.parts.functions.kill('SIGKILL');
    if ((await bailOuvert()) > 0) surBail += 1;
  }
  await p.parts.functions.ready();
  await Promise.all(ecritures);
  expect(ecrits).toBe(PROSPECTS);
  expect(surBail).toBeGreaterThanOrEqual(MORTS / 2);

  // The dead workers' leases run out; everybody is answered, or the vendor knows of a send whose outcome nobody knows.
  const enAttente = async () => {
    const [r] =
      await p.sql`select (select count(*) from pgmq.q_repondre_prospects) + (select count(*) from pgmq.q_envoyer_messages)
      + (select count(*) from public.messages where statut_livraison = 'a_envoyer') as n`;
    return Number(r?.n);
  };
  await p.avancer(31);
  await waitFor('all jobs done', async () => (await enAttente()) === 0, 60_000);
  await p.avancer(130);
  await waitFor('no send without an outcome', async () => {
    const [r] =
      await p.sql`select count(*) as n from public.messages where statut_livraison = 'envoi_en_cours'`;
    return Number(r?.n) === 0;
  });

  const parProspect = async () => {
    const nombre = new Map(tous.map((de) => [de, 0]));
    for (const { a } of await reponsesRecues(p.graphUrl)) nombre.set(a, (nombre.get(a) ?? 0) + 1);
    return nombre;
  };
  const avant = await parProspect();
  expect([...avant].filter(([, n]) => n > 1)).toEqual([]);

  // Killed between the mark and the call: Meta never had it, nobody can know, so nothing is resent by itself. Exactly
  // these the vendor was told of, and his one tap sends them.
  const sansReponse = [...avant].filter(([, n]) => n === 0).map(([de]) => de);
  // The clock was moved past the two minutes, Meta's statuses come in their own time: what they know of, they still settle.
  const inconnus = await waitFor('late statuses', async () => {
    const lignes = await p.sql<{ id_message: number; numero_telephone: string; prevenu: boolean }[]>`
      select m.id_message, r.numero_telephone, exists (select from public.notifications as n
        where n.cle_unicite = 'envoi_echoue:' || m.id_message || ':resultat_inconnu') as prevenu
      from public.messages as m
      join public.conversations as c using (id_conversation) join public.prospects as r using (id_prospect)
      where m.code_erreur = 'resultat_inconnu'`;
    return lignes.length <= sansReponse.length && lignes;
  });
  console.info(
    `${surBail} of ${MORTS} kills on a lease; ${inconnus.length} of ${PROSPECTS} sends without an outcome`,
  );
  expect(new Set(inconnus.map((m) => m.numero_telephone))).toEqual(new Set(sansReponse));
  expect(inconnus.filter((m) => !m.prevenu)).toEqual([]);
  const lui = await clientDe(p.apiUrl, vendeur);
  for (const { id_message } of inconnus) {
    expect((await lui.rpc('renvoyer_message', { id_message })).error).toBeNull();
  }
  await waitFor(
    'everybody has a reply',
    async () => [...(await parProspect()).values()].every((n) => n === 1),
    30_000,
  );
});
