/** How a connection is encrypted and whom it trusts, with libpq's meaning. */
export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** Where PostgreSQL is and how it is used. Times in milliseconds. */
export interface PostgresSettings {
  /** A host name or address, or the directory of a Unix socket when it begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty where the server asks for none. */
  readonly password: string;
  readonly database: string;
  readonly sslMode: SslMode;
  /** Trusted CAs as PEM text, or `system` for the CAs that Node.js carries; null for none. */
  readonly sslRootCert: string | null;
  /** Most connections at a time. */
  readonly maxOpenConns: number;
  /** Most connections that wait for work; one more is closed when it is given back. */
  readonly maxIdleConns: number;
  /** Age at which a connection is replaced; 0 for never. */
  readonly connMaxLifetimeMs: number;
  /** How long a connection waits for work before it is closed; 0 for ever. */
  readonly connMaxIdleTimeMs: number;
  /** Longest statement; 0 for no limit. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a row or table. */
  readonly lockTimeoutMs: number;
  /** Longest wait for a connection, a new one or one that others use. */
  readonly connectTimeoutMs: number;
  /**
   * False behind a transaction pooler: statements get no names, and the time limits above are not sent but must be
   * settings of the role.
   */
  readonly preparedStatements: boolean;
  /** What `pg_stat_activity` shows; `user-service` by default. */
  readonly applicationName?: string;
}

/** What a transaction that does nothing is given before the server ends it. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
