// What is said to a prospect names no price, product, stock or day that the tools did not give, promises nothing that is not being done,
// and recites nothing of the instruction. A pure reading of the text: it does not ask what the model meant.

import { type Chiffres, chiffresDe, type Suite } from './chiffres.ts';
import { dateConnue, dureeConnue, placesDesDates } from './dates.ts';
import type { FaitProduit, FaitsConnus } from './faits.ts';
import {
  autreSens,
  autresDeLaMemeTete,
  CONCURRENTS,
  estGenerique,
  estMarque,
  NOMS_LIBRES,
  REMISE,
  SANS_FRAIS,
  SUJETS_LIBRES,
  surveille,
} from './lexique.ts';
import { verifierMontants } from './montants.ts';
import { lireNombres } from './nombres.ts';
import { promessesVides } from './promesses.ts';
import { verifierAccordVague, verifierStock } from './stock.ts';
import { mentionsDe } from './sujets.ts';
import { affirme, aplatir, contient, phrases, plier, propositions, radical, radicaux } from './texte.ts';

export type Defaut = {
  code:
    | 'montant'
    | 'remise'
    | 'produit'
    | 'stock'
    | 'date'
    | 'nombre'
    | 'numero'
    | 'promesse'
    | 'lien'
    | 'consigne';
  /** The words it is about. */
  extrait: string;
};

/** `dit`: the prospect's new messages, which are no facts. */
export function verifierReponse(texte: string, faits: FaitsConnus, dit: string): Defaut[] {
  const defauts: Defaut[] = [];
  const refuser = (code: Defaut['code'], extrait: string) => {
    const court = extrait.trim().slice(0, 80);
    if (!defauts.some((d) => d.code === code && d.extrait === court)) defauts.push({ code, extrait: court });
  };
  const plat = masquer(aplatir(texte), faits, refuser);
  verifierConsigne(plat, faits, refuser);
  const connus = motsConnus(faits);
  const noms = [...faits.produits.values()].map((p) => plier(p.nom));
  const dits = radicaux(dit);
  const inconnuDit = [...plier(dit).matchAll(/[a-z0-9]+/g)].some(
    ([m]) => surveille(m) && !connus.has(m) && !connus.has(radical(m)) && !estGenerique(m, connus),
  );
  let suite: Suite = debutDe(dit, faits);
  for (const casse of phrases(plat)) {
    const phrase = casse.toLowerCase();
    const lu = chiffresDe(phrase, casse, faits, suite, plier(dit));
    verifierMontants(lu, faits, refuser);
    verifierStock(lu, faits, refuser);
    verifierAccordVague(lu, faits, inconnuDit, refuser);
    for (const d of placesDesDates(phrase)) if (!dateConnue(d.texte, phrase, faits)) refuser('date', d.texte);
    for (const n of lu.nombres)
      if (
        (n.genre === 'duree' || n.genre === 'heure') &&
        !lu.valeurs.some((v) => n.debut < v.fin && n.fin > v.debut) &&
        !dureeConnue(n, phrase, faits)
      )
        refuser('date', n.brut);
    if (
      /\b(?:livr|deliver|expedi|recev)\w*[^.!?]{0,40}\b(?:immediat\w*|tout de suite|express|en (?:une|1) heure|immediately|right away)\b|\b(?:arriv|livr|revien|reapprovision|deliver|ship)\w*[^.!?,]{0,25}\b(?:bientot|soon)\b/.test(
        phrase,
      ) &&
      !contient(plier(faits.textes.join(' ')), 'express')
    )
      refuser('date', casse);
    verifierRemises(lu, faits, refuser);
    verifierMots(casse, phrase, { connus, dits, places: lu.occupees, noms }, refuser);
    for (const p of promessesVides(phrase, faits)) refuser('promesse', p);
    suite = lu.suite;
  }
  return defauts;
}

type Refuser = (code: Defaut['code'], extrait: string) => void;

function debutDe(dit: string, faits: FaitsConnus): Suite {
  const phrase = plier(dit);
  const ids = mentionsDe(phrase, faits.produits).flatMap((m) => [...m.ids]);
  return {
    produits: new Set(ids),
    frais: /\b(?:livr\w*|frais|deliver\w*|transport)\b/.test(phrase),
    total: /\b(?:total|en tout|payer|ensemble|pay)\b/.test(phrase),
  };
}

// ── links, numbers of orders and people, the instruction ─────────────────────────────────────────────────────────

const LIEN =
  /(?:https?:|www\.)\S*|\b[\w-]+(?:\.[\w-]+)*\.(?:com|ci|net|org|io|fr|shop|store|me|ly|co|app|xyz|info|biz|link|gg|tk|ml)\b\S*|\bwa\.me\S*|[^\s@]{1,64}@[^\s@]{1,64}\.[^\s@]{1,64}|(?<=^|\s)@\w{3,}|\b(?:arobase|(?:point|dot) (?:com|ci|net|org|fr))\b/gi;
