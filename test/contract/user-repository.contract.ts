import { describe, expect, test } from 'vitest';
import type { Caller } from '../../src/application/access/caller.ts';
import { createGetUsers } from '../../src/application/users/get-users.ts';
import type { EmailAddress } from '../../src/domain/user/email-address.ts';
import type { PersonName } from '../../src/domain/user/person-name.ts';
import { PROFILE_PROPERTIES } from '../../src/domain/user/profile-fields.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import { eventually } from '../support/eventually.ts';
import { FULL_PROFILE } from '../support/profiles.ts';
import type { DatabaseImplementation } from './databases.ts';
import {
  createSignal,
  ids,
  inTransaction,
  newSession,
  newUser,
  oneHour,
  refusal,
  register,
  storeUser,
  useDatabase,
} from './fixtures.ts';

const email = (text: string) => text as EmailAddress;
const name = (text: string) => text as PersonName;
const reader: Caller = {
  principal: { kind: 'service', accountId: 'reports', scopes: ['users:read'] },
  ...{ requestId: 'request-1', ip: null, userAgent: null },
};
const soon = () => new Date(Date.now() + 5);

/** The promises of every UserRepository, except lists and search. */
export function describeUserRepositoryContract(implementation: DatabaseImplementation): void {
  describe(`UserRepository (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const users = () => createPostgresUserRepository(database());

    test('returns a user exactly as it was stored', async () => {
      const user = newUser(FULL_PROFILE);
      await users().insert(user);
      expect(await users().findById(user.id)).toEqual(user.profile);
      expect(await users().findByEmail(user.state.email)).toEqual(user.profile);
      const locked = await inTransaction(database(), (tx) => tx.users.lockById(user.id));
      expect(locked?.state).toEqual(user.state);
    });

    test('a name of 100 code points and an address of 254 bytes fit', async () => {
      const user = newUser({
        firstName: '\u{1F600}'.repeat(99).concat('x'),
        lastName: '\u{2A6B2}'.repeat(100),
        email: `${'l'.repeat(64)}@${'d'.repeat(63)}.${'e'.repeat(63)}.${'f'.repeat(57)}.com`,
      });
      expect(user.state.email).toHaveLength(254);
      await users().insert(user);
      expect(await users().findById(user.id)).toEqual(user.profile);
    });

    test('gives each parallel caller the user of its id, and null for absent and malformed ids', async () => {
      const [ann, bob] = [newUser(), newUser()];
      const repository = users();
      for (const user of [ann, bob]) await repository.insert(user);
      const asked = [bob.id, ids.next(), ann.id.toUpperCase(), "no id'", '', bob.id];
      const found = await Promise.all(asked.map((id) => repository.findById(id)));
      expect(found).toEqual([bob.profile, null, ann.profile, null, null, bob.profile]);
      const many = Array.from({ length: 250 }, (_, index) => (index % 2 ? ann : bob));
      expect(await Promise.all(many.map(({ id }) => repository.findById(id)))).toEqual(
        many.map(({ profile }) => profile),
      );
    });

    test('resolves absent and malformed ids of one batch with null and rejects no caller', async () => {
      const user = await storeUser(database());
      const repository = users();
      const batch = async (...batchIds: string[]) =>
        await Promise.allSettled(batchIds.map((id) => repository.findById(id)));
      const value = (profile: unknown) => ({ status: 'fulfilled', value: profile });
      const malformed = [`${user.id}0`, user.id.replaceAll('-', ''), `{${user.id}}`, '\u0000', ' '];
      expect(await batch(...malformed, ids.next(), user.id)).toEqual([
        ...malformed.map(() => value(null)),
        value(null),
        value(user.profile),
      ]);
      expect(await batch(ids.next(), ids.next())).toEqual([value(null), value(null)]);
      expect(await batch(...malformed)).toEqual(malformed.map(() => value(null)));
    });

    test('500 users are read by one statement, without the absent and malformed ids among them', async () => {
      const [ann, bob] = [newUser(), newUser()];
      for (const user of [ann, bob]) await users().insert(user);
      let statements = 0;
      const counting = createPostgresUserRepository({
        query: (...args) => {
          statements += 1;
          return database().query(...args);
        },
      });
      const getMany = createGetUsers({ users: counting });
      const unknown = Array.from({ length: 498 }, () => ids.next());
      const asked = [bob.id, ...unknown, ann.id];
      expect(await getMany(reader, asked)).toEqual({
        users: [bob.profile, ann.profile],
        missing: unknown,
      });
      expect(statements).toBe(1);
      expect(await counting.listByIds(["no id'", ann.id, '\u0000'])).toEqual([ann.profile]);
      expect(await counting.listByIds(["no id'"])).toEqual([]);
      expect(statements).toBe(2);
    });

    test('returns null for an unknown id or address', async () => {
      expect(await users().findById(ids.next())).toBeNull();
      expect(await users().findByEmail(email('nobody@example.com'))).toBeNull();
      expect(await users().findCredentials(email('nobody@example.com'))).toBeNull();
      expect(await users().findCredentialsById(ids.next())).toBeNull();
      expect(await inTransaction(database(), (tx) => tx.users.lockById(ids.next()))).toBeNull();
    });

    test('returns the credentials by address and by id', async () => {
      const { id, state } = await storeUser(database());
      const expected = {
        userId: id,
        status: 'active',
        emailVerified: false,
        version: 1,
        passwordHash: state.passwordHash,
        passwordForm: 1,
        expiredPasswordHash: null,
      };
      expect(await users().findCredentials(state.email)).toEqual(expected);
      expect(await users().findCredentialsById(id)).toEqual(expected);
    });

    test('rejects a second user with the same address, and the transaction continues', async () => {
      await storeUser(database(), { email: 'taken@example.com' });
      const other = newUser();
      await inTransaction(database(), async (tx) => {
        const duplicate = tx.users.insert(newUser({ email: 'taken@example.com' }));
        await expect(duplicate).rejects.toMatchObject(refusal('email_taken'));
        await tx.users.insert(other);
      });
      expect(await users().findById(other.id)).toEqual(other.profile);
    });

    test('of 20 parallel registrations with one address exactly one succeeds', async () => {
      const attempts = Array.from({ length: 20 }, () =>
        register(database(), { email: 'wanted@example.com' }),
      );
      const results = await Promise.allSettled(attempts);
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).toHaveLength(19);
      for (const { reason } of refused) expect(reason).toMatchObject(refusal('email_taken'));
      const { rows } = await database().query('select type from outbox');
      expect(rows).toEqual([{ type: 'user.created' }]);
    });

    test('stores a changed profile with its version and times', async () => {
      const { id } = await storeUser(database());
      const changed = await inTransaction(database(), async (tx) => {
        const user = await tx.users.lockById(id);
        user?.changeProfile({ firstName: name('Neu'), email: email('neu@example.com') }, soon());
        if (user !== null) await tx.updateUser(user);
        return user;
      });
      expect(changed?.version).toBe(2);
      expect(await users().findById(id)).toEqual(changed?.profile);
    });

    test.each(PROFILE_PROPERTIES)('stores a changed %s', async (property) => {
      const { id } = await storeUser(database());
      await inTransaction(database(), async (tx) => {
        const user = await tx.users.lockById(id);
        user?.changeProfile({ [property]: FULL_PROFILE[property] }, soon());
        if (user !== null) await tx.updateUser(user);
      });
      expect((await users().findById(id))?.[property]).toBe(FULL_PROFILE[property]);
    });

    test('rejects a change to an address that another user has, and stores no part of it', async () => {
      await storeUser(database(), { email: 'taken@example.com' });
      const { id, profile } = await storeUser(database());
      const change = inTransaction(database(), async (tx) => {
        const user = await tx.users.lockById(id);
        user?.changeProfile({ firstName: name('Neu'), email: email('taken@example.com') }, soon());
        if (user !== null) await tx.updateUser(user);
      });
      await expect(change).rejects.toMatchObject(refusal('email_taken'));
      expect(await users().findById(id)).toEqual(profile);
    });

    test('stores neither a version that is not newer nor its events', async () => {
      const { id } = await storeUser(database());
      const stale = await inTransaction(database(), (tx) => tx.users.lockById(id));
      await inTransaction(database(), async (tx) => {
        const user = await tx.users.lockById(id);
        user?.changeProfile({ firstName: name('First') }, soon());
        if (user !== null) await tx.updateUser(user);
      });
      const update = inTransaction(database(), async (tx) => {
        stale?.changeProfile({ firstName: name('Second') }, soon());
        if (stale !== null) await tx.updateUser(stale);
      });
      await expect(update).rejects.toThrow('0 of 1 events were inserted');
      expect((await users().findById(id))?.firstName).toBe('First');
      const { rows } = await database().query('select user_version from outbox');
      expect(rows).toEqual([{ user_version: 2 }]);
    });

    test('does not store a user without a change', async () => {
      const { id } = await storeUser(database());
      const update = inTransaction(database(), async (tx) => {
        const user = await tx.users.lockById(id);
        if (user !== null) await tx.updateUser(user);
      });
      await expect(update).rejects.toThrow('without a change');
    });

    test('stores a new password with the version, and keeps the profile', async () => {
      const { id, profile, state } = await storeUser(database());
      await inTransaction(database(), async (tx) => {
        const user = await tx.users.lockById(id);
        user?.changePassword('$argon2id$new', 2, soon());
        if (user !== null) await tx.users.updatePassword(user);
      });
      const credentials = await users().findCredentials(state.email);
      expect(credentials).toMatchObject({
        passwordHash: '$argon2id$new',
        passwordForm: 2,
        version: 2,
      });
      const { updatedAt, ...rest } = (await users().findById(id)) ?? { updatedAt: new Date(0) };
      expect(rest).toEqual({ ...rest, ...profile, version: 2, updatedAt: undefined });
      expect(updatedAt.getTime()).toBeGreaterThan(profile.updatedAt.getTime());
    });

    test('a rehash replaces only the hash it was made from, without a new version', async () => {
      const { id, profile, state } = await storeUser(database());
      const rehash = (from: string, to: string) => users().updatePasswordHash(id, from, to, 1);
      expect(await rehash(state.passwordHash, '$argon2id$stronger')).toBe(true);
      expect(await rehash(state.passwordHash, '$argon2id$late')).toBe(false);
      const credentials = await users().findCredentialsById(id);
      expect(credentials?.passwordHash).toBe('$argon2id$stronger');
      expect(await users().findById(id)).toEqual(profile);
    });

    test('a deleted user is gone with the sessions, and the address is free again', async () => {
      const { id, state } = await storeUser(database());
      await inTransaction(database(), async (tx) => {
        await tx.users.lockById(id);
        await tx.sessions.insert(newSession(id), oneHour);
        await tx.users.delete(id);
      });
      expect(await users().findById(id)).toBeNull();
      expect((await database().query('select id from sessions')).rows).toEqual([]);
      const successor = await storeUser(database(), { email: state.email });
      expect((await users().findByEmail(state.email))?.id).toBe(successor.id);
    });

    test('50 parallel changes of one user run one after another: no version is lost, and events follow the versions', async () => {
      const { id } = await register(database());
      const change = (index: number) =>
        inTransaction(database(), async (tx) => {
          const user = await tx.users.lockById(id);
          if (user === null) throw new Error('the user is gone');
          user.changeProfile({ firstName: name(`Given${index}`) }, soon());
          await tx.updateUser(user);
        });
      await Promise.all(Array.from({ length: 50 }, (_, index) => change(index)));
      expect((await users().findById(id))?.version).toBe(51);
      const { rows } = await database().query<{ user_version: number }>(
        'select user_version from outbox order by position',
      );
      expect(rows.map((row) => row.user_version)).toEqual(
        Array.from({ length: 51 }, (_, i) => i + 1),
      );
    });

    if (implementation.capabilities.parallelTransactions) {
      test('a locked row makes the next writer wait, but not readers and new sessions', async () => {
        const { id } = await storeUser(database());
        const order: string[] = [];
        const locked = createSignal();
        const goOn = createSignal();
        const first = inTransaction(database(), async (tx) => {
          await tx.users.lockById(id);
          locked.fire();
          await goOn.fired;
          order.push('first');
        });
        await locked.fired;
        const second = inTransaction(database(), async (tx) => {
          await tx.users.lockById(id);
          order.push('second');
        });
        await eventually(async () => {
          const { rows } = await database().query(
            "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
          );
          expect(rows).toHaveLength(1);
        });
        expect(await users().findById(id)).not.toBeNull();
        await insertSession(id);
        goOn.fire();
        await Promise.all([first, second]);
        expect(order).toEqual(['first', 'second']);
      });
    }

    const insertSession = (userId: string) =>
      inTransaction(database(), (tx) => tx.sessions.insert(newSession(userId), oneHour));
  });
}
