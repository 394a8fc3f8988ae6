import { describe, expect, test } from 'vitest';
import { DomainError } from '../../domain/errors.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import { parseEmailAddress } from '../../domain/user/email-address.ts';
import { parsePersonName } from '../../domain/user/person-name.ts';
import { User } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import { createInvalidatingUnitOfWork } from './invalidating-unit-of-work.ts';

const context = { requestId: 'request' };
const now = new Date(1_700_000_000_000);

function newUser(id: string): User {
  return User.register(
    {
      id,
      firstName: parsePersonName('Ann'),
      lastName: parsePersonName('Lee'),
      email: parseEmailAddress(`${id}@old.example`),
      phone: null,
      passwordHash: 'hash',
      passwordForm: 1,
    },
    now,
  );
}

function unexpected(): never {
  throw new Error('not part of these tests');
}

/** Runs work at once; `outcome` decides what becomes of the commit. */
function open(outcome: () => void = () => undefined) {
  const log: string[] = [];
  const users: UserRepository = {
    findById: async () => null,
    findByEmail: async () => null,
    findCredentials: async () => null,
    findCredentialsById: async () => null,
    listPublicProfiles: async () => [],
    list: async () => ({ users: [], nextAfterId: null }),
    search: async () => ({ users: [], nextAfterId: null }),
    lockById: async (id) => (id === 'nobody' ? null : newUser(id)),
    insert: async (user) => void log.push(`insert ${user.id}`),
    update: async (user) => void log.push(`update ${user.id}`),
    updatePassword: async (user) => void log.push(`password ${user.id}`),
    updatePasswordHash: async (id) => log.push(`rehash ${id}`) > 0,
    delete: async (id) => void log.push(`delete ${id}`),
  };
  const sessions = new Proxy({} as SessionRepository, { get: unexpected });
  const inner: UnitOfWork = {
    async run<T>(_context: unknown, work: (transaction: Transaction) => Promise<T>): Promise<T> {
      const result = await work({
        users,
        sessions,
        outbox: { append: async () => void log.push('append') },
      });
      outcome();
      log.push('commit');
      return result;
    },
  };
  const reader = {
    async invalidateUser(id: string, emails: readonly string[]) {
      log.push(`forget ${[id, ...[...emails].sort()].join(' ')}`);
      return true;
    },
  };
  return { log, unitOfWork: createInvalidatingUnitOfWork({ unitOfWork: inner, reader }) };
}

describe('after a commit', () => {
  test('a registered user is forgotten with its address', async () => {
    const { log, unitOfWork } = open();
    const result = await unitOfWork.run(context, async ({ users, outbox }) => {
      const user = newUser('ann');
      await users.insert(user);
      await outbox.append(user.takeEvents());
      return 'result';
    });
    expect(result).toBe('result');
    expect(log).toEqual(['insert ann', 'append', 'commit', 'forget ann ann@old.example']);
  });

  test('a changed user is forgotten with the address before and after', async () => {
    const { log, unitOfWork } = open();
    await unitOfWork.run(context, async ({ users }) => {
      const user = await users.lockById('ann');
      user?.changeProfile({ email: parseEmailAddress('ann@new.example') }, now);
      if (user !== null) await users.update(user);
    });
    expect(log).toEqual(['update ann', 'commit', 'forget ann ann@new.example ann@old.example']);
  });

  test('users whose password changed or who are gone are forgotten', async () => {
    const { log, unitOfWork } = open();
    await unitOfWork.run(context, async ({ users }) => {
      const ann = await users.lockById('ann');
      if (ann !== null) await users.updatePassword(ann);
      await users.lockById('bob');
      await users.delete('bob');
    });
    expect(log.slice(-2)).toEqual(['forget ann ann@old.example', 'forget bob bob@old.example']);
  });

  test('users that were only read, locked or rehashed stay cached', async () => {
    const { log, unitOfWork } = open();
    await unitOfWork.run(context, async ({ users }) => {
      await users.lockById('ann');
      await users.lockById('nobody');
      await users.findById('ann');
      await users.updatePasswordHash('ann', 'old', 'new', 1);
    });
    expect(log).toEqual(['rehash ann', 'commit']);
  });
});

describe('without a commit', () => {
  async function failWith(error: Error): Promise<readonly string[]> {
    const { log, unitOfWork } = open(() => {
      throw error;
    });
    const run = unitOfWork.run(context, async ({ users }) => users.insert(newUser('ann')));
    await expect(run).rejects.toBe(error);
    return log;
  }

  test('nothing is forgotten after a rollback', async () => {
    expect(await failWith(new DomainError('unavailable', 'away'))).toEqual(['insert ann']);
    expect(await failWith(new Error('defect'))).toEqual(['insert ann']);
  });

  test('users are forgotten when nobody knows whether it happened', async () => {
    const log = await failWith(new DomainError('outcome_unknown', 'lost'));
    expect(log).toEqual(['insert ann', 'forget ann ann@old.example']);
  });
});
