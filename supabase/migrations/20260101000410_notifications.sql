-- What the vendor is told, once per event: in his front end, and on WhatsApp where he has verified his number.

create table public.notifications (
  id_notification bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  type_notification text not null constraint type_connu
    check (type_notification in ('mise_jour_commande', 'mise_jour_livraison', 'alerte_email', 'alerte_systeme', 'marketing')),
  titre_notification text not null,
  contenu_notification text not null,
  canal_envoi text not null default 'application' constraint canal_connu
    check (canal_envoi in ('whatsapp', 'sms', 'email', 'push', 'application')),
  destinataire text,
  statut_envoi text not null default 'en_attente' constraint statut_connu
    check (statut_envoi in ('en_attente', 'envoye', 'livre', 'echec')),
  reference_element_id bigint,
  type_reference text constraint reference_connue check (type_reference in ('commande', 'livraison', 'email', 'conversation')),
  cle_unicite text not null,
  evenement text,
  actions jsonb not null default '[]' constraint actions_sont_du_json check (jsonb_typeof(actions) in ('array', 'object') and length(actions::text) <= 4000),
  suite_de bigint,
  tentatives integer not null default 0,
  prochaine_tentative timestamptz,
  pris_le timestamptz,
  derniere_erreur text,
  lue_le timestamptz,
  date_envoi timestamptz,
  date_livraison timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint reference_entiere check ((reference_element_id is null) = (type_reference is null)),
  constraint jamais_deux_fois unique (id_utilisateur, cle_unicite),
  constraint notification_du_vendeur unique (id_notification, id_utilisateur),
  constraint suite_du_meme_vendeur foreign key (suite_de, id_utilisateur) references public.notifications (id_notification, id_utilisateur) on delete cascade
);
comment on table public.notifications is
  'What the vendor is told, kept as long as he is. The row itself is the message in his front end, whatever becomes of its sending.';
comment on column public.notifications.canal_envoi is
  'application: his front end alone, sent by being there; whatsapp: from FluxAsync''s own number too. sms, email and push wait as en_attente: nothing sends them yet.';
comment on column public.notifications.destinataire is 'Where it went: with whatsapp the number he had verified when it was sent.';
comment on column public.notifications.statut_envoi is 'en_attente → envoye → livre, or echec (derniere_erreur). With whatsapp, en_attente and pris_le: a call is under way.';
comment on column public.notifications.cle_unicite is 'Names the event: the same one never tells twice.';
comment on column public.notifications.evenement is 'The event of prive.evenements; null: told by service.notifier in words of its own.';
comment on column public.notifications.actions is
  'What he can do about it with one tap on WhatsApp: [{"action", "titre"}], or {"liste": {"bouton", "sections": [{"titre"?, "lignes": [{"id": the action, "titre", "description"?}]}]}}.';
comment on column public.notifications.suite_de is
  'The notification whose buttons this one brings, after he opened WhatsApp''s 24 hours by tapping on it: nothing new, and read already.';
comment on column public.notifications.tentatives is 'Calls so far; n:<id_notification>.<tentatives> is what Meta says back in its statuses.';
comment on column public.notifications.prochaine_tentative is 'When it is tried again; null: now, or no more.';
comment on column public.notifications.pris_le is 'When the last call began; null: none is, or it was refused and comes again.';
comment on column public.notifications.derniere_erreur is 'A code (Meta''s, or ours in letters) and a French sentence.';
create index notifications_suites on public.notifications (suite_de, id_utilisateur);
create index notifications_a_envoyer on public.notifications (id_utilisateur, id_notification) where canal_envoi = 'whatsapp' and statut_envoi = 'en_attente';
create index notifications_par_vendeur on public.notifications (id_utilisateur, date_creation desc, id_notification);

create function prive.tg_notifications__reference() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  proprietaire uuid := case new.type_reference
    when 'conversation' then (select x.id_utilisateur from public.conversations as x where x.id_conversation = new.reference_element_id)
    when 'commande' then (select x.id_utilisateur from public.commandes as x where x.id_commande = new.reference_element_id)
    when 'livraison' then (select x.id_utilisateur from public.livraisons as x where x.id_livraison = new.reference_element_id)
    when 'email' then (select x.id_utilisateur from public.emails_recus as x where x.id_email = new.reference_element_id) end;
begin
  if proprietaire is distinct from new.id_utilisateur then
    perform prive.refuser('reference_inconnue', 'Cette notification parle d''un élément qui n''existe pas chez ce vendeur.');
  end if;
  return new;
end
$$;
comment on function prive.tg_notifications__reference() is 'What a notification speaks of must be the same vendor''s (hint reference_inconnue); no foreign key can say so, since the table depends on type_reference.';
create trigger tg_notifications__reference before insert or update of reference_element_id, type_reference, id_utilisateur
  on public.notifications for each row when (new.type_reference is not null)
  execute function prive.tg_notifications__reference();

alter table public.notifications enable row level security;
create policy "un membre lit les notifications de ses vendeurs" on public.notifications for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur'))
    -- Who may not read the mailbox may not read of it either.
    and (type_notification <> 'alerte_email' or id_utilisateur in (select prive.mes_vendeurs('gestionnaire'))));
