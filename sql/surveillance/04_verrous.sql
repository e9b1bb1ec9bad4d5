-- Who waits for whom: one row per waiting session and session that holds what it waits for.
-- Normal: no row, or one that is gone at the next look. All roles of ours give up after 500 ms (55P03), so a wait that stays is a
--   session of somebody who set lock_timeout himself, or of a tool.
-- To do: look at the one that blocks. Idle in transaction: ask its owner, or end it: select pg_terminate_backend(<pid qui bloque>);
select
  attend.pid as "pid qui attend",
  attend.usename as "role qui attend",
  pg_catalog.date_trunc('milliseconds', pg_catalog.clock_timestamp() - attend.query_start) as "requête commencée il y a",
  pg_catalog.left(attend.query, 200) as "requête qui attend",
  bloque.pid as "pid qui bloque",
  bloque.usename as "role qui bloque",
  bloque.application_name as "programme qui bloque",
  bloque.state as "état de qui bloque",
  pg_catalog.date_trunc('milliseconds', pg_catalog.clock_timestamp() - bloque.xact_start) as "sa transaction dure depuis",
  pg_catalog.left(bloque.query, 200) as "sa dernière requête"
from pg_catalog.pg_stat_activity as attend
cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(attend.pid)) as par (pid)
left join pg_catalog.pg_stat_activity as bloque on bloque.pid = par.pid
where attend.wait_event_type = 'Lock' and attend.datname = pg_catalog.current_database()
order by attend.query_start;
