import type {
  Challenge,
  ChallengePurpose,
  RequestedPurpose,
} from '../../../domain/verification/challenge.ts';
import type {
  ChallengeRepository,
  ChallengeStore,
} from '../../../domain/verification/challenge-repository.ts';
import type { SqlConnection } from '../sql.ts';
import {
  countChallengeGuess,
  deleteChallengeRequest,
  deleteEndedChallenges,
  deleteExpiredChallengeRequests,
  deleteLiveChallenges,
  deleteOldChallengeGuesses,
  deleteOldChallengeSends,
  deleteSurplusChallenges,
  type FindChallengeByTokenResult,
  findChallengeByToken,
  findChallengeRequest,
  findChallengeSendsLeft,
  findFirstFormerAddress,
  findReservedAddress,
  insertChallenge,
  insertChallengeRequest,
  lockChallengeRequest,
  markChallengeConsumed,
  readChallengeRequestBacklog,
  updateChallengeSends,
  updateGuessesAfterRightCode,
  updateLiveVerificationsToForeign,
} from './generated/challenges.queries.ts';

/** Challenges in the transaction of `connection`. */
export function createPostgresChallengeRepository(connection: SqlConnection): ChallengeRepository {
  return {
    async request(request, limits) {
      const rows = await insertChallengeRequest.run({ ...request, ...limits }, connection);
      return rows.length === 1;
    },
    async lockRequest(id) {
      return (await lockChallengeRequest.run({ id }, connection)).length === 1;
    },
    async deleteRequest(id) {
      await deleteChallengeRequest.run({ id }, connection);
    },
    async countSend(addressKey, limits) {
      const parameters = { addressKey: Buffer.from(addressKey), ...limits };
      return (await updateChallengeSends.run(parameters, connection)).length === 1;
    },
    async insert({ tokenHash, codeHmac, guessKey, ...challenge }, keep) {
      const { userId, purpose, byHolder } = challenge;
      if (userId !== null) {
        const keepFirst = purpose === 'undo' ? 1 : 0;
        const surplus = { userId, purpose, byHolder, keep: keep - 1, keepFirst };
        await deleteSurplusChallenges.run(surplus, connection);
      }
      const secrets = {
        tokenHash: Buffer.from(tokenHash),
        codeHmac: codeHmac === null ? null : Buffer.from(codeHmac),
        guessKey: Buffer.from(guessKey),
      };
      await insertChallenge.run({ ...challenge, ...secrets }, connection);
    },
    async consume(id) {
      return (await markChallengeConsumed.runForCount({ id }, connection)) === 1;
    },
    async deleteLive(userId, purposes) {
      await deleteLiveChallenges.run({ userId, purposes: [...purposes] }, connection);
    },
    async disownVerifications(userId) {
      await updateLiveVerificationsToForeign.run({ userId }, connection);
    },
    async findFirstFormerAddress(userId) {
      const [row] = await findFirstFormerAddress.run({ userId }, connection);
      return row?.email ?? null;
    },
    async isReserved(email, forUserId) {
      const rows = await findReservedAddress.run({ email, userId: forUserId }, connection);
      return rows.length > 0;
    },
  };
}

export function createPostgresChallengeStore(connection: SqlConnection): ChallengeStore {
  return {
    async findByToken(id: string, purpose: ChallengePurpose, tokenHash: Uint8Array) {
      const parameters = { id, purpose, tokenHash: Buffer.from(tokenHash) };
      const [row] = await findChallengeByToken.run(parameters, connection);
      return row === undefined ? null : toChallenge(row);
    },
    async countGuess(id, purpose, maxAttempts) {
      const [row] = await countChallengeGuess.run({ id, purpose, maxAttempts }, connection);
      if (row === undefined) return null;
      const codeHmac = new Uint8Array(row.code_hmac);
      return { challenge: toChallenge(row), codeHmac, guessesThisHour: row.guesses };
    },
    async findRequest(skipped) {
      const [row] = await findChallengeRequest.run({ skipped }, connection);
      if (row === undefined) return null;
      const { id, email } = row;
      const purpose = row.purpose as RequestedPurpose;
      return { id, purpose, userId: row.user_id, email, byHolder: row.by_holder };
    },
    async readRequestBacklog() {
      const [row] = await readChallengeRequestBacklog.run(undefined, connection);
      return { waiting: row?.waiting ?? 0, oldestAgeMs: row?.oldest_age_ms ?? 0 };
    },
    async canSend(addressKey, limits) {
      const parameters = { addressKey: Buffer.from(addressKey), ...limits };
      const [row] = await findChallengeSendsLeft.run(parameters, connection);
      return row?.has_left ?? true;
    },
    async uncountGuess(id) {
      await updateGuessesAfterRightCode.run({ id }, connection);
    },
    deleteExpiredRequests: (limit) =>
      deleteExpiredChallengeRequests.runForCount({ limit }, connection),
    deleteEnded: (keptMs, limit) =>
      deleteEndedChallenges.runForCount({ keptMs, limit }, connection),
    async deleteOldCounters(limit) {
      const guesses = await deleteOldChallengeGuesses.runForCount({ limit }, connection);
      return Math.max(guesses, await deleteOldChallengeSends.runForCount({ limit }, connection));
    },
  };
}

function toChallenge(row: FindChallengeByTokenResult): Challenge {
  return { id: row.id, userId: row.user_id, email: row.email, byHolder: row.by_holder };
}
