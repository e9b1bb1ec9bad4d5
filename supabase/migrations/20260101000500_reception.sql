-- What one message or one status of Meta does: prospect, conversation, message, window, job. Doing it twice changes nothing.

insert into prive.files (nom, fonction, tentatives_max) values ('repondre_prospects', 'repondre-prospects', 8);
select pgmq.create('repondre_prospects');

-- ── one message ──────────────────────────────────────────────────────────────────────────────────────────────────

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
  select p.id_prospect into trouve from public.prospects as p
  where p.id_utilisateur = vendeur and p.identifiant_whatsapp = identifiant;
  if found then
    return trouve;
  end if;
  if identifiant is null then
    perform prive.refuser('expediteur_inconnu', 'Ce message ne dit pas de qui il vient.');
  end if;
  -- The same number, known before Meta gave an id, or written down by the vendor for somebody not yet on WhatsApp. A number
  -- that he noted for another person who writes from his own is not that person's.
  update public.prospects as p
  set identifiant_whatsapp = coalesce(bsuid, p.identifiant_whatsapp, identifiant), numero_whatsapp = numero,
      nom_complet = coalesce(p.nom_complet, nom)
  where p.id_utilisateur = vendeur and p.numero_telephone = numero
    and (p.identifiant_whatsapp is null or p.numero_whatsapp = numero)
  returning p.id_prospect into trouve;
  if found then
    return trouve;
  end if;
  insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, identifiant_whatsapp, nom_complet)
  values (vendeur, case when not exists (
      select from public.prospects as p where p.id_utilisateur = vendeur and p.numero_telephone = numero) then numero end,
    numero, identifiant, nom)
  on conflict do nothing
  returning id_prospect into trouve;
  if not found then
    -- Another message of the same person was quicker.
    select p.id_prospect into strict trouve from public.prospects as p
    where p.id_utilisateur = vendeur and (p.identifiant_whatsapp = identifiant or p.numero_whatsapp = numero)
    order by p.identifiant_whatsapp = identifiant desc limit 1;
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
  if found then
    return trouvee;
  end if;
  insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
  values (vendeur, prospect, compte)
  on conflict (id_prospect, id_compte_whatsapp) where statut_conversation in ('active', 'en_pause') do nothing
  returning id_conversation into trouvee;
  if not found then
    select c.id_conversation into strict trouvee from public.conversations as c
    where c.id_prospect = prospect and c.id_compte_whatsapp = compte and c.statut_conversation in ('active', 'en_pause')
    for no key update;
  end if;
  return trouvee;
end
$$;
comment on function prive.conversation_de(uuid, bigint, bigint) is 'The open conversation of a prospect on a number, opened if there is none, and locked: its messages are committed in the order of their ids, so that "answered up to this id" never skips one.';

