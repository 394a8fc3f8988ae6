import type { ChallengePurpose } from './challenge.ts';

/** The secrets of one challenge and what is stored of them. */
export interface NewChallengeSecrets {
  /** Of the link: 256 random bits, the challenge's id and a proof that it is ours. */
  readonly token: string;
  readonly tokenHash: Uint8Array;
  /** Six digits. */
  readonly code: string;
  readonly codeHmac: Uint8Array;
}

/** Creates and reads the secrets of challenges. */
export interface ChallengeSecrets {
  create(challengeId: string): NewChallengeSecrets;
  /** @returns null for a token that this service did not create. */
  readToken(token: string): { readonly challengeId: string; readonly hash: Uint8Array } | null;
  /** Spaces in the code are ignored. The time does not depend on the stored value. */
  codeMatches(challengeId: string, code: string, codeHmac: Uint8Array): boolean;
  /** Names the counter of mails of an address, so that no address is stored for it. */
  addressKey(email: string): Uint8Array;
  /** Names the counter of guesses that all challenges for one purpose and subject share. */
  guessKey(purpose: ChallengePurpose, subject: string): Uint8Array;
}
