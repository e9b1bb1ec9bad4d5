// Delivers webhook events as Meta does: signed over the raw bytes, bounded concurrency, again until answered 200.
// Under load, waiting status events of several messages and accounts go out together in one POST.
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

export type WebhookChange = { waba: string; field: string; value: Record<string, unknown> };

export type Delivery = {
  /** Settles with the webhook's HTTP status: its verdict on the first answer below 500, or the last one; 0 = unreachable. */
  deliver(change: WebhookChange): Promise<number>;
  /** The same for a whole body, of whatever shape. */
  deliverBody(body: unknown): Promise<number>;
  /** Delivers without telling; may share a POST with others. */
  post(change: WebhookChange): void;
  reset(): void;
  close(): void;
};

type Job = {
  changes: WebhookChange[];
  /** Instead of changes. */
  body?: unknown;
  shareable: boolean;
  tries: number;
  settle: (status: number) => void;
};

const CONCURRENCY = 32;
const MAX_TRIES = 10;
const MAX_CHANGES = 20;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const ANSWER_TIMEOUT_MS = 30_000;

function bodyOf(changes: WebhookChange[]): unknown {
  const entries = new Map<string, { id: string; changes: unknown[] }>();
  for (const { waba, value, field } of changes) {
    const entry = entries.get(waba) ?? { id: waba, changes: [] };
    entry.changes.push({ value, field });
    entries.set(waba, entry);
  }
  return { object: 'whatsapp_business_account', entry: [...entries.values()] };
}

/** Meta escapes `/` and everything beyond ASCII: who verifies the signature on re-encoded JSON fails here too. */
function encode(body: unknown): Buffer {
  return Buffer.from(
    JSON.stringify(body)
      .replaceAll('/', '\\/')
      .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

export function createDelivery(o: {
  webhookUrl: string;
  appSecret: string;
  log: (line: string) => void;
}): Delivery {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  let queue: Job[] = [];
  let inFlight = 0;
  let epoch = 0;
  const retries = new Map<NodeJS.Timeout, Job>();

  function send(body: Buffer): Promise<number> {
    return new Promise((resolve) => {
      const outgoing = request(o.webhookUrl, {
        method: 'POST',
        agent,
        timeout: ANSWER_TIMEOUT_MS,
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'user-agent': 'facebookexternalua',
          'x-hub-signature-256': `sha256=${createHmac('sha256', o.appSecret).update(body).digest('hex')}`,
        },
      });
      outgoing.on('response', (response) => {
        response.resume();
        response.on('error', () => resolve(0));
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve(0));
      outgoing.on('close', () => resolve(0));
      outgoing.end(body);
    });
  }

  async function run(job: Job): Promise<void> {
    const startedIn = epoch;
    inFlight++;
    const status = await send(encode(job.body ?? bodyOf(job.changes)));
    inFlight--;
    job.tries++;
    const delivered = status === 200;
    if (delivered || (status > 0 && status < 500) || job.tries >= MAX_TRIES || startedIn !== epoch)
      job.settle(status);
    if (!delivered && startedIn === epoch) retryLater(job, status);
    pump();
  }

  function retryLater(job: Job, status: number): void {
    const words = status === 0 ? 'webhook injoignable' : `webhook : statut ${status}`;
    if (job.tries >= MAX_TRIES) {
      o.log(`${words}, abandon après ${MAX_TRIES} essais`);
      return;
    }
    if (job.tries === 1) o.log(`${words}, nouvel essai`);
    const delay = Math.min(FIRST_BACKOFF_MS * 2 ** (job.tries - 1), MAX_BACKOFF_MS);
    const timer = setTimeout(() => {
      retries.delete(timer);
      enqueue(job);
    }, delay);
    retries.set(timer, job);
  }

  function pump(): void {
    while (inFlight < CONCURRENCY) {
      const job = queue.shift();
      if (job === undefined) return;
      while (job.shareable && queue[0]?.shareable && job.changes.length < MAX_CHANGES)
        job.changes.push(...(queue.shift()?.changes ?? []));
      // A retried POST must carry the same bytes as before.
      job.shareable = false;
      void run(job);
    }
  }

  function enqueue(job: Job): void {
    queue.push(job);
    pump();
  }

  function reset(): void {
    epoch++;
    for (const [timer, job] of retries) {
      clearTimeout(timer);
      job.settle(0);
    }
    retries.clear();
    for (const job of queue) job.settle(0);
    queue = [];
  }

  return {
    deliver: (change) =>
      new Promise((settle) => enqueue({ changes: [change], shareable: false, tries: 0, settle })),
    deliverBody: (body) =>
      new Promise((settle) => enqueue({ changes: [], body, shareable: false, tries: 0, settle })),
    post: (change) => enqueue({ changes: [change], shareable: true, tries: 0, settle: () => {} }),
    reset,
    close() {
      reset();
      agent.destroy();
    },
  };
}
