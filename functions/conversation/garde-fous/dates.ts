// Days, hours and delays in a reply: each must have come from the tools, and one of a delivery from what they say of deliveries.
import type { FaitsConnus, GenreDate } from './faits.ts';
import { plier } from './texte.ts';

const JOURS =
  'lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday';
const MOIS =
  'janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|january|february|march|april|may|june|july|august|september|october|november|december';
const EN_FRANCAIS: Record<string, string> = {
  monday: 'lundi',
  tuesday: 'mardi',
  wednesday: 'mercredi',
  thursday: 'jeudi',
  friday: 'vendredi',
  saturday: 'samedi',
  sunday: 'dimanche',
  january: 'janvier',
  february: 'fevrier',
  march: 'mars',
  april: 'avril',
  may: 'mai',
  june: 'juin',
  july: 'juillet',
  august: 'aout',
  september: 'septembre',
  october: 'octobre',
  november: 'novembre',
  december: 'decembre',
  tomorrow: 'demain',
  today: "aujourd'hui",
  tonight: 'ce soir',
  '1er': '1',
  'same day': 'le jour meme',
  'next day': 'le lendemain',
};
const RELATIF =
  "apres-demain|apres demain|demain|aujourd'hui|aujourd hui|ce soir|cet apres-midi|cette nuit|cette semaine|ce matin|ce week-end|ce weekend|la semaine prochaine|semaine prochaine|le jour meme|le meme jour|le lendemain|tout a l'heure|(?:dans |d'ici (?:a )?)l'heure|(?:in|within) (?:an|the) hour|(?:a|avant|vers|d'ici) (?:midi|minuit)|jusqu'a (?:midi|minuit)|(?:en )?(?:fin|debut|milieu) de (?:semaine|journee|mois|matinee|soiree)|instantane\\w*|sur[- ]le[- ]champ|tous les jours|every ?day|j ?\\+ ?\\d|7 ?(?:j|jours)? ?(?:/|sur) ?7|dans la journee|dans l'apres-midi|dans la matinee|dans la soiree|(?:dans |d'ici )?quelques (?:heures|jours|minutes)|(?:a )?few (?:hours|days|minutes)|tomorrow|today|tonight|this week|next week|same day|next day|this weekend";
const DATE = new RegExp(
  `\\b(?:(?:${JOURS}) (?:le )?\\d{1,2}(?:er)?(?![:\\dh]| ?h\\b)(?: (?:${MOIS}))?|\\d{1,2}(?:er|st|nd|rd|th)? (?:of )?(?:${MOIS})|(?:${MOIS}) \\d{1,2}|${JOURS})\\b|(?<![a-z-])(?:${RELATIF})(?![a-z-])|\\b[0-3]?\\d/[01]?\\d(?:/\\d{2,4})?\\b|\\b20[2-4]\\d-\\d\\d-\\d\\d\\b`,
  'g',
);
const UN_JOUR = new RegExp(`\\b(?:${JOURS})\\b`, 'g');
const LIVRAISON =
  /\b(?:livr\w*|recev\w*|recoi\w*|arriv\w*|expedi\w*|envo[iy]\w*|chez vous|deliver\w*|receive\w*|ship\w*|colis|commande)\b/;
const OUVERTURE =
  /\b(?:ouvert\w*|ferme\w*|horaires?|boutique|magasin|passer|passez|retir\w*|recuper\w*|open|closed|hours)\b/;
/** "Que puis-je pour vous aujourd'hui ?" promises nothing. */
const POLITESSE =
  /\b(?:aider|vous servir|cherchez|puis-je|faire plaisir|interesse\w*|besoin|tente\w*|help|looking for|assist|bon week-?end|bonne)\b/;

/** "Très bien, à demain !" takes leave. */
const A_BIENTOT = new RegExp(
  `^(?:[a-z' ]{0,30}[,!.] ?)?(?:a|see you) (?:demain|tout a l'heure|tomorrow|${JOURS})[^a-z0-9]*$`,
);

/** Where dates, delays and hours stand in a folded sentence; other numbers are not theirs. */
export function placesDesDates(phrase: string): { debut: number; fin: number; texte: string }[] {
  return [...phrase.matchAll(DATE)].map((t) => ({ debut: t.index, fin: t.index + t[0].length, texte: t[0] }));
}

function genresAdmis(phrase: string): GenreDate[] {
  if (LIVRAISON.test(phrase) && !OUVERTURE.test(phrase)) return ['livraison'];
  return ['livraison', 'horaires', 'texte'];
}

