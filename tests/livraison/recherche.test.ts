// Whom a search asks and when it begins: at night, after a courier came back, outside the 24 hours; and why nobody is left.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import {
  avancer,
  balayer,
  chercher,
  creerBoutique,
  creerCourse,
  creerLivreur,
  etat,
  notifications,
  propositions,
} from './aide-courses.ts';

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

const premiere = async (livraison: number) => {
  const [p] = await propositions(d, livraison);
  if (!p) throw new Error('nobody was asked');
  return p;
};

test.each([
  ['aucun_livreur', async () => [], "Votre boutique n'a aucun livreur actif."],
  [
    'aucun_disponible',
    async (v) => [
      await creerLivreur(d, v, { nom_complet_livreur: 'Moussa K', disponible_maintenant: false }),
    ],
    'Indisponibles : 1 (Moussa).',
  ],
  [
    'hors_zone',
    async (v) => [await creerLivreur(d, v, { nom_complet_livreur: 'Ali B', zones_couverture: 'Yopougon' })],
    'Hors de leurs zones : 1 (Ali).',
  ],
  [
    'vehicule',
    async (v) => [await creerLivreur(d, v, { nom_complet_livreur: 'Ali B', type_vehicule: 'velo' })],
    'Véhicule inadapté : 1 (Ali).',
  ],
  [
    'injoignables',
    async (v) => [
      await creerLivreur(d, v, { nom_complet_livreur: 'Ali B' }, false),
      await creerLivreur(d, v, { nom_complet_livreur: 'Bah C' }, null),
    ],
    "Injoignables sur WhatsApp tant qu'ils ne vous ont pas écrit : 2 (Ali, Bah).",
  ],
] as [string, (v: Awaited<ReturnType<typeof creerBoutique>>) => Promise<unknown>, string][])(
  'nobody can be asked (%s): the vendor is told why',
  async (raison, preparer, motif) => {
    const v = await creerBoutique(d);
    await preparer(v);
    const course = await creerCourse(d, v, { vehicule_minimum: 'moto' });
    expect(await chercher(d)).toContain('sans_livreur');
    expect(await etat(d, course)).toMatchObject({ statut: 'sans_livreur', raison, motif });
    expect(await notifications(d, course)).toMatchObject([{ contenu: expect.stringContaining(motif) }]);
  },
);

test('a courier who comes, is free again, widens his zones or writes is asked without anybody doing anything; once per round', async () => {
  const gestes: [string, (id: number) => Promise<unknown>, Record<string, unknown>, boolean][] = [
    [
      'free',
      (id) => d.sql`update public.livreurs set disponible_maintenant = true where id_livreur = ${id}`,
      { disponible_maintenant: false },
      true,
    ],
    [
      'zones',
      (id) => d.sql`update public.livreurs set zones_couverture = 'Cocody' where id_livreur = ${id}`,
      { zones_couverture: 'Yopougon' },
      true,
    ],
    [
      'active',
      (id) => d.sql`update public.livreurs set livreur_actif = true where id_livreur = ${id}`,
      { livreur_actif: false },
      true,
    ],
    [
      'writes',
      (
        id,
      ) => d.sql`update public.conversations set dernier_message_recu = prive.maintenant(), fenetre_expire_le = prive.maintenant() + interval '1 day'
      where id_livreur = ${id}`,
      {},
      false,
    ],
  ];
  for (const [nom, geste, colonnes, ouvert] of gestes) {
    const v = await creerBoutique(d);
    const l = await creerLivreur(d, v, colonnes, ouvert);
    const course = await creerCourse(d, v);
    await chercher(d);
    expect([nom, (await etat(d, course)).statut]).toEqual([nom, 'sans_livreur']);
    await geste(l.id);
    await chercher(d);
    expect([nom, await etat(d, course), (await propositions(d, course)).length]).toMatchObject([
      nom,
      { statut: 'a_assigner', raison: null },
      1,
    ]);
    await avancer(d, 301);
    await balayer(d);
    // He let it pass; turning himself off and on again does not ask him again and again.
    await d.sql`update public.livreurs set disponible_maintenant = false where id_livreur = ${l.id}`;
    await d.sql`update public.livreurs set disponible_maintenant = true where id_livreur = ${l.id}`;
    expect(await chercher(d)).toEqual(['personne']);
    expect([nom, (await etat(d, course)).statut, (await notifications(d, course)).length]).toEqual([
      nom,
      'sans_livreur',
      1,
    ]);
  }
  const v = await creerBoutique(d);
  const course = await creerCourse(d, v);
  await chercher(d);
  const nouveau = await creerLivreur(d, v);
  await chercher(d);
  expect(await propositions(d, course)).toMatchObject([{ livreur: nouveau.id, statut: 'proposee' }]);
});

