// How a business comes to an app at the simulated Meta: Embedded Signup's single-use codes, the tokens they give and what these
// may reach, the numbers of an account, registration with its PIN, subscription with the webhook's handshake.
// Accounts that no lever declared behave as they always did, with the simulator's own tokens.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { route } from './graph-control.ts';
import { graphErrorBody } from './graph-errors.ts';
import { businessNumber, wabaOf } from './graph-identity.ts';
import type { GraphAnswer, GraphCall, GraphContext, GraphModule } from './graph-module.ts';

type PhoneNumber = {
  id: string;
  waba: string;
  display: string;
  name: string;
  quality: string;
  tier: string;
  throughput: string;
  coexistence: boolean;
  registered: boolean;
  pin: string | undefined;
};
type Grant = { wabas: string[]; appId: string; scopes: string[]; alive: boolean };
type Code = Grant & { used: boolean };

export type Onboarding = GraphModule & {
  /** The account of a number: the declared one, or the one that follows from the number. */
  wabaOfNumber(phoneNumberId: string): string;
};

const SCOPES = ['whatsapp_business_management', 'whatsapp_business_messaging'];
const identifier = z.string().regex(/^[0-9]{5,20}$/, 'un identifiant de Meta est attendu (des chiffres)');

const fullNumber = z.strictObject({
  id: identifier,
  numero: z.string().optional(),
  nom: z.string().optional(),
  qualite: z.enum(['GREEN', 'YELLOW', 'RED', 'UNKNOWN']).optional(),
  palier: z.string().optional(),
  debit: z.enum(['STANDARD', 'HIGH']).optional(),
  coexistence: z.boolean().optional(),
  enregistre: z.boolean().optional(),
  pin: z
    .string()
    .regex(/^[0-9]{6}$/)
    .optional(),
});
type DeclaredNumber = z.output<typeof fullNumber>;

const code = z.strictObject({
  waba: identifier,
  numeros: z.array(z.union([identifier, fullNumber])).default([]),
  /** Granted besides `waba`, with the numbers they have already. */
  aussi: z.array(identifier).default([]),
  /** The PIN that every number of this call has. */
  pin_requis: z
    .string()
    .regex(/^[0-9]{6}$/)
    .optional(),
  application: z.string().optional(),
  permissions: z.array(z.string()).default(SCOPES),
});
const revocation = z
  .strictObject({ jeton: z.string().optional(), waba: identifier.optional() })
  .refine(
    (body) => (body.jeton === undefined) !== (body.waba === undefined),
    'il faut « jeton » ou « waba »',
  );
const registration = z.object({
  messaging_product: z.literal('whatsapp'),
  pin: z.string().regex(/^[0-9]{6}$/),
});
const override = z.looseObject({
  override_callback_uri: z.url().optional(),
  verify_token: z.string().optional(),
});

const ok = (body: unknown): GraphAnswer => ({ status: 200, body });
const refuse = (status: number, codeOfMeta: number, details: string): GraphAnswer => ({
  status,
  body: graphErrorBody(codeOfMeta, details),
});

