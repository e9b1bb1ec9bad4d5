// A prospect at the other end of WhatsApp: says things through the Graph simulator and hears what is sent to him.
// Used by the demo, the chat and the tests; it knows the simulator's control paths and nothing of the database.
import { z } from 'zod';

const journal = z.array(
  z.object({
    recu_le: z.string(),
    methode: z.string(),
    chemin: z.string(),
    corps: z.unknown(),
    statut: z.number(),
  }),
);
const texteEnvoye = z.object({
  to: z.string(),
  type: z.literal('text'),
  text: z.object({ body: z.string() }),
});
const livre = z.object({ wamid: z.string(), statut: z.number() });

export type Reponse = { a: string; texte: string; recu_le: string; chemin: string };

async function controle(url: string, corps: unknown): Promise<unknown> {
  const reponse = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(corps),
  });
  if (!reponse.ok) throw new Error(`${url}: ${reponse.status} ${await reponse.text()}`);
  return reponse.json();
}

/** Delivers a message of this person to the webhook, signed, as Meta does; `message` is a raw Cloud API message object. */
export async function dire(
  graphUrl: string,
  message: { de: string; nom?: string; vers?: string; id?: string } & (
    | { texte: string }
    | { message: Record<string, unknown> }
  ),
): Promise<z.infer<typeof livre>> {
  return livre.parse(await controle(`${graphUrl}/_entrant`, message));
}

/** Every text that Meta accepted, oldest first; `a` limits it to one person. */
export async function reponsesRecues(graphUrl: string, a?: string): Promise<Reponse[]> {
  const lignes = journal.parse(await (await fetch(`${graphUrl}/_journal`)).json());
  return lignes.flatMap((ligne) => {
    const envoi = texteEnvoye.safeParse(ligne.corps);
    // 0: the simulator took the message and cut the connection.
    if (!envoi.success || !(ligne.statut === 200 || ligne.statut === 0)) return [];
    if (a !== undefined && envoi.data.to !== a) return [];
    return [{ a: envoi.data.to, texte: envoi.data.text.body, recu_le: ligne.recu_le, chemin: ligne.chemin }];
  });
}

export async function reglerSimulateur(
  graphUrl: string,
  chemin: '_pannes' | '_statuts' | '_horloge' | '_ouvrir' | '_reinitialiser',
  corps: unknown,
): Promise<void> {
  await controle(`${graphUrl}/${chemin}`, corps);
}
