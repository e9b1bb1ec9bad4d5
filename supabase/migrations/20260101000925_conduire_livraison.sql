-- How a delivery is prepared with its order, planned, given to a courier and moved: one call each, under the caller's own rights.

-- ── with the order ───────────────────────────────────────────────────────────────────────────────────────────────

create function prive.preparer_livraison(
  commande bigint, livreur bigint default null, prevue_le timestamptz default null, recuperation text default null,
  destination text default null, frais numeric default null) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vehicules constant text[] := '{velo,moto,voiture,camion}';
  c record;
  ou record;
  prevue timestamptz;
  livraison bigint;
begin
  select v.id_utilisateur, v.adresse_livraison, v.frais_livraison, u.adresse_recuperation into strict c
  from public.commandes as v join public.utilisateurs_fluxasync as u using (id_utilisateur) where v.id_commande = commande;
  select l.jour, l.remuneration into ou from prive.livrer_a(c.id_utilisateur, coalesce(destination, c.adresse_livraison)) as l;
  -- Where nothing is known of the place: the next day on which the shop is open.
  prevue := coalesce(prevue_le, prive.heure_de_livraison(c.id_utilisateur, coalesce(ou.jour, prive.jour_de_livraison(c.id_utilisateur, 1, null))));
  insert into public.livraisons (id_utilisateur, id_commande, id_livreur, date_livraison_prevue, adresse_recuperation,
    adresse_destination, frais_livraison, vehicule_minimum, demander_le)
  values (c.id_utilisateur, commande, livreur, prevue, coalesce(recuperation, left(c.adresse_recuperation, 500)),
    destination, coalesce(frais, ou.remuneration, c.frais_livraison),
    vehicules[(select max(array_position(vehicules, p.vehicule_minimum)) from public.details_commande as d
      join public.produits as p on p.id_produit = d.id_produit and p.id_utilisateur = d.id_utilisateur
      where d.id_commande = commande and d.id_utilisateur = c.id_utilisateur)],
    prive.moment_de_demander(c.id_utilisateur, prevue))
  returning id_livraison into livraison;
  return livraison;
end
$$;
comment on function prive.preparer_livraison(bigint, bigint, timestamptz, text, text, numeric) is
  'Makes the delivery of an order that has none: what is not given is the shop''s and the order''s addresses, the day of prive.livrer_a at prive.heure_de_livraison, the zone''s pay for couriers (else what the customer pays), the largest vehicle an article needs, and prive.moment_de_demander. Hints of prive.tg_livraisons__saisie.';

create function prive.tg_commandes__preparer() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  statut constant text := (select l.statut_livraison from public.livraisons as l
    where l.id_commande = new.id_commande and l.id_utilisateur = new.id_utilisateur);
begin
  if statut is null then
    perform prive.preparer_livraison(new.id_commande);
  elsif statut = 'annulee' then
    update public.livraisons as l
    set statut_livraison = 'a_assigner', adresse_destination = new.adresse_livraison, latitude_destination = null, longitude_destination = null,
        demander_le = prive.moment_de_demander(l.id_utilisateur, l.date_livraison_prevue)
    where l.id_commande = new.id_commande and l.id_utilisateur = new.id_utilisateur;
  end if;
  return null;
exception when raise_exception or data_exception or integrity_constraint_violation then
  -- An order is never lost for its delivery: a person plans it.
  perform prive.notifier_evenement(new.id_utilisateur, 'livraison_a_planifier', 'livraison_a_planifier:' || new.id_commande,
    jsonb_build_object('numero', new.numero_commande), 'commande', new.id_commande);
  return null;
end
$$;
comment on function prive.tg_commandes__preparer() is
  'After an order is confirmed that goes somewhere, or one that was to be collected gets an address: its delivery, in the same transaction, whoever did it. One that cannot be made leaves the order as it is, and the vendor is told.';
create trigger tg_commandes__preparer after update of statut_commande, adresse_livraison on public.commandes
  for each row when (new.statut_commande in ('confirmee', 'en_preparation') and new.adresse_livraison ~ '\S'
    and (old.statut_commande = 'en_attente' or coalesce(old.adresse_livraison, '') !~ '\S'))
  execute function prive.tg_commandes__preparer();

