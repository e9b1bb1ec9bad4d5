// Which products the prospect speaks of: those the words name, else those the dialogue was about.
// Prices and stock are always those of this turn's search, also for a product known from before.
import type { Outils, ProduitLu, ProduitTrouve } from '../modele-ia.ts';
import { lireDemande } from './attributs.ts';
import { motsPleins, VIDES } from './candidats.ts';
import type { Faits } from './faits.ts';
import type { Lecture } from './lecture.ts';
import type { Memoire } from './memoire.ts';
import { type Mot, normaliser } from './mots.ts';
import { elargir } from './synonymes.ts';

export type Sujet = {
  produits: ProduitTrouve[];
  origine: 'nomme' | 'categorie' | 'memoire' | 'aucun';
  /** Several products were named on purpose ("Nike et Puma"), not one name that fits several. */
  distincts: boolean;
  /** Words that name the products. */
  mots: ReadonlySet<string>;
  score: number;
};

/** Below, a product was found by its category alone (see prive.noter_produits). */
const SCORE_NOM = 0.4;
const AUCUN: Sujet = { produits: [], origine: 'aucun', distincts: false, mots: new Set(), score: 0 };

export async function trouverSujet(lu: Lecture, memoire: Memoire, outils: Outils): Promise<Sujet> {
  const { faits } = lu;
  const tape = await produitTape(lu, memoire, outils);
  if (tape) return { produits: [tape], origine: 'memoire', distincts: false, mots: new Set(), score: 1 };
  const connus = await produitsConnus(memoire, outils);
  const enMemoire = memoire.produit
    ? connus.filter((p) => p.id_produit === memoire.produit?.id)
    : meilleurs(connus, []).produits;
  const choisi = parRang(faits, memoire, connus);
  if (choisi) return { produits: [choisi], origine: 'memoire', distincts: false, mots: new Set(), score: 1 };

  // "noir" said of the shoes in discussion must not start a search for a black bag.
  const deja = lireDemande(faits.mots, enMemoire, new Set()).utilises;
  const texte = texteAChercher(faits.mots.filter((mot) => !deja.has(mot)));
  const trouves = texte ? await chercher(texte, outils) : [];
  const nommes = trouves.filter((p) => p.score >= SCORE_NOM);
  if (nommes.length > 0) {
    const { produits, distincts } = meilleurs(nommes, faits.mots);
    const communs = enMemoire
      .filter((p) => produits.some((n) => n.id_produit === p.id_produit))
      .map((p) => p.id_produit);
    const garder = (ids: number[]) => produits.filter((p) => ids.includes(p.id_produit));
    const retenus = communs.length > 0 ? garder(communs) : produits;
    return sujetDe(retenus, 'nomme', distincts && communs.length === 0);
  }
  const numero = parNumero(faits, connus, deja);
  if (numero) return numero;
  const [propose, ...autres] = memoire.question?.sur === 'produit' ? memoire.question.choix : [];
  if (autres.length === 0 && faits.intentions.has('oui')) {
    const accepte = connus.filter((p) => p.id_produit === propose);
    if (accepte.length > 0)
      return { produits: accepte, origine: 'memoire', distincts: false, mots: new Set(), score: 1 };
  }
  const memeCategorie = trouves.some((t) => enMemoire.some((p) => p.id_produit === t.id_produit));
  if (trouves.length > 0 && !(memeCategorie && !faits.intentions.has('catalogue'))) {
    return sujetDe(trouves, 'categorie', false);
  }
  if (enMemoire.length > 0)
    return { produits: enMemoire, origine: 'memoire', distincts: false, mots: new Set(), score: 1 };
  return AUCUN;
}

/** By the words that were said; what they find nothing for is looked for by what else it is called. */
export async function chercher(texte: string, outils: Outils): Promise<ProduitTrouve[]> {
  const trouves = await outils.chercherProduits(texte);
  if (trouves.length > 0) return trouves;
  const large = elargir(texte);
  return large === texte ? [] : outils.chercherProduits(large);
}

