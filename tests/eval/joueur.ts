// Plays the dialogues of a run side by side, each with a shop of its own, through the product's own path without HTTP: Meta's
// event is received by the database, the worker's own loop answers, and the database is looked at. Turn by turn, no clock.
import type postgres from 'postgres';
import type { ModeleIA } from '../../functions/conversation/modele-ia.ts';
import { repondreProspects } from '../../functions/conversation/repondre-prospects.ts';
import { baseSql } from '../helpers/base-sql.ts';
import {
  base64,
  type Changement,
  corps,
  idDe,
  message,
  type Objet,
  type Personne,
  wamid,
} from '../helpers/evenements-meta.ts';
import { changerBoutique, ouvrirBoutique } from './boutiques.ts';
import { regarder, type Vu } from './etat.ts';
import type { Dialogue, Propos, Tour } from './format.ts';
import { aleatoire, type Hasard } from './hasard.ts';
import { creerJuge, type EtatVu, type Faute, type Juge, type MessageVu } from './juge.ts';
import { normal } from './montants.ts';

export type Resultat = {
  dialogue: Dialogue;
  fautes: Faute[];
  /** Handed over, expected or not. */
  main: boolean;
  transcription: string[];
  modeles: Set<string>;
};

export type Scene = {
  /** As a superuser: arranges, looks, and calls what the functions call as service_role. */
  sql: postgres.Sql;
  modele: ModeleIA;
  graine: number;
  journal?(ligne: string): void;
};

const MESSAGES_MAX_POUR_TERMINER = 12;
const ESSAIS = 3;

type Partie = {
  d: Dialogue;
  juge: Juge;
  hasard: Hasard;
  vendeur: { id: string; numero: string };
  qui: Personne;
  tour: number;
  /** Of a turn `terminer`: how many orders there were, and to what he has answered since. */
  vente: { commandes: number; repondu: string[] } | null;
  messages: MessageVu[];
  derniers: MessageVu[];
  etat: EtatVu | null;
  resultat: Resultat;
};

export async function jouer(dialogues: Dialogue[], scene: Scene): Promise<Resultat[]> {
  const { sql } = scene;
  await sql`update prive.reglages set valeur = 0 where nom = 'attente_rafale_ms'`;
  const [premier] = await sql`select count(*)::integer as n from public.comptes_whatsapp`;
  const articles = dialogues.map((d) => d.catalogue.map((a) => a.nom));
  const parties = await Promise.all(
    dialogues.map(async (d, i): Promise<Partie> => {
      const hasard = aleatoire(`${scene.graine}:${d.id}:joueur`);
      const rang = (premier?.n ?? 0) + i + 1;
      const bsuid = `CI.8${String(rang).padStart(8, '0')}`;
      const numero =
        d.prospect.telephone === undefined
          ? `22507${hasard.entre(10_000_000, 99_999_999)}`
          : d.prospect.telephone;
      return {
        ...{ d, hasard, tour: 0, vente: null, messages: [], derniers: [], etat: null },
        juge: creerJuge(
          d,
          articles.flatMap((noms, j) => (j === i ? [] : noms)),
        ),
        vendeur: await ouvrirBoutique(sql, d, rang),
        qui: {
          bsuid,
          ...(d.prospect.nom === null ? {} : { nom: d.prospect.nom }),
          ...(numero === null ? {} : { numero: numero.replace(/\D/g, '') }),
        },
        resultat: { dialogue: d, fautes: [], main: false, transcription: [], modeles: new Set() },
      };
    }),
  );
  let depuis = 0;
  let enJeu = parties;
  while (enJeu.length > 0) {
    const dits = new Map<Partie, Dit[]>();
    for (const p of enJeu) {
      const suite = await prochaineRafale(p, sql);
      if (suite !== null) dits.set(p, suite);
    }
    enJeu = [...dits.keys()];
    if (enJeu.length === 0) break;
    await Promise.all(enJeu.map((p) => dire(p, dits.get(p) ?? [], sql)));
    await repondre(scene);
    const vus = await regarder(
      sql,
      enJeu.map((p) => p.vendeur.id),
      depuis,
    );
    depuis = Math.max(depuis, ...vus.flatMap((v) => v.nouveaux.map((m) => m.id_message)));
    for (const p of enJeu)
      entendre(
        p,
        dits.get(p) ?? [],
        vus.find((v) => v.id_utilisateur === p.vendeur.id),
      );
    await sql`update public.messages set statut_livraison = 'lu', identifiant_message_whatsapp = 'wamid.eval.' || id_message
      where statut_livraison = 'a_envoyer'`;
  }
  const ecrits = await sql<{ id_utilisateur: string; modele: string }[]>`
    select distinct id_utilisateur, modele_ia as modele from public.messages where modele_ia is not null`;
  for (const p of parties) {
    p.resultat.fautes.push(...p.juge.fin(p.etat));
    p.resultat.main = p.etat !== null && !p.etat.ia;
    for (const e of ecrits) if (e.id_utilisateur === p.vendeur.id) p.resultat.modeles.add(e.modele);
  }
  return parties.map((p) => p.resultat);
}

