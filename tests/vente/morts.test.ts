// Workers die at every step between a "oui" and its confirmation, and many want the last pieces at once: one order each, or none.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { baseQuiMeurt, Mort } from '../helpers/sortant.ts';
import { waitFor } from '../helpers/wait.ts';
import { AUCUNE, COMPLET, mettre, ouvrirVente, UNE, type Vente } from './aide.ts';
import { automate } from './automate.ts';

let s: Vente;
beforeAll(async () => {
  s = await ouvrirVente(12);
});
afterAll(() => s?.fermer());

/** Park–Miller, so that a printed seed gives the same kills again. */
function hasard(graine: number): () => number {
  let etat = graine % 2_147_483_647 || 1;
  return () => {
    etat = (etat * 48_271) % 2_147_483_647;
    return etat / 2_147_483_647;
  };
}

async function boutique(stock: number, prospects: number) {
  const v = await s.vendeur();
  const a = await s.article(v.id, { prix: 45_000, stocks: [stock] });
  const conversations: number[] = [];
  for (let i = 0; i < prospects; i += 1)
    conversations.push((await s.prospect(v, `Client ${String.fromCharCode(65 + i)}`)).id_conversation);
  for (const c of conversations) await s.ecrire(c, { changer: [mettre(a), COMPLET], recap: true });
  expect(await s.repondre()).toEqual([]);
  return { v, a, conversations };
}

test.each([
  { ou: 'taken', rpc: 'prendre_reponses', quand: 'apres', faite: false },
  { ou: 'checked by the engine', rpc: 'verifier_commande', quand: 'apres', faite: false },
  { ou: 'answered, before it is recorded', rpc: 'enregistrer_reponses', quand: 'avant', faite: false },
  { ou: 'recorded, before the answer came', rpc: 'enregistrer_reponses', quand: 'apres', faite: true },
] as const)('dead when the yes was $ou: one order', async ({ rpc, quand, faite }) => {
  const { v, a, conversations } = await boutique(5, 1);
  await s.ecrire(conversations[0] ?? 0, { oui: true });
  // A dead process reports no failure either.
  const morte = baseQuiMeurt(baseQuiMeurt(s.base, rpc, quand), 'echouer_reponse', 'avant');
  await s.repondre(automate(), morte).catch((e) => expect(e).toBeInstanceOf(Mort));
  expect(await s.bilan(v.id)).toEqual(faite ? UNE : AUCUNE);
  await s.avancer(31);
  expect(await s.repondre()).toEqual([]);
  expect(await s.bilan(v.id)).toEqual(UNE);
  expect(await s.stock(a)).toBe(4);
});

// Deferred to the last line of the transaction, and to places within it.
test.each([
  'public.details_commande',
  'public.livraisons',
  'public.notifications',
  'public.messages',
  'pgmq.a_repondre_prospects',
])(
  'the connection is cut in the recording call, while it writes %s: nothing of it is there, then all of it',
  async (table) => {
    const { v, a, conversations } = await boutique(5, 1);
    await s.ecrire(conversations[0] ?? 0, { oui: true });
    await s.sql.unsafe(`create function prive.essai_mort() returns trigger language plpgsql as $$
      begin perform pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); return null; end $$;
      create trigger essai_mort after insert on ${table} for each row execute function prive.essai_mort()`);
    try {
      await s.repondre(automate(), baseQuiMeurt(s.base, 'echouer_reponse', 'avant')).catch(() => {});
    } finally {
      await s.sql.unsafe(`drop trigger essai_mort on ${table}; drop function prive.essai_mort()`);
    }
    expect(await s.bilan(v.id)).toEqual(AUCUNE);
    expect(await s.stock(a)).toBe(5);
    await s.avancer(31);
    expect(await s.repondre()).toEqual([]);
    expect(await s.bilan(v.id)).toEqual(UNE);
    expect(await s.stock(a)).toBe(4);
  },
);

