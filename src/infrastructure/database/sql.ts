import type { RequestDeadline } from '../../domain/ports.ts';

export interface SqlResult<Row> {
  readonly rows: Row[];
  readonly rowCount: number;
}

/** Runs one statement at a time: a pool, one of its connections, or the embedded database. */
export interface SqlConnection {
  /**
   * JavaScript types of values: `Date` for a time with zone, `Uint8Array` (`Buffer` in rows) for bytes, arrays for
   * arrays, JSON as text (parsed in rows), null for NULL. 64-bit integers are returned as strings.
   * @param name name of the prepared statement; without one the statement is planned for these values.
   * @throws DomainError or the database's error, as `postgres/errors.ts` translates it.
   */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<SqlResult<Row>>;
}

/**
 * The work of a transaction.
 * @param commitWithNext makes the next statement the last one: it is sent with the commit, in one round trip. The work
 * must not fail after it.
 */
export type TransactionWork<T> = (
  connection: SqlConnection,
  commitWithNext: () => void,
) => Promise<T>;

export interface DatabaseStats {
  /** Open connections, idle ones included. */
  readonly total: number;
  readonly idle: number;
  /** Number of callers that wait for a connection. */
  readonly waiting: number;
  /** Open connections whose caller no longer waits while the server may still work for them. */
  readonly abandoned: number;
  /** Changes are rejected, because the server does not confirm commits. */
  readonly commitsUnconfirmed: boolean;
}

export interface DatabaseCondition {
  /** The server is a standby, or its default is read-only: it rejects changes. */
  readonly readOnly: boolean;
}

/** PostgreSQL through a pool, or the embedded database. */
export interface Database extends SqlConnection {
  readonly driver: 'postgres' | 'embedded';
  /**
   * Runs `work` in a transaction on one connection: commits when it returns, rolls back when it throws. After the
   * deadline no further statement is sent, and it is rolled back.
   * @throws DomainError `unavailable` when no connection is free in time, `outcome_unknown` when the connection is lost
   * during the commit. On the embedded database, Error when the caller is inside a transaction already.
   */
  transaction<T>(work: TransactionWork<T>, deadline?: RequestDeadline): Promise<T>;
  /**
   * Runs a trivial statement. A server that turns out to be read-only is connected to again afterwards: its name may lead
   * to a new primary.
   * @throws DomainError `unavailable` when it has no result before the signal aborts.
   */
  check(signal: AbortSignal): Promise<DatabaseCondition>;
  /** A session for the migrator. On the embedded database all other callers wait until it is closed. */
  openMigrationConnection(): Promise<MigrationConnection>;
  stats(): DatabaseStats;
  /** Waits for the running work, then closes all connections. May be called twice. */
  close(): Promise<void>;
}

/** A connection for the migrator: it keeps one session, and runs scripts of several statements. */
export interface MigrationConnection extends SqlConnection {
  /**
   * The backend's pid as the server announced it when the connection started; absent on the embedded database. Behind a
   * transaction pooler it differs from the pid of the backend that runs the statements.
   */
  readonly announcedPid?: number | null | undefined;
  /** Runs a script by the simple query protocol; not in a transaction unless the script opens one. */
  execute(script: string): Promise<void>;
  close(): Promise<void>;
}
