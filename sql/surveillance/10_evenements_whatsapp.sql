-- Events of Meta of the last 7 days that are not applied, by state and kind of error.
-- Normal: no row, or a few "recu" younger than some seconds; "compte_inconnu" while a number is being connected.
-- "recu" are kept and wait for the sweep; "partiel" and "echec" say why; those with a next try are replayed by themselves.
-- "numero_cede": written to a vendor whose number is another's now; it is nobody's until the first has the number again.
-- To do: "en retard" → the job appliquer-en-attente does not run (11_taches_cron). "compte_inconnu" → connect the number, its events
--   are then replayed. After a fix, to try again what gave up: npm run rejouer -- --evenement <id>|tous.
--   Which number or row it is: select erreur from prive.evenements_webhook where id = <dernier id>.
select
  e.etat as "état",
  pg_catalog.left(pg_catalog.regexp_replace(e.erreur, '[0-9]{6,}', '…', 'g'), 200) as "erreur",
  count(*) as "événements",
  count(*) filter (where e.prochaine_tentative < prive.maintenant() - interval '1 minute') as "en retard",
  count(*) filter (where e.prochaine_tentative is null) as "plus rejoués",
  min(e.recu_le) as "le plus ancien",
  max(e.recu_le) as "le plus récent",
  max(e.tentatives) as "tentatives (au plus)",
  min(e.prochaine_tentative) as "prochaine tentative",
  max(e.id) as "dernier id"
from prive.evenements_webhook as e
where e.etat <> 'traite' and e.recu_le > prive.maintenant() - interval '7 days'
group by 1, 2
order by count(*) desc
limit 50;
