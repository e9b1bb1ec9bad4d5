-- How an order is made and moved: one call each, under the caller's own rights, and the same code for whoever calls.

-- ── lines as they are asked for ──────────────────────────────────────────────────────────────────────────────────

create function prive.lire_lignes(lignes jsonb) returns table (id_produit bigint, id_variante bigint, quantite integer)
language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(lignes) is distinct from 'array' or jsonb_array_length(lignes) not between 1 and 50
    or exists (
      select from jsonb_array_elements(lignes) as l
      where jsonb_typeof(l.value) is distinct from 'object'
        -- As text a number is never in quotes, and only a number is written so.
        or coalesce((l.value -> 'id_produit')::text, '') !~ '^[1-9][0-9]{0,17}$'
        or coalesce((l.value -> 'id_variante')::text, 'null') !~ '^([1-9][0-9]{0,17}|null)$'
        or coalesce((l.value -> 'quantite')::text, '') !~ '^[1-9][0-9]{0,4}$') then
    perform prive.refuser('lignes_invalides',
      'Une commande a 1 à 50 lignes, chacune avec id_produit, au besoin id_variante, et une quantité de 1 à 10 000.');
  end if;
  return query
    select (l.value ->> 'id_produit')::bigint, (l.value ->> 'id_variante')::bigint, sum((l.value ->> 'quantite')::integer)::integer
    from jsonb_array_elements(lignes) as l
    group by 1, 2;
end
$$;
comment on function prive.lire_lignes(jsonb) is
  'Checks and reads [{ id_produit, id_variante?, quantite }]; the same article named twice is one line. Hint lignes_invalides.';

create function prive.empreinte_lignes(prospect bigint, lignes jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select md5(prospect || ' ' || string_agg(format('%s/%s x %s', l.id_produit, l.id_variante, l.quantite), ', ' order by l.id_produit, l.id_variante))
    from prive.lire_lignes(lignes) as l);
end
$$;
comment on function prive.empreinte_lignes(bigint, jsonb) is 'The same for whoever asks the same of the same prospect, in whatever order. Hint lignes_invalides.';

