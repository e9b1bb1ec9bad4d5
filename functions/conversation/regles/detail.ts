// Questions about what an article is (what it is made of, how much of it there is): answered from what the vendor wrote
// of it, in his words, or by a person.

import type { ProduitLu } from '../modele-ia.ts';
import { correspond } from './attributs.ts';
import { normaliser } from './mots.ts';
import * as dire from './phrases.ts';
import { PHRASES } from './phrases.ts';
import { CONFIANCE, type Decision, passer, repondre } from './reponse.ts';
import type { Situation } from './situation.ts';
import { estMarchandise } from './synonymes.ts';

const SUJETS: RegExp[] = [
  /\bcombien (?:de|d) (?!temps|reductions?|remises?|rabais|ristournes?|pourcent\w*|jours?|heures?|paires?|exemplaires?|stock|reste|couleurs?|tailles?|pointures?|modeles?|articles?|produits?|fois)(\w{3,})/,
  /\b(?:en |de |a |pour )?quel(?:le)?s? (?:est |sont |type d[e ]+)?(?:la |le |l |les |sa |son |ses )?(?!est\b|sont\b|ont\b|fait\b|type\b|les\b|ses\b|son\b|vous|moyens|modes|options|choix|prix|tarif|heure|jour|jours|couleur|couleurs|taille|tailles|pointure|pointures|article|articles|produit|produits|modele|modeles|commune|ville|quartier|numero|adresse|delai|moyen|mode|frais|zone|zones|difference)(\w{3,})/,
  /\b(?:c est |ce sont |il est |elle est |fait |faite )(?:fait |faite |fabrique\w* )?(?:en |avec )(quoi)\b/,
  /\b(compatibles?|etanches?|impermeables?|lavables?|resist\w+|rechargeables?)\b/,
  /\b(?:il |elle |ca |ils |elles )(consomme|pese|mesure|contient|dure|tient|charge|supporte|chauffe|refroidit)\b/,
  /\b(dimensions?|poids|matiere|composition|ingredients?|autonomie|puissance|fabrication|provenance|date d expiration|peremption|perime)\b/,
];

const PARENTS: Record<string, string> = {
  quoi: 'matiere cuir coton soie tissu plastique inox metal bois verre satin lin polyester toile laine',
  matiere: 'matiere cuir coton soie tissu plastique inox metal bois verre satin lin polyester toile laine',
  consomme: 'watt watts consommation kwh',
  pese: 'kg grammes poids',
  mesure: 'cm metre metres dimension dimensions',
  tient: 'heures autonomie',
  dure: 'heures autonomie jours',
};

/** null: nothing of that kind was asked of one article. */
export async function direDetail(s: Situation): Promise<Decision | null> {
  const [seul, autre] = s.sujet.produits;
  if (!seul || autre) return null;
  const phrase = s.lu.phrase.replace(/[|?]/g, ' ').replace(/ +/g, ' ');
  const demande = SUJETS.map((motif) => motif.exec(phrase)?.[1]).find((mot) => mot !== undefined);
  if (demande === undefined || demande === '' || estMarchandise(demande)) return null;
  const cles = seul.variantes.flatMap((v) => Object.keys(v.attributs)).map(normaliser);
  if (cles.some((cle) => memeRacine(cle, demande))) return null;
  // "combien de pouces ?" of a name that says so.
  if (
    normaliser(seul.nom_produit)
      .split(' ')
      .some((mot) => memeRacine(mot, demande))
  )
    return null;
  const lu = await s.outils.lireProduit(seul.id_produit);
  const trouve = lu && chercherDans(lu, [demande, ...(PARENTS[demande] ?? '').split(' ')]);
  if (trouve) {
    s.memoire.question = { sur: 'prendre' };
    const variantes = seul.variantes.filter((v) => correspond(v, s.memoire.attributs));
    const [cle] = variantes.length > 1 ? Object.keys(variantes[0]?.attributs ?? {}) : [];
    if (cle !== undefined) s.memoire.question = { sur: 'attribut', cle };
    const suite = cle === undefined ? 'Voulez-vous commander cet article ?' : dire.questionAttribut(cle, []);
    return repondre(s, `${dire.nom(seul)} : ${trouve} ${suite}`, CONFIANCE.sure);
  }
  return passer(
    s,
    `demande une précision sur ${dire.nom(seul)} : « ${s.lu.messages.join(' ').slice(0, 200)} »`,
    PHRASES.demandeCollegue,
  );
}

function memeRacine(a: string, b: string): boolean {
  const long = Math.min(5, a.length, b.length);
  return long >= 2 && a.slice(0, long) === b.slice(0, long) && Math.abs(a.length - b.length) < 4;
}

/** The attribute or the sentence that speaks of one of these words; none that names money or gives orders. */
function chercherDans(produit: ProduitLu, mots: string[]): string | null {
  const utiles = mots.filter((mot) => mot !== '' && mot !== 'quoi');
  for (const [cle, valeur] of Object.entries(produit.attributs)) {
    if (utiles.some((mot) => memeRacine(normaliser(cle), mot))) return `${cle} ${valeur}.`;
  }
  for (const phrase of (produit.description_produit ?? '').replace(/\s+/g, ' ').split(/(?<=[.!?;])\s/)) {
    if (/\bf ?cfa\b|% d[e']|https?:|assistant|important|annonce|instruction|ignore|system/i.test(phrase))
      continue;
    const dits = normaliser(phrase).split(' ');
    if (dits.some((dit) => utiles.some((mot) => memeRacine(dit, mot))))
      return /[.!?]$/.test(phrase.trim()) ? phrase.trim() : `${phrase.trim().replace(/[;,]$/, '')}.`;
  }
  return null;
}
