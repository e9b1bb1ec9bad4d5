// Who is told what when a delivery moves, once each, whatever is repeated, late or closed.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  creerPersonne,
  type Livraison,
  type Livreur,
  ouvrirScene,
  type Personne,
  type Scene,
} from '../helpers/annonces.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

let d: TestDatabase;
let s: Scene;
let mamadou: Livreur;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());
beforeEach(async () => {
  await d.sql`delete from pgmq.q_assigner_livraisons`;
  await d.sql`delete from pgmq.q_envoyer_messages`;
  s = await ouvrirScene(d);
  mamadou = await s.livreur();
});

/** Moves a delivery through these statuses, each announced before the next. */
async function mener(l: Livraison, ...statuts: string[]): Promise<void> {
  for (const statut of statuts) {
    await s.bouger(l, statut, statut === 'assignee' ? { id_livreur: mamadou.id } : {});
    await s.vider();
  }
}

const mots = async (l: Livraison) => ({
  client: (await s.dits(l.client)).map((m) => m.contenu),
  livreur: (await s.dits(mamadou)).map((m) => m.contenu),
  vendeur: (await s.avis()).map((cle) => cle.replace(`livraison:${l.id}:`, '')),
});

test('from the courier to the customer’s thanks: each is told once, with the facts', async () => {
  const l = await s.livraison();
  await s.bouger(l, 'a_assigner', {
    date_livraison_prevue: new Date(Date.now() + 86_400_000).toISOString(),
  });
  await mener(l, 'assignee');
  expect(await mots(l)).toMatchObject({
    client: [
      expect.stringMatching(`^Bonne nouvelle ! Mamadou vous livrera votre commande ${l.numero} demain `),
    ],
    livreur: [expect.stringContaining('vous confie la livraison')],
    // The shop has chosen him itself.
    vendeur: [],
  });
  expect((await s.dits(mamadou))[0]?.charge).toMatchObject({
    boutons: [{ id: `livraison:${l.id}:recuperee`, titre: 'Colis récupéré' }],
  });
  await mener(l, 'recuperee', 'en_transit');
  const enRoute = await mots(l);
  expect(enRoute.client.slice(1)).toEqual([
    `Mamadou (${mamadou.numero}) est en route avec votre commande ${l.numero}. Montant à préparer : 46 500 FCFA.\n` +
      'Votre code de remise : {{code_remise}}\nDonnez-le au livreur seulement quand vous avez le colis en main.',
  ]);
  expect(enRoute.vendeur).toEqual(['recuperee:1']);
  await mener(l, 'livree');
  const fini = await mots(l);
  expect(fini.client.slice(2)).toEqual([
    `Votre commande ${l.numero} vous a été remise. Merci de votre confiance ! Comment s'est passée la livraison avec Mamadou ?`,
  ]);
  expect(fini.livreur.slice(1)).toEqual([
    `Merci Mamadou, la livraison ${l.numero} est terminée. 46 500 FCFA encaissés, à remettre à la boutique.`,
  ]);
  expect(fini.vendeur).toEqual(['recuperee:1', 'livree:1']);
  expect(
    await d.sql`select contenu_notification as c from public.notifications where cle_unicite = ${`livraison:${l.id}:livree:1`}`,
  ).toMatchObject([{ c: expect.stringContaining('46 500 FCFA encaissés') }]);
  const boutons = (await s.dits(l.client))[2]?.charge.boutons;
  expect(boutons).toEqual([
    { id: `client:${l.id}:note:5`, titre: 'Très bien' },
    { id: `client:${l.id}:note:3`, titre: 'Moyen' },
    { id: `client:${l.id}:note:1`, titre: 'Pas bien' },
  ]);
});

test('who accepted by himself is not told a second time; who accepted an earlier try is', async () => {
  const l = await s.livraison();
  const accepter =
    () => d.sql`insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, statut, expire_le)
    values (${s.v.id}, ${l.id}, ${mamadou.id}, (select count(*) + 1 from public.propositions_livraison where id_livraison = ${l.id}), 'acceptee', prive.maintenant())`;
  await accepter();
  await mener(l, 'assignee');
  expect(await mots(l)).toMatchObject({ livreur: [], vendeur: ['livreur_trouve:1'] });
  // Taken from him, then given to him again by a person.
  await mener(l, 'a_assigner', 'assignee');
  expect((await s.dits(mamadou)).map((m) => m.cle)).toEqual([
    `livraison:${l.id}:retiree:2`,
    `livraison:${l.id}:confiee:2`,
  ]);
  expect((await mots(l)).vendeur).toEqual(['livreur_trouve:1']);
  // He gives it up himself: he knows.
  await d.sql`insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, statut, expire_le)
    values (${s.v.id}, ${l.id}, ${mamadou.id}, 7, 'refusee', prive.maintenant())`;
  await mener(l, 'a_assigner');
  expect(await s.dits(mamadou)).toHaveLength(2);
});

