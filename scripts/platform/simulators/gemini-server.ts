// A Gemini API on this machine: `generateContent` alone, strict about its request, with answers that a test has scripted.
// Without a script a voice note is silence, and anything else gets one polite sentence, also who wants a function called.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { type GenerateContent, generateContent } from './gemini-request.ts';
import { route } from './graph-control.ts';

export type GeminiOptions = { keys: string[]; log?: (line: string) => void };
export type GeminiSimulator = { listen(port: number): Promise<number>; close(): Promise<void> };

const PATH = /^\/v1beta\/models\/([^/:]+):generateContent$/;
const MODEL = /^gemini-[0-9][a-z0-9.-]*$/;
const SIGNATURE = 'c2lnbmF0dXJl';
const MAX_BODY_BYTES = 20_000_000;

const call = z.strictObject({
  id: z.string().optional(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()).default({}),
});
const answer = z.strictObject({
  texte: z.string().optional(),
  functionCall: call.optional(),
  /** Several in one turn. */
  functionCalls: z.array(call).default([]),
  /** Said to whoever's request holds these words, and to nobody else: several prospects at once. */
  si: z.string().optional(),
  finishReason: z.string().default('STOP'),
  /** promptFeedback.blockReason: no candidate then. */
  blockReason: z.string().optional(),
  sans_candidat: z.boolean().default(false),
  /** An answer that is no JSON. */
  illisible: z.boolean().default(false),
  delai_ms: z.int().min(0).max(600_000).default(0),
});
const fault = z.strictObject({
  statut: z.union([
    z.literal(0, 'statut : 0 (coupure), 200 (lenteur) ou une erreur de 400 à 599'),
    z.literal(200),
    z.int().min(400).max(599),
  ]),
  fois: z.int().min(1).max(100_000).default(1),
  delai_ms: z.int().min(0).max(600_000).default(0),
});
type Answer = z.output<typeof answer>;
type Fault = z.output<typeof fault>;
type Reply = { status: number; body: unknown; delayMs: number };

const STATUS: Record<number, [status: string, message: string]> = {
  400: ['INVALID_ARGUMENT', 'Invalid request.'],
  403: ['PERMISSION_DENIED', "Method doesn't allow unregistered callers. Please use API Key."],
  404: ['NOT_FOUND', 'Model is not found for API version v1beta.'],
  429: ['RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'],
  500: ['INTERNAL', 'An internal error has occurred. Please retry.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
};

function errorReply(code: number, message?: string): Reply {
  const [status, usual] = STATUS[code] ?? ['UNKNOWN', 'Error.'];
  return { status: code, body: { error: { code, message: message ?? usual, status } }, delayMs: 0 };
}

function inlineAudio({ contents }: GenerateContent): boolean {
  return contents.some((c) =>
    c.parts.some((p) => 'inlineData' in p && p.inlineData.mimeType.startsWith('audio/')),
  );
}

function compose(model: string, said: Answer, heard: string): Record<string, unknown> {
  const usage = {
    promptTokenCount: Math.ceil(heard.length / 4),
    candidatesTokenCount: Math.ceil((said.texte ?? '').length / 4),
  };
  const about = {
    usageMetadata: { ...usage, totalTokenCount: usage.promptTokenCount + usage.candidatesTokenCount },
    modelVersion: model,
    responseId: `r${Date.now().toString(36)}`,
  };
  if (said.blockReason !== undefined) return { promptFeedback: { blockReason: said.blockReason }, ...about };
  if (said.sans_candidat) return about;
  const parts = [
    ...(said.texte ? [{ text: said.texte }] : []),
    // As Google: of several calls the first one carries the signature.
    ...[said.functionCall ?? [], said.functionCalls]
      .flat()
      .map((functionCall, i) => ({ functionCall, ...(i === 0 ? { thoughtSignature: SIGNATURE } : {}) })),
  ];
  // As Google: a candidate that says nothing has a content without parts.
  const content = { ...(parts.length > 0 ? { parts } : {}), role: 'model' };
  return { candidates: [{ content, finishReason: said.finishReason, index: 0 }], ...about };
}

/** Bytes say nothing to who reads a journal. */
function shortened(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (key, value) =>
      key === 'data' && typeof value === 'string' ? `<${Buffer.from(value, 'base64').length} octets>` : value,
    ),
  );
}

