// Reads what an order needs besides its goods: where to, whom to call, who, how it is paid, and what else the courier
// should know. Each reader takes its words out of the text, so that the next one does not read them again.
import type { MethodePaiement } from '../modele-ia.ts';
import { morceaux, nettoyerBords, ouvrir, prendre, reste, type Texte, trouver } from './extraits.ts';
import { type EstLieu, prendreAdresse, retirerQuestions } from './livraison-dite.ts';
import { debutDeNom, estNomConnu, motsDeNom, ressembleANom } from './noms.ts';

export { lieuDemande } from './livraison-dite.ts';

/** What was just asked of the prospect. */
export type Attendu = 'adresse' | 'nom' | 'telephone' | 'paiement' | 'livraison' | 'confirmation' | null;

export type Coordonnees = {
  /** As said, landmark included, without the rest of the sentence. */
  adresse: string | null;
  /** The digits that were said, with "+" when a country was: "0708091011", "+33612345678". */
  telephone: string | null;
  nom: string | null;
  /** `inconnue`: a method was named that no shop here offers, or "mobile money" without saying whose. */
  methode: MethodePaiement | 'inconnue' | null;
  /** true: he comes to fetch it; false: it is to be delivered; null: not said. */
  retrait: boolean | null;
  /** For the courier: "après 17h, appelez avant de venir". */
  notes: string | null;
  /** Normalised words that were read here and so name no goods. */
  utilises: string[];
  /** The messages without what was read here: what is left may name goods. */
  reste: string[];
};

export async function lireCoordonnees(
  messages: string[],
  attendu: Attendu,
  estLieu: EstLieu,
): Promise<Coordonnees> {
  const t = ouvrir(messages);
  const reponses = new Map<string, Promise<boolean>>();
  const lieu: EstLieu = (texte) => {
    const connu = reponses.get(texte) ?? estLieu(texte);
    reponses.set(texte, connu);
    return connu;
  };
  const telephone = prendreTelephone(t, attendu);
  const methode = prendreMethode(t, attendu);
  const retrait = prendreRetrait(t, attendu);
  retirerQuestions(t);
  const notes = prendreNotes(t);
  const presente = prendrePresentation(t);
  const cite = presente ?? (await prendreCite(t, attendu, telephone !== null, lieu));
  const seul = cite ?? (attendu === 'nom' ? await prendreNomSeul(t, attendu, lieu) : null);
  const adresse = retrait === true ? null : await prendreAdresse(t, attendu, lieu);
  const details = telephone !== null || adresse !== null;
  const nom = seul ?? (details ? await prendreNomSeul(t, attendu, lieu) : null);
  return { adresse, telephone, nom, methode, retrait, notes, utilises: [...t.pris], reste: reste(t) };
}

// ── telephone ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Little words that lead to a number ("mon numéro c'est le"), and those that make it one. */
const VERS_NUMERO =
  /^(?:et|voici|sur|au|le|a|c|est|cest|mon|ma|moi|de|contactez|orange|mtn|moov|wave|numeros?|num|no|contacts?|tel|telephone|portable|whatsapp|wathsapp|phone|cell?|joignable|appelez)$/;
const DIT_NUMERO =
  /\b(?:mon|numeros?|num|contacts?|tel|telephone|whatsapp|wathsapp|phone|cell?|joignable|appelez)\b/;
const ETRANGER = /(?:\+|\b00)\d(?:[ .()-]{0,2}\d){7,14}/;
const LOCAL = /(?<![\d+])(?:\+?225[ .-]{0,2})?[0o]\d(?:[ ./-]{0,3}[\do]{2}){4}(?![\d])/;
const PAR_CINQ = /(?<![\d+])0\d(?:[ .-]?\d){8}(?![\d])/;
const ANCIEN = /(?<![\d+])\d{2}(?:[ .-]?\d{2}){3}(?![\d])/;

