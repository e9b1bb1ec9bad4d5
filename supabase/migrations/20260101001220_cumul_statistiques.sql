-- Days that are over are counted once and kept; what changes in them later is noted and counted again.

insert into prive.reglages (nom, valeur, role) values
  ('cloture_journee_s', 300, 'A day is counted this many seconds after its end at the earliest: what was under way then is committed by now. Less than 7 minutes, see the job cumuler-journees.'),
  ('jours_par_passage', 1, 'After an outage each run of cumuler-journees catches up at most so many days of a vendor: hosted Supabase ends a statement after two minutes.');

-- ── how far it is counted, and what must be counted again ────────────────────────────────────────────────────────

create table prive.journees_cumulees (
  id_utilisateur uuid primary key references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  jusqu_a date not null
);
comment on table prive.journees_cumulees is 'Up to which day, this one included, a vendor''s days are counted. No row: none yet.';
alter table prive.journees_cumulees enable row level security;
create policy "personne par l'API" on prive.journees_cumulees using (false);

-- Only ever inserted into, without any key to another row and with nothing unique but the number: who notes a day never waits
-- for the job nor for anybody else, and never fails.
create table prive.jours_a_recompter (
  id bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  instant timestamptz not null
);
comment on table prive.jours_a_recompter is 'Moments of the past whose day changed: to be counted again by the next run. Written by triggers.';
comment on column prive.jours_a_recompter.id_utilisateur is 'No foreign key: its check would make the insert wait for whoever changes the vendor.';
comment on column prive.jours_a_recompter.instant is 'A moment and not a day: which day it is, is asked when it is counted. -infinity: all of the vendor''s days.';
create index jours_a_recompter_par_vendeur on prive.jours_a_recompter (id_utilisateur);
alter table prive.jours_a_recompter enable row level security;
create policy "personne par l'API" on prive.jours_a_recompter using (false);

create function prive.dernier_jour_complet(fuseau text) returns date
language plpgsql stable security definer set search_path = ''
as $$
begin
  return ((prive.maintenant() - pg_catalog.make_interval(secs => prive.reglage('cloture_journee_s'))) at time zone fuseau)::date - 1;
end
$$;
comment on function prive.dernier_jour_complet(text) is 'The last day that is over in a time zone, and long enough so to be counted.';

-- ── counting and keeping ─────────────────────────────────────────────────────────────────────────────────────────

create function prive.garder_journees(etendues prive.etendue[]) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  sessions integer;
  metriques integer;
