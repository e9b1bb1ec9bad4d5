-- What happened and what was called: two logs in monthly partitions, which cron makes ahead and drops in time.

create table public.journaux_systeme (
  id_journal bigint generated always as identity,
  id_utilisateur uuid references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_auteur uuid,
  type_action text not null constraint type_connu check (type_action in (
    'connexion', 'deconnexion', 'message_envoye', 'commande_creee', 'livraison_assignee', 'email_traite',
    -- Ours, beside the seeds':
    'commande_statut', 'livraison_statut', 'membre_ajoute', 'membre_retire', 'role_change', 'main_prise', 'main_rendue')),
  description_action text not null default '',
  adresse_ip inet,
  user_agent text,
  donnees_supplementaires jsonb not null default '{}' constraint donnees_sont_un_objet check (jsonb_typeof(donnees_supplementaires) = 'object'),
  date_creation timestamptz not null default prive.maintenant(),
  primary key (id_journal, date_creation)
) partition by range (date_creation);
comment on table public.journaux_systeme is 'Who did what, append-only. A list names an upper bound of date_creation, so that the months to come are not looked at. id_utilisateur is null for what concerns no vendor. Partitions live in prive.';
comment on column public.journaux_systeme.id_auteur is 'The auth user who did it; null for the system. No foreign key: the log outlives the account.';
create index journaux_systeme_par_vendeur on public.journaux_systeme (id_utilisateur, date_creation desc, id_journal);
alter table public.journaux_systeme enable row level security;
create policy "un gestionnaire lit le journal de ses vendeurs" on public.journaux_systeme for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select on public.journaux_systeme to authenticated;

create function prive.tg_journaux_systeme__ajout_seul() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform prive.refuser('journal_definitif', 'Une ligne du journal ne change plus.');
  return null;
end
$$;
comment on function prive.tg_journaux_systeme__ajout_seul() is
  'A line of the journal is never changed nor deleted (hint journal_definitif); it goes with its month, or with its vendor.';
create trigger tg_journaux_systeme__ajout_seul before update or delete on public.journaux_systeme
  for each row when (pg_trigger_depth() = 0) execute function prive.tg_journaux_systeme__ajout_seul();

create table public.utilisation_apis (
  id_utilisation bigint generated always as identity,
  id_utilisateur uuid references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  service_api text not null constraint service_connu check (service_api in ('whatsapp', 'gemini', 'email', 'sms')),
  endpoint_appele text not null,
  nombre_requetes integer not null default 1 constraint nombre_positif check (nombre_requetes > 0),
  date_heure timestamptz not null default prive.maintenant(),
  temps_reponse_ms integer constraint temps_positif check (temps_reponse_ms >= 0),
  code_statut integer,
  message_erreur text,
  jetons_entree integer constraint jetons_entree_positifs check (jetons_entree >= 0),
  jetons_sortie integer constraint jetons_sortie_positifs check (jetons_sortie >= 0),
  primary key (id_utilisation, date_heure)
) partition by range (date_heure);
comment on table public.utilisation_apis is 'Calls of outside services, for cost and health. id_utilisateur is null for calls of the platform itself. Written by the service alone; partitions live in prive.';
comment on column public.utilisation_apis.temps_reponse_ms is 'Milliseconds until the answer.';
comment on column public.utilisation_apis.jetons_entree is 'Tokens a model was given (jetons_sortie: wrote).';
create index utilisation_apis_par_vendeur on public.utilisation_apis (id_utilisateur, date_heure desc, id_utilisation);
alter table public.utilisation_apis enable row level security;
create policy "un gestionnaire lit l'utilisation de ses vendeurs" on public.utilisation_apis for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select on public.utilisation_apis to authenticated;

