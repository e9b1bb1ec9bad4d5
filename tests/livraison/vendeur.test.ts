// What a vendor does about his deliveries: looking again, choosing somebody, saying who may be asked, one tap on WhatsApp; and what
// he reads of them.
import type { SupabaseClient } from '@supabase/supabase-js';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Boutique, ouvrirBoutique } from '../helpers/boutique.ts';
import { clientDe, creerVendeur } from '../helpers/vendeurs.ts';

let b: Boutique;
let sql: postgres.Sql;
let agent: SupabaseClient;

beforeAll(async () => {
  b = await ouvrirBoutique();
  sql = b.p.sql;
  const employe = await creerVendeur(sql, { articles: [] });
  await sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${b.kouadio.id}, ${employe.id}, 'agent')`;
  agent = await clientDe(b.p.apiUrl, employe);
});
afterAll(() => b?.p.close());

/** A delivery that waits, as the service left it. */
async function livraison(statut = 'sans_livreur'): Promise<number> {
  const id_commande = await b.commande({ confirmer: true, adresse_livraison: 'Cocody, Angré' });
  const [l] = await sql`select id_livraison from public.livraisons where id_commande = ${id_commande}`;
  const id = l?.id_livraison;
  if (statut === 'sans_livreur')
    await sql`update public.livraisons set statut_livraison = 'sans_livreur', raison_statut = 'hors_zone' where id_livraison = ${id}`;
  const chemin = {
    assignee: ['assignee'],
    echec: ['assignee', 'echec'],
    livree: ['assignee', 'recuperee', 'livree'],
  };
  for (const pas of chemin[statut as keyof typeof chemin] ?? [])
    await sql`update public.livraisons set statut_livraison = ${pas}, id_livreur = ${b.livreur} where id_livraison = ${id}`;
  if (statut === 'annulee')
    await sql`update public.commandes set statut_commande = 'annulee' where id_commande = ${id_commande}`;
  return id;
}
const lire = async (id: number) =>
  (
    await sql`select l.*, prive.maintenant() as maintenant from public.livraisons as l where id_livraison = ${id}`
  )[0];
const recherches = async (id: number) =>
  (
    await sql`select from pgmq.q_assigner_livraisons where message @> ${sql.json({ genre: 'chercher', id_livraison: id })}`
  ).length;

describe('looking again', () => {
  test.each(['sans_livreur', 'echec', 'a_assigner'])(
    'from %s couriers are asked from now on, in a new round',
    async (statut) => {
      const id = await livraison(statut);
      await sql`update public.livraisons set date_livraison_prevue = now() - interval '1 hour', demander_le = null where id_livraison = ${id}`;
      const [avant, jobs] = [await lire(id), await recherches(id)];
      expect((await agent.rpc('relancer_livraison', { id_livraison: id })).error).toBeNull();
      const apres = await lire(id);
      expect(apres).toMatchObject({
        statut_livraison: 'a_assigner',
        zones_elargies: false,
        raison_statut: null,
        id_livreur: null,
      });
      expect(apres?.tour).toBeGreaterThan(avant?.tour);
      expect(Number(apres?.demander_le)).toBeGreaterThan(Number(avant?.maintenant));
      expect(Number(apres?.date_livraison_prevue)).toBeGreaterThan(Number(apres?.maintenant));
      expect(await recherches(id)).toBe(jobs + 1);
      expect((await agent.rpc('relancer_livraison', { id_livraison: id, elargir: true })).error).toBeNull();
      expect((await agent.rpc('relancer_livraison', { id_livraison: id })).error).toBeNull();
      expect(await lire(id)).toMatchObject({ zones_elargies: true });
    },
  );

  test.each(['assignee', 'livree', 'annulee'])('not from %s', async (statut) => {
    expect(await b.refus('relancer_livraison', { id_livraison: await livraison(statut) })).toBe(
      'transition_interdite',
    );
  });

  test('nobody else’s', async () => {
    expect(await b.refus('relancer_livraison', { id_livraison: 999_999 })).toBe('livraison_introuvable');
    const id = await livraison();
    const awa = await clientDe(b.p.apiUrl, b.awa);
    expect((await awa.rpc('relancer_livraison', { id_livraison: id })).error?.hint).toBe(
      'livraison_introuvable',
    );
    expect(
      (await awa.rpc('changer_disponibilite', { id_livreur: b.livreur, disponible: false })).error?.hint,
    ).toBe('livreur_introuvable');
    expect(await lire(id)).toMatchObject({ statut_livraison: 'sans_livreur', tour: 1 });
  });
});

test('an agent says who may be asked, and nothing else of couriers', async () => {
  const dispo = async () =>
    (await sql`select disponible_maintenant as d from public.livreurs where id_livreur = ${b.livreur}`)[0]?.d;
  for (const disponible of [false, true]) {
    expect(
      (await agent.rpc('changer_disponibilite', { id_livreur: b.livreur, disponible })).error,
    ).toBeNull();
    expect(await dispo()).toBe(disponible);
  }
  const ecrit = await agent
    .from('livreurs')
    .update({ disponible_maintenant: false })
    .eq('id_livreur', b.livreur)
    .select();
  expect(ecrit.data).toEqual([]);
  expect(await dispo()).toBe(true);
});

test('a person gives it to a courier also when nobody was found, and to one who refused', async () => {
  const id = await livraison();
  await sql`insert into public.propositions_livraison (id_livraison, id_livreur, rang, statut, expire_le)
    values (${id}, ${b.livreur}, 1, 'refusee', now())`;
  expect((await agent.rpc('assigner_livreur', { id_livraison: id, id_livreur: b.livreur })).error).toBeNull();
  expect(await lire(id)).toMatchObject({ statut_livraison: 'assignee', id_livreur: b.livreur });
});

test('who writes himself what couriers are asked with holds his shop; of several at once all hold', async () => {
  const id = await livraison('a_assigner');
  const tenues = async (requete: string) =>
    sql.begin(async (tx) => {
      await tx`select set_config('request.jwt.claims', ${JSON.stringify({ sub: b.kouadio.id, role: 'authenticated' })}, true)`;
      await tx`set local role authenticated`;
      await tx.unsafe(requete);
      await tx`reset role`;
      const [n] =
        await tx`select count(*)::integer as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`;
      return n?.n;
    });
  const champs = (nom: string) => `update public.livraisons set ${nom} = ${nom} where id_livraison = ${id}`;
  expect(await tenues(champs('date_livraison_prevue'))).toBe(1);
  expect(await tenues(champs('notes_livraison'))).toBe(0);
  expect(
    await tenues(
      `update public.commandes set adresse_livraison = adresse_livraison where id_utilisateur = '${b.kouadio.id}'`,
    ),
  ).toBe(1);
  await Promise.all([
    b.chez
      .from('livraisons')
      .update({ date_livraison_prevue: '2030-01-01T15:00:00Z' })
      .eq('id_livraison', id),
    b.chez.rpc('relancer_livraison', { id_livraison: id, elargir: true }),
    b.chez.from('livraisons').update({ adresse_destination: 'Cocody, Danga' }).eq('id_livraison', id),
  ]);
  expect(await lire(id)).toMatchObject({
    ...{ zones_elargies: true, adresse_destination: 'Cocody, Danga' },
    date_livraison_prevue: new Date('2030-01-01T15:00:00Z'),
  });
});

describe('one tap on WhatsApp', () => {
  let fois = 0;
  async function notification(id: number, vendeur = b.kouadio.id): Promise<number> {
    const valeurs = { numero: 'CMD-1', client: 'Awa', destination: 'Cocody', motif: '' };
    const [n] =
      await sql`select prive.notifier_evenement(${vendeur}, 'personne_disponible', ${`essai:${++fois}`}, ${sql.json(valeurs)},
      'livraison', ${id}) as id`;
    return n?.id;
  }
  const taper = async (n: number, action: string) =>
    (await sql`select prive.suivre_vendeur(${n}, ${action}) as fait`)[0]?.fait;
  const avis = async (id: number, depuis: number) =>
    (
      await sql`select contenu_notification as dit, cle_unicite as cle from public.notifications
      where type_reference = 'livraison' and reference_element_id = ${id} and id_notification > ${depuis} order by id_notification`
    ).map((x) => `${String(x.cle).split(':')[2]} — ${x.dit}`);

  test.each([
    ['elargir', true],
    ['reessayer', false],
  ])('%s asks again, and says so once', async (action, elargies) => {
    const id = await livraison();
    const n = await notification(id);
    expect(await taper(n, action)).toBe('relancee');
    expect(await lire(id)).toMatchObject({
      statut_livraison: 'a_assigner',
      tour: 2,
      zones_elargies: elargies,
    });
    // The same tap again, and another one on the same words: somebody is being looked for already.
    expect([await taper(n, action), await taper(n, action), await taper(n, 'reessayer')]).toEqual(
      Array(3).fill('deja_regle'),
    );
    expect(await lire(id)).toMatchObject({ tour: 2 });
    expect(await avis(id, n)).toEqual([
      expect.stringMatching(/^relancee/),
      expect.stringMatching(/^deja_regle .* un livreur est recherché en ce moment\./),
    ]);
    // Widening is more than is being done.
    if (!elargies) expect(await taper(n, 'elargir')).toBe('relancee');
  });

  test('choosing: who there is, best first and why; the one he taps has it, once', async () => {
    const autre = await b.nouveauLivreur();
    const id = await livraison();
    const n = await notification(id);
    expect(await taper(n, 'choisir')).toBe('choix');
    expect(await taper(n, 'choisir')).toBe('choix');
    expect(await avis(id, n)).toEqual([expect.stringMatching(/^choisir/)]);
    const [liste] = await sql`select prive.livreurs_au_choix(${id}) as l`;
    const lignes = liste?.l as { id: string; titre: string; description: string }[];
    expect(lignes.map((x) => x.id).sort()).toEqual([b.livreur, autre].map((x) => `livreur_${x}`).sort());
    for (const x of lignes) {
      expect(x.titre.length).toBeLessThanOrEqual(24);
      expect(x.description.length).toBeLessThanOrEqual(72);
    }
    // What Meta takes.
    await sql`select prive.verifier_interactif(${sql.json({ liste: { bouton: 'Choisir', sections: [{ lignes }] } })})`;
    expect(await taper(n, `livreur_${autre}`)).toBe('confiee');
    expect(await lire(id)).toMatchObject({ statut_livraison: 'assignee', id_livreur: autre });
    expect([await taper(n, `livreur_${autre}`), await taper(n, `livreur_${b.livreur}`)]).toEqual([
      'deja_regle',
      'deja_regle',
    ]);
    expect(await lire(id)).toMatchObject({ statut_livraison: 'assignee', id_livreur: autre });
    expect((await avis(id, n)).slice(1)).toEqual([
      expect.stringMatching(/^choisi — Moussa.* livrera la commande .* à /),
      expect.stringMatching(/Moussa s'en charge\./),
    ]);
  });

  test('the job of a tap does it once, also when two workers have it or the first one died', async () => {
    const id = await livraison();
    const n = await notification(id);
    const travail = { genre: 'action', id_notification: n, action: 'elargir' };
    await sql`select prive.demander_livraison(${sql.json(travail)})`;
    const [q] =
      await sql`select msg_id from pgmq.q_assigner_livraisons where message @> ${sql.json(travail)}`;
    const traiter = async () => (await sql`select service.traiter_livraison(${q?.msg_id}) as fait`)[0]?.fait;
    await expect(
      sql.begin(async (tx) => {
        await tx`select service.traiter_livraison(${q?.msg_id})`;
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await lire(id)).toMatchObject({ statut_livraison: 'sans_livreur', tour: 1 });
    expect((await Promise.all([traiter(), traiter(), traiter()])).sort()).toEqual([
      'deja_fait',
      'deja_fait',
      'relancee',
    ]);
    expect(await lire(id)).toMatchObject({ statut_livraison: 'a_assigner', tour: 2, zones_elargies: true });
  });

  test('after a failed try it is given to the one he chooses', async () => {
    const id = await livraison('echec');
    expect(await taper(await notification(id), `livreur_${b.livreur}`)).toBe('confiee');
    expect(await lire(id)).toMatchObject({
      statut_livraison: 'assignee',
      id_livreur: b.livreur,
      version_code: 2,
    });
  });

  test('long names and symbols fit, at most ten are shown', async () => {
    await sql`insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
      select ${b.kouadio.id}, repeat('🛵 Jean-Baptiste ', 4) || n, '+22505060000' || n from generate_series(10, 22) as n`;
    const id = await livraison();
    const [liste] = await sql`select prive.livreurs_au_choix(${id}) as l`;
    expect(liste?.l).toHaveLength(10);
    await sql`select prive.verifier_interactif(${sql.json({ liste: { bouton: 'Choisir', sections: [{ lignes: liste?.l }] } })})`;
    await sql`update public.livreurs set livreur_actif = false where nom_complet_livreur like '%Jean-Baptiste%'`;
  });

  test.each([
    ['assignee', /Moussa s'en charge\./],
    ['livree', /elle est livrée\./],
    ['annulee', /sa livraison est annulée\./],
  ])('what is %s meanwhile stays so, and he is told kindly, once', async (statut, dit) => {
    const id = await livraison(statut);
    const n = await notification(id);
    const avant = await lire(id);
    const actions = ['elargir', 'reessayer', 'choisir', `livreur_${b.livreur}`];
    for (const action of actions) expect([action, await taper(n, action)]).toEqual([action, 'deja_regle']);
    expect({ ...(await lire(id)), maintenant: 0 }).toEqual({ ...avant, maintenant: 0 });
    expect(await avis(id, n)).toEqual([expect.stringMatching(dit)]);
  });

  test('other people’s couriers, other things and unknown words do nothing', async () => {
    const id = await livraison();
    const [deAwa] =
      await sql`insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
      values (${b.awa.id}, 'Drissa', '+2250700001234') returning id_livreur`;
    const n = await notification(id);
    // Not a courier of his: he is shown whom he has.
    expect(await taper(n, `livreur_${deAwa?.id_livreur}`)).toBe('choix');
    expect(await taper(n, 'vendre')).toBe('action_inconnue');
    expect(await taper(n, 'livreur_0')).toBe('action_inconnue');
    expect(await taper(999_999, 'elargir')).toBe('sans_objet');
    const [autre] =
      await sql`select prive.notifier_evenement(${b.kouadio.id}, 'personne_disponible', 'essai:sans', ${sql.json(
        {
          ...{ numero: 'x', client: 'x', destination: 'x', motif: 'x' },
        },
      )}) as id`;
    expect(await taper(autre?.id, 'elargir')).toBe('sans_objet');
    await expect(notification(id, b.awa.id)).rejects.toThrow(/n'existe pas chez ce vendeur/);
    expect(await lire(id)).toMatchObject({ statut_livraison: 'sans_livreur', tour: 1 });
  });

  test('without a courier there is nobody to choose, which is said', async () => {
    const id = await livraison();
    const n = await notification(id);
    await sql`update public.livreurs set livreur_actif = false where id_utilisateur = ${b.kouadio.id}`;
    expect([await taper(n, 'choisir'), await taper(n, `livreur_${b.livreur}`)]).toEqual([
      'aucun_livreur',
      'aucun_livreur',
    ]);
    expect(await avis(id, n)).toEqual([expect.stringMatching(/^aucun_livreur/)]);
    await sql`update public.livreurs set livreur_actif = true where id_livreur = ${b.livreur}`;
  });
});

describe('reading', () => {
  const rapport = async (id: number) =>
    (
      await b.chez
        .from('rapport_livraisons')
        .select()
        .eq('id_utilisateur', b.kouadio.id)
        .eq('id_livraison', id)
        .single()
    ).data;

  test('a delivery says for whom, who is asked, who carries it, why nobody does, and what to bring back', async () => {
    const id = await livraison('a_assigner');
    await sql`insert into public.propositions_livraison (id_livraison, id_livreur, rang, statut, expire_le)
      values (${id}, ${b.livreur}, 1, 'expiree', now()), (${id}, ${b.livreur}, 2, 'proposee', now() + interval '5 minutes')`;
    expect(await rapport(id)).toMatchObject({
      ...{
        statut_livraison: 'a_assigner',
        livreur: null,
        nombre_demandes: 2,
        demande_a: 'Moussa',
        motif: null,
        a_encaisser: 1000,
      },
      ...{
        adresse_destination: 'Cocody, Angré',
        telephone_client: expect.stringMatching(/^\+225/),
        numero_commande: expect.any(String),
      },
      demande_jusqu_a: expect.any(String),
    });
    await sql`update public.livraisons set statut_livraison = 'sans_livreur', raison_statut = 'hors_zone' where id_livraison = ${id}`;
    expect(await rapport(id)).toMatchObject({
      demande_a: null,
      demande_jusqu_a: null,
      motif: 'Aucun livreur ne couvre cette zone.',
    });
    await sql`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${b.livreur} where id_livraison = ${id}`;
    await sql`update public.commandes set statut_paiement = 'paye' where id_commande = (select id_commande from public.livraisons where id_livraison = ${id})`;
    expect(await rapport(id)).toMatchObject({ livreur: 'Moussa', a_encaisser: 0, motif: null });
  });

  test('what to pack says for when, and who comes for it', async () => {
    await sql`update public.commandes set statut_commande = 'annulee' where id_utilisateur = ${b.kouadio.id} and statut_commande in ('confirmee', 'en_preparation')`;
    const aPreparer = async () =>
      (await b.chez.from('articles_a_preparer').select().eq('id_utilisateur', b.kouadio.id).single()).data;
    const demain = await livraison('a_assigner');
    await sql`update public.livraisons set date_livraison_prevue = '2030-01-02T18:00:00Z' where id_livraison = ${demain}`;
    const aujourdhui = await livraison('assignee');
    await sql`update public.livraisons set date_livraison_prevue = '2030-01-01T18:00:00Z' where id_livraison = ${aujourdhui}`;
    await b.commande({ confirmer: true });
    const vu = await aPreparer();
    expect(vu).toMatchObject({
      ...{ quantite: 3, nombre_commandes: 3 },
      livreurs: [{ livreur: 'Moussa', numero_commande: vu.commandes[1], duree_estimee_minutes: null }],
    });
    expect(new Date(vu.livraison_prevue)).toEqual(new Date('2030-01-01T18:00:00Z'));
    expect(new Date(vu.livreurs[0].livraison_prevue)).toEqual(new Date('2030-01-01T18:00:00Z'));
  });

  test('a courier says what he has, what he did today, and where he was', async () => {
    const livreur = await b.nouveauLivreur();
    const etat = async () =>
      (
        await b.chez
          .from('rapport_livreurs')
          .select()
          .eq('id_utilisateur', b.kouadio.id)
          .eq('id_livreur', livreur)
          .single()
      ).data;
    expect(await etat()).toMatchObject({
      livraisons_en_cours: 0,
      livrees_aujourd_hui: 0,
      age_position_minutes: null,
    });
    await sql`update public.livreurs set derniere_latitude = 5, derniere_longitude = -4, position_le = now() - interval '12 minutes 30 seconds' where id_livreur = ${livreur}`;
    for (const pas of ['recuperee', 'livree', 'livree', 'assignee']) {
      const id = await livraison();
      await b.chez.rpc('assigner_livreur', { id_livraison: id, id_livreur: livreur });
      for (const statut of ['recuperee', 'livree'].slice(0, ['assignee', 'recuperee', 'livree'].indexOf(pas)))
        await b.chez.rpc('changer_statut_livraison', { id_livraison: id, statut });
    }
    // One of them was another day's.
    await sql`update public.livraisons set date_livraison_effective = date_livraison_effective - interval '1 day' where id_livraison =
      (select min(id_livraison) from public.livraisons where id_livreur = ${livreur} and statut_livraison = 'livree')`;
    expect(await etat()).toMatchObject({
      livraisons_en_cours: 2,
      livrees_aujourd_hui: 1,
      age_position_minutes: 12,
      nombre_livraisons_total: 2,
    });
  });
});
