// Which products a piece of a sentence names, out of what the search found: the words that name more win, two names
// with an article or a number between them are two articles.
import type { Outils, ProduitTrouve } from '../modele-ia.ts';
import { correspond } from './attributs.ts';
import { type Mot, normaliser } from './mots.ts';
import { elargir, estMarchandise } from './synonymes.ts';

/** Below, a product was found by its category alone (see prive.noter_produits). */
const SCORE_NOM = 0.4;
const DETERMINANT = /^(?:un|une|le|la|les|l|des|du|mon|ma|mes|ce|cette|ces|de|d)$/;
/** Words of every order; a piece with no other words names nothing. */
export const VIDES = new Set(
  `a ai aime aimerais alors article articles au aussi autre aux avec avez besoin bien bjr bon bonjour bonsoir bsr c ca cb ce celle celui
  ces cest cette chaque chacun chacune chef cherche cmb combien comme commande commander compris d dans de des deux dispo disponible
  donc donne donner donnez du elle en encore ensuite est et euh exemplaire faire fais fait faut fcfa finalement fois g genre il ils
  interesse j jai je juste l la le les leur lui m ma mais me meme merci mes met mets mettez moi mon n ne nn non notre nous numero ok on
  ou oui paire paires par pareil pas patron piece pieces plait plus plutot pointure pointures pour prend prendrai prendre prends prix
  puis qu quantite que quel quelle qui quoi rajoute ajoute ajouter ajoutez reste sa salut sera si slt son souhaite stock suis sur svp
  stp t ta taille tailles te tel tien tous tout toute toutes trois tu un une unite va vais veut veux voila voudrais vous x y ya couleur
  envoie envoyez premier premiere premiers premieres derniers dernieres deuxieme second seconde troisieme quatrieme dernier derniere article modele modeles type noter
  prenez reserve reservez achete acheter valide confirme panier lieu place enfin dire voulais pardon fait seulement total ensemble`
    .split(/\s+/)
    .filter((mot) => mot !== ''),
);

const COULEURS =
  /^(?:noire?s?|blanc(?:he)?s?|bleue?s?|verte?s?|rouges?|jaunes?|roses?|grise?s?|beiges?|marrons?|oranges?|violett?e?s?|dore(?:e|s)?|argente(?:e|s)?|bordeaux|kakis?)$/;

/** What one speaks of beside the goods. */
const PAS_UN_ARTICLE =
  /^(?:livr\w*|paie\w*|pay\w*|factures?|monnaie|numero|adresse|quartier|commune|maison|temps|soir|matin|demain|semaine|photos?|coup|cote|retard|rapidement|suite|part|infos?|details?|nouvelles?|renseignements?)$/;

export type Partie = {
  mots: Mot[];
  /** Best first; empty when the piece names nothing that was found. */
  produits: ProduitTrouve[];
  /** Words that name the products. */
  nom: ReadonlySet<string>;
  /** Words that should name something and do not, as they were said. */
  introuvable: string | null;
};

/**
 * @param deja words that are known to be sizes or colours of what is spoken of.
 * @param avant what is spoken of already.
 */
