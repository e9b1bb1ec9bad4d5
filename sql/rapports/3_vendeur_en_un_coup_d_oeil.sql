-- A vendor since the beginning: prospects, orders, revenue, deliveries that arrived.
-- Revenue is that of orders confirmed and neither annulee nor echec. Put the vendor's address where Kouadio's stands.
select
  r.vendeur,
  r.total_prospects as "prospects",
  r.total_commandes as "commandes",
  r.chiffre_affaires as "chiffre d'affaires",
  r.devise,
  r.livraisons_reussies as "livraisons réussies",
  r.depuis as "première commande le"
from public.rapport_vendeur as r
join public.utilisateurs_fluxasync as u on u.id_utilisateur = r.id_utilisateur
where u.adresse_email = 'kouadio@example.ci';