create function service.noter_appels(appels jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  nombre integer;
begin
  insert into public.utilisation_apis (id_utilisateur, service_api, endpoint_appele, temps_reponse_ms, code_statut, message_erreur,
    jetons_entree, jetons_sortie, date_heure)
  select u.id_utilisateur, a.service_api, left(a.endpoint_appele, 200), greatest(a.temps_reponse_ms, 0), a.code_statut, left(a.message_erreur, 300),
    a.jetons_entree, a.jetons_sortie, prive.maintenant()
  from jsonb_to_recordset(appels) as a (id_utilisateur uuid, service_api text, endpoint_appele text, temps_reponse_ms integer,
    code_statut integer, message_erreur text, jetons_entree integer, jetons_sortie integer)
  -- A vendor may have gone between the call and its line: then it is the platform's.
  left join public.utilisateurs_fluxasync as u on u.id_utilisateur = a.id_utilisateur;
  get diagnostics nombre = row_count;
  return nombre;
end
$$;
comment on function service.noter_appels(jsonb) is
  'Notes calls of outside services: [{id_utilisateur: uuid|null, service_api, endpoint_appele, temps_reponse_ms, code_statut: HTTP status or null when none came, message_erreur: string|null, jetons_entree?, jetons_sortie?}] → how many. endpoint_appele is the path without ids of people and without query (tokens!). Errors: 23514 for an unknown service.';
grant execute on function service.noter_appels(jsonb) to service_role;

-- ── partitions ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.preparer_partitions(journal text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ce_mois constant date := date_trunc('month', prive.maintenant() at time zone 'UTC');
  mois date;
  partition text;
begin
  for avance in -1..3 loop
    mois := ce_mois + make_interval(months => avance);
    partition := journal || '_' || to_char(mois, 'YYYY_MM');
    if to_regclass('prive.' || partition) is null then
      -- Made beside and then attached: `create table … partition of` would lock all readers out. Without policies: no role of the
      -- API has a right on a partition, and on hosted Supabase a `create policy` takes locks on the tables of Auth.
      execute format('create table prive.%I (like public.%I including defaults including constraints)', partition, journal);
      execute format('comment on table prive.%I is %L', partition, to_char(mois, 'YYYY-MM') || ' (UTC) of public.' || journal || '.');
      execute format('alter table public.%I attach partition prive.%I for values from (%L) to (%L)', journal, partition,
        mois::timestamp at time zone 'UTC', (mois + interval '1 month') at time zone 'UTC');
    end if;
  end loop;
end
$$;
comment on function prive.preparer_partitions(text) is
  'Makes the partitions of a log: of last month (for who comes late), this one and the next three. Doing it twice changes nothing.';

create function prive.retirer_partitions(journal text, retention text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  premiere constant text := journal || '_' || to_char(
    date_trunc('month', prive.maintenant() at time zone 'UTC') - make_interval(months => prive.reglage(retention)), 'YYYY_MM');
  partition text;
begin
  for partition in
    select c.relname from pg_catalog.pg_inherits as i join pg_catalog.pg_class as c on c.oid = i.inhrelid
    where i.inhparent = ('public.' || journal)::regclass and c.relname < premiere
  loop
    execute format('drop table prive.%I', partition);
  end loop;
end
$$;
comment on function prive.retirer_partitions(text, text) is
  'Drops the partitions of a log that are older than so many months, by the setting of that name. It locks the log for a moment.';

select prive.preparer_partitions('journaux_systeme');
select prive.preparer_partitions('utilisation_apis');
-- At night, when shops are closed, each by itself, and three times, since a lock they do not get within half a second ends them:
-- with three months ahead they may fail for a long time before a row finds no place.
select cron.schedule('preparer-journaux', '23 2-4 * * *', $$select prive.preparer_partitions('journaux_systeme')$$);
select cron.schedule('preparer-utilisation', '24 2-4 * * *', $$select prive.preparer_partitions('utilisation_apis')$$);
select cron.schedule('retirer-journaux', '25 2-4 * * *', $$select prive.retirer_partitions('journaux_systeme', 'retention_journaux_mois')$$);
select cron.schedule('retirer-utilisation', '26 2-4 * * *', $$select prive.retirer_partitions('utilisation_apis', 'retention_utilisation_mois')$$);

-- ── writing the journal ──────────────────────────────────────────────────────────────────────────────────────────

create table prive.journal_differe (
  id bigint generated always as identity primary key,
  ligne jsonb not null,
  essais integer not null default 0
);
comment on column prive.journal_differe.essais is 'Tries without success: the others come first, so that lines that never find a place keep nobody waiting.';
comment on table prive.journal_differe is 'Lines of the journal that found no place at once (its table was locked, a month was missing): written by the next run of rattraper-journal.';
alter table prive.journal_differe enable row level security;
create policy "personne par l'API" on prive.journal_differe using (false);

create function prive.journaliser(vendeur uuid, action text, description text, donnees jsonb default '{}', auteur uuid default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  entetes json := nullif(current_setting('request.headers', true), '')::json;
  -- What the network in front of the API says; of a forwarding chain the last link, since the first ones are the caller's word.
  adresse text := btrim(coalesce(entetes ->> 'cf-connecting-ip', (string_to_array(entetes ->> 'x-forwarded-for', ','))[
    cardinality(string_to_array(entetes ->> 'x-forwarded-for', ','))]));
  ligne public.journaux_systeme;
begin
  ligne.id_utilisateur := vendeur;
  ligne.id_auteur := coalesce(auteur, auth.uid());
  ligne.type_action := action;
  ligne.description_action := description;
  ligne.adresse_ip := case when pg_input_is_valid(adresse, 'inet') then adresse::inet end;
  ligne.user_agent := left(entetes ->> 'user-agent', 500);
  ligne.donnees_supplementaires := donnees;
  ligne.date_creation := prive.maintenant();
  perform prive.ecrire_journal(ligne);
exception when others then
  -- The journal never stops what it tells of.
  insert into prive.journal_differe (ligne) values (to_jsonb(ligne));
end
$$;
comment on function prive.journaliser(uuid, text, text, jsonb, uuid) is
  'One line of the journal, with who asked and from where when the API was called. What cannot be written now is kept in prive.journal_differe.';

create function prive.ecrire_journal(ligne public.journaux_systeme) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into public.journaux_systeme (id_utilisateur, id_auteur, type_action, description_action, adresse_ip, user_agent,
    donnees_supplementaires, date_creation)
  values (ligne.id_utilisateur, ligne.id_auteur, ligne.type_action, ligne.description_action, ligne.adresse_ip, ligne.user_agent,
    ligne.donnees_supplementaires, ligne.date_creation);
end
$$;
comment on function prive.ecrire_journal(public.journaux_systeme) is 'Writes a line as it is, but for its number.';

create function prive.rattraper_journal() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  differee record;
  nombre integer := 0;
begin
  for differee in select d.id, d.ligne from prive.journal_differe as d order by d.essais, d.id limit 1000 for update skip locked loop
    begin
      perform prive.ecrire_journal(jsonb_populate_record(null::public.journaux_systeme, differee.ligne));
      delete from prive.journal_differe as d where d.id = differee.id;
      nombre := nombre + 1;
    exception
      -- Its vendor is gone, and his journal with him.
      when foreign_key_violation then delete from prive.journal_differe as d where d.id = differee.id;
      when others then
        update prive.journal_differe as d set essais = d.essais + 1 where d.id = differee.id;
        raise warning 'line % of the journal still finds no place: % %', differee.id, sqlstate, sqlerrm;
    end;
  end loop;
  return nombre;
end
$$;
comment on function prive.rattraper_journal() is 'Writes the lines of prive.journal_differe, at most 1,000; returns how many.';
-- Every 10 minutes: nobody waits for the journal, and mostly there is nothing.
select cron.schedule('rattraper-journal', '*/10 * * * *', 'select prive.rattraper_journal()');

-- What is written down, all of it:

create function prive.tg_journal__commande() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform prive.journaliser(new.id_utilisateur, 'commande_creee', 'Commande ' || new.numero_commande,
      jsonb_build_object('id_commande', new.id_commande));
  else
    perform prive.journaliser(new.id_utilisateur, 'commande_statut', 'Commande ' || new.numero_commande || ' : ' || new.statut_commande,
      jsonb_build_object('id_commande', new.id_commande, 'de', old.statut_commande, 'a', new.statut_commande));
  end if;
  return null;
end
$$;
comment on function prive.tg_journal__commande() is 'An order is made, or gets another status.';
create trigger tg_journal__commande_creee after insert on public.commandes
  for each row execute function prive.tg_journal__commande();
create trigger tg_journal__commande_statut after update of statut_commande on public.commandes
  for each row when (old.statut_commande is distinct from new.statut_commande) execute function prive.tg_journal__commande();

create function prive.tg_journal__livraison() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.journaliser(new.id_utilisateur,
    case when new.statut_livraison = 'assignee' then 'livraison_assignee' else 'livraison_statut' end,
    'Livraison ' || new.id_livraison || ' : ' || new.statut_livraison,
    jsonb_build_object('id_livraison', new.id_livraison, 'id_livreur', new.id_livreur, 'a', new.statut_livraison));
  return null;
end
$$;
comment on function prive.tg_journal__livraison() is 'A delivery is given to a courier, or gets another status.';
create trigger tg_journal__livraison_creee after insert on public.livraisons
  for each row execute function prive.tg_journal__livraison();
create trigger tg_journal__livraison_statut after update of statut_livraison on public.livraisons
  for each row when (old.statut_livraison is distinct from new.statut_livraison) execute function prive.tg_journal__livraison();

create function prive.tg_journal__message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.journaliser(new.id_utilisateur, 'message_envoye', 'Message à un prospect',
    jsonb_build_object('id_message', new.id_message, 'id_conversation', new.id_conversation));
  return null;
end
$$;
comment on function prive.tg_journal__message() is 'A person writes to a prospect; what the AI writes is told apart in messages itself.';
create trigger tg_journal__message after insert on public.messages
  for each row when (new.direction_message = 'sortant' and not new.genere_par_ia) execute function prive.tg_journal__message();

create function prive.tg_journal__main() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.journaliser(new.id_utilisateur, case when new.ia_activee then 'main_rendue' else 'main_prise' end,
    case when new.ia_activee then 'Conversation rendue à l''IA' else 'Conversation prise en main' end,
    jsonb_build_object('id_conversation', new.id_conversation));
  return null;
end
$$;
comment on function prive.tg_journal__main() is 'A conversation goes to a person, or back to the AI.';
create trigger tg_journal__main after update of ia_activee on public.conversations
  for each row when (old.ia_activee is distinct from new.ia_activee) execute function prive.tg_journal__main();

create function prive.tg_journal__email() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.journaliser(new.id_utilisateur, 'email_traite', 'Email traité', jsonb_build_object('id_email', new.id_email));
  return null;
end
$$;
comment on function prive.tg_journal__email() is 'A mail has been treated.';
create trigger tg_journal__email after update of email_traite on public.emails_recus
  for each row when (not old.email_traite and new.email_traite) execute function prive.tg_journal__email();

create function prive.tg_journal__membre() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  membre public.membres_equipe := coalesce(new, old);
begin
  -- The whole shop goes, and its journal with it.
  if tg_op = 'DELETE' and not exists (select from public.utilisateurs_fluxasync as u where u.id_utilisateur = old.id_utilisateur) then
    return null;
  end if;
  perform prive.journaliser(membre.id_utilisateur,
    case tg_op when 'INSERT' then 'membre_ajoute' when 'DELETE' then 'membre_retire' else 'role_change' end,
    case tg_op when 'INSERT' then 'Membre ajouté : ' when 'DELETE' then 'Membre retiré : ' else 'Rôle changé : ' end || membre.role,
    jsonb_build_object('id_membre', membre.id_membre, 'role', membre.role));
  return null;
end
$$;
comment on function prive.tg_journal__membre() is 'Somebody joins or leaves a team, or gets another role.';
create trigger tg_journal__membre after insert or delete or update of role on public.membres_equipe
  for each row execute function prive.tg_journal__membre();

create function prive.tg_journal__connexion() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.journaliser(v.id_utilisateur, 'connexion', 'Connexion', '{}', new.id)
  from (select u.id_utilisateur from public.utilisateurs_fluxasync as u where u.id_utilisateur = new.id
        union all
        select m.id_utilisateur from public.membres_equipe as m where m.id_membre = new.id) as v;
  return null;
end
$$;
comment on function prive.tg_journal__connexion() is
  'Somebody signs in: in the journal of his shop and of the teams he is in. The auth server says no more; signing out leaves no trace there.';
create trigger tg_journal__connexion after update of last_sign_in_at on auth.users
  for each row when (new.last_sign_in_at is distinct from old.last_sign_in_at) execute function prive.tg_journal__connexion();
