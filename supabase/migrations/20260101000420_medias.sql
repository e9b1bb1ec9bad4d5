-- Files of messages. What a prospect sends lies at Meta for seven days: a job fetches it into a private bucket, and a voice note's
-- words with it. What is forgotten here is deleted there, also by a job.

insert into prive.files (nom, fonction, tentatives_max) values
  ('recuperer_medias', 'recuperer-medias', 24), ('effacer_medias', 'recuperer-medias', 20);
select pgmq.create('recuperer_medias');
select pgmq.create('effacer_medias');

insert into prive.reglages (nom, valeur, role) values
  ('attente_vocal_s', 30, 'A reply waits so long at most for the words of a voice note, counted from the note.'),
  ('medias_par_heure', 100, 'Of one conversation so many files are fetched in an hour; the rest is refused, and the vendor reads why.'),
  ('bail_media_s', 180, 'How long a worker owns the fetching of a file; longer than an Edge Function lives.');

-- ── what is accepted ─────────────────────────────────────────────────────────────────────────────────────────────

create function prive.taille_max_media(genre text, type_mime text) returns integer
language sql immutable set search_path = ''
as $$
  select case
    when not type_mime = any (case genre
      when 'image' then array['image/jpeg', 'image/png', 'image/webp']
      when 'audio' then array['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg']
      when 'video' then array['video/mp4', 'video/3gpp', 'video/3gp']
      -- Anything may be sent as a document: pictures, for their full quality.
      when 'document' then array['application/pdf', 'text/plain', 'application/msword', 'application/vnd.ms-excel',
        'application/vnd.ms-powerpoint', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        'application/vnd.openxmlformats-officedocument.presentationml.presentation', 'image/jpeg', 'image/png', 'image/webp',
        'audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg', 'video/mp4', 'video/3gpp', 'video/3gp'] end) then null
    when genre = 'image' and type_mime = 'image/webp' then 512000
    when genre = 'image' then 5242880
    when genre in ('audio', 'video') then 16777216
    when genre = 'document' then 104857600 end
$$;
comment on function prive.taille_max_media(text, text) is
  'How many bytes a file of this kind (type_message) and type may have, by Meta''s list; null: it is not accepted at all. A webp picture is a sticker.';

-- ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.medias (
  id_media bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  id_conversation bigint not null,
  id_message bigint not null,
  identifiant_media_whatsapp text not null,
  genre text not null constraint genre_connu check (genre in ('image', 'document', 'audio', 'video')),
  type_mime text not null,
  taille_octets integer constraint taille_positive check (taille_octets >= 0),
  nom_fichier text,
  chemin text,
  statut text not null default 'a_recuperer' constraint statut_connu check (statut in ('a_recuperer', 'recupere', 'refuse', 'perdu')),
  motif text,
  transcription text,
  date_recuperation timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint fichier_si_recupere check ((statut = 'recupere') = (chemin is not null)),
  constraint motif_si_sans_fichier check (statut not in ('refuse', 'perdu') or motif is not null),
  constraint un_media_par_message unique (id_conversation, id_utilisateur, id_message),
  constraint message_du_vendeur foreign key (id_conversation, id_utilisateur, id_message)
    references public.messages (id_conversation, id_utilisateur, id_message) on update cascade on delete cascade
);
comment on table public.medias is
  'The file of a prospect''s message, one at most; written by the service alone, kept as long as its message. To show it: storage.from(''medias'').createSignedUrl(chemin, seconds, { download: nom_fichier }).';
comment on column public.medias.genre is 'As messages.type_message; a sticker is an image.';
comment on column public.medias.type_mime is 'Without parameters. What the prospect''s phone said and, once recupere, what the bytes are.';
comment on column public.medias.nom_fichier is 'Of a document: the name the prospect''s phone gave it, made harmless: prive.nom_de_fichier.';
comment on column public.medias.chemin is 'In the private bucket `medias`; null until the file is there, and when it is none any more.';
comment on column public.medias.statut is 'a_recuperer: being fetched; recupere: there; refuse: type, size or content not accepted; perdu: not to be had.';
comment on column public.medias.motif is 'Why there is no file (yet), a French sentence for the vendor.';
comment on column public.medias.transcription is 'What a voice note says, as the model heard it; null when nobody has listened or nothing was understood.';
create index medias_par_vendeur on public.medias (id_utilisateur, date_creation desc, id_media);
alter table public.medias enable row level security;
create policy "un membre lit les medias de ses vendeurs" on public.medias for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.medias to authenticated;
-- A message is there before its file: the front end hears when it has come.
alter publication supabase_realtime add table public.medias;

