-- The wake-up calls of the last hour: how many still wait to be sent, and what was answered.
-- Normal: none or one or two wait, all answers are 202. A lost call harms nobody, the sweep calls again.
-- To do: many wait → pg_net is down: select net.worker_restart(); 401 → the Vault's cle_secrete is no key of this project;
--   404 → the function is not deployed or url_fonctions is wrong; timeouts → the functions do not start (their log).
select
  'à envoyer' as "appels",
  null::integer as "statut",
  null::text as "erreur",
  count(*) as "nombre",
  null::timestamptz as "dernier"
from net.http_request_queue
union all
select
  case when r.status_code between 200 and 299 then 'répondus' else 'en échec' end,
  r.status_code,
  coalesce(case when r.timed_out then 'délai dépassé' end, pg_catalog.left(r.error_msg, 200)),
  count(*),
  max(r.created)
from net._http_response as r
where r.created > pg_catalog.now() - interval '1 hour'
group by 1, 2, 3
order by 1, 4 desc;
