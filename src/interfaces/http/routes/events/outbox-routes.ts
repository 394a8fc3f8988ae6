import Type, { type Static } from 'typebox';
import type { DeadEvent, LoggedEvent } from '../../../../domain/outbox/outbox-queue.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidOutput,
} from '../../../api/schemas/common.ts';
import { type Route, route } from '../../route.ts';
import { deadLetterRoutes } from '../dead-letter-routes.ts';
import { verificationRoutes } from './verification-routes.ts';

const tag = 'Events';

const eventSchema = Type.Object({
  id: uuidOutput(),
  position: Type.Integer(),
  type: Type.String(),
  time: timeOutput(),
  user_id: nullableString(),
  user_version: Type.Union([Type.Integer(), Type.Null()]),
  data: Type.Unknown(),
});
const deadEventSchema = Type.Object({
  id: uuidOutput(),
  type: Type.String(),
  time: timeOutput(),
  user_id: nullableString(),
  dead_at: timeOutput(),
  attempts: Type.Integer(),
  last_error: nullableString(),
  waiting_behind: Type.Integer(),
});

function toEventResponse({ id, position, event, time }: LoggedEvent): Static<typeof eventSchema> {
  const { type, userId, userVersion, data } = event;
  return { id, position, type, time, user_id: userId, user_version: userVersion, data };
}

const listOutbox = route({
  method: 'GET',
  path: '/v1/outbox',
  operationId: 'listOutbox',
  tag,
  summary: 'List events after a position; without one, return only the last position',
  access: 'operator',
  query: closedObject({ after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })) }),
  responses: {
    200: {
      description: 'The events, and the position of the last one.',
      schema: Type.Object({ events: Type.Array(eventSchema), last_position: Type.Integer() }),
    },
  },
  problems: [],
  handle: async ({ caller, query }, { useCases }) => {
    const after = query.after === undefined ? null : Number(query.after);
    const { events, lastPosition } = await useCases.outbox.list(caller, after);
    return {
      status: 200,
      body: { events: events.map(toEventResponse), last_position: lastPosition },
    };
  },
});

/** Routes of the outbox; on the control socket only. */
export const outboxRoutes: readonly Route[] = [
  listOutbox,
  ...verificationRoutes,
  ...deadLetterRoutes({
    tag,
    noun: 'Event',
    path: '/v1/events/dead-letters',
    itemSchema: deadEventSchema,
    toResponse: (event: DeadEvent) => ({
      id: event.id,
      type: event.type,
      time: event.time,
      user_id: event.userId,
      dead_at: event.deadAt,
      attempts: event.attempts,
      last_error: event.lastError,
      waiting_behind: event.waitingBehind,
    }),
    select: ({ outbox }) => outbox.deadLetters,
  }),
];
