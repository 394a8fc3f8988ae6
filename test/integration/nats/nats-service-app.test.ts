import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, type AppDatabase, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { startNats } from '../../support/nats-server.ts';

/** A complete service with NATS, and clients that call it over HTTP and NATS. */
async function useNatsApp(database: AppDatabase) {
  const server = await startNats({ jetstream: true });
  onTestFinished(() => server.stop());
  const logger = createRecordingLogger();
  const env = { ...patientHashing, NATS_SERVERS: server.url };
  const app = await useTestApp({ database, env, logger });
  await app.listen();
  const client = await createNatsClient({ servers: server.url });
  await eventually(() => client.call('users.v1.health'), { what: 'a response over NATS' });
  return { server, app, logger, client, api: createApi(app) };
}

describe.each(APP_DATABASES)('the NATS service on %s', (database) => {
  it('gives the same responses as HTTP', async () => {
    const { client, api } = await useNatsApp(database);
    const ada = await api.register();
    const { key } = await api.createService('users:read');
    const unknownId = '0198c0de-0000-7000-8000-00000000000b';

    const overHttp = (await api.send('GET', `/v1/users/${ada.id}`, { token: key })).json();
    const byId = await client.call('users.v1.get', { token: key, body: { id: ada.id } });
    expect(byId).toMatchObject({ status: 200, body: overHttp });
    const byEmail = await client.call('users.v1.get-by-email', {
      token: key,
      body: { email: ada.email.toUpperCase() },
    });
    expect(byEmail).toMatchObject({ status: 200, body: overHttp });

    const body = { ids: [unknownId, ada.id, ada.id] };
    const profiles = await client.call('users.v1.public-profiles', { token: key, body });
    expect(profiles.body).toEqual(
      (await api.send('POST', '/v1/public-profiles', { token: key, body })).json(),
    );

    const { body: metrics } = await api.send('GET', '/metrics');
    const counted = /nats_request_duration_seconds_count\{endpoint="([\w-]+)",status="(\d+)"\}/g;
    expect([...metrics.matchAll(counted)].map(([, ...labels]) => labels.join()).sort()).toEqual([
      'get,200',
      'get-by-email,200',
      'health,200',
      'public-profiles,200',
    ]);

    const health = await client.call('users.v1.health');
    expect(health.body).toMatchObject({ checks: { database: { status: 'ok', driver: database } } });
  });

  it('gives no caller more access than HTTP', async () => {
    const { client, api } = await useNatsApp(database);
    const [ada, eve] = [await api.register(), await api.register()];
    const reader = (await api.createService('users:read')).key;
    const writer = (await api.createService('users:write')).key;
    const token = (await api.signIn(eve)).access_token;
    const callers = { anonymous: undefined, eve: token, writer, wrong: `${reader}x`, reader };

    const codes: Record<string, readonly string[]> = {};
    for (const [name, caller] of Object.entries(callers)) {
      const sent = caller === undefined ? {} : { token: caller };
      const responses = await Promise.all([
        client.call('users.v1.get', { ...sent, body: { id: ada.id } }),
        client.call('users.v1.get', { ...sent, body: { id: eve.id } }),
        client.call('users.v1.get-by-email', { ...sent, body: { email: ada.email } }),
        client.call('users.v1.public-profiles', { ...sent, body: { ids: [ada.id] } }),
      ]);
      codes[name] = responses.map(({ status, code }) => (status === 200 ? 'ok' : code));
      const http = await Promise.all([
        api.send('GET', `/v1/users/${ada.id}`, sent),
        api.send('GET', `/v1/users/${eve.id}`, sent),
        api.send('GET', `/v1/users?email=${ada.email}`, sent),
        api.send('POST', '/v1/public-profiles', { ...sent, body: { ids: [ada.id] } }),
      ]);
      expect(responses.map(({ status }) => status)).toEqual(
        http.map(({ statusCode }) => statusCode),
      );
    }
    expect(codes).toEqual({
      anonymous: Array.from({ length: 4 }, () => 'unauthenticated'),
      eve: ['user_not_found', 'ok', 'forbidden', 'ok'],
      writer: Array.from({ length: 4 }, () => 'forbidden'),
      wrong: Array.from({ length: 4 }, () => 'invalid_token'),
      reader: ['ok', 'ok', 'ok', 'ok'],
    });
  });

  it('rejects an ended session and an invalid address as HTTP does', async () => {
    const { client, api } = await useNatsApp(database);
    const ada = await api.register();
    const { access_token: token } = await api.signIn(ada);
    const own = { token, body: { id: ada.id } };
    expect(await client.call('users.v1.get', own)).toMatchObject({ status: 200 });
    await api.send('DELETE', '/v1/sessions/current', { token });
    expect(await client.call('users.v1.get', own)).toMatchObject({ code: 'invalid_token' });

    const { key } = await api.createService('users:read');
    const bad = await client.call('users.v1.get-by-email', { token: key, body: { email: 'x' } });
    expect(bad).toMatchObject({ status: 422, body: { errors: [{ pointer: '/email' }] } });
  });

  it('continues over HTTP while NATS is down, and over NATS afterwards', async () => {
    const { server, client, api } = await useNatsApp(database);
    const ada = await api.register();
    const { key } = await api.createService('users:read');
    await server.kill();
    await api.register();
    expect((await api.send('GET', `/v1/users/${ada.id}`, { token: key })).statusCode).toBe(200);
    await eventually(async () =>
      expect((await api.send('GET', '/health')).json()).toMatchObject({ status: 'degraded' }),
    );
    await server.start();
    const sent = { token: key, body: { id: ada.id }, timeoutMs: 500 };
    await eventually(() => client.call('users.v1.get', sent), { timeoutMs: 15_000 });
  });

  it('publishes its health, and `draining` when it stops', async () => {
    const { app, client } = await useNatsApp(database);
    const statuses: unknown[] = [];
    client.connection.subscribe('users.health.*', {
      callback: (_error, message) => void statuses.push(message.json<{ status: string }>().status),
    });
    await client.connection.flush();
    await app.stop();
    await eventually(() => expect(statuses.at(-1)).toBe('draining'));
  });
});
