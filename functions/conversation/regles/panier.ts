// What goes into the basket once somebody has said that he takes it: one article, or several in one breath.
import type { LignePanier, ProduitTrouve } from '../modele-ia.ts';
import { type Chiffrage, cerner, direAbsent, direRupture, estChiffrage, lister } from './article.ts';
import { clesDe, correspond, valeursDe } from './attributs.ts';
import { avancer } from './commande.ts';
import { boutons } from './interactif.ts';
import type { LigneDite } from './lignes.ts';
import type { EnAttente } from './memoire.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { CONFIANCE, type Decision, nePasComprendre, precede, repondre } from './reponse.ts';
import { devise, dit, type Situation } from './situation.ts';
import { produitParId } from './sujet.ts';

// ── one article ─────────────────────────────────────────────────────────────────────────────────────────────────

/** He takes it: into the basket, then the next article of the same breath or the next question of the order. */
export async function prendre(s: Situation, { produit, variante }: Chiffrage): Promise<Decision> {
  const { outils, memoire } = s;
  const id_variante = variante?.id_variante ?? null;
  const lignes = outils.panier().lignes;
  const deja = lignes.find((l) => l.id_produit === produit.id_produit && l.id_variante === id_variante);
  const corrigee = deja ? undefined : ligneCorrigee(s, produit, id_variante);
  const encore = dit(s, 'encore') && deja !== undefined;
  const base = encore ? deja.quantite : 0;
  const quantite = base + (memoire.quantite ?? (encore ? 1 : (deja?.quantite ?? corrigee?.quantite ?? 1)));
  const issue = await outils.modifierPanier({
    action: 'mettre',
    id_produit: produit.id_produit,
    id_variante,
    quantite,
  });
  if (issue.refus) return refuser(s, { produit, variante }, issue.refus, quantite);
  if (corrigee) await retirer(s, corrigee);
  poser(s, produit, id_variante);
  const mise = outils
    .panier()
    .lignes.find((l) => l.id_produit === produit.id_produit && l.id_variante === id_variante);
  return suivant(s, mise ? vente.note([mise], devise(s)) : '');
}

/** "en 42" right after the 38 was taken is another size, not another pair; "et une en 42" is one more. */
function ligneCorrigee(
  s: Situation,
  produit: ProduitTrouve,
  variante: number | null,
): LignePanier | undefined {
  const { derniere } = s.avant;
  if (derniere?.produit !== produit.id_produit || derniere.variante === variante) return undefined;
  if (dit(s, 'encore') || s.sujet.origine === 'nomme' || s.avant.veut) return undefined;
  return trouver(s, derniere.produit, derniere.variante);
}

export function trouver(s: Situation, produit: number, variante: number | null): LignePanier | undefined {
  return s.outils.panier().lignes.find((l) => l.id_produit === produit && l.id_variante === variante);
}

export function poser(s: Situation, produit: ProduitTrouve, variante: number | null): void {
  Object.assign(s.memoire, {
    produit: { id: produit.id_produit, nom: produit.nom_produit },
    recherche: null,
    veut: false,
    quantite: null,
    derniere: { produit: produit.id_produit, variante },
    vus: [],
    rupture: null,
    question: null,
  });
}

export async function retirer(s: Situation, ligne: LignePanier): Promise<void> {
  const { id_produit, id_variante } = ligne;
  await s.outils.modifierPanier({ action: 'retirer', id_produit, id_variante });
}

export async function refuser(
  s: Situation,
  { produit, variante }: Pick<Chiffrage, 'produit' | 'variante'>,
  refus: { code: string; phrase: string },
  quantite: number,
): Promise<Decision> {
  if (refus.code !== 'stock_insuffisant') return repondre(s, refus.phrase);
  const ligne = await s.outils.chiffrerLigne(produit.id_produit, variante?.id_variante ?? null, quantite);
  if (!ligne) return nePasComprendre(s);
  s.memoire.produit = { id: produit.id_produit, nom: produit.nom_produit };
  if (variante) s.memoire.attributs = { ...variante.attributs };
  if (ligne.quantite_stock > 0) {
    s.memoire.question = { sur: 'reste' };
    return repondre(
      s,
      dire.stockInsuffisant(produit, variante, ligne, devise(s)),
      CONFIANCE.sure,
      boutons({ id: 'prendre', titre: 'Oui' }, { id: 'non', titre: 'Non' }),
    );
  }
  const cle = variante && clesDe([produit]).find((c) => valeursDe(produit.variantes, c).length > 1);
  return variante && cle
    ? direAbsent(s, produit, cle, variante.attributs[cle] ?? '')
    : direRupture(s, produit, variante);
}

