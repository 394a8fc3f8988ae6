import { expect, it } from 'vitest';
import { createTokenCache } from './token-cache.ts';

const entry = (number: number, payload = 'payload') => ({
  token: `header.${payload}.${String(number).padStart(86, 's')}`,
});

it('keeps what was used last, up to its bound', () => {
  const cache = createTokenCache<{ token: string }>(100);
  const used = entry(0);
  cache.set(used);
  for (let number = 1; number <= 1_000; number += 1) {
    cache.set(entry(number));
    expect(cache.size()).toBeLessThanOrEqual(100);
    if (number % 10 === 0) expect(cache.get(used.token)).toBe(used);
  }
  expect(cache.get(entry(1_000).token)).toBeDefined();
  expect(cache.get(entry(960).token)).toBeDefined();
  expect(cache.get(entry(500).token)).toBeUndefined();
});

it('does not take a token for another one that ends alike', () => {
  const cache = createTokenCache<{ token: string }>(10);
  const known = entry(1);
  cache.set(known);
  expect(cache.get(entry(1, 'forged').token)).toBeUndefined();
  expect(cache.get(known.token)).toBe(known);
  for (let number = 2; number <= 6; number += 1) cache.set(entry(number));
  // Now in the older half.
  expect(cache.get(entry(1, 'forged').token)).toBeUndefined();
  expect(cache.get(known.token)).toBe(known);
});

it('keeps nothing with a bound of 0, and nothing after clear', () => {
  const none = createTokenCache<{ token: string }>(0);
  none.set(entry(1));
  expect(none.size()).toBe(0);
  const cache = createTokenCache<{ token: string }>(10);
  cache.set(entry(1));
  cache.clear();
  expect(cache.get(entry(1).token)).toBeUndefined();
});
