-- The hourly copy of what Meta knows of a vendor's WhatsApp account: its templates and the state of its numbers. One job per
-- account, leased, taken up again where it fails; the function is synchroniser-comptes.

insert into prive.files (nom, fonction, tentatives_max) values ('synchroniser_comptes', 'synchroniser-comptes', 8);
select pgmq.create('synchroniser_comptes');

create table prive.synchronisations (
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  identifiant_compte_business text not null,
  msg_id bigint,
  jeton uuid,
  bail_expire_le timestamptz,
  encore boolean not null default false,
  echecs integer not null default 0,
  commencee_le timestamptz,
  terminee_le timestamptz,
  demandee_le timestamptz,
  primary key (id_utilisateur, identifiant_compte_business),
  constraint bail_entier check ((jeton is null) = (bail_expire_le is null))
);
comment on table prive.synchronisations is 'Per vendor and account (WABA): the one job that copies its templates and numbers from Meta, the lease of who does it, and the failures since the last success.';
comment on column prive.synchronisations.msg_id is 'Its job in the queue; null when none waits.';
comment on column prive.synchronisations.encore is 'Asked for while it was being done: it is done once more.';
comment on column prive.synchronisations.terminee_le is 'The last complete copy.';
comment on column prive.synchronisations.demandee_le is 'When a person last asked for it.';
alter table prive.synchronisations enable row level security;
create policy "personne par l'API" on prive.synchronisations using (false);

create function prive.demander_synchronisation(vendeur uuid, waba text, delai_s integer default 0) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  s record;
  due timestamptz;
begin
  insert into prive.synchronisations (id_utilisateur, identifiant_compte_business) values (vendeur, waba) on conflict do nothing;
  select x.msg_id, x.bail_expire_le > prive.maintenant() as en_cours into s from prive.synchronisations as x
  where x.id_utilisateur = vendeur and x.identifiant_compte_business = waba for update;
  select q.vt into due from pgmq.q_synchroniser_comptes as q where q.msg_id = s.msg_id;
  if due is not null and s.en_cours then
    update prive.synchronisations as x set encore = true where x.id_utilisateur = vendeur and x.identifiant_compte_business = waba;
  elsif due is not null then
    if due > now() + make_interval(secs => delai_s) then
      perform pgmq.set_vt('synchroniser_comptes', s.msg_id, delai_s);
    end if;
  else
    update prive.synchronisations as x
    set encore = false, echecs = 0, msg_id = (select pgmq.send('synchroniser_comptes',
      jsonb_build_object('id_utilisateur', vendeur, 'identifiant_compte_business', waba), delai_s))
    where x.id_utilisateur = vendeur and x.identifiant_compte_business = waba;
  end if;
  if delai_s = 0 then
    perform prive.reveiller('synchroniser-comptes');
  end if;
end
$$;
comment on function prive.demander_synchronisation(uuid, text, integer) is 'Queues the copy of an account in so many seconds, or brings forward the one that waits; asked for while it is being done, it is done once more.';

create function prive.demander_synchronisations() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  nombre integer := 0;
begin
  for c in
    select distinct w.id_utilisateur, w.identifiant_compte_business from public.comptes_whatsapp as w
    where w.compte_actif and not exists (
      select from prive.synchronisations as s
      where s.id_utilisateur = w.id_utilisateur and s.identifiant_compte_business = w.identifiant_compte_business
        and (s.terminee_le > prive.maintenant() - interval '30 minutes'
          or exists (select from pgmq.q_synchroniser_comptes as q where q.msg_id = s.msg_id)))
    order by 1, 2
  loop
    -- Spread over the hour, each account at its own minute: Meta counts our calls.
    perform prive.demander_synchronisation(c.id_utilisateur, c.identifiant_compte_business,
      300 + abs(hashtext(c.identifiant_compte_business)::bigint % 3000)::integer);
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.demander_synchronisations() is 'Queues the hourly copy of every active account that has none waiting. Returns how many.';
select cron.schedule('synchroniser-comptes', '7 * * * *', 'select prive.demander_synchronisations()');

