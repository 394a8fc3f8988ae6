import { describe, expect, it } from 'vitest';
import type {
  ChallengePurpose,
  ChallengeRequest,
  NewChallenge,
} from '../../src/domain/verification/challenge.ts';
import { createPostgresChallengeStore } from '../../src/infrastructure/database/postgres/challenge-repository.ts';
import type { DatabaseImplementation } from './databases.ts';
import { hashOf, ids, inTransaction, storeUser, useDatabase } from './fixtures.ts';

const hour = 3_600_000;
const waiting = { ttlMs: hour, maxWaiting: 100 };
const sends = { maxPerQuarterHour: 3, maxPerDay: 10 };

export function describeChallengeRepositoryContract(implementation: DatabaseImplementation): void {
  describe(`Challenge repository contract: ${implementation.name}`, () => {
    const database = useDatabase(implementation);
    const store = () => createPostgresChallengeStore(database());

    const newRequest = (traits: Partial<ChallengeRequest> = {}): ChallengeRequest => ({
      id: ids.next(),
      purpose: 'reset',
      userId: null,
      email: 'ada@example.com',
      byHolder: false,
      ...traits,
    });

    function newChallenge(userId: string | null, traits: Partial<NewChallenge> = {}): NewChallenge {
      const id = ids.next();
      return {
        id,
        purpose: 'reset',
        userId,
        email: userId === null ? null : 'ada@example.com',
        byHolder: false,
        tokenHash: hashOf(`token ${id}`),
        codeHmac: hashOf(`code ${id}`),
        guessKey: hashOf(`guesses ${id}`),
        codeTtlMs: hour,
        ttlMs: hour,
        ...traits,
      };
    }

    async function insert(challenge: NewChallenge, keep = 3): Promise<NewChallenge> {
      await inTransaction(database(), ({ challenges }) => challenges.insert(challenge, keep));
      return challenge;
    }

    const consume = (id: string): Promise<boolean> =>
      inTransaction(database(), ({ challenges }) => challenges.consume(id));
    const find = ({ id, purpose, tokenHash }: NewChallenge) =>
      store().findByToken(id, purpose, tokenHash);
    const setPast = (table: string, column: string) =>
      database().query(`update ${table} set ${column} = ${column} - interval '2 days'`);

    const countRequests = async (): Promise<number> =>
      (await database().query('select id from challenge_requests')).rows.length;

    it('finds a live challenge by its token, purpose and id only', async () => {
      const { id: userId } = await storeUser(database());
      const challenge = await insert(newChallenge(userId));
      const { id, tokenHash } = challenge;
      expect(await find(challenge)).toEqual({
        ...{ id, userId, email: 'ada@example.com', byHolder: false },
      });
      expect(await store().findByToken(id, 'verify', tokenHash)).toBeNull();
      expect(await store().findByToken(id, 'reset', hashOf('other'))).toBeNull();
      expect(await store().findByToken(ids.next(), 'reset', tokenHash)).toBeNull();
    });

    it('consumes a challenge for one of many', async () => {
      const challenge = await insert(newChallenge((await storeUser(database())).id));
      const results = await Promise.all(Array.from({ length: 8 }, () => consume(challenge.id)));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await find(challenge)).toBeNull();
    });

    it('leaves a challenge live when the transaction that consumed it is rolled back', async () => {
      const challenge = await insert(newChallenge((await storeUser(database())).id));
      const failing = inTransaction(database(), async ({ challenges }) => {
        expect(await challenges.consume(challenge.id)).toBe(true);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      expect(await find(challenge)).not.toBeNull();
    });

    it('knows no expired challenge', async () => {
      const challenge = await insert(newChallenge((await storeUser(database())).id));
      await setPast('challenges', 'expires_at');
      expect(await find(challenge)).toBeNull();
      expect(await consume(challenge.id)).toBe(false);
    });

    it('counts exactly as many parallel guesses as are allowed, with and without a user', async () => {
      const { id: userId } = await storeUser(database());
      for (const owner of [userId, null]) {
        const { id } = await insert(newChallenge(owner));
        const guesses = await Promise.all(
          Array.from({ length: 50 }, () => store().countGuess(id, 'reset', 5)),
        );
        const counted = guesses.filter((guess) => guess !== null);
        expect(counted.map(({ guessesThisHour }) => guessesThisHour).sort()).toEqual([
          ...[1, 2, 3, 4, 5],
        ]);
        expect(counted[0]?.challenge.userId).toBe(owner);
      }
    });

    it('counts the guesses of one hour over all challenges with one key', async () => {
      const guessKey = hashOf('shared');
      const [first, second] = [
        await insert(newChallenge(null, { guessKey })),
        await insert(newChallenge(null, { guessKey })),
      ];
      await store().countGuess(first.id, 'reset', 5);
      expect((await store().countGuess(second.id, 'reset', 5))?.guessesThisHour).toBe(2);
      await store().uncountGuess(second.id);
      expect((await store().countGuess(second.id, 'reset', 5))?.guessesThisHour).toBe(2);
      await setPast('challenge_guesses', 'window_started_at');
      expect((await store().countGuess(second.id, 'reset', 5))?.guessesThisHour).toBe(1);
    });

    it('counts no guess at a foreign purpose, a challenge without a code, or an expired code', async () => {
      const [live, codeless] = [
        await insert(newChallenge(null)),
        await insert(newChallenge(null, { codeHmac: null, codeTtlMs: null })),
      ];
      expect(await store().countGuess(live.id, 'verify', 5)).toBeNull();
      expect(await store().countGuess(codeless.id, 'reset', 5)).toBeNull();
      await setPast('challenges', 'code_expires_at');
      expect(await store().countGuess(live.id, 'reset', 5)).toBeNull();
    });

    it('keeps the newest live challenges of a user and purpose', async () => {
      const { id: userId } = await storeUser(database());
      const made: NewChallenge[] = [];
      for (let count = 0; count < 5; count += 1) made.push(await insert(newChallenge(userId)));
      const other = await insert(newChallenge(userId, { purpose: 'verify' }));
      const live = await Promise.all([...made, other].map(find));
      expect(live.map((found) => found !== null)).toEqual([false, false, true, true, true, true]);
    });

    it('keeps the first former address of a user, and reserves it', async () => {
      const { id: userId } = await storeUser(database());
      const undo = (email: string) => insert(newChallenge(userId, { purpose: 'undo', email }), 3);
      for (const name of ['a', 'b', 'c', 'd', 'e']) await undo(`${name}@example.com`);
      const { rows } = await database().query<{ email: string }>(
        'select email from challenges order by created_at',
      );
      expect(rows.map(({ email }) => email[0])).toEqual(['a', 'd', 'e']);
      await inTransaction(database(), async ({ challenges }) => {
        expect(await challenges.findFirstFormerAddress(userId)).toBe('a@example.com');
        expect(await challenges.isReserved('a@example.com', ids.next())).toBe(true);
        expect(await challenges.isReserved('a@example.com', userId)).toBe(false);
        expect(await challenges.isReserved('b@example.com', ids.next())).toBe(false);
        await challenges.deleteLive(userId, ['undo']);
        expect(await challenges.findFirstFormerAddress(userId)).toBeNull();
      });
    });

    it('neither reserves nor restores a former address that an older build stored unverified', async () => {
      const { id: userId } = await storeUser(database());
      const undo = await insert(newChallenge(userId, { purpose: 'undo' }));
      expect(await find(undo)).not.toBeNull();
      await database().query('update challenges set former_verified = false');
      expect(await find(undo)).toBeNull();
      await inTransaction(database(), async ({ challenges }) => {
        expect(await challenges.findFirstFormerAddress(userId)).toBeNull();
        expect(await challenges.isReserved('ada@example.com', ids.next())).toBe(false);
      });
    });

    it('deletes the live challenges of the named purposes', async () => {
      const { id: userId } = await storeUser(database());
      const purposes: readonly ChallengePurpose[] = ['reset', 'verify', 'change'];
      const made = [];
      for (const purpose of purposes) made.push(await insert(newChallenge(userId, { purpose })));
      await inTransaction(database(), ({ challenges }) =>
        challenges.deleteLive(userId, ['reset', 'change']),
      );
      expect((await Promise.all(made.map(find))).map((found) => found?.id)).toEqual([
        ...[undefined, made[1]?.id, undefined],
      ]);
    });

    it('gives the oldest request to one process, and drops it with its transaction only', async () => {
      const [first, second] = [newRequest(), newRequest({ purpose: 'verify', byHolder: true })];
      for (const request of [first, second]) {
        const stored = await inTransaction(database(), ({ challenges }) =>
          challenges.request(request, waiting),
        );
        expect(stored).toBe(true);
      }
      expect(await store().findRequest(0)).toEqual(first);
      expect(await store().findRequest(1)).toEqual(second);
      const failing = inTransaction(database(), async ({ challenges }) => {
        expect(await challenges.lockRequest(first.id)).toBe(true);
        await challenges.deleteRequest(first.id);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      expect(await countRequests()).toBe(2);
      await inTransaction(database(), ({ challenges }) => challenges.deleteRequest(first.id));
      expect(await countRequests()).toBe(1);
      await inTransaction(database(), async ({ challenges }) => {
        expect(await challenges.lockRequest(first.id)).toBe(false);
      });
    });

    it('tells how many requests wait, and since when, without those that came too late', async () => {
      expect(await store().readRequestBacklog()).toEqual({ waiting: 0, oldestAgeMs: 0 });
      for (let count = 0; count < 3; count += 1) {
        await inTransaction(database(), ({ challenges }) =>
          challenges.request(newRequest(), waiting),
        );
      }
      await database().query(
        "update challenge_requests set created_at = created_at - interval '1 minute'",
      );
      const backlog = await store().readRequestBacklog();
      expect(backlog.waiting).toBe(3);
      expect(backlog.oldestAgeMs).toBeGreaterThanOrEqual(60_000);
      await setPast('challenge_requests', 'expires_at');
      expect(await store().readRequestBacklog()).toEqual({ waiting: 0, oldestAgeMs: 0 });
    });

    it('stores no request when as many wait as may', async () => {
      const stored = [];
      for (let count = 0; count < 3; count += 1) {
        const limits = { ...waiting, maxWaiting: 2 };
        stored.push(
          await inTransaction(database(), ({ challenges }) =>
            challenges.request(newRequest(), limits),
          ),
        );
      }
      expect(stored).toEqual([true, true, false]);
    });

    it('serves no request that came too late, and deletes it', async () => {
      await inTransaction(database(), ({ challenges }) =>
        challenges.request(newRequest(), waiting),
      );
      await setPast('challenge_requests', 'expires_at');
      expect(await store().findRequest(0)).toBeNull();
      expect(await store().deleteExpiredRequests(10)).toBe(1);
    });

    it('counts mails to one address by quarter hour and day, also in parallel', async () => {
      const key = hashOf('address');
      const send = () =>
        inTransaction(database(), ({ challenges }) => challenges.countSend(key, sends));
      const canSend = () => store().canSend(key, sends);
      expect(await canSend()).toBe(true);
      const first = await Promise.all(Array.from({ length: 8 }, send));
      expect(first.filter(Boolean)).toHaveLength(3);
      expect(await canSend()).toBe(false);
      const rounds = [];
      for (let round = 0; round < 4; round += 1) {
        await database().query(
          "update challenge_sends set sent_at = (select array_agg(t - interval '16 minutes') from unnest(sent_at) t)",
        );
        expect(await canSend()).toBe(round < 3);
        rounds.push((await Promise.all(Array.from({ length: 4 }, send))).filter(Boolean).length);
      }
      expect(rounds).toEqual([3, 3, 1, 0]);
    });

    it('deletes challenges, guesses and counters that are old', async () => {
      const { id } = await insert(newChallenge(null));
      await store().countGuess(id, 'reset', 5);
      await inTransaction(database(), ({ challenges }) =>
        challenges.countSend(hashOf('address'), sends),
      );
      expect(await store().deleteEnded(0, 10)).toBe(0);
      expect(await store().deleteOldCounters(10)).toBe(0);
      await setPast('challenges', 'expires_at');
      await setPast('challenge_guesses', 'window_started_at');
      await setPast('challenge_sends', 'last_sent_at');
      expect(await store().deleteEnded(24 * hour, 10)).toBe(1);
      expect(await store().deleteOldCounters(10)).toBe(1);
      expect(await store().deleteOldCounters(10)).toBe(0);
    });

    it('loses the challenges of a deleted user', async () => {
      const { id: userId } = await storeUser(database());
      const challenge = await insert(newChallenge(userId));
      await inTransaction(database(), ({ users }) => users.delete(userId));
      expect(await find(challenge)).toBeNull();
    });
  });
}
