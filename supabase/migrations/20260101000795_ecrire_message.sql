-- What the functions write by themselves (an order's news, …): a message that may carry its template for a closed window, or wait.

create function prive.ecrire_message(conversation bigint, genre text, contenu text, charge_utile jsonb, cle text, avec_livreur boolean) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  deja bigint;
  message bigint;
  rendu text;
  e record;
  charge constant jsonb := coalesce(charge_utile, '{}');
begin
  if cle is null or pg_catalog.char_length(cle) not between 1 and 100 then
    perform prive.refuser('cle_invalide', 'La clé d''un message a de 1 à 100 caractères.');
  end if;
  select v.id_utilisateur, v.id_compte_whatsapp into c from public.conversations as v where v.id_conversation = conversation for no key update;
  if not found then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''existe pas.');
  end if;
  select m.id_message into deja from public.messages as m
  where m.id_conversation = conversation and m.id_utilisateur = c.id_utilisateur and m.cle_idempotence = cle;
  if found then
    return deja;
  end if;
  -- What is ours beside what WhatsApp takes: how it may wait, and what it is about.
  perform prive.verifier_contenu(c.id_utilisateur, genre, contenu, charge - array['secours', 'attendre', 'code_remise', 'livraison', 'proposition']);
  if genre = 'modele' then
    select x.* into e from prive.ecriture(conversation, true) as x;
    rendu := prive.exiger_modele(c.id_utilisateur, e.compte_business, charge -> 'modele', e.marketing);
  end if;
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message, contenu_message,
    charge_utile, genere_par_ia, modele_ia, statut_livraison, cle_idempotence, avec_livreur)
  values (c.id_utilisateur, conversation, c.id_compte_whatsapp, 'sortant', genre, coalesce(rendu, contenu, ''), nullif(charge, '{}'), true, 'service',
    'a_envoyer', cle, ecrire_message.avec_livreur)
  returning id_message into message;
  perform prive.demander_envoi(message);
  return message;
end
$$;
comment on function prive.ecrire_message(bigint, text, text, jsonb, text, boolean) is
  'See service.ecrire_message; charge_utile may also say what the message is about: "livraison" (id), "proposition" (id), and "code_remise": {"livraison", "version"}, whose code then stands for {{code_remise}} in the moment of sending.';

create function service.ecrire_message(id_conversation bigint, type_message text, contenu text, charge_utile jsonb, cle_idempotence text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if charge_utile ?| array['code_remise', 'livraison', 'proposition'] then
    perform prive.refuser('charge_utile_invalide', 'Ce genre de message ne contient pas cela.');
  end if;
  return prive.ecrire_message(id_conversation, type_message, contenu, charge_utile, cle_idempotence, false);
end
$$;
comment on function service.ecrire_message(bigint, text, text, jsonb, text) is
  'Writes to the prospect of a conversation, whoever has it in hand and also when it is closed; returns the message''s id, the same one for the same key. Types and charge_utile as public.envoyer_contenu, also texte and modele ({"modele": {"nom", "langue", "entete"?, "corps"?, "boutons"?}}); besides "secours": the template (as in modele) that goes out instead when the window is closed, "attendre": true when it may wait up to seven days for the prospect''s next message. Neither: it ends as fenetre_fermee then. Whether it can go out is decided when it is sent. Errors (P0001): hint conversation_introuvable, cle_invalide, type_inconnu, charge_utile_invalide, message_vide, message_trop_long, media_invalide, interactif_invalide, modele_introuvable, modele_non_approuve, variables_invalides, desabonne.';
grant execute on function service.ecrire_message(bigint, text, text, jsonb, text) to service_role;
