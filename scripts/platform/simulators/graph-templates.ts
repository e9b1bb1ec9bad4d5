// The message templates of the simulated accounts: listed page by page, and asked before a template message is accepted.
// An account for which no lever declared any takes every template, so that who does not care for them need not.
import { z } from 'zod';
import { route } from './graph-control.ts';
import { graphErrorBody, invalidParameter, type Refusal } from './graph-errors.ts';
import type { GraphAnswer, GraphCall, GraphContext, GraphModule } from './graph-module.ts';

const component = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  format: z.string().optional(),
});
const template = z.looseObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  language: z.string().default('fr'),
  status: z.string().default('APPROVED'),
  category: z.string().default('UTILITY'),
  id: z.string().optional(),
  parameter_format: z.enum(['POSITIONAL', 'NAMED']).default('POSITIONAL'),
  components: z.array(component).default([{ type: 'BODY', text: 'Bonjour' }]),
});
type Template = z.output<typeof template> & { id: string };

const declaration = z.strictObject({
  waba: z.string().regex(/^[0-9]{5,20}$/, 'un WABA est attendu (des chiffres)'),
  modeles: z.array(template),
});

/** What of a message concerns its template. */
const sent = z.looseObject({
  type: z.literal('template'),
  template: z.looseObject({
    name: z.string(),
    language: z.looseObject({ code: z.string() }),
    components: z
      .array(
        z.looseObject({
          type: z.string(),
          parameters: z.array(z.looseObject({ type: z.string() })).optional(),
        }),
      )
      .default([]),
  }),
});

export type Templates = GraphModule & {
  /** Why Meta would not send this message's template from this account; undefined: it would, or it is none. */
  templateRefusal(waba: string, message: unknown): Refusal | undefined;
};

const PAGE = 25;

function variables(text: string | undefined): number {
  return new Set((text ?? '').match(/\{\{\s*\w+\s*\}\}/g) ?? []).size;
}

export function createTemplates(_context: GraphContext): Templates {
  const accounts = new Map<string, Template[]>();
  let nextId = 700_000_000_000_000;

  function list(waba: string, query: URLSearchParams): GraphAnswer {
    const all = accounts.get(waba) ?? [];
    const limit = Math.min(Number(query.get('limit') ?? PAGE) || PAGE, 250);
    const after = query.get('after');
    const start = after === null ? 0 : Number(Buffer.from(after, 'base64url').toString());
    if (!Number.isInteger(start)) {
      return { status: 400, body: graphErrorBody(100, 'Invalid cursor') };
    }
    const page = all.slice(start, start + limit);
    const cursor = (position: number) => Buffer.from(String(position)).toString('base64url');
    const more = start + limit < all.length;
    return {
      status: 200,
      body: {
        data: page,
        ...(page.length > 0
          ? {
              paging: {
                cursors: { before: cursor(start), after: cursor(start + page.length) },
                ...(more ? { next: 'https://graph.facebook.com/next' } : {}),
              },
            }
          : {}),
      },
    };
  }

  return {
    handle({ method, path, query, tokenKnown }: GraphCall) {
      const waba = path.match(/^\/([0-9]{5,20})\/message_templates$/)?.[1];
      if (waba === undefined || method !== 'GET') return undefined;
      return tokenKnown ? list(waba, query) : { status: 401, body: graphErrorBody(190) };
    },
    templateRefusal(waba, message) {
      const known = accounts.get(waba);
      const asked = sent.safeParse(message);
      if (known === undefined || !asked.success) return undefined;
      const { name, language, components } = asked.data.template;
      const found = known.find((one) => one.name === name && one.language === language.code);
      if (found === undefined || found.status === 'REJECTED' || found.status === 'PENDING')
        return {
          status: 404,
          code: 132001,
          details: `template name (${name}) does not exist in ${language.code}`,
        };
      if (found.status === 'PAUSED') return { status: 400, code: 132015, details: 'Template is Paused' };
      if (found.status !== 'APPROVED') return { status: 400, code: 132016, details: 'Template is Disabled' };
      for (const type of ['BODY', 'HEADER']) {
        const own = found.components.find((one) => one.type === type);
        const wanted = type === 'HEADER' && own?.format !== 'TEXT' ? undefined : variables(own?.text);
        const given = components.find((one) => one.type.toUpperCase() === type)?.parameters ?? [];
        if (own === undefined && given.length > 0) return invalidParameter(`${type}: no such component`);
        if (wanted !== undefined && wanted !== given.length)
          return {
            status: 400,
            code: 132000,
            details: `${type.toLowerCase()}: number of localizable_params (${given.length}) does not match the expected number of params (${wanted})`,
          };
      }
      return undefined;
    },
    controls: {
      'POST /_modeles': route(declaration, ({ waba, modeles }) => {
        accounts.set(
          waba,
          modeles.map((one) => ({ ...one, id: one.id ?? String(nextId++) })),
        );
      }),
    },
    reset() {
      accounts.clear();
    },
  };
}
