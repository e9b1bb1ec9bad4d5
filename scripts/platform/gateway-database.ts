// Connects the gateway's services to Postgres with the same login roles as hosted Supabase and runs every request
// as the caller's role. Rights come from the database alone: nothing here grants anything.
import { createPostgresConnection } from '@supabase/lite/postgres';
import { sql } from 'kysely';

export type Connection = ReturnType<typeof createPostgresConnection>;
export type Catalog = Awaited<ReturnType<Connection['introspect']>>;
type Executor = Connection['kysely'];
type Vars = Parameters<Connection['withContext']>[0];
type ContextOptions = Parameters<Connection['withContext']>[2];

/** What `alter role … set` says of the roles that requests run as (their time limits), by role. */
export type RoleSettings = Record<string, Record<string, string>>;

// A value that is JSON text already must not be encoded a second time.
const jsonType = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: (text: string): unknown => JSON.parse(text),
});

// As in the JSON of Postgres, which is what hosted Supabase answers with: 2026-01-31T08:00:00+00:00.
const timeType = (oid: number) => ({
  to: oid,
  from: [oid],
  serialize: (value: unknown) => value,
  parse: (text: string) => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'),
});

const TYPES = {
  numeric: { to: 1700, from: [1700], serialize: String, parse: Number },
  json: jsonType(114),
  jsonb: jsonType(3802),
  timestamp: timeType(1114),
  timestamptz: timeType(1184),
};

export function connectAs(adminUrl: string, user: string, max: number, roles: RoleSettings = {}): Connection {
  const url = new URL(adminUrl);
  url.username = user;
  url.password = 'postgres';
  const connection = createPostgresConnection({
    url: url.href,
    postgresOptions: {
      max,
      idle_timeout: 60,
      onnotice: () => {},
      types: TYPES,
      connection: { application_name: `gateway ${user}` },
    },
  });
  prepareStatements(connection);
  runAsCaller(connection, roles);
  return connection;
}

/**
 * Tells the library what there is, so that it need not look with the caller's rights, and mends its reading of
 * JSON: a string meant for a json column or argument is a JSON string and not JSON text, and a number is JSON too.
 */
export function useCatalog(connection: Connection, catalog: Catalog): void {
  connection.introspect = async () => catalog;

  const isScalar = (value: unknown) => value !== null && typeof value !== 'object';
  const isJson = (type: string | undefined) => type === 'json' || type === 'jsonb';
  const jsonColumns = new Set(
    catalog.columns
      .filter(({ type }) => isJson(type))
      .map(({ schema, table, name }) => `${schema}.${table}.${name}`),
  );
  const jsonArguments = new Set(
    (catalog.functions ?? []).flatMap(({ schema, name, arg_names, arg_types }) =>
      arg_names
        .filter((_, index) => isJson(arg_types[index]))
        .map((argument) => `${schema}.${name}.${argument}`),
    ),
  );
  const encode = (
    values: object,
    owner: string,
    known: Set<string>,
    asJson: (text: string) => string,
  ): object =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        isScalar(value) && known.has(`${owner}.${name}`) ? asJson(value) : value,
      ]),
    );
  const once = (value: unknown) => JSON.stringify(value);
  // The values of columns are decoded once more on their way.
  const twice = (value: unknown) => once(once(value));

  const check = connection.onPostgrestAST.bind(connection);
  connection.onPostgrestAST = async (ast) => {
    const checked = await check(ast);
    const { type, schema = 'public', function: called, from, args, values, httpMethod } = checked;
    if (type === 'rpc' && args && !Array.isArray(args) && httpMethod !== 'GET') {
      checked.args = encode(args, `${schema}.${called}`, jsonArguments, once);
    }
    if (values) {
      const owner = `${schema}.${from}`;
      checked.values = Array.isArray(values)
        ? values.map((row: object) => encode(row, owner, jsonColumns, twice))
        : encode(values, owner, jsonColumns, twice);
    }
    return checked;
  };
}

