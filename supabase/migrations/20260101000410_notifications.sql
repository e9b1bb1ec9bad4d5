-- What the vendor is told, once per event.

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
  tentatives integer not null default 0,
  prochaine_tentative timestamptz,
  derniere_erreur text,
  lue_le timestamptz,
  date_envoi timestamptz,
  date_livraison timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint reference_entiere check ((reference_element_id is null) = (type_reference is null)),
  constraint jamais_deux_fois unique (id_utilisateur, cle_unicite)
);
comment on table public.notifications is 'What the vendor is told. With canal_envoi application the row itself is the message: his front end reads it.';
comment on column public.notifications.cle_unicite is 'Names the event: the same one never tells twice.';
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

create function prive.prevenir_vendeur(vendeur uuid, cle text, titre text, contenu text, conversation bigint) returns void
language sql volatile security definer set search_path = ''
as $$
  insert into public.notifications (id_utilisateur, type_notification, titre_notification, contenu_notification,
    cle_unicite, reference_element_id, type_reference)
  values (vendeur, 'alerte_systeme', titre, contenu, cle, conversation, case when conversation is not null then 'conversation' end)
  on conflict on constraint jamais_deux_fois do nothing
$$;
comment on function prive.prevenir_vendeur(uuid, text, text, text, bigint) is 'Tells the vendor something about a conversation, once per key.';

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
  perform prive.prevenir_vendeur(w.id_utilisateur, pg_catalog.format('compte_inactif:%s:%s:%s', compte, motif, w.date_connexion),
    pg_catalog.format('Votre numéro %s n''est plus connecté', w.numero_telephone_whatsapp), contenu, null);
  return true;
end
$$;
comment on function prive.desactiver_compte(bigint, text, text) is
  'Turns a WhatsApp number off for a reason of comptes_whatsapp.motif_inactif and tells the vendor once, with a French sentence on what to do. False when it was off already.';

alter publication supabase_realtime add table public.notifications;
