-- What a vendor sees: today as it is now, and any period in one call.

-- ── today ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.sessions_du_jour()
returns table (id_utilisateur uuid, date_session date, messages_recus integer, messages_envoyes integer, reponses_ia integer,
  interventions_manuelles integer, prospects_nouveaux integer, commandes_creees integer, commandes_completees integer,
  chiffre_affaires_genere numeric, livraisons_reussies integer, emails_traites integer, emails_critiques integer,
  duree_session_minutes integer, delai_reponse_median_s integer)
language plpgsql stable security definer rows 2 set search_path = ''
as $$
#variable_conflict use_column
declare
  miens uuid[];
  jours date[];
begin
  select array_agg(u.id_utilisateur), array_agg((prive.maintenant() at time zone u.fuseau_horaire)::date) into miens, jours
  from public.utilisateurs_fluxasync as u where u.id_utilisateur = any (array(select prive.mes_vendeurs('lecteur')));
  return query
  select j.id_utilisateur, j.jour, coalesce(s.messages_recus, 0), coalesce(s.messages_envoyes, 0), coalesce(s.reponses_ia, 0),
    coalesce(s.interventions_manuelles, 0), coalesce(s.prospects_nouveaux, 0), coalesce(s.commandes_creees, 0),
    coalesce(s.commandes_completees, 0), coalesce(s.chiffre_affaires_genere, 0), coalesce(s.livraisons_reussies, 0),
    coalesce(s.emails_traites, 0), coalesce(s.emails_critiques, 0), coalesce(s.duree_session_minutes, 0), s.delai_reponse_median_s
  from unnest(miens, jours) as j (id_utilisateur, jour)
  left join prive.compter_sessions(prive.etendues(miens, jours, jours)) as s on s.id_utilisateur = j.id_utilisateur;
end
$$;
comment on function prive.sessions_du_jour() is
  'See public.sessions_du_jour. A definer, because the figures also count mails, which members below gestionnaire may not read; whose figures, it asks prive.mes_vendeurs itself.';
grant execute on function prive.sessions_du_jour() to authenticated;

create view public.sessions_du_jour with (security_invoker = true) as select * from prive.sessions_du_jour();
comment on view public.sessions_du_jour is
  'Today''s figures, as of now, one row for each vendor the caller belongs to: the columns of sessions_analytiques, counted by the same code.';
grant select on public.sessions_du_jour to authenticated;

-- ── a period ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- Small sets that are asked for at every look at the dashboard.
create index commandes_en_attente on public.commandes (id_utilisateur) where statut_commande = 'en_attente';
create index livraisons_en_cours on public.livraisons (id_utilisateur)
  where statut_livraison in ('a_assigner', 'sans_livreur', 'assignee', 'recuperee', 'en_transit');
-- non_lus is in no index: it changes with every message.
create index conversations_sans_ia on public.conversations (id_utilisateur)
  where not ia_activee and statut_conversation in ('active', 'en_pause');

