// Two hundred orders confirmed at once through the API, on the whole platform: each is offered to one of twenty couriers, all of whom
// then accept in the same moment, several of them what another one is asked.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creerProspects } from '../helpers/commandes.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { ouvrirTelephones, type Telephones } from '../helpers/telephones.ts';
import { clientDe, creerVendeur, loinDeMinuit, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

const LIVREURS = 20;
const COMMANDES = 200;
let p: TestPlatform;
let v: Vendeur;
let telephones: Telephones;
const livreurs = Array.from({ length: LIVREURS }, (_, i) => `+22505310000${String(i).padStart(2, '0')}`);

beforeAll(async () => {
  p = await openPlatform({ env: { MESSAGES_PAR_SECONDE: '1000' } });
  v = await creerVendeur(p.sql, { articles: [{ nom: 'Sac', prix: 10_000, stock: 1_000 }] });
  await loinDeMinuit(p.sql, v.id);
  await p.sql`update public.utilisateurs_fluxasync set livreurs_de = '00:00', livreurs_a = '00:00' where id_utilisateur = ${v.id}`;
  await p.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, frais_livraison) values (${v.id}, 'Cocody', 1500)`;
  telephones = ouvrirTelephones(p.graphUrl, 'affluence');
});
afterAll(() => p?.close());

test('200 orders at once, 20 couriers: each is offered once, accepted once, and nobody waits for a lock in vain', {
  timeout: 180_000,
}, async () => {
  const lui = await clientDe(p.apiUrl, v);
  const { error } = await lui.from('livreurs').insert(
    livreurs.map((numero_telephone_livreur, i) => ({
      id_utilisateur: v.id,
      nom_complet_livreur: `Livreur${i} Essai`,
      numero_telephone_livreur,
      zones_couverture: 'Cocody',
    })),
  );
  expect(error).toBeNull();
  await Promise.all(livreurs.map((de) => telephones.ecrire(de, v.numero, 'dispo')));
  const prospects = await creerProspects(p, v.id, COMMANDES);
  const [sac] = await p.sql`select id_produit from public.produits where id_utilisateur = ${v.id}`;
  const file = async () => {
    const [q] = await p.sql`select count(*)::integer as n from pgmq.q_assigner_livraisons`;
    return q?.n;
  };
  await waitFor('the couriers are known', async () => {
    const [n] =
      await p.sql`select count(*)::integer as n from public.conversations where id_utilisateur = ${v.id} and id_livreur is not null`;
    return n?.n === LIVREURS && (await file()) === 0;
  });

  const confirmees = await Promise.all(
    prospects.map((id_prospect) =>
      lui.rpc('creer_commande', {
        id_prospect,
        lignes: [{ id_produit: sac?.id_produit, quantite: 1 }],
        cle_idempotence: randomUUID(),
        adresse_livraison: 'Cocody Angré, derrière la pharmacie',
        confirmer: true,
      }),
    ),
  );
  expect(confirmees.flatMap(({ error: e }) => (e ? [`${e.code} ${e.hint} ${e.message}`] : []))).toEqual([]);

  // Each on one phone, once.
  const offres = new Map<string, { a: string; id: string }[]>();
  await waitFor(
    'every delivery is offered',
    async () => {
      for (const { a, choix } of await telephones.relever())
        for (const { id } of choix.filter((c) => c.id.endsWith(':accepter')))
          offres.set(id, [...(offres.get(id) ?? []), { a, id }]);
      return offres.size === COMMANDES;
    },
    90_000,
  );
  expect([...offres.values()].filter((o) => o.length > 1)).toEqual([]);
  const proposees = await p.sql`select id_livraison, count(*)::integer as n from public.propositions_livraison
    where id_utilisateur = ${v.id} group by 1`;
  expect([proposees.length, proposees.every(({ n }) => n === 1)]).toEqual([COMMANDES, true]);

  // Each taps his own, delivered twice; and some of them the button of another one, which is none of theirs.
  const touches = [...offres.values()].flat();
  await Promise.all(
    touches.flatMap(({ a, id }, i) => [
      telephones.toucher(a, v.numero, { id, titre: 'Accepter', deListe: false }, 2),
      ...(i % 10 === 0
        ? [
            telephones.toucher(livreurs[(livreurs.indexOf(a) + 1) % LIVREURS] ?? '', v.numero, {
              id,
              titre: 'Accepter',
              deListe: false,
            }),
          ]
        : []),
    ]),
  );
  await waitFor(
    'every delivery has its courier, and all are answered',
    async () => {
      const [n] =
        await p.sql`select count(*)::integer as n from public.livraisons where id_utilisateur = ${v.id} and statut_livraison = 'assignee'`;
      return n?.n === COMMANDES && (await file()) === 0;
    },
    90_000,
  );
  const siennes = await p.sql`select l.id_livraison from public.livraisons as l
    join public.propositions_livraison as o on o.id_livraison = l.id_livraison and o.id_livreur = l.id_livreur and o.statut = 'acceptee'
    where l.id_utilisateur = ${v.id}`;
  expect(siennes).toHaveLength(COMMANDES);

  const [rates] = await p.sql`select
    (select count(*)::integer from prive.lettres_mortes) as mortes,
    (select count(*)::integer from pgmq.a_assigner_livraisons where message ? 'tentatives') as repris`;
  expect(rates).toEqual({ mortes: 0, repris: 0 });
});
