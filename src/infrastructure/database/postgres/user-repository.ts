import { emailTaken } from '../../../domain/rejections.ts';
import type { EmailAddress } from '../../../domain/user/email-address.ts';
import type { Locale } from '../../../domain/user/locale.ts';
import type { PersonName } from '../../../domain/user/person-name.ts';
import type { PhoneNumber } from '../../../domain/user/phone-number.ts';
import { pickProfile } from '../../../domain/user/profile-fields.ts';
import { User, type UserProfile, type UserStatus } from '../../../domain/user/user.ts';
import type {
  Credentials,
  PageRequest,
  UserPage,
  UserRepository,
} from '../../../domain/user/user-repository.ts';
import { createBatcher } from '../../../lib/batcher.ts';
import { isUuid } from '../../../lib/uuid.ts';
import type { SqlConnection } from '../sql.ts';
import { EARLIEST } from '../time-value.ts';
import {
  deleteUser,
  type FindCredentialsResult,
  type FindUsersByIdsResult,
  findCredentials,
  findCredentialsById,
  findUserByEmail,
  findUsersByIds,
  insertUser,
  type LockUserResult,
  listPublicProfiles,
  listUsers,
  listUsersToEnable,
  lockUser,
  lockUsersBelowVersion,
  updateUserAccess,
  updateUserPassword,
  updateUserPasswordHash,
  updateUserVersions,
} from './generated/users.queries.ts';
import { searchUserIds } from './user-search.ts';

/** Users that one statement reads. */
const MAX_BATCH_SIZE = 100;
/** Sorts before every id. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

export function createPostgresUserRepository(connection: SqlConnection): UserRepository {
  const loadById = createBatcher<string, UserProfile | null>(async (ids, resolve) => {
    const found = new Map<string, UserProfile>();
    for (const row of await findUsersByIds.run({ ids }, connection)) {
      found.set(row.id, toProfile(row));
    }
    for (const [index, id] of ids.entries()) resolve(index, found.get(id.toLowerCase()) ?? null);
  }, MAX_BATCH_SIZE);
  return {
    // A malformed id matches no user. It is filtered here so that it cannot fail the whole batch.
    findById: async (id) => (isUuid(id) ? loadById(id) : null),
    async findByEmail(email) {
      const [row] = await findUserByEmail.run({ email }, connection);
      return row === undefined ? null : toProfile(row);
    },
    async listPublicProfiles(ids) {
      const rows = await listPublicProfiles.run({ ids: [...ids] }, connection);
      return rows.map((row) => ({
        id: row.id,
        firstName: row.first_name ?? '',
        lastName: row.last_name ?? '',
      }));
    },
    async listByIds(ids) {
      const valid = ids.filter(isUuid);
      if (valid.length === 0) return [];
      return (await findUsersByIds.run({ ids: valid }, connection)).map(toProfile);
    },
    async list(page) {
      return toPage(await listUsers.run(keyset(page), connection), page);
    },
    async search(text, page) {
      const { limit } = page;
      const afterId = page.afterId ?? NIL_UUID;
      const { ids, nextAfterId } = await searchUserIds(connection, text, { afterId, limit });
      const found = ids.length === 0 ? [] : await findUsersByIds.run({ ids: [...ids] }, connection);
      const byId = new Map(found.map((row) => [row.id, row]));
      // A user who was deleted meanwhile has no row.
      const rows = ids.flatMap((id) => byId.get(id) ?? []);
      return { users: rows.map(toProfile), nextAfterId };
    },
    async findCredentials(email) {
      const [row] = await findCredentials.run({ email }, connection);
      return row === undefined ? null : toCredentials(row);
    },
    async findCredentialsById(id) {
      const [row] = await findCredentialsById.run({ id }, connection);
      return row === undefined ? null : toCredentials(row);
    },
    async lockById(id) {
      const [row] = await lockUser.run({ id }, connection);
      return row === undefined ? null : toUser(row);
    },
    async lockBelowVersion({ afterId, ...range }) {
      const parameters = { ...range, afterId: afterId ?? NIL_UUID };
      return (await lockUsersBelowVersion.run(parameters, connection)).map(toUser);
    },
    async updateVersions(users, version) {
      const parameters = { ids: users.map(({ id }) => id), version };
      const updated = await updateUserVersions.runForCount(parameters, connection);
      if (updated !== users.length) throw new Error(`${updated} of ${users.length} users changed`);
    },
    async listToEnable(limit) {
      return (await listUsersToEnable.run({ limit }, connection)).map(({ id }) => id);
    },
    async insert({ state }) {
      const inserted = await insertUser.run(
        { ...profileColumns(state), ...passwordColumns(state), createdAt: state.createdAt },
        connection,
      );
      if (inserted.length === 0) throw emailTaken();
    },
    async updatePassword({ state }) {
      const { id, version, updatedAt, expiredPasswordHash: expiredPassword } = state;
      const parameters = { id, version, updatedAt, ...passwordColumns(state), expiredPassword };
      assertOneRow(await updateUserPassword.runForCount(parameters, connection));
    },
    async updateAccess({ state }) {
      const { id, email, emailVerified, version, updatedAt } = state;
      const password = { ...passwordColumns(state), expiredPassword: state.expiredPasswordHash };
      const parameters = { id, email, emailVerified, version, updatedAt, ...password };
      assertOneRow(await updateUserAccess.runForCount(parameters, connection));
    },
    async updatePasswordHash(id, fromHash, toHash, passwordForm) {
      const parameters = { id, fromHash, toHash, passwordForm };
      return (await updateUserPasswordHash.runForCount(parameters, connection)) === 1;
    },
    async delete(id) {
      assertOneRow(await deleteUser.runForCount({ id }, connection));
    },
  };
}

export function profileColumns(state: UserProfile) {
  const { id, emailVerified, status, version, updatedAt } = state;
  return { id, ...pickProfile(state), emailVerified, status, version, updatedAt };
}

function passwordColumns(state: { passwordHash: string; passwordForm: number }) {
  return { password: state.passwordHash, passwordForm: state.passwordForm };
}

/** Reads one row more than the page holds: it tells whether there is another page. */
function keyset(page: PageRequest) {
  return { afterId: page.afterId ?? NIL_UUID, limit: page.limit + 1 };
}

