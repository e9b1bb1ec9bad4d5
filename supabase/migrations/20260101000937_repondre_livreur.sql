-- What couriers are answered.

create function prive.rendre_au_client(message bigint) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
begin
  select v.id_conversation, v.id_prospect, v.id_utilisateur, v.ia_activee and v.statut_conversation = 'active' as ia into c
  from public.messages as m join public.conversations as v on v.id_conversation = m.id_conversation and v.id_utilisateur = m.id_utilisateur
  where m.id_message = message for no key update of v;
  update public.messages as m set avec_livreur = false, sans_reponse = false
  where m.id_message = message and m.avec_livreur and m.supprime_le is null;
  if not found then
    return 'client';
  end if;
  update public.conversations as v
  set non_lus = least(v.non_lus + 1, 99999),
      -- Made inactive, and with nothing to end any more.
      id_livreur = case when prive.livreur_du_prospect(v.id_utilisateur, v.id_prospect) = v.id_livreur then v.id_livreur end
  where v.id_conversation = c.id_conversation;
  -- He is somebody new who wants to buy something.
  update public.prospects as p set est_livreur = false, date_premier_contact = prive.maintenant()
  where p.id_prospect = c.id_prospect and p.id_utilisateur = c.id_utilisateur and p.est_livreur;
  if c.ia then
    perform prive.demander_reponse(c.id_conversation, message);
  end if;
  return 'client';
end
$$;
comment on function prive.rendre_au_client(bigint) is 'A courier''s message is not about deliveries: it is answered like anybody''s, by the AI or the person who has the conversation.';

create function prive.demander_choix(conversation bigint, nom text, valeurs jsonb, bouton text, lignes jsonb, charge jsonb, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.ecrire_message(conversation, 'interactif', prive.remplir((select t.contenu from prive.textes as t where t.nom = demander_choix.nom), valeurs),
    coalesce(charge, '{}') || pg_catalog.jsonb_build_object('liste', pg_catalog.jsonb_build_object('bouton', bouton,
      'sections', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('lignes', lignes)))), cle, true);
end
$$;
comment on function prive.demander_choix(bigint, text, jsonb, text, jsonb, jsonb, text) is
  'Asks a courier, with a text of prive.textes and a list of at most ten lines [{ id, titre, description? }] under this button. Once per key: id of the message.';

