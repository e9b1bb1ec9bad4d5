-- What stands in a message object of Meta's: its kind, its words, its time, and the rest that is kept as it came. The same object
-- comes as a message of a prospect, as an echo of the vendor's own phone and inside an edit.

create function prive.genre_de(type_meta text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return case type_meta
    when 'text' then 'texte' when 'image' then 'image' when 'sticker' then 'image' when 'document' then 'document'
    when 'audio' then 'audio' when 'video' then 'video' when 'location' then 'localisation' when 'contacts' then 'contact'
    when 'interactive' then 'interactif' when 'button' then 'interactif' when 'order' then 'interactif'
    when 'reaction' then 'reaction' else 'inconnu' end;
end
$$;
comment on function prive.genre_de(text) is 'messages.type_message of Meta''s type of a message.';

create function prive.mots_de(m jsonb) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  genre text := m ->> 'type';
  nombre bigint;
begin
  -- Nothing here may raise: an odd detail must not keep the message away.
  case genre
    when 'text' then return coalesce(m #>> '{text,body}', '');
    when 'image', 'video' then return coalesce(m #>> array[genre, 'caption'], '');
    when 'document' then return coalesce(m #>> '{document,caption}', m #>> '{document,filename}', '');
    when 'button' then return coalesce(m #>> '{button,text}', '');
    when 'interactive' then
      return coalesce(m #>> '{interactive,button_reply,title}', m #>> '{interactive,list_reply,title}', m #>> '{interactive,nfm_reply,body}', '');
    when 'reaction' then return coalesce(m #>> '{reaction,emoji}', '');
    when 'system' then return coalesce(m #>> '{system,body}', '');
    when 'location' then
      return coalesce(
        nullif(pg_catalog.concat_ws(', ', nullif(m #>> '{location,name}', ''), nullif(m #>> '{location,address}', '')), ''),
        nullif(pg_catalog.concat_ws(', ', m #>> '{location,latitude}', m #>> '{location,longitude}'), ''), '');
    when 'contacts' then
      return coalesce((
        select pg_catalog.string_agg(pg_catalog.concat_ws(' ', coalesce(c.value #>> '{name,formatted_name}', c.value #>> '{name,first_name}'), t.numeros),
          ' ; ' order by c.rang)
        from pg_catalog.jsonb_array_elements(prive.tableau(m -> 'contacts')) with ordinality as c (value, rang)
        left join lateral (
          select pg_catalog.string_agg(coalesce(p.value ->> 'phone', '+' || (p.value ->> 'wa_id')), ', ' order by p.rang) as numeros
          from pg_catalog.jsonb_array_elements(prive.tableau(c.value -> 'phones')) with ordinality as p (value, rang)) as t on true), '');
    when 'order' then
      select sum(case when a.value ->> 'quantity' ~ '^[0-9]{1,6}$' then (a.value ->> 'quantity')::bigint else 1 end) into nombre
      from pg_catalog.jsonb_array_elements(prive.tableau(m #> '{order,product_items}')) as a;
      return pg_catalog.concat_ws(' : ', case when nombre > 1 then nombre || ' articles' else coalesce(nombre, 0) || ' article' end,
        nullif(m #>> '{order,text}', ''));
    else return '';
  end case;
end
$$;
comment on function prive.mots_de(jsonb) is
  'The words of a message object, for people and for the AI: text, caption, what was chosen, names and numbers of contacts, place, "2 articles" of an order; empty where there are none. Never raises.';

create function prive.charge_de(m jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  if m ->> 'type' in ('text', 'image', 'document', 'audio', 'video', 'location', 'contacts', 'interactive', 'reaction') then
    return nullif(m - array['id', 'from', 'from_user_id', 'to', 'to_user_id', 'timestamp', 'type', 'text'], '{}');
  end if;
  return nullif(m - array['id', 'from', 'from_user_id', 'to', 'to_user_id', 'timestamp'], '{}');
end
$$;
comment on function prive.charge_de(jsonb) is
  'What the columns of a message do not say, for messages.charge_utile; Meta''s own type too where type_message does not tell it (sticker, button, order, system, unsupported, …).';

create function prive.dit_le(m jsonb, maintenant timestamptz) returns timestamptz
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return least(maintenant, coalesce(pg_catalog.to_timestamp((m ->> 'timestamp')::bigint), maintenant));
end
$$;
comment on function prive.dit_le(jsonb, timestamptz) is 'When Meta says something was said, never in the future.';

create function prive.tableau(valeur jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return case when pg_catalog.jsonb_typeof(valeur) = 'array' then valeur else '[]' end;
end
$$;
comment on function prive.tableau(jsonb) is 'The array itself, or an empty one where Meta sent something else.';

create function prive.erreurs_de_meta(valeur jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return (
    select 'erreur_meta: ' || pg_catalog.left(pg_catalog.string_agg(pg_catalog.concat_ws(' ', e.value ->> 'code',
      coalesce(e.value #>> '{error_data,details}', e.value ->> 'message', e.value ->> 'title')), ' ; ' order by e.rang), 300)
    from pg_catalog.jsonb_array_elements(prive.tableau(valeur -> 'errors')) with ordinality as e (value, rang));
end
$$;
comment on function prive.erreurs_de_meta(jsonb) is 'What Meta itself could not do (value.errors), to be kept with the event; null when there is nothing.';
