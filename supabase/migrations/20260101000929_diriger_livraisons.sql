-- What a vendor does about a delivery nobody takes, in his front end or with one tap on WhatsApp.

-- ── looking again ────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.relancer(livraison bigint, elargir boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  voulu constant text := 'a_assigner';
  l record;
begin
  select v.id_utilisateur, v.statut_livraison, v.date_livraison_prevue into strict l from public.livraisons as v where v.id_livraison = livraison;
  if l.statut_livraison not in ('sans_livreur', 'echec', 'a_assigner') then
    perform prive.refuser('transition_interdite', format('Une livraison %s ne peut pas devenir %s.', l.statut_livraison, voulu));
  end if;
  update public.livraisons as v
  set statut_livraison = voulu, demander_le = prive.maintenant(), tour = v.tour + 1, zones_elargies = v.zones_elargies or coalesce(elargir, false),
      date_livraison_prevue = case when v.date_livraison_prevue < prive.maintenant() then prive.heure_de_livraison(v.id_utilisateur, null)
        else v.date_livraison_prevue end
  where v.id_livraison = livraison;
end
$$;
comment on function prive.relancer(bigint, boolean) is
  'Couriers are gone through once more, from now on; a planned time that is over becomes the next possible one. Who calls holds the shop, the order and the delivery. Hint transition_interdite.';

create function prive.relancer_livraison(livraison bigint, elargir boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.ma_livraison(livraison);
  perform prive.relancer(livraison, elargir);
end
$$;
comment on function prive.relancer_livraison(bigint, boolean) is 'See public.relancer_livraison.';
grant execute on function prive.relancer_livraison(bigint, boolean) to authenticated;

create function public.relancer_livraison(id_livraison bigint, elargir boolean default false) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.relancer_livraison(id_livraison, elargir) $$;
comment on function public.relancer_livraison(bigint, boolean) is
  'An agent has couriers asked again, at once (at night: in the morning, see livreurs_de), for a delivery that is sans_livreur, echec or a_assigner; elargir: those of other zones too, from now on. Who let an offer expire is asked again, who refused is not. Errors (P0001): hint livraison_introuvable, transition_interdite.';
grant execute on function public.relancer_livraison(bigint, boolean) to authenticated;

-- ── couriers' availability ───────────────────────────────────────────────────────────────────────────────────────

create function prive.changer_disponibilite(livreur bigint, disponible boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.livreurs as l set disponible_maintenant = coalesce(disponible, false)
  where l.id_livreur = livreur and l.id_utilisateur = any (array(select prive.mes_vendeurs('agent')));
  if not found then
    perform prive.refuser('livreur_introuvable', 'Ce livreur n''existe pas ou n''est plus actif.');
  end if;
end
$$;
comment on function prive.changer_disponibilite(bigint, boolean) is 'See public.changer_disponibilite.';
grant execute on function prive.changer_disponibilite(bigint, boolean) to authenticated;

create function public.changer_disponibilite(id_livreur bigint, disponible boolean) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.changer_disponibilite(id_livreur, disponible) $$;
comment on function public.changer_disponibilite(bigint, boolean) is
  'An agent says whether a courier may be asked now; null: not. What he has under way stays his. Errors (P0001): hint livreur_introuvable.';
grant execute on function public.changer_disponibilite(bigint, boolean) to authenticated;

-- ── one tap on WhatsApp ──────────────────────────────────────────────────────────────────────────────────────────

create function prive.texte_de_liste(texte text) returns text
language sql immutable parallel safe set search_path = ''
as $$ select btrim(regexp_replace(texte, '[^\u0001-\uFFFF]|\s+', ' ', 'g')) $$;
comment on function prive.texte_de_liste(text) is 'A text in one line for a WhatsApp list; what takes two units in UTF-16, as Meta counts, is left out.';

create function prive.livreurs_au_choix(livraison bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', 'livreur_' || c.id_livreur,
      'titre', coalesce(nullif(btrim(left(prive.texte_de_liste(c.nom), 24)), ''), 'Livreur'),
      'description', nullif(case when length(x.pourquoi) > 72 then left(x.pourquoi, 71) || '…' else x.pourquoi end, ''))) order by c.rang)
    from (
      select r.id_livreur, r.nom, r.eligible, r.exclusion, r.motif, r.details, row_number() over () as rang
      from prive.classer_livreurs(livraison) as r
      where r.id_livreur is distinct from (select v.id_livreur from public.livraisons as v where v.id_livraison = livraison and v.statut_livraison = 'assignee')
      limit 10) as c
    cross join lateral (
      select prive.texte_de_liste(coalesce(case when not c.eligible then c.exclusion end,
        (select string_agg(d.value ->> 'dit', ', ' order by d.ordinality) from jsonb_array_elements(c.details) with ordinality as d), c.motif)) as pourquoi) as x);
end
$$;
comment on function prive.livreurs_au_choix(bigint) is
  'The vendor''s active couriers but for the one who has it, best first, at most ten, as lines of a WhatsApp list: [{ id: "livreur_<id>", titre, description: why }], also those who would not be asked by themselves, and why not; null without any.';

