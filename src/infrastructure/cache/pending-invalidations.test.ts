import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPendingInvalidations } from './pending-invalidations.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Invalidations in front of a cache that can be down, or hold its responses back. */
function create() {
  const world = {
    nowMs: 0,
    isDown: false,
    deleted: [] as string[],
    held: [] as (() => void)[],
    isHolding: false,
    reconnect: () => {},
  };
  const invalidations = createPendingInvalidations({
    nowMs: () => world.nowMs,
    guard: {
      executeAlways: (command) => command(),
      executeUncounted: (command) => command(),
      onReconnected(listener) {
        world.reconnect = listener;
      },
    },
    async deleteKeys(keys) {
      if (world.isDown) throw new Error('down');
      if (world.isHolding) await new Promise<void>((resolve) => world.held.push(resolve));
      world.deleted.push(...keys);
    },
  });
  return { world, invalidations };
}

test('an acknowledged deletion is not repeated; a failed one is repeated until acknowledged', async () => {
  const { world, invalidations } = create();
  await invalidations.deliver(['a']);
  expect(invalidations.isPending('a')).toBe(false);
  world.isDown = true;
  await expect(invalidations.deliver(['b', 'c'])).rejects.toThrow('down');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(invalidations.isPending('b')).toBe(true);
  world.isDown = false;
  await vi.advanceTimersByTimeAsync(250);
  expect(world.deleted).toEqual(['a', 'b', 'c']);
  expect(invalidations.isPending('b')).toBe(false);
});

test('an older acknowledgement does not count for a newer deletion', async () => {
  const { world, invalidations } = create();
  world.isHolding = true;
  const older = invalidations.deliver(['a']);
  const newer = invalidations.deliver(['a']);
  await vi.advanceTimersByTimeAsync(0);
  world.held[0]?.();
  await older;
  expect(invalidations.isPending('a')).toBe(true);
  world.held[1]?.();
  await newer;
  expect(invalidations.isPending('a')).toBe(false);
});

test('a reconnection repeats the deletions of the last 10 s', async () => {
  const { world, invalidations } = create();
  await invalidations.deliver(['old']);
  world.nowMs = 10_000;
  await invalidations.deliver(['recent']);
  world.deleted.length = 0;
  world.reconnect();
  expect(invalidations.isPending('recent')).toBe(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(world.deleted).toEqual(['recent']);
  expect(invalidations.isPending('recent')).toBe(false);
});

test('a long outage costs bounded memory, and dropped deletions are counted', async () => {
  const { world, invalidations } = create();
  world.isDown = true;
  for (let index = 0; index < 20_010; index += 1) {
    await invalidations.deliver([`key-${index}`]).catch(() => undefined);
  }
  expect(invalidations.dropped()).toBe(10);
  expect(invalidations.isPending('key-0')).toBe(false);
  expect(invalidations.isPending('key-20009')).toBe(true);
  world.isDown = false;
  await invalidations.flush();
  expect(world.deleted).toHaveLength(20_000);
});

test('nothing is repeated after close', async () => {
  const { world, invalidations } = create();
  world.isDown = true;
  await invalidations.deliver(['a']).catch(() => undefined);
  invalidations.close();
  world.isDown = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(world.deleted).toEqual([]);
});
