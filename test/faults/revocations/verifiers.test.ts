import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { type RunningProcess, startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { runProgram } from '../../support/service-process.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { cheapHashing, createCall, PASSWORD, type Service } from '../support.ts';

/** Half of them over NATS, half over HTTP; the clocks of some are a minute off. */
const VERIFIERS = 20;
const SKEWED_MS = [0, 0, 60_000, 60_000, -60_000, -60_000];
/** Sessions that end in the measured part. */
const MEASURED = 40;
const PACE_MS = 30;
const READY_TIMEOUT_MS = 90_000;
const PATIENT = { timeoutMs: 60_000, intervalMs: 200 };
const file = fileURLToPath(new URL('../../support/verifier-process.mjs', import.meta.url));

interface Verifier {
  readonly over: 'NATS' | 'HTTP';
  readonly url: string;
  readonly process: RunningProcess;
}

let nats: NatsServer;
let connection: ConnectionOptions;
let service: RunningProcess;
let call: Service['call'];
let url = '';
let key = '';
let userId = '';
let port = 0;
const masterKey = createMasterKey();
const directory = createTemporaryDirectory('verifiers');
const started: RunningProcess[] = [];
let verifiers: readonly Verifier[] = [];

const environment = () => ({
  ...postgresEnvironment(connection),
  ...cheapHashing,
  ...{ SERVER_PORT: String(port), LOGGING_FORMAT: 'json', LIMITS_ENABLED: 'false' },
  ...{ SECURITY_MASTER_KEY: masterKey, NATS_SERVERS: nats.url, SERVER_PUBLIC_URL: url },
});

async function startService(): Promise<void> {
  service = await runProgram(['serve'], { cwd: directory.path, env: environment() });
  started.push(service);
  await service.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
}

async function startVerifier(
  over: Verifier['over'],
  more: { readonly skewMs?: number; readonly onStale?: string } = {},
): Promise<Verifier> {
  const access = { url, key };
  const feed = over === 'NATS' ? { nats: nats.url, http: access } : { http: access };
  const argument = { ...feed, issuer: url, jwksUrl: `${url}/.well-known/jwks.json`, ...more };
  const child = await startProcess(process.execPath, [file, JSON.stringify(argument)]);
  started.push(child);
  const line = await child.waitForLine(/^ready/, READY_TIMEOUT_MS);
  return { over, url: line.slice('ready '.length), process: child };
}

beforeAll(async () => {
  connection = (await createTestDatabase()).connectionOptions;
  nats = await startNats({ jetstream: true });
  port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  await startService();
  call = createCall(url);
  const scopes = ['--scope', 'tokens:introspect', 'users:admin'];
  const args = ['service-accounts', 'create', 'verifier', '--json', ...scopes];
  const made = await runProgram(args, { cwd: directory.path, env: environment() });
  await made.exited;
  key = (JSON.parse(made.stdout()) as { key: string }).key;
  const person = { first_name: 'Ada', last_name: 'Li', email: 'ada@example.com' };
  const body = { ...person, password: PASSWORD };
  userId = String((await call('POST', '/v1/users', { body })).body.id);
  const starting = Array.from({ length: VERIFIERS }, (_, index) =>
    startVerifier(index % 2 ? 'HTTP' : 'NATS', { skewMs: SKEWED_MS[index] ?? 0 }),
  );
  verifiers = await Promise.all(starting);
}, 300_000);

afterAll(async () => {
  for (const child of started) await child.kill();
  await nats?.stop();
  await directory.remove();
});

interface Session {
  readonly id: string;
  readonly token: string;
}

async function signIn(): Promise<Session> {
  const body = { email: 'ada@example.com', password: PASSWORD };
  const { status, body: grant } = await call('POST', '/v1/sessions', { body });
  expect(status).toBe(201);
  return { id: String(grant.session_id), token: String(grant.access_token) };
}

async function signInTimes(count: number): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  while (sessions.length < count) sessions.push(await signIn());
  return sessions;
}

/** @returns when the request began, as the verifiers tell the time */
async function endSession(id: string): Promise<number> {
  const beganAt = performance.timeOrigin + performance.now();
  const path = `/v1/users/${userId}/sessions/${id}`;
  expect((await call('DELETE', path, { token: key })).status).toBe(204);
  return beganAt;
}

/** What a verifier tells of each token. */
async function toldBy(one: Verifier, sessions: readonly Session[], query = ''): Promise<string[]> {
  const body = JSON.stringify(sessions.map(({ token }) => token));
  const response = await fetch(one.url + query, { method: 'POST', body });
  return (await response.json()) as string[];
}

async function expectTold(
  by: readonly Verifier[],
  sessions: readonly Session[],
  verdict: string,
  query = '',
): Promise<void> {
  await eventually(
    async () => {
      const told = await Promise.all(by.map((one) => toldBy(one, sessions, query)));
      expect(told).toEqual(by.map(() => sessions.map(() => verdict)));
    },
    { ...PATIENT, what: `every verifier tells ${verdict}` },
  );
}

