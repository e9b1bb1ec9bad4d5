-- What a vendor is told on WhatsApp leaves from FluxAsync's own number: a notification is a row first, is marked before it is sent,
-- and its outcome is known or said to be unknown. Within 24 hours of his last message it goes as text with buttons, else as the
-- number's approved template.

insert into prive.files (nom, fonction, tentatives_max) values ('envoyer_notifications', 'envoyer-notifications', 8);
select pgmq.create('envoyer_notifications');

create function prive.demander_notification(notification bigint, dans interval default '0') returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- What pgmq.send does, with a delay finer than a second.
  insert into pgmq.q_envoyer_notifications (vt, message)
  values (pg_catalog.clock_timestamp() + greatest(dans, interval '0'), pg_catalog.jsonb_build_object('id_notification', notification));
  if dans <= interval '0' then
    perform prive.reveiller('envoyer-notifications');
  end if;
end
$$;
comment on function prive.demander_notification(bigint, interval) is 'Queues the sending of a notification and, when it is due at once, wakes the sender.';

create function prive.tg_notifications__envoyer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.demander_notification(new.id_notification);
  return null;
end
$$;
comment on function prive.tg_notifications__envoyer() is 'After a notification for WhatsApp was written: it is to be sent.';
create trigger tg_notifications__envoyer after insert on public.notifications
  for each row when (new.canal_envoi = 'whatsapp' and new.statut_envoi = 'en_attente') execute function prive.tg_notifications__envoyer();

create function prive.reprendre_notifications() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- What somebody has just taken is not waited for: he finds the number connected, or comes back by himself.
  update pgmq.q_envoyer_notifications as q set vt = pg_catalog.clock_timestamp()
  where q.msg_id in (select a.msg_id from pgmq.q_envoyer_notifications as a where a.vt > pg_catalog.clock_timestamp() for update skip locked);
  perform prive.reveiller('envoyer-notifications');
end
$$;
comment on function prive.reprendre_notifications() is 'What waits to be sent is due now: our number was connected.';

-- ── by which way ─────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.expediteur_notification(vendeur uuid, numero text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select pg_catalog.jsonb_build_object('numero_emetteur', f.identifiant_numero_telephone, 'connecte_le', f.date_connexion, 'jeton', f.jeton,
      'debit', f.debit_par_seconde, 'libre', f.libre,
      'modele', case when f.modele_nom is not null then pg_catalog.jsonb_build_object('nom', f.modele_nom, 'langue', f.modele_langue) end)
    from (
      select p.*, prive.jeton_whatsapp(p.jeton_acces) as jeton, exists (
          select from prive.messages_plateforme as m
          where m.id_utilisateur = vendeur and m.identifiant_numero_telephone = p.identifiant_numero_telephone and m.numero = expediteur_notification.numero
            and m.fenetre_jusqu_a > prive.maintenant()) as libre
      from prive.comptes_plateforme as p where p.compte_actif) as f
    where f.jeton is not null
    order by f.libre desc, f.date_creation limit 1);
end
$$;
comment on function prive.expediteur_notification(uuid, text) is
  'From which of our numbers a vendor is written to at this number of his: {numero_emetteur, connecte_le, jeton, debit, libre: he wrote to it within 24 hours, modele: {nom, langue}|null}. The one he writes to first; null when none works.';

