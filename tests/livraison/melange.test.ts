// Couriers and customers of one shop write all at once, while several workers read and are interrupted: nobody waits in a circle, nothing is
// a dead letter, every message is answered at most once and every parcel arrives at most once.
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assignerLivraisons } from '../../functions/livraison/assigner-livraisons.ts';
import {
  creerPersonne,
  type Livraison,
  type Livreur,
  ouvrirScene,
  type Personne,
} from '../helpers/annonces.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';

const GRAINE = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

function hasard(graine: number) {
  let x = graine;
  return (n: number) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((x / 2 ** 32) * n);
  };
}

test(`seed ${GRAINE}`, async () => {
  const h = hasard(GRAINE);
  const un = <T>(liste: readonly T[]): T => liste[h(liste.length)] as T;
  const b = await ouvrirScene(d);
  const livreurs: Livreur[] = [];
  for (let i = 0; i < 4; i += 1) livreurs.push(await b.livreur(`Livreur${i} Essai`));
  const courses: (Livraison & { livreur: Livreur })[] = [];
  for (let i = 0; i < 12; i += 1) {
    const client = await creerPersonne(d, b.v, `Cliente ${i}`);
    const l = await b.livraison({ client });
    const livreur = un(livreurs);
    await b.bouger(l, 'assignee', { id_livreur: livreur.id });
    courses.push({ ...l, livreur });
  }
  const pool = postgres(d.adminUrl, {
    max: 16,
    connection: { lock_timeout: 500 },
    transform: { undefined: null },
  });
  const base = baseSql(pool as never);
  const erreurs: string[] = [];
  const recevoir = async (qui: Personne, m: object): Promise<void> => {
    const corps = {
      id: `wamid.${randomUUID()}`,
      from: qui.numero.slice(1),
      timestamp: String(Math.floor(Date.now() / 1000)),
      ...m,
    };
    // Meta says some things twice.
    for (let fois = 0; fois <= Number(h(5) === 0); fois += 1)
      await pool`select prive.recevoir_message(${b.v.id}, ${b.v.idCompte}, ${pool.json(corps as never)}, null, prive.maintenant())`;
  };
  const texte = (body: string) => ({ type: 'text', text: { body } });
  const bouton = (id: string) => ({
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id, title: 'x' } },
  });
  /** The vendor gives away again what nobody has. */
  async function confier(c: (typeof courses)[number]): Promise<void> {
    const l = un(livreurs);
    await pool.begin(async (tx) => {
      await tx`select prive.tenir_livraison(${b.v.id}, ${c.id}, ${c.commande})`;
      await tx`update public.livraisons set statut_livraison = 'a_assigner' where id_livraison = ${c.id} and statut_livraison = 'echec'`;
      await tx`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${l.id}
        where id_livraison = ${c.id} and statut_livraison in ('a_assigner', 'sans_livreur')`;
    });
    const [qui] = await pool`select id_livreur from public.livraisons where id_livraison = ${c.id}`;
    c.livreur = livreurs.find((x) => Number(x.id) === Number(qui?.id_livreur)) ?? l;
  }
  async function vider(): Promise<void> {
    for (let i = 0; i < 200; i += 1) {
      await pool`update pgmq.q_assigner_livraisons set vt = clock_timestamp()`;
      await travailler();
      if ((await pool`select from pgmq.q_assigner_livraisons`).length === 0) return;
    }
  }
  async function geste(): Promise<void> {
    const c = un(courses);
    const [code] =
      await pool`select prive.code_remise(id_livraison, version_code) as c from public.livraisons where id_livraison = ${c.id}`;
    const courses_ = [
      'client injoignable',
      'personne à la maison',
      'mes courses',
      'récupéré',
      `${c.numero} livré ${code?.c}`,
      `${c.numero} code ${code?.c}`,
      'je rentre avec le colis',
      `${c.numero} livré ${code?.c}`,
      `${c.numero} récupéré`,
      'ok',
      'livré 0000',
      'je suis dispo',
      'je suis plus dispo',
    ];
    const actions = [
      'recuperee',
      'recuperee',
      'recuperee',
      'en_route',
      'livree',
      'probleme',
      'renoncer',
      'echec:client_absent',
      'echec:client_injoignable',
      'echec:colis_abime',
    ];
    const demain = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    await un([
      () => recevoir(c.livreur, texte(un(courses_))),
      () => recevoir(c.livreur, bouton(`livraison:${c.id}:${un(actions)}`)),
      () => recevoir(un(livreurs), bouton(`livraison:${c.id}:${un(actions)}`)),
      () => recevoir(c.client, texte(un(['le code ?', 'Bonjour', 'quel code']))),
      () =>
        recevoir(c.client, bouton(`client:${c.id}:${un([`date:${demain}`, 'note:5', 'note:1', 'vendeur'])}`)),
      () => pool`update prive.horloge set decalage = decalage + interval '3 minutes'`,
      () => confier(c),
    ])();
  }
  const travailler = () =>
    assignerLivraisons({
      base,
      journal: (niveau, evenement, details) => {
        if (niveau === 'erreur') erreurs.push(`${evenement} ${JSON.stringify(details)}`);
      },
      maintenant: () => Date.now(),
      reveiller: () => {},
    });
  for (let tour = 0; tour < 30; tour += 1) {
    await Promise.all([...Array.from({ length: 10 }, geste), travailler(), travailler(), travailler()]);
    // A worker is gone with what it had taken: it comes back.
    if (h(3) === 0) await pool`select service.prendre_livraisons(5)`;
    await pool`update pgmq.q_assigner_livraisons set vt = clock_timestamp()`;
  }
  await vider();
  // Whatever was said before, each parcel can still arrive, but for those of which five codes were wrong.
  for (const c of courses) {
    await confier(c);
    await recevoir(c.livreur, bouton(`livraison:${c.id}:recuperee`));
    const [code] =
      await pool`select prive.code_remise(id_livraison, version_code) as c from public.livraisons where id_livraison = ${c.id}`;
    await recevoir(c.livreur, texte(`${c.numero} livré ${code?.c}`));
  }
  await vider();
  const ouvertes = await pool`select id_livraison, statut_livraison from public.livraisons
    where statut_livraison <> 'livree' and essais_code < 5 and id_utilisateur = ${b.v.id}`;
  expect(ouvertes).toEqual([]);
  expect(erreurs).toEqual([]);
  expect(await pool`select message from pgmq.q_assigner_livraisons`).toEqual([]);
  expect(await pool`select * from prive.lettres_mortes`).toEqual([]);
  // Each of his messages at most one answer, and nobody but its courier has moved a parcel.
  const [n] = await pool`select count(*)::int as dits, count(distinct cle_idempotence)::int as cles,
      count(*) filter (where cle_idempotence like 'livreur:%')::int as reponses
    from public.messages where direction_message = 'sortant' and cle_idempotence is not null and id_utilisateur = ${b.v.id}`;
  expect(n?.cles).toBe(n?.dits);
  expect(n?.reponses).toBeGreaterThan(20);
  const sansCode = await pool`select id_livraison from public.livraisons where statut_livraison = 'livree'
    and id_utilisateur = ${b.v.id} and preuve_livraison is distinct from 'code'`;
  expect(sansCode).toEqual([]);
  const joints =
    await pool`select cle_idempotence from public.messages where cle_idempotence like '%:joindre:%' group by 1 having count(*) > 1`;
  expect(joints).toEqual([]);
  await pool.end();
}, 120_000);
