import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { createApi, createPerson, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, type TestAppOptions, useTestApp } from '../../support/app.ts';
import { captureLog } from '../../support/captured-log.ts';
import { readStream } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { startNats } from '../../support/nats-server.ts';

const FIELDS = ['first_name', 'email', 'phone', 'locale'] as const;
const INCLUDE = { EVENTS_INCLUDE: FIELDS.join(',') };

/** What a consumer sees of an event, over HTTP or JetStream. */
interface Seen {
  readonly type: string;
  readonly userId: string | null;
  readonly userVersion: number | null;
  readonly data: object;
}

interface Copy {
  readonly version: number;
  readonly [field: string]: string | number | null;
}

/** A consumer that never reads the service: it applies newer versions, and deletions always. */
function follow(events: readonly Seen[]): ReadonlyMap<string, Copy> {
  const copies = new Map<string, Copy>();
  for (const { type, userId, userVersion, data } of events) {
    if (!type.startsWith('user.') || userId === null || userVersion === null) continue;
    const copy = copies.get(userId);
    if (type === 'user.deleted') copies.delete(userId);
    else if (userVersion > (copy?.version ?? 0)) {
      const { values = {} } = data as { values?: object };
      copies.set(userId, { ...copy, ...values, version: userVersion });
    }
  }
  return copies;
}

async function start(options: Partial<TestAppOptions> & Pick<TestAppOptions, 'database'>) {
  const env = { ...patientHashing, ...INCLUDE, ...options.env };
  const app = await useTestApp({ ...options, env });
  const operator = await app.operator();
  return { app, operator, api: createApi(app) };
}

type Started = Awaited<ReturnType<typeof start>>;

async function readFeed({ operator }: Started): Promise<readonly Seen[]> {
  const answer = await operator.inject({ method: 'GET', url: '/v1/events?limit=1000' });
  expect(answer.statusCode).toBe(200);
  const lines = answer.body.split('\n').filter((line) => line !== '');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type !== undefined)
    .map(({ type, subject, userversion, data }) => ({
      type: type.replace(/^user-service\.(.+)\.v1$/, '$1'),
      ...{ userId: subject ?? null, userVersion: userversion ?? null, data },
    }));
}

async function readTable({ api }: Started): Promise<ReadonlyMap<string, Copy>> {
  const rows = await api.sql<Copy & { id: string }>(
    `select id, version, ${FIELDS.join(', ')} from users`,
  );
  return new Map(rows.map(({ id, ...copy }) => [id, copy as Copy]));
}

const change = fc.record(
  {
    first_name: fc.constantFrom('Ada', 'Zoë', 'Bo'),
    last_name: fc.constantFrom('Lovelace', 'King'),
    phone: fc.constantFrom('+442079460000', '+491701234567', null),
    locale: fc.constantFrom('de', 'pt-BR', null),
    email: fc.constantFrom('new', 'same'),
  },
  { requiredKeys: [] },
);
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('patch' as const), change }) },
  ...(['register', 'register', 'disable', 'enable', 'delete'] as const).map((kind) =>
    fc.record({ kind: fc.constant(kind), change }),
  ),
);

async function perform({ api, operator }: Started, ids: string[], which: number, step: Act) {
  const { kind } = step;
  const { email, ...profile } = step.change;
  const address = email === 'new' ? { email: `${randomUUID()}@example.com` } : {};
  if (kind === 'register' || ids.length === 0) {
    const body = { ...createPerson(), ...profile, ...address };
    const answer = await api.send('POST', '/v1/users', { body });
    expect(answer.statusCode, answer.body).toBe(201);
    ids.push(answer.json().id);
    return;
  }
  const index = which % ids.length;
  const url = `/v1/users/${ids[index]}`;
  const reason = { reason: 'a test' };
  if (kind === 'patch') {
    await operator.inject({ method: 'PATCH', url, payload: { ...profile, ...address } });
  } else if (kind === 'delete') {
    await operator.inject({ method: 'DELETE', url });
    ids.splice(index, 1);
  } else {
    await operator.inject({ method: 'POST', url: `${url}/${kind}`, payload: reason });
  }
}

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

