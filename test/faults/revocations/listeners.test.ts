import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { type RunningProcess, startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { runProgram } from '../../support/service-process.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { cheapHashing, createCall, PASSWORD, type Service } from '../support.ts';

const LISTENERS = 20;
/** Sessions that end in the measured part. */
const MEASURED = 100;
const PACE_MS = 20;
const READY_TIMEOUT_MS = 90_000;
const HEARD_TIMEOUT_MS = 60_000;
const listenerFile = fileURLToPath(
  new URL('../../support/revocation-listener.mjs', import.meta.url),
);

interface Listener {
  readonly over: 'NATS' | 'HTTP';
  readonly process: RunningProcess;
}

let database: Database;
let nats: NatsServer;
let call: Service['call'];
let url = '';
let key = '';
let userId = '';
const directory = createTemporaryDirectory('listeners');
const started: RunningProcess[] = [];
let listeners: readonly Listener[] = [];

async function startListener(over: Listener['over']): Promise<Listener> {
  const argument = JSON.stringify(over === 'NATS' ? { nats: nats.url } : { http: url, key });
  const child = await startProcess(process.execPath, [listenerFile, argument]);
  started.push(child);
  await child.waitForLine(/^ready/, READY_TIMEOUT_MS);
  return { over, process: child };
}

beforeAll(async () => {
  const { connectionOptions } = await createTestDatabase();
  const logger = createSilentLogger();
  database = await createPostgresDatabase(postgresSettings(connectionOptions), { logger });
  nats = await startNats({ jetstream: true });
  const env = {
    ...postgresEnvironment(connectionOptions),
    ...cheapHashing,
    ...{ SERVER_PORT: '0', LOGGING_FORMAT: 'json', LIMITS_ENABLED: 'false' },
    ...{ SECURITY_MASTER_KEY: createMasterKey(), NATS_SERVERS: nats.url },
  };
  const service = await runProgram(['serve'], { cwd: directory.path, env });
  started.push(service);
  const line = await service.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  url = (JSON.parse(line) as { url: string }).url;
  call = createCall(url);
  const scopes = ['--scope', 'tokens:introspect', 'users:admin'];
  const args = ['service-accounts', 'create', 'listener', '--json', ...scopes];
  const made = await runProgram(args, { cwd: directory.path, env });
  await made.exited;
  key = (JSON.parse(made.stdout()) as { key: string }).key;
  const person = { first_name: 'Ada', last_name: 'Li', email: 'ada@example.com' };
  const body = { ...person, password: PASSWORD };
  userId = String((await call('POST', '/v1/users', { body })).body.id);
  const kinds = Array.from({ length: LISTENERS }, (_, index) => (index % 2 ? 'HTTP' : 'NATS'));
  listeners = await Promise.all(kinds.map((kind) => startListener(kind as Listener['over'])));
}, 300_000);

afterAll(async () => {
  for (const child of started) await child.kill();
  await database?.close();
  await nats?.stop();
  await directory.remove();
});

async function addSessions(count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await database.query(
    `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
     select id, $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea
     from unnest($2::uuid[]) as id`,
    [userId, ids],
  );
  return ids;
}

/** @returns when the request began, as the listeners tell the time */
async function endSession(id: string): Promise<number> {
  const beganAt = performance.timeOrigin + performance.now();
  const path = `/v1/users/${userId}/sessions/${id}`;
  expect((await call('DELETE', path, { token: key })).status).toBe(204);
  return beganAt;
}

function heardBy({ process: child }: Listener): ReadonlyMap<string, number> {
  const lines = [...child.stdout().matchAll(/^heard session (\S+) at (\S+)$/gm)];
  return new Map(lines.map(([, id = '', at]) => [id, Number(at)]));
}

async function expectHeard(by: readonly Listener[], ids: readonly string[]): Promise<void> {
  const missing = () =>
    by.map((one) => {
      const heard = heardBy(one);
      return `${one.over} ${ids.filter((id) => !heard.has(id)).length}`;
    });
  await eventually(() => expect(missing()).toEqual(by.map(({ over }) => `${over} 0`)), {
    timeoutMs: HEARD_TIMEOUT_MS,
    intervalMs: 200,
    what: 'every revocation at every listener',
  });
}

test(`${LISTENERS} processes hear of ${MEASURED} ended sessions, each of all`, async () => {
  const ids = await addSessions(MEASURED);
  const beganAt = new Map<string, number>();
  for (const id of ids) {
    beganAt.set(id, await endSession(id));
    await sleep(PACE_MS);
  }
  await expectHeard(listeners, ids);
  for (const kind of ['NATS', 'HTTP'] as const) {
    const delays = listeners
      .filter(({ over }) => over === kind)
      .flatMap((one) => ids.map((id) => (heardBy(one).get(id) ?? 0) - (beganAt.get(id) ?? 0)))
      .sort((a, b) => a - b);
    const at = (part: number) => delays[Math.floor(part * (delays.length - 1))]?.toFixed(1);
    // The promise is 100 ms; a busy machine may take longer.
    process.stdout.write(
      `heard over ${kind}, from the request: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms\n`,
    );
  }
});

test('a killed broker delays revocations until it is back, and loses none', async () => {
  const ids = await addSessions(5);
  await nats.kill();
  for (const id of ids) await endSession(id);
  await expectHeard(
    listeners.filter(({ over }) => over === 'HTTP'),
    ids,
  );
  await nats.start();
  await expectHeard(listeners, ids);
});

test('a frozen broker delays no answer, and loses no revocation', async () => {
  const ids = await addSessions(5);
  nats.freeze();
  for (const id of ids) await endSession(id);
  await expectHeard(
    listeners.filter(({ over }) => over === 'HTTP'),
    ids,
  );
  nats.thaw();
  await expectHeard(listeners, ids);
});

test.each(['an older copy of its streams', 'no streams'])(
  'after a broker came back with %s, old and new listeners hear of everything',
  async (stored) => {
    const before = await addSessions(5);
    const ids = [...before, ...(await addSessions(10))];
    for (const id of before) await endSession(id);
    await expectHeard(listeners, before);
    const saved = await nats.saveStore();
    for (const id of ids.slice(5, 10)) await endSession(id);
    await expectHeard(listeners, ids.slice(0, 10));
    await nats.replaceStore(stored === 'no streams' ? undefined : saved);
    for (const id of ids.slice(10)) await endSession(id);
    await expectHeard(listeners, ids);
    const late = await Promise.all([startListener('NATS'), startListener('HTTP')]);
    await expectHeard(late, ids);
  },
);

test('a user with many sessions, and all users, are one message each', async () => {
  await addSessions(300);
  const path = `/v1/users/${userId}/sessions`;
  expect((await call('DELETE', path, { token: key })).status).toBe(204);
  const body = { reason: 'Ticket 4711' };
  const all = await call('POST', '/v1/sessions/revoke-all', { token: key, body });
  expect(all.status).toBe(200);
  await eventually(
    () => {
      for (const { process: child } of listeners) {
        expect(child.stdout()).toContain(`heard user ${userId} `);
        expect(child.stdout()).toContain(`heard all all ${all.body.not_before} `);
      }
    },
    { timeoutMs: HEARD_TIMEOUT_MS },
  );
});
