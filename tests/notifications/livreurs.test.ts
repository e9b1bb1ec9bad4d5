// What a courier was written and WhatsApp did not bring him: the vendor is asked to call him where it matters, and told nothing else.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';
import {
  chercher,
  creerBoutique,
  creerCourse,
  creerLivreur,
  type Livreur,
} from '../livraison/aide-courses.ts';

let d: TestDatabase;
let v: Vendeur;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

const confier = (l: Livreur, course: number) =>
  d.sql`select prive.confier_livraison(${v.id}, ${course}, ${l.id})`;

/** Does the announcements, then takes what is to be sent; ids of what Meta would be asked to send for this shop. */
async function envoyer(): Promise<number[]> {
  for (const {
    msg_id,
  } of await d.sql`select msg_id from pgmq.q_assigner_livraisons where message ->> 'genre' = 'annonce' order by msg_id`)
    await d.sql`select service.traiter_livraison(${msg_id})`;
  const [r] = await d.sql`select service.prendre_envois(50) as pris`;
  const pris = (r?.pris ?? []) as { id_message: number; id_utilisateur: string }[];
  return pris.filter((m) => m.id_utilisateur === v.id).map((m) => m.id_message);
}
const refuser = (ids: number[], code: string) =>
  d.sql`select service.enregistrer_envois(${d.sql.json(
    ids.map((id_message) => ({ id_message, tentative: 1, code, detail: 'essai', statut_http: 400 })),
  )})`;
const dites = async () =>
  (
    await d.sql`select evenement, titre_notification as titre, contenu_notification as contenu from public.notifications
      where id_utilisateur = ${v.id} and evenement not in ('livreur_trouve') order by id_notification`
  ).map((n) => [n.evenement, n.titre, n.contenu]);
const numero = async (course: number) =>
  (
    await d.sql`select c.numero_commande as n from public.livraisons as l join public.commandes as c using (id_commande) where l.id_livraison = ${course}`
  )[0]?.n as string;

test.each([
  ['has never written', null],
  ['wrote two days ago', false],
] as const)(
  'a delivery is given by hand to a courier who %s: the vendor must call him',
  async (_, ouvert) => {
    v = await creerBoutique(d);
    const l = await creerLivreur(d, v, { nom_complet_livreur: 'Mamadou Diabaté' }, ouvert);
    const course = await creerCourse(d, v, { demander_le: null });
    await confier(l, course);
    expect(await envoyer()).toEqual([]);
    const n = await numero(course);
    const dite = [
      'livreur_non_prevenu',
      `${n} : appelez Mamadou`,
      `Mamadou Diabaté n'a pas reçu sur WhatsApp la course ${n} qui lui est confiée. Appelez-le : ${l.numero}.`,
    ];
    expect(await dites()).toEqual([dite]);
    // Taken from him again: he may have been called meanwhile.
    const autre = await creerLivreur(d, v, {}, true);
    await confier(autre, course);
    expect(await envoyer()).toHaveLength(1);
    expect((await dites()).slice(1)).toEqual([
      [
        'livreur_non_prevenu',
        `${n} : appelez Mamadou`,
        `Mamadou Diabaté n'a pas reçu sur WhatsApp que la course ${n} n'est plus à lui. Appelez-le : ${l.numero}.`,
      ],
    ]);
  },
);

test('Meta refuses it: told once; of one that is no more his to do: nothing', async () => {
  v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v, { demander_le: null });
  await confier(l, course);
  await refuser(await envoyer(), '131026');
  expect((await dites()).map((n) => n[0])).toEqual(['livreur_non_prevenu']);
  const prise = await creerCourse(d, v, { demander_le: null });
  await confier(l, prise);
  const ids = await envoyer();
  await d.sql`update public.livraisons set statut_livraison = 'recuperee' where id_livraison = ${prise}`;
  await refuser(ids, '131026');
  expect((await dites()).map((n) => n[0])).toEqual(['livreur_non_prevenu']);
  // Nobody knows: that is said too.
  const peutEtre = await creerCourse(d, v, { demander_le: null });
  await confier(l, peutEtre);
  const [sans] = await envoyer();
  await d.sql`select prive.echouer_envoi(${sans as number}, 'resultat_inconnu', null)`;
  expect((await dites()).at(-1)?.[2]).toContain("n'a peut-être pas reçu");
});

test('an offer that Meta refuses is made to the next one, and the vendor hears nothing of it', async () => {
  v = await creerBoutique(d);
  const [un, deux] = [await creerLivreur(d, v), await creerLivreur(d, v)];
  const course = await creerCourse(d, v);
  await chercher(d);
  await refuser(await envoyer(), '131026');
  await chercher(d);
  const demandes =
    await d.sql`select id_livreur from public.propositions_livraison where id_livraison = ${course}`;
  expect(demandes.map((p) => p.id_livreur).sort()).toEqual([un.id, deux.id].sort());
  expect(await dites()).toEqual([]);
});

test('an offer that Meta took and could not deliver is not made again: the next one is being asked', async () => {
  v = await creerBoutique(d);
  const [un, deux] = [await creerLivreur(d, v), await creerLivreur(d, v)];
  const course = await creerCourse(d, v);
  await chercher(d);
  const [id] = await envoyer();
  await d.sql`select service.enregistrer_envois(${d.sql.json([{ id_message: id, tentative: 1, wamid: 'wamid.offre' }] as never)})`;
  const [compte] =
    await d.sql`select identifiant_numero_telephone as n from public.comptes_whatsapp where id_compte_whatsapp = ${v.idCompte}`;
  const statut = { id: 'wamid.offre', status: 'failed', timestamp: '1790000000', errors: [{ code: 131000 }] };
  const value = { metadata: { phone_number_id: compte?.n }, statuses: [statut] };
  const corps = {
    object: 'whatsapp_business_account',
    entry: [{ id: '400', changes: [{ field: 'messages', value }] }],
  };
  await d.sql`select service.recevoir_evenement_whatsapp(${Buffer.from(JSON.stringify(corps)).toString('base64')})`;
  await d.sql`select prive.appliquer_en_attente()`;
  await chercher(d);
  await d.sql`update pgmq.q_envoyer_messages set vt = clock_timestamp()`;
  const partis = await envoyer();
  expect(partis).toHaveLength(1);
  expect(partis).not.toContain(id);
  const [m] =
    await d.sql`select statut_livraison as s, code_erreur as c from public.messages where id_message = ${id as number}`;
  expect(m).toEqual({ s: 'echec', c: 'proposition_passee' });
  const demandes =
    await d.sql`select id_livreur as l, statut as s from public.propositions_livraison where id_livraison = ${course} order by rang`;
  expect(demandes.map((p) => p.s)).toEqual(['expiree', 'proposee']);
  expect(demandes.map((p) => p.l).sort()).toEqual([un.id, deux.id].sort());
  expect(await dites()).toEqual([]);
});

test('what somebody of the team wrote to a courier himself is told as of a prospect, but by his name', async () => {
  v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const [m] =
    await d.sql`insert into public.messages (id_conversation, direction_message, contenu_message, statut_livraison, code_erreur, avec_livreur)
    values (${l.conversation}, 'sortant', 'Où es-tu ?', 'echec', '131026', true) returning id_message`;
  await d.sql`select prive.prevenir_envoi_echoue(${m?.id_message})`;
  expect(await dites()).toEqual([
    [
      'envoi_echoue',
      "Un message n'est pas parti",
      "Ce livreur n'est pas joignable sur WhatsApp : numéro sans WhatsApp, ou application trop ancienne. « Où es-tu ? »",
    ],
  ]);
});
