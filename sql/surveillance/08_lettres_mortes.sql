-- Work that failed for good, by queue and kind of error: ids and amounts in the errors are made alike so that they group.
-- Normal: no row. Each is a person without an answer or a message that did not go out; the vendor was told.
-- To do: find the error in the function's log. Once its cause is gone: npm run rejouer (or the vendor answers himself or resends).
--   All of one: select * from prive.lettres_mortes where file = '…' order by id desc limit 50;
select
  l.file as "file",
  pg_catalog.left(pg_catalog.regexp_replace(l.erreur, '[0-9]{6,}', '…', 'g'), 200) as "erreur",
  count(*) as "lettres",
  count(*) filter (where l.le > prive.maintenant() - interval '24 hours') as "dont 24 h",
  min(l.le) as "première",
  max(l.le) as "dernière",
  (pg_catalog.array_agg(l.message order by l.id desc))[1] as "dernier message"
from prive.lettres_mortes as l
group by 1, 2
order by max(l.le) desc
limit 50;
