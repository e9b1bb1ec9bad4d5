// Every code of Meta that is known, as an immediate refusal and as a status event that comes later: what becomes of a notification
// and of FluxAsync's own number. What is expected stands here, written without looking at the table.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  FLUXASYNC,
  type Notifications,
  ouvrirNotifications,
  type Verifie,
} from '../helpers/notifications.ts';

const ATTENDU: Record<string, number[]> = {
  reprise: [1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004],
  compte: [0, 3, 10, 190, 200, 131005],
  fenetre: [131047],
  telephone: [130472, 131021, 131026, 131030, 131049, 131062],
  fin: [
    33, 100, 368, 130497, 131008, 131009, 131031, 131037, 131042, 131045, 131048, 131050, 131051, 131052,
    131053, 132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069, 133000, 133010, 133015,
    134011, 135000,
  ],
};
const CAS = Object.entries(ATTENDU).flatMap(([suite, codes]) => codes.map((code) => ({ code, suite })));

let s: Notifications;
let v: Verifie;
beforeAll(async () => {
  s = await ouvrirNotifications();
});
beforeEach(async () => {
  await s.connecter();
  await s.p.sql`delete from prive.debits`;
  v = await s.vendeur();
  await s.ecrire(v);
});
afterAll(() => s?.fermer());

const lettres = () =>
  s.p
    .sql`select message, erreur, tentatives from prive.lettres_mortes where file = 'envoyer_notifications' order by id`;
const compte = async () => {
  const [f] = await s.p
    .sql`select compte_actif as actif, motif_inactif as motif from prive.comptes_plateforme where identifiant_numero_telephone = ${FLUXASYNC}`;
  return f;
};

test('the cases are the codes of the table, all of them', async () => {
  const codes = await s.p.sql`select code from prive.codes_meta where code ~ '^[0-9]+$'`;
  expect(CAS.map((c) => c.code).sort((a, b) => a - b)).toEqual(
    codes.map((c) => Number(c.code)).sort((a, b) => a - b),
  );
});

describe.each(['refused at once', 'failed later'])('%s', (quand) => {
  test.each(CAS)('$code: $suite', async ({ code, suite }) => {
    const [id, suivante] = [await s.notifier(v), await s.notifier(v)];
    await s.panne(
      quand === 'refused at once'
        ? { statut: code === 3 ? 500 : 400, code }
        : { statut: 200, code, apres: true },
    );
    await s.envoyer();
    if (quand === 'failed later') await s.statuts(id);
    const n = await s.avis(id);
    const types = async () => (await s.recus(v)).map((m) => [m.type, m.biz_opaque_callback_data]);
    const acceptee = quand === 'failed later' ? 1 : 0;

    if (suite === 'telephone' || suite === 'fin') {
      expect(n).toMatchObject({
        statut_envoi: 'echec',
        tentatives: 1,
        derniere_erreur: `${code} ${suite === 'telephone' ? "WhatsApp n'a pas pu remettre ce message à votre téléphone." : 'WhatsApp a refusé ce message.'}`,
      });
      expect(await compte()).toEqual({ actif: true, motif: null });
      // It does not stand in the way of the next one.
      expect((await s.avis(suivante)).tentatives).toBe(1);
      return;
    }
    if (suite === 'fenetre') {
      if (quand === 'failed later') await s.envoyer();
      expect(await s.avis(id)).toMatchObject({ tentatives: 2, derniere_erreur: null });
      expect((await types()).find(([, suivi]) => suivi === `n:${id}.2`)).toEqual(['template', `n:${id}.2`]);
      return;
    }
    // Said to have failed, so that to send it again doubles nothing: it waits, and what stands behind it too, if it has not gone.
    expect(n).toMatchObject({
      statut_envoi: 'en_attente',
      tentatives: 1,
      pris: false,
      derniere_erreur: expect.stringMatching(`^${code} `),
    });
    expect(await types()).toHaveLength(quand === 'failed later' ? 2 : 0);
    await s.envoyer({ aussiPlusTard: false });
    expect((await s.avis(id)).tentatives).toBe(1);
    await s.p.sql`delete from prive.debits`;
    if (suite === 'compte') {
      expect(await compte()).toEqual({ actif: false, motif: expect.stringMatching(`^${code} `) });
      await s.envoyer({ aussiPlusTard: true });
      expect((await s.avis(id)).tentatives).toBe(1);
      // An operator connects the number: all goes, and nobody had to ask for it.
      await s.connecter();
      await s.envoyer();
    } else {
      expect(await compte()).toEqual({ actif: true, motif: null });
      await s.envoyer({ aussiPlusTard: true });
    }
    expect(await s.avis(id)).toMatchObject({ tentatives: 2, derniere_erreur: null });
    expect((await types()).filter(([, suivi]) => suivi === `n:${id}.2`)).toHaveLength(1);
    expect((await s.avis(suivante)).tentatives).toBe(1);
    expect(await types()).toHaveLength(2 + acceptee);
    expect(await lettres()).toEqual([]);
  });
});