const over = (kind: Verifier['over']) => verifiers.filter((one) => one.over === kind);

/** The states of each verifier since a moment of its output. */
function lastState({ process: child }: Verifier): string | undefined {
  return child
    .stdout()
    .match(/^state \w+$/gm)
    ?.at(-1);
}

async function expectState(by: readonly Verifier[], state: string): Promise<void> {
  await eventually(() => expect(by.map(lastState)).toEqual(by.map(() => `state ${state}`)), {
    ...PATIENT,
    what: `every verifier is ${state}`,
  });
}

test(`${VERIFIERS} processes refuse the tokens of ${MEASURED} ended sessions, each of all`, async () => {
  const sessions = await signInTimes(MEASURED);
  await expectTold(verifiers, sessions, userId, '?watch');
  const beganAt = new Map<string, number>();
  for (const { id } of sessions) {
    beganAt.set(id, await endSession(id));
    await sleep(PACE_MS);
  }
  await expectTold(verifiers, sessions, 'revoked');
  for (const kind of ['NATS', 'HTTP'] as const) {
    const delays = over(kind)
      .flatMap(({ process: child }) => [...child.stdout().matchAll(/^refused (\S+) at (\S+)$/gm)])
      .map(([, id = '', at]) => Number(at) - (beganAt.get(id) ?? 0))
      .sort((a, b) => a - b);
    expect(delays).toHaveLength((VERIFIERS / 2) * MEASURED);
    const at = (part: number) => delays[Math.floor(part * (delays.length - 1))]?.toFixed(1);
    // The promise is 100 ms; a busy machine may take longer.
    process.stdout.write(
      `refused over ${kind}, from the request: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms\n`,
    );
  }
});

test('a user with many sessions ends at once, and a sign-in of the same second is accepted', async () => {
  const sessions = await signInTimes(12);
  await expectTold(verifiers, sessions, userId);
  const path = `/v1/users/${userId}/sessions`;
  expect((await call('DELETE', path, { token: key })).status).toBe(204);
  const next = await signIn();
  await expectTold(verifiers, sessions, 'revoked');
  await expectTold(verifiers, [next], userId);
});

test.each(['killed', 'frozen'])(
  'while the broker is %s, its listeners refuse what they cannot know',
  async (how) => {
    const [ended, live] = await signInTimes(2);
    if (ended === undefined || live === undefined) throw new Error('no sessions');
    await expectTold(verifiers, [ended, live], userId);
    if (how === 'killed') await nats.kill();
    else nats.freeze();
    await endSession(ended.id);
    await expectTold(over('HTTP'), [ended], 'revoked');
    await expectTold(over('HTTP'), [live], userId);
    await expectState(over('NATS'), 'stale');
    await expectTold(over('NATS'), [live], 'revocations');
    if (how === 'killed') await nats.start();
    else nats.thaw();
    await expectTold(verifiers, [live], userId);
    await expectTold(verifiers, [ended], 'revoked');
    await expectState(verifiers, 'fresh');
  },
);

test.each(['an older copy of its streams', 'no streams'])(
  'after a broker came back with %s, old and new verifiers refuse every ended session',
  async (stored) => {
    const sessions = await signInTimes(4);
    const [before, between, after, live] = sessions;
    if (!before || !between || !after || !live) throw new Error('no sessions');
    await expectTold(verifiers, sessions, userId);
    await endSession(before.id);
    await expectTold(verifiers, [before], 'revoked');
    const saved = await nats.saveStore();
    await endSession(between.id);
    await expectTold(verifiers, [between], 'revoked');
    await nats.replaceStore(stored === 'no streams' ? undefined : saved);
    await endSession(after.id);
    const late = [await startVerifier('NATS'), await startVerifier('HTTP')];
    await expectTold([...verifiers, ...late], [before, between, after], 'revoked');
    await expectTold([...verifiers, ...late], [live], userId);
  },
);

test('while the service is away each policy decides, and a restart ends that', async () => {
  const [ended, live] = await signInTimes(2);
  if (ended === undefined || live === undefined) throw new Error('no sessions');
  const allowing = await startVerifier('HTTP', { onStale: 'allow_until_exp' });
  const asking = await startVerifier('NATS', { onStale: 'introspect' });
  const all = [...verifiers, allowing, asking];
  await endSession(ended.id);
  await expectTold(all, [ended], 'revoked');
  await expectTold(all, [live], userId);
  await service.kill();
  await expectState(all, 'stale');
  await expectTold(verifiers, [live], 'revocations');
  await expectTold([allowing], [live], userId);
  await expectTold([asking], [live], 'introspection');
  // What is known stays known.
  await expectTold(all, [ended], 'revoked');
  await startService();
  await expectTold(all, [live], userId);
  await expectTold(all, [ended], 'revoked');
  await expectState(all, 'fresh');
});