create function prive.finir_synchronisation(s prive.synchronisations, attente_s integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if attente_s is null then
    perform pgmq.archive('synchroniser_comptes', s.msg_id);
  else
    perform pgmq.set_vt('synchroniser_comptes', s.msg_id, attente_s);
  end if;
  update prive.synchronisations as x
  set jeton = null, bail_expire_le = null, encore = false, msg_id = case when attente_s is not null then x.msg_id end
  where x.id_utilisateur = s.id_utilisateur and x.identifiant_compte_business = s.identifiant_compte_business;
end
$$;
comment on function prive.finir_synchronisation(prive.synchronisations, integer) is 'Gives the lease back: the job is done, or comes again in so many seconds.';

create function prive.echouer_synchronisation(s prive.synchronisations, erreur text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update prive.synchronisations as x set echecs = s.echecs + 1
  where x.id_utilisateur = s.id_utilisateur and x.identifiant_compte_business = s.identifiant_compte_business;
  if s.echecs + 1 < (select f.tentatives_max from prive.files as f where f.nom = 'synchroniser_comptes') then
    perform prive.finir_synchronisation(s, prive.delai_reprise_s(s.echecs + 1));
    return;
  end if;
  insert into prive.lettres_mortes (file, message, erreur, tentatives)
  select 'synchroniser_comptes', q.message, left(erreur, 500), s.echecs + 1 from pgmq.q_synchroniser_comptes as q where q.msg_id = s.msg_id;
  perform prive.finir_synchronisation(s, null);
end
$$;
comment on function prive.echouer_synchronisation(prive.synchronisations, text) is 'One more failure: later again, or a dead letter; the next hour tries anew.';

create function prive.prendre_synchronisation(msg_id bigint, message jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  s prive.synchronisations;
  comptes jsonb;
begin
  select x.* into s from prive.synchronisations as x
  where x.id_utilisateur = (message ->> 'id_utilisateur')::uuid and x.identifiant_compte_business = message ->> 'identifiant_compte_business'
  for update;
  -- A vendor who is gone, or a job that another one has replaced.
  if not found or s.msg_id is distinct from prendre_synchronisation.msg_id then
    perform pgmq.archive('synchroniser_comptes', prendre_synchronisation.msg_id);
    return null;
  end if;
  if s.bail_expire_le > prive.maintenant() then
    perform pgmq.set_vt('synchroniser_comptes', s.msg_id, 10);
    return null;
  end if;
  if s.jeton is not null and s.echecs + 1 >= (select f.tentatives_max from prive.files as f where f.nom = 'synchroniser_comptes') then
    perform prive.echouer_synchronisation(s, 'aucun travailleur n''en revient');
    return null;
  end if;
  select jsonb_agg(jsonb_build_object('id_compte_whatsapp', l.id_compte_whatsapp, 'identifiant_numero_telephone', l.identifiant_numero_telephone,
    'jeton', l.jeton) order by l.id_compte_whatsapp) into comptes
  from (select c.id_compte_whatsapp, c.identifiant_numero_telephone, prive.jeton_whatsapp(c.jeton_acces) as jeton
        from public.comptes_whatsapp as c
        where c.id_utilisateur = s.id_utilisateur and c.identifiant_compte_business = s.identifiant_compte_business and c.compte_actif) as l
  where l.jeton is not null;
  if comptes is null then
    perform prive.finir_synchronisation(s, null);
    return null;
  end if;
  update prive.synchronisations as x
  set echecs = x.echecs + (x.jeton is not null)::integer, jeton = gen_random_uuid(), commencee_le = prive.maintenant(),
      bail_expire_le = prive.maintenant() + interval '2 minutes', encore = false
  where x.id_utilisateur = s.id_utilisateur and x.identifiant_compte_business = s.identifiant_compte_business
  returning x.jeton into s.jeton;
  return jsonb_build_object('id_utilisateur', s.id_utilisateur, 'identifiant_compte_business', s.identifiant_compte_business,
    'bail', s.jeton, 'comptes', comptes);
end
$$;
comment on function prive.prendre_synchronisation(bigint, jsonb) is 'One job of service.prendre_synchronisations, or null when there is nothing to do (now).';

create function service.prendre_synchronisations(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  prises jsonb := '[]';
begin
  for travail in
    select q.msg_id, q.read_ct, q.message from pgmq.read('synchroniser_comptes', 120, least(limite, 20)) as q
  loop
    begin
      prises := prises || coalesce(prive.prendre_synchronisation(travail.msg_id, travail.message), '[]');
    exception when others then
      raise warning 'job %: not taken: % %', travail.msg_id, sqlstate, sqlerrm;
      if travail.read_ct >= 20 then
        insert into prive.lettres_mortes (file, message, erreur, tentatives)
        values ('synchroniser_comptes', travail.message, sqlstate || ' ' || left(sqlerrm, 400), travail.read_ct);
        perform pgmq.archive('synchroniser_comptes', travail.msg_id);
      end if;
    end;
  end loop;
  perform prive.appeler_renfort('synchroniser_comptes');
  return prises;
end
$$;
comment on function service.prendre_synchronisations(integer) is
  'Accounts whose templates and numbers are to be copied now, each leased to the caller for two minutes: [{id_utilisateur, identifiant_compte_business, bail, comptes: [{id_compte_whatsapp, identifiant_numero_telephone, jeton}]}].';
grant execute on function service.prendre_synchronisations(integer) to service_role;

create function prive.synchronisation_en_main(vendeur uuid, waba text, bail uuid) returns prive.synchronisations
language plpgsql volatile security definer set search_path = ''
as $$
declare
  s prive.synchronisations;
begin
  select x.* into s from prive.synchronisations as x
  where x.id_utilisateur = vendeur and x.identifiant_compte_business = waba and x.jeton = bail and x.bail_expire_le > prive.maintenant()
  for update;
  return s;
end
$$;
comment on function prive.synchronisation_en_main(uuid, text, uuid) is 'The copy this lease stands for, locked; nulls when the lease is lost.';

create function service.enregistrer_modeles(id_utilisateur uuid, identifiant_compte_business text, bail uuid, modeles jsonb) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  s prive.synchronisations := prive.synchronisation_en_main(
    enregistrer_modeles.id_utilisateur, enregistrer_modeles.identifiant_compte_business, bail);
begin
  if s.id_utilisateur is null then
    return false;
  end if;
  insert into public.modeles_whatsapp as m (id_utilisateur, identifiant_compte_business, identifiant_modele, nom_modele, langue, categorie, statut,
    motif_rejet, qualite, composants, nombre_variables_corps, nombre_variables_entete, derniere_synchronisation)
  select distinct on (l.nom_modele, l.langue) s.id_utilisateur, s.identifiant_compte_business, l.identifiant_modele, l.nom_modele, l.langue,
    l.categorie, l.statut, l.motif_rejet, l.qualite, l.composants, l.nombre_variables_corps, l.nombre_variables_entete, s.commencee_le
  from jsonb_to_recordset(modeles) as l (identifiant_modele text, nom_modele text, langue text, categorie text, statut text, motif_rejet text,
    qualite text, composants jsonb, nombre_variables_corps integer, nombre_variables_entete integer)
  order by l.nom_modele, l.langue
  on conflict on constraint modele_unique_par_langue do update
    set identifiant_modele = excluded.identifiant_modele, categorie = excluded.categorie, statut = excluded.statut,
        motif_rejet = excluded.motif_rejet, qualite = excluded.qualite, composants = excluded.composants,
        nombre_variables_corps = excluded.nombre_variables_corps, nombre_variables_entete = excluded.nombre_variables_entete,
        derniere_synchronisation = excluded.derniere_synchronisation;
  update prive.synchronisations as x set bail_expire_le = prive.maintenant() + interval '2 minutes'
  where x.id_utilisateur = s.id_utilisateur and x.identifiant_compte_business = s.identifiant_compte_business;
  perform pgmq.set_vt('synchroniser_comptes', s.msg_id, 120);
  return true;
end
$$;
comment on function service.enregistrer_modeles(uuid, text, uuid, jsonb) is
  'One page of an account''s templates, and the lease is renewed: [{identifiant_modele, nom_modele, langue, categorie, statut, motif_rejet, qualite, composants, nombre_variables_corps, nombre_variables_entete}] in our values. False: the lease is lost, stop.';
grant execute on function service.enregistrer_modeles(uuid, text, uuid, jsonb) to service_role;

create function service.enregistrer_numero(id_utilisateur uuid, id_compte_whatsapp bigint, faits jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.comptes_whatsapp as c
  set nom_verifie = coalesce(faits ->> 'nom_verifie', c.nom_verifie), qualite = faits ->> 'qualite',
      palier_messages = coalesce(faits ->> 'palier_messages', c.palier_messages),
      debit_par_seconde = coalesce((faits ->> 'debit_par_seconde')::integer, c.debit_par_seconde),
      numero_telephone_whatsapp = coalesce(faits ->> 'numero', c.numero_telephone_whatsapp),
      derniere_synchronisation = prive.maintenant()
  where c.id_compte_whatsapp = enregistrer_numero.id_compte_whatsapp and c.id_utilisateur = enregistrer_numero.id_utilisateur
    and c.date_deconnexion is null;
end
$$;
comment on function service.enregistrer_numero(uuid, bigint, jsonb) is
  'What Meta says of a number, onto its account: {numero, nom_verifie, qualite: null when Meta has none, palier_messages, debit_par_seconde}. Errors: 23514 for an unknown value.';
grant execute on function service.enregistrer_numero(uuid, bigint, jsonb) to service_role;

create function service.terminer_synchronisation(id_utilisateur uuid, identifiant_compte_business text, bail uuid, erreur text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  s prive.synchronisations := prive.synchronisation_en_main(
    terminer_synchronisation.id_utilisateur, terminer_synchronisation.identifiant_compte_business, bail);
begin
  if s.id_utilisateur is null then
    return false;
  end if;
  if erreur is not null then
    perform prive.echouer_synchronisation(s, erreur);
    return true;
  end if;
  -- Seen to its end: what was not on any page, Meta has no longer.
  update public.modeles_whatsapp as m set statut = 'supprime'
  where m.id_utilisateur = s.id_utilisateur and m.identifiant_compte_business = s.identifiant_compte_business
    and m.derniere_synchronisation < s.commencee_le and m.statut <> 'supprime';
  update prive.synchronisations as x set echecs = 0, terminee_le = prive.maintenant()
  where x.id_utilisateur = s.id_utilisateur and x.identifiant_compte_business = s.identifiant_compte_business;
  perform prive.finir_synchronisation(s, case when s.encore then 0 end);
  return true;
end
$$;
comment on function service.terminer_synchronisation(uuid, text, uuid, text) is
  'A copy is complete (erreur null: templates that no page had are supprime) or failed (it comes again later, eight times, then a dead letter; nothing is taken for deleted). False: the lease was lost.';
grant execute on function service.terminer_synchronisation(uuid, text, uuid, text) to service_role;

-- ── asked for by a person ────────────────────────────────────────────────────────────────────────────────────────

create function prive.synchroniser_modeles(vendeur uuid) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  waba text;
  nombre integer := 0;
begin
  vendeur := coalesce(vendeur, auth.uid());
  if vendeur is null or vendeur not in (select prive.mes_vendeurs('gestionnaire'))
      or not exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur) then
    perform prive.refuser('vendeur_introuvable', 'Cette boutique n''existe pas.');
  end if;
  if exists (select from prive.synchronisations as s
             where s.id_utilisateur = vendeur and s.demandee_le > prive.maintenant() - interval '1 minute') then
    perform prive.refuser('synchronisation_recente', 'Vos modèles viennent d''être demandés à WhatsApp : patientez une minute.');
  end if;
  for waba in
    select distinct c.identifiant_compte_business from public.comptes_whatsapp as c
    where c.id_utilisateur = vendeur and c.compte_actif order by 1
  loop
    perform prive.demander_synchronisation(vendeur, waba);
    update prive.synchronisations as s set demandee_le = prive.maintenant()
    where s.id_utilisateur = vendeur and s.identifiant_compte_business = waba;
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.synchroniser_modeles(uuid) is 'See public.synchroniser_modeles.';
grant execute on function prive.synchroniser_modeles(uuid) to authenticated;

create function public.synchroniser_modeles(id_utilisateur uuid default null) returns integer
language sql volatile security invoker set search_path = ''
as $$ select prive.synchroniser_modeles(id_utilisateur) $$;
comment on function public.synchroniser_modeles(uuid) is
  'A manager has the vendor''s templates and numbers copied from Meta now, at most once a minute; without a vendor, his own shop''s. Returns how many accounts (WABA) will be; modeles_whatsapp has them some seconds later. Errors (P0001): hint vendeur_introuvable, synchronisation_recente.';
grant execute on function public.synchroniser_modeles(uuid) to authenticated;