test('refused eight times: a dead letter with Meta’s own words, and the front end knows; done again by hand, once', async () => {
  const id = await s.notifier(v);
  await s.panne({ code: 131000, fois: 8 });
  for (let i = 0; i < 10; i += 1) await s.envoyer({ aussiPlusTard: true });
  expect(await s.avis(id)).toMatchObject({
    statut_envoi: 'echec',
    tentatives: 8,
    derniere_erreur: '131000 WhatsApp a refusé ce message.',
  });
  const [lettre, ...autres] = await lettres();
  expect([lettre, autres]).toEqual([
    { message: { id_notification: id }, erreur: '131000 Panne demandée par /_pannes', tentatives: 8 },
    [],
  ]);
  const [l] = await s.p.sql`select id from prive.lettres_mortes`;
  await s.p.sql`select prive.rejouer_lettre(${l?.id})`;
  await s.envoyer();
  expect(await s.avis(id)).toMatchObject({ tentatives: 9, derniere_erreur: null });
  expect(await s.recus(v)).toHaveLength(1);
  await expect(s.p.sql`select prive.rejouer_notification(${id})`).rejects.toMatchObject({
    hint: 'lettre_sans_objet',
  });
});

test('no number of ours for a day: not sent any more, a dead letter says why', async () => {
  const id = await s.notifier(v);
  await s.p.sql`update prive.comptes_plateforme set compte_actif = false`;
  await s.envoyer();
  expect(await s.avis(id)).toMatchObject({ statut_envoi: 'en_attente', tentatives: 0 });
  // While there is none, he is told in his front end alone.
  expect(await s.avis(await s.notifier(v))).toMatchObject({
    canal_envoi: 'application',
    statut_envoi: 'envoye',
  });
  await s.p.sql`update prive.horloge set decalage = decalage + interval '25 hours'`;
  await s.envoyer({ aussiPlusTard: true });
  expect(await s.avis(id)).toMatchObject({
    statut_envoi: 'echec',
    derniere_erreur: expect.stringMatching(/^compte_inactif /),
  });
  expect((await lettres()).map((l) => [l.message, l.erreur])).toEqual([
    [{ id_notification: id }, expect.stringMatching(/^compte_inactif/)],
  ]);
  await s.p.sql`update prive.horloge set decalage = interval '0'`;
  await s.p.sql`delete from prive.lettres_mortes`;
});

test('a late refusal of the token of before does not turn off the number that was connected since', async () => {
  const id = await s.notifier(v);
  const [pris] = (await s.base.appeler('prendre_notifications', { limite: 10 }, {
    parse: (x: unknown) => x,
  } as never)) as Record<string, unknown>[];
  await s.p.sql`update prive.horloge set decalage = decalage + interval '1 second'`;
  await s.connecter();
  await s.p.sql`select service.enregistrer_notifications(${s.p.sql.json([
    {
      id_notification: id,
      tentative: 1,
      numero_emetteur: FLUXASYNC,
      code: '190',
      detail: 'x',
      statut_http: 401,
      connecte_le: pris?.connecte_le,
    },
  ] as never)})`;
  expect(await compte()).toEqual({ actif: true, motif: null });
  await s.envoyer();
  expect((await s.avis(id)).tentatives).toBe(2);
});
