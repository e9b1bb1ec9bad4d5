-- What Meta says of an account, of a number and of its templates: the rows follow, and the vendor is told what he must do or know.

create function prive.temps_meta(le text, maintenant timestamptz) returns timestamptz
language plpgsql immutable set search_path = ''
as $$
begin
  return case when le ~ '^[0-9]{9,10}$' then least(maintenant, pg_catalog.to_timestamp(le::bigint)) else maintenant end;
end
$$;
comment on function prive.temps_meta(text, timestamptz) is 'The time of an entry (seconds), never in the future; now when it does not say.';

create function prive.qualite_de(mot text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return case pg_catalog.upper(mot) when 'GREEN' then 'verte' when 'YELLOW' then 'jaune' when 'RED' then 'rouge' end;
end
$$;
comment on function prive.qualite_de(text) is 'Our word for Meta''s quality rating; null for UNKNOWN.';

create function prive.palier_de(mot text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  -- A text (TIER_2K) in one event and a number in another.
  return case mot when '-1' then 'TIER_UNLIMITED' when '50' then 'TIER_50' when '250' then 'TIER_250' when '1000' then 'TIER_1K'
    when '2000' then 'TIER_2K' when '10000' then 'TIER_10K' when '100000' then 'TIER_100K'
    else case when mot ~ '^TIER_[A-Z0-9_]{1,20}$' then mot end end;
end
$$;
comment on function prive.palier_de(text) is 'Meta''s name of a messaging limit, also where it only gives the number; null for what is none.';

create function prive.rang_palier(palier text) returns integer
language plpgsql immutable set search_path = ''
as $$
begin
  return pg_catalog.array_position(array['TIER_NOT_SET', 'TIER_50', 'TIER_250', 'TIER_1K', 'TIER_2K', 'TIER_10K', 'TIER_100K', 'TIER_UNLIMITED'], palier);
end
$$;
comment on function prive.rang_palier(text) is 'The ladder of messaging limits; null for one we do not know.';

create function prive.reactiver_compte(compte bigint, cle text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  w record;
begin
  -- Only with a token: one that is dead will say so at the first call.
  update public.comptes_whatsapp as c set compte_actif = true, motif_inactif = null
  where c.id_compte_whatsapp = compte and not c.compte_actif and c.motif_inactif is distinct from 'jeton_mort' and prive.jeton_whatsapp(c.jeton_acces) is not null
  returning c.id_utilisateur, c.numero_telephone_whatsapp into w;
  if found then
    perform prive.notifier_evenement(w.id_utilisateur, 'compte_reconnecte', cle, pg_catalog.jsonb_build_object('numero', w.numero_telephone_whatsapp));
  end if;
end
$$;
comment on function prive.reactiver_compte(bigint, text) is 'Turns a number on again that Meta had turned off, when we still have its token, and tells the vendor once per key.';

create function prive.evenement_du_compte(w public.comptes_whatsapp, valeur jsonb, le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  evenement text := valeur ->> 'event';
  banni text := valeur #>> '{ban_info,waba_ban_state}';
  cle text := pg_catalog.format('meta:account_update:%s:%s:%s', w.id_compte_whatsapp, pg_catalog.left(evenement, 60), extract(epoch from le)::bigint);
  -- A word from before the number was connected (again) does not turn it off.
  arrete boolean := le >= pg_catalog.date_trunc('second', w.date_connexion);
begin
  case
    when evenement = 'DISABLED_UPDATE' and banni = 'SCHEDULE_FOR_DISABLE' then
      perform prive.notifier_evenement(w.id_utilisateur, 'compte_menace', cle, pg_catalog.jsonb_build_object('numero', w.numero_telephone_whatsapp,
        'date', coalesce(pg_catalog.left(valeur #>> '{ban_info,waba_ban_date}', 60), 'non précisée')));
    when (evenement = 'DISABLED_UPDATE' and banni = 'REINSTATE') or evenement = 'ACCOUNT_RECONNECTED' then
      perform prive.reactiver_compte(w.id_compte_whatsapp, cle);
    when evenement in ('DISABLED_UPDATE', 'ACCOUNT_DELETED') then
      if arrete then
        perform prive.desactiver_compte(w.id_compte_whatsapp, 'compte_desactive',
          prive.phrase(case evenement when 'ACCOUNT_DELETED' then 'compte_supprime' else 'compte_desactive' end));
      end if;
    when evenement in ('PARTNER_REMOVED', 'PARTNER_APP_UNINSTALLED') then
      if arrete then
        perform prive.desactiver_compte(w.id_compte_whatsapp, 'partenaire_retire', prive.phrase('compte_acces_retire'));
      end if;
    when evenement = 'ACCOUNT_OFFBOARDED' then
      if arrete then
        perform prive.desactiver_compte(w.id_compte_whatsapp, 'deconnecte', prive.phrase('compte_parti'));
      end if;
    when evenement = 'ACCOUNT_VIOLATION' then
      perform prive.notifier_evenement(w.id_utilisateur, 'compte_infraction', cle, pg_catalog.jsonb_build_object(
        'motif', coalesce(pg_catalog.left(valeur #>> '{violation_info,violation_type}', 100), 'non précisé')));
    when evenement = 'ACCOUNT_RESTRICTION' then
      perform prive.notifier_evenement(w.id_utilisateur, 'compte_restreint', cle, pg_catalog.jsonb_build_object('restrictions', coalesce((
          select pg_catalog.string_agg(pg_catalog.left(pg_catalog.concat_ws(' jusqu''au ', r.value ->> 'restriction_type', r.value ->> 'expiration'), 120), ', ')
          from pg_catalog.jsonb_array_elements(case pg_catalog.jsonb_typeof(valeur -> 'restriction_info') when 'array' then valeur -> 'restriction_info'
            when 'object' then pg_catalog.jsonb_build_array(valeur -> 'restriction_info') else '[]' end) as r), 'non précisées')));
    else null;
  end case;
end
$$;
comment on function prive.evenement_du_compte(public.comptes_whatsapp, jsonb, timestamptz) is
  'One account_update for one number of the account: off (comptes_whatsapp.motif_inactif), on again, or a notification.';

create function prive.evenement_du_numero(w public.comptes_whatsapp, champ text, valeur jsonb, le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle text := pg_catalog.format('meta:%s:%s:%s', champ, w.id_compte_whatsapp, extract(epoch from le)::bigint);
  evenement text := valeur ->> 'event';
  nouvelle text := coalesce(prive.qualite_de(valeur ->> 'quality_rating'), case evenement when 'FLAGGED' then 'rouge'
    -- No longer low: at least medium, the next look at the number tells more.
    when 'UNFLAGGED' then case when w.qualite = 'rouge' then 'jaune' else w.qualite end end, w.qualite);
  palier text := coalesce(prive.palier_de(valeur ->> 'max_daily_conversations_per_business'),
    case when evenement is distinct from 'THROUGHPUT_UPGRADE' then prive.palier_de(coalesce(valeur ->> 'current_limit', valeur ->> 'max_daily_conversation_per_phone')) end,
    w.palier_messages);
  echelle constant text[] := array['rouge', 'jaune', 'verte'];
begin
  if champ = 'phone_number_name_update' then
    if valeur ->> 'decision' = 'APPROVED' then
      update public.comptes_whatsapp as c set nom_verifie = pg_catalog.left(valeur ->> 'requested_verified_name', 200)
      where c.id_compte_whatsapp = w.id_compte_whatsapp and valeur ->> 'requested_verified_name' <> '';
    elsif valeur ->> 'decision' = 'REJECTED' then
      perform prive.notifier_evenement(w.id_utilisateur, 'nom_refuse', cle, pg_catalog.jsonb_build_object(
        'nom', coalesce(pg_catalog.left(valeur ->> 'requested_verified_name', 100), ''),
        'motif', coalesce(pg_catalog.left(valeur ->> 'rejection_reason', 100), 'sans motif')));
    end if;
    return;
  end if;
  update public.comptes_whatsapp as c
  set qualite = nouvelle, palier_messages = palier,
      debit_par_seconde = case when evenement = 'THROUGHPUT_UPGRADE' then 1000 else c.debit_par_seconde end
  where c.id_compte_whatsapp = w.id_compte_whatsapp;
  if evenement = 'FLAGGED' or pg_catalog.array_position(echelle, nouvelle) < pg_catalog.array_position(echelle, w.qualite) then
    perform prive.notifier_evenement(w.id_utilisateur, 'qualite_baisse', cle || ':qualite', pg_catalog.jsonb_build_object('numero', w.numero_telephone_whatsapp));
  end if;
  if evenement = 'DOWNGRADE' or prive.rang_palier(palier) < prive.rang_palier(w.palier_messages) then
    perform prive.notifier_evenement(w.id_utilisateur, 'palier_baisse', cle || ':palier', pg_catalog.jsonb_build_object('numero', w.numero_telephone_whatsapp,
      'palier', coalesce(palier, 'inconnue'), 'avant', coalesce(w.palier_messages, 'inconnue')));
  end if;
end
$$;
comment on function prive.evenement_du_numero(public.comptes_whatsapp, text, jsonb, timestamptz) is
  'Quality, messaging limit, throughput or name of one number; the vendor is told when one of the first two falls, or a name is refused.';

create function prive.evenement_a_lire(w public.comptes_whatsapp, champ text, valeur jsonb, le timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle text := pg_catalog.format('meta:%s:%s:%s', champ, w.id_utilisateur, extract(epoch from le)::bigint);
  genre text := pg_catalog.left(valeur #>> '{alert_info,alert_type}', 80);
begin
  if champ = 'account_review_update' then
    if valeur ->> 'decision' = 'REJECTED' then
      perform prive.notifier_evenement(w.id_utilisateur, 'compte_refuse', cle, '{}');
    end if;
  elsif valeur #>> '{alert_info,alert_severity}' in ('CRITICAL', 'WARNING') or genre = 'OBA_APPROVED' then
    perform prive.notifier_evenement(w.id_utilisateur, 'alerte_meta', cle || ':' || coalesce(genre, ''), pg_catalog.jsonb_build_object(
      'alerte', prive.phrase(case
        when genre = 'OBA_APPROVED' then 'alerte_officiel'
        when genre = 'OBA_REJECTED' then 'alerte_officiel_refuse'
        when genre like 'INCREASED_CAPABILITIES%' then 'alerte_limite'
        when genre like '%PHOTO%' then 'alerte_photo'
        else 'alerte_autre' end),
      'mots', coalesce(pg_catalog.left(valeur #>> '{alert_info,alert_description}', 400), genre, '')));
  end if;
end
$$;
comment on function prive.evenement_a_lire(public.comptes_whatsapp, text, jsonb, timestamptz) is 'account_review_update and account_alerts: a notification when there is something to do or to know, once per vendor and event.';

create function prive.changement_de_modele(champ text, valeur jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  evenement text := valeur ->> 'event';
  titre text := valeur #>> '{other_info,title}';
  statut text := case
    when champ <> 'message_template_status_update' then null
    when titre in ('FIRST_PAUSE', 'SECOND_PAUSE', 'RATE_LIMITING_PAUSE') or evenement = 'PAUSED' then 'en_pause'
    when titre = 'DISABLED' or evenement in ('DISABLED', 'ARCHIVED') then 'desactive'
    when titre = 'UNPAUSE' or evenement in ('APPROVED', 'REINSTATED', 'UNPAUSED', 'UNARCHIVED') then 'approuve'
    when evenement in ('PENDING', 'IN_APPEAL') then 'en_attente'
    when evenement = 'REJECTED' then 'rejete'
    when evenement in ('DELETED', 'PENDING_DELETION') then 'supprime' end;
begin
  -- FLAGGED, LOCKED and LIMIT_EXCEEDED leave it as it is: it can still be sent.
  return pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'identifiant_modele', valeur ->> 'message_template_id', 'statut', statut,
    'motif_rejet', case when statut = 'rejete' then pg_catalog.left(pg_catalog.concat_ws(' : ', nullif(valeur ->> 'reason', 'NONE'),
      pg_catalog.concat_ws(' ', valeur #>> '{rejection_info,reason}', valeur #>> '{rejection_info,recommendation}')), 500) end,
    'qualite', case when champ = 'message_template_quality_update' then prive.qualite_de(valeur ->> 'new_quality_score') end,
    'categorie', case pg_catalog.upper(coalesce(case when champ = 'template_category_update' then valeur ->> 'new_category' end, valeur ->> 'message_template_category'))
      when 'UTILITY' then 'utility' when 'MARKETING' then 'marketing' when 'AUTHENTICATION' then 'authentication' end));
end
$$;
comment on function prive.changement_de_modele(text, jsonb) is
  'A template event of Meta in our values, for prive.noter_modele: {identifiant_modele?, statut?, motif_rejet?, qualite?, categorie?}.';

create function prive.appliquer_evenement_compte(waba text, le text, champ text, valeur jsonb, maintenant timestamptz) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Of what Meta says of partners the entry is the partner; the account stands inside.
  compte_business text := coalesce(valeur #>> '{waba_info,waba_id}', waba);
  quand timestamptz := prive.temps_meta(le, maintenant);
  chiffres text := pg_catalog.regexp_replace(valeur ->> 'display_phone_number', '[^0-9]', '', 'g');
  evenement text := valeur ->> 'event';
  w public.comptes_whatsapp;
  -- What is only told is told once by its key, however late it comes: only a state can be overtaken by a later one.
  dit_seulement constant boolean := champ = 'account_alerts' or (champ = 'account_update' and coalesce(evenement, '') in ('ACCOUNT_VIOLATION', 'ACCOUNT_RESTRICTION'));
  annonce constant boolean := coalesce(champ = 'account_update' and valeur #>> '{ban_info,waba_ban_state}' = 'SCHEDULE_FOR_DISABLE', false);
  trouve boolean := false;
  prevenus uuid[] := '{}';
begin
  if champ in ('history', 'smb_app_state_sync', 'calls', 'flows', 'security', 'tracking_events', 'messaging_handovers', 'partner_solutions',
      'automatic_events', 'standby', 'account_settings_update', 'message_template_components_update_status', 'business_status_update')
    or champ like 'group\_%' or champ like 'payment\_%'
    -- Of money, of terms, of what is being connected: nothing a vendor must know.
    or (champ = 'account_update' and evenement in ('PARTNER_ADDED', 'PARTNER_APP_INSTALLED', 'PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE', 'AD_ACCOUNT_LINKED',
      'AUTH_INTL_PRICE_ELIGIBILITY_UPDATE', 'BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE', 'MM_LITE_TERMS_SIGNED', 'VOLUME_BASED_PRICING_TIER_UPDATE')) then
    return null;
  end if;
  if champ is null or champ not in ('account_update', 'account_alerts', 'account_review_update', 'phone_number_quality_update', 'phone_number_name_update',
      'business_capability_update', 'message_template_status_update', 'message_template_quality_update', 'template_category_update',
      'message_template_components_update') then
    return 'champ_inconnu: ' || coalesce(pg_catalog.left(champ, 100), '(aucun)');
  end if;
  if champ = 'account_update' and coalesce(evenement, '') not in ('DISABLED_UPDATE', 'ACCOUNT_DELETED', 'PARTNER_REMOVED', 'PARTNER_APP_UNINSTALLED',
      'ACCOUNT_OFFBOARDED', 'ACCOUNT_RECONNECTED', 'ACCOUNT_VIOLATION', 'ACCOUNT_RESTRICTION') then
    return 'evenement_inconnu: account_update ' || coalesce(pg_catalog.left(evenement, 100), '(aucun)');
  end if;
  for w in
    select c.* from public.comptes_whatsapp as c
    where c.identifiant_compte_business = compte_business and c.date_deconnexion is null
      and (champ not in ('phone_number_quality_update', 'phone_number_name_update') or '+' || chiffres = c.numero_telephone_whatsapp)
    order by c.id_compte_whatsapp for no key update
  loop
    trouve := true;
    if champ like '%template%' then
      exit;
    end if;
    if not dit_seulement then
      continue when (w.evenements_meta ->> champ)::timestamptz > quand;
      update public.comptes_whatsapp as c set evenements_meta = c.evenements_meta || pg_catalog.jsonb_build_object(champ, quand)
      where c.id_compte_whatsapp = w.id_compte_whatsapp and not annonce;
    end if;
    if champ = 'account_update' then
      perform prive.evenement_du_compte(w, valeur, quand);
    elsif champ in ('account_alerts', 'account_review_update') then
      if w.id_utilisateur <> all (prevenus) then
        perform prive.evenement_a_lire(w, champ, valeur, quand);
        prevenus := prevenus || w.id_utilisateur;
      end if;
    else
      perform prive.evenement_du_numero(w, champ, valeur, quand);
    end if;
  end loop;
  if not trouve then
    return 'compte_inconnu: ' || coalesce(pg_catalog.left(pg_catalog.concat_ws(' ', compte_business, chiffres), 100), '(aucun)');
  end if;
  if champ like '%template%' and valeur ->> 'message_template_name' is not null then
    -- "en-US" in events, "en_US" everywhere else.
    perform prive.noter_modele(compte_business, valeur ->> 'message_template_name',
      pg_catalog.replace(valeur ->> 'message_template_language', '-', '_'), prive.changement_de_modele(champ, valeur));
  end if;
  return null;
end
$$;
comment on function prive.appliquer_evenement_compte(text, text, text, jsonb, timestamptz) is
  'A change that speaks of an account and not of a person, for all its numbers; one that sets a state and is older than the last such of its field changes nothing. Null: applied, or known and of no concern; else champ_inconnu, evenement_inconnu or compte_inconnu with the name.';
