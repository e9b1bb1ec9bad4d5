-- Where a pick-up and a customer are, how far apart, and a delivery's facts as people read them.

create function prive.distance_km(latitude_a double precision, longitude_a double precision, latitude_b double precision, longitude_b double precision)
returns numeric
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return round((2 * 6371 * asin(least(1, sqrt(
    sin(radians(latitude_b - latitude_a) / 2) ^ 2
    + cos(radians(latitude_a)) * cos(radians(latitude_b)) * sin(radians(longitude_b - longitude_a) / 2) ^ 2))))::numeric, 2);
end
$$;
comment on function prive.distance_km(double precision, double precision, double precision, double precision) is
  'Kilometres between two points as the crow flies (haversine), to 10 m; null when one of them is not known.';

create function prive.nombre_lisible(nombre numeric) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return replace(trim_scale(nombre)::text, '.', ',');
end
$$;
comment on function prive.nombre_lisible(numeric) is 'A number as a French reader writes it: "3,2".';

-- ── where things are ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.lieux_dits(texte text) returns table (commune text, est_commune boolean, repere boolean, debut integer)
language plpgsql stable security definer set search_path = ''
as $$
declare
  dit constant text := ' ' || prive.normaliser(left(texte, 500)) || ' ';
begin
  return query
  with places as (
    select l.commune, l.est_commune, strpos(dit, ' ' || l.alias || ' ') as debut, length(l.alias) as taille
    from prive.lieux as l where strpos(dit, ' ' || l.alias || ' ') > 0)
  select p.commune, p.est_commune, prive.mene_ailleurs(left(dit, p.debut)), p.debut from places as p
  -- There is no Plateau in "Les 2 Plateaux".
  where not exists (select from places as q where q.taille > p.taille and q.debut <= p.debut and q.debut + q.taille >= p.debut + p.taille);
  if not found then
    -- One letter wrong in a long enough name, as prive.situer reads it.
    return query
    select x.commune, x.est_commune, false, 1
    from (
      select l.commune, l.est_commune, l.alias, prive.proximite_mots(m.mot, l.alias) as proximite
      from (select distinct unnest(string_to_array(btrim(dit), ' ')) as mot) as m
      join prive.lieux as l on length(m.mot) > 4 and l.alias !~ ' ' and abs(length(m.mot) - length(l.alias)) <= 3
        and (left(m.mot, 2) = left(l.alias, 2) or right(m.mot, 3) = right(l.alias, 3))
      offset 0) as x
    where x.proximite >= 0.8
    order by x.proximite desc, x.alias limit 1;
  end if;
end
$$;
comment on function prive.lieux_dits(text) is
  'The communes of prive.lieux that a text names, itself or by a quarter, also misspelled. repere: only to say what is near.';

create function prive.commune_de(vendeur uuid, texte text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  visee text;
begin
  if exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur and prive.normaliser(u.pays) in ('ci', 'cote d ivoire')) then
    select d.commune into visee from prive.lieux_dits(texte) as d order by d.repere, d.est_commune desc, d.debut limit 1;
    if visee is null then
      -- Only the vendor's own zones know the place.
      select l.commune into visee from prive.situer(vendeur, texte) as s join prive.lieux as l on l.alias = prive.normaliser(s.commune);
    end if;
  end if;
  return visee;
end
$$;
comment on function prive.commune_de(uuid, text) is 'The commune of prive.lieux a text lies in; null when it names none, and for vendors of other countries.';

