import { challengeInvalid } from '../../domain/rejections.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type {
  Challenge,
  ChallengeProof,
  ChallengePurpose,
  RequestedPurpose,
} from '../../domain/verification/challenge.ts';
import type { ChallengeStore } from '../../domain/verification/challenge-repository.ts';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import { type ChallengeSettings, MAX_GUESSES_PER_HOUR } from './challenge-settings.ts';

interface Deps {
  readonly store: Pick<ChallengeStore, 'findByToken' | 'countGuess' | 'uncountGuess'>;
  readonly secrets: Pick<ChallengeSecrets, 'readToken' | 'codeMatches'>;
  readonly settings: Pick<ChallengeSettings, 'attempts'>;
}

/** A challenge whose secret the caller has. It is not consumed yet. */
export interface ProvenChallenge extends Challenge {
  readonly userId: string;
  /** The address that the secret was sent to. */
  readonly email: string;
}

export type ProveChallenge = ReturnType<typeof createProveChallenge>;

/**
 * Checks the secret of a challenge outside of a transaction, before work is spent on the change. A guess of a code is
 * counted before it is compared; a link has nothing to guess and is never locked.
 * @throws DomainError `challenge_invalid`, the same for every reason
 */
export function createProveChallenge({ store, secrets, settings }: Deps) {
  return async (purpose: ChallengePurpose, proof: ChallengeProof): Promise<ProvenChallenge> => {
    const challenge =
      'token' in proof ? await byToken(purpose, proof.token) : await byCode(purpose, proof);
    if (challenge === null) throw challengeInvalid();
    const { userId, email } = challenge;
    if (userId === null || email === null) throw challengeInvalid();
    return { ...challenge, userId, email };
  };

  async function byToken(purpose: ChallengePurpose, token: string): Promise<Challenge | null> {
    const read = secrets.readToken(token);
    return read === null ? null : await store.findByToken(read.challengeId, purpose, read.hash);
  }

  async function byCode(
    purpose: ChallengePurpose,
    { challengeId, code }: { readonly challengeId: string; readonly code: string },
  ): Promise<Challenge | null> {
    if (purpose === 'undo') return null;
    const guess = await store.countGuess(challengeId, purpose, settings.attempts);
    if (guess === null || guess.guessesThisHour > MAX_GUESSES_PER_HOUR) return null;
    if (!secrets.codeMatches(challengeId, code, guess.codeHmac)) return null;
    // A right code is no guess: its owner may correct a refused new password as often as needed.
    await store.uncountGuess(challengeId);
    return guess.challenge;
  }
}

/**
 * Locks the user and consumes the challenge in the transaction of the change, so that of two parallel proofs one has an
 * effect.
 * @throws DomainError `challenge_invalid` when it was consumed meanwhile, or the account is gone or disabled
 */
export async function consumeChallenge(
  { users, challenges }: Pick<Transaction, 'users' | 'challenges'>,
  { id, userId }: ProvenChallenge,
): Promise<User> {
  const user = await users.lockById(userId);
  if (user === null || user.state.status !== 'active') throw challengeInvalid();
  if (!(await challenges.consume(id))) throw challengeInvalid();
  return user;
}

/** Purposes whose challenges a session asks for: they end when all sessions do, or when a token was stolen. */
export const REQUESTED_IN_A_SESSION: readonly RequestedPurpose[] = ['change'];
/** Purposes whose live challenges end when the password is set by a proof of the address. */
export const REPLACED_BY_PROOF: readonly RequestedPurpose[] = ['verify', 'reset', 'change'];
