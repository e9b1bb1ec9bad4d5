// What the functions need from their environment, parsed once. Secrets are read here and handed on, never logged.
import { z } from 'zod';

const cles = z.string().transform((texte, ctx) => {
  try {
    return z.record(z.string(), z.string().min(1)).parse(JSON.parse(texte));
  } catch {
    ctx.addIssue({ code: 'custom', message: 'not a JSON object of keys' });
    return z.NEVER;
  }
});

const environnement = z.object({
  SUPABASE_URL: z.url(),
  SUPABASE_SECRET_KEYS: cles,
  META_APP_ID: z.string().default(''),
  META_APP_SECRET: z.string().default(''),
  META_VERIFY_TOKEN: z.string().default(''),
  GRAPH_API_URL: z.url().default('https://graph.facebook.com'),
  GRAPH_API_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/)
    .default('v26.0'),
  GEMINI_API_KEY: z.string().optional(),
  GEMINI_API_URL: z.url().default('https://generativelanguage.googleapis.com'),
  GEMINI_MODELE: z.string().min(1).default('gemini-3.8-flash'),
  GEMINI_DELAI_MS: z.coerce.number().int().min(1).default(15_000),
  GEMINI_BUDGET_MS: z.coerce.number().int().min(1).max(35_000).default(25_000),
  GEMINI_TEMPERATURE: z.coerce.number().min(0).max(2).default(0.3),
  ORIGINES_AUTORISEES: z.string().default(''),
});

const liste = (texte: string): string[] =>
  texte
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '');

export type Configuration = {
  urlSupabase: string;
  /** Every key that may call the functions; the first one calls the database. */
  clesSecretes: [string, ...string[]];
  /** Meta's id of the app; empty: no number can be connected. */
  applicationMeta: string;
  /** Meta's app secrets, several while one is being rotated; empty: nothing is accepted. */
  secretsMeta: string[];
  jetonVerificationMeta: string;
  urlGraph: string;
  /** Null without a key: nothing is asked of Gemini. */
  gemini: {
    cle: string;
    modele: string;
    url: string;
    /** Of one call. */
    delaiMs: number;
    /** Of one reply, all its calls together. */
    budgetMs: number;
    temperature: number;
  } | null;
  /** Web origins whose pages may call the functions that people call; `*`: every one. */
  originesAutorisees: string[];
};

/** Throws with the names of the variables that are wrong, never with their values. */
export function lireConfiguration(variables: Record<string, string | undefined>): Configuration {
  // A variable left empty, as in a copied .env.example, is one that is not set.
  const donnees = Object.fromEntries(Object.entries(variables).filter(([, valeur]) => valeur !== ''));
  const lu = environnement.safeParse(donnees);
  if (!lu.success) {
    throw new Error(`environment: ${lu.error.issues.map((i) => `${i.path.join('.')} ${i.code}`).join(', ')}`);
  }
  const e = lu.data;
  const [premiere, ...autres] = [
    e.SUPABASE_SECRET_KEYS.default,
    ...Object.values(e.SUPABASE_SECRET_KEYS),
  ].filter((cle): cle is string => cle !== undefined);
  if (premiere === undefined) throw new Error('environment: SUPABASE_SECRET_KEYS is empty');
  return {
    urlSupabase: e.SUPABASE_URL,
    clesSecretes: [premiere, ...autres],
    applicationMeta: e.META_APP_ID,
    secretsMeta: liste(e.META_APP_SECRET),
    jetonVerificationMeta: e.META_VERIFY_TOKEN,
    urlGraph: `${e.GRAPH_API_URL.replace(/\/$/, '')}/${e.GRAPH_API_VERSION}`,
    gemini:
      e.GEMINI_API_KEY === undefined
        ? null
        : {
            cle: e.GEMINI_API_KEY,
            modele: e.GEMINI_MODELE,
            url: e.GEMINI_API_URL.replace(/\/$/, ''),
            delaiMs: e.GEMINI_DELAI_MS,
            budgetMs: e.GEMINI_BUDGET_MS,
            temperature: e.GEMINI_TEMPERATURE,
          },
    originesAutorisees: liste(e.ORIGINES_AUTORISEES),
  };
}
