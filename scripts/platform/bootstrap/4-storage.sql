-- Who may do what in schema storage, after its tables were made by their owner. Row level security decides
-- what the API's roles get to see of them.

set local role supabase_storage_admin;

grant usage on schema storage to postgres with grant option;
grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to dashboard_user;
grant all on storage.buckets, storage.objects to postgres with grant option;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
grant all on all routines in schema storage to postgres, dashboard_user;
grant all on all sequences in schema storage to dashboard_user;

reset role;

do $$
begin
  execute format('revoke create on database %I from supabase_storage_admin', current_database());
end
$$;

-- On hosted Supabase `postgres` may write policies on the tables of storage without owning them. Postgres knows
-- no such right, so these statements, and they alone, run while the tables are his.
create or replace function extensions.lend_storage_tables() returns event_trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if session_user = 'postgres' and current_query() ~* '\mstorage\s*"?\s*\.' then
    alter table storage.objects owner to postgres;
    alter table storage.buckets owner to postgres;
  end if;
end
$$;

create or replace function extensions.take_back_storage_tables() returns event_trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if 'postgres'::regrole in (select relowner from pg_catalog.pg_class where oid = 'storage.objects'::regclass) then
    alter table storage.objects owner to supabase_storage_admin;
    alter table storage.buckets owner to supabase_storage_admin;
    grant all on storage.buckets, storage.objects to postgres with grant option;
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'lend_storage_tables') then
    create event trigger lend_storage_tables on ddl_command_start
      when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY')
      execute function extensions.lend_storage_tables();
    create event trigger take_back_storage_tables on ddl_command_end
      when tag in ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY')
      execute function extensions.take_back_storage_tables();
  end if;
end
$$;
