import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, type TestContext, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { runStatement } from '../../support/superuser.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import {
  cheapHashing,
  createCall,
  createSession,
  PASSWORD,
  type Service,
  startRealService,
} from '../support.ts';
import { RELEASE, unpackRelease } from '../upgrade/released-program.ts';

/** Rotations, each with two killed instances. `FAULT_ROUNDS=8` is the long form. */
const ROUNDS = Math.min(8, Number(process.env.FAULT_ROUNDS ?? '2'));
const EMAIL = 'rotating@example.com';
/** `tokens.jwks_max_age` and the time in which every instance loads its keys again. */
const PUBLISHED_SECONDS = 300 + 60;
/** The traffic has many sessions of one user; one more would end the oldest, whose token is shown again and again. */
const MAX_SESSIONS = 1_000;
const SETTINGS = {
  TOKENS_ROTATION_INTERVAL: '1h',
  SESSIONS_MAX_PER_USER: String(MAX_SESSIONS),
} as const;
/** Pause between two rounds of the traffic, and the rounds of a sign-in each. After those, each tenth has one. */
const TRAFFIC_PAUSE_MS = 50;
const SIGN_IN_ROUNDS = 500;
/** The first round of a started instance comes after two seconds; a loaded machine is slower. */
const ROUND_TIMEOUT_MS = 90_000;
/** The first key of the released build may be loaded again after a minute. */
const LOAD_TIMEOUT_MS = 150_000;

const TIMES = ['created_at', 'published_at', 'activated_at', 'retired_at'] as const;
/** Every change of a key takes so long that a kill meets it, and less than `database.statement_timeout`. */
const PAUSE = `create function pause() returns trigger language plpgsql as
  $$ begin perform pg_sleep(3); return new; end $$;
  create trigger pause before insert or update on signing_keys for each row execute function pause()`;
const PAUSED = `select application_name as name from pg_stat_activity
  where datname = current_database() and wait_event = 'PgSleep'`;
/** The changes of the test itself are not paused. */
const UNPAUSED = 'set session_replication_role = replica';

interface KeyRow {
  readonly kid: string;
  readonly state: 'next' | 'signing' | 'verifying';
  /** Null for the first key, which had nobody to wait for. */
  readonly published_for: number | null;
}

/** The stored keys, and the clock of their rotation, which the test moves. */
function createKeyTable(connection: ConnectionOptions) {
  const run = (statement: string) => runStatement(connection, statement);
  const list = async (): Promise<readonly KeyRow[]> => {
    const rows: unknown = await run(
      `select kid, case when status = 'signing' then 'signing'
           when published_at is not null and activated_at is null then 'next' else 'verifying' end as state,
         extract(epoch from activated_at - published_at)::float8 as published_for
       from signing_keys order by created_at, kid`,
    );
    return rows as readonly KeyRow[];
  };
  return {
    list,
    find: async (state: KeyRow['state']) =>
      (await list()).filter((key) => key.state === state).map(({ kid }) => kid),
    /** As if so much time had passed for all keys. */
    age: (seconds: number) =>
      run(
        `${UNPAUSED}; update signing_keys set ${TIMES.map((time) => `${time} = ${time} - interval '${seconds} s'`).join(', ')}`,
      ),
    /** Makes the key that signs older than `tokens.rotation_interval`. */
    makeDue: () =>
      run(
        `${UNPAUSED}; update signing_keys set ${TIMES.slice(0, 3)
          .map((time) => `${time} = ${time} - interval '2 h'`)
          .join(', ')} where status = 'signing'`,
      ),
    pause: () => run(PAUSE),
    resume: () => run('drop function if exists pause cascade'),
    /** The name of the connection that changes a key. */
    findPaused: async () => (await run(PAUSED))[0]?.name,
  };
}

