import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, KEYS, ROOT } from '../../scripts/platform/config.ts';
import { startParts } from '../../scripts/platform/platform.ts';
import { freePorts } from '../../scripts/platform/ports.ts';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import { waitFor } from '../helpers/wait.ts';

const SCHEMA = `
  create table public.essai_notes (
    id bigint generated always as identity primary key,
    proprietaire uuid not null default auth.uid(),
    prix numeric(12, 2),
    le timestamptz,
    mots text[],
    detail jsonb,
    grand bigint,
    telephone text
  );
  alter table public.essai_notes enable row level security;
  create policy "chacun a ses notes" on public.essai_notes for all to authenticated
    using (proprietaire = (select auth.uid())) with check (proprietaire = (select auth.uid()));
  grant select on public.essai_notes to anon;
  grant select, insert, update, delete on public.essai_notes to authenticated;
  grant all on public.essai_notes to service_role;

  create function public.essai_qui_suis_je() returns jsonb language sql stable as $$
    select jsonb_build_object(
      'role', current_user,
      'login', session_user,
      'uid', auth.uid(),
      'claims', current_setting('request.jwt.claims', true)::jsonb,
      'temps', current_setting('statement_timeout'))
  $$;
  revoke execute on function public.essai_qui_suis_je() from public;
  grant execute on function public.essai_qui_suis_je() to anon, authenticated, service_role;

  create function service.essai_redire(
    le timestamptz, grand bigint, mots text[], qui uuid, objet jsonb, scalaire jsonb, vieux json, prix numeric, texte text
  ) returns jsonb language sql stable as $$
    select jsonb_build_object(
      'le', le, 'grand', grand, 'mots', mots, 'qui', qui, 'objet', objet, 'prix', prix, 'texte', texte,
      'types', array[jsonb_typeof(objet), jsonb_typeof(scalaire), json_typeof(vieux)])
  $$;
  revoke execute on function service.essai_redire from public;
  grant execute on function service.essai_redire to service_role;
`;

const FUNCTIONS = {
  echo: `export default {
    async fetch(request) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      return new Response(bytes, { headers: { 'x-methode': request.method, 'x-signe': request.headers.get('x-hub-signature-256') } });
    },
  };`,
  panne: `export default { fetch() { throw new Error('mot de passe: soleil'); } };`,
  illisible: `export default {`,
};

const EVERY_RIGHT = `
  select 'relation ' || oid::regclass || ' ' || relowner::regrole || ' ' || coalesce(relacl::text, '-') from pg_class
  union all select 'column ' || attrelid::regclass || '.' || attname || ' ' || attacl::text from pg_attribute where attacl is not null
  union all select 'function ' || oid::regprocedure || ' ' || proowner::regrole || ' ' || coalesce(proacl::text, '-') from pg_proc
  union all select 'schema ' || nspname || ' ' || nspowner::regrole || ' ' || coalesce(nspacl::text, '-') from pg_namespace
  union all select 'database ' || datname || ' ' || datdba::regrole || ' ' || coalesce(datacl::text, '-') from pg_database where datname = current_database()
  union all select 'default ' || defaclrole::regrole || ' ' || defaclnamespace || defaclobjtype::text || ' ' || defaclacl::text from pg_default_acl
  union all select 'policy ' || polrelid::regclass || ' ' || polname from pg_policy
  union all select 'role ' || rolname || ' ' || rolsuper || rolinherit || rolcanlogin || rolbypassrls from pg_roles
  union all select 'member ' || roleid::regrole || ' ' || member::regrole || admin_option || inherit_option || set_option from pg_auth_members
  order by 1`;

let database: TestDatabase;
let running: Awaited<ReturnType<typeof startParts>>;
let rightsBefore: string[];

async function everyRight(): Promise<string[]> {
  const rows = await database.sql.unsafe<Record<string, string>[]>(EVERY_RIGHT);
  return rows.map((row) => Object.values(row).join());
}

beforeAll(async () => {
  database = await openDatabase();
  const postgresRole = database.as('postgres');
  await postgresRole.unsafe(SCHEMA).simple();
  rightsBefore = await everyRight();

  const dir = join(ROOT, '.local/tests', database.name);
  const functionsDir = join(dir, 'functions');
  for (const [name, source] of Object.entries(FUNCTIONS)) {
    await mkdir(join(functionsDir, name), { recursive: true });
    await writeFile(join(functionsDir, name, 'index.ts'), source);
  }
  running = await startParts({
    ports: await freePorts(),
    adminUrl: database.adminUrl,
    storageDir: join(dir, 'storage'),
    parts: ['gateway', 'functions'],
    env: { FUNCTIONS_DIR: functionsDir },
  });
});

