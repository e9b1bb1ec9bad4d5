// Which products the prospect speaks of: those the words name, else those the dialogue was about.
// Prices and stock are always those of this turn's search, also for a product known from before.
import type { Outils, ProduitTrouve } from './modele-ia.ts';
import { lireDemande } from './regles-attributs.ts';
import type { Faits } from './regles-faits.ts';
import type { Memoire } from './regles-memoire.ts';
import { type Mot, normaliser } from './regles-mots.ts';

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

export async function trouverSujet(faits: Faits, memoire: Memoire, outils: Outils): Promise<Sujet> {
  const connus = await produitsConnus(memoire, outils);
  const enMemoire = memoire.produit
    ? connus.filter((p) => p.id_produit === memoire.produit?.id)
    : meilleurs(connus, []).produits;
  const choisi = parRang(faits, memoire, connus);
  if (choisi) return { produits: [choisi], origine: 'memoire', distincts: false, mots: new Set(), score: 1 };

  // "noir" said of the shoes in discussion must not start a search for a black bag.
  const deja = lireDemande(faits.mots, enMemoire, new Set()).utilises;
  const texte = texteAChercher(faits.mots.filter((mot) => !deja.has(mot)));
  const trouves = texte ? await outils.chercherProduits(texte) : [];
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

async function produitsConnus(memoire: Memoire, outils: Outils): Promise<ProduitTrouve[]> {
  if (memoire.produit) return outils.chercherProduits(memoire.produit.nom);
  if (memoire.recherche !== null) return outils.chercherProduits(memoire.recherche);
  return [];
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
  if (faits.intentions.has('moinsCher')) {
    const prix = (p: ProduitTrouve) => Math.min(p.prix_unitaire, ...p.variantes.map((v) => v.prix_unitaire));
    return connus.filter((p) => choix.includes(p.id_produit)).sort((a, b) => prix(a) - prix(b))[0] ?? null;
  }
  if (faits.rangChoisi === null) return null;
  const id = choix.at(faits.rangChoisi);
  return connus.find((p) => p.id_produit === id) ?? null;
}

/** "256" or "le 12" answers a list of iPhones: some of the names have that number, the others do not. */
function parNumero(faits: Faits, connus: ProduitTrouve[], deja: ReadonlySet<Mot>): Sujet | null {
  for (const mot of faits.mots) {
    if (mot.nombre === null || deja.has(mot) || mot.marque?.genre === 'quantite') continue;
    const produits = connus.filter((p) => normaliser(p.nom_produit).split(' ').includes(mot.texte));
    if (produits.length === 0 || produits.length === connus.length) continue;
    const mots = new Set([...produits.flatMap((p) => p.mots), mot.texte]);
    return { produits, origine: 'nomme', distincts: false, mots, score: 1 };
  }
  return null;
}

/** Words alone: a number that was marked as a size or a quantity names nothing. */
function texteAChercher(mots: Mot[]): string {
  const utiles = mots.filter((m) => m.nombre === null || m.marque === null || m.marque.genre === 'faible');
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
    const cle = [...produit.mots].sort().join(' ');
    const groupe = groupes.get(cle) ?? { mots: produit.mots, produits: [], ...derniere(produit.mots, mots) };
    groupe.produits.push(produit);
    groupes.set(cle, groupe);
  }
  let retenus: Groupe[] = [];
  let distincts = false;
  for (const groupe of [...groupes.values()].sort((a, b) => b.mots.length - a.mots.length)) {
    const voisins = retenus.filter((g) => g.mots.some((mot) => groupe.mots.includes(mot)));
    if (voisins.length > 0) {
      if (voisins.every((g) => g.mots.length === groupe.mots.length)) retenus.push(groupe);
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
