-- The basket of a dialogue: what the prospect wants, where it goes, what it costs. Kept in conversations.panier; changed on a copy while
-- an engine thinks, and stored with the reply that speaks of it.
-- Raw form: { lignes: [{ id_produit, id_variante, quantite }], mode, adresse, position: { latitude, longitude }, nom, telephone,
-- methode_paiement, notes, recapitulatif: { empreinte, id_message } }.

create function prive.panier_propre(panier jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  -- A shape that is not ours is no basket: what an engine hands back is not trusted more than a stranger.
  return coalesce((
    select jsonb_object_agg(c.key, c.value) from jsonb_each(case when jsonb_typeof(panier) = 'object' then panier else '{}' end) as c
    where c.value <> 'null' and case c.key
      when 'lignes' then jsonb_typeof(c.value) = 'array' and jsonb_array_length(c.value) between 1 and 20 and not exists (
        select from jsonb_array_elements(c.value) as l
        where jsonb_typeof(l.value) <> 'object' or coalesce((l.value -> 'id_produit')::text, '') !~ '^[1-9][0-9]{0,17}$'
          or coalesce((l.value -> 'id_variante')::text, 'null') !~ '^([1-9][0-9]{0,17}|null)$'
          or coalesce((l.value -> 'quantite')::text, '') !~ '^[1-9][0-9]{0,4}$' or (l.value ->> 'quantite')::integer > 10000)
        -- Each article once: an order would take the sum, of which nobody has looked whether it is there.
        and not exists (select from jsonb_array_elements(c.value) as l group by l.value ->> 'id_produit', l.value ->> 'id_variante' having count(*) > 1)
      when 'mode' then c.value in ('"livraison"', '"retrait"')
      when 'adresse' then prive.texte_entre(c.value, 1, 500)
      when 'nom' then prive.texte_entre(c.value, 1, 100)
      when 'telephone' then c.value #>> '{}' ~ '^\+[1-9][0-9]{7,14}$'
      when 'notes' then prive.texte_entre(c.value, 1, 500)
      when 'methode_paiement' then c.value #>> '{}' in ('paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire')
      when 'position' then jsonb_typeof(c.value -> 'latitude') = 'number' and jsonb_typeof(c.value -> 'longitude') = 'number'
        and (c.value ->> 'latitude')::numeric between -90 and 90 and (c.value ->> 'longitude')::numeric between -180 and 180
      when 'recapitulatif' then jsonb_typeof(c.value -> 'empreinte') = 'string' and coalesce((c.value -> 'id_message')::text, '') ~ '^[1-9][0-9]{0,17}$'
      else false end), '{}');
end
$$;
comment on function prive.panier_propre(jsonb) is 'A basket with what is of its shape alone; everything else is left out.';

-- ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.chiffrer_lignes(vendeur uuid, lignes jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id_produit', x.id_produit, 'id_variante', x.id_variante, 'nom_produit', x.nom_produit, 'attributs', x.attributs, 'libelle', x.libelle,
      'quantite', x.quantite, 'prix_unitaire', x.prix_unitaire, 'montant', x.quantite * x.prix_unitaire, 'quantite_stock', x.reste,
      'disponible', x.en_vente and not x.variante_manque and x.quantite <= x.reste,
      'probleme', case when not x.en_vente then 'retire' when x.variante_manque then 'variante_requise'
        when x.reste = 0 then 'epuise' when x.quantite > x.reste then 'insuffisant' end) order by x.rang), '[]')
    from (
      select l.rang, (l.ligne ->> 'id_produit')::bigint as id_produit, v.id_variante, (l.ligne ->> 'quantite')::integer as quantite,
        p.nom_produit, prive.libelle_article(p.nom_produit, v.attributs) as libelle,
        coalesce((select jsonb_object_agg(t.key, t.value) from jsonb_each_text(v.attributs) as t where t.value is not null), '{}') as attributs,
        coalesce(v.prix_unitaire, p.prix_unitaire) as prix_unitaire, coalesce(v.quantite_stock, p.quantite_stock) as reste,
        p.produit_actif and coalesce(v.variante_active, true) as en_vente,
        v.id_variante is null and exists (select from public.variantes_produit as w where w.id_produit = p.id_produit) as variante_manque
      from jsonb_array_elements(lignes) with ordinality as l (ligne, rang)
      -- An article that is gone is gone from the basket too; one that is no longer sold is shown as such.
      join public.produits as p on p.id_produit = (l.ligne ->> 'id_produit')::bigint and p.id_utilisateur = vendeur
      left join public.variantes_produit as v
        on v.id_produit = p.id_produit and v.id_utilisateur = vendeur and v.id_variante = (l.ligne ->> 'id_variante')::bigint
      where l.ligne ->> 'id_variante' is null or v.id_variante is not null) as x);
