// Couriers who answer, are silent, come and go, give up, tap twice and late; a vendor who calls off, assigns and starts again; jobs
// done twice, late or lost; one after the other and at once: never two couriers on a delivery, nobody who refused is asked again,
// every word is answered once, and no delivery is forgotten. GRAINE=… repeats a run.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Guichet, type Issue, ouvrirGuichet } from '../helpers/commandes.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { avancer, balayer, chercher, creerBoutique, creerCourse, creerLivreur } from './aide-courses.ts';

const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
type Monde = { v: Vendeur; livreurs: number[]; courses: number[]; appels: number };
type Geste = { faire(m: Monde): Promise<unknown>; toString(): string };

let d: TestDatabase;
let g: Guichet;
beforeAll(async () => {
  console.log(`GRAINE=${graine}`);
  d = await openDatabase();
  g = await ouvrirGuichet(d, 4);
  // Who had which try of which delivery, whatever became of it.
  await d.sql.unsafe(`
    create table prive.essai_livreurs (id_livraison bigint, version integer, id_livreur bigint);
    create function prive.essai_livreur() returns trigger language plpgsql security definer as $$
    begin
      insert into prive.essai_livreurs values (new.id_livraison, new.version_code, new.id_livreur);
      return null;
    end $$;
    create trigger essai after update of id_livreur on public.livraisons for each row when (new.id_livreur is not null) execute function prive.essai_livreur()`);
});
afterAll(async () => {
  await g?.fermer();
  await d?.close();
});

const geste = <T>(nom: string, arbitraire: fc.Arbitrary<T>, faire: (m: Monde, t: T) => Promise<unknown>) =>
  arbitraire.map(
    (t): Geste => ({ faire: (m) => faire(m, t), toString: () => `${nom} ${JSON.stringify(t)}` }),
  );
const n = fc.nat({ max: 1_000 });
const un = (liste: number[], rang: number) => liste[rang % liste.length] ?? 0;
/** One moves under the shop, as everybody does. */
const sousLaBoutique = (m: Monde, requete: (tx: TestDatabase['sql']) => Promise<unknown>) =>
  d.sql.begin(async (tx) => {
    await tx`select prive.tenir_boutique(${m.v.id})`;
    await requete(tx as unknown as TestDatabase['sql']);
  });

const repondre = geste(
  'repondre',
  fc.record({ p: n, recent: fc.boolean(), accepte: fc.boolean(), fois: fc.constantFrom(1, 1, 1, 2) }),
  async (m, t) => {
    const offres = await d.sql<{ p: number; l: number }[]>`
    select id_proposition as p, id_livreur as l from public.propositions_livraison
    where id_utilisateur = ${m.v.id} and (statut = 'proposee' or not ${t.recent}) order by id_proposition`;
    const o = offres[t.p % Math.max(1, offres.length)];
    if (!o) return;
    const appels = Array.from(
      { length: t.fois },
      () => d.sql`select prive.repondre_proposition(${m.v.id}, ${o.l}, ${o.p}, ${t.accepte})`,
    );
    m.appels += t.fois;
    await Promise.all(appels);
  },
);
const passer = geste(
  'passer',
  fc.record({ s: fc.constantFrom(5, 60, 299, 301, 700), cron: fc.boolean() }),
  async (_, t) => {
    await avancer(d, t.s);
    if (t.cron) await balayer(d);
  },
);
const travailler = geste('travailler', fc.constant(null), () => chercher(d));
const doubler = geste('doubler', n, (m, t) => d.sql`select prive.chercher_livreur(${un(m.courses, t)})`);
const perdre = geste(
  'perdre les travaux',
  fc.constant(null),
  () => d.sql`delete from pgmq.q_assigner_livraisons`,
);
/** What a person asked for through the API: done, or refused in words. */
const ouRefus = async (issue: Promise<Issue>) => {
  const i = await issue;
  if ('refus' in i && !i.refus.hint) throw new Error(JSON.stringify(i.refus));
};
const ecrire = (m: Monde, requete: string, parametres: unknown[]) =>
  ouRefus(g.executer(m.v.id, requete, parametres));
const appeler = (m: Monde, fonction: string, parametres: Record<string, unknown>) =>
  ouRefus(g.appeler(m.v.id, fonction, parametres));
