-- The outbox: an outgoing message is a row first, is sent once, and its outcome is known or said to be unknown.

insert into prive.files (nom, fonction, tentatives_max) values ('envoyer_messages', 'envoyer-messages', 12);
select pgmq.create('envoyer_messages');

create function prive.demander_envoi(message bigint, delai_s integer default 0, reveiller boolean default true) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Jobs that are due already have somebody coming for them, who will find this one too.
  quelqu_un_vient boolean := coalesce((select q.vt from pgmq.q_envoyer_messages as q order by q.vt limit 1) <= pg_catalog.now(), false);
begin
  perform pgmq.send('envoyer_messages', pg_catalog.jsonb_build_object('id_message', message), delai_s);
  if reveiller and delai_s = 0 and not quelqu_un_vient then
    perform prive.reveiller('envoyer-messages');
  end if;
end
$$;
comment on function prive.demander_envoi(bigint, integer, boolean) is 'Queues the sending of a message that is a_envoyer and, unless the caller does it himself, wakes the sender.';

create function prive.jeton_whatsapp(id_secret uuid) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select s.decrypted_secret from vault.decrypted_secrets as s where s.id = id_secret);
exception when others then
  return null;
end
$$;
comment on function prive.jeton_whatsapp(uuid) is 'The access token behind a Vault id; null when it is gone or cannot be read, so that one vendor''s trouble stops no other''s messages.';

create function prive.se_tait(genere_par_ia boolean, modele_ia text, charge jsonb) returns boolean
language sql immutable parallel safe set search_path = ''
as $$
  select genere_par_ia and coalesce(modele_ia, '') not in ('service', 'regle-desabonnement')
    and not coalesce(charge ?| array['passage_de_main', 'commande_faite', 'renvoi_de'], false)
$$;
comment on function prive.se_tait(boolean, text, jsonb) is
  'Whether a message is a reply of the AI that must not go out when a person has the conversation. Not what the service owes the prospect whoever speaks (an order''s news, the confirmation of an opt-out), not the AI''s words that a person will come or that an order was made or called off, not what a person asked to send again.';

