-- The ground all domains stand on: extensions, the three schemas, least rights by default, the clock, errors,
-- settings, secrets, and the queues with their attempts, dead letters and wake-up calls.

create extension if not exists pg_trgm with schema extensions;
create extension if not exists unaccent with schema extensions;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists supabase_vault cascade;
create extension if not exists pgmq;
create extension if not exists pg_cron with schema pg_catalog;
create extension if not exists pg_net with schema extensions;

-- Postgres gives execute on every new function to everybody; only the global form (no `in schema`) takes that back.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;

-- Nobody waits long for a lock: whoever holds one too long is the trouble, and a caller is told so (55P03) instead of hanging.
-- Also for `postgres`, as whom pg_cron runs the jobs and migrations are pushed: better a failed push than a blocked shop.
alter role anon set lock_timeout = '500ms';
alter role authenticated set lock_timeout = '500ms';
alter role service_role set lock_timeout = '500ms';
alter role authenticator set lock_timeout = '500ms';
alter role postgres set lock_timeout = '500ms';
set lock_timeout = '500ms';
-- The disks are not turning ones: a page of a list is read by its index, not by gathering a vendor's rows and sorting them.
alter role authenticated set random_page_cost = 1.1;
-- PostgREST reads the settings of roles when it starts, and when it is told to.
notify pgrst, 'reload config';

create schema service;
comment on schema service is
  'RPCs of the Edge Functions, granted to service_role alone: one round trip per step, each one transaction.';
grant usage on schema service to service_role;

create schema prive;
comment on schema prive is
  'Never exposed to the API: helpers, rules, the webhook inbox, dead letters, queue glue. authenticated may use the schema and execute the few functions named by a grant.';
grant usage on schema prive to authenticated, service_role;

-- ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.normaliser(texte text) returns text
language sql immutable strict parallel safe set search_path = ''
as $$
  select pg_catalog.btrim(pg_catalog.regexp_replace(
    pg_catalog.lower(extensions.unaccent('extensions.unaccent'::pg_catalog.regdictionary, texte)),
    '[^a-z0-9]+', ' ', 'g'))
$$;
comment on function prive.normaliser(text) is
  'Lower case, no accents, everything but a–z and 0–9 becomes one space. Immutable so that generated columns and indexes may use it.';
grant execute on function prive.normaliser(text) to authenticated, service_role;

create text search configuration prive.francais (copy = pg_catalog.french);
alter text search configuration prive.francais
  alter mapping for hword, hword_part, word with extensions.unaccent, pg_catalog.french_stem;
comment on text search configuration prive.francais is 'French stems without accents; unaccent() itself is refused in generated columns.';

