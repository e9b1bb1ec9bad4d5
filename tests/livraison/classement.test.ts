// The ranking is explained: what is shown is what was counted, recounted here from the tables without SQL; and who is out, why.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { BOUTIQUE, chercher, creerBoutique, creerCourse, creerLivreur } from './aide-courses.ts';

const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
type Detail = { critere: string; valeur: unknown; points: number; dit: string };
type Classe = {
  id_livreur: number;
  eligible: boolean;
  raison_exclusion: string | null;
  raisons: string[];
  score: number;
  motif: string;
  details: Detail[];
};

let d: TestDatabase;
beforeAll(async () => {
  console.log(`GRAINE=${graine}`);
  d = await openDatabase();
});
afterAll(() => d?.close());

const classer = async (livraison: number): Promise<Classe[]> =>
  (await d.sql`select service.classer_livreurs(${livraison}) as r`)[0]?.r;
const raisons = async (livraison: number) =>
  Object.fromEntries((await classer(livraison)).map((c) => [c.id_livreur, c.raison_exclusion]));

/** Mulberry32. */
function hasard(depart: number): () => number {
  let a = depart;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const arrondi = (n: number, chiffres: number) =>
  Math.round((n + Number.EPSILON) * 10 ** chiffres) / 10 ** chiffres;
function kilometres(
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number {
  const rad = (x: number) => (x * Math.PI) / 180;
  const h =
    Math.sin(rad(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(rad(b.longitude - a.longitude) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(h));
}

test('each detail is what the tables say, the score is their sum, and the reason shown says all of it', async () => {
  const rnd = hasard(graine);
  for (let tour = 0; tour < 6; tour += 1) {
    const v = await creerBoutique(d);
    const livreurs: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const position =
        rnd() < 0.7
          ? {
              derniere_latitude: BOUTIQUE.latitude + (rnd() - 0.5) / 4,
              derniere_longitude: BOUTIQUE.longitude + (rnd() - 0.5) / 4,
              position_le: new Date(Date.now() - rnd() * 8 * 3_600_000),
            }
          : {};
      const l = await creerLivreur(d, v, {
        ...position,
        note_moyenne: rnd() < 0.6 ? arrondi(rnd() * 5, 2) : null,
        zones_couverture: rnd() < 0.3 ? 'Yopougon' : 'Cocody',
      });
      livreurs.push(l.id);
    }
    const une = () => livreurs[Math.floor(rnd() * livreurs.length)] ?? 0;
    for (let i = 0; i < 15; i += 1) {
      const course = await creerCourse(d, v, { demander_le: null, id_livreur: une() });
      const suite = ['recuperee', 'livree', 'echec', 'annulee'].slice(0, Math.floor(rnd() * 5));
      for (const statut of suite[0] ? [...suite.slice(0, 1), ...suite.slice(-1)] : []) {
        await d.sql`update public.livraisons set statut_livraison = ${statut}
          where id_livraison = ${course} and statut_livraison not in ('livree', 'annulee', ${statut})`;
      }
    }
    const course = await creerCourse(d, v, { demander_le: null, zones_elargies: rnd() < 0.5 });
    for (let rang = 1; rang <= 3; rang += 1) {
      await d.sql`insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, statut, expire_le)
        values (${v.id}, ${course}, ${une()}, ${rang}, 'expiree', prive.maintenant())`;
    }
    await d.sql`update public.livraisons set tour = 2 where id_livraison = ${course}`;
    const ailleurs = await creerCourse(d, v, { demander_le: null });
    await d.sql`insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, expire_le)
      values (${v.id}, ${ailleurs}, ${une()}, 1, prive.maintenant() + interval '1 hour')`;

    // From raw rows, at the same instant.
    const [classes, rangees, courses, offres, ici] = await d.sql.begin(
      'isolation level repeatable read',
      async (tx) => [
        (await tx`select service.classer_livreurs(${course}) as r`)[0]?.r as Classe[],
        await tx`select * from public.livreurs where id_utilisateur = ${v.id}`,
        await tx`select * from public.livraisons where id_utilisateur = ${v.id}`,
        await tx`select * from public.propositions_livraison where id_utilisateur = ${v.id}`,
        (
          await tx`select prive.maintenant() as t, (select zones_elargies from public.livraisons where id_livraison = ${course}) as elargies`
        )[0],
      ],
    );
    expect(classes.length).toBe(8);
    for (const c of classes) {
      const l = rangees.find((r) => r.id_livreur === c.id_livreur);
      const siens = courses.filter((x) => x.id_livreur === c.id_livreur && x.id_livraison !== course);
      const attendu: Record<string, number> = {};
      const detail = (critere: string) => c.details.find((x) => x.critere === critere);
      attendu.distance = 20;
      if (l?.position_le) {
        const km = kilometres(BOUTIQUE, { latitude: l.derniere_latitude, longitude: l.derniere_longitude });
        const minutes = Math.floor((ici?.t - l.position_le) / 60_000);
        expect(detail('distance')?.valeur).toEqual({ km: expect.closeTo(km, 1), minutes });
        // As shown: nothing finer is in the score.
        const lu = (detail('distance')?.valeur as { km: number } | undefined)?.km ?? 0;
        const fraicheur = Math.min(1, Math.max(0, (360 - minutes) / 345));
        attendu.distance = 20 + (40 * Math.max(0, 1 - lu / 15) - 20) * fraicheur;
      } else {
        expect(detail('distance')).toMatchObject({ valeur: null, dit: 'position inconnue' });
      }
      const enCours =
        siens.filter((x) => ['assignee', 'recuperee', 'en_transit'].includes(x.statut_livraison)).length +
        offres.filter((o) => o.id_livreur === c.id_livreur && o.statut === 'proposee').length;
      attendu.charge = -5 * enCours;
      attendu.note = 4 * Number(l?.note_moyenne ?? 4);
      attendu.equite = -siens.filter((x) => x.statut_livraison === 'livree').length;
      attendu.silence =
        -15 * offres.filter((o) => o.id_livreur === c.id_livreur && o.statut === 'expiree').length;
      attendu.zone = ici?.elargies && l?.zones_couverture === 'Yopougon' ? -25 : 0;
      for (const [critere, points] of Object.entries(attendu)) {
        const obtenu = detail(critere)?.points ?? 0;
        expect([graine, critere, obtenu, Math.abs(obtenu - points) <= 0.0501]).toEqual([
          graine,
          critere,
          obtenu,
          true,
        ]);
      }
      expect(detail('charge')?.valeur).toBe(enCours);
      expect(c.details.map((x) => x.critere).filter((x) => !(x in attendu))).toEqual([]);
      expect(c.score).toBeCloseTo(
        c.details.reduce((n, x) => n + x.points, 0),
        6,
      );
      const montres = c.motif.split(' ; ').map((un) => {
        const [, dit, points] = /^(.*) : ([+−]?[\d,]+)$/.exec(un) ?? [];
        return { dit, points: Number(points?.replace('−', '-').replace(',', '.')) };
      });
      expect(montres).toEqual(c.details.map(({ dit, points }) => ({ dit, points })));
      expect(c.raison_exclusion).toBe(
        l?.zones_couverture === 'Yopougon' && !ici?.elargies ? 'hors_zone' : null,
      );
    }
    const scores = classes.filter((c) => c.eligible).map((c) => c.score);
    expect(scores).toEqual([...scores].sort((x, y) => y - x));
    expect(classes.findIndex((c) => !c.eligible)).toBe(scores.length === 8 ? -1 : scores.length);
  }
});

test('one fact changes, one detail changes', async () => {
  const v = await creerBoutique(d);
  const a = await creerLivreur(d, v, {
    derniere_latitude: 5.36,
    derniere_longitude: -4,
    position_le: new Date(Date.now() - 600_000),
    note_moyenne: 4,
  });
  const b = await creerLivreur(d, v);
  const course = await creerCourse(d, v, { demander_le: null });
  const de = async (id: number) => (await classer(course)).find((c) => c.id_livreur === id)?.details ?? [];
  const changes: [string, () => Promise<unknown>][] = [
    ['note', () => d.sql`update public.livreurs set note_moyenne = 2.5 where id_livreur = ${a.id}`],
    ['distance', () => d.sql`update public.livreurs set derniere_latitude = 5.45 where id_livreur = ${a.id}`],
    [
      'distance',
      () =>
        d.sql`update public.livreurs set position_le = position_le - interval '3 hours' where id_livreur = ${a.id}`,
    ],
    ['charge', () => creerCourse(d, v, { demander_le: null, id_livreur: a.id })],
    [
      'charge equite',
      () =>
        d.sql`with r as (update public.livraisons set statut_livraison = 'recuperee' where id_livreur = ${a.id} returning 1) select * from r`.then(
          () => d.sql`update public.livraisons set statut_livraison = 'livree' where id_livreur = ${a.id}`,
        ),
    ],
  ];
  for (const [quoi, changer] of changes) {
    const [avant, autre] = [await de(a.id), await de(b.id)];
    await changer();
    const apres = await de(a.id);
    expect(
      apres
        .filter((x, i) => x.points !== avant[i]?.points)
        .map((x) => x.critere)
        .join(' '),
    ).toBe(quoi);
    expect(await de(b.id)).toEqual(autre);
  }
});

test('equal in all: who was least recently given one; then who is known longest', async () => {
  const v = await creerBoutique(d);
  const ids = [];
  for (let i = 0; i < 3; i += 1) ids.push((await creerLivreur(d, v)).id);
  const [a, b, c] = ids as [number, number, number];
  const course = await creerCourse(d, v, { demander_le: null });
  expect((await classer(course)).map((x) => x.id_livreur)).toEqual([a, b, c]);
  for (const [id, jours] of [
    [a, 3],
    [b, 5],
  ] as const) {
    const passee = await creerCourse(d, v, { demander_le: null, id_livreur: id });
    await d.sql`update public.livraisons set statut_livraison = 'echec' where id_livraison = ${passee}`;
    await d.sql`update public.livraisons set date_assignation = prive.maintenant() - make_interval(days => ${jours}) where id_livraison = ${passee}`;
  }
  expect((await classer(course)).map((x) => x.id_livreur)).toEqual([c, b, a]);
});

test('who is out, and why', async () => {
  const v = await creerBoutique(d);
  const de = async (colonnes: Record<string, unknown>, ouvert: boolean | null = true) =>
    (await creerLivreur(d, v, colonnes, ouvert)).id;
  const bon = await de({});
  const client = await de({ numero_telephone_livreur: '+2250799999999' });
  const [refus, silence] = [await de({}), await de({})];
  const pas = await de({ disponible_maintenant: false, zones_couverture: 'Yopougon' });
  const zone = await de({ zones_couverture: 'Yopougon, Abobo' });
  const velo = await de({ type_vehicule: 'velo' });
  const ferme = await de({}, false);
  const jamais = await de({}, null);
  await de({ livreur_actif: false });
  const loin = { latitude_destination: BOUTIQUE.latitude + 0.08, longitude_destination: BOUTIQUE.longitude };
  const course = await creerCourse(d, v, { demander_le: null }, { telephone_livraison: '+2250799999999' });
  await d.sql`insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, statut, expire_le) values
    (${v.id}, ${course}, ${refus}, 1, 'refusee', prive.maintenant()), (${v.id}, ${course}, ${silence}, 2, 'expiree', prive.maintenant())`;
  const attendu = {
    [bon]: null,
    [client]: 'client',
    [refus]: 'refus',
    [silence]: 'sans_reponse',
    [pas]: 'indisponible',
    [zone]: 'hors_zone',
    [velo]: null,
    [ferme]: 'injoignable',
    [jamais]: 'injoignable',
  };
  expect(await raisons(course)).toEqual(attendu);
  expect((await classer(course)).find((c) => c.id_livreur === pas)?.raisons).toEqual([
    'indisponible',
    'hors_zone',
  ]);
  // 8,9 km are too far by bicycle.
  await d.sql`update public.livraisons set ${d.sql(loin)} where id_livraison = ${course}`;
  expect((await raisons(course))[velo]).toBe('vehicule');
  await d.sql`update public.livraisons set vehicule_minimum = 'voiture', latitude_destination = null, longitude_destination = null, zones_elargies = true,
    tour = 2 where id_livraison = ${course}`;
  expect(await raisons(course)).toEqual({
    ...attendu,
    [bon]: 'vehicule',
    [velo]: 'vehicule',
    [silence]: 'vehicule',
    [zone]: 'vehicule',
    [ferme]: 'vehicule',
    [jamais]: 'vehicule',
  });
  await d.sql`update public.livraisons set vehicule_minimum = null where id_livraison = ${course}`;
  expect(await raisons(course)).toEqual({ ...attendu, [silence]: null, [zone]: null });
  // A number that is off writes to nobody.
  await d.sql`update public.comptes_whatsapp set compte_actif = false, motif_inactif = 'jeton_mort' where id_utilisateur = ${v.id}`;
  expect((await raisons(course))[bon]).toBe('injoignable');
});

const ZONES: [string, string | null, boolean][] = [
  ['Cocody Angré, 8e tranche', 'cocody', true],
  ['COCODY', 'Cocody', true],
  ['Angré château', 'Cocody', true],
  ['Riviera 3, carrefour Mermoz', 'Cocody, Bingerville', true],
  ['Riviera Palmeraie', 'angré', true],
  ['Cocdy, près du CHU', 'Cocody', true],
  ['Cocody', 'Cocodi', true],
  ['Yopougon Maroc', 'Yop', true],
  ['yop siporex', 'YOPOUGON', true],
  ['Port-Bouët, Vridi', 'port bouet', true],
  ['PORT BOUET', 'Port-Bouët', true],
  ['Adjamé, marché', 'adjame', true],
  ['Les 2 Plateaux, rue des jardins', 'Plateau', false],
  ['Les 2 Plateaux, rue des jardins', 'Cocody', true],
  ['Abobo, route d’Anyama', 'Anyama', false],
  ['Abobo, route d’Anyama', 'Abobo', true],
  ['Yopougon Niangon', 'Cocody; Marcory', false],
  ['Marcory zone 4', 'Plateau/Marcory', true],
  ['Treichville', 'Abidjan', true],
  ['Abidjan', 'tout Abidjan', true],
  ['Grand-Bassam', 'Abidjan', false],
  ['Bouaké, air France', 'Abidjan', false],
  ['Bouaké, air France', 'partout', true],
  ['Bouaké, air France', '*', true],
  ['Bouaké, air France', 'Cocody, *', true],
  ['Bouaké, air France', null, true],
  ['Bouaké, air France', 'bouake', true],
  ['Cité Mamie Adjoua, portail bleu', 'mamie adjoua', true],
  ['Cité Mamie Adjoua, portail bleu', 'Adjouan', true],
  ['Derrière la pharmacie', 'Cocody', false],
];
test('a zone is read as people write it', async () => {
  const v = await creerBoutique(d);
  const obtenu: typeof ZONES = [];
  for (const [destination, zones] of ZONES) {
    await d.sql`update public.livreurs set livreur_actif = false where id_utilisateur = ${v.id}`;
    const l = await creerLivreur(d, v, { zones_couverture: zones });
    const course = await creerCourse(d, v, { demander_le: null, adresse_destination: destination });
    obtenu.push([destination, zones, (await raisons(course))[l.id] !== 'hors_zone']);
  }
  expect(obtenu).toEqual(ZONES);
  // Elsewhere than in Côte d'Ivoire words are words, and the vendor's own zones say what lies where.
  await d.sql`update public.utilisateurs_fluxasync set pays = 'SN' where id_utilisateur = ${v.id}`;
  await d.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison) values (${v.id}, 'Centre', 'Fann, Point E', 500)`;
  await d.sql`update public.livreurs set livreur_actif = false where id_utilisateur = ${v.id}`;
  const [medina, centre, cocody] = [
    await creerLivreur(d, v, { zones_couverture: 'Médina' }),
    await creerLivreur(d, v, { zones_couverture: 'Centre' }),
    await creerLivreur(d, v, { zones_couverture: 'Angré' }),
  ];
  const [a, b] = [
    await creerCourse(d, v, { demander_le: null, adresse_destination: 'Fann résidence' }),
    await creerCourse(d, v, { demander_le: null, adresse_destination: 'rue 6, la medina' }),
  ];
  expect(await raisons(a)).toEqual({ [medina.id]: 'hors_zone', [centre.id]: null, [cocody.id]: 'hors_zone' });
  expect(await raisons(b)).toEqual({ [medina.id]: null, [centre.id]: 'hors_zone', [cocody.id]: 'hors_zone' });
});

test('200 couriers with a thousand deliveries and a hundred thousand messages: ranked by indexes alone', async () => {
  const v = await creerBoutique(d);
  for (let i = 0; i < 200; i += 1)
    await creerLivreur(d, v, { zones_couverture: i % 2 ? 'Cocody' : `Quartier ${i}, Cocody` });
  const course = await creerCourse(d, v, { demander_le: null });
  await d.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`
      insert into public.commandes (id_utilisateur, id_prospect, numero_commande, statut_commande, date_confirmation, date_livraison)
      select ${v.id}, c.id_prospect, 'ESSAI-' || n, 'livree', prive.maintenant(), prive.maintenant()
      from generate_series(1, 1000) as n, (select id_prospect from public.commandes where id_utilisateur = ${v.id} limit 1) as c`;
    await tx`
      insert into public.livraisons (id_utilisateur, id_commande, id_livreur, adresse_destination, statut_livraison, date_assignation, date_livraison_effective)
      select ${v.id}, c.id_commande, l.ids[1 + c.id_commande % 200], 'Cocody', 'livree', prive.maintenant() - interval '1 day', prive.maintenant() - interval '1 day'
      from public.commandes as c, (select array_agg(id_livreur) as ids from public.livreurs where id_utilisateur = ${v.id}) as l
      where c.id_utilisateur = ${v.id} and c.numero_commande like 'ESSAI-%'`;
    await tx`
      insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, contenu_message)
      select ${v.id}, c.id_conversation, ${v.idCompte}, 'sortant', 'Bonjour' from public.conversations as c, generate_series(1, 500)
      where c.id_utilisateur = ${v.id}`;
  });
  await d.sql`analyze`;
  await classer(course);
  const lus = await d.sql.begin(async (tx) => {
    const r = (await tx`select service.classer_livreurs(${course}) as r`)[0]?.r as Classe[];
    expect(r.length).toBe(200);
    return tx<{ relname: string; suite: number; index: number }[]>`
      select relname, seq_tup_read::integer as suite, idx_tup_fetch::integer as index from pg_stat_xact_user_tables
      where relname in ('livraisons', 'messages') order by relname`;
  });
  // At most a few rows for each courier, and not one of what was written.
  for (const { relname, suite, index } of lus) {
    expect([relname, suite, index <= (relname === 'messages' ? 0 : 1_000)]).toEqual([relname, 0, true]);
  }
  expect(await chercher(d)).toEqual([]);
});