create function prive.noter_provenance(vendeur uuid, prospect bigint, conversation bigint, referral jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  campagne bigint := (select c.id_campagne from public.campagnes_marketing as c
    where c.id_utilisateur = vendeur and c.identifiant_pub = referral ->> 'source_id');
begin
  update public.prospects as p
  set reference_pub = referral,
      source_acquisition = case when referral ->> 'source_url' ilike '%instagram%' then 'pub_instagram'
                                when referral ->> 'source_url' ilike any (array['%facebook%', '%fb.me%']) then 'pub_facebook'
                                else 'pub_whatsapp' end,
      id_campagne = campagne
  where p.id_prospect = prospect and p.id_utilisateur = vendeur and p.reference_pub is null;
  update public.conversations as v set id_campagne = campagne
  where v.id_conversation = conversation and v.id_utilisateur = vendeur and v.id_campagne is null and campagne is not null;
end
$$;
comment on function prive.noter_provenance(uuid, bigint, bigint, jsonb) is
  'Keeps the first click-to-WhatsApp referral of a prospect (source, campaign, ctwa_clid) and the first campaign of a conversation. Later ones do not change where he came from.';

create function prive.recevoir_message(vendeur uuid, compte bigint, m jsonb, contact jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  prospect bigint;
  conversation bigint;
  a_noter boolean;
  genre text := case m ->> 'type'
    when 'text' then 'texte' when 'image' then 'image' when 'sticker' then 'image' when 'document' then 'document'
    when 'audio' then 'audio' when 'video' then 'video' when 'location' then 'localisation' when 'contacts' then 'contact'
    when 'interactive' then 'interactif' when 'button' then 'interactif' when 'order' then 'interactif'
    when 'reaction' then 'reaction' else 'inconnu' end;
  dit_le timestamptz := least(maintenant, coalesce(pg_catalog.to_timestamp((m ->> 'timestamp')::bigint), maintenant));
  nouveau bigint;
  ia boolean;
begin
  -- The usual case in one look: a known person in an open conversation.
  select c.id_prospect, c.id_conversation, p.numero_whatsapp is distinct from coalesce('+' || (m ->> 'from'), p.numero_whatsapp)
      or p.derniere_activite < maintenant - interval '1 minute'
  into prospect, conversation, a_noter
  from public.prospects as p
  join public.conversations as c on c.id_prospect = p.id_prospect and c.id_compte_whatsapp = compte
    and c.statut_conversation in ('active', 'en_pause')
  where p.id_utilisateur = vendeur and p.identifiant_whatsapp = coalesce(m ->> 'from_user_id', contact ->> 'user_id', m ->> 'from')
  for no key update of c;
  if not found then
    -- Known already, and its conversation is over: it opens no new one.
    if exists (select from public.messages as x where x.id_compte_whatsapp = compte and x.id_utilisateur = vendeur
               and x.identifiant_message_whatsapp = m ->> 'id') then
      return;
    end if;
    prospect := prive.prospect_de(vendeur, m, contact);
    conversation := prive.conversation_de(vendeur, prospect, compte);
  elsif a_noter then
    update public.prospects as p
    set numero_whatsapp = coalesce('+' || (m ->> 'from'), p.numero_whatsapp), derniere_activite = maintenant
    where p.id_prospect = prospect;
  end if;
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp,
    direction_message, type_message, contenu_message, charge_utile, nom_expediteur, reponse_a, date_creation, date_statut)
  values (vendeur, conversation, compte, m ->> 'id', 'entrant', genre,
    -- The words it has; what the columns do not say stays in charge_utile.
    coalesce(case m ->> 'type'
      when 'text' then m #>> '{text,body}'
      when 'image' then m #>> '{image,caption}'
      when 'video' then m #>> '{video,caption}'
      when 'document' then coalesce(m #>> '{document,caption}', m #>> '{document,filename}')
      when 'location' then pg_catalog.concat_ws(', ', m #>> '{location,name}', m #>> '{location,address}')
      when 'interactive' then coalesce(m #>> '{interactive,button_reply,title}', m #>> '{interactive,list_reply,title}')
      when 'button' then m #>> '{button,text}'
      when 'reaction' then m #>> '{reaction,emoji}' end, ''),
    nullif(m - array['id', 'from', 'from_user_id', 'timestamp', 'type', 'text'], '{}'),
    contact #>> '{profile,name}', m #>> '{context,id}', maintenant, maintenant)
  on conflict on constraint wamid_unique_par_compte do nothing
  returning id_message into nouveau;
  if nouveau is null then
    return;
  end if;
  update public.conversations as c
  set dernier_message_recu = maintenant, non_lus = least(c.non_lus + 1, 99999),
      activite_le = case when c.activite_le > maintenant - interval '1 minute' then c.activite_le else maintenant end,
      fenetre_expire_le = greatest(c.fenetre_expire_le, dit_le + interval '24 hours')
  where c.id_conversation = conversation
  returning c.ia_activee and c.statut_conversation = 'active' into ia;
  if m ? 'referral' then
    perform prive.noter_provenance(vendeur, prospect, conversation, m -> 'referral');
  end if;
  if ia and genre <> 'reaction' then
    perform prive.demander_reponse(conversation, nouveau);
  end if;
end
$$;
comment on function prive.recevoir_message(uuid, bigint, jsonb, jsonb, timestamptz) is
  'One inbound message: prospect, conversation, message, window and job in one go; a wamid already known changes nothing.';

create function prive.demander_reponse(conversation bigint, message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- What pgmq.send does, without its dynamic statement: this runs for every message received.
  insert into pgmq.q_repondre_prospects (vt, message)
  values (pg_catalog.now() + prive.reglage('attente_rafale_ms') * interval '1 millisecond',
    pg_catalog.jsonb_build_object('id_conversation', conversation, 'id_message', message));
end
$$;
comment on function prive.demander_reponse(bigint, bigint) is
  'Queues the reply to a message, due when the burst may be over; the sweep wakes the function then, or the webhook when there is nothing to wait for.';

-- ── one status ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.appliquer_statut(vendeur uuid, compte bigint, s jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  nouveau text := case s ->> 'status' when 'sent' then 'envoye' when 'delivered' then 'livre' when 'read' then 'lu'
                                      when 'played' then 'lu' when 'failed' then 'echec' end;
  touche bigint;
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
      else prive.rang_livraison(nouveau) > prive.rang_livraison(m.statut_livraison) end
  returning m.id_message into touche;
  if touche is not null and nouveau = 'echec' then
    perform prive.prevenir_envoi_echoue(touche);
  end if;
end
$$;
comment on function prive.appliquer_statut(uuid, bigint, jsonb) is 'One status event on an outgoing message of this account: forward only, in any order, any number of times.';

-- ── one change ────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.appliquer_changement(changement jsonb, maintenant timestamptz) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  valeur jsonb := changement -> 'value';
  vendeur uuid;
  compte bigint;
  partie jsonb;
begin
  if changement ->> 'field' is distinct from 'messages' then
    return 'champ_inconnu: ' || coalesce(changement ->> 'field', '(aucun)');
  end if;
  select c.id_utilisateur, c.id_compte_whatsapp into vendeur, compte
  from public.comptes_whatsapp as c where c.identifiant_numero_telephone = valeur #>> '{metadata,phone_number_id}';
  if not found then
    return 'compte_inconnu: ' || coalesce(valeur #>> '{metadata,phone_number_id}', '(aucun)');
  end if;
  -- Always in the same order of people, so that two events that name the same new ones never wait for each other.
  if valeur ? 'messages' then
    for partie in
      select e.value from pg_catalog.jsonb_array_elements(valeur -> 'messages') with ordinality as e (value, rang)
      order by e.value ->> 'from', e.rang
    loop
      perform prive.recevoir_message(vendeur, compte, partie, (
        select c.value from pg_catalog.jsonb_array_elements(
        case when pg_catalog.jsonb_typeof(valeur -> 'contacts') = 'array' then valeur -> 'contacts' else '[]' end) as c
        where c.value ->> 'wa_id' = partie ->> 'from' or c.value ->> 'user_id' = partie ->> 'from_user_id' limit 1), maintenant);
    end loop;
  end if;
  if valeur ? 'statuses' then
    for partie in
      select e.value from pg_catalog.jsonb_array_elements(valeur -> 'statuses') with ordinality as e (value, rang)
      order by e.value ->> 'id', e.rang
    loop
      perform prive.appliquer_statut(vendeur, compte, partie);
    end loop;
  end if;
  return null;
end
$$;
comment on function prive.appliquer_changement(jsonb, timestamptz) is
  'One `change` of an event: null, or why it is not ours to apply. Raises when a part of it cannot be applied; the caller then applies part by part.';
