import { userNotFound } from '../../domain/rejections.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { Caller } from './caller.ts';

/**
 * Locks the row of the user that the caller changes. Users whose status is not `active` no longer exist for themselves:
 * the status may have changed since their token was verified. Services and the operator still find them.
 * @throws DomainError `user_not_found`
 */
export async function lockUserFor(
  { principal }: Caller,
  transaction: Pick<Transaction, 'users'>,
  userId: string,
): Promise<User> {
  const user = await transaction.users.lockById(userId);
  if (user === null) throw userNotFound();
  if (principal.kind === 'user' && user.state.status !== 'active') throw userNotFound();
  return user;
}
