// Whether a prospect said yes to the summary he was shown, or asked for his order to be called off. Not the model's opinion: an order is money.

import { nomme } from '../garde-fous/nombres.ts';
import { plier } from '../garde-fous/texte.ts';
import type { Contexte, MessageDialogue } from '../modele-ia.ts';

/** perime: he tapped the button of an older summary. */
export type Accord = 'oui' | 'non' | 'perime' | 'inconnu';

const SANS_SOUCI =
  /\b(?:pas|sans|aucun|y a pas) (?:de )?(?:souci|probleme|soucis|problemes)\b|\bpourquoi pas\b|\bno (?:problem|worries)\b/g;
const RESERVE =
  /\b(?:non|no|nope|nan|pas|attend\w*|wait|stop|annul\w*|cancel\w*|laiss\w+ tomber|plutot|mais|but|chang\w*|modif\w*|remplac\w*|enlev\w*|retir\w*|ajout\w*|instead|combien|pourquoi|trop cher|reflechi\w*|plus tard|later|si (?:vous|tu|c'est|possible|on|jamais)|if|not|je vais (?:voir|demander|regarder|en parler)|on verra|(?:vous|te) (?:reviens|redis|dirai)|je (?:reviens|demande)|(?:je|on) (?:t')?(?:te |vous )?dis|brb|let me (?:see|check))\b|\blaisse[zr]?\W*$|n't\b|\d|\b(?:deux|trois|quatre|cinq|six|sept|huit|dix|two|three|four|five)\b/;
const OUI =
  /\b(?:oui+|ouais|oui da|wi|ok+|okay|oki|d ?'?accord|dac+ord|dac|je (?:confirme|valide|prends|commande)|confirm\w*|valid\w*|c'? ?(?:est )?bon|ca marche|ca me va|parfait|nickel|exact\w*|tout a fait|bien sur|vas[ -]y|allez[ -]y|allons[ -]y|on est ensemble|envoye[zr]?|go|yes+|yep|yeah|yup|sure|correct|perfect|deal|claro|vale|sim|ja|da|naam|awo|iyo|eeh|waaw|sawa|ndiyo)\b|[👍✅👌🤝💯]|نعم|ايوه|أجل|موافق|是|好|^\W*si\W*$/u;
const OUI_DABORD = new RegExp(`^[^\\p{L}\\p{N}]*(?:${OUI.source})`, 'u');

export function lireAccord(nouveaux: readonly MessageDialogue[], empreinte: string): Accord {
  const tapes = nouveaux.flatMap((m) => (m.choix === null ? [] : [m.choix]));
  const tape = tapes.at(-1);
  if (tape?.startsWith('confirmer')) {
    return tape === `confirmer:${empreinte.slice(0, 8)}` ? 'oui' : 'perime';
  }
  if (tape === 'oui') return 'oui';
  if (tape !== undefined) return 'non';
  const dit = plier(nouveaux.map((m) => m.texte).join(' . ')).replace(SANS_SOUCI, ' ');
  if (RESERVE.test(dit)) return 'non';
  if (dit.includes('?')) return OUI_DABORD.test(dit) ? 'oui' : 'non';
  return OUI.test(dit) ? 'oui' : 'inconnu';
}

/** "Oui" answers what was said last: the summary, or a question whether to confirm. "Voulez-vous une photo ?" is another one. */
export function repondAuRecapitulatif(contexte: Contexte, total: number | null): boolean {
  if (contexte.nouveaux.some((m) => m.choix?.startsWith('confirmer:'))) return true;
  const dernier = contexte.historique
    .filter((m) => m.direction === 'sortant' && m.texte.trim() !== '')
    .at(-1);
  if (dernier === undefined || total === null) return false;
  return nomme(dernier.texte, total) || /\b(?:confirm|valid)\w*[^.!?]*\?/i.test(dernier.texte);
}

/** The last time he spoke of it he did not say no. */
export function demandeAnnulation({ historique, nouveaux }: Contexte): boolean {
  const siens = [...historique.filter((m) => m.direction === 'entrant').slice(-3), ...nouveaux];
  const dernier = siens.filter((m) => m.choix !== 'annuler_panier' && /annul|cancel/i.test(m.texte)).at(-1);
  return (
    dernier !== undefined &&
    !/\b(?:n['’ ]?|ne |pas |don['’]?t |not )(?:\w+['’ ]){0,2}(?:annul|cancel)|annul\w* (?:pas|rien)/i.test(
      dernier.texte,
    )
  );
}
