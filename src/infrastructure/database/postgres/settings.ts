/** The modes of libpq, with the same meaning; `allow` is as `prefer`: it encrypts if the server offers it. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** All times are in milliseconds. */
export interface PostgresSettings {
  /** A host name or address, or the directory of a Unix socket when it starts with a slash. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty when the server requires none. */
  readonly password: string;
  readonly database: string;
  readonly sslMode: SslMode;
  /** As libpq's `channel_binding`; `disable` by default. */
  readonly channelBinding?: 'disable' | 'prefer' | 'require';
  /** Trusted CAs as PEM text, or `system` for the CAs bundled with Node.js; null for none. */
  readonly sslRootCert: string | null;
  /** Maximum of open connections. */
  readonly maxOpenConns: number;
  /** Maximum of idle connections. Further ones are closed once they have been idle for a while. */
  readonly maxIdleConns: number;
  /** Age at which a connection is replaced; 0 for no limit. */
  readonly connMaxLifetimeMs: number;
  /** How long a connection stays idle before it is closed; 0 for no limit. */
  readonly connMaxIdleTimeMs: number;
  /** Longest statement; 0 for no limit. */
  readonly statementTimeoutMs: number;
  /** Longest wait for the lock of a row or table. */
  readonly lockTimeoutMs: number;
  /** Longest wait for a connection: for a new one to open, or for a busy one to be released. */
  readonly connectTimeoutMs: number;
  /**
   * False behind a transaction pooler. Statements then get no names, and the time limits above are not sent: they must be
   * settings of the role.
   */
  readonly preparedStatements: boolean;
  /** The name in `pg_stat_activity`; `user-service` by default. */
  readonly applicationName?: string;
}

/** The names of the connections of one process, as they are sent; PostgreSQL keeps 63 bytes of each. */
export interface ConnectionNames {
  readonly pool: string;
  readonly monitoring: string;
  readonly migrator: string;
}

export function connectionNames(applicationName = 'user-service'): ConnectionNames {
  const pool = applicationName;
  return { pool, monitoring: `${pool} monitoring`, migrator: `${pool} migrate` };
}

/** How long a transaction may be idle before the server ends its session. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
