-- The outbox: an outgoing message is a row first, is sent once, and its outcome is known or said to be unknown.

insert into prive.files (nom, fonction, tentatives_max) values ('envoyer_messages', 'envoyer-messages', 6);
select pgmq.create('envoyer_messages');

create function prive.demander_envoi(message bigint, delai_s integer default 0) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  deja_reveille boolean := delai_s > 0
    or exists (select from pgmq.q_envoyer_messages as q where q.vt <= pg_catalog.clock_timestamp());
begin
  perform pgmq.send('envoyer_messages', pg_catalog.jsonb_build_object('id_message', message), delai_s);
  if not deja_reveille then
    perform prive.reveiller('envoyer-messages');
  end if;
end
$$;
comment on function prive.demander_envoi(bigint, integer) is 'Queues the sending of a message that is a_envoyer and wakes the sender.';

create function prive.echouer_envoi(message bigint, code text, detail text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  update public.messages set statut_livraison = 'echec', code_erreur = code, detail_erreur = pg_catalog.left(detail, 500)
  where id_message = message and statut_livraison in ('a_envoyer', 'envoi_en_cours')
  returning id_utilisateur, id_conversation, contenu_message into m;
  if not found then
    return;
  end if;
  perform prive.prevenir_vendeur(m.id_utilisateur, 'envoi_echoue:' || message || ':' || code, 'Un message n''est pas parti',
    case code
      when 'resultat_inconnu' then 'WhatsApp n''a pas confirmé ce message ; il n''a peut-être pas été reçu : « '
      when 'fenetre_fermee' then 'Plus de 24 heures depuis le dernier message du prospect, WhatsApp refuse ce message : « '
      else 'WhatsApp a refusé ce message : « ' end || pg_catalog.left(m.contenu_message, 200) || ' »', m.id_conversation);
end
$$;
comment on function prive.echouer_envoi(bigint, text, text) is 'A message will not be sent: echec with its code, and the vendor is told once.';

create function service.prendre_envois(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  m record;
  pris jsonb := '[]';
begin
  for travail in
    select q.msg_id, (q.message ->> 'id_message')::bigint as id_message
    from pgmq.read('envoyer_messages', 30, least(limite, 50)) as q
    order by 2
  loop
    select e.id_message, e.statut_livraison, e.contenu_message, e.type_message, e.genere_par_ia, e.charge_utile, e.reponse_a,
           e.tentatives_envoi, c.ia_activee, c.fenetre_expire_le, p.numero_telephone, p.identifiant_whatsapp,
           w.identifiant_numero_telephone, w.jeton_acces, w.compte_actif,
           exists (select from public.messages as avant
                   where avant.id_conversation = e.id_conversation and avant.id_utilisateur = e.id_utilisateur and avant.id_message < e.id_message
                     and avant.direction_message = 'sortant' and avant.statut_livraison in ('a_envoyer', 'envoi_en_cours')) as pas_son_tour
    into m
    from public.messages as e
    join public.conversations as c on c.id_conversation = e.id_conversation
    join public.prospects as p on p.id_prospect = c.id_prospect
    join public.comptes_whatsapp as w on w.id_compte_whatsapp = e.id_compte_whatsapp
    where e.id_message = travail.id_message
    for update of e;
    if m.id_message is null or m.statut_livraison <> 'a_envoyer' then
      perform pgmq.archive('envoyer_messages', travail.msg_id);
    elsif m.pas_son_tour then
      perform pgmq.set_vt('envoyer_messages', travail.msg_id, 2);
    elsif m.genere_par_ia and not m.ia_activee and not coalesce(m.charge_utile ?| array['passage_de_main', 'renvoi_de'], false) then
      -- A person took over between the reply and its sending. He need not be told of what he replaces.
      update public.messages as e set statut_livraison = 'echec', code_erreur = 'main_prise' where e.id_message = m.id_message;
      perform pgmq.archive('envoyer_messages', travail.msg_id);
    elsif not m.compte_actif or m.jeton_acces is null then
      perform prive.echouer_envoi(m.id_message, 'compte_inactif', null);
      perform pgmq.archive('envoyer_messages', travail.msg_id);
    elsif m.fenetre_expire_le is null or m.fenetre_expire_le <= prive.maintenant() then
      perform prive.echouer_envoi(m.id_message, 'fenetre_fermee', null);
      perform pgmq.archive('envoyer_messages', travail.msg_id);
    else
      -- From here on the row says that the call may have been made; the job has done its work.
      update public.messages as e set statut_livraison = 'envoi_en_cours', tentatives_envoi = e.tentatives_envoi + 1
      where e.id_message = m.id_message;
      perform pgmq.archive('envoyer_messages', travail.msg_id);
      pris := pris || pg_catalog.jsonb_build_object(
        'id_message', m.id_message, 'tentative', m.tentatives_envoi + 1, 'numero_emetteur', m.identifiant_numero_telephone,
        'destinataire', coalesce(m.numero_telephone, m.identifiant_whatsapp), 'texte', m.contenu_message, 'reponse_a', m.reponse_a,
        'jeton', (select s.decrypted_secret from vault.decrypted_secrets as s where s.id = m.jeton_acces));
    end if;
  end loop;
  perform prive.appeler_renfort('envoyer_messages');
  return pris;
end
$$;
comment on function service.prendre_envois(integer) is
  'Messages to send now, each marked envoi_en_cours: [{id_message, tentative, numero_emetteur, destinataire, texte, reponse_a, jeton}]. The caller makes each call at once, with id_message as biz_opaque_callback_data. In one conversation messages go in order. A closed window, an inactive account or a person''s take-over ends a message here, with its reason.';
grant execute on function service.prendre_envois(integer) to service_role;

create function service.enregistrer_envois(resultats jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
  m record;
begin
  for r in
    select * from pg_catalog.jsonb_to_recordset(resultats)
      as x (id_message bigint, tentative integer, wamid text, code text, detail text, reprendre boolean)
    order by x.id_message
  loop
    -- Only the outcome of the attempt in hand: a late answer to an earlier one changes nothing.
    select e.id_message, e.statut_livraison, e.tentatives_envoi, e.id_conversation into m from public.messages as e
    where e.id_message = r.id_message and e.tentatives_envoi = r.tentative for update;
    if not found then
      continue;
    end if;
    if r.wamid is not null then
      -- A status event may have been quicker: then only the id is new.
      update public.messages as e
      set identifiant_message_whatsapp = coalesce(e.identifiant_message_whatsapp, r.wamid),
          statut_livraison = case when e.statut_livraison = 'envoi_en_cours' or e.code_erreur = 'resultat_inconnu' then 'envoye' else e.statut_livraison end,
          code_erreur = case when e.code_erreur = 'resultat_inconnu' then null else e.code_erreur end
      where e.id_message = m.id_message;
    elsif m.statut_livraison <> 'envoi_en_cours' then
      continue;
    elsif r.reprendre and r.tentative < (select f.tentatives_max from prive.files as f where f.nom = 'envoyer_messages') then
      update public.messages as e set statut_livraison = 'a_envoyer', code_erreur = r.code, detail_erreur = pg_catalog.left(r.detail, 500)
      where e.id_message = m.id_message;
      perform prive.demander_envoi(m.id_message, prive.delai_reprise_s(r.tentative));
    else
      if r.reprendre then
        insert into prive.lettres_mortes (file, message, erreur, tentatives)
        values ('envoyer_messages', pg_catalog.jsonb_build_object('id_message', m.id_message), r.code || ' ' || coalesce(r.detail, ''), r.tentative);
      end if;
      perform prive.echouer_envoi(m.id_message, r.code, r.detail);
    end if;
  end loop;
end
$$;
comment on function service.enregistrer_envois(jsonb) is
  'Outcomes of calls: [{id_message, tentative, wamid} | {id_message, tentative, code, detail, reprendre}]. reprendre: Meta refused for now, it is sent again later, six times at most, then a dead letter. A call without an answer is reported by nobody: the status event or the two-minute rule settles it.';
grant execute on function service.enregistrer_envois(jsonb) to service_role;

create function prive.regler_envois_inconnus() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  nombre integer := 0;
begin
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
      genere_par_ia, score_confiance_ia, modele_ia, statut_livraison, reponse_a, charge_utile)
    values (ancien.id_utilisateur, ancien.id_conversation, ancien.id_compte_whatsapp, 'sortant', ancien.type_message, ancien.contenu_message,
      ancien.genere_par_ia, ancien.score_confiance_ia, ancien.modele_ia, 'a_envoyer', ancien.reponse_a,
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
