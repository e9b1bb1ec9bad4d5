// One HTTP call as pg_net's libcurl makes it: total timeout, redirects followed, connections kept open, and the
// outcome, good or bad, as the row of net._http_response that says so.
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

export type QueuedRequest = {
  id: string;
  method: string;
  url: string;
  headers: Record<string, unknown> | null;
  body: Buffer | null;
  timeout_milliseconds: number;
};

export type RecordedResponse = {
  id: string;
  status_code: number | null;
  content_type: string | null;
  headers: Record<string, string> | null;
  content: string | null;
  timed_out: boolean;
  error_msg: string | null;
};

const MAX_REDIRECTS = 30;
const USER_AGENT = 'pg_net/0.20.3';

const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
};

type Timings = { start: number; lookup?: number; connect?: number; tls?: number; sent?: number };
type Answer = { status: number; headers: Record<string, string>; body: string };
type Call = { method: string; url: URL; headers: Record<string, string>; body: Buffer | null };

export async function send(request: QueuedRequest): Promise<RecordedResponse> {
  const timings: Timings = { start: performance.now() };
  const abort = new AbortController();
  const timeout = request.timeout_milliseconds;
  const timer = timeout > 0 ? setTimeout(() => abort.abort(), timeout) : undefined;
  const outcome = { id: request.id, status_code: null, content_type: null, headers: null, content: null };
  try {
    const answer = await follow(firstCall(request), abort.signal, timings);
    const type = Object.entries(answer.headers).find(([name]) => name.toLowerCase() === 'content-type');
    return {
      id: request.id,
      status_code: answer.status,
      content_type: type?.[1] ?? null,
      headers: answer.headers,
      content: answer.body === '' ? null : answer.body,
      timed_out: false,
      error_msg: null,
    };
  } catch (error) {
    const timedOut = abort.signal.aborted;
    return {
      ...outcome,
      timed_out: timedOut,
      error_msg: timedOut ? timeoutWords(timeout, timings) : words(error),
    };
  } finally {
    clearTimeout(timer);
  }
}

function firstCall({ method, url, headers, body }: QueuedRequest): Call {
  const sent: Record<string, string> = { 'User-Agent': USER_AGENT };
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== null) sent[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return { method: method.toUpperCase(), url: new URL(url), headers: sent, body };
}

async function follow(first: Call, signal: AbortSignal, timings: Timings): Promise<Answer> {
  let call = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await once(call, signal, timings);
    const target = Object.entries(answer.headers).find(([name]) => name.toLowerCase() === 'location')?.[1];
    if (target === undefined || ![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    if (redirects === MAX_REDIRECTS) throw new Error('Number of redirects hit maximum amount');
    const url = new URL(target, call.url);
    const becomesGet = call.method === 'POST' && answer.status < 304;
    const kept = url.origin === call.url.origin ? call.headers : withoutCredentials(call.headers);
    call = { url, headers: kept, ...(becomesGet ? { method: 'GET', body: null } : pick(call)) };
  }
}

function pick({ method, body }: Call): Pick<Call, 'method' | 'body'> {
  return { method, body };
}

/** libcurl keeps these two to the host they were meant for. */
function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['authorization', 'cookie'].includes(name.toLowerCase())),
  );
}

async function once(call: Call, signal: AbortSignal, timings: Timings): Promise<Answer> {
  for (;;) {
    const answer = await attempt(call, signal, timings);
    if (answer !== 'stale connection') return answer;
  }
}

/**
 * `stale connection`: the server closed an idle connection just as we took it. Nothing was answered; libcurl
 * tries again then, on a fresh one.
 */
function attempt(call: Call, signal: AbortSignal, timings: Timings): Promise<Answer | 'stale connection'> {
  return new Promise((resolve, reject) => {
    const secure = call.url.protocol === 'https:';
    const options = { method: call.method, headers: { ...call.headers, ...length(call) }, signal };
    const request = secure
      ? https.request(call.url, { ...options, agent: agents['https:'] })
      : http.request(call.url, { ...options, agent: agents['http:'] });
    request.once('socket', (socket) => time(socket, timings));
    request.once('finish', () => {
      timings.sent = performance.now();
    });
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        // Postgres has no U+0000 in texts; the original's C strings end there.
        const body = text.split('\0', 1)[0] ?? '';
        resolve({ status: response.statusCode ?? 0, headers: named(response.rawHeaders), body });
      });
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      if (request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? ''))
        resolve('stale connection');
      else reject(error);
    });
    request.end(call.body ?? undefined);
  });
}

function length({ method, body }: Call): Record<string, string> {
  if (body) return { 'Content-Length': String(body.length) };
  return method === 'POST' ? { 'Content-Length': '0' } : {};
}

function named(rawHeaders: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers[rawHeaders[i] ?? ''] = rawHeaders[i + 1] ?? '';
  return headers;
}

function time(socket: Socket, timings: Timings): void {
  const note = (step: 'lookup' | 'connect' | 'tls') => () => {
    timings[step] = performance.now();
  };
  if (!socket.connecting) return;
  socket.once('lookup', note('lookup'));
  socket.once('connect', note('connect'));
  socket.once('secureConnect', note('tls'));
}

function timeoutWords(limit: number, { start, lookup, connect, tls, sent }: Timings): string {
  const now = performance.now();
  const ms = (from: number, to: number) => `${Math.max(0, to - from).toFixed(6)} ms`;
  const resolved = lookup ?? connect ?? sent ?? now;
  const ready = tls ?? connect ?? sent ?? now;
  return (
    `Timeout of ${limit} ms reached. Total time: ${ms(start, now)} (DNS time: ${ms(start, resolved)}, ` +
    `TCP/SSL handshake time: ${ms(resolved, ready)}, HTTP Request/Response time: ${ms(ready, now)})`
  );
}

/** The words libcurl has for it, so that what is written against the local platform holds on hosted. */
function words(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET') return 'Server returned nothing (no headers, no data)';
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return "Couldn't connect to server";
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return "Couldn't resolve host name";
  if (code?.startsWith('HPE_')) return 'Weird server reply';
  return message || String(error);
}
