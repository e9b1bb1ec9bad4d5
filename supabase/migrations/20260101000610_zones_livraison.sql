-- Where a vendor delivers, for how much and when: what makes a place out of a prospect's words, and a fee and a day out of a place.

-- ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.zones_de(zones text) returns text[]
language sql immutable strict parallel safe set search_path = ''
as $$
  select coalesce(array_agg(distinct prive.normaliser(z)) filter (where prive.normaliser(z) <> ''), '{}')
  from regexp_split_to_table(zones, '[,;/\n]') as z
$$;
comment on function prive.zones_de(text) is 'The zones a person lists ("Cocody, Marcory, Plateau"), each as prive.normaliser writes it.';
-- A generated column is computed with the rights of who writes the row.
grant execute on function prive.zones_de(text) to authenticated, service_role;

create table prive.lieux (
  alias text primary key constraint alias_normalise check (alias = prive.normaliser(alias) and alias <> ''),
  commune text not null,
  est_commune boolean not null generated always as (alias = prive.normaliser(commune)) stored
);
comment on table prive.lieux is
  'What people call the communes and quarters of Abidjan and the bigger towns of Côte d''Ivoire: alias as prive.normaliser writes it → the commune. A vendor elsewhere needs none of it: his zones name their own places.';
alter table prive.lieux enable row level security;
create policy "personne par l'API" on prive.lieux using (false);
insert into prive.lieux (alias, commune)
select a.alias, l.commune
from (values
  ('Abobo', '{abobo,abobo gare,avocatier,pk 18,pk18,samake,sagbe,anador,abobo baoule,belleville,abobo doume}'::text[]),
  ('Adjamé', '{adjame,williamsville,220 logements,bracodi,liberte,renault,adjame village}'),
  ('Attécoubé', '{attecoube,locodjro,sebroko,mossikro,banco}'),
  ('Cocody', '{cocody,kokody,angre,angres,riviera,riviera 2,riviera 3,riviera 4,palmeraie,la palmeraie,rivera,2 plateaux,deux plateaux,ii plateaux,2plateaux,deux plateau,2 plateau,vallon,les vallons,danga,blockhauss,blockhaus,ambassades,saint jean,st jean,faya,bonoumin,mermoz,golf,attoban,aghien,djibi,7eme tranche,8eme tranche,9eme tranche,7e tranche,8e tranche,9e tranche,cite des arts,akouedo,abatta,m badon,mbadon,m pouto,anono,cap nord,chu de cocody,chu angre}'),
  ('Koumassi', '{koumassi,koumasi,remblais,remblai,sicogi koumassi,prodomo,grand campement}'),
  ('Marcory', '{marcory,markory,zone 4,zone4,zone 4c,bietry,anoumabo,residentiel marcory,hibiscus,marcory sans fil}'),
  ('Plateau', '{plateau,le plateau}'),
  ('Port-Bouët', '{port bouet,portbouet,port bouette,vridi,gonzagueville,gonzague,adjouffou,aeroport,jean folly,derriere wharf}'),
  ('Treichville', '{treichville,treich,trechville,treichvile,arras,biafra}'),
  ('Yopougon', '{yopougon,yop,yopou,yopcity,yop city,poy,yopougon maroc,maroc,siporex,niangon,selmer,toits rouges,toit rouge,sideci,ananeraie,port bouet 2,port bouet ii,wassakara,koute,millionnaire,gesco,andokoi,micao,sicogi yop,kenaya,figayo,st andre yop,bel air yop}'),
  ('Bingerville', '{bingerville,bingerv,feh kesse,akandje}'),
  ('Songon', '{songon,kassemble}'),
  ('Anyama', '{anyama,ebimpe}'),
  ('Grand-Bassam', '{grand bassam,bassam,mockeyville,gd bassam}'),
  ('Dabou', '{dabou}'), ('Jacqueville', '{jacqueville}'), ('Bonoua', '{bonoua}'), ('Assinie', '{assinie}'), ('Aboisso', '{aboisso}'),
  ('Yamoussoukro', '{yamoussoukro,yakro}'), ('Bouaké', '{bouake}'), ('Daloa', '{daloa}'), ('Korhogo', '{korhogo}'),
  ('San-Pédro', '{san pedro,sanpedro}'), ('Man', '{ville de man}'), ('Gagnoa', '{gagnoa}'), ('Divo', '{divo}'), ('Abengourou', '{abengourou}'),
  ('Agboville', '{agboville}'), ('Soubré', '{soubre}'), ('Bondoukou', '{bondoukou}'), ('Odienné', '{odienne}'), ('Ferkessédougou', '{ferke,ferkessedougou}'),
  ('Dimbokro', '{dimbokro}'), ('Adzopé', '{adzope}'), ('Issia', '{issia}'), ('Sassandra', '{sassandra}'), ('Duékoué', '{duekoue}'), ('Tiassalé', '{tiassale}')
) as l (commune, noms)
cross join lateral unnest(l.noms) as a (alias)
on conflict do nothing;

