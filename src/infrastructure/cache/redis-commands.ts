import { randomBytes } from 'node:crypto';
import { createBatcher, type Resolve } from '../../lib/batcher.ts';
import type { Cache, CacheFill, CacheLookup } from './cache.ts';
import type { PendingInvalidations } from './pending-invalidations.ts';
import { type RedisClient, usesSlots } from './redis-client.ts';
import type { RedisGuard } from './redis-guard.ts';
import { createRedisScript } from './redis-script.ts';

export interface RedisCommandsDeps {
  readonly client: RedisClient;
  readonly guard: Pick<RedisGuard, 'execute' | 'isTrusted' | 'isBreakerOpen'>;
  readonly invalidations: Pick<PendingInvalidations, 'deliver' | 'isPending'>;
  readonly leaseTtlMs: number;
  readonly prefix: string;
}

/** Keys counted by outcome, since the start. */
export interface RedisCommandsStats {
  readonly hits: number;
  readonly misses: number;
  /** Look-ups that met another reader's lease, or whose value is not trusted. */
  readonly bypasses: number;
  /** Values that were not kept because their lease was gone. */
  readonly refusedFills: number;
}

/** The keys of one `getMany`, among those of others. */
interface Call {
  readonly index: number;
  /** `busy` for a key that has no response yet. */
  readonly lookups: CacheLookup[];
  /** Index of its first key. */
  readonly first: number;
  missing: number;
}

const VALUE = 'v';
const LEASE = 'l';
const BUSY: CacheLookup = { kind: 'busy' };
/** Most look-ups of one event-loop turn that share a command. */
const MAX_BATCH_SIZE = 500;

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
 * The cache as Redis commands. Look-ups of one event-loop turn share one MGET and, for the missing keys, one script
 * that takes all leases; the keys of a batch and its fills do the same. In a cluster each key has its own command,
 * pipelined with those for the same node: keys of one command would have to share a slot. `models/cache-lease.pml` is the
 * protocol.
 */