/** The next article of the same breath whose size is not known yet; none left: the next question of the order. */
export async function suivant(s: Situation, intro: string): Promise<Decision> {
  const [premiere, ...autres] = s.memoire.attente;
  if (!premiere) return avancer(s, intro);
  s.memoire.attente = autres;
  const produit = await produitParId(premiere.produit, s.outils);
  if (!produit) return suivant(s, intro);
  Object.assign(s.memoire, {
    produit: { id: produit.id_produit, nom: produit.nom_produit },
    recherche: null,
    attributs: premiere.attributs,
    quantite: premiere.quantite,
    veut: true,
  });
  const chiffrage = await cerner({ ...s, demande: { ...s.demande, attributs: {}, inconnus: {} } }, produit);
  if (!estChiffrage(chiffrage)) return precede(intro, chiffrage);
  return precede(intro, await prendre(s, chiffrage));
}

/** Words of one more, where "2 en 42 et 1 en 40" only counts. */
export const EN_PLUS = /^et\b|\b(?:encore|de plus|en plus|aussi|egalement|r?ajoute[rz]?|autres?)\b/;

// ── several articles in one breath ──────────────────────────────────────────────────────────────────────────────

export async function mettrePlusieurs(s: Situation, lignes: LigneDite[]): Promise<Decision> {
  const mises: LignePanier[] = [];
  const phrases: string[] = [];
  const attente: EnAttente[] = [];
  let ambigus: ProduitTrouve[] = [];
  let combien: number | null = null;
  for (const ligne of lignes) {
    if (ligne.introuvable !== null) {
      phrases.push(`Je ne trouve pas « ${ligne.introuvable.slice(0, 40)} » dans notre catalogue.`);
      continue;
    }
    const candidats = ligne.produits.length > 0 ? ligne.produits : s.sujet.produits;
    const [produit] = candidats;
    if (!produit) continue;
    if (candidats.length > 1) {
      if (ambigus.length > 0) phrases.push(`Pour « ${ligne.texte.slice(0, 40)} », redites-le-moi ensuite.`);
      else {
        ambigus = candidats;
        combien = ligne.quantite;
      }
      continue;
    }
    // Of what was listed: the size that was said before the list.
    const listes = s.avant.question?.sur === 'produit' ? s.avant.question.choix : [];
    const dejaDit =
      listes.includes(produit.id_produit) ||
      (s.avant.produit?.id === produit.id_produit && Object.keys(ligne.attributs).length === 0);
    // "2 blanches et 1 noire" of the size that lies in the basket.
    const derniere = s.avant.derniere?.produit === produit.id_produit ? s.avant.derniere : null;
    const enPanier =
      derniere && ligne.produits.every((p) => p.mots.length === 0)
        ? trouver(s, derniere.produit, derniere.variante)
        : undefined;
    const base = dejaDit ? s.avant.attributs : (enPanier?.attributs ?? {});
    const dits = { ...base, ...ligne.attributs };
    // "noir M et L": the L is black too.
    const memes = lignes
      .slice(0, lignes.indexOf(ligne))
      .findLast((l) => l.produits[0]?.id_produit === produit.id_produit);
    const heritees = produit.variantes.filter((v) => correspond(v, { ...memes?.attributs, ...dits }));
    if (memes && heritees.length > 0) Object.assign(dits, { ...memes.attributs, ...dits });
    const exactes = produit.variantes.filter((v) => correspond(v, dits));
    const attributs = exactes.length > 0 ? dits : ligne.attributs;
    const restantes = produit.variantes.filter((v) => correspond(v, attributs));
    const inconnu = Object.keys(ligne.inconnus).length > 0 && produit.variantes.length > 0;
    if (inconnu || (produit.variantes.length > 0 && restantes.length !== 1)) {
      const { inconnus } = ligne;
      if (inconnu || restantes.length === 0)
        phrases.push(`Je n'ai pas ${dire.article(produit, { ...ligne.attributs, ...inconnus })}.`);
      attente.push({
        produit: produit.id_produit,
        attributs: restantes.length > 0 ? attributs : {},
        quantite: ligne.quantite,
      });
      continue;
    }
    const [variante = null] = restantes;
    const id_variante = variante?.id_variante ?? null;
    const deja = trouver(s, produit.id_produit, id_variante);
    const plus = deja && dit(s, 'encore') && EN_PLUS.test(s.lu.phrase) ? deja.quantite : 0;
    const { panier, refus } = await s.outils.modifierPanier({
      action: 'mettre',
      id_produit: produit.id_produit,
      id_variante,
      quantite: plus + (ligne.quantite ?? (plus > 0 ? 1 : (deja?.quantite ?? 1))),
    });
    if (refus) {
      phrases.push(refus.phrase);
      continue;
    }
    poser(s, produit, id_variante);
    mises.push(
      ...panier.lignes.filter((l) => l.id_produit === produit.id_produit && l.id_variante === id_variante),
    );
  }
  s.memoire.attente = [...s.memoire.attente, ...attente].slice(0, 10);
  const intro = [mises.length > 0 ? vente.note(mises, devise(s)) : '', ...phrases]
    .filter((x) => x !== '')
    .join('\n');
  if (ambigus.length > 0) {
    s.memoire.veut = true;
    s.memoire.quantite = combien;
    s.memoire.produit = null;
    s.memoire.recherche = ambigus.flatMap((p) => p.mots).join(' ');
    return precede(intro, lister(s, ambigus, PHRASES.plusieurs));
  }
  return suivant(s, intro);
}
