-- Which statements the server spends its time on, since the counters were last reset.
-- Normal: the sweeps and the webhook lead by number, each below some milliseconds; nothing of the API above 100 ms on average.
-- To do: a high "ms en moyenne" of role authenticated → a listing without its vendor (.eq('id_utilisateur', …)) or without an index:
--   explain (analyze, buffers) it. To measure anew: select extensions.pg_stat_statements_reset();
select
  pg_catalog.pg_get_userbyid(s.userid) as "role",
  s.calls as "appels",
  pg_catalog.round((s.total_exec_time / 1000)::numeric, 1) as "secondes en tout",
  pg_catalog.round((100 * s.total_exec_time / nullif(sum(s.total_exec_time) over (), 0))::numeric, 1) as "% du temps",
  pg_catalog.round(s.mean_exec_time::numeric, 2) as "ms en moyenne",
  pg_catalog.round(s.max_exec_time::numeric, 1) as "ms au pire",
  s.rows / nullif(s.calls, 0) as "lignes par appel",
  s.shared_blks_read as "blocs lus du disque",
  pg_catalog.left(pg_catalog.regexp_replace(s.query, '\s+', ' ', 'g'), 300) as "requête"
from extensions.pg_stat_statements as s
where s.dbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
order by s.total_exec_time desc
limit 30;