async function live(service: Started): Promise<void> {
  const ids: string[] = [];
  const steps = fc.array(fc.tuple(fc.nat(), act), { minLength: 15, maxLength: 15 });
  for (const life of fc.sample(steps, 8)) {
    for (const [which, step] of life) await perform(service, ids, which, step);
  }
  await perform(service, ids, 0, { kind: 'register', change: { phone: '+442079460000' } });
}

describe.each(APP_DATABASES)('included values on %s', (database) => {
  test('a consumer that only applies events has the values of the users table', async () => {
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const service = await start({
      database,
      env: { NATS_DRIVER: 'nats', NATS_SERVERS: nats.url },
    });
    await service.app.listen();
    await live(service);
    const table = await readTable(service);
    expect(table.size).toBeGreaterThan(0);
    const feed = await readFeed(service);
    expect(follow(feed)).toEqual(table);
    await eventually(
      async () => {
        const [row] = await service.api.sql<{ waiting: number }>(
          'select count(*)::integer as waiting from outbox where published_at is null',
        );
        expect(row?.waiting).toBe(0);
      },
      { timeoutMs: 20_000 },
    );
    const stream = (await readStream(nats.url)).map(({ event }) => event);
    expect(follow(stream)).toEqual(table);
    expect(JSON.stringify(stream)).not.toContain('Lovelace');
  }, 120_000);

  test('only changed fields that are included have a value, null when they were cleared', async () => {
    const service = await start({ database });
    const person = createPerson({ first_name: 'Ada', last_name: 'Hidden' });
    const { id } = (await service.api.send('POST', '/v1/users', { body: person })).json();
    const patch = (payload: object) =>
      service.operator.inject({ method: 'PATCH', url: `/v1/users/${id}`, payload });
    await patch({ phone: '+442079460000', last_name: 'Concealed' });
    await patch({ phone: null });
    await patch({ last_name: 'Hidden' });
    const rows = await service.api.sql<{ type: string; data: object }>(
      `select type, data from outbox where user_id = $1 and type like 'user.%' order by position`,
      [id],
    );
    expect(rows.map(({ data }) => data)).toEqual([
      {
        status: 'active',
        values: { first_name: 'Ada', email: person.email, phone: null, locale: null },
      },
      { changed_fields: ['last_name', 'phone'], values: { phone: '+442079460000' } },
      { changed_fields: ['phone'], values: { phone: null } },
      { changed_fields: ['last_name'] },
    ]);
    // What `events tail` reads.
    const tail = await service.operator.inject({ method: 'GET', url: '/v1/outbox?after=0' });
    expect(tail.json().events.map(({ data }: { data: object }) => data)).toEqual(
      rows.map(({ data }) => data),
    );
  });
});

test('no value of an event is in a log line, a metric or the list of dead letters', async () => {
  const log = captureLog();
  const { logger, requestLog } = log;
  const service = await start({ database: 'embedded', logger, requestLog });
  const person = createPerson({ first_name: 'Canaryfirst', phone: '+442079460123' });
  const { id } = (await service.api.send('POST', '/v1/users', { body: person })).json();
  await service.api.sql(
    `update outbox set attempts = 10, parked_at = now(), last_error = 'rejected' where user_id = $1`,
    [id],
  );
  logger.error('an event in a log line', { event: await storedData(service), data: {} });
  const read = async (app: Pick<App['http'], 'inject'>, url: string) =>
    (await app.inject({ method: 'GET', url })).body;
  const seen = [
    ...log.lines,
    await read(service.app.http, '/metrics'),
    await readOperator(service, '/v1/events/dead-letters'),
  ].join('\n');
  expect(seen).toContain(id);
  for (const value of ['Canaryfirst', '+442079460123', person.email]) {
    expect(JSON.stringify(await storedData(service))).toContain(value);
    expect(seen).not.toContain(value);
  }
});

const readOperator = async ({ operator }: Started, url: string) =>
  (await operator.inject({ method: 'GET', url })).body;

async function storedData({ api }: Started) {
  const rows = await api.sql<{ data: object }>(`select data from outbox where type like 'user.%'`);
  return rows.map(({ data }) => data);
}
