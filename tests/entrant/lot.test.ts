// A thousand messages in one POST, through the real door and within what the database gives a statement; and the lever by which
// the simulated Meta says anything.
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  changement,
  contact,
  corps,
  de,
  echo,
  evenementCompte,
  personne,
  poster,
  secondes,
  wamid,
} from '../helpers/evenements-meta.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

let p: TestPlatform;
let v: Vendeur;
beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway', 'functions', 'graph'] });
  v = await creerVendeur(p.sql, { articles: [] });
});
afterAll(() => p?.close());

test.each([
  ['all of them good', null],
  ['one of them broken', 'hier'],
])('1,000 messages of 500 people, %s: stored in one call, answered 200', async (_, timestamp) => {
  const gens = Array.from({ length: 500 }, () => personne());
  const messages = [...gens, ...gens].map((qui, i) => ({
    ...de(qui),
    id: wamid(),
    timestamp: timestamp !== null && i === 500 ? timestamp : secondes(),
    type: 'text',
    text: { body: `Message ${i}` },
  }));
  const avant = (await p.sql`select id from prive.evenements_webhook`).length;
  expect(await poster(p.apiUrl, corps([changement(v, { contacts: gens.map(contact), messages })]))).toBe(200);
  const recus =
    await p.sql`select contenu_message from public.messages where identifiant_message_whatsapp = any (${messages.map((m) => m.id)})`;
  const attendus = messages.filter((m) => m.timestamp !== timestamp).map((m) => m.text.body);
  expect(recus.map((m) => m.contenu_message).sort()).toEqual(attendus.sort());
  const evenements = await p.sql`select etat from prive.evenements_webhook order by id`;
  expect(evenements.slice(avant)).toEqual([{ etat: timestamp === null ? 'traite' : 'partiel' }]);
  const noms =
    await p.sql`select count(*)::int as n from public.prospects where id_utilisateur = ${v.id} and nom_complet = any (${gens.map((g) => g.nom ?? '')})`;
  expect(noms[0]?.n).toBe(500);
});

test('POST /_evenement delivers any signed event, or any body, and tells the webhook’s answer', async () => {
  const envoyer = async (body: object) => {
    const reponse = await fetch(`${p.graphUrl}/_evenement`, { method: 'POST', body: JSON.stringify(body) });
    return [reponse.status, await reponse.json()];
  };
  const qui = personne();
  const { field, value } = echo(v, qui, { type: 'text', text: { body: 'du téléphone à é/😀' } });
  expect(await envoyer({ field, value })).toEqual([200, { statut: 200 }]);
  const [m] =
    await p.sql`select contenu_message, direction_message from public.messages as m where m.id_utilisateur = ${v.id} and direction_message = 'sortant'`;
  expect(m).toEqual({ contenu_message: 'du téléphone à é/😀', direction_message: 'sortant' });
  const compte = evenementCompte(v, 'account_update', { event: 'PARTNER_REMOVED' });
  expect(await envoyer(compte)).toEqual([200, { statut: 200 }]);
  const [w] =
    await p.sql`select motif_inactif from public.comptes_whatsapp where id_compte_whatsapp = ${v.idCompte}`;
  expect(w?.motif_inactif).toBe('partenaire_retire');
  expect(await envoyer({ corps: { object: 'whatsapp_business_account', entry: 'x' } })).toEqual([
    200,
    { statut: 200 },
  ]);
  expect((await envoyer({ champ: 'messages' }))[0]).toBe(400);
});
