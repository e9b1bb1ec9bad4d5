// What a vendor writes of his shop by hand, in whatever shape: it never breaks a reply, and says nothing untrue.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
let v: string;
let c: number;
beforeAll(async () => {
  s = await ouvrirVente();
  const vendeur = await s.vendeur({ aMidi: false });
  v = vendeur.id;
  c = (await s.prospect(vendeur)).id_conversation;
});
afterAll(() => s?.fermer());

const H = ['08:00-18:00'];
const SEMAINE = { lundi: H, mardi: H, mercredi: H, jeudi: H, vendredi: H, samedi: H };

// Friday the 20th of November 2026, ten in the morning in Abidjan; the day on which Cocody is delivered.
test.each<[string, object, boolean | null, string, string | null]>([
  ['none', {}, null, '21', null],
  ['a week', SEMAINE, true, '21', 'vendredi : 08:00-18:00'],
  [
    'two times a day',
    { ...SEMAINE, vendredi: ['7:30-09:30', '14:00-18:00'] },
    false,
    '21',
    'vendredi : 7:30-09:30, 14:00-18:00',
  ],
  ['texts instead of lists', { vendredi: '08:00-18:00', samedi: '8h-12h' }, true, '21', 'samedi : 8h-12h'],
  [
    'hours as people write them',
    { vendredi: ['8h00 à 18h'], samedi: ['8H-12H'] },
    true,
    '21',
    'vendredi : 8h00 à 18h',
  ],
  ['round the clock', { vendredi: ['24h/24'], samedi: ['24h/24'] }, true, '21', 'vendredi : 24h/24'],
  ['in words', { vendredi: ['sur rendez-vous'], samedi: [] }, null, '27', 'vendredi : sur rendez-vous'],
  ['closed in words', { vendredi: 'fermé', samedi: ['Fermé'], dimanche: H }, false, '22', 'vendredi : fermé'],
  ['until late', { jeudi: ['18:00-11:00'], samedi: ['18:00-02:00'] }, true, '21', 'samedi : 18:00-02:00'],
  [
    'nulls and numbers',
    { vendredi: [null, 8, ''], samedi: null, dimanche: H },
    false,
    '22',
    'vendredi : fermé',
  ],
  ['no day of the week', { 'lun-sam': '8h-18h', horaires: { ouvert: true } }, null, '21', null],
])('hours: %s', async (_, heures, ouverte, jour, ligne) => {
  await s.sql`update prive.horloge set decalage = '2026-11-20 10:00 UTC'::timestamptz - now()`;
  await s.sql`update public.utilisateurs_fluxasync set heures_ouverture = ${s.sql.json(heures as never)} where id_utilisateur = ${v}`;
  const [b] =
    await s.sql`select service.lire_boutique(${c}) as b, service.estimer_livraison(${c}, 'Cocody') as l`;
  expect(b?.b.ouverte).toBe(ouverte);
  expect(b?.l.date).toContain(` ${jour} novembre`);
  expect(b?.b.horaires).toEqual(ligne === null ? [] : expect.arrayContaining([ligne]));
  await s.sql`update prive.horloge set decalage = interval '0'`;
});

test('policies of any shape are texts', async () => {
  await s.sql`update public.utilisateurs_fluxasync
    set politiques = '{"retour": "7 jours", "vide": " ", "nul": null, "objet": {"a": 1}, "liste": [1], "nombre": 3}' where id_utilisateur = ${v}`;
  const [b] = await s.sql`select service.lire_boutique(${c}) -> 'politiques' as p`;
  expect(b?.p).toEqual({ retour: '7 jours', objet: '{"a": 1}', liste: '[1]', nombre: '3' });
});

test('the same day ends when the shop does', async () => {
  await s.sql`update public.zones_livraison set delai_jours = 0 where id_utilisateur = ${v}`;
  await s.sql`update public.utilisateurs_fluxasync set heures_ouverture = ${s.sql.json(SEMAINE)} where id_utilisateur = ${v}`;
  const le = async (heure: string) => {
    await s.sql`update prive.horloge set decalage = ${`2026-11-20 ${heure} UTC`}::timestamptz - now()`;
    const [l] = await s.sql`select service.estimer_livraison(${c}, 'Cocody') ->> 'date' as d`;
    return l?.d;
  };
  expect(await le('17:59')).toBe("aujourd'hui vendredi 20 novembre");
  expect(await le('20:00')).toBe('demain samedi 21 novembre');
  await s.sql`update public.utilisateurs_fluxasync set heures_ouverture = '{"vendredi": ["18:00-02:00"]}' where id_utilisateur = ${v}`;
  expect(await le('23:00')).toBe("aujourd'hui vendredi 20 novembre");
  await s.sql`update prive.horloge set decalage = interval '0'`;
});
