// When a pg_cron schedule is due next: cron syntax in UTC through croner, "N seconds", and the @words.
// cron.schedule has checked the syntax; what croner spells differently is translated here.
import { Cron } from 'croner';

export type Schedule =
  | { kind: 'cron'; next(after: Date): Date | null }
  | { kind: 'seconds'; seconds: number }
  | { kind: 'start' };

const WORDS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

export function parseSchedule(text: string): Schedule {
  const schedule = text.trim();
  const interval = /^(\d+)\s*seconds?$/i.exec(schedule);
  if (interval) return { kind: 'seconds', seconds: Number(interval[1]) };
  if (schedule === '@reboot' || schedule === '@restart') return { kind: 'start' };

  const fields = (WORDS[schedule] ?? schedule).split(/\s+/);
  const [, , dayOfMonth = '', , dayOfWeek = ''] = fields;
  const pattern = fields.map((field) => (field === '$' ? 'L' : field)).join(' ');
  // As in Vixie's cron: with a star in one of the two day fields both must match, else either may.
  const domAndDow = dayOfMonth.startsWith('*') || dayOfWeek.startsWith('*');
  const cron = new Cron(pattern, { timezone: 'UTC', mode: '5-part', domAndDow, paused: true });
  return { kind: 'cron', next: (after) => cron.nextRun(after) };
}
