import { Svcm } from '@nats-io/services';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../../src/domain/errors.ts';
import type { RequestFields } from '../../../src/domain/ports.ts';
import type { NatsLink } from '../../../src/interfaces/nats/nats-link.ts';
import { ADA_ID, ADA_TOKEN, SERVICE_KEY } from '../../http/support/fake-use-cases.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient, type NatsClient, type NatsSent } from '../../support/nats-client.ts';
import { type InstanceOptions, startInstance, useNats } from './nats-service-setup.ts';

const adaBody = {
  id: ADA_ID,
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  phone: null,
  locale: null,
  email_verified: false,
  status: 'active',
  version: 3,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-03T03:04:05.678Z',
};
const unknownId = '0198c0de-0000-7000-8000-00000000000b';

async function serve(options: InstanceOptions = {}) {
  const server = await useNats();
  const instance = await startInstance(server.url, options);
  const client = await createNatsClient({ servers: server.url });
  await waitUntilServing(client);
  return { server, instance, client };
}

/** Waits until the service answers requests. */
async function waitUntilServing(client: NatsClient): Promise<void> {
  await eventually(() => client.call('users.v1.health'), { what: 'a response over NATS' });
}

/** A promise that `open` resolves. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('requests over NATS', () => {
  it('get a response with the fields of the schema only, and with their request id', async () => {
    const { client } = await serve();
    const byId = await client.call('users.v1.get', {
      token: SERVICE_KEY,
      body: { id: ADA_ID.toUpperCase() },
      headers: { 'x-request-id': 'call-1' },
    });
    expect(byId).toMatchObject({ status: 200, code: '', body: adaBody });
    expect(byId.headers).toMatchObject({
      'x-request-id': 'call-1',
      'content-type': 'application/json',
    });
    expect(JSON.stringify(byId)).not.toContain('canary');

    const byEmail = await client.call('users.v1.get-by-email', {
      token: SERVICE_KEY,
      body: { email: 'ada@example.com' },
    });
    expect(byEmail.body).toEqual(adaBody);
    expect(byEmail.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);

    const profiles = await client.call('users.v1.public-profiles', {
      token: ADA_TOKEN,
      body: { ids: [unknownId, ADA_ID.toUpperCase()] },
    });
    expect(profiles.body).toEqual({
      profiles: [{ id: ADA_ID, first_name: 'Ada', last_name: 'Lovelace' }],
      missing: [unknownId],
    });

    const health = await client.call('users.v1.health');
    expect(health.body).toMatchObject({ status: 'ok', checks: { database: { status: 'ok' } } });
  });

  const rejected: readonly [string, string, NatsSent, number, string, (readonly string[])?][] = [
    ['no credentials', 'get', { body: { id: ADA_ID } }, 401, 'unauthenticated'],
    ['a wrong key', 'get', { token: 'usk_x', body: { id: ADA_ID } }, 401, 'invalid_token'],
    ['no body', 'get', { token: SERVICE_KEY }, 400, 'malformed_request'],
    ['invalid JSON', 'get', { token: SERVICE_KEY, body: '{' }, 400, 'malformed_request'],
    [
      'invalid UTF-8',
      'get',
      { token: SERVICE_KEY, body: Uint8Array.of(0xff) },
      400,
      'malformed_request',
    ],
    [
      'deep nesting',
      'get',
      { token: SERVICE_KEY, body: `${'['.repeat(40)}${']'.repeat(40)}` },
      400,
      'malformed_request',
    ],
    [
      'a forbidden key',
      'get',
      { token: SERVICE_KEY, body: `{"id":"${ADA_ID}","__proto__":{}}` },
      400,
      'malformed_request',
    ],
    [
      'too many bytes',
      'get',
      { token: SERVICE_KEY, body: JSON.stringify({ id: 'x'.repeat(17_000) }) },
      413,
      'payload_too_large',
    ],
    [
      'an unknown field',
      'get',
      { token: SERVICE_KEY, body: { id: ADA_ID, verbose: true } },
      422,
      'validation_failed',
      ['/verbose'],
    ],
    [
      'an invalid id',
      'get',
      { token: SERVICE_KEY, body: { id: 7 } },
      422,
      'validation_failed',
      ['/id'],
    ],
    [
      'too many ids',
      'public-profiles',
      { token: SERVICE_KEY, body: { ids: Array.from({ length: 501 }, () => ADA_ID) } },
      422,
      'validation_failed',
      ['/ids'],
    ],
    [
      'an unknown id',
      'get',
      { token: SERVICE_KEY, body: { id: unknownId } },
      404,
      'user_not_found',
    ],
  ];
  it.each(rejected)(
    'with %s are rejected as over HTTP',
    async (_what, name, sent, status, code, pointers) => {
      const { client } = await serve();
      const response = await client.call(`users.v1.${name}`, sent);
      expect(response).toMatchObject({
        status,
        code,
        headers: { 'content-type': 'application/problem+json' },
        body: { status, code, type: `urn:user-service:problem:${code}` },
      });
      expect(response.body.request_id).toBe(response.headers['x-request-id']);
      if (pointers !== undefined) {
        const errors = response.body.errors as { pointer: string }[];
        expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
      }
    },
  );

  it('with an e-mail address that has no user get user_not_found', async () => {
    const { client } = await serve({
      useCases: { users: { list: async () => ({ users: [], nextAfterId: null }) } },
    });
    const sent = { token: SERVICE_KEY, body: { email: 'unknown@example.com' } };
    expect(await client.call('users.v1.get-by-email', sent)).toMatchObject({
      status: 404,
      code: 'user_not_found',
    });
  });

  it('that fail unexpectedly get no details; the log has them', async () => {
    const { client, instance } = await serve({
      useCases: {
        users: {
          get: async () => {
            throw new Error('secret detail');
          },
        },
      },
    });
    const response = await client.call('users.v1.get', {
      token: SERVICE_KEY,
      body: { id: ADA_ID },
    });
    expect(response).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(response)).not.toContain('secret');
    expect(instance.lines).toContainEqual({
      level: 'error',
      message: 'request failed',
      fields: {
        request_id: response.body.request_id,
        subject: 'users.v1.get',
        error: expect.objectContaining({ message: 'secret detail' }),
      },
    });
  });

  it('write one log line each, without their content', async () => {
    const { client, instance } = await serve();
    const sent = { token: ADA_TOKEN, headers: { 'X-Request-Id': 'logged-1' } };
    await client.call('users.v1.get', { ...sent, body: { id: ADA_ID } });
    await client.call('users.v1.get', { ...sent, body: { secret_field: 'secret value' } });
    const requests = instance.lines.filter(
      ({ message, fields }) => message === 'request' && fields.client_request_id === 'logged-1',
    );
    const common = {
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_request_id: 'logged-1',
      subject: 'users.v1.get',
      principal: 'user',
    };
    expect(requests.map(({ fields }) => fields)).toEqual([
      { ...common, status: 200, duration_ms: expect.any(Number), principal_id: ADA_ID },
      {
        ...common,
        status: 422,
        code: 'validation_failed',
        duration_ms: expect.any(Number),
        principal_id: ADA_ID,
      },
    ]);
    expect(JSON.stringify(instance.lines)).not.toMatch(/secret|ada\.access/);
  });

  it('without a reply subject are ignored', async () => {
    const { client, instance } = await serve();
    client.connection.publish('users.v1.get', JSON.stringify({ id: ADA_ID }));
    await eventually(() =>
      expect(instance.lines).toContainEqual({
        level: 'debug',
        message: 'ignored a request without a reply subject',
        fields: { subject: 'users.v1.get' },
      }),
    );
    expect(instance.lines.filter(({ fields }) => fields.status === 401)).toEqual([]);
  });

  it('beyond the limit are rejected at once; the others get their responses', async () => {
    const { open, opened } = gate();
    let working = 0;
    const { client } = await serve({
      settings: { maxConcurrentRequests: 2 },
      useCases: {
        users: {
          get: async () => {
            working += 1;
            await opened;
            throw new DomainError('user_not_found', 'There is no such user.');
          },
        },
      },
    });
    const sent = { token: SERVICE_KEY, body: { id: ADA_ID } };
    const first = [client.call('users.v1.get', sent), client.call('users.v1.get', sent)];
    await eventually(() => expect(working).toBe(2));
    const third = await client.call('users.v1.get', sent);
    expect(third).toMatchObject({
      status: 503,
      code: 'overloaded',
      headers: { 'retry-after': '1' },
    });
    open();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([404, 404]);
    expect(await client.call('users.v1.get', sent)).toMatchObject({ status: 404 });
  });

  it('get a response in time, and late work still counts towards the limit', async () => {
    const { open, opened } = gate();
    const { client } = await serve({
      settings: { requestTimeoutMs: 200, maxConcurrentRequests: 1 },
      useCases: {
        users: {
          get: async () => {
            await opened;
            throw new DomainError('user_not_found', 'There is no such user.');
          },
        },
      },
    });
    const sent = { token: SERVICE_KEY, body: { id: ADA_ID } };
    expect(await client.call('users.v1.get', sent)).toMatchObject({
      status: 503,
      code: 'unavailable',
    });
    expect(await client.call('users.v1.get', sent)).toMatchObject({
      status: 503,
      code: 'overloaded',
    });
    open();
    await eventually(async () =>
      expect(await client.call('users.v1.get', sent)).toMatchObject({ status: 404 }),
    );
  });

  it('get their response after the log has their line', async () => {
    const sent: (number | undefined)[] = [];
    let link: NatsLink | undefined;
    const outMessages = () => link?.current()?.stats().outMsgs;
    const lines: RequestFields[] = [];
    const { client } = await serve({
      useCases: {
        users: {
          getPublicProfiles: async (_caller, ids) => {
            sent.push(outMessages());
            return { profiles: [], missing: ids };
          },
        },
      },
      requestLog: (opened) => {
        link = opened;
        return {
          write(fields, answer) {
            sent.push(outMessages());
            lines.push(fields);
            answer();
          },
        };
      },
    });
    const before = sent.length;
    const call = { token: SERVICE_KEY, body: { ids: [ADA_ID] } };
    expect(await client.call('users.v1.public-profiles', call)).toMatchObject({ status: 200 });
    const [handled, logged] = sent.slice(before);
    expect(logged).toBe(handled);
    expect(lines.at(-1)).toMatchObject({ subject: 'users.v1.public-profiles', status: 200 });
  });

  it('whose response exceeds the size limit of the server get internal_error', async () => {
    const server = await useNats({ accounts: 'max_payload: 8KB' });
    const instance = await startInstance(server.url, {
      useCases: {
        users: {
          getPublicProfiles: async (_caller, ids) => ({ profiles: [], missing: [...ids, ...ids] }),
        },
      },
    });
    const client = await createNatsClient({ servers: server.url });
    await waitUntilServing(client);
    const sent = { token: SERVICE_KEY, body: { ids: Array.from({ length: 120 }, () => ADA_ID) } };
    expect(await client.call('users.v1.public-profiles', sent)).toMatchObject({
      status: 500,
      code: 'internal_error',
    });
    expect(instance.lines.some(({ message }) => message === 'request failed')).toBe(true);
    expect(instance.lines.at(-1)?.fields).toMatchObject({ status: 500, code: 'internal_error' });
  });
});

describe('discovery', () => {
  it('reports the service, its endpoints, and the statistics of each', async () => {
    const { client, instance } = await serve();
    const sent = { token: SERVICE_KEY, body: { id: ADA_ID } };
    await client.call('users.v1.get', sent);
    await client.call('users.v1.get', { ...sent, body: { id: unknownId } });
    const services = new Svcm(client.connection).client({
      strategy: 'count',
      maxWait: 500,
      maxMessages: 1,
    });
    const [ping] = await all(await services.ping('user-service'));
    expect(ping).toMatchObject({
      name: 'user-service',
      version: '1.2.3',
      metadata: { instance_id: instance.instanceId },
    });
    const [info] = await all(await services.info('user-service'));
    expect(info?.endpoints).toEqual(
      [
        ...['users.v1.get', 'users.v1.get-by-email', 'users.v1.public-profiles'],
        'users.v1.get-many',
        ...['users.v1.create', 'users.v1.update', 'users.v1.disable', 'users.v1.enable'],
        ...['tokens.v1.introspect', 'users.v1.health'],
      ].map((subject) => ({
        name: subject.split('.')[2],
        subject,
        queue_group: 'user-service',
        metadata: { access: expect.any(String) },
      })),
    );
    const [stats] = await all(await services.stats('user-service'));
    const counts = stats?.endpoints?.find(({ name }) => name === 'get');
    expect(counts).toMatchObject({ num_requests: 2, num_errors: 1, last_error: 'user_not_found' });
    expect(counts?.processing_time).toBeGreaterThan(0);
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