const enFrancais = (texte: string): string =>
  plier(texte)
    .replace(/\b(\d{1,2})(?:er|st|nd|rd|th)\b/g, '$1')
    .replace(/\b(?:same day|next day|[a-z]+)\b/g, (m) => EN_FRANCAIS[m] ?? m)
    .replace(/\b([a-z]+) (\d{1,2})$/, (tout, mois: string, n: string) =>
      MOIS.includes(mois) ? `${n} ${mois}` : tout,
    )
    .replace(/\b(?:of|le) /g, '');

export function dateConnue(ecrite: string, phrase: string, faits: FaitsConnus): boolean {
  if (
    /^(?:aujourd|today|ce soir|tonight|ce matin|ce week)/.test(ecrite) &&
    POLITESSE.test(phrase) &&
    !LIVRAISON.test(phrase)
  )
    return true;
  if (A_BIENTOT.test(phrase)) return true;
  if (/^(?:tous les jours|every ?day|7)/.test(ecrite)) return toujoursOuvert(faits);
  const mots = enFrancais(ecrite).split(' ');
  const admis = genresAdmis(phrase);
  return faits.dates.some((d) => {
    if (!admis.includes(d.genre)) return false;
    // "dimanche : fermé" does not make Sunday a day on which one is open.
    if (/\bferme\b/.test(plier(d.texte)) && !/\b(?:ferme\w*|closed|pas|sauf|except|not)\b/.test(phrase))
      return false;
    const dedans = ` ${enFrancais(d.texte).replace(/[^a-z0-9':/-]+/g, ' ')} `;
    return mots.every((m) => dedans.includes(` ${m} `));
  });
}

function toujoursOuvert(faits: FaitsConnus): boolean {
  const ouverts = faits.dates.filter((d) => d.genre === 'horaires' && !/\bferme\b/.test(plier(d.texte)));
  return new Set(ouverts.map((d) => plier(d.texte).split(/[ :]/)[0])).size === 7;
}

/** "24 h", "2 jours", "8h30": the same expression stands in what the tools gave, for the same purpose. */
export function dureeConnue(
  { brut, debut }: { brut: string; debut: number },
  phrase: string,
  faits: FaitsConnus,
): boolean {
  // "le samedi de 8h": of that day's hours, when the shop gave some.
  const jour = [...phrase.slice(0, debut).matchAll(UN_JOUR)].map(([j]) => EN_FRANCAIS[j] ?? j).at(-1);
  const duJour = (d: { texte: string }) => jour !== undefined && plier(d.texte).startsWith(jour);
  const parJour = faits.dates.some((d) => d.genre === 'horaires' && duJour(d));
  const admis = genresAdmis(phrase);
  const unite = (t: string) =>
    plier(t)
      .replace(/\b(?:days?|journees?)\b/g, 'jour')
      .replace(/\bjours\b/g, 'jour')
      .replace(/\b(?:hours?|heures?|hrs?)\b/g, 'h')
      .replace(/\bmonths?\b/g, 'mois')
      .replace(/\b(?:weeks?|semaines)\b/g, 'semaine')
      .replace(/\b(?:ans|annees?|years?)\b/g, 'an')
      .replace(/\b(?:minutes?|mins?)\b/g, 'mn')
      .replace(/\b0(\d)(?= ?[h:])/g, '$1')
      .replace(/(\d) ?[h:] ?00\b/g, '$1 h')
      .replace(/(\d) ?[h:] ?(\d\d)\b/g, '$1h$2')
      .replace(/(\d)[ -]?(h|jour|mois|semaine|an|mn)\b/g, '$1 $2');
  const cherche = enNombres(unite(brut));
  return faits.dates.some(
    (d) =>
      admis.includes(d.genre) &&
      (d.genre !== 'horaires' || !parJour || duJour(d)) &&
      new RegExp(`(?<![\\da-z])${cherche}(?![\\da-z])`).test(enNombres(unite(d.texte))),
  );
}

const enNombres = (t: string): string =>
  t.replace(
    /\b(?:une?|deux|trois|quatre|cinq|six|sept|huit|dix|quinze|one|two|three|four|five|seven|ten)\b/g,
    (m) =>
      String(
        {
          un: 1,
          une: 1,
          one: 1,
          deux: 2,
          two: 2,
          trois: 3,
          three: 3,
          quatre: 4,
          four: 4,
          cinq: 5,
          five: 5,
          six: 6,
          sept: 7,
          seven: 7,
          huit: 8,
          dix: 10,
          ten: 10,
          quinze: 15,
        }[m] ?? m,
      ),
  );
