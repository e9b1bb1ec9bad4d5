-- How a vendor's WhatsApp number comes to us and leaves again: Embedded Signup, step by step and resumable at each, the account's
-- row and its secrets. The function connecter-whatsapp speaks with Meta and the browser; what may be is decided here.

insert into prive.reglages (nom, valeur, role) values
  ('connexion_minutes', 30, 'A started connection of a WhatsApp number must be finished within this.'),
  ('connexions_par_heure', 10, 'So many connections may a vendor start in an hour, and so often call for each.');

-- ── the account's row ────────────────────────────────────────────────────────────────────────────────────────────

create function prive.numero_pris(vendeur uuid, numero_meta text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select from public.comptes_whatsapp as c
                 where c.identifiant_numero_telephone = numero_meta and c.date_deconnexion is null and c.id_utilisateur is distinct from vendeur)
      or exists (select from prive.comptes_plateforme as p where p.identifiant_numero_telephone = numero_meta)
$$;
comment on function prive.numero_pris(uuid, text) is 'Whether a phone_number_id is connected to another vendor than this one, or is FluxAsync''s own.';

create function prive.ecrire_compte_whatsapp(
  vendeur uuid, waba text, numero_meta text, telephone text, jeton text, code_pin text, faits jsonb) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  compte record;
begin
  -- Two who connect the same number at once: the second shall see the first.
  perform pg_advisory_xact_lock(hashtextextended('whatsapp:' || numero_meta, 0));
  if prive.numero_pris(vendeur, numero_meta) then
    perform prive.refuser('numero_deja_connecte', 'Ce numéro WhatsApp est déjà connecté chez un autre vendeur.');
  end if;
  select c.id_compte_whatsapp, c.jeton_acces, c.code_pin into compte from public.comptes_whatsapp as c
  where c.id_utilisateur = vendeur and c.identifiant_numero_telephone = numero_meta for update;
  insert into public.comptes_whatsapp as c (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone, numero_telephone_whatsapp,
    jeton_acces, code_pin, nom_verifie, qualite, palier_messages, debit_par_seconde, url_webhook)
  values (vendeur, waba, numero_meta, prive.telephone_chez(vendeur, telephone),
    prive.garder_secret(compte.jeton_acces, 'whatsapp:' || numero_meta, jeton),
    prive.garder_secret(compte.code_pin, format('whatsapp:%s:pin', numero_meta), ecrire_compte_whatsapp.code_pin),
    faits ->> 'nom_verifie', faits ->> 'qualite', faits ->> 'palier_messages', coalesce((faits ->> 'debit_par_seconde')::integer, 80),
    faits ->> 'url_webhook')
  on conflict on constraint numero_une_fois_par_vendeur do update
    set identifiant_compte_business = excluded.identifiant_compte_business, numero_telephone_whatsapp = excluded.numero_telephone_whatsapp,
        jeton_acces = excluded.jeton_acces, code_pin = excluded.code_pin,
        nom_verifie = coalesce(excluded.nom_verifie, c.nom_verifie), qualite = coalesce(excluded.qualite, c.qualite),
        palier_messages = coalesce(excluded.palier_messages, c.palier_messages), url_webhook = coalesce(excluded.url_webhook, c.url_webhook),
        debit_par_seconde = case when faits ? 'debit_par_seconde' then excluded.debit_par_seconde else c.debit_par_seconde end,
        compte_actif = true, motif_inactif = null, date_deconnexion = null, date_connexion = prive.maintenant()
  returning c.id_compte_whatsapp into compte;
  -- What came for the number before is due now. What another vendor was written stays his: prive.appliquer_changement.
  update prive.evenements_webhook as e
  set prochaine_tentative = prive.maintenant()
  where e.id in (
    select w.id from prive.evenements_webhook as w
    where w.prochaine_tentative is not null and 'compte_inconnu: ' || numero_meta = any (string_to_array(w.erreur, ' | '))
    for update skip locked);
  perform prive.demander_synchronisation(vendeur, waba);
  return compte.id_compte_whatsapp;