create policy "un agent marque les notifications lues" on public.notifications for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('agent'))
    and (type_notification <> 'alerte_email' or id_utilisateur in (select prive.mes_vendeurs('gestionnaire'))))
  with check (id_utilisateur in (select prive.mes_vendeurs('agent')));
grant select on public.notifications to authenticated;
grant update (lue_le) on public.notifications to authenticated;

-- ── where he is told ─────────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_utilisateurs_fluxasync__canaux() returns trigger
language plpgsql stable security definer set search_path = ''
as $$
declare
  choix record;
begin
  for choix in select c.key as evenement, c.value as canal from pg_catalog.jsonb_each(new.canaux_notifications) as c loop
    if not exists (select from prive.evenements as e where e.nom = choix.evenement)
      or choix.canal not in ('"whatsapp"', '"application"', '"aucun"') then
      perform prive.refuser('canal_inconnu', 'Ce choix de notification n''existe pas : ' || pg_catalog.left(choix.evenement, 60) || '.');
    end if;
  end loop;
  return new;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__canaux() is
  'Before a vendor says where he wants to be told of what: events of prive.evenements, each whatsapp, application or aucun (hint canal_inconnu).';
create trigger tg_utilisateurs_fluxasync__canaux before insert or update of canaux_notifications on public.utilisateurs_fluxasync
  for each row when (new.canaux_notifications <> '{}') execute function prive.tg_utilisateurs_fluxasync__canaux();

create function prive.canal_de(vendeur uuid, evenement text, out canal text, out numero text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  u record;
begin
  select x.canaux_notifications ->> canal_de.evenement as choix, x.numero_verifie_le, x.numero_telephone into u
  from public.utilisateurs_fluxasync as x where x.id_utilisateur = vendeur;
  canal := (select case when e.reponse then e.canal else coalesce(u.choix, e.canal) end from prive.evenements as e where e.nom = canal_de.evenement);
  if canal = 'whatsapp' then
    if u.numero_verifie_le is not null and exists (select from prive.comptes_plateforme as f where f.compte_actif) then
      numero := u.numero_telephone;
    else
      canal := 'application';
    end if;
  end if;
end
$$;
comment on function prive.canal_de(uuid, text) is
  'Where a vendor is told of an event now: aucun; application; or whatsapp, with his number, when he has verified one and FluxAsync has a number that works. What answers a tap goes where he tapped.';

create function prive.tg_notifications__envoyee() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.statut_envoi := 'envoye';
  new.date_envoi := coalesce(new.date_envoi, new.date_creation);
  return new;
end
$$;
comment on function prive.tg_notifications__envoyee() is 'Before a notification of the front end is written: by that it is sent.';
create trigger tg_notifications__envoyee before insert on public.notifications
  for each row when (new.canal_envoi = 'application' and new.statut_envoi = 'en_attente') execute function prive.tg_notifications__envoyee();

create function prive.notifier_evenement(vendeur uuid, evenement text, cle text, valeurs jsonb, type_reference text default null, reference bigint default null,
  actions jsonb default null, discret boolean default false) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  e record;
  c record;
  gardee bigint;
begin
  select x.type_notification, x.titre, x.contenu, x.actions into strict e from prive.evenements as x where x.nom = evenement;
  select x.canal, x.numero into c from prive.canal_de(vendeur, evenement) as x;
  if c.canal = 'aucun' then
    return 0;
  end if;
  insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification, canal_envoi, destinataire, cle_unicite,
    evenement, actions, type_reference, reference_element_id)
  values (vendeur, e.type_notification, prive.remplir(e.titre, valeurs), prive.remplir(e.contenu, valeurs),
    case when discret then 'application' else c.canal end, case when not discret then c.numero end, cle,
    notifier_evenement.evenement, coalesce(notifier_evenement.actions, e.actions), notifier_evenement.type_reference, notifier_evenement.reference)
  on conflict on constraint jamais_deux_fois do nothing
  returning id_notification into gardee;
  return gardee;
end
$$;
comment on function prive.notifier_evenement(uuid, text, text, jsonb, text, bigint, jsonb, boolean) is
  'Tells a vendor of an event of prive.evenements where he wants it, once per key, with these values: id of the notification, null when he was told before, 0 when he wants to hear nothing of it. actions: instead of the event''s own (notifications.actions). discret: in his front end alone, this time.';

-- Told by the service when a number goes off; here because a notification is made.
create function prive.desactiver_compte(compte bigint, motif text, contenu text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  w record;
begin
  update public.comptes_whatsapp as c set compte_actif = false, motif_inactif = motif
  where c.id_compte_whatsapp = compte and c.compte_actif
  returning c.id_utilisateur, c.numero_telephone_whatsapp, c.date_connexion into w;
  if not found then
    return false;
  end if;
  -- Once for each time it was connected.
  perform prive.notifier_evenement(w.id_utilisateur, 'compte_inactif', pg_catalog.format('compte_inactif:%s:%s:%s', compte, motif, w.date_connexion),
    pg_catalog.jsonb_build_object('numero', w.numero_telephone_whatsapp, 'raison', contenu));
  return true;
end
$$;
comment on function prive.desactiver_compte(bigint, text, text) is
  'Turns a WhatsApp number off for a reason of comptes_whatsapp.motif_inactif and tells the vendor once, with a French sentence on what to do. False when it was off already.';

alter publication supabase_realtime add table public.notifications;
