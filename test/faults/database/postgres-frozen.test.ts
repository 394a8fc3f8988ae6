import { expect, onTestFinished, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type ConnectionOptions,
  type PostgresServer,
  startPostgres,
} from '../../support/postgres-server.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import {
  createSession,
  expectUnavailable,
  PASSWORD,
  type Reply,
  register,
  type Service,
  startRealService,
} from '../support.ts';

/** Beyond this age nobody relies on what was read of other instances' revocations. */
const MAX_AGE_MS = 1_000;
const RECOVERY_MS = 5_000;

const createKey = () => ({
  SECURITY_MASTER_KEY: createMasterKey(),
  DATABASE_STATEMENT_TIMEOUT: '1s',
});

function start(
  connection: ConnectionOptions,
  env: Readonly<Record<string, string>>,
): Promise<Service> {
  return startRealService({ ...postgresEnvironment(connection), ...env });
}

/**
 * Checks a session without any other use of the database: somebody else's record is refused to a user from the token
 * alone. `let in` and `refused` are what the check decided.
 */
async function checkSession(
  service: Service,
  token: string,
): Promise<{ reply: Reply; decision: string }> {
  const path = '/v1/users/00000000-0000-7000-8000-000000000000';
  const reply = await service.call('GET', path, { token });
  const decisions: Record<number, string> = { 404: 'let in', 401: 'refused', 503: 'unavailable' };
  return { reply, decision: decisions[reply.status] ?? `strange: ${reply.status}` };
}

/** Checks in a row until one decides as wanted; @returns all decisions that were made before it. */
async function checkUntil(service: Service, token: string, wanted: string) {
  const made: { decision: string; beganAt: number }[] = [];
  await eventually(
    async () => {
      const { reply, decision } = await checkSession(service, token);
      made.push({ decision, beganAt: reply.beganAt });
      expect(decision).toBe(wanted);
    },
    { timeoutMs: 15_000, intervalMs: 5 },
  );
  return made;
}

async function usePrivateServer(): Promise<{
  server: PostgresServer;
  connection: ConnectionOptions;
}> {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  return { server, connection: await server.createDatabase('frozen_users') };
}

test('PostgreSQL is frozen: known sessions pass for a second, then everything is refused in time, and a thaw heals it', async () => {
  const { server, connection } = await usePrivateServer();
  const service = await start(connection, createKey());
  const { token, userId, refreshToken } = await createSession(service, 'known@example.com');
  expect((await checkSession(service, token)).decision).toBe('let in');

  server.freeze();
  const frozenAt = performance.now();
  const made = await checkUntil(service, token, 'unavailable');
  expect(made[0]?.decision).toBe('let in');
  const late = made.filter(({ beganAt }) => beganAt > frozenAt + MAX_AGE_MS);
  expect(late.filter(({ decision }) => decision !== 'unavailable')).toEqual([]);

  // Each of these hangs on the frozen server, and is answered all the same.
  const replies = await Promise.all([
    register(service, 'while-frozen@example.com'),
    service.call('POST', '/v1/sessions', {
      body: { email: 'known@example.com', password: PASSWORD },
    }),
    service.call('GET', '/v1/me', { token }),
    service.call('PATCH', `/v1/users/${userId}`, { token, body: { last_name: 'Frozen' } }),
    service.call('DELETE', '/v1/sessions/current', { token }),
    service.call('POST', '/v1/sessions/refresh', { body: { refresh_token: refreshToken } }),
    service.call('GET', '/v1/sessions', { token }),
  ]);
  for (const reply of replies) expectUnavailable(reply);
  expect((await service.call('GET', '/health/live')).status).toBe(200);
  expect((await service.call('GET', '/health/ready')).status).toBe(503);
  // The alert on it needs the 0: a metric that is absent fires nothing.
  const metrics = await fetch(`${service.url}/metrics`);
  expect(await metrics.text()).toMatch(/^user_service_ready 0$/m);

  server.thaw();
  await eventually(
    async () => {
      expect((await service.call('GET', '/health/ready')).status).toBe(200);
      expect((await checkSession(service, token)).decision).toBe('let in');
      expect((await register(service, 'thawed@example.com')).status).toBe(201);
    },
    { timeoutMs: RECOVERY_MS, what: 'the recovery' },
  );
  expect(service.process.hasExited()).toBe(false);
  // What was refused as "nothing was changed" was not done when the server went on, either.
  const stored = await server.query(
    "select email from users where email like 'while%'",
    connection.database,
  );
  expect(stored).toEqual([]);
  const me = await service.call('GET', '/v1/me', { token });
  expect(me.body).toMatchObject({ last_name: 'Okafor', version: 1 });
});

test('a session that ends elsewhere while an instance is cut off is never let in there afterwards', async () => {
  const { connectionOptions } = await createTestDatabase();
  const proxy = await startTcpProxy({ targetPort: connectionOptions.port });
  onTestFinished(() => proxy.stop());
  const env = createKey();
  const other = await start(connectionOptions, env);
  const cutOff = await start({ ...connectionOptions, port: proxy.port }, env);
  const { token, sessionId } = await createSession(other, 'elsewhere@example.com');
  const still = await createSession(other, 'untouched@example.com');
  expect((await checkSession(cutOff, token)).decision).toBe('let in');
  expect((await checkSession(cutOff, still.token)).decision).toBe('let in');

  proxy.pause();
  expect((await other.call('DELETE', `/v1/sessions/${sessionId}`, { token })).status).toBe(204);
  const endedAt = performance.now();
  const made = await checkUntil(cutOff, token, 'unavailable');
  const late = made.filter(({ beganAt }) => beganAt > endedAt + MAX_AGE_MS);
  expect(late.filter(({ decision }) => decision === 'let in')).toEqual([]);

  proxy.resume();
  const after = await checkUntil(cutOff, token, 'refused');
  expect(after.filter(({ decision }) => decision === 'let in')).toEqual([]);
  await checkUntil(cutOff, still.token, 'let in');
  expect((await checkSession(cutOff, token)).decision).toBe('refused');
});

test('a session that is ended is refused at once by the instance that ended it, and within a second by another', async () => {
  const { connectionOptions } = await createTestDatabase();
  const env = createKey();
  const [one, two] = [await start(connectionOptions, env), await start(connectionOptions, env)];
  for (let round = 1; round <= 5; round += 1) {
    const { token } = await createSession(one, `round${round}@example.com`);
    for (const service of [one, two]) {
      expect((await checkSession(service, token)).decision).toBe('let in');
    }
    expect((await one.call('DELETE', '/v1/sessions/current', { token })).status).toBe(204);
    const endedAt = performance.now();
    expect((await checkSession(one, token)).decision).toBe('refused');
    const made = await checkUntil(two, token, 'refused');
    const late = made.filter(({ beganAt }) => beganAt > endedAt + MAX_AGE_MS);
    expect(late.filter(({ decision }) => decision !== 'refused')).toEqual([]);
  }
});
