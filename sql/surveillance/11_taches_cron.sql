-- Every cron job: its last run and last success, its failures of 24 hours with the last words, and whether it ran when it should.
-- Normal: avis "ok" everywhere. "jamais passée" until its first hour has come, on a young database.
-- To do: "échoue" → read the message, run the command by hand as postgres. "en retard" on all jobs → pg_cron is down: restart the
--   database. "en retard" on one → its last run still goes on (état "running": 04_verrous, 05_transactions_longues).
with taches as (
  select j.jobid, j.jobname, j.schedule, j.command, j.active,
    case
      when btrim(j.schedule) ~* '^[0-9]+ *seconds?$' then null
      else pg_catalog.regexp_split_to_array(case btrim(j.schedule)
        when '@hourly' then '0 * * * *' when '@daily' then '0 0 * * *' when '@midnight' then '0 0 * * *'
        when '@weekly' then '0 0 * * 0' when '@monthly' then '0 0 1 * *' else btrim(j.schedule) end, '\s+')
    end as champs
  from cron.job as j),
-- Minutes, hours, days, months and weekdays a schedule names, as numbers; null when it says something this does not read.
lues as (
  select t.jobid,
    pg_catalog.array_agg(n.valeur) filter (where c.rang = 1) as minutes, pg_catalog.array_agg(n.valeur) filter (where c.rang = 2) as heures,
    pg_catalog.array_agg(n.valeur) filter (where c.rang = 3) as jours, pg_catalog.array_agg(n.valeur) filter (where c.rang = 4) as mois,
    -- 7 is Sunday, as 0.
    pg_catalog.array_agg(n.valeur % 7) filter (where c.rang = 5) as semaine,
    t.champs[3] ~ '^\*' or t.champs[5] ~ '^\*' as jours_et_semaine
  from taches as t
  cross join lateral pg_catalog.unnest(t.champs) with ordinality as c (champ, rang)
  cross join lateral pg_catalog.regexp_split_to_table(c.champ, ',') as p (partie)
  cross join lateral (select pg_catalog.regexp_match(p.partie, '^(?:\*|([0-9]+)(?:-([0-9]+))?)(?:/([0-9]+))?$') as m) as r
  cross join lateral pg_catalog.generate_series(
    coalesce(r.m[1]::integer, case when c.rang in (3, 4) then 1 else 0 end),
    coalesce(r.m[2], case when r.m[3] is null then r.m[1] end, ('{59,23,31,12,6}'::text[])[c.rang])::integer,
    coalesce(r.m[3]::integer, 1)) as n (valeur)
  where pg_catalog.cardinality(t.champs) = 5
    and t.champs[1] || t.champs[2] || t.champs[3] || t.champs[4] || t.champs[5] ~ '^[0-9*,/-]+$'
  group by t.jobid, t.champs),
-- When each should last have begun: two minutes ago at the latest, so that a run that is just beginning is not late. pg_cron
-- keeps UTC.
dues as (
  select l.jobid, max(d.jour + pg_catalog.make_interval(hours => h.heure, mins => m.minute)) at time zone 'UTC' as due_le
  from lues as l
  cross join lateral pg_catalog.generate_series(
    pg_catalog.date_trunc('day', pg_catalog.now() at time zone 'UTC') - interval '32 days', pg_catalog.now() at time zone 'UTC', interval '1 day') as d (jour)
  cross join lateral pg_catalog.unnest(l.heures) as h (heure)
  cross join lateral pg_catalog.unnest(l.minutes) as m (minute)
  where extract(month from d.jour) = any (l.mois)
    and case when l.jours_et_semaine
      then extract(day from d.jour) = any (l.jours) and extract(dow from d.jour) = any (l.semaine)
      else extract(day from d.jour) = any (l.jours) or extract(dow from d.jour) = any (l.semaine) end
    and d.jour + pg_catalog.make_interval(hours => h.heure, mins => m.minute) <= (pg_catalog.now() at time zone 'UTC') - interval '2 minutes'
  group by l.jobid),
-- A run that a restart of the server ended has no end, perhaps no beginning.
passages as (
  select d.jobid, max(d.start_time) as dernier, max(d.end_time) filter (where d.status = 'succeeded') as dernier_succes,
    count(*) filter (where d.status = 'failed' and coalesce(d.end_time, d.start_time, pg_catalog.now()) > pg_catalog.now() - interval '24 hours') as echecs,
    (pg_catalog.array_agg(d.return_message order by d.runid desc)
      filter (where d.status = 'failed' and coalesce(d.end_time, d.start_time, pg_catalog.now()) > pg_catalog.now() - interval '24 hours'))[1] as message,
    (pg_catalog.array_agg(d.status order by d.runid desc))[1] as etat
  from cron.job_run_details as d
  group by d.jobid)
select
  t.jobname as "tâche",
  t.schedule as "horaire (UTC)",
  p.dernier as "dernier passage",
  p.etat as "état",
  p.dernier_succes as "dernier succès",
  coalesce(p.echecs, 0) as "échecs (24 h)",
  pg_catalog.left(btrim(p.message, E' \n'), 500) as "dernier message d'échec",
  coalesce(d.due_le, s.due_le) as "devait passer le",
  case
    when not t.active then 'désactivée'
    when p.etat = 'failed' then 'échoue'
    when d.due_le is null and s.due_le is null then 'horaire non vérifié'
    when p.dernier is null then 'jamais passée'
    when p.dernier < coalesce(d.due_le, s.due_le) then 'en retard'
    when p.echecs > 0 then 'a échoué'
    else 'ok'
  end as "avis",
  t.command as "commande"
from taches as t
left join dues as d on d.jobid = t.jobid
left join lateral (
  -- Every N seconds: a minute late is late, however short N.
  select pg_catalog.now() - pg_catalog.make_interval(secs => 60 + 2 * substring(t.schedule from '[0-9]+')::integer) as due_le
  where t.champs is null) as s on true
left join passages as p on p.jobid = t.jobid
order by case when p.etat = 'failed' then 0 when p.dernier < coalesce(d.due_le, s.due_le) then 1 when p.echecs > 0 then 2 else 3 end, t.jobname;
