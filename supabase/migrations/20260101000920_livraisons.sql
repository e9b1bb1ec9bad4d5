-- Couriers, deliveries, and whom a delivery was offered to.

-- ── couriers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.livreurs (
  id_livreur bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  nom_complet_livreur text not null constraint nom_non_vide check (length(btrim(nom_complet_livreur)) between 1 and 200),
  numero_telephone_livreur text not null constraint numero_e164 check (numero_telephone_livreur ~ '^\+[1-9][0-9]{7,14}$'),
  email_livreur text,
  zones_couverture text,
  zones text[] not null generated always as (coalesce(prive.zones_de(zones_couverture), '{}')) stored,
  type_vehicule text not null default 'moto' constraint vehicule_connu check (type_vehicule in ('moto', 'velo', 'voiture', 'camion')),
  note_moyenne numeric(3, 2) constraint note_entre_0_et_5 check (note_moyenne between 0 and 5),
  nombre_livraisons_total integer not null default 0,
  disponible_maintenant boolean not null default true,
  livreur_actif boolean not null default true,
  derniere_latitude double precision constraint latitude_terrestre check (derniere_latitude between -90 and 90),
  derniere_longitude double precision constraint longitude_terrestre check (derniere_longitude between -180 and 180),
  position_le timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint position_entiere check (
    (derniere_latitude is null) = (derniere_longitude is null) and (derniere_latitude is null) = (position_le is null)),
  constraint livreurs_du_vendeur unique (id_livreur, id_utilisateur),
  constraint numero_livreur_unique unique (id_utilisateur, numero_telephone_livreur)
);
comment on table public.livreurs is 'The couriers a vendor works with. Who has delivered cannot be deleted, only made inactive.';
comment on column public.livreurs.zones is 'zones_couverture as a list that can be compared.';
comment on column public.livreurs.note_moyenne is '1 to 5, the average of avis_livraison; null before the first one. Kept by trigger.';
comment on column public.livreurs.nombre_livraisons_total is 'Deliveries that arrived; kept by trigger.';
comment on column public.livreurs.position_le is 'When derniere_latitude and derniere_longitude were so.';
create index livreurs_par_vendeur on public.livreurs (id_utilisateur, date_creation desc, id_livreur);

alter table public.conversations add constraint livreur_du_vendeur foreign key (id_livreur, id_utilisateur)
  references public.livreurs (id_livreur, id_utilisateur) on delete set null (id_livreur);
create index conversations_par_livreur on public.conversations (id_livreur, id_utilisateur) where id_livreur is not null;

create function prive.tg_livreurs__telephone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.numero_telephone_livreur := prive.telephone_chez(new.id_utilisateur, new.numero_telephone_livreur);
  return new;
end
$$;
comment on function prive.tg_livreurs__telephone() is 'Before a number is written: E.164 by the vendor''s country (hint telephone_invalide).';
create trigger tg_livreurs__telephone before insert or update of numero_telephone_livreur on public.livreurs
  for each row execute function prive.tg_livreurs__telephone();

create function prive.tg_livreurs__engage() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.livraisons as l where l.id_livreur = old.id_livreur and l.id_utilisateur = old.id_utilisateur)
    or exists (select from public.propositions_livraison as p where p.id_livreur = old.id_livreur and p.id_utilisateur = old.id_utilisateur) then
    perform prive.refuser('livreur_engage', 'Ce livreur a des livraisons : désactivez-le au lieu de le supprimer.');
  end if;
  return old;
end
$$;
comment on function prive.tg_livreurs__engage() is 'Before a courier is deleted: who was asked or has delivered stays (hint livreur_engage), unless the vendor himself goes.';
create trigger tg_livreurs__engage before delete on public.livreurs
  for each row when (pg_trigger_depth() = 0) execute function prive.tg_livreurs__engage();