test('the worker is killed again and again among thirty customers: thirty orders, thirty confirmations', {
  timeout: 120_000,
}, async () => {
  const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
  console.info(`graine ${graine}`);
  const tirer = hasard(graine);
  const { v, a, conversations } = await boutique(30, 30);
  for (const c of conversations) await s.ecrire(c, { oui: true });
  const faites = async () => (await s.bilan(v.id)).commandes;
  let travailleur: ChildProcess | undefined;
  let morts = 0;
  const attendus = Array.from({ length: 8 }, () => Math.floor(tirer() * 28));
  try {
    for (const seuil of [...attendus.sort((x, y) => x - y), conversations.length]) {
      await s.avancer(31);
      travailleur = spawn(process.execPath, [join(import.meta.dirname, 'travailleur.ts'), s.d.adminUrl], {
        stdio: 'ignore',
      });
      const lui = travailleur;
      // Above so many orders, with a lease open: he dies in the middle of one.
      await waitFor(
        `${seuil} orders`,
        async () => {
          const n = await faites();
          if (n === conversations.length) return true;
          const [b] =
            await s.sql`select count(*) as n from prive.reponses where jeton is not null and bail_expire_le > prive.maintenant()`;
          return n >= seuil && Number(b?.n) > 0;
        },
        20_000,
      );
      if ((await faites()) < conversations.length) morts += 1;
      lui.kill('SIGKILL');
    }
  } finally {
    travailleur?.kill('SIGKILL');
  }
  expect(morts).toBeGreaterThan(2);
  expect(await s.bilan(v.id)).toEqual({
    commandes: 30,
    livraisons: 30,
    avis: 30,
    confirmations: 30,
    comptees: 30,
  });
  expect(await s.stock(a)).toBe(0);
});

test('twenty want the last five at once: five orders, fifteen who are told, nobody waits in a circle', {
  timeout: 60_000,
}, async () => {
  const { v, a, conversations } = await boutique(5, 20);
  for (const c of conversations) await s.ecrire(c, { oui: true });
  const [avant] = await s.sql`select deadlocks from pg_stat_database where datname = current_database()`;
  const erreurs = (await Promise.all([s.repondre(), s.repondre()])).flat();
  expect(erreurs).toEqual([]);
  expect(await s.bilan(v.id)).toEqual({
    commandes: 5,
    livraisons: 5,
    avis: 5,
    confirmations: 5,
    comptees: 5,
  });
  expect(await s.stock(a)).toBe(0);
  const [refus] = await s.sql`select count(distinct id_conversation)::integer as n from public.messages
    where id_utilisateur = ${v.id} and contenu_message like 'stock_insuffisant%'`;
  expect(refus?.n).toBe(15);
  const [ia] =
    await s.sql`select count(*)::integer as n from public.conversations where id_utilisateur = ${v.id} and ia_activee`;
  expect(ia?.n).toBe(20);
  await s.sql`select pg_stat_force_next_flush()`;
  const [apres] = await s.sql`select deadlocks from pg_stat_database where datname = current_database()`;
  expect(apres?.deadlocks).toBe(avant?.deadlocks);
});

test('twelve yes and the vendor who sells the same eight pieces by hand: eight orders', {
  timeout: 60_000,
}, async () => {
  const { v, a, conversations } = await boutique(8, 12);
  for (const c of conversations) await s.ecrire(c, { oui: true });
  const [voisin] =
    await s.sql`insert into public.prospects (id_utilisateur, numero_telephone) values (${v.id}, '+2250501010101') returning id_prospect`;
  const main = Array.from({ length: 4 }, (_, i) =>
    s.monde`select prive.inserer_commande(${v.id}, ${voisin?.id_prospect}, null,
      ${s.sql.json([{ id_produit: a.id_produit, quantite: 1 }])}, ${`main-${i}`}, null, null, 'wave', 0, null, true)`.catch(
      (e) => e.hint ?? e.code,
    ),
  );
  const [un, deux, ...vendues] = await Promise.all([s.repondre(), s.repondre(), ...main]);
  expect([un, deux]).toEqual([[], []]);
  const parLui = vendues.filter((r) => r !== 'stock_insuffisant').length;
  const parIA = 8 - parLui;
  expect(await s.bilan(v.id)).toEqual({
    commandes: 8,
    livraisons: parIA,
    avis: parIA,
    confirmations: parIA,
    comptees: 8,
  });
  expect(await s.stock(a)).toBe(0);
});