const disponible = geste('disponible', fc.record({ l: n, oui: fc.boolean() }), (m, t) =>
  appeler(m, 'changer_disponibilite', { id_livreur: un(m.livreurs, t.l), disponible: t.oui }),
);
const actif = geste('actif', fc.record({ l: n, oui: fc.boolean() }), (m, t) =>
  ecrire(m, 'update public.livreurs set livreur_actif = $1 where id_livreur = $2', [
    t.oui,
    un(m.livreurs, t.l),
  ]),
);
const assigner = geste('assigner', fc.record({ c: n, l: n }), (m, t) =>
  appeler(m, 'assigner_livreur', { id_livraison: un(m.courses, t.c), id_livreur: un(m.livreurs, t.l) }),
);
const bouger = geste(
  'bouger',
  fc.record({
    c: n,
    vers: fc.constantFrom('annulee', 'a_assigner', 'sans_livreur', 'recuperee', 'echec', 'livree'),
  }),
  (m, t) => appeler(m, 'changer_statut_livraison', { id_livraison: un(m.courses, t.c), statut: t.vers }),
);
const relancer = geste('relancer', fc.record({ c: n, elargir: fc.boolean() }), (m, t) =>
  appeler(m, 'relancer_livraison', { id_livraison: un(m.courses, t.c), elargir: t.elargir }),
);
const corriger = geste(
  'corriger',
  fc.record({
    c: n,
    quoi: fc.constantFrom('date', 'frais', 'adresse', 'commande', 'retrait'),
    x: fc.constantFrom(-3600, 3600, 4 * 86_400),
  }),
  (m, t) => {
    const id = un(m.courses, t.c);
    const lieu = t.x > 0 ? 'Yopougon Siporex' : 'Cocody Angré 8e tranche';
    const commande =
      'where id_commande = (select id_commande from public.livraisons where id_livraison = $2)';
    const [requete, valeur] = {
      date: [
        'update public.livraisons set date_livraison_prevue = prive.maintenant() + make_interval(secs => $1) where id_livraison = $2',
        t.x,
      ],
      frais: ['update public.livraisons set frais_livraison = $1 where id_livraison = $2', Math.abs(t.x)],
      adresse: ['update public.livraisons set adresse_destination = $1 where id_livraison = $2', lieu],
      commande: [`update public.commandes set adresse_livraison = $1 ${commande}`, lieu],
      retrait: [`update public.commandes set adresse_livraison = $1 ${commande}`, null],
    }[t.quoi] as [string, unknown];
    return ecrire(m, requete, [valeur, id]);
  },
);
const planifier = geste(
  'planifier',
  fc.record({ c: n, l: fc.option(n), jours: fc.option(fc.integer({ min: 0, max: 5 })) }),
  async (m, t) => {
    const [c] = await d.sql`
      select id_commande, prive.maintenant() + make_interval(days => ${t.jours ?? 0}, mins => 5) as date
      from public.livraisons where id_livraison = ${un(m.courses, t.c)}`;
    await appeler(m, 'planifier_livraison', {
      id_commande: c?.id_commande,
      id_livreur: t.l === null ? null : un(m.livreurs, t.l),
      date_livraison_prevue: t.jours === null ? null : c?.date,
    });
  },
);
const automatique = geste('automatique', fc.boolean(), (m, oui) =>
  ecrire(m, 'update public.utilisateurs_fluxasync set livraison_auto = $1 where id_utilisateur = $2', [
    oui,
    m.v.id,
  ]),
);
const annuler = geste('annuler la commande', n, async (m, t) => {
  const [c] = await d.sql`select id_commande from public.livraisons where id_livraison = ${un(m.courses, t)}`;
  await appeler(m, 'changer_statut_commande', { id_commande: c?.id_commande, statut: 'annulee' });
});
/** The vendor taps on any notification of his. */
const toucher = geste(
  'toucher',
  fc.record({ n, action: fc.constantFrom('elargir', 'reessayer', 'choisir', 'livreur'), l: n }),
  async (m, t) => {
    const avis = await d.sql`
      select id_notification as id from public.notifications where id_utilisateur = ${m.v.id} and type_reference = 'livraison' order by 1`;
    const id = avis[t.n % Math.max(1, avis.length)]?.id;
    if (!id) return;
    const action = t.action === 'livreur' ? `livreur_${un(m.livreurs, t.l)}` : t.action;
    await d.sql`select prive.suivre_vendeur(${id}, ${action})`;
  },
);
const renoncer = geste('renoncer', n, (m, t) =>
  sousLaBoutique(m, async (tx) => {
    const [l] = await tx`
      select id_livraison from public.livraisons where id_livraison = ${un(m.courses, t)} and statut_livraison = 'assignee' for no key update`;
    if (l) await tx`select prive.renoncer_livraison(${l.id_livraison}, 'Issa')`;
  }),
);
/** As prive.reprogrammer_livraison does for the customer. */
const autreJour = geste('autre jour', fc.record({ c: n, jours: fc.integer({ min: 0, max: 5 }) }), (m, t) =>
  sousLaBoutique(
    m,
    (tx) => tx`
      update public.livraisons as l
      set statut_livraison = 'a_assigner', date_livraison_prevue = j.prevue, demander_le = prive.moment_de_demander(l.id_utilisateur, j.prevue)
      from (select prive.heure_de_livraison(${m.v.id}, (prive.maintenant() + make_interval(days => ${t.jours}))::date) as prevue) as j
      where l.id_livraison = ${un(m.courses, t.c)} and l.statut_livraison = 'echec'`,
  ),
);
const echouer = geste(
  'message en echec',
  n,
  (m, t) => d.sql`
  update public.messages set statut_livraison = 'echec', code_erreur = '131026' where id_message = (
    select id_message from public.messages where id_utilisateur = ${m.v.id} and charge_utile ? 'proposition' and statut_livraison = 'a_envoyer'
    order by id_message desc offset ${t % 4} limit 1)`,
);

