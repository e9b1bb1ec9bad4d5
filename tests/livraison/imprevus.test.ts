// What happens to a delivery while a courier is looked for: its day, address or pay change, a courier goes, the number comes back,
// the planned time passes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ouvrirGuichet } from '../helpers/commandes.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';
import {
  avancer,
  balayer,
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

const lire = async (course: number) =>
  (
    await d.sql`select l.*, c.numero_commande, c.statut_commande, prive.maintenant() as maintenant
      from public.livraisons as l join public.commandes as c using (id_commande) where id_livraison = ${course}`
  )[0];
const derniere = async (course: number) => {
  const p = (await propositions(d, course)).at(-1);
  if (!p) throw new Error('nobody was asked');
  return p;
};
const sousLaBoutique = (v: Vendeur, requete: (tx: TestDatabase['sql']) => Promise<unknown>) =>
  d.sql.begin(async (tx) => {
    await tx`select prive.tenir_boutique(${v.id})`;
    await requete(tx as unknown as TestDatabase['sql']);
  });

test('who is asked anew because the day changed is not told in between that there is nothing to take', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  await chercher(d);
  const ancienne = await derniere(course);
  await d.sql`update public.livraisons set date_livraison_prevue = prive.maintenant() + interval '5 hours' where id_livraison = ${course}`;
  await chercher(d);
  const dits = (await ecrits(d, l)).map((m) => m.charge.proposition ?? m.contenu);
  const nouvelle = await derniere(course);
  expect(dits).toEqual([ancienne.id, nouvelle.id]);
  // His tap on the first question answers the second; nothing is taken back after that either.
  expect(await repondre(d, v, ancienne, true)).toBe('acceptee');
  await chercher(d);
  expect((await ecrits(d, l)).filter((m) => m.contenu.includes('inutile de répondre'))).toEqual([]);
});

test('put off for days, who was being asked is told; and is asked again when it is time', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  await chercher(d);
  await d.sql`update public.livraisons set date_livraison_prevue = prive.maintenant() + interval '5 days' where id_livraison = ${course}`;
  await chercher(d);
  expect((await ecrits(d, l)).map((m) => m.contenu.includes('inutile de répondre'))).toEqual([false, true]);
  await avancer(d, 2 * 86_400 + 60);
  await balayer(d);
  expect(await propositions(d, course)).toMatchObject([{ statut: 'annulee' }, { statut: 'proposee' }]);
});

test('who makes a courier inactive while offers are being moved waits for the shop, not for an offer', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  await chercher(d);
  const g = await ouvrirGuichet(d, 1);
  const tenue = await d.sql.reserve();
  try {
    await tenue`begin`;
    await tenue`select prive.tenir_boutique(${v.id})`;
    await tenue`select from public.propositions_livraison where id_livraison = ${course} for update`;
    const issue = g.executer(v.id, 'update public.livreurs set livreur_actif = false where id_livreur = $1', [
      l.id,
    ]);
    await waitFor('he waits for the shop', async () => {
      const [n] = await d.sql`select count(*)::integer as n from pg_catalog.pg_stat_activity
        where datname = current_database() and usename = 'authenticator' and wait_event = 'advisory'`;
      return n?.n === 1;
    });
    await tenue`commit`;
    expect(await issue).toHaveProperty('valeur');
  } finally {
    await tenue`rollback`;
    tenue.release();
    await g.fermer();
  }
  expect((await derniere(course)).statut).toBe('annulee');
});

test('a courier made inactive while he is asked: he cannot take it any more, the next one is asked at once', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  await chercher(d);
  const p = await derniere(course);
  const autre = await creerLivreur(d, v);
  await d.sql`update public.livreurs set livreur_actif = false where id_livreur = ${l.id}`;
  expect(await repondre(d, v, p, true)).toBe('trop_tard');
  await chercher(d);
  expect(await etat(d, course)).toMatchObject({ statut: 'a_assigner', livreur: null });
  expect(await propositions(d, course)).toMatchObject([
    { livreur: l.id, statut: 'annulee' },
    { livreur: autre.id, statut: 'proposee' },
  ]);
});

test('nobody was found, then the vendor corrects day, place or pay: it is looked for again, in a new round', async () => {
  const gestes: [string, Record<string, unknown>][] = [
    ['place', { adresse_destination: 'Yopougon Siporex' }],
    ['pay', { frais_livraison: 5_000 }],
    ['day', { date_livraison_prevue: new Date(Date.now() + 9 * 3_600_000) }],
  ];
  for (const [nom, colonnes] of gestes) {
    const v = await creerBoutique(d);
    const l = await creerLivreur(d, v, nom === 'place' ? { zones_couverture: 'Yopougon' } : {});
    const course = await creerCourse(d, v);
    await chercher(d);
    if (nom !== 'place') {
      await avancer(d, 301);
      await balayer(d);
    }
    expect([nom, (await etat(d, course)).statut]).toEqual([nom, 'sans_livreur']);
    await d.sql`update public.livraisons set ${d.sql(colonnes)} where id_livraison = ${course}`;
    await chercher(d);
    expect([nom, await etat(d, course)]).toMatchObject([nom, { statut: 'a_assigner', raison: null }]);
    expect([nom, await derniere(course)]).toMatchObject([
      nom,
      { livreur: l.id, tour: 2, statut: 'proposee' },
    ]);
  }
  // Given back to the vendor by hand, it stays with him.
  const v = await creerBoutique(d);
  await creerLivreur(d, v);
  const course = await creerCourse(d, v, { demander_le: null });
  await d.sql`update public.livraisons set statut_livraison = 'sans_livreur', raison_statut = 'livreur_renonce' where id_livraison = ${course}`;
  await d.sql`update public.livraisons set frais_livraison = 4000 where id_livraison = ${course}`;
  expect((await etat(d, course)).statut).toBe('sans_livreur');
});

