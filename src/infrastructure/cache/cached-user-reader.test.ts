import { beforeEach, describe, expect, test } from 'vitest';
import { profileWith } from '../../../test/support/profiles.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserReader } from '../../domain/user/user-repository.ts';
import { createPinoLogger } from '../logging/pino-logger.ts';
import type { Cache } from './cache.ts';
import { type CachedUserReader, createCachedUserReader } from './cached-user-reader.ts';
import { createMemoryCache } from './memory-cache.ts';

const TTL_MS = 60_000;
const OTHER_LAYOUTS = [
  ...['[1,"ann"]', '[2,"ann"]', '{}', 'null', 'no json', '"', ''],
  ...['2 ', '2 ann', '2 ann 3', '2 ann 9 Zoë', '2 ann x Zoë', '2 anna 1 AB', '1 ann 1 AB'],
];

/** The truth, counting how often it is asked. */
function createTruth() {
  const users = new Map<string, UserProfile>();
  const truth = {
    users,
    reads: [] as string[],
    isDown: false,
    source: {
      async findById(id) {
        note(`id ${id}`);
        return users.get(id) ?? null;
      },
      async findByEmail(email) {
        note(`email ${email}`);
        return [...users.values()].find((user) => user.email === email) ?? null;
      },
      async listPublicProfiles(ids) {
        note(`profiles ${[...ids].sort().join()}`);
        return ids.flatMap((id) => {
          const user = users.get(id);
          return user === undefined ? [] : [publicPart(user)];
        });
      },
      async list() {
        note('list');
        return { users: [...users.values()], nextAfterId: null };
      },
      async search(text) {
        note(`search ${text}`);
        return { users: [], nextAfterId: null };
      },
    } satisfies UserReader,
  };
  function note(read: string): void {
    truth.reads.push(read);
    if (truth.isDown) throw new Error('database away');
  }
  return truth;
}

function publicPart({ id, firstName, lastName }: UserProfile) {
  return { id, firstName, lastName };
}

function user(id: string, email = `${id}@mail.example`, version = 1): UserProfile {
  return {
    id,
    ...profileWith({ firstName: 'Zoë', lastName: "O'Néill", email }),
    emailVerified: false,
    status: 'active',
    version,
    createdAt: new Date(1_700_000_000_001),
    updatedAt: new Date(1_700_000_000_002),
  };
}

/** Passes on to a cache, notes what is stored, and can fail or call back in between. */
function createSpyCache(inner: Cache) {
  const spy = {
    isDown: false,
    stored: [] as { key: string; value: string; ttlMs: number }[],
    keys: new Set<string>(),
    cache: {
      async get(key) {
        fail();
        spy.keys.add(key);
        return inner.get(key);
      },
      async getMany(keys) {
        fail();
        for (const key of keys) spy.keys.add(key);
        return inner.getMany(keys);
      },
      async fillMany(fills) {
        fail();
        const kept = await inner.fillMany(fills);
        if (kept === fills.length) spy.stored.push(...fills);
        return kept;
      },
      async fill(key, lease, value, ttlMs) {
        fail();
        const isStored = await inner.fill(key, lease, value, ttlMs);
        if (isStored) spy.stored.push({ key, value, ttlMs });
        return isStored;
      },
      async invalidate(keys) {
        fail();
        return inner.invalidate(keys);
      },
    } satisfies Cache,
  };
  function fail(): void {
    if (spy.isDown) throw new Error('cache away');
  }
  return spy;
}

let truth: ReturnType<typeof createTruth>;
let spy: ReturnType<typeof createSpyCache>;
let reader: CachedUserReader;
let nowMs: number;
let logLines: string[];
const ann = 'ann@mail.example' as EmailAddress;

beforeEach(() => {
  nowMs = 0;
  logLines = [];
  truth = createTruth();
  const memory = createMemoryCache({ maxEntries: 1_000, leaseTtlMs: 10_000, nowMs: () => nowMs });
  spy = createSpyCache(memory);
  reader = createCachedUserReader({
    source: truth.source,
    cache: spy.cache,
    ttlMs: TTL_MS,
    random: () => 0,
    logger: createPinoLogger({
      level: 'debug',
      format: 'json',
      destination: { write: (line) => logLines.push(line) },
    }),
  });
});

