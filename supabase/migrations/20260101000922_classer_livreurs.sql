-- Which courier suits a delivery, and why: the reason shown is what was counted, nothing else is.

create function prive.points_lisibles(points numeric) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return case when points > 0 then '+' when points < 0 then '−' else '' end || prive.nombre_lisible(abs(points));
end
$$;
comment on function prive.points_lisibles(numeric) is 'Points of a ranking with their sign: "+31,5", "−5", "0".';

-- ── where a courier delivers ─────────────────────────────────────────────────────────────────────────────────────

create function prive.zones_qui_couvrent(vendeur uuid, destination text, zones text[]) returns text[]
language plpgsql stable security definer set search_path = ''
as $$
declare
  abidjan constant text[] := '{Abobo,Adjamé,Anyama,Attécoubé,Bingerville,Cocody,Koumassi,Marcory,Plateau,Port-Bouët,Songon,Treichville,Yopougon}';
  dit constant text := ' ' || prive.normaliser(left(destination, 500)) || ' ';
  situee constant text := prive.normaliser((select s.commune from prive.situer(vendeur, destination) as s));
  ivoirien constant boolean := coalesce((
    select prive.normaliser(u.pays) in ('ci', 'cote d ivoire') from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur), false);
  visee constant text := prive.commune_de(vendeur, destination);
  communes text[];
  z text;
  couvre boolean;
  couvrent text[] := '{}';
begin
  foreach z in array zones loop
    communes := case when ivoirien then array(select distinct d.commune from prive.lieux_dits(z) as d) else '{}' end;
    if z ~ '^(partout|tout|toutes? (les )?zones?|toutes? la ville|cote d ivoire)$' then
      couvre := true;
    elsif ivoirien and z ~ '^((tout|toute la ville d|grand|ville d|district d) )*abidjan$' then
      couvre := visee = any (abidjan) or visee is null and dit like '% abidjan %';
    elsif communes <> '{}' then
      -- A place that is known is where it is: "route d'Anyama" in Abobo is not Anyama.
      couvre := visee = any (communes) or visee is null and z = situee;
    else
      couvre := strpos(dit, ' ' || z || ' ') > 0 or z = situee
        or length(z) > 4 and z !~ ' ' and exists (
          select from unnest(string_to_array(btrim(dit), ' ')) as m (mot)
          where length(m.mot) > 4 and abs(length(m.mot) - length(z)) <= 1 and prive.proximite_mots(m.mot, z) >= 0.8);
    end if;
    if couvre then
      couvrent := couvrent || z;
    end if;
  end loop;
  return couvrent;
end
$$;
comment on function prive.zones_qui_couvrent(uuid, text, text[]) is
  'Which of these zones (as in livreurs.zones) a destination lies in: the whole commune for a quarter of it, "abidjan" for its communes, "partout" for all; other names by their words. Spelling, case and one wrong letter do not matter.';

-- ── who may be written to ────────────────────────────────────────────────────────────────────────────────────────

create function prive.comptes_pour_proposer(vendeur uuid, out actifs bigint[], out avec_modele bigint[], out premier bigint)
language plpgsql stable security definer set search_path = ''
as $$
begin
  select coalesce(array_agg(c.id order by c.id), '{}'), coalesce(array_agg(c.id) filter (where c.modele), '{}'), min(c.id) filter (where c.connecte)
  into actifs, avec_modele, premier
  from (
    select w.id_compte_whatsapp as id, w.date_deconnexion is null as connecte,
      coalesce((select p.refus is null from (select prive.secours_de(vendeur, w.identifiant_compte_business, 'proposition_course',
          jsonb_build_object('proposition', '0')) as modele) as s
        cross join lateral prive.modele_pret(vendeur, w.identifiant_compte_business, s.modele, true) as p where s.modele is not null), false) as modele
    from public.comptes_whatsapp as w
    where w.id_utilisateur = vendeur and w.compte_actif and prive.jeton_whatsapp(w.jeton_acces) is not null) as c;
