import { databaseUnavailable } from './postgres/errors.ts';

/** Rejects with DomainError `unavailable` once the signal fires; never resolves. */
export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(databaseUnavailable(signal.reason)), {
      once: true,
    });
  });
}
