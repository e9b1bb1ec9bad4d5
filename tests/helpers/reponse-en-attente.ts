// A reply that is recorded and not yet sent: the moment in which a window closes, Meta goes away or a person takes over.
// The worker must be stopped meanwhile, else the sweep sends it.
import type { TestPlatform } from './platform.ts';

type Prise = { id_conversation: number; jeton: string; msg_id: number; jusqu_a: number };

/** `ecrire` delivers one message of a prospect; when this returns, the reply to it is a row to be sent. */
export async function repondreSansEnvoyer(p: TestPlatform, ecrire: () => Promise<unknown>): Promise<void> {
  await p.regler('attente_rafale_ms', 3_600_000);
  await ecrire();
  await p.regler('attente_rafale_ms', 0);
  await p.sql`update pgmq.q_repondre_prospects set vt = clock_timestamp()`;
  const [taken] = await p.sql<{ prises: Prise[] }[]>`select service.prendre_reponses(10) as prises`;
  const reponse = {
    texte: 'Bonjour !',
    memoire: {},
    etape: 'accueil',
    confiance: 1,
    modele: 'essai',
    passer_la_main: null,
  };
  const reponses = (taken?.prises ?? []).map(({ id_conversation, jeton, msg_id, jusqu_a }) => ({
    ...{ id_conversation, jeton, msg_id, jusqu_a },
    reponse,
  }));
  if (reponses.length !== 1) throw new Error(`${reponses.length} replies to record`);
  await p.sql`select service.enregistrer_reponses(${p.sql.json(reponses)})`;
}

/** Calls a function as the database does. */
export async function reveiller(p: TestPlatform, fonction: string): Promise<void> {
  const reponse = await fetch(`${p.apiUrl}/functions/v1/${fonction}`, {
    method: 'POST',
    headers: { apikey: 'sb_secret_local' },
  });
  if (reponse.status !== 202) throw new Error(`${fonction}: ${reponse.status}`);
}
