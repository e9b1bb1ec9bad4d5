-- Invoices: FluxAsync's to a vendor for his subscription, and a vendor's to his customer for an order.

create table public.factures (
  id_facture bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete restrict,
  id_abonnement bigint,
  id_commande bigint,
  emetteur uuid not null generated always as (
    case when id_commande is null then '00000000-0000-0000-0000-000000000000'::uuid else id_utilisateur end) stored,
  numero_facture text not null,
  montant_ht numeric(12, 2) not null constraint montant_ht_positif check (montant_ht >= 0),
  montant_tva numeric(12, 2) not null default 0 constraint montant_tva_positif check (montant_tva >= 0),
  montant_ttc numeric(12, 2) not null generated always as (montant_ht + montant_tva) stored,
  statut_facture text not null default 'en_attente' constraint statut_connu
    check (statut_facture in ('en_attente', 'payee', 'en_retard', 'annulee')),
  date_emission timestamptz not null default prive.maintenant(),
  date_echeance timestamptz,
  date_paiement timestamptz,
  chemin_pdf text,
  date_creation timestamptz not null default prive.maintenant(),
  constraint d_un_abonnement_ou_d_une_commande check (num_nonnulls(id_abonnement, id_commande) = 1),
  constraint echeance_apres_emission check (date_echeance >= date_emission),
  constraint payee_a_une_date check ((statut_facture = 'payee') = (date_paiement is not null)),
  constraint numero_facture_unique unique (emetteur, numero_facture),
  constraint abonnement_du_vendeur foreign key (id_abonnement, id_utilisateur)
    references public.abonnements (id_abonnement, id_utilisateur) on delete restrict,
  constraint commande_du_vendeur foreign key (id_commande, id_utilisateur)
    references public.commandes (id_commande, id_utilisateur) on delete restrict
);
comment on table public.factures is
  'Invoices, of a subscription (FluxAsync to the vendor) or of an order (the vendor to his customer); amounts in the vendor''s currency. Once issued an invoice is never changed nor deleted, only paid or cancelled: books must be kept, so a vendor with invoices cannot be deleted either.';
comment on column public.factures.emetteur is 'Who issues it: the vendor, or the nil uuid for FluxAsync.';
comment on column public.factures.numero_facture is 'FACT-YYYY-0001, by issuer and calendar year, without gaps. Set by trigger.';
create index factures_par_vendeur on public.factures (id_utilisateur, date_creation desc, id_facture);
create index factures_par_abonnement on public.factures (id_abonnement, id_utilisateur) where id_abonnement is not null;
create index factures_par_commande on public.factures (id_commande, id_utilisateur) where id_commande is not null;
create unique index une_facture_par_commande on public.factures (id_commande) where id_commande is not null and statut_facture <> 'annulee';

create function prive.tg_factures__numero() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  -- A generated column has no value yet before the insert.
  emetteur constant uuid := case when new.id_commande is null then '00000000-0000-0000-0000-000000000000'::uuid else new.id_utilisateur end;
  annee text := to_char(prive.jour_chez(new.id_utilisateur, new.date_emission), 'YYYY');
begin
  if new.id_commande is null then
    annee := to_char(new.date_emission at time zone 'Africa/Abidjan', 'YYYY');
  end if;
  new.numero_facture := 'FACT-' || annee || '-' || prive.numero_lisible(prive.numero_suivant(emetteur, 'FACT-' || annee), 4);
  return new;
end
$$;
comment on function prive.tg_factures__numero() is 'Before insert: the next number of the issuer in the year where he is (FluxAsync: Abidjan).';
create trigger tg_factures__numero before insert on public.factures
  for each row execute function prive.tg_factures__numero();

create function prive.tg_factures__definitive() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- Whose it is, is the foreign keys' and the policies' affair.
  if tg_op = 'DELETE' or (new.id_abonnement, new.id_commande, new.numero_facture, new.montant_ht, new.montant_tva, new.date_emission)
    is distinct from (old.id_abonnement, old.id_commande, old.numero_facture, old.montant_ht, old.montant_tva, old.date_emission) then
    perform prive.refuser('facture_definitive', 'Une facture émise ne change plus ; annulez-la et émettez-en une autre.');
  end if;
  if old.statut_facture is distinct from new.statut_facture then
    if not (old.statut_facture, new.statut_facture) in (
      ('en_attente', 'payee'), ('en_attente', 'en_retard'), ('en_attente', 'annulee'), ('en_retard', 'payee'), ('en_retard', 'annulee')) then
      perform prive.refuser('transition_interdite', format('Une facture %s ne peut pas devenir %s.', old.statut_facture, new.statut_facture));
    end if;
    new.date_paiement := case when new.statut_facture = 'payee' then prive.maintenant() end;
  end if;
  return new;
