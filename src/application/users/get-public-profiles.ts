import type { PublicProfile, UserReader } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireUserOrScope } from '../access/policy.ts';

interface Deps {
  readonly users: Pick<UserReader, 'listPublicProfiles'>;
}

export const PUBLIC_PROFILES_MAX_IDS = 500;

/** Profiles and unknown ids, both in the order of the request, each id once. */
export interface PublicProfiles {
  readonly profiles: readonly PublicProfile[];
  readonly missing: readonly string[];
}

/**
 * Reads up to 500 public profiles with one query.
 * @throws DomainError `unauthenticated`, `forbidden`
 */
export function createGetPublicProfiles(deps: Deps) {
  return async (caller: Caller, ids: readonly string[]): Promise<PublicProfiles> => {
    requireUserOrScope(caller, 'users:read');
    const wanted = [...new Set(ids)];
    const found = new Map<string, PublicProfile>();
    for (const profile of await deps.users.listPublicProfiles(wanted))
      found.set(profile.id, profile);
    const profiles: PublicProfile[] = [];
    const missing: string[] = [];
    for (const id of wanted) {
      const profile = found.get(id);
      if (profile === undefined) missing.push(id);
      else profiles.push(profile);
    }
    return { profiles, missing };
  };
}
