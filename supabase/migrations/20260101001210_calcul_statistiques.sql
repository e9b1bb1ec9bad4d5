-- How a day is counted: one text for what is kept (the next file) and for what is shown live, so that they agree to the unit.
-- The vendor's day of an instant t is always (t at time zone fuseau_horaire)::date, exactly that expression, also where clocks change.

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

-- For all vendors at once a day is a run of neighbouring pages: BRIN finds it, costs next to nothing and leaves HOT updates hot.
create index messages_par_date on public.messages using brin (date_creation) with (autosummarize = on);
create index commandes_par_dates on public.commandes using brin (date_creation, date_confirmation, date_livraison) with (autosummarize = on);
create index livraisons_par_date on public.livraisons using brin (date_livraison_effective) with (autosummarize = on);
create index prospects_par_date on public.prospects using brin (date_premier_contact) with (autosummarize = on);
create index conversations_par_date on public.conversations using brin (date_debut) with (autosummarize = on);
create index emails_recus_par_dates on public.emails_recus using brin (date_reception, date_traitement) with (autosummarize = on);
-- For one vendor; messages, orders made and confirmed, deliveries and mails received have theirs already.
create index prospects_par_premier_contact on public.prospects (id_utilisateur, date_premier_contact);
create index commandes_par_livraison on public.commandes (id_utilisateur, date_livraison) where date_livraison is not null;
create index emails_recus_par_traitement on public.emails_recus (id_utilisateur, date_traitement) where date_traitement is not null;
create index conversations_par_debut_de_campagne on public.conversations (id_utilisateur, date_debut) where id_campagne is not null;

-- ── which days of whom ───────────────────────────────────────────────────────────────────────────────────────────

create type prive.etendue as (
  id_utilisateur uuid,
  fuseau text,
  debut date,
  fin date,
  depuis timestamptz,
  jusqu_a timestamptz
);
comment on type prive.etendue is
  'Days debut to fin (both counted) of a vendor. depuis and jusqu_a hold them with an hour to spare on both sides, whatever clocks do at midnight: for indexes; the day itself decides.';