-- ── when its facts change ────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_livraisons__boutique() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  vendeur uuid;
begin
  for vendeur in select v from prive.mes_vendeurs('agent') as v order by v loop
    perform prive.tenir_boutique(vendeur);
  end loop;
  return null;
end
$$;
comment on function prive.tg_livraisons__boutique() is
  'Before a person writes himself what couriers are asked with: he holds his shop, as everybody who moves orders and deliveries does.';
create trigger tg_livraisons__boutique before update of date_livraison_prevue, adresse_destination, frais_livraison on public.livraisons
  for each statement when (pg_trigger_depth() = 0 and current_user = 'authenticated') execute function prive.tg_livraisons__boutique();
create trigger tg_commandes__boutique before update of adresse_livraison on public.commandes
  for each statement when (pg_trigger_depth() = 0 and current_user = 'authenticated') execute function prive.tg_livraisons__boutique();

create function prive.tg_livraisons__replanifiee() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.demander_le := prive.moment_de_demander(new.id_utilisateur, new.date_livraison_prevue);
  return new;
end
$$;
comment on function prive.tg_livraisons__replanifiee() is 'Before day, place or pay change while a courier is looked for: from when one is asked follows.';
create trigger tg_livraisons__replanifiee before update of date_livraison_prevue, adresse_destination, frais_livraison on public.livraisons
  for each row when (old.statut_livraison = 'a_assigner' and new.statut_livraison = 'a_assigner' and old.demander_le = new.demander_le
    and (old.date_livraison_prevue, old.adresse_destination, old.frais_livraison)
      is distinct from (new.date_livraison_prevue, new.adresse_destination, new.frais_livraison))
  execute function prive.tg_livraisons__replanifiee();

create function prive.tg_livraisons__redemander() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.propositions_livraison as p set statut = 'annulee'
  where p.id_livraison = new.id_livraison and p.id_utilisateur = new.id_utilisateur and p.statut = 'proposee';
  return null;
end
$$;
comment on function prive.tg_livraisons__redemander() is 'After day, place or pay changed while a courier is being asked: he was asked something else, and is asked anew.';
create trigger tg_livraisons__redemander after update of date_livraison_prevue, adresse_destination, frais_livraison on public.livraisons
  for each row when (old.statut_livraison = 'a_assigner' and new.statut_livraison = 'a_assigner'
    and (old.date_livraison_prevue, old.adresse_destination, old.frais_livraison)
      is distinct from (new.date_livraison_prevue, new.adresse_destination, new.frais_livraison))
  execute function prive.tg_livraisons__redemander();

create function prive.tg_livraisons__reprendre() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.livraisons as l
  set statut_livraison = 'a_assigner', tour = l.tour + 1, demander_le = prive.moment_de_demander(l.id_utilisateur, l.date_livraison_prevue)
  from public.utilisateurs_fluxasync as u
  where l.id_livraison = new.id_livraison and u.id_utilisateur = l.id_utilisateur and u.livraison_auto;
  return null;
end
$$;
comment on function prive.tg_livraisons__reprendre() is 'After day, place or pay changed of a delivery nobody was found for: what they were asked is not so any more, and couriers are gone through once more.';
create trigger tg_livraisons__reprendre after update of date_livraison_prevue, adresse_destination, frais_livraison on public.livraisons
  for each row when (old.statut_livraison = 'sans_livreur' and new.statut_livraison = 'sans_livreur' and new.demander_le is not null
    and (old.date_livraison_prevue, old.adresse_destination, old.frais_livraison)
      is distinct from (new.date_livraison_prevue, new.adresse_destination, new.frais_livraison))
  execute function prive.tg_livraisons__reprendre();

create function prive.tg_commandes__adresse() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  avant numeric;
  apres numeric;
