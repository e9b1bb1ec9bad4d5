// Where a text speaks of a place: the order's address, or only a question about delivering there.
import type { Attendu } from './coordonnees.ts';
import {
  type Extrait,
  ecarter,
  ecarterDe,
  morceaux,
  nettoyerBords,
  ouvrir,
  prendre,
  sansLivres,
  type Texte,
} from './extraits.ts';
import { estNomConnu } from './noms.ts';
import { estMarchandise } from './synonymes.ts';

export type EstLieu = (texte: string) => Promise<boolean>;

/** Where a place stands, and where the words that lead to it begin. */
type Endroit = { depuis: number; debut: number; fin: number };

/** What stands at a place; "derrière la pharmacie" is how one finds a house in Abidjan. */
const REPERE =
  /\b(?:pharmacie|mosquee|eglise|temple|ecole|lycee|college|maternite|hopital|chu|clinique|dispensaire|terminus|carrefour|marche|gare|station|cite|rue|immeuble|villa|ilot|lot|portail|rond point|feux?|pont|hotel|maquis|chateau|antenne|bloc|appartement|appart|apt|etage|residence|boulangerie|supermarche|total|shell|petro|commissariat|gendarmerie|camp|mairie|corridor|autoroute|goudron|boulevard|avenue|bd|quartier|secteur|sous quartier|zone|lavage|kiosque|cave|banque|orange money|universite|campus|cimetiere|stade|allocodrome|sodeci|cie|baoule|sicogi|sogefiha|tranche|km|pk ?\d+)\b/;
const OU =
  /\b(?:derriere|derrier|devant|a cote d[eu]|a cote des|cote d[eu]|en face d[eu]s?|en face|face a|pres d[eu]s?|non loin|juste apres|juste avant|vers|entre|au niveau d[eu]|apres (?:le|la|l)|avant (?:le|la|l)|au bord|au fond|en bas d[eu])\b/;

const AMORCES: RegExp[] = [
  /\b(?:mon |l )?adresse(?: de livraison)?(?: (?:c est|cest|est|cest a|c est a))? ?:? ?/,
  /\b(?:lieu(?: de livraison)?|commune|quartier|destination) ?: ?/,
  /\b(?:a livrer|livre[rz]?(?: (?:moi|nous|la|le|les|ca|cela|tout|svp|plutot|finalement|aussi|donc|demain))*|(?<!ete |etes |est )livree?s?|me livrer|(?:faire|faites) livrer|livre moi|envo(?:ye[rz]?|ie)(?: (?:moi|nous|la|le|les|ca|cela|tout|svp|plutot|finalement|aussi|donc|demain))*|(?:expedie|amene|depose)[rz]?(?: (?:moi|nous|la|le|les|ca|cela|tout|svp|plutot|finalement|aussi|donc|demain))*|livraison) (?:chez moi )?(?:c est |sera |se fera |se fait )?(?:a|au|aux|sur|vers|dans|en|pour) /,
  /\b(?:j habite|jhabite|j abite|je vis|je reste|je loge|je suis|chui|chuis|je me trouve|on est|nous sommes|on habite|chez moi(?: c est)?|c est chez moi|la maison (?:est|c est)|je travaille) (?:a|au|aux|en|dans|sur|vers) (?:l )?/,
  /\b(?:je suis|j habite|jhabite|c est|on est|livre[rz]?(?: moi| nous| ca| le| la| les)*|chez moi|je me trouve|je reste) (?=(?:derriere|derrier|devant|a cote|en face|face a|pres d|non loin|entre|juste apres|au niveau))/,
  /\b(?:pour la livraison|la livraison) (?:c est|cest|ce sera|sera|c) (?:a |au |aux |sur |vers )?/,
  /\b(?:c est|cest|c) (?:a livrer )?(?:a|au|aux|sur|vers) /,
];

