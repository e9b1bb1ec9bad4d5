// What pg_cron does on hosted Supabase, stated function by function, and the stand-in held to it.
import type postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseSchedule } from '../../scripts/platform/worker-schedule.ts';
import { waitFor } from '../helpers/wait.ts';
import { type OwnDatabase, openOwnDatabase, type RunningWorker } from './own-postgres.ts';

let database: OwnDatabase;
let worker: RunningWorker;
/** An ordinary role with the right to schedule jobs. */
let ouvrier: postgres.Sql;

beforeAll(async () => {
  database = await openOwnDatabase();
  await database.sql`create extension if not exists pg_cron with schema pg_catalog`;
  await database.admin.unsafe(`
    do $$ begin
      if to_regrole('ouvrier') is null then create role ouvrier login password 'postgres'; end if;
    end $$;
    grant usage on schema cron to ouvrier;
    create table public.traces (job text, who text, session text, at timestamptz default clock_timestamp());
    grant all on public.traces to public;
  `);
  ouvrier = database.as('ouvrier');
  worker = await database.startWorker();
});

afterAll(() => database?.close());

afterEach(async () => {
  await database.admin`delete from cron.job`;
});

async function schedule(sql: postgres.Sql, name: string, when: string, command: string): Promise<string> {
  const [row] = await sql`select cron.schedule(${name}, ${when}, ${command}) as id`;
  return row?.id;
}

const job = async (id: string) => (await database.admin`select * from cron.job where jobid = ${id}`)[0];

const runs = (id: string) =>
  database.admin`select * from cron.job_run_details where jobid = ${id} order by runid`;

const finishedRun = (id: string) =>
  waitFor(`a finished run of job ${id}`, async () => (await runs(id)).find(({ end_time }) => end_time));

describe('cron.schedule', () => {
  it('keeps a job of the caller, in this database', async () => {
    const id = await schedule(database.sql, 'a', '5 4 * * *', 'select 1');
    expect(await job(id)).toMatchObject({
      jobname: 'a',
      schedule: '5 4 * * *',
      command: 'select 1',
      database: database.name,
      username: 'postgres',
      nodename: 'localhost',
      active: true,
    });
  });

  it('also takes no name', async () => {
    const [row] = await database.sql`select cron.schedule('30 seconds', 'select 1') as id`;
    expect(await job(row?.id)).toMatchObject({ jobname: null, schedule: '30 seconds' });
  });

  it('changes the job of that name, which belongs to the caller', async () => {
    const id = await schedule(database.sql, 'a', '5 4 * * *', 'select 1');
    const other = await schedule(ouvrier, 'a', '5 4 * * *', 'select 2');
    expect(other).not.toBe(id);
    expect(await schedule(database.sql, 'a', '6 4 * * *', 'select 3')).toBe(id);
    expect(await job(id)).toMatchObject({ schedule: '6 4 * * *', command: 'select 3' });
    expect(await job(other)).toMatchObject({ command: 'select 2', username: 'ouvrier' });
  });

  it('knows the caller by the rights in force, also in a function that runs as its owner', async () => {
    await database.sql.unsafe(`
      create function public.plan() returns bigint language sql security definer set search_path = ''
        as $$ select cron.schedule('planned', '* * * * *', 'select 1') $$;
      grant execute on function public.plan() to ouvrier;
    `);
    const [row] = await ouvrier`select public.plan() as id`;
    expect((await job(row?.id))?.username).toBe('postgres');
    const asked = await database.admin.begin(async (tx) => {
      await tx`set local role ouvrier`;
      return tx`select cron.schedule('asked', '* * * * *', 'select 1') as id`;
    });
    expect((await job(asked[0]?.id))?.username).toBe('ouvrier');
  });

  it.each([
    '* * * * *',
    '*/5 0-6/2 1,15 jan-mar,dec mon-fri',
    '0 0 $ * *',
    '0 12 * * 7',
    '@hourly',
    '1 second',
    '59 seconds',
  ])('takes the schedule %s', async (when) => {
    await schedule(database.sql, 'a', when, 'select 1');
  });

  it.each([
    '',
    'soon',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '1/5 * * * *',
    '*/0 * * * *',
    '* * * jour *',
    '0 seconds',
    '60 seconds',
    '@sometimes',
  ])('refuses the schedule "%s"', async (when) => {
    await expect(schedule(database.sql, 'a', when, 'select 1')).rejects.toMatchObject({
      code: '22023',
      message: `invalid schedule: ${when}`,
      hint: "Use cron format (e.g. 5 4 * * *), or interval format '[1-59] seconds'",
    });
  });

  it('refuses what is missing', async () => {
    const { sql } = database;
    await expect(sql`select cron.schedule(null, '* * * * *', 'x')`).rejects.toThrow(
      'job_name can not be NULL',
    );
    await expect(sql`select cron.schedule('a', null, 'x')`).rejects.toThrow('schedule can not be NULL');
    await expect(sql`select cron.schedule('a', '* * * * *', null)`).rejects.toThrow(
      'command can not be NULL',
    );
  });
});

