// Draws the variables of a line and writes them where it names them: `{p.nom}`, `{p.prix*2}`, `~{p.court}` with a typing error.
// A line without `tirage` is left as it is, braces and all.
import { z } from 'zod';
import type { Hasard } from './hasard.ts';
import { COMMUNES, GENRES, NOMS, PRENOMS, REPERES } from './noms.ts';

const variable = z.union([
  z.strictObject({
    article: z.string(),
    prix: z.tuple([z.number(), z.number()]).optional(),
    stock: z.number().int().optional(),
    epuise: z.boolean().default(false),
    photo: z.boolean().default(false),
    description: z.string().optional(),
  }),
  z.strictObject({ nombre: z.tuple([z.number(), z.number()]), pas: z.number().default(1) }),
  z.strictObject({ prix: z.tuple([z.number(), z.number()]) }),
  z.strictObject({ choix: z.array(z.union([z.string(), z.number()])).min(1) }),
  z.strictObject({ commune: z.union([z.literal(true), z.array(z.string())]) }),
  z.strictObject({ personne: z.literal(true) }),
]);
type Variable = z.infer<typeof variable>;
type Valeur = string | number | Record<string, unknown>;

export function tirer(ligne: unknown, hasard: Hasard): unknown {
  if (typeof ligne !== 'object' || ligne === null || !('tirage' in ligne)) return ligne;
  const { tirage, ...reste } = ligne;
  const lu = z.record(z.string(), variable).safeParse(tirage);
  if (!lu.success) {
    const i = lu.error.issues[0];
    throw new Error(`tirage.${i?.path.join('.')}: unknown drawing (README.md lists them)`);
  }
  const valeurs: Record<string, Valeur> = {};
  const pris: { mots: Set<string>; communes: Set<string> } = { mots: new Set(), communes: new Set() };
  for (const [nom, quoi] of Object.entries(lu.data)) valeurs[nom] = valeurDe(nom, quoi, hasard, pris);
  return remplacer(reste, valeurs, hasard, pris.mots);
}

function valeurDe(
  nom: string,
  v: Variable,
  hasard: Hasard,
  pris: { mots: Set<string>; communes: Set<string> },
): Valeur {
  if ('article' in v) return articleTire(nom, v, hasard, pris.mots);
  if ('nombre' in v) return hasard.entre(...v.nombre, v.pas);
  if ('prix' in v) return hasard.entre(...v.prix, 500);
  if ('choix' in v) return hasard.un(v.choix);
  if ('personne' in v) {
    const prenom = hasard.un(PRENOMS);
    return { prenom, nom: `${prenom} ${hasard.un(NOMS)}` };
  }
  const parmi = COMMUNES.filter(
    (c) => !pris.communes.has(c.nom) && (v.commune === true || v.commune.includes(c.nom)),
  );
  if (parmi.length === 0) throw new Error(`tirage.${nom}: no such commune is left`);
  const c = hasard.un(parmi);
  pris.communes.add(c.nom);
  return { ...c, adresse: `${c.quartier}, ${hasard.un(REPERES)}` };
}

/** `{p}` is its entry of the catalogue, `{p.taille}` a size that is in stock, `{p.hors}` one it never had. */
function articleTire(
  nom: string,
  v: Extract<Variable, { article: string }>,
  hasard: Hasard,
  pris: Set<string>,
): Valeur {
  const genre = GENRES[v.article];
  if (genre === undefined) throw new Error(`tirage.${nom}.article: one of ${Object.keys(GENRES).join(', ')}`);
  // Two articles of one shop share no word: what a short name means is never in doubt.
  const parmi = genre.articles.filter(([long]) => motsDe(long).every((m) => !pris.has(m)));
  if (parmi.length === 0) throw new Error(`tirage.${nom}: no such article is left`);
  const [long, court] = hasard.un(parmi);
  for (const m of motsDe(long)) pris.add(m);
  const prix = hasard.entre(...(v.prix ?? genre.prix), 500);
  const { tailles, couleurs } = genre;
  const commun = {
    nom: long,
    prix,
    categorie: genre.categorie,
    ...(v.photo ? { photo: true } : {}),
    ...(v.description === undefined ? {} : { description: v.description }),
  };
  const vus = hasard.melange(couleurs ?? []);
  const mesures = hasard.melange(tailles?.valeurs ?? []);
  const stock = v.stock ?? hasard.entre(6, 15);
  const [taille, taille2, epuisee] = mesures;
  const [couleur, couleur2] = vus;
  const variantes: { attributs: Record<string, string>; stock: number }[] = [];
  if (tailles) {
    for (const t of tailles.valeurs) {
      if (t !== taille && t !== taille2 && t !== epuisee && hasard.part() < 0.4) continue;
      const enStock = v.epuise || t === epuisee ? 0 : t === taille ? stock : hasard.entre(3, 9);
      const base = { [tailles.nom]: t };
      if (!couleurs) variantes.push({ attributs: base, stock: enStock });
      else
        for (const c of [couleur, couleur2])
          if (c) variantes.push({ attributs: { ...base, couleur: c }, stock: enStock });
    }
  } else if (couleurs) {
    for (const c of vus.slice(0, 3))
      variantes.push({ attributs: { couleur: c }, stock: v.epuise ? 0 : stock });
  }
  const entree = variantes.length > 0 ? { ...commun, variantes } : { ...commun, stock: v.epuise ? 0 : stock };
  const [autreCouleur] = vus.slice(3);
  return {
    entree,
    ...{ nom: long, court, prix, categorie: genre.categorie, stock },
    ...{
      taille,
      taille2,
      epuisee,
      hors: hasard.un(tailles?.ailleurs ?? ['']),
      couleur,
      couleur2,
      autreCouleur,
    },
  };
}