export function createOnboarding(context: GraphContext): Onboarding {
  const codes = new Map<string, Code>();
  const grants = new Map<string, Grant>();
  const numbers = new Map<string, PhoneNumber>();
  const declaredWabas = new Set<string>();
  /** Subscribed apps of each account. */
  const subscriptions = new Map<string, Set<string>>();

  const isDeclared = (id: string) => declaredWabas.has(id);
  const numbersOf = (waba: string) => [...numbers.values()].filter((number) => number.waba === waba);
  const wabaOfNumber = (id: string) => numbers.get(id)?.waba ?? wabaOf(id);

  function declare(waba: string, pin: string | undefined, given: DeclaredNumber): void {
    const usual = businessNumber(given.id);
    const known = numbers.get(given.id);
    numbers.set(given.id, {
      id: given.id,
      waba,
      display: given.numero ?? known?.display ?? usual.display_phone_number,
      name: given.nom ?? known?.name ?? usual.verified_name,
      quality: given.qualite ?? known?.quality ?? 'GREEN',
      tier: given.palier ?? known?.tier ?? 'TIER_250',
      throughput: given.debit ?? known?.throughput ?? 'STANDARD',
      coexistence: given.coexistence ?? known?.coexistence ?? false,
      registered: given.enregistre ?? given.coexistence ?? known?.registered ?? false,
      pin: given.pin ?? pin ?? known?.pin,
    });
  }

  function describe(number: PhoneNumber): Record<string, unknown> {
    return {
      id: number.id,
      display_phone_number: number.display,
      verified_name: number.name,
      quality_rating: number.quality,
      code_verification_status: 'VERIFIED',
      platform_type: number.registered ? 'CLOUD_API' : 'NOT_APPLICABLE',
      status: number.registered ? 'CONNECTED' : 'PENDING',
      throughput: { level: number.throughput },
      is_on_biz_app: number.coexistence,
      whatsapp_business_manager_messaging_limit: number.tier,
    };
  }

  /** Only the fields that were asked for, and never without the id. */
  function select(fields: string | null, whole: Record<string, unknown>): Record<string, unknown> {
    if (fields === null) return whole;
    const wanted = ['id', ...fields.split(',')];
    return Object.fromEntries(Object.entries(whole).filter(([name]) => wanted.includes(name)));
  }

  function exchange(query: URLSearchParams): GraphAnswer {
    if (query.get('client_id') !== context.appId)
      return refuse(400, 101, 'Error validating application. Cannot get application info.');
    if (query.get('client_secret') !== context.appSecret)
      return refuse(400, 1, 'Error validating client secret.');
    const found = codes.get(query.get('code') ?? '');
    if (found === undefined) return refuse(400, 100, 'Invalid verification code format.');
    if (found.used) return refuse(400, 100, 'This authorization code has been used.');
    found.used = true;
    const token = `EAAJ${randomBytes(30).toString('hex')}`;
    grants.set(token, { ...found, alive: true });
    context.tokens.add(token);
    return ok({ access_token: token, token_type: 'bearer' });
  }

  function debug({ query, token }: GraphCall): GraphAnswer {
    if ((token ?? query.get('access_token')) !== `${context.appId}|${context.appSecret}`)
      return refuse(400, 190, 'Invalid OAuth access token.');
    const grant = grants.get(query.get('input_token') ?? '');
    if (grant === undefined || !grant.alive)
      return ok({ data: { is_valid: false, error: { code: 190, message: 'Invalid OAuth access token.' } } });
    return ok({
      data: {
        app_id: grant.appId,
        type: 'SYSTEM_USER',
        application: 'FluxAsync',
        is_valid: true,
        expires_at: 0,
        scopes: [...grant.scopes, 'public_profile'],
        granular_scopes: grant.scopes.map((scope) => ({ scope, target_ids: grant.wabas })),
        user_id: '122100000000000000',
      },
    });
  }

  async function subscribe(waba: string, body: unknown): Promise<GraphAnswer> {
    const given = override.safeParse(body ?? {});
    const url = (given.success && given.data.override_callback_uri) || context.webhookUrl;
    const verifyToken = (given.success && given.data.verify_token) || context.verifyToken;
    const challenge = String(randomBytes(4).readUInt32BE());
    const question = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.challenge': challenge,
      'hub.verify_token': verifyToken,
    });
    const answer = await fetch(`${url}?${question}`).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => ({ status: 0, text: '' }),
    );
    if (answer.status !== 200 || answer.text !== challenge)
      return refuse(400, 2200, `Callback verification failed: HTTP Status Code = ${answer.status}`);
    subscriptions.set(waba, (subscriptions.get(waba) ?? new Set()).add(context.appId));
    return ok({ success: true });
  }

  function register(number: PhoneNumber, body: unknown): GraphAnswer {
    const given = registration.safeParse(body);
    if (!given.success) return refuse(400, 100, 'Param pin must be a string of 6 digits.');
    if (number.coexistence)
      return refuse(400, 100, 'Phone numbers on the WhatsApp Business app cannot be registered.');
    if (number.pin !== undefined && number.pin !== given.data.pin)
      return refuse(400, 133005, 'Two-step verification PIN mismatch.');
    number.pin = given.data.pin;
    number.registered = true;
    return ok({ success: true });
  }

  const unreachable = (id: string) =>
    refuse(
      400,
      100,
      `Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
    );

  function handle(call: GraphCall): GraphAnswer | Promise<GraphAnswer> | undefined {
    const { method, path, query, body } = call;
    if (method === 'GET' && path === '/oauth/access_token') return exchange(query);
    if (method === 'GET' && path === '/debug_token') return debug(call);
    const [, id = '', edge = ''] = path.match(/^\/([0-9]{5,20})(?:\/([a-z_]+))?$/) ?? [];
    if (id === '' || !call.tokenKnown) return undefined;
    const number = numbers.get(id);
    const grant = grants.get(call.token ?? '');
    // A token that a code gave reaches its own accounts and their numbers, and nothing else.
    if (grant !== undefined && !grant.wabas.includes(number?.waba ?? (isDeclared(id) ? id : wabaOfAny(id))))
      return unreachable(id);
    if (number !== undefined) return ofNumber(number, `${method} ${edge}`, call);
    switch (`${method} ${edge}`) {
      case 'GET phone_numbers':
        if (!isDeclared(id)) return undefined;
        return ok({
          data: numbersOf(id).map((one) => select(query.get('fields'), describe(one))),
          paging: { cursors: { before: 'QVFI', after: 'QVFJ' } },
        });
      case 'POST subscribed_apps':
        return subscribe(id, body);
      case 'DELETE subscribed_apps':
        subscriptions.get(id)?.delete(context.appId);
        return ok({ success: true });
      case 'GET subscribed_apps':
        return ok({
          data: [...(subscriptions.get(id) ?? [])].map((app) => ({
            whatsapp_business_api_data: {
              id: app,
              link: `https://www.example.com/${app}`,
              name: 'FluxAsync',
            },
          })),
        });
      default:
        return undefined;
    }
  }

  function ofNumber(number: PhoneNumber, what: string, call: GraphCall): GraphAnswer | undefined {
    switch (what) {
      case 'GET ':
        return ok(select(call.query.get('fields'), describe(number)));
      case 'POST register':
        return register(number, call.body);
      case 'POST deregister':
        number.registered = false;
        return ok({ success: true });
      case 'POST messages':
        if (number.registered) return undefined;
        return refuse(
          400,
          133010,
          'The phone number is not registered on the WhatsApp Business Platform yet.',
        );
      default:
        return undefined;
    }
  }

  /** Of an id that nobody declared: an account is told from a number by its first digit. */
  const wabaOfAny = (id: string) => (id.startsWith('2') ? id : wabaOf(id));

  return {
    handle,
    wabaOfNumber,
    controls: {
      'POST /_codes': route(code, (body) => {
        declaredWabas.add(body.waba);
        for (const number of body.numeros)
          declare(body.waba, body.pin_requis, typeof number === 'string' ? { id: number } : number);
        const made = `AQ${randomBytes(24).toString('base64url')}`;
        codes.set(made, {
          wabas: [body.waba, ...body.aussi],
          appId: body.application ?? context.appId,
          scopes: body.permissions,
          alive: true,
          used: false,
        });
        return { code: made };
      }),
      'POST /_revoquer': route(revocation, ({ jeton, waba }) => {
        if (jeton !== undefined) context.tokens.delete(jeton);
        for (const [token, grant] of grants) {
          if (token !== jeton && !(waba !== undefined && grant.wabas.includes(waba))) continue;
          grant.alive = false;
          context.tokens.delete(token);
        }
      }),
      'GET /_abonnements': route(z.unknown(), () =>
        Object.fromEntries([...subscriptions].map(([waba, apps]) => [waba, [...apps]])),
      ),
    },
    reset() {
      codes.clear();
      grants.clear();
      numbers.clear();
      subscriptions.clear();
      declaredWabas.clear();
    },
  };
}