describe('a cached user', () => {
  test('is read from the source once and is the same afterwards', async () => {
    truth.users.set('ann', user('ann'));
    const first = await reader.findById('ann');
    expect(first).toEqual(user('ann'));
    expect(await reader.findById('ann')).toEqual(first);
    expect(await reader.findByEmail(ann)).toEqual(first);
    expect(await reader.findByEmail(ann)).toEqual(first);
    expect(truth.reads).toEqual(['id ann', 'email ann@mail.example']);
  });

  test('carries nothing that its profile does not name, whatever the source returns', async () => {
    const state = { ...user('ann'), passwordHash: '$argon2id$canary', note: 'canary' };
    truth.users.set('ann', state);
    await reader.findById('ann');
    await reader.findByEmail(ann);
    await reader.listPublicProfiles(['ann']);
    expect(JSON.stringify(spy.stored)).not.toContain('canary');
    expect(await reader.findById('ann')).toEqual(user('ann'));
  });

  test('is found under keys that show no address', async () => {
    truth.users.set('ann', user('ann'));
    await reader.findByEmail(ann);
    expect([...spy.keys].join()).not.toContain('mail.example');
  });

  test('is read again after its time to live, which chance shortens by a fifth at most', async () => {
    truth.users.set('ann', user('ann'));
    await reader.findById('ann');
    nowMs = TTL_MS - 1;
    await reader.findById('ann');
    expect(truth.reads).toHaveLength(1);
    nowMs = TTL_MS;
    await reader.findById('ann');
    expect(truth.reads).toHaveLength(2);
    const jittery = createCachedUserReader({
      source: truth.source,
      cache: spy.cache,
      ttlMs: TTL_MS,
      random: () => 0.999_999,
      logger: createPinoLogger({ level: 'error', format: 'json', destination: { write: () => 0 } }),
    });
    await jittery.invalidateUser('ann');
    await jittery.findById('ann');
    expect(spy.stored.at(-1)?.ttlMs).toBe(TTL_MS * 0.8);
  });

  test('that does not exist is remembered by id, for a short while only', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(await reader.findById('nobody')).toBeNull();
      expect(await reader.listPublicProfiles(['nobody'])).toEqual([]);
    }
    expect(truth.reads).toHaveLength(2);
    expect(spy.stored.map(({ ttlMs }) => ttlMs)).toEqual([10_000, 10_000]);
  });

  test('that another build wrote in another layout is read from the source', async () => {
    truth.users.set('ann', user('ann'));
    for (const value of OTHER_LAYOUTS) {
      for (const key of ['user:ann', 'profile:ann']) {
        await spy.cache.invalidate([key]);
        const found = await spy.cache.get(key);
        if (found.kind === 'lease') await spy.cache.fill(key, found.lease, value, TTL_MS);
      }
      expect(await reader.findById('ann')).toEqual(user('ann'));
      expect(await reader.listPublicProfiles(['ann'])).toEqual([publicPart(user('ann'))]);
    }
  });
});