end
$$;
comment on function prive.chiffrer_lignes(uuid, jsonb) is
  'Lines of a basket at the prices and the stock of now: the type LignePanier of functions/conversation/modele-ia.ts.';

create function prive.recapitulatif_tient(vendeur uuid, panier jsonb) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from public.messages as r
    where r.id_message = (panier #>> '{recapitulatif,id_message}')::bigint and r.id_utilisateur = vendeur and r.statut_livraison <> 'echec'
      -- After a person's words a "oui" is said to him.
      and not exists (select from public.messages as m
        where m.id_conversation = r.id_conversation and m.id_utilisateur = vendeur and m.id_message > r.id_message
          and m.direction_message = 'sortant' and not m.genere_par_ia and m.statut_livraison <> 'echec'));
end
$$;
comment on function prive.recapitulatif_tient(uuid, jsonb) is
  'Whether the summary a basket names is still what was said last about it: it did not fail to reach the prospect, and no person has written since.';

create function prive.chiffrer_panier(vendeur uuid, prospect bigint, panier jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  p constant jsonb := prive.panier_propre(panier);
  lignes constant jsonb := case when p ? 'lignes' then prive.chiffrer_lignes(vendeur, p -> 'lignes') else '[]' end;
  mode text := p ->> 'mode';
  total numeric;
  nombre integer;
  qui record;
  frais numeric;
  jour date;
  commune text;
  methode text;
  nom text;
  telephone text;
  manque text[] := '{}';
  empreinte text;
begin
  select coalesce(sum((l.value ->> 'montant')::numeric), 0), coalesce(sum((l.value ->> 'quantite')::integer), 0) into total, nombre
  from jsonb_array_elements(lignes) as l;
  select x.nom_complet, coalesce(x.numero_whatsapp, x.numero_telephone) as numero, u.moyens_paiement, u.retrait_possible,
    u.fuseau_horaire into qui
  from public.utilisateurs_fluxasync as u
  left join public.prospects as x on x.id_prospect = prospect and x.id_utilisateur = vendeur
  where u.id_utilisateur = vendeur;
  if mode = 'retrait' and not qui.retrait_possible then
    mode := null;
  end if;
  if mode = 'retrait' then
    frais := 0;
  elsif p ? 'adresse' then
    select l.frais, l.commune, l.jour into frais, commune, jour from prive.livrer_a(vendeur, p ->> 'adresse') as l;
  end if;
  methode := case when p ->> 'methode_paiement' = any (qui.moyens_paiement) then p ->> 'methode_paiement'
    when cardinality(qui.moyens_paiement) = 1 then qui.moyens_paiement[1] end;
  -- The profile's name will do when it looks like one.
  nom := coalesce(p ->> 'nom', case when qui.nom_complet ~ '^\s*[[:alpha:]]{2}' then left(btrim(qui.nom_complet), 100) end);
  telephone := coalesce(p ->> 'telephone', qui.numero);
  if nombre = 0 or exists (select from jsonb_array_elements(lignes) as l where l.value -> 'probleme' <> 'null') then
    manque := manque || 'article'::text;
  end if;
  if mode is distinct from 'retrait' then
    if not p ? 'adresse' then
      manque := manque || 'adresse'::text;
    elsif frais is null then
      manque := manque || 'frais'::text;
    end if;
  end if;
  if nom is null then
    manque := manque || 'nom'::text;
  end if;
  if telephone is null then
    manque := manque || 'telephone'::text;
  end if;
  if methode is null then
    manque := manque || 'paiement'::text;
  end if;
  empreinte := md5(jsonb_build_array((
      select jsonb_agg(jsonb_build_array(l.value -> 'id_produit', l.value -> 'id_variante', l.value -> 'quantite', (l.value ->> 'prix_unitaire')::numeric)
        order by l.value ->> 'id_produit', l.value ->> 'id_variante')
      from jsonb_array_elements(lignes) as l), frais, jour, coalesce(mode, 'livraison'), p ->> 'adresse', methode)::text);
  return jsonb_build_object(
    'lignes', lignes, 'nombre_articles', nombre, 'montant_total', total,
    'mode', coalesce(mode, case when p ? 'adresse' then 'livraison' end), 'adresse', p -> 'adresse', 'position', p -> 'position',
    'commune', commune, 'frais_livraison', frais,
    'date_livraison', prive.jour_en_francais(jour, (prive.maintenant() at time zone qui.fuseau_horaire)::date),
    'montant_a_payer', total + frais, 'nom', nom, 'telephone', telephone, 'methode_paiement', methode, 'notes', p -> 'notes',
    'manque', to_jsonb(manque), 'empreinte', empreinte,
    'recapitule', manque = '{}' and coalesce(p #>> '{recapitulatif,empreinte}' = empreinte, false) and prive.recapitulatif_tient(vendeur, p));
end
$$;
comment on function prive.chiffrer_panier(uuid, bigint, jsonb) is
  'A basket at the prices, stock, fees and days of now: the type PanierChiffre of functions/conversation/modele-ia.ts. Amounts are the vendor''s currency. manque: what an order still needs, in the order in which one asks (article, adresse, frais, nom, telephone, paiement). empreinte changes with whatever a "oui" agrees to: lines, prices, fee, day, place, payment.';

create function prive.chiffrer_en_dialogue(vendeur uuid, prospect bigint, conversation bigint, panier jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  chiffre constant jsonb := prive.chiffrer_panier(vendeur, prospect, panier);
begin
  if (chiffre ->> 'recapitule')::boolean and not exists (
    select from public.messages as m where m.id_conversation = conversation and m.id_utilisateur = vendeur and m.direction_message = 'entrant'
      and m.id_message > (panier #>> '{recapitulatif,id_message}')::bigint and not m.sans_reponse) then
    return chiffre || '{"recapitule": false}';
  end if;
  return chiffre;
end
$$;
comment on function prive.chiffrer_en_dialogue(uuid, bigint, bigint, jsonb) is
  'As prive.chiffrer_panier, for an engine: recapitule only when the prospect has written since he was shown it. A "oui" that crossed the summary on its way answered something else.';

-- ── changing it ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.mettre_au_panier(vendeur uuid, panier jsonb, produit bigint, variante bigint, quantite integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  article jsonb;
  libelle text;
  lignes jsonb := coalesce(panier -> 'lignes', '[]');
  ligne jsonb;
begin
  if quantite is null or quantite not between 1 and 10000 then
    perform prive.refuser('quantite_invalide', 'Une quantité est entre 1 et 10 000.');
  end if;
  ligne := jsonb_build_object('id_produit', produit, 'id_variante', variante, 'quantite', quantite);
  article := prive.chiffrer_lignes(vendeur, jsonb_build_array(ligne)) -> 0;
  libelle := article ->> 'libelle';
  if article is null or article ->> 'probleme' = 'retire' then
    perform prive.refuser('article_introuvable', 'Cet article n''est pas, ou n''est plus, dans le catalogue.');
  elsif article ->> 'probleme' = 'variante_requise' then
    perform prive.refuser('variante_requise', 'Précisez la taille ou la couleur : « ' || libelle || ' » existe en plusieurs variantes.');
  elsif article ->> 'probleme' in ('epuise', 'insuffisant') then
    perform prive.refuser_stock(libelle, (article ->> 'quantite_stock')::integer, quantite);
  end if;
  if exists (select from jsonb_array_elements(lignes) as l
             where (l.value ->> 'id_produit')::bigint = produit and (l.value ->> 'id_variante')::bigint is not distinct from variante) then
    lignes := (
      select jsonb_agg(case when (l.value ->> 'id_produit')::bigint = produit and (l.value ->> 'id_variante')::bigint is not distinct from variante
        then ligne else l.value end order by l.ordinality)
      from jsonb_array_elements(lignes) with ordinality as l);
  elsif jsonb_array_length(lignes) >= 20 then
    perform prive.refuser('panier_plein', 'Un panier a au plus 20 articles différents.');
  else
    lignes := lignes || ligne;
  end if;
  -- No order takes more: better said now than at the "oui".
  if (select sum((l.value ->> 'montant')::numeric) from jsonb_array_elements(prive.chiffrer_lignes(vendeur, lignes)) as l) > 9000000000 then
    perform prive.refuser('montant_trop_grand', 'Le total d''une commande ne peut pas dépasser 9 milliards.');
  end if;
  return panier || jsonb_build_object('lignes', lignes);
end
$$;
comment on function prive.mettre_au_panier(uuid, jsonb, bigint, bigint, integer) is
  'The basket with so many of an article, whatever it had of it. Hints quantite_invalide, article_introuvable, variante_requise, stock_insuffisant, panier_plein, montant_trop_grand.';

create function prive.completer_panier(vendeur uuid, panier jsonb, donnees jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  qui record;
  complet jsonb := panier;
  texte text;
  numero constant text := donnees ->> 'telephone';
begin
  select u.retrait_possible, u.moyens_paiement into qui from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur;
  if donnees ? 'adresse' then
    texte := btrim(regexp_replace(donnees ->> 'adresse', '\s+', ' ', 'g'));
    if coalesce(prive.longueur_meta(texte), 0) not between 1 and 500 then
      perform prive.refuser('adresse_trop_longue', 'Une adresse a de 1 à 500 caractères.');
    end if;
    complet := complet || jsonb_build_object('adresse', texte, 'mode', 'livraison');
  end if;
  if donnees ? 'position' then
    complet := complet || jsonb_build_object('position', donnees -> 'position', 'mode', 'livraison');
  end if;
  if donnees ->> 'mode' = 'retrait' then
    if not qui.retrait_possible then
      perform prive.refuser('retrait_impossible', 'Cette boutique livre seulement.');
    end if;
    complet := complet || '{"mode": "retrait"}';
  elsif donnees ->> 'mode' = 'livraison' then
    complet := complet || '{"mode": "livraison"}';
  end if;
  if donnees ? 'methode_paiement' then
    if not coalesce(donnees ->> 'methode_paiement' = any (qui.moyens_paiement), false) then
      perform prive.refuser('methode_refusee', 'Cette boutique n''accepte pas ce moyen de paiement.');
    end if;
    complet := complet || jsonb_build_object('methode_paiement', donnees -> 'methode_paiement');
  end if;
  if donnees ? 'telephone' then
    texte := prive.telephone_chez(vendeur, numero);
    if texte is null then
      perform prive.refuser('telephone_invalide', 'Ce numéro de téléphone n''est pas valable : ' || left(coalesce(numero, ''), 40));
    end if;
    complet := complet || jsonb_build_object('telephone', texte);
  end if;
  if donnees ? 'nom' then
    complet := complet || jsonb_build_object('nom', left(btrim(regexp_replace(donnees ->> 'nom', '\s+', ' ', 'g')), 100));
  end if;
  if donnees ? 'notes' then
    complet := complet || jsonb_build_object('notes', left(btrim(donnees ->> 'notes'), 500));
  end if;
  return complet;
end
$$;
comment on function prive.completer_panier(uuid, jsonb, jsonb) is
  'The basket with what else an order needs: { nom?, telephone?, mode?, adresse?, position?, methode_paiement?, notes? }. Hints adresse_trop_longue, retrait_impossible, methode_refusee, telephone_invalide.';

create function prive.changer_panier(vendeur uuid, panier jsonb, changement jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  p jsonb := prive.panier_propre(panier);
begin
  if changement ->> 'action' in ('mettre', 'retirer') and coalesce((changement -> 'id_produit')::text, '') ~ '^[1-9][0-9]{0,17}$'
    and coalesce((changement -> 'id_variante')::text, 'null') ~ '^([1-9][0-9]{0,17}|null)$' then
    if changement ->> 'action' = 'mettre' then
      return prive.mettre_au_panier(vendeur, p, (changement ->> 'id_produit')::bigint, (changement ->> 'id_variante')::bigint,
        case when (changement -> 'quantite')::text ~ '^[0-9]{1,5}$' then (changement ->> 'quantite')::integer end);
    end if;
    return prive.panier_propre(p || jsonb_build_object('lignes', coalesce((
      select jsonb_agg(l.value order by l.ordinality) from jsonb_array_elements(coalesce(p -> 'lignes', '[]')) with ordinality as l
      where (l.value ->> 'id_produit')::bigint <> (changement ->> 'id_produit')::bigint
        or (l.value ->> 'id_variante')::bigint is distinct from (changement ->> 'id_variante')::bigint), '[]')));
  elsif changement ->> 'action' = 'vider' then
    return p - 'lignes';
  elsif changement ->> 'action' = 'completer' then
    return prive.panier_propre(prive.completer_panier(vendeur, p, changement));
  end if;
  perform prive.refuser('changement_invalide', 'Ce changement du panier n''existe pas.');
end
$$;
comment on function prive.changer_panier(uuid, jsonb, jsonb) is
  'One change of a basket: the type ChangementPanier of functions/conversation/modele-ia.ts. Hints as prive.mettre_au_panier and prive.completer_panier, and changement_invalide.';

create function service.modifier_panier(id_conversation bigint, panier jsonb, changement jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  c record;
  avant jsonb;
  apres jsonb;
  code text;
  phrase text;
begin
  select v.id_utilisateur, v.id_prospect, v.panier into c from public.conversations as v
  where v.id_conversation = modifier_panier.id_conversation;
  if not found then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''existe pas.');
  end if;
  avant := prive.panier_propre(coalesce(modifier_panier.panier, c.panier));
  begin
    apres := prive.changer_panier(c.id_utilisateur, avant, changement);
  exception when raise_exception then
    get stacked diagnostics code = pg_exception_hint, phrase = message_text;
    apres := avant;
  end;
  return jsonb_build_object('brut', apres, 'panier', prive.chiffrer_en_dialogue(c.id_utilisateur, c.id_prospect, modifier_panier.id_conversation, apres),
    'refus', case when code is not null then jsonb_build_object('code', code, 'phrase', phrase) end);
end
$$;
comment on function service.modifier_panier(bigint, jsonb, jsonb) is
  'What a basket (raw; null: the conversation''s) becomes by one change: { brut, panier (priced), refus: { code, phrase } or null, nothing changed then }. Nothing is stored: that happens with the reply (service.enregistrer_reponses). Errors (P0001): hint conversation_introuvable.';
grant execute on function service.modifier_panier(bigint, jsonb, jsonb) to service_role;

create function prive.refus_de_confirmer(chiffre jsonb) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return case
    when exists (select from jsonb_array_elements(chiffre -> 'lignes') as l where l.value ->> 'probleme' in ('epuise', 'insuffisant')) then 'stock_insuffisant'
    when chiffre -> 'manque' <> '[]' then 'incomplet'
    when not (chiffre ->> 'recapitule')::boolean then 'pas_recapitule' end;
end
$$;
comment on function prive.refus_de_confirmer(jsonb) is 'Why a priced basket cannot be ordered now: stock_insuffisant, incomplet, pas_recapitule (never shown as it is now), null when it can.';
