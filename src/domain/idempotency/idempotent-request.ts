/** Whose key it is. Two callers with the same key never meet. */
export interface RequestKey {
  /** `user:` or `service:` and an id, `operator`, or `anonymous`. */
  readonly callerId: string;
  /** SHA-256 of the caller's key. */
  readonly keyHash: Uint8Array;
}

/** What is stored under a key. */
export interface AnswerRecord {
  /** Tells whether another request is the same one; see `AnswerSeals`. */
  readonly fingerprint: Uint8Array;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The encrypted answer. */
  readonly sealedAnswer: Uint8Array;
}

export type SealedAnswer = Omit<AnswerRecord, 'fingerprint'>;

/**
 * A request with an `Idempotency-Key`. The transaction that carries its effect also carries its answer, so the commit
 * waits for the answer.
 */
export interface IdempotentRequest {
  readonly key: RequestKey;
  readonly fingerprint: Uint8Array;
  /** How long an answer is kept, in milliseconds. */
  readonly ttlMs: number;
  /**
   * Runs a transaction. An earlier one of the same request that still waits is committed without an answer first.
   * @param transact calls its argument with the result of its work, waits for the answer, and commits. With null it
   * commits without an answer: the use case has failed after its work.
   * @returns the result of the work, while the transaction waits
   */
  run<T>(
    transact: (answerFor: (result: T) => Promise<SealedAnswer | null>) => Promise<unknown>,
  ): Promise<T>;
}

/** An equal request was answered while this one began. Thrown through the use case to the code that set the key. */
export class AlreadyAnswered extends Error {
  override readonly name = 'AlreadyAnswered';
  readonly record: AnswerRecord;

  constructor(record: AnswerRecord) {
    super('The request was answered before.');
    this.record = record;
  }
}

/** The stored answers, outside of transactions. Records older than `ttlMs` count as absent. */
export interface AnswerRecords {
  find(key: RequestKey, ttlMs: number): Promise<AnswerRecord | null>;
  /** Stores the answer of a request that has changed nothing. @returns false when the key has an answer already */
  insert(key: RequestKey, record: AnswerRecord, ttlMs: number): Promise<boolean>;
  /** Deletes at most `limit` records older than `ttlMs`. @returns how many */
  deleteExpired(ttlMs: number, limit: number): Promise<number>;
}

/** Encrypts the answers of one caller's key. */
export interface AnswerSeal {
  readonly key: RequestKey;
  /** Of the request that the seal was made for: an HMAC, because the request may contain a password. */
  readonly fingerprint: Uint8Array;
  seal(answer: string): Uint8Array;
  /** @returns the answer; null unless the record was made for an equal request under an accepted master key */
  open(record: AnswerRecord): string | null;
}

export interface AnswerSeals {
  /** @param content the canonical text of the request; never stored */
  create(callerId: string, key: string, content: string): AnswerSeal;
}
