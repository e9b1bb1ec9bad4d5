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
    else coalesce(prive.dire_code(m.code_erreur), 'WhatsApp a refusé ce message.') end as raison
from public.messages as m
-- Left joins of what is always there: an inner one makes the planner expect fewer messages than there are.
left join public.conversations as v on v.id_conversation = m.id_conversation and v.id_utilisateur = m.id_utilisateur
left join public.prospects as p on p.id_prospect = v.id_prospect and p.id_utilisateur = v.id_utilisateur;
comment on view public.rapport_conversation is
  'What was said: of one conversation (`.eq(''id_conversation'', …)`, order by id_message) or with one prospect over all his conversations (`.eq(''id_prospect'', …)`, gathered and sorted: for a screen, not for paging).';
comment on column public.rapport_conversation.raison is 'A French sentence: why a message failed (echec), or why it waits (a_envoyer); null when there is nothing to say.';
grant select on public.rapport_conversation to authenticated;

create view public.rapport_vendeur with (security_invoker = true) as
select
  u.id_utilisateur,
  concat_ws(' ', u.nom, u.prenom) as vendeur,
  (select count(*) from public.prospects as p where p.id_utilisateur = u.id_utilisateur) as total_prospects,
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
  array_agg(c.numero_commande order by c.date_confirmation, c.id_commande) as commandes
from public.commandes as c
join public.details_commande as d on d.id_commande = c.id_commande and d.id_utilisateur = c.id_utilisateur
where c.statut_commande in ('confirmee', 'en_preparation')
group by c.id_utilisateur, d.id_produit, d.id_variante;
comment on view public.articles_a_preparer is
  'What has to be packed for the orders that are confirmee or en_preparation: per article how many, for which orders, and since when the longest waits.';
grant select on public.articles_a_preparer to authenticated;