end
$$;
comment on function prive.ecrire_compte_whatsapp(uuid, text, text, text, text, text, jsonb) is
  'A number is this vendor''s, connected for the first time or again: one row per vendor and number, so that its history goes on. Token and PIN go to the Vault, a null one leaves the older. faits: {nom_verifie, qualite, palier_messages, debit_par_seconde, url_webhook}, all optional. Its templates are asked for. Hint numero_deja_connecte, telephone_invalide.';

create function service.connecter_compte_whatsapp(
  id_utilisateur uuid, identifiant_compte_business text, identifiant_numero_telephone text, numero_telephone_whatsapp text, jeton_acces text)
returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.ecrire_compte_whatsapp(id_utilisateur, identifiant_compte_business, identifiant_numero_telephone, numero_telephone_whatsapp,
    jeton_acces, null, '{}');
end
$$;
comment on function service.connecter_compte_whatsapp(uuid, text, text, text, text) is
  'An operator connects a WhatsApp number of a vendor by hand, or connects it again with a new token, which goes to the Vault. Returns id_compte_whatsapp. Errors (P0001): hint numero_deja_connecte, telephone_invalide; 23503 for an unknown vendor.';
grant execute on function service.connecter_compte_whatsapp(uuid, text, text, text, text) to service_role;

create function service.connecter_compte_plateforme(identifiant_numero_telephone text, numero_telephone_whatsapp text, jeton_acces text,
  modele_nom text default null, modele_langue text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ancien uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended('whatsapp:' || connecter_compte_plateforme.identifiant_numero_telephone, 0));
  if exists (select from public.comptes_whatsapp as c
             where c.identifiant_numero_telephone = connecter_compte_plateforme.identifiant_numero_telephone and c.date_deconnexion is null) then
    perform prive.refuser('numero_deja_connecte', 'Ce numéro WhatsApp est déjà connecté chez un vendeur.');
  end if;
  select p.jeton_acces into ancien from prive.comptes_plateforme as p
  where p.identifiant_numero_telephone = connecter_compte_plateforme.identifiant_numero_telephone for update;
  insert into prive.comptes_plateforme as p (identifiant_numero_telephone, numero_telephone_whatsapp, jeton_acces, modele_nom, modele_langue)
  values (connecter_compte_plateforme.identifiant_numero_telephone,
    prive.normaliser_telephone(connecter_compte_plateforme.numero_telephone_whatsapp, 'CI'),
    prive.garder_secret(ancien, 'plateforme:' || connecter_compte_plateforme.identifiant_numero_telephone, connecter_compte_plateforme.jeton_acces),
    connecter_compte_plateforme.modele_nom, connecter_compte_plateforme.modele_langue)
  on conflict on constraint comptes_plateforme_pkey do update
    set numero_telephone_whatsapp = excluded.numero_telephone_whatsapp, jeton_acces = excluded.jeton_acces,
        modele_nom = coalesce(excluded.modele_nom, p.modele_nom), modele_langue = coalesce(excluded.modele_langue, p.modele_langue),
        compte_actif = true, motif_inactif = null, date_connexion = prive.maintenant();
  perform prive.reprendre_notifications();
end
$$;
comment on function service.connecter_compte_plateforme(text, text, text, text, text) is
  'An operator connects FluxAsync''s own number, or gives it a new token, which goes to the Vault: phone_number_id, number, token, and name and language of its approved template for notifications (null leaves the one it has). What waited for it goes out. Errors (P0001): hint numero_deja_connecte (a vendor has it); 23514 for a number or a template name that is none.';
grant execute on function service.connecter_compte_plateforme(text, text, text, text, text) to service_role;

-- ── a connection under way ───────────────────────────────────────────────────────────────────────────────────────

create table prive.connexions_whatsapp (
  id bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  empreinte_etat bytea not null constraint etat_unique unique,
  empreinte_code bytea,
  secrets uuid,
  essais integer not null default 0,
  expire_le timestamptz not null,
  resultat jsonb,
  date_creation timestamptz not null default prive.maintenant()
);
comment on table prive.connexions_whatsapp is
  'Connections of WhatsApp numbers that vendors have started: what a call that died halfway needs to go on, since Meta''s code works once.';
