// Moves the clock of a local platform forward: for tests, and for the demo, which does not wait five minutes for anybody.
import type postgres from 'postgres';

/** Leases and waits run out, due jobs fall due, and every cron job runs once. `sql`: as supabase_admin. */
export async function moveClock(sql: postgres.Sql, seconds: number): Promise<void> {
  await sql`update prive.horloge set decalage = decalage + make_interval(secs => ${seconds})`;
  const queues = await sql<{ nom: string }[]>`select nom from prive.files`;
  for (const { nom } of queues)
    await sql`update ${sql(`pgmq.q_${nom}`)} set vt = vt - make_interval(secs => ${seconds})`;
  const jobs = await sql<{ command: string }[]>`select command from cron.job order by jobid`;
  for (const { command } of jobs) await sql.unsafe(`set role postgres; ${command}; reset role`);
}
