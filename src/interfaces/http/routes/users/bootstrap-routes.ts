import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writePosition } from '../../../../application/outbox/feed-position.ts';
import type { UserExport } from '../../../../application/users/export-users.ts';
import { lowerCased } from '../../../api/schemas/public-profiles.ts';
import {
  toUserBatchResponse,
  USER_BATCH_LIMIT_BYTES,
  userBatchBody,
  userBatchSchema,
} from '../../../api/schemas/user-batches.ts';
import { createUserTextFormat } from '../../../api/schemas/user-text-format.ts';
import { userSchema } from '../../../api/schemas/users.ts';
import type { HttpDeps } from '../../http-deps.ts';
import { type LongLivedConnection, STREAM_HEADERS } from '../../long-lived.ts';
import { type Route, route } from '../../route.ts';

const tag = 'Users';
const NDJSON = 'application/x-ndjson';
const VERIFY_EVERY_MS = 5_000;

const getUsers = route({
  method: 'POST',
  path: '/v1/users/batch',
  operationId: 'getUsers',
  tag,
  summary: 'Get users by id',
  description:
    'At most 500 users with their versions, as they are now: never older than an event that was read before.',
  ignoresIdempotencyKey: 'reads only',
  access: 'scope:users:read',
  body: {
    schema: userBatchBody,
    mediaTypes: ['application/json'],
    limitBytes: USER_BATCH_LIMIT_BYTES,
  },
  responses: { 200: { description: 'The users.', schema: userBatchSchema } },
  problems: [],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 200,
    body: toUserBatchResponse(await useCases.users.getMany(caller, lowerCased(body.ids))),
  }),
});

const exportUsers = route({
  method: 'GET',
  path: '/v1/users/export',
  operationId: 'exportUsers',
  tag,
  summary: 'Export all users',
  description:
    'One user a line, sorted by id. The last line is `{"position": …}`: follow `GET /v1/events` after it, and apply what has a greater version than the copy. An export without this line is incomplete.',
  access: 'scope:users:admin',
  longLived: true,
  responses: {
    200: { description: 'All users, then the position.', schema: userSchema, mediaType: NDJSON },
  },
  problems: ['overloaded'],
  handle: async ({ caller, connection }, deps) => {
    const started = await deps.useCases.users.exportAll(caller);
    const stream = Readable.from(writeExport(started, connection, deps), { objectMode: false });
    // A client that hung up before the first page: the generator would never run to its end.
    stream.once('close', started.release);
    return { status: 200, headers: { ...STREAM_HEADERS, 'content-type': NDJSON }, body: stream };
  },
});

/** Reads the next page when the client has taken the last one. A failure cuts the connection before the last line. */
async function* writeExport(
  { position, pages }: UserExport,
  connection: LongLivedConnection,
  { formatTime }: Pick<HttpDeps, 'formatTime'>,
): AsyncGenerator<string> {
  const format = createUserTextFormat(formatTime);
  let verifyAtMs = connection.elapsedMs() + VERIFY_EVERY_MS;
  for await (const users of pages) {
    if (users.length > 0) yield users.map((user) => `${format.writeUser(user)}\n`).join('');
    // Reads of the embedded database and writes to a socket with room end in the same turn of the event loop: an export
    // would keep everything else waiting.
    await nextTurn();
    connection.signal.throwIfAborted();
    if (connection.elapsedMs() < verifyAtMs) continue;
    await connection.verifyAgain();
    verifyAtMs = connection.elapsedMs() + VERIFY_EVERY_MS;
  }
  yield `${JSON.stringify({ position: writePosition(position) })}\n`;
}

export const bootstrapRoutes: readonly Route[] = [getUsers, exportUsers];
