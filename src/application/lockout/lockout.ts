import type {
  AttemptRules,
  Claim,
  Counter,
  SignInFailures,
} from '../../domain/lockout/sign-in-failures.ts';
import type { Logger } from '../../domain/ports.ts';
import { rateLimited } from '../../domain/rejections.ts';
import { clientQueue } from '../../lib/client-network.ts';
import { createKeyedTurns } from '../../lib/keyed-turns.ts';
import type { Caller } from '../access/caller.ts';

export interface LockoutDeps {
  readonly signInFailures: SignInFailures;
  readonly lockoutRules: AttemptRules;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
}

/** Waits before a guess is judged, so that guesses in a row become slow and then stop. */
export interface Lockout {
  readonly rules: AttemptRules;
  /**
   * Runs attempts of one counter after each other: a right password must not count beside others that are being judged.
   * Clients take turns, so guesses from one address delay the owner at another by one attempt only.
   */
  inTurn<T>(caller: Caller, counter: Counter, attempt: () => Promise<T>): Promise<T>;
  /** @throws DomainError `rate_limited` when the attempt was not counted, the same for known and unknown addresses */
  admit(caller: Caller, claim: Claim): { readonly counted: number };
  /** Judges a counted attempt; takes it back when `judge` fails, which is no wrong guess. */
  judge<T>(counter: Counter, counted: number, judge: () => Promise<T>): Promise<T>;
  /** Refused attempts since the start. */
  refused(): number;
}

/** Attempts of one account that wait for those before them, in one process, and their longest wait. */
const MAX_WAITING = 100;
const MAX_WAIT_MS = 10_000;

export function createLockout(deps: LockoutDeps): Lockout {
  const { signInFailures, lockoutRules, logger, monotonicMs } = deps;
  const turns = createKeyedTurns({ maxWaiting: MAX_WAITING, waitMs: MAX_WAIT_MS, monotonicMs });
  let refused = 0;

  return {
    rules: lockoutRules,
    inTurn(caller, { accountKey, factor, deviceId }, attempt) {
      const key = `${Buffer.from(accountKey).toString('base64')} ${factor} ${deviceId}`;
      return turns(key, clientQueue(caller), attempt);
    },
    admit(caller, claim) {
      if ('counted' in claim) return claim;
      refused += 1;
      logger.warn('attempt refused after too many failures', {
        request_id: caller.requestId,
        client_ip: caller.ip,
      });
      throw rateLimited(Math.max(1, Math.ceil(claim.waitMs / 1_000)));
    },
    async judge(counter, counted, judge) {
      try {
        return await judge();
      } catch (error) {
        // The error of the judgement is what the caller needs; a count too many only makes the next wait longer.
        await signInFailures.release(counter, counted).catch(() => undefined);
        throw error;
      }
    },
    refused: () => refused,
  };
}
