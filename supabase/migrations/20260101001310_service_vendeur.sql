-- What the platform itself does for a vendor: it connects his mailboxes, brings in his mails and their analysis, tells him things.
-- Each is one transaction, names the vendor it acts for, and changes nothing when it is asked again.

create function prive.garder_secret(ancien uuid, nom text, valeur text) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  garde uuid := (select s.id from vault.secrets as s where s.id = ancien or s.name = nom limit 1);
begin
  if valeur is null then
    return ancien;
  end if;
  if garde is null then
    return vault.create_secret(valeur, nom);
  end if;
  perform vault.update_secret(garde, valeur);
  return garde;
end
$$;
comment on function prive.garder_secret(uuid, text, text) is 'Keeps a secret in the Vault under a name, instead of the older one, and returns its id; null leaves the older one.';

create function service.connecter_compte_email(
  id_utilisateur uuid, fournisseur_email text, adresse_email text, jeton_acces text, jeton_rafraichissement text, expiration_jeton timestamptz)
returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  adresse constant text := lower(btrim(connecter_compte_email.adresse_email));
  compte record;
begin
  perform pg_advisory_xact_lock(hashtextextended('email:' || connecter_compte_email.id_utilisateur || ':' || adresse, 0));
  select c.jeton_acces, c.jeton_rafraichissement into compte from public.comptes_email as c
  where c.id_utilisateur = connecter_compte_email.id_utilisateur and c.adresse_email = adresse for update;
  insert into public.comptes_email as c (id_utilisateur, fournisseur_email, adresse_email, jeton_acces, jeton_rafraichissement, expiration_jeton)
  values (connecter_compte_email.id_utilisateur, connecter_compte_email.fournisseur_email, adresse,
    prive.garder_secret(compte.jeton_acces, format('email:%s:%s:acces', connecter_compte_email.id_utilisateur, adresse), connecter_compte_email.jeton_acces),
    prive.garder_secret(compte.jeton_rafraichissement, format('email:%s:%s:rafraichissement', connecter_compte_email.id_utilisateur, adresse),
      connecter_compte_email.jeton_rafraichissement),
    connecter_compte_email.expiration_jeton)
  on conflict on constraint boite_connectee_une_fois do update
    set fournisseur_email = excluded.fournisseur_email, jeton_acces = excluded.jeton_acces,
        jeton_rafraichissement = excluded.jeton_rafraichissement, expiration_jeton = excluded.expiration_jeton,
        compte_actif = true, derniere_erreur = null, date_connexion = prive.maintenant()
  returning c.id_compte_email into compte;
  return compte.id_compte_email;
end
$$;
comment on function service.connecter_compte_email(uuid, text, text, text, text, timestamptz) is
  'Connects a mailbox of a vendor, or connects it again; tokens go to the Vault, a null one leaves the older. Returns id_compte_email. Errors: 23514 for an unknown provider or address, 23503 for an unknown vendor.';
grant execute on function service.connecter_compte_email(uuid, text, text, text, text, timestamptz) to service_role;

