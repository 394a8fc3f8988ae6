import { createHash } from 'node:crypto';
import type { Logger } from '../../domain/ports.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { PublicProfile, UserReader } from '../../domain/user/user-repository.ts';
import type { Cache } from './cache.ts';
import { createFailSafeCache } from './fail-safe-cache.ts';
import {
  ABSENT,
  readPublicProfile,
  readUser,
  writePublicProfile,
  writeUser,
} from './user-codec.ts';

/** What the cached reader stands on. */
export interface CachedUserReaderDeps {
  /** Where the truth is. */
  readonly source: UserReader;
  readonly cache: Cache;
  /** Longest life of a cached user in milliseconds; each entry gets 80–100 % of it. */
  readonly ttlMs: number;
  readonly logger: Logger;
  /** A number from 0 up to 1, for the jitter. */
  readonly random?: () => number;
}

/** A reader whose copies can be taken back. */
export interface CachedUserReader extends UserReader {
  /**
   * Forgets a user: call it after every commit that touched the row, a registration too, since "no such user" is cached
   * by id. The id is enough; addresses that no longer lead to the user only save their readers a detour. Never throws.
   * @returns false when the cache did not take it: try again later, until then copies live to their end.
   */
  invalidateUser(id: string, emails?: readonly string[]): Promise<boolean>;
}

/** Longest life of "no user has this id", in milliseconds: what nobody asks twice is not worth the memory. */
const ABSENT_TTL_MS = 10_000;
/** The part of a life that chance takes away, so that what was cached together does not expire together. */
const JITTER = 0.2;

const userKey = (id: string): string => `user:${id}`;
const profileKey = (id: string): string => `profile:${id}`;
/** Hashed, since keys show up in monitors and slow logs of the cache server. */
const emailKey = (email: string): string =>
  `user-email:${createHash('sha256').update(email).digest('base64url')}`;

/**
 * Answers `findById`, `findByEmail` and `listPublicProfiles` from copies; lists and searches go to the source. A key
 * is loaded by the one holder of its lease, and everybody else who misses reads the source without filling. Failures
 * of the cache are misses; failures of the source are the caller's.
 *
 * An address leads to an id only, and the user found there must still have that address, else the source decides. That
 * nobody has an address is never cached. So the id alone invalidates every answer about a user, which is all that its
 * events name.
 */
export function createCachedUserReader(deps: CachedUserReaderDeps): CachedUserReader {
  const { source, random = Math.random } = deps;
  const cache = createFailSafeCache(deps.cache, deps.logger);

  function lifetime(isPresent: boolean): number {
    const longest = isPresent ? deps.ttlMs : Math.min(deps.ttlMs, ABSENT_TTL_MS);
    return Math.max(1, Math.floor(longest * (1 - JITTER * random())));
  }

  async function findById(id: string): Promise<UserProfile | null> {
    const key = userKey(id);
    const found = await cache.get(key);
    if (found.kind === 'hit') {
      if (found.value === ABSENT) return null;
      const user = readUser(found.value);
      if (user?.id === id) return user;
    }
    const user = await source.findById(id);
    if (found.kind === 'lease') {
      const value = user === null ? ABSENT : writeUser(user);
      await cache.fill(key, found.lease, value, lifetime(user !== null));
    }
    return user;
  }

  async function findByEmail(email: EmailAddress): Promise<UserProfile | null> {
    const key = emailKey(email);
    const found = await cache.get(key);
    if (found.kind === 'hit') {
      const user = await findById(found.value);
      if (user?.email === email) return user;
    }
    const user = await source.findByEmail(email);
    if (found.kind === 'lease' && user !== null) {
      await cache.fill(key, found.lease, user.id, lifetime(true));
    }
    return user;
  }

  async function listPublicProfiles(ids: readonly string[]): Promise<readonly PublicProfile[]> {
    if (ids.length === 0) return [];
    const lookups = await cache.getMany(ids.map(profileKey));
    const profiles: PublicProfile[] = [];
    const missed: string[] = [];
    const leases = new Map<string, string>();
    for (const [index, id] of ids.entries()) {
      const found = lookups[index];
      if (found?.kind === 'hit') {
        if (found.value === ABSENT) continue;
        const profile = readPublicProfile(found.value, id);
        if (profile !== undefined) {
          profiles.push(profile);
          continue;
        }
      }
      if (found?.kind === 'lease') leases.set(id, found.lease);
      missed.push(id);
    }
    if (missed.length === 0) return profiles;
    const loaded = new Map<string, PublicProfile>();
    for (const profile of await source.listPublicProfiles(missed)) loaded.set(profile.id, profile);
    await cache.fillMany(
      [...leases].map(([id, lease]) => {
        const profile = loaded.get(id);
        const value = profile === undefined ? ABSENT : writePublicProfile(profile);
        return { key: profileKey(id), lease, value, ttlMs: lifetime(profile !== undefined) };
      }),
    );
    return [...profiles, ...loaded.values()];
  }

  return {
    findById,
    findByEmail,
    listPublicProfiles,
    list: (page) => source.list(page),
    search: (text, page) => source.search(text, page),
    invalidateUser: (id, emails = []) =>
      cache.invalidate([userKey(id), profileKey(id), ...emails.map(emailKey)]),
  };
}
