// The built-in engine behind ModeleIA: French rules, no network, the same answer to the same question every time.
// It is the default without a key and the fallback of the others, so it never throws because of what a prospect wrote.
import type { Contexte, Etape, ModeleIA, Outils, Reponse } from './modele-ia.ts';
import { decider } from './regles-decision.ts';
import { lireFaits } from './regles-faits.ts';
import { lireMemoire } from './regles-memoire.ts';
import { salutation } from './regles-phrases.ts';

const MODELE = 'regles-fr-1';

export function creerMoteurRegles(): ModeleIA {
  return { repondre };
}

/**
 * `confiance`: 0.95 when a rule fits words it knows; for a product 0.5 + half of the search's score, at most 0.95;
 * 0.6 when the person must choose, or wrote nothing that can be read; 0.2 when nothing was understood.
 */
async function repondre(contexte: Contexte, outils: Outils): Promise<Reponse> {
  const faits = lireFaits(contexte.nouveaux);
  const memoire = lireMemoire(contexte.memoire);
  const premiere = !memoire.salue && !contexte.historique.some((m) => m.direction === 'sortant');
  const decision = await decider(contexte, faits, memoire, premiere, outils);
  const bonjour = premiere ? `${salutation(contexte.prospect.nom_complet, faits.bonsoir)} ` : '';
  return {
    texte: bonjour + decision.texte,
    memoire: { ...decision.memoire, salue: true },
    etape: etapeApres(
      contexte.etape,
      decision.memoire.produit !== null || decision.memoire.recherche !== null,
    ),
    confiance: decision.confiance,
    modele: MODELE,
    passerLaMain: decision.passerLaMain,
  };
}

/** Orders are not taken here: a talk about a product is `qualification`, whatever came before. */
function etapeApres(etape: Etape, parleDeProduit: boolean): Etape {
  return parleDeProduit ? 'qualification' : etape;
}