alter table public.livreurs enable row level security;
create policy "un membre lit les livreurs de ses vendeurs" on public.livreurs for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un gestionnaire ajoute des livreurs" on public.livreurs for insert to authenticated
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire modifie les livreurs" on public.livreurs for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire supprime des livreurs" on public.livreurs for delete to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select, delete on public.livreurs to authenticated;
grant insert (id_utilisateur, nom_complet_livreur, numero_telephone_livreur, email_livreur, zones_couverture, type_vehicule,
  disponible_maintenant, livreur_actif) on public.livreurs to authenticated;
grant update (nom_complet_livreur, numero_telephone_livreur, email_livreur, zones_couverture, type_vehicule,
  disponible_maintenant, livreur_actif) on public.livreurs to authenticated;

-- ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────────

create table public.livraisons (
  id_livraison bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_commande bigint not null,
  id_livreur bigint,
  date_livraison_prevue timestamptz,
  adresse_recuperation text constraint recuperation_de_taille_raisonnable check (length(adresse_recuperation) <= 500),
  adresse_destination text not null constraint destination_de_taille_raisonnable check (length(adresse_destination) between 1 and 500),
  latitude_destination double precision constraint latitude_terrestre check (latitude_destination between -90 and 90),
  longitude_destination double precision constraint longitude_terrestre check (longitude_destination between -180 and 180),
  statut_livraison text not null default 'a_assigner' constraint statut_connu check (statut_livraison in
    ('a_assigner', 'sans_livreur', 'assignee', 'recuperee', 'en_transit', 'livree', 'echec', 'annulee')),
  frais_livraison numeric(12, 2) not null default 0 constraint frais_positifs check (frais_livraison >= 0),
  duree_estimee_minutes integer constraint duree_estimee_positive check (duree_estimee_minutes >= 0),
  duree_reelle_minutes integer constraint duree_reelle_positive check (duree_reelle_minutes >= 0),
  demander_le timestamptz,
  tour integer not null default 1 constraint tour_positif check (tour > 0),
  zones_elargies boolean not null default false,
  vehicule_minimum text constraint vehicule_connu check (vehicule_minimum in ('velo', 'moto', 'voiture', 'camion')),
  raison_statut text constraint raison_connue check (raison_statut in (
    'aucun_livreur', 'aucun_disponible', 'hors_zone', 'vehicule', 'injoignables', 'personne_n_accepte', 'livreur_renonce',
    'client_absent', 'client_injoignable', 'adresse_introuvable', 'refus_client', 'colis_abime', 'autre')),
  motif_statut text constraint motif_de_taille_raisonnable check (length(motif_statut) <= 500),
  preuve_livraison text,
  notes_livraison text constraint notes_de_taille_raisonnable check (length(notes_livraison) <= 2000),
  version_code integer not null default 1,
  essais_code integer not null default 0 constraint essais_positifs check (essais_code >= 0),
  montant_encaisse numeric(12, 2) constraint encaisse_positif check (montant_encaisse >= 0),
  date_assignation timestamptz,
  date_recuperation timestamptz,
  date_livraison_effective timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint une_livraison_par_commande unique (id_commande, id_utilisateur),
  constraint livraisons_du_vendeur unique (id_livraison, id_utilisateur),
  constraint destination_entiere check ((latitude_destination is null) = (longitude_destination is null)),
  constraint livreur_des_l_assignation check (
    statut_livraison not in ('assignee', 'recuperee', 'en_transit', 'livree') or id_livreur is not null),
  constraint sans_livreur_avant check (statut_livraison not in ('a_assigner', 'sans_livreur') or id_livreur is null),
  constraint livree_a_une_date check ((statut_livraison = 'livree') = (date_livraison_effective is not null)),
  constraint commande_du_vendeur foreign key (id_commande, id_utilisateur)
    references public.commandes (id_commande, id_utilisateur) on delete cascade,
  constraint livreur_du_vendeur foreign key (id_livreur, id_utilisateur)
    references public.livreurs (id_livreur, id_utilisateur) on delete restrict
);
comment on table public.livraisons is 'The way of an order to its customer: one delivery per order, moved by changer_statut_livraison.';
comment on column public.livraisons.frais_livraison is 'What the courier is paid, in the vendor''s currency; what the customer pays for it is the order''s frais_livraison.';
comment on column public.livraisons.statut_livraison is 'sans_livreur: nobody was found, a person must.';
comment on column public.livraisons.demander_le is 'From when couriers are asked; null: nobody is asked by itself.';
comment on column public.livraisons.tour is 'How often couriers have been gone through: who let an offer expire is asked again in a later one, who refused is not.';
comment on column public.livraisons.zones_elargies is 'Nobody was found in the zone: couriers of other zones are asked as well.';
comment on column public.livraisons.vehicule_minimum is 'The smallest vehicle that can carry the order, velo < moto < voiture < camion; null: any.';
comment on column public.livraisons.raison_statut is
  'Why it is sans_livreur (aucun_livreur: the shop has none; aucun_disponible; hors_zone; vehicule; injoignables: none may be written to on WhatsApp now; personne_n_accepte; livreur_renonce) or echec (client_absent, client_injoignable, adresse_introuvable, refus_client, colis_abime, autre).';
