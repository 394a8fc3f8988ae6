import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { captureLog } from '../../support/captured-log.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { startNats } from '../../support/nats-server.ts';
import { startRedis } from '../../support/redis-server.ts';
import {
  type ExportedSpan,
  startTraceCollector,
  type TraceCollector,
} from '../../support/trace-collector.ts';
import { bearer, CANARY, PERSON, refusedRequests } from '../logging/canary-inputs.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const traceparent = `00-${TRACE_ID}-${CALLER}-01`;

/** A complete service with PostgreSQL, Redis and NATS that exports to a collector. */
async function useTracedApp(env: Readonly<Record<string, string>> = {}) {
  const collector = await startTraceCollector();
  const [redis, nats] = await Promise.all([startRedis(), startNats({ jetstream: true })]);
  onTestFinished(() => redis.stop());
  onTestFinished(() => nats.stop());
  const log = captureLog();
  const app = await useTestApp({
    database: 'postgres',
    logger: log.logger,
    requestLog: log.requestLog,
    env: {
      ...patientHashing,
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      NATS_SERVERS: nats.url,
      TRACING_ENDPOINT: collector.url,
      ...env,
    },
  });
  const { url } = await app.listen();
  const client = await createNatsClient({ servers: nats.url });
  await eventually(() => client.call('users.v1.health'), { what: 'a response over NATS' });
  return { app, api: createApi(app), client, collector, log, url };
}

/** The names from the root span of this service down to the span. */
function pathOf(collector: TraceCollector, span: ExportedSpan): string {
  const parent = collector.spans().find(({ spanId }) => spanId === span.parentSpanId);
  return parent === undefined ? span.name : `${pathOf(collector, parent)} > ${span.name}`;
}

/** The paths of all spans of a trace, in the order in which they ended. */
function pathsOf(collector: TraceCollector, traceId: string): readonly string[] {
  return collector
    .spans()
    .filter((span) => span.traceId === traceId)
    .map((span) => pathOf(collector, span));
}

