import type { PreparedPassword } from './password.ts';

/** Hashes passwords with a slow function, a bounded number at a time. */
export interface PasswordHasher {
  /** @throws DomainError `overloaded` when no slot becomes free in time. */
  hash(password: PreparedPassword): Promise<string>;
  /** @throws DomainError `overloaded` */
  verify(password: PreparedPassword, hash: string): Promise<boolean>;
  /**
   * Takes as long as `verify` and returns false. Use it for accounts that do not exist (OWASP ASVS 6.3.8).
   * @throws DomainError `overloaded`
   */
  verifyDummyHash(password: PreparedPassword): Promise<false>;
  /** Whether a hash has other parameters than new hashes get. */
  isOutdated(hash: string): boolean;
}
