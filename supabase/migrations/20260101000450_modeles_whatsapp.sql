-- A vendor's message templates as Meta has them: a message outside the 24-hour window goes out as one of these. Copied hourly
-- (the next file) and told by events in between.

create table public.modeles_whatsapp (
  id_modele bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  identifiant_compte_business text not null,
  identifiant_modele text,
  nom_modele text not null,
  langue text not null,
  categorie text not null constraint categorie_connue check (categorie in ('utility', 'marketing', 'authentication')),
  statut text not null constraint statut_connu
    check (statut in ('approuve', 'en_attente', 'rejete', 'en_pause', 'desactive', 'supprime')),
  motif_rejet text,
  qualite text constraint qualite_connue check (qualite in ('verte', 'jaune', 'rouge')),
  composants jsonb not null default '[]' constraint composants_sont_une_liste check (jsonb_typeof(composants) = 'array'),
  nombre_variables_corps integer not null default 0 constraint variables_corps_positif check (nombre_variables_corps >= 0),
  nombre_variables_entete integer not null default 0 constraint variables_entete_positif check (nombre_variables_entete >= 0),
  derniere_synchronisation timestamptz not null default prive.maintenant(),
  date_creation timestamptz not null default prive.maintenant(),
  constraint modele_unique_par_langue unique (id_utilisateur, identifiant_compte_business, nom_modele, langue)
);
comment on table public.modeles_whatsapp is 'A vendor''s message templates as Meta has them; only an approved one can be sent. Written by the service alone.';
comment on column public.modeles_whatsapp.identifiant_compte_business is 'Meta''s WABA id: its templates serve all numbers of it.';
comment on column public.modeles_whatsapp.identifiant_modele is 'Meta''s id of the template.';
comment on column public.modeles_whatsapp.langue is 'Meta''s code: fr, fr_FR, en_US, …';
comment on column public.modeles_whatsapp.statut is 'supprime: Meta has it no longer; it stays for the messages that were sent with it.';
comment on column public.modeles_whatsapp.motif_rejet is 'Meta''s own word why it was rejected, such as INVALID_FORMAT.';
comment on column public.modeles_whatsapp.composants is 'Meta''s components, verbatim: [{"type": "BODY", "text": "Bonjour {{1}}", …}, …].';
comment on column public.modeles_whatsapp.nombre_variables_corps is 'How many different {{1}} or {{name}} its body has.';
comment on column public.modeles_whatsapp.nombre_variables_entete is 'The same of a text header; a header that is an image, a video or a document has none.';
create index modeles_whatsapp_par_vendeur on public.modeles_whatsapp (id_utilisateur, date_creation desc, id_modele);
create index modeles_whatsapp_par_waba on public.modeles_whatsapp (identifiant_compte_business, nom_modele, langue);

create function prive.prevenir_modele(vendeur uuid, cle text, nom text, langue text, statut text, motif text) returns void
language sql volatile security definer set search_path = ''
as $$
  select prive.notifier_evenement(vendeur, 'modele_inutilisable', cle, jsonb_build_object('modele', nom, 'langue', langue, 'raison',
    case statut
      when 'rejete' then prive.phrase('modele_rejete', jsonb_build_object('motif', coalesce(' : ' || motif, '')))
      when 'en_pause' then prive.phrase('modele_en_pause')
      else prive.phrase('modele_desactive') end))
$$;
comment on function prive.prevenir_modele(uuid, text, text, text, text, text) is 'Tells a vendor that a template was rejected, paused or disabled, once per key.';

create function prive.tg_modeles_whatsapp__statut() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.prevenir_modele(new.id_utilisateur, format('modele:%s:%s:%s', new.id_modele, new.statut, prive.maintenant()),
    new.nom_modele, new.langue, new.statut, new.motif_rejet);
  return null;
end
$$;
comment on function prive.tg_modeles_whatsapp__statut() is 'After a template was rejected, paused or disabled, by an event or as the hourly copy finds it: the vendor is told.';
create trigger tg_modeles_whatsapp__statut after update of statut on public.modeles_whatsapp
  for each row when (old.statut <> new.statut and new.statut in ('rejete', 'en_pause', 'desactive'))
  execute function prive.tg_modeles_whatsapp__statut();

alter table public.modeles_whatsapp enable row level security;
create policy "un membre lit les modeles de ses vendeurs" on public.modeles_whatsapp for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.modeles_whatsapp to authenticated;

create function prive.noter_modele(waba text, nom text, langue text, changement jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid;
  connu boolean;
begin
  for vendeur in
    select distinct c.id_utilisateur from public.comptes_whatsapp as c
    where c.identifiant_compte_business = waba and c.date_deconnexion is null order by 1
  loop
    -- Before the template, as the copy locks them.
    perform from prive.synchronisations as s where s.id_utilisateur = vendeur and s.identifiant_compte_business = waba for update;
    update public.modeles_whatsapp as m
    set statut = coalesce(changement ->> 'statut', m.statut),
        motif_rejet = case when changement ? 'statut' then changement ->> 'motif_rejet' else m.motif_rejet end,
        qualite = case when changement ? 'qualite' then changement ->> 'qualite' else m.qualite end,
        categorie = coalesce(changement ->> 'categorie', m.categorie),
        identifiant_modele = coalesce(changement ->> 'identifiant_modele', m.identifiant_modele)
    where m.id_utilisateur = vendeur and m.identifiant_compte_business = waba and m.nom_modele = nom and m.langue = noter_modele.langue;
    connu := found;
    if not connu and changement ->> 'statut' in ('rejete', 'en_pause', 'desactive') then
      perform prive.prevenir_modele(vendeur, format('modele:%s:%s:%s:%s', waba, nom, noter_modele.langue, changement ->> 'statut'),
        nom, noter_modele.langue, changement ->> 'statut', changement ->> 'motif_rejet');
    end if;
    -- What the event does not tell (its words, a template not known yet) is asked for.
    if not connu or changement = '{}' or changement ->> 'statut' = 'approuve' then
      perform prive.demander_synchronisation(vendeur, waba);
    end if;
  end loop;
end
$$;
comment on function prive.noter_modele(text, text, text, jsonb) is
  'What an event of Meta says of a template of an account (WABA): {statut?, motif_rejet?, qualite?, categorie?, identifiant_modele?}, in our values; {}: its words changed. Nothing happens for an account nobody has connected. The vendor is told of a template that was rejected, paused or disabled; one that is not known yet is asked for.';