create function prive.demander_probleme(conversation bigint, livraison bigint, numero text, statut text, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.demander_choix(conversation, 'quel_probleme', pg_catalog.jsonb_build_object('numero', numero), 'Choisir', (
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', pg_catalog.format('livraison:%s:%s', livraison, r.action), 'titre', r.titre) order by r.rang)
      from (values (1, 'echec:client_absent', 'Client absent'), (2, 'echec:client_injoignable', 'Client injoignable'),
        (3, 'echec:adresse_introuvable', 'Adresse introuvable'), (4, 'echec:refus_client', 'Le client refuse'), (5, 'echec:colis_abime', 'Colis abîmé'),
        (6, case when statut = 'assignee' then 'renoncer' else 'echec:autre' end,
          case when statut = 'assignee' then 'Je renonce à la course' else 'Autre problème' end)) as r (rang, action, titre)),
    pg_catalog.jsonb_build_object('livraison', livraison), cle);
end
$$;
comment on function prive.demander_probleme(bigint, bigint, text, text, text) is 'Asks a courier what keeps him from delivering; who has no parcel yet may give the delivery up.';

create function prive.lister_courses(conversation bigint, livreur bigint, vendeur uuid, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  courses text;
begin
  select pg_catalog.string_agg(x.ligne, pg_catalog.chr(10) order by x.rang, x.id) into courses
  from (
    select 1 as rang, l.id_livraison as id, pg_catalog.format('• %s, %s : %s', k.numero_commande, pg_catalog.left(l.adresse_destination, 60),
      case l.statut_livraison when 'assignee' then 'à récupérer' when 'recuperee' then 'récupérée' else 'en route' end) as ligne
    from public.livraisons as l join public.commandes as k on k.id_commande = l.id_commande and k.id_utilisateur = l.id_utilisateur
    where l.id_livreur = livreur and l.id_utilisateur = vendeur and l.statut_livraison in ('assignee', 'recuperee', 'en_transit')
    union all
    select 2, p.id_proposition, pg_catalog.format('• %s : proposée, répondez à son message', pg_catalog.left(l.adresse_destination, 60))
    from public.propositions_livraison as p join public.livraisons as l on l.id_livraison = p.id_livraison and l.id_utilisateur = p.id_utilisateur
    where p.id_livreur = livreur and p.id_utilisateur = vendeur and p.statut = 'proposee'
    order by 1, 2 limit 8) as x;
  return prive.dire(conversation, case when courses is null then 'aucune_course' else 'mes_courses' end,
    pg_catalog.jsonb_build_object('courses', courses), '{}', cle, true);
end
$$;
comment on function prive.lister_courses(bigint, bigint, uuid, text) is 'Tells a courier what he has to deliver, and what he was asked.';

create function prive.preciser_course(conversation bigint, livreur bigint, vendeur uuid, lecture jsonb, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  action constant text := lecture ->> 'action';
  suite constant text := lecture ->> 'suite';
  lignes jsonb;
begin
  if action in ('accepter', 'refuser') then
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', pg_catalog.format('proposition:%s:%s', x.id_proposition, action),
      'titre', 'Course ' || x.rang, 'description', pg_catalog.left(x.adresse_destination, 72)) order by x.rang) into lignes
    from (select p.id_proposition, l.adresse_destination, pg_catalog.row_number() over (order by p.id_proposition) as rang
      from public.propositions_livraison as p join public.livraisons as l on l.id_livraison = p.id_livraison and l.id_utilisateur = p.id_utilisateur
      where p.id_livreur = livreur and p.id_utilisateur = vendeur and p.statut = 'proposee' order by p.id_proposition limit 10) as x;
  elsif action in ('recuperee', 'en_route', 'livree', 'code', 'photo', 'montre', 'echec', 'probleme', 'renoncer') and coalesce(suite, 'x') ~ '^[0-9a-z_]{1,40}$' then
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', pg_catalog.concat_ws(':', 'livraison', x.id_livraison, action, suite),
      'titre', pg_catalog.left(x.numero_commande, 24), 'description', pg_catalog.left(x.ou, 72)) order by x.id_livraison) into lignes
    from (select l.id_livraison, k.numero_commande, pg_catalog.concat_ws(', ', k.nom_client, l.adresse_destination) as ou
      from public.livraisons as l join public.commandes as k on k.id_commande = l.id_commande and k.id_utilisateur = l.id_utilisateur
      where l.id_livreur = livreur and l.id_utilisateur = vendeur and l.statut_livraison in ('assignee', 'recuperee', 'en_transit')
        and lecture -> 'choix' @> pg_catalog.to_jsonb(l.id_livraison)
      order by l.id_livraison limit 10) as x;
  end if;
  if lignes is null then
    return prive.lister_courses(conversation, livreur, vendeur, cle);
  end if;
  return prive.demander_choix(conversation, 'quelle_course', '{}', 'Choisir', lignes, '{}', cle);
end
$$;
comment on function prive.preciser_course(bigint, bigint, uuid, jsonb, text) is
  'Asks a courier which of his deliveries, or of the offers he was made, he means: lecture { action, suite?, choix: [id_livraison] }; what he means fits the one he taps.';

