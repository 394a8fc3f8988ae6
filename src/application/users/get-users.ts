import type { UserProfile } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'listByIds'>;
}

export const USERS_MAX_IDS = 500;

/** Users and unknown ids, both in the order of the request, each id once. */
export interface FoundUsers {
  readonly users: readonly UserProfile[];
  readonly missing: readonly string[];
}

/**
 * Reads up to 500 users, for services that follow events: never from a cache, so that a user is at least as new as an
 * event that was read before. One statement reads them all.
 * @throws DomainError `unauthenticated`, `forbidden`
 */
export function createGetUsers(deps: Deps) {
  return async (caller: Caller, ids: readonly string[]): Promise<FoundUsers> => {
    requireScope(caller, 'users:read');
    const wanted = [...new Set(ids)];
    const found = new Map((await deps.users.listByIds(wanted)).map((user) => [user.id, user]));
    return {
      users: wanted.flatMap((id) => found.get(id) ?? []),
      missing: wanted.filter((id) => !found.has(id)),
    };
  };
}
