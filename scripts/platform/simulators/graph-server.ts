// A WhatsApp Cloud API on this machine: strict where Meta is, and with levers (`/_…`) where Meta has people.
// Decisions are made at once and in memory; only answers that a fault delays and webhook events come later.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SECRETS } from '../config.ts';
import { createControl, type Fault, type Inbound, type JournalEntry } from './graph-control.ts';
import { createDelivery } from './graph-delivery.ts';
import { graphErrorBody, type Refusal } from './graph-errors.ts';
import {
  createRandom,
  inboundChange,
  type Person,
  personOf,
  planFailure,
  planStatuses,
} from './graph-events.ts';
import { createEventsLever } from './graph-events-lever.ts';
import { businessNumber, newWamid, phoneNumberOf } from './graph-identity.ts';
import { createMedia } from './graph-media.ts';
import { type MessageRequest, parseGraphRequest } from './graph-messages.ts';
import type { GraphAnswer, GraphCall, GraphContext, GraphModule } from './graph-module.ts';
import { createOnboarding } from './graph-onboarding.ts';
import { createGraphRules } from './graph-rules.ts';
import { createTemplates } from './graph-templates.ts';

export type GraphOptions = {
  webhookUrl: string;
  appSecret: string;
  appId?: string;
  verifyToken?: string;
  /** Access tokens that are accepted. */
  tokens: string[];
  seed: number;
  /** Whether accepted messages bring status events, until `/_statuts` says otherwise. */
  statuses: boolean;
  /** Throughput of each number: 80 at Meta, 1000 for numbers that Meta upgraded. */
  messagesPerSecond: number;
  now?: () => number;
  log?: (line: string) => void;
};

export type GraphSimulator = { listen(port: number): Promise<number>; close(): Promise<void> };

type Answer = GraphAnswer & { delayMs: number; cut: boolean };

const VERSION = '/v26.0';
const GRAPH_PATH = /^\/([0-9]{5,20})(?:\/(messages|phone_numbers|subscribed_apps))?$/;
const MAX_BODY_BYTES = 20_000_000;
// Longer than any client keeps an idle connection: a send must not meet a connection that is just being closed.
const KEEP_ALIVE_MS = 120_000;

function answer(status: number, body: unknown): Answer {
  return { status, body, delayMs: 0, cut: false };
}

