// What a new project on hosted Supabase is born with (as supabase/postgres states it for PostgreSQL 17), and the
// local database held to it: migrations that pass here pass there.
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bootstrapDatabase } from '../../scripts/platform/bootstrap/bootstrap.ts';
import { createDatabase, dropDatabase } from '../../scripts/platform/databases.ts';
import { type OwnDatabase, openOwnDatabase } from './own-postgres.ts';

let database: OwnDatabase;

beforeAll(async () => {
  database = await openOwnDatabase();
});

afterAll(() => database?.close());

/** Runs statements as a role and undoes them. */
async function attempt(role: string, ...statements: string[]): Promise<postgres.RowList<postgres.Row[]>> {
  const undo = new Error('undone');
  let rows: postgres.RowList<postgres.Row[]> | undefined;
  await database.admin
    .begin(async (tx) => {
      await tx`set local role ${tx(role)}`;
      for (const statement of statements) rows = await tx.unsafe(statement);
      throw undo;
    })
    .catch((error) => {
      if (error !== undo) throw error;
    });
  if (!rows) throw new Error('no statement');
  return rows;
}

/** Every right that is written down in the database or on it, and every owner. */
async function rights(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select format('database %s %s', datdba::regrole, datacl) as line from pg_database where datname = current_database()
    union all select format('schema %s %s %s', nspname, nspowner::regrole, nspacl) from pg_namespace
      where nspname !~ '^pg_(temp|toast)'
    union all select format('relation %s %s %s', oid::regclass, relowner::regrole, relacl) from pg_class
      where relnamespace::regnamespace::text !~ '^pg_(temp|toast)'
    union all select format('column %s %s %s', attrelid::regclass, attname, attacl) from pg_attribute
      where attacl is not null
    union all select format('function %s %s %s', oid::regprocedure, proowner::regrole, proacl) from pg_proc
    union all select format('default %s %s %s %s', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype,
      defaclacl) from pg_default_acl
    order by 1`;
  return rows.map(({ line }) => line);
}

describe('roles', () => {
  it('have the attributes of hosted roles', async () => {
    const rows = await database.admin`
      select rolname, concat_ws(' ', case when rolcanlogin then 'login' end, case when rolinherit then 'inherit' end,
        case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
        case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end,
        case when rolsuper then 'superuser' end) as attributes
      from pg_roles where rolname in ('postgres', 'anon', 'authenticated', 'service_role', 'authenticator',
        'supabase_admin', 'supabase_auth_admin', 'supabase_storage_admin', 'dashboard_user')`;
    expect(Object.fromEntries(rows.map(({ rolname, attributes }) => [rolname, attributes]))).toEqual({
      postgres: 'login inherit createrole createdb replication bypassrls',
      anon: 'inherit',
      authenticated: 'inherit',
      service_role: 'inherit bypassrls',
      authenticator: 'login',
      supabase_admin: 'login inherit createrole createdb replication bypassrls superuser',
      supabase_auth_admin: 'login',
      supabase_storage_admin: 'login createrole',
      dashboard_user: 'inherit createrole createdb replication',
    });
  });

  it('are members of what hosted roles are members of', async () => {
    const rows = await database.admin`
      select format('%s in %s%s', member::regrole, roleid::regrole, case when admin_option then ' (admin)' end) as line
      from pg_auth_members where member::regrole::text in ('postgres', 'authenticator', 'supabase_auth_admin',
        'supabase_storage_admin', 'anon', 'authenticated', 'service_role')
      order by 1`;
    expect(rows.map(({ line }) => line).filter((line) => !line.includes('ouvrier'))).toEqual([
      'authenticator in anon',
      'authenticator in authenticated',
      'authenticator in service_role',
      'postgres in anon (admin)',
      'postgres in authenticated (admin)',
      'postgres in authenticator (admin)',
      'postgres in pg_create_subscription',
      'postgres in pg_monitor (admin)',
      'postgres in pg_read_all_data (admin)',
      'postgres in pg_signal_backend (admin)',
      'postgres in service_role (admin)',
      'supabase_storage_admin in authenticator',
    ]);
  });

  it('log in with their settings', async () => {
    const [api] = await database.as('authenticator')`
      select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`;
    // As hosted, but for the lock_timeout that the first migration sets for the whole server.
    expect(api).toEqual({ statement: '8s', lock: '500ms' });
    const [own] = await database.sql`
      select current_setting('search_path') as path, current_setting('timezone') as zone`;
    expect(own).toEqual({ path: '"$user", public, extensions', zone: 'UTC' });
  });
});

describe('schema public', () => {
  it('grants nothing on a new table to the roles of the API', async () => {
    const table = 'create table public.fresh (id bigint generated always as identity)';
    for (const role of ['anon', 'authenticated', 'service_role']) {
      const reading = attempt('postgres', table, `set local role ${role}`, 'select * from public.fresh');
      await expect(reading, role).rejects.toThrow('permission denied for table fresh');
      await expect(attempt(role, 'create table public.own (a int)'), role).rejects.toThrow(
        'permission denied',
      );
    }
  });
});

describe('extensions', () => {
  it.each([
    'create extension if not exists pg_cron with schema pg_catalog',
    'create extension if not exists pg_net with schema extensions',
    'create extension if not exists supabase_vault cascade',
    'create extension if not exists pgmq',
    'create extension if not exists unaccent with schema extensions',
    'create extension if not exists pg_trgm with schema extensions',
  ])('postgres, who is no superuser, may %s', async (statement) => {
    await attempt('postgres', statement);
  });

  it('lie where hosted has them, for everyone', async () => {
    const rows = await database.admin`
      select extname, extnamespace::regnamespace::text as schema from pg_extension where extname <> 'plpgsql' order by 1`;
    expect(rows.map(({ extname, schema }) => `${schema}.${extname}`)).toEqual([
      'extensions.pg_stat_statements',
      'extensions.pgcrypto',
      'vault.supabase_vault',
      'extensions.uuid-ossp',
    ]);
    for (const role of ['anon', 'authenticated', 'service_role']) {
      await attempt(role, `select extensions.digest('a', 'sha256')`);
    }
  });
});

describe('schema auth', () => {
  const profile = [
    'create table public.profiles (id uuid primary key references auth.users (id) on delete cascade)',
  ];
  const trigger = (security: string) => [
    `create function public.welcome() returns trigger language plpgsql security ${security} set search_path = '' as
      $$ begin insert into public.profiles values (new.id); return new; end $$`,
    'create trigger welcome after insert on auth.users for each row execute function public.welcome()',
    'reset role; set local role supabase_auth_admin',
    `insert into auth.users (id, email) values ('${randomUUID()}', 'a@example.ci')`,
    'reset role',
    'select count(*)::int as n from public.profiles',
  ];

  it('lets migrations refer to users and put triggers on them', async () => {
    expect(await attempt('postgres', ...profile, ...trigger('definer'))).toMatchObject([{ n: 1 }]);
  });

  it('signs up without a superuser’s rights: a trigger that is no definer fails here too', async () => {
    await expect(attempt('postgres', ...profile, ...trigger('invoker'))).rejects.toThrow(
      'permission denied for table profiles',
    );
  });

  it('is not the migrations’ to change', async () => {
    for (const statement of [
      'create table auth.own (a int)',
      'alter table auth.users add column own int',
      'drop table auth.users cascade',
    ]) {
      await expect(attempt('postgres', statement), statement).rejects.toMatchObject({ code: '42501' });
    }
    await expect(database.sql`set role supabase_auth_admin`).rejects.toMatchObject({ code: '42501' });
    for (const role of ['anon', 'authenticated', 'service_role']) {
      await expect(attempt(role, 'select * from auth.users'), role).rejects.toThrow('permission denied');
    }
  });

  it('tells who asks, from both forms of the claims', async () => {
    const id = randomUUID();
    const asked = 'select auth.uid() as id, auth.role() as role, auth.email() as email, auth.jwt() as jwt';
    const claims = { sub: id, role: 'authenticated', email: 'a@example.ci', app_metadata: { plan: 'pro' } };
    const told = { id, role: 'authenticated', email: 'a@example.ci' };
    expect(
      await attempt('authenticated', `set local request.jwt.claims = '${JSON.stringify(claims)}'`, asked),
    ).toMatchObject([{ ...told, jwt: claims }]);
    const single = Object.entries(told).map(
      ([name, value]) => `set local request.jwt.claim.${name === 'id' ? 'sub' : name} = '${value}'`,
    );
    expect(await attempt('authenticated', ...single, asked)).toMatchObject([told]);
    expect(await attempt('anon', asked)).toMatchObject([{ id: null, role: null, jwt: null }]);
  });
});

describe('schema storage', () => {
  it('lets postgres write policies on tables that are not his, and nothing else', async () => {
    const owners = async () =>
      await database.admin`
      select relname, relowner::regrole::text as owner, relacl::text from pg_class
      where oid in ('storage.objects'::regclass, 'storage.buckets'::regclass) order by 1`;
    const { sql } = database;
    await sql`create policy "les siennes" on storage.objects for select to authenticated
      using (owner_id = (select auth.uid()::text))`;
    await sql`alter policy "les siennes" on storage.objects rename to "ses images"`;
    const before = await owners();
    expect(before).toMatchObject([
      { relname: 'buckets', owner: 'supabase_storage_admin' },
      { relname: 'objects', owner: 'supabase_storage_admin' },
    ]);
    await sql`drop policy "ses images" on storage.objects`;
    expect(await owners()).toEqual(before);
    await expect(sql`alter table storage.objects disable row level security`).rejects.toThrow(
      'must be owner',
    );
    await expect(sql`drop table storage.objects`).rejects.toThrow('must be owner');
    await expect(sql`create table storage.own (a int)`).rejects.toThrow('permission denied');
  });

  it('hides everything that no policy shows', async () => {
    await database.sql`insert into storage.buckets (id, name) values ('images', 'images')`;
    expect(await attempt('anon', 'select * from storage.buckets')).toHaveLength(0);
    expect(await attempt('authenticated', 'select * from storage.buckets')).toHaveLength(0);
    expect(await attempt('service_role', 'select * from storage.buckets')).toHaveLength(1);
  });
});

it('has an empty publication for Realtime that migrations may fill', async () => {
  expect(
    await database.sql`select * from pg_publication_tables where pubname = 'supabase_realtime'`,
  ).toHaveLength(0);
  await attempt(
    'postgres',
    'create table public.live (id int primary key)',
    'alter publication supabase_realtime add table public.live',
  );
});

it('changes no right when it is set up again', async () => {
  const before = await rights(database.admin);
  await bootstrapDatabase(database.url('supabase_admin'));
  expect(await rights(database.admin)).toEqual(before);
});

it('is copied whole: rights, secrets, and jobs that run in the copy', async () => {
  const original = await openOwnDatabase();
  const name = `${original.name}_copie`;
  const server = inject('adminUrl');
  try {
    await original.sql`create extension pg_cron`;
    await original.sql`select cron.schedule('a', '* * * * *', 'select 1')`;
    await original.sql`select vault.create_secret('gardé', 'secret')`;
    const rightsOfOriginal = await rights(original.admin);
    await Promise.all([original.sql.end(), original.admin.end()]);
    await createDatabase(server, name, original.name);

    const inCopy = (user: string) => postgres(original.url(user).replace(original.name, name), { max: 1 });
    const [admin, sql] = [inCopy('supabase_admin'), inCopy('postgres')];
    try {
      expect(await rights(admin)).toEqual(rightsOfOriginal);
      expect(await sql`select database from cron.job`).toMatchObject([{ database: name }]);
      expect(await sql`select decrypted_secret from vault.decrypted_secrets`).toMatchObject([
        { decrypted_secret: 'gardé' },
      ]);
    } finally {
      await Promise.all([admin.end(), sql.end()]);
    }
  } finally {
    await dropDatabase(server, name);
    await original.close();
  }
});