create function prive.etendues(vendeurs uuid[], debuts date[], fins date[]) returns prive.etendue[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  return array(
    select row(u.id_utilisateur, u.fuseau_horaire, j.debut, j.fin,
      (j.debut::timestamp - interval '1 hour') at time zone u.fuseau_horaire,
      ((j.fin + 1)::timestamp + interval '1 hour') at time zone u.fuseau_horaire)::prive.etendue
    from unnest(vendeurs, debuts, fins) as j (id_utilisateur, debut, fin)
    join public.utilisateurs_fluxasync as u using (id_utilisateur)
    where j.debut <= j.fin);
end
$$;
comment on function prive.etendues(uuid[], date[], date[]) is
  'The i-th vendor''s days from the i-th debut to the i-th fin, in his time zone. One vendor may have several, if no day is named twice.';

-- ── the day's figures ────────────────────────────────────────────────────────────────────────────────────────────

-- Planned for the arguments in hand: one vendor's day comes from his own indexes, everybody's from one pass over each table.
create function prive.compter_sessions(etendues prive.etendue[])
returns table (id_utilisateur uuid, date_session date, messages_recus integer, messages_envoyes integer, reponses_ia integer,
  interventions_manuelles integer, prospects_nouveaux integer, commandes_creees integer, commandes_completees integer,
  chiffre_affaires_genere numeric, livraisons_reussies integer, emails_traites integer, emails_critiques integer,
  duree_session_minutes integer, delai_reponse_median_s integer)
language plpgsql stable security definer rows 1000 set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
  vendeurs constant uuid[] := array(select distinct e.id_utilisateur from pg_catalog.unnest(etendues) as e);
  depuis constant timestamptz := (select min(e.depuis) from pg_catalog.unnest(etendues) as e);
  jusqu_a constant timestamptz := (select max(e.jusqu_a) from pg_catalog.unnest(etendues) as e);
begin
  return query
  with message as materialized (
    select m.id_utilisateur, (m.date_creation at time zone e.fuseau)::date as jour, m.id_conversation, m.id_message, m.date_creation,
      m.genere_par_ia, m.direction_message = 'entrant' as entrant, m.sans_reponse or m.type_message = 'reaction' as sans_reponse,
      -- The same message once more, since it was edited after its answer.
      m.direction_message = 'entrant' and m.reponse_a is not null and coalesce(m.charge_utile ? 'edition_de', false) as encore
    from public.messages as m join pg_catalog.unnest(etendues) as e on e.id_utilisateur = m.id_utilisateur
    where m.id_utilisateur = any (vendeurs) and m.date_creation >= depuis and m.date_creation < jusqu_a
      and (m.direction_message = 'entrant' or m.statut_livraison in ('envoye', 'livre', 'lu'))
      -- What couriers and the shop say to each other is no customer's; a notice of ours answers nobody.
      and not m.avec_livreur and m.modele_ia is distinct from 'service'
      -- Meta's own notes are nobody's words.
      and (m.type_message <> 'inconnu' or m.direction_message = 'sortant' or coalesce(m.charge_utile ->> 'type', '') not in ('system', 'request_welcome'))
      and m.date_creation >= e.depuis and m.date_creation < e.jusqu_a
      and (m.date_creation at time zone e.fuseau)::date between e.debut and e.fin
  ),
  echanges as (
    select id_utilisateur, jour,
      count(*) filter (where entrant and not encore) as recus, count(*) filter (where not entrant) as envoyes,
      count(*) filter (where not entrant and genere_par_ia) as par_ia, count(*) filter (where not entrant and not genere_par_ia) as par_personne,
      floor(extract(epoch from max(date_creation) - min(date_creation)) / 60) as duree
    from message group by id_utilisateur, jour
  ),
  -- Who spoke before whom. A reaction, like Meta's own notes, asks for no answer.
  parole as (
    select id_utilisateur, jour, id_conversation, id_message, date_creation, entrant,
      lag(entrant) over (partition by id_utilisateur, jour, id_conversation order by id_message) as avant_lui
    from message where not (entrant and sans_reponse)
  ),
  -- Where the word passes on: the first unanswered, then its answer, in turns.
  tour as (
    select id_utilisateur, jour, entrant,
      date_creation - lag(date_creation) over (partition by id_utilisateur, jour, id_conversation order by id_message) as attente
    from parole where avant_lui <> entrant or (entrant and avant_lui is null)
  ),
  delais as (
    select id_utilisateur, jour,
      percentile_disc(0.5) within group (order by greatest(0, floor(extract(epoch from attente)))::integer) as median
    from tour where not entrant group by id_utilisateur, jour
  ),
  ventes as (
    select c.id_utilisateur, (f.le at time zone e.fuseau)::date as jour,
      count(*) filter (where f.fait = 'creee') as creees, count(*) filter (where f.fait = 'livree') as completees,
      sum(c.montant_total) filter (where f.fait = 'confirmee') as chiffre
    from public.commandes as c join pg_catalog.unnest(etendues) as e on e.id_utilisateur = c.id_utilisateur
    cross join lateral (values ('creee', c.date_creation, true), ('livree', c.date_livraison, c.statut_commande = 'livree'),
      -- An order of 0 is no revenue: a day that has nothing else has nothing.
      ('confirmee', c.date_confirmation, c.statut_commande not in ('annulee', 'echec') and c.montant_total > 0)) as f (fait, le, compte)
    where c.id_utilisateur = any (vendeurs) and (c.date_creation >= depuis and c.date_creation < jusqu_a
        or c.date_livraison >= depuis and c.date_livraison < jusqu_a or c.date_confirmation >= depuis and c.date_confirmation < jusqu_a)
      and f.compte and (f.le at time zone e.fuseau)::date between e.debut and e.fin
    group by 1, 2
  ),
  arrivees as (
    select l.id_utilisateur, (l.date_livraison_effective at time zone e.fuseau)::date as jour, count(*) as reussies
    from public.livraisons as l join pg_catalog.unnest(etendues) as e on e.id_utilisateur = l.id_utilisateur
    where l.id_utilisateur = any (vendeurs) and l.date_livraison_effective >= depuis and l.date_livraison_effective < jusqu_a
      and l.statut_livraison = 'livree' and (l.date_livraison_effective at time zone e.fuseau)::date between e.debut and e.fin
    group by 1, 2
  ),
  contacts as (
    select p.id_utilisateur, (p.date_premier_contact at time zone e.fuseau)::date as jour, count(*) as nouveaux
    from public.prospects as p join pg_catalog.unnest(etendues) as e on e.id_utilisateur = p.id_utilisateur
    where p.id_utilisateur = any (vendeurs) and p.date_premier_contact >= depuis and p.date_premier_contact < jusqu_a and not p.est_livreur
      and (p.date_premier_contact at time zone e.fuseau)::date between e.debut and e.fin
    group by 1, 2
  ),
  courrier as (
    select m.id_utilisateur, (f.le at time zone e.fuseau)::date as jour,
      count(*) filter (where f.fait = 'traite') as traites, count(*) filter (where f.fait = 'critique') as critiques
    from public.emails_recus as m join pg_catalog.unnest(etendues) as e on e.id_utilisateur = m.id_utilisateur
    cross join lateral (values ('traite', m.date_traitement, true),
      ('critique', m.date_reception, m.niveau_priorite = 'critique')) as f (fait, le, compte)
    where m.id_utilisateur = any (vendeurs)
      and (m.date_traitement >= depuis and m.date_traitement < jusqu_a or m.date_reception >= depuis and m.date_reception < jusqu_a)
      and f.compte and (f.le at time zone e.fuseau)::date between e.debut and e.fin
    group by 1, 2
  )
  select id_utilisateur, jour, coalesce(recus, 0)::integer, coalesce(envoyes, 0)::integer, coalesce(par_ia, 0)::integer,
    coalesce(par_personne, 0)::integer, coalesce(nouveaux, 0)::integer, coalesce(creees, 0)::integer, coalesce(completees, 0)::integer,
    coalesce(chiffre, 0), coalesce(reussies, 0)::integer, coalesce(traites, 0)::integer, coalesce(critiques, 0)::integer,
    coalesce(duree, 0)::integer, median
  from echanges
  full join delais using (id_utilisateur, jour)
  full join ventes using (id_utilisateur, jour)
  full join arrivees using (id_utilisateur, jour)
  full join contacts using (id_utilisateur, jour)
  full join courrier using (id_utilisateur, jour);
end
$$;
comment on function prive.compter_sessions(prive.etendue[]) is
  'The figures of sessions_analytiques (defined at its columns) as the sources have them now, for these days of these vendors; a day without anything has no row. One pass over each source table.';

-- ── what campaigns brought ───────────────────────────────────────────────────────────────────────────────────────

create function prive.compter_metriques(etendues prive.etendue[])
returns table (id_utilisateur uuid, id_campagne bigint, date_metrique date, conversations_initiees integer, commandes_generees integer,
  chiffre_affaires_genere numeric)
language plpgsql stable security definer rows 1000 set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
  vendeurs constant uuid[] := array(select distinct e.id_utilisateur from pg_catalog.unnest(etendues) as e);
  depuis constant timestamptz := (select min(e.depuis) from pg_catalog.unnest(etendues) as e);
  jusqu_a constant timestamptz := (select max(e.jusqu_a) from pg_catalog.unnest(etendues) as e);
begin
  return query
  with vente as materialized (
    select c.id_utilisateur, (c.date_confirmation at time zone e.fuseau)::date as jour, c.id_conversation, c.id_prospect, c.montant_total
    from public.commandes as c join pg_catalog.unnest(etendues) as e on e.id_utilisateur = c.id_utilisateur
    where c.id_utilisateur = any (vendeurs) and c.date_confirmation >= depuis and c.date_confirmation < jusqu_a
      and c.statut_commande not in ('annulee', 'echec')
      and (c.date_confirmation at time zone e.fuseau)::date between e.debut and e.fin
  ),
  -- Those that began then and those whose orders count then, in one pass.
  conversation as materialized (
    select c.id_utilisateur, c.id_conversation, c.id_campagne, c.date_debut
    from public.conversations as c
    where c.id_utilisateur = any (vendeurs) and c.id_campagne is not null and (c.date_debut >= depuis and c.date_debut < jusqu_a
      or c.id_conversation = any (array(select v.id_conversation from vente as v where v.id_conversation is not null)))
  ),
  prospect as materialized (
    select p.id_utilisateur, p.id_prospect, p.id_campagne from public.prospects as p
    where p.id_campagne is not null and p.id_prospect = any (array(select v.id_prospect from vente as v))
  ),
  fait as (
    select c.id_utilisateur, c.id_campagne, (c.date_debut at time zone e.fuseau)::date as jour, 1 as conversation, 0 as commande, 0::numeric as chiffre
    from conversation as c join pg_catalog.unnest(etendues) as e on e.id_utilisateur = c.id_utilisateur
    where (c.date_debut at time zone e.fuseau)::date between e.debut and e.fin
    union all
    select v.id_utilisateur, coalesce(c.id_campagne, p.id_campagne), v.jour, 0, 1, v.montant_total
    from vente as v
    left join conversation as c on c.id_conversation = v.id_conversation and c.id_utilisateur = v.id_utilisateur
    left join prospect as p on p.id_prospect = v.id_prospect and p.id_utilisateur = v.id_utilisateur
    where coalesce(c.id_campagne, p.id_campagne) is not null
  )
  select f.id_utilisateur, f.id_campagne, f.jour, sum(f.conversation)::integer, sum(f.commande)::integer, sum(f.chiffre)
  from fait as f group by f.id_utilisateur, f.id_campagne, f.jour;
end
$$;
comment on function prive.compter_metriques(prive.etendue[]) is
  'What metriques_campagnes keeps of conversations, orders and revenue, as the sources have them now. An order belongs to the campaign of its conversation, else to its prospect''s. One pass over each source table.';
