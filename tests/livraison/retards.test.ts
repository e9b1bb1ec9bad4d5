// A courier who has a delivery and does nothing is told to the vendor, once, with what he can do; and how far it is when only the
// commune is known.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';
import {
  avancer,
  chercher,
  creerBoutique,
  creerCourse,
  creerLivreur,
  ecrits,
  etat,
  propositions,
  repondre,
} from './aide-courses.ts';

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

const bouger = (course: number, statut: string) =>
  d.sql`update public.livraisons set statut_livraison = ${statut} where id_livraison = ${course}`;
const signaler = async () => (await d.sql`select prive.signaler_retards() as n`)[0]?.n;
const avis = (course: number, evenement: string) =>
  d.sql`select id_notification as id, contenu_notification as contenu, actions from public.notifications
    where type_reference = 'livraison' and reference_element_id = ${course} and evenement = ${evenement} order by 1`;
const toucher = async (id: number, action: string) =>
  (await d.sql`select prive.suivre_vendeur(${id}, ${action}) as fait`)[0]?.fait;
const confier = (v: Vendeur, course: number, livreur: number) =>
  d.sql.begin(async (tx) => {
    await tx`select prive.tenir_boutique(${v.id})`;
    await tx`select prive.confier_livraison(${v.id}, ${course}, ${livreur})`;
  });
const dansDeuxHeures = async () => (await d.sql`select prive.maintenant() + interval '2 hours' as t`)[0]?.t;

test('accepted and not picked up an hour after its time: told once, and given to another with two taps', async () => {
  const v = await creerBoutique(d);
  const lent = await creerLivreur(d, v, { nom_complet_livreur: 'Issa Traoré' });
  const course = await creerCourse(d, v, { date_livraison_prevue: await dansDeuxHeures() });
  await chercher(d);
  const [p] = await propositions(d, course);
  if (!p) throw new Error('nobody was asked');
  expect(await repondre(d, v, p, true)).toBe('acceptee');
  const autre = await creerLivreur(d, v);
  await avancer(d, 3 * 3600 - 60);
  expect(await signaler()).toBe(0);
  await avancer(d, 120);
  expect([await signaler(), await signaler()]).toEqual([1, 0]);
  const [retard] = await avis(course, 'livraison_en_retard');
  expect(retard?.contenu).toMatch(
    /^Issa Traoré \(\+225\d+\) n'a pas encore récupéré le colis, prévu .+ vers \d+ h.*\. Appelez-le, ou confiez/,
  );
  expect(await toucher(retard?.id, 'choisir')).toBe('choix');
  const [liste] = await avis(course, 'choisir_livreur');
  expect(liste?.actions.liste.sections[0].lignes.map((x: { id: string }) => x.id)).toEqual([
    `livreur_${autre.id}`,
  ]);
  expect(await toucher(liste?.id, `livreur_${autre.id}`)).toBe('confiee');
  expect(await etat(d, course)).toMatchObject({ statut: 'assignee', livreur: autre.id });
  // What he was shown before that one had it takes it from nobody.
  await avancer(d, 60);
  expect(await toucher(liste?.id, `livreur_${lent.id}`)).toBe('deja_regle');
  expect(await toucher(retard?.id, 'choisir')).toBe('deja_regle');
  expect(await etat(d, course)).toMatchObject({ statut: 'assignee', livreur: autre.id });
  // He has a new time, and an hour more.
  expect(await signaler()).toBe(0);
  await avancer(d, 30 * 3600);
  expect(await signaler()).toBe(1);
});

test('on its way for four hours: told once, and never for what has arrived', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const courses = [];
  for (let i = 0; i < 2; i += 1) {
    const course = await creerCourse(d, v, { date_livraison_prevue: null });
    await confier(v, course, l.id);
    await bouger(course, 'recuperee');
    courses.push(course);
  }
  const [enRoute = 0, arrivee = 0] = courses;
  await avancer(d, 3.9 * 3600);
  expect(await signaler()).toBe(0);
  await bouger(arrivee, 'livree');
  await bouger(enRoute, 'en_transit');
  await avancer(d, 0.2 * 3600);
  expect([await signaler(), await signaler()]).toEqual([1, 0]);
  expect(await avis(arrivee, 'livraison_en_retard')).toEqual([]);
  expect(await avis(enRoute, 'livraison_en_retard')).toMatchObject([
    { contenu: expect.stringContaining("n'a pas dit qu'il est remis"), actions: [] },
  ]);
});

test('only words are known of a place: the middle of its commune serves, for the courier, the bicycle and the time it takes', async () => {
  const v = await creerBoutique(d, {
    adresse_recuperation: 'Plateau, avenue Chardy',
    latitude: null,
    longitude: null,
  });
  const velo = await creerLivreur(d, v, { type_vehicule: 'velo' });
  const moto = await creerLivreur(d, v, {
    derniere_latitude: 5.3236,
    derniere_longitude: -4.01,
    position_le: new Date(),
  });
  const [h] = await d.sql`select prive.maintenant() as t`;
  await d.sql`update public.livreurs set position_le = ${h?.t} where id_livreur = ${moto.id}`;
  const course = await creerCourse(d, v, { adresse_destination: 'Yopougon Siporex, derrière la pharmacie' });
  await chercher(d);
  const [p] = await propositions(d, course);
  // 7,8 km from Plateau to Yopougon: a bicycle still does it; from Plateau to Bingerville none does.
  expect(p).toMatchObject({ livreur: moto.id, motif: expect.stringContaining('à environ 1 km du retrait') });
  expect((await ecrits(d, moto))[0]?.contenu).toContain('Distance : environ 8 km');
  if (p) await repondre(d, v, p, true);
  const [l] =
    await d.sql`select duree_estimee_minutes as d from public.livraisons where id_livraison = ${course}`;
  expect(l?.d).toBe(Math.ceil((1.3 * 8 * 60) / 25) + 10);
  const loin = await creerCourse(d, v, { adresse_destination: 'Bingerville' });
  const classement = async (id: number) =>
    (
      await d.sql`select id_livreur as id, raison_exclusion as raison from prive.classer_livreurs(${id})`
    ).find((x) => x.id === velo.id)?.raison;
  expect([await classement(course), await classement(loin)]).toEqual([null, 'vehicule']);
  const distance = async (colonnes: Record<string, unknown>) =>
    (await d.sql`select prive.valeurs_course(${await creerCourse(d, v, colonnes)}) ->> 'distance' as dit`)[0]
      ?.dit;
  expect([
    await distance({ adresse_destination: 'Plateau, tour C' }),
    await distance({ adresse_destination: 'chez tantie' }),
    // Fetched elsewhere than at the shop.
    await distance({ adresse_recuperation: 'Abobo gare', adresse_destination: 'Anyama' }),
    await distance({
      adresse_destination: 'Riviera 2',
      latitude_destination: 5.36,
      longitude_destination: -3.98,
    }),
  ]).toEqual(['environ 3 km', 'non connue', 'environ 10 km', 'environ 6 km']);
});
