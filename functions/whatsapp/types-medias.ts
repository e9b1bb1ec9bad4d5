// What a file is by its first bytes, held against what it says it is: a page of HTML that calls itself a picture is not kept.

/** So many bytes are enough to tell. */
export const DEBUT_UTILE = 512;

type Signature = (debut: Uint8Array) => boolean;

const octets =
  (...attendus: number[]): Signature =>
  (debut) =>
    attendus.every((octet, rang) => debut[rang] === octet);
const mots =
  (texte: string, a = 0): Signature =>
  (debut) =>
    ascii(debut.subarray(a, a + texte.length)) === texte;

/** A zip whose first entry is one that office documents begin with; any other zip is an archive, or a program. */
const office: Signature = (debut) => {
  if (!mots('PK\u0003\u0004')(debut)) return false;
  const longueur = (debut[26] ?? 0) + 256 * (debut[27] ?? 0);
  const premier = ascii(debut.subarray(30, 30 + longueur));
  return /^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/|customXml\/)/.test(premier);
};

const ancienOffice = octets(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1);
const isoMedia = mots('ftyp', 4);
/** The frames of MPEG audio begin with eleven ones; the layer tells mp3 (1 to 3) from aac (0). */
const trame =
  (estAac: boolean): Signature =>
  (debut) =>
    debut[0] === 0xff && ((debut[1] ?? 0) & 0xe0) === 0xe0 && (((debut[1] ?? 0) & 0x06) === 0) === estAac;

/** Text has no control characters but those of lines, and no markup at its beginning: a browser might show it as a page. */
const texteSimple: Signature = (debut) => {
  if (debut.some((o) => o < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(o))) return false;
  const lu = new TextDecoder().decode(debut).replace(/^\ufeff/, '');
  return !/^\s*<[!?a-z/]/i.test(lu);
};

const SIGNATURES: Record<string, Signature> = {
  'image/jpeg': octets(0xff, 0xd8, 0xff),
  'image/png': octets(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  'image/webp': (debut) => mots('RIFF')(debut) && mots('WEBP', 8)(debut),
  'audio/aac': (debut) => trame(true)(debut) || mots('ADIF')(debut) || isoMedia(debut),
  'audio/amr': mots('#!AMR'),
  'audio/mpeg': (debut) => mots('ID3')(debut) || trame(false)(debut),
  'audio/mp4': isoMedia,
  'audio/ogg': mots('OggS'),
  'video/mp4': isoMedia,
  'video/3gpp': isoMedia,
  'video/3gp': isoMedia,
  'application/pdf': (debut) => /^\s*%PDF-/.test(ascii(debut.subarray(0, 32))),
  'text/plain': texteSimple,
  'application/msword': ancienOffice,
  'application/vnd.ms-excel': ancienOffice,
  'application/vnd.ms-powerpoint': ancienOffice,
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': office,
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': office,
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': office,
};

/** Whether bytes that begin so may be of this type; a type that is not known here never is. */
export function contenuPlausible(typeMime: string, debut: Uint8Array): boolean {
  const signature = Object.hasOwn(SIGNATURES, typeMime) ? SIGNATURES[typeMime] : undefined;
  return signature !== undefined && debut.length > 0 && signature(debut.subarray(0, DEBUT_UTILE));
}

function ascii(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}