describe('a traced service', () => {
  it('traces a request over HTTP down to PostgreSQL and Redis, in the trace of the caller', async () => {
    const { api, collector, log, url } = await useTracedApp();
    const ada = await api.register();
    const { access_token } = await api.signIn(ada);
    const headers = { ...bearer(access_token), traceparent };
    const answer = await fetch(`${url}/v1/users/${ada.id}`, { headers });
    expect(answer.status).toBe(200);

    const server = await collector.waitFor('GET /v1/users/{id}', TRACE_ID);
    expect(server).toMatchObject({
      parentSpanId: CALLER,
      kind: 2,
      status: 0,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/users/{id}',
        'http.response.status_code': 200,
      },
    });
    const http = 'GET /v1/users/{id}';
    // Whether the cache is filled depends on when the relay releases the user.
    const paths = pathsOf(collector, TRACE_ID).filter((path) => !path.endsWith('redis fill'));
    expect(paths).toEqual([
      `${http} > use case access.verifyAccessToken > sql findLiveSessions`,
      `${http} > use case access.verifyAccessToken`,
      `${http} > use case users.get > redis get`,
      `${http} > use case users.get > sql findUsersByIds`,
      `${http} > use case users.get`,
      http,
    ]);
    expect(await collector.waitFor('sql findUsersByIds')).toMatchObject({
      kind: 3,
      attributes: { 'db.system.name': 'postgresql', 'db.query.summary': 'findUsersByIds' },
    });
    expect(await collector.waitFor('redis get')).toMatchObject({
      kind: 3,
      attributes: { 'db.system.name': 'redis', 'db.operation.name': 'get' },
    });
    expect(collector.attributesOfService()).toMatchObject({
      'service.name': 'user-service',
      'service.version': '0.0.0-test',
    });
    const line = log
      .parsed()
      .find(({ route, status }) => route === '/v1/users/{id}' && status === 200);
    expect(line).toMatchObject({ message: 'request', trace_id: TRACE_ID });
  });

  it('shows the code of a rejection, and does not mark it as a failure', async () => {
    const { api, collector } = await useTracedApp();
    const { key } = await api.createService('users:read');
    const headers = { traceparent };
    await api.send('GET', '/v1/users/0198c0de-0000-7000-8000-00000000000b', {
      token: key,
      headers,
    });
    await collector.waitFor('GET /v1/users/{id}', TRACE_ID);
    const http = 'GET /v1/users/{id}';
    expect(pathsOf(collector, TRACE_ID)).toEqual([
      `${http} > use case access.verifyServiceKey > sql findServiceAccountByKeyHash`,
      `${http} > use case access.verifyServiceKey`,
      `${http} > use case users.get > redis get`,
      `${http} > use case users.get > sql findUsersByIds`,
      `${http} > use case users.get > redis fill`,
      `${http} > use case users.get`,
      http,
    ]);
    const useCase = await collector.waitFor('use case users.get');
    expect(useCase.attributes).toEqual({ 'error.type': 'user_not_found' });
    expect(collector.spans().filter(({ status }) => status !== 0)).toEqual([]);
  });

  it('traces a change with its transaction, and the publication of its event in a separate trace', async () => {
    const { api, collector } = await useTracedApp();
    const ada = await api.register();
    const server = await collector.waitFor('POST /v1/users');
    const use = 'POST /v1/users > use case users.register';
    expect(pathsOf(collector, server.traceId)).toEqual([
      `${use} > sql transaction > sql insertUser`,
      `${use} > sql transaction > sql findReservedAddress`,
      `${use} > sql transaction > sql insertEvents`,
      `${use} > sql transaction > sql insertChallengeRequest`,
      `${use} > sql transaction`,
      `${use} > redis invalidate`,
      use,
      'POST /v1/users',
    ]);
    const sent = await collector.waitFor('send users.events.user.created');
    const [event] = await api.sql<{ id: string }>('select id from outbox where user_id = $1', [
      ada.id,
    ]);
    expect(sent).toMatchObject({
      kind: 4,
      parentSpanId: '',
      attributes: { 'messaging.system': 'nats', 'messaging.message.id': event?.id },
    });
    expect(sent.traceId).not.toBe(server.traceId);
  });

  it('traces a request over NATS in the trace of the caller', async () => {
    const { api, client, collector, log } = await useTracedApp();
    const ada = await api.register();
    const { key } = await api.createService('users:read');
    const sent = { token: key, headers: { traceparent }, body: { id: ada.id } };
    expect((await client.call('users.v1.get', sent)).status).toBe(200);
    const server = await collector.waitFor('process users.v1.get', TRACE_ID);
    expect(server).toMatchObject({
      parentSpanId: CALLER,
      kind: 2,
      status: 0,
      attributes: { 'messaging.system': 'nats', 'messaging.destination.name': 'users.v1.get' },
    });
    const paths = pathsOf(collector, TRACE_ID);
    expect(paths).toContain('process users.v1.get > use case users.get > redis get');
    expect(paths).toContain(
      'process users.v1.get > use case access.verifyServiceKey > sql findServiceAccountByKeyHash',
    );
    expect(log.parsed().find(({ subject }) => subject === 'users.v1.get')).toMatchObject({
      message: 'request',
      trace_id: TRACE_ID,
    });
    const unknown = { ...sent, body: { id: '0198c0de-0000-7000-8000-00000000000b' } };
    await client.call('users.v1.get', unknown);
    await eventually(() => {
      const refused = collector.spans().filter(({ name }) => name === 'process users.v1.get')[1];
      expect(refused).toMatchObject({ status: 0, attributes: { 'error.type': 'user_not_found' } });
    });
  });

  it('separates requests that wait for the same connections', async () => {
    const { api, app, collector, url } = await useTracedApp({ DATABASE_MAX_OPEN_CONNS: '2' });
    const { key } = await api.createService('users:read');
    const ids = Array.from(
      { length: 60 },
      (_, index) => `0198c0de-0000-7000-8000-${String(index).padStart(12, '0')}`,
    );
    await Promise.all(
      ids.map(async (id) => {
        const answer = await fetch(`${url}/v1/public-profiles`, {
          method: 'POST',
          headers: { ...bearer(key), 'content-type': 'application/json' },
          body: JSON.stringify({ ids: [id] }),
        });
        expect(answer.status).toBe(200);
      }),
    );
    await app.stop();
    const traces = collector.spans().filter(({ name }) => name === 'POST /v1/public-profiles');
    expect(traces).toHaveLength(60);
    const http = 'POST /v1/public-profiles';
    for (const { traceId } of traces) {
      const paths = pathsOf(collector, traceId);
      expect(paths.filter((path) => !/redis|verifyServiceKey/.test(path))).toEqual([
        `${http} > use case users.getPublicProfiles > sql listPublicProfiles`,
        `${http} > use case users.getPublicProfiles`,
        http,
      ]);
      expect(paths.filter((path) => path.startsWith(http))).toEqual(paths);
    }
  });

  it('starts no trace for probes, the operator and background work', async () => {
    const { api, app, collector } = await useTracedApp();
    await api.send('GET', '/health');
    await api.send('GET', '/health/ready');
    await api.send('GET', '/metrics');
    await api.createService('users:read');
    await api.register();
    await app.stop();
    const roots = collector.spans().filter(({ parentSpanId }) => parentSpanId === '');
    expect(new Set(roots.map(({ name }) => name))).toEqual(
      new Set(['POST /v1/users', 'send users.events.user.created', 'process users.v1.health']),
    );
  });

  it('samples its own traces by the ratio, and follows the decision of the caller', async () => {
    const { api, app, collector } = await useTracedApp({ TRACING_SAMPLE_RATIO: '0' });
    await api.register();
    const key = (await api.createService('users:read')).key;
    const list = (flags: string) =>
      api.send('GET', '/v1/users', {
        token: key,
        headers: { traceparent: `${traceparent.slice(0, -2)}${flags}` },
      });
    await list('00');
    expect((await list('01')).statusCode).toBe(200);
    await app.stop();
    const spans = collector.spans();
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    expect(spans.filter(({ kind }) => kind === 2)).toHaveLength(1);
  });

  it('ignores an invalid traceparent', async () => {
    const { api, collector } = await useTracedApp();
    for (const wrong of [
      'canary',
      `00-${'0'.repeat(32)}-${CALLER}-01`,
      `${traceparent}, ${traceparent}`,
    ]) {
      await api.send('GET', '/v1/me', { headers: { traceparent: wrong } });
    }
    await eventually(() => {
      const spans = collector.spans().filter(({ name }) => name === 'GET /v1/me');
      expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(['', '', '']);
      expect(spans.map(({ traceId }) => traceId)).not.toContain(TRACE_ID);
    });
  });
});

