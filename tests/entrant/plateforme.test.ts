// FluxAsync's own number comes before all others: vendors are known by the number they verified, buttons by their notification;
// no prospect, no conversation, no AI.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  base64,
  changement,
  contact,
  corps,
  de,
  type Objet,
  type Personne,
  personne,
  secondes,
  wamid,
} from '../helpers/evenements-meta.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientAnonyme, clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

const NUMERO = '400000000000001';
let p: TestPlatform;
let v: Vendeur;
let autre: Vendeur;
let chez: SupabaseClient;
let chezAutre: SupabaseClient;

beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway'] });
  await p.sql`insert into prive.comptes_plateforme (identifiant_numero_telephone, numero_telephone_whatsapp, jeton_acces)
    values (${NUMERO}, '+2250500000000', vault.create_secret('dev-token', 'plateforme'))`;
});
beforeEach(async () => {
  v = await creerVendeur(p.sql, { articles: [] });
  autre = await creerVendeur(p.sql, { articles: [] });
  [chez, chezAutre] = await Promise.all([clientDe(p.apiUrl, v), clientDe(p.apiUrl, autre)]);
});
afterAll(() => p?.close());

async function livrer(value: Objet): Promise<string> {
  const octets = corps([changement({ numero: NUMERO }, value)], { trace: wamid() });
  const [r] = await p.sql`select service.recevoir_evenement_whatsapp(${base64(octets)}) as r`;
  if (r?.r.etat === 'recu') await p.sql`select prive.appliquer_en_attente()`;
  return r?.r.etat;
}
const ecrire = (qui: Personne, m: Objet) =>
  livrer({ contacts: [contact(qui)], messages: [{ ...de(qui), id: wamid(), timestamp: secondes(), ...m }] });
const dire = (qui: Personne, body: string) => ecrire(qui, { type: 'text', text: { body } });
const appuyer = (qui: Personne, id: string) =>
  ecrire(qui, {
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id, title: 'Vu' } },
  });

const fiche = async (client: SupabaseClient, id: string) =>
  (
    await client
      .from('utilisateurs_fluxasync')
      .select('numero_telephone, numero_verifie_le')
      .eq('id_utilisateur', id)
      .single()
  ).data;
const code = async (client: SupabaseClient): Promise<string> => {
  const { data, error } = await client.rpc('verifier_mon_numero');
  expect(error).toBeNull();
  expect(data).toMatch(/^[0-9]{8}$/);
  return data;
};

