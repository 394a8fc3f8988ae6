import type {
  Challenge,
  ChallengePurpose,
  ChallengeRequest,
  NewChallenge,
  RequestedPurpose,
} from './challenge.ts';

/** Challenges inside of a transaction. */
export interface ChallengeRepository {
  /** Stores a request for `ttlMs`. @returns false when `maxWaiting` requests wait already; nothing is stored then. */
  request(request: ChallengeRequest, limits: RequestLimits): Promise<boolean>;
  /** Locks a request. @returns false when another process holds it or has served it. */
  lockRequest(id: string): Promise<boolean>;
  deleteRequest(id: string): Promise<void>;
  /** Counts a mail to the address with this key. @returns false when it would be one too many. */
  countSend(addressKey: Uint8Array, limits: SendLimits): Promise<boolean>;
  /**
   * Stores a challenge and deletes the oldest live ones of its user and purpose beyond `keep`. Those of the holder are
   * counted apart, so that no stranger can end them.
   */
  insert(challenge: NewChallenge, keep: number): Promise<void>;
  /** @returns false when it was consumed already, has expired or is gone. */
  consume(id: string): Promise<boolean>;
  /** Deletes the live challenges of a user that have one of these purposes, and the requests for them. */
  deleteLive(userId: string, purposes: readonly ChallengePurpose[]): Promise<void>;
  /** Makes the proofs of live `verify` challenges those of someone who may not have set the password. */
  disownVerifications(userId: string): Promise<void>;
  /** The first address of the user that a live `undo` can restore. */
  findFirstFormerAddress(userId: string): Promise<string | null>;
  /** Whether a live `undo` of another user can restore this address. */
  isReserved(email: string, forUserId: string): Promise<boolean>;
}

export interface RequestLimits {
  readonly ttlMs: number;
  readonly maxWaiting: number;
}

export interface SendLimits {
  readonly maxPerQuarterHour: number;
  readonly maxPerDay: number;
}

/** A challenge with one more counted guess, and what its code is compared with. */
export interface GuessedChallenge {
  readonly challenge: Challenge;
  readonly codeHmac: Uint8Array;
  /** Guesses of this hour over all challenges of the user and purpose, this one included. */
  readonly guessesThisHour: number;
}

/** Stored requests that wait for a background task, over all instances. */
export interface RequestBacklog {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** 0 when none waits. */
  readonly oldestAgeMs: number;
}

/** Challenges outside of transactions: each call takes effect by itself. */
export interface ChallengeStore {
  /** Reads a live challenge and changes nothing. */
  findByToken(
    id: string,
    purpose: ChallengePurpose,
    tokenHash: Uint8Array,
  ): Promise<Challenge | null>;
  /**
   * Counts a guess and commits it, before the code is compared.
   * @returns null when there is no such live challenge, or it has no attempt left
   */
  countGuess(
    id: string,
    purpose: RequestedPurpose,
    maxAttempts: number,
  ): Promise<GuessedChallenge | null>;
  /**
   * The oldest request that no other process holds, after `skipped` older ones.
   * @returns null when there is none
   */
  findRequest(skipped: number): Promise<ChallengeRequest | null>;
  readRequestBacklog(): Promise<RequestBacklog>;
  /** Whether `countSend` would count one more mail to this address now. */
  canSend(addressKey: Uint8Array, limits: SendLimits): Promise<boolean>;
  /** Takes the last counted guess back, because the code was right. */
  uncountGuess(id: string): Promise<void>;
  /** Each deletes up to `limit` rows. @returns how many */
  deleteExpiredRequests(limit: number): Promise<number>;
  deleteEnded(keptMs: number, limit: number): Promise<number>;
  deleteOldCounters(limit: number): Promise<number>;
}
