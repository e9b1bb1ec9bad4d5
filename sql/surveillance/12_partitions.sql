-- The monthly logs: until when rows find a place, and how far back they go.
-- Normal: avis "ok", three months ahead, "lignes différées" 0. A row for which there is no partition is refused; a line of the
-- journal then waits in prive.journal_differe.
-- To do: select prive.preparer_partitions('journaux_systeme'), prive.preparer_partitions('utilisation_apis'); then see why
-- their jobs did not (11_taches_cron).
select
  p.relname as "table",
  count(f.oid) as "partitions",
  min(m.mois) as "première",
  max(m.mois) as "dernière",
  count(f.oid) filter (where m.mois > c.ce_mois) as "mois d'avance",
  case when p.relname = 'journaux_systeme' then (select count(*) from prive.journal_differe) end as "lignes différées",
  case
    when not coalesce(pg_catalog.bool_or(m.mois = c.ce_mois), false) then 'le mois en cours manque'
    when count(f.oid) filter (where m.mois > c.ce_mois) < 2 then 'bientôt à court'
    else 'ok'
  end as "avis"
from pg_catalog.pg_class as p
cross join (select pg_catalog.date_trunc('month', prive.maintenant() at time zone 'UTC')::date as ce_mois) as c
left join pg_catalog.pg_inherits as i on i.inhparent = p.oid
left join pg_catalog.pg_class as f on f.oid = i.inhrelid
left join lateral (select pg_catalog.to_date(substring(f.relname from '[0-9]{4}_[0-9]{2}$'), 'YYYY_MM') as mois) as m on true
where p.relkind = 'p' and p.relnamespace = 'public'::regnamespace
group by p.relname, c.ce_mois
order by p.relname;
