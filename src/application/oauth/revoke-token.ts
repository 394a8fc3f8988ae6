import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';

interface Deps {
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly refreshTokens: Pick<RefreshTokens, 'read'>;
  readonly sessions: Pick<SessionRepository, 'findLive'>;
  readonly unitOfWork: UnitOfWork;
}

/** `unsupported`: a token of a service, which ends by itself within `tokens.access_ttl`. */
export type RevocationOutcome = 'done' | 'unsupported';

/**
 * Ends the session of an access or refresh token (RFC 7009). Who has the token may end its session: that is what its
 * user would do, too. A refresh token that was replaced ends it as well, as its reuse would. An unknown, expired or
 * ended one is no failure.
 * @throws DomainError `unavailable`, `outcome_unknown`
 */
export function createRevokeToken(deps: Deps) {
  return async (caller: Caller, token: string): Promise<RevocationOutcome> => {
    const sessionId = deps.refreshTokens.read(token)?.sessionId ?? (await sessionOf(token));
    if (sessionId === 'unsupported') return 'unsupported';
    if (sessionId === null) return 'done';
    const live = await deps.sessions.findLive(sessionId);
    if (live === null) return 'done';
    await deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await transaction.users.lockById(live.userId);
      if (user === null) return;
      transaction.commitWithNext();
      await transaction.sessionEnding.end(user, { only: sessionId }, 'signed_out');
    });
    return 'done';
  };

  async function sessionOf(token: string): Promise<string | 'unsupported' | null> {
    const claims = await deps.accessTokens.verify(token);
    if (claims === null) return null;
    return claims.kind === 'service' ? 'unsupported' : claims.sessionId;
  }
}
