import type { ActNote } from '../../domain/administrative-acts.ts';
import type {
  AccountKeys,
  CounterState,
  SignInFailures,
} from '../../domain/lockout/sign-in-failures.ts';
import { userNotFound } from '../../domain/rejections.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireScope } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import type { Lockout } from './lockout.ts';

export interface LockoutPorts {
  readonly users: Pick<UserRepository, 'findById'>;
  readonly unitOfWork: UnitOfWork;
  readonly signInFailures: Pick<SignInFailures, 'list'>;
  readonly accountKeys: AccountKeys;
  readonly lockout: Pick<Lockout, 'refused'>;
}

/** Ends all counters of an account, such as after a reset of its password. */
export type ClearFailures = (
  transaction: Pick<Transaction, 'users' | 'signInFailures'>,
  userId: string,
) => Promise<void>;

export function createClearFailures({
  accountKeys,
}: Pick<LockoutPorts, 'accountKeys'>): ClearFailures {
  return async ({ users, signInFailures }, userId) => {
    const user = await users.lockById(userId);
    if (user === null) return;
    await signInFailures.clearAll(keysOf(accountKeys, user.id, user.state.email));
  };
}

/** What an operator sees and ends of the failures of an account. */
export function createLockoutUseCases(ports: LockoutPorts) {
  const { users, unitOfWork, signInFailures, accountKeys } = ports;
  const clearFailures = createClearFailures(ports);
  return {
    /** @throws DomainError `forbidden`, `user_not_found` */
    async list(caller: Caller, userId: string): Promise<readonly CounterState[]> {
      requireScope(caller, 'users:admin');
      const user = await users.findById(userId);
      if (user === null) throw userNotFound();
      return await signInFailures.list(keysOf(accountKeys, user.id, user.email));
    },
    /** Attempts that had to wait, since the start of this process. */
    refused: () => ports.lockout.refused(),
    /** Ends all counters of an account, and records the act. @throws DomainError `forbidden`, `user_not_found` */
    async unlock(caller: Caller, userId: string, note: ActNote): Promise<void> {
      requireScope(caller, 'users:admin');
      await unitOfWork.run(caller, async (transaction) => {
        await lockUserFor(caller, transaction, userId);
        await clearFailures(transaction, userId);
        await recordAct(caller, transaction, 'unlock', userId, note);
      });
    },
  };
}

function keysOf(accountKeys: AccountKeys, userId: string, email: string): readonly Uint8Array[] {
  return [accountKeys.ofEmail(email), accountKeys.ofUser(userId)];
}
