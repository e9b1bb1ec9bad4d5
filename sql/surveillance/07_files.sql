-- Each queue: how much work waits, since when the longest is due, whether somebody has work in hand, and the last sign of life.
-- Normal: avis "ok"; nothing is due for more than seconds, because the sweep wakes the worker every 2 seconds.
-- "en main ou plus tard": read by a worker that has not finished, or put back for later (end of a burst, backoff).
-- To do: "personne ne vient" → is the sweep running (11_taches_cron, job reveiller-files), do the wake-up calls arrive
--   (13_appels_http), is the Edge Function deployed, does the Vault hold url_fonctions and cle_secrete?
--   "en retard" though calls arrive → more work than workers, or failures: the function's log, then 08_lettres_mortes.
select
  f.nom as "file",
  f.fonction as "fonction",
  m.en_attente as "travaux",
  m.dus as "dus",
  m.du_depuis as "dû depuis (au plus)",
  m.en_main as "en main ou plus tard",
  m.plus_ancien as "le plus ancien a",
  m.lectures as "lectures (au plus)",
  m.dernier_fini as "dernier travail fini",
  (select count(*) from prive.lettres_mortes as l where l.file = f.nom and l.le > prive.maintenant() - interval '24 hours') as "lettres mortes (24 h)",
  case
    when m.en_attente is null then 'la file n''existe pas'
    when m.du_depuis > interval '1 minute' and coalesce(m.dernier_fini < pg_catalog.now() - interval '1 minute', true)
      then 'personne ne vient'
    when m.du_depuis > interval '1 minute' then 'en retard'
    else 'ok'
  end as "avis"
from prive.files as f
left join lateral (
  -- A queue's tables are named after it: the one way to read them in plain SQL.
  select case when pg_catalog.to_regclass('pgmq.q_' || f.nom) is not null then pg_catalog.query_to_xml(pg_catalog.format(
    'select count(*) as en_attente, count(*) filter (where q.vt <= clock_timestamp()) as dus,
       extract(epoch from clock_timestamp() - min(q.vt) filter (where q.vt <= clock_timestamp())) as du_depuis,
       count(*) filter (where q.vt > clock_timestamp() and q.read_ct > 0) as en_main,
       extract(epoch from clock_timestamp() - min(q.enqueued_at)) as plus_ancien, max(q.read_ct) as lectures,
       (select max(a.archived_at) from pgmq.%I as a) as dernier_fini
     from pgmq.%I as q', 'a_' || f.nom, 'q_' || f.nom), false, true, '') end as lu) as x on true
left join lateral (
  select
    (pg_catalog.xpath('/row/en_attente/text()', x.lu))[1]::text::bigint as en_attente,
    (pg_catalog.xpath('/row/dus/text()', x.lu))[1]::text::bigint as dus,
    pg_catalog.date_trunc('second', pg_catalog.make_interval(secs => (pg_catalog.xpath('/row/du_depuis/text()', x.lu))[1]::text::float8)) as du_depuis,
    (pg_catalog.xpath('/row/en_main/text()', x.lu))[1]::text::bigint as en_main,
    pg_catalog.date_trunc('second', pg_catalog.make_interval(secs => (pg_catalog.xpath('/row/plus_ancien/text()', x.lu))[1]::text::float8)) as plus_ancien,
    (pg_catalog.xpath('/row/lectures/text()', x.lu))[1]::text::bigint as lectures,
    (pg_catalog.xpath('/row/dernier_fini/text()', x.lu))[1]::text::timestamptz as dernier_fini) as m on true
order by f.nom;
