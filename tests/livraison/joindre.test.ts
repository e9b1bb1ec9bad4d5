// The customer cannot be reached: he is written to before a delivery fails. He asks for his code: he gets it. Both from WhatsApp's event
// to what stands in the database then.
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { assignerLivraisons } from '../../functions/livraison/assigner-livraisons.ts';
import { type Livraison, type Livreur, ouvrirScene, type Personne, type Scene } from '../helpers/annonces.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { waitFor } from '../helpers/wait.ts';
import { avancer } from './aide-courses.ts';

let d: TestDatabase;
let b: Scene;
let mamadou: Livreur;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());
beforeEach(async () => {
  await d.sql`delete from pgmq.q_assigner_livraisons`;
  await d.sql`delete from pgmq.q_repondre_prospects`;
  b = await ouvrirScene(d);
  mamadou = await b.livreur();
});

/** One message as Meta sends it: its row. */
async function ecrire(qui: Personne, m: Record<string, unknown>, scene = b) {
  const id = `wamid.${randomUUID()}`;
  const corps = { id, from: qui.numero.slice(1), timestamp: String(Math.floor(Date.now() / 1000)), ...m };
  await d.sql`select prive.recevoir_message(${scene.v.id}, ${scene.v.idCompte}, ${d.sql.json(corps)}, null, prive.maintenant())`;
  const [r] = await d.sql`select * from public.messages where identifiant_message_whatsapp = ${id}`;
  return r as { id_message: number; sans_reponse: boolean; avec_livreur: boolean; id_conversation: number };
}
async function lire(attendues: string[] = []): Promise<void> {
  const erreurs: string[] = [];
  await assignerLivraisons({
    base: baseSql(d.sql),
    journal: (niveau, evenement) => {
      if (niveau === 'erreur') erreurs.push(evenement);
    },
    maintenant: () => Date.now(),
    reveiller: () => {},
  });
  expect(erreurs).toEqual(attendues);
}
const mots = (body: string) => ({ type: 'text', text: { body } });
const bouton = (id: string) => ({
  type: 'interactive',
  interactive: { type: 'button_reply', button_reply: { id, title: 'Bouton' } },
});
/** What he writes or taps is read at once; what he was answered to it. */
async function dit(qui: Personne, m: Record<string, unknown>): Promise<string | undefined> {
  const { id_message } = await ecrire(qui, m);
  await lire();
  const r =
    await d.sql`select contenu_message as c from public.messages where cle_idempotence = ${`livreur:${id_message}`}`;
  return r[0]?.c;
}
async function confiee(
  jusqu_a: 'assignee' | 'recuperee' = 'recuperee',
  client?: Personne,
): Promise<Livraison> {
  const l = await b.livraison(client === undefined ? {} : { client });
  await b.bouger(l, 'assignee', { id_livreur: mamadou.id });
  if (jusqu_a === 'recuperee') await b.bouger(l, 'recuperee');
  await b.vider();
  return l;
}
const cles = async (qui: Personne, l: Livraison, quoi: string) =>
  (await b.dits(qui)).filter((x) => x.cle?.startsWith(`livraison:${l.id}:${quoi}`));
const statut = async (l: Livraison) => (await b.etat(l)).statut_livraison;

