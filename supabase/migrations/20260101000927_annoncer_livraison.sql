-- Who is told what when a delivery has moved: the customer, the courier who has or had it, the vendor. Each move leaves a job
-- (prive.tg_livraisons__annoncer); what the delivery has left behind by the time of the job is told to nobody any more.

-- Whether the courier accepted by himself is asked of this try: earlier ones may have been his too.
alter table public.propositions_livraison add column version_code integer;
comment on column public.propositions_livraison.version_code is 'livraisons.version_code when he was asked. Set by trigger.';

create function prive.tg_propositions_livraison__version() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.version_code := (select l.version_code from public.livraisons as l where l.id_livraison = new.id_livraison);
  return new;
end
$$;
comment on function prive.tg_propositions_livraison__version() is 'Before insert: of which try of the delivery the offer is.';
create trigger tg_propositions_livraison__version before insert on public.propositions_livraison
  for each row execute function prive.tg_propositions_livraison__version();

-- ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.moment_en_francais(vendeur uuid, instant timestamptz) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  fuseau constant text := (select u.fuseau_horaire from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur);
  ici constant timestamp := instant at time zone fuseau;
begin
  return prive.jour_en_francais(ici::date, (prive.maintenant() at time zone fuseau)::date) || ' vers ' || extract(hour from ici)::integer || ' h'
    || coalesce(' ' || nullif(pg_catalog.to_char(ici, 'MI'), '00'), '');
end
$$;
comment on function prive.moment_en_francais(uuid, timestamptz) is 'A time where the vendor lives, as one says it: "demain samedi 21 novembre vers 18 h"; null for null.';

create function prive.phrase_echec(raison text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return case raison
    when 'client_absent' then 'Le client était absent.'
    when 'client_injoignable' then 'Le client ne répondait pas.'
    when 'adresse_introuvable' then 'L''adresse est restée introuvable.'
    when 'refus_client' then 'Le client a refusé le colis.'
    when 'colis_abime' then 'Le colis est abîmé.'
    else 'La remise n''a pas été possible.' end;
end
$$;
comment on function prive.phrase_echec(text) is 'Why a delivery failed (livraisons.raison_statut), in a sentence for the vendor.';

create function prive.peut_dire(conversation bigint, nom text) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  e record;
begin
  select x.id_utilisateur, x.mode, x.compte_business into e from prive.ecriture(conversation, true) as x;
  return coalesce(e.mode = 'libre' or e.mode = 'modele' and exists (
    select from public.modeles_whatsapp as m
    where m.id_utilisateur = e.id_utilisateur and m.identifiant_compte_business = e.compte_business and m.nom_modele = 'fluxasync_' || nom
      and m.langue like 'fr%' and m.statut = 'approuve'), false);
end
$$;
comment on function prive.peut_dire(bigint, text) is
  'Whether a text of prive.textes would go out in a conversation now: within the 24 hours, or as its approved template. What cannot, and is of no use later, is not written at all.';

create function prive.deja_dit(vendeur uuid, prospect bigint, cle text) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from public.conversations as c
    join public.messages as m on m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur and m.cle_idempotence = cle
    where c.id_prospect = prospect and c.id_utilisateur = vendeur);
end
$$;
comment on function prive.deja_dit(uuid, bigint, text) is 'Whether a person was written a message of this key, in whichever conversation.';

create function prive.jours_possibles(vendeur uuid) returns date[]
language plpgsql stable security definer set search_path = ''
as $$
declare
  heures constant jsonb := (select u.heures_ouverture from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur);
  premier constant date := prive.jour_de_livraison(vendeur, 1, null);
  suivant date := premier + 1;
begin
  for essai in 1..7 loop
    exit when prive.ouvre_le(heures, suivant);
    suivant := suivant + 1;
  end loop;
  return array[premier, suivant];
end
$$;
comment on function prive.jours_possibles(uuid) is 'The next two days, from tomorrow on, on which a shop is open and a delivery can be tried again.';

