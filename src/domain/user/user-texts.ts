import type { UserProfile } from './user.ts';
import type { PublicProfile } from './user-repository.ts';

/** A user as the JSON text of the API, which the interfaces send unchanged. */
export interface UserText {
  readonly version: number;
  readonly json: string;
}

/** Reads of users whose result is sent as it is; a cache may answer them. */
export interface UserTextReader {
  findUserText(id: string): Promise<UserText | null>;
  /**
   * At most 500 ids, each once.
   * @returns the JSON text of each public profile, in the order of the ids; null for an unknown id.
   */
  listPublicProfileTexts(ids: readonly string[]): Promise<readonly (string | null)[]>;
}

/** The JSON of the API. The schemas of the API say which fields the texts have. */
export interface UserTextFormat {
  writeUser(user: UserProfile): string;
  /** @returns undefined for text that `writeUser` did not write. */
  readUser(json: string): UserProfile | undefined;
  writePublicProfile(profile: PublicProfile): string;
}