test('a delivery that begins with its courier is announced like any other', async () => {
  const l = await s.livraison();
  await d.sql`delete from public.livraisons where id_livraison = ${l.id}`;
  const [r] =
    await d.sql`select service.planifier_livraison(${s.v.id}, ${l.commande}, ${mamadou.id}, null, 1000) as id`;
  await s.vider();
  expect((await s.dits(mamadou)).map((m) => m.cle)).toEqual([`livraison:${r?.id}:confiee:1`]);
  expect((await s.dits(l.client)).map((m) => m.contenu)).toEqual([
    expect.stringContaining(`Mamadou vous livrera votre commande ${l.numero}`),
  ]);
});

test('another courier instead: the first is told it is over, the second that it is his', async () => {
  const l = await s.livraison();
  const awa = await s.livreur('Awa Traoré');
  await mener(l, 'assignee');
  // As assigner_livreur does, in one transaction.
  await d.sql.begin(async (tx) => {
    await tx`update public.livraisons set statut_livraison = 'a_assigner' where id_livraison = ${l.id}`;
    await tx`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${awa.id} where id_livraison = ${l.id}`;
  });
  expect(await s.vider()).toEqual(['depassee', 'assignee']);
  expect((await s.dits(mamadou)).map((m) => m.cle)).toEqual([
    `livraison:${l.id}:confiee:1`,
    `livraison:${l.id}:retiree:2`,
  ]);
  expect((await s.dits(awa)).map((m) => m.cle)).toEqual([`livraison:${l.id}:confiee:2`]);
  expect((await s.dits(l.client)).map((m) => m.contenu)).toEqual([
    expect.stringContaining('Mamadou'),
    expect.stringContaining('Awa'),
  ]);
});

describe('called off', () => {
  test.each([
    ['assignee', 'plus à livrer.'],
    ['recuperee', 'Rapportez le colis'],
  ])('while %s: the courier is told; the customer when his order lives on', async (quand, attendu) => {
    const l = await s.livraison();
    await mener(l, ...(quand === 'recuperee' ? ['assignee', 'recuperee'] : ['assignee']), 'annulee');
    expect((await s.dits(mamadou)).at(-1)?.contenu).toContain(attendu);
    expect((await s.dits(l.client)).at(-1)?.cle).toBe(`livraison:${l.id}:annulee:1`);
  });

  test('with its order: the customer knows', async () => {
    const l = await s.livraison();
    await mener(l, 'assignee');
    await d.sql`update public.commandes set statut_commande = 'annulee' where id_commande = ${l.commande}`;
    await s.vider();
    expect((await s.dits(mamadou)).at(-1)?.cle).toBe(`livraison:${l.id}:retiree:1`);
    expect((await s.dits(l.client)).map((m) => m.cle)).toEqual([`livraison:${l.id}:livreur_trouve:1`]);
  });

  test('before anybody had it: nobody is told', async () => {
    const l = await s.livraison();
    await mener(l, 'sans_livreur', 'annulee');
    expect(await mots(l)).toEqual({ client: [], livreur: [], vendeur: [] });
  });
});