create function prive.verifier_lignes(vendeur uuid, lignes jsonb, stock boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ligne record;
begin
  for ligne in
    select l.quantite, p.id_produit is null or l.id_variante is not null and v.id_variante is null as inconnu,
      prive.libelle_article(p.nom_produit, v.attributs) as libelle, coalesce(v.quantite_stock, p.quantite_stock) as reste,
      l.id_variante is null and exists (select from public.variantes_produit as x where x.id_produit = p.id_produit) as variante_manque
    from prive.lire_lignes(lignes) as l
    left join public.produits as p on p.id_produit = l.id_produit and p.id_utilisateur = vendeur and p.produit_actif
    left join public.variantes_produit as v on v.id_variante = l.id_variante and v.id_produit = p.id_produit and v.variante_active
    order by l.id_produit, l.id_variante
  loop
    if ligne.quantite > 10000 then
      perform prive.refuser('lignes_invalides', 'Au plus 10 000 unités d''un même article.');
    elsif ligne.inconnu then
      perform prive.refuser('article_introuvable', 'Cet article n''est pas, ou n''est plus, dans le catalogue.');
    elsif ligne.variante_manque then
      perform prive.refuser('variante_requise', 'Précisez la taille ou la couleur : « ' || ligne.libelle || ' » existe en plusieurs variantes.');
    elsif stock and ligne.quantite > ligne.reste then
      perform prive.refuser_stock(ligne.libelle, ligne.reste, ligne.quantite);
    end if;
  end loop;
end
$$;
comment on function prive.verifier_lignes(uuid, jsonb, boolean) is
  'Refuses what cannot be ordered now: hints lignes_invalides, article_introuvable, variante_requise, and with `stock` stock_insuffisant.';

create function prive.ecrire_lignes(vendeur uuid, commande bigint, lignes jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into public.details_commande (id_utilisateur, id_commande, id_produit, id_variante, quantite_commandee)
  select vendeur, commande, l.id_produit, l.id_variante, l.quantite
  from prive.lire_lignes(lignes) as l
  order by l.id_produit, l.id_variante;
end
$$;
comment on function prive.ecrire_lignes(uuid, bigint, jsonb) is
  'Lines of an order, checked by prive.verifier_lignes, at the catalogue''s prices of now. Hint montant_trop_grand.';

create function prive.commande_en_json(commande bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id_commande', c.id_commande, 'numero_commande', c.numero_commande, 'statut_commande', c.statut_commande,
      'statut_paiement', c.statut_paiement, 'statut_livraison', c.statut_livraison,
      'date_creation', c.date_creation, 'date_confirmation', c.date_confirmation, 'date_livraison', c.date_livraison,
      'montant_total', c.montant_total, 'frais_livraison', c.frais_livraison, 'montant_a_payer', c.montant_a_payer,
      'lignes', c.articles)
    from public.commandes as c where c.id_commande = commande);
end
$$;
comment on function prive.commande_en_json(bigint) is
  '{ id_commande, numero_commande, statut_commande, statut_paiement, statut_livraison, date_creation, date_confirmation, date_livraison, montant_total, frais_livraison, montant_a_payer, lignes: [{ id_detail, id_produit, id_variante, libelle, quantite, prix_unitaire, prix_total_ligne }] }';

-- ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.commande_de_cle(vendeur uuid, cle text, empreinte text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
begin
  select v.id_commande, v.empreinte_demande into c from public.commandes as v
  where v.id_utilisateur = vendeur and v.cle_idempotence = cle;
  if not found then
    return null;
  end if;
  if c.empreinte_demande is distinct from empreinte then
    perform prive.refuser('cle_deja_utilisee', 'Cette clé est celle d''une autre commande.');
  end if;
  return prive.commande_en_json(c.id_commande) || '{"deja_creee": true}';
end
$$;
comment on function prive.commande_de_cle(uuid, text, text) is
  'The order that was made with this key, null when there is none. Hint cle_deja_utilisee when something else was asked for then.';

create function prive.inserer_commande(
  vendeur uuid, prospect bigint, conversation bigint, lignes jsonb, cle text, adresse text, telephone text, methode text,
  frais numeric, notes text, confirmer boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  empreinte constant text := prive.empreinte_lignes(prospect, lignes);
  deja jsonb;
  commande bigint;
begin
  if coalesce(length(cle), 0) not between 1 and 100 then
    perform prive.refuser('cle_invalide', 'Une commande a une clé d''idempotence de 1 à 100 caractères.');
  end if;
  if frais is null or frais not between 0 and 100000000 then
    perform prive.refuser('frais_invalides', 'Des frais de livraison sont entre 0 et 100 millions.');
  end if;
  deja := prive.commande_de_cle(vendeur, cle, empreinte);
  if deja is not null then
    return deja;
  end if;
  if conversation is not null and not exists (
    select from public.conversations as v where v.id_conversation = conversation and v.id_prospect = prospect and v.id_utilisateur = vendeur) then
    perform prive.refuser('conversation_introuvable', 'Cette conversation n''est pas celle de ce prospect.');
  end if;
  -- Once before the queue, so that who asks in vain neither waits nor makes others wait; and once when it is certain.
  perform prive.verifier_lignes(vendeur, lignes, confirmer);
  perform prive.tenir_boutique(vendeur);
  deja := prive.commande_de_cle(vendeur, cle, empreinte);
  if deja is not null then
    return deja;
  end if;
  perform prive.verifier_lignes(vendeur, lignes, confirmer);
  insert into public.commandes (id_utilisateur, id_prospect, id_conversation, cle_idempotence, empreinte_demande, adresse_livraison,
    telephone_livraison, methode_paiement, frais_livraison, notes_commande)
  values (vendeur, prospect, conversation, cle, empreinte, adresse, telephone, methode, frais, notes)
  returning id_commande into commande;
  perform prive.ecrire_lignes(vendeur, commande, lignes);
  if confirmer then
    update public.commandes set statut_commande = 'confirmee' where id_commande = commande;
  end if;
  return prive.commande_en_json(commande) || '{"deja_creee": false}';
end
$$;
comment on function prive.inserer_commande(uuid, bigint, bigint, jsonb, text, text, text, text, numeric, text, boolean) is
  'Makes an order for a vendor whom the caller has checked; see public.creer_commande. A transaction that also writes the prospect, or anything else of the vendor, does so after this (see prive.tenir_boutique).';

create function prive.creer_commande(
  prospect bigint, lignes jsonb, cle text, conversation bigint, adresse text, telephone text, methode text, frais numeric,
  notes text, confirmer boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid := (select p.id_utilisateur from public.prospects as p
    where p.id_prospect = prospect and p.id_utilisateur = any (array(select prive.mes_vendeurs('agent'))));
begin
  if vendeur is null then
    perform prive.refuser('prospect_introuvable', 'Ce prospect n''existe pas.');
  end if;
  return prive.inserer_commande(vendeur, prospect, conversation, lignes, cle, adresse, telephone, methode, frais, notes, confirmer);
end
$$;
comment on function prive.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean) is 'See public.creer_commande.';
grant execute on function prive.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean) to authenticated;

create function public.creer_commande(
  id_prospect bigint, lignes jsonb, cle_idempotence text, id_conversation bigint default null, adresse_livraison text default null,
  telephone_livraison text default null, methode_paiement text default 'paiement_livraison', frais_livraison numeric default 0,
  notes_commande text default null, confirmer boolean default false) returns jsonb
language sql volatile security invoker set search_path = ''
as $$
  select prive.creer_commande(id_prospect, lignes, cle_idempotence, id_conversation, adresse_livraison, telephone_livraison,
    methode_paiement, frais_livraison, notes_commande, confirmer)
$$;
comment on function public.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean) is
  'An agent creates an order with its lines in one call: lignes = [{ id_produit, id_variante?, quantite }], prices are the catalogue''s. confirmer: the stock is taken at once. The same key (1 to 100 characters, yours to choose, such as a uuid per form) for the same prospect and lines gives the same order again as it is now, with deja_creee true. → { id_commande, numero_commande, statut_commande, statut_paiement, statut_livraison, date_creation, date_confirmation, date_livraison, montant_total, frais_livraison, montant_a_payer, lignes, deja_creee }. Errors (P0001): hint prospect_introuvable, conversation_introuvable, lignes_invalides, article_introuvable, variante_requise, stock_insuffisant, cle_invalide, cle_deja_utilisee, methode_inconnue, frais_invalides, telephone_invalide, texte_trop_long, montant_trop_grand.';
grant execute on function public.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean) to authenticated;

