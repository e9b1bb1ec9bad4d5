-- The figures of the days: whose are late or cannot be counted, and why.
-- Normal: no row. "en retard" for some hours after an outage: each run of cumuler-journees catches up one day.
-- To do: "échec" names the error of the vendor's own rows; when they are right again the next run counts them, or
-- select prive.recalculer_sessions('<début>', '<fin>', array['<id_utilisateur>']::uuid[]).
select
  u.id_utilisateur,
  u.adresse_email as "vendeur",
  case when e.id_utilisateur is not null then 'échec' else 'en retard' end as "avis",
  c.jusqu_a as "compté jusqu'au",
  prive.dernier_jour_complet(u.fuseau_horaire) as "dernier jour fini",
  e.erreur,
  e.le as "depuis le passage de"
from public.utilisateurs_fluxasync as u
left join prive.journees_cumulees as c on c.id_utilisateur = u.id_utilisateur
left join prive.journees_en_echec as e on e.id_utilisateur = u.id_utilisateur
where e.id_utilisateur is not null
  -- A day that has just ended is counted at the next minute 7.
  or coalesce(c.jusqu_a, (u.date_creation at time zone u.fuseau_horaire)::date - 1)
    < prive.dernier_jour_complet(u.fuseau_horaire) - (prive.maintenant() - interval '2 hours' < (prive.dernier_jour_complet(u.fuseau_horaire) + 1)::timestamp at time zone u.fuseau_horaire)::integer
order by e.id_utilisateur is null, c.jusqu_a, u.id_utilisateur
limit 200;
