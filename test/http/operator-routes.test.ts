import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPORTS } from '../../src/domain/diagnostics.ts';
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
/** `operationId status` of every response that a case below received. */
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

/** Sends a request over the control socket, as the operator. */
async function call(
  operationId: string,
  request: {
    readonly id?: string;
    readonly report?: string;
    readonly query?: string;
    readonly body?: object | string;
  } = {},
) {
  const { method, path, responses } = operationOf(operationId);
  const { id = NOTHING, report = 'outbox-state', query = '', body } = request;
  const answer = await (await app.operator()).inject({
    method: method as 'GET',
    url: path.replace('{id}', id).replace('{report}', report) + query,
    ...(body === undefined ? {} : { payload: body }),
    ...(typeof body === 'string' ? { headers: { 'content-type': 'application/json' } } : {}),
  });
  expect(Object.keys(responses)).toContain(String(answer.statusCode));
  seen.add(`${operationId} ${answer.statusCode}`);
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
}

/** Inserts a dead letter, and an event of the same user that waits behind it. */
async function insertDeadEvent(): Promise<{ readonly id: string; readonly userId: string }> {
  const [id, userId] = [randomUUID(), randomUUID()];
  await app.database.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at, attempts, parked_at, last_error)
     values ($1, $2, 1, 'user.created', '{"status":"active"}', 'r', now(), 10, now(), 'too large'),
       (gen_random_uuid(), $2, 2, 'user.updated', '{"changed_fields":["phone"]}', 'r', now(), 0, null, null)`,
    [id, userId],
  );
  return { id, userId };
}

/** @returns the id of the mail. */
async function insertDeadMail(): Promise<string> {
  const id = randomUUID();
  await app.database.query(
    `insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at, attempts, failed_at, last_error)
     values ($1, gen_random_uuid(), 'password_changed', 'canary@example.com', 'canary', 'canary', now(), 3, now(), '550 no')`,
    [id],
  );
  return id;
}

/** @returns the id of the delivery. */
async function insertDeadDelivery(): Promise<string> {
  const id = randomUUID();
  await app.database.query(
    `insert into webhook_deliveries
       (id, endpoint_id, is_test, event_id, sequence, type, data, request_id, occurred_at, status, attempts, ended_at, last_error)
     values ($1, gen_random_uuid(), false, gen_random_uuid(), 1, 'user.created', '{"status":"canary"}', 'r', now(), 'dead', 10, now(), '500')`,
    [id],
  );
  return id;
}

describe('events', () => {
  test('are listed after a position; without one, only the last position is returned', async () => {
    await insertDeadEvent();
    const { body } = await call('listOutbox');
    expect(body).toEqual({ events: [], last_position: expect.any(Number) });
    const query = `?after=${body.last_position - 1}`;
    expect((await call('listOutbox', { query })).body).toMatchObject({
      last_position: body.last_position,
      events: [{ type: 'user.updated', position: body.last_position, user_version: 2 }],
    });
    for (const wrong of ['x', '-1', '', '1e3']) {
      expect((await call('listOutbox', { query: `?after=${wrong}` })).status).toBe(422);
    }
  });

  test('that are dead letters are listed, requeued and dropped', async () => {
    const [one, other] = [await insertDeadEvent(), await insertDeadEvent()];
    const listed = await call('listEventDeadLetters');
    expect(listed.body.dead_letters).toContainEqual({
      ...{ id: one.id, type: 'user.created', user_id: one.userId, attempts: 10 },
      ...{ last_error: 'too large', waiting_behind: 1 },
      ...{ time: expect.any(String), dead_at: expect.any(String) },
    });
    const requeue = async (id: unknown) =>
      (await call('requeueEventDeadLetters', { body: { id } })).body;
    expect(await requeue(NOTHING)).toEqual({ count: 0 });
    expect(await requeue(one.id)).toEqual({ count: 1 });
    expect(await requeue(one.id)).toEqual({ count: 0 });
    expect((await call('dropEventDeadLetter', { id: one.id })).body).toEqual({ count: 0 });
    expect((await call('dropEventDeadLetter', { id: other.id })).body).toEqual({ count: 1 });
    await insertDeadEvent();
    expect((await requeue(null)).count).toBeGreaterThanOrEqual(1);
    expect((await call('listEventDeadLetters')).body).toEqual({ dead_letters: [] });
  });
});

describe('the comparison with the stream', () => {
  test('has no part without a stream, and refuses wrong positions', async () => {
    const { body } = await call('compareStream', { query: '?after=0' });
    expect(body).toEqual({ slice: null });
    for (const query of ['', '?after=x', '?after=-1', '?after=0&up_to=x', '?after=0&more=1']) {
      expect((await call('compareStream', { query })).status).toBe(422);
    }
  });

  test('is followed by a resync in parts', async () => {
    const resync = async (cursor: unknown) =>
      (await call('resyncUsers', { body: { cursor } })).body;
    const first = { part: 'users', after: null };
    expect(await resync(null)).toEqual({ announced: 0, deleted: 0, next: first });
    expect(await resync(first)).toEqual({ announced: 0, deleted: 0, next: null });
    for (const cursor of [undefined, {}, 'users', { part: 'users', after: 1 }, { part: 'x' }]) {
      expect((await call('resyncUsers', { body: { cursor } })).status).toBe(422);
    }
  });
});

describe('mail dead letters', () => {
  test('are listed without recipient, subject and text, requeued and dropped', async () => {
    const [one, other] = [await insertDeadMail(), await insertDeadMail()];
    const { body } = await call('listMailDeadLetters');
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(body.dead_letters).toContainEqual({
      ...{ id: one, kind: 'password_changed', attempts: 3, last_error: '550 no' },
      ...{ created_at: expect.any(String), dead_at: expect.any(String) },
    });
    const requeue = async (id: unknown) =>
      (await call('requeueMailDeadLetters', { body: { id } })).body;
    expect(await requeue(NOTHING)).toEqual({ count: 0 });
    expect(await requeue(one)).toEqual({ count: 1 });
    expect((await call('dropMailDeadLetter', { id: one })).body).toEqual({ count: 0 });
    expect((await call('dropMailDeadLetter', { id: other })).body).toEqual({ count: 1 });
    await insertDeadMail();
    expect(await requeue(null)).toEqual({ count: 1 });
    expect((await call('listMailDeadLetters')).body).toEqual({ dead_letters: [] });
  });
});

describe('webhook dead letters', () => {
  test('are listed without the event, requeued and dropped', async () => {
    const [one, other] = [await insertDeadDelivery(), await insertDeadDelivery()];
    const { body } = await call('listWebhookDeadLetters');
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(body.dead_letters).toContainEqual({
      ...{ id: one, type: 'user.created', attempts: 10, last_error: '500' },
      webhook_endpoint_id: expect.any(String),
      ...{ time: expect.any(String), dead_at: expect.any(String) },
    });
    const requeue = async (id: unknown) =>
      (await call('requeueWebhookDeadLetters', { body: { id } })).body;
    expect(await requeue(NOTHING)).toEqual({ count: 0 });
    expect(await requeue(one)).toEqual({ count: 1 });
    expect((await call('dropWebhookDeadLetter', { id: one })).body).toEqual({ count: 0 });
    expect((await call('dropWebhookDeadLetter', { id: other })).body).toEqual({ count: 1 });
    await insertDeadDelivery();
    expect(await requeue(null)).toEqual({ count: 1 });
    expect((await call('listWebhookDeadLetters')).body).toEqual({ dead_letters: [] });
  });
});

describe('signing keys', () => {
  const kidOf = (keys: { kid: string; state: string }[], state: string) =>
    keys.find((key) => key.state === state)?.kid ?? expect.fail(`no key is ${state}`);
  const list = async () => (await call('listSigningKeys')).body.signing_keys;

  test('are published by a rotation, which a repetition leaves as it is, and sign with `now`', async () => {
    const before = await list();
    expect(before).toEqual([
      {
        ...{ kid: expect.any(String), algorithm: 'EdDSA', state: 'signing' },
        ...{ retired_at: null, signs_from: null, verifies_until: null, master_key: 'current' },
        created_at: expect.any(String),
        published_at: expect.any(String),
        activated_at: expect.any(String),
      },
    ]);
    const rotated = (await call('rotateSigningKeys', { body: { now: false } })).body.signing_keys;
    const next = kidOf(rotated, 'next');
    const [{ published_at: published, signs_from: signs }] = rotated.filter(
      ({ kid }: { kid: string }) => kid === next,
    );
    expect(Date.parse(signs) - Date.parse(published)).toBe(360_000);
    const again = await call('rotateSigningKeys', { body: { now: false } });
    expect(again.body.signing_keys).toEqual(rotated);
    const now = (await call('rotateSigningKeys', { body: { now: true } })).body.signing_keys;
    expect(kidOf(now, 'signing')).toBe(next);
    expect(kidOf(now, 'verifying')).toBe(before[0].kid);
  });

  test('are retired by their id; the one that signs only by force, which replaces it', async () => {
    const retire = (id: string, force: boolean) =>
      call('retireSigningKey', { body: { kid: id, force } });
    const signing = kidOf(await list(), 'signing');
    expect(await retire('unknown', true)).toMatchObject({
      status: 404,
      body: { code: 'signing_key_not_found' },
    });
    expect(await retire(signing, false)).toMatchObject({
      status: 409,
      body: { code: 'signing_key_in_use' },
    });
    expect((await retire(signing, true)).status).toBe(204);
    const after = await list();
    expect(after.map(({ kid }: { kid: string }) => kid)).not.toContain(signing);
    expect(kidOf(after, 'signing')).not.toBe(signing);
    expect((await retire(signing, false)).status).toBe(404);
    expect((await retire('a b', false)).status).toBe(422);
    const wrong = await call('rotateSigningKeys', { body: { now: 'yes' } });
    expect(wrong.status).toBe(422);
  });
});

test('the previous master key is reported as not configured where there is none', async () => {
  expect(await call('getPreviousMasterKey')).toMatchObject({
    status: 200,
    body: { state: 'not_configured', last_used_at: null, signing_keys: 0, sessions: 0 },
  });
});

describe('a reset of the signing keys', () => {
  test('changes nothing while the master key opens the key that signs', async () => {
    const before = (await call('listSigningKeys')).body;
    const reset = await call('resetSigningKeys', { body: { confirm: true, force: true } });
    expect(reset).toMatchObject({
      status: 200,
      body: { outcome: 'nothing_lost', lost_kid: null, new_kid: null, lost: null },
    });
    expect((await call('listSigningKeys')).body).toEqual(before);
    expect((await call('resetSigningKeys', { body: { confirm: true } })).status).toBe(422);
  });
});

describe('diagnostics', () => {
  test.each(REPORTS)('has the report %s', async (report) => {
    const { status, body } = await call('readReport', { report });
    expect([status, Array.isArray(body.rows)]).toEqual([200, true]);
  });

  test('shows the outbox, the events of a request and the counts of recent events', async () => {
    await insertDeadEvent();
    const [state] = (await call('readReport', { report: 'outbox-state' })).body.rows;
    expect(Number(state.dead_letters)).toBeGreaterThan(0);
    expect(state).toMatchObject({ publishing_instance: null, published_and_kept: '0' });
    const query = '?request_id=r';
    const { rows } = (await call('listEventsOfRequest', { query })).body;
    expect(rows.map(({ type }: { type: string }) => type)).toContain('user.created');
    const recent = (await call('readReport', { report: 'recent-events' })).body.rows;
    expect(recent.map(({ type }: { type: string }) => type)).toContain('user.created');
    for (const wrong of ['', '?request_id=', '?request_id=a%20b', '?request_id=x&limit=1']) {
      expect((await call('listEventsOfRequest', { query: wrong })).status).toBe(422);
    }
    expect((await call('readReport', { report: 'users' })).status).toBe(422);
  });

  test('makes waiting mail due, but no mail that may be on its way', async () => {
    const [late, soon] = [randomUUID(), randomUUID()];
    await app.database.query(
      `insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at, attempts, due_at, last_error)
       select id, gen_random_uuid(), 'password_changed', 'canary@example.com', 'canary', 'canary', now(), 3, due_at, '451 busy'
       from (values ($1::uuid, now() + interval '1 hour'), ($2::uuid, now() + interval '30 seconds')) as mail (id, due_at)`,
      [late, soon],
    );
    const { rows } = (await call('readReport', { report: 'waiting-mail' })).body;
    expect(rows).toContainEqual(
      expect.objectContaining({ id: late, kind: 'password_changed', error: '451 busy' }),
    );
    expect(JSON.stringify(rows)).not.toContain('canary');
    expect((await call('retryMail')).body).toEqual({ count: 1 });
    expect((await call('retryMail')).body).toEqual({ count: 0 });
    await app.database.query('delete from mail_queue where id = any($1::uuid[])', [[late, soon]]);
  });

  test('ends no connection that is not there, and refuses what is no pid', async () => {
    expect((await call('endConnection', { body: { pid: 2_147_483_647 } })).body).toEqual({
      count: 0,
    });
    for (const pid of [0, -1, 1.5, '1', 2_147_483_648]) {
      expect((await call('endConnection', { body: { pid } })).status).toBe(422);
    }
  });
});

test('the audit of stored users refuses an id and a limit that are wrong', async () => {
  const { body } = await call('auditStoredUsers', { query: `?from=${NOTHING}&limit=200` });
  expect(body).toEqual({ findings: [], checked: 0, next_from: null });
  for (const query of ['?from=x', '?limit=0', '?limit=201', '?limit=x', '?after=1']) {
    expect((await call('auditStoredUsers', { query })).status).toBe(422);
  }
});

test('the schema is returned with the process and every migration', async () => {
  const { body } = await call('readSchema');
  expect(body).toMatchObject({ process_id: process.pid, dirty: false });
  expect(body.history).toHaveLength(body.version);
  expect(body.history[0]).toEqual({
    ...{ version: 1, name: 'init_extensions', adopted: false, unfinished: null, step: null },
    ...{ checksum: expect.stringMatching(/^[0-9a-f]{64}$/), compatible_from: 1 },
    applied_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
});

test.each(['requeueEventDeadLetters', 'requeueMailDeadLetters', 'requeueWebhookDeadLetters'])(
  '%s refuses a body whose id is neither a UUID nor null',
  async (operationId) => {
    for (const body of [{}, { id: 'x' }, { id: NOTHING, more: 1 }, { id: 1 }, []]) {
      expect((await call(operationId, { body })).status).toBe(422);
    }
    expect((await call(operationId, { body: '{' })).status).toBe(400);
  },
);

test.each(['dropEventDeadLetter', 'dropMailDeadLetter', 'dropWebhookDeadLetter'])(
  '%s refuses an id that is not a UUID',
  async (operationId) => {
    expect((await call(operationId, { id: 'x' })).status).toBe(422);
  },
);

describe.each(operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (_name, { method, path }) => {
    const url = path.replace('{id}', NOTHING);

    test('does not exist on the public server, with or without a key', async () => {
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

/** Statuses that all routes share. The control socket has no authentication, so 401 and 403 cannot occur there. */
const SAME_FOR_ALL = new Set([
  '400',
  '401',
  '403',
  '408',
  '413',
  '414',
  '415',
  '417',
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