/** Issues tokens on one instance and shows all of them to every instance, until it is stopped. */
function startTraffic(instances: () => readonly Pick<Service, 'call'>[]) {
  const kids = new Set<string>();
  const tokens: string[] = [];
  const refused: string[] = [];
  const counts = { accepted: 0 };
  let running = true;

  async function round(number: number): Promise<void> {
    const services = instances();
    if (number < SIGN_IN_ROUNDS || number % 10 === 0) await issue(services, number);
    // The oldest ones are of the keys that were retired first.
    const shown = [...tokens.slice(0, 3), ...tokens.slice(-3)];
    for (const [index, { call }] of services.entries()) {
      for (const token of shown) {
        const reply = await call('GET', '/v1/me', { token }).catch(() => null);
        if (reply?.status === 200) counts.accepted += 1;
        else if (reply !== null) {
          refused.push(`${kidOf(token)} at ${index}: ${reply.status} ${reply.body.code}`);
        }
      }
    }
    await delay(TRAFFIC_PAUSE_MS);
  }

  async function issue(services: readonly Pick<Service, 'call'>[], number: number): Promise<void> {
    if (tokens.length >= MAX_SESSIONS - 1) throw new Error('too many sessions of the traffic');
    const issuer = services[(number < SIGN_IN_ROUNDS ? number : number / 10) % services.length];
    // A killed instance answers nothing: that is not a refusal.
    const issued = await issuer
      ?.call('POST', '/v1/sessions', { body: { email: EMAIL, password: PASSWORD } })
      .catch(() => null);
    if (issued?.status === 201) {
      const token = String(issued.body.access_token);
      kids.add(kidOf(token));
      tokens.push(token);
    } else if (issued) refused.push(`a sign-in: ${issued.status}`);
  }

  const ended = (async () => {
    for (let number = 0; running; number += 1) await round(number);
  })();
  return {
    ...{ kids, refused, counts },
    async stop() {
      running = false;
      await ended;
    },
  };
}

async function publishes({ call }: Pick<Service, 'call'>, kid: string): Promise<boolean> {
  const { body } = await call('GET', '/.well-known/jwks.json');
  return (body.keys as { kid: string }[]).some((key) => key.kid === kid);
}

function waitFor(what: string, check: () => Promise<boolean>, timeoutMs = ROUND_TIMEOUT_MS) {
  return eventually(async () => expect(await check(), what).toBe(true), { timeoutMs, what });
}

// The second test waits for a minute, in which the first one runs.
test.concurrent('instances that are killed in the middle of rotations refuse no token', async (context) => {
  const { connectionOptions } = await createTestDatabase();
  const env = {
    ...{ ...postgresEnvironment(connectionOptions), ...cheapHashing, ...SETTINGS },
    SECURITY_MASTER_KEY: createMasterKey(),
  };
  const start = (index: number) =>
    startRealService({ ...env, DATABASE_APPLICATION_NAME: `instance-${index}` }, context);
  const instances = [await start(0), await start(1)];
  const keys = createKeyTable(connectionOptions);
  const [first] = instances as [Service];
  await createSession(first, EMAIL);
  const traffic = startTraffic(() => instances);

  /** Kills the instance that changes the keys in the middle of it, at a moment that differs, and starts it again. */
  async function killDuring(change: () => Promise<unknown>, index: number): Promise<void> {
    await keys.pause();
    await change();
    // A started instance has its first round after two seconds; the other one may be faster.
    await instances[index % 2]?.process.kill();
    const restarted = start(index % 2).then((instance) => {
      instances[index % 2] = instance;
    });
    let changer = -1;
    await waitFor('a change of the keys', async () => {
      changer = Number(/^instance-(\d)$/.exec(String(await keys.findPaused()))?.[1] ?? -1);
      return changer >= 0;
    });
    await restarted;
    await delay(Math.random() * 1_000);
    await instances[changer]?.process.kill();
    await keys.resume();
    expect(await keys.find('signing')).toHaveLength(1);
    instances[changer] = await start(changer);
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    const [former] = await keys.find('signing');
    await killDuring(keys.makeDue, round);
    await waitFor('a next key', async () => (await keys.find('next')).length === 1);
    const [next = ''] = await keys.find('next');
    await waitFor('the next key at every instance', async () => {
      const published = await Promise.all(instances.map((service) => publishes(service, next)));
      return published.every(Boolean);
    });
    expect(await keys.find('signing')).toEqual([former]);
    await killDuring(() => keys.age(PUBLISHED_SECONDS + 1), round + 1);
    await waitFor('the next key signs', async () => (await keys.find('signing'))[0] === next);
    await waitFor('tokens of the new key', async () => traffic.kids.has(next));
  }
  await traffic.stop();

  expect(traffic.refused).toEqual([]);
  expect(traffic.kids.size).toBe(ROUNDS + 1);
  const later = (await keys.list()).filter(({ state }) => state !== 'next').slice(1);
  expect(later.length).toBe(ROUNDS);
  for (const key of later) expect(key.published_for).toBeGreaterThanOrEqual(PUBLISHED_SECONDS);
  await context.annotate(
    `${2 * ROUNDS} kills, ${traffic.counts.accepted} accepted tokens, none refused`,
  );
}, 600_000);

