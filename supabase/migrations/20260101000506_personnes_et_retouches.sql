-- What people do besides writing: they edit and take back, change their number, opt out of marketing; and the vendor answers from
-- his own phone.

-- ── edits and messages taken back ────────────────────────────────────────────────────────────────────────────────

create function prive.retoucher_message(vendeur uuid, compte bigint, sens text, prospect bigint, m jsonb, expediteur text, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  quoi text := m ->> 'type';
  le timestamptz := prive.dit_le(m, maintenant);
  x record;
  mots text;
  nouveau bigint;
begin
  -- The conversation first, as everybody who says something in it; and only then what the message says by now: another edit may
  -- just have been waited for.
  perform from public.conversations as c
  where c.id_utilisateur = vendeur and c.id_conversation = (
    select o.id_conversation from public.messages as o
    where o.id_compte_whatsapp = compte and o.id_utilisateur = vendeur and o.identifiant_message_whatsapp = m #>> array[quoi, 'original_message_id'])
  for no key update;
  select o.id_message, o.contenu_message, o.charge_utile, o.type_message, o.modifie_le, o.supprime_le, o.sans_reponse, o.identifiant_message_whatsapp as wamid,
         -- What a courier wrote is not the AI's: who reads it finds its words as they are then.
         c.id_conversation, c.id_prospect, c.ia_activee and c.statut_conversation = 'active' and not o.avec_livreur as ia
  into x
  from public.messages as o
  join public.conversations as c on c.id_conversation = o.id_conversation and c.id_utilisateur = o.id_utilisateur
  where o.id_compte_whatsapp = compte and o.id_utilisateur = vendeur and o.direction_message = sens
    and o.identifiant_message_whatsapp = m #>> array[quoi, 'original_message_id'];
  if not found or x.id_prospect is distinct from prospect then
    perform prive.refuser('message_introuvable', 'Le message que celui-ci change n''est pas encore arrivé.');
  end if;
  if sens = 'entrant' and x.ia then
    -- Who is just being given this conversation to answer reads it before this, or after it; see prive.prendre_bail.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bail:' || x.id_conversation, 0));
  end if;
  if quoi = 'revoke' then
    update public.messages as o set supprime_le = coalesce(o.supprime_le, le), contenu_message = '', sans_reponse = sens = 'entrant',
      charge_utile = case when o.id_message <> x.id_message then pg_catalog.jsonb_build_object('edition_de', x.wamid) end
    -- And what was added for one of its edits.
    where o.id_conversation = x.id_conversation and o.id_utilisateur = vendeur and o.id_message >= x.id_message and o.supprime_le is null
      and (o.id_message = x.id_message or (o.reponse_a = x.wamid and o.charge_utile ->> 'edition_de' = x.wamid));
    perform prive.oublier_media(x.id_message);
    if sens = 'entrant' and x.ia and x.supprime_le is null then
      -- Who is writing an answer to it writes for nothing; what else is unanswered is answered anew.
      update prive.reponses as r set jeton = null, bail_expire_le = null
      where r.id_conversation = x.id_conversation and r.bail_expire_le > maintenant and r.repondu_jusqu_a < x.id_message;
      if found then
        perform prive.demander_reponse(x.id_conversation, x.id_message);
      end if;
    end if;
    return;
  end if;
  if x.supprime_le is not null or le < x.modifie_le
    or x.charge_utile -> 'avant' @> pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('edition', m ->> 'id')) then
    return;
  end if;
  mots := prive.mots_de(m #> '{edit,message}');
  update public.messages as o set contenu_message = mots, modifie_le = le,
    charge_utile = coalesce(x.charge_utile, '{}') || pg_catalog.jsonb_build_object('avant', prive.tableau(x.charge_utile -> 'avant')
      || pg_catalog.jsonb_build_object('texte', x.contenu_message, 'edition', m ->> 'id'))
  where o.id_message = x.id_message;
  if sens = 'entrant' and x.type_message = 'texte' and pg_catalog.length(mots) < 25
    and prive.noter_souhait(vendeur, prospect, x.id_conversation, x.id_message, mots, le, x.ia) then
    return;
  end if;
  -- Answered already, or somebody is just writing the answer to the former words.
  if sens = 'entrant' and x.ia and (x.sans_reponse or exists (
    select from prive.reponses as r where r.id_conversation = x.id_conversation
      and (r.repondu_jusqu_a >= x.id_message or r.bail_expire_le > maintenant))) then
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message,
      type_message, contenu_message, charge_utile, nom_expediteur, reponse_a, date_creation, date_statut)
    values (vendeur, x.id_conversation, compte, m ->> 'id', 'entrant', x.type_message, mots,
      pg_catalog.jsonb_build_object('edition_de', x.wamid), expediteur, x.wamid, maintenant, maintenant)
    on conflict on constraint wamid_unique_par_compte do nothing
    returning id_message into nouveau;
    if nouveau is not null then
      update public.conversations as c set non_lus = least(c.non_lus + 1, 99999), dernier_message_recu = maintenant
      where c.id_conversation = x.id_conversation;
      perform prive.demander_reponse(x.id_conversation, nouveau);
    end if;
  end if;
end
$$;
comment on function prive.retoucher_message(uuid, bigint, text, bigint, jsonb, text, timestamptz) is
  'An edit or a revoke of a message (sens: its direction; prospect: with whom). Edit: the words change in place, the former ones are kept in charge_utile.avant = [{texte, edition: wamid of the edit that replaced them}], an older edit changes nothing; what the AI has answered, or is just answering, comes once more as a new inbound row (charge_utile.edition_de). Revoke: words and payload are gone, the AI does not answer it, and an answer being written to it is not taken (its lease is lost). Hint message_introuvable when there is no such message of this person (yet): the inbox tries again.';

-- ── who somebody is ──────────────────────────────────────────────────────────────────────────────────────────────

create function prive.changer_identite(vendeur uuid, prospect bigint, bsuid text, wa_id text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  p record;
  identifiant text;
  numero text := case when wa_id ~ '^[1-9][0-9]{7,14}$' then '+' || wa_id end;
  autre record;
begin
  select q.nom_complet, q.identifiant_whatsapp, q.numero_whatsapp, q.numero_telephone into p
  from public.prospects as q where q.id_prospect = prospect and q.id_utilisateur = vendeur for no key update;
  identifiant := coalesce(bsuid, case when '+' || p.identifiant_whatsapp = p.numero_whatsapp and numero is not null then wa_id end, p.identifiant_whatsapp);
  if identifiant is not distinct from p.identifiant_whatsapp and coalesce(numero, p.numero_whatsapp) is not distinct from p.numero_whatsapp then
    return;
  end if;
  select q.id_prospect, q.nom_complet into autre from public.prospects as q
  where q.id_utilisateur = vendeur and q.id_prospect <> prospect and (q.identifiant_whatsapp = identifiant or q.numero_whatsapp = numero) limit 1;
  if found then
    -- Two rows with orders and conversations of their own are not made one by a machine: nothing could part them again.
    perform prive.notifier_evenement(vendeur, 'identite_double', pg_catalog.format('identite_double:%s:%s', prospect, autre.id_prospect),
      pg_catalog.jsonb_build_object('client', coalesce(p.nom_complet, p.numero_whatsapp, 'Un client'),
        'numero', coalesce(numero, 'un nouveau compte WhatsApp'), 'autre', coalesce(autre.nom_complet, 'sans nom')));
    return;
  end if;
  update public.prospects as q
  set identifiant_whatsapp = identifiant, numero_whatsapp = coalesce(numero, q.numero_whatsapp),
      attend_identifiant = bsuid is null and (q.attend_identifiant or numero is distinct from q.numero_whatsapp),
      numero_telephone = case when q.numero_telephone = p.numero_whatsapp and numero is not null and not exists (
        select from public.prospects as o where o.id_utilisateur = vendeur and o.numero_telephone = numero) then numero else q.numero_telephone end
  where q.id_prospect = prospect and q.id_utilisateur = vendeur;
end
$$;
comment on function prive.changer_identite(uuid, bigint, text, text) is
  'A prospect has a new number (wa_id), a new business-scoped id, or both; null: not told. He keeps his row. When another prospect has that identity already, both stay as they are and the vendor is told.';

create function prive.recevoir_systeme(vendeur uuid, compte bigint, m jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  prospect bigint := prive.prospect_connu(vendeur, m ->> 'from_user_id', m ->> 'from');
  conversation bigint;
begin
  if prospect is null then
    -- His first message may be on its way; of who has not come within ten minutes there is nothing to change.
    if prive.dit_le(m, maintenant) > maintenant - interval '10 minutes' then
      perform prive.refuser('expediteur_inconnu', 'Ce message parle de quelqu''un qui n''a pas encore écrit.');
    end if;
    return;
  end if;
  if exists (select from public.messages as x where x.id_compte_whatsapp = compte and x.id_utilisateur = vendeur
             and x.identifiant_message_whatsapp = m ->> 'id') then
    return;
  end if;
  select c.id_conversation into conversation from public.conversations as c
  where c.id_prospect = prospect and c.id_compte_whatsapp = compte and c.statut_conversation in ('active', 'en_pause')
  for no key update;
  if m #>> '{system,type}' in ('user_changed_number', 'customer_changed_number', 'user_changed_user_id') then
    perform prive.changer_identite(vendeur, prospect, m #>> '{system,user_id}', coalesce(m #>> '{system,wa_id}', m #>> '{system,new_wa_id}'));
  end if;
  if conversation is not null then
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message,
      type_message, contenu_message, charge_utile, sans_reponse, date_creation, date_statut)
    values (vendeur, conversation, compte, m ->> 'id', 'entrant', 'inconnu', prive.mots_de(m), prive.charge_de(m), true, maintenant, maintenant)
    on conflict on constraint wamid_unique_par_compte do nothing;
  end if;
end
$$;
comment on function prive.recevoir_systeme(uuid, bigint, jsonb, timestamptz) is
  'Meta''s own note about a person (user_changed_number, user_changed_user_id, user_identity_changed): his row follows, the note stands in his open conversation, is not answered and opens no window. Of somebody nobody knows it changes nothing; said less than ten minutes ago it is tried again (hint expediteur_inconnu), since his first message may come after it.';

create function prive.recevoir_retouche(vendeur uuid, compte bigint, m jsonb, contact jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- What is said in a group is no conversation with one prospect: an answer to it would go to the wrong place.
  if m ? 'group_id' then
    return;
  elsif m ->> 'type' = 'system' then
    perform prive.recevoir_systeme(vendeur, compte, m, maintenant);
  else
    perform prive.retoucher_message(vendeur, compte, 'entrant',
      prive.prospect_connu(vendeur, coalesce(m ->> 'from_user_id', contact ->> 'user_id'), m ->> 'from'),
      m, contact #>> '{profile,name}', maintenant);
  end if;
end
$$;
comment on function prive.recevoir_retouche(uuid, bigint, jsonb, jsonb, timestamptz) is
  'What comes among the messages and is none: edit, revoke, system; and what was said in a group, which is left alone.';

-- ── marketing: yes or no ─────────────────────────────────────────────────────────────────────────────────────────

create function prive.noter_preference(vendeur uuid, prospect bigint, arret boolean, le timestamptz) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Of two words of the same second the one that asks for less counts, in whatever order they come.
  update public.prospects as p set desabonne_le = case when arret then le end, preference_le = le
  where p.id_prospect = prospect and p.id_utilisateur = vendeur
    and (p.preference_le is null or le > p.preference_le or (le = p.preference_le and arret));
  return found;
end
$$;
comment on function prive.noter_preference(uuid, bigint, boolean, timestamptz) is
  'A person wants marketing no more (arret) or again, said at that time; false when he has said something later.';

create function prive.noter_souhait(vendeur uuid, prospect bigint, conversation bigint, message bigint, mots text, le timestamptz, ia boolean) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- The whole message, never a word in a sentence: "stop, je préfère la noire" goes on shopping.
  arrets constant text[] := array['stop', 'arret', 'arreter', 'desabonner', 'se desabonner', 'me desabonner', 'desabonnement', 'desinscription',
    'desinscrire', 'unsubscribe'];
  reprises constant text[] := array['start', 'reprendre', 'reabonner'];
  normal text;
  arret boolean;
  deja boolean;
  reponse bigint;
begin
  if mots !~* '^\W*(stop|arr|d.s|se d|me d|uns|sta|rep|r.a)' then
    return false;
  end if;
  normal := prive.normaliser(mots);
  arret := normal = any (arrets);
  if not arret and normal <> all (reprises) then
    return false;
  end if;
  select p.desabonne_le is not null into deja from public.prospects as p where p.id_prospect = prospect;
  -- "Reprendre" of somebody who never left is said to the AI.
  if not arret and not deja then
    return false;
  end if;
  update public.messages as m set sans_reponse = true where m.id_message = message;
  if prive.noter_preference(vendeur, prospect, arret, le) and deja <> arret and ia then
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, contenu_message, genere_par_ia, modele_ia, statut_livraison)
    select vendeur, conversation, c.id_compte_whatsapp, 'sortant', case when arret
        then 'C''est noté : vous ne recevrez plus nos offres. Vous pouvez toujours nous écrire ici ; pour recevoir à nouveau nos offres, répondez START.'
        else 'C''est noté : vous recevrez à nouveau nos offres. Pour ne plus les recevoir, répondez STOP.' end,
      true, 'regle-desabonnement', 'a_envoyer'
    from public.conversations as c where c.id_conversation = conversation
    returning id_message into reponse;
    perform prive.demander_envoi(reponse);
  end if;
  return true;
end
$$;
comment on function prive.noter_souhait(uuid, bigint, bigint, bigint, text, timestamptz, boolean) is
  'True when a message is nothing but a word of opting out (or, of who is out, back in): noted in prospects.desabonne_le, confirmed once where the AI answers, and not for the AI itself.';

-- ── the vendor's own phone ───────────────────────────────────────────────────────────────────────────────────────

create function prive.recevoir_echo(vendeur uuid, compte bigint, m jsonb, contact jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  bsuid text := coalesce(m ->> 'to_user_id', contact ->> 'user_id');
  conversation bigint;
begin
  if m ->> 'type' in ('edit', 'revoke') then
    perform prive.retoucher_message(vendeur, compte, 'sortant', prive.prospect_connu(vendeur, bsuid, m ->> 'to'), m, null, maintenant);
    return;
  end if;
  if m ? 'group_id' or exists (select from public.messages as x where x.id_compte_whatsapp = compte and x.id_utilisateur = vendeur
                               and x.identifiant_message_whatsapp = m ->> 'id') then
    return;
  end if;
  if m ->> 'id' is null then
    perform prive.refuser('message_sans_identifiant', 'Cet écho ne dit pas de quel message il parle.');
  end if;
  conversation := prive.conversation_de(vendeur, prive.prospect_de(vendeur,
    pg_catalog.jsonb_build_object('from', m ->> 'to', 'from_user_id', bsuid), contact), compte);
  -- The AI is silent before the message has its id: no reply of it can come after. A colleague who has it in hand keeps it.
  update public.conversations as c set ia_activee = false, non_lus = 0
  where c.id_conversation = conversation and (c.ia_activee or c.non_lus <> 0);
  insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, identifiant_message_whatsapp, direction_message,
    type_message, contenu_message, charge_utile, reponse_a, statut_livraison, date_creation, date_statut)
  values (vendeur, conversation, compte, m ->> 'id', 'sortant', prive.genre_de(m ->> 'type'), prive.mots_de(m), prive.charge_de(m),
    coalesce(m #>> '{reaction,message_id}', m #>> '{context,id}'), 'envoye', maintenant, maintenant)
  on conflict on constraint wamid_unique_par_compte do nothing;
end
$$;
comment on function prive.recevoir_echo(uuid, bigint, jsonb, jsonb, timestamptz) is
  'The vendor wrote, edited or took back a message on his own phone: it is a message of his, he has read the conversation, and the AI is silent there. Known already: nothing changes. Hints message_sans_identifiant, expediteur_inconnu, message_introuvable.';

-- ── the three fields that speak of persons ───────────────────────────────────────────────────────────────────────

create function prive.appliquer_evenement_personne(vendeur uuid, compte bigint, champ text, valeur jsonb, maintenant timestamptz) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  contacts jsonb := prive.contacts_par_cle(valeur -> 'contacts');
  liste text := case champ when 'smb_message_echoes' then 'message_echoes' else champ end;
  partie jsonb;
  contact jsonb;
  prospect bigint;
begin
  for partie in
    select e.value from pg_catalog.jsonb_array_elements(valeur -> liste) with ordinality as e (value, rang)
    order by coalesce(e.value ->> 'to_user_id', e.value ->> 'to', e.value ->> 'user_id', e.value ->> 'wa_id'),
      e.value ->> 'type' in ('edit', 'revoke'), e.rang
  loop
    contact := prive.contact_de(contacts, partie);
    if champ = 'smb_message_echoes' then
      perform prive.recevoir_echo(vendeur, compte, partie, contact, maintenant);
    elsif champ = 'user_id_update' then
      prospect := prive.prospect_connu(vendeur, partie #>> '{user_id,previous}', partie ->> 'wa_id');
      if prospect is not null then
        perform prive.changer_identite(vendeur, prospect, partie #>> '{user_id,current}', null);
      end if;
    elsif partie ->> 'category' = 'marketing_messages' and partie ->> 'value' in ('stop', 'resume') then
      -- Also of somebody who never wrote: he was written to.
      prospect := prive.prospect_de(vendeur, pg_catalog.jsonb_build_object('from', partie ->> 'wa_id', 'from_user_id', partie ->> 'user_id'), contact);
      perform prive.noter_preference(vendeur, prospect, partie ->> 'value' = 'stop', prive.dit_le(partie, maintenant));
    end if;
  end loop;
  return null;
end
$$;
comment on function prive.appliquer_evenement_personne(uuid, bigint, text, jsonb, timestamptz) is
  'A change of smb_message_echoes, user_preferences or user_id_update. Raises when a part cannot be applied.';
