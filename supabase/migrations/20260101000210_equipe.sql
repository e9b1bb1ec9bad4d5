-- How a team is made and unmade: invitations, what becomes of an account that signs up, removal. Who is a member and what he may
-- do is in the file of the accounts.

-- ── invitations ──────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.adresse_email_plausible(adresse text) returns boolean
language sql immutable set search_path = ''
as $$
  -- No space, quote, bracket, comma or semicolon: the address will stand in the header of a mail.
  select coalesce(pg_catalog.length(adresse) <= 254
    and adresse ~ '^[^@[:space:][:cntrl:]"''<>(),;:\\]+@[^@[:space:][:cntrl:]"''<>(),;:\\.]+(\.[^@[:space:][:cntrl:]"''<>(),;:\\.]+)+$', false)
$$;
comment on function prive.adresse_email_plausible(text) is 'Whether a text looks like one mail address; whether it exists is known when its owner accepts.';

create table public.invitations_equipe (
  id_invitation bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  adresse_email text not null
    constraint adresse_en_minuscules check (adresse_email = lower(btrim(adresse_email)))
    constraint adresse_plausible check (prive.adresse_email_plausible(adresse_email)),
  role text not null constraint role_connu check (role in ('gestionnaire', 'agent', 'lecteur')),
  empreinte_jeton bytea not null constraint empreinte_unique unique,
  date_creation timestamptz not null default prive.maintenant(),
  expire_le timestamptz not null default prive.maintenant() + interval '7 days',
  acceptee_le timestamptz
);
comment on table public.invitations_equipe is 'Invitations sent to employees: written by public.inviter_membre, spent once by acceptance, deleted by the owner who takes one back.';
comment on column public.invitations_equipe.adresse_email is 'Lower case, trimmed: only the account with this address may accept.';
comment on column public.invitations_equipe.empreinte_jeton is 'sha256 of the token. The token itself was told once, to the owner who invited; he passes the link on.';
comment on column public.invitations_equipe.acceptee_le is 'Null: pending, or expired when expire_le is past.';
create index invitations_equipe_par_vendeur on public.invitations_equipe (id_utilisateur, date_creation desc, id_invitation);
create unique index une_invitation_en_attente_par_adresse on public.invitations_equipe (id_utilisateur, lower(adresse_email))
  where acceptee_le is null;
alter table public.invitations_equipe enable row level security;
create policy "le proprietaire lit ses invitations" on public.invitations_equipe for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('proprietaire')));
create policy "le proprietaire retire ses invitations en attente" on public.invitations_equipe for delete to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('proprietaire')) and acceptee_le is null);
grant select, delete on public.invitations_equipe to authenticated;

insert into prive.reglages (nom, valeur, role) values
  ('retention_invitations_jours', 30, 'Invitations are pruned this long after they were accepted or expired.');

create function prive.purger_invitations() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  limite constant timestamptz := prive.maintenant() - pg_catalog.make_interval(days => prive.reglage('retention_invitations_jours'));
  nombre integer;
begin
  delete from public.invitations_equipe as i where coalesce(i.acceptee_le, i.expire_le) < limite;
  get diagnostics nombre = row_count;
  return nombre;
end
$$;
comment on function prive.purger_invitations() is
  'Drops invitations long accepted or expired: they hold addresses of people who may never have come. Returns how many. A spent token then opens nothing (invitation_inconnue); its member stays.';
-- Once a night, 3:41 UTC: it reads the whole table, which is small.
select cron.schedule('purger-invitations', '41 3 * * *', 'select prive.purger_invitations()');

