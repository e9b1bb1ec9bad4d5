-- What deliveries ask of the function assigner-livraisons: one queue, one transaction per job; and how couriers and customers are
-- written to. Whatever moves a delivery leaves its jobs in the same transaction, so that nothing is forgotten.

insert into prive.files (nom, fonction, tentatives_max) values ('assigner_livraisons', 'assigner-livraisons', 8);
select pgmq.create('assigner_livraisons');

create function prive.demander_livraison(travail jsonb, dans interval default '0') returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- What pgmq.send does, with a delay finer than a second.
  insert into pgmq.q_assigner_livraisons (vt, message) values (pg_catalog.clock_timestamp() + greatest(dans, interval '0'), travail);
  if dans <= interval '0' then
    perform prive.reveiller('assigner-livraisons');
  end if;
end
$$;
comment on function prive.demander_livraison(jsonb, interval) is
  'Queues a job of deliveries: {"genre": "chercher", "id_livraison"}; {"genre": "annonce", …} (prive.annoncer_livraison); {"genre": "livreur", "id_conversation", "id_message"}: a courier wrote; {"genre": "client", "id_conversation", "id_message"}: a customer tapped a button about his delivery, or asks for its code; {"genre": "action", "id_notification", "action"}: the vendor tapped one.';

-- ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create function service.prendre_livraisons(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  t record;
  pris jsonb := '[]';
begin
  for t in
    select q.msg_id, q.message from pgmq.read('assigner_livraisons', 60, least(limite, 50)) as q order by q.msg_id
  loop
    -- What a person said first is understood first.
    if t.message ->> 'id_conversation' is not null and exists (
      select from pgmq.q_assigner_livraisons as q
      where q.msg_id < t.msg_id and q.message ->> 'id_conversation' = t.message ->> 'id_conversation') then
      perform pgmq.set_vt('assigner_livraisons', t.msg_id, 1);
      continue;
    end if;
    pris := pris || pg_catalog.jsonb_build_object('msg_id', t.msg_id, 'travail', t.message,
      'contexte', case when t.message ->> 'genre' = 'livreur' then prive.contexte_livreur((t.message ->> 'id_message')::bigint) end);
  end loop;
  perform prive.appeler_renfort('assigner_livraisons');
  return pris;
end
$$;
comment on function service.prendre_livraisons(integer) is
  'Jobs of deliveries that are now the caller''s for 60 s: [{ msg_id, travail (prive.demander_livraison), contexte: for the message of a courier what helps to understand it (prive.contexte_livreur), else null }]. Of one conversation one at a time, in order.';
grant execute on function service.prendre_livraisons(integer) to service_role;

create function service.traiter_livraison(msg_id bigint, lecture jsonb default null) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail jsonb;
  fait text;
begin
  -- Who else has it is doing it; nobody has it: it was done.
  select q.message into travail from pgmq.q_assigner_livraisons as q where q.msg_id = traiter_livraison.msg_id for update skip locked;
  if not found then
    return 'deja_fait';
  end if;
  case travail ->> 'genre'
    when 'chercher' then
      fait := prive.chercher_livreur((travail ->> 'id_livraison')::bigint);
    when 'annonce' then
      fait := prive.annoncer_livraison(travail);
    when 'livreur' then
      fait := prive.suivre_livreur((travail ->> 'id_message')::bigint, lecture);
    when 'client' then
      fait := prive.suivre_client((travail ->> 'id_message')::bigint);
    when 'action' then
      fait := prive.suivre_vendeur((travail ->> 'id_notification')::bigint, travail ->> 'action');
    else
      raise exception 'unknown job of deliveries: %', travail ->> 'genre';
  end case;
  perform pgmq.archive('assigner_livraisons', traiter_livraison.msg_id);
  if travail ->> 'id_conversation' is not null then
    -- What the same person said next was put off a second by service.prendre_livraisons: it need not wait for the sweep.
    update pgmq.q_assigner_livraisons as q set vt = pg_catalog.clock_timestamp()
    where q.msg_id = (
      select s.msg_id from pgmq.q_assigner_livraisons as s
      where s.message ->> 'id_conversation' = travail ->> 'id_conversation' and s.msg_id > traiter_livraison.msg_id
        and s.vt <= pg_catalog.clock_timestamp() + interval '1 second'
      order by s.msg_id limit 1 for update skip locked);
  end if;
  return fait;
end
$$;
comment on function service.traiter_livraison(bigint, jsonb) is
  'Does one job of deliveries and ends it, in one transaction: a word on what was done (deja_fait: by somebody else). lecture: of a courier''s message, what he means (the type Lecture of functions/livraison/lire-livreur.ts); else null. Raises what its parts raise: then service.remettre_livraison.';
grant execute on function service.traiter_livraison(bigint, jsonb) to service_role;

create function service.remettre_livraison(msg_id bigint, erreur text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail jsonb;
  tentatives integer;
begin
  select q.message into travail from pgmq.q_assigner_livraisons as q where q.msg_id = remettre_livraison.msg_id for update skip locked;
  if not found then
    return false;
  end if;
  tentatives := coalesce((travail ->> 'tentatives')::integer, 0) + 1;
  if tentatives >= (select f.tentatives_max from prive.files as f where f.nom = 'assigner_livraisons') then
    insert into prive.lettres_mortes (file, message, erreur, tentatives)
    values ('assigner_livraisons', travail - 'tentatives', pg_catalog.left(coalesce(erreur, ''), 500), tentatives);
    perform pgmq.archive('assigner_livraisons', remettre_livraison.msg_id);
    return false;
  end if;
  update pgmq.q_assigner_livraisons as q
  set message = travail || pg_catalog.jsonb_build_object('tentatives', tentatives),
      vt = pg_catalog.clock_timestamp() + prive.delai_reprise_s(tentatives) * interval '1 second'
  where q.msg_id = remettre_livraison.msg_id;
  return true;
end
$$;
comment on function service.remettre_livraison(bigint, text) is
  'A job of deliveries failed: it comes back later (true), or is a dead letter with its last error (false; also when it is gone).';
grant execute on function service.remettre_livraison(bigint, text) to service_role;

-- ── writing to couriers and customers ────────────────────────────────────────────────────────────────────────────

create function prive.secours_de(vendeur uuid, compte_business text, nom text, valeurs jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  t record;
  langue text;
begin
  select m.langue into langue from public.modeles_whatsapp as m
  where m.id_utilisateur = vendeur and m.identifiant_compte_business = compte_business and m.nom_modele = 'fluxasync_' || nom
    and m.langue like 'fr%' and m.statut = 'approuve'
  order by m.langue limit 1;
  if not found then
    return null;
  end if;
  select x.contenu, x.boutons into strict t from prive.textes as x where x.nom = secours_de.nom;
  return pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('nom', 'fluxasync_' || nom, 'langue', langue,
    'corps', (select pg_catalog.jsonb_agg(
        -- Meta takes no line breaks in a variable.
        coalesce(nullif(pg_catalog.left(pg_catalog.btrim(pg_catalog.regexp_replace(valeurs ->> v.variable, '\s+', ' ', 'g')), 1024), ''), '-') order by v.rang)
      from pg_catalog.unnest(prive.variables_de(t.contenu)) with ordinality as v (variable, rang)),
    'boutons', (select pg_catalog.jsonb_agg(prive.remplir(b.value ->> 'id', valeurs) order by b.ordinality)
      from pg_catalog.jsonb_array_elements(t.boutons) with ordinality as b)));
end
$$;
comment on function prive.secours_de(uuid, text, text, jsonb) is
  'The vendor''s own approved French template "fluxasync_<nom>" that says a text of prive.textes outside Meta''s 24 hours, with its variables: the form of messages.charge_utile -> secours. Null when he has none.';

create function prive.dire(conversation bigint, nom text, valeurs jsonb, charge jsonb, cle text, avec_livreur boolean) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  t record;
  c record;
  contenu text;
  secours jsonb;
begin
  select x.contenu, x.boutons into strict t from prive.textes as x where x.nom = dire.nom;
  select v.id_utilisateur, w.identifiant_compte_business into strict c
  from public.conversations as v join public.comptes_whatsapp as w on w.id_compte_whatsapp = v.id_compte_whatsapp
  where v.id_conversation = conversation;
  contenu := prive.remplir(t.contenu, valeurs);
  secours := prive.secours_de(c.id_utilisateur, c.identifiant_compte_business, nom, valeurs);
  return prive.ecrire_message(conversation, case when t.boutons = '[]' then 'texte' else 'interactif' end, pg_catalog.left(contenu, 1000),
    coalesce(charge, '{}')
      || case when t.boutons = '[]' then '{}' else pg_catalog.jsonb_build_object('boutons', (
           select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', prive.remplir(b.value ->> 'id', valeurs), 'titre', prive.remplir(b.value ->> 'titre', valeurs)) order by b.ordinality)
           from pg_catalog.jsonb_array_elements(t.boutons) with ordinality as b)) end
      || case when secours is null then '{}' else pg_catalog.jsonb_build_object('secours', secours) end,
    cle, avec_livreur);
end
$$;
comment on function prive.dire(bigint, text, jsonb, jsonb, text, boolean) is
  'Writes a text of prive.textes in a conversation, once per key, as prive.ecrire_message: id of the message. charge: what else belongs to it ("livraison", "proposition", "code_remise", "attendre").';

create function prive.conversation_livreur(vendeur uuid, livreur bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  compte bigint;
  prospect bigint;
  conversation bigint;
begin
  select x.numero_telephone_livreur as numero, x.nom_complet_livreur as nom into strict l
  from public.livreurs as x where x.id_livreur = livreur and x.id_utilisateur = vendeur;
  -- Where he writes already; else from the shop's first number.
  select c.id_conversation into conversation from public.conversations as c
  join public.comptes_whatsapp as w on w.id_compte_whatsapp = c.id_compte_whatsapp and w.compte_actif
  where c.id_livreur = livreur and c.id_utilisateur = vendeur and c.statut_conversation in ('active', 'en_pause')
  order by c.fenetre_expire_le desc nulls last, c.id_conversation desc limit 1;
  if found then
    return conversation;
  end if;
  select w.id_compte_whatsapp into compte from public.comptes_whatsapp as w
  where w.id_utilisateur = vendeur and w.compte_actif and w.date_deconnexion is null order by w.id_compte_whatsapp limit 1;
  if not found then
    return null;
  end if;
  select p.id_prospect into prospect from public.prospects as p
  where p.id_utilisateur = vendeur and (p.numero_whatsapp = l.numero or p.numero_telephone = l.numero and p.numero_whatsapp is null)
  order by p.numero_whatsapp = l.numero desc nulls last, p.id_prospect desc limit 1;
  if not found then
    insert into public.prospects (id_utilisateur, numero_telephone, nom_complet, est_livreur)
    values (vendeur, l.numero, l.nom, true)
    on conflict do nothing
    returning id_prospect into prospect;
    if not found then
      -- The number is noted for somebody who writes from another one: this is the courier's all the same.
      insert into public.prospects (id_utilisateur, numero_whatsapp, identifiant_whatsapp, nom_complet, est_livreur)
      values (vendeur, l.numero, pg_catalog.substr(l.numero, 2), l.nom, true)
      on conflict on constraint identifiant_whatsapp_unique_par_vendeur do update set nom_complet = public.prospects.nom_complet
      returning id_prospect into prospect;
    end if;
  end if;
  conversation := prive.conversation_de(vendeur, prospect, compte);
  update public.conversations as c set id_livreur = livreur where c.id_conversation = conversation and c.id_livreur is distinct from livreur;
  return conversation;
end
$$;
comment on function prive.conversation_livreur(uuid, bigint) is
  'Where the shop and a courier write to each other: his open conversation, opened if there is none, from a number of the shop that is connected; null without one.';

create function prive.dire_au_livreur(vendeur uuid, livreur bigint, nom text, valeurs jsonb, charge jsonb, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  conversation constant bigint := prive.conversation_livreur(vendeur, livreur);
begin
  return case when conversation is not null then prive.dire(conversation, nom, valeurs, charge, cle, true) end;
end
$$;
comment on function prive.dire_au_livreur(uuid, bigint, text, jsonb, jsonb, text) is
  'Writes a text of prive.textes to a courier, once per key: id of the message; null when the shop has no connected number. Whether WhatsApp lets it through is decided when it is sent.';

create function prive.conversation_client(vendeur uuid, commande bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  compte bigint;
  conversation bigint;
begin
  select x.id_prospect, x.id_conversation into strict c from public.commandes as x where x.id_commande = commande and x.id_utilisateur = vendeur;
  select v.id_conversation into conversation from public.conversations as v
  join public.comptes_whatsapp as w on w.id_compte_whatsapp = v.id_compte_whatsapp and w.compte_actif
  where v.id_prospect = c.id_prospect and v.id_utilisateur = vendeur
  order by v.statut_conversation in ('active', 'en_pause') desc, v.id_conversation = c.id_conversation desc nulls last, v.id_conversation desc limit 1;
  if found then
    return conversation;
  end if;
  select w.id_compte_whatsapp into compte from public.comptes_whatsapp as w
  where w.id_utilisateur = vendeur and w.compte_actif and w.date_deconnexion is null order by w.id_compte_whatsapp limit 1;
  return case when compte is not null then prive.conversation_de(vendeur, c.id_prospect, compte) end;
end
$$;
comment on function prive.conversation_client(uuid, bigint) is
  'Where the customer of an order is written to: his open conversation, else his last one, opened if he has none, on a number of the shop that is connected; null without one.';

create function prive.dire_au_client(vendeur uuid, commande bigint, nom text, valeurs jsonb, charge jsonb, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  conversation constant bigint := prive.conversation_client(vendeur, commande);
begin
  return case when conversation is not null then prive.dire(conversation, nom, valeurs, charge, cle, false) end;
end
$$;
comment on function prive.dire_au_client(uuid, bigint, text, jsonb, jsonb, text) is
  'Writes a text of prive.textes to the customer of an order, once per key, where he last wrote: id of the message; null when the shop has no connected number.';

-- ── what a delivery leaves to do ─────────────────────────────────────────────────────────────────────────────────

create function prive.tg_livraisons__chercher() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.demander_livraison(pg_catalog.jsonb_build_object('genre', 'chercher', 'id_livraison', new.id_livraison),
    new.demander_le - prive.maintenant());
  return null;
end
$$;
comment on function prive.tg_livraisons__chercher() is 'After a delivery waits for a courier, or other ones may be asked: somebody looks for one, at demander_le.';
create trigger tg_livraisons__chercher_nouvelle after insert on public.livraisons
  for each row when (new.statut_livraison = 'a_assigner' and new.demander_le is not null)
  execute function prive.tg_livraisons__chercher();
create trigger tg_livraisons__chercher after update of statut_livraison, demander_le, zones_elargies, tour on public.livraisons
  for each row when (new.statut_livraison = 'a_assigner' and new.demander_le is not null and (old.statut_livraison, old.demander_le, old.zones_elargies, old.tour)
    is distinct from (new.statut_livraison, new.demander_le, new.zones_elargies, new.tour))
  execute function prive.tg_livraisons__chercher();

create function prive.tg_livraisons__annoncer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.demander_livraison(pg_catalog.jsonb_build_object('genre', 'annonce', 'id_livraison', new.id_livraison,
    'avant', case when tg_op = 'UPDATE' then old.statut_livraison end, 'apres', new.statut_livraison,
    'livreur_avant', case when tg_op = 'UPDATE' then old.id_livreur end,
    'depuis', case when tg_op = 'UPDATE' then old.date_assignation end, 'livreur', new.id_livreur, 'version', new.version_code,
    'raison', new.raison_statut, 'motif', new.motif_statut, 'prevue', new.date_livraison_prevue));
  return null;
end
$$;
comment on function prive.tg_livraisons__annoncer() is
  'After a delivery has moved: who must know is written to by prive.annoncer_livraison, in a transaction of its own, so that no WhatsApp account stands in a person''s way. The job says how it was then.';
create trigger tg_livraisons__annoncer_nouvelle after insert on public.livraisons
  for each row when (new.statut_livraison = 'assignee')
  execute function prive.tg_livraisons__annoncer();
create trigger tg_livraisons__annoncer after update of statut_livraison, id_livreur on public.livraisons
  for each row when ((old.statut_livraison, old.id_livreur) is distinct from (new.statut_livraison, new.id_livreur))
  execute function prive.tg_livraisons__annoncer();
