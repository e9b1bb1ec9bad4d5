// Several articles in one breath: "je prends 2 nike 38 et une puma en 40". Each line says what to do with which product,
// in which size, how many; what was said of "les deux" or "une de chaque" is said of each.
import type { Outils, ProduitTrouve } from '../modele-ia.ts';
import { type Demande, lireDemande } from './attributs.ts';
import { nommer, type Partie, quiOnt, VIDES } from './candidats.ts';
import { aplatir } from './extraits.ts';
import { decouper, type Mot, normaliser } from './mots.ts';
import { type ActionDite, type Segment, segmenter } from './segments.ts';

export type LigneDite = {
  action: ActionDite;
  /** Candidates, best first; several: ambiguous; none: about what was already spoken of, or `introuvable`. */
  produits: ProduitTrouve[];
  attributs: Record<string, string>;
  inconnus: Record<string, string>;
  /** As said; for `retirer` null means all of it. */
  quantite: number | null;
  texte: string;
  /** Of `remplacer`: what it takes the place of; null: what was last spoken of. */
  auLieuDe: { produits: ProduitTrouve[]; attributs: Record<string, string>; quantite: number | null } | null;
  /** On top of what there is ("encore 2"), where `quantite` alone means so many in all. */
  enPlus: boolean;
  /** Only asked about (price, stock), not ordered. */
  interroge: boolean;
  /** Words that name something this shop was not found to have; `produits` is then empty. */
  introuvable: string | null;
};

type Brouillon = LigneDite & { herite: boolean; corrige: boolean; avantLeNom: boolean };

const TOUS =
  /\b(?:les (?:deux|trois|quatre|2|3|4)|tous(?: les (?:deux|trois|2|3))?|toutes(?: les (?:deux|trois|2|3))?|tout ca|le tout|l ensemble)\b|(?<!\bc est )(?<!\bcest )(?<!\bc )(?<!sera )(?<!pour )\btout$/;
const CHAQUE =
  /\b(une?|1|deux|2|trois|3|4|5|quatre|cinq) (?:paires? |pieces? )?(?:de |pour |par )?(?:chaque|chacune?|chacuns|modele)\b/;
const RANGS: [RegExp, number][] = [
  [/\b(?:premiere?|1er|1ere)\b/, 0],
  [/\b(?:deuxieme|seconde?|2eme|2e)\b/, 1],
  [/\b(?:troisieme|3eme|3e)\b/, 2],
  [/\b(?:quatrieme|4eme|4e)\b/, 3],
  [/\b(?:derniere?)\b/, -1],
];
const NOMBRES: Record<string, number> = { un: 1, une: 1, deux: 2, trois: 3, quatre: 4, cinq: 5 };

/** @param connus what the dialogue is about (basket, last list), in the order in which it was shown. */
export async function lireLignes(
  messages: string[],
  outils: Pick<Outils, 'chercherProduits'>,
  connus: ProduitTrouve[],
): Promise<LigneDite[]> {
  const lecture = await nommerSegments(segmenter(messages), outils, connus);
  const premier = lecture.find(({ parties }) => parties.some((p) => p.produits.length > 0));
  const aVenir = connus.length > 0 ? [] : (premier?.parties[0]?.produits ?? []);
  const lignes: Brouillon[] = [];
  let aRemplacer = false;
  for (const { segment, parties } of lecture) {
    if (direDeTous(segment, parties, lignes, connus)) continue;
    for (const partie of parties) {
      const lues = await lireLigne(segment, partie, lignes, connus, aVenir, outils);
      for (const ligne of lues) {
        // "change la pointure, mets 40"
        if (aRemplacer && ligne.action === 'ajouter') ligne.action = 'remplacer';
        placer(lignes, ligne);
      }
      aRemplacer = lues.length === 0 && segment.action === 'remplacer';
    }
  }
  return repartir(lignes).map(({ herite: _h, corrige: _c, avantLeNom: _a, ...ligne }) => ligne);
}

type Lecture = { segment: Segment; parties: Partie[] };

