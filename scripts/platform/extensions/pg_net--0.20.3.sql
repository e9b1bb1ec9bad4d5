-- Stand-in for pg_net 0.20: same tables, functions and rights. The original's background worker is
-- scripts/platform/worker.ts here; a request wakes it on the channel `pg_net`, once its transaction has committed.

create schema net;

create domain net.http_method as text
  check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);

create function net.wake() returns void
language sql
set search_path = ''
as $$
  select pg_notify('pg_net', '')
$$;

create function net._worker_runs() returns boolean
language sql volatile
set search_path = ''
as $$
  select exists (
    select from pg_catalog.pg_stat_activity
    where application_name like 'pg_net%' and datname = current_database()
  )
$$;

create function net.check_worker_is_up() returns void
language plpgsql
set search_path = ''
as $$
begin
  if not net._worker_runs() then
    raise exception 'the pg_net background worker is not up'
      using detail = 'the pg_net background worker is down due to an internal error and cannot process requests',
        hint = 'make sure that you didn''t modify any of pg_net internal tables';
  end if;
end
$$;
comment on function net.check_worker_is_up()
  is 'raises an exception if the pg_net background worker is not up, otherwise it doesn''t return anything';

create function net.wait_until_running() returns void
language plpgsql
set search_path = ''
as $$
begin
  while not net._worker_runs() loop
    perform pg_sleep(0.05);
    perform pg_stat_clear_snapshot();
  end loop;
end
$$;
comment on function net.wait_until_running() is 'waits until the worker is running';

-- The supervisor restarts the worker when need be; here it is only woken.
create function net.worker_restart() returns boolean
language sql
set search_path = ''
as $$
  select true from net.wake()
$$;

create function net._urlencode_string(string varchar) returns text
language sql immutable
set search_path = ''
as $$
  select coalesce(string_agg(
    case when byte between 33 and 126 and chr(byte) ~ '[A-Za-z0-9._~-]' then chr(byte)
      else '%' || upper(lpad(to_hex(byte), 2, '0')) end,
    '' order by place
  ), '')
  from generate_series(0, octet_length(string) - 1) as place,
    lateral (select get_byte(convert_to(string, 'UTF8'), place) as byte) as bytes
  having string is not null
$$;

create function net._encode_url_with_params_array(url text, params_array text[]) returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  query text := array_to_string(params_array, '&');
  fragment text := coalesce(substring(url from '#.*$'), '');
  address text := regexp_replace(url, '#.*$', '');
begin
  if url is null or params_array is null then
    return null;
  end if;
  if url !~* '^https?://[^/?#\s[:cntrl:]]+([/?#][^\s[:cntrl:]]*)?$' then
    raise exception 'invalid URL "%": %', url, case
      when url ~* '^(https?:|/)' then 'Malformed input to a URL function'
      when url ~* '^[a-z][a-z0-9+.-]*:' then 'Unsupported URL scheme'
      else 'Bad scheme'
    end;
  end if;
  address := regexp_replace(address, '^([^:]+://[^/?]+)(\?|$)', '\1/\2');
  if query <> '' then
    address := address || case when address ~ '[?&]$' then '' when address ~ '\?' then '&' else '?' end || query;
  end if;
  return address || fragment;
end
$$;

create function net._enqueue(
  method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  request_id bigint;
  pairs text[];
begin
  select coalesce(array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value)), '{}')
  into pairs
  from jsonb_each_text(params);

  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    _enqueue.method,
    net._encode_url_with_params_array(_enqueue.url, pairs),
    _enqueue.headers,
    convert_to(_enqueue.body::text, 'UTF8'),
    _enqueue.timeout_milliseconds
  )
  returning id into request_id;
  perform net.wake();
  return request_id;
end
$$;

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
language sql
set search_path = ''
as $$
  select net._enqueue('GET', url, params, headers, null, timeout_milliseconds)
$$;

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  content_type text := (
    select value from jsonb_each_text(headers) where lower(key) = 'content-type' limit 1
  );
begin
  if content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  if content_type is null then
    headers := headers || '{"Content-Type": "application/json"}'::jsonb;
  end if;
  return net._enqueue('POST', url, params, headers, body, timeout_milliseconds);
end
$$;

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint
language sql
set search_path = ''
as $$
  select net._enqueue('DELETE', url, params, headers, body, timeout_milliseconds)
$$;

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

create function net._await_response(request_id bigint) returns boolean
language plpgsql
set search_path = ''
as $$
begin
  while not exists (select from net._http_response where id = request_id) loop
    perform pg_sleep(0.05);
  end loop;
  return true;
end
$$;

create function net._http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result
language plpgsql
set search_path = ''
as $$
declare
  answer net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select * into answer from net._http_response where id = request_id;
  if not found or answer.error_msg is not null then
    return row(
      'ERROR'::net.request_status,
      coalesce(answer.error_msg, 'request matching request_id not found'),
      null::net.http_response
    )::net.http_response_result;
  end if;
  return row(
    'SUCCESS'::net.request_status,
    'ok'::text,
    row(answer.status_code, answer.headers, answer.content)::net.http_response
  )::net.http_response_result;
end
$$;

-- The original's own grants, and hosted Supabase's.
grant usage on schema net to public;
grant all on all sequences in schema net to public;
grant all on all tables in schema net to public;
grant usage on schema net to supabase_functions_admin, postgres, anon, authenticated, service_role;
