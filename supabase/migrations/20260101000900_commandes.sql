-- Orders: numbers, lines, totals. Money is computed here and nowhere else.

-- ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────

create table prive.compteurs (
  emetteur uuid not null,
  serie text not null,
  valeur integer not null constraint valeur_positive check (valeur > 0),
  primary key (emetteur, serie)
);
comment on table prive.compteurs is
  'The last number given out in a series of an issuer (a vendor; the nil uuid is FluxAsync). A row and no sequence: what is rolled back leaves no gap.';
alter table prive.compteurs enable row level security;
create policy "personne par l'API" on prive.compteurs using (false);

create function prive.numero_suivant(emetteur uuid, serie text) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  numero integer;
begin
  insert into prive.compteurs as c (emetteur, serie, valeur) values (numero_suivant.emetteur, numero_suivant.serie, 1)
  on conflict on constraint compteurs_pkey do update set valeur = c.valeur + 1
  returning c.valeur into numero;
  return numero;
end
$$;
comment on function prive.numero_suivant(uuid, text) is
  'The next number of a series, from 1, without gaps: the row stays locked until the commit, so take it late and commit soon.';

create function prive.tg_utilisateurs_fluxasync__compteurs() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from prive.compteurs as c where c.emetteur = old.id_utilisateur;
  return null;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__compteurs() is 'After a vendor is gone: so are his series.';
create trigger tg_utilisateurs_fluxasync__compteurs after delete on public.utilisateurs_fluxasync
  for each row execute function prive.tg_utilisateurs_fluxasync__compteurs();

create function prive.purger_compteurs() returns void
language sql volatile security definer set search_path = ''
as $$
  delete from prive.compteurs as c
  where c.serie ~ '^CMD-[0-9]{8}$' and c.serie < to_char(prive.maintenant() - interval '40 days', '"CMD-"YYYYMMDD')
$$;
comment on function prive.purger_compteurs() is 'Drops the series of days that no order can have any more. Invoices'' series stay for ever: a number is never given twice.';
-- Once a night: a row per vendor and day on which he sold.
select cron.schedule('purger-compteurs', '41 3 * * *', 'select prive.purger_compteurs()');

create function prive.jour_chez(vendeur uuid, instant timestamptz) returns date
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (instant at time zone (select u.fuseau_horaire from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur))::date;
end
$$;
comment on function prive.jour_chez(uuid, timestamptz) is 'The calendar day of an instant where the vendor lives.';

create function prive.numero_lisible(numero integer, chiffres integer) returns text
language plpgsql immutable strict set search_path = ''
as $$
begin
  -- lpad alone would cut the number that is longer and so give it out twice.
  return lpad(numero::text, greatest(chiffres, length(numero::text)), '0');
end
$$;
comment on function prive.numero_lisible(integer, integer) is 'A number with leading zeros, at least so many digits wide.';

-- Its own limit: a long queue of short transactions is no trouble as one long transaction is. One wait, so that who waits keeps his
-- place: several short ones would send him to the end each time, and somebody would never come in.
create function prive.tenir_boutique(vendeur uuid) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '5s'
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('boutique:' || vendeur, 0));
end
$$;
comment on function prive.tenir_boutique(uuid) is
  'From here to its commit the transaction alone makes and moves orders and deliveries, moves stock and writes the catalogue of this vendor; held already, it costs nothing. Called before any row is locked: so all others wait in this one place with nothing in their hands, and cannot deadlock, whatever rows a statement takes in whatever order. First come, first served; 55P03 after 5 seconds.';

-- ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.commandes (
  id_commande bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_prospect bigint not null,
  id_conversation bigint,
  nom_client text,
  numero_commande text not null,
  cle_idempotence text constraint cle_de_taille_raisonnable check (length(cle_idempotence) between 1 and 100),
  articles jsonb not null default '[]' constraint articles_sont_une_liste check (jsonb_typeof(articles) = 'array'),
  empreinte_demande text,
  montant_total numeric(12, 2) not null default 0 constraint montant_positif check (montant_total >= 0),
  frais_livraison numeric(12, 2) not null default 0 constraint frais_positifs check (frais_livraison >= 0),
  montant_a_payer numeric(12, 2) not null generated always as (montant_total + frais_livraison) stored,
  adresse_livraison text constraint adresse_de_taille_raisonnable check (length(adresse_livraison) <= 500),
  telephone_livraison text constraint numero_e164 check (telephone_livraison ~ '^\+[1-9][0-9]{7,14}$'),
  statut_commande text not null default 'en_attente' constraint statut_connu
    check (statut_commande in ('en_attente', 'confirmee', 'en_preparation', 'expediee', 'livree', 'annulee', 'echec')),
  statut_livraison text,
  methode_paiement text not null default 'paiement_livraison' constraint methode_connue
    check (methode_paiement in ('paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire')),
  statut_paiement text not null default 'en_attente' constraint statut_paiement_connu
    check (statut_paiement in ('en_attente', 'paye', 'echec', 'rembourse')),
  notes_commande text constraint notes_de_taille_raisonnable check (length(notes_commande) <= 2000),
  date_confirmation timestamptz,
  date_livraison timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint confirmee_a_une_date check (
    statut_commande in ('annulee', 'echec') or (statut_commande = 'en_attente') = (date_confirmation is null)),
  constraint livree_a_une_date check ((statut_commande = 'livree') = (date_livraison is not null)),
  constraint commandes_du_vendeur unique (id_commande, id_utilisateur),
  constraint numero_commande_unique unique (id_utilisateur, numero_commande),
  constraint commandes_cle_unique unique (id_utilisateur, cle_idempotence),
  constraint prospect_du_vendeur foreign key (id_prospect, id_utilisateur)
    references public.prospects (id_prospect, id_utilisateur) on delete restrict,
  constraint conversation_du_prospect foreign key (id_conversation, id_prospect, id_utilisateur)
    references public.conversations (id_conversation, id_prospect, id_utilisateur) on delete set null (id_conversation)
);
comment on table public.commandes is
  'Orders of prospects, in the vendor''s currency. Made by creer_commande, moved by changer_statut_commande; confirmed, its lines are frozen and its stock is taken.';
comment on column public.commandes.nom_client is 'The prospect''s name when he ordered: a list of orders needs no other table.';
comment on column public.commandes.statut_livraison is 'That of its delivery, null without one; kept by trigger.';
comment on column public.commandes.numero_commande is 'CMD-YYYYMMDD-000001: the vendor''s calendar day and a number of that day. Set by trigger.';
comment on column public.commandes.cle_idempotence is 'Chosen by who creates the order: the same key at the same vendor is the same order.';
comment on column public.commandes.articles is
  'Its lines as in details_commande, kept by the same trigger as their sum, so that a list of orders needs no other table: [{ id_detail, id_produit, id_variante, libelle, quantite, prix_unitaire, prix_total_ligne }].';
comment on column public.commandes.empreinte_demande is
  'Of the prospect and the lines that were asked for with cle_idempotence: the same key again is the same order also when its lines were replaced since.';
comment on column public.commandes.montant_total is 'Sum of the lines, kept by trigger. What counts as revenue, on the day of date_confirmation, unless annulee or echec.';
comment on column public.commandes.montant_a_payer is 'montant_total plus frais_livraison: what the customer pays.';
comment on column public.commandes.date_confirmation is 'Null also for an order that was given up before it was confirmed.';
create index commandes_par_vendeur on public.commandes (id_utilisateur, date_creation desc, id_commande);
create index commandes_par_confirmation on public.commandes (id_utilisateur, date_confirmation) where date_confirmation is not null;
create index commandes_a_preparer on public.commandes (id_utilisateur, date_confirmation, id_commande)
  where statut_commande in ('confirmee', 'en_preparation');
create index commandes_par_prospect on public.commandes (id_prospect, id_utilisateur, id_commande);
create statistics prive.commandes_prospect_et_vendeur (dependencies) on id_prospect, id_utilisateur from public.commandes;
create index commandes_par_conversation on public.commandes (id_conversation, id_prospect, id_utilisateur) where id_conversation is not null;
create trigger tg_commandes__date_modification before update on public.commandes
  for each row execute function prive.tg_date_modification();

create function prive.tg_commandes__nouvelle() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  jour text;
begin
  if new.statut_commande <> 'en_attente' then
    perform prive.refuser('transition_interdite', 'Une commande commence en attente.');
  end if;
  new.montant_total := 0;
  new.articles := '[]';
  new.date_confirmation := null;
  new.date_livraison := null;
  new.statut_livraison := null;
  new.nom_client := (select p.nom_complet from public.prospects as p where p.id_prospect = new.id_prospect and p.id_utilisateur = new.id_utilisateur);
  jour := to_char(prive.jour_chez(new.id_utilisateur, new.date_creation), 'YYYYMMDD');
  new.numero_commande := 'CMD-' || jour || '-' || prive.numero_lisible(prive.numero_suivant(new.id_utilisateur, 'CMD-' || jour), 6);
  return new;