create function prive.reparer_json(texte text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  if texte !~* '\\u(0000|d[89a-f])' then
    return texte;
  end if;
  -- An escape counts only after an even number of backslashes. First NUL, then a high surrogate without its low, then the reverse.
  texte := pg_catalog.regexp_replace(texte, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g');
  texte := pg_catalog.regexp_replace(texte, '(?<!\\)((?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])', '\1\\ufffd', 'g');
  return pg_catalog.regexp_replace(texte,
    '(?<!\\u[dD][89abAB][0-9a-fA-F]{2})(?<!\\)((?:\\\\)*)\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\1\\ufffd', 'g');
end
$$;
comment on function prive.reparer_json(text) is
  'JSON that JavaScript accepts and Postgres refuses: \u0000 and lone surrogates become U+FFFD, all else stays as it is.';

create function prive.normaliser_telephone(numero text, pays text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  chiffres text := pg_catalog.regexp_replace(numero, '[^0-9+]', '', 'g');
  indicatif text;
  longueur_nationale int;
begin
  if chiffres is null or chiffres = '' then
    return null;
  end if;
  if chiffres like '00%' then
    chiffres := '+' || pg_catalog.substr(chiffres, 3);
  end if;
  if chiffres like '+%' then
    return chiffres;
  end if;
  -- E.164 country codes and national lengths of the ITU's numbering plans (Côte d'Ivoire: ten digits, the leading 0 stays).
  select i.indicatif, i.longueur into indicatif, longueur_nationale
  from (values ('CI', '225', 10), ('SN', '221', 9), ('ML', '223', 8), ('BF', '226', 8), ('TG', '228', 8),
               ('BJ', '229', 10), ('NE', '227', 8), ('GN', '224', 9), ('CM', '237', 9), ('GA', '241', 8), ('FR', '33', 9))
       as i (code, indicatif, longueur)
  where i.code = case pays when 'Côte d''Ivoire' then 'CI' else pg_catalog.upper(pays) end;
  if indicatif is null then
    return '+' || chiffres;
  end if;
  if pg_catalog.length(chiffres) = longueur_nationale then
    return '+' || indicatif || chiffres;
  end if;
  if pg_catalog.length(chiffres) = longueur_nationale + 1 and chiffres like '0%' then
    return '+' || indicatif || pg_catalog.substr(chiffres, 2);
  end if;
  return '+' || chiffres;
end
$$;
comment on function prive.normaliser_telephone(text, text) is
  'E.164 from what a person types: "+225 05 98 …", "2250598…", "0598…" are one number. pays: ISO code or the name the seeds use. The result may still fail the check of its column.';
grant execute on function prive.normaliser_telephone(text, text) to authenticated, service_role;

-- ── clock ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table prive.horloge (
  unique_ligne boolean primary key default true constraint une_seule_horloge check (unique_ligne),
  decalage interval not null default interval '0'
);
comment on table prive.horloge is 'How far the rules'' clock is from the server''s; zero but in tests. No API role may touch it.';
alter table prive.horloge enable row level security;
create policy "personne par l'API" on prive.horloge using (false);
insert into prive.horloge default values;

-- plpgsql keeps its plan for the session; a definer in sql is planned at every call, and this one is called all the time.
create function prive.maintenant() returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select pg_catalog.now() + h.decalage from prive.horloge as h);
end
$$;
comment on function prive.maintenant() is 'The one clock of all rules: time of the transaction, shifted by prive.horloge.';
grant execute on function prive.maintenant() to authenticated, service_role;

-- ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.refuser(code text, message text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise exception using errcode = 'P0001', message = message, hint = code;
end
$$;
comment on function prive.refuser(text, text) is
  'Refuses what the caller asks: SQLSTATE P0001, a French sentence for people, a stable code in `hint` for programs.';
grant execute on function prive.refuser(text, text) to authenticated, service_role;

-- ── settings and secrets ─────────────────────────────────────────────────────────────────────────────────────────

create table prive.reglages (
  nom text primary key,
  valeur integer not null,
  role text not null
);
comment on table prive.reglages is 'Numbers an operator may change without a deployment; `role` says what each is for and its unit.';
alter table prive.reglages enable row level security;
create policy "personne par l'API" on prive.reglages using (false);
insert into prive.reglages (nom, valeur, role) values
  ('attente_rafale_ms', 3000, 'A reply waits this long after the prospect''s last message, so that a burst gets one reply.'),
  ('attente_rafale_max_ms', 20000, 'But never longer than this after the first unanswered message.'),
  ('bail_reponse_s', 30, 'How long a worker owns a conversation before another may take it.'),
  ('confiance_minimale', 30, 'Percent: two replies in a row of which the engine is less sure than this, and a person is called.'),
  ('generations_par_conversation', 60, 'Replies of the paid engine one conversation gets a day; the built-in one writes the others.'),
  ('envoi_inconnu_s', 120, 'A send without an outcome is given up after this.'),
  ('retention_evenements_jours', 30, 'Raw webhook events are pruned after this.'),
  ('retention_reponses_http_heures', 24, 'Answers to wake-up calls and cron run details are pruned after this.'),
  ('retention_archives_jours', 30, 'Archived jobs are pruned after this.'),
  ('retention_lettres_mortes_jours', 90, 'Dead letters are pruned after this.'),
  ('retention_journaux_mois', 12, 'Months of journaux_systeme that are kept besides the current one.'),
  ('retention_utilisation_mois', 6, 'Months of utilisation_apis that are kept besides the current one.');

create function prive.reglage(nom text) returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select r.valeur from prive.reglages as r where r.nom = reglage.nom);
end
$$;
comment on function prive.reglage(text) is 'One setting of prive.reglages; null when there is none of that name.';

create function prive.secret(nom text) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = secret.nom);
end
$$;
comment on function prive.secret(text) is
  'A Vault secret by name; null when it is not set. Names in use: url_fonctions (base URL of the Edge Functions), cle_secrete (the sb_secret_… key they accept). Executable by its owner alone.';

-- ── queues ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table prive.files (
  nom text primary key,
  fonction text not null,
  tentatives_max integer not null constraint tentatives_max_positif check (tentatives_max > 0)
);
comment on table prive.files is 'The pgmq queues, the Edge Function that empties each, and after how many failures its work is a dead letter. Failures are counted where the work is known (prive.reponses, messages.tentatives_envoi): pgmq''s read_ct also counts reads that were put back for later.';
alter table prive.files enable row level security;
create policy "personne par l'API" on prive.files using (false);

