// Every code of Meta that is known, as an immediate refusal and as a status event that comes later: what becomes of the message, who is
// told, what happens to account, campaigns, template and person. What is expected stands here, written without looking at the table.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creerModele, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';

const ATTENDU: Record<string, number[]> = {
  reprise: [1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004],
  compte: [0, 3, 10, 190, 200, 131005],
  campagnes: [131048],
  desabonnement: [131050],
  fenetre: [131047],
  modele: [132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069],
  fin: [
    33, 100, 368, 130472, 130497, 131008, 131009, 131021, 131026, 131030, 131031, 131037, 131042, 131045,
    131049, 131051, 131052, 131053, 131062, 133000, 133010, 133015, 134011, 135000,
  ],
};
const CAS = Object.entries(ATTENDU).flatMap(([suite, codes]) => codes.map((code) => ({ code, suite })));

let s: Sortant;
beforeAll(async () => {
  s = await ouvrirSortant();
});
afterAll(() => s?.fermer());

async function scene() {
  const v = await s.vendeur();
  const { de, conversation } = await s.prospect(v);
  await s.p
    .sql`insert into public.campagnes_marketing (id_utilisateur, nom_campagne, type_campagne, statut_campagne)
    values (${v.id}, 'Diffusion', 'diffusion_whatsapp', 'active'), (${v.id}, 'Pub', 'pub_facebook', 'active'), (${v.id}, 'Finie', 'diffusion_whatsapp', 'terminee')`;
  await creerModele(s.p, v, { nom: 'relance' });
  return { v, de, conversation };
}

const etat = async (v: Vendeur) => {
  const [c] = await s.p
    .sql`select compte_actif, motif_inactif from public.comptes_whatsapp where id_utilisateur = ${v.id}`;
  const campagnes = await s.p
    .sql`select statut_campagne from public.campagnes_marketing where id_utilisateur = ${v.id} order by id_campagne`;
  const [r] = await s.p
    .sql`select r.desabonne_le is not null as desabonne, c.fenetre_expire_le > prive.maintenant() as ouverte
    from public.prospects as r join public.conversations as c using (id_prospect) where r.id_utilisateur = ${v.id}`;
  const [m] = await s.p.sql`select statut from public.modeles_whatsapp where id_utilisateur = ${v.id}`;
  return {
    compte: c?.compte_actif ? 'actif' : c?.motif_inactif,
    campagnes: campagnes.map((k) => k.statut_campagne),
    desabonne: r?.desabonne,
    ouverte: r?.ouverte,
    modele: m?.statut,
  };
};
const CALME = {
  compte: 'actif',
  campagnes: ['active', 'active', 'terminee'],
  desabonne: false,
  ouverte: true,
  modele: 'approuve',
};

test('the cases are the codes of the table, all of them', async () => {
  const codes = await s.p.sql`select code from prive.codes_meta where code ~ '^[0-9]+$'`;
  expect(CAS.map((c) => c.code).sort((a, b) => a - b)).toEqual(
    codes.map((c) => Number(c.code)).sort((a, b) => a - b),
  );
});

describe.each(['refused at once', 'failed later'])('%s', (quand) => {
  test.each(CAS)('$code: $suite', async ({ code, suite }) => {
    const { v, conversation } = await scene();
    const type = suite === 'modele' ? 'modele' : 'texte';
    const charge = { modele: { nom: 'relance', langue: 'fr', corps: ['Aya'] } };
    const id = await s.ecrire(conversation, 'Bonjour', type === 'modele' ? { type, charge } : {});
    await s.panne(
      quand === 'refused at once'
        ? { statut: code === 3 ? 500 : 400, code }
        : { statut: 200, code, apres: true },
    );
    await s.envoyer();
    if (quand === 'failed later') await s.statuts(id);

    const m = await s.message(id);
    const avis = (await s.avis(v)).map((a) => a.cle.split(':')[0]);
    if (suite === 'reprise') {
      expect(m).toMatchObject({
        statut_livraison: 'a_envoyer',
        code_erreur: String(code),
        identifiant_message_whatsapp: null,
      });
      expect(avis).toEqual([]);
      expect(await etat(v)).toEqual(CALME);
      await s.envoyer();
      expect((await s.message(id)).tentatives_envoi).toBe(1);
      await s.p.sql`delete from prive.debits`;
      await s.envoyer({}, true);
      expect(await s.message(id)).toMatchObject({
        tentatives_envoi: 2,
        statut_livraison: 'envoye',
        code_erreur: null,
      });
      return;
    }
    expect(m).toMatchObject({
      statut_livraison: 'echec',
      tentatives_envoi: 1,
      code_erreur: suite === 'fenetre' ? 'fenetre_fermee' : String(code),
    });
    const change: Partial<typeof CALME> =
      {
        compte: { compte: 'jeton_mort' },
        campagnes: { campagnes: ['en_pause', 'active', 'terminee'] },
        desabonnement: { desabonne: true },
        fenetre: { ouverte: false },
        modele: { modele: { 132015: 'en_pause', 132016: 'desactive' }[code] ?? 'approuve' },
      }[suite] ?? {};
    expect(await etat(v)).toEqual({ ...CALME, ...change });
    const dits: Record<string, string[]> = {
      compte: ['compte_inactif'],
      campagnes: ['limite_spam', 'envoi_echoue'],
      modele: [...(code === 132015 || code === 132016 ? ['modele'] : []), 'envoi_echoue'],
    };
    expect(avis).toEqual(dits[suite] ?? ['envoi_echoue']);
    await s.envoyer({}, true);
    expect((await s.message(id)).tentatives_envoi).toBe(1);
  });
});

