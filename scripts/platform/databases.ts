// Makes and drops databases of the platform's server, also as copies of one that is already set up.
// Copies are what makes tests independent: a fresh, complete database costs a few milliseconds.
import postgres from 'postgres';

/** `adminUrl`: any database of the server, as supabase_admin. */
export async function createDatabase(adminUrl: string, name: string, template?: string): Promise<void> {
  await withAdmin(adminUrl, async (sql) => {
    const source = template === undefined ? sql`` : sql`template ${sql(template)}`;
    await sql`create database ${sql(name)} ${source}`;
    // Rights on the database itself are not copied; before the first bootstrap there are no roles to give them to.
    const [roles] = await sql`select to_regrole('dashboard_user') is not null as exist`;
    if (!roles?.exist) return;
    await sql`alter database ${sql(name)} owner to postgres`;
    await sql`grant all on database ${sql(name)} to postgres, dashboard_user`;
    await sql`grant create on database ${sql(name)} to supabase_auth_admin`;
  });
  if (template !== undefined) await adoptJobs(adminUrl, name, template);
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withAdmin(adminUrl, async (sql) => {
    await sql`drop database if exists ${sql(name)} with (force)`;
  });
}

/** pg_cron writes down in which database a job runs; the jobs of a copy are to run in the copy. */
async function adoptJobs(adminUrl: string, name: string, template: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await withAdmin(url.href, async (sql) => {
    const [cron] = await sql`select to_regclass('cron.job') is not null as exists`;
    if (cron?.exists) await sql`update cron.job set database = ${name} where database = ${template}`;
  });
}

async function withAdmin(url: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}
