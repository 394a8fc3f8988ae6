import { DomainError } from '../../../domain/errors.ts';
import {
  emailTaken,
  invalidCredentials,
  outcomeUnknown,
  serviceAccountNameTaken,
  unavailable,
} from '../../../domain/rejections.ts';

/** An error of a PostgreSQL driver. `code` is the server's SQLSTATE or the operating system's code. */
interface ReportedError {
  readonly message: string;
  readonly code?: unknown;
  readonly constraint?: unknown;
  /** The server's function that reported it. Unlike the message it does not depend on lc_messages. */
  readonly routine?: unknown;
}

/** Violated constraints that are expected, by the names that the migrations give them. */
const EXPECTED_VIOLATIONS: Readonly<Record<string, (cause: unknown) => DomainError>> = {
  users_email_key: emailTaken,
  service_accounts_name_in_use_key: serviceAccountNameTaken,
  // The account was deleted between the check of its password and the start of its session.
  sessions_user_id_fkey: invalidCredentials,
};

/**
 * SQLSTATEs (PostgreSQL documentation, appendix A) after which the same call may succeed later: the server is starting
 * or stopping, it has no connection, disk space or memory left, a lock or statement took too long, or a deadlock was
 * resolved. Class 08 (connection exceptions) is checked separately.
 */
const TRANSIENT_STATES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled, by statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: after a failover the server is a standby
]);

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // no socket file: the server is down
]);

/** Failures that node-postgres reports without a code. */
const DRIVER_MESSAGES =
  /^(timeout exceeded when trying to connect|timeout expired|Query read timeout|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

const RETRY_AFTER_SECONDS = 1;

/** What a caller may know, by SQLSTATE. */
const REASONS: Readonly<Record<string, string>> = {
  '53100': 'The database has no disk space or memory left.',
  '53200': 'The database has no disk space or memory left.',
  '25006': 'The database is read-only at the moment, so nothing was changed.',
};

/** The caller may retry after one second. */
export function databaseUnavailable(cause: unknown): DomainError {
  const code = isReported(cause) && typeof cause.code === 'string' ? cause.code : '';
  const reason = REASONS[code] ?? 'The database cannot be reached at the moment.';
  return unavailable(reason, { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** Seconds after which a change is worth another try while commits are not confirmed. */
const UNCONFIRMED_RETRY_SECONDS = 5;

/** Commits wait without an answer, so further changes are not begun. */
export function commitsUnconfirmed(): DomainError {
  return unavailable(
    'PostgreSQL does not confirm changes at the moment, so none are accepted. Nothing was changed.',
    { retryAfterSeconds: UNCONFIRMED_RETRY_SECONDS },
  );
}

/** For a connection lost during COMMIT: the change may be stored or not, and the caller must not assume either. */
export function commitOutcomeUnknown(cause: unknown): DomainError {
  return outcomeUnknown(
    'The connection to the database was lost while the change was being stored: it may have taken place or not.',
    cause,
  );
}

/**
 * Translates a driver's error. Expected violations and transient failures become `DomainError`s with the original as
 * cause. Every other error is a defect and is returned unchanged.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (!isReported(error) || error instanceof DomainError) return error;
  const rejection =
    typeof error.constraint === 'string' ? EXPECTED_VIOLATIONS[error.constraint] : undefined;
  if (rejection !== undefined) return rejection(error);
  return isTransient(error) || isStalePlan(error) ? databaseUnavailable(error) : error;
}

/**
 * Whether a connection must not be used again after this error. Errors that the server reports for a statement leave it
 * usable. It is unusable after errors that end the session (class 08, 57P, 25P03), errors of the network or driver, and
 * stale plans. It must also be replaced when a standby rejects a write (25006): a new connection finds the new primary.
 */
export function breaksConnection(error: unknown): boolean {
  if (!isReported(error) || typeof error.code !== 'string') return true;
  if (!isSqlState(error.code)) return true;
  return /^(08|57P|25P03|25006)/.test(error.code) || isStalePlan(error);
}

/** Whether the server rejected a change because it is a standby, or read-only by its settings. */
export function isReadOnly(error: unknown): boolean {
  return isReported(error) && error.code === '25006';
}

/** Whether the driver rejected a statement because the connection was lost already: the server never received it. */
export function wasNeverSent(error: unknown): boolean {
  return isReported(error) && /^Client (has encountered|was closed)/.test(error.message);
}

/**
 * Whether the table of a prepared statement changed since it was planned (0A000), or the server connection that a
 * pooler chose does not know the statement (26000). A new connection prepares it again.
 */
export function isStalePlan(error: unknown): boolean {
  if (!isReported(error)) return false;
  return (
    error.code === '26000' || (error.code === '0A000' && error.routine === 'RevalidateCachedQuery')
  );
}

function isTransient(error: ReportedError): boolean {
  if (typeof error.code !== 'string') return DRIVER_MESSAGES.test(error.message);
  return (
    TRANSIENT_STATES.has(error.code) || NETWORK_CODES.has(error.code) || /^08.{3}$/.test(error.code)
  );
}

function isSqlState(code: string): boolean {
  // No SQLSTATE class begins with E; all codes of the operating system do.
  return /^(?!E)[0-9A-Z]{5}$/.test(code);
}

function isReported(error: unknown): error is ReportedError & Error {
  return error instanceof Error;
}
