-- What failed for good is done again by a person, once its cause is gone (`npm run rejouer`). Each refuses what would be done
-- twice, and is one transaction: two people who replay the same thing at once do it once.

create function prive.rejouer_evenement(id bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  e record;
  resultat record;
begin
  select w.corps, w.recu_le, w.etat, w.erreur into e from prive.evenements_webhook as w where w.id = rejouer_evenement.id for update;
  if not found then
    perform prive.refuser('evenement_introuvable', 'Cet événement n''existe pas, ou n''est plus gardé.');
  end if;
  if e.etat not in ('partiel', 'echec') then
    perform prive.refuser('evenement_deja_traite', 'Cet événement n''est pas en échec.');
  end if;
  select * into resultat from prive.appliquer_evenement(e.corps, prive.maintenant(), e.recu_le);
  update prive.evenements_webhook as w
  set etat = case when resultat.erreur is null then 'traite' when resultat.appliques > 0 then 'partiel' else 'echec' end,
      erreur = resultat.erreur, tentatives = 1,
      prochaine_tentative = case when resultat.erreur is not null and resultat.rejouable then prive.maintenant() + interval '1 minute' end
  where w.id = rejouer_evenement.id
  returning w.etat, w.erreur into e.etat, e.erreur;
  return jsonb_build_object('etat', e.etat, 'erreur', e.erreur);
end
$$;
comment on function prive.rejouer_evenement(bigint) is
  'Applies an event of the inbox again, all of whose tries or some of whose parts failed: {etat, erreur}. What was written to a vendor who has given the number up since stays failed (numero_cede) while another has it. What still fails is tried again by itself from the first wait on. Errors (P0001): hint evenement_introuvable, evenement_deja_traite.';

create function prive.rejouer_envoi(message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  select x.id_conversation, x.id_utilisateur, x.statut_livraison, x.code_erreur, x.identifiant_message_whatsapp into m
  from public.messages as x where x.id_message = message for no key update;
  if not found then
    perform prive.refuser('lettre_sans_objet', 'Ce message n''existe plus.');
  end if;
  if m.statut_livraison in ('envoye', 'livre', 'lu') or exists (
      select from public.messages as x
      where x.id_conversation = m.id_conversation and x.id_utilisateur = m.id_utilisateur
        and (x.charge_utile ->> 'renvoi_de')::bigint = message and x.statut_livraison <> 'echec') then
    perform prive.refuser('lettre_sans_objet', 'Ce message est parti depuis, ou a été renvoyé par le vendeur.');
  end if;
  -- Only what Meta certainly never had: its refusals are, silence is not.
  if m.statut_livraison = 'envoi_en_cours' or m.identifiant_message_whatsapp is not null or m.code_erreur = 'resultat_inconnu' then
    perform prive.refuser('rejeu_incertain', 'WhatsApp a peut-être déjà ce message : seul le vendeur peut le renvoyer.');
  end if;
  -- Its attempts are counted on, so that a late event of an earlier one is known as such: this is one more, by hand.
  update public.messages as x set statut_livraison = 'a_envoyer', code_erreur = null, detail_erreur = null
  where x.id_message = message;
  perform prive.demander_envoi(message);
end
$$;
comment on function prive.rejouer_envoi(bigint) is
  'A message whose sending Meta refused to the last is to be sent again. Hint lettre_sans_objet (gone, sent or resent since), rejeu_incertain (Meta may have it).';

create function prive.rejouer_reponse(conversation bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  a_repondre bigint;
begin
  select v.id_utilisateur, v.statut_conversation, v.ia_activee, v.prise_en_main_par into c
  from public.conversations as v where v.id_conversation = conversation for no key update;
  if not found or c.statut_conversation not in ('active', 'en_pause') then
    perform prive.refuser('lettre_sans_objet', 'Cette conversation est terminée ou n''existe plus.');
  end if;
  if c.prise_en_main_par is not null then
    perform prive.refuser('lettre_sans_objet', 'Quelqu''un de l''équipe s''occupe de cette conversation.');
  end if;
  -- As tg_conversations__ia_reprend reads it.
  select max(e.id_message) into a_repondre from public.messages as e
  where e.id_conversation = conversation and e.id_utilisateur = c.id_utilisateur and e.direction_message = 'entrant'
    and not e.sans_reponse and e.id_message > coalesce((
      select max(case when s.genere_par_ia then s.repond_jusqu_a else s.id_message end) from public.messages as s
      where s.id_conversation = conversation and s.id_utilisateur = c.id_utilisateur and s.direction_message = 'sortant'
        and (s.statut_livraison <> 'echec' or (s.genere_par_ia and s.code_erreur is distinct from 'main_prise'))), 0);
  if a_repondre is null then
    perform prive.refuser('lettre_sans_objet', 'Ce prospect a reçu une réponse depuis.');
  end if;
  if c.ia_activee and c.statut_conversation = 'active' then
    -- Its job could not even be taken: the AI still has the conversation, and nothing tells it.
    perform prive.demander_reponse(conversation, a_repondre);
  else
    -- tg_conversations__ia_reprend queues the reply.
    update public.conversations as v set ia_activee = true, statut_conversation = 'active' where v.id_conversation = conversation;
  end if;
end
$$;
comment on function prive.rejouer_reponse(bigint) is
  'The AI gets a conversation back whose reply it failed to write, and answers. Hint lettre_sans_objet: it is over, in a person''s hands, or answered.';

create function prive.rejouer_media(media bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  d record;
  travail bigint;
begin
  select x.id_utilisateur, x.statut, x.date_creation, x.genre, m.supprime_le, m.charge_utile into d
  from public.medias as x
  join public.messages as m on m.id_conversation = x.id_conversation and m.id_utilisateur = x.id_utilisateur and m.id_message = x.id_message
  where x.id_media = media for no key update of x;
  if not found or d.supprime_le is not null then
    perform prive.refuser('lettre_sans_objet', 'Ce message n''existe plus.');
  elsif d.statut in ('recupere', 'refuse') then
    perform prive.refuser('lettre_sans_objet', 'Ce fichier a été récupéré ou refusé depuis.');
  elsif d.date_creation < prive.maintenant() - interval '7 days' then
    perform prive.refuser('lettre_sans_objet', 'Ce fichier n''est plus disponible chez WhatsApp : il y reste sept jours.');
  end if;
  -- Given up or, when its job itself could not be taken, still waiting for one: one job in any case.
  perform pgmq.archive('recuperer_medias', r.msg_id) from prive.recuperations as r where r.id_media = media;
  travail := (select pgmq.send('recuperer_medias', pg_catalog.jsonb_build_object('id_media', media)));
  update public.medias as x set statut = 'a_recuperer', motif = null where x.id_media = media;
  -- The reply to a voice note has not waited for it.
  insert into prive.recuperations as r (id_media, msg_id, chemin, empreinte, attend_mots)
  values (media, travail, prive.chemin_media(d.id_utilisateur),
    left(coalesce(d.charge_utile -> d.genre, d.charge_utile -> 'sticker') ->> 'sha256', 100), false)
  on conflict on constraint recuperations_pkey do update set msg_id = travail, jeton = null, tentatives = 0, deces = 0;
  perform prive.reveiller('recuperer-medias');
end
$$;
comment on function prive.rejouer_media(bigint) is
  'A file that was given up is fetched again, from the first attempt on, while Meta has it. Hint lettre_sans_objet: gone with its message, there or refused by now, or older than seven days.';

create function prive.rejouer_notification(notification bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n record;
begin
  select x.statut_envoi, x.pris_le, x.derniere_erreur into n from public.notifications as x where x.id_notification = notification for no key update;
  if not found then
    perform prive.refuser('lettre_sans_objet', 'Cette notification n''existe plus.');
  elsif n.statut_envoi in ('envoye', 'livre') then
    perform prive.refuser('lettre_sans_objet', 'Cette notification est partie depuis.');
  elsif n.derniere_erreur like 'resultat\_inconnu %' or (n.statut_envoi = 'en_attente' and n.pris_le is not null) then
    perform prive.refuser('rejeu_incertain', 'WhatsApp a peut-être déjà cette notification.');
  end if;
  -- Its attempts are counted on, so that a late event of an earlier one is known as such: this is one more, by hand.
  update public.notifications as x set statut_envoi = 'en_attente', pris_le = null, date_envoi = null, derniere_erreur = null where x.id_notification = notification;
  perform prive.demander_notification(notification);
end
$$;
comment on function prive.rejouer_notification(bigint) is
  'A notification whose sending failed to the last is to be sent again. Hint lettre_sans_objet (gone, or sent since), rejeu_incertain (Meta may have it).';

create function prive.rejouer_lettre(id bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  lettre record;
begin
  select l.file, l.message into lettre from prive.lettres_mortes as l where l.id = rejouer_lettre.id for update;
  if not found then
    perform prive.refuser('lettre_introuvable', 'Cette lettre morte n''existe pas, ou a déjà été rejouée.');
  end if;
  case lettre.file
    when 'envoyer_messages' then
      perform prive.rejouer_envoi((lettre.message ->> 'id_message')::bigint);
    when 'envoyer_notifications' then
      perform prive.rejouer_notification((lettre.message ->> 'id_notification')::bigint);
    when 'repondre_prospects' then
      perform prive.rejouer_reponse((lettre.message ->> 'id_conversation')::bigint);
    when 'recuperer_medias' then
      perform prive.rejouer_media((lettre.message ->> 'id_media')::bigint);
    when 'synchroniser_comptes' then
      perform prive.demander_synchronisation(u.id_utilisateur, lettre.message ->> 'identifiant_compte_business')
      from public.utilisateurs_fluxasync as u where u.id_utilisateur = (lettre.message ->> 'id_utilisateur')::uuid;
    else
      perform pgmq.send(lettre.file, lettre.message);
  end case;
  delete from prive.lettres_mortes as l where l.id = rejouer_lettre.id;
  return jsonb_build_object('file', lettre.file);
end
$$;
comment on function prive.rejouer_lettre(bigint) is
  'A dead letter is done again, and is one no longer: {file}. What a message or a conversation has become since decides whether it may. Errors (P0001): hint lettre_introuvable, lettre_sans_objet, rejeu_incertain.';