begin
  -- A day that has its row but nothing in it any more becomes zeros; a row that is right already is not even locked.
  with compte as materialized (select c.* from prive.compter_sessions(etendues) as c),
  voulu as (
    select c.* from compte as c
    union all
    select s.id_utilisateur, s.date_session, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null
    from pg_catalog.unnest(etendues) as e
    join public.sessions_analytiques as s on s.id_utilisateur = e.id_utilisateur and s.date_session between e.debut and e.fin
    where not exists (select from compte as c where c.id_utilisateur = s.id_utilisateur and c.date_session = s.date_session)
  )
  merge into public.sessions_analytiques as s
  using voulu as v on s.id_utilisateur = v.id_utilisateur and s.date_session = v.date_session
  when matched and (s.messages_recus, s.messages_envoyes, s.reponses_ia, s.interventions_manuelles, s.prospects_nouveaux, s.commandes_creees,
      s.commandes_completees, s.chiffre_affaires_genere, s.livraisons_reussies, s.emails_traites, s.emails_critiques,
      s.duree_session_minutes, s.delai_reponse_median_s)
    is distinct from (v.messages_recus, v.messages_envoyes, v.reponses_ia, v.interventions_manuelles, v.prospects_nouveaux, v.commandes_creees,
      v.commandes_completees, v.chiffre_affaires_genere, v.livraisons_reussies, v.emails_traites, v.emails_critiques,
      v.duree_session_minutes, v.delai_reponse_median_s) then
    update set messages_recus = v.messages_recus, messages_envoyes = v.messages_envoyes, reponses_ia = v.reponses_ia,
      interventions_manuelles = v.interventions_manuelles, prospects_nouveaux = v.prospects_nouveaux, commandes_creees = v.commandes_creees,
      commandes_completees = v.commandes_completees, chiffre_affaires_genere = v.chiffre_affaires_genere,
      livraisons_reussies = v.livraisons_reussies, emails_traites = v.emails_traites, emails_critiques = v.emails_critiques,
      duree_session_minutes = v.duree_session_minutes, delai_reponse_median_s = v.delai_reponse_median_s, date_calcul = prive.maintenant()
  when not matched then
    insert (id_utilisateur, date_session, messages_recus, messages_envoyes, reponses_ia, interventions_manuelles, prospects_nouveaux,
      commandes_creees, commandes_completees, chiffre_affaires_genere, livraisons_reussies, emails_traites, emails_critiques,
      duree_session_minutes, delai_reponse_median_s)
    values (v.id_utilisateur, v.date_session, v.messages_recus, v.messages_envoyes, v.reponses_ia, v.interventions_manuelles,
      v.prospects_nouveaux, v.commandes_creees, v.commandes_completees, v.chiffre_affaires_genere, v.livraisons_reussies, v.emails_traites,
      v.emails_critiques, v.duree_session_minutes, v.delai_reponse_median_s);
  get diagnostics sessions = row_count;

  -- Impressions and clicks come from elsewhere: they stay as they are.
  with compte as materialized (select c.* from prive.compter_metriques(etendues) as c),
  voulu as (
    select c.* from compte as c
    union all
    select m.id_utilisateur, m.id_campagne, m.date_metrique, 0, 0, 0
    from pg_catalog.unnest(etendues) as e
    join public.metriques_campagnes as m on m.id_utilisateur = e.id_utilisateur and m.date_metrique between e.debut and e.fin
    where not exists (select from compte as c where c.id_campagne = m.id_campagne and c.date_metrique = m.date_metrique)
  )
  merge into public.metriques_campagnes as m
  using voulu as v on m.id_campagne = v.id_campagne and m.id_utilisateur = v.id_utilisateur and m.date_metrique = v.date_metrique
  when matched and (m.conversations_initiees, m.commandes_generees, m.chiffre_affaires_genere)
    is distinct from (v.conversations_initiees, v.commandes_generees, v.chiffre_affaires_genere) then
    update set conversations_initiees = v.conversations_initiees, commandes_generees = v.commandes_generees,
      chiffre_affaires_genere = v.chiffre_affaires_genere, date_calcul = prive.maintenant()
  when not matched then
    insert (id_utilisateur, id_campagne, date_metrique, conversations_initiees, commandes_generees, chiffre_affaires_genere)
    values (v.id_utilisateur, v.id_campagne, v.date_metrique, v.conversations_initiees, v.commandes_generees, v.chiffre_affaires_genere);
  get diagnostics metriques = row_count;
  return sessions + metriques;
end
$$;
comment on function prive.garder_journees(prive.etendue[]) is
  'Counts these days and keeps what differs from what is kept, in sessions_analytiques and metriques_campagnes; returns how many rows were written. Done twice, the second time writes none.';

create function prive.recalculer_sessions(debut date, fin date, vendeurs uuid[] default null) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_variable
begin
  if debut is null or fin is null or not isfinite(debut) or not isfinite(fin) or debut > fin then
    perform prive.refuser('periode_invalide', 'La période doit avoir un début et une fin, dans cet ordre.');
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('cumuler-journees', 0));
  return (
    select prive.garder_journees(prive.etendues(
      array_agg(j.id_utilisateur), array_agg(debut), array_agg(least(fin, j.hier))))
    from (
      select u.id_utilisateur, prive.dernier_jour_complet(u.fuseau_horaire) as hier from public.utilisateurs_fluxasync as u
      where vendeurs is null or u.id_utilisateur = any (vendeurs)) as j);
