// A second look at a search that found nothing: letters that changed places at the beginning of a name, which the
// index does not see, are put right by the names that the shop has.
import type { ProduitTrouve } from '../modele-ia.ts';
import { normaliser, uneFaute } from './mots.ts';

type Chercher = (texte: string) => Promise<ProduitTrouve[]>;

export async function chercherCorrige(texte: string, chercher: Chercher): Promise<ProduitTrouve[]> {
  const trouves = await chercher(texte);
  const dits = normaliser(texte).split(' ');
  if (trouves.length > 0 || !dits.some((mot) => mot.length > 4)) return trouves;
  const noms = new Set((await chercher('')).flatMap((p) => normaliser(p.nom_produit).split(' ')));
  const justes = new Map<string, string>();
  for (const mot of dits) {
    const nom =
      mot.length > 4
        ? [...noms].find(
            (n) =>
              uneFaute(mot, n) ||
              (n.length > mot.length && n.startsWith(mot.slice(0, 6)) && mot.length > 6) ||
              (n.length > 7 && mot.length > 5 && n.startsWith(mot.slice(0, -1))),
          )
        : undefined;
    if (nom !== undefined) justes.set(nom, mot);
  }
  if (justes.size === 0) return [];
  const corrige = dits.map((mot) => [...justes].find(([, dit]) => dit === mot)?.[0] ?? mot).join(' ');
  const produits = await chercher(corrige);
  return produits.map((p) => ({ ...p, mots: p.mots.map((mot) => justes.get(mot) ?? mot) }));
}
