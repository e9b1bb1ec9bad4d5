// A fee and a day out of a place in a person's words.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
let v: Vendeur;
beforeAll(async () => {
  s = await ouvrirVente();
  v = await s.vendeur({ aMidi: false });
  await s.sql`delete from public.zones_livraison where id_utilisateur = ${v.id}`;
  await s.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours, heure_limite, zone_active)
    values (${v.id}, 'Cocody', '', 1500, 1, null, true), (${v.id}, 'Nord', 'Yopougon, Abobo ; Songon', 2000, 2, null, true),
      (${v.id}, 'Angré', '', 1000, 0, '14:00', true), (${v.id}, 'Treichville', '', 1, 0, null, false),
      (${v.id}, 'Bassam', 'Grand-Bassam', 5000, 3, null, true),
      (${v.id}, 'Abidjan', '', 9000, 3, null, true)`;
  // A neighbour who delivers everywhere is no help.
  await s.vendeur({ aMidi: false });
});
afterAll(() => s?.fermer());

const livrer = async (lieu: string | null) => {
  const [l] =
    await s.sql`select connue, commune, frais::integer as frais, jour::text from prive.livrer_a(${v.id}, ${lieu})`;
  return l as unknown as { connue: boolean; commune: string | null; frais: number | null; jour: string };
};

test.each<[string, string | null, number | null]>([
  ['Yop Maroc, derrière la pharmacie', 'Yopougon', 2_000],
  ['c’est à YOPOUGON', 'Nord', 2_000],
  ['yopougn siporex', 'Yopougon', 2_000],
  ['Cocody Angré 7e tranche', 'Angré', 1_000],
  ['Angré, Cocody', 'Angré', 1_000],
  ['Les 2 Plateaux vallon', 'Cocody', 1_500],
  ['Riviera Palmeraie', 'Cocody', 1_500],
  ['Cocody, sur la route de Yopougon', 'Cocody', 1_500],
  ['Abobo, vers Cocody', 'Nord', 2_000],
  ['Grand Bassam, quartier France', 'Bassam', 5_000],
  ['Koumasi remblais', 'Koumassi', null],
  ['Treichville', 'Treichville', null],
  ['Korhogo', 'Korhogo', null],
  ['Abobo, derrière le Maroc bar', 'Nord', 2_000],
  ['Derrière le Maroc bar, Abobo', 'Nord', 2_000],
  ['Abobo, avenue de la Liberté', 'Nord', 2_000],
  ['Abidjan Cocody', 'Cocody', 1_500],
  ['Abidjan, Cocody, Angré', 'Angré', 1_000],
  ['Gare de Bassam, Treichville', 'Treichville', null],
  ['Angré, route d’Abobo', 'Angré', 1_000],
  ['Zone 4, derrière la pharmacie d’Angré', 'Marcory', null],
  ['Port-Bouët 2, Yopougon', 'Yopougon', 2_000],
  ['Port-Bouët 2', 'Yopougon', 2_000],
  ['Abidjan', 'Abidjan', 9_000],
  ['au village', null, null],
  ['100 % gratuit', null, null],
  ['', null, null],
])('« %s » is %s, %s', async (lieu, commune, frais) => {
  expect(await livrer(lieu)).toMatchObject({ connue: frais !== null, commune, frais });
});

test('elsewhere costs what "*" says; nowhere in particular has an answer only where all cost the same', async () => {
  expect((await livrer(null)).connue).toBe(false);
  await s.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours)
    values (${v.id}, 'Partout ailleurs', '*', 3000, 4)`;
  expect(await livrer('Koumassi')).toMatchObject({ connue: true, commune: 'Koumassi', frais: 3_000 });
  expect(await livrer('au village')).toMatchObject({ connue: true, commune: null, frais: 3_000 });
  expect(await livrer('Cocody')).toMatchObject({ frais: 1_500 });
  expect((await livrer('')).connue).toBe(false);
  await s.sql`update public.zones_livraison set frais_livraison = 3000 where id_utilisateur = ${v.id} and zone_active`;
  expect(await livrer('')).toMatchObject({ connue: true, frais: 3_000 });
});

test('a day is the vendor’s: later in the day it is the next, and never one on which he is closed', async () => {
  const a = async (instant: string, lieu: string) => {
    await s.sql`update prive.horloge set decalage = ${instant}::timestamptz - now()`;
    return (await livrer(lieu)).jour;
  };
  await s.sql`update public.utilisateurs_fluxasync set heures_ouverture = '{"lundi": ["08:00-18:00"], "mardi": ["08:00-18:00"],
    "mercredi": ["08:00-18:00"], "jeudi": ["08:00-18:00"], "vendredi": ["08:00-18:00"], "samedi": ["08:00-12:00"], "dimanche": []}'
    where id_utilisateur = ${v.id}`;
  // Friday the 20th of November 2026.
  expect(await a('2026-11-20 13:59 UTC', 'Angré')).toBe('2026-11-20');
  expect(await a('2026-11-20 14:01 UTC', 'Angré')).toBe('2026-11-21');
  expect(await a('2026-11-20 10:00 UTC', 'Cocody')).toBe('2026-11-21');
  expect(await a('2026-11-20 10:00 UTC', 'Yop')).toBe('2026-11-23');
  expect(await a('2026-11-21 14:01 UTC', 'Angré')).toBe('2026-11-23');
  await s.sql`update public.utilisateurs_fluxasync set fuseau_horaire = 'Asia/Tokyo' where id_utilisateur = ${v.id}`;
  expect(await a('2026-11-23 23:30 UTC', 'Cocody')).toBe('2026-11-25');
  await s.sql`update prive.horloge set decalage = interval '0'`;
});

test('a vendor elsewhere has his own places', async () => {
  const w = await s.vendeur({ aMidi: false });
  await s.sql`delete from public.zones_livraison where id_utilisateur = ${w.id}`;
  await s.sql`update public.utilisateurs_fluxasync set pays = 'SN' where id_utilisateur = ${w.id}`;
  await s.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison)
    values (${w.id}, 'Médina', '', 1000), (${w.id}, 'Dakar', '', 2000), (${w.id}, 'Plateau', '', 1500)`;
  const a = async (lieu: string) => {
    const [l] = await s.sql`select commune, frais::integer from prive.livrer_a(${w.id}, ${lieu})`;
    return [l?.commune, l?.frais];
  };
  expect(await a('Dakar, Médina rue 6')).toEqual(['Médina', 1_000]);
  expect(await a('Dakar Plateau')).toEqual(['Plateau', 1_500]);
  expect(await a('Dakar')).toEqual(['Dakar', 2_000]);
  // A quarter of Abidjan is none of his.
  expect(await a('le golf, aux Almadies')).toEqual([null, null]);
});