create table prive.recuperations (
  id_media bigint primary key references public.medias (id_media) on delete cascade,
  msg_id bigint not null,
  chemin text not null,
  empreinte text,
  jeton uuid,
  pris_le timestamptz,
  tentatives integer not null default 0,
  deces integer not null default 0,
  attend_mots boolean not null,
  reponse_msg_id bigint
);
comment on table prive.recuperations is 'Files being fetched: one row per media that is a_recuperer, gone with the outcome.';
comment on column prive.recuperations.msg_id is 'Its job in the queue recuperer_medias.';
comment on column prive.recuperations.chemin is 'Where the file will lie, decided before any upload: who dies after his upload leaves nothing but what the next one writes over.';
comment on column prive.recuperations.empreinte is 'The sha256 of the webhook, should the Graph API give none.';
comment on column prive.recuperations.jeton is 'Of the worker that has it now: an outcome with another one is of yesterday.';
comment on column prive.recuperations.pris_le is 'When that worker took it, and the access token with it.';
comment on column prive.recuperations.tentatives is 'Failures that a worker reported.';
comment on column prive.recuperations.deces is 'Workers that never came back.';
comment on column prive.recuperations.attend_mots is 'The reply to this voice note waits for its words.';
comment on column prive.recuperations.reponse_msg_id is 'The job in the queue repondre_prospects of the reply that waits: due when the waiting is over in any case.';
alter table prive.recuperations enable row level security;
create policy "personne par l'API" on prive.recuperations using (false);

-- ── the bucket ───────────────────────────────────────────────────────────────────────────────────────────────────

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('medias', 'medias', false, 104857600, array['image/jpeg', 'image/png', 'image/webp', 'audio/aac', 'audio/amr', 'audio/mpeg',
  'audio/mp4', 'audio/ogg', 'video/mp4', 'video/3gpp', 'video/3gp', 'application/pdf', 'text/plain', 'application/msword',
  'application/vnd.ms-excel', 'application/vnd.ms-powerpoint',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation'])
on conflict (id) do nothing;

-- What came lies under <id_utilisateur>/<random>/, what a member sends under <id_utilisateur>/sortants/.
create policy "un membre lit les fichiers des messages de ses vendeurs" on storage.objects for select to authenticated
  using (bucket_id = 'medias' and split_part(name, '/', 2) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('lecteur') as v)));
create policy "un agent depose des fichiers a envoyer" on storage.objects for insert to authenticated
  with check (bucket_id = 'medias' and split_part(name, '/', 2) = 'sortants' and split_part(name, '/', 3) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('agent') as v)));

-- ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.demander_effacement(chemin text, delai interval default interval '0') returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into pgmq.q_effacer_medias (vt, message) values (pg_catalog.now() + delai, pg_catalog.jsonb_build_object('chemin', chemin));
end
$$;
comment on function prive.demander_effacement(text, interval) is 'Queues the deletion of a file of the bucket medias; rows of storage.objects deleted by SQL would leave the bytes behind.';

create function prive.tg_medias__effacer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.demander_effacement(old.chemin);
  return null;
end
$$;
comment on function prive.tg_medias__effacer() is 'After a file is forgotten, with its message, its vendor or alone: its bytes go too.';
create trigger tg_medias__effacer after delete on public.medias
  for each row when (old.chemin is not null) execute function prive.tg_medias__effacer();
create trigger tg_medias__oublier after update of chemin on public.medias
  for each row when (old.chemin is not null and new.chemin is distinct from old.chemin) execute function prive.tg_medias__effacer();

create function prive.tg_recuperations__effacer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from public.medias as m where m.id_media = old.id_media and m.chemin = old.chemin) then
    -- Later than the lease: its worker may be uploading at this moment.
    perform prive.demander_effacement(old.chemin, pg_catalog.make_interval(secs => prive.reglage('bail_media_s') + 120));
  end if;
  return null;
end
$$;
comment on function prive.tg_recuperations__effacer() is 'After a fetching has ended without a file: what it may have uploaded goes.';
create trigger tg_recuperations__effacer after delete on prive.recuperations
  for each row execute function prive.tg_recuperations__effacer();

create function prive.tg_utilisateurs__effacer_fichiers() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform prive.demander_effacement(o.name) from storage.objects as o
  where o.bucket_id = 'medias' and o.name like old.id_utilisateur || '/sortants/%';
  return null;
end
$$;
comment on function prive.tg_utilisateurs__effacer_fichiers() is 'After a vendor is gone: so are the files he sent. Those he received go with their messages.';
create trigger tg_utilisateurs__effacer_fichiers after delete on public.utilisateurs_fluxasync
  for each row execute function prive.tg_utilisateurs__effacer_fichiers();

