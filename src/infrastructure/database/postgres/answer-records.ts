import { DomainError } from '../../../domain/errors.ts';
import {
  AlreadyAnswered,
  type AnswerRecord,
  type AnswerRecords,
  type IdempotentRequest,
  type RequestKey,
  type SealedAnswer,
} from '../../../domain/idempotency/idempotent-request.ts';
import { idempotencyInProgress, unavailable } from '../../../domain/rejections.ts';
import type { SqlConnection } from '../sql.ts';
import {
  claimAnswer,
  deleteAnswer,
  deleteExpiredAnswers,
  findAnswer,
  insertAnswer,
  updateAnswer,
} from './generated/idempotency.queries.ts';

/** SQLSTATE of a wait for a lock that took longer than `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

export function createPostgresAnswerRecords(connection: SqlConnection): AnswerRecords {
  return {
    find: (key, ttlMs) => find(connection, key, ttlMs),
    async insert(key, record, ttlMs) {
      const parameters = { ...columnsOf(key), ...record, ttlMs };
      return (await insertAnswer.run(parameters, connection)).length === 1;
    },
    deleteExpired: (ttlMs, limit) => deleteExpiredAnswers.runForCount({ ttlMs, limit }, connection),
  };
}

/**
 * Takes the key of a request for a transaction, as its first statement. An equal request in another transaction is
 * waited for. `models/idempotency.pml` is the protocol.
 * @throws AlreadyAnswered, and DomainError `idempotency_in_progress` when the wait takes too long
 */
export async function claimAnswerRecord(
  connection: SqlConnection,
  { key, fingerprint, ttlMs }: IdempotentRequest,
): Promise<void> {
  const parameters = { ...columnsOf(key), fingerprint, ttlMs };
  const claimed = await claimAnswer.run(parameters, connection).catch((error: unknown) => {
    throw isLockTimeout(error) ? idempotencyInProgress(error) : error;
  });
  if (claimed.length === 1) return;
  const record = await find(connection, key, ttlMs);
  // It has expired between the two statements.
  if (record === null) throw unavailable('The answer to this request has just expired. Try again.');
  throw new AlreadyAnswered(record);
}

/** Stores the answer under the claimed key; with null, frees the key. */
export async function completeAnswerRecord(
  connection: SqlConnection,
  key: RequestKey,
  answer: SealedAnswer | null,
): Promise<void> {
  if (answer === null) await deleteAnswer.run(columnsOf(key), connection);
  else await updateAnswer.run({ ...columnsOf(key), ...answer }, connection);
}

async function find(
  connection: SqlConnection,
  key: RequestKey,
  ttlMs: number,
): Promise<AnswerRecord | null> {
  const [row] = await findAnswer.run({ ...columnsOf(key), ttlMs }, connection);
  if (row === undefined) return null;
  return { fingerprint: row.fingerprint, status: row.status, sealedAnswer: row.sealed_answer };
}

function columnsOf({ callerId, keyHash }: RequestKey): RequestKey {
  return { callerId, keyHash };
}

function isLockTimeout(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  return (error.cause as { readonly code?: unknown } | undefined)?.code === LOCK_NOT_AVAILABLE;
}
