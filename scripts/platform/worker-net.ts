// pg_net's background worker: takes committed requests off net.http_request_queue in batches, sends a batch side by side
// and writes what came back. As the original (src/worker.c, 0.20): a batch is one transaction that ends with its slowest
// answer, until then its rows are still seen, and the next batch waits for it, a second longer when nobody new wakes it.
import type postgres from 'postgres';
import { type QueuedRequest, type RecordedResponse, send } from './worker-http.ts';

const BATCH = 200;
const PAUSE_MS = 1_000;
const TIME_TO_LIVE = '6 hours';

export type NetWorker = {
  /** A transaction that queued a request has been committed. */
  wake(): void;
  /** Forgets old responses. */
  expire(): Promise<void>;
};

export function netWorker(sql: postgres.Sql, log: (line: string) => void): NetWorker {
  // Two signals, as the original has: `woken` asks for a round, and only the first one since the last round began also
  // ends a pause.
  let woken = false;
  let running = false;
  let endPause = () => {};
  let pauseEnded = false;

  async function sendBatch(): Promise<number> {
    return sql.begin(async (tx) => {
      const requests = await tx<QueuedRequest[]>`
        delete from net.http_request_queue where id in (
          select id from net.http_request_queue order by id limit ${BATCH})
        returning id, method, url, headers, body, timeout_milliseconds`;
      if (requests.length > 0) {
        const responses: RecordedResponse[] = await Promise.all(requests.map(send));
        await tx`insert into net._http_response ${tx(responses)}`;
      }
      return requests.length;
    });
  }

  function pause(): Promise<void> {
    if (pauseEnded) {
      pauseEnded = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(done, PAUSE_MS);
      function done(): void {
        clearTimeout(timer);
        endPause = () => {};
        pauseEnded = false;
        resolve();
      }
      endPause = done;
    });
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    try {
      while (woken) {
        woken = false;
        let sent: number;
        do {
          sent = await sendBatch();
          await pause();
        } while (sent > 0);
      }
    } catch (error) {
      log(`pg_net: batch not sent: ${(error as Error).message}`);
    } finally {
      running = false;
    }
  }

  return {
    wake() {
      if (!woken) {
        woken = true;
        pauseEnded = running;
        endPause();
      }
      void run();
    },
    async expire() {
      await sql`
        delete from net._http_response where ctid = any (array(
          select ctid from net._http_response
          where created < now() - ${TIME_TO_LIVE}::interval order by created limit ${BATCH}
        ))`.catch((error) => log(`pg_net: old responses not deleted: ${(error as Error).message}`));
    },
  };
}
