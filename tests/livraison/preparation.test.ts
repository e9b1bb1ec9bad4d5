// A confirmed order has its delivery, planned: when, from when couriers are asked, what it is worth, what it needs; and what a vendor
// corrects is followed.
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creerArticle, creerProspects } from '../helpers/commandes.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { jourDe, un } from '../helpers/histoire.ts';
import { FUSEAUX, graine } from '../helpers/statistiques.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

const HEURE_MS = 3_600_000;
const JOURS = ['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'];
/** A Wednesday, ten in the morning. */
const MERCREDI = Date.parse('2026-11-18T10:00:00Z');
const CONFORT = {
  heures_ouverture: Object.fromEntries(JOURS.map((j) => [j, j === 'dimanche' ? [] : ['08:00-19:00']])),
  ...{ livreurs_de: '06:00', livreurs_a: '22:00', livraison_auto: true, fuseau_horaire: 'Africa/Abidjan' },
};

let d: TestDatabase;
let sql: postgres.Sql;
let v: Vendeur;
let prospect: number;
let article: { id_produit: number; variantes: number[] };
let cles = 0;

beforeAll(async () => {
  d = await openDatabase();
  sql = d.sql;
  v = await creerVendeur(sql, { articles: [] });
  [prospect = 0] = await creerProspects(d, v.id, 1);
  article = await creerArticle(d, v.id, { prix: 1000, stocks: [100_000] });
  await sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours, remuneration_livreur)
    values (${v.id}, 'Cocody', 'Cocody', 1500, 1, 1200), (${v.id}, 'Yopougon', '', 2000, 2, null)`;
});
afterAll(() => d?.close());

const regler = (instant: number) =>
  sql`update prive.horloge set decalage = ${new Date(instant)}::timestamptz - clock_timestamp()`;
const boutique = (champs: Record<string, unknown>) => {
  const { heures_ouverture, ...autres } = { ...CONFORT, ...champs };
  return sql`update public.utilisateurs_fluxasync set ${sql({ adresse_recuperation: 'Abobo, magasin', ...autres })},
    heures_ouverture = ${sql.json(heures_ouverture)} where id_utilisateur = ${v.id}`;
};

async function commander(o: Record<string, unknown> = {}): Promise<number> {
  cles += 1;
  const c = { adresse: 'Cocody, Angré', frais: 900, confirmer: true, produits: [article], ...o };
  const lignes = c.produits.map((p) => ({
    id_produit: p.id_produit,
    id_variante: p.variantes[0] ?? null,
    quantite: 1,
  }));
  const [x] =
    await sql`select prive.inserer_commande(${v.id}, ${prospect}, null, ${sql.json(lignes)}, ${`c${cles}`}, ${c.adresse},
    null, 'paiement_livraison', ${c.frais}, null, ${c.confirmer}) as c`;
  return x?.c.id_commande;
}
const livraisonDe = async (commande: number) =>
  (
    await sql`select l.*, prive.maintenant() as maintenant from public.livraisons as l where id_commande = ${commande}`
  )[0];
const minutes = (instant: Date, fuseau: string) => {
  const [h = 0, m = 0] = new Intl.DateTimeFormat('fr-FR', {
    ...{ timeZone: fuseau, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
    .format(instant)
    .split(':')
    .map(Number);
  return h * 60 + m;
};
const nomDuJour = (jour: string) => JOURS[(new Date(jour).getUTCDay() + 6) % 7] ?? '';

describe('with the order', () => {
  beforeAll(async () => {
    await regler(MERCREDI);
    await boutique({});
  });

  test('confirmed it has its delivery: places, pay of the zone, day, hour, from when couriers are asked, and a job for them', async () => {
    const id = await commander();
    const l = await livraisonDe(id);
    expect(l).toMatchObject({
      ...{
        id_utilisateur: v.id,
        statut_livraison: 'a_assigner',
        id_livreur: null,
        duree_estimee_minutes: null,
      },
      ...{ adresse_recuperation: 'Abobo, magasin', adresse_destination: 'Cocody, Angré' },
      ...{ frais_livraison: '1200.00', vehicule_minimum: null, tour: 1, zones_elargies: false },
      date_livraison_prevue: new Date('2026-11-19T18:00:00Z'),
    });
    expect(Number(l?.demander_le)).toBeLessThanOrEqual(Number(l?.maintenant));
    const travail = { genre: 'chercher', id_livraison: l?.id_livraison };
    expect(
      await sql`select from pgmq.q_assigner_livraisons where message @> ${sql.json(travail)}`,
    ).toHaveLength(1);
    expect(
      (await sql`select statut_livraison as s from public.commandes where id_commande = ${id}`)[0]?.s,
    ).toBe('a_assigner');
  });

  test('without a pay of the zone the courier gets what the customer pays; an unknown place is for the next open day', async () => {
    expect(await livraisonDe(await commander({ adresse: 'Yopougon Maroc', frais: 2000 }))).toMatchObject({
      frais_livraison: '2000.00',
      date_livraison_prevue: new Date('2026-11-20T18:00:00Z'),
    });
    await regler(Date.parse('2026-11-21T10:00:00Z'));
    expect(await livraisonDe(await commander({ adresse: 'Chez tantie', frais: 700 }))).toMatchObject({
      frais_livraison: '700.00',
      date_livraison_prevue: new Date('2026-11-23T18:00:00Z'),
    });
    await regler(MERCREDI);
  });

  test('the largest vehicle that one of its articles needs', async () => {
    const produits = await Promise.all(
      ['moto', 'camion', null, 'velo'].map(async (vehicule) => {
        const p = await creerArticle(d, v.id, { prix: 500, stocks: [50] });
        await sql`update public.produits set vehicule_minimum = ${vehicule} where id_produit = ${p.id_produit}`;
        return p;
      }),
    );
    const besoin = async (quels: typeof produits) =>
      (await livraisonDe(await commander({ produits: quels })))?.vehicule_minimum;
    expect(await besoin(produits)).toBe('camion');
    expect(await besoin(produits.slice(2))).toBe('velo');
    expect(await besoin(produits.slice(2, 3))).toBeNull();
  });

  test.each([
    ['is collected at the shop', { adresse: null }],
    ['has an empty address', { adresse: '  ' }],
    ['is not confirmed', { confirmer: false }],
  ])('an order that %s has none', async (_, o) => {
    expect(await livraisonDe(await commander(o))).toBeUndefined();
  });

  test('confirmed later, and once', async () => {
    const id = await commander({ confirmer: false });
    await sql`update public.commandes set statut_commande = 'confirmee' where id_commande = ${id}`;
    await sql`update public.commandes set statut_commande = 'en_preparation' where id_commande = ${id}`;
    expect(await sql`select from public.livraisons where id_commande = ${id}`).toHaveLength(1);
  });

  test('a vendor who assigns himself has it prepared, and nobody is asked', async () => {
    await boutique({ livraison_auto: false });
    const l = await livraisonDe(await commander());
    expect(l).toMatchObject({ statut_livraison: 'a_assigner', demander_le: null });
    const travail = { genre: 'chercher', id_livraison: l?.id_livraison };
    expect(await sql`select from pgmq.q_assigner_livraisons where message @> ${sql.json(travail)}`).toEqual(
      [],
    );
    await boutique({});
  });

  test('an order is not lost for its delivery: the vendor is told to plan it, once', async () => {
    await sql`create function prive.essai_refus() returns trigger language plpgsql as $$
      begin perform prive.refuser('texte_trop_long', 'Non.'); end $$`;
    await sql`create trigger tg_essai before insert on public.livraisons for each row execute function prive.essai_refus()`;
    try {
      const id = await commander();
      const [c] =
        await sql`select statut_commande, statut_livraison, numero_commande from public.commandes where id_commande = ${id}`;
      expect(c).toMatchObject({ statut_commande: 'confirmee', statut_livraison: null });
      const avis =
        await sql`select contenu_notification as dit from public.notifications where cle_unicite = ${`livraison_a_planifier:${id}`}`;
      expect(avis).toEqual([{ dit: expect.stringContaining(c?.numero_commande) }]);
    } finally {
      await sql`drop trigger tg_essai on public.livraisons`;
    }
  });
});

describe('when its facts change', () => {
  const proposer = async (livraison: number) => {
    const [l] =
      await sql`insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
      values (${v.id}, 'Moussa', ${`+2250500${String(++cles).padStart(6, '0')}`}) returning id_livreur`;
    await sql`insert into public.propositions_livraison (id_livraison, id_livreur, rang, expire_le)
      values (${livraison}, ${l?.id_livreur}, 1, prive.maintenant() + interval '5 minutes')`;
    return l?.id_livreur;
  };
  const proposition = async (livraison: number) =>
    (await sql`select statut from public.propositions_livraison where id_livraison = ${livraison}`)[0]
      ?.statut;
  beforeAll(async () => {
    await regler(MERCREDI);
    await boutique({});
  });

  test('another day: couriers are asked three days before it, and who was being asked is asked anew', async () => {
    const id = await commander();
    const l = await livraisonDe(id);
    await proposer(l?.id_livraison);
    await sql`update public.livraisons set date_livraison_prevue = '2026-11-26T15:00:00Z' where id_commande = ${id}`;
    expect((await livraisonDe(id))?.demander_le).toEqual(new Date('2026-11-23T15:00:00Z'));
    expect(await proposition(l?.id_livraison)).toBe('annulee');
    // Notes are for people: nothing begins anew.
    await sql`update public.livraisons set notes_livraison = 'Sonner' where id_commande = ${id}`;
    expect((await livraisonDe(id))?.demander_le).toEqual(new Date('2026-11-23T15:00:00Z'));
  });

  test('another address of the order: the delivery goes there with that zone’s pay, unless a person wrote his own', async () => {
    const id = await commander();
    const l = await livraisonDe(id);
    await sql`update public.livraisons set latitude_destination = 5.3, longitude_destination = -4 where id_commande = ${id}`;
    await proposer(l?.id_livraison);
    await sql`update public.commandes set adresse_livraison = 'Yopougon, Siporex' where id_commande = ${id}`;
    expect(await livraisonDe(id)).toMatchObject({
      ...{ adresse_destination: 'Yopougon, Siporex', latitude_destination: null, frais_livraison: '900.00' },
      date_livraison_prevue: l?.date_livraison_prevue,
    });
    expect(await proposition(l?.id_livraison)).toBe('annulee');
    await sql`update public.livraisons set frais_livraison = 1100 where id_commande = ${id}`;
    await sql`update public.commandes set adresse_livraison = 'Cocody, Danga' where id_commande = ${id}`;
    expect(await livraisonDe(id)).toMatchObject({
      adresse_destination: 'Cocody, Danga',
      frais_livraison: '1100.00',
    });
    await sql`update public.livraisons set adresse_destination = 'Gare de Yopougon', frais_livraison = 800 where id_commande = ${id}`;
    await sql`update public.commandes set adresse_livraison = 'Cocody' where id_commande = ${id}`;
    expect(await livraisonDe(id)).toMatchObject({
      adresse_destination: 'Gare de Yopougon',
      frais_livraison: '800.00',
    });
    // Once a courier has it, his way is not changed behind his back.
    const pris = await commander();
    const [x] =
      await sql`select id_livreur from public.livreurs where id_utilisateur = ${v.id} order by 1 limit 1`;
    await sql`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${x?.id_livreur} where id_commande = ${pris}`;
    await sql`update public.commandes set adresse_livraison = 'Yopougon' where id_commande = ${pris}`;
    expect(await livraisonDe(pris)).toMatchObject({ adresse_destination: 'Cocody, Angré' });
  });

  test('planned again after it failed, its time is not in the past', async () => {
    const id = await commander();
    const l = await livraisonDe(id);
    const [x] =
      await sql`select id_livreur from public.livreurs where id_utilisateur = ${v.id} order by 1 limit 1`;
    await sql`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${x?.id_livreur} where id_commande = ${id}`;
    await sql`update public.livraisons set statut_livraison = 'echec' where id_commande = ${id}`;
    await regler(MERCREDI + 72 * HEURE_MS);
    await sql`select prive.inserer_livraison(${v.id}, ${id}, null, null, null, null, null)`;
    expect(await livraisonDe(id)).toMatchObject({
      ...{ id_livraison: l?.id_livraison, statut_livraison: 'a_assigner', version_code: 2 },
      date_livraison_prevue: new Date('2026-11-21T18:00:00Z'),
    });
    await regler(MERCREDI);
  });
});

test('whatever the hours, zones and clocks: planned within the hours and never past, couriers asked when they may be', async () => {
  const tirer = graine();
  const entier = (n: number) => Math.floor(tirer() * n);
  const deux = (n: number) => String(n).padStart(2, '0');
  for (let essai = 0; essai < 250; essai += 1) {
    const fuseau = un(tirer, FUSEAUX);
    const ouvertures: Record<string, [number, number][]> = {};
    for (const jour of JOURS) {
      const de = 300 + entier(14) * 30;
      const midi = de + 60 + entier(12) * 30;
      ouvertures[jour] = un(tirer, [
        [],
        [[de, midi]],
        [
          [de, midi],
          [midi + 60, midi + 60 + entier(16) * 30 + 30],
        ],
        [[1140, 1380]],
        [[1200, 1560]],
      ] as [number, number][][]);
    }
    const dire = ([de, a]: [number, number]) =>
      un(tirer, [
        `${deux(Math.floor(de / 60))}:${deux(de % 60)}-${deux(Math.floor((a % 1440) / 60))}:${deux(a % 60)}`,
        `${Math.floor(de / 60)}h${deux(de % 60)} à ${Math.floor((a % 1440) / 60)}h${deux(a % 60)}`,
      ]);
    const muettes = tirer() < 0.1;
    const heures_ouverture = muettes
      ? {}
      : Object.fromEntries(
          JOURS.map((j) => [j, (ouvertures[j] ?? []).map(dire)]).concat([['remarque', ['sur rendez-vous']]]),
        );
    const [de, a] = [entier(48) * 30, tirer() < 0.2 ? -1 : entier(48) * 30];
    const heure = (m: number) => `${deux(Math.floor(m / 60))}:${deux(m % 60)}`;
    const auto = tirer() < 0.9;
    await boutique({
      ...{ heures_ouverture, fuseau_horaire: fuseau, livraison_auto: auto },
      ...{ livreurs_de: heure(de), livreurs_a: heure(a === -1 ? de : a) },
    });
    // Around the changes of the clocks as well.
    const maintenant =
      un(tirer, [Date.parse('2026-03-27'), Date.parse('2026-10-23'), MERCREDI]) +
      entier(5 * 24 * 60) * 60_000;
    await regler(maintenant);
    const avance = entier(6) - 1;
    const [r] = await sql`
      with t as (select prive.maintenant() as m, prive.jour_chez(${v.id}, prive.maintenant()) + ${avance}::integer as jour)
      select m, jour::text, prive.heure_de_livraison(${v.id}, jour) as h,
        prive.moment_de_demander(${v.id}, prive.heure_de_livraison(${v.id}, jour)) as d from t`;
    const { m, jour, h, d: demande } = r as unknown as { m: Date; jour: string; h: Date; d: Date | null };
    const cas = JSON.stringify({ essai, fuseau, heures_ouverture, maintenant: m, jour, h, de, a, demande });
    const attente = Number(h) - Number(m);
    expect(attente, cas).toBeGreaterThanOrEqual(HEURE_MS);
    const prevu = jourDe(fuseau, h);
    expect(prevu >= jour, cas).toBe(true);
    const dites = muettes ? [] : (ouvertures[nomDuJour(prevu)] ?? []);
    const avantLeSoir = dites.filter(([debut]) => debut < 1080).map(([, f]) => Math.min(f, 1080));
    const tard = dites.map(([, f]) => Math.min(f, 1439));
    const fin =
      avantLeSoir.length > 0 ? Math.max(...avantLeSoir) : tard.length > 0 ? Math.min(...tard) : 1080;
    if (minutes(h, fuseau) !== fin) {
      // Too late for that day: in about two hours, the same day.
      expect([cas, prevu]).toEqual([cas, jourDe(fuseau, m)]);
      expect(attente, cas).toBeLessThanOrEqual(2.25 * HEURE_MS);
      expect(attente, cas).toBeGreaterThanOrEqual(2 * HEURE_MS - 1000);
      expect(h.getUTCMinutes() % 15, cas).toBe(0);
    }

    if (!auto) {
      expect(demande, cas).toBeNull();
      continue;
    }
    if (!demande) throw new Error(cas);
    const auPlusTot = Math.max(Number(m), Number(h) - 72 * HEURE_MS);
    const dans = (t: number) => a === -1 || a === de || (de < a ? t >= de && t < a : t >= de || t < a);
    expect(Number(demande), cas).toBeGreaterThanOrEqual(auPlusTot);
    expect([cas, dans(minutes(demande, fuseau))]).toEqual([cas, true]);
    if (Number(demande) > auPlusTot) {
      expect([cas, minutes(demande, fuseau), dans(minutes(new Date(auPlusTot), fuseau))]).toEqual([
        cas,
        de,
        false,
      ]);
      expect(Number(demande) - auPlusTot, cas).toBeLessThanOrEqual(25 * HEURE_MS);
    }
  }
});
