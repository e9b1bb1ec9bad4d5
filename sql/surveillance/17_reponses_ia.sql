-- Who answered the prospects of the last 24 hours, by vendor and engine, and how much of the paid engine he has used today.
-- Normal: the engine that is configured writes nearly all, confidence is above 0.6, a person is called in a tenth of the replies or less.
-- To do: "regles-fr-… (gemini: …)" → the paid engine failed and the built-in one stood in: its calls say why (utilisation_apis). "épuisé"
--   → the vendor was told; prive.quotas_ia is by plan, prive.quotas_vendeurs what was agreed with one. Low confidence or many
--   calls for a person → his catalogue, zones or policies lack what people ask: read the conversations (rapport_conversation).
select
  u.adresse_email as "vendeur",
  u.plan_abonnement as "plan",
  m.modele_ia as "moteur",
  count(*) as "réponses",
  round(avg(m.score_confiance_ia), 2) as "confiance",
  count(*) filter (where m.charge_utile ? 'passage_de_main') as "personne appelée",
  count(*) filter (where m.charge_utile ? 'commande_faite') as "commandes faites ou annulées",
  pg_catalog.format('%s / %s%s', coalesce(n.reponses, 0), q.quota, case when coalesce(n.reponses, 0) >= q.quota then ' épuisé' end) as "moteur payant aujourd'hui"
from public.utilisateurs_fluxasync as u
join public.messages as m on m.id_utilisateur = u.id_utilisateur and m.date_creation > prive.maintenant() - interval '1 day'
  and m.genere_par_ia and m.modele_ia not in ('service', 'regle-desabonnement')
cross join lateral (select prive.quota_du_jour(u.id_utilisateur,
  case when u.statut_abonnement = 'actif' then u.plan_abonnement else 'gratuit' end) as quota) as q
left join prive.consommation_ia as n on n.id_utilisateur = u.id_utilisateur and n.jour = prive.jour_chez(u.id_utilisateur, prive.maintenant())
group by u.id_utilisateur, m.modele_ia, n.reponses, q.quota
order by count(*) filter (where m.charge_utile ? 'passage_de_main') desc, count(*) desc
limit 200;
