import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { DomainErrorCode } from '../../src/domain/errors.ts';
import type { NewSession } from '../../src/domain/session/session-repository.ts';
import type { Transaction } from '../../src/domain/unit-of-work.ts';
import type { ProfileProperty } from '../../src/domain/user/profile-fields.ts';
import { User } from '../../src/domain/user/user.ts';
import {
  createUnitOfWork,
  type UnitOfWorkDependencies,
} from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import type { Database, SqlConnection } from '../../src/infrastructure/database/sql.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import { createSilentLogger } from '../support/logger.ts';
import { testMailSeal } from '../support/mail-seal.ts';
import { profileWith } from '../support/profiles.ts';
import type { DatabaseImplementation } from './databases.ts';

export const ids = createUuidV7Generator();

/** All tests of a suite share one database, which is emptied before each test. */
export function useDatabase(implementation: DatabaseImplementation): () => Database {
  let database: Database | undefined;
  const get = (): Database => {
    if (database === undefined) throw new Error('the database is open only while a test runs');
    return database;
  };
  beforeAll(async () => {
    database = await implementation.open();
  });
  beforeEach(async () => {
    await get().query(
      `truncate users, user_search, sessions, session_revocations, outbox, event_counter, signing_keys, service_accounts,
         service_account_keys, mail_queue, mail_budget, administrative_acts, idempotency_keys, invitations,
         sign_in_failures, challenge_requests, challenges, challenge_guesses, challenge_sends,
         registration_requests, master_key_uses, webhook_endpoints, webhook_secrets, webhook_deliveries,
         webhook_attempts
       restart identity`,
    );
  });
  afterAll(async () => {
    await database?.close();
  });
  return get;
}

/** Values that a test user has instead of the defaults. */
export type UserTraits = {
  readonly [K in ProfileProperty | 'id']?: string | null;
};

let counter = 0;

/** A user at version 1 that is not stored yet. Its address is unique unless given. */
export function newUser(traits: UserTraits = {}): User {
  counter += 1;
  const { id, ...profile } = traits;
  return User.register(
    {
      id: id ?? ids.next(),
      ...profileWith({
        firstName: 'Given',
        lastName: 'Family',
        email: `user${counter}@example.com`,
        ...profile,
      }),
      passwordHash: `$argon2id$test${counter}`,
      passwordForm: 1,
    },
    new Date(),
  );
}

/** Stores a new user without its event, outside any unit of work. */
export async function storeUser(connection: SqlConnection, traits: UserTraits = {}): Promise<User> {
  const user = newUser(traits);
  await createPostgresUserRepository(connection).insert(user);
  return user;
}

export async function inTransaction<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<T>,
  onCommitted: UnitOfWorkDependencies['onCommitted'] = async () => {},
): Promise<T> {
  const logger = createSilentLogger();
  const clock = createSystemClock();
  const unitOfWork = createUnitOfWork({
    ...{ database, ids, clock, logger, onCommitted },
    mailSeal: testMailSeal,
  });
  return await unitOfWork.run({ requestId: 'test-request' }, work);
}

/** Stores a user as registration does: the row and its event in one transaction. */
export async function register(database: Database, traits: UserTraits = {}): Promise<User> {
  const user = newUser(traits);
  await inTransaction(database, async ({ users, outbox }) => {
    await users.insert(user);
    await outbox.append(user.takeEvents());
  });
  return user;
}

/** For `rejects.toMatchObject`. */
export function refusal(code: DomainErrorCode): { name: string; code: string } {
  return { name: 'DomainError', code };
}

/** Longer than every test. */
export const oneHour = { idleTtlMs: 3_600_000, absoluteTtlMs: 3_600_000 };

export function newSession(userId: string): NewSession {
  counter += 1;
  return {
    id: ids.next(),
    userId,
    client: { ip: '192.0.2.1', userAgent: 'test' },
    refreshTokenHash: hashOf(`token ${counter}`),
  };
}

/** Returns 32 bytes. */
export function hashOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** Lets one part of a test wait for another one. */
export function createSignal(): { readonly fired: Promise<void>; readonly fire: () => void } {
  let fire: () => void = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fired, fire: () => fire() };
}