function toPage(rows: readonly FindUsersByIdsResult[], { limit }: PageRequest): UserPage {
  const users = rows.slice(0, limit).map(toProfile);
  return { users, nextAfterId: rows.length > limit ? (users.at(-1)?.id ?? null) : null };
}

/**
 * Stored values were parsed before they were written, so they are not parsed again. An adopted table may lack a
 * `not null` that the schema has: a missing value is read as an empty one, so that one row fails no page or batch.
 */
function toProfile(row: FindUsersByIdsResult): UserProfile {
  return {
    id: row.id,
    firstName: (row.first_name ?? '') as PersonName,
    lastName: (row.last_name ?? '') as PersonName,
    email: (row.email ?? '') as EmailAddress,
    phone: row.phone as PhoneNumber | null,
    locale: row.locale as Locale | null,
    emailVerified: row.email_verified ?? false,
    status: toStatus(row.status),
    version: row.version ?? 0,
    createdAt: row.created_at ?? EARLIEST,
    updatedAt: row.updated_at ?? EARLIEST,
  };
}

function toUser(row: LockUserResult): User {
  return User.restore({
    ...toProfile(row),
    ...toPassword(row),
    disabledUntil: row.disabled_until,
    disablingIsOver: row.disabling_is_over,
  });
}

export function toCredentials(row: FindCredentialsResult): Credentials {
  return {
    userId: row.id,
    status: row.disabling_is_over ? 'active' : toStatus(row.status),
    emailVerified: row.email_verified ?? false,
    version: row.version ?? 0,
    ...toPassword(row),
  };
}

function toPassword(
  row: Pick<FindCredentialsResult, 'password' | 'password_form' | 'expired_password'>,
) {
  return {
    passwordHash: row.password ?? '',
    passwordForm: row.password_form ?? 0,
    expiredPasswordHash: row.expired_password,
  };
}

/** A user without a status is not known to be active. */
function toStatus(status: string | null): UserStatus {
  return (status ?? 'disabled') as UserStatus;
}

/** @throws Error for a defect: the row was written without its lock, or the entity was not changed. */
function assertOneRow(count: number): void {
  if (count !== 1)
    throw new Error(`one locked user's row was expected, ${count} rows were written`);
}
