import type { Logger } from '../../domain/ports.ts';
import { invalidToken } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireUser } from '../access/policy.ts';
import type { Reauthenticate } from '../users/reauthenticate.ts';
import type { IssuedTokens, IssueTokens } from './issue-tokens.ts';
import type { StartSession } from './start-session.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly reauthenticate: Reauthenticate;
  readonly startSession: StartSession;
  readonly issueTokens: IssueTokens;
  readonly logger: Logger;
}

/**
 * Replaces the caller's session by a new one after a correct password (OWASP ASVS 7.2.4). With the id of the old session
 * every instance refuses its access tokens as well, so that a copied token never becomes fresh.
 * @throws DomainError `validation_failed` on `password`, `invalid_token` when the session has ended meanwhile,
 *   `user_not_found`, `overloaded`
 */
export function createReauthenticateSession(deps: Deps) {
  return async (caller: Caller, password: string): Promise<IssuedTokens> => {
    const { userId, sessionId } = requireUser(caller);
    const reauthentication = await deps.reauthenticate(caller, userId, password, 'password');
    const session = await deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await lockUserFor(caller, transaction, userId);
      await reauthentication.assertStillTrue(user, transaction);
      const { count } = await transaction.sessionEnding.end(
        user,
        { only: sessionId },
        'reauthenticated',
      );
      if (count === 0) throw invalidToken('The access token is not valid.');
      return await deps.startSession(caller, transaction, user);
    });
    deps.logger.info('authenticated again', {
      request_id: caller.requestId,
      client_ip: caller.ip,
      user_id: userId,
      session_id: session.id,
    });
    return deps.issueTokens(session);
  };
}