/** Looks every piece up, and puts together again what "et" cut inside one name or value. */
async function nommerSegments(
  segments: Segment[],
  outils: Pick<Outils, 'chercherProduits'>,
  connus: ProduitTrouve[],
): Promise<Lecture[]> {
  const lecture: Lecture[] = [];
  let avant: ProduitTrouve[] = connus;
  for (let segment of segments) {
    const dernier = lecture.at(-1);
    if (dernier && segment.et && unSeulNom(dernier, segment, avant)) {
      segment = { ...dernier.segment, texte: `${dernier.segment.texte} et ${segment.texte}` };
      lecture.pop();
    }
    const mots = decouper(segment.texte, segment.message);
    const deja = lireDemande(mots, avant, new Set()).utilises;
    const parties = await nommer(mots, deja, connus, outils, avant);
    for (const partie of parties) if (partie.produits.length > 0) avant = partie.produits;
    lecture.push({ segment, parties });
  }
  return lecture;
}

/** "noir et blanc" is one colour when the catalogue has it, "haut et jupe" one article. */
function unSeulNom(dernier: Lecture, segment: Segment, avant: ProduitTrouve[]): boolean {
  const fin = normaliser(dernier.segment.texte).split(' ').at(-1) ?? '';
  const debut = normaliser(segment.texte).split(' ')[0] ?? '';
  if (fin === '' || debut === '') return false;
  const produits = [...dernier.parties.flatMap((p) => p.produits), ...avant];
  const noms = produits.flatMap((p) => [
    p.nom_produit,
    ...p.variantes.flatMap((v) => Object.values(v.attributs)),
  ]);
  return noms.some((nom) => ` ${normaliser(nom)} `.includes(` ${fin} et ${debut} `));
}

async function lireLigne(
  segment: Segment,
  partie: Partie,
  lignes: Brouillon[],
  connus: ProduitTrouve[],
  aVenir: ProduitTrouve[],
  outils: Pick<Outils, 'chercherProduits'>,
): Promise<Brouillon[]> {
  const { mots } = partie;
  const auLieu = segment.auLieu === null ? null : await lireAuLieu(segment, lignes, connus, outils);
  const precedents = lignes.findLast((l) => l.produits.length > 0 && !l.herite)?.produits ?? [];
  const pointe = partie.produits.length === 0 ? pointer(mots, connus) : null;
  const nommes = partie.produits.length > 0 ? partie.produits : pointe ? [pointe] : [];
  const herite = nommes.length === 0 && partie.introuvable === null;
  const dejaDits =
    auLieu && auLieu.produits.length > 0 ? auLieu.produits : precedents.length > 0 ? precedents : connus;
  const contre = !herite ? nommes : dejaDits.length > 0 ? dejaDits : aVenir;
  const demande = lireDemande(mots, contre, partie.nom);
  const quantite = pointe ? null : compter(mots, demande, contre, partie, herite);
  const dit =
    Object.keys({ ...demande.attributs, ...demande.inconnus }).length > 0 ||
    quantite !== null ||
    demande.choix !== null;
  if (herite && !dit && segment.action === 'ajouter') return [];
  if (herite && !dit && segment.action === 'remplacer' && auLieu === null) return [];
  const repris = auLieu && auLieu.produits.length > 0 ? auLieu.produits : precedents;
  const candidats = herite ? (segment.action === 'retirer' ? [] : repris) : nommes;
  const produits = quiOnt(candidats, demande.attributs);
  // In "non 39" something is corrected; where nothing was said in this breath, it was said before.
  const corrige = segment.corrige && segment.action === 'ajouter';
  const ligne: Brouillon = {
    action: corrige && lignes.length === 0 ? 'remplacer' : segment.action,
    produits,
    attributs: demande.attributs,
    inconnus: demande.inconnus,
    quantite,
    texte: segment.texte.trim(),
    auLieuDe: auLieu,
    enPlus: segment.enPlus && segment.action === 'ajouter',
    interroge: segment.interroge,
    introuvable: partie.introuvable,
    herite,
    corrige: corrige && lignes.length > 0,
    avantLeNom: herite && precedents.length === 0 && connus.length === 0 && aVenir.length > 0,
  };
  // "nike 38 39 40" is one of each; "38 ou 40" is for him to say.
  const { choix } = demande;
  if (!choix || mots.some((m) => m.texte === 'ou')) return [ligne];
  const chacune = quantite === choix.valeurs.length ? 1 : null;
  return choix.valeurs.map((valeur, rang) => ({
    ...ligne,
    attributs: { ...ligne.attributs, [choix.cle]: valeur },
    quantite: chacune,
    herite: herite || rang > 0,
  }));
}