describe('failed', () => {
  test.each([
    ['client_absent', true],
    ['client_injoignable', true],
    ['adresse_introuvable', true],
    ['refus_client', false],
    ['colis_abime', false],
    ['autre', false],
  ])('%s', async (raison, dates) => {
    const l = await s.livraison();
    await mener(l, 'assignee', 'recuperee');
    await d.sql`select prive.livraison_echouee(${l.id}, ${raison}, ${'  elle décroche\npas '})`;
    expect(await s.etat(l)).toMatchObject({
      statut_livraison: 'echec',
      raison_statut: raison,
      motif_statut: expect.stringMatching(/\. « elle décroche pas »$/),
    });
    await s.vider();
    const dernier = (await s.dits(l.client)).at(-1);
    expect(dernier?.cle).toBe(`livraison:${l.id}:echec:1`);
    const ids = (dernier?.charge.boutons as { id: string; titre: string }[] | undefined)?.map((b) => b.id);
    const [j] = await d.sql`select prive.jours_possibles(${s.v.id})::text[] as jours`;
    expect(ids).toEqual(
      dates
        ? [
            `client:${l.id}:date:${j?.jours[0]}`,
            `client:${l.id}:date:${j?.jours[1]}`,
            `client:${l.id}:vendeur`,
          ]
        : undefined,
    );
    const [n] =
      await d.sql`select contenu_notification as c from public.notifications where cle_unicite = ${`livraison:${l.id}:echec:1`}`;
    expect(n?.c).toContain('elle décroche pas');
    expect(n?.c).not.toContain('ne peut pas être prévenu');
  });

  test('a reason nobody knows is autre; a second failure changes nothing', async () => {
    const l = await s.livraison();
    await mener(l, 'assignee');
    await d.sql`select prive.livraison_echouee(${l.id}, 'fatigue', null)`;
    await d.sql`select prive.livraison_echouee(${l.id}, 'client_absent', 'x')`;
    expect(await s.etat(l)).toMatchObject({
      raison_statut: 'autre',
      motif_statut: "La remise n'a pas été possible.",
    });
  });

  test('the days offered are those on which the shop is open', async () => {
    for (const ouvert of [['lundi', 'jeudi'], ['samedi'], []]) {
      const heures = Object.fromEntries(ouvert.map((j) => [j, ['08:00-18:00']]));
      await d.sql`update public.utilisateurs_fluxasync set heures_ouverture = ${d.sql.json(heures)} where id_utilisateur = ${s.v.id}`;
      const [j] =
        await d.sql`select array_agg((array['lundi','mardi','mercredi','jeudi','vendredi','samedi','dimanche'])[extract(isodow from x)::int]) as noms,
        bool_and(x > prive.jour_chez(${s.v.id}, prive.maintenant())) as a_venir, count(distinct x)::int as n, max(length(prive.jour_court(x))) as long
        from unnest(prive.jours_possibles(${s.v.id})) as x`;
      expect(j).toMatchObject({ a_venir: true, n: 2 });
      expect(j?.long).toBeLessThanOrEqual(20);
      for (const nom of (j?.noms ?? []) as string[]) if (ouvert.length > 0) expect(ouvert).toContain(nom);
    }
  });
});

describe('WhatsApp’s 24 hours are over', () => {
  const modele = (nom: string, variables: number) =>
    d.sql`insert into public.modeles_whatsapp (id_utilisateur, identifiant_compte_business, nom_modele, langue, categorie, statut, composants, nombre_variables_corps)
      values (${s.v.id}, ${`2${s.v.numero.slice(1)}`}, ${`fluxasync_${nom}`}, 'fr', 'utility', 'approuve',
        ${d.sql.json([{ type: 'BODY', text: Array.from({ length: variables }, (_, i) => `{{${i + 1}}}`).join(' ') }])}, ${variables})`;

  test('without templates: news are left out, the code waits and the vendor is told why', async () => {
    const l = await s.livraison();
    await s.fermer(l.client);
    await mener(l, 'assignee', 'recuperee', 'en_transit');
    expect((await s.dits(l.client)).map((m) => m.cle)).toEqual([`livraison:${l.id}:code:1`]);
    await d.sql`update pgmq.q_envoyer_messages set vt = now()`;
    await d.sql`select service.prendre_envois(50)`;
    expect((await s.avis()).filter((c) => c.endsWith('code_attend:1'))).toHaveLength(1);
    expect(
      await d.sql`select statut_livraison as s, code_erreur as c from public.messages where cle_idempotence = ${`livraison:${l.id}:code:1`}`,
    ).toMatchObject([{ s: 'a_envoyer', c: 'fenetre_fermee' }]);
    // It ends with the delivery, and nobody is bothered with that.
    await mener(l, 'livree');
    expect(
      await d.sql`select statut_livraison as s, code_erreur as c from public.messages where cle_idempotence = ${`livraison:${l.id}:code:1`}`,
    ).toMatchObject([{ s: 'echec', c: 'code_perime' }]);
    expect((await s.avis()).filter((c) => c.startsWith('envoi_echoue'))).toEqual([]);
    expect(await s.dits(l.client)).toHaveLength(1);
  });

  test('with templates: everything is written, each with its variables', async () => {
    const l = await s.livraison();
    await s.fermer(l.client);
    for (const [nom, n] of [
      ['livreur_trouve', 3],
      ['commande_en_route', 5],
      ['commande_livree', 2],
    ] as const)
      await modele(nom, n);
    await mener(l, 'assignee', 'recuperee', 'livree');
    const dits = await s.dits(l.client);
    expect(dits.map((m) => m.cle)).toEqual(
      ['livreur_trouve', 'code', 'livree'].map((quoi) => `livraison:${l.id}:${quoi}:1`),
    );
    expect(dits[1]?.charge.secours).toMatchObject({
      nom: 'fluxasync_commande_en_route',
      corps: ['Mamadou', mamadou.numero, l.numero, 'Montant à préparer : 46 500 FCFA.', '{{code_remise}}'],
    });
    expect(dits[2]?.charge.secours).toMatchObject({
      boutons: [5, 3, 1].map((n) => `client:${l.id}:note:${n}`),
    });
  });

  test('of a failure the vendor learns that he must call', async () => {
    const l = await s.livraison();
    await mener(l, 'assignee');
    await s.fermer(l.client);
    await d.sql`select prive.livraison_echouee(${l.id}, 'client_absent', null)`;
    await s.vider();
    expect((await s.dits(l.client)).map((m) => m.cle)).toEqual([`livraison:${l.id}:livreur_trouve:1`]);
    const [n] =
      await d.sql`select contenu_notification as c from public.notifications where cle_unicite = ${`livraison:${l.id}:echec:1`}`;
    expect(n?.c).toContain('appelez-le');
  });
});

