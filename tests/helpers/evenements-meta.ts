// Events of Meta in the shapes of its public reference, with invented people: what a prospect may send, and the envelopes around it.
import { createHmac } from 'node:crypto';
import type { Vendeur } from './vendeurs.ts';

export type Objet = Record<string, unknown>;
export type Changement = { waba: string; field: string; value: Objet };
export type Personne = { numero?: string; bsuid?: string; nom?: string };

let rang = 0;
export function wamid(): string {
  rang += 1;
  return `wamid.essai.${process.pid}.${rang}`;
}

/** Somebody new, with a phone number in Abidjan and Meta's id. */
export function personne(o: Partial<Personne> = {}): Personne {
  rang += 1;
  const n = String(rang).padStart(8, '0');
  return { numero: `22507${n}`, bsuid: `CI.7${n}`, nom: `Personne ${rang}`, ...o };
}

export const secondes = (date = Date.now()) => String(Math.floor(date / 1000));

/** Who sends a message, as Meta writes it into the message. */
export function de(qui: Personne): Objet {
  return {
    ...(qui.numero === undefined ? {} : { from: qui.numero }),
    ...(qui.bsuid === undefined ? {} : { from_user_id: qui.bsuid }),
  };
}

export function contact(qui: Personne): Objet {
  return {
    ...(qui.nom === undefined ? {} : { profile: { name: qui.nom } }),
    ...(qui.numero === undefined ? {} : { wa_id: qui.numero }),
    ...(qui.bsuid === undefined ? {} : { user_id: qui.bsuid }),
  };
}

const wabaDe = (v: Pick<Vendeur, 'numero'>) => `2${v.numero.slice(1)}`;

export function changement(
  v: Pick<Vendeur, 'numero'>,
  value: Objet,
  field = 'messages',
  metadata = { display_phone_number: '2250700000000', phone_number_id: v.numero },
): Changement {
  return { waba: wabaDe(v), field, value: { messaging_product: 'whatsapp', metadata, ...value } };
}

export function message(v: Vendeur, qui: Personne, m: Objet): Changement {
  return changement(v, {
    contacts: [contact(qui)],
    messages: [{ ...de(qui), id: wamid(), timestamp: secondes(), ...m }],
  });
}

export const texte = (v: Vendeur, qui: Personne, body: string, autre: Objet = {}) =>
  message(v, qui, { type: 'text', text: { body }, ...autre });

/** The wamid of the first message of a change. */
export function idDe(c: Changement): string {
  const [premier] = (c.value.messages ?? c.value.message_echoes) as { id: string }[];
  return premier?.id ?? '';
}

/** A message the vendor wrote on his own phone. */
export function echo(v: Vendeur, a: Personne, m: Objet): Changement {
  return changement(
    v,
    {
      contacts: [contact(a)],
      message_echoes: [
        {
          from: '2250700000000',
          ...(a.numero === undefined ? {} : { to: a.numero }),
          ...(a.bsuid === undefined ? {} : { to_user_id: a.bsuid }),
          id: wamid(),
          timestamp: secondes(),
          ...m,
        },
      ],
    },
    'smb_message_echoes',
  );
}

export function preference(v: Vendeur, qui: Personne, value: string, timestamp: number): Changement {
  const { numero: wa_id, bsuid: user_id } = qui;
  const element = {
    wa_id,
    user_id,
    detail: `User requested to ${value} marketing messages`,
    category: 'marketing_messages',
    value,
    timestamp,
  };
  return changement(v, { contacts: [contact(qui)], user_preferences: [element] }, 'user_preferences');
}

export function statut(v: Vendeur, s: Objet): Changement {
  return changement(v, { statuses: [{ timestamp: secondes(), ...s }] });
}

/** An event about the account: no metadata, the entry is the WABA. */
export function evenementCompte(v: Vendeur, field: string, value: Objet): Changement {
  return { waba: wabaDe(v), field, value };
}

/** One POST of these changes. `trace` makes other bytes of the same event. */
export function corps(changements: Changement[], o: { time?: number; trace?: string } = {}): string {
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: changements.map(({ waba, field, value }) => ({
      id: waba,
      time: o.time ?? Math.floor(Date.now() / 1000),
      changes: [{ value, field }],
    })),
    ...(o.trace === undefined ? {} : { trace: o.trace }),
  });
}

export const base64 = (octets: string) => Buffer.from(octets).toString('base64');

