-- What the customer taps after a delivery: how it went, when to come again, that he wants the vendor himself.

create table public.avis_livraison (
  id_avis bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_livraison bigint not null,
  id_livreur bigint not null,
  id_prospect bigint not null,
  note integer not null constraint note_entre_1_et_5 check (note between 1 and 5),
  date_creation timestamptz not null default prive.maintenant(),
  date_modification timestamptz not null default prive.maintenant(),
  constraint un_avis_par_livraison unique (id_livraison, id_utilisateur),
  constraint livraison_du_vendeur foreign key (id_livraison, id_utilisateur)
    references public.livraisons (id_livraison, id_utilisateur) on delete cascade,
  constraint livreur_du_vendeur foreign key (id_livreur, id_utilisateur)
    references public.livreurs (id_livreur, id_utilisateur) on delete cascade,
  constraint prospect_du_vendeur foreign key (id_prospect, id_utilisateur)
    references public.prospects (id_prospect, id_utilisateur) on delete cascade
);
comment on table public.avis_livraison is 'How customers found their deliveries: one note each, which he may correct within 24 hours. Written by the service alone.';
comment on column public.avis_livraison.note is '1 (not good) to 5 (very good).';
create index avis_livraison_par_vendeur on public.avis_livraison (id_utilisateur, date_creation desc, id_avis);
create index avis_livraison_par_livreur on public.avis_livraison (id_livreur, id_utilisateur) include (note);
create index avis_livraison_par_prospect on public.avis_livraison (id_prospect, id_utilisateur);
create trigger tg_avis_livraison__date_modification before update on public.avis_livraison
  for each row execute function prive.tg_date_modification();

create function prive.tg_avis_livraison__note_moyenne() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  avis record;
begin
  if tg_op = 'DELETE' then
    avis := old;
  else
    avis := new;
  end if;
  update public.livreurs as l
  set note_moyenne = (select round(avg(a.note), 2) from public.avis_livraison as a where a.id_livreur = avis.id_livreur and a.id_utilisateur = avis.id_utilisateur)
  where l.id_livreur = avis.id_livreur and l.id_utilisateur = avis.id_utilisateur;
  return null;
end
$$;
comment on function prive.tg_avis_livraison__note_moyenne() is 'After a note: livreurs.note_moyenne is the average of his notes, to two decimals.';
create trigger tg_avis_livraison__note_moyenne after insert or update of note or delete on public.avis_livraison
  for each row execute function prive.tg_avis_livraison__note_moyenne();

alter table public.avis_livraison enable row level security;
create policy "un membre lit les avis de ses vendeurs" on public.avis_livraison for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.avis_livraison to authenticated;

-- ── what a customer taps ─────────────────────────────────────────────────────────────────────────────────────────

create function prive.noter_livraison(l record, note integer) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  a record;
begin
  if l.statut_livraison <> 'livree' or l.id_livreur is null or note not between 1 and 5 then
    return 'ignore';
  end if;
  select x.note, x.date_creation into a from public.avis_livraison as x where x.id_livraison = l.id_livraison and x.id_utilisateur = l.id_utilisateur for update;
  if not found then
    insert into public.avis_livraison (id_utilisateur, id_livraison, id_livreur, id_prospect, note)
    values (l.id_utilisateur, l.id_livraison, l.id_livreur, l.id_prospect, noter_livraison.note);
  elsif a.note = noter_livraison.note then
    return 'deja_note';
  elsif a.date_creation <= prive.maintenant() - interval '24 hours' then
    perform prive.dire(l.id_conversation, 'avis_garde', '{}', null, pg_catalog.format('livraison:%s:avis_garde', l.id_livraison), false);
    return 'trop_tard';
  else
    update public.avis_livraison as x set note = noter_livraison.note where x.id_livraison = l.id_livraison and x.id_utilisateur = l.id_utilisateur;
  end if;
  if note <= 2 then
    perform prive.notifier_evenement(l.id_utilisateur, 'avis_negatif', pg_catalog.format('livraison:%s:avis_negatif', l.id_livraison),
      pg_catalog.jsonb_build_object('numero', l.numero_commande, 'client', l.client, 'livreur', l.livreur), 'livraison', l.id_livraison);
  end if;
  perform prive.dire(l.id_conversation, case when note <= 2 then 'avis_regret' else 'avis_merci' end, '{}', null,
    pg_catalog.format('livraison:%s:avis:%s', l.id_livraison, l.id_message), false);
  return 'note';
