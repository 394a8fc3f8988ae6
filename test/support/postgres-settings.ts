/** PEM text. With `clientCa` the server requests client certificates that this CA signed. */
export interface PostgresTls {
  readonly certificate: string;
  readonly privateKey: string;
  readonly clientCa?: string;
}

/** Settings of `postgresql.conf` by name. */
export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

/**
 * The default settings of a test server. `durable` syncs to disk, for tests that kill the server; otherwise nothing is
 * synced, for speed.
 */
export function defaultSettings(options: { durable: boolean; tls: boolean }): PostgresSettings {
  return {
    listen_addresses: '127.0.0.1',
    max_connections: 200,
    shared_buffers: '64MB',
    lc_messages: 'C',
    timezone: 'UTC',
    logging_collector: false,
    log_line_prefix: '%m [%p] %u@%d ',
    fsync: options.durable,
    full_page_writes: options.durable,
    synchronous_commit: options.durable,
    // A checkpoint during a test would only disturb its timing.
    checkpoint_timeout: '30min',
    max_wal_size: '4GB',
    ...(options.tls
      ? { ssl: true, ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' }
      : { ssl: false }),
  };
}

/** The text of `postgresql.conf`. All values are quoted, which the server accepts for every type. */
export function settingsFile(settings: PostgresSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${printed(value).replaceAll("'", "''")}'\n`)
    .join('');
}

function printed(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

/** Lines of `pg_hba.conf`: every client needs a password, over the socket and over TCP. */
export const defaultAccessRules: readonly string[] = [
  'local all all scram-sha-256',
  'local replication all scram-sha-256',
  'host all all 127.0.0.1/32 scram-sha-256',
];
