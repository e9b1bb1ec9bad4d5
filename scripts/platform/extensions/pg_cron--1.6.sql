-- Stand-in for pg_cron 1.6: same tables, policies, functions, messages and rights. The original's background
-- worker is scripts/platform/worker.ts here; it hears of changes on the channel `pg_cron`.

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default inet_server_port(),
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
grant select on cron.job to public;

create sequence cron.runid_seq;
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);
grant select, delete on cron.job_run_details to public;

grant select on sequence cron.jobid_seq, cron.runid_seq to public;

create function cron.job_cache_invalidate() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_notify('pg_cron', '');
  return null;
end
$$;
comment on function cron.job_cache_invalidate() is 'invalidate job cache';

create trigger cron_job_cache_invalidate
  after insert or update or delete or truncate on cron.job
  for statement execute function cron.job_cache_invalidate();

-- One field of a cron schedule: a list of `*`, numbers, names or ranges, the first and last with an optional step.
create function cron._is_field(field text, low int, high int, names text[]) returns boolean
language plpgsql immutable
set search_path = ''
as $$
declare
  part text;
  pieces text[];
  first int;
  last int;
begin
  foreach part in array string_to_array(lower(field), ',') loop
    pieces := regexp_match(part, '^(?:(\*)|([a-z]+|\d{1,4})(?:-([a-z]+|\d{1,4}))?)(?:/(\d{1,4}))?$');
    if pieces is null then
      return false;
    end if;
    if pieces[1] is null then
      first := case when pieces[2] ~ '\d' then pieces[2]::int else array_position(names, pieces[2]) - 1 + low end;
      last := case when pieces[3] ~ '\d' then pieces[3]::int else array_position(names, pieces[3]) - 1 + low end;
      if first is null or first not between low and high
        or (pieces[3] is not null and (last is null or last not between first and high))
        or (pieces[3] is null and pieces[4] is not null)
      then
        return false;
      end if;
    end if;
    if pieces[4]::int not between 1 and high then
      return false;
    end if;
  end loop;
  return field <> '';
end
$$;

