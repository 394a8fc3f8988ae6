import type { AuthenticationFailure } from '../../domain/events.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { withoutIdempotency } from '../idempotency/without-idempotency.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Most `authentication.failed` events that one instance writes in a second; further failures are counted. */
export const FAILURE_EVENTS_PER_SECOND = 50;

export interface FailedAuthentication {
  readonly reason: AuthenticationFailure;
  readonly userId: string | null;
  readonly userVersion: number | null;
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
    if (!isBelowLimit()) {
      suppressed += 1;
      return;
    }
    const counted = suppressed;
    suppressed = 0;
    try {
      await deps.unitOfWork.run(withoutIdempotency(caller), ({ outbox }) =>
        outbox.append([
          {
            type: 'authentication.failed',
            userId: failure.userId,
            userVersion: failure.userVersion,
            data: { reason: failure.reason, suppressed: counted },
          },
        ]),
      );
    } catch (error) {
      suppressed += counted + 1;
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
