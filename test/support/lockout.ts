import { createLockout, type Lockout } from '../../src/application/lockout/lockout.ts';
import type {
  AccountKeys,
  Counter,
  DeviceTokens,
  SignInFailures,
} from '../../src/domain/lockout/sign-in-failures.ts';
import type { EmailAddress } from '../../src/domain/user/email-address.ts';
import type { Credentials } from '../../src/domain/user/user-repository.ts';
import { createSilentLogger } from './logger.ts';

/** Account keys that are readable. */
export const plainAccountKeys: AccountKeys = {
  ofEmail: (email) => Buffer.from(`email:${email}`),
  ofUser: (userId) => Buffer.from(`user:${userId}`),
};

/** Device tokens of the form `device of address`. */
export const plainDeviceTokens: DeviceTokens = {
  issue: (email, deviceId) => `${deviceId ?? 'new'} of ${email}`,
  read: (token, email) => (token.endsWith(` of ${email}`) ? (token.split(' ')[0] ?? null) : null),
};

/** Counters that know no time: an attempt beyond the free ones waits two seconds. */
export function createMemoryLockout(
  findCredentials: (email: EmailAddress) => Promise<Credentials | null> = async () => null,
): {
  readonly signInFailures: SignInFailures;
  readonly lockout: Lockout;
  readonly counts: ReadonlyMap<string, number>;
} {
  const counts = new Map<string, number>();
  const nameOf = ({ accountKey, factor, deviceId }: Counter): string =>
    `${Buffer.from(accountKey)} ${factor} ${deviceId}`;
  const signInFailures: SignInFailures = {
    async claimSignIn(counter, email, rules) {
      const credentials = await findCredentials(email);
      return { claim: await this.claim(counter, rules), credentials };
    },
    async claim(counter, { free, stop }) {
      const counted = (counts.get(nameOf(counter)) ?? 0) + 1;
      if (counted > Math.min(free, stop)) return { waitMs: 2_000 };
      counts.set(nameOf(counter), counted);
      return { counted };
    },
    release: async (counter, counted) => void counts.set(nameOf(counter), counted - 1),
    async clear(counter, { free }) {
      counts.delete(nameOf(counter));
      const others = nameOf({ ...counter, deviceId: null });
      if ((counts.get(others) ?? 0) > free) counts.set(others, free);
    },
    clearAll: async () => counts.clear(),
    list: async () => [],
    deleteQuiet: async () => 0,
  };
  const lockout = createLockout({
    signInFailures,
    lockoutRules: { free: 5, maxWaitMs: 900_000, stop: 100 },
    monotonicMs: () => performance.now(),
    logger: createSilentLogger(),
  });
  return { signInFailures, lockout, counts };
}
