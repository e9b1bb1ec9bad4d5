// Questions about the shop, answered from what the vendor said of it: delivery, payment, hours, address, policies.
// Each answer is a sentence that stands before whatever the dialogue was about.
import { formaterMontant } from '../../shared/montant.ts';
import type { Boutique, MethodePaiement } from '../modele-ia.ts';
import type { Question as QuestionPosee } from './memoire.ts';
import { normaliser } from './mots.ts';
import { liste } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { demandeSur, devise, type Situation } from './situation.ts';

export type ReponsesBoutique = {
  phrases: string[];
  /** Why a person must answer. */
  main: string | null;
  /** The question that the last phrase asks. */
  question: QuestionPosee | null;
};

export async function repondreSurLaBoutique(s: Situation): Promise<ReponsesBoutique> {
  const r: ReponsesBoutique = { phrases: [], main: null, question: null };
  await direLivraison(s, r);
  const moyens = s.avant.question?.sur === 'paiement' && /\b(?:moyens|options|choix)\b/.test(s.lu.phrase);
  if (demandeSur(s, 'paiement') || moyens) r.phrases.push(await direPaiement(s));
  if (demandeSur(s, 'horaires')) r.phrases.push(direHoraires(await s.boutique()));
  const visite = /\b(?:venir|passer) (?:\w+ )?(?:voir|regarder|essayer)\b/.test(s.lu.phrase);
  if (demandeSur(s, 'adresse_boutique') || visite) r.phrases.push(direAdresse(await s.boutique()));
  await direPolitiques(s, r);
  if (/\b(?:peur|mefi\w*|crain\w*)\b/.test(s.lu.phrase)) {
    r.phrases.push(await rassurer(s));
  }
  if (demandeSur(s, 'contact'))
    r.phrases.push('Vous êtes au bon endroit : écrivez-nous ici, sur ce numéro WhatsApp.');
  if (demandeSur(s, 'emploi'))
    r.phrases.push("Merci de votre intérêt ! Ici je m'occupe seulement des ventes de la boutique.");
  return r;
}

// ── delivery ────────────────────────────────────────────────────────────────────────────────────────────────────

async function direLivraison(s: Situation, r: ReponsesBoutique): Promise<void> {
  const frais = demandeSur(s, 'livraison_frais');
  const zone = demandeSur(s, 'livraison_zone');
  const delai = demandeSur(s, 'livraison_delai');
  if (!frais && !zone && !delai) return;
  const panier = s.outils.panier();
  // Where he lives once he has said it, unless he asks where one delivers at all.
  const partout =
    /\bou (?:est ce que )?(?:vous )?livr|\blivr\w+ ou\b|\bzones?\b|\bquel\w* (?:communes?|villes?|quartiers?)|\bpartout\b/.test(
      normaliser(s.lu.phrase),
    );
  const dit = s.lu.lieu ?? s.lu.details.adresse;
  const lieu = dit ?? (partout ? null : (panier.adresse ?? s.avant.lieu));
  const { zones } = await s.boutique();
  if (lieu !== null) {
    const l = await s.outils.estimerLivraison(lieu);
    if (l.commune !== null || l.connue) {
      const ou = nommerLieu(lieu, l.commune);
      if (dit !== null && l.connue) s.memoire.lieu = dit.slice(0, 100);
      if (l.connue && l.frais !== null) {
        const combien = l.frais === 0 ? 'gratuite' : `à ${formaterMontant(l.frais, devise(s))}`;
        r.phrases.push(
          `${zone && !frais ? 'Oui, nous livrons' : 'La livraison'} à ${ou}${zone && !frais ? `, livraison ${combien}` : ` est ${combien}`}${l.date ? `, livraison prévue ${l.date}` : ''}.`,
        );
        return;
      }
      r.phrases.push(
        `Je n'ai pas de tarif de livraison pour ${ou}. ${direZones(zones, devise(s))} Souhaitez-vous que je demande à un collègue ?`,
      );
      r.question = { sur: 'collegue', lieu: ou };
      return;
    }
  }
  const general = await s.outils.estimerLivraison('');
  if (general.connue && general.frais !== null) {
    const combien = general.frais === 0 ? 'gratuite' : `à ${formaterMontant(general.frais, devise(s))}`;
    r.phrases.push(`La livraison est ${combien}${general.date ? `, livraison prévue ${general.date}` : ''}.`);
    return;
  }
  if (zones.length === 0) {
    r.main = 'pose une question sur la livraison, sans zone connue';
    return;
  }
  r.phrases.push(`${direZones(zones, devise(s))} Dans quelle commune êtes-vous ?`);
}

