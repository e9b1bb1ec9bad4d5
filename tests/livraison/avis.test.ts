// What customers tap after a delivery: the note that makes a courier's average, the day of a new try, a person wanted. By anybody else,
// late, twice or made up, a tap changes nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { creerPersonne, type Livraison, type Livreur, ouvrirScene, type Scene } from '../helpers/annonces.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { hasard } from '../helpers/histoire.ts';

let d: TestDatabase;
let s: Scene;
let mamadou: Livreur;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());
beforeEach(async () => {
  await d.sql`delete from pgmq.q_assigner_livraisons`;
  await d.sql`update prive.horloge set decalage = '0'`;
  s = await ouvrirScene(d);
  mamadou = await s.livreur();
});

const avancer = (heures: number) =>
  d.sql`update prive.horloge set decalage = decalage + make_interval(hours => ${heures})`;

async function mener(l: Livraison, livreur: Livreur, ...statuts: string[]): Promise<void> {
  for (const statut of statuts)
    await s.bouger(l, statut, statut === 'assignee' ? { id_livreur: livreur.id } : {});
  await s.vider();
}
const livree = async (livreur = mamadou, client = s.client) => {
  const l = await s.livraison({ client });
  await mener(l, livreur, 'assignee', 'recuperee', 'livree');
  return l;
};
const echouee = async (client = s.client) => {
  const l = await s.livraison({ client });
  await mener(l, mamadou, 'assignee');
  await d.sql`select prive.livraison_echouee(${l.id}, 'client_absent', null)`;
  await s.vider();
  return l;
};
const toucher = async (qui: { conversation: number; prospect: number; numero: string }, bouton: string) => {
  await s.toucher(qui, bouton);
  return (await s.vider())[0];
};
const moyenne = async (livreur: Livreur) => {
  const [l] = await d.sql`select note_moyenne from public.livreurs where id_livreur = ${livreur.id}`;
  return l?.note_moyenne === null ? null : Number(l?.note_moyenne);
};
const jours = async (): Promise<string[]> =>
  (await d.sql`select prive.jours_possibles(${s.v.id})::text[] as j`)[0]?.j;
const dernier = async (p = s.client) => (await s.dits(p)).at(-1)?.contenu;