create function cron._is_schedule(schedule text) returns boolean
language sql immutable
set search_path = ''
as $$
  select case
    when schedule ~* '^\s*0*[1-9]\d?\s*seconds?\s*$' then substring(schedule from '\d+')::int < 60
    when schedule ~ '^\s*@' then btrim(schedule) = any (
      '{@reboot,@restart,@yearly,@annually,@monthly,@weekly,@daily,@midnight,@hourly}'
    )
    else cardinality(field) = 5
      and cron._is_field(field[1], 0, 59, '{}')
      and cron._is_field(field[2], 0, 23, '{}')
      and (field[3] = '$' or cron._is_field(field[3], 1, 31, '{}'))
      and cron._is_field(field[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}')
      and cron._is_field(field[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}')
  end
  from regexp_split_to_array(btrim(schedule, E' \t\n'), '\s+') as field
$$;

create function cron._check_schedule(schedule text) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if not cron._is_schedule(schedule) then
    raise exception 'invalid schedule: %', schedule
      using errcode = 'invalid_parameter_value',
        hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
end
$$;

-- The original writes cron.job in C, whatever the caller's rights. Here functions that run as their owner do, and
-- are told who called: the public functions below, which run as their caller, are the only ones to be believed.
create function cron._check_called_by_extension(stack text) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if split_part(stack, E'\n', 2) !~ '^PL/pgSQL function cron\.[a-z]' then
    raise exception 'this function belongs to pg_cron' using errcode = 'insufficient_privilege';
  end if;
end
$$;

create function cron._check_may_connect(username text, database text) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not has_database_privilege(username, database, 'connect') then
    raise exception 'User % does not have CONNECT privilege on %', username, database;
  end if;
end
$$;

create function cron._check_may_log_in(username text) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = username) then
    raise exception 'role "%" does not exist', username;
  end if;
  if not (select rolcanlogin from pg_catalog.pg_roles where rolname = username) then
    raise exception 'role "%" can not log in', username
      using detail = 'Jobs may only be run by roles that have the LOGIN attribute.';
  end if;
end
$$;

create function cron._is_superuser(username name) returns boolean
language sql stable
set search_path = ''
as $$
  select rolsuper from pg_catalog.pg_roles where rolname = username
$$;

create function cron._schedule(
  caller name, job_name text, schedule text, command text, database text, username text, active boolean
) returns bigint
language plpgsql security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
  stack text;
  id bigint;
begin
  get diagnostics stack = pg_context;
  perform cron._check_called_by_extension(stack);
  if schedule is null then
    raise exception 'schedule can not be NULL';
  end if;
  if command is null then
    raise exception 'command can not be NULL';
  end if;
  perform cron._check_schedule(schedule);
  if username is not null then
    if not cron._is_superuser(caller) then
      raise exception 'must be superuser to create a job for another role';
    end if;
    perform cron._check_may_log_in(username);
  end if;
  username := coalesce(username, caller);
  database := coalesce(database, current_database());
  perform cron._check_may_connect(username, database);

  insert into cron.job as known (schedule, command, database, username, active, jobname)
  values (schedule, command, database, username, active, job_name)
  on conflict on constraint jobname_username_uniq do update
    set schedule = excluded.schedule, command = excluded.command, database = excluded.database
  returning known.jobid into id;
  return id;
end
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql
set search_path = ''
as $$
begin
  if job_name is null then
    raise exception 'job_name can not be NULL';
  end if;
  return cron._schedule(current_user, job_name, schedule, command, null, null, true);
end
$$;
comment on function cron.schedule(text, text, text) is 'schedule a pg_cron job';

create function cron.schedule(schedule text, command text) returns bigint
language plpgsql strict
set search_path = ''
as $$
begin
  return cron._schedule(current_user, null, schedule, command, null, null, true);
end
$$;
comment on function cron.schedule(text, text) is 'schedule a pg_cron job';

create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint
language plpgsql
set search_path = ''
as $$
begin
  if job_name is null then
    raise exception 'job_name can not be NULL';
  end if;
  return cron._schedule(current_user, job_name, schedule, command, database, username, coalesce(active, true));
end
$$;
comment on function cron.schedule_in_database(text, text, text, text, text, boolean) is 'schedule a pg_cron job';

create function cron._unschedule(caller name, job_id bigint, job_name text) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
  stack text;
  found_job cron.job;
begin
  get diagnostics stack = pg_context;
  perform cron._check_called_by_extension(stack);
  select * into found_job from cron.job
  where jobid = job_id or (jobname = job_name and username = caller);
  if not found then
    raise exception 'could not find valid entry for job %', coalesce(job_id::text, quote_literal(job_name));
  end if;
  if found_job.username <> caller and not has_table_privilege(caller, 'cron.job', 'delete') then
    raise exception 'permission denied for table job' using errcode = 'insufficient_privilege';
  end if;
  delete from cron.job where jobid = found_job.jobid;
  return true;
end
$$;

create function cron.unschedule(job_id bigint) returns boolean
language plpgsql strict
set search_path = ''
as $$
begin
  return cron._unschedule(current_user, job_id, null);
end
$$;
comment on function cron.unschedule(bigint) is 'unschedule a pg_cron job';

create function cron.unschedule(job_name text) returns boolean
language plpgsql strict
set search_path = ''
as $$
begin
  return cron._unschedule(current_user, null, job_name);
end
$$;
comment on function cron.unschedule(text) is 'unschedule a pg_cron job';

create function cron._alter_job(
  caller name, job_id bigint, schedule text, command text, database text, username text, active boolean
) returns boolean
language plpgsql security definer
set search_path = ''
as $$
#variable_conflict use_variable
declare
  stack text;
begin
  get diagnostics stack = pg_context;
  perform cron._check_called_by_extension(stack);
  if username is not null then
    if not cron._is_superuser(caller) then
      raise exception 'must be superuser to alter username';
    end if;
    perform cron._check_may_log_in(username);
  end if;
  if database is not null then
    perform cron._check_may_connect(coalesce(username, caller), database);
  end if;
  if schedule is not null then
    perform cron._check_schedule(schedule);
  end if;
  if num_nonnulls(schedule, command, database, username, active) = 0 then
    raise exception 'no updates specified'
      using hint = 'You must specify at least one job attribute to change when calling alter_job';
  end if;

  update cron.job as known
  set schedule = coalesce(schedule, known.schedule),
      command = coalesce(command, known.command),
      database = coalesce(database, known.database),
      username = coalesce(username, known.username),
      active = coalesce(active, known.active)
  where known.jobid = job_id and (known.username = caller or cron._is_superuser(caller));
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id;
  end if;
  return true;
end
$$;

create function cron.alter_job(
  job_id bigint,
  schedule text default null,
  command text default null,
  database text default null,
  username text default null,
  active boolean default null
) returns void
language plpgsql
set search_path = ''
as $$
declare
  altered boolean;
begin
  if job_id is null then
    raise exception 'job_id can not be NULL';
  end if;
  -- An assignment and no `perform`, which would put a line of its own between the two on the stack.
  altered := cron._alter_job(current_user, job_id, schedule, command, database, username, active);
end
$$;
comment on function cron.alter_job(bigint, text, text, text, text, boolean)
  is 'Alter the job identified by job_id. Any option left as NULL will not be modified.';

revoke all on function cron.alter_job, cron.schedule_in_database from public;

-- What hosted Supabase grants after the extension was created.
grant usage on schema cron to postgres with grant option;
grant all on all functions in schema cron to postgres with grant option;
grant all on cron.job_run_details to postgres with grant option;
revoke trigger on cron.job_run_details from postgres;
grant select on cron.job to postgres with grant option;

select pg_catalog.pg_extension_config_dump('cron.job', '');
select pg_catalog.pg_extension_config_dump('cron.jobid_seq', '');
select pg_catalog.pg_extension_config_dump('cron.job_run_details', '');
select pg_catalog.pg_extension_config_dump('cron.runid_seq', '');
