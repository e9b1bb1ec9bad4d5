// The built-in engine behind ModeleIA: French rules, no network, the same answer to the same question every time.
// It is the default without a key and the fallback of the others, so it never throws because of what a prospect wrote.
import type { Contexte, Etape, ModeleIA, Outils, Reponse } from '../modele-ia.ts';
import { decider } from './decision.ts';
import { lire } from './lecture.ts';
import { lireMemoire } from './memoire.ts';
import { salutation } from './phrases.ts';
import { chercherCorrige } from './recherche.ts';
import type { Decision } from './reponse.ts';

const MODELE = 'regles-fr-2';

export function creerMoteurRegles(): ModeleIA {
  return { repondre };
}

/**
 * `confiance`: 0.95 when a rule fits words it knows; for a product 0.5 + half of the search's score, at most 0.95;
 * 0.6 when the person must choose, or wrote nothing that can be read; 0.2 when nothing was understood.
 */
async function repondre(contexte: Contexte, vrais: Outils): Promise<Reponse> {
  const outils = sansRepetition(vrais);
  const memoire = lireMemoire(contexte.memoire);
  const premiere = !memoire.salue && !contexte.historique.some((m) => m.direction === 'sortant');
  const lu = await lire(contexte.nouveaux, memoire, outils.panier(), outils);
  const decision = await decider(contexte, lu, memoire, premiere, outils);
  const bonjour = premiere ? `${salutation(contexte.prospect.nom_complet, lu.faits.bonsoir)} ` : '';
  return {
    texte: (bonjour + decision.texte).trim(),
    ...(decision.passerLaMain === null ? decision.interactif : {}),
    memoire: { ...decision.memoire, salue: true },
    etape: etapeApres(contexte.etape, decision, outils),
    confiance: decision.confiance,
    modele: MODELE,
    passerLaMain: decision.passerLaMain,
  };
}

/** A summary or an order changes the stage in SQL; here, whether one is choosing. */
function etapeApres(etape: Etape, { memoire, abandon }: Decision, outils: Outils): Etape {
  if (abandon) return 'abandon';
  const choisit = memoire.produit !== null || memoire.recherche !== null || outils.panier().lignes.length > 0;
  return choisit ? 'qualification' : etape;
}

/** The same is looked up once per reply. */
function sansRepetition(outils: Outils): Outils {
  const memoriser = <A, R>(f: (a: A) => Promise<R>): ((a: A) => Promise<R>) => {
    const faits = new Map<A, Promise<R>>();
    return (a) => {
      const fait = faits.get(a) ?? f(a);
      faits.set(a, fait);
      return fait;
    };
  };
  const chercherProduits = memoriser(outils.chercherProduits);
  return {
    ...outils,
    chercherProduits: memoriser((texte) => chercherCorrige(texte, chercherProduits)),
    lireProduit: memoriser(outils.lireProduit),
    estimerLivraison: memoriser(outils.estimerLivraison),
  };
}