/** "Bingerville (Banlieue)": a zone need not be called as the place that was asked about. */
function nommerLieu(lieu: string, zone: string | null): string {
  if (zone === null) return lieu;
  const [dit, connue] = [normaliser(lieu), normaliser(zone)];
  const autre = !dit.split(' ').some((mot) => mot.length > 1 && connue.slice(0, 2) === mot.slice(0, 2));
  return autre && /^[\p{L}' -]{3,30}$/u.test(lieu) ? `${lieu} (${zone})` : zone;
}

function direZones(zones: Boutique['zones'], devise: string): string {
  const dites = zones.slice(0, 10).map((z) => {
    const combien = z.frais === 0 ? 'gratuit' : formaterMontant(z.frais, devise);
    return `${z.nom} (${combien}, ${z.delai})`;
  });
  return dites.length === 0 ? '' : `Nous livrons à : ${liste(dites, 'et')}.`;
}

// ── payment, hours, address ─────────────────────────────────────────────────────────────────────────────────────

const NOMMEES: [RegExp, MethodePaiement | null][] = [
  [/\borange ?mone?y\b|\bom\b|\borange\b/, 'orange_money'],
  [/\bmtn\b|\bmomo\b/, 'mtn_money'],
  [/\bwave\b/, 'wave'],
  [/\bvirement\b/, 'virement_bancaire'],
  [/\b(?:cash|especes?|liquide|a la livraison|main a main)\b/, 'paiement_livraison'],
  [/\b(?:moov|flooz|carte|cheque|paypal|visa|credit|tranches?|plusieurs fois|western)\b/, null],
];

async function direPaiement(s: Situation): Promise<string> {
  const { moyens_paiement, politiques } = await s.boutique();
  const phrase = normaliser(s.lu.phrase);
  const nommee = NOMMEES.find(([motif]) => motif.test(phrase));
  const acceptee = nommee?.[1] != null && moyens_paiement.includes(nommee[1]);
  const debut = nommee === undefined ? '' : acceptee ? 'Oui, pas de souci. ' : 'Pas ce moyen, désolé. ';
  const detail = politiques.paiement ? ` ${propre(politiques.paiement)}` : '';
  return `${debut}Vous pouvez payer par : ${vente.moyens(moyens_paiement, 'ou')}.${detail}`;
}

/** "lundi à vendredi : 08:00-18:00, samedi : 09:00-13:00, dimanche : fermé" */
function direHoraires({ horaires, ouverte }: Boutique): string {
  if (horaires.length === 0) return 'Vous pouvez commander ici à tout moment, je vous réponds tout de suite.';
  const jours = horaires.map((h) => {
    const [jour = '', ...heures] = h.split(' : ');
    return { jour, heures: heures.join(' : ') };
  });
  const groupes: { de: string; a: string; heures: string }[] = [];
  for (const { jour, heures } of jours) {
    const dernier = groupes.at(-1);
    if (dernier && dernier.heures === heures) dernier.a = jour;
    else groupes.push({ de: jour, a: jour, heures });
  }
  const dits = groupes.map((g) => `${g.de === g.a ? g.de : `${g.de} à ${g.a}`} : ${g.heures}`).join(', ');
  const maintenant =
    ouverte === null
      ? ''
      : ouverte
        ? ' Nous sommes ouverts en ce moment.'
        : ' Nous sommes fermés en ce moment.';
  return `Nos horaires : ${dits}.${maintenant}`;
}

function direAdresse({ adresse, retrait_possible }: Boutique): string {
  if (adresse)
    return `Notre boutique : ${propre(adresse)}${retrait_possible ? ' Vous pouvez y retirer votre commande.' : ''}`;
  return retrait_possible
    ? "Le retrait est possible ; l'adresse vous est donnée avec la commande."
    : 'Nous vendons en ligne et nous livrons chez vous.';
}

// ── policies ────────────────────────────────────────────────────────────────────────────────────────────────────

const THEMES: ['retour' | 'garantie' | 'authenticite', RegExp, string][] = [
  ['retour', /retour|echange|rembours/, 'les retours'],
  ['garantie', /garanti|sav/, 'la garantie'],
  ['authenticite', /authenti|origin|qualite/, "l'authenticité"],
];

async function direPolitiques(s: Situation, r: ReponsesBoutique): Promise<void> {
  const themes = THEMES.filter(([theme]) => demandeSur(s, theme));
  if (themes.length === 0) return;
  const { politiques } = await s.boutique();
  for (const [, motif, quoi] of themes) {
    const dite = Object.entries(politiques).find(([theme]) => motif.test(normaliser(theme)));
    if (dite) r.phrases.push(propre(dite[1]));
    else if (/\b(?:serieux|serieuse|fiables?|arnaques?)\b/.test(s.lu.phrase))
      r.phrases.push(await rassurer(s));
    else r.main ??= `pose une question sur ${quoi}, dont la boutique n'a rien dit`;
  }
}

/** Who fears to be cheated may pay when he has it in his hands, where the shop lets him. */
async function rassurer(s: Situation): Promise<string> {
  const { moyens_paiement } = await s.boutique();
  return `Je comprends.${moyens_paiement.includes('paiement_livraison') ? ' Ici vous pouvez payer à la livraison.' : ''}`;
}

/** What the vendor wrote, as one sentence that ends. */
function propre(texte: string): string {
  const net = texte.replace(/\s+/g, ' ').trim().slice(0, 500);
  return /[.!?…]$/.test(net) ? net : net.replace(/[,;:]$/, '').concat('.');
}

/** A theme that the vendor added himself: its name was said. */
export async function politiqueNommee(s: Situation): Promise<string | null> {
  if (!s.lu.phrase.includes('?') && s.faits.mots.length < 2) return null;
  const phrase = ` ${normaliser(s.lu.phrase)} `;
  const { politiques } = await s.boutique();
  const trouvee = Object.entries(politiques).find(
    ([theme]) =>
      theme.length > 3 && phrase.includes(` ${normaliser(theme.replaceAll('_', ' ')).replace(/s$/, '')}`),
  );
  return trouvee ? propre(trouvee[1]) : null;
}
