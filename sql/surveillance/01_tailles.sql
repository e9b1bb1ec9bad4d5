-- What takes the room: the database, then its largest tables with indexes, partitions added to their table.
-- Normal: messages, prive.evenements_webhook (30 days of raw events) and the archives pgmq.a_* on top; dead rows below a fifth.
-- To do: one table grows out of proportion → is its purge running (11_taches_cron), are its settings in prive.reglages too long?
--   Many dead rows and no recent autovacuum → somebody holds an old transaction (05_transactions_longues).
select
  '(toute la base)' as "table",
  pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(pg_catalog.current_database())) as "taille",
  null::text as "dont index", null::bigint as "lignes (estimation)", null::bigint as "lignes mortes",
  null::timestamptz as "dernier autovacuum", null::bigint as "partitions",
  pg_catalog.pg_database_size(pg_catalog.current_database()) as "octets"
union all
(select
  t.racine::pg_catalog.regclass::text,
  pg_catalog.pg_size_pretty(sum(t.octets)),
  pg_catalog.pg_size_pretty(sum(t.octets_index)),
  sum(t.lignes)::bigint, sum(t.mortes)::bigint, max(t.dernier_autovacuum),
  nullif(count(*) filter (where t.est_partition), 0),
  sum(t.octets)::bigint
from (
  select coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) as racine, c.relispartition as est_partition,
    pg_catalog.pg_total_relation_size(c.oid) as octets, pg_catalog.pg_indexes_size(c.oid) as octets_index,
    s.n_live_tup as lignes, s.n_dead_tup as mortes, s.last_autovacuum as dernier_autovacuum
  from pg_catalog.pg_class as c
  left join pg_catalog.pg_stat_user_tables as s on s.relid = c.oid
  where c.relkind in ('r', 'm') and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    -- Another session's temporary tables cannot be measured.
    and c.relpersistence <> 't') as t
group by t.racine
order by sum(t.octets) desc limit 40)
order by "octets" desc;
