-- What a person of the team does in a conversation: takes it from the AI, writes in it, gives it back.
-- All of it under the lock on the conversation, which recevoir_message and enregistrer_reponse take too: what a prospect says, what
-- the AI answers and what a person does come one after the other, in the order of the messages' ids.

create function prive.conversation_verrouillee(conversation bigint) returns public.conversations
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c public.conversations;
begin
  select v.* into c from public.conversations as v
  where v.id_conversation = conversation and v.id_utilisateur = any (array(select prive.mes_vendeurs('agent')))
  for no key update;
  if not found then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''existe pas.');
  end if;
  return c;
end
$$;
comment on function prive.conversation_verrouillee(bigint) is
  'A conversation of a vendor for whom the caller is at least agent, locked until the end of the transaction. Hint conversation_introuvable, also for one that he may only read.';

create function prive.exiger_ouverte(c public.conversations) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if c.statut_conversation not in ('active', 'en_pause') then
    perform prive.refuser('conversation_close', 'Cette conversation est terminée ; le prochain message du prospect en ouvrira une nouvelle.');
  end if;
end
$$;
comment on function prive.exiger_ouverte(public.conversations) is 'Refuses a conversation that is over (hint conversation_close).';

create function prive.mon_nom() returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce(
    (select nullif(pg_catalog.btrim(pg_catalog.concat_ws(' ', u.prenom, u.nom)), '')
     from public.utilisateurs_fluxasync as u where u.id_utilisateur = auth.uid()),
    (select m.nom_complet from public.membres_equipe as m where m.id_membre = auth.uid() and m.nom_complet <> '' limit 1));
end
$$;
comment on function prive.mon_nom() is 'First and last name of the caller as he gave them; null when he gave none.';