end
$$;
comment on function prive.recalculer_sessions(date, date, uuid[]) is
  'For an operator: counts any past days again, of these vendors or of all, and returns how many rows changed. Days that are not over are left to the live figures. Hint periode_invalide; 55P03 while the job is at it.';

create table prive.journees_en_echec (
  id_utilisateur uuid primary key,
  debut date not null,
  fin date not null,
  erreur text not null,
  le timestamptz not null default prive.maintenant()
);
comment on table prive.journees_en_echec is 'Vendors whose days could not be counted by the last run, and why: for an operator. The others'' are counted all the same.';
alter table prive.journees_en_echec enable row level security;
create policy "personne par l'API" on prive.journees_en_echec using (false);

create function prive.tg_utilisateurs_fluxasync__journees() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Rows that the job has in hand are passed over: it takes them away itself, and nobody waits.
  delete from prive.jours_a_recompter as j
  where j.id in (select n.id from prive.jours_a_recompter as n where n.id_utilisateur = old.id_utilisateur for update skip locked);
  delete from prive.journees_en_echec as e
  where e.id_utilisateur in (
    select x.id_utilisateur from prive.journees_en_echec as x where x.id_utilisateur = old.id_utilisateur for update skip locked);
  return null;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__journees() is
  'After a vendor is gone: so are the notes about his days, which have no key to him.';
create trigger tg_utilisateurs_fluxasync__journees after delete on public.utilisateurs_fluxasync
  for each row execute function prive.tg_utilisateurs_fluxasync__journees();

create function prive.garder_lot(vendeurs uuid[], debuts date[], fins date[]) returns uuid[]
language plpgsql volatile security definer set search_path = ''
as $$
declare
  rates uuid[] := '{}';
begin
  begin
    perform prive.garder_journees(prive.etendues(vendeurs, debuts, fins));
    return rates;
  exception when others then
    raise warning 'days of % vendors counted one by one: % %', cardinality(vendeurs), sqlstate, sqlerrm;
  end;
  -- One vendor's row that cannot be counted must not stop the others.
  for i in 1..cardinality(vendeurs) loop
    begin
      perform prive.garder_journees(prive.etendues(vendeurs[i:i], debuts[i:i], fins[i:i]));
    exception when others then
      rates := rates || vendeurs[i];
      insert into prive.journees_en_echec as e (id_utilisateur, debut, fin, erreur)
      values (vendeurs[i], debuts[i], fins[i], sqlstate || ' ' || left(sqlerrm, 500))
      on conflict on constraint journees_en_echec_pkey do update
        set debut = excluded.debut, fin = excluded.fin, erreur = excluded.erreur, le = prive.maintenant();
    end;
  end loop;
  return rates;
end
$$;
comment on function prive.garder_lot(uuid[], date[], date[]) is
  'prive.garder_journees for many vendors; returns those whose days could not be counted, who are in prive.journees_en_echec then.';