create function prive.ma_commande(commande bigint) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid;
begin
  select c.id_utilisateur into vendeur from public.commandes as c
  where c.id_commande = commande and c.id_utilisateur = any (array(select prive.mes_vendeurs('agent')));
  if not found then
    perform prive.refuser('commande_introuvable', 'Cette commande n''existe pas.');
  end if;
  perform prive.tenir_boutique(vendeur);
  perform from public.commandes as c where c.id_commande = commande for no key update;
  return vendeur;
end
$$;
comment on function prive.ma_commande(bigint) is 'The vendor of an order the caller may change, his shop held and the order locked. Hint commande_introuvable.';

create function prive.remplacer_lignes(commande bigint, lignes jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid := prive.ma_commande(commande);
begin
  perform prive.verifier_lignes(vendeur, lignes, false);
  delete from public.details_commande where id_commande = commande and id_utilisateur = vendeur;
  perform prive.ecrire_lignes(vendeur, commande, lignes);
  return prive.commande_en_json(commande);
end
$$;
comment on function prive.remplacer_lignes(bigint, jsonb) is 'See public.remplacer_lignes_commande.';
grant execute on function prive.remplacer_lignes(bigint, jsonb) to authenticated;

create function public.remplacer_lignes_commande(id_commande bigint, lignes jsonb) returns jsonb
language sql volatile security invoker set search_path = ''
as $$ select prive.remplacer_lignes(id_commande, lignes) $$;
comment on function public.remplacer_lignes_commande(bigint, jsonb) is
  'An agent corrects an order that is still en_attente: the lines become these, at the prices of now. → as creer_commande, without deja_creee. Errors (P0001): hint commande_introuvable, commande_figee, lignes_invalides, article_introuvable, variante_requise, montant_trop_grand.';
grant execute on function public.remplacer_lignes_commande(bigint, jsonb) to authenticated;

-- ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.changer_statut_commande(commande bigint, statut text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.ma_commande(commande);
  if statut is null or statut not in ('en_attente', 'confirmee', 'en_preparation', 'expediee', 'livree', 'annulee', 'echec') then
    perform prive.refuser('statut_inconnu', 'Ce statut de commande n''existe pas.');
  end if;
  update public.commandes set statut_commande = statut where id_commande = commande and statut_commande <> statut;
  return prive.commande_en_json(commande);
end
$$;
comment on function prive.changer_statut_commande(bigint, text) is 'See public.changer_statut_commande.';
grant execute on function prive.changer_statut_commande(bigint, text) to authenticated;

create function public.changer_statut_commande(id_commande bigint, statut text) returns jsonb
language sql volatile security invoker set search_path = ''
as $$ select prive.changer_statut_commande(id_commande, statut) $$;
comment on function public.changer_statut_commande(bigint, text) is
  'An agent moves an order: en_attente → confirmee (the stock is taken) → en_preparation → expediee → livree, or annulee / echec (the stock comes back). The status it has already changes nothing. → the order as creer_commande tells it. Errors (P0001): hint commande_introuvable, statut_inconnu, transition_interdite, commande_vide, stock_insuffisant, variante_requise, montant_trop_grand.';
grant execute on function public.changer_statut_commande(bigint, text) to authenticated;

create function prive.changer_statut_paiement(commande bigint, statut text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.ma_commande(commande);
  if statut is null or statut not in ('en_attente', 'paye', 'echec', 'rembourse') then
    perform prive.refuser('statut_inconnu', 'Ce statut de paiement n''existe pas.');
  end if;
  update public.commandes set statut_paiement = statut where id_commande = commande and statut_paiement <> statut;
  return prive.commande_en_json(commande);
end
$$;
comment on function prive.changer_statut_paiement(bigint, text) is 'See public.changer_statut_paiement.';
grant execute on function prive.changer_statut_paiement(bigint, text) to authenticated;

create function public.changer_statut_paiement(id_commande bigint, statut text) returns jsonb
language sql volatile security invoker set search_path = ''
as $$ select prive.changer_statut_paiement(id_commande, statut) $$;
comment on function public.changer_statut_paiement(bigint, text) is
  'An agent notes a payment: en_attente → paye → rembourse, en_attente → echec, echec → en_attente or paye. → the order as creer_commande tells it. Errors (P0001): hint commande_introuvable, statut_inconnu, transition_interdite.';
grant execute on function public.changer_statut_paiement(bigint, text) to authenticated;
