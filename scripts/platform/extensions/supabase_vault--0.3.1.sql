-- Stand-in for supabase_vault 0.3.1: same table, view, functions and rights. The original encrypts with libsodium
-- and a key in the server's configuration; here pgcrypto does (AES-256 in CBC mode, then HMAC-SHA256 over nonce,
-- identity and ciphertext) and the key is a file beside the data, which no SQL role but the superuser can read.

-- One key per purpose, derived from the server's.
create function vault._derived_key(purpose text) returns bytea
language sql stable security definer
set search_path = ''
as $$
  select @extschema:pgcrypto@.hmac(convert_to(purpose, 'utf8'), pg_catalog.pg_read_binary_file('vault.key'), 'sha256')
$$;

create function vault._crypto_aead_det_noncegen() returns bytea
language sql volatile
set search_path = ''
as $$
  select @extschema:pgcrypto@.gen_random_bytes(32)
$$;

create function vault._authentication_tag(ciphertext bytea, additional bytea, context bytea, nonce bytea)
returns bytea
language sql stable security definer
set search_path = ''
as $$
  -- Lengths first: no part can pass for a piece of its neighbour.
  select @extschema:pgcrypto@.hmac(
    int4send(length(nonce)) || nonce || int4send(length(context)) || context
      || int4send(length(additional)) || additional || ciphertext,
    vault._derived_key('authentification'),
    'sha256'
  )
$$;

create function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language plpgsql stable security definer
set search_path = ''
as $$
declare
  ciphertext bytea := @extschema:pgcrypto@.encrypt_iv(
    message, vault._derived_key('chiffrement'), substr(nonce, 1, 16), 'aes-cbc/pad:pkcs'
  );
begin
  return vault._authentication_tag(ciphertext, additional, context, nonce) || ciphertext;
end
$$;

create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tag bytea := substr(message, 1, 32);
  ciphertext bytea := substr(message, 33);
begin
  if tag is distinct from vault._authentication_tag(ciphertext, additional, context, nonce) then
    raise exception 'invalid ciphertext' using errcode = 'data_exception';
  end if;
  return @extschema:pgcrypto@.decrypt_iv(
    ciphertext, vault._derived_key('chiffrement'), substr(nonce, 1, 16), 'aes-cbc/pad:pkcs'
  );
end
$$;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';

create view vault.decrypted_secrets as
select
  id,
  name,
  description,
  secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      message => decode(secret, 'base64'),
      additional => convert_to(id::text, 'utf8'),
      key_id => 0,
      context => 'pgsodium'::bytea,
      nonce => nonce
    ),
    'utf8'
  ) as decrypted_secret,
  key_id,
  nonce,
  created_at,
  updated_at
from vault.secrets;

create function vault._sealed(new_secret text, secret_id uuid, nonce bytea) returns text
language sql stable
set search_path = ''
as $$
  select encode(
    vault._crypto_aead_det_encrypt(
      message => convert_to(new_secret, 'utf8'),
      additional => convert_to(secret_id::text, 'utf8'),
      key_id => 0,
      context => 'pgsodium'::bytea,
      nonce => nonce
    ),
    'base64'
  )
$$;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid
language plpgsql security definer
set search_path = ''
as $$
declare
  new_id uuid := gen_random_uuid();
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  -- Sealed before it is written: a row version in clear would stay in the file until the next vacuum.
  insert into vault.secrets (id, secret, name, description, nonce)
  values (new_id, vault._sealed(new_secret, new_id, new_nonce), new_name, new_description, new_nonce);
  return new_id;
end
$$;

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
) returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  new_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  update vault.secrets
  set secret = case when new_secret is null then secret else vault._sealed(new_secret, id, new_nonce) end,
      nonce = case when new_secret is null then nonce else new_nonce end,
      name = coalesce(new_name, name),
      description = coalesce(new_description, description),
      updated_at = now()
  where id = secret_id;
end
$$;

revoke all on all functions in schema vault from public;

-- What hosted Supabase grants after the extension was created.
grant usage on schema vault to postgres with grant option;
grant select, delete, references, truncate on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt
  to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt to service_role;

select pg_catalog.pg_extension_config_dump('vault.secrets', '');