describe('a customer who cannot be reached', () => {
  test('is written to first, once; said again ten minutes later it is a failure', async () => {
    const l = await confiee();
    expect(await dit(mamadou, mots('client injoignable'))).toBe(
      `Je préviens le client pour ${l.numero}, patientez un peu. Toujours personne dans dix minutes ? Dites-le de nouveau, ou touchez « Impossible ».`,
    );
    expect(await cles(b.client, l, 'joindre')).toMatchObject([
      {
        contenu: `Mamadou est en route avec votre commande ${l.numero} et n'arrive pas à vous joindre. Appelez-le dès que possible, s'il vous plaît : ${mamadou.numero}.`,
      },
    ]);
    const charge = (await b.dits(mamadou)).at(-1)?.charge;
    expect(charge?.boutons).toEqual([
      { id: `livraison:${l.id}:livree`, titre: "J'ai livré" },
      { id: `livraison:${l.id}:echec:client_injoignable`, titre: 'Impossible' },
    ]);
    await avancer(d, 9 * 60);
    expect(await dit(mamadou, mots('elle décroche toujours pas'))).toContain('Le client est prévenu');
    // Absent is the same story.
    expect(await dit(mamadou, mots('personne à la maison'))).toContain('patientez');
    expect(await statut(l)).toBe('recuperee');
    await avancer(d, 2 * 60);
    expect(await dit(mamadou, mots('Toujours personne'))).toContain('le vendeur décide');
    expect(await b.etat(l)).toMatchObject({ statut_livraison: 'echec', raison_statut: 'client_absent' });
    expect(await cles(b.client, l, 'joindre')).toHaveLength(1);

    // Another try is another story, for him and for the customer.
    await b.bouger(l, 'a_assigner');
    await avancer(d, 60);
    await b.bouger(l, 'assignee', { id_livreur: mamadou.id });
    await b.bouger(l, 'recuperee');
    await b.vider();
    expect(await dit(mamadou, bouton(`livraison:${l.id}:echec:client_injoignable`))).toContain('Je préviens');
    expect(await cles(b.client, l, 'joindre')).toHaveLength(2);
    expect(await statut(l)).toBe('recuperee');
  });

  test('by the button it fails at once, but not by the list before he was asked to wait', async () => {
    const l = await confiee();
    expect(await dit(mamadou, bouton(`livraison:${l.id}:echec:client_absent`))).toContain('Je préviens');
    expect((await cles(b.client, l, 'joindre'))[0]?.contenu).toContain('est devant chez vous avec');
    expect(await statut(l)).toBe('recuperee');
    expect(await dit(mamadou, bouton(`livraison:${l.id}:echec:client_absent`))).toContain(
      'Gardez bien le colis',
    );
    expect(await b.etat(l)).toMatchObject({ statut_livraison: 'echec', raison_statut: 'client_absent' });
  });

  test.each([
    ['client injoignable, je ramène le colis', null, 'client_injoignable'],
    ['je rentre avec le colis', 'elle décroche pas', 'client_injoignable'],
    ['échec', 'client absent', 'client_absent'],
  ])('“%s”: he goes back, it has failed', async (dernier, premier, raison) => {
    const l = await confiee();
    if (premier !== null) expect(await dit(mamadou, mots(premier))).toContain('patientez');
    expect(await dit(mamadou, mots(dernier))).toContain('le vendeur décide');
    expect(await b.etat(l)).toMatchObject({ statut_livraison: 'echec', raison_statut: raison });
  });

  test('before the pick-up; then he answers, and it goes on', async () => {
    const l = await confiee('assignee');
    await dit(mamadou, mots('le client est injoignable'));
    expect((await cles(b.client, l, 'joindre'))[0]?.contenu).toContain('se prépare à vous apporter');
    const charge = (await b.dits(mamadou)).at(-1)?.charge;
    expect(charge?.boutons).toMatchObject([{ id: `livraison:${l.id}:recuperee` }, {}]);
    await dit(mamadou, mots('récupéré'));
    const [c] = await d.sql`select prive.code_remise(${l.id}, 1) as code`;
    await dit(mamadou, mots(`livré ${c?.code}`));
    expect(await statut(l)).toBe('livree');
  });

  test('who may not be written to: the vendor is told to call him, once', async () => {
    const l = await confiee();
    await b.fermer(b.client);
    expect(await dit(mamadou, mots('client absent'))).toContain('Je préviens la boutique');
    expect(await dit(mamadou, mots('client absent'))).toContain('patientez');
    expect(await cles(b.client, l, 'joindre')).toEqual([]);
    const n =
      await d.sql`select contenu_notification as c from public.notifications where cle_unicite = ${`livraison:${l.id}:joindre:1`}`;
    expect(n.map((x) => x.c)).toEqual([
      `Mamadou Diabaté (${mamadou.numero}) n'arrive pas à joindre Aya Koné, qui ne peut pas être prévenu sur WhatsApp. Appelez-le.`,
    ]);
    expect(await statut(l)).toBe('recuperee');
  });

  test('of another courier’s delivery neither the customer nor the vendor hears', async () => {
    const l = await confiee();
    const ali = await b.livreur('Ali Traoré');
    for (const suite of ['echec:client_absent', 'echec:client_injoignable'])
      expect(await dit(ali, bouton(`livraison:${l.id}:${suite}`))).toContain('pas, ou plus, la vôtre');
    expect(await cles(b.client, l, 'joindre')).toEqual([]);
    expect(await statut(l)).toBe('recuperee');
  });
});