// Every way a delivery can go, its jobs done late, twice, or in any order: nobody hears anything twice, nor of what is over.
const CHEMINS = [
  ['assignee', 'recuperee', 'en_transit', 'livree'],
  ['assignee', 'recuperee', 'livree'],
  ['assignee', 'a_assigner', 'assignee', 'recuperee'],
  ['assignee', 'echec', 'a_assigner', 'assignee', 'recuperee', 'livree'],
  ['assignee', 'recuperee', 'echec', 'a_assigner', 'assignee', 'recuperee'],
  ['assignee', 'recuperee', 'annulee'],
  ['sans_livreur', 'a_assigner', 'assignee', 'echec', 'annulee', 'a_assigner', 'assignee'],
];
describe.each(CHEMINS.map((chemin) => ({ chemin, nom: chemin.join(' → ') })))('$nom', ({ chemin }) => {
  test.each(['in order', 'backwards', 'twice'])('all announced late, %s', async (ordre) => {
    const l = await s.livraison();
    for (const statut of chemin)
      await s.bouger(l, statut, statut === 'assignee' ? { id_livreur: mamadou.id } : {});
    const travaux = (await s.travaux()).map((t) => t.message);
    expect(travaux).toHaveLength(chemin.length);
    const liste =
      ordre === 'backwards' ? travaux.toReversed() : ordre === 'twice' ? [...travaux, ...travaux] : travaux;
    for (const t of liste) await d.sql`select prive.annoncer_livraison(${d.sql.json(t as never)})`;
    const la = await s.etat(l);
    const v = la.version_code;
    const client = (await s.dits(l.client)).map((m) => m.cle.replace(`livraison:${l.id}:`, ''));
    const attendu: Record<string, string[]> = {
      assignee: [`livreur_trouve:${v}`],
      recuperee: [`code:${v}`],
      en_transit: [`code:${v}`],
      livree: [`livree:${v}`],
      annulee: [`annulee:${v}`],
    };
    expect(client).toEqual(attendu[la.statut_livraison]);
    for (const cles of [await s.avis(), (await s.dits(mamadou)).map((m) => m.cle)])
      expect(new Set(cles).size).toBe(cles.length);
    // Nobody is told of a courier, or of a parcel under way, that belongs to an earlier try.
    expect((await s.avis()).every((cle) => cle.endsWith(`:${v}`))).toBe(true);
  });
});

test('a second failure is told with its own reason, though the first one is announced only then', async () => {
  const l = await s.livraison();
  for (const [raison, dit] of [
    ['client_absent', 'porte close'],
    ['colis_abime', 'tombé'],
  ] as const) {
    await s.bouger(l, 'assignee', { id_livreur: mamadou.id });
    await d.sql`select prive.livraison_echouee(${l.id}, ${raison}, ${dit})`;
    if (raison === 'client_absent') await s.bouger(l, 'a_assigner');
  }
  await s.vider();
  expect((await s.dits(l.client)).map((m) => [m.cle, m.charge.boutons])).toEqual([
    [`livraison:${l.id}:echec:2`, undefined],
  ]);
  const contenus =
    await d.sql`select contenu_notification as c from public.notifications where cle_unicite like ${`livraison:${l.id}:echec:%`}`;
  expect(contenus).toMatchObject([{ c: expect.stringContaining('« tombé »') }]);
});

