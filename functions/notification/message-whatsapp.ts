// From a notification to the body of Graph's `POST /{number}/messages`, from FluxAsync's own number: text with the buttons of its
// actions within Meta's 24 hours, else the number's approved template.
import { z } from 'zod';
import { type Corps, corpsMessage } from '../whatsapp/corps-message.ts';

export const aNotifier = z.object({
  id_notification: z.number(),
  tentative: z.number(),
  canal: z.string(),
  numero_emetteur: z.string(),
  destinataire: z.string(),
  titre: z.string(),
  contenu: z.string(),
  libre: z.boolean(),
  modele: z.object({ nom: z.string(), langue: z.string() }).nullable(),
  actions: z.unknown(),
  id_boutons: z.number(),
  connecte_le: z.string(),
  jeton: z.string(),
});
export type ANotifier = z.infer<typeof aNotifier>;

const boutons = z.array(z.object({ action: z.string(), titre: z.string() }));
const liste = z.object({
  liste: z.object({
    bouton: z.string(),
    sections: z.array(
      z.object({
        titre: z.string().optional(),
        lignes: z.array(z.object({ id: z.string(), titre: z.string(), description: z.string().optional() })),
      }),
    ),
  }),
});

/** Meta takes 4096 characters of text, 1024 above buttons, and a whole template of some 1024 with its own words. */
const MAX_TEXTE = 4_000;
const MAX_BOUTONS = 1_000;
const MAX_TITRE_MODELE = 100;
const MAX_CONTENU_MODELE = 700;

export function corpsNotification(n: ANotifier): Corps {
  const fait = corpsMessage(
    {
      id_message: n.id_notification,
      tentative: n.tentative,
      destinataire: n.destinataire,
      forme: null,
      reponse_a: null,
      ...(n.libre ? libre(n) : modele(n)),
    },
    null,
  );
  if (!fait.bon) return fait;
  // Not to be taken for a message of a vendor's: their ids are counted apart.
  const suivi = `n:${n.id_notification}.${n.tentative}`;
  return { bon: true, corps: { ...fait.corps, biz_opaque_callback_data: suivi } };
}

function libre(n: ANotifier) {
  // Bold ends at a line's end and at a star: what a client calls himself must not undo it.
  const titre = n.titre.replaceAll(/[\s*]+/g, ' ').trim();
  const mots = `*${titre}*\n${n.contenu.trim()}`;
  const charge_utile = charge(n);
  return charge_utile === null
    ? { type_message: 'texte', contenu: couper(mots, MAX_TEXTE), charge_utile }
    : { type_message: 'interactif', contenu: couper(mots, MAX_BOUTONS), charge_utile };
}

/** The actions as a message's buttons or list, each with the id that comes back when it is tapped; null: nothing to tap. */
function charge({ actions, id_boutons }: ANotifier): object | null {
  const id = (action: string) => `notification:${id_boutons}:${action}`;
  const simples = boutons.safeParse(actions);
  if (simples.success) {
    if (simples.data.length === 0) return null;
    return { boutons: simples.data.map(({ action, titre }) => ({ id: id(action), titre })) };
  }
  const choix = liste.safeParse(actions);
  // What is neither: his words reach him all the same.
  if (!choix.success) return null;
  const { bouton, sections } = choix.data.liste;
  return {
    liste: {
      bouton,
      sections: sections.map((s) => ({ ...s, lignes: s.lignes.map((l) => ({ ...l, id: id(l.id) })) })),
    },
  };
}

function modele(n: ANotifier) {
  const corps = [ligne(n.titre, MAX_TITRE_MODELE), ligne(n.contenu, MAX_CONTENU_MODELE)];
  const boutons = [`notification:${n.id_boutons}:lire`];
  return {
    type_message: 'modele',
    contenu: n.contenu,
    charge_utile: { modele: { ...n.modele, corps, boutons } },
  };
}

/** Meta takes no line break, no tab and no row of spaces in a variable, and no empty one. */
function ligne(mots: string, max: number): string {
  return couper(mots.replaceAll(/\s+/g, ' ').trim(), max) || '-';
}

/** Counted in UTF-16 units, the strictest way Meta may count; never through the middle of a character. */
function couper(mots: string, max: number): string {
  return mots.length <= max ? mots : `${mots.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
