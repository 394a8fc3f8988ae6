import { describe, expect, test } from 'vitest';
import { createMemoryCache, createMemoryCacheHealthCheck } from './memory-cache.ts';

describe('the memory cache', () => {
  test('keeps no more keys than its bound, leases included', async () => {
    const cache = createMemoryCache({ maxEntries: 3, leaseTtlMs: 1_000, nowMs: () => 0 });
    const first = await cache.get('a');
    for (const key of ['b', 'c', 'd']) await cache.get(key);
    expect(first.kind === 'lease' && (await cache.fill('a', first.lease, 'x', 1_000))).toBe(false);
    expect((await cache.get('d')).kind).toBe('busy');
  });

  test('is healthy; its check leaves no key behind and honours the signal', async () => {
    const cache = createMemoryCache({ maxEntries: 1, leaseTtlMs: 1_000, nowMs: () => 0 });
    const check = createMemoryCacheHealthCheck(cache);
    expect(check).toMatchObject({ name: 'cache', driver: 'memory', required: false });
    await check.check(AbortSignal.timeout(1_000));
    await check.check(AbortSignal.timeout(1_000));
    await expect(check.check(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});