test('killed anywhere, a job is done once when it comes back: its words and its end are one transaction', async () => {
  const l = await s.livraison();
  await s.bouger(l, 'assignee', { id_livreur: mamadou.id });
  const [t] = await s.travaux();
  await expect(
    d.sql.begin(async (tx) => {
      await tx`select service.traiter_livraison(${t?.msg_id ?? 0})`;
      throw new Error('killed');
    }),
  ).rejects.toThrow('killed');
  expect(await s.dits(l.client)).toEqual([]);
  expect(await s.travaux()).toHaveLength(1);
  const faits = await Promise.all(
    [1, 2, 3].map(() => d.sql`select service.traiter_livraison(${t?.msg_id ?? 0}) as fait`),
  );
  expect(faits.map((f) => f[0]?.fait).sort()).toEqual(['assignee', 'deja_fait', 'deja_fait']);
  expect(await s.dits(l.client)).toHaveLength(1);
});

test('many at once, couriers and customers in common: nobody waits in a circle, nobody is forgotten', async () => {
  const awa = await s.livreur('Awa Traoré');
  const clients = [s.client, await creerPersonne(d, s.v, 'Fatou'), await creerPersonne(d, s.v, 'Issa')];
  const toutes: Livraison[] = [];
  for (let i = 0; i < 30; i += 1) {
    const l = await s.livraison({ client: clients[i % 3] as Personne });
    await s.bouger(l, 'assignee', { id_livreur: (i % 2 === 0 ? mamadou : awa).id });
    toutes.push(l);
  }
  const base = baseSql(d.sql);
  const faire = async () => {
    const travaux = (await s.travaux()).map((t) => t.msg_id);
    const faits: string[] = [];
    const ouvrier = async () => {
      for (let id = travaux.shift(); id !== undefined; id = travaux.shift())
        faits.push(await base.appeler('traiter_livraison', { msg_id: id, lecture: null }, z.string()));
    };
    await Promise.all([1, 2, 3, 4].map(ouvrier));
    return faits;
  };
  expect(new Set(await faire())).toEqual(new Set(['assignee']));
  for (const statut of ['recuperee', 'livree']) {
    for (const l of toutes) await s.bouger(l, statut);
    expect(new Set(await faire())).toEqual(new Set([statut]));
  }
  for (const client of clients) expect(await s.dits(client)).toHaveLength(30);
  for (const livreur of [mamadou, awa]) expect(await s.dits(livreur)).toHaveLength(30);
});

describe('cash', () => {
  test.each([
    ['paiement_livraison', 'en_attente', 46_500, 'paye', 'Montant à préparer : 46 500 FCFA.'],
    ['paiement_livraison', 'paye', null, 'paye', 'Rien à payer à la livraison.'],
    ['wave', 'en_attente', null, 'en_attente', 'Rien à payer à la livraison.'],
    ['wave', 'paye', null, 'paye', 'Rien à payer à la livraison.'],
    ['paiement_livraison', 'echec', 46_500, 'paye', 'Montant à préparer : 46 500 FCFA.'],
  ])('%s, %s', async (methode, avant, encaisse, apres, dit) => {
    const l = await s.livraison({ methode });
    if (avant !== 'en_attente')
      await d.sql`update public.commandes set statut_paiement = ${avant} where id_commande = ${l.commande}`;
    await mener(l, 'assignee', 'recuperee', 'livree');
    const [c] =
      await d.sql`select statut_paiement, statut_commande from public.commandes where id_commande = ${l.commande}`;
    expect(c).toEqual({ statut_paiement: apres, statut_commande: 'livree' });
    const { montant_encaisse } = await s.etat(l);
    expect(montant_encaisse === null ? null : Number(montant_encaisse)).toBe(encaisse);
    expect((await s.dits(l.client))[1]?.contenu).toContain(dit);
    const merci = (await s.dits(mamadou)).at(-1)?.contenu;
    if (encaisse === null) expect(merci).not.toContain('encaissés');
    else expect(merci).toContain('46 500 FCFA encaissés');
  });
});
