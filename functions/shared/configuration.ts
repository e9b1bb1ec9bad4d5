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
  META_APP_SECRET: z.string().default(''),
  META_VERIFY_TOKEN: z.string().default(''),
  GRAPH_API_URL: z.url().default('https://graph.facebook.com'),
  GRAPH_API_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/)
    .default('v26.0'),
});

export type Configuration = {
  urlSupabase: string;
  /** Every key that may call the functions; the first one calls the database. */
  clesSecretes: [string, ...string[]];
  /** Meta's app secrets, several while one is being rotated; empty: nothing is accepted. */
  secretsMeta: string[];
  jetonVerificationMeta: string;
  urlGraph: string;
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
    secretsMeta: e.META_APP_SECRET.split(',')
      .map((s) => s.trim())
      .filter((s) => s !== ''),
    jetonVerificationMeta: e.META_VERIFY_TOKEN,
    urlGraph: `${e.GRAPH_API_URL.replace(/\/$/, '')}/${e.GRAPH_API_VERSION}`,
  };
}