create function prive.cumuler_journees() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  lot record;
  jours integer := 0;
  rates uuid[];
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('cumuler-journees', 0)) then
    return 0;
  end if;
  -- Whatever failed is tried again by this run: it is still to be counted, or still noted.
  delete from prive.journees_en_echec as e
  where e.id_utilisateur in (select x.id_utilisateur from prive.journees_en_echec as x for update skip locked);
  -- First the notes go, then, in later snapshots, the days are counted: what is noted meanwhile stays for the next run.
  -- Counted together is what lies together: one late message of last year must not make everybody's year be read.
  for lot in
    with note as (
      delete from prive.jours_a_recompter as j
      where j.id in (select x.id from prive.jours_a_recompter as x for update skip locked) returning j.id_utilisateur, j.instant
    ),
    fuseau as (
      select f.nom, prive.dernier_jour_complet(f.nom) as hier
      from (select distinct u.fuseau_horaire as nom from public.utilisateurs_fluxasync as u) as f
    ),
    vendeur as materialized (
      select u.id_utilisateur, f.nom as fuseau, f.hier, coalesce(c.jusqu_a, (u.date_creation at time zone f.nom)::date - 1) as jusqu_a,
        u.id_utilisateur in (select n.id_utilisateur from note as n where n.instant = '-infinity') as a_demenage
      from public.utilisateurs_fluxasync as u
      join fuseau as f on f.nom = u.fuseau_horaire
      left join prive.journees_cumulees as c using (id_utilisateur)
    ),
    journee (lot, cumule, a_demenage, id_utilisateur, debut, fin) as (
      select case when v.hier - v.jusqu_a > r.jours then 'retard ' || v.jusqu_a else 'suite' end, true, false,
        v.id_utilisateur, v.jusqu_a + 1, least(v.hier, v.jusqu_a + r.jours)
      from vendeur as v cross join (select prive.reglage('jours_par_passage') as jours) as r
      where v.jusqu_a < v.hier and not v.a_demenage
      union all
      -- All his days; what happened on the first may now have happened the day before.
      select 'vendeur ' || v.id_utilisateur, true, true, v.id_utilisateur, least(v.hier, v.jusqu_a - 1,
        (select min((n.instant at time zone v.fuseau)::date) from note as n where n.id_utilisateur = v.id_utilisateur and n.instant <> '-infinity'),
        (select min(s.date_session) - 1 from public.sessions_analytiques as s where s.id_utilisateur = v.id_utilisateur),
        (select min(m.date_metrique) - 1 from public.metriques_campagnes as m where m.id_utilisateur = v.id_utilisateur)), v.hier
      from vendeur as v where v.a_demenage
      union all
      select distinct 'jour ' || j.jour, false, false, v.id_utilisateur, j.jour, j.jour
      from note as n join vendeur as v using (id_utilisateur)
      cross join lateral (select (n.instant at time zone v.fuseau)::date as jour) as j
      where not v.a_demenage and j.jour <= v.jusqu_a
    )
    select j.cumule, j.a_demenage, array_agg(j.id_utilisateur) as vendeurs, array_agg(j.debut) as debuts, array_agg(j.fin) as fins,
      sum(j.fin - j.debut + 1)::integer as jours
    from journee as j group by j.lot, j.cumule, j.a_demenage
  loop
    rates := prive.garder_lot(lot.vendeurs, lot.debuts, lot.fins);
    jours := jours + lot.jours;
    -- Noted, so that they are counted again by every run; his later days do not wait for them. Who moved: all his days again, from
    -- the first that was to be counted.
    insert into prive.jours_a_recompter (id_utilisateur, instant)
    select u.id_utilisateur, i.instant
    from unnest(lot.vendeurs, lot.debuts, lot.fins) as r (id_utilisateur, debut, fin)
    join public.utilisateurs_fluxasync as u using (id_utilisateur)
    cross join lateral (
      select (r.debut + n + time '12:00') at time zone u.fuseau_horaire as instant
      from generate_series(0, case when lot.a_demenage then 0 else r.fin - r.debut end) as n
      union all
      select '-infinity' where lot.a_demenage) as i
    where r.id_utilisateur = any (rates);
    if lot.cumule then
      insert into prive.journees_cumulees as c (id_utilisateur, jusqu_a)
      select l.id_utilisateur, l.fin from unnest(lot.vendeurs, lot.fins) as l (id_utilisateur, fin)
      join (select u.id_utilisateur from public.utilisateurs_fluxasync as u where u.id_utilisateur = any (lot.vendeurs)
        for key share skip locked) as la using (id_utilisateur)
      where not (lot.a_demenage and l.id_utilisateur = any (rates))
      on conflict on constraint journees_cumulees_pkey do update set jusqu_a = excluded.jusqu_a;
    end if;
    if lot.a_demenage then
      -- Further west a day that was over goes on: it is no kept day any more.
      delete from public.sessions_analytiques as s
      where s.id_utilisateur = lot.vendeurs[1] and s.date_session > lot.fins[1];
      update public.metriques_campagnes as m
      set conversations_initiees = 0, commandes_generees = 0, chiffre_affaires_genere = 0, date_calcul = prive.maintenant()
      where m.id_utilisateur = lot.vendeurs[1] and m.date_metrique > lot.fins[1]
        and (m.conversations_initiees, m.commandes_generees, m.chiffre_affaires_genere) <> (0, 0, 0);
    end if;
  end loop;
  return jours;
