import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { profileWith } from '../../../test/support/profiles.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserReader } from '../../domain/user/user-repository.ts';
import { createUserTextFormat } from '../../interfaces/api/schemas/user-text-format.ts';
import { createPinoLogger } from '../logging/pino-logger.ts';
import { formatRfc3339 } from '../system/clock.ts';
import type { Cache } from './cache.ts';
import { type CachedUserReader, createCachedUserReader } from './cached-user-reader.ts';
import { createMemoryCache } from './memory-cache.ts';

const TTL_MS = 60_000;
/** Texts of released builds, and texts of none. */
const OTHER_LAYOUTS = [
  '["3.aqy06n","ann","Zoë","Old","ann@mail.example",null,false,"active",1,0,0]',
  ...['[1,"ann"]', '[2,"ann"]', '{}', 'null', 'no json', '"', ''],
  ...['2 ', '2 ann', '2 ann 3', '2 ann 3 ZoëOld', '2 ann x Zoë', '2 anna 1 AB', '1 ann 1 AB'],
];
const format = createUserTextFormat(formatRfc3339);

/** The database, recording its reads. */
function createSource() {
  const users = new Map<string, UserProfile>();
  const database = {
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
    database.reads.push(read);
    if (database.isDown) throw new Error('database down');
  }
  return database;
}

function publicPart({ id, firstName, lastName }: UserProfile) {
  return { id, firstName, lastName };
}

/** The text of a response with a public profile. */
function profileText(id: string): string {
  return `{"id":"${id}","first_name":"Zoë","last_name":"O'Néill"}`;
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

/** Forwards to a cache, records its keys and stored values, and can fail. */
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
    if (spy.isDown) throw new Error('cache down');
  }
  return spy;
}

let database: ReturnType<typeof createSource>;
let spy: ReturnType<typeof createSpyCache>;
let reader: CachedUserReader;
let nowMs: number;
let logLines: string[];
const ann = 'ann@mail.example' as EmailAddress;
const SECRET = Buffer.alloc(32, 1);