begin
  if coalesce(new.adresse_livraison, '') !~ '\S' then
    -- Collected after all.
    update public.livraisons as l set statut_livraison = 'annulee'
    where l.id_commande = new.id_commande and l.id_utilisateur = new.id_utilisateur
      and l.statut_livraison in ('a_assigner', 'sans_livreur') and l.adresse_destination = old.adresse_livraison;
    return null;
  end if;
  select coalesce(a.remuneration, new.frais_livraison), coalesce(b.remuneration, new.frais_livraison) into avant, apres
  from prive.livrer_a(new.id_utilisateur, old.adresse_livraison) as a
  cross join prive.livrer_a(new.id_utilisateur, new.adresse_livraison) as b;
  -- A destination or a pay that a person wrote on the delivery himself stays his.
  update public.livraisons as l
  set adresse_destination = new.adresse_livraison, latitude_destination = null, longitude_destination = null,
      frais_livraison = case when l.frais_livraison = avant then apres else l.frais_livraison end
  where l.id_commande = new.id_commande and l.id_utilisateur = new.id_utilisateur
    and l.statut_livraison in ('a_assigner', 'sans_livreur') and l.adresse_destination = old.adresse_livraison;
  return null;
end
$$;
comment on function prive.tg_commandes__adresse() is
  'After the address of an order changed: its delivery goes there, as long as no courier has it, with the pay of that zone; the day stays. The position belonged to the old address. Without one it is annulee: the order is collected.';
create trigger tg_commandes__adresse after update of adresse_livraison on public.commandes
  for each row when (old.adresse_livraison is distinct from new.adresse_livraison and old.adresse_livraison ~ '\S')
  execute function prive.tg_commandes__adresse();

-- ── planning and moving ──────────────────────────────────────────────────────────────────────────────────────────

