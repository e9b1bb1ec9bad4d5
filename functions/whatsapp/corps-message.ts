// From a row of `messages` to the body of Graph's `POST /{number}/messages`. What cannot be built is said with its reason, so that
// the message ends instead of going round; lengths are counted in UTF-16 units, the strictest way Meta may count.
import { z } from 'zod';

export type Message = {
  id_message: number;
  tentative: number;
  destinataire: string;
  type_message: string;
  contenu: string;
  charge_utile: unknown;
  /** Of a template: what its sender must know of it (prive.forme_modele); null when it is not known. */
  forme: unknown;
  /** wamid of the message this one answers to, or null. */
  reponse_a: string | null;
};

export type Corps = { bon: true; corps: Record<string, unknown> } | { bon: false; motif: string };

const texte = (max: number) => z.string().max(max).regex(/\S/);
const legende = z.string().max(1024);

const media = z.object({
  media: z.union([
    z.strictObject({ lien: z.url({ protocol: /^https?$/ }) }),
    z.strictObject({ chemin: z.string().min(1) }),
  ]),
  nom_fichier: texte(240).optional(),
});

const habillage = { entete: texte(60).optional(), pied: texte(60).optional() };
const interactif = z.union([
  z.object({
    boutons: z
      .array(z.object({ id: texte(256), titre: texte(20) }))
      .min(1)
      .max(3),
    ...habillage,
  }),
  z.object({
    liste: z.object({
      bouton: texte(20),
      sections: z
        .array(
          z.object({
            titre: texte(24).optional(),
            lignes: z
              .array(z.object({ id: texte(200), titre: texte(24), description: texte(72).optional() }))
              .min(1)
              .max(10),
          }),
        )
        .min(1)
        .max(10),
    }),
    ...habillage,
  }),
  z.object({ demande_localisation: z.literal(true) }),
]);
type Interactif = z.infer<typeof interactif>;

const variables = z.array(texte(1024)).default([]);
const modele = z.object({
  modele: z.object({
    nom: texte(512),
    langue: texte(15),
    entete: variables,
    corps: variables,
    boutons: variables,
  }),
});
type Modele = z.infer<typeof modele>['modele'];

const FORME_INCONNUE = { entete: null, noms_entete: [], noms_corps: [], boutons: [] };
const forme = z
  .object({
    entete: z.string().nullable(),
    noms_entete: z.array(z.string()),
    noms_corps: z.array(z.string()),
    boutons: z.array(z.object({ rang: z.number(), genre: z.enum(['quick_reply', 'url', 'copy_code']) })),
  })
  .nullish()
  .transform((f) => f ?? FORME_INCONNUE);
type Forme = z.output<typeof forme>;

const GENRES = { image: 'image', document: 'document', audio: 'audio', video: 'video' } as const;

/** The path of the stored file this message sends, which must first become a link; null when it sends none. */
export function cheminDuMedia(m: Message): string | null {
  if (!(m.type_message in GENRES)) return null;
  const lu = media.safeParse(m.charge_utile);
  return lu.success && 'chemin' in lu.data.media ? lu.data.media.chemin : null;
}

/** `lien`: the signed link of `cheminDuMedia`. */
export function corpsMessage(m: Message, lien: string | null): Corps {
  const lu = partie(m, lien);
  if (!lu.success) {
    const ou = lu.error.issues.map((i) => `${i.path.join('.') || m.type_message} ${i.code}`).join(', ');
    return { bon: false, motif: ou };
  }
  // A phone number is `to`; a business-scoped user id has letters and is `recipient`.
  const personne = /^\+?\d+$/.test(m.destinataire) ? { to: m.destinataire } : { recipient: m.destinataire };
  return {
    bon: true,
    corps: {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      ...personne,
      ...lu.data,
      // Comes back in the statuses; the attempt tells a late one of an earlier try from one of this.
      biz_opaque_callback_data: `${m.id_message}.${m.tentative}`,
      ...(m.reponse_a === null ? {} : { context: { message_id: m.reponse_a } }),
    },
  };
}

type Partie = z.ZodSafeParseResult<Record<string, unknown>>;