// Every REST request sends the same few statements; prepared ones cost one round trip instead of two.
function prepareStatements(connection: Connection): void {
  const reserve = connection.driver.reserve.bind(connection.driver);
  connection.driver.reserve = async () => {
    const reserved = await reserve();
    const unsafe = reserved.unsafe.bind(reserved);
    reserved.unsafe = (query, parameters, options) =>
      unsafe(query, parameters, { prepare: (parameters?.length ?? 0) > 0, ...options });
    return reserved;
  };
}

class Rollback extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('rollback');
    this.result = result;
  }
}

// Replaces the library's own context, which would grant all rights on tables with RLS at its first request.
// Everything is set for the transaction only, in one statement: nothing outlives it in the pool.
function runAsCaller(connection: Connection, roles: RoleSettings): void {
  connection.withContext = async (vars, run, options) => {
    if (options?.transaction) {
      if (vars) await setContext(options.transaction, vars, roles, options);
      return run(options.transaction);
    }
    try {
      return await connection.kysely.transaction().execute(async (transaction) => {
        if (vars) await setContext(transaction, vars, roles, options);
        const result = await run(transaction);
        if (options?.forceRollback) throw new Rollback(result);
        return result;
      });
    } catch (error) {
      if (error instanceof Rollback) return error.result as Awaited<ReturnType<typeof run>>;
      throw error;
    }
  };
}

async function setContext(
  db: Executor,
  vars: NonNullable<Vars>,
  roles: RoleSettings,
  options: ContextOptions,
): Promise<void> {
  const auth = (vars.auth ?? {}) as { role?: string; jwt?: unknown };
  const role = auth.role ?? 'anon';
  const storage = (vars.storage ?? {}) as { operation?: string | null };
  const rpc = options?.rpc;
  const settings: Record<string, string> = {
    role,
    'request.jwt.claims': JSON.stringify(auth.jwt ?? { role }),
    'storage.operation': storage.operation ?? '',
    'request.method': rpc?.method ?? '',
    'request.path': rpc?.path ?? '',
    'request.headers': JSON.stringify(rpc?.requestHeaders ?? {}),
    'response.status': '',
    'response.headers': '',
    transaction_read_only: rpc?.readOnly ? 'on' : 'off',
    // Only a login applies them by itself.
    ...roles[role],
  };
  const names = Object.keys(settings);
  const values = Object.values(settings);
  await sql`select set_config(name, value, true) from unnest(${sql.val(names)}::text[], ${sql.val(values)}::text[]) as setting (name, value)`.execute(
    db,
  );
}

export async function readRoleSettings(admin: Connection): Promise<RoleSettings> {
  const { rows } = await sql<{ role: string; settings: string[] }>`
    select rolname as role, rolconfig as settings from pg_roles
    where rolname in ('anon', 'authenticated', 'service_role') and rolconfig is not null`.execute(
    admin.kysely,
  );
  const parse = (setting: string) => {
    const at = setting.indexOf('=');
    return [setting.slice(0, at), setting.slice(at + 1)];
  };
  return Object.fromEntries(
    rows.map(({ role, settings }) => [role, Object.fromEntries(settings.map(parse))]),
  );
}

/** What the API may speak about: the objects of the given schemas, read once with rights that see them all. */
export async function readCatalog(admin: Connection, schemas: readonly string[]): Promise<Catalog> {
  const all = await admin.introspect();
  const exposed = <T extends { schema: string }>(objects: readonly T[]) =>
    objects.filter((object) => schemas.includes(object.schema));
  return {
    ...all,
    tables: exposed(all.tables),
    columns: exposed(all.columns),
    indexes: exposed(all.indexes),
    foreign_keys: exposed(all.foreign_keys),
    primary_keys: exposed(all.primary_keys),
    views: exposed(all.views),
    check_constraints: exposed(all.check_constraints),
    unique_constraints: exposed(all.unique_constraints),
    comments: exposed(all.comments),
    functions: exposed(all.functions ?? []),
  };
}
