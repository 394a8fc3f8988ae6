import type { Logger } from '../../../domain/ports.ts';
import type { SqlConnection } from '../sql.ts';
import { IDLE_IN_TRANSACTION_TIMEOUT_MS, type PostgresSettings } from './settings.ts';

/** The search uses `normalize`, which version 13 introduced. */
const OLDEST_VERSION = 130_000;

/**
 * Finds at the start what would fail later with a less clear error.
 * @throws Error that names the remedy, when the server is too old, the database is not UTF-8, or the role lacks the
 * time limits that cannot be sent through a pooler.
 */
export async function checkServer(
  connection: SqlConnection,
  settings: PostgresSettings,
  logger: Logger,
): Promise<void> {
  const { rows } = await connection.query<{ version: number; encoding: string; ctype: string }>(
    `select current_setting('server_version_num')::integer as version,
       pg_encoding_to_char(encoding) as encoding, datctype as ctype
     from pg_database where datname = current_database()`,
  );
  const [server] = rows;
  if (server === undefined || server.version < OLDEST_VERSION) {
    throw new Error(
      'PostgreSQL 13 or newer is required: upgrade the server, or set database.host to another one.',
    );
  }
  if (server.encoding !== 'UTF8') {
    throw new Error(
      `The database ${settings.database} has encoding ${server.encoding}: create one with ENCODING 'UTF8'.`,
    );
  }
  if (server.ctype === 'C' || server.ctype === 'POSIX') {
    logger.warn(
      'The database has LC_CTYPE C: the search is case-sensitive for letters outside ASCII.',
    );
  }
  if (!settings.preparedStatements) await assertRoleSettings(connection, settings);
}

async function assertRoleSettings(
  connection: SqlConnection,
  settings: PostgresSettings,
): Promise<void> {
  const wanted = {
    statement_timeout: settings.statementTimeoutMs,
    lock_timeout: settings.lockTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  };
  const commands: string[] = [];
  for (const [name, milliseconds] of Object.entries(wanted)) {
    const { rows } = await connection.query<Record<string, string>>(`show ${name}`);
    if (rows[0]?.[name] === '0') {
      commands.push(`ALTER ROLE ${quote(settings.user)} SET ${name} = '${milliseconds}ms';`);
    }
  }
  if (commands.length === 0) return;
  throw new Error(
    'With database.prepared_statements off, the time limits must be settings of the role, and some are not set. ' +
      `Run these statements, then let the pooler reconnect: ${commands.join(' ')}`,
  );
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