function prendreTelephone(t: Texte, attendu: Attendu): string | null {
  const motifs = [LOCAL, PAR_CINQ, ETRANGER];
  const annonce = /\b(?:numero|num|contact|tel|telephone|joignable|whatsapp|appelez)\b/.test(t.plat);
  if (attendu === 'telephone' || annonce) motifs.push(ANCIEN);
  if (attendu === 'telephone') motifs.push(/(?<!\d)\+?\d(?:[ .-]?\d){6,14}(?!\d)/);
  let premier: string | null = null;
  for (const motif of motifs) {
    for (let lu = trouver(t, motif); lu; lu = trouver(t, motif, lu.fin)) {
      const dit = lu.groupes[0]?.replace(/o/g, '0') ?? '';
      const chiffres = dit.replace(/\D/g, '');
      prendre(t, debutAnnonce(t, lu.debut), lu.fin);
      const international = /^\s*(?:\+|00)/.test(dit);
      premier ??= international
        ? `+${chiffres.replace(/^00/, '')}`
        : /^225\d{10}$/.test(chiffres)
          ? `+${chiffres}`
          : chiffres;
    }
  }
  return premier;
}

/** Where "mon numéro c'est le" begins before a number that stands at `debut`. */
function debutAnnonce(t: Texte, debut: number): number {
  let ou = debut;
  for (let mot = motAvant(t, ou); mot && VERS_NUMERO.test(mot.texte); mot = motAvant(t, ou)) ou = mot.debut;
  return DIT_NUMERO.test(t.libre.slice(ou, debut)) ? ou : debut;
}

function motAvant(t: Texte, fin: number): { texte: string; debut: number } | null {
  const lu = /([a-z]+) ?:? ?$/.exec(t.libre.slice(Math.max(0, fin - 24), fin));
  return lu?.[1] === undefined ? null : { texte: lu[1], debut: fin - lu[0].length };
}

// ── payment ─────────────────────────────────────────────────────────────────────────────────────────────────────

const METHODES: [RegExp, MethodePaiement | 'inconnue'][] = [
  [
    /\b(?:orange? ?mon[ea]?y|orange mobile money|o ?\.?m|(?:par|via|avec|sur|en|de) orange)\b(?! ?\d)/,
    'orange_money',
  ],
  [/\b(?:mtn(?: ?mobile)?(?: ?mone?y)?|momo)\b/, 'mtn_money'],
  [/\b(?:waves?|ouave|weve)\b/, 'wave'],
  [/\b(?:virement(?: bancaire)?|transfert bancaire|rib)\b/, 'virement_bancaire'],
  [
    /\b(?:moov(?: ?mone?y)?|flooz|carte (?:bancaire|bleue|visa|de credit|banque)|par carte|visa|mastercard|paypal|par cheque|un cheque|western union|ria|djamo|push|a credit|bitcoin|crypto|en (?:deux|trois|2|3|plusieurs) (?:fois|tranches)|par tranches?|mobile money)\b/,
    'inconnue',
  ],
  [
    /\b(?:cash|kash|en liquide|par liquide|(?:en |par )?especes?|main a main|(?:de )?main (?:a|en) main|en mains? propres?|(?:pay\w*|pai\w*|regl\w*|regle)(?: \w+){0,3}? (?:a|lors de|apres|des) (?:la )?(?:livraison|reception)|(?<!frais )(?<!frais de )(?:a la|a) (?:livraison|reception)|(?:paie|paye|payer|paierai|payerai|payerais|donne|regle)(?: \w+){0,2}? (?:quand|lorsque|des que|apres) (?:je|on|vous|tu|il|ca|c est|le livreur)(?: \w+){0,2}|(?:au|avec le) livreur|payer sur place|livr\w+ (?:d abord|avant)(?: de| avant)? (?:pay\w+|paiement)|cod)\b/,
    'paiement_livraison',
  ],
];
const NUES: [RegExp, MethodePaiement | 'inconnue'][] = [
  [/\borange\b/, 'orange_money'],
  [/\b(?:liquide|en main|sur place|livraison|a la main|livre[rz]? (?:moi )?d abord)\b/, 'paiement_livraison'],
  [/\b(?:mobile|carte|cheque|credit)\b/, 'inconnue'],
];
const DEMANDE_PAIEMENT =
  /\b(?:acceptez|acceptes|accepte|prenez|prends tu|peut on|puis je|on peut|est ce qu\w*|esk|possible|comment|c est quoi|votre|vos|ton|quel)\b/;

