// The Gemini simulator as a process of the local platform: settings by environment, one line `ready`.
// It ends with its supervisor: at the end of stdin, or on SIGTERM.
import { createGeminiSimulator } from './gemini-server.ts';

/** Taken besides the key that the platform was started with. */
const DEVELOPMENT_KEY = 'dev-gemini-key';

const port = Number(process.env.PORT);
const own = process.env.GEMINI_API_KEY;
const simulator = createGeminiSimulator({
  keys: [DEVELOPMENT_KEY, ...(own ? [own] : [])],
  log: (line) => console.log(line),
});

async function end(): Promise<void> {
  await simulator.close();
  process.exit(0);
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.stdin.on('end', end).on('error', end).resume();

try {
  await simulator.listen(port);
} catch (cause) {
  console.error(`port ${port} : ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exit(1);
}
console.log('ready');
