-- What a front end asks for again and again, ready to read: the reports, and what has to be packed. All under the reader's own
-- rights (security_invoker). Name the vendor, `.eq('id_utilisateur', …)`, and page by key: then an index gives the order.

create view public.rapport_commandes with (security_invoker = true) as
select
  c.id_utilisateur, c.id_commande, d.id_detail,
  concat_ws(' ', u.nom, u.prenom) as vendeur,
  c.nom_client as client,
  c.numero_commande, c.date_creation,
  d.libelle as nom_produit,
  d.quantite as quantite_commandee, d.prix_unitaire, d.prix_total_ligne,
  c.montant_total, c.montant_a_payer, c.statut_commande, c.statut_paiement, c.statut_livraison
from public.commandes as c
join public.utilisateurs_fluxasync as u on u.id_utilisateur = c.id_utilisateur
left join lateral jsonb_to_recordset(c.articles)
  as d (id_detail bigint, libelle text, quantite integer, prix_unitaire numeric, prix_total_ligne numeric) on true;
comment on view public.rapport_commandes is
  'Orders with their lines: one row per line (one row with null article columns for an order still without). client and nom_produit are as they were when it was ordered. Order by date_creation desc, id_commande; id_detail tells the lines apart.';
grant select on public.rapport_commandes to authenticated;

create view public.rapport_conversation with (security_invoker = true) as
select
  m.id_utilisateur, v.id_prospect, m.id_conversation, m.id_message,
  p.nom_complet as prospect,
  m.contenu_message, m.type_message, m.direction_message, m.genere_par_ia, m.statut_livraison, m.date_creation,
  m.code_erreur,
  -- A case: nothing is called for the many messages that have no code.
  case when m.code_erreur is null then null
    when m.statut_livraison = 'a_envoyer' and m.code_erreur = 'fenetre_fermee' then 'Ce message attend que le prospect réécrive.'
    else coalesce(prive.dire_code(m.code_erreur), 'WhatsApp a refusé ce message.') end as raison,
  m.avec_livreur, m.modele_ia
from public.messages as m
-- Left joins of what is always there: an inner one makes the planner expect fewer messages than there are.
left join public.conversations as v on v.id_conversation = m.id_conversation and v.id_utilisateur = m.id_utilisateur
left join public.prospects as p on p.id_prospect = v.id_prospect and p.id_utilisateur = v.id_utilisateur;
comment on view public.rapport_conversation is
  'What was said: of one conversation (`.eq(''id_conversation'', …)`, order by id_message) or with one prospect over all his conversations (`.eq(''id_prospect'', …)`, gathered and sorted: for a screen, not for paging).';
comment on column public.rapport_conversation.modele_ia is 'As messages.modele_ia: service is a notice of FluxAsync''s own, though genere_par_ia.';
comment on column public.rapport_conversation.raison is 'A French sentence: why a message failed (echec), or why it waits (a_envoyer); null when there is nothing to say.';
grant select on public.rapport_conversation to authenticated;

create view public.rapport_vendeur with (security_invoker = true) as
select
  u.id_utilisateur,
  concat_ws(' ', u.nom, u.prenom) as vendeur,
  (select count(*) from public.prospects as p where p.id_utilisateur = u.id_utilisateur and not p.est_livreur) as total_prospects,
  c.total_commandes, c.chiffre_affaires, c.depuis,
  (select count(*) from public.livraisons as l
   where l.id_utilisateur = u.id_utilisateur and l.date_livraison_effective is not null) as livraisons_reussies,
  u.devise
from public.utilisateurs_fluxasync as u
cross join lateral (
  select count(*) as total_commandes,
    coalesce(sum(v.montant_total) filter (where v.date_confirmation is not null and v.statut_commande not in ('annulee', 'echec')), 0) as chiffre_affaires,
    min(v.date_creation) as depuis
  from public.commandes as v where v.id_utilisateur = u.id_utilisateur) as c;
comment on view public.rapport_vendeur is
  'A vendor at a glance, since the beginning: one row each. Revenue is that of orders confirmed and neither annulee nor echec; for a period ask tableau_de_bord.';
comment on column public.rapport_vendeur.depuis is 'The first order.';
grant select on public.rapport_vendeur to authenticated;

create view public.articles_a_preparer with (security_invoker = true) as
select
  c.id_utilisateur, d.id_produit, d.id_variante,
  min(d.libelle) as article,
  sum(d.quantite_commandee)::integer as quantite,
  count(*)::integer as nombre_commandes,
  min(c.date_confirmation) as depuis,
  array_agg(c.numero_commande order by c.date_confirmation, c.id_commande) as commandes,
  min(l.date_livraison_prevue) as livraison_prevue,
  coalesce(jsonb_agg(jsonb_build_object('numero_commande', c.numero_commande, 'livreur', w.nom_complet_livreur, 'livraison_prevue', l.date_livraison_prevue,
      'duree_estimee_minutes', l.duree_estimee_minutes)
    order by l.date_livraison_prevue, c.id_commande) filter (where l.statut_livraison = 'assignee'), '[]') as livreurs
from public.commandes as c
join public.details_commande as d on d.id_commande = c.id_commande and d.id_utilisateur = c.id_utilisateur
left join public.livraisons as l on l.id_commande = c.id_commande and l.id_utilisateur = c.id_utilisateur and l.statut_livraison <> 'annulee'
left join public.livreurs as w on w.id_livreur = l.id_livreur and w.id_utilisateur = l.id_utilisateur
where c.statut_commande in ('confirmee', 'en_preparation')
group by c.id_utilisateur, d.id_produit, d.id_variante;
comment on view public.articles_a_preparer is
  'What has to be packed for the orders that are confirmee or en_preparation: per article how many, for which orders, since when the longest waits, for when the first is planned, and who will come for them.';