create table prive.centres (
  commune text primary key,
  latitude double precision not null,
  longitude double precision not null
);
comment on table prive.centres is 'About where the communes of prive.lieux around Abidjan are: for places of which only words are known.';
alter table prive.centres enable row level security;
create policy "personne par l'API" on prive.centres using (false);
insert into prive.centres (commune, latitude, longitude) values
  ('Abobo', 5.4161, -4.0159), ('Adjamé', 5.3650, -4.0230), ('Attécoubé', 5.3361, -4.0414), ('Cocody', 5.3600, -3.9674),
  ('Koumassi', 5.2979, -3.9558), ('Marcory', 5.3027, -3.9827), ('Plateau', 5.3236, -4.0199), ('Port-Bouët', 5.2560, -3.9630),
  ('Treichville', 5.2935, -4.0090), ('Yopougon', 5.3450, -4.0870), ('Bingerville', 5.3558, -3.8854), ('Songon', 5.3170, -4.2540),
  ('Anyama', 5.4946, -4.0518), ('Grand-Bassam', 5.2118, -3.7388), ('Dabou', 5.3256, -4.3767), ('Bonoua', 5.2722, -3.5950);

create function prive.trajet(livraison bigint, out latitude double precision, out longitude double precision, out retrait_approche boolean,
  out km numeric, out approche boolean)
language plpgsql stable security definer set search_path = ''
as $$
declare
  l record;
begin
  select v.id_utilisateur, v.adresse_destination, v.latitude_destination, v.longitude_destination,
    coalesce(v.adresse_recuperation, u.adresse_recuperation) as retrait,
    -- The shop's position is that of its own address.
    case when v.adresse_recuperation is null or v.adresse_recuperation = u.adresse_recuperation then u.latitude end as latitude, u.longitude
  into l
  from public.livraisons as v join public.utilisateurs_fluxasync as u on u.id_utilisateur = v.id_utilisateur
  where v.id_livraison = livraison;
  if l.latitude is null then
    l.longitude := null;
    select c.latitude, c.longitude into l.latitude, l.longitude from prive.centres as c where c.commune = prive.commune_de(l.id_utilisateur, l.retrait);
    retrait_approche := l.latitude is not null;
  end if;
  retrait_approche := coalesce(retrait_approche, false);
  approche := retrait_approche;
  if l.latitude is not null and l.latitude_destination is null then
    select c.latitude, c.longitude into l.latitude_destination, l.longitude_destination
    from prive.centres as c where c.commune = prive.commune_de(l.id_utilisateur, l.adresse_destination);
    approche := true;
  end if;
  latitude := l.latitude;
  longitude := l.longitude;
  km := prive.distance_km(l.latitude, l.longitude, l.latitude_destination, l.longitude_destination);
  if approche then
    -- Within a commune it is some kilometres too.
    km := greatest(round(km), case when km is not null then 3 end);
  end if;
end
$$;
comment on function prive.trajet(bigint) is
  'From where to where a delivery goes: the pick-up''s position (retrait_approche: only the middle of its commune is known) and the kilometres to the customer as the crow flies; approche: to one kilometre or so, since one end is the middle of a commune. Nulls where nothing is known.';

create function prive.distance_lisible(km numeric, approche boolean) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return case when approche then 'environ ' || round(km) else prive.nombre_lisible(round(km, 1)) end || ' km';
end
$$;
comment on function prive.distance_lisible(numeric, boolean) is 'A distance as a courier reads it: "3,2 km", "environ 8 km".';

create function prive.minutes_de_course(livraison bigint, livreur bigint) returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
  -- Streets are a third longer than the crow's way; ten minutes to take over and to hand over.
  return (select (ceil(1.3 * t.km / t.km_h * 60) + 10)::integer
    from (select x.km, case r.type_vehicule when 'velo' then 12 when 'moto' then 25 when 'voiture' then 20 else 18 end as km_h
      from public.livraisons as l
      join public.livreurs as r on r.id_livreur = livreur and r.id_utilisateur = l.id_utilisateur
      cross join lateral prive.trajet(l.id_livraison) as x
      where l.id_livraison = livraison) as t);
end
$$;
comment on function prive.minutes_de_course(bigint, bigint) is 'How long a courier will need from the pick-up to the customer, minutes; null when the way is not known.';

-- ── the facts of a delivery ──────────────────────────────────────────────────────────────────────────────────────

