// The function with which Gemini ends its turn, `repondre`, and how what it says becomes a reply: with what must be said exactly,
// with what can be tapped, and with how sure one may be.
import { type FunctionDeclaration, SchemaType } from '@google/generative-ai';
import { z } from 'zod';
import { formaterMontant } from '../../shared/montant.ts';
import { nomme } from '../garde-fous/nombres.ts';
import { mentionsDe } from '../garde-fous/sujets.ts';
import { contient, plier } from '../garde-fous/texte.ts';
import { type Choix, type MethodePaiement, NUMERO_COMMANDE, type Reponse } from '../modele-ia.ts';
import {
  choixDuRecapitulatif,
  confirmation,
  type Langue,
  motsDuPaiement,
  passage,
  recapitulatif,
} from '../phrases-vente.ts';
import type { Atelier } from './outils.ts';
import { couper, propre } from './vues.ts';

export const NOM_REPONDRE = 'repondre';

export const REPONDRE: FunctionDeclaration = {
  name: NOM_REPONDRE,
  description: 'Envoie la réponse au client et termine. À appeler une fois, après les outils.',
  parameters: {
    type: SchemaType.OBJECT,
    properties: {
      texte: {
        type: SchemaType.STRING,
        description: 'la réponse, courte, style WhatsApp, dans la langue du client',
      },
      langue: { type: SchemaType.STRING, description: 'langue de la réponse : fr, en, ou autre code' },
      choix: {
        type: SchemaType.ARRAY,
        items: { type: SchemaType.STRING },
        description:
          'ce que le client peut toucher, au plus 10 : oui, non, modifier, humain, produit:<id_produit>, variante:<id_variante>, payer:<methode_paiement>',
      },
      passer_la_main: {
        type: SchemaType.OBJECT,
        properties: { motif: { type: SchemaType.STRING, description: 'pour l’équipe' } },
        required: ['motif'],
        description: 'seulement si une personne doit prendre la suite',
      },
      certitude: { type: SchemaType.NUMBER, description: 'de 0 à 1' },
    },
    required: ['texte', 'certitude'],
  },
};

export const formeRepondre = z.strictObject({
  texte: z.string().max(4000).transform(propre).pipe(z.string().min(1).max(1500)),
  langue: z.string().max(20).nullable().optional(),
  choix: z.array(z.string().max(60)).max(10).nullable().optional(),
  passer_la_main: z
    .strictObject({ motif: z.string().max(2000).transform(propre).pipe(z.string().min(1)) })
    .nullable()
    .optional(),
  certitude: z.number().min(0).max(1),
});
export type Repondre = z.output<typeof formeRepondre>;

const PAIEMENTS = z.enum(['paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire']);
const TITRES: Record<string, [fr: string, en: string]> = {
  oui: ['Oui', 'Yes'],
  non: ['Non', 'No'],
  modifier: ['Modifier', 'Change'],
  humain: ['Parler à quelqu’un', 'Talk to someone'],
};

/** Titles are the shop's, never the model's. null: no such choice among what the tools gave. */
function choixDe(atelier: Atelier, id: string, langue: Langue): Choix | null {
  const fixe = TITRES[id];
  if (fixe) return { id, titre: fixe[langue === 'fr' ? 0 : 1] };
  const [genre, reste = ''] = id.split(':');
  const numero = Number(reste);
  const { produits } = atelier.faits;
  if (genre === 'produit') {
    const p = produits.get(numero);
    return p ? { id, titre: p.nom } : null;
  }
  if (genre === 'variante') {
    for (const p of produits.values()) {
      const v = p.variantes.get(numero);
      if (v) return v.stock > 0 ? { id, titre: Object.values(v.attributs).join(' ') || p.nom } : null;
    }
    return null;
  }
  const methode = genre === 'payer' ? PAIEMENTS.safeParse(reste) : null;
  if (methode?.success) {
    const mots = motsDuPaiement(methode.data satisfies MethodePaiement, langue);
    return { id, titre: mots.charAt(0).toUpperCase() + mots.slice(1) };
  }
  return null;
}

const tronquer = (titre: string, max: number): string =>
  titre.length <= max ? titre : `${couper(titre, max - 1)}…`;

function interactif(choix: Choix[], langue: Langue): Pick<Reponse, 'boutons' | 'liste'> {
  const uniques = (max: number) => {
    const vus = new Set<string>();
    return choix.flatMap((c) => {
      const titre = tronquer(c.titre, max);
      if (vus.has(titre)) return [];
      vus.add(titre);
      return [{ ...c, titre }];
    });
  };
  if (choix.length === 0) return {};
  if (choix.length <= 3) return { boutons: uniques(20) };
  return { liste: { bouton: langue === 'fr' ? 'Choisir' : 'Choose', lignes: uniques(24).slice(0, 10) } };
}

export type Conduite = { regenere: boolean; malformes: number };

/**
 * `score_confiance_ia` of a generated reply: 0.95 × the model's own certainty (not below one half), less 0.15 when the guardrails had refused
 * a first text, 0.1 for every malformed call, and 0.1 when it speaks of goods without having asked any tool.
 */
export function confianceDe(
  certitude: number,
  parleDeProduits: boolean,
  { regenere, malformes }: Conduite,
): number {
  const score =
    0.95 * Math.min(1, Math.max(0.5, certitude)) -
    (regenere ? 0.15 : 0) -
    0.1 * malformes -
    (parleDeProduits ? 0.1 : 0);
  return Math.round(Math.max(0, score) * 100) / 100;
}

