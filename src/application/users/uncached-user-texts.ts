import type { UserReader } from '../../domain/user/user-repository.ts';
import type { UserTextFormat, UserTextReader } from '../../domain/user/user-texts.ts';

/** Reads from the source, and writes the texts on every read. */
export function createUncachedUserTexts(
  source: Pick<UserReader, 'findById' | 'listPublicProfiles'>,
  format: UserTextFormat,
): UserTextReader {
  return {
    async findUserText(id) {
      const user = await source.findById(id);
      return user === null ? null : { version: user.version, json: format.writeUser(user) };
    },
    async listPublicProfileTexts(ids) {
      if (ids.length === 0) return [];
      const texts = new Map<string, string>();
      for (const profile of await source.listPublicProfiles(ids)) {
        texts.set(profile.id, format.writePublicProfile(profile));
      }
      return ids.map((id) => texts.get(id) ?? null);
    },
  };
}
