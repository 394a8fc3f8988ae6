import { onAbort } from '../lib/until-aborted.ts';
import type { Running } from './consume.ts';
import type { MirrorOptions } from './mirror-options.ts';
import { createMirrorRun, keepCopy, reconcile, reconcileRepeatedly } from './mirror-run.ts';
import type { Reconciliation } from './reconcile-copy.ts';

export interface Mirror extends Running {
  /** Resolves once the copy has all users. Rejects when the mirror ends before. */
  readonly ready: Promise<void>;
  /**
   * Compares every row with the service and repairs what differs. It takes as long as an export; events go on meanwhile.
   * @returns at most 10,000 differences, the rest stays for the next call
   */
  reconcile(): Promise<Reconciliation>;
}

/**
 * Keeps a copy of all users: fills it, follows the events, and fills it again when events were lost. It goes on after a
 * restart where the store says.
 */
export function mirror(options: MirrorOptions): Mirror {
  const run = createMirrorRun(options);
  const { signal, reconcileEveryMs } = options;
  const stop = (): void => run.stopping.abort();
  const release = onAbort(signal, stop);
  const done = keepCopy(run).finally(release);
  if (reconcileEveryMs !== undefined) void reconcileRepeatedly(run, reconcileEveryMs);
  return {
    ready: run.readiness.promise,
    done,
    reconcile: () => reconcile(run),
    stop() {
      stop();
      return done;
    },
  };
}