const NOM = /(~?)\{([a-z][\w.]*(?:\s*[-+*/]\s*(?:[a-z][\w.]*|\d+))*)\}/g;

function remplacer(x: unknown, valeurs: Record<string, Valeur>, hasard: Hasard, noms: Set<string>): unknown {
  if (Array.isArray(x)) return x.map((y) => remplacer(y, valeurs, hasard, noms));
  if (typeof x === 'object' && x !== null) {
    return Object.fromEntries(
      Object.entries(x).map(([cle, y]) => [
        String(remplacer(cle, valeurs, hasard, noms)),
        remplacer(y, valeurs, hasard, noms),
      ]),
    );
  }
  if (typeof x !== 'string') return x;
  const entiere = /^\{([a-z]\w*)\}$/.exec(x)?.[1];
  const seule = entiere === undefined ? undefined : valeurs[entiere];
  if (typeof seule === 'object' && 'entree' in seule) return seule.entree;
  return x.replace(NOM, (_, faute: string, formule: string) => {
    const dit = String(calculer(formule, valeurs));
    return faute === '' ? dit : malEcrire(dit, hasard, noms);
  });
}

/** `p.prix`, or a sum of products of such: no parentheses, no names but drawn ones. */
function calculer(formule: string, valeurs: Record<string, Valeur>): string | number {
  if (!/[-+*/]/.test(formule)) return lire(formule, valeurs);
  const nombre = (t: string) => {
    const n = /^\d+$/.test(t) ? Number(t) : Number(lire(t, valeurs));
    if (!Number.isFinite(n)) throw new Error(`{${formule}}: ${t} is no number`);
    return n;
  };
  let somme = 0;
  for (const [, signe, produit = ''] of formule.replace(/\s/g, '').matchAll(/([-+]?)([^-+]+)/g)) {
    const [premier = '', ...suite] = produit.split(/(?=[*/])/);
    const valeur = suite.reduce(
      (n, f) => (f.startsWith('*') ? n * nombre(f.slice(1)) : n / nombre(f.slice(1))),
      nombre(premier),
    );
    somme += signe === '-' ? -valeur : valeur;
  }
  return somme;
}

function lire(chemin: string, valeurs: Record<string, Valeur>): string | number {
  const [nom = '', champ] = chemin.split('.');
  const v = valeurs[nom];
  const lu = typeof v === 'object' ? v[champ ?? 'nom'] : champ === undefined ? v : undefined;
  if (typeof lu !== 'string' && typeof lu !== 'number') throw new Error(`{${chemin}}: not drawn`);
  return lu;
}

// ── typing errors ───────────────────────────────────────────────────────────────────────────────────────────────

export const sansAccents = (t: string) => t.normalize('NFD').replace(/\p{M}/gu, '');
const motsDe = (t: string) =>
  sansAccents(t)
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((m) => m.length > 2);

/** As a hurried thumb writes it: no capitals, mostly no accents, one letter of its longest word wrong, missing, twice or swapped. */
export function malEcrire(dit: string, hasard: Hasard, noms: ReadonlySet<string> = new Set()): string {
  const simple = (hasard.part() < 0.8 ? sansAccents(dit) : dit).toLowerCase();
  const mots = simple.split(' ');
  const long = mots.reduce((a, b) => (b.length > a.length ? b : a), '');
  if (long.length < 5 || /\d/.test(long)) return simple;
  for (let essai = 0; essai < 8; essai += 1) {
    const i = hasard.entre(1, long.length - 2);
    const lettres = [...long];
    const faux = hasard
      .un([
        () => lettres.toSpliced(i, 1),
        () => lettres.toSpliced(i, 2, lettres[i + 1] ?? '', lettres[i] ?? ''),
        () => lettres.toSpliced(i, 0, lettres[i] ?? ''),
        () => lettres.with(i, hasard.un([...'aeiorstnl'])),
      ])()
      .join('');
    // Never a step nearer to another name of the shop.
    const voisin = [...noms].some((n) => n !== sansAccents(long) && ecart(sansAccents(faux), n) <= 1);
    if (faux !== long && !voisin) return mots.map((m) => (m === long ? faux : m)).join(' ');
  }
  return simple;
}

/** Letters to change, add or take away to make one word of the other. */
function ecart(a: string, b: string): number {
  let rangee = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, c] of [...a].entries()) {
    const suivante = [i + 1];
    for (const [j, d] of [...b].entries()) {
      suivante.push(
        Math.min((rangee[j] ?? 0) + (c === d ? 0 : 1), (rangee[j + 1] ?? 0) + 1, (suivante[j] ?? 0) + 1),
      );
    }
    rangee = suivante;
  }
  return rangee.at(-1) ?? 0;
}
