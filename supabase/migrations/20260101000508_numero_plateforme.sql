-- FluxAsync's own number: what vendors write to it, and what becomes of what it wrote to them. No prospects, no AI.

create table prive.messages_plateforme (
  id bigint generated always as identity primary key,
  identifiant_numero_telephone text not null references prive.comptes_plateforme (identifiant_numero_telephone) on delete cascade,
  wamid text not null,
  direction text not null constraint direction_connue check (direction in ('entrant', 'sortant')),
  numero text,
  identifiant_whatsapp text,
  id_utilisateur uuid references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  contenu text not null default '',
  charge_utile jsonb,
  id_notification bigint references public.notifications (id_notification) on delete set null,
  code_refuse boolean not null default false,
  fenetre_jusqu_a timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint wamid_unique_par_numero unique (identifiant_numero_telephone, wamid)
);
comment on table prive.messages_plateforme is 'Messages on FluxAsync''s own WhatsApp numbers, kept retention_plateforme_jours: strangers write to it too.';
comment on column prive.messages_plateforme.numero is 'The other side, E.164; null while Meta hides it.';
comment on column prive.messages_plateforme.identifiant_whatsapp is 'The other side by Meta''s business-scoped id.';
comment on column prive.messages_plateforme.id_utilisateur is 'The vendor who verified this number; null: nobody we know.';
comment on column prive.messages_plateforme.id_notification is 'Of which notification it is, or which of his it answers.';
comment on column prive.messages_plateforme.code_refuse is 'It held a code that is nobody''s: five such in a quarter of an hour, and this number may try no more.';
comment on column prive.messages_plateforme.fenetre_jusqu_a is 'Until when Meta lets us answer it in words of our own; null: it opened nothing, or Meta said it is over.';
create index messages_plateforme_par_vendeur on prive.messages_plateforme (id_utilisateur, fenetre_jusqu_a);
create index messages_plateforme_par_notification on prive.messages_plateforme (id_notification);
create index messages_plateforme_refus on prive.messages_plateforme (numero, date_creation) where code_refuse;
create index messages_plateforme_par_date on prive.messages_plateforme using brin (date_creation);
alter table prive.messages_plateforme enable row level security;
create policy "personne par l'API" on prive.messages_plateforme using (false);

-- ── whose number it is ───────────────────────────────────────────────────────────────────────────────────────────

create unique index un_vendeur_par_numero_verifie on public.utilisateurs_fluxasync (numero_telephone) where numero_verifie_le is not null;

create function prive.tg_utilisateurs_fluxasync__verification() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.numero_verifie_le is not distinct from old.numero_verifie_le then
    new.numero_verifie_le := null;
  end if;
  return new;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__verification() is 'Before another number is written: it is not verified, but by the message that does just that. Fires after the number is in E.164 (by its name).';
create trigger tg_utilisateurs_fluxasync__verification before update of numero_telephone on public.utilisateurs_fluxasync
  for each row when (old.numero_telephone is distinct from new.numero_telephone and old.numero_verifie_le is not null)
  execute function prive.tg_utilisateurs_fluxasync__verification();

create table prive.codes_numero (
  id_utilisateur uuid primary key references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  empreinte bytea not null constraint code_unique unique,
  expire_le timestamptz not null
);
comment on table prive.codes_numero is 'The code a vendor sends from his phone to show that its number is his: one at a time, hashed, for 15 minutes.';
alter table prive.codes_numero enable row level security;
create policy "personne par l'API" on prive.codes_numero using (false);

create function prive.empreinte_code(code text) returns bytea
language plpgsql immutable set search_path = ''
as $$
begin
  return pg_catalog.sha256(pg_catalog.convert_to('code_numero:' || code, 'UTF8'));
end
$$;
comment on function prive.empreinte_code(text) is 'What is kept of a code of prive.codes_numero.';