describe('a customer asks for his code', () => {
  test('it is sent again, at most once in two minutes; the engine reads neither', async () => {
    const l = await confiee();
    const codes = () => cles(b.client, l, 'code:1');
    expect(await codes()).toHaveLength(1);
    const premiere = await ecrire(b.client, mots("C'est quoi le code ?"));
    expect(premiere).toMatchObject({ sans_reponse: true, avec_livreur: false });
    await lire();
    expect(await codes()).toHaveLength(1);
    expect((await b.dits(b.client)).at(-1)?.contenu).toContain('juste au-dessus');
    await avancer(d, 121);
    await ecrire(b.client, mots('je n’ai pas reçu le code'));
    await lire();
    expect((await codes()).at(-1)).toMatchObject({
      contenu: `Votre code de remise pour la commande ${l.numero} : {{code_remise}}\nDonnez-le au livreur seulement quand vous avez le colis en main.`,
      charge: { code_remise: { livraison: l.id, version: 1 } },
    });
    expect(await codes()).toHaveLength(2);
    expect(await d.sql`select from pgmq.q_repondre_prospects`).toHaveLength(0);
    // What she asks then is the AI's, which sees that a code was sent and no placeholder.
    await ecrire(b.client, mots('Merci ! Vous avez des ceintures ?'));
    expect(await d.sql`select from pgmq.q_repondre_prospects`).toHaveLength(1);
    const [x] = await d.sql`select prive.contexte_reponse(${b.v.id}, ${b.client.conversation}, 0)::text as c`;
    expect(x?.c).toContain('code de remise : ····');
    expect(x?.c).not.toContain('{{');
  });

  test.each([
    ['an offer’s', 'Vous avez un code promo ?'],
    ['a long story', `Bonjour, ${'je voulais savoir '.repeat(8)} le code`],
    ['no such word', 'Vous vendez des codeurs et des décodeurs ?'],
  ])('another code is the AI’s affair: %s', async (_, phrase) => {
    await confiee();
    expect(await ecrire(b.client, mots(phrase))).toMatchObject({ sans_reponse: false });
    expect(await d.sql`select from pgmq.q_repondre_prospects`).toHaveLength(1);
    expect(await d.sql`select from pgmq.q_assigner_livraisons`).toHaveLength(0);
  });

  test('only who has a parcel on its way: not before, not after, nobody else, and no courier', async () => {
    const attend = await confiee('assignee');
    expect(await ecrire(b.client, mots('le code ?'))).toMatchObject({ sans_reponse: false });
    await b.bouger(attend, 'recuperee');
    await b.vider();
    // Another customer of this shop, the courier, and the same number at another shop.
    const ailleurs = await ouvrirScene(d);
    const ali = await b.livreur('Ali Traoré');
    await ecrire(mamadou, mots('le code ?'));
    await ecrire(ali, mots('le code ?'));
    await ecrire({ ...b.client, numero: b.client.numero }, mots('le code ?'), ailleurs);
    await ecrire({ ...b.client, numero: '+2250799887766' }, mots('le code ?'));
    await lire();
    const porteurs =
      await d.sql`select c.id_prospect from public.messages as m join public.conversations as c using (id_conversation)
      where m.charge_utile ? 'code_remise' and (m.charge_utile #>> '{code_remise,livraison}')::bigint = ${attend.id}`;
    expect(porteurs.map((p) => p.id_prospect)).toEqual([b.client.prospect]);
    // It arrives between her question and its reading: the AI answers.
    await d.sql`delete from pgmq.q_repondre_prospects`;
    await avancer(d, 130);
    const tard = await ecrire(b.client, mots('quel code ?'));
    expect(tard).toMatchObject({ sans_reponse: true });
    await d.sql`update public.livraisons set statut_livraison = 'livree', preuve_livraison = 'photo:1' where id_livraison = ${attend.id}`;
    await lire();
    expect(
      await d.sql`select sans_reponse from public.messages where id_message = ${tard.id_message}`,
    ).toEqual([{ sans_reponse: false }]);
    expect(await d.sql`select from pgmq.q_repondre_prospects`).toHaveLength(1);
    expect(await cles(b.client, attend, 'code:1')).toHaveLength(1);
  });
});

