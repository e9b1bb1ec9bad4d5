-- Offers that end without an answer, and searches that begin again: nothing here waits for a process that stays alive.

-- ── offers that end by themselves ────────────────────────────────────────────────────────────────────────────────

create function prive.expirer_propositions() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  livraison bigint;
  nombre integer := 0;
begin
  for livraison in
    with dues as (
      select p.id_proposition from public.propositions_livraison as p
      where p.statut = 'proposee' and p.expire_le <= prive.maintenant()
      order by p.expire_le limit 500
      -- Who holds one is just being answered.
      for no key update skip locked)
    update public.propositions_livraison as p set statut = 'expiree' from dues as d where p.id_proposition = d.id_proposition
    returning p.id_livraison
  loop
    perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', livraison));
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.expirer_propositions() is 'Offers that nobody answered in time end, and the next courier is looked for; how many. Holds no shop: the rows alone are enough.';
select cron.schedule('expirer-propositions', '15 seconds', 'select prive.expirer_propositions()');

create function prive.reprendre_recherches() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  livraison bigint;
  nombre integer := 0;
begin
  for livraison in
    select l.id_livraison from public.livraisons as l
    where l.statut_livraison = 'a_assigner' and l.demander_le <= prive.maintenant() - interval '10 seconds'
      and not exists (select from public.propositions_livraison as p where p.id_livraison = l.id_livraison and p.statut = 'proposee')
      and not exists (select from pgmq.q_assigner_livraisons as q
        where q.message ->> 'genre' = 'chercher' and q.message ->> 'id_livraison' = l.id_livraison::text
          and (q.vt <= pg_catalog.clock_timestamp() + interval '2 minutes' or q.message ? 'tentatives'))
      -- Given up by attempts: not again and again.
      and not exists (select from prive.lettres_mortes as m
        where m.file = 'assigner_livraisons' and m.message ->> 'genre' = 'chercher' and m.message ->> 'id_livraison' = l.id_livraison::text and m.le > prive.maintenant() - interval '1 hour')
    order by l.demander_le limit 500
  loop
    perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', livraison));
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.reprendre_recherches() is
  'The net: deliveries that wait for a courier, that nobody is asked about and no job looks after, get one; how many. After a dead letter once an hour.';
select cron.schedule('reprendre-recherches', '* * * * *', 'select prive.reprendre_recherches()');

create function prive.tg_messages__proposition_non_remise() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  with une as (
    select p.id_proposition from public.propositions_livraison as p
    where p.id_proposition = (new.charge_utile ->> 'proposition')::bigint and p.id_utilisateur = new.id_utilisateur and p.statut = 'proposee'
    -- Held: it is just being answered; else it ends by its time.
    for no key update skip locked)
  update public.propositions_livraison as p set statut = 'expiree' from une where p.id_proposition = une.id_proposition;
  if found then
    perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', (new.charge_utile ->> 'livraison')::bigint));
  end if;
  return null;
end
$$;
comment on function prive.tg_messages__proposition_non_remise() is 'After an offer''s message did not go out: he will not answer, the next one is asked at once.';
create trigger tg_messages__proposition_non_remise after update of statut_livraison on public.messages
  for each row when (new.statut_livraison = 'echec' and new.avec_livreur and old.statut_livraison <> 'echec' and new.charge_utile ? 'proposition')
  execute function prive.tg_messages__proposition_non_remise();

create function prive.tg_propositions_livraison__retiree() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', new.id_livraison));
  return null;
end
$$;
comment on function prive.tg_propositions_livraison__retiree() is
  'After an offer was taken back unanswered: the job tells the courier (prive.retirer_propositions), so that no conversation stands in the way of who moved the delivery.';
create trigger tg_propositions_livraison__retiree after update of statut on public.propositions_livraison
  for each row when (old.statut = 'proposee' and new.statut = 'annulee')
  execute function prive.tg_propositions_livraison__retiree();

create function prive.tg_livreurs__parti() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.propositions_livraison as p set statut = 'annulee'
  where p.id_livreur = new.id_livreur and p.id_utilisateur = new.id_utilisateur and p.statut = 'proposee';
  return null;
end
$$;
comment on function prive.tg_livreurs__parti() is
  'After a courier was made inactive: he takes nothing any more, and where he was being asked the next one is. What he has in hand stays his until somebody gives it to another.';
