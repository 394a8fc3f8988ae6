import { createMemoryCache } from '../../src/infrastructure/cache/memory-cache.ts';
import { monotonicMs } from '../../src/infrastructure/system/monotonic.ts';
import { describeCacheContract } from './cache.contract.ts';

const MAX_ENTRIES = 1_000;

describeCacheContract('the memory cache', async ({ leaseTtlMs }) => {
  const cache = createMemoryCache({ maxEntries: MAX_ENTRIES, leaseTtlMs, nowMs: monotonicMs });
  return {
    cache,
    async evict() {
      for (let index = 0; index < MAX_ENTRIES; index += 1) await cache.get(`filler:${index}`);
    },
    close: async () => undefined,
  };
});
