-- What came of sending a notification, at once or by a later status event: sent, again, or the end with its reason.

create function prive.suivre_refus_notification(notification bigint, code text, detail text, statut_http integer, emetteur text, connecte_le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n public.notifications;
  suite text := prive.suite_code(code, statut_http);
  attente interval;
begin
  select x.* into strict n from public.notifications as x where x.id_notification = notification;
  if suite = 'compte' then
    -- A refusal of an older token says nothing of the one it has now. A status event does not say which: then of what was sent since.
    update prive.comptes_plateforme as f
    set compte_actif = false, motif_inactif = pg_catalog.left(code || ' ' || coalesce(detail, ''), 300)
    where f.identifiant_numero_telephone = emetteur and f.compte_actif and f.date_connexion <= coalesce(connecte_le, n.pris_le);
    -- Until it is connected again, or a day is over: prive.prendre_notification.
    attente := interval '0';
  elsif suite = 'fenetre' then
    -- The window is another than we believed: closed for all that he wrote before this call.
    update prive.messages_plateforme as m set fenetre_jusqu_a = null
    where m.id_utilisateur = n.id_utilisateur and m.identifiant_numero_telephone = emetteur
      and m.fenetre_jusqu_a > prive.maintenant() and m.date_creation <= n.pris_le;
    attente := interval '0';
  elsif suite = 'reprendre' then
    perform prive.freiner('f' || emetteur, 'f' || emetteur || ':' || n.destinataire, code);
    attente := prive.delai_reprise_s(n.tentatives) * interval '1 second';
  end if;
  if attente is not null and n.tentatives < (select f.tentatives_max from prive.files as f where f.nom = 'envoyer_notifications') then
    update public.notifications as x
    set statut_envoi = 'en_attente', pris_le = null, date_envoi = null, prochaine_tentative = prive.maintenant() + attente,
        derniere_erreur = code || ' ' || prive.phrase('avis_encore')
    where x.id_notification = notification;
    perform prive.demander_notification(notification, attente);
    return;
  end if;
  if attente is not null then
    perform prive.enterrer_notification(notification, code || ' ' || coalesce(detail, ''), n.tentatives);
  end if;
  perform prive.echouer_notification(notification, code);
end
$$;
comment on function prive.suivre_refus_notification(bigint, text, text, integer, text, timestamptz) is
  'Meta refused a notification (under way, or by a status event sent before): sent again with backoff, eight times at most and then a dead letter, or echec at once, by prive.suite_code. A refused token turns our number off (comptes_plateforme.motif_inactif) and the notification waits; 131047 corrects the window, so that it goes as the template. statut_http and connecte_le: null for a status event.';

create function prive.garder_envoi_plateforme(notification bigint, emetteur text, wamid text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into prive.messages_plateforme (identifiant_numero_telephone, wamid, direction, numero, id_utilisateur, contenu, id_notification)
  select emetteur, garder_envoi_plateforme.wamid, 'sortant', n.destinataire, n.id_utilisateur, n.titre_notification, n.id_notification
  from public.notifications as n where n.id_notification = notification
  on conflict on constraint wamid_unique_par_numero do nothing;
end
$$;
comment on function prive.garder_envoi_plateforme(bigint, text, text) is 'A message of ours that Meta has, by its wamid, of which notification it is; once.';

create function prive.enregistrer_notification(
  notification bigint, tentative integer, emetteur text, wamid text, code text, detail text, statut_http integer, connecte_le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n record;
begin
  -- Only the outcome of the attempt in hand: a late answer to an earlier one changes nothing.
  select x.id_utilisateur, x.statut_envoi, x.pris_le, x.derniere_erreur into n from public.notifications as x
  where x.id_notification = notification and x.tentatives = tentative for no key update;
  if not found then
    return;
  end if;
  if wamid is not null then
    perform prive.garder_envoi_plateforme(notification, emetteur, wamid);
    -- A status event may have been quicker, and may have said that it failed.
    if (n.statut_envoi = 'en_attente' and n.pris_le is not null) or (n.statut_envoi = 'echec' and n.derniere_erreur like 'resultat\_inconnu %') then
      update public.notifications as x
      set statut_envoi = 'envoye', date_envoi = coalesce(x.date_envoi, prive.maintenant()), derniere_erreur = null
      where x.id_notification = notification;
      perform prive.appeler_notification_suivante(n.id_utilisateur, notification);
    end if;
  elsif n.statut_envoi = 'en_attente' and n.pris_le is not null then
    perform prive.suivre_refus_notification(notification, code, detail, statut_http, emetteur, connecte_le);
  end if;
end
$$;
comment on function prive.enregistrer_notification(bigint, integer, text, text, text, text, integer, timestamptz) is 'One outcome of service.enregistrer_notifications.';

create function service.enregistrer_notifications(resultats jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
  encore jsonb := '[]';
begin
  for r in
    select x.*, v.value as resultat from pg_catalog.jsonb_array_elements(resultats) as v,
      pg_catalog.jsonb_to_record(v.value) as x (id_notification bigint, tentative integer, numero_emetteur text, wamid text, code text, detail text,
        statut_http integer, connecte_le timestamptz)
    order by x.id_notification
  loop
    begin
      perform prive.enregistrer_notification(r.id_notification, r.tentative, r.numero_emetteur, r.wamid, r.code, r.detail, r.statut_http, r.connecte_le);
    exception when others then
      -- Not recorded, so handed in again by the caller, else settled by its status event or by time; the others are.
      raise warning 'notification %: outcome not recorded: % %', r.id_notification, sqlstate, sqlerrm;
      encore := encore || r.resultat;
    end;
  end loop;
  return encore;
end
$$;
comment on function service.enregistrer_notifications(jsonb) is
  'Outcomes of calls: [{id_notification, tentative, numero_emetteur, wamid} | {id_notification, tentative, numero_emetteur, code, detail, statut_http: HTTP status|null, connecte_le: as prendre_notifications gave it}] → those that could not be recorded just now (a lock), to be handed in again. A call without an answer is reported by nobody: the status event or the two-minute rule settles it.';
grant execute on function service.enregistrer_notifications(jsonb) to service_role;

create function prive.regler_notifications_inconnues() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n record;
  nombre integer := 0;
begin
  if not exists (select from public.notifications as x where x.canal_envoi = 'whatsapp' and x.statut_envoi = 'en_attente' and x.pris_le is not null) then
    return 0;
  end if;
  -- What Meta has said but nobody has read yet decides first.
  perform prive.appliquer_en_attente();
  if exists (select from prive.evenements_webhook as w where w.etat = 'recu' and w.prochaine_tentative <= prive.maintenant()) then
    return 0;
  end if;
  for n in
    select x.id_notification from public.notifications as x
    where x.canal_envoi = 'whatsapp' and x.statut_envoi = 'en_attente'
      and x.pris_le <= prive.maintenant() - pg_catalog.make_interval(secs => prive.reglage('envoi_inconnu_s'))
    order by x.id_notification limit 200
    for no key update skip locked
  loop
    perform prive.echouer_notification(n.id_notification, 'resultat_inconnu');
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.regler_notifications_inconnues() is
  'Calls without an outcome for two minutes become echec / resultat_inconnu: the next notification goes on, nothing is sent twice by itself, the front end has it. Returns how many.';
select cron.schedule('regler-notifications-inconnues', '15 seconds', 'select prive.regler_notifications_inconnues()');

create function prive.appliquer_statut_plateforme(compte text, s jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  suivi constant text[] := pg_catalog.regexp_match(s ->> 'biz_opaque_callback_data', '^n:([0-9]{1,18})(?:\.([0-9]{1,6}))?$');
  nouveau constant text := case s ->> 'status' when 'sent' then 'envoye' when 'delivered' then 'livre' when 'read' then 'livre' when 'played' then 'livre'
    when 'failed' then 'echec' end;
  n record;
  code text;
begin
  if suivi is null or nouveau is null then
    return;
  end if;
  select x.id_notification, x.id_utilisateur, x.statut_envoi, x.pris_le, x.tentatives, x.derniere_erreur into n
  from public.notifications as x
  where x.id_notification = suivi[1]::bigint
    -- FluxAsync's own attempts alone are counted: what carries none is of another sender with our number.
    and x.tentatives = coalesce(suivi[2]::integer, x.tentatives) for no key update;
  if not found then
    return;
  end if;
  if s ->> 'id' is not null and suivi[2] is not null then
    -- The sender may have died before it could say which message it was.
    perform prive.garder_envoi_plateforme(n.id_notification, compte, s ->> 'id');
  end if;
  -- Of an attempt that was refused already, or a step back: nothing new.
  if not (n.statut_envoi = 'envoye' or (n.statut_envoi = 'en_attente' and (n.pris_le is not null or n.tentatives = 0))
      or (n.statut_envoi = 'echec' and n.derniere_erreur like 'resultat\_inconnu %')) then
    return;
  end if;
  if nouveau = 'echec' then
    code := coalesce(s #>> '{errors,0,code}', 'inconnu');
    if n.statut_envoi = 'echec' or n.tentatives = 0 then
      -- Said to be unknown: it is not sent again by itself any more.
      perform prive.echouer_notification(n.id_notification, code);
    else
      perform prive.suivre_refus_notification(n.id_notification, code, coalesce(s #>> '{errors,0,error_data,details}', s #>> '{errors,0,message}',
        s #>> '{errors,0,title}'), null, compte, null);
    end if;
    return;
  end if;
  if nouveau = 'envoye' and n.statut_envoi = 'envoye' then
    return;
  end if;
  update public.notifications as x
  set statut_envoi = nouveau, date_envoi = coalesce(x.date_envoi, maintenant), date_livraison = case when nouveau = 'livre' then maintenant end,
      derniere_erreur = null
  where x.id_notification = n.id_notification;
  if n.statut_envoi = 'en_attente' then
    perform prive.appeler_notification_suivante(n.id_utilisateur, n.id_notification);
  end if;
end
$$;
comment on function prive.appliquer_statut_plateforme(text, jsonb, timestamptz) is
  'A status of a message of ours that carried n:<id_notification>.<tentative>: notifications.statut_envoi goes forward, en_attente → envoye → livre; failed: as if Meta had refused it at once. A late status of an earlier attempt changes nothing.';
