// The Graph API simulator as a process of the local platform: settings by environment, one line `ready`.
// It ends with its supervisor: at the end of stdin, or on SIGTERM.
import { z } from 'zod';
import { SECRETS } from '../config.ts';
import { createGraphSimulator } from './graph-server.ts';

const settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535),
  WEBHOOK_URL: z.url(),
  META_APP_SECRET: z.string().min(1).default(SECRETS.META_APP_SECRET),
  META_APP_ID: z.string().min(1).default(SECRETS.META_APP_ID),
  META_VERIFY_TOKEN: z.string().min(1).default(SECRETS.META_VERIFY_TOKEN),
  TOKENS: z.string().min(1).default('dev-token'),
  SEED: z.coerce
    .number()
    .int()
    .default(() => Date.now() % 2 ** 32),
  STATUTS: z.enum(['oui', 'non']).default('oui'),
  MESSAGES_PAR_SECONDE: z.coerce.number().int().min(1).default(80),
});

const parsed = settings.safeParse(process.env, { error: z.locales.fr().localeError });
if (!parsed.success) {
  for (const issue of parsed.error.issues) console.error(`${issue.path.join('.')} : ${issue.message}`);
  process.exit(2);
}
const env = parsed.data;

const simulator = createGraphSimulator({
  webhookUrl: env.WEBHOOK_URL,
  appId: env.META_APP_ID,
  appSecret: env.META_APP_SECRET,
  verifyToken: env.META_VERIFY_TOKEN,
  tokens: env.TOKENS.split(',').map((token) => token.trim()),
  seed: env.SEED,
  statuses: env.STATUTS === 'oui',
  messagesPerSecond: env.MESSAGES_PAR_SECONDE,
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
  await simulator.listen(env.PORT);
} catch (cause) {
  console.error(`port ${env.PORT} : ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exit(1);
}
console.log(`graine ${env.SEED}`);
console.log('ready');