describe('the note', () => {
  test('counts once; within 24 hours he may correct it, afterwards the first stays', async () => {
    const l = await livree();
    const note = (n: number) => toucher(s.client, `client:${l.id}:note:${n}`);
    expect(await note(5)).toBe('note');
    expect(await dernier()).toBe('Merci pour votre avis, à bientôt !');
    expect(await moyenne(mamadou)).toBe(5);
    const dits = (await s.dits(s.client)).length;
    expect(await note(5)).toBe('deja_note');
    expect((await s.dits(s.client)).length).toBe(dits);
    await avancer(23);
    expect(await note(1)).toBe('note');
    expect(await moyenne(mamadou)).toBe(1);
    expect((await s.avis()).filter((c) => c.endsWith('avis_negatif'))).toHaveLength(1);
    expect(await note(3)).toBe('note');
    expect(await note(1)).toBe('note');
    expect((await s.avis()).filter((c) => c.endsWith('avis_negatif'))).toHaveLength(1);
    await avancer(2);
    expect(await note(5)).toBe('trop_tard');
    expect(await note(4)).toBe('trop_tard');
    expect(await moyenne(mamadou)).toBe(1);
    expect(
      (await s.dits(s.client)).filter((m) => m.contenu === 'Votre avis est déjà enregistré, merci !'),
    ).toHaveLength(1);
  });

  test('only of what has arrived, by its customer, at his shop, 1 to 5', async () => {
    const l = await livree();
    const enRoute = await s.livraison();
    await mener(enRoute, mamadou, 'assignee', 'recuperee');
    const autre = await creerPersonne(d, s.v, 'Fatou');
    const voisin = await ouvrirScene(d);
    expect(await toucher(s.client, `client:${enRoute.id}:note:5`)).toBe('ignore');
    expect(await toucher(autre, `client:${l.id}:note:1`)).toBe('pas_la_sienne');
    expect(await toucher(mamadou, `client:${l.id}:note:5`)).toBe('pas_la_sienne');
    expect(await toucher(voisin.client, `client:${l.id}:note:1`)).toBe('pas_la_sienne');
    for (const faux of ['0', '6', '55', '-1', 'x', ''])
      expect(await toucher(s.client, `client:${l.id}:note:${faux}`)).toBe('ignore');
    for (const faux of [
      `client:99999999:note:5`,
      `client:${l.id}:vendre`,
      `client:${l.id}`,
      `proposition:${l.id}:accepter`,
    ])
      expect(['ignore', 'pas_la_sienne']).toContain(await toucher(s.client, faux));
    expect(await d.sql`select from public.avis_livraison where id_utilisateur = ${s.v.id}`).toHaveLength(0);
    expect(await moyenne(mamadou)).toBeNull();
  });

  test('whatever is tapped in whatever order, the average is that of the notes that stand', async () => {
    const graine = Number(process.env.GRAINE ?? Math.floor(Math.random() * 1e9));
    console.info(`GRAINE=${graine}`);
    const tirer = hasard(graine);
    const un = <T>(liste: T[]): T => liste[Math.floor(tirer() * liste.length)] as T;
    const livreurs = [mamadou, await s.livreur('Awa')];
    const clients = [s.client, await creerPersonne(d, s.v, 'Fatou')];
    const courses: { l: Livraison; livreur: Livreur; note?: number; le?: number }[] = [];
    for (let i = 0; i < 12; i += 1) {
      const livreur = un(livreurs);
      courses.push({ l: await livree(livreur, un(clients)), livreur });
    }
    let heure = 0;
    for (let i = 0; i < 60; i += 1) {
      if (tirer() < 0.2) {
        await avancer(7);
        heure += 7;
      }
      const c = un(courses);
      const note = 1 + Math.floor(tirer() * 5);
      const qui = un(clients);
      await toucher(qui, `client:${c.l.id}:note:${note}`);
      if (qui === c.l.client && (c.le === undefined || heure - c.le < 24)) {
        c.le ??= heure;
        c.note = note;
      }
    }
    for (const livreur of livreurs) {
      const notes = courses.filter((c) => c.livreur === livreur).flatMap((c) => c.note ?? []);
      const attendu = notes.length === 0 ? null : notes.reduce((a, b) => a + b, 0) / notes.length;
      const vu = await moyenne(livreur);
      if (attendu === null) expect(vu, `GRAINE=${graine}`).toBeNull();
      else expect(Math.abs((vu ?? 0) - attendu), `GRAINE=${graine}`).toBeLessThanOrEqual(0.005_001);
    }
  });
});

