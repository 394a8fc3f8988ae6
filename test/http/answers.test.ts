import { describe, expect, test } from 'vitest';
import {
  createHttpServer,
  createManagementServer,
} from '../../src/interfaces/http/server/server.ts';
import { profileJson } from '../support/profiles.ts';
import { ADA_ID, ADA_TOKEN, ada, SERVICE_KEY } from './support/fake-use-cases.ts';
import { createTestDeps, createTestServer } from './support/test-server.ts';

const asAda = { authorization: `Bearer ${ADA_TOKEN}` };
const asService = { authorization: `Bearer ${SERVICE_KEY}` };

const metrics = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  render: async () => 'up 1\n',
  observeRequest: () => {},
  observeStream: () => {},
  countClosedConnection: () => {},
};

describe('responses', () => {
  test('have only the fields of their schema', async () => {
    const { server } = await createTestServer();
    const user = await server.inject({ url: '/v1/me', headers: asAda });
    expect(user.json()).toEqual({
      ...profileJson(ada),
      id: ADA_ID,
      first_name: 'Ada',
      last_name: 'Lovelace',
      email: 'ada@example.com',
      phone: null,
      email_verified: false,
      status: 'active',
      version: 3,
      created_at: '2026-01-02T03:04:05.678Z',
      updated_at: '2026-01-03T03:04:05.678Z',
    });
    const keys = await server.inject({ url: '/.well-known/jwks.json' });
    expect(keys.body).not.toContain('canary');
    const profiles = await server.inject({
      method: 'POST',
      url: '/v1/public-profiles',
      headers: asAda,
      payload: { ids: [ADA_ID.toUpperCase()] },
    });
    expect(profiles.json()).toEqual({
      profiles: [{ id: ADA_ID, first_name: 'Ada', last_name: 'Lovelace' }],
      missing: [],
    });
  });

  test('are never cached, except the key set', async () => {
    const { server } = await createTestServer();
    const me = await server.inject({ url: '/v1/me', headers: asAda });
    const keys = await server.inject({ url: '/.well-known/jwks.json' });
    expect(me.headers['cache-control']).toBe('no-store');
    expect(me.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(keys.headers['cache-control']).toBe('public, max-age=300');
  });

  test('have security headers, and HSTS if the public URL has TLS', async () => {
    const plain = await createTestServer();
    const tls = await createTestServer({ settings: { publicUrl: 'https://users.example.com' } });
    for (const url of ['/health/live', '/nope', '/%zz']) {
      const { headers } = await plain.server.inject({ url });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const { headers } = await tls.server.inject({ url: '/health/live' });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
  });

  test('allow the configured origins only', async () => {
    const { server } = await createTestServer({
      settings: { corsOrigins: ['https://app.example.com'] },
    });
    const from = (origin: string) =>
      server.inject({ url: '/v1/me', headers: { ...asAda, origin } });
    const allowed = await from('https://app.example.com');
    expect(allowed.headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(allowed.headers['access-control-allow-credentials']).toBeUndefined();
    const other = await from('https://app.example.com.evil.example');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    const preflight = await server.inject({
      method: 'OPTIONS',
      url: `/v1/users/${ADA_ID}`,
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,if-match',
      },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toContain('PATCH');
  });

  test('an OPTIONS request that is not a preflight is rejected', async () => {
    const { server } = await createTestServer({
      settings: { corsOrigins: ['https://app.example.com'] },
    });
    const options = (url: string, headers: Record<string, string> = {}) =>
      server.inject({ method: 'OPTIONS', url, headers });
    const responses = await Promise.all([
      options('/v1/users'),
      options('/v1/users', { origin: 'https://app.example.com' }),
      options('/v2/users'),
    ]);
    expect(
      responses.map((response) => [response.statusCode, response.headers['content-type']]),
    ).toEqual([
      [405, 'application/problem+json; charset=utf-8'],
      [405, 'application/problem+json; charset=utf-8'],
      [404, 'application/problem+json; charset=utf-8'],
    ]);
    expect(responses[0]?.headers.allow).toBe('GET, HEAD, POST');
    expect(responses[1]?.headers['access-control-allow-origin']).toBe('https://app.example.com');
  });
});

describe('the request log', () => {
  test('has one line per request, with the route template and no input of the caller', async () => {
    const { server, lines } = await createTestServer();
    await server.inject({
      method: 'POST',
      url: '/v1/sessions?secret=canary',
      headers: { 'x-request-id': 'request-9', 'user-agent': 'canary', cookie: 'canary' },
      payload: { email: 'canary@example.com', password: 'canary' },
    });
    await server.inject({ url: `/v1/users/${ADA_ID}?q=canary`, headers: asAda });
    await server.inject({ url: '/canary/../canary' });
    await server.inject({ url: '/%zzcanary' });
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({
      level: 'info',
      message: 'request',
      fields: {
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        client_request_id: 'request-9',
        method: 'POST',
        route: '/v1/sessions',
        status: 201,
        duration_ms: expect.any(Number),
        client_ip: '127.0.0.1',
        principal: 'anonymous',
      },
    });
    expect(lines[1]?.fields).toMatchObject({
      route: '/v1/users/{id}',
      principal: 'user',
      principal_id: ADA_ID,
    });
    expect(lines.slice(2).map(({ fields }) => fields.route)).toEqual(['unknown', 'unknown']);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  test('every response is counted under its route template', async () => {
    const observed: unknown[] = [];
    const { server } = await createTestServer({
      deps: { metrics: { ...metrics, observeRequest: (request) => observed.push(request) } },
    });
    await server.inject({ url: `/v1/users/${ADA_ID}`, headers: asAda });
    expect(observed).toEqual([
      { route: '/v1/users/{id}', method: 'GET', status: 200, seconds: expect.any(Number) },
    ]);
  });
});

describe('health', () => {
  const report = (status: 'ok' | 'degraded' | 'down') => async () => ({
    status,
    checks: {
      database: { status: 'ok' as const, latencyMs: 1.5, driver: 'embedded' },
      cache: { status: 'ok' as const, latencyMs: 0, driver: 'memory' },
      messaging: { status: 'down' as const, latencyMs: 2, driver: 'embedded' },
    },
  });

  test.each([
    ['ok', 200, 200],
    ['degraded', 200, 200],
    ['down', 503, 503],
  ] as const)('%s: ready is %i, the report %i', async (status, ready, full) => {
    const { server } = await createTestServer({ useCases: { checkHealth: report(status) } });
    expect((await server.inject({ url: '/health/ready' })).statusCode).toBe(ready);
    const answer = await server.inject({ url: '/health' });
    expect([answer.statusCode, answer.json().status]).toEqual([full, status]);
    expect(answer.json().checks.database).toEqual({
      status: 'ok',
      latency_ms: 1.5,
      driver: 'embedded',
    });
    expect((await server.inject({ url: '/health/live' })).json()).toEqual({ status: 'ok' });
  });

  test('liveness checks no dependency', async () => {
    const { server } = await createTestServer({
      useCases: { checkHealth: () => Promise.reject(new Error('called')) },
    });
    expect((await server.inject({ url: '/health/live' })).statusCode).toBe(200);
  });

  test('a draining service is not ready, and connections close after their response', async () => {
    const { server } = await createTestServer({ deps: { isDraining: () => true } });
    const ready = await server.inject({ url: '/health/ready' });
    expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'draining' }]);
    expect(ready.headers.connection).toBe('close');
    const me = await server.inject({ url: '/v1/me', headers: asAda });
    expect([me.statusCode, me.headers.connection]).toEqual([200, 'close']);
  });
});

describe('the routes of each server', () => {
  const urls = ['/health', '/metrics', '/health/live', '/health/ready', '/v1/service-accounts'];

  async function statuses(server: { inject(o: object): Promise<{ statusCode: number }> }) {
    const found = await Promise.all(urls.map((url) => server.inject({ url, headers: asService })));
    return found.map(({ statusCode }) => statusCode);
  }

  test('without a management port the public server has health and metrics', async () => {
    const { server } = await createTestServer({ deps: { metrics } });
    expect(await statuses(server)).toEqual([200, 200, 200, 200, 404]);
    const answer = await server.inject({ url: '/metrics' });
    expect([answer.body, answer.headers['content-type']]).toEqual(['up 1\n', metrics.contentType]);
  });

  test('with one the public server keeps the probes only, and the management server has no other route', async () => {
    const settings = { managementSeparate: true };
    const { server } = await createTestServer({ settings, deps: { metrics } });
    expect(await statuses(server)).toEqual([404, 404, 200, 200, 404]);
    const management = await createManagementServer(
      createTestDeps({ settings, deps: { metrics } }).deps,
    );
    expect(await statuses(management)).toEqual([200, 200, 200, 200, 404]);
    expect((await management.inject({ url: '/v1/me', headers: asAda })).statusCode).toBe(404);
    await management.close();
  });

  test('on the control socket every caller is the operator', async () => {
    const { deps, lines } = createTestDeps({ deps: { operator: true } });
    const server = await createHttpServer(deps);
    expect((await server.inject({ url: '/v1/service-accounts' })).json()).toMatchObject({
      service_accounts: [{ name: 'billing', scopes: ['users:read'], revoked_at: null }],
    });
    const created = await server.inject({
      method: 'POST',
      url: '/v1/service-accounts',
      payload: { name: 'billing', scopes: ['users:read'] },
    });
    expect([created.statusCode, created.json().key]).toEqual([201, 'usk_new']);
    const gone = await server.inject({ method: 'DELETE', url: `/v1/service-accounts/${ADA_ID}` });
    expect(gone.statusCode).toBe(204);
    expect(lines.map(({ fields }) => fields.principal)).toEqual([
      'operator',
      'operator',
      'operator',
    ]);
    await server.close();
  });
});