/** A product as if its whole name had been said. */
export function commeTrouve({
  description_produit: _d,
  attributs: _a,
  photos: _p,
  ...lu
}: ProduitLu): ProduitTrouve {
  return { ...lu, score: 1, mots: [] };
}

export async function produitParId(id: number, outils: Outils): Promise<ProduitTrouve | null> {
  const lu = await outils.lireProduit(id);
  return lu && commeTrouve(lu);
}

async function produitTape(
  { choisi }: Lecture,
  memoire: Memoire,
  outils: Outils,
): Promise<ProduitTrouve | null> {
  if (choisi?.quoi === 'produit') return produitParId(choisi.id, outils);
  if (choisi?.quoi !== 'variante' && choisi?.quoi !== 'valeur') return null;
  const candidats = [memoire.produit?.id, memoire.derniere?.produit].filter((id) => id !== undefined);
  for (const id of new Set(candidats)) {
    const produit = await produitParId(id, outils);
    if (produit && (choisi.quoi === 'valeur' || produit.variantes.some((v) => v.id_variante === choisi.id)))
      return produit;
  }
  return null;
}

async function produitsConnus(memoire: Memoire, outils: Outils): Promise<ProduitTrouve[]> {
  if (memoire.produit) {
    const produit = await produitParId(memoire.produit.id, outils);
    return produit ? [produit] : [];
  }
  const trouves = memoire.recherche === null ? [] : await chercher(memoire.recherche, outils);
  // What was listed for another reason (alternatives, "le moins cher") is known too.
  for (const id of memoire.question?.sur === 'produit' ? memoire.question.choix : []) {
    if (trouves.some((p) => p.id_produit === id)) continue;
    const produit = await produitParId(id, outils);
    if (produit) trouves.push(produit);
  }
  return trouves;
}

function sujetDe(produits: ProduitTrouve[], origine: Sujet['origine'], distincts: boolean): Sujet {
  return {
    produits,
    origine,
    distincts,
    mots: new Set(produits.flatMap((p) => p.mots)),
    score: Math.max(...produits.map((p) => p.score)),
  };
}

function parRang(faits: Faits, memoire: Memoire, connus: ProduitTrouve[]): ProduitTrouve | null {
  if (memoire.question?.sur !== 'produit') return null;
  const { choix } = memoire.question;
  const montres = connus.filter((p) => choix.includes(p.id_produit));
  if (faits.intentions.has('moinsCher')) return parPrix(montres)[0] ?? null;
  if (faits.intentions.has('plusCher')) return parPrix(montres).at(-1) ?? null;
  if (faits.rangChoisi === null) return null;
  const id = choix.at(faits.rangChoisi);
  return connus.find((p) => p.id_produit === id) ?? null;
}

/** Cheapest first. */
export function parPrix(produits: ProduitTrouve[]): ProduitTrouve[] {
  const prix = (p: ProduitTrouve) =>
    p.variantes.length > 0 ? Math.min(...p.variantes.map((v) => v.prix_unitaire)) : p.prix_unitaire;
  return [...produits].sort((a, b) => prix(a) - prix(b));
}

/** "256" or "le 12" answers a list of iPhones: some of the names have that number, the others do not. */
function parNumero(faits: Faits, connus: ProduitTrouve[], deja: ReadonlySet<Mot>): Sujet | null {
  for (const mot of faits.mots) {
    if (mot.nombre === null || deja.has(mot) || /^(?:quantite|hors)$/.test(mot.marque?.genre ?? '')) continue;
    const produits = connus.filter((p) => normaliser(p.nom_produit).split(' ').includes(mot.texte));
    if (produits.length === 0 || produits.length === connus.length) continue;
    const mots = new Set([...produits.flatMap((p) => p.mots), mot.texte]);
    return { produits, origine: 'nomme', distincts: false, mots, score: 1 };
  }
  // "160" of 140x190 and 160x200, "1,5" of 0,5L and 1,5L.
  const dit = normaliser(
    faits.mots
      .filter((mot) => !VIDES.has(mot.texte))
      .map((mot) => mot.texte)
      .join(' '),
  );
  const ont = connus.filter((p) => ` ${normaliser(p.nom_produit)}`.includes(` ${dit}`));
  if (!/\d/.test(dit) || dit.length < 2 || ont.length !== 1 || connus.length < 2) return null;
  return {
    produits: ont,
    origine: 'nomme',
    distincts: false,
    mots: new Set(faits.mots.map((mot) => mot.texte)),
    score: 1,
  };
}

