-- How a delivery is planned, given to a courier and moved: one call each, under the caller's own rights.

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
  livraison bigint;
begin
  perform prive.tenir_boutique(vendeur);
  select v.statut_commande, v.adresse_livraison into c from public.commandes as v
  where v.id_commande = commande and v.id_utilisateur = vendeur for no key update;
  if not found then
    perform prive.refuser('commande_introuvable', 'Cette commande n''existe pas.');
  end if;
  select l.id_livraison, l.id_livreur, l.statut_livraison into la from public.livraisons as l
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
    update public.livraisons set statut_livraison = 'a_assigner' where id_livraison = la.id_livraison and statut_livraison in ('annulee', 'echec');
    update public.livraisons as l
    set date_livraison_prevue = coalesce(prevue_le, l.date_livraison_prevue), adresse_recuperation = coalesce(recuperation, l.adresse_recuperation),
        adresse_destination = coalesce(destination, case when la.statut_livraison in ('annulee', 'echec') then c.adresse_livraison end,
          l.adresse_destination), frais_livraison = coalesce(frais, l.frais_livraison)
    where l.id_livraison = la.id_livraison;
    if livreur is not null then
      update public.livraisons set statut_livraison = 'assignee', id_livreur = livreur where id_livraison = la.id_livraison;
    end if;
    return la.id_livraison;
  end if;
  insert into public.livraisons (id_utilisateur, id_commande, id_livreur, date_livraison_prevue, adresse_recuperation,
    adresse_destination, frais_livraison)
  values (vendeur, commande, livreur, prevue_le, recuperation, destination, coalesce(frais, 0))
  returning id_livraison into livraison;
  return livraison;
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
  'An agent plans the delivery of a confirmed order and returns its id; an order has one: asked again it is the same, corrected as long as no courier has it, and begun again when it was annulee or failed. Without addresses: the shop''s and the order''s; with a courier it is assignee at once. Errors (P0001): hint commande_introuvable, commande_non_confirmee, adresse_manquante, livreur_introuvable, livraison_deja_assignee, frais_invalides, texte_trop_long.';
grant execute on function public.planifier_livraison(bigint, bigint, timestamptz, text, text, numeric) to authenticated;

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
  perform prive.tenir_boutique(l.id_utilisateur);
  -- The order first, as everywhere: each of the two moves the other.
  perform from public.commandes as c where c.id_commande = l.id_commande for no key update;
  perform from public.livraisons as v where v.id_livraison = livraison for no key update;
  return l.id_utilisateur;
end
$$;
comment on function prive.ma_livraison(bigint) is 'The vendor of a delivery the caller may change, his shop held, its order and itself locked. Hint livraison_introuvable.';

create function prive.assigner_livreur(livraison bigint, livreur bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid := prive.ma_livraison(livraison);
begin
  perform prive.choisir_livreur(vendeur, livreur);
  -- Another courier than the one who has it: first back, so that the arrows and the dates hold.
  update public.livraisons set statut_livraison = 'a_assigner'
  where id_livraison = livraison and statut_livraison = 'assignee' and id_livreur <> livreur;
  update public.livraisons as l set statut_livraison = 'assignee', id_livreur = livreur
  where l.id_livraison = livraison and (l.statut_livraison <> 'assignee' or l.id_livreur <> livreur);
  update public.propositions_livraison set statut = 'annulee' where id_livraison = livraison and statut = 'proposee';
end
$$;
comment on function prive.assigner_livreur(bigint, bigint) is 'See public.assigner_livreur.';
grant execute on function prive.assigner_livreur(bigint, bigint) to authenticated;

create function public.assigner_livreur(id_livraison bigint, id_livreur bigint) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.assigner_livreur(id_livraison, id_livreur) $$;
comment on function public.assigner_livreur(bigint, bigint) is
  'An agent gives a delivery to a courier himself, also instead of another one who has not picked it up; an open proposal ends. Errors (P0001): hint livraison_introuvable, livreur_introuvable, transition_interdite.';
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
  update public.livraisons set statut_livraison = statut where id_livraison = livraison and statut_livraison <> statut;
end
$$;
comment on function prive.changer_statut_livraison(bigint, text) is 'See public.changer_statut_livraison.';
grant execute on function prive.changer_statut_livraison(bigint, text) to authenticated;

create function public.changer_statut_livraison(id_livraison bigint, statut text) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.changer_statut_livraison(id_livraison, statut) $$;
comment on function public.changer_statut_livraison(bigint, text) is
  'An agent moves a delivery: assignee → recuperee → en_transit → livree (the order follows), echec → a_assigner for another try, annulee (and back to a_assigner while the order is under way). The status it has already changes nothing; a courier is chosen by assigner_livreur. Errors (P0001): hint livraison_introuvable, statut_inconnu, livreur_requis, transition_interdite.';
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
