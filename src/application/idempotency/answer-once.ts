import {
  AlreadyAnswered,
  type AnswerRecord,
  type AnswerRecords,
  type AnswerSeal,
  type AnswerSeals,
} from '../../domain/idempotency/idempotent-request.ts';
import {
  idempotencyInProgress,
  idempotencyKeyReused,
  unavailable,
} from '../../domain/rejections.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { DeferredCommit } from './deferred-commit.ts';
import { createKeyedQueue } from './keyed-queue.ts';

/** Longest answer that is stored, in bytes. Those of the routes have less than 4 KiB. */
const MAX_ANSWER_BYTES = 16 * 1024;

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
 * exists exactly when the effect does; a refused request stores none and may be tried again.
 * @throws DomainError `idempotency_key_reused`, `idempotency_in_progress`, and those of the use case
 */
export function createAnswerOnce({ answerRecords, answerSeals, idempotencyTtlMs }: Deps) {
  const queue = createKeyedQueue<AnswerRecord>();

  return async (
    caller: Caller,
    { key, content }: RepeatableRequest,
    execute: (caller: Caller) => Promise<Answer>,
  ): Promise<AnsweredRequest> => {
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
  };

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
}

/** @throws Error for an answer that is too large: its route must not accept a key */
function sealAnswer(seal: AnswerSeal, answer: Answer, requestId: string) {
  const text = JSON.stringify({ ...answer, requestId });
  if (Buffer.byteLength(text) > MAX_ANSWER_BYTES) {
    throw new Error(`an answer for an idempotency key has more than ${MAX_ANSWER_BYTES} bytes`);
  }
  return { status: answer.status, sealedAnswer: seal.seal(text) };
}

/** @throws DomainError `idempotency_key_reused` */
function replay(seal: AnswerSeal, record: AnswerRecord): AnsweredRequest {
  const text = seal.open(record);
  if (text === null) throw idempotencyKeyReused();
  const { requestId, ...answer } = JSON.parse(text) as Answer & { readonly requestId: string };
  return { answer, originalRequestId: requestId };
}

function callerIdOf(principal: Principal): string {
  if (principal.kind === 'user') return `user:${principal.userId}`;
  if (principal.kind === 'service') return `service:${principal.accountId}`;
  return principal.kind;
}
