// Asking couriers: the offer, its answers in every order, and its ends.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import {
  avancer,
  balayer,
  chercher,
  creerBoutique,
  creerCourse,
  creerLivreur,
  ecrits,
  etat,
  notifications,
  propositions,
  repondre,
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

test('the offer says what helps to decide and nothing that lets him call the customer; accepted, he is told all', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v, { nom_complet_livreur: 'Mamadou Diabaté' });
  const course = await creerCourse(
    d,
    v,
    {
      adresse_destination: 'Cocody Angré, appeler le 07 08 09 10 11 au portail',
      latitude_destination: 5.4,
      longitude_destination: -3.99,
    },
    { telephone_livraison: '+2250708091011' },
  );
  expect(await chercher(d)).toContain('proposee');
  const [question] = await ecrits(d, l);
  const p = await premiere(course);
  expect(question?.contenu).toBe(`Bonjour Mamadou, une course pour Boutique Essai ?

Retrait : Cocody Saint-Jean, face à l’église
Livraison : Cocody Angré, appeler le … au portail
Quand : dès que possible
Distance : 7,1 km
À transporter : 1 x Sac
À encaisser : 10 000 FCFA
Votre part : 1 500 FCFA

Merci de répondre dans les 5 minutes.`);
  expect(question?.charge.boutons).toEqual([
    { id: `proposition:${p.id}:accepter`, titre: 'Accepter' },
    { id: `proposition:${p.id}:refuser`, titre: 'Refuser' },
  ]);
  expect(await repondre(d, v, p, true)).toBe('acceptee');
  expect(await etat(d, course)).toMatchObject({ statut: 'assignee', livreur: l.id });
  const [, reponse] = await ecrits(d, l);
  const [commande] = await d.sql`
    select numero_commande, duree_estimee_minutes from public.commandes join public.livraisons using (id_commande) where id_livraison = ${course}`;
  expect(reponse?.contenu).toBe(`Merci Mamadou, la course est à vous ! Commande ${commande?.numero_commande}

Retrait : Cocody Saint-Jean, face à l’église
Client : Awa Koné, +2250708091011
Livraison : Cocody Angré, appeler le 07 08 09 10 11 au portail
Quand : dès que possible
À transporter : 1 x Sac
À encaisser : 10 000 FCFA
Votre part : 1 500 FCFA

Quand vous avez le colis, écrivez « récupéré » ou touchez le bouton.`);
  expect(reponse?.charge.boutons).toEqual([{ id: `livraison:${course}:recuperee`, titre: 'Colis récupéré' }]);
  // 7,1 km by moto, a third more in streets, and ten minutes.
  expect(commande?.duree_estimee_minutes).toBe(33);
});

test('however long the words are, the end of the message is not cut off', async () => {
  const v = await creerBoutique(d, {
    nom_entreprise: 'B'.repeat(300),
    adresse_recuperation: 'R '.repeat(250),
  });
  const l = await creerLivreur(d, v, { nom_complet_livreur: 'L'.repeat(200) });
  const course = await creerCourse(d, v, {
    adresse_destination: 'D '.repeat(250),
    date_livraison_prevue: '2026-12-02 17:30Z',
    frais_livraison: 99_999_999,
  });
  await d.sql`update public.commandes set nom_client = ${'C'.repeat(200)}, articles = jsonb_build_array(jsonb_build_object('quantite', 12, 'libelle', ${'A'.repeat(400)}::text))
    where id_commande = (select id_commande from public.livraisons where id_livraison = ${course})`;
  await chercher(d);
  await repondre(d, v, await premiere(course), true);
  const [question, reponse] = await ecrits(d, l);
  expect(question?.contenu).toMatch(/mercredi 2 décembre vers 17 h 30[\s\S]*dans les 5 minutes\.$/);
  expect(reponse?.contenu).toMatch(/touchez le bouton\.$/);
});

test('accepted twice it is accepted once, and each word gets one answer', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  await chercher(d);
  const p = await premiere(course);
  expect(await repondre(d, v, p, true)).toBe('acceptee');
  expect(await repondre(d, v, p, true)).toBe('deja_repondu');
  expect(await repondre(d, v, p, false)).toBe('deja_repondu');
  expect((await ecrits(d, l)).slice(2).map((m) => m.contenu)).toEqual(
    Array(2).fill(expect.stringContaining('est bien à vous')),
  );
  expect((await propositions(d, course)).map((x) => x.statut)).toEqual(['acceptee']);
});