-- ── zones ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.zones_livraison (
  id_zone bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  nom_zone text not null constraint nom_de_taille_raisonnable check (length(btrim(nom_zone)) between 1 and 100),
  communes text not null default '' constraint communes_de_taille_raisonnable check (length(communes) <= 2000),
  -- A generated column is computed with the rights of who writes the row.
  lieux text[] not null generated always as (prive.zones_de(nom_zone || ',' || communes)) stored,
  partout boolean not null generated always as (communes like '%*%') stored,
  frais_livraison numeric(12, 2) not null constraint frais_raisonnables check (frais_livraison between 0 and 100000000),
  delai_jours integer not null default 1 constraint delai_raisonnable check (delai_jours between 0 and 60),
  heure_limite time,
  remuneration_livreur numeric(12, 2) constraint remuneration_raisonnable check (remuneration_livreur between 0 and 100000000),
  zone_active boolean not null default true,
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint zone_unique_par_vendeur unique (id_utilisateur, nom_zone)
);
comment on table public.zones_livraison is
  'Where a vendor delivers and what the customer pays for it, in the vendor''s currency. A place that no zone covers has no fee: a person must say it, and the AI does not take the order alone.';
comment on column public.zones_livraison.communes is
  'What the zone covers besides its own name, as a person lists it: "Yopougon, Attécoubé, Angré". "*" among them: every place that no other zone names.';
comment on column public.zones_livraison.lieux is 'Name and communes as prive.normaliser writes them.';
comment on column public.zones_livraison.delai_jours is 'Days until delivery: 0 the same day.';
comment on column public.zones_livraison.heure_limite is 'Who orders later than this (the vendor''s local time) gets it a day later; null: no limit but the closing of the shop.';
comment on column public.zones_livraison.remuneration_livreur is 'What the courier is paid for a delivery there; null: the customer''s fee.';
create index zones_livraison_par_vendeur on public.zones_livraison (id_utilisateur, date_creation desc, id_zone);
create trigger tg_zones_livraison__date_modification before update on public.zones_livraison
  for each row execute function prive.tg_date_modification();

alter table public.zones_livraison enable row level security;
create policy "un membre lit les zones de ses vendeurs" on public.zones_livraison for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un gestionnaire ajoute des zones" on public.zones_livraison for insert to authenticated
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire modifie les zones" on public.zones_livraison for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire supprime des zones" on public.zones_livraison for delete to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select, delete on public.zones_livraison to authenticated;
grant insert (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours, heure_limite, remuneration_livreur, zone_active) on public.zones_livraison to authenticated;
grant update (nom_zone, communes, frais_livraison, delai_jours, heure_limite, remuneration_livreur, zone_active) on public.zones_livraison to authenticated;

-- ── a place out of words ─────────────────────────────────────────────────────────────────────────────────────────