comment on column prive.connexions_whatsapp.empreinte_etat is 'sha256 of the state: told once, to the owner who started.';
comment on column prive.connexions_whatsapp.empreinte_code is 'sha256 of the code that was exchanged: from then on the state goes with this code alone.';
comment on column prive.connexions_whatsapp.secrets is 'Id of a Vault secret, {"jeton", "pins": {phone_number_id: PIN}}: forgotten when the connection is finished or has expired.';
comment on column prive.connexions_whatsapp.resultat is 'What was answered when it was finished, for a caller whom the answer did not reach.';
create index connexions_whatsapp_par_vendeur on prive.connexions_whatsapp (id_utilisateur, date_creation);
create trigger tg_connexions_whatsapp__secrets after delete on prive.connexions_whatsapp
  for each row execute function prive.tg_secrets__oublier('secrets');
alter table prive.connexions_whatsapp enable row level security;
create policy "personne par l'API" on prive.connexions_whatsapp using (false);

create function prive.purger_connexions() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  expires uuid[] := array(
    select c.secrets from prive.connexions_whatsapp as c where c.expire_le <= prive.maintenant() and c.secrets is not null
    for update skip locked);
  nombre integer;
begin
  delete from vault.secrets as s where s.id = any (expires);
  update prive.connexions_whatsapp as c set secrets = null where c.secrets = any (expires);
  -- The row is kept for the hour that is counted by.
  delete from prive.connexions_whatsapp as c where c.expire_le < prive.maintenant() - interval '1 hour';
  get diagnostics nombre = row_count;
  return nombre;
end
$$;
comment on function prive.purger_connexions() is 'Forgets the tokens of connections that expired unfinished, and an hour later the connections. Returns how many of these.';
select cron.schedule('purger-connexions', '*/10 * * * *', 'select prive.purger_connexions()');

