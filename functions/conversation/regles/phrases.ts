// All the French that the rules engine says, in one place.
// Product names are never given an article but for shoes, whose plural hides their gender; figures come from the tools.

import { formaterMontant } from '../../shared/montant.ts';
import type { LigneChiffree, ProduitTrouve, VarianteTrouvee } from '../modele-ia.ts';
import { clesDe, valeursDe } from './attributs.ts';
import { normaliser } from './mots.ts';

const LIBELLES: Record<string, string> = {
  capacite: 'capacité',
  modele: 'modèle',
  matiere: 'matière',
  age: 'âge',
  amperage: 'ampérage',
  gout: 'goût',
};
const FEMININ =
  /(?:ure|aille|eur|te|ion|ance|ence|iere|ue|gamme|forme|fragrance|coupe|memoire|batterie|dose|duree|face|teinte|puce|saison|marque)s?$/;

export const AIDE = 'Que cherchez-vous ?';

export function salutation(nomComplet: string | null, bonsoir: boolean): string {
  const prenom = prenomDe(nomComplet);
  return `${bonsoir ? 'Bonsoir' : 'Bonjour'}${prenom ? ` ${prenom}` : ''} !`;
}

/** The first word, when it looks like a name: letters only; a profile name may be anything. */
export function prenomDe(nomComplet: string | null): string | null {
  const premier = (nomComplet ?? '').normalize('NFC').trim().split(/\s+/)[0] ?? '';
  if (!/^\p{Script=Latin}[\p{Script=Latin}'’-]{1,24}$/u.test(premier)) return null;
  if (/^(?:mme|mr|mlle|dr|monsieur|madame|client|whatsapp|user|inconnu)$/i.test(premier)) return null;
  if (premier !== premier.toUpperCase() && premier !== premier.toLowerCase()) return premier;
  return premier
    .toLowerCase()
    .replace(/(^|[-'’])(\p{L})/gu, (_, avant: string, lettre: string) => avant + lettre.toUpperCase());
}

export function nom(produit: { nom_produit: string }): string {
  return produit.nom_produit.replace(/\s+/g, ' ').trim().slice(0, 120);
}

export function estChaussure(produit: ProduitTrouve): boolean {
  if (clesDe([produit]).some((cle) => normaliser(cle) === 'pointure')) return true;
  return /\b(?:chaussure|basket|sneaker|sandale|mocassin|botte|bottine|escarpin|ballerine|soulier)s?\b/.test(
    normaliser(`${produit.categorie_produit ?? ''} ${produit.nom_produit}`),
  );
}

export function unites(quantite: number, produit: ProduitTrouve): string {
  return `${quantite} ${estChaussure(produit) ? 'paire' : 'exemplaire'}${quantite > 1 ? 's' : ''}`;
}

/** "en 38 et en noir"; attributes that "en" does not suit are named. */
export function enAttributs(attributs: Record<string, string>): string {
  const cles = clesDe([{ variantes: [{ attributs }] }]);
  return cles
    .map((cle) =>
      /^(?:pointure|taille|couleur|coloris|capacite|stockage|format|matiere)$/.test(normaliser(cle))
        ? `en ${attributs[cle]}`
        : `(${cle} : ${attributs[cle]})`,
    )
    .join(' et ')
    .replaceAll(' et (', ' (');
}

export function article(
  produit: { nom_produit: string },
  attributs: Record<string, string> | undefined,
): string {
  return attributs && Object.keys(attributs).length > 0
    ? `${nom(produit)} ${enAttributs(attributs)}`
    : nom(produit);
}

/** "de Robe Wax", "d'iPhone 13" */
function de(texte: string): string {
  return /^[aeiou]/.test(normaliser(texte.charAt(0))) ? `d'${texte}` : `de ${texte}`;
}

export function liste(elements: string[], lien: string): string {
  if (elements.length < 2) return elements.join('');
  return `${elements.slice(0, -1).join(', ')} ${lien} ${elements.at(-1)}`;
}

export function libelle(cle: string): string {
  return LIBELLES[normaliser(cle)] ?? cle;
}

export function questionAttribut(cle: string, valeurs: string[]): string {
  const dite = normaliser(cle);
  const choix =
    dite === 'pointure' || valeurs.length < 2 || valeurs.length > 6 ? '' : ` : ${liste(valeurs, 'ou')}`;
  return `${FEMININ.test(dite) ? 'Quelle' : 'Quel'} ${libelle(cle)} cherchez-vous${choix} ?`;
}

export function questionChoix(cle: string, valeurs: string[]): string {
  const quel = FEMININ.test(normaliser(cle)) ? 'quelle' : 'quel';
  return `Par ${quel} ${libelle(cle)} commençons-nous : ${liste(valeurs, 'ou')} ?`;
}

/** "en stock : 37, 38 et 40" */
export function enStock(cle: string, valeurs: string[]): string {
  const nomDeCle = libelle(cle);
  const pluriel = valeurs.length > 1 && !/[sx]$/.test(nomDeCle) ? 's' : '';
  return `${nomDeCle.charAt(0).toUpperCase()}${nomDeCle.slice(1)}${pluriel} en stock : ${liste(valeurs, 'et')}.`;
}

export function prix(produit: ProduitTrouve, devise: string): string {
  const tous = produit.variantes.map((v) => v.prix_unitaire);
  const bas = tous.length > 0 ? Math.min(...tous) : produit.prix_unitaire;
  const haut = tous.length > 0 ? Math.max(...tous) : produit.prix_unitaire;
  return `${bas < haut ? 'à partir de ' : ''}${formaterMontant(bas, devise)}`;
}

export function tarif(produit: ProduitTrouve, devise: string): string {
  return `${nom(produit)} : ${prix(produit, devise)}.`;
}

export function ligneDeListe(produit: ProduitTrouve, devise: string): string {
  return `• ${nom(produit)} : ${prix(produit, devise)}${produit.quantite_stock > 0 ? '' : ' (en rupture de stock)'}`;
}

export function choixProduits(
  produits: ProduitTrouve[],
  devise: string,
  intro: string,
  question: string = PHRASES.lequel,
): string {
  const demande = produits.length === 1 ? PHRASES.celui : question;
  return [intro, ...produits.map((p) => ligneDeListe(p, devise)), demande].join('\n');
}

/** Who asked for a price is asked to buy; who only looks around, whether he wants to see it. */
function demandeSuite(p: ProduitTrouve, achat: boolean): string {
  if (estChaussure(p)) return achat ? 'Voulez-vous les commander ?' : 'Voulez-vous les voir ?';
  return achat ? 'Voulez-vous commander cet article ?' : 'Voulez-vous voir cet article ?';
}

/** The seeds' "J'ai des Nike Air Max 90 en 38 à 45 000 FCFA. Voulez-vous les voir ?" */
export function proposition(
  p: ProduitTrouve,
  v: VarianteTrouvee | null,
  ligne: LigneChiffree,
  devise: string,
  achat: boolean,
): string {
  const total =
    ligne.quantite > 1
      ? ` : ${unites(ligne.quantite, p)}, soit ${formaterMontant(ligne.montant, devise)}`
      : '';
  const quoi = article(p, v?.attributs);
  const combien = `à ${formaterMontant(ligne.prix_unitaire, devise)}${total}`;
  const debut = estChaussure(p) ? `J'ai des ${quoi} ${combien}.` : `${quoi} est disponible ${combien}.`;
  return `${debut} ${demandeSuite(p, achat)}`;
}

export function stockRestant(
  p: ProduitTrouve,
  v: VarianteTrouvee | null,
  ligne: LigneChiffree,
  devise: string,
): string {
  const reste = `il reste ${unites(ligne.quantite_stock, p)}, à ${formaterMontant(ligne.prix_unitaire, devise)}`;
  return `${article(p, v?.attributs)} : ${reste}. ${demandeSuite(p, true)}`;
}

export function stockInsuffisant(
  p: ProduitTrouve,
  v: VarianteTrouvee | null,
  ligne: LigneChiffree,
  devise: string,
): string {
  const reste = `il reste seulement ${unites(ligne.quantite_stock, p)}, à ${formaterMontant(ligne.prix_unitaire, devise)}`;
  return `${article(p, v?.attributs)} : ${reste}. Voulez-vous prendre ce qui reste ?`;
}

/** `avec`: the other attributes asked for, which the values in stock go with. */
export function absent(
  produit: ProduitTrouve,
  cle: string,
  valeur: string,
  avec: Record<string, string>,
  valeurs: string[],
): string {
  const debut = `Désolé, je n'ai pas ${de(article(produit, { ...avec, [cle]: valeur }))} en stock.`;
  if (valeurs.length === 0) return `${debut} ${AIDE}`;
  return `${debut} ${enStock(cle, valeurs)} ${valeurs.length > 1 ? 'Que préférez-vous ?' : 'Cela vous convient-il ?'}`;
}

export function rupture(produit: ProduitTrouve, autres: ProduitTrouve[], devise: string): string {
  const debut = `Désolé, ${nom(produit)} : il ne reste plus rien en stock pour le moment.`;
  if (autres.length === 0) return `${debut} Voulez-vous que je vous prévienne dès son retour ?`;
  return choixProduits(autres, devise, `${debut} J'ai aussi :`);
}

const MEDIAS: Record<string, string> = {
  image: 'regarder les images',
  video: 'regarder les vidéos',
  document: 'ouvrir les documents',
  localisation: 'lire les positions',
};

export function mediaSeul(types: string[]): string {
  if (types.at(-1) === 'audio') return PHRASES.vocal;
  const verbe = MEDIAS[types.at(-1) ?? ''] ?? 'lire ce type de message';
  return `Merci pour votre message. Je ne peux pas encore ${verbe}. Pouvez-vous m'écrire ce que vous cherchez ?`;
}

export const PHRASES = {
  ravi: 'Je serais ravi de vous aider.',
  parfait: 'Parfait !',
  accueil: 'Je serais ravi de vous aider. Que cherchez-vous ?',
  ecoute: 'Je vous écoute. Que cherchez-vous ?',
  merci: 'Avec plaisir ! Je reste à votre disposition.',
  auRevoir: 'Merci de votre visite et à bientôt !',
  autreChose: "D'accord. Que puis-je vous proposer d'autre ?",
  autre: "Que puis-je vous proposer d'autre ?",
  robot:
    "Je suis l'assistant automatique de la boutique : je donne les prix, le stock et je prends les commandes. Que cherchez-vous ?",
  robotCourt: "Je suis l'assistant automatique de la boutique.",
  note: "C'est noté.",
  commentCommander:
    "C'est simple : dites-moi l'article, la taille et la quantité, puis votre adresse ; je vous montre le récapitulatif et vous confirmez.",
  anglais: 'I answer in French, but tell me the article you want. Quel article cherchez-vous ?',
  demandeCollegue: 'Bonne question : je demande à un collègue, qui va vous répondre ici.',
  prixFixes: 'Nos prix sont fixes, je ne peux pas les changer.',
  vocal:
    "Merci pour votre message vocal. Je n'ai malheureusement pas pu l'écouter. Pouvez-vous m'écrire ce que vous cherchez ?",
  pasCompris: "Je n'ai pas bien compris.",
  reformuler:
    "Je n'ai pas bien compris. Pouvez-vous me dire quel article vous cherchez, avec la taille et la quantité ?",
  collegue: 'Je passe votre message à un collègue, qui va vous répondre ici.',
  collegueIncompris: 'Je préfère ne pas vous répondre à côté : un collègue va vous répondre ici.',
  catalogue: 'Voici ce que nous proposons :',
  catalogueVide: "Je n'ai pas d'article à vous proposer pour le moment. Un collègue va vous répondre ici.",
  introuvable: 'Je ne trouve pas cet article dans notre catalogue. Nous avons par exemple :',
  pasCeModele: "Je n'ai pas exactement ce modèle. Nous avons :",
  plusieurs: 'Nous avons :',
  lequel: 'Quel article vous intéresse ?',
  celui: 'Cet article vous intéresse-t-il ?',
  lequelDAbord: 'Par quel article commençons-nous ?',
} as const;

export function valeursEnStock(variantes: VarianteTrouvee[], cle: string): string[] {
  return valeursDe(
    variantes.filter((v) => v.quantite_stock > 0),
    cle,
  );
}
