import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createFairSemaphore, type FairSemaphoreOptions } from './fair-semaphore.ts';

const NONE = { queue_full: 0, displaced: 0, timeout: 0 };

/** A semaphore whose clock and permits the test controls. Callers are named by their key and number, such as `a1`. */
function setUp(options: Partial<Omit<FairSemaphoreOptions, 'monotonicMs'>> = {}) {
  let nowMs = 0;
  const semaphore = createFairSemaphore({
    ...{ maxConcurrent: 1, waitMs: 60_000, maxWaiting: 100 },
    ...options,
    monotonicMs: () => nowMs,
  });
  const counts = new Map<string, number>();
  const held: (() => void)[] = [];
  const admitted: string[] = [];
  const refused: string[] = [];

  function arrive(...keys: string[]): void {
    for (const key of keys) {
      const number = (counts.get(key) ?? 0) + 1;
      counts.set(key, number);
      const name = `${key}${number}`;
      const place = semaphore.reserve(key);
      if (place === null) {
        refused.push(name);
        continue;
      }
      void place.acquire().then((release) => {
        if (release === null) {
          refused.push(name);
          return;
        }
        admitted.push(name);
        held.push(release);
      });
    }
  }

  /** Ends the oldest permits, each after it was held for so long. */
  async function serve(count: number, heldMs = 10): Promise<void> {
    for (let served = 0; served < count; served += 1) {
      await turn();
      nowMs += heldMs;
      held.shift()?.();
    }
    await turn();
  }

  return { semaphore, arrive, serve, admitted, refused };
}

const times = (key: string, count: number) => Array.from({ length: count }, () => key);

describe('the order of a fair semaphore', () => {
  test('takes keys in turns, and callers of one key in order of arrival', async () => {
    const { arrive, serve, admitted, semaphore } = setUp();
    arrive(...times('a', 5), 'b', 'b', 'c');
    await serve(8);
    expect(admitted).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4', 'a5']);
    expect(semaphore.stats()).toEqual({ active: 0, waiting: 0, refused: NONE });
  });

  test('serves every caller of a slow key while another key floods', async () => {
    const { arrive, serve, admitted, refused } = setUp({ maxConcurrent: 2, waitMs: 500 });
    for (let round = 1; round <= 40; round += 1) {
      arrive(...times('flood', 60), 'slow');
      await serve(4);
      expect(admitted).toContain(`slow${round}`);
    }
    expect(refused.filter((name) => name.startsWith('slow'))).toEqual([]);
    expect(refused.length).toBeGreaterThan(2_000);
  });

  test('does not let new keys starve one that waits', async () => {
    const { arrive, serve, admitted } = setUp();
    arrive('a', 'a', 'a');
    for (let round = 1; round <= 6; round += 1) {
      arrive(`new${round}-`);
      await serve(1);
    }
    expect(admitted).toContain('a3');
  });
});

describe('a full queue of a fair semaphore', () => {
  test('may be of one key, which is then refused at once', async () => {
    const { arrive, refused, semaphore } = setUp({ maxWaiting: 4 });
    arrive(...times('a', 8));
    await turn();
    expect(refused).toEqual(['a6', 'a7', 'a8']);
    expect(semaphore.stats()).toEqual({
      active: 1,
      waiting: 4,
      refused: { ...NONE, queue_full: 3 },
    });
  });

  test('gives the newest place of the key that has most to keys that have fewer', async () => {
    const { arrive, serve, admitted, refused, semaphore } = setUp({ maxWaiting: 4 });
    arrive(...times('a', 5), ...times('b', 4), 'c');
    await turn();
    // Four places: two keys get two each, then the third takes one of the first that has most.
    expect(refused.toSorted()).toEqual(['a4', 'a5', 'a3', 'b3', 'b4'].toSorted());
    expect(semaphore.stats().refused).toEqual({ ...NONE, queue_full: 2, displaced: 3 });
    await serve(5);
    expect(admitted).toEqual(['a1', 'a2', 'b1', 'c1', 'b2']);
  });

  test('of one place does not belong to the key that holds the permit', async () => {
    const { arrive, serve, admitted, refused } = setUp({ maxWaiting: 1 });
    for (let round = 1; round <= 5; round += 1) {
      arrive('flood', 'flood', 'flood', 'slow', 'flood');
      await serve(2);
      expect(admitted).toContain(`slow${round}`);
    }
    expect(refused.filter((name) => name.startsWith('slow'))).toEqual([]);
  });

  test('is as long as what the measured rate can serve in time', async () => {
    const { arrive, serve, semaphore, refused } = setUp({ maxConcurrent: 2, waitMs: 100 });
    arrive('a');
    await serve(1, 20);
    // 100 ms are five permits of 20 ms, on each of two.
    arrive(...times('a', 15));
    await turn();
    expect(semaphore.stats()).toMatchObject({ active: 2, waiting: 10 });
    expect(refused).toEqual(['a14', 'a15', 'a16']);
  });

  test('has a place for each permit, which a key without callers gets from one that floods', async () => {
    const { arrive, serve, admitted, refused } = setUp({ waitMs: 100 });
    arrive('flood');
    await serve(1, 1_000);
    arrive('flood', 'flood', 'flood', 'other');
    await turn();
    expect(refused).toEqual(['flood4', 'flood3']);
    await serve(2);
    expect(admitted).toEqual(['flood1', 'flood2', 'other1']);
  });

  test('grows again when permits are held for less time', async () => {
    const { arrive, serve, semaphore } = setUp({ waitMs: 100 });
    arrive('a');
    await serve(1, 1_000);
    arrive('a', 'a', 'a');
    await turn();
    expect(semaphore.stats()).toMatchObject({ active: 1, waiting: 1 });
    for (let round = 0; round < 200; round += 1) {
      await serve(1, 10);
      arrive('a');
    }
    arrive(...times('a', 20));
    await turn();
    // The mean comes down to 10 ms from above.
    expect(semaphore.stats()).toMatchObject({ active: 1, waiting: 9 });
  });
});

