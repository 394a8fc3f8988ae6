import { closeSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { commitLives, startRelay, waitUntilDrained } from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** Their events fill eight blocks, and half of the last one. */
const USERS = 148;
const VERSIONS = 3;
/** For a limit this small, the server makes blocks of the least size, 32 KiB. */
const SMALL_LIMIT_BYTES = 100_000;
const BLOCK_BYTES = 32_768;
const DAMAGED_BYTES = 600;
const LOST = 'the stream lost events: they are sent again';
const CAUSE = 'the stream counts messages that it has lost';
/** The shortest that the server takes; the broker forgets ids after it. */
const WINDOW_MS = 100;
const READS_AT_ONCE = 200;

async function asOperator<T>(url: string, work: (manager: JetStreamManager) => Promise<T>) {
  const connection = await connect({ servers: url });
  try {
    return await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

/** A stream whose blocks are small: the server keeps their size when the limit that it comes from is removed. */
function addStreamOfSmallBlocks(url: string): Promise<unknown> {
  return asOperator(url, async ({ streams }) => {
    const { config } = await streams.add({
      name: 'USERS',
      subjects: ['users.events.>'],
      max_bytes: SMALL_LIMIT_BYTES,
    });
    await streams.update('USERS', { ...config, max_bytes: -1 });
  });
}

/** The files of the stream's blocks, from the first. */
function blocksOf({ storeDirectory }: NatsServer): string[] {
  const folder = join(storeDirectory, 'jetstream', '$G', 'streams', 'USERS', 'msgs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.blk'))
    .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
    .map((name) => join(folder, name));
}

function overwriteMiddle(path: string): void {
  const file = openSync(path, 'r+');
  const at = Math.floor(statSync(path).size / 2);
  writeSync(file, Buffer.alloc(DAMAGED_BYTES, 0xa5), 0, DAMAGED_BYTES, at);
  closeSync(file);
}

/** The ids of all events that a reader gets, with repetitions. */
function readIds(url: string) {
  return asOperator(url, async ({ streams }) => {
    const { state } = await streams.info('USERS');
    const ids: string[] = [];
    for (let first = state.first_seq; first <= state.last_seq; first += READS_AT_ONCE) {
      const length = Math.min(READS_AT_ONCE, state.last_seq - first + 1);
      const messages = await Promise.all(
        Array.from({ length }, (_, index) => streams.getMessage('USERS', { seq: first + index })),
      );
      for (const message of messages) if (message !== null) ids.push(message.header.get('ce-id'));
    }
    return ids.sort();
  });
}

async function committedIds(database: Database): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>('select id from outbox order by id');
  return rows.map(({ id }) => id);
}

/** Events in a stream of several blocks, one of which is damaged while NATS is down. */
async function damageBlock(index: number) {
  const database = await connectPostgres((await createTestDatabase()).connectionOptions);
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  await addStreamOfSmallBlocks(nats.url);
  const logger = createRecordingLogger();
  const { relay } = await startRelay({
    database,
    url: nats.url,
    logger,
    settings: { reconcileEveryMs: 500, sweepEveryMs: 1_000, sweepSliceEveryMs: 10, pollMs: 20 },
    stream: { duplicateWindowMs: WINDOW_MS },
  });
  await commitLives(database, USERS, VERSIONS);
  await waitUntilDrained(database, nats.url, 60_000);
  const committed = await committedIds(database);
  expect(await readIds(nats.url)).toEqual(committed);

  await nats.kill();
  const blocks = blocksOf(nats);
  expect(blocks.length).toBeGreaterThan(3);
  // A server that is killed may lose what it has just taken: a damage behind that would hit nothing.
  const lastBytes = statSync(blocks.at(-1) ?? '').size;
  expect(lastBytes).toBeGreaterThan(BLOCK_BYTES / 4);
  expect(lastBytes).toBeLessThan((3 * BLOCK_BYTES) / 4);
  overwriteMiddle(blocks.at(index) ?? '');
  await nats.start();
  const losses = () =>
    logger.lines.filter(({ message, fields }) => message === LOST && fields.cause === CAUSE);
  const untilAllAreThere = () =>
    eventually(async () => expect(await readIds(nats.url)).toEqual(committed), {
      timeoutMs: 30_000,
      intervalMs: 100,
    });
  return { relay, losses, untilAllAreThere };
}

test('a block before the last one is damaged while NATS is down: every event is in the stream again, once', async ({
  annotate,
}) => {
  const { relay, losses, untilAllAreThere } = await damageBlock(0);
  await eventually(() => expect(losses()).toHaveLength(1), { timeoutMs: 30_000 });
  await untilAllAreThere();
  const { resent, foreign } = relay.stats();
  expect(losses().map(({ fields }) => fields.count)).toEqual([resent]);
  expect(foreign).toBe(0);
  await annotate(`${resent} of ${USERS * VERSIONS} events sent again`);
});

test('the last block is damaged while NATS is down, so that NATS loses what is sent again: it is reported each time', async () => {
  const { losses } = await damageBlock(-1);
  await eventually(() => expect(losses().length).toBeGreaterThan(2), { timeoutMs: 30_000 });
});
