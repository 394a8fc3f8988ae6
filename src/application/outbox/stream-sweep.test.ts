import { expect, test } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { type StreamState, StreamUnavailable } from '../../domain/outbox/event-stream.ts';
import { createStreamSweep } from './stream-sweep.ts';

interface Range {
  readonly first: number;
  readonly last: number;
}

const EVERY_MS = 60_000;
const SLICE_EVERY_MS = 250;
const NEWEST = 20_000;
const DAY_MS = 86_400_000;
const lease = { epoch: 1 };
const state: StreamState = {
  name: 'USERS',
  created: 'then',
  firstSequence: 1,
  lastSequence: 50_000,
  messages: 50_000,
  maxAgeMs: DAY_MS,
  limitsSize: false,
  limitsSubjects: false,
  duplicateWindowMs: 60_000,
};

/** A sweep with a clock of its own. `list` answers a read. */
function createWorld(list: (range: Range) => Promise<readonly number[]> = async () => []) {
  const reads: Range[] = [];
  const resets: { sequences: readonly number[]; maxAgeMs: number | null }[] = [];
  const logger = createRecordingLogger();
  const world = { nowMs: 0, isAvailable: true };
  const sweep = createStreamSweep({
    queue: {
      resetSequences: async (_, sequences, maxAgeMs) => {
        resets.push({ sequences, maxAgeMs });
        return sequences.length;
      },
    },
    stream: {
      isAvailable: () => world.isAvailable,
      listMissing: (range) => {
        reads.push(range);
        return list(range);
      },
    },
    monotonicMs: () => world.nowMs,
    logger,
    settings: { sweepEveryMs: EVERY_MS, sweepSliceEveryMs: SLICE_EVERY_MS },
  });
  /** Rounds of the relay, a slice apart; a read ends before the next round. */
  async function run(rounds: number, change: Partial<StreamState> = {}) {
    const losses: unknown[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const loss = await sweep.step(lease, { ...state, ...change }, state.lastSequence);
      if (loss !== null) losses.push(loss);
      await new Promise(setImmediate);
      world.nowMs += SLICE_EVERY_MS;
    }
    return losses;
  }
  return { world, sweep, reads, resets, logger, run };
}

/** Rounds in which a sweep would be read more than once. */
const MANY = 100;

test('reads the newest 20,000 messages once, in slices of 500 from the end', async () => {
  const { sweep, reads, run } = createWorld();
  await run(MANY);
  expect(reads).toEqual([]);
  sweep.request();
  await run(MANY);
  expect(reads).toHaveLength(NEWEST / 500);
  expect(reads.map(({ first, last }) => last - first)).toEqual(reads.map(() => 499));
  expect(reads.map(({ last }) => last)).toEqual(reads.map((_, slice) => 50_000 - slice * 500));
});

test('reads from the first message on, though the stream was read while it was empty', async () => {
  const { world, sweep, reads } = createWorld();
  sweep.request();
  await sweep.step(lease, { ...state, firstSequence: 0, lastSequence: 0, messages: 0 }, 2);
  world.nowMs += SLICE_EVERY_MS;
  expect(reads).toEqual([{ first: 1, last: 2 }]);
});

test('reads a slice at most each 250 ms, and one at a time, without waiting for it', async () => {
  const pending: (() => void)[] = [];
  const { sweep, reads, run, world } = createWorld(
    () => new Promise((resolve) => pending.push(() => resolve([]))),
  );
  sweep.request();
  await run(MANY);
  expect(reads).toHaveLength(1);
  pending.at(-1)?.();
  await new Promise(setImmediate);
  await run(1);
  expect(reads).toHaveLength(2);
  pending.at(-1)?.();
  await new Promise(setImmediate);
  world.nowMs -= SLICE_EVERY_MS;
  await run(1);
  expect(reads).toHaveLength(2);
});

test('begins at most each minute, and goes on when it is requested again, however often the connection flaps', async () => {
  const { sweep, reads, run } = createWorld();
  const rounds = (10 * EVERY_MS) / SLICE_EVERY_MS;
  for (let round = 0; round < rounds; round += 1) {
    sweep.request();
    await run(1);
  }
  expect(reads).toHaveLength((10 * NEWEST) / 500);
  expect(reads.filter(({ last }) => last === 50_000)).toHaveLength(10);
  // The last request is still open.
  await run(2 * rounds);
  expect(reads).toHaveLength((11 * NEWEST) / 500);
});

test('resets what is missing, unless it may have expired, and looks again until nothing is', async () => {
  const lost = new Set([49_998, 49_999, 31_000]);
  const { sweep, reads, resets, run } = createWorld(async ({ first, last }) =>
    [...lost].filter((sequence) => sequence >= first && sequence <= last),
  );
  sweep.request();
  const cause = 'the stream counts messages that it has lost';
  const losses = await run(MANY);
  expect(losses).toEqual([
    { cause, count: 2 },
    { cause, count: 1 },
  ]);
  expect(resets.map(({ sequences }) => sequences)).toEqual([[49_998, 49_999], [31_000]]);
  expect(resets.map(({ maxAgeMs }) => maxAgeMs)).toEqual([DAY_MS - 120_000, DAY_MS - 120_000]);
  lost.clear();
  expect(await run(10 * MANY)).toEqual([]);
  expect(reads).toHaveLength((2 * NEWEST) / 500);
});

test('ends at the first message of the stream', async () => {
  const { sweep, reads, run } = createWorld();
  sweep.request();
  await run(MANY, { firstSequence: 49_321 });
  expect(reads).toEqual([
    { first: 49_501, last: 50_000 },
    { first: 49_321, last: 49_500 },
  ]);
});

test.each([{ limitsSize: true }, { limitsSubjects: true }])(
  'reads nothing where an operator limits the stream: %o',
  async (limit) => {
    const { sweep, reads, run } = createWorld();
    sweep.request();
    await run(MANY, limit);
    expect(reads).toEqual([]);
  },
);

test('ends with a warning after three slices in a row that could not be read', async () => {
  let answers = 0;
  const { sweep, reads, run, logger } = createWorld(async () => {
    answers += 1;
    if (answers === 3) return [];
    throw new StreamUnavailable('no rights');
  });
  sweep.request();
  await run(10 * MANY);
  expect(reads.map(({ last }) => last)).toEqual([50_000, 50_000, 50_000, 49_500, 49_500, 49_500]);
  expect(logger.lines.map(({ message }) => message)).toEqual([
    'the stream could not be searched for lost events',
  ]);
});

test('goes on where it was after the broker was unreachable', async () => {
  const { sweep, reads, run, world, logger } = createWorld(async () => {
    if (!world.isAvailable) throw new StreamUnavailable('NATS is not reachable');
    return [];
  });
  sweep.request();
  await run(2);
  world.isAvailable = false;
  await run(5);
  world.isAvailable = true;
  await run(MANY);
  expect(new Set(reads.map(({ last }) => last)).size).toBe(NEWEST / 500);
  expect(reads).toHaveLength(NEWEST / 500 + 5);
  expect(logger.lines).toEqual([]);
});

test('drops what it read when the sequences belong to other events, and starts again', async () => {
  const answers: ((missing: readonly number[]) => void)[] = [];
  const { sweep, reads, resets, run } = createWorld(
    () => new Promise((resolve) => answers.push(resolve)),
  );
  sweep.request();
  await run(1);
  sweep.discard();
  answers[0]?.([50_000]);
  await run(MANY);
  expect(resets).toEqual([]);
  await run((2 * EVERY_MS) / SLICE_EVERY_MS);
  expect(reads.map(({ last }) => last)).toEqual([50_000, 50_000]);
});
