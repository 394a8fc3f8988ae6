import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createSemaphore } from './semaphore.ts';

const LONG_MS = 60_000;

describe('a semaphore', () => {
  test('admits callers up to its limit and rejects the next one at once when waiting is off', async () => {
    const semaphore = createSemaphore({ maxConcurrent: 2, waitMs: 0, maxWaiting: 10 });
    const [first, second, third] = await Promise.all([
      semaphore.acquire(),
      semaphore.acquire(),
      semaphore.acquire(),
    ]);
    expect(first).not.toBeNull();
    expect(second).not.toBeNull();
    expect(third).toBeNull();
    expect(semaphore.stats()).toEqual({ active: 2, waiting: 0 });
  });

  test('admits waiters in order of arrival', async () => {
    const semaphore = createSemaphore({ maxConcurrent: 1, waitMs: LONG_MS, maxWaiting: 10 });
    const order: number[] = [];
    const release = await semaphore.acquire();
    const waiters = [1, 2, 3].map(async (number) => {
      const held = await semaphore.acquire();
      order.push(number);
      held?.();
    });
    expect(semaphore.stats()).toEqual({ active: 1, waiting: 3 });
    release?.();
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
    expect(semaphore.stats()).toEqual({ active: 0, waiting: 0 });
  });

  test('a late caller does not overtake a waiter while a permit changes hands', async () => {
    const semaphore = createSemaphore({ maxConcurrent: 1, waitMs: LONG_MS, maxWaiting: 10 });
    const release = await semaphore.acquire();
    const waiter = semaphore.acquire();
    release?.();
    const latecomer = semaphore.acquire();
    let isLatecomerIn = false;
    void latecomer.then(() => {
      isLatecomerIn = true;
    });
    const held = await waiter;
    await turn();
    expect(isLatecomerIn).toBe(false);
    held?.();
    (await latecomer)?.();
    expect(semaphore.stats()).toEqual({ active: 0, waiting: 0 });
  });

  test('a waiter that times out leaves no trace', async () => {
    const semaphore = createSemaphore({ maxConcurrent: 1, waitMs: 5, maxWaiting: 10 });
    const release = await semaphore.acquire();
    expect(await semaphore.acquire()).toBeNull();
    expect(semaphore.stats()).toEqual({ active: 1, waiting: 0 });
    release?.();
    expect(semaphore.stats()).toEqual({ active: 0, waiting: 0 });
    expect(await semaphore.acquire()).not.toBeNull();
  });

  test('rejects a caller beyond the most that may wait', async () => {
    const semaphore = createSemaphore({ maxConcurrent: 1, waitMs: LONG_MS, maxWaiting: 1 });
    const release = await semaphore.acquire();
    const waiter = semaphore.acquire();
    expect(await semaphore.acquire()).toBeNull();
    release?.();
    (await waiter)?.();
  });

  test('a permit released twice counts once', async () => {
    const semaphore = createSemaphore({ maxConcurrent: 1, waitMs: 0, maxWaiting: 1 });
    const release = await semaphore.acquire();
    release?.();
    release?.();
    expect(semaphore.stats().active).toBe(0);
    expect(await semaphore.acquire()).not.toBeNull();
    expect(await semaphore.acquire()).toBeNull();
  });
});