beforeEach(() => {
  nowMs = 0;
  logLines = [];
  database = createSource();
  const memory = createMemoryCache({ maxEntries: 1_000, leaseTtlMs: 10_000, nowMs: () => nowMs });
  spy = createSpyCache(memory);
  reader = createCachedUserReader({
    source: database.source,
    ...{ cache: spy.cache, format },
    emailKeySecret: SECRET,
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
  test('is read from the source once, and is equal afterwards', async () => {
    database.users.set('ann', user('ann'));
    const first = await reader.findById('ann');
    expect(first).toEqual(user('ann'));
    expect(await reader.findById('ann')).toEqual(first);
    expect(await reader.findByEmail(ann)).toEqual(first);
    expect(await reader.findByEmail(ann)).toEqual(first);
    expect(database.reads).toEqual(['id ann', 'email ann@mail.example']);
  });

  test('has only the fields of a profile, even when the source returns more', async () => {
    const state = { ...user('ann'), passwordHash: '$argon2id$canary', note: 'canary' };
    database.users.set('ann', state);
    await reader.findById('ann');
    await reader.findByEmail(ann);
    await reader.listPublicProfileTexts(['ann']);
    expect(JSON.stringify(spy.stored)).not.toContain('canary');
    expect(await reader.findById('ann')).toEqual(user('ann'));
  });

  test('is cached under keys that name no address, nor a hash of it that everybody can compute', async () => {
    database.users.set('ann', user('ann'));
    await reader.findByEmail(ann);
    const names = [...spy.keys].join();
    expect(names).not.toContain('mail.example');
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        expect(names).not.toContain(createHash(algorithm).update(ann).digest(encoding));
      }
    }
  });

  test('is found by its address by every instance with the same secret, and by no other', async () => {
    database.users.set('ann', user('ann'));
    const instance = (emailKeySecret: Uint8Array) =>
      createCachedUserReader({
        source: database.source,
        ...{ cache: spy.cache, format },
        emailKeySecret,
        ttlMs: TTL_MS,
        logger: createPinoLogger({
          level: 'error',
          format: 'json',
          destination: { write: () => 0 },
        }),
      });
    const emailKeys = () => [...spy.keys].filter((key) => key.startsWith('user-email:'));
    for (const secret of [SECRET, SECRET]) await instance(secret).findByEmail(ann);
    expect(emailKeys()).toHaveLength(1);
    await instance(Buffer.alloc(32, 2)).findByEmail(ann);
    expect(emailKeys()).toHaveLength(2);
  });

  test('is read again after its lifetime, which the jitter shortens by a fifth at most', async () => {
    database.users.set('ann', user('ann'));
    await reader.findById('ann');
    nowMs = TTL_MS - 1;
    await reader.findById('ann');
    expect(database.reads).toHaveLength(1);
    nowMs = TTL_MS;
    await reader.findById('ann');
    expect(database.reads).toHaveLength(2);
    const jittery = createCachedUserReader({
      source: database.source,
      ...{ cache: spy.cache, format },
      emailKeySecret: SECRET,
      ttlMs: TTL_MS,
      random: () => 0.999_999,
      logger: createPinoLogger({ level: 'error', format: 'json', destination: { write: () => 0 } }),
    });
    await jittery.invalidateUser('ann');
    await jittery.findById('ann');
    expect(spy.stored.at(-1)?.ttlMs).toBe(TTL_MS * 0.8);
  });

  test('that does not exist is cached by id, for 10 s only', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(await reader.findById('missing')).toBeNull();
      expect(await reader.listPublicProfileTexts(['missing'])).toEqual([null]);
    }
    expect(database.reads).toHaveLength(2);
    expect(spy.stored.map(({ ttlMs }) => ttlMs)).toEqual([10_000, 10_000]);
  });

  test('in the layout of another build is read from the source', async () => {
    database.users.set('ann', user('ann'));
    for (const value of OTHER_LAYOUTS) {
      for (const key of ['user:ann', 'profile:ann']) {
        await spy.cache.invalidate([key]);
        const found = await spy.cache.get(key);
        if (found.kind === 'lease') await spy.cache.fill(key, found.lease, value, TTL_MS);
      }
      expect(await reader.findById('ann')).toEqual(user('ann'));
      expect(await reader.listPublicProfileTexts(['ann'])).toEqual([profileText('ann')]);
    }
  });
});