end
$$;
comment on function prive.comptes_pour_proposer(uuid) is
  'The vendor''s numbers that can send now, those of them whose approved template can ask a courier outside the 24 hours, and the one that writes first to who never wrote (as prive.conversation_livreur chooses).';

-- ── the ranking ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.classer_livreurs(livraison bigint)
returns table (id_livreur bigint, nom text, eligible boolean, raison_exclusion text, exclusion text, raisons text[],
  score numeric, motif text, details jsonb)
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- Points. Near the pick-up 40, falling to 0 at 15 km; as the position grows older than 15 minutes it counts less, from 6 hours on
  -- (or unknown) 20 for everybody. A delivery in hand or an open offer weighs as much as 2 km; one done today less, so that who is
  -- free is asked first and the day's work is shared.
  plein constant numeric := 40;
  portee_km constant numeric := 15;
  neutre constant numeric := 20;
  frais_minutes constant numeric := 15;
  perime_minutes constant numeric := 360;
  par_course constant numeric := -5;
  par_etoile constant numeric := 4;
  note_sans_avis constant numeric := 4;
  par_livraison_du_jour constant numeric := -1;
  par_silence constant numeric := -15;
  hors_de_sa_zone constant numeric := -25;
  velo_max_km constant numeric := 8;
  vehicules constant text[] := '{velo,moto,voiture,camion}';
  maintenant constant timestamptz := prive.maintenant();
  l record;
  w record;
  couvertes text[];
  minuit timestamptz;
  trajet record;
