// A number that goes from one vendor to another: what people wrote to the first is never the second's, however late it is applied.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { base64, corps, personne, texte, wamid } from '../helpers/evenements-meta.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

let d: TestDatabase;
let awa: Vendeur;
let kouadio: Vendeur;
let numero: string;

beforeEach(async () => {
  await d?.close();
  d = await openDatabase();
  [awa, kouadio] = await Promise.all([creerVendeur(d.sql), creerVendeur(d.sql)]);
  numero = '499999999999999';
});
afterAll(() => d?.close());

const plusTard = (duree: string) => d.sql`update prive.horloge set decalage = decalage + ${duree}::interval`;
const connecter = async (vendeur: Vendeur) => {
  const [c] =
    await d.sql`select service.connecter_compte_whatsapp(${vendeur.id}, '699999999999999', ${numero}, '+2250701020399', 'jeton') as id`;
  return c?.id as number;
};
const quitter = (vendeur: Vendeur, compte: number) =>
  d.sql`select service.deconnecter_compte_whatsapp(${vendeur.id}, ${compte})`;
const ecrire = async (...mots: string[]) => {
  const [{ timestamp } = { timestamp: '' }] = await d.sql<
    { timestamp: string }[]
  >`select floor(extract(epoch from prive.maintenant()))::text as timestamp`;
  const partis = mots.map((m) => texte({ ...awa, numero }, personne(), m, { timestamp }));
  await d.sql`select service.recevoir_evenement_whatsapp(${base64(corps(partis, { trace: wamid() }))})`;
};
const recusPar = async (vendeur: Vendeur) =>
  (
    await d.sql`select contenu_message from public.messages where id_utilisateur = ${vendeur.id} and direction_message = 'entrant' order by id_message`
  ).map((m) => m.contenu_message);
const echec = async () => {
  const [e] =
    await d.sql`select id, etat, erreur, prochaine_tentative from prive.evenements_webhook where etat <> 'traite'`;
  return e;
};
const rejouerSeul = () => d.sql`select prive.appliquer_en_attente()`;

test('an event of several messages to nobody’s number is not the next owner’s, by itself or replayed by an operator', async () => {
  await quitter(awa, await connecter(awa));
  await plusTard('1 second');
  await ecrire('à Awa', 'à Awa encore');
  await plusTard('1 minute');
  await connecter(kouadio);
  await plusTard('10 minutes');
  await rejouerSeul();
  expect(await recusPar(kouadio)).toEqual([]);
  const e = await echec();
  await d.sql`select prive.rejouer_evenement(${e?.id})`;
  expect([await recusPar(kouadio), await recusPar(awa)]).toEqual([[], []]);
  expect((await echec())?.prochaine_tentative).toBeNull();
});

test('what could not be applied while the first had it is not the second’s; back with the first, it is his', async () => {
  const compte = await connecter(awa);
  await d.sql`alter table public.messages add constraint panne check (contenu_message <> 'à Awa') not valid`;
  await ecrire('à Awa');
  await d.sql`alter table public.messages drop constraint panne`;
  await plusTard('1 second');
  await quitter(awa, compte);
  const chezKouadio = await connecter(kouadio);
  await plusTard('2 minutes');
  await rejouerSeul();
  expect(await recusPar(kouadio)).toEqual([]);
  await ecrire('à Kouadio');
  await quitter(kouadio, chezKouadio);
  await connecter(awa);
  const e = await echec();
  await d.sql`select prive.rejouer_evenement(${e?.id})`;
  expect([await recusPar(kouadio), await recusPar(awa)]).toEqual([['à Kouadio'], ['à Awa']]);
});
