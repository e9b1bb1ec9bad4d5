-- What a vendor has to pack now: per article how many, for which orders; who waits longest comes first.
-- Put the vendor's address where Kouadio's stands.
select
  a.article,
  a.quantite as "quantité",
  a.nombre_commandes as "commandes",
  a.depuis as "la plus ancienne attend depuis",
  a.commandes as "numéros",
  a.livraison_prevue as "première livraison prévue",
  (select string_agg(l.value ->> 'livreur', ', ') from jsonb_array_elements(a.livreurs) as l) as "livreurs qui viennent"
from public.articles_a_preparer as a
join public.utilisateurs_fluxasync as u on u.id_utilisateur = a.id_utilisateur
where u.adresse_email = 'kouadio@example.ci'
order by a.depuis, a.id_produit, a.id_variante;
