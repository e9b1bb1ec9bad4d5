// A worker as a process of its own, so that it can be killed: answers with the automaton until it is. `node travailleur.ts <url>`
import postgres from 'postgres';
import { repondreProspects } from '../../functions/conversation/repondre-prospects.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { automate } from './automate.ts';

const sql = postgres(process.argv[2] ?? '', {
  max: 6,
  onnotice: () => {},
  connection: { lock_timeout: 500 },
  types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
});
for (;;) {
  await repondreProspects({
    base: baseSql(sql),
    modele: automate(),
    meta: { appeler: async () => ({ bon: true, corps: { success: true } }) as never },
    releve: { ecrire: async () => {} },
    journal: (niveau, evenement, details) => {
      if (niveau === 'erreur') console.log(evenement, JSON.stringify(details));
    },
    maintenant: () => Date.now(),
    toutesLes: () => () => {},
    reveiller: () => {},
  });
  await new Promise((suite) => setTimeout(suite, 5));
}