function refused(refusal: Refusal): Answer {
  return answer(refusal.status, graphErrorBody(refusal.code, refusal.details));
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** No body is null; what is no JSON stays the text it is, and no schema takes it. */
function parseBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The parts of the API beyond messages, each in its own file; and why a template is not sent. */
function createModules(context: GraphContext): {
  modules: GraphModule[];
  templateRefusal(phoneNumberId: string, message: unknown): Refusal | undefined;
} {
  const onboarding = createOnboarding(context);
  const templates = createTemplates(context);
  return {
    modules: [onboarding, templates, createMedia(context), createEventsLever(context)],
    templateRefusal: (phoneNumberId, message) =>
      templates.templateRefusal(onboarding.wabaOfNumber(phoneNumberId), message),
  };
}

/** A body as the journal keeps it: a PIN is nobody's to read there. */
function withoutSecrets(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'pin' in body ? { ...body, pin: '••••••' } : body;
}

export function createGraphSimulator(options: GraphOptions): GraphSimulator {
  const { seed } = options;
  const tokens = new Set(options.tokens);
  const log = options.log ?? (() => {});
  const realNow = options.now ?? Date.now;
  let clockShiftMs = 0;
  const now = (): number => realNow() + clockShiftMs;

  const delivery = createDelivery({ webhookUrl: options.webhookUrl, appSecret: options.appSecret, log });
  const rules = createGraphRules({ now, messagesPerSecond: options.messagesPerSecond });
  const people = new Map<string, Person>();
  const statusTimers = new Set<NodeJS.Timeout>();
  let port = 0;
  const context: GraphContext = {
    now,
    tokens,
    appId: options.appId ?? SECRETS.META_APP_ID,
    appSecret: options.appSecret,
    webhookUrl: options.webhookUrl,
    verifyToken: options.verifyToken ?? SECRETS.META_VERIFY_TOKEN,
    deliver: (change) => delivery.deliver(change),
    deliverBody: (body) => delivery.deliverBody(body),
    log,
    baseUrl: () => `http://127.0.0.1:${port}`,
  };
  const { modules, templateRefusal } = createModules(context);
  let journal: JournalEntry[] = [];
  let faults: Fault[] = [];
  let statuses = options.statuses;
  let random = createRandom(seed);

  function stopStatuses(): void {
    for (const timer of statusTimers) clearTimeout(timer);
    statusTimers.clear();
  }

  function remember(phoneNumberId: string, person: Person): void {
    const known = { ...people.get(`${phoneNumberId} ${person.bsuid}`), ...person };
    people.set(`${phoneNumberId} ${person.bsuid}`, known);
    if (known.waId !== undefined) people.set(`${phoneNumberId} ${known.waId}`, known);
  }

  /** `id` is a phone number or a BSUID, as people and requests write it. */
  function personKnownAs(phoneNumberId: string, id: string): Person {
    return people.get(`${phoneNumberId} ${id.replace('+', '')}`) ?? personOf({ de: id, phoneNumberId });
  }

  /** The fault that this send meets, if one was asked for. */
  function takeFault(): Fault | undefined {
    const fault = faults[0];
    if (fault === undefined) return undefined;
    fault.fois--;
    if (fault.fois === 0) faults.shift();
    return fault;
  }

  function acceptMessage(
    phoneNumberId: string,
    message: MessageRequest,
    body: unknown,
    fault: Fault | undefined,
  ): Answer {
    const { recipient, type, callbackData } = message;
    const person = personKnownAs(phoneNumberId, recipient.input);
    const wrongTemplate = templateRefusal(phoneNumberId, body);
    if (wrongTemplate !== undefined) return refused(wrongTemplate);
    const refusal = rules.refuse({ phoneNumberId, person: person.bsuid }, type !== 'template');
    if (refusal !== undefined) return refused(refusal);

    const wamid = newWamid(person.waId ?? person.bsuid);
    if (statuses) {
      const accepted = { wamid, phoneNumberId, person, type, callbackData, acceptedAt: now() };
      const plan =
        fault?.suite === 'echec'
          ? planFailure(accepted, fault.code, random)
          : fault?.suite === 'rien'
            ? []
            : planStatuses(accepted, random);
      for (const { change, afterMs } of plan) {
        const timer = setTimeout(() => {
          statusTimers.delete(timer);
          delivery.post(change);
        }, afterMs);
        statusTimers.add(timer);
      }
    }
    const identity = 'waId' in recipient ? { wa_id: recipient.waId } : { user_id: recipient.bsuid };
    return answer(200, {
      messaging_product: 'whatsapp',
      contacts: [{ input: recipient.input, ...identity }],
      messages: [{ id: wamid }],
    });
  }

  function postMessages(phoneNumberId: string, body: unknown): Answer {
    const request = parseGraphRequest(body);
    // A read receipt is no send: faults are kept for messages.
    if (request.data?.kind === 'read') return answer(200, { success: true });

    const fault = takeFault();
    if (fault !== undefined && fault.statut >= 400)
      return {
        ...answer(fault.statut, graphErrorBody(fault.code, 'Panne demandée par /_pannes')),
        delayMs: fault.delaiMs,
      };
    const outcome =
      request.error === null
        ? acceptMessage(phoneNumberId, request.data, body, fault)
        : refused(request.error);
    return fault === undefined ? outcome : { ...outcome, delayMs: fault.delaiMs, cut: fault.statut === 0 };
  }

  async function answerGraph(call: GraphCall): Promise<Answer> {
    for (const module of modules) {
      const known = await module.handle(call);
      if (known !== undefined) return { ...known, delayMs: 0, cut: false };
    }
    const { method, path, body } = call;
    if (!call.tokenKnown) return answer(401, graphErrorBody(190));
    const [, id, edge] = path.match(GRAPH_PATH) ?? [];
    if (id !== undefined) {
      switch (`${method} ${edge ?? ''}`) {
        case 'POST messages':
          return postMessages(id, body);
        case 'GET ':
          return answer(200, businessNumber(id));
        case 'GET phone_numbers':
          return answer(200, { data: [businessNumber(phoneNumberOf(id))] });
        case 'POST subscribed_apps':
          return answer(200, { success: true });
      }
    }
    return answer(404, graphErrorBody(2500, `Unknown path components: ${method} ${path}`));
  }

  async function receive(inbound: Inbound): Promise<{ wamid: string; statut: number }> {
    const phoneNumberId = inbound.vers;
    const raw = inbound.message ?? { type: 'text', text: { body: inbound.texte } };
    const person = personOf({
      de: inbound.de,
      phoneNumberId,
      name: inbound.nom,
      bsuid: raw.from_user_id ?? personKnownAs(phoneNumberId, inbound.de).bsuid,
    });
    remember(phoneNumberId, person);
    rules.openWindow({ phoneNumberId, person: person.bsuid });

    const wamid = inbound.id ?? (typeof raw.id === 'string' ? raw.id : newWamid(person.waId ?? person.bsuid));
    const message = { ...raw, id: wamid };
    for (const module of modules) module.inbound?.(message);
    const statut = await delivery.deliver(
      inboundChange({ phoneNumberId, person, wamid, message, at: now() }),
    );
    return { wamid, statut };
  }

  const control = createControl(
    {
      journal: () => journal,
      clearJournal: () => {
        journal = [];
      },
      addFault: (fault) => {
        faults.push(fault);
      },
      receive,
      openWindow: ({ de, vers }) => {
        rules.openWindow({ phoneNumberId: vers, person: personKnownAs(vers, de).bsuid });
      },
      shiftClock: (ms) => {
        clockShiftMs = ms;
        return { maintenant: new Date(now()).toISOString() };
      },
      setStatuses: (active) => {
        statuses = active;
        if (!active) stopStatuses();
      },
      reset: () => {
        stopStatuses();
        delivery.reset();
        rules.reset();
        people.clear();
        journal = [];
        faults = [];
        clockShiftMs = 0;
        statuses = options.statuses;
        random = createRandom(seed);
        tokens.clear();
        for (const token of options.tokens) tokens.add(token);
        for (const module of modules) module.reset();
      },
    },
    Object.assign({}, ...modules.map((module) => module.controls ?? {})),
  );

  function write(response: ServerResponse, { status, body, bytes }: GraphAnswer): void {
    const content = bytes?.content ?? Buffer.from(JSON.stringify(body));
    response.writeHead(status, {
      'content-type': bytes?.type ?? 'application/json; charset=utf-8',
      'content-length': content.length,
    });
    response.end(content);
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = incoming.method ?? 'GET';
    const target = incoming.url ?? '/';
    const { pathname, searchParams } = new URL(target, 'http://simulator');
    const raw = await readBody(incoming);
    if (raw === undefined) {
      response.setHeader('connection', 'close');
      return write(response, { status: 413, body: graphErrorBody(100, 'Request body too large') });
    }
    const contentType = incoming.headers['content-type'] ?? '';
    const body = contentType.startsWith('multipart/') ? null : parseBody(raw.toString('utf8'));

    if (pathname === '/') return write(response, { status: 200, body: { ok: true } });
    if (pathname.startsWith('/_')) return write(response, await control.handle(method, pathname, body));

    const token = incoming.headers.authorization?.match(/^Bearer (\S+)$/i)?.[1];
    const { delayMs, cut, ...reply } = await answerGraph({
      method,
      path: pathname.startsWith(`${VERSION}/`) ? pathname.slice(VERSION.length) : `?${pathname}`,
      query: searchParams,
      contentType,
      body,
      raw,
      token,
      tokenKnown: token !== undefined && tokens.has(token),
      userAgent: incoming.headers['user-agent'],
    });
    journal.push({
      recu_le: new Date(now()).toISOString(),
      methode: method,
      // A query may hold secrets, as that of the code exchange does.
      chemin: pathname,
      corps: withoutSecrets(body),
      statut: cut ? 0 : reply.status,
    });
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    if (cut) incoming.socket.destroy();
    else write(response, reply);
  }

  const server: Server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    handle(incoming, response).catch((cause) => {
      log(`requête abandonnée : ${cause instanceof Error ? cause.message : String(cause)}`);
      incoming.socket.destroy();
    });
  });

  return {
    listen: (wanted) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(wanted, '127.0.0.1', () => {
          server.off('error', reject);
          port = (server.address() as AddressInfo).port;
          resolve(port);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        stopStatuses();
        delivery.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