-- He holds the shop first, as who asks couriers does: nobody's offer is waited for with his row in hand.
create trigger tg_livreurs__boutique before update of livreur_actif on public.livreurs
  for each statement when (pg_trigger_depth() = 0 and current_user = 'authenticated') execute function prive.tg_catalogue__boutique();
create trigger tg_livreurs__parti after update of livreur_actif on public.livreurs
  for each row when (old.livreur_actif and not new.livreur_actif) execute function prive.tg_livreurs__parti();

-- ── somebody is there again ──────────────────────────────────────────────────────────────────────────────────────

create function prive.rechercher_de_nouveau(vendeur uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  livraison bigint;
begin
  for livraison in
    select l.id_livraison from public.livraisons as l
    where l.id_utilisateur = vendeur and l.statut_livraison = 'sans_livreur' and l.demander_le <= prive.maintenant()
    order by l.date_creation limit 200
  loop
    perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', livraison));
  end loop;
end
$$;
comment on function prive.rechercher_de_nouveau(uuid) is
  'Deliveries of a vendor for which nobody was left are looked at again. It ends by itself: within a round nobody is asked twice.';

create function prive.tg_livreurs__de_retour() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.rechercher_de_nouveau(new.id_utilisateur);
  return null;
end
$$;
comment on function prive.tg_livreurs__de_retour() is 'After a courier came, is available again, or may do more than before.';
create trigger tg_livreurs__nouveau after insert on public.livreurs
  for each row when (new.livreur_actif and new.disponible_maintenant)
  execute function prive.tg_livreurs__de_retour();
create trigger tg_livreurs__de_retour after update of disponible_maintenant, livreur_actif, zones_couverture, type_vehicule, numero_telephone_livreur on public.livreurs
  for each row when (new.livreur_actif and new.disponible_maintenant
    and (old.disponible_maintenant, old.livreur_actif, old.zones_couverture, old.type_vehicule, old.numero_telephone_livreur)
      is distinct from (new.disponible_maintenant, new.livreur_actif, new.zones_couverture, new.type_vehicule, new.numero_telephone_livreur))
  execute function prive.tg_livreurs__de_retour();

create function prive.tg_conversations__livreur_joignable() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.rechercher_de_nouveau(new.id_utilisateur);
  return null;
end
$$;
comment on function prive.tg_conversations__livreur_joignable() is 'After a courier may be written to again: his first message since the 24 hours were over.';
-- As tg_conversations__fenetre_rouverte: every message moves the window, only one that came after its end has opened it.
create trigger tg_conversations__livreur_joignable after update of fenetre_expire_le, id_livreur on public.conversations
  for each row when (new.id_livreur is not null and new.fenetre_expire_le is not null and (new.id_livreur is distinct from old.id_livreur
    or new.fenetre_expire_le is distinct from old.fenetre_expire_le
      and (old.fenetre_expire_le is null or new.dernier_message_recu >= old.fenetre_expire_le)))
  execute function prive.tg_conversations__livreur_joignable();

create function prive.tg_comptes_whatsapp__rechercher() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.rechercher_de_nouveau(new.id_utilisateur);
  return null;
end
$$;
comment on function prive.tg_comptes_whatsapp__rechercher() is 'After couriers may be written to again: a number is connected, or the template that asks them is approved.';
create trigger tg_comptes_whatsapp__rechercher_nouveau after insert on public.comptes_whatsapp
  for each row when (new.compte_actif) execute function prive.tg_comptes_whatsapp__rechercher();
create trigger tg_comptes_whatsapp__rechercher after update of compte_actif on public.comptes_whatsapp
  for each row when (new.compte_actif and not old.compte_actif) execute function prive.tg_comptes_whatsapp__rechercher();
create trigger tg_modeles_whatsapp__rechercher_nouveau after insert on public.modeles_whatsapp
  for each row when (new.nom_modele = 'fluxasync_proposition_course' and new.statut = 'approuve')
  execute function prive.tg_comptes_whatsapp__rechercher();
create trigger tg_modeles_whatsapp__rechercher after update of statut on public.modeles_whatsapp
  for each row when (new.nom_modele = 'fluxasync_proposition_course' and new.statut = 'approuve' and old.statut <> 'approuve')
  execute function prive.tg_comptes_whatsapp__rechercher();
