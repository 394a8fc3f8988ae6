import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningProcess, startProcess } from '../../support/child-process.ts';
import { startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { expectEveryEvent, startRelay, waitUntilDrained } from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { findStreamFaults } from '../../support/verify-stream.ts';

/** `FAULTS_KILLS=50` is the long form. */
const KILLS = Number(process.env.FAULTS_KILLS ?? '5');
/** Each kill comes at a random moment within this time after the first commit of the round. */
const MAX_DELAY_MS = 600;
const child = fileURLToPath(new URL('../../support/relay-child.ts', import.meta.url));

test(`the stream has every committed event once and in order after ${KILLS} kills under load`, async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await connectPostgres(connectionOptions);
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const argument = JSON.stringify({ connection: connectionOptions, url: nats.url });
  const startChild = async (): Promise<RunningProcess> => {
    const process_ = await startProcess(process.execPath, ['--import', 'tsx', child, argument]);
    onTestFinished(async () => void (await process_.kill()));
    return process_;
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    // One instance publishes, both write, and both are killed at once.
    const instances = [await startChild(), await startChild()];
    for (const instance of instances) await instance.waitForLine(/committed/, 20_000);
    const moment = performance.now() + Math.random() * MAX_DELAY_MS;
    await expect.poll(() => performance.now() >= moment, { interval: 1 }).toBe(true);
    await Promise.all(instances.map((instance) => instance.kill()));
  }
  await startRelay({ database, url: nats.url });
  const streamed = await waitUntilDrained(database, nats.url, 60_000);
  expect(streamed.length).toBeGreaterThan(KILLS * 8);
  await expectEveryEvent(database, streamed);
  expect(await findStreamFaults(database, nats.url)).toEqual([]);
}, 600_000);
