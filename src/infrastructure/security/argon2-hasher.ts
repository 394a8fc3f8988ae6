import { randomBytes } from 'node:crypto';
import {
  hash as argon2Hash,
  verify as argon2Verify,
  type Options,
  parseOptions,
} from '@node-rs/argon2';
import { deadlineOver, overloaded } from '../../domain/rejections.ts';
import type {
  HashingRequester,
  PasswordHasher,
  PasswordHashing,
} from '../../domain/user/password-hasher.ts';
import { clientQueue } from '../../lib/client-network.ts';
import {
  createFairSemaphore,
  type FairSemaphoreStats,
  type ReservedPlace,
} from '../../lib/fair-semaphore.ts';
import { monotonicMs } from '../system/monotonic.ts';

export interface Argon2HasherOptions {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
  /** Concurrency limit; each hash under way occupies one thread of libuv's pool and `memoryKib` of memory. */
  readonly maxConcurrent: number;
  /** Longest wait to get below the limit, in milliseconds; then the caller gets `overloaded`. */
  readonly waitMs: number;
}

export interface Argon2Hasher extends PasswordHasher {
  stats(): FairSemaphoreStats;
}

/** Bounds the memory of waiting calls; the time bound takes effect long before. */
const MAX_WAITING = 1_024;
/** 1 GiB. A stored hash that needs more memory is not computed: one row could stop the process. */
const MAX_VERIFY_MEMORY_KIB = 1_048_576;
/** Memory times passes of a stored hash; four passes over 1 GiB take several seconds. */
const MAX_VERIFY_WORK = 4 * MAX_VERIFY_MEMORY_KIB;
/** Lanes of a stored hash. */
const MAX_VERIFY_PARALLELISM = 64;
/** Values of the native package's enums, which it declares in a form that cannot be imported. */
const ARGON2ID = 2;
const VERSION_19 = 1;
const SALT_BYTES = 16;
/** RFC 9106 §3.1. */
const MIN_MEMORY_KIB_PER_LANE = 8;
const OUTPUT_BYTES = 32;

/** The native functions; tests replace them to add up the work. */
export interface Argon2Functions {
  readonly hash: (password: string, options: Options) => Promise<string>;
  readonly verify: (hash: string, password: string) => Promise<boolean>;
}

const NATIVE: Argon2Functions = { hash: argon2Hash, verify: argon2Verify };

/**
 * Hashes with Argon2id (RFC 9106) into PHC strings with 16-byte random salts. At most `maxConcurrent` hashes are
 * computed at the same time; further calls wait, and client addresses take turns. Calls that cannot be served in time
 * get DomainError `overloaded` at once (OWASP ASVS 15.2.2).
 *
 * A stored value that cannot be verified (not an Argon2 hash, or too expensive) counts as a wrong password. Verifying
 * it takes as long as a wrong password does and never fails.
 *
 * Every verification does the same work (memory times passes), whatever parameters the stored hash has: a cheaper hash
 * is followed by a computation of the difference. So after the parameters change, time does not tell an unknown address
 * from an account with an older hash. The work is that of the current parameters, or of the dearest hash that this
 * process has met since they were lowered; `MAX_VERIFY_WORK` bounds it.
 */
