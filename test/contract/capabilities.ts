/**
 * What a database can do beyond what the service requires. The one place in the code that says what the embedded
 * database lacks; `docs/how-and-why/architecture.md` repeats it for readers.
 */
export interface DatabaseCapabilities {
  /** Transactions of several callers run in parallel; without it they run one after the other. */
  readonly parallelTransactions: boolean;
  /** The server cancels a statement or a lock wait that takes too long; without it a statement runs to its end. */
  readonly statementTimeout: boolean;
  /** Committed data survives a power cut; without it, only a killed process. */
  readonly powerCutSafe: boolean;
}

export const postgresCapabilities: DatabaseCapabilities = {
  parallelTransactions: true,
  statementTimeout: true,
  powerCutSafe: true,
};

export const embeddedCapabilities: DatabaseCapabilities = {
  parallelTransactions: false,
  statementTimeout: false,
  powerCutSafe: false,
};
