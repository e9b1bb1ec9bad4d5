// What pg_net does on hosted Supabase, stated function by function, and the stand-in held to it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers/wait.ts';
import { type OwnDatabase, openOwnDatabase } from './own-postgres.ts';

type Received = {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  at: number;
};

let database: OwnDatabase;
let received: Received[] = [];
let held: ServerResponse[] = [];
let base = '';

const web = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat(chunks).toString();
    received.push({ method, url, headers, body, at: performance.now() });
    if (url.startsWith('/silent')) held.push(response);
    else if (url.startsWith('/hang-up')) request.socket.destroy();
    else if (url.startsWith('/moved')) response.writeHead(307, { Location: '/arrived' }).end();
    else response.writeHead(201, { 'Content-Type': 'text/plain', 'X-Trace': 'abc' }).end(`seen ${url}`);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  database = await openOwnDatabase();
  await database.sql`create extension if not exists pg_net with schema extensions`;
  await database.admin`
    insert into net._http_response (id, created) values (-1, now() - interval '7 hours'), (-2, now() - interval '5 hours')`;
  await database.startWorker();
});

afterAll(async () => {
  await database?.close();
  web.closeAllConnections();
  web.close();
});

beforeEach(() => {
  received = [];
  held = [];
});

const arrived = (path: string) =>
  waitFor(`a request for ${path}`, async () => received.find(({ url }) => url === path));

const responseTo = (id: string) =>
  waitFor(`the response to request ${id}`, async () => {
    const [row] = await database.sql`select * from net._http_response where id = ${id}`;
    return row;
  });

async function call(statement: string): Promise<string> {
  const [row] = await database.sql.unsafe(`select net.${statement} as id`);
  return row?.id;
}

describe('net.http_post', () => {
  it('posts the JSON body with parameters and headers, and records the response', async () => {
    const id = await call(
      `http_post('${base}/post', '{"a": [1, "é"]}', '{"q": "x y&z"}', '{"apikey": "key"}'::jsonb)`,
    );
    const request = await arrived('/post?q=x%20y%26z');
    expect(request).toMatchObject({ method: 'POST', body: '{"a": [1, "é"]}' });
    expect(request.headers).toMatchObject({ apikey: 'key', 'content-type': 'application/json' });
    expect(request.headers['user-agent']).toMatch(/^pg_net\//);
    expect(await responseTo(id)).toMatchObject({
      status_code: 201,
      content_type: 'text/plain',
      headers: { 'X-Trace': 'abc', 'Content-Type': 'text/plain' },
      content: 'seen /post?q=x%20y%26z',
      timed_out: false,
      error_msg: null,
      created: expect.any(Date),
    });
    expect(await database.sql`select * from net.http_request_queue`).toHaveLength(0);
  });

  it('sends JSON and nothing else', async () => {
    const text = `http_post('${base}/post', '{}', headers := '{"content-type": "text/plain"}')`;
    await expect(call(text)).rejects.toThrow('Content-Type header must be "application/json"');
  });
});

describe('net.http_get and net.http_delete', () => {
  it('ask with their method, delete also with a body', async () => {
    await call(`http_get('${base}/get', '{"a": "1"}')`);
    expect(await arrived('/get?a=1')).toMatchObject({ method: 'GET', body: '' });
    await call(`http_delete('${base}/delete')`);
    expect(await arrived('/delete')).toMatchObject({ method: 'DELETE', body: '' });
    await call(`http_delete('${base}/delete-this', body := '{"id": 3}')`);
    expect(await arrived('/delete-this')).toMatchObject({ method: 'DELETE', body: '{"id": 3}' });
  });

  it('follow redirects', async () => {
    const id = await call(`http_get('${base}/moved')`);
    expect(await responseTo(id)).toMatchObject({ status_code: 201, content: 'seen /arrived' });
  });

  it.each([
    ['localhost:6666', 'invalid URL "localhost:6666": Unsupported URL scheme'],
    ['/path', 'invalid URL "/path": Malformed input to a URL function'],
  ])('refuse the address %s when called, not later', async (url, message) => {
    await expect(call(`http_get('${url}')`)).rejects.toThrow(message);
  });

  it('refuse no address', async () => {
    await expect(call('http_get(null)')).rejects.toThrow('null value in column "url"');
  });
});

describe('transactions', () => {
  it('send nothing for a transaction that was rolled back', async () => {
    const rollback = new Error('rolled back on purpose');
    const failed = database.sql.begin(async (tx) => {
      await tx`select net.http_post(${`${base}/undone`})`;
      throw rollback;
    });
    await expect(failed).rejects.toBe(rollback);
    await call(`http_post('${base}/done')`);
    await arrived('/done');
    // The rows of a batch are there until its end.
    await waitFor(
      'an empty queue',
      async () => (await database.sql`select * from net.http_request_queue`).length === 0,
    );
    expect(received.map(({ url }) => url)).toEqual(['/done']);
  });

  it('send after the commit', async () => {
    await database.sql.begin(async (tx) => {
      await tx`select net.http_post(${`${base}/held-back`})`;
      await call(`http_post('${base}/meanwhile')`);
      await arrived('/meanwhile');
      expect(received.map(({ url }) => url)).toEqual(['/meanwhile']);
    });
    await arrived('/held-back');
  });
});

describe('what goes wrong is recorded', () => {
  it('a refused connection', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const id = await call(`http_get('http://127.0.0.1:${port}/')`);
    expect(await responseTo(id)).toMatchObject({
      status_code: null,
      content: null,
      timed_out: false,
      error_msg: "Couldn't connect to server",
    });
  });

  it('a timeout, with where the time went', async () => {
    const id = await call(`http_get('${base}/silent', timeout_milliseconds := 80)`);
    const response = await responseTo(id);
    expect(response).toMatchObject({ status_code: null, content_type: null, timed_out: true });
    expect(response.error_msg).toMatch(
      /^Timeout of 80 ms reached\. Total time: [\d.]+ ms \(DNS time: [\d.]+ ms, TCP\/SSL handshake time: [\d.]+ ms, HTTP Request\/Response time: [\d.]+ ms\)$/,
    );
  });

  it('a server that hangs up', async () => {
    const id = await call(`http_get('${base}/hang-up')`);
    expect((await responseTo(id)).error_msg).toBe('Server returned nothing (no headers, no data)');
  });

  it('responses are forgotten after six hours', async () => {
    await waitFor('the response of seven hours ago to be gone', async () => {
      const rows = await database.sql`select id from net._http_response where id < 0`;
      return rows.length === 1 && rows[0]?.id === '-2';
    });
  });
});

