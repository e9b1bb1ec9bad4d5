-- What the function recuperer-medias asks and tells: files to fetch, what became of them, files to delete.

create function prive.attendre_compte(media bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.medias as m set motif = 'Votre numéro WhatsApp n''est pas connecté : ce fichier sera récupéré quand il le sera.'
  where m.id_media = media;
  perform prive.liberer_reponse(media);
  update prive.recuperations as r set jeton = null where r.id_media = media;
  perform pgmq.set_vt('recuperer_medias', r.msg_id, 900) from prive.recuperations as r where r.id_media = media;
end
$$;
comment on function prive.attendre_compte(bigint) is 'Without a token nothing is fetched, but Meta keeps it for seven days: looked at again every quarter of an hour. No attempt, and no reply waits for it.';

create function prive.prendre_media(travail bigint, media bigint, transcription boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  r record;
  acces text;
  bail uuid := pg_catalog.gen_random_uuid();
begin
  select d.* into m from public.medias as d where d.id_media = media for no key update;
  select x.* into r from prive.recuperations as x where x.id_media = media;
  if m.id_media is null or r.id_media is null then
    perform pgmq.archive('recuperer_medias', travail);
    return null;
  end if;
  if m.date_creation < prive.maintenant() - interval '7 days' then
    perform prive.finir_media(media, 'perdu', 'Ce fichier n''est plus disponible chez WhatsApp : il y reste sept jours.');
    return null;
  end if;
  if r.jeton is not null then
    update prive.recuperations as x set deces = x.deces + 1, jeton = null where x.id_media = media returning x.deces into r.deces;
    -- Most likely it is the file that kills them.
    if r.deces >= 5 then
      insert into prive.lettres_mortes (file, message, erreur, tentatives)
      values ('recuperer_medias', pg_catalog.jsonb_build_object('id_media', media), 'aucun travailleur n''en revient', r.deces);
      perform prive.finir_media(media, 'perdu', 'Ce fichier n''a pas pu être récupéré.');
      return null;
    end if;
  end if;
  if not transcription then
    perform prive.liberer_reponse(media);
  end if;
  select case when w.compte_actif then prive.jeton_whatsapp(w.jeton_acces) end into acces
  from public.messages as e join public.comptes_whatsapp as w on w.id_compte_whatsapp = e.id_compte_whatsapp
  where e.id_message = m.id_message;
  if acces is null then
    perform prive.attendre_compte(media);
    return null;
  end if;
  update prive.recuperations as x set jeton = bail, pris_le = prive.maintenant() where x.id_media = media;
  return pg_catalog.jsonb_build_object('id_media', media, 'bail', bail, 'id_utilisateur', m.id_utilisateur,
    'identifiant_media', m.identifiant_media_whatsapp, 'genre', m.genre, 'type_mime', m.type_mime, 'empreinte', r.empreinte,
    'taille_max', prive.taille_max_media(m.genre, m.type_mime), 'chemin', r.chemin, 'jeton', acces);
end
$$;
comment on function prive.prendre_media(bigint, bigint, boolean) is 'One job of service.prendre_medias: what to fetch, now leased, or null when there is nothing to fetch (any more, or yet).';

create function service.prendre_medias(limite integer, transcription boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  pris jsonb := '[]';
begin
  for travail in
    select q.msg_id, q.read_ct, q.message, (q.message ->> 'id_media')::bigint as id_media
    from pgmq.read('recuperer_medias', prive.reglage('bail_media_s'), least(limite, 20)) as q
    order by 4
  loop
    begin
      pris := pris || coalesce(prive.prendre_media(travail.msg_id, travail.id_media, prendre_medias.transcription), '[]');
    exception when others then
      raise warning 'media %: not taken: % %', travail.id_media, sqlstate, sqlerrm;
      perform pgmq.set_vt('recuperer_medias', travail.msg_id, 30);
      -- A number that is off for seven days makes 672 reads: only far beyond is there something wrong with the job itself.
      if travail.read_ct >= 1000 then
        insert into prive.lettres_mortes (file, message, erreur, tentatives)
        values ('recuperer_medias', travail.message, sqlstate || ' ' || pg_catalog.left(sqlerrm, 400), travail.read_ct);
        perform pgmq.archive('recuperer_medias', travail.msg_id);
      end if;
    end;
  end loop;
  perform prive.appeler_renfort('recuperer_medias');
  return pris;
end
$$;
comment on function service.prendre_medias(integer, boolean) is
  'Files to fetch, each leased to the caller: [{id_media, bail, id_utilisateur, identifiant_media, genre, type_mime, empreinte, taille_max, chemin, jeton}]; jeton is the access token. transcription false: nobody will listen, so replies to voice notes do not wait. At most 20.';
grant execute on function service.prendre_medias(integer, boolean) to service_role;

create function prive.enregistrer_media(media bigint, resultat jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  issue text := resultat ->> 'issue';
  r record;
begin
  perform from public.medias as d where d.id_media = media for no key update;
  select x.*, e.id_compte_whatsapp into r
  from prive.recuperations as x join public.medias as d using (id_media) join public.messages as e on e.id_message = d.id_message
  where x.id_media = media and x.jeton = (resultat ->> 'bail')::uuid;
  if not found then
    return 'bail_perdu';
  end if;
  if issue = 'recupere' then
    update public.medias as d
    set statut = 'recupere', chemin = r.chemin, motif = null, taille_octets = (resultat ->> 'taille_octets')::integer,
        transcription = nullif(pg_catalog.btrim(pg_catalog.left(resultat ->> 'transcription', 4096)), ''), date_recuperation = prive.maintenant()
    where d.id_media = media;
    perform prive.liberer_reponse(media);
    perform pgmq.archive('recuperer_medias', r.msg_id);
    delete from prive.recuperations as x where x.id_media = media;
  elsif issue in ('refuse', 'perdu') then
    perform prive.finir_media(media, issue, resultat ->> 'motif');
  elsif issue = 'jeton_mort' and exists (select from public.comptes_whatsapp as w
      where w.id_compte_whatsapp = r.id_compte_whatsapp and w.compte_actif and w.date_connexion > r.pris_le) then
    -- Connected anew meanwhile: what is dead is the token of before.
    update prive.recuperations as x set jeton = null where x.id_media = media;
    perform pgmq.set_vt('recuperer_medias', r.msg_id, 0);
    return 'a_reprendre';
  elsif issue = 'jeton_mort' then
    perform prive.desactiver_compte(r.id_compte_whatsapp, 'jeton_mort',
      'WhatsApp n''accepte plus notre accès à ce numéro. Reconnectez-le : les messages et les fichiers reprendront.');
    perform prive.attendre_compte(media);
  elsif r.tentatives + 1 < (select f.tentatives_max from prive.files as f where f.nom = 'recuperer_medias') then
    update prive.recuperations as x set tentatives = x.tentatives + 1, jeton = null where x.id_media = media;
    -- Meta keeps the file for a week: after the first quick attempts there is time, some three days in all.
    perform pgmq.set_vt('recuperer_medias', r.msg_id,
      pg_catalog.ceil(least(21600, 2 ^ (r.tentatives + 1)) * (0.5 + pg_catalog.random() / 2))::integer);
    return 'a_reprendre';
  else
    insert into prive.lettres_mortes (file, message, erreur, tentatives)
    values ('recuperer_medias', pg_catalog.jsonb_build_object('id_media', media), pg_catalog.left(resultat ->> 'motif', 500), r.tentatives + 1);
    perform prive.finir_media(media, 'perdu', 'WhatsApp n''a pas pu donner ce fichier.');
    return 'perdu';
  end if;
  return issue;
end
$$;
comment on function prive.enregistrer_media(bigint, jsonb) is 'One outcome of service.enregistrer_medias.';

create function service.enregistrer_medias(resultats jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
  issue text;
  issues jsonb := '[]';
begin
  for r in
    select (e.value ->> 'id_media')::bigint as id_media, e.value as resultat from pg_catalog.jsonb_array_elements(resultats) as e order by 1
  loop
    begin
      issue := prive.enregistrer_media(r.id_media, r.resultat);
    exception when others then
      issue := 'refusee: ' || sqlstate || ' ' || pg_catalog.left(sqlerrm, 200);
    end;
    issues := issues || pg_catalog.jsonb_build_object('id_media', r.id_media, 'issue', issue);
  end loop;
  return issues;
end
$$;
comment on function service.enregistrer_medias(jsonb) is
  'What became of files: [{id_media, bail, issue: "recupere", taille_octets, transcription: text|null} | {…, issue: "refuse"|"perdu", motif: a French sentence} | {…, issue: "jeton_mort"} | {…, issue: "reprendre", motif: for the operator}] → [{id_media, issue}]. issue: as given, a_reprendre (another attempt comes later), perdu (no more attempts), bail_perdu (another worker has it, or it is forgotten), "refusee: …" (not of that shape; it comes back when the lease is over). The file lies at its chemin before recupere is said.';
grant execute on function service.enregistrer_medias(jsonb) to service_role;

-- ── files to delete ──────────────────────────────────────────────────────────────────────────────────────────────

create function service.prendre_effacements(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  pris jsonb := '[]';
begin
  for travail in select q.msg_id, q.read_ct, q.message from pgmq.read('effacer_medias', 60, least(limite, 100)) as q loop
    if travail.read_ct > (select f.tentatives_max from prive.files as f where f.nom = 'effacer_medias') then
      insert into prive.lettres_mortes (file, message, erreur, tentatives)
      values ('effacer_medias', travail.message, 'ce fichier n''a pas pu être effacé', travail.read_ct - 1);
      perform pgmq.archive('effacer_medias', travail.msg_id);
    else
      -- Every read is an attempt here, and each waits longer than the one before.
      perform pgmq.set_vt('effacer_medias', travail.msg_id, 60 * travail.read_ct);
      pris := pris || pg_catalog.jsonb_build_object('msg_id', travail.msg_id, 'chemin', travail.message ->> 'chemin');
    end if;
  end loop;
  perform prive.appeler_renfort('effacer_medias');
  return pris;
end
$$;
comment on function service.prendre_effacements(integer) is
  'Files of the bucket medias to delete now: [{msg_id, chemin}], at most 100. What is not reported deleted comes again; after twenty times it is a dead letter.';
grant execute on function service.prendre_effacements(integer) to service_role;

create function service.enregistrer_effacements(travaux bigint[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform pgmq.archive('effacer_medias', t) from pg_catalog.unnest(travaux) as t;
end
$$;
comment on function service.enregistrer_effacements(bigint[]) is 'The files of these jobs (msg_id) are no more; a file that never was counts as deleted.';
grant execute on function service.enregistrer_effacements(bigint[]) to service_role;
