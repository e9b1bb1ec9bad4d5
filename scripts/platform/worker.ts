// The local platform's background worker: what pg_cron and pg_net do inside the server on hosted Supabase.
// It works for the one database it is given, hears of work by LISTEN, and survives the loss of its connections.
import { createServer } from 'node:http';
import postgres from 'postgres';
import { readSetting, serveAsPart } from './part.ts';
import { cronWorker } from './worker-cron.ts';
import { netWorker } from './worker-net.ts';

/** LISTEN hears of everything; looking now and then is for what got lost with a connection, and for clearing away. */
const SWEEP_MS = 5_000;

const databaseUrl = new URL(readSetting('DATABASE_URL'));
const log = (line: string) => console.log(line);

/** All login users of the local server have the same password, so a job can run as its own user. */
function urlOf(database: string, user: string): string {
  const url = new URL(databaseUrl);
  url.username = user;
  url.pathname = `/${database}`;
  return url.href;
}

function connect(user: string, name: string): postgres.Sql {
  return postgres(urlOf(databaseUrl.pathname.slice(1), user), {
    max: 2,
    fetch_types: false,
    onnotice: () => {},
    backoff: () => 0.25,
    connection: { application_name: name },
  });
}

const admin = connect('supabase_admin', 'pg_cron launcher');
// Anyone may put a trigger on pg_net's tables: as on hosted, what such a trigger does is done as postgres.
const requests = connect('postgres', 'pg_net 0.20.3');
const net = netWorker(requests, log);
const cron = cronWorker(admin, urlOf, log);

function reload(): void {
  cron.reload().catch((error: Error) => log(`pg_cron: jobs not read: ${error.message}`));
}

function sweep(): void {
  reload();
  admin`select to_regclass('net.http_request_queue') is not null as exists`
    .then(([queue]) => {
      if (!queue?.exists) return;
      net.wake();
      void net.expire();
    })
    .catch((error: Error) => log(`pg_net: ${error.message}`));
}

async function listen(): Promise<void> {
  for (;;) {
    try {
      // Connected before the first request comes, and seen by net.check_worker_is_up().
      await requests`select 1`;
      await admin.listen('pg_net', net.wake, sweep);
      await admin.listen('pg_cron', reload, reload);
      return;
    } catch (error) {
      log(`no connection: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

await listen();
setInterval(sweep, SWEEP_MS);
const health = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}');
});
await serveAsPart(health);
