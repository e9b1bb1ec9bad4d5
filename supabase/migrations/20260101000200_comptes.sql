-- Who the vendors are, who may act for them, and which WhatsApp numbers are theirs. How one becomes a vendor or a member is in
-- the file of the team.

-- ── vendors ──────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.utilisateurs_fluxasync (
  id_utilisateur uuid primary key references auth.users (id) on delete cascade,
  nom text,
  prenom text,
  adresse_email text not null constraint adresse_email_unique unique,
  numero_telephone text constraint numero_e164 check (numero_telephone ~ '^\+[1-9][0-9]{7,14}$'),
  numero_verifie_le timestamptz,
  pays text not null default 'CI',
  secteur_activite text,
  nom_entreprise text,
  plan_abonnement text not null default 'gratuit'
    constraint plan_connu check (plan_abonnement in ('gratuit', 'pro', 'entreprise')),
  statut_abonnement text not null default 'actif'
    constraint statut_abonnement_connu check (statut_abonnement in ('actif', 'inactif', 'suspendu')),
  compte_verifie boolean not null default false,
  devise text not null default 'XOF' constraint devise_iso_4217 check (devise ~ '^[A-Z]{3}$'),
  langue text not null default 'fr' constraint langue_connue check (langue in ('fr', 'en')),
  fuseau_horaire text not null default 'Africa/Abidjan',
  adresse_recuperation text,
  latitude double precision constraint latitude_terrestre check (latitude between -90 and 90),
  longitude double precision constraint longitude_terrestre check (longitude between -180 and 180),
  consignes_ia text constraint consignes_de_taille_raisonnable check (length(consignes_ia) <= 4000),
  heures_ouverture jsonb not null default '{}' constraint heures_sont_un_objet check (jsonb_typeof(heures_ouverture) = 'object'),
  moyens_paiement text[] not null default '{paiement_livraison,orange_money,mtn_money,wave}' constraint moyens_connus check (
    cardinality(moyens_paiement) > 0
    and moyens_paiement <@ '{paiement_livraison,orange_money,mtn_money,wave,virement_bancaire}'::text[]),
  politiques jsonb not null default '{}' constraint politiques_sont_un_objet check (jsonb_typeof(politiques) = 'object' and length(politiques::text) <= 8000),
  retrait_possible boolean not null default false,
  delai_retour_ia_minutes integer constraint delai_de_retour_raisonnable check (delai_retour_ia_minutes between 5 and 10080),
  livraison_auto boolean not null default true,
  livreurs_de time not null default '06:00',
  livreurs_a time not null default '22:00',
  seuil_stock_bas integer default 2 constraint seuil_raisonnable check (seuil_stock_bas between 0 and 100000),
  canaux_notifications jsonb not null default '{}' constraint canaux_sont_un_objet check (jsonb_typeof(canaux_notifications) = 'object' and length(canaux_notifications::text) <= 4000),
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint position_entiere check ((latitude is null) = (longitude is null))
);
comment on table public.utilisateurs_fluxasync is 'The vendors: one row per auth user who sells. id_utilisateur is the tenant key of every other table.';
comment on column public.utilisateurs_fluxasync.numero_verifie_le is 'Since when numero_telephone is known to be his: he wrote from it to FluxAsync''s own number. Null: only said.';
comment on column public.utilisateurs_fluxasync.pays is 'ISO 3166 code (or the name) of the country by which local phone numbers are read.';
comment on column public.utilisateurs_fluxasync.consignes_ia is 'Tone and policy the vendor gives the AI; never rules it out of its own.';
comment on column public.utilisateurs_fluxasync.plan_abonnement is 'Copy of abonnements.nom_plan, written by its trigger alone.';
comment on column public.utilisateurs_fluxasync.statut_abonnement is 'What abonnements.statut_abonnement means for the vendor (actif; annule and expire are inactif; suspendu), written by its trigger alone.';
comment on column public.utilisateurs_fluxasync.heures_ouverture is 'Opening hours per day: {"lundi": ["08:00-18:00"], …} in the vendor''s time zone; a day without any is one on which he is closed. None of the seven: he gave none.';
comment on column public.utilisateurs_fluxasync.moyens_paiement is 'What he accepts, among the values of commandes.methode_paiement.';
comment on column public.utilisateurs_fluxasync.politiques is
  'What the AI may tell on a theme, in the vendor''s own words: {"retour": "…", "garantie": "…", "authenticite": "…", "paiement": "…", "livraison": "…"}, or themes of his own.';