/** Words alone: a number that was marked as a size or a quantity names nothing. */
function texteAChercher(mots: Mot[]): string {
  const utiles = mots.filter(
    (m) => m.nombre === null || m.marque === null || /^(?:faible|attribut)$/.test(m.marque.genre),
  );
  if (!utiles.some((m) => m.nombre === null)) return '';
  return [...new Set(utiles.map((m) => m.texte.slice(0, 40)))].slice(-120).join(' ');
}

type Groupe = { mots: string[]; produits: ProduitTrouve[]; position: number; message: number };

/**
 * Products that more of the words name win ("nike air max" over any Nike). Of two things named apart the later one
 * wins when it came in a later message or as a correction; said in one breath, both stay.
 */
function meilleurs(trouves: ProduitTrouve[], mots: Mot[]): { produits: ProduitTrouve[]; distincts: boolean } {
  const groupes = new Map<string, Groupe>();
  for (const produit of trouves) {
    const noms = motsPleins(produit);
    const cle = [...noms].sort().join(' ');
    const groupe = groupes.get(cle) ?? { mots: noms, produits: [], ...derniere(noms, mots) };
    groupe.produits.push(produit);
    groupes.set(cle, groupe);
  }
  let retenus: Groupe[] = [];
  let distincts = false;
  for (const groupe of [...groupes.values()].sort((a, b) => b.mots.length - a.mots.length)) {
    const voisins = retenus.filter((g) => g.mots.some((mot) => groupe.mots.includes(mot)));
    if (voisins.length > 0) {
      if (voisins.every((g) => g.mots.length === groupe.mots.length)) {
        if (voisins.some((g) => nommesTousDeux(mots, g, groupe))) distincts = true;
        retenus.push(groupe);
      }
      continue;
    }
    const autre = retenus[0];
    if (!autre) {
      retenus = [groupe];
    } else if (groupe.message === autre.message && !corrige(mots, groupe, autre)) {
      retenus.push(groupe);
      distincts = true;
    } else if (groupe.position > autre.position) {
      retenus = [groupe];
      distincts = false;
    }
  }
  const produits = retenus.flatMap((g) => g.produits);
  const entiers = produits.filter(estNommeEnEntier);
  return entiers.length === 1 && !distincts ? { produits: entiers, distincts } : { produits, distincts };
}

/** "npk 50kg et l'urée 50kg": each has words of its own, with "et" between them. */
function nommesTousDeux(mots: Mot[], a: Groupe, b: Groupe): boolean {
  const propres = (x: Groupe, y: Groupe) =>
    mots.findIndex((mot) => x.mots.includes(mot.texte) && !y.mots.includes(mot.texte));
  const [de, jusqua] = [propres(a, b), propres(b, a)].sort((x, y) => x - y);
  if (de === undefined || jusqua === undefined || de < 0) return false;
  const entre = mots.slice(de, jusqua);
  return entre.some((m) => m.texte === 'et') && entre.every((m) => m.message === mots[jusqua]?.message);
}

function derniere(noms: string[], mots: Mot[]): { position: number; message: number } {
  const position = mots.findLastIndex((mot) => noms.includes(mot.texte));
  return { position, message: mots[position]?.message ?? 0 };
}

function corrige(mots: Mot[], a: Groupe, b: Groupe): boolean {
  const entre = mots.slice(Math.min(a.position, b.position), Math.max(a.position, b.position));
  return entre.some((mot) => /^(?:non|plutot|finalement|pas|enfin|sinon|mais|pardon)$/.test(mot.texte));
}

function estNommeEnEntier(produit: ProduitTrouve): boolean {
  const dits = new Set(produit.mots.map((mot) => mot.replace(/[sx]$/, '')));
  return normaliser(produit.nom_produit)
    .split(' ')
    .every((mot) => dits.has(mot.replace(/[sx]$/, '')));
}
