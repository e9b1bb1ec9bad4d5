-- What a message may say: the shapes of messages.charge_utile that WhatsApp takes, templates with their variables, and long texts cut.

create function prive.texte_entre(valeur jsonb, minimum integer, maximum integer) returns boolean
language plpgsql immutable set search_path = ''
as $$
begin
  return coalesce(pg_catalog.jsonb_typeof(valeur) = 'string' and prive.longueur_meta(valeur #>> '{}') between minimum and maximum
    and (minimum = 0 or valeur #>> '{}' ~ '\S'), false);
end
$$;
comment on function prive.texte_entre(jsonb, integer, integer) is 'Whether a JSON value is a text of that many characters, as Meta counts; one that may not be empty has more than blanks.';

create function prive.verifier_media(vendeur uuid, genre text, charge jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  media constant jsonb := charge -> 'media';
  lien constant text := media ->> 'lien';
  chemin constant text := media ->> 'chemin';
begin
  if pg_catalog.jsonb_typeof(media) is distinct from 'object' or media - array['lien', 'chemin'] <> '{}' or (media ? 'lien') = (media ? 'chemin')
     or (media ? 'lien' and not prive.texte_entre(media -> 'lien', 1, 2000))
     or (media ? 'chemin' and not prive.texte_entre(media -> 'chemin', 1, 500)) then
    perform prive.refuser('media_invalide', 'Un fichier se donne par son lien ou par son chemin, et par un seul des deux.');
  end if;
  if lien is not null and lien !~* '^https://[^\s/@]+\.[^\s/@]+(/\S*)?$' then
    perform prive.refuser('media_invalide', 'Le lien d''un fichier commence par https://.');
  end if;
  -- Meta would be given a signed link to it: nobody sends what lies in another vendor's folder.
  if chemin is not null and (not pg_catalog.starts_with(chemin, vendeur::text || '/') or chemin ~ '(^|/)\.{0,2}(/|$)' or chemin ~ '[[:cntrl:]\\?#%]') then
    perform prive.refuser('media_invalide', 'Ce fichier n''est pas dans votre dossier.');
  end if;
  if charge ? 'nom_fichier' and (genre <> 'document' or not prive.texte_entre(charge -> 'nom_fichier', 1, 240)) then
    perform prive.refuser('media_invalide', 'Un document a un nom de 1 à 240 caractères, les autres fichiers n''en ont pas.');
  end if;
end
$$;
comment on function prive.verifier_media(uuid, text, jsonb) is 'Refuses a file that is not {"media": {"lien": https…} or {"chemin": "<id_utilisateur>/…"}, "nom_fichier"?} (hint media_invalide).';

create function prive.verifier_interactif(charge jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  boutons constant jsonb := charge -> 'boutons';
  liste constant jsonb := charge -> 'liste';
  lignes jsonb;
  valide boolean;
begin
  if (charge ? 'boutons')::integer + (charge ? 'liste')::integer + (charge ? 'demande_localisation')::integer <> 1 then
    perform prive.refuser('interactif_invalide', 'Un message interactif a des boutons, une liste ou une demande de position.');
  end if;
  if (charge ? 'entete' and not prive.texte_entre(charge -> 'entete', 1, 60)) or (charge ? 'pied' and not prive.texte_entre(charge -> 'pied', 1, 60)) then
    perform prive.refuser('interactif_invalide', 'Un en-tête et un pied de message ont de 1 à 60 caractères.');
  end if;
  if charge ? 'boutons' then
    valide := pg_catalog.jsonb_typeof(boutons) = 'array' and pg_catalog.jsonb_array_length(boutons) between 1 and 3;
    if valide then
      select pg_catalog.bool_and(pg_catalog.jsonb_typeof(b) = 'object' and b - array['id', 'titre'] = '{}'
               and prive.texte_entre(b -> 'id', 1, 256) and prive.texte_entre(b -> 'titre', 1, 20))
             and pg_catalog.count(distinct b -> 'id') = pg_catalog.count(*) and pg_catalog.count(distinct b -> 'titre') = pg_catalog.count(*)
      into valide from pg_catalog.jsonb_array_elements(boutons) as b;
    end if;
    if not coalesce(valide, false) then
      perform prive.refuser('interactif_invalide', 'Un message a 1 à 3 boutons différents, chacun avec un identifiant et un titre de 1 à 20 caractères.');
    end if;
  elsif charge ? 'liste' then
    valide := pg_catalog.jsonb_typeof(liste) = 'object' and liste - array['bouton', 'sections'] = '{}' and prive.texte_entre(liste -> 'bouton', 1, 20)
      and pg_catalog.jsonb_typeof(liste -> 'sections') = 'array' and pg_catalog.jsonb_array_length(liste -> 'sections') between 1 and 10;
    if valide then
      select pg_catalog.bool_and(pg_catalog.jsonb_typeof(s) = 'object' and s - array['titre', 'lignes'] = '{}'
               and pg_catalog.jsonb_typeof(s -> 'lignes') = 'array'
               and case when s ? 'titre' then prive.texte_entre(s -> 'titre', 1, 24) else pg_catalog.jsonb_array_length(liste -> 'sections') = 1 end)
      into valide from pg_catalog.jsonb_array_elements(liste -> 'sections') as s;
    end if;
    if valide then
      valide := not pg_catalog.jsonb_path_exists(liste, '$.sections[*] ? (@.lignes.size() == 0)');
      lignes := pg_catalog.jsonb_path_query_array(liste, '$.sections[*].lignes[*]');
    end if;
    if valide then
      select pg_catalog.bool_and(pg_catalog.jsonb_typeof(l) = 'object' and l - array['id', 'titre', 'description'] = '{}'
               and prive.texte_entre(l -> 'id', 1, 200) and prive.texte_entre(l -> 'titre', 1, 24)
               and (not l ? 'description' or prive.texte_entre(l -> 'description', 1, 72)))
             and pg_catalog.count(distinct l -> 'id') = pg_catalog.count(*) and pg_catalog.count(*) <= 10
      into valide from pg_catalog.jsonb_array_elements(lignes) as l;
    end if;
    if not coalesce(valide, false) then
      perform prive.refuser('interactif_invalide',
        'Une liste a un bouton (20 caractères), des sections titrées et 1 à 10 lignes différentes (identifiant, titre de 24 caractères, description de 72).');
    end if;
  elsif charge - 'demande_localisation' <> '{}' or charge -> 'demande_localisation' <> 'true' then
    perform prive.refuser('interactif_invalide', 'Une demande de position n''a ni en-tête ni pied.');
  end if;
end
$$;
comment on function prive.verifier_interactif(jsonb) is
  'Refuses buttons, a list or a location request that WhatsApp would (hint interactif_invalide). Shapes: {"boutons": [{"id", "titre"}]}, {"liste": {"bouton", "sections": [{"titre"?, "lignes": [{"id", "titre", "description"?}]}]}}, {"demande_localisation": true}; the first two with "entete"? and "pied"?.';

create function prive.verifier_contenu(vendeur uuid, genre text, contenu text, charge jsonb) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  propres constant text[] := case
    when genre in ('image', 'document', 'audio', 'video') then array['media', 'nom_fichier']
    when genre = 'interactif' then array['boutons', 'liste', 'demande_localisation', 'entete', 'pied']
    when genre = 'modele' then array['modele']
    when genre = 'texte' then '{}'::text[] end;
  maximum constant integer := case when genre = 'texte' or charge ? 'liste' then 4096 else 1024 end;
begin
  if propres is null then
    perform prive.refuser('type_inconnu', 'Ce genre de message ne s''envoie pas.');
  end if;
  if pg_catalog.jsonb_typeof(coalesce(charge, '{}')) <> 'object' or coalesce(charge, '{}') - propres <> '{}' then
    perform prive.refuser('charge_utile_invalide', 'Ce genre de message ne contient pas cela.');
  end if;
  if genre in ('texte', 'interactif') and (contenu is null or contenu !~ '\S') then
    perform prive.refuser('message_vide', 'Écrivez un message avant de l''envoyer.');
  end if;
  if genre <> 'modele' and prive.longueur_meta(contenu) > maximum then
    perform prive.refuser('message_trop_long', pg_catalog.format('WhatsApp n''accepte pas plus de %s caractères par message.', maximum));
  end if;
  if genre = 'audio' and contenu <> '' then
    perform prive.refuser('media_invalide', 'Un message audio n''a pas de texte.');
  end if;
  if genre in ('image', 'document', 'audio', 'video') then
    perform prive.verifier_media(vendeur, genre, coalesce(charge, '{}'));
  elsif genre = 'interactif' then
    perform prive.verifier_interactif(coalesce(charge, '{}'));
  end if;
end
$$;
comment on function prive.verifier_contenu(uuid, text, text, jsonb) is
  'Refuses what WhatsApp would, while its author can still correct it: hint type_inconnu (texte, image, document, audio, video, interactif, modele), charge_utile_invalide (a key that this type does not have), message_vide, message_trop_long (4096 for texts and lists, else 1024), media_invalide, interactif_invalide. A template''s variables are checked by prive.modele_pret.';

-- ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.variables_valides(variables jsonb, minimum integer, maximum integer) returns boolean
language plpgsql immutable set search_path = ''
as $$
begin
  if variables is null then
    return minimum = 0;
  end if;
  return pg_catalog.jsonb_typeof(variables) = 'array' and pg_catalog.jsonb_array_length(variables) between minimum and maximum
    and not exists (select from pg_catalog.jsonb_array_elements(variables) as v
                    where not prive.texte_entre(v.value, 1, 1024) or v.value #>> '{}' ~ '[\n\r\t]| {5}');
end
$$;
comment on function prive.variables_valides(jsonb, integer, integer) is 'Whether it is a list of so many texts that Meta takes as variables: not empty, no line break or tab, no five spaces in a row.';

create function prive.variables_de(texte text) returns text[]
language sql immutable set search_path = ''
as $$
  select coalesce(pg_catalog.array_agg(v.nom order by case when v.nom ~ '^[0-9]{1,4}$' then v.nom::integer end, v.rang), '{}')
  from (select t.trouve[1] as nom, pg_catalog.min(t.rang) as rang
        from pg_catalog.regexp_matches(texte, '\{\{\s*(\w+)\s*\}\}', 'g') with ordinality as t (trouve, rang) group by 1) as v
$$;
comment on function prive.variables_de(text) is 'The variables of a template''s text, each once, in the order in which their values are given: {{1}}, {{2}} by number, {{name}} by first appearance.';

create function prive.rendre_modele(texte text, valeurs jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  noms constant text[] := prive.variables_de(texte);
  reste text := texte;
  rendu text := '';
  trouve text[];
begin
  -- From left to right, so that a value which itself looks like a variable stays what it is.
  loop
    trouve := pg_catalog.regexp_match(reste, '^(.*?)\{\{\s*(\w+)\s*\}\}(.*)$');
    exit when trouve is null;
    rendu := rendu || trouve[1] || coalesce(valeurs ->> (pg_catalog.array_position(noms, trouve[2]) - 1), '');
    reste := trouve[3];
  end loop;
  return rendu || coalesce(reste, '');
end
$$;
comment on function prive.rendre_modele(text, jsonb) is 'A template''s text with its variables'' values, a list, in their places.';

create function prive.forme_modele(composants jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  c jsonb;
  forme jsonb := '{"entete": null, "noms_entete": [], "noms_corps": [], "boutons": []}';
begin
  for c in select x.value from pg_catalog.jsonb_array_elements(composants) as x loop
    case pg_catalog.upper(c ->> 'type')
      when 'HEADER' then
        forme := forme || pg_catalog.jsonb_build_object('entete', pg_catalog.lower(coalesce(c ->> 'format', 'text')),
          'noms_entete', pg_catalog.to_jsonb(prive.variables_de(c ->> 'text')));
      when 'BODY' then
        forme := forme || pg_catalog.jsonb_build_object('noms_corps', pg_catalog.to_jsonb(prive.variables_de(c ->> 'text')));
      when 'BUTTONS' then
        forme := forme || pg_catalog.jsonb_build_object('boutons', coalesce((
          select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('rang', b.rang - 1, 'genre', pg_catalog.lower(b.bouton ->> 'type')) order by b.rang)
          from pg_catalog.jsonb_array_elements(case when pg_catalog.jsonb_typeof(c -> 'buttons') = 'array' then c -> 'buttons' else '[]' end)
            with ordinality as b (bouton, rang)
          where pg_catalog.upper(b.bouton ->> 'type') in ('QUICK_REPLY', 'COPY_CODE')
            or (pg_catalog.upper(b.bouton ->> 'type') = 'URL' and b.bouton ->> 'url' ~ '\{\{')), '[]'));
      else null;
    end case;
  end loop;
  return forme;
end
$$;
comment on function prive.forme_modele(jsonb) is
  'What of Meta''s components a sender must know: {"entete": null|"text"|"image"|"video"|"document"|…, "noms_entete": [], "noms_corps": [] (variables_de), "boutons": [{"rang": index, "genre": "quick_reply"|"url"|"copy_code"}] (those that take a variable)}.';

create function prive.modele_pret(vendeur uuid, compte_business text, modele jsonb, marketing boolean,
  out refus text, out contenu text, out forme jsonb)
language plpgsql stable security definer set search_path = ''
as $$
declare
  m record;
  entetes integer;
begin
  select x.statut, x.categorie, x.composants, x.nombre_variables_corps, x.nombre_variables_entete into m
  from public.modeles_whatsapp as x
  where x.id_utilisateur = vendeur and x.identifiant_compte_business = compte_business
    and x.nom_modele = modele ->> 'nom' and x.langue = modele ->> 'langue';
  if not found then
    refus := 'modele_introuvable';
    return;
  end if;
  forme := prive.forme_modele(m.composants);
  -- A header that is a file has one variable: its link.
  entetes := case when forme ->> 'entete' in ('image', 'video', 'document') then 1 else m.nombre_variables_entete end;
  if m.statut <> 'approuve' then
    refus := 'modele_non_approuve';
  elsif m.categorie = 'marketing' and not marketing then
    refus := 'desabonne';
  elsif pg_catalog.jsonb_typeof(modele) <> 'object' or modele - array['nom', 'langue', 'entete', 'corps', 'boutons'] <> '{}'
     or not prive.variables_valides(modele -> 'corps', m.nombre_variables_corps, m.nombre_variables_corps)
     or not prive.variables_valides(modele -> 'entete', entetes, entetes)
     or (forme ->> 'entete' in ('image', 'video', 'document') and not modele #>> '{entete,0}' ~* '^https://\S+$')
     -- A quick reply may go without its payload, a link or a code not without what it ends with.
     or not prive.variables_valides(modele -> 'boutons', coalesce((
          select pg_catalog.max(b.rang)::integer from pg_catalog.jsonb_array_elements(forme -> 'boutons') with ordinality as b (bouton, rang)
          where b.bouton ->> 'genre' <> 'quick_reply'), 0), pg_catalog.jsonb_array_length(forme -> 'boutons')) then
    refus := 'variables_invalides';
  else
    contenu := prive.rendre_modele((select c.value ->> 'text' from pg_catalog.jsonb_array_elements(m.composants) as c
      where pg_catalog.upper(c.value ->> 'type') = 'BODY' limit 1), coalesce(modele -> 'corps', '[]'));
  end if;
end
$$;
comment on function prive.modele_pret(uuid, text, jsonb, boolean) is
  'Whether a template can go out for an account (its WABA): {"nom", "langue", "entete"?, "corps"?, "boutons"?}. refus null and contenu what the person will read; else refus modele_introuvable, modele_non_approuve, desabonne (marketing to somebody who wants none) or variables_invalides. forme: prive.forme_modele.';

create function prive.exiger_modele(vendeur uuid, compte_business text, modele jsonb, marketing boolean) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  pret record;
begin
  select x.refus, x.contenu into pret from prive.modele_pret(vendeur, compte_business, modele, marketing) as x;
  case pret.refus
    when 'modele_introuvable' then
      perform prive.refuser('modele_introuvable', 'Ce modèle n''existe pas dans cette langue.');
    when 'modele_non_approuve' then
      perform prive.refuser('modele_non_approuve', 'Meta n''a pas approuvé ce modèle, ou l''a arrêté.');
    when 'desabonne' then
      perform prive.refuser('desabonne', 'Ce prospect ne veut plus recevoir de messages publicitaires.');
    when 'variables_invalides' then
      perform prive.refuser('variables_invalides', 'Ce modèle demande d''autres variables : un texte pour chacune, sans retour à la ligne.');
    else return pret.contenu;
  end case;
end
$$;
comment on function prive.exiger_modele(uuid, text, jsonb, boolean) is 'prive.modele_pret as a condition: what the person will read, or a refusal with its hint (modele_introuvable, modele_non_approuve, desabonne, variables_invalides).';

-- ── long texts ───────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.fin_possible(texte text, maximum integer) returns integer
language plpgsql immutable set search_path = ''
as $$
declare
  n integer := least(maximum, pg_catalog.char_length(texte));
  trop integer;
  coupe integer;
  drapeaux integer;
begin
  loop
    trop := prive.longueur_meta(pg_catalog.left(texte, n)) - maximum;
    exit when trop <= 0;
    n := n - greatest(trop / 2, 1);
  end loop;
  if n = pg_catalog.char_length(texte) then
    return n;
  end if;
  -- The best end there is, unless it leaves a scrap: a paragraph, a line, a sentence, a word.
  coupe := pg_catalog.char_length(pg_catalog.substring(pg_catalog.left(texte, n + 1), '^(.*\S)\s*\n\s*\n'));
  if coupe is null or coupe < n / 4 then
    coupe := pg_catalog.char_length(pg_catalog.substring(pg_catalog.left(texte, n + 1), '^(.*[.!?…]["»”’)\]]*)\s'));
  end if;
  if coupe is null or coupe < n / 4 then
    coupe := pg_catalog.char_length(pg_catalog.substring(pg_catalog.left(texte, n + 1), '^(.*\S)\s'));
  end if;
  if coupe is not null then
    return coupe;
  end if;
  -- One endless word: anywhere but inside what is drawn as one sign (joined emoji, skin tones, accents, flags).
  coupe := n;
  while coupe > n / 2 and (pg_catalog.substr(texte, coupe + 1, 1) ~ '[\u200D\uFE0E\uFE0F\u20E3\u0300-\u036F\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]'
                           or pg_catalog.substr(texte, coupe, 1) = U&'\200D') loop
    coupe := coupe - 1;
  end loop;
  drapeaux := pg_catalog.char_length(pg_catalog.substring(pg_catalog.left(texte, coupe), '([\U0001F1E6-\U0001F1FF]*)$'));
  if drapeaux % 2 = 1 and coupe > 1 and pg_catalog.substr(texte, coupe + 1, 1) ~ '[\U0001F1E6-\U0001F1FF]' then
    coupe := coupe - 1;
  end if;
  return coupe;
end
$$;
comment on function prive.fin_possible(text, integer) is 'After how many characters a text is best cut so that no more than maximum, as Meta counts, stand before.';

create function prive.couper_texte(texte text, maximum integer) returns text[]
language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  reste text := texte;
  morceaux text[] := '{}';
  fin integer;
begin
  if prive.longueur_meta(texte) <= maximum then
    return array[texte];
  end if;
  reste := pg_catalog.regexp_replace(texte, '^\s+|\s+$', '', 'g');
  while reste <> '' loop
    fin := prive.fin_possible(reste, maximum);
    morceaux := morceaux || pg_catalog.regexp_replace(pg_catalog.left(reste, fin), '\s+$', '');
    reste := pg_catalog.regexp_replace(pg_catalog.substr(reste, fin + 1), '^\s+', '');
  end loop;
  return morceaux;
end
$$;
comment on function prive.couper_texte(text, integer) is
  'A text in pieces of at most maximum (2 or more) characters as Meta counts (prive.longueur_meta), cut at the end of a paragraph, a sentence or a word and, in an endless word, never inside one sign. Only white space is lost.';