comment on column public.livraisons.motif_statut is 'The same for people, with what the courier said.';
comment on column public.livraisons.preuve_livraison is 'What shows that it arrived: "code", "photo:<id_message>", or a person''s words.';
comment on column public.livraisons.version_code is 'Of the handover code: each further try has its own, so that who had an earlier one cannot use it. The code itself is stored nowhere.';
comment on column public.livraisons.essais_code is 'Wrong handover codes so far in this try: after five, a person of the shop decides.';
comment on column public.livraisons.montant_encaisse is
  'What the courier took from the customer for the vendor when it arrived: all of an order to be paid at delivery and not paid before; else null.';
comment on column public.livraisons.duree_reelle_minutes is 'From the pick-up (else the assignment) to the customer.';
create index livraisons_par_vendeur on public.livraisons (id_utilisateur, date_creation desc, id_livraison);
create index livraisons_par_statut on public.livraisons (id_utilisateur, statut_livraison, date_creation desc, id_livraison);
create index livraisons_a_demander on public.livraisons (demander_le) where statut_livraison = 'a_assigner' and demander_le is not null;
create index livraisons_en_main on public.livraisons (date_livraison_prevue) where statut_livraison in ('assignee', 'recuperee', 'en_transit');
create index livraisons_par_livreur on public.livraisons (id_livreur, id_utilisateur, date_assignation desc) where id_livreur is not null;
create index livraisons_par_arrivee on public.livraisons (id_utilisateur, date_livraison_effective) where date_livraison_effective is not null;
create trigger tg_livraisons__date_modification before update on public.livraisons
  for each row execute function prive.tg_date_modification();

create function prive.tg_livraisons__commande() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  c record;
begin
  select v.id_utilisateur, v.adresse_livraison, u.adresse_recuperation into c
  from public.commandes as v join public.utilisateurs_fluxasync as u using (id_utilisateur)
  where v.id_commande = new.id_commande;
  new.id_utilisateur := coalesce(new.id_utilisateur, c.id_utilisateur);
  new.adresse_recuperation := coalesce(new.adresse_recuperation, c.adresse_recuperation);
  new.adresse_destination := coalesce(new.adresse_destination, c.adresse_livraison);
  if new.statut_livraison not in ('a_assigner', 'sans_livreur', 'assignee') then
    perform prive.refuser('transition_interdite', 'Une livraison commence par chercher un livreur.');
  end if;
  -- Whoever names the courier at once has assigned it.
  if new.id_livreur is not null then
    new.statut_livraison := 'assignee';
    new.date_assignation := prive.maintenant();
  end if;
  return new;
end
$$;
comment on function prive.tg_livraisons__commande() is
  'Before insert: vendor and addresses of the order and of the shop where they are not given; with a courier it is assignee.';
create trigger tg_livraisons__commande before insert on public.livraisons
  for each row execute function prive.tg_livraisons__commande();