export function createGeminiSimulator({ keys, log = () => {} }: GeminiOptions): GeminiSimulator {
  let journal: unknown[] = [];
  let faults: Fault[] = [];
  let script: Answer[] = [];

  function takeFault(): Fault | undefined {
    const first = faults[0];
    if (first === undefined) return undefined;
    first.fois -= 1;
    if (first.fois === 0) faults.shift();
    return first;
  }

  function takeAnswer(asked: string): Answer | undefined {
    const at = script.findIndex(({ si }) => si === undefined || asked.includes(si));
    return at < 0 ? undefined : script.splice(at, 1)[0];
  }

  function generate(path: string, key: string | undefined, text: string, body: unknown): Reply | 'cut' {
    const model = PATH.exec(path)?.[1];
    if (model === undefined) return errorReply(404, `Unknown path: ${path}`);
    if (key === undefined) return errorReply(403);
    if (!keys.includes(key)) return errorReply(400, 'API key not valid. Please pass a valid API key.');
    if (!MODEL.test(model)) return errorReply(404, `models/${model} is not found for API version v1beta.`);
    const read = generateContent.safeParse(body);
    if (!read.success) {
      const [issue] = read.error.issues;
      return errorReply(400, `Invalid JSON payload received. ${issue?.path.join('.')}: ${issue?.message}`);
    }
    const met = takeFault();
    if (met !== undefined && met.statut !== 200) {
      if (met.statut === 0) return 'cut';
      return { ...errorReply(met.statut), delayMs: met.delai_ms };
    }
    const usual = answer.parse(inlineAudio(read.data) ? {} : { texte: 'Bonjour, que puis-je pour vous ?' });
    const said = takeAnswer(text) ?? usual;
    return {
      status: 200,
      body: said.illisible ? '<html>' : compose(model, said, text),
      delayMs: Math.max(said.delai_ms, met?.delai_ms ?? 0),
    };
  }

  const nothing = z.unknown();
  const reset = () => {
    journal = [];
    faults = [];
    script = [];
  };
  const levers: Record<string, ReturnType<typeof route>> = {
    'GET /_journal': route(nothing, () => journal),
    'DELETE /_journal': route(nothing, () => {
      journal = [];
    }),
    'POST /_pannes': route(fault, (asked) => {
      faults.push(asked);
    }),
    'POST /_reponses': route(z.union([answer, z.array(answer)]), (asked) => {
      script.push(...[asked].flat());
    }),
    'POST /_reinitialiser': route(nothing, reset),
  };

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = incoming.method ?? 'GET';
    const { pathname } = new URL(incoming.url ?? '/', 'http://simulator');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const body = parse(text);
    if (pathname === '/') return write(response, 200, { ok: true });
    if (pathname.startsWith('/_')) {
      const lever = levers[`${method} ${pathname}`];
      if (lever === undefined)
        return write(response, 404, { erreur: 'commande inconnue', details: Object.keys(levers) });
      const { status, body: said } = await lever(body);
      return write(response, status, said);
    }
    const header = incoming.headers['x-goog-api-key'];
    const key = typeof header === 'string' ? header : undefined;
    const reply =
      method !== 'POST'
        ? errorReply(404)
        : text.length > MAX_BODY_BYTES
          ? errorReply(400, 'Request payload size exceeds the limit: 20971520 bytes.')
          : generate(pathname, key, text, body);
    journal.push({
      recu_le: new Date().toISOString(),
      methode: method,
      chemin: pathname,
      corps: shortened(body),
      statut: reply === 'cut' ? 0 : reply.status,
    });
    if (reply === 'cut') return void incoming.socket.destroy();
    if (reply.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, reply.delayMs).unref());
    write(response, reply.status, reply.body);
  }

  const server: Server = createServer((incoming, response) => {
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
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : wanted);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A string goes out as it is: it is no JSON. */
function write(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
