-- The roles of hosted Supabase with their attributes, memberships and settings. They belong to the whole
-- server; running this again changes nothing.

-- Two bootstraps at once on one server would make the same role twice.
lock table pg_catalog.pg_authid in share row exclusive mode;

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('postgres',                 'login inherit createrole createdb replication bypassrls'),
      ('anon',                     'nologin inherit'),
      ('authenticated',            'nologin inherit'),
      ('service_role',             'nologin inherit bypassrls'),
      ('authenticator',            'login noinherit'),
      ('supabase_auth_admin',      'login noinherit'),
      ('supabase_storage_admin',   'login noinherit createrole'),
      ('supabase_functions_admin', 'login noinherit createrole'),
      ('supabase_read_only_user',  'login inherit bypassrls'),
      ('dashboard_user',           'nologin inherit createrole createdb replication')
    ) as roles (name, attributes)
  loop
    if to_regrole(wanted.name) is null then
      execute format('create role %I with %s', wanted.name, wanted.attributes);
      if wanted.attributes like 'login%' then
        execute format('alter role %I with password %L', wanted.name, 'postgres');
      end if;
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant authenticator to supabase_storage_admin;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;
grant pg_create_subscription to postgres;
grant pg_read_all_data to supabase_read_only_user;

-- The API's roles may not hold a connection for long.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
-- Only as long as nobody has set it otherwise: a migration may, and a later start must leave it.
do $$
begin
  if not exists (select from pg_catalog.pg_db_role_setting where setrole = 'authenticator'::regrole) then
    alter role authenticator set statement_timeout = '8s';
    alter role authenticator set lock_timeout = '8s';
  end if;
end
$$;

alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = 60000;
alter role supabase_storage_admin set search_path = storage;
