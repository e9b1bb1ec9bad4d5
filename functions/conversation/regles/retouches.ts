// Changes that are said without the article's name: "un de moins", "double tout", "finalement le 160", "les deux en 40".
import type { LignePanier, ProduitTrouve } from '../modele-ia.ts';
import type { LigneDite } from './lignes.ts';
import { mettreQuantite, modifier } from './modifier.ts';
import { normaliser } from './mots.ts';
import { EN_PLUS, retirer, suivant } from './panier.ts';
import { CONFIANCE, type Decision, repondre } from './reponse.ts';
import type { Situation } from './situation.ts';

const NOMBRES: Record<string, number> = { un: 1, une: 1, deux: 2, trois: 3, quatre: 4, cinq: 5 };
const RELATIF =
  /^(?:(?:oui|ok|non|mais|finalement|plutot|en fait|mets|mettez|enleve[rz]?|retire[rz]?|r?ajoute[rz]?|encore|donne[rz]?|moi|je|j|en|prends|veux) )*(\d{1,2}|une?|deux|trois|quatre|cinq)((?: (?!(?:et|ou|de|en)\b)[a-z]+){0,3}) (?:de|en) (moins|plus)(?: (?:svp|stp|s il vous plait|merci|finalement))?$/;
const DOUBLE = /\bdouble[rz]? (tout|toute la commande|la commande|les quantites|la quantite|ca)\b/;

/** So many more or fewer than there are; of several articles, which one is asked. null: he says no such thing. */
export async function compterAutrement(s: Situation): Promise<Decision | null> {
  const { lignes } = s.outils.panier();
  const phrase = s.lu.phrase.replace(/ \| /g, ' ').trim();
  if (lignes.length === 0 || s.lu.choisi !== null || phrase.includes('?')) return null;
  const double = DOUBLE.exec(phrase);
  if (double) {
    const toutes = /tout|commande|quantites/.test(double[1] ?? '');
    return toutes || lignes.length === 1 ? changer(s, lignes, (n) => n * 2) : demanderLequel(s);
  }
  const lu = RELATIF.exec(phrase);
  if (!lu) return null;
  const [, dit = '', milieu = '', sens] = lu;
  const nommes = s.sujet.origine === 'nomme' ? s.sujet.produits.map((p) => p.id_produit) : [];
  if (milieu !== '' && nommes.length === 0) return null;
  const visees = milieu === '' ? lignes : lignes.filter((l) => nommes.includes(l.id_produit));
  if (visees.length === 0) return null;
  if (visees.length > 1) return demanderLequel(s);
  const ecart = (NOMBRES[dit] ?? Number(dit)) * (sens === 'moins' ? -1 : 1);
  return changer(s, visees, (n) => n + ecart);
}

async function changer(
  s: Situation,
  lignes: LignePanier[],
  combien: (n: number) => number,
): Promise<Decision> {
  const faits: string[] = [];
  for (const ligne of lignes) {
    const voulue = combien(ligne.quantite);
    if (voulue <= 0) {
      await retirer(s, ligne);
      faits.push(`J'ai retiré ${ligne.libelle}.`);
      continue;
    }
    const issue = await mettreQuantite(s, ligne, voulue);
    if (typeof issue !== 'string') return issue;
    faits.push(issue);
  }
  s.memoire.quantite = null;
  return suivant(s, faits.join(' '));
}

function demanderLequel(s: Situation): Decision {
  Object.assign(s.memoire, { quantite: null, doute: true, question: { sur: 'changer' } });
  return repondre(
    s,
    'De quel article de votre panier ? Dites-moi son nom et combien vous en voulez en tout.',
    CONFIANCE.choix,
  );
}

const CORRIGE = /\b(?:plutot|finalement|en fait|pardon|non|trompe\w*)\b/;

/** "finalement le 160" of a mattress 140x190 means the 160x200; null: no other of its kind, or several, have that number. */
export async function prendreNumero(s: Situation): Promise<Decision | null> {
  const { lu, sujet, demande, outils } = s;
  const numero = /\b(?:le|la|l|celui de|celle de|en|du) (\d{2,4})\b/.exec(lu.phrase)?.[1];
  if (numero === undefined || !CORRIGE.test(lu.phrase) || lu.phrase.includes('?')) return null;
  if (sujet.origine === 'nomme' || Object.keys(demande.attributs).length > 0) return null;
  const catalogue = await outils.chercherProduits('');
  const { lignes } = outils.panier();
  const paires = lignes.flatMap((ligne) => {
    const place = catalogue.find((p) => p.id_produit === ligne.id_produit);
    if (!place || place.variantes.length > 0 || aLeNumero(place, numero)) return [];
    return catalogue
      .filter((p) => genre(p) === genre(place) && aLeNumero(p, numero))
      .map((produit) => ({ place, produit }));
  });
  const [paire, autre] = paires;
  if (!paire || autre || lignes.some((l) => l.id_produit === paire.produit.id_produit)) return null;
  return modifier(s, [
    {
      action: 'remplacer',
      produits: [paire.produit],
      attributs: {},
      inconnus: {},
      quantite: null,
      texte: '',
      auLieuDe: { produits: [paire.place], attributs: {}, quantite: null },
      enPlus: false,
      interroge: false,
      introuvable: null,
    },
  ]);
}

const genre = (p: ProduitTrouve) => normaliser(p.nom_produit).split(' ')[0];
const aLeNumero = (p: ProduitTrouve, numero: string) =>
  new RegExp(`\\b${numero}(?!\\d)`).test(normaliser(p.nom_produit));

const TOUS =
  /\b(?:les (?:deux|2|trois|3|quatre|4)|tous|toutes|tout)\b|^(?:(?:non|mais|finalement|plutot|oui|ok) )*(?:la|le|les) .*\bet (?:la|le|les) /;

/** "les deux en 40", "la nike en 43 et la puma en 42" of what lies in the basket is another size of both, and nothing more; null: it is not that. */
export async function changerTous(s: Situation, lignes: LigneDite[]): Promise<Decision | null> {
  if (!TOUS.test(s.lu.phrase) || EN_PLUS.test(s.lu.phrase) || s.lu.phrase.includes('?')) return null;
  const panier = s.outils.panier().lignes;
  const chacune = lignes.every(
    (l) =>
      l.action === 'ajouter' &&
      l.produits.length === 1 &&
      l.quantite === null &&
      Object.keys(l.attributs).length > 0 &&
      panier.filter((p) => p.id_produit === l.produits[0]?.id_produit).length === 1,
  );
  const distincts = new Set(lignes.flatMap((l) => l.produits.map((p) => p.id_produit))).size;
  if (!chacune || lignes.length < 2 || distincts !== lignes.length) return null;
  return modifier(
    s,
    lignes.map((l) => ({
      ...l,
      action: 'remplacer',
      auLieuDe: { produits: l.produits, attributs: {}, quantite: null },
    })),
  );
}