end
$$;
comment on function prive.tg_factures__definitive() is
  'An invoice is never deleted and its substance never changes (hint facture_definitive); en_attente → en_retard → payee or annulee (hint transition_interdite).';
create trigger tg_factures__definitive before update or delete on public.factures
  for each row execute function prive.tg_factures__definitive();

create function prive.tg_commandes__facture() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.factures as f set statut_facture = 'annulee'
  where f.id_commande = new.id_commande and f.id_utilisateur = new.id_utilisateur and f.statut_facture in ('en_attente', 'en_retard');
  return null;
end
$$;
comment on function prive.tg_commandes__facture() is 'After an order is annulee or echec: its invoice is annulee, unless it was paid.';
create trigger tg_commandes__facture after update of statut_commande on public.commandes
  for each row when (old.statut_commande is distinct from new.statut_commande and new.statut_commande in ('annulee', 'echec'))
  execute function prive.tg_commandes__facture();

alter table public.factures enable row level security;
create policy "un membre lit les factures aux clients, le proprietaire toutes" on public.factures for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur'))
    and (id_commande is not null or id_utilisateur in (select prive.mes_vendeurs('proprietaire'))));
create policy "un gestionnaire suit les factures aux clients" on public.factures for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')) and id_commande is not null)
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')) and id_commande is not null);
grant select on public.factures to authenticated;
grant update (statut_facture) on public.factures to authenticated;

create function prive.emettre_facture(commande bigint, taux_tva numeric, echeance timestamptz) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid := (select v.id_utilisateur from public.commandes as v
    where v.id_commande = commande and v.id_utilisateur = any (array(select prive.mes_vendeurs('gestionnaire'))));
  c record;
  facture bigint;
begin
  if vendeur is null then
    perform prive.refuser('commande_introuvable', 'Cette commande n''existe pas.');
  end if;
  perform prive.tenir_boutique(vendeur);
  select v.montant_a_payer, v.statut_commande into c from public.commandes as v
  where v.id_commande = commande for no key update;
  if taux_tva is null or taux_tva not between 0 and 1 then
    perform prive.refuser('taux_invalide', 'Un taux de TVA est entre 0 et 1, par exemple 0,18.');
  end if;
  select f.id_facture into facture from public.factures as f where f.id_commande = commande and f.statut_facture <> 'annulee';
  if found then
    return facture;
  end if;
  if c.statut_commande not in ('confirmee', 'en_preparation', 'expediee', 'livree') then
    perform prive.refuser('commande_non_confirmee', 'Seule une commande confirmée est facturée.');
  end if;
  if echeance < prive.maintenant() then
    perform prive.refuser('echeance_passee', 'Une échéance est dans l''avenir.');
  end if;
  -- Prices in a shop are with tax: the tax is taken out of what the customer pays, never added to it.
  insert into public.factures (id_utilisateur, id_commande, montant_ht, montant_tva, date_echeance)
  values (vendeur, commande, round(c.montant_a_payer / (1 + taux_tva), 2),
    c.montant_a_payer - round(c.montant_a_payer / (1 + taux_tva), 2), echeance)
  returning id_facture into facture;
  return facture;
end
$$;
comment on function prive.emettre_facture(bigint, numeric, timestamptz) is 'See public.emettre_facture.';
grant execute on function prive.emettre_facture(bigint, numeric, timestamptz) to authenticated;

create function public.emettre_facture(id_commande bigint, taux_tva numeric default 0, date_echeance timestamptz default null) returns bigint
language sql volatile security invoker set search_path = ''
as $$ select prive.emettre_facture(id_commande, taux_tva, date_echeance) $$;
comment on function public.emettre_facture(bigint, numeric, timestamptz) is
  'A gestionnaire issues the invoice of a confirmed order to its customer, over montant_a_payer (tax included), and gets its id; asked again, the same unless it was cancelled. taux_tva: 0.18 for 18 %. Errors (P0001): hint commande_introuvable, commande_non_confirmee, taux_invalide, echeance_passee.';
grant execute on function public.emettre_facture(bigint, numeric, timestamptz) to authenticated;
