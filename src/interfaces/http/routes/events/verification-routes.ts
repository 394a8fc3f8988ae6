import Type from 'typebox';
import type { StreamSlice } from '../../../../application/outbox/read-stream-slice.ts';
import type { ResyncCursor } from '../../../../application/outbox/resync-users.ts';
import { closedObject, nullableString, uuidOutput, wordOf } from '../../../api/schemas/common.ts';
import { type Route, route } from '../../route.ts';

const tag = 'Events';
const digits = Type.String({ pattern: '^[0-9]{1,15}$' });
const nullableInteger = Type.Union([Type.Integer(), Type.Null()]);

const eventProperties = {
  id: Type.String(),
  type: Type.String(),
  user_id: nullableString(),
  user_version: nullableInteger,
};
const sliceSchema = Type.Object({
  stream: Type.Object({ name: Type.String(), first: Type.Integer() }),
  up_to: Type.Integer(),
  next: nullableInteger,
  messages: Type.Array(
    Type.Object({
      stream_sequence: Type.Integer(),
      verdict: wordOf(['known', 'elsewhere', 'unjudged', 'unknown', 'foreign']),
      event: Type.Union([
        Type.Object({ ...eventProperties, number: nullableInteger }),
        Type.Null(),
      ]),
    }),
  ),
  missing: Type.Array(Type.Object({ ...eventProperties, stream_sequence: Type.Integer() })),
  missing_before: Type.Integer(),
  restored: Type.Integer(),
  waiting: Type.Integer(),
});

function toEvent(event: {
  readonly id: string;
  readonly type: string;
  readonly userId: string | null;
  readonly userVersion: number | null;
}) {
  const { id, type, userId, userVersion } = event;
  return { id, type, user_id: userId, user_version: userVersion };
}

function toSliceResponse(slice: StreamSlice) {
  const { stream, upTo, next, messages, missing, missingBefore, restored, waiting } = slice;
  return {
    stream: { name: stream.name, first: stream.firstSequence },
    up_to: upTo,
    next,
    messages: messages.map(({ streamSequence, verdict, event }) => ({
      stream_sequence: streamSequence,
      verdict,
      event: event === null ? null : { ...toEvent(event), number: event.number },
    })),
    missing: missing.map(({ streamSequence, ...event }) => ({
      ...toEvent(event),
      stream_sequence: streamSequence,
    })),
    ...{ missing_before: missingBefore, restored, waiting },
  };
}

const compareStream = route({
  method: 'GET',
  path: '/v1/outbox/comparison',
  operationId: 'compareStream',
  tag,
  summary: 'Compare a part of the stream with the outbox',
  access: 'operator',
  query: closedObject({ after: digits, up_to: Type.Optional(digits) }),
  responses: {
    200: {
      description: 'The part, or null without a stream.',
      schema: Type.Object({ slice: Type.Union([sliceSchema, Type.Null()]) }),
    },
  },
  problems: ['unavailable'],
  handle: async ({ caller, query }, { useCases }) => {
    const upTo = query.up_to === undefined ? null : Number(query.up_to);
    const slice = await useCases.outbox.readStreamSlice(caller, Number(query.after), upTo);
    return { status: 200, body: { slice: slice === null ? null : toSliceResponse(slice) } };
  },
});

const cursorSchema = Type.Union([
  closedObject({
    part: Type.Literal('users'),
    after: Type.Union([uuidOutput(), Type.Null()]),
  }),
  closedObject({
    part: Type.Literal('stream'),
    after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  }),
]);
const nullableCursor = Type.Union([cursorSchema, Type.Null()]);

const resyncUsers = route({
  method: 'POST',
  path: '/v1/outbox/resync',
  operationId: 'resyncUsers',
  tag,
  summary: 'Do a part of a resync after a restore; null begins one',
  access: 'operator',
  ignoresIdempotencyKey: 'not repeatable',
  body: { schema: closedObject({ cursor: nullableCursor }), mediaTypes: ['application/json'] },
  responses: {
    200: {
      description: 'What was done, and where the next call goes on; null at the end.',
      schema: Type.Object({
        announced: Type.Integer(),
        deleted: Type.Integer(),
        next: nullableCursor,
      }),
    },
  },
  problems: ['unavailable'],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 200,
    body: await useCases.outbox.resyncUsers(caller, body.cursor as ResyncCursor | null),
  }),
});

/** Routes that compare the stream with the database, and put consumers right; on the control socket only. */
export const verificationRoutes: readonly Route[] = [compareStream, resyncUsers];
