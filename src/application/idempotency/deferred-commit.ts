import type {
  IdempotentRequest,
  SealedAnswer,
} from '../../domain/idempotency/idempotent-request.ts';

/**
 * Longest wait of a finished transaction for its answer, in milliseconds. The answer is a matter of microseconds. A use
 * case that queries the embedded database after its transaction waits for its own connection until this time is over;
 * the transaction then commits without an answer, which is stored after it.
 */
const ANSWER_WAIT_MS = 1_000;

/**
 * Holds the commit of a request's last transaction until its answer is known. States: no transaction, running, waiting
 * for the answer, ended. `models/idempotency.pml` is the protocol.
 */
export class DeferredCommit implements IdempotentRequest {
  readonly key: IdempotentRequest['key'];
  readonly fingerprint: Uint8Array;
  readonly ttlMs: number;
  #giveAnswer: ((answer: SealedAnswer | null) => void) | null = null;
  #ended: Promise<unknown> = Promise.resolve();

  constructor({ key, fingerprint, ttlMs }: Omit<IdempotentRequest, 'run'>) {
    this.key = key;
    this.fingerprint = fingerprint;
    this.ttlMs = ttlMs;
  }

  async run<T>(
    transact: (answerFor: (result: T) => Promise<SealedAnswer | null>) => Promise<unknown>,
  ): Promise<T> {
    await this.settle(null);
    return await new Promise<T>((resolve, reject) => {
      const ended = transact((result) => {
        this.#ended = ended;
        const answer = this.#waitForAnswer();
        resolve(result);
        return answer;
      });
      ended.catch(reject);
    });
  }

  /**
   * Commits the transaction that waits, with the answer or without one.
   * @returns false when none waits: the answer is not stored
   * @throws the error of the commit
   */
  async settle(answer: SealedAnswer | null): Promise<boolean> {
    const give = this.#giveAnswer;
    const ended = this.#ended;
    this.#ended = Promise.resolve();
    give?.(answer);
    await ended;
    return give !== null;
  }

  #waitForAnswer(): Promise<SealedAnswer | null> {
    return new Promise((resolve) => {
      const give = (answer: SealedAnswer | null): void => {
        clearTimeout(timer);
        this.#giveAnswer = null;
        resolve(answer);
      };
      const timer = setTimeout(() => give(null), ANSWER_WAIT_MS);
      this.#giveAnswer = give;
    });
  }
}