export async function poster(
  apiUrl: string,
  octets: string | Uint8Array,
  secret = 'dev-app-secret',
): Promise<number> {
  const signature = createHmac('sha256', secret).update(octets).digest('hex');
  const reponse = await fetch(`${apiUrl}/functions/v1/whatsapp-webhook`, {
    method: 'POST',
    body: octets as BodyInit,
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
  });
  await reponse.text();
  return reponse.status;
}

export type Type = {
  nom: string;
  message: Objet;
  /** The row: columns that are not named here have their usual value. */
  ligne: {
    type_message: string;
    contenu_message: string;
    charge_utile: unknown;
    reponse_a?: string;
    sans_reponse?: boolean;
  };
};

const fichier = (id: string, mime_type: string) => ({ id, mime_type, sha256: 'n8Jt0q5+Yb3mN2v7c4s1xw==' });
const image = fichier('1003383421387256', 'image/jpeg');
const sticker = { ...fichier('1003383421387257', 'image/webp'), animated: false };
const voix = { ...fichier('1003383421387258', 'audio/ogg; codecs=opus'), voice: true };
const document = { ...fichier('1003383421387259', 'application/pdf'), filename: 'bon de commande.pdf' };
const contexte = { from: '2250700000000', id: 'wamid.avant' };
const articles = [
  { product_retailer_id: 'NIKE-40', quantity: 2, item_price: 45000, currency: 'XOF' },
  { product_retailer_id: 'STAN-41', quantity: '1', item_price: 35000, currency: 'XOF' },
];
const awa = {
  name: { formatted_name: 'Awa Koné', first_name: 'Awa' },
  phones: [
    { phone: '+225 07 08 09 10 11', wa_id: '2250708091011', type: 'CELL' },
    { wa_id: '2250501020304' },
  ],
};
const publicite = {
  source_url: 'https://fb.me/5kT',
  source_type: 'ad',
  source_id: '120210000000000001',
  headline: 'Air Max',
  ctwa_clid: 'ARAkLkA8rmlFeiCktEJQ',
};
const fleur = { response_json: '{"flow_token":"x","taille":"40"}', body: 'Sent', name: 'flow' };
const erreurs = [{ code: 131051, title: 'Message type unknown', error_data: { details: 'Not supported.' } }];