create function prive.suivre_vendeur(notification bigint, action text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n record;
  l record;
  choisi bigint;
  lignes jsonb;
  a_choisir boolean;
begin
  select x.id_utilisateur, x.evenement, x.date_creation, v.id_livraison, v.id_commande into n
  from public.notifications as x
  join public.livraisons as v on v.id_livraison = x.reference_element_id and v.id_utilisateur = x.id_utilisateur
  where x.id_notification = notification and x.type_reference = 'livraison';
  if not found then
    return 'sans_objet';
  end if;
  if action is null or action not in ('elargir', 'reessayer', 'choisir') and action !~ '^livreur_[1-9][0-9]{0,17}$' then
    return 'action_inconnue';
  end if;
  perform prive.tenir_livraison(n.id_utilisateur, n.id_livraison, n.id_commande);
  select v.statut_livraison as statut, v.zones_elargies, v.version_code, v.tour, v.adresse_destination as destination, w.nom_complet_livreur as livreur,
    c.numero_commande as numero, coalesce(c.nom_client, 'votre client') as client, v.date_assignation into l
  from public.livraisons as v
  join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  left join public.livreurs as w on w.id_livreur = v.id_livreur and w.id_utilisateur = v.id_utilisateur
  where v.id_livraison = n.id_livraison;

  if action in ('elargir', 'reessayer')
    and (l.statut in ('sans_livreur', 'echec') or l.statut = 'a_assigner' and action = 'elargir' and not l.zones_elargies) then
    perform prive.relancer(n.id_livraison, action = 'elargir');
    perform prive.notifier_evenement(n.id_utilisateur, 'recherche_relancee', format('livraison:%s:relancee:%s:%s', n.id_livraison, l.version_code, l.tour),
      jsonb_build_object('numero', l.numero, 'zones', case when action = 'elargir' then ' Ceux des autres zones sont demandés aussi.' else '' end),
      'livraison', n.id_livraison);
    return 'relancee';
  end if;

  -- From a courier who is late it may be taken; told of before he had it, no.
  a_choisir := l.statut in ('a_assigner', 'sans_livreur', 'echec')
    or l.statut = 'assignee' and n.evenement in ('livraison_en_retard', 'choisir_livreur') and n.date_creation > l.date_assignation;
  if action not in ('elargir', 'reessayer') and a_choisir then
    choisi := (select v.id_livreur from public.livreurs as v
      where v.id_livreur = substring(action from '^livreur_([0-9]+)$')::bigint and v.id_utilisateur = n.id_utilisateur and v.livreur_actif);
    if choisi is not null then
      update public.livraisons set statut_livraison = 'a_assigner' where id_livraison = n.id_livraison and statut_livraison = 'echec';
      perform prive.confier_livraison(n.id_utilisateur, n.id_livraison, choisi);
      -- A tap is answered where it was made.
      perform prive.notifier_evenement(n.id_utilisateur, 'livreur_trouve', format('livraison:%s:choisi:%s', n.id_livraison, v.version_code),
        jsonb_build_object('numero', l.numero, 'livreur', w.nom_complet_livreur, 'destination', l.destination), 'livraison', n.id_livraison)
      from public.livraisons as v
      join public.livreurs as w on w.id_livreur = v.id_livreur and w.id_utilisateur = v.id_utilisateur
      where v.id_livraison = n.id_livraison;
      return 'confiee';
    end if;
    -- Also when the one he chose has been made inactive since.
    lignes := prive.livreurs_au_choix(n.id_livraison);
    if lignes is null then
      perform prive.notifier_evenement(n.id_utilisateur, 'aucun_livreur_actif', format('livraison:%s:aucun_livreur:%s', n.id_livraison, notification),
        jsonb_build_object('numero', l.numero), 'livraison', n.id_livraison);
      return 'aucun_livreur';
    end if;
    perform prive.notifier_evenement(n.id_utilisateur, 'choisir_livreur',
      format('livraison:%s:choisir:%s:%s:%s:%s', n.id_livraison, notification, action, l.version_code, l.tour),
      jsonb_build_object('numero', l.numero, 'client', l.client, 'destination', l.destination), 'livraison', n.id_livraison,
      jsonb_build_object('liste', jsonb_build_object('bouton', 'Choisir', 'sections', jsonb_build_array(jsonb_build_object('lignes', lignes)))));
    return 'choix';
  end if;

  perform prive.notifier_evenement(n.id_utilisateur, 'deja_regle', format('livraison:%s:deja_regle:%s:%s:%s', n.id_livraison, notification, l.statut, l.version_code),
    jsonb_build_object('numero', l.numero, 'etat', case l.statut
      when 'a_assigner' then 'un livreur est recherché en ce moment.'
      when 'assignee' then l.livreur || ' s''en charge.'
      when 'recuperee' then l.livreur || ' a déjà le colis.'
      when 'en_transit' then l.livreur || ' est en route.'
      when 'livree' then 'elle est livrée.'
      else 'sa livraison est annulée.' end), 'livraison', n.id_livraison);
  return 'deja_regle';
end
$$;
comment on function prive.suivre_vendeur(bigint, text) is
  'Does what a vendor tapped on a notification about a delivery: elargir, reessayer (couriers are asked again), choisir (he is shown whom he can choose), livreur_<id> (it is given to him, also to one who refused). What has moved on since is told kindly. Repeated it changes nothing more. relancee, choix, confiee, aucun_livreur, deja_regle, or, doing nothing, sans_objet (no delivery of this vendor), action_inconnue. Takes the shop.';
