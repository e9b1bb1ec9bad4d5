// A test file's own database: a copy of the migrated template, dropped at the end.
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { createDatabase, dropDatabase } from '../../scripts/platform/databases.ts';

export type TestDatabase = {
  name: string;
  adminUrl: string;
  /** As supabase_admin: sees everything, for arranging and for looking. */
  sql: postgres.Sql;
  /** A connection as another role of the server. */
  as(user: string): postgres.Sql;
  close(): Promise<void>;
};

const options = {
  onnotice: () => {},
  types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
};

export async function openDatabase(): Promise<TestDatabase> {
  const server = inject('adminUrl');
  const name = `essai_${randomBytes(6).toString('hex')}`;
  await createDatabase(server, name, 'modele');
  const url = (user: string) => {
    const to = new URL(server);
    to.pathname = `/${name}`;
    to.username = user;
    return to.href;
  };
  const opened: postgres.Sql[] = [];
  const open = (user: string, max: number) => {
    const sql = postgres(url(user), { ...options, max });
    opened.push(sql);
    return sql;
  };
  const sql = open('supabase_admin', 4);
  return {
    name,
    adminUrl: url('supabase_admin'),
    sql,
    as: (user) => open(user, 2),
    async close() {
      await Promise.all(opened.map((connection) => connection.end({ timeout: 1 })));
      await dropDatabase(server, name);
    },
  };
}
