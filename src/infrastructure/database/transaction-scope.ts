import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  readonly database: object;
  open: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Runs the work of a transaction so that `assertOutsideTransaction` detects calls from within. */
export async function withinTransaction<T>(database: object, work: () => Promise<T>): Promise<T> {
  const scope: Scope = { database, open: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    // Calls that the work started without awaiting them run on after it, outside the transaction.
    scope.open = false;
  }
}

/**
 * Rejects a query that bypasses the caller's own transaction: on the embedded database it would wait for itself.
 * A pool would do so, too, once all its connections are in such transactions. It has no guard, because before Node 24
 * the first `AsyncLocalStorage.run` makes every later promise of the process several times slower. The same use cases
 * run on both databases, so the embedded one finds the defect.
 * @throws Error for a defect of the caller.
 */
export function assertOutsideTransaction(database: object): void {
  const scope = scopes.getStore();
  if (scope?.open === true && scope.database === database) {
    throw new Error(
      'A query bypassed the open transaction: use the repositories that the transaction provides.',
    );
  }
}
