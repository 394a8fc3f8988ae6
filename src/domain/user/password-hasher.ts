import type { RequestDeadline } from '../ports.ts';
import type { PreparedPassword } from './password.ts';

/**
 * Hashes passwords with a slow function, a bounded number at a time. A call whose deadline is abandoned when its turn
 * comes is not computed, and throws DomainError `unavailable`.
 */
export interface PasswordHasher {
  /** @throws DomainError `overloaded` when no slot becomes free in time. */
  hash(password: PreparedPassword, deadline?: RequestDeadline): Promise<string>;
  /** @throws DomainError `overloaded` */
  verify(password: PreparedPassword, hash: string, deadline?: RequestDeadline): Promise<boolean>;
  /**
   * Takes as long as `verify` and returns false. Use it for accounts that do not exist (OWASP ASVS 6.3.8).
   * @throws DomainError `overloaded`
   */
  verifyDummyHash(password: PreparedPassword, deadline?: RequestDeadline): Promise<false>;
  /** False for a stored value that no password matches: it is of another kind, or needs too much work. */
  isVerifiable(hash: string): boolean;
  /** Whether a hash has other parameters than new hashes get. */
  isOutdated(hash: string): boolean;
}
