import type { RequestDeadline } from '../ports.ts';
import type { PreparedPassword } from './password.ts';

/** Who asks for a hash; a `Caller` is one. Clients wait in a queue for each address, and addresses take turns. */
export interface HashingRequester {
  /** Operators have a queue of their own, whatever their address. */
  readonly principal: { readonly kind: string };
  /** The client's address. Clients without one share a queue. */
  readonly ip: string | null;
  readonly deadline?: RequestDeadline;
}

/**
 * Slow functions, a bounded number of which runs at the same time. A call whose deadline is abandoned when its turn
 * comes is not computed, and throws DomainError `unavailable`.
 */
export interface PasswordHashing {
  /** @throws DomainError `overloaded` when no slot becomes free in time. */
  hash(password: PreparedPassword): Promise<string>;
  /** @throws DomainError `overloaded` */
  verify(password: PreparedPassword, hash: string): Promise<boolean>;
  /**
   * Takes as long as `verify` and returns false. Use it for accounts that do not exist (OWASP ASVS 6.3.8).
   * @throws DomainError `overloaded`
   */
  verifyDummyHash(password: PreparedPassword): Promise<false>;
}

/** Hashes passwords with a slow function. */
export interface PasswordHasher {
  /**
   * Runs `work` with a place in the requester's queue, which its first hash takes. Look-ups that come before the hash
   * belong in `work`: when the queue is full, the requester is refused without them.
   * @throws DomainError `overloaded` at once, without calling `work`, when a hash could not begin in time; and the
   *   errors of `work`
   */
  reserve<T>(
    requester: HashingRequester,
    work: (hashing: PasswordHashing) => Promise<T>,
  ): Promise<T>;
  /** A hash with current parameters that no password matches. Verifying against it takes as long as against others. */
  unusableHash(): string;
  /** False for a stored value that no password matches: it is of another kind, or needs too much work. */
  isVerifiable(hash: string): boolean;
  /** Whether a hash has other parameters than new hashes get. */
  isOutdated(hash: string): boolean;
}
