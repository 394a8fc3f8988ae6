import { CHECKED_SETTINGS, isSet } from '../session-settings.ts';
import type { SqlConnection } from '../sql.ts';
import { IDLE_IN_TRANSACTION_TIMEOUT_MS, type PostgresSettings } from './settings.ts';

/** The search uses `normalize`, which version 13 introduced. */
const OLDEST_VERSION = 130_000;
const OWN_TABLES = [
  ...['users', 'sessions', 'session_revocations', 'service_accounts', 'service_account_keys'],
  ...['signing_keys', 'outbox', 'event_counter', 'relay_lease', 'mail_queue', 'mail_budget'],
  ...['user_search'],
  ...['administrative_acts', 'idempotency_keys', 'invitations', 'sign_in_failures'],
  ...['challenge_requests', 'challenges', 'challenge_guesses', 'challenge_sends'],
  ...['registration_requests', 'master_key_uses'],
  ...['webhook_endpoints', 'webhook_secrets', 'webhook_deliveries', 'webhook_attempts'],
  ...['schema_migrations', 'schema_migration_history'],
];

/**
 * Finds at the start what would fail later with a less clear error.
 * @throws Error that names the remedy, when the server is too old, the database is not UTF-8, the session has
 * settings that change the meaning or cost of statements or the form of values, row-level security hides rows from the
 * role, or the role lacks the time limits that cannot be sent through a pooler.
 */
export async function checkServer(
  connection: SqlConnection,
  settings: PostgresSettings,
): Promise<void> {
  const { rows } = await connection.query<{ version: number; encoding: string }>(
    `select current_setting('server_version_num')::integer as version,
       pg_encoding_to_char(encoding) as encoding
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
  await assertSessionSettings(connection, settings);
  await assertAllRowsVisible(connection, settings);
  if (!settings.preparedStatements) await assertRoleSettings(connection, settings);
}

/** Not all of them arrive: a pooler keeps start-up options to itself, and some only a superuser may set. */
async function assertSessionSettings(
  connection: SqlConnection,
  { user, database }: PostgresSettings,
): Promise<void> {
  const names = Object.keys(CHECKED_SETTINGS);
  const { rows } = await connection.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from unnest($1::text[]) as name',
    [names],
  );
  const wrong = rows.flatMap(({ name, value }) => {
    const wanted = CHECKED_SETTINGS[name] ?? '';
    return isSet(name, wanted, value) ? [] : [{ name, value, wanted }];
  });
  if (wrong.length === 0) return;
  const found = wrong.map(({ name, value }) => `${name} is ${value}`).join(', ');
  const commands = wrong.map(
    ({ name, wanted }) =>
      `ALTER ROLE ${quote(user)} IN DATABASE ${quote(database)} SET ${name} = ${name === 'DateStyle' ? wanted : `'${wanted}'`};`,
  );
  throw new Error(
    `The sessions of this database have settings with which values would be misread, triggers skipped or statements slowed: ${found}. ` +
      `Run these statements, then let poolers reconnect: ${commands.join(' ')}`,
  );
}

/** `row_security_active` knows owners, BYPASSRLS and FORCE, and is true for a table with and without policies. */
async function assertAllRowsVisible(
  connection: SqlConnection,
  { user }: PostgresSettings,
): Promise<void> {
  const { rows } = await connection.query<{ name: string }>(
    `select c.oid::regclass::text as name from unnest($1::text[]) as own (name)
     join pg_class c on c.oid = to_regclass(own.name)
     where c.relrowsecurity and row_security_active(c.oid) order by 1`,
    [OWN_TABLES],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  throw new Error(
    `Row-level security hides rows of these tables from the role ${quote(user)}: ${names}. ` +
      `Run \`ALTER ROLE ${quote(user)} BYPASSRLS\`, or \`ALTER TABLE … DISABLE ROW LEVEL SECURITY\` for each of them.`,
  );
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
