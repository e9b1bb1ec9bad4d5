-- Who the vendors are, who works for them, and which WhatsApp numbers are theirs.

-- ── vendors ──────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.utilisateurs_fluxasync (
  id_utilisateur uuid primary key references auth.users (id) on delete cascade,
  nom text,
  prenom text,
  adresse_email text not null constraint adresse_email_unique unique,
  numero_telephone text constraint numero_e164 check (numero_telephone ~ '^\+[1-9][0-9]{7,14}$'),
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
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint position_entiere check ((latitude is null) = (longitude is null))
);
comment on table public.utilisateurs_fluxasync is 'The vendors: one row per auth user who sells. id_utilisateur is the tenant key of every other table.';
comment on column public.utilisateurs_fluxasync.pays is 'ISO 3166 code (or the name) of the country by which local phone numbers are read.';
comment on column public.utilisateurs_fluxasync.consignes_ia is 'Tone and policy the vendor gives the AI; never rules it out of its own.';
comment on column public.utilisateurs_fluxasync.heures_ouverture is 'Opening hours per day: {"lundi": ["08:00-18:00"], …} in the vendor''s time zone.';
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
  date_creation timestamptz not null default prive.maintenant(),
  primary key (id_utilisateur, id_membre),
  constraint pas_membre_de_soi_meme check (id_membre <> id_utilisateur)
);
comment on table public.membres_equipe is 'Employees who sign in with their own account and act for a vendor; lecteur < agent < gestionnaire < the owner himself.';
create index membres_equipe_par_membre on public.membres_equipe (id_membre);

create table public.invitations_equipe (
  id_invitation bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  adresse_email text not null,
  role text not null constraint role_connu check (role in ('gestionnaire', 'agent', 'lecteur')),
  empreinte_jeton bytea not null constraint empreinte_unique unique,
  date_creation timestamptz not null default prive.maintenant(),
  expire_le timestamptz not null default prive.maintenant() + interval '7 days',
  acceptee_le timestamptz
);
comment on table public.invitations_equipe is 'Invitations sent to employees. The token itself is in the mail alone; here is its sha256.';
create index invitations_equipe_par_vendeur on public.invitations_equipe (id_utilisateur, date_creation desc, id_invitation);

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
  'The vendors the caller may act for with at least this role: lecteur < agent < gestionnaire < proprietaire. Every policy reads it through `any (array(select …))`, so that it runs once per query. An unknown role gives the caller''s own vendor only.';
grant execute on function prive.mes_vendeurs(text) to authenticated;

alter table public.utilisateurs_fluxasync enable row level security;
create policy "un membre lit la fiche de ses vendeurs" on public.utilisateurs_fluxasync for select to authenticated
  using (id_utilisateur = any (array(select prive.mes_vendeurs('lecteur'))));
create policy "le proprietaire modifie sa fiche" on public.utilisateurs_fluxasync for update to authenticated
  using (id_utilisateur = any (array(select prive.mes_vendeurs('proprietaire'))))
  with check (id_utilisateur = any (array(select prive.mes_vendeurs('proprietaire'))));
grant select on public.utilisateurs_fluxasync to authenticated;
grant update (nom, prenom, numero_telephone, pays, secteur_activite, nom_entreprise, devise, langue, fuseau_horaire,
  adresse_recuperation, latitude, longitude, consignes_ia, heures_ouverture) on public.utilisateurs_fluxasync to authenticated;

alter table public.membres_equipe enable row level security;
create policy "un membre lit l'equipe de ses vendeurs" on public.membres_equipe for select to authenticated
  using (id_utilisateur = any (array(select prive.mes_vendeurs('lecteur'))));
grant select on public.membres_equipe to authenticated;

alter table public.invitations_equipe enable row level security;
create policy "le proprietaire lit ses invitations" on public.invitations_equipe for select to authenticated
  using (id_utilisateur = any (array(select prive.mes_vendeurs('proprietaire'))));
grant select on public.invitations_equipe to authenticated;

-- ── sign-up ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_users__nouveau_vendeur() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.utilisateurs_fluxasync (id_utilisateur, adresse_email, nom, prenom, nom_entreprise)
  values (new.id, coalesce(new.email, new.id::text || '@sans-adresse.invalid'),
    new.raw_user_meta_data ->> 'nom', new.raw_user_meta_data ->> 'prenom', new.raw_user_meta_data ->> 'nom_entreprise')
  on conflict (id_utilisateur) do nothing;
  return new;
end
$$;
comment on function prive.tg_users__nouveau_vendeur() is
  'After insert on auth.users: the new user is a vendor. A definer, because the auth server''s role has no right on public tables; missing metadata is tolerated, since an error here would refuse the sign-up.';
create trigger tg_users__nouveau_vendeur after insert on auth.users
  for each row execute function prive.tg_users__nouveau_vendeur();

create function prive.tg_users__adresse_email() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.utilisateurs_fluxasync set adresse_email = new.email where id_utilisateur = new.id and new.email is not null;
  return new;
end
$$;
comment on function prive.tg_users__adresse_email() is 'After a user changed his address: the vendor''s row follows, so that the old one is free for somebody else.';
create trigger tg_users__adresse_email after update of email on auth.users
  for each row when (old.email is distinct from new.email) execute function prive.tg_users__adresse_email();

-- ── WhatsApp numbers ─────────────────────────────────────────────────────────────────────────────────────────────

create table public.comptes_whatsapp (
  id_compte_whatsapp bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  identifiant_compte_business text not null,
  identifiant_numero_telephone text not null constraint numero_connecte_une_seule_fois unique,
  numero_telephone_whatsapp text not null
    constraint numero_e164 check (numero_telephone_whatsapp ~ '^\+[1-9][0-9]{7,14}$'),
  jeton_acces uuid,
  url_webhook text,
  jeton_verification_webhook uuid,
  compte_actif boolean not null default true,
  qualite text constraint qualite_connue check (qualite in ('verte', 'jaune', 'rouge')),
  palier_messages text,
  date_connexion timestamptz not null default prive.maintenant(),
  derniere_synchronisation timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint comptes_whatsapp_du_vendeur unique (id_compte_whatsapp, id_utilisateur)
);
comment on table public.comptes_whatsapp is 'A vendor''s WhatsApp Business numbers. Written by the service alone.';
comment on column public.comptes_whatsapp.identifiant_compte_business is 'Meta''s WABA id.';
comment on column public.comptes_whatsapp.identifiant_numero_telephone is 'Meta''s phone_number_id: the routing key of every inbound event.';
comment on column public.comptes_whatsapp.jeton_acces is 'Id of a Vault secret, never a token.';
comment on column public.comptes_whatsapp.jeton_verification_webhook is 'Id of a Vault secret.';
comment on column public.comptes_whatsapp.qualite is 'Meta''s quality rating of the number.';
comment on column public.comptes_whatsapp.palier_messages is 'Meta''s messaging limit tier, as Meta names it.';
create index comptes_whatsapp_par_vendeur on public.comptes_whatsapp (id_utilisateur, date_creation desc, id_compte_whatsapp);
alter table public.comptes_whatsapp enable row level security;
create policy "un membre lit les numeros de ses vendeurs" on public.comptes_whatsapp for select to authenticated
  using (id_utilisateur = any (array(select prive.mes_vendeurs('lecteur'))));
grant select on public.comptes_whatsapp to authenticated;
