import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cache } from '../../src/infrastructure/cache/cache.ts';
import { eventually } from '../support/eventually.ts';

/** One cache under test. */
export interface CacheBundle {
  readonly cache: Cache;
  /** Removes these keys, as a full or restarted cache does. */
  evict(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens an empty cache whose leases expire after `leaseTtlMs`. */
export type OpenCache = (options: { readonly leaseTtlMs: number }) => Promise<CacheBundle>;

/** Outlives every test. */
const LONG_MS = 60_000;
/** Short enough for a test to wait for. */
const SHORT_MS = 50;

/** What every implementation of `Cache` promises. */
export function describeCacheContract(name: string, open: OpenCache): void {
  describe(`${name} keeps the cache contract`, () => {
    let bundle: CacheBundle;
    let cache: Cache;

    beforeEach(async () => {
      bundle = await open({ leaseTtlMs: LONG_MS });
      cache = bundle.cache;
    });
    afterEach(() => bundle.close());

    async function lease(key: string): Promise<string> {
      const found = await cache.get(key);
      if (found.kind !== 'lease') throw new Error(`expected a lease, got ${found.kind}`);
      return found.lease;
    }

    async function reopen(leaseTtlMs: number): Promise<void> {
      await bundle.close();
      bundle = await open({ leaseTtlMs });
      cache = bundle.cache;
    }

    test('a filled key is a hit with exactly the filled value', async () => {
      const value = '{"name":"Zoë \u{1F600} \u0000 \u2028"}';
      expect(await cache.fill('a', await lease('a'), value, LONG_MS)).toBe(true);
      expect(await cache.get('a')).toEqual({ kind: 'hit', value });
      expect(await cache.get('a')).toEqual({ kind: 'hit', value });
    });

    test('an empty value is a hit', async () => {
      expect(await cache.fill('a', await lease('a'), '', LONG_MS)).toBe(true);
      expect(await cache.get('a')).toEqual({ kind: 'hit', value: '' });
    });

    test('a value that looks like a lease is a hit', async () => {
      const own = await lease('a');
      expect(await cache.fill('a', own, own, LONG_MS)).toBe(true);
      expect(await cache.get('a')).toEqual({ kind: 'hit', value: own });
      expect(await cache.fill('a', own, 'again', LONG_MS)).toBe(false);
    });

    test('a missed key is leased to one reader and busy for the others', async () => {
      const found = await Promise.all(Array.from({ length: 20 }, () => cache.get('a')));
      expect(found.filter(({ kind }) => kind === 'lease')).toHaveLength(1);
      expect(found.filter(({ kind }) => kind === 'busy')).toHaveLength(19);
    });

    test('keys are leased independently', async () => {
      const [a, b] = [await lease('a'), await lease('b')];
      expect(await cache.fill('a', b, 'x', LONG_MS)).toBe(false);
      expect(await cache.fill('a', a, 'a', LONG_MS)).toBe(true);
      expect(await cache.fill('b', b, 'b', LONG_MS)).toBe(true);
    });

    test('a fill without the lease is rejected', async () => {
      expect(await cache.fill('a', 'made-up', 'old', LONG_MS)).toBe(false);
      const own = await lease('a');
      expect(await cache.fill('a', 'made-up', 'old', LONG_MS)).toBe(false);
      expect(await cache.fill('a', own, 'new', LONG_MS)).toBe(true);
    });

    test('a lease fills once', async () => {
      const own = await lease('a');
      expect(await cache.fill('a', own, 'first', LONG_MS)).toBe(true);
      expect(await cache.fill('a', own, 'second', LONG_MS)).toBe(false);
      expect(await cache.get('a')).toEqual({ kind: 'hit', value: 'first' });
    });

    test('an invalidated value is gone', async () => {
      await cache.fill('a', await lease('a'), 'old', LONG_MS);
      await cache.fill('b', await lease('b'), 'other', LONG_MS);
      await cache.invalidate(['a', 'never-seen']);
      expect((await cache.get('a')).kind).toBe('lease');
      expect(await cache.get('b')).toEqual({ kind: 'hit', value: 'other' });
    });

    test('a reader that loaded before an invalidation cannot fill after it', async () => {
      const slow = await lease('a');
      await cache.invalidate(['a']);
      expect(await cache.fill('a', slow, 'old', LONG_MS)).toBe(false);
      expect((await cache.get('a')).kind).toBe('lease');
    });

    test('a slow reader cannot fill under the lease of a later one', async () => {
      const slow = await lease('a');
      await cache.invalidate(['a']);
      const later = await lease('a');
      expect(later).not.toBe(slow);
      expect(await cache.fill('a', slow, 'old', LONG_MS)).toBe(false);
      expect(await cache.fill('a', later, 'new', LONG_MS)).toBe(true);
      expect(await cache.fill('a', slow, 'old', LONG_MS)).toBe(false);
      expect(await cache.get('a')).toEqual({ kind: 'hit', value: 'new' });
    });

    test('a lease that was evicted with an invalidation in between fills nothing', async () => {
      const slow = await lease('a');
      await bundle.evict(['a']);
      await cache.invalidate(['a']);
      expect(await cache.fill('a', slow, 'old', LONG_MS)).toBe(false);
      const later = await lease('a');
      expect(await cache.fill('a', slow, 'old', LONG_MS)).toBe(false);
      expect(await cache.fill('a', later, 'new', LONG_MS)).toBe(true);
    });

    test('an evicted value is a miss', async () => {
      await cache.fill('a', await lease('a'), 'value', LONG_MS);
      await bundle.evict(['a']);
      expect((await cache.get('a')).kind).toBe('lease');
    });

    test('a value expires after its time to live', async () => {
      await cache.fill('a', await lease('a'), 'value', SHORT_MS);
      await eventually(async () => expect((await cache.get('a')).kind).toBe('lease'));
    });

    test('a lease whose holder never fills expires, and fills nothing afterwards', async () => {
      await reopen(SHORT_MS);
      const abandoned = await lease('a');
      const next = await eventually(() => lease('a'));
      expect(await cache.fill('a', abandoned, 'old', LONG_MS)).toBe(false);
      expect(next).not.toBe(abandoned);
    });

    test('a filled value outlives its lease', async () => {
      await reopen(SHORT_MS);
      expect(await cache.fill('a', await lease('a'), 'value', LONG_MS)).toBe(true);
      await lease('clock');
      await eventually(() => lease('clock'));
      expect(await cache.get('a')).toEqual({ kind: 'hit', value: 'value' });
    });

    test('invalidating no key, or many keys at once, works', async () => {
      await cache.invalidate([]);
      const keys = Array.from({ length: 500 }, (_, index) => `many:${index}`);
      await Promise.all(
        keys.map(async (key) => cache.fill(key, await lease(key), 'value', LONG_MS)),
      );
      await cache.invalidate(keys);
      const kinds = await Promise.all(keys.map(async (key) => (await cache.get(key)).kind));
      expect(new Set(kinds)).toEqual(new Set(['lease']));
    });

    test('a batch returns one result per key, in order: filled, leased to this reader, or busy', async () => {
      await cache.fill('filled', await lease('filled'), 'value', LONG_MS);
      await lease('leased');
      const kinds = (await cache.getMany(['missing', 'filled', 'leased', 'other', 'missing'])).map(
        (found) => (found.kind === 'hit' ? found.value : found.kind),
      );
      expect(kinds).toEqual(['lease', 'value', 'busy', 'lease', 'busy']);
      expect((await cache.get('missing')).kind).toBe('busy');
      expect(await cache.getMany([])).toEqual([]);
    });

    test('a key that one batch leased is leased to no other reader', async () => {
      const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
      const batches = await Promise.all([
        ...[1, 2, 3].map(() => cache.getMany(keys)),
        Promise.all(keys.map((key) => cache.get(key))),
      ]);
      for (const index of keys.keys()) {
        const kinds = batches.map((batch) => batch[index]?.kind).sort();
        expect(kinds).toEqual(['busy', 'busy', 'busy', 'lease']);
      }
    });

    test('a batch fills each key under its own lease only', async () => {
      const keys = ['a', 'b', 'c', 'd'];
      const leases = (await cache.getMany(keys)).map((found) =>
        found.kind === 'lease' ? found.lease : 'none',
      );
      await cache.invalidate(['b', 'c']);
      const later = await lease('c');
      const fills = keys.map((key, index) => ({
        key,
        lease: leases[index] ?? '',
        value: `old ${key}`,
        ttlMs: LONG_MS,
      }));
      expect(await cache.fillMany(fills)).toBe(2);
      expect(await cache.fillMany(fills)).toBe(0);
      expect(await cache.fillMany([])).toBe(0);
      expect(await cache.fill('c', later, 'new c', LONG_MS)).toBe(true);
      const found = await cache.getMany(keys);
      expect(found.map((one) => (one.kind === 'hit' ? one.value : one.kind))).toEqual([
        'old a',
        'lease',
        'new c',
        'old d',
      ]);
    });

    test('a batch fills each key with its own time to live', async () => {
      const [a, b] = await cache.getMany(['a', 'b']);
      if (a?.kind !== 'lease' || b?.kind !== 'lease') throw new Error('expected two leases');
      await cache.fillMany([
        { key: 'a', lease: a.lease, value: 'short', ttlMs: SHORT_MS },
        { key: 'b', lease: b.lease, value: 'long', ttlMs: LONG_MS },
      ]);
      await eventually(async () => expect((await cache.get('a')).kind).toBe('lease'));
      expect(await cache.get('b')).toEqual({ kind: 'hit', value: 'long' });
    });

    test('a batch of 500 keys is leased, filled and found', async () => {
      const keys = Array.from({ length: 500 }, (_, index) => `many:${index}`);
      const leased = await cache.getMany(keys);
      const fills = leased.flatMap((found, index) =>
        found.kind === 'lease'
          ? [{ key: keys[index] ?? '', lease: found.lease, value: `v${index}`, ttlMs: LONG_MS }]
          : [],
      );
      expect(await cache.fillMany(fills)).toBe(500);
      const values = (await cache.getMany(keys)).map((found) =>
        found.kind === 'hit' ? found.value : found.kind,
      );
      expect(values).toEqual(keys.map((_, index) => `v${index}`));
    });

    test.each([
      ['one key', async () => cache.get('a')],
      ['a batch', async () => (await cache.getMany(['b', 'a']))[1] ?? expect.fail('no result')],
    ])(
      'with concurrent readers of %s and writers, no cached value is older than the last write',
      async (_, get) => {
        let stored = 0;
        async function read(): Promise<number> {
          const found = await get();
          if (found.kind === 'hit') return Number(found.value);
          const loaded = stored;
          // Another reader or writer runs between the load and the fill.
          await Promise.resolve();
          if (found.kind === 'lease') await cache.fill('a', found.lease, String(loaded), LONG_MS);
          return loaded;
        }
        for (let write = 1; write <= 100; write += 1) {
          const readers = [read(), read(), read()];
          stored = write;
          await cache.invalidate(['a']);
          await Promise.all(readers);
          expect(await read()).toBe(write);
        }
      },
    );
  });
}
