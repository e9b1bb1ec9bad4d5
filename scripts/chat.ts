// `npm run chat`: the person at the terminal is a prospect of Kouadio's shop. Speaks to the platform that `npm start` runs,
// or starts one of its own.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { portBase, portsFrom, ROOT } from './platform/config.ts';
import { functionSettings, startPlatform } from './platform/platform.ts';
import { freePorts } from './platform/ports.ts';
import { dire, messagesRecus } from './platform/prospect.ts';

const DERNIERE_REPONSE_MS = 15_000;

/** A new person each time, so that a conversation handed over to the vendor does not leave the next one without answers. */
const MOI = { de: `+22507${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}` };

async function plateformeEnMarche(): Promise<string | undefined> {
  const url = `http://127.0.0.1:${portsFrom(portBase()).graph}`;
  const vivant = await fetch(url).catch(() => undefined);
  return vivant?.ok ? url : undefined;
}

async function ouvrir(): Promise<{ graphUrl: string; fermer(): Promise<void> }> {
  const enMarche = await plateformeEnMarche();
  if (enMarche) return { graphUrl: enMarche, fermer: async () => {} };
  console.log('La plateforme démarre…');
  const plateforme = await startPlatform({
    dir: join(ROOT, '.local/chat'),
    ports: await freePorts(portBase()),
    durable: true,
    fresh: true,
    seed: 'vendors',
    env: functionSettings(),
    log: () => {},
  });
  return { graphUrl: plateforme.graphUrl, fermer: plateforme.stop };
}

async function main(): Promise<void> {
  const { graphUrl, fermer } = await ouvrir();
  let vues = (await messagesRecus(graphUrl, MOI.de)).length;
  let dites = 0;
  let fini = false;
  // Not before the first await is over: lines that nobody listens to are lost.
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: 'vous       ' });
  terminal.once('close', () => {
    fini = true;
  });
  const inviter = () => fini || terminal.prompt(true);

  async function montrer(): Promise<void> {
    const recues = await messagesRecus(graphUrl, MOI.de).catch(() => []);
    for (const texte of recues.slice(vues)) {
      process.stdout.write(`\r\u001b[Kboutique   ${texte}\n`);
      vues += 1;
      inviter();
    }
  }

  console.log('Vous écrivez à Kouadio Chaussures sur WhatsApp. Ctrl-D pour finir.\n');
  const ecoute = setInterval(() => void montrer(), 200);
  try {
    inviter();
    for await (const ligne of terminal) {
      const texte = ligne.trim();
      if (texte !== '') {
        const { statut } = await dire(graphUrl, { ...MOI, texte });
        if (statut === 200) dites += 1;
        else console.error(`(le webhook a répondu ${statut})`);
      }
      inviter();
    }
    // Lines that came through a pipe get their reply too, one for all of them.
    const limite = Date.now() + DERNIERE_REPONSE_MS;
    while (dites > 0 && vues === 0 && Date.now() < limite) await delay(200);
  } finally {
    clearInterval(ecoute);
    await montrer();
    await fermer();
  }
}

try {
  await main();
} catch (erreur) {
  console.error(`\n${erreur instanceof Error ? erreur.message : String(erreur)}`);
  process.exitCode = 1;
}
