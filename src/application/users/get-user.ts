import { userNotFound } from '../../domain/rejections.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserReader } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireSelfOrScope } from '../access/policy.ts';

interface Deps {
  readonly users: Pick<UserReader, 'findById'>;
}

/**
 * Reads a user, for that user or for a service with `users:read`.
 * @throws DomainError `user_not_found`, `forbidden`
 */
export function createGetUser(deps: Deps) {
  return async (caller: Caller, id: string): Promise<UserProfile> => {
    requireSelfOrScope(caller, id, 'users:read');
    const user = await deps.users.findById(id);
    if (user === null) throw userNotFound();
    return user;
  };
}
