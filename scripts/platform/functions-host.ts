// Serves every Edge Function of supabase/functions in one Deno process, under /functions/v1/<name> and /<name>.
// A function that cannot be loaded or that throws is logged and answered for; the others go on.

type EdgeFunction = { fetch(request: Request): Response | Promise<Response> };
type Loaded = { served: EdgeFunction } | { failed: true };

// The hosted runtime keeps a worker alive for work handed to `waitUntil`; here the process lives on anyway.
const edgeRuntime = {
  waitUntil(work: Promise<unknown>): void {
    work.catch((error) => logError('waitUntil', error));
  },
};
Object.assign(globalThis, { EdgeRuntime: edgeRuntime });

function logError(what: string, error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`${what} : ${words.replaceAll(/\s*\n\s*/g, ' | ')}`);
}

function answer(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}

async function load(folder: string): Promise<Map<string, Loaded>> {
  const functions = new Map<string, Loaded>();
  for (const entry of Deno.readDirSync(folder)) {
    // As the CLI has it: folders that start with an underscore hold shared code.
    if (!entry.isDirectory || entry.name.startsWith('_')) continue;
    const path = `${folder}/${entry.name}/index.ts`;
    try {
      Deno.statSync(path);
    } catch {
      continue;
    }
    functions.set(entry.name, await loadOne(entry.name, path));
  }
  return functions;
}

async function loadOne(name: string, path: string): Promise<Loaded> {
  try {
    const { default: served } = await import(new URL(path, 'file:///').href);
    if (typeof served?.fetch !== 'function') throw new Error('index.ts must `export default { fetch }`');
    return { served };
  } catch (error) {
    logError(`La fonction « ${name} » ne se charge pas`, error);
    return { failed: true };
  }
}

async function handle(functions: Map<string, Loaded>, request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  const name = path.replace(/^\/functions\/v1(?=\/|$)/, '').split('/')[1] ?? '';
  const loaded = functions.get(name);
  if (!loaded) return answer(404, 'NOT_FOUND', 'Requested function was not found');
  if ('failed' in loaded) {
    return answer(503, 'BOOT_ERROR', 'Function failed to start (please check logs)');
  }
  try {
    return await loaded.served.fetch(request);
  } catch (error) {
    logError(`La fonction « ${name} » a échoué`, error);
    return answer(500, 'INTERNAL_ERROR', 'Internal server error');
  }
}

async function endWithStdin(): Promise<void> {
  for await (const _ of Deno.stdin.readable) {
    // Nothing is ever said there: only its end matters.
  }
  Deno.exit(0);
}

globalThis.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  logError('Promesse rejetée et jamais attendue', event.reason);
});

const functions = await load(
  Deno.env.get('FUNCTIONS_DIR') ?? `${import.meta.dirname}/../../supabase/functions`,
);
const server = Deno.serve(
  { hostname: '127.0.0.1', port: Number(Deno.env.get('PORT')), onListen: () => console.log('ready') },
  (request) => handle(functions, request),
);
Deno.addSignalListener('SIGTERM', async () => {
  await server.shutdown();
  Deno.exit(0);
});
void endWithStdin();