test('the customer’s conversation is locked before the courier’s, as announcements do', async () => {
  const l = await confiee();
  const m = await ecrire(mamadou, mots('client injoignable'));
  const lecture = {
    intention: 'echec',
    livraison: l.id,
    raison: 'client_injoignable',
    mots: 'x',
    definitif: false,
  };
  const trois = postgres(d.adminUrl, { max: 3, connection: { lock_timeout: 10_000 } });
  let suivi: Promise<unknown> = Promise.resolve();
  await trois.begin(async (tx) => {
    await tx`select from public.conversations where id_conversation = ${b.client.conversation} for no key update`;
    suivi = trois`select prive.suivre_livreur(${m.id_message}, ${trois.json(lecture)})`.execute();
    await waitFor('him to wait for the customer’s conversation', async () => {
      const [x] = await trois`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%suivre_livreur%'`;
      return x?.n === 1;
    });
    await trois`select from public.conversations where id_conversation = ${mamadou.conversation} for no key update nowait`;
  });
  await suivi;
  await trois.end();
  expect(await cles(b.client, l, 'joindre')).toHaveLength(1);
});

test('one context that cannot be read keeps nobody else waiting', async () => {
  const l = await confiee('assignee');
  const ali = await b.livreur('Ali Traoré');
  const suivante = await b.livraison();
  await b.bouger(suivante, 'assignee', { id_livreur: ali.id });
  await b.vider();
  await d.sql`update public.messages set charge_utile = '{"boutons": [{"titre": "x"}]}' where id_conversation = ${mamadou.conversation}`;
  await ecrire(mamadou, mots('récupéré'));
  await ecrire(ali, mots('récupéré'));
  await lire(['livraison_remise']);
  expect([await statut(l), await statut(suivante)]).toEqual(['assignee', 'recuperee']);
  const restent =
    await d.sql`select message from pgmq.q_assigner_livraisons where message ->> 'genre' = 'livreur'`;
  expect(restent.map((r) => r.message.tentatives)).toEqual([1]);
});

test('a courier made inactive on his way ends what he has in his hands', async () => {
  const l = await confiee();
  const [c] = await d.sql`select prive.code_remise(${l.id}, 1) as code`;
  await d.sql`update public.livreurs set livreur_actif = false where id_livreur = ${mamadou.id}`;
  await dit(mamadou, mots(`livré ${c?.code}`));
  expect(await statut(l)).toBe('livree');
  // From then on he is a customer.
  await ecrire(mamadou, mots('Vous avez des ceintures ?'));
  await lire();
  expect(await d.sql`select from pgmq.q_repondre_prospects`).toHaveLength(1);
  expect(await ecrire(mamadou, mots('En noir'))).toMatchObject({ avec_livreur: false });
});

test('twenty connections guess at once: five tries are counted, and the right one comes too late', async () => {
  const l = await confiee();
  const [c] = await d.sql`select prive.code_remise(${l.id}, 1) as code`;
  const codes = Array.from({ length: 60 }, (_, i) =>
    String((Number(c?.code) + i + 1) % 10_000).padStart(4, '0'),
  );
  const messages: { code: string; m: { id_message: number } }[] = [];
  for (const code of codes) messages.push({ code, m: await ecrire(mamadou, mots(`livré ${code}`)) });
  const vingt = postgres(d.adminUrl, { max: 20, connection: { lock_timeout: 500 } });
  const essayer = async ({ code, m }: (typeof messages)[number]): Promise<string> => {
    const lecture = { intention: 'livree', livraison: l.id, code };
    const [r] = await vingt`select prive.suivre_livreur(${m.id_message}, ${vingt.json(lecture)}) as r`;
    return r?.r;
  };
  const faits = (await Promise.all(messages.map(essayer))).sort();
  expect(faits.filter((f) => f === 'code_faux')).toHaveLength(4);
  expect(faits.filter((f) => f === 'code_bloque')).toHaveLength(56);
  const dernier = await ecrire(mamadou, mots(`livré ${c?.code}`));
  expect(await essayer({ code: c?.code, m: dernier })).toBe('code_bloque');
  expect(await b.etat(l)).toMatchObject({ statut_livraison: 'recuperee', essais_code: 5 });
  expect((await b.avis()).filter((a) => a.includes('code_epuise'))).toHaveLength(1);
  await vingt.end();
});
