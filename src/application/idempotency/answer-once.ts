import { DomainError, type DomainErrorCode } from '../../domain/errors.ts';
import {
  AlreadyAnswered,
  type AnswerRecord,
  type AnswerRecords,
  type AnswerSeal,
  type AnswerSeals,
} from '../../domain/idempotency/idempotent-request.ts';
import {
  idempotencyAnswerNotKept,
  idempotencyInProgress,
  idempotencyKeyReused,
  unavailable,
} from '../../domain/rejections.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { DeferredCommit } from './deferred-commit.ts';
import { createKeyedQueue } from './keyed-queue.ts';

/** Longest answer that is stored, in bytes. Those of the routes have less than 4 KiB. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** Stands for an answer that is longer. */
const NOT_KEPT = { notKept: true } as const;

/** What keys led to since the start of the process, but for requests that were executed. */
export interface IdempotencyTotals {
  readonly replayed: number;
  /** Equal requests that came before the first one had ended. */
  readonly in_progress: number;
  /** Other requests with the same key. */
  readonly reused: number;
  /** Repeated requests whose answer was too long to be stored. */
  readonly not_kept: number;
}

/** A response as it is sent: a repeated request gets the same. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null for a response without a body. */
  readonly body: string | null;
}

export interface AnsweredRequest {
  readonly answer: Answer;
  /** The id of the earlier request whose answer this is; null when the request was executed now. */
  readonly originalRequestId: string | null;
}

/** A request that its caller may repeat. */
export interface RepeatableRequest {
  /** The caller's key. */
  readonly key: string;
  /** The same text for equal requests. */
  readonly content: string;
}

interface Deps {
  readonly answerRecords: AnswerRecords;
  readonly answerSeals: AnswerSeals;
  readonly idempotencyTtlMs: number;
}

/**
 * Executes a request once for each key of its caller. The answer is stored in the transaction of the effect, so it
 * exists exactly when the effect does; a refused request stores none and may be tried again. `models/idempotency.pml` is
 * the protocol.
 * @throws DomainError `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_not_kept`, and those of the
 * use case
 */
export function createAnswerOnce({ answerRecords, answerSeals, idempotencyTtlMs }: Deps) {
  const queue = createKeyedQueue<AnswerRecord>();
  const totals = { replayed: 0, in_progress: 0, reused: 0, not_kept: 0 };

  async function answerOnce(
    caller: Caller,
    request: RepeatableRequest,
    execute: (caller: Caller) => Promise<Answer>,
  ): Promise<AnsweredRequest> {
    try {
      const answered = await answer(caller, request, execute);
      if (answered.originalRequestId !== null) totals.replayed += 1;
      return answered;
    } catch (error) {
      const outcome = error instanceof DomainError ? OUTCOMES[error.code] : undefined;
      if (outcome !== undefined) totals[outcome] += 1;
      throw error;
    }
  }

  async function answer(
    caller: Caller,
    { key, content }: RepeatableRequest,
    execute: (caller: Caller) => Promise<Answer>,
  ): Promise<AnsweredRequest> {
    const seal = answerSeals.create(callerIdOf(caller.principal), key, content);
    const { callerId, keyHash } = seal.key;
    // Before any work: an equal request in this process is not hashed a second time, and holds no connection.
    const turn = await queue.acquire(`${callerId} ${Buffer.from(keyHash).toString('hex')}`);
    if (turn === null) throw idempotencyInProgress();
    let record = turn.earlier;
    try {
      record ??= await answerRecords.find(seal.key, idempotencyTtlMs);
      if (record !== null) return replay(seal, record);
      const executed = await executeOnce(caller, seal, execute);
      record = executed.record;
      return executed.answered;
    } finally {
      // Those that waited meanwhile need no look-up.
      turn.end(record);
    }
  }

  async function executeOnce(
    caller: Caller,
    seal: AnswerSeal,
    execute: (caller: Caller) => Promise<Answer>,
  ): Promise<{ readonly answered: AnsweredRequest; readonly record: AnswerRecord }> {
    const { key, fingerprint } = seal;
    const commit = new DeferredCommit({ key, fingerprint, ttlMs: idempotencyTtlMs });
    let answer: Answer;
    let sealed: AnswerRecord;
    try {
      answer = await execute({ ...caller, idempotency: commit });
      sealed = { fingerprint, ...sealAnswer(seal, answer, caller.requestId) };
    } catch (error) {
      if (error instanceof AlreadyAnswered) {
        return { answered: replay(seal, error.record), record: error.record };
      }
      // What the use case did before it failed takes place, as without a key: it may have counted a wrong password.
      await commit.settle(null);
      throw error;
    }
    const executed = { answered: { answer, originalRequestId: null }, record: sealed };
    if (await commit.settle(sealed)) return executed;
    // The use case has changed nothing.
    if (await answerRecords.insert(key, sealed, idempotencyTtlMs)) return executed;
    const record = await answerRecords.find(key, idempotencyTtlMs);
    if (record === null) throw unavailable('The request could not be finished. Try again.');
    return { answered: replay(seal, record), record };
  }

  return { answerOnce, totals: (): IdempotencyTotals => ({ ...totals }) };
}

/** What a refusal of a repeated request counts as. */
const OUTCOMES: Readonly<Partial<Record<DomainErrorCode, keyof IdempotencyTotals>>> = {
  idempotency_in_progress: 'in_progress',
  idempotency_key_reused: 'reused',
  idempotency_answer_not_kept: 'not_kept',
};

/** An answer that is too long is not stored, and a note takes its place: the request still has one effect. */
function sealAnswer(seal: AnswerSeal, answer: Answer, requestId: string) {
  const text = JSON.stringify({ ...answer, requestId });
  const stored =
    Buffer.byteLength(text) > MAX_ANSWER_BYTES ? JSON.stringify({ ...NOT_KEPT, requestId }) : text;
  return { status: answer.status, sealedAnswer: seal.seal(stored) };
}

/** @throws DomainError `idempotency_key_reused`, `idempotency_answer_not_kept` */
function replay(seal: AnswerSeal, record: AnswerRecord): AnsweredRequest {
  const text = seal.open(record);
  if (text === null) throw idempotencyKeyReused();
  const stored = JSON.parse(text) as { readonly requestId: string } & (Answer | typeof NOT_KEPT);
  if ('notKept' in stored) throw idempotencyAnswerNotKept();
  const { requestId, ...answer } = stored;
  return { answer, originalRequestId: requestId };
}

function callerIdOf(principal: Principal): string {
  if (principal.kind === 'user') return `user:${principal.userId}`;
  if (principal.kind === 'service') return `service:${principal.accountId}`;
  return principal.kind;
}