const QUESTION_LIVRAISON =
  /\b(?:vous|vs|tu|on|v) (?:me |nous |faites? (?:la |les |des )?|pouvez |peux |peut |fait )*livr(?:ez|er|e|es|aison|aisons|é)\b(?! moi| nous)|\blivre[zr] vous\b|\bfrais (?:de|d) (?:livraison|transport|envoi)|\b(?:prix|tarif|cout|montant|delai) (?:de |pour )?(?:la |de la )?livraison|\blivr(?:aisons?|er|ez|é|e)\b.{0,40}\b(?:combien|cb|cmb|cmbien|conbien|coute|prix|tarif|gratuit\w*|possible|quand|delai|temps|dispo\w*)\b|\b(?:combien|cb|cmb|cmbien|conbien|coute|prix|tarif|c est (?:quand|possible)|est ce que|gratuit\w*)\b.{0,30}\b(?:livr(?:aison|er|ez|e)|transport)\b|\blivraison (?:dispo|possible|gratuite)/;
const ORDRE_LIVRAISON =
  /\b(?:livre[rz]? (?:moi|nous|ca|le|la|les)\b|me livrer|envoye[rz] (?:moi|le|la|les|ca)\b|faites (?:moi )?livrer|je (?:veux|voudrais|souhaite|prefere) (?:\w+ ){0,2}livr)/;
const COMBIEN =
  /\b(?:c est |c |cest |ca fait |ca coute |et )?(?:combien|cb|cmb|cmbien|conbien|a combien|quel (?:est le )?(?:prix|tarif))\b[^\n|]*/;

