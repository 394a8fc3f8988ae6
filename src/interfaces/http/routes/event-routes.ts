import Type, { type Static } from 'typebox';
import type { LoggedEvent, ParkedEvent } from '../../../domain/outbox/outbox-queue.ts';
import { closedObject, nullableString, timeOutput, uuidOutput } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';
import { setAsideRoutes } from './dead-letter-routes.ts';

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
const parkedSchema = Type.Object({
  id: uuidOutput(),
  type: Type.String(),
  time: timeOutput(),
  user_id: nullableString(),
  parked_at: timeOutput(),
  attempts: Type.Integer(),
  last_error: nullableString(),
  waiting_behind: Type.Integer(),
});

function toEventResponse({ id, position, event, time }: LoggedEvent): Static<typeof eventSchema> {
  const { type, userId, userVersion, data } = event;
  return { id, position, type, time, user_id: userId, user_version: userVersion, data };
}

function toDeadEventResponse(parked: ParkedEvent): Static<typeof parkedSchema> {
  return {
    id: parked.id,
    type: parked.type,
    time: parked.time,
    user_id: parked.userId,
    parked_at: parked.parkedAt,
    attempts: parked.attempts,
    last_error: parked.lastError,
    waiting_behind: parked.waitingBehind,
  };
}

const listEvents = route({
  method: 'GET',
  path: '/v1/events',
  operationId: 'listEvents',
  tag,
  summary: 'Events after a position; without one, only the last position',
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

const listParkedEvents = route({
  method: 'GET',
  path: '/v1/events/parked',
  operationId: 'listParkedEvents',
  tag,
  summary: 'Events that wait for a decision',
  access: 'operator',
  responses: {
    200: {
      description: 'The oldest first.',
      schema: Type.Object({ events: Type.Array(parkedSchema) }),
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const parked = await useCases.outbox.listParked(caller);
    return { status: 200, body: { events: parked.map(toDeadEventResponse) } };
  },
});

/** Routes of the outbox; the control socket's only. */
export const eventRoutes: readonly Route[] = [
  listEvents,
  listParkedEvents,
  ...setAsideRoutes({
    tag,
    path: '/v1/events/parked',
    requeue: {
      operationId: 'requeueParkedEvents',
      summary: 'Try parked events again',
      idDescription: 'The event.',
      run: ({ outbox }, caller, id) => outbox.requeueParked(caller, id),
    },
    drop: {
      operationId: 'dropParkedEvent',
      summary: 'Give a parked event up',
      idDescription: 'Id of the event.',
      description: 'How many were dropped: 0 when it is not parked.',
      run: ({ outbox }, caller, id) => outbox.dropParked(caller, id),
    },
  }),
];
