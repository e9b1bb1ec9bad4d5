// What supabase_vault does on hosted Supabase, stated function by function, and the stand-in held to it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnDatabase, openOwnDatabase } from './own-postgres.ts';

let database: OwnDatabase;

beforeAll(async () => {
  database = await openOwnDatabase();
});

afterAll(() => database?.close());

async function create(secret: string, name: string | null = null, description = ''): Promise<string> {
  const [row] = await database.sql`select vault.create_secret(${secret}, ${name}, ${description}) as id`;
  return row?.id;
}

const read = async (id: string) => {
  const [row] = await database.sql`select * from vault.decrypted_secrets where id = ${id}`;
  return row;
};

describe('vault.create_secret', () => {
  it('keeps a secret that vault.decrypted_secrets shows again', async () => {
    const id = await create('clé très secrète ✓', 'nom', 'à quoi elle sert');
    expect(await read(id)).toMatchObject({
      name: 'nom',
      description: 'à quoi elle sert',
      decrypted_secret: 'clé très secrète ✓',
      key_id: null,
    });
  });

  it('takes names, descriptions and keys as optional, and a name only once', async () => {
    await create('une');
    await create('deux');
    await create('trois', 'unique');
    await expect(create('quatre', 'unique')).rejects.toThrow('secrets_name_idx');
  });

  it('refuses no secret', async () => {
    await expect(database.sql`select vault.create_secret(null)`).rejects.toThrow(
      'null value in column "secret"',
    );
  });

  it('keeps secrets of any length', async () => {
    for (const secret of ['', 'x', 'é'.repeat(8), 'long '.repeat(10_000)]) {
      expect((await read(await create(secret)))?.decrypted_secret).toBe(secret);
    }
  });
});

describe('vault.update_secret', () => {
  it('changes what it is given and leaves the rest', async () => {
    const id = await create('ancien', 'renommée', 'avant');
    await database.sql`select vault.update_secret(${id}, new_description := 'après')`;
    expect(await read(id)).toMatchObject({
      decrypted_secret: 'ancien',
      name: 'renommée',
      description: 'après',
    });
    await database.sql`select vault.update_secret(${id}, 'nouveau')`;
    const changed = await read(id);
    expect(changed).toMatchObject({ decrypted_secret: 'nouveau', name: 'renommée', description: 'après' });
    expect(changed?.updated_at.getTime()).toBeGreaterThan(changed?.created_at.getTime());
  });
});

describe('what is stored', () => {
  it('has nothing in clear, in any table and in any file of the database', async () => {
    const old = 'jeton-a-ne-jamais-voir-0123456789';
    const fresh = 'jeton-renouvele-tout-aussi-cache';
    const id = await create(old, 'jeton');
    await database.sql`select vault.update_secret(${id}, ${fresh})`;

    const forms = [old, fresh].flatMap((secret) => {
      const bytes = Buffer.from(secret);
      return [secret, bytes.toString('hex'), bytes.toString('base64')];
    });
    const tables = await database.admin<{ name: string }[]>`
      select format('%I.%I', schemaname, tablename) as name from pg_tables`;
    expect(tables.length).toBeGreaterThan(60);
    for (const { name } of tables) {
      const rows = await database.admin
        .unsafe(`select t::text as row from ${name} t`)
        .catch((error: Error) => {
          throw new Error(`${name}: ${error.message}`);
        });
      for (const { row } of rows) {
        for (const form of forms) if (row?.includes(form)) throw new Error(`${name} shows the secret`);
      }
    }

    await database.admin`checkpoint`;
    const [place] = await database.admin`
      select current_setting('data_directory') as root, oid from pg_database where datname = current_database()`;
    const folder = join(place?.root, 'base', String(place?.oid));
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, file));
      for (const secret of [old, fresh]) expect(bytes.includes(secret), file).toBe(false);
    }
  });

  it('differs for the same secret kept twice', async () => {
    const rows = await database.sql`
      select secret from vault.secrets where id in (${await create('pareil')}, ${await create('pareil')})`;
    expect(rows[0]?.secret).not.toBe(rows[1]?.secret);
  });

  it('is refused when it was changed, or put in the place of another', async () => {
    const [mine, other] = [await create('le mien'), await create('le sien')];
    await database.admin`
      update vault.secrets set (secret, nonce) = (select secret, nonce from vault.secrets where id = ${other})
      where id = ${mine}`;
    await expect(read(mine)).rejects.toThrow('invalid ciphertext');
    const flipped = database.admin`
      update vault.secrets set secret = encode(set_byte(decode(secret, 'base64'), 40,
        get_byte(decode(secret, 'base64'), 40) # 1), 'base64') where id = ${other}`;
    await flipped;
    await expect(read(other)).rejects.toThrow('invalid ciphertext');
    await database.sql`delete from vault.secrets where id in (${mine}, ${other})`;
    expect(await read(mine)).toBeUndefined();
  });
});

describe('rights, as hosted', () => {
  const attempt = (role: string, statement: string) =>
    database.admin.begin(async (tx) => {
      await tx`set local role ${tx(role)}`;
      return tx.unsafe(statement);
    });

  it.each(['postgres', 'service_role'])('%s may create, read, change and delete secrets', async (role) => {
    const [made] = await attempt(role, `select vault.create_secret('pour ${role}') as id`);
    await attempt(role, `select vault.update_secret('${made?.id}', 'changé par ${role}')`);
    const [row] = await attempt(
      role,
      `select decrypted_secret from vault.decrypted_secrets where id = '${made?.id}'`,
    );
    expect(row?.decrypted_secret).toBe(`changé par ${role}`);
    await attempt(role, `delete from vault.secrets where id = '${made?.id}'`);
  });

  it.each(['postgres', 'service_role'])('%s may not go round the functions', async (role) => {
    for (const statement of [
      `insert into vault.secrets (secret) values ('x')`,
      `update vault.secrets set secret = 'x'`,
      `select vault._crypto_aead_det_encrypt('a', 'b', 0)`,
      `select vault._crypto_aead_det_noncegen()`,
      `select vault._derived_key('chiffrement')`,
      `select vault._sealed('a', gen_random_uuid(), 'b')`,
      `select pg_read_binary_file('vault.key')`,
    ]) {
      await expect(attempt(role, statement), statement).rejects.toThrow('permission denied');
    }
  });

  it.each(['anon', 'authenticated', 'authenticator'])('%s may do nothing at all', async (role) => {
    for (const statement of [
      'select * from vault.secrets',
      'select * from vault.decrypted_secrets',
      `select vault.create_secret('x')`,
    ]) {
      await expect(attempt(role, statement), statement).rejects.toThrow('permission denied');
    }
  });
});

it('is there from the start, and a migration may ask for it all the same', async () => {
  await database.sql`create extension if not exists supabase_vault cascade`;
  await database.sql`create extension if not exists supabase_vault with schema vault`;
});
