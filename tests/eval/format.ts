// One dialogue of an evaluation set: its shop, its catalogue, what the prospect writes and what must come out.
// README.md beside this file tells the format to people; what is wrong in a line is said with its number and its field.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { aleatoire } from './hasard.ts';
import { tirer } from './tirage.ts';

/** Also "45 000", "45.000 F" and what a drawing leaves as text. */
const nombre = z.preprocess((v) => {
  if (typeof v !== 'string') return v;
  const chiffres = v
    .replace(/[\s\u00a0\u202f_]|(f\s*cfa|cfa|f|xof)\s*$/gi, '')
    .replace(/[.,](?=\d{3}(\D|$))/g, '');
  return /^\d+([.,]\d+)?$/.test(chiffres) ? Number(chiffres.replace(',', '.')) : v;
}, z.number().min(0));
const entier = nombre.pipe(z.number().int());
const mots = z.preprocess((v) => (typeof v === 'number' ? String(v) : v), z.string());
const liste = <T extends z.ZodType>(un: T) => z.preprocess((v) => (Array.isArray(v) ? v : [v]), z.array(un));
const attributs = z.record(z.string(), mots);

const methode = z.preprocess(
  (v) => (typeof v === 'string' ? (METHODES[v.toLowerCase().replace(/[^a-z]/g, '')] ?? v) : v),
  z.enum(['paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire']),
);
const METHODES: Record<string, string> = {
  paiementlivraison: 'paiement_livraison',
  livraison: 'paiement_livraison',
  especes: 'paiement_livraison',
  cash: 'paiement_livraison',
  orange: 'orange_money',
  orangemoney: 'orange_money',
  om: 'orange_money',
  mtn: 'mtn_money',
  mtnmoney: 'mtn_money',
  momo: 'mtn_money',
  wave: 'wave',
  virement: 'virement_bancaire',
  virementbancaire: 'virement_bancaire',
};

const zone = z.strictObject({
  nom: z.string().min(1),
  /** What it covers besides its name; "*": wherever no other zone is. */
  communes: liste(z.string()).default([]),
  frais: nombre,
  delai_jours: entier.default(1),
});

const boutique = z.strictObject({
  nom: z.string().default('Boutique Essai'),
  devise: z.string().length(3).default('XOF'),
  zones: z.array(zone).default([{ nom: 'Partout', communes: ['*'], frais: 1500, delai_jours: 1 }]),
  paiements: liste(methode).default(['paiement_livraison', 'orange_money', 'mtn_money', 'wave']),
  heures: z.record(z.string(), liste(z.string())).default({}),
  politiques: z.record(z.string(), z.string()).default({}),
  retrait: z.boolean().default(false),
  adresse: z.string().nullable().default(null),
  consignes: z.string().nullable().default(null),
});

const variante = z.strictObject({ attributs, stock: entier.default(5), prix: nombre.optional() });
const article = z
  .strictObject({
    nom: z.string().min(1),
    prix: nombre,
    categorie: z.string().nullable().default(null),
    description: z.string().nullable().default(null),
    stock: entier.optional(),
    variantes: z.array(variante).default([]),
    photo: z.boolean().default(false),
  })
  .refine((a) => a.stock === undefined || a.variantes.length === 0, {
    message: 'stock and variantes: with variants each has its own stock',
    path: ['stock'],
  });

const position = z.strictObject({
  latitude: z.number(),
  longitude: z.number(),
  nom: z.string().optional(),
  adresse: z.string().optional(),
});
const propos = z.union([
  mots,
  z.strictObject({ texte: mots }),
  z.strictObject({ vocal: z.string() }),
  z.strictObject({ image: z.string() }),
  z.strictObject({ position }),
  z.strictObject({ bouton: mots }),
]);

/** A list inside the list: any one of them will do. */
const expressions = liste(z.union([mots, z.array(mots)]));
const attenduTour = z.strictObject({
  prix: liste(z.union([nombre, z.array(nombre)])).default([]),
  contient: expressions.default([]),
  absent: expressions.default([]),
  main: z.boolean().optional(),
  photo: z.boolean().optional(),
  recapitulatif: z.boolean().optional(),
});

const reponses = z.strictObject({
  achat: mots.default('oui je prends'),
  adresse: mots.default('Cocody Angré, derrière la pharmacie'),
  nom: mots.default('Awa Koné'),
  telephone: mots.default('07 08 09 10 11'),
  paiement: mots.default('à la livraison'),
  confirmation: mots.default('oui'),
});

/** What happens at the vendor's meanwhile. */
const changement = z.strictObject({
  article: z.string(),
  attributs: attributs.optional(),
  prix: nombre.optional(),
  stock: entier.optional(),
});

const tour = z.preprocess(
  (v) => (typeof v === 'string' || Array.isArray(v) ? { dit: v } : v),
  z
    .strictObject({
      dit: liste(propos).optional(),
      terminer: z.union([z.boolean(), z.literal('recapitulatif')]).optional(),
      change: liste(changement).optional(),
      attendu: attenduTour.prefault({}),
    })
    .refine((t) => [t.dit, t.terminer, t.change].filter((x) => x !== undefined && x !== false).length === 1, {
      message: 'a turn has exactly one of dit, terminer, change',
    }),
);