create function prive.etat_present(vendeur uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return pg_catalog.jsonb_build_object(
    'commandes_en_attente', (select count(*) from public.commandes as c
      where c.id_utilisateur = vendeur and c.statut_commande = 'en_attente'),
    'conversations_en_attente', (select count(*) from public.conversations as c
      where c.id_utilisateur = vendeur and not c.ia_activee and c.statut_conversation in ('active', 'en_pause') and c.non_lus > 0),
    'produits_epuises', (select count(*) from public.produits as p
      where p.id_utilisateur = vendeur and p.produit_actif and p.quantite_stock = 0),
    'livraisons_en_cours', (select count(*) from public.livraisons as l
      where l.id_utilisateur = vendeur and l.statut_livraison in ('a_assigner', 'sans_livreur', 'assignee', 'recuperee', 'en_transit')));
end
$$;
comment on function prive.etat_present(uuid) is
  '{ commandes_en_attente, conversations_en_attente (unread, and only a person answers), produits_epuises (active, nothing left), livraisons_en_cours }, now.';

create function prive.jours_a_compter(vendeur uuid, debut date, fin date) returns prive.etendue[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select prive.etendues(array_agg(vendeur), array_agg(lower(p.plage)), array_agg(upper(p.plage) - 1))
    from (
      select pg_catalog.unnest(pg_catalog.range_agg(pg_catalog.daterange(j.jour, j.jour, '[]'))) as plage
      from public.utilisateurs_fluxasync as u
      cross join lateral (
        select debut + n as jour from pg_catalog.generate_series(0, fin - debut) as n
        where debut + n <= (prive.maintenant() at time zone u.fuseau_horaire)::date) as j
      where u.id_utilisateur = vendeur
        and (j.jour > coalesce((select c.jusqu_a from prive.journees_cumulees as c where c.id_utilisateur = vendeur), '-infinity')
          or exists (select from prive.jours_a_recompter as n
            where n.id_utilisateur = vendeur and (n.instant = '-infinity' or (n.instant at time zone u.fuseau_horaire)::date = j.jour)))) as p);
end
$$;
comment on function prive.jours_a_compter(uuid, date, date) is
  'Which days of a period are not to be read from sessions_analytiques but counted now: today, those the job has not come to yet, and those noted to be counted again.';

create function prive.tableau_de_bord(vendeur uuid, debut date, fin date) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  a_compter prive.etendue[];
  figures jsonb;
begin
  if vendeur is null or not vendeur = any (array(select prive.mes_vendeurs('lecteur'))) then
    perform prive.refuser('vendeur_introuvable', 'Cette boutique n''existe pas.');
  end if;
  if debut is null or fin is null or not isfinite(debut) or not isfinite(fin) or debut > fin or fin - debut >= 366 then
    perform prive.refuser('periode_invalide', 'La période doit avoir un début et une fin, dans cet ordre, et au plus 366 jours.');
  end if;
  a_compter := prive.jours_a_compter(vendeur, debut, fin);
  with connu as (
    select c.date_session, c.messages_recus, c.messages_envoyes, c.reponses_ia, c.interventions_manuelles, c.prospects_nouveaux,
      c.commandes_creees, c.commandes_completees, c.chiffre_affaires_genere, c.livraisons_reussies, c.emails_traites, c.emails_critiques,
      c.duree_session_minutes, c.delai_reponse_median_s
    from prive.compter_sessions(a_compter) as c
    union all
    select s.date_session, s.messages_recus, s.messages_envoyes, s.reponses_ia, s.interventions_manuelles, s.prospects_nouveaux,
      s.commandes_creees, s.commandes_completees, s.chiffre_affaires_genere, s.livraisons_reussies, s.emails_traites, s.emails_critiques,
      s.duree_session_minutes, s.delai_reponse_median_s
    from public.sessions_analytiques as s
    where s.id_utilisateur = vendeur and s.date_session between debut and fin
      and not exists (select from pg_catalog.unnest(a_compter) as e where s.date_session between e.debut and e.fin)
  ),
  jour as (
    select debut + n as date_session, coalesce(c.messages_recus, 0) as messages_recus, coalesce(c.messages_envoyes, 0) as messages_envoyes,
      coalesce(c.reponses_ia, 0) as reponses_ia, coalesce(c.interventions_manuelles, 0) as interventions_manuelles,
      coalesce(c.prospects_nouveaux, 0) as prospects_nouveaux, coalesce(c.commandes_creees, 0) as commandes_creees,
      coalesce(c.commandes_completees, 0) as commandes_completees, coalesce(c.chiffre_affaires_genere, 0) as chiffre_affaires_genere,
      coalesce(c.livraisons_reussies, 0) as livraisons_reussies, coalesce(c.emails_traites, 0) as emails_traites,
      coalesce(c.emails_critiques, 0) as emails_critiques, coalesce(c.duree_session_minutes, 0) as duree_session_minutes,
      c.delai_reponse_median_s
    from pg_catalog.generate_series(0, fin - debut) as n left join connu as c on c.date_session = debut + n
  )
  select pg_catalog.jsonb_build_object(
    'totaux', pg_catalog.jsonb_build_object(
      'messages_recus', sum(j.messages_recus), 'messages_envoyes', sum(j.messages_envoyes), 'reponses_ia', sum(j.reponses_ia),
      'interventions_manuelles', sum(j.interventions_manuelles), 'prospects_nouveaux', sum(j.prospects_nouveaux),
      'commandes_creees', sum(j.commandes_creees), 'commandes_completees', sum(j.commandes_completees),
      'chiffre_affaires_genere', sum(j.chiffre_affaires_genere), 'livraisons_reussies', sum(j.livraisons_reussies),
      'emails_traites', sum(j.emails_traites), 'emails_critiques', sum(j.emails_critiques),
      'duree_session_minutes', sum(j.duree_session_minutes),
      'mediane_des_delais_quotidiens_s', percentile_disc(0.5) within group (order by j.delai_reponse_median_s)),
    'jours', pg_catalog.jsonb_agg(pg_catalog.to_jsonb(j) order by j.date_session))
  into figures from jour as j;
  return figures || (
    select pg_catalog.jsonb_build_object('id_utilisateur', vendeur, 'debut', debut, 'fin', fin, 'devise', u.devise,
      'aujourd_hui', (prive.maintenant() at time zone u.fuseau_horaire)::date, 'etat', prive.etat_present(vendeur))
    from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur);
end
$$;
comment on function prive.tableau_de_bord(uuid, date, date) is 'See public.tableau_de_bord.';
grant execute on function prive.tableau_de_bord(uuid, date, date) to authenticated;

create function public.tableau_de_bord(id_utilisateur uuid, debut date, fin date) returns jsonb
language sql stable security invoker set search_path = ''
as $$ select prive.tableau_de_bord(id_utilisateur, debut, fin) $$;
comment on function public.tableau_de_bord(uuid, date, date) is
  'A vendor''s figures from debut to fin, both included, at most 366 days, exact as of now (kept days, and whatever is not kept yet counted live): { id_utilisateur, debut, fin, devise, aujourd_hui, totaux, jours: [one per day, also without anything], etat }. jours have the columns of sessions_analytiques, totaux their sums, and mediane_des_delais_quotidiens_s: the median of the daily medians, each day one voice, days without an answer none; it is not the median of all waits, which daily figures cannot tell. etat is now, whatever the period: { commandes_en_attente, conversations_en_attente, produits_epuises, livraisons_en_cours }. Errors (P0001): hint vendeur_introuvable, periode_invalide.';
grant execute on function public.tableau_de_bord(uuid, date, date) to authenticated;
