import { createHmac } from 'node:crypto';
import type { Logger } from '../../domain/ports.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserReader } from '../../domain/user/user-repository.ts';
import type { UserText, UserTextFormat, UserTextReader } from '../../domain/user/user-texts.ts';
import type { Cache, CacheFill } from './cache.ts';
import { createFailSafeCache } from './fail-safe-cache.ts';
import { ABSENT, createUserCodec } from './user-codec.ts';

export interface CachedUserReaderDeps {
  /** The database. */
  readonly source: UserReader;
  readonly cache: Cache;
  /** Writes what is cached, and reads it where fields are needed. */
  readonly format: UserTextFormat;
  /** Key of the hash that stands for an address in the names of cache keys; the same on every instance. */
  readonly emailKeySecret: Uint8Array;
  /** Longest life of a cached user in milliseconds; each entry gets 80–100 % of it. */
  readonly ttlMs: number;
  readonly logger: Logger;
  /** A number from 0 up to 1, for the jitter. */
  readonly random?: () => number;
}

/** A reader whose cached users can be invalidated. */
export interface CachedUserReader extends Omit<UserReader, 'listPublicProfiles'>, UserTextReader {
  /**
   * Removes a user from the cache. Call it after every commit that wrote the row, registrations included: "no such
   * user" is cached by id. The id is enough; passing old e-mail addresses only saves their readers one look-up. Never
   * rejects.
   * @returns false when the cache has not acknowledged it: cached values may live until they expire, so try again
   * later.
   */
  invalidateUser(id: string, emails?: readonly string[]): Promise<boolean>;
}

/** Longest life of "no user has this id", in milliseconds: few ids are looked up twice, so memory is worth more. */
const ABSENT_TTL_MS = 10_000;
/** Random part of each lifetime, so that entries that were cached together do not expire together. */
const JITTER = 0.2;

const userKey = (id: string): string => `user:${id}`;
const profileKey = (id: string): string => `profile:${id}`;

/**
 * Serves look-ups of users and public profiles from the cache; lists and searches go to the source. The reader that
 * holds a key's lease fills it; other readers that miss use the source without filling. A failure of the cache counts
 * as a miss; a failure of the source rejects.
 *
 * What is cached is the text of the response, written at the fill, so that a hit costs neither parsing nor writing.
 *
 * An e-mail address is cached with the user's id only, and the user found by that id must still have the address, else
 * the source decides. "No user has this address" is never cached. So invalidating the id, which is all that a user's
 * events name, invalidates every cached result about the user. `models/cache-lease.pml` is the protocol.
 */
export function createCachedUserReader(deps: CachedUserReaderDeps): CachedUserReader {
  const { source, format, random = Math.random } = deps;
  const cache = createFailSafeCache(deps.cache, deps.logger);
  const codec = createUserCodec(format);

  /**
   * Names of keys show up in the monitor, the slow log and dumps of the cache server. The hash is keyed, so that a
   * reader of them cannot test whether an address has an account or was looked up.
   */
  function emailKey(email: string): string {
    return `user-email:${createHmac('sha256', deps.emailKeySecret).update(email).digest('base64url')}`;
  }

  function lifetimeMs(isPresent: boolean): number {
    const longest = isPresent ? deps.ttlMs : Math.min(deps.ttlMs, ABSENT_TTL_MS);
    return Math.max(1, Math.floor(longest * (1 - JITTER * random())));
  }

  async function findUserText(id: string): Promise<UserText | null> {
    const key = userKey(id);
    const found = await cache.get(key);
    if (found.kind === 'hit') {
      if (found.value === ABSENT) return null;
      const text = codec.decodeUser(found.value, id);
      if (text !== undefined) return text;
    }
    const user = await source.findById(id);
    const text = user === null ? null : { version: user.version, json: format.writeUser(user) };
    if (found.kind === 'lease') {
      const value = text === null ? ABSENT : codec.encodeUser(id, text);
      await cache.fill(key, found.lease, value, lifetimeMs(text !== null));
    }
    return text;
  }

  async function findById(id: string): Promise<UserProfile | null> {
    const text = await findUserText(id);
    if (text === null) return null;
    const user = format.readUser(text.json);
    return user === undefined ? source.findById(id) : user;
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
      await cache.fill(key, found.lease, user.id, lifetimeMs(true));
    }
    return user;
  }

  async function listPublicProfileTexts(
    ids: readonly string[],
  ): Promise<readonly (string | null)[]> {
    if (ids.length === 0) return [];
    const lookups = await cache.getMany(ids.map(profileKey));
    const missed: number[] = [];
    const texts = ids.map((id, index) => {
      const found = lookups[index];
      if (found?.kind === 'hit') {
        if (found.value === ABSENT) return null;
        const text = codec.decodePublicProfile(found.value, id);
        if (text !== undefined) return text;
      }
      missed.push(index);
      return null;
    });
    if (missed.length === 0) return texts;
    const loaded = new Map<string, string>();
    const missedIds = missed.map((index) => ids[index] ?? '');
    for (const profile of await source.listPublicProfiles(missedIds)) {
      loaded.set(profile.id, format.writePublicProfile(profile));
    }
    const fills: CacheFill[] = [];
    for (const index of missed) {
      const id = ids[index] ?? '';
      const json = loaded.get(id);
      const found = lookups[index];
      texts[index] = json ?? null;
      if (found?.kind !== 'lease') continue;
      const value = json === undefined ? ABSENT : codec.encodePublicProfile(id, json);
      const ttlMs = lifetimeMs(json !== undefined);
      fills.push({ key: profileKey(id), lease: found.lease, value, ttlMs });
    }
    await cache.fillMany(fills);
    return texts;
  }

  return {
    findById,
    findByEmail,
    findUserText,
    listPublicProfileTexts,
    list: (page) => source.list(page),
    search: (text, page) => source.search(text, page),
    invalidateUser: (id, emails = []) =>
      cache.invalidate([userKey(id), profileKey(id), ...emails.map(emailKey)]),
  };
}
