// `POST /_evenement`: any event of Meta, signed and delivered as Meta would. What a person or Meta itself may do beyond writing
// (edits, echoes, preferences, account and template events) needs no lever of its own.
import { z } from 'zod';
import { route } from './graph-control.ts';
import { DEMO_PHONE_NUMBER_ID, wabaOf } from './graph-identity.ts';
import type { GraphContext, GraphModule } from './graph-module.ts';

const event = z.union(
  [
    z.strictObject({ corps: z.record(z.string(), z.unknown()) }),
    z.strictObject({
      waba: z.string().min(1).optional(),
      field: z.string().min(1),
      value: z.record(z.string(), z.unknown()),
    }),
  ],
  'il faut « corps » (tout le corps), ou « field » et « value » (et « waba »)',
);

const numbered = z.object({ metadata: z.object({ phone_number_id: z.string().regex(/^[0-9]{5,20}$/) }) });

/** The account of the number that the event names; of the demo number when it names none. */
function wabaNamed(value: Record<string, unknown>): string {
  return wabaOf(numbered.safeParse(value).data?.metadata.phone_number_id ?? DEMO_PHONE_NUMBER_ID);
}

export function createEventsLever(context: GraphContext): GraphModule {
  return {
    handle: () => undefined,
    controls: {
      'POST /_evenement': route(event, async (body) => ({
        statut:
          'corps' in body
            ? await context.deliverBody(body.corps)
            : await context.deliver({
                waba: body.waba ?? wabaNamed(body.value),
                field: body.field,
                value: body.value,
              }),
      })),
    },
    reset() {},
  };
}
