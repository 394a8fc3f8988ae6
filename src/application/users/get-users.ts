import type { UserProfile } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findById'>;
}

export const USERS_MAX_IDS = 500;

/** Users and unknown ids, both in the order of the request, each id once. */
export interface FoundUsers {
  readonly users: readonly UserProfile[];
  readonly missing: readonly string[];
}

/**
 * Reads up to 500 users, for services that follow events: never from a cache, so that a user is at least as new as an
 * event that was read before. Reads of the same turn share statements.
 * @throws DomainError `unauthenticated`, `forbidden`
 */
export function createGetUsers(deps: Deps) {
  return async (caller: Caller, ids: readonly string[]): Promise<FoundUsers> => {
    requireScope(caller, 'users:read');
    const wanted = [...new Set(ids)];
    const found = await Promise.all(wanted.map((id) => deps.users.findById(id)));
    return {
      users: found.filter((user) => user !== null),
      missing: wanted.filter((_id, index) => found[index] === null),
    };
  };
}