test('a code nobody knows: final, unless Meta’s HTTP status speaks of its own trouble', async () => {
  const { v, conversation } = await scene();
  for (const [statut, voulu] of [
    [400, 'echec'],
    [500, 'a_envoyer'],
    [429, 'a_envoyer'],
  ] as const) {
    const id = await s.ecrire(conversation, `${statut}`);
    await s.panne({ statut, code: 999_999 });
    await s.envoyer();
    expect([statut, (await s.message(id)).statut_livraison]).toEqual([statut, voulu]);
    await s.envoyer({}, true);
  }
  expect((await s.avis(v)).map((a) => a.contenu)).toEqual(['WhatsApp a refusé ce message. « 400 »']);
});

test('a dead token ends all that waits on the number, with one notice; a refusal from before it was connected again does not', async () => {
  const { v, conversation } = await scene();
  const autres = await Promise.all(Array.from({ length: 3 }, () => s.prospect(v)));
  const premier = await s.ecrire(conversation);
  const attend = await s.ecrire((await s.prospect(v)).conversation, 'Plus tard', {
    charge: { attendre: true },
  });
  await s.p.sql`update public.messages set code_erreur = 'fenetre_fermee' where id_message = ${attend}`;
  await s.p.sql`delete from pgmq.q_envoyer_messages where (message ->> 'id_message')::bigint = ${attend}`;
  await s.panne({ code: 190 });
  await s.envoyer();
  const suivants = await Promise.all(autres.map((a) => s.ecrire(a.conversation)));
  await s.envoyer();
  expect(await s.message(premier)).toMatchObject({ statut_livraison: 'echec', code_erreur: '190' });
  for (const id of [...suivants, attend])
    expect(await s.message(id)).toMatchObject({
      statut_livraison: 'echec',
      code_erreur: 'compte_inactif',
      tentatives_envoi: 0,
    });
  expect((await s.avis(v)).map((a) => a.cle)).toEqual([
    expect.stringContaining(`compte_inactif:${v.idCompte}:jeton_mort:`),
  ]);

  await s.p
    .sql`update public.comptes_whatsapp set compte_actif = true, motif_inactif = null where id_compte_whatsapp = ${v.idCompte}`;
  const encore = await s.ecrire(conversation);
  const [pris] = await s.p.sql<
    { envois: { tentative: number }[] }[]
  >`select service.prendre_envois(10) as envois`;
  await s.p
    .sql`update public.comptes_whatsapp set date_connexion = prive.maintenant() + interval '1 second' where id_compte_whatsapp = ${v.idCompte}`;
  await s.p
    .sql`select service.enregistrer_envois(${s.p.sql.json([{ id_message: encore, tentative: pris?.envois[0]?.tentative ?? 0, code: '190', detail: 'x', statut_http: 401 }])})`;
  expect(await etat(v)).toMatchObject({ compte: 'actif' });
  expect(await s.message(encore)).toMatchObject({ statut_livraison: 'a_envoyer' });
});

test('what failed and goes again is not taken for sent by a late “sent” of the first time, nor for failed by its “failed”; what was delivered after all is not sent again', async () => {
  const { v, conversation } = await scene();
  const id = await s.ecrire(conversation);
  await s.regler('_statuts', { actif: false });
  await s.envoyer();
  const wamid = (await s.message(id)).identifiant_message_whatsapp;
  const dire = (status: string, autres: object = {}) =>
    s.p
      .sql`select prive.appliquer_statut(${v.id}, ${v.idCompte}, ${s.p.sql.json({ id: wamid, status, biz_opaque_callback_data: `${id}.1`, ...autres } as never)})`;
  await dire('failed', { errors: [{ code: 131000 }] });
  await dire('sent');
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'a_envoyer', tentatives_envoi: 1 });
  await dire('failed', { errors: [{ code: 131000 }] });
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'a_envoyer', tentatives_envoi: 1 });
  await s.envoyer({}, true);
  await dire('failed', { errors: [{ code: 131026 }] });
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye', tentatives_envoi: 2 });

  const livre = await s.ecrire(conversation, 'Encore');
  await s.envoyer();
  const m = await s.message(livre);
  for (const status of ['failed', 'delivered'])
    await s.p.sql`select prive.appliquer_statut(${v.id}, ${v.idCompte}, ${s.p.sql.json({
      id: m.identifiant_message_whatsapp,
      status,
      biz_opaque_callback_data: `${livre}.1`,
      errors: [{ code: 131000 }],
    })})`;
  await s.envoyer({}, true);
  expect(await s.message(livre)).toMatchObject({ statut_livraison: 'livre', tentatives_envoi: 1 });
  await s.regler('_statuts', { actif: true });
});
