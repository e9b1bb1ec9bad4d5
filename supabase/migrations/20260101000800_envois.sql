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

create function prive.prevenir_envoi_echoue(message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  select e.id_utilisateur, e.id_conversation, e.contenu_message, e.code_erreur into strict m
  from public.messages as e where e.id_message = message;
  perform prive.prevenir_vendeur(m.id_utilisateur, 'envoi_echoue:' || message || ':' || m.code_erreur, 'Un message n''est pas parti',
    case m.code_erreur
      when 'resultat_inconnu' then 'WhatsApp n''a pas confirmé ce message ; il n''a peut-être pas été reçu : « '
      when 'fenetre_fermee' then 'Plus de 24 heures depuis le dernier message du prospect, WhatsApp refuse ce message : « '
      when 'compte_inactif' then 'Votre numéro WhatsApp n''est pas connecté, ce message n''est pas parti : « '
      else 'WhatsApp a refusé ce message : « ' end || pg_catalog.left(m.contenu_message, 200) || ' »', m.id_conversation);
end
$$;
comment on function prive.prevenir_envoi_echoue(bigint) is 'Tells the vendor, once per message and reason, that a message did not go out.';

create function prive.echouer_envoi(message bigint, code text, detail text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.messages set statut_livraison = 'echec', code_erreur = code, detail_erreur = pg_catalog.left(detail, 500)
  where id_message = message and statut_livraison in ('a_envoyer', 'envoi_en_cours');
  if found then
    perform prive.prevenir_envoi_echoue(message);
  end if;
end
$$;
comment on function prive.echouer_envoi(bigint, text, text) is 'A message will not be sent: echec with its code, and the vendor is told once.';

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

create function prive.taire_ia(conversation bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- One that the sender has locked is being sent, or is looked at again in its turn: nobody waits for it.
  update public.messages as m set statut_livraison = 'echec', code_erreur = 'main_prise'
  where m.id_message = any (array(
    select e.id_message from public.messages as e
    where e.id_conversation = conversation and e.direction_message = 'sortant' and e.statut_livraison = 'a_envoyer'
      and e.genere_par_ia and not coalesce(e.charge_utile ?| array['passage_de_main', 'renvoi_de'], false)
    order by e.id_message
    for no key update skip locked));
end
$$;
comment on function prive.taire_ia(bigint) is
  'Replies of the AI that have not left do not leave any more: echec / main_prise, and the vendor need not be told of what he replaces. Not its words that a person will come, nor what a person asked to send again.';

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

create function prive.prendre_envoi(msg_id bigint, message bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  jeton text;
begin
  select e.id_message, e.id_conversation, e.statut_livraison, e.contenu_message, e.genere_par_ia, e.charge_utile, e.reponse_a, e.tentatives_envoi,
         c.ia_activee and c.statut_conversation = 'active' as ia, c.fenetre_expire_le,
         coalesce(p.numero_whatsapp, p.identifiant_whatsapp, p.numero_telephone) as destinataire,
         w.identifiant_numero_telephone, w.jeton_acces, w.compte_actif,
         exists (select from public.messages as avant
                 where avant.id_conversation = e.id_conversation and avant.id_utilisateur = e.id_utilisateur
                   and avant.id_message < e.id_message and avant.direction_message = 'sortant'
                   and avant.statut_livraison in ('a_envoyer', 'envoi_en_cours')) as pas_son_tour
  into m
  from public.messages as e
  join public.conversations as c on c.id_conversation = e.id_conversation
  join public.prospects as p on p.id_prospect = c.id_prospect
  join public.comptes_whatsapp as w on w.id_compte_whatsapp = e.id_compte_whatsapp
  where e.id_message = message
  for no key update of e;
  if m.pas_son_tour and m.statut_livraison = 'a_envoyer' then
    -- What it waits for may be a reply that was on its way when a person took over, and that Meta refused for now.
    if not m.ia then
      perform prive.taire_ia(m.id_conversation);
    end if;
    perform pgmq.set_vt('envoyer_messages', msg_id, 2);
    return null;
  end if;
  -- From here on the row says what happens; the job has done its work.
  perform pgmq.archive('envoyer_messages', msg_id);
  if m.id_message is null or m.statut_livraison <> 'a_envoyer' then
    return null;
  end if;
  if m.genere_par_ia and not m.ia and not coalesce(m.charge_utile ?| array['passage_de_main', 'renvoi_de'], false) then
    -- A person took over between the reply and its sending. He need not be told of what he replaces.
    update public.messages as e set statut_livraison = 'echec', code_erreur = 'main_prise' where e.id_message = m.id_message;
    return null;
  end if;
  if m.fenetre_expire_le is null or m.fenetre_expire_le <= prive.maintenant() then
    perform prive.echouer_envoi(m.id_message, 'fenetre_fermee', null);
    return null;
  end if;
  jeton := case when m.compte_actif then prive.jeton_whatsapp(m.jeton_acces) end;
  if jeton is null then
    perform prive.echouer_envoi(m.id_message, 'compte_inactif', null);
    return null;
  end if;
  update public.messages as e set statut_livraison = 'envoi_en_cours', tentatives_envoi = e.tentatives_envoi + 1
  where e.id_message = m.id_message;
  return pg_catalog.jsonb_build_object(
    'id_message', m.id_message, 'tentative', m.tentatives_envoi + 1, 'numero_emetteur', m.identifiant_numero_telephone,
    'destinataire', m.destinataire, 'texte', m.contenu_message, 'reponse_a', m.reponse_a, 'jeton', jeton);
end
$$;
comment on function prive.prendre_envoi(bigint, bigint) is 'One job of service.prendre_envois: what to send, now marked envoi_en_cours, or null when there is nothing to send (yet).';

create function service.prendre_envois(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  envoi jsonb;
  pris jsonb := '[]';
begin
  for travail in
    select q.msg_id, q.read_ct, q.message, (q.message ->> 'id_message')::bigint as id_message
    from pgmq.read('envoyer_messages', 30, least(limite, 50)) as q
    order by 4
  loop
    begin
      envoi := prive.prendre_envoi(travail.msg_id, travail.id_message);
      pris := pris || coalesce(envoi, '[]');
    exception when others then
      raise warning 'message %: not taken: % %', travail.id_message, sqlstate, sqlerrm;
      -- It comes back in 30 seconds and sinks no other; one that never can be taken ends as a dead letter.
      if travail.read_ct >= 20 then
        insert into prive.lettres_mortes (file, message, erreur, tentatives)
        values ('envoyer_messages', travail.message, sqlstate || ' ' || pg_catalog.left(sqlerrm, 400), travail.read_ct);
        perform pgmq.archive('envoyer_messages', travail.msg_id);
      end if;
    end;
  end loop;
  perform prive.appeler_renfort('envoyer_messages');
  return pris;
end
$$;
comment on function service.prendre_envois(integer) is
  'Messages to send now, each marked envoi_en_cours: [{id_message, tentative, numero_emetteur, destinataire, texte, reponse_a, jeton}]. The caller makes each call at once, with id_message as biz_opaque_callback_data. In one conversation messages go in order. A closed window, an inactive account or a person''s take-over ends a message here, with its reason.';
grant execute on function service.prendre_envois(integer) to service_role;

create function prive.enregistrer_envoi(message bigint, tentative integer, wamid text, code text, detail text, reprendre boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  -- Only the outcome of the attempt in hand: a late answer to an earlier one changes nothing.
  select e.id_message, e.statut_livraison into m from public.messages as e
  where e.id_message = message and e.tentatives_envoi = tentative for no key update;
  if not found then
    return;
  end if;
  if wamid is not null then
    -- A status event may have been quicker: then only the id is new.
    update public.messages as e
    set identifiant_message_whatsapp = coalesce(e.identifiant_message_whatsapp, wamid),
        statut_livraison = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then 'envoye' else e.statut_livraison end,
        code_erreur = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then null else e.code_erreur end,
        detail_erreur = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then null else e.detail_erreur end
    where e.id_message = m.id_message;
  elsif m.statut_livraison <> 'envoi_en_cours' then
    return;
  elsif reprendre and tentative < (select f.tentatives_max from prive.files as f where f.nom = 'envoyer_messages') then
    update public.messages as e set statut_livraison = 'a_envoyer', code_erreur = code, detail_erreur = pg_catalog.left(detail, 500)
    where e.id_message = m.id_message;
    perform prive.demander_envoi(m.id_message, prive.delai_reprise_s(tentative));
  else
    if reprendre then
      insert into prive.lettres_mortes (file, message, erreur, tentatives)
      values ('envoyer_messages', pg_catalog.jsonb_build_object('id_message', m.id_message), code || ' ' || coalesce(detail, ''), tentative);
    end if;
    perform prive.echouer_envoi(m.id_message, code, detail);
  end if;
end
$$;
comment on function prive.enregistrer_envoi(bigint, integer, text, text, text, boolean) is 'One outcome of service.enregistrer_envois.';

create function service.enregistrer_envois(resultats jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
begin
  for r in
    select x.* from pg_catalog.jsonb_to_recordset(resultats)
      as x (id_message bigint, tentative integer, wamid text, code text, detail text, reprendre boolean)
    order by x.id_message
  loop
    begin
      perform prive.enregistrer_envoi(r.id_message, r.tentative, r.wamid, r.code, r.detail, r.reprendre);
    exception when others then
      -- Not recorded, so settled by its status event or by time; the others are.
      raise warning 'message %: outcome not recorded: % %', r.id_message, sqlstate, sqlerrm;
    end;
  end loop;
end
$$;
comment on function service.enregistrer_envois(jsonb) is
  'Outcomes of calls: [{id_message, tentative, wamid} | {id_message, tentative, code, detail, reprendre}]. reprendre: Meta refused for now, it is sent again later, twelve times at most (some twenty minutes), then a dead letter. A call without an answer is reported by nobody: the status event or the two-minute rule settles it.';
grant execute on function service.enregistrer_envois(jsonb) to service_role;

create function prive.regler_envois_inconnus() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  nombre integer := 0;
begin
  -- What Meta has said but nobody has read yet decides first.
  perform prive.appliquer_en_attente();
  if exists (select from prive.evenements_webhook as w where w.etat = 'recu' and w.prochaine_tentative <= prive.maintenant()) then
    return 0;
  end if;
  for m in
    select e.id_message from public.messages as e
    where e.statut_livraison = 'envoi_en_cours'
      and e.date_statut <= prive.maintenant() - pg_catalog.make_interval(secs => prive.reglage('envoi_inconnu_s'))
    order by e.date_statut limit 200
    for update skip locked
  loop
    perform prive.echouer_envoi(m.id_message, 'resultat_inconnu', 'Aucune réponse et aucun statut de WhatsApp en deux minutes.');
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.regler_envois_inconnus() is
  'Sends without an outcome for two minutes become echec / resultat_inconnu: the vendor is told, the next message goes on, nothing is resent by itself.';
-- Every 15 seconds, so that the two minutes are at most 2:15.
select cron.schedule('regler-envois-inconnus', '15 seconds', 'select prive.regler_envois_inconnus()');

create function prive.renvoyer_message(message bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ancien record;
  nouveau bigint;
begin
  select m.* into ancien from public.messages as m
  where m.id_message = message and m.id_utilisateur = any (array(select prive.mes_vendeurs('agent'))) for update;
  if not found then
    perform prive.refuser('message_introuvable', 'Ce message n''existe pas.');
  end if;
  if ancien.direction_message <> 'sortant' or ancien.statut_livraison <> 'echec' then
    perform prive.refuser('renvoi_impossible', 'Seul un message qui n''est pas parti peut être renvoyé.');
  end if;
  select m.id_message into nouveau from public.messages as m
  where m.id_conversation = ancien.id_conversation and m.id_utilisateur = ancien.id_utilisateur and (m.charge_utile ->> 'renvoi_de')::bigint = message
    and m.statut_livraison <> 'echec' limit 1;
  if nouveau is null then
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message, contenu_message,
      nom_expediteur, genere_par_ia, score_confiance_ia, modele_ia, statut_livraison, reponse_a, repond_jusqu_a, charge_utile)
    values (ancien.id_utilisateur, ancien.id_conversation, ancien.id_compte_whatsapp, 'sortant', ancien.type_message, ancien.contenu_message,
      ancien.nom_expediteur, ancien.genere_par_ia, ancien.score_confiance_ia, ancien.modele_ia, 'a_envoyer', ancien.reponse_a, ancien.repond_jusqu_a,
      coalesce(ancien.charge_utile, '{}') || pg_catalog.jsonb_build_object('renvoi_de', message))
    returning id_message into nouveau;
    perform prive.demander_envoi(nouveau);
  end if;
  return nouveau;
end
$$;
comment on function prive.renvoyer_message(bigint) is 'See public.renvoyer_message.';
grant execute on function prive.renvoyer_message(bigint) to authenticated;

create function public.renvoyer_message(id_message bigint) returns bigint
language sql volatile security invoker set search_path = ''
as $$ select prive.renvoyer_message(id_message) $$;
comment on function public.renvoyer_message(bigint) is
  'An agent sends a failed message again, as a new message whose id is returned; asked twice, it is sent once. Errors (P0001): hint message_introuvable, renvoi_impossible.';
grant execute on function public.renvoyer_message(bigint) to authenticated;