comment on column public.utilisateurs_fluxasync.retrait_possible is 'Customers may collect at adresse_recuperation, without a fee.';
comment on column public.utilisateurs_fluxasync.delai_retour_ia_minutes is
  'A conversation in which nobody of the team has written for so long after the AI handed it over, or after a person last wrote, goes back to the AI; null: only when a person gives it back.';
comment on column public.utilisateurs_fluxasync.livraison_auto is
  'A confirmed order makes its delivery, and couriers are asked for it by themselves; false: the vendor plans and assigns.';
comment on column public.utilisateurs_fluxasync.livreurs_de is
  'Couriers are asked from this local time until livreurs_a, and not at night; the same twice: at any time.';
comment on column public.utilisateurs_fluxasync.seuil_stock_bas is 'He is told when the stock of an article falls to so many; null: never.';
comment on column public.utilisateurs_fluxasync.canaux_notifications is
  'Where he wants to be told of what, other than prive.evenements says: {"livraison_recuperee": "application", "stock_bas": "aucun", "commande": "whatsapp"}.';
comment on column public.utilisateurs_fluxasync.fuseau_horaire is 'IANA name; the vendor''s calendar day follows it.';
comment on column public.utilisateurs_fluxasync.adresse_recuperation is 'Where couriers pick up; latitude and longitude are its position.';

create function prive.tg_fuseau_horaire__connu() returns trigger
language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from pg_catalog.pg_timezone_names as f where f.name = new.fuseau_horaire) then
    perform prive.refuser('fuseau_inconnu', 'Ce fuseau horaire n''existe pas : ' || new.fuseau_horaire);
  end if;
  return new;
end
$$;
comment on function prive.tg_fuseau_horaire__connu() is 'Before a time zone is written: it must be one that Postgres knows (hint fuseau_inconnu).';
create trigger tg_utilisateurs_fluxasync__fuseau before insert or update of fuseau_horaire on public.utilisateurs_fluxasync
  for each row when (new.fuseau_horaire <> 'Africa/Abidjan') execute function prive.tg_fuseau_horaire__connu();

create function prive.tg_date_modification() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.date_modification := prive.maintenant();
  return new;
end
$$;
comment on function prive.tg_date_modification() is 'Before update: date_modification is the time of the change, whatever the caller wrote.';
create trigger tg_utilisateurs_fluxasync__date_modification before update on public.utilisateurs_fluxasync
  for each row execute function prive.tg_date_modification();

create function prive.tg_utilisateurs_fluxasync__telephone() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.numero_telephone := prive.normaliser_telephone(new.numero_telephone, new.pays);
  return new;
end
$$;
comment on function prive.tg_utilisateurs_fluxasync__telephone() is 'Before a number is written: E.164 by the vendor''s own country.';
create trigger tg_utilisateurs_fluxasync__telephone before insert or update of numero_telephone on public.utilisateurs_fluxasync
  for each row when (new.numero_telephone is not null) execute function prive.tg_utilisateurs_fluxasync__telephone();

-- ── team ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.membres_equipe (
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_membre uuid not null references auth.users (id) on delete cascade,
  role text not null constraint role_connu check (role in ('gestionnaire', 'agent', 'lecteur')),
  adresse_email text not null,
  nom_complet text,
  date_creation timestamptz not null default prive.maintenant(),
  primary key (id_utilisateur, id_membre),
  constraint pas_membre_de_soi_meme check (id_membre <> id_utilisateur)
);
comment on table public.membres_equipe is 'Employees who sign in with their own account and act for a vendor; lecteur < agent < gestionnaire < the owner himself. Rows are made by an accepted invitation alone.';
comment on column public.membres_equipe.adresse_email is 'The member''s sign-in address, kept here because a front end cannot read auth.users; follows its changes.';
comment on column public.membres_equipe.nom_complet is 'As the member wrote it at sign-up; null when he did not.';
create index membres_equipe_par_membre on public.membres_equipe (id_membre);

create function prive.texte_de_fiche(fiche jsonb, champ text) returns text
language sql immutable set search_path = ''
as $$
  select case when pg_catalog.jsonb_typeof(fiche -> champ) = 'string'
    then nullif(pg_catalog.btrim(pg_catalog.left(pg_catalog.btrim(fiche ->> champ), 100)), '') end
$$;
comment on function prive.texte_de_fiche(jsonb, text) is
  'A text of a user''s own metadata, which may hold anything: trimmed, cut to 100 characters, null when it is no text or empty.';