create function prive.aider_livreur(conversation bigint, livreur bigint, vendeur uuid, proposition bigint, cle text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  p record;
  l record;
begin
  select x.id_proposition, x.id_livraison, y.adresse_destination, pg_catalog.count(*) over () as nombre into p
  from public.propositions_livraison as x join public.livraisons as y on y.id_livraison = x.id_livraison and y.id_utilisateur = x.id_utilisateur
  where x.id_livreur = livreur and x.id_utilisateur = vendeur and x.statut = 'proposee'
  order by x.id_proposition = proposition desc nulls last, x.id_proposition desc limit 1;
  if p.nombre = 1 or p.id_proposition = proposition then
    return prive.dire(conversation, 'aide_proposition',
      pg_catalog.jsonb_build_object('proposition', p.id_proposition, 'destination', pg_catalog.left(p.adresse_destination, 200)),
      pg_catalog.jsonb_build_object('proposition', p.id_proposition, 'livraison', p.id_livraison), cle, true);
  end if;
  select x.id_livraison, x.statut_livraison, k.numero_commande, pg_catalog.count(*) over () as nombre into l
  from public.livraisons as x join public.commandes as k on k.id_commande = x.id_commande and k.id_utilisateur = x.id_utilisateur
  where x.id_livreur = livreur and x.id_utilisateur = vendeur and x.statut_livraison in ('assignee', 'recuperee', 'en_transit') limit 1;
  if l.nombre = 1 and p.nombre is null then
    return prive.dire(conversation, case when l.statut_livraison = 'assignee' then 'aide_retrait' else 'aide_remise' end,
      pg_catalog.jsonb_build_object('livraison', l.id_livraison, 'numero', l.numero_commande),
      pg_catalog.jsonb_build_object('livraison', l.id_livraison), cle, true);
  end if;
  return prive.lister_courses(conversation, livreur, vendeur, cle);
end
$$;
comment on function prive.aider_livreur(bigint, bigint, uuid, bigint, text) is 'What a courier meant was not understood: a short help, with buttons of what he can do now.';

create function prive.faire_patienter(
  conversation bigint, message bigint, livraison bigint, raison text, insiste boolean, cle text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  depuis timestamptz;
  cle_client text;
  client bigint;
  ecrit boolean;
begin
  select v.id_livraison, v.id_utilisateur, v.id_commande, v.statut_livraison, v.version_code, v.date_assignation, k.numero_commande, k.id_prospect,
    coalesce(k.nom_client, 'votre client') as client, r.nom_complet_livreur as livreur, r.numero_telephone_livreur as telephone,
    x.date_creation as dit_le
  into strict l
  from public.livraisons as v
  join public.commandes as k on k.id_commande = v.id_commande and k.id_utilisateur = v.id_utilisateur
  join public.livreurs as r on r.id_livreur = v.id_livreur and r.id_utilisateur = v.id_utilisateur
  join public.messages as x on x.id_message = message
  where v.id_livraison = livraison;
  -- What he was answered the first time has this button.
  select pg_catalog.min(m.date_creation) into depuis from public.messages as m
  where m.id_conversation = conversation and m.id_utilisateur = l.id_utilisateur and m.direction_message = 'sortant' and m.avec_livreur
    and m.date_creation >= l.date_assignation
    and m.charge_utile -> 'boutons' @> any (array[
      pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('id', pg_catalog.format('livraison:%s:echec:client_absent', livraison))),
      pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('id', pg_catalog.format('livraison:%s:echec:client_injoignable', livraison)))]);
  if depuis is not null and (insiste or l.dit_le >= depuis + interval '10 minutes') then
    return false;
  end if;
  cle_client := pg_catalog.format('livraison:%s:joindre:%s', livraison, l.version_code);
  ecrit := prive.deja_dit(l.id_utilisateur, l.id_prospect, cle_client);
  if not ecrit then
    client := prive.conversation_client(l.id_utilisateur, l.id_commande);
    ecrit := client is not null and prive.peut_dire(client, 'livreur_attend');
    if ecrit then
      perform prive.dire(client, 'livreur_attend', pg_catalog.jsonb_build_object('livreur', prive.prenom_de(l.livreur), 'telephone', l.telephone,
          'numero', l.numero_commande, 'ou', case when l.statut_livraison = 'assignee' then 'se prépare à vous apporter'
            when raison = 'client_absent' then 'est devant chez vous avec' else 'est en route avec' end),
        pg_catalog.jsonb_build_object('livraison', livraison), cle_client, false);
    else
      perform prive.notifier_evenement(l.id_utilisateur, 'client_injoignable', cle_client, pg_catalog.jsonb_build_object('numero', l.numero_commande,
        'motif', pg_catalog.format('%s (%s) n''arrive pas à joindre %s, qui ne peut pas être prévenu sur WhatsApp. Appelez-le.',
          l.livreur, l.telephone, l.client)), 'livraison', livraison);
    end if;
  end if;
  perform prive.dire(conversation, 'patience', pg_catalog.jsonb_build_object('numero', l.numero_commande, 'livraison', livraison, 'raison', raison,
      'fait', case when not ecrit then 'Je préviens la boutique' when depuis is null then 'Je préviens le client' else 'Le client est prévenu' end,
      'action', case when l.statut_livraison = 'assignee' then 'recuperee' else 'livree' end,
      'bouton', case when l.statut_livraison = 'assignee' then 'Colis récupéré' else 'J''ai livré' end),
    pg_catalog.jsonb_build_object('livraison', livraison), cle, true);
  return true;
end
$$;
comment on function prive.faire_patienter(bigint, bigint, bigint, text, boolean, text) is
  'A courier''s first word that the customer of his delivery is absent or cannot be reached (raison): the customer is written to, once per try, else the vendor is told, and the courier asked to wait: true. False when he has been asked in this try and insists (he tapped) or says it again after ten minutes: then it is a failure. The caller holds the shop and the row.';
