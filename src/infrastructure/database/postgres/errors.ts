import { DomainError, type DomainErrorCode } from '../../../domain/errors.ts';

/** What PostgreSQL's drivers report: the server's five-character code, or the operating system's. */
interface ReportedError {
  readonly message: string;
  readonly code?: unknown;
  readonly constraint?: unknown;
}

/** Violated constraints that are expected refusals, by the names that the migrations give them. */
const REFUSALS: Readonly<Record<string, readonly [DomainErrorCode, string]>> = {
  users_email_key: ['email_taken', 'Another account uses this e-mail address.'],
  service_accounts_name_in_use_key: [
    'service_account_name_taken',
    'Another service account in use has this name.',
  ],
  // The account was deleted between the check of its password and the start of its session.
  sessions_user_id_fkey: [
    'invalid_credentials',
    'The e-mail address or the password is not right.',
  ],
};

/**
 * SQLSTATEs (PostgreSQL documentation, appendix A) after which the same call may well succeed: the server starts,
 * stops or has no connection, disk space or memory left, a lock or the statement took too long, a deadlock was broken. Class 08 comes on top.
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

/** Failures of the network below. */
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
  'ENOENT', // the socket's file of a server that is down
]);

/** Failures that node-postgres reports with nothing but a message. */
const DRIVER_MESSAGES =
  /^(timeout exceeded when trying to connect|timeout expired|Query read timeout|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

const RETRY_AFTER_SECONDS = 1;

/** The refusal of a call that the database could not answer now. */
export function databaseUnavailable(cause: unknown): DomainError {
  const reason =
    isReported(cause) && (cause.code === '53100' || cause.code === '53200')
      ? 'The database has no disk space or memory left.'
      : 'The database cannot be reached at the moment.';
  return new DomainError('unavailable', reason, {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** The report of a connection lost during COMMIT: whether it took place is not known, and must not be guessed. */
export function commitOutcomeUnknown(cause: unknown): DomainError {
  return new DomainError(
    'outcome_unknown',
    'The connection to the database was lost while the change was being stored: it may have taken place or not.',
    { cause },
  );
}

/**
 * ConnectionQueue what a driver threw into the domain's terms, once and here. Expected refusals and passing failures become
 * `DomainError`s with the original as cause; everything else comes back as it is, and is a fault of ours.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (!isReported(error) || error instanceof DomainError) return error;
  const refusal = typeof error.constraint === 'string' ? REFUSALS[error.constraint] : undefined;
  if (refusal !== undefined) return new DomainError(...refusal, { cause: error });
  return isTransient(error) || isStalePlan(error) ? databaseUnavailable(error) : error;
}

/**
 * Whether a connection must not be used again after this error. Errors that the server reports for a statement leave
 * it whole; what ends the session (class 08, 57P, 25P03), what comes from below, and a plan that no longer fits do not.
 * Nor does a standby's refusal to write (25006): a new connection is what finds the new primary.
 */
export function breaksConnection(error: unknown): boolean {
  if (!isReported(error) || typeof error.code !== 'string') return true;
  if (!isSqlState(error.code)) return true;
  return /^(08|57P|25P03|25006)/.test(error.code) || isStalePlan(error);
}

/** Whether the driver refused a statement because it knew the connection to be lost: the server never got it. */
export function wasNeverSent(error: unknown): boolean {
  return isReported(error) && /^Client (has encountered|was closed)/.test(error.message);
}

/**
 * Whether a prepared statement met a table that changed since it was planned (0A000), or is unknown on the server
 * connection that a pooler gave us (26000). A new connection prepares it again.
 */
export function isStalePlan(error: unknown): boolean {
  if (!isReported(error)) return false;
  return (
    error.code === '26000' || (error.code === '0A000' && error.message.includes('cached plan'))
  );
}

function isTransient(error: ReportedError): boolean {
  if (typeof error.code !== 'string') return DRIVER_MESSAGES.test(error.message);
  return (
    TRANSIENT_STATES.has(error.code) || NETWORK_CODES.has(error.code) || /^08.{3}$/.test(error.code)
  );
}

function isSqlState(code: string): boolean {
  // No class begins with E, and the operating system's codes all do.
  return /^(?!E)[0-9A-Z]{5}$/.test(code);
}

function isReported(error: unknown): error is ReportedError & Error {
  return error instanceof Error;
}

/** Rejects with DomainError `unavailable` once the signal fires; never resolves. */
export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(databaseUnavailable(signal.reason)), {
      once: true,
    });
  });
}