create function prive.commencer_connexion_whatsapp() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  proprietaire constant uuid := auth.uid();
  etat constant text := translate(rtrim(encode(extensions.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
  fin constant timestamptz := prive.maintenant() + make_interval(mins => prive.reglage('connexion_minutes'));
begin
  if not exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = proprietaire) then
    perform prive.refuser('pas_proprietaire', 'Seul le propriétaire d''une boutique peut connecter un numéro WhatsApp.');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('connexion:' || proprietaire, 0));
  if (select count(*) from prive.connexions_whatsapp as c
      where c.id_utilisateur = proprietaire and c.date_creation > prive.maintenant() - interval '1 hour') >= prive.reglage('connexions_par_heure') then
    perform prive.refuser('trop_d_essais', 'Trop de tentatives de connexion : réessayez dans une heure.');
  end if;
  insert into prive.connexions_whatsapp (id_utilisateur, empreinte_etat, expire_le)
  values (proprietaire, sha256(convert_to(etat, 'UTF8')), fin);
  return jsonb_build_object('etat', etat, 'expire_le', fin);
end
$$;
comment on function prive.commencer_connexion_whatsapp() is 'See public.commencer_connexion_whatsapp.';
grant execute on function prive.commencer_connexion_whatsapp() to authenticated;

create function public.commencer_connexion_whatsapp() returns jsonb
language sql volatile security invoker set search_path = ''
as $$ select prive.commencer_connexion_whatsapp() $$;
comment on function public.commencer_connexion_whatsapp() is
  'The owner starts to connect a WhatsApp number: {etat, expire_le}. etat goes into Embedded Signup as its state and then, with Meta''s code, to the function connecter-whatsapp; it is his alone, works once and for half an hour. Errors (P0001): hint pas_proprietaire, trop_d_essais.';
grant execute on function public.commencer_connexion_whatsapp() to authenticated;

-- ── what connecter-whatsapp does, step by step ───────────────────────────────────────────────────────────────────

create function prive.connexion_ouverte(vendeur uuid, connexion bigint) returns prive.connexions_whatsapp
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c prive.connexions_whatsapp;
begin
  select x.* into c from prive.connexions_whatsapp as x where x.id = connexion and x.id_utilisateur = vendeur for update;
  if not found or c.expire_le <= prive.maintenant() then
    perform prive.refuser('etat_invalide', 'Cette demande de connexion n''est plus valable : recommencez la connexion du numéro.');
  end if;
  return c;
end
$$;
comment on function prive.connexion_ouverte(uuid, bigint) is 'A connection of this vendor that has not expired, locked. Hint etat_invalide.';

create function service.ouvrir_connexion_whatsapp(id_utilisateur uuid, etat text, code text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c prive.connexions_whatsapp;
begin
  if not exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = ouvrir_connexion_whatsapp.id_utilisateur) then
    perform prive.refuser('pas_proprietaire', 'Seul le propriétaire d''une boutique peut connecter un numéro WhatsApp.');
  end if;
  c := prive.connexion_ouverte(ouvrir_connexion_whatsapp.id_utilisateur, (
    select x.id from prive.connexions_whatsapp as x where x.empreinte_etat = sha256(convert_to(ouvrir_connexion_whatsapp.etat, 'UTF8'))));
  if c.empreinte_code is distinct from sha256(convert_to(code, 'UTF8')) and c.empreinte_code is not null then
    perform prive.refuser('etat_invalide', 'Cette demande de connexion a déjà servi : recommencez la connexion du numéro.');
  end if;
  if c.essais >= prive.reglage('connexions_par_heure') then
    perform prive.refuser('trop_d_essais', 'Trop de tentatives de connexion : recommencez la connexion du numéro.');
  end if;
  update prive.connexions_whatsapp as x set essais = x.essais + 1 where x.id = c.id;
  return jsonb_build_object('id_connexion', c.id, 'resultat', c.resultat,
    'jeton', (select s.decrypted_secret::jsonb ->> 'jeton' from vault.decrypted_secrets as s where s.id = c.secrets));
end
$$;
comment on function service.ouvrir_connexion_whatsapp(uuid, text, text) is
  'The connection that a state and Meta''s code stand for: {id_connexion, jeton: the token if the code was exchanged already, resultat: what was answered if all was done}. Errors (P0001): hint pas_proprietaire, trop_d_essais, etat_invalide (unknown, expired, of another user, or used with another code).';
grant execute on function service.ouvrir_connexion_whatsapp(uuid, text, text) to service_role;

create function service.garder_jeton_connexion(id_utilisateur uuid, id_connexion bigint, code text, jeton text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c prive.connexions_whatsapp := prive.connexion_ouverte(garder_jeton_connexion.id_utilisateur, garder_jeton_connexion.id_connexion);
begin
  if jeton is not null and c.secrets is null and c.resultat is null then
    c.secrets := vault.create_secret(jsonb_build_object('jeton', jeton)::text, 'connexion:' || c.id);
    update prive.connexions_whatsapp as x
    set empreinte_code = sha256(convert_to(code, 'UTF8')), secrets = c.secrets where x.id = c.id;
  end if;
  return jsonb_build_object('id_connexion', c.id, 'resultat', c.resultat,
    'jeton', (select s.decrypted_secret::jsonb ->> 'jeton' from vault.decrypted_secrets as s where s.id = c.secrets));
end
$$;
comment on function service.garder_jeton_connexion(uuid, bigint, text, text) is
  'The code was exchanged: its token is kept in the Vault until the accounts have it. null: Meta did not take the code, perhaps because a call beside this one had it. Returns what is in force, as ouvrir_connexion_whatsapp does: the first token, when two calls came at once. Errors (P0001): hint etat_invalide.';
grant execute on function service.garder_jeton_connexion(uuid, bigint, text, text) to service_role;

create function service.code_pin_connexion(id_utilisateur uuid, id_connexion bigint, identifiant_numero_telephone text, code_pin text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c prive.connexions_whatsapp := prive.connexion_ouverte(code_pin_connexion.id_utilisateur, code_pin_connexion.id_connexion);
  connus jsonb;
  pin text;
begin
  select s.decrypted_secret::jsonb into connus from vault.decrypted_secrets as s where s.id = c.secrets;
  if connus is null then
    perform prive.refuser('etat_invalide', 'Cette demande de connexion a déjà servi : recommencez la connexion du numéro.');
  end if;
  pin := coalesce(code_pin_connexion.code_pin, connus #>> array['pins', code_pin_connexion.identifiant_numero_telephone],
    (select s.decrypted_secret from public.comptes_whatsapp as w join vault.decrypted_secrets as s on s.id = w.code_pin
     where w.id_utilisateur = code_pin_connexion.id_utilisateur
       and w.identifiant_numero_telephone = code_pin_connexion.identifiant_numero_telephone),
    lpad((('x' || encode(extensions.gen_random_bytes(4), 'hex'))::bit(32)::bigint % 1000000)::text, 6, '0'));
  perform vault.update_secret(c.secrets, (connus || jsonb_build_object('pins',
    coalesce(connus -> 'pins', '{}') || jsonb_build_object(code_pin_connexion.identifiant_numero_telephone, pin)))::text);
  return pin;
end
$$;
comment on function service.code_pin_connexion(uuid, bigint, text, text) is
  'The six-digit PIN with which a number is registered at Meta, kept before Meta is told: the one the vendor gave, else that of an earlier try, else that of his account, else a random one. Errors (P0001): hint etat_invalide.';
grant execute on function service.code_pin_connexion(uuid, bigint, text, text) to service_role;

create function service.numeros_pris(id_utilisateur uuid, numeros text[]) returns text[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(n.numero), '{}') from unnest(numeros) as n (numero) where prive.numero_pris(numeros_pris.id_utilisateur, n.numero)
$$;
comment on function service.numeros_pris(uuid, text[]) is 'Of these phone_number_ids, those that are connected to another vendor or are FluxAsync''s own.';
grant execute on function service.numeros_pris(uuid, text[]) to service_role;

create function service.numero_du_compte(id_utilisateur uuid, id_compte_whatsapp bigint) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  numero text;
begin
  select c.identifiant_numero_telephone into numero from public.comptes_whatsapp as c
  where c.id_compte_whatsapp = numero_du_compte.id_compte_whatsapp and c.id_utilisateur = numero_du_compte.id_utilisateur;
  if not found then
    perform prive.refuser('numero_introuvable', 'Ce numéro WhatsApp n''existe pas dans votre boutique.');
  end if;
  return numero;
end
$$;
comment on function service.numero_du_compte(uuid, bigint) is
  'The phone_number_id of an account of this owner, to connect it again. Errors (P0001): hint numero_introuvable.';
grant execute on function service.numero_du_compte(uuid, bigint) to service_role;

create function service.terminer_connexion_whatsapp(id_utilisateur uuid, id_connexion bigint, comptes jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c prive.connexions_whatsapp := prive.connexion_ouverte(terminer_connexion_whatsapp.id_utilisateur, terminer_connexion_whatsapp.id_connexion);
  connus jsonb;
  n record;
  compte bigint;
  faits jsonb := '[]';
begin
  if c.resultat is not null then
    return c.resultat;
  end if;
  select s.decrypted_secret::jsonb into connus from vault.decrypted_secrets as s where s.id = c.secrets;
  if connus is null then
    perform prive.refuser('etat_invalide', 'Cette demande de connexion n''est plus valable : recommencez la connexion du numéro.');
  end if;
  -- In the order of the numbers, so that two connections never wait for each other in a circle.
  for n in
    select x.value as lu, x.value ->> 'identifiant_numero_telephone' as numero from jsonb_array_elements(comptes) as x order by 2
  loop
    compte := prive.ecrire_compte_whatsapp(terminer_connexion_whatsapp.id_utilisateur, n.lu ->> 'identifiant_compte_business', n.numero,
      n.lu ->> 'numero', connus ->> 'jeton', connus #>> array['pins', n.numero], jsonb_strip_nulls(n.lu));
    faits := faits || jsonb_build_object('id_compte_whatsapp', compte, 'numero', n.lu ->> 'numero', 'nom_verifie', n.lu ->> 'nom_verifie',
      'etat', 'connecte');
  end loop;
  delete from vault.secrets as s where s.id = c.secrets;
  update prive.connexions_whatsapp as x set secrets = null, resultat = jsonb_build_object('comptes', faits) where x.id = c.id;
  return jsonb_build_object('comptes', faits);
end
$$;
comment on function service.terminer_connexion_whatsapp(uuid, bigint, jsonb) is
  'All is done at Meta: the accounts are written, all of them or none, and the state is used. comptes: [{identifiant_compte_business, identifiant_numero_telephone, numero, nom_verifie, qualite, palier_messages, debit_par_seconde, url_webhook}] → {comptes: [{id_compte_whatsapp, numero, nom_verifie, etat: "connecte"}]}, the same again when asked again. Errors (P0001): hint numero_deja_connecte, etat_invalide, telephone_invalide.';
grant execute on function service.terminer_connexion_whatsapp(uuid, bigint, jsonb) to service_role;

-- ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function service.preparer_deconnexion_whatsapp(id_utilisateur uuid, id_compte_whatsapp bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  w public.comptes_whatsapp;
begin
  select c.* into w from public.comptes_whatsapp as c
  where c.id_compte_whatsapp = preparer_deconnexion_whatsapp.id_compte_whatsapp
    and c.id_utilisateur = preparer_deconnexion_whatsapp.id_utilisateur;
  if not found then
    perform prive.refuser('numero_introuvable', 'Ce numéro WhatsApp n''existe pas dans votre boutique.');
  end if;
  return jsonb_build_object('identifiant_compte_business', w.identifiant_compte_business,
    'jeton', case when w.date_deconnexion is null then prive.jeton_whatsapp(w.jeton_acces) end,
    'desabonner', w.date_deconnexion is null and not exists (
      select from public.comptes_whatsapp as c
      where c.identifiant_compte_business = w.identifiant_compte_business and c.date_deconnexion is null
        and c.id_compte_whatsapp <> w.id_compte_whatsapp));
end
$$;
comment on function service.preparer_deconnexion_whatsapp(uuid, bigint) is
  'What is to be done at Meta before a number of this owner is disconnected: {identifiant_compte_business, jeton: null when there is none, desabonner: whether no other number of ours uses that account (WABA)}. Errors (P0001): hint numero_introuvable.';
grant execute on function service.preparer_deconnexion_whatsapp(uuid, bigint) to service_role;

create function service.deconnecter_compte_whatsapp(id_utilisateur uuid, id_compte_whatsapp bigint) returns timestamptz
language plpgsql volatile security definer set search_path = ''
as $$
declare
  w public.comptes_whatsapp;
begin
  select c.* into w from public.comptes_whatsapp as c
  where c.id_compte_whatsapp = deconnecter_compte_whatsapp.id_compte_whatsapp
    and c.id_utilisateur = deconnecter_compte_whatsapp.id_utilisateur for update;
  if not found then
    perform prive.refuser('numero_introuvable', 'Ce numéro WhatsApp n''existe pas dans votre boutique.');
  end if;
  if w.date_deconnexion is not null then
    return w.date_deconnexion;
  end if;
  update public.comptes_whatsapp as c
  set compte_actif = false, motif_inactif = 'deconnecte', date_deconnexion = prive.maintenant(), jeton_acces = null, code_pin = null
  where c.id_compte_whatsapp = w.id_compte_whatsapp;
  delete from vault.secrets as s where s.id in (w.jeton_acces, w.code_pin);
  return prive.maintenant();
end
$$;
comment on function service.deconnecter_compte_whatsapp(uuid, bigint) is
  'The owner disconnects a number: off, its token and PIN forgotten, its conversations still his. Returns since when; changes nothing when it was disconnected already. Errors (P0001): hint numero_introuvable.';
grant execute on function service.deconnecter_compte_whatsapp(uuid, bigint) to service_role;

create function service.jeton_refuse(id_utilisateur uuid, id_compte_whatsapp bigint, jeton text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Connected again meanwhile: the token that Meta refused is not its token any more.
  if not exists (select from public.comptes_whatsapp as c
      where c.id_compte_whatsapp = jeton_refuse.id_compte_whatsapp and c.id_utilisateur = jeton_refuse.id_utilisateur
        and prive.jeton_whatsapp(c.jeton_acces) = jeton_refuse.jeton) then
    return false;
  end if;
  return prive.desactiver_compte(jeton_refuse.id_compte_whatsapp, 'jeton_mort', prive.phrase('compte_jeton_refuse'));
end
$$;
comment on function service.jeton_refuse(uuid, bigint, text) is
  'Meta refuses a number''s token (code 190): the number is off and the vendor told, once. False when it was off, or has another token by now.';
grant execute on function service.jeton_refuse(uuid, bigint, text) to service_role;