create function prive.echouer_notification(notification bigint, code text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid;
begin
  update public.notifications as n
  set statut_envoi = 'echec', prochaine_tentative = null,
      derniere_erreur = code || ' ' || prive.phrase(case
        when code in ('fenetre_fermee', 'resultat_inconnu', 'numero_non_verifie', 'compte_inactif') then 'avis_' || code
        when code in ('130472', '131021', '131026', '131030', '131049', '131062') then 'avis_injoignable'
        else 'avis_refuse' end)
  where n.id_notification = notification and n.statut_envoi in ('en_attente', 'envoye')
  returning n.id_utilisateur into vendeur;
  if found then
    perform prive.appeler_notification_suivante(vendeur, notification);
  end if;
end
$$;
comment on function prive.echouer_notification(bigint, text) is
  'A notification does not reach WhatsApp: echec, with its code and a sentence that speaks of the vendor''s phone (those of codes_meta speak of his number and of prospects). His front end shows it all the same.';

create function prive.enterrer_notification(notification bigint, erreur text, tentatives integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into prive.lettres_mortes (file, message, erreur, tentatives)
  values ('envoyer_notifications', pg_catalog.jsonb_build_object('id_notification', notification), pg_catalog.left(erreur, 500), tentatives);
end
$$;
comment on function prive.enterrer_notification(bigint, text, integer) is 'A notification that could not be sent in all its attempts is a dead letter, with the reason.';

create function prive.appeler_notification_suivante(vendeur uuid, notification bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  suivante bigint := (
    select n.id_notification from public.notifications as n
    where n.id_utilisateur = vendeur and n.id_notification > notification and n.canal_envoi = 'whatsapp' and n.statut_envoi = 'en_attente'
      and n.tentatives = 0
    order by n.id_notification limit 1);
begin
  if suivante is not null then
    perform prive.demander_notification(suivante);
  end if;
end
$$;
comment on function prive.appeler_notification_suivante(uuid, bigint) is
  'What waited for this one is due now, by one more job: the older one finds nothing to do. Not what has a wait of its own.';

create function prive.contact_de(vendeur uuid, type_reference text, reference bigint) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  contact text;
begin
  if type_reference = 'conversation' then
    select concat_ws(', ', p.nom_complet, coalesce(p.numero_whatsapp, p.numero_telephone)) into contact
    from public.conversations as c join public.prospects as p on p.id_prospect = c.id_prospect and p.id_utilisateur = c.id_utilisateur
    where c.id_conversation = reference and c.id_utilisateur = vendeur;
  elsif type_reference = 'livraison' then
    select concat_ws(', ', coalesce(k.nom_client, p.nom_complet), coalesce(k.telephone_livraison, p.numero_whatsapp, p.numero_telephone)) into contact
    from public.livraisons as l
    join public.commandes as k on k.id_commande = l.id_commande and k.id_utilisateur = l.id_utilisateur
    join public.prospects as p on p.id_prospect = k.id_prospect and p.id_utilisateur = k.id_utilisateur
    where l.id_livraison = reference and l.id_utilisateur = vendeur;
  end if;
  return case when contact <> '' then prive.phrase('contact_client', pg_catalog.jsonb_build_object('contact', contact)) end;
end
$$;
comment on function prive.contact_de(uuid, text, bigint) is
  'Whom a notification speaks of and how he is reached, as one line; null when neither name nor number is known. Read when it is sent: its row keeps no number.';

-- ── taking ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.prendre_notification(msg_id bigint, notification bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n record;
  u record;
  e jsonb;
  contact text;
begin
  select x.id_notification, x.id_utilisateur, x.titre_notification, x.contenu_notification, x.actions, x.suite_de, x.evenement, x.type_reference, x.reference_element_id, x.tentatives, x.date_creation, x.pris_le,
         x.canal_envoi = 'whatsapp' and x.statut_envoi = 'en_attente' as a_envoyer,
         (select count(*) from (
            select from public.notifications as avant
            where avant.id_utilisateur = x.id_utilisateur and avant.id_notification < x.id_notification
              and avant.canal_envoi = 'whatsapp' and avant.statut_envoi = 'en_attente' limit 30) as a) as devant
  into n
  from public.notifications as x where x.id_notification = notification for no key update;
  if n.id_notification is null or not n.a_envoyer or n.pris_le is not null then
    perform pgmq.archive('envoyer_notifications', msg_id);
    return null;
  end if;
  select x.numero_telephone, x.numero_verifie_le into u from public.utilisateurs_fluxasync as x where x.id_utilisateur = n.id_utilisateur;
  if u.numero_verifie_le is null then
    perform pgmq.archive('envoyer_notifications', msg_id);
    perform prive.echouer_notification(notification, 'numero_non_verifie');
    return null;
  end if;
  e := prive.expediteur_notification(n.id_utilisateur, u.numero_telephone);
  if e is null then
    if n.date_creation <= prive.maintenant() - interval '1 day' then
      -- News of yesterday: his front end has it.
      perform pgmq.archive('envoyer_notifications', msg_id);
      perform prive.enterrer_notification(notification, 'compte_inactif : aucun numéro de la plateforme n''était connecté pendant un jour', n.tentatives);
      perform prive.echouer_notification(notification, 'compte_inactif');
    else
      -- No attempt was made: an operator must connect the number, and then it goes (prive.reprendre_notifications).
      perform pgmq.set_vt('envoyer_notifications', msg_id, 300);
    end if;
    return null;
  end if;
  if n.devant > 0 then
    -- The one before it calls it (prive.appeler_notification_suivante); looking in by itself is the net, and who is far behind
    -- looks in seldom: a vendor's long queue stands in nobody's way.
    perform pgmq.set_vt('envoyer_notifications', msg_id, 2 * n.devant::integer);
    return null;
  end if;
  if not (e -> 'libre')::boolean and e -> 'modele' = 'null' then
    perform pgmq.archive('envoyer_notifications', msg_id);
    perform prive.echouer_notification(notification, 'fenetre_fermee');
    return null;
  end if;
  if exists (select from prive.evenements as v where v.nom = n.evenement and v.contact) then
    contact := prive.contact_de(n.id_utilisateur, n.type_reference, n.reference_element_id);
    if contact is not null then
      -- The number is not what is cut off where there is little room (functions/notification/message-whatsapp.ts).
      n.contenu_notification := case when length(n.contenu_notification) > 550 then pg_catalog.left(n.contenu_notification, 549) || '…' else n.contenu_notification end
        || E'\n' || pg_catalog.left(contact, 140);
    end if;
  end if;
  return pg_catalog.jsonb_build_object('msg_id', msg_id, 'debit', e -> 'debit', 'envoi', pg_catalog.jsonb_build_object(
    'id_notification', n.id_notification, 'tentative', n.tentatives + 1, 'canal', 'whatsapp', 'destinataire', u.numero_telephone,
    'titre', n.titre_notification, 'contenu', n.contenu_notification,
    -- The buttons are those of the notification they belong to.
    'id_boutons', coalesce(n.suite_de, n.id_notification), 'actions', n.actions) || (e - 'debit'));
end
$$;
comment on function prive.prendre_notification(bigint, bigint) is
  'One job of service.prendre_notifications: the notification that may go out now, its row locked, as {msg_id, debit, envoi}; or null when there is nothing to send (yet). One of a vendor goes after the other, the older first. While no number of ours works it waits, a day at most; outside the 24 hours without a template, or when the vendor''s number is not verified any more, it ends.';

create function prive.marquer_notification(pret jsonb, lectures integer, maintenant timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  envoi constant jsonb := pret -> 'envoi';
  emetteur constant text := 'f' || (envoi ->> 'numero_emetteur');
  attente interval;
begin
  -- Marked since it was prepared: by another job of the same notification in the same batch.
  if not exists (select from public.notifications as n
                 where n.id_notification = (envoi ->> 'id_notification')::bigint and n.statut_envoi = 'en_attente' and n.pris_le is null) then
    perform pgmq.archive('envoyer_notifications', (pret ->> 'msg_id')::bigint);
    return null;
  end if;
  attente := prive.payer_debit(emetteur, (pret ->> 'debit')::integer, emetteur || ':' || (envoi ->> 'destinataire'), maintenant);
  if attente is not null then
    update pgmq.q_envoyer_notifications as q
    set vt = pg_catalog.clock_timestamp() + attente + pg_catalog.random() * least(20, 0.5 * (lectures - 1)) * interval '1 second'
    where q.msg_id = (pret ->> 'msg_id')::bigint;
    return null;
  end if;
  -- From here on the row says what happens; the job has done its work.
  perform pgmq.archive('envoyer_notifications', (pret ->> 'msg_id')::bigint);
  update public.notifications as n
  set pris_le = maintenant, tentatives = (envoi ->> 'tentative')::integer, prochaine_tentative = null, destinataire = envoi ->> 'destinataire'
  where n.id_notification = (envoi ->> 'id_notification')::bigint;
  return envoi;
end
$$;
comment on function prive.marquer_notification(jsonb, integer, timestamptz) is
  'Books what prive.prendre_notification prepared on the rates and marks it: what to send, or null when it must wait. lectures: how often the job was read.';

create function prive.abandonner_notification(msg_id bigint, lectures integer, etat text, erreur text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  notification bigint := (select (q.message ->> 'id_notification')::bigint from pgmq.q_envoyer_notifications as q where q.msg_id = abandonner_notification.msg_id);
begin
  raise warning 'notification %: not taken: % %', notification, etat, erreur;
  if lectures >= 50 then
    perform prive.enterrer_notification(notification, etat || ' ' || erreur, lectures);
    perform pgmq.archive('envoyer_notifications', abandonner_notification.msg_id);
    perform prive.echouer_notification(notification, 'contenu_invalide');
  end if;
end
$$;
comment on function prive.abandonner_notification(bigint, integer, text, text) is 'A job of notifications that could not be taken: later again, or at the fiftieth reading a dead letter.';

create function service.prendre_notifications(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  pret jsonb;
  prets jsonb := '[]';
  pris jsonb := '[]';
  lus integer;
  maintenant constant timestamptz := prive.maintenant();
begin
  -- Whole batches may only wait for an older one of their vendor: who comes next stands behind them.
  for tour in 1 .. 20 loop
    lus := 0;
    for travail in
      select q.msg_id, q.read_ct, (q.message ->> 'id_notification')::bigint as id_notification
      from pgmq.read('envoyer_notifications', 30, least(limite, 50)) as q
      order by 3
    loop
      lus := lus + 1;
      begin
        pret := prive.prendre_notification(travail.msg_id, travail.id_notification);
        if pret is not null then
          prets := prets || (pret || pg_catalog.jsonb_build_object('lectures', travail.read_ct));
        end if;
      exception
        when lock_not_available or deadlock_detected then
          perform pgmq.set_vt('envoyer_notifications', travail.msg_id, 1);
        when others then
          perform prive.abandonner_notification(travail.msg_id, travail.read_ct, sqlstate, sqlerrm);
      end;
    end loop;
    exit when prets <> '[]' or lus = 0;
  end loop;
  -- All rows of rates last and in one order, as in service.prendre_envois.
  for travail in
    select p.value as pret, (p.value ->> 'lectures')::integer as lectures, (p.value ->> 'msg_id')::bigint as msg_id
    from pg_catalog.jsonb_array_elements(prets) as p
    order by p.value #>> '{envoi,numero_emetteur}', p.value #>> '{envoi,destinataire}', p.value #> '{envoi,id_notification}'
  loop
    begin
      pris := pris || coalesce(prive.marquer_notification(travail.pret - 'lectures', travail.lectures, maintenant), '[]');
    exception
      when lock_not_available or deadlock_detected then
        perform pgmq.set_vt('envoyer_notifications', travail.msg_id, 1);
      when others then
        perform prive.abandonner_notification(travail.msg_id, travail.lectures, sqlstate, sqlerrm);
    end;
  end loop;
  perform prive.appeler_renfort('envoyer_notifications');
  return pris;
end
$$;
comment on function service.prendre_notifications(integer) is
  'Notifications to send now, each marked (pris_le): [{id_notification, tentative, canal, numero_emetteur, destinataire, titre, contenu, libre: as text with buttons, else as the template, modele: {nom, langue}|null, actions (notifications.actions), id_boutons: the id in the buttons notification:<id>:<action>, connecte_le (to be handed back), jeton}]. The caller makes each call at once, with n:<id_notification>.<tentative> as biz_opaque_callback_data, and hands the outcomes to service.enregistrer_notifications.';
grant execute on function service.prendre_notifications(integer) to service_role;
