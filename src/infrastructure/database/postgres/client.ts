import type { Logger } from '../../../domain/ports.ts';
import { sessionOptions } from '../session-settings.ts';
import type { MigrationConnection } from '../sql.ts';
import { translateDatabaseError } from './errors.ts';
import { IsolatedClient, type IsolatedClientConfig } from './isolated-client.ts';
import {
  connectionNames,
  IDLE_IN_TRANSACTION_TIMEOUT_MS,
  type PostgresSettings,
} from './settings.ts';
import { DatabaseStartError } from './start-error.ts';
import { prefersTls, tlsOptions } from './tls.ts';
import { valueParsers } from './value-parsers.ts';

/** Extra time after the statement timeout before the client treats the network as dead, in milliseconds. */
const NETWORK_GRACE_MS = 2_000;
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Sets everything that `IsolatedClient` would otherwise read from the environment. */
function addressConfig(settings: PostgresSettings): IsolatedClientConfig {
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    // For an empty password, the driver would read PGPASSWORD and ~/.pgpass. The result of a function is final.
    password: () => settings.password,
    client_encoding: 'utf8',
    sslnegotiation: 'postgres',
    database: settings.database,
    ssl: tlsOptions(settings),
    preferTls: prefersTls(settings),
    enableChannelBinding: (settings.channelBinding ?? 'disable') !== 'disable',
    requireChannelBinding: settings.channelBinding === 'require',
    application_name: connectionNames(settings.applicationName).pool,
    types: valueParsers,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    connectionTimeoutMillis: settings.connectTimeoutMs,
  };
}

/**
 * The configuration of each pooled connection. A pooler rejects start-up settings that it does not know, so none are
 * sent when prepared statements are off.
 */
export function clientConfig(settings: PostgresSettings): IsolatedClientConfig {
  const { statementTimeoutMs, lockTimeoutMs, preparedStatements } = settings;
  return {
    ...addressConfig(settings),
    ...(preparedStatements
      ? {
          statement_timeout: statementTimeoutMs,
          lock_timeout: lockTimeoutMs,
          idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
          options: sessionOptions(),
        }
      : {}),
  };
}

/** Longest wait for the answer to a statement, in milliseconds; 0 for no limit. */
export function answerLimitMs({ statementTimeoutMs }: PostgresSettings): number {
  return statementTimeoutMs === 0 ? 0 : statementTimeoutMs + NETWORK_GRACE_MS;
}

/**
 * Asks the server, over a connection of its own, which backends still work. An idle backend has answered.
 * @returns the start of each by its pid
 */
export async function findWorkingBackends(
  settings: PostgresSettings,
  pids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const client = new IsolatedClient({
    ...addressConfig(settings),
    application_name: connectionNames(settings.applicationName).monitoring,
    query_timeout: NETWORK_GRACE_MS,
  });
  client.on('error', () => {}); // the pending call reports it
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number; start: string }>(
      `select pid, backend_start::text as start from pg_stat_activity
       where pid = any($1) and state is distinct from 'idle'`,
      [pids],
    );
    await client.end();
    return new Map(rows.map(({ pid, start }) => [pid, start]));
  } catch (error) {
    // Without waiting: a server that does not answer does not answer the end either.
    const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
    throw error;
  }
}

/**
 * Opens a session without time limits: the migrator sets its own.
 * @throws DatabaseStartError when the server cannot be used
 */
export async function openPostgresMigrationConnection(
  settings: PostgresSettings,
  logger: Logger,
): Promise<MigrationConnection> {
  const client = new IsolatedClient({
    ...addressConfig(settings),
    application_name: connectionNames(settings.applicationName).migrator,
  });
  client.on('error', (error) =>
    logger.debug('The migrator lost its connection to PostgreSQL.', { error }),
  );
  await client.connect().catch((error: unknown) => {
    throw new DatabaseStartError(settings, error);
  });
  return {
    // The driver's type declarations lack this property.
    announcedPid: (client as unknown as { readonly processID: number | null }).processID,
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const result = await translate(client.query(text, [...values]));
      return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 };
    },
    async execute(script) {
      await translate(client.query(script));
    },
    close: () => client.end(),
  };
}

async function translate<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