describe('another day', () => {
  test('the first day offered: a new try then, he and the vendor told once', async () => {
    const l = await echouee();
    const [jour = ''] = await jours();
    expect(await toucher(s.client, `client:${l.id}:date:${jour}`)).toBe('reprogrammee');
    const la = await s.etat(l);
    expect(la).toMatchObject({
      statut_livraison: 'a_assigner',
      version_code: 2,
      id_livreur: null,
      raison_statut: null,
    });
    const [prevue] = await d.sql`select prive.jour_chez(${s.v.id}, ${la.date_livraison_prevue})::text as j`;
    expect(prevue?.j).toBe(jour);
    expect(await dernier()).toMatch(
      new RegExp(`^C'est noté : votre commande ${l.numero} vous sera livrée .+ vers 18 h\\.$`),
    );
    const dits = (await s.dits(s.client)).length;
    expect(await toucher(s.client, `client:${l.id}:date:${jour}`)).toBe('deja_choisie');
    expect((await s.dits(s.client)).length).toBe(dits);
    expect((await s.avis()).filter((c) => c.endsWith('reprogrammee:1'))).toHaveLength(1);
    // Another day after that is a matter of words.
    expect(await toucher(s.client, `client:${l.id}:date:${(await jours())[1]}`)).toBe('trop_tard');
    expect(await dernier()).toContain('vous sera livrée');
    expect((await s.etat(l)).version_code).toBe(2);
  });

  test.each([true, false])(
    'couriers are asked again by themselves where the vendor wants it: %s',
    async (auto) => {
      const l = await echouee();
      await d.sql`update public.utilisateurs_fluxasync set livraison_auto = ${auto} where id_utilisateur = ${s.v.id}`;
      await toucher(s.client, `client:${l.id}:date:${(await jours())[0]}`);
      expect((await s.etat(l)).demander_le !== null).toBe(auto);
    },
  );

  test('a day that is over, too far, closed or no day: other days are offered, or nothing', async () => {
    const l = await echouee();
    const [premier = ''] = await jours();
    const dans = (n: number) => new Date(Date.parse(premier) + n * 86_400_000).toISOString().slice(0, 10);
    for (const jour of [dans(-5), dans(20)]) {
      expect(await toucher(s.client, `client:${l.id}:date:${jour}`)).toBe('autre_jour');
      expect(await dernier()).toContain('Quand pouvons-nous revenir');
    }
    const nom = ['dimanche', 'lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi'][
      new Date(`${premier}T12:00Z`).getUTCDay()
    ];
    await d.sql`update public.utilisateurs_fluxasync set heures_ouverture = jsonb_build_object(${nom ?? ''}::text, '["08:00-18:00"]'::jsonb) where id_utilisateur = ${s.v.id}`;
    expect(await toucher(s.client, `client:${l.id}:date:${dans(1)}`)).toBe('autre_jour');
    for (const faux of ['2026-02-31', '2026-13-01', '20261121', '------', '1'])
      expect(await toucher(s.client, `client:${l.id}:date:${faux}`)).toBe('ignore');
    expect((await s.etat(l)).statut_livraison).toBe('echec');
    expect(await toucher(s.client, `client:${l.id}:date:${premier}`)).toBe('reprogrammee');
  });

  test('by another person, at another shop, or after the parcel has gone on: nothing moves', async () => {
    const l = await echouee();
    const [jour = ''] = await jours();
    const bouton = `client:${l.id}:date:${jour}`;
    const autre = await creerPersonne(d, s.v, 'Fatou');
    const voisin = await ouvrirScene(d);
    for (const qui of [autre, mamadou, voisin.client])
      expect(await toucher(qui, bouton)).toBe('pas_la_sienne');
    expect(await s.dits(autre)).toEqual([]);
    expect((await s.etat(l)).statut_livraison).toBe('echec');
    await mener(l, mamadou, 'a_assigner', 'assignee', 'recuperee');
    expect(await toucher(s.client, bouton)).toBe('trop_tard');
    expect(await dernier()).toBe(
      `C'est déjà réglé : votre commande ${l.numero} est en route. Écrivez-nous ici s'il vous faut autre chose.`,
    );
    await mener(l, mamadou, 'livree');
    expect(await toucher(s.client, bouton)).toBe('trop_tard');
    expect(await dernier()).toContain('vous a été remise');
    expect((await s.etat(l)).statut_livraison).toBe('livree');
  });

  test('tapped ten times at once over as many connections: one new try', async () => {
    const l = await echouee();
    const [jour = ''] = await jours();
    for (let i = 0; i < 10; i += 1) await s.toucher(s.client, `client:${l.id}:date:${jour}`);
    const travaux = await s.travaux();
    const faits = await Promise.all(
      travaux.map((t) => d.sql`select service.traiter_livraison(${t.msg_id}) as fait`),
    );
    expect(faits.map((f) => f[0]?.fait).sort()).toEqual([...Array(9).fill('deja_choisie'), 'reprogrammee']);
    expect((await s.etat(l)).version_code).toBe(2);
  });
});

test('“Parler au vendeur”: the conversation is a person’s, he and the vendor are told once', async () => {
  const l = await echouee();
  const bouton = `client:${l.id}:vendeur`;
  expect(await toucher(s.client, bouton)).toBe('prevenu');
  expect(await toucher(s.client, bouton)).toBe('deja_prevenu');
  const [c] =
    await d.sql`select ia_activee, main_depuis is not null as attend from public.conversations where id_conversation = ${s.client.conversation}`;
  expect(c).toEqual({ ia_activee: false, attend: true });
  expect((await s.avis()).filter((cle) => cle.includes('client_vendeur'))).toHaveLength(1);
  expect((await s.dits(s.client)).filter((m) => m.contenu.includes('vous répond ici même'))).toHaveLength(1);
  const autre = await creerPersonne(d, s.v, 'Fatou');
  expect(await toucher(autre, bouton)).toBe('pas_la_sienne');
  const [autreC] =
    await d.sql`select ia_activee from public.conversations where id_conversation = ${autre.conversation}`;
  expect(autreC).toEqual({ ia_activee: true });
});
