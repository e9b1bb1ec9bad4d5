-- What a vendor sells and has three or fewer of, per variant where there are variants; what is used up comes first.
-- Put the vendor's address where Kouadio's stands.
select
  prive.libelle_article(p.nom_produit, v.attributs) as "article",
  coalesce(v.quantite_stock, p.quantite_stock) as "reste",
  coalesce(v.prix_unitaire, p.prix_unitaire) as "prix"
from public.produits as p
join public.utilisateurs_fluxasync as u on u.id_utilisateur = p.id_utilisateur
left join public.variantes_produit as v on v.id_produit = p.id_produit and v.id_utilisateur = p.id_utilisateur
where u.adresse_email = 'kouadio@example.ci' and p.produit_actif and coalesce(v.variante_active, true)
  and coalesce(v.quantite_stock, p.quantite_stock) <= 3
order by 2, 1;
