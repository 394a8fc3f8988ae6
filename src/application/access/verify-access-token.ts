import type { Clock } from '../../domain/ports.ts';
import { invalidToken, unavailable } from '../../domain/rejections.ts';
import {
  type AccessTokenClaims,
  type AccessTokens,
  CLOCK_LEEWAY_SECONDS,
  type UserTokenClaims,
} from '../../domain/session/access-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import { withFallback } from '../../lib/deadline.ts';
import type { Revocations } from './revocations.ts';
import type { ServiceTokenCache, VerifyServiceToken } from './verify-service-token.ts';

/** Claims of tokens that were verified while their session was live. Bounded; an entry expires with its token. */
export interface VerifiedTokenCache {
  /** Goes up when tokens are forgotten: a session that was read before may have ended since. */
  epoch(): number;
  get(token: string): UserTokenClaims | undefined;
  /**
   * @param lifetimeMs how long to keep it from now, in milliseconds of a monotonic clock
   * @param epoch that of the moment before the session was read: a token that was forgotten since is not kept
   */
  set(token: string, claims: UserTokenClaims, lifetimeMs: number, epoch: number): void;
  /** Forgets the tokens of a user, and those that are being verified now. */
  forgetUser(userId: string): void;
}

interface Deps {
  readonly accessTokens: AccessTokens;
  readonly sessions: Pick<SessionRepository, 'findLive'>;
  readonly revocations: Pick<Revocations, 'isFresh' | 'isRevoked'>;
  readonly verified: Pick<VerifiedTokenCache, 'epoch' | 'get' | 'set'>;
  readonly serviceTokens: Pick<ServiceTokenCache, 'get'>;
  readonly verifyServiceToken: VerifyServiceToken;
  readonly clock: Clock;
  /** The audience of this service. A token for another one of `tokens.audience` is valid, but not here. */
  readonly ownAudience: string;
  /**
   * Longest life of a cache entry, in milliseconds. Revocations are kept for longer than this. A token that was issued
   * with a longer lifetime, before a configuration change, must not stay cached longer than its revocation.
   */
  readonly accessTtlMs: number;
}

/** How long a check waits for the database, in milliseconds, before it is `unavailable`. */
const SESSION_CHECK_DEADLINE_MS = 1_000;

/**
 * What a verification may rely on: `cache` on an earlier one while the revocations are fresh, `database` on the database
 * alone. Only the second one knows at once of a session that ended on another instance.
 */
export type SessionSource = 'cache' | 'database';

/** Whether the token has to be for this service: `any` for a caller that only asks whether it is valid. */
export type RequiredAudience = 'own' | 'any';

export type VerifyAccessToken = ReturnType<typeof createVerifyAccessToken>;

/**
 * Verifies a token and its session. A cached token needs no database query while the revocations are fresh: its claims
 * are returned at once, without a promise, since most requests come this way. Otherwise the session is read from the
 * database, and no token is accepted while the database is down. `models/revocation.pml` is the protocol.
 * @throws DomainError `invalid_token`, `unavailable`; always as a rejected promise
 */
export function createVerifyAccessToken(deps: Deps) {
  return (
    token: string,
    source: SessionSource = 'cache',
    audience: RequiredAudience = 'own',
  ): AccessTokenClaims | Promise<AccessTokenClaims> => {
    const known = findKnown(token);
    if (
      known !== undefined &&
      source === 'cache' &&
      deps.revocations.isFresh() &&
      !deps.revocations.isRevoked(known.sessionId) &&
      isFor(audience, known)
    ) {
      return known;
    }
    const service =
      known === undefined && source === 'cache' ? deps.serviceTokens.get(token) : undefined;
    if (service !== undefined && millisecondsLeft(service) > 0 && isFor(audience, service)) {
      return service;
    }
    return verifyInDatabase(token, known, audience);
  };

  async function verifyInDatabase(
    token: string,
    known: UserTokenClaims | undefined,
    audience: RequiredAudience,
  ): Promise<AccessTokenClaims> {
    const claims = known ?? (await deps.accessTokens.verify(token));
    if (claims === null || !isFor(audience, claims)) throw notValid();
    if (claims.kind === 'service') {
      return deps.verifyServiceToken(token, claims, millisecondsLeft(claims));
    }
    if (deps.revocations.isRevoked(claims.sessionId)) throw notValid();
    const epoch = deps.verified.epoch();
    const session = await withFallback(
      SESSION_CHECK_DEADLINE_MS,
      () => deps.sessions.findLive(claims.sessionId),
      () => {
        throw unavailable('Sessions cannot be checked now. Try again.');
      },
    );
    if (session === null || session.userId !== claims.userId) throw notValid();
    // A revocation may have arrived during the query, which may have read the session before it ended.
    if (deps.revocations.isRevoked(claims.sessionId)) throw notValid();
    const lifetimeMs = Math.min(millisecondsLeft(claims), session.remainingMs, deps.accessTtlMs);
    deps.verified.set(token, claims, lifetimeMs, epoch);
    return claims;
  }

  function isFor(required: RequiredAudience, { audience }: AccessTokenClaims): boolean {
    return required === 'any' || audience.includes(deps.ownAudience);
  }

  function findKnown(token: string): UserTokenClaims | undefined {
    const claims = deps.verified.get(token);
    return claims !== undefined && millisecondsLeft(claims) > 0 ? claims : undefined;
  }

  /** Until the token is refused, by the wall clock and with the leeway of `AccessTokens`; negative once it is. */
  function millisecondsLeft({ expiresAt }: AccessTokenClaims): number {
    return (expiresAt + CLOCK_LEEWAY_SECONDS) * 1000 - deps.clock.now().getTime();
  }
}

function notValid(): Error {
  return invalidToken('The access token is not valid.');
}
