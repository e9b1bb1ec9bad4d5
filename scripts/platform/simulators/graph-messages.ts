// What a request to `/{phone_number_id}/messages` may say: the shapes and limits of the Cloud API's message types.
// Anything else is refused as Meta does (code 100), so that a wrong message fails here and not in production.
import { z } from 'zod';
import { invalidParameter, type Refusal } from './graph-errors.ts';
import { BSUID, PHONE } from './graph-identity.ts';

const media = {
  id: z.string().min(1).optional(),
  link: z.url({ protocol: /^https?$/ }).optional(),
};
const oneSource = (value: { id?: string | undefined; link?: string | undefined }): boolean =>
  (value.id === undefined) !== (value.link === undefined);
const ONE_SOURCE = 'exactly one of id and link is required';

function unique<T>(items: readonly T[]): boolean {
  return new Set(items).size === items.length;
}

const bodyText = (max: number) => z.strictObject({ text: z.string().min(1).max(max) });
const footer = z.strictObject({ text: z.string().min(1).max(60) }).optional();
const textHeader = z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(60) });
const mediaHeader = z.looseObject({ type: z.enum(['image', 'video', 'document']) });

const replyButtons = z.strictObject({
  type: z.literal('button'),
  header: z.union([textHeader, mediaHeader]).optional(),
  body: bodyText(1024),
  footer,
  action: z.strictObject({
    buttons: z
      .array(
        z.strictObject({
          type: z.literal('reply'),
          reply: z.strictObject({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) }),
        }),
      )
      .min(1)
      .max(3)
      .refine((buttons) => unique(buttons.map((button) => button.reply.id)), 'button ids must be unique')
      .refine(
        (buttons) => unique(buttons.map((button) => button.reply.title)),
        'button titles must be unique',
      ),
  }),
});

const section = z.strictObject({
  title: z.string().min(1).max(24).optional(),
  rows: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(200),
        title: z.string().min(1).max(24),
        description: z.string().min(1).max(72).optional(),
      }),
    )
    .min(1),
});

const list = z.strictObject({
  type: z.literal('list'),
  header: textHeader.optional(),
  body: bodyText(4096),
  footer,
  action: z.strictObject({
    button: z.string().min(1).max(20),
    sections: z
      .array(section)
      .min(1)
      .max(10)
      .refine((all) => all.flatMap((one) => one.rows).length <= 10, 'at most 10 rows in all sections')
      .refine((all) => unique(all.flatMap((one) => one.rows.map((row) => row.id))), 'row ids must be unique')
      .refine(
        (all) => all.length === 1 || all.every((one) => one.title !== undefined),
        'every section needs a title',
      ),
  }),
});

const locationRequest = z.strictObject({
  type: z.literal('location_request_message'),
  body: bodyText(1024),
  action: z.strictObject({ name: z.literal('send_location') }),
});

const link = z.strictObject({
  link: z.url({ protocol: /^https?$/ }),
  filename: z.string().min(1).optional(),
});
const textParameter = z.strictObject({
  type: z.literal('text'),
  text: z
    .string()
    .min(1)
    .max(1024)
    .regex(
      /^(?:(?!\n|\t| {5}).)+$/su,
      'Param text cannot have new-line/tab characters or more than 4 consecutive spaces',
    ),
  parameter_name: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/)
    .optional(),
});
const headerComponent = z.strictObject({
  type: z.literal('header'),
  parameters: z
    .array(
      z.union([
        textParameter,
        z.strictObject({ type: z.literal('image'), image: link }),
        z.strictObject({ type: z.literal('video'), video: link }),
        z.strictObject({ type: z.literal('document'), document: link }),
      ]),
    )
    .length(1),
});
const bodyComponent = z.strictObject({ type: z.literal('body'), parameters: z.array(textParameter).min(1) });
const buttonComponent = z.strictObject({
  type: z.literal('button'),
  sub_type: z.enum(['quick_reply', 'url', 'copy_code']),
  index: z.string().regex(/^[0-9]$/),
  parameters: z
    .array(
      z.union([
        z.strictObject({ type: z.literal('payload'), payload: z.string().min(1).max(1024) }),
        z.strictObject({ type: z.literal('text'), text: z.string().min(1) }),
        z.strictObject({ type: z.literal('coupon_code'), coupon_code: z.string().min(1).max(15) }),
      ]),
    )
    .length(1),
});