create function prive.taire_ia(conversation bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- One that the sender has locked is being sent, or is looked at again in its turn: nobody waits for it.
  update public.messages as m set statut_livraison = 'echec', code_erreur = 'main_prise'
  where m.id_message = any (array(
    select e.id_message from public.messages as e
    where e.id_conversation = conversation and e.direction_message = 'sortant' and e.statut_livraison = 'a_envoyer'
      and prive.se_tait(e.genere_par_ia, e.modele_ia, e.charge_utile)
    order by e.id_message
    for no key update skip locked));
end
$$;
comment on function prive.taire_ia(bigint) is
  'Replies of the AI that have not left do not leave any more: echec / main_prise, and the vendor need not be told of what he replaces (which ones: prive.se_tait).';

create function prive.tg_conversations__ia_se_tait() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.taire_ia(new.id_conversation);
  return null;
end
$$;
comment on function prive.tg_conversations__ia_se_tait() is
  'After the AI lost a conversation: at once, so that neither a person''s message waits behind a reply whose next attempt is due in minutes, nor a conversation given back meanwhile sends one that is of yesterday.';
create trigger tg_conversations__ia_se_tait after update of ia_activee, statut_conversation on public.conversations
  for each row when (old.ia_activee and old.statut_conversation = 'active' and not (new.ia_activee and new.statut_conversation = 'active'))
  execute function prive.tg_conversations__ia_se_tait();

create function prive.prevenir_compte_inactif(compte bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  w record;
begin
  select c.id_utilisateur, c.numero_telephone_whatsapp, c.motif_inactif, c.date_connexion into strict w
  from public.comptes_whatsapp as c where c.id_compte_whatsapp = compte;
  -- The key of prive.desactiver_compte: who was told there is not told again.
  perform prive.notifier_evenement(w.id_utilisateur, 'compte_inactif', pg_catalog.format('compte_inactif:%s:%s:%s', compte, w.motif_inactif, w.date_connexion),
    pg_catalog.jsonb_build_object('numero', w.numero_telephone_whatsapp, 'raison', prive.phrase('compte_muet')));
end
$$;
comment on function prive.prevenir_compte_inactif(bigint) is 'Tells the vendor that messages do not leave a number that is off: once each time it was connected, not for each message.';

create function prive.prendre_envoi(msg_id bigint, message bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  e record;
  modele jsonb;
  refus text;
  rendu text;
  forme jsonb;
begin
  select x.id_message, x.id_utilisateur, x.id_conversation, x.statut_livraison, x.type_message, x.contenu_message, x.charge_utile,
         prive.se_tait(x.genere_par_ia, x.modele_ia, x.charge_utile) as se_tait, x.reponse_a, x.tentatives_envoi, x.avec_livreur,
         -- A person waits for no news of the service that Meta refused for now; a reply of the AI is silenced below.
         exists (select from public.messages as avant
                 where avant.id_conversation = x.id_conversation and avant.id_utilisateur = x.id_utilisateur
                   and avant.id_message < x.id_message and avant.direction_message = 'sortant'
                   and (avant.statut_livraison = 'envoi_en_cours'
                     or (avant.statut_livraison = 'a_envoyer' and avant.code_erreur is distinct from 'fenetre_fermee'
                       and (avant.code_erreur is null or x.genere_par_ia or not avant.genere_par_ia
                         or prive.se_tait(true, avant.modele_ia, avant.charge_utile))))) as pas_son_tour
  into m
  from public.messages as x
  where x.id_message = message
  for no key update;
  if m.id_message is null or m.statut_livraison <> 'a_envoyer' then
    perform pgmq.archive('envoyer_messages', msg_id);
    return null;
  end if;
  select x.* into e from prive.ecriture(m.id_conversation, true) as x;
  if m.pas_son_tour then
    -- What it waits for may be a reply that was on its way when a person took over, and that Meta refused for now.
    if not e.ia then
      perform prive.taire_ia(m.id_conversation);
    end if;
    perform pgmq.set_vt('envoyer_messages', msg_id, 2);
    return null;
  end if;
  if m.se_tait and not e.ia then
    -- A person took over between the reply and its sending. He need not be told of what he replaces.
    perform pgmq.archive('envoyer_messages', msg_id);
    update public.messages as x set statut_livraison = 'echec', code_erreur = 'main_prise' where x.id_message = m.id_message;
    return null;
  end if;
  if m.charge_utile ? 'code_remise' and not prive.code_en_cours(m.charge_utile -> 'code_remise', m.id_utilisateur, e.id_prospect) then
    -- It has waited too long: another try has another code, and who has his parcel needs none.
    perform pgmq.archive('envoyer_messages', msg_id);
    update public.messages as x set statut_livraison = 'echec', code_erreur = 'code_perime' where x.id_message = m.id_message;
    return null;
  end if;
  if m.avec_livreur and m.charge_utile ? 'proposition' and not exists (
      select from public.propositions_livraison as p
      where p.id_proposition = (m.charge_utile ->> 'proposition')::bigint and p.id_utilisateur = m.id_utilisateur and p.statut = 'proposee') then
    -- Refused and tried again, or held up, until the offer was over: another courier is being asked.
    perform pgmq.archive('envoyer_messages', msg_id);
    update public.messages as x set statut_livraison = 'echec', code_erreur = 'proposition_passee', detail_erreur = null where x.id_message = m.id_message;
    return null;
  end if;
  if e.raison = 'compte_inactif' then
    perform pgmq.archive('envoyer_messages', msg_id);
    update public.messages as x set statut_livraison = 'echec', code_erreur = 'compte_inactif', detail_erreur = null where x.id_message = m.id_message;
    perform prive.prevenir_compte_inactif(e.id_compte_whatsapp);
    return null;
  end if;
  modele := case when m.type_message = 'modele' then m.charge_utile -> 'modele' when e.mode <> 'libre' then m.charge_utile -> 'secours' end;
  if modele is not null then
    select x.refus, x.contenu, x.forme into refus, rendu, forme
    from prive.modele_pret(m.id_utilisateur, e.compte_business, modele, e.marketing) as x;
  end if;
  if m.type_message = 'modele' then
    -- What else may be wrong with a template Meta knows better than our copy of it.
    if e.raison = 'injoignable' or refus = 'desabonne' then
      perform pgmq.archive('envoyer_messages', msg_id);
      perform prive.echouer_envoi(m.id_message, coalesce(refus, e.raison), null);
      return null;
    end if;
  elsif e.mode = 'modele' and modele is not null and refus is null then
    m.charge_utile := (m.charge_utile - array['secours', 'attendre']) || pg_catalog.jsonb_build_object('modele', modele, 'origine',
      pg_catalog.jsonb_build_object('type_message', m.type_message, 'contenu_message', m.contenu_message,
        'charge_utile', m.charge_utile - array['secours', 'attendre']));
    m.type_message := 'modele';
    m.contenu_message := rendu;
  elsif e.mode <> 'libre' then
    perform pgmq.archive('envoyer_messages', msg_id);
    if m.charge_utile -> 'attendre' = 'true' then
      update public.messages as x set code_erreur = 'fenetre_fermee', detail_erreur = 'Attend le prochain message du prospect' where x.id_message = m.id_message;
      if m.charge_utile ? 'code_remise' then
        perform prive.prevenir_code_en_attente(m.charge_utile -> 'code_remise');
      end if;
    else
      perform prive.echouer_envoi(m.id_message, e.raison, 'secours : ' || refus);
    end if;
    return null;
  end if;
  return pg_catalog.jsonb_build_object('msg_id', msg_id, 'compte', e.id_compte_whatsapp, 'prospect', e.id_prospect, 'debit', e.debit, 'envoi',
    pg_catalog.jsonb_build_object(
      'id_message', m.id_message, 'tentative', m.tentatives_envoi + 1, 'id_utilisateur', m.id_utilisateur, 'numero_emetteur', e.numero_emetteur,
      'destinataire', e.destinataire, 'type_message', m.type_message, 'contenu', m.contenu_message,
      'charge_utile', m.charge_utile, 'forme', forme, 'reponse_a', m.reponse_a, 'avec_livreur', m.avec_livreur, 'connecte_le', e.connecte_le, 'jeton', e.jeton));
end
$$;
comment on function prive.prendre_envoi(bigint, bigint) is
  'One job of service.prendre_envois: the message that may go out now, its row locked, as {msg_id, compte, prospect, debit, envoi}; or null when there is nothing to send (yet). With the window closed a message with `secours` goes out as that template, one with `attendre` waits without a job, and any other ends.';

create function prive.marquer_envoi(pret jsonb, lectures integer, maintenant timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  envoi constant jsonb := pret -> 'envoi';
  attente interval;
begin
  -- Marked since it was prepared: by another job of the same message in the same batch.
  if not exists (select from public.messages as x where x.id_message = (envoi ->> 'id_message')::bigint and x.statut_livraison = 'a_envoyer') then
    perform pgmq.archive('envoyer_messages', (pret ->> 'msg_id')::bigint);
    return null;
  end if;
  attente := prive.payer_debit((pret ->> 'compte')::bigint, (pret ->> 'debit')::integer, (pret ->> 'prospect')::bigint, maintenant);
  if attente is not null then
    -- Exactly so long, and the longer the oftener it has waited: a long queue then looks in seldom, and a reply passes it.
    -- Written here because pgmq.set_vt knows whole seconds only.
    update pgmq.q_envoyer_messages as q
    set vt = pg_catalog.clock_timestamp() + attente + pg_catalog.random() * least(20, 0.5 * (lectures - 1)) * interval '1 second'
    where q.msg_id = (pret ->> 'msg_id')::bigint;
    return null;
  end if;
  -- From here on the row says what happens; the job has done its work.
  perform pgmq.archive('envoyer_messages', (pret ->> 'msg_id')::bigint);
  update public.messages as x
  set statut_livraison = 'envoi_en_cours', tentatives_envoi = (envoi ->> 'tentative')::integer, type_message = envoi ->> 'type_message',
      contenu_message = envoi ->> 'contenu', charge_utile = nullif(envoi -> 'charge_utile', 'null')
  where x.id_message = (envoi ->> 'id_message')::bigint;
  -- Only now, when the row has what is kept: the code is written nowhere. In a message of anybody else these are just words.
  if envoi #> '{charge_utile,code_remise}' is not null and not (envoi ->> 'avec_livreur')::boolean then
    return prive.remplir_code(envoi);
  end if;
  return envoi;
end
$$;
comment on function prive.marquer_envoi(jsonb, integer, timestamptz) is
  'Books what prive.prendre_envoi prepared on the rates and marks it envoi_en_cours: what to send, or null when it must wait (its job comes back by then, and that is no attempt). lectures: how often the job was read.';

create function prive.abandonner_prise(msg_id bigint, lectures integer, etat text, erreur text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail jsonb := (select q.message from pgmq.q_envoyer_messages as q where q.msg_id = abandonner_prise.msg_id);
begin
  raise warning 'message %: not taken: % %', travail ->> 'id_message', etat, erreur;
  -- It comes back in 30 seconds and sinks no other; one that never can be taken ends as a dead letter, and says so.
  if lectures >= 50 then
    insert into prive.lettres_mortes (file, message, erreur, tentatives)
    values ('envoyer_messages', travail, etat || ' ' || pg_catalog.left(erreur, 400), lectures);
    perform pgmq.archive('envoyer_messages', abandonner_prise.msg_id);
    perform prive.echouer_envoi((travail ->> 'id_message')::bigint, 'contenu_invalide', etat);
  end if;
end
$$;
comment on function prive.abandonner_prise(bigint, integer, text, text) is 'A job of the outbox that could not be taken: later again, or at the fiftieth reading a dead letter.';

create function service.prendre_envois(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  pret jsonb;
  prets jsonb := '[]';
  pris jsonb := '[]';
  maintenant constant timestamptz := prive.maintenant();
begin
  for travail in
    select q.msg_id, q.read_ct, q.message, (q.message ->> 'id_message')::bigint as id_message
    from pgmq.read('envoyer_messages', 30, least(limite, 50)) as q
    order by 4
  loop
    begin
      pret := prive.prendre_envoi(travail.msg_id, travail.id_message);
      if pret is not null then
        prets := prets || (pret || pg_catalog.jsonb_build_object('lectures', travail.read_ct));
      end if;
    exception
      when lock_not_available or deadlock_detected then
        perform pgmq.set_vt('envoyer_messages', travail.msg_id, 1);
      when others then
        perform prive.abandonner_prise(travail.msg_id, travail.read_ct, sqlstate, sqlerrm);
    end;
  end loop;
  -- All rows of rates last and in one order, whoever takes a batch: short locks, and nobody waits in a circle.
  for travail in
    select p.value as pret, (p.value ->> 'lectures')::integer as lectures, (p.value ->> 'msg_id')::bigint as msg_id
    from pg_catalog.jsonb_array_elements(prets) as p
    order by (p.value ->> 'compte')::bigint, (p.value ->> 'prospect')::bigint, p.value -> 'envoi' -> 'id_message'
  loop
    begin
      pris := pris || coalesce(prive.marquer_envoi(travail.pret - 'lectures', travail.lectures, maintenant), '[]');
    exception
      when lock_not_available or deadlock_detected then
        perform pgmq.set_vt('envoyer_messages', travail.msg_id, 1);
      when others then
        perform prive.abandonner_prise(travail.msg_id, travail.lectures, sqlstate, sqlerrm);
    end;
  end loop;
  perform prive.appeler_renfort('envoyer_messages');
  return pris;
end
$$;
comment on function service.prendre_envois(integer) is
  'Messages to send now, each marked envoi_en_cours: [{id_message, tentative, id_utilisateur, numero_emetteur, destinataire, type_message, contenu, charge_utile, forme (of a template: prive.forme_modele), reponse_a, avec_livreur, secrets? (what no error text may say), connecte_le (the token''s, to be handed back with the outcome), jeton}]. The caller makes each call at once, with <id_message>.<tentative> as biz_opaque_callback_data. In one conversation messages go in order; a number and a pair go as fast as Meta allows (prive.debits), what is too fast comes back by itself. A closed window, an inactive account or a person''s take-over ends a message here, with its reason.';
grant execute on function service.prendre_envois(integer) to service_role;

create function service.envois_dus() returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- As pgmq.read looks: what another sender is just taking is not there, or one would ask for it without a pause.
  perform from pgmq.q_envoyer_messages as q where q.vt <= pg_catalog.now() order by q.vt limit 1 for update skip locked;
  return found;
end
$$;
comment on function service.envois_dus() is
  'Whether more may be taken now. Who got nothing from prendre_envois asks: a whole batch may have had to wait for the rate of one number, with others behind it.';
grant execute on function service.envois_dus() to service_role;

create function prive.appeler_suivant(vendeur uuid, conversation bigint, message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  suivant bigint := (
    select x.id_message from public.messages as x
    where x.id_conversation = conversation and x.id_utilisateur = vendeur and x.id_message > message and x.direction_message = 'sortant'
      and x.statut_livraison = 'a_envoyer' and x.tentatives_envoi = 0 and x.code_erreur is null
    order by x.id_message limit 1);
begin
  if suivant is not null then
    perform prive.demander_envoi(suivant);
  end if;
end
$$;
comment on function prive.appeler_suivant(uuid, bigint, bigint) is
  'What waited for this message in its conversation is due now, by one more job: the older one finds nothing to do. Not what has a wait of its own.';

create function prive.enregistrer_envoi(
  message bigint, tentative integer, wamid text, code text, detail text, statut_http integer, connecte_le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  -- Only the outcome of the attempt in hand: a late answer to an earlier one changes nothing.
  select e.id_message, e.id_utilisateur, e.id_conversation, e.statut_livraison, e.date_statut into m from public.messages as e
  where e.id_message = message and e.tentatives_envoi = tentative for no key update;
  if not found then
    return;
  end if;
  if wamid is not null then
    -- A status event may have been quicker: then only the id is new. What it said failed and is to go again has another one.
    update public.messages as e
    set identifiant_message_whatsapp = coalesce(e.identifiant_message_whatsapp, wamid),
        statut_livraison = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then 'envoye' else e.statut_livraison end,
        code_erreur = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then null else e.code_erreur end,
        detail_erreur = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then null else e.detail_erreur end
    where e.id_message = m.id_message and not coalesce(e.charge_utile -> 'wamids_echoues' ? wamid, false);
  elsif m.statut_livraison = 'envoi_en_cours' then
    perform prive.suivre_refus(m.id_message, code, detail, statut_http, m.date_statut, connecte_le);
  end if;
  -- What is to go again keeps its turn: a job more for the next one at each attempt would only add to those that look in.
  if not exists (select from public.messages as e where e.id_message = m.id_message and e.statut_livraison = 'a_envoyer') then
    perform prive.appeler_suivant(m.id_utilisateur, m.id_conversation, m.id_message);
  end if;
end
$$;
comment on function prive.enregistrer_envoi(bigint, integer, text, text, text, integer, timestamptz) is 'One outcome of service.enregistrer_envois.';

create function service.enregistrer_envois(resultats jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
  encore jsonb := '[]';
begin
  for r in
    select x.*, v.value as resultat from pg_catalog.jsonb_array_elements(resultats) as v,
      pg_catalog.jsonb_to_record(v.value)
        as x (id_message bigint, tentative integer, wamid text, code text, detail text, statut_http integer, connecte_le timestamptz)
    order by x.id_message
  loop
    begin
      perform prive.enregistrer_envoi(r.id_message, r.tentative, r.wamid, r.code, r.detail, r.statut_http, r.connecte_le);
    exception when others then
      -- Not recorded, so handed in again by the caller, else settled by its status event or by time; the others are.
      raise warning 'message %: outcome not recorded: % %', r.id_message, sqlstate, sqlerrm;
      encore := encore || r.resultat;
    end;
  end loop;
  return encore;
end
$$;
comment on function service.enregistrer_envois(jsonb) is
  'Outcomes of calls: [{id_message, tentative, wamid} | {id_message, tentative, code, detail, statut_http: HTTP status|null, connecte_le: as prendre_envois gave it}] → those that could not be recorded just now (a lock), to be handed in again. What a code leads to is decided here, by prive.codes_meta: sent again later (twelve times at most, some twenty minutes, then a dead letter), or echec with what follows from it. A call without an answer is reported by nobody: the status event or the two-minute rule settles it.';
grant execute on function service.enregistrer_envois(jsonb) to service_role;