create function prive.tg_livraisons__saisie() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if coalesce(new.adresse_destination, '') = '' then
    perform prive.refuser('adresse_manquante', 'Cette commande n''a pas d''adresse de livraison.');
  end if;
  if length(new.adresse_destination) > 500 or length(new.adresse_recuperation) > 500 or length(new.notes_livraison) > 2000 then
    perform prive.refuser('texte_trop_long', 'Une adresse a au plus 500 caractères, des notes au plus 2 000.');
  end if;
  if new.frais_livraison is null or new.frais_livraison not between 0 and 100000000 then
    perform prive.refuser('frais_invalides', 'Des frais de livraison sont entre 0 et 100 millions.');
  end if;
  if num_nulls(new.latitude_destination, new.longitude_destination) = 1
    or new.latitude_destination not between -90 and 90 or new.longitude_destination not between -180 and 180 then
    perform prive.refuser('position_invalide', 'Une position a une latitude et une longitude, en degrés.');
  end if;
  if new.duree_estimee_minutes < 0 then
    perform prive.refuser('duree_invalide', 'Une durée n''est jamais négative.');
  end if;
  return new;
end
$$;
comment on function prive.tg_livraisons__saisie() is
  'Before a person''s words are written: the checks of the table in words. Hints adresse_manquante, texte_trop_long, frais_invalides, position_invalide, duree_invalide.';
create trigger tg_livraisons__saisie before insert or update of adresse_recuperation, adresse_destination, latitude_destination,
  longitude_destination, frais_livraison, duree_estimee_minutes, notes_livraison
  on public.livraisons for each row execute function prive.tg_livraisons__saisie();

create function prive.tg_livraisons__statut_en_avant() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if not (old.statut_livraison, new.statut_livraison) in (
    ('a_assigner', 'sans_livreur'), ('sans_livreur', 'a_assigner'), ('a_assigner', 'assignee'), ('sans_livreur', 'assignee'),
    ('assignee', 'a_assigner'), ('assignee', 'recuperee'), ('recuperee', 'en_transit'), ('recuperee', 'livree'), ('en_transit', 'livree'),
    ('assignee', 'echec'), ('recuperee', 'echec'), ('en_transit', 'echec'), ('echec', 'a_assigner'),
    ('a_assigner', 'annulee'), ('sans_livreur', 'annulee'), ('assignee', 'annulee'), ('recuperee', 'annulee'), ('en_transit', 'annulee'),
    ('echec', 'annulee'))
    -- Called off by mistake, or wanted after all: as long as the order is under way it may begin again.
    and not (old.statut_livraison = 'annulee' and new.statut_livraison = 'a_assigner' and exists (
      select from public.commandes as c where c.id_commande = new.id_commande and c.id_utilisateur = new.id_utilisateur
        and c.statut_commande in ('confirmee', 'en_preparation', 'expediee'))) then
    perform prive.refuser('transition_interdite', format(
      'Une livraison %s ne peut pas devenir %s.', old.statut_livraison, new.statut_livraison));
  end if;
  if new.statut_livraison not in ('sans_livreur', 'echec') then
    new.raison_statut := null;
    new.motif_statut := null;
  end if;
  case new.statut_livraison
    when 'a_assigner' then
      new.id_livreur := null;
      new.date_assignation := null;
      new.date_recuperation := null;
      -- Another try is another courier, with his own code and his own proof.
      new.essais_code := 0;
      new.preuve_livraison := null;
      if old.statut_livraison <> 'sans_livreur' then
        new.version_code := old.version_code + 1;
        -- And everybody who only let an offer pass may be asked again.
        new.tour := greatest(new.tour, old.tour + 1);
      end if;
      if new.date_livraison_prevue < prive.maintenant() then
        new.date_livraison_prevue := prive.heure_de_livraison(new.id_utilisateur, null);
      end if;
    when 'assignee' then
      new.date_assignation := prive.maintenant();
      -- Somewhat late is late; long past, courier and customer need another time.
      if new.date_livraison_prevue < prive.maintenant() - interval '1 hour' then
        new.date_livraison_prevue := prive.heure_de_livraison(new.id_utilisateur, null);
      end if;
    when 'recuperee' then
      new.date_recuperation := prive.maintenant();
    when 'livree' then
      new.date_livraison_effective := prive.maintenant();
      new.duree_reelle_minutes := greatest(0, round(extract(epoch from
        new.date_livraison_effective - coalesce(new.date_recuperation, new.date_assignation)) / 60))::integer;
      new.montant_encaisse := (select c.montant_a_payer from public.commandes as c
        where c.id_commande = new.id_commande and c.id_utilisateur = new.id_utilisateur
          and c.methode_paiement = 'paiement_livraison' and c.statut_paiement in ('en_attente', 'echec') and c.statut_commande not in ('annulee', 'echec'));
    else null;
  end case;
  return new;
