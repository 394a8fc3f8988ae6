import type { Bucket, BucketState, RateLimiter } from '../../domain/limits/rate-limiter.ts';
import { type RedisClient, usesSlots } from '../cache/redis-client.ts';
import type { RedisGuard } from '../cache/redis-guard.ts';
import { createRedisScript } from '../cache/redis-script.ts';

export interface RedisRateLimiterDeps {
  readonly client: RedisClient;
  readonly guard: Pick<RedisGuard, 'execute'>;
  /** Before every key, such as `user:`. */
  readonly prefix: string;
}

/**
 * GCRA over all keys. A key holds the time at which its bucket is full again, in microseconds of the server's clock, and
 * expires then. For each key the arguments are the interval, the burst and the cost, and the result is the wait and the
 * time to fill. A time further ahead than a full bucket can be comes from a clock that was set back, and is cut.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local results, full, refused = {}, {}, false
for i, key in ipairs(KEYS) do
  local interval, burst, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local before = (tonumber(redis.call('GET', key)) or now) - now
  before = math.min(math.max(before, 0), interval * burst)
  local after = before + interval * cost
  local wait = math.max(after - interval * burst, 0)
  if wait > 0 then refused = true end
  results[2 * i - 1], results[2 * i], full[i] = wait, before, after
end
if refused then return results end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', now + full[i]), 'PX', math.ceil(full[i] / 1000))
  results[2 * i] = full[i]
end
return results`;

/**
 * Counts on Redis, on its clock, in one call: in all buckets or in none. On a cluster each bucket has a call of its own,
 * since keys of one call would have to share a slot: there a refused request may have counted in other buckets.
 *
 * It rejects when Redis is slow or away, after the deadline of the guard at the latest.
 */
export function createRedisRateLimiter(deps: RedisRateLimiterDeps): RateLimiter {
  const { client, guard, prefix } = deps;
  const run = createRedisScript(client, TAKE);

  async function take(buckets: readonly Bucket[]): Promise<BucketState[]> {
    const results = await run(
      buckets.map(({ key }) => `${prefix}limit:${key}`),
      buckets.flatMap(({ intervalUs, burst, cost }) => [intervalUs, burst, cost]),
    );
    const numbers = Array.isArray(results) ? results.map(Number) : [];
    return buckets.map((_, index) => {
      const [waitUs, fillUs] = numbers.slice(2 * index, 2 * index + 2);
      if (waitUs === undefined || fillUs === undefined) throw new Error('Redis sent no limits');
      return { waitUs, fillUs };
    });
  }

  return {
    // No key counts as a bypassed look-up of the cache.
    take: (buckets) =>
      guard.execute(0, async () => {
        if (!usesSlots(client)) return await take(buckets);
        return (await Promise.all(buckets.map((bucket) => take([bucket])))).flat();
      }),
  };
}
