// A vendor connects his WhatsApp number: over the real gateway, functions and database, against the simulated Meta.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeDe, commencer, invoquer, levier, nouveauNumero, traces } from '../helpers/connexion.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientAnonyme, clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
let awa: Vendeur;
let kouadio: Vendeur;
let chezAwa: SupabaseClient;
let chezKouadio: SupabaseClient;

beforeAll(async () => {
  p = await openPlatform();
  await p.regler('connexions_par_heure', 1000);
  [awa, kouadio] = await Promise.all([creerVendeur(p.sql), creerVendeur(p.sql)]);
  [chezAwa, chezKouadio] = await Promise.all([clientDe(p.apiUrl, awa), clientDe(p.apiUrl, kouadio)]);
});
afterAll(() => p?.close());

const comptesDe = (numero: string) => p.sql`
  select c.id_compte_whatsapp, c.id_utilisateur, c.compte_actif, c.motif_inactif, c.nom_verifie, c.numero_telephone_whatsapp, c.url_webhook,
    c.debit_par_seconde, c.palier_messages, c.date_deconnexion is not null as deconnecte,
    (select s.decrypted_secret from vault.decrypted_secrets as s where s.id = c.jeton_acces) as jeton,
    (select s.decrypted_secret from vault.decrypted_secrets as s where s.id = c.code_pin) as pin
  from public.comptes_whatsapp as c where c.identifiant_numero_telephone = ${numero} order by 1`;

const secretsDe = async (numero: string) =>
  (await p.sql`select name from vault.secrets where name like ${`%${numero}%`} order by 1`).map(
    (s) => s.name,
  );

const appelsA = async (chemin: RegExp, methode = 'POST') => {
  const journal = (await (await fetch(`${p.graphUrl}/_journal`)).json()) as {
    methode: string;
    chemin: string;
  }[];
  return journal.filter((a) => a.methode === methode && chemin.test(a.chemin)).length;
};

async function connecter(client: SupabaseClient, code: string, plus: Record<string, unknown> = {}) {
  return invoquer(client, { action: 'terminer', code, etat: await commencer(client), ...plus });
}

const ecrire = (numero: string, texte: string, de = '+2250598765432') =>
  levier(p.graphUrl, '/_entrant', { de, texte, vers: numero });
const recusPar = async (vendeur: Vendeur) =>
  (
    await p.sql`select contenu_message from public.messages where id_utilisateur = ${vendeur.id}
      and direction_message = 'entrant' order by id_message`
  ).map((m) => m.contenu_message);

