import { DomainError } from '../../domain/errors.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { CachedUserReader } from './cached-user-reader.ts';

/** What this decorator stands on. */
export interface InvalidatingUnitOfWorkDeps {
  readonly unitOfWork: UnitOfWork;
  readonly reader: Pick<CachedUserReader, 'invalidateUser'>;
}

/**
 * A unit of work after whose commit no copy of a written user is left: it notes which users a transaction writes, with
 * their addresses before and after, and has them forgotten before `run` returns. It also does so when the outcome of
 * the commit is not known; after a rollback there is nothing to forget.
 */
export function createInvalidatingUnitOfWork(deps: InvalidatingUnitOfWorkDeps): UnitOfWork {
  return {
    async run(context, work) {
      const touched = new Map<string, Set<string>>();
      const forget = async (): Promise<void> => {
        await Promise.all(
          [...touched].map(([id, emails]) => deps.reader.invalidateUser(id, [...emails])),
        );
      };
      try {
        const result = await deps.unitOfWork.run(context, (transaction) =>
          work(watchWrites(transaction, touched)),
        );
        await forget();
        return result;
      } catch (error) {
        if (error instanceof DomainError && error.code === 'outcome_unknown') await forget();
        throw error;
      }
    },
  };
}

function watchWrites(transaction: Transaction, touched: Map<string, Set<string>>): Transaction {
  const { users } = transaction;
  const lockedEmails = new Map<string, string>();

  const noteWrite = (id: string, email?: string): void => {
    const noted = touched.get(id) ?? new Set();
    for (const known of [email, lockedEmails.get(id)]) if (known !== undefined) noted.add(known);
    touched.set(id, noted);
  };
  const noteUser = (user: User): void => noteWrite(user.id, user.state.email);

  const watched: UserRepository = {
    findById: (id) => users.findById(id),
    findByEmail: (email) => users.findByEmail(email),
    findCredentials: (email) => users.findCredentials(email),
    findCredentialsById: (id) => users.findCredentialsById(id),
    listPublicProfiles: (ids) => users.listPublicProfiles(ids),
    list: (page) => users.list(page),
    search: (text, page) => users.search(text, page),
    // A rehash changes nothing that is copied.
    updatePasswordHash: (...change) => users.updatePasswordHash(...change),
    async lockById(id) {
      const user = await users.lockById(id);
      if (user !== null) lockedEmails.set(id, user.state.email);
      return user;
    },
    async insert(user) {
      noteUser(user);
      await users.insert(user);
    },
    async update(user) {
      noteUser(user);
      await users.update(user);
    },
    async updatePassword(user) {
      noteUser(user);
      await users.updatePassword(user);
    },
    async delete(id) {
      noteWrite(id);
      await users.delete(id);
    },
  };
  return { ...transaction, users: watched };
}
