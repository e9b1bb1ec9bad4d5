// The French of selling: basket, questions of an order, summary, confirmation, and what comes after.
import { formaterMontant } from '../../shared/montant.ts';
import type { CommandeLue, LignePanier, MethodePaiement, PanierChiffre } from '../modele-ia.ts';
import { NUMERO_COMMANDE } from '../modele-ia.ts';
import { liste, nom, prenomDe } from './phrases.ts';

export const METHODES: Record<MethodePaiement, string> = {
  paiement_livraison: 'paiement à la livraison',
  orange_money: 'Orange Money',
  mtn_money: 'MTN Money',
  wave: 'Wave',
  virement_bancaire: 'virement bancaire',
};

const BOUTONS_PAIEMENT: Record<MethodePaiement, string> = {
  paiement_livraison: 'À la livraison',
  orange_money: 'Orange Money',
  mtn_money: 'MTN Money',
  wave: 'Wave',
  virement_bancaire: 'Virement bancaire',
};

export const choixPaiement = (methodes: MethodePaiement[]) =>
  methodes.map((m) => ({ id: `payer:${m}`, titre: BOUTONS_PAIEMENT[m] }));

export const moyens = (methodes: MethodePaiement[], lien = 'et') =>
  liste(
    methodes.map((m) => METHODES[m]),
    lien,
  );

type LigneDite = Pick<LignePanier, 'libelle' | 'quantite' | 'prix_unitaire' | 'montant'>;

function libelle(ligne: Pick<LignePanier, 'libelle'>): string {
  return ligne.libelle.replace(/\s+/g, ' ').trim().slice(0, 150);
}

/** "• 2 × Nike Air Max 90 (38) à 45 000 FCFA : 90 000 FCFA" */
function enLigne(ligne: LigneDite, devise: string): string {
  const { quantite } = ligne;
  const unite = formaterMontant(ligne.prix_unitaire, devise);
  return quantite > 1
    ? `• ${quantite} × ${libelle(ligne)} à ${unite} : ${formaterMontant(ligne.montant, devise)}`
    : `• ${libelle(ligne)} : ${unite}`;
}

export function propositions(lignes: LigneDite[], total: number | null, devise: string): string {
  return [
    'Voici :',
    ...lignes.map((l) => enLigne(l, devise)),
    ...(total === null ? [] : [`Total : ${formaterMontant(total, devise)}`]),
    'Voulez-vous tout commander ?',
  ].join('\n');
}

/** "2 x Nike Air Max 90 (38), 90 000 FCFA" */
export function ligneCourte(ligne: LignePanier, devise: string): string {
  return `${ligne.quantite > 1 ? `${ligne.quantite} × ` : ''}${libelle(ligne)}, ${formaterMontant(ligne.montant, devise)}`;
}

export function note(lignes: LignePanier[], devise: string): string {
  const [seule] = lignes;
  if (lignes.length === 1 && seule) return `C'est noté : ${ligneCourte(seule, devise)}.`;
  return ["C'est noté :", ...lignes.map((l) => enLigne(l, devise)), ''].join('\n').trimEnd();
}

export function contenu(panier: PanierChiffre, devise: string): string {
  return [
    'Votre panier :',
    ...panier.lignes.map((l) => enLigne(l, devise)),
    `Total : ${formaterMontant(panier.montant_total, devise)}`,
    ...(panier.frais_livraison !== null && panier.montant_a_payer !== null && panier.mode === 'livraison'
      ? [
          `Avec la livraison (${formaterMontant(panier.frais_livraison, devise)}) : ${formaterMontant(panier.montant_a_payer, devise)}`,
        ]
      : []),
  ].join('\n');
}

export function recapitulatif(panier: PanierChiffre, devise: string): string {
  const { frais_livraison: frais, montant_a_payer: aPayer } = panier;
  const retrait = panier.mode === 'retrait';
  const lignes = ['Récapitulatif de votre commande :', ...panier.lignes.map((l) => enLigne(l, devise))];
  lignes.push(`Total articles : ${formaterMontant(panier.montant_total, devise)}`);
  if (!retrait && frais !== null)
    lignes.push(
      `Livraison${panier.commune ? ` (${panier.commune})` : ''} : ${frais === 0 ? 'gratuite' : formaterMontant(frais, devise)}`,
    );
  if (aPayer !== null) lignes.push(`Total à payer : ${formaterMontant(aPayer, devise)}`);
  lignes.push(retrait ? 'Retrait à la boutique' : `Adresse : ${panier.adresse ?? ''}`);
  if (!retrait && panier.date_livraison) lignes.push(`Livraison prévue : ${panier.date_livraison}`);
  const pour = [panier.nom, panier.telephone].filter((x) => x !== null).join(', ');
  if (pour !== '') lignes.push(`Pour : ${pour}`);
  if (panier.methode_paiement) lignes.push(`Paiement : ${METHODES[panier.methode_paiement]}`);
  if (panier.notes) lignes.push(`Note : ${panier.notes}`);
  lignes.push('Confirmez-vous cette commande ?');
  return lignes.join('\n');
}