create function prive.mene_ailleurs(avant text) returns boolean
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return avant ~ ' (derriere|devant|vers|route|axe|face|cote|pres|loin|apres|avant|pharmacie|bar|maquis|hotel|carrefour|rond point|marche|gare|clinique|garage|banque|eglise|mosquee|ecole|lycee|college|station|rue|avenue|boulevard) ((de|d|du|des|la|le|les|l|a|au|aux) )*$';
end
$$;
comment on function prive.mene_ailleurs(text) is
  'Whether a place named after these words (as prive.normaliser writes them) is where something else is: "route d''Anyama", "derrière le Maroc bar".';

create function prive.situer(vendeur uuid, texte text, out commune text, out zone bigint)
language plpgsql stable security definer set search_path = ''
as $$
declare
  dit constant text := ' ' || prive.normaliser(left(texte, 500)) || ' ';
  -- Said beside the place itself: "Abidjan Cocody".
  vastes constant text[] := '{abidjan,cote d ivoire,dakar,senegal,lome,togo,cotonou,benin,bamako,mali,ouagadougou,burkina faso,niamey,niger,conakry,guinee,douala,yaounde,cameroun,libreville,gabon}';
  ivoirien constant boolean := coalesce((
    select prive.normaliser(u.pays) in ('ci', 'cote d ivoire') from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur), false);
  lieu record;
begin
  -- The commune visee is one said by its name, the first of several; within it a quarter before the whole, and what a zone names
  -- itself before what everybody knows. A name inside a longer one was not said: there is no Plateau in "Les 2 Plateaux".
  with noms as (
    select z.id_zone, z.nom_zone as nom, l.commune as de, coalesce(l.est_commune, false) as est_commune, t.terme, true as du_vendeur
    from public.zones_livraison as z cross join unnest(z.lieux) as t (terme) left join prive.lieux as l on l.alias = t.terme
    where z.id_utilisateur = vendeur and z.zone_active and strpos(dit, ' ' || t.terme || ' ') > 0
    union all
    select null, l.commune, l.commune, l.est_commune, l.alias, false
    from prive.lieux as l where ivoirien and strpos(dit, ' ' || l.alias || ' ') > 0),
  places as (select n.*, strpos(dit, ' ' || n.terme || ' ') as debut, length(n.terme) as taille from noms as n),
  dits as (
    select p.*, p.terme = any (vastes) as vaste, prive.mene_ailleurs(left(dit, p.debut)) as repere_seul from places as p
    where not exists (
      select from places as q where q.taille > p.taille and q.debut <= p.debut and q.debut + q.taille >= p.debut + p.taille)),
  visee as (select d.de from dits as d order by d.repere_seul, d.vaste, d.est_commune desc, d.debut limit 1)
  select d.* into lieu from dits as d cross join visee as m
  order by d.repere_seul, d.vaste, coalesce(d.de <> m.de, false), d.est_commune, d.du_vendeur desc, d.debut, d.taille desc, d.id_zone
  limit 1;
  if lieu is null and ivoirien then
    -- One letter wrong in a long enough name.
    select l.commune as nom, null::bigint as id_zone, false as du_vendeur into lieu
    from (select distinct unnest(string_to_array(btrim(dit), ' ')) as mot) as m
    -- Most words are nothing alike: seen at once.
    join prive.lieux as l on length(m.mot) > 4 and l.alias !~ ' ' and abs(length(m.mot) - length(l.alias)) <= 3
      and (left(m.mot, 2) = left(l.alias, 2) or right(m.mot, 3) = right(l.alias, 3))
    cross join lateral (select prive.proximite_mots(m.mot, l.alias) as proximite offset 0) as x
    where x.proximite >= 0.8
    order by x.proximite desc, l.alias limit 1;
  end if;
  if lieu is null then
    return;
  end if;
  commune := lieu.nom;
  zone := lieu.id_zone;
  if not lieu.du_vendeur then
    select z.id_zone into zone from public.zones_livraison as z
    where z.id_utilisateur = vendeur and z.zone_active and prive.normaliser(lieu.nom) = any (z.lieux)
    order by z.id_zone limit 1;
  end if;
