// Couriers, customers and a vendor who answer what they see on their phones, each in his own way: who accepts, refuses, says nothing,
// taps twice, taps both, mistypes the code, fails, rates. What they do is drawn from a seed.
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Choix, Recu, Telephones } from '../helpers/telephones.ts';

export const FLUXASYNC = '100000000000099';

export type Course = { id: number; numero: string; statut: string; livreur: string | null };
export type Monde = {
  telephones: Telephones;
  tirer(): number;
  /** The shop's number. */
  boutique: string;
  livreurs: readonly string[];
  clients: readonly string[];
  vendeur: string;
  front: SupabaseClient;
  courses(): Promise<Course[]>;
};

/** Park–Miller, so that a printed seed draws the same again. */
export function hasard(graine: number): () => number {
  let etat = graine % 2_147_483_647 || 1;
  return () => {
    etat = (etat * 48_271) % 2_147_483_647;
    return etat / 2_147_483_647;
  };
}

export function ouvrirActeurs(m: Monde) {
  const { telephones, tirer } = m;
  const parmi = <T>(liste: readonly T[]): T => liste[Math.floor(tirer() * liste.length)] as T;
  const fois = () => (tirer() < 0.3 ? 2 : 1);
  /** What customers read on their phones, by the order's number. */
  const codes = new Map<string, string>();
  /** Who said of which delivery what he is being asked about. */
  const veut = new Map<string, number>();
  const fautes = new Map<number, number>();
  const vusLe = new Map<number, { etat: string; tours: number }>();
  /** Answers to offers, which are answered in their own way. */
  const reponses: string[] = [];
  const gestes: Promise<unknown>[] = [];
  const faire = (p: Promise<unknown>) => gestes.push(p);
  const toucher = (de: string, choix: Choix) =>
    faire(telephones.toucher(de, de === m.vendeur ? FLUXASYNC : m.boutique, choix, fois()));

  async function repondre(de: string, choix: Choix | { texte: string }): Promise<void> {
    reponses.push(
      'texte' in choix
        ? await telephones.ecrire(de, m.boutique, choix.texte, fois())
        : await telephones.toucher(de, m.boutique, choix, fois()),
    );
  }

  function livreur({ a, texte, choix }: Recu, courses: Course[]): void {
    const accepter = choix.find(({ id }) => /^proposition:\d+:accepter$/.test(id));
    const refuser = choix.find(({ id }) => /^proposition:\d+:refuser$/.test(id));
    if (accepter && refuser) {
      const humeur = tirer();
      if (humeur < 0.45) faire(repondre(a, accepter));
      else if (humeur < 0.55) faire(repondre(a, { texte: 'ok je prends la course' }));
      else if (humeur < 0.65) faire(Promise.all([repondre(a, accepter), repondre(a, refuser)]));
      else if (humeur < 0.8) faire(repondre(a, refuser));
      return;
    }
    const bouton = (action: string) => choix.find(({ id }) => id.endsWith(`:${action}`));
    const liste = choix.filter(({ deListe }) => deListe);
    const numero = /CMD-\d{8}-\d{6}/.exec(texte)?.[0];
    const course = courses.find((c) => c.numero === numero);
    if (liste.length > 0) {
      const voulue = liste.find(({ id }) => id.startsWith(`livraison:${veut.get(a)}:`));
      const raison = parmi(['adresse_introuvable', 'adresse_introuvable', 'refus_client', 'colis_abime']);
      const touche = liste.find(({ id }) => id.endsWith(`:echec:${raison}`)) ?? voulue ?? (liste[0] as Choix);
      // Asked which of two offers he takes, he answers that one.
      if (touche.id.startsWith('proposition:')) faire(repondre(a, touche));
      else toucher(a, touche);
      return;
    }
    const recupere = bouton('recuperee');
    if (recupere) {
      if (tirer() < 0.7) toucher(a, recupere);
      else faire(telephones.ecrire(a, m.boutique, 'Colis récupéré', fois()));
      return;
    }
    const enRoute = bouton('en_route');
    const probleme = bouton('probleme');
    if (enRoute && probleme && course) {
      const humeur = tirer();
      if (humeur < 0.15) toucher(a, probleme);
      else if (humeur < 0.5) toucher(a, enRoute);
      else remettre(a, course);
      return;
    }
    if (course && (probleme || /bon code/.test(texte))) remettre(a, course);
  }

  /** He hands over, with the code that the customer reads to him; now and then he mistypes it. */
  function remettre(a: string, course: Course): void {
    veut.set(a, course.id);
    const code = codes.get(course.numero);
    if (!code) return;
    const essais = fautes.get(course.id) ?? 0;
    if (essais < 3 && tirer() < 0.25) {
      fautes.set(course.id, essais + 1);
      faire(telephones.ecrire(a, m.boutique, `livré ${code === '0000' ? '1111' : '0000'} ${course.numero}`));
    } else {
      faire(telephones.ecrire(a, m.boutique, `livré ${code} ${tirer() < 0.5 ? course.numero : ''}`, fois()));
    }
  }

  function client({ a, texte, choix }: Recu): void {
    const code = /code de remise[^:]*: (\d{4})\b/.exec(texte)?.[1];
    const numero = /CMD-\d{8}-\d{6}/.exec(texte)?.[0];
    if (code && numero) codes.set(numero, code);
    const notes = choix.filter(({ id }) => id.includes(':note:'));
    if (notes.length > 0) {
      toucher(a, parmi(notes));
      if (tirer() < 0.2) toucher(a, parmi(notes));
    }
    const dates = choix.filter(({ id }) => id.includes(':date:') || id.endsWith(':vendeur'));
    if (dates.length > 0) toucher(a, tirer() < 0.85 ? parmi(dates.slice(0, 2)) : parmi(dates));
  }

  function vendeur({ choix }: Recu): void {
    const actions = choix.filter(({ id }) => /^notification:\d+:/.test(id) && !id.endsWith(':lire'));
    if (actions.length > 0 && tirer() < 0.9) toucher(m.vendeur, parmi(actions));
  }

  /** Whom nothing has reached any more goes on by himself, as people do. */
  function pousser(c: Course): void {
    if (c.livreur === null) return;
    const choix = (action: string) => ({
      id: `livraison:${c.id}:${action}`,
      titre: 'Toucher',
      deListe: false,
    });
    if (c.statut === 'assignee') toucher(c.livreur, choix('recuperee'));
    else if (codes.has(c.numero)) remettre(c.livreur, c);
    // The customer has read no code: he asks the shop, which sends it again.
    else
      faire(
        Promise.resolve(m.front.rpc('renvoyer_code', { id_livraison: c.id })).then(({ error }) => {
          if (error && !['code_deja_envoye', 'code_inutile'].includes(error.hint ?? ''))
            throw new Error(error.message);
        }),
      );
  }

  return {
    reponses,

    /** Everybody reads his phone and does what he does; the promises end when Meta has delivered it all. */
    async tour(): Promise<Promise<unknown>[]> {
      gestes.length = 0;
      const courses = await m.courses();
      const recus = await telephones.relever();
      for (const r of recus) {
        if (m.livreurs.includes(r.a)) livreur(r, courses);
        else if (m.clients.includes(r.a)) client(r);
        else if (r.a === m.vendeur) vendeur(r);
      }
      for (const c of courses) {
        const vu = vusLe.get(c.id);
        const tours = vu?.etat === c.statut ? vu.tours + 1 : 0;
        vusLe.set(c.id, { etat: c.statut, tours });
        if (tours > 3 && ['assignee', 'recuperee', 'en_transit'].includes(c.statut)) pousser(c);
      }
      return [...gestes];
    },
  };
}
