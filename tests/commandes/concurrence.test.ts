// Many at once: over fifty connections of their own, and through supabase-js. Who loses is told why (stock_insuffisant), and
// nobody waits in vain: neither a deadlock nor lock_timeout is ever seen.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  autres,
  compter,
  creerArticle,
  creerProspects,
  type Guichet,
  type Issue,
  ouvrirGuichet,
} from '../helpers/commandes.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
let v: Vendeur;
let g: Guichet;
let prospects: number[];
const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);

beforeAll(async () => {
  console.log(`GRAINE=${graine}`);
  p = await openPlatform({ parts: ['gateway', 'worker'] });
  v = await creerVendeur(p.sql, { articles: [] });
  prospects = await creerProspects(p, v.id, 50);
  g = await ouvrirGuichet(p, 50);
});
afterAll(async () => {
  await g?.fermer();
  await p?.close();
});

const commander = (id_prospect: number, lignes: object[], autre: object = {}) =>
  g.appeler(v.id, 'creer_commande', {
    id_prospect,
    lignes,
    cle_idempotence: randomUUID(),
    confirmer: true,
    ...autre,
  });

async function etat(id_produit: number) {
  const [e] = await p.sql`
    select (select sum(quantite_stock)::integer from public.variantes_produit where id_produit = ${id_produit}) as reste,
      (select quantite_stock from public.produits where id_produit = ${id_produit}) as affiche,
      (select coalesce(sum(quantite_commandee), 0)::integer from public.details_commande join public.commandes using (id_commande)
        where id_produit = ${id_produit} and statut_commande = 'confirmee') as vendu`;
  return e;
}

/** Numbers of the vendor's day have no gap: what failed took none. */
async function numerosSansTrou() {
  const numeros = await p.sql<{ n: number }[]>`
    select right(numero_commande, 6)::integer as n from public.commandes where id_utilisateur = ${v.id} order by n`;
  expect(numeros.map((r) => r.n)).toEqual(numeros.map((_, i) => i + 1));
}

test('of fifty orders at once for the last ten, ten are sold', async () => {
  const { id_produit, variantes } = await creerArticle(p, v.id, { prix: 45_000, stocks: [10] });
  const lignes = [{ id_produit, id_variante: variantes[0], quantite: 1 }];
  const issues = await Promise.all(prospects.map((id) => commander(id, lignes)));
  expect(autres(issues, 'stock_insuffisant')).toEqual([]);
  expect(compter(issues)).toEqual({ ok: 10, stock_insuffisant: 40 });
  expect(await etat(id_produit)).toEqual({ reste: 0, affiche: 0, vendu: 10 });
  await numerosSansTrou();
});

test('also when all of them are drafts already and are confirmed at once', async () => {
  const { id_produit, variantes } = await creerArticle(p, v.id, { prix: 45_000, stocks: [10] });
  const lignes = [{ id_produit, id_variante: variantes[0], quantite: 1 }];
  const brouillons = await Promise.all(prospects.map((id) => commander(id, lignes, { confirmer: false })));
  expect(compter(brouillons)).toEqual({ ok: 50 });
  const issues = await Promise.all(
    brouillons.map((b) =>
      g.appeler(v.id, 'changer_statut_commande', { id_commande: id(b), statut: 'confirmee' }),
    ),
  );
  expect(autres(issues, 'stock_insuffisant')).toEqual([]);
  expect(compter(issues)).toEqual({ ok: 10, stock_insuffisant: 40 });
  expect(await etat(id_produit)).toEqual({ reste: 0, affiche: 0, vendu: 10 });
});

test('also through the API', async () => {
  const { id_produit, variantes } = await creerArticle(p, v.id, { prix: 45_000, stocks: [10] });
  const client = await clientDe(p.apiUrl, v);
  const reponses = await Promise.all(
    prospects.map((id_prospect) =>
      client.rpc('creer_commande', {
        id_prospect,
        lignes: [{ id_produit, id_variante: variantes[0], quantite: 1 }],
        cle_idempotence: randomUUID(),
        confirmer: true,
      }),
    ),
  );
  const vendues = reponses.filter((r) => r.error === null);
  expect(vendues.map((r) => r.data.montant_total)).toEqual(Array(10).fill(45_000));
  expect(new Set(reponses.map((r) => r.error?.hint))).toEqual(new Set([undefined, 'stock_insuffisant']));
  expect(reponses.find((r) => r.error)?.error?.message).toBe('« Sandale (1) » est épuisé.');
  expect(await etat(id_produit)).toEqual({ reste: 0, affiche: 0, vendu: 10 });
  await numerosSansTrou();
});

