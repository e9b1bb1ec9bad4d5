// What the Gemini API takes in `generateContent`: unknown names, wrong roles and empty parts are refused, as Google does.
import { z } from 'zod';

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'Base64 decoding failed');
const MEDIA =
  /^(?:audio\/(?:wav|mp3|mpeg|aiff|aac|ogg|flac|mp4|m4a)|image\/(?:png|jpeg|webp|heic|heif)|video\/(?:mp4|mpeg|webm|3gpp)|application\/pdf|text\/plain)$/;

const signature = { thought: z.boolean().optional(), thoughtSignature: z.string().optional() };
const part = z.union([
  z.strictObject({ ...signature, text: z.string() }),
  z.strictObject({
    ...signature,
    inlineData: z.strictObject({
      mimeType: z.string().regex(MEDIA, 'Unsupported MIME type'),
      data: base64.min(1),
    }),
  }),
  z.strictObject({
    ...signature,
    functionCall: z.strictObject({
      id: z.string().optional(),
      name: z.string().min(1),
      args: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  z.strictObject({
    functionResponse: z.strictObject({
      id: z.string().optional(),
      name: z.string().min(1),
      response: z.record(z.string(), z.unknown()),
    }),
  }),
]);

const content = z.strictObject({
  role: z.enum(['user', 'model', 'function']).optional(),
  parts: z.array(part).min(1, 'GenerateContentRequest.contents: parts is not specified'),
});

export const generateContent = z
  .strictObject({
    contents: z.array(content).min(1, 'GenerateContentRequest.contents: contents is not specified'),
    systemInstruction: z
      .strictObject({ role: z.string().optional(), parts: z.array(part).min(1) })
      .optional(),
    tools: z
      .array(
        z.strictObject({
          functionDeclarations: z
            .array(
              z.strictObject({
                name: z.string().regex(/^[A-Za-z_][\w.-]{0,63}$/),
                description: z.string(),
                parameters: z.record(z.string(), z.unknown()).optional(),
              }),
            )
            .min(1),
        }),
      )
      .optional(),
    toolConfig: z.record(z.string(), z.unknown()).optional(),
    safetySettings: z.array(z.record(z.string(), z.unknown())).optional(),
    generationConfig: z
      .strictObject({
        temperature: z.number().min(0).max(2).optional(),
        topP: z.number().optional(),
        topK: z.number().optional(),
        candidateCount: z.literal(1).optional(),
        maxOutputTokens: z.int().min(1).max(65_536).optional(),
        stopSequences: z.array(z.string()).max(5).optional(),
        responseMimeType: z.enum(['text/plain', 'application/json']).optional(),
        responseSchema: z.record(z.string(), z.unknown()).optional(),
        thinkingConfig: z
          .strictObject({
            thinkingLevel: z.enum(['low', 'medium', 'high']).optional(),
            includeThoughts: z.boolean().optional(),
          })
          .optional(),
      })
      .optional(),
  })
  .refine(
    ({ contents }) => contents.at(-1)?.role !== 'model',
    'Please ensure that single turn requests end with a user role or the role field is empty.',
  )
  .refine(
    ({ contents }) => contents.every((c, i) => answered(c, contents[i + 1])),
    'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
  )
  .refine(
    ({ contents }) =>
      contents.every((c, i) => calls(c) === 0 || (i > 0 && contents[i - 1]?.role !== 'model')),
    'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
  )
  .refine(
    ({ contents }) => contents.every(signed),
    'Function call is missing a thought_signature in functionCall parts.',
  );

const calls = (c: Content): number => c.parts.filter((p) => 'functionCall' in p).length;

function answered(turn: Content, next: Content | undefined): boolean {
  const asked = calls(turn);
  const given = next?.parts.filter((p) => 'functionResponse' in p) ?? [];
  return asked === 0 || given.length === asked;
}

/** The first call of a turn carries the signature it came with. */
function signed(turn: Content): boolean {
  const first = turn.parts.find((p) => 'functionCall' in p);
  return first === undefined || ('thoughtSignature' in first && first.thoughtSignature !== undefined);
}

type Content = z.infer<typeof content>;
export type GenerateContent = z.infer<typeof generateContent>;
