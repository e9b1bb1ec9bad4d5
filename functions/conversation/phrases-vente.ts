// The product's own words for what must be said exactly: the summary one says yes to, and the order that was made.
// In French, and in English for who writes it; the figures are the basket's.
import { formaterMontant } from '../shared/montant.ts';
import type { Choix, MethodePaiement, PanierChiffre } from './modele-ia.ts';
import { NUMERO_COMMANDE } from './modele-ia.ts';

export type Langue = 'fr' | 'en';

const PAIEMENTS: Record<MethodePaiement, [fr: string, en: string]> = {
  paiement_livraison: ['à la livraison', 'on delivery'],
  orange_money: ['Orange Money', 'Orange Money'],
  mtn_money: ['MTN Money', 'MTN Money'],
  wave: ['Wave', 'Wave'],
  virement_bancaire: ['virement bancaire', 'bank transfer'],
};

export function motsDuPaiement(methode: MethodePaiement, langue: Langue = 'fr'): string {
  return PAIEMENTS[methode][langue === 'fr' ? 0 : 1];
}

/** Everything a "oui" agrees to, and the question. */
export function recapitulatif(panier: PanierChiffre, devise: string, langue: Langue): string {
  const fr = langue === 'fr';
  const prix = (montant: number) => formaterMontant(montant, devise);
  const paiement = panier.methode_paiement && motsDuPaiement(panier.methode_paiement, langue);
  const lieu =
    panier.mode === 'retrait'
      ? fr
        ? 'Retrait en boutique'
        : 'Pick-up at the shop'
      : `${fr ? 'Livraison' : 'Delivery'} : ${panier.adresse ?? ''} (${prix(panier.frais_livraison ?? 0)})`;
  return [
    fr ? 'Récapitulatif :' : 'Summary:',
    ...panier.lignes.map((l) => `• ${l.quantite} x ${l.libelle} : ${prix(l.montant)}`),
    panier.date_livraison && panier.mode !== 'retrait' ? `${lieu}, ${panier.date_livraison}` : lieu,
    ...(paiement ? [`${fr ? 'Paiement' : 'Payment'} : ${paiement}`] : []),
    `${fr ? 'Total à payer' : 'Total to pay'} : ${prix(panier.montant_a_payer ?? panier.montant_total)}`,
    fr ? 'Vous confirmez ?' : 'Do you confirm?',
  ].join('\n');
}

export function confirmation(panier: PanierChiffre, devise: string, langue: Langue): string {
  const total = formaterMontant(panier.montant_a_payer ?? panier.montant_total, devise);
  return langue === 'fr'
    ? `Votre commande ${NUMERO_COMMANDE} est enregistrée. Total à payer : ${total}. Merci !`
    : `Your order ${NUMERO_COMMANDE} is recorded. Total to pay: ${total}. Thank you!`;
}

export function passage(langue: Langue): string {
  return langue === 'fr' ? 'Un collègue va vous répondre.' : 'A colleague will answer you.';
}

/** Ids as the built-in engine has them: whichever of the two reads the tap understands it. */
export function choixDuRecapitulatif(panier: PanierChiffre, langue: Langue): Choix[] {
  const fr = langue === 'fr';
  return [
    { id: `confirmer:${panier.empreinte.slice(0, 8)}`, titre: fr ? 'Je confirme' : 'I confirm' },
    { id: 'modifier', titre: fr ? 'Modifier' : 'Change' },
    { id: 'annuler_panier', titre: fr ? 'Annuler' : 'Cancel' },
  ];
}
