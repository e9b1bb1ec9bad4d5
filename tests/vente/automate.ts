// An engine that does what it is told, in the order it is told: so that orders can be made and broken without any reading of French.
// A prospect's message is an `Ordre` as JSON; what is not JSON is answered with a word.
import type { ChangementPanier, ModeleIA, Outils, Reponse } from '../../functions/conversation/modele-ia.ts';
import { NUMERO_COMMANDE } from '../../functions/conversation/modele-ia.ts';

export type Ordre = {
  changer?: ChangementPanier[];
  recap?: true;
  oui?: true;
  annuler?: number;
  attendre?: [produit: number, variante: number | null];
  stop?: true;
  photo?: number;
  main?: string;
  confiance?: number;
};

export const dit = (ordre: Ordre) => JSON.stringify(ordre);

/** Before its reply goes to be recorded: the moment in which the shop moves, a person takes over, a worker dies. */
type Avant = (ordre: Ordre) => Promise<void> | void;

export function automate(avant: Avant = () => {}): ModeleIA {
  return {
    async repondre(contexte, outils) {
      const reponse: Reponse = {
        texte: 'Bonjour !',
        memoire: {},
        etape: 'qualification',
        confiance: 0.9,
        modele: 'automate',
        passerLaMain: null,
      };
      for (const message of contexte.nouveaux) {
        if (!message.texte.startsWith('{')) continue;
        const ordre = JSON.parse(message.texte) as Ordre;
        reponse.texte = await faire(ordre, outils);
        reponse.passerLaMain = ordre.main ?? null;
        reponse.confiance = ordre.confiance ?? 0.9;
        await avant(ordre);
      }
      return reponse;
    },
  };
}

async function faire(ordre: Ordre, outils: Outils): Promise<string> {
  const dits: string[] = [];
  for (const changement of ordre.changer ?? []) {
    const { refus } = await outils.modifierPanier(changement);
    dits.push(refus?.code ?? 'fait');
  }
  if (ordre.oui) {
    const { refus } = await outils.confirmerCommande();
    dits.push(refus ?? `Commande ${NUMERO_COMMANDE}`);
    // As every engine does: what could not be confirmed is shown again.
    if (refus !== null) dits.push(outils.recapituler() ? 'récapitulatif' : 'rien à montrer');
  }
  if (ordre.recap) dits.push(outils.recapituler() ? 'récapitulatif' : outils.panier().manque.join(' '));
  if (ordre.annuler) dits.push((await outils.annulerCommande(ordre.annuler)).refus ?? 'annulée');
  if (ordre.attendre) dits.push(String(await outils.prevenirRetour(...ordre.attendre)));
  if (ordre.photo) dits.push(`${await outils.envoyerPhoto(ordre.photo)} photos`);
  if (ordre.stop) outils.desabonner();
  return dits.join(', ') || 'Bien noté.';
}