export function createRedisCommands(deps: RedisCommandsDeps): {
  readonly cache: Cache;
  stats(): RedisCommandsStats;
} {
  const { client, guard, invalidations, prefix } = deps;
  const takeLeases = createRedisScript(client, TAKE_LEASES);
  const fillUnderLeases = createRedisScript(client, FILL);
  const owner = randomBytes(12).toString('base64url');
  const counts = { hits: 0, misses: 0, bypasses: 0, refusedFills: 0 };
  let leases = 0;

  function bypass(): CacheLookup {
    counts.bypasses += 1;
    return BUSY;
  }

  function parse(held: string): CacheLookup {
    if (!held.startsWith(VALUE)) return bypass();
    counts.hits += 1;
    return { kind: 'hit', value: held.slice(VALUE.length) };
  }

  /** Looks up keys that one server holds. */
  async function lookUp(keys: string[], resolve: Resolve<CacheLookup>, first = 0): Promise<void> {
    const values = await readAll(client, keys);
    // Checked again: a key may have been written while the command was under way.
    const isTrusted = guard.isTrusted();
    const missing: number[] = [];
    for (let index = 0; index < keys.length; index += 1) {
      const held = values[index] ?? null;
      if (!isTrusted || invalidations.isPending(keys[index] ?? ''))
        resolve(first + index, bypass());
      else if (held === null) missing.push(index);
      else resolve(first + index, parse(held));
    }
    if (missing.length === 0) return;
    leases += 1;
    // All missing keys share one lease: it counts only for the keys that hold it.
    const lease = `${owner}.${leases}`;
    const missingKeys = missing.map((index) => keys[index] ?? '');
    const found = (await takeLeases(missingKeys, [LEASE + lease, deps.leaseTtlMs])) as unknown[];
    for (const [place, index] of missing.entries()) {
      const held = found[place];
      if (typeof held === 'string') resolve(first + index, parse(held));
      else {
        counts.misses += 1;
        resolve(first + index, { kind: 'lease', lease });
      }
    }
  }

  function lookUpAll(keys: string[], resolve: Resolve<CacheLookup>): Promise<void> {
    if (!usesSlots(client)) return lookUp(keys, resolve);
    return allOf(keys.map((key, index) => lookUp([key], resolve, index)));
  }

  const lookUpBatched = createBatcher<string, CacheLookup>(
    (keys, resolve) => guard.execute(keys.length, () => lookUpAll(keys, resolve)),
    MAX_BATCH_SIZE,
  );

  async function lookUpAlone(key: string): Promise<CacheLookup> {
    let found = BUSY;
    await guard.execute(1, () =>
      lookUpAll([key], (_, lookup) => {
        found = lookup;
      }),
    );
    return found;
  }

  /** Looks up the keys of several calls together. A call that has any response when it fails gets those. */
  async function lookUpCalls(
    calls: readonly (readonly string[])[],
    resolve: Resolve<readonly CacheLookup[]>,
  ): Promise<void> {
    const keys: string[] = [];
    /** By index of a key: the call that it belongs to. */
    const callOf: Call[] = [];
    const open = calls.map((names, index): Call => {
      const lookups = new Array<CacheLookup>(names.length).fill(BUSY);
      const call = { index, lookups, first: keys.length, missing: names.length };
      for (const name of names) {
        keys.push(name);
        callOf.push(call);
      }
      return call;
    });
    let isOver = false;
    try {
      await guard.execute(keys.length, () =>
        lookUpAll(keys, (index, lookup) => {
          const call = callOf[index];
          // A lease that comes after the deadline was taken after the caller began to load: it must not fill.
          if (call === undefined || isOver) return;
          call.lookups[index - call.first] = lookup;
          call.missing -= 1;
          // Its values must not wait for the leases of another call.
          if (call.missing === 0) resolve(call.index, call.lookups);
        }),
      );
    } finally {
      isOver = true;
      for (const { index, lookups, missing } of open) {
        if (missing < lookups.length) resolve(index, lookups);
      }
    }
  }

  const lookUpCallsBatched = createBatcher<readonly string[], readonly CacheLookup[]>(
    lookUpCalls,
    MAX_BATCH_SIZE,
    (keys) => keys.length,
  );

  /** Keys that no invalidation is pending for. */
  async function lookUpMany(keys: readonly string[]): Promise<readonly CacheLookup[]> {
    if (!guard.isBreakerOpen()) return lookUpCallsBatched(keys);
    let lookups: readonly CacheLookup[] = [];
    try {
      await lookUpCalls([keys], (_, found) => {
        lookups = found;
      });
    } catch (error) {
      if (lookups.length === 0) throw error;
    }
    return lookups;
  }

  async function getMany(names: readonly string[]): Promise<readonly CacheLookup[]> {
    if (!guard.isTrusted()) return names.map(bypass);
    const keys = names.map((name) => prefix + name);
    const isAnyPending = keys.some((key) => invalidations.isPending(key));
    if (!isAnyPending) return keys.length === 0 ? [] : lookUpMany(keys);
    const trusted = keys.filter((key) => !invalidations.isPending(key));
    counts.bypasses += keys.length - trusted.length;
    const found = trusted.length === 0 ? [] : await lookUpMany(trusted);
    let next = 0;
    const isTrusted = new Set(trusted);
    return keys.map((key) => (isTrusted.has(key) ? (found[next++] ?? BUSY) : BUSY));
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
    const isCluster = usesSlots(client);
    await guard.execute(fills.length, () =>
      isCluster ? allOf(fills.map((one) => fill([one]))) : fill(fills),
    );
    counts.refusedFills += fills.length - kept;
    return kept;
  }

  const cache: Cache = {
    get(name) {
      const key = prefix + name;
      if (!guard.isTrusted() || invalidations.isPending(key)) return Promise.resolve(bypass());
      // While the breaker is open, a look-up goes alone: a rejected one must not fail others of its batch.
      return guard.isBreakerOpen() ? lookUpAlone(key) : lookUpBatched(key);
    },
    getMany,
    fill: async (key, lease, value, ttlMs) => (await fillMany([{ key, lease, value, ttlMs }])) > 0,
    fillMany,
    async invalidate(names) {
      if (names.length > 0) await invalidations.deliver(names.map((name) => prefix + name));
      return true;
    },
  };
  return { cache, stats: () => ({ ...counts }) };
}

async function readAll(client: RedisClient, keys: string[]): Promise<(string | null)[]> {
  const [only] = keys;
  // GET, unlike MGET, is pipelined with other commands for the same node.
  if (usesSlots(client) && only !== undefined) return [await client.get(only)];
  return client.mget(keys);
}

/** Waits for all commands, then fails with the error of the first that failed. */
async function allOf(commands: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(commands)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