const commande = z.strictObject({
  lignes: z
    .array(
      z.strictObject({ article: z.string(), attributs: attributs.default({}), quantite: entier.default(1) }),
    )
    .min(1),
  total: nombre.optional(),
  frais: nombre.optional(),
  a_payer: nombre.optional(),
  commune: z.string().optional(),
  adresse: expressions.default([]),
  retrait: z.boolean().default(false),
  paiement: methode.optional(),
  statut: z.string().default('confirmee'),
});

const dialogue = z.strictObject({
  id: z.string(),
  categorie: z.string().default('divers'),
  notes: z.unknown().optional(),
  tirage: z.unknown().optional(),
  boutique: boutique.prefault({}),
  catalogue: z.array(article).default([]),
  prospect: z
    .strictObject({
      nom: z.string().nullable().default('Aminata Traoré'),
      telephone: z.string().nullable().optional(),
    })
    .prefault({}),
  reponses: reponses.prefault({}),
  tours: z.array(tour).min(1),
  attendu: z
    .strictObject({
      commande: z
        .preprocess(
          (v) => (v === null || v === undefined ? [] : Array.isArray(v) ? v : [v]),
          z.array(commande),
        )
        .default([]),
      /** null: both will do. */
      main: z.boolean().nullable().default(false),
      desabonne: z.boolean().optional(),
    })
    .prefault({}),
});

export type Dialogue = z.infer<typeof dialogue>;
export type Tour = Dialogue['tours'][number];
export type Propos = NonNullable<Tour['dit']>[number];
export type ArticleVendu = Dialogue['catalogue'][number];
export type CommandeAttendue = Dialogue['attendu']['commande'][number];

export class ErreurFormat extends Error {}

/** The dialogues of a file's text, drawn with this seed. Throws ErreurFormat with all that is wrong, one line each. */
export function lireDialogues(texte: string, fichier: string, graine: number): Dialogue[] {
  const nom = basename(fichier);
  const fautes: string[] = [];
  const vus = new Map<string, number>();
  const dialogues: Dialogue[] = [];
  for (const [rang, ligne] of texte
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (ligne.trim() === '' || ligne.trimStart().startsWith('//')) continue;
    const ou = `${nom}:${rang + 1}`;
    try {
      const brut: unknown = JSON.parse(ligne);
      const avecNom = typeof brut === 'object' && brut !== null ? { id: ou, ...brut } : brut;
      const id = String((avecNom as { id?: unknown } | null)?.id ?? ou);
      const lu = dialogue.safeParse(tirer(avecNom, aleatoire(`${graine}:${id}`)));
      if (!lu.success) {
        fautes.push(
          ...lu.error.issues.map((i) => `${ou} (${id}): ${i.path.join('.') || 'line'}: ${i.message}`),
        );
        continue;
      }
      fautes.push(...incoherences(lu.data).map((f) => `${ou} (${id}): ${f}`));
      const avant = vus.get(id);
      if (avant !== undefined) fautes.push(`${ou} (${id}): id: also that of line ${avant}`);
      vus.set(id, rang + 1);
      dialogues.push(lu.data);
    } catch (erreur) {
      fautes.push(`${ou}: ${erreur instanceof Error ? erreur.message : String(erreur)}`);
    }
  }
  if (fautes.length > 0) throw new ErreurFormat(fautes.join('\n'));
  return dialogues;
}

export const lireFichier = (fichier: string, graine: number): Dialogue[] =>
  lireDialogues(readFileSync(fichier, 'utf8'), fichier, graine);

/** What each field allows and the line as a whole does not. */
function incoherences(d: Dialogue): string[] {
  const fautes: string[] = [];
  const nommer = (ou: string, nom: string, attributs: Record<string, string> | undefined) => {
    const vendu = d.catalogue.find((a) => a.nom === nom);
    if (vendu === undefined) return void fautes.push(`${ou}: "${nom}" is not in the catalogue`);
    if (attributs === undefined || vendu.variantes.length === 0) return;
    if (!vendu.variantes.some((v) => memesAttributs(v.attributs, attributs))) {
      fautes.push(`${ou}: "${nom}" has no variant ${JSON.stringify(attributs)}`);
    }
  };
  for (const [c, une] of d.attendu.commande.entries()) {
    for (const [l, { article, attributs }] of une.lignes.entries()) {
      nommer(`attendu.commande.${c}.lignes.${l}`, article, attributs);
    }
  }
  for (const [t, { change }] of d.tours.entries()) {
    for (const un of change ?? []) nommer(`tours.${t}.change`, un.article, un.attributs);
  }
  const doubles = d.catalogue.map((a) => a.nom).filter((nom, i, noms) => noms.indexOf(nom) !== i);
  if (doubles.length > 0) fautes.push(`catalogue: twice "${doubles[0]}"`);
  return fautes;
}

export function memesAttributs(a: Record<string, string>, b: Record<string, string>): boolean {
  const noms = Object.keys(a);
  return noms.length === Object.keys(b).length && noms.every((nom) => a[nom] === b[nom]);
}
