import { DomainError } from '../../domain/errors.ts';
import type { RequestDeadline } from '../../domain/ports.ts';

export interface EndableDeadline extends RequestDeadline {
  /** Ends the time. @returns what the caller is told: whether a change was being committed */
  end(): DomainError;
}

/** The work on one request. After its time it begins nothing and commits nothing: its caller has been told so. */
export function createRequestDeadline(
  timeoutMs: number,
  monotonicMs: () => number,
): EndableDeadline {
  const endsAtMs = monotonicMs() + timeoutMs;
  let isEnded = false;
  let isCommitting = false;
  const isOver = (): boolean => isEnded || monotonicMs() >= endsAtMs;
  return {
    isOver,
    // Nothing says that the caller of a message has gone.
    isAbandoned: isOver,
    beginCommit() {
      if (isOver()) return false;
      isCommitting = true;
      return true;
    },
    end() {
      isEnded = true;
      const code = isCommitting ? 'outcome_unknown' : 'unavailable';
      return new DomainError(code, 'The request was not answered in time.');
    },
  };
}