function prendreMethode(t: Texte, attendu: Attendu): Coordonnees['methode'] {
  const motifs = attendu === 'paiement' ? [...METHODES, ...NUES] : METHODES;
  let choisie: { methode: MethodePaiement | 'inconnue'; message: number } | null = null;
  const lues: { debut: number; fin: number; methode: MethodePaiement | 'inconnue' }[] = [];
  for (const [motif, methode] of motifs) {
    for (let lu = trouver(t, motif); lu; lu = trouver(t, motif, lu.fin)) {
      if (!lues.some((l) => l.debut < (lu?.fin ?? 0) && (lu?.debut ?? 0) < l.fin))
        lues.push({ debut: lu.debut, fin: lu.fin, methode });
    }
  }
  lues.sort((a, b) => a.debut - b.debut);
  for (const lue of lues) {
    const phrase = phraseAutour(t, lue.debut, lue.fin);
    const avant = t.plat.slice(phrase.debut, lue.debut);
    const apres = t.plat.slice(lue.fin, phrase.fin);
    const passe =
      /\b(?:ai|a|avons|avez|deja) (?:deja )?(?:pay\w+|envoye|fait|depose)\b/.test(avant) &&
      attendu !== 'paiement';
    const nie = /\b(?:pas|plus|sans|ni|jamais)(?: (?:par|de|d|en|avec|le|la|sur|via|compte))* *$/.test(avant);
    const numero =
      /\b(?:numero|num|contact|tel|ligne|puce) ?(?:de |est |c est )?$/.test(avant) && attendu !== 'paiement';
    const demande =
      attendu !== 'paiement' &&
      (t.plat.charAt(phrase.fin) === '?' ||
        DEMANDE_PAIEMENT.test(avant) ||
        /\b(?:possible|c est bon|ca marche)\b/.test(apres));
    if (nie || numero || demande || passe) continue;
    const message = t.plat.slice(0, lue.debut).split('\n').length;
    const corrige = /\b(?:plutot|finalement|non|en fait|pardon|mais)\b/.test(avant);
    if (!choisie || message > choisie.message || corrige) choisie = { methode: lue.methode, message };
  }
  if (choisie) {
    for (const lue of lues) {
      const amorce =
        /(?:\b(?:je|on|vais|veux|vous|prefere|paie|paye|payer|paierai|payerai|paiement|mode|moyen|de|par|via|avec|en|le|sur|sera|c est|compte|:) ?)*$/.exec(
          t.libre.slice(0, lue.debut),
        );
      prendre(
        t,
        amorce && /\bpa[iy]|^(?:par|via|avec|en|de) $/.test(amorce[0]) ? amorce.index : lue.debut,
        lue.fin,
      );
    }
  }
  return choisie?.methode ?? null;
}

function phraseAutour(t: Texte, debut: number, fin: number): { debut: number; fin: number } {
  const tete = Math.max(...['\n', '.', '!', '?', ',', ';'].map((c) => t.plat.lastIndexOf(c, debut - 1))) + 1;
  const queue = /[\n.!?,;]/.exec(t.plat.slice(fin));
  return { debut: tete, fin: queue ? fin + queue.index : t.plat.length };
}

// ── pick-up or delivery ─────────────────────────────────────────────────────────────────────────────────────────

