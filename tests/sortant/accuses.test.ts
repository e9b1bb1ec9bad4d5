// "Read" and "is typing" while the AI works on a message: once per burst, nobody waits for it, and its failure hurts no reply.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dire, reglerSimulateur, reponsesRecues } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
beforeAll(async () => {
  p = await openPlatform();
});
afterAll(() => p?.close());
beforeEach(async () => {
  await reglerSimulateur(p.graphUrl, '_reinitialiser', {});
  await p.regler('attente_rafale_ms', 0);
});

type Entree = { chemin: string; statut: number; corps: Record<string, unknown> | null };
const accuses = async (numero: string) =>
  ((await (await fetch(`${p.graphUrl}/_journal`)).json()) as Entree[]).filter(
    (l) => l.chemin.includes(numero) && l.corps?.status === 'read',
  );

test('a burst is one reply and one receipt, of its last message, noted like every call', async () => {
  const v = await creerVendeur(p.sql);
  const de = '+2250500000001';
  await p.regler('attente_rafale_ms', 3_600_000);
  await dire(p.graphUrl, { de, texte: 'Bonjour', vers: v.numero });
  const { wamid } = await dire(p.graphUrl, { de, texte: 'vos Nike ?', vers: v.numero });
  await p.regler('attente_rafale_ms', 0);
  await p.sql`update pgmq.q_repondre_prospects set vt = clock_timestamp()`;
  await waitFor('the reply', async () => (await reponsesRecues(p.graphUrl, de)).length === 1);
  await waitFor('its note', async () => {
    const notes =
      await p.sql`select code_statut from public.utilisation_apis where id_utilisateur = ${v.id} and endpoint_appele like '%(lu)'`;
    return notes.length === 1 && notes[0]?.code_statut === 200;
  });
  expect((await accuses(v.numero)).map((l) => l.corps)).toEqual([
    { messaging_product: 'whatsapp', status: 'read', message_id: wamid, typing_indicator: { type: 'text' } },
  ]);
});

test('a dead token is found by it: the number goes off, the vendor is told once, and no secret is written anywhere', async () => {
  const v = await creerVendeur(p.sql, { jeton: 'jeton-mort-123456' });
  await dire(p.graphUrl, { de: '+2250500000002', texte: 'Bonjour', vers: v.numero });
  await waitFor('the number is off', async () => {
    const [c] =
      await p.sql`select motif_inactif from public.comptes_whatsapp where id_compte_whatsapp = ${v.idCompte}`;
    return c?.motif_inactif === 'jeton_mort';
  });
  const echec = await waitFor('the reply has ended', async () => {
    const [m] =
      await p.sql`select statut_livraison, code_erreur from public.messages where id_utilisateur = ${v.id} and direction_message = 'sortant'`;
    return m?.statut_livraison === 'echec' && m;
  });
  expect(['190', 'compte_inactif']).toContain(echec.code_erreur);
  const avis = await p.sql`select cle_unicite from public.notifications where id_utilisateur = ${v.id}`;
  expect(avis.map((a) => a.cle_unicite)).toEqual([
    expect.stringContaining(`compte_inactif:${v.idCompte}:jeton_mort:`),
  ]);
  expect(p.journal.join('\n')).not.toContain('jeton-mort-123456');
  const notes =
    await p.sql`select count(*)::int as n from public.utilisation_apis as u where u::text like '%jeton-mort%'`;
  expect(notes[0]?.n).toBe(0);
});

test('asked again for the same message, as after a failed engine, none is sent again', async () => {
  const v = await creerVendeur(p.sql);
  await p.parts.worker.stop();
  await p.regler('attente_rafale_ms', 3_600_000);
  await dire(p.graphUrl, { de: '+2250500000003', texte: 'Bonjour', vers: v.numero });
  await p.regler('attente_rafale_ms', 0);
  const prendre = async () => {
    await p.sql`update pgmq.q_repondre_prospects set vt = clock_timestamp()`;
    await p.sql`update prive.reponses set bail_expire_le = prive.maintenant() where jeton is not null`;
    const [r] = await p.sql<{ p: { accuse: unknown }[] }[]>`select service.prendre_reponses(10) as p`;
    return r?.p[0]?.accuse;
  };
  expect(await prendre()).toMatchObject({ numero_emetteur: v.numero, jeton: 'dev-token' });
  expect(await prendre()).toBeNull();
  await p.parts.worker.start();
});
