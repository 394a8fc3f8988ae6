/**
 * What a challenge is for: `verify` proves the address of an account, `reset` sets another password, `change` proves a
 * new address, `undo` takes a change of address back. An `undo` has a verified former address.
 */
export type ChallengePurpose = 'verify' | 'reset' | 'change' | 'undo';

/** Purposes whose challenges are made from a stored request, in the background. */
export type RequestedPurpose = Exclude<ChallengePurpose, 'undo'>;

/** A request for a challenge, with the id that the challenge gets. */
export interface ChallengeRequest {
  readonly id: string;
  readonly purpose: RequestedPurpose;
  /** Null when the caller named an address only. */
  readonly userId: string | null;
  /** For `change`, the new address. */
  readonly email: string;
  /** Whether the request came with credentials of the account, or from a device that signed in with them. */
  readonly byHolder: boolean;
}

/** A live challenge, as the proof of its secret returns it. */
export interface Challenge {
  readonly id: string;
  /** Null for an address that no account had. */
  readonly userId: string | null;
  /** The address that the secret was sent to; null without a user. */
  readonly email: string | null;
  readonly byHolder: boolean;
}

/** A challenge to store. */
export interface NewChallenge extends Challenge {
  readonly purpose: ChallengePurpose;
  readonly tokenHash: Uint8Array;
  /** Null for a challenge without a code. */
  readonly codeHmac: Uint8Array | null;
  /** Names the counter of guesses that this challenge shares with others. */
  readonly guessKey: Uint8Array;
  readonly codeTtlMs: number | null;
  /** Lifetime of the link. */
  readonly ttlMs: number;
}

/** What a caller sends as proof: the token of the link, or the code with its challenge. */
export type ChallengeProof =
  | { readonly token: string }
  | { readonly challengeId: string; readonly code: string };
