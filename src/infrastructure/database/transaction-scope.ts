import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  readonly database: object;
  open: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Runs the work of a transaction so that `assertOutsideTransaction` knows of it. */
export async function withinTransaction<T>(database: object, work: () => Promise<T>): Promise<T> {
  const scope: Scope = { database, open: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    // What the work has started and not awaited goes on after it, and is outside then.
    scope.open = false;
  }
}

/**
 * Guards against a query beside the transaction that the caller is in: the embedded database would wait for itself.
 * A pool whose connections are all in such transactions would, too, but there it is not guarded against: before Node 24
 * the first `AsyncLocalStorage.run` makes every promise of the process cost several times as much, for good. The same
 * use cases run on both databases, so the embedded one finds the mistake.
 * @throws Error to the programmer.
 */
export function assertOutsideTransaction(database: object): void {
  const scope = scopes.getStore();
  if (scope?.open === true && scope.database === database) {
    throw new Error(
      'A query went around the transaction that is open here: use the repositories that it was given.',
    );
  }
}