describe('whose number it is', () => {
  test('the code sent from a phone makes its number the vendor’s, once', async () => {
    const telephone = personne();
    expect((await chez.rpc('numero_fluxasync')).data).toBe('+2250500000000');
    const secret = await code(chez);
    expect(await dire(telephone, `Mon code : ${secret.slice(0, 4)} ${secret.slice(4)}`)).toBe('traite');
    expect(await fiche(chez, v.id)).toEqual({
      numero_telephone: `+${telephone.numero}`,
      numero_verifie_le: expect.any(String),
    });
    // The same code again, from another phone, is nobody's.
    await dire(personne(), secret);
    expect((await fiche(chez, v.id))?.numero_telephone).toBe(`+${telephone.numero}`);
    const [reste] =
      await p.sql`select count(*)::int as n from prive.codes_numero where id_utilisateur = ${v.id}`;
    expect(reste?.n).toBe(0);
  });

  test('a newer code takes the older one’s place, and none lasts longer than 15 minutes', async () => {
    const telephone = personne();
    const [ancien, nouveau] = [await code(chez), await code(chez)];
    await dire(telephone, ancien);
    expect((await fiche(chez, v.id))?.numero_verifie_le).toBeNull();
    await p.sql`update prive.horloge set decalage = decalage + interval '901 seconds'`;
    await dire(telephone, nouveau);
    expect((await fiche(chez, v.id))?.numero_verifie_le).toBeNull();
  });

  test('after five codes that are nobody’s, the right one is not looked at for a quarter of an hour', async () => {
    const telephone = personne();
    for (let i = 0; i < 5; i += 1) await dire(telephone, `0000000${i}`);
    await dire(telephone, await code(chez));
    expect((await fiche(chez, v.id))?.numero_verifie_le).toBeNull();
    await p.sql`update prive.horloge set decalage = decalage + interval '901 seconds'`;
    await dire(telephone, await code(chez));
    expect((await fiche(chez, v.id))?.numero_verifie_le).not.toBeNull();
  });

  test('what one vendor has verified is taken from nobody; the other is told', async () => {
    const telephone = personne();
    await dire(telephone, await code(chez));
    await dire(telephone, await code(chezAutre));
    expect((await fiche(chez, v.id))?.numero_verifie_le).not.toBeNull();
    expect((await fiche(chezAutre, autre.id))?.numero_verifie_le).toBeNull();
    const { data } = await chezAutre
      .from('notifications')
      .select('titre_notification')
      .eq('id_utilisateur', autre.id);
    expect(data).toEqual([{ titre_notification: "Ce numéro est déjà celui d'un autre compte" }]);
  });

  test('another number is not verified, and nobody verifies himself', async () => {
    const telephone = personne();
    await dire(telephone, await code(chez));
    await chez.from('utilisateurs_fluxasync').update({ nom: 'Kouadio' }).eq('id_utilisateur', v.id);
    expect((await fiche(chez, v.id))?.numero_verifie_le).not.toBeNull();
    await chez
      .from('utilisateurs_fluxasync')
      .update({ numero_telephone: '0701020304' })
      .eq('id_utilisateur', v.id);
    expect(await fiche(chez, v.id)).toEqual({ numero_telephone: '+2250701020304', numero_verifie_le: null });
    const { error } = await chez
      .from('utilisateurs_fluxasync')
      .update({ numero_verifie_le: new Date().toISOString() })
      .eq('id_utilisateur', v.id);
    expect(error?.code).toBe('42501');
    expect((await clientAnonyme(p.apiUrl).rpc('verifier_mon_numero')).error?.code).toBe('42501');
  });

  test('who only works for a vendor, or where there is no number of ours, gets no code', async () => {
    await p.sql`delete from public.utilisateurs_fluxasync where id_utilisateur = ${autre.id}`;
    expect((await chezAutre.rpc('verifier_mon_numero')).error?.hint).toBe('vendeur_introuvable');
    await p.sql`update prive.comptes_plateforme set compte_actif = false`;
    expect((await chez.rpc('verifier_mon_numero')).error?.hint).toBe('plateforme_indisponible');
    await p.sql`update prive.comptes_plateforme set compte_actif = true`;
  });
});