async function lireAuLieu(
  segment: Segment,
  lignes: Brouillon[],
  connus: ProduitTrouve[],
  outils: Pick<Outils, 'chercherProduits'>,
): Promise<LigneDite['auLieuDe']> {
  const mots = decouper(segment.auLieu ?? '', segment.message);
  const avant = lignes.at(-1)?.produits ?? connus;
  const deja = lireDemande(mots, avant, new Set()).utilises;
  const [partie] = await nommer(mots, deja, connus, outils, avant);
  if (!partie) return null;
  const contre = partie.produits.length > 0 ? partie.produits : avant;
  const demande = lireDemande(mots, contre, partie.nom);
  const quantite = compter(mots, demande, contre, partie, partie.produits.length === 0);
  if (partie.produits.length === 0 && quantite === null && Object.keys(demande.attributs).length === 0)
    return null;
  return { produits: quiOnt(partie.produits, demande.attributs), attributs: demande.attributs, quantite };
}

/** "une puma" is one; without any product a big number is a size nobody knows yet, and no quantity. */
function compter(
  mots: Mot[],
  demande: Demande,
  contre: ProduitTrouve[],
  partie: Partie,
  herite: boolean,
): number | null {
  if (demande.quantite !== null) {
    const sure = mots.some((m) => m.nombre === demande.quantite && m.marque?.genre === 'quantite');
    return sure || contre.length > 0 || demande.quantite <= 12 ? demande.quantite : null;
  }
  for (const [rang, mot] of mots.entries()) {
    if (mot.texte !== 'un' && mot.texte !== 'une') continue;
    const apres = mots[rang + 1];
    const nomme = partie.nom.has(apres?.texte ?? '') || partie.introuvable !== null || !herite;
    if (
      nomme
        ? apres !== undefined
        : apres === undefined ||
          /^(?:en|de|du|taille|pointure|autre|seule?)$/.test(apres.texte) ||
          demande.utilises.has(apres)
    )
      return 1;
  }
  return null;
}

/** "le deuxième" of what was shown. */
function pointer(mots: Mot[], connus: ProduitTrouve[]): ProduitTrouve | null {
  const phrase = mots.map((mot) => mot.texte).join(' ');
  const rang = connus.length > 1 ? RANGS.find(([motif]) => motif.test(phrase)) : undefined;
  return rang ? (connus.at(rang[1]) ?? null) : null;
}

/** "les deux", "une de chaque": said of each line of this breath, else of each product that was shown. */
function direDeTous(
  segment: Segment,
  parties: Partie[],
  lignes: Brouillon[],
  connus: ProduitTrouve[],
): boolean {
  const phrase = aplatir(segment.texte)
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  const chaque = CHAQUE.exec(phrase);
  const tous = TOUS.exec(phrase);
  if (
    (!chaque && !tous) ||
    parties.some(
      (p) =>
        p.produits.length > 0 && p.mots.some((m) => p.nom.has(m.texte) && !VIDES.has(m.texte)) && !chaque,
    )
  )
    return false;
  const quantite = chaque ? (NOMBRES[chaque[1] ?? ''] ?? Number(chaque[1])) : null;
  const nombre = /(?:deux|2)\b/.test(tous?.[0] ?? '')
    ? 2
    : /(?:trois|3)\b/.test(tous?.[0] ?? '')
      ? 3
      : /(?:quatre|4)\b/.test(tous?.[0] ?? '')
        ? 4
        : null;
  const mots = decouper(phrase.replace(CHAQUE, ' ').replace(TOUS, ' '), segment.message);
  const dites = lignes.filter((l) => l.action === segment.action);
  // "tous les livres cm2, 1 de chaque"
  const [plusieurs] = dites;
  if (chaque && dites.length === 1 && plusieurs && plusieurs.produits.length > 1) {
    const chacune = plusieurs.produits.map((produit) => ({
      ...plusieurs,
      produits: [produit],
      attributs: { ...plusieurs.attributs },
      quantite,
      herite: false,
    }));
    lignes.splice(lignes.indexOf(plusieurs), 1, ...chacune);
    return true;
  }
  if (dites.length > 1 || (dites.length === 1 && chaque)) {
    for (const ligne of dites) {
      const lue = lireDemande(mots, ligne.produits, new Set());
      Object.assign(ligne.attributs, lue.attributs);
      Object.assign(ligne.inconnus, lue.inconnus);
      ligne.quantite ??= quantite;
    }
    return true;
  }
  // "les deux premiers" of three.
  const bout = nombre === null ? null : /\b(premiere?s|derniere?s)\b/.exec(phrase);
  const designes = !bout
    ? connus
    : bout[1]?.startsWith('p')
      ? connus.slice(0, nombre ?? 0)
      : connus.slice(-(nombre ?? 0));
  if (connus.length < 2 || (nombre !== null && nombre !== designes.length)) return false;
  for (const produit of designes) {
    const lue = lireDemande(mots, [produit], new Set());
    lignes.push({
      action: segment.action,
      produits: [produit],
      attributs: lue.attributs,
      inconnus: lue.inconnus,
      quantite,
      texte: segment.texte.trim(),
      auLieuDe: null,
      enPlus: segment.enPlus && segment.action === 'ajouter',
      interroge: segment.interroge,
      introuvable: null,
      herite: false,
      corrige: false,
      avantLeNom: false,
    });
  }
  return true;
}

