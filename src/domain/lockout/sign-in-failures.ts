import type { EmailAddress } from '../user/email-address.ts';
import type { Credentials } from '../user/user-repository.ts';
import type { Factor } from './factor.ts';

/** Whose attempts a counter counts. */
export interface Counter {
  /** HMAC of what names the account. */
  readonly accountKey: Uint8Array;
  readonly factor: Factor;
  /** A known device has a counter of its own; null for all others together. */
  readonly deviceId: string | null;
}

/** When attempts in a row have to wait. */
export interface AttemptRules {
  /** Attempts that need no wait. */
  readonly free: number;
  readonly maxWaitMs: number;
  /** Attempts after which the counter stays closed until it is cleared, or quiet for `QUIET_MS`. */
  readonly stop: number;
}

/** A counter without an attempt for this long counts from zero again, in milliseconds. */
export const QUIET_MS = 86_400_000;

/** `counted` attempts in a row, with this one; or the time to wait, when this one was not counted. */
export type Claim = { readonly counted: number } | { readonly waitMs: number };

/** A counter as an operator sees it. */
export interface CounterState {
  readonly factor: Factor;
  readonly knownDevice: boolean;
  readonly failures: number;
  readonly lastAt: Date;
  /** Until then no attempt is judged; null without a wait. */
  readonly blockedUntil: Date | null;
}

/** Durable counters of attempts, one for each account, factor and known device. */
export interface SignInFailures {
  /**
   * Counts an attempt before it is judged, so that parallel attempts never get more than their budget.
   * @returns the credentials of the address too, in the same statement
   */
  claimSignIn(
    counter: Counter,
    email: EmailAddress,
    rules: AttemptRules,
  ): Promise<{ readonly claim: Claim; readonly credentials: Credentials | null }>;
  /** Counts an attempt of a caller whose account is known. */
  claim(counter: Counter, rules: AttemptRules): Promise<Claim>;
  /** Takes back an attempt that was not judged. */
  release(counter: Counter, counted: number): Promise<void>;
  /**
   * Ends the counter after a success. One on a known device also ends the wait of unknown devices, and leaves them
   * without free attempts: a sign-in of the owner must not give `free` more guesses to others.
   */
  clear(counter: Counter, rules: Pick<AttemptRules, 'free'>): Promise<void>;
  clearAll(accountKeys: readonly Uint8Array[]): Promise<void>;
  /** The busiest 100 counters. */
  list(accountKeys: readonly Uint8Array[]): Promise<readonly CounterState[]>;
  /** Deletes up to `limit` counters that have been quiet. @returns how many. */
  deleteQuiet(limit: number): Promise<number>;
}

/** Names accounts in the counters without holding their address. */
export interface AccountKeys {
  /** @param email canonical, or a text that is no address */
  ofEmail(email: string): Uint8Array;
  ofUser(userId: string): Uint8Array;
}

/** Tokens that mark the devices from which an account signed in. They open nothing. */
export interface DeviceTokens {
  /** A token for the device, or for a new one. */
  issue(email: EmailAddress, deviceId: string | null): string;
  /** The device, or null for a token that is forged, expired, or for another address. */
  read(token: string, email: EmailAddress): string | null;
}
