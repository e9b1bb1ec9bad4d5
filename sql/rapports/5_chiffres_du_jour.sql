-- A vendor's figures of today, counted from the rows themselves, on his own calendar day. Another day: change "jour".
-- Put the vendor's address where Kouadio's stands.
with jours as (
  select u.id_utilisateur, u.devise, j.jour,
    j.jour::timestamp at time zone u.fuseau_horaire as debut, (j.jour + 1)::timestamp at time zone u.fuseau_horaire as fin
  from public.utilisateurs_fluxasync as u
  cross join lateral (select (prive.maintenant() at time zone u.fuseau_horaire)::date as jour) as j
  where u.adresse_email = 'kouadio@example.ci')
select
  j.jour,
  (select count(*) from public.prospects as p
   where p.id_utilisateur = j.id_utilisateur and p.date_creation >= j.debut and p.date_creation < j.fin and not p.est_livreur) as "nouveaux prospects",
  m.recus as "messages reçus",
  m.envoyes as "messages envoyés",
  m.par_ia as "dont par l'IA",
  m.non_partis as "non partis",
  (select count(*) from public.commandes as c
   where c.id_utilisateur = j.id_utilisateur and c.date_creation >= j.debut and c.date_creation < j.fin) as "commandes créées",
  c.confirmees as "commandes confirmées",
  c.chiffre_affaires as "chiffre d'affaires",
  j.devise,
  (select count(*) from public.livraisons as l
   where l.id_utilisateur = j.id_utilisateur and l.date_livraison_effective >= j.debut and l.date_livraison_effective < j.fin) as "livraisons réussies"
from jours as j
cross join lateral (
  select count(*) filter (where m.direction_message = 'entrant') as recus,
    count(*) filter (where m.direction_message = 'sortant' and m.statut_livraison in ('envoye', 'livre', 'lu')) as envoyes,
    count(*) filter (where m.direction_message = 'sortant' and m.genere_par_ia and m.statut_livraison in ('envoye', 'livre', 'lu')) as par_ia,
    count(*) filter (where m.direction_message = 'sortant' and m.statut_livraison = 'echec') as non_partis
  from public.messages as m
  where m.id_utilisateur = j.id_utilisateur and m.date_creation >= j.debut and m.date_creation < j.fin and not m.avec_livreur
    and m.modele_ia is distinct from 'service') as m
cross join lateral (
  select count(*) as confirmees, coalesce(sum(c.montant_total), 0) as chiffre_affaires
  from public.commandes as c
  where c.id_utilisateur = j.id_utilisateur and c.date_confirmation >= j.debut and c.date_confirmation < j.fin
    and c.statut_commande not in ('annulee', 'echec')) as c;