export function createArgon2Hasher(
  options: Argon2HasherOptions,
  argon2: Argon2Functions = NATIVE,
): Argon2Hasher {
  const { memoryKib, iterations, parallelism } = options;
  const concurrency = createFairSemaphore({ ...options, maxWaiting: MAX_WAITING, monotonicMs });
  const parameters: Options = {
    algorithm: ARGON2ID,
    memoryCost: memoryKib,
    timeCost: iterations,
    parallelism,
    outputLen: OUTPUT_BYTES,
  };
  // Verifying computes the whole hash before it compares. No known password produces these random bytes.
  const unusableHash = (): string =>
    `$argon2id$v=19$m=${memoryKib},t=${iterations},p=${parallelism}$${phcBytes(SALT_BYTES)}$${phcBytes(OUTPUT_BYTES)}`;
  const dummyHash = unusableHash();
  const maxMemoryKib = Math.max(MAX_VERIFY_MEMORY_KIB, memoryKib);
  const maxWork = Math.max(MAX_VERIFY_WORK, memoryKib * iterations);
  let workOfEach = memoryKib * iterations;

  function reservePlace(requester: HashingRequester): ReservedPlace {
    const place = concurrency.reserve(clientQueue(requester));
    if (place === null) throw tooManyHashes();
    return place;
  }

  function tooManyHashes() {
    return overloaded(
      'Too many passwords are being checked; try again shortly.',
      Math.max(1, Math.ceil(options.waitMs / 1_000)),
    );
  }

  function hashingFor(requester: HashingRequester, firstPlace: ReservedPlace): PasswordHashing {
    let reserved: ReservedPlace | null = firstPlace;

    async function withinLimit<T>(work: () => Promise<T>): Promise<T> {
      const place = reserved ?? reservePlace(requester);
      reserved = null;
      const release = await place.acquire();
      if (release === null) throw tooManyHashes();
      try {
        if (requester.deadline?.isAbandoned() === true) throw deadlineOver();
        return await work();
      } finally {
        release();
      }
    }

    return {
      hash: (password) => withinLimit(() => argon2.hash(password, parameters)),
      verify: (password, hash) => withinLimit(() => verifyStored(password, hash)),
      verifyDummyHash: (password) => withinLimit(() => verifyDummy(password)),
    };
  }

  async function verifyStored(password: string, hash: string): Promise<boolean> {
    if (!isAffordable(hash, maxMemoryKib, maxWork)) return verifyDummy(password);
    const stored = parsePhc(hash);
    const work = (stored?.memoryCost ?? 0) * (stored?.timeCost ?? 0);
    workOfEach = Math.max(workOfEach, work);
    try {
      const matches = await argon2.verify(hash, password);
      await addWork(password, workOfEach - work);
      return matches;
    } catch {
      return verifyDummy(password);
    }
  }

  async function verifyDummy(password: string): Promise<false> {
    await argon2.verify(dummyHash, password);
    await addWork(password, workOfEach - memoryKib * iterations);
    return false;
  }

  /** Computes a hash of about this much work, in as few passes over at most `memoryKib` as that takes. */
  async function addWork(password: string, work: number): Promise<void> {
    const passes = Math.ceil(work / memoryKib);
    if (passes === 0) return;
    const memoryCost = Math.max(Math.round(work / passes), MIN_MEMORY_KIB_PER_LANE * parallelism);
    await argon2.hash(password, { ...parameters, memoryCost, timeCost: passes });
  }

  return {
    async reserve(requester, work) {
      const place = reservePlace(requester);
      try {
        return await work(hashingFor(requester, place));
      } finally {
        place.leave();
      }
    },
    unusableHash,
    isVerifiable: (hash) => isAffordable(hash, maxMemoryKib, maxWork),
    isOutdated(hash) {
      const stored = parsePhc(hash);
      return (
        stored === null ||
        stored.algorithm !== ARGON2ID ||
        stored.version !== VERSION_19 ||
        stored.memoryCost !== memoryKib ||
        stored.timeCost !== iterations ||
        stored.parallelism !== parallelism ||
        stored.outputLen !== OUTPUT_BYTES ||
        stored.saltLen < SALT_BYTES
      );
    },
    stats: () => concurrency.stats(),
  };
}

function phcBytes(count: number): string {
  return randomBytes(count).toString('base64').replaceAll('=', '');
}

function parsePhc(hash: string): ReturnType<typeof parseOptions> | null {
  try {
    return parseOptions(hash);
  } catch {
    return null;
  }
}

function isAffordable(hash: string, maxMemoryKib: number, maxWork: number): boolean {
  const stored = parsePhc(hash);
  return (
    stored !== null &&
    stored.memoryCost <= maxMemoryKib &&
    stored.memoryCost * stored.timeCost <= maxWork &&
    stored.parallelism <= MAX_VERIFY_PARALLELISM
  );
}