const gestes = fc.oneof(
  ...(
    [
      [repondre, 12],
      [passer, 8],
      [travailler, 8],
      [doubler, 3],
      [perdre, 1],
      [disponible, 4],
      [actif, 1],
      [assigner, 2],
      [bouger, 3],
      [relancer, 3],
      [corriger, 4],
      [planifier, 2],
      [automatique, 1],
      [annuler, 1],
      [toucher, 2],
      [autreJour, 2],
      [renoncer, 2],
      [echouer, 2],
    ] as const
  ).map(([arbitrary, weight]) => ({ arbitrary, weight })),
);

async function verifier(m: Monde): Promise<void> {
  const deux = await d.sql`
    select id_livraison, version from prive.essai_livreurs group by id_livraison, version having count(distinct id_livreur) > 1`;
  expect([...deux]).toEqual([]);
  const apresRefus = await d.sql`
    select p.id_livraison, p.id_livreur, p.statut from public.propositions_livraison as p
    where p.id_utilisateur = ${m.v.id} and exists (
      select from public.propositions_livraison as r where r.id_livraison = p.id_livraison and r.id_livreur = p.id_livreur and r.statut = 'refusee' and r.rang < p.rang)`;
  // Who was given it by hand in spite of that and gave it up has one refusal more.
  expect(apresRefus.filter((p) => p.statut !== 'refusee')).toEqual([]);
  const passees = await d.sql`
    select id_proposition from public.propositions_livraison as p join public.livraisons as l using (id_livraison)
    where p.id_utilisateur = ${m.v.id} and p.statut = 'proposee' and l.date_livraison_prevue < p.date_creation`;
  expect([...passees]).toEqual([]);
  const deuxFois = await d.sql`
    select id_livraison from public.propositions_livraison where id_utilisateur = ${m.v.id} and statut = 'proposee' group by 1 having count(*) > 1`;
  expect([...deuxFois]).toEqual([]);
  const ouvertes = await d.sql`
    select p.id_livraison, l.statut_livraison from public.propositions_livraison as p join public.livraisons as l using (id_livraison)
    where p.id_utilisateur = ${m.v.id} and p.statut = 'proposee' and l.statut_livraison <> 'a_assigner'`;
  expect([...ouvertes]).toEqual([]);
}