test('outside the 24 hours the approved template asks, also who never wrote', async () => {
  const v = await creerBoutique(d);
  const jamais = await creerLivreur(d, v, {}, null);
  await d.sql`
    insert into public.modeles_whatsapp (id_utilisateur, identifiant_compte_business, nom_modele, langue, categorie, statut, composants, nombre_variables_corps)
    select ${v.id}, w.identifiant_compte_business, 'fluxasync_proposition_course', 'fr', 'utility', 'approuve',
      jsonb_build_array(jsonb_build_object('type', 'BODY', 'text', 'Course {{1}}'),
        jsonb_build_object('type', 'BUTTONS', 'buttons', '[{"type": "QUICK_REPLY", "text": "Accepter"}, {"type": "QUICK_REPLY", "text": "Refuser"}]'::jsonb)),
      cardinality(prive.variables_de((select contenu from prive.textes where nom = 'proposition_course')))
    from public.comptes_whatsapp as w where w.id_utilisateur = ${v.id}`;
  const course = await creerCourse(d, v);
  await chercher(d);
  const p = await premiere(course);
  expect(p.livreur).toBe(jamais.id);
  const [m] = await d.sql`
    select charge_utile -> 'secours' as secours from public.messages join public.conversations using (id_conversation) where id_livreur = ${jamais.id}`;
  expect(m?.secours).toMatchObject({
    nom: 'fluxasync_proposition_course',
    boutons: [`proposition:${p.id}:accepter`, `proposition:${p.id}:refuser`],
  });
  // Meta could not reach him: he is not asked again today, and the vendor knows why nobody is.
  await d.sql`update public.messages set statut_livraison = 'echec', code_erreur = '131026' where charge_utile ->> 'proposition' = ${String(p.id)}`;
  await chercher(d);
  expect(await etat(d, course)).toMatchObject({ statut: 'sans_livreur', raison: 'personne_n_accepte' });
  const autre = await creerCourse(d, v);
  await chercher(d);
  expect(await etat(d, autre)).toMatchObject({ statut: 'sans_livreur', raison: 'injoignables' });
});

test('at night and before its time nobody is asked, in the morning somebody is', async () => {
  const v = await creerBoutique(d, { livreurs_de: '06:00', livreurs_a: '22:00' });
  await creerLivreur(d, v);
  // 23:00 of the shop's clock.
  const [ecart] =
    await d.sql`select extract(epoch from date_trunc('day', prive.maintenant() + interval '1 day') + interval '23 hours' - prive.maintenant())::integer as s`;
  await avancer(d, ecart?.s);
  const course = await creerCourse(d, v);
  expect(await chercher(d)).toEqual(['plus_tard']);
  const [l] =
    await d.sql`select to_char(demander_le at time zone 'UTC', 'HH24:MI') as a, demander_le - prive.maintenant() < interval '7 hours 1 minute' as bientot
    from public.livraisons where id_livraison = ${course}`;
  expect(l).toEqual({ a: '06:00', bientot: true });
  await avancer(d, 6.9 * 3600);
  await balayer(d);
  expect(await propositions(d, course)).toEqual([]);
  // The job of the morning is lost: the net finds it.
  await avancer(d, 0.2 * 3600);
  await d.sql`delete from pgmq.q_assigner_livraisons`;
  expect(await balayer(d)).toEqual(['proposee']);
  // Over midnight.
  await d.sql`update public.utilisateurs_fluxasync set livreurs_de = '20:00', livreurs_a = '02:00' where id_utilisateur = ${v.id}`;
  const quand = async (h: string) =>
    (
      await d.sql`select to_char(prive.ouverture_livreurs(${v.id}, ${h}::timestamptz) at time zone 'UTC', 'DD HH24:MI') as q`
    )[0]?.q;
  expect([
    await quand('2026-11-20 01:30Z'),
    await quand('2026-11-20 02:00Z'),
    await quand('2026-11-20 23:59Z'),
  ]).toEqual(['20 01:30', '20 20:00', '20 23:59']);
});

test('a delivery that nobody looks after by itself is left alone', async () => {
  const v = await creerBoutique(d);
  await creerLivreur(d, v);
  const course = await creerCourse(d, v, { demander_le: null });
  await d.sql`select prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', ${course}::bigint))`;
  expect(await chercher(d)).toEqual(['a_la_main']);
  expect(await propositions(d, course)).toEqual([]);
});
