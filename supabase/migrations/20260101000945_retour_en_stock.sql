-- Who asked for an article that was sold out is told when it is back.

create table public.attentes_stock (
  id_attente bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_prospect bigint not null,
  id_produit bigint not null,
  id_variante bigint,
  retour_le timestamptz,
  prevenu_le timestamptz,
  issue text constraint issue_connue check (issue in ('prevenu', 'vendeur_prevenu', 'desabonne', 'echec')),
  date_creation timestamptz not null default prive.maintenant(),
  constraint reglee_avec_une_issue check ((prevenu_le is null) = (issue is null)),
  constraint prospect_du_vendeur foreign key (id_prospect, id_utilisateur)
    references public.prospects (id_prospect, id_utilisateur) on delete cascade,
  constraint produit_du_vendeur foreign key (id_produit, id_utilisateur)
    references public.produits (id_produit, id_utilisateur) on delete cascade,
  constraint variante_du_produit foreign key (id_variante, id_produit, id_utilisateur)
    references public.variantes_produit (id_variante, id_produit, id_utilisateur) on delete cascade
);
comment on table public.attentes_stock is
  'Prospects who want to be told when an article is back in stock, each once. Written by the AI''s replies and by the job that tells them.';
comment on column public.attentes_stock.id_variante is 'Null: any of the product.';
comment on column public.attentes_stock.retour_le is 'Since when it is back and he is to be told; null while it is sold out.';
comment on column public.attentes_stock.prevenu_le is 'When it was settled; null while he waits.';
comment on column public.attentes_stock.issue is
  'prevenu: he got a message. vendeur_prevenu: WhatsApp takes no free message to him any more, the vendor was told to write. desabonne: he wants no such messages. echec: could not be written.';
create unique index une_attente_par_article on public.attentes_stock (id_prospect, id_utilisateur, id_produit, id_variante) nulls not distinct
  where prevenu_le is null;
create index attentes_stock_par_vendeur on public.attentes_stock (id_utilisateur, date_creation desc, id_attente);
create index attentes_stock_par_prospect on public.attentes_stock (id_prospect, id_utilisateur);
create index attentes_stock_par_produit on public.attentes_stock (id_produit, id_utilisateur);
create index attentes_stock_par_variante on public.attentes_stock (id_variante, id_produit, id_utilisateur) where id_variante is not null;
create index attentes_stock_a_prevenir on public.attentes_stock (retour_le) where retour_le is not null and prevenu_le is null;

alter table public.attentes_stock enable row level security;
create policy "un membre lit les attentes de ses vendeurs" on public.attentes_stock for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.attentes_stock to authenticated;

create function prive.article_en_stock(vendeur uuid, produit bigint, variante bigint, out connu boolean, out reste integer, out libelle text, out prix numeric)
language plpgsql stable security definer set search_path = ''
as $$
begin
  select true, coalesce(v.quantite_stock, p.quantite_stock), prive.libelle_article(p.nom_produit, v.attributs), coalesce(v.prix_unitaire, p.prix_unitaire)
  into connu, reste, libelle, prix
  from public.produits as p
  left join public.variantes_produit as v
    on v.id_produit = p.id_produit and v.id_utilisateur = vendeur and v.id_variante = variante and v.variante_active
  where p.id_utilisateur = vendeur and p.id_produit = produit and p.produit_actif and (variante is null or v.id_variante is not null);
  connu := coalesce(connu, false);
end
$$;
comment on function prive.article_en_stock(uuid, bigint, bigint) is 'What is left of an article that is sold, its name and its price of now; connu false when the vendor does not sell it.';

create function service.verifier_attente_stock(id_conversation bigint, id_produit bigint, id_variante bigint) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce((
    select a.connu and a.reste = 0
    from public.conversations as c
    cross join lateral prive.article_en_stock(c.id_utilisateur, verifier_attente_stock.id_produit, verifier_attente_stock.id_variante) as a
    where c.id_conversation = verifier_attente_stock.id_conversation), false);
end
$$;
comment on function service.verifier_attente_stock(bigint, bigint, bigint) is
  'Whether it makes sense to wait for this product (or variant) of the conversation''s vendor: it is his, active, and sold out now. Raises no error of its own.';
grant execute on function service.verifier_attente_stock(bigint, bigint, bigint) to service_role;