describe('an invalidated user', () => {
  test('is read from the source by every look-up', async () => {
    database.users.set('ann', user('ann'));
    await reader.findById('ann');
    await reader.findByEmail(ann);
    await reader.listPublicProfileTexts(['ann']);
    database.users.set('ann', user('ann', 'ann@new.example', 2));
    expect(await reader.invalidateUser('ann', [ann, 'ann@new.example'])).toBe(true);
    expect((await reader.findById('ann'))?.version).toBe(2);
    expect(await reader.findByEmail(ann)).toBeNull();
    expect((await reader.findByEmail('ann@new.example' as EmailAddress))?.version).toBe(2);
    expect(database.reads).toContain('id ann');
  });

  test('is found by an address that was free before, although only the id was invalidated', async () => {
    expect(await reader.findByEmail(ann)).toBeNull();
    expect(await reader.findById('ann')).toBeNull();
    database.users.set('ann', user('ann'));
    await reader.invalidateUser('ann');
    expect(await reader.findByEmail(ann)).toEqual(user('ann'));
    expect(await reader.findById('ann')).toEqual(user('ann'));
  });

  test('that was deleted is found by no address, although only the id was invalidated', async () => {
    database.users.set('ann', user('ann'));
    await reader.findByEmail(ann);
    await reader.findByEmail(ann);
    database.users.delete('ann');
    await reader.invalidateUser('ann');
    expect(await reader.findByEmail(ann)).toBeNull();
    expect(await reader.findById('ann')).toBeNull();
  });

  test('is not found by an address that another user took, although only the id was invalidated', async () => {
    database.users.set('ann', user('ann'));
    await reader.findByEmail(ann);
    await reader.findById('ann');
    database.users.set('ann', user('ann', 'ann@new.example', 2));
    database.users.set('bob', user('bob', 'ann@mail.example'));
    await reader.invalidateUser('ann');
    expect((await reader.findByEmail(ann))?.id).toBe('bob');
  });

  test('stays invalidated when a slow reader tries to fill the old state', async () => {
    database.users.set('ann', user('ann'));
    let proceed: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    let markLoaded: () => void = () => undefined;
    const loaded = new Promise<void>((resolve) => {
      markLoaded = resolve;
    });
    const slowReader = createCachedUserReader({
      source: {
        ...database.source,
        async findById(id) {
          const old = await database.source.findById(id);
          markLoaded();
          await paused;
          return old;
        },
      },
      ...{ cache: spy.cache, format },
      emailKeySecret: SECRET,
      ttlMs: TTL_MS,
      logger: createPinoLogger({ level: 'error', format: 'json', destination: { write: () => 0 } }),
    });
    const slow = slowReader.findById('ann');
    await loaded;
    database.users.set('ann', user('ann', 'ann@mail.example', 2));
    await reader.invalidateUser('ann', [ann]);
    proceed();
    expect((await slow)?.version).toBe(1);
    expect(spy.stored).toEqual([]);
    expect((await reader.findById('ann'))?.version).toBe(2);
    expect((await reader.findById('ann'))?.version).toBe(2);
  });
});

describe('public profiles', () => {
  test('are read from the source in one call for all that are missing', async () => {
    for (const id of ['a', 'b', 'c']) database.users.set(id, user(id));
    await reader.listPublicProfileTexts(['a']);
    const profiles = await reader.listPublicProfileTexts(['c', 'a', 'b', 'x']);
    expect(profiles).toEqual([...['c', 'a', 'b'].map(profileText), null]);
    expect(await reader.listPublicProfileTexts(['a', 'x', 'b', 'c'])).toEqual([
      profileText('a'),
      null,
      profileText('b'),
      profileText('c'),
    ]);
    expect(database.reads).toEqual(['profiles a', 'profiles b,c,x']);
  });

  test('of an empty list need no read', async () => {
    expect(await reader.listPublicProfileTexts([])).toEqual([]);
    expect(database.reads).toEqual([]);
  });
});

describe('while the cache is down the reader', () => {
  test('reads from the source, and logs it once', async () => {
    database.users.set('ann', user('ann'));
    spy.isDown = true;
    for (let round = 0; round < 3; round += 1) {
      expect(await reader.findById('ann')).toEqual(user('ann'));
      expect(await reader.findByEmail(ann)).toEqual(user('ann'));
      expect(await reader.listPublicProfileTexts(['ann'])).toEqual([profileText('ann')]);
      expect(await reader.invalidateUser('ann', [ann])).toBe(false);
    }
    expect(database.reads).toHaveLength(9);
    expect(logLines).toHaveLength(1);
  });

  test('fails when the source fails', async () => {
    database.isDown = true;
    await expect(reader.findById('ann')).rejects.toThrow('database down');
    spy.isDown = true;
    await expect(reader.findById('ann')).rejects.toThrow('database down');
    await expect(reader.listPublicProfileTexts(['ann'])).rejects.toThrow('database down');
  });
});

test('lists and searches always come from the source', async () => {
  const page = { afterId: null, limit: 10 };
  await reader.list(page);
  await reader.list(page);
  await reader.search('zoë', page);
  await reader.search('zoë', page);
  expect(database.reads).toEqual(['list', 'list', 'search zoë', 'search zoë']);
});
