// pg_net's background worker: takes committed requests off net.http_request_queue, sends them side by side and
// writes what came back. A request is taken before it is sent: it may get lost, it does not come back.
import type postgres from 'postgres';
import { type QueuedRequest, type RecordedResponse, send } from './worker-http.ts';

const MAX_IN_FLIGHT = 50;
const TIME_TO_LIVE = '6 hours';
const EXPIRED_PER_ROUND = 200;

export type NetWorker = {
  /** There may be something in the queue. */
  wake(): void;
  /** Forgets old responses. */
  expire(): Promise<void>;
};

export function netWorker(sql: postgres.Sql, log: (line: string) => void): NetWorker {
  let inFlight = 0;
  let woken = false;
  let taking = false;
  let finished: RecordedResponse[] = [];
  let recording = false;

  const complain = (what: string) => (error: unknown) => {
    log(`pg_net: ${what}: ${(error as Error).message}`);
  };

  async function take(): Promise<void> {
    if (taking) return;
    taking = true;
    try {
      while (woken && inFlight < MAX_IN_FLIGHT) {
        woken = false;
        const requests = await sql<QueuedRequest[]>`
          with next as (
            select id from net.http_request_queue order by id limit ${MAX_IN_FLIGHT - inFlight}
          )
          delete from net.http_request_queue queue using next where queue.id = next.id
          returning queue.id, method, url, headers, body, timeout_milliseconds`;
        if (requests.length > 0) woken = true;
        for (const request of requests) void run(request);
      }
    } finally {
      taking = false;
    }
  }

  async function run(request: QueuedRequest): Promise<void> {
    inFlight++;
    const response = await send(request);
    inFlight--;
    finished.push(response);
    record().catch(complain('responses not recorded'));
    resume();
  }

  async function record(): Promise<void> {
    if (recording) return;
    recording = true;
    try {
      while (finished.length > 0) {
        const rows = finished;
        finished = [];
        await sql`insert into net._http_response ${sql(rows)}`;
      }
    } finally {
      recording = false;
    }
  }

  function resume(): void {
    take().catch(complain('queue not read'));
  }

  return {
    wake() {
      woken = true;
      resume();
    },
    async expire() {
      await sql`
        delete from net._http_response where ctid = any (array(
          select ctid from net._http_response
          where created < now() - ${TIME_TO_LIVE}::interval order by created limit ${EXPIRED_PER_ROUND}
        ))`.catch(complain('old responses not deleted'));
    },
  };
}