const TELEPHONE =
  /(?<![\w])(?:\+|00)\d[\d .()-]{6,}\d|(?<![\d])0\d(?:[ .-]?\d\d){3,5}(?!\d)|(?<!\d)\d{2}(?:[ .-]\d{2}){3,6}(?!\d)|(?<!\d)\d{9,}(?!\d)/g;
const NUMERO_PRET = '{{numero_commande}}';

/** Links, phone numbers and numbers of orders are judged and leave the text: their digits are no amounts. */
function masquer(plat: string, faits: FaitsConnus, refuser: Refuser): string {
  const numeros = new Set(faits.commandes.map((c) => plier(c.numero_commande)));
  const telephones = faits.telephones.map((t) => t.replace(/\D/g, ''));
  const textes = faits.textes.join(' ');
  let reste = plat.replaceAll(NUMERO_PRET, () => {
    if (!faits.faits.confirme) refuser('numero', NUMERO_PRET);
    return ' NUMCMD ';
  });
  reste = reste.replace(
    /\b[A-Z]{2,5}-[\w-]*\d[\w-]*|\b(?:commande|order)\s*(?:n°|no\.?|num(?:e|é)ro|number|#)\s*:?\s*#?(?!NUMCMD)[\w-]*\d[\w-]*/gi,
    (n) => {
      const lu = plier(n);
      if ([...numeros].some((connu) => lu === connu || contient(lu, connu))) return ' NUMCMD ';
      // A model of the shop's may look like it.
      if (/^[a-z]{2,5}-/.test(lu) && [...faits.produits.values()].some((p) => contient(plier(p.nom), lu)))
        return n;
      if (/^[a-z]{2,5}-/.test(lu) && !/^(?:cmd|cde|ord)/.test(lu)) return n;
      refuser('numero', n);
      return ' NUMCMD ';
    },
  );
  reste = reste.replace(LIEN, (l) => {
    if (!textes.includes(l)) refuser('lien', l);
    return ' ';
  });
  reste = reste.replace(TELEPHONE, (t) => {
    const chiffres = t.replace(/\D/g, '');
    // "45 000 000" is written in threes.
    if (/^\d{1,3}(?:[ .]\d{3})+$/.test(t)) return t;
    const sien = telephones.some(
      (x) => x.endsWith(chiffres.replace(/^(?:00)?/, '')) || chiffres.endsWith(x.slice(-8)),
    );
    if (!sien && !textes.includes(t)) refuser('lien', t);
    return ' ';
  });
  return reste;
}

const DEDANS =
  /\b(?:consignes?|instructions? (?:systeme|du vendeur|internes?|que j'ai)|mes instructions|my instructions|system prompt|prompt|modele de langage|language model|gemini|openai|chatgpt|gpt|api|json|function call\w*|developer mode|mode developpeur)\b/;
const MOTS_RECITES = 7;

function verifierConsigne(plat: string, faits: FaitsConnus, refuser: Refuser): void {
  const bas = plat.toLowerCase();
  const trouve = DEDANS.exec(bas) ?? /\b[a-z]+_[a-z_]+\b/.exec(bas) ?? /[{}<>]|```|\[\[/.exec(bas);
  if (trouve && !contient(plier([...faits.produits.values()].map((p) => p.nom).join(' ')), trouve[0]))
    refuser('consigne', trouve[0]);
  const autre = CONCURRENTS.exec(bas);
  if (autre && !contient(plier(faits.textes.join(' ')), autre[0])) refuser('lien', autre[0]);
  const suite = (t: string) => [...plier(t).matchAll(/[a-z0-9]+/g)].map(([m]) => m);
  const consigne = ` ${suite(faits.consigne).join(' ')} `;
  if (consigne.length < 20) return;
  const mots = suite(plat);
  for (let i = 0; i + MOTS_RECITES <= mots.length; i += 1) {
    const extrait = mots.slice(i, i + MOTS_RECITES).join(' ');
    if (!consigne.includes(` ${extrait} `)) continue;
    refuser('consigne', extrait);
    return;
  }
}

// ── gifts ────────────────────────────────────────────────────────────────────────────────────────────────────────

const IDIOMES_REMISE =
  /\b(?:feel free|free to|l'offre (?:de|du)|sans frais caches?|nous offrons (?:la|une) livraison|we offer|we also offer|offrons (?:aussi|egalement|plusieurs|des|differents|un choix))\b/g;

const GRATUIT = /\b(?:gratuit|offert|free)/;

function verifierRemises(lu: Chiffres, faits: FaitsConnus, refuser: Refuser): void {
  const { phrase } = lu;
  const montants = lu.nombres.filter((n) => n.genre === 'montant').map((n) => n.valeur);
  const { frais_livraison, montant_a_payer } = faits.panier;
  const gratuite =
    frais_livraison === 0 ||
    (faits.lieux.length > 0 && faits.lieux.every((l) => l.frais === 0)) ||
    lu.lieux.some((l) => l.frais.has(0));
  const sansFrais = gratuite && /\b(?:livr\w*|frais|retrait|retirer|deliver\w*|pick\w*)\b/.test(phrase);
  // What the vendor himself says, with his condition: "gratuite dès 50 000 FCFA".
  const politique = (mot: string) =>
    faits.textes.map(plier).some((texte) => {
      const conditions = lireNombres(texte).filter((n) => n.genre === 'montant');
      return (
        (contient(texte, mot) || (GRATUIT.test(mot) && GRATUIT.test(texte))) &&
        (conditions.length === 0 || conditions.some((n) => montants.includes(n.valeur)))
      );
    });
  // A word of an article's name, said as part of that name.
  const nomme = (debut: number, mot: string) =>
    lu.mentions.some((m) => debut >= m.debut && debut < m.fin && m.fin - m.debut > mot.length);
  const nul = SANS_FRAIS.exec(phrase);
  // "91 500 FCFA, livraison comprise" is what there is to pay.
  const compris =
    montant_a_payer !== null && montants.includes(montant_a_payer) && /compris|inclu/.test(nul?.[0] ?? '');
  if (nul && !sansFrais && !compris && !politique(nul[0])) refuser('remise', nul[0]);
  for (const p of propositions(phrase)) {
    if (p.niee) continue;
    const dite = p.texte.replace(IDIOMES_REMISE, (m) => ' '.repeat(m.length));
    for (const t of dite.matchAll(REMISE)) {
      if (nomme(p.debut + t.index, t[0]) || politique(t[0])) continue;
      if (sansFrais && /^(?:gratuit|offert|free|sans)/.test(t[0])) continue;
      refuser('remise', t[0]);
    }
  }
}

// ── names of things ──────────────────────────────────────────────────────────────────────────────────────────────

function motsConnus(faits: FaitsConnus): Set<string> {
  const textes = [faits.nomBoutique, ...faits.textes, ...faits.dates.map((d) => d.texte)];
  for (const p of faits.produits.values()) {
    textes.push(p.nom, ...p.textes, ...attributsDe(p));
  }
  for (const c of faits.commandes) textes.push(...c.lignes.map((l) => l.libelle));
  const connus = radicaux(textes.join(' '));
  for (const mot of radicaux([...faits.noms, ...faits.lieux.map((l) => l.mots)].join(' '))) {
    if (!surveille(mot)) connus.add(mot);
  }
  for (const [nom] of aplatir(faits.consignesVendeur).matchAll(/(?<=[a-z,;:] +)[A-Z][a-z]+/g)) {
    if (!surveille(nom.toLowerCase())) connus.add(nom.toLowerCase());
  }
  // "Redmi 12C", "128Go": together and apart
  for (const [mot] of plier(textes.join(' | ')).matchAll(/[a-z]+[ -]?\d+[a-z]*|\d+ ?[a-z]+/g))
    connus.add(mot.replace(/[ -]/g, ''));
  return connus;
}

const attributsDe = (p: FaitProduit): string[] =>
  [...p.variantes.values()].flatMap((v) => Object.entries(v.attributs).flat());

type Vocabulaire = {
  connus: Set<string>;
  dits: Set<string>;
  places: (debut: number) => boolean;
  noms: string[];
};

const OFFRE =
  /\b(?:vendons|vends|avons|on a|on vend|il y a|proposons) (?:bien |aussi |egalement |bien sur |toujours )*(?:des |de |du |d'|les |une? |la |le )([a-z]{3,})/g;
const DIVERS =
  /^(?:livr\w*|boutiques?|magasins?|tailles?|pointures?|photos?|images?|modeles?|prix|couleurs?|choix|articles?|produits?|stocks?|tarifs?|zones?|options?|commandes?|paiements?|reponses?|questions?|messages?|plusieurs|tout\w*|bell?e?s?|beau\w*|nouve\w*|autres?|quoi|paires?|pieces?|frais|services?|horaires?|delais?|adresses?|bien|quelques?|catalogue|nombre|demande|informations?|infos?)$/;
const TAILLE = /\b(?:x{1,3}[sl]|[2-5]xl)\b|(?<=\b(?:taille|size) )[sml]\b/g;
const DEBUT_DE_PHRASE = /(?:^|[:•●▪✅👉➡*«"“(\-–—>|]|\p{Extended_Pictographic}|\d[.)])\s*$/u;

function verifierMots(casse: string, phrase: string, v: Vocabulaire, refuser: Refuser): void {
  const clauses = propositions(phrase);
  const nieeEn = (i: number) => clauses.find((c) => i >= c.debut && i < c.fin)?.niee ?? false;
  const question = /\?\s*$/.test(phrase);
  const affirmee = affirme(phrase) && !(question && !/\b(?:avons|dispo\w*|en stock|voici|\d)\b/.test(phrase));
  const admisSansDit = (mot: string): boolean =>
    v.connus.has(mot) || v.connus.has(radical(mot)) || estGenerique(mot, v.connus);
  const admis = (mot: string, debut: number): boolean =>
    admisSansDit(mot) || nieeEn(debut) || (!affirmee && (v.dits.has(mot) || v.dits.has(radical(mot))));
  for (const t of autresDeLaMemeTete(phrase, v.noms, (m) => v.connus.has(m) || v.connus.has(radical(m))))
    if (!nieeEn(t.debut) && affirmee) refuser('produit', t.mots);
  // "Oui, nous vendons des motos": his word, of which the tools gave nothing.
  for (const t of phrase.matchAll(OFFRE)) {
    const quoi = t[1] ?? '';
    const lu = v.dits.has(quoi) || v.dits.has(radical(quoi));
    if (lu && !question && !nieeEn(t.index) && !DIVERS.test(quoi) && !admisSansDit(quoi))
      refuser('produit', quoi);
  }
  for (const t of phrase.matchAll(TAILLE))
    if (!v.connus.has(t[0]) && !nieeEn(t.index)) refuser('produit', t[0]);
  for (const t of casse.matchAll(/[A-Za-z0-9]+(?:'[A-Za-z]+)?/g)) {
    const brut = t[0].includes("'") ? (t[0].split("'").at(/^[A-Za-z]{1,2}'/.test(t[0]) ? 1 : 0) ?? '') : t[0];
    const mot = brut.toLowerCase();
    if (v.places(t.index) || mot === '' || NOMS_LIBRES.has(mot) || /^\d+$/.test(mot)) continue;
    if (surveille(mot)) {
      if (autreSens(mot, phrase.slice(0, t.index), phrase) || admis(mot, t.index)) continue;
      // A question about his wish offers nothing.
      if (question && !affirmee && !estMarque(mot) && v.dits.has(radical(mot))) continue;
      refuser('produit', brut);
      continue;
    }
    if (/[a-z]/.test(mot) && /\d/.test(mot)) {
      if (
        !/^(?:x\d{1,2}|\d{1,2}x|\d+(?:er|e|eme|nd|th|st|h\d*|k|f|fcfa|cfa))$/.test(mot) &&
        !admis(mot, t.index)
      )
        refuser('produit', brut);
      continue;
    }
    if (!/^[A-Z]/.test(brut) || mot.length < 2) continue;
    const debute = DEBUT_DE_PHRASE.test(casse.slice(0, t.index));
    if (debute && !estSujet(phrase, t.index + t[0].length, mot)) continue;
    if (/^[A-Z]{2,}$/.test(brut) && casse === casse.toUpperCase()) continue;
    if (!admis(mot, t.index) && !MOTS_COURANTS.test(mot)) refuser('produit', brut);
  }
}

/** A capital at the beginning says nothing, unless that word is what is there, costs, or exists. */
function estSujet(phrase: string, fin: number, mot: string): boolean {
  if (SUJETS_LIBRES.has(mot) || SUJETS_LIBRES.has(radical(mot))) return false;
  return /^\s*(?:\d+\s*)?(?:est|sont|coute|coutent|disponible|dispo|en stock|existe|is|are|costs?|available|a \d|: ?\d)(?![a-z])/.test(
    phrase.slice(fin),
  );
}

/** Written with a capital out of politeness or emphasis. */
const MOTS_COURANTS =
  /^(?:bonjour|bonsoir|salut|merci|bienvenue|oui|non|vous|votre|vos|nous|notre|nos|je|et|ou|mais|donc|alors|pour|avec|dans|sur|chez|la|le|les|un|une|des|de|du|au|aux|ce|cette|bien|bonne|bon|journee|soiree|total|livraison|paiement|commande|prix|quantite|adresse|frais|retrait|point|article|produit|taille|pointure|couleur|hello|hi|thank|thanks|you|your|please|the|and|yes|no|good|welcome|dear|cher|chere|cordialement|attention|note|nb|ps|recapitulatif|client|cliente|boutique|assistant|assistante|a|si|quand|quel|quelle|est|espece|especes|cash|nom|telephone|mode|sous|recap|montant|delivery|price|size|order|payment|address|name|phone|fee|cocorico)$/;
