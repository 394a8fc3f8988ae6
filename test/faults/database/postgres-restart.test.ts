import { expect, onTestFinished, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import {
  createSession,
  expectUnavailable,
  PASSWORD,
  type Reply,
  register,
  type Service,
  startRealService,
} from '../support.ts';

const KILLS = 3;
/** The service recovers within this time after the server has started. */
const RECOVERY_MS = 5_000;

/** What callers observed during the load. */
interface Seen {
  /** Ids by address, of registrations that were acknowledged. */
  readonly acknowledged: Map<string, string>;
  /** Addresses of registrations that were rejected as `unavailable`, which promises that nothing was stored. */
  readonly refused: string[];
  /** Session ids of acknowledged sign-ins. */
  readonly sessions: string[];
  /** Number of rejections by error code. */
  readonly codes: Map<string, number>;
  /** Replies that no client may get. */
  readonly unexpected: string[];
}

test('PostgreSQL killed and restarted under load: the process stays up, rejects with known errors, loses no data', async () => {
  const server = await startPostgres({ durable: true });
  onTestFinished(() => server.stop());
  const connection = await server.createDatabase('users_under_load');
  const service = await startRealService({
    ...postgresEnvironment(connection),
    // The default.
    DATABASE_CONNECT_TIMEOUT: '2s',
    SECURITY_MASTER_KEY: createMasterKey(),
  });
  const account = await createSession(service, 'resident@example.com');
  const load = startLoad(service, account.token);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const goal = load.seen.acknowledged.size + 20;
    await eventually(() => expect(load.seen.acknowledged.size).toBeGreaterThan(goal), {
      timeoutMs: 30_000,
    });
    await server.kill();
    await expectOutage(service);
    await server.start();
    await expectRecovery(service, `after-${kill}@example.com`);
  }
  await load.stop();

  expect(service.process.hasExited()).toBe(false);
  expect(load.seen.unexpected).toEqual([]);
  expect([...load.seen.codes.keys()].sort()).toEqual(expect.arrayContaining(['unavailable']));
  await expectWholeData(server, connection.database, load.seen);
});

/** Runs registrations, sign-ins and reads without a pause until `stop`. */
function startLoad(service: Service, token: string) {
  const seen: Seen = {
    acknowledged: new Map(),
    refused: [],
    sessions: [],
    codes: new Map(),
    unexpected: [],
  };
  let stopped = false;
  let number = 0;

  function judge(what: string, reply: Reply, good: number): boolean {
    if (reply.status === good) return true;
    const code = String(reply.body.code);
    const expected =
      reply.status === 503 &&
      reply.contentType.includes('application/problem+json') &&
      ['unavailable', 'outcome_unknown'].includes(code);
    if (!expected) seen.unexpected.push(`${what}: ${reply.status} ${JSON.stringify(reply.body)}`);
    seen.codes.set(code, (seen.codes.get(code) ?? 0) + 1);
    return false;
  }
  async function loop(what: string, once: () => Promise<void>): Promise<void> {
    while (!stopped) {
      await once().catch((error: unknown) => seen.unexpected.push(`${what}: ${String(error)}`));
    }
  }
  const registering = () =>
    loop('registration', async () => {
      number += 1;
      const email = `load${number}@example.com`;
      const reply = await register(service, email);
      if (judge('registration', reply, 201)) seen.acknowledged.set(email, String(reply.body.id));
      else if (reply.body.code === 'unavailable') seen.refused.push(email);
    });
  const signingIn = () =>
    loop('sign-in', async () => {
      const body = { email: 'resident@example.com', password: PASSWORD };
      const reply = await service.call('POST', '/v1/sessions', { body });
      if (judge('sign-in', reply, 201)) seen.sessions.push(String(reply.body.session_id));
    });
  const reading = () =>
    loop(
      'read',
      async () => void judge('read', await service.call('GET', '/v1/me', { token }), 200),
    );

  const loops = [registering(), registering(), registering(), signingIn(), reading(), reading()];
  return {
    seen,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

async function expectOutage(service: Service): Promise<void> {
  await eventually(async () =>
    expect((await service.call('GET', '/health/ready')).status).toBe(503),
  );
  expect((await service.call('GET', '/health/live')).status).toBe(200);
  expectUnavailable(await register(service, 'during-outage@example.com'));
  const report = await service.call('GET', '/health');
  expect(report).toMatchObject({
    status: 503,
    body: { status: 'down', checks: { database: { status: 'down' } } },
  });
}

async function expectRecovery(service: Service, email: string): Promise<void> {
  let tries = 0;
  await eventually(
    async () => {
      expect((await service.call('GET', '/health/ready')).status).toBe(200);
      tries += 1;
      expect((await register(service, `try${tries}-${email}`)).status).toBe(201);
    },
    { timeoutMs: RECOVERY_MS, what: 'the recovery' },
  );
}

/** Every acknowledged change is stored, no rejected one is, and none is stored in part. */
async function expectWholeData(
  server: PostgresServer,
  database: string,
  seen: Seen,
): Promise<void> {
  const users = await server.query('select id, email from users', database);
  const stored = new Map(users.map(({ email, id }) => [String(email), String(id)]));
  const missing = [...seen.acknowledged].filter(([email, id]) => stored.get(email) !== id);
  expect(missing).toEqual([]);
  expect(seen.refused.filter((email) => stored.has(email))).toEqual([]);
  expect(seen.acknowledged.size).toBeGreaterThan(KILLS * 20);

  const halfUsers = await server.query(
    `select user_id, users.id, count(event.id) as created
     from users full join (select * from outbox where type = 'user.created') as event on event.user_id = users.id
     group by user_id, users.id
     having count(event.id) <> 1 or users.id is null or min(event.user_version) <> 1`,
    database,
  );
  expect(halfUsers).toEqual([]);
  const halfSessions = await server.query(
    `select session.id, event.id
     from sessions as session
     full join (select * from outbox where type = 'session.started') as event
       on event.data ->> 'session_id' = session.id::text
     where session.id is null or event.id is null`,
    database,
  );
  expect(halfSessions).toEqual([]);
  const sessions = new Set(
    (await server.query('select id from sessions', database)).map(({ id }) => String(id)),
  );
  expect(seen.sessions.filter((id) => !sessions.has(id))).toEqual([]);
  const others = await server.query(
    "select type from outbox where type not in ('user.created', 'session.started')",
    database,
  );
  expect(others).toEqual([]);
}