-- ── taking over ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.prendre_en_main(conversation bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.exiger_ouverte(prive.conversation_verrouillee(conversation));
  -- What the AI has not sent yet is stopped by tg_conversations__ia_se_tait, what it is writing by enregistrer_reponse.
  update public.conversations as c set ia_activee = false, prise_en_main_par = auth.uid()
  where c.id_conversation = conversation and (c.ia_activee or c.prise_en_main_par is distinct from auth.uid());
end
$$;
comment on function prive.prendre_en_main(bigint) is 'See public.prendre_en_main.';
grant execute on function prive.prendre_en_main(bigint) to authenticated;

create function public.prendre_en_main(id_conversation bigint) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.prendre_en_main(id_conversation) $$;
comment on function public.prendre_en_main(bigint) is
  'An agent takes a conversation over, from the AI or from a colleague: the AI is silent from then on, and a reply of it that has not left is not sent. Asked again, it changes nothing. Errors (P0001): hint conversation_introuvable, conversation_close.';
grant execute on function public.prendre_en_main(bigint) to authenticated;

-- ── giving back ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.rendre_a_ia(conversation bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.exiger_ouverte(prive.conversation_verrouillee(conversation));
  -- tg_conversations__ia_reprend queues the reply to what nobody has answered.
  update public.conversations as c set ia_activee = true, prise_en_main_par = null, statut_conversation = 'active'
  where c.id_conversation = conversation and not (c.ia_activee and c.prise_en_main_par is null and c.statut_conversation = 'active');
end
$$;
comment on function prive.rendre_a_ia(bigint) is 'See public.rendre_a_ia.';
grant execute on function prive.rendre_a_ia(bigint) to authenticated;

create function public.rendre_a_ia(id_conversation bigint) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.rendre_a_ia(id_conversation) $$;
comment on function public.rendre_a_ia(bigint) is
  'An agent gives a conversation back to the AI, also one that is en_pause: it answers once what nobody has answered. Asked again, it changes nothing. Errors (P0001): hint conversation_introuvable, conversation_close.';
grant execute on function public.rendre_a_ia(bigint) to authenticated;

-- ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.longueur_meta(texte text) returns integer
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return pg_catalog.char_length(texte) + pg_catalog.regexp_count(texte, '[\U00010000-\U0010FFFF]');
end
$$;
comment on function prive.longueur_meta(text) is
  'Length in UTF-16 units, in which an emoji counts twice: Meta says "characters", and what is within the limit so is within it however they count.';

create function prive.ecrire_en_personne(conversation bigint, genre text, contenu text, charge jsonb, cle text, cite text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c public.conversations;
  e record;
  deja record;
  message bigint;
begin
  if pg_catalog.char_length(cle) not between 1 and 100 then
    perform prive.refuser('cle_invalide', 'La clé d''un message a de 1 à 100 caractères.');
  end if;
  c := prive.conversation_verrouillee(conversation);
  perform prive.verifier_contenu(c.id_utilisateur, genre, contenu, charge);
  if cle is not null then
    -- Before all that may have changed since: who repeats a call because its answer was lost gets that answer, and takes
    -- nothing over from who came after him.
    select m.id_message, m.type_message, m.contenu_message, m.charge_utile - 'wamids_echoues' as charge_utile, m.reponse_a into deja from public.messages as m
    where m.id_conversation = conversation and m.id_utilisateur = c.id_utilisateur and m.cle_idempotence = cle;
    if found then
      -- Of a template the words are made here, from what it was when it was written.
      if (deja.type_message, coalesce(nullif(deja.charge_utile, '{}'), 'null'), deja.reponse_a, case when genre <> 'modele' then deja.contenu_message end)
         is distinct from (genre, coalesce(nullif(charge, '{}'), 'null'), cite, case when genre <> 'modele' then contenu end) then
        perform prive.refuser('cle_deja_utilisee', 'Cette clé est déjà celle d''un autre message de la conversation.');
      end if;
      return deja.id_message;
    end if;
  end if;
  perform prive.exiger_ouverte(c);
  -- Checked again at the moment of sending; here so that the person learns it while he writes.
  select x.* into e from prive.ecriture(conversation, false) as x;
  if genre <> 'modele' and e.raison in ('fenetre_fermee', 'injoignable') then
    perform prive.refuser('fenetre_fermee',
      'Plus de 24 heures depuis le dernier message du prospect : WhatsApp n''accepte plus de message libre tant qu''il n''a pas réécrit.');
  end if;
  if e.raison = 'compte_inactif' then
    perform prive.refuser('compte_inactif', 'Votre numéro WhatsApp n''est pas connecté.');
  end if;
  if e.raison = 'injoignable' then
    perform prive.refuser('injoignable', 'Ce prospect n''était pas joignable sur WhatsApp : réessayez demain, ou attendez qu''il écrive.');
  end if;
  if genre = 'modele' then
    contenu := prive.exiger_modele(c.id_utilisateur, e.compte_business, charge -> 'modele', e.marketing);
  end if;
  if cite is not null and not exists (
    select from public.messages as m
    join public.conversations as v on v.id_conversation = m.id_conversation and v.id_utilisateur = m.id_utilisateur
    where m.id_compte_whatsapp = c.id_compte_whatsapp and m.id_utilisateur = c.id_utilisateur
      and m.identifiant_message_whatsapp = cite and v.id_prospect = c.id_prospect) then
    perform prive.refuser('message_introuvable', 'Le message auquel vous répondez n''existe pas.');
  end if;
  -- The AI is silent before the message has its id: no reply of it can come after.
  update public.conversations as v set ia_activee = false, prise_en_main_par = auth.uid(), non_lus = 0
  where v.id_conversation = conversation
    and (v.ia_activee or v.prise_en_main_par is distinct from auth.uid() or v.non_lus <> 0);
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message, contenu_message,
    charge_utile, nom_expediteur, statut_livraison, reponse_a, cle_idempotence)
  values (c.id_utilisateur, conversation, c.id_compte_whatsapp, 'sortant', genre, coalesce(contenu, ''),
    nullif(charge, '{}'), prive.mon_nom(), 'a_envoyer', cite, cle)
  returning id_message into message;
  perform prive.demander_envoi(message);
  return message;
end
$$;
comment on function prive.ecrire_en_personne(bigint, text, text, jsonb, text, text) is
  'What envoyer_message, envoyer_contenu and envoyer_modele have in common: an agent''s message of any type (shapes: prive.verifier_contenu), checked and queued under the conversation''s lock, which he has in hand from then on. Executable by its owner alone.';

create function prive.envoyer_message(conversation bigint, contenu text, cle text, cite text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.ecrire_en_personne(conversation, 'texte', contenu, null, cle, cite);
end
$$;
comment on function prive.envoyer_message(bigint, text, text, text) is 'See public.envoyer_message.';
grant execute on function prive.envoyer_message(bigint, text, text, text) to authenticated;

create function public.envoyer_message(id_conversation bigint, contenu text, cle_idempotence text default null, reponse_a text default null)
returns bigint
language sql volatile security invoker set search_path = ''
as $$ select prive.envoyer_message(id_conversation, contenu, cle_idempotence, reponse_a) $$;
comment on function public.envoyer_message(bigint, text, text, text) is
  'An agent writes to the prospect: returns the id of the message, queued to be sent. Who writes has the conversation in hand (see prendre_en_main) and has read it (non_lus 0). cle_idempotence: the same call with the same key in the same conversation returns the same id and sends nothing again. reponse_a: the wamid of a message of or to this prospect. Errors (P0001): hint conversation_introuvable, conversation_close, message_vide, message_trop_long (4096), cle_invalide (1 to 100 characters), cle_deja_utilisee (with another text), fenetre_fermee (24 h after the prospect''s last message), compte_inactif, message_introuvable (reponse_a).';
grant execute on function public.envoyer_message(bigint, text, text, text) to authenticated;

create function prive.envoyer_contenu(conversation bigint, genre text, contenu text, charge jsonb, cle text, cite text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if coalesce(genre, '') not in ('image', 'document', 'audio', 'video', 'interactif') then
    perform prive.refuser('type_inconnu', 'Ce genre de message ne s''envoie pas.');
  end if;
  return prive.ecrire_en_personne(conversation, genre, contenu, charge, cle, cite);
end
$$;
comment on function prive.envoyer_contenu(bigint, text, text, jsonb, text, text) is 'See public.envoyer_contenu.';
grant execute on function prive.envoyer_contenu(bigint, text, text, jsonb, text, text) to authenticated;

create function public.envoyer_contenu(id_conversation bigint, type_message text, contenu text, charge_utile jsonb,
  cle_idempotence text default null, reponse_a text default null)
returns bigint
language sql volatile security invoker set search_path = ''
as $$ select prive.envoyer_contenu(id_conversation, type_message, contenu, charge_utile, cle_idempotence, reponse_a) $$;
comment on function public.envoyer_contenu(bigint, text, text, jsonb, text, text) is
  'As envoyer_message, for more than words. type_message image, document, audio, video: contenu is the caption (1024, none with audio), charge_utile {"media": {"lien": "https://…"} or {"chemin": "<id_utilisateur>/…" in the bucket medias}, "nom_fichier"? (document)}. interactif: contenu is the text above, charge_utile one of {"boutons": [{"id", "titre"}, at most 3]}, {"liste": {"bouton", "sections": [{"titre"?, "lignes": [{"id", "titre", "description"?}]}]}}, {"demande_localisation": true}; the first two also "entete", "pied". Errors (P0001): those of envoyer_message, and hint type_inconnu, charge_utile_invalide (a key this type does not have), media_invalide, interactif_invalide.';
grant execute on function public.envoyer_contenu(bigint, text, text, jsonb, text, text) to authenticated;

create function prive.envoyer_modele(conversation bigint, nom_modele text, langue text, variables jsonb, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if pg_catalog.jsonb_typeof(coalesce(variables, '{}')) <> 'object' or coalesce(variables, '{}') - array['entete', 'corps', 'boutons'] <> '{}' then
    perform prive.refuser('variables_invalides', 'Ce modèle demande d''autres variables : un texte pour chacune, sans retour à la ligne.');
  end if;
  return prive.ecrire_en_personne(conversation, 'modele', null, pg_catalog.jsonb_build_object('modele',
    coalesce(variables, '{}') || pg_catalog.jsonb_build_object('nom', nom_modele, 'langue', langue)), cle, null);
end
$$;
comment on function prive.envoyer_modele(bigint, text, text, jsonb, text) is 'See public.envoyer_modele.';
grant execute on function prive.envoyer_modele(bigint, text, text, jsonb, text) to authenticated;

create function public.envoyer_modele(id_conversation bigint, nom_modele text, langue text, variables jsonb default '{}', cle_idempotence text default null)
returns bigint
language sql volatile security invoker set search_path = ''
as $$ select prive.envoyer_modele(id_conversation, nom_modele, langue, variables, cle_idempotence) $$;
comment on function public.envoyer_modele(bigint, text, text, jsonb, text) is
  'As envoyer_message, with a template of modeles_whatsapp, which WhatsApp takes after the 24 hours too. variables: {"entete"?: [text, or the link of its picture], "corps"?: [texts in order], "boutons"?: [a payload each]}. The message''s contenu_message is what the person will read. Errors (P0001): hint conversation_introuvable, conversation_close, cle_invalide, cle_deja_utilisee, compte_inactif, injoignable (Meta could not reach the person in the last 24 hours), modele_introuvable, modele_non_approuve, variables_invalides, desabonne (marketing to somebody who wants none).';
grant execute on function public.envoyer_modele(bigint, text, text, jsonb, text) to authenticated;

-- ── a colleague who goes ─────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_membres_equipe__conversations() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  nombre integer;
begin
  update public.conversations as v set prise_en_main_par = null
  where v.prise_en_main_par = old.id_membre and v.id_utilisateur = old.id_utilisateur and v.statut_conversation in ('active', 'en_pause');
  get diagnostics nombre = row_count;
  if nombre > 0 and exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = old.id_utilisateur) then
    perform prive.notifier_evenement(old.id_utilisateur, 'membre_parti', 'membre_parti:' || old.id_membre || ':' || prive.maintenant(),
      jsonb_build_object('membre', coalesce(old.nom_complet, old.adresse_email), 'nombre', nombre));
  end if;
  return null;
end
$$;
comment on function prive.tg_membres_equipe__conversations() is
  'After somebody left a team: the conversations he had in hand are nobody''s, and the vendor is told. The AI stays silent there until a person decides.';
create trigger tg_membres_equipe__conversations after delete on public.membres_equipe
  for each row execute function prive.tg_membres_equipe__conversations();
