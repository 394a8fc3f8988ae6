import { describe, expect, test } from 'vitest';
import { DeferredCommit } from '../../src/application/idempotency/deferred-commit.ts';
import type { IdempotentRequest } from '../../src/domain/idempotency/idempotent-request.ts';
import {
  claimAnswerRecord,
  completeAnswerRecord,
  createPostgresAnswerRecords,
} from '../../src/infrastructure/database/postgres/answer-records.ts';
import { createUnitOfWork } from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { createSilentLogger } from '../support/logger.ts';
import { testMailSeal } from '../support/mail-seal.ts';
import type { DatabaseImplementation } from './databases.ts';
import { createSignal, hashOf, ids, newUser, refusal, storeUser, useDatabase } from './fixtures.ts';

const HOUR_MS = 3_600_000;

let counter = 0;
function request(): IdempotentRequest {
  counter += 1;
  return new DeferredCommit({
    key: { callerId: 'anonymous', keyHash: hashOf(`key ${counter}`) },
    fingerprint: hashOf('request'),
    ttlMs: HOUR_MS,
  });
}

const answer = { status: 201, sealedAnswer: hashOf('answer') };
const record = { fingerprint: hashOf('request'), ...answer };

export function describeAnswerRecordsContract({ name, open }: DatabaseImplementation): void {
  describe(`AnswerRecords (${name})`, () => {
    const database = useDatabase({ name, open } as DatabaseImplementation);
    const records = () => createPostgresAnswerRecords(database());

    /** Stores the answer of a request in a transaction, as a unit of work does. */
    const execute = (given: IdempotentRequest) =>
      database().transaction(async (connection) => {
        await claimAnswerRecord(connection, given);
        await completeAnswerRecord(connection, given.key, answer);
      });

    function createWork() {
      return createUnitOfWork({
        ...{ database: database(), ids, clock: createSystemClock(), mailSeal: testMailSeal },
        logger: createSilentLogger(),
        onCommitted: async () => {},
      });
    }

    test('find an answer until it has expired', async () => {
      const given = request();
      expect(await records().find(given.key, HOUR_MS)).toBeNull();
      await execute(given);
      const found = await records().find(given.key, HOUR_MS);
      expect(found?.status).toBe(201);
      expect(Buffer.from(found?.sealedAnswer ?? [])).toEqual(Buffer.from(answer.sealedAnswer));
      await database().query("update idempotency_keys set created_at = now() - interval '1 hour'");
      expect(await records().find(given.key, HOUR_MS)).toBeNull();
      // The key is free again, without a wait for the deletion.
      await execute(given);
      expect(await records().find(given.key, HOUR_MS)).not.toBeNull();
    });

    test('give the stored answer to a transaction that comes later', async () => {
      const given = request();
      await execute(given);
      await expect(execute(given)).rejects.toMatchObject({
        name: 'AlreadyAnswered',
        record: { status: 201 },
      });
    });

    test('are not stored when the transaction fails', async () => {
      const given = request();
      const failing = database().transaction(async (connection) => {
        await claimAnswerRecord(connection, given);
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
      await execute(given);
    });

    test('are inserted once for a request that has changed nothing', async () => {
      const { key } = request();
      expect(await records().insert(key, record, HOUR_MS)).toBe(true);
      expect(await records().insert(key, record, HOUR_MS)).toBe(false);
      await database().query("update idempotency_keys set created_at = now() - interval '1 hour'");
      expect(await records().insert(key, record, HOUR_MS)).toBe(true);
    });

    test('are deleted once they have expired, a bounded number at a time', async () => {
      for (let number = 0; number < 5; number += 1) await execute(request());
      await database().query("update idempotency_keys set created_at = now() - interval '1 hour'");
      const kept = request();
      await execute(kept);
      expect(await records().deleteExpired(HOUR_MS, 3)).toBe(3);
      expect(await records().deleteExpired(HOUR_MS, 3)).toBe(2);
      expect(await records().deleteExpired(HOUR_MS, 3)).toBe(0);
      expect(await records().find(kept.key, HOUR_MS)).not.toBeNull();
    });

    test('leave the wait for other locks as it was', async () => {
      const waits = async (given: IdempotentRequest | null) =>
        database().transaction(async (connection) => {
          if (given !== null) await claimAnswerRecord(connection, given);
          return (await connection.query('show lock_timeout')).rows;
        });
      expect(await waits(request())).toEqual(await waits(null));
    });

    test('commit with the effect once the answer is known, and not before', async () => {
      const given = request() as DeferredCommit;
      const user = newUser();
      const users = createPostgresUserRepository(database());
      await createWork().run({ requestId: 'r', idempotency: given }, (tx) => tx.users.insert(user));
      expect(await given.settle(answer)).toBe(true);
      expect(await users.findById(user.id)).toEqual(user.profile);
      expect(await records().find(given.key, HOUR_MS)).not.toBeNull();
    });

    test('are left out when the use case fails after its work, whose effect stays', async () => {
      const given = request() as DeferredCommit;
      const user = newUser();
      await createWork().run({ requestId: 'r', idempotency: given }, (tx) => tx.users.insert(user));
      await given.settle(null);
      expect(await createPostgresUserRepository(database()).findById(user.id)).not.toBeNull();
      expect(await records().find(given.key, HOUR_MS)).toBeNull();
    });

    test('belong to the last transaction of a request', async () => {
      const given = request() as DeferredCommit;
      const { run } = createWork();
      const [first, second] = [newUser(), newUser()];
      await run({ requestId: 'r', idempotency: given }, (tx) => tx.users.insert(first));
      await run({ requestId: 'r', idempotency: given }, (tx) => tx.users.insert(second));
      expect(await given.settle(answer)).toBe(true);
      for (const { id } of [first, second]) {
        expect(await createPostgresUserRepository(database()).findById(id)).not.toBeNull();
      }
    });

    test('are not stored when a query of the use case comes after its last transaction', async () => {
      const given = request() as DeferredCommit;
      const user = newUser();
      await createWork().run({ requestId: 'r', idempotency: given }, (tx) => tx.users.insert(user));
      // On the embedded database this waits until the transaction gives up waiting for the answer.
      await storeUser(database());
      const isStored = await given.settle(answer);
      if (!isStored) expect(await records().insert(given.key, record, HOUR_MS)).toBe(true);
      expect(await records().find(given.key, HOUR_MS)).not.toBeNull();
    });
  });
}

/** Two transactions at a time, which the embedded database does not have. */
export function describeParallelAnswerRecords({ name, open }: DatabaseImplementation): void {
  describe(`AnswerRecords of parallel transactions (${name})`, () => {
    const database = useDatabase({ name, open } as DatabaseImplementation);

    test('refuse a second one that waits for too long', async () => {
      const given = request();
      const [claimed, refused] = [createSignal(), createSignal()];
      const first = database().transaction(async (connection) => {
        await claimAnswerRecord(connection, given);
        claimed.fire();
        await refused.fired;
        await completeAnswerRecord(connection, given.key, answer);
      });
      await claimed.fired;
      const second = database().transaction((connection) => claimAnswerRecord(connection, given));
      await expect(second).rejects.toMatchObject(refusal('idempotency_in_progress'));
      refused.fire();
      await first;
    });
  });
}
