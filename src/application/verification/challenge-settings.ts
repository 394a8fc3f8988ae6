import type { ChallengePurpose } from '../../domain/verification/challenge.ts';
import type { AccountPolicy } from '../limits/limits.ts';
import type { PolicyName } from '../limits/policies.ts';

/** Lifetimes and bounds of challenges, from the configuration. */
export interface ChallengeSettings {
  /** Lifetime of a code that verifies or changes an address. */
  readonly codeTtlMs: number;
  /** Lifetime of a link that verifies or changes an address. */
  readonly linkTtlMs: number;
  /** Lifetime of code and link of a password reset. */
  readonly resetTtlMs: number;
  /** Time in which a change of address can be taken back. */
  readonly undoWindowMs: number;
  /** Wrong codes that a challenge allows. */
  readonly attempts: number;
  /** Live challenges of one user and purpose. */
  readonly live: number;
}

/** What a link says beside its token; nothing of it is a secret. */
export interface LinkDetails {
  /** The challenge, for a person who enters its code on the page; null for a challenge without a code. */
  readonly challengeId: string | null;
  /** BCP 47 tag of the page; null for the language of the browser. */
  readonly locale: string | null;
}

/** Makes the links of mails. Their pages come from the configuration, never from a request. */
export type AccountLinks = {
  readonly [Purpose in ChallengePurpose]: (token: string, details: LinkDetails) => string;
} & {
  /** The page on which a reset begins, without a token. */
  readonly resetPage: string;
};

/** What the configuration says about the addresses of registrations. */
export interface VerificationOfRegistrations {
  /** Whether a registration sends a mail that verifies the address. */
  readonly verificationMail: boolean;
  /** Whether a user can sign in only after the address was verified. */
  readonly requireVerifiedEmail: boolean;
  /** Whether a registration tells that its address is taken. */
  readonly existingEmail: 'reveal' | 'conceal';
}

/** Requests that wait for their mail, over all instances. */
export const MAX_WAITING_REQUESTS = 10_000;
/** Wrong codes within an hour over all challenges of one user or address and purpose. */
export const MAX_GUESSES_PER_HOUR = 10;
/** Mails with a secret to one address. */
export const SEND_LIMITS = { maxPerQuarterHour: 3, maxPerDay: 10 } as const;
/** Changes of address of one user that can be taken back at the same time; the first one is always among them. */
export const MAX_LIVE_UNDOS = 20;
/** What a request for a mail counts against when it is made. Only these can refuse it. */
export const REQUEST_POLICIES: readonly { readonly policy: PolicyName }[] = [
  { policy: 'reset_client' },
  { policy: 'global' },
];
/** The same for a known device, which no flood from elsewhere keeps out. */
export const DEVICE_REQUEST_POLICIES: typeof REQUEST_POLICIES = [{ policy: 'reset_client' }];
/** What a request counts against when its mail is made; beyond it there is no mail, and no caller can tell. */
export const MAIL_POLICIES: Readonly<Partial<Record<ChallengePurpose, AccountPolicy>>> = {
  verify: 'verification_account',
  reset: 'reset_account',
};