end
$$;
comment on function prive.cumuler_journees() is
  'Counts, for every vendor, the days that are over since the last run and those noted in prive.jours_a_recompter; returns how many days of vendors it counted. Any number of missed runs is caught up. Two at once: the second does nothing.';

-- Hourly, because at every hour it is midnight somewhere: zones differ from UTC by full, half and quarter hours. At minute 7, so that
-- also those whose midnight was on the hour have been over for cloture_journee_s; the others wait 22 to 52 minutes.
select cron.schedule('cumuler-journees', '7 * * * *', 'select prive.cumuler_journees()');

-- ── what changes the past ────────────────────────────────────────────────────────────────────────────────────────

-- A change within a minute of its own moment needs no note: it is committed before that day is counted. Rows that are deleted need
-- none either: a person's data may go, the day's totals stay what they were.
create function prive.tg_jours_a_recompter__noter() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  avant constant jsonb := case when tg_op = 'UPDATE' then pg_catalog.to_jsonb(old) end;
  apres constant jsonb := pg_catalog.to_jsonb(new);
begin
  insert into prive.jours_a_recompter (id_utilisateur, instant)
  select distinct new.id_utilisateur, i.instant
  from pg_catalog.unnest(tg_argv) as colonne
  cross join lateral (values ((avant ->> colonne)::timestamptz), ((apres ->> colonne)::timestamptz)) as i (instant)
  where i.instant < prive.maintenant() - interval '1 minute';
  return null;
end
$$;
comment on function prive.tg_jours_a_recompter__noter() is
  'After a row changed what a past day counts: notes the moments in the columns named as arguments, old and new.';

-- Messages are the hot path: the condition is a comparison of columns at hand, and true only for what comes or goes out late.
create trigger tg_messages__jour_ajout after insert on public.messages for each row
  when (new.date_creation < new.date_statut - interval '1 minute' or new.date_creation < now() - interval '1 minute')
  execute function prive.tg_jours_a_recompter__noter('date_creation');
create trigger tg_messages__jour_change after update of statut_livraison on public.messages for each row
  when (new.date_creation < new.date_statut - interval '1 minute' and new.direction_message = 'sortant'
    and (old.statut_livraison in ('envoye', 'livre', 'lu')) <> (new.statut_livraison in ('envoye', 'livre', 'lu')))
  execute function prive.tg_jours_a_recompter__noter('date_creation');
-- Taken back, a message asks for no answer any more: how long one was waited for changes.
create trigger tg_messages__jour_reprise after update of sans_reponse on public.messages for each row
  when (old.sans_reponse <> new.sans_reponse and new.supprime_le is not null)
  execute function prive.tg_jours_a_recompter__noter('date_creation');

-- A courier's words are known for such only when they are read.
create trigger tg_messages__jour_livreur after update of avec_livreur on public.messages for each row
  when (old.avec_livreur <> new.avec_livreur) execute function prive.tg_jours_a_recompter__noter('date_creation');

create trigger tg_prospects__jour after insert or update of date_premier_contact, est_livreur on public.prospects
  for each row execute function prive.tg_jours_a_recompter__noter('date_premier_contact');

create trigger tg_commandes__jour_creation after insert or update of date_creation on public.commandes
  for each row execute function prive.tg_jours_a_recompter__noter('date_creation');