describe('the worker', () => {
  it('sends a batch side by side; the next one waits for its slowest answer, and its rows are seen until then', async () => {
    const queued = async () => {
      const [row] = await database.sql`select count(*)::int as n from net.http_request_queue`;
      return row?.n;
    };
    await database.sql`select net.http_get(${`${base}/silent?`} || i) from generate_series(1, 70) i`;
    await waitFor('70 requests under way', async () => held.length === 70);
    expect(await queued()).toBe(70);
    const next = await call(`http_get('${base}/next-batch')`);
    for (const response of held.splice(1)) response.end('late');
    expect(received.some(({ url }) => url === '/next-batch')).toBe(false);
    expect(await queued()).toBe(71);
    for (const response of held.splice(0)) response.end('late');
    expect(await responseTo(next)).toMatchObject({ status_code: 201 });
    expect(await queued()).toBe(0);
    const [row] =
      await database.sql`select count(*)::int as n from net._http_response where content = 'late'`;
    expect(row?.n).toBe(70);
  });

  it('is told from one that is down', async () => {
    await database.sql`select net.check_worker_is_up()`;
    const other = await openOwnDatabase();
    try {
      await other.sql`create extension pg_net`;
      await expect(other.sql`select net.check_worker_is_up()`).rejects.toThrow('worker is not up');
    } finally {
      await other.close();
    }
  });

  it('goes on after it lost its connections', async () => {
    await database.admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and (application_name like 'pg_net%' or application_name like 'pg_cron%')`;
    await call(`http_post('${base}/after-the-loss')`);
    expect(await arrived('/after-the-loss')).toMatchObject({ method: 'POST' });
  });

  it('sends a batch again that it was killed in', async () => {
    const other = await openOwnDatabase();
    try {
      await other.sql`create extension pg_net`;
      const worker = await other.startWorker();
      await other.sql`select net.http_post(${`${base}/silent-once`})`;
      await arrived('/silent-once');
      await worker.kill();
      await other.startWorker();
      await waitFor(
        'the same call again',
        async () => received.filter(({ url }) => url === '/silent-once').length === 2,
      );
    } finally {
      await other.close();
    }
  });

  it('writes as postgres: a trigger on its tables, which anyone may make, gets no more rights', async () => {
    await database.sql`create table public.writers (name text)`;
    await database.sql`grant insert on public.writers to public`;
    await database.sql`create function public.note_writer() returns trigger language plpgsql as
      $$ begin insert into public.writers values (current_user); return null; end $$`;
    await database.admin.begin(async (tx) => {
      await tx`set local role authenticated`;
      await tx`create trigger note_writer after insert on net._http_response
        for each row execute function public.note_writer()`;
    });
    await call(`http_get('${base}/traced')`);
    const [writer] = await waitFor('the trigger to have run', async () => {
      const rows = await database.sql`select name from public.writers`;
      return rows.length > 0 && rows;
    });
    expect(writer?.name).toBe('postgres');
    await database.admin`drop trigger note_writer on net._http_response`;
  });
});

it('gives everyone the rights that pg_net gives', async () => {
  for (const role of ['anon', 'authenticated', 'service_role']) {
    const path = `/as-${role}`;
    await database.admin.begin(async (tx) => {
      await tx`set local role ${tx(role)}`;
      await tx`select net.http_post(${base + path})`;
      await tx`select * from net._http_response`;
    });
    await arrived(path);
  }
});