/** Stops that end the name of a place in a question. */
const FIN_LIEU =
  /\b(?:combien|cb|cmb|cmbien|conbien|a combien|c|cest|coute|fait|svp|stp|s il|quand|prix|tarif|et|ou|ca|est|demain|aujourd|aujourdhui|ce|possible|aussi|dispo\w*|gratuit\w*|merci|si|pour|sans|avec|j|je|dans combien|(?:la |le )?(?:livr\w*|transport|frais)|d abord|mais|qui|que|c'est|donc|non|oui|bonjour|bjr)\b/;
const PAS_LIEU =
  /^(?:moi|nous|vous|vs|tu|on|domicile|la maison|maison|quand|combien|gratuit\w*|demain|chez \w+|partout|rapide\w*|vite|les?|la|l|des?|un|une|ce|cette|mon|ma|vos|votre|aujourd\w*|aussi|en|heure|quel\w*|toutes?|tous|ailleurs|ici|la bas|svp|stp|possible|ou|payer|client|deux|trois|une|jours?|article\w*|me|ca|cela|bien|a|au|aux)\b/;

function estQuestion(t: Texte, debut: number, fin: number): boolean {
  const dit = sansLivres(t.libre.slice(debut, fin));
  if (ORDRE_LIVRAISON.test(dit)) return false;
  const interroge = /^\s*\?/.test(t.plat.slice(fin));
  return QUESTION_LIVRAISON.test(dit) || (interroge && /\blivr|\bet (?:pour|a|sur) /.test(dit));
}

type Portion = { depuis: number; debut: number; fin: number };

/** The place in a question about delivery, between `debut` and `fin` of a piece; `depuis` is where "à" begins. */
function lieuDans(dit: string): Portion | null {
  const avant =
    /^ *(?:(?:bonjour|bonsoir|bjr|bsr|slt|salut|svp|et|ok|si|pour|a|au|aux|sur|vers) )*/.exec(dit)?.[0]
      .length ?? 0;
  const candidats = [
    ...dit.matchAll(/\b(?:jusqu a|jusqua|jusque|a|au|aux|sur|vers|pour|dans|en|de) (?:les? |l )?/g),
  ].map((lu) => ({ depuis: lu.index, debut: lu.index + lu[0].length }));
  const verbe = /\b(?:livr\w*|transport|expedi\w+|combien|cb|cmb|et)\b(?: vous| moi)?/.exec(dit);
  if (verbe) candidats.push({ depuis: verbe.index, debut: verbe.index + verbe[0].length + 1 });
  // "Bingerville livraison combien"
  if (/^(?!vous|vs|tu|on |la |le )\w+(?: \w+)? (?:la )?livraison/.test(dit.slice(avant)))
    candidats.push({ depuis: avant, debut: avant });
  // "le sac en cuir et la livraison à Bingerville": what stands behind the word delivery comes first.
  const livre = dit.search(/\b(?:livr|envo|exped|transport)/);
  candidats.sort((a, b) => Number(a.debut < livre) - Number(b.debut < livre));
  for (const { depuis, debut } of candidats) {
    const suite = dit.slice(debut);
    const stop = FIN_LIEU.exec(suite);
    const lieu = suite.slice(0, stop?.index ?? suite.length).trim();
    if (lieu.length < 2 || PAS_LIEU.test(lieu) || lieu.split(' ').some(estMarchandise)) continue;
    if (lieu.split(' ').length <= 5) return { depuis, debut, fin: debut + lieu.length };
  }
  return null;
}

/** The place that a question about delivery names: "Yop" out of "vous livrez à Yop ?". It is no address of an order. */
export function lieuDemande(messages: string[]): string | null {
  const t = ouvrir(messages);
  let dernier: string | null = null;
  for (const { debut, fin } of morceaux(t)) {
    const dit = t.plat.slice(debut, fin);
    if (
      !estQuestion(t, debut, fin) &&
      !/^ ?(?:et )?(?:pour|a|sur|vers) \w+.*\b(?:combien|cb|cmb)\b/.test(dit)
    )
      continue;
    const lieu = lieuDans(dit);
    if (lieu) dernier = nettoyerBords(t.brut.slice(debut + lieu.debut, debut + lieu.fin));
  }
  return dernier;
}

/** Questions about delivery give no address; their places name no goods either. */
export function retirerQuestions(t: Texte): void {
  for (const { debut, fin } of morceaux(t)) {
    if (!estQuestion(t, debut, fin)) continue;
    const lieu = lieuDans(t.libre.slice(debut, fin));
    if (lieu) prendre(t, debut + lieu.depuis, debut + lieu.fin);
    ecarterDe(t, debut, fin);
  }
}

const POLITESSE =
  /\b(?:s il (?:vous|te) plai[ts]?|svp|stp|please|merci(?: beaucoup| bien| d avance)?|bonjour|bonsoir|bjr|bsr|slt|salut|cordialement|je vous en prie|monsieur|madame|inch ?allah|incha ?allah)\b/;
const ACHAT =
  /\b(?:je|j|on|nous|jen) (?:(?:en|le|la|les|vais|veux|voudrais|aimerais|souhaite) )*(?:prends?|prendre|prendrai|veux|voudrais|commande|achete|acheter|valide|confirme|souhaite|paie|paye)\b|\b(?:je|j) (?:peux|passe|viens|ai|demande|pense|reflechis|sais|connais|ne|vous|te|t)\b|\b(?:meme (?:endroit|adresse|lieu)|derniere fois|comme d habitude|localisation|vous connaissez)\b|\b(?:ajoute[rz]?|enleve[rz]?|retire[rz]?|remplace[rz]?|annule[rz]?|donne[rz]? moi|mettez?|reserve[rz]?|attend[sz]?|attendez|laisse[rz]?|changez?|modifi\w+)\b/;
const BAVARDAGE =
  /^ *(?:(?:ok+|oui+|ouais?|wi|non+|nn|d accord|dac|daccord|c est bon|c bon|cest bon|parfait|bien|super|voila|voici|alors|donc|euh|bon|ah|et|mais|yes|okay|oki|bien sur|cool|entendu|c est ca|pas de (?:souci|probleme)|deja|en fait|finalement|plutot|je prends|je commande|je valide|je confirme|a|au|aux|sur|c est|cest|c|chez moi|ici|moi|je suis|j habite|mon|ma|l|adresse|lieu|livraison|pour|la|est|sera|ce|de|dans|en|le|les|:)(?: +|$))+/;
const INTERROGE =
  /\b(?:combien|cb|cmb|quel(?:le)?s?|quand|pourquoi|comment|est ce|esce|ya|y a|avez|c est quoi|c quoi|dispo\w*|prix|possible|coute)\b/;

/**
 * Finds the address: what follows "livrez-moi à", a piece that names a place or a landmark, or, when the address was
 * asked, the bare answer. Pieces that follow one another make one address.
 */
export async function prendreAdresse(t: Texte, attendu: Attendu, estLieu: EstLieu): Promise<string | null> {
  ecarter(t, POLITESSE);
  ecarter(t, COMBIEN);
  const pieces: Extrait[] = [];
  const places: Endroit[] = [];
  for (const { debut, fin } of morceaux(t)) {
    const enCours = pieces.length > 0;
    const trouve = await situer(t, debut, fin, attendu, enCours, estLieu);
    if (!trouve) continue;
    places.push(trouve);
    const texte = nettoyerBords(t.brut.slice(trouve.debut, trouve.fin));
    pieces.push({ debut: trouve.debut, fin: trouve.fin, groupes: [], texte });
  }
  // A later place corrects an earlier one ("Yop… non Cocody"); a landmark completes it.
  const dits: string[] = [];
  for (const [rang, piece] of pieces.entries()) {
    const plat = t.plat.slice(piece.debut, piece.fin);
    const avant = t.plat.slice(Math.max(pieces[rang - 1]?.fin ?? 0, piece.debut - 40), piece.debut);
    if (
      dits.length > 0 &&
      /\b(?:non|plutot|finalement|pardon|en fait)\b[^\n|]*$/.test(avant) &&
      !OU.test(plat)
    )
      dits.length = 0;
    if (piece.texte !== '' && !dits.includes(piece.texte)) dits.push(piece.texte);
  }
  for (const place of places) prendre(t, place.depuis, place.fin);
  return dits.length === 0 ? null : dits.join(', ');
}

async function situer(
  t: Texte,
  debut: number,
  fin: number,
  attendu: Attendu,
  enCours: boolean,
  estLieu: EstLieu,
): Promise<Endroit | null> {
  const dit = t.libre.slice(debut, fin);
  const interroge = /^\s*\?/.test(t.plat.slice(fin)) || INTERROGE.test(dit);
  for (const amorce of AMORCES) {
    const lu = amorce.exec(dit);
    if (!lu) continue;
    const ou = debut + lu.index + lu[0].length;
    const suite = t.libre.slice(ou, fin).trim();
    if (
      suite.length < 2 ||
      PAS_LIEU.test(suite) ||
      /^\d+ ?(?:h|f|frs?|fcfa|mille)?\b(?! ?(?:plateaux|pltx|platx))/.test(suite)
    )
      continue;
    // "c'est pour…", "je suis en…" are said of other things than places too.
    const sur = AMORCES.indexOf(amorce) <= 2;
    if (sur || OU.test(suite) || REPERE.test(suite) || (await lieuAuDebut(suite, estLieu)))
      return borner(t, ou, fin, debut + lu.index);
  }
  const repere = OU.exec(dit);
  if (repere && (REPERE.test(dit.slice(repere.index)) || enCours || attendu === 'adresse') && !interroge) {
    // What stands before "derrière" is the place itself, or the rest of the sentence.
    const tete = dit.slice(0, repere.index).replace(BAVARDAGE, '');
    const avecTete =
      tete.trim() !== '' &&
      !ACHAT.test(tete) &&
      (attendu === 'adresse' || (await lieuAuDebut(tete, estLieu)));
    if (avecTete) return borner(t, debut + repere.index - tete.length, fin);
    return (await lieuApresA(t, debut, fin, true, estLieu)) ?? borner(t, debut + repere.index, fin);
  }
  const nu = dit.replace(BAVARDAGE, '');
  const ou = fin - nu.length;
  if (interroge) return null;
  if (nu.trim().length < 2) return await lieuApresA(t, debut, fin, false, estLieu);
  if (!ACHAT.test(dit) && (await lieuAuDebut(nu, estLieu))) return borner(t, ou, fin);
  const goods = nu.split(' ').some(estMarchandise);
  if ((enCours || attendu === 'adresse') && REPERE.test(nu) && !ACHAT.test(dit)) return borner(t, ou, fin);
  const libre =
    attendu === 'adresse' && !goods && !ACHAT.test(dit) && !estNomConnu(nu) && /[a-z]{3}/.test(nu);
  if (libre && !enCours && !PAS_LIEU.test(nu)) return borner(t, ou, fin);
  return await lieuApresA(t, debut, fin, false, estLieu);
}

/** "je prends la robe à Yop": a known place after "à", in a sentence that orders (or that has a landmark behind). */
async function lieuApresA(
  t: Texte,
  debut: number,
  fin: number,
  repere: boolean,
  estLieu: EstLieu,
): Promise<Endroit | null> {
  const dit = t.libre.slice(debut, fin);
  let essais = 0;
  for (const lu of dit.matchAll(/\b(?:a|au|aux|sur|vers|pour|dans) (?:l )?(?=[a-z0-9]{2})/g)) {
    const ou = lu.index + lu[0].length;
    const avant = dit.slice(0, lu.index);
    essais += 1;
    if (essais > 4) return null;
    if (!repere && avant.replace(BAVARDAGE, '').trim() !== '' && !ACHAT.test(avant) && !/\blivr/.test(avant))
      continue;
    if (await lieuAuDebut(dit.slice(ou), estLieu)) return borner(t, debut + ou, fin, debut + lu.index);
  }
  return null;
}

/** A known place stands at the very beginning, in one to three words. */
async function lieuAuDebut(suite: string, estLieu: EstLieu): Promise<boolean> {
  const mots = suite.trim().split(/ +/).slice(0, 3);
  if (mots[0] === undefined || mots[0] === '' || PAS_LIEU.test(suite.trim())) return false;
  for (let n = 1; n <= mots.length; n += 1) {
    const dit = mots.slice(0, n).join(' ');
    if (dit.length < 2 || (n === 1 && estMarchandise(dit)) || !(await estLieu(dit))) continue;
    // Known because of its later words alone, it does not begin here; the 2 of "2 plateaux" belongs to it.
    if (n === 1 || /^\d/.test(dit) || !(await estLieu(mots.slice(1, n).join(' ')))) return true;
  }
  return false;
}

const APRES_ADRESSE =
  / (?:et (?:je|mon|ma|le numero|appelez|c est|aussi|pour|puis)|je (?:paie|paye|veux|prends|vais|m appelle|suis|serai|passe)|c est (?:mon|pour|le|combien|bon)|mon (?:numero|num|contact|tel\w*|nom)|(?:demain|aujourd hui|ce soir|cet apres midi|ce matin)\b|si possible|pour (?:demain|samedi|dimanche|lundi|mardi|mercredi|jeudi|vendredi|ce soir)|(?:numero|contact|tel|num) ?:?$|au (?:numero|nom)$|merci|avec (?:un|une|le|la|les|deux|\d)|(?:qui|que|parce|mais|si|m a|elle|il|j ai)\b)/;

function borner(t: Texte, debut: number, fin: number, depuis = debut): Endroit | null {
  const dit = t.libre.slice(debut, fin);
  const stop = APRES_ADRESSE.exec(` ${dit}`);
  const bout = stop && stop.index > 0 ? debut + stop.index : fin;
  // Little words that lead to what was taken out ("… et", "… c'est", "… mon numéro").
  const garde = t.libre
    .slice(debut, bout)
    .replace(/(?: +(?:et|c|c est|cest|au|mon|numero|num|contact|tel|pour|est|le|la|a|par|de|:))+ *$/, '')
    .trimEnd();
  const seul = /^(.{3,}) ([a-z]+)$/.exec(garde);
  const numero = /^ *\|/.test(t.libre.slice(fin)) && /^[ ,]*\+?[\d(]/.test(t.brut.slice(fin));
  if (
    numero &&
    seul?.[1] &&
    seul[2] &&
    estNomConnu(seul[2]) &&
    !REPERE.test(seul[1].split(' ').slice(-2).join(' '))
  )
    return { depuis, debut, fin: debut + seul[1].length };
  return garde.trim().length < 2 ? null : { depuis, debut, fin: debut + garde.length };
}