create function prive.tg_membres_equipe__fiche() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  compte record;
begin
  select u.email, u.raw_user_meta_data as fiche into compte from auth.users as u where u.id = new.id_membre;
  new.adresse_email := coalesce(compte.email, new.id_membre::text || '@sans-adresse.invalid');
  new.nom_complet := coalesce(prive.texte_de_fiche(compte.fiche, 'nom_complet'),
    nullif(pg_catalog.concat_ws(' ', prive.texte_de_fiche(compte.fiche, 'prenom'), prive.texte_de_fiche(compte.fiche, 'nom')), ''),
    prive.texte_de_fiche(compte.fiche, 'full_name'));
  return new;
end
$$;
comment on function prive.tg_membres_equipe__fiche() is
  'Before insert: the member''s address and name come from his account. A definer, because nobody else reads auth.users. full_name: where Google and Microsoft put it.';
create trigger tg_membres_equipe__fiche before insert on public.membres_equipe
  for each row execute function prive.tg_membres_equipe__fiche();

-- ── for whom the caller acts ─────────────────────────────────────────────────────────────────────────────────────

create function prive.mes_vendeurs(role_minimal text) returns setof uuid
language sql stable security definer rows 2 set search_path = ''
as $$
  select u.id_utilisateur from public.utilisateurs_fluxasync as u where u.id_utilisateur = auth.uid()
  union all
  select m.id_utilisateur from public.membres_equipe as m
  where m.id_membre = auth.uid()
    and pg_catalog.array_position(array['lecteur', 'agent', 'gestionnaire', 'proprietaire'], m.role)
        >= pg_catalog.array_position(array['lecteur', 'agent', 'gestionnaire', 'proprietaire'], role_minimal)
$$;
comment on function prive.mes_vendeurs(text) is
  'The vendors the caller may act for with at least this role: lecteur < agent < gestionnaire < proprietaire. Every policy reads it as `id_utilisateur in (select …)`: run once per query and hashed. Not as `= any (array(select …))`: the planner takes that for a second condition as rare as the vendor himself, believes in one row, and sorts a whole vendor for a page. An unknown role gives the caller''s own vendor only.';
grant execute on function prive.mes_vendeurs(text) to authenticated;