/** Time goes on, nobody does anything any more: what became of each delivery. */
async function finir(m: Monde): Promise<void> {
  // Until couriers are asked for what was put off, too.
  await avancer(d, 6 * 86_400);
  for (let i = 0; i < 40; i += 1) {
    await avancer(d, 301);
    await balayer(d);
  }
  await verifier(m);
  await avancer(d, 8 * 86_400);
  await d.sql`select prive.signaler_retards(), prive.signaler_retards()`;
  const fins = await d.sql<
    {
      id: number;
      statut: string;
      raison: string;
      motif: string;
      a_la_main: boolean;
      avis: number;
      retards: number;
    }[]
  >`
    select l.id_livraison as id, l.statut_livraison as statut, l.raison_statut as raison, l.motif_statut as motif, l.demander_le is null as a_la_main,
      (select count(*)::integer from public.notifications as x where x.cle_unicite like format('livraison:%s:retard:%s:%%', l.id_livraison, l.version_code)) as retards,
      (select count(*)::integer from public.notifications as x where x.cle_unicite = format('livraison:%s:personne:%s:%s', l.id_livraison, l.version_code, l.tour)) as avis
    from public.livraisons as l where l.id_utilisateur = ${m.v.id}`;
  expect(fins.length).toBe(m.courses.length);
  for (const f of fins) {
    bilan[f.statut] = (bilan[f.statut] ?? 0) + 1;
    // Nobody is asked by himself: it is the vendor's to assign.
    if (f.statut === 'a_assigner') expect(f).toMatchObject({ a_la_main: true });
    if (f.statut === 'sans_livreur') {
      expect(f).toMatchObject({ raison: expect.any(String), motif: expect.any(String) });
      // He put it aside himself; a courier gave it up and nobody else is asked by himself (told under a key of its own).
      if (!['autre', 'livreur_renonce'].includes(f.raison)) expect(f).toMatchObject({ avis: 1 });
    }
    if (['assignee', 'recuperee'].includes(f.statut))
      expect([f.id, f.statut, f.retards]).toEqual([
        f.id,
        f.statut,
        f.statut === 'assignee' ? 1 : expect.toBeOneOf([1, 2]),
      ]);
  }
  const [reponses] = await d.sql`
    select count(*)::integer as n from public.messages where id_utilisateur = ${m.v.id} and (cle_idempotence like '%:reponse:%' or cle_idempotence like '%:introuvable:%')`;
  expect(reponses?.n).toBe(m.appels);
}
const bilan: Record<string, number> = {};

async function jouer(suites: Geste[][], verifierChaque: boolean): Promise<void> {
  const v = await creerBoutique(d);
  const m: Monde = { v, livreurs: [], courses: [], appels: 0 };
  await d.sql`delete from pgmq.q_assigner_livraisons`;
  const nombre = 1 + ((suites[0]?.length ?? 0) % 5);
  for (let i = 0; i < nombre; i += 1) {
    m.livreurs.push(
      (
        await creerLivreur(d, v, {
          zones_couverture: i % 3 === 2 ? 'Yopougon' : null,
          disponible_maintenant: i % 4 !== 3,
        })
      ).id,
    );
  }
  for (let i = 0; i < 3; i += 1) m.courses.push(await creerCourse(d, v));
  // Where it goes is what the order says; its delivery is there already.
  await d.sql`update public.commandes set adresse_livraison = 'Cocody Angré 8e tranche' where id_utilisateur = ${v.id}`;
  await Promise.all(
    suites.map(async (suite) => {
      for (const un of suite) {
        await un.faire(m);
        if (verifierChaque) await verifier(m);
      }
    }),
  );
  await finir(m);
}

test('one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(gestes, { minLength: 10, maxLength: 45 }), (suite) => jouer([suite], true)),
    { seed: graine, numRuns: 30, interruptAfterTimeLimit: 60_000 },
  );
  // Else it would prove little.
  for (const statut of ['assignee', 'sans_livreur', 'annulee'])
    expect([statut, (bilan[statut] ?? 0) > 0]).toEqual([statut, true]);
});

test('four at once', async () => {
  const suite = fc.array(gestes, { minLength: 8, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(suite, { minLength: 4, maxLength: 4 }), (suites) => jouer(suites, false)),
    { seed: graine, numRuns: 12, endOnFailure: true, interruptAfterTimeLimit: 60_000 },
  );
});
