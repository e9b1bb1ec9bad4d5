// Meta's door: who may knock, what is kept, and that nothing is acknowledged before it is stored.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

const SECRETS = ['secret-actuel', 'secret-precedent'];
let p: TestPlatform;
let vendeur: Vendeur;

beforeAll(async () => {
  p = await openPlatform({
    parts: ['gateway', 'functions'],
    env: { META_APP_SECRET: SECRETS.join(','), META_VERIFY_TOKEN: 'jeton-verification' },
  });
  vendeur = await creerVendeur(p.sql);
});
afterAll(() => p?.close());

const url = () => `${p.apiUrl}/functions/v1/whatsapp-webhook`;

function signer(corps: Uint8Array | string, secret = SECRETS[0] ?? ''): string {
  return `sha256=${createHmac('sha256', secret).update(corps).digest('hex')}`;
}

async function poster(
  corps: Uint8Array | string,
  entetes: Record<string, string> = { 'x-hub-signature-256': signer(corps) },
) {
  return fetch(url(), {
    method: 'POST',
    body: corps as BodyInit,
    headers: { 'content-type': 'application/json', ...entetes },
  });
}

function evenement(messages: object[], { numero = vendeur.numero, champ = 'messages' } = {}): string {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { phone_number_id: numero },
    contacts: [],
    messages,
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: 'waba', changes: [{ field: champ, value }] }],
  });
}