export async function nommer(
  mots: Mot[],
  deja: ReadonlySet<Mot>,
  connus: ProduitTrouve[],
  outils: Pick<Outils, 'chercherProduits'>,
  avant: ProduitTrouve[],
): Promise<Partie[]> {
  const utiles = mots.filter(
    (m) =>
      !deja.has(m) &&
      (m.nombre === null || m.marque === null || /^(?:faible|attribut)$/.test(m.marque.genre)),
  );
  const parlants = utiles.filter((m) => m.nombre === null && !VIDES.has(m.texte) && m.texte.length > 1);
  const parle = avant.length > 0;
  const memes = parlants.length === 0 ? await autreTaille(mots, deja, [...avant, ...connus], outils) : null;
  if (memes) return [memes];
  if (parlants.length === 0) return [{ mots, produits: [], nom: new Set(), introuvable: null }];
  // "la noire" is the black one of what is spoken of, not the black soap.
  if (parle && parlants.every((m) => COULEURS.test(m.texte)))
    return [{ mots, produits: [], nom: new Set(), introuvable: null }];
  const texte = [...new Set(utiles.map((m) => m.texte.slice(0, 40)))].join(' ');
  let trouves = await outils.chercherProduits(texte);
  if (trouves.length === 0 && elargir(texte) !== texte) {
    const large = await outils.chercherProduits(elargir(texte));
    // The word that was said names what its synonyms found.
    const dits = parlants.map((m) => m.texte);
    // With a word that neither names, it is another thing: "jus de tamarin" is no other juice.
    const reste = dits.filter((mot) => !estMarchandise(mot) && !large.some((p) => p.mots.includes(mot)));
    const autres = reste.filter((mot) => !COULEURS.test(mot));
    if (large.length > 0 && autres.length > 0 && manquant(mots, parlants) !== null)
      return [{ mots, produits: [], nom: new Set(), introuvable: dits.join(' ') }];
    trouves = large.map((p) => ({ ...p, mots: [...new Set([...p.mots, ...dits.filter(estMarchandise)])] }));
  }
  const nommes = trouves.filter((p) => p.score >= SCORE_NOM);
  if (nommes.length === 0) {
    const communs = connus.filter((p) => trouves.some((t) => t.id_produit === p.id_produit));
    const produits = communs.length > 0 ? communs : trouves;
    const introuvable = produits.length === 0 ? manquant(mots, parlants) : null;
    return [{ mots, produits, nom: new Set(trouves.flatMap((p) => p.mots)), introuvable }];
  }
  return partager(mots, nommes, connus);
}

/** The words that name a product, without the "de" that many names share. */
export function motsPleins({ mots }: ProduitTrouve): string[] {
  const pleins = mots.filter((mot) => !VIDES.has(mot));
  return pleins.length > 0 ? pleins : mots;
}

type Groupe = { cle: string; mots: string[]; produits: ProduitTrouve[]; debut: number; fin: number };

function partager(mots: Mot[], nommes: ProduitTrouve[], connus: ProduitTrouve[]): Partie[] {
  const groupes = new Map<string, Groupe>();
  for (const produit of nommes) {
    const noms = motsPleins(produit);
    const cle = [...noms].sort().join(' ');
    const rangs = mots.flatMap((mot, rang) => (noms.includes(mot.texte) ? [rang] : []));
    const debut = rangs[0] ?? 0;
    const groupe = groupes.get(cle) ?? {
      cle,
      mots: noms,
      produits: [],
      debut,
      fin: rangs.at(-1) ?? debut,
    };
    groupe.produits.push(produit);
    groupes.set(cle, groupe);
  }
  const retenus: Groupe[] = [];
  for (const groupe of [...groupes.values()].sort((a, b) => b.mots.length - a.mots.length)) {
    const voisins = retenus.filter((g) => g.mots.some((mot) => groupe.mots.includes(mot)));
    if (voisins.length === 0 || voisins.every((g) => g.mots.length === groupe.mots.length))
      retenus.push(groupe);
  }
  retenus.sort((a, b) => a.debut - b.debut);
  const parties: Partie[] = [];
  let debutPartie = 0;
  let enCours: Groupe[] = [];
  const clore = (fin: number) => {
    const produits = enCours.flatMap((g) => g.produits).sort((a, b) => b.score - a.score);
    const nom = new Set(enCours.flatMap((g) => g.mots));
    if (produits.length > 0)
      parties.push({
        mots: mots.slice(debutPartie, fin),
        produits: affiner(produits, connus),
        nom,
        introuvable: null,
      });
    debutPartie = fin;
    enCours = [];
  };
  for (const groupe of retenus) {
    const avant = enCours.at(-1);
    if (avant && groupe.debut > avant.fin) {
      let coupe = groupe.debut;
      while (coupe > avant.fin + 1 && annonce(mots[coupe - 1])) coupe -= 1;
      // "sac nike" is one thing that is not sold, "2 sacs 1 nike" are two.
      const ou = mots.slice(avant.fin, groupe.debut).some((m) => m.texte === 'ou');
      if (coupe < groupe.debut && !ou) clore(coupe);
    }
    enCours.push(groupe);
  }
  clore(mots.length);
  return parties;
}