const VIENT: RegExp[] = [
  /\b(?:(?:je|on|j|nous) )?(?:(?:vais |peux |veux |voudrais |prefere |compte |envoie (?:\w+ ){1,3}){0,3}(?:passerai |passe |viens |viendrai |vient |venir |passer )(?:le |la |les |moi meme |en personne |a la boutique |au magasin |demain |ce soir |pour ){0,4}(?:recuperer|recup|retirer|chercher|prendre)|(?:vais |peux |veux |voudrais |prefere |compte ){1,3}(?:le |la |les |moi meme |venir ){0,3}(?:recuperer|recup))(?: (?:moi meme|ca|la commande|mon colis|a la boutique|au magasin|en boutique|sur place|chez vous|a votre boutique|demain))*\b/,
  /\b(?:retrait|recuperation|recuperer|retirer|prendre|recupere|chercher)(?: (?:le|la|les|ca|tout|moi meme))*(?: (?:en|a la|a votre|a|au|dans (?:votre|la)|de la)) ?(?:boutique|magasin|shop)\b/,
  /\b(?:je|on) (?:passe|passerai|viens|viendrai|vais (?:passer|venir)|prefere (?:passer|venir))(?: \w+)? (?:a|au|dans|chez)(?: (?:la|votre|le))? ?(?:boutique|magasin|vous|vos locaux)\b/,
  /\b(?:pas (?:besoin )?de livraison|sans livraison|pas la peine de livrer|je (?:vais )?(?:le |la |les )?recupere(?:r|rai)?(?: moi meme)?|recuperer moi meme|retrait sur place|click and collect)\b/,
];
const VIENT_NU = [
  /\b(?:retrait|boutique|magasin|recuperer|recupere|sur place|je (?:passe|viens)(?:rai)?|je vais passer|moi meme)\b/,
];
const LIVRE =
  /(?<!avez |a |ont |ete )\b(?:livre[rz]? (?:moi|nous|le|la|les|ca)|me (?:faire )?livrer|(?:faire|faites)(?: moi)? livrer|etre livree?|(?:a|livraison a) domicile|(?:en|avec|par|veux (?:la|une)|prefere la|mode) livraison|livre moi|livrer chez moi|je me fais livrer)\b/;

function prendreRetrait(t: Texte, attendu: Attendu): boolean | null {
  // "payer sur place" and "à la livraison" were read as payment before.
  const vient = trouverUn(t, attendu === 'livraison' ? [...VIENT, ...VIENT_NU] : VIENT);
  const livre = trouver(t, attendu === 'livraison' ? new RegExp(`${LIVRE.source}|\\blivr\\w+`) : LIVRE);
  const ou = livre ? phraseAutour(t, livre.debut, livre.fin) : null;
  const demande = ou !== null && attendu !== 'livraison' && t.plat.charAt(ou.fin) === '?';
  const nie =
    (vient !== null &&
      /\b(?:peux|veux|pourrai|pourrais|vais|peut) pas (?:\w+ )?$/.test(t.plat.slice(0, vient.debut))) ||
    (vient !== null && /\b(?:peux|veux|vais) pas\b/.test(t.plat.slice(vient.debut, vient.fin)));
  if (
    vient &&
    !nie &&
    !(
      livre &&
      !demande &&
      livre.debut > vient.fin &&
      /\b(?:non|plutot|finalement)\b/.test(t.plat.slice(vient.fin))
    )
  ) {
    prendre(t, vient.debut, vient.fin);
    return true;
  }
  if (vient && nie) return false;
  return livre && !demande ? false : null;
}

function trouverUn(t: Texte, motifs: RegExp[]) {
  for (const motif of motifs) {
    const lu = trouver(t, motif);
    if (lu) return lu;
  }
  return null;
}

// ── notes ───────────────────────────────────────────────────────────────────────────────────────────────────────