let rang = 0;
function texte(body: string, de = '2250101010101') {
  rang += 1;
  return {
    from: de,
    id: `wamid.${rang}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: 'text',
    text: { body },
  };
}

const lignes = async () => {
  const [compte] = await p.sql`
    select (select count(*) from prive.evenements_webhook) as evenements, (select count(*) from public.messages) as messages`;
  return { evenements: Number(compte?.evenements), messages: Number(compte?.messages) };
};

describe('the handshake', () => {
  const demander = (parametres: Record<string, string>) =>
    fetch(`${url()}?${new URLSearchParams(parametres)}`);

  test('answers the challenge as text to who knows the token', async () => {
    const reponse = await demander({
      'hub.mode': 'subscribe',
      'hub.verify_token': 'jeton-verification',
      'hub.challenge': '<b>42</b>',
    });
    expect(reponse.status).toBe(200);
    expect(reponse.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await reponse.text()).toBe('<b>42</b>');
  });

  test.each([
    { 'hub.mode': 'subscribe', 'hub.verify_token': 'autre', 'hub.challenge': '1' },
    { 'hub.mode': 'unsubscribe', 'hub.verify_token': 'jeton-verification', 'hub.challenge': '1' },
    { 'hub.mode': 'subscribe', 'hub.verify_token': 'jeton-verification' },
    { 'hub.mode': 'subscribe', 'hub.challenge': '1' },
  ])('is refused: %j', async (parametres) => {
    const reponse = await demander(parametres as Record<string, string>);
    expect(reponse.status).toBe(403);
    expect(await reponse.json()).toMatchObject({ code: 'verification_refusee' });
  });
});

describe('the signature', () => {
  test.each(SECRETS)('of every configured secret is accepted (%s)', async (secret) => {
    const corps = evenement([texte(`signé par ${secret}`)]);
    expect((await poster(corps, { 'x-hub-signature-256': signer(corps, secret) })).status).toBe(200);
  });

  test('is over the raw bytes: a tampered, unsigned, wrongly signed or formerly signed body gets 401 and leaves no row', async () => {
    const avant = await lignes();
    const corps = evenement([texte('payez moins')]);
    const refusees: Record<string, string>[] = [
      {},
      { 'x-hub-signature-256': '' },
      { 'x-hub-signature-256': signer(`${corps} `) },
      { 'x-hub-signature-256': signer(corps, 'secret-retire') },
      { 'x-hub-signature-256': signer(corps).replace('sha256=', 'sha1=') },
      { 'x-hub-signature-256': signer(corps).slice(0, -2) },
      { 'x-hub-signature-256': `${signer(corps)}00` },
      { 'x-hub-signature': signer(corps) },
    ];
    for (const entetes of refusees) {
      const reponse = await poster(corps, entetes);
      expect([reponse.status, ((await reponse.json()) as { code: string }).code]).toEqual([
        401,
        'signature_invalide',
      ]);
    }
    expect(await lignes()).toEqual(avant);
  });
});

describe('what is no event', () => {
  test('other methods get 405', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await fetch(url(), { method })).status).toBe(405);
  });

  test('no JSON gets 400 and leaves no row', async () => {
    const avant = await lignes();
    for (const corps of ['', 'bonjour', '{"entry":', '\u0000'])
      expect((await poster(corps)).status).toBe(400);
    expect(await lignes()).toEqual(avant);
  });

  test('more than 3 MB gets 413 whatever its signature, exactly 3 MB is read', async () => {
    const taille = 3 * 1024 * 1024;
    const plein = JSON.stringify({ entry: [], bourrage: '' });
    const exact = plein.replace('""', `"${'a'.repeat(taille - plein.length)}"`);
    expect(exact.length).toBe(taille);
    expect((await poster(exact)).status).toBe(200);
    expect((await poster(`${exact} `)).status).toBe(413);
    const flux = new ReadableStream({
      start(sortie) {
        for (let i = 0; i < 4; i += 1) sortie.enqueue(new Uint8Array(1024 * 1024));
        sortie.close();
      },
    });
    const sansLongueur = await fetch(url(), { method: 'POST', body: flux, duplex: 'half' } as RequestInit);
    expect(sansLongueur.status).toBe(413);
  });
});

describe('what is kept', () => {
  const dernier = async () => {
    const [ligne] =
      await p.sql`select etat, erreur, corps, prochaine_tentative from prive.evenements_webhook order by id desc limit 1`;
    return ligne;
  };

  test.each([
    ['an unknown number', () => evenement([texte('x')], { numero: '999' }), 'echec', /compte_inconnu: 999/],
    [
      'an unknown field',
      () => evenement([texte('x')], { champ: 'groupes_du_futur' }),
      'echec',
      /champ_inconnu: groupes_du_futur/,
    ],
    ['another shape', () => '[1, {"entry": "x"}]', 'echec', /./],
    [
      'a sender nobody names',
      () => evenement([{ id: 'wamid.sans', type: 'text', text: { body: 'x' } }]),
      'echec',
      /personne|vient/,
    ],
  ])('%s: in the inbox with its error, answered 200', async (_, corps, etat, erreur) => {
    const octets = corps();
    expect((await poster(octets)).status).toBe(200);
    const ligne = await dernier();
    expect(ligne).toMatchObject({ etat });
    expect(ligne?.erreur).toMatch(erreur);
    expect(Buffer.from(ligne?.corps).toString()).toBe(octets);
    // What nobody knows today nobody knows in an hour; a number may be connected later.
    expect(ligne?.prochaine_tentative !== null).toBe(/compte_inconnu|22|P0001/.test(ligne?.erreur));
  });

  test('an unknown message type is a message all the same', async () => {
    const message = { ...texte('x'), type: 'hologramme', hologramme: { taille: 3 } };
    expect((await poster(evenement([message]))).status).toBe(200);
    const [ligne] =
      await p.sql`select type_message, charge_utile from public.messages where identifiant_message_whatsapp = ${message.id}`;
    expect(ligne).toMatchObject({ type_message: 'inconnu', charge_utile: { hologramme: { taille: 3 } } });
  });

  test('what Postgres cannot read as JSON sinks nobody else: NUL, lone surrogates, huge numbers, bytes that are no UTF-8', async () => {
    const bon = texte('je suis bien là');
    const voisins = [
      texte('NUL _A_'),
      texte('seul _B_'),
      texte('paire _C_'),
      { ...texte('grand'), taille: '_D_' },
    ];
    const corps = evenement([...voisins, bon])
      .replace('_A_', 'a\\u0000b')
      .replace('_B_', '\\ud83d \\ude00')
      .replace('_C_', '\\ud83d\\ude00')
      .replace('"_D_"', '1e400000');
    expect((await poster(corps)).status).toBe(200);
    const ids = [...voisins, bon].map((m) => m.id);
    const recus = await p.sql`select contenu_message from public.messages
      where identifiant_message_whatsapp = any (${ids}) order by id_message`;
    expect(recus.map((m) => m.contenu_message)).toEqual([
      'NUL a�b',
      'seul � �',
      'paire 😀',
      'je suis bien là',
    ]);
    expect(await dernier()).toMatchObject({ etat: 'partiel' });

    const casse = Buffer.concat([
      Buffer.from('{"entry": [], "x": "'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expect((await poster(casse)).status).toBe(200);
    expect(Buffer.compare(Buffer.from((await dernier())?.corps), casse)).toBe(0);
  });

  test('a part that cannot be applied leaves the others, with or without contacts', async () => {
    for (const contacts of [undefined, null, 'x']) {
      const bon = texte('je reste');
      const mauvais = { ...texte('x'), timestamp: 'hier' };
      const value = { metadata: { phone_number_id: vendeur.numero }, contacts, messages: [mauvais, bon] };
      expect(
        (await poster(JSON.stringify({ entry: [{ changes: [{ field: 'messages', value }] }] }))).status,
      ).toBe(200);
      const [ligne] =
        await p.sql`select contenu_message from public.messages where identifiant_message_whatsapp = ${bon.id}`;
      expect([contacts, ligne?.contenu_message]).toEqual([contacts, 'je reste']);
      expect(await dernier()).toMatchObject({ etat: 'partiel' });
    }
  });

  test('a known message that comes again opens no new conversation', async () => {
    const message = texte('bonjour', '2250303030303');
    await poster(evenement([message]));
    await p.sql`update public.conversations as c set statut_conversation = 'terminee' from public.prospects as r
      where r.id_prospect = c.id_prospect and r.numero_whatsapp = '+2250303030303'`;
    await poster(evenement([message, texte('autre', '2250404040404')]));
    const [compte] = await p.sql`select count(*) as n from public.conversations as c
      join public.prospects as r using (id_prospect) where r.numero_whatsapp = '+2250303030303'`;
    expect(Number(compte?.n)).toBe(1);
  });

  test('a number that is connected late finds its messages at the next replay', async () => {
    const message = texte('je suis venu trop tôt', '2250202020202');
    await poster(evenement([message], { numero: '300000000009999' }));
    await p.sql`insert into public.comptes_whatsapp (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone, numero_telephone_whatsapp)
      values (${vendeur.id}, 'waba', '300000000009999', '+2250700999999')`;
    await p.avancer(61);
    const [ligne] =
      await p.sql`select contenu_message from public.messages where identifiant_message_whatsapp = ${message.id}`;
    expect(ligne?.contenu_message).toBe('je suis venu trop tôt');
  });
});

test('the database refuses: 500, so that Meta delivers again, and no word of the reason', async () => {
  await p.sql`revoke execute on function service.recevoir_evenement_whatsapp(text) from service_role`;
  try {
    const reponse = await poster(evenement([texte('x')]));
    expect(reponse.status).toBe(500);
    expect(await reponse.json()).toEqual({
      code: 'non_enregistre',
      message: 'L’événement n’a pas pu être enregistré.',
    });
  } finally {
    await p.sql`grant execute on function service.recevoir_evenement_whatsapp(text) to service_role`;
  }
});

test('the other functions open with a secret key alone', async () => {
  for (const nom of ['repondre-prospects', 'envoyer-messages']) {
    for (const apikey of ['', 'sb_publishable_local', 'sb_secret_autre']) {
      const reponse = await fetch(`${p.apiUrl}/functions/v1/${nom}`, { method: 'POST', headers: { apikey } });
      expect([nom, apikey, reponse.status]).toEqual([nom, apikey, 401]);
    }
  }
});