/** Every documented type of an inbound message, alone. */
export const TYPES: Type[] = [
  {
    nom: 'text',
    message: { type: 'text', text: { body: 'Bonjour, les Nike en 40 ?' } },
    ligne: { type_message: 'texte', contenu_message: 'Bonjour, les Nike en 40 ?', charge_utile: null },
  },
  {
    nom: 'text, a reply to another, forwarded',
    message: { type: 'text', text: { body: 'Celle-là' }, context: { ...contexte, forwarded: true } },
    ligne: {
      type_message: 'texte',
      contenu_message: 'Celle-là',
      charge_utile: { context: { ...contexte, forwarded: true } },
      reponse_a: 'wamid.avant',
    },
  },
  {
    nom: 'text from an advertisement',
    message: { type: 'text', text: { body: 'Je suis intéressée' }, referral: publicite },
    ligne: {
      type_message: 'texte',
      contenu_message: 'Je suis intéressée',
      charge_utile: { referral: publicite },
    },
  },
  {
    nom: 'image',
    message: { type: 'image', image: { ...image, caption: 'Celle-ci ?' } },
    ligne: {
      type_message: 'image',
      contenu_message: 'Celle-ci ?',
      charge_utile: { image: { ...image, caption: 'Celle-ci ?' } },
    },
  },
  {
    nom: 'sticker',
    message: { type: 'sticker', sticker },
    ligne: { type_message: 'image', contenu_message: '', charge_utile: { type: 'sticker', sticker } },
  },
  {
    nom: 'audio',
    message: { type: 'audio', audio: voix },
    ligne: { type_message: 'audio', contenu_message: '', charge_utile: { audio: voix } },
  },
  {
    nom: 'video',
    message: { type: 'video', video: { ...image, mime_type: 'video/mp4', caption: 'Regardez' } },
    ligne: {
      type_message: 'video',
      contenu_message: 'Regardez',
      charge_utile: { video: { ...image, mime_type: 'video/mp4', caption: 'Regardez' } },
    },
  },
  {
    nom: 'document',
    message: { type: 'document', document },
    ligne: { type_message: 'document', contenu_message: 'bon de commande.pdf', charge_utile: { document } },
  },
  {
    nom: 'location with a name',
    message: {
      type: 'location',
      location: { latitude: 5.36, longitude: -4.01, name: 'Cocody', address: 'Angré' },
    },
    ligne: {
      type_message: 'localisation',
      contenu_message: 'Cocody, Angré',
      charge_utile: { location: { latitude: 5.36, longitude: -4.01, name: 'Cocody', address: 'Angré' } },
    },
  },
  {
    nom: 'location without',
    message: { type: 'location', location: { latitude: 5.36, longitude: -4.01 } },
    ligne: {
      type_message: 'localisation',
      contenu_message: '5.36, -4.01',
      charge_utile: { location: { latitude: 5.36, longitude: -4.01 } },
    },
  },
  {
    nom: 'contacts',
    message: { type: 'contacts', contacts: [awa, { name: { formatted_name: 'Boutique' } }] },
    ligne: {
      type_message: 'contact',
      contenu_message: 'Awa Koné +225 07 08 09 10 11, +2250501020304 ; Boutique',
      charge_utile: { contacts: [awa, { name: { formatted_name: 'Boutique' } }] },
    },
  },
  {
    nom: 'button of a template',
    message: { type: 'button', button: { payload: 'OUI', text: 'Oui, merci' }, context: contexte },
    ligne: {
      type_message: 'interactif',
      contenu_message: 'Oui, merci',
      charge_utile: { type: 'button', button: { payload: 'OUI', text: 'Oui, merci' }, context: contexte },
      reponse_a: 'wamid.avant',
    },
  },
  ...(
    [
      ['button_reply', { id: 'oui', title: 'Oui' }, 'Oui'],
      ['list_reply', { id: 't40', title: 'Pointure 40', description: 'en stock' }, 'Pointure 40'],
      ['nfm_reply', fleur, 'Sent'],
    ] as const
  ).map(([type, valeur, contenu_message]) => ({
    nom: `interactive ${type}`,
    message: { type: 'interactive', interactive: { type, [type]: valeur }, context: contexte },
    ligne: {
      type_message: 'interactif',
      contenu_message,
      charge_utile: { interactive: { type, [type]: valeur }, context: contexte },
      reponse_a: 'wamid.avant',
    },
  })),
  {
    nom: 'order',
    message: { type: 'order', order: { catalog_id: '9', text: 'vite', product_items: articles } },
    ligne: {
      type_message: 'interactif',
      contenu_message: '3 articles : vite',
      charge_utile: { type: 'order', order: { catalog_id: '9', text: 'vite', product_items: articles } },
    },
  },
  {
    nom: 'reaction',
    message: { type: 'reaction', reaction: { message_id: 'wamid.avant', emoji: '👍' } },
    ligne: {
      type_message: 'reaction',
      contenu_message: '👍',
      charge_utile: { reaction: { message_id: 'wamid.avant', emoji: '👍' } },
      reponse_a: 'wamid.avant',
      sans_reponse: true,
    },
  },
  {
    nom: 'reaction taken back',
    message: { type: 'reaction', reaction: { message_id: 'wamid.avant' } },
    ligne: {
      type_message: 'reaction',
      contenu_message: '',
      charge_utile: { reaction: { message_id: 'wamid.avant' } },
      reponse_a: 'wamid.avant',
      sans_reponse: true,
    },
  },
  {
    nom: 'unsupported',
    message: { type: 'unsupported', errors: erreurs, unsupported: { type: 'poll_creation' } },
    ligne: {
      type_message: 'inconnu',
      contenu_message: '',
      charge_utile: { type: 'unsupported', errors: erreurs, unsupported: { type: 'poll_creation' } },
    },
  },
  {
    nom: 'request_welcome',
    message: { type: 'request_welcome' },
    ligne: {
      type_message: 'inconnu',
      contenu_message: '',
      charge_utile: { type: 'request_welcome' },
      sans_reponse: true,
    },
  },
  {
    nom: 'ephemeral',
    message: { type: 'ephemeral', from_parent_user_id: 'CI.ENT.9' },
    ligne: {
      type_message: 'inconnu',
      contenu_message: '',
      charge_utile: { type: 'ephemeral', from_parent_user_id: 'CI.ENT.9' },
    },
  },
];
