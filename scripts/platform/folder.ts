// Whose data a folder holds at this moment: one process owns it, and a second one is told so instead of ending the first
// one's database. An owner that was killed leaves only a number that is nobody's any more.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Claim = { release(): void } | { owner: number };

export function claimFolder(dir: string): Claim {
  const file = join(dir, 'owner.pid');
  mkdirSync(dir, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    const owner = Number(readFileSync(file, 'utf8'));
    if (owner !== process.pid && isAlive(owner)) return { owner };
    writeFileSync(file, String(process.pid));
  }
  return { release: () => rmSync(file, { force: true }) };
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
