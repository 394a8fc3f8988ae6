import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { DeferredCommit } from '../../src/application/idempotency/deferred-commit.ts';
import { createUnitOfWork } from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { eventually } from '../support/eventually.ts';
import { createSilentLogger } from '../support/logger.ts';
import { testMailSeal } from '../support/mail-seal.ts';
import { connectPostgres } from '../support/postgres-database.ts';
import type { ConnectionOptions } from '../support/postgres-server.ts';
import { runStatement } from '../support/superuser.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { createTestDatabase } from '../support/test-database.ts';
import {
  hashOf,
  ids,
  inTransaction,
  newSession,
  newUser,
  oneHour,
  refusal,
  register,
  storeUser,
} from './fixtures.ts';

const rotation = (from: Uint8Array, to: string) => ({
  currentHash: hashOf(to),
  previousHash: from,
  sealedSuccessor: hashOf('seal'),
});

describe('the round trips of a transaction', () => {
  let connection: ConnectionOptions;
  let proxy: TcpProxy;
  let database: Database;
  beforeAll(async () => {
    connection = (await createTestDatabase()).connectionOptions;
  });
  beforeEach(async () => {
    await runStatement(connection, 'truncate users, sessions, outbox cascade');
    proxy = await startTcpProxy({ targetPort: connection.port });
    onTestFinished(() => proxy.stop());
    database = await connectPostgres({ ...connection, port: proxy.port }, { maxOpenConns: 1 });
    // Prepares `begin` and `commit` on the only connection.
    await register(database);
  });

  async function roundTripsOf(work: () => Promise<unknown>): Promise<number> {
    const before = proxy.roundTrips();
    await work();
    return proxy.roundTrips() - before;
  }

  async function startSession() {
    const session = newSession((await storeUser(database)).id);
    await inTransaction(database, (tx) => tx.sessions.insert(session, oneHour));
    return session;
  }

  test('are one for a refresh, two for the end of a session, and none without a statement', async () => {
    const { id, userId, refreshTokenHash } = await startSession();
    const refresh = () =>
      inTransaction(database, (tx) => {
        tx.commitWithNext();
        return tx.sessions.rotateCurrent(id, rotation(refreshTokenHash, 'next'), 60_000);
      });
    expect(await roundTripsOf(refresh)).toBe(1);
    const end = () =>
      inTransaction(database, async (tx) => {
        await tx.users.lockById(userId);
        tx.commitWithNext();
        const ended = await tx.sessionEnding.end(
          { id: userId, version: 1 },
          { only: id },
          'signed_out',
        );
        expect(ended.count).toBe(1);
      });
    expect(await roundTripsOf(end)).toBe(2);
    expect(await roundTripsOf(() => inTransaction(database, async () => {}))).toBe(0);
    expect(await runStatement(connection, 'select id from sessions')).toEqual([]);
  });

  test('are one for each statement and one for the commit', async () => {
    const user = newUser();
    const register = () =>
      inTransaction(database, async (tx) => {
        await tx.users.insert(user);
        await tx.outbox.append(user.takeEvents());
      });
    expect(await roundTripsOf(register)).toBe(3);
  });

  test('are one more with an idempotency key: the answer is stored with the commit', async () => {
    const user = newUser();
    const key = { callerId: 'anonymous', keyHash: hashOf('key') };
    const commit = new DeferredCommit({ key, fingerprint: hashOf('request'), ttlMs: 60_000 });
    const clock = createSystemClock();
    const { run } = createUnitOfWork({
      ...{ database, ids, clock, mailSeal: testMailSeal },
      logger: createSilentLogger(),
      onCommitted: async () => {},
    });
    const registerOnce = async () => {
      await run({ requestId: 'req', idempotency: commit }, async (tx) => {
        await tx.users.insert(user);
        tx.commitWithNext();
        await tx.outbox.append(user.takeEvents());
      });
      expect(await commit.settle({ status: 201, sealedAnswer: hashOf('answer') })).toBe(true);
    };
    expect(await roundTripsOf(registerOnce)).toBe(4);
    expect(await runStatement(connection, 'select status from idempotency_keys')).toHaveLength(1);
  });

  test('a statement is not executed when its `begin` fails, and the next transaction works', async () => {
    // The server has forgotten the prepared `begin`, so that it fails before the statement.
    await database.query('deallocate "begin"');
    const user = newUser();
    const insert = () => inTransaction(database, (tx) => tx.users.insert(user));
    await expect(insert()).rejects.toMatchObject(refusal('unavailable'));
    expect(await runStatement(connection, `select 1 from users where id = '${user.id}'`)).toEqual(
      [],
    );
    await insert();
    expect(
      await runStatement(connection, `select 1 from users where id = '${user.id}'`),
    ).toHaveLength(1);
  });

  describe('when the connection ends during the statement that is sent with the commit', () => {
    async function endDuring(setUp: string): Promise<unknown> {
      const { id, refreshTokenHash } = await startSession();
      await runStatement(connection, setUp);
      const refresh = inTransaction(database, (tx) => {
        tx.commitWithNext();
        return tx.sessions.rotateCurrent(id, rotation(refreshTokenHash, 'next'), 60_000);
      });
      const outcome = refresh.catch((error: unknown) => error);
      await eventually(async () => {
        const waiting = await runStatement(
          connection,
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and wait_event = 'PgSleep'`,
        );
        expect(waiting).toHaveLength(1);
      });
      await runStatement(connection, 'drop function wait_for_end cascade');
      return outcome;
    }
    const wait = `create function wait_for_end() returns trigger language plpgsql as
      $$ begin perform pg_sleep(60); return new; end $$`;

    test('the change has not taken place: unavailable', async () => {
      const trigger = `create trigger wait before update on sessions for each row execute function wait_for_end()`;
      expect(await endDuring(`${wait}; ${trigger}`)).toMatchObject(refusal('unavailable'));
    });

    test('but in its commit, the outcome is unknown', async () => {
      const trigger = `create constraint trigger wait after update on sessions
        deferrable initially deferred for each row execute function wait_for_end()`;
      expect(await endDuring(`${wait}; ${trigger}`)).toMatchObject(refusal('outcome_unknown'));
    });
  });
});