describe('a number', () => {
  test('is connected: registered, subscribed, its token in the Vault alone, and it works', async () => {
    const { waba, numero } = nouveauNumero();
    const code = await codeDe(p.graphUrl, {
      waba,
      numeros: [
        { id: numero, numero: '+225 07 01 02 03 04', nom: 'Chez Awa', debit: 'HIGH', palier: 'TIER_2K' },
      ],
    });
    const { statut, corps } = await connecter(chezAwa, code);
    const [compte, ...autres] = await comptesDe(numero);
    expect(autres).toEqual([]);
    expect({ statut, corps }).toEqual({
      statut: 200,
      corps: {
        comptes: [
          {
            id_compte_whatsapp: compte?.id_compte_whatsapp,
            numero: '+2250701020304',
            nom_verifie: 'Chez Awa',
            etat: 'connecte',
          },
        ],
      },
    });
    expect(compte).toMatchObject({
      id_utilisateur: awa.id,
      compte_actif: true,
      numero_telephone_whatsapp: '+2250701020304',
      debit_par_seconde: 1000,
      palier_messages: 'TIER_2K',
      url_webhook: `${p.apiUrl}/functions/v1/whatsapp-webhook`,
      jeton: expect.stringMatching(/^EAAJ/),
      pin: expect.stringMatching(/^[0-9]{6}$/),
    });
    const abonnes = (await (await fetch(`${p.graphUrl}/_abonnements`)).json()) as Record<string, string[]>;
    expect(abonnes[waba]).toEqual(['dev-app-id']);

    await ecrire(numero, 'Bonjour');
    await waitFor(
      'the answer has gone out',
      async () => {
        const [m] =
          await p.sql`select from public.messages where id_compte_whatsapp = ${compte?.id_compte_whatsapp}
        and direction_message = 'sortant' and statut_livraison in ('envoye', 'livre', 'lu')`;
        return m;
      },
      30_000,
    );

    // Neither token, code nor PIN anywhere but encrypted in the Vault: not in a table, the simulator's journal or a log.
    const journal = await (await fetch(`${p.graphUrl}/_journal`)).text();
    expect(await traces(p.sql, numero)).toEqual(
      expect.arrayContaining([
        'prive.evenements_webhook.corps',
        'public.comptes_whatsapp.identifiant_numero_telephone',
      ]),
    );
    for (const secret of [compte?.jeton, code]) {
      expect(await traces(p.sql, secret)).toEqual([]);
      expect(`${journal}${p.journal.join('\n')}`).not.toContain(secret);
    }
    expect(journal).not.toContain(`"${compte?.pin}"`);
    expect(await secretsDe(numero)).toEqual([`whatsapp:${numero}`, `whatsapp:${numero}:pin`]);
    expect(await p.sql`select from vault.secrets where name like 'connexion:%'`).toHaveLength(0);
    const [appels] = await p.sql`select count(*)::int as n from public.utilisation_apis
      where id_utilisateur = ${awa.id} and endpoint_appele in ('GET /oauth/access_token', 'POST /{numero}/register') and code_statut = 200`;
    expect(appels?.n).toBe(2);
  });

  test('that is on the vendor’s phone as well is not registered', async () => {
    const { waba, numero } = nouveauNumero();
    const code = await codeDe(p.graphUrl, { waba, numeros: [{ id: numero, coexistence: true }] });
    expect((await connecter(chezAwa, code)).statut).toBe(200);
    expect(await appelsA(new RegExp(`/${numero}/register$`))).toBe(0);
    expect(await comptesDe(numero)).toMatchObject([{ compte_actif: true, pin: null, debit_par_seconde: 20 }]);
  });

  test('that has a PIN is connected with it, and not without', async () => {
    const { waba, numero } = nouveauNumero();
    const donner = () => codeDe(p.graphUrl, { waba, numeros: [numero], pin_requis: '482913' });
    const etat = await commencer(chezAwa);
    const code = await donner();
    const sans = await invoquer(chezAwa, { action: 'terminer', code, etat });
    expect([sans.statut, sans.corps.code]).toEqual([409, 'enregistrement_refuse']);
    expect(await comptesDe(numero)).toEqual([]);
    // The same state and code go on where they stopped: the code is not exchanged twice.
    const avec = await invoquer(chezAwa, { action: 'terminer', code, etat, code_pin: '482913' });
    expect(avec.statut).toBe(200);
    expect(await comptesDe(numero)).toMatchObject([{ pin: '482913' }]);
  });

  test('of several, the one that is named; else all that nobody else has', async () => {
    const { waba, numero: un } = nouveauNumero();
    const { numero: deux } = nouveauNumero();
    const { numero: trois } = nouveauNumero();
    const numeros = [un, deux, trois];
    const donner = () => codeDe(p.graphUrl, { waba, numeros });
    const nomme = await connecter(chezKouadio, await donner(), {
      identifiant_compte_business: waba,
      identifiant_numero_telephone: deux,
    });
    expect(nomme.statut).toBe(200);
    expect(await comptesDe(un)).toEqual([]);
    expect(await comptesDe(deux)).toMatchObject([{ id_utilisateur: kouadio.id }]);

    const [avant] = await comptesDe(deux);
    const pris = await connecter(chezAwa, await donner(), { identifiant_numero_telephone: deux });
    expect([pris.statut, pris.corps.code]).toEqual([409, 'numero_deja_connecte']);
    const libres = await connecter(chezAwa, await donner());
    expect(libres.statut).toBe(200);
    for (const numero of [un, trois])
      expect(await comptesDe(numero)).toMatchObject([{ id_utilisateur: awa.id }]);
    // Nothing of the other vendor has changed, his token least of all.
    expect(await comptesDe(deux)).toEqual([avant]);
    const rien = await connecter(chezKouadio, await codeDe(p.graphUrl, { waba: nouveauNumero().waba }), {});
    expect([rien.statut, rien.corps.code]).toEqual([422, 'compte_sans_numero']);
  });

  test('is disconnected, connected again, and taken by another vendor: each keeps his own conversations', async () => {
    const { waba, numero } = nouveauNumero();
    const donner = () => codeDe(p.graphUrl, { waba, numeros: [numero] });
    const premier = (await connecter(chezAwa, await donner())).corps as {
      comptes: { id_compte_whatsapp: number }[];
    };
    const id = premier.comptes[0]?.id_compte_whatsapp;
    await ecrire(numero, 'avant');
    const avant = await comptesDe(numero);
    const parti = await invoquer(chezAwa, { action: 'deconnecter', id_compte_whatsapp: id });
    expect(parti).toMatchObject({ statut: 200, corps: { meta_prevenu: true } });
    expect(await comptesDe(numero)).toMatchObject([
      {
        id_compte_whatsapp: id,
        compte_actif: false,
        motif_inactif: 'deconnecte',
        deconnecte: true,
        jeton: null,
        pin: null,
      },
    ]);
    expect(await secretsDe(numero)).toEqual([]);
    expect(await invoquer(chezAwa, { action: 'deconnecter', id_compte_whatsapp: id })).toEqual(parti);
    const abonnes = (await (await fetch(`${p.graphUrl}/_abonnements`)).json()) as Record<string, string[]>;
    expect(abonnes[waba]).toEqual([]);

    await ecrire(numero, 'pendant ce temps');
    const etranger = await invoquer(chezKouadio, { action: 'deconnecter', id_compte_whatsapp: id });
    expect([etranger.statut, etranger.corps.code]).toEqual([404, 'numero_introuvable']);
    const encore = await invoquer(chezAwa, {
      action: 'reconnecter',
      id_compte_whatsapp: id,
      code: await donner(),
      etat: await commencer(chezAwa),
    });
    expect(encore.statut).toBe(200);
    const [revenu, ...plus] = await comptesDe(numero);
    expect(plus).toEqual([]);
    expect(revenu).toMatchObject({
      id_compte_whatsapp: id,
      compte_actif: true,
      motif_inactif: null,
      deconnecte: false,
    });
    expect(revenu?.jeton).not.toBe(avant[0]?.jeton);
    await ecrire(numero, 'revenu');
    await waitFor('what came while he was away is his too', async () =>
      (await recusPar(awa)).includes('pendant ce temps'),
    );

    await invoquer(chezAwa, { action: 'deconnecter', id_compte_whatsapp: id });
    await ecrire(numero, 'entre deux');
    expect((await connecter(chezKouadio, await donner())).statut).toBe(200);
    await p.avancer(300);
    await ecrire(numero, 'chez le nouveau');
    // What came in between was written to the one who had gone: it stays in the inbox and is nobody's.
    expect(await recusPar(awa)).toEqual(expect.arrayContaining(['avant', 'revenu']));
    for (const autre of ['entre deux', 'chez le nouveau']) expect(await recusPar(awa)).not.toContain(autre);
    expect(await recusPar(kouadio)).toEqual(['chez le nouveau']);
    const deux = await comptesDe(numero);
    expect(deux.map((c) => [c.id_utilisateur, c.compte_actif])).toEqual([
      [awa.id, false],
      [kouadio.id, true],
    ]);
    const retour = await invoquer(chezAwa, {
      action: 'reconnecter',
      id_compte_whatsapp: id,
      code: await donner(),
      etat: await commencer(chezAwa),
    });
    expect([retour.statut, retour.corps.code]).toEqual([409, 'numero_deja_connecte']);
    expect(await comptesDe(numero)).toEqual(deux);
  });

  test('is disconnected even when Meta does not answer, and the account of another number stays subscribed', async () => {
    const { waba, numero } = nouveauNumero();
    const { numero: autre } = nouveauNumero();
    const { corps } = await connecter(chezAwa, await codeDe(p.graphUrl, { waba, numeros: [numero, autre] }));
    const [un, deux] = (corps as { comptes: { id_compte_whatsapp: number }[] }).comptes;
    const premier = await invoquer(chezAwa, {
      action: 'deconnecter',
      id_compte_whatsapp: un?.id_compte_whatsapp,
    });
    expect(premier).toMatchObject({ statut: 200, corps: { meta_prevenu: true } });
    expect(await appelsA(new RegExp(`/${waba}/subscribed_apps$`), 'DELETE')).toBe(0);
    await levier(p.graphUrl, '/_revoquer', { waba });
    const second = await invoquer(chezAwa, {
      action: 'deconnecter',
      id_compte_whatsapp: deux?.id_compte_whatsapp,
    });
    expect(second).toMatchObject({ statut: 200, corps: { meta_prevenu: false } });
    expect(await comptesDe(autre)).toMatchObject([{ compte_actif: false, deconnecte: true, jeton: null }]);
  });
});

