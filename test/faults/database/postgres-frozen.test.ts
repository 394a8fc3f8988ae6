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

/** Longest time for which an instance relies on the revocations that it has read. */
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
  const defaults = { DATABASE_CONNECT_TIMEOUT: '2s' };
  return startRealService({ ...postgresEnvironment(connection), ...defaults, ...env });
}

/**
 * Checks a session without any other use of the database: the request for another user's record is rejected from the
 * token alone.
 */
async function checkSession(
  service: Service,
  token: string,
): Promise<{ reply: Reply; decision: string }> {
  const path = '/v1/users/00000000-0000-7000-8000-000000000000';
  const reply = await service.call('GET', path, { token });
  const decisions: Record<number, string> = { 404: 'let in', 401: 'refused', 503: 'unavailable' };
  return { reply, decision: decisions[reply.status] ?? `unexpected: ${reply.status}` };
}

/** Repeats the check until it gives the wanted decision. @returns all decisions, that one included. */
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

test('frozen PostgreSQL: known sessions pass for one second, then every request gets 503 in time, and a thaw restores the service', async () => {
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

  // Each of these statements hangs on the frozen server, and its request still gets a response.
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
  // The alert needs the value 0: an absent metric does not fire it.
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
  // The server has not executed the rejected changes after the thaw, either.
  const stored = await server.query(
    "select email from users where email like 'while%'",
    connection.database,
  );
  expect(stored).toEqual([]);
  const me = await service.call('GET', '/v1/me', { token });
  expect(me.body).toMatchObject({ last_name: 'Okafor', version: 1 });
});

test('an instance that was cut off never accepts a session that ended elsewhere meanwhile', async () => {
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

test('an ended session is rejected at once by the instance that ended it, and within one second by another', async () => {
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
