// A test file's own platform: its database, and the parts it asks for on free ports. Real processes, as `npm start` has them.
import { join } from 'node:path';
import { moveClock } from '../../scripts/platform/clock.ts';
import { ROOT } from '../../scripts/platform/config.ts';
import { type PartName, type Platform, startParts } from '../../scripts/platform/platform.ts';
import { freePorts } from '../../scripts/platform/ports.ts';
import { writeVaultSecrets } from '../../scripts/platform/vault.ts';
import { openDatabase, type TestDatabase } from './database.ts';

export type TestPlatform = Omit<Platform, 'phases' | 'stop'> &
  TestDatabase & {
    /** Sets a number of prive.reglages. */
    regler(nom: string, valeur: number): Promise<void>;
    /** Moves the rules' clock forward: leases and waits run out, due jobs fall due, and every cron job runs once. */
    avancer(secondes: number): Promise<void>;
    /** The last lines the parts have logged, for messages of failed tests. */
    journal: string[];
  };

export async function openPlatform(
  o: { env?: Record<string, string>; parts?: readonly PartName[] } = {},
): Promise<TestPlatform> {
  const database = await openDatabase();
  const journal: string[] = [];
  try {
    const ports = await freePorts();
    await writeVaultSecrets(database.adminUrl, `http://127.0.0.1:${ports.api}/functions/v1`);
    const { stop, ...platform } = await startParts({
      ports,
      adminUrl: database.adminUrl,
      storageDir: join(ROOT, '.local/tests/storage', database.name),
      log: (part, line) => {
        journal.push(`[${part}] ${line}`);
        if (journal.length > 500) journal.shift();
      },
      ...o,
    });
    const { sql } = database;
    return {
      ...platform,
      ...database,
      journal,
      async regler(nom, valeur) {
        await sql`update prive.reglages set valeur = ${valeur} where nom = ${nom}`;
      },
      avancer: (secondes) => moveClock(sql, secondes),
      async close() {
        await stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw new Error([(error as Error).message, ...journal.slice(-20)].join('\n'), { cause: error });
  }
}