test('a refusal is remembered, also in a later round; the next one is asked at once', async () => {
  const v = await creerBoutique(d);
  const [a, b] = [
    await creerLivreur(d, v, { note_moyenne: 5 }),
    await creerLivreur(d, v, { note_moyenne: 3 }),
  ];
  const course = await creerCourse(d, v);
  await chercher(d);
  expect(await premiere(course)).toMatchObject({ livreur: a.id });
  expect(await repondre(d, v, await premiere(course), false)).toBe('refusee');
  expect(await chercher(d)).toContain('proposee');
  expect((await propositions(d, course)).map((p) => [p.livreur, p.statut])).toEqual([
    [a.id, 'refusee'],
    [b.id, 'proposee'],
  ]);
  expect(await repondre(d, v, await premiere(course), true)).toBe('deja_repondu');
  expect((await ecrits(d, a)).at(-1)?.contenu).toMatch(/^Vous aviez refusé/);
  await avancer(d, 301);
  await balayer(d);
  expect(await etat(d, course)).toMatchObject({ statut: 'sans_livreur', raison: 'personne_n_accepte' });
  // The vendor asks for another round: who was silent is asked again, with a malus, who refused is not.
  await d.sql`update public.livraisons set statut_livraison = 'a_assigner', tour = tour + 1 where id_livraison = ${course}`;
  await chercher(d);
  expect((await propositions(d, course)).map((p) => [p.livreur, p.tour, p.statut])).toEqual([
    [a.id, 1, 'refusee'],
    [b.id, 1, 'expiree'],
    [b.id, 2, 'proposee'],
  ]);
  expect((await propositions(d, course))[2]?.motif).toContain(
    '1 fois sans réponse pour cette livraison : −15',
  );
  await avancer(d, 301);
  await balayer(d);
  // Told once per round, whatever is looked at again.
  await d.sql`select prive.chercher_livreur(${course})`;
  expect((await notifications(d, course)).map((n) => n.cle)).toEqual([
    `livraison:${course}:personne:1:1`,
    `livraison:${course}:personne:1:2`,
  ]);
});

test('after five minutes the next one is asked; who answers late gets it only when nobody else is asked', async () => {
  const v = await creerBoutique(d);
  const [a, b] = [
    await creerLivreur(d, v, { note_moyenne: 5 }),
    await creerLivreur(d, v, { note_moyenne: 3 }),
  ];
  const course = await creerCourse(d, v);
  await chercher(d);
  const pa = await premiere(course);
  await avancer(d, 299);
  await balayer(d);
  expect((await propositions(d, course)).length).toBe(1);
  await avancer(d, 2);
  await balayer(d);
  const [, pb] = await propositions(d, course);
  expect(pb).toMatchObject({ livreur: b.id, statut: 'proposee' });
  expect(await repondre(d, v, pa, true)).toBe('trop_tard');
  expect((await ecrits(d, a)).at(-1)?.contenu).toContain('est proposée à un autre livreur en ce moment');
  await avancer(d, 301);
  await balayer(d);
  expect(await etat(d, course)).toMatchObject({ statut: 'sans_livreur', raison: 'personne_n_accepte' });
  expect(await repondre(d, v, pa, true)).toBe('acceptee');
  expect(await etat(d, course)).toMatchObject({ statut: 'assignee', livreur: a.id, raison: null });
  expect((await propositions(d, course)).map((p) => [p.livreur, p.statut])).toEqual([
    [a.id, 'expiree'],
    [b.id, 'expiree'],
    [a.id, 'acceptee'],
  ]);
  expect(pb && (await repondre(d, v, pb, true))).toBe('trop_tard');
  expect((await ecrits(d, b)).at(-1)?.contenu).toContain('confiée à un autre livreur');
});

test('an offer whose time is over is over before cron has looked; a refusal that comes late is remembered too', async () => {
  const v = await creerBoutique(d);
  const [a, b] = [
    await creerLivreur(d, v, { note_moyenne: 5 }),
    await creerLivreur(d, v, { note_moyenne: 3 }),
  ];
  const [une, deux] = [await creerCourse(d, v), await creerCourse(d, v)];
  await chercher(d);
  const [pu, pd] = [await premiere(une), await premiere(deux)];
  await avancer(d, 301);
  // Nobody else was asked yet: his, by an offer of its own.
  expect(await repondre(d, v, pu, true)).toBe('acceptee');
  expect((await propositions(d, une)).map((p) => p.statut)).toEqual(['expiree', 'acceptee']);
  expect(await repondre(d, v, pd, false)).toBe('deja_repondu');
  await balayer(d);
  expect((await propositions(d, deux)).map((p) => [p.livreur, p.statut])).toEqual([
    [pd.livreur, 'expiree'],
    [pd.livreur, 'refusee'],
    [pd.livreur === a.id ? b.id : a.id, 'proposee'],
  ]);
});

