-- The inbox: every event of Meta is kept as it came, then each of its parts is applied by itself. An event may come again, and
-- what failed is replayed, since applying twice changes nothing.

create table prive.evenements_webhook (
  id bigint generated always as identity primary key,
  recu_le timestamptz not null default prive.maintenant(),
  corps bytea not null,
  empreinte bytea not null constraint empreinte_unique unique,
  etat text not null default 'traite' constraint etat_connu check (etat in ('recu', 'traite', 'partiel', 'echec')),
  erreur text,
  tentatives integer not null default 0,
  prochaine_tentative timestamptz
);
comment on table prive.evenements_webhook is
  'The inbox: raw bytes of every event Meta signed, kept before anything is done with them. The same bytes are kept once.';
comment on column prive.evenements_webhook.etat is
  'recu: kept, applied by the next sweep (statuses); traite: all parts applied, whatever Meta itself could not do (erreur_meta in `erreur`) (written first: a kill before the commit leaves no row at all, and Meta delivers again); partiel, echec: some or all parts failed.';
comment on column prive.evenements_webhook.prochaine_tentative is 'When the sweep applies it again; null: not by itself.';
create index evenements_webhook_a_rejouer on prive.evenements_webhook (prochaine_tentative) where prochaine_tentative is not null;
-- Events come in the order of their time: a block range index costs nothing at the insert.
create index evenements_webhook_par_date on prive.evenements_webhook using brin (recu_le);
alter table prive.evenements_webhook enable row level security;
create policy "personne par l'API" on prive.evenements_webhook using (false);

-- ── applying one event ───────────────────────────────────────────────────────────────────────────────────────────

create function prive.parties(corps bytea) returns table (waba text, le text, changement json)
language plpgsql immutable set search_path = ''
as $$
declare
  valeur json;
  champ json;
  liste text;
  coupe boolean;
begin
  -- json, not jsonb: a number like 1e400000 then only fails the part it stands in.
  for waba, le, changement in
    select e.value ->> 'id', e.value ->> 'time', c.value
    from pg_catalog.json_array_elements(prive.tableau(prive.reparer_json(pg_catalog.convert_from(corps, 'UTF8'))::json -> 'entry')) as e,
         pg_catalog.json_array_elements(prive.tableau(e.value -> 'changes')) as c
  loop
    valeur := changement -> 'value';
    champ := changement -> 'field';
    coupe := false;
    foreach liste in array array['messages', 'statuses', 'message_echoes', 'user_preferences', 'user_id_update', 'errors'] loop
      -- Each with its own contact alone: a thousand copies of a thousand contacts would be most of the work.
      for changement in
        select pg_catalog.json_build_object('field', champ, 'value', pg_catalog.json_build_object(
          'metadata', valeur -> 'metadata', 'contacts', pg_catalog.json_build_array(coalesce(u.contact, n.contact)), liste, pg_catalog.json_build_array(p.partie)))
        from (
          select e.value as partie, coalesce(e.value ->> 'from_user_id', e.value ->> 'to_user_id', e.value ->> 'user_id') as par_id,
                 coalesce(e.value ->> 'from', e.value ->> 'to', e.value ->> 'wa_id') as par_numero
          from pg_catalog.json_array_elements(prive.tableau(valeur -> liste)) as e) as p
        left join (
          select distinct on (c.value ->> 'user_id') c.value ->> 'user_id' as cle, c.value as contact
          from pg_catalog.json_array_elements(prive.tableau(valeur -> 'contacts')) as c) as u on u.cle = p.par_id
        left join (
          select distinct on (c.value ->> 'wa_id') c.value ->> 'wa_id' as cle, c.value as contact
          from pg_catalog.json_array_elements(prive.tableau(valeur -> 'contacts')) as c) as n on n.cle = p.par_numero
      loop
        coupe := true;
        return next;
      end loop;
    end loop;
    if not coupe then
      changement := pg_catalog.json_build_object('field', champ, 'value', valeur);
      return next;
    end if;
  end loop;
end
$$;
comment on function prive.parties(bytea) is
  'An event cut into changes that carry one message, status, echo, preference or error each, with the id and the time of their entry, so that each can stand or fall alone.';

create function prive.tableau(valeur json) returns json
language sql immutable set search_path = ''
as $$ select case when pg_catalog.json_typeof(valeur) = 'array' then valeur else '[]'::json end $$;
comment on function prive.tableau(json) is 'The array itself, or an empty one where Meta (or a forger with the secret) sent something else.';

