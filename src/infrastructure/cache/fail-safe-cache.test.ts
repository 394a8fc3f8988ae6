import { expect, test } from 'vitest';
import type { Logger } from '../../domain/ports.ts';
import type { Cache, CacheLookup } from './cache.ts';
import { createFailSafeCache } from './fail-safe-cache.ts';

const HIT: CacheLookup = { kind: 'hit', value: '{}' };

function createWorld() {
  const lines: string[] = [];
  const log = (message: string) => void lines.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger };
  const world = { nowMs: 0, answer: (): CacheLookup => HIT, lines };
  const cache: Cache = {
    get: async () => world.answer(),
    getMany: async (keys) => keys.map(() => world.answer()),
    fill: async () => true,
    fillMany: async (fills) => fills.length,
    invalidate: async () => {},
  };
  return { world, careful: createFailSafeCache(cache, logger, () => world.nowMs) };
}

function down(): never {
  throw new Error('down');
}

const FAILED = 'the cache failed; reads go to the database';
const WORKS = 'the cache works again';

test('an outage is one line, and its end another, however often it fails and works in between', async () => {
  const { world, careful } = createWorld();
  for (let i = 0; i < 100; i += 1) {
    world.nowMs += 100;
    world.answer = i % 2 === 0 ? down : () => HIT;
    await careful.get('user:1');
  }
  expect(world.lines).toEqual([FAILED]);
  world.answer = () => HIT;
  world.nowMs += 6_000;
  await careful.get('user:1');
  expect(world.lines).toEqual([FAILED, WORKS]);
});

test('a look-up that was not made says nothing of the cache', async () => {
  const { world, careful } = createWorld();
  world.answer = down;
  await careful.get('user:1');
  world.answer = () => ({ kind: 'busy' });
  world.nowMs += 60_000;
  await careful.get('user:2');
  expect(world.lines).toEqual([FAILED]);
});
