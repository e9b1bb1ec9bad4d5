// Buttons and lists under a reply: titles cut to what WhatsApp takes and told apart, ids that lecture.ts reads.
import { formaterMontant } from '../../shared/montant.ts';
import type { Choix, ProduitTrouve, Reponse, VarianteTrouvee } from '../modele-ia.ts';
import { nom, prix } from './phrases.ts';

const TITRE_BOUTON = 20;
const TITRE_LIGNE = 24;
const DESCRIPTION = 72;
const ID = 200;

export type Interactif = Pick<Reponse, 'boutons' | 'liste'>;

export function couper(texte: string, longueur: number): string {
  const propre = texte.replace(/\s+/g, ' ').trim();
  return propre.length <= longueur ? propre : `${propre.slice(0, longueur - 1).trimEnd()}…`;
}

/** Two titles that are alike once cut get a number. */
function uniques(choix: Choix[], longueur: number): Choix[] {
  const vus = new Set<string>();
  return choix.map((c) => {
    let titre = couper(c.titre, longueur);
    for (let n = 2; vus.has(titre.toLowerCase()); n += 1) titre = `${couper(c.titre, longueur - 3)} ${n}`;
    vus.add(titre.toLowerCase());
    return c.description === undefined
      ? { id: c.id.slice(0, ID), titre }
      : { id: c.id.slice(0, ID), titre, description: couper(c.description, DESCRIPTION) };
  });
}

export function boutons(...choix: Choix[]): Interactif {
  return choix.length === 0 ? {} : { boutons: uniques(choix.slice(0, 3), TITRE_BOUTON) };
}

export function liste(bouton: string, lignes: Choix[]): Interactif {
  const gardees = lignes.filter((l) => l.titre.trim() !== '').slice(0, 10);
  return gardees.length === 0
    ? {}
    : { liste: { bouton: couper(bouton, TITRE_BOUTON), lignes: uniques(gardees, TITRE_LIGNE) } };
}

export function listeProduits(produits: ProduitTrouve[], devise: string): Interactif {
  return liste(
    'Voir les articles',
    produits.map((p) => ({
      id: `produit:${p.id_produit}`,
      titre: nom(p),
      description: `${prix(p, devise)}${nom(p).length > TITRE_LIGNE ? ` · ${nom(p)}` : ''}`,
    })),
  );
}

/** Sizes or colours in stock: the variant itself where the value names one, else the value. */
export function listeValeurs(
  cle: string,
  libelle: string,
  variantes: VarianteTrouvee[],
  devise: string,
): Interactif {
  const enStock = variantes.filter((v) => v.quantite_stock > 0);
  const valeurs = [...new Set(enStock.flatMap((v) => v.attributs[cle] ?? []))];
  const lignes = valeurs.map((valeur) => {
    const siennes = enStock.filter((v) => v.attributs[cle] === valeur);
    const [seule] = siennes;
    const prixDites = new Set(siennes.map((v) => v.prix_unitaire));
    return {
      id: siennes.length === 1 && seule ? `variante:${seule.id_variante}` : `valeur:${cle}:${valeur}`,
      titre: valeur,
      ...(prixDites.size === 1 && seule ? { description: formaterMontant(seule.prix_unitaire, devise) } : {}),
    };
  });
  return lignes.length < 2 ? {} : liste(`Choisir ${libelle}`, lignes);
}