create function prive.appliquer_evenement(
  corps bytea, maintenant timestamptz, recu_le timestamptz, out erreur text, out appliques integer, out echecs integer, out rejouable boolean)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  entree record;
  partie record;
  refus text;
  erreurs text[] := '{}';
begin
  appliques := 0;
  echecs := 0;
  rejouable := false;
  -- The usual case, in one savepoint: all of it applies.
  begin
    for entree in
      select e.value ->> 'id' as waba, e.value ->> 'time' as le, c.value as changement
      from pg_catalog.jsonb_array_elements(pg_catalog.convert_from(corps, 'UTF8')::jsonb -> 'entry') as e,
           pg_catalog.jsonb_array_elements(e.value -> 'changes') as c
    loop
      refus := prive.appliquer_changement(entree.waba, entree.le, entree.changement, maintenant, recu_le);
      if refus is null or refus like 'erreur\_meta:%' then
        appliques := appliques + 1;
      else
        echecs := echecs + 1;
        rejouable := rejouable or refus like 'compte\_inconnu:%';
      end if;
      if refus is not null then
        erreurs := erreurs || refus;
      end if;
    end loop;
    if appliques = 0 and erreurs = '{}' then
      echecs := 1;
      erreurs := array['sans_changement'];
    end if;
    erreur := prive.resumer(erreurs);
    return;
  exception when others then
    null;
  end;
  -- Something failed and took all with it: now each message and status by itself.
  appliques := 0;
  echecs := 0;
  rejouable := false;
  erreurs := '{}';
  begin
    for partie in select p.waba, p.le, p.changement from prive.parties(corps) as p loop
      begin
        refus := prive.appliquer_changement(partie.waba, partie.le, partie.changement::jsonb, maintenant, recu_le);
      exception when others then
        refus := sqlstate || ' ' || pg_catalog.left(sqlerrm, 200);
      end;
      if refus is null or refus like 'erreur\_meta:%' then
        appliques := appliques + 1;
      else
        echecs := echecs + 1;
        rejouable := rejouable or refus not like 'numero\_cede:%';
      end if;
      if refus is not null then
        erreurs := erreurs || refus;
      end if;
    end loop;
  exception when others then
    echecs := echecs + 1;
    rejouable := true;
    erreurs := erreurs || ('illisible: ' || sqlstate || ' ' || pg_catalog.left(sqlerrm, 200));
  end;
  if appliques = 0 and erreurs = '{}' then
    echecs := 1;
    erreurs := array['sans_changement'];
  end if;
  erreur := prive.resumer(erreurs);
end
$$;
comment on function prive.appliquer_evenement(bytea, timestamptz, timestamptz) is 'Applies all parts of one event that came at recu_le; never raises: what failed, and what Meta itself says went wrong, is in `erreur`, how many parts were applied and how many not in `appliques` and `echecs`. rejouable: a later try may succeed (a number connected late, a message that comes after its edit, a lost deadlock); a field nobody knows will not be known in an hour.';

create function prive.resumer(erreurs text[]) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return nullif(pg_catalog.array_to_string(erreurs[1:20], ' | ') || case when pg_catalog.cardinality(erreurs) > 20
    then pg_catalog.format(' | … et %s autres', pg_catalog.cardinality(erreurs) - 20) else '' end, '');
end
$$;
comment on function prive.resumer(text[]) is 'Errors of an event in one line, twenty at most; null when there are none.';

-- ── receiving ────────────────────────────────────────────────────────────────────────────────────────────────────