create function prive.inviter_membre(adresse text, rang text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  proprietaire uuid := auth.uid();
  jeton text;
  invitation record;
begin
  if not exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = proprietaire) then
    perform prive.refuser('pas_proprietaire', 'Seul le propriétaire d''une boutique peut inviter quelqu''un.');
  end if;
  if not coalesce(rang in ('gestionnaire', 'agent', 'lecteur'), false) then
    perform prive.refuser('role_inconnu', 'Ce rôle n''existe pas : choisissez gestionnaire, agent ou lecteur.');
  end if;
  adresse := pg_catalog.lower(pg_catalog.btrim(adresse, E' \t\r\n'));
  if not prive.adresse_email_plausible(adresse) then
    perform prive.refuser('adresse_invalide', 'Cette adresse e-mail n''est pas valable.');
  end if;
  if exists (select from auth.users as u where u.id = proprietaire and pg_catalog.lower(u.email) = adresse) then
    perform prive.refuser('invitation_a_soi_meme', 'Vous ne pouvez pas vous inviter vous-même.');
  end if;
  if exists (
    select from public.membres_equipe as m
    where m.id_utilisateur = proprietaire and pg_catalog.lower(m.adresse_email) = adresse
  ) then
    perform prive.refuser('deja_membre', 'Cette personne est déjà membre de votre équipe.');
  end if;
  jeton := pg_catalog.translate(pg_catalog.rtrim(pg_catalog.encode(extensions.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
  -- The pending invitation of the same address is replaced in place: its old token opens nothing any more.
  insert into public.invitations_equipe as i (id_utilisateur, adresse_email, role, empreinte_jeton, date_creation, expire_le)
  values (proprietaire, adresse, rang, pg_catalog.sha256(pg_catalog.convert_to(jeton, 'UTF8')),
    prive.maintenant(), prive.maintenant() + interval '7 days')
  on conflict (id_utilisateur, pg_catalog.lower(adresse_email)) where acceptee_le is null
  do update set role = excluded.role, empreinte_jeton = excluded.empreinte_jeton,
    date_creation = excluded.date_creation, expire_le = excluded.expire_le
  returning i.id_invitation, i.expire_le into invitation;
  return pg_catalog.jsonb_build_object('id_invitation', invitation.id_invitation, 'jeton', jeton, 'expire_le', invitation.expire_le);
end
$$;
comment on function prive.inviter_membre(text, text) is 'See public.inviter_membre.';
grant execute on function prive.inviter_membre(text, text) to authenticated;

create function public.inviter_membre(adresse_email text, role text) returns jsonb
language sql volatile security invoker set search_path = ''
as $$ select prive.inviter_membre(adresse_email, role) $$;
comment on function public.inviter_membre(text, text) is
  'The owner invites an address into his own shop: {id_invitation, jeton, expire_le}. The token is told this once and holds 7 days; inviting the address again replaces what was pending. Errors (P0001): hint pas_proprietaire, role_inconnu, adresse_invalide, invitation_a_soi_meme, deja_membre.';
grant execute on function public.inviter_membre(text, text) to authenticated;

-- ── acceptance ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.depenser_invitation(jeton text, membre uuid, adresse text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  invitation record;
  rang text;
begin
  -- Locked, so that of two who come at once the second sees what the first has done.
  select i.* into invitation from public.invitations_equipe as i
  where i.empreinte_jeton = pg_catalog.sha256(pg_catalog.convert_to(jeton, 'UTF8')) for update;
  if not found then
    return '{"refus": "invitation_inconnue"}';
  end if;
  if invitation.adresse_email is distinct from pg_catalog.lower(adresse) then
    return '{"refus": "invitation_pour_une_autre_adresse"}';
  end if;
  if invitation.acceptee_le is null then
    if invitation.expire_le <= prive.maintenant() then
      return '{"refus": "invitation_expiree"}';
    end if;
    if membre = invitation.id_utilisateur then
      return '{"refus": "invitation_a_soi_meme"}';
    end if;
    insert into public.membres_equipe (id_utilisateur, id_membre, role)
    values (invitation.id_utilisateur, membre, invitation.role)
    on conflict (id_utilisateur, id_membre) do nothing;
    update public.invitations_equipe as i set acceptee_le = prive.maintenant() where i.id_invitation = invitation.id_invitation;
  end if;
  -- A spent token tells its member what he has, and brings nobody back who was removed.
  select m.role into rang from public.membres_equipe as m where m.id_utilisateur = invitation.id_utilisateur and m.id_membre = membre;
  if not found then
    return '{"refus": "invitation_inconnue"}';
  end if;
  return pg_catalog.jsonb_build_object('id_utilisateur', invitation.id_utilisateur, 'role', rang);
end
$$;
comment on function prive.depenser_invitation(text, uuid, text) is
  'Makes a user a member by a token: {id_utilisateur, role}, or {refus: hint code}; raises nothing, because a sign-up must not fail by it. The caller vouches that the address is the user''s. Executable by its owner alone.';

create function prive.accepter_invitation(jeton text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  resultat jsonb := prive.depenser_invitation(jeton, auth.uid(),
    (select u.email from auth.users as u where u.id = auth.uid() and u.email_confirmed_at is not null));
begin
  case resultat ->> 'refus'
    when 'invitation_inconnue' then
      perform prive.refuser('invitation_inconnue', 'Cette invitation n''existe pas ou n''est plus valable.');
    when 'invitation_expiree' then
      perform prive.refuser('invitation_expiree', 'Cette invitation a expiré : demandez-en une nouvelle.');
    when 'invitation_pour_une_autre_adresse' then
      perform prive.refuser('invitation_pour_une_autre_adresse',
        'Cette invitation est pour une autre adresse que la vôtre, ou la vôtre n''est pas encore confirmée.');
    when 'invitation_a_soi_meme' then
      perform prive.refuser('invitation_a_soi_meme', 'Cette boutique est déjà la vôtre.');
    else
      return resultat;
  end case;
end
$$;
comment on function prive.accepter_invitation(text) is 'See public.accepter_invitation.';
grant execute on function prive.accepter_invitation(text) to authenticated;

create function public.accepter_invitation(jeton text) returns jsonb
language sql volatile security invoker set search_path = ''
as $$ select prive.accepter_invitation(jeton) $$;
comment on function public.accepter_invitation(text) is
  'Who owns the invited, confirmed address joins the team: {id_utilisateur, role}; again within 30 days, the same answer. A role he has already stays. Errors (P0001): hint invitation_inconnue (also malformed, replaced, taken back, or spent by who is no member any more), invitation_expiree, invitation_pour_une_autre_adresse, invitation_a_soi_meme (the owner took on the address he had invited).';
grant execute on function public.accepter_invitation(text) to authenticated;

-- ── removal ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.retirer_membre(membre uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  adresse text;
begin
  delete from public.membres_equipe as m where m.id_utilisateur = auth.uid() and m.id_membre = membre
  returning m.adresse_email into adresse;
  if not found then
    perform prive.refuser('membre_introuvable', 'Cette personne n''est pas membre de votre équipe.');
  end if;
  -- One may be pending, made while he accepted another: it would bring him back.
  delete from public.invitations_equipe as i
  where i.id_utilisateur = auth.uid() and i.adresse_email = pg_catalog.lower(adresse) and i.acceptee_le is null;
end
$$;
comment on function prive.retirer_membre(uuid) is 'See public.retirer_membre.';
grant execute on function prive.retirer_membre(uuid) to authenticated;

create function public.retirer_membre(id_membre uuid) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.retirer_membre(id_membre) $$;
comment on function public.retirer_membre(uuid) is
  'The owner removes a member of his own shop; from the next request on that person sees nothing of it. Errors (P0001): hint membre_introuvable.';
grant execute on function public.retirer_membre(uuid) to authenticated;

create function prive.quitter_equipe(vendeur uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  delete from public.membres_equipe as m where m.id_utilisateur = vendeur and m.id_membre = auth.uid();
  if not found then
    perform prive.refuser('membre_introuvable', 'Vous n''êtes pas membre de cette équipe.');
  end if;
end
$$;
comment on function prive.quitter_equipe(uuid) is 'See public.quitter_equipe.';
grant execute on function prive.quitter_equipe(uuid) to authenticated;

create function public.quitter_equipe(id_utilisateur uuid) returns void
language sql volatile security invoker set search_path = ''
as $$ select prive.quitter_equipe(id_utilisateur) $$;
comment on function public.quitter_equipe(uuid) is 'A member leaves the team of this vendor. Errors (P0001): hint membre_introuvable.';
grant execute on function public.quitter_equipe(uuid) to authenticated;

-- ── sign-up ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.tg_users__inscription() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.raw_user_meta_data ->> 'jeton_invitation' <> '' then
    if new.email_confirmed_at is not null then
      perform prive.depenser_invitation(new.raw_user_meta_data ->> 'jeton_invitation', new.id, new.email);
    end if;
  elsif tg_op = 'INSERT' then
    perform prive.ouvrir_boutique(new.id, new.email, new.raw_user_meta_data);
  end if;
  return new;
end
$$;
comment on function prive.tg_users__inscription() is
  'A new user is a vendor, unless he brings a jeton_invitation in his metadata: then he joins that team, once his address is confirmed to be the invited one, or has no rights yet when the token opens nothing to him. A definer, because the auth server''s role has no right on public tables; bad metadata is tolerated, since an error here would refuse the sign-up.';
create trigger tg_users__inscription after insert on auth.users
  for each row execute function prive.tg_users__inscription();
create trigger tg_users__confirmation after update of email_confirmed_at on auth.users
  for each row when (old.email_confirmed_at is null and new.email_confirmed_at is not null)
  execute function prive.tg_users__inscription();
