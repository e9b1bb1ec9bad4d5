-- May one write to this person now: Meta's 24-hour window, the account, the person. One answer for front ends, functions and sending.

create function prive.ecriture(conversation bigint, deja_ecrit boolean,
  out id_utilisateur uuid, out id_prospect bigint, out id_compte_whatsapp bigint, out mode text, out raison text, out jusqu_a timestamptz,
  out marketing boolean, out ia boolean, out destinataire text, out numero_emetteur text, out compte_business text, out debit integer, out connecte_le timestamptz, out jeton text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  maintenant constant timestamptz := prive.maintenant();
  secret uuid;
  actif boolean;
  statut text;
begin
  select c.id_utilisateur, c.id_prospect, c.id_compte_whatsapp, c.fenetre_expire_le, p.desabonne_le is null,
         c.ia_activee and c.statut_conversation = 'active', coalesce(p.numero_whatsapp, p.identifiant_whatsapp, p.numero_telephone),
         w.identifiant_numero_telephone, w.identifiant_compte_business, w.debit_par_seconde, w.date_connexion, w.jeton_acces, w.compte_actif,
         c.statut_conversation
  into id_utilisateur, id_prospect, id_compte_whatsapp, jusqu_a, marketing, ia, destinataire, numero_emetteur, compte_business, debit, connecte_le,
       secret, actif, statut
  from public.conversations as c
  join public.prospects as p on p.id_prospect = c.id_prospect
  join public.comptes_whatsapp as w on w.id_compte_whatsapp = c.id_compte_whatsapp
  where c.id_conversation = conversation;
  if not found then
    return;
  end if;
  mode := 'interdit';
  jeton := case when actif then prive.jeton_whatsapp(secret) end;
  if jeton is null then
    raison := 'compte_inactif';
  elsif statut not in ('active', 'en_pause') and not deja_ecrit then
    raison := 'conversation_close';
  elsif jusqu_a > maintenant then
    mode := 'libre';
  else
    -- Meta's window is the person's, and he may have written since in a newer conversation.
    select pg_catalog.max(v.fenetre_expire_le) into jusqu_a from public.conversations as v
    where v.id_prospect = ecriture.id_prospect and v.id_utilisateur = ecriture.id_utilisateur
      and v.id_compte_whatsapp = ecriture.id_compte_whatsapp and v.fenetre_expire_le > maintenant;
    if jusqu_a is not null then
      mode := 'libre';
    elsif exists (select from public.messages as m
                  where m.id_conversation = conversation and m.id_utilisateur = ecriture.id_utilisateur and m.direction_message = 'sortant'
                    and m.code_erreur = '131026' and m.date_statut > maintenant - interval '1 day') then
      raison := 'injoignable';
    else
      mode := 'modele';
      raison := 'fenetre_fermee';
    end if;
  end if;
  if mode <> 'libre' then
    jusqu_a := null;
  end if;
end
$$;
comment on function prive.ecriture(bigint, boolean) is
  'What may be written in a conversation now, and with what: mode libre, modele (an approved template alone) or interdit; raison compte_inactif (no account, no readable token), conversation_close, fenetre_fermee or injoignable (since less than a day ago Meta cannot reach him, 131026; with an open window he has just written, so there it forbids nothing). deja_ecrit: it was written before the conversation was closed, so that this is no reason. jeton is the access token, for the sender alone, and connecte_le says when its number was connected with it. All null for an unknown conversation.';

create function prive.peut_ecrire(conversation bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  e record;
begin
  select x.* into e from prive.ecriture(conversation, false) as x;
  if e.mode is null then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''existe pas.');
  end if;
  return pg_catalog.jsonb_build_object('mode', e.mode, 'raison', e.raison, 'jusqu_a', e.jusqu_a, 'marketing', e.marketing);
end
$$;
comment on function prive.peut_ecrire(bigint) is 'See service.peut_ecrire. Executable by its owner alone: it does not ask who calls.';

create function service.peut_ecrire(id_conversation bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return prive.peut_ecrire(id_conversation);
end
$$;
comment on function service.peut_ecrire(bigint) is
  'What may be written to the person of a conversation now → {mode: "libre"|"modele"|"interdit", raison: null|"fenetre_fermee"|"compte_inactif"|"conversation_close"|"injoignable", jusqu_a: end of the 24 hours|null, marketing: false when the person wants none}. Errors (P0001): hint conversation_introuvable.';
grant execute on function service.peut_ecrire(bigint) to service_role;

create function prive.peut_ecrire_membre(conversation bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not exists (select from public.conversations as c where c.id_conversation = conversation
                 and c.id_utilisateur = any (array(select prive.mes_vendeurs('lecteur')))) then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''existe pas.');
  end if;
  return prive.peut_ecrire(conversation);
end
$$;
comment on function prive.peut_ecrire_membre(bigint) is 'See public.peut_ecrire.';
grant execute on function prive.peut_ecrire_membre(bigint) to authenticated;

create function public.peut_ecrire(id_conversation bigint) returns jsonb
language sql stable security invoker set search_path = ''
as $$ select prive.peut_ecrire_membre(id_conversation) $$;
comment on function public.peut_ecrire(bigint) is
  'Whether and how one may write in a conversation now: {mode: "libre"|"modele"|"interdit", raison: null|"fenetre_fermee"|"compte_inactif"|"conversation_close"|"injoignable", jusqu_a: until when freely|null, marketing: false when the person wants none}. A lecteur may ask; only an agent may write. Errors (P0001): hint conversation_introuvable.';
grant execute on function public.peut_ecrire(bigint) to authenticated;

-- ── waiting for the window ───────────────────────────────────────────────────────────────────────────────────────

-- Such a message has no job and stands in nobody's way.
create index messages_qui_attendent on public.messages (id_conversation, id_utilisateur, id_message)
  where statut_livraison = 'a_envoyer' and code_erreur = 'fenetre_fermee';

create function prive.reprendre_attentes(vendeur uuid, prospect bigint, compte bigint) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  message bigint;
  nombre integer := 0;
begin
  for message in
    with pretes as (
      select m.id_message
      from public.conversations as c
      join public.messages as m on m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur
        and m.statut_livraison = 'a_envoyer' and m.code_erreur = 'fenetre_fermee'
      where c.id_prospect = prospect and c.id_utilisateur = vendeur and c.id_compte_whatsapp = compte
      order by m.id_message
      -- Whoever holds one decides about it; what he leaves waiting, prive.regler_attentes finds.
      for no key update of m skip locked)
    update public.messages as m set code_erreur = null, detail_erreur = null
    from pretes as p where m.id_message = p.id_message
    returning m.id_message
  loop
    perform prive.demander_envoi(message);
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.reprendre_attentes(uuid, bigint, bigint) is 'Queues what waited for the next message of a prospect on a number; returns how many.';

create function prive.tg_conversations__fenetre_rouverte() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.reprendre_attentes(new.id_utilisateur, new.id_prospect, new.id_compte_whatsapp);
  return null;
end
$$;
comment on function prive.tg_conversations__fenetre_rouverte() is 'After the first message since the window was closed: what waited for it goes.';
-- Every message moves the window: only one that came after its end has opened it.
create trigger tg_conversations__fenetre_rouverte after update of fenetre_expire_le on public.conversations
  for each row when (new.fenetre_expire_le is distinct from old.fenetre_expire_le
    and (old.fenetre_expire_le is null or new.dernier_message_recu >= old.fenetre_expire_le))
  execute function prive.tg_conversations__fenetre_rouverte();

create function prive.regler_attentes() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  maintenant constant timestamptz := prive.maintenant();
  m record;
  nombre integer := 0;
begin
  for m in
    select a.id_message from public.messages as a
    where a.statut_livraison = 'a_envoyer' and a.code_erreur = 'fenetre_fermee' and a.date_creation < maintenant - interval '7 days'
    order by a.id_message limit 500
    for no key update skip locked
  loop
    perform prive.echouer_envoi(m.id_message, 'attente_trop_longue', null);
    nombre := nombre + 1;
  end loop;
  for m in
    select distinct c.id_utilisateur, c.id_prospect, c.id_compte_whatsapp
    from public.messages as a
    join public.conversations as c on c.id_conversation = a.id_conversation and c.id_utilisateur = a.id_utilisateur
    join public.conversations as v on v.id_prospect = c.id_prospect and v.id_utilisateur = c.id_utilisateur
      and v.id_compte_whatsapp = c.id_compte_whatsapp and v.fenetre_expire_le > maintenant
    where a.statut_livraison = 'a_envoyer' and a.code_erreur = 'fenetre_fermee'
  loop
    nombre := nombre + prive.reprendre_attentes(m.id_utilisateur, m.id_prospect, m.id_compte_whatsapp);
  end loop;
  return nombre;
end
$$;
comment on function prive.regler_attentes() is
  'What has waited seven days for the prospect ends as echec / attente_trop_longue, the vendor told; what began to wait in the very moment in which he wrote is queued. Returns how many messages it moved.';
select cron.schedule('regler-attentes', '* * * * *', 'select prive.regler_attentes()');

create function prive.tg_comptes_whatsapp__attentes() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.messages as m set statut_livraison = 'echec', code_erreur = 'compte_inactif', detail_erreur = null
  where m.id_message = any (array(
    select a.id_message from public.messages as a
    where a.statut_livraison = 'a_envoyer' and a.code_erreur = 'fenetre_fermee'
      and a.id_compte_whatsapp = new.id_compte_whatsapp and a.id_utilisateur = new.id_utilisateur
    order by a.id_message
    for no key update skip locked));
  return null;
end
$$;
comment on function prive.tg_comptes_whatsapp__attentes() is
  'After a number went off: what waits for a prospect without a job ends now; what has a job ends when it is taken. The vendor is told of the number, not of each message.';
create trigger tg_comptes_whatsapp__attentes after update of compte_actif on public.comptes_whatsapp
  for each row when (old.compte_actif and not new.compte_actif)
  execute function prive.tg_comptes_whatsapp__attentes();
