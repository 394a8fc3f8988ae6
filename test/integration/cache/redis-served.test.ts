import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { startNats } from '../../support/nats-server.ts';
import { startRedis } from '../../support/redis-server.ts';

/** Starts the service on PostgreSQL, Redis and NATS, with a client service that reads over HTTP and NATS. */
async function useService() {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const app = await useTestApp({
    database: 'postgres',
    env: {
      ...patientHashing,
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      NATS_SERVERS: nats.url,
    },
  });
  await app.listen();
  const api = createApi(app);
  const client = await createNatsClient({ servers: nats.url });
  await eventually(async () => {
    const { body } = await client.call('users.v1.health');
    expect(body).toMatchObject({ checks: { cache: { status: 'ok' } } });
  });
  const { key: token } = await api.createService('users:read');
  /** Every way to read a user; each returns the last name, or null when there is no user. */
  const reads: Record<string, (user: { id: string; email: string }) => Promise<string | null>> = {
    'GET /v1/users/{id}': async ({ id }) =>
      (await api.send('GET', `/v1/users/${id}`, { token })).json().last_name ?? null,
    'GET /v1/users?email=': async ({ email }) =>
      (await api.send('GET', `/v1/users?email=${email}`, { token })).json().users[0]?.last_name ??
      null,
    'POST /v1/public-profiles': async ({ id }) =>
      (await api.send('POST', '/v1/public-profiles', { token, body: { ids: [id] } })).json()
        .profiles[0]?.last_name ?? null,
    'users.v1.get': async ({ id }) =>
      nameIn(await client.call('users.v1.get', { token, body: { id } })),
    'users.v1.get-by-email': async ({ email }) =>
      nameIn(await client.call('users.v1.get-by-email', { token, body: { email } })),
    'users.v1.public-profiles': async ({ id }) => {
      const { body } = await client.call('users.v1.public-profiles', {
        token,
        body: { ids: [id] },
      });
      return (body as { profiles: { last_name: string }[] }).profiles[0]?.last_name ?? null;
    },
  };
  return { api, reads, forgetAll: () => redis.command('FLUSHALL') };
}

function nameIn({ body }: { readonly body: unknown }): string | null {
  return (body as { last_name?: string }).last_name ?? null;
}

/** These tests change rows in SQL, unknown to the service: an unchanged response comes from the cache. */
test('a user is served from Redis by id, by e-mail address and as a public profile, over HTTP and NATS', {
  timeout: 120_000,
}, async () => {
  const { api, reads, forgetAll } = await useService();
  for (const [name, read] of Object.entries(reads)) {
    const ada = await api.register({ last_name: 'Okafor' });
    // The outbox invalidates a changed user once more within a second, so the test reads until a copy stays cached.
    await eventually(
      async () => {
        await api.sql(`update users set last_name = 'Okafor' where id = $1`, [ada.id]);
        // A turn that came too early has left a copy of the other name.
        await forgetAll();
        for (let turn = 0; turn < 2; turn += 1) expect(await read(ada)).toBe('Okafor');
        await api.sql(`update users set last_name = 'Changed' where id = $1`, [ada.id]);
        expect(await read(ada), name).toBe('Okafor');
      },
      { timeoutMs: 30_000, what: `${name} from the cache` },
    );
    const { access_token: token } = await api.signIn(ada);
    const path = `/v1/users/${ada.id}`;
    await api.send('PATCH', path, { token, body: { last_name: 'Lindqvist' } });
    expect(await read(ada), name).toBe('Lindqvist');
  }
});

test('a missing user is served from Redis, by every way that takes an id', async () => {
  const { api, reads } = await useService();
  const byId = Object.entries(reads).filter(([name]) => !name.includes('email'));
  for (const [name, read] of byId) {
    await eventually(
      async () => {
        const missing = { id: randomUUID(), email: '' };
        expect(await read(missing)).toBeNull();
        await api.sql(
          `insert into users (id, first_name, last_name, email, password)
           values ($1, 'Zoë', 'Okafor', $2, 'x')`,
          [missing.id, `${missing.id}@example.com`],
        );
        expect(await read(missing), name).toBeNull();
      },
      { timeoutMs: 30_000, what: `${name} from the cache` },
    );
  }
});