-- ── one file ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.nom_de_fichier(dit text, type_mime text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  -- Neither folders nor signs that turn the direction of writing (facture‹U+202E›fdp.exe reads "factureexe.pdf").
  nom constant text := nullif(pg_catalog.btrim(pg_catalog.left(pg_catalog.regexp_replace(dit,
    '[[:cntrl:]/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]+', '_', 'g'), 190), ' .'), '');
  fins constant text[] := case type_mime
    when 'application/pdf' then array['pdf'] when 'text/plain' then array['txt', 'csv']
    when 'application/msword' then array['doc'] when 'application/vnd.ms-excel' then array['xls']
    when 'application/vnd.ms-powerpoint' then array['ppt', 'pps']
    when 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' then array['docx']
    when 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' then array['xlsx']
    when 'application/vnd.openxmlformats-officedocument.presentationml.presentation' then array['pptx']
    when 'image/jpeg' then array['jpg', 'jpeg'] when 'image/png' then array['png'] when 'image/webp' then array['webp']
    when 'audio/aac' then array['aac'] when 'audio/amr' then array['amr'] when 'audio/mpeg' then array['mp3']
    when 'audio/mp4' then array['m4a', 'mp4'] when 'audio/ogg' then array['ogg', 'oga', 'opus']
    when 'video/mp4' then array['mp4'] when 'video/3gpp' then array['3gp'] when 'video/3gp' then array['3gp'] end;
begin
  -- A type that is not accepted is never downloaded.
  return case when fins is null or pg_catalog.lower(pg_catalog.substring(nom, '\.([^.]+)$')) = any (fins) then nom else nom || '.' || fins[1] end;
end
$$;
comment on function prive.nom_de_fichier(text, text) is
  'The name under which a prospect''s file is downloaded: his own, with an ending that goes with the type, so that no program or page is opened by it. Null when he gave none.';

create function prive.chemin_media(vendeur uuid) returns text
language plpgsql volatile set search_path = ''
as $$
begin
  return pg_catalog.format('%s/%s/fichier', vendeur, pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''));
end
$$;
comment on function prive.chemin_media(uuid) is 'Where a file that comes will lie in the bucket medias: nobody can guess it.';

create function prive.demander_media(vendeur uuid, message bigint, genre text, media jsonb) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  sorte text := case genre when 'sticker' then 'image' else genre end;
  type_dit text := pg_catalog.left(pg_catalog.lower(pg_catalog.btrim(pg_catalog.split_part(coalesce(media ->> 'mime_type', ''), ';', 1))), 100);
  identifiant text := pg_catalog.left(media ->> 'id', 200);
  refus text;
  c record;
  attend boolean;
  nouveau bigint;
  travail bigint;
  reponse bigint;
  quelqu_un_vient boolean;
begin
  if identifiant is null or sorte is null or sorte not in ('image', 'document', 'audio', 'video') then
    return false;
  end if;
  -- Who reads a courier's words waits for them by himself (prive.recevoir_message).
  select v.id_conversation, v.ia_activee and v.statut_conversation = 'active' and not m.avec_livreur as ia, m.direction_message into c
  from public.messages as m join public.conversations as v on v.id_conversation = m.id_conversation
  where m.id_message = message and m.id_utilisateur = vendeur;
  if not found then
    return false;
  end if;
  attend := sorte = 'audio' and c.direction_message = 'entrant';
  if prive.taille_max_media(sorte, type_dit) is null then
    refus := 'Ce type de fichier n''est pas accepté.';
  elsif identifiant !~ '^[A-Za-z0-9_-]+$' then
    refus := 'WhatsApp n''a pas dit où est ce fichier.';
  -- 100 MB each: one person shall not fill the vendor's storage, nor keep everybody's voice notes waiting.
  elsif (select d.date_creation from public.medias as d where d.id_conversation = c.id_conversation and d.id_utilisateur = vendeur
         order by d.id_message desc offset prive.reglage('medias_par_heure') - 1 limit 1) > prive.maintenant() - interval '1 hour' then
    refus := 'Ce prospect a envoyé trop de fichiers en une heure : demandez-lui de renvoyer celui-ci plus tard.';
  end if;
  insert into public.medias (id_utilisateur, id_conversation, id_message, identifiant_media_whatsapp, genre, type_mime, nom_fichier, statut, motif)
  values (vendeur, c.id_conversation, message, identifiant, sorte, type_dit,
    prive.nom_de_fichier(media ->> 'filename', type_dit),
    case when refus is null then 'a_recuperer' else 'refuse' end, refus)
  on conflict on constraint un_media_par_message do nothing
  returning id_media into nouveau;
  if nouveau is null then
    return exists (select from prive.recuperations as r join public.medias as d using (id_media)
      where d.id_conversation = c.id_conversation and d.id_utilisateur = vendeur and d.id_message = message and r.attend_mots);
  end if;
  if refus is not null then
    return false;
  end if;
  quelqu_un_vient := coalesce((select q.vt from pgmq.q_recuperer_medias as q order by q.vt limit 1) <= pg_catalog.now(), false);
  insert into pgmq.q_recuperer_medias (vt, message)
  values (pg_catalog.now(), pg_catalog.jsonb_build_object('id_media', nouveau)) returning msg_id into travail;
  if attend and c.ia then
    -- Whatever becomes of the fetching, the reply falls due.
    insert into pgmq.q_repondre_prospects (vt, message)
    values (pg_catalog.now() + pg_catalog.make_interval(secs => prive.reglage('attente_vocal_s')),
      pg_catalog.jsonb_build_object('id_conversation', c.id_conversation, 'id_message', message))
    returning msg_id into reponse;
  end if;
  insert into prive.recuperations (id_media, msg_id, chemin, empreinte, attend_mots, reponse_msg_id)
  values (nouveau, travail, prive.chemin_media(vendeur),
    pg_catalog.left(media ->> 'sha256', 100), attend, reponse);
  if not quelqu_un_vient then
    perform prive.reveiller('recuperer-medias');
  end if;
  return attend;