create function prive.proposer_dates(livraison bigint, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  jours date[];
  ici date;
begin
  select v.id_utilisateur, v.id_commande, v.raison_statut, c.numero_commande into strict l
  from public.livraisons as v join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  where v.id_livraison = livraison;
  jours := prive.jours_possibles(l.id_utilisateur);
  ici := prive.jour_chez(l.id_utilisateur, prive.maintenant());
  return prive.dire_au_client(l.id_utilisateur, l.id_commande, 'livraison_manquee', pg_catalog.jsonb_build_object(
      'numero', l.numero_commande, 'livraison', livraison::text,
      'raison', case l.raison_statut when 'adresse_introuvable' then 'le livreur n''a pas trouvé l''adresse.' when 'client_injoignable' then 'le livreur n''a pas pu vous joindre.'
        when 'client_absent' then 'vous étiez absent.' else 'la remise n''a pas été possible.' end,
      'jour', prive.jour_en_francais(jours[1], ici), 'jour_suivant', prive.jour_en_francais(jours[2], ici), 'date', jours[1]::text, 'date_suivante', jours[2]::text,
      'bouton', prive.jour_court(jours[1]), 'bouton_suivant', prive.jour_court(jours[2])),
    pg_catalog.jsonb_build_object('livraison', livraison), cle);
end
$$;
comment on function prive.proposer_dates(bigint, text) is 'Asks the customer of a failed delivery on which of the next two possible days one may come again: id of the message.';

create function prive.jour_court(jour date) returns text
language plpgsql immutable strict set search_path = ''
as $$
begin
  -- "Vendredi 1er décembre" is one sign more than a button takes.
  return (array['Lundi', 'Mardi', 'Mercredi', 'Jeudi', 'Vendredi', 'Samedi', 'Dimanche'])[extract(isodow from jour)::integer] || ' '
    || case extract(day from jour)::integer when 1 then '1er' else extract(day from jour)::integer::text end || ' '
    || (array['janv.', 'févr.', 'mars', 'avril', 'mai', 'juin', 'juil.', 'août', 'sept.', 'oct.', 'nov.', 'déc.'])[extract(month from jour)::integer];
end
$$;
comment on function prive.jour_court(date) is 'A day as the title of a button, 20 signs at most: "Samedi 21 nov.".';

-- ── announcing ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.annoncer_au_client(l record, nom text, valeurs jsonb, quoi text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle constant text := pg_catalog.format('livraison:%s:%s:%s', l.id_livraison, quoi, l.version_code);
  conversation bigint;
begin
  if prive.deja_dit(l.id_utilisateur, l.id_prospect, cle) then
    return true;
  end if;
  conversation := prive.conversation_client(l.id_utilisateur, l.id_commande);
  if conversation is null or not prive.peut_dire(conversation, nom) then
    return false;
  end if;
  perform prive.dire(conversation, nom, valeurs, pg_catalog.jsonb_build_object('livraison', l.id_livraison), cle, false);
  return true;
end
$$;
comment on function prive.annoncer_au_client(record, text, jsonb, text) is
  'Tells the customer of a delivery (the row of prive.annoncer_livraison) something of this try, once; false when WhatsApp would not take it now: news are of no use later, so they do not wait.';

create function prive.annoncer_code(l record) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle constant text := pg_catalog.format('livraison:%s:code:%s', l.id_livraison, l.version_code);
begin
  if not prive.deja_dit(l.id_utilisateur, l.id_prospect, cle) then
    perform prive.dire_au_client(l.id_utilisateur, l.id_commande, 'commande_en_route', pg_catalog.jsonb_build_object(
        -- A courier of this very name would be filled in too.
        'livreur', pg_catalog.replace(l.prenom, '{{', '{ {'), 'telephone', l.telephone_livreur, 'numero', l.numero_commande, 'code_remise', '{{code_remise}}',
        'a_preparer', case when l.methode_paiement <> 'paiement_livraison' or l.statut_paiement in ('paye', 'rembourse') or l.montant_a_payer = 0 then 'Rien à payer à la livraison.'
          else pg_catalog.format('Montant à préparer : %s.', prive.montant_lisible(l.montant_a_payer, l.devise)) end),
      pg_catalog.jsonb_build_object('livraison', l.id_livraison, 'attendre', true,
        'code_remise', pg_catalog.jsonb_build_object('livraison', l.id_livraison, 'version', l.version_code)), cle);
  end if;
end
$$;
comment on function prive.annoncer_code(record) is
  'Tells the customer that his parcel is on its way, with the code: alone of all announcements it waits for his next words when WhatsApp would not take it now (and the vendor is told, see prive.prendre_envoi).';

create function prive.annoncer_perte(l record, travail jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ancien constant bigint := (travail ->> 'livreur_avant')::bigint;
  annulee constant boolean := travail ->> 'apres' = 'annulee';
begin
  if travail ->> 'avant' not in ('assignee', 'recuperee', 'en_transit') or travail ->> 'apres' in ('livree', 'echec')
    or (ancien = (travail ->> 'livreur')::bigint and not annulee)
    -- His again meanwhile: what he is told then is enough.
    or (ancien = l.id_livreur and l.statut_livraison in ('assignee', 'recuperee', 'en_transit', 'livree'))
    -- He gave it up himself.
    or exists (select from public.propositions_livraison as p
      where p.id_livraison = l.id_livraison and p.id_utilisateur = l.id_utilisateur and p.id_livreur = ancien and p.statut = 'refusee'
        and p.date_creation >= (travail ->> 'depuis')::timestamptz) then
    return;
  end if;
  perform prive.dire_au_livreur(l.id_utilisateur, ancien, case when annulee then 'course_annulee' else 'course_perdue' end, pg_catalog.jsonb_build_object(
      'livreur', (select prive.prenom_de(r.nom_complet_livreur) from public.livreurs as r where r.id_livreur = ancien and r.id_utilisateur = l.id_utilisateur),
      'numero', l.numero_commande,
      'colis', case when travail ->> 'avant' in ('recuperee', 'en_transit') then ' Rapportez le colis à la boutique, s''il vous plaît.' else '' end),
    pg_catalog.jsonb_build_object('livraison', l.id_livraison), pg_catalog.format('livraison:%s:retiree:%s', l.id_livraison, travail ->> 'version'));
end
$$;
comment on function prive.annoncer_perte(record, jsonb) is 'A delivery was taken from a courier, or called off while he had it: he is told, unless he gave it up himself (a refusal of his since he got it) or it is his again.';

create function prive.prenom_de(nom text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return coalesce(nullif(pg_catalog.split_part(pg_catalog.btrim(nom), ' ', 1), ''), 'Votre livreur');
end
$$;
comment on function prive.prenom_de(text) is 'The first name of a courier''s full name.';

create function prive.annoncer_assignation(l record, accepte boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.annoncer_au_client(l, 'livreur_trouve', pg_catalog.jsonb_build_object('livreur', l.prenom, 'numero', l.numero_commande,
    'quand', coalesce(prive.moment_en_francais(l.id_utilisateur, l.date_livraison_prevue), 'bientôt')), 'livreur_trouve');
  -- He who has accepted was answered then.
  if not accepte then
    perform prive.dire_au_livreur(l.id_utilisateur, l.id_livreur, 'course_confiee',
      '{"retrait": "-", "destination": "-", "client": "-", "telephone": "-", "quand": "-", "articles": "-", "a_encaisser": "-", "remuneration": "-", "boutique": "La boutique"}'
        || pg_catalog.jsonb_strip_nulls(prive.valeurs_course(l.id_livraison))
        || pg_catalog.jsonb_build_object('livreur', l.prenom, 'livraison', l.id_livraison::text, 'numero', l.numero_commande),
      pg_catalog.jsonb_build_object('livraison', l.id_livraison), pg_catalog.format('livraison:%s:confiee:%s', l.id_livraison, l.version_code));
  end if;
end
$$;
comment on function prive.annoncer_assignation(record, boolean) is 'A courier has a delivery: the customer is told, and he himself unless he accepted it.';

create function prive.annoncer_echec(l record, travail jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle constant text := pg_catalog.format('livraison:%s:echec:%s', l.id_livraison, l.version_code);
  raison constant text := travail ->> 'raison';
  motif constant text := coalesce(travail ->> 'motif', prive.phrase_echec(raison));
  conversation bigint;
  dit boolean := true;
begin
  if raison in ('client_absent', 'client_injoignable', 'adresse_introuvable') then
    if not prive.deja_dit(l.id_utilisateur, l.id_prospect, cle) then
      conversation := prive.conversation_client(l.id_utilisateur, l.id_commande);
      dit := conversation is not null and prive.peut_dire(conversation, 'livraison_manquee');
      if dit then
        perform prive.proposer_dates(l.id_livraison, cle);
      end if;
    end if;
  else
    dit := prive.annoncer_au_client(l, 'livraison_suspendue', pg_catalog.jsonb_build_object('numero', l.numero_commande), 'echec');
  end if;
  perform prive.notifier_evenement(l.id_utilisateur, 'livraison_echec', cle, pg_catalog.jsonb_build_object('numero', l.numero_commande, 'client', l.client,
      -- It goes on after a colon.
      'motif', pg_catalog.lower(pg_catalog.left(motif, 1)) || pg_catalog.substr(motif, 2)
        || case when dit then '' else ' Votre client ne peut pas être prévenu sur WhatsApp, appelez-le.' end),
    'livraison', l.id_livraison);
end
$$;
comment on function prive.annoncer_echec(record, jsonb) is
  'A delivery failed: the customer chooses another day where that may help, else he is asked for patience; the vendor decides, and learns when the customer could not be told.';

create function prive.annoncer_arrivee(l record) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  encaisse constant text := case when l.montant_encaisse > 0 then prive.montant_lisible(l.montant_encaisse, l.devise) end;
begin
  perform prive.annoncer_au_client(l, 'commande_livree', pg_catalog.jsonb_build_object('numero', l.numero_commande, 'livreur', l.prenom, 'livraison', l.id_livraison::text),
    'livree');
  perform prive.dire_au_livreur(l.id_utilisateur, l.id_livreur, 'course_terminee', pg_catalog.jsonb_build_object('livreur', l.prenom, 'numero', l.numero_commande,
      'encaisse', coalesce(' ' || encaisse || ' encaissés, à remettre à la boutique.', '')),
    pg_catalog.jsonb_build_object('livraison', l.id_livraison), pg_catalog.format('livraison:%s:terminee:%s', l.id_livraison, l.version_code));
  perform prive.notifier_evenement(l.id_utilisateur, 'livraison_livree', pg_catalog.format('livraison:%s:livree:%s', l.id_livraison, l.version_code),
    pg_catalog.jsonb_build_object('numero', l.numero_commande, 'client', l.client, 'livreur', l.livreur,
      'encaisse', coalesce(' ' || encaisse || ' encaissés.', '')), 'livraison', l.id_livraison);
end
$$;
comment on function prive.annoncer_arrivee(record) is 'A delivery arrived: the customer is thanked and asked how it went, the courier thanked, the vendor told, with what was cashed in.';

create function prive.annoncer_etape(l record, travail jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  apres constant text := travail ->> 'apres';
  accepte boolean;
begin
  -- Another try has begun, with its own announcements.
  if l.version_code <> (travail ->> 'version')::integer then
    return 'depassee';
  end if;
  if l.statut_livraison in ('assignee', 'recuperee', 'en_transit') and apres in ('assignee', 'recuperee', 'en_transit') then
    if apres = 'assignee' then
      accepte := exists (
        select from public.propositions_livraison as p
        where p.id_livraison = l.id_livraison and p.id_utilisateur = l.id_utilisateur and p.id_livreur = l.id_livreur and p.statut = 'acceptee'
          and p.version_code = l.version_code);
      -- Whom somebody of the shop has chosen it knows.
      if accepte then
        perform prive.notifier_evenement(l.id_utilisateur, 'livreur_trouve', pg_catalog.format('livraison:%s:livreur_trouve:%s', l.id_livraison, l.version_code),
          pg_catalog.jsonb_build_object('numero', l.numero_commande, 'livreur', l.livreur, 'destination', l.adresse_destination), 'livraison', l.id_livraison);
      end if;
      if l.statut_livraison = 'assignee' then
        perform prive.annoncer_assignation(l, accepte);
      end if;
    else
      perform prive.annoncer_code(l);
      perform prive.notifier_evenement(l.id_utilisateur, 'livraison_recuperee', pg_catalog.format('livraison:%s:recuperee:%s', l.id_livraison, l.version_code),
        pg_catalog.jsonb_build_object('numero', l.numero_commande, 'livreur', l.livreur), 'livraison', l.id_livraison);
    end if;
    return apres;
  end if;
  if l.statut_livraison <> apres then
    return 'depassee';
  end if;
  if apres in ('livree', 'echec', 'annulee') then
    perform prive.oublier_code(l.id_utilisateur, l.id_prospect, l.id_livraison);
  end if;
  case apres
    when 'livree' then
      perform prive.annoncer_arrivee(l);
    when 'echec' then
      perform prive.annoncer_echec(l, travail);
    when 'annulee' then
      -- Of an order that is over the customer hears by the order; one that lives on has only lost its delivery.
      if travail ->> 'avant' in ('assignee', 'recuperee', 'en_transit') and l.statut_commande in ('confirmee', 'en_preparation', 'expediee') then
        perform prive.annoncer_au_client(l, 'livraison_suspendue', pg_catalog.jsonb_build_object('numero', l.numero_commande), 'annulee');
      end if;
    else
      -- Waiting for a courier is the shop's affair.
      null;
  end case;
  return apres;
end
$$;
comment on function prive.annoncer_etape(record, jsonb) is 'Where a delivery has come to, to those whom it concerns now: see prive.annoncer_livraison.';

create function prive.annoncer_livraison(travail jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  fait text;
begin
  select v.id_livraison, v.id_utilisateur, v.id_commande, v.id_livreur, v.statut_livraison, v.version_code, v.date_livraison_prevue, v.adresse_destination,
    v.montant_encaisse, c.id_prospect, c.numero_commande, coalesce(c.nom_client, 'votre client') as client, c.statut_commande, c.methode_paiement,
    c.statut_paiement, c.montant_a_payer, u.devise, r.nom_complet_livreur as livreur, prive.prenom_de(r.nom_complet_livreur) as prenom,
    r.numero_telephone_livreur as telephone_livreur
  into l
  from public.livraisons as v
  join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  join public.utilisateurs_fluxasync as u on u.id_utilisateur = v.id_utilisateur
  left join public.livreurs as r on r.id_livreur = v.id_livreur and r.id_utilisateur = v.id_utilisateur
  where v.id_livraison = (travail ->> 'id_livraison')::bigint;
  if not found then
    return 'disparue';
  end if;
  -- The customer's conversation first, then the courier's: two announcements never wait for each other in a circle.
  fait := prive.annoncer_etape(l, travail);
  if travail ->> 'livreur_avant' is not null then
    perform prive.annoncer_perte(l, travail);
  end if;
  return fait;
end
$$;
comment on function prive.annoncer_livraison(jsonb) is
  'A job of prive.tg_livraisons__annoncer, {id_livraison, avant, apres, livreur_avant, livreur, depuis (since when the former courier had it), version, raison, motif, prevue}: tells who must know that a delivery has moved, each once. What has been overtaken is left out (depassee), but for the courier who lost it; the code reaches the customer as long as his parcel is on its way. It moves nothing and holds no shop.';

create function prive.oublier_code(vendeur uuid, prospect bigint, livraison bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.messages as m set statut_livraison = 'echec', code_erreur = 'code_perime', detail_erreur = null
  where m.id_message = any (array(
    select e.id_message from public.conversations as c
    join public.messages as e on e.id_conversation = c.id_conversation and e.id_utilisateur = c.id_utilisateur
      and e.statut_livraison = 'a_envoyer' and e.code_erreur = 'fenetre_fermee'
    where c.id_prospect = prospect and c.id_utilisateur = vendeur and (e.charge_utile #>> '{code_remise,livraison}')::bigint = livraison
    order by e.id_message
    for no key update of e skip locked));
end
$$;
comment on function prive.oublier_code(uuid, bigint, bigint) is 'Codes that waited for the customer''s next words do not leave any more: echec / code_perime, told to nobody. One with a job is looked at when it is taken (prive.prendre_envoi).';

-- ── failing ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.livraison_echouee(livraison bigint, raison text, mots text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  connue constant text := case when raison in ('client_absent', 'client_injoignable', 'adresse_introuvable', 'refus_client', 'colis_abime') then raison else 'autre' end;
  dit constant text := pg_catalog.btrim(pg_catalog.regexp_replace(coalesce(mots, ''), '\s+', ' ', 'g'));
begin
  update public.livraisons as l
  set statut_livraison = 'echec', raison_statut = connue,
      motif_statut = prive.phrase_echec(connue) || case when dit <> '' then ' « ' || pg_catalog.left(dit, 400) || ' »' else '' end
  where l.id_livraison = livraison and l.statut_livraison <> 'echec';
end
$$;
comment on function prive.livraison_echouee(bigint, text, text) is
  'A courier could not hand a parcel over: echec, with a reason of livraisons.raison_statut (autre for any other) and his words. The caller holds shop, order and delivery. Hint transition_interdite.';
