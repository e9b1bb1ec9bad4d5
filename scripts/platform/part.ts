// What every Node part of the platform does alike: read its settings, listen on this machine only, say `ready`,
// and end when the supervisor asks for it or is gone.
import type { Server } from 'node:http';

/** How long requests under way may take to end once the part has been told to. */
const LAST_WORK_MS = 2_000;

export function readSetting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Il manque la variable ${name}.`);
  return value;
}

export async function serveAsPart(
  server: Server,
  release: () => Promise<void> = async () => {},
): Promise<void> {
  const port = Number(readSetting('PORT'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), LAST_WORK_MS);
    server.close();
    server.closeIdleConnections();
    await release();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  // The supervisor holds our stdin open: its end means that nobody watches over us any more.
  process.stdin.on('end', end).on('error', end).resume();
  console.log('ready');
}
