-- Sends that did not go well: those of whose outcome nothing was ever heard, and the vendor's one tap to send again.

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
      (coalesce(ancien.charge_utile, '{}') - 'wamids_echoues') || pg_catalog.jsonb_build_object('renvoi_de', message))
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
