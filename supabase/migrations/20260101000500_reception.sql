-- What one message or one status of Meta does: prospect, conversation, message, window, job. Doing it twice changes nothing.

insert into prive.files (nom, fonction, tentatives_max) values ('repondre_prospects', 'repondre-prospects', 8);
select pgmq.create('repondre_prospects');

-- ── one message ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.recevoir_message(vendeur uuid, compte bigint, m jsonb, contact jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  prospect bigint;
  conversation bigint;
  a_noter boolean;
  genre_meta text := m ->> 'type';
  genre text := case genre_meta when 'text' then 'texte' else prive.genre_de(genre_meta) end;
  mots text;
  dit_le timestamptz := prive.dit_le(m, maintenant);
  muet boolean := coalesce(genre_meta in ('reaction', 'request_welcome'), false);
  nouveau bigint;
  ia boolean;
  livreur bigint;
  du_client boolean := coalesce(genre_meta in ('interactive', 'button') and prive.choix_fait(m) like 'client:%', false);
  attend_mots boolean := false;
begin
  if genre_meta in ('edit', 'revoke', 'system') or m ? 'group_id' then
    perform prive.recevoir_retouche(vendeur, compte, m, contact, maintenant);
    return;
  end if;
  -- The usual case in one look: a known person in an open conversation.
  select c.id_prospect, c.id_conversation, c.id_livreur, p.numero_whatsapp is distinct from coalesce('+' || (m ->> 'from'), p.numero_whatsapp)
      or p.derniere_activite < maintenant - interval '1 minute' or p.attend_identifiant or (p.nom_complet is null and contact #>> '{profile,name}' <> '')
  into prospect, conversation, livreur, a_noter
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
    livreur := (select c.id_livreur from public.conversations as c where c.id_conversation = conversation);
    a_noter := true;
  end if;
  mots := case genre_meta when 'text' then coalesce(m #>> '{text,body}', '') else prive.mots_de(m) end;
  if genre_meta = 'text' and livreur is null and mots ilike '%code%' then
    du_client := prive.demande_code(vendeur, prospect, mots);
  end if;
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp,
    direction_message, type_message, contenu_message, charge_utile, nom_expediteur, reponse_a, sans_reponse, avec_livreur, date_creation,
    date_statut)
  values (vendeur, conversation, compte, m ->> 'id', 'entrant', genre, mots,
    -- Of texts, which are the many, what prive.charge_de says, without calling it.
    case genre_meta when 'text' then nullif(m - array['id', 'from', 'from_user_id', 'to', 'to_user_id', 'timestamp', 'type', 'text'], '{}')
      else prive.charge_de(m) end,
    contact #>> '{profile,name}', coalesce(m #>> '{reaction,message_id}', m #>> '{context,id}'),
    -- Of a courier it is about deliveries until prive.suivre_livreur has found out that he speaks as a customer: the AI, which takes
    -- all that is unanswered, does not come before.
    muet or du_client or livreur is not null, livreur is not null and not du_client, maintenant, maintenant)
  on conflict on constraint wamid_unique_par_compte do nothing
  returning id_message into nouveau;
  if nouveau is null then
    return;
  end if;
  if a_noter then
    update public.prospects as p
    -- What comes late says where he was then.
    set numero_whatsapp = case when exists (select from public.conversations as c where c.id_prospect = prospect and c.id_utilisateur = vendeur
          and c.fenetre_expire_le > dit_le + interval '24 hours') then p.numero_whatsapp else coalesce('+' || (m ->> 'from'), p.numero_whatsapp) end,
        attend_identifiant = p.attend_identifiant and '+' || (m ->> 'from') is distinct from p.numero_whatsapp, derniere_activite = maintenant,
        nom_complet = coalesce(p.nom_complet, nullif(pg_catalog.left(contact #>> '{profile,name}', 200), ''))
    where p.id_prospect = prospect;
  end if;
  update public.conversations as c
  set dernier_message_recu = maintenant, non_lus = least(c.non_lus + (livreur is null or du_client)::integer, 99999),
      activite_le = case when c.activite_le > maintenant - interval '1 minute' then c.activite_le else maintenant end,
      -- 24 hours also after an advertisement: the 72 hours of a free entry point are a matter of price, and free-form messages
      -- are refused after 24 all the same.
      fenetre_expire_le = case when muet then c.fenetre_expire_le else greatest(c.fenetre_expire_le, dit_le + interval '24 hours') end
  where c.id_conversation = conversation
  returning c.ia_activee and c.statut_conversation = 'active' into ia;
  if m ? 'referral' then
    perform prive.noter_provenance(vendeur, prospect, conversation, m -> 'referral');
  end if;
  if muet then
    return;
  end if;
  if genre_meta in ('image', 'audio', 'video', 'document', 'sticker') then
    -- A voice note is answered when its words are there.
    attend_mots := prive.demander_media(vendeur, nouveau, genre, m -> genre_meta);
    ia := ia and not attend_mots;
  elsif genre_meta in ('text', 'button', 'interactive') and pg_catalog.length(mots) < 25
    and prive.noter_souhait(vendeur, prospect, conversation, nouveau, mots, dit_le, ia) then
    return;
  end if;
  if livreur is not null or du_client then
    perform prive.demander_livraison(pg_catalog.jsonb_build_object('genre', case when du_client then 'client' else 'livreur' end,
      'id_conversation', conversation, 'id_message', nouveau),
      case when attend_mots then pg_catalog.make_interval(secs => prive.reglage('attente_vocal_s')) else interval '0' end);
  elsif ia then
    perform prive.demander_reponse(conversation, nouveau);
  end if;
end
$$;
comment on function prive.recevoir_message(uuid, bigint, jsonb, jsonb, timestamptz) is
  'One inbound message: prospect, conversation, message, window and job in one go; a wamid already known changes nothing. The job is the AI''s, or of deliveries when a courier writes, or somebody taps a button about his delivery or asks for its code.';

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
  -- deleted and warning tell nothing of the delivery.
  nouveau text := case s ->> 'status' when 'sent' then 'envoye' when 'delivered' then 'livre' when 'read' then 'lu'
                                      when 'played' then 'lu' when 'failed' then 'echec' end;
  touche bigint;
  -- <id_message>.<attempt>
  rappel text[] := pg_catalog.regexp_match(s ->> 'biz_opaque_callback_data', '^([0-9]{1,18})(?:\.([0-9]{1,9}))?$');
  message bigint := rappel[1]::bigint;
  tentative integer := rappel[2]::integer;
  tarif text := pg_catalog.left(s #>> '{pricing,category}', 50);
  facture boolean := case when s #>> '{pricing,billable}' in ('true', 'false') then (s #>> '{pricing,billable}')::boolean end;
begin
  if nouveau is null then
    return;
  end if;
  -- Our own id comes back with the status: it settles a send whose answer never reached us.
  update public.messages as m
  set identifiant_message_whatsapp = coalesce(m.identifiant_message_whatsapp, s ->> 'id'),
      statut_livraison = nouveau,
      categorie_tarif = coalesce(tarif, m.categorie_tarif), facturable = coalesce(facture, m.facturable),
      code_erreur = case when nouveau = 'echec' then pg_catalog.left(s #>> '{errors,0,code}', 50) end,
      detail_erreur = case when nouveau = 'echec' then pg_catalog.left(coalesce(s #>> '{errors,0,error_data,details}',
        s #>> '{errors,0,message}', s #>> '{errors,0,title}'), 500) end
  where m.id_compte_whatsapp = compte and m.id_utilisateur = vendeur and m.direction_message = 'sortant'
    and (m.identifiant_message_whatsapp = s ->> 'id' or (m.id_message = message and m.identifiant_message_whatsapp is null))
    -- Of an earlier attempt only a delivery counts: the one in hand goes its own way.
    and (tentative is null or tentative >= m.tentatives_envoi or nouveau in ('livre', 'lu'))
    and case
      when m.statut_livraison = 'echec' then m.code_erreur = 'resultat_inconnu'
      when nouveau = 'echec' then m.statut_livraison in ('envoi_en_cours', 'envoye')
      else prive.rang_livraison(nouveau) > prive.rang_livraison(m.statut_livraison) end
    -- That it was sent is no news of what has failed since and is to be sent again; that it was delivered is.
    and not (nouveau = 'envoye' and coalesce(m.charge_utile -> 'wamids_echoues' ? (s ->> 'id'), false))
  returning m.id_message into touche;
  if touche is null and (tarif is not null or facture is not null) then
    -- No news of the delivery, but perhaps of its price.
    update public.messages as m set categorie_tarif = coalesce(m.categorie_tarif, tarif), facturable = coalesce(m.facturable, facture)
    where m.id_compte_whatsapp = compte and m.id_utilisateur = vendeur and m.direction_message = 'sortant'
      and m.identifiant_message_whatsapp = s ->> 'id' and (m.categorie_tarif is null or m.facturable is null);
  end if;
  if touche is not null and nouveau = 'echec' then
    perform prive.suite_echec(touche, s #>> '{errors,0,code}',
      case when s ->> 'timestamp' ~ '^[0-9]{1,11}$' then prive.dit_le(s, prive.maintenant()) else prive.maintenant() end);
  end if;
end
$$;
comment on function prive.appliquer_statut(uuid, bigint, jsonb) is
  'One status event on an outgoing message of this account: forward only, in any order, any number of times. biz_opaque_callback_data is the id_message, or <id_message>.<attempt>.';

-- ── one change ────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.contact_de(contacts jsonb, partie jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return coalesce(contacts -> (partie ->> 'from_user_id'), contacts -> (partie ->> 'from'), contacts -> (partie ->> 'to_user_id'),
    contacts -> (partie ->> 'to'), contacts -> (partie ->> 'user_id'), contacts -> (partie ->> 'wa_id'));
end
$$;
comment on function prive.contact_de(jsonb, jsonb) is 'The contact of a message, an echo or a preference among those of prive.contacts_par_cle.';

create function prive.contacts_par_cle(contacts jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  if pg_catalog.jsonb_typeof(contacts) is distinct from 'array' then
    return '{}';
  end if;
  if pg_catalog.jsonb_array_length(contacts) = 1 then
    return pg_catalog.jsonb_build_object(coalesce(contacts #>> '{0,wa_id}', ''), contacts -> 0, coalesce(contacts #>> '{0,user_id}', ''), contacts -> 0);
  end if;
  return coalesce((
    select pg_catalog.jsonb_object_agg(k.cle, c.value)
    from pg_catalog.jsonb_array_elements(contacts) as c, lateral (values (c.value ->> 'wa_id'), (c.value ->> 'user_id')) as k (cle)
    where k.cle is not null), '{}');
end
$$;
comment on function prive.contacts_par_cle(jsonb) is 'Meta''s contacts by wa_id and by user_id, so that each of a thousand messages finds its own at once.';

create function prive.dit_a_un_autre(valeur jsonb, de timestamptz, jusqu_a timestamptz) returns integer
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select pg_catalog.count(*) filter (where e.value ->> 'timestamp' !~ '^[0-9]{1,11}$' or e.value ->> 'timestamp' is null
        or (pg_catalog.to_timestamp((e.value ->> 'timestamp')::bigint) >= de and pg_catalog.to_timestamp((e.value ->> 'timestamp')::bigint) < jusqu_a))
    -- Some, but not all of it: each by itself then.
      * case pg_catalog.count(*) when 1 then 1 else 2 end
    from pg_catalog.unnest(array['messages', 'message_echoes', 'user_preferences', 'user_id_update']) as l (liste)
    cross join lateral pg_catalog.jsonb_array_elements(prive.tableau(valeur -> l.liste)) as e);
end
$$;
comment on function prive.dit_a_un_autre(jsonb, timestamptz, timestamptz) is
  'Whether something in a change was said between these times, or does not say when: 0: nothing; 1: the only thing in it; more: among others.';

create function prive.appliquer_changement(waba text, le text, changement jsonb, maintenant timestamptz, recu_le timestamptz) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  champ text := changement ->> 'field';
  valeur jsonb := changement -> 'value';
  numero text := valeur #>> '{metadata,phone_number_id}';
  le_numero record;
  vendeur uuid;
  compte bigint;
  avant record;
  cedes integer;
  partie jsonb;
  contacts jsonb;
begin
  if champ is null or champ not in ('messages', 'smb_message_echoes', 'user_preferences', 'user_id_update') then
    return prive.appliquer_evenement_compte(waba, le, champ, valeur, maintenant);
  end if;
  -- One look for all there is to know of a number: ours, a vendor's, and whether another vendor had it before.
  select exists (select from prive.comptes_plateforme as f where f.identifiant_numero_telephone = numero) as plateforme,
         exists (select from public.comptes_whatsapp as o where o.identifiant_numero_telephone = numero and o.date_deconnexion is not null) as cede,
         c.id_utilisateur, c.id_compte_whatsapp
  into le_numero
  from (values (1)) as un (seul) left join public.comptes_whatsapp as c on c.identifiant_numero_telephone = numero and c.date_deconnexion is null;
  if le_numero.plateforme then
    return prive.appliquer_plateforme(numero, champ, valeur, maintenant);
  end if;
  vendeur := le_numero.id_utilisateur;
  compte := le_numero.id_compte_whatsapp;
  if compte is null then
    return 'compte_inconnu: ' || coalesce(numero, '(aucun)');
  end if;
  -- What was said to another vendor is not this one's, whether it comes late, again or by a replay.
  if le_numero.cede then
    select pg_catalog.min(o.date_creation) as de, greatest(pg_catalog.max(o.date_deconnexion), pg_catalog.max(c.date_creation)) as jusqu_a into avant
    from public.comptes_whatsapp as o cross join public.comptes_whatsapp as c
    where o.identifiant_numero_telephone = numero and o.date_deconnexion is not null and c.id_compte_whatsapp = compte;
    cedes := case when recu_le >= avant.de and recu_le < avant.jusqu_a then 1
      -- Meta's time has whole seconds.
      else prive.dit_a_un_autre(valeur, pg_catalog.date_trunc('second', avant.de), pg_catalog.date_trunc('second', avant.jusqu_a)) end;
    if cedes = 1 then
      return 'numero_cede: ' || numero;
    elsif cedes > 1 then
      perform prive.refuser('numero_cede', 'Ce numéro était alors celui d''un autre vendeur.');
    end if;
  end if;
  if champ <> 'messages' then
    return prive.appliquer_evenement_personne(vendeur, compte, champ, valeur, maintenant);
  end if;
  if valeur ? 'messages' then
    if pg_catalog.jsonb_array_length(valeur -> 'messages') > 1 or coalesce(valeur #>> '{contacts,0,wa_id}' <> valeur #>> '{messages,0,from}', true) then
      contacts := prive.contacts_par_cle(valeur -> 'contacts');
    end if;
    -- Always in the same order of people, so that two events that name the same new ones never wait for each other; what
    -- changes a message after those that may be it.
    for partie in
      select e.value from pg_catalog.jsonb_array_elements(valeur -> 'messages') with ordinality as e (value, rang)
      order by coalesce(e.value ->> 'from_user_id', e.value ->> 'from'), e.value ->> 'type' in ('edit', 'revoke'), e.rang
    loop
      -- Nearly always one message of one person.
      perform prive.recevoir_message(vendeur, compte, partie,
        case when contacts is null then valeur #> '{contacts,0}' else prive.contact_de(contacts, partie) end, maintenant);
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
  return case when valeur ? 'errors' then prive.erreurs_de_meta(valeur) end;
end
$$;
comment on function prive.appliquer_changement(text, text, jsonb, timestamptz, timestamptz) is
  'One `change` of an entry (its id, the WABA, and its time, as Meta wrote them) that came at recu_le: null, or why it is not ours to apply; "erreur_meta: …" when it was applied and Meta itself tells of an error in it. Raises when a part of it cannot be applied (hint numero_cede: the number was another vendor''s when some of it was said); the caller then applies part by part.';