end
$$;
comment on function prive.tg_livraisons__statut_en_avant() is
  'a_assigner ⇄ sans_livreur → assignee → recuperee → en_transit → livree; a courier who gives up, and a failed delivery, lead back to a_assigner, and so does one that was annulee while its order is under way; annulee from all but livree. Sets the dates; a planned time that is over becomes the next possible one. Hint transition_interdite.';
create trigger tg_livraisons__statut_en_avant before update of statut_livraison on public.livraisons
  for each row when (old.statut_livraison is distinct from new.statut_livraison)
  execute function prive.tg_livraisons__statut_en_avant();

create function prive.tg_livraisons__suites() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.commandes as c set statut_livraison = new.statut_livraison
  where c.id_commande = new.id_commande and c.id_utilisateur = new.id_utilisateur;
  if new.statut_livraison = 'livree' then
    update public.livreurs as l set nombre_livraisons_total = l.nombre_livraisons_total + 1
    where l.id_livreur = new.id_livreur and l.id_utilisateur = new.id_utilisateur;
    update public.commandes as c set statut_commande = 'livree'
    where c.id_commande = new.id_commande and c.statut_commande in ('confirmee', 'en_preparation', 'expediee');
    if new.montant_encaisse is not null then
      update public.commandes as c set statut_paiement = 'paye'
      where c.id_commande = new.id_commande and c.id_utilisateur = new.id_utilisateur;
    end if;
  elsif new.statut_livraison in ('recuperee', 'en_transit') then
    update public.commandes as c set statut_commande = 'expediee'
    where c.id_commande = new.id_commande and c.statut_commande in ('confirmee', 'en_preparation');
  elsif new.statut_livraison in ('annulee', 'assignee', 'sans_livreur') then
    update public.propositions_livraison as p set statut = 'annulee'
    where p.id_livraison = new.id_livraison and p.statut = 'proposee';
  end if;
  return null;
end
$$;
comment on function prive.tg_livraisons__suites() is
  'After a status: the order says it too and follows (expediee, livree; paye when the courier cashed it in), and the courier''s count; once a delivery has a courier, or has none to find, nobody is asked any more (who accepts an offer marks it acceptee first). A failed delivery leaves the order as it is: the vendor decides.';
create trigger tg_livraisons__nouvelle after insert on public.livraisons
  for each row execute function prive.tg_livraisons__suites();
create trigger tg_livraisons__suites after update of statut_livraison on public.livraisons
  for each row when (old.statut_livraison is distinct from new.statut_livraison)
  execute function prive.tg_livraisons__suites();

create function prive.tg_commandes__livraison() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- An order that is over needs no courier any more: handed over without him, it was not his delivery.
  update public.livraisons as l set statut_livraison = 'annulee'
  where l.id_commande = new.id_commande and l.id_utilisateur = new.id_utilisateur
    and l.statut_livraison not in ('livree', 'annulee');
  return null;
end
$$;
comment on function prive.tg_commandes__livraison() is 'After an order is over (livree, annulee, echec): a delivery still under way is annulee.';
create trigger tg_commandes__livraison after update of statut_commande on public.commandes
  for each row when (old.statut_commande is distinct from new.statut_commande and new.statut_commande in ('livree', 'annulee', 'echec'))
  execute function prive.tg_commandes__livraison();