end
$$;
comment on function prive.tg_commandes__nouvelle() is 'Before insert: an order begins en_attente, empty, with the next number of the vendor''s day, whatever the caller wrote.';
create trigger tg_commandes__nouvelle before insert on public.commandes
  for each row execute function prive.tg_commandes__nouvelle();

create function prive.tg_commandes__saisie() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.telephone_livraison is not null then
    new.telephone_livraison := prive.telephone_chez(new.id_utilisateur, new.telephone_livraison);
  end if;
  if tg_op = 'UPDATE' and old.statut_commande in ('livree', 'annulee', 'echec')
    and (old.adresse_livraison, old.telephone_livraison, old.methode_paiement)
      is distinct from (new.adresse_livraison, new.telephone_livraison, new.methode_paiement) then
    perform prive.refuser('commande_close', 'Une commande livrée ou annulée ne change plus.');
  end if;
  if length(new.adresse_livraison) > 500 or length(new.notes_commande) > 2000 then
    perform prive.refuser('texte_trop_long', 'Une adresse a au plus 500 caractères, des notes au plus 2 000.');
  end if;
  if new.methode_paiement is null
    or new.methode_paiement not in ('paiement_livraison', 'orange_money', 'mtn_money', 'wave', 'virement_bancaire') then
    perform prive.refuser('methode_inconnue', 'Ce moyen de paiement n''existe pas.');
  end if;
  return new;
end
$$;
comment on function prive.tg_commandes__saisie() is
  'Before a person''s words are written: E.164 by the vendor''s country, and the checks of the table in words. Of an order that is over only the notes change. Hints telephone_invalide, texte_trop_long, methode_inconnue, commande_close.';
create trigger tg_commandes__saisie before insert or update of adresse_livraison, telephone_livraison, methode_paiement, notes_commande
  on public.commandes for each row execute function prive.tg_commandes__saisie();

alter table public.commandes enable row level security;
create policy "un membre lit les commandes de ses vendeurs" on public.commandes for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un agent complete les commandes" on public.commandes for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('agent')))
  with check (id_utilisateur in (select prive.mes_vendeurs('agent')));
grant select on public.commandes to authenticated;
grant update (adresse_livraison, telephone_livraison, methode_paiement, notes_commande) on public.commandes to authenticated;

-- ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.details_commande (
  id_detail bigint generated always as identity primary key,
  -- Its own way to the vendor: when he goes, the lines are gone before anything asks whether an article was sold.
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_commande bigint not null,
  id_produit bigint not null,
  id_variante bigint,
  libelle text not null,
  quantite_commandee integer not null constraint quantite_positive check (quantite_commandee between 1 and 10000),
  prix_unitaire numeric(12, 2) not null constraint prix_positif check (prix_unitaire >= 0),
  prix_total_ligne numeric(12, 2) not null generated always as (quantite_commandee * prix_unitaire) stored,
  date_creation timestamptz not null default prive.maintenant(),
  constraint article_une_fois_par_commande unique nulls not distinct (id_commande, id_utilisateur, id_produit, id_variante),
  constraint commande_du_vendeur foreign key (id_commande, id_utilisateur)
    references public.commandes (id_commande, id_utilisateur) on delete cascade,
  constraint produit_du_vendeur foreign key (id_produit, id_utilisateur)
    references public.produits (id_produit, id_utilisateur) on delete restrict,
  constraint variante_du_produit foreign key (id_variante, id_produit, id_utilisateur)
    references public.variantes_produit (id_variante, id_produit, id_utilisateur) on delete restrict
);
comment on table public.details_commande is 'The lines of an order, frozen once it is confirmed. What was sold cannot be deleted from the catalogue, only made inactive.';
comment on column public.details_commande.libelle is 'What was sold, as it was called then.';
comment on column public.details_commande.prix_unitaire is 'The catalogue''s price when the line was made.';
create index details_commande_par_vendeur on public.details_commande (id_utilisateur, date_creation desc, id_detail);
create index details_commande_par_produit on public.details_commande (id_produit, id_utilisateur);
create index details_commande_par_variante on public.details_commande (id_variante, id_produit, id_utilisateur) where id_variante is not null;

create function prive.tg_details_commande__article() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  commande record;
  article record;