create trigger tg_commandes__jour_vente after update of statut_commande, date_confirmation, date_livraison, montant_total, id_conversation, id_prospect
  on public.commandes for each row
  when ((old.date_confirmation is not null or new.date_confirmation is not null)
    and (old.statut_commande, old.date_confirmation, old.date_livraison, old.montant_total, old.id_conversation, old.id_prospect)
      is distinct from (new.statut_commande, new.date_confirmation, new.date_livraison, new.montant_total, new.id_conversation, new.id_prospect))
  execute function prive.tg_jours_a_recompter__noter('date_confirmation', 'date_livraison');

create trigger tg_livraisons__jour after update of statut_livraison, date_livraison_effective on public.livraisons for each row
  when (old.date_livraison_effective is distinct from new.date_livraison_effective)
  execute function prive.tg_jours_a_recompter__noter('date_livraison_effective');

create trigger tg_emails_recus__jour_arrivee after insert on public.emails_recus for each row
  when (new.niveau_priorite = 'critique') execute function prive.tg_jours_a_recompter__noter('date_reception');
create trigger tg_emails_recus__jour_reception after update of niveau_priorite, date_reception on public.emails_recus for each row
  when ((old.niveau_priorite = 'critique' or new.niveau_priorite = 'critique')
    and (old.niveau_priorite, old.date_reception) is distinct from (new.niveau_priorite, new.date_reception))
  execute function prive.tg_jours_a_recompter__noter('date_reception');
-- A mail is always treated now: no past day changes by that.

create trigger tg_conversations__jour_ajout after insert on public.conversations for each row
  when (new.id_campagne is not null) execute function prive.tg_jours_a_recompter__noter('date_debut');

create function prive.tg_conversations__jour_campagne() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into prive.jours_a_recompter (id_utilisateur, instant)
  select new.id_utilisateur, i.instant
  from (
    select old.date_debut as instant union select new.date_debut union
    select c.date_confirmation from public.commandes as c
    where c.id_conversation = new.id_conversation and c.id_prospect = new.id_prospect and c.id_utilisateur = new.id_utilisateur) as i
  where i.instant < prive.maintenant() - interval '1 minute';
  return null;
end
$$;
comment on function prive.tg_conversations__jour_campagne() is
  'After a conversation''s campaign or beginning changed: notes when it began and when its orders were confirmed.';
create trigger tg_conversations__jour_campagne after update of id_campagne, date_debut on public.conversations for each row
  when ((old.id_campagne, old.date_debut) is distinct from (new.id_campagne, new.date_debut))
  execute function prive.tg_conversations__jour_campagne();

create function prive.tg_prospects__jour_campagne() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into prive.jours_a_recompter (id_utilisateur, instant)
  select distinct c.id_utilisateur, c.date_confirmation from public.commandes as c
  where c.id_prospect = new.id_prospect and c.id_utilisateur = new.id_utilisateur
    and c.date_confirmation < prive.maintenant() - interval '1 minute';
  return null;
end
$$;
comment on function prive.tg_prospects__jour_campagne() is 'After a prospect''s campaign changed: notes when his orders were confirmed, which may be that campaign''s now.';
create trigger tg_prospects__jour_campagne after update of id_campagne on public.prospects for each row
  when (old.id_campagne is distinct from new.id_campagne)
  execute function prive.tg_prospects__jour_campagne();

create function prive.tg_utilisateurs_fluxasync__jours() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into prive.jours_a_recompter (id_utilisateur, instant) values (new.id_utilisateur, '-infinity');
  return null;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__jours() is 'After a vendor moved to another time zone: all his days begin and end elsewhere, and are counted again.';
create trigger tg_utilisateurs_fluxasync__jours after update of fuseau_horaire on public.utilisateurs_fluxasync for each row
  when (old.fuseau_horaire is distinct from new.fuseau_horaire)
  execute function prive.tg_utilisateurs_fluxasync__jours();
