// The media of the simulated Meta: an id gives a URL that lives for five minutes, the URL gives the bytes, both want the token.
// A person's message that names an id brings a small file of its type along; `POST /_media` makes any other.
import { createHash, randomInt } from 'node:crypto';
import { z } from 'zod';
import { route } from './graph-control.ts';
import { graphErrorBody } from './graph-errors.ts';
import type { GraphAnswer, GraphCall, GraphContext, GraphModule } from './graph-module.ts';

const DAY_MS = 86_400_000;
const INBOUND_LIFE_MS = 7 * DAY_MS;
const UPLOADED_LIFE_MS = 30 * DAY_MS;
const URL_LIFE_MS = 5 * 60_000;
const DOWNLOAD_PATH = '?/whatsapp_business/attachments/';
const KINDS = ['image', 'sticker', 'audio', 'video', 'document'];

type Media = {
  id: string;
  mimeType: string;
  content: Buffer;
  /** What the API says of it; a test may have it lie. */
  sha256: string;
  fileSize: number;
  expiresAt: number;
  /** So many of its next URLs are dead from the start. */
  deadUrls: number;
  /** How its next calls are refused. */
  refusals: { statut: number; code: number }[];
  /** So many of its next downloads are cut in the middle. */
  cuts: number;
};

const zip = (entry: string) => {
  const header = Buffer.alloc(30);
  header.write('PK\u0003\u0004', 'latin1');
  header.writeUInt16LE(entry.length, 26);
  return Buffer.concat([header, Buffer.from(entry)]);
};
const ftyp = (brand: string) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}`)]);
const ole = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const openXml = 'application/vnd.openxmlformats-officedocument';

/** How a file of each type begins. */
const BEGINNINGS: Record<string, Buffer> = {
  'image/jpeg': Buffer.from('ffd8ffe000104a46494600', 'hex'),
  'image/png': Buffer.from('89504e470d0a1a0a', 'hex'),
  'image/webp': Buffer.from('RIFF\0\0\0\0WEBPVP8 '),
  'audio/ogg': Buffer.from('OggS\0OpusHead'),
  'audio/mpeg': Buffer.from('ID3\u0004'),
  'audio/mp4': ftyp('M4A '),
  'audio/aac': Buffer.from('fff15080', 'hex'),
  'audio/amr': Buffer.from('#!AMR\n'),
  'video/mp4': ftyp('mp42'),
  'video/3gpp': ftyp('3gp4'),
  'application/pdf': Buffer.from('%PDF-1.7\n'),
  'text/plain': Buffer.from('Bonjour, voici ma liste.\n'),
  'application/msword': ole,
  'application/vnd.ms-excel': ole,
  'application/vnd.ms-powerpoint': ole,
  [`${openXml}.wordprocessingml.document`]: zip('[Content_Types].xml'),
  [`${openXml}.spreadsheetml.sheet`]: zip('xl/workbook.xml'),
  [`${openXml}.presentationml.presentation`]: zip('ppt/presentation.xml'),
};

const bareType = (mimeType: string) => mimeType.split(';')[0]?.trim() ?? '';

function sample(mimeType: string, bytes: number): Buffer {
  const content = Buffer.alloc(bytes, 0x20);
  (BEGINNINGS[bareType(mimeType)] ?? Buffer.from('????')).copy(content);
  return content;
}

const lever = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9]{5,20}$/, 'un identifiant de média est fait de chiffres')
    .optional(),
  mime_type: z.string().min(3),
  base64: z.base64().optional(),
  octets: z.int().min(0).max(120_000_000).default(2_048),
  sha256: z.string().optional(),
  file_size: z.int().optional(),
  urls_mortes: z.int().min(0).default(0),
  refus: z.array(z.strictObject({ statut: z.int().min(400).max(599), code: z.int() })).default([]),
  coupures: z.int().min(0).default(0),
});

const named = z.looseObject({ id: z.string().regex(/^[0-9]{5,20}$/), mime_type: z.string() });

export function createMedia({ now, baseUrl }: GraphContext): GraphModule {
  const medias = new Map<string, Media>();

  function keep(id: string, mimeType: string, content: Buffer, lifeMs: number, told: Partial<Media> = {}) {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const expiresAt = now() + lifeMs;
    const honest = { sha256, fileSize: content.length, deadUrls: 0, refusals: [], cuts: 0 };
    medias.set(id, { id, mimeType, content, expiresAt, ...honest, ...told });
    return { id, mime_type: mimeType, sha256 };
  }

  const newId = () => `9${String(randomInt(1e14)).padStart(15, '0')}`;
  const gone = (id: string): GraphAnswer => ({
    status: 400,
    body: graphErrorBody(
      100,
      `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
    ),
  });

  function describe(media: Media): GraphAnswer {
    const refusal = media.refusals.shift();
    if (refusal) return { status: refusal.statut, body: graphErrorBody(refusal.code) };
    if (media.expiresAt <= now()) return gone(media.id);
    const dead = media.deadUrls > 0;
    if (dead) media.deadUrls -= 1;
    const until = Math.floor((dead ? now() - 1 : now() + URL_LIFE_MS) / 1000);
    const query = new URLSearchParams({ mid: media.id, ext: String(until), hash: sign(media.id, until) });
    return {
      status: 200,
      body: {
        messaging_product: 'whatsapp',
        url: `${baseUrl()}${DOWNLOAD_PATH.slice(1)}?${query}`,
        mime_type: media.mimeType,
        sha256: media.sha256,
        file_size: media.fileSize,
        id: media.id,
      },
    };
  }

  /** The lookaside is no part of the Graph API and answers in its own way. */
  function download({ query, tokenKnown, userAgent }: GraphCall): GraphAnswer {
    if (!tokenKnown) return { status: 401, body: { error: 'Authentication Error' } };
    if (!userAgent) return { status: 403, body: { error: 'Forbidden' } };
    const [id = '', until = 0] = [query.get('mid') ?? '', Number(query.get('ext'))];
    const media = medias.get(id);
    const good = query.get('hash') === sign(id, until) && until * 1000 > now();
    if (media === undefined || !good) return { status: 404, body: { error: 'URL signature expired' } };
    const cut = media.cuts > 0;
    if (cut) media.cuts -= 1;
    const content = cut ? media.content.subarray(0, media.content.length / 2) : media.content;
    return { status: 200, body: null, bytes: { type: media.mimeType, content } };
  }

  async function upload({ raw, contentType, tokenKnown }: GraphCall): Promise<GraphAnswer> {
    if (!tokenKnown) return { status: 401, body: graphErrorBody(190) };
    const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } })
      .formData()
      .catch(() => null);
    const file = form?.get('file');
    if (form?.get('messaging_product') !== 'whatsapp' || !(file instanceof File))
      return {
        status: 400,
        body: graphErrorBody(100, 'messaging_product and file are required, as multipart'),
      };
    if (!(bareType(file.type) in BEGINNINGS))
      return { status: 400, body: graphErrorBody(100, `Param file must be a file of a supported type`) };
    const content = Buffer.from(await file.arrayBuffer());
    const { id } = keep(newId(), file.type, content, UPLOADED_LIFE_MS);
    return { status: 200, body: { id } };
  }

  return {
    handle(call) {
      if (call.method === 'GET' && call.path === DOWNLOAD_PATH) return download(call);
      if (call.method === 'POST' && /^\/[0-9]{5,20}\/media$/.test(call.path)) return upload(call);
      const media = call.method === 'GET' ? medias.get(call.path.slice(1)) : undefined;
      if (media === undefined) return undefined;
      return call.tokenKnown ? describe(media) : { status: 401, body: graphErrorBody(190) };
    },
    inbound(message) {
      const media = KINDS.map((kind) => named.safeParse(message[kind])).find((read) => read.success)?.data;
      if (media && !medias.has(media.id))
        keep(media.id, media.mime_type, sample(media.mime_type, 2_048), INBOUND_LIFE_MS);
    },
    controls: {
      'POST /_media': route(lever, (o) => {
        const content =
          o.base64 === undefined ? sample(o.mime_type, o.octets) : Buffer.from(o.base64, 'base64');
        return keep(o.id ?? newId(), o.mime_type, content, INBOUND_LIFE_MS, {
          ...(o.sha256 === undefined ? {} : { sha256: o.sha256 }),
          ...(o.file_size === undefined ? {} : { fileSize: o.file_size }),
          deadUrls: o.urls_mortes,
          refusals: [...o.refus],
          cuts: o.coupures,
        });
      }),
    },
    reset: () => medias.clear(),
  };
}

function sign(id: string, until: number): string {
  return createHash('sha256').update(`lookaside ${id} ${until}`).digest('base64url').slice(0, 24);
}