/** A piece without a product completes the line before it, corrects it, or is one more of the same product. */
function placer(lignes: Brouillon[], ligne: Brouillon): void {
  const avant = lignes.at(-1);
  if (!avant) {
    lignes.push(ligne);
    return;
  }
  if (ligne.corrige) {
    if (ligne.herite) {
      for (const cle of Object.keys({ ...ligne.attributs, ...ligne.inconnus })) {
        delete avant.attributs[cle];
        delete avant.inconnus[cle];
      }
      fondre(avant, ligne);
    } else {
      lignes[lignes.length - 1] = {
        ...ligne,
        quantite: ligne.quantite ?? avant.quantite,
        action: avant.action,
        auLieuDe: avant.auLieuDe,
        corrige: false,
      };
    }
    return;
  }
  const suite = ligne.herite && ligne.action === 'ajouter' && avant.introuvable === null;
  if (suite && complete(avant, ligne)) {
    fondre(avant, ligne);
  } else if (avant.avantLeNom && !ligne.herite && ligne.introuvable === null && complete(avant, ligne)) {
    lignes[lignes.length - 1] = ligne;
    fondre(ligne, { ...avant, quantite: ligne.quantite ?? avant.quantite });
  } else {
    lignes.push(ligne);
  }
}

function complete(avant: LigneDite, ligne: LigneDite): boolean {
  const dites = Object.keys({ ...avant.attributs, ...avant.inconnus });
  const nouvelles = Object.keys({ ...ligne.attributs, ...ligne.inconnus });
  return (
    !(avant.quantite !== null && ligne.quantite !== null) && !nouvelles.some((cle) => dites.includes(cle))
  );
}

function fondre(dans: Brouillon, ligne: LigneDite): void {
  Object.assign(dans.attributs, ligne.attributs);
  Object.assign(dans.inconnus, ligne.inconnus);
  dans.quantite = ligne.quantite ?? dans.quantite;
  dans.interroge = dans.interroge && ligne.interroge;
  dans.produits = quiOnt(dans.produits, dans.attributs);
  if (ligne.texte !== dans.texte) dans.texte = `${dans.texte} ${ligne.texte}`;
}

/** "2 paires, une en 38 et une en 42" is two pairs and not four; "2 paires 40 et 42" is one of each. */
function repartir(lignes: Brouillon[]): Brouillon[] {
  const gardees: Brouillon[] = [];
  for (let i = 0; i < lignes.length; i += 1) {
    const tete = lignes[i];
    if (!tete) continue;
    let fin = i + 1;
    while (lignes[fin]?.herite && lignes[fin]?.action === tete.action && tete.action === 'ajouter') fin += 1;
    const suite = lignes.slice(i + 1, fin);
    const total = tete.quantite;
    if (total !== null && suite.length > 0) {
      const somme = suite.reduce((n, l) => n + (l.quantite ?? 1), 0);
      const vide = Object.keys(tete.attributs).length === 0;
      if (vide && somme === total) {
        for (const l of suite) l.quantite ??= 1;
        gardees.push(...suite);
        i = fin - 1;
        continue;
      }
      if (!vide && total === suite.length + 1 && suite.every((l) => l.quantite === null))
        for (const l of [tete, ...suite]) l.quantite = 1;
    }
    gardees.push(tete);
  }
  return gardees;
}
