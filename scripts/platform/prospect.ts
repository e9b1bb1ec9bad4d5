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
const texteEnvoye = z.union([
  z
    .object({ to: z.string(), type: z.literal('text'), text: z.object({ body: z.string() }) })
    .transform((m) => ({ to: m.to, mots: m.text.body })),
  z
    .object({
      to: z.string(),
      type: z.literal('interactive'),
      interactive: z.object({ body: z.object({ text: z.string() }) }),
    })
    .transform((m) => ({ to: m.to, mots: m.interactive.body.text })),
]);
/** What the phone shows of a message that is not only words. */
const envoi = z.looseObject({
  to: z.string(),
  type: z.string(),
  text: z.object({ body: z.string() }).optional(),
  interactive: z
    .looseObject({ body: z.object({ text: z.string() }), action: z.looseObject({}).optional() })
    .optional(),
  template: z.looseObject({ name: z.string(), components: z.array(z.looseObject({})).optional() }).optional(),
});
const titre = z.looseObject({ title: z.string() });
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

/** What Meta accepted, oldest first. 0: the simulator took the message and cut the connection. */
async function acceptes(graphUrl: string): Promise<z.infer<typeof journal>> {
  const lignes = journal.parse(await (await fetch(`${graphUrl}/_journal`)).json());
  return lignes.filter(({ statut }) => statut === 200 || statut === 0);
}

/** The words of every text and of every message with buttons or a list that Meta accepted, oldest first; `a` limits it to one person. */
export async function reponsesRecues(graphUrl: string, a?: string): Promise<Reponse[]> {
  return (await acceptes(graphUrl)).flatMap((ligne) => {
    const envoye = texteEnvoye.safeParse(ligne.corps);
    if (!envoye.success || (a !== undefined && envoye.data.to !== a)) return [];
    return [{ a: envoye.data.to, texte: envoye.data.mots, recu_le: ligne.recu_le, chemin: ligne.chemin }];
  });
}

/** Everything that Meta accepted for one person, oldest first, in words: files, buttons and templates too. */
export async function messagesRecus(graphUrl: string, a: string): Promise<string[]> {
  return (await acceptes(graphUrl)).flatMap((ligne) => {
    const envoye = envoi.safeParse(ligne.corps);
    return envoye.success && envoye.data.to === a ? [enMots(envoye.data)] : [];
  });
}

const boutons = z.object({
  to: z.string(),
  interactive: z.object({
    action: z.object({
      buttons: z.array(z.object({ reply: z.object({ id: z.string(), title: z.string() }) })),
    }),
  }),
});

/** The buttons under the last message with buttons that Meta accepted for one person. */
export async function boutonsRecus(graphUrl: string, a: string): Promise<{ id: string; title: string }[]> {
  const lus = (await acceptes(graphUrl)).flatMap(({ corps }) => boutons.safeParse(corps).data ?? []);
  return lus.findLast(({ to }) => to === a)?.interactive.action.buttons.map(({ reply }) => reply) ?? [];
}

/** This person taps a button that was sent to him. */
export function toucher(
  graphUrl: string,
  personne: { de: string; nom?: string; vers?: string },
  button_reply: { id: string; title: string },
) {
  const message = { type: 'interactive', interactive: { type: 'button_reply', button_reply } };
  return dire(graphUrl, { ...personne, message });
}

function enMots(m: z.infer<typeof envoi>): string {
  if (m.text) return m.text.body;
  if (m.interactive) {
    const choix = titres(m.interactive.action);
    return [m.interactive.body.text, ...choix.map((t) => `[${t}]`)].join(' ');
  }
  if (m.template) {
    const variables = textes(m.template.components);
    return `(modèle ${m.template.name}${variables.length > 0 ? ` : ${variables.join(', ')}` : ''})`;
  }
  const fichier = z
    .looseObject({ caption: z.string().optional(), filename: z.string().optional() })
    .safeParse(m[m.type]).data;
  return [`(${m.type})`, fichier?.filename, fichier?.caption].filter(Boolean).join(' ');
}

/** Titles of buttons and rows, wherever they stand. */
function titres(valeur: unknown): string[] {
  if (typeof valeur !== 'object' || valeur === null) return [];
  const un = titre.safeParse(valeur);
  const dedans = Object.values(valeur).flatMap(titres);
  return un.success && !('rows' in valeur) ? [un.data.title, ...dedans] : dedans;
}

/** Texts of a template's variables. */
function textes(valeur: unknown): string[] {
  if (typeof valeur !== 'object' || valeur === null) return [];
  const dedans = Object.values(valeur).flatMap(textes);
  return 'text' in valeur && typeof valeur.text === 'string' ? [valeur.text, ...dedans] : dedans;
}

export async function reglerSimulateur(
  graphUrl: string,
  chemin: '_pannes' | '_statuts' | '_horloge' | '_ouvrir' | '_reinitialiser',
  corps: unknown,
): Promise<void> {
  await controle(`${graphUrl}/${chemin}`, corps);
}
