/** Requests that one run serves; the next run follows soon. */
const MAX_PER_RUN = 500;

/**
 * Serves waiting requests, at most 500. A request that fails stays, and does not hold up those behind it.
 * @param serveNext serves the oldest request after `skipped` failed ones; returns false when no request waits
 * @throws the first failure, after the requests behind it were served
 */
export async function serveWaiting(
  serveNext: (skipped: number) => Promise<boolean>,
): Promise<void> {
  const failures: unknown[] = [];
  for (let count = 0; count < MAX_PER_RUN; count += 1) {
    try {
      if (!(await serveNext(failures.length))) break;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