comment on column public.articles_a_preparer.livreurs is
  'Couriers who have one of these orders and have not picked it up: [{ numero_commande, livreur, livraison_prevue: when it is to be at the customer''s, duree_estimee_minutes: of the way there, may be null }], the first to leave first.';
grant select on public.articles_a_preparer to authenticated;

-- ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────────

create view public.rapport_livraisons with (security_invoker = true) as
select
  l.id_utilisateur, l.id_livraison, l.id_commande, c.numero_commande, l.date_creation,
  c.nom_client as client,
  coalesce(c.telephone_livraison, p.numero_whatsapp, p.numero_telephone) as telephone_client,
  l.adresse_recuperation, l.adresse_destination, l.date_livraison_prevue,
  l.statut_livraison, l.raison_statut,
  coalesce(l.motif_statut, case l.raison_statut
    when 'aucun_livreur' then 'La boutique n''a aucun livreur actif.'
    when 'aucun_disponible' then 'Aucun livreur n''est disponible.'
    when 'hors_zone' then 'Aucun livreur ne couvre cette zone.'
    when 'vehicule' then 'Aucun livreur n''a le véhicule qu''il faut.'
    when 'injoignables' then 'Aucun livreur n''est joignable sur WhatsApp.'
    when 'personne_n_accepte' then 'Aucun livreur n''a accepté.'
    when 'livreur_renonce' then 'Le livreur a renoncé.'
    when 'client_absent' then 'Le client était absent.'
    when 'client_injoignable' then 'Le client est injoignable.'
    when 'adresse_introuvable' then 'L''adresse est introuvable.'
    when 'refus_client' then 'Le client a refusé le colis.'
    when 'colis_abime' then 'Le colis est abîmé.'
    when 'autre' then 'Autre raison.' end) as motif,
  l.id_livreur, w.nom_complet_livreur as livreur, w.numero_telephone_livreur as telephone_livreur,
  l.frais_livraison,
  case when c.methode_paiement = 'paiement_livraison' and c.statut_paiement in ('en_attente', 'echec') then c.montant_a_payer else 0 end as a_encaisser,
  l.demander_le, l.zones_elargies, l.tour, l.version_code, l.essais_code,
  d.nombre_demandes, d.demande_jusqu_a, x.nom_complet_livreur as demande_a,
  l.date_assignation, l.date_recuperation, l.date_livraison_effective, l.duree_reelle_minutes, l.preuve_livraison
from public.livraisons as l
-- Left joins of what is always there: an inner one makes the planner expect fewer deliveries than there are.
left join public.commandes as c on c.id_commande = l.id_commande and c.id_utilisateur = l.id_utilisateur
left join public.prospects as p on p.id_prospect = c.id_prospect and p.id_utilisateur = c.id_utilisateur
left join public.livreurs as w on w.id_livreur = l.id_livreur and w.id_utilisateur = l.id_utilisateur
left join lateral (
  select count(*)::integer as nombre_demandes, max(q.expire_le) filter (where q.statut = 'proposee') as demande_jusqu_a,
    max(q.id_livreur) filter (where q.statut = 'proposee') as id_livreur
  from public.propositions_livraison as q where q.id_livraison = l.id_livraison and q.id_utilisateur = l.id_utilisateur) as d on true
left join public.livreurs as x on x.id_livreur = d.id_livreur and x.id_utilisateur = l.id_utilisateur;
comment on view public.rapport_livraisons is
  'Deliveries as a person reads them: for whom, where, when, who carries it or is being asked, and why nobody does. One status: `.eq(''statut_livraison'', …)`. Order by date_creation desc, id_livraison.';
comment on column public.rapport_livraisons.motif is 'A French sentence: why it is sans_livreur or echec; else null.';
comment on column public.rapport_livraisons.frais_livraison is 'What the courier is paid.';
comment on column public.rapport_livraisons.a_encaisser is 'What he is to bring back from the customer: 0 when it is paid, or is not paid in cash.';
comment on column public.rapport_livraisons.nombre_demandes is 'How many times a courier was asked, in all rounds.';
comment on column public.rapport_livraisons.demande_a is 'Who has an open question, and has until demande_jusqu_a.';
grant select on public.rapport_livraisons to authenticated;

create view public.rapport_livreurs with (security_invoker = true) as
select
  w.id_utilisateur, w.id_livreur, w.date_creation, w.nom_complet_livreur as livreur, w.numero_telephone_livreur as telephone_livreur,
  w.type_vehicule, w.zones_couverture, w.livreur_actif, w.disponible_maintenant, w.note_moyenne, w.nombre_livraisons_total,
  (select count(*) from public.livraisons as l
   where l.id_livreur = w.id_livreur and l.id_utilisateur = w.id_utilisateur and l.date_livraison_effective is null
     and l.statut_livraison in ('assignee', 'recuperee', 'en_transit'))::integer as livraisons_en_cours,
  (select count(*) from public.livraisons as l
   where l.id_livreur = w.id_livreur and l.id_utilisateur = w.id_utilisateur
     and l.date_livraison_effective >= date_trunc('day', prive.maintenant() at time zone u.fuseau_horaire) at time zone u.fuseau_horaire)::integer
    as livrees_aujourd_hui,
  w.derniere_latitude, w.derniere_longitude,
  floor(extract(epoch from prive.maintenant() - w.position_le) / 60)::integer as age_position_minutes
from public.livreurs as w
left join public.utilisateurs_fluxasync as u on u.id_utilisateur = w.id_utilisateur;
comment on view public.rapport_livreurs is
  'Couriers and what they do now: under way, delivered today (the vendor''s day), where last seen and how long ago. Order by date_creation desc, id_livreur.';
grant select on public.rapport_livreurs to authenticated;
