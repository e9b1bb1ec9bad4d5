-- What follows when Meta refuses a message, at once or by a later status event: again, the template instead, or the end; and what it
-- means for the account, the campaigns, the template and the person.

-- ── telling the vendor ───────────────────────────────────────────────────────────────────────────────────────────

create function prive.prevenir_envoi_echoue(message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  select e.id_utilisateur, e.id_conversation, e.contenu_message, e.type_message, e.code_erreur, e.avec_livreur,
    e.avec_livreur and e.modele_ia = 'service' as au_livreur into strict m
  from public.messages as e where e.id_message = message;
  if m.au_livreur then
    perform prive.prevenir_livreur_sans_message(message);
    return;
  end if;
  perform prive.notifier_evenement(m.id_utilisateur, 'envoi_echoue', 'envoi_echoue:' || message || ':' || m.code_erreur, pg_catalog.jsonb_build_object(
      'raison', coalesce((select case when m.avec_livreur then pg_catalog.replace(c.dit, 'prospect', 'livreur') else c.dit end
        from prive.codes_meta as c where c.code = m.code_erreur), prive.phrase('message_refuse')),
      'message', coalesce(nullif(pg_catalog.left(m.contenu_message, 200), ''), m.type_message)),
    'conversation', m.id_conversation);
end
$$;
comment on function prive.prevenir_envoi_echoue(bigint) is 'Tells the vendor, once per message and reason, that a message did not go out: the sentence of codes_meta, and what it said. Of what couriers are written by themselves see prive.prevenir_livreur_sans_message.';

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

create function prive.prevenir_livreur_sans_message(message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  raison text;
begin
  select e.id_utilisateur, e.code_erreur, pg_catalog.split_part(e.cle_idempotence, ':', 3) as quoi, r.nom_complet_livreur as livreur, r.numero_telephone_livreur as telephone,
    l.id_livraison, l.id_livreur = r.id_livreur and l.statut_livraison = 'assignee' as sienne,
    l.id_livreur = r.id_livreur and l.statut_livraison in ('assignee', 'recuperee', 'en_transit', 'livree') as encore_sienne, k.numero_commande as numero
  into m
  from public.messages as e
  join public.conversations as c on c.id_conversation = e.id_conversation and c.id_utilisateur = e.id_utilisateur
  join public.livreurs as r on r.id_livreur = c.id_livreur and r.id_utilisateur = c.id_utilisateur
  join public.livraisons as l on l.id_livraison = (e.charge_utile ->> 'livraison')::bigint and l.id_utilisateur = e.id_utilisateur
  join public.commandes as k on k.id_commande = l.id_commande and k.id_utilisateur = l.id_utilisateur
  -- An offer that he cannot read is made to the next one, and the vendor is told when nobody is left.
  where e.id_message = message and not e.charge_utile ? 'proposition';
  if m.quoi in ('confiee', 'reponse') and m.sienne then
    raison := 'livreur_sans_course';
  elsif m.quoi = 'retiree' and m.encore_sienne is not true then
    raison := 'livreur_sans_retrait';
  else
    return;
  end if;
  perform prive.notifier_evenement(m.id_utilisateur, 'livreur_non_prevenu', 'livreur_non_prevenu:' || message,
    pg_catalog.jsonb_build_object('livreur', prive.prenom_de(m.livreur), 'numero', m.numero, 'telephone', m.telephone,
      'raison', prive.phrase(raison, pg_catalog.jsonb_build_object('livreur', m.livreur, 'numero', m.numero,
        'peut_etre', case when m.code_erreur = 'resultat_inconnu' then 'peut-être ' else '' end))),
    'livraison', m.id_livraison);
end
$$;
comment on function prive.prevenir_livreur_sans_message(bigint) is
  'A text written to a courier by itself (modele_ia service) did not go out: the vendor is asked to call him, once, when the courier does not know that a delivery is his, or no more his. Of offers and of answers to his words nobody is told.';

-- ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.suivre_code(message bigint, code text, suite text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
begin
  select x.id_utilisateur, x.id_compte_whatsapp, x.charge_utile, x.date_statut, c.id_prospect, w.identifiant_compte_business, w.date_connexion
  into strict m
  from public.messages as x
  join public.conversations as c on c.id_conversation = x.id_conversation
  join public.comptes_whatsapp as w on w.id_compte_whatsapp = x.id_compte_whatsapp
  where x.id_message = message;
  if suite = 'compte' then
    -- One notice for the number; the message itself says no more than that.
    if not prive.desactiver_compte(m.id_compte_whatsapp, 'jeton_mort', (select k.dit from prive.codes_meta as k
         where k.code = case when suivre_code.code ~ '^2[0-9]{2}$' then '200' else suivre_code.code end)) then
      perform prive.prevenir_compte_inactif(m.id_compte_whatsapp);
    end if;
    return;
  elsif suite = 'campagnes' then
    update public.campagnes_marketing as k set statut_campagne = 'en_pause'
    where k.id_campagne = any (array(
      select v.id_campagne from public.campagnes_marketing as v
      where v.id_utilisateur = m.id_utilisateur and v.type_campagne = 'diffusion_whatsapp' and v.statut_campagne = 'active'
      order by v.id_campagne for no key update));
    perform prive.notifier_evenement(m.id_utilisateur, 'limite_spam',
      pg_catalog.format('limite_spam:%s:%s', m.id_compte_whatsapp, (prive.maintenant() at time zone 'UTC')::date), '{}');
  elsif suite = 'marketing' then
    -- Known as of now: a "resume" of before, delivered late, does not undo it.
    update public.prospects as p set desabonne_le = prive.maintenant(), preference_le = prive.maintenant()
    where p.id_prospect = m.id_prospect and p.desabonne_le is null;
  elsif code in ('132015', '132016') and m.charge_utile ? 'modele' then
    perform prive.noter_modele(m.identifiant_compte_business, m.charge_utile #>> '{modele,nom}', m.charge_utile #>> '{modele,langue}',
      pg_catalog.jsonb_build_object('statut', case code when '132015' then 'en_pause' else 'desactive' end));
  end if;
  perform prive.prevenir_envoi_echoue(message);
end
$$;
comment on function prive.suivre_code(bigint, text, text) is
  'What a final refusal of a message means beyond it: compte: the number goes off and its other messages end with compte_inactif; campagnes: active diffusion_whatsapp campaigns are paused, the vendor told once a day; marketing: the person gets no more marketing; a template paused or disabled by Meta is noted. The vendor is told of the message itself, but with compte, where one notice tells of all.';

create function prive.corriger_fenetre(message bigint, le timestamptz) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  ouvertes bigint[];
  tenues bigint[];
begin
  select v.id_utilisateur, v.id_prospect, v.id_compte_whatsapp, greatest(m.date_creation, corriger_fenetre.le) as le into strict c
  from public.messages as m join public.conversations as v on v.id_conversation = m.id_conversation
  where m.id_message = message;
  -- The window is the person's: what he wrote in another conversation of this number has opened it as well.
  ouvertes := array(select v.id_conversation from public.conversations as v
    where v.id_prospect = c.id_prospect and v.id_utilisateur = c.id_utilisateur and v.id_compte_whatsapp = c.id_compte_whatsapp
      and v.fenetre_expire_le > prive.maintenant());
  -- Held before the look at what he wrote, so that nothing comes between the two.
  tenues := array(select v.id_conversation from public.conversations as v
    where v.id_conversation = any (ouvertes) order by v.id_conversation for no key update skip locked);
  -- A reaction, a note of Meta's or an edit opens nothing.
  if exists (select from public.conversations as v
             join public.messages as x on x.id_conversation = v.id_conversation and x.id_utilisateur = v.id_utilisateur
             where v.id_prospect = c.id_prospect and v.id_utilisateur = c.id_utilisateur and v.id_compte_whatsapp = c.id_compte_whatsapp
               and v.fenetre_expire_le > prive.maintenant() and x.id_message > message and x.direction_message = 'entrant' and x.date_creation > c.le
               and not (x.sans_reponse and x.type_message in ('reaction', 'inconnu')) and not coalesce(x.charge_utile ? 'edition_de', false)) then
    return 'ouverte';
  end if;
  update public.conversations as v set fenetre_expire_le = prive.maintenant() where v.id_conversation = any (tenues);
  return case when tenues @> ouvertes then 'fermee' else 'occupee' end;
end
$$;
comment on function prive.corriger_fenetre(bigint, timestamptz) is
  'Meta said 131047 at this time: the window of the person is closed here too, in all his conversations with the number. fermee; ouverte when he has written since; occupee when somebody holds one of them just now (he may be receiving from that person; not waited for, because who receives waits for messages).';

create function prive.peut_reprendre(m public.messages) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return m.tentatives_envoi < (select f.tentatives_max from prive.files as f where f.nom = 'envoyer_messages')
    -- Told to be unknown, it may have been sent again by hand.
    and not exists (select from public.notifications as n where n.id_utilisateur = m.id_utilisateur
                    and n.cle_unicite = 'envoi_echoue:' || m.id_message || ':resultat_inconnu')
    -- Also by one who does not want to be told of such things.
    and not exists (select from public.messages as x where x.id_conversation = m.id_conversation and x.id_utilisateur = m.id_utilisateur
                    and x.id_message > m.id_message and (x.charge_utile ->> 'renvoi_de')::bigint = m.id_message);
end
$$;
comment on function prive.peut_reprendre(public.messages) is 'Whether a message that Meta refused may be tried again by itself.';

create function prive.suivre_refus(message bigint, code text, detail text, statut_http integer, le timestamptz, connecte_le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m public.messages;
  prospect bigint;
  reconnecte_le timestamptz;
  suite text := prive.suite_code(code, statut_http);
  reprise boolean := false;
  attente_s integer;
begin
  select x.* into strict m from public.messages as x where x.id_message = message;
  attente_s := prive.delai_reprise_s(m.tentatives_envoi);
  if suite = 'compte' then
    -- A refusal of the token before the vendor connected his number again says nothing of the new one.
    select w.date_connexion into reconnecte_le from public.comptes_whatsapp as w where w.id_compte_whatsapp = m.id_compte_whatsapp;
    -- Meta's clock has whole seconds.
    if reconnecte_le > coalesce(connecte_le, le + interval '1 second') then
      suite := 'reprendre';
    end if;
  elsif suite = 'fenetre' and m.type_message <> 'modele' then
    case prive.corriger_fenetre(message, le)
      when 'occupee' then
        reprise := true;
        attente_s := 2;
      when 'fermee' then
        -- Its template, or its waiting, is decided where everything is, when it is taken.
        reprise := m.charge_utile ?| array['secours', 'attendre'];
        attente_s := 0;
      else
        reprise := true;
    end case;
    code := case when reprise then code else 'fenetre_fermee' end;
  end if;
  if code in ('130429', '131056') then
    select c.id_prospect into prospect from public.conversations as c where c.id_conversation = m.id_conversation;
    perform prive.freiner(m.id_compte_whatsapp, prospect, code);
  end if;
  if (suite = 'reprendre' or reprise) and prive.peut_reprendre(m) then
    update public.messages as x
    set statut_livraison = 'a_envoyer', code_erreur = code, detail_erreur = pg_catalog.left(detail, 500), identifiant_message_whatsapp = null,
        -- Late statuses of the message that failed must not be taken for the next one's.
        charge_utile = case when m.identifiant_message_whatsapp is null then m.charge_utile else coalesce(m.charge_utile, '{}')
          || pg_catalog.jsonb_build_object('wamids_echoues',
               coalesce(m.charge_utile -> 'wamids_echoues', '[]') || pg_catalog.to_jsonb(m.identifiant_message_whatsapp)) end
    where x.id_message = message;
    perform prive.demander_envoi(message, attente_s);
    return;
  end if;
  if suite = 'reprendre' then
    insert into prive.lettres_mortes (file, message, erreur, tentatives)
    values ('envoyer_messages', pg_catalog.jsonb_build_object('id_message', message), code || ' ' || coalesce(detail, ''), m.tentatives_envoi);
  end if;
  update public.messages as x
  set statut_livraison = 'echec', code_erreur = code, detail_erreur = pg_catalog.left(detail, 500)
  where x.id_message = message;
  perform prive.suivre_code(message, code, suite);
end
$$;
comment on function prive.suivre_refus(bigint, text, text, integer, timestamptz, timestamptz) is
  'Meta refused a message (in hand, or echec already by a status event): it is queued again with backoff, or ends as echec with all that follows from its code. statut_http: null for a status event. le: when Meta was asked, or said so. connecte_le: when the number was connected with the token that was used, null when that is not known. 131047: the window is corrected here, then the message goes as its template, waits, goes again because the person has written since, or ends as fenetre_fermee.';

create function prive.suite_echec(message bigint, code text, le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.suivre_refus(message, coalesce(code, 'inconnu'), (select m.detail_erreur from public.messages as m where m.id_message = message),
    null, le, null);
end
$$;
comment on function prive.suite_echec(bigint, text, timestamptz) is
  'After a status event said, at this time by Meta''s clock, that a message failed, and its row says so: what follows, as if Meta had refused it at once. It was not delivered, so that to send it again doubles nothing.';

create function service.noter_refus_compte(identifiant_numero_telephone text, code text, connecte_le timestamptz) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  compte bigint;
  phrase text;
begin
  select w.id_compte_whatsapp, k.dit into compte, phrase
  from public.comptes_whatsapp as w
  join prive.codes_meta as k on k.suite = 'compte'
    and k.code = case when noter_refus_compte.code ~ '^2[0-9]{2}$' then '200' else noter_refus_compte.code end
  where w.identifiant_numero_telephone = noter_refus_compte.identifiant_numero_telephone and w.compte_actif
    and w.date_connexion = noter_refus_compte.connecte_le;
  return coalesce(found and prive.desactiver_compte(compte, 'jeton_mort', phrase), false);
end
$$;
comment on function service.noter_refus_compte(text, text, timestamptz) is
  'A call with the token of a number was refused with this code: when it speaks of the token (codes_meta.suite compte) and the number was connected then (connecte_le: comptes_whatsapp.date_connexion), it goes off and the vendor is told. True when it did.';
grant execute on function service.noter_refus_compte(text, text, timestamptz) to service_role;
