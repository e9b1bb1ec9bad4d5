// A seller of a few lines behind ModeleIA, honest or not: proves that the player brings a sale to its end, and that the judge
// notices who lies. It sells the first article that is named.
import type { Contexte, ModeleIA, Outils } from '../../functions/conversation/modele-ia.ts';
import { NUMERO_COMMANDE } from '../../functions/conversation/modele-ia.ts';

export type Ruse = {
  /** What is said instead of the truth. */
  parole?(texte: string): string;
  /** What is put into the basket instead of one. */
  quantite?: number;
  passerLaMain?: boolean;
};

export function vendeurScripte(ruse: Ruse = {}): ModeleIA {
  return {
    async repondre(contexte, outils) {
      const texte = await suite(contexte, outils, ruse.quantite ?? 1);
      return {
        texte: ruse.parole?.(texte) ?? texte,
        memoire: {},
        etape: 'qualification',
        confiance: 1,
        modele: 'scripte',
        passerLaMain: ruse.passerLaMain ? 'essai' : null,
      };
    },
  };
}

async function suite(contexte: Contexte, outils: Outils, quantite: number): Promise<string> {
  const dit = contexte.nouveaux.map((m) => m.texte).join(' ');
  if (outils.panier().recapitule && dit.includes('oui')) {
    const { refus } = await outils.confirmerCommande();
    return refus ?? `Merci ! Votre commande ${NUMERO_COMMANDE} est confirmée.`;
  }
  const [manque] = outils.panier().manque;
  if (manque === 'article') {
    const [p] = await outils.chercherProduits(dit);
    if (p === undefined) return 'Que cherchez-vous ?';
    const v = p.variantes.find((x) => Object.values(x.attributs).every((a) => dit.includes(a)));
    const article = { id_produit: p.id_produit, id_variante: v?.id_variante ?? null };
    await outils.modifierPanier({ action: 'mettre', ...article, quantite });
  } else if (manque === 'adresse') await outils.modifierPanier({ action: 'completer', adresse: dit });
  else if (manque === 'nom') await outils.modifierPanier({ action: 'completer', nom: dit });
  else if (manque === 'telephone') await outils.modifierPanier({ action: 'completer', telephone: dit });
  else if (manque === 'paiement') {
    await outils.modifierPanier({ action: 'completer', methode_paiement: 'paiement_livraison' });
  }
  const panier = outils.panier();
  const lignes = panier.lignes.map((l) => `${l.quantite} ${l.libelle} : ${l.montant} FCFA`).join('\n');
  if (!outils.recapituler()) return `${lignes}\nIl me faut : ${panier.manque[0]}`;
  return `${lignes}\nLivraison ${panier.frais_livraison} FCFA, à payer ${panier.montant_a_payer} FCFA. C'est bon ?`;
}