alter table public.livraisons enable row level security;
create policy "un membre lit les livraisons de ses vendeurs" on public.livraisons for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un agent complete les livraisons" on public.livraisons for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('agent')))
  with check (id_utilisateur in (select prive.mes_vendeurs('agent')));
grant select on public.livraisons to authenticated;
grant update (date_livraison_prevue, adresse_recuperation, adresse_destination, latitude_destination, longitude_destination,
  frais_livraison, duree_estimee_minutes, preuve_livraison, notes_livraison) on public.livraisons to authenticated;

-- ── offers to couriers ───────────────────────────────────────────────────────────────────────────────────────────

create table public.propositions_livraison (
  id_proposition bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_livraison bigint not null,
  id_livreur bigint not null,
  rang integer not null constraint rang_positif check (rang > 0),
  tour integer not null default 1,
  statut text not null default 'proposee' constraint statut_connu check (statut in ('proposee', 'acceptee', 'refusee', 'expiree', 'annulee')),
  score numeric(7, 3),
  motif text,
  details jsonb not null default '[]' constraint details_sont_une_liste check (jsonb_typeof(details) = 'array'),
  expire_le timestamptz not null,
  retrait_dit_le timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint un_rang_par_livraison unique (id_livraison, id_utilisateur, rang),
  constraint livraison_du_vendeur foreign key (id_livraison, id_utilisateur)
    references public.livraisons (id_livraison, id_utilisateur) on delete cascade,
  constraint livreur_du_vendeur foreign key (id_livreur, id_utilisateur)
    references public.livreurs (id_livreur, id_utilisateur) on delete restrict
);
comment on table public.propositions_livraison is 'A courier is asked, has until expire_le, then the next one is asked; at most one open question per delivery. Written by the service alone.';
comment on column public.propositions_livraison.tour is 'livraisons.tour when he was asked.';
comment on column public.propositions_livraison.retrait_dit_le is 'Of one that was annulee: when the courier''s question was settled, so that he is told once.';
comment on column public.propositions_livraison.rang is 'First asked is 1.';
comment on column public.propositions_livraison.motif is 'Why this courier: for people, written from details alone.';
comment on column public.propositions_livraison.details is 'What the score is made of: [{ critere, valeur, points, dit }], points summing up to it.';
create unique index une_proposition_ouverte on public.propositions_livraison (id_livraison) where statut = 'proposee';
create index propositions_livraison_par_vendeur on public.propositions_livraison (id_utilisateur, date_creation desc, id_proposition);
create index propositions_livraison_par_livreur on public.propositions_livraison (id_livreur, id_utilisateur);
-- Few are open at a time: who is being asked by a shop, and what is due.
create index propositions_livraison_ouvertes on public.propositions_livraison (id_utilisateur, id_livreur) where statut = 'proposee';
create index propositions_livraison_a_expirer on public.propositions_livraison (expire_le) where statut = 'proposee';

create trigger tg_propositions_livraison__vendeur before insert on public.propositions_livraison
  for each row when (new.id_utilisateur is null) execute function prive.tg_vendeur_du_parent('livraisons', 'id_livraison');

create function prive.tg_propositions_livraison__close() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform prive.refuser('transition_interdite', format('Une proposition %s ne peut pas devenir %s.', old.statut, new.statut));
  return new;
end
$$;
comment on function prive.tg_propositions_livraison__close() is 'An answer is final: only a proposee proposal changes. Hint transition_interdite.';
create trigger tg_propositions_livraison__close before update of statut on public.propositions_livraison
  for each row when (old.statut <> 'proposee' and old.statut is distinct from new.statut)
  execute function prive.tg_propositions_livraison__close();

alter table public.propositions_livraison enable row level security;
create policy "un membre lit les propositions de ses vendeurs" on public.propositions_livraison for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.propositions_livraison to authenticated;

alter publication supabase_realtime add table public.livraisons, public.propositions_livraison;
