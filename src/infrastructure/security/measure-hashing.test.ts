import { expect, test } from 'vitest';
import { measureHashing } from './measure-hashing.ts';

test('every slot computes hashes one after the other, all with the given parameters', async () => {
  const seen: unknown[] = [];
  let current = 0;
  let most = 0;
  const hash = async (_password: string, options: unknown) => {
    seen.push(options);
    current += 1;
    most = Math.max(most, current);
    await new Promise((resolve) => setImmediate(resolve));
    current -= 1;
    return '';
  };
  const work = { memoryKib: 8_192, iterations: 3, parallelism: 2, slots: 3 };
  expect(await measureHashing(work, hash)).toBeGreaterThan(0);
  expect(most).toBe(3);
  expect(seen.length % 3).toBe(0);
  expect(new Set(seen.map((options) => JSON.stringify(options)))).toEqual(
    new Set(['{"algorithm":2,"memoryCost":8192,"timeCost":3,"parallelism":2}']),
  );
});
