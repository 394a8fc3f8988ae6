import { describe, expect, test } from 'vitest';
import type { SessionSelection } from '../../src/domain/session/session-ending.ts';
import type { NewSession, RefreshState } from '../../src/domain/session/session-repository.ts';
import { createPostgresSessionRepository } from '../../src/infrastructure/database/postgres/session-repository.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import type { DatabaseImplementation } from './databases.ts';
import {
  hashOf,
  ids,
  inTransaction,
  newSession,
  oneHour,
  refusal,
  storeUser,
  useDatabase,
} from './fixtures.ts';

const HOUR_MS = 3_600_000;

const hex = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('hex');

/** The promises of SessionRepository. Tests move the times of rows, since only the database's clock counts. */
export function describeSessionRepositoryContract(implementation: DatabaseImplementation): void {
  describe(`SessionRepository (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const sessions = () => createPostgresSessionRepository(database());

    async function start(lifetimes = oneHour, userId?: string): Promise<NewSession> {
      const session = newSession(userId ?? (await storeUser(database())).id);
      await sessions().insert(session, lifetimes);
      return session;
    }

    /** Lets time pass for one session. */
    async function age(id: string, milliseconds: number): Promise<void> {
      await database().query(
        `update sessions
         set created_at = created_at - $2::float8 * interval '1 millisecond',
           last_used_at = last_used_at - $2::float8 * interval '1 millisecond',
           expires_at = expires_at - $2::float8 * interval '1 millisecond',
           absolute_expires_at = absolute_expires_at - $2::float8 * interval '1 millisecond',
           rotated_at = rotated_at - $2::float8 * interval '1 millisecond'
         where id = $1`,
        [id, milliseconds],
      );
    }

    /** @returns the ids of the ended sessions */
    async function end(userId: string, selection: SessionSelection): Promise<readonly string[]> {
      const ended = await inTransaction(database(), (tx) =>
        tx.sessionEnding.end({ id: userId, version: 1 }, selection, 'ended_by_user'),
      );
      return ended.sessionIds ?? [];
    }

    const lock = (id: string) =>
      inTransaction(database(), (tx) => tx.sessions.lockForRefresh(id, null));

    function rotate(id: string, from: Uint8Array, to: Uint8Array, idleTtlMs = HOUR_MS) {
      return inTransaction(database(), async (tx) => {
        await tx.sessions.lockForRefresh(id, null);
        const rotation = { currentHash: to, previousHash: from, sealedSuccessor: hashOf('seal') };
        return await tx.sessions.rotate(id, rotation, idleTtlMs);
      });
    }

    test('a session lives from its start until its idle time is over', async () => {
      const session = newSession((await storeUser(database())).id);
      const { remainingMs: remaining } = await sessions().insert(session, {
        idleTtlMs: 60_000,
        absoluteTtlMs: HOUR_MS,
      });
      expect(remaining).toBeCloseTo(60_000, -1);
      const live = await sessions().findLive(session.id);
      expect(live).toMatchObject({ id: session.id, userId: session.userId });
      expect(live?.remainingMs).toBeGreaterThan(30_000);
      await age(session.id, 60_001);
      expect(await sessions().findLive(session.id)).toBeNull();
      expect(await lock(session.id)).toBeNull();
      expect(await sessions().listLive(session.userId)).toEqual([]);
    });

    test('the time of the authentication is that of the start, and no rotation changes it', async () => {
      const session = newSession((await storeUser(database())).id);
      const { authenticatedAt } = await sessions().insert(session, {
        idleTtlMs: HOUR_MS,
        absoluteTtlMs: HOUR_MS,
      });
      expect(Number.isInteger(authenticatedAt)).toBe(true);
      await database().query(
        `update sessions set authenticated_at = to_timestamp($1) where id = $2`,
        [authenticatedAt - 3_600, session.id],
      );
      const rotation = { previousHash: session.refreshTokenHash, sealedSuccessor: hashOf('seal') };
      const rotated = await sessions().rotateCurrent(
        session.id,
        { ...rotation, currentHash: hashOf('x') },
        HOUR_MS,
      );
      expect(rotated?.authenticatedAt).toBe(authenticatedAt - 3_600);
      expect((await lock(session.id))?.authenticatedAt).toBe(authenticatedAt - 3_600);
      const live = await sessions().findLive(session.id);
      expect(live?.sinceAuthenticationMs).toBeGreaterThan(3_600_000);
    });

    test('sessions that are asked for in one turn are read with one statement, each with its own result', async () => {
      const [live, other, expired] = [await start(), await start(), await start()];
      await age(expired.id, HOUR_MS + 1);
      let statements = 0;
      const counted = createPostgresSessionRepository({
        query(text, values, name) {
          statements += 1;
          return database().query(text, values, name);
        },
      });
      const read = [live.id, expired.id, 'no id', other.id, ids.next(), live.id.toUpperCase()];
      const found = await Promise.all(read.map((id) => counted.findLive(id)));
      expect(found.map((session) => session?.userId ?? null)).toEqual([
        live.userId,
        null,
        null,
        other.userId,
        null,
        live.userId,
      ]);
      expect(statements).toBe(1);
    });

    describe('a rotation of the current token', () => {
      const rotation = (from: Uint8Array) => ({
        currentHash: hashOf('next'),
        previousHash: from,
        sealedSuccessor: hashOf('seal'),
      });

      test('changes the row as a rotation under the lock does', async () => {
        const session = await start();
        const from = session.refreshTokenHash;
        const rotated = await sessions().rotateCurrent(session.id, rotation(from), 60_000);
        expect(rotated?.userId).toBe(session.userId);
        expect(rotated?.remainingMs).toBeCloseTo(60_000, -1);
        const state = await lock(session.id);
        expect(state).toMatchObject({ userId: session.userId, rotatedBefore: null });
        expect(state?.sinceRotationMs).toBeGreaterThanOrEqual(0);
        expect([state?.currentHash, state?.previousHash, state?.sealedSuccessor].map(hex)).toEqual(
          [hashOf('next'), from, hashOf('seal')].map(hex),
        );
      });

      test('never extends a session past its absolute end', async () => {
        const session = await start({ idleTtlMs: 30_000, absoluteTtlMs: 60_000 });
        await age(session.id, 20_000);
        const from = session.refreshTokenHash;
        const rotated = await sessions().rotateCurrent(session.id, rotation(from), HOUR_MS);
        expect(rotated?.remainingMs).toBeGreaterThan(30_000);
        expect(rotated?.remainingMs).toBeLessThanOrEqual(40_000);
      });

      test('changes nothing for another token, a session that is not live, and a user who is not active', async () => {
        const [other, expired, disabled] = [await start(), await start(), await start()];
        await age(expired.id, HOUR_MS + 1);
        const before = await lock(other.id);
        const tries = [
          [other.id, hashOf('another')],
          [ids.next(), other.refreshTokenHash],
          [expired.id, expired.refreshTokenHash],
        ] as const;
        for (const [id, from] of tries) {
          expect(await sessions().rotateCurrent(id, rotation(from), HOUR_MS)).toBeNull();
        }
        expect(await lock(other.id)).toMatchObject({ currentHash: before?.currentHash });
        await database().query(`update users set status = 'disabled' where id = $1`, [
          disabled.userId,
        ]);
        const from = disabled.refreshTokenHash;
        expect(await sessions().rotateCurrent(disabled.id, rotation(from), HOUR_MS)).toBeNull();
      });

      test.runIf(implementation.capabilities.parallelTransactions)(
        'does not wait for a transaction that holds the session',
        async () => {
          const session = await start();
          const from = session.refreshTokenHash;
          await inTransaction(database(), async (tx) => {
            await tx.sessions.lockForRefresh(session.id, null);
            expect(await sessions().rotateCurrent(session.id, rotation(from), HOUR_MS)).toBeNull();
          });
          expect(
            await sessions().rotateCurrent(session.id, rotation(from), HOUR_MS),
          ).not.toBeNull();
        },
      );

      test('succeeds once for calls at the same time', async () => {
        const session = await start();
        const from = session.refreshTokenHash;
        const results = await Promise.all(
          Array.from({ length: 16 }, () =>
            sessions().rotateCurrent(session.id, rotation(from), HOUR_MS),
          ),
        );
        expect(results.filter((result) => result !== null)).toHaveLength(1);
      });
    });

    test('the absolute lifetime bounds the idle one, at the start and at each rotation', async () => {
      const session = newSession((await storeUser(database())).id);
      const { remainingMs: remaining } = await sessions().insert(session, {
        idleTtlMs: HOUR_MS,
        absoluteTtlMs: 60_000,
      });
      expect(remaining).toBeCloseTo(60_000, -1);
      await age(session.id, 20_000);
      const after = await rotate(session.id, session.refreshTokenHash, hashOf('second'));
      expect(after).toBeGreaterThan(30_000);
      expect(after).toBeLessThanOrEqual(40_000);
    });

    test('a lifetime of 90 days fits', async () => {
      const ninetyDays = 90 * 24 * HOUR_MS;
      const session = newSession((await storeUser(database())).id);
      const lifetimes = { idleTtlMs: ninetyDays, absoluteTtlMs: ninetyDays };
      expect((await sessions().insert(session, lifetimes)).remainingMs).toBeCloseTo(ninetyDays, -2);
    });

    test('a session of a deleted user is rejected like a wrong password', async () => {
      const insert = sessions().insert(newSession(ids.next()), oneHour);
      await expect(insert).rejects.toMatchObject(refusal('invalid_credentials'));
    });

    test('lists the live sessions of one user, most recently used first', async () => {
      const { id: userId } = await storeUser(database());
      const [first, second, third] = [
        await start(oneHour, userId),
        await start(oneHour, userId),
        await start(oneHour, userId),
      ];
      await start();
      await age(second.id, 1_000);
      await age(first.id, 2_000);
      await age(third.id, 3_000);
      await rotate(third.id, third.refreshTokenHash, hashOf('next'));
      const listed = await sessions().listLive(userId);
      expect(listed.map((session) => session.id)).toEqual([third.id, second.id, first.id]);
      expect(listed[1]).toMatchObject({ userId, client: { ip: '192.0.2.1', userAgent: 'test' } });
      const { createdAt, lastUsedAt, expiresAt } = listed[0] ?? {};
      expect(createdAt).toBeInstanceOf(Date);
      expect(lastUsedAt?.getTime()).toBeGreaterThan(createdAt?.getTime() ?? Number.NaN);
      expect(expiresAt?.getTime()).toBeGreaterThan(lastUsedAt?.getTime() ?? Number.NaN);
    });

    test('lists 200 sessions at most', async () => {
      const { id: userId } = await storeUser(database());
      await database().query(
        `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
         select gen_random_uuid(), $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea
         from generate_series(1, 201)`,
        [userId],
      );
      expect(await sessions().listLive(userId)).toHaveLength(200);
    });

    test('returns the refresh state before and after a rotation, by the database’s clock', async () => {
      const session = await start();
      const before = await lock(session.id);
      expect(before).toMatchObject({
        previousHash: null,
        sinceRotationMs: null,
        sealedSuccessor: null,
      });
      expect(bytes(before?.currentHash)).toEqual(bytes(session.refreshTokenHash));
      await rotate(session.id, session.refreshTokenHash, hashOf('second'));
      await age(session.id, 7_000);
      const after = await lock(session.id);
      expect(after?.userId).toBe(session.userId);
      expect(bytes(after?.currentHash)).toEqual(bytes(hashOf('second')));
      expect(bytes(after?.previousHash)).toEqual(bytes(session.refreshTokenHash));
      expect(bytes(after?.sealedSuccessor)).toEqual(bytes(hashOf('seal')));
      expect(after?.sinceRotationMs).toBeGreaterThanOrEqual(7_000);
      expect(after?.sinceRotationMs).toBeLessThan(30_000);
    });

    test('a rotation restarts the idle time', async () => {
      const session = await start({ idleTtlMs: 60_000, absoluteTtlMs: HOUR_MS });
      await age(session.id, 50_000);
      const remaining = await rotate(session.id, session.refreshTokenHash, hashOf('x'), 60_000);
      expect(remaining).toBeGreaterThan(55_000);
    });

    test('16 parallel refreshes with one token rotate it once', async () => {
      const session = await start();
      const states: (RefreshState | null)[] = [];
      const refresh = (index: number) =>
        inTransaction(database(), async (tx) => {
          const state = await tx.sessions.lockForRefresh(session.id, null);
          states.push(state);
          if (state === null || bytes(state.currentHash) !== bytes(session.refreshTokenHash))
            return;
          const rotation = {
            currentHash: hashOf(`successor ${index}`),
            previousHash: state.currentHash,
            sealedSuccessor: hashOf('seal'),
          };
          await tx.sessions.rotate(session.id, rotation, HOUR_MS);
        });
      await Promise.all(Array.from({ length: 16 }, (_, index) => refresh(index)));
      const [first, ...others] = states;
      expect(bytes(first?.currentHash)).toBe(bytes(session.refreshTokenHash));
      expect(new Set(others.map((state) => bytes(state?.currentHash))).size).toBe(1);
      for (const state of others) expect(state?.sinceRotationMs).toBeGreaterThan(-2_000);
    });

    test('tells whether a rotation was visible in an earlier snapshot, whatever its time', async () => {
      const session = await start();
      const before = await snapshot();
      await rotate(session.id, session.refreshTokenHash, hashOf('x'));
      const after = await snapshot();
      const rotatedBefore = async (earlier: string | null) =>
        (await inTransaction(database(), (tx) => tx.sessions.lockForRefresh(session.id, earlier)))
          ?.rotatedBefore;
      expect(await rotatedBefore(before)).toBe(false);
      expect(await rotatedBefore(after)).toBe(true);
      expect(await rotatedBefore(null)).toBeNull();
    });

    test('a rotation of a session that is gone throws a plain error', async () => {
      await expect(rotate(ids.next(), hashOf('a'), hashOf('b'))).rejects.toThrow('lock it first');
    });

    test('ends one or all sessions of a user, and returns their ids', async () => {
      const { id: userId } = await storeUser(database());
      const before = await snapshot();
      const [one, two, three] = [
        (await start(oneHour, userId)).id,
        (await start(oneHour, userId)).id,
        (await start(oneHour, userId)).id,
      ];
      const stranger = await start();
      expect(await end(userId, { only: stranger.id })).toEqual([]);
      expect(await end(userId, { only: one })).toEqual([one]);
      expect(await end(userId, { only: one })).toEqual([]);
      expect(await end(userId, { all: true })).toEqual([two, three]);
      expect(await sessions().listLive(userId)).toEqual([]);
      expect(await sessions().findLive(stranger.id)).not.toBeNull();
      expect(await revokedSince(before)).toEqual([one, two, three].sort());
    });

    test('an expired session has ended already and is not ended again', async () => {
      const session = await start();
      const before = await snapshot();
      await age(session.id, HOUR_MS + 1);
      expect(await end(session.userId, { all: true })).toEqual([]);
      expect(await revokedSince(before)).toEqual([]);
    });

    test('a rolled back end leaves the session and no revocation', async () => {
      const session = await start();
      const before = await snapshot();
      const work = inTransaction(database(), async (tx) => {
        await tx.sessionEnding.end(
          { id: session.userId, version: 1 },
          { all: true },
          'ended_by_user',
        );
        throw new Error('no');
      });
      await expect(work).rejects.toThrow('no');
      expect(await sessions().findLive(session.id)).not.toBeNull();
      expect(await revokedSince(before)).toEqual([]);
    });

    test('two concurrent transactions that end all sessions of one user do not block each other', async () => {
      const { id: userId } = await storeUser(database());
      const started = new Set<string>();
      for (let index = 0; index < 20; index += 1) started.add((await start(oneHour, userId)).id);
      const ended = await Promise.all([end(userId, { all: true }), end(userId, { all: true })]);
      expect(ended.flat()).toHaveLength(20);
      expect(new Set(ended.flat())).toEqual(started);
    });

    test('lists the revocations that became visible since a snapshot, whatever their times', async () => {
      const [old, recent] = [await start(), await start()];
      const before = await snapshot();
      await end(old.userId, { all: true });
      await ageRevocation(old.id, 24 * HOUR_MS);
      const between = await sessions().listRevoked(before, 10);
      expect(between).toMatchObject({ sessionIds: [old.id], isBehind: false });
      await end(recent.userId, { all: true });
      await ageRevocation(recent.id, -24 * HOUR_MS);
      expect(await revokedSince(between.snapshot)).toEqual([recent.id]);
      expect(await revokedSince(before)).toEqual([old.id, recent.id].sort());
      expect(await revokedSince(await snapshot())).toEqual([]);
      expect((await sessions().listRevoked(before, 1)).sessionIds).toHaveLength(1);
    });

    test('a poll without a snapshot lists nothing and says where the next one starts', async () => {
      const session = await start();
      await end(session.userId, { all: true });
      const reading = await sessions().listRevoked(null, 10);
      expect(reading).toMatchObject({ sessionIds: [], isBehind: false });
      expect(Math.abs(reading.databaseTimeMs - Date.now())).toBeLessThan(60_000);
      expect((await sessions().listRevoked(null, 10)).serverStarted).toBe(reading.serverStarted);
    });

    test('a snapshot of the future means an older database; revocations of the future are left out', async () => {
      const session = await start();
      const before = await snapshot();
      await end(session.userId, { all: true });
      await database().query(
        `update session_revocations set transaction_id = '1099511627777' where session_id = $1`,
        [session.id],
      );
      expect(await revokedSince(before)).toEqual([]);
      const future = '1099511627777:1099511627777:';
      expect((await sessions().listRevoked(future, 10)).isBehind).toBe(true);
    });

    test('removes expired sessions in batches', async () => {
      const live = await start();
      for (let index = 0; index < 5; index += 1) await age((await start()).id, HOUR_MS + 1);
      expect(await sessions().deleteExpired(3)).toBe(3);
      expect(await sessions().deleteExpired(3)).toBe(2);
      expect(await sessions().deleteExpired(3)).toBe(0);
      expect(await sessions().findLive(live.id)).not.toBeNull();
    });

    test('removes revocations older than 70 minutes that were visible in the snapshot, in batches', async () => {
      const before = await snapshot();
      const fresh = await start();
      await end(fresh.userId, { all: true });
      for (let index = 0; index < 4; index += 1) {
        const session = await start();
        await end(session.userId, { all: true });
        await ageRevocation(session.id, (7 * HOUR_MS) / 6 + 1_000);
      }
      // However old their times are, nothing tells that an instance has read them.
      expect(await sessions().deleteOldRevocations(before, 10)).toBe(0);
      const later = await snapshot();
      expect(await sessions().deleteOldRevocations(later, 3)).toBe(3);
      expect(await sessions().deleteOldRevocations(later, 3)).toBe(1);
      expect(await sessions().deleteOldRevocations(later, 3)).toBe(0);
      expect(await revokedSince(before)).toEqual([fresh.id]);
    });

    test('removes old revocations that no poll lists: without a transaction, or of another server', async () => {
      for (const transaction of [null, '1099511627777']) {
        const session = await start();
        await end(session.userId, { all: true });
        await ageRevocation(session.id, (7 * HOUR_MS) / 6 + 1_000);
        await database().query(
          'update session_revocations set transaction_id = $2 where session_id = $1',
          [session.id, transaction],
        );
      }
      expect(await sessions().deleteOldRevocations(await snapshot(), 10)).toBe(2);
    });

    test('sessions are removed with their user', async () => {
      const session = await start();
      await createPostgresUserRepository(database()).delete(session.userId);
      expect(await sessions().findLive(session.id)).toBeNull();
    });

    const snapshot = async () => (await sessions().listRevoked(null, 0)).snapshot;

    async function revokedSince(earlier: string): Promise<readonly string[]> {
      return [...(await sessions().listRevoked(earlier, 100)).sessionIds].sort();
    }

    async function ageRevocation(id: string, milliseconds: number): Promise<void> {
      await database().query(
        `update session_revocations
         set revoked_at = revoked_at - $2::float8 * interval '1 millisecond' where session_id = $1`,
        [id, milliseconds],
      );
    }
  });
}

function bytes(value: Uint8Array | null | undefined): string | undefined {
  return value === null || value === undefined ? undefined : Buffer.from(value).toString('hex');
}