/** Below this a person takes over. */
const CONFIANCE_MINIMALE = 0.4;

export function composer(atelier: Atelier, dit: Repondre, conduite: Conduite, modele: string): Reponse {
  const { contexte, faits, outils } = atelier;
  const { devise } = contexte.vendeur;
  const langue: Langue = dit.langue?.toLowerCase().startsWith('en') ? 'en' : 'fr';
  const panier = outils.panier();
  let { texte } = dit;
  let choix = (dit.choix ?? []).flatMap((id) => choixDe(atelier, id, langue) ?? []);
  if (faits.faits.confirme && atelier.commande) {
    const total = atelier.commande.montant_a_payer ?? atelier.commande.montant_total;
    if (!texte.includes(NUMERO_COMMANDE) || !nomme(texte, total))
      texte = confirmation(atelier.commande, devise, langue);
    choix = [];
  } else if (faits.faits.recapitule) {
    if (!montreTout(texte, faits, panier, devise))
      texte = `${sansChiffres(texte)}${recapitulatif(panier, devise, langue)}`;
    choix = choixDuRecapitulatif(panier, langue);
  }
  const parleDeProduits = !atelier.interroge && mentionsDe(plier(dit.texte), faits.produits).length > 0;
  const confiance = confianceDe(dit.certitude, parleDeProduits, conduite);
  let main = atelier.main ?? dit.passer_la_main?.motif ?? null;
  if (main === null && confiance < CONFIANCE_MINIMALE && !faits.faits.confirme) {
    main = "L'assistant n'est pas sûr de sa dernière réponse. Reprenez la conversation.";
    texte = `${texte}\n${passage(langue)}`;
  }
  return {
    texte,
    ...(main === null ? interactif(choix, langue) : {}),
    // The built-in engine's open question is no longer what was asked last: a "oui" must not be taken for its answer.
    memoire: {},
    etape: panier.lignes.length > 0 || faits.produits.size > 0 ? 'qualification' : contexte.etape,
    confiance,
    modele,
    passerLaMain:
      main === null ? null : `${contexte.prospect.nom_complet ?? 'Le prospect'} : ${couper(main, 800)}`,
  };
}

/** He says yes to what he was shown: these articles in these sizes and numbers and no other, where it goes, how he pays, all amounts. */
function montreTout(
  texte: string,
  { produits }: Atelier['faits'],
  panier: Atelier['faits']['panier'],
  devise: string,
): boolean {
  const dit = plier(texte);
  const { lignes } = panier;
  const dedans = new Set(lignes.map((l) => l.id_produit));
  const lieu = plier(panier.commune ?? panier.adresse ?? '');
  return (
    nomme(texte, Number(formaterMontant(panier.montant_a_payer ?? 0, devise).replace(/\D/g, ''))) &&
    lignes.every(
      (l) =>
        dit.includes(plier(l.nom_produit)) &&
        nomme(texte, l.montant) &&
        Object.values(l.attributs).every((v) => contient(dit, plier(v).trim())) &&
        (l.quantite === 1 || nomme(texte, l.quantite)),
    ) &&
    mentionsDe(dit, produits).every((m) => [...m.ids].some((id) => dedans.has(id))) &&
    autresValeurs(dit, produits, lignes).length === 0 &&
    [...dit.matchAll(/\b(\d{1,3}) ?x(?![a-z0-9])|(?<![a-z0-9])x ?(\d{1,3})\b/g)].every(([, a, b]) =>
      lignes.some((l) => l.quantite === Number(a ?? b)),
    ) &&
    (panier.mode !== 'livraison' ||
      (dit.includes(lieu) && (panier.frais_livraison === null || nomme(texte, panier.frais_livraison)))) &&
    paiementsDits(dit).every((m) => m === panier.methode_paiement) &&
    (panier.methode_paiement === null ||
      panier.methode_paiement === 'paiement_livraison' ||
      paiementsDits(dit).length > 0)
  );
}

/** Sizes and colours of the articles that stand in no line. */
function autresValeurs(
  dit: string,
  produits: Atelier['faits']['produits'],
  lignes: Atelier['faits']['panier']['lignes'],
): string[] {
  const choisies = new Set(
    lignes.flatMap((l) => [l.nom_produit, ...Object.values(l.attributs), String(l.quantite)].map(plier)),
  );
  const toutes = lignes.flatMap((l) =>
    [...(produits.get(l.id_produit)?.variantes.values() ?? [])].flatMap((v) => Object.values(v.attributs)),
  );
  return [...new Set(toutes.map((v) => plier(v).trim()))].filter(
    (v) => v.length > 1 && ![...choisies].some((c) => contient(c, v)) && contient(dit, v),
  );
}

function paiementsDits(dit: string): MethodePaiement[] {
  const lus: [MethodePaiement, RegExp][] = [
    ['orange_money', /\borange\b/],
    ['mtn_money', /\bmtn\b|\bmomo\b/],
    ['wave', /\bwave\b/],
    ['virement_bancaire', /\bvirement\b|\bbank transfer\b/],
  ];
  return lus.flatMap(([methode, forme]) => (forme.test(dit) ? [methode] : []));
}

/** What it said besides its own summary stays, when that is short and names no figure. */
function sansChiffres(texte: string): string {
  return texte.length <= 200 && !/\d/.test(texte) ? `${texte}\n\n` : '';
}