create function prive.numero_fluxasync() returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select f.numero_telephone_whatsapp from prive.comptes_plateforme as f where f.compte_actif order by f.date_creation limit 1);
end
$$;
comment on function prive.numero_fluxasync() is 'See public.numero_fluxasync.';
grant execute on function prive.numero_fluxasync() to authenticated;

create function public.numero_fluxasync() returns text
language sql stable security invoker set search_path = ''
as $$ select prive.numero_fluxasync() $$;
comment on function public.numero_fluxasync() is 'FluxAsync''s own WhatsApp number (E.164), to which a vendor sends his code; null when there is none.';
grant execute on function public.numero_fluxasync() to authenticated;

create function prive.verifier_mon_numero() returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  code text;
begin
  if not exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = auth.uid()) then
    perform prive.refuser('vendeur_introuvable', 'Cette boutique n''existe pas.');
  end if;
  if prive.numero_fluxasync() is null then
    perform prive.refuser('plateforme_indisponible', 'La vérification par WhatsApp n''est pas disponible pour le moment.');
  end if;
  loop
    code := pg_catalog.lpad((('x' || pg_catalog.encode(extensions.gen_random_bytes(7), 'hex'))::bit(56)::bigint % 100000000)::text, 8, '0');
    exit when not exists (select from prive.codes_numero as c where c.empreinte = prive.empreinte_code(code));
  end loop;
  insert into prive.codes_numero as c (id_utilisateur, empreinte, expire_le)
  values (auth.uid(), prive.empreinte_code(code), prive.maintenant() + interval '15 minutes')
  on conflict (id_utilisateur) do update set empreinte = excluded.empreinte, expire_le = excluded.expire_le;
  return code;
end
$$;
comment on function prive.verifier_mon_numero() is 'See public.verifier_mon_numero.';
grant execute on function prive.verifier_mon_numero() to authenticated;

create function public.verifier_mon_numero() returns text
language sql volatile security invoker set search_path = ''
as $$ select prive.verifier_mon_numero() $$;
comment on function public.verifier_mon_numero() is
  'A code of 8 digits, good for 15 minutes and instead of the one before, which the vendor sends on WhatsApp to public.numero_fluxasync from the phone he wants to be told on: his numero_telephone is then that phone''s, and numero_verifie_le is set. A number another vendor has verified stays his; then a notification says so. Errors (P0001): hint vendeur_introuvable, plateforme_indisponible.';
grant execute on function public.verifier_mon_numero() to authenticated;

create function prive.confirmer_numero(expediteur text, code text, maintenant timestamptz, out vendeur uuid, out refuse boolean)
language plpgsql volatile security definer set search_path = ''
as $$
begin
  refuse := false;
  -- One after the other per sender, so that the tries are counted.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('code_numero:' || expediteur, 0));
  if (select count(*) from prive.messages_plateforme as m where m.numero = expediteur and m.code_refuse
      and m.date_creation > maintenant - interval '15 minutes') >= 5 then
    return;
  end if;
  delete from prive.codes_numero as c where c.empreinte = prive.empreinte_code(code) and c.expire_le > maintenant
  returning c.id_utilisateur into vendeur;
  if not found then
    refuse := true;
    return;
  end if;
  if exists (select from public.utilisateurs_fluxasync as u
             where u.numero_telephone = expediteur and u.numero_verifie_le is not null and u.id_utilisateur <> vendeur) then
    perform prive.notifier_evenement(vendeur, 'numero_deja_verifie', 'numero_deja_verifie:' || extract(epoch from maintenant),
      pg_catalog.jsonb_build_object('numero', expediteur));
    vendeur := null;
    return;
  end if;
  update public.utilisateurs_fluxasync as u set numero_telephone = expediteur, numero_verifie_le = maintenant where u.id_utilisateur = vendeur;
end
$$;
comment on function prive.confirmer_numero(text, text, timestamptz) is
  'Somebody sent a code from this number: the vendor whose it now is, or null. refuse: the code is nobody''s; after five such in 15 minutes no code of this sender is looked at. A number verified by another vendor is taken from nobody.';

-- ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.appuyer_notification(vendeur uuid, notification bigint, action text, maintenant timestamptz) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  n record;
begin
  select x.id_notification, x.actions, x.type_notification, x.titre_notification, x.contenu_notification, x.evenement, x.destinataire,
         x.type_reference, x.reference_element_id into n
  from public.notifications as x where x.id_notification = notification and x.id_utilisateur = vendeur for no key update;
  if not found then
    return null;
  end if;
  if action = 'lire' then
    -- The template has this button alone. The 24 hours are open now: what he can do about it comes as buttons.
    if n.actions not in ('[]', '{}') then
      insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification, canal_envoi, destinataire, cle_unicite,
        evenement, actions, suite_de, type_reference, reference_element_id, lue_le)
      values (vendeur, n.type_notification, n.titre_notification, n.contenu_notification, 'whatsapp', n.destinataire, 'actions:' || notification,
        n.evenement, n.actions, notification, n.type_reference, n.reference_element_id, maintenant)
      on conflict on constraint jamais_deux_fois do nothing;
    end if;
  elsif exists (
      select from pg_catalog.jsonb_array_elements(case pg_catalog.jsonb_typeof(n.actions) when 'array' then n.actions else '[]' end) as a
      where a.value ->> 'action' = appuyer_notification.action
      union all
      select from pg_catalog.jsonb_path_query(n.actions, '$.liste.sections[*].lignes[*].id') as l where l #>> '{}' = appuyer_notification.action) then
    perform prive.demander_livraison(pg_catalog.jsonb_build_object('genre', 'action', 'id_notification', notification, 'action', action));
  else
    return notification;
  end if;
  update public.notifications as x set lue_le = coalesce(x.lue_le, maintenant) where x.id_notification = notification;
  return notification;
end
$$;
comment on function prive.appuyer_notification(uuid, bigint, text, timestamptz) is
  'A vendor tapped a button of a notification. lire: it is read and, where he can do something about it, its buttons are sent, once. One of its actions: it is read, and a job of prive.demander_livraison does it. Any other: nothing. Returns the notification; null when it is not his.';

create function prive.recevoir_message_plateforme(compte text, m jsonb, contact jsonb, maintenant timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  expediteur text := case when m ->> 'from' ~ '^[1-9][0-9]{7,14}$' then '+' || (m ->> 'from') end;
  mots text := prive.mots_de(m);
  code text[] := pg_catalog.regexp_match(mots, '(?<![0-9])([0-9]{4})[ -]?([0-9]{4})(?![0-9])');
  bouton text[] := pg_catalog.regexp_match(
    coalesce(m #>> '{interactive,button_reply,id}', m #>> '{interactive,list_reply,id}', m #>> '{button,payload}'), '^notification:([0-9]{1,18}):([a-z_0-9]{1,40})$');
  nouveau bigint;
  qui uuid;
  confirme record;
begin
  if m ->> 'id' is null then
    perform prive.refuser('message_sans_identifiant', 'Ce message n''a pas d''identifiant.');
  end if;
  select u.id_utilisateur into qui from public.utilisateurs_fluxasync as u where u.numero_telephone = expediteur and u.numero_verifie_le is not null;
  insert into prive.messages_plateforme (identifiant_numero_telephone, wamid, direction, numero, identifiant_whatsapp, id_utilisateur, contenu, charge_utile, fenetre_jusqu_a, date_creation)
  values (compte, m ->> 'id', 'entrant', expediteur, coalesce(m ->> 'from_user_id', contact ->> 'user_id'), qui, mots, prive.charge_de(m),
    -- Reactions, notes of Meta's, edits and what is taken back open nothing.
    case when m ->> 'type' in ('text', 'image', 'audio', 'video', 'document', 'sticker', 'location', 'contacts', 'interactive', 'button', 'order')
      then prive.temps_meta(m ->> 'timestamp', maintenant) + interval '24 hours' end, maintenant)
  on conflict on constraint wamid_unique_par_numero do nothing
  returning id into nouveau;
  if nouveau is null then
    return;
  end if;
  if m ->> 'type' = 'revoke' then
    update prive.messages_plateforme as x set contenu = '', charge_utile = null
    where x.identifiant_numero_telephone = compte and x.wamid = m #>> '{revoke,original_message_id}' and x.direction = 'entrant' and x.numero = expediteur;
  elsif code is not null and expediteur is not null and m ->> 'type' = 'text' then
    select * into confirme from prive.confirmer_numero(expediteur, code[1] || code[2], maintenant);
    if confirme.vendeur is not null or confirme.refuse then
      update prive.messages_plateforme as x set id_utilisateur = coalesce(confirme.vendeur, x.id_utilisateur), code_refuse = confirme.refuse
      where x.id = nouveau;
    end if;
  elsif bouton is not null and qui is not null then
    update prive.messages_plateforme as x set id_notification = prive.appuyer_notification(qui, bouton[1]::bigint, bouton[2], maintenant) where x.id = nouveau;
  end if;
end
$$;
comment on function prive.recevoir_message_plateforme(text, jsonb, jsonb, timestamptz) is
  'One message to FluxAsync''s own number, known already: nothing. A code verifies the sender''s number; a button "notification:<id>:<action>" does what prive.appuyer_notification says, once per message.';

create function prive.appliquer_plateforme(compte text, champ text, valeur jsonb, maintenant timestamptz) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  contacts jsonb := prive.contacts_par_cle(valeur -> 'contacts');
  partie jsonb;
begin
  -- Echoes and preferences of our own number concern nobody.
  if champ <> 'messages' then
    return null;
  end if;
  if valeur ? 'messages' then
    for partie in
      select e.value from pg_catalog.jsonb_array_elements(valeur -> 'messages') with ordinality as e (value, rang)
      order by e.value ->> 'from', e.value ->> 'type' = 'revoke', e.rang
    loop
      perform prive.recevoir_message_plateforme(compte, partie, prive.contact_de(contacts, partie), maintenant);
    end loop;
  end if;
  if valeur ? 'statuses' then
    for partie in select e.value from pg_catalog.jsonb_array_elements(valeur -> 'statuses') as e
      -- As service.prendre_notifications holds the rows.
      order by pg_catalog.substring(e.value ->> 'biz_opaque_callback_data', '^n:([0-9]{1,18})(?:\.|$)')::bigint loop
      perform prive.appliquer_statut_plateforme(compte, partie, maintenant);
    end loop;
  end if;
  return case when valeur ? 'errors' then prive.erreurs_de_meta(valeur) end;
end
$$;
comment on function prive.appliquer_plateforme(text, text, jsonb, timestamptz) is 'A change on FluxAsync''s own number, as prive.appliquer_changement.';

-- ── retention ────────────────────────────────────────────────────────────────────────────────────────────────────

insert into prive.reglages (nom, valeur, role) values
  ('retention_plateforme_jours', 90, 'Messages on FluxAsync''s own number are pruned after this.');

create function prive.purger_messages_plateforme() returns integer
language sql volatile security definer set search_path = ''
as $$
  with supprimes as (
    delete from prive.messages_plateforme where id in (
      select m.id from prive.messages_plateforme as m
      where m.date_creation < (select prive.maintenant() - pg_catalog.make_interval(days => prive.reglage('retention_plateforme_jours')))
      order by m.id limit 5000)
    returning 1)
  select count(*)::integer from supprimes
$$;
comment on function prive.purger_messages_plateforme() is 'Drops at most 5,000 messages of our own number past their retention. Returns how many.';
select cron.schedule('purger-messages-plateforme', '41 * * * *', 'select prive.purger_messages_plateforme()');
