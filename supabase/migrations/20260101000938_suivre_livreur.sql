-- What a courier says is done: one transaction per message, which is answered at most once.

create function prive.renoncer_livraison(livraison bigint, nom_livreur text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
begin
  select x.*, k.numero_commande, coalesce(k.nom_client, q.nom_complet, 'votre client') as client into strict l
  from public.livraisons as x join public.commandes as k on k.id_commande = x.id_commande join public.prospects as q on q.id_prospect = k.id_prospect
  where x.id_livraison = livraison;
  -- As a refusal he is not asked again for it, whatever he had answered before.
  insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, tour, statut, expire_le)
  select l.id_utilisateur, livraison, l.id_livreur, 1 + coalesce(pg_catalog.max(p.rang), 0), l.tour, 'refusee', prive.maintenant()
  from public.propositions_livraison as p where p.id_livraison = livraison and p.id_utilisateur = l.id_utilisateur;
  update public.livraisons as x set statut_livraison = 'a_assigner' where x.id_livraison = livraison;
  if l.demander_le is null then
    -- Nobody looks for another one by himself here.
    update public.livraisons as x set statut_livraison = 'sans_livreur', raison_statut = 'livreur_renonce',
      motif_statut = pg_catalog.format('%s a renoncé à cette livraison.', nom_livreur)
    where x.id_livraison = livraison;
    perform prive.notifier_evenement(l.id_utilisateur, 'personne_disponible', pg_catalog.format('livraison:%s:renonce:%s', livraison, l.version_code),
      pg_catalog.jsonb_build_object('numero', l.numero_commande, 'client', l.client, 'destination', l.adresse_destination,
        'motif', pg_catalog.format('%s a renoncé à cette livraison.', nom_livreur)), 'livraison', livraison);
  end if;
end
$$;
comment on function prive.renoncer_livraison(bigint, text) is
  'A courier gives up a delivery that is assignee: somebody else is looked for, or the vendor told when nobody is asked by itself. The caller holds the shop and the row.';