// ── what the prospect says ──────────────────────────────────────────────────────────────────────────────────────

type Dit = { propos: Propos; mots: string };

/** The next messages, or null when there is nothing more to say. Turns that say nothing happen on the way. */
async function prochaineRafale(p: Partie, sql: postgres.Sql): Promise<Dit[] | null> {
  for (;;) {
    const tour = p.d.tours[p.tour];
    if (tour === undefined) return null;
    if (tour.change) {
      await changerBoutique(sql, p.vendeur.id, tour.change);
      p.juge.changer(tour.change);
      p.resultat.transcription.push(`  (la boutique change : ${JSON.stringify(tour.change)})`);
      p.tour += 1;
    } else if (tour.terminer) {
      const dit = reponseQuiManque(p, tour);
      if (dit !== null) return [{ propos: dit, mots: motsDe(dit) }];
      finirTour(p, tour);
    } else {
      return (tour.dit ?? []).map((propos) => ({ propos, mots: motsDe(propos) }));
    }
  }
}

/** What a customer answers who wants to come to an end: read from the state of his basket and not from the engine's words. */
function reponseQuiManque(p: Partie, tour: Tour): Propos | null {
  const { etat } = p;
  const r = p.d.reponses;
  p.vente ??= { commandes: etat?.commandes.length ?? 0, repondu: [] };
  const { commandes, repondu } = p.vente;
  if (etat === null || !etat.ia || etat.commandes.length > commandes) return null;
  const pret = etat.panier?.recapitule === true;
  if (pret && tour.terminer === 'recapitulatif') return null;
  const quoi = pret ? 'confirmation' : (etat.panier?.manque[0] ?? 'recapitulatif');
  const fois = repondu.filter((x) => x === quoi).length;
  if (fois >= 3 || repondu.length >= MESSAGES_MAX_POUR_TERMINER) return bloque(p, quoi);
  repondu.push(quoi);
  // Asked once more, he says all at once.
  const tout = fois === 2 ? `${r.nom}, ${r.adresse}, ${r.telephone}, ${r.paiement}` : undefined;
  switch (quoi) {
    case 'article':
      return { texte: r.achat };
    case 'livraison':
    case 'adresse':
    case 'frais':
      return { texte: tout ?? r.adresse };
    case 'nom':
      return { texte: tout ?? r.nom };
    case 'telephone':
      return { texte: tout ?? r.telephone };
    case 'paiement':
      return tout === undefined ? parBouton(p, r.paiement) : { texte: tout };
    default:
      return parBouton(p, r.confirmation, 'confirme', 'oui');
  }
}

function bloque(p: Partie, sur: string): null {
  p.resultat.fautes.push({ texte: `la vente n'avance plus (${sur})` });
  return null;
}

/** Taps, now and then, what he would have written; `titres`: what the button may say instead. */
function parBouton(p: Partie, mots: string, ...titres: string[]): Propos {
  const titre = [mots, ...titres].find((t) => trouverChoix(p, t) !== undefined);
  return titre !== undefined && p.hasard.part() < 0.5 ? { bouton: titre } : { texte: mots };
}

function trouverChoix(p: Partie, mots: string): { id: string; titre: string } | undefined {
  const choix = p.derniers.flatMap((m) => m.choix);
  const dit = normal(mots);
  const sens = dit.split(/[^a-z0-9]+/).filter((m) => m.length > 2);
  return (
    choix.find((c) => normal(c.titre) === dit) ??
    choix.find((c) => normal(c.titre).includes(dit)) ??
    choix.find((c) => sens.length > 0 && sens.every((m) => normal(c.titre).includes(m)))
  );
}

function motsDe(propos: Propos): string {
  if (typeof propos === 'string') return propos;
  if ('texte' in propos) return propos.texte;
  if ('vocal' in propos) return propos.vocal;
  if ('image' in propos) return propos.image;
  if ('bouton' in propos) return propos.bouton;
  return propos.position.nom ?? '';
}

const fichier = (rang: number, mime_type: string) => ({
  id: `9${Date.now()}${rang}`,
  mime_type,
  sha256: 'n8Jt0q5+Yb3mN2v7c4s1xw==',
});

function enEvenement(p: Partie, propos: Propos, rang: number): Objet {
  if (typeof propos === 'string') return { type: 'text', text: { body: propos } };
  if ('texte' in propos) return { type: 'text', text: { body: propos.texte } };
  if ('vocal' in propos)
    return { type: 'audio', audio: { ...fichier(rang, 'audio/ogg; codecs=opus'), voice: true } };
  if ('image' in propos) {
    return {
      type: 'image',
      image: { ...fichier(rang, 'image/jpeg'), ...(propos.image === '' ? {} : { caption: propos.image }) },
    };
  }
  if ('position' in propos) {
    const { nom, adresse, ...ou } = propos.position;
    return {
      type: 'location',
      location: { ...ou, ...(nom ? { name: nom } : {}), ...(adresse ? { address: adresse } : {}) },
    };
  }
  const choix = trouverChoix(p, propos.bouton);
  if (choix === undefined) return { type: 'text', text: { body: propos.bouton } };
  const genre = p.derniers.some((m) => m.choix.length > 3) ? 'list_reply' : 'button_reply';
  return { type: 'interactive', interactive: { type: genre, [genre]: { id: choix.id, title: choix.titre } } };
}

