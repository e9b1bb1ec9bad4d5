// Whether he takes what is spoken of, and what a yes to a proposal does.
import type { ProduitTrouve } from '../modele-ia.ts';
import { cerner, estChiffrage, faireChoisir, proposer } from './article.ts';
import { correspond } from './attributs.ts';
import { photoDe } from './conseil.ts';
import { boutons } from './interactif.ts';
import { prendre } from './panier.ts';
import * as dire from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { CONFIANCE, type Decision, nePasComprendre, precede, repondre } from './reponse.ts';
import { devise, dit, produitChange, type Situation } from './situation.ts';
import { produitParId } from './sujet.ts';

/** "je prends" takes it; "je veux" too, unless it asks; "si je prends 3" and a price of his own do not. */
export function veutAcheter(s: Situation, interroge: boolean): boolean {
  const { phrase, questions, choisi } = s.lu;
  if (choisi?.quoi === 'prendre') return true;
  if (questions.has('injection') || questions.has('gros') || dit(s, 'prix') || dit(s, 'remise')) return false;
  if (
    /\bsi (?:je|j|on|c est)\b|\bcomment (?:je |on |peut on |puis je |faire pour )?(?:command|achet)/.test(
      phrase,
    )
  )
    return false;
  // Where to, how it is paid, for whom: who says all that orders.
  const { adresse, methode, nom, telephone } = s.lu.details;
  const ordonne = adresse !== null && (methode !== null || nom !== null || telephone !== null);
  if (ordonne && s.sujet.origine === 'nomme' && !interroge && !dit(s, 'stock')) return true;
  if (/\bfcfa\b/.test(s.faits.mots.map((m) => m.texte).join(' '))) return false;
  if (dit(s, 'achat')) return true;
  return dit(s, 'envie') && !interroge && !dit(s, 'stock');
}

export function accepte(s: Situation, achete: boolean): boolean {
  const { lu, demande } = s;
  if (achete) return true;
  if (dit(s, 'prix') || dit(s, 'remise') || lu.questions.has('injection') || lu.phrase.includes('?'))
    return false;
  const livre =
    s.avant.question?.sur !== 'reste' &&
    (lu.details.adresse !== null || lu.details.methode !== null || lu.details.retrait !== null);
  return lu.avis === 'oui' || dit(s, 'oui') || demande.quantite !== null || livre;
}

/** "oui" to what was proposed. */
export async function accepter(s: Situation): Promise<Decision> {
  const { avant, sujet, lu } = s;
  const [produit] = sujet.produits;
  if (!produit) return nePasComprendre(s);
  const restantes = produit.variantes.filter((v) => correspond(v, s.memoire.attributs));
  const [variante = null] = restantes;
  if (avant.question?.sur === 'reste' && s.demande.quantite === null)
    s.memoire.quantite = Math.max(1, variante?.quantite_stock ?? produit.quantite_stock);
  if (s.demande.quantite === null && /\bprends? (?:tout(?! de)|tous|toutes|le reste)\b/.test(lu.phrase))
    s.memoire.quantite = Math.max(1, variante?.quantite_stock ?? produit.quantite_stock);
  const cerne = await cerner(s, produit);
  if (!estChiffrage(cerne)) {
    s.memoire.veut = true;
    return cerne;
  }
  // "Voulez-vous les voir ?" — "oui": they are shown, if they can be.
  const voir =
    avant.question?.sur === 'voir' && !dit(s, 'achat') && !dit(s, 'envie') && s.demande.quantite === null;
  if (voir && lu.choisi === null && lu.details.adresse === null) {
    const lu = await s.outils.lireProduit(produit.id_produit);
    if (lu && lu.photos > 0) {
      const intro = await photoDe(s, produit);
      s.memoire.question = { sur: 'prendre' };
      return repondre(
        s,
        `${intro} ${dire.estChaussure(produit) ? 'Voulez-vous les commander ?' : 'Voulez-vous commander cet article ?'}`,
        CONFIANCE.sure,
        boutons({ id: 'prendre', titre: 'Je prends' }, { id: 'non', titre: 'Non merci' }),
      );
    }
  }
  return prendre(s, cerne);
}

/** "et le même en bleu", "aussi les puma": the one that was proposed is taken with it. */
export function veutAussi(s: Situation, interroge: boolean): boolean {
  if (interroge || dit(s, 'prix') || dit(s, 'remise') || dit(s, 'stock')) return false;
  // "1 ventilateur", then "2 marmites": he reads out a list.
  const enumere = s.avant.quantite !== null && s.demande.quantite !== null && s.sujet.origine === 'nomme';
  if (enumere && s.memoire.produit?.id !== s.avant.produit?.id) return true;
  return (
    produitChange(s) &&
    /\b(?:prends?|ok|oui|d accord) (?:avec|et|plus) (?:le|la|les|un|une|des|du|aussi)\b|\b(?:et )?(?:le|la|les) memes?\b|\baussi\b|\begalement\b|\bencore une?\b|\bet une? autre\b/.test(
      s.lu.phrase,
    )
  );
}

export async function prendrePropose(s: Situation): Promise<Decision | null> {
  const { avant, outils } = s;
  const produit = avant.produit && (await produitParId(avant.produit.id, outils));
  const restantes = produit?.variantes.filter((v) => correspond(v, avant.attributs)) ?? [];
  if (!produit || (produit.variantes.length > 0 && restantes.length !== 1)) return null;
  const { refus } = await outils.modifierPanier({
    action: 'mettre',
    id_produit: produit.id_produit,
    id_variante: restantes[0]?.id_variante ?? null,
    quantite: avant.quantite ?? 1,
  });
  if (refus) return null;
  const prise = outils
    .panier()
    .lignes.filter(
      (l) => l.id_produit === produit.id_produit && l.id_variante === (restantes[0]?.id_variante ?? null),
    );
  if (s.demande.quantite === null) s.memoire.quantite = null;
  const [nouveau, autre] = s.sujet.produits;
  if (!nouveau || autre) return null;
  s.memoire.veut = true;
  const cerne = await cerner(s, nouveau);
  return precede(vente.note(prise, devise(s)), estChiffrage(cerne) ? await prendre(s, cerne) : cerne);
}

/** "oui" to the only value left takes it; to a choice it chooses nothing, and the question comes again. */
export async function accepterValeur(s: Situation, produit: ProduitTrouve, cle: string): Promise<Decision> {
  const restantes = produit.variantes.filter((v) => correspond(v, s.memoire.attributs));
  const [valeur, ...autres] = dire.valeursEnStock(restantes, cle);
  if (valeur !== undefined && autres.length === 0) s.memoire.attributs[cle] = valeur;
  if (s.sujet.produits.length > 1) return faireChoisir(s);
  const cerne = await cerner(s, produit);
  if (!estChiffrage(cerne)) return cerne;
  return s.memoire.veut ? prendre(s, cerne) : proposer(s, cerne);
}
