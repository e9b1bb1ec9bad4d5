-- What Meta delivers: every event is kept as it came, then each of its parts is applied by itself. Doing it twice changes
-- nothing, so an event may come again, and what failed is replayed.

insert into prive.files (nom, fonction, tentatives_max) values ('repondre_prospects', 'repondre-prospects', 5);
select pgmq.create('repondre_prospects');

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
  'traite: all parts applied (written first: a kill before the commit leaves no row at all, and Meta delivers again); partiel, echec: some or all parts failed; recu: set by an operator, to be applied at the next sweep.';
comment on column prive.evenements_webhook.prochaine_tentative is 'When the sweep applies it again; null: not by itself.';
create index evenements_webhook_a_rejouer on prive.evenements_webhook (prochaine_tentative) where prochaine_tentative is not null;
create index evenements_webhook_par_date on prive.evenements_webhook (recu_le);
alter table prive.evenements_webhook enable row level security;

-- ── one message ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.lire_message_meta(m jsonb, out type_message text, out contenu text)
language sql immutable set search_path = ''
as $$
  select
    case m ->> 'type'
      when 'text' then 'texte' when 'image' then 'image' when 'sticker' then 'image' when 'document' then 'document'
      when 'audio' then 'audio' when 'video' then 'video' when 'location' then 'localisation' when 'contacts' then 'contact'
      when 'interactive' then 'interactif' when 'button' then 'interactif' when 'order' then 'interactif'
      when 'reaction' then 'reaction' else 'inconnu' end,
    coalesce(case m ->> 'type'
      when 'text' then m #>> '{text,body}'
      when 'image' then m #>> '{image,caption}'
      when 'video' then m #>> '{video,caption}'
      when 'document' then coalesce(m #>> '{document,caption}', m #>> '{document,filename}')
      when 'location' then pg_catalog.concat_ws(', ', m #>> '{location,name}', m #>> '{location,address}')
      when 'interactive' then coalesce(m #>> '{interactive,button_reply,title}', m #>> '{interactive,list_reply,title}')
      when 'button' then m #>> '{button,text}'
      when 'reaction' then m #>> '{reaction,emoji}' end, '')
$$;
comment on function prive.lire_message_meta(jsonb) is 'Our type and the words of a Cloud API message object; what they do not say stays in charge_utile.';

create function prive.prospect_de(vendeur uuid, m jsonb, contact jsonb) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  numero text := '+' || (m ->> 'from');
  -- Meta's business-scoped id where there is one; a person without it is known by his wa_id.
  bsuid text := coalesce(m ->> 'from_user_id', contact ->> 'user_id');
  identifiant text := coalesce(bsuid, m ->> 'from');
  nom text := nullif(pg_catalog.left(contact #>> '{profile,name}', 200), '');
  trouve bigint;
begin
  if identifiant is null then
    perform prive.refuser('expediteur_inconnu', 'Ce message ne dit pas de qui il vient.');
  end if;
  select p.id_prospect into trouve from public.prospects as p
  where p.id_utilisateur = vendeur and p.identifiant_whatsapp = identifiant;
  if trouve is null and numero is not null then
    select p.id_prospect into trouve from public.prospects as p
    where p.id_utilisateur = vendeur and p.numero_telephone = numero;
    if trouve is not null then
      update public.prospects as p
      set identifiant_whatsapp = coalesce(bsuid, p.identifiant_whatsapp, identifiant), nom_complet = coalesce(p.nom_complet, nom)
      where p.id_prospect = trouve;
    end if;
  end if;
  if trouve is null then
    insert into public.prospects (id_utilisateur, numero_telephone, identifiant_whatsapp, nom_complet)
    values (vendeur, numero, identifiant, nom)
    on conflict do nothing
    returning id_prospect into trouve;
    if trouve is null then
      select p.id_prospect into strict trouve from public.prospects as p
      where p.id_utilisateur = vendeur and (p.identifiant_whatsapp = identifiant or p.numero_telephone = numero)
      order by p.identifiant_whatsapp = identifiant desc limit 1;
    end if;
  end if;
  return trouve;
end
$$;
comment on function prive.prospect_de(uuid, jsonb, jsonb) is 'The prospect of this vendor who sent a message, made if he is new. Hint expediteur_inconnu when Meta names nobody.';

create function prive.conversation_de(vendeur uuid, prospect bigint, compte bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  trouvee bigint;
begin
  select c.id_conversation into trouvee from public.conversations as c
  where c.id_prospect = prospect and c.id_compte_whatsapp = compte and c.statut_conversation in ('active', 'en_pause')
  for no key update;
  if trouvee is null then
    insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
    values (vendeur, prospect, compte)
    on conflict (id_prospect, id_compte_whatsapp) where statut_conversation in ('active', 'en_pause') do nothing
    returning id_conversation into trouvee;
    if trouvee is null then
      select c.id_conversation into strict trouvee from public.conversations as c
      where c.id_prospect = prospect and c.id_compte_whatsapp = compte and c.statut_conversation in ('active', 'en_pause')
      for no key update;
    end if;
  end if;
  return trouvee;
end
$$;
comment on function prive.conversation_de(uuid, bigint, bigint) is 'The open conversation of a prospect on a number, opened if there is none, and locked: its messages are committed in the order of their ids, so that "answered up to this id" never skips one.';

create function prive.noter_provenance(vendeur uuid, prospect bigint, referral jsonb) returns void
language sql volatile security definer set search_path = ''
as $$
  update public.prospects as p
  set reference_pub = referral,
      source_acquisition = case when referral ->> 'source_url' ilike '%instagram%' then 'pub_instagram'
                                when referral ->> 'source_url' ilike any (array['%facebook%', '%fb.me%']) then 'pub_facebook'
                                else 'pub_whatsapp' end,
      id_campagne = (select c.id_campagne from public.campagnes_marketing as c
                     where c.id_utilisateur = vendeur and c.identifiant_pub = referral ->> 'source_id')
  where p.id_prospect = prospect and p.id_utilisateur = vendeur and p.reference_pub is null
$$;
comment on function prive.noter_provenance(uuid, bigint, jsonb) is 'Keeps the first click-to-WhatsApp referral of a prospect: source, campaign and ctwa_clid. Later ones do not change where he came from.';

create function prive.recevoir_message(vendeur uuid, compte bigint, m jsonb, contact jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  prospect bigint := prive.prospect_de(vendeur, m, contact);
  conversation bigint := prive.conversation_de(vendeur, prospect, compte);
  lu record;
  nouveau bigint;
  ia boolean;
  maintenant timestamptz := prive.maintenant();
  dit_le timestamptz := least(maintenant, coalesce(to_timestamp((m ->> 'timestamp')::bigint), maintenant));
begin
  select * into lu from prive.lire_message_meta(m);
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp,
    direction_message, type_message, contenu_message, charge_utile, nom_expediteur, reponse_a, date_creation, date_statut)
  values (vendeur, conversation, compte, m ->> 'id', 'entrant', lu.type_message, lu.contenu, m,
    contact #>> '{profile,name}', m #>> '{context,id}', maintenant, maintenant)
  on conflict on constraint wamid_unique_par_compte do nothing
  returning id_message into nouveau;
  if nouveau is null then
    return;
  end if;
  update public.conversations as c
  set dernier_message_recu = maintenant, non_lus = c.non_lus + 1,
      fenetre_expire_le = greatest(c.fenetre_expire_le, dit_le + interval '24 hours')
  where c.id_conversation = conversation
  returning c.ia_activee and c.statut_conversation = 'active' into ia;
  if m ? 'referral' then
    perform prive.noter_provenance(vendeur, prospect, m -> 'referral');
  end if;
  if ia and lu.type_message <> 'reaction' then
    perform prive.demander_reponse(conversation, nouveau);
  end if;
end
$$;
comment on function prive.recevoir_message(uuid, bigint, jsonb, jsonb) is
  'One inbound message: prospect, conversation, message, window and job in one go; a wamid already known changes nothing.';

create function prive.demander_reponse(conversation bigint, message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  attente_ms integer := prive.reglage('attente_rafale_ms');
begin
  perform pgmq.send('repondre_prospects',
    pg_catalog.jsonb_build_object('id_conversation', conversation, 'id_message', message),
    pg_catalog.ceil(attente_ms / 1000.0)::integer);
  if attente_ms = 0 then
    perform prive.reveiller('repondre-prospects');
  end if;
end
$$;
comment on function prive.demander_reponse(bigint, bigint) is
  'Queues the reply to a message, due when the burst may be over; the sweep wakes the function then. Without a wait it is woken at once.';

-- ── one status ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.appliquer_statut(vendeur uuid, compte bigint, s jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  nouveau text := case s ->> 'status' when 'sent' then 'envoye' when 'delivered' then 'livre' when 'read' then 'lu'
                                      when 'played' then 'lu' when 'failed' then 'echec' end;
  rappel bigint := case when s ->> 'biz_opaque_callback_data' ~ '^[0-9]{1,18}$' then (s ->> 'biz_opaque_callback_data')::bigint end;
begin
  if nouveau is null then
    return;
  end if;
  -- Our own id comes back with the status: it settles a send whose answer never reached us.
  update public.messages as m
  set identifiant_message_whatsapp = coalesce(m.identifiant_message_whatsapp, s ->> 'id'),
      statut_livraison = nouveau,
      code_erreur = case when nouveau = 'echec' then s #>> '{errors,0,code}' end,
      detail_erreur = case when nouveau = 'echec' then coalesce(s #>> '{errors,0,error_data,details}', s #>> '{errors,0,title}') end
  where m.id_compte_whatsapp = compte and m.id_utilisateur = vendeur and m.direction_message = 'sortant'
    and (m.identifiant_message_whatsapp = s ->> 'id' or (m.id_message = rappel and m.identifiant_message_whatsapp is null))
    and case
      when m.statut_livraison = 'echec' then m.code_erreur = 'resultat_inconnu'
      when nouveau = 'echec' then m.statut_livraison in ('envoi_en_cours', 'envoye')
      else prive.rang_livraison(nouveau) > prive.rang_livraison(m.statut_livraison) end;
end
$$;
comment on function prive.appliquer_statut(uuid, bigint, jsonb) is 'One status event on an outgoing message of this account: forward only, in any order, any number of times.';

-- ── one change, one event ────────────────────────────────────────────────────────────────────────────────────────

create function prive.appliquer_changement(changement json) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  champ text := changement ->> 'field';
  numero text := changement #>> '{value,metadata,phone_number_id}';
  vendeur uuid;
  compte bigint;
  contacts jsonb;
  partie json;
  erreurs text[] := '{}';
begin
  if champ is distinct from 'messages' then
    return 'champ_inconnu: ' || coalesce(champ, '(aucun)');
  end if;
  select c.id_utilisateur, c.id_compte_whatsapp into vendeur, compte
  from public.comptes_whatsapp as c where c.identifiant_numero_telephone = numero;
  if vendeur is null then
    return 'compte_inconnu: ' || coalesce(numero, '(aucun)');
  end if;
  begin
    contacts := (changement #> '{value,contacts}')::jsonb;
  exception when others then
    contacts := null;
  end;
  -- Always in the same order of people, so that two events that name the same new ones never wait for each other.
  for partie in
    select e.value from pg_catalog.json_array_elements(prive.tableau(changement #> '{value,messages}')) with ordinality as e (value, rang)
    order by e.value ->> 'from', e.rang
  loop
    begin
      perform prive.recevoir_message(vendeur, compte, partie::jsonb, prive.contact_de(contacts, partie::jsonb));
    exception when others then
      erreurs := erreurs || prive.erreur_courante(sqlstate, sqlerrm);
    end;
  end loop;
  for partie in
    select e.value from pg_catalog.json_array_elements(prive.tableau(changement #> '{value,statuses}')) with ordinality as e (value, rang)
    order by e.value ->> 'id', e.rang
  loop
    begin
      perform prive.appliquer_statut(vendeur, compte, partie::jsonb);
    exception when others then
      erreurs := erreurs || prive.erreur_courante(sqlstate, sqlerrm);
    end;
  end loop;
  return nullif(pg_catalog.array_to_string(erreurs, ' | '), '');
end
$$;
comment on function prive.appliquer_changement(json) is 'One `change` of an event; null, or what failed in it. Each message and status stands or falls alone.';

create function prive.tableau(valeur json) returns json
language sql immutable set search_path = ''
as $$ select case when pg_catalog.json_typeof(valeur) = 'array' then valeur else '[]'::json end $$;
comment on function prive.tableau(json) is 'The array itself, or an empty one where Meta (or a forger with the secret) sent something else.';

create function prive.contact_de(contacts jsonb, m jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select e.value from pg_catalog.jsonb_array_elements(case when pg_catalog.jsonb_typeof(contacts) = 'array' then contacts else '[]'::jsonb end) as e
  where e.value ->> 'wa_id' = m ->> 'from' or e.value ->> 'user_id' = m ->> 'from_user_id'
  limit 1
$$;
comment on function prive.contact_de(jsonb, jsonb) is 'The contact of a payload that sent this message, or null.';

create function prive.erreur_courante(etat text, message text) returns text
language sql immutable set search_path = ''
as $$ select etat || ' ' || pg_catalog.left(message, 200) $$;

create function prive.appliquer_evenement(corps bytea, out erreur text, out appliques integer)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  document json;
  entree json;
  changement json;
  refus text;
  erreurs text[] := '{}';
begin
  appliques := 0;
  begin
    -- json, not jsonb: a number like 1e400000 then fails only the part it stands in.
    document := prive.reparer_json(pg_catalog.convert_from(corps, 'UTF8'))::json;
    for entree in select * from pg_catalog.json_array_elements(prive.tableau(document -> 'entry')) loop
      for changement in select * from pg_catalog.json_array_elements(prive.tableau(entree -> 'changes')) loop
        begin
          refus := prive.appliquer_changement(changement);
        exception when others then
          refus := prive.erreur_courante(sqlstate, sqlerrm);
        end;
        if refus is null then
          appliques := appliques + 1;
        else
          erreurs := erreurs || refus;
        end if;
      end loop;
    end loop;
    if appliques = 0 and erreurs = '{}' then
      erreurs := array['sans_changement'];
    end if;
  exception when others then
    erreurs := erreurs || ('illisible: ' || prive.erreur_courante(sqlstate, sqlerrm));
  end;
  erreur := nullif(pg_catalog.array_to_string(erreurs, ' | '), '');
end
$$;
comment on function prive.appliquer_evenement(bytea) is 'Applies all parts of one event; never raises: what failed is in `erreur`.';

create function service.recevoir_evenement_whatsapp(corps text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  octets bytea := pg_catalog.decode(corps, 'base64');
  evenement bigint;
  resultat record;
  etat_final text := 'traite';
begin
  insert into prive.evenements_webhook (corps, empreinte) values (octets, pg_catalog.sha256(octets))
  on conflict on constraint empreinte_unique do nothing
  returning id into evenement;
  if evenement is null then
    return pg_catalog.jsonb_build_object('etat', 'doublon');
  end if;
  select * into resultat from prive.appliquer_evenement(octets);
  if resultat.erreur is not null then
    etat_final := case when resultat.appliques > 0 then 'partiel' else 'echec' end;
    update prive.evenements_webhook as e
    set etat = etat_final, erreur = resultat.erreur, tentatives = 1,
        prochaine_tentative = prive.maintenant() + pg_catalog.make_interval(secs => 60)
    where e.id = evenement;
  end if;
  return pg_catalog.jsonb_build_object('etat', etat_final);
end
$$;
comment on function service.recevoir_evenement_whatsapp(text) is
  'Keeps one event of Meta (base64 of its raw bytes, whose signature the caller has checked) and applies it, in one transaction. → {"etat": "traite"|"partiel"|"echec"|"doublon"}. Raises only when nothing was kept (SQLSTATE 22023: not base64), so any answer means: acknowledge.';
grant execute on function service.recevoir_evenement_whatsapp(text) to service_role;

-- ── replay ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.rejouer_evenements(limite integer default 50) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  e record;
  resultat record;
  nombre integer := 0;
begin
  for e in
    select w.id, w.corps, w.tentatives from prive.evenements_webhook as w
    where w.prochaine_tentative <= prive.maintenant()
    order by w.prochaine_tentative limit limite
    for update skip locked
  loop
    select * into resultat from prive.appliquer_evenement(e.corps);
    update prive.evenements_webhook as w
    set etat = case when resultat.erreur is null then 'traite' when resultat.appliques > 0 then 'partiel' else 'echec' end,
        erreur = resultat.erreur, tentatives = e.tentatives + 1,
        prochaine_tentative = case when resultat.erreur is not null and e.tentatives < 10
          then prive.maintenant() + pg_catalog.make_interval(secs => 60 * 3 ^ least(e.tentatives, 6)) end
    where w.id = e.id;
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.rejouer_evenements(integer) is
  'Applies again the events of which something failed: after 1, 3, 9, 27 minutes … up to 12 hours, ten times in all (a number that is connected late finds its messages). Returns how many were tried.';

-- Every 30 seconds: cheap when nothing is due (a partial index), and soon enough for a part that lost a deadlock.
select cron.schedule('rejouer-evenements', '30 seconds', 'select prive.rejouer_evenements()');

create function prive.purger_evenements() returns integer
language sql volatile security definer set search_path = ''
as $$
  with supprimes as (
    delete from prive.evenements_webhook where id in (
      select e.id from prive.evenements_webhook as e
      where e.recu_le < prive.maintenant() - pg_catalog.make_interval(days => prive.reglage('retention_evenements_jours'))
      order by e.recu_le limit 5000)
    returning 1)
  select count(*)::integer from supprimes
$$;
comment on function prive.purger_evenements() is 'Drops at most 5,000 events past their retention (longer than the 7 days in which Meta redelivers). Returns how many.';
-- Every 10 minutes, in batches, so that no purge ever holds many rows.
select cron.schedule('purger-evenements', '*/10 * * * *', 'select prive.purger_evenements()');