create table prive.lettres_mortes (
  id bigint generated always as identity primary key,
  file text not null references prive.files (nom) on delete restrict,
  message jsonb not null,
  erreur text not null,
  tentatives integer not null,
  le timestamptz not null default prive.maintenant()
);
comment on table prive.lettres_mortes is 'Jobs that failed for good, with their last error: listed, and kept for a while only, because an error may quote what somebody wrote.';
create index lettres_mortes_par_file on prive.lettres_mortes (file, id);
alter table prive.lettres_mortes enable row level security;
create policy "personne par l'API" on prive.lettres_mortes using (false);

create function prive.reveiller(fonction text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  base text;
begin
  -- A call that still waits to be sent will read the queue after this transaction's commit: a burst makes few calls.
  -- Should it read a moment too early, the sweep calls again.
  if exists (select from net.http_request_queue as q where q.url like '%/' || fonction) then
    return;
  end if;
  base := prive.secret('url_fonctions');
  if base is null then
    return;
  end if;
  perform net.http_post(
    url := base || '/' || fonction,
    body := '{}'::jsonb,
    headers := pg_catalog.jsonb_build_object('Content-Type', 'application/json', 'apikey', prive.secret('cle_secrete')),
    -- The functions answer at once and work afterwards: pg_net sends its next batch only when all of this one is answered.
    timeout_milliseconds := 5000);
end
$$;
comment on function prive.reveiller(text) is
  'Calls an Edge Function after the commit (pg_net, which may lose the call): a nudge only, the queue is the truth. Does nothing until the Vault holds url_fonctions.';

create function prive.delai_reprise_s(tentatives integer) returns integer
language sql volatile set search_path = ''
as $$ select pg_catalog.ceil(least(300, 2 ^ tentatives) * (0.5 + pg_catalog.random() / 2))::integer $$;
comment on function prive.delai_reprise_s(integer) is 'Seconds to wait after the n-th failure: doubling, at most 5 minutes, with jitter so that failures do not come back together.';

create function prive.travail_attend(file text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  attend boolean;
begin
  execute pg_catalog.format('select coalesce((select q.vt from pgmq.%I as q order by q.vt limit 1) <= pg_catalog.now(), false)', 'q_' || file)
    into attend;
  return attend;
end
$$;
comment on function prive.travail_attend(text) is 'Whether a job of the queue is visible, that is: due and owned by nobody. The smallest vt is asked for, because that is one look at pgmq''s index whatever the planner believes of the others.';

create function prive.appeler_renfort(file text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if prive.travail_attend(file) then
    perform prive.reveiller((select f.fonction from prive.files as f where f.nom = appeler_renfort.file));
  end if;
end
$$;
comment on function prive.appeler_renfort(text) is
  'Called by who has just taken a batch: when more is due, one more worker is woken. So the number of workers follows the backlog, doubling, and a quiet queue has one.';

create function prive.reveiller_files() returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  f record;
begin
  for f in select nom from prive.files order by nom loop
    perform prive.appeler_renfort(f.nom);
  end loop;
end
$$;
comment on function prive.reveiller_files() is 'The sweep: calls the function of every queue that has a due job. Delayed jobs, lost calls and jobs of killed workers are all found by it.';

-- Every 2 seconds, because a reply that waits for the end of a burst has nobody else to wake it when it falls due.
select cron.schedule('reveiller-files', '2 seconds', 'select prive.reveiller_files()');

create function prive.purger() returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  f record;
  -- The server's time: pg_cron, pg_net and pgmq do not know the rules' clock.
  limite constant timestamptz := pg_catalog.now() - pg_catalog.make_interval(hours => prive.reglage('retention_reponses_http_heures'));
begin
  for f in select nom from prive.files order by nom loop
    execute pg_catalog.format('delete from pgmq.%I where archived_at < pg_catalog.now() - pg_catalog.make_interval(days => $1)', 'a_' || f.nom)
      using prive.reglage('retention_archives_jours');
  end loop;
  delete from prive.lettres_mortes
  where le < prive.maintenant() - pg_catalog.make_interval(days => prive.reglage('retention_lettres_mortes_jours'));
  -- The last success of a job stays: whoever looks why it fails wants to know since when. A run that a restart of the server has
  -- ended has no end, perhaps no beginning either.
  delete from cron.job_run_details as d
  where d.status not in ('starting', 'running') and coalesce(d.end_time, d.start_time, '-infinity') < limite
    and d.runid not in (
      select max(r.runid) from cron.job_run_details as r join cron.job as j on j.jobid = r.jobid
      where r.status = 'succeeded' group by r.jobid);
  delete from net._http_response where created < limite;
end
$$;
comment on function prive.purger() is 'Drops what is kept for a while only (it may hold personal data): archived jobs, dead letters, cron run details, HTTP answers. After how long: the settings retention_….';

-- Hourly: the sweep alone writes 1,800 run details an hour.
select cron.schedule('purger', '17 * * * *', 'select prive.purger()');
