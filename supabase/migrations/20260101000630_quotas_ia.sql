-- How many replies of the paid engine a vendor gets a day. Over it the built-in engine goes on: nobody is left without an answer.

create table prive.quotas_ia (
  plan text primary key constraint plan_connu check (plan in ('gratuit', 'pro', 'entreprise')),
  reponses_par_jour integer not null constraint quota_positif check (reponses_par_jour >= 0)
);
comment on table prive.quotas_ia is 'Replies of the paid engine per plan and day of the vendor; an operator may change them at once.';
alter table prive.quotas_ia enable row level security;
create policy "personne par l'API" on prive.quotas_ia using (false);
insert into prive.quotas_ia (plan, reponses_par_jour) values ('gratuit', 50), ('pro', 1000), ('entreprise', 10000);

create table prive.quotas_vendeurs (
  id_utilisateur uuid primary key references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  reponses_par_jour integer not null constraint quota_positif check (reponses_par_jour >= 0)
);
comment on table prive.quotas_vendeurs is 'What was agreed with one vendor, instead of his plan''s quota.';
alter table prive.quotas_vendeurs enable row level security;
create policy "personne par l'API" on prive.quotas_vendeurs using (false);

create table prive.consommation_ia (
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  jour date not null,
  reponses integer not null constraint compte_positif check (reponses > 0),
  primary key (id_utilisateur, jour)
);
comment on table prive.consommation_ia is 'Replies of the paid engine that were begun, per vendor and calendar day of his.';
create index consommation_ia_par_jour on prive.consommation_ia (jour);
alter table prive.consommation_ia enable row level security;
create policy "personne par l'API" on prive.consommation_ia using (false);

create table prive.consommation_conversations (
  id_conversation bigint not null references public.conversations (id_conversation) on delete cascade,
  jour date not null,
  reponses integer not null constraint compte_positif check (reponses > 0),
  primary key (id_conversation, jour)
);
comment on table prive.consommation_conversations is 'The same per conversation, so that one prospect cannot eat a vendor''s day.';
create index consommation_conversations_par_jour on prive.consommation_conversations (jour);
alter table prive.consommation_conversations enable row level security;
create policy "personne par l'API" on prive.consommation_conversations using (false);

create function prive.quota_du_jour(vendeur uuid, plan text) returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce((select v.reponses_par_jour from prive.quotas_vendeurs as v where v.id_utilisateur = vendeur),
    (select q.reponses_par_jour from prive.quotas_ia as q where q.plan = quota_du_jour.plan), 0);
end
$$;
comment on function prive.quota_du_jour(uuid, text) is 'Replies of the paid engine a vendor may have a day: what was agreed with him, else his plan''s.';

create function prive.prevenir_quota(vendeur uuid, plan text, quota integer, jour date) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  mieux record;
begin
  select q.plan, q.reponses_par_jour into mieux from prive.quotas_ia as q
  where q.reponses_par_jour > quota and q.plan <> prevenir_quota.plan order by q.reponses_par_jour limit 1;
  perform prive.notifier_evenement(vendeur, 'quota_ia', 'quota_ia:' || jour, jsonb_build_object('quota', quota, 'plan', plan, 'mieux',
    case when mieux.plan is null then ''
      else prive.phrase('quota_plus_grand', jsonb_build_object('plan', mieux.plan, 'quota', mieux.reponses_par_jour)) end));
end
$$;
comment on function prive.prevenir_quota(uuid, text, integer, date) is 'Tells a vendor once a day that his quota is used, and which plan gives more.';

create function service.reserver_generation(id_conversation bigint) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  quota integer;
begin
  -- Who does not pay any more has what is free.
  select v.id_utilisateur, u.statut_abonnement, case when u.statut_abonnement = 'actif' then u.plan_abonnement else 'gratuit' end as plan,
         (prive.maintenant() at time zone u.fuseau_horaire)::date as jour
  into c
  from public.conversations as v join public.utilisateurs_fluxasync as u using (id_utilisateur)
  where v.id_conversation = reserver_generation.id_conversation;
  if not found or c.statut_abonnement = 'suspendu' then
    return false;
  end if;
  quota := prive.quota_du_jour(c.id_utilisateur, c.plan);
  if quota = 0 then
    return false;
  end if;
  -- The conversation's share first: what it is refused does not count for the vendor.
  insert into prive.consommation_conversations as n (id_conversation, jour, reponses)
  values (reserver_generation.id_conversation, c.jour, 1)
  on conflict on constraint consommation_conversations_pkey do update set reponses = n.reponses + 1
    where n.reponses < prive.reglage('generations_par_conversation');
  if not found then
    return false;
  end if;
  insert into prive.consommation_ia as n (id_utilisateur, jour, reponses) values (c.id_utilisateur, c.jour, 1)
  on conflict on constraint consommation_ia_pkey do update set reponses = n.reponses + 1 where n.reponses < quota;
  if found then
    return true;
  end if;
  perform prive.prevenir_quota(c.id_utilisateur, c.plan, quota, c.jour);
  return false;
end
$$;
comment on function service.reserver_generation(bigint) is
  'Counts one reply of the paid engine on the day of the conversation''s vendor and says whether it may be made. False: his quota (prive.quotas_ia by plan, prive.quotas_vendeurs) or the conversation''s share (prive.reglages generations_par_conversation) is used, his subscription is suspended, or there is no such conversation: the built-in engine answers. He is told once a day when it is his quota. Not given back when the reply fails. Raises no error of its own.';
grant execute on function service.reserver_generation(bigint) to service_role;

create function prive.purger_consommation() returns void
language sql volatile security definer set search_path = ''
as $$
  delete from prive.consommation_ia as n where n.jour < (prive.maintenant() - interval '40 days')::date;
  delete from prive.consommation_conversations as n where n.jour < (prive.maintenant() - interval '3 days')::date
$$;
comment on function prive.purger_consommation() is 'Drops the counts of past days: the vendors'' after 40 days, the conversations'' after three.';
select cron.schedule('purger-consommation', '43 3 * * *', 'select prive.purger_consommation()');
