// Changes of the basket: what is taken out, put in the place of another, or counted anew.
import type { LignePanier, ProduitTrouve } from '../modele-ia.ts';
import { cerner, estChiffrage, lister } from './article.ts';
import { clesDe, correspond } from './attributs.ts';
import type { LigneDite } from './lignes.ts';
import { normaliser } from './mots.ts';
import { mettrePlusieurs, poser, refuser, retirer, suivant, trouver } from './panier.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { type Decision, precede, repondre } from './reponse.ts';
import { devise, type Situation } from './situation.ts';
import { produitParId } from './sujet.ts';

/** Lines of the basket that words speak of; none were said: the one that was last put in, or the only one. */
function visees(s: Situation, produits: ProduitTrouve[], attributs: Record<string, string>): LignePanier[] {
  const { lignes } = s.outils.panier();
  const ids = new Set(produits.map((p) => p.id_produit));
  const nommees = ids.size > 0 ? lignes.filter((l) => ids.has(l.id_produit)) : lignes;
  const cles = Object.keys(attributs);
  if (cles.length > 0) {
    return nommees.filter((l) =>
      cles.every(
        (cle) =>
          l.attributs[cle] !== undefined &&
          correspond(
            { id_variante: 0, attributs: l.attributs, prix_unitaire: 0, quantite_stock: 0 },
            { [cle]: attributs[cle] ?? '' },
          ),
      ),
    );
  }
  if (ids.size > 0) return nommees;
  const { derniere } = s.memoire;
  const derniereMise = derniere && trouver(s, derniere.produit, derniere.variante);
  return derniereMise ? [derniereMise] : lignes.slice(-1);
}

/** Takes out and replaces what was said; null when nothing of the basket was meant. */
export async function modifier(s: Situation, lignes: LigneDite[]): Promise<Decision | null> {
  const faits: string[] = [];
  const ajouts: LigneDite[] = [];
  let suite: Decision | null = null;
  for (const ligne of lignes) {
    if (ligne.action === 'retirer') {
      faits.push(...(await retirerDites(s, ligne)));
    } else if (ligne.action === 'remplacer') {
      const issue = await remplacer(s, ligne);
      if (typeof issue === 'string') faits.push(issue);
      else if (issue) suite ??= issue;
    } else if (!ligne.interroge) {
      ajouts.push(ligne);
    }
  }
  if (suite) return precede(faits.join(' '), suite);
  if (faits.length === 0) return null;
  if (ajouts.length > 0) return precede(faits.join(' '), await mettrePlusieurs(s, ajouts));
  return suivant(s, faits.join(' '));
}

async function retirerDites(s: Situation, ligne: LigneDite): Promise<string[]> {
  const faits: string[] = [];
  for (const visee of visees(s, ligne.produits, ligne.attributs)) {
    const reste = ligne.quantite === null ? 0 : visee.quantite - ligne.quantite;
    if (reste > 0) {
      const { id_produit, id_variante } = visee;
      await s.outils.modifierPanier({ action: 'mettre', id_produit, id_variante, quantite: reste });
      const mise = trouver(s, id_produit, id_variante);
      if (mise) faits.push(vente.note([mise], devise(s)));
    } else {
      await retirer(s, visee);
      faits.push(`J'ai retiré ${visee.libelle}.`);
    }
  }
  return faits;
}

/** The line of the basket that a correction of this product means: the product itself, else the only one of its kind. */
function memeArticle(s: Situation, produits: ProduitTrouve[]): LignePanier | undefined {
  const [nomme] = produits;
  if (!nomme) return undefined;
  const { lignes } = s.outils.panier();
  const { derniere } = s.memoire;
  const siennes = lignes.filter((l) => produits.some((p) => p.id_produit === l.id_produit));
  const derniereMise = siennes.find(
    (l) => l.id_produit === derniere?.produit && l.id_variante === derniere.variante,
  );
  return derniereMise ?? siennes[0] ?? parent(s, nomme);
}

