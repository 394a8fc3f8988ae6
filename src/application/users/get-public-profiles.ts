import type { UserTextReader } from '../../domain/user/user-texts.ts';
import type { Caller } from '../access/caller.ts';
import { requireUserOrScope } from '../access/policy.ts';

interface Deps {
  readonly texts: Pick<UserTextReader, 'listPublicProfileTexts'>;
}

export const PUBLIC_PROFILES_MAX_IDS = 500;

/** JSON texts of profiles, and unknown ids, both in the order of the request, each id once. */
export interface PublicProfileTexts {
  readonly profiles: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Reads up to 500 public profiles with one query.
 * @throws DomainError `unauthenticated`, `forbidden`
 */
export function createGetPublicProfiles(deps: Deps) {
  return async (caller: Caller, ids: readonly string[]): Promise<PublicProfileTexts> => {
    requireUserOrScope(caller, 'users:read');
    const wanted = [...new Set(ids)];
    const texts = await deps.texts.listPublicProfileTexts(wanted);
    const profiles: string[] = [];
    const missing: string[] = [];
    for (const [index, id] of wanted.entries()) {
      const text = texts[index] ?? null;
      if (text === null) missing.push(id);
      else profiles.push(text);
    }
    return { profiles, missing };
  };
}