describe('an invalidated user', () => {
  test('is read from the source by every way it can be found', async () => {
    truth.users.set('ann', user('ann'));
    await reader.findById('ann');
    await reader.findByEmail(ann);
    await reader.listPublicProfiles(['ann']);
    truth.users.set('ann', user('ann', 'ann@new.example', 2));
    expect(await reader.invalidateUser('ann', [ann, 'ann@new.example'])).toBe(true);
    expect((await reader.findById('ann'))?.version).toBe(2);
    expect(await reader.findByEmail(ann)).toBeNull();
    expect((await reader.findByEmail('ann@new.example' as EmailAddress))?.version).toBe(2);
    expect(truth.reads).toContain('id ann');
  });

  test('is found by an address that was free before, though only the id was invalidated', async () => {
    expect(await reader.findByEmail(ann)).toBeNull();
    expect(await reader.findById('ann')).toBeNull();
    truth.users.set('ann', user('ann'));
    await reader.invalidateUser('ann');
    expect(await reader.findByEmail(ann)).toEqual(user('ann'));
    expect(await reader.findById('ann')).toEqual(user('ann'));
  });

  test('that is gone is found by no address, though only the id was invalidated', async () => {
    truth.users.set('ann', user('ann'));
    await reader.findByEmail(ann);
    await reader.findByEmail(ann);
    truth.users.delete('ann');
    await reader.invalidateUser('ann');
    expect(await reader.findByEmail(ann)).toBeNull();
    expect(await reader.findById('ann')).toBeNull();
  });

  test('is not found by an address that went to somebody else, though only the id was invalidated', async () => {
    truth.users.set('ann', user('ann'));
    await reader.findByEmail(ann);
    await reader.findById('ann');
    truth.users.set('ann', user('ann', 'ann@new.example', 2));
    truth.users.set('bob', user('bob', 'ann@mail.example'));
    await reader.invalidateUser('ann');
    expect((await reader.findByEmail(ann))?.id).toBe('bob');
  });

  test('stays invalidated when a slow reader comes back with the old state', async () => {
    truth.users.set('ann', user('ann'));
    let proceed: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    let tellLoaded: () => void = () => undefined;
    const loaded = new Promise<void>((resolve) => {
      tellLoaded = resolve;
    });
    const slowReader = createCachedUserReader({
      source: {
        ...truth.source,
        async findById(id) {
          const old = await truth.source.findById(id);
          tellLoaded();
          await paused;
          return old;
        },
      },
      cache: spy.cache,
      ttlMs: TTL_MS,
      logger: createPinoLogger({ level: 'error', format: 'json', destination: { write: () => 0 } }),
    });
    const slow = slowReader.findById('ann');
    await loaded;
    truth.users.set('ann', user('ann', 'ann@mail.example', 2));
    await reader.invalidateUser('ann', [ann]);
    proceed();
    expect((await slow)?.version).toBe(1);
    expect(spy.stored).toEqual([]);
    expect((await reader.findById('ann'))?.version).toBe(2);
    expect((await reader.findById('ann'))?.version).toBe(2);
  });
});

describe('public profiles', () => {
  test('are asked of the source once for all that are missing', async () => {
    for (const id of ['a', 'b', 'c']) truth.users.set(id, user(id));
    await reader.listPublicProfiles(['a']);
    const profiles = await reader.listPublicProfiles(['c', 'a', 'b', 'x']);
    expect(profiles.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    await reader.listPublicProfiles(['a', 'b', 'c', 'x']);
    expect(truth.reads).toEqual(['profiles a', 'profiles b,c,x']);
  });

  test('of nobody cost nothing', async () => {
    expect(await reader.listPublicProfiles([])).toEqual([]);
    expect(truth.reads).toEqual([]);
  });
});

describe('without its cache the reader', () => {
  test('answers from the source, and says so once', async () => {
    truth.users.set('ann', user('ann'));
    spy.isDown = true;
    for (let round = 0; round < 3; round += 1) {
      expect(await reader.findById('ann')).toEqual(user('ann'));
      expect(await reader.findByEmail(ann)).toEqual(user('ann'));
      expect(await reader.listPublicProfiles(['ann'])).toEqual([publicPart(user('ann'))]);
      expect(await reader.invalidateUser('ann', [ann])).toBe(false);
    }
    expect(truth.reads).toHaveLength(9);
    expect(logLines).toHaveLength(1);
  });

  test('still fails when the source fails', async () => {
    truth.isDown = true;
    await expect(reader.findById('ann')).rejects.toThrow('database away');
    spy.isDown = true;
    await expect(reader.findById('ann')).rejects.toThrow('database away');
    await expect(reader.listPublicProfiles(['ann'])).rejects.toThrow('database away');
  });
});

test('lists and searches always come from the source', async () => {
  const page = { afterId: null, limit: 10 };
  await reader.list(page);
  await reader.list(page);
  await reader.search('zoë', page);
  await reader.search('zoë', page);
  expect(truth.reads).toEqual(['list', 'list', 'search zoë', 'search zoë']);
});
