-- The vendor is told when an article runs out, before his prospects are; on his phone a few times a day and then once more, since
-- one look at his shelves may empty two hundred of them in the front end.

insert into prive.reglages (nom, valeur, role) values
  ('stock_alertes_jour', 5, 'So many articles that run out are told a vendor on WhatsApp in a day; one more message says that there are others.');

create function prive.alerte_stock_discrete(vendeur uuid, jour date, fuseau text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle constant text := 'stocks_bas:' || jour;
begin
  if exists (select from public.notifications as n where n.id_utilisateur = vendeur and n.cle_unicite = cle) then
    return true;
  elsif (select count(*) from (
      select from public.notifications as n
      where n.id_utilisateur = vendeur and n.date_creation >= jour::timestamp at time zone fuseau and n.canal_envoi = 'whatsapp'
        and n.evenement in ('stock_bas', 'stock_epuise')
      limit prive.reglage('stock_alertes_jour')) as d) < prive.reglage('stock_alertes_jour') then
    return false;
  end if;
  -- Who sells at the same moment would have to wait for the other's row; he says that there are others.
  if pg_try_advisory_xact_lock(hashtextextended('stocks_bas:' || vendeur, 0)) then
    perform prive.notifier_evenement(vendeur, 'stocks_bas', cle, '{}');
  end if;
  return true;
end
$$;
comment on function prive.alerte_stock_discrete(uuid, date, text) is
  'Whether a vendor has been told of enough articles on his phone on this day (of his time zone): then his front end alone has the next ones, and he is told once that there are others.';

create function prive.tg_catalogue__stock_bas() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  u record;
  article text;
  cle text;
begin
  if tg_table_name = 'variantes_produit' then
    select prive.libelle_article(p.nom_produit, new.attributs) into article
    from public.produits as p where p.id_produit = new.id_produit and p.produit_actif and new.variante_active;
    cle := 'v' || new.id_variante;
  elsif new.produit_actif and not exists (select from public.variantes_produit as v where v.id_produit = new.id_produit) then
    article := new.nom_produit;
    cle := 'p' || new.id_produit;
  end if;
  if article is null then
    return null;
  end if;
  select x.seuil_stock_bas as seuil, x.fuseau_horaire as fuseau, (prive.maintenant() at time zone x.fuseau_horaire)::date as jour into u
  from public.utilisateurs_fluxasync as x where x.id_utilisateur = new.id_utilisateur;
  if u.seuil is null then
    return null;
  elsif new.quantite_stock = 0 then
    perform prive.notifier_evenement(new.id_utilisateur, 'stock_epuise', format('stock_epuise:%s:%s', cle, u.jour), jsonb_build_object('article', article),
      discret => prive.alerte_stock_discrete(new.id_utilisateur, u.jour, u.fuseau));
  elsif new.quantite_stock <= u.seuil and old.quantite_stock > u.seuil then
    perform prive.notifier_evenement(new.id_utilisateur, 'stock_bas', format('stock_bas:%s:%s', cle, u.jour),
      jsonb_build_object('article', article, 'reste', new.quantite_stock),
      discret => prive.alerte_stock_discrete(new.id_utilisateur, u.jour, u.fuseau));
  end if;
  return null;
end
$$;
comment on function prive.tg_catalogue__stock_bas() is
  'After a stock fell: the vendor is told when it crosses utilisateurs_fluxasync.seuil_stock_bas, and when it is sold out, each once an article and day. Of a product with variants its variants are told.';
-- 100000 is the highest threshold there is: of what stays above nobody need look anything up.
create trigger tg_produits__stock_bas after update of quantite_stock on public.produits
  for each row when (new.quantite_stock < old.quantite_stock and new.quantite_stock <= 100000) execute function prive.tg_catalogue__stock_bas();
create trigger tg_variantes_produit__stock_bas after update of quantite_stock on public.variantes_produit
  for each row when (new.quantite_stock < old.quantite_stock and new.quantite_stock <= 100000) execute function prive.tg_catalogue__stock_bas();
