import { describe, expect, test } from 'vitest';
import type { User } from '../../src/domain/user/user.ts';
import { createPostgresActReader } from '../../src/infrastructure/database/postgres/administrative-acts.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, storeUser, useDatabase } from './fixtures.ts';

const HOUR_MS = 3_600_000;
const fromNow = (ms: number) => new Date(Date.now() + ms);

/** Statements of the builds before 0.3.0, as those send them. */
const OF_OLDER_BUILDS = {
  findCredentials:
    'select id, status, version, password, password_form from users where email = $1',
  updateUser: `update users set first_name = $2, last_name = $3, email = $4, phone = $5, email_verified = $6,
    status = $7, version = $8, updated_at = $9 where id = $1 and coalesce(version, 0) < $8`,
  updateUserPassword: `update users set password = $2, password_form = $3, version = $4, updated_at = $5
    where id = $1 and coalesce(version, 0) < $4`,
};

/** What a database promises about users who are disabled for a time or whose password has expired. */
export function describeGovernedUsersContract(implementation: DatabaseImplementation): void {
  describe(`governed users (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const users = () => createPostgresUserRepository(database());

    /** Changes a stored user under its lock, and stores it. */
    async function change(id: string, apply: (user: User) => void): Promise<User> {
      return inTransaction(database(), async (transaction) => {
        const user = await transaction.users.lockById(id);
        if (user === null) throw new Error('the user does not exist');
        const { passwordHash } = user.state;
        apply(user);
        if (user.state.passwordHash === passwordHash) await transaction.updateUser(user);
        else await transaction.users.updatePassword(user);
        return user;
      });
    }

    async function locked(id: string): Promise<User['state'] | undefined> {
      return (await inTransaction(database(), (tx) => tx.users.lockById(id)))?.state;
    }

    async function disable(until: Date | null): Promise<User> {
      const { id } = await storeUser(database());
      return change(id, (user) => user.disable(until, new Date()));
    }

    test('a disabled user keeps the time of its end, and counts as active once it is over', async () => {
      const [past, future, endless] = [
        await disable(fromNow(-HOUR_MS)),
        await disable(fromNow(HOUR_MS)),
        await disable(null),
      ];
      expect(await locked(past.id)).toEqual({ ...past.state, disablingIsOver: true });
      expect(await locked(future.id)).toEqual(future.state);
      expect(await locked(endless.id)).toEqual(endless.state);
      const statuses = [past, future, endless].map(
        async ({ state }) => (await users().findCredentials(state.email))?.status,
      );
      expect(await Promise.all(statuses)).toEqual(['active', 'disabled', 'disabled']);
      expect(await users().listToEnable(10)).toEqual([past.id]);
    });

    test('users to enable come in the order of their times, and no more than wanted', async () => {
      const second = await disable(fromNow(-HOUR_MS));
      const first = await disable(fromNow(-2 * HOUR_MS));
      expect(await users().listToEnable(1)).toEqual([first.id]);
      await change(first.id, (user) => user.enable(new Date()));
      expect(await users().listToEnable(10)).toEqual([second.id]);
    });

    test('an expired password is told apart from an accepted one', async () => {
      const { id, state } = await storeUser(database());
      await change(id, (user) => user.expirePassword('$argon2id$unusable', new Date()));
      const expired = {
        passwordHash: '$argon2id$unusable',
        expiredPasswordHash: state.passwordHash,
      };
      expect(await users().findCredentials(state.email)).toMatchObject(expired);
      expect(await users().findCredentialsById(id)).toMatchObject(expired);
      expect(await locked(id)).toMatchObject(expired);
      await change(id, (user) => user.changePassword('$argon2id$new', 1, new Date()));
      const accepted = { passwordHash: '$argon2id$new', expiredPasswordHash: null };
      expect(await users().findCredentials(state.email)).toMatchObject(accepted);
    });

    test('an older build reads a hash that no password matches, and a status that is not active', async () => {
      const { id, state } = await storeUser(database());
      await change(id, (user) => user.expirePassword('$argon2id$unusable', new Date()));
      await change(id, (user) => user.disable(fromNow(-HOUR_MS), new Date()));
      const { rows } = await database().query(OF_OLDER_BUILDS.findCredentials, [state.email]);
      expect(rows).toMatchObject([{ password: '$argon2id$unusable', status: 'disabled' }]);
    });

    test('a profile change by an older build keeps the end of the disabling and the expired password', async () => {
      const { id, state } = await storeUser(database());
      await change(id, (user) => user.expirePassword('$argon2id$unusable', new Date()));
      const until = fromNow(HOUR_MS);
      const before = await change(id, (user) => user.disable(until, new Date()));
      const { firstName, email, phone, emailVerified, status, version } = before.state;
      await database().query(OF_OLDER_BUILDS.updateUser, [
        ...[id, firstName, 'Changed', email, phone, emailVerified, status, version + 1],
        fromNow(5),
      ]);
      expect(await locked(id)).toMatchObject({
        ...{ lastName: 'Changed', status: 'disabled', disabledUntil: until },
        expiredPasswordHash: state.passwordHash,
      });
    });

    test('a password that an older build stores is accepted', async () => {
      const { id, state } = await storeUser(database());
      await change(id, (user) => user.expirePassword('$argon2id$unusable', new Date()));
      await database().query(OF_OLDER_BUILDS.updateUserPassword, [
        ...[id, '$argon2id$reset', 1, 3, fromNow(5)],
      ]);
      expect(await users().findCredentials(state.email)).toMatchObject({
        passwordHash: '$argon2id$reset',
        expiredPasswordHash: null,
      });
    });

    test('an administrator who enables a user by SQL leaves no end behind for a later disabling', async () => {
      const { id } = await disable(fromNow(-HOUR_MS));
      await database().query(`update users set status = 'active' where id = $1`, [id]);
      await database().query(`update users set status = 'disabled' where id = $1`, [id]);
      expect(await locked(id)).toMatchObject({ disabledUntil: null, disablingIsOver: false });
    });

    test('acts are listed with the newest first, no more than wanted, and without those on others', async () => {
      const [userId, otherId] = [ids.next(), ids.next()];
      const actor = { kind: 'service', id: ids.next() } as const;
      const note = { operator: 'grace', reason: 'Ticket 4711' };
      await inTransaction(database(), async ({ acts }) => {
        await acts.record({ action: 'disable', userId, actor, ...note });
        await acts.record({ action: 'disable', userId: otherId, actor, ...note });
        await acts.record({ action: 'delete', userId, actor, operator: null, reason: null });
      });
      const reader = createPostgresActReader(database());
      const act = { userId, actor, requestId: 'test-request', id: expect.any(String) };
      expect(await reader.listOfUser(userId, 10)).toEqual([
        { ...act, action: 'delete', operator: null, reason: null, at: expect.any(Date) },
        { ...act, action: 'disable', ...note, at: expect.any(Date) },
      ]);
      expect(await reader.listOfUser(userId, 1)).toHaveLength(1);
    });
  });
}