create function service.enregistrer_email(id_utilisateur uuid, id_compte_email bigint, email text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  lu constant jsonb := prive.reparer_json(email)::jsonb;
  recu_le timestamptz := case when pg_input_is_valid(lu ->> 'date_reception', 'timestamptz') then (lu ->> 'date_reception')::timestamptz end;
  garde bigint;
begin
  -- A mail's own date is its sender's word: it may be none, or at no possible time.
  if recu_le is null or recu_le not between '2000-01-01' and prive.maintenant() + interval '1 day' then
    recu_le := prive.maintenant();
  end if;
  insert into public.emails_recus (id_utilisateur, id_compte_email, identifiant_message_email, email_expediteur, nom_expediteur, sujet_email,
    apercu_contenu, contenu_complet, niveau_priorite, contient_pieces_jointes, identifiant_fil_discussion, date_reception)
  values (enregistrer_email.id_utilisateur, enregistrer_email.id_compte_email, lu ->> 'identifiant_message_email', lu ->> 'email_expediteur',
    lu ->> 'nom_expediteur', coalesce(lu ->> 'sujet_email', ''), lu ->> 'apercu_contenu', lu ->> 'contenu_complet',
    coalesce(lu ->> 'niveau_priorite', 'normal'), coalesce((lu ->> 'contient_pieces_jointes')::boolean, false),
    lu ->> 'identifiant_fil_discussion', recu_le)
  on conflict on constraint email_unique_par_compte do nothing
  returning id_email into garde;
  if garde is null then
    select e.id_email into garde from public.emails_recus as e
    where e.id_compte_email = enregistrer_email.id_compte_email and e.id_utilisateur = enregistrer_email.id_utilisateur
      and e.identifiant_message_email = lu ->> 'identifiant_message_email';
  end if;
  return garde;
end
$$;
comment on function service.enregistrer_email(uuid, bigint, text) is
  'Keeps one mail of a vendor''s mailbox, once, and returns id_email. email is JSON as text, since a mail may hold what jsonb refuses (U+0000, half a surrogate): { identifiant_message_email, email_expediteur, nom_expediteur?, sujet_email?, apercu_contenu?, contenu_complet?, niveau_priorite?, contient_pieces_jointes?, identifiant_fil_discussion?, date_reception? }. A date that is none, before 2000 or in the future is now. Errors: 23503 when the mailbox is not this vendor''s, 23502/23514 for a missing or unknown value.';
grant execute on function service.enregistrer_email(uuid, bigint, text) to service_role;

create function service.enregistrer_analyse_email(id_utilisateur uuid, id_email bigint, lecture text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  lu constant jsonb := prive.reparer_json(lecture)::jsonb;
  garde bigint;
begin
  insert into public.analyses_emails (id_utilisateur, id_email, classification_email, resume_contenu, action_suggeree, score_confiance,
    mots_cles, sentiment_detecte, echeance, modele_ia)
  values (enregistrer_analyse_email.id_utilisateur, enregistrer_analyse_email.id_email, lu ->> 'classification_email', lu ->> 'resume_contenu',
    lu ->> 'action_suggeree', (lu ->> 'score_confiance')::numeric,
    array(select m.value from jsonb_array_elements_text(coalesce(lu -> 'mots_cles', '[]')) as m),
    coalesce(lu ->> 'sentiment_detecte', 'neutre'), case when pg_input_is_valid(lu ->> 'echeance', 'timestamptz') and isfinite((lu ->> 'echeance')::timestamptz)
      then (lu ->> 'echeance')::timestamptz end, lu ->> 'modele_ia')
  on conflict on constraint une_analyse_par_email do nothing
  returning id_analyse into garde;
  if garde is null then
    select a.id_analyse into garde from public.analyses_emails as a
    where a.id_email = enregistrer_analyse_email.id_email and a.id_utilisateur = enregistrer_analyse_email.id_utilisateur;
  end if;
  return garde;
end
$$;
comment on function service.enregistrer_analyse_email(uuid, bigint, text) is
  'Keeps what the AI read in a mail, once, and returns id_analyse; the mail is treated by it. lecture is JSON as text; an echeance that is no date is left out: { classification_email, resume_contenu, action_suggeree?, score_confiance 0..1, mots_cles?, sentiment_detecte?, echeance?, modele_ia? }. Errors: 23503 when the mail is not this vendor''s, 23502/23514 for a missing or unknown value.';
grant execute on function service.enregistrer_analyse_email(uuid, bigint, text) to service_role;

create function service.notifier(
  id_utilisateur uuid, cle_unicite text, type_notification text, titre text, contenu text, canal_envoi text, destinataire text,
  type_reference text, reference_element_id bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  gardee bigint;
begin
  insert into public.notifications (id_utilisateur, cle_unicite, type_notification, titre_notification, contenu_notification, canal_envoi,
    destinataire, type_reference, reference_element_id)
  values (notifier.id_utilisateur, notifier.cle_unicite, notifier.type_notification, titre, contenu, notifier.canal_envoi,
    notifier.destinataire, notifier.type_reference, notifier.reference_element_id)
  on conflict on constraint jamais_deux_fois do nothing
  returning id_notification into gardee;
  if gardee is null then
    select n.id_notification into gardee from public.notifications as n
    where n.id_utilisateur = notifier.id_utilisateur and n.cle_unicite = notifier.cle_unicite;
  end if;
  return gardee;
end
$$;
comment on function service.notifier(uuid, text, text, text, text, text, text, text, bigint) is
  'A vendor is to be told something, once per cle_unicite: id_notification. With canal application the row itself is the message; with whatsapp it is sent from FluxAsync''s own number to the number he has verified, whatever destinataire says; sms, email and push wait as en_attente. Errors: P0001 hint reference_inconnue when it speaks of something not his, 23514 for an unknown value.';
grant execute on function service.notifier(uuid, text, text, text, text, text, text, text, bigint) to service_role;
