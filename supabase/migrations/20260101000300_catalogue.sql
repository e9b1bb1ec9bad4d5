-- What a vendor sells: products, and variants with a stock and a price of their own.

create table public.produits (
  id_produit bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  nom_produit text not null constraint nom_non_vide check (length(btrim(nom_produit)) between 1 and 200),
  description_produit text,
  -- The upper bound also keeps NaN out, which is greater than any number.
  prix_unitaire numeric(12, 2) not null constraint prix_positif check (prix_unitaire between 0 and 9999999999.99),
  quantite_stock integer not null default 0 constraint stock_jamais_negatif check (quantite_stock between 0 and 2000000000),
  categorie_produit text,
  reference_produit text,
  urls_images text[] not null default '{}',
  attributs jsonb not null default '{}' constraint attributs_sont_un_objet check (jsonb_typeof(attributs) = 'object'),
  produit_actif boolean not null default true,
  vehicule_minimum text constraint vehicule_connu check (vehicule_minimum in ('velo', 'moto', 'voiture', 'camion')),
  nom_normalise text generated always as (
    prive.normaliser(nom_produit || ' ' || coalesce(categorie_produit, ''))) stored,
  recherche tsvector generated always as (
    setweight(to_tsvector('prive.francais', nom_produit), 'A')
    || setweight(to_tsvector('prive.francais', coalesce(categorie_produit, '') || ' ' || coalesce(reference_produit, '')), 'B')
    || setweight(to_tsvector('prive.francais', coalesce(description_produit, '')), 'C')) stored,
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint produits_du_vendeur unique (id_produit, id_utilisateur)
);
comment on table public.produits is 'The catalogue. Prices are in the vendor''s currency.';
comment on column public.produits.quantite_stock is 'Units in stock; with variants it is their sum, kept by trigger.';
comment on column public.produits.vehicule_minimum is 'The smallest vehicle that can carry it, velo < moto < voiture < camion; null: any.';
comment on column public.produits.nom_normalise is 'Name and category as prive.normaliser writes them, for the search that forgives typing errors.';
comment on column public.produits.recherche is 'French full-text search without accents: name (A), category and reference (B), description (C).';
create index produits_par_vendeur on public.produits (id_utilisateur, date_creation desc, id_produit);
create index produits_par_mots on public.produits using gin (nom_normalise extensions.gin_trgm_ops);
create index produits_par_recherche on public.produits using gin (recherche);
create unique index produits_reference_unique on public.produits (id_utilisateur, reference_produit);
create trigger tg_produits__date_modification before update on public.produits
  for each row execute function prive.tg_date_modification();

create table public.variantes_produit (
  id_variante bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  id_produit bigint not null,
  attributs jsonb not null constraint attributs_sont_un_objet check (jsonb_typeof(attributs) = 'object' and attributs <> '{}'),
  prix_unitaire numeric(12, 2) constraint prix_positif check (prix_unitaire between 0 and 9999999999.99),
  quantite_stock integer not null default 0 constraint stock_jamais_negatif check (quantite_stock between 0 and 10000000),
  variante_active boolean not null default true,
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint variantes_du_produit_du_vendeur foreign key (id_produit, id_utilisateur)
    references public.produits (id_produit, id_utilisateur) on delete cascade,
  constraint variantes_du_vendeur unique (id_variante, id_produit, id_utilisateur),
  constraint variante_unique_dans_le_produit unique (id_produit, id_utilisateur, attributs)
);
comment on table public.variantes_produit is 'Sizes, colours, … of a product: the stock lives here, and the price where it differs.';
comment on column public.variantes_produit.attributs is 'Such as {"pointure": "38", "couleur": "noir"}.';
comment on column public.variantes_produit.prix_unitaire is 'Null: the product''s price.';
create index variantes_produit_par_vendeur on public.variantes_produit (id_utilisateur, date_creation desc, id_variante);
create trigger tg_variantes_produit__date_modification before update on public.variantes_produit
  for each row execute function prive.tg_date_modification();

