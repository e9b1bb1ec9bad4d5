-- Indexes above 1 MB that no query has used since the counters were reset; those of partitions are added up.
-- Not listed: unique and primary ones, which guard more than they find.
-- Normal: some rows on a young database. One that covers a foreign key ("clé étrangère") is used when a parent is deleted: keep it.
-- To do: only after weeks of real traffic, and on no replica's account, drop it in its migration.
select
  i.racine::pg_catalog.regclass::text as "index",
  i.table_racine::pg_catalog.regclass::text as "table",
  pg_catalog.pg_size_pretty(sum(i.octets)) as "taille",
  pg_catalog.bool_or(i.cle_etrangere) as "clé étrangère",
  (select pg_catalog.date_trunc('second', pg_catalog.now() - d.stats_reset) from pg_catalog.pg_stat_database as d
   where d.datname = pg_catalog.current_database()) as "compteurs depuis (vide : toujours)"
from (
  select coalesce(pg_catalog.pg_partition_root(s.indexrelid)::oid, s.indexrelid) as racine,
    coalesce(pg_catalog.pg_partition_root(s.relid)::oid, s.relid) as table_racine,
    pg_catalog.pg_relation_size(s.indexrelid) as octets, s.idx_scan,
    exists (
      select from pg_catalog.pg_constraint as c
      where c.contype = 'f' and c.conrelid = s.relid
        -- The key's columns, in any order, are the first of the index (indkey counts from 0).
        and c.conkey <@ (x.indkey::int2[])[0:pg_catalog.cardinality(c.conkey) - 1]) as cle_etrangere
  from pg_catalog.pg_stat_user_indexes as s
  join pg_catalog.pg_index as x on x.indexrelid = s.indexrelid
  where not x.indisunique and not x.indisprimary) as i
group by i.racine, i.table_racine
having sum(i.idx_scan) = 0 and sum(i.octets) > 1024 * 1024
order by sum(i.octets) desc;
