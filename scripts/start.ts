// `npm start [-- --neuf]`: the whole platform in the foreground, until Ctrl-C. Data are kept between starts;
// `--neuf` begins with new ones.
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_BASE, KEYS, portBase, portsFrom, ROOT } from './platform/config.ts';
import { functionSettings, type Platform, startPlatform } from './platform/platform.ts';

const HELP = `npm start             démarre la plateforme locale et garde ses données
npm start -- --neuf   repart de données neuves (avec la vendeuse ou le vendeur de démonstration)

FLUXASYNC_PORT_BASE=55321 npm start   la déplace sur d'autres ports`;

function welcome({ apiUrl, dbUrl, graphUrl, geminiUrl, phases }: Platform, seconds: number): string {
  const detail = phases.map(({ name, ms }) => `${name} ${inSeconds(ms)}`).join(', ');
  return `
FluxAsync est prêt en ${inSeconds(seconds * 1000)} (${detail}).

  API                  ${apiUrl}
  fonctions            ${apiUrl}/functions/v1/<nom>
  base de données      ${dbUrl}
  simulateur de Meta   ${graphUrl}
  simulateur Gemini    ${geminiUrl}
  clé publique         ${KEYS.publishable}
  clé secrète          ${KEYS.secret}   (pour le développement seulement)

Ctrl-C arrête tout ; les données sont gardées.`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toLocaleString('fr-FR', { maximumFractionDigits: 1 })} s`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { neuf: { type: 'boolean' }, aide: { type: 'boolean' } } });
  if (values.aide) return console.log(HELP);

  console.log('FluxAsync démarre…');
  const begun = performance.now();
  const base = portBase();
  // Two platforms side by side each have their own data.
  const dir = join(ROOT, base === DEFAULT_BASE ? '.local/plateforme' : `.local/plateforme-${base}`);
  mkdirSync(dir, { recursive: true });
  // PostgreSQL repeats every error that it has already told its client: kept apart from what the parts say.
  const postgresLog = createWriteStream(join(dir, 'postgres.log'));
  const starting = startPlatform({
    dir,
    ports: portsFrom(base),
    durable: true,
    fresh: values.neuf ?? false,
    env: functionSettings(),
    log: (part, line) =>
      part === 'postgres' ? postgresLog.write(`${line}\n`) : console.log(`[${part}] ${line}`),
  });

  // npm and the terminal may both pass the same Ctrl-C on: the first one counts.
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    console.log('\nFluxAsync s’arrête…');
    const platform = await starting.catch(() => undefined);
    await platform?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // Whoever started us (install.mjs) was killed: nobody is there to press Ctrl-C any more.
  process.on('disconnect', end);

  const platform = await starting;
  if (!ending) console.log(welcome(platform, (performance.now() - begun) / 1000));
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