test('FluxAsync’s own number is no vendor’s, and a vendor’s is not FluxAsync’s', async () => {
  const { waba, numero } = nouveauNumero();
  const brancher = (id: string, jeton: string) =>
    p.sql`select service.connecter_compte_plateforme(${id}, '+225 07 99 99 99 99', ${jeton})`;
  await brancher(numero, 'premier');
  await brancher(numero, 'second');
  expect(
    await p.sql`select c.numero_telephone_whatsapp as numero, s.decrypted_secret as jeton from prive.comptes_plateforme as c
      join vault.decrypted_secrets as s on s.id = c.jeton_acces where c.identifiant_numero_telephone = ${numero}`,
  ).toEqual([{ numero: '+2250799999999', jeton: 'second' }]);
  const { statut, corps } = await connecter(chezAwa, await codeDe(p.graphUrl, { waba, numeros: [numero] }));
  expect([statut, corps.code]).toEqual([409, 'numero_deja_connecte']);
  await expect(brancher(awa.numero, 'x')).rejects.toMatchObject({ hint: 'numero_deja_connecte' });
});

describe('who asks', () => {
  const issue = async (...args: Parameters<typeof invoquer>) => {
    const { statut, corps } = await invoquer(...args);
    return [statut, corps.code];
  };

  test('with a state that is another’s, over, used or none gets nothing', async () => {
    const { waba, numero } = nouveauNumero();
    const code = await codeDe(p.graphUrl, { waba, numeros: [numero] });
    const etat = await commencer(chezAwa);
    const demande = { action: 'terminer', code, etat };
    expect(await issue(chezKouadio, demande)).toEqual([410, 'etat_invalide']);
    expect(await issue(chezAwa, { ...demande, etat: 'inconnu' })).toEqual([410, 'etat_invalide']);
    const perime = await commencer(chezAwa);
    await p.sql`update prive.connexions_whatsapp set expire_le = prive.maintenant() where id = (select max(id) from prive.connexions_whatsapp)`;
    expect(await issue(chezAwa, { ...demande, etat: perime })).toEqual([410, 'etat_invalide']);
    // What an unfinished connection kept is forgotten when it expires.
    await p.sql`update prive.connexions_whatsapp set expire_le = prive.maintenant() where secrets is not null`;
    await p.sql`select prive.purger_connexions()`;
    expect(await p.sql`select from vault.secrets where name like 'connexion:%'`).toHaveLength(0);
    expect(await comptesDe(numero)).toEqual([]);

    const fait = await invoquer(chezAwa, demande);
    expect(fait.statut).toBe(200);
    // The answer may be asked for again; with another code the state has been used.
    expect(await invoquer(chezAwa, demande)).toEqual(fait);
    const autre = await codeDe(p.graphUrl, { waba, numeros: [numero] });
    expect(await issue(chezAwa, { ...demande, code: autre })).toEqual([410, 'etat_invalide']);
    // A code works once, whatever the state.
    expect(await issue(chezAwa, { ...demande, etat: await commencer(chezAwa) })).toEqual([
      400,
      'connexion_refusee',
    ]);
  });

  test('for what the token does not grant is refused, whatever the browser names', async () => {
    const { waba, numero } = nouveauNumero();
    const { waba: autreWaba, numero: autreNumero } = nouveauNumero();
    await codeDe(p.graphUrl, { waba: autreWaba, numeros: [autreNumero] });
    const donner = (plus = {}) => codeDe(p.graphUrl, { waba, numeros: [numero], ...plus });
    const refus = async (code: string, plus = {}) => {
      const { statut, corps } = await connecter(chezAwa, code, plus);
      return [statut, corps.code];
    };
    expect(await refus(await donner(), { identifiant_compte_business: autreWaba })).toEqual([
      403,
      'numero_non_autorise',
    ]);
    expect(await refus(await donner(), { identifiant_numero_telephone: autreNumero })).toEqual([
      403,
      'numero_non_autorise',
    ]);
    expect(await refus(await donner({ application: 'another-app' }))).toEqual([403, 'jeton_refuse']);
    expect(await refus(await donner({ permissions: ['whatsapp_business_management'] }))).toEqual([
      403,
      'jeton_refuse',
    ]);
    expect(await comptesDe(numero)).toEqual([]);
    expect(await comptesDe(autreNumero)).toEqual([]);
  });

  test('must have a session and a shop, and say what he wants', async () => {
    expect(await issue(clientAnonyme(p.apiUrl), { action: 'deconnecter', id_compte_whatsapp: 1 })).toEqual([
      401,
      'session_invalide',
    ]);
    expect(await issue(chezAwa, { action: 'autre' })).toEqual([400, 'demande_invalide']);
    const personne = await creerVendeur(p.sql, { articles: [] });
    const chezPersonne = await clientDe(p.apiUrl, personne);
    await p.sql`delete from public.utilisateurs_fluxasync where id_utilisateur = ${personne.id}`;
    await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${awa.id}, ${personne.id}, 'gestionnaire')`;
    expect(await issue(chezPersonne, { action: 'terminer', code: 'x', etat: 'y' })).toEqual([
      403,
      'pas_proprietaire',
    ]);
    await expect(commencer(chezPersonne)).rejects.toThrow('pas_proprietaire');
    expect(await issue(chezPersonne, { action: 'deconnecter', id_compte_whatsapp: awa.idCompte })).toEqual([
      404,
      'numero_introuvable',
    ]);
  });

  test('may not ask without end', async () => {
    const presse = await creerVendeur(p.sql, { articles: [] });
    const client = await clientDe(p.apiUrl, presse);
    const etat = await commencer(client);
    await p.regler('connexions_par_heure', 3);
    try {
      for (let i = 0; i < 3; i += 1)
        expect(await issue(client, { action: 'terminer', code: `faux-${i}`, etat })).toEqual([
          400,
          'connexion_refusee',
        ]);
      expect(await issue(client, { action: 'terminer', code: 'faux', etat })).toEqual([429, 'trop_d_essais']);
      await commencer(client);
      await commencer(client);
      await expect(commencer(client)).rejects.toThrow('trop_d_essais');
    } finally {
      await p.regler('connexions_par_heure', 1000);
    }
  });

  test('from a web page: the browser’s question is answered', async () => {
    const url = `${p.apiUrl}/functions/v1/connecter-whatsapp`;
    const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'http://localhost:5173' } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const refuse = await fetch(url, {
      method: 'POST',
      headers: { origin: 'http://localhost:5173' },
      body: '{}',
    });
    expect([refuse.status, refuse.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'http://localhost:5173',
    ]);
  });
});
