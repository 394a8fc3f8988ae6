import { hash as argon2Hash, verify as argon2Verify, parseOptions } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { anonymous } from '../../../test/support/ports.ts';
import { DomainError } from '../../domain/errors.ts';
import type { RequestDeadline } from '../../domain/ports.ts';
import { type PreparedPassword, preparePassword } from '../../domain/user/password.ts';
import {
  type Argon2Functions,
  type Argon2HasherOptions,
  createArgon2Hasher,
} from './argon2-hasher.ts';

/** Cheap parameters: these tests do not depend on the cost. */
const CHEAP = { memoryKib: 64, iterations: 1, parallelism: 1, maxConcurrent: 2, waitMs: 60_000 };
const NONE = { queue_full: 0, displaced: 0, timeout: 0 };
const BYTES_43 = 'A'.repeat(43);

function prepared(text: string): PreparedPassword {
  const password = preparePassword(text);
  if (password === null) throw new Error('not Unicode');
  return password;
}

const password = prepared('correct horse battery staple');

/** A hasher whose functions each reserve a place for a client of one address. */
function createHasher(options: Argon2HasherOptions, functions?: Argon2Functions) {
  const hasher = createArgon2Hasher(options, functions);
  const from = (deadline?: RequestDeadline) => ({
    ...anonymous,
    ...(deadline === undefined ? {} : { deadline }),
  });
  return {
    ...hasher,
    hash: (text: PreparedPassword, deadline?: RequestDeadline) =>
      hasher.reserve(from(deadline), (hashing) => hashing.hash(text)),
    verify: (text: PreparedPassword, stored: string, deadline?: RequestDeadline) =>
      hasher.reserve(from(deadline), (hashing) => hashing.verify(text, stored)),
    verifyDummyHash: (text: PreparedPassword, deadline?: RequestDeadline) =>
      hasher.reserve(from(deadline), (hashing) => hashing.verifyDummyHash(text)),
  };
}

async function rejectionOf(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DomainError) return error;
  throw new Error('expected a DomainError');
}

/** Starts hashes, and resolves once all of them are done. */
function occupy(hasher: ReturnType<typeof createHasher>, count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => hasher.hash(password)));
}