create function prive.avancer_course(conversation bigint, livreur bigint, vendeur uuid, message bigint, lecture jsonb, cle text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  intention constant text := lecture ->> 'intention';
  code constant text := case when lecture ->> 'code' ~ '^[0-9]{4}$' then lecture ->> 'code' end;
  l record;
  photo bigint;
  valeurs jsonb;
  sujet jsonb;
  issue text;
begin
  -- The order first, as everywhere.
  perform from public.commandes as k
  where k.id_commande = (select x.id_commande from public.livraisons as x where x.id_livraison = (lecture ->> 'livraison')::bigint and x.id_utilisateur = vendeur)
  for no key update;
  select x.id_livraison, x.statut_livraison as statut, x.essais_code, x.date_assignation, k.numero_commande, v.nom_complet_livreur into l
  from public.livraisons as x
  join public.commandes as k on k.id_commande = x.id_commande and k.id_utilisateur = x.id_utilisateur
  join public.livreurs as v on v.id_livreur = x.id_livreur and v.id_utilisateur = x.id_utilisateur
  where x.id_livraison = (lecture ->> 'livraison')::bigint and x.id_utilisateur = vendeur and x.id_livreur = livreur
  for no key update of x;
  if not found then
    perform prive.dire(conversation, 'course_d_un_autre', '{}', '{}', cle, true);
    return 'pas_a_lui';
  end if;
  valeurs := pg_catalog.jsonb_build_object('livraison', l.id_livraison, 'numero', l.numero_commande, 'message', message);
  sujet := pg_catalog.jsonb_build_object('livraison', l.id_livraison);
  if l.statut not in ('assignee', 'recuperee', 'en_transit') then
    perform prive.dire(conversation, case when l.statut = 'livree' then 'deja_livree' else 'course_close' end, valeurs || pg_catalog.jsonb_build_object('etat',
      case l.statut when 'annulee' then 'elle est annulée' else 'le vendeur décide de la suite' end), sujet, cle, true);
    return 'deja_' || l.statut;
  end if;
  -- What is in his hands after the pick-up is not given up in passing.
  if intention = 'probleme' or intention = 'renoncer' and l.statut <> 'assignee' then
    perform prive.demander_probleme(conversation, l.id_livraison, l.numero_commande, l.statut, cle);
    return 'probleme';
  end if;
  case intention
    when 'recuperee' then
      update public.livraisons as x set statut_livraison = 'recuperee' where x.id_livraison = l.id_livraison and l.statut = 'assignee';
      issue := 'colis_recupere';
    when 'en_route' then
      update public.livraisons as x set statut_livraison = 'en_transit' where x.id_livraison = l.id_livraison and l.statut = 'recuperee';
      issue := case when l.statut = 'assignee' then 'en_chemin_retrait' else 'en_route_note' end;
    when 'livree' then
      if l.statut = 'assignee' then
        -- He has the parcel, then; the customer has his code only from now on.
        update public.livraisons as x set statut_livraison = 'recuperee' where x.id_livraison = l.id_livraison;
        issue := 'code_apres_retrait';
      elsif l.essais_code >= 5 then
        issue := 'code_bloque';
      elsif code is null then
        issue := 'code_demande';
      else
        case prive.verifier_code(l.id_livraison, code)
          when 'bon' then
            -- He is thanked when it is announced.
            update public.livraisons as x set statut_livraison = 'livree', preuve_livraison = 'code' where x.id_livraison = l.id_livraison;
            return 'livree';
          when 'faux' then
            issue := 'code_faux';
            valeurs := valeurs || pg_catalog.jsonb_build_object('essai', (select x.essais_code from public.livraisons as x where x.id_livraison = l.id_livraison));
          when 'epuise' then
            issue := 'code_bloque';
          else
            issue := 'code_demande';
        end case;
      end if;
    when 'photo' then
      -- His own picture, of this try.
      select m.id_message into photo from public.messages as m
      where m.id_message = coalesce((lecture ->> 'photo')::bigint, message) and m.id_conversation = conversation and m.id_utilisateur = vendeur
        and m.direction_message = 'entrant' and m.type_message = 'image' and m.charge_utile ? 'image' and m.supprime_le is null
        and m.date_creation >= l.date_assignation;
      if l.statut = 'assignee' then
        issue := 'photo_avant_retrait';
      elsif l.essais_code >= 5 then
        issue := 'code_bloque';
      elsif photo is null then
        issue := 'code_demande';
      elsif (lecture ->> 'remis')::boolean then
        update public.livraisons as x set statut_livraison = 'livree', preuve_livraison = 'photo:' || photo where x.id_livraison = l.id_livraison;
        return 'livree';
      else
        issue := 'photo_recue';
        valeurs := valeurs || pg_catalog.jsonb_build_object('message', photo);
      end if;
    when 'pas_encore' then
      issue := 'remise_attendue';
    when 'echec' then
      if lecture ->> 'raison' in ('client_absent', 'client_injoignable') and not coalesce((lecture ->> 'definitif')::boolean, false)
        and prive.faire_patienter(conversation, message, l.id_livraison, lecture ->> 'raison', lecture ->> 'mots' is null, cle) then
        return 'patience';
      end if;
      perform prive.livraison_echouee(l.id_livraison,
        case when lecture ->> 'raison' in ('client_absent', 'client_injoignable', 'adresse_introuvable', 'refus_client', 'colis_abime')
          then lecture ->> 'raison' else 'autre' end, nullif(pg_catalog.left(lecture ->> 'mots', 300), ''));
      issue := 'echec_note';
      valeurs := valeurs || pg_catalog.jsonb_build_object('colis', case when l.statut = 'assignee' then '' else ' Gardez bien le colis en attendant.' end);
    when 'renoncer' then
      perform prive.renoncer_livraison(l.id_livraison, l.nom_complet_livreur);
      issue := 'renoncement_note';
    else
      raise exception 'unknown intention of a courier: %', intention;
  end case;
  perform prive.dire(conversation, issue, valeurs, sujet, cle, true);
  return issue;
end
$$;
comment on function prive.avancer_course(bigint, bigint, uuid, bigint, jsonb, text) is
  'What a courier says of one of his deliveries (lecture of prive.suivre_livreur with "livraison") is done, if it is his and so far, and answered once under this key: a word on what was done. The caller holds the shop.';

create function prive.suivre_livreur(message bigint, lecture jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  rendue record;
  intention constant text := coalesce(lecture ->> 'intention', 'client');
  cle constant text := 'livreur:' || message;
begin
  select x.id_utilisateur, x.id_conversation, x.charge_utile, x.date_creation, x.supprime_le, c.id_livreur, c.ia_activee into m
  from public.messages as x join public.conversations as c on c.id_conversation = x.id_conversation and c.id_utilisateur = x.id_utilisateur
  where x.id_message = message and x.direction_message = 'entrant';
  if not found or m.supprime_le is not null then
    return 'sans_objet';
  end if;
  if m.id_livreur is null or intention = 'client' then
    return prive.rendre_au_client(message);
  end if;
  case intention
    when 'vu' then
      return 'vu';
    when 'position' then
      update public.livreurs as l
      set derniere_latitude = (p.position ->> 'latitude')::double precision, derniere_longitude = (p.position ->> 'longitude')::double precision,
          position_le = m.date_creation
      from (select prive.position_dite(m.charge_utile) as position) as p
      where l.id_livreur = m.id_livreur and l.id_utilisateur = m.id_utilisateur and coalesce(l.position_le <= m.date_creation, true)
        and (p.position ->> 'latitude')::numeric between -90 and 90 and (p.position ->> 'longitude')::numeric between -180 and 180;
      perform prive.dire(m.id_conversation, 'position_notee', '{}', '{}', cle, true);
    when 'mes_courses' then
      perform prive.lister_courses(m.id_conversation, m.id_livreur, m.id_utilisateur, cle);
    when 'deja' then
      perform prive.dire(m.id_conversation, 'aucune_course', '{}', '{}', cle, true);
    when 'incompris' then
      if m.ia_activee then
        perform prive.aider_livreur(m.id_conversation, m.id_livreur, m.id_utilisateur, (lecture ->> 'proposition')::bigint, cle);
      else
        -- Whoever has the conversation in hand answers better.
        update public.conversations as c set non_lus = least(c.non_lus + 1, 99999) where c.id_conversation = m.id_conversation;
        return 'a_la_personne';
      end if;
    when 'preciser' then
      perform prive.preciser_course(m.id_conversation, m.id_livreur, m.id_utilisateur, lecture, cle);
    when 'disponible', 'indisponible' then
      perform prive.tenir_boutique(m.id_utilisateur);
      update public.livreurs as l set disponible_maintenant = intention = 'disponible'
      where l.id_livreur = m.id_livreur and l.id_utilisateur = m.id_utilisateur and l.disponible_maintenant <> (intention = 'disponible');
      if intention = 'indisponible' then
        -- Who is not there will not answer: the next one is asked at once.
        for rendue in
          update public.propositions_livraison as p set statut = 'refusee'
          where p.id_livreur = m.id_livreur and p.id_utilisateur = m.id_utilisateur and p.statut = 'proposee'
          returning p.id_livraison
        loop
          perform prive.demander_livraison(pg_catalog.jsonb_build_object('genre', 'chercher', 'id_livraison', rendue.id_livraison));
        end loop;
      end if;
      perform prive.dire(m.id_conversation, intention || '_note', '{}', '{}', cle, true);
    when 'accepter', 'refuser' then
      if not exists (select from public.propositions_livraison as p
          where p.id_proposition = (lecture ->> 'proposition')::bigint and p.id_livreur = m.id_livreur and p.id_utilisateur = m.id_utilisateur) then
        perform prive.dire(m.id_conversation, 'course_d_un_autre', '{}', '{}', cle, true);
        return 'pas_a_lui';
      end if;
      return prive.repondre_proposition(m.id_utilisateur, m.id_livreur, (lecture ->> 'proposition')::bigint, intention = 'accepter');
    else
      perform prive.tenir_boutique(m.id_utilisateur);
      return prive.avancer_course(m.id_conversation, m.id_livreur, m.id_utilisateur, message, lecture, cle);
  end case;
  return intention;
end
$$;
comment on function prive.suivre_livreur(bigint, jsonb) is
  'Does what a courier means by his message, and answers at most once: a word on what was done. lecture: the type Lecture of functions/livraison/lire-livreur.ts, of which nothing is believed: whose the conversation, the delivery and the offer are, and where they stand, is looked up again. Of a person''s conversation what was not understood is left to that person.';