function annonce(mot: Mot | undefined): boolean {
  if (!mot) return false;
  return (
    DETERMINANT.test(mot.texte) ||
    (mot.nombre !== null && mot.marque?.genre !== 'attribut' && mot.nombre < 13)
  );
}

/** A name that was said in full wins over longer ones; what was spoken of wins over the rest of its kind. */
function affiner(produits: ProduitTrouve[], connus: ProduitTrouve[]): ProduitTrouve[] {
  const entiers = produits.filter((p) => {
    const dits = new Set(p.mots.map((mot) => mot.replace(/[sx]$/, '')));
    return normaliser(p.nom_produit)
      .split(' ')
      .every((mot) => dits.has(mot.replace(/[sx]$/, '')));
  });
  if (entiers.length === 1) return entiers;
  const communs = produits.filter((p) => connus.some((c) => c.id_produit === p.id_produit));
  return communs.length > 0 ? communs : produits;
}

/** "taille 4" after "couches taille 3", where the size stands in the name. */
async function autreTaille(
  mots: Mot[],
  deja: ReadonlySet<Mot>,
  parles: ProduitTrouve[],
  outils: Pick<Outils, 'chercherProduits'>,
): Promise<Partie | null> {
  for (const [rang, mot] of mots.entries()) {
    const cle = mots[rang - 1]?.texte;
    if (mot.marque?.genre !== 'attribut' || deja.has(mot) || cle === undefined) continue;
    for (const parle of parles.slice(0, 3)) {
      if (!` ${normaliser(parle.nom_produit)} `.includes(` ${cle} `)) continue;
      const produits = (await outils.chercherProduits(parle.nom_produit)).filter((p) =>
        ` ${normaliser(p.nom_produit)} `.includes(` ${cle} ${mot.texte} `),
      );
      if (produits.length > 0) return { mots, produits, nom: new Set([cle, mot.texte]), introuvable: null };
    }
  }
  return null;
}

/** Of several, those that are made in the asked size and colour, if any is. */
export function quiOnt(produits: ProduitTrouve[], attributs: Record<string, string>): ProduitTrouve[] {
  const cles = Object.keys(attributs);
  if (produits.length < 2 || cles.length === 0) return produits;
  const ont = produits.filter((p) =>
    p.variantes.some((v) => cles.every((cle) => v.attributs[cle] !== undefined) && correspond(v, attributs)),
  );
  return ont.length > 0 ? ont : produits;
}

/** "un sac gucci" where nothing is found: said like an article, unlike "pour ma soeur". */
function manquant(mots: Mot[], parlants: Mot[]): string | null {
  for (const mot of parlants) {
    const rang = mots.indexOf(mot);
    const avant = mots[rang - 1];
    const compte =
      avant !== undefined &&
      (/^(?:un|une|des)$/.test(avant.texte) || (avant.nombre !== null && avant.marque?.genre !== 'attribut'));
    // "et du foutou": said as something one takes.
    const partitif = /^(?:du|des|de la|de l)$/.test(
      mots
        .slice(0, rang)
        .filter(
          (m) => !/^(?:et|aussi|avec|puis|encore|svp|je|j|veux|prends|voudrais|ajoute[rz]?)$/.test(m.texte),
        )
        .map((m) => m.texte)
        .join(' '),
    );
    if ((partitif && !PAS_UN_ARTICLE.test(mot.texte)) || compte || estMarchandise(mot.texte))
      return parlants
        .filter((m) => mots.indexOf(m) >= rang)
        .map((m) => m.texte)
        .join(' ');
  }
  return null;
}