create function prive.moment_lisible(instant timestamptz, fuseau text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  ici constant timestamp := instant at time zone fuseau;
begin
  return prive.jour_en_francais(ici::date, (prive.maintenant() at time zone fuseau)::date) || ' vers ' || extract(hour from ici) || ' h'
    || case extract(minute from ici) when 0 then '' else to_char(ici, ' MI') end;
end
$$;
comment on function prive.moment_lisible(timestamptz, text) is 'An instant as one says it there: "demain dimanche 22 novembre vers 18 h 30".';

create function prive.abreger(texte text, longueur integer) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return case when length(texte) <= longueur then texte else left(texte, longueur - 1) || '…' end;
end
$$;
comment on function prive.abreger(text, integer) is 'A text of at most so many characters, and that something is left out.';

create function prive.valeurs_course(livraison bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v record;
begin
  select l.id_livraison, l.date_livraison_prevue as prevue, l.frais_livraison as frais, l.adresse_destination,
    coalesce(nullif(btrim(l.adresse_recuperation), ''), nullif(btrim(u.adresse_recuperation), '')) as retrait,
    t.km, t.approche, c.numero_commande, c.articles, c.montant_a_payer, c.methode_paiement, c.statut_paiement, u.devise, u.fuseau_horaire,
    coalesce(nullif(btrim(u.nom_entreprise), ''), nullif(btrim(concat_ws(' ', u.prenom, u.nom)), ''), 'la boutique') as boutique,
    coalesce(nullif(btrim(c.nom_client), ''), nullif(btrim(p.nom_complet), ''), 'le client') as client,
    coalesce(c.telephone_livraison, p.numero_whatsapp, p.numero_telephone, 'numéro à demander à la boutique') as telephone
  into strict v
  from public.livraisons as l
  join public.commandes as c on c.id_commande = l.id_commande and c.id_utilisateur = l.id_utilisateur
  join public.prospects as p on p.id_prospect = c.id_prospect and p.id_utilisateur = l.id_utilisateur
  join public.utilisateurs_fluxasync as u on u.id_utilisateur = l.id_utilisateur
  cross join lateral prive.trajet(l.id_livraison) as t
  where l.id_livraison = livraison;
  -- Cut so that the whole fits into a message with buttons.
  return jsonb_build_object(
    'livraison', v.id_livraison::text,
    'numero', v.numero_commande,
    'boutique', prive.abreger(v.boutique, 50),
    'client', prive.abreger(v.client, 50),
    'telephone', v.telephone,
    'retrait', prive.abreger(coalesce(v.retrait, 'à demander à la boutique'), 120),
    'destination', prive.abreger(v.adresse_destination, 220),
    'quand', coalesce(prive.moment_lisible(v.prevue, v.fuseau_horaire), 'dès que possible'),
    'distance', coalesce(prive.distance_lisible(v.km, v.approche), 'non connue'),
    'remuneration', coalesce(prive.montant_lisible(nullif(v.frais, 0), v.devise), 'à voir avec la boutique'),
    'a_encaisser', case
      when v.statut_paiement = 'paye' or v.montant_a_payer = 0 then 'Déjà payé, rien à encaisser'
      when v.methode_paiement = 'paiement_livraison' then 'À encaisser : ' || prive.montant_lisible(v.montant_a_payer, v.devise)
      else 'Rien à encaisser, le client règle la boutique' end,
    'articles', coalesce(prive.abreger((
      select string_agg(format('%s x %s', a.value ->> 'quantite', a.value ->> 'libelle'), ', ' order by a.ordinality)
      from jsonb_array_elements(v.articles) with ordinality as a), 100), 'un colis'));
end
$$;
comment on function prive.valeurs_course(bigint) is
  'What a courier is told of a delivery, each value ready to read: { livraison (id), numero, boutique, client, telephone, retrait, destination, quand, distance (pick-up to customer), remuneration, a_encaisser (a sentence), articles }. Before he has accepted he is not shown client and telephone.';

create function prive.sans_numero(texte text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return regexp_replace(texte, '\+?\d(?:[ ./()-]{0,2}\d){7,}', '…', 'g');
end
$$;
comment on function prive.sans_numero(text) is 'A text without the phone numbers people write into their address.';
