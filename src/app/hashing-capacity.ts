import { totalmem } from 'node:os';
import type { Config } from '../config/schema.ts';
import { measureHashing } from '../infrastructure/security/measure-hashing.ts';
import type { HashingCapacity } from '../interfaces/cli/password-calibrate.ts';

/** What this machine and configuration give to password hashing. */
export function hashingCapacity({ password }: Pick<Config, 'password'>): HashingCapacity {
  const { hashingSlots: slots, argon2 } = password;
  const { parallelism } = argon2;
  return {
    slots,
    current: argon2,
    memoryMib: Math.floor(usableMemory() / 2 ** 20),
    measure: (work) => measureHashing({ ...work, parallelism, slots }),
  };
}

/** The memory of the machine, or the limit of the container. Without a limit Node.js reports 0 or more than there is. */
function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