end
$$;
comment on function prive.noter_livraison(record, integer) is
  'The customer''s note of a delivery that arrived (the row of prive.suivre_client): note; deja_note (the same again); trop_tard (another one after 24 hours, the first stays); ignore. A bad one tells the vendor once.';

create function prive.etat_pour_client(l record) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return case l.statut_livraison
    when 'livree' then 'votre commande ' || l.numero_commande || ' vous a été remise.'
    when 'annulee' then 'la livraison de votre commande ' || l.numero_commande || ' est annulée.'
    when 'recuperee' then 'votre commande ' || l.numero_commande || ' est en route.'
    when 'en_transit' then 'votre commande ' || l.numero_commande || ' est en route.'
    else 'votre commande ' || l.numero_commande || ' vous sera livrée '
      || coalesce(prive.moment_en_francais(l.id_utilisateur, l.date_livraison_prevue), 'dès que possible') || '.' end;
end
$$;
comment on function prive.etat_pour_client(record) is 'Where a delivery is (the row of prive.suivre_client), in a sentence for its customer.';

create function prive.reprogrammer_livraison(l record, dit text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ici constant date := prive.jour_chez(l.id_utilisateur, prive.maintenant());
  jour date;
  prevue timestamptz;
  cle constant text := pg_catalog.format('livraison:%s:date:%s', l.id_livraison, l.id_message);
begin
  begin
    jour := dit::date;
  exception when datetime_field_overflow or invalid_datetime_format then
    return 'ignore';
  end;
  if l.statut_livraison <> 'echec' then
    -- The day he has chosen already, tapped again, needs no words.
    if l.statut_livraison in ('a_assigner', 'sans_livreur', 'assignee') and prive.jour_chez(l.id_utilisateur, l.date_livraison_prevue) = jour then
      return 'deja_choisie';
    end if;
    perform prive.dire(l.id_conversation, 'date_deja_reglee', pg_catalog.jsonb_build_object('etat', prive.etat_pour_client(l)), null, cle, false);
    return 'trop_tard';
  end if;
  if jour > ici + 14 or jour < ici or not prive.ouvre_le((select u.heures_ouverture from public.utilisateurs_fluxasync as u where u.id_utilisateur = l.id_utilisateur), jour)
    or (jour = ici and prive.jour_de_livraison(l.id_utilisateur, 0, null) <> ici) then
    -- Tapped late: that day is over. Other ones are offered.
    perform prive.proposer_dates(l.id_livraison, cle);
    return 'autre_jour';
  end if;
  prevue := prive.heure_de_livraison(l.id_utilisateur, jour);
  update public.livraisons as v
  set statut_livraison = 'a_assigner', date_livraison_prevue = prevue,
      demander_le = case when (select u.livraison_auto from public.utilisateurs_fluxasync as u where u.id_utilisateur = l.id_utilisateur)
        then prive.moment_de_demander(l.id_utilisateur, prevue) end
  where v.id_livraison = l.id_livraison;
  perform prive.notifier_evenement(l.id_utilisateur, 'livraison_a_reprogrammer', pg_catalog.format('livraison:%s:reprogrammee:%s', l.id_livraison, l.version_code),
    pg_catalog.jsonb_build_object('numero', l.numero_commande, 'client', l.client, 'jour', prive.jour_en_francais(jour, ici)), 'livraison', l.id_livraison);
  perform prive.dire(l.id_conversation, 'date_choisie', pg_catalog.jsonb_build_object('numero', l.numero_commande,
    'quand', prive.moment_en_francais(l.id_utilisateur, prevue)), null, cle, false);
  return 'reprogrammee';
end
$$;
comment on function prive.reprogrammer_livraison(record, text) is
  'The customer of a failed delivery (the row of prive.suivre_client) has chosen a day, YYYY-MM-DD: reprogrammee, the vendor told; deja_choisie; trop_tard (it is not failed any more, he is told how it stands); autre_jour (past, closed, or more than 14 days off: other days are offered); ignore.';

create function prive.vouloir_vendeur(l record) returns text
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- As after every handing over: the AI is silent there until a person or the vendor's delay gives it back.
  update public.conversations as c set ia_activee = false where c.id_conversation = l.id_conversation and c.ia_activee;
  if prive.notifier_evenement(l.id_utilisateur, 'client_veut_vendeur', pg_catalog.format('livraison:%s:client_vendeur:%s', l.id_livraison, l.version_code),
      pg_catalog.jsonb_build_object('numero', l.numero_commande, 'client', l.client), 'livraison', l.id_livraison) is null then
    return 'deja_prevenu';
  end if;
  perform prive.dire(l.id_conversation, 'vendeur_prevenu', '{}', null, pg_catalog.format('livraison:%s:vendeur:%s', l.id_livraison, l.id_message), false);
  return 'prevenu';
end
$$;
comment on function prive.vouloir_vendeur(record) is
  'The customer of a delivery (the row of prive.suivre_client) wants to speak to the vendor: his conversation is a person''s, the vendor and he are told once per try.';

create function prive.suivre_client(message bigint) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  l record;
  dit text[];
begin
  select x.id_utilisateur, x.id_conversation, prive.choix_fait(x.charge_utile) as choix, c.id_prospect into m
  from public.messages as x join public.conversations as c on c.id_conversation = x.id_conversation and c.id_utilisateur = x.id_utilisateur
  where x.id_message = message and x.direction_message = 'entrant';
  dit := pg_catalog.regexp_match(m.choix, '^client:([0-9]{1,18}):(note|date|vendeur)(?::([0-9-]{1,10}))?$');
  if not found then
    return 'sans_objet';
  elsif m.choix is null then
    return prive.redire_code(message);
  elsif dit is null then
    return 'ignore';
  end if;
  perform prive.tenir_boutique(m.id_utilisateur);
  -- The order before its delivery, as everywhere; both must be this person's at this shop.
  select v.id_livraison, v.id_utilisateur, v.id_commande, v.id_livreur, v.statut_livraison, v.version_code, v.date_livraison_prevue,
    c.id_prospect, c.numero_commande, coalesce(c.nom_client, 'Votre client') as client, null::text as livreur,
    m.id_conversation as id_conversation, message as id_message
  into l
  from public.livraisons as v join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  where v.id_livraison = dit[1]::bigint and v.id_utilisateur = m.id_utilisateur and c.id_prospect = m.id_prospect
  for no key update of c;
  if not found then
    return 'pas_la_sienne';
  end if;
  select v.statut_livraison, v.version_code into l.statut_livraison, l.version_code from public.livraisons as v where v.id_livraison = l.id_livraison for no key update;
  l.livreur := coalesce((select r.nom_complet_livreur from public.livreurs as r where r.id_livreur = l.id_livreur and r.id_utilisateur = l.id_utilisateur), 'le livreur');
  case dit[2]
    when 'note' then
      return case when dit[3] ~ '^[1-5]$' then prive.noter_livraison(l, dit[3]::integer) else 'ignore' end;
    when 'date' then
      return case when dit[3] ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then prive.reprogrammer_livraison(l, dit[3]) else 'ignore' end;
    else
      return prive.vouloir_vendeur(l);
  end case;
end
$$;
comment on function prive.suivre_client(bigint) is
  'A customer has asked for his code (prive.redire_code) or tapped a button about his delivery: client:<id_livraison>:note:<1..5>, :date:<YYYY-MM-DD> or :vendeur. What came of it, as prive.noter_livraison, prive.reprogrammer_livraison and prive.vouloir_vendeur say; pas_la_sienne: another person''s delivery; ignore: no such button.';
