import { expect, test } from 'vitest';
import type { Logger } from '../../domain/ports.ts';
import type { Cache, CacheLookup } from './cache.ts';
import { createFailSafeCache } from './fail-safe-cache.ts';

const HIT: CacheLookup = { kind: 'hit', value: '{}' };

function createWorld() {
  const lines: string[] = [];
  const log = (message: string) => void lines.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger };
  const world = { nowMs: 0, lookUp: (): CacheLookup => HIT, lines };
  const cache: Cache = {
    get: async () => world.lookUp(),
    getMany: async (keys) => keys.map(() => world.lookUp()),
    fill: async () => world.lookUp() === HIT,
    fillMany: async (fills) => fills.filter(() => world.lookUp() === HIT).length,
    invalidate: async () => world.lookUp() === HIT,
  };
  return { world, failSafe: createFailSafeCache(cache, logger, () => world.nowMs) };
}

function down(): never {
  throw new Error('down');
}

const FAILED = 'the cache failed; reads go to the database';
const WORKS = 'the cache works again';
const FILL = { key: 'user:1', lease: '1', value: '{}', ttlMs: 1_000 };

test('an outage is logged once, and its end once, however often calls fail and succeed in between', async () => {
  const { world, failSafe } = createWorld();
  for (let i = 0; i < 100; i += 1) {
    world.nowMs += 100;
    world.lookUp = i % 2 === 0 ? down : () => HIT;
    await failSafe.get('user:1');
  }
  expect(world.lines).toEqual([FAILED]);
  world.lookUp = () => HIT;
  world.nowMs += 6_000;
  await failSafe.get('user:1');
  expect(world.lines).toEqual([FAILED, WORKS]);
});

test('a busy look-up does not end an outage', async () => {
  const { world, failSafe } = createWorld();
  world.lookUp = down;
  await failSafe.get('user:1');
  world.lookUp = () => ({ kind: 'busy' });
  world.nowMs += 60_000;
  await failSafe.get('user:2');
  expect(world.lines).toEqual([FAILED]);
});

test('a failure is a busy look-up, a fill that keeps nothing, or an uncertain invalidation', async () => {
  const { world, failSafe } = createWorld();
  expect(await failSafe.fillMany([FILL])).toBe(1);
  expect(await failSafe.invalidate(['user:1'])).toBe(true);
  world.lookUp = down;
  expect(await failSafe.get('user:1')).toEqual({ kind: 'busy' });
  expect(await failSafe.getMany(['user:1', 'user:2'])).toEqual([
    { kind: 'busy' },
    { kind: 'busy' },
  ]);
  expect(await failSafe.fill('user:1', '1', '{}', 1_000)).toBe(false);
  expect(await failSafe.fillMany([FILL])).toBe(0);
  expect(await failSafe.invalidate(['user:1'])).toBe(false);
  expect(world.lines).toEqual([FAILED]);
});