describe('cron.schedule_in_database', () => {
  it('names the database; only a superuser names another role', async () => {
    const { sql, admin } = database;
    const [mine] =
      await sql`select cron.schedule_in_database('a', '* * * * *', 'select 1', 'postgres') as id`;
    expect(await job(mine?.id)).toMatchObject({ database: 'postgres', username: 'postgres', active: true });
    await expect(
      sql`select cron.schedule_in_database('a', '* * * * *', 'select 1', 'postgres', 'ouvrier')`,
    ).rejects.toThrow('must be superuser to create a job for another role');
    const [theirs] = await admin`
      select cron.schedule_in_database('a', '* * * * *', 'select 1', 'postgres', 'ouvrier', false) as id`;
    expect(await job(theirs?.id)).toMatchObject({ username: 'ouvrier', active: false });
    await expect(
      admin`select cron.schedule_in_database('a', '* * * * *', 'select 1', 'postgres', 'anon')`,
    ).rejects.toThrow('role "anon" can not log in');
    await expect(
      sql`select cron.schedule_in_database('a', '* * * * *', 'select 1', 'nowhere')`,
    ).rejects.toThrow('database "nowhere" does not exist');
  });
});

describe('cron.unschedule', () => {
  it('removes a job by its number or name', async () => {
    const first = await schedule(database.sql, 'a', '* * * * *', 'select 1');
    const second = await schedule(database.sql, 'b', '* * * * *', 'select 1');
    await database.sql`select cron.unschedule(${first}::bigint)`;
    await database.sql`select cron.unschedule('b')`;
    expect(await job(first)).toBeUndefined();
    expect(await job(second)).toBeUndefined();
  });

  it('says when there is none, and leaves those of others', async () => {
    const id = await schedule(database.sql, 'a', '* * * * *', 'select 1');
    await expect(ouvrier`select cron.unschedule('a')`).rejects.toThrow(
      "could not find valid entry for job 'a'",
    );
    await expect(ouvrier`select cron.unschedule(${id}::bigint)`).rejects.toThrow(
      'permission denied for table job',
    );
    await expect(ouvrier`select cron.unschedule(999999)`).rejects.toThrow(
      'could not find valid entry for job 999999',
    );
    expect(await job(id)).toBeDefined();
  });
});

describe('cron.alter_job', () => {
  it('changes what it is given', async () => {
    const id = await schedule(database.sql, 'a', '* * * * *', 'select 1');
    await database.sql`select cron.alter_job(${id}, schedule := '0 1 * * *', active := false)`;
    expect(await job(id)).toMatchObject({ schedule: '0 1 * * *', command: 'select 1', active: false });
    await database.sql`select cron.alter_job(${id}, command := 'select 2', active := true)`;
    expect(await job(id)).toMatchObject({ schedule: '0 1 * * *', command: 'select 2', active: true });
  });

  it('refuses nothing to change, bad schedules, unknown jobs and those of others', async () => {
    const { sql } = database;
    const id = await schedule(sql, 'a', '* * * * *', 'select 1');
    const theirs = await schedule(ouvrier, 'b', '* * * * *', 'select 1');
    await expect(sql`select cron.alter_job(${id})`).rejects.toThrow('no updates specified');
    await expect(sql`select cron.alter_job(${id}, 'soon')`).rejects.toThrow('invalid schedule: soon');
    for (const other of [theirs, '999999']) {
      await expect(sql`select cron.alter_job(${other}, active := false)`).rejects.toThrow(
        `Job ${other} does not exist or you don't own it`,
      );
    }
    await expect(sql`select cron.alter_job(${id}, username := 'ouvrier')`).rejects.toThrow(
      'must be superuser to alter username',
    );
    await expect(ouvrier`select cron.alter_job(${theirs}, active := false)`).rejects.toThrow(
      'permission denied for function alter_job',
    );
  });
});

