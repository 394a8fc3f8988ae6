import { randomBytes } from 'node:crypto';
import { Cluster } from 'ioredis';
import { createBatcher, type Resolve } from '../../lib/batcher.ts';
import type { Cache, CacheFill, CacheLookup } from './cache.ts';
import type { RedisClient } from './redis-client.ts';
import { createRedisScript } from './redis-script.ts';

/** What the steps work with. */
export interface RedisCommandsDeps {
  readonly client: RedisClient;
  readonly counts: { hits: number; misses: number; bypasses: number; refusedFills: number };
  readonly leaseTtlMs: number;
  readonly prefix: string;
  /** Whether values may be believed at all. */
  isSettled(): boolean;
  /** Whether the deletion of a key is not acknowledged: its value must not be believed. */
  isPending(key: string): boolean;
  /** Whether most steps are not made, so that a step must not take others along. */
  isGuarded(): boolean;
  /** Makes a step on so many keys under the deadline and the breaker. */
  guard(keys: number, step: () => Promise<void>): Promise<void>;
  invalidate(keys: readonly string[]): Promise<void>;
}

const VALUE = 'v';
const LEASE = 'l';
const BUSY: CacheLookup = { kind: 'busy' };
/** Look-ups of one turn that share a command. */
const MAX_GATHERED = 500;

const TAKE_LEASES = `
local found = {}
for i, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if not held then redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
  found[i] = held
end
return found`;

const FILL = `
local kept = 0
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[3 * i - 2] then
    redis.call('SET', key, ARGV[3 * i - 1], 'PX', ARGV[3 * i])
    kept = kept + 1
  end
end
return kept`;

/**
 * The steps of a cache on Redis. Look-ups of one turn of the event loop are one MGET and, for what is missing, one
 * script that takes all leases; so are the keys of a batch, and its fills. In a cluster each key is a command of its
 * own, pipelined with those of its node: keys of one command would have to share a slot.
 */
export function createRedisCommands(deps: RedisCommandsDeps): Cache {
  const { client, counts, prefix } = deps;
  const takeLeases = createRedisScript(client, TAKE_LEASES);
  const fillUnderLeases = createRedisScript(client, FILL);
  const owner = randomBytes(12).toString('base64url');
  let leases = 0;

  function bypass(): CacheLookup {
    counts.bypasses += 1;
    return BUSY;
  }

  function read(held: string): CacheLookup {
    if (!held.startsWith(VALUE)) return bypass();
    counts.hits += 1;
    return { kind: 'hit', value: held.slice(VALUE.length) };
  }

  /** Looks up keys that one server holds. */
  async function lookUp(keys: string[], answer: Resolve<CacheLookup>, first = 0): Promise<void> {
    const values = await readAll(client, keys);
    // Asked again, since a key may have been written while this was on its way.
    const isSettled = deps.isSettled();
    const missing: number[] = [];
    for (let index = 0; index < keys.length; index += 1) {
      const held = values[index] ?? null;
      if (!isSettled || deps.isPending(keys[index] ?? '')) answer(first + index, bypass());
      else if (held === null) missing.push(index);
      else answer(first + index, read(held));
    }
    if (missing.length === 0) return;
    leases += 1;
    // One for all of them: a lease counts for the keys that hold it.
    const lease = `${owner}.${leases}`;
    const wanted = missing.map((index) => keys[index] ?? '');
    const found = (await takeLeases(wanted, [LEASE + lease, deps.leaseTtlMs])) as unknown[];
    for (const [place, index] of missing.entries()) {
      const other = found[place];
      if (typeof other === 'string') answer(first + index, read(other));
      else {
        counts.misses += 1;
        answer(first + index, { kind: 'lease', lease });
      }
    }
  }

  function lookUpAll(keys: string[], answer: Resolve<CacheLookup>): Promise<void> {
    if (!(client instanceof Cluster)) return lookUp(keys, answer);
    return allOf(keys.map((key, index) => lookUp([key], answer, index)));
  }

  const gather = createBatcher<string, CacheLookup>(
    (keys, answer) => deps.guard(keys.length, () => lookUpAll(keys, answer)),
    MAX_GATHERED,
  );

  async function getMany(names: readonly string[]): Promise<readonly CacheLookup[]> {
    const lookups = new Array<CacheLookup>(names.length).fill(BUSY);
    if (!deps.isSettled()) return lookups.map(bypass);
    const keys = names.map((name) => prefix + name);
    const asked = keys.flatMap((key, index) => (deps.isPending(key) ? [] : [index]));
    counts.bypasses += keys.length - asked.length;
    if (asked.length === 0) return lookups;
    const wanted = asked.length === keys.length ? keys : asked.map((index) => keys[index] ?? '');
    let answers = 0;
    let isOver = false;
    try {
      await deps.guard(wanted.length, () =>
        lookUpAll(wanted, (index, lookup) => {
          // A lease that came after the deadline was taken after the caller began to load: it must not fill.
          if (isOver) return;
          answers += 1;
          lookups[asked[index] ?? 0] = lookup;
        }),
      );
    } catch (error) {
      if (answers === 0) throw error;
    } finally {
      isOver = true;
    }
    return lookups;
  }

  async function fillMany(fills: readonly CacheFill[]): Promise<number> {
    if (fills.length === 0) return 0;
    let kept = 0;
    const fill = async (part: readonly CacheFill[]): Promise<void> => {
      const result = await fillUnderLeases(
        part.map(({ key }) => prefix + key),
        part.flatMap(({ lease, value, ttlMs }) => [LEASE + lease, VALUE + value, ttlMs]),
      );
      kept += Number(result);
    };
    const isCluster = client instanceof Cluster;
    await deps.guard(fills.length, () =>
      isCluster ? allOf(fills.map((one) => fill([one]))) : fill(fills),
    );
    counts.refusedFills += fills.length - kept;
    return kept;
  }

  return {
    async get(name) {
      const key = prefix + name;
      if (!deps.isSettled() || deps.isPending(key)) return bypass();
      if (!deps.isGuarded()) return gather(key);
      let found = BUSY;
      await deps.guard(1, () =>
        lookUpAll([key], (_, lookup) => {
          found = lookup;
        }),
      );
      return found;
    },
    getMany,
    fill: async (key, lease, value, ttlMs) => (await fillMany([{ key, lease, value, ttlMs }])) > 0,
    fillMany,
    async invalidate(names) {
      if (names.length > 0) await deps.invalidate(names.map((name) => prefix + name));
    },
  };
}

async function readAll(client: RedisClient, keys: string[]): Promise<(string | null)[]> {
  const [only] = keys;
  // With its neighbours in the pipeline of their node.
  if (client instanceof Cluster && only !== undefined) return [await client.get(only)];
  return client.mget(keys);
}

/** Waits for all of them, then fails as the first that failed. */
async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
