-- The schemas, extensions and the publication that every hosted project is born with, and who may use them.

do $$
begin
  execute format('alter database %I owner to postgres', current_database());
  execute format('grant all on database %I to postgres, dashboard_user', current_database());
  -- Their scripts begin with `create schema if not exists`, which asks for the right to create one.
  execute format('grant create on database %I to supabase_auth_admin, supabase_storage_admin', current_database());
end
$$;

-- Nothing is granted by default on what is created in public: hosted projects have been so since 2026-10-30.
revoke create on schema public from public;
grant usage on schema public to postgres, anon, authenticated, service_role;

create schema if not exists extensions;
grant all on schema extensions to postgres, dashboard_user;
grant usage on schema extensions to anon, authenticated, service_role;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

create schema if not exists auth authorization supabase_auth_admin;
create schema if not exists storage authorization supabase_storage_admin;

create extension if not exists supabase_vault cascade;

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
    alter publication supabase_realtime owner to postgres;
  end if;
end
$$;
