/** The rows of one statement. */
export interface SqlResult<Row> {
  readonly rows: Row[];
  readonly rowCount: number;
}

/** Something that runs one statement at a time: a pool, one connection of it, or the embedded database. */
export interface SqlConnection {
  /**
   * Values are JavaScript's: `Date` for a time with zone, `Uint8Array` (`Buffer` in rows) for bytes, arrays for arrays,
   * JSON as text (parsed in rows), null for NULL; 64-bit integers come as strings.
   * @param name name of the prepared statement; without one the statement is planned for these very values.
   * @throws DomainError as `postgres/errors.ts` translates what the database reports.
   */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<SqlResult<Row>>;
}

/** How busy a database's connections are, for the metrics. */
export interface DatabaseStats {
  /** Open connections, idle ones included. */
  readonly total: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** A database that holds users: PostgreSQL through a pool, or the embedded one. */
export interface Database extends SqlConnection {
  readonly driver: 'postgres' | 'embedded';
  /**
   * Runs `work` in a transaction on one connection: commits when it returns, rolls back when it throws.
   * @throws DomainError `unavailable` when no connection came in time, `outcome_unknown` when the connection was lost
   * during the commit; Error when the caller is inside a transaction already.
   */
  transaction<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;
  /** Resolves when the database answered a trivial statement; rejects when it did not before the signal. */
  check(signal: AbortSignal): Promise<void>;
  /** A session for the migrator. The embedded database has no other one: everybody waits until it is closed. */
  openMigrationConnection(): Promise<MigrationConnection>;
  stats(): DatabaseStats;
  /** Ends all connections, after what they do at the moment. May be called twice. */
  close(): Promise<void>;
}

/** A connection of its own for the migrator: it keeps a session, and runs scripts of several statements. */
export interface MigrationConnection extends SqlConnection {
  /**
   * The backend's pid as the server announced it at the start, where there is a server: behind a transaction pooler it
   * is not that of the backend that answers.
   */
  readonly announcedPid?: number | null | undefined;
  /** Runs a script by the simple protocol; not inside a transaction unless the script opens one. */
  execute(script: string): Promise<void>;
  close(): Promise<void>;
}
