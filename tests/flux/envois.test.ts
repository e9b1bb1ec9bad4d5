// Sending to Meta: retried when it is worth it, given up with a reason, and never twice.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dire, reglerSimulateur, reponsesRecues } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { repondreSansEnvoyer, reveiller } from '../helpers/reponse-en-attente.ts';
import { clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
let vendeur: Vendeur;

beforeAll(async () => {
  p = await openPlatform();
  vendeur = await creerVendeur(p.sql);
  await p.regler('attente_rafale_ms', 0);
});
afterAll(() => p?.close());
beforeEach(async () => {
  await reglerSimulateur(p.graphUrl, '_reinitialiser', {});
  await reglerSimulateur(p.graphUrl, '_statuts', { actif: true });
});

let prospects = 0;
function nouveauProspect(): string {
  prospects += 1;
  return `+22505${String(prospects).padStart(8, '0')}`;
}

const ecrire = (de: string, texte = 'Bonjour, vos Nike ?') =>
  dire(p.graphUrl, { de, nom: 'Aya', texte, vers: vendeur.numero });

const messageDe = async (de: string) => {
  const [m] =
    await p.sql`select m.id_message, m.statut_livraison, m.code_erreur, m.tentatives_envoi, m.identifiant_message_whatsapp
    from public.messages as m join public.conversations as c using (id_conversation) join public.prospects as r using (id_prospect)
    where r.numero_telephone = ${de} and m.direction_message = 'sortant' order by m.id_message desc limit 1`;
  return m;
};

const statut = (de: string, voulu: string) =>
  waitFor(`message ${voulu}`, async () => {
    const m = await messageDe(de);
    return m?.statut_livraison === voulu && m;
  });

test('accepted: the wamid is kept and the statuses climb to lu, whatever their order', async () => {
  const de = nouveauProspect();
  await ecrire(de);
  expect((await statut(de, 'lu')).identifiant_message_whatsapp).toMatch(/^wamid\./);
});

test('refused for now: sent again later, once it is due', async () => {
  const de = nouveauProspect();
  await reglerSimulateur(p.graphUrl, '_pannes', { statut: 500, code: 131000, fois: 2, delai_ms: 0 });
  await ecrire(de);
  await waitFor('first failure', async () => (await messageDe(de))?.code_erreur === '131000');
  for (let i = 0; i < 2; i += 1) {
    await p.avancer(10);
    await waitFor('next try', async () => Number((await messageDe(de))?.tentatives_envoi) >= i + 2);
  }
  await statut(de, 'lu');
  expect(await reponsesRecues(p.graphUrl, de)).toHaveLength(1);
});

test('refused for now as often as is tried: given up, a dead letter with its reason, the vendor told once', async () => {
  const de = nouveauProspect();
  await p.sql`update prive.files set tentatives_max = 4 where nom = 'envoyer_messages'`;
  await reglerSimulateur(p.graphUrl, '_pannes', { statut: 400, code: 130429, fois: 4, delai_ms: 0 });
  await ecrire(de);
  for (let i = 1; i <= 4; i += 1) {
    await waitFor(`try ${i}`, async () => {
      const m = await messageDe(de);
      return m?.tentatives_envoi === i && m.statut_livraison !== 'envoi_en_cours';
    });
    await p.avancer(300);
  }
  const m = await statut(de, 'echec');
  expect(m).toMatchObject({ code_erreur: '130429', tentatives_envoi: 4 });
  const lettres =
    await p.sql`select erreur, tentatives from prive.lettres_mortes where message ->> 'id_message' = ${String(m.id_message)}`;
  expect(lettres).toMatchObject([{ erreur: expect.stringContaining('130429'), tentatives: 4 }]);
  const avis =
    await p.sql`select 1 from public.notifications where cle_unicite like ${`envoi_echoue:${m.id_message}:%`}`;
  expect(avis).toHaveLength(1);
});

test.each([131026, 100, 368])('refused for good (%i): tried once, with the code kept', async (code) => {
  const de = nouveauProspect();
  await reglerSimulateur(p.graphUrl, '_pannes', { statut: 400, code, fois: 1, delai_ms: 0 });
  await ecrire(de);
  expect(await statut(de, 'echec')).toMatchObject({ code_erreur: String(code), tentatives_envoi: 1 });
  await p.avancer(300);
  expect(await reponsesRecues(p.graphUrl, de)).toEqual([]);
});

test('accepted, but the answer is lost: the status event settles it and nothing is sent twice', async () => {
  const de = nouveauProspect();
  await reglerSimulateur(p.graphUrl, '_pannes', { statut: 0, code: 0, fois: 1, delai_ms: 0 });
  await ecrire(de);
  expect((await statut(de, 'lu')).identifiant_message_whatsapp).toMatch(/^wamid\./);
  await p.avancer(300);
  expect(await reponsesRecues(p.graphUrl, de)).toHaveLength(1);
});

test('no answer and no status: unknown after two minutes, the vendor told, not resent by itself; a late status still counts', async () => {
  const de = nouveauProspect();
  await reglerSimulateur(p.graphUrl, '_statuts', { actif: false });
  await reglerSimulateur(p.graphUrl, '_pannes', { statut: 0, code: 0, fois: 1, delai_ms: 0 });
  await ecrire(de);
  const enCours = await statut(de, 'envoi_en_cours');
  await p.avancer(110);
  expect((await messageDe(de))?.statut_livraison).toBe('envoi_en_cours');
  await p.avancer(15);
  expect(await messageDe(de)).toMatchObject({ statut_livraison: 'echec', code_erreur: 'resultat_inconnu' });
  const avis = await p.sql`select contenu_notification from public.notifications
    where cle_unicite = ${`envoi_echoue:${enCours.id_message}:resultat_inconnu`}`;
  expect(avis).toHaveLength(1);
  await p.avancer(600);
  expect(await reponsesRecues(p.graphUrl, de)).toHaveLength(1);

  await p.sql`select prive.appliquer_statut(${vendeur.id}, ${vendeur.idCompte},
    ${p.sql.json({ id: 'wamid.tardif', status: 'delivered', biz_opaque_callback_data: String(enCours.id_message) })})`;
  expect(await messageDe(de)).toMatchObject({ statut_livraison: 'livre', code_erreur: null });
});

test('Meta out of reach: nothing was read there, so it is tried again', async () => {
  const de = nouveauProspect();
  await p.parts.worker.stop();
  await repondreSansEnvoyer(p, () => ecrire(de));
  await p.parts.graph.stop();
  await reveiller(p, 'envoyer-messages');
  await waitFor('the failed try', async () => {
    const m = await messageDe(de);
    return m?.statut_livraison === 'a_envoyer' && m.code_erreur === 'reseau';
  });
  await p.parts.graph.start();
  await reglerSimulateur(p.graphUrl, '_ouvrir', { de, vers: vendeur.numero });
  await p.parts.worker.start();
  await p.avancer(10);
  await statut(de, 'lu');
});

test('the window is closed: not sent, with its reason', async () => {
  const de = nouveauProspect();
  await p.parts.worker.stop();
  try {
    await repondreSansEnvoyer(p, () => ecrire(de));
    await p.sql`update public.conversations as c set fenetre_expire_le = prive.maintenant() from public.prospects as r
      where r.id_prospect = c.id_prospect and r.numero_telephone = ${de}`;
  } finally {
    await p.parts.worker.start();
  }
  expect(await statut(de, 'echec')).toMatchObject({ code_erreur: 'fenetre_fermee', tentatives_envoi: 0 });
});

test('the vendor resends a failed message: once, however often he asks, and only his own', async () => {
  const de = nouveauProspect();
  await reglerSimulateur(p.graphUrl, '_pannes', { statut: 400, code: 131026, fois: 1, delai_ms: 0 });
  await ecrire(de);
  const echoue = await statut(de, 'echec');
  const lui = await clientDe(p.apiUrl, vendeur);
  const autre = await clientDe(p.apiUrl, await creerVendeur(p.sql, { articles: [] }));

  const refus = await autre.rpc('renvoyer_message', { id_message: echoue.id_message });
  expect(refus.error).toMatchObject({ code: 'P0001', hint: 'message_introuvable' });
  const demandes = await Promise.all(
    [1, 2, 3].map(() => lui.rpc('renvoyer_message', { id_message: echoue.id_message })),
  );
  expect(new Set(demandes.map((d) => d.data)).size).toBe(1);
  await statut(de, 'lu');
  expect(await reponsesRecues(p.graphUrl, de)).toHaveLength(1);
  const encore = await lui.rpc('renvoyer_message', { id_message: demandes[0]?.data });
  expect(encore.error).toMatchObject({ hint: 'renvoi_impossible' });
});

test('one vendor without a readable token stops nobody else', async () => {
  const casse = await creerVendeur(p.sql);
  const perdu = await creerVendeur(p.sql);
  await p.sql`update vault.secrets set secret = 'AAAA' where name = ${`whatsapp:${casse.numero}`}`;
  await p.sql`delete from vault.secrets where name = ${`whatsapp:${perdu.numero}`}`;
  const [a, b, c] = [nouveauProspect(), nouveauProspect(), nouveauProspect()];
  await Promise.all([
    dire(p.graphUrl, { de: a, texte: 'Bonjour, vos Nike ?', vers: casse.numero }),
    dire(p.graphUrl, { de: b, texte: 'Bonjour, vos Nike ?', vers: perdu.numero }),
    ecrire(c),
  ]);
  await statut(c, 'lu');
  expect(await statut(a, 'echec')).toMatchObject({ code_erreur: 'compte_inactif', tentatives_envoi: 0 });
  expect(await statut(b, 'echec')).toMatchObject({ code_erreur: 'compte_inactif', tentatives_envoi: 0 });
});

test('Meta says later that it failed: the vendor is told, with the reason', async () => {
  const de = nouveauProspect();
  await reglerSimulateur(p.graphUrl, '_statuts', { actif: false });
  await ecrire(de);
  const envoye = await statut(de, 'envoye');
  await p.sql`select prive.appliquer_statut(${vendeur.id}, ${vendeur.idCompte}, ${p.sql.json({
    id: envoye.identifiant_message_whatsapp,
    status: 'failed',
    errors: [{ code: 131026, title: 'Message undeliverable' }],
  })})`;
  expect(await messageDe(de)).toMatchObject({ statut_livraison: 'echec', code_erreur: '131026' });
  const avis =
    await p.sql`select 1 from public.notifications where cle_unicite = ${`envoi_echoue:${envoye.id_message}:131026`}`;
  expect(avis).toHaveLength(1);
});

test('a reply goes to who wrote, whatever number the vendor notes for him', async () => {
  const de = nouveauProspect();
  await ecrire(de);
  await statut(de, 'lu');
  const client = await clientDe(p.apiUrl, vendeur);
  const note = await client
    .from('prospects')
    .update({ numero_telephone: '+2250799999999' })
    .eq('numero_telephone', de);
  expect(note.error).toBeNull();
  await ecrire(de, 'Je fais du 38');
  await waitFor('the second reply', async () => (await reponsesRecues(p.graphUrl, de)).length === 2);
  expect(await reponsesRecues(p.graphUrl, '+2250799999999')).toEqual([]);

  // And who really has that number is somebody else.
  await ecrire('+2250799999999');
  await waitFor(
    'the other one is answered',
    async () => (await reponsesRecues(p.graphUrl, '+2250799999999')).length === 1,
  );
  const deux = await p.sql`select distinct id_prospect from public.prospects
    where id_utilisateur = ${vendeur.id} and numero_whatsapp in (${de}, '+2250799999999')`;
  expect(deux).toHaveLength(2);
});
