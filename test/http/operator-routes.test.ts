import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/interfaces/http/openapi/document.ts';
import { operatorRoutes } from '../../src/interfaces/http/route-table.ts';
import { createTestApp } from '../support/app.ts';
import { type Operation, readOperations } from './support/openapi-operations.ts';

const NOTHING = '0198c0de-0000-7000-8000-00000000dead';
const operations = readOperations(
  openApiDocument(
    operatorRoutes.filter(({ path }) => !path.startsWith('/v1/service-accounts')),
    { version: '0.0.0' },
  ),
);
/** `operationId status` of every answer that a case below got. */
const seen = new Set<string>();

let app: Awaited<ReturnType<typeof createTestApp>>;
beforeAll(async () => {
  app = await createTestApp({ database: 'embedded' });
});
afterAll(() => app?.stop());

function operationOf(operationId: string): Operation {
  const found = operations.find((operation) => operation.operationId === operationId);
  return found ?? expect.fail(`no operation ${operationId}`);
}

/** Over the control socket, as the operator. */
async function call(
  operationId: string,
  request: { readonly id?: string; readonly query?: string; readonly body?: object | string } = {},
) {
  const { method, path, responses } = operationOf(operationId);
  const { id = NOTHING, query = '', body } = request;
  const answer = await app.operator.inject({
    method: method as 'GET',
    url: path.replace('{id}', id) + query,
    ...(body === undefined ? {} : { payload: body }),
    ...(typeof body === 'string' ? { headers: { 'content-type': 'application/json' } } : {}),
  });
  expect(Object.keys(responses)).toContain(String(answer.statusCode));
  seen.add(`${operationId} ${answer.statusCode}`);
  return { status: answer.statusCode, body: answer.json() };
}

/** An event that is parked, and one of the same user behind it. @returns the id of the first. */
async function park(): Promise<{ readonly id: string; readonly userId: string }> {
  const [id, userId] = [randomUUID(), randomUUID()];
  await app.database.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at, attempts, parked_at, last_error)
     values ($1, $2, 1, 'user.created', '{"status":"active"}', 'r', now(), 10, now(), 'too large'),
       (gen_random_uuid(), $2, 2, 'user.updated', '{"changed_fields":["phone"]}', 'r', now(), 0, null, null)`,
    [id, userId],
  );
  return { id, userId };
}

/** A mail that was given up. @returns its id. */
async function giveUp(): Promise<string> {
  const id = randomUUID();
  await app.database.query(
    `insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at, attempts, failed_at, last_error)
     values ($1, gen_random_uuid(), 'password_changed', 'canary@example.com', 'canary', 'canary', now(), 3, now(), '550 no')`,
    [id],
  );
  return id;
}

describe('the events', () => {
  test('are listed after a position, and without one only their end is told', async () => {
    await park();
    const { body } = await call('listEvents');
    expect(body).toEqual({ events: [], last_position: expect.any(Number) });
    const query = `?after=${body.last_position - 1}`;
    expect((await call('listEvents', { query })).body).toMatchObject({
      last_position: body.last_position,
      events: [{ type: 'user.updated', position: body.last_position, user_version: 2 }],
    });
    for (const wrong of ['x', '-1', '', '1e3']) {
      expect((await call('listEvents', { query: `?after=${wrong}` })).status).toBe(422);
    }
  });

  test('that are parked are listed, requeued and dropped', async () => {
    const [one, other] = [await park(), await park()];
    const listed = await call('listParkedEvents');
    expect(listed.body.events).toContainEqual({
      ...{ id: one.id, type: 'user.created', user_id: one.userId, attempts: 10 },
      ...{ last_error: 'too large', waiting_behind: 1 },
      ...{ time: expect.any(String), parked_at: expect.any(String) },
    });
    const requeue = async (id: unknown) =>
      (await call('requeueParkedEvents', { body: { id } })).body;
    expect(await requeue(NOTHING)).toEqual({ count: 0 });
    expect(await requeue(one.id)).toEqual({ count: 1 });
    expect(await requeue(one.id)).toEqual({ count: 0 });
    expect((await call('dropParkedEvent', { id: one.id })).body).toEqual({ count: 0 });
    expect((await call('dropParkedEvent', { id: other.id })).body).toEqual({ count: 1 });
    await park();
    expect((await requeue(null)).count).toBeGreaterThanOrEqual(1);
    expect((await call('listParkedEvents')).body).toEqual({ events: [] });
  });
});

describe('the mails that were given up', () => {
  test('are listed without recipient and text, requeued and dropped', async () => {
    const [one, other] = [await giveUp(), await giveUp()];
    const { body } = await call('listFailedMails');
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(body.mails).toContainEqual({
      ...{ id: one, kind: 'password_changed', attempts: 3, last_error: '550 no' },
      ...{ created_at: expect.any(String), failed_at: expect.any(String) },
    });
    const requeue = async (id: unknown) =>
      (await call('requeueFailedMails', { body: { id } })).body;
    expect(await requeue(NOTHING)).toEqual({ count: 0 });
    expect(await requeue(one)).toEqual({ count: 1 });
    expect((await call('dropFailedMail', { id: one })).body).toEqual({ count: 0 });
    expect((await call('dropFailedMail', { id: other })).body).toEqual({ count: 1 });
    await giveUp();
    expect(await requeue(null)).toEqual({ count: 1 });
    expect((await call('listFailedMails')).body).toEqual({ mails: [] });
  });
});

test.each(['requeueParkedEvents', 'requeueFailedMails'])(
  '%s refuses a body that names neither one nor all',
  async (operationId) => {
    for (const body of [{}, { id: 'x' }, { id: NOTHING, more: 1 }, { id: 1 }, []]) {
      expect((await call(operationId, { body })).status).toBe(422);
    }
    expect((await call(operationId, { body: '{' })).status).toBe(400);
  },
);

test.each(['dropParkedEvent', 'dropFailedMail'])(
  '%s refuses what is no id',
  async (operationId) => {
    expect((await call(operationId, { id: 'x' })).status).toBe(422);
  },
);

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (_name, { method, path }) => {
    const url = path.replace('{id}', NOTHING);

    test('does not exist on the public server, whoever asks', async () => {
      for (const authorization of ['', 'Bearer usk_every-scope']) {
        const answer = await app.http.inject({
          method: method as 'GET',
          url,
          headers: authorization === '' ? {} : { authorization },
        });
        expect(answer.statusCode).toBe(404);
      }
    });
  },
);

/** Statuses that every route gets in the same way; nobody is refused on the control socket. */
const SAME_FOR_ALL = new Set([
  '400',
  '401',
  '403',
  '408',
  '413',
  '414',
  '415',
  '431',
  '500',
  '503',
]);

test('every declared status of every operation has a case above', () => {
  const declared = operations.flatMap(({ operationId, responses }) =>
    Object.keys(responses)
      .filter((status) => !SAME_FOR_ALL.has(status))
      .map((status) => `${operationId} ${status}`),
  );
  expect(declared.length).toBeGreaterThan(operations.length);
  expect(declared.filter((pair) => !seen.has(pair))).toEqual([]);
});