export function confirmee(
  panier: PanierChiffre,
  devise: string,
  qui: string | null,
  paiement: string | undefined,
): string {
  const prenom = prenomDe(qui);
  const phrases = [`Merci${prenom ? ` ${prenom}` : ''} ! Votre commande ${NUMERO_COMMANDE} est confirmée.`];
  if (panier.montant_a_payer !== null)
    phrases.push(`Total à payer : ${formaterMontant(panier.montant_a_payer, devise)}.`);
  if (panier.mode === 'retrait') phrases.push('Elle vous attendra à la boutique.');
  else if (panier.date_livraison) phrases.push(`Livraison prévue ${panier.date_livraison}.`);
  if (paiement && panier.methode_paiement !== 'paiement_livraison') phrases.push(paiement);
  return phrases.join(' ');
}

/** What was settled so far, in one or two sentences. */
export function panierPourLeVendeur(panier: PanierChiffre, devise: string): string {
  const lignes = panier.lignes.map((l) => `${l.quantite} x ${libelle(l)}`).join(', ');
  const ou =
    panier.mode === 'retrait'
      ? 'retrait en boutique'
      : panier.adresse
        ? `à livrer : ${panier.adresse}${panier.frais_livraison === null ? ' (aucun tarif pour ce lieu)' : `, livraison ${formaterMontant(panier.frais_livraison, devise)}`}`
        : '';
  const reste = [
    ou,
    panier.methode_paiement ? METHODES[panier.methode_paiement] : '',
    panier.telephone ?? '',
  ];
  return `Panier : ${lignes}, total ${formaterMontant(panier.montant_total, devise)}${reste
    .filter((x) => x !== '')
    .map((x) => ` ; ${x}`)
    .join('')}.`;
}

const STATUTS: Record<string, string> = {
  en_attente: 'est bien enregistrée',
  confirmee: 'est confirmée',
  en_preparation: 'est en préparation',
  expediee: 'est en route',
  livree: 'est livrée',
  annulee: 'est annulée',
  echec: "n'a pas pu aboutir",
};
const STATUTS_LIVRAISON: Record<string, string> = {
  assignee: 'est confiée au livreur',
  recuperee: 'est en route',
  en_transit: 'est en route',
  livree: 'est livrée',
};

export function etatCommande(c: CommandeLue, devise: string): string {
  const finie = /^(?:livree|annulee|echec)$/.test(c.statut_commande);
  const livraison = finie ? undefined : STATUTS_LIVRAISON[c.statut_livraison ?? ''];
  const etat = livraison ?? STATUTS[c.statut_commande] ?? 'est enregistrée';
  const phrases = [`Votre commande ${c.numero_commande} ${etat}.`];
  if (!finie) {
    if (c.livreur) phrases.push(`Livreur : ${nom({ nom_produit: c.livreur })}.`);
    if (c.date_livraison) phrases.push(`Livraison prévue ${c.date_livraison}.`);
    phrases.push(`À payer : ${formaterMontant(c.montant_a_payer, devise)}.`);
  }
  return phrases.join(' ');
}

export const VENTE = {
  adresse: 'Où souhaitez-vous être livré ? Indiquez la commune, le quartier et un repère.',
  adresseOuRetrait:
    'Où souhaitez-vous être livré ? Indiquez la commune, le quartier et un repère, ou choisissez le retrait à la boutique.',
  commune: 'Je ne reconnais pas ce lieu. Dans quelle commune est-ce ?',
  fraisInconnus:
    "Je n'ai pas de tarif de livraison pour ce lieu : un collègue vous donne le montant ici et termine la commande avec vous.",
  nom: 'À quel nom je mets la commande ?',
  telephone: 'Quel numéro le livreur peut-il appeler ?',
  telephoneInvalide: "Ce numéro n'a pas l'air complet.",
  changer: "Que voulez-vous changer : l'article, la quantité, l'adresse ou le paiement ?",
  preciser:
    "Que voulez-vous changer exactement : l'article, la taille, la quantité, l'adresse ou le paiement ? Je ne confirme rien avant.",
  attendre: "Prenez votre temps, je garde votre panier. Dites-moi quand c'est bon.",
  attendreSansPanier: 'Prenez votre temps. Je reste à votre disposition.',
  vide: "C'est annulé, rien n'est commandé. Je reste à votre disposition.",
  panierVide: 'Votre panier est vide pour le moment. Que cherchez-vous ?',
  dejaConfirmer: 'Pour confirmer, répondez « oui » ; pour changer quelque chose, dites-le-moi.',
  merciCommande: 'Avec plaisir ! À bientôt.',
} as const;
