import type { AuthenticationFailure, DomainEvent } from '../../domain/events.ts';
import type { Factor } from '../../domain/lockout/factor.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { Caller } from '../access/caller.ts';
import { withoutIdempotency } from '../idempotency/without-idempotency.ts';
import { accountLockedMail } from '../users/account-mails.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The page where a password is reset, for the mail about a locked account. */
  readonly resetPasswordUrl: string;
}

/** Most `authentication.failed` events that one instance writes in a second; further failures are counted. */
export const FAILURE_EVENTS_PER_SECOND = 50;

export interface FailedAuthentication {
  readonly reason: AuthenticationFailure;
  readonly userId: string | null;
  readonly userVersion: number | null;
  /** The factor that this failure closed, or null: the owner gets one mail, and other services one event. */
  readonly locked: Factor | null;
}

export type RecordFailedAuthentication = ReturnType<typeof createRecordFailedAuthentication>;

/**
 * Writes one log line and one event for a failed authentication. Events have a rate limit, so that a guessing attack
 * cannot fill the outbox; the next event has the number of failures without one. The limit does not depend on the
 * account, so that known and unknown addresses take the same time.
 */
export function createRecordFailedAuthentication(deps: Deps) {
  let second = 0;
  let inThisSecond = 0;
  let suppressed = 0;

  return async (caller: Caller, failure: FailedAuthentication): Promise<void> => {
    deps.logger.warn('authentication refused', {
      request_id: caller.requestId,
      client_ip: caller.ip,
      user_id: failure.userId,
      reason: failure.reason,
    });
    const hasEvent = isBelowLimit();
    if (!hasEvent) suppressed += 1;
    const counted = hasEvent ? suppressed : 0;
    if (hasEvent) suppressed = 0;
    const { userId, userVersion, locked } = failure;
    const isLocked = locked !== null && userId !== null;
    if (!hasEvent && !isLocked) return;
    try {
      await deps.unitOfWork.run(withoutIdempotency(caller), async ({ users, outbox, mail }) => {
        const owner = isLocked ? await users.lockById(userId) : null;
        const failed: DomainEvent = {
          type: 'authentication.failed',
          ...{ userId, userVersion },
          data: { reason: failure.reason, suppressed: counted },
        };
        await outbox.append([
          ...(hasEvent ? [failed] : []),
          ...(owner === null || locked === null ? [] : [lockedEvent(owner, locked)]),
        ]);
        if (owner?.state.status === 'active') {
          await mail.enqueue([accountLockedMail(owner.profile, deps.resetPasswordUrl)]);
        }
      });
    } catch (error) {
      if (hasEvent) suppressed += counted + 1;
      throw error;
    }
  };

  function isBelowLimit(): boolean {
    const now = Math.floor(deps.clock.now().getTime() / 1000);
    if (now !== second) {
      second = now;
      inThisSecond = 0;
    }
    inThisSecond += 1;
    return inThisSecond <= FAILURE_EVENTS_PER_SECOND;
  }
}

function lockedEvent(owner: User, factor: Factor): DomainEvent {
  const { id: userId, version: userVersion } = owner;
  return { type: 'account.locked', userId, userVersion, data: { factor } };
}
