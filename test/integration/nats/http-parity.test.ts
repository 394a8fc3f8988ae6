import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Account,
  type Api,
  createApi,
  createPerson,
  patientHashing,
} from '../../support/api.ts';
import { APP_DATABASES, type AppDatabase, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient, type NatsClient } from '../../support/nats-client.ts';
import { startNats } from '../../support/nats-server.ts';

type Body = Readonly<Record<string, unknown>>;

/** One request, which is sent over HTTP for one user and over NATS for another. */
interface Case {
  readonly what: string;
  readonly token?: string | null;
  /** Changes the valid body; a text or bytes are sent as they are. */
  readonly body?: (valid: Body) => unknown;
  readonly id?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Operation {
  readonly subject: string;
  readonly method: 'POST' | 'PATCH';
  /** `{id}` stands for the user. */
  readonly path: string;
  readonly token: string | null;
  readonly valid: (user: Account) => Body;
  readonly cases: readonly Case[];
}

/** What a caller gets. */
interface Response {
  readonly status: number;
  readonly code: unknown;
  readonly body: unknown;
}

async function useWorld(database: AppDatabase, env: Readonly<Record<string, string>> = {}) {
  const server = await startNats({ jetstream: true });
  onTestFinished(() => server.stop());
  const app = await useTestApp({
    database,
    env: { ...patientHashing, NATS_SERVERS: server.url, ...env },
  });
  await app.listen();
  const client = await createNatsClient({ servers: server.url });
  await eventually(() => client.call('users.v1.health'), { what: 'a response over NATS' });
  const api = createApi(app);

  async function overHttp(operation: Operation, one: Case, user: Account): Promise<Response> {
    const body = bodyOf(operation, one, user);
    const answer = await app.http.inject({
      method: operation.method,
      url: operation.path.replace('{id}', one.id ?? user.id),
      headers: {
        ...authorization(operation, one),
        ...one.headers,
        'content-type': 'application/json',
      },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const read = answer.json();
    const code = answer.statusCode < 400 ? '' : read.code;
    return {
      status: answer.statusCode < 400 ? 200 : answer.statusCode,
      code,
      body: plain(read, user),
    };
  }

  async function overNats(operation: Operation, one: Case, user: Account): Promise<Response> {
    const body = bodyOf(operation, one, user);
    const hasId = operation.path.includes('{id}') && typeof body === 'object';
    const {
      status,
      code,
      body: read,
    } = await client.call(operation.subject, {
      body: hasId ? { id: one.id ?? user.id, ...body } : body,
      headers: { ...authorization(operation, one), ...one.headers },
    });
    return { status, code, body: plain(read, user) };
  }

  return { api, client, overHttp, overNats };
}

function bodyOf(operation: Operation, one: Case, user: Account): string | object {
  const valid = operation.valid(user);
  return (one.body === undefined ? valid : one.body(valid)) as string | object;
}

function authorization(operation: Operation, one: Case): Record<string, string> {
  const token = one.token === undefined ? operation.token : one.token;
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Without what differs between two users, two requests and two transports: ids, addresses, times, the id's place. */
function plain(body: unknown, { email }: Account): unknown {
  const text = JSON.stringify(body)
    .replaceAll(email, '<email>')
    .replace(/person\d+@example\.com/g, '<email>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
    .replaceAll('"/path/id"', '"/id"')
    .replace(
      /"detail":"The (message|body|request body|request)[^"]*larger[^"]*"/,
      '"detail":"<too large>"',
    );
  const read = JSON.parse(text);
  delete read.instance;
  delete read.request_id;
  return read;
}

const UNKNOWN_ID = '0198c0de-0000-7000-8000-00000000000b';
const without = (name: string) => (valid: Body) =>
  Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name));
const withField = (name: string, value: unknown) => (valid: Body) => ({ ...valid, [name]: value });

/** What every operation refuses alike. */
function commonCases(fields: readonly string[], wrongScope: string): readonly Case[] {
  return [
    { what: 'a valid request' },
    { what: 'an unknown key', token: 'usk_unknown' },
    { what: 'a key without the scope', token: wrongScope },
    { what: 'a body that is no JSON', body: () => '{"a":' },
    { what: 'an array', body: () => '[]' },
    { what: 'a repeated member', body: () => '{"reason":"a","reason":"b"}' },
    { what: 'an unknown field', body: withField('colour', 'red') },
    { what: 'a body that is too large', body: withField('colour', 'x'.repeat(17_000)) },
    ...fields.flatMap((name) => [
      { what: `${name} as a number`, body: withField(name, 1) },
      { what: `${name} as an object`, body: withField(name, {}) },
      { what: `${name} left out`, body: without(name) },
      { what: `${name} empty`, body: withField(name, '') },
      { what: `${name} null`, body: withField(name, null) },
      { what: `${name} too long`, body: withField(name, 'x'.repeat(2_000)) },
    ]),
  ];
}

const idCases: readonly Case[] = [
  { what: 'an unknown user', id: UNKNOWN_ID },
  { what: 'an id that is no UUID', id: 'ada' },
  { what: 'without credentials', token: null },
];
const operatorCases: readonly Case[] = [
  { what: 'an operator', headers: { 'x-operator': 'Grace %C3%96' } },
  { what: 'an operator of a wrong form', headers: { 'x-operator': '%zz' } },
  { what: 'an empty operator', headers: { 'x-operator': '' } },
];
const keyCases: readonly Case[] = [
  { what: 'an idempotency key', headers: { 'idempotency-key': `key-${randomUUID()}` } },
  { what: 'a short idempotency key', headers: { 'idempotency-key': 'short' } },
];

async function operationsOf(api: Api): Promise<readonly Operation[]> {
  const writer = (await api.createService('users:write')).key;
  const admin = (await api.createService('users:admin')).key;
  const introspector = (await api.createService('tokens:introspect')).key;
  const reader = (await api.createService('users:read')).key;
  const grant = await api.signIn(await api.register());
  const profile = ['first_name', 'last_name', 'email', 'phone'];
  return [
    {
      subject: 'users.v1.create',
      method: 'POST',
      path: '/v1/users',
      token: writer,
      valid: () => ({ ...createPerson({ phone: null }) }),
      cases: [
        ...commonCases([...profile, 'password', 'invitation'], reader),
        ...keyCases.slice(1),
        { what: 'without credentials', token: null },
        { what: 'a taken address', body: withField('email', (await api.register()).email) },
        { what: 'a common password', body: withField('password', 'password') },
      ],
    },
    {
      subject: 'users.v1.update',
      method: 'PATCH',
      path: '/v1/users/{id}',
      token: writer,
      valid: () => ({ first_name: 'Grace' }),
      cases: [
        ...commonCases([...profile, 'current_password'], reader),
        ...idCases,
        ...operatorCases,
        ...keyCases.slice(1),
        { what: 'the version', headers: { 'if-match': '"1"' } },
        { what: 'another version', headers: { 'if-match': '"99"' } },
        { what: 'a version of a wrong form', headers: { 'if-match': '1' } },
        { what: 'a reason of a wrong form', headers: { 'x-reason': '%zz' } },
        { what: 'the token of another user', token: grant.access_token },
        { what: 'a token that is none', token: 'a.b.c' },
      ],
    },
    {
      subject: 'users.v1.disable',
      method: 'POST',
      path: '/v1/users/{id}/disable',
      token: admin,
      valid: () => ({ reason: 'Reported, ticket 4711' }),
      cases: [
        ...commonCases(['reason', 'until'], reader),
        ...idCases,
        ...operatorCases,
        ...keyCases.slice(1),
        { what: 'a time in the past', body: withField('until', '2001-01-01T00:00:00Z') },
        { what: 'the token of a user', token: grant.access_token },
      ],
    },
    {
      subject: 'users.v1.enable',
      method: 'POST',
      path: '/v1/users/{id}/enable',
      token: admin,
      valid: () => ({ reason: 'Proved, ticket 4711' }),
      cases: [
        ...commonCases(['reason'], reader),
        ...idCases,
        ...operatorCases,
        ...keyCases.slice(1),
      ],
    },
    {
      subject: 'tokens.v1.introspect',
      method: 'POST',
      path: '/v1/tokens/introspect',
      token: introspector,
      valid: () => ({ token: grant.access_token }),
      cases: [
        ...commonCases(['token', 'token_type_hint'], reader),
        { what: 'a token that is none', body: withField('token', 'a.b.c') },
        { what: 'without credentials', token: null },
      ],
    },
  ];
}

describe.each(APP_DATABASES)('NATS and HTTP on %s', (database) => {
  it('answer every case of every operation alike', async () => {
    const { api, overHttp, overNats } = await useWorld(database);
    const differences: unknown[] = [];
    const codes = new Set<unknown>();
    let count = 0;
    for (const operation of await operationsOf(api)) {
      // One user for each transport: both go through the same changes.
      const [first, second] = [await api.register(), await api.register()];
      for (const one of operation.cases) {
        const http = await overHttp(operation, one, first);
        const nats = await overNats(operation, one, second);
        count += 1;
        codes.add(http.code);
        if (JSON.stringify(http) !== JSON.stringify(nats)) {
          differences.push({ subject: operation.subject, what: one.what, http, nats });
        }
      }
    }
    expect(differences).toEqual([]);
    expect(count).toBeGreaterThan(140);
    // The table reaches what it is about.
    expect([...codes]).toEqual(
      expect.arrayContaining([
        ...['', 'validation_failed', 'malformed_request', 'payload_too_large', 'unauthenticated'],
        ...['invalid_token', 'forbidden', 'user_not_found', 'email_taken', 'version_mismatch'],
        'idempotency_key_invalid',
      ]),
    );
  }, 120_000);

  it('count requests of one service account together, and refuse the next one alike', async () => {
    const { api, overHttp, overNats } = await useWorld(database, {
      LIMITS_ENABLED: 'true',
      LIMITS_SERVICE_ACCOUNT_RATE: '1',
      LIMITS_SERVICE_ACCOUNT_PER: '1h',
      LIMITS_SERVICE_ACCOUNT_BURST: '2',
    });
    const [ada, admin] = [await api.register(), (await api.createService('users:admin')).key];
    const enable: Operation = {
      subject: 'users.v1.enable',
      method: 'POST',
      path: '/v1/users/{id}/enable',
      token: admin,
      valid: () => ({ reason: 'Proved' }),
      cases: [],
    };
    const request = { what: 'a request' };
    expect((await overNats(enable, request, ada)).status).toBe(200);
    expect((await overHttp(enable, request, ada)).status).toBe(200);
    const [http, nats] = [
      await overHttp(enable, request, ada),
      await overNats(enable, request, ada),
    ];
    expect(http).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(nats).toEqual(http);
  });

  it('conceal a taken address alike, with the same response and the same effect', async () => {
    const { api, overHttp, overNats } = await useWorld(database, {
      REGISTRATION_EXISTING_EMAIL: 'conceal',
      REGISTRATION_REQUIRE_VERIFIED_EMAIL: 'true',
    });
    const { key: writer } = await api.createService('users:write');
    const person = createPerson();
    const registered = await api.send('POST', '/v1/users', { token: writer, body: person });
    const taken = { ...person, id: registered.json().id };
    const create: Operation = {
      subject: 'users.v1.create',
      method: 'POST',
      path: '/v1/users',
      token: null,
      valid: () => ({ ...createPerson({ phone: null }) }),
      cases: [
        { what: 'a free address' },
        { what: 'a taken address', body: withField('email', taken.email) },
        { what: 'a malformed address', body: withField('email', 'ada') },
        { what: 'a common password', body: withField('password', 'password') },
        { what: 'a taken address, by a service', token: writer },
      ],
    };
    const responses = [];
    for (const one of create.cases) {
      const http = await overHttp(create, one, taken);
      expect(await overNats(create, one, taken), one.what).toEqual(http);
      responses.push(http);
    }
    const [free, known] = responses;
    expect(free).toMatchObject({ status: 200, body: { challenge_id: '<id>' } });
    expect(known).toEqual(free);
    await eventually(async () => {
      const { rows } = await api.app.database.query(
        `select kind, count(*)::integer as count from mail_queue where recipient = $1 group by kind`,
        [taken.email],
      );
      expect(rows).toContainEqual({ kind: 'address_in_use', count: 2 });
    });
  });

  it('count anonymous registrations over NATS together, and not those of a service', async () => {
    const { api, client } = await useWorld(database, {
      LIMITS_ENABLED: 'true',
      LIMITS_REGISTRATION_CLIENT_RATE: '1',
      LIMITS_REGISTRATION_CLIENT_PER: '1h',
      LIMITS_REGISTRATION_CLIENT_BURST: '1',
    });
    const { key } = await api.createService('users:write');
    const create = (caller: NatsClient, token?: string) =>
      caller.call('users.v1.create', {
        body: createPerson(),
        ...(token === undefined ? {} : { token }),
      });
    const other = await createNatsClient({ servers: client.connection.getServer() });
    expect((await create(client)).status).toBe(200);
    expect(await create(other)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect((await create(other, key)).status).toBe(200);
    expect((await api.send('POST', '/v1/users', { body: createPerson() })).statusCode).toBe(201);
  });

  it('take effect once for each idempotency key of a caller', async () => {
    const { api, client } = await useWorld(database);
    const { key } = await api.createService('users:write');
    const headers = { 'idempotency-key': `create-${randomUUID()}` };
    const body = createPerson();
    const call = (sent: object) =>
      client.call('users.v1.create', { token: key, headers, body: sent });
    const [first, second] = await Promise.all([call(body), call(body)]);
    expect(second.body).toEqual(first.body);
    const again = await call(body);
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(await call({ ...body, first_name: 'Eve' })).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    const events = await api.app.database.query(`select 1 from outbox where type = 'user.created'`);
    expect(events.rows).toHaveLength(1);
  });

  it('records the operator and the reason of an act over NATS', async () => {
    const { api, client } = await useWorld(database);
    const [ada, { key }] = [await api.register(), await api.createService('users:admin')];
    await client.call('users.v1.disable', {
      token: key,
      body: { id: ada.id, reason: 'Reported' },
      headers: { 'X-Operator': 'Grace' },
    });
    const acts = (await api.send('GET', `/v1/users/${ada.id}/acts`, { token: key })).json();
    expect(acts.acts).toEqual([
      expect.objectContaining({ action: 'disable', operator: 'Grace', reason: 'Reported' }),
    ]);
  });
});