describe('rights, as hosted', () => {
  it('postgres reads the jobs and changes them through functions alone', async () => {
    for (const statement of [
      `insert into cron.job (schedule, command) values ('* * * * *', 'x')`,
      `update cron.job set username = 'supabase_admin'`,
      'delete from cron.job',
      `select cron._schedule('supabase_admin', 'x', '* * * * *', 'select 1', null, null, true)`,
      `select cron._alter_job('supabase_admin', 1, null, null, null, 'supabase_admin', null)`,
      `select cron._unschedule('supabase_admin', 1, null)`,
    ]) {
      await expect(database.sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('everyone sees his own jobs and runs, postgres sees all and clears away runs', async () => {
    await schedule(database.sql, 'a', '* * * * *', 'select 1');
    await schedule(ouvrier, 'b', '* * * * *', 'select 1');
    await database.admin`insert into cron.job_run_details (username, status) values ('ouvrier', 'old'), ('x', 'old')`;
    expect((await ouvrier`select jobname from cron.job`).map(({ jobname }) => jobname)).toEqual(['b']);
    expect(await database.sql`select jobname from cron.job order by 1`).toMatchObject([
      { jobname: 'a' },
      { jobname: 'b' },
    ]);
    expect(await ouvrier`delete from cron.job_run_details where status = 'old' returning 1`).toHaveLength(1);
    const cleared = await database.sql`delete from cron.job_run_details where status = 'old' returning 1`;
    expect(cleared).toHaveLength(1);
    const [trigger] = await database.sql`
      select has_table_privilege('postgres', 'cron.job_run_details', 'trigger') as run,
        has_table_privilege('postgres', 'cron.job', 'trigger') as job`;
    expect(trigger).toEqual({ run: false, job: false });
  });

  it('the roles of the API have no business here', async () => {
    for (const role of ['anon', 'authenticated', 'service_role']) {
      const attempt = database.admin.begin(async (tx) => {
        await tx`set local role ${tx(role)}`;
        await tx`select cron.schedule('a', '* * * * *', 'select 1')`;
      });
      await expect(attempt).rejects.toThrow('permission denied for schema cron');
    }
  });
});

describe('runs', () => {
  it('are written down from start to end', async () => {
    const id = await schedule(database.sql, 'a', '1 second', 'insert into public.traces values (1), (2)');
    const run = await finishedRun(id);
    expect(run).toMatchObject({
      job_pid: expect.any(Number),
      database: database.name,
      username: 'postgres',
      command: 'insert into public.traces values (1), (2)',
      status: 'succeeded',
      return_message: 'INSERT 0 2',
    });
    expect(run.end_time.getTime()).toBeGreaterThanOrEqual(run.start_time.getTime());
    const second = await waitFor('a second run', async () => {
      const [, next] = await runs(id);
      return next?.start_time && next;
    });
    expect(second.start_time.getTime()).toBeGreaterThan(run.start_time.getTime());
  });

  it('report the last of several statements, all in one transaction', async () => {
    const counting = await schedule(
      database.sql,
      'a',
      '1 second',
      'select 1; select * from generate_series(1, 3)',
    );
    const failing = await schedule(
      database.sql,
      'b',
      '1 second',
      `insert into public.traces values ('half'); select 1 / 0`,
    );
    expect(await finishedRun(counting)).toMatchObject({ status: 'succeeded', return_message: '3 rows' });
    expect(await finishedRun(failing)).toMatchObject({
      status: 'failed',
      return_message: 'ERROR:  division by zero\n',
    });
    expect(await database.sql`select * from public.traces where job = 'half'`).toHaveLength(0);
  });

  it('are made as the user who scheduled them, with that role’s settings', async () => {
    const command = `insert into public.traces values (current_setting('search_path'), current_user, session_user)`;
    const mine = await schedule(database.sql, 'a', '1 second', command);
    const theirs = await schedule(ouvrier, 'a', '1 second', command);
    const escaping = await schedule(
      ouvrier,
      'b',
      '1 second',
      'reset session authorization; create role chef',
    );
    await Promise.all([finishedRun(mine), finishedRun(theirs)]);
    const traces =
      await database.sql`select distinct job, who, session from public.traces where session <> '' order by 2`;
    expect(traces).toMatchObject([
      { job: '"$user", public', who: 'ouvrier', session: 'ouvrier' },
      { job: '"$user", public, extensions', who: 'postgres', session: 'postgres' },
    ]);
    expect((await finishedRun(escaping)).return_message).toContain('permission denied to create role');
  });

  it('that fail or take long do not keep others from theirs', async () => {
    const slow = await schedule(database.sql, 'slow', '1 second', 'select pg_sleep(30)');
    const failing = await schedule(database.sql, 'failing', '1 second', 'select missing');
    const quick = await schedule(database.sql, 'quick', '1 second', 'select 1');
    await waitFor('three runs of the quick job', async () => (await runs(quick)).length >= 3);
    expect((await finishedRun(failing)).return_message).toContain('column "missing" does not exist');
    expect(await runs(slow)).toMatchObject([{ status: 'running', end_time: null }]);
  });

  it('of one job never overlap: what falls due meanwhile follows', async () => {
    const id = await schedule(database.sql, 'a', '1 second', 'select pg_sleep(1.3)');
    await waitFor(
      'two finished runs',
      async () => (await runs(id)).filter((run) => run.end_time).length >= 2,
    );
    const [first, second] = await runs(id);
    expect(second?.start_time.getTime()).toBeGreaterThanOrEqual(first?.end_time.getTime());
  });

  it('are none for a job whose scheduling was rolled back', async () => {
    const rollback = new Error('rolled back on purpose');
    const failed = database.sql.begin(async (tx) => {
      await tx`select cron.schedule('undone', '1 second', 'insert into public.traces values (''undone'')')`;
      throw rollback;
    });
    await expect(failed).rejects.toBe(rollback);
    const id = await schedule(database.sql, 'done', '1 second', 'select 1');
    await waitFor('two runs of another job', async () => (await runs(id)).length >= 2);
    expect(await database.sql`select * from public.traces where job = 'undone'`).toHaveLength(0);
  });

  it('follow a change of the job at once', async () => {
    const id = await schedule(database.sql, 'a', '59 seconds', 'select 1');
    await database.sql`select cron.alter_job(${id}, schedule := '1 second')`;
    await finishedRun(id);
    await database.sql`select cron.alter_job(${id}, active := false)`;
    const stopped = await runs(id);
    const other = await schedule(database.sql, 'b', '1 second', 'select 1');
    await waitFor('two runs of another job', async () => (await runs(other)).length >= 2);
    expect((await runs(id)).length).toBeLessThanOrEqual(stopped.length + 1);
  });

  it('end when the job is removed', async () => {
    const id = await schedule(database.sql, 'a', '1 second', 'select pg_sleep(30)');
    await waitFor('the run to begin', async () =>
      (await runs(id)).find(({ status }) => status === 'running'),
    );
    await database.sql`select cron.unschedule('a')`;
    expect(await finishedRun(id)).toMatchObject({ status: 'failed', return_message: 'job canceled' });
  });

  it('that a restart cut short are marked, and the jobs go on', async () => {
    const slow = await schedule(database.sql, 'slow', '1 second', 'select pg_sleep(30)');
    const quick = await schedule(database.sql, 'quick', '1 second', 'select 1');
    await waitFor('the run to begin', async () =>
      (await runs(slow)).find(({ status }) => status === 'running'),
    );
    await worker.kill();
    const before = (await runs(quick)).length;
    worker = await database.startWorker();
    await waitFor('the old run to be marked', async () => {
      const [cut] = await runs(slow);
      return cut?.status === 'failed' && cut.return_message === 'server restarted';
    });
    await waitFor('the other job to go on', async () => (await runs(quick)).length > before);
  });

  it('go on after the worker lost its connections', async () => {
    const id = await schedule(database.sql, 'a', '1 second', 'select 1');
    await finishedRun(id);
    await database.admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and (application_name like 'pg_net%' or application_name like 'pg_cron%')`;
    const before = (await runs(id)).length;
    await waitFor('more runs', async () => (await runs(id)).length >= before + 2);
    const fresh = await schedule(database.sql, 'b', '1 second', 'select 1');
    await finishedRun(fresh);
  });
});

describe('the time of the next run, in UTC', () => {
  it.each([
    ['5 4 * * *', '2026-11-20T04:05:00Z', '2026-11-21T04:05:00.000Z'],
    ['*/15 * * * *', '2026-11-20T12:59:30Z', '2026-11-20T13:00:00.000Z'],
    ['0 0 $ * *', '2028-02-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 6 * * 7', '2026-11-20T00:00:00Z', '2026-11-22T06:00:00.000Z'],
    ['0 6 * jan mon', '2026-11-20T00:00:00Z', '2027-01-04T06:00:00.000Z'],
    // Both day fields are given: either may match.
    ['0 0 13 * fri', '2026-11-14T00:00:00Z', '2026-11-20T00:00:00.000Z'],
    // One of them begins with a star: both must.
    ['0 0 */2 * fri', '2026-11-14T00:00:00Z', '2026-11-27T00:00:00.000Z'],
    ['@monthly', '2026-11-20T00:00:00Z', '2026-12-01T00:00:00.000Z'],
  ])('%s after %s', (when, after, next) => {
    const parsed = parseSchedule(when);
    if (parsed.kind !== 'cron') throw new Error('no cron schedule');
    expect(parsed.next(new Date(after))?.toISOString()).toBe(next);
  });

  it('is counted in seconds for an interval', () => {
    expect(parseSchedule(' 10 Seconds ')).toEqual({ kind: 'seconds', seconds: 10 });
    expect(parseSchedule('@reboot')).toEqual({ kind: 'start' });
  });
});