test('an address given after the order was confirmed makes its delivery; taken away, nobody is asked any more', async () => {
  const v = await creerBoutique(d);
  await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  const { id_commande } = (await lire(course)) ?? {};
  await d.sql`delete from public.livraisons where id_livraison = ${course}`;
  await d.sql`update public.commandes set adresse_livraison = 'Cocody Danga' where id_commande = ${id_commande}`;
  const livraison = async () =>
    (
      await d.sql`select id_livraison as id, statut_livraison as statut, adresse_destination as ou from public.livraisons where id_commande = ${id_commande}`
    )[0];
  const faite = await livraison();
  expect(faite).toMatchObject({ statut: 'a_assigner', ou: 'Cocody Danga' });
  await chercher(d);
  await d.sql`update public.commandes set adresse_livraison = null where id_commande = ${id_commande}`;
  expect(await livraison()).toMatchObject({ id: faite?.id, statut: 'annulee' });
  expect(await derniere(faite?.id)).toMatchObject({ statut: 'annulee' });
  await d.sql`update public.commandes set adresse_livraison = 'Marcory zone 4' where id_commande = ${id_commande}`;
  expect(await livraison()).toMatchObject({ id: faite?.id, statut: 'a_assigner', ou: 'Marcory zone 4' });
});

test('the planned time passed before somebody was found: a courier is not asked for yesterday', async () => {
  const v = await creerBoutique(d);
  await creerLivreur(d, v, { disponible_maintenant: false });
  const l = await creerLivreur(d, v);
  const [h] = await d.sql`select prive.maintenant() + interval '1 hour' as h`;
  const course = await creerCourse(d, v, { date_livraison_prevue: h?.h });
  await chercher(d);
  await avancer(d, 301);
  await balayer(d);
  expect((await etat(d, course)).statut).toBe('sans_livreur');
  await avancer(d, 86_400);
  await d.sql`update public.livreurs set disponible_maintenant = true where id_utilisateur = ${v.id} and id_livreur <> ${l.id}`;
  await chercher(d);
  const x = await lire(course);
  expect(x?.statut_livraison).toBe('a_assigner');
  expect(Number(x?.date_livraison_prevue)).toBeGreaterThan(Number(x?.maintenant));
  expect((await propositions(d, course)).filter((p) => p.statut === 'proposee')).toHaveLength(1);
  // By hand as well, long after its time; and started again after it failed.
  await avancer(d, 3 * 86_400);
  await sousLaBoutique(v, (tx) => tx`select prive.confier_livraison(${v.id}, ${course}, ${l.id})`);
  const y = await lire(course);
  expect(Number(y?.date_livraison_prevue)).toBeGreaterThan(Number(y?.maintenant));
  await d.sql`update public.livraisons set statut_livraison = 'echec' where id_livraison = ${course}`;
  await avancer(d, 3 * 86_400);
  await d.sql`update public.livraisons set statut_livraison = 'a_assigner' where id_livraison = ${course}`;
  const z = await lire(course);
  expect(Number(z?.date_livraison_prevue)).toBeGreaterThan(Number(z?.maintenant));
});

test('the shop’s number is off: the vendor reads that, and when it is back couriers are asked', async () => {
  const v = await creerBoutique(d);
  await creerLivreur(d, v);
  await d.sql`update public.comptes_whatsapp set compte_actif = false where id_utilisateur = ${v.id}`;
  const course = await creerCourse(d, v);
  await chercher(d);
  expect(await etat(d, course)).toMatchObject({
    statut: 'sans_livreur',
    raison: 'injoignables',
    motif: expect.stringContaining('n’est pas connecté'.replace('’', "'")),
  });
  await d.sql`update public.comptes_whatsapp set compte_actif = true where id_utilisateur = ${v.id}`;
  await chercher(d);
  expect(await etat(d, course)).toMatchObject({ statut: 'a_assigner' });
});

test('the vendor is offered only what can help', async () => {
  const boutons = async (course: number) =>
    (
      await d.sql`select actions from public.notifications where reference_element_id = ${course} and type_reference = 'livraison'`
    )[0]?.actions.map((a: { action: string }) => a.action);
  const v = await creerBoutique(d);
  const seule = await creerCourse(d, v);
  await chercher(d);
  expect(await boutons(seule)).toEqual([]);
  await creerLivreur(d, v, { zones_couverture: 'Yopougon' });
  const loin = await creerCourse(d, v);
  await chercher(d);
  expect(await boutons(loin)).toEqual(['elargir', 'reessayer', 'choisir']);
  const w = await creerBoutique(d);
  await creerLivreur(d, w, { disponible_maintenant: false });
  const absent = await creerCourse(d, w);
  await chercher(d);
  expect(await boutons(absent)).toEqual(['reessayer', 'choisir']);
});

test('an announcement that is a dead letter does not stop the search', async () => {
  const v = await creerBoutique(d);
  await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  await d.sql`delete from pgmq.q_assigner_livraisons`;
  await d.sql`insert into prive.lettres_mortes (file, message, erreur, tentatives)
    values ('assigner_livraisons', ${d.sql.json({ genre: 'annonce', id_livraison: course })}, 'x', 8)`;
  await avancer(d, 30);
  expect(await balayer(d)).toEqual(['proposee']);
});