test('called off, or given to another by hand: the courier who was asked is told once, and answered kindly after that', async () => {
  const v = await creerBoutique(d);
  const a = await creerLivreur(d, v, { note_moyenne: 5 });
  const b = await creerLivreur(d, v, { note_moyenne: 1, disponible_maintenant: false });
  const [annulee, donnee, sienne] = [
    await creerCourse(d, v),
    await creerCourse(d, v),
    await creerCourse(d, v),
  ];
  await chercher(d);
  const [pa, pd, ps] = [await premiere(annulee), await premiere(donnee), await premiere(sienne)];
  await d.sql`update public.commandes set statut_commande = 'annulee'
    where id_commande = (select id_commande from public.livraisons where id_livraison = ${annulee})`;
  await d.sql`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${b.id} where id_livraison = ${donnee}`;
  await d.sql`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${a.id} where id_livraison = ${sienne}`;
  await chercher(d);
  await d.sql`select prive.chercher_livreur(l) from unnest(${[annulee, donnee, sienne]}::bigint[]) as l`;
  const retraits = (await ecrits(d, a)).filter((m) => m.contenu.includes('inutile de répondre'));
  expect(retraits.length).toBe(2);
  expect(await ecrits(d, b)).toEqual([]);
  expect([
    await repondre(d, v, pa, true),
    await repondre(d, v, pd, true),
    await repondre(d, v, ps, true),
  ]).toEqual(['trop_tard', 'trop_tard', 'deja_repondu']);
  expect((await ecrits(d, a)).slice(-3).map((m) => m.contenu)).toEqual([
    expect.stringContaining('n’est plus à faire'.replace('’', "'")),
    expect.stringContaining('confiée à un autre livreur'),
    expect.stringContaining('est bien à vous'),
  ]);
});

test('an offer is answered by the courier who got it, at his vendor', async () => {
  const [v, w] = [await creerBoutique(d), await creerBoutique(d)];
  const [a, b] = [await creerLivreur(d, v), await creerLivreur(d, v, { disponible_maintenant: false })];
  const c = await creerLivreur(d, w);
  const course = await creerCourse(d, v);
  await chercher(d);
  const p = await premiere(course);
  expect(p.livreur).toBe(a.id);
  expect(await repondre(d, v, { id: p.id, livreur: b.id }, true)).toBe('inconnue');
  expect(await repondre(d, w, { id: p.id, livreur: c.id }, true)).toBe('inconnue');
  expect(await repondre(d, v, { id: p.id, livreur: c.id }, true)).toBe('inconnue');
  expect((await ecrits(d, b)).map((m) => m.contenu)).toEqual([
    expect.stringContaining("n'est plus à prendre"),
  ]);
  expect((await ecrits(d, c)).length).toBe(1);
  expect(await etat(d, course)).toMatchObject({ statut: 'a_assigner' });
});

test('a message that does not go out ends its offer: the next one is asked at once', async () => {
  const v = await creerBoutique(d);
  const [a, b] = [
    await creerLivreur(d, v, { note_moyenne: 5 }),
    await creerLivreur(d, v, { note_moyenne: 3 }),
  ];
  const course = await creerCourse(d, v);
  await chercher(d);
  await d.sql`update public.messages set statut_livraison = 'echec', code_erreur = '131026'
    where id_conversation = ${a.conversation} and charge_utile ? 'proposition'`;
  await chercher(d);
  expect((await propositions(d, course)).map((p) => [p.livreur, p.statut])).toEqual([
    [a.id, 'expiree'],
    [b.id, 'proposee'],
  ]);
});

test('killed before its commit, the job does it all again and nothing twice', async () => {
  const v = await creerBoutique(d);
  const l = await creerLivreur(d, v);
  const course = await creerCourse(d, v);
  const [travail] =
    await d.sql`select msg_id from pgmq.q_assigner_livraisons where message ->> 'id_livraison' = ${String(course)} and message ->> 'genre' = 'chercher'`;
  await d.sql
    .begin(async (tx) => {
      expect((await tx`select service.traiter_livraison(${travail?.msg_id}) as fait`)[0]?.fait).toBe(
        'proposee',
      );
      throw new Error('killed');
    })
    .catch(() => {});
  expect([await propositions(d, course), await ecrits(d, l)]).toEqual([[], []]);
  expect(await chercher(d)).toEqual(['proposee']);
  expect((await d.sql`select service.traiter_livraison(${travail?.msg_id}) as fait`)[0]?.fait).toBe(
    'deja_fait',
  );
  const p = await premiere(course);
  await d.sql
    .begin(async (tx) => {
      expect(
        (await tx`select prive.repondre_proposition(${v.id}, ${l.id}, ${p.id}, true) as fait`)[0]?.fait,
      ).toBe('acceptee');
      throw new Error('killed');
    })
    .catch(() => {});
  expect(await repondre(d, v, p, true)).toBe('acceptee');
  expect((await ecrits(d, l)).length).toBe(2);
});
