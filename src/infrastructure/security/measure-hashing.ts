import { hash as argon2Hash } from '@node-rs/argon2';
import { monotonicMs } from '../system/monotonic.ts';
import type { Argon2Functions } from './argon2-hasher.ts';

export interface HashingWork {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
  /** Hashes that are computed at the same time. */
  readonly slots: number;
}

const ARGON2ID = 2;
/** A hash that is new to the process pays for its memory; the others are measured. */
const HASHES_PER_SLOT = 4;

/** The median time of one Argon2id hash while all slots compute one, in milliseconds. */
export async function measureHashing(
  work: HashingWork,
  hash: Argon2Functions['hash'] = argon2Hash,
): Promise<number> {
  const { memoryKib: memoryCost, iterations: timeCost, parallelism, slots } = work;
  const options = { algorithm: ARGON2ID, memoryCost, timeCost, parallelism };
  const timesMs: number[] = [];
  await Promise.all(
    Array.from({ length: slots }, async () => {
      for (let count = 0; count < HASHES_PER_SLOT; count += 1) {
        const startedAt = monotonicMs();
        await hash('a password of common length', options);
        if (count > 0) timesMs.push(monotonicMs() - startedAt);
      }
    }),
  );
  timesMs.sort((one, other) => one - other);
  return timesMs[Math.floor(timesMs.length / 2)] ?? 0;
}
