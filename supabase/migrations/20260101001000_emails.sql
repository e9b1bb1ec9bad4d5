-- The vendor's mailbox: accounts, mails received, and what the AI reads in them. A mailbox is its owner's: members below
-- gestionnaire see none of it.

create table public.comptes_email (
  id_compte_email bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  fournisseur_email text not null constraint fournisseur_connu check (fournisseur_email in ('gmail', 'outlook', 'yahoo')),
  adresse_email text not null constraint adresse_plausible check (adresse_email ~ '^[^@\s]+@[^@\s]+$' and length(adresse_email) <= 320),
  jeton_acces uuid,
  jeton_rafraichissement uuid,
  expiration_jeton timestamptz,
  compte_actif boolean not null default true,
  curseur_synchronisation text,
  derniere_erreur text,
  date_connexion timestamptz not null default prive.maintenant(),
  derniere_synchronisation timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint boite_connectee_une_fois unique (id_utilisateur, adresse_email),
  constraint comptes_email_du_vendeur unique (id_compte_email, id_utilisateur)
);
comment on table public.comptes_email is 'Mailboxes that are read for a vendor. Written by the service alone.';
comment on column public.comptes_email.jeton_acces is 'Id of a Vault secret, never a token.';
comment on column public.comptes_email.jeton_rafraichissement is 'Id of a Vault secret, never a token.';
comment on column public.comptes_email.curseur_synchronisation is 'Where the next synchronisation goes on: Gmail''s historyId, Microsoft Graph''s deltaLink.';
create index comptes_email_par_vendeur on public.comptes_email (id_utilisateur, date_creation desc, id_compte_email);
create trigger tg_comptes_email__secrets after delete on public.comptes_email
  for each row execute function prive.tg_secrets__oublier('jeton_acces', 'jeton_rafraichissement');
alter table public.comptes_email enable row level security;
create policy "un gestionnaire lit les boites de ses vendeurs" on public.comptes_email for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select on public.comptes_email to authenticated;

create table public.emails_recus (
  id_email bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  id_compte_email bigint not null,
  identifiant_message_email text not null,
  email_expediteur text not null,
  nom_expediteur text,
  sujet_email text not null default '',
  apercu_contenu text,
  contenu_complet text,
  niveau_priorite text not null default 'normal' constraint priorite_connue
    check (niveau_priorite in ('critique', 'important', 'normal', 'faible', 'spam')),
  contient_pieces_jointes boolean not null default false,
  identifiant_fil_discussion text,
  date_reception timestamptz not null default prive.maintenant()
    constraint reception_plausible check (date_reception between '2000-01-01' and '2200-01-01'),
  date_traitement timestamptz,
  email_traite boolean not null default false,
  date_creation timestamptz not null default prive.maintenant(),
  constraint traite_a_une_date check (email_traite = (date_traitement is not null)),
  constraint email_unique_par_compte unique (id_compte_email, id_utilisateur, identifiant_message_email),
  constraint emails_du_vendeur unique (id_email, id_utilisateur),
  constraint compte_du_vendeur foreign key (id_compte_email, id_utilisateur)
    references public.comptes_email (id_compte_email, id_utilisateur) on delete cascade
);
comment on table public.emails_recus is 'Mails received. Hostile input: their text is data and never an instruction.';
comment on column public.emails_recus.identifiant_message_email is 'The provider''s id of the mail.';
comment on column public.emails_recus.contenu_complet is 'Kept only as long as the analysis needs it: gone when the mail is treated.';
comment on column public.emails_recus.email_traite is 'Analysed (or, by hand, done with); date_traitement says when first.';
comment on column public.emails_recus.date_reception is 'When the provider received it: it may be fetched much later.';
create index emails_recus_par_vendeur on public.emails_recus (id_utilisateur, date_creation desc, id_email);
create index emails_recus_par_reception on public.emails_recus (id_utilisateur, date_reception desc, id_email);

create trigger tg_emails_recus__vendeur before insert on public.emails_recus
  for each row when (new.id_utilisateur is null) execute function prive.tg_vendeur_du_parent('comptes_email', 'id_compte_email');

create function prive.tg_emails_recus__traite() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.email_traite then
    new.date_traitement := case when tg_op = 'UPDATE' and old.email_traite then old.date_traitement else prive.maintenant() end;
    new.contenu_complet := null;
  elsif tg_op = 'UPDATE' and old.email_traite then
    perform prive.refuser('transition_interdite', 'Un email traité le reste.');
  else
    new.date_traitement := null;
  end if;
  return new;
end
$$;
comment on function prive.tg_emails_recus__traite() is 'A treated mail has a date and no full text any more, and stays treated (hint transition_interdite).';
create trigger tg_emails_recus__traite before insert or update of email_traite, date_traitement, contenu_complet on public.emails_recus
  for each row execute function prive.tg_emails_recus__traite();

alter table public.emails_recus enable row level security;
create policy "un gestionnaire lit les emails de ses vendeurs" on public.emails_recus for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire classe les emails" on public.emails_recus for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select on public.emails_recus to authenticated;
grant update (email_traite, niveau_priorite) on public.emails_recus to authenticated;

create table public.analyses_emails (
  id_analyse bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  id_email bigint not null,
  classification_email text not null constraint classification_connue
    check (classification_email in ('urgent', 'contrat', 'reunion', 'facture', 'marketing', 'spam', 'autre')),
  resume_contenu text not null,
  action_suggeree text constraint action_connue
    check (action_suggeree in ('repondre_urgent', 'appeler', 'planifier_reunion', 'ignorer', 'transferer', 'archiver')),
  score_confiance numeric(3, 2) not null constraint score_entre_0_et_1 check (score_confiance between 0 and 1),
  mots_cles text[] not null default '{}',
  sentiment_detecte text not null default 'neutre' constraint sentiment_connu
    check (sentiment_detecte in ('positif', 'neutre', 'negatif', 'urgent')),
  echeance timestamptz,
  alerte_whatsapp_envoyee boolean not null default false,
  modele_ia text,
  date_analyse timestamptz not null default prive.maintenant(),
  date_creation timestamptz not null default prive.maintenant(),
  constraint une_analyse_par_email unique (id_email, id_utilisateur),
  constraint email_du_vendeur foreign key (id_email, id_utilisateur)
    references public.emails_recus (id_email, id_utilisateur) on delete cascade
);
comment on table public.analyses_emails is 'What the AI read in a mail. Written by the service alone.';
comment on column public.analyses_emails.echeance is 'A deadline the mail names.';
comment on column public.analyses_emails.modele_ia is 'Which engine wrote it.';
create index analyses_emails_par_vendeur on public.analyses_emails (id_utilisateur, date_creation desc, id_analyse);

create trigger tg_analyses_emails__vendeur before insert on public.analyses_emails
  for each row when (new.id_utilisateur is null) execute function prive.tg_vendeur_du_parent('emails_recus', 'id_email');

create function prive.tg_analyses_emails__email_traite() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.emails_recus set email_traite = true
  where id_email = new.id_email and id_utilisateur = new.id_utilisateur and not email_traite;
  return null;
end
$$;
comment on function prive.tg_analyses_emails__email_traite() is 'After an analysis: its mail is treated, and its full text gone.';
create trigger tg_analyses_emails__email_traite after insert on public.analyses_emails
  for each row execute function prive.tg_analyses_emails__email_traite();

alter table public.analyses_emails enable row level security;
create policy "un gestionnaire lit les analyses de ses vendeurs" on public.analyses_emails for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select on public.analyses_emails to authenticated;
