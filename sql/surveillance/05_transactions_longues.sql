-- Transactions that have been open for more than a minute, oldest first, and prepared ones.
-- Normal: no row; a backup or a migration for some minutes. Nothing of ours takes longer than a few seconds.
-- To do: while one is open, no dead row younger than it can be removed, anywhere. Idle in transaction: end it,
--   select pg_terminate_backend(<pid>); a prepared one: rollback prepared '<programme>';
select
  a.pid as "pid",
  a.usename::text as "role",
  a.application_name as "programme",
  a.state as "état",
  pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start) as "transaction ouverte depuis",
  pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.state_change) as "dans cet état depuis",
  pg_catalog.left(a.query, 200) as "dernière requête"
from pg_catalog.pg_stat_activity as a
where a.xact_start < pg_catalog.clock_timestamp() - interval '1 minute' and a.backend_type <> 'walsender'
  and a.datname = pg_catalog.current_database()
union all
select null, p.owner::text, p.gid, 'préparée', pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - p.prepared), null, null
from pg_catalog.pg_prepared_xacts as p
where p.database = pg_catalog.current_database()
order by "transaction ouverte depuis" desc;