test('orders of three variants in any order, cancellations and the vendor’s bulk edits never block each other', async () => {
  const articles = await Promise.all([
    creerArticle(p, v.id, { prix: 1000, stocks: [500, 500, 500] }),
    creerArticle(p, v.id, { prix: 2000, stocks: [500, 500] }),
  ]);
  const choix = articles.flatMap((a) =>
    a.variantes.map((id_variante) => ({ id_produit: a.id_produit, id_variante })),
  );
  const produits = articles.map((a) => a.id_produit);
  const lignes = fc
    .shuffledSubarray(choix, { minLength: 3, maxLength: 3 })
    .map((l) => l.map((c) => ({ ...c, quantite: 1 })));
  const ids = fc.shuffledSubarray(
    choix.map((c) => c.id_variante),
    { minLength: 2 },
  );
  // As a front end writes `.update(…).in('id_variante', ids)`: the rows are taken as they are found.
  const modifier = fc
    .tuple(
      ids,
      fc.constantFrom('quantite_stock = quantite_stock + 1', 'prix_unitaire = 900', 'attributs = attributs'),
    )
    .map(
      ([a, valeur]) =>
        [`update public.variantes_produit set ${valeur} where id_variante = any($1)`, a] as const,
    );
  const renommer = fc.constant([
    'update public.produits set nom_produit = nom_produit where id_produit = any($1)',
    produits,
  ] as const);
  const tours = fc.sample(
    fc.record({
      commandes: fc.array(lignes, { minLength: 24, maxLength: 24 }),
      edits: fc.array(fc.oneof(modifier, modifier, renommer), { minLength: 8, maxLength: 8 }),
    }),
    { seed: graine, numRuns: 8 },
  );
  // One order of everything, so that the products cannot be deleted from the start.
  expect(
    compter([
      await commander(
        prospects[0] ?? 0,
        choix.map((c) => ({ ...c, quantite: 1 })),
      ),
    ]),
  ).toEqual({ ok: 1 });
  const issues: Issue[] = [];
  for (const tour of tours) {
    issues.push(
      ...(await Promise.all([
        ...tour.commandes.map(async (l, i) => {
          const c = await commander(prospects[i] ?? 0, l);
          if (i % 3 > 0 || 'refus' in c) return c;
          return g.appeler(v.id, 'changer_statut_commande', { id_commande: id(c), statut: 'annulee' });
        }),
        ...tour.edits.map(([requete, cles]) => g.executer(v.id, requete, [cles])),
        // What is in an order cannot go: it is tried all the same, for the locks it takes.
        g.executer(v.id, 'delete from public.produits where id_produit = any($1)', [produits]),
      ])),
    );
  }
  expect(autres(issues, 'article_vendu')).toEqual([]);
  expect(compter(issues)).toEqual({ ok: 8 * 32, article_vendu: 8 });
  for (const a of articles) {
    const e = await etat(a.id_produit);
    expect(e?.affiche).toBe(e?.reste);
  }
});

test('twenty times the same request at once are one order', async () => {
  const { id_produit, variantes } = await creerArticle(p, v.id, { prix: 5000, stocks: [100] });
  const lignes = [{ id_produit, id_variante: variantes[0], quantite: 3 }];
  const cle_idempotence = randomUUID();
  const issues = await Promise.all(
    Array.from({ length: 20 }, () => commander(prospects[0] ?? 0, lignes, { cle_idempotence })),
  );
  expect(compter(issues)).toEqual({ ok: 20 });
  expect(new Set(issues.map(id)).size).toBe(1);
  const creees = issues.filter((i) => 'valeur' in i && !(i.valeur as { deja_creee: boolean }).deja_creee);
  expect(creees.length).toBe(1);
  expect(await etat(id_produit)).toEqual({ reste: 97, affiche: 97, vendu: 3 });
  await numerosSansTrou();
});