begin
  perform prive.tenir_boutique((select c.id_utilisateur from public.commandes as c where c.id_commande = new.id_commande));
  -- Locked, so that no line slips in while the order is being confirmed.
  select c.id_utilisateur, c.statut_commande into commande from public.commandes as c
  where c.id_commande = new.id_commande for no key update;
  if commande.statut_commande <> 'en_attente' then
    perform prive.refuser('commande_figee', 'Les lignes d''une commande confirmée ne changent plus.');
  end if;
  new.id_utilisateur := coalesce(new.id_utilisateur, commande.id_utilisateur);
  select prive.libelle_article(p.nom_produit, v.attributs) as libelle, coalesce(v.prix_unitaire, p.prix_unitaire) as prix_unitaire,
    new.id_variante is null and exists (select from public.variantes_produit as x where x.id_produit = p.id_produit) as variante_manque
  into article
  from public.produits as p
  left join public.variantes_produit as v on v.id_produit = p.id_produit and v.id_variante = new.id_variante
  where p.id_produit = new.id_produit and p.id_utilisateur = new.id_utilisateur;
  if article.variante_manque then
    perform prive.refuser('variante_requise', 'Précisez la taille ou la couleur : « ' || article.libelle || ' » existe en plusieurs variantes.');
  end if;
  new.libelle := coalesce(new.libelle, article.libelle);
  new.prix_unitaire := coalesce(new.prix_unitaire, article.prix_unitaire);
  if new.quantite_commandee * new.prix_unitaire > 9000000000 then
    perform prive.refuser('montant_trop_grand', 'Le total d''une commande ne peut pas dépasser 9 milliards.');
  end if;
  return new;
end
$$;
comment on function prive.tg_details_commande__article() is
  'Before insert: vendor of the order, name and price of the catalogue where they are not given. Hints commande_figee, variante_requise, montant_trop_grand.';
create trigger tg_details_commande__article before insert on public.details_commande
  for each row execute function prive.tg_details_commande__article();

create function prive.tg_details_commande__figee() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.tenir_boutique(old.id_utilisateur);
  if (select c.statut_commande from public.commandes as c where c.id_commande = old.id_commande for no key update) <> 'en_attente' then
    perform prive.refuser('commande_figee', 'Les lignes d''une commande confirmée ne changent plus.');
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function prive.tg_details_commande__figee() is 'Before a line changes or goes: its order must still be en_attente (hint commande_figee). Lines that go with their order or their vendor may.';
create trigger tg_details_commande__figee before update or delete on public.details_commande
  for each row when (pg_trigger_depth() = 0) execute function prive.tg_details_commande__figee();

create function prive.tg_details_commande__total() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.details_commande as d where d.id_commande in (select l.id_commande from lignes as l)
             group by d.id_commande having sum(d.prix_total_ligne) > 9000000000) then
    perform prive.refuser('montant_trop_grand', 'Le total d''une commande ne peut pas dépasser 9 milliards.');
  end if;
  update public.commandes as c
  set (montant_total, articles) = (
    select coalesce(sum(d.prix_total_ligne), 0), coalesce(jsonb_agg(jsonb_build_object(
      'id_detail', d.id_detail, 'id_produit', d.id_produit, 'id_variante', d.id_variante, 'libelle', d.libelle,
      'quantite', d.quantite_commandee, 'prix_unitaire', d.prix_unitaire, 'prix_total_ligne', d.prix_total_ligne) order by d.id_detail), '[]')
    from public.details_commande as d where d.id_commande = c.id_commande and d.id_utilisateur = c.id_utilisateur)
  where c.id_commande in (select l.id_commande from lignes as l);
  return null;
end
$$;
comment on function prive.tg_details_commande__total() is 'After lines changed: montant_total is their sum (hint montant_trop_grand), articles says what they are. The orders are locked already, by the triggers before.';
create trigger tg_details_commande__total_ajout after insert on public.details_commande
  referencing new table as lignes for each statement execute function prive.tg_details_commande__total();
create trigger tg_details_commande__total_change after update on public.details_commande
  referencing new table as lignes for each statement execute function prive.tg_details_commande__total();
create trigger tg_details_commande__total_retrait after delete on public.details_commande
  referencing old table as lignes for each statement execute function prive.tg_details_commande__total();

alter table public.details_commande enable row level security;
create policy "un membre lit les lignes de commande de ses vendeurs" on public.details_commande for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.details_commande to authenticated;

alter publication supabase_realtime add table public.commandes;
