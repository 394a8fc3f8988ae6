import { deadlineOver } from '../../domain/rejections.ts';
import type { UnitOfWorkContext } from '../../domain/unit-of-work.ts';
import type { Caller } from './caller.ts';

/**
 * For a transaction that may take longer than its caller waits, such as ending hundreds of thousands of sessions: it goes
 * on to its end, because a repeated request would be too late again. A late caller is told that the outcome is unknown.
 * @throws DomainError `unavailable` when the time is over already
 */
export function finishInAnyCase({ requestId, deadline, idempotency }: Caller): UnitOfWorkContext {
  if (deadline?.beginCommit() === false) throw deadlineOver();
  return idempotency === undefined ? { requestId } : { requestId, idempotency };
}
