import type { Clock } from '../../domain/ports.ts';
import { invalidToken, unavailable } from '../../domain/rejections.ts';
import type { AccessTokenClaims, AccessTokens } from '../../domain/session/access-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import { withFallback } from '../../lib/deadline.ts';
import type { Revocations } from './revocations.ts';

/** Tokens that were verified and whose session was live then; bounded, and each entry ends with its token. */
export interface VerifiedTokenCache {
  get(token: string): AccessTokenClaims | undefined;
  /** @param lifetimeMs how long from now to remember it, in milliseconds of a clock that is never set. */
  set(token: string, claims: AccessTokenClaims, lifetimeMs: number): void;
}

interface Deps {
  readonly accessTokens: AccessTokens;
  readonly sessions: Pick<SessionRepository, 'findLive'>;
  readonly revocations: Pick<Revocations, 'isFresh' | 'isRevoked'>;
  readonly verified: VerifiedTokenCache;
  readonly clock: Clock;
  /**
   * Longest memory of a token, in milliseconds. Revocations are remembered for longer than this: a token that was made
   * to live longer, before a change of the configuration, must not outlast the memory of its revocation.
   */
  readonly accessTtlMs: number;
}

/** How long a check may wait for the database, in milliseconds; beyond it the answer is 503. */
const SESSION_CHECK_DEADLINE_MS = 1_000;

/** ConnectionQueue an access token into its claims. */
export type VerifyAccessToken = ReturnType<typeof createVerifyAccessToken>;

/**
 * Checks a token and its session. A token that was checked before costs two look-ups in memory while the view of
 * revocations is fresh; otherwise the database is asked, and without it nobody is let in.
 * @throws DomainError `invalid_token`, `unavailable`
 */
export function createVerifyAccessToken(deps: Deps) {
  return async (token: string): Promise<AccessTokenClaims> => {
    const known = findKnown(token);
    const claims = known ?? (await deps.accessTokens.verify(token));
    if (claims === null || deps.revocations.isRevoked(claims.sessionId)) throw notValid();
    if (known !== undefined && deps.revocations.isFresh()) return claims;
    const session = await withFallback(
      SESSION_CHECK_DEADLINE_MS,
      () => deps.sessions.findLive(claims.sessionId),
      () => {
        throw unavailable('Sessions cannot be checked now. Try again.');
      },
    );
    if (session === null || session.userId !== claims.userId) throw notValid();
    // The revocation may have reached us while the database was still answering from before it.
    if (deps.revocations.isRevoked(claims.sessionId)) throw notValid();
    const lifetimeMs = Math.min(millisecondsLeft(claims), session.remainingMs, deps.accessTtlMs);
    deps.verified.set(token, claims, lifetimeMs);
    return claims;
  };

  function findKnown(token: string): AccessTokenClaims | undefined {
    const claims = deps.verified.get(token);
    return claims !== undefined && millisecondsLeft(claims) > 0 ? claims : undefined;
  }

  /** By the wall clock; negative after the token's end. */
  function millisecondsLeft({ expiresAt }: AccessTokenClaims): number {
    return expiresAt * 1000 - deps.clock.now().getTime();
  }
}

function notValid(): Error {
  return invalidToken('The access token is not valid.');
}
