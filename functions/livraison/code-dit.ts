// The four digits of a handover code, as a courier writes or says them.
import { normaliser } from './mots-livreur.ts';

const UNITES =
  'zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize'.split(' ');
const DIZAINES: Record<string, number> = {
  vingt: 20,
  vingts: 20,
  trente: 30,
  quarante: 40,
  cinquante: 50,
  soixante: 60,
};

/** The code, or null when there is none or more than one that it could be. */
export function codeDit(texte: string, numeros: readonly string[] = []): string | null {
  let reste = texte.toUpperCase();
  for (const numero of numeros) reste = reste.replaceAll(numero.toUpperCase(), ' ');
  reste = reste.replace(/CMD[-\s]?[\d-]+/g, ' ').replace(/\d{1,2}\s*H\s*\d{0,2}(?!\d)/g, ' ');
  const trouves = new Set<string>();
  // "Il m'a donné 8000": what he was paid.
  const argent =
    /DONN|PA[YI]|VERS[EÉ]|ENCAISS|MONNAIE|ARGENT|CASH|WAVE|VEUT/.test(reste) && !/CODE/.test(reste);
  // A run of digits, however it is grouped; longer ones are telephone numbers.
  for (const suite of reste.matchAll(/\+?\d(?:[\s.\-_]{0,2}\d)*/g)) {
    const chiffres = suite[0].replace(/\D/g, '');
    const apres = reste.slice(suite.index + suite[0].length);
    const avant = reste.slice(0, suite.index);
    const montant =
      /^\s*(?:F\b|FCFA|CFA|FRANCS?|KM|MIN|MN|M\b)/.test(apres) || (argent && chiffres.endsWith('00'));
    if (chiffres.length === 4 && !montant && !/(?:RUE|LOT|PORTE|VILLA|À|VERS)\s*$/.test(avant))
      trouves.add(chiffres);
  }
  if (trouves.size === 0) for (const dit of nombresDits(texte)) if (dit.length === 4) trouves.add(dit);
  const [seul] = trouves;
  return trouves.size === 1 && seul !== undefined ? seul : null;
}

/** Runs of number words as digits: "quarante-huit vingt et un", "quatre huit deux un" and "quatre mille huit cent vingt et un" are 4821. */
function nombresDits(texte: string): string[] {
  const mots = normaliser(texte).mots.split(' ');
  const suites: string[] = [];
  let suite = '';
  for (let i = 0; i < mots.length; ) {
    const lu = mille(mots, i) ?? moinsDeCent(mots, i);
    if (lu === null) {
      if (suite.length > 1) suites.push(suite);
      suite = '';
      i += 1;
    } else {
      suite += String(lu.valeur);
      i = lu.suivant;
    }
  }
  if (suite.length > 1) suites.push(suite);
  return suites;
}

type Lu = { valeur: number; suivant: number };

function moinsDeCent(mots: readonly string[], i: number): Lu | null {
  const mot = mots[i] ?? '';
  if (mot === 'quatre' && /^vingts?$/.test(mots[i + 1] ?? '')) return avecUnites(mots, i + 2, 80, 19);
  const dizaine = DIZAINES[mot];
  if (dizaine !== undefined) return avecUnites(mots, i + 1, dizaine, dizaine === 60 ? 19 : 9);
  const unite = mot === 'une' ? 1 : UNITES.indexOf(mot);
  if (unite < 0) return null;
  const suivante = UNITES.indexOf(mots[i + 1] ?? '');
  return unite === 10 && suivante >= 7 && suivante <= 9
    ? { valeur: 10 + suivante, suivant: i + 2 }
    : { valeur: unite, suivant: i + 1 };
}

function avecUnites(mots: readonly string[], i: number, dizaine: number, maximum: number): Lu {
  const j = mots[i] === 'et' ? i + 1 : i;
  const mot = mots[j] ?? '';
  let unite = mot === 'une' ? 1 : UNITES.indexOf(mot);
  let suivant = j + 1;
  const apres = UNITES.indexOf(mots[suivant] ?? '');
  if (unite === 10 && maximum === 19 && apres >= 7 && apres <= 9) {
    unite = 10 + apres;
    suivant += 1;
  }
  return unite >= 1 && unite <= maximum
    ? { valeur: dizaine + unite, suivant }
    : { valeur: dizaine, suivant: i };
}

function mille(mots: readonly string[], i: number): Lu | null {
  const milliers = mots[i] === 'mille' ? { valeur: 1, suivant: i } : moinsDeCent(mots, i);
  if (milliers === null || milliers.valeur > 9 || mots[milliers.suivant] !== 'mille') return null;
  let j = milliers.suivant + 1;
  let valeur = milliers.valeur * 1000;
  const cent = (mot: string | undefined) => mot === 'cent' || mot === 'cents';
  const centaines = cent(mots[j]) ? { valeur: 1, suivant: j } : moinsDeCent(mots, j);
  if (centaines !== null && centaines.valeur <= 9 && cent(mots[centaines.suivant])) {
    valeur += centaines.valeur * 100;
    j = centaines.suivant + 1;
  }
  const reste = moinsDeCent(mots, j);
  return reste === null ? { valeur, suivant: j } : { valeur: valeur + reste.valeur, suivant: reste.suivant };
}