create function prive.choisir_livreur(vendeur uuid, livreur bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Locked as the foreign key will, so that nobody deletes him in between.
  perform from public.livreurs as l
  where l.id_livreur = livreur and l.id_utilisateur = vendeur and l.livreur_actif for key share;
  if not found then
    perform prive.refuser('livreur_introuvable', 'Ce livreur n''existe pas ou n''est plus actif.');
  end if;
end
$$;
comment on function prive.choisir_livreur(uuid, bigint) is 'Refuses (hint livreur_introuvable) who is no active courier of this vendor, and keeps him until the commit.';

create function prive.inserer_livraison(
  vendeur uuid, commande bigint, livreur bigint, prevue_le timestamptz, recuperation text, destination text, frais numeric) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  la record;
  prevue timestamptz;
begin
  perform prive.tenir_boutique(vendeur);
  select v.statut_commande, v.adresse_livraison into c from public.commandes as v
  where v.id_commande = commande and v.id_utilisateur = vendeur for no key update;
  if not found then
    perform prive.refuser('commande_introuvable', 'Cette commande n''existe pas.');
  end if;
  select l.id_livraison, l.id_livreur, l.statut_livraison, l.date_livraison_prevue, l.adresse_destination into la from public.livraisons as l
  where l.id_commande = commande and l.id_utilisateur = vendeur;
  if la.statut_livraison not in ('a_assigner', 'sans_livreur', 'annulee', 'echec') then
    if livreur <> la.id_livreur then
      perform prive.refuser('livraison_deja_assignee', 'Cette commande a déjà un livreur ; changez-le par assigner_livreur.');
    end if;
    return la.id_livraison;
  end if;
  if c.statut_commande not in ('confirmee', 'en_preparation', 'expediee') then
    perform prive.refuser('commande_non_confirmee', 'Seule une commande confirmée peut être livrée.');
  end if;
  if livreur is not null then
    perform prive.choisir_livreur(vendeur, livreur);
  end if;
  if la.id_livraison is not null then
    -- Planned before and without a courier yet, called off or failed: it goes on from here, to where the order says now.
    prevue := coalesce(prevue_le, case when la.statut_livraison in ('annulee', 'echec') and la.date_livraison_prevue < prive.maintenant()
      then prive.heure_de_livraison(vendeur, null) end, la.date_livraison_prevue);
    update public.livraisons set statut_livraison = 'a_assigner', demander_le = prive.moment_de_demander(vendeur, prevue)
    where id_livraison = la.id_livraison and statut_livraison in ('annulee', 'echec');
    update public.livraisons as l
    set date_livraison_prevue = prevue, adresse_recuperation = coalesce(recuperation, l.adresse_recuperation),
        adresse_destination = coalesce(destination, case when la.statut_livraison in ('annulee', 'echec') then c.adresse_livraison end,
          l.adresse_destination), frais_livraison = coalesce(frais, l.frais_livraison)
    where l.id_livraison = la.id_livraison;
    -- The position belonged to the old address.
    update public.livraisons as l set latitude_destination = null, longitude_destination = null
    where l.id_livraison = la.id_livraison and l.adresse_destination <> la.adresse_destination and l.latitude_destination is not null;
    if livreur is not null then
      update public.livraisons set statut_livraison = 'assignee', id_livreur = livreur where id_livraison = la.id_livraison;
    end if;
    return la.id_livraison;
  end if;
  return prive.preparer_livraison(commande, livreur, prevue_le, recuperation, destination, frais);
end
$$;
comment on function prive.inserer_livraison(uuid, bigint, bigint, timestamptz, text, text, numeric) is
  'The delivery of an order of this vendor, made if there is none; see public.planifier_livraison.';

create function prive.planifier_livraison(
  commande bigint, livreur bigint, prevue_le timestamptz, recuperation text, destination text, frais numeric) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.inserer_livraison(prive.ma_commande(commande), commande, livreur, prevue_le, recuperation, destination, frais);
end
$$;
comment on function prive.planifier_livraison(bigint, bigint, timestamptz, text, text, numeric) is 'See public.planifier_livraison.';
grant execute on function prive.planifier_livraison(bigint, bigint, timestamptz, text, text, numeric) to authenticated;

create function public.planifier_livraison(
  id_commande bigint, id_livreur bigint default null, date_livraison_prevue timestamptz default null,
  adresse_recuperation text default null, adresse_destination text default null, frais_livraison numeric default null) returns bigint
language sql volatile security invoker set search_path = ''
as $$
  select prive.planifier_livraison(id_commande, id_livreur, date_livraison_prevue, adresse_recuperation, adresse_destination, frais_livraison)
$$;
comment on function public.planifier_livraison(bigint, bigint, timestamptz, text, text, numeric) is
  'An agent plans the delivery of a confirmed order and returns its id. An order with an address has one since it was confirmed: it is corrected as long as no courier has it, and begun again when it was annulee or failed. Without addresses, day or fee: the shop''s, the order''s and the zone''s; with a courier it is assignee at once. Errors (P0001): hint commande_introuvable, commande_non_confirmee, adresse_manquante, livreur_introuvable, livraison_deja_assignee, frais_invalides, texte_trop_long.';
grant execute on function public.planifier_livraison(bigint, bigint, timestamptz, text, text, numeric) to authenticated;

create function prive.tenir_livraison(vendeur uuid, livraison bigint, commande bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.tenir_boutique(vendeur);
  -- The order first, as everywhere: each of the two moves the other.
  perform from public.commandes as c where c.id_commande = commande for no key update;
  perform from public.livraisons as v where v.id_livraison = livraison for no key update;
end
$$;
comment on function prive.tenir_livraison(uuid, bigint, bigint) is 'Holds the shop, locks the order and its delivery, in this order.';

create function prive.ma_livraison(livraison bigint) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
begin
  select v.id_utilisateur, v.id_commande into l from public.livraisons as v
  where v.id_livraison = livraison and v.id_utilisateur = any (array(select prive.mes_vendeurs('agent')));
  if not found then
    perform prive.refuser('livraison_introuvable', 'Cette livraison n''existe pas.');
  end if;
  perform prive.tenir_livraison(l.id_utilisateur, livraison, l.id_commande);
  return l.id_utilisateur;
end
$$;
comment on function prive.ma_livraison(bigint) is 'The vendor of a delivery the caller may change, his shop held, its order and itself locked. Hint livraison_introuvable.';

create function prive.confier_livraison(vendeur uuid, livraison bigint, livreur bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.choisir_livreur(vendeur, livreur);
  -- Another courier than the one who has it: first back, so that the arrows and the dates hold.
  update public.livraisons set statut_livraison = 'a_assigner'
  where id_livraison = livraison and statut_livraison = 'assignee' and id_livreur <> livreur;
  update public.livraisons as l
  set statut_livraison = 'assignee', id_livreur = livreur,
      duree_estimee_minutes = coalesce(prive.minutes_de_course(livraison, livreur), l.duree_estimee_minutes)
  where l.id_livraison = livraison and (l.statut_livraison <> 'assignee' or l.id_livreur <> livreur);
  update public.propositions_livraison set statut = 'annulee' where id_livraison = livraison and statut = 'proposee';
end
$$;
comment on function prive.confier_livraison(uuid, bigint, bigint) is
  'A person gives a delivery to a courier, also to one who refused it; who calls holds the shop, the order and the delivery. Hints livreur_introuvable, transition_interdite.';

create function prive.assigner_livreur(livraison bigint, livreur bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.confier_livraison(prive.ma_livraison(livraison), livraison, livreur);
end
$$;
comment on function prive.assigner_livreur(bigint, bigint) is 'See public.assigner_livreur.';
grant execute on function prive.assigner_livreur(bigint, bigint) to authenticated;

create function public.assigner_livreur(id_livraison bigint, id_livreur bigint) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.assigner_livreur(id_livraison, id_livreur) $$;
comment on function public.assigner_livreur(bigint, bigint) is
  'An agent gives a delivery to a courier himself, also instead of another one who has not picked it up, also to one who refused; an open proposal ends. Errors (P0001): hint livraison_introuvable, livreur_introuvable, transition_interdite.';
grant execute on function public.assigner_livreur(bigint, bigint) to authenticated;

create function prive.changer_statut_livraison(livraison bigint, statut text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.ma_livraison(livraison);
  if statut is null or statut not in ('a_assigner', 'sans_livreur', 'assignee', 'recuperee', 'en_transit', 'livree', 'echec', 'annulee') then
    perform prive.refuser('statut_inconnu', 'Ce statut de livraison n''existe pas.');
  end if;
  if statut = 'assignee' and exists (
    select from public.livraisons as l where l.id_livraison = livraison and l.id_livreur is null) then
    perform prive.refuser('livreur_requis', 'Choisissez un livreur pour cette livraison.');
  end if;
  update public.livraisons as l
  set statut_livraison = statut,
      -- Looked for from now on; put aside, it stays with the shop.
      demander_le = case statut when 'a_assigner' then prive.moment_de_demander(l.id_utilisateur, l.date_livraison_prevue)
        when 'sans_livreur' then null else l.demander_le end,
      raison_statut = case statut when 'sans_livreur' then 'autre' else l.raison_statut end,
      motif_statut = case statut when 'sans_livreur' then 'Mise de côté par la boutique.' else l.motif_statut end
  where l.id_livraison = livraison and l.statut_livraison <> statut;
end
$$;
comment on function prive.changer_statut_livraison(bigint, text) is 'See public.changer_statut_livraison.';
grant execute on function prive.changer_statut_livraison(bigint, text) to authenticated;

create function public.changer_statut_livraison(id_livraison bigint, statut text) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.changer_statut_livraison(id_livraison, statut) $$;
comment on function public.changer_statut_livraison(bigint, text) is
  'An agent moves a delivery: assignee → recuperee → en_transit → livree (the order follows), echec → a_assigner for another try (couriers are asked from when they may be, unless livraison_auto is off), sans_livreur to put it aside (nobody is asked any more), annulee (and back to a_assigner while the order is under way). The status it has already changes nothing; a courier is chosen by assigner_livreur. Errors (P0001): hint livraison_introuvable, statut_inconnu, livreur_requis, transition_interdite.';
grant execute on function public.changer_statut_livraison(bigint, text) to authenticated;

create function service.planifier_livraison(
  id_utilisateur uuid, id_commande bigint, id_livreur bigint, date_livraison_prevue timestamptz, frais_livraison numeric) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.inserer_livraison(id_utilisateur, id_commande, id_livreur, date_livraison_prevue, null, null, frais_livraison);
end
$$;
comment on function service.planifier_livraison(uuid, bigint, bigint, timestamptz, numeric) is
  'The delivery of an order, made if there is none, assigned when a courier is named: its id. Order and courier must be this vendor''s. Errors as public.planifier_livraison.';
grant execute on function service.planifier_livraison(uuid, bigint, bigint, timestamptz, numeric) to service_role;
