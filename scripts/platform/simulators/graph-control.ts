// The simulator's own levers, beside the Graph paths: what tests, the demo and the chat ask of "Meta" and of its users.
// Every body is parsed; a wrong one is answered 400 in French, and nothing is done.
import { z } from 'zod';
import { BSUID, DEMO_PHONE_NUMBER_ID, PHONE } from './graph-identity.ts';

export type JournalEntry = {
  recu_le: string;
  methode: string;
  chemin: string;
  corps: unknown;
  statut: number;
};

const person = z
  .string()
  .refine(
    (value) => PHONE.test(value) || BSUID.test(value),
    'un numéro international ou un BSUID est attendu',
  );
const phoneNumberId = z
  .string()
  .regex(/^[0-9]{5,20}$/, 'un phone_number_id est attendu (des chiffres)')
  .default(DEMO_PHONE_NUMBER_ID);

const inbound = z
  .strictObject({
    de: person,
    nom: z.string().min(1).optional(),
    texte: z.string().min(1).optional(),
    message: z.record(z.string(), z.unknown()).optional(),
    vers: phoneNumberId,
    id: z.string().min(1).optional(),
  })
  .refine(
    (body) => (body.texte === undefined) !== (body.message === undefined),
    'il faut « texte » ou « message », et un seul des deux',
  );

const fault = z
  .strictObject({
    statut: z.union([
      z.literal(0, 'statut : 0 (coupure), 200 (lenteur) ou une erreur de 400 à 599'),
      z.literal(200),
      z.int().min(400).max(599),
    ]),
    code: z.int().optional(),
    fois: z.int().min(1).max(100_000).default(1),
    delai_ms: z.int().min(0).max(600_000).default(0),
    /** With statut 200 or 0: accepted, and a status event says later that it failed with this code. */
    apres: z.boolean().default(false),
    /** With statut 200 or 0: accepted, and no status event ever comes. */
    muet: z.boolean().default(false),
  })
  .transform(({ statut, code, fois, delai_ms, apres, muet }) => ({
    statut,
    code: code ?? 131000,
    fois,
    delaiMs: delai_ms,
    suite: apres ? ('echec' as const) : muet ? ('rien' as const) : ('statuts' as const),
  }));

export type Inbound = z.output<typeof inbound>;
export type Fault = z.output<typeof fault>;

export type ControlActions = {
  journal(): JournalEntry[];
  clearJournal(): void;
  addFault(fault: Fault): void;
  receive(inbound: Inbound): Promise<{ wamid: string; statut: number }>;
  openWindow(o: { de: string; vers: string }): void;
  shiftClock(ms: number): { maintenant: string };
  setStatuses(active: boolean): void;
  reset(): void;
};

export type ControlAnswer = { status: number; body: unknown };

/** A lever: its body is parsed by `schema`, and refused in French words when it is not of that shape. */
export function route<T>(
  schema: z.ZodType<T>,
  act: (body: T) => unknown,
): (body: unknown) => Promise<ControlAnswer> {
  return async (body) => {
    const parsed = schema.safeParse(body, { error: z.locales.fr().localeError });
    if (parsed.success) return { status: 200, body: (await act(parsed.data)) ?? { ok: true } };
    const details = parsed.error.issues.map(
      (issue) => `${issue.path.length > 0 ? `${issue.path.join('.')} : ` : ''}${issue.message}`,
    );
    return { status: 400, body: { erreur: 'corps invalide', details } };
  };
}

const nothing = z.unknown();

/** Answers `METHOD /_path`. */
export function createControl(
  actions: ControlActions,
  more: Record<string, (body: unknown) => Promise<ControlAnswer>> = {},
): {
  handle(method: string, path: string, body: unknown): Promise<ControlAnswer>;
} {
  const routes = new Map([
    ['GET /_journal', route(nothing, () => actions.journal())],
    ['DELETE /_journal', route(nothing, () => actions.clearJournal())],
    ['POST /_pannes', route(fault, actions.addFault)],
    ['POST /_entrant', route(inbound, actions.receive)],
    ['POST /_ouvrir', route(z.strictObject({ de: person, vers: phoneNumberId }), actions.openWindow)],
    [
      'POST /_horloge',
      route(z.strictObject({ decalage_ms: z.int() }), (body) => actions.shiftClock(body.decalage_ms)),
    ],
    [
      'POST /_statuts',
      route(z.strictObject({ actif: z.boolean() }), (body) => actions.setStatuses(body.actif)),
    ],
    ['POST /_reinitialiser', route(nothing, () => actions.reset())],
    ...Object.entries(more),
  ]);

  return {
    async handle(method, path, body) {
      const found = routes.get(`${method} ${path}`);
      if (found !== undefined) return found(body);
      return {
        status: 404,
        body: { erreur: 'commande inconnue', details: [`${method} ${path}`, ...routes.keys()] },
      };
    },
  };
}
