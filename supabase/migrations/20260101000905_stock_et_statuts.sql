-- What an order does when it moves: it takes stock and gives it back, goes forward only, and makes a client of a prospect.

-- ── stock ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.refuser_stock(libelle text, reste integer, voulu integer) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  perform prive.refuser('stock_insuffisant', case when reste = 0
    then format('« %s » est épuisé.', libelle)
    else format('Il ne reste que %s « %s », %s demandés.', reste, libelle, voulu) end);
end
$$;
comment on function prive.refuser_stock(text, integer, integer) is 'Refuses (hint stock_insuffisant) and says what is left.';

create function prive.verifier_stock(commande bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  manque record;
begin
  select d.libelle, d.quantite_commandee, coalesce(v.quantite_stock, p.quantite_stock) as reste,
    d.id_variante is null and exists (select from public.variantes_produit as x where x.id_produit = d.id_produit) as variante_manque
  into manque
  from public.details_commande as d
  join public.produits as p on p.id_produit = d.id_produit
  left join public.variantes_produit as v on v.id_variante = d.id_variante
  where d.id_commande = commande and (d.quantite_commandee > coalesce(v.quantite_stock, p.quantite_stock)
    or d.id_variante is null and exists (select from public.variantes_produit as x where x.id_produit = d.id_produit))
  order by d.id_detail limit 1;
  if manque.variante_manque then
    perform prive.refuser('variante_requise', 'Précisez la taille ou la couleur : « ' || manque.libelle || ' » existe en plusieurs variantes.');
  elsif found then
    perform prive.refuser_stock(manque.libelle, manque.reste, manque.quantite_commandee);
  end if;
end
$$;
comment on function prive.verifier_stock(bigint) is
  'Refuses when a line of the order wants more than there is now (hint stock_insuffisant), or when its product got variants since (variante_requise).';

create function prive.bouger_stock(commande bigint, sens integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Who moves a status has done so already, before he locked the order's row.
  perform prive.tenir_boutique((select c.id_utilisateur from public.commandes as c where c.id_commande = commande));
  -- All variants by id, then all products by id: for writers that do not hold the shop (a changed variant locks its product after it).
  perform from public.variantes_produit as v
  where v.id_variante in (select d.id_variante from public.details_commande as d where d.id_commande = commande)
  order by v.id_variante for no key update;
  perform from public.produits as p
  where p.id_produit in (select d.id_produit from public.details_commande as d where d.id_commande = commande)
  order by p.id_produit for no key update;
  if sens < 0 then
    perform prive.verifier_stock(commande);
  end if;
  -- What comes back never exceeds what a stock may be: a cancellation is never refused for that.
  update public.variantes_produit as v set quantite_stock = least(v.quantite_stock + sens * d.quantite_commandee, 10000000)
  from public.details_commande as d where d.id_commande = commande and v.id_variante = d.id_variante;
  update public.produits as p set quantite_stock = least(p.quantite_stock + sens * d.quantite_commandee, 2000000000)
  from public.details_commande as d where d.id_commande = commande and d.id_variante is null and p.id_produit = d.id_produit
    -- Sold when it had no variants: there is no stock of its own any more to give back to.
    and not exists (select from public.variantes_produit as v where v.id_produit = p.id_produit);
end
$$;
comment on function prive.bouger_stock(bigint, integer) is
  'Takes (-1) or gives back (1) the stock of an order''s lines, under locks that are always taken in the same order. Hints stock_insuffisant, variante_requise.';

create function prive.tg_catalogue__boutique() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  vendeur uuid;
begin
  for vendeur in select v from prive.mes_vendeurs('gestionnaire') as v order by v loop
    perform prive.tenir_boutique(vendeur);
  end loop;
  return null;
end
$$;
comment on function prive.tg_catalogue__boutique() is
  'Before a person writes the catalogue: he holds his shop. One statement may change many articles, and takes their rows as it finds them; an order takes them by id. Functions of the service that write several articles call prive.tenir_boutique themselves.';
create trigger tg_produits__boutique before update or delete on public.produits
  for each statement when (pg_trigger_depth() = 0) execute function prive.tg_catalogue__boutique();
create trigger tg_variantes_produit__boutique before insert or update or delete on public.variantes_produit
  for each statement when (pg_trigger_depth() = 0) execute function prive.tg_catalogue__boutique();

create function prive.tg_catalogue__vendu() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select from public.details_commande as d
    where d.id_utilisateur = old.id_utilisateur and d.id_produit = old.id_produit
      and (tg_table_name = 'produits' or d.id_variante = (to_jsonb(old) ->> 'id_variante')::bigint)) then
    perform prive.refuser('article_vendu', 'Cet article est dans des commandes : désactivez-le au lieu de le supprimer.');
  end if;
  return old;
end
$$;
comment on function prive.tg_catalogue__vendu() is
  'Before an article is deleted: what is in an order stays (hint article_vendu), unless the vendor himself goes. The foreign keys would refuse it too, in no words for people.';
create trigger tg_produits__vendu before delete on public.produits
  for each row when (pg_trigger_depth() = 0) execute function prive.tg_catalogue__vendu();
create trigger tg_variantes_produit__vendu before delete on public.variantes_produit
  for each row when (pg_trigger_depth() = 0) execute function prive.tg_catalogue__vendu();

-- ── statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_commandes__statut_en_avant() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  chemin constant text[] := array['en_attente', 'confirmee', 'en_preparation', 'expediee', 'livree'];
  avant constant integer := array_position(chemin, old.statut_commande);
  apres constant integer := array_position(chemin, new.statut_commande);
begin
  if avant is null or avant = 5 or (apres is not null and (apres < avant or (avant = 1 and apres <> 2))) then
    perform prive.refuser('transition_interdite', format(
      'Une commande %s ne peut pas devenir %s.', old.statut_commande, new.statut_commande));
  end if;
  if apres = 2 then
    if not exists (select from public.details_commande as d where d.id_commande = new.id_commande and d.id_utilisateur = new.id_utilisateur) then
      perform prive.refuser('commande_vide', 'Une commande sans article ne peut pas être confirmée.');
    end if;
    new.date_confirmation := prive.maintenant();
  elsif apres = 5 then
    new.date_livraison := prive.maintenant();
  end if;
  return new;
end
$$;
comment on function prive.tg_commandes__statut_en_avant() is
  'en_attente → confirmee → en_preparation → expediee → livree, steps after confirmee may be left out; annulee and echec from all but livree, and for good. Hints transition_interdite, commande_vide.';
create trigger tg_commandes__statut_en_avant before update of statut_commande on public.commandes
  for each row when (old.statut_commande is distinct from new.statut_commande)
  execute function prive.tg_commandes__statut_en_avant();

create function prive.tg_commandes__suites() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  -- Stock is taken and revenue counts from confirmee on, until annulee or echec.
  comptait constant boolean := old.statut_commande in ('confirmee', 'en_preparation', 'expediee');
  compte constant boolean := new.statut_commande in ('confirmee', 'en_preparation', 'expediee', 'livree');
  sens constant integer := compte::integer - comptait::integer;
begin
  if sens <> 0 then
    perform prive.bouger_stock(new.id_commande, -sens);
    if sens > 0 and (select p.montant_depense_total + new.montant_total > 9999999999 from public.prospects as p
                     where p.id_prospect = new.id_prospect and p.id_utilisateur = new.id_utilisateur) then
      perform prive.refuser('montant_trop_grand', 'Ce client aurait commandé pour plus de 10 milliards.');
    end if;
    update public.prospects as p
    set nombre_commandes_total = p.nombre_commandes_total + sens,
        montant_depense_total = p.montant_depense_total + sens * new.montant_total,
        statut_prospect = case when sens > 0 then 'client' else p.statut_prospect end
    where p.id_prospect = new.id_prospect and p.id_utilisateur = new.id_utilisateur;
  end if;
  return null;
end
$$;
comment on function prive.tg_commandes__suites() is
  'After a status: the stock follows, taken once and given back once (the arrows see to that), and the prospect''s counters; who orders is a client. Hints stock_insuffisant, variante_requise, montant_trop_grand.';
create trigger tg_commandes__suites after update of statut_commande on public.commandes
  for each row when (old.statut_commande is distinct from new.statut_commande)
  execute function prive.tg_commandes__suites();

create function prive.tg_commandes__paiement_en_avant() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if not (old.statut_paiement, new.statut_paiement) in (
    ('en_attente', 'paye'), ('en_attente', 'echec'), ('echec', 'en_attente'), ('echec', 'paye'), ('paye', 'rembourse'))
    or new.statut_paiement = 'paye' and new.statut_commande in ('annulee', 'echec') then
    perform prive.refuser('transition_interdite', format(
      'Un paiement %s ne peut pas devenir %s.', old.statut_paiement, new.statut_paiement));
  end if;
  return new;
end
$$;
comment on function prive.tg_commandes__paiement_en_avant() is 'en_attente → paye → rembourse; a failed payment may be tried again; nobody pays for an order that is annulee or echec. Hint transition_interdite.';
create trigger tg_commandes__paiement_en_avant before update of statut_paiement on public.commandes
  for each row when (old.statut_paiement is distinct from new.statut_paiement)
  execute function prive.tg_commandes__paiement_en_avant();
