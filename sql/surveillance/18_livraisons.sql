-- Deliveries that hang: a courier should be looked for and nobody is asked, or nobody was found and the vendor has done nothing for hours.
-- Normal: no row. Whoever moves a delivery leaves its job, each minute lost ones are made again, and a question to a courier ends by itself.
-- To do: "un travailleur" → the queue assigner_livraisons is not worked on (07_files, 08_lettres_mortes). "rien : recherche perdue" → the job
--   that makes lost searches again does not run (11_taches_cron); meanwhile select prive.demander_livraison('{"genre": "chercher", "id_livraison": …}').
--   "le vendeur" → he was told (notifications); has he couriers at all, and a number on which he is told? "le livreur" → he has it and neither
--   picked it up nor arrived since the planned time: the vendor calls him.
select
  u.adresse_email as "vendeur",
  a.attend as "attend",
  c.numero_commande as "commande",
  a.statut_livraison as "statut",
  a.raison_statut as "raison",
  a.depuis as "depuis",
  pg_catalog.date_trunc('second', prive.maintenant() - a.depuis) as "attend depuis si longtemps",
  a.tour as "tour",
  a.id_livraison as "id_livraison"
from (
  select l.*, l.demander_le as depuis,
    case when exists (
      select from pgmq.q_assigner_livraisons as q
      where q.message ->> 'genre' = 'chercher' and (q.message ->> 'id_livraison')::bigint = l.id_livraison) then 'un travailleur'
      else 'rien : recherche perdue' end as attend
  from public.livraisons as l
  -- Asked at night, they are looked for in the morning.
  where l.statut_livraison = 'a_assigner' and l.demander_le < prive.maintenant() - interval '5 minutes'
    and coalesce(prive.moment_de_demander(l.id_utilisateur, null), prive.maintenant()) <= prive.maintenant() + interval '1 second'
    and not exists (select from public.propositions_livraison as p where p.id_livraison = l.id_livraison and p.statut = 'proposee')
  union all
  select l.*, l.date_modification, 'le vendeur'
  from public.livraisons as l
  where l.statut_livraison = 'sans_livreur' and l.date_modification < prive.maintenant() - interval '2 hours'
  union all
  select l.*, l.date_livraison_prevue, 'le livreur'
  from public.livraisons as l
  where l.statut_livraison in ('assignee', 'recuperee', 'en_transit') and l.date_livraison_prevue < prive.maintenant() - interval '4 hours') as a
join public.commandes as c on c.id_commande = a.id_commande
join public.utilisateurs_fluxasync as u on u.id_utilisateur = a.id_utilisateur
order by a.depuis
limit 200;
