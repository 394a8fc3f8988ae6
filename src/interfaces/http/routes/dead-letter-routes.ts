import Type, { type Static, type TSchema } from 'typebox';
import type { DeadLetterUseCases } from '../../../application/dead-letters.ts';
import type { UseCases } from '../../../application/use-cases.ts';
import { closedObject, uuidInput } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

/** One kind of dead letter. */
interface DeadLetterSpec<Item, ItemSchema extends TSchema> {
  readonly tag: string;
  /** Names the kind in operation ids and descriptions. */
  readonly noun: 'Event' | 'Mail' | 'Webhook';
  readonly path: string;
  readonly itemSchema: ItemSchema;
  toResponse(item: Item): Static<ItemSchema>;
  select(useCases: UseCases): DeadLetterUseCases<Item>;
}

const ITEMS = { Event: 'event', Mail: 'mail', Webhook: 'delivery' } as const;

/** The routes to list, requeue and drop dead letters. They exist on the control socket only. */
export function deadLetterRoutes<Item, ItemSchema extends TSchema>(
  spec: DeadLetterSpec<Item, ItemSchema>,
): readonly Route[] {
  const { tag, noun, path, itemSchema, toResponse, select } = spec;
  const idDescription = `Id of the ${ITEMS[noun]}.`;
  const count = Type.Object({ count: Type.Integer() });
  return [
    route({
      method: 'GET',
      path,
      operationId: `list${noun}DeadLetters`,
      tag,
      summary: 'List dead letters',
      access: 'operator',
      responses: {
        200: {
          description: 'At most 1,000, the oldest first.',
          schema: Type.Object({ dead_letters: Type.Array(itemSchema) }),
        },
      },
      problems: [],
      handle: async ({ caller }, { useCases }) => {
        const items = await select(useCases).list(caller);
        return { status: 200, body: { dead_letters: items.map(toResponse) } };
      },
    }),
    route({
      method: 'POST',
      path: `${path}/requeue`,
      operationId: `requeue${noun}DeadLetters`,
      ignoresIdempotencyKey: 'not repeatable',
      tag,
      summary: 'Requeue one dead letter, or all for null',
      access: 'operator',
      body: {
        schema: closedObject({ id: Type.Union([uuidInput(idDescription), Type.Null()]) }),
        mediaTypes: ['application/json'],
      },
      responses: { 200: { description: 'How many were requeued.', schema: count } },
      problems: [],
      handle: async ({ caller, body }, { useCases }) => ({
        status: 200,
        body: { count: await select(useCases).requeue(caller, body.id) },
      }),
    }),
    route({
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: `drop${noun}DeadLetter`,
      ignoresIdempotencyKey: 'not repeatable',
      tag,
      summary: 'Drop a dead letter',
      access: 'operator',
      params: closedObject({ id: uuidInput(idDescription) }),
      responses: {
        200: {
          description: 'How many were dropped: 0 when no dead letter has this id.',
          schema: count,
        },
      },
      problems: [],
      handle: async ({ caller, params }, { useCases }) => {
        const dropped = await select(useCases).drop(caller, params.id);
        return { status: 200, body: { count: dropped ? 1 : 0 } };
      },
    }),
  ];
}