function parent(s: Situation, produit: ProduitTrouve): LignePanier | undefined {
  const genre = (nom: string) => normaliser(nom).split(' ')[0];
  const [seul, autre] = s.outils
    .panier()
    .lignes.filter((l) => genre(l.nom_produit) === genre(produit.nom_produit));
  return autre ? undefined : seul;
}

const CORRIGE =
  /\b(?:plutot|finalement|en fait|pardon|(?:que|c est) je (?:voulais|veux)|au lieu|trompe\w*)\b/;

/** "c'est le filtre à huile que je voulais": in the place of the filter that lies in the basket; null: nothing of its kind does. */
export async function corriger(s: Situation, produit: ProduitTrouve): Promise<Decision | null> {
  if (!CORRIGE.test(s.lu.phrase) || s.lu.phrase.includes('?')) return null;
  if (s.outils.panier().lignes.some((l) => l.id_produit === produit.id_produit)) return null;
  const source = parent(s, produit);
  const place = source && (await produitParId(source.id_produit, s.outils));
  if (!place) return null;
  const { attributs, inconnus, quantite } = s.demande;
  return modifier(s, [
    {
      action: 'remplacer',
      produits: [produit],
      attributs,
      inconnus,
      quantite,
      texte: '',
      auLieuDe: { produits: [place], attributs: {}, quantite: null },
      enPlus: false,
      interroge: false,
      introuvable: null,
    },
  ]);
}

/** "finalement juste les garba": the rest of the basket goes; null: he says no such thing. */
export async function neGarderQue(s: Situation): Promise<Decision | null> {
  const { lignes } = s.outils.panier();
  const ids = new Set(s.sujet.produits.map((p) => p.id_produit));
  // "je veux tout sauf le sac" says the contrary.
  const seulement =
    /\b(?:juste|seulement|uniquement|rien que) (?:le|la|les|l|mon|mes)\b|\b(?:enleve|retire|supprime|annule)[rz]? tout (?:sauf|a part|excepte) \w|\bne (?:garde|laisse)[rz]? que \w/.test(
      s.lu.phrase,
    );
  if (!seulement || s.lu.phrase.includes('?') || s.sujet.origine !== 'nomme') return null;
  if (s.demande.quantite !== null || Object.keys(s.demande.attributs).length > 0) return null;
  if (ids.size === 0 || ![...ids].every((id) => lignes.some((l) => l.id_produit === id))) return null;
  const autres = lignes.filter((l) => !ids.has(l.id_produit));
  for (const ligne of autres) await retirer(s, ligne);
  return autres.length === 0 ? null : suivant(s, `J'ai retiré ${autres.map((l) => l.libelle).join(', ')}.`);
}