alter table public.utilisateurs_fluxasync enable row level security;
create policy "un membre lit la fiche de ses vendeurs" on public.utilisateurs_fluxasync for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "le proprietaire modifie sa fiche" on public.utilisateurs_fluxasync for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('proprietaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('proprietaire')));
grant select on public.utilisateurs_fluxasync to authenticated;
grant update (nom, prenom, numero_telephone, pays, secteur_activite, nom_entreprise, devise, langue, fuseau_horaire,
  adresse_recuperation, latitude, longitude, consignes_ia, heures_ouverture, moyens_paiement, politiques, retrait_possible,
  delai_retour_ia_minutes, livraison_auto, livreurs_de, livreurs_a, seuil_stock_bas, canaux_notifications) on public.utilisateurs_fluxasync to authenticated;

alter table public.membres_equipe enable row level security;
create policy "un membre lit l'equipe de ses vendeurs" on public.membres_equipe for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "le proprietaire change le role de ses membres" on public.membres_equipe for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('proprietaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('proprietaire')));
grant select on public.membres_equipe to authenticated;
grant update (role) on public.membres_equipe to authenticated;

-- ── opening a shop ───────────────────────────────────────────────────────────────────────────────────────────────

create function prive.adresse_libre(proprietaire uuid, adresse text) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  -- Signing in by another provider makes a second account with the same address: no reason to refuse it a shop.
  if adresse is null or exists (
    select from public.utilisateurs_fluxasync as u where u.adresse_email = adresse and u.id_utilisateur <> proprietaire) then
    return proprietaire::text || '@sans-adresse.invalid';
  end if;
  return adresse;
end
$$;
comment on function prive.adresse_libre(uuid, text) is 'The address of an account, or a stand-in when it has none or another vendor has it.';

create function prive.ouvrir_boutique(proprietaire uuid, adresse text, fiche jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into public.utilisateurs_fluxasync (id_utilisateur, adresse_email, nom, prenom, nom_entreprise)
  values (proprietaire, prive.adresse_libre(proprietaire, adresse),
    prive.texte_de_fiche(fiche, 'nom'), prive.texte_de_fiche(fiche, 'prenom'), prive.texte_de_fiche(fiche, 'nom_entreprise'))
  on conflict (id_utilisateur) do nothing;
end
$$;
comment on function prive.ouvrir_boutique(uuid, text, jsonb) is
  'Makes a user a vendor, from the metadata of his account: {nom, prenom, nom_entreprise}, all optional. Does nothing when he is one already. Executable by its owner alone.';

create function prive.devenir_vendeur(nom_boutique text) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  compte record;
begin
  select u.id, u.email, case when pg_catalog.jsonb_typeof(u.raw_user_meta_data) = 'object' then u.raw_user_meta_data else '{}' end as fiche
  into compte from auth.users as u where u.id = auth.uid();
  if not found then
    perform prive.refuser('compte_introuvable', 'Ce compte n''existe plus.');
  end if;
  perform prive.ouvrir_boutique(compte.id, compte.email, compte.fiche
    || case when pg_catalog.btrim(nom_boutique) <> '' then pg_catalog.jsonb_build_object('nom_entreprise', nom_boutique) else '{}' end);
  return compte.id;
end
$$;
comment on function prive.devenir_vendeur(text) is 'See public.devenir_vendeur.';
grant execute on function prive.devenir_vendeur(text) to authenticated;

create function public.devenir_vendeur(nom_entreprise text default null) returns uuid
language sql volatile security invoker set search_path = ''
as $$ select prive.devenir_vendeur(nom_entreprise) $$;
comment on function public.devenir_vendeur(text) is
  'Who signed up by invitation opens a shop of his own, on the free plan; he stays a member of the others. Returns his id_utilisateur; changes nothing when the shop exists. Errors (P0001): hint compte_introuvable.';
grant execute on function public.devenir_vendeur(text) to authenticated;

create function prive.tg_users__adresse_email() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.utilisateurs_fluxasync set adresse_email = prive.adresse_libre(new.id, new.email) where id_utilisateur = new.id;
  update public.membres_equipe set adresse_email = new.email where id_membre = new.id and new.email is not null;
  return new;
end
$$;
comment on function prive.tg_users__adresse_email() is 'After a user changed his address: the vendor''s row follows, so that the old one is free for somebody else, and so do his memberships.';
create trigger tg_users__adresse_email after update of email on auth.users
  for each row when (old.email is distinct from new.email) execute function prive.tg_users__adresse_email();

-- ── WhatsApp numbers ─────────────────────────────────────────────────────────────────────────────────────────────

create table public.comptes_whatsapp (
  id_compte_whatsapp bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  identifiant_compte_business text not null,
  identifiant_numero_telephone text not null,
  numero_telephone_whatsapp text not null
    constraint numero_e164 check (numero_telephone_whatsapp ~ '^\+[1-9][0-9]{7,14}$'),
  jeton_acces uuid,
  url_webhook text,
  jeton_verification_webhook uuid,
  code_pin uuid,
  compte_actif boolean not null default true,
  motif_inactif text constraint motif_connu check (motif_inactif in ('jeton_mort', 'deconnecte', 'compte_desactive', 'partenaire_retire')),
  nom_verifie text,
  qualite text constraint qualite_connue check (qualite in ('verte', 'jaune', 'rouge')),
  palier_messages text,
  debit_par_seconde integer not null default 80 constraint debit_possible check (debit_par_seconde between 1 and 1000),
  date_connexion timestamptz not null default prive.maintenant(),
  date_deconnexion timestamptz,
  derniere_synchronisation timestamptz,
  evenements_meta jsonb not null default '{}' constraint evenements_sont_un_objet check (jsonb_typeof(evenements_meta) = 'object'),
  date_creation timestamptz not null default prive.maintenant(),
  constraint motif_si_inactif check (motif_inactif is null or not compte_actif),
  constraint deconnecte_sans_secret check (date_deconnexion is null
    or (motif_inactif is not distinct from 'deconnecte' and jeton_acces is null and code_pin is null)),
  constraint comptes_whatsapp_du_vendeur unique (id_compte_whatsapp, id_utilisateur),
  constraint numero_une_fois_par_vendeur unique (id_utilisateur, identifiant_numero_telephone)
);
comment on table public.comptes_whatsapp is 'A vendor''s WhatsApp Business numbers. Written by the service alone.';
comment on column public.comptes_whatsapp.identifiant_compte_business is 'Meta''s WABA id.';
comment on column public.comptes_whatsapp.identifiant_numero_telephone is 'Meta''s phone_number_id: the routing key of every inbound event.';
comment on column public.comptes_whatsapp.jeton_acces is 'Id of a Vault secret, never a token.';
comment on column public.comptes_whatsapp.jeton_verification_webhook is 'Id of a Vault secret.';
comment on column public.comptes_whatsapp.url_webhook is 'Where Meta sends the number''s events, as it was checked when the number was connected.';
comment on column public.comptes_whatsapp.code_pin is 'Id of a Vault secret: the number''s two-step verification PIN at Meta; null when we did not set it.';
comment on column public.comptes_whatsapp.date_deconnexion is 'When the vendor disconnected the number: its history stays with him, another vendor may connect it. Null while it is his.';
comment on column public.comptes_whatsapp.motif_inactif is 'Why the number is off: jeton_mort; deconnecte by the vendor (date_deconnexion) or, since he registered it anew, by WhatsApp; compte_desactive by Meta; partenaire_retire, he took our access away at Meta.';
comment on column public.comptes_whatsapp.nom_verifie is 'The name that prospects see, as Meta verified it.';
comment on column public.comptes_whatsapp.debit_par_seconde is 'Messages per second Meta takes from this number: 80, or 1000 where it was upgraded.';
comment on column public.comptes_whatsapp.qualite is 'Meta''s quality rating of the number.';
comment on column public.comptes_whatsapp.palier_messages is 'Meta''s messaging limit tier, as Meta names it.';
comment on column public.comptes_whatsapp.evenements_meta is 'Per webhook field, Meta''s time of the last event applied ({"account_update": "2026-11-20T08:00:00Z"}): an older one that comes late changes nothing.';
-- Its events find one vendor; a number that was disconnected may be another's now.
create unique index numero_connecte_une_seule_fois on public.comptes_whatsapp (identifiant_numero_telephone) where date_deconnexion is null;
create index comptes_whatsapp_d_avant on public.comptes_whatsapp (identifiant_numero_telephone) where date_deconnexion is not null;
-- Meta names the account alone in what it says of an account.
create index comptes_whatsapp_par_waba on public.comptes_whatsapp (identifiant_compte_business) where date_deconnexion is null;
create index comptes_whatsapp_par_vendeur on public.comptes_whatsapp (id_utilisateur, date_creation desc, id_compte_whatsapp);
alter table public.comptes_whatsapp enable row level security;
create policy "un membre lit les numeros de ses vendeurs" on public.comptes_whatsapp for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.comptes_whatsapp to authenticated;

create function prive.tg_secrets__oublier() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- to_jsonb: which columns hold ids of secrets is the trigger's argument.
  delete from vault.secrets as s
  where s.id in (select (to_jsonb(old) ->> colonne)::uuid from unnest(tg_argv) as colonne);
  return null;
end
$$;
comment on function prive.tg_secrets__oublier() is 'After an account is gone, with its vendor or alone: so are its tokens. Arguments: the columns that hold Vault ids.';
create trigger tg_comptes_whatsapp__secrets after delete on public.comptes_whatsapp
  for each row execute function prive.tg_secrets__oublier('jeton_acces', 'jeton_verification_webhook', 'code_pin');

create table prive.comptes_plateforme (
  identifiant_numero_telephone text primary key,
  numero_telephone_whatsapp text not null constraint numero_e164 check (numero_telephone_whatsapp ~ '^\+[1-9][0-9]{7,14}$'),
  jeton_acces uuid not null,
  compte_actif boolean not null default true,
  motif_inactif text,
  modele_nom text constraint nom_de_modele check (modele_nom ~ '^[a-z0-9_]+$' and length(modele_nom) <= 512),
  modele_langue text constraint langue_de_modele check (modele_langue ~ '^[a-z]{2,3}(_[A-Z]{2,3})?$'),
  debit_par_seconde integer not null default 80 constraint debit_positif check (debit_par_seconde between 1 and 1000),
  date_connexion timestamptz not null default prive.maintenant(),
  date_creation timestamptz not null default prive.maintenant(),
  constraint modele_entier check ((modele_nom is null) = (modele_langue is null))
);
comment on table prive.comptes_plateforme is 'FluxAsync''s own WhatsApp numbers, from which vendors are notified: no tenant''s accounts.';
comment on column prive.comptes_plateforme.identifiant_numero_telephone is 'Meta''s phone_number_id.';
comment on column prive.comptes_plateforme.jeton_acces is 'Id of a Vault secret, never a token.';
comment on column prive.comptes_plateforme.motif_inactif is 'Meta''s code and words when it refused the token: since then nothing goes out, until an operator connects the number again.';
comment on column prive.comptes_plateforme.modele_nom is
  'The approved template that says a notification outside Meta''s 24 hours: body "{{1}}" the title, "{{2}}" the words, and one quick-reply button.';
comment on column prive.comptes_plateforme.date_connexion is 'When it was last given a token: a refusal of an older one says nothing of this.';
alter table prive.comptes_plateforme enable row level security;
create policy "personne par l'API" on prive.comptes_plateforme using (false);
