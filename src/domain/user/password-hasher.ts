import type { PreparedPassword } from './password.ts';

/** Hashes passwords slowly, a bounded number at a time. */
export interface PasswordHasher {
  /** @throws DomainError `overloaded` when no slot came free in time. */
  hash(password: PreparedPassword): Promise<string>;
  /** @throws DomainError `overloaded` */
  verify(password: PreparedPassword, hash: string): Promise<boolean>;
  /**
   * Takes as long as `verify` and is always false: for accounts that do not exist (OWASP ASVS 6.3.8).
   * @throws DomainError `overloaded`
   */
  verifyDummyHash(password: PreparedPassword): Promise<false>;
  /** Whether a hash has older parameters than new ones get. */
  isOutdated(hash: string): boolean;
}