function partie(m: Message, lien: string | null): Partie {
  switch (m.type_message) {
    case 'texte':
      return texte(4096)
        .transform((body) => ({ type: 'text', text: { body, preview_url: false } }))
        .safeParse(m.contenu);
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      return partieMedia(GENRES[m.type_message], m, lien);
    case 'interactif':
      return interactif
        .refine((i) => m.contenu.trim() !== '' && m.contenu.length <= ('liste' in i ? 4096 : 1024), 'body')
        .transform((i) => ({ type: 'interactive', interactive: corpsInteractif(i, m.contenu) }))
        .safeParse(m.charge_utile);
    case 'modele':
      return z
        .object({ charge: modele, forme })
        .transform((v) => ({ type: 'template', template: corpsModele(v.charge.modele, v.forme) }))
        .safeParse({ charge: m.charge_utile, forme: m.forme });
    default:
      return z
        .record(z.string(), z.unknown())
        .refine(() => false, 'type')
        .safeParse({});
  }
}

function partieMedia(genre: keyof typeof GENRES, m: Message, lien: string | null): Partie {
  return media
    .refine(() => legende.safeParse(m.contenu).success, 'caption')
    .refine((c) => 'lien' in c.media || lien !== null, 'link')
    .transform((c) => ({
      type: genre,
      [genre]: {
        link: 'lien' in c.media ? c.media.lien : lien,
        ...(m.contenu.trim() === '' || genre === 'audio' ? {} : { caption: m.contenu }),
        ...(genre === 'document' && c.nom_fichier !== undefined ? { filename: c.nom_fichier } : {}),
      },
    }))
    .safeParse(m.charge_utile);
}

function corpsInteractif(i: Interactif, body: string): Record<string, unknown> {
  if ('demande_localisation' in i)
    return { type: 'location_request_message', body: { text: body }, action: { name: 'send_location' } };
  const autour = {
    ...(i.entete === undefined ? {} : { header: { type: 'text', text: i.entete } }),
    body: { text: body },
    ...(i.pied === undefined ? {} : { footer: { text: i.pied } }),
  };
  if ('boutons' in i) {
    const buttons = i.boutons.map(({ id, titre }) => ({ type: 'reply', reply: { id, title: titre } }));
    return { type: 'button', ...autour, action: { buttons } };
  }
  const sections = i.liste.sections.map((s) => ({
    ...(s.titre === undefined ? {} : { title: s.titre }),
    rows: s.lignes.map(({ id, titre, description }) => ({
      id,
      title: titre,
      ...(description === undefined ? {} : { description }),
    })),
  }));
  return { type: 'list', ...autour, action: { button: i.liste.bouton, sections } };
}

function corpsModele(m: Modele, f: Forme): Record<string, unknown> {
  const fichier = f.entete === 'image' || f.entete === 'video' || f.entete === 'document' ? f.entete : null;
  const entete =
    fichier === null
      ? textes(m.entete, f.noms_entete)
      : m.entete.map((link) => ({ type: fichier, [fichier]: { link } }));
  const components = [
    ...(entete.length === 0 ? [] : [{ type: 'header', parameters: entete }]),
    ...(m.corps.length === 0 ? [] : [{ type: 'body', parameters: textes(m.corps, f.noms_corps) }]),
    ...m.boutons.map((valeur, i) => bouton(valeur, f.boutons[i] ?? { rang: i, genre: 'quick_reply' })),
  ];
  return {
    name: m.nom,
    language: { code: m.langue },
    ...(components.length === 0 ? {} : { components }),
  };
}

/** {{1}} is told by its place, {{name}} by its name. */
function textes(valeurs: string[], noms: string[]): Record<string, unknown>[] {
  return valeurs.map((text, i) => {
    const nom = noms[i];
    return { type: 'text', ...(nom === undefined || /^\d+$/.test(nom) ? {} : { parameter_name: nom }), text };
  });
}

function bouton(valeur: string, { rang, genre }: Forme['boutons'][number]): Record<string, unknown> {
  const parametre = {
    quick_reply: { type: 'payload', payload: valeur },
    url: { type: 'text', text: valeur },
    copy_code: { type: 'coupon_code', coupon_code: valeur },
  }[genre];
  return { type: 'button', sub_type: genre, index: String(rang), parameters: [parametre] };
}
