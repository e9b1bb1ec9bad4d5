// pg_cron's background worker: starts each job when it is due, in a connection of its own and as the job's user,
// and keeps cron.job_run_details. A job never overlaps itself: a run that falls due meanwhile waits its turn.
import postgres from 'postgres';
import { parseSchedule, type Schedule } from './worker-schedule.ts';

const MAX_RUNNING = 32;
/** setTimeout holds no longer delay; the schedule is looked at again then. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

type Job = { jobid: string; schedule: string; command: string; database: string; username: string };
type Task = {
  job: Job;
  schedule: Schedule;
  /** Since when the seconds of an interval are counted. */
  since: number;
  pending: number;
  timer: NodeJS.Timeout | undefined;
  running: postgres.Sql | undefined;
  canceled: boolean;
};

export type CronWorker = {
  /** The jobs may have changed. */
  reload(): Promise<void>;
};

/** `urlOf`: how to reach a database as a user of the server. */
export function cronWorker(
  sql: postgres.Sql,
  urlOf: (database: string, user: string) => string,
  log: (line: string) => void,
): CronWorker {
  const tasks = new Map<string, Task>();
  let running = 0;
  let started = false;
  let loading: Promise<void> | undefined;
  let reloadAgain = false;

  async function load(): Promise<void> {
    const [cron] = await sql`select to_regclass('cron.job') is not null as exists`;
    const jobs = cron?.exists
      ? await sql<Job[]>`select jobid, schedule, command, database, username from cron.job where active`
      : [];
    if (!started && cron?.exists) {
      await sql`
        update cron.job_run_details set status = 'failed', return_message = 'server restarted'
        where status in ('starting', 'running')`;
    }
    const known = new Map(jobs.map((job) => [job.jobid, job]));
    for (const [id, task] of tasks) if (!known.has(id)) remove(id, task);
    for (const job of jobs) keep(job);
    started = true;
  }

  function remove(id: string, task: Task): void {
    tasks.delete(id);
    clearTimeout(task.timer);
    task.pending = 0;
    task.canceled = true;
    void task.running?.end({ timeout: 0 });
  }

  function keep(job: Job): void {
    const known = tasks.get(job.jobid);
    if (known?.job.schedule === job.schedule) {
      known.job = job;
      return;
    }
    let schedule: Schedule;
    try {
      schedule = parseSchedule(job.schedule);
    } catch (error) {
      log(`pg_cron: invalid schedule of job ${job.jobid} (${job.schedule}): ${(error as Error).message}`);
      return;
    }
    const task: Task = known ?? {
      job,
      schedule,
      since: 0,
      pending: 0,
      timer: undefined,
      running: undefined,
      canceled: false,
    };
    Object.assign(task, { job, schedule, since: Date.now() });
    tasks.set(job.jobid, task);
    if (schedule.kind === 'start' && !started) due(task);
    arm(task);
  }

  /** Sets the alarm for the next time after `now` that the job falls due. */
  function arm(task: Task, now = Date.now()): void {
    clearTimeout(task.timer);
    const at = nextTime(task, now);
    if (at === undefined) return;
    const wait = Math.max(0, at - Date.now());
    const alarm = () => {
      if (wait <= LONGEST_WAIT_MS) due(task);
      // A timer may ring a millisecond early: the minute it rang for is not to come a second time.
      arm(task, wait <= LONGEST_WAIT_MS ? Math.max(Date.now(), at) : Date.now());
    };
    task.timer = setTimeout(alarm, Math.min(wait, LONGEST_WAIT_MS));
  }

  function nextTime({ schedule, since, pending }: Task, now: number): number | undefined {
    if (schedule.kind === 'cron') return schedule.next(new Date(now))?.getTime();
    // An interval has at most one run waiting; the next is counted from the start of that one.
    if (schedule.kind === 'seconds' && pending === 0) return since + schedule.seconds * 1000;
    return undefined;
  }

  function due(task: Task): void {
    task.pending++;
    startPending();
  }

  function startPending(): void {
    for (const task of tasks.values()) {
      if (running >= MAX_RUNNING) return;
      if (task.pending > 0 && !task.running) void start(task);
    }
  }

  async function start(task: Task): Promise<void> {
    const { job } = task;
    task.pending--;
    task.since = Date.now();
    task.running = postgres(urlOf(job.database, job.username), {
      max: 1,
      fetch_types: false,
      onnotice: () => {},
      connection: { application_name: 'pg_cron' },
    });
    running++;
    arm(task);
    try {
      await run(task, task.running);
    } catch (error) {
      log(`pg_cron: run of job ${job.jobid} not recorded: ${(error as Error).message}`);
    } finally {
      await task.running.end({ timeout: 0 }).catch(() => {});
      task.running = undefined;
      running--;
      arm(task);
      startPending();
    }
  }

  async function run(task: Task, connection: postgres.Sql): Promise<void> {
    const { jobid, database, username, command } = task.job;
    const [{ runid } = { runid: '' }] = await sql<{ runid: string }[]>`
      insert into cron.job_run_details (jobid, database, username, command, status)
      values (${jobid}, ${database}, ${username}, ${command}, 'starting') returning runid`;
    let status = 'succeeded';
    let message: string;
    try {
      const [backend] = await connection<{ pid: number }[]>`select pg_backend_pid() as pid`;
      await sql`
        update cron.job_run_details
        set job_pid = ${backend?.pid ?? null}, status = 'running', start_time = clock_timestamp()
        where runid = ${runid}`;
      message = outcome(await connection.unsafe(command).simple());
    } catch (error) {
      status = 'failed';
      message = task.canceled ? 'job canceled' : complaint(error);
    }
    await sql`
      update cron.job_run_details
      set status = ${status}, return_message = ${message}, end_time = clock_timestamp(),
        start_time = coalesce(start_time, clock_timestamp())
      where runid = ${runid}`;
  }

  return {
    async reload() {
      if (loading) {
        reloadAgain = true;
        return loading;
      }
      loading = (async () => {
        do {
          reloadAgain = false;
          await load();
        } while (reloadAgain);
      })();
      try {
        await loading;
      } finally {
        loading = undefined;
      }
    },
  };
}

type Result = { command: string; count: number | null; columns?: unknown; length: number };

/** As libpq reports the last statement: its command tag, or how many rows it gave. */
function outcome(results: unknown): string {
  const list = results as Result | Result[];
  const last = Array.isArray(list) && Array.isArray(list.at(-1)) ? (list.at(-1) as Result) : (list as Result);
  if (last.columns || !last.command) return last.length === 1 ? '1 row' : `${last.length} rows`;
  if (last.count === null) return last.command;
  return last.command === 'INSERT' ? `INSERT 0 ${last.count}` : `${last.command} ${last.count}`;
}

function complaint(error: unknown): string {
  const { severity, message, detail, hint, where } = error as postgres.PostgresError;
  const lines = [`${severity ?? 'FATAL'}:  ${message}`];
  if (detail) lines.push(`DETAIL:  ${detail}`);
  if (hint) lines.push(`HINT:  ${hint}`);
  if (where) lines.push(`CONTEXT:  ${where}`);
  return `${lines.join('\n')}\n`;
}
