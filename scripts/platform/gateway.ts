// The local API gateway: serves REST, auth and storage over Postgres with @supabase/lite and passes
// /functions/v1 on to the functions host, byte for byte. It is one part of the platform (see supervisor.ts).
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { App } from '@supabase/lite';
import { JWT_SECRET, KEYS } from './config.ts';
import { type Connection, connectAs, readCatalog, readRoleSettings, useCatalog } from './gateway-database.ts';
import { asPostgrest, noteErrors } from './gateway-errors.ts';
import { asHostedStorage } from './gateway-signed-urls.ts';
import { fileStorage } from './gateway-storage.ts';
import { readSetting, serveAsPart } from './part.ts';

const EXPOSED_SCHEMAS = ['public', 'service'];
const REST_CONNECTIONS = 16;
const OTHER_CONNECTIONS = 4;

type Middleware = (
  context: { set(name: string, value: unknown): void },
  next: () => Promise<void>,
) => Promise<void>;

type Services = {
  handle(service: 'rest' | 'auth' | 'storage', request: Request): Promise<Response>;
  close(): Promise<void>;
};

async function openServices(adminUrl: string, admin: Connection, storageDir: string): Promise<Services> {
  const catalog = await readCatalog(admin, [...EXPOSED_SCHEMAS, 'auth', 'storage']);
  const roles = await readRoleSettings(admin);
  const open = (user: string, max: number) => {
    const connection = connectAs(adminUrl, user, max, roles);
    useCatalog(connection, catalog);
    return connection;
  };
  const connections = {
    rest: open('authenticator', REST_CONNECTIONS),
    auth: open('supabase_auth_admin', OTHER_CONNECTIONS),
    storage: open('supabase_storage_admin', OTHER_CONNECTIONS),
  };
  noteErrors(connections.rest);
  const apps = {
    rest: appOver(connections.rest, { middlewares: [trustTokens] }),
    auth: appOver(connections.auth),
    storage: appOver(connections.storage, { storageDir }),
  };
  await Promise.all(Object.values(apps).map((app) => app.init()));

  let underWay = 0;
  let whenIdle = () => {};
  return {
    async handle(service, request) {
      underWay += 1;
      try {
        const answer = () => asPostgrest(async () => apps[service].fetch(request, { peerAddress: null }));
        return await (service === 'storage' ? asHostedStorage(request, answer) : answer());
      } finally {
        underWay -= 1;
        if (underWay === 0) whenIdle();
      }
    },
    async close() {
      if (underWay > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
      await Promise.all(
        Object.values(connections).map((connection) => connection.driver.end({ timeout: 1 })),
      );
    },
  };
}

type AppOptions = { storageDir?: string; middlewares?: Middleware[] };

function appOver(connection: Connection, { storageDir, middlewares }: AppOptions = {}): App {
  const app = new App({
    connection,
    api: { enabled: true, schemas: EXPOSED_SCHEMAS, max_rows: 1000 },
    auth: {
      enabled: true,
      enable_signup: true,
      // As in supabase/config.toml, but for the confirmation mail, which nobody would receive here.
      minimum_password_length: 10,
      jwt_secret: JWT_SECRET,
      publishable_key: KEYS.publishable,
      secret_key: KEYS.secret,
      email: { enable_signup: true, enable_confirmations: false },
    },
    storage: { enabled: storageDir !== undefined },
    options: { server: { admin: false, disableStudio: true, ...(middlewares ? { middlewares } : {}) } },
  });
  if (storageDir !== undefined) app._storageAdapter = fileStorage(storageDir);
  return app;
}

// As PostgREST, which knows no users: a token that is well signed and not expired is enough. Without this the library
// looks the user and the session up for each REST request, which `authenticator` has no right to.
const trustTokens: Middleware = async (context, next) => {
  const known = async () => ({});
  context.set('authService', { repo: { findUserById: known, findSessionById: known } });
  await next();
};

/** The library reads +2250598765432 in a filter as a number and loses its sign; in quotes, which PostgREST allows too, it does not. */
const keepSigns = (url: string): string =>
  url.replaceAll(/(?<=\.|\(|,|%28|%2C)%2B\d+(?=[&),]|%29|%2C|$)/gi, (number) => `%22${number}%22`);

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host'];

function forwardTo(functionsUrl: URL): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const agent = new Agent({ keepAlive: true });
  return (incoming, outgoing) => {
    const headers = { ...incoming.headers };
    // Without a known length the body is sent on in chunks, so the framing header is the agent's to choose.
    for (const name of HOP_BY_HOP) delete headers[name];
    headers['x-forwarded-host'] = incoming.headers.host;
    headers['x-forwarded-proto'] = 'http';
    headers['x-forwarded-for'] = incoming.socket.remoteAddress;
    const upstream = request(
      {
        agent,
        hostname: functionsUrl.hostname,
        port: functionsUrl.port,
        method: incoming.method,
        path: incoming.url,
        headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      },
    );
    upstream.on('error', () => {
      if (outgoing.headersSent) return outgoing.destroy();
      answerJson(outgoing, 503, {
        code: 'fonctions_indisponibles',
        message:
          'Les fonctions ne répondent pas pour le moment ; elles redémarrent. Réessayez dans un instant.',
      });
    });
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  };
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

// The library prints every error that a query meets, raised on purpose or not, over a dozen lines; and a warning that
// storage is experimental, which we know.
function quietenLibrary(): void {
  const words = (part: unknown) =>
    part instanceof Error ? `${'code' in part ? `${part.code} ` : ''}${part.message}` : String(part);
  console.error = (...parts) =>
    console.log(
      parts
        .map(words)
        .join(' ')
        .replaceAll(/\s*\n\s*/g, ' | '),
    );
  console.warn = () => {};
}

async function main(): Promise<void> {
  quietenLibrary();
  const adminUrl = readSetting('DATABASE_URL');
  const storageDir = readSetting('STORAGE_DIR');
  const admin = connectAs(adminUrl, new URL(adminUrl).username, 1);
  let services = await openServices(adminUrl, admin, storageDir);

  // New tables and functions: as on hosted Supabase, whoever changes the schema notifies `pgrst`. The new services
  // take over when they are open; the old ones finish what they began. A burst of notices is one reload.
  let reloading = false;
  let reloadAgain = false;
  const reload = async () => {
    reloadAgain = true;
    if (reloading) return;
    reloading = true;
    while (reloadAgain) {
      reloadAgain = false;
      try {
        const next = await openServices(adminUrl, admin, storageDir);
        const previous = services;
        services = next;
        void previous.close();
      } catch (error) {
        console.error(
          `Rechargement du schéma impossible : ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
    reloading = false;
  };
  await admin.driver.listen('pgrst', () => void reload());

  const toService = (service: 'rest' | 'auth' | 'storage') =>
    getRequestListener((incoming) => services.handle(service, incoming));
  const rest = toService('rest');
  const serveRest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    incoming.url = keepSigns(incoming.url ?? '/');
    return rest(incoming, outgoing);
  };
  const routes: [string, (incoming: IncomingMessage, outgoing: ServerResponse) => unknown][] = [
    ['/rest/v1', serveRest],
    ['/auth/v1', toService('auth')],
    ['/storage/v1', toService('storage')],
    ['/functions/v1', forwardTo(new URL(readSetting('FUNCTIONS_URL')))],
  ];
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const route = routes.find(([prefix]) => path.startsWith(prefix));
    if (route) route[1](incoming, outgoing);
    else answerJson(outgoing, 404, { message: 'no Route matched with those values' });
  });

  await serveAsPart(server, async () => {
    await services.close();
    await admin.driver.end({ timeout: 1 });
  });
}

await main();