describe('a reserved place', () => {
  test('of a key with many callers leaves room for another key', async () => {
    const { semaphore, arrive } = setUp({ maxWaiting: 3 });
    arrive('x', 'a');
    await turn();
    const places = [semaphore.reserve('a'), semaphore.reserve('a')];
    expect(places).not.toContain(null);
    expect(semaphore.reserve('a')).toBeNull();
    expect(semaphore.reserve('b')).not.toBeNull();
  });

  test('counts against its key before its caller waits, and only while others wait', async () => {
    const { arrive, semaphore } = setUp({ maxWaiting: 3 });
    arrive('a');
    const reserved = Array.from({ length: 5 }, () => semaphore.reserve('a'));
    expect(reserved).not.toContain(null);
    const [first] = reserved;
    void first?.acquire();
    expect(semaphore.stats().waiting).toBe(1);
    expect(semaphore.reserve('a')).toBeNull();
    expect(semaphore.reserve('b')).not.toBeNull();
    for (const place of reserved.slice(1)) place?.leave();
    expect(semaphore.reserve('a')).not.toBeNull();
  });

  test('is free again when its caller leaves, however often', async () => {
    const { arrive, semaphore } = setUp({ maxWaiting: 2 });
    arrive('a', 'a');
    const place = semaphore.reserve('a');
    expect(semaphore.reserve('a')).toBeNull();
    place?.leave();
    place?.leave();
    expect(semaphore.reserve('a')).not.toBeNull();
    expect(semaphore.reserve('a')).toBeNull();
  });
});

test('a fair semaphore without waiting refuses every caller beyond its permits', async () => {
  const { arrive, serve, refused, admitted, semaphore } = setUp({ waitMs: 0 });
  arrive('a', 'a', 'b');
  await turn();
  expect([admitted, refused]).toEqual([['a1'], ['a2', 'b1']]);
  await serve(1);
  arrive('b');
  await turn();
  expect(admitted).toEqual(['a1', 'b2']);
  expect(semaphore.stats()).toMatchObject({ active: 1, waiting: 0 });
});

test('a permit that is released while the event loop was late goes to the caller whose wait is over', async () => {
  const { arrive, admitted, refused, semaphore } = setUp({ waitMs: 20 });
  const place = semaphore.reserve('a');
  const release = await place?.acquire();
  arrive('b');
  // A result that arrives in the same turn of the event loop as the end of the wait, after it.
  const released = new Promise<void>((resolve) => {
    setTimeout(() => {
      release?.();
      resolve();
    }, 20);
  });
  const lateUntil = performance.now() + 40;
  while (performance.now() < lateUntil);
  await released;
  await turn();
  expect([admitted, refused]).toEqual([['b1'], []]);
});

test('a caller of a fair semaphore whose wait is over leaves no trace', async () => {
  const { arrive, serve, admitted, semaphore } = setUp({ waitMs: 5 });
  arrive('a');
  const place = semaphore.reserve('a');
  expect(await place?.acquire()).toBeNull();
  expect(semaphore.stats()).toEqual({ active: 1, waiting: 0, refused: { ...NONE, timeout: 1 } });
  await serve(1, 1);
  arrive('b');
  await turn();
  expect(admitted).toEqual(['a1', 'b1']);
});
