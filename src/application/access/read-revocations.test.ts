import { expect, test } from 'vitest';
import type {
  RevocationFeed,
  RevocationSlice,
  SequencedRevocation,
} from '../../domain/session/revocation-feed.ts';
import { createSemaphore } from '../../lib/semaphore.ts';
import { createFeedSignal } from '../outbox/feed-signal.ts';
import type { Caller } from './caller.ts';
import { createReadRevocations } from './read-revocations.ts';

const reader = {
  principal: { kind: 'service', id: 'reader', name: 'reader', scopes: ['tokens:introspect'] },
} as unknown as Caller;

function revocation(sequence: number): SequencedRevocation {
  const rowId = `row-${sequence}`;
  return { kind: 'session', id: rowId, notBefore: 0, until: 1, sequence, rowId };
}

/** A feed whose statements wait until they are let go. */
function create({ maxConcurrent = 4 } = {}) {
  const rows = [revocation(1)];
  const begun: number[] = [];
  const counts = { numberings: 0 };
  let gate = Promise.resolve();
  const revocationFeed: RevocationFeed = {
    async number() {
      counts.numberings += 1;
      return { numbered: 0, newest: rows.length };
    },
    async list({ after }): Promise<RevocationSlice> {
      begun.push(after);
      const entries = rows.filter(({ sequence }) => sequence > after);
      await gate;
      const last = rows.at(-1);
      return { entries, last: last?.sequence ?? 0, lastId: last?.rowId ?? null, afterId: null };
    },
  };
  const limit = { maxConcurrent, waitMs: 0, maxWaiting: 0 };
  const revocations = createReadRevocations({
    ...{ revocationFeed, revocationSignal: createFeedSignal() },
    revocationReads: createSemaphore(limit),
    revocationConnections: createSemaphore(limit),
  });
  const read = async (sequence: number) => {
    const { entries } = await revocations.read(reader, { sequence, check: null });
    return entries.map(({ id }) => Number(id?.slice('row-'.length)));
  };
  const hold = () => {
    let open = (): void => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => open();
  };
  return { rows, begun, counts, read, hold };
}

test('callers of one turn at the same position share a read, and those at others have their own', async () => {
  const { rows, begun, counts, read } = create();
  rows.push(revocation(2));
  expect(await Promise.all([read(0), read(1), read(0), read(1)])).toEqual([
    [1, 2],
    [2],
    [1, 2],
    [2],
  ]);
  expect(begun).toEqual([0, 1]);
  expect(await Promise.all([read(2), read(2), read(2)])).toEqual([[], [], []]);
  expect([begun, counts.numberings]).toEqual([[0, 1, 2], 1]);
});

test('a caller does not share a read that began before its call', async () => {
  const { rows, begun, read, hold } = create();
  const letGo = hold();
  const early = read(1);
  await expect.poll(() => begun).toEqual([1]);
  rows.push(revocation(2));
  const late = read(1);
  await expect.poll(() => begun).toEqual([1, 1]);
  letGo();
  expect(await late).toEqual([2]);
  await early;
});

test('a refused read refuses its callers only', async () => {
  const { read } = create({ maxConcurrent: 1 });
  const results = await Promise.allSettled([read(0), read(1), read(0)]);
  expect(results).toMatchObject([
    { value: [1] },
    { reason: { code: 'overloaded' } },
    { value: [1] },
  ]);
});
