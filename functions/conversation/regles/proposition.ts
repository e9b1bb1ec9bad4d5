// Several articles that were priced and not taken yet: shown with their sum, changed by what he says of them, taken
// together or not at all.
import type { LigneChiffree } from '../modele-ia.ts';
import { cerner, estChiffrage, proposer } from './article.ts';
import { correspond } from './attributs.ts';
import { boutons } from './interactif.ts';
import type { LigneDite } from './lignes.ts';
import type { EnAttente } from './memoire.ts';
import { poser, suivant } from './panier.ts';
import * as dire from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { CONFIANCE, type Decision, repondre } from './reponse.ts';
import { devise, dit, type Situation } from './situation.ts';
import { produitParId } from './sujet.ts';

/** Each line at its price, and what they come to together; "oui" then takes them all. */
export async function proposerPlusieurs(s: Situation, lignes: LigneDite[]): Promise<Decision | null> {
  const voulues: EnAttente[] = [];
  for (const ligne of lignes) {
    const voulue = enAttente(ligne);
    if (!voulue) return null;
    voulues.push(voulue);
  }
  return voulues.length < 2 ? null : proposerVoulues(s, voulues);
}

/** null: which article or which size of it is not settled. */
function enAttente(ligne: LigneDite): EnAttente | null {
  const [produit, autre] = ligne.produits;
  if (!produit || autre || ligne.introuvable !== null || Object.keys(ligne.inconnus).length > 0) return null;
  const restantes = produit.variantes.filter((v) => correspond(v, ligne.attributs));
  if (produit.variantes.length > 0 && restantes.length !== 1) return null;
  return {
    produit: produit.id_produit,
    attributs: restantes[0]?.attributs ?? {},
    quantite: ligne.quantite ?? 1,
  };
}

/** null: one of them cannot be had. */
async function proposerVoulues(s: Situation, voulues: EnAttente[]): Promise<Decision | null> {
  const chiffrees: LigneChiffree[] = [];
  for (const { produit: id, attributs, quantite } of voulues) {
    const produit = await produitParId(id, s.outils);
    const variante = produit?.variantes.find((v) => correspond(v, attributs)) ?? null;
    const ligne = await s.outils.chiffrerLigne(id, variante?.id_variante ?? null, quantite ?? 1);
    if (!ligne?.disponible) return null;
    chiffrees.push(ligne);
  }
  const total = await totalDe(s, voulues);
  Object.assign(s.memoire, { produit: null, recherche: null, quantite: null, veut: false });
  s.memoire.derniere = s.avant.derniere;
  s.memoire.question = { sur: 'lignes', lignes: voulues };
  return repondre(
    s,
    vente.propositions(chiffrees, total, devise(s)),
    CONFIANCE.sure,
    boutons({ id: 'prendre', titre: 'Je prends tout' }),
  );
}

/** What an empty basket would come to with these lines; it is empty again after. */
async function totalDe(s: Situation, voulues: EnAttente[]): Promise<number | null> {
  const { outils } = s;
  if (outils.panier().lignes.length > 0) return null;
  await mettreToutes(s, voulues);
  const { montant_total } = outils.panier();
  await outils.modifierPanier({ action: 'vider' });
  return montant_total;
}

async function mettreToutes(s: Situation, voulues: EnAttente[]): Promise<string[]> {
  const refus: string[] = [];
  for (const { produit: id_produit, attributs, quantite } of voulues) {
    const produit = await produitParId(id_produit, s.outils);
    const variante = produit?.variantes.find((v) => correspond(v, attributs)) ?? null;
    const id_variante = variante?.id_variante ?? null;
    const issue = await s.outils.modifierPanier({
      action: 'mettre',
      id_produit,
      id_variante,
      quantite: quantite ?? 1,
    });
    if (issue.refus) refus.push(issue.refus.phrase);
    else if (produit) poser(s, produit, id_variante);
  }
  return refus;
}

export async function mettreProposees(s: Situation, voulues: EnAttente[]): Promise<Decision> {
  const refus = await mettreToutes(s, voulues);
  const ids = new Set(voulues.map((v) => v.produit));
  const mises = s.outils.panier().lignes.filter((l) => ids.has(l.id_produit));
  return suivant(
    s,
    [mises.length > 0 ? vente.note(mises, devise(s)) : '', ...refus].filter((x) => x !== '').join('\n'),
  );
}

/** "oui mais 3 garba", "enlève le coca", "et un bissap": said of what was proposed. null: it is about something else. */
export async function ajusterProposition(
  s: Situation,
  proposees: EnAttente[],
  lignes: LigneDite[],
  achete: boolean,
): Promise<Decision | null> {
  const oui = s.lu.avis === 'oui' || s.lu.mais || dit(s, 'oui');
  const retire = lignes.some((l) => l.action === 'retirer' && l.produits.length > 0);
  if (lignes.length === 0 || dit(s, 'prix') || dit(s, 'stock') || s.lu.phrase.includes('?')) return null;
  const corrige = /\b(?:plutot|finalement|mets|mettez|mais|change[rz]?)\b/.test(s.lu.phrase);
  // "je prends le garba": that one, as it was proposed, and not the others.
  if (achete && !oui && !retire && !corrige && !dit(s, 'encore')) {
    const choisies = lignes.flatMap((l) => {
      const visee = proposees.filter((v) => l.produits.some((p) => p.id_produit === v.produit));
      const [une, autre] = visee;
      const change = Object.keys({ ...l.attributs, ...l.inconnus }).length > 0;
      return une && !autre && !change ? [{ ...une, quantite: l.quantite ?? une.quantite }] : [];
    });
    return choisies.length === lignes.length ? mettreProposees(s, choisies) : null;
  }
  let voulues = proposees.map((v) => ({ ...v }));
  for (const ligne of lignes) {
    const ids = ligne.produits.map((p) => p.id_produit);
    const visees = voulues.filter((v) => ids.includes(v.produit));
    if (ligne.action === 'retirer') {
      if (visees.length === 0) return null;
      voulues = voulues.filter((v) => !visees.includes(v));
      continue;
    }
    const [visee, autre] = visees;
    if (visee && !autre) {
      const produit = ligne.produits.find((p) => p.id_produit === visee.produit);
      const attributs = { ...visee.attributs, ...ligne.attributs };
      const existe =
        produit?.variantes.length === 0 || produit?.variantes.some((v) => correspond(v, attributs));
      if (!existe || Object.keys(ligne.inconnus).length > 0) return null;
      Object.assign(visee, { attributs, quantite: ligne.quantite ?? visee.quantite });
      continue;
    }
    const nouvelle = ligne.action === 'ajouter' ? enAttente(ligne) : null;
    if (!nouvelle) return null;
    voulues.push(nouvelle);
  }
  if (oui || (achete && !corrige)) return mettreProposees(s, voulues);
  const [seule, ...autres] = voulues;
  if (!seule) return null;
  return autres.length > 0 ? proposerVoulues(s, voulues) : proposerSeule(s, seule);
}