describe('notifications', () => {
  const notifier = async (de: Vendeur) => {
    const [n] =
      await p.sql`insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification, canal_envoi, cle_unicite)
      values (${de.id}, 'alerte_systeme', 'x', 'y', 'whatsapp', ${wamid()}) returning id_notification`;
    return n?.id_notification as number;
  };
  const lire = async (id: number) => {
    const [n] =
      await p.sql`select lue_le is not null as lue, statut_envoi, derniere_erreur, date_livraison is not null as arrivee
      from public.notifications where id_notification = ${id}`;
    return n;
  };

  test('a button marks its notification read, of the vendor whose phone it is alone', async () => {
    const telephone = personne();
    await dire(telephone, await code(chez));
    const [sienne, etrangere] = [await notifier(v), await notifier(autre)];
    await appuyer(telephone, `notification:${etrangere}:lire`);
    await appuyer(personne(), `notification:${sienne}:lire`);
    expect([(await lire(sienne))?.lue, (await lire(etrangere))?.lue]).toEqual([false, false]);
    await appuyer(telephone, `notification:${sienne}:lire`);
    expect([(await lire(sienne))?.lue, (await lire(etrangere))?.lue]).toEqual([true, false]);
    const lignes =
      await p.sql`select id_utilisateur, id_notification from prive.messages_plateforme where id_notification is not null`;
    expect(lignes).toEqual([{ id_utilisateur: v.id, id_notification: sienne }]);
  });

  test('its statuses go forward, in any order and any number of times', async () => {
    const [arrivee, refusee] = [await notifier(v), await notifier(v)];
    const dire = (id: number, status: string, autre: Objet = {}) =>
      livrer({
        statuses: [
          { id: wamid(), status, timestamp: secondes(), biz_opaque_callback_data: `n:${id}`, ...autre },
        ],
      });
    for (const status of ['delivered', 'sent', 'failed', 'read', 'warning']) await dire(arrivee, status);
    expect(await lire(arrivee)).toEqual({
      lue: false,
      statut_envoi: 'livre',
      derniere_erreur: null,
      arrivee: true,
    });
    await dire(refusee, 'sent');
    await dire(refusee, 'failed', {
      errors: [{ code: 131026, title: 'Undeliverable', error_data: { details: 'Injoignable.' } }],
    });
    await dire(refusee, 'sent');
    expect(await lire(refusee)).toMatchObject({
      statut_envoi: 'echec',
      derniere_erreur: "131026 WhatsApp n'a pas pu remettre ce message à votre téléphone.",
    });
  });
});

test('whoever writes, and whatever: stored once, and nowhere a prospect, a conversation or a job', async () => {
  // Even where a vendor has connected the same number.
  await p.sql`insert into public.comptes_whatsapp (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone, numero_telephone_whatsapp)
    values (${v.id}, '900', ${NUMERO}, '+2250500000000')`;
  const qui = personne();
  const id = wamid();
  for (let i = 0; i < 2; i += 1)
    await ecrire(qui, { id, type: 'text', text: { body: 'Bonjour, combien les Nike ?' } });
  await ecrire({ bsuid: 'CI.55' }, { type: 'image', image: { id: '5' } });
  await ecrire(qui, { type: 'revoke', revoke: { original_message_id: id } });
  expect(
    await p.sql`select numero, contenu, id_utilisateur from prive.messages_plateforme where wamid = ${id}`,
  ).toEqual([{ numero: `+${qui.numero}`, contenu: '', id_utilisateur: null }]);
  const [reste] =
    await p.sql`select (select count(*) from public.prospects)::int as prospects, (select count(*) from public.messages)::int as messages,
    (select count(*) from pgmq.q_repondre_prospects)::int as jobs`;
  expect(reste).toEqual({ prospects: 0, messages: 0, jobs: 0 });
});

test('taken back in the same POST, whatever their order there: its words are gone', async () => {
  const qui = personne();
  const id = wamid();
  const dit = { ...de(qui), id, timestamp: secondes(), type: 'text', text: { body: 'secret' } };
  const repris = {
    ...de(qui),
    id: wamid(),
    timestamp: secondes(),
    type: 'revoke',
    revoke: { original_message_id: id },
  };
  await livrer({ contacts: [contact(qui)], messages: [repris, dit] });
  const [m] = await p.sql`select contenu from prive.messages_plateforme where wamid = ${id}`;
  expect(m?.contenu).toBe('');
});

test('the messages go after 90 days', async () => {
  await p.sql`insert into prive.messages_plateforme (identifiant_numero_telephone, wamid, direction, date_creation)
    select ${NUMERO}, jours::text, 'entrant', prive.maintenant() - make_interval(days => jours) from unnest(array[89, 91]) as jours`;
  await p.sql`select prive.purger_messages_plateforme()`;
  expect(
    (await p.sql`select wamid from prive.messages_plateforme where wamid in ('89', '91')`).map(
      (l) => l.wamid,
    ),
  ).toEqual(['89']);
});
