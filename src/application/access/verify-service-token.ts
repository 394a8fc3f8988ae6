import { invalidToken, unavailable } from '../../domain/rejections.ts';
import type { ServiceAccountRepository } from '../../domain/service-account/service-account-repository.ts';
import type { ServiceTokenClaims } from '../../domain/session/access-tokens.ts';
import { withFallback } from '../../lib/deadline.ts';
import { SERVICE_KEY_CACHE_MS } from './verify-service-key.ts';

/** Verified tokens of services. Bounded; an entry expires after `SERVICE_KEY_CACHE_MS`. */
export interface ServiceTokenCache {
  /** Goes up when the cache is cleared: an account that was read before may have changed since. */
  epoch(): number;
  get(token: string): ServiceTokenClaims | undefined;
  /** @param lifetimeMs how long to keep it at most, in milliseconds of a monotonic clock */
  set(token: string, claims: ServiceTokenClaims, lifetimeMs: number): void;
}

interface Deps {
  readonly accounts: Pick<ServiceAccountRepository, 'findByKeyId'>;
  readonly known: ServiceTokenCache;
}

/** How long a check waits for the database, in milliseconds, before it is `unavailable`. */
const ACCOUNT_CHECK_DEADLINE_MS = 1_000;

export type VerifyServiceToken = ReturnType<typeof createVerifyServiceToken>;

/**
 * Checks the account and the key behind a token of a service whose signature is good, and reduces its scopes to those
 * that the account still has. A change of the account is in force within `SERVICE_KEY_CACHE_MS`.
 * @throws DomainError `invalid_token`, `unavailable`
 */
export function createVerifyServiceToken({ accounts, known }: Deps) {
  return async (
    token: string,
    claims: ServiceTokenClaims,
    millisecondsLeft: number,
  ): Promise<ServiceTokenClaims> => {
    const epoch = known.epoch();
    const account = await withFallback(
      ACCOUNT_CHECK_DEADLINE_MS,
      () => accounts.findByKeyId(claims.accountId, claims.keyId),
      () => {
        throw unavailable('Service accounts cannot be checked now. Try again.');
      },
    );
    if (account === null) throw invalidToken('The access token is not valid.');
    const current = {
      ...claims,
      scopes: claims.scopes.filter((scope) => account.scopes.includes(scope)),
    };
    const keyRemainingMs = account.keyRemainingMs ?? Infinity;
    const lifetimeMs = Math.min(SERVICE_KEY_CACHE_MS, millisecondsLeft, keyRemainingMs);
    if (known.epoch() === epoch) known.set(token, current, lifetimeMs);
    return current;
  };
}