/** One event with all messages of a burst, so that it gets one reply; voice notes come with the words that were heard. */
async function dire(p: Partie, dits: Dit[], sql: postgres.Sql): Promise<void> {
  const v = { ...p.vendeur, email: '', idCompte: 0 };
  const changements: Changement[] = dits.map(({ propos }, i) => message(v, p.qui, enEvenement(p, propos, i)));
  const octets = base64(corps(changements, { trace: wamid() }));
  const [recu] = await sql`select service.recevoir_evenement_whatsapp(${octets}) as r`;
  if (recu?.r.etat !== 'traite') throw new Error(`${p.d.id}: event not applied: ${JSON.stringify(recu?.r)}`);
  for (const [i, { propos, mots }] of dits.entries()) {
    p.resultat.transcription.push(`${i === 0 ? 'P ' : '  '} ${enClair(propos)}`);
    const c = changements[i];
    if (typeof propos === 'string' || !('vocal' in propos) || c === undefined) continue;
    await sql`
      with m as (select * from public.messages where id_utilisateur = ${p.vendeur.id} and identifiant_message_whatsapp = ${idDe(c)}),
      d as (update public.medias set transcription = nullif(${mots}, '') from m
        where medias.id_conversation = m.id_conversation and medias.id_utilisateur = m.id_utilisateur and medias.id_message = m.id_message
        returning medias.id_media)
      select prive.liberer_reponse(d.id_media) from d`;
  }
}

const enClair = (propos: Propos) =>
  typeof propos === 'string' ? propos : 'texte' in propos ? propos.texte : JSON.stringify(propos);

// ── the reply, and what is heard of it ──────────────────────────────────────────────────────────────────────────

async function repondre({ sql, modele, journal }: Scene): Promise<void> {
  let restaient = Number.POSITIVE_INFINITY;
  for (let essai = 0; essai < ESSAIS; ) {
    await sql`update pgmq.q_repondre_prospects set vt = now() - interval '1 second'`;
    await sql`update prive.reponses set pas_avant = null where pas_avant is not null`;
    await repondreProspects({
      base: baseSql(sql),
      modele,
      meta: { appeler: async (_, forme) => ({ bon: true, valeur: forme.parse({ success: true }) }) },
      releve: { ecrire: async () => {} },
      journal: (niveau, quoi, details) => {
        if (niveau === 'erreur') journal?.(`${quoi} ${JSON.stringify(details)}`);
      },
      maintenant: Date.now,
      toutesLes(ms, f) {
        const minuterie = setInterval(f, ms);
        return () => clearInterval(minuterie);
      },
      reveiller: () => {},
    });
    const [reste] = await sql`select count(*)::integer as n from pgmq.q_repondre_prospects`;
    if (reste?.n === 0) return;
    // A slow engine does not come to the end in one go; only one that gets nowhere is given up.
    if (reste?.n >= restaient) essai += 1;
    restaient = reste?.n;
  }
}

function entendre(p: Partie, dits: Dit[], vu: Vu | undefined): void {
  const tour = p.d.tours[p.tour];
  if (vu === undefined || tour === undefined) throw new Error(`${p.d.id}: the conversation is not there`);
  const mots = dits.map((d) => d.mots);
  p.resultat.fautes.push(...p.juge.rafale(mots, vu.nouveaux, p.etat, vu.etat).map((f) => situer(p, f)));
  for (const m of vu.nouveaux) {
    const choix = m.choix.map((c) => `[${c.titre}]`).join(' ');
    p.resultat.transcription.push(
      `V  ${m.type === 'image' ? '(photo)' : m.texte.replaceAll('\n', '\n   ')}${choix && `\n   ${choix}`}`,
    );
  }
  if (!vu.etat.ia && (p.etat === null || p.etat.ia)) p.resultat.transcription.push('  (la main est passée)');
  for (const c of vu.etat.commandes.slice(p.etat?.commandes.length ?? 0)) {
    p.resultat.transcription.push(`  (commande ${c.numero} : ${c.a_payer})`);
  }
  p.etat = vu.etat;
  p.derniers = vu.nouveaux;
  p.messages.push(...vu.nouveaux);
  if (!tour.terminer) finirTour(p, tour);
}

function finirTour(p: Partie, tour: Tour): void {
  if (p.etat)
    p.resultat.fautes.push(...p.juge.tour(tour.attendu, p.messages, p.etat).map((f) => situer(p, f)));
  p.tour += 1;
  p.vente = null;
  p.messages = [];
}

const situer = (p: Partie, f: Faute): Faute => ({ ...f, texte: `tour ${p.tour + 1} : ${f.texte}` });