describe('traces contain no secret and no personal data', () => {
  it('for successful and rejected requests', async () => {
    const { app, api, client, collector } = await useTracedApp();
    const headers = {
      'user-agent': CANARY.userAgent,
      'x-canary': CANARY.header,
      tracestate: `canary=${CANARY.header}`,
      traceparent,
    };
    const { id } = (await api.send('POST', '/v1/users', { body: PERSON, headers })).json();
    const account = { email: PERSON.email, password: PERSON.password };
    const grant = (await api.send('POST', '/v1/sessions', { body: account, headers })).json();
    const own = { ...bearer(grant.access_token), ...headers };
    await api.send('GET', `/v1/users/${id}?${CANARY.query}`, { headers: own });
    const refreshed = (
      await api.send('POST', '/v1/sessions/refresh', {
        body: { refresh_token: grant.refresh_token },
        headers,
      })
    ).json();
    const { key } = await api.createService('users:read');
    for (const url of [`/v1/users?email=${PERSON.email}`, `/v1/users?q=${CANARY.firstName}`]) {
      expect((await api.send('GET', url, { token: key, headers })).statusCode).toBe(200);
    }
    const byEmail = { token: key, headers, body: { email: PERSON.email } };
    expect((await client.call('users.v1.get-by-email', byEmail)).status).toBe(200);
    for (const { method = 'GET', url, headers: sent, body } of refusedRequests(own)) {
      await app.http.inject({
        method,
        url,
        headers: { 'content-type': 'application/json', ...headers, ...sent },
        ...(body === undefined
          ? {}
          : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
    }
    const change = { current_password: CANARY.password, new_password: CANARY.newPassword };
    const changed = await api.send('PUT', `/v1/users/${id}/password`, {
      body: change,
      headers: own,
    });
    const fresh = { ...own, authorization: `Bearer ${changed.json().access_token}` };
    const deletion = { current_password: CANARY.newPassword };
    const deleted = await api.send('POST', `/v1/users/${id}/deletion`, {
      body: deletion,
      headers: fresh,
    });
    expect(deleted.statusCode).toBe(204);
    await app.stop();

    const exported = collector.bodies.join('\n');
    expect(collector.spans().length).toBeGreaterThan(100);
    expect(exported).toContain('sql walkUserSearch');
    const secrets = [grant.access_token, grant.refresh_token, refreshed.refresh_token, key, id];
    const leaked = [...Object.values(CANARY), ...secrets].filter((secret) =>
      exported.toLowerCase().includes(String(secret).toLowerCase()),
    );
    expect(leaked).toEqual([]);
  });
});