const JOUR = '(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)';
const HEURE = '\\d{1,2} ?(?:h|heures?)(?: ?\\d{2})?';
const NOTES: RegExp[] = [
  /\b(?:appele[rz]?|appelle|rappele[rz]?|prevene[rz]|ecrive[rz]|bipe[rz]?|sonne[rz]|contacte[rz]?)(?: ?(?:moi|nous|le|la|mon \w+))? (?:avant|en arrivant|a l arrivee|(?:quand|des que|lorsque|une fois)(?= (?:vous|tu|le livreur|il est|on est|que vous|arriv)))[^\n|,;.!?]{0,60}/,
  /\b(?:demande[rz] (?:le gardien|la gardienne|le vigile|a voir)|laisse[rz](?: (?:le|la|les|ca))? (?:au|a la|chez le|chez la) (?:gardien|vigile|gardienne|reception|voisine?)|(?:c est|pour) (?:un |faire un )?cadeau|(?:dans un |avec )?emballage cadeau|(?:c est|tres) urgent|sonne[rz] (?:au|a)[^\n|,;.!?]{0,30}|ne (?:pas )?(?:appele[rz]|sonne[rz])[^\n|,;.!?]{0,30}|pas d appel[^\n|,;.!?]{0,30})\b/,
  new RegExp(
    `\\b(?:(?:pour |le )?(?:demain|apres demain|aujourd hui|${JOUR}(?: prochain)?|ce soir|cet apres midi|ce matin|ce week ?end)(?: (?:matin|soir|midi|apres midi))? )?(?:(?:mais |seulement |uniquement )?(?:pas )?(?:apres|avant|a partir de|vers|entre|jusqu a|des|a) ${HEURE}(?: (?:et|a) ${HEURE})?)\\b`,
  ),
  new RegExp(
    `\\b(?:(?:seulement |uniquement |surtout )?(?:pas )?(?:pour |le |avant |apres |sauf )?(?:le )?(?:demain|apres demain|aujourd hui|${JOUR}s?(?: prochain)?|ce soir|cet apres midi|ce week ?end)(?: (?:matin|soir|midi|apres midi|dans la (?:matinee|soiree)))?|(?:dans la|en) (?:matinee|soiree|fin d apres midi)|(?:le|apres|avant) midi|le (?:matin|soir)|apres le travail)\\b`,
  ),
];

function prendreNotes(t: Texte): string | null {
  const dites: { debut: number; note: string }[] = [];
  for (const motif of NOTES) {
    for (let lu = trouver(t, motif); lu && dites.length < 6; lu = trouver(t, motif, lu.fin)) {
      const phrase = phraseAutour(t, lu.debut, lu.fin);
      const dit = t.plat.slice(phrase.debut, phrase.fin);
      const autre =
        t.plat.charAt(phrase.fin) === '?' ||
        /\b(?:ferm\w+|ouver\w+|ouvr\w+|hier|depuis|combien|quand est|bonne|a (?:demain|bientot|lundi|samedi)|reviens|repasse\w*|reflechi\w*|fais signe|(?:te|t|vous) (?:appelle|rappelle|ecris|dis)|verrai|quel|match|(?:a|ai) commande)\b/.test(
          dit,
        );
      if (!autre && lu.texte !== '') dites.push({ debut: lu.debut, note: prendre(t, lu.debut, lu.fin) });
    }
  }
  dites.sort((a, b) => a.debut - b.debut);
  const propres = [...new Set(dites.map(({ note }) => note.replace(/^(?:pour|mais|et) /i, '')))].filter(
    (n) => n !== '',
  );
  return propres.length === 0 ? null : propres.join(', ').slice(0, 300);
}

// ── name ────────────────────────────────────────────────────────────────────────────────────────────────────────