afterAll(async () => {
  await running?.stop();
  await database?.close();
  if (database) await rm(join(ROOT, '.local/tests', database.name), { recursive: true, force: true });
});

function client(key: string, token?: string): SupabaseClient {
  return createClient(running.apiUrl, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    ...(token === undefined ? {} : { accessToken: async () => token }),
  });
}

function signed(claims: Record<string, unknown>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', JWT_SECRET).update(content).digest('base64url')}`;
}

async function signUp(data: Record<string, unknown> = {}) {
  const supabase = client(KEYS.publishable);
  const email = `${randomUUID()}@example.ci`;
  const answer = await supabase.auth.signUp({ email, password: 'motdepasse', options: { data } });
  const session = answer.data.session;
  if (!session) return expect.fail(`no session: ${answer.error?.message}`);
  return { supabase, email, id: session.user.id, token: session.access_token };
}

type Identity = {
  role: string;
  login: string;
  uid: string | null;
  claims: Record<string, unknown>;
  temps: string;
};

async function identity(supabase: SupabaseClient): Promise<Identity> {
  const { data, error } = await supabase.rpc('essai_qui_suis_je');
  if (error) throw new Error(error.message);
  return data as Identity;
}

function call(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${running.apiUrl}${path}`, init);
}

describe('keys and tokens', () => {
  it('decide the role; every request logs in as authenticator, which has no rights of its own', async () => {
    const user = await signUp();
    expect(await identity(client(KEYS.publishable))).toMatchObject({
      role: 'anon',
      login: 'authenticator',
      uid: null,
    });
    expect(await identity(client(KEYS.secret))).toMatchObject({
      role: 'service_role',
      login: 'authenticator',
      uid: null,
    });
    expect(await identity(user.supabase)).toMatchObject({
      role: 'authenticated',
      login: 'authenticator',
      uid: user.id,
      claims: { sub: user.id, email: user.email, role: 'authenticated' },
    });
    const logins =
      await database.sql`select distinct usename as name from pg_stat_activity where application_name like 'gateway %'`;
    expect(logins.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['authenticator', 'supabase_auth_admin']),
    );
  });

  it('bring the time limits of their roles', async () => {
    expect((await identity(client(KEYS.publishable))).temps).toBe('3s');
    expect((await identity(client(KEYS.secret))).temps).toBe('8s');
  });

  it.each([
    ['no key', {}],
    ['an unknown key', { apikey: 'sb_secret_autre' }],
    ['a key as bearer only', { authorization: `Bearer ${KEYS.secret}` }],
    ['a forged token', { apikey: KEYS.publishable, authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA' }],
    [
      'an unsigned token',
      {
        apikey: KEYS.publishable,
        authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.AA',
      },
    ],
  ])('%s is refused', async (_, headers) => {
    const answer = await call('/rest/v1/essai_notes', { headers });
    expect(answer.status).toBe(401);
  });

  it('a well-signed token cannot name a role beyond the three', async () => {
    const token = signed({ role: 'supabase_admin', exp: Math.floor(Date.now() / 1000) + 60 });
    const { data, error } = await client(KEYS.publishable, token).rpc('essai_qui_suis_je');
    expect(data).toBeNull();
    expect(error?.message).toContain('permission denied to set role');
  });

  it('getClaims verifies a token', async () => {
    const user = await signUp();
    const { data, error } = await user.supabase.auth.getClaims(user.token);
    expect(error).toBeNull();
    expect(data?.claims).toMatchObject({ sub: user.id, role: 'authenticated' });
  });

  it('user metadata are stored as an object', async () => {
    const user = await signUp({ nom: 'Aya', langues: ['fr', 'dioula'] });
    const [row] = await database.sql`
      select raw_user_meta_data as metadata, jsonb_typeof(raw_user_meta_data) as type from auth.users where id = ${user.id}`;
    expect(row).toMatchObject({ type: 'object', metadata: { nom: 'Aya', langues: ['fr', 'dioula'] } });
  });
});

describe('row level security', () => {
  it('shows each user his own rows, service_role all of them, anon none', async () => {
    const [one, two] = await Promise.all([signUp(), signUp()]);
    const marked = { grand: 123_456_789 };
    expect((await one.supabase.from('essai_notes').insert(marked)).error).toBeNull();

    const seenBy = async (supabase: SupabaseClient) =>
      (await supabase.from('essai_notes').select('proprietaire').match(marked)).data;
    expect(await seenBy(one.supabase)).toEqual([{ proprietaire: one.id }]);
    expect(await seenBy(two.supabase)).toEqual([]);
    expect(await seenBy(client(KEYS.publishable))).toEqual([]);
    expect(await seenBy(client(KEYS.secret))).toEqual([{ proprietaire: one.id }]);

    const stolen = await two.supabase.from('essai_notes').insert({ proprietaire: one.id });
    expect(stolen.error?.code).toBe('42501');
    const anonymous = await client(KEYS.publishable).from('essai_notes').insert({ proprietaire: one.id });
    expect(anonymous.error?.code).toBe('42501');
  });

  it('never mixes callers up under concurrency', async () => {
    const users = await Promise.all([signUp(), signUp()]);
    const callers = [
      { supabase: client(KEYS.publishable), role: 'anon', uid: null },
      { supabase: client(KEYS.secret), role: 'service_role', uid: null },
      ...users.map(({ supabase, id }) => ({ supabase, role: 'authenticated', uid: id })),
    ];
    for (let round = 0; round < 5; round += 1) {
      const requests = Array.from(
        { length: 50 },
        (_, index) => callers[(index * 7 + round) % callers.length],
      );
      await Promise.all(
        requests.map(async (caller) => {
          if (!caller) return;
          const seen = await identity(caller.supabase);
          expect(seen).toMatchObject({ role: caller.role, uid: caller.uid });
          expect(seen.claims.sub ?? null).toBe(caller.uid);
          const writing = caller.supabase
            .from('essai_notes')
            .insert({ grand: round })
            .select('proprietaire')
            .single();
          const { data, error } = await writing;
          // A refused write ends its transaction in an error: that must leave nothing behind either.
          if (caller.uid === null) expect(['42501', '23502']).toContain(error?.code);
          else expect({ data, error }).toEqual({ data: { proprietaire: caller.uid }, error: null });
        }),
      );
    }
  });

  it('schemas that are not exposed are not there, and service is for service_role alone', async () => {
    const hidden = await client(KEYS.secret).schema('prive').from('essai_notes').select();
    expect(hidden.error?.code).toBe('PGRST106');
    const refused = await client(KEYS.publishable).schema('service').rpc('essai_redire', ARGUMENTS);
    expect(refused.error?.code).toBe('42501');
  });
});

const ARGUMENTS = {
  le: '2026-11-20T10:00:00+01:00',
  grand: 9_007_199_254_740_991,
  mots: ['pagne, wax', '"guillemets"', ''],
  qui: '11111111-1111-4111-8111-111111111111',
  objet: { articles: [{ taille: 'M', prix: 12_500 }], vide: {}, rien: null },
  scalaire: '{"une":"chaîne"}',
  vieux: [1, 'deux'],
  prix: 12_500.5,
  texte: '{"reste":"du texte"}',
};

describe('types', () => {
  it('of arguments arrive as what they are', async () => {
    const { data, error } = await client(KEYS.secret).schema('service').rpc('essai_redire', ARGUMENTS);
    expect(error).toBeNull();
    const { scalaire: _, vieux: __, le: ___, ...same } = ARGUMENTS;
    expect(data).toEqual({ ...same, le: '2026-11-20T09:00:00+00:00', types: ['object', 'string', 'array'] });
  });

  it('of columns are read as hosted: numbers, ISO times, objects', async () => {
    const user = await signUp();
    const row = {
      prix: 12_500.5,
      le: '2026-11-20T09:00:00.5+00:00',
      mots: ['a,b', 'c'],
      detail: { a: [1, { b: 'é' }] },
      grand: 9_007_199_254_740_991,
    };
    const { data, error } = await user.supabase
      .from('essai_notes')
      .insert(row)
      .select('prix, le, mots, detail, grand')
      .single();
    expect(error).toBeNull();
    expect(data).toEqual(row);
  });

  it('a phone number in a filter keeps its sign', async () => {
    const { supabase } = await signUp();
    const telephone = '+2250598765432';
    await supabase.from('essai_notes').insert([{ telephone }, { telephone: '2250598765432' }]);
    const notes = () => supabase.from('essai_notes').select('telephone');
    for (const question of [
      notes().eq('telephone', telephone),
      notes().in('telephone', ['+2250700000000', telephone]),
      notes().or(`telephone.eq.${telephone},prix.gt.1`),
      notes().neq('telephone', '2250598765432'),
    ])
      expect((await question).data).toEqual([{ telephone }]);
  });

  it.each([['une chaîne'], ['{"a":1}'], [''], [12], [true], [[]], [[1, 'x']], [{}], [null]])(
    'keep the json value %j as it is',
    async (value) => {
      const user = await signUp();
      const { data, error } = await user.supabase
        .from('essai_notes')
        .insert({ detail: value })
        .select('detail')
        .single();
      expect(error).toBeNull();
      expect(data).toEqual({ detail: value });
    },
  );
});

describe('storage', () => {
  it('gives back the bytes it was given', async () => {
    const supabase = client(KEYS.secret);
    const bytes = randomBytes(70_000);
    expect((await supabase.storage.createBucket('recus')).error).toBeNull();
    const upload = await supabase.storage
      .from('recus')
      .upload('2026/11/recu.jpg', bytes, { contentType: 'image/jpeg' });
    expect(upload.error).toBeNull();

    const { data } = await supabase.storage.from('recus').download('2026/11/recu.jpg');
    expect(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(bytes)).toBe(true);
    expect(data?.type).toBe('image/jpeg');

    const user = await signUp();
    expect((await user.supabase.storage.from('recus').download('2026/11/recu.jpg')).data).toBeNull();
    expect((await user.supabase.storage.from('recus').upload('autre.jpg', bytes)).error).not.toBeNull();
    expect((await supabase.storage.from('recus').remove(['2026/11/recu.jpg'])).data).toHaveLength(1);
  });
});

describe('functions', () => {
  it('get the body byte for byte, with its headers', async () => {
    const body = randomBytes(300_000);
    const answer = await call('/functions/v1/echo', {
      method: 'POST',
      body,
      headers: { 'x-hub-signature-256': 'sha256=abc' },
    });
    const back = Buffer.from(await answer.arrayBuffer());
    expect(createHash('sha256').update(back).digest('hex')).toBe(
      createHash('sha256').update(body).digest('hex'),
    );
    expect(answer.headers.get('x-methode')).toBe('POST');
    expect(answer.headers.get('x-signe')).toBe('sha256=abc');
  });

  it('that do not exist are 404, that throw 500 without a detail, that do not load 503', async () => {
    const unknown = await call('/functions/v1/inconnue');
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
    const thrown = await call('/functions/v1/panne');
    expect(thrown.status).toBe(500);
    expect(await thrown.text()).not.toContain('soleil');
    expect((await call('/functions/v1/illisible')).status).toBe(503);
  });

  it('are said to be away while their host is down, and are back by themselves', async () => {
    await running.parts.functions.stop();
    const away = await call('/functions/v1/echo');
    expect(away.status).toBe(503);
    expect((await away.json()).message).toContain('ne répondent pas');

    await running.parts.functions.start();
    expect((await call('/functions/v1/echo')).status).toBe(200);

    running.parts.functions.kill('SIGKILL');
    await running.parts.functions.ready();
    expect((await call('/functions/v1/echo')).status).toBe(200);
  });
});

describe('a changed schema', () => {
  it('is served at once, without a failed request', async () => {
    const supabase = client(KEYS.secret);
    expect((await supabase.from('essai_ajouts').select()).error?.code).toBe('PGRST205');
    await database.sql
      .unsafe(
        `create table public.essai_ajouts (id int); grant select on public.essai_ajouts to service_role`,
      )
      .simple();
    await waitFor('the new table', async () => {
      expect((await identity(supabase)).role).toBe('service_role');
      return (await supabase.from('essai_ajouts').select()).error === null;
    });
    await database.sql`drop table public.essai_ajouts`;
  });
});

describe('rights', () => {
  it('are after all this traffic what they were before', async () => {
    expect(await everyRight()).toEqual(rightsBefore);
  });
});
