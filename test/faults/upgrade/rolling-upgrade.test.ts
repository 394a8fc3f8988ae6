import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { type RunningProcess, startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { startHaproxy } from '../../support/haproxy.ts';
import { startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { expectWholeHistory } from '../outbox/history.ts';
import { startLives } from '../outbox/lives.ts';
import { cheapHashing, createCall } from '../support.ts';
import { RELEASE, unpackRelease } from './released-program.ts';

/** Upgrades and downgrades of all instances, in turn. `FAULT_ROUNDS=10` is the long form. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '2');
const READY_TIMEOUT_MS = 60_000;
/** Under load between two replacements. */
const UNDER_LOAD_MS = 1_000;

test(`release ${RELEASE} is upgraded and downgraded behind a proxy in ${ROUNDS} rounds: no request fails, no write is lost`, async ({
  annotate,
}) => {
  const { connectionOptions } = await createTestDatabase({ template: 'template0' });
  const database = await connectPostgres(connectionOptions);
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const directory = createTemporaryDirectory('upgrade');
  onTestFinished(() => directory.remove());
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: directory.path,
    UV_THREADPOOL_SIZE: String(availableParallelism() + 4),
    ...postgresEnvironment(connectionOptions),
    ...cheapHashing,
    PASSWORD_HASHING_WAIT: '30s',
    SECURITY_MASTER_KEY: createMasterKey(),
    SERVER_PUBLIC_URL: 'http://service.test',
    // Longer than the proxy needs to see that an instance is not ready.
    SERVER_SHUTDOWN_DELAY: '1s',
    NATS_SERVERS: nats.url,
    LOGGING_FORMAT: 'json',
  };
  const run = (program: readonly string[], args: readonly string[], more = {}) =>
    startProcess(process.execPath, [...program, ...args], {
      cwd: directory.path,
      env: { ...env, ...more },
    });
  const start = async (program: readonly string[], port: number): Promise<RunningProcess> => {
    const child = await run(program, ['serve'], { SERVER_PORT: String(port) });
    onTestFinished(async () => void (await child.kill()));
    await child.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
    return child;
  };

  const released = await unpackRelease();
  const present = [presentProgram()];
  const ports = [await findFreePort(), await findFreePort()];
  const instances: RunningProcess[] = [];
  for (const port of ports) instances.push(await start(released, port));
  const before = await schemaVersion(database);
  const proxy = await startHaproxy(ports);
  onTestFinished(() => proxy.stop());

  const call = createCall(proxy.url);
  const lives = startLives({ pick: () => ({ call, killed: false }), atOnce: 4, pauseMs: 20 });
  await delay(UNDER_LOAD_MS);
  const migration = await run(present, ['migrate', 'up']);
  expect(await migration.exited, migration.output()).toMatchObject({ code: 0 });
  for (let round = 0; round < ROUNDS; round += 1) {
    const program = round % 2 === 0 ? present : released;
    for (const [index, port] of ports.entries()) {
      expect(await instances[index]?.stop(30_000)).toMatchObject({ code: 0 });
      instances[index] = await start(program, port);
      await inRotation(proxy.url, port);
      await delay(UNDER_LOAD_MS);
    }
  }
  await lives.stop();

  expect(lives.unexpected).toEqual([]);
  const figures = await expectWholeHistory(database, nats.url, lives);
  const after = await schemaVersion(database);
  await annotate(
    `schema ${before} to ${after}, ${ROUNDS * ports.length} replacements, ${lives.answers()} answers, ` +
      `none failed; ${JSON.stringify(figures)}`,
  );
}, 600_000);

function presentProgram(): string {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  if (!existsSync(join(root, 'dist', 'main.js'))) {
    throw new Error('dist/ is not built: run `npm run build`');
  }
  return join(root, 'bin', 'user-service.cjs');
}

async function schemaVersion(database: Awaited<ReturnType<typeof connectPostgres>>) {
  const { rows } = await database.query<{ version: number }>(
    'select version::int as version from schema_migrations',
  );
  return rows[0]?.version;
}

/** Waits until the instance is ready, and the proxy has seen it. */
async function inRotation(url: string, port: number): Promise<void> {
  await eventually(
    async () => {
      const answers = await Promise.all(
        [`http://127.0.0.1:${port}`, url].map((base) => fetch(`${base}/health/ready`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    },
    { timeoutMs: READY_TIMEOUT_MS, what: 'an instance in rotation' },
  );
  // Three intervals of the proxy's checks.
  await delay(600);
}