describe('password hashes', () => {
  const hasher = createHasher(CHEAP);

  test('are Argon2id PHC strings with the configured parameters and 16 bytes of salt', async () => {
    const hash = await createHasher({ ...CHEAP, memoryKib: 19_456, iterations: 2 }).hash(password);
    expect(hash).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  test('of one password differ, and each verifies only that password', async () => {
    const [first, second] = [await hasher.hash(password), await hasher.hash(password)];
    expect(first).not.toBe(second);
    expect(await hasher.verify(password, first)).toBe(true);
    expect(await hasher.verify(password, second)).toBe(true);
    expect(await hasher.verify(prepared('correct horse battery stapl'), first)).toBe(false);
    expect(await hasher.verify(prepared(`${password} `), first)).toBe(false);
  });

  test('use the whole password, however long', async () => {
    const long = 'a'.repeat(199);
    const hash = await hasher.hash(prepared(`${long}b`));
    expect(await hasher.verify(prepared(`${long}b`), hash)).toBe(true);
    expect(await hasher.verify(prepared(`${long}c`), hash)).toBe(false);
  });

  test('with other parameters or Argon2 versions still verify and count as outdated', async () => {
    for (const options of [
      { memoryCost: 128, timeCost: 1, parallelism: 1, algorithm: 2 },
      { memoryCost: 64, timeCost: 2, parallelism: 1, algorithm: 2 },
      { memoryCost: 64, timeCost: 1, parallelism: 2, algorithm: 2 },
      { memoryCost: 64, timeCost: 1, parallelism: 1, algorithm: 1 },
      { memoryCost: 64, timeCost: 1, parallelism: 1, algorithm: 0 },
      { memoryCost: 64, timeCost: 1, parallelism: 1, algorithm: 2, version: 0 },
      { memoryCost: 64, timeCost: 1, parallelism: 1, algorithm: 2, outputLen: 16 },
      { memoryCost: 64, timeCost: 1, parallelism: 1, algorithm: 2, salt: Buffer.alloc(8, 1) },
    ]) {
      const old = await argon2Hash(password, options);
      expect(await hasher.verify(password, old), old).toBe(true);
      expect(await hasher.verify(prepared('another'), old), old).toBe(false);
      expect(hasher.isOutdated(old), old).toBe(true);
      expect(hasher.isVerifiable(old), old).toBe(true);
    }
  });

  test('with the current parameters are not outdated', async () => {
    expect(hasher.isOutdated(await hasher.hash(password))).toBe(false);
    expect(hasher.isVerifiable(await hasher.hash(password))).toBe(true);
  });
});

describe('a stored value that is not a usable hash', () => {
  const hasher = createHasher(CHEAP);

  test.each([
    '',
    'plain text',
    '$2b$12$abcdefghijklmnopqrstuuMeTfZ8ZgTz7Yc8nGmR5iTzvEXAMPLE1',
    '$argon2id$',
    '$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA',
    `$argon2id$v=19$m=64,t=1,p=1$!!!!$${BYTES_43}`,
    `$argon2id$v=99$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$${BYTES_43}`,
    `$argon2id$v=19$m=0,t=0,p=0$AAAAAAAAAAAAAAAAAAAAAA$${BYTES_43}`,
  ])('verifies no password and does not throw: %j', async (stored) => {
    expect(await hasher.verify(password, stored)).toBe(false);
    expect(hasher.isOutdated(stored)).toBe(true);
    expect(hasher.isVerifiable(stored)).toBe(false);
  });

  test.each([
    'm=4294967295,t=1,p=1',
    'm=1048577,t=1,p=1',
    'm=1048576,t=5,p=1',
    'm=64,t=4294967295,p=1',
    'm=65536,t=1,p=255',
  ])('is not computed when it is too expensive: %s', async (parameters) => {
    // Computing any of these would take seconds to years, or more memory than the machine has.
    const stored = `$argon2id$v=19$${parameters}$AAAAAAAAAAAAAAAAAAAAAA$${BYTES_43}`;
    expect(await hasher.verify(password, stored)).toBe(false);
  });

  test('counts against the same concurrency limit as a real hash', async () => {
    const narrow = createHasher({ ...CHEAP, memoryKib: 65_536, maxConcurrent: 1, waitMs: 0 });
    const busy = occupy(narrow, 1);
    for (const work of [
      () => narrow.verify(password, ''),
      () =>
        narrow.verify(password, `$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$${BYTES_43}`),
      () => narrow.verifyDummyHash(password),
      () => narrow.hash(password),
    ]) {
      expect((await rejectionOf(work())).code).toBe('overloaded');
    }
    await busy;
    expect(await narrow.verifyDummyHash(password)).toBe(false);
  });
});

describe('the hashing concurrency limit', () => {
  test('admits calls up to the limit, queues the rest, and drains', async () => {
    const hasher = createHasher({ ...CHEAP, memoryKib: 16_384 });
    const work = occupy(hasher, 6);
    expect(hasher.stats()).toEqual({ active: 2, waiting: 4, refused: NONE });
    await work;
    expect(hasher.stats()).toEqual({ active: 0, waiting: 0, refused: NONE });
  });

  test('rejects a call whose wait is over with overloaded and whole seconds to wait', async () => {
    const hasher = createHasher({
      ...CHEAP,
      memoryKib: 262_144,
      maxConcurrent: 1,
      waitMs: 1,
    });
    const busy = occupy(hasher, 1);
    const error = await rejectionOf(hasher.hash(password));
    expect(error.code).toBe('overloaded');
    expect(error.retryAfterSeconds).toBe(1);
    await busy;
    expect(hasher.stats()).toEqual({ active: 0, waiting: 0, refused: { ...NONE, timeout: 1 } });
  });

  test('rejects a call at once beyond the most that may wait', async () => {
    const hasher = createHasher({ ...CHEAP, maxConcurrent: 1 });
    const work = occupy(hasher, 1 + 1_024);
    expect(hasher.stats().waiting).toBe(1_024);
    expect((await rejectionOf(hasher.verifyDummyHash(password))).code).toBe('overloaded');
    await work;
  });
});

describe('requesters of hashes', () => {
  const clients = [
    { what: 'another address', ip: '192.0.2.2', isOther: true },
    { what: 'the same address', ip: '192.0.2.1', isOther: false },
    { what: 'another /64', ip: '2001:db8:1:3::1', isOther: true },
    { what: 'the same /64', ip: '2001:db8:1:2:ffff::1', isOther: false },
    { what: 'no address', ip: null, isOther: true },
  ];

  /** Computes one hash at a time, each when the test says so, and notes whose it is. */
  function controlled() {
    const order: string[] = [];
    const finish: (() => void)[] = [];
    const compute = (text: string) => {
      order.push(text);
      return new Promise<string>((resolve) => finish.push(() => resolve(`$argon2id$${text}`)));
    };
    const hasher = createArgon2Hasher(
      { ...CHEAP, maxConcurrent: 1 },
      { hash: compute, verify: async () => false },
    );
    const finishAll = async (count: number) => {
      for (let done = 0; done < count; done += 1) {
        await expect.poll(() => finish.length).toBeGreaterThan(0);
        finish.shift()?.();
      }
    };
    return { hasher, order, finishAll };
  }

  test.each(clients)('from $what take turns: $isOther', async ({ ip, isOther }) => {
    const { hasher, order, finishAll } = controlled();
    const first = ip?.includes(':') ? '2001:db8:1:2::1' : '192.0.2.1';
    const hash = (from: string | null, name: string) =>
      hasher.reserve({ ...anonymous, ip: from }, (hashing) => hashing.hash(prepared(name)));
    const work = [hash(first, 'a1'), hash(first, 'a2'), hash(first, 'a3'), hash(ip, 'b1')];
    await finishAll(work.length);
    await Promise.all(work);
    expect(order).toEqual(isOther ? ['a1', 'a2', 'b1', 'a3'] : ['a1', 'a2', 'a3', 'b1']);
  });

  test('who are operators do not share the queue of clients without an address', async () => {
    const { hasher, order, finishAll } = controlled();
    const operator = { ...anonymous, principal: { kind: 'operator' } };
    const work = ['a1', 'a2', 'a3'].map((name) =>
      hasher.reserve(anonymous, (hashing) => hashing.hash(prepared(name))),
    );
    work.push(hasher.reserve(operator, (hashing) => hashing.hash(prepared('operator'))));
    await finishAll(work.length);
    await Promise.all(work);
    expect(order).toEqual(['a1', 'a2', 'operator', 'a3']);
  });

  test('who cannot be served are refused before their look-ups', async () => {
    const hasher = createHasher({ ...CHEAP, maxConcurrent: 1 });
    const work = occupy(hasher, 1 + 1_024);
    let lookUps = 0;
    const refusal = hasher.reserve(anonymous, async (hashing) => {
      lookUps += 1;
      return hashing.verifyDummyHash(password);
    });
    expect((await rejectionOf(refusal)).code).toBe('overloaded');
    expect(lookUps).toBe(0);
    await work;
  });

  test('whose look-ups fail leave no place behind', async () => {
    const hasher = createHasher({ ...CHEAP, maxConcurrent: 1 });
    const work = occupy(hasher, 1_024);
    const failure = new Error('no database');
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await expect(hasher.reserve(anonymous, () => Promise.reject(failure))).rejects.toBe(failure);
    }
    await work;
    expect(hasher.stats()).toEqual({ active: 0, waiting: 0, refused: NONE });
  });
});

describe('the work of a verification, in KiB times passes', () => {
  /** Adds up what the native functions are asked to compute. */
  function counted() {
    const spent = { work: 0 };
    const functions: Argon2Functions = {
      hash: (text, options) => {
        spent.work += (options.memoryCost ?? 0) * (options.timeCost ?? 0);
        return argon2Hash(text, options);
      },
      verify: (hash, text) => {
        const { memoryCost, timeCost } = parseOptions(hash);
        spent.work += (memoryCost ?? 0) * (timeCost ?? 0);
        return argon2Verify(hash, text);
      },
    };
    const workOf = async (verification: () => Promise<unknown>): Promise<number> => {
      spent.work = 0;
      await verification();
      return spent.work;
    };
    return { functions, workOf };
  }

  const current = { ...CHEAP, memoryKib: 256, iterations: 3 };
  const older = [
    ['fewer passes', { memoryKib: 256, iterations: 1 }],
    ['less memory', { memoryKib: 64, iterations: 3 }],
    ['less memory and more passes', { memoryKib: 96, iterations: 7 }],
    ['the current parameters', { memoryKib: 256, iterations: 3 }],
  ] as const;

  test.each(older)(
    'is the same for an unknown address and an account whose hash has %s',
    async (_what, parameters) => {
      const stored = await createHasher({ ...CHEAP, ...parameters }).hash(password);
      const { functions, workOf } = counted();
      const hasher = createHasher(current, functions);
      const unknown = await workOf(() => hasher.verifyDummyHash(password));
      expect(unknown).toBe(256 * 3);
      expect(await workOf(() => hasher.verify(prepared('wrong'), stored))).toBe(unknown);
      expect(await workOf(() => hasher.verify(password, stored))).toBe(unknown);
      expect(await workOf(() => hasher.verify(password, 'not a hash'))).toBe(unknown);
      expect(await hasher.verify(password, stored)).toBe(true);
    },
  );

  test('is that of the dearest hash seen after the parameters were lowered', async () => {
    const dear = await createHasher({ ...CHEAP, memoryKib: 512, iterations: 4 }).hash(password);
    const { functions, workOf } = counted();
    const hasher = createHasher(current, functions);
    const known = await workOf(() => hasher.verify(prepared('wrong'), dear));
    expect(known).toBe(512 * 4);
    expect(await workOf(() => hasher.verifyDummyHash(password))).toBe(known);
    const recent = await hasher.hash(password);
    expect(await workOf(() => hasher.verify(password, recent))).toBe(known);
  });
});

test('a hash is not computed for a caller who has hung up or is told that time is over', async () => {
  const computed: string[] = [];
  const hasher = createHasher(
    { ...CHEAP, maxConcurrent: 1 },
    {
      hash: async () => {
        computed.push('hash');
        return '$argon2id$';
      },
      verify: async () => {
        computed.push('verify');
        return true;
      },
    },
  );
  const abandoned = { isOver: () => false, isAbandoned: () => true, beginCommit: () => true };
  const waiting = { ...abandoned, isAbandoned: () => false };
  for (const deadline of [abandoned, waiting]) {
    await Promise.allSettled([
      hasher.hash(password, deadline),
      hasher.verify(password, '$argon2id$', deadline),
      hasher.verifyDummyHash(password, deadline),
    ]);
    if (deadline === abandoned) expect(computed).toEqual([]);
  }
  expect(computed.length).toBeGreaterThanOrEqual(3);
  expect(hasher.stats().active).toBe(0);
});
