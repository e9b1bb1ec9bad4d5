-- All orders of a vendor with what was sold, to whom, and how far the delivery is: one row per line of an order, newest first.
-- Put the vendor's address where Kouadio's stands.
select
  r.vendeur,
  r.client,
  r.numero_commande as "commande",
  r.date_creation as "créée le",
  r.nom_produit as "article",
  r.quantite_commandee as "quantité",
  r.prix_total_ligne as "montant de la ligne",
  r.montant_a_payer as "à payer (commande)",
  r.statut_commande as "statut",
  r.statut_paiement as "paiement",
  r.statut_livraison as "livraison"
from public.rapport_commandes as r
where r.id_utilisateur = (select u.id_utilisateur from public.utilisateurs_fluxasync as u where u.adresse_email = 'kouadio@example.ci')
order by r.date_creation desc, r.id_commande desc, r.id_detail;
