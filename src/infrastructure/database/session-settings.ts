/**
 * Settings of a session on which the meaning of statements, the form of values and the cost of a statement depend. A
 * server, database or role may set others. Sent when a connection starts, they override those; a pooler does not forward them, so they are also
 * checked. `client_encoding` is missing: the driver always sends UTF8.
 */
export const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  // Anything above 0 drops matches of a search at random.
  gin_fuzzy_search_limit: '0',
  // Every statement reads a bounded number of rows. Compiling it, or starting workers for it, costs more than running it.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  // A stricter level fails statements that the service does not run again.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Where a policy would hide rows from the role, the statement fails.
  row_security: 'off',
};

/** Poolers keep the server's value, and a start behind one must not need an ALTER ROLE: the tables are checked as well. */
const { row_security: _, ...MEANING } = SESSION_SETTINGS;

/** A session that replicates runs no triggers. Only a superuser may set it, so it is checked and never sent. */
export const CHECKED_SETTINGS: Readonly<Record<string, string>> = {
  ...MEANING,
  client_encoding: 'UTF8',
  session_replication_role: 'origin',
};

/** The start-up option of libpq that sets them. */
export function sessionOptions(): string {
  return Object.entries(SESSION_SETTINGS)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
    .join(' ');
}

/** Whether a setting has the value, in any of the spellings that PostgreSQL prints. */
export function isSet(name: string, wanted: string, value: string): boolean {
  // The order of day and month only matters for input, and every time that is sent begins with the year.
  if (name === 'DateStyle') return value.startsWith('ISO');
  if (name === 'TimeZone') return UTC_NAMES.has(value);
  if (name === 'extra_float_digits') return Number(value) >= Number(wanted);
  return value === wanted;
}

const UTC_NAMES = new Set([
  'UTC',
  'Etc/UTC',
  'GMT',
  'Etc/GMT',
  'UCT',
  'Universal',
  'Zulu',
  'Etc/UCT',
]);