create function prive.tg_vendeur_du_parent() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  execute format('select p.id_utilisateur from public.%I as p where p.%I = $1', tg_argv[0], tg_argv[1])
  using (to_jsonb(new) ->> tg_argv[1])::bigint into new.id_utilisateur;
  return new;
end
$$;
comment on function prive.tg_vendeur_du_parent() is
  'Before insert, when no vendor is named: the parent''s. Arguments: the parent''s table and the column that names it, called the same in both. Row-level security and the composite key still decide whether the caller may.';
create trigger tg_variantes_produit__vendeur before insert on public.variantes_produit
  for each row when (new.id_utilisateur is null) execute function prive.tg_vendeur_du_parent('produits', 'id_produit');

create function prive.tg_variantes_produit__somme() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- First the product's lock, then the sum: two variants changed at once would else each miss the other.
  perform from public.produits as p where p.id_produit = coalesce(new.id_produit, old.id_produit) for no key update;
  update public.produits as p
  set quantite_stock = (
    select coalesce(sum(v.quantite_stock), 0) from public.variantes_produit as v
    where v.id_produit = p.id_produit and v.variante_active)
  where p.id_produit = coalesce(new.id_produit, old.id_produit);
  return null;
end
$$;
comment on function prive.tg_variantes_produit__somme() is
  'A product''s stock is the sum of its active variants. A definer: an agent who may not write the product may still move a variant''s stock.';
create trigger tg_variantes_produit__somme after insert or delete or update of quantite_stock, variante_active on public.variantes_produit
  for each row execute function prive.tg_variantes_produit__somme();

create function prive.tg_produits__stock_des_variantes() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  somme bigint := (select sum(v.quantite_stock) from public.variantes_produit as v
                   where v.id_produit = new.id_produit and v.variante_active);
begin
  if exists (select from public.variantes_produit as v where v.id_produit = new.id_produit)
     and new.quantite_stock <> coalesce(somme, 0) then
    perform prive.refuser('stock_des_variantes', 'Ce produit a des variantes : changez le stock de la variante.');
  end if;
  return new;
end
$$;
comment on function prive.tg_produits__stock_des_variantes() is 'With variants the stock of the product is read-only (hint stock_des_variantes).';
create trigger tg_produits__stock_des_variantes before update of quantite_stock on public.produits
  for each row execute function prive.tg_produits__stock_des_variantes();

alter table public.produits enable row level security;
create policy "un membre lit le catalogue de ses vendeurs" on public.produits for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un gestionnaire ajoute des produits" on public.produits for insert to authenticated
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire modifie les produits" on public.produits for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire supprime des produits" on public.produits for delete to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select, delete on public.produits to authenticated;
grant insert (id_utilisateur, nom_produit, description_produit, prix_unitaire, quantite_stock, categorie_produit, reference_produit,
  urls_images, attributs, produit_actif, vehicule_minimum) on public.produits to authenticated;
grant update (nom_produit, description_produit, prix_unitaire, quantite_stock, categorie_produit, reference_produit,
  urls_images, attributs, produit_actif, vehicule_minimum) on public.produits to authenticated;

alter table public.variantes_produit enable row level security;
create policy "un membre lit les variantes de ses vendeurs" on public.variantes_produit for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un gestionnaire ajoute des variantes" on public.variantes_produit for insert to authenticated
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire modifie les variantes" on public.variantes_produit for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire supprime des variantes" on public.variantes_produit for delete to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select, delete on public.variantes_produit to authenticated;
grant insert (id_utilisateur, id_produit, attributs, prix_unitaire, quantite_stock, variante_active) on public.variantes_produit to authenticated;
grant update (attributs, prix_unitaire, quantite_stock, variante_active) on public.variantes_produit to authenticated;

create function prive.libelle_article(nom text, attributs jsonb) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return nom || coalesce(' (' || (
    select string_agg(t.valeur, ', ' order by t.cle not in ('pointure', 'taille'), t.cle)
    from jsonb_each_text(attributs) as t (cle, valeur)) || ')', '');
end
$$;
comment on function prive.libelle_article(text, jsonb) is 'A product, or one variant of it, as a person reads it: "Nike Air Max 90 (38, noir)"; size first.';
