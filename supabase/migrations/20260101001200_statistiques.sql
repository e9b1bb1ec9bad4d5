-- The figures of a vendor's day and of his campaigns: tables. How they are counted stands in the next file.

create table public.sessions_analytiques (
  id_session bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  date_session date not null,
  messages_recus integer not null default 0,
  messages_envoyes integer not null default 0,
  reponses_ia integer not null default 0,
  interventions_manuelles integer not null default 0,
  prospects_nouveaux integer not null default 0,
  commandes_creees integer not null default 0,
  commandes_completees integer not null default 0,
  chiffre_affaires_genere numeric(20, 2) not null default 0,
  livraisons_reussies integer not null default 0,
  emails_traites integer not null default 0,
  emails_critiques integer not null default 0,
  duree_session_minutes integer not null default 0,
  delai_reponse_median_s integer,
  date_calcul timestamptz not null default prive.maintenant(),
  constraint une_session_par_jour unique (id_utilisateur, date_session)
);
comment on table public.sessions_analytiques is
  'A vendor''s figures of each of his calendar days that is over, by his time zone of today: written by the job cumuler-journees, by nobody else. A day on which nothing happened may have no row. What changed in the past shows after the next run, within the hour; sessions_du_jour is today.';
comment on column public.sessions_analytiques.date_session is 'The vendor''s calendar day.';
comment on column public.sessions_analytiques.messages_recus is 'Messages of prospects, reactions too; not Meta''s notes (system, an opened chat), and an edited message once.';
comment on column public.sessions_analytiques.messages_envoyes is 'Messages to customers written that day that went out (envoye, livre, lu), whenever that was; those still waiting or failed are not in it, nor are the notices FluxAsync writes by itself (messages.modele_ia service): they are in no figure of what was said.';
comment on column public.sessions_analytiques.reponses_ia is 'Those of messages_envoyes the AI wrote (what it answers to STOP too).';
comment on column public.sessions_analytiques.interventions_manuelles is 'Those of messages_envoyes a person wrote.';
comment on column public.sessions_analytiques.prospects_nouveaux is 'Prospects whose first contact it was.';
comment on column public.sessions_analytiques.commandes_creees is 'Orders made that day, whatever became of them.';
comment on column public.sessions_analytiques.commandes_completees is 'Orders that were livree that day.';
comment on column public.sessions_analytiques.chiffre_affaires_genere is 'Sum of montant_total of the orders confirmed that day and neither annulee nor echec since, in the vendor''s currency; delivery fees are no revenue.';
comment on column public.sessions_analytiques.livraisons_reussies is 'Deliveries that arrived that day.';
comment on column public.sessions_analytiques.emails_traites is 'Mails treated that day, whenever they came.';
comment on column public.sessions_analytiques.emails_critiques is 'Mails received that day that are critique.';
comment on column public.sessions_analytiques.duree_session_minutes is 'Whole minutes from the first to the last of the messages counted; 0 with fewer than two.';
comment on column public.sessions_analytiques.delai_reponse_median_s is
  'Median wait for an answer, in whole seconds: in each conversation from the first unanswered message (no reaction) to the next one that went out, both that day. The lower of two middle ones; null without any answer.';
comment on column public.sessions_analytiques.date_calcul is 'When the figures last changed.';
create index sessions_analytiques_par_vendeur on public.sessions_analytiques (id_utilisateur, date_session desc, id_session);
alter table public.sessions_analytiques enable row level security;
create policy "un membre lit les journees de ses vendeurs" on public.sessions_analytiques for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.sessions_analytiques to authenticated;

create table public.metriques_campagnes (
  id_metrique bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  id_campagne bigint not null,
  date_metrique date not null,
  impressions integer not null default 0 constraint impressions_positives check (impressions >= 0),
  clics integer not null default 0 constraint clics_positifs check (clics >= 0),
  conversations_initiees integer not null default 0,
  commandes_generees integer not null default 0,
  chiffre_affaires_genere numeric(20, 2) not null default 0,
  cout_par_clic numeric(12, 2),
  taux_conversion numeric generated always as (
    case when conversations_initiees > 0 then round(commandes_generees::numeric / conversations_initiees, 4) end) stored,
  date_calcul timestamptz not null default prive.maintenant(),
  constraint une_metrique_par_jour unique (id_campagne, id_utilisateur, date_metrique),
  constraint campagne_du_vendeur foreign key (id_campagne, id_utilisateur)
    references public.campagnes_marketing (id_campagne, id_utilisateur) on delete cascade
);
comment on table public.metriques_campagnes is
  'What a campaign brought on each of the vendor''s calendar days that is over: ad, conversations, orders, revenue. Written by the job cumuler-journees; impressions, clics and cout_par_clic are the ad platform''s and not touched by it.';
comment on column public.metriques_campagnes.conversations_initiees is 'Conversations the campaign led to that began that day.';
comment on column public.metriques_campagnes.commandes_generees is 'Orders confirmed that day, neither annulee nor echec since, of the campaign of their conversation, else of their prospect.';
comment on column public.metriques_campagnes.chiffre_affaires_genere is 'Sum of montant_total of commandes_generees, in the vendor''s currency.';
comment on column public.metriques_campagnes.cout_par_clic is 'In the vendor''s currency.';
comment on column public.metriques_campagnes.taux_conversion is 'commandes_generees per conversation of the day; null without one. May exceed 1: orders come on later days than their conversations.';
comment on column public.metriques_campagnes.date_calcul is 'When the counted figures last changed.';
create index metriques_campagnes_par_vendeur on public.metriques_campagnes (id_utilisateur, date_metrique desc, id_metrique);
create trigger tg_metriques_campagnes__vendeur before insert on public.metriques_campagnes
  for each row when (new.id_utilisateur is null) execute function prive.tg_vendeur_du_parent('campagnes_marketing', 'id_campagne');
alter table public.metriques_campagnes enable row level security;
create policy "un membre lit les metriques de ses vendeurs" on public.metriques_campagnes for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.metriques_campagnes to authenticated;
