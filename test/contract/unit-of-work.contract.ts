import { describe, expect, test } from 'vitest';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.ts';
import { createUnitOfWork } from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import { createRecordingLogger } from '../support/logger.ts';
import { testMailSeal } from '../support/mail-seal.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, newUser, refusal, storeUser, useDatabase } from './fixtures.ts';

const NOW = new Date('2030-05-06T07:08:09.123Z');

interface OutboxRow {
  readonly id: string;
  readonly user_id: string | null;
  readonly user_version: number | null;
  readonly type: string;
  readonly data: unknown;
  readonly request_id: string;
  readonly occurred_at: Date;
}

export function describeUnitOfWorkContract(implementation: DatabaseImplementation): void {
  describe(`UnitOfWork (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const users = () => createPostgresUserRepository(database());

    function create(onCommitted: (events: readonly RecordedEvent[]) => Promise<void>) {
      const logger = createRecordingLogger();
      const clock = { now: () => NOW };
      const unitOfWork = createUnitOfWork({
        database: database(),
        ids,
        clock,
        logger,
        mailSeal: testMailSeal,
        onCommitted,
      });
      return { logger, run: unitOfWork.run };
    }

    async function outbox(): Promise<OutboxRow[]> {
      const { rows } = await database().query<OutboxRow>(
        'select id, user_id, user_version, type, data, request_id, occurred_at from outbox order by position',
      );
      return rows;
    }

    test('commits the work, and passes its events on with id, time and request id', async () => {
      const heard: RecordedEvent[] = [];
      const { run } = create(async (events) => {
        heard.push(...events);
      });
      const user = newUser();
      const [created] = user.takeEvents();
      // Without `events.include`, an event keeps no value.
      const { values: _values, ...kept } = created as DomainEvent & { values?: object };
      const failed: DomainEvent = {
        type: 'authentication.failed',
        userId: null,
        userVersion: null,
        data: { reason: 'unknown_email', suppressed: 3 },
      };
      const result = await run({ requestId: 'req-1' }, async (tx) => {
        await tx.users.insert(user);
        if (created !== undefined) await tx.outbox.append([created]);
        await tx.outbox.append([failed]);
        return 'done';
      });
      expect(result).toBe('done');
      expect(await users().findById(user.id)).toEqual(user.profile);
      expect(heard.map(({ event }) => event)).toEqual([kept, failed]);
      expect(await outbox()).toEqual(
        heard.map(({ id, event, time, requestId }) => ({
          id,
          user_id: event.userId,
          user_version: event.userVersion,
          type: event.type,
          data: event.data,
          request_id: requestId,
          occurred_at: time,
        })),
      );
      expect(heard[0]).toMatchObject({ time: NOW, requestId: 'req-1' });
    });

    test('keeps the order of many events, and gives each a unique id', async () => {
      const { id } = await storeUser(database());
      const events = Array.from(
        { length: 200 },
        (_, index): DomainEvent => ({
          type: 'session.ended',
          userId: id,
          userVersion: 1,
          data: { session_id: String(index), reason: 'user_deleted' },
        }),
      );
      await inTransaction(database(), (tx) => tx.outbox.append(events));
      const rows = await outbox();
      expect(rows.map((row) => row.data)).toEqual(events.map((event) => event.data));
      expect(new Set(rows.map((row) => row.id)).size).toBe(200);
    });

    test('stores nothing and does not call the listener when the work throws', async () => {
      const heard: RecordedEvent[] = [];
      const { run } = create(async (events) => {
        heard.push(...events);
      });
      const reason = new Error('changed my mind');
      const user = newUser();
      const work = run({ requestId: 'req' }, async (tx) => {
        await tx.users.insert(user);
        await tx.outbox.append(user.takeEvents());
        throw reason;
      });
      await expect(work).rejects.toBe(reason);
      expect(await users().findById(user.id)).toBeNull();
      expect(await outbox()).toEqual([]);
      expect(heard).toEqual([]);
    });

    test('calls the listener after the commit is visible, and waits for it', async () => {
      let seen: unknown;
      const user = newUser();
      const { run } = create(async () => {
        seen = await users().findById(user.id);
      });
      await run({ requestId: 'req' }, async (tx) => {
        await tx.users.insert(user);
        await tx.outbox.append(user.takeEvents());
      });
      expect(seen).toEqual(user.profile);
    });

    test('logs a failing listener, and the call succeeds', async () => {
      const failure = new Error('the listener failed');
      const { run, logger } = create(() => Promise.reject(failure));
      const user = newUser();
      await run({ requestId: 'req-2' }, async (tx) => {
        await tx.users.insert(user);
        await tx.outbox.append(user.takeEvents());
      });
      expect(await users().findById(user.id)).not.toBeNull();
      expect(logger.lines).toMatchObject([
        { level: 'error', fields: { error: failure, request_id: 'req-2' } },
      ]);
    });

    test('does not call the listener without events', async () => {
      let calls = 0;
      const { run } = create(async () => {
        calls += 1;
      });
      await run({ requestId: 'req' }, (tx) => tx.users.insert(newUser()));
      expect(calls).toBe(0);
    });

    if (!implementation.capabilities.parallelTransactions) {
      test('rejects a query outside the open transaction, which would wait for itself', async () => {
        const message = 'bypassed the open transaction';
        const query = inTransaction(database(), () => users().findById(ids.next()));
        await expect(query).rejects.toThrow(message);
        const nested = inTransaction(database(), () => inTransaction(database(), async () => 1));
        await expect(nested).rejects.toThrow(message);
        expect(await users().findById(ids.next())).toBeNull();
      });
    }

    test('rejects a statement after the end of the transaction', async () => {
      const leaked = await inTransaction(database(), async (tx) => tx);
      await expect(leaked.users.findById(ids.next())).rejects.toThrow('after the end');
    });

    test('rejects when a failed statement was ignored', async () => {
      const { id } = await storeUser(database());
      await storeUser(database(), { email: 'taken@example.com' });
      const user = newUser();
      const work = inTransaction(database(), async (tx) => {
        await tx.users.insert(user);
        const locked = await tx.users.lockById(id);
        locked?.changeProfile({ email: newUser({ email: 'taken@example.com' }).state.email }, NOW);
        if (locked !== null) await tx.updateUser(locked).catch(() => {});
      });
      await expect(work).rejects.toThrow('its error was ignored');
      expect(await users().findById(user.id)).toBeNull();
    });

    test('works after 100 failed transactions', async () => {
      for (let index = 0; index < 100; index += 1) {
        const work = inTransaction(database(), () => Promise.reject(new Error('no')));
        await expect(work).rejects.toThrow('no');
      }
      await storeUser(database(), { email: 'after@example.com' });
      const again = storeUser(database(), { email: 'after@example.com' });
      await expect(again).rejects.toMatchObject(refusal('email_taken'));
    });
  });
}