test('an order and its delivery are moved at once, and neither waits for ever', async () => {
  const { id_produit, variantes } = await creerArticle(p, v.id, { prix: 5000, stocks: [1000] });
  const [livreur] = await p.sql<{ id_livreur: number }[]>`
    insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
    values (${v.id}, 'Moussa', '0700000001') returning id_livreur`;
  const lignes = [{ id_produit, id_variante: variantes[0], quantite: 1 }];
  const issues: Issue[] = [];
  await Promise.all(
    prospects.slice(0, 16).map(async (prospect) => {
      const c = await commander(prospect, lignes, { adresse_livraison: 'Cocody' });
      const l = await g.appeler(v.id, 'planifier_livraison', {
        id_commande: id(c),
        id_livreur: livreur?.id_livreur,
      });
      const id_livraison = 'valeur' in l ? Number(l.valeur) : 0;
      const commande = (statut: string) =>
        g.appeler(v.id, 'changer_statut_commande', { id_commande: id(c), statut });
      const livraison = (statut: string) =>
        g.appeler(v.id, 'changer_statut_livraison', { id_livraison, statut });
      issues.push(c, l, ...(await Promise.all([commande('en_preparation'), livraison('recuperee')])));
      issues.push(...(await Promise.all([livraison('livree'), commande('annulee'), livraison('echec')])));
    }),
  );
  expect(autres(issues, 'transition_interdite')).toEqual([]);
  const couples = await p.sql<{ c: string; l: string }[]>`
    select distinct c.statut_commande as c, l.statut_livraison as l
    from public.commandes as c join public.livraisons as l using (id_commande) where c.id_utilisateur = ${v.id}`;
  for (const { c, l } of couples) expect(['livree/livree', 'annulee/annulee']).toContain(`${c}/${l}`);
  const [compte] = await p.sql`select nombre_livraisons_total as compte,
      (select count(*)::integer from public.livraisons where statut_livraison = 'livree' and id_utilisateur = ${v.id}) as recompte
    from public.livreurs where id_livreur = ${livreur?.id_livreur ?? 0}`;
  expect(compte?.compte).toBe(compte?.recompte);
});

test('a queue that is longer than one wait for a lock is waited out', async () => {
  const { id_produit, variantes } = await creerArticle(p, v.id, { prix: 5000, stocks: [1] });
  const lignes = [{ id_produit, id_variante: variantes[0], quantite: 1 }];
  let issue: Promise<Issue> | undefined;
  await p.sql.begin(async (tx) => {
    await tx`select prive.tenir_boutique(${v.id})`;
    issue = commander(prospects[0] ?? 0, lignes);
    await waitFor('a wait longer than any other lock is waited for', async () => {
      const [attente] = await p.sql`
        select from pg_locks
        where locktype = 'advisory' and not granted and waitstart < clock_timestamp() - interval '600 milliseconds'
          and database = (select oid from pg_database where datname = current_database())`;
      return attente !== undefined;
    });
  });
  expect(compter([await (issue as Promise<Issue>)])).toEqual({ ok: 1 });
});

test('nobody waits longer than 500 ms for a lock: requests, the service, cron jobs, people who log in', async () => {
  const { id_produit } = await creerArticle(p, v.id, { prix: 1, stocks: [1] });
  // Whoever writes there leaves the limit he works under.
  await p.sql.unsafe(`
    create table prive.essai_delais (qui text, delai text);
    create function prive.essai_noter() returns trigger language plpgsql security definer as $$
    begin
      insert into prive.essai_delais values (tg_argv[0], current_setting('lock_timeout'));
      return null;
    end $$;
    create trigger essai after update on public.produits for each statement execute function prive.essai_noter('requete');
    create trigger essai after insert on prive.evenements_webhook for each statement execute function prive.essai_noter('service');
    grant insert on prive.essai_delais to postgres;
    set role postgres;
    select cron.schedule('essai', '1 second', $$insert into prive.essai_delais values ('cron', current_setting('lock_timeout'))$$);
    reset role`);
  const client = await clientDe(p.apiUrl, v);
  await client.from('produits').update({ nom_produit: 'Autre' }).eq('id_produit', id_produit);
  await fetch(`${p.apiUrl}/rest/v1/rpc/recevoir_evenement_whatsapp`, {
    method: 'POST',
    headers: {
      apikey: 'sb_secret_local',
      'content-type': 'application/json',
      'content-profile': 'service',
    },
    body: JSON.stringify({ corps: Buffer.from('{}').toString('base64') }),
  });
  const vus = await waitFor('all three', async () => {
    const delais = await p.sql`select distinct qui, delai from prive.essai_delais order by qui`;
    return delais.length >= 3 && [...delais];
  });
  expect(vus).toEqual(['cron', 'requete', 'service'].map((qui) => ({ qui, delai: '500ms' })));
  for (const qui of ['postgres', 'authenticator']) {
    expect([...(await p.as(qui)`show lock_timeout`)]).toEqual([{ lock_timeout: '500ms' }]);
  }
  const limites = await p.sql`select setrole::regrole::text as qui from pg_db_role_setting
    where setdatabase = 0 and 'lock_timeout=500ms' = any (setconfig) order by qui`;
  expect(limites.map((l) => l.qui)).toEqual([
    ...['anon', 'authenticated', 'authenticator', 'postgres', 'service_role'],
  ]);
});

function id(issue: Issue): number {
  if ('refus' in issue) throw new Error(JSON.stringify(issue.refus));
  return (issue.valeur as { id_commande: number }).id_commande;
}
