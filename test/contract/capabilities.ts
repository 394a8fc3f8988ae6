/**
 * What an implementation of the database can do beyond what the service relies on everywhere. This is the one place
 * that says what the embedded database lacks; `docs/how-and-why/architecture.md` repeats it for readers.
 */
export interface DatabaseCapabilities {
  /** Transactions of several callers run at the same time; without it they run one after the other. */
  readonly parallelTransactions: boolean;
  /** A statement or a wait for a lock that takes too long is ended; without it a statement runs to its end. */
  readonly statementTimeout: boolean;
  /** What was committed survives a power cut; without it only the end of the process, however it ends. */
  readonly powerCutSafe: boolean;
}

/** A PostgreSQL server. */
export const postgresCapabilities: DatabaseCapabilities = {
  parallelTransactions: true,
  statementTimeout: true,
  powerCutSafe: true,
};

/** PostgreSQL in this process, over its one connection. */
export const embeddedCapabilities: DatabaseCapabilities = {
  parallelTransactions: false,
  statementTimeout: false,
  powerCutSafe: false,
};
