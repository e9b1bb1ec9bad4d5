-- What a vendor pays FluxAsync for: one subscription each, from his first day on.

create table public.abonnements (
  id_abonnement bigint generated always as identity primary key,
  id_utilisateur uuid not null constraint un_abonnement_par_vendeur unique
    references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  nom_plan text not null default 'gratuit' constraint plan_connu check (nom_plan in ('gratuit', 'pro', 'entreprise')),
  prix_plan numeric(12, 2) not null default 0 constraint prix_positif check (prix_plan between 0 and 9999999999.99),
  cycle_facturation text not null default 'mensuel' constraint cycle_connu check (cycle_facturation in ('mensuel', 'annuel')),
  statut_abonnement text not null default 'actif'
    constraint statut_abonnement_connu check (statut_abonnement in ('actif', 'annule', 'expire', 'suspendu')),
  date_debut timestamptz not null default prive.maintenant(),
  date_fin timestamptz,
  renouvellement_automatique boolean not null default true,
  methode_paiement text,
  date_creation timestamptz not null default prive.maintenant(),
  constraint fin_apres_debut check (date_fin >= date_debut),
  constraint abonnements_du_vendeur unique (id_abonnement, id_utilisateur)
);
comment on table public.abonnements is 'The vendor''s own subscription to FluxAsync. Made with the vendor; written by no front end.';
comment on column public.abonnements.prix_plan is 'Per billing cycle, in the vendor''s currency.';
comment on column public.abonnements.date_fin is 'End of what is paid; null: without end.';
comment on column public.abonnements.methode_paiement is 'Null while there is nothing to pay.';
create index abonnements_par_vendeur on public.abonnements (id_utilisateur, date_creation desc, id_abonnement);

create function prive.tg_utilisateurs_fluxasync__abonnement() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.abonnements (id_utilisateur) values (new.id_utilisateur);
  return new;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__abonnement() is
  'After insert of a vendor, however he came to be: his subscription, gratuit and actif. A definer, because nobody may write it.';
create trigger tg_utilisateurs_fluxasync__abonnement after insert on public.utilisateurs_fluxasync
  for each row execute function prive.tg_utilisateurs_fluxasync__abonnement();

create function prive.tg_abonnements__fiche_du_vendeur() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  statut text := case when new.statut_abonnement in ('annule', 'expire') then 'inactif' else new.statut_abonnement end;
begin
  update public.utilisateurs_fluxasync as u set plan_abonnement = new.nom_plan, statut_abonnement = statut
  where u.id_utilisateur = new.id_utilisateur and (u.plan_abonnement, u.statut_abonnement) is distinct from (new.nom_plan, statut);
  return new;
end
$$;
comment on function prive.tg_abonnements__fiche_du_vendeur() is
  'After a plan or a status is written: the vendor''s row says the same (actif is actif, annule and expire are inactif, suspendu is suspendu). A definer, because nobody may write these columns.';
create trigger tg_abonnements__fiche_du_vendeur after insert or update of nom_plan, statut_abonnement on public.abonnements
  for each row execute function prive.tg_abonnements__fiche_du_vendeur();

alter table public.abonnements enable row level security;
create policy "le proprietaire lit son abonnement" on public.abonnements for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('proprietaire')));
grant select on public.abonnements to authenticated;
