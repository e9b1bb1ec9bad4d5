// The phones of everybody who writes with a shop, on the simulated WhatsApp: what reaches them, and what they tap or say, as often as
// Meta delivers it.
import { z } from 'zod';
import { dire } from '../../scripts/platform/prospect.ts';

export type Choix = { id: string; titre: string; deListe: boolean };
export type Recu = { a: string; texte: string; choix: Choix[] };

const envoi = z.object({
  to: z.string(),
  text: z.object({ body: z.string() }).optional(),
  interactive: z
    .object({
      body: z.object({ text: z.string() }),
      action: z.object({
        buttons: z.array(z.object({ reply: z.object({ id: z.string(), title: z.string() }) })).optional(),
        sections: z
          .array(z.object({ rows: z.array(z.object({ id: z.string(), title: z.string() })) }))
          .optional(),
      }),
    })
    .optional(),
});
const journal = z.array(z.object({ statut: z.number(), corps: z.unknown() }));

export function ouvrirTelephones(graphUrl: string, nom: string) {
  let lus = 0;
  let suivant = 0;
  const dits: { de: string; wamid: string }[] = [];

  async function envoyer(
    de: string,
    vers: string,
    quoi: { texte: string } | { message: Record<string, unknown> },
    fois: number,
  ): Promise<string> {
    suivant += 1;
    const id = `wamid.${nom}-${suivant}`;
    dits.push({ de, wamid: id });
    await Promise.all(Array.from({ length: fois }, () => dire(graphUrl, { de, vers, id, ...quoi })));
    return id;
  }

  return {
    dits,

    /** What Meta accepted since the last time, oldest first. */
    async relever(): Promise<Recu[]> {
      const tout = journal.parse(await (await fetch(`${graphUrl}/_journal`)).json());
      const nouveaux = tout.slice(lus);
      lus = tout.length;
      return nouveaux.flatMap(({ statut, corps }) => {
        const m = envoi.safeParse(corps).data;
        if (statut !== 200 || m === undefined) return [];
        const { buttons = [], sections = [] } = m.interactive?.action ?? {};
        const choix = [
          ...buttons.map(({ reply }) => ({ id: reply.id, titre: reply.title, deListe: false })),
          ...sections.flatMap((s) => s.rows.map((r) => ({ id: r.id, titre: r.title, deListe: true }))),
        ];
        return [{ a: m.to, texte: m.text?.body ?? m.interactive?.body.text ?? '', choix }];
      });
    },

    /** Says something; `fois`: as often as Meta delivers the same message. */
    ecrire: (de: string, vers: string, texte: string, fois = 1) => envoyer(de, vers, { texte }, fois),

    toucher: (de: string, vers: string, { id, titre, deListe }: Choix, fois = 1) => {
      const type = deListe ? 'list_reply' : 'button_reply';
      const message = { type: 'interactive', interactive: { type, [type]: { id, title: titre } } };
      return envoyer(de, vers, { message }, fois);
    },
  };
}

export type Telephones = ReturnType<typeof ouvrirTelephones>;