create function service.recevoir_evenement_whatsapp(corps text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  octets bytea := pg_catalog.decode(corps, 'base64');
  maintenant timestamptz := prive.maintenant();
  maintenant_serveur timestamptz := pg_catalog.now();
  -- Statuses are three of four events, nobody waits for them, and those of one message would wait for each other's row
  -- locks: they are applied together by the sweep. Told by the bytes alone; an error of this guess only costs time.
  differe boolean := position('"statuses"'::bytea in octets) > 0 and position('"messages":['::bytea in octets) = 0;
  evenement bigint;
  resultat record;
  etat_final text := 'traite';
  -- Jobs that are due already have somebody coming for them, who will find those of this event too.
  quelqu_un_vient boolean := coalesce((select q.vt from pgmq.q_repondre_prospects as q order by q.vt limit 1) <= maintenant_serveur, false);
begin
  insert into prive.evenements_webhook (recu_le, corps, empreinte, etat, prochaine_tentative)
  values (maintenant, octets, pg_catalog.sha256(octets), case when differe then 'recu' else 'traite' end,
    case when differe then maintenant end)
  on conflict on constraint empreinte_unique do nothing
  returning id into evenement;
  if evenement is null then
    return pg_catalog.jsonb_build_object('etat', 'doublon');
  end if;
  if differe then
    return pg_catalog.jsonb_build_object('etat', 'recu');
  end if;
  select * into resultat from prive.appliquer_evenement(octets, maintenant, maintenant);
  if resultat.erreur is not null then
    etat_final := case when resultat.echecs = 0 then 'traite' when resultat.appliques > 0 then 'partiel' else 'echec' end;
    update prive.evenements_webhook as e
    set etat = etat_final, erreur = resultat.erreur, tentatives = 1,
        prochaine_tentative = case when resultat.echecs > 0 and resultat.rejouable then maintenant + interval '1 minute' end
    where e.id = evenement;
  end if;
  return pg_catalog.jsonb_build_object('etat', etat_final, 'reveiller', not quelqu_un_vient
    and coalesce((select q.vt from pgmq.q_repondre_prospects as q order by q.vt limit 1) <= maintenant_serveur, false));
end
$$;
comment on function service.recevoir_evenement_whatsapp(text) is
  'Keeps one event of Meta (base64 of its raw bytes, whose signature the caller has checked) and applies it, in one transaction. → {"etat": "recu"|"traite"|"partiel"|"echec"|"doublon"}. reveiller: true when a reply is due at once and nobody comes for it, so call repondre-prospects. Raises only when nothing was kept (SQLSTATE 22023: not base64), so any answer means: acknowledge.';
grant execute on function service.recevoir_evenement_whatsapp(text) to service_role;

-- ── replay ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.appliquer_en_attente(limite integer default 1000) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  e record;
  resultat record;
  nombre integer := 0;
  choisis bigint[];
begin
  select pg_catalog.array_agg(w.id) into choisis from (
    select v.id from prive.evenements_webhook as v where v.prochaine_tentative <= prive.maintenant()
    order by v.prochaine_tentative, v.id limit limite
    for update skip locked) as w;
  if choisis is null then
    return 0;
  end if;
  -- The messages they speak of, locked in one order, the senders' own.
  perform from public.messages as m
  where m.id_message in (
    select t.trouve[1]::bigint
    from prive.evenements_webhook as w,
         pg_catalog.regexp_matches(pg_catalog.encode(w.corps, 'escape'), '"biz_opaque_callback_data":\s*"([0-9]{1,18})(?:\.[0-9]{1,9})?"', 'g') as t (trouve)
    where w.id = any (choisis))
  order by m.id_message for no key update;
  for e in
    select w.id, w.corps, w.tentatives, w.recu_le from prive.evenements_webhook as w where w.id = any (choisis) order by w.id
  loop
    select * into resultat from prive.appliquer_evenement(e.corps, prive.maintenant(), e.recu_le);
    update prive.evenements_webhook as w
    set etat = case when resultat.echecs = 0 then 'traite' when resultat.appliques > 0 then 'partiel' else 'echec' end,
        erreur = resultat.erreur, tentatives = e.tentatives + 1,
        prochaine_tentative = case when resultat.echecs > 0 and resultat.rejouable and e.tentatives < 10
          then prive.maintenant() + pg_catalog.make_interval(secs => 60 * 3 ^ least(e.tentatives, 6)) end
    where w.id = e.id;
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.appliquer_en_attente(integer) is
  'Applies the events that were only kept, and again those of which something failed: after 1, 3, 9, 27 minutes … up to 12 hours, ten times in all (a number that is connected late finds its messages). Returns how many were tried.';

-- Every 2 seconds: a vendor sees "delivered" and "read" soon enough, and it is cheap when nothing is due (a partial index).
select cron.schedule('appliquer-en-attente', '2 seconds', 'select prive.appliquer_en_attente()');

create function prive.purger_evenements() returns integer
language sql volatile security definer set search_path = ''
as $$
  with supprimes as (
    delete from prive.evenements_webhook where id in (
      select e.id from prive.evenements_webhook as e
      where e.recu_le < (select prive.maintenant() - pg_catalog.make_interval(days => prive.reglage('retention_evenements_jours')))
      order by e.id limit 5000)
    returning 1)
  select count(*)::integer from supprimes
$$;
comment on function prive.purger_evenements() is 'Drops at most 5,000 events past their retention (longer than the 7 days in which Meta redelivers). Returns how many.';
-- Every minute, in batches, so that no purge ever holds many rows and seven million a day still go.
select cron.schedule('purger-evenements', '* * * * *', 'select prive.purger_evenements()');
