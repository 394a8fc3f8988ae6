import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPendingInvalidations } from './pending-invalidations.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A ledger over a cache that can be away, or keep its answers back. */
function create() {
  const world = {
    nowMs: 0,
    isAway: false,
    removed: [] as string[],
    held: [] as (() => void)[],
    isHolding: false,
  };
  const ledger = createPendingInvalidations({
    nowMs: () => world.nowMs,
    async remove(keys) {
      if (world.isAway) throw new Error('away');
      if (world.isHolding) await new Promise<void>((resolve) => world.held.push(resolve));
      world.removed.push(...keys);
    },
  });
  return { world, ledger };
}

test('what the cache took is forgotten, and what it did not take is repeated until it does', async () => {
  const { world, ledger } = create();
  await ledger.deliver(['a']);
  expect(ledger.has('a')).toBe(false);
  world.isAway = true;
  await expect(ledger.deliver(['b', 'c'])).rejects.toThrow('away');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ledger.has('b')).toBe(true);
  world.isAway = false;
  await vi.advanceTimersByTimeAsync(250);
  expect(world.removed).toEqual(['a', 'b', 'c']);
  expect(ledger.has('b')).toBe(false);
});

test('an older acknowledgement does not count for a newer deletion', async () => {
  const { world, ledger } = create();
  world.isHolding = true;
  const older = ledger.deliver(['a']);
  const newer = ledger.deliver(['a']);
  await vi.advanceTimersByTimeAsync(0);
  world.held[0]?.();
  await older;
  expect(ledger.has('a')).toBe(true);
  world.held[1]?.();
  await newer;
  expect(ledger.has('a')).toBe(false);
});

test('after a reconnection what was deleted in the last 10 s is deleted again', async () => {
  const { world, ledger } = create();
  await ledger.deliver(['old']);
  world.nowMs = 10_000;
  await ledger.deliver(['recent']);
  world.removed.length = 0;
  ledger.repeatRecent();
  expect(ledger.has('recent')).toBe(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(world.removed).toEqual(['recent']);
  expect(ledger.has('recent')).toBe(false);
});

test('an outage of any length costs bounded memory, and tells what was given up', async () => {
  const { world, ledger } = create();
  world.isAway = true;
  for (let index = 0; index < 20_010; index += 1) {
    await ledger.deliver([`key-${index}`]).catch(() => undefined);
  }
  expect(ledger.dropped()).toBe(10);
  expect(ledger.has('key-0')).toBe(false);
  expect(ledger.has('key-20009')).toBe(true);
  world.isAway = false;
  await ledger.flush();
  expect(world.removed).toHaveLength(20_000);
});

test('nothing is repeated after the end', async () => {
  const { world, ledger } = create();
  world.isAway = true;
  await ledger.deliver(['a']).catch(() => undefined);
  ledger.close();
  world.isAway = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(world.removed).toEqual([]);
});
