-- All that was said with one prospect, over all his conversations, in order.
-- Put the vendor's address and the prospect's number (E.164) where Kouadio's and Aminata's stand.
select
  r.id_conversation as "conversation",
  r.date_creation as "le",
  case when r.direction_message = 'entrant' then coalesce(r.prospect, 'prospect') when r.modele_ia = 'service' then 'FluxAsync' when r.genere_par_ia then 'IA' else 'vendeur' end as "qui",
  r.type_message as "type",
  r.contenu_message as "message",
  r.statut_livraison as "statut",
  r.raison as "pourquoi",
  r.avec_livreur as "sur une course"
from public.rapport_conversation as r
join public.utilisateurs_fluxasync as u on u.id_utilisateur = r.id_utilisateur
join public.prospects as p on p.id_prospect = r.id_prospect and p.id_utilisateur = r.id_utilisateur
where u.adresse_email = 'kouadio@example.ci' and '+2250598765432' in (p.numero_telephone, p.numero_whatsapp)
order by r.id_message;
