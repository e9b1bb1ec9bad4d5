-- What a reply of the AI does besides speaking: it orders what the prospect said yes to, calls off, sends photos. All of it in the
-- transaction that records the reply, so that there is never the one without the other.

create function prive.montant_lisible(montant numeric, devise text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  entier constant boolean := devise in ('XOF', 'XAF') or montant = trunc(montant);
begin
  return translate(to_char(round(montant, case when entier then 0 else 2 end), case when entier then 'FM999G999G999G999G990' else 'FM999G999G999G999G990D00' end), ',.', ' ,')
    || ' ' || case when devise in ('XOF', 'XAF') then 'FCFA' else devise end;
end
$$;
comment on function prive.montant_lisible(numeric, text) is 'An amount as a person reads it: "45 000 FCFA", as functions/shared/montant.ts writes it.';

create function prive.mots_du_panier(chiffre jsonb, devise text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return nullif(concat_ws(', ',
    (select string_agg(format('%s x %s', l.value ->> 'quantite', l.value ->> 'libelle'), ', ' order by l.ordinality)
     from jsonb_array_elements(chiffre -> 'lignes') with ordinality as l),
    case when chiffre -> 'lignes' <> '[]' then 'total ' || prive.montant_lisible((chiffre ->> 'montant_total')::numeric, devise) end,
    'livraison ' || prive.montant_lisible(nullif((chiffre ->> 'frais_livraison')::numeric, 0), devise),
    case when chiffre ->> 'mode' = 'retrait' then 'retrait en boutique' else chiffre ->> 'adresse' end), '');
end
$$;
comment on function prive.mots_du_panier(jsonb, text) is 'A priced basket in one line, for the vendor; null when it is empty.';

create function service.verifier_commande(id_conversation bigint, panier jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  c record;
  chiffre jsonb;
begin
  select v.id_utilisateur, v.id_prospect, v.panier into c from public.conversations as v
  where v.id_conversation = verifier_commande.id_conversation;
  if not found then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''existe pas.');
  end if;
  chiffre := prive.chiffrer_en_dialogue(c.id_utilisateur, c.id_prospect, verifier_commande.id_conversation, prive.panier_propre(coalesce(verifier_commande.panier, c.panier)) - 'recapitulatif'
    || case when c.panier ? 'recapitulatif' then jsonb_build_object('recapitulatif', c.panier -> 'recapitulatif') else '{}' end);
  return jsonb_build_object('refus', prive.refus_de_confirmer(chiffre), 'panier', chiffre);
end
$$;
comment on function service.verifier_commande(bigint, jsonb) is
  'Whether a basket (raw; null: the conversation''s) could be ordered now: { refus: null | stock_insuffisant | incomplet | pas_recapitule, panier (priced) }. Nothing is ordered: that happens with the reply, where it is asked again. Errors (P0001): hint conversation_introuvable.';
grant execute on function service.verifier_commande(bigint, jsonb) to service_role;

-- ── ordering ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.commander_panier(vendeur uuid, prospect bigint, conversation bigint, panier jsonb, jusqu_a bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  chiffre constant jsonb := prive.chiffrer_panier(vendeur, prospect, panier);
  recap constant bigint := (panier #>> '{recapitulatif,id_message}')::bigint;
  refus text := prive.refus_de_confirmer(chiffre);
  u record;
  commande jsonb;
begin
  -- A "oui" that was written before the summary agreed to something else.
  if refus is null and (recap is null or not exists (
    select from public.messages as m where m.id_conversation = conversation and m.id_utilisateur = vendeur and m.direction_message = 'entrant'
      and m.id_message > recap and m.id_message <= jusqu_a and not m.sans_reponse)) then
    refus := 'pas_recapitule';
  end if;
  if refus is not null then
    perform prive.refuser('commande_refusee', 'Cette commande ne peut pas être confirmée : ' || refus || '.');
  end if;
  select x.devise, p.nom_complet into u
  from public.utilisateurs_fluxasync as x join public.prospects as p on p.id_utilisateur = x.id_utilisateur
  where x.id_utilisateur = vendeur and p.id_prospect = prospect;
  -- The lines that were priced: one whose article is gone from the catalogue is in the raw basket still, and was not shown.
  commande := prive.inserer_commande(vendeur, prospect, conversation, (
      select jsonb_agg(jsonb_build_object('id_produit', l.value -> 'id_produit', 'id_variante', l.value -> 'id_variante', 'quantite', l.value -> 'quantite'))
      from jsonb_array_elements(chiffre -> 'lignes') as l), format('ia:%s:%s', conversation, recap),
    case when chiffre ->> 'mode' = 'livraison' then chiffre ->> 'adresse' end, chiffre ->> 'telephone', chiffre ->> 'methode_paiement',
    (chiffre ->> 'frais_livraison')::numeric, chiffre ->> 'notes', true);
  if (commande ->> 'montant_a_payer')::numeric <> (chiffre ->> 'montant_a_payer')::numeric then
    perform prive.refuser('commande_refusee', 'Cette commande ne peut pas être confirmée : le prix a changé.');
  end if;
  if (commande ->> 'deja_creee')::boolean then
    return commande;
  end if;
  -- Where he is, if he shared it: the delivery was made with the order.
  update public.livraisons as l
  set latitude_destination = (chiffre #>> '{position,latitude}')::float8, longitude_destination = (chiffre #>> '{position,longitude}')::float8
  where chiffre -> 'position' <> 'null' and chiffre ->> 'mode' = 'livraison'
    and l.id_commande = (commande ->> 'id_commande')::bigint and l.id_utilisateur = vendeur;
  -- What he told of himself is known from now on.
  update public.commandes as c set nom_client = chiffre ->> 'nom'
  where c.id_commande = (commande ->> 'id_commande')::bigint and c.nom_client is distinct from chiffre ->> 'nom';
  update public.prospects as p
  set nom_complet = coalesce(p.nom_complet, chiffre ->> 'nom'), localisation = coalesce(p.localisation, chiffre ->> 'commune')
  where p.id_prospect = prospect and p.id_utilisateur = vendeur and (p.nom_complet is null or p.localisation is null);
  perform prive.notifier_evenement(vendeur, 'commande', 'commande:' || (commande ->> 'id_commande'), jsonb_build_object(
      'client', coalesce(chiffre ->> 'nom', 'Un client'), 'articles', prive.mots_du_panier(chiffre, u.devise),
      'montant', prive.montant_lisible((chiffre ->> 'montant_a_payer')::numeric, u.devise), 'numero', commande ->> 'numero_commande'),
    'commande', (commande ->> 'id_commande')::bigint);
  return commande;
end
$$;
comment on function prive.commander_panier(uuid, bigint, bigint, jsonb, bigint) is
  'The order of a basket the prospect said yes to: order, lines, stock, counters, delivery, the vendor''s notification, once per summary. → prive.commande_en_json and deja_creee. Hint commande_refusee (and why), and those of prive.inserer_commande.';

create function prive.commande_annulable(statut_commande text, statut_livraison text) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return statut_commande in ('en_attente', 'confirmee') and coalesce(statut_livraison, 'a_assigner') in ('a_assigner', 'sans_livreur');
end
$$;
comment on function prive.commande_annulable(text, text) is 'Whether its customer may still call an order off by himself: it is not being packed, and no courier has it.';

create function prive.annuler_pour_prospect(vendeur uuid, prospect bigint, conversation bigint, commande bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
begin
  select x.numero_commande, x.statut_commande, x.statut_livraison, x.nom_client into c from public.commandes as x
  where x.id_commande = commande and x.id_prospect = prospect and x.id_utilisateur = vendeur for no key update;
  if not found or not (prive.commande_annulable(c.statut_commande, c.statut_livraison) or c.statut_commande = 'annulee') then
    perform prive.refuser('commande_refusee', 'Cette commande ne peut plus être annulée.');
  end if;
  if c.statut_commande = 'annulee' then
    return;
  end if;
  update public.commandes set statut_commande = 'annulee' where id_commande = commande;
  perform prive.notifier_evenement(vendeur, 'commande_annulee', 'commande_annulee:' || commande,
    jsonb_build_object('client', coalesce(c.nom_client, 'Le client'), 'numero', c.numero_commande), 'commande', commande);
end
$$;
comment on function prive.annuler_pour_prospect(uuid, bigint, bigint, bigint) is
  'Its customer calls an order off: the stock comes back, the vendor is told. Hint commande_refusee when it is not his, or too late.';

-- ── with the reply ───────────────────────────────────────────────────────────────────────────────────────────────

create function prive.appliquer_effets(vendeur uuid, prospect bigint, conversation bigint, avant jsonb, effets jsonb, jusqu_a bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What was shown is known from the database alone.
  panier jsonb := prive.panier_propre(case when jsonb_typeof(effets -> 'panier') = 'object' then effets -> 'panier' else avant end) - 'recapitulatif'
    || case when avant ? 'recapitulatif' then jsonb_build_object('recapitulatif', avant -> 'recapitulatif') else '{}' end;
  commande jsonb;
  attente record;
begin
  if coalesce((effets ->> 'desabonner')::boolean, false) then
    perform prive.noter_preference(vendeur, prospect, true, prive.maintenant());
  end if;
  for attente in
    select a.id_produit, a.id_variante from jsonb_to_recordset(coalesce(nullif(effets -> 'prevenir_retour', 'null'), '[]'))
      as a (id_produit bigint, id_variante bigint) limit 20
  loop
    perform prive.attendre_stock(vendeur, prospect, attente.id_produit, attente.id_variante);
  end loop;
  if (effets ->> 'annuler')::bigint is not null then
    perform prive.annuler_pour_prospect(vendeur, prospect, conversation, (effets ->> 'annuler')::bigint);
  end if;
  if coalesce((effets ->> 'confirmer')::boolean, false) then
    commande := prive.commander_panier(vendeur, prospect, conversation, panier, jusqu_a);
    -- Who orders again need not tell again who he is and where he lives: the next summary shows it.
    panier := panier - array['lignes', 'recapitulatif', 'notes'];
  end if;
  return jsonb_build_object('panier', panier, 'numero_commande', commande ->> 'numero_commande');
end
$$;
comment on function prive.appliquer_effets(uuid, bigint, bigint, jsonb, jsonb, bigint) is
  'What a reply does (the type Effets of functions/conversation/modele-ia.ts), before its words are written: { panier: the basket to keep, numero_commande: of the order that was made, or null }. Hint commande_refusee, and those of prive.inserer_commande. The caller holds the shop when something is ordered or called off.';

create function prive.oublier_paniers(limite integer default 5000) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  nombre integer;
begin
  with vieux as (
    select c.id_conversation from public.conversations as c
    where c.activite_le < prive.maintenant() - interval '7 days' and c.panier ?| array['lignes', 'recapitulatif']
    limit limite for no key update skip locked)
  update public.conversations as c set panier = c.panier - array['lignes', 'recapitulatif', 'notes']
  from vieux as v where c.id_conversation = v.id_conversation;
  get diagnostics nombre = row_count;
  return nombre;
end
$$;
comment on function prive.oublier_paniers(integer) is
  'Empties the baskets of prospects who have said nothing for a week: who comes back begins anew, and does not find in his summary what he wanted then. Who he is and where he lives stays. How many.';
select cron.schedule('oublier-paniers', '37 3 * * *', 'select prive.oublier_paniers()');

create function prive.photos_du_produit(vendeur uuid, produit bigint) returns text[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select array_agg(u.url order by u.rang) from public.produits as p
    cross join unnest(p.urls_images) with ordinality as u (url, rang)
    where p.id_produit = produit and p.id_utilisateur = vendeur and p.produit_actif and u.rang <= 3 and u.url ~ '^https://\S+$' and length(u.url) <= 2000);
end
$$;
comment on function prive.photos_du_produit(uuid, bigint) is 'The links of the first three photos of a product that WhatsApp can fetch; null when there is none.';

-- ── what the tools read ──────────────────────────────────────────────────────────────────────────────────────────

create function service.lire_produit(id_conversation bigint, id_produit bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('id_produit', p.id_produit, 'nom_produit', p.nom_produit, 'categorie_produit', p.categorie_produit,
      'description_produit', p.description_produit, 'prix_unitaire', p.prix_unitaire, 'quantite_stock', p.quantite_stock,
      'attributs', coalesce((select jsonb_object_agg(t.key, t.value) from jsonb_each_text(p.attributs) as t where t.value is not null), '{}'),
      'photos', coalesce(cardinality(prive.photos_du_produit(p.id_utilisateur, p.id_produit)), 0),
      'variantes', prive.variantes_trouvees(p.id_produit, p.prix_unitaire))
    from public.conversations as c
    join public.produits as p on p.id_utilisateur = c.id_utilisateur and p.id_produit = lire_produit.id_produit and p.produit_actif
    where c.id_conversation = lire_produit.id_conversation);
end
$$;
comment on function service.lire_produit(bigint, bigint) is
  'One product of the conversation''s vendor in full: { id_produit, nom_produit, categorie_produit, description_produit, prix_unitaire, quantite_stock, attributs, photos: how many can be sent, variantes as in chercher_produits }. Null when it is no active product of his. Raises no error of its own.';
grant execute on function service.lire_produit(bigint, bigint) to service_role;

create function service.lire_commandes(id_conversation bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(x.commande order by x.id_commande desc), '[]') from (
      select k.id_commande, jsonb_build_object(
        'id_commande', k.id_commande, 'numero_commande', k.numero_commande, 'statut_commande', k.statut_commande,
        'statut_livraison', k.statut_livraison, 'statut_paiement', k.statut_paiement, 'montant_total', k.montant_total,
        'frais_livraison', k.frais_livraison, 'montant_a_payer', k.montant_a_payer, 'adresse_livraison', k.adresse_livraison,
        'lignes', (select coalesce(jsonb_agg(jsonb_build_object('libelle', l.value -> 'libelle', 'quantite', l.value -> 'quantite',
            'prix_unitaire', l.value -> 'prix_unitaire', 'prix_total_ligne', l.value -> 'prix_total_ligne') order by l.ordinality), '[]')
          from jsonb_array_elements(k.articles) with ordinality as l),
        'date_livraison', prive.jour_en_francais((d.date_livraison_prevue at time zone u.fuseau_horaire)::date,
          (prive.maintenant() at time zone u.fuseau_horaire)::date),
        'livreur', v.nom_complet_livreur,
        'annulable', prive.commande_annulable(k.statut_commande, k.statut_livraison), 'le', k.date_creation) as commande
      from public.conversations as c
      join public.utilisateurs_fluxasync as u on u.id_utilisateur = c.id_utilisateur
      join public.commandes as k on k.id_prospect = c.id_prospect and k.id_utilisateur = c.id_utilisateur
      left join public.livraisons as d on d.id_commande = k.id_commande and d.id_utilisateur = k.id_utilisateur and d.statut_livraison <> 'annulee'
      left join public.livreurs as v on v.id_livreur = d.id_livreur and v.id_utilisateur = d.id_utilisateur
      where c.id_conversation = lire_commandes.id_conversation
      order by k.id_commande desc limit 5) as x);
end
$$;
comment on function service.lire_commandes(bigint) is
  'The last five orders of the conversation''s prospect at its vendor, newest first: the type CommandeLue of functions/conversation/modele-ia.ts; nobody else''s. Raises no error of its own.';
grant execute on function service.lire_commandes(bigint) to service_role;

create function service.verifier_annulation(id_conversation bigint, id_commande bigint) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  k record;
begin
  select x.statut_commande, x.statut_livraison into k
  from public.conversations as c
  join public.commandes as x on x.id_prospect = c.id_prospect and x.id_utilisateur = c.id_utilisateur
  where c.id_conversation = verifier_annulation.id_conversation and x.id_commande = verifier_annulation.id_commande;
  return case when not found then 'commande_introuvable' when not prive.commande_annulable(k.statut_commande, k.statut_livraison) then 'non_annulable' end;
end
$$;
comment on function service.verifier_annulation(bigint, bigint) is
  'Whether the conversation''s prospect may call this order off by himself: null, or commande_introuvable, non_annulable. Nothing happens yet: that is done with the reply. Raises no error of its own.';
grant execute on function service.verifier_annulation(bigint, bigint) to service_role;

create function service.lire_boutique(id_conversation bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  u record;
begin
  select x.*, prive.maintenant() at time zone x.fuseau_horaire as ici into u
  from public.conversations as c join public.utilisateurs_fluxasync as x on x.id_utilisateur = c.id_utilisateur
  where c.id_conversation = lire_boutique.id_conversation;
  return jsonb_build_object(
    'nom_entreprise', u.nom_entreprise, 'adresse', u.adresse_recuperation, 'retrait_possible', u.retrait_possible,
    'moyens_paiement', to_jsonb(u.moyens_paiement),
    'horaires', coalesce((
      select jsonb_agg(j.jour || ' : ' || coalesce(nullif(array_to_string(p.plages, ', '), ''), 'fermé') order by j.rang)
      from unnest(array['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche']) with ordinality as j (jour, rang)
      -- A week that begins with a Monday.
      cross join lateral prive.plages_du_jour(u.heures_ouverture, date '2024-01-01' + j.rang::integer - 1) as p (plages)
      where p.plages is not null), '[]'),
    'ouverte', prive.ouverte_a(u.heures_ouverture, u.ici),
    'politiques', coalesce((select jsonb_object_agg(t.key, t.value) from jsonb_each_text(u.politiques) as t where t.value ~ '\S'), '{}'),
    'zones', coalesce((
      select jsonb_agg(jsonb_build_object('nom', z.nom_zone, 'frais', z.frais_livraison,
        'delai', case z.delai_jours when 0 then 'le jour même' when 1 then 'le lendemain' else 'sous ' || z.delai_jours || ' jours' end) order by z.frais_livraison, z.nom_zone)
      from (select * from public.zones_livraison as x where x.id_utilisateur = u.id_utilisateur and x.zone_active
            order by x.frais_livraison, x.nom_zone limit 30) as z), '[]'));
end
$$;
comment on function service.lire_boutique(bigint) is
  'What the conversation''s vendor says of his shop: the type Boutique of functions/conversation/modele-ia.ts (hours, address, payments, policies, delivery zones). Raises no error of its own.';
grant execute on function service.lire_boutique(bigint) to service_role;