end
$$;
comment on function prive.demander_media(uuid, bigint, text, jsonb) is
  'Notes the file of a message from WhatsApp and queues its fetching; asked twice, it is fetched once. genre: type_message or sticker; media: Meta''s object {id, mime_type, sha256, filename?}. True: the reply waits for the words of a voice note and is queued here, the caller does not. A type that is not accepted, or one file too many in an hour, is refuse at once.';

create function prive.liberer_reponse(media bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
begin
  select x.attend_mots, x.reponse_msg_id, m.id_conversation, m.id_message, e.avec_livreur into r
  from prive.recuperations as x join public.medias as m using (id_media)
  join public.messages as e on e.id_conversation = m.id_conversation and e.id_utilisateur = m.id_utilisateur and e.id_message = m.id_message
  where x.id_media = media and x.attend_mots;
  if not found then
    return;
  end if;
  update prive.recuperations as x set attend_mots = false, reponse_msg_id = null where x.id_media = media;
  if r.avec_livreur then
    update pgmq.q_assigner_livraisons as q set vt = pg_catalog.clock_timestamp()
    where q.message ->> 'id_message' = r.id_message::text and q.message ->> 'genre' = 'livreur' and q.vt > pg_catalog.clock_timestamp();
    perform prive.reveiller('assigner-livraisons');
    return;
  end if;
  perform pgmq.set_vt('repondre_prospects', r.reponse_msg_id, 0);
  -- The AI may have got the conversation after the note.
  if not found and exists (select from public.conversations as v
      where v.id_conversation = r.id_conversation and v.ia_activee and v.statut_conversation = 'active') then
    perform prive.demander_reponse(r.id_conversation, r.id_message);
  end if;
end
$$;
comment on function prive.liberer_reponse(bigint) is 'The reply to a voice note waits for its words no longer.';

create function prive.finir_media(media bigint, statut text, motif text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.medias as m set statut = finir_media.statut, motif = finir_media.motif where m.id_media = media;
  perform prive.liberer_reponse(media);
  perform pgmq.archive('recuperer_medias', r.msg_id) from prive.recuperations as r where r.id_media = media;
  delete from prive.recuperations as r where r.id_media = media;
end
$$;
comment on function prive.finir_media(bigint, text, text) is 'A fetching ends without a file (refuse or perdu), for a reason the vendor reads.';

create function prive.oublier_media(message bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  media bigint;
begin
  update public.medias as d set chemin = null, transcription = null, nom_fichier = null, statut = 'perdu', motif = 'Le prospect a supprimé ce message.'
  from public.messages as m
  where m.id_message = message and d.id_conversation = m.id_conversation and d.id_utilisateur = m.id_utilisateur and d.id_message = m.id_message
  returning d.id_media into media;
  if media is not null then
    perform prive.finir_media(media, 'perdu', 'Le prospect a supprimé ce message.');
  end if;
end
$$;
comment on function prive.oublier_media(bigint) is 'The file of a message and its words are forgotten, also while it is being fetched; does nothing for a message without one, or when done before.';
