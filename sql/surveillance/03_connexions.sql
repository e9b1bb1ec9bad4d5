-- Who is connected, by role, program and state, against the server's maximum.
-- Normal: a dozen or two, mostly idle; "idle in transaction" for moments only.
-- To do: close to the maximum → who has so many? "idle in transaction" that lasts → 05_transactions_longues.
select
  a.usename as "role",
  a.application_name as "programme",
  a.state as "état",
  count(*) as "connexions",
  pg_catalog.date_trunc('second', pg_catalog.now() - min(a.state_change)) as "dans cet état depuis (au plus)",
  sum(count(*)) over () as "en tout",
  pg_catalog.current_setting('max_connections')::integer as "maximum du serveur"
from pg_catalog.pg_stat_activity as a
where a.backend_type = 'client backend'
group by a.usename, a.application_name, a.state
order by count(*) desc, 1, 2, 3;