/** The part of a message that is named like its type: `{ "type": "text", "text": … }`. */
const CONTENTS = {
  text: z.strictObject({ body: z.string().min(1).max(4096), preview_url: z.boolean().optional() }),
  image: z.strictObject({ ...media, caption: z.string().max(1024).optional() }).refine(oneSource, ONE_SOURCE),
  video: z.strictObject({ ...media, caption: z.string().max(1024).optional() }).refine(oneSource, ONE_SOURCE),
  document: z
    .strictObject({
      ...media,
      caption: z.string().max(1024).optional(),
      filename: z.string().min(1).max(240).optional(),
    })
    .refine(oneSource, ONE_SOURCE),
  audio: z.strictObject({ ...media, voice: z.boolean().optional() }).refine(oneSource, ONE_SOURCE),
  sticker: z.strictObject(media).refine(oneSource, ONE_SOURCE),
  location: z.strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: z.string().optional(),
    address: z.string().optional(),
  }),
  interactive: z.discriminatedUnion('type', [replyButtons, list, locationRequest]),
  template: z.looseObject({
    name: z.string().regex(/^[a-z0-9_]{1,512}$/),
    language: z.looseObject({ code: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2,3})?$/) }),
    components: z
      .array(z.discriminatedUnion('type', [headerComponent, bodyComponent, buttonComponent]))
      .optional(),
  }),
  reaction: z.strictObject({ message_id: z.string().min(1), emoji: z.string() }),
  contacts: z.array(z.looseObject({ name: z.looseObject({ formatted_name: z.string().min(1) }) })).min(1),
} as const;

export type MessageType = keyof typeof CONTENTS;

const messageTypes = Object.keys(CONTENTS) as [MessageType, ...MessageType[]];

const envelope = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.literal('individual').optional(),
  to: z.string().regex(PHONE).optional(),
  recipient: z.string().regex(BSUID).optional(),
  type: z.enum(messageTypes).default('text'),
  context: z.looseObject({ message_id: z.string().min(1) }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
});

const readReceipt = z.strictObject({
  messaging_product: z.literal('whatsapp'),
  status: z.literal('read'),
  message_id: z.string().min(1),
  typing_indicator: z.strictObject({ type: z.literal('text') }).optional(),
});

/** `to` is a phone number and wins over `recipient`, a business-scoped user id (BSUID). */
export type Recipient = { input: string; waId: string } | { input: string; bsuid: string };

export type MessageRequest = {
  kind: 'message';
  recipient: Recipient;
  type: MessageType;
  callbackData: string | undefined;
};
export type GraphRequest = { kind: 'read' } | MessageRequest;

function firstProblem(error: z.ZodError, under: string[]): Refusal {
  const issue = error.issues[0];
  const path = [...under, ...(issue?.path ?? [])].map(String).join('.');
  return invalidParameter(`Param ${path === '' ? 'root' : path}: ${issue?.message ?? 'invalid'}`);
}

export function parseGraphRequest(
  body: unknown,
): { data: GraphRequest; error: null } | { data: null; error: Refusal } {
  const fail = (error: Refusal) => ({ data: null, error });

  if (typeof body === 'object' && body !== null && 'status' in body) {
    const receipt = readReceipt.safeParse(body);
    return receipt.success ? { data: { kind: 'read' }, error: null } : fail(firstProblem(receipt.error, []));
  }

  const parsed = envelope.safeParse(body);
  if (!parsed.success) return fail(firstProblem(parsed.error, []));
  const { to, recipient, type, biz_opaque_callback_data: callbackData } = parsed.data;

  const content = CONTENTS[type].safeParse(parsed.data[type]);
  if (!content.success) return fail(firstProblem(content.error, [type]));

  if (to !== undefined) {
    const target = { input: to, waId: to.replace('+', '') };
    return { data: { kind: 'message', recipient: target, type, callbackData }, error: null };
  }
  if (recipient !== undefined) {
    const target = { input: recipient, bsuid: recipient };
    return { data: { kind: 'message', recipient: target, type, callbackData }, error: null };
  }
  return fail(invalidParameter('The parameter to is required.'));
}