async function proposerSeule(s: Situation, voulue: EnAttente): Promise<Decision | null> {
  const produit = await produitParId(voulue.produit, s.outils);
  if (!produit) return null;
  Object.assign(s.memoire, {
    produit: { id: produit.id_produit, nom: produit.nom_produit },
    recherche: null,
    attributs: voulue.attributs,
    quantite: voulue.quantite,
  });
  const cerne = await cerner({ ...s, demande: { ...s.demande, attributs: {}, inconnus: {} } }, produit);
  if (!estChiffrage(cerne)) return cerne;
  const decision = await proposer(s, cerne);
  s.memoire.question = { sur: 'prendre' };
  return {
    ...decision,
    texte: decision.texte
      .replace(/^Parfait ! /, "D'accord. ")
      .replace(/Voulez-vous voir cet article \?$/, 'Voulez-vous commander cet article ?'),
  };
}

const LES_DEUX =
  /\bles (deux|2|trois|3|quatre|4)\b|\b(?:je prends|donne[rz]? moi|mets|mettez|ok pour) (?:tout(?: ca)?|tous|toutes|le tout)\b/;
const NOMBRES: Record<string, number> = { une: 1, un: 1, deux: 2, trois: 3, quatre: 4, cinq: 5 };

/** "je prends les deux" of what was looked at one after the other; what "les deux" cannot be is asked. */
export async function prendreTousVus(s: Situation, achete: boolean): Promise<Decision | null> {
  const { avant, lu } = s;
  const lus = LES_DEUX.exec(lu.phrase);
  if (!lus || !avant.produit || s.sujet.origine === 'nomme' || dit(s, 'stock')) return null;
  if (!achete && lu.avis !== 'oui' && !dit(s, 'oui') && !dit(s, 'prix') && !dit(s, 'tous')) return null;
  const nombre = lus[1] === undefined ? null : (NOMBRES[lus[1]] ?? Number(lus[1]));
  const vus: EnAttente[] = [
    ...avant.vus,
    { produit: avant.produit.id, attributs: avant.attributs, quantite: avant.quantite },
  ];
  // "je prends les 3" of three that were priced.
  if (vus.length < 2 && (nombre === null || nombre === avant.quantite)) return null;
  const voulus = nombre === null ? vus : vus.slice(-nombre);
  if (nombre !== null && voulus.length !== nombre) {
    s.memoire.question = avant.question;
    return repondre(s, 'De quels articles parlez-vous ? Dites-moi leurs noms.', CONFIANCE.choix);
  }
  if (dit(s, 'prix')) return proposerVoulues(s, voulus);
  s.memoire.attente = [...voulus, ...avant.attente].slice(0, 10);
  s.memoire.vus = [];
  return suivant(s, '');
}

const CHAQUE =
  /\b(une?|1|deux|2|trois|3|quatre|4|cinq|5) (?:paires? |pieces? )?(?:de |pour |par |en )?(?:chaque|chacune?)\b|\b(?:les (deux|2|trois|3|quatre|4)|toutes les (?:couleurs|tailles|pointures))$/;

/** "1 de chaque" to the question which colour. */
export async function prendreDeChaque(s: Situation): Promise<Decision | null> {
  const { avant, lu } = s;
  const lus = CHAQUE.exec(lu.phrase.replace(/[?|]/g, ' ').trim());
  if (!lus || avant.question?.sur !== 'attribut' || !avant.produit) return null;
  const { cle } = avant.question;
  const produit = await produitParId(avant.produit.id, s.outils);
  const restantes = (produit?.variantes ?? []).filter((v) => correspond(v, avant.attributs));
  const valeurs = dire.valeursEnStock(restantes, cle);
  const nombre = (dit: string | undefined) => (dit === undefined ? null : (NOMBRES[dit] ?? Number(dit)));
  const autant = nombre(lus[2]);
  if (!produit || valeurs.length < 2 || (autant !== null && autant !== valeurs.length)) return null;
  const voulues = valeurs.map((valeur) => ({
    produit: produit.id_produit,
    attributs: { ...avant.attributs, [cle]: valeur },
    quantite: nombre(lus[1]) ?? 1,
  }));
  const uniques = voulues.every(
    ({ attributs }) => restantes.filter((v) => correspond(v, attributs)).length === 1,
  );
  if (!uniques) return null;
  return avant.veut ? mettreProposees(s, voulues) : proposerVoulues(s, voulues);
}