end
$$;
comment on function prive.situer(uuid, text) is
  'The place a text speaks of: the vendor''s zone that names it or its commune, and what it is called; nulls when no place is recognised, zone null when no zone names it (one that covers everywhere else may still do, see prive.livrer_a).';

create function prive.jour_en_francais(jour date, aujourd_hui date) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return case jour - aujourd_hui when 0 then 'aujourd''hui ' when 1 then 'demain ' else '' end
    || (array['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'])[extract(isodow from jour)::integer]
    || ' ' || case extract(day from jour)::integer when 1 then '1er' else extract(day from jour)::integer::text end || ' '
    || (array['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre', 'décembre'])
       [extract(month from jour)::integer];
end
$$;
comment on function prive.jour_en_francais(date, date) is 'A day as one says it: "demain samedi 21 novembre", "lundi 23 novembre".';

create function prive.plages_du_jour(heures jsonb, jour date) returns text[]
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  jours constant text[] := '{lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche}';
  dites constant jsonb := heures -> jours[extract(isodow from jour)::integer];
begin
  -- Written by people through the API: one text instead of a list is read too; what says nothing of any day is no hours at all.
  if not exists (select from unnest(jours) as j (nom) where jsonb_typeof(heures -> j.nom) in ('array', 'string')) then
    return null;
  end if;
  return array(
    select e.value #>> '{}' from jsonb_array_elements(case jsonb_typeof(dites) when 'array' then dites else jsonb_build_array(dites) end) as e
    where jsonb_typeof(e.value) = 'string' and e.value #>> '{}' ~ '\S' and e.value #>> '{}' !~* '^\s*ferm');
end
$$;
comment on function prive.plages_du_jour(jsonb, date) is
  'What heures_ouverture says of a day, such as {"08:00-12:00", "14:00-18:00"}: empty when the shop is closed, null when it gave no hours.';

create function prive.ouvre_le(heures jsonb, jour date) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return coalesce(cardinality(prive.plages_du_jour(heures, jour)) > 0, true);
end
$$;
comment on function prive.ouvre_le(jsonb, date) is 'Whether a shop with these heures_ouverture is open at all on a day; true when it gave none.';

create function prive.minutes_de_plage(plage text, out de integer, out a integer)
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  h constant text[] := regexp_match(plage, '^\s*(\d{1,2})\s*[:hH]\s*(\d{2})?\s*(?:-|–|à|a)\s*(\d{1,2})\s*[:hH]\s*(\d{2})?\s*$');
begin
  if plage ~ '24\s*[hH]?\s*(/|sur)\s*24' then
    de := 0;
    a := 1440;
    return;
  end if;
  de := h[1]::integer * 60 + coalesce(h[2], '0')::integer;
  a := h[3]::integer * 60 + coalesce(h[4], '0')::integer;
  -- "18:00-02:00" goes on after midnight.
  if a <= de then
    a := a + 1440;
  end if;
end
$$;
comment on function prive.minutes_de_plage(text) is
  'A time of opening such as "08:00-18:00", "8h à 18h", "24h/24", in minutes since midnight; nulls when it is no times.';

create function prive.ouverte_a(heures jsonb, ici timestamp) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  minute constant integer := extract(hour from ici) * 60 + extract(minute from ici);
  jour constant text[] := prive.plages_du_jour(heures, ici::date);
begin
  return case
    when exists (select from unnest(jour) as p (plage) cross join lateral prive.minutes_de_plage(p.plage) as m where minute >= m.de and minute < m.a)
      or exists (select from unnest(prive.plages_du_jour(heures, ici::date - 1)) as p (plage) cross join lateral prive.minutes_de_plage(p.plage) as m
                 where minute + 1440 >= m.de and minute + 1440 < m.a) then true
    when jour is not null and not exists (select from unnest(jour) as p (plage) cross join lateral prive.minutes_de_plage(p.plage) as m where m.de is null)
      then false end;
end
$$;
comment on function prive.ouverte_a(jsonb, timestamp) is
  'Whether a shop with these heures_ouverture is open at this local time; null when it gave none, or in words that are no times.';

create function prive.jour_de_livraison(vendeur uuid, delai_jours integer, heure_limite time) returns date
language plpgsql stable security definer set search_path = ''
as $$
declare
  u record;
  jour date;
  limite time := heure_limite;
begin
  select x.heures_ouverture as heures, prive.maintenant() at time zone x.fuseau_horaire as ici into u
  from public.utilisateurs_fluxasync as x where x.id_utilisateur = vendeur;
  if heure_limite is null and delai_jours = 0 then
    -- Nothing goes out today from a shop that is closed for the day.
    limite := (select case when bool_or(m.a is null) then null when max(m.a) < 1440 then make_time(max(m.a) / 60, max(m.a) % 60, 0) end
      from unnest(prive.plages_du_jour(u.heures, u.ici::date)) as p (plage) cross join lateral prive.minutes_de_plage(p.plage) as m);
  end if;
  jour := u.ici::date + delai_jours + case when u.ici::time > limite then 1 else 0 end;
  for essai in 1..7 loop
    exit when prive.ouvre_le(u.heures, jour);
    jour := jour + 1;
  end loop;
  return jour;
end
$$;
comment on function prive.jour_de_livraison(uuid, integer, time) is
  'The vendor''s calendar day on which what is ordered now arrives: so many days on, one more after the hour (the same day: after his shop has closed), and never on a day on which it is closed.';

create function prive.livrer_a(vendeur uuid, lieu text, out connue boolean, out commune text, out frais numeric, out jour date, out remuneration numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  ou record;
  z record;
begin
  select s.* into ou from prive.situer(vendeur, coalesce(lieu, '')) as s;
  commune := ou.commune;
  if ou.zone is not null then
    select x.frais_livraison, x.delai_jours, x.heure_limite, x.remuneration_livreur into z from public.zones_livraison as x
    where x.id_zone = ou.zone and x.id_utilisateur = vendeur;
  elsif coalesce(btrim(lieu), '') <> '' then
    select x.frais_livraison, x.delai_jours, x.heure_limite, x.remuneration_livreur into z from public.zones_livraison as x
    where x.id_utilisateur = vendeur and x.zone_active and x.partout order by x.id_zone limit 1;
  else
    -- Nowhere in particular: an answer only when it is the same everywhere.
    select min(x.frais_livraison) as frais_livraison, max(x.delai_jours) as delai_jours, min(x.heure_limite) as heure_limite,
      max(x.remuneration_livreur) as remuneration_livreur into z
    from public.zones_livraison as x where x.id_utilisateur = vendeur and x.zone_active
    having bool_or(x.partout) and min(x.frais_livraison) = max(x.frais_livraison);
  end if;
  frais := z.frais_livraison;
  remuneration := z.remuneration_livreur;
  connue := frais is not null;
  jour := case when connue then prive.jour_de_livraison(vendeur, z.delai_jours, z.heure_limite) end;
end
$$;
comment on function prive.livrer_a(uuid, text) is
  'What delivery to a place in a person''s words costs (the vendor''s currency) and on which of his days it comes; connue false and nulls where he has no fee. remuneration: what the courier is paid there, null: the customer''s fee. The type Livraison of functions/conversation/modele-ia.ts, its date as a day.';

-- ── an hour out of a day ─────────────────────────────────────────────────────────────────────────────────────────

insert into prive.reglages (nom, valeur, role) values
  ('demander_livreurs_avance_h', 72, 'Couriers are asked for a delivery at most so many hours before its planned time.');

create function prive.heure_de_livraison(vendeur uuid, jour date) returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- By then a courier can have been found and be there.
  bientot constant timestamptz := prive.maintenant() + interval '1 hour';
  u record;
  visee date;
  minute integer;
  heure timestamptz;
begin
  select x.heures_ouverture as heures, x.fuseau_horaire as fuseau, (prive.maintenant() at time zone x.fuseau_horaire)::date as aujourd_hui into u
  from public.utilisateurs_fluxasync as x where x.id_utilisateur = vendeur;
  visee := greatest(jour, u.aujourd_hui);
  loop
    -- Before the evening when the shop is open by then, else as late in its first opening as the day allows.
    select coalesce(max(least(m.a, 1080)) filter (where m.de < 1080), min(least(m.a, 1439)), 1080) into minute
    from unnest(prive.plages_du_jour(u.heures, visee)) as p (plage) cross join lateral prive.minutes_de_plage(p.plage) as m
    where m.de is not null and m.a is not null;
    heure := (visee + make_interval(mins => minute)) at time zone u.fuseau;
    if heure < bientot then
      -- Later the same day, on a quarter of an hour.
      heure := date_bin('15 minutes', bientot + interval '74 minutes 59 seconds', timestamptz '2000-01-01 00:00:00Z');
    end if;
    exit when (heure at time zone u.fuseau)::date <= visee;
    for essai in 1..7 loop
      visee := visee + 1;
      exit when prive.ouvre_le(u.heures, visee);
    end loop;
  end loop;
  return heure;
end
$$;
comment on function prive.heure_de_livraison(uuid, date) is
  'At what time of a day of the vendor''s a delivery is planned: the end of his last opening, at most 18:00 (18:00 too when he is closed or gave no hours; a shop that opens later still: the end of its first opening). Too late for that day, or less than an hour away: in two hours, on the next quarter of an hour; when that is tomorrow, on his next open day. Never in the past.';

create function prive.ouverture_livreurs(vendeur uuid, instant timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
declare
  u record;
  ici timestamp;
begin
  select x.livreurs_de as de, x.livreurs_a as a, x.fuseau_horaire as fuseau into strict u
  from public.utilisateurs_fluxasync as x where x.id_utilisateur = vendeur;
  ici := instant at time zone u.fuseau;
  return case
    when u.de = u.a or u.de < u.a and ici::time >= u.de and ici::time < u.a or u.de > u.a and (ici::time >= u.de or ici::time < u.a) then instant
    else (ici::date + case when ici::time < u.de then 0 else 1 end + u.de) at time zone u.fuseau end;
end
$$;
comment on function prive.ouverture_livreurs(uuid, timestamptz) is 'The first instant from this one on at which couriers may be asked: livreurs_de to livreurs_a, also over midnight.';

create function prive.moment_de_demander(vendeur uuid, prevue timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select prive.ouverture_livreurs(vendeur, greatest(prive.maintenant(), prevue - make_interval(hours => prive.reglage('demander_livreurs_avance_h'))))
    from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur and u.livraison_auto);
end
$$;
comment on function prive.moment_de_demander(uuid, timestamptz) is
  'From when couriers are asked for a delivery planned then: now, at most prive.reglages demander_livreurs_avance_h before it, and only from livreurs_de to livreurs_a where the vendor lives (over midnight too). Null where livraison_auto is off: he assigns himself.';

create function service.estimer_livraison(id_conversation bigint, lieu text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  vendeur uuid := (select c.id_utilisateur from public.conversations as c
                   where c.id_conversation = estimer_livraison.id_conversation);
begin
  return (
    select jsonb_build_object('connue', l.connue, 'commune', l.commune, 'frais', l.frais,
      'date', prive.jour_en_francais(l.jour, prive.jour_chez(vendeur, prive.maintenant())))
    from prive.livrer_a(vendeur, lieu) as l);
end
$$;
comment on function service.estimer_livraison(bigint, text) is
  'What the conversation''s vendor asks for a delivery to a place in the prospect''s words, and when it comes: { connue, commune, frais, date }; an empty text asks about nowhere in particular. connue false: the vendor has no fee for it. Raises no error of its own.';
grant execute on function service.estimer_livraison(bigint, text) to service_role;
