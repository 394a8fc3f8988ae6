export type {
  AccessTokenClaims,
  Verified,
  VerifiedService,
  VerifiedUser,
} from './verify/claims.ts';
export type { VerifyResult } from './verify/judge.ts';
export type {
  ServiceAccess,
  StalePolicy,
  VerifierOptions,
  VerifierState,
} from './verify/options.ts';
export type {
  InvalidToken,
  InvalidTokenReason,
  Unauthenticated,
  Unavailable,
  UnavailableReason,
  VerifyProblem,
} from './verify/problems.ts';
export type { RevocationStats } from './verify/revocations.ts';
export type { NatsConnectionLike } from './verify/revocations-nats.ts';
export type { ServiceKey } from './verify/service-key.ts';
export {
  createVerifier,
  type Verifier,
  type VerifierStats,
} from './verify/verifier.ts';
