import type { RequestBacklog } from '../verification/challenge-repository.ts';
import type { ProfileValues } from './profile-fields.ts';

/** A registration that a background task carries out: valid, with its password hashed. */
export interface RegistrationRequest extends ProfileValues {
  /** The id of the challenge that proves the address. */
  readonly id: string;
  readonly passwordHash: string;
  readonly passwordForm: number;
}

/** Waiting registrations inside of a transaction. */
export interface RegistrationRequestRepository {
  /** Keeps a registration for `ttlMs`. @returns false when `maxWaiting` wait already; nothing is stored then. */
  add(
    request: RegistrationRequest,
    limits: { readonly ttlMs: number; readonly maxWaiting: number },
  ): Promise<boolean>;
  /**
   * Locks the oldest registration that no other process holds, after `skipped` older ones.
   * @returns null when there is none
   */
  lockNext(skipped: number): Promise<RegistrationRequest | null>;
  delete(id: string): Promise<void>;
}

/** Waiting registrations outside of transactions. */
export interface RegistrationRequestStore {
  readBacklog(): Promise<RequestBacklog>;
  /** Deletes up to `limit` registrations that were not carried out in time. @returns how many */
  deleteExpired(limit: number): Promise<number>;
}