async function remplacer(s: Situation, ligne: LigneDite): Promise<Decision | string | null> {
  const source = ligne.auLieuDe
    ? visees(s, ligne.auLieuDe.produits, ligne.auLieuDe.attributs)[0]
    : (memeArticle(s, ligne.produits) ?? visees(s, [], {})[0]);
  if (!source) return null;
  // "2 rouges finalement" counts the red one anew, though the black one was taken last.
  const dites = Object.keys(ligne.attributs).length > 0 ? visees(s, ligne.produits, ligne.attributs) : [];
  if (!ligne.auLieuDe && ligne.quantite !== null && dites.length === 1 && dites[0])
    return mettreQuantite(s, dites[0], ligne.quantite);
  if (ligne.introuvable !== null && !/^seule?s?$/.test(ligne.introuvable))
    return repondre(
      s,
      `Je ne trouve pas « ${ligne.introuvable.slice(0, 40)} » dans notre catalogue. ${PHRASES.autre}`,
    );
  const autre = ligne.produits.length > 0 && !ligne.produits.some((p) => p.id_produit === source.id_produit);
  // "remplace 2 npk par …" of four leaves two.
  const cedes = ligne.auLieuDe?.quantite ?? null;
  const changes = { ...ligne.attributs, ...ligne.inconnus };
  if (!autre && Object.keys(changes).length === 0) {
    if (ligne.quantite === null) return null;
    return mettreQuantite(s, source, ligne.quantite);
  }
  const [unique, second] = autre ? ligne.produits : [await produitParId(source.id_produit, s.outils)];
  if (!unique) return null;
  if (!autre && unique.variantes.length === 0 && Object.keys(ligne.inconnus).length > 0)
    return repondre(
      s,
      `Désolé, je n'ai pas ${dire.nom(unique)} ${dire.enAttributs(ligne.inconnus)}. Voulez-vous garder celui du panier ?`,
    );
  s.memoire.produit = { id: unique.id_produit, nom: unique.nom_produit };
  s.memoire.recherche = null;
  if (second) {
    await cederLaPlace(s, source, cedes);
    s.memoire.veut = true;
    s.memoire.produit = null;
    s.memoire.recherche = ligne.produits.flatMap((p) => p.mots).join(' ');
    return precede(`J'ai retiré ${source.libelle}.`, lister(s, ligne.produits, PHRASES.plusieurs));
  }
  const cles = clesDe([unique]);
  const garde = Object.entries(source.attributs).filter(
    ([cle]) => cles.includes(cle) && (!autre || /^(?:pointure|taille)$/.test(cle)),
  );
  s.memoire.attributs = { ...Object.fromEntries(garde), ...ligne.attributs };
  s.memoire.quantite = ligne.quantite ?? Math.min(cedes ?? source.quantite, source.quantite);
  const chiffrage = await cerner(
    { ...s, demande: { ...s.demande, attributs: ligne.attributs, inconnus: ligne.inconnus } },
    unique,
  );
  if (!estChiffrage(chiffrage)) {
    // Another article has a size to be asked for; another size that is not there changes nothing.
    if (autre && s.memoire.question?.sur === 'attribut') {
      await cederLaPlace(s, source, cedes);
      s.memoire.veut = true;
      return precede(`J'ai retiré ${source.libelle}.`, chiffrage);
    }
    s.memoire.veut = s.memoire.question?.sur === 'attribut';
    return chiffrage;
  }
  const id_variante = chiffrage.variante?.id_variante ?? null;
  const { refus } = await s.outils.modifierPanier({
    action: 'mettre',
    id_produit: unique.id_produit,
    id_variante,
    quantite: s.memoire.quantite,
  });
  if (refus) return refuser(s, chiffrage, refus, s.memoire.quantite);
  if (id_variante !== source.id_variante || unique.id_produit !== source.id_produit)
    await cederLaPlace(s, source, cedes);
  poser(s, unique, id_variante);
  const mise = trouver(s, unique.id_produit, id_variante);
  return mise ? vente.note([mise], devise(s)) : '';
}

async function cederLaPlace(s: Situation, source: LignePanier, cedes: number | null): Promise<void> {
  const reste = cedes === null ? 0 : source.quantite - cedes;
  if (reste <= 0) return retirer(s, source);
  const { id_produit, id_variante } = source;
  await s.outils.modifierPanier({ action: 'mettre', id_produit, id_variante, quantite: reste });
}

export async function mettreQuantite(
  s: Situation,
  source: LignePanier,
  quantite: number,
): Promise<Decision | string> {
  const { id_produit, id_variante } = source;
  const { refus } = await s.outils.modifierPanier({ action: 'mettre', id_produit, id_variante, quantite });
  if (refus) {
    const produit = await produitParId(id_produit, s.outils);
    const variante = produit?.variantes.find((v) => v.id_variante === id_variante) ?? null;
    return produit ? refuser(s, { produit, variante }, refus, quantite) : refus.phrase;
  }
  s.memoire.derniere = { produit: id_produit, variante: id_variante };
  s.memoire.quantite = null;
  const mise = trouver(s, id_produit, id_variante);
  return mise ? vente.note([mise], devise(s)) : '';
}