create function prive.attendre_stock(vendeur uuid, prospect bigint, produit bigint, variante bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Back already: he is told at once. No article of this vendor's: nothing to wait for.
  insert into public.attentes_stock (id_utilisateur, id_prospect, id_produit, id_variante, retour_le)
  select vendeur, prospect, produit, variante, case when a.reste > 0 then prive.maintenant() end
  from prive.article_en_stock(vendeur, produit, variante) as a where a.connu
  on conflict (id_prospect, id_utilisateur, id_produit, id_variante) where prevenu_le is null do nothing;
end
$$;
comment on function prive.attendre_stock(uuid, bigint, bigint, bigint) is 'A prospect waits for an article; asked again while he waits, it changes nothing.';

-- ── back again ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_catalogue__retour() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.attentes_stock as a set retour_le = prive.maintenant()
  where a.id_produit = new.id_produit and a.id_utilisateur = new.id_utilisateur and a.prevenu_le is null and a.retour_le is null
    and a.id_variante is not distinct from (pg_catalog.to_jsonb(new) ->> 'id_variante')::bigint;
  return null;
end
$$;
comment on function prive.tg_catalogue__retour() is 'After an article was sold out and is not any more: who waits for it is to be told (prive.prevenir_retours).';
create trigger tg_produits__retour after update of quantite_stock, produit_actif on public.produits
  for each row when (new.quantite_stock > 0 and new.produit_actif and (old.quantite_stock = 0 or not old.produit_actif))
  execute function prive.tg_catalogue__retour();
create trigger tg_variantes_produit__retour after update of quantite_stock, variante_active on public.variantes_produit
  for each row when (new.quantite_stock > 0 and new.variante_active and (old.quantite_stock = 0 or not old.variante_active))
  execute function prive.tg_catalogue__retour();

create function prive.prevenir_retour(attente bigint) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  a record;
  article record;
  conversation bigint;
begin
  select x.id_utilisateur, x.id_prospect, x.id_produit, x.id_variante, p.desabonne_le, p.nom_complet, u.devise into a
  from public.attentes_stock as x
  join public.prospects as p on p.id_prospect = x.id_prospect and p.id_utilisateur = x.id_utilisateur
  join public.utilisateurs_fluxasync as u on u.id_utilisateur = x.id_utilisateur
  where x.id_attente = attente;
  select s.* into article from prive.article_en_stock(a.id_utilisateur, a.id_produit, a.id_variante) as s;
  if not article.connu or article.reste = 0 then
    return null;
  elsif a.desabonne_le is not null then
    return 'desabonne';
  end if;
  select c.id_conversation into conversation from public.conversations as c
  where c.id_prospect = a.id_prospect and c.id_utilisateur = a.id_utilisateur order by c.id_conversation desc limit 1;
  if (select e.mode from prive.ecriture(conversation, true) as e) = 'libre' then
    perform service.ecrire_message(conversation, 'texte', format(
      'Bonne nouvelle : « %s » est de nouveau disponible, à %s. Répondez ici pour le commander.',
      article.libelle, prive.montant_lisible(article.prix, a.devise)), null, 'retour_stock:' || attente);
    return 'prevenu';
  end if;
  perform prive.notifier_evenement(a.id_utilisateur, 'retour_stock', 'retour_stock:' || attente,
    jsonb_build_object('article', article.libelle, 'client', coalesce(a.nom_complet, 'un prospect')),
    case when conversation is not null then 'conversation' end, conversation);
  return 'vendeur_prevenu';
end
$$;
comment on function prive.prevenir_retour(bigint) is
  'Tells one prospect that what he waits for is back, at the price of now: the issue of his row, null when it is sold out again and he waits on. After the 24 hours the vendor is told instead: a template for this is his to choose.';

create function prive.prevenir_retours(limite integer default 200) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  a record;
  issue_retour text;
  nombre integer := 0;
begin
  for a in
    select x.id_attente from public.attentes_stock as x
    where x.retour_le is not null and x.prevenu_le is null
    order by x.retour_le, x.id_attente limit limite
    for update skip locked
  loop
    begin
      -- The conversation's lock before the row is written: who records a reply has it first, too.
      issue_retour := prive.prevenir_retour(a.id_attente);
    exception
      when lock_not_available or deadlock_detected then
        continue;
      when others then
        raise warning 'wait %: not told: % %', a.id_attente, sqlstate, sqlerrm;
        issue_retour := 'echec';
    end;
    update public.attentes_stock as x
    set prevenu_le = case when issue_retour is not null then prive.maintenant() end, issue = issue_retour,
        retour_le = case when issue_retour is not null then x.retour_le end
    where x.id_attente = a.id_attente;
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.prevenir_retours(integer) is 'Tells those whose article is back, each once; how many rows it looked at.';
select cron.schedule('prevenir-retours', '* * * * *', 'select prive.prevenir_retours()');