const PRESENTATION =
  /\b(?:je m ?app?el(?:le|e)|j m ?app?elle?|jm ?app?elle?|je me nomme|on m ?appelle|mon (?:petit )?nom(?: (?:c est|cest|est|complet))?|(?:nom|prenoms?|nom et prenoms?|nom complet|destinataire|client)(?= ?:)|au nom d[eu]|a l ordre de|moi c est|moi cest|moi c) ?:? ?(?:(?:ma|mon) (?:soeur|frere|mari|femme|mere|pere|maman|papa|fille|fils|amie?|copine|cousine?|tante|oncle|voisine?) )?/;
const CITE = /\b(?:c est|cest|c|je suis|ici|demande[rz]|pour|signe|chez) (?=[a-z])/;

/** "je m'appelle Awa Koné": said as a name, so nearly anything is one. */
function prendrePresentation(t: Texte): string | null {
  for (let lu = trouver(t, PRESENTATION); lu; lu = trouver(t, PRESENTATION, lu.fin)) {
    const longueur = debutDeNom(t.libre.slice(lu.fin, lu.fin + 80));
    const nom = nettoyerBords(t.brut.slice(lu.fin, lu.fin + longueur));
    if (!ressembleANom(nom)) continue;
    prendre(t, lu.debut, lu.fin + longueur);
    return nom;
  }
  return null;
}

/** "c'est Awa": a name when it is known as one, has a capital beside other details, or a name was asked. */
async function prendreCite(
  t: Texte,
  attendu: Attendu,
  details: boolean,
  estLieu: EstLieu,
): Promise<string | null> {
  for (let lu = trouver(t, CITE); lu; lu = trouver(t, CITE, lu.fin)) {
    const longueur = debutDeNom(t.libre.slice(lu.fin, lu.fin + 80));
    const nom = nettoyerBords(t.brut.slice(lu.fin, lu.fin + longueur));
    if (nom === '' || !ressembleANom(nom)) continue;
    const suite = t.libre.slice(lu.fin + longueur).trimStart();
    const fini =
      suite === '' || /^[|¦,.;!\n]|^(?:a l appareil|mon|et|au|sur|tel|numero|contact)\b/.test(suite);
    const amorce = lu.texte.toLowerCase();
    const majuscule = /^\p{Lu}/u.test(nom);
    const sur =
      estNomConnu(nom) ||
      (attendu === 'nom' && !/^(?:chez|je suis)/.test(amorce)) ||
      (attendu === 'nom' && majuscule) ||
      (majuscule && details && !/^(?:chez|pour)/.test(amorce));
    if (!sur || (!fini && !majuscule) || (await estLieu(motsDeNom(nom).join(' ')))) continue;
    if (amorce === 'chez' && attendu === 'adresse') continue;
    prendre(t, lu.debut, lu.fin + longueur);
    return nom;
  }
  return null;
}

/** A line or piece that is nothing but a name. */
async function prendreNomSeul(t: Texte, attendu: Attendu, estLieu: EstLieu): Promise<string | null> {
  for (const { debut, fin } of morceaux(t)) {
    const dit = t.libre.slice(debut, fin);
    const tete =
      /^ *(?:(?:ok|oui|d accord|bonjour|bonsoir|bjr|slt|salut|voila|alors|c est|cest|c|moi|le nom|mettez|mets|euh) +)*/.exec(
        dit,
      )?.[0] ?? '';
    const ou = debut + tete.length;
    const longueur = debutDeNom(t.libre.slice(ou, fin));
    const suite = t.libre.slice(ou + longueur, fin).trim();
    const nom = nettoyerBords(t.brut.slice(ou, ou + longueur));
    if (!ressembleANom(nom)) continue;
    const connu = estNomConnu(nom);
    if (attendu === 'nom' ? suite !== '' && !connu : suite !== '' || !connu) continue;
    const mots = motsDeNom(nom).join(' ');
    if (!connu && (await estLieu(mots))) continue;
    prendre(t, ou, ou + longueur);
    return nom;
  }
  return null;
}