test.concurrent('a rotation beside the last release refuses no token on either side', async (context) => {
  const { connectionOptions } = await createTestDatabase();
  const env = {
    ...{ ...postgresEnvironment(connectionOptions), ...cheapHashing, ...SETTINGS },
    SECURITY_MASTER_KEY: createMasterKey(),
    SERVER_PUBLIC_URL: 'http://service.test',
  };
  let present = await startRealService(env, context);
  const released = await startReleased(env, context);
  const keys = createKeyTable(connectionOptions);
  await createSession(present, EMAIL);
  const traffic = startTraffic(() => [present, released]);

  await keys.makeDue();
  await present.process.kill();
  present = await startRealService(env, context);
  await waitFor('a next key', async () => (await keys.find('next')).length === 1);
  const [next = ''] = await keys.find('next');
  await waitFor(
    'the next key at the released build',
    () => publishes(released, next),
    LOAD_TIMEOUT_MS,
  );
  await keys.age(PUBLISHED_SECONDS + 1);
  await present.process.kill();
  present = await startRealService(env, context);
  await waitFor('the next key signs', async () => (await keys.find('signing'))[0] === next);
  await waitFor('tokens of the new key', async () => traffic.kids.has(next));
  // The released build signs with the former key until it loads its keys again, and then with the new one.
  const before = traffic.counts.accepted;
  await waitFor('more requests', async () => traffic.counts.accepted > before + 100);
  await traffic.stop();

  expect(traffic.refused).toEqual([]);
  expect(traffic.kids.size).toBe(2);
  await context.annotate(
    `beside ${RELEASE}: ${traffic.counts.accepted} accepted tokens, none refused`,
  );
}, 600_000);

async function startReleased(
  env: Readonly<Record<string, string>>,
  test: Pick<TestContext, 'onTestFinished'>,
) {
  const program = await unpackRelease(test);
  const directory = createTemporaryDirectory('released');
  test.onTestFinished(() => directory.remove());
  const child = await startProcess(process.execPath, [...program, 'serve'], {
    cwd: directory.path,
    env: {
      ...{ PATH: process.env.PATH ?? '', HOME: directory.path },
      ...{ SERVER_PORT: '0', SERVER_SHUTDOWN_DELAY: '0s', LOGGING_FORMAT: 'json' },
      UV_THREADPOOL_SIZE: String(availableParallelism() + 4),
      ...known(env),
    },
  });
  test.onTestFinished(async () => void (await child.kill()));
  const line = await child.waitForLine(/"message":"ready"/, ROUND_TIMEOUT_MS);
  const { url } = JSON.parse(line) as { url: string };
  return { call: createCall(url) };
}

/** Without the variables of keys that the released build does not have. */
function known({
  TOKENS_ROTATION_INTERVAL: _interval,
  SESSIONS_MAX_PER_USER: _most,
  ...rest
}: Readonly<Record<string, string>>): Record<string, string> {
  return rest;
}

function kidOf(token: string): string {
  const [header = ''] = token.split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
}