begin
  select v.id_livraison, v.id_utilisateur, v.tour, v.zones_elargies, v.vehicule_minimum, v.adresse_destination, c.telephone_livraison,
    p.numero_telephone, p.numero_whatsapp, u.fuseau_horaire
  into l
  from public.livraisons as v
  join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  join public.prospects as p on p.id_prospect = c.id_prospect and p.id_utilisateur = v.id_utilisateur
  join public.utilisateurs_fluxasync as u on u.id_utilisateur = v.id_utilisateur
  where v.id_livraison = livraison;
  if not found then
    return;
  end if;
  couvertes := prive.zones_qui_couvrent(l.id_utilisateur, l.adresse_destination, array(
    select distinct z from public.livreurs as r cross join unnest(r.zones) as z where r.id_utilisateur = l.id_utilisateur and r.livreur_actif));
  select x.* into w from prive.comptes_pour_proposer(l.id_utilisateur) as x;
  minuit := date_trunc('day', maintenant at time zone l.fuseau_horaire) at time zone l.fuseau_horaire;
  select x.* into trajet from prive.trajet(livraison) as x;

  return query
  with en_main as (
    select v.id_livreur, count(*)::integer as n from public.livraisons as v
    where v.id_utilisateur = l.id_utilisateur and v.statut_livraison in ('assignee', 'recuperee', 'en_transit') and v.id_livraison <> livraison
    group by v.id_livreur),
  offertes as (
    select p.id_livreur, count(*)::integer as n from public.propositions_livraison as p
    where p.id_utilisateur = l.id_utilisateur and p.statut = 'proposee' and p.id_livraison <> livraison group by p.id_livreur),
  du_jour as (
    select v.id_livreur, count(*)::integer as n from public.livraisons as v
    where v.id_utilisateur = l.id_utilisateur and v.date_livraison_effective >= minuit and v.statut_livraison = 'livree' group by v.id_livreur),
  passees as (
    select p.id_livreur, bool_or(p.statut = 'refusee') as refusee, bool_or(p.statut = 'expiree' and p.tour = l.tour) as sans_reponse,
      count(*) filter (where p.statut = 'expiree')::integer as silences
    from public.propositions_livraison as p
    where p.id_livraison = livraison and p.id_utilisateur = l.id_utilisateur group by p.id_livreur),
  mesures as (
    select r.id_livreur, r.nom_complet_livreur as nom, r.type_vehicule, r.disponible_maintenant, r.note_moyenne as note,
      prive.distance_km(r.derniere_latitude, r.derniere_longitude, trajet.latitude, trajet.longitude) as km,
      greatest(0, floor(extract(epoch from maintenant - r.position_le) / 60))::integer as minutes,
      coalesce(e.n, 0) + coalesce(o.n, 0) as courses, coalesce(j.n, 0) as faites, coalesce(a.silences, 0) as silences,
      r.zones_couverture is null or r.zones = '{}' or r.zones_couverture like '%*%' or r.zones && couvertes as couvre,
      coalesce(a.refusee, false) as refusee, coalesce(a.sans_reponse, false) as sans_reponse,
      coalesce(r.numero_telephone_livreur in (l.telephone_livraison, l.numero_telephone, l.numero_whatsapp), false) as est_le_client,
      array_position(vehicules, r.type_vehicule) >= coalesce(array_position(vehicules, l.vehicule_minimum), 1)
        and not (r.type_vehicule = 'velo' and coalesce(trajet.km > velo_max_km, false)) as vehicule_convient,
      coalesce(f.ouverte, false) or coalesce(f.compte, w.premier) = any (w.avec_modele) as joignable,
      d.date_assignation as dernier
    from public.livreurs as r
    left join en_main as e on e.id_livreur = r.id_livreur
    left join offertes as o on o.id_livreur = r.id_livreur
    left join du_jour as j on j.id_livreur = r.id_livreur
    left join passees as a on a.id_livreur = r.id_livreur
    -- Where prive.conversation_livreur would write to him, and whether Meta's 24 hours are open there (prive.ecriture).
    left join lateral (
      select c.id_compte_whatsapp as compte, coalesce(c.fenetre_expire_le > maintenant, false) or exists (
          select from public.conversations as v
          where v.id_prospect = c.id_prospect and v.id_utilisateur = l.id_utilisateur and v.id_compte_whatsapp = c.id_compte_whatsapp
            and v.fenetre_expire_le > maintenant) as ouverte
      from (
        select x.id_compte_whatsapp, x.id_prospect, x.fenetre_expire_le, 1 as rang, x.id_conversation from public.conversations as x
        where x.id_livreur = r.id_livreur and x.id_utilisateur = l.id_utilisateur and x.statut_conversation in ('active', 'en_pause')
          and x.id_compte_whatsapp = any (w.actifs)
        union all
        select x.id_compte_whatsapp, x.id_prospect, x.fenetre_expire_le, 2, x.id_conversation
        from public.prospects as q join public.conversations as x on x.id_prospect = q.id_prospect and x.id_utilisateur = q.id_utilisateur
        where q.id_utilisateur = l.id_utilisateur and q.numero_whatsapp = r.numero_telephone_livreur and x.id_compte_whatsapp = w.premier) as c
      order by c.rang, c.fenetre_expire_le desc nulls last, c.id_conversation desc limit 1) as f on true
    left join lateral (
      select v.date_assignation from public.livraisons as v
      where v.id_livreur = r.id_livreur and v.id_utilisateur = l.id_utilisateur and v.date_assignation is not null
      order by v.date_assignation desc limit 1) as d on true
    where r.id_utilisateur = l.id_utilisateur and r.livreur_actif),
  points as (
    select m.*,
      round(neutre + case when m.km is null then 0 else (plein * greatest(0, 1 - m.km / portee_km) - neutre)
        * least(1, greatest(0, (perime_minutes - m.minutes) / (perime_minutes - frais_minutes))) end, 1) as de_distance,
      par_course * m.courses as de_charge, round(par_etoile * coalesce(m.note, note_sans_avis), 1) as de_note,
      par_livraison_du_jour * m.faites as d_equite, par_silence * m.silences as de_silence,
      case when l.zones_elargies and not m.couvre then hors_de_sa_zone else 0 end as de_zone,
      array_remove(array[
        case when m.refusee then 'refus' end, case when m.est_le_client then 'client' end, case when m.sans_reponse then 'sans_reponse' end,
        case when not m.disponible_maintenant then 'indisponible' end, case when not m.couvre and not l.zones_elargies then 'hors_zone' end,
        case when not m.vehicule_convient then 'vehicule' end, case when not m.joignable then 'injoignable' end], null) as raisons
    from mesures as m),
  classes as (
    select p.id_livreur, p.nom, p.raisons, p.dernier,
      d.score, d.motif, d.details
    from points as p
    cross join lateral (
      select sum(x.points)::numeric(7, 3) as score, string_agg(x.dit || ' : ' || prive.points_lisibles(x.points), ' ; ' order by x.rang) as motif,
        jsonb_agg(jsonb_build_object('critere', x.critere, 'valeur', x.valeur, 'points', x.points, 'dit', x.dit) order by x.rang) as details
      from (values
        (1, 'distance', case when p.km is not null then jsonb_build_object('km', p.km, 'minutes', p.minutes) end, p.de_distance,
          case when trajet.latitude is null then 'lieu de retrait sans position' when p.km is null then 'position inconnue'
            else format('à %s du retrait (position d''il y a %s)',
              case when trajet.retrait_approche then prive.distance_lisible(p.km, true) else prive.nombre_lisible(p.km) || ' km' end,
              case when p.minutes < 120 then p.minutes || ' min' when p.minutes < 2880 then p.minutes / 60 || ' h' else p.minutes / 1440 || ' jours' end) end),
        (2, 'charge', to_jsonb(p.courses), p.de_charge,
          case p.courses when 0 then 'aucune course en cours' when 1 then '1 course en cours' else p.courses || ' courses en cours' end),
        (3, 'note', to_jsonb(p.note), p.de_note,
          case when p.note is null then format('pas encore de note, comptée %s/5', note_sans_avis) else format('note %s/5', prive.nombre_lisible(p.note)) end),
        (4, 'equite', to_jsonb(p.faites), p.d_equite,
          case p.faites when 0 then 'aucune livraison aujourd''hui' when 1 then '1 livraison aujourd''hui' else p.faites || ' livraisons aujourd''hui' end),
        (5, 'silence', to_jsonb(p.silences), p.de_silence, format('%s fois sans réponse pour cette livraison', p.silences)),
        (6, 'zone', to_jsonb(p.couvre), p.de_zone, 'hors de ses zones')) as x (rang, critere, valeur, points, dit)
      where x.rang <= 4 or x.points <> 0) as d)
  select c.id_livreur, c.nom, c.raisons = '{}', c.raisons[1],
    case c.raisons[1]
      when 'refus' then 'A refusé cette livraison.'
      when 'client' then 'C''est le client lui-même.'
      when 'sans_reponse' then 'N''a pas répondu à la proposition.'
      when 'indisponible' then 'N''est pas disponible en ce moment.'
      when 'hors_zone' then 'Ne livre pas dans cette zone.'
      when 'vehicule' then 'Son véhicule ne convient pas à cette livraison.'
      when 'injoignable' then 'N''est pas joignable sur WhatsApp en ce moment.' end,
    c.raisons, c.score, c.motif, c.details
  from classes as c
  order by c.raisons = '{}' desc, c.score desc, c.dernier nulls first, c.id_livreur;
end
$$;
comment on function prive.classer_livreurs(bigint) is
  'The active couriers of a delivery''s vendor, best first, who is out last. raison_exclusion: the first of raisons (refus: he refused it or gave it up; client: it is his own order; sans_reponse: he let the offer of this round expire; indisponible; hors_zone; vehicule; injoignable: neither the 24 hours nor the template fluxasync_proposition_course), exclusion says it in French. score is the sum of details'' points ([{ critere: distance | charge | note | equite | silence | zone, valeur, points, dit }]; distance: { km, minutes since that position }), motif those details in French. Equal scores: who was least recently assigned.';

create function service.classer_livreurs(id_livraison bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce((select jsonb_agg(to_jsonb(c) - 'rang' order by c.rang)
    from (select r.*, row_number() over () as rang from prive.classer_livreurs(classer_livreurs.id_livraison) as r) as c), '[]');
end
$$;
comment on function service.classer_livreurs(bigint) is
  'All active couriers for a delivery, best first: [{ id_livreur, nom, eligible, raison_exclusion, exclusion, raisons, score, motif, details }], see prive.classer_livreurs. Empty for an unknown delivery.';
grant execute on function service.classer_livreurs(bigint) to service_role;
